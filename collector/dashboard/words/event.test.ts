import { describe, expect, it } from 'vitest';
import { ecommerce } from '../../contract/ecommerce.js';
import type { EventItem } from '../../contract/profile.js';
import { inspect, isBeat, plain, type Telling, tell, toldAgain, trackIcon } from './event.js';
import { money } from './money.js';

const telling: Telling = { money: (minor, currency) => money(minor, currency, 'en-US'), currency: 'EUR' };
const item = (given: Partial<EventItem>): EventItem => ({
  messageId: 'm',
  type: 'track',
  event: null,
  at: '2026-11-22T10:42:00.000Z',
  receivedAt: '2026-11-22T10:42:00.000Z',
  anonymousId: 'a',
  userId: null,
  sessionId: null,
  properties: {},
  page: null,
  ownedBecause: 'own',
  groupId: null,
  category: null,
  traits: {},
  preConsent: false,
  releasedAt: null,
  ...given,
});
const say = (event: string, properties: Record<string, unknown> = {}) =>
  plain(tell(item({ event, properties }), telling).parts);

const shirt = { product_id: 'p1', name: 'Linen Shirt', price: 39, quantity: 2, currency: 'EUR' };
const mug = { product_id: 'p2', name: 'Mug' };

describe('an event in words', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['Product Added', shirt, 'Added Linen Shirt × 2 to the cart, €78.00'],
    ['Product Added', { ...shirt, price: '19,99', quantity: 3 }, 'Added Linen Shirt × 3 to the cart, €59.97'],
    ['Product Added', { ...shirt, currency: 'JPY', price: 1200 }, 'Added Linen Shirt × 2 to the cart, ¥2,400'],
    ['Product Added', { sku: 's-9' }, 'Added s-9 to the cart'],
    ['Product Added', {}, 'Added a product to the cart'],
    ['Product Added', { name: 'Linen Shirt', variant: 'Sand' }, 'Added Linen Shirt, Sand to the cart'],
    ['Product Added', { name: 'Linen Shirt Sand', variant: 'Sand' }, 'Added Linen Shirt Sand to the cart'],
    ['Product Added', { name: { a: 1 }, price: 'free', quantity: 'many' }, 'Added a product to the cart'],
    ['Product Removed', shirt, 'Took Linen Shirt × 2 out of the cart'],
    ['Product Viewed', { name: 'Mug', price: 9.5 }, 'Looked at Mug, €9.50'],
    ['Products Searched', { query: 'linen' }, 'Searched for “linen”'],
    ['Cart Viewed', { products: [shirt] }, 'Looked at the cart: Linen Shirt × 2'],
    ['Cart Viewed', { products: [] }, 'Looked at the empty cart'],
    ['Cart Viewed', {}, 'Looked at the cart'],
    ['Cart Updated', { products: [] }, 'Emptied the cart'],
    ['Cart Updated', { products: [shirt, mug], value: 88 }, 'The cart is now Linen Shirt × 2 and Mug, €88.00'],
    ['Checkout Started', { products: [shirt, mug, mug] }, 'Began the checkout with Linen Shirt × 2, Mug and Mug'],
    [
      'Checkout Started',
      { products: [shirt, mug, mug, mug, 'junk', null] },
      'Began the checkout with Linen Shirt × 2, Mug and 2 more',
    ],
    ['Checkout Started', { value: '12' }, 'Began the checkout, €12.00'],
    ['Checkout Step Viewed', { step: 2 }, 'Came to step 2 of the checkout'],
    ['Order Completed', { order_id: '7', total: 10, products: [mug] }, 'Ordered Mug, €10.00 (order 7)'],
    ['Order Completed', { order_id: '7', total: 12, revenue: 9 }, 'Placed an order, €9.00 (order 7)'],
    ['Order Completed', { order_id: '7', revenue: '9' }, 'Placed an order, €9.00 (order 7)'],
    ['Order Refunded', { order_id: '7', total: 5 }, 'Got €5.00 back for order 7'],
    ['Order Refunded', { order_id: '7' }, 'Order 7 was refunded'],
    ['Order Cancelled', {}, 'An order was cancelled'],
    ['Coupon Denied', { coupon_id: 'X', reason: 'expired' }, 'The coupon X was refused (expired)'],
    ['Product Reviewed', { product_id: 'p', rating: '4' }, 'Reviewed p: 4 of 5'],
    ['Product Reviewed', { product_id: 'p', rating: '4,5' }, 'Reviewed p: 4.5 of 5'],
    ['Product Reviewed', { product_id: 'p', rating: 17 }, 'Reviewed p'],
    ['Survey Answered', { question: 'How?', answer: 'Well' }, 'Answered How?: Well'],
    ['Quiz Finished', { score: 7 }, 'Quiz Finished'],
    ['constructor', {}, 'constructor'],
    ['', {}, 'Something'],
  ])('%s %j: %s', (event, properties, words) => expect(say(event, properties)).toBe(words));

  it.each<[Partial<EventItem>, string]>([
    [{ type: 'page', page: { path: '/p', title: 'Mugs' } }, 'Looked at Mugs'],
    [{ type: 'page', page: { path: '/p', title: null } }, 'Looked at /p'],
    [{ type: 'page', event: 'Home' }, 'Looked at Home'],
    [{ type: 'page' }, 'Looked at a page'],
    [{ type: 'screen', event: 'Cart' }, 'Opened the screen Cart'],
    [{ type: 'identify', userId: 'u1' }, 'Signed in as u1'],
    [{ type: 'identify' }, 'Left details about themselves'],
    [{ type: 'alias', userId: 'u9' }, 'Was given the id u9'],
    [{ type: 'group' }, 'Joined the group (unnamed)'],
    [{ type: 'group', groupId: 'g-7' }, 'Joined the group g-7'],
    [{ type: 'group', groupId: 'g-7', traits: { name: 'Engines' } }, 'Joined the group Engines'],
    [{ type: 'of tomorrow', event: 'x' }, 'x'],
  ])('%j: %s', (given, words) => expect(plain(tell(item(given), telling).parts)).toBe(words));

  it('has words of its own for every ecommerce event, with nothing in it and with junk in it', () => {
    for (const [name, { shape }] of Object.entries(ecommerce)) {
      for (const junk of [undefined, null, '', {}, [], [null], Number.NaN, 'x'.repeat(9_999), { toString: 'no' }]) {
        const words = say(name, Object.fromEntries(Object.keys(shape).map((key) => [key, junk])));
        expect([name, words]).not.toEqual([name, name]);
        expect(words).not.toMatch(/undefined|null|NaN|\[object/);
        expect(words.length).toBeLessThan(700);
      }
    }
  });

  it('marks what the event said, so that nothing of it is taken for ours', () => {
    const { parts } = tell(item({ event: 'Product Added', properties: { name: '<b>' } }), telling);
    expect(parts).toEqual(['Added ', { said: '<b>' }, ' to the cart']);
  });

  it('C8: an order that page and server both tell of is told once, the rest as said again', () => {
    const placed = (messageId: string, order_id: unknown) =>
      item({ messageId, event: 'Order Completed', properties: { order_id } });
    const events = [
      placed('page', '7'),
      placed('other', '8'),
      placed('none', null),
      placed('server', 7),
      placed('n', null),
    ];
    expect([...toldAgain(events)]).toEqual(['page']);
    expect(plain(tell(events[0]!, telling, true).parts)).toBe('Heard of order 7 once more; it counts once');
  });

  it('S4: a beat is not told, the visit shows its time', () => {
    expect(isBeat({ type: 'track', event: 'Page Engaged' })).toBe(true);
    expect(isBeat({ type: 'page', event: 'Page Engaged' })).toBe(false);
  });

  it('knows the picture of an event by its name alone', () => {
    expect(trackIcon('Product Added')).toBe('cart');
    expect(trackIcon('__proto__')).toBe('other');
  });
});

describe('a value for reading', () => {
  const ring: Record<string, unknown> = {};
  ring.ring = ring;
  it.each([
    ['text', 'text'],
    [7, '7'],
    [false, 'false'],
    [null, '–'],
    [undefined, '–'],
    [{ a: [1, '<'] }, '{"a":[1,"<"]}'],
    [ring, '…'],
    ['x'.repeat(1_000), `${'x'.repeat(300)}…`],
  ])('%j is %s', (value, shown) => expect(inspect(value)).toBe(shown));
});
