import { describe, expect, it } from 'vitest';
import type { SessionId } from '../contract/ids.js';
import { cartAspect } from './aspect.js';
import {
  abandonments,
  at,
  day,
  fold,
  guest,
  hour,
  identify,
  iso,
  minute,
  on,
  type Person,
  pageView,
  product,
  server,
  start,
} from './story.fixture.js';

const add = (t: number, id: string, price?: number, properties: Record<string, unknown> = {}, more = {}) =>
  at(t, 'Product Added', { ...product(id, 1, price), currency: 'EUR', ...properties }, more);
const order = (t: number, ids: string[], properties: Record<string, unknown> = {}, more = {}) =>
  at(
    t,
    'Order Completed',
    { order_id: `o${t}`, total: 10, currency: 'EUR', products: ids.map((id) => product(id, 1)), ...properties },
    more,
  );
const view = (t: number, id: string, more = {}) => at(t, 'Product Viewed', product(id), more);
const remove = (t: number, id: string) => at(t, 'Product Removed', product(id));
const days = (n: number): number => (n * day) / minute;
const hours = (n: number): number => (n * hour) / minute;
const dueAt = (person: Person): string | null => {
  const due = cartAspect.dueAt?.(person.state) ?? null;
  return due === null ? null : new Date(due).toISOString();
};
/** `[stage, abandonedAt, outcome]` of each episode of the oldest cart. */
const episodes = (person: Person, cart = 0) =>
  [...person.carts].reverse()[cart]?.episodes.map((e) => [e.stage, e.abandonedAt, e.outcome]) ?? [];

describe('C-1: an add to cart and no more', () => {
  it('C-1: is active, then abandoned at +60 min, and one thing to announce comes out', () => {
    const person = fold(add(0, 'p1', 12.5));
    expect(person.cart).toMatchObject({ state: 'active', deadlineAt: iso(60), valueMinor: 1250, currency: 'EUR' });
    expect(dueAt(person)).toBe(iso(60));
    person.settle(60 - 1 / 60_000);
    expect(person.cart?.state).toBe('active');
    expect(abandonments(person.state)).toEqual([]);
    person.settle(60);
    expect(person.cart).toMatchObject({ state: 'abandoned', deadlineAt: iso(60) });
    expect(person.carts[0]?.episodes).toEqual([
      {
        n: 1,
        stage: 'cart',
        abandonedAt: iso(60),
        valueMinor: 1250,
        outcome: 'open',
        recoveredBy: null,
        recoveredMinor: null,
        recoveredOrderId: null,
      },
    ]);
    expect(abandonments(person.state)).toMatchObject([{ cartId: person.cart?.id, currency: 'EUR', episode: { n: 1 } }]);
    expect(person.figures.counts).toMatchObject({ cartsAbandoned: 1, cartsOpen: 1, cartsRecovered: 0 });
    const before = person.bytes;
    expect(person.settle(60).settle(days(29)).bytes).toBe(before);
  });
});

describe('C-2: activity elsewhere', () => {
  it('C-2: a page view on the phone at 50 min puts it off until 110 min', () => {
    const person = fold(add(0, 'p1'), pageView(50, on('A2'))).settle(109.9);
    expect(person.cart).toMatchObject({ state: 'active', deadlineAt: iso(110) });
    expect(episodes(person.settle(110))).toEqual([['cart', iso(110), 'open']]);
  });

  it.each([
    ['a page view of the very minute of the deadline', pageView(60), iso(120)],
    ['a page view one millisecond later', pageView(60 + 1 / 60_000), iso(60)],
    ['a server event', pageView(50, server), iso(60)],
    ['a timer’s or a bot’s track', at(50, 'Price Shown', {}, { active: false }), iso(60)],
    ['a server event of the cart itself', at(50, 'Cart Updated', { products: [product('p1', 1)] }, server), iso(110)],
    ['an identify', identify(50), iso(110)],
  ])('C3: %s', (_, event, abandonedAt) => {
    expect(episodes(fold(add(0, 'p1'), event).settle(200))).toEqual([['cart', abandonedAt, 'open']]);
  });
});

