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
  put: (dev: number, session: Session) => void;
  deleteOf: (dev: number) => void;
  ofDevice: (dev: number) => SessionRow[];
  row: (begin: number) => SessionRow | undefined;
  /** The session open at an instant, else the last one before it (S3). */
  atOrBefore: (dev: number, at: number) => SessionRow | undefined;
}

export const sessionStore = (sql: Sql): SessionStore => {
  // An event that was narrowed keeps its row's number and changes its device, and a visit it begins with it.
  const put = sql.prepare(
    `INSERT INTO sessions (begin, dev, started_at, ended_at, public_id, body) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (begin) DO UPDATE SET dev = excluded.dev, ended_at = excluded.ended_at, body = excluded.body`,
  );
  const deleteOf = sql.prepare('DELETE FROM sessions WHERE dev = ?');
  const ofDevice = sql.prepare<SessionRow>('SELECT * FROM sessions WHERE dev = ? ORDER BY started_at');
  const row = sql.prepare<SessionRow>('SELECT * FROM sessions WHERE begin = ?');
  // Two may begin in one millisecond; ties are broken by messageId, never by which came first (R10).
  const atOrBefore = sql.prepare<SessionRow>(
    `SELECT * FROM sessions WHERE dev = ? AND started_at <= ?
     ORDER BY started_at DESC, json_extract(body, '$.beginId') DESC LIMIT 1`,
  );
  return {
    put: (dev, session) => {
      put.run(
        session.begin,
        dev,
        session.startedAt,
        session.lastActivityAt,
        sessionIdOf(session.beginId),
        JSON.stringify(session),
      );
    },
    deleteOf: (dev) => {
      deleteOf.run(dev);
    },
    ofDevice: (dev) => ofDevice.all(dev),
    row: (begin) => row.get(begin),
    atOrBefore: (dev, at) => atOrBefore.get(dev, at),
  };
};
