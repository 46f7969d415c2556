// The way of a batch, top to bottom: dedupe → enrich → record → sessionise → resolve → fold → project → commit →
// acknowledge, in one transaction for whatever requests wait. Runs where the only writing connection is.

import { randomUUID } from 'node:crypto';
import type { Consent } from '../consent/consent.js';
import type { Candidate } from '../consent/gate.js';
import type { WarningCode } from '../contract/codes.js';
import { knownName } from '../contract/ecommerce.js';
import { readDiscarded } from '../contract/event.js';
import { parseInstant } from '../contract/instant.js';
import type { AcceptedEvent } from '../events/event.js';
import type { Answer, RedactedIn, Submission, Verdicted } from '../log/log.js';
import { isUnavailable } from '../store/sqlite.js';
import { accept, rulesUnder, type SiteRules } from './accept.js';
import { type Desk, type DeskOptions, openDesk } from './desk.js';
import { record } from './record.js';
import { takesBackByKey } from './resolve.js';
import { applyRow, isFull, rowContext, situated } from './rights.js';

export interface PipelineOptions extends DeskOptions {
  site: SiteRules;
  consent: Consent;
  /** Chance comes in by argument: message ids of events that bring none. */
  mint?: () => string;
}

/** An answer, or that this one submission broke: its neighbours in the transaction are not to suffer. */
export type Settled = { answer: Answer } | { failed: unknown };

export interface Pipeline extends Desk {
  /**
   * Everything in one transaction; on a bug each submission gets its own. Throws only what means "not now". What is due is
   * settled up to `settledTo`: an import puts that off to its end (null), or every batch would settle people whose next event
   * is in the following one, and fold them again from the start.
   */
  run: (submissions: readonly Submission[], now: number, settledTo?: number | null) => Settled[];
}

const refusalsKept = 10_000;
const hourMs = 3_600_000;

