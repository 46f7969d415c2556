// How many acts of each sort a day had. Of nobody: no act can be found by it.

import type { Sql } from '../../store/sql.js';
import type { Mask } from '../mask.js';

export interface ConsentCount {
  /** `2026-11-01`, UTC. */
  day: string;
  /** Kind of the row. */
  what: string;
  policy: string;
  model: string;
  region: string;
  locale: string;
  layer: string;
  action: string;
  granted: Mask;
  count: number;
}

export const openCounts = (sql: Sql) => {
  const addCount = sql.prepare(`
    INSERT INTO consent_counts (day, what, policy, model, region, locale, layer, action, granted, count)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT DO UPDATE SET count = count + 1`);
  const counts = sql.prepare<ConsentCount>('SELECT * FROM consent_counts WHERE day = ? ORDER BY what, policy, model');

  return {
    count: (act: Omit<ConsentCount, 'count'>): void => {
      const { day, what, policy, model, region, locale, layer, action, granted } = act;
      addCount.run(day, what, policy, model, region, locale, layer, action, granted);
    },
    countsOf: (day: string) => counts.all(day),
  };
};
