import { describe, expect, it } from 'vitest';
import type { AnonymousId } from '../contract/ids.js';
import { at, day, fold, guest, hour, identify, iso, minute, on, pageView, product, server } from './story.fixture.js';

const add = (t: number, id: string, quantity = 1, properties: Record<string, unknown> = {}, more = {}) =>
  at(t, 'Product Added', { ...product(id, quantity), ...properties }, more);
const remove = (t: number, id: string, quantity?: number, properties: Record<string, unknown> = {}) =>
  at(t, 'Product Removed', { ...product(id, quantity), ...properties });
const euros = { currency: 'EUR' };
const lines = (content: Record<string, number>) =>
  Object.entries(content).map(([id, quantity]) => product(id, quantity));
const snapshot = (t: number, content: Record<string, number>, properties: Record<string, unknown> = {}, more = {}) =>
  at(t, 'Cart Updated', { products: lines(content), ...properties }, more);

describe('C1: which cart', () => {
  it('C1: without a token a person has one implicit cart, on all their devices', () => {
    const person = fold(add(0, 'p1'), add(1, 'p2', 1, {}, on('A2')));
    expect(person.carts).toHaveLength(1);
    expect(person.content).toEqual({ p1: 1, p2: 1 });
  });

  it.each([
    ['a snapshot', snapshot(4, { p1: 1 }, { cart_id: 't' }), { p1: 1 }],
    ['a removal', remove(4, 'p1', 1, { cart_id: 't' }), { p1: 1 }],
  ])('C1: the implicit cart ends in that of the token also where this one was emptied, by %s', (_, event, content) => {
    const person = fold(
      add(0, 'p1', 1, { cart_id: 't' }),
      remove(1, 'p1', 1, { cart_id: 't' }),
      add(3, 'p1', 2),
      event,
    );
    expect(person.states).toEqual(['active', 'merged']);
    expect(person.content).toEqual(content);
  });

  it.each([
    ['by the page', 3, {}],
    ['by the nightly copy of it', 100, server],
  ])('C1: a cart that took the token of one that was bought, %s, is the cart of that token', (_, t, more) => {
    const bought = { order_id: 'o1', cart_id: 't', products: lines({ p1: 1 }), total: 1, ...euros };
    const person = fold(
      add(0, 'p2'),
      snapshot(1, { p1: 1 }, { cart_id: 't' }),
      at(2, 'Order Completed', bought),
      snapshot(t, { p2: 1 }, { cart_id: 't' }, more),
      snapshot(101, { p2: 2 }, { cart_id: 't' }),
    );
    expect(person.states).toEqual(['active', 'converted']);
    expect(person.content).toEqual({ p2: 2 });
  });

  it('C1: each token is a cart of its own, and an event without one, among several, means the implicit cart', () => {
    const person = fold(add(0, 'p1', 1, { cart_id: 't1' }), add(1, 'p2', 1, { cart_id: 't2' }), add(2, 'p3'));
    expect(person.carts.map((cart) => [cart.token, cart.lines.map((line) => line.key)])).toEqual([
      [null, ['p3']],
      ['t2', ['p2']],
      ['t1', ['p1']],
    ]);
    expect(person.figures.counts.cartsOpen).toBe(3);
  });

  it('C1: an event without a token means the only cart there is', () => {
    const person = fold(add(0, 'p1', 1, { cart_id: 't1' }), add(1, 'p2'), remove(2, 'p1'));
    expect(person.carts).toHaveLength(1);
    expect(person.content).toEqual({ p2: 1 });
  });

  it.each([
    ['t1?key=abc', 't1'],
    ['t1', 't1?key=abc'],
    ['t1?key=abc', 't1?key=def'],
    ['42', 42],
  ])('C1: the tokens %j and %j are one', (first, second) => {
    const person = fold(add(0, 'p1', 1, { cart_id: first }), add(1, 'p2', 1, { cart_token: second }));
    expect(person.carts).toHaveLength(1);
  });

  it.each(['', 'null', 'undefined', '{{cart.token}}', '   ', {}, [], null])('C1: %j is no token', (token) => {
    expect(fold(add(0, 'p1', 1, { cart_id: token })).carts[0]?.token).toBeNull();
  });

  it('C1: the token may come in the context, as a look-up key', () => {
    const person = fold(add(0, 'p1', 1, {}, { keys: [{ kind: 'cart', value: 't1' }] }));
    expect(person.carts[0]?.token).toBe('t1');
  });

  it('C1: ids are derived: a token’s is the same for whoever asks, an implicit one’s comes from the message that began it', () => {
    const byToken = () => fold(add(0, 'p1', 1, { cart_id: 't1' })).cart?.id;
    expect(byToken()).toBe(byToken());
    expect(byToken()).toMatch(/^c_[\w-]{22}$/);
    expect(fold(add(0, 'p1')).cart?.id).not.toBe(fold(add(0, 'p1')).cart?.id);
    const event = add(0, 'p1');
    expect(fold(event).cart?.id).toBe(fold({ ...event }).cart?.id);
  });

  it('C1: a platform that names its cart only later still has one cart', () => {
    const adopted = fold(add(0, 'p1'), snapshot(1, { p1: 1, p2: 1 }, { cart_token: 't1' }));
    expect(adopted.carts.map((cart) => [cart.state, cart.token])).toEqual([['active', 't1']]);
    const absorbed = fold(
      add(0, 'p1'),
      add(1, 'p2', 1, { cart_token: 't1' }),
      snapshot(2, { p1: 1, p2: 1 }, { cart_token: 't1' }),
    );
    expect(absorbed.states).toEqual(['merged', 'active']);
    expect(absorbed.content).toEqual({ p1: 1, p2: 1 });
  });

  it('C1: a token used again after it was bought is a new cart with an id of its own', () => {
    const person = fold(
      add(0, 'p1', 1, { cart_id: 't1' }),
      at(1, 'Order Completed', { order_id: 'o1', cart_id: 't1', total: 5 }),
      add(2, 'p1', 1, { cart_id: 't1' }),
    );
    expect(person.states).toEqual(['converted', 'active']);
    expect(new Set(person.carts.map((cart) => cart.id)).size).toBe(2);
  });

  it('C1: and so is one that left the state for the shelf long ago', () => {
    const person = fold(
      add(0, 'p1', 1, { cart_id: 't1' }),
      remove(1, 'p1', 1, { cart_id: 't1' }),
      pageView((40 * day) / minute),
      add((41 * day) / minute, 'p2', 1, { cart_id: 't1' }),
    );
    expect(person.states).toEqual(['emptied', 'active']);
    expect(new Set(person.carts.map((cart) => cart.id)).size).toBe(2);
    expect([...person.shelf.documents.keys()]).toEqual([`cart:${person.carts[1]?.id}`]);
  });

  it('C1: an emptied cart that is filled again is the same cart', () => {
    const person = fold(add(0, 'p1'), remove(1, 'p1'), add(2, 'p2'));
    expect(person.states).toEqual(['active']);
    expect(person.content).toEqual({ p2: 1 });
  });

  it('C1: and so when a checkout fills it, as where the platform clears the cart before it asks for the address', () => {
    const checkout = (t: number) => at(t, 'Checkout Started', { products: lines({ p1: 1 }) });
    const order = (t: number) =>
      at(t, 'Order Completed', { order_id: 'O1', total: 10, currency: 'EUR', products: lines({ p1: 1 }) });
    const cleared = [add(0, 'p1'), snapshot(1, {})];
    expect(fold(...cleared, checkout(2)).states).toEqual(['active']);
    expect(fold(...cleared, checkout(2), order(3)).states).toEqual(['converted']);
    expect(fold(...cleared, at(2, 'Checkout Started', { products: [] })).states).toEqual(['emptied']);
  });
});

