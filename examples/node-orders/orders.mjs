// Orders from a back end, with plain fetch and the secret key. Run it: it sends an order and takes part of it back.
//   WEFT_URL=http://127.0.0.1:8787 WEFT_SECRET_KEY=sk_… node examples/node-orders/orders.mjs

import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** The same id on each try: what arrived twice counts once. */
const track = (event, properties, { messageId = randomUUID(), at = new Date(), userId } = {}) => ({
  type: 'track',
  event,
  messageId,
  timestamp: at.toISOString(),
  ...(userId && { userId }),
  properties,
  channel: 'server',
});

export const orderCompleted = (order) =>
  track(
    'Order Completed',
    {
      order_id: order.id,
      // Whoever ordered is found by the cart's token, the user id, or the address the order was made with.
      cart_id: order.cartToken,
      email: order.email,
      currency: order.currency,
      revenue: order.goods,
      shipping: order.shipping,
      tax: order.tax,
      total: order.goods + order.shipping + order.tax,
      products: order.lines,
    },
    { messageId: `order-completed-${order.id}`, at: order.at, userId: order.customer },
  );

/** Lines are the goods that come back, `total` is the money; neither means all of it. */
export const orderRefunded = (orderId, refund = {}) =>
  track(
    'Order Refunded',
    { order_id: orderId, ...refund },
    { messageId: `order-refunded-${orderId}-${refund.number ?? 1}` },
  );

/** Answers with the verdicts. Waits as long as it is asked to; gives up after `triesMax`. */
export const send = async (calls, { url, secretKey, triesMax = 5 }) => {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(new URL('/v1/batch', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ batch: calls, sentAt: new Date().toISOString() }),
    });
    if (answer.ok) return answer.json();
    const again = answer.status === 429 || answer.status >= 500;
    if (!again || tries >= triesMax) throw new Error(`${answer.status}: ${await answer.text()}`);
    await wait(Number(answer.headers.get('retry-after') ?? 2 ** tries) * 1000);
  }
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { WEFT_URL: url = 'http://127.0.0.1:8787', WEFT_SECRET_KEY: secretKey } = process.env;
  if (!secretKey) throw new Error('Set WEFT_SECRET_KEY; the collector printed it when it was first started.');
  const id = `N-${Date.now()}`;
  const order = {
    id,
    at: new Date(),
    customer: 'customer-7',
    email: 'customer.seven@shop.example',
    currency: 'EUR',
    goods: 83,
    shipping: 4.9,
    tax: 0,
    lines: [
      { product_id: 'T-1', name: 'Teapot', price: 64, quantity: 1 },
      { product_id: 'M-1', name: 'Mug', variant: 'Moss', price: 19, quantity: 1 },
    ],
  };
  const refund = orderRefunded(id, {
    total: 19,
    currency: 'EUR',
    products: [{ product_id: 'M-1', variant: 'Moss', quantity: 1 }],
  });
  process.stdout.write(`${JSON.stringify(await send([orderCompleted(order), refund], { url, secretKey }), null, 2)}\n`);
}
