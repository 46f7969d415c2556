// A browser for tests that needs no socket: keeps cookies, follows no redirect, fills forms as a page gave them.

import type { Hono } from 'hono';
import type { StaffAccount } from '../site/keys.js';
import type { Staffed } from './frame.js';
import { type DashboardOptions, dashboard } from './index.js';
import { nowAt, openShop, type Shop } from './people.fixture.js';

export const password = 'right horse';

/** Staff of tests; each logs in with the name and the one password. */
export const accountsOfTests: readonly StaffAccount[] = [
  { id: 'staff_admin', name: 'owner', role: 'owner', stamp: 's0' },
  { id: 'staff_maya', name: 'Maya', role: 'marketing', stamp: 's1' },
  { id: 'staff_piet', name: 'Piet', role: 'privacy', stamp: 's2' },
];
export const keysOf = (accounts: readonly StaffAccount[]): DashboardOptions['keys'] => ({
  staff: async (name, given) =>
    given === password ? (accounts.find((it) => it.name === (name === '' ? 'owner' : name)) ?? null) : null,
  account: (id) => accounts.find((it) => it.id === id) ?? null,
  accounts: () => accounts,
  renew: async () => {},
});

export interface Visitor {
  cookies: Map<string, string>;
  get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  page: (path: string) => Promise<string>;
  /** Posts a form: what it says, and by default the token of the page at `from`. */
  post: (path: string, fields: Record<string, string>, headers?: Record<string, string>) => Promise<Response>;
  /** The token of the form that posts to `action` on a page. */
  csrf: (path: string, action?: string) => Promise<string>;
  logIn: (account?: string, password?: string) => Promise<Response>;
}

export const visit = (app: Hono<Staffed>): Visitor => {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await app.request(path, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (/Max-Age=0/i.test(line)) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  };
  const visitor: Visitor = {
    cookies,
    get: (path, headers = {}) => send(path, { headers: { accept: 'text/html', ...headers } }),
    page: async (path) => (await visitor.get(path)).text(),
    post: (path, fields, headers = {}) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { 'sec-fetch-site': 'same-origin', ...headers },
      }),
    csrf: async (path, action) => {
      const html = await visitor.page(path);
      const form =
        action === undefined ? html.slice(html.indexOf('<main')) : html.slice(html.indexOf(`action="${action}"`));
      return /name="csrf" value="([^"]+)"/.exec(form)![1]!;
    },
    logIn: async (account = '', given = password) =>
      visitor.post('/login', { account, password: given, csrf: await visitor.csrf('/login') }),
  };
  return visitor;
};

export const openDashboard = (options: { empty?: boolean; shop?: Shop } & Partial<DashboardOptions> = {}) => {
  const shop = options.shop ?? openShop({ empty: options.empty ?? false });
  const clock = { at: nowAt };
  const app = dashboard({
    reader: shop.reader,
    log: shop.log,
    keys: keysOf(accountsOfTests.slice(0, 1)),
    sessionSecret: 'a secret of tests',
    links: { demo: '/demo', docs: '/docs' },
    now: () => clock.at,
    ...options,
  });
  return { app, shop, clock };
};

export const loggedIn = async (options: Parameters<typeof openDashboard>[0] = {}) => {
  const opened = openDashboard(options);
  const staff = visit(opened.app);
  await staff.logIn();
  return { ...opened, staff };
};
