// What the rates of consent are sums of; and of few they tell nothing, by one table or by two of them subtracted.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsentRate, smallestCell } from '../../contract/proofs.js';
import { purposes } from '../../contract/purposes.js';
import { openSqlite } from '../../store/sqlite.js';
import { consentMigrations } from '../migrations.js';
import { dayMs, openSite, receiptOf } from '../site.fixture.js';
import { openProofs } from './proofs.js';
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

describe('rates of answers', () => {
  const all = [...purposes];
  const MP = all.slice(0, 2);

  it('are sums by what the site can change, and need no row of any person', () => {
    const site = openSite({
      regions: [
        { match: ['US-CA'], model: 'opt-out', ui: 'link' },
        { match: ['*'], model: 'opt-in', fallback: true },
      ],
    });
    const answer = (n: number, fields: Parameters<typeof site.row>[0], country: string) =>
      site.post(site.row({ receipt: receiptOf(`r${n}`), visitorId: `v${n}`, ...fields }), { country });
    answer(1, { grants: all }, 'FR');
    answer(2, { grants: MP, ui: { layer: 'preferences', action: 'save' }, text: { locale: 'fr' } }, 'FR');
    answer(
      3,
      { kind: 'refuse', receipt: null, visitorId: null, denies: all, ui: { layer: 'first', action: 'reject-all' } },
      'DE-BY',
    );
    answer(4, { grants: all, ui: { layer: 'sidebar', action: 'x' }, text: { locale: 'xx' } }, 'US-CA');
    site.now += dayMs;
    answer(5, { kind: 'withdraw', supersedes: receiptOf('r1'), visitorId: 'v1', receipt: receiptOf('w') }, 'FR');
    site.post(site.row({ kind: 'gpc', gpc: { js: true } }), { country: 'US-CA', gpc: true });

    const rates = openProofs(site.sql).consentRates({ from: '2026-11-01', to: '2026-11-30' });
    expect(rates.total).toMatchObject({ answers: 4, granted: 2, partly: 1, refused: 1, withdrawn: 1 });
    expect(rates.total.purposes).toEqual({ measurement: 3, personalisation: 3, marketing: 2, sharing: 2 });
    expect(rates.byDay.map(({ key, answers }) => [key, answers])).toEqual([
      ['2026-11-01', 4],
      ['2026-11-02', 0],
    ]);
    // A subdivision only where the site has a rule for it.
    expect(Object.fromEntries(rates.byRegion.map(({ key, answers }) => [key, answers]))).toEqual({
      FR: 2,
      DE: 1,
      'US-CA': 1,
    });
    expect(rates.byLocale.map(({ key }) => key).sort()).toEqual(['en', 'fr', 'other']);
    expect(rates.byLayer.map(({ key }) => key).sort()).toEqual(['first', 'other', 'preferences']);
    expect(rates.byAction.find(({ key }) => key === 'reject-all')).toMatchObject({ answers: 1, refused: 1 });
    expect(rates.kinds).toEqual({ grant: 3, refuse: 1, withdraw: 1, gpc: 1 });
    expect(openProofs(site.sql).consentRates({ from: '2027-01-01', to: '2027-01-02' }).total.answers).toBe(0);
  });

  it('section 5: acts that come with the opt-out signal are counted by day, refusals without an id too', () => {
    const site = openSite();
    const refusal = { kind: 'refuse', receipt: null, visitorId: null, denies: all } as const;
    site.post(site.row({ receipt: receiptOf('r1'), visitorId: 'v1', grants: MP }), { country: 'FR', gpc: true });
    site.post(site.row({ ...refusal }), { country: 'DE', gpc: true });
    // The page saw it, and what stands between has taken the header away.
    site.post(site.row({ ...refusal, gpc: { js: true } }), { country: 'DE' });
    site.post(site.row({ ...refusal }), { country: 'DE' });
    const rates = openProofs(site.sql).consentRates({ from: '2026-11-01', to: '2026-11-30' });
    expect(rates.kinds).toEqual({ grant: 1, refuse: 3, gpc: 3 });
    // An answer counts once, with the signal or without.
    expect(rates.total).toMatchObject({ answers: 4, partly: 1, refused: 3 });
    // Narrowed, so few would tell who they are: there must be ten on either side.
    for (let n = 0; n < 10; n += 1) {
      site.post(site.row({ ...refusal }), { country: 'DE' });
      site.post(site.row({ receipt: receiptOf(`f${n}`), visitorId: `f${n}`, grants: MP }), { country: 'FR' });
    }
    const inGermany = openProofs(site.sql).consentRates({
      from: '2026-11-01',
      to: '2026-11-30',
      only: { region: 'DE' },
    });
    expect(inGermany.kinds).toEqual({ refuse: 13, gpc: 2 });
  });
});
