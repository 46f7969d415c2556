import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recent } from './recent.js';

describe('recent', () => {
  it('answers what a Map would, or nothing, and never more than its bound', () => {
    const act = fc.record({
      what: fc.constantFrom('get', 'set', 'delete', 'clear'),
      key: fc.nat(12),
      value: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(act, { maxLength: 200 }), (max, acts) => {
        const known = recent<number, number>(max);
        const all = new Map<number, number>();
        for (const { what, key, value } of acts) {
          if (what === 'set') {
            known.set(key, value);
            all.set(key, value);
          } else if (what === 'delete') {
            known.delete(key);
            all.delete(key);
          } else if (what === 'clear') {
            known.clear();
            all.clear();
          } else {
            const found = known.get(key);
            if (found !== undefined) expect(found).toBe(all.get(key));
          }
        }
        let held = 0;
        for (let key = 0; key <= 12; key += 1) if (known.get(key) !== undefined) held += 1;
        // A look may bring the half before back to the front, so a pass over all sees at most the bound and a half.
        expect(held).toBeLessThanOrEqual(Math.max(2, Math.ceil(max * 1.5)));
      }),
    );
  });

  it('keeps what was used within the last half of the bound', () => {
    const known = recent<number, number>(10);
    known.set(0, 7);
    for (let key = 1; key < 100; key += 1) {
      known.set(key, key);
      if (key % 4 === 0) expect(known.get(0)).toBe(7);
    }
  });
});
