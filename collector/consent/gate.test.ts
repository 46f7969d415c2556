import { describe, expect, test } from 'vitest';
import type { Purpose } from '../contract/purposes.js';
import type { EventType } from '../events/event.js';
import {
  day,
  event,
  facts,
  granted,
  K,
  KS,
  key,
  M,
  MP,
  MPK,
  minute,
  now,
  PKS,
  receipt,
  spell,
  stone,
  untouched,
} from './gate.fixture.js';
import { type Candidate, type Facts, judge, purposeOf } from './gate.js';
import { everything } from './mask.js';
import type { ReceiptState } from './store/receipts.js';

describe('what permits an event', () => {
  test.each<[EventType, string | null, Purpose]>([
    ['page', null, 'measurement'],
    ['screen', 'Home', 'measurement'],
    ['track', 'Product Added', 'measurement'],
    ['track', 'Order Completed', 'measurement'],
    ['track', 'Page Engaged', 'measurement'],
    ['track', 'Survey Shown', 'measurement'],
    ['track', 'Messages Opened', 'measurement'],
    ['track', 'Survey Answered', 'personalisation'],
    ['track', 'Message Opened', 'marketing'],
    ['identify', null, 'personalisation'],
    ['alias', null, 'personalisation'],
    ['group', null, 'personalisation'],
  ])('%s %s needs %s', (type, name, purpose) => {
    expect(purposeOf(type, name)).toBe(purpose);
  });
});

