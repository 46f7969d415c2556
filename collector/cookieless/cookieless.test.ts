// Counting without anybody: what becomes a cell, how many there were, and what may be read.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../consent/policy/policy.js';
import { type CookielessDimension, cookielessQuery } from '../contract/cookieless.js';
import { openSqlite } from '../store/sqlite.js';
import { cellOf, cookielessRules, mayCount, pathTemplate } from './cells.js';
import { addHash, estimate, mergeInto, newSketch } from './sketch.js';
import { cookielessCounts, cookielessMigrations, countCookieless, kMin } from './store.js';
import { openTally, truncated } from './tally.js';
import { type Counted, toldTotals, toldValues } from './told.js';

const seed = Number(process.env.WEFT_SEED);

describe('a path becomes the template of its page', () => {
  test.each([
    ['/', '/'],
    ['/mugs', '/mugs'],
    ['/p/48213', '/p/:id'],
    ['/p/7', '/p/:id'],
    ['/p/red-shoes-48213', '/p/red-shoes-:id'],
    ['/top-10-gifts', '/top-10-gifts'],
    ['/orders/2f1d6c1e-6c1e-4f0e-8a59-1d2f3a4b5c6d', '/orders/:id'],
    ['/c/5f2a9c1b7e', '/c/:id'],
    ['/checkout/c7f3k29dj2lq8', '/checkout/:id'],
    ['/a?b=c#d', '/a'],
    ['/reset/eyJhbGciOiJIUzI1NiJ9.e30.abc', '/reset/:redacted'],
    ['/u/ada@shop.example/x', '/u/:redacted/x'],
    ['/1/2/3/4/5/6/7/8/9/10', '/:id/:id/:id/:id/:id/:id/:id/:id/…'],
    ['not a path', '/not_a_path'],
    ['', '/'],
  ])('%s → %s', (path, template) => expect(pathTemplate(path)).toBe(template));

  test('whatever it is, it is short, has no query, and doing it twice changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.webPath()), (path) => {
        const template = pathTemplate(path);
        expect(template).toMatch(/^\/[^?#]*$/);
        expect(template.length).toBeLessThan(600);
        expect(template).not.toMatch(/\d{6}/);
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe('a cell', () => {
  const seen = { device: 'mobile', country: 'DE', host: 'www.shop.example' };
  test('has a product where there is one to act on, a domain where a page was come to from elsewhere', () => {
    expect(cellOf({ event: 'page', path: '/p/1', productId: 'x', referrer: 'www.search.example' }, seen)).toEqual({
      event: 'page',
      path: '/p/:id',
      product: '',
      device: 'mobile',
      country: 'DE',
      referrer: 'search.example',
    });
    expect(cellOf({ event: 'add', path: '/p/1', productId: 'OX-101', referrer: 'search.example' }, seen)).toMatchObject(
      {
        product: 'OX-101',
        referrer: '',
      },
    );
    expect(cellOf({ event: 'page', path: '/', referrer: 'shop.example' }, seen).referrer).toBe('');
  });
  test.each(['ada@shop.example', 'x'.repeat(65), 'a\nb', '<b>'])('a product that is none is another: %j', (productId) =>
    expect(cellOf({ event: 'add', path: '/', productId }, seen).product).toBe(':other'),
  );
  test.each(['203.0.113.7', 'localhost', 'a b.example', `${'x'.repeat(99)}.example`])(
    'a referrer that is no domain is none: %s',
    (referrer) => expect(cellOf({ event: 'page', path: '/', referrer }, seen).referrer).toBe(''),
  );
});

describe('where visitors are counted', () => {
  const rules = (cookieless: object, more: object = {}) => cookielessRules(parsePolicy({ cookieless, ...more }));
  test.each([
    ['off by default', cookielessRules(parsePolicy({})), 'DE', false],
    ['everywhere', rules({ mode: 'on-reject' }), null, true],
    ['in a region that is named', rules({ mode: 'on-reject', regions: ['FR', 'DE'] }), 'DE', true],
    ['in a group', rules({ mode: 'always', regions: ['EU'] }), 'DE', true],
    ['elsewhere not', rules({ mode: 'always', regions: ['FR'] }), 'DE', false],
    ['an unknown place is none of those named', rules({ mode: 'always', regions: ['FR'] }), null, false],
    ['the kill switch ends it', rules({ mode: 'always' }, { killSwitch: true }), 'DE', false],
  ] as const)('%s', (_, it, country, expected) => expect(mayCount(it, { country, region: null })).toBe(expected));
});

describe('the sketch', () => {
  const hash = (n: number) => createHash('sha256').update(String(n)).digest();
  test.each([0, 1, 10, 500, 5_000, 60_000])('%i different ones, each often, are about so many', (n) => {
    const sketch = newSketch();
    for (let round = 0; round < 2; round += 1) for (let at = 0; at < n; at += 1) addHash(sketch, hash(at));
    expect(Math.abs(estimate(sketch) - n)).toBeLessThanOrEqual(Math.max(1, n * 0.05));
  });
  test('two halves make the whole, in any order and however they overlap', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000), { maxLength: 300 }), fc.array(fc.nat(2_000), { maxLength: 300 }), (a, b) => {
        const of = (numbers: number[]) => {
          const sketch = newSketch();
          for (const n of numbers) addHash(sketch, hash(n));
          return sketch;
        };
        const merged = of(a);
        mergeInto(merged, of(b));
        expect(merged).toEqual(of([...b, ...a]));
      }),
      { seed, numRuns: 50 },
    );
  });
});

