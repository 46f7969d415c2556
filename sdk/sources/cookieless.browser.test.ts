// Counting without anybody, from a real browser to the real collector's counters.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../../collector/config.js';
import { type Served, serve } from '../../collector/serve.js';
import { openSqlite } from '../../collector/store/sqlite.js';
import { folded } from '../browser/cookie.js';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { type StorageCall, watchStorage } from '../fixtures/watch.js';

const folder = newFolder();
const data = mkdtempSync(join(tmpdir(), 'weft-cookieless-'));
const lines: string[] = [];
let chromium: Chromium;
let served: Served;
let site: { url: string; stop: () => void };
let context: BrowserContext;
/** What the browser sent to the collector. */
let sent: { method: string; path: string; cookie: string | undefined; body: string | null }[];

beforeAll(async () => {
  const consent = join(data, 'consent.json');
  writeFileSync(consent, JSON.stringify({ cookieless: { mode: 'on-reject' } }));
  served = await serve(
    readConfig({
      PORT: '0',
      WEFT_DATA: join(data, 'store'),
      WEFT_CONSENT: consent,
      WEFT_WRITE_KEY: 'wk_test',
      WEFT_SECRET_KEY: 'sk_test',
      WEFT_ADMIN_PASSWORD: 'correct horse',
      WEFT_ORIGINS: '*',
      WEFT_BOTS: 'keep',
    }),
    { logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) },
  );
  const server = createServer((request, response) => {
    const banner = request.url?.includes('banner') ? '' : ' data-banner="false"';
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      `<!doctype html><title>A page</title><script async src="${served.url}/weft.js" data-key="wk_test" data-region="DE"${banner}></script>` +
        '<a href="#" data-weft-oppose>Do not count me</a>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  chromium = await startChromium(folder);
}, 120_000);
afterAll(async () => {
  await chromium?.kill();
  site?.stop();
  await served?.close();
  for (const path of [folder, data]) rmSync(path, { recursive: true, force: true });
});
afterEach(async () => context?.close());

const open = async (path: string): Promise<Page> => {
  sent = [];
  context = await chromium.browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watchStorage);
  page.on('request', (request) => {
    if (!request.url().startsWith(`${served.url}/v1`)) return;
    const { pathname, search } = new URL(request.url());
    sent.push({
      method: request.method(),
      path: pathname + search,
      cookie: request.headers().cookie,
      body: request.postData(),
    });
  });
  await page.goto(site.url + path);
  await page.waitForFunction(() => (window as any).weft?.consent?.get().measurement !== undefined);
  return page;
};
const call = (page: Page, code: string) => page.evaluate(code);
const counts = () => {
  const store = openSqlite(join(data, 'store', 'weft.sqlite'), [], { readonly: true });
  try {
    return store
      .prepare<{ event: string; path: string; product: string; country: string; n: number }>(
        'SELECT event, path, product, country, sum(count) AS n FROM cookieless_counts GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3',
      )
      .all();
  } finally {
    store.close();
  }
};
const reject = (page: Page) =>
  call(page, 'weft.consent.set({ measurement: false, personalisation: false, marketing: false, sharing: false })');
const posts = () => sent.filter(({ path }) => path === '/v1/cookieless');

