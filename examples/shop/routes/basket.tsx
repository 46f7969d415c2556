// The basket: looked at, and changed by a form or by the script.

import { type Context, Hono } from 'hono';
import { type Basket, bill, countOf, couponByCode, newBasket, put, quantityOf } from '../basket.js';
import { type Choice, choiceBySku } from '../catalogue.js';
import { cartChange, type Push } from '../data-layer.js';
import type { Orders } from '../orders.js';
import { BasketBody, BasketPage } from '../pages/basket.js';
import { emptied, snapshotOf } from '../segment.js';
import { type Visitors, words } from '../visitor.js';

interface Change {
  basket: Basket;
  pushes: Push[];
  said: string;
  /** Given where no GA4 event says what happened. */
  snapshot?: object | undefined;
}

/** What the data layer hears of a line that went from one quantity to another. */
const pushesOf = (before: Basket, after: Basket, choice: Choice): Push[] => {
  const by = quantityOf(after, choice) - quantityOf(before, choice);
  const priced = bill(by > 0 ? after : before).lines.find((line) => line.choice.variant === choice.variant);
  if (by === 0 || !priced) return [];
  return by > 0
    ? cartChange('add_to_cart', after.token, priced, by, after.coupon)
    : cartChange('remove_from_cart', after.token, priced, -by, after.coupon);
};

export const basketRoutes = (visitors: Visitors, orders: Orders): Hono => {
  const { basketOf, keepBasket, visitOf, show, moveTo, formOf } = visitors;
  const app = new Hono();

  /** A script gets the change as data, a plain form goes on to the basket. */
  const changed = async (c: Context, { basket, pushes, said, snapshot }: Change) => {
    keepBasket(c, basket.lines.length || basket.coupon ? basket : undefined);
    if (!c.req.header('accept')?.includes('application/json')) return moveTo(c, '/basket');
    const visit = { ...visitOf(c), basket };
    c.header('cache-control', 'no-store');
    return c.json({
      count: countOf(basket),
      pushes,
      said,
      call: snapshot ?? null,
      snapshot: snapshotOf(basket) ?? null,
      html: await String(<BasketBody visit={visit} basket={basket} said={said} />),
    });
  };

  const nothing = (c: Context): Promise<Response> => {
    const basket = basketOf(c) ?? newBasket();
    return Promise.resolve(changed(c, { basket, pushes: [], said: 'That is not in the shop.' }));
  };

  app.get('/basket', (c) => {
    const visit = visitOf(c);
    return show(c, visit, <BasketPage visit={visit} snapshot={snapshotOf(visit.basket)} />);
  });

  app.get('/basket.json', (c) => {
    c.header('cache-control', 'no-store');
    const basket = basketOf(c);
    return c.json({ count: countOf(basket), snapshot: snapshotOf(basket) ?? null });
  });

  app.post('/basket/add', async (c) => {
    const form = await formOf(c);
    const choice = choiceBySku(words(form, 'sku', 40));
    if (!choice) return nothing(c);
    const before = basketOf(c) ?? newBasket();
    const asked = Math.max(1, Math.trunc(Number(words(form, 'quantity', 4))) || 1);
    const had = quantityOf(before, choice);
    const basket = put(before, choice, Math.min(had + asked, orders.stockOf(choice)));
    const got = quantityOf(basket, choice) - had;
    const name = `${choice.product.name}, ${choice.variant.name}`;
    return changed(c, {
      basket,
      pushes: pushesOf(before, basket, choice),
      said: got > 0 ? `${name} is in your basket.` : `There is no more of ${name} at present.`,
    });
  });

  app.post('/basket/set', async (c) => {
    const form = await formOf(c);
    const choice = choiceBySku(words(form, 'sku', 40));
    if (!choice) return nothing(c);
    const before = basketOf(c) ?? newBasket();
    const asked = Number(words(form, 'quantity', 4));
    const basket = put(before, choice, Math.min(Number.isFinite(asked) ? asked : 1, orders.stockOf(choice)));
    const left = quantityOf(basket, choice);
    return changed(c, {
      basket,
      pushes: pushesOf(before, basket, choice),
      said: left === 0 ? `${choice.product.name} is out of your basket.` : `${choice.product.name}: ${left}.`,
    });
  });

  app.post('/basket/coupon', async (c) => {
    const form = await formOf(c);
    const before = basketOf(c) ?? newBasket();
    const code = words(form, 'coupon', 40);
    const coupon = couponByCode(code) ?? null;
    const basket = { ...before, coupon };
    return changed(c, {
      basket,
      pushes: [],
      said: coupon ? `${coupon.name}: taken off.` : code ? 'We do not know this code.' : 'No code.',
      snapshot: snapshotOf(basket),
    });
  });

  app.post('/basket/empty', (c) => {
    const before = basketOf(c) ?? newBasket();
    return changed(c, {
      basket: { ...before, lines: [], coupon: null },
      pushes: [],
      said: 'Your basket is empty.',
      snapshot: emptied(before.token),
    });
  });

  return app;
};
