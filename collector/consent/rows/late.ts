// Rows that come late: after the one that follows them, or after the end of the consent they speak for (consent.md,
// section 6; R14). What was taken back meanwhile stays taken back, and the row is kept as proof.

import { purposes } from '../../contract/purposes.js';
import { everything, grantable } from '../mask.js';
import type { Tombstone } from '../rights/tombstones.js';
import type { ReceiptState } from '../store/receipts.js';
import { type Act, accepted, type RowParts, type RowResult, type Withdrawal } from './act.js';
import { endLife, keepSlip, losers, noteTakenBack, personal, subjectKeyOf } from './life.js';

/** Only a successor of this row was seen so far. It is kept as proof; what the successor took back stays taken back. */
export const completeStub = (parts: RowParts, act: Act, receipt: string, stub: ReceiptState): RowResult => {
  const { store, tombstones, keyOf } = parts;
  const { visitorId, visitorKey, weighed } = act;
  if (act.boundTo !== null && act.boundTo !== stub.life) return { kind: 'forbidden' };
  const life = store.life(stub.life);
  const isOut = visitorId !== null && tombstones.of('visitorId', visitorId) !== null;
  const binds = visitorKey !== null && life !== null && !isOut && (weighed.granted & stub.cap & personal) !== 0;
  if (binds && act.boundTo === null) store.bind(visitorKey, stub.life, act.receivedAt);
  const subjectKey = life && visitorId !== null ? subjectKeyOf(keyOf, life.salt, visitorId) : null;
  const effectiveAt = Math.min(act.effectiveAt, stub.supersededAt ?? act.effectiveAt);
  const { seq, terms } = act.append({ receipt, subjectKey, effectiveAt });
  store.putReceipt({
    receipt,
    seq,
    life: stub.life,
    visitorKey: binds || act.boundTo !== null ? visitorKey : null,
    granted: weighed.granted,
    cap: stub.cap,
    deniedAfter: stub.deniedAfter,
    ack: weighed.ack,
    at: act.receivedAt,
    effectiveAt,
    boundAt: stub.boundAt,
    supersededAt: stub.supersededAt,
    expiresAt: act.expiresAt,
    terms,
    digest: act.digest,
  });
  return accepted(act, receipt, seq);
};

export const tombstoneOf = ({ tombstones }: RowParts, act: Act): Tombstone | null =>
  (act.visitorId === null ? null : tombstones.of('visitorId', act.visitorId)) ??
  (act.receipt === null ? null : tombstones.of('receipt', act.receipt)) ??
  (act.superseded === null ? null : tombstones.of('receipt', act.superseded)) ??
  (act.known === null ? null : tombstones.of('receipt', act.known));

/** A slip of a device that is out. */
export const afterTheEnd = (parts: RowParts, act: Act, cause: Tombstone['cause']): RowResult => {
  const followed = overtaken(parts, act);
  return !followed && isAnothers(parts, act) ? { kind: 'forbidden' } : lateSlip(parts, act, cause, followed);
};

/** It names a device that is out, and follows a receipt of one that is not: nobody's slip. */
const isAnothers = ({ store }: RowParts, { kin, boundTo }: Act): boolean =>
  kin !== null && (boundTo !== null ? boundTo !== kin.life : store.life(kin.life) !== null);

/**
 * An erasure can overtake the row by which a device takes its lasting id: it then found nobody by that id, and nothing of
 * what the device had sent without one. The row tells whose that was, by a receipt that only the device has: its life ends
 * as it would have, had the row come first.
 */
const overtaken = (parts: RowParts, act: Act): Withdrawal | null => {
  const { store, tombstones } = parts;
  const { kin } = act;
  const tombstone = act.visitorId === null ? null : tombstones.of('visitorId', act.visitorId);
  const life = kin && act.boundTo === null ? store.life(kin.life) : null;
  if (tombstone?.cause !== 'erased' || !life) return null;
  const head = store.receipt(life.head);
  // It has an id of its own, and could not have taken this one.
  if (head && grantable(head.granted & head.cap) & personal) return null;
  const earlier = store.receiptsOf(life.life);
  endLife(parts, life.life, earlier, 'erased', tombstone.erasedAt);
  const withdrawal: Withdrawal = {
    visitorId: null,
    receipts: losers(earlier, everything),
    purposes,
    all: true,
    onWithdraw: 'erase',
    at: act.receivedAt,
  };
  noteTakenBack(parts, act, withdrawal);
  return withdrawal;
};

/**
 * The device is out. A grant cannot bring it back; a slip finds nothing more to take back than what it alone tells of, and
 * must be answered so.
 */
const lateSlip = (
  { store }: RowParts,
  act: Act,
  cause: Tombstone['cause'],
  withdrawal: Withdrawal | null,
): RowResult => {
  if (act.weighed.asksForGrant) return { kind: 'out', state: cause, withdrawal };
  return accepted(act, act.receipt, keepSlip(store, act), withdrawal);
};
