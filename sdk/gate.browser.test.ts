// What a visitor's device keeps and what leaves it, in a real browser, for the scenarios of consent.md section 9.

import { rmSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { folded } from './browser/cookie.js';
import { type Chromium, newFolder, startChromium, until } from './fixtures/chromium.js';
import { type Answering, type Collector, configOf, startCollector } from './fixtures/collector.js';
import { startSite } from './fixtures/site.js';
import { type StorageCall, watchStorage } from './fixtures/watch.js';

const all = { measurement: true, personalisation: true, marketing: true, sharing: true };
const none = { measurement: false, personalisation: false, marketing: false, sharing: false };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let chromium: Chromium;
const folder = newFolder();
let collector: Collector;
let site: Awaited<ReturnType<typeof startSite>>;
let context: BrowserContext;
let attributes: Record<string, string>;
let before: string;

beforeAll(async () => {
  chromium = await startChromium(folder);
});
afterAll(async () => {
  await chromium?.kill();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  attributes = {};
  before = '';
  collector = await startCollector();
  site = await startSite(collector.url, () => ({ attributes, before }));
  context = await chromium.browser.newContext();
});
afterEach(async () => {
  await context.close();
  await site.stop();
  await collector.stop();
});

const open = async (path = '/', watched = true, in_: BrowserContext = context): Promise<Page> => {
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
const ready = (page: Page) =>
  page.waitForFunction(
    () => !Array.isArray((window as any).weft) && (window as any).weft.consent.get().measurement !== undefined,
  );
const call = (page: Page, code: string) => page.evaluate(code);
const set = (
  page: Page,
  decisions: object,
  act: object = { source: 'own-cmp', textHash: 'f'.repeat(64), locale: 'fr', layer: 'first' },
) => call(page, `weft.consent.set(${JSON.stringify(decisions)}, ${JSON.stringify(act)})`);
const calls = (page: Page): Promise<StorageCall[]> => page.evaluate(() => (window as any).storageCalls);
const writes = async (page: Page) => (await calls(page)).filter(({ what }) => what !== 'cookie.read');
const databases = (page: Page): Promise<string[]> =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ''));
const cookies = async (): Promise<Record<string, any>> =>
  Object.fromEntries(
    (await context.cookies()).map(({ name, value }) => [name, JSON.parse(folded(decodeURIComponent(value)))]),
  );
const arrived = async (name: string): Promise<any[]> => {
  await until(() => collector.named(name).length);
  return collector.named(name);
};
/** As when another tab is brought to the front, and this one again. */
const show = (page: Page, isShown: boolean) =>
  call(
    page,
    `Object.defineProperty(document, 'hidden', { value: ${!isShown}, configurable: true });
     document.dispatchEvent(new Event('visibilitychange'))`,
  );
const rule = (answering: Answering) => collector.rule(answering);
const threeViewsAndACart = async (page: Page) => {
  await call(page, `history.pushState({}, '', '/two')`);
  await sleep(50);
  await call(page, `history.pushState({}, '', '/three')`);
  await sleep(50);
  await call(page, `weft.cart.add({ product_id: 'p1', price: 10, quantity: 2, currency: 'EUR' })`);
};

