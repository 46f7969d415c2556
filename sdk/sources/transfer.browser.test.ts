// An answer that is handed to another host of the site (`transfer`), in a real browser between two hosts, against a real
// collector: what a link holds at the press and after it, what arrives, and what is never touched.

import { rmSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { agent, all, kept, type Shop, secretKey, startShop, valuesOf } from '../fixtures/shop.js';

let chromium: Chromium;
const folder = newFolder();
let context: BrowserContext;
/** One server under three names; each is a host of its own to the browser. */
let shop: Shop;
const at = (host: string, path = '/') => `http://${host}:${shop.port}${path}`;
const here = 'localhost';
const there = '127.0.0.1';
const elsewhere = 'other.localhost';

const links = (to: (host: string, path?: string) => string) => `
  <a id=link href="${to(there)}">there</a>
  <a id=fragment href="${to(there, '/#reviews')}">with a fragment</a>
  <a id=own href="/next">own</a>
  <a id=unlisted href="${to(elsewhere)}">not listed</a>
  <a id=pinged ping="/ping" href="${to(there)}">tells of it</a>
  <a id=blank target=_blank href="${to(there)}">new tab</a>`;

const begin = async (consent: object) => {
  shop = await startShop({
    consent,
    chunks: { transfer: 'sources/transfer.ts', banner: 'export const start = () => { window.asked = true; };' },
    body: ({ port }) => links((host, path = '/') => `http://${host}:${port}${path}`),
  });
};

beforeAll(async () => {
  chromium = await startChromium(folder);
});
afterAll(async () => {
  await chromium?.kill();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  context = await chromium.browser.newContext({ userAgent: agent });
});
afterEach(async () => {
  await context.close();
  await shop.stop();
});

const ready = (page: Page) =>
  page.waitForFunction(() => (window as any).weft.consent?.get?.().measurement !== undefined);
const open = async (host: string, path = '/'): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(at(host, path));
  await ready(page);
  return page;
};
const recordOn = async (host: string) => (await kept(context, at(host))).weft_consent;
const valuesOn = async (host: string) => valuesOf(await recordOn(host));
const answer = async (page: Page, value: boolean | object, host = here) => {
  const values = typeof value === 'object' ? value : all(value);
  await page.evaluate((decisions) => (window as any).weft.consent.set(decisions, { layer: 'first' }), values);
  await until(async () => (await recordOn(host))?.rows.length === 0);
};
/** The words that were asked for, and when they were there. */
const hearing = (page: Page) => {
  const words: string[] = [];
  page.on('response', async (response) => {
    if (response.request().method() === 'POST' && response.url().endsWith('/v1/consent/transfer'))
      words.push(((await response.json().catch(() => ({}))) as any).token);
  });
  return words;
};
/** As a hand does it: the button is down for a tenth of a second. */
const press = async (page: Page, id: string, options: { button?: 'left' | 'middle' } = {}) => {
  await page.click(`#${id}`, { ...options, delay: 400 });
};
const proofs = async () => {
  const answer = await fetch(`${shop.collector.url}/v1/ledger/export`, {
    headers: { authorization: `Bearer ${secretKey}` },
  });
  return (await answer.text())
    .split('\n')
    .filter((line) => line.includes('"kind"'))
    .map((line) => JSON.parse(line).proof);
};
const file = { transfer: [here, there] };

describe('consent 2, other domains: without `transfer`', () => {
  it('no link is touched, nothing is asked, and no part of it is fetched', async () => {
    await begin({});
    const page = await open(here);
    const words = hearing(page);
    await answer(page, true);
    await page.evaluate(() => {
      (window as any).seen = [];
      addEventListener('click', (event) => setTimeout(() => (window as any).seen.push((event.target as any).href)));
      new MutationObserver(() => (window as any).seen.push('changed')).observe(document, {
        subtree: true,
        attributes: true,
      });
    });
    const [opened] = await Promise.all([context.waitForEvent('page'), press(page, 'blank')]);
    await ready(opened);
    expect(await page.evaluate(() => (window as any).seen)).toEqual([at(there)]);
    expect(await opened.evaluate(() => (window as any).first)).toBe(at(there));
    expect(words).toEqual([]);
    expect(await valuesOn(there)).toBeUndefined();
    expect(shop.requests.filter(({ path }) => path.includes('transfer'))).toEqual([]);
  }, 60_000);
});

