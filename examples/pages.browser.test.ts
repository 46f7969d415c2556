// The example pages, opened by a real Chromium as a reader opens them: what each promises in its README arrives.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { EventItem, Profile } from '../collector/contract/profile.js';
import { type Anything, type Device, hasAnswered, weft, withClock } from './testing/browser.fixture.js';
import { minuteMs, until } from './testing/collector.fixture.js';
import { startVisit } from './testing/visit.fixture.js';

const visit = startVisit();

const opened = async (name: string): Promise<Device> => {
  const device = await visit.device();
  await device.page.goto('/examples/');
  await device.page.click(`a:has-text("${name}")`);
  await device.page.waitForURL(`**/examples/${name}/`);
  return device;
};
const accept = async (page: Page) => {
  await page.click('#accept');
  await hasAnswered(page);
};
/** The person of a device, once the last of the named events is there; and all events, oldest first. */
const arrived = async ({ anonymousId }: Device, last: string): Promise<{ profile: Profile; events: EventItem[] }> => {
  const id = (await anonymousId())!;
  return until(async () => {
    const [profile] = await visit.collector.profiles({ anonymousId: id });
    const events = profile ? (await visit.collector.list(profile.id, 'events')).reverse() : [];
    return profile && events.some(({ type, event }) => (event ?? type) === last) && { profile, events };
  });
};
const names = (events: EventItem[]): string[] =>
  events.map(({ type, event }) => event ?? type).filter((name) => name !== 'Page Engaged');

test('minimal: one tag tells of pages and time, and calls of cart and track', async () => {
  const device = await opened('minimal');
  const { page } = device;
  await page.waitForSelector('text=Nobody has answered: nothing is noted.');
  await accept(page);
  await page.click('button:has-text("weft.cart.add")');
  await page.click('button:has-text("weft.track")');
  expect(await page.textContent('.seen ol')).toContain('Guide Opened');
  await page.click('a:has-text("A second page")');
  await page.waitForURL('**/second.html');
  await page.waitForSelector('text=You have accepted.');
  await weft(page, 'track', 'Last');
  await weft(page, 'flush');
  const { profile, events } = await arrived(device, 'Last');
  expect(names(events)).toEqual(['page', 'Product Added', 'Guide Opened', 'page', 'Last']);
  expect(profile.counts).toMatchObject({ pageViews: 2, sessions: 1, cartAdds: 1, cartsOpen: 1 });
  expect(profile.cart).toMatchObject({
    lines: [{ productId: 'mug', quantity: 1, priceMinor: 1900 }],
    valueMinor: 1900,
    currency: 'EUR',
  });
  const engaged = events.filter(({ event }) => event === 'Page Engaged');
  expect(engaged.length).toBeGreaterThan(0);
});

test('data-layer: what a GA4 shop pushes is a cart, a person and an order, also what it pushed before we came', async () => {
  const device = await opened('data-layer');
  const { page } = device;
  // What watches the data layer is there: from now on nothing is read afterwards.
  await page.waitForFunction(() => (globalThis as Anything).dataLayer.push !== Array.prototype.push);
  await accept(page);
  await page.reload();
  await hasAnswered(page);
  for (const id of ['search', 'add', 'remove', 'cart', 'checkout', 'name']) await page.click(`#${id}`);
  await weft(page, 'flush');
  const before = await arrived(device, 'identify');
  expect(before.profile.cart).toMatchObject({
    lines: [
      { productId: 'T-1', quantity: 1, priceMinor: 6400 },
      { productId: 'M-1', variant: 'Moss', quantity: 1, priceMinor: 1900 },
    ],
    valueMinor: 8300,
  });
  await page.click('#buy');
  await weft(page, 'flush');
  const { profile, events } = await arrived(device, 'Order Completed');
  expect(names(events)).toEqual([
    'page',
    'page',
    'Product Viewed',
    'Products Searched',
    'Product Added',
    'Product Added',
    'Product Removed',
    'Cart Viewed',
    'Checkout Started',
    'identify',
    'Order Completed',
  ]);
  expect((await visit.collector.profiles({ userId: 'customer-7' })).map(({ id }) => id)).toEqual([profile.id]);
  expect(profile.counts).toMatchObject({ productViews: 1, cartAdds: 2, orders: 1, cartsOpen: 0, sessions: 1 });
  expect(profile.revenue).toEqual([{ currency: 'EUR', minor: 8300 }]);
  expect((await visit.collector.list(profile.id, 'carts')).map(({ state }) => state)).toEqual(['converted']);
});

