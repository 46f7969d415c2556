// `preConsent: hold` from one end to the other: a consent file that says so, the built script and the built collector. What
// happened before the answer waits in the page, goes with the grant, and is in the profile with its own instant and a mark.

import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type Chromium,
  knownConsent,
  leftBehind,
  newBrowserFolder,
  startChromium,
  watched,
  weft,
} from './testing/browser.fixture.js';
import { type Collector, newFolder, startCollector, until, writeKey } from './testing/collector.fixture.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const folder = newBrowserFolder();
const home = newFolder('held');
let chromium: Chromium;
let collector: Collector;
let site: Server;
let url: string;

const file = (preConsent: object): object => ({
  site: 'shop',
  policy: { version: '1' },
  preConsent,
  regions: [{ match: ['*'], model: 'opt-in', ui: 'banner', fallback: true }],
});

beforeAll(async () => {
  const consentFile = join(home, 'consent.json');
  writeFileSync(consentFile, JSON.stringify(file({ mode: 'hold', maxMinutes: 30 })));
  site = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(
      `<!doctype html><html lang="en"><head><title>Mug</title>` +
        `<script async src="${collector.url}/weft.js" data-key="${writeKey}" data-banner="false" data-pages="false"></script>`,
    );
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  url = `http://localhost:${(site.address() as AddressInfo).port}`;
  [collector, chromium] = await Promise.all([
    startCollector({
      environment: { WEFT_CONSENT: consentFile, WEFT_DEMO: '0', WEFT_BOTS: 'keep', WEFT_ORIGINS: url },
    }),
    startChromium(folder),
  ]);
});
afterAll(async () => {
  await chromium?.kill();
  await collector?.stop();
  site?.closeAllConnections();
  await new Promise((resolve) => site?.close(resolve));
  for (const one of [folder, home]) rmSync(one, { recursive: true, force: true });
});

test('consent 4: what waited for the answer is in the profile at its own instant, marked; what came after is not', async () => {
  const device = await watched(await chromium.browser.newContext(), url, [collector.url]);
  const { page } = device;
  await page.goto(`${url}/mugs`);
  expect(await knownConsent(page)).toBe(null);
  await weft(page, 'page');
  await weft(page, 'cart.add', { product_id: 'm-1', name: 'Mug', price: 19, currency: 'EUR' });
  await weft(page, 'track', 'Product Viewed', { product_id: 'm-2' });
  // Longer ago than the two minutes by which a clock may be off: only the mark lets them in.
  const pastMs = 10 * 60_000;
  expect(await leftBehind(page)).toEqual({ local: [], session: [], databases: [] });
  expect((await collector.events()).accepted).toBeUndefined();

  // The page's clock and the collector's go on together.
  await page.evaluate((ms) => {
    const machine = Date.now.bind(Date);
    const now = () => machine() + ms;
    Date.now = now;
    globalThis.Date = new Proxy(Date, {
      construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    });
  }, pastMs);
  await collector.pass(pastMs);
  await weft(page, 'consent.set', { measurement: true, personalisation: true, marketing: false, sharing: false });
  await weft(page, 'track', 'Product Viewed', { product_id: 'm-3' });
  await weft(page, 'flush');

  const anonymousId = await until(device.anonymousId);
  const [profile] = await until(async () => {
    const found = await collector.profiles({ anonymousId });
    return found[0]?.counts.events === 4 && found;
  });
  const events = (await collector.list(profile!.id, 'events')).toReversed();
  expect(events.map((event) => [event.event ?? event.type, event.properties.product_id, event.preConsent])).toEqual([
    ['page', undefined, true],
    ['Product Added', 'm-1', true],
    ['Product Viewed', 'm-2', true],
    ['Product Viewed', 'm-3', false],
  ]);
  const [first, , , last] = events;
  expect(last!.releasedAt).toBeNull();
  const released = new Set(events.slice(0, 3).map(({ releasedAt }) => releasedAt));
  expect(released.size).toBe(1);
  expect(Date.parse(first!.releasedAt!) - Date.parse(first!.at)).toBeGreaterThanOrEqual(pastMs);
  expect(await collector.events()).toMatchObject({ accepted: 4 });
  expect((await collector.events()).dropped).toBeUndefined();
  expect(profile!.cart?.lines).toMatchObject([{ productId: 'm-1', quantity: 1 }]);
  expect(device.troubles).toEqual([]);
  await device.context.close();
});
