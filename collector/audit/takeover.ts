// From the store a backup takes the place of, into the copy of the backup: the audit log since then. Its rows name nobody, so
// they are taken whole; which profile a number means is taken where the backup has that profile.

import type { Sql } from '../store/sql.js';
import type { AuditRow } from './store.js';

const rowsAtOnce = 1_000;

/** `present` is attached under that name; `sql` is the copy, migrated. One transaction of the caller's. How many rows. */
export const takeOverAudit = (sql: Sql): number => {
  if (sql.prepare("SELECT 1 FROM present.sqlite_master WHERE name = 'audit_log'").get() === undefined) return 0;
  // No number of the replaced store is given again: a row there may have led to somebody else.
  for (const table of ['audit_log', 'audit_subjects']) {
    const given = sql.prepare<{ seq: number }>(
      `SELECT max(seq) AS seq FROM (SELECT seq FROM main.sqlite_sequence WHERE name = '${table}'
         UNION ALL SELECT seq FROM present.sqlite_sequence WHERE name = '${table}')`,
    );
    const last = given.get()?.seq ?? 0;
    sql.prepare('DELETE FROM main.sqlite_sequence WHERE name = ?').run(table);
    sql.prepare('INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, ?)').run(table, last);
  }
  const news = sql.prepare<AuditRow>(
    `SELECT p.* FROM present.audit_log AS p LEFT JOIN main.audit_log AS m
       ON m.seq = p.seq AND m.at = p.at AND m.by = p.by AND m.what = p.what AND m.purpose IS p.purpose
         AND m.detail IS p.detail AND m.times = p.times
     WHERE p.seq > ? AND m.seq IS NULL ORDER BY p.seq LIMIT ${rowsAtOnce}`,
  );
  const isTaken = sql.prepare('SELECT 1 FROM main.audit_log WHERE seq = ?');
  const insert = sql.prepare(
    'INSERT INTO main.audit_log (seq, at, by, what, purpose, detail, times) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const personsOf = sql.prepare<{ subject: number }>('SELECT subject FROM present.audit_persons WHERE seq = ?');
  const link = sql.prepare('INSERT OR IGNORE INTO main.audit_persons (seq, subject) VALUES (?, ?)');
  const profileOf = sql.prepare<{ id: string }>(
    'SELECT profile_id AS id FROM present.audit_subjects WHERE subject = ?',
  );
  const numberHere = sql.prepare<{ subject: number }>('SELECT subject FROM main.audit_subjects WHERE profile_id = ?');
  const isThere = sql.prepare('SELECT 1 FROM main.nodes WHERE hid = ?');
  const isUsed = sql.prepare(
    'SELECT 1 WHERE EXISTS (SELECT 1 FROM main.audit_subjects WHERE subject = ?) OR EXISTS (SELECT 1 FROM main.audit_persons WHERE subject = ?)',
  );
  const name = sql.prepare('INSERT INTO main.audit_subjects (subject, profile_id) VALUES (?, ?)');
  const next = sql.prepare<{ seq: number }>(
    "UPDATE main.sqlite_sequence SET seq = seq + 1 WHERE name = 'audit_subjects' RETURNING seq",
  );

  const numbers = new Map<number, number>();
  const numberOf = (subject: number): number => {
    const profile = profileOf.get(subject)?.id;
    // Cut off there; if the backup still knows whom it meant, they are forgotten again before anybody is answered.
    if (profile === undefined) return subject;
    const known = numberHere.get(profile)?.subject;
    if (known !== undefined) return known;
    const number = isUsed.get(subject, subject) === undefined ? subject : next.get()!.seq;
    // Whoever came after the backup is in no table of it, and the number leads to nobody.
    if (isThere.get(profile) !== undefined) name.run(number, profile);
    return number;
  };

  let taken = 0;
  for (let past = 0; ; ) {
    const rows = news.all(past);
    for (const { seq, at, by, what, purpose, detail, times } of rows) {
      const free = isTaken.get(seq) === undefined;
      const to = insert.run(free ? seq : null, at, by, what, purpose, detail, times).lastInsertRowid;
      for (const { subject } of personsOf.all(seq)) {
        let number = numbers.get(subject);
        if (number === undefined) {
          number = numberOf(subject);
          numbers.set(subject, number);
        }
        link.run(to, number);
      }
    }
    taken += rows.length;
    if (rows.length < rowsAtOnce) return taken;
    past = rows.at(-1)!.seq;
  }
};
