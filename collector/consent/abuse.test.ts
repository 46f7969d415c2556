// What somebody can try with the consent endpoints, by name. Over HTTP the same is in app/proofs.test.ts.

import { describe, expect, test } from 'vitest';
import type { Purpose } from '../contract/purposes.js';
import { openProofs } from './ledger/proofs.js';
import { dayMs, openSite, receiptOf, start } from './site.fixture.js';

const all: Purpose[] = ['measurement', 'personalisation', 'marketing', 'sharing'];
const MP: Purpose[] = ['measurement', 'personalisation'];
const mine = receiptOf('mine');
const theirs = receiptOf('theirs');

const granted = () => {
  const site = openSite();
  site.send({
    row: site.row({ receipt: theirs, visitorId: 'them', grants: all }),
    events: [{ receipt: theirs, anonymousId: 'them' }],
  });
  site.now += 60_000;
  return site;
};

describe('a post for somebody else’s id', () => {
  test.each([
    ['a grant', { kind: 'grant', receipt: mine, grants: MP }],
    ['a withdrawal without their receipt', { kind: 'withdraw', receipt: mine }],
    ['a withdrawal with a guessed receipt', { kind: 'withdraw', receipt: mine, supersedes: receiptOf('guess') }],
    ['an objection', { kind: 'object', receipt: mine }],
    ['an erasure', { kind: 'erase', receipt: mine }],
    ['a child’s declaration', { kind: 'update', receipt: mine, grants: MP, age: { gate: 'minor' } }],
  ])('%s changes nothing of theirs', (_, fields) => {
    const site = granted();
    site.post(site.row({ visitorId: 'them', ...fields }));
    expect(site.events).toHaveLength(1);
    expect(site.send({ events: [{ receipt: theirs, anonymousId: 'them' }] }).codes).toEqual(['kept']);
  });

  test('with their visitor id under one’s own receipt lets no event in', () => {
    const site = granted();
    site.post(site.row({ receipt: mine, visitorId: 'me', grants: all }));
    expect(site.send({ events: [{ receipt: mine, anonymousId: 'them' }] }).codes).toEqual(['no_receipt']);
  });
});

describe('a replayed receipt', () => {
  test('of a withdrawn consent does not grant again', () => {
    const site = granted();
    const row = site.row({ receipt: mine, visitorId: 'me', grants: all });
    site.post(row);
    site.now += 1_000;
    site.post(site.row({ kind: 'withdraw', receipt: receiptOf('bye'), supersedes: mine, visitorId: 'me' }));
    site.now += 1_000;
    expect(site.post(row).kind).toBe('same');
    expect(site.send({ row, events: [{ receipt: mine, anonymousId: 'me' }] }).codes).toEqual(['withdrawn']);
  });
  test('under another body is a conflict', () => {
    const site = granted();
    expect(site.post(site.row({ receipt: theirs, visitorId: 'me', grants: all })).kind).toBe('conflict');
  });
});

describe('a forged signal', () => {
  test.each<[string, unknown]>([
    ['that says off under a header that says on', { js: false, ack: false }],
    ['that is text', { js: 'false', ack: 'true' }],
    ['that acknowledges for nobody', 'ack'],
  ])('%s lifts nothing', (_, gpc) => {
    const site = openSite();
    const row = site.row({ receipt: mine, visitorId: 'me', grants: all, gpc });
    const message = { type: 'track' as const, name: 'Message Opened', receipt: mine, anonymousId: 'me' };
    expect(site.send({ row, events: [message], gpc: true }).codes).toEqual(['gpc']);
  });
});

describe('a clock', () => {
  test.each([
    ['a year behind', -365 * dayMs],
    ['a year ahead', 365 * dayMs],
    ['at the end of time', 8.64e15 - start],
  ])('%s prolongs nothing: the collector’s own time ends a consent', (_, offMs) => {
    const site = openSite();
    const clientAt = start + offMs;
    const result = site.post(site.row({ receipt: mine, visitorId: 'me', grants: all, clientAt }));
    expect(result).toMatchObject({ kind: 'accepted', expiresAt: start + 180 * dayMs });
    site.now += 180 * dayMs;
    expect(site.send({ events: [{ receipt: mine, anonymousId: 'me' }] }).codes).toEqual(['expired']);
  });
});

