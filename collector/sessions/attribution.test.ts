import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Touch } from '../events/event.js';
import { attributionOf } from './attribution.js';

const touch = (source: string | null): Touch => ({
  channel: source === null ? 'Direct' : 'Paid Search',
  source,
  medium: source === null ? null : 'cpc',
  campaign: source,
  clickId: null,
});
const read = (...sources: (string | null)[]) => {
  const found = attributionOf(sources.map(touch));
  return (
    found && {
      first: found.first.source,
      last: found.last.source,
      linear: Object.fromEntries(found.linear.map((part) => [String(part.touch.source), part.share])),
    }
  );
};

describe('what an order is owed to', () => {
  it.each([
    [
      'S-2: two campaigns: first a, last b, half each',
      ['a', 'b'],
      { first: 'a', last: 'b', linear: { a: 0.5, b: 0.5 } },
    ],
    ['one', ['a'], { first: 'a', last: 'a', linear: { a: 1 } }],
    ['one that came twice', ['a', 'b', 'a', 'a'], { first: 'a', last: 'a', linear: { a: 0.75, b: 0.25 } }],
    ['S2: direct beside another counts nothing', [null, 'a', null], { first: 'a', last: 'a', linear: { a: 1 } }],
    ['direct alone', [null], { first: null, last: null, linear: { null: 1 } }],
    ['nothing', [], null],
  ])('%s', (_, sources, expected) => expect(read(...(sources as (string | null)[]))).toEqual(expected));
  it('S-2: shares make one', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', null), { minLength: 1, maxLength: 50 }), (sources) => {
        const sum = Object.values(read(...sources)!.linear).reduce((all, share) => all + share, 0);
        expect(sum).toBeCloseTo(1, 9);
      }),
      { seed: Number(process.env.WEFT_SEED ?? 20261129) },
    );
  });
});
