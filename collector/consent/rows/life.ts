// A life: the consent of one device, from its first answer to its end, and the receipts that were given out in it. What
// of it loses something, how it ends, and what the journal hears of it.

import { hexOf, type KeyOf } from '../keys.js';
import { bitOf, everything, type Mask, maskOf, purposesOf } from '../mask.js';
import type { Tombstone } from '../rights/tombstones.js';
import type { ConsentStore } from '../store/store.js';
import { type Act, provenId, type RowParts, type Withdrawal } from './act.js';

/** While it is granted, a life goes by a lasting id. */
export const personal = bitOf('personalisation');

export type Earlier = ReturnType<ConsentStore['receiptsOf']>;

/** Those under which something may lie that goes with these purposes: the others lost them before, or never had them. */
export const losers = (earlier: Earlier, lost: Mask): string[] =>
  earlier.filter((one) => (one.granted & ~one.denied_after & lost) !== 0).map((one) => one.receipt);

/** What an act takes back of a life; null: nothing that was permitted in it. */
export const takeBack = (
  parts: RowParts,
  act: Act,
  earlier: Earlier,
  { lost, all }: { lost: Mask; all: boolean },
): Withdrawal | null => {
  const receipts = losers(earlier, lost);
  if (receipts.length === 0) return null;
  const withdrawal: Withdrawal = {
    visitorId: provenId(act),
    receipts,
    purposes: purposesOf(lost),
    all,
    onWithdraw: act.kind === 'erase' ? 'erase' : parts.policy.onWithdraw,
    at: act.receivedAt,
  };
  noteTakenBack(parts, act, withdrawal);
  return withdrawal;
};

/** In the journal, so that an older backup does not come back without it. */
export const noteTakenBack = (
  { keyOf, note }: RowParts,
  { visitorKey }: Act,
  { visitorId, receipts, purposes, onWithdraw, at }: Withdrawal,
): void =>
  note({
    act: 'took-back',
    visitor: visitorId !== null && visitorKey ? hexOf(visitorKey) : null,
    receipts: receipts.map((one) => hexOf(keyOf('receipt', one))),
    purposes: maskOf(purposes),
    how: onWithdraw,
    at,
  });

/** The same, of what a device objects to from then on. */
export const noteObjected = ({ store, note }: RowParts, life: number, purposes: Mask, at: number): void => {
  const visitors = store.visitorsOf(life).map(hexOf);
  if (visitors.length > 0) note({ act: 'objected', visitors, purposes, at });
};

/** No receipt of it stands any more, and no device of it comes back. */
export const endLife = (
  { store, tombstones }: Pick<RowParts, 'store' | 'tombstones'>,
  life: number,
  receipts: Earlier,
  cause: Tombstone['cause'],
  at: number,
): void => {
  for (const { receipt } of receipts) tombstones.add('receipt', receipt, cause, at);
  for (const key of store.visitorsOf(life)) tombstones.addKey('visitorId', key, cause, at);
  store.endLife(life);
};

/** In the ledger. Sent again it is the same row; it grants nothing, and belongs to no life. */
export const keepSlip = (store: ConsentStore, act: Act): number => {
  const { seq, terms } = act.append({ receipt: act.receipt, subjectKey: null });
  if (act.receipt === null) return seq;
  store.putReceipt({
    receipt: act.receipt,
    seq,
    life: noLife,
    visitorKey: null,
    granted: 0,
    cap: everything,
    deniedAfter: everything,
    ack: 0,
    at: act.receivedAt,
    effectiveAt: act.effectiveAt,
    boundAt: act.receivedAt,
    supersededAt: null,
    expiresAt: act.expiresAt,
    terms,
    digest: act.digest,
  });
  return seq;
};
/** Lives are counted from 1. */
const noLife = 0;

/** In the ledger a device is known by a key whose salt is destroyed with it. */
export const subjectKeyOf = (keyOf: KeyOf, salt: Uint8Array, visitorId: string): Uint8Array =>
  keyOf('subject', `${hexOf(salt)}\0${visitorId}`);
