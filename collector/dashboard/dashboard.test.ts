import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../errors.js';
import { hostile } from './fixtures/hostile.js';
import { adaId, bertaId } from './fixtures/person.js';
import { openShop } from './fixtures/shop.js';
import { loggedIn, openDashboard, text, visit } from './fixtures/staff.js';

const json = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as string[];

const everyPage = [
  '/',
  '/live',
  '/people',
  '/people?find=zzz',
  `/people/${adaId}`,
  `/people/${adaId}/merges/m-phone/undo`,
  `/people/${adaId}/join?with=${bertaId}`,
  `/people/${adaId}/erase`,
  '/erasures/er_1',
  '/people/nobody',
];

it('the icon is where browsers look for it, also before anybody logs in', async () => {
  const { app } = openDashboard();
  const found = await app.request('/favicon.ico');
  const icon = await app.request(found.headers.get('location')!);
  expect([found.status, icon.status, icon.headers.get('content-type')]).toEqual([302, 200, 'image/svg+xml']);
});

describe('every page', () => {
  it.each(everyPage)('%s goes out under a strict policy, to be kept by nobody', async (path) => {
    const { staff } = await loggedIn();
    const { headers } = await staff.get(path);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('same-origin');
  });

  it.each(everyPage)('%s holds no script, style or handler of its own, so that the policy can hold', async (path) => {
    const { staff } = await loggedIn();
    const html = await staff.page(path);
    expect(html.match(/<script[^>]*>/g)).toHaveLength(1);
    expect(html).toMatch(/<script src="\/assets\/dashboard-[0-9a-f]{12}\.js" defer=""><\/script>/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(html).toMatch(/^<!doctype html><html lang="en">/);
    expect(html).toMatch(/<title>[^<]+ · Weft<\/title>/);
  });

  it('answers a page that asks whether something changed with 304 until something has', async () => {
    const { staff, shop } = await loggedIn();
    for (const path of ['/', `/people/${adaId}`]) {
      const html = await staff.page(path);
      const version = /data-version="([^"]+)"/.exec(html)![1]!;
      const asking = { 'x-weft-refresh': '1', 'if-none-match': `"${version}"` };
      expect((await staff.get(path, asking)).status).toBe(304);
      shop.overview = { ...shop.overview, people: shop.overview.people + 1 };
      shop.people.get(adaId)!.profile.counts.events += 1;
      expect((await staff.get(path, asking)).status).toBe(200);
    }
  });

  it('is an error page with a next step when the reader breaks, and the reason is told to the log alone', async () => {
    const shop = openShop();
    const told: unknown[] = [];
    const { staff } = await loggedIn({ shop, report: (error) => told.push(error) });
    const bug = new Error('ada@shop.test is in this message');
    shop.reader.overview = () => Promise.reject(bug);
    const broken = await staff.get('/');
    expect(broken.status).toBe(500);
    expect(told).toEqual([bug]);
    const html = await broken.text();
    expect(html).not.toContain('ada@');
    expect(html).toContain('Try again');
    expect(broken.headers.get('cache-control')).toBe('no-store');
    shop.reader.people = () => Promise.reject(new Unavailable('gone'));
    const away = await staff.get('/people');
    expect(away.status).toBe(503);
    expect(await away.text()).toContain('/readyz');
  });

  it('says to whoever opens a wrong address where to go, and leaves the API its own answer', async () => {
    const { staff } = await loggedIn();
    const page = await staff.get('/nowhere');
    expect(page.status).toBe(404);
    expect(text(await page.text())).toContain('There is no such page');
    for (const [path, accept] of [
      ['/nowhere', 'application/json'],
      ['/v1/nowhere', 'text/html'],
    ] as const) {
      const response = await staff.get(path, { accept });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).not.toContain('html');
    }
  });

  it('is compressed where the browser asks for it', async () => {
    const { staff } = await loggedIn();
    expect((await staff.get(`/people/${adaId}`, { 'accept-encoding': 'gzip' })).headers.get('content-encoding')).toBe(
      'gzip',
    );
  });
});

