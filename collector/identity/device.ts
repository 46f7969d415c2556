// The device fold: one anonymous id's events, in order, to its sessions and the owner of each event (R3, R4, R13).
// Pure. A newer event takes one step where the step cannot change what was decided before; everything else folds the
// device again, and both give the same state.

import type { MessageId } from '../contract/ids.js';
import { compareEvents, type OwnedBecause } from '../events/event.js';
import {
  type Session,
  type SessionEvent,
  type SessionRules,
  type SessionState,
  sessionRules,
  stepSession,
} from '../sessions/session.js';

/** R13: after this many users a device links nobody further. */
export const usersLinkedMax = 3;
/** R4.3: how far back a first naming claims once the device is shared. */
const sharedClaimMaxMs = 7 * 86_400_000;

export interface DeviceEvent extends SessionEvent {
  /** `personalisation` was granted when it was collected: rules 3 and 4 need it. */
  personal: boolean;
}

/** What else decides about a device: none of it is an event of the device. */
export interface DeviceCircumstances {
  rules: SessionRules;
  /** R12: users pinned apart from this device. */
  pinned: ReadonlySet<number>;
  /** R13: users who have their 50 devices without this one. */
  capped: ReadonlySet<number>;
  /** R14: namings of erased people, without their name: each counts as a user of its own. */
  marks: readonly { at: number; messageId: string; person: string }[];
}

export const plainCircumstances: DeviceCircumstances = {
  rules: sessionRules,
  pinned: new Set(),
  capped: new Set(),
  marks: [],
};

interface Naming {
  at: number;
  messageId: string;
  /** null: an erased person. */
  user: number | null;
}

export interface DeviceState extends SessionState {
  last: { at: number; messageId: MessageId } | null;
  /** The first naming ever. */
  first: Naming | null;
  /** Distinct people in the order of their first naming; the fourth stands for all further ones. Erased ones are negative. */
  users: number[];
  /** Some event here names nobody: a naming may change whose it is. */
  unnamed: boolean;
  /** An event of the open session names nobody and is the device's own: the session's first user would claim it. */
  unnamedInSession: boolean;
}

/** `user` is null for the device's own remainder. */
export interface Assignment {
  seq: number;
  owner: number | null;
  because: OwnedBecause;
  /** `begin` of its session. */
  session: number | null;
}

export const startDevice = (): DeviceState => ({
  session: null,
  previousActivityAt: null,
  engaged: [],
  last: null,
  first: null,
  users: [],
  unnamed: false,
  unnamedInSession: false,
});

interface NamingFacts {
  first: Naming | null;
  users: readonly number[];
}

const mayLink = (user: number, facts: NamingFacts, circumstances: DeviceCircumstances): boolean =>
  !circumstances.pinned.has(user) &&
  !circumstances.capped.has(user) &&
  facts.users.slice(0, usersLinkedMax).includes(user);

/** R4: the first rule that applies. */
const decideOwner = (
  event: Pick<DeviceEvent, 'at' | 'messageId' | 'user' | 'personal'>,
  sessionUser: number | null,
  facts: NamingFacts,
  circumstances: DeviceCircumstances,
): { owner: number | null; because: OwnedBecause } => {
  if (event.user !== null) return { owner: event.user, because: 'named' };
  const { first, users } = facts;
  if (sessionUser !== null && mayLink(sessionUser, facts, circumstances)) {
    // Both rules name the same user; that nobody had been named yet is what the reader wants to know (R4's table).
    const unnamedYet = first !== null && first.user === sessionUser && compareEvents(event, first) < 0;
    return { owner: sessionUser, because: unnamedYet ? 'before_first_named' : 'session' };
  }
  if (first && event.personal) {
    const shared = users.length > 1;
    if (compareEvents(event, first) < 0) {
      if (
        first.user !== null &&
        mayLink(first.user, facts, circumstances) &&
        (!shared || first.at - event.at <= sharedClaimMaxMs)
      ) {
        return { owner: first.user, because: 'before_first_named' };
      }
    } else if (!shared && first.user !== null && mayLink(first.user, facts, circumstances)) {
      return { owner: first.user, because: 'device' };
    }
  }
  return { owner: null, because: 'own' };
};

/** Were the session's user known, the event would be theirs, or theirs for another reason. */
const dependsOnSession = (because: OwnedBecause): boolean => because === 'own' || because === 'device';

/** Notes a naming; true if it is of a person not named here before. */
const noteNaming = (state: DeviceState, naming: Naming, person: number): boolean => {
  state.first ??= naming;
  if (state.users.includes(person)) return false;
  if (state.users.length > usersLinkedMax) return false;
  state.users.push(person);
  return true;
};

