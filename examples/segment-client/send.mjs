// Segment's own client for Node, unchanged, pointed here: another `host`, our key as its `writeKey`.
//   WEFT_URL=http://127.0.0.1:8787 WEFT_SECRET_KEY=sk_… node examples/segment-client/send.mjs

import { pathToFileURL } from 'node:url';
import { Analytics } from '@segment/analytics-node';

/** Resolves when everything has been answered. */
export const send = async ({ url, key }) => {
  const refused = [];
  const analytics = new Analytics({ writeKey: key, host: url, flushAt: 10 });
  analytics.on('error', ({ reason }) => refused.push(reason));
  analytics.identify({ userId: 'customer-7', traits: { name: 'Customer Seven', plan: 'garden' } });
  analytics.track({
    userId: 'customer-7',
    event: 'Product Added',
    properties: { product_id: 'M-1', name: 'Mug', price: 19, currency: 'EUR', quantity: 1 },
  });
  analytics.page({
    userId: 'customer-7',
    name: 'Basket',
    properties: { url: 'https://shop.example/basket', path: '/basket' },
  });
  await analytics.closeAndFlush({ timeout: 10_000 });
  return refused;
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { WEFT_URL: url = 'http://127.0.0.1:8787', WEFT_SECRET_KEY: key } = process.env;
  if (!key) throw new Error('Set WEFT_SECRET_KEY; the collector printed it when it was first started.');
  const refused = await send({ url, key });
  process.stdout.write(refused.length ? `${refused.join('\n')}\n` : 'Three calls were taken.\n');
}
