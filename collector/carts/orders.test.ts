import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionId } from '../contract/ids.js';
import { refundedAlone } from './orders.js';
import { orderKey } from './state.js';
import { at, fold, on, pageView, product, server } from './story.fixture.js';

const order = (t: number, properties: Record<string, unknown>, more = {}) =>
  at(t, 'Order Completed', { order_id: 'o1', currency: 'EUR', ...properties }, more);
const refund = (t: number, properties: Record<string, unknown> = {}, more = server) =>
  at(t, 'Order Refunded', { order_id: 'o1', ...properties }, more);
const goods = [product('p1', 2, 10), product('p2', 1, 30)];
const only = (...events: ReturnType<typeof at>[]) => {
  const person = fold(...events);
  expect(person.orders).toHaveLength(1);
  return {
    ...person.orders[0],
    revenue: person.figures.revenue,
    count: person.figures.counts.orders,
    warnings: person.warnings,
  };
};

describe('C8: which figure is the revenue', () => {
  it.each([
    ['revenue', { revenue: 50, subtotal: 60, total: 70 }, 5000, 'revenue', []],
    ['subtotal less discount', { subtotal: 60, discount: 5, total: 70 }, 5500, 'subtotal', []],
    ['a discount written as a negative', { subtotal: 60, discount: -5 }, 5500, 'subtotal', []],
    ['total less tax and shipping', { total: '70.10', tax: 10.1, shipping: '5' }, 5500, 'total', []],
    ['total alone', { total: 70 }, 7000, 'total', []],
    ['value', { value: 70 }, 7000, 'value', []],
    ['the lines, at last', { products: goods }, 5000, 'products', []],
    ['a revenue of zero is one', { revenue: 0, total: 70 }, 0, 'revenue', []],
    ['numeric strings with a comma', { revenue: '1.234,50' }, 123450, 'revenue', ['amount_format']],
    ['an unreadable one is passed over', { revenue: 'NaN', total: 70 }, 7000, 'total', ['amount_unreadable']],
    ['so is a negative one', { revenue: -50, total: 70 }, 7000, 'total', ['amount_negative']],
    ['more taken off than there is', { total: 10, shipping: 30 }, 0, 'total', ['amount_negative']],
    ['an absurd one', { revenue: 1e300, total: 70 }, 7000, 'total', ['amount_unreadable']],
    ['none at all', {}, 0, null, ['order_revenue_missing']],
    [
      'a line of another currency is no money of this one',
      { products: [{ ...product('p1', 1, 1500), currency: 'JPY' }] },
      0,
      null,
      ['order_revenue_missing'],
    ],
    [
      'lines without a currency',
      { currency: undefined, products: [product('p1', 2, 10)] },
      2000,
      'products',
      ['currency_missing'],
    ],
    ['lines of which one has no price', { products: [...goods, product('p3')] }, 0, null, ['order_revenue_missing']],
  ])('C8: %s', (_, properties, revenueMinor, revenueFrom, warnings) => {
    expect(only(order(0, properties))).toMatchObject({
      revenueMinor,
      revenueFrom,
      state: 'completed',
      count: 1,
      warnings,
    });
  });

  it.each([
    ['JPY', 1500, 1500],
    ['KWD', 1.5, 1500],
    ['eur', 1.5, 150],
  ])('C8: in minor units of %s', (currency, revenue, minor) => {
    const { revenue: sums } = only(order(0, { revenue, currency }));
    expect(sums).toEqual([{ currency: currency.toUpperCase(), minor }]);
  });

  it('C8: without a currency it is that of a line, else the last seen, else none that is known', () => {
    const bare = { revenue: 5, currency: undefined };
    const sums = (...events: ReturnType<typeof at>[]) => fold(...events).figures.revenue;
    expect(sums(order(0, { ...bare, products: [{ ...product('p1'), currency: 'USD' }] }))).toEqual([
      { currency: 'USD', minor: 500 },
    ]);
    const later = [product('p3', 1, 10), { ...product('p1', 1, 10), currency: 'EUR' }];
    expect(sums(order(0, { currency: undefined, products: later }))).toEqual([{ currency: 'EUR', minor: 2000 }]);
    expect(sums(at(0, 'Product Viewed', { ...product('p1'), currency: 'JPY' }), order(1, bare))).toEqual([
      { currency: 'JPY', minor: 5 },
    ]);
    expect(sums(order(0, bare))).toEqual([{ currency: 'XXX', minor: 500 }]);
    expect(only(order(0, bare))).toMatchObject({ currency: null, warnings: ['currency_missing'] });
  });

  it('C8: revenue is by currency', () => {
    const person = fold(
      order(0, { revenue: 5, order_id: 'a', currency: 'USD' }),
      order(1, { revenue: 7, order_id: 'b' }),
      order(2, { revenue: 1, order_id: 'c' }),
    );
    expect(person.figures.revenue).toEqual([
      { currency: 'EUR', minor: 800 },
      { currency: 'USD', minor: 500 },
    ]);
    expect(person.orders.map((o) => o.orderId)).toEqual(['c', 'b', 'a']);
  });
});

