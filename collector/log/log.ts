// The seam of scale: what the door hands on, and what comes back once it is durable. Embedded, the other side is the
// writer's thread and "durable" is its group commit; distributed, it is a broker. Requests cross as raw JSON text,
// because text is cheaper to pass between threads than objects.

import type { AuditEntry } from '../contract/audit.js';
import type { DiscardReason } from '../contract/codes.js';
import type { LedgerCheck } from '../contract/proofs.js';
import type { Purpose } from '../contract/purposes.js';

/** How a key's events prove their consent (consent.md, decided list). */
export type ConsentMode = 'ledger' | 'claimed' | 'external';

export interface KeyContext {
  /** Row id of the key; never the secret itself. */
  id: string;
  trust: 'public' | 'secret';
  mode: ConsentMode;
  /** What the key may be used for: the basis of an `external` key, the ceiling of a reading one. */
  purposes: readonly Purpose[];
  /** `claimed`: foreign category names → our purposes. */
  categories: Readonly<Record<string, Purpose>>;
  /** `external`: for how long, in days from their receipt; null or absent = as the policy says, and orders for ever. */
  retention?: { readonly days: number | null; readonly orderDays: number | null } | null;
}

export interface Rejection {
  index: number;
  messageId: string | null;
  code: string;
  path: string;
  message: string;
}

/** One request that passed limits, decoding, key, origin, rate and shape. */
export interface Submission {
  /** The decoded body as text: a batch, or a single call when `type` is set. */
  text: string;
  /** The route's type for single calls (`/v1/track` …); null for a batch. */
  type: 'track' | 'page' | 'screen' | 'identify' | 'alias' | 'group' | null;
  receivedAt: number;
  key: KeyContext;
  /** `Sec-GPC: 1` on the request. */
  gpc: boolean;
  /** The request's header, for public keys only. */
  userAgent: string | null;
  /** From the CDN's header or the local database, ISO 3166 alpha-2; the address itself is never handed on. */
  country: string | null;
  /** With the subdivision, where one is known, and by what it is: for the proof of consent, whose rules may differ there. */
  region?: string | null;
  placedBy?: 'cdn' | 'geoip';
  /** Of the page that sent it, for telling internal referrers apart. */
  origin: string | null;
  /** What the shape check refused, by index; the rest is let in. */
  rejected: readonly Rejection[];
}

export interface Verdicted {
  index: number;
  messageId: string | null;
  code: string;
}

/** Where of an event something stood that must not be stored. */
export type RedactedIn = 'name' | 'address' | 'properties' | 'traits';

/** The answer of product.md, "Events in". */
export interface Answer {
  /** How often something was taken out, by where it stood; for the meters alone, the door tells nobody. */
  redactions?: Partial<Record<RedactedIn, number>>;
  /** How many events the page let go of, by its own reason; likewise for the meters alone. */
  discarded?: Partial<Record<DiscardReason, number>>;
  accepted: number;
  duplicates: number;
  held: Verdicted[];
  dropped: Verdicted[];
  rejected: Rejection[];
  warnings: Verdicted[];
  state?: 'erased' | 'withdrawn' | 'stale';
  /** What was objected to by a request, for the device's record: an act of that kind. */
  consent?: Record<string, false>;
  kind?: 'object';
}

/** Whom a request is about: exactly one identifier, or a device with its receipt. */
export interface SubjectAsked {
  userId?: string;
  anonymousId?: string;
  email?: string;
  phone?: string;
  profileId?: string;
  visitorId?: string;
  receipt?: string;
}
interface Asking {
  subject: SubjectAsked;
  by: string;
  at: number;
  /** Signed by the shop's server: good once, until then. */
  once?: { nonce: string; until: number };
}

/** What people may ask for, and what carries it out. */
export type RightsCommand =
  | ({ kind: 'erase' } & Asking)
  | { kind: 'erasure'; id: string }
  | { kind: 'certificate'; id: string; at: number }
  | ({ kind: 'object'; purposes: readonly Purpose[]; lift: boolean } & Asking)
  | ({ kind: 'access' } & Asking)
  /** `token`: what the person was given; null = a key with the privacy role asks. */
  | { kind: 'export'; id: string; token: string | null }
  | { kind: 'exports'; act: 'claim'; at: number }
  | {
      kind: 'exports';
      act: 'finish';
      id: string;
      identities: readonly { type: string; value: string }[];
      bytes: number;
      counts: Readonly<Record<string, number>>;
      at: number;
    }
  | { kind: 'exports'; act: 'fail'; id: string; at: number }
  /** `callback`: the address an acknowledgement's token is added to; null = nobody can reach us. */
  | { kind: 'notices'; act: 'claim'; at: number; limit: number; callback: string | null }
  | {
      kind: 'notices';
      act: 'report';
      id: string;
      outcome: { kind: 'taken'; done: boolean } | { kind: 'failed'; trouble: string };
      at: number;
    }
  | { kind: 'notices'; act: 'acknowledge'; token: string; done: boolean; at: number }
  | { kind: 'notices'; act: 'retry' | 'settled'; id: string; by: string; at: number }
  /** These profiles went to a recipient of the consent file. */
  | { kind: 'delivered'; recipient: string; profiles: readonly string[]; at: number };

