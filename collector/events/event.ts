// One event, richer at each stage. An accepted event is a fact: it is stored as it stands here and never rewritten;
// owner and session are derived from it and may change when other events arrive.
// This file holds the shapes only; it must never do I/O.

import type { AnonymousId, MessageId, Receipt, SessionId, UserId } from '../contract/ids.js';
import type { Assurance, Purpose } from '../contract/purposes.js';

export type EventType = 'track' | 'page' | 'screen' | 'identify' | 'alias' | 'group';

/** How a visitor came: one entry of a session's ordered list of touches (S2). */
export interface Touch {
  channel: string;
  source: string | null;
  medium: string | null;
  campaign: string | null;
  /** The name of the click id's parameter and its value, present only with `marketing`. */
  clickId: string | null;
}

export interface DeviceKind {
  browser: string | null;
  os: string | null;
  kind: 'desktop' | 'mobile' | 'tablet' | 'tv' | 'console' | 'wearable' | 'server' | 'unknown';
}

/** Redacted: the path without secrets, the query reduced to what is allowed. */
export interface PageContext {
  path: string | null;
  title: string | null;
  url: string | null;
  search: string | null;
  /** Origin only. */
  referrer: string | null;
}

export type LookupKind = 'order' | 'cart' | 'checkout' | 'session';
/** Finds the owner of a server event, never joins profiles (R1). */
export interface LookupKey {
  kind: LookupKind;
  value: string;
}

/** An e-mail, a phone, or an external id that came with an event, after R2. */
export interface Contact {
  kind: 'email' | 'phone' | `external:${string}`;
  /** Normalised: compares equal for the same address. */
  value: string;
  /** As written, for mailing. */
  raw: string;
}

/**
 * For how long a key's events are kept on a basis of its own (`external`), in days from their receipt. Null: for `days`, as
 * the policy says of each purpose; for `orderDays`, for ever.
 */
export interface KeptDays {
  days: number | null;
  orderDays: number | null;
}

/**
 * An event as accepted and stored. Everything that acceptance decides once is in it: its instant, which identifiers
 * passed the gate, what it may be used for, what was redacted.
 */
export interface AcceptedEvent {
  messageId: MessageId;
  type: EventType;
  /** Canonical name of a track (v1 aliases resolved: `Completed Order` is `Order Completed`); the name of a page or screen. */
  name: string | null;
  /** The instant `t`, epoch milliseconds. */
  at: number;
  receivedAt: number;
  anonymousId: AnonymousId | null;
  /** Accepted by R2 and, where proof is on, by R8: the event is *named*. */
  userId: UserId | null;
  /** With proof on: the user an unproved identify claims to be. Shown, never used. */
  claimedUserId: string | null;
  /** `context.sessionId`, a hint (S1). */
  sessionHint: string | null;
  /** S3: a server event is never activity. */
  channel: 'browser' | 'server';
  /** S3: a person's act. False for hidden and prerendered loads, timers, `context.active: false`. */
  active: boolean;
  /** Which sort of key it came with. */
  trust: 'public' | 'secret';
  /** What its identifiers and traits are worth (R6). */
  assurance: Assurance;
  /** Granted when it was collected, after GPC. */
  purposes: readonly Purpose[];
  receipt: Receipt | null;
  /** On a basis of its key's own, for so long; absent = as its consent's policy says. */
  kept?: KeptDays | null;
  /** It was held in the page until the grant (`preConsent`): when that was. Absent = it was not. */
  releasedAt?: number | null;
  bot: string | null;
  contacts: readonly Contact[];
  keys: readonly LookupKey[];
  /** alias: what is renamed. */
  previousId: string | null;
  groupId: string | null;
  /** What a group call says of the group: kept with the event, and nobody's trait. */
  groupTraits?: Readonly<Record<string, unknown>> | null;
  /** Of a page or screen. */
  category?: string | null;
  /** Of identify, or `context.traits`: the person's. `null` unsets (R6). */
  traits: Readonly<Record<string, unknown>>;
  /** `context.setOnce`: all traits of this event keep the earliest value (R6). */
  setOnce: boolean;
  properties: Readonly<Record<string, unknown>>;
  page: PageContext | null;
  touch: Touch | null;
  device: DeviceKind | null;
  /** ISO 3166 alpha-2. */
  country: string | null;
  locale: string | null;
  library: string | null;
}

/** Why an event belongs to whom it belongs (R4, R7): shown to staff as `ownedBecause`. */
export type OwnedBecause =
  | 'named'
  | 'session'
  | 'before_first_named'
  | 'device'
  | 'own'
  | 'order'
  | 'cart'
  | 'checkout'
  | 'email'
  | 'phone'
  | 'external'
  | 'unowned';

/** An accepted event with the two things the device fold and the identity graph say of it. */
export interface OwnedEvent extends AcceptedEvent {
  sessionId: SessionId | null;
  ownedBecause: OwnedBecause;
}

/** The order of events everywhere: by instant, ties by messageId (semantics, section 0). */
export const compareEvents = (
  a: { readonly at: number; readonly messageId: string },
  b: { readonly at: number; readonly messageId: string },
): number => a.at - b.at || (a.messageId < b.messageId ? -1 : a.messageId > b.messageId ? 1 : 0);
