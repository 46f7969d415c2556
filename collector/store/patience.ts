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
/**
 * How long nothing must have failed. On a disk that is almost full a page of the log of writes can be had where a batch
 * cannot, and a small batch goes through where a large one does not: one try that went well says little there.
 */
const calmMs = 60_000;

const isFull = (code: string): boolean => /^(SQLITE_FULL|ENOSPC|EDQUOT)/.test(code);

export interface Patience {
  stuck: () => Stuck | null;
  /** What a try met. False: no sign that the store is shut, and somebody else's to judge. */
  failed: (error: unknown, now: number) => boolean;
  /** Something was written. */
  passed: () => void;
  /** Whether it can be written by now, by writing what changes nothing. That ends a full disk only once nothing fails. */
  isOver: (now: number) => boolean;
}

export const openPatience = (
  store: Pick<SqliteStore, 'waitForLocks' | 'transaction' | 'pragma'>,
  onChange: (stuck: Stuck | null) => void,
): Patience => {
  let stuck: Stuck | null = null;
  let failedAt = 0;
  const patience: Patience = {
    stuck: () => stuck,
    failed: (error, now) => {
      if (!isUnavailable(error)) return false;
      const { code } = error as { code: string };
      failedAt = now;
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
      if (stuck !== null && isFull(stuck.code) && now - failedAt < calmMs) return false;
      patience.passed();
      return true;
    },
  };
  return patience;
};

/**
 * What a log says of it: each state once, however often it comes and goes, and that it is over when it has been for a minute.
 * `/readyz` says at each moment how things are.
 */
export const openTelling = (tell: (stuck: Stuck | null) => void) => {
  const told = new Set<string>();
  let overAt: number | null = null;
  return {
    changed: (stuck: Stuck | null, now: number): void => {
      overAt = stuck === null ? now : null;
      if (stuck === null || told.has(stuck.code)) return;
      told.add(stuck.code);
      tell(stuck);
    },
    /** Asked now and then. */
    look: (now: number): void => {
      if (overAt === null || now - overAt < calmMs) return;
      overAt = null;
      told.clear();
      tell(null);
    },
  };
};

/** For operators: what it is, and what to do. */
export const adviceOf = ({ code }: Pick<Stuck, 'code'>): string =>
  /^SQLITE_(BUSY|LOCKED)/.test(code)
    ? `Another process holds the database file (${code}): a shell, a copy under way. End it; events are taken again by themselves.`
    : isFull(code)
      ? `The disk is full (${code}): make room; events are taken again by themselves.`
      : /^(SQLITE_(READONLY|CANTOPEN)|EROFS)/.test(code)
        ? `The folder of the data cannot be written (${code}): look at its rights and at how it is mounted.`
        : `The disk or the memory fails (${code}): look at the system's log, and at the last backup.`;