describe('text of strangers', () => {
  /** Every element with the names of its attributes: what could act. */
  const skeleton = (html: string): Set<string> => {
    const elements = new Set<string>();
    const rest = html.replace(
      /<(\/?[a-z][a-z0-9]*)((?:\s+[a-z][a-z0-9-]*(?:="[^"<>]*")?)*)\s*\/?>/gi,
      (_, tag: string, attributes: string) => {
        const names = [...attributes.matchAll(/\s([a-z][a-z0-9-]*)(?:="[^"]*")?/gi)].map(([, name]) =>
          name!.toLowerCase(),
        );
        elements.add(`${tag.toLowerCase()} ${names.sort().join(' ')}`);
        return '';
      },
    );
    elements.add(`rest ${/[<>]/.test(rest.replaceAll('<!doctype html>', ''))}`);
    return elements;
  };
  /** All of these in the pages that list many; each in the pages of one. */
  const render = async (given: readonly string[]): Promise<[string, string][]> => {
    const shop = openShop({ empty: true });
    const { staff } = await loggedIn({ shop });
    const [live] = openShop().live;
    shop.live = given.flatMap((word, index) => [
      { ...live!, seq: index, name: word, pagePath: word, profileId: `p-${index}`, warnings: [word] },
      { ...live!, seq: index, verdict: 'rejected' as const, code: word, path: word, type: word },
      { ...live!, seq: index, type: 'page', name: word },
    ]);
    shop.overview = {
      ...openShop().overview,
      refusals: given.map((word) => ({ verdict: word, code: word, count: 1 })),
      discarded: given.map((word) => ({ reason: word, count: 1 })),
      warnings: given.map((word) => ({ code: word, count: 1 })),
    };
    const pages: [string, string][] = [];
    const add = async (word: string, path: string) => pages.push([word, await staff.page(path)]);
    for (const [index, word] of given.entries()) {
      const person = hostile(word);
      person.merges[0]!.id = 'x';
      person.profile.id = `p-${index}`;
      shop.people.set(person.profile.id, person);
      await add(word, `/people/p-${index}`);
      await add(word, `/people/p-${index}/merges/x/undo`);
      await add(word, `/people?${new URLSearchParams({ find: `nobody ${word}` })}`);
    }
    for (const path of ['/', '/live', '/people']) await add(given.join(' '), path);
    return pages;
  };
  const strings = [
    ...json('./fixtures/blns.json'),
    ...json('./fixtures/xss_payloads_sample.json'),
    '\u0000\u001b[2J\u202e</script>',
    '"><svg onload=x>',
    "'-->]]>",
  ];
  const batches = Array.from({ length: Math.ceil(strings.length / 30) }, (_, n) => strings.slice(n * 30, n * 30 + 30));

  it(`stays text, whatever of ${strings.length} naughty strings it is`, { timeout: 120_000 }, async () => {
    const tame = ['x', 'track', ' ', '12', 'EUR', 'page', 'DE', 'cart', 'y'.repeat(400), 'accepted', 'identify'];
    const allowed = new Set<string>();
    for (const [, html] of await render(tame)) for (const element of skeleton(html)) allowed.add(element);
    expect(allowed).toContain('rest false');
    expect(allowed).not.toContain('rest true');
    for (const batch of batches) {
      for (const [given, html] of await render(batch)) {
        expect([given, [...skeleton(html)].filter((element) => !allowed.has(element))]).toEqual([given, []]);
        expect(html).not.toMatch(/(?:href|src|action)="(?!\/|#|http:\/\/localhost)/);
        if (!given.includes('[object Object]')) expect(html).not.toContain('[object Object]');
        if (!given.includes('undefined')) expect(html).not.toContain('>undefined<');
      }
    }
  });

  it('never reaches a header', async () => {
    const { staff } = await loggedIn();
    const response = await staff.get(`/people?find=${encodeURIComponent('x\r\nset-cookie: a=b')}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});

describe('what a visitor may learn before the door', () => {
  it('is that there is a door', async () => {
    const { app } = openDashboard();
    const html = await visit(app).page('/login');
    expect(html).not.toMatch(/Ada|wk_|u_1042|People/);
  });
});