describe('before an answer', () => {
  it('consent 1: nothing is stored, probed or sent but one config request without cookie or query', async () => {
    const page = await open('/?utm_source=x');
    await threeViewsAndACart(page);
    await page.clock.install();
    await page.clock.runFor(60_000);
    await sleep(100);
    expect(await writes(page)).toEqual([]);
    expect(await context.cookies()).toEqual([]);
    expect(await databases(page)).toEqual([]);
    expect(collector.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/config/wk_test/-']);
    expect(collector.requests[0]!.headers.cookie).toBeUndefined();
    expect((page as any).errors).toEqual([]);
  });

  it('consent 2: closing the tab sends nothing', async () => {
    const page = await open();
    await threeViewsAndACart(page);
    await page.close({ runBeforeUnload: true });
    await sleep(300);
    expect(collector.posts()).toEqual([]);
    expect(await context.cookies()).toEqual([]);
  });

  it('asks nothing at all when the configuration is inlined', async () => {
    attributes = { 'data-config': JSON.stringify(configOf()) };
    const page = await open();
    await threeViewsAndACart(page);
    expect(collector.requests).toEqual([]);
    expect(await writes(page)).toEqual([]);
  });
});

describe('an answer', () => {
  it('consent 3: a refusal leaves a record without an identifier, and one ledger post without an id', async () => {
    const page = await open();
    await threeViewsAndACart(page);
    await set(page, none);
    await until(() => collector.posts().length);
    await sleep(200);
    const stored = await cookies();
    expect(Object.keys(stored)).toEqual(['weft_consent']);
    expect(Object.values(stored.weft_consent.decisions).map(({ value }: any) => value)).toEqual([
      'denied',
      'denied',
      'denied',
      'denied',
    ]);
    expect(Object.keys(stored.weft_consent).sort()).toEqual(['at', 'decisions', 'exp', 'policy', 'rev', 'rows', 'v']);
    expect(stored.weft_consent.rows).toEqual([]);
    expect((await calls(page)).filter(({ what }) => what.startsWith('indexedDB'))).toEqual([]);
    expect(await databases(page)).toEqual([]);
    expect(collector.posts().map(({ path }) => path)).toEqual(['/v1/consent']);
    const row = collector.posts()[0]!.body;
    expect(row).toMatchObject({ kind: 'refuse', writeKey: 'wk_test' });
    expect(row.receipt ?? row.visitorId ?? row.epoch ?? null).toBeNull();
    await call(page, `weft.track('Later')`);
    await page.close({ runBeforeUnload: true });
    await sleep(200);
    expect(collector.posts()).toHaveLength(1);
  });

  it('consent 4: a grant sends the row and the four held events, marked, in one batch, and only then creates ids', async () => {
    const page = await open();
    await threeViewsAndACart(page);
    expect(await writes(page)).toEqual([]);
    await set(page, all);
    await until(() => collector.events.size === 4);
    const [batch] = collector.batches();
    expect(collector.posts()).toHaveLength(1);
    expect(batch!.body.consent).toMatchObject({
      kind: 'grant',
      visitorId: batch!.body.batch[0].anonymousId,
      policy: { version: '3' },
      text: { locale: 'fr', sha256: 'f'.repeat(64) },
      gpc: { js: false },
    });
    expect(batch!.body.consent.receipt).toMatch(/^[\w-]{22}$/);
    expect(batch!.body.consent.decisions).toHaveLength(4);
    expect(batch!.body.consent.decisions[0]).toEqual({
      purpose: 'measurement',
      value: 'granted',
      source: 'user',
      materialHash: 'a'.repeat(64),
    });
    expect(batch!.body.batch.map(({ type, event }: any) => event ?? type)).toEqual([
      'page',
      'page',
      'page',
      'Product Added',
    ]);
    for (const event of batch!.body.batch) {
      expect(event.preConsent).toBe(true);
      expect(Date.parse(event.releasedAt)).toBeGreaterThanOrEqual(Date.parse(event.timestamp));
      expect(event.context.consent.receipt).toBe(batch!.body.consent.receipt);
      expect(event.context.sessionId).toMatch(/^[\da-f-]{36}$/);
    }
    const stored = await cookies();
    expect(Object.keys(stored)).toEqual(['weft_consent']);
    expect(stored.weft_consent.anonymousId).toBe(batch!.body.consent.visitorId);
    expect(stored.weft_consent.session.id).toBe(batch!.body.batch.at(-1).context.sessionId);
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    await call(page, `weft.track('Later')`);
    await call(page, `weft.flush()`);
    await until(() => collector.named('Later').length);
    expect(collector.batches().at(-1)!.body.consent).toBeUndefined();
    expect(collector.named('Later')[0].preConsent).toBeUndefined();
  });

  it('consent 4: of more than may wait, what did not is counted as that, and what waited as nothing lost', async () => {
    attributes = { 'data-pages': 'false' };
    const page = await open();
    await call(page, `for (let n = 0; n < 53; n++) weft.track('Early', { n })`);
    await set(page, all);
    await until(() => collector.named('Early').length === 50);
    const told = collector.batches().map(({ body }) => body.discarded);
    expect(told.reduce((sum, one) => sum + (one.full ?? 0), 0)).toBe(3);
    expect(told.reduce((sum, one) => sum + (one.no_consent ?? 0), 0)).toBe(0);
  });

  it('consent 27: what is held is redacted while it is held, title and properties too', async () => {
    attributes = { 'data-pages': 'false' };
    rule({ config: configOf({ redact: { keys: ['voucher'] } }) });
    const page = await open();
    await call(page, `window.held = []; weft.on('held', (event) => held.push(JSON.stringify(event)))`);
    await call(
      page,
      `document.title = 'Hello a@b.c', weft.track('Note Left', { note: 'for a@b.c', voucher: 'V-1', password: 'pw' })`,
    );
    const [held] = (await call(page, 'held')) as string[];
    expect(held).toContain('for :redacted');
    expect(held).not.toMatch(/a@b\.c|V-1|"pw"/);
    await set(page, all);
    const [sent] = await arrived('Note Left');
    expect(sent.properties).toEqual({ note: 'for :redacted' });
  });

  it('consent 4: holds no more, and no longer, than the file says', async () => {
    attributes = { 'data-pages': 'false' };
    rule({ config: configOf({ preConsent: { mode: 'hold', maxEvents: 2, maxMinutes: 0.02 } }) });
    const page = await open();
    await call(page, `window.told = []; weft.on('dropped', ({ reason, n }) => told.push(reason + (n ?? 1)))`);
    await call(page, `weft.track('Old')`);
    await sleep(1400);
    // It has left the memory by itself, not only what is told.
    expect(await call(page, 'told.filter((one) => one === "age1").length')).toBe(1);
    await call(page, `for (const n of [1, 2, 3]) weft.track('Young', { n })`);
    await set(page, all);
    await until(() => collector.named('Young').length === 2);
    await sleep(100);
    expect(collector.named('Young').map(({ properties }) => properties.n)).toEqual([1, 2]);
    expect(collector.named('Old')).toEqual([]);
    const told = collector.batches().map(({ body }) => body.discarded);
    expect(told.reduce((sum, one) => sum + (one.full ?? 0), 0)).toBe(1);
    expect(told.reduce((sum, one) => sum + (one.age ?? 0), 0)).toBe(1);
  });

  it('consent 4: what a page in the background holds is not brought by a later grant over a no that it did not hear', async () => {
    attributes = { 'data-pages': 'false' };
    const behind = await open();
    await call(behind, `weft.track('Held')`);
    await show(behind, false);
    const page = await open();
    await set(page, none);
    await set(page, all);
    await show(behind, true);
    await call(behind, `weft.track('Shown')`);
    await call(behind, `weft.flush()`);
    await arrived('Shown');
    expect(collector.named('Held')).toEqual([]);
    const told = collector.batches().map(({ body }) => body.discarded);
    expect(told.reduce((sum, one) => sum + (one?.no_consent ?? 0), 0)).toBe(1);
  });

  /** What a page in the background does not live to see: not at once, or not before it is shown again. */
  const ways = {
    'in the background': { leave: async () => {}, back: async () => {} },
    frozen: {
      leave: (page: Page) => lifecycle(page, 'frozen'),
      back: (page: Page) => lifecycle(page, 'active'),
    },
  };
  const lifecycle = async (page: Page, state: 'active' | 'frozen') => {
    const session = await context.newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state });
    await session.detach();
  };
  for (const [where, { leave, back }] of Object.entries(ways)) {
    it(`consent 4: what a page holds ${where} is not brought by the answer that follows an erasure, though it is a first one`, async () => {
      attributes = { 'data-pages': 'false' };
      const behind = await open();
      await call(behind, `weft.track('Held')`);
      await show(behind, false);
      await leave(behind);
      const page = await open();
      await set(page, all);
      await call(page, `weft.track('Told')`);
      await call(page, `weft.flush()`);
      await arrived('Told');
      // Erased by request from elsewhere, and told so with the next batch.
      rule({ verdict: () => ({ kind: 'dropped', code: 'erased' }), state: () => 'erased' });
      await call(page, `weft.track('Erased'), weft.flush()`);
      await until(async () => (await context.cookies()).length === 0);
      rule({});
      await set(page, all);
      expect((await cookies()).weft_consent.rev).toBe(1);
      await back(behind);
      await show(behind, true);
      await until(() => call(behind, `weft.consent.get().measurement`));
      await call(behind, `weft.track('Shown')`);
      await call(behind, `weft.flush()`);
      await arrived('Shown');
      await sleep(200);
      await call(behind, `weft.flush()`);
      // What it heard at once went under the first answer, to be erased with it.
      const [shown] = collector.named('Shown');
      expect(collector.named('Held').filter(({ anonymousId }) => anonymousId === shown.anonymousId)).toEqual([]);
    });

    it(`consent 4: what a page holds ${where} is brought by the first answer, though it was given in another tab`, async () => {
      attributes = { 'data-pages': 'false' };
      const behind = await open();
      await call(behind, `weft.track('Held')`);
      await show(behind, false);
      await leave(behind);
      const page = await open();
      await set(page, all);
      await back(behind);
      await show(behind, true);
      await call(behind, `weft.flush()`);
      const [held] = await arrived('Held');
      expect(held.preConsent).toBe(true);
    });
  }

  it('consent 6: measurement alone has a session, and neither visitor id, user id nor click ids', async () => {
    const page = await open('/?gclid=abc123&utm_source=ads');
    await set(page, { measurement: true, personalisation: false, marketing: false, sharing: false });
    await call(page, `weft.identify('U1', { email: 'a@b.c' })`);
    await call(page, `weft.track('Something')`);
    await call(page, `weft.flush()`);
    await until(() => collector.named('Something').length);
    const text = JSON.stringify(collector.posts().map(({ body }) => body));
    expect(text).not.toContain('anonymousId');
    expect(text).not.toContain('U1');
    expect(text).not.toContain('a@b.c');
    expect(text).not.toContain('gclid');
    expect(text).toContain('utm_source=ads');
    expect(collector.named('identify')).toEqual([]);
    for (const { body } of collector.batches())
      for (const event of body.batch) expect(event.context.sessionId).toBeTruthy();
    expect(collector.batches()[0]!.body.consent.visitorId ?? null).toBeNull();
    const { weft_consent: record } = await cookies();
    expect(record.anonymousId ?? record.userId).toBeUndefined();
    expect(record.session.id).toBe(collector.batches()[0]!.body.batch[0].context.sessionId);
  });

  it('with `current`, the default, tells only the present page and cart', async () => {
    rule({ config: configOf({ preConsent: { mode: 'current' } }) });
    const page = await open('/one?gclid=abc');
    await threeViewsAndACart(page);
    await call(page, `weft.cart.add({ product_id: 'p2', price: 5 })`);
    await call(page, `weft.cart.remove({ product_id: 'p1', quantity: 1 })`);
    const grantedAt = Date.now();
    await set(page, all);
    await until(() => collector.events.size === 2);
    const [view, cart] = collector.batches()[0]!.body.batch;
    expect(view).toMatchObject({ type: 'page', context: { page: { url: `${site.url}/three` } } });
    expect(view.preConsent).toBeUndefined();
    expect(Date.parse(view.timestamp)).toBeGreaterThanOrEqual(grantedAt);
    expect(cart).toMatchObject({
      event: 'Cart Updated',
      properties: {
        currency: 'EUR',
        products: [
          { product_id: 'p1', quantity: 1 },
          { product_id: 'p2', quantity: 1 },
        ],
      },
    });
  });

  it('C1, C2: with `current`, tells which cart it is and in which currency, as the page was told last', async () => {
    rule({ config: configOf({ preConsent: { mode: 'current' } }) });
    const page = await open();
    await call(
      page,
      `weft.cart.update({ cart_id: 'c-16', currency: 'EUR', products: [{ product_id: 'p1', price: 9 }] })`,
    );
    await call(page, `weft.track('Order Completed', { order_id: 'o1', cart_id: 'c-16', currency: 'EUR', total: 9 })`);
    await call(page, `weft.cart.add({ product_id: 'p2', price: 4980, currency: 'JPY' })`);
    await call(page, `weft.cart.add({ product_id: 'p3', price: 500 })`);
    await set(page, all);
    const [second] = await arrived('Cart Updated');
    expect(second.properties).toMatchObject({
      currency: 'JPY',
      products: [{ product_id: 'p2' }, { product_id: 'p3' }],
    });
    // The first one was ordered.
    expect(second.properties.cart_id).toBeUndefined();
  });

  it('C1: with `current`, a cart that has a name keeps it over what is added and removed without one', async () => {
    rule({ config: configOf({ preConsent: { mode: 'current' } }) });
    const page = await open();
    await call(
      page,
      `weft.cart.update({ cart_id: 'c-17', currency: 'JPY', products: [{ product_id: 'p1', price: 4980, quantity: 2 }] })`,
    );
    await call(page, `weft.cart.remove({ product_id: 'p1' })`);
    await set(page, all);
    const [cart] = await arrived('Cart Updated');
    expect(cart.properties).toEqual({
      cart_id: 'c-17',
      currency: 'JPY',
      products: [{ product_id: 'p1', price: 4980, quantity: 1 }],
    });
  });

  it('with `drop`, tells nothing of before', async () => {
    rule({ config: configOf({ preConsent: { mode: 'drop' } }) });
    const page = await open();
    await threeViewsAndACart(page);
    await set(page, all);
    await until(() => collector.posts().length);
    await sleep(200);
    expect(collector.posts().map(({ path }) => path)).toEqual(['/v1/consent']);
  });

  it('is not given again by a site that repeats it on every page', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    await page.goto(`${site.url}/next`);
    await ready(page);
    await set(page, all);
    await call(page, `weft.flush()`);
    await until(() => collector.named('page').length === 2);
    expect(new Set(collector.named('page').map(({ context }: any) => context.consent.receipt)).size).toBe(1);
    expect(collector.ledger.size).toBe(1);
  });
});

