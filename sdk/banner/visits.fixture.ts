// Visitors of the site with the banner, in a real browser, and what they then tell the collector. Owns the browser, the
// collector and the pages of the tests of a file.

import { rmSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { type Collector, startCollector } from '../fixtures/collector.js';
import { watchStorage } from '../fixtures/watch.js';
import { configWith, france, fullConsent, type Page as SitePage, startBannerSite, textsOf } from './banner.fixture.js';

export const small = { width: 320, height: 640 };
export const none = { measurement: false, personalisation: false, marketing: false, sharing: false };
export const all = { measurement: true, personalisation: true, marketing: true, sharing: true };

export let chromium: Chromium;
export let collector: Collector;
export let site: Awaited<ReturnType<typeof startBannerSite>>;
let sitePage: SitePage = {};
const folder = newFolder();
export const pages: Page[] = [];

/** A browser, a collector and the site for the tests of a file; each test begins with a plain page, and ends without a fault. */
export const visits = (): void => {
  beforeAll(async () => {
    chromium = await startChromium(folder);
    collector = await startCollector();
    site = await startBannerSite(() => sitePage);
    site.reach(collector.url);
  });
  afterAll(async () => {
    await chromium?.kill();
    await site?.stop();
    await collector?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    sitePage = {};
    serve();
  });
  afterEach(async () => {
    const wrong = pages.flatMap((page) => (page as any).wrong);
    for (const page of pages.splice(0)) await page.context().close();
    expect(wrong).toEqual([]);
  });
};

/** What the site answers with from here on. */
export const setPage = (page: SitePage): void => {
  sitePage = page;
};

export const serve = (consent: object = {}, region: object = france) => {
  collector.requests.length = site.requests.length = 0;
  collector.rule({ config: configWith(site.url, consent, region) });
};

export interface Opening extends BrowserContextOptions {
  gpc?: boolean;
  /** Cookies and every other storage are refused, as a browser does when its owner says so. */
  isBlocked?: boolean;
  /** The text size a person has set in the browser. */
  text?: number;
  beside?: Page;
  /** Nothing can ever be in force there. */
  isShut?: boolean;
}

export const open = async ({ gpc, isBlocked, text, beside, isShut, ...options }: Opening = {}): Promise<Page> => {
  const context =
    beside?.context() ?? (await chromium.browser.newContext({ viewport: { width: 1100, height: 760 }, ...options }));
  const page = await context.newPage();
  const wrong: string[] = [];
  (page as any).wrong = wrong;
  page.on('pageerror', ({ message }) => wrong.push(message));
  // A page under a policy says so here.
  page.on('console', (message) => /security policy|refused/i.test(message.text()) && wrong.push(message.text()));
  await page.addInitScript(watchStorage);
  await page.addInitScript(() => {
    (window as any).shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (!(entry as any).hadRecentInput) (window as any).shift += (entry as any).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  if (gpc) await page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
  const session = await context.newCDPSession(page);
  // A changed configuration must be seen by the next page, not in five minutes.
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  if (text) await session.send('Page.setFontSizes', { fontSizes: { standard: text } });
  if (isBlocked) {
    await session.send('Emulation.setDocumentCookieDisabled', { disabled: true });
    await page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException('The user has said no', 'SecurityError');
      };
      for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
        Object.defineProperty(window, name, { get: refuse });
    });
  }
  pages.push(page);
  await page.goto(site.url);
  await page.waitForFunction((isShut) => {
    const { consent } = (window as any).weft ?? {};
    return consent && (isShut ? consent.state().policy : consent.get().measurement !== undefined);
  }, !!isShut);
  return page;
};
export const asked = async (opening?: Opening) => {
  const page = await open(opening);
  await page.waitForSelector('.first');
  return page;
};
export const show = async (page: Page) => {
  await page.evaluate(() => (window as any).weft.consent.show());
  await page.waitForSelector('dialog[open]');
};
export const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** What has the focus, inside the shadow root too: its words, or its id. */
export const focus = (page: Page) =>
  page.evaluate(() => {
    const inside = document.activeElement?.shadowRoot?.activeElement;
    const at = (inside ?? document.activeElement) as HTMLElement;
    // After the last one the browser's own controls have it, and the page none.
    return `${inside ? 'banner' : 'page'} ${at === document.body ? 'BODY' : at.id || at.textContent?.trim()}`;
  });
/** The row of the ledger that an act leads to, by itself or beside events. */
export const row = async (page: Page, act: () => Promise<unknown>): Promise<any> => {
  const known = new Set(rows().map(({ clientAt, receipt }) => `${clientAt}${receipt}`));
  await act();
  await page.evaluate(() => (window as any).weft.flush());
  return until(() => rows().find(({ clientAt, receipt }) => !known.has(`${clientAt}${receipt}`)));
};
export const rows = (): any[] =>
  collector.posts().flatMap(({ path, body }) => (path === '/v1/consent' ? body : (body.consent ?? [])));
export const said = ({ decisions }: any): Record<string, boolean> =>
  Object.fromEntries(decisions.map(({ purpose, value }: any) => [purpose, value === 'granted']));
export const consentOf = (page: Page) => page.evaluate(() => (window as any).weft.consent.get());
export const shift = (page: Page): Promise<number> =>
  page.evaluate(() => new Promise((resolve) => setTimeout(() => resolve((window as any).shift), 300)));
export const box = (page: Page, selector: string) =>
  page.$eval(selector, (element) => {
    const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
    return { left, right, top, bottom, width, height };
  });
export const widest = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
export const purposesWith = (changed: Record<string, object>) =>
  fullConsent(site.url).purposes.map((one) => ({ ...one, ...changed[one.id] }));

/** Draws it again in a page of its own, from what the ledger keeps of the row. */
export const replayed = async (sent: any, { consent = {}, region = france, locale = 'en', gpc = false }: any = {}) => {
  const context = await chromium.browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  (page as any).wrong = [];
  pages.push(page);
  // A page of the same origin without a banner of its own.
  await page.goto(`${site.url}/texts/en.json`);
  const given = {
    document: fullConsent(site.url, consent),
    texts: textsOf(locale),
    locale,
    layer: sent.ui.layer,
    region,
    gpc,
    decisions: said(sent),
    variant: sent.ui.variant,
  };
  // As text: what runs the tests would make its own of the import.
  const hash = await page.evaluate(
    `document.body.replaceChildren(), import('/replay.js').then(({ replay }) => replay(document.body, ${JSON.stringify(given)}))`,
  );
  return { hash, page };
};