/** Negative and stable for an erased person's mark, so that it never equals a user. */
const markPerson = (index: number): number => -1 - index;

export interface DeviceFold {
  state: DeviceState;
  sessions: Session[];
  assignments: Assignment[];
}

/** The whole fold. `events` are all events of the device that are folded (no bots, no superseded beats), in any order. */
export const foldDevice = (
  events: readonly DeviceEvent[],
  circumstances: DeviceCircumstances = plainCircumstances,
): DeviceFold => {
  const ordered = [...events].sort(compareEvents);
  const state = startDevice();

  const people = new Map<string, number>();
  for (const mark of circumstances.marks)
    if (!people.has(mark.person)) people.set(mark.person, markPerson(people.size));
  const namings: (Naming & { person: number })[] = [
    ...circumstances.marks.map((mark) => ({ ...mark, user: null, person: people.get(mark.person)! })),
    ...ordered.filter((event) => event.user !== null).map((event) => ({ ...event, person: event.user! })),
  ].sort(compareEvents);
  for (const { at, messageId, user, person } of namings) noteNaming(state, { at, messageId, user }, person);

  const sessions: Session[] = [];
  const sessionOf: (Session | null)[] = [];
  /** S4: of every page view, beyond those that the state remembers. */
  const engagedMs = new Map<string, number>();
  for (const event of ordered) {
    const outcome = stepSession(state, event, circumstances.rules, false, (view) => engagedMs.get(view) ?? 0);
    const counted = event.active && event.engaged ? state.engaged.at(-1) : undefined;
    if (counted) engagedMs.set(...counted);
    if (outcome === 'new') sessions.push(state.session!);
    sessionOf.push(outcome === 'outside' ? null : state.session);
  }

  const assignments = ordered.map((event, index): Assignment => {
    const session = sessionOf[index] ?? null;
    const { owner, because } = decideOwner(event, session?.user ?? null, state, circumstances);
    if (event.user === null) {
      state.unnamed = true;
      if (session === state.session && dependsOnSession(because)) state.unnamedInSession = true;
    }
    return { seq: event.seq, owner, because, session: session?.begin ?? null };
  });
  const last = ordered.at(-1);
  state.last = last ? { at: last.at, messageId: last.messageId } : null;
  return { state, sessions, assignments };
};

export type DeviceStep =
  | { kind: 'stepped'; assignment: Assignment; session: Session | null; began: boolean }
  /** The state is spoilt: fold the device again. */
  | { kind: 'refold' };

const refold: DeviceStep = { kind: 'refold' };

/**
 * One step, where it cannot change what was decided of earlier events. Changes `state`. `replaces` names a beat that
 * this one supersedes, and that said nothing this one does not say. A beat of a page view that the state has forgotten
 * (`mayBeForgotten`) is the caller's to fold again.
 */
export const stepDevice = (
  state: DeviceState,
  event: DeviceEvent,
  circumstances: DeviceCircumstances = plainCircumstances,
  replaces: MessageId | null = null,
): DeviceStep => {
  if (state.last && compareEvents(event, state.last) <= 0) return refold;
  const replacesLast = replaces !== null;
  if (replacesLast) {
    // Exact only while the superseded beat was the newest event, began nothing, and cannot have held a session together
    // or a deadline off.
    const before = state.previousActivityAt;
    if (before === null || event.at - before > circumstances.rules.idleMaxMs) return refold;
    if (state.last?.messageId !== replaces || !state.session || state.session.beginId === replaces) return refold;
  }
  const sessionBefore = state.session;
  const userBefore = sessionBefore?.user ?? null;
  const outcome = stepSession(state, event, circumstances.rules, replacesLast);
  // A new visit would leave the superseded beat in the one before.
  if (replacesLast && outcome === 'new') return refold;
  if (outcome === 'new') state.unnamedInSession = false;
  if (event.user !== null) {
    const isNew = noteNaming(state, { at: event.at, messageId: event.messageId, user: event.user }, event.user);
    if (isNew && state.unnamed) return refold;
    const claimsSession = outcome === 'same' && event.active && userBefore === null;
    if (claimsSession && state.unnamedInSession) return refold;
  }
  const session = outcome === 'outside' ? null : state.session;
  const { owner, because } = decideOwner(event, session?.user ?? null, state, circumstances);
  if (event.user === null) {
    state.unnamed = true;
    if (session && dependsOnSession(because)) state.unnamedInSession = true;
  }
  state.last = { at: event.at, messageId: event.messageId };
  return {
    kind: 'stepped',
    assignment: { seq: event.seq, owner, because, session: session?.begin ?? null },
    session,
    began: outcome === 'new',
  };
};
