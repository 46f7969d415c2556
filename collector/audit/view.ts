// The audit log as it is read: newest first, by who, what, whom and when. From a connection that only reads.

import { type AuditAct, type AuditItem, auditActs } from '../contract/audit.js';
import type { Sql } from '../store/sql.js';
import type { AuditRow } from './store.js';

export interface AuditAsked {
  by: string | null;
  what: string | null;
  /** Any id of one profile: rows about any of them count. */
  profileId: string | null;
  /** Instants, from inclusive, to exclusive. */
  from: number | null;
  to: number | null;
  limit: number;
  /** The last row of the page before. */
  cursor: string | null;
}

export interface AuditPage {
  items: AuditItem[];
  next: string | null;
  /** Who stands in the log at all, for the filter. */
  who: string[];
}

const personsShown = 100;
const whoMax = 500;

/** `idsOf`: all ids of the profile that has this one, its own included. */
export const openAuditView = (sql: Sql, idsOf: (profileId: string) => readonly string[]) => {
  const personsOf = sql.prepare<{ subject: number; profile_id: string | null }>(
    `SELECT audit_persons.subject AS subject, profile_id FROM audit_persons
     LEFT JOIN audit_subjects ON audit_subjects.subject = audit_persons.subject
     WHERE seq = ? ORDER BY audit_persons.subject LIMIT ${personsShown}`,
  );
  const subjectOf = sql.prepare<{ subject: number }>('SELECT subject FROM audit_subjects WHERE profile_id = ?');
  const who = sql.prepare<{ by: string }>(`SELECT DISTINCT by FROM audit_log ORDER BY by LIMIT ${whoMax}`);

  return (asked: AuditAsked): AuditPage => {
    const where: string[] = [];
    const values: (string | number)[] = [];
    const must = (condition: string, ...of: (string | number)[]): void => {
      where.push(condition);
      values.push(...of);
    };
    const before = asked.cursor === null ? Number.NaN : Number(asked.cursor);
    if (Number.isSafeInteger(before)) must('seq < ?', before);
    if (asked.by !== null) must('by = ?', asked.by);
    if (asked.what !== null) must('what = ?', asked.what);
    if (asked.from !== null) must('at >= ?', asked.from);
    if (asked.to !== null) must('at < ?', asked.to);
    if (asked.profileId !== null) {
      const subjects = [...new Set([asked.profileId, ...idsOf(asked.profileId)])]
        .map((id) => subjectOf.get(id)?.subject)
        .filter((subject) => subject !== undefined);
      must(
        `seq IN (SELECT seq FROM audit_persons WHERE subject IN (${subjects.map(() => '?').join(', ')}))`,
        ...subjects,
      );
    }
    const rows = sql
      .prepare<AuditRow>(
        `SELECT seq, at, by, what, purpose, detail, times FROM audit_log
         ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`} ORDER BY seq DESC LIMIT ?`,
      )
      .all(...values, asked.limit + 1);
    const shown = rows.slice(0, asked.limit);
    return {
      items: shown.map(({ at, what, ...row }) => ({
        ...row,
        at: new Date(at).toISOString(),
        what: what as AuditAct,
        persons: personsOf.all(row.seq).map(({ subject, profile_id }) => ({ number: subject, profileId: profile_id })),
      })),
      next: rows.length > asked.limit ? String(shown.at(-1)!.seq) : null,
      who: who.all().map(({ by }) => by),
    };
  };
};

export const isAuditAct = (text: string | null): text is AuditAct =>
  text !== null && (auditActs as readonly string[]).includes(text);
