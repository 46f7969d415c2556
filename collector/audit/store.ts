// The audit log where the writing connection is: adds rows, in the transaction of what they tell, and forgets whom they were
// about as soon as that person is forgotten. Rows are never rewritten.

import type { AuditEntry } from '../contract/audit.js';
import type { Sql } from '../store/sql.js';

/** As it lies in the table; whom it is about stands beside. */
export interface AuditRow {
  seq: number;
  at: number;
  by: string;
  what: string;
  purpose: string | null;
  detail: string | null;
  times: number;
}

export interface AuditStore {
  add: (entry: Omit<AuditEntry, 'times'> & { times?: number }) => void;
  /** At the end of a transaction: whoever is gone by it is only a number from here on. */
  settle: () => void;
  /** Rows of before go; how many. */
  expire: (before: number, rowsMax?: number) => number;
}

export const openAudit = (sql: Sql): AuditStore => {
  const insert = sql.prepare('INSERT INTO audit_log (at, by, what, purpose, detail, times) VALUES (?, ?, ?, ?, ?, ?)');
  const name = sql.prepare('INSERT OR IGNORE INTO audit_subjects (profile_id) VALUES (?)');
  const subjectOf = sql.prepare<{ subject: number }>('SELECT subject FROM audit_subjects WHERE profile_id = ?');
  const link = sql.prepare('INSERT OR IGNORE INTO audit_persons (seq, subject) VALUES (?, ?)');
  const anyGone = sql.prepare<{ one: number }>('SELECT 1 AS one FROM audit_gone LIMIT 1');
  const forget = sql.prepare(
    `DELETE FROM audit_subjects WHERE profile_id IN (SELECT profile_id FROM audit_gone)
       AND NOT EXISTS (SELECT 1 FROM nodes WHERE hid = audit_subjects.profile_id)`,
  );
  const clear = sql.prepare('DELETE FROM audit_gone');
  const isThere = sql.prepare<{ one: number }>('SELECT 1 AS one FROM nodes WHERE hid = ?');
  const trim = sql.prepare(
    'DELETE FROM audit_log WHERE seq IN (SELECT seq FROM audit_log WHERE at < ? ORDER BY at LIMIT ?)',
  );
  return {
    add: ({ at, by, what, persons, purpose, detail, times = 1 }) =>
      sql.transaction(() => {
        const { lastInsertRowid } = insert.run(at, by, what, purpose, detail, times);
        for (const profileId of new Set(persons)) {
          // A read that is noted after its person was erased must not bring their id back.
          if (isThere.get(profileId) === undefined) continue;
          name.run(profileId);
          link.run(lastInsertRowid, subjectOf.get(profileId)!.subject);
        }
      }),
    settle: () => {
      if (anyGone.get() === undefined) return;
      forget.run();
      clear.run();
    },
    expire: (before, rowsMax = 1_000) => trim.run(before, rowsMax).changes,
  };
};
