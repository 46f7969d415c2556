// The examples a reader opens or runs: the pages hold the right address and key, the two servers send what they say.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { examplePages } from './pages.js';

const get = (path: string, writeKey = 'wk_1') => examplePages({ writeKey }).request(`http://collect.test${path}`);

describe('pages', () => {
  test.each([
    '/minimal/',
    '/minimal/second.html',
    '/banner/',
    '/banner/arabic.html',
    '/data-layer/',
    '/single-page-app/',
    '/single-page-app/p/mug',
  ])('%s carries one tag, with the address it was served from and the key', async (path) => {
    const answer = await get(path);
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(html.match(/<script async src="http:\/\/collect\.test\/weft\.js" data-key="wk_1"/g)).toHaveLength(1);
    expect(html).not.toContain('{{');
  });

  test.each([
    '/minimal/nothing.html',
    '/minimal/README.md',
    '/data-layer/..%2f..%2fpackage.json',
    '/node-orders/orders.mjs',
    '/minimal/../pages.ts',
    '/shop/app.tsx',
  ])('%s is not given out', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test('the folder of an example gets its slash, a key is no markup, and all examples are listed', async () => {
    expect((await get('/minimal')).headers.get('location')).toBe('/examples/minimal/');
    expect(await (await get('/minimal/', '"><script>')).text()).not.toContain('"><script>');
    expect((await (await get('/')).text()).match(/<li>/g)).toHaveLength(4);
    for (const path of ['/example.css', '/consent.js', '/single-page-app/app.js', '/data-layer/shop.js'])
      expect((await get(path)).status).toBe(200);
  });
});

interface Heard {
  path: string;
  headers: IncomingHttpHeaders;
  body: { batch: Record<string, unknown>[] };
}

/** Takes whatever is posted, after refusing as often as it is told to. */
const listening = async (refusals: [status: number, headers: Record<string, string>][] = []) => {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      heard.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
      const [status, headers] = refusals.shift() ?? [200, {}];
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ accepted: 2 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
};

describe('servers', () => {
  // Examples are plain JavaScript, so that they run as they stand.
  const load = (path: string) => import(/* @vite-ignore */ new URL(path, import.meta.url).href);

  test('orders go out with the secret key, and a second try carries the same ids', async () => {
    const { orderCompleted, orderRefunded, send } = await load('./node-orders/orders.mjs');
    const { heard, url, stop } = await listening([
      [429, { 'retry-after': '0' }],
      [503, { 'retry-after': '0' }],
    ]);
    const order = {
      id: 'N1',
      at: new Date(0),
      customer: 'c7',
      email: 'c@shop.example',
      currency: 'EUR',
      goods: 83,
      shipping: 4.9,
      tax: 0,
      lines: [{ product_id: 'T-1', price: 83, quantity: 1 }],
    };
    const answer = await send([orderCompleted(order), orderRefunded('N1', { total: 19, currency: 'EUR' })], {
      url,
      secretKey: 'sk_1',
    });
    stop();
    expect(answer).toEqual({ accepted: 2 });
    expect(heard).toHaveLength(3);
    expect(new Set(heard.map(({ body }) => JSON.stringify(body.batch))).size).toBe(1);
    expect(heard[0]).toMatchObject({ path: '/v1/batch', headers: { authorization: 'Bearer sk_1' } });
    expect(heard[0]?.body.batch).toMatchObject([
      {
        type: 'track',
        event: 'Order Completed',
        messageId: 'order-completed-N1',
        timestamp: '1970-01-01T00:00:00.000Z',
        userId: 'c7',
        channel: 'server',
        properties: { order_id: 'N1', revenue: 83, shipping: 4.9, total: 87.9 },
      },
      {
        type: 'track',
        event: 'Order Refunded',
        messageId: 'order-refunded-N1-1',
        properties: { order_id: 'N1', total: 19 },
      },
    ]);
  });

  test('what is refused for good is not tried again', async () => {
    const { orderCompleted, send } = await load('./node-orders/orders.mjs');
    const { heard, url, stop } = await listening([[401, {}]]);
    await expect(
      send([orderCompleted({ id: 'N1', at: new Date(0), lines: [] })], { url, secretKey: 'sk_1' }),
    ).rejects.toThrow('401');
    stop();
    expect(heard).toHaveLength(1);
  });

  test('Segment’s client, pointed here, posts its calls with our key as its own', async () => {
    const { send } = await load('./segment-client/send.mjs');
    const { heard, url, stop } = await listening();
    expect(await send({ url, key: 'sk_1' })).toEqual([]);
    stop();
    expect(heard.flatMap(({ body }) => body.batch.map(({ type }) => type)).sort()).toEqual([
      'identify',
      'page',
      'track',
    ]);
    expect(heard[0]?.path).toBe('/v1/batch');
    expect(heard[0]?.headers.authorization).toBe(`Basic ${Buffer.from('sk_1:').toString('base64')}`);
  });
});