export const openPipeline = (options: PipelineOptions): Pipeline => {
  const { consent } = options;
  const mint = options.mint ?? randomUUID;
  const desk = openDesk(options);
  const { set } = desk;
  const { attempt, finish } = desk;
  /** Verdicts of the transaction, by verdict and code. */
  const counts = new Map<string, number>();
  /** Of the policy in force, made anew when another comes into force. */
  let under: { policy: unknown; rules: SiteRules } | null = null;
  const siteRules = (): SiteRules => {
    const { policy } = consent;
    if (under?.policy !== policy) under = { policy, rules: rulesUnder(options.site, policy.document) };
    return under.rules;
  };
  const submit = (submission: Submission, now: number, places: Map<string, number>): Answer => {
    const body = JSON.parse(submission.text) as Record<string, unknown>;
    const calls = submission.type === null ? (body.batch as unknown[]) : [body];
    const envelope = {
      context: (submission.type === null ? (body.context ?? {}) : {}) as Record<string, unknown>,
      sentAt: parseInstant(body.sentAt),
      mint,
    };
    const answer: Answer = {
      accepted: 0,
      duplicates: 0,
      held: [],
      dropped: [],
      rejected: [...submission.rejected],
      warnings: [],
    };
    const site = siteRules();
    const refused = new Set(submission.rejected.map((rejection) => rejection.index));
    const count = (verdict: string, code: string, n = 1): void => {
      const key = `${verdict}\n${code}`;
      counts.set(key, (counts.get(key) ?? 0) + n);
    };
    const door = consent.door({
      key: submission.key,
      row: submission.type === null ? body.consent : undefined,
      ...rowContext(set, submission, envelope.sentAt, scriptOf(calls[0])),
    });
    if (door.row) {
      const about = (code: WarningCode) => answer.warnings.push({ index: 0, messageId: null, code });
      applyRow(set, door.row);
      if (isFull(door.row)) about('consent_full');
      if (door.row.kind === 'invalid') {
        about('bad_consent_row');
        set.warn('bad_consent_row');
      }
    }
    const judge =
      submission.key.trust === 'public' ? (candidate: Candidate) => door.judge(situated(set, candidate)) : door.judge;

    for (let index = 0; index < calls.length; index += 1) {
      if (refused.has(index)) continue;
      const raw = calls[index] as Record<string, unknown>;
      const messageId = typeof raw.messageId === 'string' && raw.messageId !== '' ? raw.messageId : null;
      const outcome = accept(raw, envelope, submission, site, judge);
      if (outcome.kind !== 'accepted') {
        const place: Verdicted = { index, messageId, code: outcome.code };
        if (outcome.kind === 'rejected')
          answer.rejected.push({ ...place, path: outcome.path, message: outcome.message });
        else answer[outcome.kind].push(place);
        continue;
      }
      const recorded = record(set, outcome.event);
      if (recorded === 'accepted') {
        door.kept(outcome.candidate, outcome.pass);
        if (isToldLater(outcome.event)) places.set(outcome.event.messageId, index);
        answer.accepted += 1;
        addRedactions(answer, outcome.redactions);
        for (const code of outcome.warnings.length > 0 ? new Set(outcome.warnings) : []) {
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
    const state = door.state();
    if (state) answer.state = state;
    const objected = door.objected();
    if (objected.length > 0 && state !== 'erased') {
      answer.consent = Object.fromEntries(objected.map((purpose) => [purpose, false] as const));
      answer.kind = 'object';
    }
    // A batch whose every event is known was answered before, and told of the same losses then.
    if (submission.type === null && answer.duplicates < calls.length) {
      for (const [reason, n] of readDiscarded(body.discarded)) {
        count('discarded', reason, n);
        answer.discarded = { ...answer.discarded, [reason]: n };
      }
    }
    answer.rejected.sort((a, b) => a.index - b.index);

    if (answer.accepted > 0) count('accepted', '', answer.accepted);
    if (answer.duplicates > 0) count('duplicate', '', answer.duplicates);
    for (const verdict of ['held', 'dropped', 'rejected'] as const) {
      for (const item of answer[verdict]) {
        count(verdict, item.code);
        const raw = (calls[item.index] ?? {}) as Record<string, unknown>;
        const path = verdict === 'rejected' ? (item as { path?: string }).path : undefined;
        set.events.refuse(
          set.nextSeq(),
          now,
          verdict,
          item.code,
          path?.slice(0, 200) ?? null,
          typeName(raw.type ?? submission.type),
          // Only a name of the contract: one that somebody chose may be a person's.
          knownName(raw.event),
        );
      }
    }
    return answer;
  };
  const saveCounts = (now: number): void => {
    const hour = Math.floor(now / hourMs) * hourMs;
    for (const [key, n] of counts) {
      const [verdict, code] = key.split('\n') as [string, string];
      set.events.count(hour, verdict, code, n);
    }
  };

  let untilTrim = 0;
  const runTogether = (submissions: readonly Submission[], now: number, settledTo: number | null): Answer[] =>
    attempt(() => {
      // Of events of which something is found out only once all are recorded.
      const places = submissions.map(() => new Map<string, number>());
      counts.clear();
      const answers = submissions.map((submission, at) => submit(submission, now, places[at]!));
      saveCounts(now);
      finish(now, settledTo);
      for (const { code, messageId } of set.told.splice(0)) {
        for (const [at, answer] of answers.entries()) {
          const index = places[at]!.get(messageId);
          if (index !== undefined) answer.warnings.push({ index, messageId, code });
        }
      }
      untilTrim += 1;
      if (untilTrim >= 500) {
        untilTrim = 0;
        set.events.trimRefusals(set.nextSeq() - refusalsKept * 10);
      }
      return answers;
    });

  return {
    ...desk,
    run: (submissions, now, settledTo = now) => {
      try {
        return runTogether(submissions, now, settledTo).map((answer) => ({ answer }));
      } catch (error) {
        if (isUnavailable(error)) throw error;
        if (submissions.length === 1) return [{ failed: error }];
        return submissions.map((submission) => {
          try {
            return { answer: runTogether([submission], now, settledTo)[0]! };
          } catch (failed) {
            if (isUnavailable(failed)) throw failed;
            return { failed };
          }
        });
      }
    },
  };
};

/** What a rename asks for is decided with the persons, and whose a refund is after all that may know. */
const isToldLater = (event: AcceptedEvent): boolean => event.type === 'alias' || takesBackByKey(event);

const knownTypes = new Set(['track', 'page', 'screen', 'identify', 'alias', 'group']);
const typeName = (type: unknown): string | null => (typeof type === 'string' && knownTypes.has(type) ? type : null);

/** What was taken out of an event that came a second time was counted the first time. */
const addRedactions = (answer: Answer, redactions: Readonly<Record<RedactedIn, number>>): void => {
  for (const place in redactions) {
    const n = redactions[place as RedactedIn];
    if (n === 0) continue;
    answer.redactions ??= {};
    answer.redactions[place as RedactedIn] = (answer.redactions[place as RedactedIn] ?? 0) + n;
  }
};

/** `context.library` of our own script; others name themselves in rows of their own. */
const scriptOf = (call: unknown): string | null => {
  const { name, version } = ((call as { context?: { library?: { name?: unknown; version?: unknown } } } | undefined)
    ?.context?.library ?? {}) as { name?: unknown; version?: unknown };
  return name === 'weft.js' && typeof version === 'string' ? version : null;
};
