// The timeline's order: events newest first, gathered by visit, visits of all devices in one row. Pure.

import type { EventItem, SessionItem } from '../../contract/profile.js';
import { isBeat } from '../words/event.js';

export interface Visit {
  key: string;
  /** null: the event belongs to no visit, as a shop server's do. */
  session: SessionItem | null;
  anonymousId: string | null;
  /** Newest first. */
  events: EventItem[];
}

/**
 * A visit stands where its newest event stands. Events of no visit stand alone, or together with those right beside them.
 * Visits of two devices that ran at the same time are told one after the other, not mixed.
 */
export const visitsOf = (events: readonly EventItem[], sessions: readonly SessionItem[]): Visit[] => {
  const byId = new Map(sessions.map((session) => [session.id, session]));
  const visits: Visit[] = [];
  const known = new Map<string, Visit>();
  for (const event of events) {
    if (isBeat(event)) continue;
    if (event.sessionId === null) {
      const last = visits.at(-1);
      if (last !== undefined && last.session === null && last.key.startsWith('none:')) last.events.push(event);
      else visits.push({ key: `none:${event.messageId}`, session: null, anonymousId: null, events: [event] });
      continue;
    }
    let visit = known.get(event.sessionId);
    if (visit === undefined) {
      const session = byId.get(event.sessionId) ?? null;
      visit = { key: event.sessionId, session, anonymousId: session?.anonymousId ?? event.anonymousId, events: [] };
      known.set(event.sessionId, visit);
      visits.push(visit);
    }
    visit.events.push(event);
  }
  return visits;
};

/** A, B, … by first sight; threads beyond the colours share one, but no letter. */
export interface Thread {
  letter: string;
  colour: number;
}
export const threadColours = 6;

export const threadsOf = (anonymousIds: readonly string[]): ReadonlyMap<string, Thread> =>
  new Map(
    anonymousIds.map((id, index) => [
      id,
      { letter: index < 26 ? String.fromCharCode(65 + index) : String(index + 1), colour: (index % threadColours) + 1 },
    ]),
  );
