// Choices that follow an account over random histories (consent.md, section 9, the property at its end): two devices with two
// tabs each, people who log in, out and over one another, answer, reload and are offline. What must hold is computed here,
// from the list of what was done, by rules written anew.

import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { agent, all, kept, type Shop, startShop } from '../fixtures/shop.js';
import { type StorageCall, watchStorage } from '../fixtures/watch.js';

const identitySecret = 'a secret of the shop';
const proofOf = (user: string) => createHmac('sha256', identitySecret).update(user).digest('hex');

const where = { device: fc.nat(1), tab: fc.nat(1) };
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), ...where, value: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('login' as const), ...where, user: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('logout' as const), ...where }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('load' as const), ...where }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('offline' as const), ...where }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

interface Said {
  value: boolean;
  at: number;
}

let chromium: Chromium;
const folder = newFolder();
let shop: Shop;

beforeAll(async () => {
  chromium = await startChromium(folder);
  shop = await startShop({
    consent: { decision: { scope: 'account' } },
    chunks: { account: 'banner/account.ts', banner: 'export const start = () => {};' },
    environment: { WEFT_IDENTITY_SECRET: identitySecret, WEFT_RATE_ADDRESS: '0' },
  });
});
afterAll(async () => {
  await chromium?.kill();
  await shop?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let histories = 0;
let names = 0;

/** Plays a history on fresh devices, with people of its own; answers which events may be kept, and which may not. */
const play = async (steps: readonly Step[]): Promise<{ may: string[]; mayNot: string[] }> => {
  histories += 1;
  const people = [`h${histories}-ada`, `h${histories}-otto`];
  const accounts = new Map<string, Said>();
  const devices = await Promise.all(
    [0, 1].map(async () => ({
      context: await chromium.browser.newContext({ userAgent: agent }),
      pages: [] as Page[],
      own: null as Said | null,
      user: null as string | null,
      isOffline: false,
      /** Somebody had agreed on it since the tab was loaded. */
      granted: [false, false],
    })),
  );
  type Device = (typeof devices)[number];
  const may: string[] = [];
  const mayNot: string[] = [];

  const identify = (page: Page, user: string) =>
    page.evaluate(([id, proof]) => (window as any).weft.identify(id, {}, { proof }), [user, proofOf(user)] as [
      string,
      string,
    ]);
  const load = async (device: Device, tab: number) => {
    const page = device.pages[tab] ?? (await device.context.newPage());
    if (!device.pages[tab]) await page.addInitScript(watchStorage);
    device.pages[tab] = page;
    device.granted[tab] = false;
    await page.goto(shop.url);
    await page.waitForFunction(() => (window as any).weft.consent?.get?.().measurement !== undefined);
    if (device.user) await identify(page, device.user);
  };
  /** What is in force: the account's while somebody is logged in, else the device's own. */
  const expected = ({ user, own }: Device): boolean | null =>
    user ? (accounts.get(user)?.value ?? null) : (own?.value ?? null);
  const isIn = async (page: Page, value: boolean | null) =>
    JSON.stringify(await page.evaluate(() => (window as any).weft.consent.get())) === JSON.stringify(all(value));

  const settle = async (what: string) => {
    for (const device of devices) {
      const value = expected(device);
      await until(async () => {
        const { weft_consent, weft_consent_aside } = await kept(device.context);
        const isTold = device.isOffline || (!weft_consent_aside?.untold && !(weft_consent?.rows.length > 0));
        return isTold && (await Promise.all(device.pages.map((page) => isIn(page, value)))).every(Boolean);
      }, 8_000).catch(async () => {
        const shown = await Promise.all(
          device.pages.map((page) => page.evaluate(() => (window as any).weft.consent.get())),
        );
        throw new Error(
          `after ${what}: expected ${value}, found ${JSON.stringify([shown, await kept(device.context)])}`,
        );
      });
      // A refusal, and a question, leave no identifier: neither of the device nor of whoever is logged in there.
      if (value !== true)
        expect(JSON.stringify((await kept(device.context)).weft_consent ?? '')).not.toMatch(
          /anonymousId|userId|session|h\d+-/,
        );
      for (const [tab, page] of device.pages.entries()) {
        device.granted[tab] ||= value === true;
        const calls: StorageCall[] = await page.evaluate(() => (window as any).storageCalls);
        // (a): nothing but cookies, and no database before somebody agreed.
        expect(calls.filter((one) => /^(Storage|caches|canvas)/.test(one.what))).toEqual([]);
        if (!device.granted[tab]) expect(calls.filter((one) => one.what === 'indexedDB.open')).toEqual([]);
      }
      names += 1;
      const name = `Event ${names}`;
      await device.pages[0]!.evaluate((one) => (window as any).weft.track(one), name);
      // (b), (d): what happens while nobody has agreed is never kept, online or later.
      (value === true ? may : mayNot).push(name);
    }
  };

  try {
    for (const device of devices) for (const tab of [0, 1]) await load(device, tab);
    for (const [at, one] of steps.entries()) {
      const device = devices[one.device]!;
      const page = device.pages[one.tab]!;
      const online = async () => {
        if (!device.isOffline) return;
        device.isOffline = false;
        await device.context.setOffline(false);
      };
      if (one.do === 'answer') {
        const said = { value: one.value, at };
        // What already stands is no answer.
        if (expected(device) !== one.value) {
          if (one.value) device.granted = [true, true];
          if (device.user) accounts.set(device.user, said);
          else device.own = said;
          await page.evaluate(
            (decisions) => (window as any).weft.consent.set(decisions, { layer: 'first' }),
            all(one.value),
          );
        }
      } else if (one.do === 'offline') {
        // Away, and back at the next step that needs it: then what was decided meanwhile is told.
        device.isOffline = true;
        await device.context.setOffline(true);
      } else {
        await online();
        await settle(`coming online before ${at}`);
        if (one.do === 'load') await load(device, one.tab);
        if (one.do === 'login') {
          const user = people[one.user]!;
          // The later counts; where the account has said nothing, it takes over what the device had.
          const held = accounts.get(user);
          if (device.own && (!held || held.at < device.own.at)) accounts.set(user, device.own);
          device.user = user;
          await identify(page, user);
        }
        if (one.do === 'logout') {
          device.user = null;
          await page.evaluate(() => (window as any).weft.logout());
        }
      }
      // Another device of the same person hears of it at its next page.
      const other = devices[1 - one.device]!;
      if (other.user && other.user === device.user && !other.isOffline && !device.isOffline) {
        await settle(`${at} at first`).catch(() => {});
        await load(other, 0);
      }
      if (!devices.some(({ isOffline }) => isOffline)) await settle(`${at} ${JSON.stringify(one)}`);
    }
    for (const device of devices) {
      await device.context.setOffline(false);
      device.isOffline = false;
    }
    for (const device of devices) await load(device, 0);
    for (const device of devices) await load(device, 0);
    await settle('the end');
    for (const device of devices) await device.pages[0]!.evaluate(() => (window as any).weft.flush());
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { may, mayNot };
  } finally {
    for (const { context } of devices) await context.close();
  }
};

test('consent 2, R15: over random histories of two devices an account’s choice is where its person is, and nowhere else', async () => {
  const seed = Number(process.env.WEFT_SEED);
  console.info(`seed ${seed}`);
  let kept = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 9 }), async (steps) => {
      const { may, mayNot } = await play(steps);
      const file = new Database(join(shop.data, 'weft.sqlite'), { readonly: true });
      const bodies = (file.prepare('SELECT body FROM events').all() as { body: string }[])
        .map(({ body }) => body)
        .join('\n');
      file.close();
      for (const name of mayNot) expect(bodies).not.toContain(`"${name}"`);
      kept += may.filter((name) => bodies.includes(`"${name}"`)).length;
    }),
    { seed, numRuns: 6, endOnFailure: true },
  );
  // Devices that never agree to anything would pass all of the above.
  expect(kept).toBeGreaterThan(0);
}, 240_000);
