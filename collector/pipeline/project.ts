// Station: fold → project. Brings every profile a batch touched up to its events and to the clock, and announces what
// became due. Folds from the start where a step would not do.

import { hasLost } from '../carts/episodes.js';
import { type CartDocument, type CartState, cartKey, type OrderRecord, orderKey } from '../carts/state.js';
import { orderToldBy } from '../carts/tellings.js';
import { limits } from '../contract/limits.js';
import { compareEvents, type OwnedEvent } from '../events/event.js';
import type { Shelf } from '../profiles/aspect.js';
import type { ProfileState, ShelfOf } from '../profiles/fold.js';
import type { AnnouncementRow } from '../profiles/store.js';
import { eventsOfPerson } from './resolve.js';
import type { DeviceEntry, ProfileEntry, WorkingSet } from './working-set.js';

/** What staff and others are told once, outside the compared state (C4). */
export interface Announcement {
  /** `cart.abandoned` keyed by cart and instant, a browse by person and instant. */
  key: string;
  kind: string;
  at: number;
  body: unknown;
}

export type Announcer = (state: ProfileState, profileId: string) => Announcement[];

/** `settledTo`: null = nothing is settled nor announced now; what would be is due at once, and `settleDue` does it. */
export const project = (set: WorkingSet, settledTo: number | null, announcer: Announcer): void => {
  const spoilt = new Set<number>();
  for (const id of set.spoiltProfiles) {
    const node = set.nodeById(id);
    if (node) spoilt.add(node.leader);
  }
  set.spoiltProfiles.clear();

  const looked: Looked[] = [];
  // C8: orders that may count on another person now.
  const orders = new Set<string>();
  const steps = new Map<number, Set<(typeof set.pending)[number]['event']>>();
  for (const { owner, event } of set.pending) {
    const leader = set.nodeById(owner)?.leader;
    if (leader === undefined || spoilt.has(leader)) continue;
    const events = steps.get(leader);
    if (events) events.add(event);
    else steps.set(leader, new Set([event]));
  }
  set.pending.length = 0;

  for (const [leader, events] of steps) {
    const ordered = [...events].sort(compareEvents);
    const entry = set.profile(leader);
    if (!set.fold.follows(entry.state, ordered[0]!) || ordered[0]!.at <= entry.settledAt) {
      spoilt.add(leader);
      continue;
    }
    const shared = new Map<string, boolean>();
    const mayStepAll = ordered.every((event) => mayStep(set, leader, event, shared));
    for (const orderId of shared.keys()) orders.add(orderId);
    if (!mayStepAll) {
      spoilt.add(leader);
      continue;
    }
    const warn = (code: string): void => {
      countWarning(entry.state, code);
      set.warn(code);
    };
    const notes = { warn, isElsewhere: (orderId: string) => shared.get(orderId) ?? false };
    const shelf = shelfOf(set, leader, entry);
    // Also one that an event of this batch set and a later one of it found passed.
    let crossed = false;
    for (const event of ordered) {
      const due = set.fold.dueAt(entry.state);
      crossed ||= due !== null && due <= event.at;
      set.fold.step(entry.state, event, shelf, notes);
    }
    set.changedProfiles.set(leader, entry);
    looked.push(...settle(set, leader, entry, settledTo, announcer, crossed));
  }
  for (const leader of spoilt) foldAnew(set, leader, orders);
  for (const leader of affectedBy(set, orders)) {
    if (spoilt.has(leader)) continue;
    spoilt.add(leader);
    foldAnew(set, leader);
  }
  handOver(set, spoilt);
  for (const leader of spoilt) looked.push(...settleFolded(set, leader, settledTo, announcer));
  revoke(set, looked);
  set.withoutNews.clear();
  set.erased.clear();
};

