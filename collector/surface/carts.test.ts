// C1 to C8 over the wire: carts, episodes, orders.

import { describe, expect, it } from 'vitest';
import type { Cart, EventItem, Order, Profile } from '../contract/profile.js';
import { at, type Fields, fresh, type House, house, identify, minute, page, track } from './house.fixture.js';

describe('carts, episodes, orders (C)', () => {
  const product = (id: string, quantity = 1, price = 10): Fields => ({
    product_id: id,
    quantity,
    price,
    name: `The ${id}`,
  });
  const add = (who: Fields, minutes: number, id = 'p1', more: Fields = {}): Fields =>
    track('Product Added', minutes, { ...product(id), currency: 'EUR', ...more }, who);
  const carts = async (it: House, query: Fields): Promise<Cart[]> => it.list<Cart>((await it.one(query)).id, 'carts');

  it('C-1: abandoned an hour after the last act, one episode, stage cart', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    await it.page(add(who, 0));
    const profile = await it.one(who);
    expect(profile.counts).toMatchObject({ cartAdds: 1, cartsAbandoned: 1, cartsRecovered: 0, cartsOpen: 1 });
    expect(profile.cart).toMatchObject({ state: 'abandoned', valueMinor: 1000, currency: 'EUR', deadlineAt: at(60) });
    const [cart, ...others] = await carts(it, who);
    expect(others).toEqual([]);
    expect(cart).toMatchObject({
      id: profile.cart!.id,
      state: 'abandoned',
      valueMinor: 1000,
      currency: 'EUR',
      episodes: [{ n: 1, stage: 'cart', abandonedAt: at(60), valueMinor: 1000, outcome: 'open', recoveredBy: null }],
      lines: [{ productId: 'p1', quantity: 1, priceMinor: 1000, variant: null }],
    });
  });
  it('C3: a live cart is active and shows its deadline; a checkout has half an hour, a payment too', async () => {
    const it = await house();
    const now = Date.now();
    const live = (ago: number): Fields => ({ timestamp: new Date(now - ago * minute).toISOString() });
    const iso = (ago: number): string => new Date(now - ago * minute).toISOString();
    const A = fresh('a');
    const who = { anonymousId: A };
    await it.page({ ...add(who, 0), ...live(40) });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-20) });
    await it.page({ ...page(A, 0), ...live(30) });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-30) });
    await it.page({
      ...track('Checkout Started', 0, { products: [product('p1')], currency: 'EUR' }, who),
      ...live(20),
    });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-10) });
    await it.page({ ...add(who, 0, 'p2'), ...live(10) });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-50) });
    await it.page({ ...track('Payment Info Entered', 0, {}, who), ...live(5) });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-25) });
    const stages = { anonymousId: fresh('a') };
    await it.page(add(stages, 0), track('Checkout Started', 1, { products: [product('p1')] }, stages));
    await it.page(track('Payment Info Entered', 2, {}, stages));
    expect((await carts(it, stages))[0]!.episodes).toMatchObject([{ stage: 'payment', abandonedAt: at(32) }]);
  });
  it('C-2: a page view on another device of the same person puts the deadline off', async () => {
    const it = await house();
    const [A1, A2, U] = [fresh('a'), fresh('a'), fresh('u')] as const;
    await it.page(
      identify(U, -2, { anonymousId: A2 }),
      identify(U, -1, { anonymousId: A1 }),
      add({ anonymousId: A1 }, 0),
    );
    expect((await carts(it, { userId: U }))[0]!.episodes[0]!.abandonedAt).toBe(at(60));
    await it.page(page(A2, 50));
    expect((await carts(it, { userId: U }))[0]!.episodes).toMatchObject([{ abandonedAt: at(110) }]);
  });
  it('C-4: one cart, two episodes, the first resumed, the second recovered by return', async () => {
    const it = await house();
    const [who, bought] = [{ anonymousId: fresh('a') }, fresh('o')];
    const from = -6 * 1440;
    await it.page(
      add(who, from),
      track('Cart Viewed', from + 2 * 1440, { products: [product('p1')], currency: 'EUR' }, who),
      track(
        'Order Completed',
        from + 4 * 1440,
        { order_id: bought, total: 10, currency: 'EUR', products: [product('p1')] },
        who,
      ),
    );
    const profile = await it.one(who);
    expect(profile.counts).toMatchObject({ cartsAbandoned: 1, cartsRecovered: 1, cartsOpen: 0, orders: 1 });
    expect(profile.cart).toBeNull();
    const [cart] = await carts(it, who);
    expect(cart).toMatchObject({
      state: 'converted',
      lines: [],
      episodes: [
        { n: 1, outcome: 'resumed', recoveredBy: null, recoveredMinor: null, recoveredOrderId: null },
        { n: 2, outcome: 'recovered', recoveredBy: 'return', recoveredMinor: 1000, recoveredOrderId: bought },
      ],
    });
  });
  it('C5: recovered by a message clicked up to five days before; after thirty days lost and expired', async () => {
    const it = await house();
    const [one, two, three] = [1, 2, 3].map(() => ({ anonymousId: fresh('a') }));
    const from = -20 * 1440;
    const buy = (who: Fields, minutes: number): Fields =>
      track(
        'Order Completed',
        minutes,
        { order_id: fresh('o'), total: 10, currency: 'EUR', products: [product('p1')] },
        who,
      );
    await it.page(
      add(one!, from),
      track('Message Clicked', from + 1440, { message_id: 'spring' }, one),
      buy(one!, from + 3 * 1440),
    );
    expect((await carts(it, one!))[0]!.episodes).toMatchObject([
      { outcome: 'recovered', recoveredBy: 'message:spring' },
    ]);
    await it.page(
      add(two!, from),
      track('Message Clicked', from + 1440, { message_id: 'spring' }, two),
      buy(two!, from + 6.5 * 1440),
    );
    expect((await carts(it, two!))[0]!.episodes).toMatchObject([{ outcome: 'recovered', recoveredBy: 'return' }]);
    await it.server(add(three!, -40 * 1440), buy(three!, -1440));
    const [late] = await carts(it, three!);
    expect(late).toMatchObject({ state: 'expired', episodes: [{ outcome: 'lost', recoveredBy: null }] });
    expect((await it.one(three!)).counts).toMatchObject({ cartsAbandoned: 1, cartsRecovered: 0, cartsOpen: 0 });
  });
  it('C-7, C6: a guest’s cart joins the account’s at the login; the platform’s snapshot wins; an order takes its lines', async () => {
    const it = await house();
    const [A1, A2, U] = [fresh('a'), fresh('a'), fresh('u')] as const;
    const lines = (cart: Cart | Profile['cart']) =>
      Object.fromEntries(cart!.lines.map(({ productId, quantity }) => [productId, quantity]));
    await it.page(
      identify(U, 0, { anonymousId: A1 }),
      add({ anonymousId: A1 }, 1, 'p1'),
      add({ anonymousId: A1 }, 2, 'p2'),
    );
    await it.page(add({ anonymousId: A2 }, 3, 'p1', { quantity: 2 }));
    expect(lines((await it.one({ anonymousId: A2 })).cart)).toEqual({ p1: 2 });
    await it.page(identify(U, 5, { anonymousId: A2 }));
    const joined = await it.one({ userId: U });
    expect(joined.counts.cartsOpen).toBe(1);
    expect(lines(joined.cart)).toEqual({ p1: 2, p2: 1 });
    expect((await carts(it, { userId: U })).map(({ state }) => state).sort()).toEqual(['abandoned', 'merged']);
    await it.page(
      track(
        'Cart Updated',
        6,
        { products: [product('p1', 3), product('p2', 1)], currency: 'EUR' },
        { anonymousId: A2 },
      ),
    );
    expect(lines((await it.one({ userId: U })).cart)).toEqual({ p1: 3, p2: 1 });
    const order = fresh('o');
    await it.page(
      track(
        'Order Completed',
        7,
        { order_id: order, total: 10, currency: 'EUR', products: [product('p2')] },
        { anonymousId: A2 },
      ),
    );
    expect(lines((await it.one({ userId: U })).cart)).toEqual({ p1: 3 });
    await it.server(track('Order Refunded', 8, { order_id: order }, { userId: U }));
    const after = await it.one({ userId: U });
    expect(lines(after.cart)).toEqual({ p1: 3 });
    expect(after.revenue).toEqual([{ currency: 'EUR', minor: 0 }]);
  });
  it('C2: snapshots and deltas in their order; nothing below zero; an unknown price is null, not zero; mixed currencies too', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    await it.page(
      add(who, 2, 'p2'),
      track('Cart Updated', 1, { products: [product('p1', 2)], currency: 'EUR' }, who),
      add(who, 0, 'p0'),
      track('Product Removed', 3, { ...product('p1', 9), currency: 'EUR' }, who),
    );
    expect((await it.one(who)).cart!.lines.map(({ productId, quantity }) => [productId, quantity])).toEqual([
      ['p2', 1],
    ]);
    const removed = await it.page(track('Product Removed', 4, { product_id: 'never', quantity: 1 }, who));
    expect(removed.accepted).toBe(1);
    await it.page(track('Product Added', 5, { product_id: 'p3', currency: 'EUR' }, who));
    expect((await it.one(who)).cart).toMatchObject({
      valueMinor: null,
      lines: [{}, { productId: 'p3', priceMinor: null, quantity: 1 }],
    });
    await it.page(track('Product Removed', 6, { product_id: 'p3' }, who), add(who, 7, 'p4', { currency: 'USD' }));
    expect((await it.one(who)).cart).toMatchObject({ valueMinor: null, currency: null, lines: [{}, {}] });
    await it.page(track('Cart Updated', 8, { products: [] }, who));
    const emptied = await it.one(who);
    expect([emptied.cart, emptied.counts.cartsAbandoned, emptied.counts.cartsOpen]).toEqual([null, 0, 0]);
    expect((await carts(it, who))[0]).toMatchObject({ state: 'emptied', episodes: [] });
  });
  it('C1: money in minor units by the exponent of the currency; numbers as texts', async () => {
    const it = await house();
    for (const [price, currency, minor] of [
      [9.99, 'eur', 999],
      ['9,99', 'EUR', 999],
      ['12.5', 'USD', 1250],
      [1500, 'JPY', 1500],
      [1.234, 'KWD', 1234],
      [0.1 + 0.2, 'EUR', 30],
      [19.999, 'EUR', 2000],
    ] as const) {
      const who = { anonymousId: fresh('a') };
      await it.page(track('Product Added', 0, { product_id: 'p', price, currency }, who));
      expect([price, (await it.one(who)).cart!.valueMinor]).toEqual([price, minor]);
    }
  });
  it('C4: browsing without a cart is an episode of its own and counts in no cart figure', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    await it.page(track('Product Viewed', -3000, { ...product('p1'), currency: 'EUR' }, who));
    const profile = await it.one(who);
    expect(profile.counts).toMatchObject({ productViews: 1, cartsAbandoned: 0, cartsOpen: 0, cartAdds: 0 });
    expect(await it.list(profile.id, 'carts')).toEqual([]);
  });
  it('C4: late data may remove an episode', async () => {
    const it = await house();
    const A = fresh('a');
    await it.page(add({ anonymousId: A }, 0));
    expect((await it.one({ anonymousId: A })).counts.cartsAbandoned).toBe(1);
    await it.page(
      track(
        'Order Completed',
        30,
        { order_id: fresh('o'), total: 10, currency: 'EUR', products: [product('p1')] },
        { anonymousId: A },
      ),
    );
    const after = await it.one({ anonymousId: A });
    expect(after.counts).toMatchObject({ cartsAbandoned: 0, cartsRecovered: 0, orders: 1 });
    expect((await carts(it, { anonymousId: A }))[0]).toMatchObject({ state: 'converted', episodes: [] });
  });
  it('C8: an order is one, however often it is told; updates replace; refunds and cancellations reduce', async () => {
    const it = await house();
    const [A, U, order] = [fresh('a'), fresh('u'), fresh('o')] as const;
    const orders = async () => it.list<Order>((await it.one({ userId: U })).id, 'orders');
    const told = {
      order_id: order,
      total: 60,
      revenue: 50,
      shipping: 10,
      currency: 'EUR',
      products: [product('p1', 2), product('p2', 3)],
    };
    await it.page(identify(U, 0, { anonymousId: A }), track('Order Completed', 1, told, { anonymousId: A }));
    await it.server(track('Order Completed', 1.5, told, { userId: U }));
    expect(await orders()).toMatchObject([
      { orderId: order, at: at(1), revenueMinor: 5000, refundedMinor: 0, state: 'completed', currency: 'EUR' },
    ]);
    await it.server(track('Order Updated', 3, { order_id: order, revenue: 40, currency: 'EUR' }, { userId: U }));
    expect(await orders()).toMatchObject([{ revenueMinor: 4000 }]);
    await it.server(
      track('Order Refunded', 4, { order_id: order, products: [product('p2', 1)], currency: 'EUR' }, { userId: U }),
    );
    expect(await orders()).toMatchObject([{ revenueMinor: 4000, refundedMinor: 1000, state: 'partially_refunded' }]);
    await it.server(
      track(
        'Order Refunded',
        5,
        { order_id: order, total: 5, products: [product('p1', 1)], currency: 'EUR' },
        { userId: U },
      ),
    );
    expect(await orders()).toMatchObject([{ refundedMinor: 1500 }]);
    expect((await it.one({ userId: U })).revenue).toEqual([{ currency: 'EUR', minor: 2500 }]);
    await it.server(track('Order Refunded', 6, { order_id: order, total: 500, currency: 'EUR' }, { userId: U }));
    expect(await orders()).toMatchObject([{ refundedMinor: 4000, state: 'refunded' }]);
    expect((await it.one({ userId: U })).revenue).toEqual([{ currency: 'EUR', minor: 0 }]);
    const other = fresh('o');
    await it.server(track('Order Completed', 7, { ...told, order_id: other }, { userId: U }));
    expect((await it.one({ userId: U })).counts.orders).toBe(2);
    await it.server(track('Order Cancelled', 8, { order_id: other }, { userId: U }));
    const after = await it.one({ userId: U });
    expect([after.counts.orders, after.revenue]).toEqual([1, [{ currency: 'EUR', minor: 0 }]]);
    expect((await orders()).map(({ orderId, state }) => [orderId, state])).toEqual([
      [other, 'cancelled'],
      [order, 'refunded'],
    ]);
  });
  it('C8: a refund before its order counts negative on its own date, and moves when the order arrives', async () => {
    const it = await house();
    const [U, order] = [fresh('u'), fresh('o')] as const;
    await it.server(
      identify(U, 0),
      track('Order Refunded', 5, { order_id: order, total: 4, currency: 'EUR' }, { userId: U }),
    );
    expect((await it.one({ userId: U })).revenue).toEqual([{ currency: 'EUR', minor: -400 }]);
    await it.server(track('Order Completed', 2, { order_id: order, total: 10, currency: 'EUR' }, { userId: U }));
    const after = await it.one({ userId: U });
    expect([after.revenue, after.counts.orders]).toEqual([[{ currency: 'EUR', minor: 600 }], 1]);
    expect(await it.list<Order>(after.id, 'orders')).toMatchObject([
      { at: at(2), revenueMinor: 1000, refundedMinor: 400 },
    ]);
  });
  it('C8: a negative quantity is rejected with its path; wire: v1 names are the same events', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    const answer = await it.page(
      add(who, 0, 'p1', { quantity: -1 }),
      track(
        'Order Completed',
        1,
        {
          order_id: fresh('o'),
          total: 1,
          currency: 'EUR',
          products: [
            { product_id: 'a', quantity: 1 },
            { product_id: 'b', quantity: '-2' },
          ],
        },
        who,
      ),
      track('Added Product', 2, { id: 'p1', price: 5, quantity: 2 }, who),
      track(
        'Completed Order',
        3,
        { orderId: fresh('o'), total: 10, currency: 'EUR', products: [{ id: 'p1', price: 5, quantity: 2 }] },
        who,
      ),
    );
    expect(answer.rejected.map(({ index, code, path }) => [index, code, path])).toEqual([
      [0, 'negative_quantity', 'properties.quantity'],
      [1, 'negative_quantity', 'properties.products.1.quantity'],
    ]);
    const profile = await it.one(who);
    expect(profile.counts).toMatchObject({ cartAdds: 1, orders: 1 });
    expect((await it.list<EventItem>(profile.id, 'events')).map(({ event }) => event)).toEqual([
      'Order Completed',
      'Product Added',
    ]);
  });
});
