// How people answered, by day, region, language, layer, button and policy: sums of counters, so that rates need no row of
// any person. Reads only.

import { dayOf } from '../../contract/instant.js';
import {
  type ConsentRate,
  type ConsentRates,
  type RateFilter,
  type RatesOnly,
  smallestCell,
  type ToldRates,
} from '../../contract/proofs.js';
import { purposes } from '../../contract/purposes.js';
import type { Sql } from '../../store/sql.js';
import { bitOf, everything } from '../mask.js';
import type { ConsentCount } from '../store/counts.js';

/** Acts that answer the question; a signal, an import or an end of term does not. */
const answers = new Set(['grant', 'refuse', 'update']);
const takesBack = new Set(['withdraw', 'object', 'erase']);

const empty = (key: string): ConsentRate => ({
  key,
  answers: 0,
  granted: 0,
  partly: 0,
  refused: 0,
  withdrawn: 0,
  purposes: Object.fromEntries(purposes.map((purpose) => [purpose, 0])) as ConsentRate['purposes'],
});

const add = (rate: ConsentRate, { what, granted, count }: ConsentCount, asked: number): void => {
  if (takesBack.has(what)) rate.withdrawn += count;
  if (!answers.has(what)) return;
  rate.answers += count;
  if (granted === 0) rate.refused += count;
  else if ((granted & asked) === asked) rate.granted += count;
  else rate.partly += count;
  for (const purpose of purposes) if (granted & bitOf(purpose)) rate.purposes[purpose] += count;
};

const dayMs = 86_400_000;
/** Longer than a page or an answer can show. */
const rangeMaxDays = 400;
const isDay = (text: string | null): text is string =>
  text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));

/** What was asked for, or the last thirty days; never longer than a page can show. */
export const rangeOf = (from: string | null, to: string | null, now: number): { from: string; to: string } => {
  const end = isDay(to) ? to : dayOf(now);
  const start = isDay(from) ? from : dayOf(Date.parse(end) - 29 * dayMs);
  const [first, last] = start <= end ? [start, end] : [end, start];
  const earliest = dayOf(Date.parse(last) - (rangeMaxDays - 1) * dayMs);
  return { from: [first, earliest].sort().at(-1)!, to: last };
};

const groups = { day: 0, region: 0, locale: 0, layer: 0, action: 0, policy: 0 };
type Group = keyof typeof groups;
const lists = {
  byDay: 'day',
  byRegion: 'region',
  byLocale: 'locale',
  byLayer: 'layer',
  byAction: 'action',
  byPolicy: 'policy',
} as const satisfies Record<string, Group>;
export type RateList = keyof typeof lists;
const listNames = Object.keys(lists) as RateList[];

/**
 * Groups large enough to be told, and how many were not. What is missing is the total less what is told, so it must be two
 * groups at least and ten answers at least: else the smallest others go with it. A group without an answer (a day on which
 * somebody only withdrew) hides nobody.
 */
export const toldGroups = (rates: readonly ConsentRate[]): { large: ConsentRate[]; small: number } => {
  const small = new Set(rates.filter(({ answers }) => answers > 0 && answers < smallestCell));
  const large = rates.filter(({ answers }) => answers >= smallestCell).sort((a, b) => a.answers - b.answers);
  let hidden = [...small].reduce((sum, { answers }) => sum + answers, 0);
  for (const rate of small.size === 0 ? [] : large) {
    if (small.size > 1 && hidden >= smallestCell) break;
    small.add(rate);
    hidden += rate.answers;
  }
  return { large: rates.filter((rate) => rate.answers >= smallestCell && !small.has(rate)), small: small.size };
};

/** What may be told of sums over so few: nothing of a total below ten, no group below it. */
export const toldRates = (rates: ConsentRates): ToldRates => {
  const isSmall = rates.total.answers < smallestCell;
  const told = { ...rates, k: smallestCell, suppressed: {} as Record<string, number> };
  for (const name of listNames) {
    const { large, small } = isSmall ? { large: [], small: rates[name].length } : toldGroups(rates[name]);
    told[name] = large;
    told.suppressed[name] = small;
  }
  return isSmall ? { ...told, total: empty(''), kinds: {} } : told;
};

/** `from` and `to` are days of UTC, both counted in. `asked`: what a whole yes is. */
export const openRates = (
  sql: Sql,
): ((range: { from: string; to: string; asked?: number; only?: RatesOnly }) => ConsentRates) => {
  const between = sql.prepare<ConsentCount>(
    `SELECT * FROM consent_counts WHERE day >= ? AND day <= ?
     AND region = coalesce(?, region) AND locale = coalesce(?, locale) AND layer = coalesce(?, layer) ORDER BY day`,
  );
  const answersOf = sql.prepare<{ n: number }>(
    `SELECT coalesce(sum(count), 0) AS n FROM consent_counts WHERE day >= ? AND day <= ?
     AND region = coalesce(?, region) AND locale = coalesce(?, locale) AND layer = coalesce(?, layer)
     AND what IN (SELECT value FROM json_each('${JSON.stringify([...answers])}'))`,
  );
  /** Whether every question that asks less, by one of these conditions or more, leaves nobody over or enough. */
  const mayNarrow = (from: string, to: string, filter: RateFilter): boolean => {
    const count = ({ region, locale, layer }: RateFilter): number =>
      answersOf.get(from, to, region, locale, layer)?.n ?? 0;
    const inside = count(filter);
    const names = (['region', 'locale', 'layer'] as const).filter((name) => filter[name] !== null);
    for (let dropped = 1; dropped < 2 ** names.length; dropped += 1) {
      const wider = { ...filter };
      names.forEach((name, bit) => {
        if (dropped & (1 << bit)) wider[name] = null;
      });
      const over = count(wider) - inside;
      if (over > 0 && over < smallestCell) return false;
    }
    return true;
  };
  return ({ from, to, asked = everything, only = {} }) => {
    const { region = null, locale = null, layer = null } = only;
    const filter: RateFilter = { region, locale, layer };
    const isTold = mayNarrow(from, to, filter);
    const total = empty('');
    const kinds: Record<string, number> = {};
    const rates = Object.fromEntries(
      Object.keys(groups).map((name) => [name, new Map<string, ConsentRate>()]),
    ) as Record<Group, Map<string, ConsentRate>>;
    // What would tell, taken from the question it narrows, of fewer than ten, is told as if there were nobody.
    for (const row of isTold ? between.iterate(from, to, filter.region, filter.locale, filter.layer) : []) {
      kinds[row.what] = (kinds[row.what] ?? 0) + row.count;
      add(total, row, asked);
      for (const name of Object.keys(groups) as Group[]) {
        const rate = rates[name].get(row[name]) ?? empty(row[name]);
        rates[name].set(row[name], rate);
        add(rate, row, asked);
      }
    }
    const listed = (list: RateList): ConsentRate[] => {
      const found = [...rates[lists[list]].values()];
      return list === 'byDay' ? found : found.sort((a, b) => b.answers - a.answers);
    };
    const by = Object.fromEntries(listNames.map((list) => [list, listed(list)])) as Record<RateList, ConsentRate[]>;
    return { from, to, only: filter, total, ...by, kinds };
  };
};
