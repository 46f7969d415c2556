// What an import and a rebuild cost an event, against JSON.parse of the same rows in the same run: reading and mapping alone,
// the whole import into a file as the built command does it, with a thread that reads, the rebuild of that file. Rounds
// alternate; the first one warms up and is not counted. Threads share the CPU time of the process; the writing one's is told apart.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { directTarget } from '../cli/target.js';
import { defaultSiteRules } from '../pipeline/accept.js';
import { rebuild } from '../pipeline/rebuild.js';
import { openWriter } from '../pipeline/writer.js';
import { announcementsOf } from '../profiles/announcements.js';
import { sessionRules } from '../sessions/session.js';
import { lookalikeHead, lookalikeRows } from './lookalike.fixture.js';
import { readMap } from './map.js';
import { rehearse, runImport } from './run.js';
import { slicesFrom } from './slices-threaded.js';

const events = Number(process.env.WEFT_BENCH_EVENTS ?? 200_000);
const rounds = 5;
const folder = mkdtempSync(join(tmpdir(), 'weft-import-bench-'));
const now = Date.parse('2026-11-22T06:00:00Z');
const onProgress = (): void => {};
/** Of dist/: a bench is built beside it. */
const thread = new URL('../../../collector/imports/slices-thread.js', import.meta.url);
if (!existsSync(fileURLToPath(thread))) throw new Error('dist/ is not built: npm run build');

interface Data {
  name: string;
  file: string;
  map: ReturnType<typeof readMap>;
  /** The rows as JSON, for the baseline. */
  lines: string[];
}
const mapOf = (name: string): Data['map'] =>
  readMap(readFileSync(new URL(`../../../examples/imports/${name}.map.json`, import.meta.url), 'utf8'));

const clickstream = (): Data => {
  const rows = lookalikeRows({ seed: 1, events, days: 30, visitors: events / 20 });
  const file = join(folder, 'clickstream.csv');
  writeFileSync(file, `${[lookalikeHead, ...rows].join('\n')}\n`);
  const names = lookalikeHead.split(',');
  const lines = rows.map((row) =>
    JSON.stringify(Object.fromEntries(row.split(',').map((cell, at) => [names[at], cell]))),
  );
  return { name: 'clickstream, a row an event', file, map: mapOf('rees46'), lines };
};
/** Twenty rows an order, as in a shop for gifts. */
const invoices = (): Data => {
  const file = join(folder, 'invoices.csv');
  const head = 'invoice,stock_code,description,quantity,ts,unit_price,customer_id,country';
  const rows: string[] = [];
  for (let n = 0; rows.length < events; n += 1) {
    const ts = new Date(Date.parse('2010-12-01T08:00:00Z') + n * 600_000).toISOString().slice(0, 19);
    for (let line = 0; line < 20; line += 1)
      rows.push(
        `${536_000 + n},${20_000 + ((n * 7 + line) % 3_000)},WHITE HANGING LIGHT HOLDER,${1 + (line % 12)},${ts},${(line % 9) + 0.85},${12_000 + ((n * 31) % 900)},United Kingdom`,
      );
  }
  writeFileSync(file, `${[head, ...rows].join('\n')}\n`);
  const names = head.split(',');
  const lines = rows.map((row) =>
    JSON.stringify(Object.fromEntries(row.split(',').map((cell, at) => [names[at], cell]))),
  );
  return { name: 'invoices, twenty rows an event', file, map: mapOf('online-retail'), lines };
};

/** Of the main thread alone, where the system tells: with a core for the other, an event can't be quicker than this. */
const ownCpuUs = (): number => {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  } catch {
    return Number.NaN;
  }
};

interface Cost {
  cpuUs: number;
  ownUs: number;
  wallMs: number;
}
const timed = async (work: () => Promise<unknown> | unknown): Promise<Cost> => {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const own = ownCpuUs();
  const from = performance.now();
  await work();
  const used = process.cpuUsage(cpu);
  return { cpuUs: used.user + used.system, ownUs: ownCpuUs() - own, wallMs: performance.now() - from };
};
const spread = (values: readonly number[], digits: number): string => {
  const sorted = [...values].sort((a, b) => a - b);
  const [least, median, most] = [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
  return `${median.toFixed(digits)} (${least.toFixed(digits)} – ${most.toFixed(digits)})`;
};

for (const data of [clickstream(), invoices()]) {
  const costs: Record<'parse' | 'map' | 'import' | 'rebuild', Cost[]> = { parse: [], map: [], import: [], rebuild: [] };
  let calls = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const store = join(folder, `store-${round}`);
    const writer = openWriter({
      path: join(store, 'weft.sqlite'),
      rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
      site: defaultSiteRules,
      consentFile: null,
    });
    let read = 0;
    const parse = await timed(() => {
      for (const line of data.lines) read += Object.keys(JSON.parse(line) as object).length;
    });
    if (read === 0) throw new Error('nothing was read');
    const map = await timed(() => rehearse({ ...data, onProgress, shown: 0 }));
    const importing = await timed(async () => {
      const report = await runImport({
        ...data,
        target: directTarget(writer, store, () => now),
        read: slicesFrom(thread),
        onProgress,
        refusedFile: join(store, 'refused'),
        checkpointFile: join(store, 'checkpoint'),
      });
      if (report.accepted !== report.calls) throw new Error(JSON.stringify(report));
      calls = report.calls;
      writer.due(now);
    });
    const rebuilding = await timed(() => {
      writer.pipeline.attempt(() => rebuild(writer.pipeline.set, now, announcementsOf));
    });
    writer.close();
    rmSync(store, { recursive: true });
    if (round === 0) continue;
    costs.parse.push(parse);
    costs.map.push(map);
    costs.import.push(importing);
    costs.rebuild.push(rebuilding);
  }
  const rows = data.lines.length;
  console.log(`\n${data.name}: ${rows} rows, ${calls} events, ${rounds} rounds; median (least – most)`);
  const say = (what: string, of: readonly Cost[], each: number, unit: string): void => {
    const ratio = of.map(({ cpuUs }, round) => cpuUs / each / (costs.parse[round]!.cpuUs / rows));
    console.log(
      `  ${what.padEnd(22)} ${spread(
        of.map(({ cpuUs }) => cpuUs / each),
        2,
      ).padEnd(28)} µs CPU a ${unit}, ` +
        `${spread(
          of.map(({ ownUs }) => ownUs / each),
          2,
        )} of it in the main thread, ` +
        `${spread(ratio, 1).padEnd(20)} × JSON.parse of a row, ` +
        `${spread(
          of.map(({ wallMs }) => (each / wallMs) * 1000),
          0,
        )} ${unit}s/s`,
    );
  };
  say('JSON.parse', costs.parse, rows, 'row');
  say('read and map', costs.map, rows, 'row');
  say('import', costs.import, rows, 'row');
  say('import', costs.import, calls, 'event');
  say('rebuild', costs.rebuild, calls, 'event');
}
rmSync(folder, { recursive: true });
