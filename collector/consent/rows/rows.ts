// What a consent row does: accepted, the same as before, or refused; and what must happen next (consent.md, sections 2
// to 5; R15). The order of the checks on one screen; the rules stand beside. It deletes no event: it says what was
// withdrawn.

import { timingSafeEqual } from 'node:crypto';
import type { ReceiptState } from '../store/receipts.js';
import { type Act, accepted, type RowContext, type RowParts, type RowResult } from './act.js';
import { afterTheEnd, completeStub, tombstoneOf } from './late.js';
import { readAct } from './read.js';
import { succeed } from './succeed.js';

/** Joins the caller's transaction: the row and the events beside it are kept together or not at all. */
export const acceptRow = (parts: RowParts, value: unknown, context: RowContext): RowResult =>
  parts.sql.transaction((): RowResult => {
    const read = readAct(parts, value, context);
    if (read.kind === 'invalid') return read;
    const act = read;
    const { weighed, receipt, superseded, kin } = act;
    const takesBack = act.kind === 'withdraw' || act.kind === 'object' || act.kind === 'erase';

    // A receipt that stands for one row stands for no other, whatever the other says.
    const before = receipt === null ? null : parts.store.receipt(receipt);
    if (before?.seq != null) return again(parts, act, before, before.seq);

    // Whoever grants nothing and had granted nothing gets no identifier, not even in the ledger.
    if (act.kind === 'gpc' || (!weighed.asksForGrant && !takesBack && superseded === null))
      return accepted(act, null, act.append({ receipt: null, subjectKey: null }).seq);

    if (receipt === null && (weighed.asksForGrant || !kin))
      return { kind: 'invalid', path: 'receipt', message: 'needed for this kind' };
    if (receipt !== null && receipt === superseded)
      return { kind: 'invalid', path: 'supersedes', message: 'a row cannot follow itself' };

    if (before && receipt !== null) return completeStub(parts, act, receipt, before);
    const out = tombstoneOf(parts, act);
    if (out) return afterTheEnd(parts, act, out.cause);
    return succeed(parts, act, takesBack, context);
  });

/** The same row again is answered as it was the first time. */
const again = ({ store }: RowParts, act: Act, before: ReceiptState, seq: number): RowResult => {
  const first = store.digestOf(before.receipt);
  if (first === null || !sameBytes(first, act.digest)) return { kind: 'conflict' };
  const { receipt, at, expiresAt } = before;
  return { kind: 'same', receipt, seq, at, expiresAt, withdrawal: null, person: null };
};

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
