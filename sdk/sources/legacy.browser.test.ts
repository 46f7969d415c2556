// A device that has answered to the banner a site had before (`bridges.legacy`), in a real browser, against a real collector:
// nobody is asked again, the ledger says where the answer comes from, and the old cookie is read once.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { agent, kept, type Shop, startShop } from '../fixtures/shop.js';

const dayMs = 864e5;

let chromium: Chromium;
const folder = newFolder();
let context: BrowserContext;
let shop: Shop;

const begin = async (legacy: object | undefined) => {
  const categories = { analytics: 'measurement', profile: 'personalisation', ads: 'marketing' };
  shop = await startShop({
    consent: { bridges: { legacy, categories } },
    chunks: { legacy: 'sources/legacy.ts', banner: 'export const start = () => { window.asked = true; };' },
  });
};

beforeAll(async () => {
  chromium = await startChromium(folder);
});
afterAll(async () => {
  await chromium?.kill();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  context = await chromium.browser.newContext({ userAgent: agent });
});
afterEach(async () => {
  await context.close();
  await shop.stop();
});

const answeredBefore = (categories: string[]) =>
  context.addCookies([
    {
      name: 'cc_cookie',
      url: shop.url,
      value: encodeURIComponent(
        JSON.stringify({
          categories: ['necessary', ...categories],
          services: { necessary: [], analytics: [], profile: [], ads: [] },
          lastConsentTimestamp: new Date(Date.now() - 100 * dayMs).toISOString(),
          expirationTime: Date.now() + 82 * dayMs,
        }),
      ),
    },
  ]);
const open = async (path = '/'): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(shop.url + path);
  await page.waitForFunction(() => (window as any).weft.consent?.get?.().measurement !== undefined);
  return page;
};
const cookieNames = async () => (await context.cookies()).map(({ name }) => name);
const record = async () => (await kept(context)).weft_consent;
const settled = () => until(async () => (await record())?.rows.length === 0);
const said = (page: Page) => page.evaluate('weft.consent.get()');

it('a refusal is taken over without an identifier, and nobody is asked again', async () => {
  await begin({ from: 'vanilla' });
  await answeredBefore([]);
  const page = await open();
  await until(record);
  expect(await said(page)).toEqual({ measurement: false, personalisation: false, marketing: false, sharing: false });
  await settled();
  expect(JSON.stringify(await record())).not.toMatch(/receipt|visitorId|anonymousId/);
  expect(await cookieNames()).toEqual(['weft_consent']);
  const before = shop.requests.length;
  await open('/next');
  expect(shop.requests.slice(before).map(({ path }) => path)).not.toContain('/weft/legacy-1.js');
});

it('declared the same, a grant goes on under an import row, and the collector counts it till its old end', async () => {
  await begin({ from: 'vanilla', equivalent: true });
  await answeredBefore(['analytics', 'profile']);
  const page = await open();
  await until(async () => (await record())?.receipt);
  expect(await said(page)).toMatchObject({ measurement: true, personalisation: true, marketing: false });
  const { receipt, exp } = await record();
  expect(exp).toBeLessThan(Date.now() + 82 * dayMs);
  await page.evaluate(`weft.track('After'), weft.flush()`);
  await settled();
  const proof = await (await fetch(`${shop.collector.url}/v1/receipts/${receipt}`)).json();
  expect(proof.kind).toBe('import');
  expect(Date.parse(proof.expiresAt)).toBeLessThan(Date.now() + 82 * dayMs);
  expect(proof.decisions).toContainEqual(
    expect.objectContaining({ purpose: 'measurement', value: 'granted', source: 'import' }),
  );
  const store = new Database(join(shop.data, 'weft.sqlite'), { readonly: true });
  const kept = store.prepare("SELECT count(*) AS n FROM events WHERE json_extract(body, '$.rc') = ?");
  await until(() => (kept.get(receipt) as { n: number }).n > 0);
  store.close();
  // What is erased does not come back from the old cookie.
  await page.evaluate('weft.forget()');
  expect(await cookieNames()).toEqual(['weft_consent']);
});

it('not declared, a grant is asked for, and its cookie stays as it is', async () => {
  await begin({ from: 'vanilla' });
  await answeredBefore(['analytics', 'profile', 'ads']);
  const page = await open();
  await page.waitForFunction(() => (window as any).asked);
  expect(await said(page)).toMatchObject({ measurement: null });
  expect(await cookieNames()).toEqual(['cc_cookie']);
});

it('a site that names no earlier banner reads no cookie of it', async () => {
  await begin(undefined);
  await answeredBefore([]);
  const page = await open();
  await page.waitForFunction(() => (window as any).asked);
  expect(await said(page)).toMatchObject({ measurement: null });
  expect(shop.requests.map(({ path }) => path)).not.toContain('/weft/legacy-1.js');
});
