// @vitest-environment happy-dom
// Product markup as it is met on pages, and what is read out of it.

import { afterEach, describe, expect, test } from 'vitest';
import { parseLenient, readMarkup } from './schema.js';

const here = 'https://shop.example/p/mug?v=moss';
const now = Date.parse('2026-11-22T10:00:00Z');

const read = (html: string, location = here) => {
  document.head.innerHTML = `<base href="https://shop.example/">`;
  document.body.innerHTML = html;
  return readMarkup(document, location, now);
};
const ld = (value: unknown) =>
  `<script type="application/ld+json">${typeof value === 'string' ? value : JSON.stringify(value)}</script>`;
afterEach(() => {
  document.head.innerHTML = document.body.innerHTML = '';
});

const mug = {
  '@context': 'https://schema.org',
  '@type': 'Product',
  name: 'Mug',
  sku: 'OX-101',
  brand: { '@type': 'Brand', name: 'Oxlip' },
  category: 'Table > Mugs',
  image: ['https://shop.example/mug.jpg'],
  offers: {
    '@type': 'Offer',
    price: '19.00',
    priceCurrency: 'eur',
    availability: 'https://schema.org/InStock',
    url: 'https://shop.example/p/mug',
  },
};
const mugOut = {
  product_id: 'OX-101',
  sku: 'OX-101',
  name: 'Mug',
  brand: 'Oxlip',
  category: 'Table/Mugs',
  image_url: 'https://shop.example/mug.jpg',
  price: 19,
  currency: 'EUR',
  availability: 'InStock',
  url: 'https://shop.example/p/mug',
};
const crumbs = {
  '@type': 'BreadcrumbList',
  itemListElement: [
    { '@type': 'ListItem', position: 3, name: 'Mug' },
    { '@type': 'ListItem', position: 1, name: 'Home', item: 'https://shop.example/' },
    { '@type': 'ListItem', position: 2, item: { '@id': 'https://shop.example/c/table', name: 'Table' } },
  ],
};

