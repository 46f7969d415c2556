// A table of pushes as they are met in shops, and what each comes to.

import { describe, expect, test } from 'vitest';
import { createReader, type Told } from './ga4.js';

/** gtag is a function that pushes its own `arguments`. */
function gtag(..._words: unknown[]) {
  // biome-ignore lint/complexity/noArguments: the very thing that is tested
  return arguments;
}

const tracks = (pushes: unknown[]) => {
  const read = createReader();
  return pushes
    .flatMap((pushed) => read(pushed))
    .map((told) => (told.kind === 'track' ? [told.event, told.properties] : [told.kind, { ...told, kind: undefined }]));
};

const shirt = {
  item_id: 'SKU_12345',
  item_name: 'Stan and Friends Tee',
  affiliation: 'Google Merchandise Store',
  coupon: 'SUMMER_FUN',
  discount: 2.22,
  index: 0,
  item_brand: 'Google',
  item_category: 'Apparel',
  item_category2: 'Adult',
  item_category3: 'Shirts',
  item_category4: 'Crew',
  item_category5: 'Short sleeve',
  item_list_id: 'related_products',
  item_list_name: 'Related Products',
  item_variant: 'green',
  location_id: 'ChIJIQBpAG2ahYAR_6128GcTUEo',
  price: 10.01,
  quantity: 3,
};
const shirtOut = {
  product_id: 'SKU_12345',
  name: 'Stan and Friends Tee',
  affiliation: 'Google Merchandise Store',
  coupon: 'SUMMER_FUN',
  discount: 2.22,
  position: 0,
  brand: 'Google',
  category: 'Apparel/Adult/Shirts/Crew/Short sleeve',
  variant: 'green',
  location_id: 'ChIJIQBpAG2ahYAR_6128GcTUEo',
  price: 10.01,
  quantity: 3,
};
const mug = { item_id: 'P1', item_name: 'Mug', price: 19, quantity: 1 };
const mugOut = { product_id: 'P1', name: 'Mug', price: 19, quantity: 1 };
const bowl = { item_id: 'P2', price: '24,00' };
const bowlOut = { product_id: 'P2', price: 24 };

type Case = [what: string, pushes: unknown[], expected: [string, Record<string, unknown>][]];

