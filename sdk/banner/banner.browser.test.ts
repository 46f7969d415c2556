// The banner as people meet it: in a real browser, by keys, on a small screen, in another direction, with storage refused
// and a strict Content Security Policy; and what it then tells the collector.

import { readFileSync, rmSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { axeFaults } from '../fixtures/axe.js';
import { type Chromium, newFolder, startChromium, until } from '../fixtures/chromium.js';
import { type Collector, purposes, startCollector } from '../fixtures/collector.js';
import { type StorageCall, watchStorage } from '../fixtures/watch.js';
import {
  california,
  configWith,
  france,
  fullConsent,
  locales,
  type Page as SitePage,
  startBannerSite,
  textsOf,
} from './banner.fixture.js';

const small = { width: 320, height: 640 };
const none = { measurement: false, personalisation: false, marketing: false, sharing: false };
const all = { measurement: true, personalisation: true, marketing: true, sharing: true };

let chromium: Chromium;
let collector: Collector;
let site: Awaited<ReturnType<typeof startBannerSite>>;
let sitePage: SitePage = {};
const folder = newFolder();
const pages: Page[] = [];

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

const serve = (consent: object = {}, region: object = france) => {
  collector.requests.length = site.requests.length = 0;
  collector.rule({ config: configWith(site.url, consent, region) });
};

interface Opening extends BrowserContextOptions {
  gpc?: boolean;
  /** Cookies and every other storage are refused, as a browser does when its owner says so. */
  isBlocked?: boolean;
  /** The text size a person has set in the browser. */
  text?: number;
  beside?: Page;
  /** Nothing can ever be in force there. */
  isShut?: boolean;
}

const open = async ({ gpc, isBlocked, text, beside, isShut, ...options }: Opening = {}): Promise<Page> => {
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
const asked = async (opening?: Opening) => {
  const page = await open(opening);
  await page.waitForSelector('.first');
  return page;
};
const show = async (page: Page) => {
  await page.evaluate(() => (window as any).weft.consent.show());
  await page.waitForSelector('dialog[open]');
};
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** What has the focus, inside the shadow root too: its words, or its id. */
const focus = (page: Page) =>
  page.evaluate(() => {
    const inside = document.activeElement?.shadowRoot?.activeElement;
    const at = (inside ?? document.activeElement) as HTMLElement;
    // After the last one the browser's own controls have it, and the page none.
    return `${inside ? 'banner' : 'page'} ${at === document.body ? 'BODY' : at.id || at.textContent?.trim()}`;
  });
/** The row of the ledger that an act leads to, by itself or beside events. */
const row = async (page: Page, act: () => Promise<unknown>): Promise<any> => {
  const known = new Set(rows().map(({ clientAt, receipt }) => `${clientAt}${receipt}`));
  await act();
  await page.evaluate(() => (window as any).weft.flush());
  return until(() => rows().find(({ clientAt, receipt }) => !known.has(`${clientAt}${receipt}`)));
};
const rows = (): any[] =>
  collector.posts().flatMap(({ path, body }) => (path === '/v1/consent' ? body : (body.consent ?? [])));
const said = ({ decisions }: any): Record<string, boolean> =>
  Object.fromEntries(decisions.map(({ purpose, value }: any) => [purpose, value === 'granted']));
const consentOf = (page: Page) => page.evaluate(() => (window as any).weft.consent.get());
const shift = (page: Page): Promise<number> =>
  page.evaluate(() => new Promise((resolve) => setTimeout(() => resolve((window as any).shift), 300)));
const box = (page: Page, selector: string) =>
  page.$eval(selector, (element) => {
    const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
    return { left, right, top, bottom, width, height };
  });
const widest = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const purposesWith = (changed: Record<string, object>) =>
  fullConsent(site.url).purposes.map((one) => ({ ...one, ...changed[one.id] }));

describe('consent 30: everything at once', () => {
  it('consent 30: strict policy, no storage, Arabic, keys only, 320 px, 200 % text: it can be read, worked and closed', async () => {
    sitePage = { lang: 'ar' };
    const page = await asked({ isBlocked: true, text: 32, viewport: small });
    const { layer1, layer2 } = textsOf('ar');
    expect(await page.locator('body').ariaSnapshot()).toContain(`region "${layer1.title}"`);
    expect(await page.evaluate(() => document.body.firstElementChild!.localName)).toBe('weft-consent');
    expect(await focus(page)).toContain('page');
    expect(await axeFaults(page)).toEqual([]);
    expect(await widest(page)).toBe(0);
    // On a screen it would fill, it keeps the same distance to both edges.
    const { left, right } = await box(page, '.first');
    const room = await page.evaluate(() => document.documentElement.clientWidth);
    expect([left, room - right]).toEqual([8, 8]);

    // By keys: the words, the link, both answers, the choice; then on into the page.
    const order: string[] = [];
    for (let count = 0; count < 6; count++) {
      await press(page, 'Tab');
      order.push(await focus(page));
    }
    expect(order.slice(1, 5)).toEqual(
      [textsOf('ar').terms.policy, layer1.reject, layer1.accept, layer1.choose].map((words) => `banner ${words}`),
    );
    expect(order[5]).toBe('page A shop');

    await press(page, 'Shift+Tab', 'Enter');
    await page.waitForSelector('dialog[open]');
    expect(await page.locator('body').ariaSnapshot()).toContain(`dialog "${layer2.title}"`);
    expect(await axeFaults(page)).toEqual([]);
    expect(await widest(page)).toBe(0);
    expect(await page.$eval('dialog', (dialog) => dialog.scrollWidth - dialog.clientWidth)).toBe(0);
    expect(await page.$eval('dialog', (dialog) => getComputedStyle(dialog).direction)).toBe('rtl');
    // Mirrored: the switch is on the left of its words.
    await page.setViewportSize({ width: 1000, height: 700 });
    expect((await box(page, '#marketing')).right).toBeLessThan((await box(page, 'label[for=marketing]')).right);
    await page.setViewportSize(small);

    // Trapped, in both directions, until Escape; and the focus goes back to where it came from.
    for (let count = 0; count < 30; count++) {
      await press(page, count < 18 ? 'Tab' : 'Shift+Tab');
      expect(await focus(page)).not.toMatch(/^page (A shop|next|Privacy)/);
    }
    await press(page, 'Escape');
    await page.waitForSelector('dialog[open]', { state: 'detached' });
    expect(await focus(page)).toBe(`banner ${layer1.choose}`);
    expect((await consentOf(page)).measurement).toBeNull();

    expect(await shift(page)).toBe(0);
    await press(page, 'Shift+Tab', 'Shift+Tab', 'Enter');
    await page.waitForSelector('.first', { state: 'detached' });
    // Nothing could be kept, so nothing is granted, and it is not asked twice on one page.
    expect((await consentOf(page)).measurement).not.toBe(true);
    expect(await page.context().cookies()).toEqual([]);
    const calls: StorageCall[] = await page.evaluate(() => (window as any).storageCalls);
    // (What axe draws to compare colours is not ours.)
    expect(calls.filter(({ what }) => !/^(cookie|canvas)/.test(what))).toEqual([]);
  });
});

describe('before an answer', () => {
  it('stores nothing, reads the consent cookie alone, and asks for configuration, script, chunk and words', async () => {
    const page = await asked();
    await page.click('.quiet');
    await page.waitForSelector('dialog[open]');
    await page.click('#marketing');
    await press(page, 'Escape');
    await page.waitForTimeout(300);
    const calls: StorageCall[] = await page.evaluate(() => (window as any).storageCalls);
    expect(calls.filter(({ what }) => what !== 'cookie.read')).toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
    expect(collector.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/config/wk_test/-']);
    expect(site.requests.filter((path) => !/^\/(page\.css|favicon\.ico)?$/.test(path))).toEqual([
      '/weft.js',
      '/weft/rest-1.js',
      '/weft/banner-1.js',
      '/texts/en.json',
    ]);
    expect(await shift(page)).toBe(0);
  });

  it('a returning visitor loads none of it, whatever they answered', async () => {
    for (const name of ['reject', 'accept'] as const) {
      const page = await asked();
      await page.click(`.b:text-is("${textsOf('en').layer1[name]}")`);
      await page.waitForSelector('weft-consent', { state: 'detached' });
      site.requests.length = 0;
      await page.reload();
      await page.waitForFunction(() => typeof (window as any).weft?.consent?.get().measurement === 'boolean');
      await page.waitForTimeout(300);
      // Who has refused may still agree on this page: what waits for that is there, the banner is not.
      expect(site.requests.filter((path) => /weft\/|texts/.test(path))).toEqual(
        name === 'reject' ? ['/weft/rest-1.js'] : [],
      );
      expect(await page.$('weft-consent')).toBeNull();
    }
  });

  it('takes no more than 40 % of a small phone in any language, and needs no scrolling sideways', async () => {
    const page = await asked({ viewport: small });
    for (const lang of locales) {
      sitePage = { lang };
      await page.goto(site.url);
      await page.waitForSelector(`.first[lang=${lang}]`);
      const { height, left, right } = await box(page, '.first');
      expect(height, lang).toBeLessThanOrEqual(256);
      expect(left, lang).toBeGreaterThanOrEqual(0);
      expect(right, lang).toBeLessThanOrEqual(320);
      expect(await widest(page), lang).toBe(0);
      for (const button of await page.$$('.first button')) {
        const at = (await button.boundingBox())!;
        expect(at.y + at.height, lang).toBeLessThanOrEqual(640);
        expect(at.height).toBeGreaterThanOrEqual(24);
      }
      expect(await page.$eval('.first', (element) => element.getAttribute('dir'))).toBe(lang === 'ar' ? 'rtl' : 'ltr');
      await show(page);
      expect(await page.$eval('dialog', (dialog) => dialog.scrollWidth - dialog.clientWidth), lang).toBe(0);
      expect(await page.$eval('.body', (body) => body.scrollWidth - body.clientWidth), lang).toBe(0);
    }
  });
});

describe('weight', () => {
  it('accept and reject look, and are, the same but for their words', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await asked({ colorScheme });
      const [reject, accept] = await page.$$eval('.first .b', (buttons) =>
        buttons.map((button) => {
          const style = getComputedStyle(button);
          const { width, height } = button.getBoundingClientRect();
          return {
            style: Object.fromEntries([...style].map((name) => [name, style.getPropertyValue(name)])),
            size: [width, height],
            attributes: button.getAttributeNames().map((name) => [name, button.getAttribute(name)]),
          };
        }),
      );
      expect(accept).toEqual(reject);
      await show(page);
      const sizes = await page.$$eval('.foot .b', (buttons) =>
        buttons.map((button) => [button.className, button.clientWidth, button.clientHeight].join()),
      );
      expect(new Set(sizes).size).toBe(1);
    }
  });

  it('nothing is switched on before somebody does it', async () => {
    const page = await asked();
    await show(page);
    expect(await page.$$eval('input', (inputs) => inputs.map(({ checked, role }) => [checked, role]))).toEqual(
      purposes.slice(1).map(() => [false, 'switch']),
    );
    for (const input of await page.$$('input')) {
      const { width, height } = (await input.boundingBox())!;
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(24);
    }
  });

  it.each(['#ffff00', '#000', '#808080', '#767676', '#e11d48', '#fff'])(
    'words on the accent %s can be read',
    async (accent) => {
      serve({ ui: { theme: { accent, dark: 'light' } } });
      const page = await asked();
      expect(await axeFaults(page)).toEqual([]);
    },
  );
});

describe('axe finds nothing', () => {
  const cases: [string, Opening, SitePage][] = [
    ['light', {}, {}],
    ['dark', { colorScheme: 'dark' }, {}],
    ['right to left', {}, { lang: 'ar' }],
    ['right to left in the dark on a phone', { colorScheme: 'dark', viewport: small }, { lang: 'ar' }],
    ['on a phone', { viewport: small }, {}],
    ['with forced colours', { forcedColors: 'active' }, {}],
    ['with the opt-out signal', { gpc: true }, {}],
  ];
  it.each(cases)('%s', async (_, opening, written) => {
    sitePage = written;
    const page = await asked(opening);
    expect(await axeFaults(page)).toEqual([]);
    await show(page);
    await page.$$eval('details', (all) => {
      for (const one of all) one.open = true;
    });
    expect(await axeFaults(page)).toEqual([]);
  });

  it('in the link of an opt-out region, and in what a person may do with their data', async () => {
    serve({}, california);
    const page = await asked();
    expect(await axeFaults(page)).toEqual([]);
    await until(async () => (await page.evaluate(() => (window as any).weft.consent.state().anonymousId)) as string);
    await show(page);
    await page.click('button:text-is("Erase my data")');
    expect(await axeFaults(page)).toEqual([]);
  });
});

describe('an answer', () => {
  it.each([
    ['reject', none, 'reject-all'],
    ['accept', all, 'accept-all'],
  ] as const)('%s in the first layer is one press, and the row says what was seen', async (name, values, action) => {
    const page = await asked();
    const sent = await row(page, () => page.click(`.first .b:text-is("${textsOf('en').layer1[name]}")`));
    expect(said(sent)).toEqual(values);
    expect(sent).toMatchObject({
      kind: name === 'accept' ? 'grant' : 'refuse',
      ui: { layer: 'first', action },
      text: { locale: 'en' },
    });
    expect(sent.text.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await page.$('weft-consent')).toBeNull();
  });

  it('a switch is no answer: nothing is said until a button is pressed, and Escape and Close say nothing', async () => {
    const page = await asked();
    for (const leave of [() => press(page, 'Escape'), () => page.click('.head button')]) {
      await show(page);
      await page.click('#measurement');
      await leave();
      await page.waitForSelector('dialog[open]', { state: 'detached' });
      expect(await page.isVisible('.first')).toBe(true);
      expect((await consentOf(page)).measurement).toBeNull();
    }
    await page.focus('.first .b');
    await press(page, 'Escape');
    expect(await page.isVisible('.first')).toBe(true);
    expect(collector.posts()).toEqual([]);
    await show(page);
    expect(await page.isChecked('#measurement')).toBe(false);
    await page.click('#measurement');
    const sent = await row(page, () => page.click('.foot .b:text-is("Save choices")'));
    expect(said(sent)).toEqual({ ...none, measurement: true });
    expect(sent.ui).toMatchObject({ layer: 'preferences', action: 'save' });
  });

  it('closing is a refusal where the site says so, and is recorded as closing', async () => {
    serve({ decision: { days: 180, onClose: 'reject' } });
    const page = await asked();
    await page.focus('.first .b');
    const sent = await row(page, () => press(page, 'Escape'));
    expect([sent.kind, sent.ui.action, said(sent)]).toEqual(['refuse', 'close', none]);
    const other = await asked();
    const clicked = await row(other, () => other.click('.quiet:text-is("Close")'));
    expect(clicked.ui.action).toBe('close');
  });

  it('what needs another goes with it, both ways, and it is said', async () => {
    const page = await asked();
    await show(page);
    await page.focus('#marketing');
    await press(page, 'Space');
    expect(await page.$$eval('input', (inputs) => inputs.map(({ checked }) => checked))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(await page.textContent('.live')).toBe('Also switched on: Visit statistics, Personal profile');
    await page.click('label[for=measurement]');
    expect(await page.$$eval('input', (inputs) => inputs.map(({ checked }) => checked))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(await page.textContent('.live')).toBe('Also switched off: Personal profile, Messages and advertising');
  });

  it('taking it back is as easy: the same layer, the same number of presses, from a link on the page', async () => {
    const page = await asked();
    await row(page, () => page.click('.first .b >> nth=1'));
    await page.click('[data-weft-consent]');
    await page.waitForSelector('dialog[open]');
    expect(new URL(page.url()).pathname).toBe('/');
    expect(await page.$$eval('input', (inputs) => inputs.every(({ checked }) => checked))).toBe(true);
    const sent = await row(page, () => page.click('.foot .b >> nth=0'));
    expect([sent.kind, said(sent)]).toEqual(['withdraw', none]);
    expect(await focus(page)).toBe('page Privacy choices');
  });

  it('one given in another tab closes the question here, and the layer that is open', async () => {
    const page = await asked();
    const other = await asked({ beside: page });
    await other.bringToFront();
    await other.click('.first .b >> nth=1');
    await page.bringToFront();
    await page.waitForSelector('weft-consent', { state: 'detached' });
    await show(page);
    await other.bringToFront();
    await other.evaluate(() => (window as any).weft.consent.withdraw());
    await page.bringToFront();
    await page.waitForSelector('dialog[open]', { state: 'detached' });
  });
});

/** Draws it again in a page of its own, from what the ledger keeps of the row. */
const replayed = async (sent: any, { consent = {}, region = france, locale = 'en', gpc = false }: any = {}) => {
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

describe('the words that were seen', () => {
  it('come to the same hash when they are drawn again, in each layer', async () => {
    const page = await asked();
    const sent = await row(page, () => page.click('.first .b >> nth=1'));
    const first = await replayed(sent);
    expect(first.hash).toBe(sent.text.sha256);
    // Nothing in it can be pressed.
    expect(await first.page.$eval('.first', (element) => (element as HTMLElement).inert)).toBe(true);

    await show(page);
    await page.click('#sharing');
    const saved = await row(page, () => page.click('.foot .b >> nth=2'));
    expect(saved.text.sha256).not.toBe(sent.text.sha256);
    const second = await replayed(saved);
    expect(second.hash).toBe(saved.text.sha256);
    expect(await second.page.$$eval('input', (inputs) => inputs.map(({ checked }) => checked))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('are others in another language, or with another word', async () => {
    sitePage = { lang: 'ar' };
    const page = await asked();
    const sent = await row(page, () => page.click('.first .b >> nth=0'));
    expect((await replayed(sent, { locale: 'ar' })).hash).toBe(sent.text.sha256);
    expect((await replayed(sent)).hash).not.toBe(sent.text.sha256);
  });

  it('with the signal, the step that asks once more, and the opt-out link too', async () => {
    const page = await asked({ gpc: true });
    await show(page);
    await page.click('#sharing');
    await page.click('.foot .b >> nth=2');
    const sent = await row(page, () => page.click('.step .b >> nth=1'));
    expect((await replayed(sent, { gpc: true })).hash).toBe(sent.text.sha256);
    serve({}, california);
    const other = await asked();
    await other.evaluate(() => (window as any).weft.flush());
    await until(() => rows().length);
    const linked = await row(other, () => other.click('.link button >> nth=0'));
    expect((await replayed(linked, { region: california })).hash).toBe(linked.text.sha256);
  });
});

describe('what a person objected to', () => {
  const object = (page: Page) =>
    page.evaluate(() => (window as any).weft.consent.set({ marketing: false }, { kind: 'object' }));

  it('section 6: both layers say that it stays off and until when, and then it does', async () => {
    const page = await asked();
    await row(page, () => object(page));
    const why = 'You objected to: Messages and advertising. It stays off until you switch it on yourself and save.';
    await page.waitForSelector('.first .status');
    expect(await page.textContent('.first .status')).toBe(why);
    const sent = await row(page, () => page.click('.first .b >> nth=1'));
    expect(said(sent)).toEqual({ measurement: true, personalisation: true, sharing: true, marketing: false });
    expect((await replayed(sent)).hash).toBe(sent.text.sha256);
    await show(page);
    expect(await page.textContent('dialog .status')).toBe(why);
    await page.click('.foot .b >> nth=1');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect((await consentOf(page)).marketing).toBe(false);
    await show(page);
    await page.click('#marketing');
    const saved = await row(page, () => page.click('.foot .b >> nth=2'));
    expect([said(saved).marketing, saved.ui.variant]).toEqual([true, expect.stringContaining('objected=marketing')]);
    expect((await replayed(saved)).hash).toBe(saved.text.sha256);
    await show(page);
    expect(await page.$('dialog .status')).toBeNull();
  });

  it.each(locales)('is said in %s', async (lang) => {
    sitePage = { lang };
    const page = await asked();
    await row(page, () => object(page));
    await show(page);
    const { status, purposes } = textsOf(lang);
    expect(await page.textContent('dialog .status')).toBe(
      status.objected.replace('{purposes}', purposes.marketing.title),
    );
  });
});

describe('the opt-out signal', () => {
  it('consent 18: where the law is opt-out, the page says that it is honoured, and asks nothing', async () => {
    serve({}, california);
    const page = await asked({ gpc: true });
    expect(await page.textContent('.link p')).toBe('Opt-out signal honoured');
    expect(await page.$('.link button:has-text("Do Not Sell")')).toBeNull();
    expect(await consentOf(page)).toMatchObject({
      measurement: true,
      personalisation: true,
      marketing: false,
      sharing: false,
    });
  });

  it('where it is opt-in, "all" leaves out what the signal is against, and says which', async () => {
    const page = await asked({ gpc: true });
    expect(await page.textContent('.first .status')).toContain(
      'This stays off: Messages and advertising, Passing data on',
    );
    const sent = await row(page, () => page.click('.first .b >> nth=1'));
    expect(said(sent)).toEqual({ measurement: true, personalisation: true });
  });

  it('allowing it all the same is asked once more; both ways out are equal, and only one of them grants', async () => {
    const page = await asked({ gpc: true });
    await show(page);
    await page.click('#marketing');
    await page.click('.foot .b >> nth=2');
    expect(await focus(page)).toContain('odd');
    expect(collector.posts()).toEqual([]);
    const kept = await row(page, () => page.click('.step .b:text-is("Keep it off")'));
    expect([said(kept), kept.gpc.ack]).toEqual([
      { measurement: true, personalisation: true, marketing: false, sharing: false },
      false,
    ]);
    await show(page);
    await page.click('#marketing');
    await page.click('.foot .b >> nth=2');
    const allowed = await row(page, () => page.click('.step .b:text-is("Allow it")'));
    expect([said(allowed).marketing, allowed.gpc.ack]).toEqual([true, true]);
    expect((await consentOf(page)).marketing).toBe(true);
    // Told once, not again.
    await show(page);
    const again = await row(page, async () => {
      await page.click('#personalisation');
      await page.click('.foot .b >> nth=2');
    });
    expect(said(again).personalisation).toBe(false);
  });
});

describe('where no question is asked', () => {
  it('whoever saved with all on finds the link on the next page, and it acts', async () => {
    serve({}, california);
    const page = await asked();
    await page.evaluate(() => (window as any).weft.flush());
    await until(() => rows().length);
    await row(page, () => page.evaluate(`weft.consent.set({ personalisation: false }, { textHash: 'x' })`));
    await row(page, () =>
      page.evaluate(`weft.consent.set({ personalisation: true, marketing: true, sharing: true }, { textHash: 'x' })`),
    );
    await page.reload();
    const sent = await row(page, () =>
      page.click('.link button:text-is("Do Not Sell or Share My Personal Information")'),
    );
    expect(said(sent)).toMatchObject({ measurement: true, marketing: false, sharing: false });
    await page.reload();
    await page.waitForSelector('.link p');
    expect(await page.textContent('.link p')).toBe('You have opted out of sale and sharing.');
  });

  it('the signal is not said to be honoured where somebody allowed it all the same', async () => {
    serve({}, california);
    const page = await asked({ gpc: true });
    expect(await page.textContent('.link p')).toBe('Opt-out signal honoured');
    await page.evaluate(() => (window as any).weft.flush());
    await until(() => rows().length);
    await row(page, () => page.evaluate(`weft.consent.set({ marketing: true, sharing: true }, { gpcAck: true })`));
    const sent = await row(page, () => page.click('.link button >> nth=0'));
    expect(said(sent)).toMatchObject({ marketing: false, sharing: false });
    await page.waitForSelector('.link p');
    expect(await page.textContent('.link p')).toBe('Opt-out signal honoured');
  });

  it('one press on "do not sell or share" denies what the signal would, and says so', async () => {
    serve({}, california);
    const page = await asked();
    await page.evaluate(() => (window as any).weft.flush());
    await until(() => rows().length);
    const sent = await row(page, () =>
      page.click('.link button:text-is("Do Not Sell or Share My Personal Information")'),
    );
    expect([said(sent), sent.ui]).toMatchObject([
      { measurement: true, personalisation: true, marketing: false, sharing: false },
      { layer: 'first', action: 'link' },
    ]);
    expect(await page.textContent('.link p')).toBe('You have opted out of sale and sharing.');
    await page.click('.link button');
    await page.waitForSelector('dialog[open]');
    expect(await page.$$eval('input', (inputs) => inputs.map(({ checked }) => checked))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('a policy that changed', () => {
  it('consent 23: asks again what changed and nothing else, says what changed, and lets the other answers stand', async () => {
    const page = await asked();
    await row(page, () => page.click('.first .b >> nth=1'));
    sitePage = {
      texts: (locale) => ({
        ...textsOf(locale),
        changes: { 2: 'Long ago.', 4: 'We added a mail service to the profile.', 5: 'To come.' },
      }),
    };
    serve({
      policy: { version: '4' },
      purposes: purposesWith({ personalisation: { materialHash: 'f'.repeat(64), recipients: ['mailer'] } }),
    });
    const config: any = configWith(site.url, {
      policy: { version: '4' },
      purposes: purposesWith({ personalisation: { materialHash: 'f'.repeat(64), recipients: ['mailer'] } }),
    });
    config.policy = { version: '4', configHash: '4'.repeat(64) };
    collector.rule({ config });
    await page.reload();
    await page.waitForSelector('.first');
    const text = (await page.textContent('.text'))!;
    expect(text).toContain('Something has changed');
    expect(text).toContain('ask you again about: Personal profile.');
    expect(text).toContain('We added a mail service to the profile.');
    expect(text).not.toMatch(/Long ago|To come|Visit statistics/);
    expect(await consentOf(page)).toMatchObject({
      measurement: true,
      personalisation: null,
      marketing: null,
      sharing: null,
    });
    const sent = await row(page, () => page.click('.first .b:text-is("Allow")'));
    expect(said(sent)).toEqual(all);
    expect(await consentOf(page)).toEqual(all);
    expect(sent.ui.variant).toContain('ask=personalisation');
    expect(await page.$('weft-consent')).toBeNull();
  });

  it('consent 24: other words and colours ask nobody', async () => {
    const page = await asked();
    await row(page, () => page.click('.first .b >> nth=1'));
    serve({ ui: { theme: { accent: '#ff0000' } } });
    await page.reload();
    await page.waitForFunction(() => (window as any).weft?.consent?.get().measurement === true);
    await page.waitForTimeout(200);
    expect(await page.$('weft-consent')).toBeNull();
  });
});

describe('words', () => {
  it("come in the page's language, else in the browser's where the site says so, else in the site's own", async () => {
    sitePage = { lang: 'de-AT' };
    expect(await (await asked()).getAttribute('.first', 'lang')).toBe('de');
    sitePage = { lang: 'sv' };
    expect(await (await asked()).getAttribute('.first', 'lang')).toBe('en');
    serve({ locales: { default: 'nl', detect: 'browser' } });
    expect(await (await asked({ locale: 'fr-CH' })).getAttribute('.first', 'lang')).toBe('fr');
    expect(await (await asked({ locale: 'fi' })).getAttribute('.first', 'lang')).toBe('nl');
  });

  it('that cannot be had are asked for again; then nothing is shown, nothing decided, and it is told', async () => {
    let isMissing = true;
    sitePage = { texts: (locale) => !isMissing && textsOf(locale) };
    const page = await open();
    await page.evaluate(() =>
      (window as any).weft.on('error', (error: Error) => ((window as any).told = error.message)),
    );
    await page.waitForFunction(() => (window as any).told, undefined, { timeout: 40_000 });
    expect(await page.evaluate(() => (window as any).told)).toContain('/texts/en.json');
    expect(site.requests.filter((path) => path.startsWith('/texts/'))).toHaveLength(3);
    expect(await page.$('weft-consent')).toBeNull();
    expect((await consentOf(page)).measurement).toBeNull();
    isMissing = false;
    await show(page);
  });

  it('every string of the language files is used, and none is missing', async () => {
    const used = new Set<string>();
    const source = ['account', 'banner', 'first', 'parts', 'preferences', 'words']
      .map((name) => readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8'))
      .join('\n');
    for (const [, key] of source.matchAll(/'([a-z]\w*(?:\.\w+)+)'/g)) used.add(key!);
    const flat = (words: any, path = ''): string[] =>
      Object.entries(words).flatMap(([key, value]) =>
        typeof value === 'string' ? [path + key] : flat(value, `${path}${key}.`),
      );
    const built = /^(dir|list|purposes\.|basis\.|data\.|roles\.|(layer1|again)\.(title|body|accept|reject)$)/;
    const more = textsOf('more');
    const shipped = [textsOf('en'), more.account.en, more.oppose.en].flatMap((words) => flat(words));
    // Said in the place of another, by sources/rest.ts.
    expect([more.age.en, more.off.en].flatMap((words) => flat(words))).toEqual(['shut.body', 'shut.body']);
    expect(shipped.filter((key) => !used.has(key) && !built.test(key))).toEqual([]);
    expect(
      [...used].filter(
        (key) =>
          /^(layer\d|again|terms|status|conflict|rights|errors|account|oppose)\./.test(key) && !shipped.includes(key),
      ),
    ).toEqual([]);
  });
});

describe('what a person may ask for', () => {
  const known = async () => {
    const page = await asked();
    await row(page, () => page.click('.first .b >> nth=1'));
    return page;
  };

  it('shows the receipt, gives the data out, and erases after a second word', async () => {
    const page = await known();
    const { receipt, anonymousId: visitorId } = await page.evaluate(() => (window as any).weft.consent.state());
    const heard: any[] = [];
    const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'weft-token' };
    let asks = 0;
    await page.route('**/v1/privacy/**', async (route) => {
      const request = route.request();
      const path = new URL(request.url()).pathname;
      if (request.method() === 'GET') expect(request.headers()['weft-token']).toBe('t1');
      heard.push([request.method(), path, request.postDataJSON()]);
      if (request.method() === 'POST')
        return route.fulfill({ status: 202, headers: cors, json: { id: 'x1', state: 'accepted', token: 't1' } });
      if (path.endsWith('/file'))
        return route.fulfill({ status: 200, headers: cors, contentType: 'application/zip', body: 'PK' });
      return route.fulfill({ status: 200, headers: cors, json: { id: 'x1', state: asks++ ? 'done' : 'running' } });
    });
    await show(page);
    expect(await page.textContent('dialog')).toContain(receipt);
    const downloading = page.waitForEvent('download', { timeout: 30_000 });
    await page.click('button:text-is("Download my data")');
    expect((await downloading).suggestedFilename()).toBe('my-data.zip');
    expect(heard[0]).toEqual(['POST', '/v1/privacy/exports', { visitorId, receipt }]);

    await page.click('button:text-is("Erase my data")');
    await page.click('button:text-is("Cancel")');
    expect(await page.isVisible('button:text-is("Erase for good")')).toBe(false);
    expect(heard.some(([, path]) => path.includes('erasures'))).toBe(false);
    await page.click('button:text-is("Erase my data")');
    const slip = await row(page, () => page.click('button:text-is("Erase for good")'));
    expect(heard.at(-1)).toEqual(['POST', '/v1/privacy/erasures', { visitorId, receipt }]);
    expect(slip.kind).toBe('erase');
    expect(await consentOf(page)).toEqual(none);
  });

  it('says so when it did not work', async () => {
    const page = await known();
    await show(page);
    await page.click('button:text-is("Download my data")');
    await page.waitForSelector('text=That did not work. Please try again later.');
  });

  it('is not offered to whoever has refused: there is nothing to ask with', async () => {
    const page = await asked();
    await row(page, () => page.click('.first .b >> nth=0'));
    await show(page);
    expect(await page.textContent('dialog')).not.toContain('Your data');
  });
});

describe('where nothing can be decided', () => {
  const gate = { age: { gate: true } };
  const reasons: [string, object, SitePage['attributes'], 'age' | 'off'][] = [
    ['the age is untold', gate, {}, 'age'],
    ['the person is a child', gate, { 'data-minor': 'true' }, 'age'],
    ['the site is switched off', { killSwitch: true }, {}, 'off'],
  ];
  /** As the collector lays them over a language. */
  const wordsOf = (why: 'age' | 'off') => (locale: string) => ({ ...textsOf(locale), ...textsOf('more')[why][locale] });
  const shut = async (opening: Opening = {}, lang = 'en') => {
    serve(gate);
    sitePage = { lang, texts: wordsOf('age') };
    const page = await open({ isShut: true, ...opening });
    await page.click('[data-weft-consent]');
    await page.waitForSelector('dialog[open]');
    return page;
  };

  it.each(reasons)(
    '%s: the preferences say so, and have neither switches nor buttons that decide',
    async (_, consent, attributes, why) => {
      serve(consent);
      sitePage = { attributes: attributes ?? {}, texts: wordsOf(why) };
      const page = await open({ isShut: true });
      await page.click('[data-weft-consent]');
      await page.waitForSelector('dialog[open]');
      expect(await page.textContent('dialog')).toContain(textsOf('more')[why].en.shut.body);
      expect(await page.$$eval('dialog button', (all) => all.map(({ textContent }) => textContent))).toEqual(['Close']);
      expect(await page.$('dialog input')).toBeNull();
      await press(page, 'Escape');
      await page.waitForSelector('weft-consent', { state: 'detached' });
      expect(await page.context().cookies()).toEqual([]);
      expect(collector.posts()).toEqual([]);
    },
  );

  it('a site that declares a child and has no age gate has no words for it, and no dead buttons either', async () => {
    serve();
    sitePage = { attributes: { 'data-minor': 'true' } };
    const page = await open({ isShut: true });
    await show(page);
    expect(await page.$$eval('dialog button', (all) => all.map(({ textContent }) => textContent))).toEqual(['Close']);
    expect(await page.textContent('dialog')).not.toContain(textsOf('en').layer2.body);
  });

  it.each(locales)('it is said in %s', async (lang) => {
    const page = await shut({}, lang);
    expect(await page.textContent('dialog')).toContain(textsOf('more').age[lang].shut.body);
  });

  const looks: [string, Opening, string][] = [
    ['light', {}, 'en'],
    ['dark', { colorScheme: 'dark' }, 'de'],
    ['right to left in the dark on a phone', { colorScheme: 'dark', viewport: small }, 'ar'],
    ['with twice the text', { viewport: small, text: 32 }, 'pl'],
  ];
  it.each(looks)('axe finds nothing, and keys reach all of it: %s', async (_, opening, lang) => {
    const page = await shut(opening, lang);
    expect(await axeFaults(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await press(page, 'Tab');
    expect(await focus(page)).toBe(`banner ${textsOf(lang).layer2.close}`);
    await press(page, 'Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect(await focus(page)).toBe('page Privacy choices');
  });

  it('what was granted on another page keeps its receipt, its download and its erasure, which wipes the device', async () => {
    const first = await asked();
    await row(first, () => first.click('.first .b >> nth=1'));
    serve(gate);
    sitePage = { texts: wordsOf('age') };
    const page = await open({ isShut: true, beside: first });
    const { receipt, anonymousId: visitorId } = await page.evaluate(() => (window as any).weft.consent.state());
    expect(visitorId).toBeTruthy();
    await show(page);
    expect(await axeFaults(page)).toEqual([]);
    expect(await page.textContent('dialog')).toContain(receipt);
    await page.waitForSelector('button:text-is("Download my data")');
    let heard: unknown;
    await page.route('**/v1/privacy/erasures', (route) => {
      heard = route.request().postDataJSON();
      return route.fulfill({
        status: 202,
        headers: { 'access-control-allow-origin': '*' },
        json: { id: 'x1', state: 'accepted', token: 't1' },
      });
    });
    await page.click('button:text-is("Erase my data")');
    const slip = await row(page, () => page.click('button:text-is("Erase for good")'));
    expect(heard).toEqual({ visitorId, receipt });
    expect(slip).toMatchObject({ kind: 'erase', supersedes: receipt, visitorId });
    await until(async () => !/receipt|visitorId/.test(JSON.stringify(await page.context().cookies())));
    await until(async () => (await page.evaluate(async () => (await indexedDB.databases()).length)) === 0);
  });

  it('nobody is said to have opted out', async () => {
    serve(gate, california);
    sitePage = { texts: wordsOf('age') };
    const page = await open({ isShut: true });
    await page.waitForSelector('.link button');
    expect(await page.textContent('.link')).not.toContain(textsOf('en').status.optedOut);
  });
});

describe('a guest', () => {
  it('leaves nothing in the page when it is stopped, or has nothing to show', async () => {
    const page = await asked();
    await show(page);
    await page.evaluate(() => (window as any).weft.stop());
    await page.waitForSelector('weft-consent', { state: 'detached' });
    expect(await page.evaluate(() => document.querySelectorAll('dialog, style').length)).toBe(0);
  });

  it("is not touched by the page's styles", async () => {
    sitePage = { body: '<main><h1>A page</h1></main>' };
    const page = await asked();
    const before = await box(page, '.first');
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(
        'html { overflow: hidden } * { font: 40px/3 fantasy !important; margin: 30px !important; color: red; letter-spacing: 1em } weft-consent { display: none; opacity: 0.1 } body > * { transform: scale(3) }',
      );
      document.adoptedStyleSheets = [sheet];
    });
    expect(await box(page, '.first')).toEqual(before);
  });
});
