// Which counts may be told (consent.md, section 7: no cell under k). Pure. Everything that is shown is a sum of cells that are
// decided here once, in the order of time, each of at least k, and never changed afterwards: so neither a total beside its
// parts, nor one span beside another, nor a look before and a look after says how many a smaller cell had. Why that holds, and
// what was tried before: docs/decisions/0712.

export interface Counted {
  hour: number;
  event: string;
  /** Of the dimension that is asked for. */
  value: string;
  count: number;
}

/** Values that were too few to be named, together. */
const few = ':few';

const dayMs = 86_400_000;
const spanMaxDays = 7;
const dayOf = (hour: number): number => Math.floor(hour / dayMs);
/** More than a quarter without a name is worth waiting for another day. */
const isTelling = (unnamed: number, all: number): boolean => unnamed * 4 <= all;

const byEvent = (counted: readonly Counted[]): Map<string, Counted[]> => {
  const events = new Map<string, Counted[]>();
  for (const row of counted) {
    const rows = events.get(row.event);
    if (rows) rows.push(row);
    else events.set(row.event, [row]);
  }
  for (const rows of events.values()) rows.sort((a, b) => a.hour - b.hour);
  return events;
};

/** Hours of one event, each told with those before it that were too few; by the index of the row that ends each. */
const blocksOf = (rows: readonly Counted[], k: number): { end: number; count: number }[] => {
  const blocks: { end: number; count: number }[] = [];
  let count = 0;
  for (const [end, row] of rows.entries()) {
    count += row.count;
    if (rows[end + 1]?.hour === row.hour || count < k) continue;
    blocks.push({ end, count });
    count = 0;
  }
  return blocks;
};

/** Counts of one period by event and hour; `value` is ''. */
export const toldTotals = (counted: readonly Counted[], k: number): Counted[] =>
  [...byEvent(counted)].flatMap(([event, rows]) =>
    blocksOf(rows, k).map(({ end, count }) => ({ event, hour: rows[end]!.hour, value: '', count })),
  );

/** Sums by value; the small ones are one, and where that is too small itself the smallest other is in it. */
const named = (sums: ReadonlyMap<string, number>, k: number): { cells: [string, number][]; unnamed: number } => {
  const cells = [...sums].filter(([, sum]) => sum >= k).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  let unnamed = 0;
  for (const sum of sums.values()) if (sum < k) unnamed += sum;
  while (unnamed > 0 && unnamed < k && cells.length > 0) unnamed += cells.pop()![1];
  return { cells, unnamed };
};

/**
 * Counts of one period by a value. All values of an event are told for the same span, which ends with a day, before the day of
 * `through`, on which most of it can be named, or after a week.
 */
export const toldValues = (counted: readonly Counted[], k: number, through: number): Counted[] => {
  const told: Counted[] = [];
  for (const [event, rows] of byEvent(counted)) {
    const blocks = blocksOf(rows, k);
    let from = 0;
    let sums = new Map<string, number>();
    let since: number | null = null;
    for (const [index, { end }] of blocks.entries()) {
      const { hour } = rows[end]!;
      const day = dayOf(hour);
      if (day >= dayOf(through)) break;
      since ??= day;
      for (; from <= end; from += 1) {
        const { value, count } = rows[from]!;
        sums.set(value, (sums.get(value) ?? 0) + count);
      }
      const next = blocks[index + 1];
      // Nothing may follow for long: a week ends by the calendar.
      const nextDay = Math.min(next === undefined ? Infinity : dayOf(rows[next.end]!.hour), dayOf(through));
      if (nextDay === day) continue;
      const { cells, unnamed } = named(sums, k);
      const all = cells.reduce((sum, [, count]) => sum + count, unnamed);
      if (!isTelling(unnamed, all) && nextDay - since < spanMaxDays) continue;
      for (const [value, count] of cells) told.push({ event, hour, value, count });
      if (unnamed > 0) told.push({ event, hour, value: few, count: unnamed });
      sums = new Map();
      since = null;
    }
  }
  return told;
};
