// What is read of people: the JSON of product.md, "Reading". An absent value is null, never missing; instants are
// ISO 8601; money is an integer of minor units by the ISO 4217 exponent of its currency. Fields may be added.

import { z } from 'zod';

const instant = z.iso.datetime();
const assurance = z.enum(['claimed', 'transactional', 'verified']);

export const touch = z.object({
  at: instant,
  channel: z.string(),
  source: z.string().nullable(),
  medium: z.string().nullable(),
  campaign: z.string().nullable(),
  clickId: z.string().nullable(),
});
/** Which touches of the visit it is owed to; direct ones count only where nothing else is known. */
export const attribution = z.object({
  first: touch,
  last: touch,
  /** Shares from 0 to 1, which make 1. */
  linear: z.array(touch.extend({ share: z.number() })),
});
export const device = z.object({ browser: z.string().nullable(), os: z.string().nullable(), kind: z.string() });
export const line = z.object({
  key: z.string(),
  productId: z.string().nullable(),
  variant: z.string().nullable(),
  name: z.string().nullable(),
  quantity: z.number(),
  priceMinor: z.number().int().nullable(),
});
export const episode = z.object({
  n: z.number().int(),
  stage: z.enum(['browse', 'cart', 'checkout', 'payment']),
  abandonedAt: instant,
  valueMinor: z.number().int().nullable(),
  outcome: z.enum(['open', 'resumed', 'recovered', 'lost']),
  recoveredBy: z.string().nullable(),
  /** C5: of what was left, what that order bought, in the order's currency; null where no price in it is known. */
  recoveredMinor: z.number().int().nullable(),
  recoveredOrderId: z.string().nullable(),
});
export const cart = z.object({
  id: z.string(),
  state: z.enum(['active', 'abandoned', 'converted', 'emptied', 'merged', 'expired']),
  token: z.string().nullable(),
  episodes: z.array(episode),
  lines: z.array(line),
  valueMinor: z.number().int().nullable(),
  currency: z.string().nullable(),
  createdAt: instant,
  updatedAt: instant,
  deadlineAt: instant.nullable(),
});
export const order = z.object({
  orderId: z.string(),
  at: instant,
  currency: z.string().nullable(),
  revenueMinor: z.number().int(),
  refundedMinor: z.number().int(),
  state: z.enum(['completed', 'cancelled', 'partially_refunded', 'refunded', 'refund_only']),
  /** Which property of the event the revenue was read from. */
  revenueFrom: z.string().nullable(),
  lines: z.array(line),
  sessionId: z.string().nullable(),
  /** Of the visit; null where none is known, or nothing brought it. */
  attribution: attribution.nullable(),
  /** Told for another person too, on whom it counts: here it has no revenue. */
  elsewhere: z.boolean(),
});
export const sessionItem = z.object({
  id: z.string(),
  anonymousId: z.string(),
  startedAt: instant,
  endedAt: instant,
  engagedMs: z.number().int(),
  engaged: z.boolean(),
  pageViews: z.number().int(),
  entryPath: z.string().nullable(),
  exitPath: z.string().nullable(),
  touches: z.array(touch),
  attribution: attribution.nullable(),
  device,
  country: z.string().nullable(),
  /** The page was left, nothing came after it, and a cart was open then. */
  leftWithCart: z.object({ at: instant, cartId: z.string() }).nullable(),
});
export const eventItem = z.object({
  messageId: z.string(),
  type: z.string(),
  event: z.string().nullable(),
  at: instant,
  receivedAt: instant,
  anonymousId: z.string().nullable(),
  userId: z.string().nullable(),
  sessionId: z.string().nullable(),
  properties: z.record(z.string(), z.unknown()),
  page: z.object({ path: z.string().nullable(), title: z.string().nullable() }).nullable(),
  ownedBecause: z.string(),
  /** Of a group call. */
  groupId: z.string().nullable(),
  /** Of a page or screen. */
  category: z.string().nullable(),
  /** What it said: an identify of the person, a group of the group. */
  traits: z.record(z.string(), z.unknown()),
  /** It happened before the person agreed, and was held in their page until then: `releasedAt`. */
  preConsent: z.boolean(),
  releasedAt: instant.nullable(),
});
export const merge = z.object({
  id: z.string(),
  at: instant,
  cause: z.string(),
  reason: z.string(),
  identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
  undoneAt: instant.nullable(),
});
export const profile = z.object({
  id: z.string(),
  identifiers: z.array(
    z.object({ type: z.string(), value: z.string(), assurance, firstSeenAt: instant, lastSeenAt: instant }),
  ),
  traits: z.record(z.string(), z.object({ value: z.unknown(), at: instant, source: z.string(), assurance })),
  firstSeenAt: instant.nullable(),
  lastSeenAt: instant.nullable(),
  counts: z.object({
    events: z.number().int(),
    sessions: z.number().int(),
    pageViews: z.number().int(),
    productViews: z.number().int(),
    cartAdds: z.number().int(),
    orders: z.number().int(),
    cartsAbandoned: z.number().int(),
    cartsRecovered: z.number().int(),
    cartsOpen: z.number().int(),
  }),
  revenue: z.array(z.object({ currency: z.string(), minor: z.number().int() })),
  cart: z
    .object({
      id: z.string(),
      state: z.string(),
      lines: z.array(line),
      valueMinor: z.number().int().nullable(),
      currency: z.string().nullable(),
      deadlineAt: instant.nullable(),
    })
    .nullable(),
  lastSession: z
    .object({
      id: z.string(),
      startedAt: instant,
      lastActivityAt: instant,
      engagedMs: z.number().int(),
      source: z.string(),
      device,
    })
    .nullable(),
  touches: z.array(touch),
  consent: z.record(z.string(), z.object({ value: z.string(), source: z.string(), at: instant })),
  /** For mailing: how identifiers were written, where that differs and marketing may use it; always there in an answer. */
  spellings: z.array(z.object({ type: z.string(), value: z.string(), spelling: z.string() })).optional(),
  /** With proof of identity on: users that a page claimed to be without one, which are not theirs; always there in an answer. */
  claims: z.array(z.object({ userId: z.string(), at: instant })).optional(),
  /** When the browser's opt-out signal was first seen from one of the devices; always there in an answer. */
  gpcSeenAt: instant.nullable().optional(),
  lifecycle: z.string().nullable(),
});

