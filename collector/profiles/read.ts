// The read model: profiles, their lists, and what staff see, from a connection that only reads. Settles a copy of each
// state to the clock it is asked with, so that what is due shows at once; writes nothing.

import { type AuditAsked, type AuditPage, openAuditView } from '../audit/view.js';
import { cartHeldAt } from '../carts/held.js';
import { allCarts, cartFigures, openCart, showCarts, showOrders } from '../carts/show.js';
import type { CartDocument, CartRecord, CartState } from '../carts/state.js';
import { orderTellings } from '../carts/tellings.js';
import type { PolicyReading } from '../consent/policy/releases.js';
import type {
  Attribution,
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
import { assurances, type Purpose } from '../contract/purposes.js';
import { type AcceptedEvent, compareEvents, type OwnedEvent } from '../events/event.js';
import { type EventRow, flag, parseBody, reasonOf } from '../events/store.js';
import type { NodeKind } from '../identity/graph.js';
import { gateAnonymousId, gateEmail, gateIdentifier, gateLookupKey, gatePhone } from '../identity/identifier.js';
import { mergesOf } from '../identity/merges.js';
import { identityStore, type NodeRow } from '../identity/store.js';
import { attributionOf } from '../sessions/attribution.js';
import { dayOf, type Visit, visitsByDay } from '../sessions/days.js';
import { leftAt } from '../sessions/leaving.js';
import { type DatedTouch, isEngaged, type Session, sessionSource } from '../sessions/session.js';
import { sessionStore } from '../sessions/store.js';
import type { Sql } from '../store/sql.js';
import { eventItemOf } from './event-item.js';
import type { ProfileFold, ProfileState, ShelfOf } from './fold.js';
import type { PresenceState } from './presence.js';
import type { Asked, IdentifierQuery, PageAsked } from './reader.js';
import { profileStore } from './store.js';
import type { TraitsState } from './traits.js';

/** Handed in, because consent owns its tables. */
export interface ConsentReading {
  /** What the ledger says of a person's devices today. */
  consentOf: (
    person: { anonymousIds: readonly string[]; userIds: readonly string[] },
    now: number,
  ) => { purposes: Profile['consent']; gpcSeenAt: number | null };
  /** What a person said no to (R15), and what of it was an objection. */
  denialOf: (userIds: readonly string[]) => { denied: readonly Purpose[]; objected: readonly Purpose[] };
  /** What the opt-out signal, seen from one of these devices and not taken back, denies. */
  signalledOf: (anonymousIds: readonly string[]) => readonly Purpose[];
  /** One of these devices took `personalisation` back: of theirs, not every event is for it any more. */
  hasTakenBack: (anonymousIds: readonly string[]) => boolean;
  /** Whether the consent of any of these devices, or the one a receipt belongs to, has run out. */
  isAnyLapsed: (anonymousIds: readonly string[], now: number) => boolean;
  isLapsed: (receipt: string, now: number) => boolean;
}

/** What is read of people. */
export interface PeopleReading {
  profilesBy: (query: IdentifierQuery, asked: Asked) => Profile[];
  profile: (id: string, asked: Asked) => Profile | null;
  events: (id: string, asked: PageAsked) => Page<EventItem> | null;
  sessions: (id: string, asked: PageAsked) => Page<SessionItem> | null;
  carts: (id: string, asked: PageAsked) => Page<Cart> | null;
  orders: (id: string, asked: PageAsked) => Page<Order> | null;
  merges: (id: string, asked: PageAsked) => Page<Merge> | null;
  people: (text: string, asked: PageAsked) => Page<PersonSummary>;
  suggestions: (id: string, asked: Asked) => SuggestedMatch[];
  live: (after: number, limit: number) => LiveEvent[];
  overview: (asked: Asked) => Overview;
  auditLog: (asked: AuditAsked) => AuditPage;
}

/** Everything a reader answers. */
export type ReadModel = PeopleReading & PolicyReading;

/** A person's state, and the documents that stand behind it. */
interface Looked {
  state: ProfileState;
  documents: () => CartDocument[];
}

type Sight = (event: Pick<AcceptedEvent, 'purposes' | 'receipt'>) => boolean;

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
const unknownDevice = { browser: null, os: null, kind: 'unknown' } as const;

/** `measurement` makes no profile: who may ask for nothing else is shown none. */
const isPersonal = (purpose: Purpose): boolean => purpose !== 'measurement';
const permitted = (purposes: readonly Purpose[]): boolean => purposes.some(isPersonal);

export const readModel = (
  sql: Sql,
  fold: ProfileFold,
  { consentOf, denialOf, signalledOf, hasTakenBack, isAnyLapsed, isLapsed }: ConsentReading,
): PeopleReading => {
  const identity = identityStore(sql);
  const sessions = sessionStore(sql);
  const profiles = profileStore(sql);
  const tellings = orderTellings(sql);

  const latestOwner = sql.prepare<{ owner: number }>(
    'SELECT owner FROM events WHERE dev = ? AND owner IS NOT NULL ORDER BY at DESC, seq DESC LIMIT 1',
  );
  const ownsOwn = sql.prepare('SELECT 1 FROM device_owners WHERE owner = ? AND dev = ?');

  /** The profile an identifier is in now. A device whose every event was claimed is in its present owner's. */
  const leaderOf = (node: NodeRow): number => {
    if (node.kind !== 'anonymous_id' || node.leader !== node.id || ownsOwn.get(node.id, node.id)) return node.leader;
    const owner = latestOwner.get(node.id)?.owner;
    return owner === undefined ? node.leader : (identity.node(owner)?.leader ?? node.leader);
  };
  const resolve = (id: string): number | null => {
    const node = identity.nodeByHid(id);
    if (!node) return null;
    const leader = leaderOf(node);
    return profiles.state(leader) === undefined ? null : leader;
  };

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
    return { ...denialOf(users.map((user) => user.value)), signalled: signalledOf(deviceIds), deviceIds };
  };
  /** Click ids and spellings are marketing's alone (consent.md, section 4, row 7), also in what another purpose may show. */
  const showsMarketing = (leader: number, asked: Asked): boolean => {
    if (!asked.purposes.includes('marketing')) return false;
    const { denied, signalled } = refusalsOf(leader);
    return !denied.includes('marketing') && !signalled.includes('marketing');
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
  const cartState = (state: ProfileState): CartState => state.aspects.carts as CartState;
  const presenceOf = (state: ProfileState): PresenceState => state.aspects.presence as PresenceState;

  const showTouch = (touch: DatedTouch, marketing: boolean) => ({
    at: iso(touch.at),
    channel: touch.channel,
    source: touch.source,
    medium: touch.medium,
    campaign: touch.campaign,
    clickId: marketing ? touch.clickId : null,
  });

  const showAttribution = (touches: readonly DatedTouch[], marketing: boolean): Attribution | null => {
    const found = attributionOf(touches);
    return (
      found && {
        first: showTouch(found.first, marketing),
        last: showTouch(found.last, marketing),
        linear: found.linear.map((part) => ({ ...showTouch(part.touch, marketing), share: part.share })),
      }
    );
  };

  const lastSession = (presence: PresenceState): Profile['lastSession'] => {
    if (presence.lastSession === null) return null;
    for (const [device, id] of Object.entries(presence.sessionOf)) {
      if (id !== presence.lastSession) continue;
      const node = identity.nodeBy('anonymous_id', device);
      const row = node ? sessions.ofDevice(node.id).findLast((session) => session.public_id === id) : undefined;
      if (!row) continue;
      const session = JSON.parse(row.body) as Session;
      return {
        id,
        startedAt: iso(session.startedAt),
        lastActivityAt: iso(session.lastActivityAt),
        engagedMs: session.engagedMs,
        source: sessionSource(session.touches),
        device: session.device ?? unknownDevice,
      };
    }
    return null;
  };

  const show = (leader: number, asked: Asked): Profile | null => {
    const found = looked(leader, asked);
    const node = identity.node(leader);
    if (!found || !node) return null;
    const presence = presenceOf(found.state);
    const { traits } = found.state.aspects.traits as TraitsState;
    const figures = cartFigures(cartState(found.state));
    const marketing = showsMarketing(leader, asked);
    const historical = identity
      .members(leader)
      .filter((member) => member.kind === 'user_id' && member.id !== leader)
      .map((member) => member.value);
    const known = presence.identifiers.some((identifier) => identifier.type !== 'anonymous_id');
    const consent = consentOf(
      { anonymousIds: valuesOf(presence, 'anonymous_id'), userIds: valuesOf(presence, 'user_id') },
      asked.now,
    );
    return {
      id: node.hid,
      identifiers: [...presence.identifiers]
        .sort(
          (a, b) =>
            kindOrder(a.type) - kindOrder(b.type) ||
            Number(historical.includes(a.value)) - Number(historical.includes(b.value)),
        )
        .map((identifier) => ({
          type: identifier.type,
          value: identifier.value,
          assurance: identifier.assurance,
          firstSeenAt: iso(identifier.firstSeenAt),
          lastSeenAt: iso(identifier.lastSeenAt),
        })),
      traits: Object.fromEntries(
        Object.entries(traits)
          .filter(([, trait]) => trait.value !== null)
          .map(([name, trait]) => [
            name,
            { value: trait.value, at: iso(trait.at), source: trait.source, assurance: trait.assurance },
          ]),
      ),
      firstSeenAt: isoOrNull(presence.firstSeenAt),
      lastSeenAt: isoOrNull(presence.lastSeenAt),
      counts: {
        events: presence.events,
        sessions: presence.sessions,
        pageViews: presence.pageViews,
        ...figures.counts,
      },
      revenue: figures.revenue,
      cart: openCart(cartState(found.state)),
      lastSession: lastSession(presence),
      touches: [...presence.firstTouches, ...presence.lastTouches].map((touch) => showTouch(touch, marketing)),
      consent: consent.purposes,
      spellings: marketing
        ? presence.identifiers.flatMap(({ type, value, spelling }) =>
            spelling ? { type, value, spelling: spelling.text } : [],
          )
        : [],
      gpcSeenAt: isoOrNull(consent.gpcSeenAt),
      lifecycle:
        figures.counts.orders > 1
          ? 'repeat_customer'
          : figures.counts.orders === 1
            ? 'customer'
            : known
              ? 'lead'
              : 'visitor',
    };
  };

  const holders = (kind: NodeKind, value: string): number[] => {
    const node = identity.nodeBy(kind, value);
    if (!node) return [];
    const rows = identity
      .contactsOfNode(node.id)
      .filter((row) => row.owner !== null)
      .sort((a, b) => assurances.indexOf(b.assurance) - assurances.indexOf(a.assurance) || b.at - a.at);
    const leaders = rows.map((row) => identity.node(row.owner!)?.leader).filter((leader) => leader !== undefined);
    return [node.leader, ...leaders];
  };
  const leadersBy = (query: IdentifierQuery): number[] => {
    if ('userId' in query) {
      const gated = gateIdentifier(query.userId, { reservedEmail: 'allow' });
      const node = gated.ok ? identity.nodeBy('user_id', gated.value) : undefined;
      return node ? [node.leader] : [];
    }
    if ('anonymousId' in query) {
      const gated = gateAnonymousId(query.anonymousId, { reservedEmail: 'allow' });
      const node = gated.ok ? identity.nodeBy('anonymous_id', gated.value) : undefined;
      if (!node) return [];
      const present = latestOwner.get(node.id)?.owner;
      const owners = identity.ownersOf(node.id);
      return [...(present === undefined ? [] : [present]), ...owners, node.id]
        .map((owner) => identity.node(owner)?.leader)
        .filter((leader) => leader !== undefined);
    }
    if ('email' in query) {
      const gated = gateEmail(withPlus(query.email), { reservedEmail: 'allow' });
      return gated.ok ? holders('email', gated.value) : [];
    }
    if ('phone' in query) {
      const gated = gatePhone(withPlus(query.phone));
      return gated.ok ? holders('phone', gated.value) : [];
    }
    const gated = gateLookupKey(query.orderId);
    if (!gated.ok) return [];
    const seqs = [
      ...identity.lookups('order', gated.value).map((row) => row.seq),
      ...identity.seekers('order', gated.value),
    ];
    return seqs
      .map((seq) => eventRow.get(seq)?.owner ?? null)
      .filter((owner) => owner !== null)
      .map((owner) => identity.node(owner)?.leader)
      .filter((leader) => leader !== undefined);
  };
  const eventRow = sql.prepare<EventRow>('SELECT * FROM events WHERE seq = ?');

  /** Cursors name the last item of a page: an instant and a row. */
  const cursorOf = (at: number, seq: number): string => Buffer.from(`${at}.${seq}`).toString('base64url');
  const readCursor = (cursor: string | null): { at: number; seq: number } => {
    const [at, seq] = cursor === null ? [] : Buffer.from(cursor, 'base64url').toString().split('.').map(Number);
    return Number.isSafeInteger(at) && Number.isSafeInteger(seq)
      ? { at: at!, seq: seq! }
      : { at: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
  };
  /** For lists short enough to be made whole: the cursor counts. */
  const slice = <Item>(items: readonly Item[], asked: PageAsked): Page<Item> => {
    const from =
      asked.cursor === null ? 0 : Math.max(0, Number(Buffer.from(asked.cursor, 'base64url').toString()) || 0);
    const end = from + asked.limit;
    return {
      items: items.slice(from, end),
      next: end < items.length ? Buffer.from(String(end)).toString('base64url') : null,
    };
  };

  const ofDevice = sql.prepare<EventRow>(
    'SELECT * FROM events WHERE dev = ? AND (at < ? OR (at = ? AND seq < ?)) ORDER BY at DESC, seq DESC',
  );
  const ofOwner = sql.prepare<EventRow>(
    'SELECT * FROM events WHERE dev IS NULL AND owner = ? AND (at < ? OR (at = ? AND seq < ?)) ORDER BY at DESC, seq DESC',
  );
  const sessionIdOfBegin = sql.prepare<{ public_id: string }>('SELECT public_id FROM sessions WHERE begin = ?');

  const showEvent = (row: EventRow): EventItem =>
    eventItemOf(row, row.session === null ? null : (sessionIdOfBegin.get(row.session)?.public_id ?? null));

  const listEvents = (leader: number, asked: PageAsked): Page<EventItem> => {
    const members = new Set(identity.members(leader).map((member) => member.id));
    const sight = sightOf(leader, asked);
    const from = readCursor(asked.cursor);
    const rows: EventRow[] = [];
    const takeFrom = (source: Iterable<EventRow>): void => {
      let taken = 0;
      for (const row of source) {
        if (row.owner === null || !members.has(row.owner)) continue;
        if (sight !== null && !sight(parseBody(row))) continue;
        rows.push(row);
        taken += 1;
        if (taken > asked.limit) break;
      }
    };
    const devices = new Set([...members].flatMap((member) => identity.devicesOf(member)));
    for (const dev of devices) takeFrom(ofDevice.iterate(dev, from.at, from.at, from.seq));
    for (const member of members) takeFrom(ofOwner.iterate(member, from.at, from.at, from.seq));
    rows.sort((a, b) => b.at - a.at || b.seq - a.seq);
    const page = rows.slice(0, asked.limit);
    const last = page.at(-1);
    return { items: page.map(showEvent), next: rows.length > asked.limit && last ? cursorOf(last.at, last.seq) : null };
  };

  const atInstant = sql.prepare<EventRow>('SELECT * FROM events WHERE dev = ? AND at = ? AND session = ?');
  const listSessions = (leader: number, asked: PageAsked): Page<SessionItem> => {
    const members = identity.members(leader).map((member) => member.id);
    const devices = new Set(members.flatMap((member) => identity.devicesOf(member)));
    const owned = sql.prepare(
      `SELECT 1 FROM events WHERE dev = ? AND session = ? AND owner IN (${members.map(() => '?').join()}) LIMIT 1`,
    );
    const marketing = showsMarketing(leader, asked);
    const rows = [...devices]
      .flatMap((dev) => sessions.ofDevice(dev).map((row) => ({ dev, row })))
      .sort((a, b) => b.row.started_at - a.row.started_at || b.row.begin - a.row.begin)
      .filter(({ dev, row }) => owned.get(dev, row.begin, ...members) !== undefined);
    const sight = sightOf(leader, asked);
    const seen =
      sight === null ? null : new Set<string | null>(eventsOf(leader, sight).map((event) => event.sessionId));
    const page = slice(seen === null ? rows : rows.filter(({ row }) => seen.has(row.public_id)), asked);
    let carts: readonly CartRecord[] | null = null;
    const leftWithCart = (dev: number, begin: number, lastActivityAt: number): SessionItem['leftWithCart'] => {
      const at = leftAt(atInstant.all(dev, lastActivityAt, begin).map(parseBody));
      if (at === null) return null;
      if (carts === null) {
        const found = looked(leader, asked);
        carts = found === null ? [] : allCarts(cartState(found.state), found.documents());
      }
      const cart = cartHeldAt(carts, at);
      return cart && { at: iso(at), cartId: cart.id };
    };
    return {
      next: page.next,
      items: page.items.map(({ dev, row }) => {
        const session = JSON.parse(row.body) as Session;
        return {
          id: row.public_id,
          anonymousId: identity.node(dev)?.value ?? '',
          startedAt: iso(session.startedAt),
          endedAt: iso(session.lastActivityAt),
          engagedMs: session.engagedMs,
          engaged: isEngaged(session),
          pageViews: session.pageViews,
          entryPath: session.entryPath,
          exitPath: session.exitPath,
          touches: session.touches.map((touch) => showTouch(touch, marketing)),
          attribution: showAttribution(session.touches, marketing),
          device: session.device ?? unknownDevice,
          country: session.country,
          leftWithCart: leftWithCart(dev, row.begin, session.lastActivityAt),
        };
      }),
    };
  };

  const summary = (leader: number, now: number): PersonSummary | null => {
    const found = settled(leader, now);
    const node = identity.node(leader);
    if (!found || !node) return null;
    const presence = presenceOf(found.state);
    const figures = cartFigures(cartState(found.state));
    const cart = openCart(cartState(found.state));
    return {
      id: node.hid,
      name: nameOf((found.state.aspects.traits as TraitsState).traits),
      identifiers: [...presence.identifiers]
        .sort((a, b) => kindOrder(a.type) - kindOrder(b.type))
        .slice(0, 4)
        .map(({ type, value }) => ({ type, value })),
      lastSeenAt: isoOrNull(presence.lastSeenAt),
      orders: figures.counts.orders,
      revenue: figures.revenue,
      cartState: cart?.state ?? null,
      cartValueMinor: cart?.valueMinor ?? null,
      currency: cart?.currency ?? figures.revenue[0]?.currency ?? null,
    };
  };

  const recent = sql.prepare<{ seq: number; owner: number }>(
    'SELECT seq, owner FROM events WHERE seq < ? AND owner IS NOT NULL ORDER BY seq DESC LIMIT ?',
  );
  const byPrefix = sql.prepare<NodeRow>(
    "SELECT * FROM nodes WHERE kind = ? AND value >= ? AND value < ? || x'f4' ORDER BY value LIMIT ?",
  );
  const searchedKinds: readonly NodeKind[] = ['user_id', 'email', 'phone', 'anonymous_id'];

  const people = (text: string, asked: PageAsked): Page<PersonSummary> => {
    if (!permitted(asked.purposes)) return { items: [], next: null };
    const leaders: number[] = [];
    let next: string | null = null;
    const wanted = text.trim().slice(0, 200);
    if (wanted === '') {
      let before = readCursor(asked.cursor).seq;
      const seen = new Set<number>();
      const beginning = readCursor(asked.cursor).seq;
      search: for (let looked = 0; looked < 40; looked += 1) {
        const rows = recent.all(before, 500);
        if (rows.length === 0) break;
        for (const row of rows) {
          const leader = identity.node(row.owner)?.leader;
          before = row.seq;
          if (leader === undefined || seen.has(leader)) continue;
          seen.add(leader);
          if (asked.cursor !== null && newerThan(leader, beginning)) continue;
          leaders.push(leader);
          if (leaders.length >= asked.limit) {
            next = cursorOf(0, row.seq);
            break search;
          }
        }
      }
    } else {
      const exact = identity.nodeByHid(wanted.toLowerCase());
      if (exact) leaders.push(leaderOf(exact));
      for (const query of [
        { userId: wanted },
        { email: wanted },
        { phone: wanted },
        { orderId: wanted },
        { anonymousId: wanted },
      ] as const) {
        leaders.push(...leadersBy(query));
      }
      for (const kind of searchedKinds) {
        const prefix = kind === 'email' ? wanted.toLowerCase() : wanted;
        for (const node of byPrefix.all(kind, prefix, prefix, asked.limit)) {
          leaders.push(leaderOf(node));
          for (const row of identity.contactsOfNode(node.id).slice(0, 20)) {
            if (row.owner !== null) leaders.push(identity.node(row.owner)?.leader ?? row.owner);
          }
        }
      }
    }
    const items: PersonSummary[] = [];
    for (const leader of new Set(leaders)) {
      const item = summary(leader, asked.now);
      if (item) items.push(item);
      if (items.length >= asked.limit) break;
    }
    return { items, next };
  };
  const newer = sql.prepare(
    'SELECT 1 FROM events JOIN nodes ON nodes.id = events.owner WHERE events.seq >= ? AND nodes.leader = ? LIMIT 1',
  );
  /** Already on an earlier page: the person's newest event is newer than the cursor. */
  const newerThan = (leader: number, seq: number): boolean => newer.get(seq, leader) !== undefined;

  const acceptedAfter = sql.prepare<EventRow>('SELECT * FROM events WHERE seq > ? ORDER BY seq DESC LIMIT ?');
  const refusedAfter = sql.prepare<{
    seq: number;
    at: number;
    verdict: LiveEvent['verdict'];
    code: string;
    path: string | null;
    type: string | null;
    name: string | null;
  }>('SELECT * FROM refusals WHERE seq > ? ORDER BY seq DESC LIMIT ?');

  const live = (after: number, limit: number): LiveEvent[] => {
    const accepted = acceptedAfter.all(after, limit).map((row): LiveEvent => {
      const event = parseBody(row);
      const owner = row.owner === null ? undefined : identity.node(row.owner);
      const leader = owner ? identity.node(owner.leader) : undefined;
      return {
        seq: row.seq,
        receivedAt: iso(event.receivedAt),
        verdict: 'accepted',
        code: null,
        path: null,
        type: event.type,
        name: event.name,
        pagePath: event.page?.path ?? null,
        messageId: event.messageId,
        profileId: leader?.hid ?? null,
        warnings: [...(event.bot ? ['bot'] : []), ...(row.flags & flag.flooded ? ['burst'] : [])],
      };
    });
    const refused = refusedAfter.all(after, limit).map(
      (row): LiveEvent => ({
        seq: row.seq,
        receivedAt: iso(row.at),
        verdict: row.verdict,
        code: row.code,
        path: row.path,
        type: row.type,
        name: row.name,
        pagePath: null,
        messageId: null,
        profileId: null,
        warnings: [],
      }),
    );
    return [...accepted, ...refused].sort((a, b) => b.seq - a.seq).slice(0, limit);
  };

  const daysShown = 14;
  // Whose a visit is, is whose its first event is; one that belongs to nobody is a visitor of its own. Retention may have
  // taken that event, and the device speaks for it then.
  const visitsSince = sql.prepare<Visit>(
    `SELECT coalesce(owners.leader, devices.leader) AS visitor, started_at AS startedAt, ended_at AS lastActivityAt
     FROM sessions JOIN nodes AS devices ON devices.id = sessions.dev
     LEFT JOIN events ON events.seq = sessions.begin LEFT JOIN nodes AS owners ON owners.id = events.owner
     WHERE ended_at >= ?`,
  );
  let overviewKept: { at: number; value: Overview } | null = null;
  const overview = (asked: Asked): Overview => {
    // Sums over all profiles: kept for a moment, longer the longer they take.
    if (overviewKept && asked.now - overviewKept.at < 3_000) return overviewKept.value;
    const count = (text: string): number => sql.prepare<{ n: number }>(text).get()?.n ?? 0;
    const cartsPath = "json_extract(state, '$.aspects.carts.";
    const figures = sql
      .prepare<{ orders: number; abandoned: number; recovered: number; episodes: number }>(
        `SELECT sum(${cartsPath}orders')) AS orders, sum(${cartsPath}cartsAbandoned')) AS abandoned,
                sum(${cartsPath}cartsRecovered')) AS recovered, sum(${cartsPath}cartEpisodes')) AS episodes FROM profiles`,
      )
      .get();
    const open = count(
      `SELECT count(*) AS n FROM profiles, json_each(${cartsPath}carts')) AS cart
       WHERE json_extract(cart.value, '$.phase') IN ('active', 'abandoned')`,
    );
    const revenue = new Map<string, number>();
    for (const { state } of sql
      .prepare<{ state: string }>(
        `SELECT json_object('carts', json_extract(state, '$.aspects.carts')) AS state FROM profiles WHERE ${cartsPath}orders') > 0`,
      )
      .iterate()) {
      const { carts } = JSON.parse(state) as { carts: CartState };
      for (const { currency, minor } of cartFigures(carts).revenue)
        revenue.set(currency, (revenue.get(currency) ?? 0) + minor);
    }
    const hourMs = 3_600_000;
    const thisHour = Math.floor(asked.now / hourMs) * hourMs;
    const counts = sql
      .prepare<{ hour: number; verdict: string; code: string; count: number }>(
        'SELECT * FROM verdict_counts WHERE hour >= ?',
      )
      .all(thisHour - 23 * hourMs);
    const eventsByHour = Array.from({ length: 24 }, (_, index) => {
      const at = thisHour - (23 - index) * hourMs;
      const of = counts.filter((row) => row.hour === at);
      const sum = (wanted: (verdict: string) => boolean) =>
        of.filter((row) => wanted(row.verdict)).reduce((n, row) => n + row.count, 0);
      return {
        at: iso(at),
        accepted: sum((verdict) => verdict === 'accepted'),
        refused: sum((verdict) => verdict === 'dropped' || verdict === 'rejected' || verdict === 'held'),
      };
    });
    const value: Overview = {
      people: count('SELECT count(*) AS n FROM profiles'),
      known: count(
        "SELECT count(*) AS n FROM profiles JOIN nodes ON nodes.id = profiles.leader WHERE nodes.kind <> 'anonymous_id'",
      ),
      events: count("SELECT coalesce(sum(count), 0) AS n FROM verdict_counts WHERE verdict = 'accepted'"),
      sessions: count('SELECT count(*) AS n FROM sessions'),
      orders: figures?.orders ?? 0,
      revenue: [...revenue].map(([currency, minor]) => ({ currency, minor })).sort((a, b) => b.minor - a.minor),
      cartsOpen: open,
      cartsAbandoned: figures?.abandoned ?? 0,
      cartsRecovered: figures?.recovered ?? 0,
      cartEpisodes: figures?.episodes ?? 0,
      days: visitsByDay(visitsSince.iterate(dayOf(asked.now) - (daysShown - 1) * 86_400_000), asked.now, daysShown).map(
        ({ at, ...of }) => ({ at: iso(at), ...of }),
      ),
      eventsByHour,
      refusals: sql
        .prepare<{ verdict: string; code: string; count: number }>(
          `SELECT verdict, code, sum(count) AS count FROM verdict_counts
           WHERE verdict IN ('held', 'dropped', 'rejected') AND hour >= ? GROUP BY verdict, code ORDER BY count DESC`,
        )
        .all(thisHour - 23 * hourMs),
      discarded: sql
        .prepare<{ reason: string; count: number }>(
          `SELECT code AS reason, sum(count) AS count FROM verdict_counts
           WHERE verdict = 'discarded' AND hour >= ? GROUP BY code ORDER BY count DESC`,
        )
        .all(thisHour - 23 * hourMs),
      warnings: sql
        .prepare<{ code: string; count: number }>(
          'SELECT code, sum(count) AS count FROM warnings GROUP BY code ORDER BY count DESC',
        )
        .all(),
    };
    overviewKept = { at: asked.now, value };
    return value;
  };

  const within = <Item>(id: string, asked: Asked, read: (leader: number) => Item | null): Item | null => {
    const leader = permitted(asked.purposes) ? resolve(id) : null;
    if (leader === null) return null;
    const sight = sightOf(leader, asked);
    return sight !== null && eventsOf(leader, sight).length === 0 ? null : read(leader);
  };

  return {
    profilesBy: (query, asked) => {
      if (!permitted(asked.purposes)) return [];
      const found: Profile[] = [];
      for (const leader of new Set(leadersBy(query))) {
        const profile = show(leader, asked);
        if (profile) found.push(profile);
        if (found.length >= 100) break;
      }
      return found;
    },
    profile: (id, asked) => within(id, asked, (leader) => show(leader, asked)),
    events: (id, asked) => within(id, asked, (leader) => listEvents(leader, asked)),
    sessions: (id, asked) => within(id, asked, (leader) => listSessions(leader, asked)),
    carts: (id, asked) =>
      within(id, asked, (leader) => {
        const { state, documents } = looked(leader, asked)!;
        return slice(showCarts(cartState(state), documents()), asked);
      }),
    orders: (id, asked) =>
      within(id, asked, (leader) => {
        const { items, next } = slice(showOrders(looked(leader, asked)!.documents()), asked);
        const wanted = new Set(items.map(({ sessionId }) => sessionId));
        const bodies = new Map<string, string>();
        for (const member of identity.members(leader))
          for (const dev of identity.devicesOf(member.id))
            for (const row of sessions.ofDevice(dev))
              if (wanted.has(row.public_id)) bodies.set(row.public_id, row.body);
        const marketing = asked.purposes.includes('marketing');
        return {
          next,
          items: items.map((order) => {
            const body = order.sessionId === null ? undefined : bodies.get(order.sessionId);
            const { touches } = body === undefined ? { touches: [] } : (JSON.parse(body) as Session);
            return { ...order, attribution: showAttribution(touches, marketing) };
          }),
        };
      }),
    merges: (id, asked) =>
      within(id, asked, (leader) =>
        slice(
          mergesOf(identity, leader).map((entry) => ({
            ...entry,
            at: iso(entry.at),
            undoneAt: isoOrNull(entry.undoneAt),
          })),
          asked,
        ),
      ),
    people,
    suggestions: (id, asked) =>
      within(id, asked, (leader) => {
        const found = settled(leader, asked.now)!;
        const matches: SuggestedMatch[] = [];
        for (const identifier of presenceOf(found.state).identifiers) {
          if (identifier.type !== 'email' && identifier.type !== 'phone') continue;
          for (const other of holders(identifier.type, identifier.value)) {
            if (other === leader || matches.some((match) => match.profileId === identity.node(other)?.hid)) continue;
            const theirs = settled(other, asked.now);
            const there =
              theirs &&
              presenceOf(theirs.state).identifiers.find(
                (candidate) => candidate.type === identifier.type && candidate.value === identifier.value,
              );
            if (!there) continue;
            matches.push({
              profileId: identity.node(other)!.hid,
              type: identifier.type,
              value: identifier.value,
              here: identifier.assurance,
              there: there.assurance,
            });
          }
        }
        return matches;
      }) ?? [],
    live,
    overview,
    auditLog: openAuditView(sql, (profileId) => {
      const node = identity.nodeByHid(profileId);
      return node === undefined ? [] : identity.members(node.leader).map(({ hid }) => hid);
    }),
  };
};

/** A plus that an address did not write as %2B comes as a space: before a number, or inside an e-mail, which has none. */
const withPlus = (value: string): string => value.replace(/^ (?=\d)|(?<=\S) (?=\S*@)/g, '+');

const kindOrder = (kind: string): number => {
  const at = ['user_id', 'email', 'phone', 'anonymous_id'].indexOf(kind);
  return at < 0 ? 3.5 : at;
};

const valuesOf = (presence: PresenceState, type: string): string[] =>
  presence.identifiers.filter((identifier) => identifier.type === type).map((identifier) => identifier.value);

const nameOf = (traits: TraitsState['traits']): string | null => {
  const word = (name: string): string | null => {
    const value = traits[name]?.value;
    return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 100) : null;
  };
  const full = [word('firstName'), word('lastName')].filter((part) => part !== null).join(' ');
  return word('name') ?? (full === '' ? null : full);
};

/**
 * What became due and has to be told, from a settled state (C4): every episode of the carts the state still holds. A browse
 * has no cart to be keyed by, so it is by its person.
 */
export const announcementsOf = (state: ProfileState, profileId: string) => {
  const carts = state.aspects.carts as CartState;
  const told = (cartId: string | null, { stage, valueMinor, abandonedAt }: CartState['browses'][number]) => ({
    key: `cart.abandoned:${cartId ?? `browse:${profileId}`}:${abandonedAt}`,
    kind: cartId === null ? 'browse.abandoned' : 'cart.abandoned',
    at: abandonedAt,
    body: { cartId, stage, valueMinor, abandonedAt },
  });
  return [
    ...carts.carts.flatMap((cart) => cart.episodes.map((episode) => told(cart.id, episode))),
    ...carts.browses.map((episode) => told(null, episode)),
  ];
};
