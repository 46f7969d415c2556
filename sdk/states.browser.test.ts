// How an answer ages, is overtaken and is lost: the states of consent.md, section 2, and what each leaves on the device, in
// a real browser whose every storage call is seen.

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { folded } from './browser/cookie.js';
import { until } from './fixtures/chromium.js';
import { configOf, purposes } from './fixtures/collector.js';
import { type StorageCall, watchStorage } from './fixtures/watch.js';
import { version } from './options.js';
import { collector, context, recorded, setPage, site, sleep, visitors } from './visitors.fixture.js';

const all = { measurement: true, personalisation: true, marketing: true, sharing: true };
const none = { measurement: false };
const dayMs = 864e5;
const france = { code: 'FR', model: 'opt-in', ui: 'banner' };
const attributes = { 'data-pages': 'false' };

visitors({ config: configOf({}, france) }, { attributes });

/** Where the site is switched off, or for a child, nothing is ever in force. */
const open = async (path = '/', base = site.url, isOff = false): Promise<Page> => {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  (page as any).errors = errors;
  await page.addInitScript(watchStorage);
  await page.goto(base + path);
  await page.waitForFunction((isOff) => {
    const { weft } = window as any;
    return (
      !Array.isArray(weft) && weft.consent.state().policy && (isOff || weft.consent.get().measurement !== undefined)
    );
  }, isOff);
  return page;
};
const call = (page: Page, code: string): Promise<any> => page.evaluate(code);
const set = (page: Page, decisions: object) => call(page, `weft.consent.set(${JSON.stringify(decisions)})`);
const tracked = async (page: Page, name: string) => {
  await call(page, `weft.track('${name}'), weft.flush()`);
  await until(() => collector.named(name).length);
  return collector.named(name)[0];
};
const calls = (page: Page): Promise<StorageCall[]> => page.evaluate(() => (window as any).storageCalls);
const databases = (page: Page): Promise<string[]> =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ''));
/** Granted, delivered and acknowledged. */
const granted = async (decisions: object = all) => {
  const page = await open();
  await set(page, decisions);
  await tracked(page, 'First');
  await until(async () => (await recorded()).rows.length === 0);
  return page;
};
/** As the pages after this see the time; the browser's cookies grow as old, and those whose time is over go. */
const pass = async (days: number) => {
  const aged = (await context.cookies()).map((one) => ({ ...one, expires: one.expires - days * 86_400 }));
  await context.clearCookies();
  await context.addCookies(aged.filter(({ expires }) => expires > Date.now() / 1e3));
  await context.addInitScript((ms) => {
    const { now } = Date;
    Date.now = () => now() + ms;
  }, days * dayMs);
};
/** The banner's stand-in was given this to ask. */
const asked = (page: Page): Promise<string[]> => call(page, 'weft.consent.state().ask');
const silent = async (page: Page, code = `weft.track('Later'), weft.flush()`) => {
  const before = collector.posts().length;
  await call(page, code);
  await sleep(250);
  expect(
    collector
      .posts()
      .slice(before)
      .filter(({ path }) => path === '/v1/batch'),
  ).toEqual([]);
};