/** For staff. */
export const personSummary = z.object({
  id: z.string(),
  name: z.string().nullable(),
  identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
  lastSeenAt: instant.nullable(),
  orders: z.number().int(),
  revenue: z.array(z.object({ currency: z.string(), minor: z.number().int() })),
  cartState: z.string().nullable(),
  cartValueMinor: z.number().int().nullable(),
  currency: z.string().nullable(),
});
export const suggestedMatch = z.object({
  profileId: z.string(),
  type: z.string(),
  value: z.string(),
  here: assurance,
  there: assurance,
});
/** Holds no property of an event: what staff see here is what arrived and what became of it. */
export const liveEvent = z.object({
  seq: z.number().int(),
  receivedAt: instant,
  verdict: z.enum(['accepted', 'duplicate', 'held', 'dropped', 'rejected']),
  code: z.string().nullable(),
  path: z.string().nullable(),
  type: z.string().nullable(),
  name: z.string().nullable(),
  pagePath: z.string().nullable(),
  messageId: z.string().nullable(),
  profileId: z.string().nullable(),
  warnings: z.array(z.string()),
});
export const overview = z.object({
  people: z.number().int(),
  known: z.number().int(),
  events: z.number().int(),
  sessions: z.number().int(),
  orders: z.number().int(),
  revenue: z.array(z.object({ currency: z.string(), minor: z.number().int() })),
  cartsOpen: z.number().int(),
  cartsAbandoned: z.number().int(),
  cartsRecovered: z.number().int(),
  /** C4: how often carts were left, those of the same cart counted apart. */
  cartEpisodes: z.number().int(),
  /** The last two weeks by day (UTC), oldest first: a session on the day it began, a visitor on each day they were active. */
  days: z.array(z.object({ at: instant, visitors: z.number().int(), sessions: z.number().int() })),
  /** Last 24 hours by hour, oldest first. */
  eventsByHour: z.array(z.object({ at: instant, accepted: z.number().int(), refused: z.number().int() })),
  refusals: z.array(z.object({ verdict: z.string(), code: z.string(), count: z.number().int() })),
  /** What pages let go of before sending it, in the last 24 hours. */
  discarded: z.array(z.object({ reason: z.string(), count: z.number().int() })),
  warnings: z.array(z.object({ code: z.string(), count: z.number().int() })),
});

export type Profile = z.output<typeof profile>;
export type Cart = z.output<typeof cart>;
export type Order = z.output<typeof order>;
export type Line = z.output<typeof line>;
export type SessionItem = z.output<typeof sessionItem>;
export type EventItem = z.output<typeof eventItem>;
export type Merge = z.output<typeof merge>;
export type PersonSummary = z.output<typeof personSummary>;
export type SuggestedMatch = z.output<typeof suggestedMatch>;
export type LiveEvent = z.output<typeof liveEvent>;
export type Attribution = z.output<typeof attribution>;
export type Overview = z.output<typeof overview>;
/** Newest first; `next` is the cursor of the following page. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}