describe('C3: deadlines and stages', () => {
  const checkout = (t: number, properties: Record<string, unknown> = {}) => at(t, 'Checkout Started', properties);
  const step = (t: number) => at(t, 'Checkout Step Completed', { step: 1 });
  const pay = (t: number) => at(t, 'Payment Info Entered', {});

  it.each([
    ['a checkout waits 30 min', [checkout(10)], 'checkout', 40],
    ['so does each of its steps', [checkout(10), step(15)], 'checkout', 45],
    ['and the payment', [checkout(10), pay(20)], 'payment', 50],
    ['a step after the payment is still the payment', [checkout(10), pay(20), step(21)], 'payment', 51],
    ['a page view after it', [checkout(10), pageView(15)], 'checkout', 45],
    ['a coupon is no cart change', [checkout(10), at(15, 'Coupon Applied', { coupon_id: 'x' })], 'checkout', 45],
    [
      'a snapshot that changes nothing',
      [checkout(10), at(15, 'Cart Viewed', { products: [product('p1')] })],
      'checkout',
      45,
    ],
    ['a cart change after it is a cart again, and waits 60 min', [checkout(10), add(15, 'p2')], 'cart', 75],
    [
      'a checkout that changes the lines is a checkout',
      [checkout(10, { products: [product('p2', 2)] })],
      'checkout',
      40,
    ],
    ['an empty list at a checkout says nothing', [checkout(10, { products: [] })], 'checkout', 40],
  ] as const)('C3: %s', (_, events, stage, minutes) => {
    const person = fold(add(0, 'p1'), ...events.map((event) => ({ ...event }))).settle(300);
    expect(episodes(person)).toEqual([[stage, iso(minutes), 'open']]);
  });

  it('C3: checkout events without a cart id belong to the cart the person was at', () => {
    const person = fold(
      add(0, 'p1', 5, { cart_id: 't1' }),
      add(1, 'p2', 5, { cart_id: 't2' }),
      at(2, 'Checkout Started', { checkout_id: 'x', products: [product('p2', 1)] }),
      pageView(3),
      add(4, 'p1', 5, { cart_id: 't1' }),
      at(5, 'Checkout Step Viewed', { checkout_id: 'x', step: 2 }),
    ).settle(300);
    expect(episodes(person, 0)).toEqual([['cart', iso(65), 'open']]);
    expect(episodes(person, 1)).toEqual([['checkout', iso(35), 'open']]);
  });

  it('C3: emptied is not abandoned', () => {
    const person = fold(add(0, 'p1'), at(10, 'Product Removed', product('p1'))).settle(days(40));
    expect(person.states).toEqual(['emptied']);
    expect(person.figures.counts).toMatchObject({ cartsAbandoned: 0, cartsOpen: 0 });
    expect(dueAt(person)).toBeNull();
    expect(person.cart).toBeNull();
  });

  it('C3: an abandoned cart expires after 30 days, and its episode is lost', () => {
    const person = fold(add(0, 'p1')).settle(60 + days(30) - 1);
    expect(person.states).toEqual(['abandoned']);
    expect(dueAt(person)).toBe(iso(60 + days(30)));
    person.settle(60 + days(30));
    expect(person.states).toEqual(['expired']);
    expect(episodes(person)).toEqual([['cart', iso(60), 'lost']]);
    expect(person.figures.counts).toMatchObject({ cartsAbandoned: 1, cartsOpen: 0 });
    expect(dueAt(person)).toBeNull();
  });

  it('C3: several carts each have their deadline', () => {
    const person = fold(
      add(0, 'p1', 1, { cart_id: 'a' }),
      at(1, 'Checkout Started', { cart_id: 'a' }),
      add(2, 'p2', 1, { cart_id: 'b' }),
    );
    expect(dueAt(person)).toBe(iso(32));
    expect(dueAt(person.settle(32))).toBe(iso(62));
    expect(person.states).toEqual(['abandoned', 'active']);
    expect(person.cart?.lines[0]?.key).toBe('p2');
  });

  it('C7: the abandonment is at its deadline, however late the clock is looked at', () => {
    const late = fold(add(0, 'p1'), pageView(days(3)));
    const onTime = fold(add(0, 'p1')).settle(60);
    expect(episodes(late)).toEqual(episodes(onTime));
  });
});

