// What retention remembers: how far it has come, what each run removed, and under which policy an event was collected.
// Owns its tables; looks policies up in consent's. Must never keep an identifier of anybody.

import { type Purpose, purposes } from '../../contract/purposes.js';
import { type EventRow, parseBody } from '../../events/store.js';
import { recent } from '../../store/recent.js';
import type { Migration, Sql } from '../../store/sql.js';
import { parsePolicy } from '../policy/policy.js';
import { classes } from './classes.js';
import {
  type AgeingEvent,
  ageing,
  boundOf,
  dayMs,
  daysKept,
  planExpiry,
  type RemovedPurpose,
  type Terms,
  termsOfDocument,
} from './retention.js';

/**
 * A *cursor* is one number of days: every event up to `seq` has been looked at when it was that old. Events arrive in the
 * order of `seq`, so each is looked at once for each number of days that any policy names.
 */
export const retentionMigrations: readonly Migration[] = [
  {
    name: '0051-retention',
    sql: `
      CREATE TABLE retention_cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE retention_runs (
        id INTEGER PRIMARY KEY,
        started_at INTEGER NOT NULL,
        ended_at INTEGER
      );
      CREATE TABLE retention_removals (
        run INTEGER NOT NULL,
        class TEXT NOT NULL,
        purpose TEXT NOT NULL,
        deleted INTEGER NOT NULL,
        narrowed INTEGER NOT NULL,
        PRIMARY KEY (run, class, purpose)
      ) WITHOUT ROWID;
      CREATE TABLE withdrawn_counts (
        day TEXT NOT NULL,
        event TEXT NOT NULL,
        currency TEXT NOT NULL,
        events INTEGER NOT NULL,
        people INTEGER NOT NULL,
        minor INTEGER NOT NULL,
        PRIMARY KEY (day, event, currency)
      ) WITHOUT ROWID;
    `,
  },
];

export interface Run {
  id: number;
  startedAt: number;
  endedAt: number | null;
}

/** Of one class: `deleted` rows went, `narrowed` events lost this purpose and stay for others. */
export interface Removal {
  class: string;
  purpose: Purpose | null;
  deleted: number;
  narrowed: number;
}

export interface RetentionStore {
  /** The terms an event was collected under: of its receipt's policy, else of the one in force when it came. */
  termsOf: (event: Pick<AgeingEvent, 'receipt' | 'receivedAt'>) => Terms;
  /** Every number of days after which something of some event may run out. */
  spans: () => number[];
  /** What policies no longer list, and when its data is due to go. */
  removed: (now: number) => readonly RemovedPurpose[];
  removedDone: (removed: RemovedPurpose) => void;
  /** Receipts whose ledger rows `prune` removes go with them, and what hangs on them. How many rows went. */
  forgetReceipts: (before: number, rowsMax: number, prune: () => number) => number;
  /** `retention` of the consent file in force. */
  settings: () => Readonly<Record<string, unknown>> | null;
  cursor: (name: string) => number;
  moveCursor: (name: string, seq: number) => void;
  dropCursor: (name: string) => void;
  lastRun: () => Run | null;
  begin: (at: number) => number;
  end: (run: number, at: number) => void;
  note: (run: number, removals: readonly Removal[]) => void;
  dropCaches: () => void;
}

/** A purpose taken out by mistake can be put back for a day before anything goes. */
const removalGraceMs = dayMs;

let builtIn: Terms | undefined;
/** Of a policy that says nothing of a purpose: what ships. */
const builtInTerms = (): Terms => (builtIn ??= termsOfDocument(parsePolicy({}).document));

const parsed = (text: string | undefined): unknown => {
  try {
    return text === undefined ? null : JSON.parse(text);
  } catch {
    return null;
  }
};

/**
 * What was promised when it was collected: by the terms the person agreed to, or by those in force by then where they keep it
 * for less. A release that only narrows asks nobody again (`compatibleWith`), so receipts of longer terms live on under it.
 */
const shorter = (agreed: Terms, then: Terms): Terms =>
  Object.fromEntries(
    Object.entries(agreed).map(([purpose, days]) => [purpose, Math.min(days, then[purpose as Purpose] ?? days)]),
  );

