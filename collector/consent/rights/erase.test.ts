import { describe, expect, test } from 'vitest';
import { purposes } from '../../contract/purposes.js';
import { openSite, receiptOf, start } from '../site.fixture.js';
import { type ErasableEvent, planDeviceErasure, planPersonErasure } from './erase.js';

const all = [...purposes];
const event = (seq: number, fields: Partial<ErasableEvent>): ErasableEvent => ({
  seq,
  messageId: `m${seq}`,
  at: seq,
  anonymousId: 'A',
  userId: null,
  receipt: null,
  owned: false,
  ...fields,
});
const erase = (events: ErasableEvent[], fields: Partial<Parameters<typeof planPersonErasure>[0]> = {}) =>
  planPersonErasure({ userIds: ['U'], visitorIds: ['A'], receiptsOf: () => [], ...fields }, events, () => 'somebody');

describe('R14: erasing a person', () => {
  test('a device where only they were named goes whole, whoever its events were given to', () => {
    const plan = erase([
      event(1, {}),
      event(2, { userId: 'U', owned: true }),
      event(3, { owned: true }),
      event(4, { anonymousId: 'B' }),
    ]);
    expect(plan).toEqual({ deleted: [1, 2, 3], erased: ['A'], cut: [], marks: [] });
  });

  test('on a shared device goes what is theirs and what lies between their namings; the rest and the device stay', () => {
    const plan = erase([
      event(1, {}),
      event(2, { userId: 'W' }),
      event(3, { userId: 'U', owned: true }),
      event(4, {}),
      event(5, { userId: 'W' }),
      event(6, {}),
      event(7, { userId: 'U', owned: true }),
      event(8, { owned: true }),
      event(9, {}),
    ]);
    expect(plan).toEqual({
      deleted: [3, 4, 6, 7, 8],
      erased: [],
      cut: ['A'],
      marks: [
        { anonymousId: 'A', at: 3, person: 'somebody' },
        { anonymousId: 'A', at: 7, person: 'somebody' },
      ],
    });
  });

  test('named once on a shared device, one mark stays, and it names nobody', () => {
    const plan = erase([event(1, { userId: 'U', owned: true }), event(2, {}), event(3, { userId: 'W' })]);
    expect(plan).toMatchObject({ deleted: [1], cut: ['A'], marks: [{ anonymousId: 'A', at: 1, person: 'somebody' }] });
    expect(JSON.stringify(plan.marks)).not.toContain('U');
  });

  test('marks of two devices are two strangers', () => {
    let minted = 0;
    const plan = planPersonErasure(
      { userIds: ['U'], visitorIds: ['A', 'B'], receiptsOf: () => [] },
      [
        event(1, { userId: 'U' }),
        event(2, { userId: 'W' }),
        event(3, { userId: 'U', anonymousId: 'B' }),
        event(4, { userId: 'W', anonymousId: 'B' }),
      ],
      () => {
        minted += 1;
        return `stranger ${minted}`;
      },
    );
    expect(new Set(plan.marks.map((mark) => mark.person)).size).toBe(2);
  });

  test('events at the very instant of a naming are told apart by messageId, as everywhere', () => {
    const plan = erase([
      event(1, { at: 5, messageId: 'b', userId: 'U' }),
      event(2, { at: 5, messageId: 'a' }),
      event(3, { at: 5, messageId: 'c' }),
      event(4, { at: 9, messageId: 'd', userId: 'U' }),
      event(5, { at: 9, messageId: 'e' }),
      event(6, { userId: 'W', at: 1 }),
    ]);
    expect(plan.deleted).toEqual([1, 3, 4]);
  });

  test('former names are theirs too, and events without a device go by their owner or their name', () => {
    const plan = erase(
      [
        event(1, { userId: 'U-before' }),
        event(2, { anonymousId: null, owned: true }),
        event(3, { anonymousId: null, userId: 'U-before' }),
        event(4, { anonymousId: null, userId: 'W' }),
      ],
      { userIds: ['U', 'U-before'] },
    );
    expect(plan).toMatchObject({ deleted: [1, 2, 3], erased: ['A'] });
  });

  test('what a device sent while it had no lasting id goes with it', () => {
    const plan = erase(
      [
        event(1, { userId: 'U' }),
        event(2, { anonymousId: null, receipt: 'r1' }),
        event(3, { anonymousId: null, receipt: 'r2' }),
      ],
      {
        receiptsOf: () => ['r1'],
      },
    );
    expect(plan.deleted).toEqual([1, 2]);
  });

  test('a device asks for itself: all that came from it goes, and nothing else', () => {
    const events = [
      event(1, { userId: 'U' }),
      event(2, {}),
      event(3, { anonymousId: 'B', userId: 'U' }),
      event(4, { anonymousId: null, receipt: 'r1' }),
    ];
    expect(planDeviceErasure({ visitorId: 'A', receipts: ['r1'] }, events)).toEqual({
      deleted: [1, 2, 4],
      erased: ['A'],
      cut: [],
      marks: [],
    });
  });
});

