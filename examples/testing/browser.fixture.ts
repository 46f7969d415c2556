// Real browsers as shoppers and staff use them. What goes wrong in a page, and any request to anywhere but here, is kept
// for the test to find.

import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { folded } from '../../sdk/browser/cookie.js';
import type { Chromium } from '../../sdk/fixtures/chromium.js';

export { type Chromium, newFolder as newBrowserFolder, startChromium } from '../../sdk/fixtures/chromium.js';

// biome-ignore lint/suspicious/noExplicitAny: what the page holds is the page's own
export type Anything = any;

/** One of the public verbs, called as the page would. */
export const weft = (page: Page, verb: string, ...args: unknown[]): Promise<Anything> =>
  page.evaluate(
    ([verb, args]) => {
      const { weft } = globalThis as Anything;
      return (verb as string).split('.').reduce((object, name) => object[name], weft)(...(args as unknown[]));
    },
    [verb, args] as const,
  );

/** Weft is there, knows its configuration, and the visitor has answered. */
export const hasAnswered = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const { weft } = globalThis as Anything;
    return weft && !Array.isArray(weft) && typeof weft.consent.get().measurement === 'boolean';
  });

/** Once Weft knows how it stands: true, false, or null where nobody has answered. */
export const knownConsent = async (page: Page): Promise<boolean | null> => {
  const known = await page.waitForFunction(() => {
    const { weft } = globalThis as Anything;
    const now = weft && !Array.isArray(weft) ? weft.consent.get().measurement : undefined;
    return now !== undefined && { now };
  });
  return ((await known.jsonValue()) as { now: boolean | null }).now;
};

/** Everything that a page could have left on the device. */
export const leftBehind = (page: Page): Promise<{ local: string[]; session: string[]; databases: string[] }> =>
  page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name ?? ''),
  }));

/** Tells of one event for each number. */
export const count = (page: Page, from: number, to: number): Promise<void> =>
  page.evaluate(
    ([from, to]) => {
      for (let n = from as number; n < (to as number); n += 1) (globalThis as Anything).weft.track('Counted', { n });
    },
    [from, to],
  );

/** How many events wait in the page's database. */
export const stored = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const done = <Value>(request: IDBRequest<Value>) =>
      new Promise<Value>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    let rows = 0;
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name as string));
      for (const store of database.objectStoreNames)
        rows += await done(database.transaction(store).objectStore(store).count());
      database.close();
    }
    return rows;
  });

/** Before the page is opened: its clock then runs ahead by as much as is asked for. It starts anew with each document. */
export const withClock = async (page: Page): Promise<{ pass: (ms: number) => Promise<void> }> => {
  await page.addInitScript(() => {
    const machine = Date.now.bind(Date);
    let aheadMs = 0;
    const now = () => machine() + aheadMs;
    Date.now = now;
    globalThis.Date = new Proxy(Date, {
      construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    });
    (globalThis as Anything).passTime = (ms: number) => {
      aheadMs += ms;
    };
  });
  return { pass: (ms) => page.evaluate((ms) => (globalThis as Anything).passTime(ms), ms) };
};

export interface Device {
  context: BrowserContext;
  page: Page;
  /** What went wrong in its pages: to be empty at the end. */
  troubles: string[];
  /** As the device keeps it; none before a grant, none after a withdrawal. */
  anonymousId: () => Promise<string | undefined>;
  /** The record of consent on the device. */
  record: () => Promise<Anything>;
}

/** Watches everything that leaves the context; `also` are other places where its requests may go. */
export const watched = async (context: BrowserContext, home: string, also: readonly string[] = []): Promise<Device> => {
  const troubles: string[] = [];
  context.on('weberror', (error) => troubles.push(error.error().stack ?? error.error().message));
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== home && !also.includes(url.origin))
      troubles.push(`a request to ${url.origin}`);
  });
  const kept = async () =>
    (await context.cookies())
      .filter(({ name }) => name.startsWith('weft_'))
      .map(({ value }) => JSON.parse(folded(decodeURIComponent(value))) as Anything);
  return {
    context,
    page: await context.newPage(),
    troubles,
    anonymousId: async () => (await kept()).map(({ anonymousId }) => anonymousId).find((id) => id !== undefined),
    record: async () => (await kept()).find(({ decisions }) => decisions !== undefined),
  };
};

export const newDevice = async (
  chromium: Chromium,
  home: string,
  options: BrowserContextOptions = {},
): Promise<Device> => watched(await chromium.browser.newContext({ baseURL: home, ...options }), home);

export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };
