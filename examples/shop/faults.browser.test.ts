// The hardest of the fault table of the script (sdk/faults.browser.test.ts) with the script and the collector as they are
// built: answers that get lost, two tabs at once, an hour without a network. What became of it is read from the collector.

import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EventItem, Profile } from '../../collector/contract/profile.js';
import { type Anything, count, type Device, hasAnswered, stored, weft } from '../testing/browser.fixture.js';
import { minuteMs, until } from '../testing/collector.fixture.js';
import { startVisit } from '../testing/visit.fixture.js';
import { startWire, type Wire } from '../testing/wire.fixture.js';
import { addToBasket, enter } from './shopper.fixture.js';

const visit = startVisit();

let wire: Wire;
beforeAll(async () => {
  wire = await startWire(visit.collector.url);
});
afterAll(() => wire?.stop());
afterEach(() => wire.fail({}));
const device = (): Promise<Device> => visit.device({ home: wire.url });

/** Whoever the device is of, with all events, oldest first: both as of one moment. Beats are not among a person's counts. */
const known = async (anonymousId: string): Promise<{ profile: Profile; events: EventItem[] } | undefined> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const [profile] = await visit.collector.profiles({ anonymousId });
    if (!profile) return undefined;
    const events = (await visit.collector.list(profile.id, 'events')).reverse();
    const deeds = events.filter(({ event }) => event !== 'Page Engaged');
    if (profile.counts.events === deeds.length) return { profile, events };
  }
  throw new Error('a person and their events do not agree');
};
const numbers = (events: readonly EventItem[]): number[] =>
  events.flatMap(({ event, properties }) => (event === 'Counted' ? [properties.n as number] : []));
const hundred = Array.from({ length: 100 }, (_, n) => n);
const ascending = (a: number, b: number) => a - b;

/** What went over the wire of this device's: how many events, how many of them different, and what became of them. */
const carried = (anonymousId: string) => {
  const batches = wire.sent.filter(({ body }) => body.batch?.[0]?.anonymousId === anonymousId);
  const events: Anything[] = batches.flatMap(({ body }) => body.batch);
  const sum = (verdict: 'accepted' | 'duplicates') =>
    batches.reduce((all, { answer }) => all + (answer?.[verdict] ?? 0), 0);
  return {
    isOver: batches.every(({ answer }) => answer),
    times: events.length,
    different: new Set(events.map(({ messageId }) => messageId)).size,
    bodies: new Set(events.map((event) => JSON.stringify(event))).size,
    accepted: sum('accepted'),
    duplicates: sum('duplicates'),
  };
};

/** What came twice was the same as before, and known for what it was. */
const expectDoublesKnown = (anonymousId: string) => {
  const seen = carried(anonymousId);
  expect(seen).toMatchObject({
    bodies: seen.different,
    accepted: seen.different,
    duplicates: seen.times - seen.different,
  });
  return seen;
};

/** All hundred are there, and no tab has anything left to say. */
const expectEachOnce = async (anonymousId: string, ...pages: readonly Page[]) => {
  const { profile, events } = await until(async () => {
    const found = await known(anonymousId);
    return found && numbers(found.events).length >= 100 && found;
  }, 40_000);
  for (const page of pages) await weft(page, 'flush');
  await until(async () => carried(anonymousId).isOver && (await stored(pages[0]!)) === 0);
  expect(numbers(events).sort(ascending)).toEqual(hundred);
  return { profile, events, seen: expectDoublesKnown(anonymousId) };
};

test('I13: answers that get lost cost no event and repeat none, on the page and after it', async () => {
  const { page, anonymousId } = await device();
  await enter(page);
  await weft(page, 'flush');
  const id = (await until(anonymousId))!;
  await until(() => known(id));

  let lost = 0;
  const loseMore = (times: number) => {
    const end = lost + times;
    wire.fail({
      arrives: ({ path }) => {
        if (path !== '/v1/batch' || lost >= end) return true;
        lost += 1;
        return false;
      },
    });
  };
  loseMore(3);
  await count(page, 0, 60);
  await addToBasket(page, 'teapot-for-two', 1);
  await until(() => lost === 3, 40_000);
  await until(async () => (await stored(page)) === 0, 40_000);
  // What a page says as it is left has nobody to hear the answer: the next page says it again.
  loseMore(1);
  await count(page, 60, 100);
  await page.goto('/demo/about');
  await until(() => lost === 4);
  await hasAnswered(page);

  const { profile, seen } = await expectEachOnce(id, page);
  expect(seen.duplicates).toBeGreaterThanOrEqual(100);
  expect(profile.counts).toMatchObject({ cartAdds: 1, sessions: 1 });
  expect(profile.cart?.lines).toMatchObject([{ quantity: 1, priceMinor: 6400 }]);
});

