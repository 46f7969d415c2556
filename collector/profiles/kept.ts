// What can be read of what is kept and was counted, and of nobody in particular: retention as it ran.

import {
  type ClassItem,
  daysOfClass,
  type RunItem,
  retentionClasses,
  retentionRuns,
} from '../consent/retention/store.js';
import { type AnonymousCounts, anonymousCounts } from '../consent/rights/withdrawn-counts.js';
import type { CookielessAsked, CookielessCounts } from '../contract/cookieless.js';
import { cookielessCounts } from '../cookieless/store.js';
import type { Sql } from '../store/sql.js';

export interface KeptReading {
  /** What retention removed, newest run first. */
  retentionRuns: (limit: number) => RunItem[];
  /** What is kept, and for how long. */
  retentionClasses: () => ClassItem[];
  /** Of visitors who were asked nothing (consent.md, section 7); no group of fewer than k. */
  cookielessCounts: (asked: CookielessAsked & { now: number }) => CookielessCounts;
  /** Of what withdrawals deleted (`onWithdraw: anonymise`), by days such as `2026-11-01`; no group of fewer than k. */
  anonymousCounts: (asked: { from: string; to: string }) => AnonymousCounts;
}

export const keptReading = (sql: Sql): KeptReading => ({
  retentionRuns: (limit) => retentionRuns(sql, limit),
  retentionClasses: () => retentionClasses(sql),
  cookielessCounts: (asked) => cookielessCounts(sql, { ...asked, keptDays: daysOfClass(sql, 'cookieless') }),
  anonymousCounts: (asked) => anonymousCounts(sql, asked),
});
