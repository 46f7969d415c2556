// The tag as most sites have it: the shop on one origin, the collector on another, a strict content security policy on the
// page, and a collector that knows which origins are its shop's.

import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Request } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type Chromium,
  hasAnswered,
  newBrowserFolder,
  startChromium,
  watched,
  weft,
} from '../testing/browser.fixture.js';
import { type Collector, startCollector, until, writeKey } from '../testing/collector.fixture.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let collector: Collector;
let chromium: Chromium;
let site: Server;
let port = 0;
const folder = newBrowserFolder();

/** A product in JSON-LD, a push made before the tag, and one button. */
const html = (collectorUrl: string) => `<!doctype html><html lang="en"><head><title>Mug</title>
<script nonce="n1">window.dataLayer = [{ event: 'search', search_term: 'mug' }];</script>
<script nonce="n1" async src="${collectorUrl}/weft.js" data-key="${writeKey}" data-banner="false" data-sources="data-layer markup attributes"></script>
<script nonce="n1" type="application/ld+json">{"@context":"https://schema.org","@type":"Product","sku":"M-1","name":"Mug","offers":{"@type":"Offer","price":"19.00","priceCurrency":"EUR"}}</script>
</head><body><h1>Mug</h1><button data-weft-event="Product Added" data-weft-product-id="M-1" data-weft-price="19" data-weft-currency="EUR">Add</button></body></html>`;
const policy = (collectorUrl: string) =>
  `default-src 'none'; script-src 'nonce-n1' ${collectorUrl}; connect-src ${collectorUrl}; style-src 'self'; base-uri 'none'`;

beforeAll(async () => {
  site = createServer((_, response) => {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(collector.url),
    });
    response.end(html(collector.url));
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  ({ port } = site.address() as AddressInfo);
  [collector, chromium] = await Promise.all([
    startCollector({ environment: { WEFT_DEMO: '0', WEFT_BOTS: 'keep', WEFT_ORIGINS: `http://localhost:${port}` } }),
    startChromium(folder),
  ]);
});
afterAll(async () => {
  await chromium?.kill();
  await collector?.stop();
  site?.closeAllConnections();
  await new Promise((resolve) => site?.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const visit = async (host: string) => {
  const device = await watched(await chromium.browser.newContext(), `http://${host}:${port}`, [collector.url]);
  const complaints: string[] = [];
  device.page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  /** Of each thing this page told the collector: whether the browser let it hear an answer, which a page of a stranger may not. */
  const heard: boolean[] = [];
  const tells = (isHeard: boolean) => (request: Request) => request.method() === 'POST' && heard.push(isHeard);
  device.page.on('requestfinished', tells(true));
  device.page.on('requestfailed', tells(false));
  await device.page.goto(`http://${host}:${port}/p/mug?utm_source=letter`);
  await device.page.waitForFunction(
    () => 'weft' in globalThis && !Array.isArray((globalThis as { weft?: unknown }).weft),
  );
  await weft(device.page, 'consent.set', { measurement: true, personalisation: true, marketing: true, sharing: false });
  await hasAnswered(device.page);
  return { ...device, complaints, heard };
};

test('a page of the shop’s own origin is heard, under its content security policy, with all its sources', async () => {
  const { page, context, anonymousId, troubles, complaints, heard } = await visit('localhost');
  await page.waitForFunction(
    () => (globalThis as unknown as { dataLayer: { push: unknown }[] }).dataLayer.push !== Array.prototype.push,
  );
  await page.click('button');
  await page.reload();
  await hasAnswered(page);
  await weft(page, 'track', 'Last');
  await weft(page, 'flush');
  const id = (await anonymousId())!;
  await collector.profileWith('Last', id);
  // Markup is read a second after its page is there, so that a data layer can tell first.
  const profile = await collector.profileWith('Product Viewed', id);
  expect(profile.counts).toMatchObject({ pageViews: 2, cartAdds: 1, sessions: 1 });
  expect(profile.cart).toMatchObject({ lines: [{ productId: 'M-1', priceMinor: 1900 }], currency: 'EUR' });
  expect([troubles, complaints]).toEqual([[], []]);
  expect(heard).toContain(true);
  await context.close();
});

test('a page of any other origin is not, and takes no harm', async () => {
  const { page, context, anonymousId, troubles, heard } = await visit('127.0.0.1');
  await weft(page, 'track', 'Stranger');
  void weft(page, 'flush');
  await until(() => /"route":"\/v1\/batch","status":403/.test(collector.output()));
  await until(() => heard.length > 0);
  expect(heard).not.toContain(true);
  expect(await collector.profiles({ anonymousId: (await anonymousId()) ?? 'none' })).toEqual([]);
  expect(troubles).toEqual([]);
  await context.close();
});