describe('R15: a ledger key', () => {
  const cases: [string, Partial<Candidate>, Partial<Facts>, string][] = [
    ['a live receipt', {}, {}, 'measurement,personalisation,marketing,sharing'],
    ['no receipt', { receipt: undefined }, { receipt: null }, 'dropped no_receipt'],
    ['a receipt that is none', { receipt: 'abc' }, { receipt: null }, 'dropped no_receipt'],
    ['a receipt that is a number', { receipt: 7 }, { receipt: null }, 'dropped no_receipt'],
    ['a receipt the ledger does not know', {}, { receipt: null }, 'held unknown_receipt'],
    ['a receipt whose row was refused', {}, { receipt: 'refused' }, 'dropped no_receipt'],
    ['somebody else’s receipt', {}, { bound: false }, 'dropped no_receipt'],
    [
      'a receipt of which only a successor was seen',
      {},
      { receipt: granted({ seq: null, granted: 0 }) },
      'held unknown_receipt',
    ],
    [
      'the same, when the successor took everything back',
      {},
      { receipt: granted({ seq: null, granted: 0, cap: 0, deniedAfter: everything }) },
      'dropped withdrawn !withdrawn',
    ],
    ['an expired receipt', {}, { receipt: granted({ expiresAt: now }) }, 'dropped expired !stale'],
    ['a receipt in its last millisecond', {}, { receipt: granted({ expiresAt: now + 1, granted: M }) }, 'measurement'],
    [
      'a withdrawal of everything, for an older event',
      { at: now - 5 * day },
      { receipt: granted({ cap: 0, deniedAfter: everything, supersededAt: now - day, effectiveAt: now - 9 * day }) },
      'dropped withdrawn !withdrawn',
    ],
    [
      'a withdrawal of marketing, for a page',
      { at: now - 5 * day },
      { receipt: granted({ cap: MP, deniedAfter: K, supersededAt: now - day, effectiveAt: now - 9 * day }) },
      'measurement,personalisation',
    ],
    [
      'a withdrawal of marketing, for an opened message that comes late',
      { at: now - 5 * day, type: 'track', name: 'Message Opened' },
      { receipt: granted({ cap: MP, deniedAfter: K, supersededAt: now - day, effectiveAt: now - 9 * day }) },
      'dropped late',
    ],
    [
      'a withdrawal of personalisation, for an identify that comes late',
      { at: now - 5 * day, type: 'identify', userId: 'u1' },
      { receipt: granted({ cap: M, deniedAfter: PKS, supersededAt: now - day, effectiveAt: now - 9 * day }) },
      'dropped late',
    ],
    [
      'a superseded receipt before its successor, for what both grant',
      { at: now - 2 * day },
      { receipt: granted({ cap: MP, supersededAt: now - day, effectiveAt: now - 9 * day }) },
      'measurement,personalisation',
    ],
    [
      'a superseded receipt from its successor on',
      { at: now - day },
      { receipt: granted({ cap: MP, supersededAt: now - day, effectiveAt: now - 9 * day }) },
      'dropped superseded',
    ],
    ['an event before its grant', { at: now - day - 3 * minute }, {}, 'dropped too_early'],
    [
      'an event two minutes before its grant',
      { at: now - day - 2 * minute },
      { receipt: granted({ granted: M }) },
      'measurement',
    ],
    [
      'an event held in the page, where the policy holds none',
      { at: now - day - 3 * minute, preConsent: true },
      {},
      'dropped too_early',
    ],
    [
      'an event held in the page, where the policy holds them for half an hour',
      { at: now - day - 31 * minute, preConsent: true },
      {
        policy: { available: everything, gpcDeny: KS, preConsentMaxMs: 30 * minute },
        receipt: granted({ granted: M }),
      },
      'measurement',
    ],
    [
      'an event held for longer',
      { at: now - day - 33 * minute, preConsent: true },
      { policy: { available: everything, gpcDeny: KS, preConsentMaxMs: 30 * minute } },
      'dropped too_early',
    ],
    [
      'an event of 31 days ago',
      { at: now - 31 * day },
      { receipt: granted({ effectiveAt: now - 90 * day }) },
      'dropped stale_event',
    ],
    [
      'an event of 30 days ago',
      { at: now - 30 * day },
      { receipt: granted({ effectiveAt: now - 90 * day, granted: M }) },
      'measurement',
    ],
    ['measurement only, for a page', {}, { receipt: granted({ granted: M }) }, 'measurement'],
    [
      'measurement only, for an identify',
      { type: 'identify', userId: 'u1' },
      { receipt: granted({ granted: M }) },
      'dropped purpose',
    ],
    [
      'measurement only, for a message',
      { type: 'track', name: 'Message Sent' },
      { receipt: granted({ granted: M }) },
      'dropped purpose',
    ],
    ['a receipt that grants nothing', {}, { receipt: granted({ granted: 0 }) }, 'dropped purpose'],
    [
      'terms of personalisation that changed',
      {},
      { receipt: granted({ valid: everything & ~2 }) },
      'measurement !stale',
    ],
    [
      'terms of personalisation that changed, for an identify',
      { type: 'identify', userId: 'u1' },
      { receipt: granted({ valid: everything & ~2 }) },
      'dropped policy !stale',
    ],
    ['terms of measurement that changed', {}, { receipt: granted({ valid: PKS }) }, 'dropped policy !stale'],
    [
      'its own preferences, narrower',
      { preferences: { marketing: false } },
      { receipt: granted({ granted: MPK }) },
      'measurement,personalisation',
    ],
    [
      'its own preferences, wider',
      { preferences: { marketing: true } },
      { receipt: granted({ granted: MP }) },
      'measurement,personalisation',
    ],
    ['the opt-out signal', {}, { gpc: true }, 'measurement,personalisation'],
    ['the opt-out signal, for a message', { type: 'track', name: 'Message Opened' }, { gpc: true }, 'dropped gpc'],
    [
      'the opt-out signal, after the person was told of it and decided otherwise',
      {},
      { gpc: true, receipt: granted({ ack: K, granted: MPK }) },
      'measurement,personalisation,marketing',
    ],
    [
      'the opt-out signal, for a message whose receipt may say otherwise but is not known',
      { type: 'track', name: 'Message Opened' },
      { gpc: true, receipt: null },
      'held unknown_receipt',
    ],
    [
      'the opt-out signal and no receipt',
      { receipt: null, type: 'track', name: 'Message Opened' },
      { gpc: true, receipt: null },
      'dropped gpc',
    ],
    [
      'a person who denies marketing',
      { userId: 'u1' },
      { denial: { denied: KS, objected: 0, at: now } },
      'measurement,personalisation',
    ],
    [
      'a person who denies personalisation, for an identify',
      { type: 'identify', userId: 'u1' },
      { denial: { denied: PKS, objected: 0, at: now } },
      'dropped withdrawn',
    ],
    [
      'a person who denies everything',
      { userId: 'u1' },
      { denial: { denied: everything, objected: 0, at: now } },
      'dropped withdrawn',
    ],
  ];
  test.each(cases)('%s', (_, of, under, expected) => {
    expect(spell(judge(event(of), facts(under)))).toBe(expected);
  });

  test('R15: granted again while logged in, the login reported with the grant, lifts the person’s denial', () => {
    const under = facts({ denial: { denied: PKS, objected: 0, at: now - 2 * day } });
    const together = event({ type: 'identify', userId: 'u1', at: now - day + 1_000 });
    expect(judge(together, under)).toMatchObject({ kind: 'pass', personAct: { userId: 'u1', receipt } });
    // Granted logged out, logged in later: it concerns that device.
    expect(spell(judge({ ...together, at: now - day + minute }, under))).toBe('dropped withdrawn');
    // Denied after that grant.
    const after = facts({ denial: { denied: PKS, objected: 0, at: now } });
    expect(spell(judge(together, after))).toBe('dropped withdrawn');
    // Not by a region's default.
    const silent = facts({ ...under, receipt: granted({ chosen: 0 }) });
    expect(spell(judge(together, silent))).toBe('dropped withdrawn');
  });

  test('R15: refused while logged in, the login reported with the refusal, is the person’s refusal', () => {
    const under = facts({ receipt: granted({ granted: MP, refused: KS }) });
    const together = event({ type: 'identify', userId: 'u1', at: now - day });
    expect(judge(together, under)).toMatchObject({ kind: 'pass', personAct: { userId: 'u1', receipt } });
    expect(judge({ ...together, at: now - minute }, under)).toMatchObject({ personAct: null });
    const known = facts({ ...under, denial: { denied: KS, objected: 0, at: now } });
    expect(judge(together, known)).toMatchObject({ personAct: null });
  });
});