describe('C3: browse episodes', () => {
  it('C3: product views without a cart are one after 24 h, and count in no cart figure', () => {
    const person = fold(view(0, 'p1'), view(5, 'p2'), view(6, 'p1'), pageView(30));
    expect(dueAt(person)).toBe(iso(30 + hours(24)));
    person.settle(30 + hours(24));
    expect(person.state.browses).toMatchObject([
      { n: 1, stage: 'browse', abandonedAt: start + (30 + hours(24)) * minute, outcome: 'open' },
    ]);
    expect(person.state.browses[0]?.lines.map((line) => line.key)).toEqual(['p2', 'p1']);
    expect(person.carts).toEqual([]);
    expect(person.figures.counts).toEqual({
      productViews: 3,
      cartAdds: 0,
      orders: 0,
      cartsAbandoned: 0,
      cartsRecovered: 0,
      cartsOpen: 0,
    });
    expect(abandonments(person.state)).toMatchObject([{ cartId: null, episode: { stage: 'browse' } }]);
  });

  it.each([
    ['a cart', [view(0, 'p1'), add(1, 'p2')]],
    ['an order', [view(0, 'p1'), order(1, ['p1'])]],
    ['a cart that was there already, even abandoned', [add(0, 'p9'), view(200, 'p1')]],
    ['a cart that was emptied and is filled again', [add(0, 'p1'), remove(1, 'p1'), view(2, 'p2'), add(3, 'p2')]],
    [
      'and so where a snapshot emptied it',
      [add(0, 'p1'), at(1, 'Cart Updated', { products: [] }), view(2, 'p2'), add(3, 'p2')],
    ],
  ])('C3: there is none after %s', (_, events) => {
    expect(fold(...events).settle(days(3)).state.browses).toEqual([]);
  });

  it.each([
    ['what was looked at', [1500], 'JPY', 1500],
    ['all of it', [1500, 200], 'JPY', 1700],
    ['the person, where the look names none', [15], undefined, 1500],
  ])('C3: its value is in the currency of %s, whatever was named since', (_, prices, currency, valueMinor) => {
    const views = prices.map((price, i) => at(i, 'Product Viewed', { ...product(`p${i}`, 1, price), currency }));
    const person = fold(...views, at(9, 'Product Viewed', { currency: 'EUR' })).settle(days(3));
    expect(person.state.browses).toMatchObject([{ valueMinor }]);
  });

  it('C3: it has no value where no currency is known, or several are', () => {
    const values = (...currencies: (string | undefined)[]) =>
      fold(...currencies.map((currency, i) => at(i, 'Product Viewed', { ...product(`p${i}`, 1, 15), currency })))
        .settle(days(3))
        .state.browses.map((browse) => browse.valueMinor);
    expect(values(undefined)).toEqual([null]);
    expect(values('EUR', 'JPY')).toEqual([null]);
  });

  it('C5: keeps only of the last one what was looked at: no order recovers an earlier one', () => {
    const person = fold(view(0, 'p1'), view(days(2), 'p2')).settle(days(4));
    expect(person.state.browses).toMatchObject([
      { n: 1, outcome: 'resumed', lines: [] },
      { n: 2, outcome: 'open', lines: [{ key: 'p2' }] },
    ]);
    const recovered = (...ids: string[]) =>
      fold(view(0, 'p1'), view(days(2), 'p2'), order(days(4), ids)).state.browses.map(({ outcome }) => outcome);
    expect(recovered('p1')).toEqual(['resumed', 'open']);
    expect(recovered('p2')).toEqual(['resumed', 'recovered']);
  });

  it('C3: it is resumed by looking again, recovered by an order of what was seen, lost after 30 days', () => {
    const outcomes = (person: Person) => person.state.browses.map((episode) => episode.outcome);
    const seen = view(0, 'p1');
    expect(outcomes(fold(seen, view(days(2), 'p2')))).toEqual(['resumed']);
    const bought = fold(seen, order(days(2), ['p1']));
    expect(bought.state.browses).toMatchObject([{ outcome: 'recovered', recoveredBy: 'return' }]);
    expect(bought.figures.counts.cartsRecovered).toBe(0);
    expect(outcomes(fold(seen, order(days(2), ['p7'])))).toEqual(['open']);
    expect(outcomes(fold(seen).settle(days(40)))).toEqual(['lost']);
  });
});

