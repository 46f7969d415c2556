// Requests for erasure (consent.md section 6, R14) as jobs of ten steps, each logged with its instant. What goes is decided by
// fate.ts and carried out by the pipeline; of the tables, only consent's own are touched here. Whoever asks is answered the
// same, whether the person is known or not.

import type { Sql } from '../../store/sql.js';
import { canonicalJson } from '../canonical.js';
import type { KeyOf, TombstoneKind } from '../keys.js';
import { houseRow } from '../ledger/ledger.js';
import type { ConsentStore } from '../store/store.js';
import type { DeviceFate, Mark } from './fate.js';
import type { Tombstones } from './tombstones.js';

/** Who is to be erased: one of these. A visitor asks with the receipt of the same device. */
export type ErasureSubject =
  | { userId: string }
  | { anonymousId: string }
  | { email: string }
  | { phone: string }
  | { profileId: string }
  | { visitorId: string; receipt: string };

/** All identifiers of the person, as the identity graph has them. Those proven to be someone else's are not in it. */
export interface Closure {
  userIds: readonly string[];
  /** Former user ids. */
  aliases: readonly string[];
  /** Devices that go whole. */
  visitorIds: readonly string[];
  contacts: readonly { kind: 'email' | 'phone' | `external:${string}`; value: string }[];
}

export type ErasureState = 'accepted' | 'running' | 'done';

/**
 * The ten steps of section 6, in their order; a job stands at the last one that is done. Each is idempotent, and what was
 * logged is never done again, so that a job that was killed anywhere goes on where it stood.
 */
export const erasureSteps = [
  'tombstone',
  'in flight',
  'closure',
  'derived',
  'events',
  'aggregates',
  'downstream',
  'backups',
  'logs',
  'certificate',
] as const;
export type ErasureStep = (typeof erasureSteps)[number];
export const stepNumber = (step: ErasureStep): number => erasureSteps.indexOf(step) + 1;

export type Counts = Readonly<Record<string, number>>;

export interface ErasureWork {
  id: string;
  state: 'accepted' | 'running';
  /** The last step that is done. */
  step: number;
  /** null: nobody, so that the request of a stranger takes the same way. */
  subject: ErasureSubject | null;
  /** Of a running one: what was decided before it was interrupted. It must not be decided again from what is left. */
  closure: Closure | null;
  /** The last event the store held when it was asked for. */
  since: number;
  requestedAt: number;
}

export interface ErasureStatus {
  id: string;
  state: ErasureState;
  step: number;
  requestedAt: number;
  doneAt: number | null;
  /** For the privacy role: how many rows went, by store. */
  counts: Counts | null;
  steps: readonly { step: ErasureStep; at: number }[];
}

/** Where a job has still to look for what goes, and how it tells. */
export interface Scope {
  /**
   * A device's events, those of a visit without a lasting id, or those without a device that one of the person owns. `text`:
   * whatever is left by then, of anybody, for what it says of them.
   */
  kind: 'device' | 'visit' | 'owned' | 'text';
  node: number;
  fate: DeviceFate;
  /** Of a visit: only what came under one of these. */
  receipts?: readonly string[];
  /** Of a device that lives on. */
  marks?: readonly Mark[];
  /** What comes after this is a new life's, or nobody's. */
  lastSeq: number;
}
export interface TextScope {
  n: number;
  id: string;
  closure: Closure;
  pastSeq: number;
  lastSeq: number;
}
/** A place in the order of a scope's events. */
export interface Place {
  at: number;
  seq: number;
}

/** What is still to be done with an event: it goes, or an address that is not its owner's goes from it. */
export type EventErrand = 'delete' | 'narrow';
/** What a deletion leaves to be decided again, once all of them are through. */
export type Touched = 'node' | 'device' | 'seeker' | 'person' | 'profile' | 'hint' | 'member';

