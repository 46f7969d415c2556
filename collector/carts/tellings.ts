// C8 across persons: an order counts once in the shop, whoever tells of it. Where the events of several persons tell of one
// order id (the server names a user, the page never did), it is one person's; the others keep the sight of it. Whose it is
// follows from the events and their owners alone, so no order of arrival changes it, and nothing of it is stored.

import { assurances } from '../contract/purposes.js';
import { type AcceptedEvent, compareEvents, type OwnedEvent } from '../events/event.js';
import { type EventRow, flag, parseBody, reasonOf } from '../events/store.js';
import type { Sql } from '../store/sql.js';
import { readIds } from './ids.js';

/** Of a shop that gives every order one id, only so many are looked at: the earliest. */
const tellingsMax = 100;

const states = new Set(['Order Completed', 'Order Updated']);
const facts = new Set([...states, 'Order Cancelled', 'Order Refunded']);

/** The order an event tells of; null = of none. */
export const orderToldBy = (event: AcceptedEvent): string | null =>
  event.type === 'track' && event.name !== null && facts.has(event.name) ? readIds(event).orderId : null;

export interface Telling {
  person: number;
  isNamed: boolean;
  event: OwnedEvent;
}

export interface Standing {
  /** Leaders of everybody whose events tell of the order. */
  persons: readonly number[];
  /** On whom it counts; null = nobody but one tells of it, or nobody says that it was placed: each for themselves. */
  owner: number | null;
  /** What the shop itself says of it by events that are other persons': it is about the order, so its owner hears it too. */
  lent: readonly OwnedEvent[];
}

/** As R5 takes edges: the more assured statement, then the one that names its user, then the earlier. */
const isBefore = (a: Telling, b: Telling): boolean => {
  const assured = assurances.indexOf(a.event.assurance) - assurances.indexOf(b.event.assurance);
  if (assured !== 0) return assured > 0;
  if (a.isNamed !== b.isNamed) return a.isNamed;
  return compareEvents(a.event, b.event) < 0;
};

const standingOf = (tellings: readonly Telling[]): Standing => {
  const persons = [...new Set(tellings.map(({ person }) => person))];
  let best: Telling | null = null;
  for (const telling of tellings) {
    if (states.has(telling.event.name ?? '') && (best === null || isBefore(telling, best))) best = telling;
  }
  if (persons.length < 2 || best === null) return { persons, owner: null, lent: [] };
  const owner = best.person;
  // A page's word is about its own visitor: only the shop's is about the order.
  const lent = tellings.filter(({ person, event }) => person !== owner && event.trust === 'secret');
  return { persons, owner, lent: lent.map(({ event }) => event).sort(compareEvents) };
};

export interface OrderTellings {
  of: (orderId: string) => Standing;
  /** What a fold of this person needs to know of others, from what it is about to fold. */
  around: (person: number, events: readonly OwnedEvent[]) => Around;
}

export interface Around {
  /** Every order the person's events tell of. */
  orders: ReadonlySet<string>;
  isElsewhere: (orderId: string) => boolean;
  lent: readonly OwnedEvent[];
}

export const orderTellings = (sql: Sql): OrderTellings => {
  const carriers = `
    SELECT events.seq FROM (
      SELECT seq FROM (SELECT seq FROM lookups WHERE kind = 'order' AND value = ? ORDER BY at, mid LIMIT ${tellingsMax})
      UNION
      SELECT seq FROM seekers WHERE kind = 'order' AND value = ?
    ) AS carrying JOIN events ON events.seq = carrying.seq
    WHERE events.owner IS NOT NULL AND events.flags & ${flag.bot | flag.flooded} = 0
    ORDER BY events.at, events.mid LIMIT ${tellingsMax}`;
  const leaders = sql.prepare<{ leader: number }>(
    `SELECT DISTINCT nodes.leader AS leader FROM (${carriers}) AS told
     JOIN events ON events.seq = told.seq JOIN nodes ON nodes.id = events.owner`,
  );
  const rows = sql.prepare<EventRow & { leader: number }>(
    `SELECT events.*, nodes.leader AS leader FROM (${carriers}) AS told
     JOIN events ON events.seq = told.seq JOIN nodes ON nodes.id = events.owner`,
  );
  const tellings: OrderTellings = {
    of: (orderId) => {
      const persons = leaders.all(orderId, orderId).map(({ leader }) => leader);
      // All but a few orders: read no body.
      if (persons.length < 2) return { persons, owner: null, lent: [] };
      const told: Telling[] = [];
      for (const row of rows.all(orderId, orderId)) {
        const event = parseBody(row) as OwnedEvent;
        if (orderToldBy(event) !== orderId) continue;
        event.sessionId = null;
        event.ownedBecause = reasonOf(row.because);
        told.push({ person: row.leader, isNamed: row.usr !== null, event });
      }
      return standingOf(told);
    },
    around: (person, events) => {
      const orders = new Set<string>();
      for (const event of events) {
        const orderId = orderToldBy(event);
        if (orderId !== null) orders.add(orderId);
      }
      const elsewhere = new Set<string>();
      const lent: OwnedEvent[] = [];
      for (const orderId of orders) {
        const standing = tellings.of(orderId);
        if (standing.owner === person) lent.push(...standing.lent);
        else if (standing.owner !== null) elsewhere.add(orderId);
      }
      return { orders, isElsewhere: (orderId) => elsewhere.has(orderId), lent };
    },
  };
  return tellings;
};
