// Receipts: what each granted, what its successors left of it, and under which terms. In front of the table stands a small
// memory of the live ones, since the door asks for one with every event.

import { createHash } from 'node:crypto';
import { recent } from '../../store/recent.js';
import type { Sql } from '../../store/sql.js';
import type { LedgerDecision, LedgerRow } from '../ledger/ledger.js';
import { type Mask, maskOfName, withDependants } from '../mask.js';
import { type Policy, termsHold } from '../policy/policy.js';
import type { openPolicies } from './policies.js';

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

/** `inForce` is asked each time: another policy may have come since. */
export const openReceipts = (
  sql: Sql,
  inForce: () => Policy,
  { removedSince, policyVersion }: Pick<ReturnType<typeof openPolicies>, 'removedSince' | 'policyVersion'>,
) => {
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
  const otherReceipt = sql.prepare<{ receipt: string }>(
    'SELECT receipt FROM consent_receipts WHERE life = ? AND visitor_key <> ? LIMIT 1',
  );
  const unbindReceipts = sql.prepare('UPDATE consent_receipts SET visitor_key = NULL, cap = 0 WHERE life = ?');

  const receipts = recent<string, ReceiptState>(receiptsCachedMax);

  const masked = (value: LedgerDecision['value'], decisions: readonly LedgerDecision[]): Mask => {
    let mask = 0;
    for (const one of decisions)
      if (one.value === value && one.source === 'user' && !one.carried) mask |= maskOfName(one.purpose);
    return mask;
  };

  const isKnown = ({ version, configHash }: Said['policy']): boolean =>
    (version === null && configHash === null) || policyVersion(version, configHash) !== null;

  /** The few answers people give, by their spelling. */
  const numbers = recent<string, number>(1_000);
  const readings = recent<number, Reading>(1_000);
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
    /** Of that life, one that its device was given under another id. */
    otherReceipt: (life: number, key: Uint8Array): string | null => otherReceipt.get(life, key)?.receipt ?? null,

    /** A withdrawal the store has not seen: these receipts grant less from then on. */
    capReceipt: (receipt: string, lost: Mask, at: number): void => {
      capReceipt.run(~lost, lost, at, receipt);
      receipts.delete(receipt);
    },
    /** None of this life stands any more. */
    unbindReceipts: (life: number): void => {
      forgetLife(life);
      unbindReceipts.run(life);
    },
    dropCaches: (): void => {
      for (const cache of [receipts, readings, numbers]) cache.clear();
    },
  };
};
