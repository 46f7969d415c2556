// The privacy room and the accounts in a real Chromium: axe on every page, light and dark, wide and narrow, and what is left
// without a script.

import { type ServerType, serve } from '@hono/node-server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFaults } from '../../../sdk/fixtures/axe.js';
import { type Chromium, startChromium } from '../../../sdk/fixtures/chromium.js';
import { password } from '../fixtures/staff.js';
import { openRoom, type Room, receiptOf } from './room.fixture.js';

const pages = [
  '/privacy',
  '/privacy/consent',
  '/privacy/requests',
  '/privacy/ledger',
  `/privacy/receipts?receipt=${receiptOf(1)}`,
  '/privacy/retention',
  '/privacy/recipients',
  '/privacy/recipients/mailer/keys',
  '/privacy/cookieless',
  '/privacy/policy',
  '/privacy/audit',
  '/staff',
  '/staff/staff_maya/revoke',
];

/** Pages of what was asked for in the full room. */
const requests: string[] = [];

let chromium: Chromium;
let room: Room;
let empty: Room;
const servers: ServerType[] = [];
const listen = (of: Room): Promise<string> =>
  new Promise((resolve) => {
    servers.push(
      serve({ fetch: of.app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(`http://127.0.0.1:${port}`)),
    );
  });

beforeAll(async () => {
  room = await openRoom({ asked: true, consentFile: { cookieless: { mode: 'always', unique: 'daily-hash' } } });
  const cell = { event: 'page', path: '/', product: '', device: 'mobile', country: 'DE', referrer: '' };
  await room.log.command({
    kind: 'cookieless',
    at: room.now - 25 * 3_600_000,
    tallied: [
      { cell, count: 140 },
      {
        cell: { ...cell, event: 'add', path: '/products/*', product: 'a-product-with-a-very-long-name-0123456789' },
        count: 31,
      },
      { cell: { ...cell, path: '/rare' }, count: 8 },
      { cell: { ...cell, path: '/rarer' }, count: 6 },
    ],
    uniques: [],
  });
  const { items } = await room.reader.requests({ now: room.now, limit: 10, cursor: null });
  for (const { id, kind } of items) {
    requests.push(`/privacy/requests/${id}`);
    if (kind === 'erasure') requests.push(`/privacy/requests/${id}/certificate`);
  }
  empty = await openRoom({ answers: false });
  chromium = await startChromium();
}, 180_000);
afterAll(async () => {
  await chromium?.kill();
  for (const server of servers) server.close();
  await room?.end();
  await empty?.end();
});

const enter = async (url: string, context: Awaited<ReturnType<Browser['newContext']>>, name: string): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${url}/login`);
  expect(await axeFaults(page)).toEqual([]);
  await page.fill('#account', name);
  await page.fill('#password', password);
  await page.click('main button');
  await page.waitForURL((at) => !at.pathname.startsWith('/login'));
  return page;
};

const looks = (['light', 'dark'] as const).flatMap((scheme) => [1280, 360].map((width) => ({ scheme, width })));

describe('everybody can use the room', () => {
  it.each(looks)(
    'axe finds no fault, and nothing is wider than the screen: $scheme, $width px',
    { timeout: 240_000 },
    async ({ scheme, width }) => {
      const found: string[] = [];
      // Empty pages are few words: once wide and once narrow is enough for them.
      const isOnce = (scheme === 'light') === (width === 360);
      for (const [of, name] of [
        [room, 'full'],
        [empty, 'empty'],
      ] as const) {
        if (of === empty && !isOnce) continue;
        const url = await listen(of);
        const context = await chromium.browser.newContext({ colorScheme: scheme, viewport: { width, height: 844 } });
        const page = await enter(url, context, 'owner');
        for (const path of name === 'full' ? [...pages, ...requests] : pages) {
          await page.goto(url + path);
          await page.evaluate(() => {
            for (const details of document.querySelectorAll('details')) details.open = true;
          });
          for (const fault of await axeFaults(page)) found.push(`${name} ${path} ${fault}`);
          const over = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          if (over !== 0) found.push(`${name} ${path} is ${over} px too wide`);
          const folder = process.env.WEFT_LOOKS;
          if (folder !== undefined)
            await page.screenshot({
              path: `${folder}/${name}-${scheme}-${width}${path.replace(/(?<=[exo])_[\w-]+/, '').replace(/\W+/g, '-')}.png`,
              fullPage: true,
            });
        }
        await context.close();
      }
      expect(found).toEqual([]);
    },
  );

  it('a check of the ledger is made and read without a script, by the account of a privacy team', {
    timeout: 120_000,
  }, async () => {
    const url = await listen(room);
    const context = await chromium.browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 390, height: 844 },
    });
    const page = await context.newPage();
    await page.goto(`${url}/login`);
    await page.fill('#account', 'Piet');
    await page.fill('#password', password);
    await page.click('main button');
    await page.waitForURL(`${url}/privacy`);
    expect(await page.locator('nav[aria-label="Rooms"] a').allTextContents()).toEqual(['Privacy']);
    await page.click('nav[aria-label="Privacy"] a[href="/privacy/ledger"]');
    await page.click('text=Check all rows now');
    await page.locator('h1', { hasText: 'Every row fits' }).waitFor();
    await page.goto(`${url}/people`);
    expect(await page.locator('h1').textContent()).toBe('This room is not open to you');
    await page.click('text=Go to the privacy room');
    await page.waitForURL(`${url}/privacy`);
    await context.close();
  });
});