describe('a policy that changes', () => {
  const version4 = (change: object) => ({
    ...configOf(
      { purposes: purposes.map((one) => (one.id === 'personalisation' ? { ...one, ...change } : one)) },
      france,
    ),
    policy: { version: '4', configHash: '4'.repeat(64) },
  });

  it('consent 23: what has new terms is unset and asked alone; what needs it is suspended with its own answer kept', async () => {
    const first = await granted();
    const before = await recorded();
    await first.close();
    collector.rule({ config: version4({ materialHash: '9'.repeat(64) }) });
    const page = await open('/next');
    expect(await call(page, 'weft.consent.get()')).toEqual({
      measurement: true,
      personalisation: null,
      marketing: null,
      sharing: null,
    });
    expect(await asked(page)).toEqual(['personalisation']);
    await page.waitForFunction(() => (window as any).bannerSaw?.includes('first'));
    // Nothing but measurement leaves until there is an answer.
    await call(page, `weft.identify('U1', { plan: 'gold' })`);
    const event = await tracked(page, 'Bumped');
    expect(event.anonymousId ?? event.userId).toBeUndefined();
    expect(event.context.sessionId).toBeTruthy();
    expect(collector.named('identify')).toEqual([]);
    const { decisions, receipt } = await recorded();
    expect(decisions).toEqual(before.decisions);
    expect(receipt).toBe(before.receipt);

    await set(page, { personalisation: true });
    expect(await call(page, 'weft.consent.get()')).toEqual(all);
    expect(await asked(page)).toEqual([]);
    const answered = await tracked(page, 'Answered');
    expect(answered.anonymousId).toBe(before.anonymousId);
    const row = collector.ledger.get(answered.context.consent.receipt);
    expect(row).toMatchObject({ kind: 'update', supersedes: before.receipt, policy: { version: '4' } });
    expect(row.decisions.find(({ purpose }: any) => purpose === 'personalisation').materialHash).toBe('9'.repeat(64));
  });

  it('consent 23: terms listed as compatible are not asked again', async () => {
    await (await granted()).close();
    collector.rule({ config: version4({ materialHash: '9'.repeat(64), compatibleWith: ['b'.repeat(64)] }) });
    const page = await open('/next');
    expect(await asked(page)).toEqual([]);
    expect(await call(page, 'weft.consent.get()')).toEqual(all);
  });

  it('consent 24: other words and colours change nothing, and nobody is asked', async () => {
    await (await granted()).close();
    const before = await recorded();
    collector.rule({ config: version4({}) });
    const page = await open('/next');
    const event = await tracked(page, 'Unchanged');
    expect(event.context.consent.receipt).toBe(before.receipt);
    expect(event.anonymousId).toBe(before.anonymousId);
    const { decisions, receipt, at, exp, rev } = await recorded();
    expect({ decisions, receipt, at, exp, rev }).toEqual({
      decisions: before.decisions,
      receipt: before.receipt,
      at: before.at,
      exp: before.exp,
      rev: before.rev,
    });
    expect(await asked(page)).toEqual([]);
    expect(await call(page, 'window.bannerSaw')).toBeUndefined();
    expect(collector.ledger.size).toBe(1);
  });
});

describe('an answer that ends', () => {
  it('after 180 days: stop, wipe blindly, ask again; for a refusal as for a grant', async () => {
    await (await granted()).close();
    await pass(181);
    const page = await open('/next');
    expect(await call(page, 'weft.consent.get().measurement')).toBeNull();
    expect(await asked(page)).toEqual(Object.keys(all));
    expect(await recorded()).toBeUndefined();
    await until(async () => (await databases(page)).length === 0);
    const touched = (await calls(page)).map(({ what }) => what);
    expect(touched).toContain('indexedDB.deleteDatabase');
    expect(touched).not.toContain('indexedDB.open');
    await silent(page);
    await set(page, none);
    expect(await asked(page)).toEqual([]);
    await page.close();
    await pass(181);
    const later = await open('/later');
    expect(await asked(later)).toEqual(Object.keys(all));
  });

  it('reaskAfterOptOutDays: an opt-out stands longer, and nobody is asked back in nor switched on by the default', async () => {
    const days = { granted: 180, denied: 365 };
    collector.rule({ config: configOf({}, { code: 'US-CA', model: 'opt-out', ui: 'link', days }) });
    const page = await open();
    await set(page, { marketing: false, sharing: false });
    await tracked(page, 'First');
    await until(async () => (await recorded()).rows.length === 0);
    const before = await recorded();
    await page.close();
    await pass(200);
    const later = await open('/later');
    const on = { measurement: true, personalisation: true, marketing: false, sharing: false };
    // What a region grants comes with what is fetched while nobody has agreed.
    await later.waitForFunction('weft.consent.get().measurement');
    expect(await call(later, 'weft.consent.get()')).toEqual(on);
    expect(await asked(later)).toEqual([]);
    // What the region grants is granted anew, under a receipt of its own: the collector's has run out by now.
    await tracked(later, 'Second');
    await until(async () => (await recorded()).rows.length === 0);
    const after = await recorded();
    expect(after.receipt).not.toBe(before.receipt);
    expect(after.decisions.sharing).toEqual(before.decisions.sharing);
    await later.close();
    await pass(200);
    const last = await open('/last');
    await last.waitForFunction('weft.consent.get().measurement');
    expect(await call(last, 'weft.consent.get()')).toEqual(all);
  });

  it('a clock set back does not prolong it', async () => {
    await (await granted()).close();
    await pass(-3);
    const page = await open('/next');
    expect(await call(page, 'weft.consent.get().measurement')).toBeNull();
    await silent(page);
  });

  it('ends while the page stays open', async () => {
    const page = await granted();
    await page.evaluate((ms) => {
      const { now } = Date;
      Date.now = () => now() + ms;
    }, 181 * dayMs);
    await silent(page);
    expect(await recorded()).toBeUndefined();
    await until(async () => (await databases(page)).length === 0);
  });
});

