// @ts-check
// Brings node_modules in step with the lock file, and only when it is not. No package's install script runs, but the one of
// the database driver, by name: so npm 10, which would run them all, and npm 11, which asks, do the same.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installFromDebian } from './debian.mjs';
import { root } from './root.mjs';
import { Stop, say, took } from './say.mjs';
import { npm, onPath, spawned } from './spawned.mjs';

const stampPath = join(root, 'node_modules', '.weft-installed');

// The compiled parts fit one Node ABI and one platform; a change of either is a reason to install anew.
function wantedStamp() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.versions.modules} ${process.platform} ${process.arch}`)
    .digest('hex');
}

function readOr(/** @type {string} */ path, /** @type {string} */ otherwise) {
  return existsSync(path) ? readFileSync(path, 'utf8') : otherwise;
}

/** @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockedPackage */

// Someone may have run `npm ci` by hand: npm leaves its own account of what lies in node_modules, and where that agrees
// with the lock file there is nothing to fetch.
function alreadyThere() {
  /** @returns {Record<string, LockedPackage>} */
  const packages = (/** @type {string} */ text) => JSON.parse(text).packages ?? {};
  const there = packages(readOr(join(root, 'node_modules', '.package-lock.json'), '{}'));
  const wanted = packages(readOr(join(root, 'package-lock.json'), '{}'));
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (entry.optional && !there[path])) return true;
    return there[path]?.version === entry.version && existsSync(join(root, path));
  });
}

async function databaseDriverWorks() {
  const probe = "const D = require('better-sqlite3'); new D(':memory:').exec('select 1')";
  return (await spawned(process.execPath, ['-e', probe], { quiet: true })).code === 0;
}

async function ensureCompiler() {
  if (onPath(['python3', 'python']) && onPath(['make']) && onPath(['g++', 'c++', 'clang++'])) return;
  await installFromDebian({
    what: 'A C++ compiler, which the database driver needs where no prebuilt one fits,',
    packages: ['python3', 'make', 'g++'],
    elsewhere:
      process.platform === 'darwin' ? 'xcode-select --install' : 'install python3, make and g++, then run this again',
  });
}

// node-gyp would fetch Node's headers; most Nodes carry them, and then no network is needed.
function headersOfThisNode() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {};
}

async function ensureDatabaseDriver() {
  if (await databaseDriverWorks()) return;
  say('the database driver: a prebuilt one if there is one, else compiled (a minute or two)');
  const rebuild = () =>
    npm(['rebuild', 'better-sqlite3', '--foreground-scripts'], { quiet: true, env: headersOfThisNode() });
  let tried = await rebuild();
  if (!(await databaseDriverWorks())) {
    await ensureCompiler();
    tried = await rebuild();
  }
  if (!(await databaseDriverWorks())) {
    say(tried.output.split('\n').slice(-40).join('\n'));
    throw new Stop('better-sqlite3 could not be built (its last lines stand above).', 'npm rebuild better-sqlite3');
  }
}

/**
 * Says that Node is too old before a tool says it with a syntax error.
 * @param {readonly [major: number, minor: number]} oldest
 */
function checkNode([oldestMajor, oldestMinor]) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Stop(
    `Node ${process.versions.node} is too old for this.`,
    `use Node ${oldestMajor}.${oldestMinor} or newer`,
  );
}

/** @param {readonly [major: number, minor: number]} [oldest] what the caller's tools need of Node */
export async function ensureInstalled(oldest = [20, 0]) {
  checkNode(oldest);
  const wanted = wantedStamp();
  if (readOr(stampPath, '') === wanted) return;

  const startedAt = Date.now();
  if (!alreadyThere()) {
    say('installing packages (npm ci)');
    const installed = await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { quiet: true });
    if (installed.code !== 0) {
      say(installed.output.trim());
      throw new Stop(
        'npm could not install the packages (its words stand above).',
        'check the network, then run this again',
      );
    }
  }
  await ensureDatabaseDriver();
  writeFileSync(stampPath, wanted);
  say(`packages are in place (${took(startedAt)})`);
}