/** What a device and the account of whoever is logged in there are to agree on; the proof was checked. */
export interface AccountAsked {
  /** As R2 spells it. */
  userId: string;
  /** Told at a login, or because the person has just answered on this device. */
  act: 'login' | 'answer';
  /** The purposes were chosen one by one: what lifts an objection. */
  isDeliberate: boolean;
  decisions: readonly {
    purpose: string;
    value: string;
    at?: number | string | null | undefined;
    materialHash?: string | null | undefined;
    ack?: boolean | null | undefined;
  }[];
  /** Under which the device's record was made: `{version, configHash}`. */
  policy: unknown;
  region: string | null;
  /** Who said so: the page, or where the request came from. */
  placedBy: 'page' | 'cdn' | 'geoip';
  receivedAt: number;
  sentAt: number | null;
  gpc: boolean;
  origin: string | null;
}

/** An answer that goes to another host of the site, or comes from one. */
export type TransferAsked = { receivedAt: number; gpc: boolean; origin: string | null } & (
  | {
      act: 'sign';
      to: string;
      receipt: string | null;
      decisions: readonly Omit<AccountAsked['decisions'][number], 'ack'>[];
      policy: unknown;
      sentAt: number | null;
    }
  | { act: 'accept'; token: string; cameFrom: string | null }
);

/** What is asked of the writer besides events. All are idempotent, but for `transfer`: what it accepts is good once. */
export type Command =
  | {
      kind: 'consent';
      row: unknown;
      receivedAt: number;
      key: KeyContext;
      gpc: boolean;
      origin: string | null;
      country: string | null;
      region?: string | null;
      placedBy?: 'cdn' | 'geoip';
    }
  | ({ kind: 'account' } & AccountAsked)
  | ({ kind: 'transfer' } & TransferAsked)
  | { kind: 'undo'; mergeId: string; by: string; at: number }
  | { kind: 'merge'; from: string; into: string; by: string; at: number }
  | RightsCommand
  /** `by`, `at`: of an act by staff. */
  | { kind: 'keys'; act: 'create' | 'revoke' | 'upsert' | 'list'; value: unknown; by?: string; at?: number }
  | { kind: 'retention'; at: number }
  | {
      kind: 'cookieless';
      at: number;
      tallied: {
        cell: { event: string; path: string; product: string; device: string; country: string; referrer: string };
        count: number;
      }[];
      uniques: { day: string; sketch: Uint8Array }[];
    }
  /** What is in force; or from now on this is. `over` = hash of the policy it was made from, null for whatever is. */
  | { kind: 'policy'; act: 'live' }
  | {
      kind: 'policy';
      act: 'publish';
      source: { text: string; own: Readonly<Record<string, string>> };
      by: string;
      how: 'file' | 'editor';
      over: string | null;
      at: number;
    }
  /** How far the ledger's chain was checked: the reader checks and cannot write. */
  | { kind: 'ledger'; act: 'checked'; through: number; full: boolean; pass?: number; at: number }
  | { kind: 'ledger'; act: 'broken'; found: NonNullable<LedgerCheck['brokenAt']>; at: number }
  /** Reads of persons by staff and keys (audit/notes.ts). */
  | { kind: 'audit'; entries: readonly AuditEntry[] }
  | { kind: 'due'; at: number }
  | { kind: 'rebuild'; at: number; check: boolean };

/** `body` is JSON for the wire; `status` its HTTP status. */
export interface CommandResult {
  status: number;
  body: unknown;
}

export interface Log {
  /** Resolves once what it answers as accepted is durable. Rejects with `unavailable` when the store refuses (503). */
  append: (submission: Submission) => Promise<Answer>;
  command: (command: Command) => Promise<CommandResult>;
  /** Events waiting for their commit: the door answers 503 above a bound. */
  waiting: () => number;
  /** Commits what waits, then closes. */
  close: () => Promise<void>;
}
