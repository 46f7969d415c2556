// @ts-check
// npm run bench [-- word]: runs every *.bench.ts under sdk/, collector/ and examples/ whose path holds the word, one
// after the other, each in a process of its own. A bench is vitest's, or a program that prints its figures; started in
// the root of the clone. This file adds the machine and the commit they belong to. It never judges a figure.
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { ensureBuilt } from './built.mjs';
import { filesUnder } from './files.mjs';
import { ensureInstalled } from './installed.mjs';
import { root } from './root.mjs';
import { command, heading, Stop, say } from './say.mjs';
import { spawned } from './spawned.mjs';

const benchesUnder = (/** @type {string} */ folder) =>
  filesUnder(join(root, folder))
    .filter((path) => /\.bench\.tsx?$/.test(path))
    .map((path) => relative(root, path));

function throughVitest(/** @type {string} */ bench) {
  return spawned(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'bench', '--run', bench]);
}

/** A bench that needs several processes, a server, or runs that alternate is a program of its own. */
async function asProgram(/** @type {string} */ bench) {
  const { build } = await import('esbuild');
  const outfile = join(root, 'dist', 'bench', bench.replace(/\.tsx?$/, '.mjs'));
  await build({
    entryPoints: [join(root, bench)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: true,
    define: { __WEFT_CHUNKS__: '"1"' },
  });
  return spawned(process.execPath, ['--enable-source-maps', '--expose-gc', outfile]);
}

await command(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const word = process.argv[2] ?? '';
  const benches = ['sdk', 'collector', 'examples'].flatMap(benchesUnder).filter((path) => path.includes(word));
  if (benches.length === 0) throw new Stop(word ? `No bench's path holds "${word}".` : 'There is no bench yet.');

  const commit = (await spawned('git', ['describe', '--always', '--dirty'], { quiet: true })).output.trim();
  say(
    `commit ${commit}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
  );

  const failed = [];
  for (const bench of benches) {
    heading(bench);
    const asksVitest = /from 'vitest'/.test(readFileSync(join(root, bench), 'utf8'));
    const { code } = await (asksVitest ? throughVitest(bench) : asProgram(bench));
    if (code !== 0) failed.push(bench);
  }
  if (failed.length > 0) throw new Stop(`These benches did not finish: ${failed.join(', ')}`);
});
