// The example page of the banner with a real collector: what is pressed there is what the ledger holds, and who asks to
// be erased is.

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type Device, hasAnswered, weft } from '../testing/browser.fixture.js';
import { authorization, until } from '../testing/collector.fixture.js';
import { startVisit } from '../testing/visit.fixture.js';

const visit = startVisit();

const opened = async (path = ''): Promise<Device> => {
  const device = await visit.device();
  device.page.on('console', (message) => {
    if (/security policy/i.test(message.text())) device.troubles.push(message.text());
  });
  await device.page.goto(`/examples/banner/${path}`);
  await device.page.waitForSelector('.first');
  return device;
};
const accept = async (page: Page) => {
  await page.click('.first button >> nth=1');
  await hasAnswered(page);
  await weft(page, 'flush');
};

test('what was pressed, and the words that were seen, stand in the ledger under the receipt', async () => {
  const { page, record } = await opened();
  await accept(page);
  const { receipt } = await record();
  const stood = await until(async () => {
    const answer = await fetch(`${visit.collector.url}/v1/receipts/${receipt}`, { headers: { authorization } });
    return answer.ok && ((await answer.json()) as Record<string, unknown>);
  });
  const text = JSON.stringify(stood);
  expect(text).toMatch(/"sha256":"[0-9a-f]{64}"/);
  for (const said of ['"locale":"en"', '"layer":"first"', '"action":"accept-all"']) expect(text).toContain(said);
});

test('the words come from the collector in the language of the page', async () => {
  const { page } = await opened('arabic.html');
  expect(await page.getAttribute('.first', 'dir')).toBe('rtl');
  expect(await page.textContent('.first h2')).toBe('القرار لك');
});

test('who asks in the preferences for their data gets it, as a file that holds what they did', async () => {
  const { page, anonymousId } = await opened();
  await accept(page);
  const id = (await anonymousId())!;
  await until(async () => (await visit.collector.profiles({ anonymousId: id })).length);
  await page.click('[data-weft-consent]');
  const downloading = page.waitForEvent('download', { timeout: 60_000 });
  await page.click('dialog button:text-is("Download my data")');
  const file = await downloading;
  expect(file.suggestedFilename()).toBe('my-data.zip');
  const bytes = readFileSync(await file.path());
  expect(bytes.subarray(0, 2).toString()).toBe('PK');
  // The names of a ZIP's files stand in it in the clear.
  for (const name of ['README', 'events.jsonl', 'consents.jsonl']) expect(bytes.includes(name), name).toBe(true);
  // From a page of another origin the browser asks first, and is let.
  const asked = await fetch(`${visit.collector.url}/v1/privacy/exports/x_1/file`, {
    method: 'OPTIONS',
    headers: { origin: 'https://shop.test', 'access-control-request-headers': 'weft-token' },
  });
  expect([asked.status, asked.headers.get('access-control-allow-headers')]).toEqual([204, 'weft-token']);
  expect(asked.headers.get('access-control-allow-origin')).toBe('*');
});

test('who asks in the preferences to be erased is erased, here and at the collector', async () => {
  const { page, anonymousId, record } = await opened();
  await accept(page);
  const id = (await anonymousId())!;
  await until(async () => (await visit.collector.profiles({ anonymousId: id })).length);
  await page.click('[data-weft-consent]');
  await page.click('dialog button:text-is("Erase my data")');
  await page.click('dialog button:text-is("Erase for good")');
  await until(async () => (await visit.collector.profiles({ anonymousId: id })).length === 0);
  await until(async () => !(await anonymousId()));
  // The erase slip names it until the collector has answered, and no longer.
  await until(async () => !JSON.stringify((await record()) ?? {}).includes(id));
});
