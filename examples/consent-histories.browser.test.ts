// The invariants at the end of consent.md, section 9, over random histories of two devices with two tabs each: real
// browsers, the script as its sources make it, and a real collector whose store is read at the end. What must hold is kept
// here as the plain list of what people did.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folded } from '../sdk/browser/cookie.js';
import { type Chromium, newFolder, startChromium, until } from '../sdk/fixtures/chromium.js';
import { startSite } from '../sdk/fixtures/site.js';
import { authorization, type Collector, startCollector, writeKey } from './testing/collector.fixture.js';

const purposes = ['measurement', 'personalisation', 'marketing', 'sharing'] as const;
const requires: Record<string, string | undefined> = {
  personalisation: 'measurement',
  marketing: 'personalisation',
  sharing: 'personalisation',
};
const dayMs = 864e5;
/** Of a run on a quiet machine; a busy one plays fewer histories, never only a few. */
const timeMs = 75_000;
/** Longer than a few steps take. */
const slowMs = 900;

const folder = newFolder();
const home = newFolder();
const consentFile = join(home, 'consent.json');
let chromium: Chromium;
let collector: Collector;
let site: Awaited<ReturnType<typeof startSite>>;
let version = 0;
/** Of the history that is played: whether pages hold what happens until there is an answer. */
let holds = false;

/** Only what personalisation is kept for differs from one version to the next: its terms are new, the others' are not. */
const publish = async () => {
  version += 1;
  const retention = { measurement: 395, personalisation: 180 - version, marketing: 90, sharing: 30 };
  const document = {
    site: 'shop',
    policy: { version: `v${version}` },
    decision: { days: 180 },
    preConsent: { mode: 'hold' },
    purposes: [
      { id: 'necessary', always: true },
      ...purposes.map((id) => ({
        id,
        requires: requires[id] ? [requires[id]] : [],
        basis: 'consent',
        retentionDays: retention[id],
      })),
    ],
    regions: [{ match: ['*'], model: 'opt-in', ui: 'banner', fallback: true }],
  };
  writeFileSync(consentFile, JSON.stringify(document));
};
const inForce = async () =>
  ((await (await fetch(`${collector.url}/v1/config/${writeKey}`)).json()) as any).policy.version as string;

beforeAll(async () => {
  await publish();
  collector = await startCollector({ environment: { WEFT_CONSENT: consentFile, WEFT_ORIGINS: '*' } });
  site = await startSite(collector.url, () => ({
    attributes: {
      'data-key': writeKey,
      'data-pages': 'false',
      'data-banner': 'false',
      'data-pre-consent': holds ? 'hold' : 'drop',
    },
  }));
  chromium = await startChromium(folder);
});
afterAll(async () => {
  await chromium?.kill();
  await site?.stop();
  await collector?.stop();
  for (const one of [folder, home]) rmSync(one, { recursive: true, force: true });
});

const device = fc.nat(1);
const tab = fc.nat(1);
const where = { device, tab };
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('load' as const), ...where }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      ...where,
      /** How many of the purposes, each of which requires the one before it. */
      granted: fc.constantFrom(0, 0, 1, 2, 4, 4, 4),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('event' as const), ...where }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('freeze' as const), ...where }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('offline' as const), device, isOffline: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('slow' as const), device, way: fc.constantFrom('there', 'back', null) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bump' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('login' as const), ...where, user: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('logout' as const), ...where }) },
);

/** One stretch of consent on one device: what is told in it shares its fate. */
interface Life {
  /** Shared by all that is taken back at once. */
  whole: { isOver: boolean };
  isPersonal: boolean;
  /** Personalisation was taken back for what was told in it. */
  wasNarrowed: boolean;
}
/** While nobody has decided, up to a grant: what was held in it shares the fate of that. */
interface Wait {
  life?: Life;
}
interface Told {
  n: number;
  life: Life;
  permitted: boolean;
  held: Wait | undefined;
}
interface Tab {
  page: Page;
  /** Of the policy it knows: that of its load, or a later one of which it heard when it sent something. */
  version: number;
  isFrozen: boolean;
}
interface Device {
  context: BrowserContext;
  tabs: Tab[];
  /** Purpose → the version of the terms that were accepted. */
  granted: Map<string, number>;
  life: Life;
  wait: Wait;
  isOffline: boolean;
  /** Where its requests, or the answers to them, lie on the way for a while. */
  slow: 'there' | 'back' | null;
}

