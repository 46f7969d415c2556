// Where one visit ends and the next begins (S1–S5), as a fold over one device's events in order. Pure; knows neither
// persons nor tables. Owners are decided in identity/, from the user a session has.

import type { MessageId } from '../contract/ids.js';
import type { DeviceKind, Touch } from '../events/event.js';

export interface SessionRules {
  /** S2: 30 min by default, 5 min to 4 h. Exactly this long is still the same session. */
  idleMaxMs: number;
  /** S2: 24 h. */
  lengthMaxMs: number;
  /** Parity with Matomo: a new campaign begins a new session. */
  splitOnCampaign: boolean;
}

export const sessionRules: SessionRules = {
  idleMaxMs: 30 * 60_000,
  lengthMaxMs: 24 * 3_600_000,
  splitOnCampaign: false,
};

/** S4: engaged time counts 30 minutes a page view at most. */
const engagedMaxMs = 30 * 60_000;
/** S4: an engaged session lasts at least this long in front of a person's eyes, or shows two pages, or trades. */
const engagedMinMs = 10_000;
const touchesMax = 50;
const pageViewsRemembered = 32;

/** What a session needs to know of an event; `user` is an id local to the store, meaning nothing here but equality. */
export interface SessionEvent {
  seq: number;
  messageId: MessageId;
  at: number;
  user: number | null;
  /** S3. */
  active: boolean;
  isPage: boolean;
  isCommerce: boolean;
  path: string | null;
  touch: Touch | null;
  /** A beat: cumulative for its page view, so that a lost or doubled one changes nothing. */
  engaged: { pageView: string; ms: number } | null;
  device: DeviceKind | null;
  country: string | null;
}

export interface DatedTouch extends Touch {
  at: number;
}

export interface Session {
  /** Row of the event that begins it: the session's key in the store. */
  begin: number;
  /** Its messageId: the session's public id derives from it. */
  beginId: MessageId;
  startedAt: number;
  lastActivityAt: number;
  user: number | null;
  pageViews: number;
  entryPath: string | null;
  exitPath: string | null;
  touches: DatedTouch[];
  engagedMs: number;
  commerce: boolean;
  device: DeviceKind | null;
  country: string | null;
}

/** The sessions of one device so far: the open one, and what the next event may still ask about. */
export interface SessionState {
  session: Session | null;
  /** Activity before `session.lastActivityAt`, in whichever session. */
  previousActivityAt: number | null;
  /** Page views lately engaged with, oldest first: [page view, ms so far]. */
  engaged: [string, number][];
}

/** What a page view had that `engaged` has no room for any more; 0 of one that had nothing. */
export type ForgottenMs = (pageView: string) => number;

export type SessionOutcome = 'new' | 'same' | 'outside';

/** Why a session ends before this activity, or that it does not. The caller can forget no case. */
const sessionBoundary = (
  session: Session | null,
  event: Pick<SessionEvent, 'at' | 'user' | 'touch'>,
  rules: SessionRules,
): 'first' | 'idle' | 'length' | 'user' | 'campaign' | null => {
  if (!session) return 'first';
  if (event.at - session.lastActivityAt > rules.idleMaxMs) return 'idle';
  if (event.at - session.startedAt > rules.lengthMaxMs) return 'length';
  if (event.user !== null && session.user !== null && event.user !== session.user) return 'user';
  if (rules.splitOnCampaign && event.touch?.campaign && isNewCampaign(session, event.touch)) return 'campaign';
  return null;
};

/** Another than the visit's last one, whichever click it was and whatever ways without a campaign lie between, as in Matomo. */
const isNewCampaign = ({ touches }: Session, next: Touch): boolean => {
  const last = touches.findLast(({ campaign }) => campaign);
  return last?.campaign !== next.campaign || last?.source !== next.source || last?.medium !== next.medium;
};

const differs = (last: Touch | undefined, next: Touch): boolean =>
  !last ||
  last.channel !== next.channel ||
  last.source !== next.source ||
  last.medium !== next.medium ||
  last.campaign !== next.campaign ||
  last.clickId !== next.clickId;

/**
 * Takes the next event of the device, in the order of `compareEvents`. `replacesLast`: the event stands for the last
 * activity, a superseded beat of the same page view, which then never was (S4). `forgottenMs`: known to a fold from the start.
 */
export const stepSession = (
  state: SessionState,
  event: SessionEvent,
  rules: SessionRules = sessionRules,
  replacesLast = false,
  forgottenMs: ForgottenMs = () => 0,
): SessionOutcome => {
  // S3: what is no activity belongs to the session open at its instant, else the last one before it, else to none.
  if (!event.active) return state.session ? 'same' : 'outside';

  const boundary = sessionBoundary(state.session, event, rules);
  if (!replacesLast) state.previousActivityAt = state.session?.lastActivityAt ?? null;
  if (boundary !== null || !state.session) {
    state.session = {
      begin: event.seq,
      beginId: event.messageId,
      startedAt: event.at,
      lastActivityAt: event.at,
      user: event.user,
      pageViews: 0,
      entryPath: null,
      exitPath: null,
      touches: [],
      engagedMs: 0,
      commerce: false,
      device: null,
      country: null,
    };
  }
  const session = state.session;
  session.lastActivityAt = event.at;
  session.user ??= event.user;
  session.device ??= event.device;
  session.country ??= event.country;
  if (event.isPage) {
    session.pageViews += 1;
    session.entryPath ??= event.path;
    session.exitPath = event.path ?? session.exitPath;
  }
  if (event.isCommerce) session.commerce = true;
  if (event.touch && session.touches.length < touchesMax && differs(session.touches.at(-1), event.touch)) {
    session.touches.push({ at: event.at, ...event.touch });
  }
  if (event.engaged) session.engagedMs += engagedSince(state, event.engaged, forgottenMs);
  return boundary === null ? 'same' : 'new';
};

/** What a cumulative beat adds to what its page view had. */
const engagedSince = (
  state: SessionState,
  { pageView, ms }: NonNullable<SessionEvent['engaged']>,
  forgottenMs: ForgottenMs,
): number => {
  const now = Math.min(ms, engagedMaxMs);
  const at = state.engaged.findIndex(([key]) => key === pageView);
  const before = at < 0 ? forgottenMs(pageView) : state.engaged[at]![1];
  if (at >= 0) state.engaged.splice(at, 1);
  state.engaged.push([pageView, Math.max(now, before)]);
  if (state.engaged.length > pageViewsRemembered) state.engaged.shift();
  return Math.max(0, now - before);
};

/** Whether the page view, had there been beats of it before, would be forgotten by now. */
export const mayBeForgotten = ({ engaged }: SessionState, pageView: string): boolean =>
  engaged.length >= pageViewsRemembered && engaged.every(([key]) => key !== pageView);

/** S4. */
export const isEngaged = (session: Pick<Session, 'engagedMs' | 'pageViews' | 'commerce'>): boolean =>
  session.engagedMs >= engagedMinMs || session.pageViews >= 2 || session.commerce;

/** S2: of the first touch that is not direct, its source, or its channel where it names none. */
export const sessionSource = (touches: readonly Touch[]): string => {
  const touch = touches.find((one) => one.channel !== 'Direct');
  return touch?.source ?? touch?.channel ?? 'direct';
};
