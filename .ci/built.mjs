// @ts-check
// Brings dist/ in step with the sources, and only when it is not: a hash over everything that goes into a build is kept
// in dist/ and compared. Tests and fixtures don't go into a build.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { filesUnder } from './files.mjs';
import { root } from './root.mjs';
import { Stop, say, took } from './say.mjs';
import { spawned } from './spawned.mjs';

const stampPath = join(root, 'dist', '.sources');
const sources = [
  'sdk',
  'collector',
  'examples',
  'rollup.config.mjs',
  '.ci/declarations.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'THIRD-PARTY-NOTICES.md',
];
const apart = /\.(test|bench|fixture)\.tsx?$|[\\/]fixtures[\\/]/;

export function sourcesHash() {
  const hash = createHash('sha256').update(process.version);
  const files = sources.flatMap((source) => {
    const path = join(root, source);
    return /\.\w+$/.test(source) ? [path].filter((one) => existsSync(one)) : filesUnder(path);
  });
  for (const file of files.filter((path) => !apart.test(path))) {
    hash.update(relative(root, file).split(sep).join('/')).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

// `npx weft` looks here first. npm links only the commands of dependencies, and ours is built after npm has run.
function linkCommand() {
  const folder = join(root, 'node_modules', '.bin');
  if (!existsSync(folder) || !existsSync(join(root, 'dist', 'collector', 'cli.js'))) return;
  if (process.platform === 'win32') {
    writeFileSync(join(folder, 'weft.cmd'), '@node "%~dp0\\..\\..\\dist\\collector\\cli.js" %*\r\n');
  } else if (!existsSync(join(folder, 'weft'))) {
    rmSync(join(folder, 'weft'), { force: true });
    symlinkSync('../../dist/collector/cli.js', join(folder, 'weft'));
  }
}

// What an earlier build wrote and this one did not: chunks of another hash, modules of files that are gone.
function sweep(/** @type {number} */ startedAt) {
  for (const file of ['sdk', 'collector', 'examples'].flatMap((folder) => filesUnder(join(root, 'dist', folder)))) {
    if (statSync(file).mtimeMs < startedAt) rmSync(file);
  }
}

export async function build() {
  const startedAt = Date.now();
  const hash = sourcesHash();
  rmSync(stampPath, { force: true });
  say('building dist/ (rollup)');
  const rollup = join(root, 'node_modules', 'rollup', 'dist', 'bin', 'rollup');
  const built = await spawned(process.execPath, [rollup, '-c', 'rollup.config.mjs', '--silent'], { quiet: true });
  if (built.output.trim() !== '') say(built.output.trim());
  if (built.code !== 0) throw new Stop('The build failed (see above).', 'mend the source it names, then npm run build');
  sweep(startedAt);
  linkCommand();
  writeFileSync(stampPath, hash);
  say(`dist/ is built (${took(startedAt)})`);
}

export async function ensureBuilt() {
  if (!existsSync(stampPath) || readFileSync(stampPath, 'utf8') !== sourcesHash()) await build();
  else linkCommand();
}