describe('the counts', () => {
  const open = () => openSqlite(':memory:', cookielessMigrations);
  const at = Date.UTC(2026, 10, 2, 9, 30);
  const cell = (path: string, more: object = {}) => ({
    event: 'page',
    path,
    product: '',
    device: 'desktop',
    country: 'DE',
    referrer: '',
    ...more,
  });
  const hourMs = 3_600_000;
  const later = at + 24 * hourMs;
  test('what too few do of a kind is named once a week has come together, or the day on which most can be', () => {
    const day = (n: number): number => n * 24 * hourMs + 9 * hourMs;
    const rows = (n: number, b: number): Counted[] => [
      { hour: day(n), event: 'add', value: 'a', count: 6 },
      { hour: day(n), event: 'add', value: 'b', count: b },
    ];
    expect(
      toldValues(
        [0, 1].flatMap((n) => rows(n, 6)),
        kMin,
        day(9),
      ),
    ).toEqual([
      { event: 'add', hour: day(1), value: 'a', count: 12 },
      { event: 'add', hour: day(1), value: 'b', count: 12 },
    ]);
    const lone = Array.from({ length: 9 }, (_, n): Counted[] => [
      { hour: day(n), event: 'add', value: 'a', count: 10 },
      ...Array.from({ length: 5 }, (__, of) => ({ hour: day(n), event: 'add', value: `${n}-${of}`, count: 2 })),
    ]);
    expect(toldValues(lone.flat(), kMin, day(9))).toEqual([
      { event: 'add', hour: day(6), value: 'a', count: 70 },
      { event: 'add', hour: day(6), value: ':few', count: 70 },
    ]);
  });
  const asked = (by: CookielessDimension[], more: object = {}) => ({
    from: '2026-11-02',
    to: '2026-11-02',
    by,
    now: later,
    keptDays: 760,
    ...more,
  });

  test('never show a group of fewer than ten, nor what a total and its other parts would tell of one', () => {
    const sql = open();
    const tallied = [
      { cell: cell('/a'), count: 50 },
      { cell: cell('/b'), count: 12 },
      { cell: cell('/c'), count: 3 },
    ];
    countCookieless(sql, at, tallied, []);
    expect(cookielessCounts(sql, asked(['path']))).toMatchObject({
      k: kMin,
      items: [
        { path: '/a', count: 50 },
        { path: ':few', count: 15 },
      ],
      suppressed: 2,
    });
    // Nine of them, and of three the total would tell.
    countCookieless(sql, at + hourMs, [{ cell: cell('/a'), count: 8 }], []);
    countCookieless(sql, at + 2 * hourMs, [{ cell: cell('/d'), count: 2 }], []);
    expect(cookielessCounts(sql, asked(['event', 'hour'])).items).toEqual([
      { event: 'page', hour: '2026-11-02T09:00:00Z', count: 65 },
      { event: 'page', hour: '2026-11-02T11:00:00Z', count: 10 },
    ]);
    expect(cookielessCounts(sql, asked(['event'], { from: '2026-11-03', to: '2026-11-04' })).items).toEqual([]);
    sql.close();
  });

  test('of an hour that runs nothing is told, so that looking twice does not tell what came between', () => {
    const sql = open();
    countCookieless(sql, at, [{ cell: cell('/a'), count: 40 }], []);
    expect(cookielessCounts(sql, asked(['event'], { now: at + 60_000 }))).toMatchObject({ items: [], suppressed: 0 });
    expect(cookielessCounts(sql, asked(['path'], { now: at + hourMs })).items).toEqual([]);
    expect(cookielessCounts(sql, asked(['event'], { now: at + hourMs })).items).toEqual([{ event: 'page', count: 40 }]);
    sql.close();
  });

  test('what has aged away changes nothing of what is still told', () => {
    const sql = open();
    const days = (n: number): number => Date.UTC(2026, 8, 1, 3) + n * 24 * hourMs;
    for (let n = 0; n < 61; n += 1) countCookieless(sql, days(n), [{ cell: cell('/a'), count: 7 }], []);
    const whole = { from: '2026-09-01', to: '2026-10-31', now: days(70), keptDays: 760 };
    const october = ({ items }: { items: { [name: string]: unknown }[] }) =>
      items.filter(({ day }) => String(day) >= '2026-10');
    const before = cookielessCounts(sql, asked(['day'], whole));
    expect(before.items).toHaveLength(30);
    sql.prepare('DELETE FROM cookieless_counts WHERE hour < ?').run(days(5));
    const after = cookielessCounts(sql, asked(['day'], { ...whole, keptDays: 65 }));
    expect(after.items).toEqual(october(before));
    sql.close();
  });

  /** Whether a vector is a sum of multiples of the rows: elimination in the numbers modulo a prime. */
  const inSpan = (rows: number[][], targets: number[][]): boolean[] => {
    const prime = 1_000_003;
    const inverse = (of: number): number => {
      let [result, base] = [1, of];
      for (let left = prime - 2; left > 0; left = Math.floor(left / 2)) {
        if (left % 2 === 1) result = (result * base) % prime;
        base = (base * base) % prime;
      }
      return result;
    };
    const basis: { at: number; row: number[] }[] = [];
    const reduced = (given: number[]): number[] => {
      const row = given.map((value) => ((value % prime) + prime) % prime);
      for (const { at: pivot, row: by } of basis) {
        const factor = row[pivot]!;
        if (factor !== 0)
          for (let n = 0; n < row.length; n += 1) row[n] = (row[n]! + (prime - factor) * by[n]!) % prime;
      }
      return row;
    };
    for (const given of rows) {
      const row = reduced(given);
      const pivot = row.findIndex((value) => value !== 0);
      if (pivot < 0) continue;
      const factor = inverse(row[pivot]!);
      basis.push({ at: pivot, row: row.map((value) => (value * factor) % prime) });
    }
    return targets.map((target) => reduced(target).every((value) => value === 0));
  };

  test('no sum or difference of everything that is shown tells the size of a cell of fewer than ten', () => {
    const [hours, paths, devices] = [6, ['/a', '/b', '/c'], ['desktop', 'mobile']];
    let hiddenSmall = 0;
    const dayMs = 24 * hourMs;
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.nat(4), fc.nat(14)), { minLength: hours * 6, maxLength: hours * 6 }),
        // An hour, half a day and two days: several a day, and several days a cell.
        fc.constantFrom(hourMs, 12 * hourMs, 2 * dayMs),
        (grid, step) => {
          const chosen = (is: (hour: number, path: number, device: number) => boolean): number[] =>
            grid.map((_, n) => Number(is(Math.floor(n / 6), Math.floor(n / 2) % 3, n % 2)));
          const sizeOf = (vector: number[]): number => vector.reduce((sum, is, n) => sum + is * grid[n]!, 0);
          // Each table as it is told; what a told cell is made of can be worked out by whoever knows these rules.
          const shown: number[][] = [];
          const rowsOf = (name: (path: number, device: number) => string): Counted[] =>
            grid.flatMap((count, n) => {
              const value = name(Math.floor(n / 2) % 3, n % 2);
              return count === 0 ? [] : [{ hour: Math.floor(n / 6) * step, event: 'page', value, count }];
            });
          const add = (vector: number[], count: number): void => {
            expect(sizeOf(vector)).toBe(count);
            expect(count).toBeGreaterThanOrEqual(kMin);
            shown.push(vector);
          };
          let since = -1;
          for (const { hour, count } of toldTotals(
            rowsOf(() => ''),
            kMin,
          )) {
            const from = since;
            since = hour;
            add(
              chosen((h) => h * step > from && h * step <= hour),
              count,
            );
          }
          const tell = (name: (path: number, device: number) => string): void => {
            const told = toldValues(rowsOf(name), kMin, hours * step + dayMs);
            let before = -1;
            for (const end of new Set(told.map(({ hour }) => hour))) {
              const from = before;
              before = end;
              const cells = told.filter(({ hour }) => hour === end);
              const isIn = (h: number): boolean => h * step > from && h * step <= end;
              const alone = new Set(cells.map(({ value }) => value));
              for (const { value, count } of cells)
                add(
                  chosen((h, p, d) => isIn(h) && (value === ':few' ? !alone.has(name(p, d)) : name(p, d) === value)),
                  count,
                );
            }
          };
          tell((path) => paths[path]!);
          tell((_, device) => devices[device]!);
          const targets: number[][] = [];
          for (let from = 0; from < hours; from += 1)
            for (let to = from; to < hours; to += 1) {
              const within = (hour: number): boolean => hour >= from && hour <= to;
              targets.push(chosen((hour) => within(hour)));
              for (let path = 0; path < 3; path += 1) {
                targets.push(chosen((hour, p) => within(hour) && p === path));
                targets.push(chosen((hour, p) => within(hour) && p !== path));
                for (let device = 0; device < 2; device += 1)
                  targets.push(chosen((hour, p, d) => within(hour) && p === path && d === device));
              }
              for (let device = 0; device < 2; device += 1)
                targets.push(chosen((hour, _, d) => within(hour) && d === device));
            }
          const small = targets.filter((target) => sizeOf(target) > 0 && sizeOf(target) < kMin);
          hiddenSmall += small.length;
          expect(inSpan(shown, small)).toEqual(small.map(() => false));
        },
      ),
      { seed, numRuns: 400 },
    );
    expect(hiddenSmall).toBeGreaterThan(1_000);
    // The test can tell: a total beside all of its parts but one does betray that one.
    expect(
      inSpan(
        [
          [1, 1, 1],
          [1, 0, 0],
          [0, 1, 0],
        ],
        [
          [0, 0, 1],
          [0, 1, 1],
        ],
      ),
    ).toEqual([true, true]);
    expect(inSpan([[1, 1, 1]], [[0, 0, 1]])).toEqual([false]);
  });

  test.each([
    ['path,device', false],
    ['path,referrer', false],
    ['event,day,path', true],
    ['hour', true],
    ['event,day,hour,path', false],
  ])('by %s may be asked: %s', (by, may) =>
    expect(cookielessQuery.safeParse({ from: '2026-11-01', to: '2026-11-02', by }).success).toBe(may),
  );

  test('an hour has room for so many cells; what comes beyond is counted without its place', () => {
    const sql = open();
    const many = Array.from({ length: 20_005 }, (_, n) => ({ cell: cell(`/x${n}`), count: 1 }));
    countCookieless(sql, at, many, []);
    countCookieless(sql, at, [{ cell: cell('/late'), count: 20 }], []);
    const week = { to: '2026-11-08', now: at + 7 * 24 * hourMs };
    expect(cookielessCounts(sql, asked(['path'], week)).items).toEqual([
      { path: ':few', count: 20_000 },
      { path: ':other', count: 25 },
    ]);
    sql.close();
  });

  test('uniques are a number a day, of no fewer than ten, once the day is over', () => {
    const sql = open();
    const sketch = newSketch();
    for (let n = 0; n < 100; n += 1) addHash(sketch, createHash('sha256').update(String(n)).digest());
    countCookieless(sql, at, [], [{ day: '2026-11-02', sketch }]);
    countCookieless(sql, at, [], [{ day: '2026-11-02', sketch }]);
    expect(cookielessCounts(sql, asked(['event'], { now: at + hourMs })).uniques).toEqual([]);
    const [only] = cookielessCounts(sql, asked(['event'])).uniques;
    expect(only!.estimate).toBeGreaterThan(90);
    expect(only!.estimate).toBeLessThan(110);
    sql.close();
  });
});

