// What staff see of the shop's people, in the dashboard of the same process: who is there now, what one person did and
// why it is one person, and what an undo makes of it. How the pages look is tested beside them.

import { expect, test } from 'vitest';
import { type Anything, leftBehind, weft } from '../testing/browser.fixture.js';
import { password, until } from '../testing/collector.fixture.js';
import { startVisit } from '../testing/visit.fixture.js';
import { accept, addToBasket, enter, logIn, signUp } from './shopper.fixture.js';

const visit = startVisit();

const { device } = visit;
const atTheDashboard = async (path: string) => {
  const { page } = await device();
  await page.goto(path);
  await page.fill('#password', password);
  await page.click('button[type=submit]');
  await page.waitForURL(`**${path}`);
  return page;
};

test('nobody comes in without the password, and who has it is led where they wanted to go', async () => {
  const { page } = await device();
  await page.goto('/people');
  await page.fill('#password', 'not it');
  await page.click('button[type=submit]');
  expect(await page.textContent('[id=trouble]')).toBe('That is not the password.');
  await page.fill('#password', password);
  await page.click('button[type=submit]');
  await page.waitForURL('**/people');
  expect(await page.textContent('h1')).toBe('People');
});

test('the live view shows what a shopper does while they do it', async () => {
  const live = await atTheDashboard('/live');
  const shopper = await device();
  await enter(shopper.page);
  await live.waitForSelector('#rows tr:has-text("Page view"):has-text("/demo/")');
  await addToBasket(shopper.page, 'deep-bowl', 1);
  await live.waitForSelector('#rows tr:has-text("Product Added"):has-text("/demo/p/deep-bowl"):has-text("Accepted")');
  expect(await live.textContent('#live-state')).toBe('Live');
});

test('R12: a person’s page tells what they did and why they are one, and an undo tells them apart for good', async () => {
  const dora = { name: 'Dora Lund', email: 'dora@shop.example', password: 'thimble' };
  const laptop = await device();
  await enter(laptop.page);
  await addToBasket(laptop.page, 'teapot-for-two', 1);
  const userId = await signUp(laptop.page, dora);
  const mobile = await device();
  await enter(mobile.page, '/demo/c/garden');
  await logIn(mobile.page, dora);
  await Promise.all([weft(laptop.page, 'flush'), weft(mobile.page, 'flush')]);
  const mobileId = (await mobile.anonymousId())!;
  const joined = await until(async () => {
    const [profile] = await visit.collector.profiles({ userId });
    return profile && (await visit.collector.list(profile.id, 'merges')).length === 2 && profile;
  });

  const staff = await atTheDashboard('/people');
  await staff.fill('main [name=find]', userId);
  await staff.keyboard.press('Enter');
  await staff.waitForURL(/\/people/);
  if (!/\/people\/[\w-]+$/.test(staff.url())) await staff.click('a:has-text("Dora Lund")');
  await staff.waitForSelector('h1:has-text("Dora Lund")');
  const timeline = await staff.textContent('section:has(#timeline-title)');
  for (const words of ['Added Teapot for two, Moss to the cart', `Signed in as ${userId}`])
    expect(timeline).toContain(words);
  expect(await staff.locator('section:has(#why-title) .block:has-text("Signed in on this device")').count()).toBe(2);

  // The page is open: what happens now appears in it.
  await mobile.page.goto('/demo/p/seed-tin');
  await addToBasket(mobile.page, 'deep-bowl', 2);
  await staff.waitForSelector('text=Added Deep bowl');

  await staff.click(`.block:has-text("${mobileId.slice(-8)}") a:has-text("Undo")`);
  await staff.click('button:has-text("Tell them apart")');
  await staff.waitForSelector('text=Undone. The two are told apart');
  expect(await staff.locator('.block.undone').count()).toBe(1);
  const apart = await until(async () => {
    const found = await visit.collector.profiles({ anonymousId: mobileId });
    return found.some(({ id }) => id !== joined.id) && found;
  });
  const theirs = apart.find(({ id }) => id !== joined.id)!;
  expect(theirs.identifiers.map(({ type, value }) => [type, value])).toEqual([['anonymous_id', mobileId]]);
  expect((await visit.collector.list(theirs.id, 'events')).every((event) => event.userId === null)).toBe(true);
  const [still] = await visit.collector.profiles({ userId });
  expect(still!.id).toBe(joined.id);
  expect((await visit.collector.list(still!.id, 'merges')).filter(({ undoneAt }) => undoneAt !== null)).toHaveLength(1);

  // What the device does from now on without being named is its own.
  const before = theirs.counts.events;
  await weft(mobile.page, 'logout', { keepDevice: true });
  await mobile.page.goto('/demo/c/light');
  await weft(mobile.page, 'flush');
  await until(async () => {
    const found = await visit.collector.profiles({ anonymousId: mobileId });
    return (found.find(({ id }) => id === theirs.id)?.counts.events ?? 0) > before;
  });
});

test('R14, I21, consent 13: whoever is erased here stays erased, though their device comes back with events', async () => {
  const { page, context, anonymousId, record } = await device();
  await enter(page);
  await addToBasket(page, 'morning-mug', 1);
  await weft(page, 'flush');
  const id = (await anonymousId())!;
  const profile = await until(async () => {
    const [found] = await visit.collector.profiles({ anonymousId: id });
    return found?.cart && found;
  });
  await context.setOffline(true);
  await page.evaluate(() => {
    const { weft } = globalThis as Anything;
    for (let n = 0; n < 20; n += 1) weft.track('Counted', { n });
  });

  const staff = await atTheDashboard(`/people/${profile.id}`);
  await staff.click('a:has-text("Erase this person")');
  await staff.check('[name=sure]');
  await staff.click('button:has-text("Erase for good")');
  await staff.waitForSelector('text=The person is erased');
  expect(await visit.collector.profiles({ anonymousId: id })).toEqual([]);

  const before = await visit.collector.events();
  await context.setOffline(false);
  await until(async () => (await record()) === undefined && (await anonymousId()) === undefined);
  await until(async () => (await leftBehind(page)).databases.length === 0);
  const after = await visit.collector.events();
  expect([after.accepted, after.dropped! - (before.dropped ?? 0)]).toEqual([before.accepted, 20]);
  expect(await visit.collector.profiles({ anonymousId: id })).toEqual([]);

  // The same human may come again, as somebody new.
  await page.goto('/demo/');
  await accept(page);
  await weft(page, 'flush');
  const newId = (await anonymousId())!;
  expect(newId).not.toBe(id);
  const again = await until(async () => (await visit.collector.profiles({ anonymousId: newId }))[0]);
  expect(again.id).not.toBe(profile.id);
  expect(again.counts).toMatchObject({ pageViews: 1, cartAdds: 0 });
});
