// Accounts of staff, through the real table of credentials and the ring the collector uses.

import { describe, expect, it } from 'vitest';
import type { Log } from '../../log/log.js';
import { siteMigrations } from '../../site/migrations.js';
import { openKeyRing } from '../../site/ring.js';
import { seed } from '../../site/seed.js';
import { listCredentials, runKeys } from '../../site/store.js';
import { openSqlite } from '../../store/sqlite.js';
import { nowAt } from '../fixtures/person.js';
import { openShop } from '../fixtures/shop.js';
import { openDashboard, visit } from '../fixtures/staff.js';

const none = { writeKey: null, secretKey: null, keyConsent: 'ledger' } as const;
const timeout = 60_000;

const house = async () => {
  const sql = openSqlite(':memory:', siteMigrations);
  const shop = openShop();
  const log: Log = {
    ...shop.log,
    command: async (command) =>
      command.kind === 'keys' ? runKeys(sql, command.act, command.value) : shop.log.command(command),
  };
  const { sessionSecret } = await seed(log, { ...none, adminPassword: 'right horse' }, nowAt);
  const ring = await openKeyRing(log);
  ring.close();
  const { app, clock } = openDashboard({ shop, log, keys: ring, sessionSecret });
  const owner = visit(app);
  await owner.logIn();
  const create = async (name: string, role: string) => {
    const response = await owner.post('/staff', { name, role, csrf: await owner.csrf('/staff') });
    return { response, html: await response.text() };
  };
  const passwordIn = (html: string): string => /<pre><code>([^<]+)<\/code>/.exec(html)![1]!;
  const idOf = (name: string): string =>
    listCredentials(sql).find(({ label, revokedAt }) => label === name && revokedAt === null)!.id;
  return { app, clock, sql, log, ring, owner, create, passwordIn, idOf };
};

