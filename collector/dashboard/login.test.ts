import { describe, expect, it } from 'vitest';
import { adaId } from './fixtures/person.js';
import { loggedIn, openDashboard, password, visit } from './fixtures/staff.js';
import { safeNext } from './login.js';
import { idleMaxMs } from './session.js';

const rooms = [
  '/',
  '/live',
  '/live/rows',
  '/people',
  `/people/${adaId}`,
  `/people/${adaId}/profile.json`,
  '/erasures/x',
];

describe('whoever is not logged in', () => {
  it.each(rooms)('is led from %s to the door, and back after it', async (room) => {
    const { app, shop } = openDashboard();
    const response = await visit(app).get(room);
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(
      room === '/' ? '/login' : safeNext(room) === '/' ? '/login' : `/login?next=${encodeURIComponent(room)}`,
    );
    expect(await response.text()).not.toContain('Ada');
    expect(shop.commands).toEqual([]);
  });

  it('changes nothing by posting a form', async () => {
    const { app, shop } = openDashboard();
    const response = await visit(app).post(`/people/${adaId}/erase`, { sure: 'yes', csrf: 'x' });
    expect(response.status).toBe(401);
    expect(shop.commands).toEqual([]);
  });

  it('is told so when it is a page that mends itself', async () => {
    expect((await visit(openDashboard().app).get('/', { 'x-weft-refresh': '1' })).status).toBe(401);
  });

  it('still gets the style sheet, the script and the icon, to keep for ever', async () => {
    const visitor = visit(openDashboard().app);
    const html = await visitor.page('/login');
    const paths = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(paths).toHaveLength(3);
    for (const path of paths) {
      const response = await visitor.get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});

describe('logging in', () => {
  it('opens the rooms with a cookie no script can read and no other site can send', async () => {
    const { app } = openDashboard();
    const visitor = visit(app);
    const response = await visitor.post('/login', { password, csrf: await visitor.csrf('/login'), next: '/live' });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/live');
    const cookie = response.headers.getSetCookie().find((line) => line.startsWith('weft_staff='));
    expect(cookie).toMatch(/; Path=\/(;|$)/);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Lax/);
    expect(cookie).not.toMatch(/Secure/);
    expect((await visitor.get('/people')).status).toBe(200);
    expect((await visitor.get('/login')).headers.get('location')).toBe('/');
  });

  it('marks its cookies Secure behind a proxy that speaks https', async () => {
    const { app } = openDashboard();
    const visitor = visit(app);
    const csrf = await visitor.csrf('/login');
    const response = await visitor.post('/login', { password, csrf }, { 'x-forwarded-proto': 'https' });
    for (const line of response.headers.getSetCookie()) if (!/Max-Age=0/.test(line)) expect(line).toMatch(/; Secure/);
  });

  it('with the wrong password says so, to those who listen too, and opens nothing', async () => {
    const { app } = openDashboard();
    const visitor = visit(app);
    const response = await visitor.post('/login', { password: 'wrong', csrf: await visitor.csrf('/login') });
    expect(response.status).toBe(401);
    const html = await response.text();
    expect(html).toContain('role="alert"');
    expect(html).not.toContain('wrong');
    expect(visitor.cookies.has('weft_staff')).toBe(false);
  });

  it('asks to wait after too many wrong ones, even for the right password', async () => {
    const { app, clock } = openDashboard();
    const visitor = visit(app);
    for (let n = 0; n < 5; n += 1)
      await visitor.post('/login', { password: 'wrong', csrf: await visitor.csrf('/login') });
    const response = await visitor.post('/login', { password, csrf: await visitor.csrf('/login') });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('30');
    clock.at += 30_000;
    await visitor.logIn();
    expect(visitor.cookies.has('weft_staff')).toBe(true);
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['without its token', { password }, {}],
    ['with a token of someone else', { password, csrf: 'a.b' }, {}],
  ])('is refused %s', async (_, fields, headers) => {
    const visitor = visit(openDashboard().app);
    await visitor.page('/login');
    expect((await visitor.post('/login', fields, headers)).status).toBe(400);
    expect(visitor.cookies.has('weft_staff')).toBe(false);
  });

  it('is refused from another site, and without the cookie its form came with', async () => {
    const { app } = openDashboard();
    const visitor = visit(app);
    const csrf = await visitor.csrf('/login');
    expect((await visitor.post('/login', { password, csrf }, { 'sec-fetch-site': 'cross-site' })).status).toBe(400);
    expect((await visit(app).post('/login', { password, csrf })).status).toBe(400);
  });

  it('takes no form larger than a form is', async () => {
    const visitor = visit(openDashboard().app);
    expect((await visitor.post('/login', { password: 'x'.repeat(20_000) })).status).toBe(413);
  });

  it('makes a new session each time: one planted before is worth nothing', async () => {
    const { app } = openDashboard();
    const visitor = visit(app);
    visitor.cookies.set('weft_staff', 'planted.0.zzzzzzzz.sig');
    await visitor.logIn();
    expect(visitor.cookies.get('weft_staff')).not.toContain('planted');
  });

  it('shows the password field to password managers and to those who listen', async () => {
    const html = await visit(openDashboard().app).page('/login');
    expect(html).toMatch(/<label for="password">/);
    expect(html).toMatch(/autocomplete="current-password"/);
  });
});

describe('a session', () => {
  it('lives on while pages are opened, and not by a page that mends itself', async () => {
    const { staff, clock } = await loggedIn();
    const first = staff.cookies.get('weft_staff');
    clock.at += idleMaxMs * 0.75;
    await staff.get('/people', { 'x-weft-refresh': '1' });
    expect(staff.cookies.get('weft_staff')).toBe(first);
    await staff.get('/people');
    expect(staff.cookies.get('weft_staff')).not.toBe(first);
    clock.at += idleMaxMs * 0.75;
    expect((await staff.get('/people')).status).toBe(200);
    clock.at += idleMaxMs + 1;
    expect((await staff.get('/people')).status).toBe(303);
  });

  it('ends when logging out, for copies of its cookie too', async () => {
    const { staff } = await loggedIn();
    const copy = staff.cookies.get('weft_staff')!;
    const response = await staff.post('/logout', { csrf: await staff.csrf('/people', '/logout') });
    expect(response.headers.get('location')).toBe('/login');
    expect(staff.cookies.has('weft_staff')).toBe(false);
    staff.cookies.set('weft_staff', copy);
    expect((await staff.get('/people')).status).toBe(303);
  });

  it('does not end by a link or by another site', async () => {
    const { staff } = await loggedIn();
    await staff.get('/logout');
    const csrf = await staff.csrf('/people', '/logout');
    expect((await staff.post('/logout', { csrf: 'x' })).status).toBe(403);
    expect((await staff.post('/logout', { csrf }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await staff.get('/people')).status).toBe(200);
  });
});

describe('where one is led after the door', () => {
  it.each(['/', '/live', '/people', `/people/${adaId}`, '/people?find=a%40b.c', '/live?verdict=held'])('%s', (next) => {
    expect(safeNext(next)).toBe(next);
  });
  it.each([
    null,
    undefined,
    '',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/login',
    '/logout',
    '/people\n',
    '/peoplex',
    `/people?${'x'.repeat(600)}`,
    'javascript:alert(1)',
  ])('%j leads to the overview', (next) => {
    expect(safeNext(next)).toBe('/');
  });
});
