// The way of a batch, top to bottom: dedupe → enrich → record → sessionise → resolve → fold → project → commit →
// acknowledge, in one transaction for whatever requests wait. Runs where the only writing connection is.

import { randomBytes, randomUUID } from 'node:crypto';
import { parseInstant } from '../contract/instant.js';
import type { Answer, Submission, Verdicted } from '../log/log.js';
import { type AnyAspect, profileFold } from '../profiles/fold.js';
import { isUnavailable } from '../store/sqlite.js';
import type { Sql } from '../store/sql.js';
import { type SiteRules, accept } from './accept.js';
import type { ConsentDesk } from './consent-desk.js';
import { type Announcer, project, save, saveWarnings, settleDue } from './project.js';
import { record } from './record.js';
import { resolve } from './resolve.js';
import { type HouseRules, type WorkingSet, openWorkingSet } from './working-set.js';

export interface PipelineOptions {
  sql: Sql;
  rules: HouseRules;
  site: SiteRules;
  aspects: readonly AnyAspect[];
  announcer: Announcer;
  consent: ConsentDesk;
  /** Chance comes in by argument: message ids of events that bring none, the site's secret. */
  mint?: () => string;
  newSecret?: () => string;
}

/** An answer, or that this one submission broke: its neighbours in the transaction are not to suffer. */
export type Settled = { answer: Answer } | { failed: unknown };

export interface Pipeline {
  set: WorkingSet;
  /** Everything in one transaction; on a bug each submission gets its own. Throws only what means "not now". */
  run: (submissions: readonly Submission[], now: number) => Settled[];
  /** Deadlines up to `now`; how many were due. */
  due: (now: number) => number;
  /** Work that ends with the derived tables true again: commands of erase.ts, merge.ts and rebuild.ts. */
  within: <Result>(now: number, work: (set: WorkingSet) => Result) => Result;
}

const refusalsKept = 10_000;
const hourMs = 3_600_000;

export const openPipeline = (options: PipelineOptions): Pipeline => {
  const { sql, consent, announcer } = options;
  const mint = options.mint ?? randomUUID;
  const newSecret = options.newSecret ?? (() => randomBytes(32).toString('hex'));
  const set = openWorkingSet(sql, options.rules, profileFold(options.aspects), newSecret);

  const finish = (now: number): void => {
    resolve(set);
    project(set, now, announcer);
    save(set);
    saveWarnings(set, now);
  };
  const attempt = <Result>(work: () => Result): Result => {
    try {
      return sql.transaction(work);
    } catch (error) {
      // What was loaded may hold what the rollback took back.
      set.forgetLoaded();
      consent.dropCaches();
      throw error;
    }
  };

  const submit = (submission: Submission, now: number): Answer => {
    const body = JSON.parse(submission.text) as Record<string, unknown>;
    const calls = submission.type === null ? (body.batch as unknown[]) : [body];
    const envelope = {
      context: (submission.type === null ? (body.context ?? {}) : {}) as Record<string, unknown>,
      sentAt: parseInstant(body.sentAt),
      mint,
    };
    const answer: Answer = { accepted: 0, duplicates: 0, held: [], dropped: [], rejected: [...submission.rejected], warnings: [] };
    const refused = new Set(submission.rejected.map((rejection) => rejection.index));
    const counts = new Map<string, number>();
    const count = (verdict: string, code: string): void => {
      const key = `${verdict}\n${code}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    };
    const visit = consent.begin(submission, body.consent);

    for (let index = 0; index < calls.length; index += 1) {
      if (refused.has(index)) continue;
      const raw = calls[index] as Record<string, unknown>;
      const messageId = typeof raw.messageId === 'string' && raw.messageId !== '' ? raw.messageId : null;
      const outcome = accept(raw, index, envelope, submission, options.site, visit.judge);
      if (outcome.kind !== 'accepted') {
        const place: Verdicted = { index, messageId, code: outcome.code };
        if (outcome.kind === 'rejected') answer.rejected.push({ ...place, path: outcome.path, message: outcome.message });
        else answer[outcome.kind].push(place);
        continue;
      }
      const recorded = record(set, outcome.event);
      if (recorded === 'accepted') {
        answer.accepted += 1;
        for (const code of new Set(outcome.warnings)) {
          answer.warnings.push({ index, messageId: outcome.event.messageId, code });
          set.warn(code);
        }
      } else {
        answer.duplicates += 1;
        if (recorded === 'id_conflict') {
          answer.warnings.push({ index, messageId, code: 'id_conflict' });
          set.warn('id_conflict');
        }
      }
    }
    const state = visit.state();
    if (state) answer.state = state;
    answer.rejected.sort((a, b) => a.index - b.index);

    if (answer.accepted > 0) counts.set('accepted\n', answer.accepted);
    if (answer.duplicates > 0) counts.set('duplicate\n', answer.duplicates);
    for (const verdict of ['held', 'dropped', 'rejected'] as const) {
      for (const item of answer[verdict]) {
        count(verdict, item.code);
        const raw = (calls[item.index] ?? {}) as Record<string, unknown>;
        const path = verdict === 'rejected' ? (item as { path?: string }).path : undefined;
        set.events.refuse(set.nextSeq(), now, verdict, item.code, path?.slice(0, 200) ?? null, typeName(raw.type ?? submission.type), null);
      }
    }
    const hour = Math.floor(now / hourMs) * hourMs;
    for (const [key, n] of counts) {
      const [verdict, code] = key.split('\n') as [string, string];
      set.events.count(hour, verdict, code, n);
    }
    return answer;
  };

  let untilTrim = 0;
  const runTogether = (submissions: readonly Submission[], now: number): Answer[] =>
    attempt(() => {
      const answers = submissions.map((submission) => submit(submission, now));
      for (const work of consent.consequences()) work(set);
      finish(now);
      untilTrim += 1;
      if (untilTrim >= 500) {
        untilTrim = 0;
        set.events.trimRefusals(set.nextSeq() - refusalsKept * 10);
      }
      return answers;
    });

  return {
    set,
    run: (submissions, now) => {
      try {
        return runTogether(submissions, now).map((answer) => ({ answer }));
      } catch (error) {
        if (isUnavailable(error)) throw error;
        if (submissions.length === 1) return [{ failed: error }];
        return submissions.map((submission) => {
          try {
            return { answer: runTogether([submission], now)[0]! };
          } catch (failed) {
            if (isUnavailable(failed)) throw failed;
            return { failed };
          }
        });
      }
    },
    due: (now) =>
      attempt(() => {
        const settled = settleDue(set, now, announcer);
        if (settled > 0) {
          save(set);
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

const knownTypes = new Set(['track', 'page', 'screen', 'identify', 'alias', 'group']);
const typeName = (type: unknown): string | null => (typeof type === 'string' && knownTypes.has(type) ? type : null);
