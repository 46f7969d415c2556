// From the store a backup takes the place of, into the copy of the backup: everything consent knows since. The ledger's rows
// and what is live of them, tombstones, requests, notices and deliveries are the present store's word; events and people are
// the backup's. Reads and writes consent's own tables only.

import type { Sql } from '../../store/sql.js';
import { hexOf, type TombstoneKind } from '../keys.js';
import type { JournalEntry } from './journal.js';

/** Consent's tables that only ever know more, or are about what is true now. The ledger is added to; these are replaced. */
const replaced = [
  'consent_receipts',
  'consent_terms',
  'consent_lives',
  'consent_visitors',
  'consent_objected',
  'consent_persons',
  'consent_counts',
  'consent_policies',
  'consent_texts',
  'consent_releases',
  'consent_removals',
  'consent_chain',
  'tombstones',
  'destinations',
  'deliveries',
  'notices',
  'exports',
  'export_subjects',
  'objections',
  'nonces',
];

/** Proofs: kept as they are, and added to. */
const added = ['consent_keys', 'consent_signatures'];

export type TakenOver =
  | { kind: 'taken'; ledgerRows: number; news: JournalEntry[] }
  /**
   * The backup's ledger is not the beginning of the present one: one of them is another site's, or was tampered with. Nothing
   * is taken over; who was erased since is known all the same.
   */
  | { kind: 'parted'; seq: number; news: JournalEntry[] };

const columnsIn = (sql: Sql, schema: string, table: string): string[] =>
  sql
    .prepare<{ name: string }>(`PRAGMA ${schema}.table_info(${table})`)
    .all()
    .map((row) => row.name);

/** `present` is attached under that name; `sql` is the copy, migrated. One transaction of the caller's. */
export const takeOverConsent = (sql: Sql): TakenOver => {
  const known = (table: string): boolean => columnsIn(sql, 'present', table).length > 0;
  const shared = (table: string): string =>
    columnsIn(sql, 'present', table)
      .filter((column) => columnsIn(sql, 'main', table).includes(column))
      .join(', ');

  const news = sql
    .prepare<{ kind: TombstoneKind; key: Uint8Array; cause: 'erased' | 'withdrawn'; v: number; at: number }>(
      `SELECT p.kind AS kind, p.key AS key, p.cause AS cause, p.key_version AS v, p.erased_at AS at
       FROM present.tombstones AS p LEFT JOIN main.tombstones AS m ON m.kind = p.kind AND m.key = p.key
       WHERE m.key IS NULL OR p.erased_at > m.erased_at OR p.generation > m.generation
         OR (p.cause = 'erased' AND m.cause = 'withdrawn')`,
    )
    .all()
    .map(
      ({ kind, key, cause, v, at }): JournalEntry => ({
        act: cause,
        kind,
        key: hexOf(key),
        v,
        at,
      }),
    );

  const last = sql.prepare<{ seq: number | null }>('SELECT max(seq) AS seq FROM main.consent_ledger').get()?.seq ?? 0;
  const rowAt = (schema: string) =>
    sql.prepare(`SELECT receipt, kind, at, decisions FROM ${schema}.consent_ledger WHERE seq = ?`).get(last);
  // Rows the present store pruned by age are no disagreement.
  const here = rowAt('present');
  if (here !== undefined && JSON.stringify(here) !== JSON.stringify(rowAt('main')))
    return { kind: 'parted', seq: last, news };

  const ledger = shared('consent_ledger');
  const { changes } = sql
    .prepare(`INSERT INTO main.consent_ledger (${ledger}) SELECT ${ledger} FROM present.consent_ledger WHERE seq > ?`)
    .run(last);
  for (const table of replaced) {
    if (!known(table)) continue;
    const columns = shared(table);
    sql.exec(
      `DELETE FROM main.${table}; INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM present.${table}`,
    );
  }
  for (const table of added) {
    if (!known(table)) continue;
    const columns = shared(table);
    sql.exec(`INSERT OR IGNORE INTO main.${table} (${columns}) SELECT ${columns} FROM present.${table}`);
  }
  // What was under way there has lost its plan with its events, and begins anew here.
  const jobs = shared('erasures')
    .split(', ')
    .map((column) => {
      switch (column) {
        case 'state':
          return "CASE state WHEN 'done' THEN state ELSE 'accepted' END";
        case 'step':
          return "CASE state WHEN 'done' THEN step ELSE 1 END";
        case 'work':
        case 'started_at':
          return 'NULL';
        case 'since':
          return `${Number.MAX_SAFE_INTEGER}`;
        default:
          return column;
      }
    })
    .join(', ');
  sql.exec(
    `DELETE FROM main.erasures; DELETE FROM main.erasure_events; DELETE FROM main.erasure_touched;
     DELETE FROM main.erasure_scopes;
     INSERT INTO main.erasures (${shared('erasures')}) SELECT ${jobs} FROM present.erasures`,
  );
  return { kind: 'taken', ledgerRows: changes, news };
};