describe('C8: one order, however often it is told', () => {
  const browser = (t: number) => order(t, { total: 60, products: [product('p1', 1)] });
  const shop = (t: number) => order(t, { total: 60, tax: 10, products: goods }, server);

  it.each([
    ['the browser first', [browser(0), shop(1)]],
    ['the server first', [shop(0), browser(1)]],
    ['the browser again', [browser(0), shop(1), browser(2)]],
    ['all at one instant', [browser(0), shop(0)]],
  ])('C8: from browser and server it is one, and the server’s figures stand: %s', (_, events) => {
    expect(only(...events)).toMatchObject({
      revenueMinor: 5000,
      count: 1,
      revenue: [{ currency: 'EUR', minor: 5000 }],
      at: '2026-03-02T12:00:00.000Z',
      lines: [{ key: 'p1', quantity: 2 }, { key: 'p2' }],
    });
  });

  it('C8: of two from browsers the richer stands, of two as rich the first', () => {
    const poor = (t: number) => order(t, { total: 60 });
    const rich = (t: number, tax = 10) => order(t, { total: 60, tax, subtotal: 50 });
    expect(only(poor(0), rich(1)).revenueMinor).toBe(5000);
    expect(only(rich(0), poor(1)).revenueMinor).toBe(5000);
    expect(only(order(0, { total: 60 }), order(1, { total: 70 })).revenueMinor).toBe(6000);
  });

  it('C8: what one teller leaves out the other fills in', () => {
    const told = only(order(0, { total: undefined }, server), order(1, { total: 60, products: goods }));
    expect(told).toMatchObject({ revenueMinor: 6000, lines: [{ key: 'p1' }, { key: 'p2' }] });
  });

  it('C8: the id may be a number here and a text there', () => {
    expect(only(order(0, { order_id: 1001, total: 5 }), order(1, { order_id: ' 1001 ', total: 5 })).count).toBe(1);
  });

  it('C8: without an id it counts, once a checkout, and is warned of', () => {
    const bare = (t: number, more = {}) => order(t, { order_id: undefined, total: 5, ...more });
    expect(fold(bare(0), bare(1)).figures.counts.orders).toBe(2);
    const reloaded = fold(bare(0, { checkout_id: 'x' }), bare(1, { checkout_id: 'x' }));
    expect(reloaded.figures.counts.orders).toBe(1);
    expect(reloaded.warnings).toContain('order_id_missing');
  });

  it('C8: a line of negative quantity is refused, the others stand', () => {
    const told = only(order(0, { total: 5, products: [product('p1', -1, 5), product('p2', 1, 5)] }));
    expect(told).toMatchObject({ lines: [{ key: 'p2' }], warnings: ['quantity_negative'], revenueMinor: 500 });
  });

  it('C8: Order Updated replaces money and lines, and keeps what it does not name', () => {
    const placed = order(0, { total: 60, products: goods }, server);
    const updated = (t: number, properties: object) =>
      at(t, 'Order Updated', { order_id: 'o1', currency: 'EUR', ...properties });
    expect(only(placed, updated(5, { total: 40, products: [product('p1', 1, 10)] }))).toMatchObject({
      revenueMinor: 4000,
      lines: [{ key: 'p1', quantity: 1 }],
      at: '2026-03-02T12:00:00.000Z',
      count: 1,
    });
    expect(only(placed, updated(5, { total: 40 })).lines).toHaveLength(2);
    expect(only(placed, updated(5, { total: 40 }), updated(6, { total: 45 })).revenueMinor).toBe(4500);
    expect(only(updated(-1, { total: 40 }), placed)).toMatchObject({
      revenueMinor: 4000,
      at: '2026-03-02T12:00:00.000Z',
      warnings: ['order_unknown'],
    });
  });

  it('C8: an update takes nothing from a cart', () => {
    const cart = at(0, 'Product Added', product('p1'));
    const updated = at(1, 'Order Updated', { order_id: 'o1', total: 5, currency: 'EUR', products: [product('p1')] });
    expect(fold(cart, updated).states).toEqual(['active']);
  });
});

