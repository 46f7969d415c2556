// What stays of what a withdrawal deletes where the policy says `anonymise` (consent.md, section 6): sums by day, written
// before the rows go. Owns what is in `withdrawn_counts`. Must never hold an id, nor a name that a stranger chose; what is
// read never shows a group of fewer than k people.

import { knownName } from '../../contract/ecommerce.js';
import { dayOf } from '../../contract/instant.js';
import type { EventType } from '../../events/event.js';
import type { Sql } from '../../store/sql.js';

/** Fewer people than this are not shown. */
export const kMin = 10;
const shownMax = 1_000;

/** Of one event that goes: when it was, what it was, and the order it alone tells of. */
export interface LostEvent {
  at: number;
  type: EventType;
  name: string | null;
  order: { currency: string | null; minor: number } | null;
}

export interface WithdrawnCell {
  day: string;
  /** A name of the contract, a type, `:other` for a shop's own name, `:order` for orders. */
  event: string;
  currency: string;
  events: number;
  minor: number;
}

const otherName = ':other';
const orders = ':order';
/** ISO 4217: no currency. */
const noCurrency = 'XXX';

const classOf = (type: EventType, name: string | null): string =>
  type === 'track' ? (knownName(name) ?? otherName) : type;

/** One person's events, as sums. */
export const tallyWithdrawn = (lost: Iterable<LostEvent>): WithdrawnCell[] => {
  const cells = new Map<string, WithdrawnCell>();
  const add = (day: string, event: string, currency: string, minor: number): void => {
    const key = `${day}\n${event}\n${currency}`;
    const cell = cells.get(key) ?? { day, event, currency, events: 0, minor: 0 };
    cell.events += 1;
    cell.minor += minor;
    cells.set(key, cell);
  };
  for (const { at, type, name, order } of lost) {
    const day = dayOf(at);
    add(day, classOf(type, name), '', 0);
    if (order) add(day, orders, order.currency ?? noCurrency, order.minor);
  }
  return [...cells.values()];
};

/** In the transaction that deletes the rows: it is counted exactly if they go. One withdrawal is one of the people. */
export const addWithdrawn = (sql: Sql, cells: readonly WithdrawnCell[]): void => {
  const add = sql.prepare(
    `INSERT INTO withdrawn_counts (day, event, currency, events, people, minor) VALUES (?, ?, ?, ?, 1, ?)
     ON CONFLICT (day, event, currency) DO UPDATE SET
       events = events + excluded.events, people = people + 1, minor = minor + excluded.minor`,
  );
  for (const { day, event, currency, events, minor } of cells) add.run(day, event, currency, events, minor);
};

export interface AnonymousCounts {
  k: number;
  events: { event: string; events: number; people: number }[];
  orders: { currency: string; orders: number; people: number; revenueMinor: number }[];
  /** How many groups are too small to be shown, or would betray one that is. */
  suppressed: number;
}

interface Group {
  event: string;
  currency: string;
  events: number;
  people: number;
  minor: number;
}

/**
 * Of some days. A day's cell says of how many people it is, not which: over days they may be the same, so a group is
 * as large as its largest day. Where one group alone is too small the next goes with it, else a total betrays it.
 */
export const anonymousCounts = (sql: Sql, { from, to }: { from: string; to: string }): AnonymousCounts => {
  const groups = sql
    .prepare<Group>(
      `SELECT event, currency, sum(events) AS events, max(people) AS people, sum(minor) AS minor FROM withdrawn_counts
       WHERE day BETWEEN ? AND ? GROUP BY event, currency ORDER BY people DESC, event, currency`,
    )
    .all(from, to);
  let shown = groups.filter(({ people }) => people >= kMin);
  if (groups.length - shown.length === 1 && shown.length > 0) shown = shown.slice(0, -1);
  shown = shown.slice(0, shownMax);
  return {
    k: kMin,
    events: shown
      .filter(({ event }) => event !== orders)
      .map(({ event, events, people }) => ({ event, events, people })),
    orders: shown
      .filter(({ event }) => event === orders)
      .map(({ currency, events, people, minor }) => ({ currency, orders: events, people, revenueMinor: minor })),
    suppressed: groups.length - shown.length,
  };
};
