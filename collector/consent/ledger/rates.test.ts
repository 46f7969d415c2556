// What the rates of consent tell of few: nothing, by one table or by two of them subtracted.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsentRate, smallestCell } from '../../contract/proofs.js';
import { openSqlite } from '../../store/sqlite.js';
import { consentMigrations } from '../migrations.js';
import { openRates, toldGroups, toldRates } from './rates.js';

const seed = Number(process.env.WEFT_SEED);
const runs = Number(process.env.WEFT_RUNS ?? 100);
const rate = (key: string, answers: number): ConsentRate => ({
  key,
  answers,
  granted: answers,
  partly: 0,
  refused: 0,
  withdrawn: 0,
  purposes: { measurement: 0, personalisation: 0, marketing: 0, sharing: 0 },
});
const day = '2026-11-02';
type Cell = { region: string; locale: string; layer: string; count: number };
const ratesOf = (cells: readonly Cell[]) => {
  const sql = openSqlite(':memory:', consentMigrations);
  const put = sql.prepare(
    `INSERT INTO consent_counts (day, what, region, model, locale, layer, action, policy, granted, count)
     VALUES ('${day}', 'grant', ?, 'opt-in', ?, ?, 'accept-all', 'p', 15, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  );
  for (const { region, locale, layer, count } of cells) put.run(region, locale, layer, count);
  const read = openRates(sql);
  return (only: Partial<Record<'region' | 'locale' | 'layer', string>> = {}) =>
    toldRates(read({ from: day, to: day, only }));
};

describe('groups of fewer than ten', () => {
  it('hide others until what is missing is two groups and ten answers', () => {
    const told = (...answers: number[]) =>
      toldGroups(answers.map((n, at) => rate(`g${at}`, n))).large.map((it) => it.answers);
    expect(told(40, 1, 1)).toEqual([]);
    expect(told(40, 30, 1, 1)).toEqual([40]);
    expect(told(40, 12, 9)).toEqual([40]);
    expect(told(40, 9, 9)).toEqual([40]);
    expect(told(40, 12)).toEqual([40, 12]);
  });

  it('are not told by a question that is narrowed to all but them', () => {
    const rates = ratesOf([
      { region: 'FR', locale: 'fr', layer: 'first', count: 50 },
      { region: 'FR', locale: 'de', layer: 'first', count: 3 },
      { region: 'DE', locale: 'de', layer: 'first', count: 40 },
    ]);
    expect(rates().total.answers).toBe(93);
    expect(rates({ region: 'FR' }).total.answers).toBe(53);
    // 53 less 50 would be the three.
    expect(rates({ region: 'FR', locale: 'fr' }).total.answers).toBe(0);
    expect(rates({ locale: 'fr' }).total.answers).toBe(50);
  });

  it('are told by no table, and by no question less one that narrows it', () => {
    console.log(`property seed ${seed} (WEFT_SEED repeats it)`);
    const cellArb = fc.record({
      region: fc.constantFrom('FR', 'DE', 'LI'),
      locale: fc.constantFrom('fr', 'de'),
      layer: fc.constantFrom('first', 'preferences'),
      count: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 60 })),
    });
    const isFew = (n: number): boolean => n > 0 && n < smallestCell;
    fc.assert(
      fc.property(fc.array(cellArb, { minLength: 1, maxLength: 10 }), (cells) => {
        const rates = ratesOf(cells);
        const values = {
          region: ['FR', 'DE', 'LI', null],
          locale: ['fr', 'de', null],
          layer: ['first', 'preferences', null],
        };
        for (const region of values.region)
          for (const locale of values.locale)
            for (const layer of values.layer) {
              const only = { ...(region && { region }), ...(locale && { locale }), ...(layer && { layer }) };
              const told = rates(only);
              expect(isFew(told.total.answers)).toBe(false);
              for (const list of [told.byRegion, told.byLocale, told.byLayer]) {
                expect(list.every(({ answers }) => !isFew(answers))).toBe(true);
                if (list.length === 0) continue;
                expect(isFew(told.total.answers - list.reduce((sum, { answers }) => sum + answers, 0))).toBe(false);
              }
              if (told.total.answers === 0) continue;
              // Each question that asks for less.
              for (const name of Object.keys(only) as (keyof typeof only)[]) {
                const wider = rates({ ...only, [name]: undefined });
                if (wider.total.answers > 0) expect(isFew(wider.total.answers - told.total.answers)).toBe(false);
              }
            }
      }),
      { seed, numRuns: runs },
    );
  }, 60_000);
});
