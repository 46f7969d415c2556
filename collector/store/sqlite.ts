// The embedded engine: SQLite through better-sqlite3. Owns the connection, its pragmas and the list of applied
// migrations; knows no table of others.

import Database from 'better-sqlite3';
import type { Migration, Sql, SqlValue, Statement } from './sql.js';

export interface SqliteStore extends Sql {
  close: () => void;
  /** A consistent copy while the store is in use. */
  backup: (path: string, onProgress?: (done: number, total: number) => void) => Promise<void>;
  /** `PRAGMA` and its one value. */
  pragma: (text: string) => unknown;
  /** How long a statement waits for a lock that another process holds; five seconds unless told otherwise. */
  waitForLocks: (ms: number) => void;
  /** Empties the log of writes into the file. False: somebody reads from it; it waits for nobody. */
  emptyLog: () => boolean;
}

export interface SqliteOptions {
  readonly?: boolean;
  cacheMaxBytes?: number;
  /**
   * `commit`: a transaction is on the disk when it returns. `caller`: when whoever opened it has synced `logFileOf` after it,
   * who also sees to it that the log is emptied (store/checkpoint.ts).
   */
  durable?: 'commit' | 'caller';
}

export const patientMs = 5_000;

/** SQLite's write-ahead log of a file. */
export const logFileOf = (path: string): string => `${path}-wal`;

/** Opens a file, or `:memory:`. The writer migrates; a reader expects a migrated file. */
export const openSqlite = (
  path: string,
  migrations: readonly Migration[] = [],
  options: SqliteOptions = {},
): SqliteStore => {
  const database = new Database(path, { readonly: options.readonly ?? false, timeout: patientMs });
  const cacheKib = Math.round((options.cacheMaxBytes ?? 64 * 1024 * 1024) / 1024);
  database.pragma(`cache_size = -${cacheKib}`);
  database.pragma('temp_store = MEMORY');
  if (!options.readonly) {
    database.pragma('journal_mode = WAL');
    const durable = options.durable ?? 'commit';
    // One fsync a commit: SQLite's own, or that of whoever answers, while the next commit is under way (decision 0310).
    database.pragma(`synchronous = ${durable === 'commit' ? 'FULL' : 'NORMAL'}`);
    // What is erased is overwritten, not only unlinked (consent.md, decided list).
    database.pragma('secure_delete = ON');
    // Beside a thread that empties the log, only for the case that it does not come to it.
    database.pragma(`wal_autocheckpoint = ${durable === 'commit' ? 4_000 : 40_000}`);
    database.pragma('foreign_keys = OFF');
  }

  let lockWaitMs = patientMs;
  const prepared = new Map<string, Statement<never>>();
  const prepare = <Row = Record<string, SqlValue>>(text: string): Statement<Row> => {
    let statement = prepared.get(text) as Statement<Row> | undefined;
    if (!statement) {
      statement = database.prepare(text) as unknown as Statement<Row>;
      prepared.set(text, statement as Statement<never>);
    }
    return statement;
  };
  const transaction = <Result>(work: () => Result): Result => {
    if (database.inTransaction) return work();
    return database.transaction(work).immediate();
  };

  const store: SqliteStore = {
    prepare,
    exec: (text) => {
      database.exec(text);
    },
    transaction,
    close: () => {
      prepared.clear();
      if (database.open) database.close();
    },
    backup: async (to, onProgress) => {
      await database.backup(to, {
        progress: ({ totalPages, remainingPages }) => {
          onProgress?.(totalPages - remainingPages, totalPages);
          return 500;
        },
      });
    },
    pragma: (text) => database.pragma(text, { simple: true }),
    waitForLocks: (ms) => {
      lockWaitMs = ms;
      database.pragma(`busy_timeout = ${ms}`);
    },
    emptyLog: () => {
      database.pragma('busy_timeout = 0');
      try {
        return database.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) === 0;
      } finally {
        database.pragma(`busy_timeout = ${lockWaitMs}`);
      }
    },
  };
  if (!options.readonly) migrate(store, migrations);
  return store;
};

/** Each migration and the note that it ran are one transaction: a crash in the middle leaves neither. */
const migrate = (sql: Sql, migrations: readonly Migration[]): void => {
  sql.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)');
  const applied = new Set(
    sql
      .prepare<{ name: string }>('SELECT name FROM migrations')
      .all()
      .map((row) => row.name),
  );
  const sorted = [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const migration of sorted) {
    if (applied.has(migration.name)) continue;
    sql.transaction(() => {
      sql.exec(migration.sql);
      sql
        .prepare("INSERT INTO migrations (name, applied_at) VALUES (?, unixepoch('subsec') * 1000)")
        .run(migration.name);
    });
  }
};

/** Codes of SQLite, and of a file beside it, that mean "not now": the door answers 503 and the sender keeps its events. */
export const isUnavailable = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(SQLITE_(FULL|BUSY|LOCKED|IOERR|READONLY|CANTOPEN|NOMEM)|ENOSPC|EDQUOT|EIO|EROFS)/.test(error.code);
