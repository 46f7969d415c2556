// A privacy team changes the policy in its room while a shop's page is open elsewhere: a real collector, real pages.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { folded } from '../../../sdk/browser/cookie.js';
import { axeFaults } from '../../../sdk/fixtures/axe.js';
import { type Chromium, startChromium } from '../../../sdk/fixtures/chromium.js';
import { start, whenDone } from '../weft.fixture.js';

const patience = { timeout: 45_000 };

let chromium: Chromium;
const contexts: BrowserContext[] = [];
beforeAll(async () => {
  chromium = await startChromium();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(() => chromium.kill());

const consent = {
  policy: { version: '3', links: { privacy: '/privacy' } },
  controller: { name: 'Example', contact: 'office' },
  purposes: [
    { id: 'necessary', always: true },
    { id: 'measurement', retentionDays: 395, data: ['pages', 'cart'] },
    { id: 'personalisation', retentionDays: 180, data: ['profile', 'cart'], recipients: [] },
  ],
  recipients: { mailer: { name: 'Mail service', country: 'FR', role: 'processor' } },
};

const opened = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-editor-'));
  whenDone(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'consent.json');
  writeFileSync(file, `${JSON.stringify({ ...consent, recipients: {} }, null, 2)}\n`);
  const served = start(['serve'], {
    PORT: '0',
    WEFT_DATA: join(folder, 'data'),
    WEFT_CONSENT: file,
    WEFT_ORIGINS: '*',
    WEFT_WRITE_KEY: 'wk_test_0123456789',
    WEFT_SECRET_KEY: 'sk_test_0123456789',
    WEFT_ADMIN_PASSWORD: 'correct horse',
  });
  let said = '';
  served.child.stdout!.on('data', (chunk) => {
    said += String(chunk);
  });
  await served.until('Ctrl+C');
  const url = /http:\/\/[\d.]+:\d+/.exec(said)![0];
  const shop: Server = createServer((_, answer) => {
    answer.setHeader('Content-Type', 'text/html; charset=utf-8');
    answer.end(
      `<!doctype html><html lang="en"><head><title>Shop</title></head><body><h1>Shop</h1><script async src="${url}/weft.js" data-key="wk_test_0123456789"></script></body></html>`,
    );
  });
  await new Promise<void>((done) => shop.listen(0, '127.0.0.1', done));
  whenDone(() => {
    shop.closeAllConnections();
    shop.close();
  });
  return { url, file, shopUrl: `http://localhost:${(shop.address() as AddressInfo).port}/` };
};

const sit = async (): Promise<{ page: Page; wrong: string[] }> => {
  const context = await chromium.browser.newContext({ locale: 'en-US' });
  contexts.push(context);
  // Intercepting turns the browser's cache off: as if five minutes had passed.
  await context.route('**/v1/config/**', (route) => route.continue());
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  return { page, wrong };
};

const staffAt = async (url: string) => {
  const sitting = await sit();
  await sitting.page.goto(`${url}/login`);
  await sitting.page.fill('input[name="password"]', 'correct horse');
  await sitting.page.click('main button[type="submit"]');
  await sitting.page.goto(`${url}/privacy/policy/edit`);
  return sitting;
};

const publish = async (page: Page, text: string) => {
  await page.fill('#text', text);
  await page.click('#raw button[type="submit"]');
  await page.waitForSelector('#publish', patience);
};

const record = async (page: Page): Promise<Record<string, unknown>> => {
  const cookie = (await page.context().cookies()).find(({ name }) => name === 'weft_consent');
  return JSON.parse(folded(decodeURIComponent(cookie?.value ?? '{}'))) as Record<string, unknown>;
};

describe('a policy that is published while a shop is open', () => {
  test('consent 23, consent 24: only the purpose whose terms changed is asked again, and words and colours ask nothing', async () => {
    const { url, file, shopUrl } = await opened();
    const visitor = await sit();
    await visitor.page.goto(shopUrl);
    await visitor.page.locator('.first .b').last().click(patience);
    await expect.poll(async () => Object.keys(await record(visitor.page)).length, patience).toBeGreaterThan(0);
    await expect
      .poll(async () => {
        const holders = await fetch(`${url}/v1/consent/holders`, {
          headers: { authorization: 'Bearer sk_test_0123456789' },
        });
        return ((await holders.json()) as { total: number }).total;
      }, patience)
      .toBe(1);

    // 24: another colour, another version.
    const staff = await staffAt(url);
    const dressed = {
      ...consent,
      recipients: {},
      policy: { ...consent.policy, version: '3b' },
      ui: { theme: { accent: '#7a1f5c' } },
    };
    await publish(staff.page, JSON.stringify(dressed, null, 2));
    await staff.page.waitForSelector('#nobody-asked', patience);
    const frame = staff.page.frameLocator('iframe[name="preview-frame"]');
    await frame.locator('.first h2').waitFor(patience);
    expect(await frame.locator('.first .b').count()).toBe(2);
    await staff.page.click('#publish button[type="submit"]');
    await staff.page.waitForURL('**/privacy/policy?published', patience);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ policy: { version: '3b' } });
    const config = (await (await fetch(`${url}/v1/config`)).json()) as { policy: { version: string } };
    expect(config.policy.version).toBe('3b');
    await Promise.all([visitor.page.waitForResponse((it) => it.url().includes('/v1/config')), visitor.page.reload()]);
    await visitor.page.waitForFunction(() => document.readyState === 'complete', null, patience);
    await visitor.page.waitForTimeout(1_000);
    expect(await visitor.page.locator('.first').count()).toBe(0);

    // 23: personalisation gains a recipient.
    await staff.page.goto(`${url}/privacy/policy/edit`);
    const wider = {
      ...dressed,
      policy: { ...dressed.policy, version: '4' },
      recipients: consent.recipients,
      purposes: consent.purposes.map((one) =>
        one.id === 'personalisation' ? { ...one, recipients: ['mailer'] } : one,
      ),
    };
    await publish(staff.page, JSON.stringify(wider, null, 2));
    expect(await staff.page.locator('[data-reasks="yes"]').allInnerTexts()).toEqual([
      expect.stringContaining('re-asks personalisation for about 100 % of 1 holders'),
    ]);
    await staff.page.click('#publish button[type="submit"]');
    await staff.page.waitForURL('**/privacy/policy?published', patience);
    await visitor.page.reload();
    await visitor.page.locator('.first').waitFor(patience);
    const question = await visitor.page.locator('.first').textContent();
    expect(question).toContain('Personal profile');
    expect(question).not.toContain('Visit statistics');
    expect(await staff.page.locator('#history').textContent()).toContain('personalisation: about 100 % of 1 holders');
    expect(visitor.wrong).toEqual([]);
    expect(staff.wrong).toEqual([]);
  });

  test('what is wrong is said with its place, nothing of it goes live, and the page is one that everybody can use', async () => {
    const { url, file } = await opened();
    const before = readFileSync(file, 'utf8');
    const { page, wrong } = await staffAt(url);
    await publish(page, '{\n  "purposes": [{ "id": "sharing", "gpc": "ignore" }],\n  "desision": {}\n}');
    const findings = await page.locator('#findings').textContent();
    expect(findings).toContain('line 3, column 3');
    expect(findings).toContain('Did you mean "decision"?');
    expect(await page.locator('#publish button').count()).toBe(0);
    await publish(page, '{"a": ');
    expect(await page.locator('#findings').textContent()).toContain('not JSON');
    expect(readFileSync(file, 'utf8')).toBe(before);

    await page.goto(`${url}/privacy/policy/edit`);
    await page.getByLabel('Kept, days').first().fill('300');
    await page.click('#fields button[type="submit"]');
    await page.waitForSelector('[data-purpose="measurement"]', patience);
    expect(await page.locator('[data-purpose="measurement"]').textContent()).toContain('kept 300 days instead of 395');
    await page.getByRole('button', { name: 'Ask nobody about it' }).click();
    await page.waitForSelector('[data-purpose="measurement"][data-reasks="no"]', patience);
    for (const width of [1280, 412]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await axeFaults(page)).toEqual([]);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth),
      ).toBe(true);
    }
    expect(wrong).toEqual([]);
  });
});
