// A consent row on its way: what the collector knows beside it, what it says, and what may come of it. The types that the
// rules of rows share; decides nothing.

import type { ConsentRow } from '../../contract/consent.js';
import type { Purpose } from '../../contract/purposes.js';
import type { Sql } from '../../store/sql.js';
import type { KeyOf } from '../keys.js';
import type { LedgerDecision } from '../ledger/ledger.js';
import type { Policy } from '../policy/policy.js';
import type { JournalEntry } from '../rights/journal.js';
import type { Tombstones } from '../rights/tombstones.js';
import type { ReceiptState } from '../store/receipts.js';
import type { ConsentStore } from '../store/store.js';
import type { Weighed } from './weigh.js';

export interface RowContext {
  receivedAt: number;
  /** `sentAt` of the request, where the row came beside events: what corrects a wrong device clock. */
  sentAt?: number | null;
  /** `Sec-GPC: 1` on the request. */
  gpc: boolean;
  /** Scheme and host of the page, no path. */
  origin: string | null;
  /** What the collector sees of the region: ISO 3166, with or without a subdivision. */
  country: string | null;
  /** By what it sees it; a CDN's header unless said otherwise. */
  countryBy?: 'cdn' | 'geoip';
  /** Which script sent the events beside the row, by their own word: a row need not repeat it. */
  sdkVersion?: string | null;
  /** Who is logged in on a device, by its accepted namings; asked only for a device that has proved itself. */
  userOf?: (visitorId: string) => string | null;
  /** R2 for an anonymous id; null = refused. Without it the id is only normalised. */
  visitorIdOf?: (visitorId: string) => string | null;
}

/** What a person took back, and where the data lies that it permitted. */
export interface Withdrawal {
  /** null: the life had no lasting id (measurement only); its events are found by their receipts. */
  visitorId: string | null;
  /** Of this consent's life, those that lose something by it. */
  receipts: readonly string[];
  /** With those that require them. */
  purposes: readonly Purpose[];
  /** Nothing is left: the device is out, its id never comes back. */
  all: boolean;
  onWithdraw: Policy['onWithdraw'];
  at: number;
}

/** What somebody decided while logged in: their profile is folded again. */
export interface PersonChange {
  userId: string;
  granted: readonly Purpose[];
  denied: readonly Purpose[];
}

export type RowResult =
  | {
      kind: 'accepted' | 'same';
      receipt: string | null;
      seq: number;
      at: number;
      expiresAt: number;
      withdrawal: Withdrawal | null;
      person: PersonChange | null;
      /** It took back more than it said: it was one answer too many. */
      isFull?: true;
    }
  /** Another body under the same receipt: 409. */
  | { kind: 'conflict' }
  /** It names a device and does not know one of that device's receipts. */
  | { kind: 'forbidden' }
  /** The device is erased, or has withdrawn everything, and may not come back. What its row tells to be its own goes too. */
  | { kind: 'out'; state: 'erased' | 'withdrawn'; withdrawal: Withdrawal | null }
  /** One answer too many in one life, which ends with it: as after a withdrawal of everything. */
  | { kind: 'full'; withdrawal: Withdrawal | null }
  /** 400. The message holds nothing of the row. */
  | { kind: 'invalid'; path: string; message: string };

export interface RowParts {
  sql: Sql;
  store: ConsentStore;
  tombstones: Tombstones;
  keyOf: KeyOf;
  policy: Policy;
  /** What must be in the erasure journal before it is answered. */
  note: (entry: JournalEntry) => void;
}

/** A row that was read, and what is known of who speaks. */
export interface Act {
  kind: ConsentRow['kind'];
  weighed: Weighed;
  /** Chosen one by one: what lifts an objection, and what a button that accepts all does not. */
  isDeliberate: boolean;
  receipt: string | null;
  superseded: string | null;
  predecessor: ReceiptState | null;
  /** Another of its receipts, for where the one it follows has not arrived. */
  known: string | null;
  /** What it follows, or is known by. */
  kin: ReceiptState | null;
  visitorId: string | null;
  visitorKey: Uint8Array | null;
  /** The life that the visitor id is bound to. */
  boundTo: number | null;
  digest: Uint8Array;
  receivedAt: number;
  effectiveAt: number;
  expiresAt: number;
  /** Appends to the ledger and counts. */
  append: (fields: {
    receipt: string | null;
    subjectKey: Uint8Array | null;
    effectiveAt?: number;
    carried?: readonly LedgerDecision[];
  }) => { seq: number; terms: number | null };
}

/** The device it speaks for, where it has shown a receipt of that device's. */
export const provenId = ({ visitorId, boundTo }: Act): string | null => (boundTo === null ? null : visitorId);

export const accepted = (
  act: Act,
  receipt: string | null,
  seq: number,
  withdrawal: Withdrawal | null = null,
  person: PersonChange | null = null,
): Extract<RowResult, { kind: 'accepted' | 'same' }> => ({
  kind: 'accepted',
  receipt,
  seq,
  at: act.receivedAt,
  expiresAt: act.expiresAt,
  withdrawal,
  person,
});
