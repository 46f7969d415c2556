// What redaction costs an event. Not part of the test suite: `npx vitest bench collector/enrich`. Quote the ratio, not the time:
// the baseline is JSON.parse of the same event, which every event pays anyway.

import { bench, describe } from 'vitest';
import { redactPage, redactProperties } from './redact.js';

const product = {
  product_id: '7982905098454',
  sku: 'TS-BLU-42',
  name: 'Linen shirt with a long collar',
  brand: 'Atelier Nord',
  category: 'Women/Shirts',
  variant: 'Blue / 42',
  price: 49.9,
  quantity: 1,
  currency: 'EUR',
  url: 'https://shop.example/products/linen-shirt?variant=44871928709334',
  image_url: 'https://cdn.shop.example/s/files/1/0123/linen-shirt.jpg?v=1699999999&width=800',
};
const events = {
  'Product Added': { cart_id: 'c1-7c9e6679f0', ...product },
  'Order Completed': {
    order_id: '100234-FR',
    checkout_id: 'b2f1a0c4d5e6f708192a3b4c5d6e7f80',
    revenue: 149.7,
    currency: 'EUR',
    coupon: 'SPRING10',
    products: [product, product, product],
  },
};
const page = {
  url: 'https://shop.example/collections/women/products/linen-shirt?utm_source=news&utm_medium=email&fbclid=IwAR0abc',
  path: '/collections/women/products/linen-shirt',
  search: '?utm_source=news&utm_medium=email&fbclid=IwAR0abc',
  title: 'Linen shirt with a long collar – Atelier Nord',
  referrer: 'https://www.google.com/',
};

let sink: unknown;
for (const [name, properties] of Object.entries(events)) {
  const text = JSON.stringify(properties);
  describe(name, () => {
    bench('JSON.parse (baseline)', () => {
      sink = JSON.parse(text);
    });
    bench('redactProperties', () => {
      sink = redactProperties(properties);
    });
  });
}
describe('page context', () => {
  const text = JSON.stringify(page);
  bench('JSON.parse (baseline)', () => {
    sink = JSON.parse(text);
  });
  bench('redactPage', () => {
    sink = redactPage(page);
  });
});
void sink;
