// The one place that writes: opens the store, migrates it, and answers what crosses the log's seam. Runs in a thread of
// its own in the collector, and in the caller's in tests and the CLI. Synchronous throughout.

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AuditStore, openAudit } from '../audit/store.js';
import { cartAspect } from '../carts/aspect.js';
import { type Consent, openConsent } from '../consent/consent.js';
import { keyFileOf } from '../consent/ledger/signing.js';
import type { Finding } from '../consent/policy/read.js';
import { enforce, noteStart, openReleases, policyToStartWith } from '../consent/policy/releases.js';
import type { ErasureStep } from '../consent/rights/erase.js';
import { type JournalEntry, journalFile } from '../consent/rights/journal.js';
import type { RowResult } from '../consent/rows/act.js';
import { type AuditAct, auditEntry } from '../contract/audit.js';
import { iso } from '../contract/instant.js';
import { countCookieless } from '../cookieless/store.js';
import { identityStore } from '../identity/store.js';
import type { Command, CommandResult } from '../log/log.js';
import { announcementsOf } from '../profiles/announcements.js';
import { presence } from '../profiles/presence.js';
import { countOnce } from '../profiles/totals.js';
import { traits } from '../profiles/traits.js';
import { takeLock } from '../store/lock.js';
import { openSqlite, type SqliteStore } from '../store/sqlite.js';
import type { SiteRules } from './accept.js';
import { consentAnswer, failure, mergeAnswer, transferAnswer } from './answers.js';
import { noteRules } from './folded-under.js';
import { keysCommand } from './keys.js';
import { type AdminMergeOutcome, adminMerge, personsOfMerge, undoMerge } from './merges.js';
import { migrations } from './migrations.js';
import { openPipeline, type Pipeline } from './pipeline.js';
import { fingerprint, type Progress, rebuild } from './rebuild.js';
import { type Replayed, replay } from './replay.js';
import { openRequests } from './requests.js';
import { openRetention } from './retention.js';
import { applyRow, rowContext } from './rights.js';
import type { HouseRules } from './working-set.js';

/** Plain data: it crosses to the writer's thread. */
export interface WriterOptions {
  /** A file, or `:memory:`. */
  path: string;
  rules: HouseRules;
  site: SiteRules;
  /** Path of the consent file; null = the one that ships. */
  consentFile: string | null;
  /** Text of the one that ships, where it is not the defaults. */
  shippedConsent?: string;
  cacheMaxBytes?: number;
  /** `caller`: whoever asked syncs the log before it answers (store/sqlite.ts). */
  durable?: 'commit' | 'caller';
  /** Of the key that signs the ledger; beside the store unless said otherwise. */
  ledgerKeyFile?: string;
  /** The erasure journal; beside the store if nothing is said. */
  journal?: string | null;
  erasureRowsMax?: number;
  /** Who it is, for whoever finds the folder taken; `the collector` if nothing is said. */
  what?: string;
}

export interface Writer {
  run: Pipeline['run'];
  command: (command: Command, onProgress?: Progress) => CommandResult;
  /** Everything due up to `now`, requests included, to the end. */
  due: (now: number) => void;
  /** What is due of deadlines; requests go on in slices. */
  tick: (now: number) => void;
  /** One bounded piece of the requests that wait. False: nothing to do now. */
  slice: (now: number) => boolean;
  /** What the journal knew and the store did not, when it was opened. */
  replayed: Replayed;
  replay: (entries: readonly JournalEntry[], now: number) => Replayed;
  /** Moves what is left of the log into the file, if nobody else is at it. */
  checkpoint: () => void;
  store: SqliteStore;
  pipeline: Pipeline;
  consent: Consent;
  audit: AuditStore;
  /** What is wrong with the consent file, where the last good policy stands in for it. */
  trouble: readonly Finding[];
  close: () => void;
}

export const aspects = [presence, traits, cartAspect];

/** Drawn once, at the first opening of a store. */
export const siteSecret = (store: SqliteStore): string => {
  const identity = identityStore(store);
  identity.putSite('secret', randomBytes(32).toString('hex'));
  return identity.site('secret')!;
};

/** Thrown in a transaction to take it back: what it found is told, and nothing of it stands. */
class Back extends Error {}