describe('taking it back', () => {
  it('consent 8: withdrawing wipes ids and buffer at once, and leaves a slip until it is acknowledged', async () => {
    const page = await open();
    await set(page, all);
    for (let n = 1; n <= 5; n++) await call(page, `weft.track('Event ${n}')`);
    await call(page, `weft.flush()`);
    await until(() => collector.named('Event 5').length);
    const { weft_consent: granted } = await cookies();
    rule({ fault: ({ path }) => (path === '/v1/consent' ? { kind: 'down' } : undefined) });
    await call(page, `weft.track('Unsent')`);
    const count = collector.batches().length;
    // In the same turn: no promise may have to pass first.
    const atOnce = (await page.evaluate(() => {
      (window as any).weft.consent.withdraw();
      return document.cookie;
    })) as string;
    const slip = JSON.parse(folded(decodeURIComponent(atOnce.slice('weft_consent='.length))));
    expect(slip.receipt ?? slip.epoch ?? slip.anonymousId ?? slip.session).toBeUndefined();
    expect(slip.rows).toMatchObject([
      { kind: 'withdraw', supersedes: granted.receipt, visitorId: granted.anonymousId, epoch: granted.epoch },
    ]);
    await until(async () => (await databases(page)).length === 0);
    await call(page, `weft.track('After')`);
    rule({});
    const row = await until(() => collector.ledger.get(slip.rows[0].receipt));
    expect(row.decisions.map(({ value }: any) => value)).toEqual(['denied', 'denied', 'denied', 'denied']);
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    expect(Object.keys(await cookies())).toEqual(['weft_consent']);
    expect(JSON.stringify(await cookies())).not.toContain(granted.anonymousId);
    expect(collector.batches()).toHaveLength(count);
    expect(collector.named('Unsent')).toEqual([]);
  });

  it('consent 9: a withdrawal made offline goes out on the next load, and nothing else does', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    const { weft_consent: ids } = await cookies();
    await context.setOffline(true);
    await call(page, `weft.consent.withdraw()`);
    await sleep(100);
    const before = collector.posts().length;
    await context.setOffline(false);
    await page.goto('about:blank');
    const later = await open();
    await until(() => collector.posts().length > before);
    await sleep(300);
    const posts = collector.posts().slice(before);
    expect(posts.map(({ path }) => path)).toEqual(['/v1/consent']);
    expect(posts[0]!.body).toMatchObject({ kind: 'withdraw', visitorId: ids.anonymousId });
    expect((await cookies()).weft_consent.rows).toEqual([]);
    expect((await calls(later)).filter(({ what }) => what.startsWith('indexedDB'))).toEqual([]);
  });

  it('consent 11: after a withdrawal in one tab the other sends and stores nothing', async () => {
    const a = await open('/a');
    await set(a, all);
    await until(() => collector.events.size);
    const b = await open('/b');
    await call(b, `weft.flush()`);
    await until(() => collector.named('page').length === 2);
    const count = collector.batches().length;
    await call(a, `weft.consent.withdraw()`);
    await call(b, `weft.cart.add({ product_id: 'p1' }), weft.flush()`);
    await b.close({ runBeforeUnload: true });
    await sleep(300);
    expect(collector.batches()).toHaveLength(count);
    expect(collector.named('Product Added')).toEqual([]);
    expect(await databases(a)).toEqual([]);
    expect(Object.keys(await cookies())).toEqual(['weft_consent']);
    const posts = collector.posts().slice(count);
    expect(posts.map(({ path, body }) => `${path} ${body.kind}`)).toEqual(['/v1/consent withdraw']);
  });

  it('consent 8, 11: a withdrawal after the clock was corrected stands in both tabs, and is sent', async () => {
    before = 'Date.now = ((real) => () => real() + 5 * 36e5)(Date.now)';
    const early = await open('/');
    await set(early, all);
    await until(() => collector.events.size);
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    await early.close();
    before = '';
    const a = await open('/a');
    const b = await open('/b');
    const measured = () => Promise.all([a, b].map((page) => call(page, 'weft.consent.get().measurement')));
    expect(await measured()).toEqual([true, true]);
    await Promise.all([a, b].map((page) => call(page, `weft.flush()`)));
    await until(() => collector.named('page').length === 3);
    const count = collector.posts().length;
    await call(a, `weft.consent.withdraw()`);
    await call(b, `weft.track('After'), weft.flush()`);
    await until(() => collector.posts().length > count);
    await sleep(300);
    expect(await measured()).toEqual([false, false]);
    const posts = collector.posts().slice(count);
    expect(posts.map(({ path, body }) => `${path} ${body.kind}`)).toEqual(['/v1/consent withdraw']);
    expect((await cookies()).weft_consent.decisions.measurement.value).toBe('denied');
  });

  it('what is said and taken back in a page in the background holds there at once', async () => {
    const page = await open();
    await set(page, all);
    await call(page, `window.wrong = []; weft.on('error', (error) => wrong.push(String(error)))`);
    await call(page, `addEventListener('unhandledrejection', ({ reason }) => wrong.push(String(reason)))`);
    await show(page, false);
    await call(page, `weft.identify('U1')`);
    await call(page, `weft.flush()`);
    await arrived('identify');
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    await call(page, `weft.consent.withdraw()`);
    expect(await call(page, `weft.consent.state().record.receipt`)).toBeUndefined();
    await until(() => [...collector.ledger.values()].some(({ kind }) => kind === 'withdraw'));
    expect(await call(page, 'wrong')).toEqual([]);
  });

  it('withdrawing one purpose keeps the others, and takes out of the buffer what only that one used', async () => {
    const page = await open();
    await set(page, all);
    await call(page, `weft.identify('U1')`);
    await call(page, `weft.flush()`);
    await until(() => collector.named('identify').length);
    await context.setOffline(true);
    await call(page, `weft.track('Waiting'), weft.identify('U1', { plan: 'gold' })`);
    await call(page, `weft.consent.withdraw('personalisation')`);
    const { weft_consent: record } = await cookies();
    expect(record.anonymousId ?? record.userId).toBeUndefined();
    expect(record.decisions).toMatchObject({
      measurement: { value: 'granted' },
      personalisation: { value: 'denied' },
      marketing: { value: 'denied' },
    });
    await context.setOffline(false);
    await call(page, `weft.track('Afterwards'), weft.flush()`);
    await until(() => collector.named('Waiting').length && collector.named('Afterwards').length);
    for (const name of ['Waiting', 'Afterwards']) {
      const [event] = collector.named(name);
      expect(event.anonymousId ?? event.userId).toBeUndefined();
      expect(event.context.sessionId).toBeTruthy();
    }
    expect(collector.named('identify')).toHaveLength(1);
  });

  it('consent 13: told that it is erased, the device wipes itself and sends nothing more', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    await context.setOffline(true);
    for (let n = 0; n < 20; n++) await call(page, `weft.track('Offline ${n}')`);
    const before = collector.posts().length;
    rule({
      verdict: () => ({ kind: 'dropped', code: 'erased' }),
      state: () => 'erased',
    });
    await context.setOffline(false);
    await until(() => collector.posts().length > before);
    await until(async () => (await context.cookies()).length === 0);
    await until(async () => (await databases(page)).length === 0);
    await call(page, `weft.track('After'), weft.flush()`);
    await sleep(300);
    const posts = collector.posts().slice(before);
    expect(posts).toHaveLength(1);
    expect(posts[0]!.body.batch).toHaveLength(20);
    expect(await call(page, `weft.consent.get().measurement`)).toBeNull();
  });

  it('R14: an erased person may come back only under a new device id and a new grant', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    const { weft_consent: old } = await cookies();
    rule({ verdict: () => ({ kind: 'dropped', code: 'erased' }), state: () => 'erased' });
    await call(page, `weft.track('X'), weft.flush()`);
    await until(async () => (await context.cookies()).length === 0);
    rule({});
    await set(page, all);
    await call(page, `weft.identify('U1'), weft.flush()`);
    await until(() => collector.named('identify').length);
    const [identify] = collector.named('identify');
    expect(identify.anonymousId).not.toBe(old.anonymousId);
    expect(collector.ledger.get(identify.context.consent.receipt)).toMatchObject({
      kind: 'grant',
      visitorId: identify.anonymousId,
    });
    expect(collector.ledger.get(identify.context.consent.receipt).supersedes).toBeUndefined();
  });

  it('forget() withdraws everything, wipes the device and leaves the slip (R9)', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    const { weft_consent: record } = await cookies();
    await call(page, `weft.forget()`);
    await until(() => [...collector.ledger.values()].some(({ kind }) => kind === 'erase'));
    const row = [...collector.ledger.values()].find(({ kind }) => kind === 'erase');
    expect(row).toMatchObject({ visitorId: record.anonymousId, supersedes: record.receipt });
    await until(async () => (await databases(page)).length === 0);
    expect(Object.keys(await cookies())).toEqual(['weft_consent']);
  });
});

