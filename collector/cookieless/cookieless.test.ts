// Counting without anybody: what becomes a cell, how many there were, and what may be read.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../consent/policy/policy.js';
import { openSqlite } from '../store/sqlite.js';
import { cellOf, cookielessRules, mayCount, pathTemplate } from './cells.js';
import { addHash, estimate, mergeInto, newSketch } from './sketch.js';
import { cookielessCounts, cookielessMigrations, countCookieless, kMin } from './store.js';
import { openTally, truncated } from './tally.js';

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
  const asked = (by: ('event' | 'path' | 'hour')[]) => ({ from: '2026-11-02', to: '2026-11-02', by });

  test('never show a group of fewer than ten, nor one by which the only small one could be told', () => {
    const sql = open();
    countCookieless(
      sql,
      at,
      [
        { cell: cell('/a'), count: 40 },
        { cell: cell('/b'), count: 12 },
        { cell: cell('/c'), count: 3 },
      ],
      [],
    );
    expect(cookielessCounts(sql, asked(['path']))).toMatchObject({
      k: kMin,
      items: [{ path: '/a', count: 40 }],
      suppressed: 2,
    });
    countCookieless(sql, at, [{ cell: cell('/d'), count: 2 }], []);
    expect(cookielessCounts(sql, asked(['path']))).toMatchObject({
      items: [{ count: 40 }, { count: 12 }],
      suppressed: 2,
    });
    expect(cookielessCounts(sql, asked(['event', 'hour'])).items).toEqual([
      { event: 'page', hour: '2026-11-02T09:00:00Z', count: 57 },
    ]);
    expect(cookielessCounts(sql, { ...asked(['event']), from: '2026-11-03', to: '2026-11-04' }).items).toEqual([]);
    sql.close();
  });

  test('an hour has room for so many cells; what comes beyond is counted without its place', () => {
    const sql = open();
    const many = Array.from({ length: 20_005 }, (_, n) => ({ cell: cell(`/x${n}`), count: 1 }));
    countCookieless(sql, at, many, []);
    countCookieless(sql, at, [{ cell: cell('/late'), count: 20 }], []);
    expect(cookielessCounts(sql, asked(['path'])).items).toEqual([{ path: ':other', count: 25 }]);
    sql.close();
  });

  test('uniques are a number a day, of no fewer than ten', () => {
    const sql = open();
    const sketch = newSketch();
    for (let n = 0; n < 100; n += 1) addHash(sketch, createHash('sha256').update(String(n)).digest());
    countCookieless(sql, at, [], [{ day: '2026-11-02', sketch }]);
    countCookieless(sql, at, [], [{ day: '2026-11-02', sketch }]);
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
