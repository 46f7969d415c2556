import { describe, expect, test } from 'vitest';
import type { Purpose } from '../contract/purposes.js';
import { day, event, facts, KS, key, now, PKS, spell, stone, untouched } from './gate.fixture.js';
import { type Candidate, type Facts, judge, preferencesOf } from './gate.js';
import { everything, purposesOf } from './mask.js';

describe('R15: a key whose site brings its own banner', () => {
  test.each<[string, Record<string, unknown> | null, Partial<Candidate>, Partial<Facts>, string]>([
    ['nothing said', null, {}, {}, 'dropped no_consent'],
    ['nothing granted', {}, {}, {}, 'dropped no_consent'],
    ['all denied', { measurement: false }, {}, {}, 'dropped no_consent'],
    ['our own names', { measurement: true, personalisation: true }, {}, {}, 'measurement,personalisation'],
    [
      'mapped names',
      { measurement: true, Functional: true, Advertising: true },
      {},
      {},
      'measurement,personalisation,marketing',
    ],
    ['unmapped names only', { C0002: true }, {}, {}, 'dropped no_consent'],
    ['a truth that is not true', { measurement: 'true' }, {}, {}, 'dropped no_consent'],
    ['without what it requires', { Advertising: true }, {}, {}, 'dropped no_consent'],
    ['too little for an identify', { measurement: true }, { type: 'identify', userId: 'u' }, {}, 'dropped purpose'],
    [
      'the opt-out signal',
      { measurement: true, Functional: true, Advertising: true },
      {},
      { gpc: true },
      'measurement,personalisation',
    ],
    ['31 days ago', { measurement: true }, { at: now - 31 * day }, {}, 'dropped stale_event'],
    ['art. 21: a device that objects', { measurement: true, Functional: true }, {}, { objected: PKS }, 'measurement'],
    [
      'art. 21: a device that objects to what the event needs',
      { measurement: true, Functional: true },
      {},
      { objected: everything },
      'dropped withdrawn',
    ],
    [
      'a person who denies',
      { measurement: true, Functional: true },
      { userId: 'u' },
      { denial: { denied: PKS, objected: 0, at: 1 } },
      'measurement',
    ],
  ])('%s', (_, preferences, of, under, expected) => {
    const judgement = judge(
      event({ preferences, receipt: null, ...of }),
      facts({ key: key('claimed'), receipt: null, ...under }),
    );
    expect(spell(judgement)).toBe(expected);
  });

  test('two categories of one purpose that disagree deny it', () => {
    const said = preferencesOf(
      { a: true, b: false, measurement: true },
      { a: 'personalisation', b: 'personalisation' },
    );
    expect(purposesOf(said.granted)).toEqual(['measurement']);
  });

  test('a category named like a part of every object is no purpose', () => {
    const said = preferencesOf(JSON.parse('{"__proto__": true, "constructor": true, "toString": true}'), {});
    expect(said).toEqual({ granted: 0, denied: 0 });
  });
});

describe('R15: a key with another basis', () => {
  const all: Purpose[] = ['measurement', 'personalisation', 'marketing', 'sharing'];
  test.each<[string, ReturnType<typeof key>, Partial<Candidate>, Partial<Facts>, string]>([
    ['what the key covers', key('external', ['measurement', 'personalisation']), {}, {}, 'measurement,personalisation'],
    ['a secret key, whatever its mode says', key('claimed', all, 'secret'), {}, {}, all.join(',')],
    ['too narrow a key', key('external', ['measurement']), { type: 'identify', userId: 'u' }, {}, 'dropped purpose'],
    ['a key that covers nothing', key('external'), {}, {}, 'dropped purpose'],
    ['a public key, 31 days ago', key('external', all), { at: now - 31 * day }, {}, 'dropped stale_event'],
    ['a secret key, years ago', key('external', all, 'secret'), { at: now - 900 * day }, {}, all.join(',')],
    [
      'a person who withdrew consent',
      key('external', all, 'secret'),
      { userId: 'u' },
      { denial: { denied: everything, objected: 0, at: 1 } },
      all.join(','),
    ],
    [
      'a person who objected',
      key('external', all, 'secret'),
      { userId: 'u' },
      { denial: { denied: PKS, objected: PKS, at: 1 } },
      'measurement',
    ],
    ['art. 21: a device that objects', key('external', all), {}, { objected: KS }, 'measurement,personalisation'],
    [
      'art. 21: a device that objects to what the event needs',
      key('external', all, 'secret'),
      {},
      { objected: everything },
      'dropped withdrawn',
    ],
    [
      'an objection that reaches the event',
      key('external', all, 'secret'),
      { type: 'identify', userId: 'u' },
      { denial: { denied: PKS, objected: PKS, at: 1 } },
      'dropped withdrawn',
    ],
    [
      'an erased visitor',
      key('external', all, 'secret'),
      {},
      { tombstones: { ...untouched, visitor: stone({ kind: 'visitorId' }) } },
      'dropped erased !erased',
    ],
    [
      'a public key and a visitor who withdrew',
      key('external', all),
      {},
      { tombstones: { ...untouched, visitor: stone({ kind: 'visitorId', cause: 'withdrawn' }) } },
      'dropped withdrawn !withdrawn',
    ],
  ])('%s', (_, of, candidate, under, expected) => {
    expect(spell(judge(event({ receipt: null, ...candidate }), facts({ key: of, receipt: null, ...under })))).toBe(
      expected,
    );
  });

  test('an order of the shop’s own server stays when its device has withdrawn, without the device', () => {
    const judgement = judge(
      event({ type: 'track', name: 'Order Completed', userId: 'u1', receipt: null }),
      facts({
        key: key('external', all, 'secret'),
        receipt: null,
        tombstones: { ...untouched, visitor: stone({ kind: 'visitorId', cause: 'withdrawn' }) },
      }),
    );
    expect(judgement).toMatchObject({ kind: 'pass', strip: { anonymousId: true, userId: false } });
  });
});
