// An event as it is read: the same line in the list of a person's events and in an export. Pure.

import { iso } from '../contract/instant.js';
import type { EventItem } from '../contract/profile.js';
import { type EventRow, parseBody, reasonOf, unpackMessageId } from '../events/store.js';

export const eventItemOf = (row: EventRow, sessionId: string | null): EventItem => {
  const event = parseBody(row);
  const releasedAt = event.releasedAt ?? null;
  return {
    messageId: unpackMessageId(row.mid),
    type: event.type,
    event: event.name,
    at: iso(event.at),
    receivedAt: iso(event.receivedAt),
    anonymousId: event.anonymousId,
    userId: event.userId,
    sessionId,
    properties: { ...event.properties },
    page: event.page ? { path: event.page.path, title: event.page.title } : null,
    ownedBecause: reasonOf(row.because),
    groupId: event.groupId,
    category: event.category ?? null,
    traits: { ...(event.type === 'group' ? event.groupTraits : event.traits) },
    preConsent: releasedAt !== null,
    releasedAt: releasedAt === null ? null : iso(releasedAt),
  };
};