describe('an account', { timeout }, () => {
  it('is made by an owner, shows its password once, and opens the rooms of its role', async () => {
    const { app, owner, create, passwordIn, sql } = await house();
    const { response, html } = await create('Piet de Vries', 'privacy');
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const password = passwordIn(html);
    expect(JSON.stringify(listCredentials(sql))).not.toContain(password);
    expect(await owner.page('/staff')).not.toContain(password);

    const piet = visit(app);
    expect(await piet.page('/login')).toContain('<label for="account">');
    expect((await piet.logIn('Piet de Vries', 'right horse')).status).toBe(401);
    expect((await piet.logIn('piet de vries', password)).headers.get('location')).toBe('/privacy');
    expect((await piet.get('/privacy')).status).toBe(200);
    expect((await piet.get('/people')).status).toBe(403);
    expect((await piet.get('/')).headers.get('location')).toBe('/privacy');
    const nav = (await piet.page('/privacy')).split('aria-label="Rooms"')[1]!.split('</nav>')[0]!;
    expect([...nav.matchAll(/href="([^"]+)"/g)].map(([, href]) => href)).toEqual(['/privacy']);
  });

  it('is not needed while there is only the owner: the password alone opens the door', async () => {
    const { app } = await house();
    const html = await visit(app).page('/login');
    expect(html).not.toContain('<label for="account">');
    expect(html).toContain('<input type="hidden" name="account" value="owner" autocomplete="username"/>');
    const plain = visit(app);
    await plain.post('/login', { password: 'right horse', csrf: await plain.csrf('/login') });
    expect((await plain.get('/')).status).toBe(200);
  });

  it.each([
    ['', 'privacy', 400],
    ['<b>', 'privacy', 400],
    ['Maya', '', 400],
    ['Maya', 'king', 400],
    ['owner', 'privacy', 409],
  ])('called %j with the role %j is refused', async (name, role, status) => {
    const { create, ring } = await house();
    const { response, html } = await create(name, role);
    expect(response.status).toBe(status);
    expect(html).toContain('role="alert"');
    expect(html).not.toContain('<b>"');
    expect(ring.accounts()).toHaveLength(1);
  });

  it('that is revoked is out at once, and its name is free again', async () => {
    const { app, owner, create, passwordIn, idOf } = await house();
    const password = passwordIn((await create('Maya', 'marketing')).html);
    const maya = visit(app);
    await maya.logIn('Maya', password);
    expect((await maya.get('/people')).status).toBe(200);
    const path = `/staff/${idOf('Maya')}/revoke`;
    const response = await owner.post(path, { csrf: await owner.csrf(path) });
    expect(response.headers.get('location')).toBe('/staff?done=revoked');
    expect((await maya.get('/people')).headers.get('location')).toMatch(/^\/login/);
    expect((await maya.logIn('Maya', password)).status).toBe(401);
    expect((await create('Maya', 'privacy')).response.status).toBe(200);
    expect((await maya.get('/privacy')).headers.get('location')).toMatch(/^\/login/);
  });

  it('with a new password ends what was open with the old one, of this account alone', async () => {
    const { app, owner, create, passwordIn, idOf } = await house();
    const first = passwordIn((await create('Maya', 'marketing')).html);
    const other = passwordIn((await create('Piet', 'privacy')).html);
    const [maya, piet] = [visit(app), visit(app)];
    await maya.logIn('Maya', first);
    await piet.logIn('Piet', other);
    const path = `/staff/${idOf('Maya')}/password`;
    const second = passwordIn(await (await owner.post(path, { csrf: await owner.csrf(path) })).text());
    expect((await maya.get('/people')).status).toBe(303);
    expect((await maya.logIn('Maya', first)).status).toBe(401);
    await maya.logIn('Maya', second);
    expect((await maya.get('/people')).status).toBe(200);
    expect((await piet.get('/privacy')).status).toBe(200);
  });

  it('loses its session, whoever it is, when the owner’s password becomes another', async () => {
    const { app, create, passwordIn, log, ring } = await house();
    const piet = visit(app);
    await piet.logIn('Piet', passwordIn((await create('Piet', 'privacy')).html));
    const { sessionSecret } = await seed(log, { ...none, adminPassword: 'another horse' }, nowAt + 1);
    await ring.renew();
    const restarted = openDashboard({ log, keys: ring, sessionSecret }).app;
    const again = visit(restarted);
    for (const [name, value] of piet.cookies) again.cookies.set(name, value);
    expect((await again.get('/privacy')).headers.get('location')).toMatch(/^\/login/);
    expect(ring.accounts().map(({ name }) => name)).toEqual(['owner', 'Piet']);
  });

  it('of the owner and of oneself cannot be revoked here', async () => {
    const { app, create, passwordIn, idOf } = await house();
    const second = visit(app);
    await second.logIn('Zoë', passwordIn((await create('Zoë', 'owner')).html));
    for (const id of ['staff_admin', idOf('Zoë'), 'staff_none']) {
      expect((await second.get(`/staff/${id}/revoke`)).status).toBe(404);
      const csrf = await second.csrf('/staff', '/staff');
      expect((await second.post(`/staff/${id}/revoke`, { csrf })).status).toBe(404);
    }
    expect((await second.get('/staff')).status).toBe(200);
  });

  it('is changed by no form of another page, site or session', async () => {
    const { owner, create, idOf, ring } = await house();
    await create('Maya', 'marketing');
    const csrf = await owner.csrf('/staff', '/staff');
    for (const path of ['/staff', `/staff/${idOf('Maya')}/revoke`, `/staff/${idOf('Maya')}/password`]) {
      const fields = { name: 'Eve', role: 'owner' };
      expect((await owner.post(path, { ...fields, csrf: 'x.y' })).status).toBe(403);
      expect((await owner.post(path, { ...fields, csrf }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    }
    expect(ring.accounts().map(({ name }) => name)).toEqual(['owner', 'Maya']);
  });
});
