import { describe, expect, test } from 'vitest';
import { purposes } from '../../contract/purposes.js';
import { openSite, receiptOf, start } from '../site.fixture.js';

const all = [...purposes];

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