describe('GA4 events pushed to a tag manager', () => {
  const cases: Case[] = [
    [
      'view_item of Google’s own documentation',
      [{ ecommerce: null }, { event: 'view_item', ecommerce: { currency: 'USD', value: 30.03, items: [shirt] } }],
      [['Product Viewed', { ...shirtOut, currency: 'USD', value: 30.03 }]],
    ],
    [
      'view_item of a bundle is one view a product, and the value is nobody’s',
      [{ event: 'view_item', ecommerce: { currency: 'eur', value: 43, items: [mug, bowl] } }],
      [
        ['Product Viewed', { ...mugOut, currency: 'EUR' }],
        ['Product Viewed', { ...bowlOut, currency: 'EUR' }],
      ],
    ],
    [
      'add_to_cart tells of each item, not of the first',
      [{ event: 'add_to_cart', ecommerce: { currency: 'EUR', value: 43, cart_id: 'c1', items: [mug, bowl] } }],
      [
        ['Product Added', { ...mugOut, cart_id: 'c1', currency: 'EUR' }],
        ['Product Added', { ...bowlOut, cart_id: 'c1', currency: 'EUR' }],
      ],
    ],
    [
      'remove_from_cart',
      [{ event: 'remove_from_cart', ecommerce: { currency: 'EUR', value: 19, items: [mug] } }],
      [['Product Removed', { ...mugOut, currency: 'EUR' }]],
    ],
    [
      'view_item_list',
      [{ event: 'view_item_list', ecommerce: { item_list_id: 'mugs', item_list_name: 'Mugs', items: [mug] } }],
      [['Product List Viewed', { list_id: 'mugs', category: 'Mugs', products: [mugOut] }]],
    ],
    [
      'view_item_list that names its list on the items only',
      [{ event: 'view_item_list', ecommerce: { items: [{ ...mug, item_list_id: 'mugs', item_list_name: 'Mugs' }] } }],
      [['Product List Viewed', { list_id: 'mugs', category: 'Mugs', products: [mugOut] }]],
    ],
    [
      'select_item',
      [
        {
          event: 'select_item',
          ecommerce: { item_list_id: 'mugs', item_list_name: 'Mugs', items: [{ ...mug, index: 4 }] },
        },
      ],
      [['Product Clicked', { ...mugOut, position: 4, list_id: 'mugs', list_name: 'Mugs' }]],
    ],
    [
      'view_cart is a snapshot',
      [{ event: 'view_cart', ecommerce: { currency: 'EUR', value: 43, items: [mug, bowl] } }],
      [['Cart Viewed', { currency: 'EUR', value: 43, products: [mugOut, bowlOut] }]],
    ],
    [
      'view_cart without items is no snapshot of an empty cart',
      [{ event: 'view_cart', ecommerce: { currency: 'EUR', items: [] } }],
      [['Cart Viewed', { currency: 'EUR' }]],
    ],
    [
      'begin_checkout',
      [
        {
          event: 'begin_checkout',
          ecommerce: { currency: 'EUR', value: 19, coupon: 'TEN', checkout_id: 'k1', items: [mug] },
        },
      ],
      [['Checkout Started', { checkout_id: 'k1', currency: 'EUR', value: 19, coupon: 'TEN', products: [mugOut] }]],
    ],
    [
      'add_shipping_info',
      [
        {
          event: 'add_shipping_info',
          ecommerce: { currency: 'EUR', value: 19, shipping_tier: 'Ground', items: [mug] },
        },
      ],
      [
        [
          'Checkout Step Completed',
          { currency: 'EUR', value: 19, step: 'shipping', shipping_method: 'Ground', products: [mugOut] },
        ],
      ],
    ],
    [
      'add_payment_info',
      [{ event: 'add_payment_info', ecommerce: { currency: 'EUR', value: 19, payment_type: 'Card', items: [mug] } }],
      [
        [
          'Payment Info Entered',
          { currency: 'EUR', value: 19, step: 'payment', payment_method: 'Card', products: [mugOut] },
        ],
      ],
    ],
    [
      'purchase with tax and shipping beside it: the value is the revenue',
      [
        {
          event: 'purchase',
          ecommerce: {
            transaction_id: 'T_1',
            affiliation: 'Shop',
            value: 19,
            tax: 3.99,
            shipping: 4.9,
            currency: 'EUR',
            coupon: 'TEN',
            items: [mug],
          },
        },
      ],
      [
        [
          'Order Completed',
          {
            order_id: 'T_1',
            affiliation: 'Shop',
            revenue: 19,
            tax: 3.99,
            shipping: 4.9,
            currency: 'EUR',
            coupon: 'TEN',
            products: [mugOut],
          },
        ],
      ],
    ],
    [
      'purchase with shipping that was free still keeps it apart',
      [
        {
          event: 'purchase',
          ecommerce: { transaction_id: 'T_1', value: 19, shipping: 0, currency: 'EUR', items: [mug] },
        },
      ],
      [['Order Completed', { order_id: 'T_1', revenue: 19, shipping: 0, currency: 'EUR', products: [mugOut] }]],
    ],
    [
      'purchase with a value alone: it is the total',
      [{ event: 'purchase', ecommerce: { transaction_id: 1001, value: '23,90', currency: 'EUR', items: [mug] } }],
      [['Order Completed', { order_id: '1001', total: 23.9, currency: 'EUR', products: [mugOut] }]],
    ],
    [
      'purchase without a number is no order',
      [{ event: 'purchase', ecommerce: { value: 19, currency: 'EUR', items: [mug] } }],
      [],
    ],
    [
      'refund of everything',
      [{ event: 'refund', ecommerce: { transaction_id: 'T_1' } }],
      [['Order Refunded', { order_id: 'T_1' }]],
    ],
    [
      'refund of some goods',
      [{ event: 'refund', ecommerce: { transaction_id: 'T_1', value: 19, currency: 'EUR', items: [mug] } }],
      [['Order Refunded', { order_id: 'T_1', total: 19, currency: 'EUR', products: [mugOut] }]],
    ],
    [
      'add_to_wishlist',
      [{ event: 'add_to_wishlist', ecommerce: { currency: 'EUR', value: 19, items: [mug] } }],
      [['Product Added to Wishlist', { ...mugOut, currency: 'EUR' }]],
    ],
    [
      'view_promotion and select_promotion',
      [
        {
          event: 'view_promotion',
          ecommerce: { promotion_id: 'P_1', promotion_name: 'Summer', creative_name: 'banner', creative_slot: 'top' },
        },
        {
          event: 'select_promotion',
          ecommerce: { items: [{ item_id: 'P1', promotion_id: 'P_1', promotion_name: 'Summer' }] },
        },
      ],
      [
        ['Promotion Viewed', { promotion_id: 'P_1', name: 'Summer', creative: 'banner', position: 'top' }],
        ['Promotion Clicked', { promotion_id: 'P_1', name: 'Summer' }],
      ],
    ],
    [
      'search, whose term stands beside ecommerce',
      [{ event: 'search', search_term: 'green mug' }],
      [['Products Searched', { query: 'green mug' }]],
    ],
    [
      'view_search_results',
      [{ event: 'view_search_results', search_term: 'mug' }],
      [['Products Searched', { query: 'mug' }]],
    ],
    ['search without a term', [{ event: 'search' }], []],
    [
      'share of a product',
      [{ event: 'share', method: 'Mail', content_type: 'product', item_id: 'P1' }],
      [['Product Shared', { share_via: 'Mail', product_id: 'P1' }]],
    ],
    [
      'share of a cart',
      [{ event: 'share', method: 'Mail', content_type: 'cart', item_id: 'c1' }],
      [['Cart Shared', { share_via: 'Mail', cart_id: 'c1' }]],
    ],
    ['share of an article', [{ event: 'share', method: 'Mail', content_type: 'article', item_id: 'A1' }], []],
    [
      'login and sign_up name nobody',
      [
        { event: 'login', method: 'password' },
        { event: 'sign_up', method: 'Google' },
      ],
      [
        ['login', { method: 'password' }],
        ['sign_up', { method: 'Google' }],
      ],
    ],
  ];
  test.each(cases)('%s', (_, pushes, expected) => {
    expect(tracks(pushes)).toEqual(expected);
  });
});