describe('JSON-LD', () => {
  test.each<[string, string, Record<string, unknown> | undefined]>([
    ['a product alone', ld(mug), mugOut],
    ['in an array', ld([{ '@type': 'Organization', name: 'Shop' }, mug]), mugOut],
    ['in a graph', ld({ '@context': 'https://schema.org', '@graph': [{ '@type': 'WebSite' }, mug] }), mugOut],
    ['as the main entity of its page', ld({ '@type': 'ItemPage', mainEntity: mug }), mugOut],
    [
      'in the third of several blocks, the first being broken',
      `${ld('{ nonsense')}${ld({ '@type': 'WebSite' })}${ld(mug)}`,
      mugOut,
    ],
    ['with a type written in full', ld({ ...mug, '@type': ['http://schema.org/Product', 'Thing'] }), mugOut],
    [
      'with an offer elsewhere in the graph',
      ld({
        '@graph': [
          { ...mug, offers: { '@id': '#offer' } },
          { ...mug.offers, '@id': '#offer' },
        ],
      }),
      mugOut,
    ],
    ['with a brand as text', ld({ ...mug, brand: 'Oxlip' }), mugOut],
    [
      'with entities that the template left',
      ld({ ...mug, name: 'Tom &amp; Co&#39;s mug' }),
      { ...mugOut, name: "Tom & Co's mug" },
    ],
    [
      'with a price written for people',
      ld({ ...mug, offers: { ...mug.offers, price: '1.299,00' } }),
      { ...mugOut, price: 1299 },
    ],
    ['with a number of its own', ld({ ...mug, productID: '4711' }), { ...mugOut, product_id: '4711' }],
    [
      'with a gtin and no sku',
      ld({ ...mug, sku: undefined, gtin13: '4006381333931' }),
      { ...mugOut, sku: undefined, product_id: '4006381333931', gtin: '4006381333931' },
    ],
    [
      'with a rating',
      ld({ ...mug, aggregateRating: { ratingValue: '4.4', reviewCount: '89' } }),
      { ...mugOut, rating: 4.4, reviews: 89 },
    ],
    [
      'with a lowest price',
      ld({ ...mug, offers: { '@type': 'AggregateOffer', lowPrice: 15, highPrice: 25, priceCurrency: 'EUR' } }),
      { ...mugOut, price: 15, availability: undefined, url: undefined },
    ],
    [
      'with an offer for each variant, one of them this address',
      ld({
        ...mug,
        offers: [
          { ...mug.offers, price: 17, url: 'https://shop.example/p/mug?v=oat' },
          { ...mug.offers, price: 21, url: 'https://shop.example/p/mug?v=moss' },
        ],
      }),
      { ...mugOut, price: 21, url: 'https://shop.example/p/mug?v=moss' },
    ],
    [
      'with a price specification beside a struck-out one',
      ld({
        ...mug,
        offers: {
          priceSpecification: [
            { priceType: 'https://schema.org/StrikethroughPrice', price: 25 },
            { price: 19, priceCurrency: 'EUR' },
          ],
        },
      }),
      { ...mugOut, availability: undefined, url: undefined },
    ],
    [
      'with its category in the breadcrumbs',
      ld({ '@graph': [{ ...mug, category: undefined }, crumbs] }),
      { ...mugOut, category: 'Table' },
    ],
    ['an article', ld({ '@type': 'Article', name: 'On mugs' }), undefined],
    [
      'a product that names another address',
      ld({ ...mug, offers: { ...mug.offers, url: 'https://shop.example/p/bowl' } }),
      undefined,
    ],
    [
      'two products without addresses',
      ld([
        { '@type': 'Product', name: 'A' },
        { '@type': 'Product', name: 'B' },
      ]),
      undefined,
    ],
    [
      'two products, one of this address',
      ld([{ ...mug, name: 'Bowl', offers: { ...mug.offers, url: '/p/bowl' } }, mug]),
      mugOut,
    ],
    ['a product that belongs to another thing', ld({ '@type': 'Review', itemReviewed: mug }), undefined],
  ])('%s', (_, html, expected) => {
    const clean = expected && JSON.parse(JSON.stringify(expected));
    expect(read(html).product).toEqual(clean);
  });

  test('a group of variants is the one that is shown', () => {
    const group = {
      '@type': 'ProductGroup',
      productGroupID: 'MUG',
      name: 'Mug',
      brand: 'Oxlip',
      hasVariant: [
        {
          '@type': 'Product',
          sku: 'MUG-O',
          color: 'Oat',
          offers: { price: 17, priceCurrency: 'EUR', url: 'https://shop.example/p/mug?v=oat' },
        },
        {
          '@type': 'Product',
          sku: 'MUG-M',
          color: 'Moss',
          offers: { price: 19, priceCurrency: 'EUR', url: 'https://shop.example/p/mug?v=moss' },
        },
      ],
    };
    expect(read(ld(group)).product).toMatchObject({
      product_id: 'MUG',
      sku: 'MUG-M',
      name: 'Mug',
      variant: 'Moss',
      price: 19,
    });
    // No variant is named by the address: the group, from its lowest price.
    expect(read(ld(group), 'https://shop.example/p/mug').product).toMatchObject({ product_id: 'MUG', price: 17 });
  });

  test.each([
    ['plain', '{"a":1}'],
    ['commas too many', '{"a":1,}'],
    ['a line end in a string', '{"b":"x\ny","a":1}'],
    ['comment marks around it', '<!-- {"a":1} -->'],
    ['CDATA', '//<![CDATA[\n{"a":1}\n//]]>'],
    ['a semicolon after it', '{"a":1};'],
  ])('JSON with %s is read', (_, written) => {
    expect(parseLenient(written)).toMatchObject({ a: 1 });
  });

  test('what is no JSON at all is nothing, and nested without end it comes to an end', () => {
    expect(parseLenient('function () {}')).toBeUndefined();
    expect(read(`<script type="application/ld+json">${'['.repeat(5000)}${']'.repeat(5000)}</script>`)).toEqual({});
    expect(
      read(`<script type="application/ld+json">${'{"@graph":'.repeat(3000)}1${'}'.repeat(3000)}</script>`),
    ).toEqual({});
  });
});

