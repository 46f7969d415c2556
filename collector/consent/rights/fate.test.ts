import { describe, expect, test } from 'vitest';
import type { ErasableEvent } from './fate.js';
import { planDeviceErasure, planPersonErasure } from './plan.fixture.js';

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
