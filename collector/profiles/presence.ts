// Aspect: that a person was here. Identifiers, first and last sight, counts, touches. Lists are bounded and keep the
// earliest, so that the fold does not depend on arrival.

import type { WarningCode } from '../contract/codes.js';
import type { SessionId } from '../contract/ids.js';
import { type Assurance, assurances } from '../contract/purposes.js';
import type { OwnedEvent, Touch } from '../events/event.js';
import { personCaps } from '../identity/graph.js';
import type { Aspect } from './aspect.js';

/** Of all sorts; what R1 bounds is bounded by its own cap. */
const identifiersMax = 100;
const touchesFirstMax = 10;
const touchesLastMax = 40;
/** Visits of one person at once, each with a campaign: one more than these takes a touch for new that it had. */
const touchesBesideMax = 10;
const claimsMax = 5;

export interface SeenIdentifier {
  type: string;
  value: string;
  assurance: Assurance;
  firstSeenAt: number;
  lastSeenAt: number;
  /**
   * For mailing, how it was written where that differs (I9): by the strongest who wrote it so, the last of equals; only from
   * events that marketing may use.
   */
  spelling?: { text: string; assurance: Assurance };
}

export interface PresenceState {
  firstSeenAt: number | null;
  lastSeenAt: number | null;
  events: number;
  sessions: number;
  pageViews: number;
  identifiers: SeenIdentifier[];
  /** The newest session of each device: a session is new to the person when it is new here. */
  sessionOf: Record<string, SessionId>;
  lastSession: SessionId | null;
  firstTouches: (Touch & { at: number })[];
  lastTouches: (Touch & { at: number })[];
  /** Whose the last touch is. */
  touchSession: SessionId | null;
  /** Of other visits that go on meanwhile, on other devices, the last touch; the one that spoke last comes last. Absent: none. */
  touchesBeside?: { session: SessionId; touch: Touch }[];
  /** With proof on: users this device claimed to be without proof (R8). */
  claims: { userId: string; at: number }[];
  country: string | null;
  locale: string | null;
}

/** Events that are accepted facts but no deed of a person: not counted. */
const uncounted = new Set(['Page Engaged', 'Consent Updated']);

export const presence: Aspect<PresenceState, unknown> = {
  name: 'presence',
  start: () => ({
    firstSeenAt: null,
    lastSeenAt: null,
    events: 0,
    sessions: 0,
    pageViews: 0,
    identifiers: [],
    sessionOf: {},
    lastSession: null,
    firstTouches: [],
    lastTouches: [],
    touchSession: null,
    claims: [],
    country: null,
    locale: null,
  }),
  step: (state, event, _shelf, notes) => {
    state.firstSeenAt ??= event.at;
    state.lastSeenAt = event.at;
    if (!(event.type === 'track' && event.name !== null && uncounted.has(event.name))) state.events += 1;
    if (event.type === 'page' || event.type === 'screen') state.pageViews += 1;
    if (event.country) state.country = event.country;
    if (event.locale) state.locale = event.locale;
    if (event.userId) see(state, 'user_id', event.userId, event.assurance, event.at);
    if (event.anonymousId) see(state, 'anonymous_id', event.anonymousId, 'claimed', event.at);
    for (const { kind, value, raw } of event.contacts) {
      const seen = see(state, kind, value, event.assurance, event.at);
      if (!seen) notes.warn('profile_limit' satisfies WarningCode);
      else if (raw !== value && event.purposes.includes('marketing')) spell(seen, raw, event.assurance);
    }
    if (
      event.claimedUserId &&
      state.claims.length < claimsMax &&
      !state.claims.some((c) => c.userId === event.claimedUserId)
    ) {
      state.claims.push({ userId: event.claimedUserId, at: event.at });
    }
    const device = event.anonymousId;
    if (event.active && event.sessionId) state.lastSession = event.sessionId;
    if (event.active && event.sessionId && device && state.sessionOf[device] !== event.sessionId) {
      // Defined, not assigned: a device may call itself `__proto__`.
      Object.defineProperty(state.sessionOf, device, { value: event.sessionId, ...ownField });
      state.sessions += 1;
    }
    // S3: a hidden load is no way that anybody came; its visit has no touch of it either.
    if (event.active && event.touch) touched(state, event, event.touch);
  },
};

const ownField = { enumerable: true, configurable: true, writable: true } as const;

const spell = (seen: SeenIdentifier, text: string, assurance: Assurance): void => {
  if (seen.spelling && assurances.indexOf(assurance) < assurances.indexOf(seen.spelling.assurance)) return;
  seen.spelling = { text, assurance };
};

/** R1, R13: of each sort the earliest; null: the list has no room for it. */
const see = (
  state: PresenceState,
  type: string,
  value: string,
  assurance: Assurance,
  at: number,
): SeenIdentifier | null => {
  let ofType = 0;
  for (const known of state.identifiers) {
    if (known.type !== type) continue;
    ofType += 1;
    if (known.value !== value) continue;
    known.lastSeenAt = at;
    if (assurances.indexOf(assurance) > assurances.indexOf(known.assurance)) known.assurance = assurance;
    return known;
  }
  if (state.identifiers.length >= identifiersMax || ofType >= (personCaps[type] ?? identifiersMax)) return null;
  const seen = { type, value, assurance, firstSeenAt: at, lastSeenAt: at };
  state.identifiers.push(seen);
  return seen;
};

/** S2: a visit has a touch more where its campaign changes, whatever its person's other devices do meanwhile. */
const touched = (state: PresenceState, event: OwnedEvent, touch: Touch): void => {
  const newest = state.lastTouches.at(-1) ?? state.firstTouches.at(-1);
  const last =
    state.touchSession === event.sessionId
      ? newest
      : state.touchesBeside?.find(({ session }) => session === event.sessionId)?.touch;
  if (last !== undefined && isSameWay(last, touch)) return;
  if (newest !== undefined && state.touchSession !== event.sessionId) setBeside(state, newest, event.sessionId);
  state.touchSession = event.sessionId;
  const dated = { at: event.at, ...touch };
  if (state.firstTouches.length < touchesFirstMax) {
    state.firstTouches.push(dated);
    return;
  }
  state.lastTouches.push(dated);
  if (state.lastTouches.length > touchesLastMax) state.lastTouches.shift();
};

const isSameWay = (a: Touch, b: Touch): boolean =>
  a.channel === b.channel &&
  a.source === b.source &&
  a.medium === b.medium &&
  a.campaign === b.campaign &&
  a.clickId === b.clickId;

/** The visit that had the last touch gives way to another: it is remembered while its device has begun no further one. */
const setBeside = (
  state: PresenceState,
  { channel, source, medium, campaign, clickId }: Touch,
  next: SessionId | null,
): void => {
  const open = new Set(Object.values(state.sessionOf));
  const beside = (state.touchesBeside ?? []).filter(({ session }) => session !== next && open.has(session));
  const former = state.touchSession;
  if (former !== null && open.has(former))
    beside.push({ session: former, touch: { channel, source, medium, campaign, clickId } });
  if (beside.length > 0) state.touchesBeside = beside.slice(-touchesBesideMax);
  else delete state.touchesBeside;
};