describe('C8: cancelled and refunded', () => {
  const placed = order(0, { revenue: 50, total: 60, products: goods }, server);

  it.each([
    ['a cancellation takes all of it back', [at(1, 'Order Cancelled', { order_id: 'o1' })], 5000, 'cancelled', 0, []],
    ['neither total nor lines is all', [refund(1)], 5000, 'refunded', 1, []],
    ['an empty list of lines is none', [refund(1, { products: [] })], 5000, 'refunded', 1, []],
    ['a total is the money', [refund(1, { total: 12.5 })], 1250, 'partially_refunded', 1, []],
    [
      'a negative total is the same money',
      [refund(1, { total: '-12,50' })],
      1250,
      'partially_refunded',
      1,
      ['amount_format'],
    ],
    [
      'a total beside lines is the money',
      [refund(1, { total: 5, products: [product('p1', 1, 10)] })],
      500,
      'partially_refunded',
      1,
      [],
    ],
    ['lines are the goods', [refund(1, { products: [product('p1', 1, 10)] })], 1000, 'partially_refunded', 1, []],
    [
      'at the order’s price, where they name none',
      [refund(1, { products: [product('p1', 2)] })],
      2000,
      'partially_refunded',
      1,
      [],
    ],
    ['all goods are all', [refund(1, { products: [product('p1', 2), product('p2', 1)] })], 5000, 'refunded', 1, []],
    [
      'all goods in two parts too',
      [refund(1, { products: [product('p1', 2, 1)] }), refund(2, { products: [product('p2', 1, 1)] })],
      5000,
      'refunded',
      1,
      [],
    ],
    [
      'and beside a refund of money',
      [refund(1, { total: 1 }), refund(2, { products: [product('p1', 2, 1), product('p2', 1, 1)] })],
      5000,
      'refunded',
      1,
      [],
    ],
    [
      'all goods named beside a total are its money only',
      [refund(1, { total: 5, products: goods }), refund(2, { total: 1 })],
      600,
      'partially_refunded',
      1,
      [],
    ],
    [
      'goods nobody priced',
      [refund(1, { products: [product('p7', 1)] })],
      0,
      'partially_refunded',
      1,
      ['refund_amount_unknown'],
    ],
    ['two refunds add up', [refund(1, { total: 10 }), refund(2, { total: 15 })], 2500, 'partially_refunded', 1, []],
    ['what was paid with tax and shipping may go back', [refund(1, { total: 60 })], 5000, 'refunded', 1, []],
    [
      'the sum never exceeds the order',
      [refund(1, { total: 40 }), refund(2, { total: 40 })],
      5000,
      'refunded',
      1,
      ['refund_exceeds_order'],
    ],
    ['all, after a part', [refund(1, { total: 40 }), refund(2)], 5000, 'refunded', 1, []],
    [
      'a refund told twice by its own id is one',
      [refund(1, { refund_id: 'r', total: 10 }), refund(2, { refund_id: 'r', total: 10 })],
      1000,
      'partially_refunded',
      1,
      [],
    ],
    [
      'a total that cannot be read is not everything',
      [refund(1, { total: 'some' })],
      0,
      'partially_refunded',
      1,
      ['amount_unreadable', 'refund_amount_unknown'],
    ],
    [
      'nor are lines that are refused',
      [refund(1, { products: [product('p1', -1, 10)] })],
      0,
      'partially_refunded',
      1,
      ['quantity_negative', 'refund_amount_unknown'],
    ],
    ['a total of zero is no money', [refund(1, { total: 0 })], 0, 'partially_refunded', 1, []],
    [
      'money of another currency is not subtracted',
      [refund(1, { total: 10, currency: 'USD' })],
      0,
      'partially_refunded',
      1,
      ['refund_currency_mixed'],
    ],
    [
      'but its goods are, at the order’s price',
      [refund(1, { currency: 'USD', products: [product('p1', 1, 11)] })],
      1000,
      'partially_refunded',
      1,
      ['refund_currency_mixed'],
    ],
    [
      'nor is a line priced in another one: its goods are, at the order’s price',
      [refund(1, { currency: 'EUR', products: [{ ...product('p1', 1, 11), currency: 'JPY' }] })],
      1000,
      'partially_refunded',
      1,
      ['refund_currency_mixed'],
    ],
    [
      'nor is money whose currency only a line names',
      [refund(1, { total: 11, products: [{ ...product('p1', 1), currency: 'USD' }] })],
      1000,
      'partially_refunded',
      1,
      ['refund_currency_mixed'],
    ],
    [
      'a line in the order’s currency counts, whatever another one names',
      [
        refund(1, {
          products: [
            { ...product('p7', 1, 10), currency: 'JPY' },
            { ...product('p8', 1, 6), currency: 'EUR' },
          ],
        }),
      ],
      600,
      'partially_refunded',
      1,
      ['refund_currency_mixed', 'refund_amount_unknown'],
    ],
    [
      'and where the order does not know it, nothing',
      [refund(1, { currency: 'EUR', products: [{ ...product('p7', 1, 10), currency: 'JPY' }] })],
      0,
      'partially_refunded',
      1,
      ['refund_currency_mixed', 'refund_amount_unknown'],
    ],
    [
      'cancelled and refunded is not taken twice',
      [refund(1, { total: 10 }), at(2, 'Order Cancelled', { order_id: 'o1' })],
      5000,
      'cancelled',
      0,
      [],
    ],
  ])('C8: %s', (_, events, refundedMinor, state, count, warnings) => {
    expect(only(placed, ...events)).toMatchObject({
      revenueMinor: 5000,
      refundedMinor,
      state,
      count,
      warnings,
      revenue: [{ currency: 'EUR', minor: 5000 - refundedMinor }],
      at: '2026-03-02T12:00:00.000Z',
    });
  });

  it('C8: a refund without a known order is negative on its own date, with a warning', () => {
    expect(only(refund(30, { total: 12, currency: 'EUR' }))).toMatchObject({
      state: 'refund_only',
      revenueMinor: 0,
      refundedMinor: 1200,
      revenue: [{ currency: 'EUR', minor: -1200 }],
      at: '2026-03-02T12:30:00.000Z',
      count: 0,
      warnings: ['refund_without_order'],
    });
  });

  it('C8: several without a known order count each for itself, in its own currency', () => {
    const [euros, yen] = [refund(1, { total: 10, currency: 'EUR' }), refund(2, { products: goods, currency: 'JPY' })];
    const sums = (...events: ReturnType<typeof at>[]) => only(...events).revenue;
    const both = only(euros, yen);
    expect(both.revenue).toEqual([
      { currency: 'EUR', minor: -1000 },
      { currency: 'JPY', minor: -50 },
    ]);
    expect(both).toMatchObject({ currency: 'EUR', refundedMinor: 1000, count: 0 });
    expect(both.warnings).toEqual(['refund_without_order', 'refund_currency_mixed', 'refund_without_order']);
    expect(sums(refund(0, { total: 5 }), euros)).toEqual([
      { currency: 'EUR', minor: -1000 },
      { currency: 'XXX', minor: -500 },
    ]);
    const named = refund(1, { products: [product('p1', 1, 7), { ...product('p2', 1, 3), currency: 'EUR' }] });
    expect(sums(named)).toEqual([{ currency: 'EUR', minor: -1000 }]);
    const odd = refund(1, { currency: 'EUR', products: [{ ...product('p1', 1, 10), currency: 'JPY' }] });
    expect(only(odd)).toMatchObject({ refundedMinor: 0, warnings: ['refund_currency_mixed', 'refund_without_order'] });
    // Of the order, when that arrives, money in another currency is not subtracted, and its goods are.
    expect(sums(euros, yen, order(3, { revenue: 50 }))).toEqual([{ currency: 'EUR', minor: 4000 }]);
    expect(sums(euros, yen, at(3, 'Order Cancelled', { order_id: 'o1' }))).toEqual([{ currency: 'EUR', minor: 0 }]);
  });

  it.each([
    ['its money', { total: 12, currency: 'EUR' }, 1200, 'partially_refunded'],
    ['its goods', { products: [product('p1', 1)] }, 1000, 'partially_refunded'],
    ['all of it', {}, 5000, 'refunded'],
    ['more than there was', { total: 99, currency: 'EUR' }, 5000, 'refunded'],
    ['money without a currency, in the order’s', { total: 12 }, 1200, 'partially_refunded'],
  ])('C8: it moves to the order when that arrives: %s', (_, properties, refundedMinor, state) => {
    expect(only(refund(-30, properties), placed)).toMatchObject({
      state,
      refundedMinor,
      revenue: [{ currency: 'EUR', minor: 5000 - refundedMinor }],
      at: '2026-03-02T12:00:00.000Z',
      count: 1,
    });
  });

  it('C8: a cancellation before its order cancels it', () => {
    const early = at(-1, 'Order Cancelled', { order_id: 'o1' });
    expect(only(early)).toMatchObject({ state: 'cancelled', count: 0, warnings: ['order_unknown'] });
    expect(only(early, placed)).toMatchObject({ state: 'cancelled', count: 0, refundedMinor: 5000 });
  });

  it('C8: an order that only an update tells of is dated when it was first heard of', () => {
    const updated = (t: number) => at(t, 'Order Updated', { order_id: 'o1', revenue: 30, currency: 'EUR' });
    const first = '2026-03-02T11:58:00.000Z';
    expect(only(refund(-2), updated(-1)).at).toBe(first);
    expect(only(at(-2, 'Order Cancelled', { order_id: 'o1' }), updated(-1), updated(5)).at).toBe(first);
    expect(only(refund(-2), updated(-1), placed).at).toBe('2026-03-02T12:00:00.000Z');
  });

  it('C8: an update after the refund keeps the refund', () => {
    const updated = at(2, 'Order Updated', { order_id: 'o1', revenue: 30, currency: 'EUR' });
    expect(only(placed, refund(1, { total: 10 }), updated)).toMatchObject({ revenueMinor: 3000, refundedMinor: 1000 });
    expect(only(placed, refund(1, { total: 40 }), updated)).toMatchObject({ revenueMinor: 3000, refundedMinor: 3000 });
  });

  it('C8: without an id nothing is updated, cancelled or refunded', () => {
    for (const name of ['Order Updated', 'Order Cancelled', 'Order Refunded']) {
      const person = fold(placed, at(1, name, { total: 5 }));
      expect(person.figures.revenue).toEqual([{ currency: 'EUR', minor: 5000 }]);
      expect(person.warnings).toEqual(['order_id_missing']);
    }
  });

  it('C8: refunds of an order are bounded', () => {
    const many = Array.from({ length: 150 }, (_, i) => refund(1 + i, { total: 0.1 }));
    const told = only(placed, ...many);
    expect(told.refundedMinor).toBe(1000);
    expect(told.warnings).toContain('refunds_many');
  });
});