let count = 0;
let histories = 0;

/** Runs in the page before everything else: reports what is stored while no grant stands. */
const watch = () => {
  const report = (what: string) => (globalThis as any).storedWithout(what);
  // Another tab is another process, and may wipe the record between a look at it and what follows from that: what counts is
  // what this page has seen, and that it has just looked.
  let sawGrantAt = Number.NEGATIVE_INFINITY;
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie') as PropertyDescriptor;
  Object.defineProperty(Document.prototype, 'cookie', {
    ...cookie,
    get() {
      const text: string = cookie.get?.call(this);
      sawGrantAt = /%22receipt%22/.test(text) ? performance.now() : Number.NEGATIVE_INFINITY;
      return text;
    },
  });
  const isGranted = () => performance.now() - sawGrantAt < 5_000;
  const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (...args) {
    if (!isGranted()) report('indexedDB.open');
    return open.apply(this, args);
  };
  for (const name of ['getItem', 'setItem', 'removeItem', 'clear', 'key'] as const) {
    (Storage.prototype as any)[name] = () => report(`Storage.${name}`);
  }
  if (typeof CacheStorage === 'function') CacheStorage.prototype.open = () => report('caches.open');
};

test('the invariants of consent hold over random histories of two devices with two tabs each', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(step, { minLength: 12, maxLength: 24 }), async (isHeld, steps) => {
      holds = isHeld;
      const violations: string[] = [];
      const told: Told[] = [];
      const erased: string[] = [];
      const newLife = (): Life => ({ whole: { isOver: false }, isPersonal: false, wasNarrowed: false });

      /** Calls a verb, and notes which policy the tab knew as it did; says who the device is then. */
      const call = async (one: Tab, verb: 'track' | 'consent.get' | 'consent.set', ...given: unknown[]) => {
        const { version, ...after } = await one.page.evaluate(
          ({ verb, given }) => {
            const { weft } = globalThis as any;
            const { version } = weft.consent.state().policy;
            const isAsked = weft.consent.get().measurement === null;
            const result = verb === 'track' ? weft.track(...given) : weft.consent[verb.slice(8)](...given);
            return { version, result, isAsked, anonymousId: weft.consent.state().anonymousId as string | undefined };
          },
          { verb, given },
        );
        one.version = Number(version.slice(1));
        return after;
      };
      const ready = async (one: Tab) => {
        await one.page.waitForFunction(() => (globalThis as any).weft?.consent?.state?.().policy);
        await call(one, 'consent.get');
      };
      const load = async (one: Tab) => {
        count += 1;
        await one.page.goto(`${site.url}/${count}`);
        await ready(one);
      };
      const devices: Device[] = [];
      for (let n = 0; n < 2; n += 1) {
        const context = await chromium.browser.newContext();
        await context.exposeFunction('storedWithout', (what: string) => violations.push(what));
        await context.addInitScript(watch);
        context.on('weberror', (error) => violations.push(String(error.error())));
        // A page whose requests are looked at asks for its configuration anew each time.
        await context.route('**/v1/config/**', (route) => route.continue());
        const tabs: Tab[] = [];
        const its: Device = {
          context,
          tabs,
          granted: new Map(),
          life: newLife(),
          wait: {},
          isOffline: false,
          slow: null,
        };
        await context.route(/\/v1\/(batch|consent)/, async (route) => {
          const { slow } = its;
          try {
            if (slow === 'there') await wait(slowMs);
            if (slow !== 'back') return await route.continue();
            const response = await route.fetch();
            await wait(slowMs);
            await route.fulfill({ response });
          } catch {
            // Its page is gone, or offline: nobody waits for it.
            await route.abort().catch(() => undefined);
          }
        });
        for (let m = 0; m < 2; m += 1) tabs.push({ page: await context.newPage(), version: 0, isFrozen: false });
        for (const one of tabs) await load(one);
        devices.push(its);
      }
      const record = async ({ context }: Device): Promise<any> => {
        const kept = (await context.cookies()).find(({ name }) => name === 'weft_consent');
        return kept && { ...kept, value: JSON.parse(folded(decodeURIComponent(kept.value))) };
      };
      const state = async (one: Tab, to: 'active' | 'frozen') => {
        if (one.isFrozen === (to === 'frozen')) return;
        const session = await one.page.context().newCDPSession(one.page);
        await session.send('Page.setWebLifecycleState', { state: to });
        await session.detach();
        one.isFrozen = to === 'frozen';
      };
      const permits = ({ granted }: Pick<Device, 'granted'>, one: Tab, purpose: string): boolean =>
        granted.has(purpose) &&
        (purpose !== 'personalisation' || granted.get(purpose) === one.version) &&
        (!requires[purpose] || permits({ granted }, one, requires[purpose] as string));
      const end = (one: Device) => {
        one.granted.clear();
        one.life = newLife();
        one.wait = {};
      };

      for (const one of steps) {
        const here = 'device' in one ? devices[one.device]! : undefined;
        const its = here && 'tab' in one ? here.tabs[one.tab]! : undefined;
        if (its && one.do !== 'freeze') await state(its, 'active');
        if (one.do === 'load' && !here!.isOffline) await load(its!);
        else if (one.do === 'freeze') await state(its!, 'frozen');
        else if (one.do === 'offline') {
          here!.isOffline = one.isOffline;
          await here!.context.setOffline(one.isOffline);
        } else if (one.do === 'slow') here!.slow = one.way;
        else if (one.do === 'answer') {
          const decisions = Object.fromEntries(purposes.map((id, n) => [id, n < one.granted]));
          const { anonymousId = '' } = await call(its!, 'consent.set', decisions);
          if (one.granted === 0) {
            here!.life.whole.isOver = true;
            end(here!);
          } else {
            // Whoever was erased and has been told so comes back as somebody else.
            if (here!.life.whole.isOver && !erased.includes(anonymousId)) here!.life = newLife();
            if (one.granted < 2 && here!.life.isPersonal) {
              here!.life.wasNarrowed = true;
              here!.life = { ...here!.life, wasNarrowed: false };
            }
            here!.granted = new Map(purposes.slice(0, one.granted).map((id) => [id, its!.version]));
            here!.life.isPersonal = one.granted >= 2;
            here!.wait.life ??= here!.life;
          }
        } else if (one.do === 'event') {
          count += 1;
          const n = count;
          const { isAsked } = await call(its!, 'track', 'Told', { n });
          // It was erased, has been told so, and is asked anew.
          if (isAsked && here!.wait.life) here!.wait = {};
          const held = isHeld && isAsked ? here!.wait : undefined;
          told.push({ n, life: here!.life, permitted: permits(here!, its!, 'measurement'), held });
        } else if (one.do === 'login') {
          await its!.page.evaluate((id) => (globalThis as any).weft.identify(id), `u-${histories}-${one.user}`);
        } else if (one.do === 'logout') {
          await its!.page.evaluate('weft.reset()');
          // What was told before stays the earlier one's, and what is taken back later is not about it.
          here!.life = { ...here!.life, whole: { ...here!.life.whole } };
        } else if (one.do === 'bump') {
          await publish();
          await until(async () => (await inForce()) === `v${version}`, 30_000);
        } else if (one.do === 'expire') {
          if (here!.isOffline) continue;
          // Half a year later: no page of then is still open, or its word would be the newer one.
          for (const each of here!.tabs) {
            await each.page.close();
            Object.assign(each, { page: await here!.context.newPage(), isFrozen: false });
          }
          const kept = await record(here!);
          // A withdrawal that has not been delivered yet is not made to be forgotten.
          if (kept?.value.receipt) {
            const { name, domain, path, expires, value } = kept;
            value.at -= 181 * dayMs;
            for (const decision of Object.values<any>(value.decisions)) decision.at -= 181 * dayMs;
            await here!.context.addCookies([
              { name, domain, path, expires, value: encodeURIComponent(folded(JSON.stringify(value))) },
            ]);
            end(here!);
          }
          for (const each of here!.tabs) await load(each);
        } else if (one.do === 'erase') {
          const anonymousId = (await record(here!))?.value.anonymousId;
          if (!anonymousId) continue;
          const response = await fetch(`${collector.url}/v1/privacy/erasures`, {
            method: 'POST',
            headers: { authorization, 'content-type': 'application/json' },
            body: JSON.stringify({ anonymousId }),
          });
          expect(response.status).toBe(202);
          erased.push(anonymousId);
          here!.life.whole.isOver = true;
        }

        // (e) What is in force in a tab was granted on its device, under the terms that the tab knows.
        for (const owner of devices) {
          for (const each of owner.tabs) {
            if (each.isFrozen) continue;
            const now: Record<string, boolean> = (await call(each, 'consent.get')).result;
            for (const id of purposes) {
              if (now[id] && !permits(owner, each, id))
                violations.push(`${id} is in force without a grant after ${one.do}`);
            }
          }
        }
        expect(violations).toEqual([]);
      }

      // Everybody comes back, and what is left to be said is said.
      for (const one of devices) {
        one.slow = null;
        await one.context.setOffline(false);
        for (const each of one.tabs) await state(each, 'active');
        for (const each of one.tabs) await load(each);
        for (const each of one.tabs) await each.page.evaluate('weft.flush()');
        await until(async () => {
          await one.tabs[0]!.page.evaluate('weft.flush()');
          const kept = await record(one);
          return !kept || kept.value.rows.length === 0;
        }, 30_000);
      }
      expect(violations).toEqual([]);

      const store = new Database(join(collector.folder, 'weft.sqlite'), { readonly: true });
      const events = store
        .prepare(
          `SELECT json_extract(body, '$.pr.n') AS n, json_extract(body, '$.p') AS purposes, json_extract(body, '$.rc') AS receipt,
             json_extract(body, '$.a') AS anonymousId FROM events`,
        )
        .all() as { n: number | null; purposes: number; receipt: string; anonymousId: string | null }[];
      const granted = new Map(
        (
          store.prepare('SELECT receipt, granted FROM consent_receipts').all() as { receipt: string; granted: number }[]
        ).map(({ receipt, granted }) => [receipt, granted]),
      );
      store.close();
      const stored = new Map(events.map((event) => [event.n, event]));
      // (b) Each event that is kept was permitted when it was told, by a row of the ledger.
      for (const { receipt, purposes } of events) expect(purposes & ~(granted.get(receipt) ?? 0)).toBe(0);
      for (const { n, held, ...then } of told) {
        const event = stored.get(n);
        if (!event) continue;
        const life = held?.life ?? then.life;
        const permitted = then.permitted || held?.life !== undefined;
        expect({ n, permitted, isOver: life.whole.isOver }).toEqual({ n, permitted: true, isOver: false }); // (b), (d)
        if (life.wasNarrowed) expect({ n, personalisation: event.purposes & 2 }).toEqual({ n, personalisation: 0 }); // (d)
      }
      // (c) Nothing of the erased is kept.
      expect(events.filter(({ anonymousId }) => anonymousId !== null && erased.includes(anonymousId))).toEqual([]);
      for (const id of erased) expect(await collector.profiles({ anonymousId: id })).toEqual([]);
      for (const { context } of devices) await context.close();
      histories += 1;
    }),
    { numRuns: 10, endOnFailure: true, interruptAfterTimeLimit: timeMs, markInterruptAsFailure: false },
  );
  expect(histories).toBeGreaterThan(2);
});
