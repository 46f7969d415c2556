// A restore keeps the audit log since the backup: every row, and whom a number means where the backup has them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { AuditAct } from '../contract/audit.js';
import { openSqlite, type SqliteStore } from '../store/sqlite.js';
import { auditMigrations } from './migrations.js';
import { openAudit } from './store.js';
import { takeOverAudit } from './takeover.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const tables = [
  { name: '0001-nodes', sql: 'CREATE TABLE nodes (id INTEGER PRIMARY KEY, hid TEXT NOT NULL UNIQUE);' },
  ...auditMigrations,
];
const room = () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-audit-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const open = (name: string): SqliteStore => {
    const sql = openSqlite(join(folder, name), tables);
    closing.push(() => sql.close());
    return sql;
  };
  return { folder, open };
};
const people = (sql: SqliteStore, ...ids: string[]): void => {
  for (const id of ids) sql.prepare('INSERT INTO nodes (hid) VALUES (?)').run(id);
};
const look = (sql: SqliteStore, at: number, persons: string[], what: AuditAct = 'person.read'): void =>
  openAudit(sql).add({ at, by: 'staff', what, persons, purpose: 'owner', detail: `d${at}` });
const forget = (sql: SqliteStore, id: string): void => {
  sql.prepare('DELETE FROM nodes WHERE hid = ?').run(id);
  openAudit(sql).settle();
};
/** At which instant whom; a number where nobody is known by it any more. */
const log = (sql: SqliteStore) =>
  sql
    .prepare<{ at: number; whom: string | null }>(
      `SELECT l.at AS at, (SELECT group_concat(coalesce(s.profile_id, 'number'), ' ') FROM audit_persons AS p
         LEFT JOIN audit_subjects AS s ON s.subject = p.subject WHERE p.seq = l.seq) AS whom
       FROM audit_log AS l ORDER BY l.seq`,
    )
    .all()
    .map(({ at, whom }) => [at, whom]);
const restored = (sql: SqliteStore, folder: string, present: string): number => {
  sql.prepare('ATTACH DATABASE ? AS present').run(join(folder, present));
  const taken = sql.transaction(() => takeOverAudit(sql));
  sql.exec('DETACH DATABASE present');
  return taken;
};
/** The same beginning in both, as a backup has it. */
const begun = () => {
  const { folder, open } = room();
  const [present, backup] = [open('present.sqlite'), open('backup.sqlite')];
  for (const sql of [present, backup]) {
    people(sql, 'ada', 'bob', 'cy');
    look(sql, 1, ['ada']);
    look(sql, 2, ['ada', 'bob']);
  }
  return { folder, present, backup };
};

describe('a restore', () => {
  test('takes over every row since the backup, once, and whom it was about where the backup has them', () => {
    const { folder, present, backup } = begun();
    people(present, 'new');
    look(present, 3, ['cy', 'new']);
    look(present, 4, ['ada']);
    look(present, 5, [], 'key.revoke');
    forget(present, 'bob');
    expect(restored(backup, folder, 'present.sqlite')).toBe(3);
    const known = [
      [1, 'ada'],
      [2, 'ada bob'],
      [3, 'cy number'],
      [4, 'ada'],
      [5, null],
    ];
    expect(log(backup)).toEqual(known);
    // As the journal does, before anybody is answered.
    forget(backup, 'bob');
    expect(log(backup)[1]).toEqual([2, 'ada number']);
    expect(restored(backup, folder, 'present.sqlite')).toBe(0);
  });

  test('gives no number again, of a row or of a person', () => {
    const { folder, present, backup } = begun();
    people(present, 'new');
    look(present, 3, ['new']);
    restored(backup, folder, 'present.sqlite');
    people(backup, 'later');
    look(backup, 4, ['later']);
    expect(log(backup).slice(2)).toEqual([
      [3, 'number'],
      [4, 'later'],
    ]);
  });

  test('of a store whose log went another way keeps both, and mixes nobody up', () => {
    const { folder, present, backup } = begun();
    look(backup, 3, ['cy']);
    people(present, 'new');
    look(present, 4, ['new']);
    look(present, 5, ['cy', 'bob']);
    expect(restored(backup, folder, 'present.sqlite')).toBe(2);
    // A row whose number is taken gets another one.
    expect(log(backup)).toEqual([
      [1, 'ada'],
      [2, 'ada bob'],
      [3, 'cy'],
      [5, 'bob cy'],
      [4, 'number'],
    ]);
  });

  test('from a store of before there was a log takes nothing', () => {
    const { folder, open } = room();
    openSqlite(join(folder, 'old.sqlite'), tables.slice(0, 1)).close();
    expect(restored(open('backup.sqlite'), folder, 'old.sqlite')).toBe(0);
  });

  test('of more rows than are read at once takes all', () => {
    const { folder, present, backup } = begun();
    present.transaction(() => {
      for (let at = 3; at < 2_503; at += 1) look(present, at, ['cy']);
    });
    expect(restored(backup, folder, 'present.sqlite')).toBe(2_500);
    expect(log(backup)).toHaveLength(2_502);
  });
});
