// The last act of a life that was answered without end.

import { everything } from '../mask.js';
import { type Act, accepted, type RowContext, type RowParts, type RowResult } from './act.js';
import { type Earlier, endLife, keepSlip, losers, takeBack } from './life.js';
import { sayAsPerson } from './person.js';

/**
 * Receipts of one life. Nobody answers a thousand times: whoever does fills the ledger, and each further answer costs more.
 * The one that would be too many ends the life.
 */
export const lifeReceiptsMax = 1_000;

/**
 * A row that would be one too many. Refusing it would refuse a withdrawal, and taking it would go on for ever; so the life
 * ends, and with it everything that was permitted in it. What takes something back is accepted: it got more than it asked for.
 */
export const outlived = (
  parts: RowParts,
  act: Act,
  { life, earlier, takesBack }: { life: number; earlier: Earlier; takesBack: boolean },
  context: RowContext,
): RowResult => {
  endLife(parts, life, earlier, 'withdrawn', act.receivedAt);
  const withdrawal = takeBack(parts, act, earlier, { lost: everything, all: true });
  if (!takesBack && losers(earlier, act.weighed.denied).length === 0) return { kind: 'full', withdrawal };
  const seq = keepSlip(parts.store, act);
  const person = sayAsPerson(parts, act, context, { chosen: 0, at: act.effectiveAt, seq });
  return { ...accepted(act, act.receipt, seq, withdrawal, person), isFull: true };
};
