// The counters of visitors who were asked nothing: by the hour, without anybody in them. Owns their two tables. Raw
// requests never come here; what is read never shows a group of fewer than k.

import type { CookielessCounts, CookielessDimension } from '../contract/cookieless.js';
import type { Migration, Sql } from '../store/sql.js';
import { estimate, mergeInto, newSketch } from './sketch.js';

export const cookielessMigrations: readonly Migration[] = [
  {
    name: '0052-cookieless',
    sql: `
      CREATE TABLE cookieless_counts (
        hour INTEGER NOT NULL,
        event TEXT NOT NULL,
        path TEXT NOT NULL,
        product TEXT NOT NULL,
        device TEXT NOT NULL,
        country TEXT NOT NULL,
        referrer TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (hour, event, path, product, device, country, referrer)
      ) WITHOUT ROWID;
      CREATE TABLE cookieless_uniques (day TEXT PRIMARY KEY, sketch BLOB NOT NULL) WITHOUT ROWID;
    `,
  },
];

/** Fewer than this are not shown (consent.md, section 7). */
export const kMin = 10;
const hourMs = 3_600_000;
/** Of one hour: what comes beyond is counted without its path, product and referrer, so that nobody can fill the disk. */
const cellsMaxAnHour = 20_000;
const shownMax = 1_000;

export interface Tallied {
  cell: { event: string; path: string; product: string; device: string; country: string; referrer: string };
  count: number;
}

export const countCookieless = (
  sql: Sql,
  at: number,
  tallied: readonly Tallied[],
  uniques: readonly { day: string; sketch: Uint8Array }[],
): void => {
  const hour = Math.floor(at / hourMs) * hourMs;
  const add = sql.prepare(
    `INSERT INTO cookieless_counts (hour, event, path, product, device, country, referrer, count)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (hour, event, path, product, device, country, referrer) DO UPDATE SET count = count + excluded.count`,
  );
  const inHour = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM cookieless_counts WHERE hour = ?');
  let room = cellsMaxAnHour - inHour.get(hour)!.n;
  for (const { cell, count } of tallied) {
    const full = room <= 0;
    room -= 1;
    const { event, device, country } = cell;
    const other = (value: string): string => (full && value !== '' ? ':other' : value);
    add.run(hour, event, other(cell.path), other(cell.product), device, country, other(cell.referrer), count);
  }
  const known = sql.prepare<{ sketch: Uint8Array }>('SELECT sketch FROM cookieless_uniques WHERE day = ?');
  const put = sql.prepare(
    'INSERT INTO cookieless_uniques (day, sketch) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET sketch = excluded.sketch',
  );
  for (const { day, sketch } of uniques) {
    const merged = newSketch();
    mergeInto(merged, sketch);
    const before = known.get(day);
    if (before) mergeInto(merged, before.sketch);
    put.run(day, merged);
  }
};

const columns: Readonly<Record<CookielessDimension, string>> = {
  event: 'event',
  path: 'path',
  product: 'product',
  device: 'device',
  country: 'country',
  referrer: 'referrer',
  day: "date(hour / 1000, 'unixepoch')",
  hour: "strftime('%Y-%m-%dT%H:00:00Z', hour / 1000, 'unixepoch')",
};

/** Groups of at least k, the largest first. Where one alone is too small, the next goes with it: else a total betrays it. */
export const cookielessCounts = (
  sql: Sql,
  { from, to, by }: { from: string; to: string; by: readonly CookielessDimension[] },
): CookielessCounts => {
  const begin = Date.parse(`${from}T00:00:00Z`);
  const end = Date.parse(`${to}T00:00:00Z`) + 24 * hourMs;
  const picked = by.map((name) => `${columns[name]} AS "${name}"`).join(', ');
  const grouped = by.map((_, at) => String(at + 1)).join(', ');
  const rows = sql
    .prepare<Record<string, string | number> & { count: number }>(
      `SELECT ${picked}, sum(count) AS count FROM cookieless_counts WHERE hour >= ? AND hour < ?
       GROUP BY ${grouped} ORDER BY count DESC, ${grouped}`,
    )
    .all(begin, end);
  let shown = rows.filter(({ count }) => count >= kMin);
  const hidden = rows.length - shown.length;
  if (hidden === 1 && shown.length > 0) shown = shown.slice(0, -1);
  const uniques = sql
    .prepare<{ day: string; sketch: Uint8Array }>(
      'SELECT day, sketch FROM cookieless_uniques WHERE day BETWEEN ? AND ? ORDER BY day',
    )
    .all(from, to)
    .map(({ day, sketch }) => ({ day, estimate: estimate(sketch) }));
  return {
    from,
    to,
    by: [...by],
    k: kMin,
    items: shown.slice(0, shownMax),
    suppressed: rows.length - shown.length,
    truncated: shown.length > shownMax,
    uniques: uniques.filter(({ estimate: about }) => about >= kMin),
  };
};
