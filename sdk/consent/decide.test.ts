// From an answer to the record and the row that proves it.

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { resolve } from '../options.js';
import { decide, renewed } from './decide.js';
import type { Act, ConsentRecord } from './record.js';
import { ask, effective, enforce } from './rules.js';

const purposes = [
  { id: 'measurement', materialHash: 'm' },
  { id: 'personalisation', materialHash: 'p', requires: ['measurement'] },
  { id: 'marketing', materialHash: 'k', requires: ['personalisation'] },
];
const all = { measurement: true, personalisation: true, marketing: true };
const made = (old: ConsentRecord | undefined, values: Record<string, boolean>, act: Act = {}) =>
  decide(old, values, act) as ConsentRecord;
const lastRow = ({ rows }: ConsentRecord) => rows[rows.length - 1]!;
const values = ({ decisions }: ConsentRecord) => Object.entries(decisions).map(([id, { value }]) => `${id} ${value}`);

beforeEach(() => {
  vi.stubGlobal('navigator', {});
  resolve({ writeKey: 'wk', host: 'http://c' });
  enforce({ policy: { version: '1' }, region: { model: 'opt-in' }, consent: { purposes } }, undefined);
});

describe('the kind of the row', () => {
  test.each<[string, (granted: ConsentRecord) => ConsentRecord, string]>([
    ['first yes', () => made(undefined, all), 'grant'],
    ['first no', () => made(undefined, { measurement: false }), 'refuse'],
    ['taking everything back', (granted) => made(granted, { measurement: false }), 'withdraw'],
    ['taking one back', (granted) => made(granted, { marketing: false }), 'withdraw'],
    ['forget()', (granted) => made(granted, { measurement: false }, { kind: 'erase' }), 'erase'],
    ['objecting', (granted) => made(granted, { measurement: false }, { kind: 'object' }), 'object'],
    ['adding one', () => made(made(undefined, { measurement: true }), { personalisation: true }), 'update'],
    ['what the region grants', () => made(undefined, all, { kind: 'region-default' }), 'region-default'],
  ])('%s', (_, act, kind) => {
    expect(lastRow(act(made(undefined, all))).kind).toBe(kind);
  });
});

test('consent 3: a refusal holds no identifier of any sort', () => {
  const record = made(undefined, { measurement: false, personalisation: false, marketing: false });
  expect(JSON.stringify(record)).not.toMatch(/receipt|epoch|life|visitorId|anonymousId|session/);
});

test('consent 6: measurement alone has a receipt and no visitor id', () => {
  const record = made(undefined, { measurement: true, personalisation: false });
  expect(record.receipt).toMatch(/^[\w-]{22}$/);
  expect(record.anonymousId ?? lastRow(record).visitorId).toBeUndefined();
});

test('consent 8: a withdrawal leaves the slip alone, which says whom it is about', () => {
  const granted = made(undefined, all);
  const record = made({ ...granted, rows: [], session: { id: 's', activeAt: 1 } }, { measurement: false });
  expect(record).not.toHaveProperty('receipt');
  expect(record).not.toHaveProperty('session');
  expect(lastRow(record)).toMatchObject({
    supersedes: granted.receipt,
    visitorId: granted.anonymousId,
    epoch: granted.epoch,
  });
});

test('denying one denies what requires it, and grants nothing that was not said', () => {
  expect(values(made(made(undefined, all), { personalisation: false }))).toEqual([
    'measurement granted',
    'personalisation denied',
    'marketing denied',
  ]);
  expect(values(made(undefined, { measurement: true }))).toEqual(['measurement granted']);
});

test('what already stands is no answer', () => {
  expect(decide(made(undefined, all), all, {})).toBeUndefined();
  const expired = made(undefined, all);
  const old = Object.fromEntries(Object.entries(expired.decisions).map(([id, one]) => [id, { ...one, at: 1 }]));
  expect(decide({ ...expired, decisions: old }, all, {})).toBeDefined();
});

test('of what the ledger has not acknowledged, the first taking back and the last word are kept', () => {
  let record = made(made(undefined, all), { marketing: false });
  record = made(record, { marketing: true });
  record = made(record, { personalisation: false });
  expect(record.rows.map(({ kind }) => kind)).toEqual(['withdraw', 'withdraw']);
});

test('a row names the last receipt that the ledger is sure to have, however many are decided offline after it', () => {
  const first = made(undefined, { measurement: true });
  expect(lastRow(first).known).toBeUndefined();
  let record: ConsentRecord = { ...first, rows: [] };
  for (const answer of [{ personalisation: true }, { marketing: true }, { marketing: false }, { measurement: false }]) {
    record = made(record, answer);
    expect(lastRow(record).known).toBe(first.receipt);
  }
});

test('R9: what an earlier person is known by, whose row may still wait, is nobody else’s', () => {
  vi.useFakeTimers({ now: 1e12 });
  const earlier = made({ ...made(undefined, all), rows: [] }, { marketing: false });
  vi.setSystemTime(1e12 + 5000);
  const logged = renewed(earlier);
  const next = made(logged, { marketing: true });
  vi.useRealTimers();
  expect(lastRow(earlier).known).toBeDefined();
  expect(logged.rows.map(({ receipt }) => receipt)).toEqual([earlier.receipt, logged.receipt]);
  expect([lastRow(logged).known, lastRow(next).known]).toEqual([undefined, undefined]);
});

test('a decision’s instant is not told', () => {
  for (const one of lastRow(made(undefined, all)).decisions) expect(one.at).toBeUndefined();
});