// Plain http has no locks: then every tab sends what the device holds at once. With them, too, a tab repeats what it told of
// itself and another tab has sent: the collector knows the doubles.
describe.each([
  ['one after the other', true],
  ['without locks', false],
])('two tabs of fifty events each, %s', (_, hasLocks) => {
  /** Two tabs that have told of fifty events each while there was no network. */
  const twoTabs = async () => {
    const made = await device();
    const { page, context, anonymousId } = made;
    if (!hasLocks)
      await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
    await enter(page);
    const other = await context.newPage();
    await other.goto('/demo/about');
    await hasAnswered(other);
    expect(await other.evaluate(() => navigator.locks !== undefined)).toBe(hasLocks);
    for (const one of [page, other]) await weft(one, 'flush');
    const id = (await until(anonymousId))!;
    await until(() => known(id));
    await context.setOffline(true);
    await Promise.all([count(page, 0, 50), count(other, 50, 100)]);
    await until(async () => (await stored(page)) >= 100);
    return { ...made, id, tabs: [page, other] as const };
  };

  test('S1: both get through, each event once and all in one visit', async () => {
    const { context, id, tabs } = await twoTabs();
    await context.setOffline(false);
    const { profile, events } = await expectEachOnce(id, ...tabs);
    expect(profile.counts.sessions).toBe(1);
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  test('S1: one that dies before it hears the answer is repeated by the other, each event once', async () => {
    const { context, id, tabs } = await twoTabs();
    let release = () => {};
    const released = new Promise<boolean>((resolve) => {
      release = () => resolve(true);
    });
    wire.fail({ arrives: () => released });
    const sending = new Promise<Page>((resolve) => {
      for (const tab of tabs) tab.on('request', (request) => request.url().endsWith('/v1/batch') && resolve(tab));
    });
    await context.setOffline(false);
    const dying = await sending;
    const left = tabs.find((tab) => tab !== dying)!;
    await until(() => carried(id).isOver && carried(id).accepted >= 100);
    const crash = dying.waitForEvent('crash');
    const session = await context.newCDPSession(dying);
    // Who crashes answers no more.
    session.send('Page.crash').catch(() => {});
    await crash;
    release();
    await dying.close();
    const { profile, seen } = await expectEachOnce(id, left);
    expect(seen.duplicates).toBeGreaterThan(0);
    expect(profile.counts.sessions).toBe(1);
  });
});

describe('an hour without a network', () => {
  // The shop has no pages for a device that is offline. One that has keeps them in a service worker; here they come from
  // the test. What goes to Weft goes nowhere.
  const keepPages = (page: Page) =>
    page.route(
      ({ pathname }) => !pathname.startsWith('/v1/'),
      async (route) => route.fulfill({ response: await route.fetch() }),
    );

  test.each([
    ['seventeen minutes slow', -17],
    ['two hours fast', 120],
  ])('S1, S2, S5, C3, C4: arrives whole, at its true times, from a clock that is %s', async (_, wrongMinutes) => {
    const { page, context, anonymousId } = await device();
    await page.clock.install({ time: Date.now() + wrongMinutes * minuteMs });
    await keepPages(page);
    const pass = async (minutes: number) => {
      await page.clock.fastForward(minutes * minuteMs);
      await visit.collector.pass(minutes * minuteMs);
    };
    const startedAt = Date.now();
    const truth: { path: string; from: number; to: number }[] = [];
    /** Until the page has told the last that it tells by itself: it may be left before. */
    const look = async (path: string, last: string, how: () => Promise<unknown>) => {
      const from = visit.collector.now();
      await how();
      await page.waitForSelector(`[data-strip-list] li:has-text("${last}")`, { state: 'attached' });
      truth.push({ path, from, to: visit.collector.now() });
    };

    await look('/demo/', 'page', () => enter(page));
    await look('/demo/p/teapot-for-two', 'Product Added', () => addToBasket(page, 'teapot-for-two', 1));
    await weft(page, 'flush');
    const id = (await until(anonymousId))!;
    await until(async () => (await known(id))?.profile.cart);

    // What a page says as it is left gets out in spite of the browser's own "offline": there is no wire either.
    const setOffline = async (isOffline: boolean) => {
      wire.fail({ isDown: isOffline });
      await context.setOffline(isOffline);
    };
    await setOffline(true);
    await pass(10);
    await look('/demo/c/table', 'Product List Viewed', () => page.goto('/demo/c/table'));
    const before = (await known(id))!;
    const onlineUntil = Date.parse(before.profile.cart!.deadlineAt!) - 60 * minuteMs;
    await pass(10);
    await look('/demo/p/morning-mug', 'Product Added', () => addToBasket(page, 'morning-mug', 2));
    // Thirty-five minutes of nothing end the visit.
    await pass(35);
    await look('/demo/basket', 'Cart Viewed', () => page.goto('/demo/basket'));
    await pass(7);
    // For all that the collector knows, the basket was left for more than an hour.
    const announcedEarly = await until(() =>
      visit.collector.announced('cart.abandoned').find(({ at }) => at === onlineUntil + 60 * minuteMs),
    );
    expect((await known(id))!.profile.counts.cartsAbandoned).toBe(1);
    expect((await known(id))!.events).toHaveLength(before.events.length);

    await setOffline(false);
    await until(async () => (await known(id))?.events.some(({ event }) => event === 'Cart Viewed'));
    await weft(page, 'flush');
    // No beat of a page that is still open moves the deadline from here on.
    await weft(page, 'stop');
    const { profile, events } = (await known(id))!;
    const tookMs = Date.now() - startedAt;

    // Each once, in their order.
    expect(events.map(({ type, event }) => event ?? type).filter((name) => name !== 'Page Engaged')).toEqual([
      ...['page', 'page', 'Product Viewed', 'Product List Viewed', 'Product Added'],
      ...['page', 'Product List Viewed', 'page', 'Product Viewed', 'Product List Viewed', 'Product Added'],
      ...['page', 'Cart Viewed'],
    ]);
    expectDoublesKnown(id);

    // At their true times, by the collector's clock.
    const views = events.filter(({ type }) => type === 'page');
    expect(views.map(({ page }) => page!.path)).toEqual(truth.map(({ path }) => path));
    for (const [index, { from, to }] of truth.entries()) {
      const at = Date.parse(views[index]!.at);
      expect(at).toBeGreaterThan(from - tookMs);
      expect(at).toBeLessThan(to + tookMs);
    }
    const late = events.filter(({ at }) => {
      const minute = (Date.parse(at) - onlineUntil) / minuteMs;
      return minute > 5 && minute < 60;
    });
    expect(late.length).toBeGreaterThanOrEqual(8);
    for (const { at, receivedAt } of late)
      expect(Date.parse(receivedAt) - Date.parse(at)).toBeGreaterThan(5 * minuteMs);

    // In two visits, the second begun by the pause.
    const [second, first, ...others] = await visit.collector.list(profile.id, 'sessions');
    expect(others).toEqual([]);
    expect(views.map(({ sessionId }) => sessionId)).toEqual([...Array(4).fill(first!.id), second!.id]);
    expect([first!.pageViews, second!.pageViews]).toEqual([4, 1]);

    // The basket was not left after all: it is due an hour after the last that was done.
    expect(visit.collector.announced('cart.abandonment_revoked').map(({ key }) => key)).toContain(
      `revoked:${announcedEarly.key}`,
    );
    expect(profile.counts).toMatchObject({ cartsAbandoned: 0, cartsOpen: 1 });
    expect(profile.cart).toMatchObject({ state: 'active', lines: [{ quantity: 1 }, { quantity: 1 }] });
    const dueAt = Math.max(...events.map(({ at }) => Date.parse(at))) + 60 * minuteMs;
    expect(Date.parse(profile.cart!.deadlineAt!)).toBe(dueAt);
    await visit.collector.pass(dueAt + minuteMs - visit.collector.now());
    await until(async () => (await known(id))!.profile.cart!.state === 'abandoned');
    const [cart] = await visit.collector.list(profile.id, 'carts');
    expect(cart!.episodes).toMatchObject([{ n: 1, outcome: 'open', stage: 'cart' }]);
    expect(Date.parse(cart!.episodes[0]!.abandonedAt)).toBe(dueAt);
    // Who reads is told by the clock; what is announced is written when the clock is looked at.
    await until(() => visit.collector.announced('cart.abandoned').some(({ at }) => at === dueAt));
  });
});

// The row of the new receipt goes alone.
test('I16, R9: who logs out where the clock is four minutes fast is told of from then on', async () => {
  const { page, anonymousId, record } = await device();
  await page.clock.install({ time: Date.now() + 4 * minuteMs });
  await enter(page);
  await weft(page, 'flush');
  const before = await until(anonymousId);
  await until(() => known(before));
  await weft(page, 'reset');
  await until(async () => (await record()).rows.length === 0);
  const id = (await anonymousId())!;
  expect(id).not.toBe(before);
  await count(page, 0, 100);
  await expectEachOnce(id, page);
});