describe('what overtakes an answer', () => {
  it('a lost record: events of another life are deleted unsent', async () => {
    const page = await granted();
    const config = configOf({}, france);
    collector.rule({ config, fault: ({ path }) => (path === '/v1/batch' ? { kind: 'down' } : undefined) });
    await call(page, `weft.track('Of the old life')`);
    await page.goto('about:blank');
    await sleep(250);
    await context.clearCookies();
    collector.rule({ config });
    const next = await open('/next');
    await set(next, all);
    await tracked(next, 'Of the new life');
    await call(next, 'weft.flush()');
    expect(collector.named('Of the old life')).toEqual([]);
  });

  it('a tab that was frozen finds the withdrawal before it says anything', async () => {
    const b = await granted();
    const session = await context.newCDPSession(b);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    const a = await open('/a');
    await call(a, 'weft.consent.withdraw()');
    await until(() => [...collector.ledger.values()].some(({ kind }) => kind === 'withdraw'));
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await b.bringToFront();
    await silent(b, `weft.track('Thawed'), weft.flush()`);
    expect(await databases(b)).toEqual([]);
    expect((await recorded()).receipt).toBeUndefined();
  });

  it('a page that comes back by the back button finds it too', async () => {
    const page = await granted();
    await page.goto(`${site.url}/away`);
    await page.waitForFunction(() => !Array.isArray((window as any).weft));
    await call(page, 'weft.consent.withdraw()');
    await until(() => [...collector.ledger.values()].some(({ kind }) => kind === 'withdraw'));
    await page.goBack();
    await page.waitForFunction(
      () => !Array.isArray((window as any).weft) && (window as any).weft.consent.state().policy,
    );
    await silent(page);
    expect(await call(page, 'weft.consent.get().measurement')).toBe(false);
  });

  it('two cookies after a change of the domain: the newer word holds, and one record is left', async () => {
    const shop = `http://shop.weft.localhost:${new URL(site.url).port}`;
    const now = Date.now();
    const decision = (value: string) => ({ value, source: 'user', at: now - 1000, materialHash: 'a'.repeat(64) });
    const cookie = (at: number, value: string) =>
      encodeURIComponent(
        folded(
          JSON.stringify({
            v: 1,
            rev: 1,
            at,
            exp: at + 180 * dayMs,
            decisions: { measurement: decision(value) },
            rows: [],
          }),
        ),
      );
    collector.rule({ config: configOf({ storage: { name: 'weft_consent', domain: 'weft.localhost' } }, france) });
    for (const [hostValue, domainValue] of [
      ['granted', 'denied'],
      ['denied', 'granted'],
    ] as const) {
      await context.clearCookies();
      const [older, newer] = [now - 60_000, now - 1_000];
      await context.addCookies([
        { name: 'weft_consent', value: cookie(older, hostValue), url: `${shop}/` },
        { name: 'weft_consent', value: cookie(newer, domainValue), domain: '.weft.localhost', path: '/' },
      ]);
      const page = await open('/', shop);
      expect(await call(page, 'weft.consent.get().measurement')).toBe(domainValue === 'granted');
      const left = await context.cookies();
      expect(left.map(({ domain }) => domain)).toEqual(['.weft.localhost']);
      expect(JSON.parse(folded(decodeURIComponent(left[0]!.value))).decisions.measurement.value).toBe(domainValue);
      await page.close();
    }
  });
});