/** C8: whether a step will do for what this event tells of an order; notes the order where others tell of it too. */
const mayStep = (set: WorkingSet, leader: number, event: OwnedEvent, orders: Map<string, boolean>): boolean => {
  const orderId = orderToldBy(event);
  if (orderId === null) return true;
  const { persons, owner, lent } = set.tellings.of(orderId);
  if (persons.length < 2) return true;
  const isElsewhere = owner !== null && owner !== leader;
  orders.set(orderId, isElsewhere);
  const known = orderOf(set, leader, orderId);
  if (known !== null && (known.elsewhere === true) !== isElsewhere) return false;
  return owner !== leader || lent.length === 0;
};

const orderOf = (set: WorkingSet, leader: number, orderId: string): OrderRecord | null => {
  const key = `carts/${orderKey(orderId)}`;
  const entry = set.changedProfiles.get(leader);
  const changed = entry?.documents.get(key);
  const text = changed === undefined && !entry?.fresh ? set.profiles.document(leader, key) : changed;
  return text == null ? null : (JSON.parse(text) as OrderRecord);
};

/**
 * Who holds one of these orders otherwise than it stands now. Who is not its owner is indifferent to who is, and its owner
 * to what a page tells: an order that a thousand pages tell of folds nobody again.
 */
const affectedBy = (set: WorkingSet, orders: Iterable<string>): Set<number> => {
  const affected = new Set<number>();
  for (const orderId of orders) {
    const { persons, owner, lent } = set.tellings.of(orderId);
    for (const person of persons) {
      const known = orderOf(set, person, orderId);
      const borrows = person === owner ? lent.map(({ messageId }) => messageId) : [];
      const stands =
        (known?.elsewhere === true) === (owner !== null && person !== owner) &&
        (known?.lent ?? []).join('\n') === borrows.join('\n');
      if (!stands) affected.add(person);
    }
  }
  return affected;
};

/** The orders a person's documents are about, before they are folded again. */
const ordersOf = (set: WorkingSet, leader: number): string[] => {
  const prefix = `carts/${orderKey('')}`;
  const changed = [...(set.changedProfiles.get(leader)?.documents.keys() ?? [])].filter((key) =>
    key.startsWith(prefix),
  );
  const stored = set.profiles.documentKeys(leader, prefix, `${prefix.slice(0, -1)};`);
  return [...stored, ...changed].map((key) => key.slice(prefix.length));
};

export const refoldProfile = (
  set: WorkingSet,
  leader: number,
  settledTo: number | null,
  announcer: Announcer,
): void => {
  foldAnew(set, leader);
  revoke(set, settleFolded(set, leader, settledTo, announcer));
};

const foldAnew = (
  set: WorkingSet,
  leader: number,
  /** Gets every order the person told of before or tells of now. */
  orders?: Set<string>,
): void => {
  if (orders) for (const orderId of ordersOf(set, leader)) orders.add(orderId);
  const members = set.identity.members(leader).map((member) => member.id);
  const events = eventsOfPerson(set, members);
  if (events.length === 0) {
    set.dropProfile(leader);
    set.changedProfiles.delete(leader);
    return;
  }
  const entry = set.profile(leader);
  set.forgetWarned(entry.state);
  entry.state = set.fold.start();
  entry.documents = new Map();
  entry.fresh = true;
  entry.settledAt = 0;
  const shelf = shelfOf(set, leader, entry);
  const around = set.tellings.around(leader, events);
  if (orders) for (const orderId of around.orders) orders.add(orderId);
  const warn = (code: string): void => {
    countWarning(entry.state, code);
    set.warnedAgain.set(code, (set.warnedAgain.get(code) ?? 0) + 1);
  };
  set.fold.all(entry.state, events, around.lent, shelf, { warn, isElsewhere: around.isElsewhere });
  set.changedProfiles.set(leader, entry);
};

const settleFolded = (
  set: WorkingSet,
  leader: number,
  settledTo: number | null,
  announcer: Announcer,
): readonly Looked[] => {
  const entry = set.changedProfiles.get(leader);
  if (entry) return settle(set, leader, entry, settledTo, announcer, true);
  if (settledTo !== null) return [announce(set, leader, null, settledTo, announcer)];
  if (set.profiles.announced(leader).length > 0) set.profiles.putDeadline(leader, 0);
  return [];
};