describe('C-4: back on Wednesday, bought on Friday', () => {
  const monday = [add(0, 'p1', 20)];
  const wednesday = [pageView(days(2)), at(days(2) + 1, 'Cart Viewed', { products: [product('p1', 1, 20)] })];

  it.each([
    ['with its lines', order(days(4) + 5, ['p1'])],
    ['without lines', order(days(4) + 5, [], { products: undefined })],
    ['from the server', order(days(4) + 5, ['p1'], {}, server)],
    ['from the phone', order(days(4) + 5, ['p1'], {}, on('A2'))],
  ])('C-4: 1 cart, 2 episodes, the first resumed, the last recovered by return, %s', (_, bought) => {
    const person = fold(...monday, ...wednesday, pageView(days(4)), bought).settle(days(60));
    expect(person.carts).toHaveLength(1);
    expect(person.carts[0]).toMatchObject({ state: 'converted', lines: [] });
    expect(person.carts[0]?.episodes).toMatchObject([
      { n: 1, abandonedAt: iso(60), outcome: 'resumed', recoveredBy: null },
      { n: 2, abandonedAt: iso(days(2) + 61), outcome: 'recovered', recoveredBy: 'return', valueMinor: 2000 },
    ]);
    expect(person.figures.counts).toMatchObject({ cartsAbandoned: 1, cartsRecovered: 1, cartsOpen: 0, orders: 1 });
  });

  it('C-4: a visitor who logs in only to buy has the same history', () => {
    const anonymous = guest('A1');
    const person = fold(
      add(0, 'p1', 20, {}, anonymous),
      at(days(2), 'Cart Viewed', { products: [product('p1', 1, 20)] }, anonymous),
      identify(days(4)),
      order(days(4) + 5, ['p1']),
    );
    expect(episodes(person).map(([, , outcome]) => outcome)).toEqual(['resumed', 'recovered']);
  });
});

describe('C4: episodes', () => {
  it('C4: late data removes one', () => {
    const late = pageView(30);
    expect(episodes(fold(add(0, 'p1'), pageView(80)))).toEqual([['cart', iso(60), 'open']]);
    expect(episodes(fold(add(0, 'p1'), late, pageView(80)))).toEqual([]);
  });

  it('C4: a page view alone takes nothing up again', () => {
    const person = fold(add(0, 'p1'), pageView(days(1)), pageView(days(2))).settle(days(3));
    expect(episodes(person)).toEqual([['cart', iso(60), 'open']]);
  });

  it('C4: the nightly copy of all carts takes nothing up again, a real change does', () => {
    const sync = (quantity: number) => at(days(1), 'Cart Updated', { products: [product('p1', quantity)] }, server);
    expect(episodes(fold(add(0, 'p1'), sync(1)).settle(days(2)))).toHaveLength(1);
    expect(episodes(fold(add(0, 'p1'), sync(2)).settle(days(2)))).toHaveLength(2);
  });

  it('C4: carts are counted once, episodes apart', () => {
    const person = fold(...[0, 1, 2, 3].map((n) => add(days(n), `p${n}`))).settle(days(5));
    expect(episodes(person).map(([, , outcome]) => outcome)).toEqual(['resumed', 'resumed', 'resumed', 'open']);
    expect(person.figures.counts.cartsAbandoned).toBe(1);
  });

  it('C4: what was left behind is kept with the last episode', () => {
    const person = fold(add(0, 'p1', 5), add(1, 'p2', 7)).settle(100);
    expect(abandonments(person.state)[0]?.episode.lines.map((line) => line.key)).toEqual(['p1', 'p2']);
  });
});

