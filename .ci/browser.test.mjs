// @ts-check
// The order in which a browser is looked for, with shell scripts in the place of browsers.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ensureBrowser } from './browser.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'browser-'));
  vi.stubEnv('CHROME_PATH', undefined);
  vi.stubEnv('PATH', join(folder, 'bin'));
  vi.stubEnv('PLAYWRIGHT_BROWSERS_PATH', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** @param {string} path @param {string} [script] */
function browserAt(path, script = 'echo Chromium 1.2.3') {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, `#!/bin/sh\n${script}\n`);
  chmodSync(whole, 0o755);
  return whole;
}

test("CHROME_PATH comes first, then the system's, then the newest of Playwright's", async () => {
  const named = browserAt('mine/chrome');
  const system = browserAt('bin/chromium');
  browserAt('cache/chromium-999/chrome-linux/chrome');
  const newest = browserAt('cache/chromium-1200/chrome-linux/chrome');
  browserAt('cache/chromium_headless_shell-1300/chrome-linux/chrome');
  vi.stubEnv('CHROME_PATH', named);
  expect(await ensureBrowser()).toBe(named);
  vi.stubEnv('CHROME_PATH', undefined);
  expect(await ensureBrowser()).toBe(system);
  rmSync(system);
  expect(await ensureBrowser()).toBe(newest);
});

test('a CHROME_PATH that names nothing is an error, not a reason to take another', async () => {
  browserAt('bin/chromium');
  vi.stubEnv('CHROME_PATH', join(folder, 'nothing'));
  await expect(ensureBrowser()).rejects.toThrow(/which is not there/);
});

test('a browser that does not start is an error that says what it said', async () => {
  browserAt('bin/chromium', 'echo no libraries >&2; exit 1');
  await expect(ensureBrowser()).rejects.toThrow(/does not start: no libraries/);
});
