// The banner as people meet it: in a real browser, by keys, on a small screen, in another direction, with storage refused
// and a strict Content Security Policy; and what it then tells the collector.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { axeFaults } from '../fixtures/axe.js';
import { until } from '../fixtures/chromium.js';
import { purposes } from '../fixtures/collector.js';
import type { StorageCall } from '../fixtures/watch.js';
import { california, locales, type Page as SitePage, textsOf } from './banner.fixture.js';
import {
  all,
  asked,
  box,
  collector,
  consentOf,
  focus,
  none,
  type Opening,
  open,
  press,
  row,
  said,
  serve,
  setPage,
  shift,
  show,
  site,
  small,
  visits,
  widest,
} from './visits.fixture.js';

visits();

describe('consent 30: everything at once', () => {
  it('consent 30: strict policy, no storage, Arabic, keys only, 320 px, 200 % text: it can be read, worked and closed', async () => {
    setPage({ lang: 'ar' });
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
      setPage({ lang });
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
    setPage(written);
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

describe('words', () => {
  it("come in the page's language, else in the browser's where the site says so, else in the site's own", async () => {
    setPage({ lang: 'de-AT' });
    expect(await (await asked()).getAttribute('.first', 'lang')).toBe('de');
    setPage({ lang: 'sv' });
    expect(await (await asked()).getAttribute('.first', 'lang')).toBe('en');
    serve({ locales: { default: 'nl', detect: 'browser' } });
    expect(await (await asked({ locale: 'fr-CH' })).getAttribute('.first', 'lang')).toBe('fr');
    expect(await (await asked({ locale: 'fi' })).getAttribute('.first', 'lang')).toBe('nl');
  });

  it('that cannot be had are asked for again; then nothing is shown, nothing decided, and it is told', async () => {
    let isMissing = true;
    setPage({ texts: (locale) => !isMissing && textsOf(locale) });
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

describe('a guest', () => {
  it('leaves nothing in the page when it is stopped, or has nothing to show', async () => {
    const page = await asked();
    await show(page);
    await page.evaluate(() => (window as any).weft.stop());
    await page.waitForSelector('weft-consent', { state: 'detached' });
    expect(await page.evaluate(() => document.querySelectorAll('dialog, style').length)).toBe(0);
  });

  it("is not touched by the page's styles", async () => {
    setPage({ body: '<main><h1>A page</h1></main>' });
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
