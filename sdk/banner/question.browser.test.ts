// What a question depends on: what was objected to, the opt-out signal, the region, an earlier answer under another policy.
// And that the words somebody saw can be drawn again.

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { until } from '../fixtures/chromium.js';
import { california, configWith, locales, textsOf } from './banner.fixture.js';
import {
  all,
  asked,
  collector,
  consentOf,
  focus,
  purposesWith,
  replayed,
  row,
  rows,
  said,
  serve,
  setPage,
  show,
  site,
  visits,
} from './visits.fixture.js';

visits();

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
    setPage({ lang: 'ar' });
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
    setPage({ lang });
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
    setPage({
      texts: (locale) => ({
        ...textsOf(locale),
        changes: { 2: 'Long ago.', 4: 'We added a mail service to the profile.', 5: 'To come.' },
      }),
    });
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
