// An answer from another host of the site beside what this device has said itself.

import { describe, expect, test } from 'vitest';
import type { PurposeRule } from '../options.js';
import { joined } from './join.js';
import type { Decided, Decisions } from './rules.js';

const purposes: PurposeRule[] = [
  { id: 'measurement', materialHash: 'm' },
  { id: 'personalisation', materialHash: 'p', requires: ['measurement'] },
  { id: 'marketing', materialHash: 'k', requires: ['personalisation'], gpc: 'deny' },
];
const yes = (at: number, more: Partial<Decided> = {}): Decided => ({ value: 'granted', source: 'user', at, ...more });
const no = (at: number, more: Partial<Decided> = {}): Decided => ({ value: 'denied', source: 'user', at, ...more });
const M = 'measurement';
const P = 'personalisation';
const K = 'marketing';

const join = (own: Decisions, told: Decisions, how: { fallen?: Decided[]; signal?: boolean } = {}) =>
  joined(own, told, purposes, {
    stands: (decision) => decision && !how.fallen?.includes(decision),
    isSignalled: (gpc) => !!how.signal && gpc === 'deny',
  });
const words = (found: ReturnType<typeof join>) =>
  found && Object.entries(found.decisions).map(([id, { value, at }]) => `${id} ${value} ${at}`);

describe('consent 2, other domains: beside what this device has said itself', () => {
  const old = yes(1);
  test.each<[string, Decisions, Decisions, Parameters<typeof join>[2], string[] | undefined]>([
    ['nothing came', { [M]: yes(1) }, {}, {}, undefined],
    [
      'nothing was said here: it counts as it came',
      {},
      { [M]: yes(5), [P]: no(6) },
      {},
      ['measurement granted 5', 'personalisation denied 6'],
    ],
    [
      'a yes switches on nothing that was switched off here, however late',
      { [M]: no(1) },
      { [M]: yes(9) },
      {},
      undefined,
    ],
    ['a yes makes no younger what was granted here', { [M]: yes(1) }, { [M]: yes(9) }, {}, undefined],
    ['a later no takes back what was granted here', { [M]: yes(1) }, { [M]: no(9) }, {}, ['measurement denied 9']],
    ['an earlier no does not', { [M]: yes(5) }, { [M]: no(4) }, {}, undefined],
    ['nor one of the same instant, which is the same answer', { [M]: yes(5) }, { [M]: no(5) }, {}, undefined],
    [
      'a region’s default is nobody’s answer',
      { [M]: yes(5, { source: 'region' }) },
      { [M]: no(4) },
      {},
      ['measurement denied 4'],
    ],
    [
      'what no longer stands here gives way',
      { [M]: old },
      { [M]: yes(9) },
      { fallen: [old] },
      ['measurement granted 9'],
    ],
    [
      'a later no takes along what requires it',
      { [M]: yes(1), [P]: yes(2), [K]: yes(3) },
      { [M]: no(9) },
      {},
      ['measurement denied 9', 'personalisation denied 9', 'marketing denied 9'],
    ],
    [
      'a yes stays away where what it builds on is off here',
      { [M]: no(1) },
      { [M]: yes(9), [P]: yes(9) },
      {},
      undefined,
    ],
    ['a yes stays away where what it builds on was never said', {}, { [P]: yes(9) }, {}, undefined],
    [
      'a yes finds here what it builds on',
      { [M]: yes(1) },
      { [P]: yes(9) },
      {},
      ['measurement granted 1', 'personalisation granted 9'],
    ],
    [
      'the signal keeps out what it denies',
      {},
      { [M]: yes(5), [P]: yes(5), [K]: yes(5) },
      { signal: true },
      ['measurement granted 5', 'personalisation granted 5'],
    ],
    [
      'a no comes under the signal too',
      { [M]: yes(1) },
      { [K]: no(5) },
      { signal: true },
      ['measurement granted 1', 'marketing denied 5'],
    ],
    ['what this site does not ask stays out', {}, { sharing: yes(5) }, {}, undefined],
  ])('%s', (_, own, told, how, expected) => {
    expect(words(join(own, told, how))).toEqual(expected);
  });

  test('only what came is told as having come', () => {
    expect(join({ [M]: yes(1) }, { [M]: yes(2), [P]: yes(9) })?.came).toEqual([P]);
  });
});