describe('what an event loses', () => {
  const stripped = (of: Partial<Candidate>, under: Partial<Facts>) => {
    const judgement = judge(event(of), facts(under));
    return judgement.kind === 'pass' ? judgement.strip : judgement;
  };
  test('consent 6: with measurement alone it keeps no id, no user, no trait, no contact and no click id', () => {
    expect(stripped({ userId: 'u1' }, { receipt: granted({ granted: M }) })).toEqual({
      anonymousId: true,
      userId: true,
      traits: true,
      contacts: 'all',
      clickIds: true,
    });
  });
  test('with personalisation it keeps who it is of, without marketing no click id', () => {
    expect(stripped({ userId: 'u1' }, { receipt: granted({ granted: MP }) })).toEqual({
      anonymousId: false,
      userId: false,
      traits: false,
      contacts: [],
      clickIds: true,
    });
    expect(stripped({}, {})).toMatchObject({ anonymousId: false, clickIds: false });
    expect(stripped({}, { gpc: true })).toMatchObject({ anonymousId: false, clickIds: true });
  });
});

describe('the order of checks is the order of consent.md section 4', () => {
  // Each step breaks one rule alone. An event that breaks two is told the code of the earlier, whichever the other is.
  interface Step {
    check: number;
    said: string;
    event?: Partial<Candidate>;
    receipt?: Partial<ReceiptState> | null | 'refused';
    facts?: Partial<Facts>;
  }
  const steps: readonly Step[] = [
    { check: 2, said: 'dropped erased !erased', facts: { tombstones: { ...untouched, visitor: stone() } } },
    { check: 3, said: 'dropped gpc', facts: { gpc: true } },
    { check: 4, said: 'dropped no_receipt', event: { receipt: 'none' }, receipt: null },
    { check: 4, said: 'dropped no_receipt', facts: { bound: false } },
    { check: 4, said: 'dropped expired !stale', receipt: { expiresAt: now } },
    { check: 4, said: 'dropped withdrawn !withdrawn', receipt: { deniedAfter: everything & ~K } },
    { check: 4, said: 'dropped superseded', receipt: { supersededAt: 1 } },
    { check: 4, said: 'dropped policy !stale', receipt: { valid: MP } },
    { check: 5, said: 'dropped late', receipt: { deniedAfter: K, cap: MP } },
    { check: 5, said: 'dropped withdrawn', facts: { denial: { denied: K, objected: 0, at: now } } },
    { check: 5, said: 'dropped too_early', receipt: { effectiveAt: now } },
    { check: 6, said: 'dropped stale_event', event: { at: now - 40 * day } },
    { check: 7, said: 'dropped purpose', receipt: { granted: MP } },
  ];
  const marketing: Partial<Candidate> = { type: 'track', name: 'Message Opened', at: now - 5 * minute };
  const judged = (...broken: Step[]): string => {
    const known = broken.map((step) => step.receipt).filter((one) => one !== undefined);
    const state = known.includes(null)
      ? null
      : granted(Object.assign({ effectiveAt: now - 60 * day }, ...known.filter((one) => typeof one === 'object')));
    return spell(
      judge(
        event(Object.assign({}, marketing, ...broken.map((step) => step.event))),
        facts(Object.assign({ receipt: state }, ...broken.map((step) => step.facts))),
      ),
    );
  };

  test('what breaks no rule is kept', () => {
    expect(judged()).toBe('measurement,personalisation,marketing,sharing');
  });
  test.each(steps)('check $check alone: $said', (step) => {
    expect(judged(step)).toBe(step.said);
  });
  // Two steps that need the same field to be two things cannot both be broken by one event.
  const clash = (a: Step, b: Step): boolean => {
    const fields = (step: Step) => [
      ...Object.keys(step.event ?? {}),
      ...Object.keys(step.receipt === null ? { granted: 0, receipt: 0 } : (step.receipt ?? {})),
      ...Object.keys(step.facts ?? {}),
    ];
    if (a.receipt === null || b.receipt === null) return a.receipt !== undefined && b.receipt !== undefined && a !== b;
    return fields(a).some((field) => fields(b).includes(field));
  };
  const unlike = new Set([
    // A purpose whose terms changed, or that was never granted, is none that a withdrawal could have taken.
    'dropped policy !stale dropped late',
    'dropped late dropped purpose',
    'dropped policy !stale dropped purpose',
    'dropped withdrawn dropped purpose',
    'dropped policy !stale dropped withdrawn',
    'dropped late dropped withdrawn',
  ]);
  const pairs = steps.flatMap((first, at) =>
    steps
      .slice(at + 1)
      .filter(
        (second) => second.check > first.check && !clash(first, second) && !unlike.has(`${first.said} ${second.said}`),
      )
      .map((second) => ({ first, second, name: `${first.said}, also ${second.said}` })),
  );
  test.each(pairs)('$name', ({ first, second }) => {
    expect(judged(first, second)).toBe(first.said);
  });
  test('all pairs of neighbouring checks are among them', () => {
    for (const [check, next] of [
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
      [6, 7],
    ])
      expect(pairs.some(({ first, second }) => first.check === check && second.check === next)).toBe(true);
  });
  test('a row that a batch of another banner brings is judged in the same order', () => {
    const claimed = { key: key('claimed'), receipt: null };
    const none = event({ ...marketing, at: now - 40 * day, preferences: {} });
    const denial = { denied: everything, objected: 0, at: now };
    expect(spell(judge(none, facts({ ...claimed, gpc: true, denial })))).toBe('dropped gpc');
    expect(spell(judge(none, facts({ ...claimed, denial })))).toBe('dropped no_consent');
    const said = { ...none, preferences: { measurement: true, personalisation: true } };
    expect(spell(judge(said, facts({ ...claimed, denial })))).toBe('dropped withdrawn');
    expect(spell(judge(said, facts(claimed)))).toBe('dropped stale_event');
    expect(spell(judge({ ...said, at: now }, facts(claimed)))).toBe('dropped purpose');
  });
});

test('the kill switch stops every public key, and leaves the shop’s own orders', () => {
  const policy = { available: 0, gpcDeny: KS, preConsentMaxMs: 0 };
  const kept: Purpose[] = ['measurement', 'personalisation'];
  // Of a receipt nothing is left that the site asks for.
  expect(spell(judge(event(), facts({ policy, receipt: granted({ granted: 0, valid: 0 }) })))).toBe('dropped purpose');
  expect(spell(judge(event(), facts({ policy, key: key('external', kept), receipt: null })))).toBe('dropped purpose');
  expect(
    spell(judge(event({ preferences: { measurement: true } }), facts({ policy, key: key('claimed'), receipt: null }))),
  ).toBe('dropped no_consent');
  expect(spell(judge(event(), facts({ policy, key: key('external', kept, 'secret'), receipt: null })))).toBe(
    'measurement,personalisation',
  );
});
