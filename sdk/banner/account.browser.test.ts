// Choices that follow an account (`decision.scope: "account"`), in a real browser against a real collector: what lies on
// each device before, while and after somebody is logged in, and what the collector makes of it.

import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../collector/config.js';
import { type Served, serve } from '../../collector/serve.js';
import { folded } from '../browser/cookie.js';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { restScript } from '../fixtures/site.js';
import { chunkOf } from './banner.fixture.js';

const identitySecret = 'a secret of the shop';
const secretKey = 'sk_test_0123456789';
const writeKey = 'wk_test_0123456789';
const proofOf = (user: string) => createHmac('sha256', identitySecret).update(user).digest('hex');

/** The script as the build makes it. */
const script = async (collector: string) =>
  (
    await build({
      stdin: {
        contents: `
          import { init } from './sdk/index.js';
          const base = location.origin + '/';
          window.weft = init({ writeKey: '${writeKey}', host: '${collector}', base });`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      minify: true,
      mangleProps: /[a-zA-Z]_$/,
      format: 'iife',
      target: 'es2021',
      write: false,
      define: { __WEFT_CHUNKS__: '"1"' },
    })
  ).outputFiles[0]!.text;

let chromium: Chromium;
const folder = newFolder();
let home: string;
let collector: Served;
let site: { url: string; stop: () => Promise<unknown>; requests: string[] };
let contexts: BrowserContext[];

const startShop = async () => {
  const code = await script(collector.url);
  const chunks: Record<string, string> = {
    account: await chunkOf('account'),
    banner: await chunkOf('banner'),
    rest: await restScript(),
  };
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    requests.push(path);
    const chunk = /^\/weft\/(\w+)-1\.js$/.exec(path)?.[1];
    const text = path === '/weft.js' ? code : chunk ? chunks[chunk] : undefined;
    if (/\.(js|ico)$/.test(path)) {
      response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/javascript' });
      return response.end(text);
    }
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><html lang="en"><title>A page</title><script src="/weft.js"></script><main>A shop`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.closeAllConnections();
    return new Promise<unknown>((resolve) => server.close(resolve));
  };
  return { url: `http://localhost:${port}`, stop, requests };
};

const begin = async (decision: object) => {
  home = mkdtempSync(join(tmpdir(), 'weft-account-'));
  const file = join(home, 'consent.json');
  writeFileSync(file, JSON.stringify({ decision, regions: 'everywhere-opt-in' }));
  collector = await serve(
    readConfig({
      PORT: '0',
      WEFT_DATA: join(home, 'data'),
      WEFT_SECRET_KEY: secretKey,
      WEFT_WRITE_KEY: writeKey,
      WEFT_ADMIN_PASSWORD: 'correct horse',
      WEFT_ORIGINS: '*',
      WEFT_IDENTITY_SECRET: identitySecret,
      WEFT_CONSENT: file,
    }),
  );
  site = await startShop();
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
  await site.stop();
  await collector.close();
  rmSync(home, { recursive: true, force: true });
});

const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const device = async () => {
  const context = await chromium.browser.newContext({ userAgent: agent });
  contexts.push(context);
  return context;
};
const open = async (context: BrowserContext): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(site.url);
  await page.waitForFunction(() => (window as any).weft.consent.get().measurement !== undefined);
  return page;
};
const stored = async (context: BrowserContext): Promise<Record<string, any>> =>
  Object.fromEntries(
    (await context.cookies()).map(({ name, value }) => [name, JSON.parse(folded(decodeURIComponent(value)))]),
  );
const valuesOf = (record: any) =>
  record && Object.fromEntries(Object.entries(record.decisions).map(([id, one]: any) => [id, one.value]));
const all = (value: unknown) => ({ measurement: value, personalisation: value, marketing: value, sharing: value });
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
  until(async () => ((await stored(context)).weft_consent?.rows ?? []).length === 0);
const asked = async (path: string) =>
  (await (await fetch(`${collector.url}${path}`, { headers: { authorization: `Bearer ${secretKey}` } })).json()) as any;
const eventsOf = async (query: string) => {
  const { profiles } = await asked(`/v1/profiles?${query}`);
  return profiles[0] ? (await asked(`/v1/profiles/${profiles[0].id}/events`)).items : [];
};
/** Somebody who has decided while logged in, on a device of their own. */
const decidedElsewhere = async (user: string, value: boolean) => {
  const context = await device();
  const page = await open(context);
  await login(page, user);
  await until(async () => (await stored(context)).weft_consent_aside);
  await answer(page, value);
  await until(async () => (await stored(context)).weft_consent_aside.untold === undefined && settled(context));
  return { context, page };
};