describe('C1: a line’s key', () => {
  const key = (properties: Record<string, unknown>) => fold(at(0, 'Product Added', properties)).cart?.lines[0]?.key;

  it.each([
    [{ variant_id: 'v1', sku: 's1', product_id: 'p1' }, 'v1'],
    [{ sku: 's1', product_id: 'p1' }, 's1'],
    [{ product_id: 'p1' }, 'p1'],
    [{ product_id: 17 }, '17'],
    [{ product_id: 'p1', variant_id: 0 }, 'p1'],
    [{ product_id: 'p1', options: {} }, 'p1'],
    [{ sku: 's1', variant: 'red' }, 's1'],
  ])('C1: of %j is %s', (properties, expected) => {
    expect(key(properties)).toBe(expected);
  });

  it('C1: options make a line of their own, in whatever order they are written', () => {
    const blue = key({ product_id: 'p1', options: { size: 'M', colour: 'blue' } });
    expect(blue).toMatch(/^p1#/);
    expect(key({ product_id: 'p1', options: { colour: 'blue', size: 'M' } })).toBe(blue);
    expect(key({ product_id: 'p1', options: { colour: 'red', size: 'M' } })).not.toBe(blue);
  });

  it('C1: the red and the blue of one product are two lines', () => {
    const person = fold(
      at(0, 'Product Added', { product_id: 'p1', variant: 'red' }),
      at(1, 'Product Added', { product_id: 'p1', variant: 'blue', quantity: 2 }),
    );
    expect(person.cart?.lines.map((line) => [line.productId, line.variant, line.quantity])).toEqual([
      ['p1', 'red', 1],
      ['p1', 'blue', 2],
    ]);
  });

  it('C1: a name alone is a line; nothing at all is a warning', () => {
    expect(key({ name: 'Blue mug' })).toMatch(/^name:/);
    const person = fold(at(0, 'Product Added', { price: 5 }), at(1, 'Product Added', { product_id: {} }));
    expect(person.carts).toEqual([]);
    expect(person.warnings).toEqual(['cart_line_unreadable', 'cart_line_unreadable']);
    expect(person.figures.counts.cartAdds).toBe(2);
  });
});

describe('C2: content', () => {
  it('C2: deltas apply on top of a snapshot, in order', () => {
    const person = fold(add(0, 'p1', 5), snapshot(1, { p1: 1, p2: 2 }), add(2, 'p2'), remove(3, 'p1'));
    expect(person.content).toEqual({ p2: 3 });
  });

  it('C2: an event that arrives late takes its place in time', () => {
    const late = add(0.5, 'p1', 7);
    expect(fold(snapshot(1, { p2: 1 }), late).content).toEqual({ p2: 1 });
  });

  it.each(['Cart Viewed', 'Cart Updated', 'Checkout Started'])('C2: %s with lines is a snapshot', (name) => {
    const person = fold(add(0, 'p1'), at(1, name, { products: lines({ p2: 2, p3: 1 }) }));
    expect(person.content).toEqual({ p2: 2, p3: 1 });
  });

  it.each([
    ['quantity defaults to 1', { product_id: 'p1' }, { p1: 1 }, []],
    ['quantity may be a numeric string', { product_id: 'p1', quantity: '3' }, { p1: 3 }, []],
    ['quantity may be a weight', { product_id: 'p1', quantity: '0,750' }, { p1: 0.75 }, []],
    ['a quantity that is no number is 1', { product_id: 'p1', quantity: 'many' }, { p1: 1 }, ['quantity_unreadable']],
    ['an absurd quantity is cut', { product_id: 'p1', quantity: 1e12 }, { p1: 1_000_000 }, ['quantity_absurd']],
    ['a negative quantity is refused', { product_id: 'p1', quantity: -1 }, {}, ['quantity_negative']],
    ['a quantity of zero adds nothing', { product_id: 'p1', quantity: 0 }, {}, []],
  ])('C2: %s', (_, properties, content, warnings) => {
    const person = fold(at(0, 'Product Added', properties));
    expect(person.content).toEqual(content);
    expect(person.warnings).toEqual(warnings);
  });

  it('C2: quantity never goes below 0', () => {
    const person = fold(add(0, 'p1', 2), add(1, 'p2'), remove(2, 'p1', 5));
    expect(person.content).toEqual({ p2: 1 });
  });

  it('C2: removing takes one when no quantity is given', () => {
    expect(fold(add(0, 'p1', 3), remove(1, 'p1')).content).toEqual({ p1: 2 });
  });

  it('C2: a removal finds its line by any id both sides know', () => {
    const person = fold(
      at(0, 'Product Added', { product_id: 'p1', sku: 's1', variant: 'red' }),
      at(1, 'Product Added', { product_id: 'p2', sku: 's2' }),
      at(2, 'Product Removed', { product_id: 'p1' }),
    );
    expect(person.content).toEqual({ s2: 1 });
  });

  it('C2: removing an unknown line is a warning and nothing else', () => {
    expect(fold(add(0, 'p1'), remove(1, 'p9')).warnings).toEqual(['cart_line_unknown']);
    const nothing = fold(remove(0, 'p9'));
    expect([nothing.warnings, nothing.carts]).toEqual([['cart_line_unknown'], []]);
  });

  it('C2: an absent price is unknown, not zero; a price of zero is known', () => {
    const unknown = fold(at(0, 'Product Added', { ...product('p1', 1, 10), ...euros }), add(1, 'p2'));
    expect(unknown.cart?.valueMinor).toBeNull();
    expect(unknown.cart?.lines.map((line) => line.priceMinor)).toEqual([1000, null]);
    const free = fold(at(0, 'Product Added', { ...product('p1', 1, 0), ...euros }));
    expect(free.cart?.valueMinor).toBe(0);
  });

  it.each([
    ['19.90', 1990, []],
    ['19,90', 1990, ['amount_format']],
    ['1.234,50', 123450, ['amount_format']],
    ['free', null, ['price_unreadable']],
    [-5, null, ['price_negative']],
    [1e300, null, ['price_unreadable']],
    [Number.NaN, null, ['price_unreadable']],
    [[5], null, ['price_unreadable']],
  ])('C2: a price of %j is %j', (price, minor, warnings) => {
    const person = fold(at(0, 'Product Added', { product_id: 'p1', price, currency: 'EUR' }));
    expect(person.cart?.lines[0]?.priceMinor).toBe(minor);
    expect(person.warnings).toEqual(warnings);
  });

  it('C2: a snapshot without prices keeps the prices known of the same lines', () => {
    const person = fold(at(0, 'Product Added', { ...product('p1', 1, 10), ...euros }), snapshot(1, { p1: 3 }));
    expect(person.cart?.valueMinor).toBe(3000);
  });

  it('C2: a price without a currency waits for one: 1500 may be yen', () => {
    const person = fold(
      at(0, 'Product Added', product('p1', 2, 1500)),
      at(1, 'Cart Viewed', { currency: 'JPY', products: [product('p1', 2)] }),
    );
    expect([person.cart?.valueMinor, person.cart?.currency]).toEqual([3000, 'JPY']);
  });

  it('C2: what is left keeps the currency that a line named which was bought', () => {
    const mixed = [product('p1', 1, 7), { ...product('p2', 1, 10), currency: 'EUR' }];
    const bought = { order_id: 'o1', currency: 'EUR', total: 10, products: [product('p2', 1, 10)] };
    const person = fold(at(0, 'Cart Viewed', { products: mixed }), at(1, 'Order Completed', bought)).settle(300);
    expect(person.cart).toMatchObject({ valueMinor: 700, currency: 'EUR' });
    expect(person.carts[0]?.episodes).toMatchObject([{ valueMinor: 700 }]);
  });

  it('C2: and until there is one it has no value: of 1500 nobody can say how much it is', () => {
    const person = fold(at(0, 'Product Added', product('p1', 2, 1500))).settle(60);
    expect(person.cart).toMatchObject({ valueMinor: null, currency: null, lines: [{ priceMinor: null }] });
    expect(person.carts[0]?.episodes).toMatchObject([{ valueMinor: null }]);
  });

  const inYen = (t: number) => at(t, 'Product Added', { ...product('p1', 1, 1500), currency: 'JPY' });
  const inEuros = (t: number, id: string, price?: number) =>
    at(t, 'Product Added', { ...product(id, 1, price), ...euros });

  it.each([
    ['a snapshot without either', [inEuros(0, 'p0', 10), inYen(1), remove(2, 'p0'), snapshot(3, { p1: 1 })], 1500],
    ['a snapshot of another currency', [inYen(0), snapshot(1, { p1: 1 }, euros)], 1500],
    ['more of it, in another currency', [inYen(0), inEuros(1, 'p1')], 3000],
    ['what prices it anew brings its own', [inEuros(0, 'p1', 10), snapshot(1, { p1: 1 }), inYen(2)], 3000],
  ])('C2: a price keeps its currency: %s', (_, events, valueMinor) => {
    expect(fold(...events).cart).toMatchObject({ valueMinor, currency: 'JPY' });
  });

  it('C2: and a cart of two currencies stays mixed under a snapshot without prices', () => {
    const dollars = at(0, 'Product Added', { ...product('p1', 1, 10), currency: 'USD' });
    const person = fold(dollars, inEuros(1, 'p2', 10), at(2, 'Cart Viewed', { products: lines({ p1: 1, p2: 1 }) }));
    expect(person.cart).toMatchObject({ valueMinor: null, currency: null });
  });

  it('C2: a product listed in two currencies has no price that is right for both', () => {
    const priced = (price: number, currency?: string) => ({ ...product('p1', 1, price), currency });
    const listed = (...products: object[]) => fold(at(0, 'Cart Viewed', { products })).cart?.valueMinor;
    expect(listed(priced(10, 'USD'), priced(1500, 'JPY'))).toBeNull();
    expect(listed(priced(10), priced(20, 'USD'))).toBe(3000);
  });

  it('C2: a cart whose lines name no currency has the one the person last saw', () => {
    const person = fold(
      at(0, 'Product Viewed', { product_id: 'p1', price: 1500, currency: 'jpy' }),
      at(1, 'Product Added', product('p1', 1, 1500)),
    );
    expect([person.cart?.valueMinor, person.cart?.currency]).toEqual([1500, 'JPY']);
  });

  it('C2: mixed currencies keep the lines, the value is null, and it is said', () => {
    const euro = at(0, 'Product Added', { ...product('p1', 1, 10), currency: 'EUR' });
    const dollar = at(1, 'Product Added', { ...product('p2', 1, 20), currency: 'USD' });
    const person = fold(euro, dollar);
    expect(person.content).toEqual({ p1: 1, p2: 1 });
    expect([person.cart?.valueMinor, person.cart?.currency]).toEqual([null, null]);
    expect(person.warnings).toEqual(['cart_currency_mixed']);
    const healed = fold(euro, dollar, remove(2, 'p2'));
    expect([healed.cart?.valueMinor, healed.cart?.currency]).toEqual([1000, 'EUR']);
  });

  it('C2: a snapshot of nothing empties; one without a list, or with nothing readable in it, does not', () => {
    const filled = add(0, 'p1');
    expect(fold(filled, at(1, 'Cart Viewed', { products: [] })).states).toEqual(['emptied']);
    for (const products of [undefined, null, 'p1', [{}], [null], [{ price: 5 }]]) {
      const person = fold(filled, at(1, 'Cart Viewed', { products }));
      expect(person.content).toEqual({ p1: 1 });
      expect(person.warnings).toContain('snapshot_without_lines');
    }
  });

  it('C2: nothing begins a cart but something in it', () => {
    const person = fold(
      at(0, 'Cart Viewed', { products: [] }),
      at(1, 'Checkout Started', { order_id: 'o1' }),
      at(2, 'Coupon Applied', { cart_id: 't1', coupon_id: 'c' }),
      at(3, 'Payment Info Entered', { checkout_id: 'x' }),
    );
    expect(person.carts).toEqual([]);
    expect(person.figures.counts.cartsOpen).toBe(0);
  });

  it('C2: the same line twice in a snapshot is one line of both', () => {
    const person = fold(at(0, 'Cart Viewed', { products: [product('p1', 2), product('p1', 3)] }));
    expect(person.content).toEqual({ p1: 5 });
  });

  it('C2: one at full price and one for free are one line of the right value', () => {
    const products = [product('p1', 1, 10), product('p1', 1, 0)];
    const listed = fold(at(0, 'Cart Viewed', { products, ...euros })).cart;
    expect(listed).toMatchObject({ valueMinor: 1000, lines: [{ quantity: 2 }] });
    const unknown = [product('p1', 1, 10), product('p1', 1)];
    expect(fold(at(0, 'Cart Viewed', { products: unknown, ...euros })).cart?.valueMinor).toBeNull();
  });

  it('C2: several products may be added at once', () => {
    const person = fold(at(0, 'Product Added', { products: lines({ p1: 1, p2: 2 }) }));
    expect(person.content).toEqual({ p1: 1, p2: 2 });
  });

  it('C2: wishlists, lists, clicks, promotions and coupons change nothing in a cart; a wish put in the cart does', () => {
    const untouched = [
      'Products Searched',
      'Product List Viewed',
      'Product List Filtered',
      'Promotion Viewed',
      'Promotion Clicked',
      'Product Clicked',
      'Product Viewed',
      'Product Added to Wishlist',
      'Product Removed from Wishlist',
      'Product Shared',
      'Cart Shared',
      'Product Reviewed',
      'Experiment Viewed',
      'Coupon Entered',
      'Coupon Applied',
      'Coupon Denied',
      'Coupon Removed',
      'Message Clicked',
      'Order Fulfilled',
      'no such event',
    ].map((name, i) => at(1 + i, name, { ...product('p9', 3), products: lines({ p8: 1 }), coupon_id: 'c' }));
    const person = fold(add(0, 'p1'), ...untouched);
    expect(person.content).toEqual({ p1: 1 });
    const wished = fold(
      add(0, 'p1'),
      at(1, 'Wishlist Product Added to Cart', { wishlist_id: 'w', ...product('p2', 2) }),
    );
    expect(wished.content).toEqual({ p1: 1, p2: 2 });
    expect(wished.figures.counts.cartAdds).toBe(2);
  });

  it('C2: only tracks are commerce: a page called Product Added is a page', () => {
    expect(fold(at(0, 'Product Added', product('p1'), { type: 'page' })).carts).toEqual([]);
  });
});

describe('C5: a step of a checkout told just after its order', () => {
  const order = (t: number) =>
    at(t, 'Order Completed', { order_id: 'O1', cart_id: 't1', total: 10, currency: 'EUR', products: lines({ p1: 1 }) });
  const payment = (t: number) => at(t, 'Payment Info Entered', { cart_id: 't1', products: lines({ p1: 1 }) });

  it.each([
    ['a minute later it opens no cart', 3, 0],
    ['three minutes later somebody buys again', 5, 1],
  ])('C5: %s', (_, told, open) => {
    const person = fold(add(0, 'p1', 1, { cart_id: 't1' }), order(2), payment(told));
    expect(person.figures.counts.cartsOpen).toBe(open);
  });
});

describe('C6: login', () => {
  const account = on('A2');
  const known = (t: number, content: Record<string, number>, properties = {}) =>
    snapshot(t, content, properties, account);

  it.each([
    ['tokens', { cart_id: 'g' }, { cart_id: 'a' }],
    ['no tokens', {}, {}],
    ['a token for the account only', {}, { cart_id: 'a' }],
    ['a token for the guest only', { cart_id: 'g' }, {}],
  ])('C6: guest and account cart become one, with %s', (_, guestIds, accountIds) => {
    const person = fold(known(0, { p1: 1, p2: 1 }, accountIds), add(1, 'p1', 2, guestIds, guest('A1')), identify(2));
    expect(person.states).toEqual(['active', 'merged']);
    expect(person.content).toEqual({ p1: 2, p2: 1 });
    expect(person.figures.counts.cartsOpen).toBe(1);
  });

  it('C6: a login later in the same session makes what was before it a guest’s', () => {
    const person = fold(
      known(0, { p1: 1, p2: 1 }),
      add(1, 'p1', 2, {}, { ...guest('A1'), ownedBecause: 'session' }),
      identify(2),
      add(3, 'p3', 1, {}, { userId: null, ownedBecause: 'session' }),
    );
    expect(person.states).toEqual(['active', 'merged']);
    expect(person.content).toEqual({ p1: 2, p2: 1, p3: 1 });
  });

  it('C6: until then they are two, as they are in the shop', () => {
    const person = fold(known(0, { p2: 1 }), add(1, 'p1', 2, {}, guest('A1')));
    expect(person.states).toEqual(['active', 'active']);
  });

  it('C6: an account cart that shows itself only after the login takes the guest’s in', () => {
    const person = fold(
      add(0, 'p1', 2, { cart_id: 'g' }, guest('A1')),
      identify(1),
      snapshot(2, { p1: 1, p2: 1 }, { cart_id: 'a' }),
    );
    expect(person.states).toEqual(['merged', 'active']);
    expect(person.content).toEqual({ p1: 2, p2: 1 });
  });

  it.each([
    ['a coupon', 'Coupon Applied', { coupon_id: 'x' }],
    ['a step of the checkout', 'Checkout Step Viewed', { step: 1 }],
    ['a snapshot nobody can read', 'Cart Viewed', {}],
  ])('C6: one that shows itself on that device by %s alone takes the guest’s in, too', (_, name, properties) => {
    const person = fold(
      add(0, 'p1', 2, {}, guest('A1')),
      identify(1),
      add(2, 'p2', 1, { cart_id: 'a' }, on('A2')),
      at(3, name, { cart_id: 'a', ...properties }),
    );
    expect(person.states).toEqual(['merged', 'active']);
    expect(person.content).toEqual({ p1: 2, p2: 1 });
  });

  it('C6: and so when only the account’s cart has a token', () => {
    const person = fold(add(0, 'p1', 2, {}, guest('A1')), identify(1), snapshot(2, { p1: 1, p2: 1 }, { cart_id: 'a' }));
    expect(person.states).toEqual(['merged', 'active']);
    expect(person.content).toEqual({ p1: 2, p2: 1 });
  });

  it('C6: a guest’s cart that goes on being used after the login waits for no other', () => {
    const person = fold(
      add(0, 'p1', 2, { cart_id: 'g' }, guest('A1')),
      identify(1),
      add(2, 'p2', 1, { cart_id: 'g' }),
      add(3, 'p3', 1, { cart_id: 'h' }),
    );
    expect(person.states).toEqual(['active', 'active']);
    expect(person.content).toEqual({ p3: 1 });
  });

  it('C6: so does one that the shop’s server tells of', () => {
    const person = fold(
      add(0, 'p1', 2, { cart_id: 'g' }, guest('A1')),
      identify(1),
      snapshot(2, { p1: 1, p2: 1 }, { cart_id: 'a' }, server),
    );
    expect(person.content).toEqual({ p1: 2, p2: 1 });
  });

  it('C6: a guest’s cart of a person without another is simply theirs', () => {
    const person = fold(add(0, 'p1', 2, {}, guest('A1')), identify(1), add(2, 'p2'));
    expect(person.states).toEqual(['active']);
    expect(person.content).toEqual({ p1: 2, p2: 1 });
  });

  it('C6: the platform’s next snapshot wins, under whichever of the two tokens', () => {
    for (const token of ['a', 'g']) {
      const person = fold(
        known(0, { p1: 1, p2: 1 }, { cart_id: 'a' }),
        add(1, 'p1', 2, { cart_id: 'g' }, guest('A1')),
        identify(2),
        snapshot(3, { p1: 3, p2: 1 }, { cart_id: token }),
      );
      expect(person.content).toEqual({ p1: 3, p2: 1 });
      expect(person.figures.counts.cartsOpen).toBe(1);
    }
  });

  it('C6: the greater quantity of each line, whichever side has it', () => {
    const person = fold(
      known(0, { p1: 5, p2: 1, p3: 1 }),
      at(1, 'Cart Viewed', { products: lines({ p1: 2, p2: 4, p4: 1 }) }, guest('A1')),
      identify(2),
    );
    expect(person.content).toEqual({ p1: 5, p2: 4, p3: 1, p4: 1 });
  });

  it('C6: a price only the guest’s cart knows comes with its currency', () => {
    const priced = (t: number, price: number | undefined, currency: string, more: object) =>
      at(t, 'Product Added', { ...product('p1', 1, price), currency }, more);
    const person = fold(priced(0, undefined, 'USD', account), priced(1, 1500, 'JPY', guest('A1')), identify(2));
    expect(person.cart).toMatchObject({ valueMinor: 1500, currency: 'JPY' });
  });

  it('C6: two carts of a logged-in person on two devices stay two', () => {
    const person = fold(add(0, 'p1', 1, { cart_id: 'x' }), add(1, 'p2', 1, { cart_id: 'y' }, account), identify(2));
    expect(person.states).toEqual(['active', 'active']);
  });

  it('C6: a cart filled while logged out, under its own token, joins the account’s at the next login', () => {
    const loggedOut = { userId: null, ownedBecause: 'device' } as const;
    const person = fold(
      add(0, 'p1', 1, { cart_id: 'a' }),
      add((2 * day) / minute, 'p2', 1, { cart_id: 'b' }, loggedOut),
      identify((2 * day) / minute + 1),
    );
    expect(person.states).toEqual(['active', 'merged']);
    expect(person.content).toEqual({ p1: 1, p2: 1 });
  });

  it('C6: a device that always was one user’s has one implicit cart, named or not', () => {
    const person = fold(add(0, 'p1'), add((8 * hour) / minute, 'p2', 1, {}, { userId: null, ownedBecause: 'device' }));
    expect(person.carts).toHaveLength(1);
  });

  it('C6: an anonymous visitor has one cart as well', () => {
    const own = (device: string) =>
      ({ anonymousId: device as AnonymousId, userId: null, ownedBecause: 'own' }) as const;
    const person = fold(add(0, 'p1', 1, {}, own('A1')), add(1, 'p2', 1, {}, own('A1')));
    expect([person.carts.length, person.content]).toEqual([1, { p1: 1, p2: 1 }]);
  });

  it('C6: what the guest had abandoned is resumed, and the joined cart has a deadline of its own', () => {
    const person = fold(known(0, { p2: 1 }), add(1, 'p1', 1, {}, guest('A1')), identify(300)).settle(400);
    const [guests, accounts] = person.carts;
    expect([guests?.state, guests?.episodes.map((e) => e.outcome)]).toEqual(['merged', ['resumed']]);
    expect(accounts?.episodes.map((e) => [e.abandonedAt, e.outcome])).toEqual([
      [iso(61), 'resumed'],
      [iso(360), 'open'],
    ]);
  });
});

describe('C-7: guest and account cart, and an order for one line of them', () => {
  const events = [
    snapshot(0, { p1: 1, p2: 1 }, { cart_id: 'a' }, on('A2')),
    add(1, 'p1', 2, { cart_id: 'g' }, guest('A1')),
    identify(2),
    snapshot(3, { p1: 3, p2: 1 }, { cart_id: 'a' }),
    at(4, 'Order Completed', {
      order_id: 'o1',
      cart_id: 'a',
      revenue: 20,
      currency: 'EUR',
      products: lines({ p2: 1 }),
    }),
    at(5, 'Order Refunded', { order_id: 'o1' }, server),
  ];
  const afterFirst = (count: number) => fold(...events.slice(0, count));

  it.each([
    ['C-7: login: the union by line', 3, { p1: 2, p2: 1 }],
    ['C-7: the platform’s snapshot wins', 4, { p1: 3, p2: 1 }],
    ['C-7: the order takes p2, p1 remains', 5, { p1: 3 }],
    ['C-7: a refund leaves the cart untouched', 6, { p1: 3 }],
  ])('%s', (_, count, content) => {
    const person = afterFirst(count);
    expect(person.content).toEqual(content);
    expect(person.cart?.state).toBe('active');
    expect(person.figures.counts.cartsOpen).toBe(1);
  });

  it('C-7: the refund is of the money only', () => {
    expect(afterFirst(5).figures.revenue).toEqual([{ currency: 'EUR', minor: 2000 }]);
    expect(afterFirst(6).figures.revenue).toEqual([{ currency: 'EUR', minor: 0 }]);
  });
});
