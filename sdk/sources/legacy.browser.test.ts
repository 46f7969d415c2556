// A device that has answered to the banner a site had before (`bridges.legacy`), in a real browser, against a real collector:
// nobody is asked again, the ledger says where the answer comes from, and the old cookie is read once.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { readConfig } from '../../collector/config.js';
import { type Served, serve } from '../../collector/serve.js';
import { folded } from '../browser/cookie.js';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { chunkScript, restScript, sdkScript } from '../fixtures/site.js';

const secretKey = 'sk_test_0123456789';
const writeKey = 'wk_test_0123456789';
const dayMs = 864e5;

let chromium: Chromium;
const folder = newFolder();
let home: string;
let collector: Served;
let context: BrowserContext;
let shop: { url: string; requests: string[]; stop: () => Promise<unknown> };

const startShop = async () => {
  const code = await sdkScript();
  const chunks: Record<string, string> = {
    rest: await restScript(),
    legacy: await chunkScript('sources/legacy.ts'),
    banner: 'export const start = () => { window.asked = true; };',
  };
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    requests.push(path);
    const text = path === '/weft.js' ? code : chunks[/^\/weft\/(\w+)-1\.js$/.exec(path)?.[1] ?? ''];
    if (/\.(js|ico)$/.test(path)) {
      response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/javascript' });
      return response.end(text);
    }
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      `<!doctype html><html lang=en><title>A page</title><script src=/weft.js data-key=${writeKey} data-host=${collector.url}></script>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    stop: () => {
      server.closeAllConnections();
      return new Promise<unknown>((resolve) => server.close(resolve));
    },
  };
};

const begin = async (legacy: object | undefined) => {
  home = mkdtempSync(join(tmpdir(), 'weft-legacy-'));
  const path = join(home, 'consent.json');
  const categories = { analytics: 'measurement', profile: 'personalisation', ads: 'marketing' };
  writeFileSync(path, JSON.stringify({ regions: 'everywhere-opt-in', bridges: { legacy, categories } }));
  collector = await serve(
    readConfig({
      PORT: '0',
      WEFT_DATA: join(home, 'data'),
      WEFT_SECRET_KEY: secretKey,
      WEFT_WRITE_KEY: writeKey,
      WEFT_ADMIN_PASSWORD: 'correct horse',
      WEFT_ORIGINS: '*',
      WEFT_CONSENT: path,
    }),
  );
  shop = await startShop();
};
const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

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
  await collector.close();
  rmSync(home, { recursive: true, force: true });
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
const record = async (): Promise<any> => {
  const found = (await context.cookies()).find(({ name }) => name === 'weft_consent');
  return found && JSON.parse(folded(decodeURIComponent(found.value)));
};
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
  expect(shop.requests.slice(before)).not.toContain('/weft/legacy-1.js');
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
  const proof = await (await fetch(`${collector.url}/v1/receipts/${receipt}`)).json();
  expect(proof.kind).toBe('import');
  expect(Date.parse(proof.expiresAt)).toBeLessThan(Date.now() + 82 * dayMs);
  expect(proof.decisions).toContainEqual(
    expect.objectContaining({ purpose: 'measurement', value: 'granted', source: 'import' }),
  );
  const store = new Database(join(home, 'data', 'weft.sqlite'), { readonly: true });
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
  expect(shop.requests).not.toContain('/weft/legacy-1.js');
});