describe('lists and orders', () => {
  const list = (items: unknown[]) => ({
    '@type': 'ItemList',
    name: 'Mugs',
    itemListElement: items.map((item, index) => ({ '@type': 'ListItem', position: index + 1, item })),
  });

  test('a list of products is told with its places', () => {
    const found = read(ld(list([mug, { ...mug, sku: 'B', name: 'Bowl' }])), 'https://shop.example/c/table');
    expect(found.product).toBeUndefined();
    expect(found.list).toMatchObject({
      list_id: '/c/table',
      category: 'Mugs',
      products: [
        { product_id: 'OX-101', position: 1 },
        { product_id: 'B', position: 2 },
      ],
    });
  });

  test('a list of recipes, or of bare addresses, is not', () => {
    expect(read(ld(list([{ '@type': 'Recipe', name: 'Soup' }]))).list).toBeUndefined();
    expect(
      read(ld({ '@type': 'ItemList', itemListElement: [{ '@type': 'ListItem', url: '/p/mug' }] })).list,
    ).toBeUndefined();
  });

  test('an order of now is an order, one of last year is a page of somebody’s account', () => {
    const order = {
      '@type': 'Order',
      orderNumber: 'T1',
      price: '23.90',
      priceCurrency: 'EUR',
      orderDate: '2026-11-22T09:59:00Z',
      acceptedOffer: [{ itemOffered: mug, price: 19, eligibleQuantity: { value: 1 } }],
    };
    expect(read(ld(order)).order).toMatchObject({
      order_id: 'T1',
      total: 23.9,
      currency: 'EUR',
      products: [{ product_id: 'OX-101', price: 19, quantity: 1 }],
    });
    expect(read(ld({ ...order, orderDate: '2025-01-01' })).order).toBeUndefined();
    expect(read(ld({ ...order, price: undefined })).order).toBeUndefined();
  });
});

describe('microdata and Open Graph', () => {
  test('microdata, with offers, meta elements and content attributes', () => {
    const { product } = read(`
      <div itemscope itemtype="https://schema.org/Product">
        <meta itemprop="sku" content="OX-101"><h1 itemprop="name"> Mug </h1>
        <span itemprop="brand" itemscope itemtype="https://schema.org/Brand"><b itemprop="name">Oxlip</b></span>
        <img itemprop="image" src="https://shop.example/mug.jpg">
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
          <span itemprop="price" content="19.00">€19</span><meta itemprop="priceCurrency" content="EUR">
          <link itemprop="availability" href="https://schema.org/InStock">
        </div>
      </div>`);
    expect(product).toEqual({
      product_id: 'OX-101',
      sku: 'OX-101',
      name: 'Mug',
      brand: 'Oxlip',
      image_url: 'https://shop.example/mug.jpg',
      price: 19,
      currency: 'EUR',
      availability: 'InStock',
    });
  });

  test('a page of several products in microdata is no product’s page', () => {
    const one = '<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">A</b></div>';
    expect(read(one + one).product).toBeUndefined();
  });

  const og = (entries: Record<string, string>) =>
    Object.entries(entries)
      .map(([property, content]) => `<meta property="${property}" content="${content}">`)
      .join('');

  test('Open Graph alone', () => {
    const { product, isProved } = read(
      og({
        'og:type': 'product',
        'og:title': 'Mug',
        'og:url': 'https://shop.example/p/mug',
        'product:retailer_item_id': 'OX-101',
        'product:price:amount': '19,00',
        'product:price:currency': 'EUR',
      }),
    );
    expect(product).toEqual({
      product_id: 'OX-101',
      name: 'Mug',
      price: 19,
      currency: 'EUR',
      url: 'https://shop.example/p/mug',
    });
    expect(isProved).toBe(true);
  });

  test('Open Graph fills what the structured data left open, and corrects nothing', () => {
    const { product } = read(
      og({ 'og:type': 'product', 'og:title': 'Mug | Shop', 'product:brand': 'Oxlip' }) +
        ld({ '@type': 'Product', name: 'Mug', sku: 'OX-101' }),
    );
    expect(product).toMatchObject({ name: 'Mug', sku: 'OX-101', brand: 'Oxlip' });
  });

  test('any other page of the shop', () => {
    expect(read(og({ 'og:type': 'website', 'og:title': 'Shop', 'product:price:amount': '3' }))).toEqual({});
  });
});
