import { describe, expect, test } from 'vitest';
import { type Purpose, purposes } from '../contract/purposes.js';
import { everything, grantable, maskOf, purposesOf, withDependants } from './mask.js';

describe('sets of purposes', () => {
  test.each<[Purpose[], Purpose[]]>([
    [[], []],
    [['measurement'], ['measurement']],
    [['personalisation'], []],
    [['marketing', 'sharing'], []],
    [['measurement', 'marketing'], ['measurement']],
    [
      ['measurement', 'personalisation', 'sharing'],
      ['measurement', 'personalisation', 'sharing'],
    ],
    [[...purposes], [...purposes]],
  ])('what %j grants, once requirements are looked at, is %j', (asked, left) => {
    expect(purposesOf(grantable(maskOf(asked)))).toEqual(left);
  });

  test.each<[Purpose[], Purpose[]]>([
    [[], []],
    [['measurement'], [...purposes]],
    [['personalisation'], ['personalisation', 'marketing', 'sharing']],
    [['marketing'], ['marketing']],
    [['sharing'], ['sharing']],
  ])('denying %j denies %j', (asked, gone) => {
    expect(purposesOf(withDependants(maskOf(asked)))).toEqual(gone);
  });

  test('for every set, what is left after a denial needs nothing that was denied', () => {
    for (let granted = 0; granted <= everything; granted += 1) {
      for (let denied = 0; denied <= everything; denied += 1) {
        const left = grantable(granted) & ~withDependants(denied);
        expect(grantable(left)).toBe(left);
      }
    }
  });
});