/** `inForce`: the document of the policy in force, where somebody knows it; else it is looked up. */
export const openRetentionStore = (sql: Sql, inForce?: () => unknown): RetentionStore => {
  const policyOfReceipt = sql.prepare<{ policy: string }>(
    'SELECT l.policy AS policy FROM consent_receipts r JOIN consent_ledger l ON l.seq = r.seq WHERE r.receipt = ?',
  );
  const document = sql.prepare<{ document: string }>('SELECT document FROM consent_policies WHERE config_hash = ?');
  // The release before the instant; of an event from before all releases, the first.
  const released = sql.prepare<{ config_hash: string }>(
    'SELECT config_hash FROM consent_releases ORDER BY at <= ? DESC, abs(at - ?), id DESC LIMIT 1',
  );
  // A store that is older than the list of releases knows when each was first seen.
  const firstSeen = sql.prepare<{ config_hash: string }>(
    'SELECT config_hash FROM consent_policies ORDER BY first_at <= ? DESC, abs(first_at - ?) LIMIT 1',
  );
  const removals = sql.prepare<{ purpose: string; removed_at: number }>('SELECT * FROM consent_removals');
  const endedRows = sql.prepare<{ receipt: string }>(
    'SELECT receipt FROM (SELECT receipt, expires_at FROM consent_ledger ORDER BY seq LIMIT ?) WHERE receipt IS NOT NULL AND expires_at < ?',
  );
  const isInLedger = sql.prepare('SELECT 1 FROM consent_ledger WHERE receipt = ? LIMIT 1');
  const lifeOf = sql.prepare<{ life: number }>('SELECT life FROM consent_receipts WHERE receipt = ?');
  const deleteReceipt = sql.prepare('DELETE FROM consent_receipts WHERE receipt = ?');
  const isLived = sql.prepare('SELECT 1 FROM consent_receipts WHERE life = ? LIMIT 1');
  const deleteVisitor = sql.prepare('DELETE FROM consent_visitors WHERE life = ?');
  const deleteLife = sql.prepare('DELETE FROM consent_lives WHERE life = ?');
  const hashes = sql.prepare<{ config_hash: string }>('SELECT config_hash FROM consent_policies');
  const keysRetention = sql.prepare<{ retention: string }>(
    'SELECT DISTINCT retention FROM credentials WHERE retention IS NOT NULL',
  );
  const cursor = sql.prepare<{ seq: number }>('SELECT seq FROM retention_cursors WHERE name = ?');
  const moveCursor = sql.prepare(
    'INSERT INTO retention_cursors (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq',
  );
  const dropCursor = sql.prepare('DELETE FROM retention_cursors WHERE name = ?');
  const lastRun = sql.prepare<{ id: number; started_at: number; ended_at: number | null }>(
    'SELECT id, started_at, ended_at FROM retention_runs ORDER BY id DESC LIMIT 1',
  );
  const begin = sql.prepare('INSERT INTO retention_runs (started_at) VALUES (?)');
  const end = sql.prepare('UPDATE retention_runs SET ended_at = ? WHERE id = ?');
  const note = sql.prepare(
    `INSERT INTO retention_removals (run, class, purpose, deleted, narrowed) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (run, class, purpose) DO UPDATE SET
       deleted = deleted + excluded.deleted, narrowed = narrowed + excluded.narrowed`,
  );

  const byHash = new Map<string, Terms | null>();
  const byReceipt = recent<string, { terms: Terms | null }>(10_000);

  const termsOfHash = (hash: string): Terms | null => {
    const known = byHash.get(hash);
    if (known !== undefined) return known;
    const text = document.get(hash)?.document;
    // A policy may become known later: only what is there is remembered.
    if (text === undefined) return null;
    const terms = { ...builtInTerms(), ...termsOfDocument(parsed(text)) };
    byHash.set(hash, terms);
    return terms;
  };
  const ofReceipt = (receipt: string): Terms | null => {
    const known = byReceipt.get(receipt);
    if (known) return known.terms;
    const policy = parsed(policyOfReceipt.get(receipt)?.policy) as { configHash?: unknown } | null;
    const terms = typeof policy?.configHash === 'string' ? termsOfHash(policy.configHash) : null;
    byReceipt.set(receipt, { terms });
    return terms;
  };
  const done = sql.prepare('SELECT 1 FROM retention_cursors WHERE name = ?');
  const doneName = ({ purpose, removedAt }: RemovedPurpose): string => `done:${purpose}:${removedAt}`;
  const documentInForce = (): unknown => {
    if (inForce) return inForce();
    const hash = hashAt(Number.MAX_SAFE_INTEGER);
    return parsed(hash === undefined ? undefined : document.get(hash)?.document);
  };
  const hashAt = (at: number): string | undefined => (released.get(at, at) ?? firstSeen.get(at, at))?.config_hash;

  const lastRelease = sql.prepare<{ id: number | null }>('SELECT max(id) AS id FROM consent_releases');
  const hashesThen = recent<string, { hash: string | undefined }>(10_000);
  /** Asked of each event: those that came in one batch have one answer. */
  const hashThen = (at: number): string | undefined => {
    const key = `${lastRelease.get()!.id} ${at}`;
    const known = hashesThen.get(key);
    if (known) return known.hash;
    const hash = hashAt(at);
    hashesThen.set(key, { hash });
    return hash;
  };

  return {
    termsOf: ({ receipt, receivedAt }) => {
      const hash = hashThen(receivedAt);
      const then = (hash === undefined ? null : termsOfHash(hash)) ?? builtInTerms();
      const terms = receipt === null ? null : ofReceipt(receipt);
      return terms === null ? then : shorter(terms, then);
    },
    spans: () => {
      const spans = new Set(Object.values(builtInTerms()));
      for (const { config_hash } of hashes.all())
        for (const days of Object.values(termsOfHash(config_hash) ?? {})) spans.add(days);
      for (const { retention } of keysRetention.all())
        for (const days of Object.values((parsed(retention) ?? {}) as Record<string, unknown>))
          if (typeof days === 'number') spans.add(days);
      return [...spans].sort((a, b) => a - b);
    },
    removed: (now) =>
      removals.all().flatMap(({ purpose: name, removed_at: removedAt }) => {
        const purpose = purposes.find((one) => one === name);
        const isBack = Object.hasOwn(termsOfDocument(documentInForce()), name);
        return purpose && !isBack && removedAt + removalGraceMs <= now && !done.get(doneName({ purpose, removedAt }))
          ? [{ purpose, removedAt }]
          : [];
      }),
    removedDone: (removed) => {
      moveCursor.run(doneName(removed), 0);
    },
    forgetReceipts: (before, rowsMax, prune) => {
      const receipts = endedRows.all(rowsMax, before).map(({ receipt }) => receipt);
      const pruned = prune();
      for (const receipt of receipts) {
        const life = isInLedger.get(receipt) ? undefined : lifeOf.get(receipt)?.life;
        if (life === undefined) continue;
        deleteReceipt.run(receipt);
        if (isLived.get(life)) continue;
        deleteVisitor.run(life);
        deleteLife.run(life);
      }
      return pruned;
    },
    settings: () => {
      const { retention } = (documentInForce() ?? {}) as { retention?: Record<string, unknown> };
      return retention ?? null;
    },
    cursor: (name) => cursor.get(name)?.seq ?? 0,
    moveCursor: (name, seq) => {
      moveCursor.run(name, seq);
    },
    dropCursor: (name) => {
      dropCursor.run(name);
    },
    lastRun: () => {
      const row = lastRun.get();
      return row ? { id: row.id, startedAt: row.started_at, endedAt: row.ended_at } : null;
    },
    begin: (at) => Number(begin.run(at).lastInsertRowid),
    end: (run, at) => {
      end.run(at, run);
    },
    note: (run, removals) => {
      for (const { class: of, purpose, deleted, narrowed } of removals)
        if (deleted > 0 || narrowed > 0) note.run(run, of, purpose ?? '', deleted, narrowed);
    },
    dropCaches: () => {
      byHash.clear();
      byReceipt.clear();
    },
  };
};

