// The shop in a real browser: what it looks like to axe, to a keyboard, to a phone, to somebody without scripts, and what
// it says to Weft. Weft itself is a stand-in here that writes down what it is told; the whole of both is tested elsewhere.

import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeFaults } from '../../sdk/fixtures/axe.js';
import { type Chromium, startChromium } from '../../sdk/fixtures/chromium.js';
import { demoShop, type ServerCall } from './app.js';

const standIn = `(() => {
  const told = (window.told = []);
  const heard = [];
  let now = { measurement: null, personalisation: null, marketing: null, sharing: null };
  const call = ([verb, ...args]) => {
    told.push([verb, ...args.filter((arg) => typeof arg !== 'function')]);
    if (verb === 'on' && args[0] === 'consent') { heard.push(args[1]); args[1](now); }
    if (verb === 'consent.get') return now;
    if (verb === 'consent.set') { now = { ...now, ...args[0] }; for (const hear of heard) hear(now); }
  };
  const verb = (name) => (...args) => call([name, ...args]);
  const queued = window.weft || [];
  window.weft = { on: verb('on'), identify: verb('identify'), reset: verb('reset'), cart: { update: verb('cart.update') }, consent: { get: verb('consent.get'), set: verb('consent.set') } };
  for (const one of queued) call(one);
})();`;

const calls: ServerCall[] = [];
let server: ServerType;
let chromium: Chromium;
let root = '';

beforeAll(async () => {
  const app = new Hono();
  app.get('/weft.js', (c) => c.body(standIn, 200, { 'content-type': 'text/javascript' }));
  app.route(
    '/demo',
    demoShop({ writeKey: 'wk_test', scriptUrl: '/weft.js', collect: async (told) => void calls.push(...told) }),
  );
  server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  chromium = await startChromium();
});
afterAll(async () => {
  await chromium?.kill();
  await new Promise((resolve) => server?.close(resolve));
});

/** A page whose errors and whose requests to anywhere else fail the test. */
const visit = async (
  path: string,
  options: BrowserContextOptions = {},
): Promise<Page & { close: () => Promise<void> }> => {
  const context = await chromium.browser.newContext({ baseURL: root, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(root)) throw new Error(`a request to ${new URL(request.url()).host}`);
  });
  await page.goto(`/demo${path}`);
  return Object.assign(page, { close: () => context.close() });
};
const told = (page: Page, verb: string) =>
  page.evaluate(
    (wanted) => (window as unknown as { told: unknown[][] }).told.filter(([name]) => name === wanted),
    verb,
  );
const events = (page: Page) =>
  page.evaluate(() =>
    (window as unknown as { dataLayer: { event?: string }[] }).dataLayer.flatMap(({ event }) => event ?? []),
  );
const fillAddress = async (page: Page) => {
  for (const [name, value] of Object.entries({
    name: 'Bo Ek',
    email: 'bo@shop.example',
    street: 'Hoogstraat 3',
    postcode: '9000',
    city: 'Ghent',
  }))
    await page.fill(`#${name}`, value);
};
const addTeapot = async (page: Page) => {
  await page.goto('/demo/p/teapot-for-two');
  await page.click('text=Add to basket');
  await page.waitForSelector('[data-count="1"]');
};

describe.each<[string, BrowserContextOptions, withAxe: boolean]>([
  ['light, at a desk', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }, true],
  ['dark, on a phone', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }, true],
  ['at 320 px', { viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' }, false],
])('%s', (_, options, withAxe) => {
  test('every page is clean to axe and never scrolls sideways', async () => {
    const page = await visit('', options);
    const check = async (where: string) => {
      if (withAxe) expect(await axeFaults(page), where).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), where).toBeLessThanOrEqual(
        0,
      );
    };
    await check('the front page');
    for (const path of [
      '/c/light',
      '/search?q=linen',
      '/search?q=xyz',
      '/p/iron-pan?v=28',
      '/basket',
      '/account',
      '/privacy',
      '/about',
      '/nowhere',
    ]) {
      await page.goto(`/demo${path}`);
      await check(path);
    }
    await addTeapot(page);
    await check('a product, added');
    await page.goto('/demo/basket');
    await check('a basket');
    await page.click('.strip summary');
    await check('the strip, open');
    await page.goto('/demo/checkout');
    await check('the address');
    await fillAddress(page);
    await page.click('text=On to delivery');
    await page.waitForURL('**/delivery');
    await check('the delivery');
    await page.click('text=On to payment');
    await page.waitForURL('**/payment');
    await check('the payment');
    await page.click('button:has-text("Order for")');
    await page.waitForURL('**/thank-you/**');
    await check('the thanks');
    await page.close();
  }, 120_000);
});

