// The account: in, out, and what was ordered.

import { type Context, Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Account, Accounts } from '../accounts.js';
import { countOf, joined } from '../basket.js';
import { loggedIn, signedUp } from '../data-layer.js';
import { traitsOf, type WeftCall } from '../frame.js';
import type { Orders, Placed } from '../orders.js';
import { AccountPage, LogInPage, type Trouble } from '../pages/account.js';
import { snapshotOf } from '../segment.js';
import { cookies, type Visitors, words } from '../visitor.js';

const targets: Record<string, string> = { checkout: '/checkout', account: '/account' };
const nextOf = (value: string | undefined) => (value && Object.hasOwn(targets, value) ? value : 'account');

export const accountRoutes = (visitors: Visitors, accounts: Accounts, orders: Orders): Hono => {
  const { keep, drop, basketOf, carry, leave, taken, visitOf, show, moveTo, formOf } = visitors;
  const app = new Hono();

  const enter = (c: Context, account: Account, note: 'in' | 'new', next: string) => {
    const basket = joined(basketOf(c), account.basket);
    account.basket = basket;
    keep(c, cookies.session, accounts.open(account));
    if (basket) carry(c, basket);
    leave(c, note);
    return moveTo(c, targets[next] === '/checkout' ? '/account?then=checkout' : '/account');
  };

  app.get('/account', (c) => {
    const visit = visitOf(c);
    const { account, basket } = visit;
    const note = taken(c);
    if (!account)
      return show(
        c,
        visit,
        <LogInPage visit={visit} next={nextOf(c.req.query('next'))} calls={note === 'out' ? [['reset']] : []} />,
      );
    const entered = note === 'in' || note === 'new';
    const snapshot = snapshotOf(basket);
    const calls: WeftCall[] = entered
      ? [['identify', account.id, traitsOf(account)], ...(snapshot ? [['cart.update', snapshot] as WeftCall] : [])]
      : [];
    const pushes = note === 'new' ? signedUp() : note === 'in' ? loggedIn() : [];
    const own = account.orderIds.map(orders.get).filter((order): order is Placed => order !== undefined);
    return show(
      c,
      visit,
      <AccountPage
        visit={visit}
        orders={own}
        pushes={pushes}
        calls={calls}
        snapshot={snapshot}
        onward={c.req.query('then') === 'checkout' && countOf(basket) > 0}
      />,
    );
  });

  app.post('/account/log-in', async (c) => {
    const form = await formOf(c);
    const next = nextOf(words(form, 'next', 20));
    const account = await accounts.logIn(words(form, 'email'), words(form, 'password'));
    if (account) return enter(c, account, 'in', next);
    const visit = visitOf(c);
    return show(c, visit, <LogInPage visit={visit} next={next} trouble="log-in" email={words(form, 'email')} />, 422);
  });

  app.post('/account/sign-up', async (c) => {
    const form = await formOf(c);
    const next = nextOf(words(form, 'next', 20));
    const [name, email] = [words(form, 'new-name', 80), words(form, 'new-email')];
    const made = await accounts.signUp(name, email, words(form, 'new-password'));
    if (made.ok) return enter(c, made.account, 'new', next);
    const visit = visitOf(c);
    const trouble: Trouble = made.reason;
    return show(c, visit, <LogInPage visit={visit} next={next} trouble={trouble} email={email} name={name} />, 422);
  });

  app.post('/account/log-out', (c) => {
    accounts.close(getCookie(c, cookies.session));
    drop(c, cookies.session);
    drop(c, cookies.draft);
    // The account keeps its basket; the next person at this screen begins with none.
    drop(c, cookies.basket);
    leave(c, 'out');
    return moveTo(c, '/');
  });

  return app;
};
