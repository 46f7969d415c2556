// Succession: the next act of a life, or the first of a new one. What it leaves standing is a rule; around it the device is
// bound, the receipts before it grant no more than it does, and the ledger's row says by itself what holds from then on.

import type { LedgerDecision } from '../ledger/ledger.js';
import { bitOf, everything, grantable, isPurpose, type Mask } from '../mask.js';
import type { Life } from '../store/lives.js';
import type { ReceiptState } from '../store/receipts.js';
import { type Act, accepted, type RowContext, type RowParts, type RowResult } from './act.js';
import { noteObjected, personal, subjectKeyOf, takeBack } from './life.js';
import { lifeReceiptsMax, outlived } from './outlived.js';
import { sayAsPerson } from './person.js';

/** What stands after an act, and what the person objects to from then on. Pure. */
const standsAfter = (
  { kind, weighed, predecessor, isDeliberate }: Act,
  takesBack: boolean,
  before: { follows: Life | null; live: Mask; objected: Mask },
): { granted: Mask; objected: Mask } => {
  const { follows, live } = before;
  let { granted } = weighed;
  // What a withdrawal does not mention stands as it stood. What it grants by its own word counts: somebody may take one
  // purpose back and give another in the same act.
  if (takesBack && follows) granted = grantable(((live & ~weighed.stated) | weighed.added) & ~weighed.denied);
  if (follows) granted = grantable(granted | (live & weighed.followed));
  // Two tabs decided at once, neither knowing of the other: only what both grant. Less than it said, and not followed: a
  // request took something back, and what the person decides now is a later word.
  if (predecessor && follows && predecessor.supersededAt !== null) granted = grantable(granted & predecessor.cap);
  let { objected } = before;
  if (kind === 'object') objected |= weighed.denied;
  else if (isDeliberate) objected &= ~weighed.chosen;
  return { granted: grantable(granted & ~objected), objected };
};

/** What goes on from the row before, unmentioned: each row of the ledger says by itself what holds from then on. */
const carriedFrom = ({ store, policy }: RowParts, head: ReceiptState | null, carried: Mask): LedgerDecision[] => {
  if (carried === 0 || head?.seq == null) return [];
  const hashOf = (name: string): string | null => {
    const terms = policy.purposes.find((one) => one.id === name);
    return terms && head.valid & bitOf(terms.id) ? terms.materialHash : null;
  };
  return (
    store
      .decisionsOf(head.seq)
      .filter((one) => isPurpose(one.purpose) && (carried & bitOf(one.purpose)) !== 0)
      // Under which terms it was given must be told by the row itself from now on: its policy names later ones.
      .map((one) => ({ ...one, materialHash: one.materialHash ?? hashOf(one.purpose), carried: true as const }))
  );
};

/** A new life, or the next act of one. */
export const succeed = (parts: RowParts, act: Act, takesBack: boolean, context: RowContext): RowResult => {
  const { store, tombstones, keyOf } = parts;
  const { weighed, receipt, superseded, predecessor, kin, visitorId, visitorKey, boundTo } = act;

  // A device is bound with its first receipt; from then on only who knows one of its receipts speaks for it. A life may
  // take another visitor id only while no lasting one is permitted.
  const follows = kin ? store.life(kin.life) : null;
  const head = follows ? store.receipt(follows.head) : null;
  const headLive = head ? grantable(head.granted & head.cap) : 0;
  if (boundTo !== null && boundTo !== follows?.life) return { kind: 'forbidden' };
  if (visitorKey && boundTo === null && follows && headLive & personal) return { kind: 'forbidden' };
  const earlier = follows ? store.receiptsOf(follows.life) : [];
  const adds = receipt !== null || (superseded !== null && !predecessor);
  if (follows && adds && earlier.length >= lifeReceiptsMax)
    return outlived(parts, act, { life: follows.life, earlier, takesBack }, context);

  // What a restored store knows of this device from the journal alone, until its consent is known again.
  const kept = follows || !visitorKey ? null : store.objectedOf(visitorKey);
  const objectedBefore = follows?.objected ?? kept ?? 0;
  const { granted, objected } = standsAfter(act, takesBack, { follows, live: headLive, objected: objectedBefore });
  const binds = (granted & personal) !== 0;
  const holder = visitorKey ?? (binds ? (head?.visitorKey ?? null) : null);
  if (binds && holder === null)
    return { kind: 'invalid', path: 'visitorId', message: 'personalisation is bound to a visitor' };
  const actAt = head ? Math.max(act.effectiveAt, head.effectiveAt) : act.effectiveAt;

  // `receipt` is null only where a predecessor was named, so a new life always has a head.
  const life = follows ?? store.beginLife(receipt ?? '', act.receivedAt);
  const subjectKey =
    visitorId !== null && (binds || boundTo !== null) ? subjectKeyOf(keyOf, life.salt, visitorId) : null;
  const { seq, terms } = act.append({
    receipt,
    subjectKey,
    effectiveAt: actAt,
    carried: carriedFrom(parts, head, granted & ~weighed.stated),
  });

  // When the collector first heard of this device: of its lasting id, where it has one.
  const boundAt = binds && holder ? (store.visitor(holder)?.bound_at ?? act.receivedAt) : life.beganAt;
  let permitted = 0;
  for (const one of earlier) permitted |= one.granted & ~one.denied_after;
  const all = granted === 0 && weighed.denied === everything;

  if (receipt !== null)
    store.putReceipt({
      receipt,
      seq,
      life: life.life,
      visitorKey: binds ? holder : null,
      granted,
      cap: everything,
      deniedAfter: all ? everything : 0,
      ack: weighed.ack & granted,
      at: act.receivedAt,
      effectiveAt: actAt,
      boundAt,
      supersededAt: null,
      expiresAt: act.expiresAt,
      terms,
      digest: act.digest,
    });
  if (superseded !== null && !predecessor)
    // The row it follows was never delivered, or comes later: it must not grant then what is taken back now.
    store.putReceipt({
      receipt: superseded,
      seq: null,
      life: life.life,
      visitorKey: null,
      granted: 0,
      cap: granted,
      deniedAfter: weighed.denied,
      ack: 0,
      at: act.receivedAt,
      effectiveAt: actAt,
      boundAt,
      supersededAt: actAt,
      expiresAt: act.expiresAt,
      terms: null,
      digest: null,
    });
  if (follows) {
    // Asked for by a request, it has no receipt to follow with: what stands goes on, and grants less.
    store.supersede(life.life, receipt ?? '', granted, weighed.denied, receipt === null ? null : actAt);
    if (receipt !== null) store.setHead(life.life, receipt);
  }
  if (objected !== life.objected) store.setObjected(life.life, objected);
  if (holder && boundTo === null && (binds || (takesBack && !follows)) && !store.visitor(holder))
    store.bind(holder, life.life, act.receivedAt);
  if (objected !== objectedBefore) noteObjected(parts, life.life, objected, act.receivedAt);
  if (kept !== null && visitorKey) store.putObjected(visitorKey, objected, act.receivedAt);
  if (all && follows)
    for (const key of store.visitorsOf(life.life)) tombstones.addKey('visitorId', key, 'withdrawn', act.receivedAt);

  const withdrawal = takeBack(parts, act, earlier, { lost: permitted & weighed.denied, all });
  const person = sayAsPerson(parts, act, context, { chosen: weighed.chosen & granted, at: actAt, seq });
  return accepted(act, receipt, seq, withdrawal, person);
};
