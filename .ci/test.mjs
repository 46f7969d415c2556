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
 * @param {Record<string, string>} [env]
 */
const tool = (file, args, env = {}) =>
  spawned(process.execPath, [join(root, 'node_modules', file), ...args], { env: { CI: 'true', ...env } });

/**
 * @param {string} file
 * @param {readonly string[]} args
 * @param {string} todo
 */
async function mustPass(file, args, todo) {
  const { code } = await tool(file, args);
  if (code !== 0) throw new Stop('Found what stands above.', todo);
}

/** @returns {Promise<string[]>} the titles of the tests that ran */
async function runTests(/** @type {string} */ browser) {
  heading('tests');
  const startedAt = Date.now();
  const reportPath = join(root, 'node_modules', '.cache', 'vitest-report.json');
  mkdirSync(dirname(reportPath), { recursive: true });
  rmSync(reportPath, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
  const { code } = await tool('vitest/vitest.mjs', ['run', ...reporters], { CHROME_PATH: browser });
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

const ready =
  (await check('packages', () => ensureInstalled(oldestNodeOfTheTestTools))) && (await check('build', ensureBuilt));
if (ready) {
  let browser = '';
  await check('browser', async () => {
    browser = await ensureBrowser();
  });
  await check('types', () => mustPass('typescript/bin/tsc', ['--noEmit', '-p', '.'], 'npx tsc --noEmit'));
  await check('style', () =>
    mustPass(
      '@biomejs/biome/bin/biome',
      ['check', '--error-on-warnings', '.'],
      'npm run format, and mend what remains',
    ),
  );
  await check('sizes', () => mustPass('size-limit/bin.js', [], 'make it smaller; the budgets stand in package.json'));
  // Without a browser the tests that need one must fail loudly, not vanish: the path given is then one that is not there.
  const titles = await runTests(browser || 'no-browser-found');
  await check('rules and scenarios', async () => rulesAreNamed(titles));
}

const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : '';
process.exitCode = sum.failed > 0 ? 1 : 0;
say(`\n${sum.passed} passed, ${sum.failed} failed${skipped}`);
