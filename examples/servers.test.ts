// The two examples that are servers, run as their READMEs say, against a collector as a process.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Collector, secretKey, startCollector } from './testing/collector.fixture.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector?.stop());

const run = async (script: string): Promise<string> => {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const env = { PATH: process.env.PATH, WEFT_URL: collector.url, WEFT_SECRET_KEY: secretKey };
  return (await promisify(execFile)(process.execPath, [path], { env })).stdout;
};

test('node-orders: an order and a refund from a back end are one order of one customer, less what came back', async () => {
  expect(JSON.parse(await run('./node-orders/orders.mjs'))).toMatchObject({ accepted: 2, duplicates: 0, rejected: [] });
  const [profile, ...others] = await collector.profiles({ userId: 'customer-7' });
  expect(others).toEqual([]);
  expect(profile!.identifiers.map(({ type, value, assurance }) => [type, value, assurance])).toContainEqual([
    'email',
    'customer.seven@shop.example',
    'transactional',
  ]);
  expect(profile!.counts).toMatchObject({ orders: 1, sessions: 0, pageViews: 0 });
  expect(profile!.revenue).toEqual([{ currency: 'EUR', minor: 6400 }]);
  const [order] = await collector.list(profile!.id, 'orders');
  expect(order).toMatchObject({ revenueMinor: 8300, refundedMinor: 1900, state: 'partially_refunded' });
  expect((await collector.profiles({ orderId: order!.orderId })).map(({ id }) => id)).toEqual([profile!.id]);
});

test('segment-client: Segment’s client for Node, pointed here, adds to the same customer', async () => {
  const before = (await collector.profiles({ userId: 'customer-7' }))[0]?.counts.events ?? 0;
  expect(await run('./segment-client/send.mjs')).toBe('Three calls were taken.\n');
  const [profile, ...others] = await collector.profiles({ userId: 'customer-7' });
  expect(others).toEqual([]);
  expect(profile!.counts).toMatchObject({ events: before + 3, pageViews: 1, cartAdds: 1, cartsOpen: 1 });
  expect(profile!.traits.plan).toMatchObject({ value: 'garden', assurance: 'transactional' });
  expect(profile!.cart).toMatchObject({ lines: [{ productId: 'M-1', quantity: 1 }], valueMinor: 1900 });
});
