// A visit that was left while a cart was open: two pure readings, each by its table, and both over whole stories.

import { describe, expect, it } from 'vitest';
import { identify, openShop, page, track } from '../pipeline/calls.fixture.js';
import { leftAt } from '../sessions/leaving.js';
import { cartHeldAt } from './held.js';

type Act = Parameters<typeof leftAt>[0][number];
const act = (messageId: string, given: Partial<Act>): Act =>
  ({ messageId, at: 5, active: true, type: 'page', name: null, properties: {}, ...given }) as Act;
const beat = (messageId: string, final: unknown, more: Partial<Act> = {}): Act =>
  act(messageId, { type: 'track', name: 'Page Engaged', properties: { final }, ...more });

describe('the end of a visit', () => {
  it.each<[string, Act[], number | null]>([
    ['a last beat', [beat('a', true)], 5],
    ['a beat in between', [beat('a', false)], null],
    ['a word that only looks like one', [beat('a', 'true')], null],
    ['a page view', [act('a', {})], null],
    ['nothing that is known', [], null],
    ['a last beat, and a page in the same instant after it', [beat('a', true), act('b', {})], null],
    ['a page, and a last beat in the same instant after it', [act('a', {}), beat('b', true)], 5],
    ['a last beat, and after it what nobody did', [beat('a', true), act('b', { active: false })], 5],
    ['another event that says final', [act('a', { type: 'track', name: 'Other', properties: { final: true } })], null],
  ])('%s', (_, latest, expected) => {
    expect(leftAt(latest)).toBe(expected);
  });
});

describe('the cart held at an instant', () => {
  const cart = (id: string, createdAt: number, endedAt: number | null, gap?: [number, number]) => ({
    id,
    createdAt,
    endedAt,
    ...(gap ? { gap } : {}),
  });
  it.each<[string, ReturnType<typeof cart>[], string | null]>([
    ['none', [], null],
    ['open since', [cart('a', 5, null)], 'a'],
    ['begun in that very instant', [cart('a', 10, null)], 'a'],
    ['begun later', [cart('a', 11, null)], null],
    ['ended before', [cart('a', 5, 9)], null],
    ['ended in that very instant', [cart('a', 5, 10)], null],
    ['ended later', [cart('a', 5, 11)], 'a'],
    ['empty just then', [cart('a', 5, null, [9, 11])], null],
    ['filled again by then', [cart('a', 5, null, [9, 10])], 'a'],
    ['not yet emptied', [cart('a', 5, null, [11, 12])], 'a'],
    ['two: the one begun last', [cart('b', 7, null), cart('a', 5, null)], 'b'],
    ['two, the later one ended', [cart('b', 7, 9), cart('a', 5, null)], 'a'],
  ])('%s', (_, carts, expected) => {
    expect(cartHeldAt(carts, 10)?.id ?? null).toBe(expected);
  });
});

describe('a visit that is left with a cart', () => {
  const beats = (shop: ReturnType<typeof openShop>, minute: number, final: boolean, view = 'v1') =>
    shop.send([track('A1', 'Page Engaged', minute, { page_message_id: view, engaged_ms: minute * 1000, final })]);
  const mug = { product_id: 'p1', price: 19, currency: 'EUR' };
  const left = (shop: ReturnType<typeof openShop>) => {
    const { id } = shop.by({ anonymousId: 'A1' })[0]!;
    return shop.sessions(id).map(({ leftWithCart }) => leftWithCart);
  };
  const begun = () => {
    const shop = openShop();
    shop.send([page('A1', 0), track('A1', 'Product Added', 1, mug)]);
    return shop;
  };

  it('is told by the last beat, with the cart', () => {
    const shop = begun();
    expect(left(shop)).toEqual([null]);
    beats(shop, 2, true);
    const { id } = shop.one({ anonymousId: 'A1' });
    const [cart] = shop.carts(id);
    expect(left(shop)).toEqual([{ at: cart!.createdAt.replace('09:01', '09:02'), cartId: cart!.id }]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('is not, when the person came back to the page, or went on to another', () => {
    const shop = begun();
    beats(shop, 2, true);
    beats(shop, 3, false);
    expect(left(shop)).toEqual([null]);
    beats(shop, 4, true);
    shop.send([page('A1', 5)]);
    expect(left(shop)).toEqual([null]);
  });

  it('is not without a cart, with an emptied one, or after the order; a cart of later changes nothing', () => {
    const none = openShop();
    none.send([page('A1', 0)]);
    beats(none, 1, true);
    none.send([page('A1', 60), track('A1', 'Product Added', 61, mug)]);
    expect(left(none)).toEqual([null, null]);

    const emptied = begun();
    emptied.send([track('A1', 'Product Removed', 2, mug)]);
    beats(emptied, 3, true);
    expect(left(emptied)).toEqual([null]);
    // Filled again in another visit: it was empty when the first one ended.
    emptied.send([page('A1', 60), track('A1', 'Product Added', 61, mug)]);
    beats(emptied, 62, true, 'v2');
    expect(left(emptied)).toEqual([expect.objectContaining({ cartId: expect.any(String) }), null]);

    const bought = begun();
    bought.send([track('A1', 'Order Completed', 2, { order_id: 'o1', total: 19, currency: 'EUR', products: [mug] })]);
    beats(bought, 3, true);
    expect(left(bought)).toEqual([null]);
  });

  it('stays said when the cart is bought later, on another device too', () => {
    const shop = begun();
    shop.send([identify('A1', 'U1', 1.5)]);
    beats(shop, 2, true);
    const order = { order_id: 'o1', total: 19, currency: 'EUR', products: [mug] };
    shop.send([identify('A2', 'U1', 120), track('A2', 'Order Completed', 121, order)]);
    const { id } = shop.one({ userId: 'U1' });
    expect(shop.sessions(id).map(({ anonymousId, leftWithCart }) => [anonymousId, leftWithCart !== null])).toEqual([
      ['A2', false],
      ['A1', true],
    ]);
  });
});
