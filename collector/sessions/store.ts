// The sessions table: what the device fold said of visits, one row each, replaced when the device is folded again.

import type { SessionId } from '../contract/ids.js';
import { sha256Text } from '../store/digest.js';
import { recent } from '../store/recent.js';
import type { Migration, Sql } from '../store/sql.js';
import type { Session } from './session.js';

export const sessionMigrations: readonly Migration[] = [
  {
    name: '0003-sessions',
    sql: `
      CREATE TABLE sessions (
        begin INTEGER PRIMARY KEY,
        dev INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        ended_at INTEGER NOT NULL,
        public_id TEXT NOT NULL,
        body TEXT NOT NULL
      );
      CREATE INDEX sessions_by_device ON sessions (dev, started_at);
    `,
  },
  // The overview counts visits by day.
  { name: '0084-sessions-by-end', sql: 'CREATE INDEX sessions_by_end ON sessions (ended_at, started_at, dev)' },
  // By its end, each event of a visit moved its entry; a visit begins once, and does not last longer than S2 lets it.
  {
    name: '0802-sessions-by-start',
    sql: 'DROP INDEX sessions_by_end; CREATE INDEX sessions_by_start ON sessions (started_at)',
  },
  // What the fold of its device knows beside the visit, while it is the open one (docs/decisions/0801).
  { name: '0803-open-visits', sql: 'ALTER TABLE sessions ADD COLUMN fold TEXT' },
];

/** Derived, so that it survives a rebuild and never tells what it was derived from. */
export const sessionIdOf = (beginId: string): SessionId => {
  let id = lately.get(beginId);
  if (id === undefined) {
    id = `s_${sha256Text(`session\n${beginId}`, 'base64url').slice(0, 22)}` as SessionId;
    lately.set(beginId, id);
  }
  return id;
};
const lately = recent<string, SessionId>(20_000);

export interface SessionRow {
  begin: number;
  dev: number;
  started_at: number;
  ended_at: number;
  public_id: SessionId;
  body: string;
}

export interface SessionStore {
  /** `fold`: of the open visit of a device whose row names it already, the state of its device but for the visit. */
  put: (dev: number, session: Session, fold?: string | null) => void;
  deleteOf: (dev: number) => void;
  ofDevice: (dev: number) => SessionRow[];
  row: (begin: number) => SessionRow | undefined;
  /** The session open at an instant, else the last one before it (S3). */
  atOrBefore: (dev: number, at: number) => SessionRow | undefined;
}

export const sessionStore = (sql: Sql): SessionStore => {
  // Of the columns that have an index none is set here: SQLite writes the entry anew of each that is named, changed or not.
  const put = sql.prepare(
    `INSERT INTO sessions (begin, dev, started_at, ended_at, public_id, body, fold) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (begin) DO UPDATE SET ended_at = excluded.ended_at, body = excluded.body, fold = excluded.fold
     WHERE dev = excluded.dev`,
  );
  const move = sql.prepare('UPDATE sessions SET dev = ?, ended_at = ?, body = ?, fold = ? WHERE begin = ?');
  const deleteOf = sql.prepare('DELETE FROM sessions WHERE dev = ?');
  const ofDevice = sql.prepare<SessionRow>('SELECT * FROM sessions WHERE dev = ? ORDER BY started_at');
  const row = sql.prepare<SessionRow>('SELECT * FROM sessions WHERE begin = ?');
  // Two may begin in one millisecond; ties are broken by messageId, never by which came first (R10).
  const atOrBefore = sql.prepare<SessionRow>(
    `SELECT * FROM sessions WHERE dev = ? AND started_at <= ?
     ORDER BY started_at DESC, json_extract(body, '$.beginId') DESC LIMIT 1`,
  );
  return {
    put: (dev, session, fold = null) => {
      const { begin, beginId, startedAt, lastActivityAt } = session;
      const body = JSON.stringify(session);
      const { changes } = put.run(begin, dev, startedAt, lastActivityAt, sessionIdOf(beginId), body, fold);
      // An event that was narrowed keeps its row's number and changes its device, and a visit it begins with it.
      if (changes === 0) move.run(dev, lastActivityAt, body, fold, begin);
    },
    deleteOf: (dev) => {
      deleteOf.run(dev);
    },
    ofDevice: (dev) => ofDevice.all(dev),
    row: (begin) => row.get(begin),
    atOrBefore: (dev, at) => atOrBefore.get(dev, at),
  };
};
