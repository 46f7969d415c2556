import { describe, expect, it } from 'vitest';
import { dropCodes, holdCodes, rejectCodes, warningCodes } from '../../contract/codes.js';
import { purposes } from '../../contract/purposes.js';
import { legible } from '../kit/said.js';
import { ago, duration } from '../kit/time.js';
import { localeOf } from '../kit/view.js';
import { outcomeWord } from './cart.js';
import { money } from './money.js';
import { callThem, ownedWords, purposeWords } from './person.js';
import { refusalReason, warningReason } from './verdict.js';
import { channelWords, countryWord, deviceWords, lengthWords, onDevice } from './visit.js';

describe('why an event was refused', () => {
  it.each([...rejectCodes, ...dropCodes, ...holdCodes])('%s has a meaning and a next step', (code) => {
    const { meaning, hint } = refusalReason(code);
    expect(meaning).toMatch(/^\S.{5,}\.$/);
    expect(meaning).not.toBe('Refused.');
    expect(hint).toMatch(/^\S.{5,}\.$/);
  });
  it('of a code this page does not know yet is said plainly', () => {
    expect(refusalReason('of_tomorrow')).toEqual({ meaning: 'Refused.', hint: null });
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(refusalReason(name)).toEqual({ meaning: 'Refused.', hint: null });
  });
  it.each(warningCodes)('the warning %s is a sentence, not a code', (code) => {
    const { meaning, hint } = warningReason(code);
    expect(meaning).toMatch(/^[A-Z].{10,}\.$/);
    expect(meaning).not.toContain('_');
    expect(hint ?? 'Nothing.').toMatch(/\.$/);
  });
});

describe('money', () => {
  it.each([
    [7_800, 'EUR', 'en-GB', '€78.00'],
    [7_800, 'EUR', 'de-DE', '78,00\u00a0€'],
    [54_000, 'JPY', 'en-US', '¥54,000'],
    [1_234, 'KWD', 'en-US', 'KWD\u00a01.234'],
    [1_234_567, 'IQD', 'en-US', 'IQD\u00a01,234.567'],
    [-1_990, 'EUR', 'en-US', '-€19.90'],
    [5, 'USD', 'en-US', '$0.05'],
    [0, 'USD', 'en-US', '$0.00'],
    [1_234_567, null, 'en-US', '12,345.67'],
    [1_234, 'XXX', 'en-US', '12.34'],
    [1_234, 'not a currency', 'en-US', '12.34'],
    [9_007_199_254_740_991, 'EUR', 'en-US', '€90,071,992,547,409.91'],
  ])('%d of %s is written in %s as %s', (minor, currency, locale, written) => {
    expect(money(minor, currency, locale)).toBe(written);
  });
});

describe('the language of numbers', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de-DE,de;q=0.9,en;q=0.8', 'de-DE'],
    ['*', 'en'],
    ['xx-invalid-locale-that-is-none, fr', 'fr'],
    ['<script>, de', 'de'],
    [`${'a'.repeat(5_000)}, de`, 'en'],
  ])('of %j is %s', (header, locale) => expect(localeOf(header)).toBe(locale));
});