describe('regions and signals', () => {
  const california = configOf({}, { code: 'US-CA', model: 'opt-out' });

  it.each([1, 2, 3])(
    'an answer survives although nothing was acknowledged before it, after %i others',
    async (steps) => {
      const hash = (n: number) => `${n}`.repeat(64);
      rule({
        config: configOf(
          {
            purposes: ['measurement', 'personalisation', 'marketing', 'sharing', 'recommendations-by-partners'].map(
              (id, n) => ({
                id,
                gpc: 'ignore',
                requires: n ? ['measurement'] : [],
                compatibleWith: [],
                materialHash: hash(n),
              }),
            ),
          },
          { code: 'US-CA', model: 'opt-out' },
        ),
        fault: ({ method }) => (method === 'POST' ? { kind: 'down' } : undefined),
      });
      const page = await open();
      const variant = 'ask=measurement,personalisation,marketing,sharing&since=2026-11-01&has=receipt,device';
      const how = (n: number) => ({
        source: 'banner',
        layer: 'preferences',
        action: 'save',
        textHash: hash(n),
        locale: 'pt-BR',
        variant,
      });
      for (let n = 1; n < steps; n++) await set(page, { marketing: n % 2 === 0 }, how(n));
      await set(page, { sharing: false }, how(9));
      const [cookie] = await context.cookies();
      expect(cookie!.value.length).toBeLessThan(3_600);
      const { weft_consent: record } = await cookies();
      expect(record.decisions.sharing).toMatchObject({ value: 'denied', source: 'user' });
      // Nothing that proves it was left out.
      expect(record.rows.at(-1)).toMatchObject({
        kind: 'withdraw',
        visitorId: expect.any(String),
        text: { sha256: hash(9) },
      });
      expect(record.rows.at(-1).decisions).toHaveLength(5);
      rule({ config: california });
      const next = await open('/next');
      expect(await call(next, `weft.consent.get().sharing`)).toBe(false);
      await until(() => [...collector.ledger.values()].some(({ kind }) => kind === 'withdraw'));
    },
  );

  it('what a foreign banner says at length gives way to the answer', async () => {
    rule({ config: california, fault: ({ method }) => (method === 'POST' ? { kind: 'down' } : undefined) });
    const page = await open();
    const tcString = Array.from({ length: 500 }, (_, n) => `${n.toString(36)}CQx`).join('~');
    await set(page, { sharing: false }, { source: 'tcf', cmp: { name: 'foreign', version: '1', tcString } });
    expect((await cookies()).weft_consent.decisions.sharing.value).toBe('denied');
    expect(await call(await open('/next'), `weft.consent.get().sharing`)).toBe(false);
  });

  it('consent 17: where the default is yes, ids and buffer begin at once under a region-default receipt', async () => {
    rule({ config: california });
    const page = await open();
    await call(page, `weft.cart.add({ product_id: 'p1' }), weft.flush()`);
    const [added] = await arrived('Product Added');
    const row = collector.ledger.get(added.context.consent.receipt);
    expect(row).toMatchObject({ kind: 'region-default', visitorId: added.anonymousId });
    expect(row.decisions.map(({ purpose, value, source }: any) => `${purpose} ${value} ${source}`)).toEqual([
      'measurement granted region',
      'personalisation granted region',
      'marketing granted region',
      'sharing granted region',
    ]);
    const { weft_consent: ids } = await cookies();
    expect(ids.anonymousId).toBe(added.anonymousId);
    await page.goto(`${site.url}/next`);
    await ready(page);
    await call(page, `weft.flush()`);
    await until(() => collector.named('page').length === 2);
    expect(collector.ledger.size).toBe(1);
  });

  it('consent 18: the opt-out signal denies marketing and sharing, and leaves no mark on the device', async () => {
    rule({ config: california });
    await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
    const page = await open('/?gclid=abc');
    await call(page, `weft.flush()`);
    const [view] = await arrived('page');
    const row = collector.ledger.get(view.context.consent.receipt);
    expect(row.gpc).toEqual({ js: true });
    expect(row.decisions.map(({ purpose, value, source }: any) => `${purpose} ${value} ${source}`)).toEqual([
      'measurement granted region',
      'personalisation granted region',
    ]);
    expect(view.context.page.url).toBe(`${site.url}/`);
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    expect(JSON.stringify(await cookies())).not.toMatch(/gpc|denied|marketing|sharing/);
    expect(await call(page, `weft.consent.get()`)).toEqual({
      measurement: true,
      personalisation: true,
      marketing: false,
      sharing: false,
    });
  });

  it('the page’s own word on its region goes before the collector’s', async () => {
    rule({ config: california });
    attributes = { 'data-region': 'FR' };
    const page = await open();
    await call(page, `weft.track('X'), weft.flush()`);
    await sleep(200);
    expect(collector.posts()).toEqual([]);
    expect(await writes(page)).toEqual([]);
  });

  it('a region that turns stricter stops what nobody answered', async () => {
    rule({ config: california });
    const page = await open();
    await call(page, `weft.flush()`);
    await until(() => collector.events.size);
    rule({ config: configOf() });
    attributes = { 'data-region': 'DE' };
    await page.goto(`${site.url}/next`);
    await ready(page);
    const count = collector.posts().length;
    await call(page, `weft.track('X'), weft.flush()`);
    await sleep(200);
    expect(collector.posts()).toHaveLength(count);
    expect(await call(page, `weft.consent.get().measurement`)).toBeNull();
  });
});

describe('addresses', () => {
  it('consent 27: secrets leave the address before anything sees it', async () => {
    const page = await open('/reset/eyJhbGciOi…?email=a@b.c&utm_source=x#t=1');
    await set(page, all);
    await call(page, `weft.flush()`);
    const [view] = await arrived('page');
    expect(view.context.page.url).toBe(`${site.url}/reset/:redacted?utm_source=x`);
    const everywhere = JSON.stringify([
      collector.requests.map(({ body, path }) => [body, path]),
      await context.cookies(),
      await calls(page),
    ]);
    expect(everywhere).not.toContain('a@b.c');
    expect(everywhere).not.toContain('eyJ');
  });

  it('consent 27: of a referrer only the origin stays', async () => {
    const page = await context.newPage();
    await page.goto(`${site.url}/account/a@b.c?x=1`);
    await ready(page);
    await page.evaluate(() => {
      location.href = '/next';
    });
    await page.waitForURL('**/next');
    await ready(page);
    await set(page, all);
    const [view] = await arrived('page');
    expect(view.context.page.referrer).toBe(site.url);
  });
});