describe('a browser that keeps nothing', () => {
  it('a record that cannot be written holds for its page, and for no other', async () => {
    await context.addInitScript(() =>
      Object.defineProperty(Document.prototype, 'cookie', { configurable: true, get: () => '', set: () => {} }),
    );
    const page = await open();
    await set(page, all);
    expect(await call(page, 'weft.consent.get().measurement')).toBe(true);
    await tracked(page, 'In memory of the record');
    await page.goto(`${site.url}/next`);
    await page.waitForFunction(
      () => !Array.isArray((window as any).weft) && (window as any).weft.consent.state().policy,
    );
    expect(await call(page, 'weft.consent.get().measurement')).toBeNull();
    await silent(page);
    expect((page as any).errors).toEqual([]);
  });

  it('consent 30: where even asking for cookies throws, nothing reaches the page', async () => {
    await context.addInitScript(() => {
      const refuse = () => {
        throw new DOMException('refused', 'SecurityError');
      };
      Object.defineProperty(Document.prototype, 'cookie', { configurable: true, get: refuse, set: refuse });
      Object.defineProperty(window, 'indexedDB', { get: refuse });
    });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(site.url);
    await page.waitForFunction(() => !Array.isArray((window as any).weft));
    await call(
      page,
      `weft.consent.set(${JSON.stringify(all)}), weft.track('X'), weft.page(), weft.reset(), weft.flush()`,
    );
    await sleep(250);
    expect(errors).toEqual([]);
    expect(collector.posts()).toEqual([]);
  });

  it('where the database refuses, events wait in memory and are sent', async () => {
    await context.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
    });
    const page = await open();
    await set(page, all);
    await tracked(page, 'In memory');
    expect(collector.deliveries.get(collector.named('In memory')[0].messageId)).toBe(1);
    expect((await calls(page)).filter(({ what }) => what.startsWith('Storage'))).toEqual([]);
    expect((page as any).errors).toEqual([]);
  });
});