/**
 * C4: where a cart became another person's with its events (a claim, an undone merge), what was told of it goes along: it is
 * known there, so it is not told twice, and is revoked if that person's acts took it away. Of two who have a cart of that
 * name, a token's, it is whose cart was left then.
 */
const handOver = (set: WorkingSet, folded: ReadonlySet<number>): void => {
  if (folded.size < 2) return;
  let holders: Map<string, number[]> | null = null;
  for (const leader of folded) {
    const told = set.newborn.has(leader) ? [] : set.profiles.announced(leader);
    if (told.length === 0) continue;
    holders ??= holdersAmong(set, folded);
    for (const row of told) {
      const { cartId, abandonedAt } = JSON.parse(row.body) as { cartId: string | null; abandonedAt: number };
      if (cartId === null) continue;
      const all = holders.get(cartId) ?? [];
      const ownFirst = all.includes(leader) ? [leader, ...all] : all;
      const wasLeft = (one: number): boolean => !isGone(set, one, set.changedProfiles.get(one)!, cartId, abandonedAt);
      const holder = (all.length > 1 ? ownFirst.find(wasLeft) : undefined) ?? ownFirst[0];
      if (holder !== undefined && holder !== leader) set.profiles.moveAnnouncement(row.key, holder);
    }
  }
};

const holdersAmong = (set: WorkingSet, folded: ReadonlySet<number>): Map<string, number[]> => {
  const holders = new Map<string, number[]>();
  for (const leader of folded)
    for (const id of cartsOf(set, leader)) holders.set(id, [...(holders.get(id) ?? []), leader]);
  return holders;
};

/** Ids of the carts of somebody who was just folded from the start: those in the state, and those on the new shelf. */
const cartsOf = (set: WorkingSet, leader: number): string[] => {
  const entry = set.changedProfiles.get(leader);
  if (!entry) return [];
  const prefix = `carts/${cartKey('')}`;
  const shelved = [...entry.documents.keys()].filter((key) => key.startsWith(prefix));
  const inState = (entry.state.aspects.carts as CartState | undefined)?.carts ?? [];
  return [...inState.map(({ id }) => id), ...shelved.map((key) => key.slice(prefix.length))];
};

const countWarning = (state: ProfileState, code: string): void => {
  state.warned ??= {};
  state.warned[code] = (state.warned[code] ?? 0) + 1;
};

/** Deadlines that passed while nobody came: called by the job with the clock. */
export const settleDue = (set: WorkingSet, now: number, announcer: Announcer, limit = 500): number => {
  const leaders = set.profiles.due(now, limit);
  const looked: Looked[] = [];
  for (const leader of leaders) {
    const entry = set.profile(leader);
    if (entry.state.last === null) {
      // Nothing is left of it but what was told.
      looked.push(announce(set, leader, null, now, announcer));
      disarm(set, leader, entry);
      continue;
    }
    set.changedProfiles.set(leader, entry);
    looked.push(...settle(set, leader, entry, now, announcer, true));
  }
  revoke(set, looked);
  return leaders.length;
};

/** A deadline that only moved away stays where it is and is armed again when it fires: activity costs no index write. */
const arm = (set: WorkingSet, leader: number, entry: ProfileEntry, due: number | null): void => {
  if (due === null || (entry.armedAt !== null && entry.armedAt <= due)) return;
  rearm(set, leader, entry, due);
};
const rearm = (set: WorkingSet, leader: number, entry: ProfileEntry, due: number): void => {
  entry.armedAt = due;
  set.profiles.putDeadline(leader, due);
};
const disarm = (set: WorkingSet, leader: number, entry: ProfileEntry): void => {
  entry.armedAt = null;
  set.profiles.deleteDeadline(leader);
};