/** Functions do not cross to a thread: for a writer in the caller's. */
export interface WriterHooks {
  onErasureStep?: (id: string, step: ErasureStep) => void;
}

export const openWriter = (options: WriterOptions, hooks: WriterHooks = {}): Writer => {
  if (options.path === ':memory:') return openUnlocked(options, hooks, () => {});
  const folder = dirname(options.path);
  mkdirSync(folder, { recursive: true });
  // Rows are kept in memory between batches: a second writer would never be seen.
  const lock = takeLock(folder, options.what ?? 'the collector', Date.now());
  try {
    return openUnlocked(options, hooks, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
};

const openUnlocked = (options: WriterOptions, hooks: WriterHooks, release: () => void): Writer => {
  const journalPath =
    options.journal === undefined && options.path !== ':memory:'
      ? journalFile(dirname(options.path))
      : (options.journal ?? null);
  const store = openSqlite(options.path, migrations, {
    cacheMaxBytes: options.cacheMaxBytes ?? 12 * 1024 * 1024,
    durable: options.durable ?? 'commit',
  });
  countOnce(store);
  const secret = siteSecret(store);
  noteRules(identityStore(store), options.rules, store.prepare('SELECT 1 FROM events LIMIT 1').get() === undefined);
  const ledgerKeyFile = options.ledgerKeyFile ?? keyFileOf(options.path);
  const releases = openReleases(store);
  const inForce = policyToStartWith(
    releases,
    options.consentFile,
    options.shippedConsent === undefined ? undefined : { text: options.shippedConsent, own: {} },
  );
  const consent = openConsent(
    store,
    { policy: inForce.policy, secret, ledgerKeyFile, journalFile: journalPath },
    Date.now(),
  );
  noteStart(store, releases, inForce, Date.now());
  let { source } = inForce;
  const audit = openAudit(store);
  const pipeline = openPipeline({
    sql: store,
    rules: options.rules,
    site: options.site,
    aspects,
    announcer: announcementsOf,
    consent,
    secret,
    audit,
  });

  const retention = openRetention({
    sql: store,
    desk: pipeline,
    consent,
    checkpoint: () => store.pragma('wal_checkpoint(TRUNCATE)'),
  });
  const requests = openRequests({
    store,
    desk: pipeline,
    consent,
    audit,
    folder: options.path === ':memory:' ? null : dirname(journalPath ?? options.path),
    file: options.path,
    ...(options.erasureRowsMax === undefined ? {} : { erasureRowsMax: options.erasureRowsMax }),
    ...(hooks.onErasureStep ? { onErasureStep: hooks.onErasureStep } : {}),
  });
  const finishRequests = (now: number): void => {
    while (requests.slice(now));
  };
  const replayEntries = (entries: readonly JournalEntry[], now: number): Replayed => {
    const done = replay(store, pipeline, consent, entries, now);
    if (entries.length > 0) finishRequests(now);
    return done;
  };
  // A store older than its journal: a backup put in its place, or a commit that a crash took back. Nobody is answered before.
  const replayed = replayEntries(consent.journal.news(), Date.now());
  pipeline.attempt(() => consent.journal.settled());

  /** In the transaction of what it tells. */
  const acted = (what: AuditAct, { by, at }: { by: string; at: number }, persons: string[], detail: string): void =>
    audit.add({ at, by, what, persons, purpose: null, detail });

  const command = (asked: Command, onProgress?: Progress): CommandResult => {
    switch (asked.kind) {
      case 'consent': {
        let result: RowResult | null = null;
        pipeline.within(asked.receivedAt, (set) => {
          result = consent.acceptRow(asked.row, rowContext(set, asked, null));
          applyRow(set, result);
        });
        return consentAnswer(result!);
      }
      case 'account': {
        const record = pipeline.attempt(() => consent.account(asked));
        if (record === null)
          return failure(
            404,
            'not_found',
            'Choices stay on their device here.',
            'Set `decision.scope` to "account" in the consent file, if they shall follow whoever is logged in.',
          );
        const decisions = record.decisions.map((one) => ({ ...one, at: iso(one.at) }));
        return { status: 200, body: { ...record, decisions } };
      }
      case 'transfer':
        return transferAnswer(pipeline.attempt(() => consent.transfer(asked)));
      case 'undo': {
        const outcome = pipeline.within(asked.at, (set) => {
          const done = undoMerge(set, asked.mergeId, asked.by, asked.at);
          if (done.kind !== 'unknown') acted('merge.undo', asked, personsOfMerge(set, asked.mergeId), asked.mergeId);
          return done;
        });
        if (outcome.kind === 'unknown') {
          return failure(
            404,
            'not_found',
            'There is no merge with this id.',
            'List a profile’s merges with GET /v1/profiles/:id/merges.',
          );
        }
        return { status: 200, body: { id: asked.mergeId, undoneAt: iso(outcome.undoneAt) } };
      }
      case 'merge': {
        let outcome: AdminMergeOutcome | undefined;
        try {
          pipeline.within(asked.at, (set) => {
            outcome = adminMerge(set, asked.from, asked.into, asked.at);
            if (outcome.kind !== 'merged') throw new Back();
            const persons = [asked.from, asked.into].map((id) => set.findNode('user_id', id)!.hid);
            acted('merge.join', asked, persons, outcome.id);
          });
        } catch (error) {
          if (!(error instanceof Back)) throw error;
        }
        return mergeAnswer(outcome!);
      }
      case 'erase':
      case 'erasure':
      case 'certificate':
      case 'object':
      case 'access':
      case 'export':
      case 'exports':
      case 'notices':
      case 'delivered':
        return requests.command(asked);
      case 'keys':
        return keysCommand(store, audit, asked);
      case 'audit':
        pipeline.attempt(() => {
          for (const entry of asked.entries) audit.add(auditEntry.parse(entry));
        });
        return { status: 200, body: {} };
      case 'cookieless':
        pipeline.attempt(() => countCookieless(store, asked.at, asked.tallied, asked.uniques));
        return { status: 200, body: {} };
      case 'retention':
        return { status: 200, body: retention.run(asked.at) };
      case 'policy': {
        if (asked.act === 'live')
          return { status: 200, body: { configHash: consent.policy.configHash, source, changed: false } };
        const outcome = enforce(store, consent, releases, asked, ({ configHash }) => {
          if (asked.how === 'editor') acted('policy.publish', asked, [], configHash);
        });
        if (outcome.kind === 'conflict')
          return failure(
            409,
            'conflict',
            'Another policy came into force meanwhile.',
            'Look at it, and make the change again.',
          );
        if (outcome.kind === 'refused') return { status: 400, body: { findings: outcome.findings } };
        source = asked.source;
        return {
          status: 200,
          body: { configHash: outcome.policy.configHash, source, changed: outcome.changed },
        };
      }
      case 'ledger':
        pipeline.attempt(() => {
          if (asked.act === 'broken') consent.ledger.noteBroken(asked.found);
          else consent.ledger.noteChecked(asked);
        });
        return { status: 200, body: {} };
      case 'due':
        due(asked.at);
        return { status: 200, body: {} };
      case 'rebuild': {
        due(asked.at);
        const before = fingerprint(pipeline.set);
        const answer = { before, after: before, equal: true, events: 0 };
        try {
          pipeline.attempt(() => {
            answer.events = rebuild(pipeline.set, asked.at, announcementsOf, onProgress);
            answer.after = fingerprint(pipeline.set);
            answer.equal = answer.before.hash === answer.after.hash;
            if (asked.check) throw new Back();
          });
        } catch (error) {
          if (!(error instanceof Back)) throw error;
        }
        pipeline.set.forgetLoaded();
        return { status: 200, body: answer };
      }
    }
  };

  const settle = (now: number): void => {
    while (pipeline.due(now) > 0);
    consent.ledger.signDue(now);
    // One slice of ageing: the next is a second away, and requests come first.
    retention.slice(now);
  };
  const due = (now: number): void => {
    settle(now);
    requests.sweep(now);
    finishRequests(now);
  };

  return {
    run: pipeline.run,
    command,
    due,
    tick: (now) => {
      settle(now);
      requests.sweep(now);
    },
    slice: requests.slice,
    replayed,
    replay: replayEntries,
    checkpoint: () => {
      store.pragma('wal_checkpoint(PASSIVE)');
    },
    store,
    pipeline,
    consent,
    audit,
    trouble: inForce.trouble,
    close: () => {
      consent.journal.close();
      store.close();
      release();
    },
  };
};
