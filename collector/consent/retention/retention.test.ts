import { describe, expect, test } from 'vitest';
import type { Purpose } from '../../contract/purposes.js';
import { parsePolicy } from '../policy/policy.js';
import {
  type AgeingEvent,
  dayMs,
  daysKept,
  planExpiry,
  type RemovedPurpose,
  type Terms,
  termsOfDocument,
} from './retention.js';

const now = Date.UTC(2027, 5, 1);
const terms: Terms = { measurement: 395, personalisation: 180, marketing: 90, sharing: 30 };
const all: Purpose[] = ['measurement', 'personalisation', 'marketing', 'sharing'];
const event = (ageDays: number, fields: Partial<AgeingEvent> = {}): AgeingEvent => ({
  seq: 1,
  type: 'page',
  name: null,
  receipt: 'r'.repeat(22),
  purposes: all,
  receivedAt: now - ageDays * dayMs,
  kept: null,
  ...fields,
});
const planned = (it: AgeingEvent, removed: readonly RemovedPurpose[] = []) =>
  planExpiry([it], () => terms, now, removed);

describe('an event ages purpose by purpose', () => {
  const own = { days: null, orderDays: null };
  const identify = { type: 'identify' as const };
  const order = { type: 'track' as const, name: 'Order Completed', receipt: null };
  const cases: [string, AgeingEvent, 'stays' | 'goes' | Purpose[]][] = [
    ['on its last millisecond all stand', event(30, { receivedAt: now - 30 * dayMs + 1 }), 'stays'],
    ['after 30 days it may not be shared', event(30), ['measurement', 'personalisation', 'marketing']],
    ['after 90 it may not be used for marketing', event(90), ['measurement', 'personalisation']],
    ['after 180 it is nobody’s', event(180), ['measurement']],
    ['after 395 it goes', event(395), 'goes'],
    ['an identify goes with the profile it is for', event(180, identify), 'goes'],
    ['a message goes with marketing', event(90, { type: 'track', name: 'Message Opened' }), 'goes'],
    ['an event of one purpose has one term', event(394, { purposes: ['measurement'] }), 'stays'],
    ['an order on a basis of its own has no end', event(4_000, { ...order, kept: own }), 'stays'],
    ['… unless its key says so', event(3_650, { ...order, kept: { days: null, orderDays: 3_650 } }), 'goes'],
    ['an order under consent ages like any event', event(395, { ...order, receipt: 'r'.repeat(22) }), 'goes'],
    ['an external page view ages by the policy', event(180, { receipt: null, kept: own }), ['measurement']],
    ['… or by its key, for all purposes at once', event(60, { kept: { days: 60, orderDays: null } }), 'goes'],
    ['… which may also be longer', event(394, { kept: { days: 700, orderDays: null } }), 'stays'],
  ];
  test.each(cases)('%s', (_, it, expected) => {
    const plan = planned(it);
    if (expected === 'stays') expect(plan).toEqual({ deleted: [], narrowed: [], lost: {} });
    else if (expected === 'goes') expect(plan).toMatchObject({ deleted: [1], narrowed: [] });
    else expect(plan).toMatchObject({ deleted: [], narrowed: [{ seq: 1, purposes: expected }] });
  });

  test('fields go with their purpose: click ids with marketing, the person with personalisation', () => {
    expect(planned(event(30)).narrowed[0]).toMatchObject({ identity: false, clickIds: false });
    expect(planned(event(90)).narrowed[0]).toMatchObject({ identity: false, clickIds: true });
    expect(planned(event(180)).narrowed[0]).toMatchObject({ identity: true, clickIds: true });
  });

  test('a purpose that outlives the one it needs goes with it', () => {
    const odd: Terms = { measurement: 20, personalisation: 180, marketing: 90, sharing: 30 };
    expect(planExpiry([event(20)], () => odd, now)).toMatchObject({
      deleted: [1],
      lost: { measurement: 1, personalisation: 1, marketing: 1, sharing: 1 },
    });
  });

  test('each event has the terms it was collected under', () => {
    const long = event(100, { seq: 2, receipt: 'old' });
    const plan = planExpiry(
      [event(100), long],
      ({ receipt }) => (receipt === 'old' ? { ...terms, marketing: 365 } : terms),
      now,
    );
    expect(plan.narrowed.map(({ seq, purposes }) => [seq, purposes])).toEqual([
      [1, ['measurement', 'personalisation']],
      [2, ['measurement', 'personalisation', 'marketing']],
    ]);
  });

  test('a purpose the policy no longer lists goes from what was collected until then, where consent was the basis', () => {
    const removed = [{ purpose: 'personalisation' as const, removedAt: now - 2 * dayMs }];
    expect(planned(event(3), removed).narrowed[0]).toMatchObject({ purposes: ['measurement'], identity: true });
    expect(planned(event(1), removed)).toMatchObject({ deleted: [], narrowed: [] });
    expect(planned(event(3, { receipt: null, kept: own }), removed)).toMatchObject({ deleted: [], narrowed: [] });
  });
});

describe('terms', () => {
  test('are read from the document of a policy, as it was stored', () => {
    const document = parsePolicy({
      purposes: [
        { id: 'measurement', retentionDays: 100 },
        { id: 'necessary', always: true },
      ],
    }).document;
    expect(termsOfDocument(document)).toEqual({ measurement: 100 });
  });
  test.each([
    [null],
    [{}],
    [{ purposes: 'x' }],
    [{ purposes: [null, { id: 'constructor', retentionDays: 3 }, { id: 'sharing', retentionDays: '3' }] }],
  ])('an odd document says nothing: %j', (document) => expect(termsOfDocument(document)).toEqual({}));
});

test('a class is kept as the consent file says, within its bound', () => {
  const of = {
    name: 'x',
    what: '',
    table: 't',
    from: 'at',
    unit: 'ms',
    order: 'key',
    days: 100,
    setBy: 'xDays',
    daysMax: 760,
  } as const;
  expect(daysKept(of, null)).toBe(100);
  expect(daysKept(of, { xDays: 50 })).toBe(50);
  expect(daysKept(of, { xDays: 5_000 })).toBe(760);
  expect(daysKept(of, { xDays: 'many' })).toBe(100);
});