describe('C5: recovery', () => {
  const abandoned = [add(0, 'p1', 20), add(1, 'p2', 30)];
  const recoveredAt = (...events: ReturnType<typeof at>[]) =>
    fold(...abandoned, ...events)
      .carts.at(-1)
      ?.episodes.at(-1);
  const click = (t: number, properties: Record<string, unknown>) => at(t, 'Message Clicked', properties);

  it.each([
    ['no link', [], 'return'],
    ['a link', [click(days(1), { message_id: 'mail7' })], 'message:mail7'],
    ['the last of two links', [click(days(1), { message_id: 'a' }), click(days(2), { message_id: 'b' })], 'message:b'],
    ['a link exactly five days before', [click(days(1), { message_id: 'a' }), order(days(6), ['p1'])], 'message:a'],
    ['a link more than five days before', [click(days(1), { message_id: 'a' }), order(days(6) + 1, ['p1'])], 'return'],
    ['a link of before it was abandoned', [click(2, { message_id: 'a' })], 'return'],
  ])('C5: recovered by %s', (_, events, by) => {
    const has = events.some((event) => event.name === 'Order Completed');
    expect(recoveredAt(...events, ...(has ? [] : [order(days(3), ['p1'])]))).toMatchObject({
      outcome: 'recovered',
      recoveredBy: by,
    });
  });

  it('C5: a link clicked for the first abandonment recovers the second too', () => {
    const episode = recoveredAt(click(days(1), { message_id: 'm' }), add(days(1) + 1, 'p3', 1), order(days(2), ['p1']));
    expect(episode).toMatchObject({ n: 2, outcome: 'recovered', recoveredBy: 'message:m' });
  });

  it('C5: changing the cart is resumed, and buying it after all is recovered', () => {
    expect(recoveredAt(add(days(1), 'p3'))).toMatchObject({ outcome: 'resumed', recoveredBy: null });
    expect(recoveredAt(add(days(1), 'p3'), order(days(1) + 5, ['p1', 'p2', 'p3']))).toMatchObject({
      n: 1,
      outcome: 'recovered',
    });
  });

  it.each([
    ['within 30 days', 61 + days(30), 'recovered'],
    ['a minute later', 62 + days(30), 'lost'],
  ])('C5: an order %s', (_, t, outcome) => {
    expect(recoveredAt(order(t, ['p1']))).toMatchObject({ outcome });
  });

  it('C5: an order of something else recovers nothing and takes nothing', () => {
    const person = fold(...abandoned, order(days(1), ['p9']));
    expect(episodes(person)).toEqual([['cart', iso(61), 'open']]);
    expect(person.content).toEqual({ p1: 1, p2: 1 });
  });

  it('C5: ordered lines leave the cart, whole; it is converted when none remain', () => {
    const person = fold(at(0, 'Product Added', product('p1', 3)), add(1, 'p2'), order(2, ['p1']));
    expect(person.content).toEqual({ p2: 1 });
    expect(person.cart?.state).toBe('active');
    const all = fold(at(0, 'Product Added', product('p1', 3)), order(2, ['p1', 'p9']));
    expect(all.states).toEqual(['converted']);
  });

  it('C5: recovered value is the lesser of order line and cart line', () => {
    const value = (cartPrice: number, products: unknown[]) =>
      abandonments(
        fold(
          at(0, 'Product Added', { ...product('p1', 2, cartPrice), currency: 'EUR' }),
          order(days(1), [], { products }),
        ).state,
      )[0]?.episode.recoveredMinor;
    expect(value(10, [product('p1', 2, 10)])).toBe(2000);
    expect(value(10, [product('p1', 1, 12)])).toBe(1200);
    expect(value(10, [product('p1', 5, 10)])).toBe(2000);
    expect(value(10, [product('p1', 1), product('p9', 1, 99)])).toBe(1000);
  });

  it('C5: and is in the order’s currency: what was left in another one says nothing of it', () => {
    const value = (properties: Record<string, unknown>) =>
      abandonments(
        fold(
          at(0, 'Product Added', { ...product('p1', 2, 15), currency: 'JPY', cart_id: 't' }),
          order(days(1), [], { cart_id: 't', total: 20, ...properties }),
        ).state,
      )[0]?.episode.recoveredMinor;
    expect(value({ products: [product('p1', 2, 10)] })).toBe(2000);
    expect(value({ products: [product('p1', 2)] })).toBeNull();
    expect(value({ products: undefined })).toBeNull();
  });

  it.each([
    ['by token', { cart_id: 't' }],
    ['by a token with a key', { cart_token: 't?key=1' }],
    ['by the checkout', { checkout_id: 'x' }],
    ['by the order id the checkout announced', { order_id: 'o9' }],
  ])('C5: an order without lines converts the cart it names %s', (_, ids) => {
    const person = fold(
      add(0, 'p1', 5, { cart_id: 't' }),
      at(1, 'Checkout Started', { cart_id: 't', checkout_id: 'x', order_id: 'o9' }),
      add(2, 'p2', 5, { cart_id: 'u' }),
      order(3, [], { products: undefined, ...ids }),
    );
    expect(person.states).toEqual(['converted', 'active']);
  });

  it('C5: an order without lines that names no cart converts the only one; of several none', () => {
    const nameless = order(5, [], { products: undefined });
    expect(fold(add(0, 'p1'), nameless).states).toEqual(['converted']);
    expect(fold(add(0, 'p1', 1, { cart_id: 'a' }), add(1, 'p1', 1, { cart_id: 'b' }), nameless).states).toEqual([
      'active',
      'active',
    ]);
  });

  it.each([
    ['a token nobody knows', [], { cart_id: 'b' }],
    [
      'the token of one that was bought',
      [add(0, 'p2', 5, { cart_id: 'b' }), order(1, ['p2'], { cart_id: 'b' })],
      { cart_id: 'b' },
    ],
    ['a checkout nobody knows', [], { checkout_id: 'x' }],
  ])('C5: an order without lines that names %s takes no other cart, nor its visit', (_, before, ids) => {
    const other = add(2, 'p1', 5, { cart_id: 'a' }, { sessionId: 's7' as SessionId });
    const told = order(9, [], { order_id: 'o9', products: undefined, ...ids }, server);
    const person = fold(...before, other, pageView(3, { ...on('A2'), sessionId: 's8' as SessionId }), told);
    expect(person.states.at(-1)).toBe('active');
    expect(person.orders[0]).toMatchObject({ orderId: 'o9', sessionId: 's8' });
  });

  it('C5: and takes the only one where that has no name it could contradict', () => {
    for (const ids of [{ cart_id: 'b' }, { checkout_id: 'x' }])
      expect(fold(add(0, 'p1'), order(5, [], { products: undefined, ...ids })).states).toEqual(['converted']);
  });

  it('C5: an order takes from the cart it names before any other', () => {
    const person = fold(
      add(0, 'p1', 1, { cart_id: 'a' }),
      add(1, 'p1', 1, { cart_id: 'b' }),
      order(2, ['p1'], { cart_id: 'a' }),
    );
    expect(person.states).toEqual(['converted', 'active']);
  });

  it('C5: one left behind under another token is recovered by what was bought, and gives it up', () => {
    const person = fold(
      add(0, 'p1', 1, { cart_id: 'a' }),
      add(1, 'p2', 1, { cart_id: 'a' }),
      add(days(1), 'p1', 1, { cart_id: 'b' }),
      order(days(1) + 5, ['p1'], { cart_id: 'b' }),
    );
    expect(person.states).toEqual(['active', 'converted']);
    expect(person.content).toEqual({ p2: 1 });
    expect(episodes(person)).toEqual([['cart', iso(61), 'recovered']]);
  });

  it('C5: an order that names a cart recovers it though none of its lines were in it, and is an event of it', () => {
    const named = order(days(1), ['p8'], { cart_id: 'a' });
    const person = fold(add(0, 'p1', 1, { cart_id: 'a' }), add(days(1) - 1, 'p8', 1, { cart_id: 'b' }), named);
    expect(episodes(person)).toEqual([['cart', iso(60), 'recovered']]);
    expect(person.states).toEqual(['active', 'converted']);
  });

  it('C5: a cart by its token, whatever ids its lines are ordered under', () => {
    const person = fold(add(0, 'p1', 5, { cart_id: 't' }), order(1, ['sku-1'], { cart_id: 't' }, server));
    expect(person.states).toEqual(['converted']);
    expect(person.warnings).toContain('order_lines_unmatched');
  });

  it('C5: a server’s sku finds the page’s product', () => {
    const line = { product_id: 'p1', sku: 's1', variant: 'red' };
    const person = fold(at(0, 'Product Added', line), order(1, [], { products: [{ sku: 's1', price: 5 }] }, server));
    expect(person.states).toEqual(['converted']);
  });

  it('C5: a platform that clears the cart before it reports the order has sold it', () => {
    const cleared = [add(0, 'p1', 5), at(10, 'Cart Updated', { products: [] })];
    expect(fold(...cleared, order(11, ['p1'], {}, server)).states).toEqual(['converted']);
    expect(fold(...cleared, order(11, ['p9'], {}, server)).states).toEqual(['emptied']);
    expect(fold(...cleared, order(days(2), ['p1'], {}, server)).states).toEqual(['emptied']);
  });

  it('C5: what was left in an abandoned cart and bought later without it is recovered too', () => {
    const person = fold(...abandoned, at(days(1), 'Cart Updated', { products: [] }), order(days(9), ['p1']));
    expect(person.carts[0]).toMatchObject({ state: 'emptied', episodes: [{ outcome: 'recovered' }] });
    expect(person.figures.counts.cartsRecovered).toBe(1);
  });

  it('C5: but not more than 30 days after it was left', () => {
    const emptied = at(days(20), 'Cart Updated', { products: [] });
    expect(fold(...abandoned, emptied, order(61 + days(30), ['p1'])).figures.counts.cartsRecovered).toBe(1);
    expect(fold(...abandoned, emptied, order(62 + days(30), ['p1'])).figures.counts.cartsRecovered).toBe(0);
  });

  it('C5: what is left after a part was bought has a deadline again', () => {
    const person = fold(...abandoned, order(days(1), ['p1'])).settle(days(2));
    expect(episodes(person)).toEqual([
      ['cart', iso(61), 'recovered'],
      ['cart', iso(days(1) + 60), 'open'],
    ]);
    expect(person.figures.counts).toMatchObject({ cartsAbandoned: 1, cartsRecovered: 1, cartsOpen: 1 });
  });

  it('C5: an episode of a guest’s cart is recovered when the joined cart is bought', () => {
    const person = fold(
      at(0, 'Cart Updated', { cart_id: 'a', products: [product('p2', 1)] }, on('A2')),
      add(1, 'p1', 5, { cart_id: 'g' }, guest('A1')),
      identify(500),
      order(510, ['p1', 'p2']),
    );
    expect(person.carts.map((cart) => [cart.state, cart.episodes.at(-1)?.outcome])).toEqual([
      ['merged', 'recovered'],
      ['converted', 'recovered'],
    ]);
  });

  it('C5: and so when the account’s cart was left after it, but before they were joined', () => {
    const person = fold(
      add(0, 'p1', 5, { cart_id: 'g' }, guest('A1')),
      at(200, 'Cart Updated', { cart_id: 'a', products: [product('p2', 1)] }, on('A2')),
      identify(500),
      order(510, ['p1', 'p2']),
    );
    expect(person.carts.map((cart) => [cart.state, cart.episodes.map((e) => e.outcome)])).toEqual([
      ['converted', ['recovered']],
      ['merged', ['recovered']],
    ]);
  });

  it('C5: once the joined cart was abandoned itself, what the guest had left is the past', () => {
    const person = fold(
      at(0, 'Cart Updated', { cart_id: 'a', products: [product('p2', 1)] }, on('A2')),
      add(1, 'p1', 5, { cart_id: 'g' }, guest('A1')),
      identify(500),
      order(days(2), ['p1', 'p2']),
    );
    expect(person.carts.map((cart) => [cart.state, cart.episodes.map((e) => e.outcome)])).toEqual([
      ['merged', ['resumed']],
      ['converted', ['resumed', 'recovered']],
    ]);
  });

  it('C5: and stays the past when the joined cart is bought and long gone', () => {
    const person = fold(
      at(0, 'Cart Updated', { cart_id: 'a', products: [product('p2', 1)] }, on('A2')),
      add(1, 'p1', 5, { cart_id: 'g' }, guest('A1')),
      identify(500),
      order(days(2), ['p1', 'p2']),
      order(days(5), ['p1']),
    );
    expect(person.carts.map((cart) => cart.episodes.map((e) => e.outcome))).toEqual([
      ['resumed'],
      ['resumed', 'recovered'],
    ]);
  });

  it('C5: what shares a line is recovered also beside a cart that was ordered under other ids', () => {
    const person = fold(
      view(0, 'p1'),
      add(days(2), 'p2', 5, { cart_id: 't' }),
      order(days(2) + 1, ['p1'], { cart_id: 't' }),
    );
    expect(person.states).toEqual(['converted']);
    expect(person.state.browses.map((browse) => browse.outcome)).toEqual(['recovered']);
  });

  it('C5: a second telling without lines takes nothing more of the cart it names', () => {
    const named = { order_id: 'o1', cart_id: 't' };
    const person = fold(
      add(0, 'p1', 5, { cart_id: 't' }),
      add(1, 'p2', 5, { cart_id: 't' }),
      order(5, ['p1'], named),
      order(6, [], { ...named, products: undefined }, server),
    );
    expect(person.content).toEqual({ p2: 1 });
  });

  it('C5: the second telling of an order does not take what was put in the cart since', () => {
    const first = order(5, ['p1'], { order_id: 'o1' });
    const again = order(20, ['p1'], { order_id: 'o1' }, server);
    const person = fold(add(0, 'p1'), first, add(10, 'p1'), again);
    expect(person.states).toEqual(['converted', 'active']);
    const bare = order(20, [], { order_id: 'o1', products: undefined }, server);
    expect(fold(add(0, 'p1'), first, add(10, 'p1'), bare).states).toEqual(['converted', 'active']);
  });

  const both = [add(0, 'p1', 5, { cart_id: 't' }), add(1, 'p2', 5, { cart_id: 't' })];
  const toldAgain = (t: number, properties: object = {}) =>
    order(t, ['p1'], { order_id: 'o1', cart_id: 't', ...properties }, server);
  const toldFirst = (properties: object = {}) => order(5, ['p1'], { order_id: 'o1', ...properties });

  it.each([
    ['named by both', toldFirst({ cart_id: 't' })],
    ['named by the second alone', toldFirst()],
  ])('C5, C8: what the first telling left in the cart the second leaves there too, %s', (_, first) => {
    const person = fold(...both, first, toldAgain(6));
    expect(person.content).toEqual({ p2: 1 });
    expect(person.warnings).toEqual([]);
  });

  it('C5, C8: what the first telling took of one cart the second takes of no other', () => {
    const again = toldAgain(6, { cart_id: undefined });
    const person = fold(add(0, 'p1', 5, { cart_id: 't' }), add(1, 'p1', 5, { cart_id: 't2' }), toldFirst(), again);
    expect(person.states).toEqual(['active', 'converted']);
  });

  it('C5, C8: a telling without lines is of the lines that another one listed', () => {
    const bare = order(6, [], { order_id: 'o1', products: undefined }, server);
    expect(fold(add(0, 'p9'), toldFirst(), bare).content).toEqual({ p9: 1 });
  });

  it('C4, C8: a second telling takes nothing up again that was left since', () => {
    const person = fold(...both, toldFirst({ cart_id: 't' }), toldAgain(100)).settle(300);
    expect(episodes(person)).toEqual([['cart', iso(65), 'open']]);
    const begun = fold(toldFirst({ cart_id: 't' }), add(10, 'p3', 5, { cart_id: 't' }), toldAgain(100)).settle(300);
    expect(episodes(begun)).toEqual([['cart', iso(70), 'open']]);
  });

  it('C3, C8: a second telling does not end what was looked at since', () => {
    const person = fold(toldFirst(), view(10, 'p3'), toldAgain(20)).settle(days(3));
    expect(person.state.browses.map((browse) => browse.abandonedAt)).toEqual([start + 10 * minute + day]);
  });

  it('C5: the second telling takes what only it lists', () => {
    const person = fold(
      add(0, 'p1'),
      add(1, 'p2'),
      order(5, ['p1'], { order_id: 'o1' }),
      order(6, ['p1', 'p2'], { order_id: 'o1' }, server),
    );
    expect(person.states).toEqual(['converted']);
  });
});