export interface Erasures {
  /** Asked again while one is open: that one. From here on, what was named stays out. */
  request: (
    subject: ErasureSubject,
    by: { id: string; by: string; at: number; since?: number },
  ) => { id: string; state: ErasureState };
  /** Open ones, the oldest first. */
  open: (limit?: number) => ErasureWork[];
  /** Of those that `open` gives: which have not come to that step. Cheap to ask in each slice, however many wait. */
  before: (step: number, limit: number) => string[];
  /** One of them, as it stands now; null once it is done. */
  work: (id: string) => ErasureWork | null;
  /** How many are open. */
  waiting: () => number;
  /**
   * Tombstones for the whole closure, receipts and salts gone, the plan kept. In one transaction with the plan's marks,
   * before any event is deleted. A second call changes nothing.
   */
  begin: (
    id: string,
    closure: Closure,
    plan: { readonly deleted: readonly number[] },
    at: number,
    narrowed?: readonly number[],
  ) => void;
  /** Where it must look before anything goes; with `begin`. */
  look: (id: string, scopes: readonly Scope[]) => void;
  /** The first of them that it is not through with, and how far it has come. */
  scope: (id: string) => { n: number; scope: Scope; past: Place } | null;
  /** These go, or lose what they say. `past`: the last one looked at; null = through with this scope. */
  found: (id: string, n: number, seqs: readonly number[], past: Place | null, errand?: EventErrand) => void;
  /** Scopes of texts of those whose own events are gone: looked through together, since each is the whole store. */
  texts: () => TextScope[];
  /** Whether it has still to wait for that. */
  hasTexts: (id: string) => boolean;
  /** Nodes of the devices it looks through, those that live on among them. */
  lookedAt: (id: string) => number[];
  /** What stays of them on devices that live on. */
  marks: (id: string) => Mark[];
  /** Of what was found, what is left. */
  events: (id: string, errand: EventErrand, limit: number) => number[];
  through: (id: string, seqs: readonly number[]) => void;
  touch: (id: string, what: Touched, ids: Iterable<number>) => void;
  touched: (id: string, what: Touched) => number[];
  /** One step is done. Counts are added to those before. */
  step: (id: string, step: ErasureStep, at: number, counts?: Counts) => void;
  /** Within a step that takes several transactions. */
  count: (id: string, counts: Counts) => void;
  /** The last step: nothing of the person is left in the request itself. */
  finish: (id: string, counts: Counts, at: number) => void;
  status: (id: string) => ErasureStatus | null;
}

interface Row {
  id: string;
  state: ErasureState;
  step: number;
  steps: string;
  subject: string | null;
  work: string | null;
  since: number;
  requested_at: number;
  done_at: number | null;
  counts: string | null;
}

export interface ErasureParts {
  sql: Sql;
  store: ConsentStore;
  tombstones: Tombstones;
  keyOf: KeyOf;
}

const directly: Readonly<Record<string, TombstoneKind>> = {
  userId: 'userId',
  anonymousId: 'visitorId',
  visitorId: 'visitorId',
  email: 'email',
  phone: 'phone',
};

const errandNumber: Readonly<Record<EventErrand, number>> = { delete: 0, narrow: 1 };
/** Open ones a pass looks at; the rest waits for the next. */
const openMax = 200;