export interface RunItem {
  id: number;
  startedAt: number;
  endedAt: number | null;
  removed: Removal[];
}

/** For readers, newest first: on a connection that only reads. */
export const retentionRuns = (sql: Sql, limit: number): RunItem[] => {
  const runs = sql
    .prepare<{ id: number; started_at: number; ended_at: number | null }>(
      'SELECT id, started_at, ended_at FROM retention_runs ORDER BY id DESC LIMIT ?',
    )
    .all(limit);
  const removals = sql.prepare<{ class: string; purpose: string; deleted: number; narrowed: number }>(
    'SELECT class, purpose, deleted, narrowed FROM retention_removals WHERE run = ? ORDER BY class, purpose',
  );
  return runs.map(({ id, started_at, ended_at }) => ({
    id,
    startedAt: started_at,
    endedAt: ended_at,
    removed: removals.all(id).map((row) => ({
      ...row,
      purpose: purposes.find((purpose) => purpose === row.purpose) ?? null,
    })),
  }));
};

/** For how many days a class is kept by the policy in force. */
export const daysOfClass = (sql: Sql, name: string): number =>
  daysKept(classes.find((it) => it.name === name)!, openRetentionStore(sql).settings());

export interface ClassItem {
  class: string;
  what: string;
  /** Days kept; null: as each event's own terms say. */
  days: number | null;
  rows: number;
}

