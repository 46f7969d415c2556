// The log of writes, seen from beside the writer: moved into the file while the writer goes on, and synced for whoever
// answers. Neither reads what is in it.

import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Trace } from '../trace.js';
import { logFileOf } from './sqlite.js';

/** Pages of the log, and how many of them are in the file by now. */
export interface Moved {
  pages: number;
  moved: number;
  /** Why nothing was moved. */
  trouble?: Trace;
}

export interface Mover {
  /** What the log holds by now, into the file and onto the disk. Holds up nobody. */
  move: () => Moved;
  close: () => void;
}

/** Its own connection to a file that its writer has open. */
export const openMover = (path: string): Mover => {
  const database = new Database(path, { fileMustExist: true, timeout: 0 });
  database.pragma('synchronous = NORMAL');
  database.pragma('wal_autocheckpoint = 0');
  database.pragma('cache_size = -64');
  // Closed only when nobody of this process has the file open: closing it would drop their locks (sqlite.org/howtocorrupt.html, 2.2).
  const file = openSync(path, 'r+');
  return {
    move: () => {
      const [row] = database.pragma('wal_checkpoint(PASSIVE)') as { log: number; checkpointed: number }[];
      // SQLite syncs the file where it has moved all, which beside a busy writer it never has: that the one that does finds little.
      fdatasyncSync(file);
      return { pages: row?.log ?? 0, moved: row?.checkpointed ?? 0 };
    },
    close: () => {
      database.close();
      closeSync(file);
    },
  };
};

export interface LogSync {
  /** All that was committed before the call is on the disk when it resolves. */
  sync: () => Promise<void>;
  close: () => void;
}

/** SQLite keeps the log's file for as long as anybody has the store open; it takes no locks on it. */
export const openLogSync = (path: string): LogSync => {
  const file = openSync(logFileOf(path), 'r+');
  return {
    sync: () =>
      new Promise((resolve, reject) => {
        fdatasync(file, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => closeSync(file),
  };
};