describe('ways in which a push is built', () => {
  const cases: Case[] = [
    [
      'gtag puts the parameters beside the name',
      [gtag('event', 'add_to_cart', { currency: 'EUR', value: 19, items: [mug] })],
      [['Product Added', { ...mugOut, currency: 'EUR' }]],
    ],
    [
      'gtag’s older item fields',
      [
        gtag('event', 'view_item_list', {
          items: [
            {
              id: 'P1',
              name: 'Mug',
              list_name: 'Results',
              brand: 'Ox',
              category: 'Table/Mugs',
              variant: 'Moss',
              list_position: 1,
              quantity: 2,
              price: '19.0',
            },
          ],
        }),
      ],
      [
        [
          'Product List Viewed',
          {
            category: 'Results',
            products: [
              {
                product_id: 'P1',
                name: 'Mug',
                brand: 'Ox',
                category: 'Table/Mugs',
                variant: 'Moss',
                position: 1,
                quantity: 2,
                price: 19,
              },
            ],
          },
        ],
      ],
    ],
    [
      'a currency set once',
      [gtag('set', { currency: 'SEK' }), gtag('event', 'add_to_cart', { items: [mug] })],
      [['Product Added', { ...mugOut, currency: 'SEK' }]],
    ],
    [
      'a currency on the item',
      [{ event: 'add_to_cart', ecommerce: { items: [{ ...mug, currency: 'DKK' }] } }],
      [['Product Added', { ...mugOut, currency: 'DKK' }]],
    ],
    [
      'items beside the event, without ecommerce',
      [{ event: 'add_to_cart', currency: 'EUR', items: [mug] }],
      [['Product Added', { ...mugOut, currency: 'EUR' }]],
    ],
    [
      'one item that is no list',
      [{ event: 'add_to_cart', ecommerce: { currency: 'EUR', items: mug } }],
      [['Product Added', { ...mugOut, currency: 'EUR' }]],
    ],
    [
      'ecommerce first, the event in the next push',
      [{ ecommerce: { currency: 'EUR', items: [mug] } }, { event: 'view_item' }],
      [['Product Viewed', { ...mugOut, currency: 'EUR' }]],
    ],
    [
      'ecommerce, then the reset, then the event',
      [{ ecommerce: { currency: 'EUR', items: [mug] } }, { ecommerce: null }, { event: 'view_item' }],
      [],
    ],
    [
      'what was told is not told again by a later event',
      [{ ecommerce: { items: [mug] } }, { event: 'view_item' }, { event: 'view_item' }],
      [['Product Viewed', mugOut]],
    ],
    [
      'an item with a name alone',
      [{ event: 'view_item', ecommerce: { items: [{ item_name: 'Mug', price: 3 }] } }],
      [['Product Viewed', { product_id: 'Mug', name: 'Mug', price: 3 }]],
    ],
    ['an item with neither id nor name', [{ event: 'view_item', ecommerce: { items: [{ price: 3 }] } }], []],
    [
      'numbers as ids',
      [{ event: 'view_item', ecommerce: { items: [{ item_id: 4711 }] } }],
      [['Product Viewed', { product_id: '4711' }]],
    ],
    [
      'a shop’s own item fields',
      [
        {
          event: 'view_item',
          ecommerce: { items: [{ ...mug, size: 'L', in_stock: true, rating: 4.5, media: { a: 1 } }] },
        },
      ],
      [['Product Viewed', { ...mugOut, size: 'L', in_stock: true, rating: 4.5 }]],
    ],
    [
      'events of no shop',
      [
        { event: 'gtm.js', 'gtm.start': 1 },
        { event: 'scroll' },
        { event: 'page_view' },
        gtag('event', 'page_view', {}),
        gtag('js', new Date()),
      ],
      [],
    ],
    ['an array is no command', [['event', 'add_to_cart', { items: [mug] }]], []],
    ['a function, text, nothing', [() => 1, 'add_to_cart', null, undefined, 7], []],
    [
      'a name that every object has',
      [{ event: 'constructor', ecommerce: { items: [mug] } }, { event: 'toString' }, { event: '__proto__' }],
      [],
    ],
  ];
  test.each(cases)('%s', (_, pushes, expected) => {
    expect(tracks(pushes)).toEqual(expected);
  });

  test('two hundred items of a push are read, and twenty-seven own fields of an item', () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ item_id: `p${index}` }));
    expect(tracks([{ event: 'add_to_cart', ecommerce: { items: many } }])).toHaveLength(200);
    const wide = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`own_${index}`, index]));
    const [[, properties] = []] = tracks([{ event: 'view_item', ecommerce: { items: [{ item_id: 'p', ...wide }] } }]);
    expect(Object.keys(properties ?? {})).toHaveLength(28);
  });

  test('a number written as text is read with a warning, and one that cannot be read is left as it came', () => {
    const read = createReader();
    const told = read({
      event: 'add_to_cart',
      ecommerce: {
        items: [
          { item_id: 'a', price: '9,99', quantity: '2' },
          { item_id: 'b', price: 'ask' },
        ],
      },
    });
    expect(told).toMatchObject([
      { properties: { price: 9.99, quantity: 2 }, warnings: ['amount_text'] },
      { properties: { price: 'ask' }, warnings: ['amount_text'] },
    ]);
    expect(read({ event: 'view_item', ecommerce: { items: [mug] } })).toMatchObject([{ warnings: [] }]);
  });
});

