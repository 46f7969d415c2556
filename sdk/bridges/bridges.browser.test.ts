// The bridges on a page of a shop, built as they are shipped, with a real collector: what waits runs in its order and
// only once it may, Google's tags hear one default and one update, and what a recipient left behind goes with its purpose.

import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Anything,
  newBrowserFolder,
  startChromium,
  watched,
  weft,
} from '../../examples/testing/browser.fixture.js';
import { type Collector, startCollector, writeKey } from '../../examples/testing/collector.fixture.js';
import { consentModeDefault } from '../browser/stub.js';
import type { Chromium } from '../fixtures/chromium.js';

const everything = { measurement: true, personalisation: true, marketing: true, sharing: true };
const nothing = { measurement: false, personalisation: false, marketing: false, sharing: false };

let collector: Collector;
let chromium: Chromium;
let shop: Server;
let home: string;
const folder = newBrowserFolder();

const html =
  () => `<!doctype html><html lang="en"><head><title>A shop that moved here</title><link rel="icon" href="data:,">
<script>${consentModeDefault(['US-CA'])}window.ran=[];</script>
<script async src="${collector.url}/weft.js" data-key="${writeKey}" data-banner="false" data-sources="data-layer"></script></head><body>
<script type="text/plain" data-category="analytics">ran.push('inline, measured')</script>
<script type="text/plain" data-category="analytics" data-src="/slow.js"></script>
<script type="text/plain" data-type="text/javascript" data-name="stats">ran.push('after the slow one')</script>
<script type="text/plain" data-category="ads">ran.push('advertising')</script>
<script type="text/plain" data-category="!analytics">ran.push('refused')</script>
<script type="text/plain" data-category="necessary">ran.push('at once')</script>
<iframe data-name="adnet" data-src="/frame" title="A frame"></iframe></body></html>`;

beforeAll(async () => {
  const file = join(folder, 'consent.json');
  writeFileSync(
    file,
    JSON.stringify({
      policy: { version: '1', links: { privacy: '/privacy' } },
      purposes: [
        { id: 'necessary', always: true },
        { id: 'measurement', recipients: ['stats'], retentionDays: 395 },
        { id: 'personalisation', retentionDays: 180 },
        { id: 'marketing', recipients: ['adnet'], retentionDays: 90 },
        { id: 'sharing', recipients: ['adnet'], retentionDays: 30 },
      ],
      recipients: {
        stats: { name: 'Statistics', country: 'FR', role: 'processor', cookies: ['_st*'] },
        adnet: { name: 'Ad network', country: 'US', role: 'controller', cookies: ['_adn*', 'exact'] },
      },
      bridges: { googleConsentMode: true, dataLayer: true, blocked: true },
    }),
  );
  collector = await startCollector({ environment: { WEFT_CONSENT: file, WEFT_ORIGINS: '*' } });
  chromium = await startChromium(folder);
  shop = createServer((request, response) => {
    const path = request.url ?? '/';
    response.setHeader('content-type', path === '/slow.js' ? 'text/javascript' : 'text/html');
    if (path === '/slow.js') setTimeout(() => response.end("ran.push('the slow one')"), 300);
    else response.end(path === '/frame' ? '<p>framed</p>' : html());
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  home = `http://localhost:${(shop.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await chromium?.kill();
  await collector?.stop();
  shop?.closeAllConnections();
  shop?.close();
  rmSync(folder, { recursive: true, force: true });
});

const ran = (page: Page): Promise<string[]> => page.evaluate(() => (globalThis as Anything).ran);
const hasRun = (page: Page, one: string) =>
  page.waitForFunction((one) => (globalThis as Anything).ran.includes(one), one);
const told = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    (globalThis as Anything).dataLayer.map((one: Anything) =>
      one.event
        ? `${one.event} ${one.weft_consent.measurement}`
        : `${one[0]} ${one[1]} ${one[2]?.analytics_storage ?? ''}`,
    ),
  );

test('what waits runs in its order once it may, and Google’s tags hear of it once', { timeout: 120_000 }, async () => {
  const shopper = await watched(await chromium.browser.newContext(), home, [collector.url]);
  const { page } = shopper;
  await page.goto(home);
  await hasRun(page, 'at once');
  expect(await ran(page)).toEqual(['at once']);
  const defaults = [
    'consent default denied',
    'consent default granted',
    'set ads_data_redaction ',
    'set url_passthrough ',
  ];
  expect(await told(page)).toEqual(defaults);
  expect(await page.locator('iframe').getAttribute('src')).toBeNull();

  await weft(page, 'consent.set', { ...everything, marketing: false, sharing: false });
  await hasRun(page, 'after the slow one');
  expect(await ran(page)).toEqual(['at once', 'inline, measured', 'the slow one', 'after the slow one']);
  expect(await told(page)).toEqual([...defaults, 'consent update granted', 'weft_consent true']);
  // What the tags are told is not heard again as somebody's word: the gate stays as it was answered.
  expect((await weft(page, 'consent.get')).measurement).toBe(true);

  await weft(page, 'consent.set', everything);
  await hasRun(page, 'advertising');
  await page.waitForFunction(() => document.querySelector('iframe')?.contentDocument?.body?.textContent === 'framed');
  await shopper.context.addCookies(
    ['_stats', '_adn1', 'exact', 'exactly', 'mine'].map((name) => ({ name, value: '1', url: home })),
  );

  await weft(page, 'consent.withdraw', ['marketing', 'sharing']);
  await page.waitForFunction(() => document.querySelector('iframe')?.contentDocument?.body?.textContent === '');
  const cookies = async () =>
    (await shopper.context.cookies(home))
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('weft'))
      .sort();
  expect(await cookies()).toEqual(['_stats', 'exactly', 'mine']);

  await weft(page, 'consent.withdraw');
  await hasRun(page, 'refused');
  expect(await cookies()).toEqual(['exactly', 'mine']);
  expect((await told(page)).at(-2)).toBe('consent update denied');

  // Returning, refused: the stub's defaults, one update, and what waits for a refusal.
  await page.reload();
  await hasRun(page, 'refused');
  expect(await ran(page)).toEqual(expect.arrayContaining(['at once', 'refused']));
  expect(await told(page)).toEqual([...defaults, 'consent update denied', 'weft_consent false']);
  expect(shopper.troubles).toEqual([]);
  await shopper.context.close();
});

test('a refusal at first sight runs nothing that waits for a yes', { timeout: 60_000 }, async () => {
  const shopper = await watched(await chromium.browser.newContext(), home, [collector.url]);
  const { page } = shopper;
  await page.goto(home);
  await hasRun(page, 'at once');
  await weft(page, 'consent.set', nothing);
  await hasRun(page, 'refused');
  expect((await ran(page)).sort()).toEqual(['at once', 'refused']);
  expect(shopper.troubles).toEqual([]);
  await shopper.context.close();
});
