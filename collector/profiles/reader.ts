// What can be read of people: the port behind the profile routes and the dashboard. The embedded engine answers it from
// a read-only connection in a thread of its own, so that a slow page never stalls the door.

import type { AuditAsked, AuditPage } from '../audit/view.js';
import type { ProofReader } from '../consent/ledger/proofs.js';
import type { PolicyReading } from '../consent/policy/releases.js';
import type { ClassItem, Removal, RunItem } from '../consent/retention/retention-store.js';
import type { RightsReading } from '../consent/rights/rights-view.js';
import type { AnonymousCounts } from '../consent/rights/withdrawn-counts.js';
import type { CookielessAsked, CookielessCounts } from '../contract/cookieless.js';
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
import type { DisclosureReading } from './disclose.js';

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

/** Each method of a reading, asked across threads. */
type Asynchronous<Reading> = {
  [Name in keyof Reading]: Reading[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : never;
};

export interface Reader extends ProofReader, Asynchronous<RightsReading>, Asynchronous<DisclosureReading> {
  /** Present owner first; for e-mail and phone, holders at transactional or better before claimed ones. */
  profilesBy: (query: IdentifierQuery, asked: Asked) => Promise<Profile[]>;
  /** By any id the profile ever had. */
  profile: (id: string, asked: Asked) => Promise<Profile | null>;
  events: (id: string, asked: PageAsked) => Promise<Page<EventItem> | null>;
  sessions: (id: string, asked: PageAsked) => Promise<Page<SessionItem> | null>;
  carts: (id: string, asked: PageAsked) => Promise<Page<Cart> | null>;
  orders: (id: string, asked: PageAsked) => Promise<Page<Order> | null>;
  merges: (id: string, asked: PageAsked) => Promise<Page<Merge> | null>;
  /** For staff: people newest first, or those whose any identifier begins with or equals `text`. */
  people: (text: string, asked: PageAsked) => Promise<Page<PersonSummary>>;
  suggestions: (id: string, asked: Asked) => Promise<SuggestedMatch[]>;
  /** For staff: what reached the door lately, with verdicts, newest first. `after` = the last seq seen. */
  live: (after: number, limit: number) => Promise<LiveEvent[]>;
  overview: (asked: Asked) => Promise<Overview>;
  /** What retention removed, newest run first. */
  retentionRuns: (limit: number) => Promise<RunItem[]>;
  /** What is kept, and for how long. */
  retentionClasses: () => Promise<ClassItem[]>;
  /** What a run would remove now. */
  retentionPreview: (now: number) => Promise<Removal[]>;
  /** Of visitors who were asked nothing (consent.md, section 7); no group of fewer than k. */
  cookielessCounts: (asked: CookielessAsked & { now: number }) => Promise<CookielessCounts>;
  /** Of what withdrawals deleted (`onWithdraw: anonymise`), over some days; no group of fewer than k. */
  anonymousCounts: (asked: { from: string; to: string }) => Promise<AnonymousCounts>;
  /** Policies as they were in force, and whom another would ask again; nothing of it is about a person. */
  policies: (...asked: Parameters<PolicyReading['policies']>) => Promise<ReturnType<PolicyReading['policies']>>;
  policyDocument: (configHash: string) => Promise<string | null>;
  policySource: (configHash: string) => Promise<ReturnType<PolicyReading['policySource']>>;
  consentText: (hash: string) => Promise<string | null>;
  consentHolders: (now: number) => Promise<ReturnType<PolicyReading['consentHolders']>>;
  /** For the privacy room: who looked at whom and changed what, newest first. */
  auditLog: (asked: AuditAsked) => Promise<AuditPage>;
}
