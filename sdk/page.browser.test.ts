// What the script makes of a page's life: engaged time, coming back, being prerendered, changing its address, and leaving
// the person behind. In a real browser, with its clock ahead where time has to pass.

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { until } from './fixtures/chromium.js';
import { configOf } from './fixtures/collector.js';
import { collector, context, recorded, setPage, site, sleep, visitors } from './visitors.fixture.js';

const grant = `weft.consent.set({ measurement: true, personalisation: true, marketing: true, sharing: true })`;

visitors({ config: configOf({ preConsent: { mode: 'current' } }) }, { after: grant });

const ready = (page: Page) => page.waitForFunction(() => (window as any).weft?.consent?.get?.()?.measurement);
const open = async (path = '/'): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(site.url + path);
  await ready(page);
  return page;
};
const call = (page: Page, code: string): Promise<any> => page.evaluate(code);
const views = () => collector.named('page').map(({ context }: any) => new URL(context.page.url).pathname);
const viewed = async (page: Page, count: number) => {
  await call(page, 'weft.flush()');
  await until(() => views().length >= count);
  return views();
};

describe('engaged time', () => {
  it('S4: counts what is seen with input in the last 30 s, and tells it when the page is hidden', async () => {
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(site.url);
    await ready(page);
    await page.bringToFront();
    await page.mouse.move(40, 40);
    await page.mouse.move(50, 60);
    // A minute passes, half of it without anybody there.
    await page.clock.runFor(60_000);
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await until(() => collector.named('Page Engaged').some(({ properties }: any) => properties.final));
    const beats = collector.named('Page Engaged').map(({ properties }: any) => properties);
    const told = beats.map(({ engaged_ms }: any) => engaged_ms);
    expect(Math.max(...told)).toBeGreaterThanOrEqual(28_000);
    expect(Math.max(...told)).toBeLessThanOrEqual(32_000);
    // Cumulative, each of the same page view, and the last one says that the page was left.
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(new Set(beats.map(({ page_message_id }: any) => page_message_id)).size).toBe(1);
    expect(beats.at(-1)).toMatchObject({ final: true });
  });
});

describe('page views', () => {
  it('S4: an equal address is no new view; another is, also without the Navigation API', async () => {
    await context.addInitScript(() => Object.defineProperty(window, 'navigation', { value: undefined }));
    const page = await open('/one');
    const original = await call(page, 'String(history.pushState)');
    await call(page, `history.replaceState({}, '', location.href)`);
    await call(page, `history.pushState({}, '', '/two')`);
    expect(await viewed(page, 1)).toContain('/one');
    await until(async () => (await viewed(page, 1)).includes('/two'));
    expect(views()).toEqual(['/one', '/two']);
    // The page's own history is as it was.
    expect(await call(page, 'String(history.pushState)')).toBe(original);
  });

  it('S4: a page that comes back is a new view in the same session', async () => {
    const page = await open('/one');
    await viewed(page, 1);
    await page.evaluate(() => {
      (window as any).isSame = true;
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    });
    expect(await viewed(page, 2)).toEqual(['/one', '/one']);
    expect(new Set(collector.named('page').map(({ context }: any) => context.sessionId)).size).toBe(1);
  });

  it('S3, S4: a prerendered page counts when it is shown', async () => {
    await context.addInitScript(() =>
      Object.defineProperty(Document.prototype, 'prerendering', {
        configurable: true,
        get: () => !(window as any).isActivated,
      }),
    );
    const page = await open('/one');
    await call(page, 'weft.flush()');
    await sleep(200);
    expect(views()).toEqual([]);
    await page.evaluate(() => {
      (window as any).isActivated = true;
      document.dispatchEvent(new Event('prerenderingchange'));
    });
    expect(await viewed(page, 1)).toEqual(['/one']);
  });
});

