// The statements of consent's tables (migrations.ts), and the small memory of live receipts in front of them. Decides
// nothing: rows/ and gate.ts do. The writer's thread is the only one that writes, so the memory is true until a
// transaction is rolled back; then `dropCaches` must be called.

import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Purpose } from '../contract/purposes.js';
import type { Sql } from '../store/sql.js';
import type { Ledger, LedgerDecision, LedgerRow } from './ledger/ledger.js';
import { type Mask, withDependants } from './mask.js';
import { type Policy, termsHold } from './policy/policy.js';
import type { JournalEntry } from './rights/journal.js';
import { hexOf } from './rights/tombstones.js';

export type { LedgerDecision, LedgerRow } from './ledger/ledger.js';

/** What the door must know of a receipt. All masks are of purposes this policy has. */
export interface ReceiptState {
  receipt: string;
  /** null: only a successor of it was seen so far. */
  seq: number | null;
  life: number;
  visitorKey: Uint8Array | null;
  /** Remembered once it was compared; never stored. */
  visitorId: string | null;
  /** As its row said it. */
  granted: Mask;
  /** What of it was decided under terms that still hold. */
  valid: Mask;
  /** What all its successors grant too. */
  cap: Mask;
  /** What some successor denied. */
  deniedAfter: Mask;
  /** For which the person was told of the browser's opt-out signal and decided otherwise. */
  ack: Mask;
  /** What of it a person granted by an act, and what they refused; a region's default is neither. */
  chosen: Mask;
  refused: Mask;
  at: number;
  effectiveAt: number;
  /** When the collector first heard of its device. */
  boundAt: number;
  supersededAt: number | null;
  expiresAt: number;
}

interface ReceiptRow {
  receipt: string;
  seq: number | null;
  life: number;
  visitor_key: Uint8Array | null;
  granted: number;
  cap: number;
  denied_after: number;
  ack: number;
  at: number;
  effective_at: number;
  superseded_at: number | null;
  expires_at: number;
  digest: Uint8Array | null;
  terms: number | null;
  bound_at: number;
}

export interface Life {
  life: number;
  /** The latest receipt. */
  head: string;
  salt: Uint8Array;
  beganAt: number;
  /** What its person objected to (art. 21). */
  objected: Mask;
}

export interface NewReceipt {
  receipt: string;
  seq: number | null;
  life: number;
  visitorKey: Uint8Array | null;
  granted: Mask;
  cap: Mask;
  deniedAfter: Mask;
  ack: Mask;
  at: number;
  effectiveAt: number;
  boundAt: number;
  supersededAt: number | null;
  expiresAt: number;
  /** What it said, as `terms` answered; null for a stub. */
  terms: number | null;
  digest: Uint8Array | null;
}

type Said = Pick<LedgerRow, 'decisions' | 'policy'>;
type Reading = Pick<ReceiptState, 'valid' | 'chosen' | 'refused'>;
const nothingSaid: Reading = Object.freeze({ valid: 0, chosen: 0, refused: 0 });

/** Live receipts in memory: one for each device of the last hours, some 400 bytes each. */
const receiptsCachedMax = 50_000;
const personsCachedMax = 20_000;

/** What a person denies whatever a device says: `objected` are those of art. 21, which reach every basis. */
export interface PersonDenial {
  denied: Mask;
  objected: Mask;
  /** The latest of them. */
  at: number;
}
export const noDenial: PersonDenial = Object.freeze({ denied: 0, objected: 0, at: 0 });

export interface PersonAct {
  purpose: string;
  value: 'granted' | 'denied';
  objection: boolean;
  at: number;
  seq: number;
  /** Terms under which it was said; unknown where only the journal remembers. */
  materialHash?: string | null;
  /** The person was told that it goes against the browser's signal. */
  ack?: boolean;
}

/** How many acts of one sort a day had. Of nobody: no act can be found by it. */
export interface ConsentCount {
  /** `2026-11-01`, UTC. */
  day: string;
  /** Kind of the row. */
  what: string;
  policy: string;
  model: string;
  region: string;
  locale: string;
  layer: string;
  action: string;
  granted: Mask;
  count: number;
}

