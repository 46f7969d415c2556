// Whole public data sets, imported and held against what they state of themselves. They are not in the repository; name
// where they are: WEFT_FIGURES="online-retail=<path> rees46=<path> otto=<path>" npm run bench -- figures. Prints each figure
// with what was stated, the time it took, and whether a rebuild gives equal bytes. Sources: docs/import.md.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRebuild } from '../cli/rebuild.js';
import { directTarget } from '../cli/target.js';
import { defaultSiteRules } from '../pipeline/accept.js';
import { openWriter } from '../pipeline/writer.js';
import { sessionRules } from '../sessions/session.js';
import { type Figures, figuresOf } from './figures.fixture.js';
import { readMap } from './map.js';
import { runImport } from './run.js';

interface DataSet {
  timeZone: string;
  rows: number;
  /** What the data set states, or plain sums over its rows, in its own terms. */
  stated: readonly (readonly [name: string, stated: number, found: (figures: Figures) => number])[];
}

const months = (figures: Figures, month: string): number => figures.revenueByMonthMinor[month] ?? 0;
const dataSets: Readonly<Record<string, DataSet>> = {
  'online-retail': {
    timeZone: 'Europe/London',
    rows: 240_007,
    stated: [
      ['customers of any sort', 2_974, ({ people }) => people],
      ['orders', 8_589, ({ ordersOfPeople }) => ordersOfPeople],
      ['customers who bought', 2_931, ({ buyers }) => buyers],
      ['customers with one order', 1_357, ({ buyersOfOneOrder }) => buyersOfOneOrder],
      ['revenue, pence', 388_897_174, ({ revenueMinor }) => revenueMinor],
      ['revenue of 2010-12', 57_271_389, (figures) => months(figures, '2010-12')],
      ['revenue of 2011-01', 56_944_504, (figures) => months(figures, '2011-01')],
      ['revenue of 2011-02', 44_713_735, (figures) => months(figures, '2011-02')],
      ['revenue of 2011-03', 59_550_076, (figures) => months(figures, '2011-03')],
      ['revenue of 2011-04', 46_920_036, (figures) => months(figures, '2011-04')],
      ['revenue of 2011-05', 67_859_456, (figures) => months(figures, '2011-05')],
      ['revenue of 2011-06', 55_637_978, (figures) => months(figures, '2011-06')],
    ],
  },
  rees46: {
    timeZone: 'UTC',
    rows: 1_000,
    stated: [
      ['visitors', 330, ({ people }) => people],
      ['sessions', 330, ({ sessions }) => sessions],
      ['views', 987, ({ eventCounts }) => eventCounts['Product Viewed'] ?? 0],
      ['adds', 3, ({ eventCounts }) => eventCounts['Product Added'] ?? 0],
      ['purchases', 10, ({ orderLines }) => orderLines],
      ['sessions with an add', 3, ({ sessionsWith }) => sessionsWith.add],
      ['sessions with an order', 9, ({ sessionsWith }) => sessionsWith.order],
      ['sessions of one event', 135, ({ sessionsOfOneEvent }) => sessionsOfOneEvent],
      ['revenue, cents', 238_784, ({ revenueMinor }) => revenueMinor],
    ],
  },
  otto: {
    timeZone: 'UTC',
    rows: 862,
    stated: [
      ['visitors', 20, ({ people }) => people],
      ['sessions', 144, ({ sessions }) => sessions],
      ['views', 800, ({ eventCounts }) => eventCounts['Product Viewed'] ?? 0],
      ['adds', 52, ({ eventCounts }) => eventCounts['Product Added'] ?? 0],
      ['lines ordered', 10, ({ orderLines }) => orderLines],
      ['sessions with an add', 21, ({ sessionsWith }) => sessionsWith.add],
      ['sessions with an order', 5, ({ sessionsWith }) => sessionsWith.order],
      ['milliseconds of all sessions', 54_324_106, ({ sessionDurationMs }) => sessionDurationMs.sum],
      ['visitors with an abandoned cart', 7, ({ cartsAbandoned }) => cartsAbandoned],
    ],
  },
};

const places = (process.env.WEFT_FIGURES ?? '').split(/\s+/).filter((place) => place !== '');
if (places.length === 0) {
  console.log(
    `Nothing to import: WEFT_FIGURES="${Object.keys(dataSets)
      .map((name) => `${name}=<path>`)
      .join(' ')}"`,
  );
}
for (const place of places) {
  const [name = '', path = ''] = place.split(/=(.*)/s);
  const dataSet = dataSets[name];
  if (!dataSet)
    throw new Error(`WEFT_FIGURES: there is no data set "${name}"; known: ${Object.keys(dataSets).join(', ')}.`);
  const folder = mkdtempSync(join(tmpdir(), 'weft-figures-'));
  const writer = openWriter({
    path: join(folder, 'weft.sqlite'),
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: defaultSiteRules,
    consentFile: null,
  });
  try {
    const from = performance.now();
    const report = await runImport({
      file: path,
      map: readMap(readFileSync(join('examples', 'imports', `${name}.map.json`), 'utf8')),
      target: directTarget(writer, 'bench', Date.now),
      onProgress: () => {},
      refusedFile: join(folder, 'refused'),
      checkpointFile: join(folder, 'checkpoint'),
    });
    writer.due(Date.now());
    const seconds = (performance.now() - from) / 1_000;
    console.log(
      `\n${name}: ${report.rows} rows (stated ${dataSet.rows}), ${report.accepted} events, ${seconds.toFixed(1)} s`,
    );
    const figures = figuresOf(writer, dataSet.timeZone);
    for (const [what, stated, found] of dataSet.stated) {
      const is = found(figures);
      console.log(
        `  ${what.padEnd(34)} ${String(is).padStart(12)}   ${is === stated ? 'as stated' : `stated: ${stated}`}`,
      );
    }
    const { equal } = checkRebuild(writer, Date.now(), () => {});
    console.log(`  rebuild --check: ${equal ? 'equal bytes' : 'DIFFERENT'}`);
  } finally {
    writer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
