import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from './instant.js';

describe('an instant on the wire', () => {
  it.each([
    ['2026-11-22T05:47:04.039Z', '2026-11-22T05:47:04.039Z'],
    ['2026-11-22T05:47:04Z', '2026-11-22T05:47:04.000Z'],
    ['2026-11-22T05:47Z', '2026-11-22T05:47:00.000Z'],
    ['2026-11-22T05:47:04.123456+00:00', '2026-11-22T05:47:04.123Z'],
    ['2026-11-22T05:47:04.5-0330', '2026-11-22T09:17:04.500Z'],
    ['2026-11-22T05:47:04+01', '2026-11-22T04:47:04.000Z'],
    ['2024-02-29t00:00:00z', '2024-02-29T00:00:00.000Z'],
    ['2026-11-22 05:47:04Z', '2026-11-22T05:47:04.000Z'],
    ['0042-01-01T00:00:00Z', '0042-01-01T00:00:00.000Z'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
  ])('%s is read', (written, meant) => {
    expect(new Date(parseInstant(written)!).toISOString()).toBe(meant);
  });

  it.each([
    'yesterday',
    '',
    '2026-11-22',
    '2026-11-22T05:47:04',
    '2026-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T05:60:00Z',
    '2026-11-22T05:47:04.Z',
    '2026-11-22T05:47:04+24:00',
    '+012026-11-22T05:47:04Z',
    ' 2026-11-22T05:47:04Z',
    `2026-11-22T05:47:04.${'0'.repeat(50)}Z`,
    1_795_326_424_039,
    null,
    {},
    Number.NaN,
  ])('%j is none', (written) => {
    expect(parseInstant(written)).toBeNull();
  });

  it('is read the same in the spelling of browsers, which has a way of its own, and in any other', () => {
    const spelled = fc.oneof(
      fc
        .date({ min: new Date(-62_000_000_000_000), max: new Date(250_000_000_000_000), noInvalidDate: true })
        .map((date) => date.toISOString()),
      fc
        .tuple(
          fc.integer({ min: 0, max: 9999 }),
          ...Array.from({ length: 5 }, () => fc.integer({ min: 0, max: 99 })),
          fc.nat(999),
        )
        .map(([year, month, day, hour, minute, second, ms]) => {
          const two = (n: number | undefined): string => String(n).padStart(2, '0');
          return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}.${String(ms).padStart(3, '0')}Z`;
        }),
    );
    const spoilt = fc
      .tuple(spelled, fc.nat(23), fc.constantFrom('', '0', '9', 'x', ' ', '/', ':', '-'))
      .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(spelled, spoilt), (text) => {
        // A comma before the fraction means the same and is read by the expression.
        expect(parseInstant(text)).toBe(parseInstant(text.replace(/\.(?=\d+Z$)/, ',')));
      }),
      { numRuns: 2_000 },
    );
  });
});
