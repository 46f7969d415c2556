// Who gets where: every route of the whole process, walked by everybody who could ask.

import { describe, expect, it } from 'vitest';
import { examplePages } from '../../examples/pages.js';
import { demoShop } from '../../examples/shop/app.js';
import { createApp } from '../app.js';
import type { LivePolicy } from '../consent/policy/live.js';
import { parsePolicy, shippedSource } from '../consent/policy/policy.js';
import { openShop } from '../dashboard/fixtures/shop.js';
import { accountsOfTests, keysOf, openDashboard, visit } from '../dashboard/fixtures/staff.js';
import { type KeyRole, secretCredential, staffRoles, writeCredential } from '../site/keys.js';
import { admissionOf, homeOf, mayStaff, permissions } from '../site/permissions.js';
import { openKeyRing } from '../site/ring.js';
import { plain } from './fixtures/plain.js';

const given = { label: 'test', seeded: false, at: 0 };
const keyRolesOf: Readonly<Record<string, readonly KeyRole[]>> = {
  sk_plain: [],
  sk_owner: ['owner'],
  sk_privacy: ['privacy'],
  sk_both: ['owner', 'privacy'],
};
const credentials = [
  writeCredential('wk_test', given, { mode: 'ledger' }),
  ...Object.entries(keyRolesOf).map(([value, roles]) => secretCredential(value, given, { roles })),
];

const whole = async () => {
  const shop = openShop();
  shop.answers.keys = { status: 200, body: { credentials } };
  const ring = await openKeyRing(shop.log);
  ring.close();
  const live: LivePolicy = {
    current: () => ({ policy: parsePolicy({}), source: shippedSource }),
    trouble: () => [],
    file: null,
    around: {},
    check: () => ({ findings: [] }),
    publish: async () => ({ ok: false, findings: [] }),
    reload: async () => null,
  };
  const { app: dashboard } = openDashboard({
    shop,
    keys: keysOf(accountsOfTests),
    policy: { live, replayScript: () => null },
  });
  const app = createApp({
    ...plain,
    log: {
      ...shop.log,
      append: async () => ({ accepted: 0, duplicates: 0, held: [], dropped: [], rejected: [], warnings: [] }),
    },
    reader: shop.reader,
    ring,
    dashboard,
    demo: demoShop({ writeKey: 'wk_test', scriptUrl: '/weft.js', base: '/demo', collect: async () => {} }),
    examples: examplePages({ writeKey: 'wk_test' }),
  });
  const routes = [
    ...new Map(
      app.routes
        .filter(({ method }) => method !== 'ALL')
        .map(({ method, path }) => [`${method} ${path}`, { method, path }]),
    ).values(),
  ];
  return { app, routes };
};

/** How the door answers somebody: let in, shown the door, asked for a key, or refused. */
type Outcome = 'in' | 'log in' | 'no key' | 'refused' | 'home';
const outcomeOf = async (response: Response): Promise<Outcome> => {
  const location = response.headers.get('location') ?? '';
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const text = await response.text();
  if (response.status === 303 && location.startsWith('/login')) return 'log in';
  if (response.status === 303 && location === '/privacy') return 'home';
  if (response.status === 401) return isJson ? 'no key' : 'log in';
  if (response.status === 403 && (text.includes('This room is not open to you') || text === 'Not yours.'))
    return 'refused';
  return response.status === 403 && isJson ? 'refused' : 'in';
};

const asked = (method: string, path: string, headers: Record<string, string>): [string, RequestInit] => [
  path.replace(/:\w+/g, 'x').replace(/\*$/, 'x'),
  {
    method,
    headers: { accept: 'text/html', ...headers },
    ...(method === 'POST' && { body: '{"batch":[],"type":"page","event":"x","userId":"u"}' }),
  },
];

