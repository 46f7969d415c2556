// The counters of visitors who were asked nothing: by the hour, without anybody in them. Owns their two tables. Raw
// requests never come here; what is read never shows a group of fewer than k.

import type { CookielessAsked, CookielessCounts } from '../contract/cookieless.js';
import { dayOf } from '../contract/instant.js';
import type { Migration, Sql } from '../store/sql.js';
import { estimate, mergeInto, newSketch } from './sketch.js';
import { type Counted, toldTotals, toldValues } from './told.js';

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

const groupNames = ['path', 'product', 'device', 'country', 'referrer'] as const;
type GroupName = (typeof groupNames)[number];
const monthOf = (at: number): number => Date.parse(`${dayOf(at).slice(0, 7)}-01T00:00:00Z`);

/**
 * Where the waiting of small cells begins anew. It must not depend on what has aged away since, or what was told before would
 * be told otherwise: a month of which a part is gone is not told any more. Who keeps counts for less than that has days.
 */
const periodOf = (keptDays: number): ((hour: number) => number) =>
  keptDays >= 62 ? monthOf : (hour) => Date.parse(`${dayOf(hour)}T00:00:00Z`);

/** Of sums over so many that they tell of nobody (told.ts), the largest first; of hours that are over, by value of days. */
export const cookielessCounts = (
  sql: Sql,
  { from, to, by, now, keptDays }: CookielessAsked & { now: number; keptDays: number },
): CookielessCounts => {
  const begin = Date.parse(`${from}T00:00:00Z`);
  const end = Math.min(Date.parse(`${to}T00:00:00Z`) + 24 * hourMs, Math.floor(now / hourMs) * hourMs);
  const group: GroupName | undefined = groupNames.find((name) => by.includes(name));
  const period = periodOf(keptDays);
  const oldest = now - keptDays * 24 * hourMs;
  const rows = sql
    .prepare<Counted>(
      `SELECT hour, event, ${group ?? "''"} AS value, sum(count) AS count FROM cookieless_counts
       WHERE hour >= ? AND hour < ? GROUP BY hour, event, value ORDER BY hour, event, value`,
    )
    .iterate(period(begin), end);
  const cells: Counted[] = [];
  const asked = new Set<string>();
  let some: Counted[] = [];
  const flush = (): void => {
    if (some.length > 0 && period(some[0]!.hour) >= oldest)
      cells.push(...(group === undefined ? toldTotals(some, kMin) : toldValues(some, kMin, end)));
    some = [];
  };
  for (const row of rows) {
    if (some.length > 0 && period(some[0]!.hour) !== period(row.hour)) flush();
    some.push(row);
    if (row.hour >= begin) asked.add(JSON.stringify([row.event, row.value]));
  }
  flush();
  const sums = new Map<string, Record<string, string | number> & { count: number }>();
  for (const { hour, event, value, count } of cells) {
    if (hour < begin) continue;
    asked.delete(JSON.stringify([event, value]));
    const named: Record<string, string> = {};
    for (const name of by)
      named[name] =
        name === 'event'
          ? event
          : name === 'day'
            ? dayOf(hour)
            : name === 'hour'
              ? `${new Date(hour).toISOString().slice(0, 13)}:00:00Z`
              : value;
    const key = JSON.stringify(Object.values(named));
    const known = sums.get(key);
    if (known) known.count += count;
    else sums.set(key, { ...named, count });
  }
  const items = [...sums]
    .sort(([a, { count: many }], [b, { count: few }]) => few - many || (a < b ? -1 : 1))
    .map(([, item]) => item);
  const uniques = sql
    .prepare<{ day: string; sketch: Uint8Array }>(
      'SELECT day, sketch FROM cookieless_uniques WHERE day BETWEEN ? AND ? AND day < ? ORDER BY day',
    )
    .all(from, to, dayOf(now))
    .map(({ day, sketch }) => ({ day, estimate: estimate(sketch) }));
  return {
    from,
    to,
    by: [...by],
    k: kMin,
    items: items.slice(0, shownMax),
    suppressed: asked.size,
    truncated: items.length > shownMax,
    uniques: uniques.filter(({ estimate: about }) => about >= kMin),
  };
};
