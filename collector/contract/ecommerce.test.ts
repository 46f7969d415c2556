import { describe, expect, it } from 'vitest';
import { aliases, canonicalName, canonicalTrack, checkEcommerce, ecommerce, negativeQuantity } from './ecommerce.js';

const codes = (name: string, properties: Record<string, unknown>) =>
  checkEcommerce(name, properties).map(({ code, path }) => `${code} ${path}`);

describe('names of ecommerce events', () => {
  it.each(Object.entries(aliases))('v1 calls it %s, we call it %s', (old, now) => {
    expect(canonicalName(old)).toBe(now);
    expect(Object.hasOwn(ecommerce, now)).toBe(true);
  });
  it('leaves every other name as it is, names of prototypes included', () => {
    for (const name of ['Product Added', 'product added', 'constructor', '__proto__', 'toString', '']) {
      expect(canonicalName(name)).toBe(name);
    }
  });
  it('translates the two property names of v1 under a v1 name only', () => {
    expect(
      canonicalTrack('Completed Order', {
        orderId: 'o1',
        products: [{ id: 'p1' }, 'junk', { product_id: 'p2', id: 9 }],
      }),
    ).toEqual({
      name: 'Order Completed',
      properties: {
        orderId: 'o1',
        order_id: 'o1',
        products: [{ id: 'p1', product_id: 'p1' }, 'junk', { product_id: 'p2', id: 9 }],
      },
    });
    const today = { id: 'x' };
    expect(canonicalTrack('Product Added', today).properties).toBe(today);
  });
});

describe('what is odd about an ecommerce event', () => {
  const need: [string, Record<string, unknown>, string[]][] = [
    ['Order Completed', { order_id: 'o', total: 10, currency: 'eur' }, []],
    [
      'Order Completed',
      { order_id: 'o', revenue: '10.50', currency: 'EUR', products: [{ sku: 's', price: '9,99', quantity: '2' }] },
      [],
    ],
    [
      'Order Completed',
      {},
      [
        'missing_property properties.order_id',
        'missing_property properties.total',
        'missing_property properties.currency',
      ],
    ],
    [
      'Order Completed',
      { order_id: '', total: null, currency: 'EURO' },
      ['missing_property properties.order_id', 'missing_property properties.total', 'bad_currency properties.currency'],
    ],
    ['Product Added', { sku: 's' }, []],
    ['Product Added', {}, ['missing_property properties.product_id']],
    [
      'Product Added',
      { product_id: 'p', price: 'free', quantity: Number.NaN },
      ['bad_amount properties.price', 'bad_amount properties.quantity'],
    ],
    ['Cart Updated', { products: [] }, []],
    [
      'Cart Updated',
      { products: [{ name: 'x' }, null, { sku: 's', price: {} }] },
      [
        'missing_property properties.products.0.product_id',
        'missing_property properties.products.1',
        'bad_amount properties.products.2.price',
      ],
    ],
    ['Cart Viewed', { products: { length: 4294967295 } }, ['missing_property properties.products']],
    ['Page Engaged', { page_message_id: 'm', engaged_ms: 1000 }, []],
    ['Payment Info Entered', {}, []],
    ['Something Else', { currency: 5, price: 'x' }, []],
    ['constructor', {}, []],
  ];
  it.each(need)('%s %j', (name, properties, expected) => {
    expect(codes(name, properties)).toEqual(expected);
  });
  it('every event of the table warns when all it needs is missing, and is silent when one of each alternative is there', () => {
    for (const [name, { need: alternatives }] of Object.entries(ecommerce)) {
      expect(codes(name, {}).filter((code) => code.startsWith('missing_property'))).toHaveLength(alternatives.length);
      for (let which = 0; which < 2; which += 1) {
        const good = Object.fromEntries(
          alternatives.map((keys: readonly string[]) => {
            const key = keys[Math.min(which, keys.length - 1)]!;
            return [key, key === 'products' ? [] : key === 'currency' ? 'EUR' : '1'];
          }),
        );
        expect([name, codes(name, good)]).toEqual([name, []]);
      }
    }
  });
});

describe('amounts', () => {
  it.each(['1.234,50', '€ 49.00', "CHF 1'299.–", '9,99', '(3.50)', '1e3', '', null])(
    'says nothing of %j, which the carts read too, or which is none',
    (price) => {
      expect(codes('Product Added', { product_id: 'p', price })).toEqual([]);
    },
  );
  it.each(['free', '1,2,3', {}, true, Number.NaN, '9'.repeat(61)])('tells of %j', (price) => {
    expect(codes('Product Added', { product_id: 'p', price })).toEqual(['bad_amount properties.price']);
  });
  it.each([
    ['4', []],
    ['4,5', []],
    [0, []],
    [5, []],
    [5.1, ['bad_amount properties.rating']],
    [-1, ['bad_amount properties.rating']],
    ['five', ['bad_amount properties.rating']],
    ['', ['missing_property properties.rating']],
  ])('a rating of %j', (rating, expected) => {
    expect(codes('Product Reviewed', { product_id: 'p', rating })).toEqual(expected);
  });
});

describe('C8: a negative quantity', () => {
  it.each([
    ['Product Added', { quantity: -1 }, 'properties.quantity'],
    ['Order Completed', { products: [{ quantity: 1 }, { quantity: '-2' }] }, 'properties.products.1.quantity'],
    ['Order Completed', { products: [{ quantity: '(3)' }] }, 'properties.products.0.quantity'],
    ['Order Completed', { products: [{ quantity: 0 }, null, 'x'] }, null],
    ['Cart Shared', { quantity: -1, products: 'no' }, 'properties.quantity'],
    ['Experiment Viewed', { quantity: -1 }, null],
    ['My Own', { quantity: -1 }, null],
  ])('of %s %j is found at %s', (name, properties, at) => {
    expect(negativeQuantity(name, properties)).toBe(at);
  });
});
