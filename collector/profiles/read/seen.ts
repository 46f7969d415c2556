// How much of a person may be seen by whoever asks, and their state made of just that. Writes nothing: what is due is
// settled in a copy, so that it shows at once.

import type { CartDocument, CartState } from '../../carts/state.js';
import type { orderTellings } from '../../carts/tellings.js';
import type { Profile } from '../../contract/profile.js';
import type { Purpose } from '../../contract/purposes.js';
import { type AcceptedEvent, compareEvents, type OwnedEvent } from '../../events/event.js';
import { type EventRow, flag, parseBody, reasonOf } from '../../events/store.js';
import type { identityStore } from '../../identity/store.js';
import type { Sql } from '../../store/sql.js';
import type { ProfileFold, ProfileState, ShelfOf } from '../fold.js';
import type { PresenceState } from '../presence.js';
import type { Asked } from '../reading.js';
import type { profileStore } from '../store.js';
import type { TraitsState } from '../traits.js';

/** Handed in, because consent owns its tables. */
export interface ConsentReading {
  /** What the ledger says of a person's devices today. */
  consentOf: (
    person: { anonymousIds: readonly string[]; userIds: readonly string[] },
    now: number,
  ) => { purposes: Profile['consent']; gpcSeenAt: number | null };
  /** What a person said no to (R15), and what they or one of their devices objected to. */
  denialOf: (person: { anonymousIds: readonly string[]; userIds: readonly string[] }) => {
    denied: readonly Purpose[];
    objected: readonly Purpose[];
  };
  /** What the opt-out signal, seen from one of these devices and not taken back, denies. */
  signalledOf: (anonymousIds: readonly string[]) => readonly Purpose[];
  /** One of these devices took `personalisation` back: of theirs, not every event is for it any more. */
  hasTakenBack: (anonymousIds: readonly string[]) => boolean;
  /** Whether the consent of any of these devices, or the one a receipt belongs to, has run out. */
  isAnyLapsed: (anonymousIds: readonly string[], now: number) => boolean;
  isLapsed: (receipt: string, now: number) => boolean;
}

/** A person's state, and the documents that stand behind it. */
export interface Looked {
  state: ProfileState;
  documents: () => CartDocument[];
}

export type Sight = (event: Pick<AcceptedEvent, 'purposes' | 'receipt'>) => boolean;

/** `measurement` makes no profile: who may ask for nothing else is shown none. */
const isPersonal = (purpose: Purpose): boolean => purpose !== 'measurement';
export const permitted = (purposes: readonly Purpose[]): boolean => purposes.some(isPersonal);

export const cartState = (state: ProfileState): CartState => state.aspects.carts as CartState;
export const presenceOf = (state: ProfileState): PresenceState => state.aspects.presence as PresenceState;
export const traitsOf = (state: ProfileState): TraitsState['traits'] => (state.aspects.traits as TraitsState).traits;

export interface SeenParts {
  sql: Sql;
  fold: ProfileFold;
  identity: ReturnType<typeof identityStore>;
  profiles: ReturnType<typeof profileStore>;
  tellings: ReturnType<typeof orderTellings>;
  consent: ConsentReading;
}

export type Seen = ReturnType<typeof seenOf>;