it('consent 29: after a refusal there are sums and nobody in them; who objects is in none', {
  timeout: 120_000,
}, async () => {
  const page = await open('/mugs/48213?email=ada@shop.example');
  await page.waitForTimeout(300);
  expect(posts()).toEqual([]);
  await reject(page);
  for (const path of ['/mugs/1', '/mugs/48213?utm_campaign=x&gclid=CLICK', '/cart'])
    await call(page, `history.pushState({}, '', ${JSON.stringify(path)})`).then(() => page.waitForTimeout(100));
  await call(page, `weft.identify('U-77', { email: 'ada@shop.example' })`);
  await call(page, `weft.cart.add({ product_id: 'OX-101', price: 19, quantity: 2, currency: 'EUR' })`);
  await until(() => counts().length >= 3);
  await page.waitForTimeout(300);
  expect(counts()).toEqual([
    { event: 'add', path: '/cart', product: 'OX-101', country: '', n: 1 },
    { event: 'page', path: '/cart', product: '', country: '', n: 1 },
    { event: 'page', path: '/mugs/:id', product: '', country: '', n: 2 },
  ]);

  // On the device a refusal, and nothing of an id; on the wire sums, and nothing of anybody.
  const stored = await context.cookies();
  expect(stored.map(({ name }) => name)).toEqual(['weft_consent']);
  const record = JSON.parse(folded(decodeURIComponent(stored[0]!.value))) as Record<string, unknown>;
  expect([record.anonymousId, record.receipt, record.session, record.epoch]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const calls: StorageCall[] = await page.evaluate(() => (window as any).storageCalls);
  expect(calls.filter(({ what }) => !what.startsWith('cookie'))).toEqual([]);
  for (const { path, cookie, body } of posts()) {
    expect([path, cookie]).toEqual(['/v1/cookieless', undefined]);
    for (const word of ['ada@', 'U-77', 'CLICK', 'utm', 'messageId', 'sessionId', '?'])
      expect(body).not.toContain(word);
  }
  const tables = () => {
    const store = openSqlite(join(data, 'store', 'weft.sqlite'), [], { readonly: true });
    try {
      return ['events', 'profiles', 'sessions', 'nodes', 'deadlines'].map(
        (table) => store.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n,
      );
    } finally {
      store.close();
    }
  };
  expect(tables()).toEqual([0, 0, 0, 0, 0]);
  for (const word of ['ada@', 'U-77', 'CLICK', '48213', '127.0.0.1']) expect(lines.join('\n')).not.toContain(word);

  // Opposition: from here on nothing at all, on later pages neither.
  const before = sent.length;
  await page.click('[data-weft-oppose]');
  await page.waitForTimeout(100);
  await call(page, `history.pushState({}, '', '/after')`);
  await call(page, `weft.cart.add({ product_id: 'OX-102', quantity: 1 })`);
  await page.waitForTimeout(2_500);
  expect(sent.slice(before).filter(({ path }) => path !== '/v1/consent')).toEqual([]);
  const ledger = openSqlite(join(data, 'store', 'weft.sqlite'), [], { readonly: true });
  const acts = ledger.prepare('SELECT kind, receipt, subject_key, epoch FROM consent_ledger ORDER BY seq').all();
  ledger.close();
  const refusal = { kind: 'refuse', receipt: null, subject_key: null, epoch: null };
  expect(acts).toEqual([refusal, refusal]);
  await page.reload();
  await page.waitForFunction(() => (window as any).weft?.consent?.get().measurement !== undefined);
  await call(page, `history.pushState({}, '', '/later')`);
  await page.waitForTimeout(2_500);
  expect(counts().reduce((sum, { n }) => sum + n, 0)).toBe(4);
  expect(readFileSync(join(data, 'store', 'weft.sqlite')).includes('ada@shop.example')).toBe(false);

  // The shop reads sums of ten and more alone, once their hour is over: of this one not even how many are left out.
  const day = new Date().toISOString().slice(0, 10);
  const read = await fetch(`${served.url}/v1/cookieless/counts?from=${day}&to=${day}&by=event`, {
    headers: { authorization: 'Bearer sk_test' },
  });
  expect(await read.json()).toMatchObject({ items: [], suppressed: 0, k: 10 });
});

it('consent 29: the preferences offer the objection where people are counted, and not once it was made', async () => {
  const page = await open('/banner');
  await page.click('weft-consent .first .b:text-is("Reject all")');
  const counts = () => sent.filter(({ path }) => path === '/v1/cookieless').length;
  await page.evaluate(() => history.pushState({}, '', '/seen'));
  await until(() => counts() > 0);
  await page.evaluate(() => (window as any).weft.consent.show());
  const stop = page.locator('dialog button:text-is("Do not count my visits")');
  await stop.click();
  await page.waitForSelector('dialog', { state: 'detached' });
  const store = openSqlite(join(data, 'store', 'weft.sqlite'), [], { readonly: true });
  const last = store.prepare<{ ui: string; receipt: string | null; subject_key: Uint8Array | null }>(
    'SELECT ui, receipt, subject_key FROM consent_ledger ORDER BY seq DESC LIMIT 1',
  );
  const row = await until(() => [last.get()!].find(({ ui }) => ui.includes('"link"')));
  store.close();
  const ui = { layer: 'preferences', action: 'link' };
  expect(row).toMatchObject({ receipt: null, subject_key: null });
  expect(JSON.parse(row.ui)).toMatchObject(ui);
  const before = counts();
  await page.evaluate(() => history.pushState({}, '', '/unseen'));
  await page.evaluate(() => (window as any).weft.track('Product Added', { product_id: 'p1' }));
  await page.waitForTimeout(2_500);
  expect(counts()).toBe(before);
  await page.evaluate(() => (window as any).weft.consent.show());
  await page.waitForSelector('dialog[open]');
  expect(await stop.count()).toBe(0);
});