describe('consent 2, cross-device: with scope "account"', () => {
  it('an acceptance is brought to a new device at the login, told in a notice, and gone again at the logout', async () => {
    await begin({ scope: 'account' });
    await decidedElsewhere('u-1', true);
    const context = await device();
    const page = await open(context);
    expect(await effective(page)).toEqual(all(null));
    expect(site.requests.filter((path) => path.includes('account'))).toHaveLength(1);
    await login(page, 'u-1');
    await isNow(page, true);
    const notice = page.locator('weft-consent [role=status].first');
    await notice.waitFor();
    expect(await notice.textContent()).toContain('the choices of your account apply');
    const { weft_consent, weft_consent_aside } = await stored(context);
    expect(Object.values(weft_consent.decisions).map(({ source }: any) => source)).toEqual(Array(4).fill('account'));
    expect(weft_consent_aside.decisions).toEqual({});
    await settled(context);
    await until(async () =>
      (await eventsOf('userId=u-1')).some((one: any) => one.anonymousId === weft_consent.anonymousId),
    );
    await logout(page);
    await isNow(page, null);
    expect(Object.keys(await stored(context))).toEqual([]);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    expect((await asked('/v1/ledger/verify?full=1')).ok).toBe(true);
  }, 60_000);

  it('a refusal is brought the same way, and leaves no identifier on the device', async () => {
    await begin({ scope: 'account' });
    await decidedElsewhere('u-2', false);
    const context = await device();
    const page = await open(context);
    await login(page, 'u-2');
    await isNow(page, false);
    await settled(context);
    const text = JSON.stringify(await stored(context));
    expect(text).not.toMatch(/receipt|anonymousId|userId|visitorId|u-2/);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    expect((await asked('/v1/profiles?userId=u-2')).profiles).toEqual([]);
    await logout(page);
    await isNow(page, null);
    expect(Object.keys(await stored(context))).toEqual([]);
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
    const { anonymousId } = (await stored(context)).weft_consent;
    await until(async () => (await eventsOf(`anonymousId=${anonymousId}`)).length > 0);
    await first.page.evaluate(() => (window as any).weft.consent.withdraw());
    await until(
      async () => (await stored(first.context)).weft_consent_aside.untold === undefined && settled(first.context),
    );
    const again = await open(context);
    await login(again, 'u-3');
    await isNow(again, false);
    await settled(context);
    expect(JSON.stringify(await stored(context))).not.toContain(anonymousId);
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
    const before = (await stored(context)).weft_consent;
    await login(page, 'u-4');
    await isNow(page, false);
    await settled(context);
    const between = await stored(context);
    expect(valuesOf(between.weft_consent)).toEqual(all('denied'));
    expect(valuesOf(between.weft_consent_aside)).toEqual(all('granted'));
    expect(JSON.stringify(between)).not.toMatch(/receipt|anonymousId|visitorId|u-4/);
    // Another page of the same visit: still the account's.
    const second = await open(context);
    await isNow(second, false);
    await logout(second);
    await isNow(second, true);
    const after = (await stored(context)).weft_consent;
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
    await until(async () => (await stored(context)).weft_consent_aside);
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
    await until(async () => (await stored(context)).weft_consent_aside);
    await answer(other, true);
    await isNow(page, true);
    await until(async () => (await stored(context)).weft_consent_aside.untold === undefined);
    await settled(context);
    const elsewhere = await device();
    const there = await open(elsewhere);
    await login(there, 'u-9');
    await isNow(there, true);
    await logout(other);
    await isNow(other, null);
    await isNow(page, null);
    expect(Object.keys(await stored(context))).toEqual([]);
    // The tab that knew of them does not bring them back.
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.waitForTimeout(500);
    expect(await effective(page)).toEqual(all(null));
    expect(Object.keys(await stored(context))).toEqual([]);
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
    const { anonymousId } = (await stored(context)).weft_consent;
    await context.setOffline(true);
    await page.evaluate(() => (window as any).weft.track('While offline'));
    await first.page.evaluate(() => (window as any).weft.consent.withdraw());
    await until(
      async () => (await stored(first.context)).weft_consent_aside.untold === undefined && settled(first.context),
    );
    await context.setOffline(false);
    await isNow(page, false);
    await settled(context);
    await page.evaluate(() => (window as any).weft.flush());
    expect(JSON.stringify(await stored(context))).not.toContain(anonymousId);
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
    await until(async () => (await stored(context)).weft_consent_aside);
    // Somebody with no account's word yet: this device's refusal, which is older than what they say now.
    await answer(page, true);
    await until(async () => (await stored(context)).weft_consent_aside.untold === undefined);
    await login(page, 'u-12');
    await isNow(page, false);
    await settled(context);
    expect(JSON.stringify(await stored(context))).not.toMatch(/receipt|anonymousId|visitorId|u-1/);
    const there = await open(await device());
    await login(there, 'u-13');
    await isNow(there, true);
    const other = await open(await device());
    await login(other, 'u-11');
    await isNow(other, true);
    await logout(page);
    await isNow(page, false);
    expect(valuesOf((await stored(context)).weft_consent)).toEqual(all('denied'));
  }, 60_000);

  it('an answer that could not be told before somebody else logged in is not told of them', async () => {
    await begin({ scope: 'account' });
    const context = await device();
    const page = await open(context);
    await login(page, 'u-14');
    await until(async () => (await stored(context)).weft_consent_aside);
    await page.route('**/v1/consent/account', (route) => route.abort());
    await answer(page, true);
    await until(async () => (await stored(context)).weft_consent_aside.untold);
    await page.unroute('**/v1/consent/account');
    await login(page, 'u-15');
    // They have said nothing, and neither had the device: it asks them.
    await isNow(page, null);
    await until(async () => (await stored(context)).weft_consent_aside.untold === undefined);
    expect((await stored(context)).weft_consent).toBeUndefined();
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
    expect(Object.keys(await stored(context))).toEqual([]);
  }, 60_000);
});

it('consent 2, cross-device: with scope "device" nothing is fetched or told when somebody logs in', async () => {
  await begin({});
  const context = await device();
  const page = await open(context);
  await login(page, 'u-8');
  await page.waitForTimeout(300);
  expect(site.requests.filter((path) => path.includes('account'))).toEqual([]);
  expect(Object.keys(await stored(context))).toEqual([]);
}, 60_000);
