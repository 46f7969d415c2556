// What a visitor's device keeps and what leaves it before an answer and with one, in a real browser, for the scenarios of
// consent.md section 9.

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { until } from './fixtures/chromium.js';
import { configOf } from './fixtures/collector.js';
import {
  all,
  arrived,
  call,
  calls,
  collector,
  context,
  cookies,
  databases,
  none,
  open,
  ready,
  rule,
  set,
  setPage,
  show,
  site,
  sleep,
  threeViewsAndACart,
  visitors,
  writes,
} from './visitors.fixture.js';

visitors();

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
    setPage({ attributes: { 'data-config': JSON.stringify(configOf()) } });
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
    setPage({ attributes: { 'data-pages': 'false' } });
    const page = await open();
    await call(page, `for (let n = 0; n < 53; n++) weft.track('Early', { n })`);
    await set(page, all);
    await until(() => collector.named('Early').length === 50);
    const told = collector.batches().map(({ body }) => body.discarded);
    expect(told.reduce((sum, one) => sum + (one.full ?? 0), 0)).toBe(3);
    expect(told.reduce((sum, one) => sum + (one.no_consent ?? 0), 0)).toBe(0);
  });

  it('consent 27: what is held is redacted while it is held, title and properties too', async () => {
    setPage({ attributes: { 'data-pages': 'false' } });
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
    setPage({ attributes: { 'data-pages': 'false' } });
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
    setPage({ attributes: { 'data-pages': 'false' } });
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
      setPage({ attributes: { 'data-pages': 'false' } });
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
      setPage({ attributes: { 'data-pages': 'false' } });
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
