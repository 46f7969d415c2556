// When the banner is fetched and what it is told, in a real browser: nobody who has answered loads it, and nobody is asked
// what needs no answer.

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { until } from './fixtures/chromium.js';
import { configOf, purposes } from './fixtures/collector.js';
import { collector, context, setPage, site, visitors } from './visitors.fixture.js';

const all = '{ measurement: true, personalisation: true, marketing: true, sharing: true }';
const france = { code: 'FR', model: 'opt-in', ui: 'banner', gpcStatus: false };
const california = { code: 'US-CA', model: 'opt-out', ui: 'link', gpcStatus: true };

visitors({ config: configOf({}, france) });

const open = async (path = '/'): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(site.url + path);
  await page.waitForFunction(
    () => !Array.isArray((window as any).weft) && (window as any).weft.consent.get().measurement !== undefined,
  );
  return page;
};
/** What its start was given, and the layers it was told to show. */
const seen = (page: Page): Promise<any[] | undefined> => page.evaluate(() => (window as any).bannerSaw);
const layers = (page: Page, count: number) =>
  until(async () => {
    const saw = await seen(page);
    return saw && saw.length > count ? saw : undefined;
  });
/** Long enough for a chunk of this site to come. */
const quietly = () => new Promise((resolve) => setTimeout(resolve, 300));

it('a visitor whom nobody has asked is shown the first layer', async () => {
  const page = await open();
  const [state, layer] = await layers(page, 1);
  expect(layer).toBe('first');
  expect(state).toMatchObject({
    ask: ['measurement', 'personalisation', 'marketing', 'sharing'],
    region: france,
    policy: { version: '3' },
    decisions: {},
    signal: false,
    host: collector.url,
  });
  expect(state.config.purposes).toEqual(purposes);
});

it('a visitor who has answered loads nothing of it, whatever the answer was', async () => {
  for (const answer of [all, '{ measurement: false }']) {
    setPage({ after: `weft.consent.set(${answer})` });
    await (await open()).close();
    setPage({ after: '' });
    const page = await open('/next');
    await quietly();
    expect(await seen(page)).toBeUndefined();
    await context.clearCookies();
  }
});

it('a press on what carries data-weft-consent opens the preferences, and the link is not followed', async () => {
  setPage({ after: `weft.consent.set(${all})` });
  const page = await open();
  await page.click('#choices');
  expect((await layers(page, 1)).slice(1)).toEqual(['preferences']);
  expect(page.url()).toBe(`${site.url}/`);
  await page.click('#choices');
  expect((await layers(page, 2)).slice(1)).toEqual(['preferences', 'preferences']);
});

it('a call made before the script is there is heard', async () => {
  setPage({ after: `weft.consent.set(${all}); weft.consent.show()` });
  expect((await layers(await open(), 1)).slice(1)).toEqual(['preferences']);
});

it('a site with a banner of its own is told, and nothing is fetched or taken from its links', async () => {
  setPage({ attributes: { 'data-banner': 'false' } });
  setPage({ after: `weft.on('show', ({ layer }) => { window.own = layer; });` });
  const page = await open();
  await quietly();
  expect(await seen(page)).toBeUndefined();
  await page.evaluate('weft.consent.show()');
  await page.waitForFunction(() => (window as any).own === 'preferences');
  await page.click('#choices');
  await page.waitForURL('**/choices');
});

it('the opt-out signal answers what it denies: only the rest is asked', async () => {
  await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
  const [state] = await layers(await open(), 1);
  expect(state.ask).toEqual(['measurement', 'personalisation']);
  expect(state.signal).toBe(true);
});

it('if the signal denies all there is to ask, there is no banner', async () => {
  collector.rule({ config: configOf({ purposes: purposes.map((one) => ({ ...one, gpc: 'deny' })) }, france) });
  await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
  const page = await open();
  await quietly();
  expect(await seen(page)).toBeUndefined();
});

it.each([
  ['the default', california, ''],
  ['somebody who saved with sharing on', california, all],
  ['somebody who has opted out', california, '{ marketing: false, sharing: false }'],
  ['somebody who was asked and agreed', { ...california, model: 'opt-in' }, all],
])('where a link must stand it is fetched for it, without a layer, on every page: %s', async (_, region, answer) => {
  collector.rule({ config: configOf({}, region) });
  const page = await open();
  await layers(page, 0);
  await quietly();
  expect(await seen(page)).toMatchObject([{ region }]);
  if (answer) await page.evaluate(`weft.consent.set(${answer})`);
  const next = await open('/next');
  await layers(next, 0);
  await quietly();
  expect(await seen(next)).toMatchObject([{ ask: [], region }]);
});

it('an answer in another tab leaves nothing to ask', async () => {
  const [a, b] = [await open('/a'), await open('/b')];
  await layers(b, 1);
  await a.evaluate(`weft.consent.set(${all})`);
  await b.bringToFront();
  await b.waitForFunction(() => (window as any).weft.consent.state().ask.length === 0);
});

it('the page hears of consent by events of the document', async () => {
  setPage({
    after: `for (const name of ['ready', 'change']) document.addEventListener('consent:' + name, ({ detail }) => (window.heard ??= []).push([name, detail.measurement]));`,
  });
  const page = await open();
  await page.evaluate(`weft.consent.set(${all})`);
  expect(await page.evaluate('heard')).toEqual([
    ['ready', null],
    ['change', true],
  ]);
});
