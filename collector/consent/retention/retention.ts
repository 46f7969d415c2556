// How long what is kept may be kept (consent.md, section 4, row 10, and the decided list): which purposes of an event have
// run out, and what else of the house ages. Pure: terms, instants and rows are handed in. Expiry is derived from what an
// event says of itself and from the policy it was collected under, so nothing of it is written when an event arrives.

import { dayOf } from '../../contract/instant.js';
import { type Purpose, purposes } from '../../contract/purposes.js';
import type { AcceptedEvent, KeptDays } from '../../events/event.js';
import { bitOf, grantable, type Mask, maskOf } from '../mask.js';
import { type HeldEvent, type Narrowing, narrowed } from '../rights/withdraw.js';

export const dayMs = 86_400_000;

/** Days from the receipt of an event, by purpose. A purpose that is not in it was not asked for under that policy. */
export type Terms = Readonly<Partial<Record<Purpose, number>>>;

/** Of a policy's document, as it was stored when it was in force. Tolerant: an old document must not stop retention. */
export const termsOfDocument = (document: unknown): Terms => {
  const listed = (document as { purposes?: unknown } | null)?.purposes;
  const terms: Partial<Record<Purpose, number>> = {};
  if (!Array.isArray(listed)) return terms;
  for (const one of listed as { id?: unknown; retentionDays?: unknown }[]) {
    const id = purposes.find((purpose) => purpose === one?.id);
    const days = one?.retentionDays;
    if (id && typeof days === 'number' && Number.isFinite(days) && days >= 1) terms[id] = days;
  }
  return terms;
};

/** Of an event in the store, what its age is judged by. */
export interface AgeingEvent extends HeldEvent {
  receivedAt: number;
  /** Its key's own basis; null: consent, whose policy says how long. */
  kept: KeptDays | null;
}

export const ageing = (row: { seq: number }, event: AcceptedEvent): AgeingEvent => ({
  seq: row.seq,
  type: event.type,
  name: event.name,
  receipt: event.receipt,
  purposes: event.purposes,
  receivedAt: event.receivedAt,
  kept: event.kept ?? null,
});

/** A purpose that a policy no longer lists: what was collected for it until then goes, where consent was the basis. */
export interface RemovedPurpose {
  purpose: Purpose;
  removedAt: number;
}

const isOrder = ({ type, name }: Pick<HeldEvent, 'type' | 'name'>): boolean =>
  type === 'track' && name !== null && name.startsWith('Order ');

/** For how many days an event may be used for a purpose; null = no end. */
const daysOf = (event: AgeingEvent, purpose: Purpose, terms: Terms): number | null => {
  if (event.kept && isOrder(event)) return event.kept.orderDays;
  return event.kept?.days ?? terms[purpose] ?? null;
};

/** The purposes whose time has not run out. One that needs another goes with it. */
const standing = (event: AgeingEvent, terms: Terms, now: number, removed: readonly RemovedPurpose[]): Mask => {
  let left = 0;
  for (const purpose of event.purposes) {
    const days = daysOf(event, purpose, terms);
    if (days !== null && event.receivedAt + days * dayMs <= now) continue;
    const gone =
      event.kept === null && removed.some((it) => it.purpose === purpose && event.receivedAt <= it.removedAt);
    if (!gone) left |= bitOf(purpose);
  }
  return grantable(left);
};

export interface ExpiryPlan {
  deleted: readonly number[];
  narrowed: readonly Narrowing[];
  /** Which purposes ran out, over all these events: `purpose → events`. */
  lost: Readonly<Partial<Record<Purpose, number>>>;
}

export const planExpiry = (
  events: Iterable<AgeingEvent>,
  termsOf: (event: AgeingEvent) => Terms,
  now: number,
  removed: readonly RemovedPurpose[] = [],
): ExpiryPlan => {
  const deleted: number[] = [];
  const kept: Narrowing[] = [];
  const lost: Partial<Record<Purpose, number>> = {};
  for (const event of events) {
    const left = standing(event, termsOf(event), now, removed);
    const gone = maskOf(event.purposes) & ~left;
    if (gone === 0) continue;
    for (const purpose of purposes) if (gone & bitOf(purpose)) lost[purpose] = (lost[purpose] ?? 0) + 1;
    const narrowing = narrowed(event, left);
    if (narrowing) kept.push(narrowing);
    else deleted.push(event.seq);
  }
  return { deleted, narrowed: kept, lost };
};

/** What else ages, and for how long it is kept where the consent file does not say otherwise (`retention`). */
export interface RetentionClass {
  name: string;
  /** For the privacy team, in a table. */
  what: string;
  table: string;
  /** When a row's time begins: a column or an expression of the table's owner, never of a request. */
  from: string;
  /** How that is written: epoch milliseconds, or a day as text (`2026-11-01`). */
  unit: 'ms' | 'day';
  /** How the oldest are found: by the order they came in, because the table's key begins with `from`, or along the ledger's chain. */
  order: 'rowid' | 'key' | 'chain';
  days: number;
  /** The key of `retention` in the consent file that sets the days. */
  setBy?: string;
  /** What the law or our own promise allows at most. */
  daysMax?: number;
}

/** 25 months: the longest that audience figures may be kept (consent.md, section 7). */
export const monthsDays = 760;
export const threeYearsDays = 1_095;

export const daysKept = (it: RetentionClass, set: Readonly<Record<string, unknown>> | null | undefined): number => {
  const wanted = it.setBy === undefined ? undefined : set?.[it.setBy];
  const days = typeof wanted === 'number' && Number.isInteger(wanted) && wanted >= 1 ? wanted : it.days;
  return Math.min(days, it.daysMax ?? days);
};

/** Of a class's column, what is too old lies before. */
export const boundOf = ({ unit }: Pick<RetentionClass, 'unit'>, before: number): string | number =>
  unit === 'ms' ? before : dayOf(before);
