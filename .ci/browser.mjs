// @ts-check
// Finds the Chromium that the browser tests drive: the one named by CHROME_PATH, the system's, Playwright's, else
// Debian's package. A test run without a browser is a failed run, never a shorter one.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { installFromDebian } from './debian.mjs';
import { Stop, say } from './say.mjs';
import { onPath, spawned } from './spawned.mjs';

const systemNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const macApplications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

function inSystem() {
  return onPath(systemNames) ?? macApplications.find((path) => existsSync(path));
}

function inPlaywrightsCache() {
  const caches = {
    darwin: join(homedir(), 'Library', 'Caches', 'ms-playwright'),
    win32: join(process.env.LOCALAPPDATA ?? homedir(), 'ms-playwright'),
  };
  const cache =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    caches[/** @type {'darwin' | 'win32'} */ (process.platform)] ??
    join(homedir(), '.cache', 'ms-playwright');
  if (!existsSync(cache)) return undefined;
  const inside = [
    'chrome-linux/chrome',
    'chrome-linux64/chrome',
    'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
    'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
    'chrome-win/chrome.exe',
    'chrome-win64/chrome.exe',
  ];
  const revision = (/** @type {string} */ folder) => Number(folder.slice(folder.lastIndexOf('-') + 1));
  return readdirSync(cache)
    .filter((folder) => /^chromium-\d+$/.test(folder))
    .sort((a, b) => revision(b) - revision(a))
    .flatMap((folder) => inside.map((path) => join(cache, folder, path)))
    .find((path) => existsSync(path));
}

/** @returns {Promise<string>} the browser's path, proven by starting it once */
export async function ensureBrowser() {
  const named = process.env.CHROME_PATH;
  if (named && !existsSync(named)) {
    throw new Stop(`CHROME_PATH names ${named}, which is not there.`, 'unset CHROME_PATH, or let it name a Chromium');
  }
  let path = named ?? inSystem() ?? inPlaywrightsCache();
  if (!path) {
    await installFromDebian({
      what: 'Chromium, which the browser tests drive,',
      packages: ['chromium'],
      elsewhere: 'npx playwright-core install --with-deps chromium',
    });
    path = inSystem();
  }
  if (!path) throw new Stop('Chromium was installed but is not on the PATH.', 'set CHROME_PATH to it');
  const answer = await spawned(path, ['--version'], { quiet: true });
  if (answer.code !== 0) {
    throw new Stop(`${path} does not start: ${answer.output.trim()}`, 'set CHROME_PATH to a Chromium that starts');
  }
  say(`browser: ${answer.output.trim().split('\n').at(-1)} at ${path}`);
  return path;
}
