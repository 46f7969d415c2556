// One writer a data folder. Owns the file `weft.lock` in it: a small SQLite file whose one row tells who writes and since
// when, and whose write lock that process holds while it lives. The kernel lets go of the lock when the process dies,
// however it dies, so there is nothing stale to judge: not by a process id, which a container gives anew at every start
// and which means nothing outside it. Reading, and the table of keys, need no lock.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

export interface Owner {
  pid: number;
  /** What it does: `the collector`, `weft import` … */
  what: string;
  since: number;
}

export interface Lock {
  release: () => void;
}

/** Somebody else writes here. `message` and `next` are for the operator, whole. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
  readonly code = 'locked';
  constructor(readonly owner: Owner | null) {
    super(
      owner === null
        ? 'Another process writes to the data folder.'
        : `${owner.what} is running (pid ${owner.pid}, since ${new Date(owner.since).toISOString()}) and writes to the data folder.`,
    );
  }
}
/** Also of one that crossed from a thread, where classes are lost. */
export const isLocked = (error: unknown): error is LockedError =>
  error instanceof Error && (error as { code?: unknown }).code === 'locked';

const lockFile = (folder: string): string => join(folder, 'weft.lock');

/** How long a neighbour that is just writing down its name may take. */
const patienceMs = 500;
const isBusy = (error: unknown): boolean =>
  error instanceof Error && /^SQLITE_(BUSY|LOCKED)/.test(String((error as { code?: unknown }).code));

const ownerIn = (database: Database.Database): Owner | null => {
  try {
    return (database.prepare('SELECT pid, what, since FROM owner').get() as Owner | undefined) ?? null;
  } catch {
    return null;
  }
};

export const takeLock = (folder: string, what: string, now: number): Lock => {
  const database = new Database(lockFile(folder), { timeout: patienceMs });
  try {
    database.exec(
      'CREATE TABLE IF NOT EXISTS owner (pid INTEGER NOT NULL, what TEXT NOT NULL, since INTEGER NOT NULL)',
    );
    database
      .transaction(() => {
        database.exec('DELETE FROM owner');
        database.prepare('INSERT INTO owner (pid, what, since) VALUES (?, ?, ?)').run(process.pid, what, now);
      })
      .immediate();
    // Held from here on. Whoever came in between holds it now, and has written its own name.
    database.exec('BEGIN IMMEDIATE');
  } catch (error) {
    const owner = isBusy(error) ? ownerIn(database) : null;
    database.close();
    throw isBusy(error) ? new LockedError(owner) : error;
  }
  return {
    release: () => {
      if (!database.open) return;
      try {
        database.exec('DELETE FROM owner; COMMIT');
      } finally {
        database.close();
      }
    },
  };
};

/** Who writes there now; null = nobody. Takes nothing and leaves nothing. */
export const lockOwner = (folder: string): Owner | null => {
  if (!existsSync(lockFile(folder))) return null;
  const database = new Database(lockFile(folder), { timeout: 0 });
  try {
    database.exec('BEGIN IMMEDIATE');
    database.exec('ROLLBACK');
    return null;
  } catch (error) {
    if (!isBusy(error)) throw error;
    return ownerIn(database) ?? { pid: 0, what: 'another process', since: 0 };
  } finally {
    database.close();
  }
};