test('single-page-app: every change of address is a page view, each product is read from its markup, once', async () => {
  const device = await opened('single-page-app');
  const { page } = device;
  await accept(page);
  const viewed = (count: number) =>
    page.waitForFunction(
      (count) =>
        [...document.querySelectorAll('.seen li')].filter((li) => li.textContent?.startsWith('Product Viewed'))
          .length >= count,
      count,
    );
  await page.click('a:has-text("Mug")');
  await viewed(1);
  await page.click('a:has-text("Bowl")');
  await viewed(2);
  await page.click('button:has-text("Add to cart")');
  await page.goBack();
  await page.waitForSelector('h1:has-text("Mug")');
  await viewed(3);
  await weft(page, 'track', 'Last');
  await weft(page, 'flush');
  const { profile, events } = await arrived(device, 'Last');
  expect(names(events)).toEqual([
    'page',
    'page',
    'Product Viewed',
    'page',
    'Product Viewed',
    'Product Added',
    'page',
    'Product Viewed',
    'Last',
  ]);
  expect(
    events.filter(({ type }) => type === 'page').map(({ page }) => page!.path!.split('single-page-app')[1]),
  ).toEqual(['/', '/p/mug', '/p/bowl', '/p/mug']);
  expect(profile.cart).toMatchObject({
    lines: [{ productId: 'bowl', priceMinor: 2400, quantity: 1 }],
    valueMinor: 2400,
  });
  expect(profile.counts.sessions).toBe(1);
});

test('S2, S5: an hour without a network arrives afterwards, at its own times and in its own visits', async () => {
  const device = await visit.device();
  const { page, context } = device;
  const clock = await withClock(page);
  const startedAt = Date.now();
  const pass = async (minutes: number) => {
    await clock.pass(minutes * minuteMs);
    await visit.collector.pass(minutes * minuteMs);
  };
  const look = async (thing: string) => {
    await page.click(`a:has-text("${thing}")`);
    await page.waitForSelector(`h1:has-text("${thing}")`);
  };
  await page.goto('/examples/single-page-app/');
  await accept(page);
  await weft(page, 'flush');
  await arrived(device, 'page');

  await context.setOffline(true);
  await pass(10);
  await look('Mug');
  await pass(10);
  await look('Bowl');
  await page.click('button:has-text("Add to cart")');
  // Thirty-five minutes of nothing end the visit.
  await pass(35);
  await look('Teapot');
  await pass(5);
  await context.setOffline(false);
  const { profile, events } = await arrived(device, 'Product Added');
  const took = Date.now() - startedAt;

  const ofPages = events.filter(({ type }) => type === 'page');
  expect(ofPages.map(({ page }) => page!.path!.split('/').at(-1))).toEqual(['', 'mug', 'bowl', 'teapot']);
  const minutes = ofPages.map(({ at }) => (Date.parse(at) - startedAt) / minuteMs);
  for (const [index, minute] of [0, 10, 20, 55].entries()) {
    expect(minutes[index]!).toBeGreaterThanOrEqual(minute);
    expect(minutes[index]!).toBeLessThan(minute + took / minuteMs);
  }
  expect(ofPages.slice(1).every(({ at, receivedAt }) => Date.parse(receivedAt) - Date.parse(at) >= 4 * minuteMs)).toBe(
    true,
  );
  const [second, first, ...others] = await visit.collector.list(profile.id, 'sessions');
  expect(others).toEqual([]);
  expect(ofPages.map(({ sessionId }) => sessionId)).toEqual([first!.id, first!.id, first!.id, second!.id]);
  expect([first!.pageViews, second!.pageViews]).toEqual([3, 1]);
  expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(events.length);
});
