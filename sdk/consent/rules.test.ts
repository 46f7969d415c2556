// What is in force, rule by rule of consent.md section 2, from decisions, signal and region alone.

import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { dayMs, type PurposeRule, resolve } from '../options.js';
import { ask, type Decided, effective, enforce, isCurrent, stands } from './rules.js';

const purposes: PurposeRule[] = [
  { id: 'necessary', always: true },
  { id: 'measurement', materialHash: 'm' },
  { id: 'personalisation', materialHash: 'p', requires: ['measurement'] },
  { id: 'marketing', materialHash: 'k', requires: ['personalisation'], gpc: 'deny' },
];
const said = (value: Decided['value'], more: Partial<Decided> = {}): Decided => ({
  value,
  source: 'user',
  at: Date.now(),
  materialHash: 'm',
  ...more,
});
const yes = (materialHash: string, more: Partial<Decided> = {}) => said('granted', { materialHash, ...more });
const everything = { measurement: yes('m'), personalisation: yes('p'), marketing: yes('k') };
const under = (model: 'opt-in' | 'opt-out', isSignalled = false, consent: object = {}) => {
  vi.stubGlobal('navigator', { globalPrivacyControl: isSignalled });
  enforce({ region: { model }, consent: { purposes, ...consent } }, undefined);
};

beforeAll(() => void resolve({ writeKey: 'wk', host: 'http://c' }));
beforeEach(() => under('opt-in'));

describe('effective(p)', () => {
  test.each([
    ['5: nobody has said, opt-in: unset', 'opt-in', false, {}, [null, null, null]],
    ['2: granted stays granted', 'opt-in', false, everything, [true, true, true]],
    [
      '2: denied stays denied',
      'opt-in',
      false,
      { ...everything, marketing: said('denied', { materialHash: 'k' }) },
      [true, true, false],
    ],
    [
      'requires: denied below is denied above',
      'opt-in',
      false,
      { ...everything, measurement: said('denied') },
      [false, false, false],
    ],
    [
      'requires: unset below suspends what stands above',
      'opt-in',
      false,
      { ...everything, personalisation: yes('older') },
      [true, null, null],
    ],
    ['3: the signal denies what it is against', 'opt-in', true, everything, [true, true, false]],
    [
      '2: a grant given against the signal knowingly stands',
      'opt-in',
      true,
      { ...everything, marketing: yes('k', { ack: true }) },
      [true, true, true],
    ],
    [
      'a region’s grant is none where the model is opt-in',
      'opt-in',
      false,
      { measurement: yes('m', { source: 'region' }) },
      [null, null, null],
    ],
    [
      '5: a region’s grant where it is opt-out',
      'opt-out',
      false,
      { measurement: yes('m', { source: 'region' }) },
      [true, null, null],
    ],
    [
      'opt-out: a refusal outlives new terms',
      'opt-out',
      false,
      { measurement: said('denied', { materialHash: 'older' }) },
      [false, false, false],
    ],
    [
      '4: an account’s decision stands as one’s own',
      'opt-in',
      false,
      { measurement: yes('m', { source: 'account' }) },
      [true, null, null],
    ],
  ] as const)('%s', (_, model, isSignalled, decisions, expected) => {
    under(model, isSignalled);
    expect(Object.values(effective(decisions, []))).toEqual(expected);
  });

  test('1: kill switch and child: no purpose is there at all', () => {
    under('opt-in', false, { killSwitch: true });
    expect(effective(everything, [])).toEqual({});
    resolve({ writeKey: 'wk', host: 'http://c', minor: true });
    under('opt-in');
    expect(effective(everything, [])).toEqual({});
    resolve({ writeKey: 'wk', host: 'http://c' });
  });

  test('closing on this page opens nothing and takes what requires it along', () => {
    expect(effective(everything, ['measurement'])).toEqual({
      measurement: false,
      personalisation: false,
      marketing: false,
    });
    expect(effective({}, [])).toEqual({ measurement: null, personalisation: null, marketing: null });
  });

  test('asks what nobody has said, and not what only waits for that', () => {
    effective({ ...everything, personalisation: yes('older') }, []);
    expect(ask).toEqual(['personalisation']);
    under('opt-in', true);
    effective({}, []);
    expect(ask).toEqual(['measurement', 'personalisation']);
  });

  test('without a configuration what was decided stands as it was decided', () => {
    enforce(undefined, { decisions: { measurement: yes('any') }, policy: 1 });
    expect(effective({ measurement: yes('any') }, [])).toEqual({ measurement: true });
  });
});

describe('a decision', () => {
  test.each([
    ['of now', 0, true],
    ['of 179 days ago', -179, true],
    ['of 181 days ago', -181, false],
    ['of half a day ahead: a clock may be wrong', 0.5, true],
    ['of two days ahead: a clock set back prolongs nothing', 2, false],
  ])('%s', (_, days, expected) => {
    expect(isCurrent({ at: Date.now() + days * dayMs })).toBe(expected);
  });

  test.each([
    ['under the same terms', 'm', [], true],
    ['under other terms', 'x', [], false],
    ['under terms listed as compatible', 'x', ['x'], true],
  ])('stands %s', (_, materialHash, compatibleWith, expected) => {
    expect(stands(yes(materialHash), { id: 'measurement', materialHash: 'm', compatibleWith })).toBe(expected);
  });
});
