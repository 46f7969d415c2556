// What can be read of people, and what whoever asks may see of it.

import type { AuditAsked, AuditPage } from '../audit/view.js';
import type {
  Cart,
  EventItem,
  LiveEvent,
  Merge,
  Order,
  Overview,
  Page,
  PersonSummary,
  Profile,
  SessionItem,
  SuggestedMatch,
} from '../contract/profile.js';
import type { Purpose } from '../contract/purposes.js';

export interface Asked {
  /** Of the key or staff member that asks, narrowed by `?purpose=`: what is not permitted is not shown. */
  purposes: readonly Purpose[];
  now: number;
}

export interface PageAsked extends Asked {
  limit: number;
  cursor: string | null;
}

export type IdentifierQuery =
  | { userId: string }
  | { anonymousId: string }
  | { email: string }
  | { phone: string }
  | { orderId: string };

export interface PeopleReading {
  /** Present owner first; for e-mail and phone, holders at transactional or better before claimed ones. */
  profilesBy: (query: IdentifierQuery, asked: Asked) => Profile[];
  /** By any id the profile ever had. */
  profile: (id: string, asked: Asked) => Profile | null;
  events: (id: string, asked: PageAsked) => Page<EventItem> | null;
  sessions: (id: string, asked: PageAsked) => Page<SessionItem> | null;
  carts: (id: string, asked: PageAsked) => Page<Cart> | null;
  orders: (id: string, asked: PageAsked) => Page<Order> | null;
  merges: (id: string, asked: PageAsked) => Page<Merge> | null;
  /** For staff: people newest first, or those whose any identifier begins with or equals `text`. */
  people: (text: string, asked: PageAsked) => Page<PersonSummary>;
  suggestions: (id: string, asked: Asked) => SuggestedMatch[];
  /** For staff: what reached the door lately, with verdicts, newest first. `after` = the last seq seen. */
  live: (after: number, limit: number) => LiveEvent[];
  overview: (asked: Asked) => Overview;
  /** For the privacy room: who looked at whom and changed what, newest first. */
  auditLog: (asked: AuditAsked) => AuditPage;
}