describe('old Universal Analytics', () => {
  const product = {
    id: 'P1',
    name: 'Mug',
    brand: 'Ox',
    category: 'Table/Mugs',
    variant: 'Moss',
    price: '19.00',
    quantity: 2,
  };
  const out = {
    product_id: 'P1',
    name: 'Mug',
    brand: 'Ox',
    category: 'Table/Mugs',
    variant: 'Moss',
    price: 19,
    quantity: 2,
  };
  const cases: Case[] = [
    [
      'detail, on a page without an event',
      [{ ecommerce: { detail: { actionField: { list: 'Search' }, products: [product] } } }],
      [['Product Viewed', out]],
    ],
    [
      'add',
      [{ event: 'addToCart', ecommerce: { currencyCode: 'eur', add: { products: [product] } } }],
      [['Product Added', { ...out, currency: 'EUR' }]],
    ],
    [
      'remove',
      [{ event: 'removeFromCart', ecommerce: { remove: { products: [product] } } }],
      [['Product Removed', out]],
    ],
    [
      'impressions',
      [
        {
          ecommerce: {
            currencyCode: 'EUR',
            impressions: [
              { ...product, list: 'Mugs', position: 1 },
              { id: 'P2', list: 'Mugs', position: 2 },
            ],
          },
        },
      ],
      [
        [
          'Product List Viewed',
          {
            category: 'Mugs',
            currency: 'EUR',
            products: [
              { ...out, position: 1 },
              { product_id: 'P2', position: 2 },
            ],
          },
        ],
      ],
    ],
    [
      'click',
      [{ event: 'productClick', ecommerce: { click: { actionField: { list: 'Mugs' }, products: [product] } } }],
      [['Product Clicked', { ...out, list_name: 'Mugs' }]],
    ],
    [
      'promotions',
      [
        { ecommerce: { promoView: { promotions: [{ id: 'S', name: 'Summer', creative: 'b', position: 'top' }] } } },
        { event: 'promotionClick', ecommerce: { promoClick: { promotions: [{ id: 'S' }] } } },
      ],
      [
        ['Promotion Viewed', { promotion_id: 'S', name: 'Summer', creative: 'b', position: 'top' }],
        ['Promotion Clicked', { promotion_id: 'S' }],
      ],
    ],
    [
      'the first step of a checkout',
      [{ event: 'checkout', ecommerce: { checkout: { actionField: { step: 1 }, products: [product] } } }],
      [['Checkout Started', { products: [out] }]],
    ],
    [
      'a later step',
      [
        {
          event: 'checkout',
          ecommerce: { checkout: { actionField: { step: 3, option: 'Visa' }, products: [product] } },
        },
      ],
      [['Checkout Step Viewed', { step: 3, option: 'Visa', products: [out] }]],
    ],
    [
      'a checkout option',
      [{ event: 'checkoutOption', ecommerce: { checkout_option: { actionField: { step: '2', option: 'FedEx' } } } }],
      [['Checkout Step Completed', { step: 2, option: 'FedEx' }]],
    ],
    [
      'purchase, whose revenue is the grand total',
      [
        {
          ecommerce: {
            currencyCode: 'EUR',
            purchase: {
              actionField: {
                id: 'T1',
                affiliation: 'Shop',
                revenue: '42.90',
                tax: '7.00',
                shipping: '4.90',
                coupon: 'TEN',
              },
              products: [product],
            },
          },
        },
      ],
      [
        [
          'Order Completed',
          {
            order_id: 'T1',
            affiliation: 'Shop',
            total: 42.9,
            tax: 7,
            shipping: 4.9,
            coupon: 'TEN',
            currency: 'EUR',
            products: [out],
          },
        ],
      ],
    ],
    [
      'a refund of everything',
      [{ ecommerce: { refund: { actionField: { id: 'T1' } } } }],
      [['Order Refunded', { order_id: 'T1' }]],
    ],
    [
      'a refund of one product',
      [{ ecommerce: { refund: { actionField: { id: 'T1' }, products: [{ id: 'P1', quantity: 1 }] } } }],
      [['Order Refunded', { order_id: 'T1', products: [{ product_id: 'P1', quantity: 1 }] }]],
    ],
    [
      'GA4’s name over UA’s shape',
      [{ event: 'purchase', ecommerce: { purchase: { actionField: { id: 'T1', revenue: '5' } } } }],
      [['Order Completed', { order_id: 'T1', total: 5 }]],
    ],
    [
      'both shapes in one push: GA4 is the one',
      [{ event: 'add_to_cart', ecommerce: { items: [mug], add: { products: [product] } } }],
      [['Product Added', mugOut]],
    ],
  ];
  test.each(cases)('%s', (_, pushes, expected) => {
    expect(tracks(pushes)).toEqual(expected);
  });
});