export const seenOf = ({ sql, fold, identity, profiles, tellings, consent }: SeenParts) => {
  const { denialOf, signalledOf, hasTakenBack, isAnyLapsed, isLapsed } = consent;

  const ofDevice = sql.prepare<EventRow>(
    'SELECT * FROM events WHERE dev = ? AND (at < ? OR (at = ? AND seq < ?)) ORDER BY at DESC, seq DESC',
  );
  const ofOwner = sql.prepare<EventRow>(
    'SELECT * FROM events WHERE dev IS NULL AND owner = ? AND (at < ? OR (at = ? AND seq < ?)) ORDER BY at DESC, seq DESC',
  );
  const sessionIdOfBegin = sql.prepare<{ public_id: string }>('SELECT public_id FROM sessions WHERE begin = ?');

  const settled = (leader: number, now: number): Looked | null => {
    const text = profiles.state(leader);
    if (text === undefined) return null;
    const state = JSON.parse(text) as ProfileState;
    const changed = new Map<string, CartDocument>();
    const due = fold.dueAt(state);
    if (due !== null && due <= now) {
      fold.settle(state, now, (aspect) => ({
        get: (key: string) => {
          const body = changed.get(key) ?? null;
          if (body) return body;
          const stored = profiles.document(leader, `${aspect}/${key}`);
          return stored === undefined ? undefined : JSON.parse(stored);
        },
        put: (key: string, document: CartDocument) => {
          changed.set(key, document);
        },
        delete: (key: string) => {
          changed.delete(key);
        },
      }));
    }
    return { state, documents: () => cartDocuments(leader, changed) };
  };
  const cartDocuments = (leader: number, changed: ReadonlyMap<string, CartDocument>): CartDocument[] => {
    const all = new Map<string, CartDocument>();
    for (const { key, body } of profiles.documents(leader)) {
      if (key.startsWith('carts/')) all.set(key.slice('carts/'.length), JSON.parse(body) as CartDocument);
    }
    for (const [key, document] of changed) all.set(key, document);
    return [...all.values()];
  };

  /** What a person and their devices say no to. */
  const refusalsOf = (leader: number) => {
    const members = identity.members(leader);
    const users = members.filter((member) => member.kind === 'user_id');
    const devices = [...new Set(members.flatMap((member) => identity.devicesOf(member.id)))];
    const deviceIds = devices.flatMap((device) => identity.node(device)?.value ?? []);
    // An opt-out of sale and sharing is of the person, on whatever basis something is kept (11 CCR 7025(c)(1)).
    const userIds = users.map((user) => user.value);
    return {
      ...denialOf({ userIds, anonymousIds: deviceIds }),
      signalled: signalledOf(deviceIds),
      deviceIds,
    };
  };
  /** Click ids and spellings are marketing's alone (consent.md, section 4, row 7), also in what another purpose may show. */
  const showsMarketing = (leader: number, asked: Asked): boolean => {
    if (!asked.purposes.includes('marketing')) return false;
    const { denied, objected, signalled } = refusalsOf(leader);
    return ![...denied, ...objected, ...signalled].includes('marketing');
  };

  /**
   * Which of a person's events may be used for what is asked (consent.md, section 4: at use time); null = all of them. What
   * a person said no to concerns what was collected with consent, an objection everything; what was collected under a consent
   * that has run out waits, unseen, for a new one or for the end of its time.
   */
  const sightOf = (leader: number, asked: Asked): Sight | null => {
    const { denied, objected, signalled, deviceIds } = refusalsOf(leader);
    const lapsed = isAnyLapsed(deviceIds, asked.now);
    if (
      denied.length === 0 &&
      objected.length === 0 &&
      !signalled.includes('personalisation') &&
      !lapsed &&
      asked.purposes.includes('personalisation') &&
      !hasTakenBack(deviceIds)
    )
      return null;
    return ({ purposes, receipt }) =>
      !(lapsed && receipt !== null && isLapsed(receipt, asked.now)) &&
      purposes.some(
        (purpose) =>
          isPersonal(purpose) &&
          asked.purposes.includes(purpose) &&
          !signalled.includes(purpose) &&
          !(receipt === null ? objected : denied).includes(purpose),
      );
  };
  const eventsOf = (leader: number, sight: Sight): OwnedEvent[] => {
    const members = new Set(identity.members(leader).map((member) => member.id));
    const devices = new Set([...members].flatMap((member) => identity.devicesOf(member)));
    const end = Number.MAX_SAFE_INTEGER;
    const events: OwnedEvent[] = [];
    const take = (row: EventRow): void => {
      if (row.owner === null || !members.has(row.owner) || row.flags & (flag.bot | flag.flooded)) return;
      const event = parseBody(row);
      if (!sight(event)) return;
      const session = row.session === null ? undefined : sessionIdOfBegin.get(row.session);
      events.push({
        ...event,
        sessionId: (session?.public_id ?? null) as OwnedEvent['sessionId'],
        ownedBecause: reasonOf(row.because),
      });
    };
    for (const dev of devices) for (const row of ofDevice.iterate(dev, end, end, end)) take(row);
    for (const member of members) for (const row of ofOwner.iterate(member, end, end, end)) take(row);
    return events.sort(compareEvents);
  };
  /** The person as they would be, had nothing else happened: folded here and kept nowhere. */
  const folded = (leader: number, sight: Sight, now: number): Looked | null => {
    const events = eventsOf(leader, sight);
    if (events.length === 0) return null;
    const shelves = new Map<string, Map<string, string>>();
    const shelfOf: ShelfOf = (aspect) => {
      const shelf = shelves.get(aspect) ?? new Map<string, string>();
      shelves.set(aspect, shelf);
      return {
        get: (key) => {
          const text = shelf.get(key);
          return text === undefined ? undefined : JSON.parse(text);
        },
        put: (key, document) => void shelf.set(key, JSON.stringify(document)),
        delete: (key) => void shelf.delete(key),
      };
    };
    const state = fold.start();
    const { lent, isElsewhere } = tellings.around(leader, events);
    fold.all(state, events, lent.filter(sight), shelfOf, { warn: () => {}, isElsewhere });
    fold.settle(state, now, shelfOf);
    const documents = (): CartDocument[] =>
      [...(shelves.get('carts')?.values() ?? [])].map((text) => JSON.parse(text) as CartDocument);
    return { state, documents };
  };
  /** A person's state at the clock, as far as it may be used for what is asked. */
  const looked = (leader: number, asked: Asked): Looked | null => {
    const sight = sightOf(leader, asked);
    return sight === null ? settled(leader, asked.now) : folded(leader, sight, asked.now);
  };

  return { ofDevice, ofOwner, sessionIdOfBegin, showsMarketing, sightOf, eventsOf, looked };
};