describe('what is too large or none', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a megabyte of a field', { epoch: 'e1', cmp: { name: 'x'.repeat(1_000_000) } }],
    ['ten thousand fields', { ui: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, n])) }],
    ['a hundred levels', { cmp: JSON.parse(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`) as object }],
    ['a thousand decisions', { decisions: Array.from({ length: 1_000 }, () => ({ purpose: 'x', value: 'denied' })) }],
  ])('%s is refused whole', (_, fields) => {
    const site = openSite();
    expect(site.post({ ...site.row({ receipt: mine, visitorId: 'me', grants: all }), ...fields }).kind).toBe('invalid');
    expect(site.sql.prepare('SELECT count(*) AS n FROM consent_ledger').get()).toEqual({ n: 0 });
  });
  test('a receipt that is guessed finds nothing, and says so the same way as one that was never given', () => {
    const site = granted();
    const { receipt } = openProofs(site.sql);
    for (const id of [receiptOf('guess'), '', 'a', 'x'.repeat(10_000), '../etc/passwd'])
      expect(receipt(id, { now: start })).toBeNull();
  });
});

describe('a child', () => {
  test('grants nothing: no receipt, no binding, and its events do not come again', () => {
    const site = openSite();
    const row = site.row({ receipt: mine, visitorId: 'child', grants: all, age: { gate: 'minor' } });
    const { codes, row: result } = site.send({ row, events: [{ receipt: mine, anonymousId: 'child' }] });
    expect(result).toMatchObject({ kind: 'accepted', receipt: null });
    expect(codes).toEqual(['no_receipt']);
    expect(site.dump()).not.toContain('child');
    for (const table of ['consent_receipts', 'consent_visitors', 'consent_lives'])
      expect(site.sql.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
  });
  test('declared later, what the device gave before is taken back', () => {
    const site = granted();
    site.post(
      site.row({
        kind: 'update',
        receipt: mine,
        supersedes: theirs,
        visitorId: 'them',
        grants: all,
        age: { gate: 'minor' },
      }),
    );
    expect(site.events).toEqual([]);
    expect(site.send({ events: [{ receipt: theirs, anonymousId: 'them' }] }).codes).toEqual(['withdrawn']);
  });
  test.each([
    ['minor', 'no_receipt'],
    ['none', 'no_receipt'],
    [undefined, 'no_receipt'],
    ['of age', 'no_receipt'],
    ['passed', 'kept'],
    ['guardian', 'kept'],
  ])('behind an age gate, %s: %s', (gate, code) => {
    const site = openSite({ age: { gate: true } });
    const row = site.row({
      receipt: mine,
      visitorId: 'v',
      grants: all,
      ...(gate && { age: gate === 'guardian' ? gate : { gate } }),
    });
    expect(site.send({ row, events: [{ receipt: mine, anonymousId: 'v' }] }).codes).toEqual([code]);
  });
});

describe('a page that tells no age, behind an age gate', () => {
  const passed = () => {
    const site = openSite({ age: { gate: true } });
    site.send({
      row: site.row({ receipt: theirs, visitorId: 'them', grants: MP, age: 'passed' }),
      events: [{ receipt: theirs, anonymousId: 'them' }],
    });
    site.now += 60_000;
    return site;
  };
  const untold = { receipt: mine, supersedes: theirs, visitorId: 'them' };
  const codes = (site: ReturnType<typeof openSite>) =>
    site.send({ events: [{ receipt: mine, anonymousId: 'them' }] }).codes;

  test('consent 2: takes all of it back', () => {
    const site = passed();
    expect(site.post(site.row({ ...untold, kind: 'withdraw', denies: all }))).toMatchObject({
      kind: 'accepted',
      withdrawal: { all: true },
    });
    expect(site.events).toEqual([]);
  });
  test('consent 2: takes a part back, and the rest goes on where it stood', () => {
    const site = passed();
    const rest = all.filter((one) => one !== 'measurement');
    site.post(site.row({ ...untold, kind: 'withdraw', grants: ['measurement'], denies: rest }));
    expect(site.events.map(({ purposes }) => purposes)).toEqual([['measurement']]);
    expect(codes(site)).toEqual(['kept']);
    expect(site.events.at(-1)?.purposes).toEqual(['measurement']);
  });
  test('consent 2: adds nothing to it', () => {
    const site = passed();
    site.post(site.row({ ...untold, kind: 'update', grants: all }));
    expect(codes(site)).toEqual(['kept']);
    expect(site.events.at(-1)?.purposes).toEqual(MP);
  });
});

describe('the kill switch', () => {
  test('stops what a receipt granted before', () => {
    const site = granted();
    const stopped = openSite({ killSwitch: true }, site.sql);
    stopped.now = site.now;
    expect(stopped.send({ events: [{ receipt: theirs, anonymousId: 'them' }] }).codes).toEqual(['purpose']);
  });
});
