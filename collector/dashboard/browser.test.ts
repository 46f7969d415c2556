// The dashboard in a real Chromium, against a real socket: axe on every page, what the script does, and what is left
// without it.

import { readFileSync } from 'node:fs';
import { type ServerType, serve } from '@hono/node-server';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeFaults } from '../../sdk/fixtures/axe.js';
import { type Chromium, startChromium } from '../../sdk/fixtures/chromium.js';
import { openTurnedAway } from '../ingest/turned-away.js';
import { hostile } from './fixtures/hostile.js';
import { adaId, back, bertaId, event, hostileId, nowAt, visitorId } from './fixtures/person.js';
import { openShop, type Shop } from './fixtures/shop.js';
import { openDashboard, password } from './fixtures/staff.js';
import { ago, duration } from './kit/time.js';

let chromium: Chromium;
const servers: ServerType[] = [];
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  chromium = await startChromium();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => chromium.kill());

const listen = async (
  shop: Shop,
  more: Parameters<typeof openDashboard>[0] = {},
): Promise<{ url: string; clock: { at: number } }> => {
  const { app, clock } = openDashboard({ shop, ...more });
  const port = await new Promise<number>((resolve) => {
    servers.push(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) => resolve(info.port)));
  });
  return { url: `http://127.0.0.1:${port}`, clock };
};

interface Look {
  scheme?: 'light' | 'dark';
  width?: number;
  script?: boolean;
  zone?: string;
}
/** Staff at a screen. Whatever goes wrong in the page is kept in `wrong`. */
const sit = async (url: string, { scheme = 'light', width = 1280, script = true, zone = 'UTC' }: Look = {}) => {
  const context = await chromium.browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: 844 },
    javaScriptEnabled: script,
    timezoneId: zone,
    locale: 'en-US',
  });
  contexts.push(context);
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) wrong.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) wrong.push(`a request to ${request.url()}`);
  });
  await page.goto(`${url}/login`);
  await page.fill('#password', password);
  await page.click('main button');
  await page.waitForURL(`${url}/`);
  return { page, wrong };
};

const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const fullPages = [
  '/',
  '/live',
  '/live?verdict=held',
  '/people',
  '/people?find=nobody',
  `/people/${adaId}`,
  `/people/${visitorId}`,
  `/people/${hostileId}`,
  `/people/${adaId}/merges/m-phone/undo`,
  `/people/${adaId}/join?with=${bertaId}`,
  `/people/${adaId}/erase`,
  '/erasures/er_1',
  '/nowhere',
];
const emptyPages = ['/', '/live', '/people'];