test('a whole visit: from a list to the thanks, each step said to the data layer where it happens', async () => {
  const page = await visit('/c/table');
  const all: string[] = [];
  const note = async () => void all.push(...(await events(page)));
  // The click leaves the page: what it pushed is read before it does.
  await page.evaluate(() => document.addEventListener('click', (event) => event.preventDefault(), { once: true }));
  await page.click('text=Teapot for two');
  await note();
  await addTeapot(page);
  await note();
  await page.goto('/demo/basket');
  await page.fill('input.quantity', '3');
  await page.dispatchEvent('input.quantity', 'change');
  await page.waitForSelector('[data-count="3"]');
  await note();
  await page.click('text=Order');
  await fillAddress(page);
  await note();
  await page.click('text=On to delivery');
  await page.waitForURL('**/delivery');
  await page.click('text=On to payment');
  await page.waitForURL('**/payment');
  await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault(), { once: true }));
  await page.click('button:has-text("Order for")');
  await note();
  const before = calls.length;
  await page.click('button:has-text("Order for")');
  await page.waitForURL('**/thank-you/**');
  await note();
  expect(all).toEqual([
    'view_item_list',
    'select_item',
    'view_item',
    'view_item_list',
    'add_to_cart',
    'view_cart',
    'add_to_cart',
    'begin_checkout',
    'add_shipping_info',
    'add_payment_info',
    'purchase',
  ]);
  const number = await page.textContent('[data-order]');
  expect(calls.slice(before).map(({ properties }) => properties.order_id)).toEqual([number]);
  await page.close();
});

test('all of it works without scripts', async () => {
  const page = await visit('/p/deep-bowl', { javaScriptEnabled: false });
  await page.check('input[value="OX-102-slate"]', { force: true });
  await page.click('text=Add to basket');
  await page.waitForURL('**/basket');
  expect(await page.textContent('.lines')).toContain('Glaze: Slate');
  await page.fill('input.quantity', '2');
  await page.click('text=Change');
  expect(await page.textContent('.total')).toContain('€52.90');
  await page.click('.sum a:has-text("Order")');
  await fillAddress(page);
  await page.click('text=On to delivery');
  await page.click('text=On to payment');
  await page.click('button:has-text("Order for")');
  expect(await page.textContent('h1')).toBe('Thank you, Bo');
  await page.close();
});

describe('consent', () => {
  test('is asked for by Weft: on every page a link leads to it, and without scripts to what the shop says of privacy', async () => {
    const page = await visit('');
    const links = await page.$$eval('[data-weft-consent]', (all) =>
      all.map((link) => [link.textContent?.trim(), link.getAttribute('href')]),
    );
    expect(links).toEqual([['Privacy choices', '/demo/privacy']]);
    expect(await told(page, 'consent.set')).toEqual([]);
    await page.close();
  });

  test('once given, with something in the basket and somebody logged in, Weft knows of both', async () => {
    const page = await visit('/account');
    await page.fill('#email', 'ada@example.com');
    await page.fill('#password', 'demo');
    await page.click('form:has(#password) button');
    await page.waitForSelector('text=Hello, Ada');
    await addTeapot(page);
    await page.goto('/demo/c/light');
    await page.evaluate(() =>
      (globalThis as unknown as { weft: { consent: { set: (answer: object) => void } } }).weft.consent.set({
        measurement: true,
        personalisation: true,
      }),
    );
    const verbs = await page.evaluate(() => (window as unknown as { told: unknown[][] }).told.map(([verb]) => verb));
    expect(verbs.filter((verb) => verb !== 'consent.get').slice(-3)).toEqual([
      'cart.update',
      'consent.set',
      'identify',
    ]);
    await page.close();
  });
});

test('nothing is kept on the device before somebody puts something into the basket', async () => {
  const page = await visit('');
  for (const path of ['/c/table', '/p/morning-mug', '/search?q=mug', '/basket', '/account'])
    await page.goto(`/demo${path}`);
  expect(await page.context().cookies()).toEqual([]);
  expect(
    await page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length]),
  ).toEqual([0, 0, 0]);
  await addTeapot(page);
  expect((await page.context().cookies()).map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
    ['oxlip_basket', true, 'Lax'],
  ]);
  await page.close();
});

test('a page out of the back-forward cache shows the basket as it is now', async () => {
  const page = await visit('/c/table');
  await page.evaluate(() =>
    addEventListener('pageshow', (event) => Object.assign(window, { cameBack: event.persisted })),
  );
  await addTeapot(page);
  // Playwright's own way back waits for a load, which a page out of this cache does not have.
  await page.evaluate(() => history.back());
  await page.waitForFunction(() => (window as unknown as { cameBack?: boolean }).cameBack === true);
  await page.waitForSelector('[data-count="1"]');
  expect(page.url()).toMatch(/\/c\/table$/);
  await page.close();
});

test('choosing a variant changes picture, price and stock, and what cannot be had cannot be bought', async () => {
  const page = await visit('/p/iron-pan');
  await page.check('input[value="OX-202-28"]', { force: true });
  expect(await page.getAttribute('[data-picture]', 'src')).toBe('/demo/pictures/OX-202-28.svg');
  expect(await page.textContent('.product-price')).toBe('€94.00');
  expect(await page.textContent('[data-stock]')).toBe('Sold out, more are being made');
  expect(await page.isDisabled('[data-buy]')).toBe(true);
  await page.check('input[value="OX-202-20"]', { force: true });
  expect(await page.isDisabled('[data-buy]')).toBe(false);
  await page.close();
});
