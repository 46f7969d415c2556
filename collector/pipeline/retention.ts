// Retention as it runs: a slice at a time, each its own transaction, so that the door never waits for a day's ageing. What
// runs out is decided in consent/retention/retention.ts; here it happens, and profiles are folded again from what remains.

import type { Consent } from '../consent/consent.js';
import { classes } from '../consent/retention/classes.js';
import {
  ageing,
  boundOf,
  dayMs,
  daysKept,
  type ExpiryPlan,
  planExpiry,
  type RemovedPurpose,
  type RetentionClass,
} from '../consent/retention/retention.js';
import { cursorOfDays, isLastPage, openRetentionStore, pageEvents, type Removal } from '../consent/retention/store.js';
import type { Purpose } from '../contract/purposes.js';
import type { AcceptedEvent } from '../events/event.js';
import { type EventRow, parseBody } from '../events/store.js';
import type { Sql } from '../store/sql.js';
import type { Desk } from './desk.js';
import { forgetAndNarrow } from './forget.js';

/** How often a run begins; each goes on, slice by slice, until nothing is due. */
export const runEveryMs = 6 * 3_600_000;
/**
 * A slice is one transaction: page after page of events, until so many had to be folded anew, with the devices they lie on, or so many
 * were looked at. Most lose a purpose and nothing that was read from them, which costs their row.
 */
const sliceMaxFolded = 200;
const sliceMaxLooked = 1_000;
const sliceMaxRows = 500;

/** Removals as they are noted: a purpose that was lost, and rows that went. */
const removalsOf = (plan: ExpiryPlan, deleted: number): Removal[] => [
  ...Object.entries(plan.lost).map(([purpose, narrowed]) => ({
    class: 'events',
    purpose: purpose as Purpose,
    deleted: 0,
    narrowed,
  })),
  { class: 'events', purpose: null, deleted, narrowed: 0 },
];

/** Rows of a class that are too old; at most so many, the oldest first. */
const expire = (sql: Sql, it: RetentionClass, before: number): number => {
  const { table, from } = it;
  const statement =
    it.order === 'rowid'
      ? `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} ORDER BY rowid LIMIT ${sliceMaxRows}) AND ${from} < ?`
      : `DELETE FROM ${table} WHERE ${from} < ?`;
  return sql.prepare(statement).run(boundOf(it, before)).changes;
};

export interface Retention {
  /** One slice of what is due, of a run that is open or begins now; false = nothing is left to do until the next run. */
  slice: (now: number) => boolean;
  /** A whole run, now. */
  run: (now: number) => { run: number };
}

interface Aged {
  seq: number;
  event: AcceptedEvent;
}

interface Open {
  run: number;
  /** Work that is left, in order; a step is done when it says so. */
  steps: (() => boolean)[];
  changed: boolean;
}

export interface RetentionOptions {
  sql: Sql;
  desk: Pick<Desk, 'within' | 'attempt' | 'set'>;
  /** Overwrites what was deleted in the log of writes, too. */
  checkpoint: () => void;
  consent: Pick<Consent, 'policy' | 'dropCaches'> & { ledger: Pick<Consent['ledger'], 'prune'> };
}