describe('every route', () => {
  it('stands in a row of the table, and every row is a route', async () => {
    const { app, routes } = await whole();
    expect(routes.filter(({ method, path }) => admissionOf(method, path) === null)).toEqual([]);
    const names = routes.map(({ method, path }) => `${method} ${path}`);
    const idle = Object.keys(permissions).filter((row) =>
      row.endsWith('*') ? !names.some((name) => name.startsWith(row.slice(0, -1))) : !names.includes(row),
    );
    expect(idle).toEqual([]);
    // A handler for all methods would pass by the table: none but what goes before others, and the last one of the pages.
    expect(
      app.routes.filter(({ method, handler }) => method === 'ALL' && handler.length < 2).map(({ path }) => path),
    ).toEqual([]);
  });

  it('is nobody’s without a row: the app does not start with it', async () => {
    const { app } = openDashboard();
    app.get('/forgotten', (c) => c.text('secret'));
    const shop = openShop();
    shop.answers.keys = { status: 200, body: { credentials } };
    const ring = await openKeyRing(shop.log);
    ring.close();
    const start = () =>
      createApp({
        ...plain,
        log: shop.log,
        reader: shop.reader,
        ring,
        dashboard: app,
      });
    expect(start).toThrow('In no row of site/permissions.ts: GET /forgotten.');
    const staff = visit(app);
    await staff.logIn();
    const response = await staff.get('/forgotten');
    expect([response.status, await response.text()]).toEqual([404, expect.not.stringContaining('secret')]);
  });

  it('without a credential gives exactly what is anyone’s', { timeout: 120_000 }, async () => {
    const { app, routes } = await whole();
    for (const { method, path } of routes) {
      const row = admissionOf(method, path)!;
      const expected: Outcome =
        // Whoever logs out without a session is led to the door all the same.
        method === 'POST' && path === '/logout'
          ? 'log in'
          : row.by === 'anyone'
            ? 'in'
            : row.by === 'staff'
              ? 'log in'
              : row.by === 'person'
                ? 'in'
                : 'no key';
      // A person who proves nothing is let up to the handler, which asks for the proof.
      const outcome = await outcomeOf(await app.request(...asked(method, path, {})));
      expect([method, path, row.by === 'person' && outcome === 'no key' ? 'in' : outcome]).toEqual([
        method,
        path,
        expected,
      ]);
    }
  });

  it.each(['wk_test', 'sk_none', ...Object.keys(keyRolesOf)])(
    'of the API lets %s in exactly where its roles say',
    { timeout: 120_000 },
    async (value) => {
      const { app, routes } = await whole();
      const roles = keyRolesOf[value];
      for (const { method, path } of routes) {
        const row = admissionOf(method, path)!;
        if (row.by === 'anyone' || row.by === 'staff') continue;
        const expected: Outcome =
          value === 'sk_none'
            ? 'no key'
            : row.by === 'key'
              ? 'in'
              : roles === undefined
                ? 'refused'
                : row.role === null || roles.includes(row.role)
                  ? 'in'
                  : 'refused';
        const outcome = await outcomeOf(
          await app.request(...asked(method, path, { authorization: `Bearer ${value}` })),
        );
        expect([method, path, outcome]).toEqual([method, path, expected]);
      }
    },
  );

  it.each(accountsOfTests)(
    'of the dashboard lets $role in exactly where the table says',
    { timeout: 120_000 },
    async ({ name, role }) => {
      const { app, routes } = await whole();
      const staff = visit(app as unknown as Parameters<typeof visit>[0]);
      await staff.logIn(name);
      const cookie = [...staff.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
      for (const { method, path } of routes) {
        const row = admissionOf(method, path)!;
        // A session opens no route of the API.
        if (row.by === 'secret' || row.by === 'key') {
          expect([path, await outcomeOf(await app.request(...asked(method, path, { cookie })))]).toEqual([
            path,
            'no key',
          ]);
        }
        if (row.by !== 'staff') continue;
        const outcome = await outcomeOf(await app.request(...asked(method, path, { cookie })));
        const expected = row.roles.includes(role) ? 'in' : path === '/' ? 'home' : 'refused';
        expect([method, path, outcome]).toEqual([method, path, expected]);
        if (expected === 'refused' && method === 'GET') {
          const html = await (await app.request(...asked(method, path, { cookie }))).text();
          expect(html).toContain(`href="${homeOf(role)}"`);
          expect(html).toContain('ask an owner');
        }
      }
    },
  );
});

describe('the table', () => {
  const rows = Object.entries(permissions).map(([name, row]) => {
    const [method = '', path = ''] = name.split(' ');
    return { method, path, row };
  });
  const reachedBy = (role: (typeof staffRoles)[number]): string[] =>
    rows.filter(({ row }) => row.by === 'staff' && row.roles.includes(role)).map(({ path }) => path);

  it('gives marketing its rooms and nothing else', () => {
    expect([...new Set(reachedBy('marketing'))].sort()).toEqual(['/', '/live', '/live/rows', '/people', '/people/:id']);
  });
  it('gives privacy the privacy room and nothing of marketing’s', () => {
    expect(reachedBy('privacy').filter((path) => !/^\/(privacy|erasures)(\/|$)/.test(path))).toEqual([]);
  });
  it('gives owners every room', () => {
    expect(rows.filter(({ row }) => row.by === 'staff' && !row.roles.includes('owner'))).toEqual([]);
  });
  it('opens accounts to owners alone', () => {
    for (const { path, row } of rows.filter((it) => it.path.startsWith('/staff')))
      expect([path, row]).toEqual([path, { by: 'staff', roles: ['owner'] }]);
  });
  it('asks a key of whatever reads or changes people over the API', () => {
    const open = rows.filter(
      ({ method, path, row }) =>
        method !== 'OPTIONS' &&
        // A recipient's word, proven by the token it was sent.
        path !== '/v1/privacy/acknowledgements/:token' &&
        /^\/v1\/(profiles|merges|privacy|ledger)/.test(path) &&
        !('role' in row),
    );
    expect(open).toEqual([]);
  });
  it('lists by a prefix only what is anyone’s', () => {
    expect(rows.filter(({ path, row }) => path.endsWith('*') && row.by !== 'anyone')).toEqual([]);
  });
  it('leads every role to a room it may enter', () => {
    for (const role of staffRoles) expect([role, mayStaff(role, 'GET', homeOf(role))]).toEqual([role, true]);
  });
});
