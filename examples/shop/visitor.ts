// Who asks, and how they are answered: the shop's few cookies, the basket and the account behind them, the page under its
// policy, and what happened in the request before a redirect.

import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Account, Accounts } from './accounts.js';
import { type Basket, parseBasket, writeBasket } from './basket.js';
import type { Visit } from './frame.js';

export const cookies = {
  basket: 'oxlip_basket',
  session: 'oxlip_session',
  draft: 'oxlip_order',
  note: 'oxlip_note',
} as const;
const basketDays = 30;
const bodyMaxBytes = 16_384;

/** What happened in the request before a redirect, told by the page that follows it. */
const notes = ['in', 'new', 'out', 'delivery', 'paid'] as const;
type Note = (typeof notes)[number];

/** A field of a form, as text. */
export const words = (form: Record<string, unknown>, name: string, max = 200): string => {
  const value = form[name];
  return typeof value === 'string' ? value.trim().slice(0, max) : '';
};

export interface VisitorOptions {
  writeKey: string;
  scriptUrl: string;
  /** Where the shop is mounted. */
  base: string;
  accounts: Accounts;
}

export type Visitors = ReturnType<typeof openVisitors>;

export const openVisitors = ({ writeKey, scriptUrl, base, accounts }: VisitorOptions) => {
  const collectorOrigin = /^https?:/.test(scriptUrl) ? new URL(scriptUrl).origin : '';

  const secure = (c: Context) => new URL(c.req.url).protocol === 'https:';
  const keep = (c: Context, name: string, value: string, days?: number) =>
    setCookie(c, name, value, {
      path: base || '/',
      httpOnly: true,
      sameSite: 'Lax',
      secure: secure(c),
      ...(days ? { maxAge: days * 86_400 } : {}),
    });
  const drop = (c: Context, name: string) => deleteCookie(c, name, { path: base || '/' });

  const accountOf = (c: Context): Account | undefined => accounts.of(getCookie(c, cookies.session));
  const basketOf = (c: Context): Basket | undefined => parseBasket(getCookie(c, cookies.basket));
  const carry = (c: Context, basket: Basket) => keep(c, cookies.basket, writeBasket(basket), basketDays);
  const keepBasket = (c: Context, basket: Basket | undefined) => {
    const account = accountOf(c);
    if (account) account.basket = basket;
    if (basket) carry(c, basket);
    else drop(c, cookies.basket);
  };

  const leave = (c: Context, note: Note) => keep(c, cookies.note, note);
  const taken = (c: Context): Note | undefined => {
    const note = getCookie(c, cookies.note);
    if (note === undefined) return undefined;
    drop(c, cookies.note);
    return notes.find((known) => known === note);
  };

  const visitOf = (c: Context): Visit => {
    const url = new URL(c.req.url);
    const path = url.pathname.slice(base.length) || '/';
    return {
      href: (to) => (to === '/' && base ? base : `${base}${to}`),
      to: (to) => `${url.origin}${to === '/' && base ? base : `${base}${to}`}`,
      path,
      nonce: randomBytes(12).toString('base64'),
      writeKey,
      scriptUrl,
      account: accountOf(c),
      basket: basketOf(c),
    };
  };

  /** `no-cache`, not `no-store`: the page must ask again, yet may rest in the back-forward cache. */
  const show = async (c: Context, visit: Visit, page: unknown, status: 200 | 404 | 422 = 200) => {
    const script = `'self' 'nonce-${visit.nonce}'${collectorOrigin ? ` ${collectorOrigin}` : ''}`;
    c.header('cache-control', 'private, no-cache');
    c.header(
      'content-security-policy',
      `default-src 'none'; script-src ${script}; style-src 'self'; img-src 'self'; connect-src 'self'${collectorOrigin ? ` ${collectorOrigin}` : ''}; form-action 'self'; base-uri 'none'; frame-ancestors 'self'`,
    );
    c.header('referrer-policy', 'strict-origin-when-cross-origin');
    c.header('x-content-type-options', 'nosniff');
    return c.html(`<!doctype html>${await String(page)}`, status);
  };

  const moveTo = (c: Context, path: string) => c.redirect(`${base}${path}`, 303);

  const formOf = async (c: Context): Promise<Record<string, unknown>> => {
    const size = Number(c.req.header('content-length') ?? 0);
    return size > bodyMaxBytes ? {} : await c.req.parseBody();
  };

  return { keep, drop, accountOf, basketOf, carry, keepBasket, leave, taken, visitOf, show, moveTo, formOf };
};
