// @ts-check
// npm test: everything that must hold before a change lands, in the order that fails soonest. Each check counts as one,
// each test as one; the last line is the sum of all. A check that fails does not hide the ones after it.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureBrowser } from './browser.mjs';
import { ensureBuilt } from './built.mjs';
import { ensureInstalled } from './installed.mjs';
import { counted } from './reported.mjs';
import { root } from './root.mjs';
import { account } from './rules.mjs';
import { heading, Stop, say, sayFailure, took } from './say.mjs';
import { spawned } from './spawned.mjs';

// vite, on which vitest runs.
const oldestNodeOfTheTestTools = /** @type {const} */ ([20, 19]);

const sum = { passed: 0, failed: 0, skipped: 0 };

/**
 * @param {string} title
 * @param {() => Promise<void>} work throws when the check fails
 */
async function check(title, work) {
  heading(title);
  const startedAt = Date.now();
  try {
    await work();
    sum.passed += 1;
    say(`✓ ${title} (${took(startedAt)})`);
    return true;
  } catch (failure) {
    sum.failed += 1;
    sayFailure(failure);
    return false;
  }
}

/**
 * @param {string} file inside node_modules
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, quiet?: boolean }} [options]
 */
const tool = (file, args, { env = {}, quiet = false } = {}) =>
  spawned(process.execPath, [join(root, 'node_modules', file), ...args], { env: { CI: 'true', ...env }, quiet });

/**
 * @param {ReturnType<typeof tool>} running what it said is shown here if it was told to be quiet
 * @param {string} todo
 */
async function mustPass(running, todo) {
  const { code, output } = await running;
  if (code === 0) return;
  if (output) say(output.trim());
  throw new Stop('Found what stands above.', todo);
}

/** @returns {Promise<string[]>} the titles of the tests that ran */
async function runTests(/** @type {string} */ browser) {
  heading('tests');
  const startedAt = Date.now();
  const reportPath = join(root, 'node_modules', '.cache', 'vitest-report.json');
  mkdirSync(dirname(reportPath), { recursive: true });
  rmSync(reportPath, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
  const { code } = await tool('vitest/vitest.mjs', ['run', ...reporters], { env: { CHROME_PATH: browser } });
  /** @type {ReturnType<typeof counted>} */
  let counts = { passed: 0, failed: 1, skipped: 0, titles: [] };
  try {
    counts = counted(JSON.parse(readFileSync(reportPath, 'utf8')), code);
  } catch {
    say('✗ vitest left no report.\n  Do this: npx vitest run, and read what it says');
  }
  sum.passed += counts.passed;
  sum.failed += counts.failed;
  sum.skipped += counts.skipped;
  say(`${counts.failed === 0 ? '✓' : '✗'} tests (${took(startedAt)})`);
  return counts.titles;
}

function rulesAreNamed(/** @type {readonly string[]} */ titles) {
  const scope = JSON.parse(readFileSync(join(root, 'docs', 'scope.json'), 'utf8'));
  const { named, unnamed, later, unknown } = account(scope, titles);
  say(`named by a test: ${named.length} of ${scope.inScope.length}`);
  if (later.length > 0) say('for later, by docs/scope.json:');
  for (const [name, reason] of later) say(`  ${name}: ${reason}`);
  if (unknown.length > 0) say(`titles begin with names that docs/scope.json does not hold: ${unknown.join(', ')}`);
  if (unnamed.length > 0) {
    throw new Stop(`No test that ran names: ${unnamed.join(', ')}.`, 'write that test and put the name in its title');
  }
}

if (await check('packages', () => ensureInstalled(oldestNodeOfTheTestTools))) {
  // Each of the three keeps one core: two are looked at while dist/ is built, and told of after it.
  const types = tool('typescript/bin/tsc', ['--noEmit', '-p', '.'], { quiet: true });
  const style = tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.'], { quiet: true });
  const isBuilt = await check('build', ensureBuilt);
  await check('types', () => mustPass(types, 'npx tsc --noEmit'));
  await check('style', () => mustPass(style, 'npm run format, and mend what remains'));
  if (isBuilt) {
    await check('sizes', () =>
      mustPass(tool('size-limit/bin.js', []), 'make it smaller; the budgets stand in package.json'),
    );
    let browser = '';
    await check('browser', async () => {
      browser = await ensureBrowser();
    });
    // Without a browser the tests that need one must fail loudly, not vanish: the path given is then one that is not there.
    const titles = await runTests(browser || 'no-browser-found');
    await check('rules and scenarios', async () => rulesAreNamed(titles));
  }
}

const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : '';
process.exitCode = sum.failed > 0 ? 1 : 0;
say(`\n${sum.passed} passed, ${sum.failed} failed${skipped}`);
