// Real data through the whole way: rows, map, pipeline, folds, read model. What the data sets say of themselves, or what a
// few lines over the plain rows say, must come out at the other end; and a rebuild must change nothing.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { checkRebuild } from '../cli/rebuild.js';
import { directTarget } from '../cli/target.js';
import { defaultSiteRules } from '../pipeline/accept.js';
import { openWriter, type Writer } from '../pipeline/writer.js';
import { sessionRules } from '../sessions/session.js';
import { type Figures, figuresOf, medianOf, topOf } from './figures.fixture.js';
import { lookalikeHead, lookalikeRows } from './lookalike.fixture.js';
import { readMap } from './map.js';
import { type ImportReport, runImport } from './run.js';

const folder = mkdtempSync(join(tmpdir(), 'weft-data-'));
const open: Writer[] = [];
afterAll(() => {
  for (const writer of open) writer.close();
  rmSync(folder, { recursive: true, force: true });
});
const minuteMs = 60_000;
const now = Date.parse('2026-11-22T06:00:00Z');

interface Imported {
  report: ImportReport;
  figures: Figures;
  writer: Writer;
}
const imported = async (file: string, map: string, timeZone = 'UTC', idleMinutes = 30): Promise<Imported> => {
  const writer = openWriter({
    path: ':memory:',
    rules: {
      sessions: { ...sessionRules, idleMaxMs: idleMinutes * minuteMs },
      emailMerge: 'transactional',
      bots: 'apart',
    },
    site: defaultSiteRules,
    consentFile: null,
  });
  open.push(writer);
  const report = await runImport({
    file,
    map: readMap(readFileSync(new URL(`../../examples/imports/${map}.map.json`, import.meta.url), 'utf8')),
    target: directTarget(writer, 'test', () => now),
    onProgress: () => {},
    refusedFile: join(folder, `${map}.refused`),
    checkpointFile: join(folder, `${map}.checkpoint`),
  });
  writer.due(now);
  return { report, figures: figuresOf(writer, timeZone, now), writer };
};
const fixture = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const unchangedByRebuild = ({ writer }: Imported): void => {
  expect(checkRebuild(writer, now, () => {})).toMatchObject({ equal: true, differences: [] });
};

describe('otto.de: 20 visitors, 862 rows', () => {
  const file = fixture('../carts/fixtures/otto_sessions.jsonl');

  it('gives the figures that the data set states', async () => {
    const all = await imported(file, 'otto');
    expect(all.report).toMatchObject({ rows: 862, calls: 857, accepted: 857, refused: 0 });
    expect(all.figures).toMatchObject({
      people: 20,
      sessions: 144,
      // Rows of one visitor and one instant are one order.
      eventCounts: { 'Product Viewed': 800, 'Product Added': 52, 'Order Completed': 5 },
      orderLines: 10,
      orders: 5,
      sessionsWith: { view: 144, add: 21, order: 5 },
      sessionsOfOneEvent: 41,
      sessionDurationMs: { sum: 54_324_106, median: 86_907.5 },
      peopleWith: { add: 7, order: 3 },
      top: {
        views: [
          ['1329892', 27],
          ['303479', 15],
          ['107068', 14],
          ['1343406', 14],
          ['360462', 11],
          ['54857', 10],
          ['1712999', 9],
          ['1018433', 7],
          ['543308', 7],
          ['1665718', 6],
        ],
        adds: [
          ['974651', 4],
          ['543308', 2],
          ['1018433', 1],
          ['105393', 1],
          ['1089061', 1],
          ['116139', 1],
          ['1199474', 1],
          ['1261998', 1],
          ['128326', 1],
          ['1343406', 1],
        ],
        orderLines: [
          ['1018433', 1],
          ['1199474', 1],
          ['1343406', 1],
          ['1425967', 1],
          ['298827', 1],
          ['305831', 1],
          ['357461', 1],
          ['461689', 1],
          ['543308', 1],
          ['54857', 1],
        ],
      },
    });
    // The data set's own 7: whoever added something and did not order after it. All have an abandoned cart.
    expect(all.figures.cartsAbandoned).toBe(7);
    unchangedByRebuild(all);
  });

  it.each([
    [15, 154],
    [60, 138],
  ])('S2: has the sessions the data set states where a pause of %i minutes ends one', async (minutes, sessions) => {
    expect((await imported(file, 'otto', 'UTC', minutes)).figures.sessions).toBe(sessions);
  });
});

