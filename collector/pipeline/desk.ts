// Where work on the tables begins and ends: one transaction, in which whatever was spoilt is true again before it commits.

import type { AuditStore } from '../audit/store.js';
import type { Consent } from '../consent/consent.js';
import { type AnyAspect, profileFold } from '../profiles/fold.js';
import type { Sql } from '../store/sql.js';
import { type Announcer, project, save, saveTotals, saveWarnings, settleDue } from './project.js';
import { resolve } from './resolve.js';
import { type HouseRules, openWorkingSet, type WorkingSet } from './working-set.js';

export interface DeskOptions {
  sql: Sql;
  rules: HouseRules;
  aspects: readonly AnyAspect[];
  announcer: Announcer;
  consent: Pick<Consent, 'dropCaches' | 'generationOf' | 'formerReceiptOf' | 'journal'>;
  /** The site's own: profile ids derive from it. */
  secret: string;
  /** Told at the end of each transaction: whoever is gone by it is forgotten there too. */
  audit?: Pick<AuditStore, 'settle'>;
}

export interface Desk {
  set: WorkingSet;
  /** A transaction; what was loaded is dropped when it rolls back. */
  attempt: <Result>(work: () => Result) => Result;
  /** Resolves, folds and saves what the transaction spoilt so far; settles what is due up to `settledTo`, null = nothing yet. */
  finish: (now: number, settledTo?: number | null) => void;
  /** Deadlines up to `now`; how many were due. */
  due: (now: number) => number;
  within: <Result>(now: number, work: (set: WorkingSet) => Result) => Result;
}

export const openDesk = (options: DeskOptions): Desk => {
  const { sql, announcer } = options;
  const set = openWorkingSet(sql, options.rules, profileFold(options.aspects), options.secret, options.consent);
  const finish = (now: number, settledTo: number | null = now): void => {
    resolve(set);
    project(set, settledTo, announcer);
    save(set);
    saveTotals(set);
    saveWarnings(set, now);
  };
  const attempt = <Result>(work: () => Result): Result => {
    try {
      return sql.transaction(() => {
        const result = work();
        options.audit?.settle();
        // On the disk before the commit, and so before any answer: a crash in between leaves a line too much, never one
        // too few.
        options.consent.journal.flush();
        return result;
      });
    } catch (error) {
      options.consent.journal.drop();
      // What was loaded may hold what the rollback took back.
      set.forgetLoaded();
      options.consent.dropCaches();
      throw error;
    }
  };
  return {
    set,
    attempt,
    finish,
    due: (now) =>
      attempt(() => {
        const settled = settleDue(set, now, announcer);
        if (settled > 0) {
          save(set);
          saveTotals(set);
          saveWarnings(set, now);
        }
        return settled;
      }),
    within: (now, work) =>
      attempt(() => {
        const result = work(set);
        finish(now);
        return result;
      }),
  };
};
