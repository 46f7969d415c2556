// What goes when a person takes consent back (consent.md, section 6): which events are deleted, which lose a purpose and
// with it some fields. Pure; the pipeline executes. It never touches what was not collected under that consent.

import type { Purpose } from '../../contract/purposes.js';
import type { AcceptedEvent, EventType } from '../../events/event.js';
import { purposeOf } from '../gate.js';
import { bitOf, grantable, type Mask, maskOf, purposesOf } from '../mask.js';
import type { Withdrawal } from '../rows/act.js';

/** Of an event in the store, what decides. */
export interface HeldEvent {
  seq: number;
  type: EventType;
  name: string | null;
  receipt: string | null;
  purposes: readonly Purpose[];
}

/** What an event keeps. Fields of a purpose that is gone go with it. */
export interface Narrowing {
  seq: number;
  purposes: readonly Purpose[];
  /** anonymousId, userId, traits and contacts: `personalisation` is gone. */
  identity: boolean;
  /** Click ids: `marketing` is gone. */
  clickIds: boolean;
}

/** What stays of an event that may be used for less; null: nothing, the purpose that permitted it is gone. */
export const narrowed = (event: Pick<HeldEvent, 'seq' | 'type' | 'name'>, left: Mask): Narrowing | null =>
  left & bitOf(purposeOf(event.type, event.name))
    ? {
        seq: event.seq,
        purposes: purposesOf(left),
        identity: !(left & bitOf('personalisation')),
        clickIds: !(left & bitOf('marketing')),
      }
    : null;

/** The event without the fields of the purposes it lost. */
export const without = (event: AcceptedEvent, { purposes, identity, clickIds }: Narrowing): AcceptedEvent => ({
  ...event,
  purposes,
  ...(identity
    ? { anonymousId: null, userId: null, claimedUserId: null, traits: {}, contacts: [], previousId: null }
    : {}),
  touch: clickIds && event.touch ? { ...event.touch, clickId: null } : event.touch,
});

/**
 * Whether all that is read from an event is the same once it is narrowed. Of its purposes the folds ask for two alone: for
 * `personalisation`, without which it only measures its visit, and for `marketing`, with which a contact keeps its spelling.
 */
export const isReadAlike = (
  event: Pick<AcceptedEvent, 'purposes' | 'touch' | 'contacts'>,
  { purposes, identity, clickIds }: Narrowing,
): boolean => {
  const lost = maskOf(event.purposes) & ~maskOf(purposes);
  if (identity || lost & bitOf('personalisation')) return false;
  if (clickIds && event.touch?.clickId) return false;
  return !(lost & bitOf('marketing')) || event.contacts.every(({ value, raw }) => raw === value);
};

export interface WithdrawalPlan {
  deleted: readonly number[];
  narrowed: readonly Narrowing[];
}

/**
 * Only events collected under this consent lose anything: an order kept on another basis carries no receipt and stays.
 * An event goes when the purpose that permitted it is gone, even if others are left: an `identify` cannot live by
 * `measurement`. With `stop` nothing is deleted; what is left of its purposes still bounds its use.
 */
export const planWithdrawal = (
  withdrawal: Pick<Withdrawal, 'receipts' | 'purposes' | 'onWithdraw'>,
  events: Iterable<HeldEvent>,
): WithdrawalPlan => {
  const receipts = new Set(withdrawal.receipts);
  const gone = maskOf(withdrawal.purposes);
  const deleted: number[] = [];
  const kept: Narrowing[] = [];
  for (const event of events) {
    if (event.receipt === null || !receipts.has(event.receipt)) continue;
    const before = maskOf(event.purposes);
    if (!(before & gone)) continue;
    const left = grantable(before & ~gone);
    if (withdrawal.onWithdraw === 'stop') {
      kept.push({ seq: event.seq, purposes: purposesOf(left), identity: false, clickIds: false });
      continue;
    }
    const narrowing = narrowed(event, left);
    if (narrowing) kept.push(narrowing);
    else deleted.push(event.seq);
  }
  return { deleted, narrowed: kept };
};