/** What was announced is still to be compared with what is there: see `revoke`. */
const settle = (
  set: WorkingSet,
  leader: number,
  entry: ProfileEntry,
  now: number | null,
  announcer: Announcer,
  crossed: boolean,
): readonly Looked[] => {
  const due = set.fold.dueAt(entry.state);
  if (now === null) {
    const toTell = crossed || announcer(entry.state, '').length > 0;
    const lastAt = entry.state.last?.at ?? 0;
    arm(set, leader, entry, toTell ? Math.min(due ?? lastAt, lastAt) : due);
    return none;
  }
  const isDue = due !== null && due <= now;
  // One instant after the other, so that it is known which was the last.
  for (let at = due, n = 0; at !== null && at <= now && n < 1_000; n += 1, at = set.fold.dueAt(entry.state)) {
    set.fold.settle(entry.state, at, shelfOf(set, leader, entry));
    entry.settledAt = at;
  }
  if (!isDue && !crossed) {
    arm(set, leader, entry, due);
    return none;
  }
  const looked = announce(set, leader, entry, now, announcer);
  const next = set.fold.dueAt(entry.state);
  if (next === null) disarm(set, leader, entry);
  else rearm(set, leader, entry, next);
  return [looked];
};

/** A person whose announcements were looked at: what there is to tell of them, and what was told before. */
interface Looked {
  leader: number;
  /** Null = no event is theirs any more. */
  entry: ProfileEntry | null;
  now: number;
  wanted: readonly Announcement[];
  announced: readonly AnnouncementRow[];
}
const none: readonly Looked[] = [];

/** C4: announced once by key. `entry`: null = no event is theirs any more. */
const announce = (
  set: WorkingSet,
  leader: number,
  entry: ProfileEntry | null,
  now: number,
  announcer: Announcer,
): Looked => {
  const wanted = entry === null ? [] : announcer(entry.state, hidOf(set, leader));
  const announced = set.profiles.announced(leader);
  const known = new Set(announced.map((row) => row.key));
  const browsesTold = browsesAt(announced);
  for (const announcement of wanted) {
    if (known.has(announcement.key)) continue;
    if (announcement.kind === browseAbandoned && browsesTold.has(announcement.at)) continue;
    tell(set, leader, now, announcement);
  }
  return { leader, entry, now, wanted, announced };
};

/**
 * C4: what late data removed is revoked once. After all is announced: two persons may have a cart of one name, and what is
 * not the one's any more may be the other's now.
 */
const revoke = (set: WorkingSet, looked: readonly Looked[]): void => {
  const held = new Set(looked.flatMap(({ wanted }) => wanted.map(({ key }) => key)));
  for (const { leader, entry, now, wanted, announced } of looked) {
    const known = new Set(announced.map((row) => row.key));
    const browsesHeld = browsesAt(wanted);
    const isAmong = (nodes: ReadonlySet<number>): boolean =>
      [...nodes].some((id) => set.nodeById(id)?.leader === leader);
    const hasGone = (body: { cartId: string | null; abandonedAt: number }): boolean =>
      entry === null || isGone(set, leader, entry, body.cartId, body.abandonedAt);
    for (const row of announced) {
      if (held.has(row.key) || (row.kind === browseAbandoned && browsesHeld.has(row.at))) continue;
      // What it told of is not kept any more; the youngest stay, since a late event may still bring an episode back.
      if (set.ageing && row.at + 2 * limits.lateMaxMs < now) {
        set.profiles.deleteAnnouncement(row.key);
        continue;
      }
      const body = JSON.parse(row.body) as { cartId: string | null; abandonedAt: number };
      if (isAmong(set.erased)) {
        if (hasGone(body)) set.profiles.deleteAnnouncement(row.key);
        continue;
      }
      const key = `revoked:${row.key}`;
      if (row.kind !== 'cart.abandoned' || row.outlives || known.has(key) || !hasGone(body)) continue;
      if (set.ageing || isAmong(set.withoutNews)) set.profiles.outlive(row.key);
      else tell(set, leader, now, { key, kind: 'cart.abandonment_revoked', at: row.at, body });
    }
  }
};