test('R9: another person: new receipt, new id, new epoch, no word of the old; what waits may still be sent', () => {
  vi.useFakeTimers({ now: 1e12 });
  const old = { ...made(undefined, all), rows: [], userId: 'U1', session: { id: 's', activeAt: 1 } };
  vi.setSystemTime(1e12 + 5000);
  const next = renewed(old);
  vi.useRealTimers();
  expect(next).toMatchObject({ at: old.at + 1, exp: old.exp, life: old.life, rev: old.rev + 1 });
  expect(next.epoch).not.toBe(old.epoch);
  expect(next.userId ?? next.session).toBeUndefined();
  expect(lastRow(next).kind).toBe('grant');
  for (const word of [old.receipt, old.anonymousId, `${old.epoch}`])
    expect(JSON.stringify(lastRow(next))).not.toContain(word);
});

test.each([
  ['of now', 0],
  ['an hour back', -1],
  ['23 hours back', -23],
])('each act of a record lies after the one before it, on a clock %s; what is told is the clock’s word', (_, hours) => {
  vi.useFakeTimers({ now: 1e12 });
  const old = made(undefined, all);
  const then = 1e12 + hours * 36e5;
  vi.setSystemTime(then);
  const next = made(made(old, { marketing: false }), { measurement: false });
  const anew = made(next, { measurement: true });
  vi.useRealTimers();
  expect(next.at).toBeGreaterThan(old.at);
  expect(anew.at).toBeGreaterThan(next.at);
  expect(lastRow(next).clientAt).toBe(new Date(then).toISOString());
  expect(anew).toMatchObject({ rev: 4, life: then, epoch: then });
});

describe('where nothing can be granted', () => {
  const shut = (consent: object, options: object = {}) => {
    resolve({ writeKey: 'wk', host: 'http://c', ...options });
    enforce({ policy: { version: '1' }, region: { model: 'opt-in' }, consent: { purposes, ...consent } }, undefined);
  };
  const reasons: [string, object, object][] = [
    ['the age is untold', { age: { gate: true } }, {}],
    ['the person is a child', {}, { minor: true }],
    ['the site is switched off', { killSwitch: true }, {}],
  ];

  test.each(reasons)('%s: a no takes back, with what builds on it, and a yes does nothing', (_, consent, options) => {
    const granted = made(undefined, all);
    shut(consent, options);
    expect(effective(granted.decisions, [])).toEqual({});
    expect(ask).toEqual([]);
    expect(decide(granted, all, {})).toBeUndefined();
    const part = made(granted, { measurement: true, personalisation: false });
    expect(values(part)).toEqual(['measurement granted', 'personalisation denied', 'marketing denied']);
    expect(lastRow(part)).toMatchObject({ kind: 'withdraw', supersedes: granted.receipt });
    expect(decide(part, { marketing: true }, {})).toBeUndefined();
    const none = made(granted, { measurement: false });
    expect(values(none).every((text) => text.endsWith('denied'))).toBe(true);
    expect([none.receipt, none.anonymousId]).toEqual([undefined, undefined]);
    expect(lastRow(none)).toMatchObject({ kind: 'withdraw', visitorId: granted.anonymousId });
  });
});

describe('art. 21: an objection', () => {
  const object = (old: ConsentRecord, values: Record<string, boolean>) => made(old, values, { kind: 'object' });
  const acceptAll = { layer: 'first', action: 'accept-all' };
  const save = { layer: 'preferences', action: 'save' };
  const sources = ({ decisions }: ConsentRecord) =>
    Object.entries(decisions).map(([id, { source }]) => `${id} ${source}`);
  const rest = ['measurement granted', 'personalisation granted', 'marketing denied'];

  test('stands against every yes but its own switch, saved', () => {
    const objected = object(made(undefined, all), { marketing: false });
    expect(values(objected)).toEqual(rest);
    for (const act of [{}, acceptAll, { ...acceptAll, layer: 'preferences' }, { kind: 'region-default' } as Act]) {
      const after = decide(objected, all, act);
      expect(values(after ?? objected)).toEqual(rest);
      expect(sources(after ?? objected)).toContain('marketing object');
    }
    expect(values(made(objected, all, save))).toEqual(Object.keys(all).map((id) => `${id} granted`));
  });

  test('is left as it was by a saved no, and by taking more back', () => {
    let record = object(made(undefined, all), { marketing: false });
    for (const answer of [{ ...all, marketing: false, personalisation: false }, { measurement: false }]) {
      record = made(record, answer, save);
      expect(sources(record)).toContain('marketing object');
      expect(values(made(record, all, acceptAll))).toContain('marketing denied');
    }
  });

  test('takes along what builds on it', () => {
    const objected = object(made(undefined, all), { personalisation: false });
    expect(sources(objected)).toEqual(['measurement user', 'personalisation object', 'marketing object']);
    expect(decide(objected, all, acceptAll)).toBeUndefined();
    expect(values(made(objected, { personalisation: true }, save))).toContain('marketing denied');
  });

  test('said again it is no answer, and after a plain no it is one', () => {
    const refused = made(undefined, { measurement: false });
    const objected = object(refused, { measurement: false });
    expect(lastRow(objected).kind).toBe('refuse');
    expect(decide(objected, { measurement: false }, { kind: 'object' })).toBeUndefined();
  });

  test('does not run out into a yes: it is dated anew', () => {
    vi.useFakeTimers({ now: 1e12 });
    const objected = object(made(undefined, all), { marketing: false });
    vi.setSystemTime(1e12 + 181 * 864e5);
    const after = made(objected, all, acceptAll);
    vi.useRealTimers();
    expect(after.decisions.marketing).toMatchObject({ value: 'denied', source: 'object', at: 1e12 + 181 * 864e5 });
    expect(after.decisions.measurement).toMatchObject({ value: 'granted', source: 'user' });
  });
});
