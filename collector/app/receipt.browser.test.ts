// The receipt of a real answer: somebody accepts by the banner of the demo in Chromium, and the page of their receipt draws
// that banner again, finds its words to be those of the ledger's row, and can be used by everybody.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folded } from '../../sdk/browser/cookie.js';
import { axeFaults } from '../../sdk/fixtures/axe.js';
import { type Chromium, startChromium } from '../../sdk/fixtures/chromium.js';
import { readConfig } from '../config.js';
import { type Served, serve } from '../serve.js';

const waitMs = 60_000;
let chromium: Chromium;
let served: Served;
let accepted: string;

const press = async (page: Page, button: string): Promise<string | null> => {
  const told = page.waitForResponse((it) => it.request().method() === 'POST' && it.url().includes('/v1/'), {
    timeout: waitMs,
  });
  await page.getByRole('button', { name: button, exact: true }).click({ timeout: waitMs });
  expect((await told).status()).toBe(200);
  const cookie = (await page.context().cookies()).find(({ name }) => name === 'weft_consent')!;
  return (JSON.parse(folded(decodeURIComponent(cookie.value))) as { receipt?: string }).receipt ?? null;
};
/** What the visitor's own record holds after a click on the banner, and what comes after that; null = no receipt. */
const answer = async (button: string, more?: (page: Page) => Promise<string | null>): Promise<string | null> => {
  const context = await chromium.browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(`${served.url}/demo`);
  let receipt = await press(page, button);
  if (more) receipt = await more(page);
  await context.close();
  return receipt;
};

beforeAll(async () => {
  served = await serve(readConfig({ PORT: '0', WEFT_DATA: ':memory:', WEFT_DEMO: '1' }));
  chromium = await startChromium();
  accepted = (await answer('Accept all'))!;
}, 180_000);
afterAll(async () => {
  await chromium?.kill();
  await served?.close();
});

const open = async (path: string, options: Parameters<Browser['newContext']>[0]): Promise<Page> => {
  const page = await (await chromium.browser.newContext(options)).newPage();
  await page.addInitScript(() => {
    const found: string[] = [];
    Object.assign(window, { violations: found });
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      found.push(`${violatedDirective} ${blockedURI}`),
    );
  });
  await page.goto(`${served.url}${path}`);
  return page;
};
const violations = (page: Page): Promise<string[]> =>
  page.evaluate(() => (window as unknown as { violations: string[] }).violations);
const looks = (['light', 'dark'] as const).flatMap((scheme) => [1280, 390].map((width) => ({ scheme, width })));

describe('the page of a receipt', () => {
  it.each(looks)(
    'draws the banner again, finds its words to be those of the row, and has no fault: $scheme, $width px',
    { timeout: 120_000 },
    async ({ scheme, width }) => {
      const page = await open(`/v1/receipts/${accepted}`, {
        colorScheme: scheme,
        viewport: { width, height: 844 },
      });
      await page.getByText('✓ The words of this banner have the hash of the row').waitFor({ timeout: waitMs });
      expect(await page.locator('#banner').ariaSnapshot()).toContain('Accept all');
      // The text of it is at hand, and not twice before the eyes.
      expect(await page.locator('.layer').isVisible()).toBe(false);
      await page.locator('#words summary').click();
      expect(await page.locator('.layer .button').allTextContents()).toEqual(['Reject all', 'Accept all', 'Choose']);
      expect(await page.locator('body').ariaSnapshot()).toContain('Valid: it stands as it was given.');
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
        0,
      );
      // Before axe, whose own way into the page is no part of it.
      expect(await violations(page)).toEqual([]);
      expect(await axeFaults(page)).toEqual([]);
      await page.context().close();
    },
  );

  it('section 5: has the words of preferences, too, which depend on how the person stood', {
    timeout: 120_000,
  }, async () => {
    const saved = await answer('Accept all', async (page) => {
      await page.locator('[data-weft-consent]').first().click();
      await page.getByRole('switch', { name: 'Messages and advertising' }).click();
      return press(page, 'Save choices');
    });
    expect(saved).not.toBe(null);
    const page = await open(`/v1/receipts/${saved}`, {});
    await page.getByText('✓ The words of this banner have the hash of the row').waitFor({ timeout: waitMs });
    expect(await page.locator('#banner').ariaSnapshot()).toContain('Receipt of your choice');
    await page.context().close();
    const plain = await open(`/v1/receipts/${saved}`, { javaScriptEnabled: false });
    expect(await plain.locator('main').textContent()).toContain('✓ The words below have the hash of the row');
    await plain.context().close();
  });

  it('that there is none of has no fault either', { timeout: 120_000 }, async () => {
    const page = await open(`/v1/receipts/${'none'.padEnd(22, '_')}`, { colorScheme: 'dark' });
    expect(await page.locator('h1').textContent()).toBe('No such receipt');
    expect(await violations(page)).toEqual([]);
    expect(await axeFaults(page)).toEqual([]);
    await page.context().close();
  });

  it('is whole without a script', { timeout: 120_000 }, async () => {
    const page = await open(`/v1/receipts/${accepted}`, { javaScriptEnabled: false });
    const text = await page.locator('main').textContent();
    for (const words of [
      'What was decided',
      'the button that accepts all',
      '✓ Row ',
      '✓ The words below have the hash of the row',
      'for: Visit statistics, Personal profile',
    ])
      expect(text).toContain(words);
    expect(await page.locator('.layer .button').last().isVisible()).toBe(true);
    expect(await page.locator('.layer').textContent()).not.toContain('Something has changed');
    await page.context().close();
  });

  it('a refusal has no receipt to be opened', { timeout: 120_000 }, async () => {
    expect(await answer('Reject all')).toBeNull();
  });
});