describe('leaving', () => {
  it('R9: reset() begins another device and session, keeps the queue, and tells the ledger nothing of before', async () => {
    const page = await open();
    await call(page, `weft.identify('U1'), weft.flush()`);
    await until(() => collector.named('identify').length);
    const before = await recorded();
    collector.rule({ fault: ({ path }) => (path === '/v1/batch' ? { kind: 'down' } : undefined) });
    await call(page, `weft.track('Of U1'), weft.reset(), weft.track('Of nobody')`);
    const after = await recorded();
    expect(after.anonymousId).not.toBe(before.anonymousId);
    expect(after.session?.id).not.toBe(before.session.id);
    expect(after.userId).toBeUndefined();
    collector.rule({});
    await call(page, `dispatchEvent(new Event('online')), weft.flush()`);
    await until(() => collector.named('Of U1').length && collector.named('Of nobody').length);
    expect(collector.named('Of U1')[0]).toMatchObject({ anonymousId: before.anonymousId, userId: 'U1' });
    expect(collector.named('Of nobody')[0].anonymousId).toBe(after.anonymousId);
    expect(collector.named('Of nobody')[0].userId).toBeUndefined();
    const row = collector.ledger.get(after.receipt);
    expect(row.kind).toBe('grant');
    expect(row.decisions.every(({ value }: any) => value === 'granted')).toBe(true);
    for (const word of [before.receipt, before.anonymousId]) expect(JSON.stringify(row)).not.toContain(word);
  });

  it('R9: logout({ keepDevice: true }) clears the user and nothing else', async () => {
    const page = await open();
    await call(page, `weft.identify('U1')`);
    const before = await recorded();
    await call(page, `weft.logout({ keepDevice: true }), weft.track('After'), weft.flush()`);
    await until(() => collector.named('After').length);
    const after = await recorded();
    expect(after.userId).toBeUndefined();
    expect({ id: after.anonymousId, receipt: after.receipt }).toEqual({
      id: before.anonymousId,
      receipt: before.receipt,
    });
    expect(collector.named('After')[0].userId).toBeUndefined();
  });

  it('stop() ends the watching and leaves no listener that tells anything', async () => {
    const page = await open('/one');
    await viewed(page, 1);
    await call(page, `weft.stop(), history.pushState({}, '', '/two')`);
    await sleep(400);
    await call(page, 'weft.flush()');
    expect(views()).toEqual(['/one']);
  });
});

describe('what cannot be had', () => {
  /** A page that throws nothing into the shop, whatever fails. */
  const quiet = async (): Promise<{ page: Page; thrown: string[] }> => {
    const page = await context.newPage();
    const thrown: string[] = [];
    page.on('pageerror', (error) => thrown.push(String(error)));
    await page.goto(site.url);
    return { page, thrown };
  };

  it('the rest of the script: an answer is kept and proved all the same, and events are recorded from then on', async () => {
    setPage({ isAlone: true, after: `weft.track('Before')` });
    const { page, thrown } = await quiet();
    await page.waitForFunction(() => (window as any).weft?.consent?.state);
    await call(page, grant);
    await ready(page);
    await call(page, `weft.track('After'); weft.flush()`);
    await until(() => collector.named('After').length);
    expect(collector.named('Before')).toEqual([]);
    const { receipt, decisions } = await recorded();
    expect(decisions.measurement.value).toBe('granted');
    expect(collector.ledger.get(receipt)).toMatchObject({ kind: 'grant' });
    // And taken back as well as given.
    await call(page, `weft.consent.withdraw()`);
    await until(async () => (await recorded()).rows.length === 0);
    expect((await recorded()).receipt).toBeUndefined();
    expect(thrown).toEqual([]);
  });

  it('the script itself: calls wait in the stub, and nothing is thrown, stored or sent', async () => {
    setPage({ isMissing: true });
    const { page, thrown } = await quiet();
    await call(
      page,
      `weft.track('X'); weft.identify('u1', { name: 'Ada' }); weft.cart.add({}); weft.consent.set({}); weft.page()`,
    );
    await sleep(100);
    expect(thrown).toEqual([]);
    expect(collector.requests).toEqual([]);
    expect(await context.cookies()).toEqual([]);
  });
});

it('calls that waited in the stub are made in their order, whatever the verb', async () => {
  setPage({
    after: `${grant}; weft.track('First'); weft.identify('u1'); weft.cart.add({ product_id: 'p1' }); weft.order({ order_id: 'o1' }); weft.group('g1'); weft.track('Last')`,
  });
  const page = await open();
  await call(page, 'weft.flush()');
  await until(() => collector.named('Last').length);
  const inOrder = [...collector.events.values()]
    .sort((a, b) => (a.messageId < b.messageId ? -1 : 1))
    .map(({ type, event }) => event ?? type)
    .filter((name) => name !== 'page');
  expect(inOrder).toEqual(['First', 'identify', 'Product Added', 'Order Completed', 'group', 'Last']);
});
