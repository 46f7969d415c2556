// What a row says of the person who is logged in: their record, which holds on every device they use (R15).

import { hexOf } from '../keys.js';
import type { LedgerDecision } from '../ledger/ledger.js';
import { bitOf, type Mask, purposesOf } from '../mask.js';
import { type Act, type PersonChange, provenId, type RowContext, type RowParts } from './act.js';

/** Who is logged in on a device that has proved itself says it as a person too. */
export const sayAsPerson = (
  parts: RowParts,
  act: Act,
  context: RowContext,
  said: { chosen: Mask; at: number; seq: number },
): PersonChange | null => {
  const visitorId = provenId(act);
  const userId = visitorId === null ? null : (context.userOf?.(visitorId) ?? null);
  if (userId === null) return null;
  const { refused, decisions, ack } = act.weighed;
  const { isDeliberate } = act;
  return notePersonAct(parts, userId, {
    ...said,
    refused,
    objection: act.kind === 'object',
    isDeliberate,
    decisions,
    ack,
  });
};

/**
 * R15: decided while logged in, by an act of the person and not by a region's default. An objection (art. 21) stands until
 * the same person chooses that very purpose; a button that accepts all, or a login on a device that had granted, is no such
 * choice.
 */
export const notePersonAct = (
  { store, keyOf, note }: Pick<RowParts, 'store' | 'keyOf' | 'note'>,
  userId: string,
  said: {
    chosen: Mask;
    refused: Mask;
    objection: boolean;
    isDeliberate: boolean;
    at: number;
    seq: number;
    /** Under which terms. */
    decisions?: readonly Pick<LedgerDecision, 'purpose' | 'materialHash'>[];
    ack?: Mask;
  },
): PersonChange | null => {
  const { refused, objection, at, seq, decisions = [], ack = 0 } = said;
  const hashOf = (purpose: string) => decisions.find((one) => one.purpose === purpose)?.materialHash ?? null;
  const key = keyOf('userId', userId);
  const objected = said.isDeliberate ? 0 : store.denialOf(userId, () => key).objected;
  const chosen = said.chosen & ~objected;
  if ((chosen | refused) === 0) return null;
  for (const purpose of purposesOf(refused))
    store.putPersonAct(userId, key, {
      purpose,
      value: 'denied',
      // A plain refusal does not soften an objection.
      objection: objection || (objected & bitOf(purpose)) !== 0,
      at,
      seq,
      materialHash: hashOf(purpose),
    });
  for (const purpose of purposesOf(chosen))
    store.putPersonAct(userId, key, {
      purpose,
      value: 'granted',
      objection: false,
      at,
      seq,
      materialHash: hashOf(purpose),
      ack: (ack & bitOf(purpose)) !== 0,
    });
  note({ act: 'said', person: hexOf(key), granted: chosen, denied: refused, objection, at });
  return { userId, granted: purposesOf(chosen), denied: purposesOf(refused) };
};