describe('everybody can use it', () => {
  const looks = (['light', 'dark'] as const).flatMap((scheme) => [1280, 390].map((width) => ({ scheme, width })));

  it.each(looks)(
    'axe finds no fault, and nothing is wider than the screen: $scheme, $width px',
    { timeout: 180_000 },
    async (look) => {
      const full = openShop();
      full.people.set(hostileId, hostile(`<b>${'long-word-without-end'.repeat(9)}</b>`));
      for (const [shop, paths] of [
        [full, fullPages],
        [openShop({ empty: true }), emptyPages],
      ] as const) {
        const { url } = await listen(shop);
        const { page, wrong } = await sit(url, look);
        for (const path of paths) {
          await page.goto(url + path);
          // Closed details hide what axe should see; open, they must fit as well.
          await page.evaluate(() => {
            for (const details of document.querySelectorAll('details')) details.open = true;
          });
          expect([path, await axeFaults(page)]).toEqual([path, []]);
          expect([path, await overflow(page)]).toEqual([path, 0]);
        }
        expect(wrong).toEqual([]);
        await page.context().clearCookies();
        await page.goto(`${url}/login`);
        expect(await axeFaults(page)).toEqual([]);
      }
    },
  );

  it('by keyboard alone: the first stop skips to the content, and a person is reached, read and left', async () => {
    const { url } = await listen(openShop());
    const { page } = await sit(url);
    await page.goto(`${url}/people/${adaId}`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    const summary = page.locator('.event summary').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    expect(await summary.evaluate((element) => (element.parentElement as HTMLDetailsElement).open)).toBe(true);
    const outline = await summary.evaluate((element) => getComputedStyle(element).outlineStyle);
    expect(outline).not.toBe('none');
  });
});

describe('a page that is open', () => {
  it('of a person builds while they shop, and keeps what the reader had opened', async () => {
    const shop = openShop();
    const { url } = await listen(shop);
    const { page, wrong } = await sit(url);
    await page.goto(`${url}/people/${adaId}`);
    const second = page.locator('.event details').nth(1);
    await second.locator('summary').click();
    const ada = shop.people.get(adaId)!;
    ada.events.unshift(
      event({
        type: 'track',
        event: 'Order Completed',
        at: back(0),
        sessionId: 'visit-phone',
        properties: { order_id: '10055', total: 78, currency: 'EUR', products: [{ name: 'Linen shirt', quantity: 2 }] },
      }),
    );
    ada.profile.counts.orders = 3;
    await page.locator('.event .told', { hasText: 'Ordered Linen shirt × 2, €78.00 (order 10055)' }).waitFor();
    expect(await page.locator('.figures dd').nth(1).textContent()).toBe('3');
    // The one that was opened is the third now, still open, and the only one.
    expect(await page.locator('.event details[open]').count()).toBe(1);
    expect(
      await page
        .locator('.event details')
        .nth(2)
        .evaluate((element) => (element as HTMLDetailsElement).open),
    ).toBe(true);
    expect(await page.locator('#told').textContent()).toBe('New: Ordered Linen shirt × 2, €78.00 (order 10055)');
    expect(await page.locator('.event.fresh').count()).toBe(1);
    expect(await axeFaults(page)).toEqual([]);
    expect(wrong).toEqual([]);
  });

  it('follows a visitor into the profile of their account, and says when they are gone', async () => {
    const shop = openShop();
    const { url } = await listen(shop);
    const { page } = await sit(url);
    await page.goto(`${url}/people/${visitorId}`);
    shop.people.set(visitorId, shop.people.get(adaId)!);
    await page.locator('h1', { hasText: 'Ada Lovelace' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/people/${adaId}`);
    shop.people.clear();
    await page.locator('.banner', { hasText: 'What this page shows is gone.' }).waitFor();
  });

  it('with the live table gets its rows without being asked, and rests while paused', async () => {
    const shop = openShop();
    const { url } = await listen(shop);
    const { page, wrong } = await sit(url);
    await page.goto(`${url}/live`);
    const rows = page.locator('#rows tr');
    const before = await rows.count();
    shop.live.unshift({ ...shop.live[3]!, seq: 901, code: 'gpc', receivedAt: back(0) });
    await rows.nth(before).waitFor();
    expect(await rows.first().textContent()).toContain('The browser asks for no sale or sharing');
    await page.click('#pause');
    expect(await page.locator('#live-state').textContent()).toBe('Paused');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    shop.live.unshift({ ...shop.live[0]!, seq: 902 });
    await page.waitForTimeout(1_600);
    expect(asked).toEqual([]);
    await page.click('#pause');
    await rows.nth(before + 1).waitFor();
    expect(wrong).toEqual([]);
  });

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('with an empty live table says at once who is turned away: %s, %d px wide', async (scheme, width) => {
    const turnedAway = openTurnedAway(() => Date.parse(back(0)));
    const { url } = await listen(openShop({ empty: true }), { turnedAway: turnedAway.list });
    const { page, wrong } = await sit(url, { scheme, width });
    await page.goto(`${url}/live`);
    expect(await page.locator('#turned-away').isVisible()).toBe(false);
    turnedAway.note('https://a-shop-with-a-rather-long-name.shops.example:8443', 'origin');
    turnedAway.note(null, 'bad_key');
    await page.locator('#turned-rows tr').nth(1).waitFor();
    turnedAway.note('https://a-shop-with-a-rather-long-name.shops.example:8443', 'origin');
    await page.locator('#turned-rows tr', { hasText: 'https://a-shop' }).locator('text="2"').waitFor();
    expect(await axeFaults(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect(wrong).toEqual([]);
    if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}-${scheme}.png` });
  });

  it('fills the empty live table with the first event', async () => {
    const shop = openShop({ empty: true });
    const { url } = await listen(shop);
    const { page } = await sit(url);
    await page.goto(`${url}/live`);
    expect(await page.locator('#rows').isVisible()).toBe(false);
    shop.live = openShop().live.slice(0, 1);
    await page.locator('#rows tr').waitFor();
    expect(await page.locator('#live-empty').isVisible()).toBe(false);
  });

  it('turns the empty overview into a full one when the first event arrives', async () => {
    const shop = openShop({ empty: true });
    const { url } = await listen(shop);
    const { page, wrong } = await sit(url);
    await page.goto(url);
    shop.overview = openShop().overview;
    await page.locator('#hours .chart').waitFor();
    expect(await page.locator('#first').count()).toBe(0);
    expect(await axeFaults(page)).toEqual([]);
    expect(wrong).toEqual([]);
  });

  it('leads back to the door, and here again, when the session has ended', async () => {
    const { url } = await listen(openShop());
    const { page } = await sit(url);
    await page.goto(`${url}/people/${adaId}`);
    await page.context().clearCookies();
    await page.locator('.banner a', { hasText: 'Log in again' }).click();
    await page.fill('#password', password);
    await page.click('main button');
    await page.waitForURL(`${url}/people/${adaId}`);
  });

  it('says when the collector does not answer, and when it does again', async () => {
    const { url } = await listen(openShop());
    const { page } = await sit(url);
    await page.goto(`${url}/people/${adaId}`);
    await page.context().setOffline(true);
    await page.locator('.banner', { hasText: 'The collector does not answer.' }).waitFor();
    await page.context().setOffline(false);
    await page.locator('.banner').waitFor({ state: 'detached' });
  });
});

describe('times', () => {
  it('are said in the zone of the reader, in the words of the server', async () => {
    const { url } = await listen(openShop());
    const { page } = await sit(url, { zone: 'Asia/Kolkata' });
    await page.goto(`${url}/people/${adaId}`);
    const first = page.locator('.event time').first();
    expect(await first.getAttribute('datetime')).toBe(back(1));
    expect(await first.textContent()).toBe('16:11');
    expect(await page.locator('.visit-head time').first().textContent()).toBe('22 Nov 2026, 15:58');
    await page.goto(url);
    expect(await page.locator('.chart text[data-hour]').first().textContent()).toMatch(/:30$/);
  });

  it('have the same words from the script as from the server', async () => {
    const shop = openShop();
    const steps = [0, 3, 45, 61, 150, 599, 601, 3_700, 8_000, 90_000, 400_000, 900_000].map(
      (seconds) => seconds * 1_000,
    );
    const ada = shop.people.get(adaId)!;
    const iso = (at: number) => new Date(at).toISOString();
    ada.profile.traits = Object.fromEntries(
      steps.map((ms, n) => [
        `t${String(n).padStart(2, '0')}`,
        { value: 1, at: iso(nowAt - ms), source: 'server', assurance: 'claimed' as const },
      ]),
    );
    ada.carts = steps.slice(1).map((ms) => ({ ...ada.carts[0]!, id: `c${ms}`, deadlineAt: iso(nowAt + ms) }));
    const { url } = await listen(shop);
    const { page } = await sit(url);
    // A clock that stands still, for a slow machine must not change the words.
    await page.clock.setFixedTime(nowAt);
    await page.goto(`${url}/people/${adaId}`);
    const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
    expect(await page.locator('#traits time').allTextContents()).toEqual(
      steps.map((ms) => ago(ms) || day.format(nowAt - ms)),
    );
    expect(await page.locator('#carts time[data-as="until"]').allTextContents()).toEqual(
      steps.slice(1).map((ms) => `in ${duration(ms)}`),
    );
  });
});

describe('without script', () => {
  it('every page says all it has to say, and an undo is done', async () => {
    const shop = openShop();
    const { url } = await listen(shop);
    const { page } = await sit(url, { script: false });
    for (const path of fullPages) {
      await page.goto(url + path);
      expect(await page.locator('main h1').count()).toBeLessThanOrEqual(1);
      expect(((await page.locator('main').textContent()) ?? '').length).toBeGreaterThan(40);
    }
    await page.goto(`${url}/live`);
    expect(await page.locator('#pause').isVisible()).toBe(false);
    expect(await page.locator('#live-state a').textContent()).toBe('Look again');
    await page.goto(`${url}/people/${adaId}`);
    expect(await page.locator('.event time').first().textContent()).toBe('10:41 UTC');
    await page.locator('#why a', { hasText: 'Undo…' }).first().click();
    await page.locator('button', { hasText: 'Tell them apart' }).click();
    await page.locator('.notice', { hasText: 'Undone.' }).waitFor();
    expect(shop.commands.at(-1)).toMatchObject({ kind: 'undo', mergeId: 'm-phone' });
    await page.locator('button', { hasText: 'Log out' }).click();
    await page.waitForURL(`${url}/login`);
  });
});

describe('a hostile shopper', () => {
  it('gets no code into the page of whoever looks', async () => {
    const shop = openShop();
    const strings = JSON.parse(
      readFileSync(new URL('./fixtures/xss_payloads_sample.json', import.meta.url), 'utf8'),
    ) as string[];
    const person = hostile('<img src=x onerror=alert(1)>"><svg onload=alert(1)>');
    person.events = strings.slice(0, 80).map((text) =>
      event({
        type: 'track',
        event: text,
        at: back(5),
        properties: { [text]: text },
        page: { path: text, title: text },
      }),
    );
    shop.people.set(hostileId, person);
    shop.live = strings
      .slice(0, 100)
      .map((text, n) => ({ ...shop.live[0]!, seq: n, name: text, pagePath: text, profileId: hostileId }));
    const { url } = await listen(shop);
    const { page, wrong } = await sit(url);
    for (const path of [`/people/${hostileId}`, '/live', '/people']) {
      await page.goto(url + path);
      person.profile.counts.events += 1;
      // Once more through the script, which mends the page with what it fetched.
      await page.waitForResponse((response) => response.url().startsWith(url), { timeout: 3_000 }).catch(() => null);
    }
    shop.live = [{ ...shop.live[0]!, seq: 1_000 }, ...shop.live];
    await page.goto(`${url}/live`);
    shop.live = [{ ...shop.live[0]!, seq: 1_001 }, ...shop.live];
    await page.locator('#rows tr[data-key="1001"]').waitFor();
    expect(await page.locator('main img, main iframe, main script, main object, main form:not([action])').count()).toBe(
      0,
    );
    expect(wrong).toEqual([]);
  });
});
