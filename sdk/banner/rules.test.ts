// The banner's own rules, without a browser: which switches go together, which text can be read on an accent, which
// language is taken, and what the ledger's variant stands for.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matched } from './locale.js';
import { luminance, onto, sheetOf } from './style.js';
import { dependants, flipped } from './switches.js';
import { readVariant, variantOf } from './variant.js';

const purposes = [
  { id: 'measurement' },
  { id: 'personalisation', requires: ['measurement'] },
  { id: 'marketing', requires: ['personalisation'] },
  { id: 'sharing', requires: ['personalisation'] },
];
const ids = purposes.map(({ id }) => id);

describe('switches', () => {
  test.each([
    ['sharing', true, [], ['measurement', 'personalisation']],
    ['measurement', false, ids, ['personalisation', 'marketing', 'sharing']],
    ['personalisation', false, ['measurement', 'personalisation', 'sharing'], ['sharing']],
    ['measurement', true, [], []],
    ['marketing', false, ids, []],
  ] as const)('%s to %s, from %j, takes %j with it', (id, value, on, others) => {
    expect(flipped(purposes, new Set(on), id, value)).toEqual(others);
  });

  test('what is on has what it needs, after any presses in any order', () => {
    const presses = fc.array(fc.tuple(fc.constantFrom(...ids), fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(presses, (all) => {
        const on = new Set<string>();
        for (const [id, value] of all) {
          for (const one of [id, ...flipped(purposes, on, id, value)]) on[value ? 'add' : 'delete'](one);
          for (const { id: one, requires = [] } of purposes)
            if (on.has(one)) expect(requires.every((needed) => on.has(needed))).toBe(true);
        }
      }),
    );
    expect(dependants(purposes, 'measurement')).toEqual(ids.slice(1));
  });
});

test('on every accent the words have a contrast of at least 4.5:1', () => {
  const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);
  fc.assert(
    fc.property(colour, (accent) => {
      const [dark, light] = [luminance(accent), luminance(onto(accent))].sort((one, other) => one - other);
      expect((light! + 0.05) / (dark! + 0.05)).toBeGreaterThanOrEqual(4.5);
    }),
  );
  expect(luminance('#fff')).toBeCloseTo(1);
  expect(luminance('#f00')).toBeCloseTo(luminance('#ff0000'));
});

test.each([
  ['de-AT', [], { detect: 'document' }, 'de'],
  ['PT-br', [], {}, 'pt-BR'],
  ['pt', [], {}, 'pt'],
  ['', ['sv', 'fr-CH'], { detect: 'browser' }, 'fr'],
  ['de', ['sv'], { detect: 'browser', default: 'ar' }, 'ar'],
  ['sv', [], { default: 'xx' }, 'en'],
])('a page in "%s", a browser that likes %j, a site that says %j: %s', (ofDocument, ofBrowser, locales, wanted) => {
  const texts = Object.fromEntries(['ar', 'de', 'en', 'fr', 'pt', 'pt-BR'].map((one) => [one, { href: one }]));
  expect(matched({ texts, locales }, { ofDocument, ofBrowser })).toBe(wanted);
});

test('a variant says what a layer depended on, is empty for a first question, and can be read back', () => {
  const plain = { ask: ids, since: undefined, on: {}, receipt: undefined, isKnown: false };
  expect(variantOf(plain, ids)).toBe('');
  const scene = {
    ask: ['marketing'],
    since: '2026-11-01 & more',
    on: { measurement: true },
    receipt: 'r',
    isKnown: true,
    isCounted: true,
    objected: ['sharing'],
  };
  const text = variantOf(scene, ids, ['sharing']);
  expect(text.length).toBeLessThan(200);
  expect(readVariant(text, ids)).toEqual({ ...scene, receipt: '…', odd: ['sharing'] });
  expect(readVariant('', ids)).toMatchObject({
    ask: ids,
    since: undefined,
    on: {},
    isKnown: false,
    isCounted: false,
    objected: [],
  });
});

test('no text is fainter than the colour it was checked in (WCAG 1.4.3): nothing is drawn through', () => {
  expect(sheetOf({})).not.toMatch(/opacity|color:[^;}]*(rgba|hsla|#\w{8}\b|#\w{4}\b)/);
});
