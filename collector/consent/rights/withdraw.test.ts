import { describe, expect, test } from 'vitest';
import { type Purpose, purposes } from '../../contract/purposes.js';
import type { AcceptedEvent, EventType } from '../../events/event.js';
import { type HeldEvent, isReadAlike, planWithdrawal } from './withdraw.js';

const all = [...purposes];
const held = (fields: Partial<HeldEvent> = {}): HeldEvent => ({
  seq: 1,
  type: 'page',
  name: null,
  receipt: 'r1',
  purposes: all,
  ...fields,
});
const plan = (taken: Purpose[], event: HeldEvent, onWithdraw: 'erase' | 'stop' | 'anonymise' = 'erase') =>
  planWithdrawal({ receipts: ['r1', 'r2'], purposes: taken, onWithdraw }, [event]);

describe('a withdrawal', () => {
  test.each<[string, Purpose[], EventType, string | null, Purpose[] | 'deleted']>([
    ['of all', all, 'page', null, 'deleted'],
    ['of measurement', ['measurement'], 'page', null, 'deleted'],
    ['of personalisation', ['personalisation'], 'page', null, ['measurement']],
    ['of personalisation', ['personalisation'], 'identify', null, 'deleted'],
    ['of personalisation', ['personalisation'], 'track', 'Survey Answered', 'deleted'],
    ['of personalisation', ['personalisation'], 'track', 'Order Completed', ['measurement']],
    ['of marketing', ['marketing'], 'identify', null, ['measurement', 'personalisation', 'sharing']],
    ['of marketing', ['marketing'], 'track', 'Message Opened', 'deleted'],
    ['of sharing', ['sharing'], 'track', 'Message Opened', ['measurement', 'personalisation', 'marketing']],
  ])('%s (%j) leaves %s %s: %j', (_, taken, type, name, left) => {
    const result = plan(taken, held({ type, name }));
    if (left === 'deleted') expect(result).toEqual({ deleted: [1], narrowed: [] });
    else {
      expect(result.deleted).toEqual([]);
      expect(result.narrowed[0]?.purposes).toEqual(left);
    }
  });

  test('takes with a purpose the fields that only it permitted', () => {
    expect(plan(['personalisation'], held()).narrowed).toEqual([
      { seq: 1, purposes: ['measurement'], identity: true, clickIds: true },
    ]);
    expect(plan(['marketing'], held()).narrowed).toMatchObject([{ identity: false, clickIds: true }]);
    expect(plan(['sharing'], held()).narrowed).toMatchObject([{ identity: false, clickIds: false }]);
  });

  test('reaches what was collected under any receipt of that consent, and nothing else', () => {
    const events = [
      held({ seq: 1, receipt: 'r1' }),
      held({ seq: 2, receipt: 'r2' }),
      held({ seq: 3, receipt: 'of another' }),
      held({ seq: 4, receipt: null, type: 'track', name: 'Order Completed' }),
    ];
    expect(planWithdrawal({ receipts: ['r1', 'r2'], purposes: all, onWithdraw: 'erase' }, events)).toEqual({
      deleted: [1, 2],
      narrowed: [],
    });
  });

  test('planned again over what it left, finds nothing to do', () => {
    const [narrowed] = plan(['marketing'], held()).narrowed;
    expect(plan(['marketing'], held({ purposes: narrowed!.purposes }))).toEqual({ deleted: [], narrowed: [] });
  });

  test('with "stop" deletes nothing and takes no field; the purposes that are left bound the use', () => {
    expect(plan(all, held(), 'stop')).toEqual({
      deleted: [],
      narrowed: [{ seq: 1, purposes: [], identity: false, clickIds: false }],
    });
  });
});

describe('an event that may be used for less', () => {
  const touch = { source: 'x', clickId: 'CLICK' } as AcceptedEvent['touch'];
  const spelled: AcceptedEvent['contacts'] = [{ kind: 'email', value: 'ada@shop.test', raw: 'Ada@Shop.test' }];
  const plain: AcceptedEvent['contacts'] = [{ kind: 'email', value: 'ada@shop.test', raw: 'ada@shop.test' }];
  test.each<[string, Purpose[], Partial<AcceptedEvent>, boolean]>([
    ['sharing', ['sharing'], { touch, contacts: spelled }, true],
    ['marketing', ['marketing'], {}, true],
    ['marketing, with a contact in its one spelling', ['marketing'], { contacts: plain }, true],
    ['marketing, with a contact in a spelling of its own', ['marketing'], { contacts: spelled }, false],
    ['marketing, with a click id', ['marketing'], { touch }, false],
    ['marketing, with a touch that has none', ['marketing'], { touch: { ...touch!, clickId: null } }, true],
    ['personalisation', ['personalisation'], {}, false],
  ])('without %s is read as before: %j %j %s', (_, taken, fields, alike) => {
    const event = { touch: null, contacts: [], purposes: all, ...fields };
    const [narrowing] = plan(taken, held()).narrowed;
    expect(isReadAlike(event, narrowing!)).toBe(alike);
  });
  test('is read another way where its fields stay and its purpose does not (`stop`)', () => {
    const [narrowing] = plan(['personalisation'], held(), 'stop').narrowed;
    expect(isReadAlike({ touch: null, contacts: [], purposes: all }, narrowing!)).toBe(false);
  });
});