describe('the tally', () => {
  test('writes once for whatever comes together, and an address leaves no trace but in a sketch', async () => {
    const written: { tallied: unknown[]; uniques: { day: string; sketch: Uint8Array }[] }[] = [];
    let now = Date.UTC(2026, 10, 2, 23, 59);
    const tally = openTally({
      now: () => now,
      waitMs: 5,
      write: async (_, tallied, uniques) => void written.push({ tallied, uniques }),
    });
    const cell = { event: 'page', path: '/', product: '', device: 'desktop', country: '', referrer: '' } as const;
    const visitor = { address: '203.0.113.7', family: 'Firefox' };
    await Promise.all([tally.add([cell], visitor), tally.add([cell, cell], { ...visitor, address: '203.0.113.99' })]);
    expect(written).toHaveLength(1);
    expect(written[0]!.tallied).toEqual([{ cell, count: 3 }]);
    expect(written[0]!.uniques.map(({ day, sketch }) => [day, estimate(sketch)])).toEqual([['2026-11-02', 1]]);
    expect(JSON.stringify(written)).not.toContain('203.0.113');
    now += 2 * 60_000;
    await tally.add([cell], visitor);
    // Another day, another key: nobody can say that it was the same.
    const registers = (n: number) => written[n]!.uniques[0]!.sketch.findIndex((rank) => rank > 0);
    expect(written[1]!.uniques[0]!.day).toBe('2026-11-03');
    expect([registers(0), written[0]!.uniques[0]!.sketch[registers(0)]]).not.toEqual([
      registers(1),
      written[1]!.uniques[0]!.sketch[registers(1)],
    ]);
  });
  test.each([
    ['203.0.113.7', '203.0.113'],
    ['::ffff:203.0.113.7', '203.0.113'],
    ['2001:db8:1:2::1', '2001:db8:1'],
    ['2001:db8::1', '2001:db8:0'],
    ['::1', '0:0:0'],
  ])('%s is looked at as %s', (address, expected) => expect(truncated(address)).toBe(expected));
});