describe('S-7: the order’s session', () => {
  const s2 = { sessionId: 's2' as SessionId };

  it('S-7: an order webhook 40 min after the last page view belongs to the last session, by its cart token', () => {
    const person = fold(
      at(0, 'Product Added', { ...product('p1'), cart_id: 't' }),
      pageView(100, s2),
      pageView(110, { ...on('A2'), sessionId: 's9' as SessionId }),
      order(140, { total: 5, cart_token: 't' }, server),
    );
    expect(person.orders[0]?.sessionId).toBe('s2');
  });

  it('S-7: a browser’s own session comes before the one found by the cart', () => {
    const person = fold(
      at(0, 'Product Added', { ...product('p1'), cart_id: 't' }),
      order(1, { total: 5, cart_token: 't' }, server),
      order(2, { total: 5 }, { ...on('A2'), ...s2 }),
    );
    expect(person.orders[0]?.sessionId).toBe('s2');
  });

  it('S-7: without a cart it is the person’s last session; without any, none', () => {
    expect(fold(pageView(0, s2), order(5, { total: 5 }, server)).orders[0]?.sessionId).toBe('s2');
    expect(fold(order(5, { total: 5 }, server)).orders[0]?.sessionId).toBeNull();
  });
});

describe('C8 as a property', () => {
  it('C8: orders − refunds = revenue, no refund exceeds its order, and no order of tellings matters for the figures', () => {
    const amount = fc.oneof(
      fc.integer({ min: -500, max: 20_000 }).map((cents) => cents / 100),
      fc.constantFrom('12,50', '1.000,00', 'x', null, undefined, Number.NaN),
    );
    const line = fc.record({
      product_id: fc.constantFrom('p1', 'p2', 'p3'),
      quantity: fc.integer({ min: -1, max: 3 }),
      price: amount,
    });
    const telling = fc.record({
      name: fc.constantFrom(
        'Order Completed',
        'Order Completed',
        'Order Updated',
        'Order Cancelled',
        'Order Refunded',
        'Order Refunded',
      ),
      properties: fc.record(
        {
          order_id: fc.constantFrom('o1', 'o2', 'o3'),
          revenue: amount,
          total: amount,
          tax: amount,
          currency: fc.constantFrom('EUR', 'EUR', 'USD', 'JPY', undefined),
          products: fc.array(line, { maxLength: 3 }),
        },
        { requiredKeys: ['order_id'] },
      ),
      isServer: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(telling, { maxLength: 12 }), (tellings) => {
        const person = fold(...tellings.map((t, i) => at(i, t.name, t.properties, t.isServer ? server : {})));
        const sums = new Map<string, number>();
        const book = (currency: string | null, minor: number) =>
          sums.set(currency ?? 'XXX', (sums.get(currency ?? 'XXX') ?? 0) + minor);
        for (const o of person.orders) {
          const known = person.shelf.documents.get(orderKey(o.orderId));
          if (known?.sort === 'order' && o.state === 'refund_only') {
            // It shows its first refund's currency; the person's revenue has each refund in its own.
            const alone = refundedAlone(known);
            expect(alone.get(o.currency)).toBe(o.refundedMinor);
            for (const [currency, minor] of alone) book(currency, -minor);
          } else {
            book(o.currency, o.revenueMinor - o.refundedMinor);
          }
          if (o.state !== 'refund_only') expect(o.refundedMinor).toBeLessThanOrEqual(o.revenueMinor);
          expect(o.refundedMinor).toBeGreaterThanOrEqual(0);
          for (const { quantity } of o.lines) expect(quantity).toBeGreaterThan(0);
        }
        expect(person.figures.revenue).toEqual([...sums].sort().map(([currency, minor]) => ({ currency, minor })));
        expect(person.figures.counts.orders).toBe(
          person.orders.filter((o) => o.state !== 'cancelled' && o.state !== 'refund_only').length,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('C8: which of several first tellings stands does not hang on which came first', () => {
    const telling = fc.record({
      revenue: fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined }),
      total: fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined }),
      products: fc.option(fc.constant(goods), { nil: undefined }),
      isServer: fc.boolean(),
    });
    const rank = ({ isServer, ...told }: { isServer: boolean }) =>
      `${isServer} ${Object.values(told).filter((value) => value !== undefined).length}`;
    const tellings = fc.uniqueArray(telling, { minLength: 2, maxLength: 6, selector: rank });
    const permuted = tellings.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    const stands = (all: { isServer: boolean }[]) => {
      const { revenueMinor, lines } = only(
        ...all.map(({ isServer, ...told }, i) => order(i, told, isServer ? server : {})),
      );
      return [revenueMinor, lines];
    };
    fc.assert(
      fc.property(permuted, ([one, other]) => {
        expect(stands(other)).toEqual(stands(one));
      }),
    );
  });
});
