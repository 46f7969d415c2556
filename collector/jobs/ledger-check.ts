// The ledger checked by itself: each time what is new, and the next piece of a pass over all rows that begins again when it
// has ended. How far it is stands in the store, so that a start goes on where the last process stopped. A piece is bounded
// and runs in the reader's thread. It mends nothing: a break is noted, and told once a process.

import type { LedgerCheck } from '../contract/proofs.js';
import type { Log } from '../log/log.js';
import type { Reader } from '../profiles/reader.js';

/** Some 20 ms of the reader's thread; a pass over a million rows takes eight hours of minutes. */
const rowsAtOnce = 2_000;

export type LedgerBreak = NonNullable<LedgerCheck['brokenAt']>;

export interface LedgerCheckOptions {
  log: Pick<Log, 'command'>;
  reader: Pick<Reader, 'ledgerCheck'>;
  now: () => number;
  /** It holds numbers of rows, names of keys and words, and nothing of a person. */
  onBroken: (found: LedgerBreak) => void;
  rowsMax?: number;
}

/** One piece, each time it is called. */
export const ledgerChecker = ({ log, reader, now, onBroken, rowsMax = rowsAtOnce }: LedgerCheckOptions) => {
  let told = '';
  const broken = async (found: LedgerBreak): Promise<void> => {
    const key = `${found.seq} ${found.why}`;
    if (key !== told) onBroken(found);
    told = key;
    await log.command({ kind: 'ledger', act: 'broken', found, at: now() });
  };
  return async (): Promise<void> => {
    const fresh = await reader.ledgerCheck({ full: false, part: 'new', rowsMax });
    if (fresh.ok && fresh.head.seq === 0) return;
    if (!fresh.ok) {
      await broken(fresh.brokenAt!);
      return;
    }
    await log.command({ kind: 'ledger', act: 'checked', through: fresh.through, full: false, at: now() });
    const piece = await reader.ledgerCheck({ full: false, part: 'pass', rowsMax });
    if (!piece.ok) {
      await broken(piece.brokenAt!);
      return;
    }
    if (piece.complete) told = '';
    await log.command({
      kind: 'ledger',
      act: 'checked',
      through: piece.through,
      full: piece.complete,
      pass: piece.complete ? 0 : piece.through,
      at: now(),
    });
  };
};
