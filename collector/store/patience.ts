// How long the writer waits for a store that others hold. A moment's lock is waited for; where it lasts, each that came after
// would wait as long again, behind the one before it: so then nobody waits, and each try is a look whether it is over.

import { isUnavailable, patientMs, type SqliteStore } from './sqlite.js';

/** The store takes nothing: SQLite's code, or the system's, and since when. */
export interface Stuck {
  code: string;
  /** Epoch milliseconds. */
  since: number;
}

const impatientMs = 20;

export interface Patience {
  stuck: () => Stuck | null;
  /** What a try met. False: no sign that the store is shut, and somebody else's to judge. */
  failed: (error: unknown, now: number) => boolean;
  /** Something was written. */
  passed: () => void;
  /** Whether it can be written by now, by writing what changes nothing. */
  isOver: (now: number) => boolean;
}

export const openPatience = (
  store: Pick<SqliteStore, 'waitForLocks' | 'transaction' | 'pragma'>,
  onChange: (stuck: Stuck | null) => void,
): Patience => {
  let stuck: Stuck | null = null;
  const patience: Patience = {
    stuck: () => stuck,
    failed: (error, now) => {
      if (!isUnavailable(error)) return false;
      const { code } = error as { code: string };
      if (stuck?.code === code) return true;
      stuck = { code, since: stuck?.since ?? now };
      store.waitForLocks(impatientMs);
      onChange(stuck);
      return true;
    },
    passed: () => {
      if (stuck === null) return;
      stuck = null;
      store.waitForLocks(patientMs);
      onChange(null);
    },
    isOver: (now) => {
      try {
        // The header is written anew, as it was.
        store.transaction(() => store.pragma(`user_version = ${Number(store.pragma('user_version'))}`));
      } catch (error) {
        if (!patience.failed(error, now)) throw error;
        return false;
      }
      patience.passed();
      return true;
    },
  };
  return patience;
};

/** For operators: what it is, and what to do. */
export const adviceOf = ({ code }: Pick<Stuck, 'code'>): string =>
  /^SQLITE_(BUSY|LOCKED)/.test(code)
    ? `Another process holds the database file (${code}): a shell, a copy under way. End it; events are taken again by themselves.`
    : /^(SQLITE_FULL|ENOSPC|EDQUOT)/.test(code)
      ? `The disk is full (${code}): make room; events are taken again by themselves.`
      : /^(SQLITE_(READONLY|CANTOPEN)|EROFS)/.test(code)
        ? `The folder of the data cannot be written (${code}): look at its rights and at how it is mounted.`
        : `The disk or the memory fails (${code}): look at the system's log, and at the last backup.`;