describe('gtag’s other commands', () => {
  const cases: [string, unknown, Told[]][] = [
    ['set user_id', gtag('set', { user_id: 'U1' }), [{ kind: 'identify', userId: 'U1' }]],
    ['set user_id as two words', gtag('set', 'user_id', 42), [{ kind: 'identify', userId: '42' }]],
    [
      'config with user_id',
      gtag('config', 'G-1', { user_id: 'U1', send_page_view: false }),
      [{ kind: 'identify', userId: 'U1' }],
    ],
    ['config without', gtag('config', 'G-1'), []],
    ['a user_id that is none', gtag('set', { user_id: null }), []],
    ['user_id in a plain push is not gtag', { user_id: 'U1' }, []],
    [
      'consent default denied',
      gtag('consent', 'default', { analytics_storage: 'denied', ad_storage: 'denied' }),
      [{ kind: 'consent', mode: 'default', granted: { measurement: false, marketing: false, sharing: false } }],
    ],
    [
      'consent update',
      gtag('consent', 'update', { analytics_storage: 'granted', personalization_storage: 'granted' }),
      [{ kind: 'consent', mode: 'update', granted: { measurement: true, personalisation: true } }],
    ],
    [
      'one advertising signal denied denies them all',
      gtag('consent', 'update', { ad_storage: 'granted', ad_user_data: 'granted', ad_personalization: 'denied' }),
      [{ kind: 'consent', mode: 'update', granted: { marketing: false, sharing: false } }],
    ],
    [
      'advertising granted does not grant sharing',
      gtag('consent', 'update', { ad_storage: 'granted' }),
      [{ kind: 'consent', mode: 'update', granted: { marketing: true } }],
    ],
    [
      'signals that say nothing of ours',
      gtag('consent', 'default', { wait_for_update: 500, security_storage: 'granted' }),
      [],
    ],
    ['consent with another word', gtag('consent', 'declare', { analytics_storage: 'granted' }), []],
  ];
  test.each(cases)('%s', (_, pushed, expected) => {
    expect(createReader()(pushed)).toEqual(expected);
  });
});
