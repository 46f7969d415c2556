// Segment's own client for the browser (@segment/analytics-next), bundled as a shop would and unchanged, on a page of
// another origin: it asks the collector for its settings, is told where to post, and what it posts becomes a person.

import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Anything, type Chromium, newBrowserFolder, startChromium } from '../testing/browser.fixture.js';
import { type Collector, startCollector, until, writeKey } from '../testing/collector.fixture.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

type Mode = 'claimed' | 'external';
let collectors: Record<Mode, Collector>;
let chromium: Chromium;
let site: Server;
let home = '';
const folder = newBrowserFolder();

const html = '<!doctype html><title>A shop with Segment’s client</title><script src="/client.js"></script><h1>Mug</h1>';

beforeAll(async () => {
  const [claimed, external, browser, bundle] = await Promise.all([
    startCollector({ environment: { WEFT_KEY_CONSENT: 'claimed' } }),
    startCollector({ environment: { WEFT_KEY_CONSENT: 'external' } }),
    startChromium(folder),
    build({
      stdin: {
        contents:
          "import { AnalyticsBrowser } from '@segment/analytics-next'; globalThis.AnalyticsBrowser = AnalyticsBrowser;",
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      format: 'iife',
      write: false,
    }),
  ]);
  collectors = { claimed, external };
  chromium = browser;
  site = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' });
    response.end(isScript ? bundle.outputFiles[0]!.text : html);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  home = `http://localhost:${(site.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await Promise.all([chromium?.kill(), collectors?.claimed.stop(), collectors?.external.stop()]);
  site?.closeAllConnections();
  await new Promise((resolve) => site?.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** The shop's page, with the client loaded as its documentation says; what it may and may not is up to the shop. */
const shopPage = async (collector: Collector, userId: string, granted: Record<string, boolean> | null) => {
  const context = await chromium.browser.newContext();
  const page = await context.newPage();
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== home && origin !== collector.url) elsewhere.push(origin);
  });
  await page.goto(`${home}/p/mug?utm_source=letter&utm_medium=email`);
  await page.evaluate(
    async ({ writeKey, cdnURL, userId, granted }) => {
      const shop = globalThis as Anything;
      shop.analytics = shop.AnalyticsBrowser.load({ writeKey, cdnURL });
      if (granted)
        shop.analytics.addSourceMiddleware(({ payload, next }: Anything) => {
          payload.obj.context.consent = { categoryPreferences: granted };
          next(payload);
        });
      await shop.analytics.page('Product');
      await shop.analytics.track('Product Added', { product_id: 'M-1', price: 19, currency: 'EUR', quantity: 2 });
      await shop.analytics.identify(userId, { email: 'seven@shop.example', plan: 'garden' });
      await shop.analytics.track('Last');
    },
    { writeKey, cdnURL: collector.url, userId, granted },
  );
  const anonymousId: string = await page.evaluate(async () => {
    const user = (globalThis as Anything).analytics.instance.user();
    return user.anonymousId();
  });
  return { context, elsewhere, anonymousId };
};

describe('@segment/analytics-next, unchanged', () => {
  test.each([
    ['external', null],
    ['claimed', { measurement: true, personalisation: true, marketing: false }],
  ] as const)('under a key of mode %s: page, track and identify become one person', async (mode, granted) => {
    const collector = collectors[mode];
    const { context, elsewhere, anonymousId } = await shopPage(collector, 'customer-7', granted);
    const profile = await until(async () => {
      const [found] = await collector.profiles({ userId: 'customer-7' });
      return found && found.counts.events >= 4 && found;
    });
    await context.close();
    expect(elsewhere).toEqual([]);
    expect((await collector.profiles({ anonymousId })).map(({ id }) => id)).toEqual([profile.id]);
    expect(profile.counts).toMatchObject({ events: 4, pageViews: 1, cartAdds: 1, sessions: 1, cartsOpen: 1 });
    expect(profile.cart).toMatchObject({
      lines: [{ productId: 'M-1', quantity: 2, priceMinor: 1900 }],
      valueMinor: 3800,
    });
    expect(profile.traits.plan).toMatchObject({ value: 'garden', assurance: 'claimed' });
    expect(profile.touches).toMatchObject([{ channel: 'Email', source: 'letter', medium: 'email' }]);
    expect(profile.lastSession!.device).toMatchObject({ kind: 'desktop' });
    const events = (await collector.list(profile.id, 'events')).reverse();
    expect(events.map(({ type, event }) => event ?? type)).toEqual(['Product', 'Product Added', 'identify', 'Last']);
    expect(events[0]!.page).toMatchObject({ path: '/p/mug' });
  });

  test.each([
    ['says nothing of consent', 'customer-8', null],
    ['has none for it', 'customer-9', { measurement: false, personalisation: false }],
  ])('under a key of mode claimed nothing is kept where the page %s', async (_, userId, granted) => {
    const collector = collectors.claimed;
    const before = await collector.events();
    const { context, anonymousId } = await shopPage(collector, userId, granted);
    const dropped = (before.dropped ?? 0) + 4;
    await until(async () => (await collector.events()).dropped === dropped);
    await context.close();
    expect(await collector.events()).toEqual({ ...before, dropped });
    expect(await (await fetch(`${collector.url}/metrics`)).text()).toContain(
      `weft_events_total{verdict="dropped",code="no_consent"} ${dropped}`,
    );
    expect(await collector.profiles({ userId })).toEqual([]);
    expect(await collector.profiles({ anonymousId })).toEqual([]);
  });
});