/** Asking the system for chance costs as much as the rest of a row, so 256 salts are drawn at once. */
let pool = Buffer.alloc(0);
const drawn = (): Uint8Array => {
  if (pool.length < 16) pool = randomBytes(4_096);
  const salt = Uint8Array.from(pool.subarray(0, 16));
  pool.fill(0, 0, 16);
  pool = pool.subarray(16);
  return salt;
};

export type ConsentStore = ReturnType<typeof openConsentStore>;

/** `inForce` is asked each time: another policy may have come since. */
export const openConsentStore = (sql: Sql, inForce: () => Policy, bit: (purpose: string) => Mask, ledger: Ledger) => {
  const receiptRow = sql.prepare<ReceiptRow>('SELECT * FROM consent_receipts WHERE receipt = ?');
  const insertTerms = sql.prepare('INSERT OR IGNORE INTO consent_terms (hash, said) VALUES (?, ?)');
  const termsByHash = sql.prepare<{ id: number }>('SELECT id FROM consent_terms WHERE hash = ?');
  const termsById = sql.prepare<{ said: string }>('SELECT said FROM consent_terms WHERE id = ?');
  const putReceipt = sql.prepare(`
    INSERT OR REPLACE INTO consent_receipts (receipt, seq, life, visitor_key, granted, cap, denied_after, ack, at, effective_at,
      bound_at, superseded_at, expires_at, terms, digest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  // The predecessors of a new receipt: they stand for instants before it, for what both grant.
  const supersede = sql.prepare(`
    UPDATE consent_receipts SET cap = cap & ?, denied_after = denied_after | ?,
      superseded_at = coalesce(superseded_at, ?)
    WHERE life = ? AND receipt <> ?`);
  const capReceipt = sql.prepare(`
    UPDATE consent_receipts SET cap = cap & ?, denied_after = denied_after | ?,
      superseded_at = coalesce(superseded_at, ?) WHERE receipt = ?`);
  const receiptsOfLife = sql.prepare<{ receipt: string; granted: number; denied_after: number }>(
    'SELECT receipt, granted, denied_after FROM consent_receipts WHERE life = ?',
  );
  const unbindReceipts = sql.prepare('UPDATE consent_receipts SET visitor_key = NULL, cap = 0 WHERE life = ?');

  const lifeRow = sql.prepare<{ life: number; salt: Uint8Array; head: string; began_at: number; objected: number }>(
    'SELECT life, salt, head, began_at, objected FROM consent_lives WHERE life = ?',
  );
  const insertLife = sql.prepare('INSERT INTO consent_lives (salt, head, began_at) VALUES (?, ?, ?)');
  const objectedRow = sql.prepare<{ purposes: number }>('SELECT purposes FROM consent_objected WHERE visitor_key = ?');
  const objectedAll = sql.prepare<{ visitor_key: Uint8Array; purposes: number; at: number }>(
    'SELECT visitor_key, purposes, at FROM consent_objected',
  );
  const objectedOfLife = sql.prepare<{ objected: number }>(
    'SELECT f.objected FROM consent_visitors v JOIN consent_lives f ON f.life = v.life WHERE v.visitor_key = ?',
  );
  const anyObjected = sql.prepare<{ one: number }>(
    'SELECT EXISTS (SELECT 1 FROM consent_objected) OR EXISTS (SELECT 1 FROM consent_lives WHERE objected <> 0) AS one',
  );
  const objectedLives = sql.prepare<{ life: number; objected: number; at: number }>(
    'SELECT life, objected, began_at AS at FROM consent_lives WHERE objected <> 0',
  );
  const putObjected = sql.prepare(
    'INSERT INTO consent_objected (visitor_key, purposes, at) VALUES (?, ?, ?) ON CONFLICT (visitor_key) DO UPDATE SET purposes = excluded.purposes, at = excluded.at',
  );
  const forgetObjected = sql.prepare('DELETE FROM consent_objected WHERE visitor_key = ?');
  const setObjected = sql.prepare('UPDATE consent_lives SET objected = ? WHERE life = ?');
  const setHead = sql.prepare('UPDATE consent_lives SET head = ? WHERE life = ?');
  const deleteLife = sql.prepare('DELETE FROM consent_lives WHERE life = ?');

  const visitorRow = sql.prepare<{ life: number; bound_at: number; gpc_seen_at: number | null }>(
    'SELECT life, bound_at, gpc_seen_at FROM consent_visitors WHERE visitor_key = ?',
  );
  const insertVisitor = sql.prepare('INSERT INTO consent_visitors (visitor_key, life, bound_at) VALUES (?, ?, ?)');
  const visitorsOfLife = sql.prepare<{ visitor_key: Uint8Array }>(
    'SELECT visitor_key FROM consent_visitors WHERE life = ?',
  );
  const deleteVisitors = sql.prepare('DELETE FROM consent_visitors WHERE life = ?');
  const setGpcSeen = sql.prepare(
    'UPDATE consent_visitors SET gpc_seen_at = ? WHERE visitor_key = ? AND gpc_seen_at IS NULL',
  );

  const personRows = sql.prepare<{
    purpose: string;
    value: 'granted' | 'denied';
    objection: number;
    at: number;
    seq: number;
    material_hash: string | null;
    ack: number;
  }>('SELECT purpose, value, objection, at, seq, material_hash, ack FROM consent_persons WHERE user_key = ?');
  // The latest act of the person stands; at the same instant, the denial.
  const putPerson = sql.prepare(`
    INSERT INTO consent_persons (user_key, purpose, value, objection, at, seq, material_hash, ack)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (user_key, purpose) DO UPDATE SET
      value = excluded.value, objection = excluded.objection, at = excluded.at, seq = excluded.seq,
      material_hash = excluded.material_hash, ack = excluded.ack
    WHERE excluded.at > at OR (excluded.at = at AND excluded.value = 'denied')`);
  const writePerson = (key: Uint8Array, act: PersonAct): void => {
    const { purpose, value, objection, at, seq, materialHash = null, ack = false } = act;
    putPerson.run(key, purpose, value, objection ? 1 : 0, at, seq, materialHash, ack ? 1 : 0);
  };
  const deletePerson = sql.prepare('DELETE FROM consent_persons WHERE user_key = ?');
  const anyPerson = sql.prepare<{ one: number }>('SELECT 1 AS one FROM consent_persons LIMIT 1');

  const addCount = sql.prepare(`
    INSERT INTO consent_counts (day, what, policy, model, region, locale, layer, action, granted, count)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT DO UPDATE SET count = count + 1`);
  const counts = sql.prepare<ConsentCount>('SELECT * FROM consent_counts WHERE day = ? ORDER BY what, policy, model');
  const insertPolicy = sql.prepare(
    'INSERT OR IGNORE INTO consent_policies (config_hash, version, document, first_at) VALUES (?, ?, ?, ?)',
  );
  const insertText = sql.prepare(
    'INSERT OR IGNORE INTO consent_texts (hash, locale, content, first_at) VALUES (?, ?, ?, ?)',
  );
  const removalRows = sql.prepare<{ purpose: string; removed_at: number }>('SELECT * FROM consent_removals');
  const lastPolicy = sql.prepare<{ config_hash: string; document: string }>(`
    SELECT config_hash, document FROM consent_policies
    ORDER BY config_hash = (SELECT config_hash FROM consent_releases ORDER BY id DESC LIMIT 1) DESC, first_at DESC LIMIT 1`);
  const policyText = sql.prepare<{ document: string }>('SELECT document FROM consent_policies WHERE config_hash = ?');
  const policyVersion = sql.prepare<{ version: string }>(
    'SELECT version FROM consent_policies WHERE config_hash = ? OR (? IS NULL AND version = ?) LIMIT 1',
  );

  const receipts = new LRUCache<string, ReceiptState>({ max: receiptsCachedMax });
  const persons = new LRUCache<string, PersonDenial>({ max: personsCachedMax });
  const signalled = new LRUCache<string, true>({ max: personsCachedMax });
  const objections = new LRUCache<string, Mask>({ max: personsCachedMax });
  // A site where nobody has said no as a person, or objected on a device, pays nothing for the question.
  let personsExist: boolean | null = null;
  let objectionsExist: boolean | null = null;
  const objectionsChanged = (): void => {
    objectionsExist = null;
    objections.clear();
  };

  const masked = (value: LedgerDecision['value'], decisions: readonly LedgerDecision[]): Mask => {
    let mask = 0;
    for (const one of decisions)
      if (one.value === value && one.source === 'user' && !one.carried) mask |= bit(one.purpose);
    return mask;
  };

  const isKnown = ({ version, configHash }: Said['policy']): boolean =>
    (version === null && configHash === null) || policyVersion.get(configHash, configHash, version) !== undefined;

  /** The few answers people give, by their spelling. */
  const numbers = new LRUCache<string, number>({ max: 1_000 });
  const readings = new LRUCache<number, Reading>({ max: 1_000 });
  const readingOf = (terms: number | null): Reading => {
    if (terms === null) return nothingSaid;
    let reading = readings.get(terms);
    if (!reading) {
      const said = JSON.parse(termsById.get(terms)?.said ?? '{"decisions":[],"policy":{}}') as Said;
      reading = {
        // Who names a policy that this collector never had was asked by somebody else (section 4, check 4).
        valid: isKnown(said.policy) ? termsHold(inForce(), said.decisions, said.policy) : 0,
        chosen: masked('granted', said.decisions),
        refused: withDependants(masked('denied', said.decisions)),
      };
      readings.set(terms, reading);
    }
    return reading;
  };

  let removals: { purpose: string; removed_at: number }[] | null = null;
  /** Purposes that were taken out after an answer: what it granted for them is gone, though they came back (section 2). */
  const removedSince = (at: number): Mask => {
    removals ??= removalRows.all();
    let mask = 0;
    for (const one of removals) if (at <= one.removed_at) mask |= bit(one.purpose);
    return mask;
  };

  const toState = (row: ReceiptRow): ReceiptState => {
    const { valid, chosen, refused } = readingOf(row.terms);
    return {
      receipt: row.receipt,
      seq: row.seq,
      life: row.life,
      visitorKey: row.visitor_key,
      visitorId: null,
      granted: row.granted & inForce().available & ~removedSince(row.at),
      valid,
      cap: row.cap,
      deniedAfter: row.denied_after,
      ack: row.ack,
      chosen: row.granted & chosen,
      refused,
      at: row.at,
      effectiveAt: row.effective_at,
      boundAt: row.bound_at,
      supersededAt: row.superseded_at,
      expiresAt: row.expires_at,
    };
  };

  const forgetLife = (life: number): void => {
    for (const { receipt } of receiptsOfLife.all(life)) receipts.delete(receipt);
  };

  return {
    append: (row: LedgerRow): number => ledger.append(row),
    decisionsOf: (seq: number): LedgerDecision[] => ledger.decisionsOf(seq),

    receipt: (receipt: string): ReceiptState | null => {
      const known = receipts.get(receipt);
      if (known) return known;
      const row = receiptRow.get(receipt);
      if (!row) return null;
      const state = toState(row);
      receipts.set(receipt, state);
      return state;
    },
    digestOf: (receipt: string): Uint8Array | null => receiptRow.get(receipt)?.digest ?? null,
    putReceipt: (row: NewReceipt): void => {
      putReceipt.run(
        row.receipt,
        row.seq,
        row.life,
        row.visitorKey,
        row.granted,
        row.cap,
        row.deniedAfter,
        row.ack,
        row.at,
        row.effectiveAt,
        row.boundAt,
        row.supersededAt,
        row.expiresAt,
        row.terms,
        row.digest,
      );
      receipts.delete(row.receipt);
    },
    /** `at` null: nothing follows. */
    supersede: (life: number, by: string, granted: Mask, denied: Mask, at: number | null): void => {
      supersede.run(granted, denied, at, life, by);
      forgetLife(life);
    },
    /** The number of what a row says: most people press one of two buttons, so there are few. */
    terms: ({ decisions, policy: under }: Said): number => {
      const said = JSON.stringify({ decisions, policy: under } satisfies Said);
      const known = numbers.get(said);
      if (known !== undefined) return known;
      const hash = createHash('sha256').update(said).digest().subarray(0, 16);
      insertTerms.run(hash, said);
      const number = termsByHash.get(hash)?.id ?? 0;
      numbers.set(said, number);
      return number;
    },
    receiptsOf: (life: number) => receiptsOfLife.all(life),

    life: (life: number): Life | null => {
      const row = lifeRow.get(life);
      return row
        ? { life: row.life, head: row.head, salt: row.salt, beganAt: row.began_at, objected: row.objected }
        : null;
    },
    beginLife: (head: string, at: number): Life => {
      const salt = drawn();
      const life = Number(insertLife.run(salt, head, at).lastInsertRowid);
      return { life, head, salt, beganAt: at, objected: 0 };
    },
    setObjected: (life: number, objected: Mask): void => {
      setObjected.run(objected, life);
      objectionsChanged();
    },
    /** All that a device objects to. Where its consent is not known, or there is none, it stands by itself until there is. */
    putObjected: (key: Uint8Array, objected: Mask, at: number): void => {
      const bound = visitorRow.get(key);
      if (bound) setObjected.run(objected, bound.life);
      if (bound || objected === 0) forgetObjected.run(key);
      else putObjected.run(key, objected, at);
      objectionsChanged();
    },
    /** Of a device whose consent is not known: what it objects to; null = nothing is known. */
    objectedOf: (key: Uint8Array): Mask | null => objectedRow.get(key)?.purposes ?? null,
    /** What a device objects to, whatever it lives by. */
    objectionOf: (visitorId: string, keyOf: () => Uint8Array): Mask => {
      objectionsExist ??= anyObjected.get()?.one === 1;
      if (!objectionsExist) return 0;
      let known = objections.get(visitorId);
      if (known === undefined) {
        const key = keyOf();
        known = (objectedRow.get(key)?.purposes ?? 0) | (objectedOfLife.get(key)?.objected ?? 0);
        objections.set(visitorId, known);
      }
      return known;
    },
    forgetObjected: (key: Uint8Array): void => {
      forgetObjected.run(key);
      objectionsChanged();
    },
    *objectedEntries(): Iterable<JournalEntry> {
      for (const { life, objected, at } of objectedLives.all()) {
        const visitors = visitorsOfLife.all(life).map((row) => hexOf(row.visitor_key));
        if (visitors.length > 0) yield { act: 'objected', visitors, purposes: objected, at };
      }
      for (const row of objectedAll.all())
        yield {
          act: 'objected',
          visitors: [hexOf(row.visitor_key)],
          purposes: row.purposes,
          at: row.at,
        };
    },
    /** A withdrawal the store has not seen: these receipts grant less from then on. */
    capReceipt: (receipt: string, lost: Mask, at: number): void => {
      capReceipt.run(~lost, lost, at, receipt);
      receipts.delete(receipt);
    },
    setHead: (life: number, head: string): void => {
      setHead.run(head, life);
    },
    /** The salt goes, and with it what the ledger's subject keys mean; no receipt of this life stands any more. */
    endLife: (life: number): void => {
      forgetLife(life);
      deleteLife.run(life);
      deleteVisitors.run(life);
      unbindReceipts.run(life);
      if (objectionsExist) objectionsChanged();
    },

    visitor: (key: Uint8Array) => visitorRow.get(key) ?? null,
    bind: (key: Uint8Array, life: number, at: number): void => {
      insertVisitor.run(key, life, at);
    },
    visitorsOf: (life: number): Uint8Array[] => visitorsOfLife.all(life).map((row) => row.visitor_key),
    noteGpc: (visitorId: string, keyOf: () => Uint8Array, at: number): void => {
      if (signalled.has(visitorId)) return;
      setGpcSeen.run(at, keyOf());
      signalled.set(visitorId, true);
    },

    denialOf: (userId: string, keyOf: () => Uint8Array): PersonDenial => {
      personsExist ??= anyPerson.get() !== undefined;
      if (!personsExist) return noDenial;
      let known = persons.get(userId);
      if (!known) {
        let denied = 0;
        let objected = 0;
        let at = 0;
        for (const row of personRows.all(keyOf())) {
          if (row.value !== 'denied') continue;
          denied |= bit(row.purpose);
          if (row.objection) objected |= bit(row.purpose);
          at = Math.max(at, row.at);
        }
        known = denied === 0 ? noDenial : { denied, objected, at };
        persons.set(userId, known);
      }
      return known;
    },
    /** What a person decided while logged in, purpose by purpose: the record of their account. */
    personActs: (key: Uint8Array): PersonAct[] =>
      personRows.all(key).map(({ material_hash: materialHash, objection, ack, ...act }) => ({
        ...act,
        objection: objection !== 0,
        materialHash,
        ack: ack !== 0,
      })),
    putPersonAct: (userId: string, key: Uint8Array, act: PersonAct): void => {
      writePerson(key, act);
      personsExist = true;
      persons.delete(userId);
    },
    /** What a line of the journal says of somebody. */
    replayPersonAct: (key: Uint8Array, act: PersonAct): void => {
      writePerson(key, act);
      personsExist = true;
      persons.clear();
    },
    *personEntries(): Iterable<JournalEntry> {
      for (const row of sql
        .prepare<{ user_key: Uint8Array; purpose: string; value: string; objection: number; at: number }>(
          'SELECT user_key, purpose, value, objection, at FROM consent_persons',
        )
        .all()) {
        const mask = bit(row.purpose);
        const [granted, denied] = row.value === 'granted' ? [mask, 0] : [0, mask];
        const person = hexOf(row.user_key);
        yield { act: 'said', person, granted, denied, objection: row.objection !== 0, at: row.at };
      }
    },
    forgetPerson: (userId: string, key: Uint8Array): void => {
      deletePerson.run(key);
      persons.delete(userId);
    },

    count: (act: Omit<ConsentCount, 'count'>): void => {
      const { day, what, policy, model, region, locale, layer, action, granted } = act;
      addCount.run(day, what, policy, model, region, locale, layer, action, granted);
    },
    countsOf: (day: string) => counts.all(day),
    /** The one that was in force when the store was last in use. */
    lastPolicy: (): { configHash: string; purposes: { id: Purpose; materialHash: string }[] } | null => {
      const row = lastPolicy.get();
      if (!row) return null;
      const { purposes = [] } = JSON.parse(row.document) as { purposes?: { id: Purpose; materialHash: string }[] };
      return { configHash: row.config_hash, purposes };
    },
    /** A policy and its words, once for ever: a receipt names them by hash. */
    notePolicy: (policy: Policy, at: number): void => {
      for (const [language, { hash, content }] of Object.entries(policy.locales))
        insertText.run(hash, language, content, at);
      insertPolicy.run(policy.configHash, policy.version, JSON.stringify(policy.document), at);
    },
    /** The document of a policy that was in force here; null for any other. */
    policyDocument: (configHash: string): Readonly<Record<string, unknown>> | null => {
      const row = policyText.get(configHash);
      return row ? (JSON.parse(row.document) as Record<string, unknown>) : null;
    },
    /** null for a policy this collector never had: nobody else's words become a label. */
    policyVersion: (version: string | null, configHash: string | null): string | null =>
      policyVersion.get(configHash, configHash, version)?.version ?? null,

    dropCaches: (): void => {
      ledger.dropCaches();
      // An empty one of this size takes longer to clear than an erasure to carry out, and thousands may be queued.
      for (const cache of [receipts, readings, numbers, persons, objections, signalled])
        if (cache.size > 0) cache.clear();
      removals = null;
      personsExist = null;
      objectionsExist = null;
    },
  };
};