const added = (before: Counts, more: Counts): Counts => {
  const sum: Record<string, number> = { ...before };
  for (const [name, n] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + n;
  return sum;
};

type LoggedStep = [step: number, at: number];
const readSteps = (text: string): ErasureStatus['steps'] =>
  (JSON.parse(text) as LoggedStep[]).map(([step, at]) => ({ step: erasureSteps[step - 1]!, at }));

export const openErasures = ({ sql, store, tombstones, keyOf }: ErasureParts): Erasures => {
  const columns = 'id, state, step, steps, subject, work, since, requested_at, done_at, counts';
  const byId = sql.prepare<Row>(`SELECT ${columns} FROM erasures WHERE id = ?`);
  const openBySubject = sql.prepare<Row>(`SELECT ${columns} FROM erasures WHERE subject_key = ? AND state <> 'done'`);
  const openOnes = sql.prepare<Row>(
    `SELECT ${columns} FROM erasures WHERE state <> 'done' ORDER BY requested_at, id LIMIT ?`,
  );
  const openBefore = sql.prepare<{ id: string }>(
    `SELECT id FROM (SELECT id, step FROM erasures WHERE state <> 'done' ORDER BY requested_at, id LIMIT ${openMax})
     WHERE step < ? LIMIT ?`,
  );
  const countOpen = sql.prepare<{ n: number }>("SELECT count(*) AS n FROM erasures WHERE state <> 'done'");
  const insert = sql.prepare(
    `INSERT INTO erasures (id, state, step, steps, subject_key, subject, requested_by, requested_at, since)
     VALUES (?, 'accepted', 1, ?, ?, ?, ?, ?, ?)`,
  );
  const run = sql.prepare<{ requested_at: number }>(
    "UPDATE erasures SET state = 'running', work = ?, started_at = ? WHERE id = ? AND state = 'accepted' RETURNING requested_at",
  );
  const setStep = sql.prepare("UPDATE erasures SET step = ?, steps = ?, counts = ? WHERE id = ? AND state <> 'done'");
  const setCounts = sql.prepare('UPDATE erasures SET counts = ? WHERE id = ?');
  const done = sql.prepare(
    `UPDATE erasures SET state = 'done', step = ?, steps = ?, subject = NULL, work = NULL, counts = ?, done_at = ?
     WHERE id = ? AND state <> 'done'`,
  );
  // What goes as a whole need not be narrowed.
  const putEvent = sql.prepare(
    `INSERT INTO erasure_events (erasure, seq, errand) VALUES (?, ?, ?)
     ON CONFLICT (erasure, seq) DO UPDATE SET errand = min(errand, excluded.errand)`,
  );
  const putScope = sql.prepare(
    `INSERT INTO erasure_scopes (erasure, kind, node, body, last_seq, past_at, past_seq)
     VALUES (?, ?, ?, ?, ?, ${Number.MIN_SAFE_INTEGER}, 0)`,
  );
  const firstScope = sql.prepare<{
    n: number;
    kind: Scope['kind'];
    node: number;
    body: string;
    last_seq: number;
    past_at: number;
    past_seq: number;
  }>("SELECT * FROM erasure_scopes WHERE erasure = ? AND kind <> 'text' AND is_through = 0 ORDER BY n LIMIT 1");
  const moveScope = sql.prepare('UPDATE erasure_scopes SET past_at = ?, past_seq = ? WHERE n = ?');
  const endScope = sql.prepare('UPDATE erasure_scopes SET is_through = 1 WHERE n = ?');
  // Jobs whose own events are gone: what is left is others'.
  const openTexts = sql.prepare<{ n: number; erasure: string; work: string; past_seq: number; last_seq: number }>(
    `SELECT s.n AS n, s.erasure AS erasure, e.work AS work, s.past_seq AS past_seq, s.last_seq AS last_seq
     FROM erasures AS e JOIN erasure_scopes AS s ON s.erasure = e.id
     WHERE e.state <> 'done' AND e.step = ${stepNumber('derived')} AND s.kind = 'text' AND s.is_through = 0
       AND NOT EXISTS (SELECT 1 FROM erasure_events AS v WHERE v.erasure = e.id AND v.errand = ${errandNumber.delete})
     ORDER BY s.n LIMIT ${openMax}`,
  );
  const anyText = sql.prepare(
    "SELECT 1 FROM erasure_scopes WHERE erasure = ? AND kind = 'text' AND is_through = 0 LIMIT 1",
  );
  const scopesOf = sql.prepare<{ body: string }>('SELECT body FROM erasure_scopes WHERE erasure = ? ORDER BY n');
  const nodesOf = sql.prepare<{ node: number }>(
    "SELECT DISTINCT node FROM erasure_scopes WHERE erasure = ? AND kind = 'device'",
  );
  const dropScopes = sql.prepare('DELETE FROM erasure_scopes WHERE erasure = ?');
  const someEvents = sql.prepare<{ seq: number }>(
    'SELECT seq FROM erasure_events WHERE erasure = ? AND errand = ? ORDER BY seq LIMIT ?',
  );
  const dropEvent = sql.prepare('DELETE FROM erasure_events WHERE erasure = ? AND seq = ?');
  const dropEvents = sql.prepare('DELETE FROM erasure_events WHERE erasure = ?');
  const putTouched = sql.prepare('INSERT OR IGNORE INTO erasure_touched (erasure, what, id) VALUES (?, ?, ?)');
  const someTouched = sql.prepare<{ id: number }>(
    'SELECT id FROM erasure_touched WHERE erasure = ? AND what = ? ORDER BY id',
  );
  const dropTouched = sql.prepare('DELETE FROM erasure_touched WHERE erasure = ?');

  /** A device proves itself with a receipt that was bound to it. */
  const proven = (visitorId: string, receipt: string): boolean => {
    const key = store.receipt(receipt)?.visitorKey;
    return key != null && Buffer.compare(key, keyOf('visitorId', visitorId)) === 0;
  };

  /** The consents of a device: no receipt of it stands, and the ledger no longer knows whose they were. */
  const endDevice = (visitorId: string, at: number): void => {
    tombstones.add('visitorId', visitorId, 'erased', at);
    store.forgetObjected(keyOf('visitorId', visitorId));
    const bound = store.visitor(keyOf('visitorId', visitorId));
    if (!bound) return;
    for (const { receipt } of store.receiptsOf(bound.life)) tombstones.add('receipt', receipt, 'erased', at);
    for (const key of store.visitorsOf(bound.life)) tombstones.addKey('visitorId', key, 'erased', at);
    store.endLife(bound.life);
  };

  const logged = (row: Row, step: number, at: number): string =>
    JSON.stringify([...(JSON.parse(row.steps) as LoggedStep[]), [step, at] satisfies LoggedStep]);
  const countsOf = (row: Row): Counts => (row.counts === null ? {} : (JSON.parse(row.counts) as Counts));

  const workOf = (row: Row): ErasureWork => ({
    id: row.id,
    state: row.state as 'accepted' | 'running',
    step: row.step,
    subject: row.subject === null ? null : (JSON.parse(row.subject) as ErasureSubject),
    closure: row.work === null ? null : (JSON.parse(row.work) as Closure),
    since: row.since,
    requestedAt: row.requested_at,
  });

  return {
    request: (subject, { id, by, at, since = Number.MAX_SAFE_INTEGER }) =>
      sql.transaction(() => {
        const key = keyOf('erasure', canonicalJson(subject));
        const before = openBySubject.get(key);
        if (before) return { id: before.id, state: before.state };
        const isStranger = 'visitorId' in subject && !proven(subject.visitorId, subject.receipt);
        const steps = JSON.stringify([[1, at] satisfies LoggedStep]);
        insert.run(id, steps, key, isStranger ? null : JSON.stringify(subject), by, at, since);
        if (!isStranger) {
          for (const [field, value] of Object.entries(subject)) {
            const kind = directly[field];
            if (kind) tombstones.add(kind, value, 'erased', at);
          }
          store.append(houseRow('erase', at));
        }
        return { id, state: 'accepted' as const };
      }),

    open: (limit = openMax) => openOnes.all(limit).map(workOf),
    before: (step, limit) => openBefore.all(step, limit).map(({ id }) => id),
    work: (id) => {
      const row = byId.get(id);
      return row && row.state !== 'done' ? workOf(row) : null;
    },
    waiting: () => countOpen.get()?.n ?? 0,

    begin: (id, closure, plan, at, narrowed = []) =>
      sql.transaction(() => {
        const row = run.get(JSON.stringify(closure), at, id);
        if (!row) return;
        // The instant of the request: whoever has come back since then with a new grant stays.
        const erasedAt = row.requested_at;
        for (const visitorId of closure.visitorIds) endDevice(visitorId, erasedAt);
        for (const userId of closure.userIds) {
          tombstones.add('userId', userId, 'erased', erasedAt);
          const hasReturned = tombstones.of('userId', userId)?.openedAt != null;
          store.forgetPerson(userId, keyOf('userId', userId), hasReturned ? erasedAt : undefined);
        }
        for (const alias of closure.aliases) {
          tombstones.add('alias', alias, 'erased', erasedAt);
          // What they decided under a name of before is theirs too.
          store.forgetPerson(alias, keyOf('userId', alias));
        }
        for (const { kind, value } of closure.contacts) tombstones.add(kind, value, 'erased', erasedAt);
        for (const seq of plan.deleted) putEvent.run(id, seq, errandNumber.delete);
        for (const seq of narrowed) putEvent.run(id, seq, errandNumber.narrow);
      }),
    look: (id, scopes) => {
      for (const { kind, node, lastSeq, ...rest } of scopes)
        putScope.run(id, kind, node, JSON.stringify(rest), lastSeq);
    },
    scope: (id) => {
      const row = firstScope.get(id);
      if (!row) return null;
      const rest = JSON.parse(row.body) as Pick<Scope, 'fate' | 'receipts' | 'marks'>;
      return {
        n: row.n,
        scope: { kind: row.kind, node: row.node, lastSeq: row.last_seq, ...rest },
        past: { at: row.past_at, seq: row.past_seq },
      };
    },
    found: (id, n, seqs, past, errand = 'delete') => {
      for (const seq of seqs) putEvent.run(id, seq, errandNumber[errand]);
      if (past === null) endScope.run(n);
      else moveScope.run(past.at, past.seq, n);
    },
    lookedAt: (id) => nodesOf.all(id).map(({ node }) => node),
    texts: () =>
      openTexts.all().map(({ n, erasure: id, work, past_seq: pastSeq, last_seq: lastSeq }) => {
        return { n, id, closure: JSON.parse(work) as Closure, pastSeq, lastSeq };
      }),
    hasTexts: (id) => anyText.get(id) !== undefined,
    marks: (id) => scopesOf.all(id).flatMap(({ body }) => (JSON.parse(body) as Pick<Scope, 'marks'>).marks ?? []),
    events: (id, errand, limit) => someEvents.all(id, errandNumber[errand], limit).map(({ seq }) => seq),
    through: (id, seqs) => {
      for (const seq of seqs) dropEvent.run(id, seq);
    },
    touch: (id, what, ids) => {
      for (const one of ids) putTouched.run(id, what, one);
    },
    touched: (id, what) => someTouched.all(id, what).map((row) => row.id),

    step: (id, step, at, counts = {}) => {
      const row = byId.get(id);
      const number = stepNumber(step);
      if (!row || row.step >= number) return;
      setStep.run(number, logged(row, number, at), JSON.stringify(added(countsOf(row), counts)), id);
    },
    count: (id, counts) => {
      const row = byId.get(id);
      if (row) setCounts.run(JSON.stringify(added(countsOf(row), counts)), id);
    },
    finish: (id, counts, at) =>
      sql.transaction(() => {
        const row = byId.get(id);
        if (!row || row.state === 'done') return;
        const last = erasureSteps.length;
        done.run(last, logged(row, last, at), JSON.stringify(added(countsOf(row), counts)), at, id);
        dropEvents.run(id);
        dropTouched.run(id);
        dropScopes.run(id);
      }),

    status: (id) => {
      const row = byId.get(id);
      return row
        ? {
            id: row.id,
            state: row.state,
            step: row.step,
            requestedAt: row.requested_at,
            doneAt: row.done_at,
            counts: row.state === 'done' ? countsOf(row) : null,
            steps: readSteps(row.steps),
          }
        : null;
    },
  };
};
