// What a person may ask for in the preferences, and what is shown where nothing can be decided.

import { describe, expect, it } from 'vitest';
import { axeFaults } from '../fixtures/axe.js';
import { until } from '../fixtures/chromium.js';
import { california, locales, type Page as SitePage, textsOf } from './banner.fixture.js';
import {
  asked,
  collector,
  consentOf,
  focus,
  none,
  type Opening,
  open,
  press,
  row,
  serve,
  setPage,
  show,
  small,
  visits,
} from './visits.fixture.js';

visits();

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
    setPage({ lang, texts: wordsOf('age') });
    const page = await open({ isShut: true, ...opening });
    await page.click('[data-weft-consent]');
    await page.waitForSelector('dialog[open]');
    return page;
  };

  it.each(reasons)(
    '%s: the preferences say so, and have neither switches nor buttons that decide',
    async (_, consent, attributes, why) => {
      serve(consent);
      setPage({ attributes: attributes ?? {}, texts: wordsOf(why) });
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
    setPage({ attributes: { 'data-minor': 'true' } });
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
    setPage({ texts: wordsOf('age') });
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
    setPage({ texts: wordsOf('age') });
    const page = await open({ isShut: true });
    await page.waitForSelector('.link button');
    expect(await page.textContent('.link')).not.toContain(textsOf('en').status.optedOut);
  });
});
