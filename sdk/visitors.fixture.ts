// Visitors of a site with the script, in a real browser: what their device keeps, what they do, and what arrives. Owns the
// browser, the site and the collector of a test.

import { rmSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { folded } from './browser/cookie.js';
import { type Chromium, newFolder, startChromium, until } from './fixtures/chromium.js';
import { type Answering, type Collector, startCollector } from './fixtures/collector.js';
import { type Page as SitePage, startSite } from './fixtures/site.js';
import { type StorageCall, watchStorage } from './fixtures/watch.js';

export const all = { measurement: true, personalisation: true, marketing: true, sharing: true };
export const none = { measurement: false, personalisation: false, marketing: false, sharing: false };
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export let chromium: Chromium;
const folder = newFolder();
export let collector: Collector;
export let site: Awaited<ReturnType<typeof startSite>>;
export let context: BrowserContext;
let tag: SitePage;

/** A browser for the tests of a file; each test has a new visitor, a site and a collector of its own. */
export const visitors = (answering: Answering = {}, begin: SitePage = {}): void => {
  beforeAll(async () => {
    chromium = await startChromium(folder);
  });
  afterAll(async () => {
    await chromium?.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    tag = begin;
    collector = await startCollector(answering);
    site = await startSite(collector.url, () => tag);
    context = await chromium.browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await site.stop();
    await collector.stop();
  });
};

/** What the page holds from here on: attributes of the tag, scripts beside it. What is not named stays. */
export const setPage = (more: SitePage): void => {
  tag = { ...tag, ...more };
};

export const open = async (path = '/', watched = true, in_: BrowserContext = context): Promise<Page> => {
  const page = await in_.newPage();
  if (watched) await page.addInitScript(watchStorage);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  (page as any).errors = errors;
  await page.goto(site.url + path);
  await ready(page);
  return page;
};
/** The script is there, and its configuration too. */
export const ready = (page: Page) =>
  page.waitForFunction(
    () => !Array.isArray((window as any).weft) && (window as any).weft.consent.get().measurement !== undefined,
  );
export const call = (page: Page, code: string) => page.evaluate(code);
export const set = (
  page: Page,
  decisions: object,
  act: object = { source: 'own-cmp', textHash: 'f'.repeat(64), locale: 'fr', layer: 'first' },
) => call(page, `weft.consent.set(${JSON.stringify(decisions)}, ${JSON.stringify(act)})`);
export const calls = (page: Page): Promise<StorageCall[]> => page.evaluate(() => (window as any).storageCalls);
export const writes = async (page: Page) => (await calls(page)).filter(({ what }) => what !== 'cookie.read');
export const databases = (page: Page): Promise<string[]> =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ''));
export const cookies = async (): Promise<Record<string, any>> =>
  Object.fromEntries(
    (await context.cookies()).map(({ name, value }) => [name, JSON.parse(folded(decodeURIComponent(value)))]),
  );
/** What the device keeps of the answer. */
export const recorded = async (): Promise<any> => {
  const cookie = (await context.cookies()).find(({ name }) => name === 'weft_consent');
  return cookie && JSON.parse(folded(decodeURIComponent(cookie.value)));
};
export const arrived = async (name: string): Promise<any[]> => {
  await until(() => collector.named(name).length);
  return collector.named(name);
};
/** As when another tab is brought to the front, and this one again. */
export const show = (page: Page, isShown: boolean) =>
  call(
    page,
    `Object.defineProperty(document, 'hidden', { value: ${!isShown}, configurable: true });
     document.dispatchEvent(new Event('visibilitychange'))`,
  );
export const rule = (answering: Answering) => collector.rule(answering);
export const threeViewsAndACart = async (page: Page) => {
  await call(page, `history.pushState({}, '', '/two')`);
  await sleep(50);
  await call(page, `history.pushState({}, '', '/three')`);
  await sleep(50);
  await call(page, `weft.cart.add({ product_id: 'p1', price: 10, quantity: 2, currency: 'EUR' })`);
};
