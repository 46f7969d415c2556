// What an earlier banner's cookie answers of our purposes: refusals always, grants only where the site declares them, never
// beyond their old end.

import { describe, expect, test, vi } from 'vitest';
import { dayMs } from '../options.js';
import { answersIn, type Legacy } from './legacy.js';

const now = Date.UTC(2026, 10, 1);
vi.useFakeTimers({ now });
const days = 180 * dayMs;
const ids = ['measurement', 'personalisation', 'marketing'];
const words = { analytics: 'measurement', ads: 'marketing', adnet: 'marketing' };
const kept = (value: unknown) => encodeURIComponent(JSON.stringify(value));
const ago = (n: number) => new Date(now - n * dayMs).toISOString();
const vanilla = (accepted: string[], more: object = {}) =>
  kept({
    categories: ['necessary', ...accepted],
    revision: 1,
    consentId: 'f2b7e0a4-9c1d-4e7b-8a3f-000000000000',
    services: { necessary: [], analytics: [], ads: [] },
    consentTimestamp: ago(50),
    lastConsentTimestamp: ago(40),
    expirationTime: now + 142 * dayMs,
    ...more,
  });
const answered = (from: Legacy['from'], text: string, equivalent = false) =>
  Object.fromEntries(
    Object.entries(answersIn({ from, equivalent }, text, ids, words, () => days)).map(([id, { value, at }]) => [
      id,
      `${value} ${Math.round((now - at) / dayMs)}`,
    ]),
  );

describe('of vanilla-cookieconsent', () => {
  test('refusals are refusals, with their date; a purpose it had no word for is asked', () => {
    expect(answered('vanilla', vanilla([]))).toEqual({ measurement: 'denied 40', marketing: 'denied 40' });
  });

  test('grants are left out where nobody declares that the words asked the same', () => {
    expect(answered('vanilla', vanilla(['analytics']))).toEqual({ marketing: 'denied 40' });
  });

  test('declared, they count from their old date', () => {
    expect(answered('vanilla', vanilla(['analytics', 'ads']), true)).toEqual({
      measurement: 'granted 40',
      marketing: 'granted 40',
    });
  });

  test('they never end later than they would have: an earlier end counts as an earlier date', () => {
    const text = vanilla(['analytics'], { expirationTime: now + 10 * dayMs });
    expect(answered('vanilla', text, true).measurement).toBe('granted 170');
    const longer = vanilla(['analytics'], { expirationTime: now + 300 * dayMs });
    expect(answered('vanilla', longer, true).measurement).toBe('granted 40');
  });

  test.each<[string, object]>([
    ['without a date', { consentTimestamp: undefined, lastConsentTimestamp: undefined }],
    ['without an end', { expirationTime: undefined }],
    ['with a date that is none', { lastConsentTimestamp: 'soon' }],
  ])('a grant %s is none; a refusal still is one', (_, more) => {
    expect(Object.keys(answered('vanilla', vanilla(['analytics'], more), true))).toEqual(['marketing']);
  });

  test('of a cookie that lists no services, a word of the site that is not among the accepted was refused', () => {
    expect(answered('vanilla', vanilla([], { services: undefined }))).toEqual({
      measurement: 'denied 40',
      marketing: 'denied 40',
    });
  });
});

describe('of klaro', () => {
  test('refusals are refusals, and one word refused refuses the purpose', () => {
    expect(answered('klaro', kept({ analytics: false, ads: true, adnet: false }))).toEqual({
      measurement: 'denied 0',
      marketing: 'denied 0',
    });
  });

  test('a grant has no date there, so it is asked for, whatever is declared', () => {
    expect(answered('klaro', kept({ analytics: true, ads: true, adnet: true }), true)).toEqual({});
  });
});

test.each(['', 'no', '%', '%7B', 'null', '7', '%5B%5D', kept({ categories: 'all' }), kept({ categories: [7] })])(
  'what cannot be read grants nothing: %j',
  (text) => {
    for (const from of ['vanilla', 'klaro'] as const)
      expect(JSON.stringify(answersIn({ from, equivalent: true }, text, ids, {}, () => days))).not.toContain('granted');
  },
);
