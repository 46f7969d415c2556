// How people answered, by day, region, language, layer, button and policy: sums of counters, so that rates need no row of
// any person. Reads only.

import type { ConsentRate, ConsentRates } from '../../contract/proofs.js';
import { purposes } from '../../contract/purposes.js';
import type { Sql } from '../../store/sql.js';
import { bitOf, everything } from '../mask.js';
import type { ConsentCount } from '../store.js';

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

/** `from` and `to` are days of UTC, both counted in. `asked`: what a whole yes is. */
export const openRates = (sql: Sql): ((range: { from: string; to: string; asked?: number }) => ConsentRates) => {
  const between = sql.prepare<ConsentCount>('SELECT * FROM consent_counts WHERE day >= ? AND day <= ? ORDER BY day');
  return ({ from, to, asked = everything }) => {
    const total = empty('');
    const kinds: Record<string, number> = {};
    const groups = { day: 0, region: 0, locale: 0, layer: 0, action: 0, policy: 0 };
    const rates = Object.fromEntries(
      Object.keys(groups).map((name) => [name, new Map<string, ConsentRate>()]),
    ) as Record<keyof typeof groups, Map<string, ConsentRate>>;
    for (const row of between.iterate(from, to)) {
      kinds[row.what] = (kinds[row.what] ?? 0) + row.count;
      add(total, row, asked);
      for (const name of Object.keys(groups) as (keyof typeof groups)[]) {
        const rate = rates[name].get(row[name]) ?? empty(row[name]);
        rates[name].set(row[name], rate);
        add(rate, row, asked);
      }
    }
    const listed = (name: keyof typeof groups): ConsentRate[] => [...rates[name].values()];
    const busiest = (name: keyof typeof groups): ConsentRate[] => listed(name).sort((a, b) => b.answers - a.answers);
    return {
      from,
      to,
      total,
      byDay: listed('day'),
      byRegion: busiest('region'),
      byLocale: busiest('locale'),
      byLayer: busiest('layer'),
      byAction: busiest('action'),
      byPolicy: busiest('policy'),
      kinds,
    };
  };
};
