// The tables of the audit log. A row says whom by a number; which profile a number means stands in `audit_subjects` alone, and
// goes with the profile. So a row outlives the person it was about, says when somebody looked, and leads to nobody.

import type { Migration } from '../store/sql.js';

/**
 * A profile is gone when its identifier is (`nodes`, identity/): the trigger notes it, and the end of the transaction looks
 * whether it came back, since an event that is stored again takes its identifiers out and in.
 */
export const auditMigrations: readonly Migration[] = [
  {
    name: '0060-audit',
    sql: `
      CREATE TABLE audit_log (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        by TEXT NOT NULL,
        what TEXT NOT NULL,
        purpose TEXT,
        detail TEXT,
        times INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX audit_log_by_at ON audit_log (at);
      CREATE INDEX audit_log_by_who ON audit_log (by, seq);
      CREATE INDEX audit_log_by_what ON audit_log (what, seq);
      CREATE TABLE audit_persons (
        seq INTEGER NOT NULL,
        subject INTEGER NOT NULL,
        PRIMARY KEY (seq, subject)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX audit_persons_by_subject ON audit_persons (subject, seq);
      CREATE TABLE audit_subjects (
        subject INTEGER PRIMARY KEY AUTOINCREMENT,
        profile_id TEXT NOT NULL UNIQUE
      ) STRICT;
      CREATE TABLE audit_gone (profile_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

      CREATE TRIGGER audit_log_is_not_rewritten BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
      CREATE TRIGGER audit_log_takes_its_persons AFTER DELETE ON audit_log
        BEGIN DELETE FROM audit_persons WHERE seq = OLD.seq; END;
      CREATE TRIGGER audit_persons_take_their_subject AFTER DELETE ON audit_persons
        WHEN NOT EXISTS (SELECT 1 FROM audit_persons WHERE subject = OLD.subject)
        BEGIN DELETE FROM audit_subjects WHERE subject = OLD.subject; END;
      CREATE TRIGGER audit_loses_who_is_gone AFTER DELETE ON nodes
        WHEN EXISTS (SELECT 1 FROM audit_subjects WHERE profile_id = OLD.hid)
        BEGIN INSERT OR IGNORE INTO audit_gone (profile_id) VALUES (OLD.hid); END;
    `,
  },
];
