// Choices that follow an account (`decision.scope: "account"`), in a real browser against a real collector: what lies on
// each device before, while and after somebody is logged in, and what the collector makes of it.

import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { agent, all, kept, type Shop, startShop, valuesOf } from '../fixtures/shop.js';

const identitySecret = 'a secret of the shop';
const proofOf = (user: string) => createHmac('sha256', identitySecret).update(user).digest('hex');

let chromium: Chromium;
const folder = newFolder();
let shop: Shop;
let contexts: BrowserContext[];

const begin = async (decision: object) => {
  shop = await startShop({
    consent: { decision },
    chunks: { account: 'banner/account.ts', banner: 'banner/banner.ts' },
    environment: { WEFT_IDENTITY_SECRET: identitySecret },
  });
};

beforeAll(async () => {
  chromium = await startChromium(folder);
});
afterAll(async () => {
  await chromium?.kill();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  contexts = [];
});
afterEach(async () => {
  for (const context of contexts) await context.close();
  await shop.stop();
});

const device = async () => {
  const context = await chromium.browser.newContext({ userAgent: agent });
  contexts.push(context);
  return context;
};
const open = async (context: BrowserContext): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(shop.url);
  await page.waitForFunction(() => (window as any).weft.consent.get().measurement !== undefined);
  return page;
};
const login = (page: Page, user: string) =>
  page.evaluate(([id, proof]) => (window as any).weft.identify(id, {}, { proof }), [user, proofOf(user)] as [
    string,
    string,
  ]);
const answer = (page: Page, value: boolean) =>
  page.evaluate((decisions) => (window as any).weft.consent.set(decisions, { layer: 'first' }), all(value));
const logout = (page: Page) => page.evaluate(() => (window as any).weft.logout());
const effective = (page: Page) => page.evaluate(() => (window as any).weft.consent.get());
const isNow = (page: Page, value: boolean | null) =>
  until(async () => JSON.stringify(await effective(page)) === JSON.stringify(all(value)));
const settled = async (context: BrowserContext) =>
  until(async () => ((await kept(context)).weft_consent?.rows ?? []).length === 0);
const eventsOf = async (query: string) => {
  const { profiles } = await shop.ask(`/v1/profiles?${query}`);
  return profiles[0] ? (await shop.ask(`/v1/profiles/${profiles[0].id}/events`)).items : [];
};
/** Somebody who has decided while logged in, on a device of their own. */
const decidedElsewhere = async (user: string, value: boolean) => {
  const context = await device();
  const page = await open(context);
  await login(page, user);
  await until(async () => (await kept(context)).weft_consent_aside);
  await answer(page, value);
  await until(async () => (await kept(context)).weft_consent_aside.untold === undefined && settled(context));
  return { context, page };
};

