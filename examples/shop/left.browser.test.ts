// What shoppers leave behind: a basket, a tab, a browser. Time passes at the collector when a test says so; processes are
// killed as a crash kills them.

import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  count,
  hasAnswered,
  knownConsent,
  newBrowserFolder,
  startChromium,
  stored,
  watched,
  weft,
} from '../testing/browser.fixture.js';
import { minuteMs, until } from '../testing/collector.fixture.js';
import { startVisit } from '../testing/visit.fixture.js';
import { accept, addToBasket, enter, order } from './shopper.fixture.js';

const visit = startVisit();

const { device } = visit;
const profileOf = async (anonymousId: string) => (await visit.collector.profiles({ anonymousId }))[0];
const counted = async (userId: string): Promise<number[]> => {
  const [profile] = await visit.collector.profiles({ userId });
  const events = profile ? await visit.collector.list(profile.id, 'events') : [];
  return events.flatMap(({ event, properties }) => (event === 'Counted' ? [properties.n as number] : []));
};
const range = (to: number) => Array.from({ length: to }, (_, n) => n);
const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);

test('C-1, C3, C4, C5, C7: a basket that is left is abandoned after an hour, once, though the collector is killed before and after', async () => {
  const { page, anonymousId } = await device();
  await enter(page);
  await addToBasket(page, 'teapot-for-two', 1);
  await weft(page, 'flush');
  const id = (await anonymousId())!;
  const before = await until(async () => {
    const profile = await profileOf(id);
    return profile?.cart && profile;
  });
  expect([before.cart!.state, before.counts.cartsAbandoned]).toEqual(['active', 0]);
  const leftAt = Date.parse(before.cart!.deadlineAt!) - 60 * minuteMs;

  // The deadline passes while nobody is there to see it.
  await visit.collector.kill();
  await visit.collector.pass(61 * minuteMs);
  await visit.collector.start();
  const abandoned = await until(async () => {
    const profile = await profileOf(id);
    return profile?.counts.cartsAbandoned === 1 && profile;
  });
  expect(abandoned.cart!.state).toBe('abandoned');
  const [cart] = await visit.collector.list(abandoned.id, 'carts');
  expect(cart).toMatchObject({
    state: 'abandoned',
    episodes: [{ n: 1, stage: 'cart', valueMinor: 6400, outcome: 'open' }],
  });
  expect(Date.parse(cart!.episodes[0]!.abandonedAt)).toBe(leftAt + 60 * minuteMs);

  await visit.collector.kill();
  await visit.collector.start();
  await until(async () => (await profileOf(id))?.counts.cartsAbandoned === 1);
  expect(visit.collector.announced('cart.abandoned')).toEqual([
    expect.objectContaining({ at: leftAt + 60 * minuteMs }),
  ]);
  expect((await visit.collector.list(abandoned.id, 'carts'))[0]!.episodes).toHaveLength(1);

  // They come back and buy it.
  const orderId = await order(page, 'cleo@shop.example');
  await weft(page, 'flush');
  const recovered = await until(async () => {
    const profile = await profileOf(id);
    return profile?.counts.cartsRecovered === 1 && profile;
  });
  expect(recovered.counts).toMatchObject({ orders: 1, cartsAbandoned: 1, cartsOpen: 0 });
  expect((await visit.collector.list(recovered.id, 'carts'))[0]).toMatchObject({
    state: 'converted',
    episodes: [{ n: 1, outcome: 'recovered', recoveredBy: 'return' }],
  });
  expect((await visit.collector.list(recovered.id, 'orders')).map((one) => one.orderId)).toEqual([orderId]);
  expect(visit.collector.announced('cart.abandonment_revoked')).toEqual([]);
});

test('of a tab that crashes and one that is closed, another tab tells all, each event once', async () => {
  const { page, context } = await device();
  await enter(page);
  await weft(page, 'identify', 'crashed-1');
  await weft(page, 'flush');
  // Nothing gets out while it happens: what they did is on the device only.
  await context.setOffline(true);
  await count(page, 0, 40);
  const closed = await context.newPage();
  const crash = page.waitForEvent('crash');
  const session = await context.newCDPSession(page);
  // Who crashes answers no more.
  session.send('Page.crash').catch(() => {});
  await crash;
  await page.close();
  await context.setOffline(false);
  await closed.goto('/demo/about');
  await hasAnswered(closed);
  await count(closed, 40, 60);
  await closed.close();
  await (await context.newPage()).goto('/demo/');
  await until(async () => (await counted('crashed-1')).length >= 60);
  expect(sorted(await counted('crashed-1'))).toEqual(range(60));
});

test('a browser that is killed and opened again has lost none of a hundred events that were on the disk, and repeats none', async () => {
  const own = newBrowserFolder();
  let browser = await startChromium(own);
  try {
    const { page, context } = await watched(browser.context, visit.collector.url);
    await enter(page, `${visit.collector.url}/demo/`);
    await weft(page, 'identify', 'killed-1');
    await weft(page, 'flush');
    await context.setOffline(true);
    await count(page, 0, 100);
    await until(async () => (await stored(page)) >= 100);
    await browser.kill();

    browser = await startChromium(own);
    const again = await watched(browser.context, visit.collector.url);
    await again.page.goto(`${visit.collector.url}/demo/`);
    // A browser keeps a young cookie from the disk for half a minute: then the shop asks again, and goes by the answer.
    if ((await knownConsent(again.page)) === null) await accept(again.page);
    await until(async () => (await counted('killed-1')).length >= 100);
    expect(sorted(await counted('killed-1'))).toEqual(range(100));
    expect(again.troubles).toEqual([]);
  } finally {
    await browser.kill();
    rmSync(own, { recursive: true, force: true });
  }
});