describe('what goes before every answer', () => {
  it('the kill switch stops those who granted', async () => {
    await (await granted()).close();
    collector.rule({ config: configOf({ killSwitch: true }, france) });
    const page = await open('/next', site.url, true);
    await silent(page);
    expect(await asked(page)).toEqual([]);
    expect((await calls(page)).filter(({ what }) => what === 'indexedDB.open')).toEqual([]);
  });

  it('what the site’s age gate said stands in the row, since its collector takes no grant without it', async () => {
    setPage({ attributes: { 'data-age': 'passed' } });
    await (await granted()).close();
    const [row] = [...collector.ledger.values()];
    expect(row).toMatchObject({ kind: 'grant', age: 'passed' });
  });

  it('a refusal and a withdrawal, which travel alone, say which script sent them and in which language was asked', async () => {
    const page = await open();
    const how = { layer: 'first', action: 'reject-all', locale: 'fr' };
    await call(page, `weft.consent.set({ measurement: false }, ${JSON.stringify(how)})`);
    await until(() => collector.posts().length === 1);
    await call(page, `weft.consent.set(${JSON.stringify(all)}, { layer: 'first', locale: 'fr' })`);
    await tracked(page, 'Granted');
    await call(
      page,
      `weft.consent.set({ measurement: false }, { layer: 'preferences', action: 'save', locale: 'de' })`,
    );
    const rows = () => collector.posts().filter(({ path }) => path === '/v1/consent');
    await until(() => rows().at(-1)?.body.kind === 'withdraw');
    expect(rows().map(({ body }) => [body.kind, body.sdkVersion, body.text])).toEqual([
      ['refuse', version, { locale: 'fr' }],
      ...rows()
        .slice(1, -1)
        .map(({ body }) => [body.kind, version, { locale: 'fr' }]),
      ['withdraw', version, { locale: 'de' }],
    ]);
    // It is no part of what waits on the device.
    expect(JSON.stringify(await recorded())).not.toContain('sdkVersion');
  });

  it('where the site has an age gate, a page that says nothing of it asks nobody, grants nothing and says why', async () => {
    collector.rule({ config: configOf({ age: { gate: true } }, france) });
    const page = await context.newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    await page.addInitScript(watchStorage);
    await page.addInitScript(() => {
      (window as any).weft = [['debug']];
    });
    await page.goto(site.url);
    await page.waitForFunction(() => (window as any).weft.consent?.state().policy);
    await set(page, all);
    await call(page, `weft.track('X'), weft.flush()`);
    await sleep(300);
    expect(await asked(page)).toEqual([]);
    expect(await call(page, 'weft.consent.get()')).toEqual({});
    expect((await calls(page)).filter(({ what }) => what !== 'cookie.read')).toEqual([]);
    expect(collector.posts()).toEqual([]);
    expect(await recorded()).toBeUndefined();
    expect(said.filter((text) => text.includes('data-age'))).toHaveLength(1);
    // Told, it asks; and what was granted then is kept while another page does not tell.
    setPage({ attributes: { ...attributes, 'data-age': 'guardian' } });
    await (await granted()).close();
    const before = await recorded();
    setPage({ attributes });
    const silentPage = await open('/next', site.url, true);
    await silent(silentPage);
    expect((await recorded()).receipt).toBe(before.receipt);
  });

  it.each([
    ['once it is there', ''],
    ['before the script is', `weft.push(['consent.withdraw'])`],
  ])('consent 2: on a page that tells no age a withdrawal works all the same, called %s', async (_, early) => {
    collector.rule({ config: configOf({ age: { gate: true } }, france) });
    setPage({ attributes: { ...attributes, 'data-age': 'passed' } });
    await (await granted()).close();
    const before = await recorded();
    setPage({ attributes, after: early });
    const page = await open('/next', site.url, true);
    if (!early) await call(page, 'weft.consent.withdraw()');
    await until(async () => (await recorded()).rows.length === 0 && !(await recorded()).receipt);
    expect(JSON.stringify(await recorded())).not.toMatch(/receipt|anonymousId|visitorId|session/);
    await until(async () => (await databases(page)).length === 0);
    const { body } = collector.posts().at(-1)!;
    expect(body).toMatchObject({ kind: 'withdraw', supersedes: before.receipt, visitorId: before.anonymousId });
    expect((page as any).errors).toEqual([]);
  });

  it('what the age gate said is not passed by any other word', async () => {
    setPage({ attributes: { ...attributes, 'data-age': 'minor' } });
    const page = await open('/', site.url, true);
    await set(page, all);
    await silent(page);
    expect(await recorded()).toBeUndefined();
  });

  it('a child is neither asked nor counted, whatever was answered', async () => {
    await (await granted()).close();
    setPage({ attributes: { ...attributes, 'data-minor': 'true' } });
    const page = await open('/next', site.url, true);
    await set(page, all);
    await silent(page);
    expect(await asked(page)).toEqual([]);
  });
});