describe('consent 2, cross-device: with scope "account"', () => {
  it('an acceptance is brought to a new device at the login, told in a notice, and gone again at the logout', async () => {
    await begin({ scope: 'account' });
    await decidedElsewhere('u-1', true);
    const context = await device();
    const page = await open(context);
    expect(await effective(page)).toEqual(all(null));
    expect(shop.requests.filter(({ path }) => path.includes('account'))).toHaveLength(1);
    await login(page, 'u-1');
    await isNow(page, true);
    const notice = page.locator('weft-consent [role=status].first');
    await notice.waitFor();
    expect(await notice.textContent()).toContain('the choices of your account apply');
    const { weft_consent, weft_consent_aside } = await kept(context);
    expect(Object.values(weft_consent.decisions).map(({ source }: any) => source)).toEqual(Array(4).fill('account'));
    expect(weft_consent_aside.decisions).toEqual({});
    await settled(context);
    await until(async () =>
      (await eventsOf('userId=u-1')).some((one: any) => one.anonymousId === weft_consent.anonymousId),
    );
    await logout(page);
    await isNow(page, null);
    expect(Object.keys(await kept(context))).toEqual([]);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    expect((await shop.ask('/v1/ledger/verify?full=1')).ok).toBe(true);
  }, 60_000);

  it('a refusal is brought the same way, and leaves no identifier on the device', async () => {
    await begin({ scope: 'account' });
    await decidedElsewhere('u-2', false);
    const context = await device();
    const page = await open(context);
    await login(page, 'u-2');
    await isNow(page, false);
    await settled(context);
    const text = JSON.stringify(await kept(context));
    expect(text).not.toMatch(/receipt|anonymousId|userId|visitorId|u-2/);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    expect((await shop.ask('/v1/profiles?userId=u-2')).profiles).toEqual([]);
    await logout(page);
    await isNow(page, null);
    expect(Object.keys(await kept(context))).toEqual([]);
  }, 60_000);

  it('a withdrawal on one device stops and wipes the other when it hears of it', async () => {
    await begin({ scope: 'account' });
    const first = await decidedElsewhere('u-3', true);
    const context = await device();
    const page = await open(context);
    await login(page, 'u-3');
    await isNow(page, true);
    await settled(context);
    await page.evaluate(() => (window as any).weft.flush());
    const { anonymousId } = (await kept(context)).weft_consent;
    await until(async () => (await eventsOf(`anonymousId=${anonymousId}`)).length > 0);
    await first.page.evaluate(() => (window as any).weft.consent.withdraw());
    await until(
      async () => (await kept(first.context)).weft_consent_aside.untold === undefined && settled(first.context),
    );
    const again = await open(context);
    await login(again, 'u-3');
    await isNow(again, false);
    await settled(context);
    expect(JSON.stringify(await kept(context))).not.toContain(anonymousId);
    await until(async () => (await eventsOf(`anonymousId=${anonymousId}`)).length === 0);
  }, 60_000);

  it('a shared screen does not change for others: neither their choice, nor what is kept of them', async () => {
    await begin({ scope: 'account', accountConflict: 'account' });
    await decidedElsewhere('u-4', false);
    const context = await device();
    const page = await open(context);
    await answer(page, true);
    await page.evaluate(() => (window as any).weft.track('Of somebody else'));
    await page.evaluate(() => (window as any).weft.flush());
    await settled(context);
    const before = (await kept(context)).weft_consent;
    await login(page, 'u-4');
    await isNow(page, false);
    await settled(context);
    const between = await kept(context);
    expect(valuesOf(between.weft_consent)).toEqual(all('denied'));
    expect(valuesOf(between.weft_consent_aside)).toEqual(all('granted'));
    expect(JSON.stringify(between)).not.toMatch(/receipt|anonymousId|visitorId|u-4/);
    // Another page of the same visit: still the account's.
    const second = await open(context);
    await isNow(second, false);
    await logout(second);
    await isNow(second, true);
    const after = (await kept(context)).weft_consent;
    expect(after.decisions).toEqual(before.decisions);
    // Their data stands, and whoever comes now is not joined to it (R9).
    expect((await eventsOf(`anonymousId=${before.anonymousId}`)).map(({ event }: any) => event)).toContain(
      'Of somebody else',
    );
    expect(after.anonymousId).not.toBe(before.anonymousId);
  }, 60_000);

  it('the later choice counts: what was decided here before the login goes to the account', async () => {
    await begin({ scope: 'account' });
    await decidedElsewhere('u-5', true);
    const context = await device();
    const page = await open(context);
    await answer(page, false);
    await settled(context);
    await login(page, 'u-5');
    await until(async () => (await kept(context)).weft_consent_aside);
    expect(await effective(page)).toEqual(all(false));
    const other = await device();
    const there = await open(other);
    await login(there, 'u-5');
    await isNow(there, false);
  }, 60_000);

  it('two tabs: what is decided in one is the account’s too, and a logout in the one that knew of nobody puts it away', async () => {
    await begin({ scope: 'account' });
    const context = await device();
    const page = await open(context);
    const other = await open(context);
    await login(page, 'u-9');
    await until(async () => (await kept(context)).weft_consent_aside);
    await answer(other, true);
    await isNow(page, true);
    await until(async () => (await kept(context)).weft_consent_aside.untold === undefined);
    await settled(context);
    const elsewhere = await device();
    const there = await open(elsewhere);
    await login(there, 'u-9');
    await isNow(there, true);
    await logout(other);
    await isNow(other, null);
    await isNow(page, null);
    expect(Object.keys(await kept(context))).toEqual([]);
    // The tab that knew of them does not bring them back.
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.waitForTimeout(500);
    expect(await effective(page)).toEqual(all(null));
    expect(Object.keys(await kept(context))).toEqual([]);
    await isNow(there, true);
  }, 60_000);

  it('offline while the account changes: what waits on the device is never kept, and the change is there once it is online', async () => {
    await begin({ scope: 'account' });
    const first = await decidedElsewhere('u-10', true);
    const context = await device();
    const page = await open(context);
    await login(page, 'u-10');
    await isNow(page, true);
    await settled(context);
    const { anonymousId } = (await kept(context)).weft_consent;
    await context.setOffline(true);
    await page.evaluate(() => (window as any).weft.track('While offline'));
    await first.page.evaluate(() => (window as any).weft.consent.withdraw());
    await until(
      async () => (await kept(first.context)).weft_consent_aside.untold === undefined && settled(first.context),
    );
    await context.setOffline(false);
    await isNow(page, false);
    await settled(context);
    await page.evaluate(() => (window as any).weft.flush());
    expect(JSON.stringify(await kept(context))).not.toContain(anonymousId);
    expect((await eventsOf('userId=u-10')).map(({ event }: any) => event)).not.toContain('While offline');
    expect(await eventsOf(`anonymousId=${anonymousId}`)).toEqual([]);
  }, 60_000);

  it('a second login without a logout: neither account is told what the other decided, and the device has its own back', async () => {
    await begin({ scope: 'account' });
    await decidedElsewhere('u-11', true);
    await decidedElsewhere('u-12', false);
    const context = await device();
    const page = await open(context);
    await answer(page, false);
    await settled(context);
    await login(page, 'u-13');
    await until(async () => (await kept(context)).weft_consent_aside);
    // Somebody with no account's word yet: this device's refusal, which is older than what they say now.
    await answer(page, true);
    await until(async () => (await kept(context)).weft_consent_aside.untold === undefined);
    await login(page, 'u-12');
    await isNow(page, false);
    await settled(context);
    expect(JSON.stringify(await kept(context))).not.toMatch(/receipt|anonymousId|visitorId|u-1/);
    const there = await open(await device());
    await login(there, 'u-13');
    await isNow(there, true);
    const other = await open(await device());
    await login(other, 'u-11');
    await isNow(other, true);
    await logout(page);
    await isNow(page, false);
    expect(valuesOf((await kept(context)).weft_consent)).toEqual(all('denied'));
  }, 60_000);

  it('an answer that could not be told before somebody else logged in is not told of them', async () => {
    await begin({ scope: 'account' });
    const context = await device();
    const page = await open(context);
    await login(page, 'u-14');
    await until(async () => (await kept(context)).weft_consent_aside);
    await page.route('**/v1/consent/account', (route) => route.abort());
    await answer(page, true);
    await until(async () => (await kept(context)).weft_consent_aside.untold);
    await page.unroute('**/v1/consent/account');
    await login(page, 'u-15');
    // They have said nothing, and neither had the device: it asks them.
    await isNow(page, null);
    await until(async () => (await kept(context)).weft_consent_aside.untold === undefined);
    expect((await kept(context)).weft_consent).toBeUndefined();
    for (const [user, expected] of [
      ['u-15', null],
      ['u-14', null],
    ] as const) {
      const there = await open(await device());
      await login(there, user);
      await there.waitForTimeout(500);
      expect([user, await effective(there)]).toEqual([user, all(expected)]);
    }
  }, 60_000);

  it('without the shop’s proof nothing is asked, told or changed', async () => {
    await begin({ scope: 'account' });
    await decidedElsewhere('u-6', true);
    const context = await device();
    const page = await open(context);
    await page.evaluate(() => (window as any).weft.identify('u-6'));
    await page.evaluate((proof) => (window as any).weft.identify('u-6', {}, { proof }), proofOf('u-7'));
    await page.waitForTimeout(500);
    expect(await effective(page)).toEqual(all(null));
    expect(Object.keys(await kept(context))).toEqual([]);
  }, 60_000);
});

it('consent 2, cross-device: with scope "device" nothing is fetched or told when somebody logs in', async () => {
  await begin({});
  const context = await device();
  const page = await open(context);
  await login(page, 'u-8');
  await page.waitForTimeout(300);
  expect(shop.requests.filter(({ path }) => path.includes('account'))).toEqual([]);
  expect(Object.keys(await kept(context))).toEqual([]);
}, 60_000);