describe('Online Retail: the first 5,000 lines', () => {
  const file = fixture('./fixtures/online_retail_5000.csv.gz');
  const rows = parse(gunzipSync(readFileSync(file)), { columns: true }) as Record<string, string>[];

  it('gives what plain sums over the lines give', async () => {
    const all = await imported(file, 'online-retail', 'Europe/London');
    const isCancelled = (row: Record<string, string>): boolean => row.invoice!.startsWith('C');
    const pence = (row: Record<string, string>): number =>
      Number(row.quantity) * Math.round(Number(row.unit_price) * 1000);
    const priced = rows.filter((row) => Number(row.unit_price) > 0);
    const sold = priced.filter((row) => !isCancelled(row) && Number(row.quantity) > 0 && row.customer_id !== '');
    const by = (of: typeof rows, field: string): Map<string, number> => {
      const sums = new Map<string, number>();
      for (const row of of) sums.set(row[field]!, (sums.get(row[field]!) ?? 0) + pence(row));
      return sums;
    };
    const orders = by(sold, 'invoice');
    const buyers = by(sold, 'customer_id');
    const invoicesOf = (customer: string): number =>
      new Set(sold.filter((row) => row.customer_id === customer).map((row) => row.invoice)).size;
    const quantities = new Map<string, number>();
    for (const row of sold)
      quantities.set(row.stock_code!, (quantities.get(row.stock_code!) ?? 0) + Number(row.quantity));

    expect(all.report).toMatchObject({
      rows: 5_000,
      refused: 0,
      skipped: { 'the price is zero: a stock movement, not a sale': rows.length - priced.length },
    });
    expect(all.figures.eventCounts['Order Refunded']).toBe(
      new Set(priced.filter(isCancelled).map((row) => row.invoice)).size,
    );
    expect(all.figures).toMatchObject({
      people: new Set(priced.map((row) => row.customer_id).filter((id) => id !== '')).size,
      ordersOfPeople: orders.size,
      buyers: buyers.size,
      buyersOfOneOrder: [...buyers.keys()].filter((customer) => invoicesOf(customer) === 1).length,
      sessions: 0,
    });
    // Rounded an order at a time, as money is.
    const revenue = [...orders.values()].reduce((sum, tenths) => sum + Math.round(tenths / 10), 0);
    expect(all.figures.revenueMinor).toBe(revenue);
    expect(all.figures.revenueByMonthMinor).toEqual({ '2010-12': revenue });
    expect(all.figures.topBuyersMinor).toEqual(topOf(buyers).map(([id, tenths]) => [id, Math.round(tenths / 10)]));
    expect(all.figures.top.soldQuantity.map(([, n]) => n)).toEqual(topOf(quantities).map(([, n]) => n));
    unchangedByRebuild(all);
  });
});

describe('rows like those of REES46: 6,000 of a shop’s clickstream', () => {
  const rows = lookalikeRows({ seed: 46, events: 6_000, days: 10, visitors: 400 });
  const file = join(folder, 'lookalike.csv');
  writeFileSync(file, `${[lookalikeHead, ...rows].join('\n')}\n`);
  const parsed = parse(`${lookalikeHead}\n${rows.join('\n')}`, { columns: true }) as Record<string, string>[];

  it('gives what plain sums over the rows give', async () => {
    const all = await imported(file, 'rees46');
    const of = (type: string) => parsed.filter((row) => row.event_type === type);
    const atOf = (row: Record<string, string>): number =>
      Date.parse(row.event_time!.replace(' UTC', 'Z').replace(' ', 'T'));
    const visits: { rows: typeof parsed; from: number; to: number }[] = [];
    for (const user of new Set(parsed.map((row) => row.user_id))) {
      let visit: (typeof visits)[number] | null = null;
      for (const row of parsed.filter((it) => it.user_id === user)) {
        const at = atOf(row);
        if (visit === null || at - visit.to > 30 * minuteMs || at - visit.from > 24 * 60 * minuteMs) {
          visit = { rows: [], from: at, to: at };
          visits.push(visit);
        }
        visit.rows.push(row);
        visit.to = at;
      }
    }
    const visitsWith = (type: string): number =>
      visits.filter((visit) => visit.rows.some((row) => row.event_type === type)).length;
    const count = (type: string): Map<string, number> => {
      const counts = new Map<string, number>();
      for (const row of of(type)) counts.set(row.product_id!, (counts.get(row.product_id!) ?? 0) + 1);
      return counts;
    };
    const durations = visits.map(({ from, to }) => to - from);
    expect(all.report).toMatchObject({ rows: 6_000, calls: 6_000, accepted: 6_000 });
    expect(all.figures).toMatchObject({
      people: new Set(parsed.map((row) => row.user_id)).size,
      sessions: visits.length,
      sessionsWith: { view: visitsWith('view'), add: visitsWith('cart'), order: visitsWith('purchase') },
      sessionsOfOneEvent: visits.filter((visit) => visit.rows.length === 1).length,
      sessionDurationMs: { sum: durations.reduce((sum, ms) => sum + ms, 0), median: medianOf(durations) },
      peopleWith: {
        add: new Set(of('cart').map((row) => row.user_id)).size,
        order: new Set(of('purchase').map((row) => row.user_id)).size,
      },
      eventCounts: {
        'Product Viewed': of('view').length,
        'Product Added': of('cart').length,
        'Order Completed': of('purchase').length,
      },
      top: { views: topOf(count('view')), adds: topOf(count('cart')), orderLines: topOf(count('purchase')) },
      revenueMinor: of('purchase').reduce((sum, row) => sum + Math.round(Number(row.price) * 100), 0),
    });
    unchangedByRebuild(all);
  });
});