/** What there is, and for how long it is kept. */
export const retentionClasses = (sql: Sql): ClassItem[] => {
  const settings = openRetentionStore(sql).settings();
  const rows = (table: string): number =>
    sql.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
  return [
    { class: 'events', what: 'Events, and the profiles folded from them', days: null, rows: rows('events') },
    ...classes.map((it) => ({
      class: it.name,
      what: it.what,
      days: daysKept(it, settings),
      rows: rows(it.table),
    })),
  ];
};

/** The name of the cursor of a number of days. */
export const cursorOfDays = (days: number): string => `days:${days}`;

/** Events looked at at once. */
export const pageEvents = 100;

/**
 * Where none of a page is old enough, none after it is; but one that a clock which stood wrong dates after now says nothing of
 * those after it.
 */
export const isLastPage = (page: readonly { receivedAt: number }[], old: number, now: number): boolean =>
  page.length < pageEvents || (old === 0 && page.some(({ receivedAt }) => receivedAt <= now));

/** What may be due, as a run finds it: from where the last one ended for each number of days. No event is given twice. */
function* dueEvents(sql: Sql, store: RetentionStore, now: number): Generator<AgeingEvent[]> {
  const page = sql.prepare<EventRow>('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?');
  const looked: { after: number; upTo: number }[] = [];
  const isNew = ({ seq }: AgeingEvent): boolean => !looked.some(({ after, upTo }) => seq > after && seq <= upTo);
  // A purpose that was taken out may stand in every event. Else the shortest first: what is old enough for a longer one was
  // given with a shorter one whose stretch it lies in.
  const spans = store.removed(now).length > 0 ? [null] : store.spans();
  for (const days of spans) {
    const after = days === null ? 0 : store.cursor(cursorOfDays(days));
    let from = after;
    for (;;) {
      const rows = page.all(from, pageEvents);
      const events = rows.map((row) => ageing(row, parseBody(row)));
      const due = days === null ? events : events.filter(({ receivedAt }) => receivedAt + days * dayMs <= now);
      yield due.filter(isNew);
      from = rows.at(-1)?.seq ?? from;
      if (isLastPage(events, due.length, now)) break;
    }
    looked.push({ after, upTo: from });
  }
}

/**
 * What a run would remove now; changes nothing. Of classes as many rows as are old enough, though something else may hold a
 * row back: a younger one before it in the ledger, an erasure that is still told.
 */
export const retentionPreview = (sql: Sql, now: number): Removal[] => {
  const store = openRetentionStore(sql);
  const removed = store.removed(now);
  const lost = new Map<Purpose, number>();
  let deleted = 0;
  for (const events of dueEvents(sql, store, now)) {
    const plan = planExpiry(events, store.termsOf, now, removed);
    deleted += plan.deleted.length;
    for (const purpose of purposes) lost.set(purpose, (lost.get(purpose) ?? 0) + (plan.lost[purpose] ?? 0));
  }
  const settings = store.settings();
  return [
    { class: 'events', purpose: null, deleted, narrowed: 0 },
    ...[...lost].map(([purpose, narrowed]) => ({ class: 'events', purpose, deleted: 0, narrowed })),
    ...classes.map((it) => ({
      class: it.name,
      purpose: null,
      deleted:
        sql
          .prepare<{ n: number }>(`SELECT count(*) AS n FROM ${it.table} WHERE ${it.from} < ?`)
          .get(boundOf(it, now - daysKept(it, settings) * dayMs))?.n ?? 0,
      narrowed: 0,
    })),
  ].filter((it) => it.deleted > 0 || it.narrowed > 0);
};