describe('a request for erasure', () => {
  const site = () => {
    const opened = openSite();
    opened.send({
      row: opened.row({ receipt: receiptOf('r1'), visitorId: 'v1', grants: all }),
      events: [
        { receipt: receiptOf('r1'), anonymousId: 'v1' },
        { receipt: receiptOf('r1'), anonymousId: 'v1', type: 'identify', userId: 'u1' },
      ],
    });
    opened.now += 60_000;
    return opened;
  };

  test('is answered the same for a stranger, an unknown user and a known one', () => {
    const opened = site();
    const { erasures } = opened.consent;
    const by = (id: string) => ({ id, by: 'staff', at: opened.now });
    expect(erasures.request({ userId: 'u1' }, by('a'))).toEqual({ id: 'a', state: 'accepted' });
    expect(erasures.request({ userId: 'nobody' }, by('b'))).toEqual({ id: 'b', state: 'accepted' });
    expect(erasures.request({ visitorId: 'v1', receipt: receiptOf('guess') }, by('c'))).toEqual({
      id: 'c',
      state: 'accepted',
    });
    expect(erasures.request({ visitorId: 'v1', receipt: receiptOf('r1') }, by('d'))).toEqual({
      id: 'd',
      state: 'accepted',
    });
    for (const id of ['a', 'b', 'c', 'd'])
      expect(erasures.status(id)).toEqual({
        id,
        state: 'accepted',
        step: 1,
        steps: [{ step: 'tombstone', at: opened.now }],
        requestedAt: opened.now,
        doneAt: null,
        counts: null,
      });
  });

  test('of a visitor needs a receipt of that visitor; without one it erases nothing', () => {
    const opened = site();
    const id = opened.erase({ visitorId: 'v1', receipt: receiptOf('guess') });
    expect(opened.consent.erasures.status(id)).toMatchObject({ state: 'done', counts: { events: 0 } });
    expect(opened.events).toHaveLength(2);
    expect(opened.consent.isOut('visitorId', 'v1')).toBe(false);
    opened.erase({ visitorId: 'v1', receipt: receiptOf('r1') });
    expect(opened.events).toEqual([]);
    expect(opened.consent.isOut('visitorId', 'v1')).toBe(true);
  });

  test('keeps out what it names from the moment it is accepted', () => {
    const opened = site();
    opened.erase({ userId: 'u1' }, 'accepted');
    const { codes } = opened.send({
      events: [{ receipt: receiptOf('r1'), anonymousId: 'v1', type: 'identify', userId: 'u1' }],
    });
    expect(codes).toEqual(['erased']);
  });

  test('asked twice while it is open is one request; asked after it is done is another', () => {
    const opened = site();
    const { erasures } = opened.consent;
    expect(erasures.request({ userId: 'u1' }, { id: 'a', by: 'staff', at: 1 }).id).toBe('a');
    expect(erasures.request({ userId: 'u1' }, { id: 'b', by: 'staff', at: 2 }).id).toBe('a');
    opened.erase({ userId: 'u1' });
    expect(erasures.request({ userId: 'u1' }, { id: 'c', by: 'staff', at: 3 }).id).toBe('c');
  });

  test('that was interrupted goes on with the plan it had, not with one made from what is left', () => {
    const opened = site();
    const id = opened.erase({ userId: 'u1' }, 'running');
    expect(opened.consent.erasures.status(id)?.state).toBe('running');
    // Half of it was deleted when the power went.
    opened.events = opened.events.slice(0, 1);
    const restarted = openSite({}, opened.sql);
    restarted.events = opened.events;
    restarted.now = opened.now + 60_000;
    const [work] = restarted.consent.erasures.open();
    expect(work).toMatchObject({ id, state: 'running', closure: { visitorIds: ['v1'] } });
    expect(restarted.consent.erasures.events(id, 'delete', 10)).toEqual([1, 2]);
    // Beginning again changes nothing.
    restarted.consent.erasures.begin(
      id,
      { userIds: ['someone'], aliases: [], visitorIds: [], contacts: [] },
      { deleted: [99] },
      restarted.now,
    );
    expect(restarted.consent.isOut('userId', 'someone')).toBe(false);
    restarted.erase({ userId: 'nobody' });
    expect(restarted.events).toEqual([]);
    expect(restarted.consent.erasures.status(id)?.state).toBe('done');
  });

  test('when done holds nothing of the person; the ledger keeps its rows, and their salt is gone', () => {
    const opened = openSite();
    const row = opened.row({ receipt: receiptOf('r1'), visitorId: 'visitor-in-the-clear', grants: all });
    opened.send({
      row,
      events: [{ receipt: receiptOf('r1'), anonymousId: 'visitor-in-the-clear', userId: 'user-in-the-clear' }],
    });
    opened.now += 60_000;
    opened.erase({ userId: 'user-in-the-clear' });
    expect(opened.events).toEqual([]);
    expect(opened.dump()).not.toContain('in-the-clear');
    const table = (name: string) => opened.sql.prepare(`SELECT * FROM ${name}`).all();
    expect(table('consent_ledger')).toMatchObject([
      { kind: 'grant', receipt: receiptOf('r1') },
      { kind: 'erase', receipt: null },
    ]);
    expect(table('consent_lives')).toEqual([]);
    expect(table('consent_visitors')).toEqual([]);
    expect(table('consent_receipts')).toMatchObject([{ receipt: receiptOf('r1'), visitor_key: null, cap: 0 }]);
    // Whoever presents the receipt and the row can still prove that the consent existed.
    expect(opened.post(row)).toMatchObject({ kind: 'same', seq: 1, at: start });
  });

  test('a life begun after an erasure is never mistaken for the erased one', () => {
    const opened = site();
    opened.erase({ anonymousId: 'v1' });
    opened.now += 60_000;
    const r2 = receiptOf('r2');
    opened.send({
      row: opened.row({ receipt: r2, visitorId: 'v2', grants: all }),
      events: [{ receipt: r2, anonymousId: 'v2' }],
    });
    expect(opened.consent.receiptsOf('v2')).toEqual([r2]);
    expect(opened.consent.receiptsOf('v1')).toEqual([]);
  });

  test('R14: contacts and former names of the closure stay out too', () => {
    const opened = site();
    const { erasures } = opened.consent;
    const { id } = erasures.request({ email: 'jane@shop.com' }, { id: 'x', by: 'staff', at: opened.now });
    erasures.begin(
      id,
      { userIds: ['u1'], aliases: ['u0'], visitorIds: ['v1'], contacts: [{ kind: 'phone', value: '+3312345678' }] },
      { deleted: [] },
      opened.now,
    );
    for (const [kind, value] of [
      ['email', 'jane@shop.com'],
      ['phone', '+3312345678'],
      ['userId', 'u1'],
      ['alias', 'u0'],
      ['visitorId', 'v1'],
      ['receipt', receiptOf('r1')],
    ] as const)
      expect([kind, opened.consent.isOut(kind, value)]).toEqual([kind, true]);
    const server = { trust: 'secret', mode: 'external', purposes: all } as const;
    const { codes } = opened.send({
      key: server,
      events: [{ userId: 'u0' }, { contacts: [{ kind: 'email', value: 'jane@shop.com' }] }, { userId: 'u7' }],
    });
    expect(codes).toEqual(['erased', 'erased', 'kept']);
  });
});