const isGone = (
  set: WorkingSet,
  leader: number,
  entry: ProfileEntry,
  cartId: string | null,
  abandonedAt: number,
): boolean =>
  hasLost(
    entry.state.aspects.carts as CartState,
    shelfOf(set, leader, entry)('carts') as Shelf<CartDocument>,
    cartId,
    abandonedAt,
  );

const browseAbandoned = 'browse.abandoned';

/** A person has one browse at a time: told before they were joined with this one, it has their key and is the same. */
const browsesAt = (all: readonly { kind: string; at: number }[]): ReadonlySet<number> =>
  new Set(all.filter(({ kind }) => kind === browseAbandoned).map(({ at }) => at));

const hidOf = (set: WorkingSet, leader: number): string => set.nodeById(leader)?.hid ?? '';

const tell = (set: WorkingSet, leader: number, now: number, { key, kind, at, body }: Announcement): void => {
  set.profiles.announce({
    key,
    seq: set.nextSeq(),
    kind,
    profile_id: hidOf(set, leader),
    leader,
    at,
    announced_at: now,
    body: JSON.stringify(body),
  });
};

const shelfOf = (set: WorkingSet, leader: number, entry: ProfileEntry): ShelfOf => {
  const shelves = new Map<string, Shelf<unknown>>();
  return (aspect) => {
    let shelf = shelves.get(aspect);
    if (!shelf) {
      shelf = oneShelf(set, leader, entry, aspect);
      shelves.set(aspect, shelf);
    }
    return shelf;
  };
};

const oneShelf = (set: WorkingSet, leader: number, entry: ProfileEntry, aspect: string): Shelf<unknown> => {
  const full = (key: string): string => `${aspect}/${key}`;
  return {
    get: (key) => {
      const changed = entry.documents.get(full(key));
      if (changed !== undefined) return changed === null ? undefined : JSON.parse(changed);
      if (entry.fresh) return undefined;
      const text = set.profiles.document(leader, full(key));
      return text === undefined ? undefined : JSON.parse(text);
    },
    put: (key, document) => {
      entry.documents.set(full(key), JSON.stringify(document));
    },
    delete: (key) => {
      entry.documents.set(full(key), null);
    },
  };
};

/** What a device's fold knows stands with its open visit, so that an event of it writes one row and not two. */
const saveDevice = (set: WorkingSet, dev: number, device: DeviceEntry): void => {
  const { session, ...state } = device.state;
  const fold = JSON.stringify(state);
  if (session) set.sessions.put(dev, session, fold);
  if (session && device.visit === session.begin) return;
  device.visit = session?.begin ?? null;
  set.identity.putDevice(dev, session ? '{}' : fold, device.visit);
};

/** Writes what the batch changed: each device and each profile once, however many events it had. */
export const save = (set: WorkingSet): void => {
  for (const [dev, device] of set.changedDevices) saveDevice(set, dev, device);
  set.changedDevices.clear();
  for (const [leader, entry] of set.changedProfiles) {
    if (entry.fresh) set.profiles.clearShelf(leader);
    entry.fresh = false;
    for (const [key, body] of entry.documents) {
      if (body === null) set.profiles.deleteDocument(leader, key);
      else set.profiles.putDocument(leader, key, body);
    }
    entry.documents.clear();
    set.putProfile(leader, entry);
  }
  set.changedProfiles.clear();
  for (const entry of set.changedMinutes.values()) {
    set.minutes.put(entry.minute, entry.node, entry.count);
    entry.changed = false;
  }
  set.changedMinutes.clear();
  set.newborn.clear();
};

/** The sums over all people, once for all that the transaction changed. */
export const saveTotals = ({ totals, changedTotals }: WorkingSet): void => {
  totals.add(changedTotals);
  changedTotals.clear();
};

export const saveWarnings = (set: WorkingSet, now: number): void => {
  for (const [code, more] of set.warnedAgain) if (more > 0) set.warn(code, '', more);
  set.warnedAgain.clear();
  for (const { code, detail, count } of set.warnings.values()) set.identity.warn(code, detail, count, now);
  set.warnings.clear();
};
