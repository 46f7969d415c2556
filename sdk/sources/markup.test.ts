// @vitest-environment happy-dom
// When product markup is told of: after the data layer had its chance, once a page, and again on another.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dataLayer } from './data-layer.js';
import { recordedClient, turn } from './fixtures/recorded.js';
import { markup } from './markup.js';

const stops: (() => void)[] = [];
const at = (path: string) => `https://shop.example${path}`;
const product = (name: string, path?: string) =>
  `<script type="application/ld+json">${JSON.stringify({ '@type': 'Product', name, sku: name, ...(path && { url: at(path) }), offers: { price: 5, priceCurrency: 'EUR' } })}</script>`;

const started = () => {
  const recorded = recordedClient();
  stops.push(markup(recorded.client));
  return recorded;
};
const go = (path: string) => {
  history.pushState(null, '', path);
  window.dispatchEvent(new Event('popstate'));
};
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  (window as unknown as { happyDOM: { setURL: (url: string) => void } }).happyDOM.setURL(at('/p/mug'));
  document.body.innerHTML = '';
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  delete (window as { dataLayer?: unknown }).dataLayer;
  vi.useRealTimers();
});

test('a product’s page is told of when nobody else did, with its price as the value', async () => {
  document.body.innerHTML = product('mug');
  const { tracked, calls } = started();
  await wait(999);
  expect(tracked()).toEqual([]);
  await wait(1);
  expect(tracked()).toEqual([
    ['Product Viewed', { product_id: 'mug', sku: 'mug', name: 'mug', price: 5, value: 5, currency: 'EUR' }],
  ]);
  expect(calls[0]?.[3]).toEqual({ source: 'markup' });
});

test('a page of no product tells nothing', async () => {
  const { tracked } = started();
  await wait(5_000);
  expect(tracked()).toEqual([]);
});

test('where the data layer told it, the markup is silent, though it names the product otherwise', async () => {
  document.body.innerHTML = product('mug');
  const { client, tracked } = started();
  client.track('Product Viewed', { product_id: '4711' }, { source: 'data-layer' });
  await wait(5_000);
  expect(tracked()).toHaveLength(1);
});

test('a data layer that comes late does not tell it again', async () => {
  document.body.innerHTML = product('mug');
  const { client, tracked } = started();
  await wait(1_000);
  (window as { dataLayer?: unknown }).dataLayer = [{ event: 'view_item', ecommerce: { items: [{ item_id: '4711' }] } }];
  stops.push(dataLayer(client, {}));
  await turn();
  expect(tracked()).toEqual([['Product Viewed', expect.objectContaining({ sku: 'mug' })]]);
});

test('who leaves within the second has still seen the product', async () => {
  document.body.innerHTML = product('mug');
  const { tracked } = started();
  window.dispatchEvent(new Event('pagehide'));
  expect(tracked()).toHaveLength(1);
  await wait(5_000);
  expect(tracked()).toHaveLength(1);
});

test('in a single-page shop each product is told when the document has come to rest', async () => {
  document.body.innerHTML = product('mug', '/p/mug');
  const { tracked } = started();
  await wait(1_000);
  go('/p/bowl');
  await wait(200);
  document.body.innerHTML = product('bowl', '/p/bowl');
  await wait(299);
  expect(tracked()).toHaveLength(1);
  await wait(200);
  expect(tracked().map(([, properties]) => (properties as { sku: string }).sku)).toEqual(['mug', 'bowl']);
});

test('markup that a router left behind is not told under the next address, and is again under its own', async () => {
  document.body.innerHTML = product('mug');
  const { tracked } = started();
  await wait(1_000);
  go('/c/table');
  await wait(5_000);
  expect(tracked()).toHaveLength(1);
  go('/p/mug');
  await wait(5_000);
  expect(tracked()).toHaveLength(2);
});

test('a document that never comes to rest is read after three seconds', async () => {
  document.body.innerHTML = '';
  const { tracked } = started();
  await wait(1_000);
  go('/p/bowl');
  document.body.innerHTML = product('bowl');
  for (let passed = 0; passed < 3_500; passed += 100) {
    document.body.append(document.createElement('i'));
    await wait(100);
  }
  expect(tracked()).toHaveLength(1);
});

test('a press on what reads like adding to the cart is a hint, and no change of the cart', async () => {
  document.body.innerHTML = `${product('mug')}<button id="b"><span>In den Warenkorb</span></button><a id="c">Read on</a>`;
  const { tracked } = started();
  await wait(1_000);
  document.querySelector<HTMLElement>('#b span')?.click();
  document.querySelector<HTMLElement>('#c')?.click();
  await wait(2_000);
  expect(tracked().slice(1)).toEqual([['Add to Cart Hinted', expect.objectContaining({ sku: 'mug' })]]);
});

test('no hint is needed where the cart was heard of', async () => {
  document.body.innerHTML = '<button>Add to basket</button>';
  const { client, tracked } = started();
  document.querySelector('button')?.click();
  client.track('Product Added', { product_id: 'mug' });
  go('/c/table');
  await wait(5_000);
  expect(tracked()).toHaveLength(1);
});

test('stopped, it neither waits nor listens', async () => {
  document.body.innerHTML = `${product('mug')}<button>Add to cart</button>`;
  const { tracked } = started();
  for (const stop of stops.splice(0)) stop();
  document.querySelector('button')?.click();
  go('/p/bowl');
  await wait(10_000);
  expect(tracked()).toEqual([]);
});