describe('consent 2, other domains: with `transfer`', () => {
  it('an acceptance goes with the link in its fragment, and is there without a question', async () => {
    await begin(file);
    const page = await open(here);
    await answer(page, true);
    const before = (await recordOn(here)).decisions;
    await press(page, 'link');
    await page.waitForURL(at(there));
    await ready(page);
    // It came in the fragment, and the address is without it.
    expect(await page.evaluate(() => (window as any).first)).toMatch(new RegExp(`^${at(there)}#weft=`));
    expect(page.url()).toBe(at(there));
    await until(async () => JSON.stringify(await valuesOn(there)) === JSON.stringify(all('granted')));
    const record = await recordOn(there);
    // Not younger than it was, and in nobody's other life.
    for (const [id, one] of Object.entries<any>(record.decisions)) expect(one.at).toBe(before[id].at);
    const own = await recordOn(here);
    expect(record.receipt).not.toBe(own.receipt);
    expect(record.anonymousId).not.toBe(own.anonymousId);
    await until(async () => (await recordOn(there)).rows.length === 0);
    expect((await proofs()).at(-1)).toMatchObject({
      kind: 'import',
      receipt: record.receipt,
      ui: { layer: 'transfer', variant: `from=${here}` },
    });
    expect(await page.evaluate(() => (window as any).asked)).toBeUndefined();
    // Nothing of it went to a server of either host, in a path or a referrer.
    expect(shop.requests.filter(({ url, referer }) => /weft=|#/.test(url + referer))).toEqual([]);
    // And it is no page view of its own.
    await page.evaluate(() => (window as any).weft.flush());
    const { profiles } = await shop.ask(`/v1/profiles?anonymousId=${record.anonymousId}`);
    expect(profiles).toHaveLength(1);
  }, 60_000);

  it('a refusal goes as a grant does, and leaves no identifier', async () => {
    await begin(file);
    const page = await open(here);
    await answer(page, false);
    await press(page, 'link');
    await page.waitForURL(at(there));
    await until(async () => JSON.stringify(await valuesOn(there)) === JSON.stringify(all('denied')));
    await until(async () => (await recordOn(there)).rows.length === 0);
    expect(JSON.stringify(await recordOn(there))).not.toMatch(/receipt|anonymousId|visitorId/);
    expect((await proofs()).at(-1)).toMatchObject({ kind: 'import', receipt: null });
    expect(await page.evaluate(() => (window as any).asked)).toBeUndefined();
  }, 60_000);

  it.each([
    ['a new tab', async (page: Page) => press(page, 'blank')],
    ['the middle button', async (page: Page) => press(page, 'link', { button: 'middle' })],
    [
      'the keyboard',
      async (page: Page) => {
        await page.focus('#blank');
        await page.waitForTimeout(400);
        await page.keyboard.press('Enter');
      },
    ],
  ])(
    'by %s; a turn later the link is as it was',
    async (_, follow) => {
      await begin(file);
      const page = await open(here);
      await answer(page, true);
      const [opened] = await Promise.all([context.waitForEvent('page'), follow(page)]);
      await until(async () => JSON.stringify(await valuesOn(there)) === JSON.stringify(all('granted')));
      expect(await opened.evaluate(() => (window as any).first)).toContain('#weft=');
      expect(await page.$$eval('a', (found) => found.map((link) => link.getAttribute('href')))).toEqual(
        await opened.$$eval('a', (found) => found.map((link) => link.getAttribute('href'))),
      );
    },
    60_000,
  );

  it('a word that is not there in time holds up nothing: the link goes without it', async () => {
    await begin(file);
    const page = await open(here);
    await answer(page, true);
    let asked = 0;
    await page.route('**/v1/consent/transfer', async (route) => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await route.abort().catch(() => {});
    });
    const before = Date.now();
    await page.click('#link');
    await page.waitForURL(at(there));
    expect(Date.now() - before).toBeLessThan(2_500);
    await ready(page);
    expect(asked).toBe(1);
    expect(await page.evaluate(() => (window as any).first)).toBe(at(there));
    expect(await valuesOn(there)).toBeUndefined();
    await until(() => page.evaluate(() => (window as any).asked));
  }, 60_000);

  it('leaves alone what has a fragment, tells of the press, is its own or not listed, and what the page keeps to itself', async () => {
    await begin(file);
    const page = await open(here);
    const words = hearing(page);
    await answer(page, true);
    const went = async (id: string) => {
      await page.evaluate(() => {
        document.addEventListener('click', (event) => {
          (window as any).heard = (event.target as any).href;
          // A page's own script that writes the address into another one.
          (window as any).kept = `/out?to=${encodeURIComponent((event.target as any).href)}`;
          event.preventDefault();
        });
      });
      await press(page, id);
      return page.evaluate(() => [(window as any).heard, (window as any).kept]);
    };
    for (const id of ['fragment', 'pinged', 'own', 'unlisted', 'link']) {
      const [heard, kept] = await went(id);
      expect([id, heard, kept]).toEqual([
        id,
        expect.not.stringContaining('weft='),
        expect.not.stringContaining('weft'),
      ]);
    }
    // Only the last is a link for which a word was asked.
    expect(words).toHaveLength(1);
  }, 60_000);

  it('before an answer nothing is asked, and a region’s default is none', async () => {
    await begin({ ...file, regions: [{ match: ['*'], model: 'opt-out', fallback: true }] });
    const page = await open(here);
    const words = hearing(page);
    await until(async () => (await valuesOn(here))?.measurement === 'granted');
    const [opened] = await Promise.all([context.waitForEvent('page'), press(page, 'blank')]);
    await ready(opened);
    expect(words).toEqual([]);
    expect(await opened.evaluate(() => (window as any).first)).toBe(at(there));
  }, 60_000);

  it('is good once, and on no page that another host led to', async () => {
    await begin(file);
    const page = await open(here);
    await answer(page, true);
    const [opened] = await Promise.all([context.waitForEvent('page'), press(page, 'blank')]);
    await until(async () => (await valuesOn(there))?.measurement === 'granted');
    const used = new URL(await opened.evaluate(() => (window as any).first)).hash;
    await opened.close();
    await context.clearCookies({ domain: there });
    // Its address once more.
    const again = await context.newPage();
    await again.goto(at(there, `/${used}`), { referer: at(here) });
    await ready(again);
    expect(again.url()).toBe(at(there));
    await until(() => again.evaluate(() => (window as any).asked));
    expect(await valuesOn(there)).toBeUndefined();
    await again.close();
    // A fresh word, on a page of somebody else's.
    const words = hearing(page);
    await page.dispatchEvent('#link', 'pointerdown');
    await until(() => words[0]);
    const other = await context.newPage();
    await other.goto(at(elsewhere));
    await other.evaluate(
      (href) => {
        location.href = href;
      },
      at(there, `/#weft=${words[0]}`),
    );
    await other.waitForURL(at(there));
    await ready(other);
    await until(() => other.evaluate(() => (window as any).asked));
    expect(await valuesOn(there)).toBeUndefined();
    // Not spent by that: from the host it was made on it is good.
    await page.evaluate(
      (href) => {
        location.href = href;
      },
      at(there, `/#weft=${words[0]}`),
    );
    await until(async () => (await valuesOn(there))?.measurement === 'granted');
  }, 60_000);

  it('switches on nothing that was switched off there, and takes back what a later no takes back', async () => {
    await begin(file);
    const page = await open(here);
    const other = await open(there);
    await answer(other, { ...all(true), marketing: false, sharing: false }, there);
    await answer(page, true);
    await press(page, 'link');
    await page.waitForURL(at(there));
    await ready(page);
    await page.waitForTimeout(300);
    expect(await valuesOn(there)).toMatchObject({ personalisation: 'granted', marketing: 'denied', sharing: 'denied' });
    const { receipt } = await recordOn(there);
    await page.goto(at(here));
    await ready(page);
    await page.evaluate(() => (window as any).weft.consent.withdraw('personalisation'));
    await until(async () => (await recordOn(here)).rows.length === 0);
    await press(page, 'link');
    await page.waitForURL(at(there));
    await until(async () => (await valuesOn(there))?.personalisation === 'denied');
    await until(async () => (await recordOn(there)).rows.length === 0);
    expect((await proofs()).at(-1)).toMatchObject({ kind: 'withdraw', supersedes: receipt });
    // The page that stands open there obeys it too.
    await until(async () => (await other.evaluate(() => (window as any).weft.consent.get().personalisation)) === false);
  }, 60_000);

  it('stands to the browser’s signal on the page it leads to', async () => {
    await begin(file);
    const page = await open(here);
    await answer(page, true);
    await page.addInitScript(() => {
      if (location.hostname === '127.0.0.1') Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });
    });
    await press(page, 'link');
    await page.waitForURL(at(there));
    await until(async () => (await valuesOn(there))?.measurement === 'granted');
    expect(await valuesOn(there)).toEqual({ measurement: 'granted', personalisation: 'granted' });
    await ready(page);
    expect(await page.evaluate(() => (window as any).weft.consent.get())).toMatchObject({
      marketing: false,
      sharing: false,
    });
  }, 60_000);
});