export const openRetention = ({ sql, desk, checkpoint, consent }: RetentionOptions): Retention => {
  const store = openRetentionStore(sql, () => consent.policy.document);
  const page = sql.prepare<EventRow>('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?');
  let open: Open | null = null;

  /** Executes what the age of these events asks for. How many of them had to be folded anew. */
  const age = (run: number, rows: readonly Aged[], now: number, removed: readonly RemovedPurpose[]): number => {
    const plan = planExpiry(
      rows.map(({ seq, event }) => ageing({ seq }, event)),
      store.termsOf,
      now,
      removed,
    );
    const touched = plan.deleted.length + plan.narrowed.length;
    if (touched === 0) return 0;
    if (open) open.changed = true;
    desk.set.ageing = true;
    try {
      return desk.within(now, (set) => {
        const { kept, folded } = forgetAndNarrow(set, plan, new Map(rows.map(({ seq, event }) => [seq, event])));
        store.note(run, removalsOf(plan, touched - kept));
        return folded;
      });
    } finally {
      desk.set.ageing = false;
    }
  };

  const pageAfter = (seq: number): Aged[] =>
    page.all(seq, pageEvents).map((row) => ({ seq: row.seq, event: parseBody(row) }));

  /** Page after page, as many as a slice takes. `look` = how many were folded anew, and whether there is another page. */
  const sliceOf = (look: () => { folded: number; isLast: boolean }) => (): boolean =>
    desk.attempt(() => {
      for (let looked = 0, folded = 0; looked < sliceMaxLooked && folded < sliceMaxFolded; looked += pageEvents) {
        const done = look();
        if (done.isLast) return true;
        folded += done.folded;
      }
      return false;
    });

  /** Events that have become `days` old since they were last looked at. */
  const oldEnough = (run: number, days: number, now: number): (() => boolean) => {
    const name = cursorOfDays(days);
    let from = store.cursor(name);
    let isWhole = true;
    return sliceOf(() => {
      const rows = pageAfter(from);
      const isOld = ({ event }: Aged): boolean => event.receivedAt + days * dayMs <= now;
      const old = rows.filter(isOld);
      const folded = age(run, old, now, []);
      // A clock that once stood wrong leaves a row that is not old yet between others that are: they are not held up by it,
      // and it is looked at again.
      const firstYoung = rows.findIndex((row) => !isOld(row));
      const last = firstYoung === -1 ? rows.at(-1) : rows[firstYoung - 1];
      if (isWhole && last) store.moveCursor(name, last.seq);
      if (firstYoung !== -1) isWhole = false;
      from = rows.at(-1)?.seq ?? from;
      const looked = rows.map(({ event }) => event);
      return { folded, isLast: isLastPage(looked, old.length, now) };
    });
  };

  /** A purpose that is not asked for any more: every event there is. */
  const removal = (run: number, removed: RemovedPurpose, now: number): (() => boolean) => {
    const name = `removed:${removed.purpose}:${removed.removedAt}`;
    return sliceOf(() => {
      const rows = pageAfter(store.cursor(name));
      const folded = age(run, rows, now, [removed]);
      if (rows.length > 0) store.moveCursor(name, rows.at(-1)!.seq);
      if (rows.length === pageEvents) return { folded, isLast: false };
      store.dropCursor(name);
      store.removedDone(removed);
      return { folded, isLast: true };
    });
  };

  const ageClass =
    (run: number, it: RetentionClass, now: number): (() => boolean) =>
    () => {
      const before = now - daysKept(it, store.settings()) * dayMs;
      const deleted = desk.attempt(() => {
        const changes =
          it.order === 'chain'
            ? store.forgetReceipts(before, sliceMaxRows, () => consent.ledger.prune(before, sliceMaxRows, now))
            : expire(sql, it, before);
        store.note(run, [{ class: it.name, purpose: null, deleted: changes, narrowed: 0 }]);
        return changes;
      });
      if (deleted > 0 && it.order === 'chain') consent.dropCaches();
      if (open && deleted > 0) open.changed = true;
      return it.order === 'key' || deleted < sliceMaxRows;
    };

  const begin = (now: number): Open => {
    store.dropCaches();
    const last = store.lastRun();
    // One that was interrupted goes on: its cursors stand where it came to.
    const isResumed = last !== null && last.endedAt === null;
    const run = isResumed ? last.id : store.begin(now);
    return {
      run,
      changed: isResumed,
      steps: [
        ...store.spans().map((days) => oldEnough(run, days, now)),
        ...store.removed(now).map((it) => removal(run, it, now)),
        ...classes.map((it) => ageClass(run, it, now)),
      ],
    };
  };

  const isDue = (now: number): boolean => {
    const last = store.lastRun();
    return last === null || last.endedAt === null || last.startedAt + runEveryMs <= now;
  };

  const step = (now: number): boolean => {
    open ??= begin(now);
    const current = open;
    try {
      if (current.steps[0]?.()) current.steps.shift();
    } catch (error) {
      // What its steps remember may have been rolled back: it is taken up again where its cursors stand.
      open = null;
      throw error;
    }
    if (current.steps.length > 0) return true;
    desk.attempt(() => {
      sql.prepare('DELETE FROM retention_removals WHERE run NOT IN (SELECT id FROM retention_runs)').run();
      store.end(current.run, now);
    });
    if (current.changed) checkpoint();
    open = null;
    return false;
  };

  return {
    slice: (now) => {
      if (open === null && !isDue(now)) return false;
      return step(now);
    },
    run: (now) => {
      open = null;
      open = begin(now);
      const { run } = open;
      while (step(now));
      return { run };
    },
  };
};
