// The script as a page gets it: what lies in dist/, from a collector that serves it, with the chunks it fetches by itself. The
// other tests of this folder bundle the sources in their own way, and saw nothing when the build once turned a comparison
// round: of an answer that followed none the date was missing, and the browser kept none.

import { existsSync, rmSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Chromium, newFolder, startChromium, until } from './fixtures/chromium.js';
import { agent, all, kept, type Shop, startShop, valuesOf } from './fixtures/shop.js';
import { watchStorage } from './fixtures/watch.js';

let chromium: Chromium;
const folder = newFolder();
let context: BrowserContext;
let shop: Shop;

beforeAll(async () => {
  if (!existsSync('dist/sdk/weft.js')) throw new Error('dist/ is not built: npm run build');
  chromium = await startChromium(folder);
  shop = await startShop({ isBuilt: true, consent: {} });
});
afterAll(async () => {
  await chromium?.kill();
  await shop?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  context = await chromium.browser.newContext({ userAgent: agent, locale: 'en-GB' });
});
afterEach(() => context.close());

const open = async (path = '/'): Promise<Page> => {
  const page = await context.newPage();
  await page.addInitScript(watchStorage);
  await page.goto(shop.url + path);
  await page.waitForFunction(() => (window as any).weft.consent.get().measurement !== undefined);
  return page;
};
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const record = async () => (await kept(context)).weft_consent;
/** The banner's answer is on the device, and the collector has its row. */
const answered = async (page: Page, button: string) => {
  await press(page, button);
  return until(async () => {
    const found = await record();
    return found?.rows.length === 0 && found;
  });
};
const tracked = (page: Page) => page.evaluate("weft.track('Guide Opened'), weft.flush()");
const writes = async (page: Page): Promise<string[]> =>
  (await page.evaluate(() => (window as any).storageCalls as { what: string }[]))
    .map(({ what }) => what)
    .filter((what) => what !== 'cookie.read');
const databases = (page: Page): Promise<number> => page.evaluate(async () => (await indexedDB.databases()).length);
const namesOf = async (anonymousId: string): Promise<string[]> => {
  const { profiles } = await shop.ask(`/v1/profiles?anonymousId=${anonymousId}`);
  if (!profiles[0]) return [];
  const { items } = await shop.ask(`/v1/profiles/${profiles[0].id}/events`);
  return items.map(({ type, event }: { type: string; event: string | null }) => event ?? type);
};

it('asks, and nothing is stored or sent before there is an answer', async () => {
  const page = await open();
  await tracked(page);
  await page.getByRole('button', { name: 'Accept all', exact: true }).waitFor();
  expect(await writes(page)).toEqual([]);
  expect([await record(), await databases(page)]).toEqual([undefined, 0]);
});

it('keeps the first answer, with its date, and asks no more', async () => {
  const before = Date.now();
  const { at, exp, decisions, receipt, anonymousId } = await answered(await open(), 'Accept all');
  expect(valuesOf({ decisions })).toEqual(all('granted'));
  expect(at).toBeGreaterThanOrEqual(before);
  expect(exp - at).toBe(180 * 864e5);
  expect([receipt, anonymousId].every(Boolean)).toBe(true);
  const page = await open('/next');
  expect(await page.evaluate('weft.consent.get()')).toEqual(all(true));
  expect(await page.evaluate('weft.consent.state().ask')).toEqual([]);
  expect((await record()).receipt).toBe(receipt);
});

it('delivers an event under a grant, which the ledger of the collector knows', async () => {
  const page = await open();
  const { anonymousId } = await answered(page, 'Accept all');
  await tracked(page);
  await until(async () => (await namesOf(anonymousId)).includes('Guide Opened'));
  expect(await namesOf(anonymousId)).toContain('page');
});

it('keeps of a refusal that there was one, and nothing that tells whose', async () => {
  const page = await open();
  const refused = await answered(page, 'Reject all');
  await tracked(page);
  expect(valuesOf(refused)).toEqual(all('denied'));
  expect(JSON.stringify(await record())).not.toMatch(/receipt|anonymousId|visitorId|session|life/);
  expect(await databases(page)).toBe(0);
  expect(await writes(page)).not.toContain('indexedDB.open');
});

it('wipes what a withdrawal takes back, on the device and at the collector', async () => {
  const page = await open();
  const { anonymousId } = await answered(page, 'Accept all');
  await tracked(page);
  await until(async () => (await namesOf(anonymousId)).length);
  await page.evaluate('weft.consent.withdraw()');
  await until(async () => (await record()).rows.length === 0);
  expect(valuesOf(await record())).toEqual(all('denied'));
  expect(JSON.stringify(await record())).not.toMatch(/receipt|anonymousId|visitorId|session|life/);
  await until(async () => (await databases(page)) === 0);
  expect(await namesOf(anonymousId)).toEqual([]);
  expect(await page.evaluate('weft.consent.get()')).toEqual(all(false));
});