describe('time in words', () => {
  it.each([
    [0, '0 s'],
    [42_000, '42 s'],
    [200_000, '3 min 20 s'],
    [119_600, '2 min'],
    [180_000, '3 min'],
    [700_000, '11 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [86_400_000, '1 day'],
    [260_000_000, '3 days'],
    [-5, '0 s'],
  ])('%d ms last %s', (ms, words) => expect(duration(ms)).toBe(words));
  it.each([
    [-60_000, 'just now'],
    [4_000, 'just now'],
    [59_000, '59 s ago'],
    [61_000, '1 min ago'],
    [7_200_000, '2 h ago'],
    [100_000_000, 'yesterday'],
    [400_000_000, '4 days ago'],
    [700_000_000, ''],
  ])('%d ms are %s', (ms, words) => expect(ago(ms)).toBe(words));
});

describe('text of strangers', () => {
  it.each([
    ['plain', 'plain'],
    ['<b>', '<b>'],
    ['a\u0000b\u001bc', 'a\ufffdb\ufffdc'],
    ['two\nlines\tand a tab', 'two lines and a tab'],
    ['\u202eevil', '\ufffdevil'],
    ['\ud800 alone', '\ufffd alone'],
    ['👩‍🚀', '👩‍🚀'],
    ['x'.repeat(500), `${'x'.repeat(200)}…`],
    ['😀'.repeat(300), `${'😀'.repeat(200)}…`],
  ])('%j is shown as %j', (text, shown) => expect(legible(text)).toBe(shown));
  it('is cut quickly, however long it is', () => {
    expect(legible('y'.repeat(50_000_000), 10)).toBe(`${'y'.repeat(10)}…`);
  });
});

describe('a person', () => {
  it.each([
    ['Ada', [{ type: 'email', value: 'a@b.c' }], 'Ada'],
    [
      null,
      [
        { type: 'user_id', value: 'u1' },
        { type: 'email', value: 'a@b.c' },
      ],
      'a@b.c',
    ],
    [null, [{ type: 'user_id', value: 'u1' }], 'u1'],
    [null, [{ type: 'phone', value: '+491' }], '+491'],
    [null, [{ type: 'anonymous_id', value: 'a-very-long-12345678' }], 'Visitor 12345678'],
    [null, [], 'Visitor abc'],
  ])('called %j with %j is %s', (name, identifiers, called) => {
    expect(callThem(name, identifiers, 'abc')).toBe(called);
  });
  it('R4: every reason of ownership has a sentence', () => {
    for (const because of [
      'named',
      'session',
      'before_first_named',
      'device',
      'own',
      'order',
      'cart',
      'checkout',
      'email',
      'phone',
      'external',
      'unowned',
    ])
      expect(ownedWords(because).sentence).toMatch(/\.$/);
    expect(ownedWords('of_tomorrow')).toEqual({ word: 'of tomorrow', sentence: '' });
  });
  it('is asked for every purpose by name', () => {
    for (const purpose of purposes) expect(purposeWords[purpose]).toMatch(/^[A-Z]/);
  });
});

describe('visits and carts', () => {
  const touch = { at: '', channel: 'Email', source: 'newsletter', medium: null, campaign: 'spring', clickId: null };
  it('S2: tells the first touch, and that a visit without one came directly', () => {
    expect(channelWords([touch, { ...touch, channel: 'Display' }])).toBe('Email from newsletter (spring)');
    expect(channelWords([])).toBe('Came directly');
  });
  it.each([
    [0, 0, '0 s'],
    [90, 0, '1 min 30 s'],
    [780, 260, '13 min, 4 min 20 s of it engaged'],
    [20, 20, '20 s engaged'],
    // The last seconds of a page that lay open through a pause, told as it was left.
    [0, 3, '3 s engaged'],
  ])('a visit of %i s, of which %i before the eyes, is %s', (lengthS, engagedS, words) => {
    const startedAt = '2026-11-22T10:00:00.000Z';
    const endedAt = new Date(Date.parse(startedAt) + lengthS * 1000).toISOString();
    expect(lengthWords({ startedAt, endedAt, engagedMs: engagedS * 1000 })).toBe(words);
  });
  it.each([
    [
      { browser: 'Firefox', os: 'Linux', kind: 'desktop' },
      'Computer, Firefox on Linux',
      'a computer, Firefox on Linux',
    ],
    [{ browser: null, os: 'iOS', kind: 'mobile' }, 'Phone, iOS', 'a phone, iOS'],
    [{ browser: null, os: null, kind: 'tv' }, 'TV', 'a TV'],
    [{ browser: null, os: null, kind: 'unknown' }, 'Unknown device', null],
    [{ browser: null, os: null, kind: 'constructor' }, 'Unknown device', null],
  ])('%j is %s', (device, words, within) => {
    expect(deviceWords(device)).toBe(words);
    expect(onDevice(device)).toBe(within);
  });
  it.each([
    ['DE', 'Germany'],
    ['ZZ', 'Unknown Region'],
    ['<b>', null],
    [null, null],
  ])('the country %j is %j', (code, word) => {
    expect(countryWord(code)).toBe(word);
  });
  it('C5: tells a recovery by a message from one by coming back', () => {
    expect(outcomeWord({ outcome: 'recovered', recoveredBy: 'message:m1' }).word).toBe('bought after a message');
    expect(outcomeWord({ outcome: 'recovered', recoveredBy: 'return' }).word).toBe('came back and bought');
    expect(outcomeWord({ outcome: 'resumed', recoveredBy: null }).word).toBe('came back and went on');
  });
});
