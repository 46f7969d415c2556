// What a batch works on: the tables' statements, the rows it has loaded, and what it has spoilt and must fold again before
// it commits. Holds data and loads it; decides nothing. The writer is the only writer, so loaded rows stay true between
// batches; after a rollback everything is dropped.

import { type OrderTellings, orderTellings } from '../carts/tellings.js';
import type { MessageId } from '../contract/ids.js';
import { compareEvents, type OwnedEvent } from '../events/event.js';
import { type MinuteStore, minuteMs, minuteOf, minuteStore } from '../events/minutes.js';
import { type EventStore, eventStore } from '../events/store.js';
import type { DeviceCircumstances, DeviceState } from '../identity/device.js';
import { plainCircumstances, startDevice } from '../identity/device.js';
import type { EmailMerge, NodeKind } from '../identity/graph.js';
import { personCaps } from '../identity/graph.js';
import { deriveProfileId, type IdentityStore, identityStore } from '../identity/store.js';
import type { ProfileFold, ProfileState } from '../profiles/fold.js';
import { type ProfileRow, type ProfileStore, profileStore } from '../profiles/store.js';
import { addDifference, type Part, partOf, type TotalsStore, totalsStore } from '../profiles/totals.js';
import type { SessionRules } from '../sessions/session.js';
import { type SessionStore, sessionStore } from '../sessions/store.js';
import { type Recent, recent } from '../store/recent.js';
import type { Sql } from '../store/sql.js';

export interface HouseRules {
  sessions: SessionRules;
  emailMerge: EmailMerge;
  /** `apart`: a bot's event is kept and counted, and folded into nobody. */
  bots: 'apart' | 'keep';
  /** R13: more events than this of one identifier inside a minute update no profile. 3,000 unless a test makes do with less. */
  floodMax?: number;
}

export const floodMaxOf = ({ floodMax = 3_000 }: Pick<HouseRules, 'floodMax'>): number => floodMax;

export interface Node {
  id: number;
  kind: NodeKind;
  value: string;
  hid: string;
  leader: number;
  firstAt: number;
  firstId: string;
}

export interface DeviceEntry {
  state: DeviceState;
  /** `begin` of the open visit that its row names. */
  visit: number | null;
  owners: Set<number>;
  circumstances: DeviceCircumstances;
  /** The newest instant of a server event that belongs to this device's visits. */
  lastViaAt: number | null;
  /** R13: the newest minute and how many events it has. */
  minute: number;
  inMinute: number;
}

/** R13: how many events of an identifier that is no device lie in a minute. */
export interface MinuteEntry {
  node: number;
  minute: number;
  count: number;
  /** It waits to be saved. */
  changed: boolean;
}

export interface ProfileEntry {
  state: ProfileState;
  /** Documents changed since the last commit; null = taken off the shelf. */
  documents: Map<string, string | null>;
  /** Folded from the start: what the shelf holds is void. */
  fresh: boolean;
  /** The last instant at which the clock alone changed the state; 0 = never. */
  settledAt: number;
  /** The deadline that is written down; null = none. */
  armedAt: number | null;
  /** What of it is in the sums over all people; null = it is new. */
  counted: Part | null;
}

export interface Pending {
  owner: number;
  event: OwnedEvent;
}

export interface WorkingSet {
  sql: Sql;
  rules: HouseRules;
  fold: ProfileFold;
  events: EventStore;
  minutes: MinuteStore;
  sessions: SessionStore;
  identity: IdentityStore;
  profiles: ProfileStore;
  totals: TotalsStore;
  tellings: OrderTellings;
  secret: string;
  nextSeq: () => number;

  node: (kind: NodeKind, value: string, at: number, messageId: MessageId) => Node;
  findNode: (kind: NodeKind, value: string) => Node | undefined;
  nodeById: (id: number) => Node | undefined;
  lead: (id: number, leader: number) => void;
  forgetNode: (id: number) => void;
  /** An identifier that outlived an erasure: its profile gets the id of its present generation. */
  regenerate: (kind: NodeKind, value: string) => void;
  device: (dev: number) => DeviceEntry;
  dropDevice: (dev: number) => void;
  profile: (leader: number) => ProfileEntry;
  putProfile: (leader: number, entry: ProfileEntry) => void;
  dropProfile: (leader: number) => void;
  /** By how much the sums over all people are different since they were written. */
  changedTotals: Map<string, number>;
  inMinute: (node: number, minute: number) => MinuteEntry;
  /** By so many more, or fewer. */
  changeMinute: (entry: MinuteEntry, by: number) => void;

  /** Devices to fold again. */
  spoiltDevices: Set<number>;
  /** Server events whose owner must be decided (again). */
  spoiltSeekers: Set<number>;
  /** Of these the ones that found nobody by themselves: they ask other server events, once those are decided. */
  spoiltAskers: Set<number>;
  /** Server events of this transaction: what looks in vain for an owner is told of when it comes. */
  arrivedSeekers: Set<number>;
  /** Nodes whose person must be decided again. */
  spoiltPersons: Set<number>;
  /** Nodes whose profile must be folded again. */
  spoiltProfiles: Set<number>;
  /** New events whose owner is settled and that may take one step. */
  pending: Pending[];
  warnings: Map<string, { code: string; detail: string; count: number }>;
  warn: (code: string, detail?: string, count?: number) => void;
  /**
   * What folds from the start raised, less what the states before them had raised: events that only change hands, or are
   * folded once more, warn of nothing new.
   */
  warnedAgain: Map<string, number>;
  /** A state is about to be folded from the start, or dropped. */
  forgetWarned: (state: ProfileState) => void;
  /** Warnings about single events that only showed when persons were decided: told in their answers. */
  told: { code: string; messageId: string }[];
  /** Devices and profiles with something to write. */
  changedDevices: Map<number, DeviceEntry>;
  changedProfiles: Map<number, ProfileEntry>;
  changedMinutes: Map<string, MinuteEntry>;
  sessionHints: Recent<string, { at: number; messageId: string }>;
  /**
   * Beats that a later one of their page view has taken the place of (S4): no row is left to know them by. Remembered for the
   * verdict alone, about as long as a page tries again; of one that is forgotten the verdict is `accepted` once more, and
   * nothing else.
   */
  superseded: Recent<string, true>;
  /** What happens now is ageing: what leaves a profile was true, so nothing is revoked, and what was announced of it goes. */
  ageing: boolean;
  /** Nodes that lost events, or are made again from the same: what is missing there no late data took away (C4). */
  withoutNews: Set<number>;
  /** Nodes that lost events to an erasure: what was told of these goes with them (R14). */
  erased: Set<number>;
  /** Nodes of this transaction that nothing refers to yet but their own events: what to ask of the tables is known to be nothing. */
  newborn: Set<number>;
  formerReceiptOf: KnownOfConsent['formerReceiptOf'];
  forgetLoaded: () => void;
}

/** What the tables of consent know of an identifier, and of a receipt. */
export interface KnownOfConsent {
  generationOf: (kind: 'userId' | 'email' | 'phone', value: string) => number;
  /** One that the device was given under an id it has given up since. */
  formerReceiptOf: (receipt: string) => string | null;
}

export const openWorkingSet = (
  sql: Sql,
  rules: HouseRules,
  fold: ProfileFold,
  secret: string,
  { generationOf, formerReceiptOf }: KnownOfConsent,
): WorkingSet => {
  const events = eventStore(sql);
  const minutes = minuteStore(sql);
  const identity = identityStore(sql);
  const sessions = sessionStore(sql);
  const profiles = profileStore(sql);
  const totals = totalsStore(sql);

  // Retention remembers how far in this order it has come, perhaps beyond what it left.
  const cursor = sql.prepare<{ seq: number | null }>('SELECT max(seq) AS seq FROM retention_cursors');
  const lastSeq = (): number => Math.max(events.lastSeq(), cursor.get()?.seq ?? 0);
  let seq = lastSeq();
  const nodes = recent<number, Node>(20_000);
  const nodeIds = new Map<string, Recent<string, number>>();
  const idsOf = (kind: string): Recent<string, number> => {
    let ids = nodeIds.get(kind);
    if (!ids) {
      ids = recent(20_000);
      nodeIds.set(kind, ids);
    }
    return ids;
  };
  const devices = recent<number, DeviceEntry>(8_000);
  const keptProfiles = recent<number, ProfileRow>(4_000);
  const isKnown = (leader: number): boolean => {
    const kind = set.nodeById(leader)?.kind;
    return kind !== undefined && kind !== 'anonymous_id';
  };
  /** Of each identifier the minute it was asked for last. */
  const loadedMinutes = recent<number, MinuteEntry>(8_000);
  const sessionHints = recent<string, { at: number; messageId: string }>(20_000);
  const superseded = recent<string, true>(10_000);
  const newborn = new Set<number>();

  const keep = (row: ReturnType<IdentityStore['node']>): Node | undefined => {
    if (!row) return undefined;
    const node: Node = {
      id: row.id,
      kind: row.kind,
      value: row.value,
      hid: row.hid,
      leader: row.leader,
      firstAt: row.first_at,
      firstId: row.first_id,
    };
    nodes.set(node.id, node);
    idsOf(node.kind).set(node.value, node.id);
    return node;
  };
  const findNode = (kind: NodeKind, value: string): Node | undefined => {
    const known = idsOf(kind).get(value);
    return (known === undefined ? undefined : nodes.get(known)) ?? keep(identity.nodeBy(kind, value));
  };

  const hidOf = (kind: NodeKind, value: string) => {
    const generation =
      kind === 'user_id'
        ? generationOf('userId', value)
        : kind === 'email' || kind === 'phone'
          ? generationOf(kind, value)
          : 0;
    return deriveProfileId(secret, generation, kind, value);
  };

  /** With bots' events, which the index does not tell apart, unless that would make a flood of it. */
  const inMinuteOf = (dev: number, minute: number): number => {
    const [from, before] = [minute * minuteMs, (minute + 1) * minuteMs];
    const count = events.countOfDevice(dev, from, before);
    return count > floodMaxOf(rules) ? events.countFolded(dev, from, before) : count;
  };

  const set: WorkingSet = {
    sql,
    rules,
    fold,
    events,
    minutes,
    sessions,
    identity,
    profiles,
    totals,
    tellings: orderTellings(sql),
    secret,
    nextSeq: () => {
      seq += 1;
      return seq;
    },
    findNode,
    node: (kind, value, at, messageId) => {
      const known = findNode(kind, value);
      if (known) {
        if (compareEvents({ at, messageId }, { at: known.firstAt, messageId: known.firstId }) < 0) {
          known.firstAt = at;
          known.firstId = messageId;
          identity.first(known.id, at, messageId);
          // Seniority may change with it where several identifiers make one person.
          set.spoiltPersons.add(known.id);
        }
        return known;
      }
      const hid = hidOf(kind, value);
      const id = identity.insertNode(kind, value, hid, at, messageId);
      const node: Node = { id, kind, value, hid, leader: id, firstAt: at, firstId: messageId };
      nodes.set(id, node);
      idsOf(kind).set(value, id);
      newborn.add(id);
      return node;
    },
    nodeById: (id) => nodes.get(id) ?? keep(identity.node(id)),
    lead: (id, leader) => {
      identity.lead(id, leader);
      newborn.delete(id);
      newborn.delete(leader);
      const node = nodes.get(id);
      if (node) node.leader = leader;
    },
    forgetNode: (id) => {
      const node = set.nodeById(id);
      if (node) idsOf(node.kind).delete(node.value);
      newborn.delete(id);
      nodes.delete(id);
      identity.deleteNode(id);
    },
    regenerate: (kind, value) => {
      const node = findNode(kind, value);
      const hid = hidOf(kind, value);
      if (!node || node.hid === hid) return;
      const { hid: before } = node;
      node.hid = hid;
      identity.rename(node.id, hid);
      // What was told of the new life meanwhile stays told, once.
      profiles.renameAnnouncements(before);
      set.spoiltProfiles.add(node.leader);
    },
    device: (dev) => {
      // What waits to be saved is truer than the table.
      let entry = devices.get(dev) ?? set.changedDevices.get(dev);
      if (!entry && newborn.has(dev)) {
        entry = {
          state: startDevice(),
          visit: null,
          minute: 0,
          inMinute: 0,
          owners: new Set(),
          circumstances: { ...plainCircumstances, rules: rules.sessions },
          lastViaAt: null,
        };
        devices.set(dev, entry);
      } else if (!entry) {
        const { state, visit } = identity.device(dev) ?? { state: startDevice(), visit: null };
        const minute = minuteOf(state.last?.at ?? 0);
        entry = {
          state,
          visit,
          minute,
          inMinute: state.last ? inMinuteOf(dev, minute) : 0,
          owners: new Set(identity.ownersOf(dev)),
          circumstances: circumstancesOf(set, dev),
          lastViaAt: events.lastVia(dev),
        };
        devices.set(dev, entry);
      }
      return entry;
    },
    dropDevice: (dev) => {
      devices.delete(dev);
    },
    profile: (leader) => {
      const entry = set.changedProfiles.get(leader);
      if (entry) return entry;
      // Nothing is stored of a node of this transaction.
      const kept = newborn.has(leader) ? undefined : (keptProfiles.get(leader) ?? profiles.row(leader));
      const state = kept === undefined ? fold.start() : (JSON.parse(kept.state) as ProfileState);
      return {
        state,
        documents: new Map(),
        fresh: false,
        settledAt: kept?.settled_at ?? 0,
        armedAt: kept?.due_at ?? null,
        counted: kept === undefined ? null : partOf(state, isKnown(leader)),
      };
    },
    putProfile: (leader, entry) => {
      const { state, settledAt, armedAt } = entry;
      const part = partOf(state, isKnown(leader));
      addDifference(set.changedTotals, entry.counted, part);
      entry.counted = part;
      const text = JSON.stringify(state);
      profiles.put(leader, text, settledAt);
      keptProfiles.set(leader, { state: text, settled_at: settledAt, due_at: armedAt });
    },
    inMinute: (node, minute) => {
      const known = loadedMinutes.get(node);
      if (known?.minute === minute) return known;
      const entry = set.changedMinutes.get(`${minute} ${node}`) ?? {
        node,
        minute,
        count: newborn.has(node) ? 0 : minutes.count(minute, node),
        changed: false,
      };
      loadedMinutes.set(node, entry);
      return entry;
    },
    changeMinute: (entry, by) => {
      entry.count += by;
      if (entry.changed) return;
      entry.changed = true;
      set.changedMinutes.set(`${entry.minute} ${entry.node}`, entry);
    },
    dropProfile: (leader) => {
      const { state, counted } = set.profile(leader);
      set.forgetWarned(state);
      addDifference(set.changedTotals, counted, null);
      keptProfiles.delete(leader);
      set.changedProfiles.delete(leader);
      profiles.delete(leader);
    },
    changedTotals: new Map(),
    spoiltDevices: new Set(),
    spoiltSeekers: new Set(),
    spoiltAskers: new Set(),
    arrivedSeekers: new Set(),
    spoiltPersons: new Set(),
    spoiltProfiles: new Set(),
    pending: [],
    warnings: new Map(),
    told: [],
    warn: (code, detail = '', count = 1) => {
      const key = `${code}\n${detail}`;
      const known = set.warnings.get(key);
      if (known) known.count += count;
      else set.warnings.set(key, { code, detail, count });
    },
    warnedAgain: new Map(),
    forgetWarned: ({ warned }) => {
      for (const code in warned) set.warnedAgain.set(code, (set.warnedAgain.get(code) ?? 0) - warned[code]!);
    },
    changedDevices: new Map(),
    changedProfiles: new Map(),
    changedMinutes: new Map(),
    sessionHints,
    superseded,
    ageing: false,
    withoutNews: new Set(),
    erased: new Set(),
    newborn,
    formerReceiptOf,
    forgetLoaded: () => {
      nodes.clear();
      nodeIds.clear();
      newborn.clear();
      devices.clear();
      keptProfiles.clear();
      loadedMinutes.clear();
      sessionHints.clear();
      superseded.clear();
      set.spoiltDevices.clear();
      set.spoiltSeekers.clear();
      set.spoiltAskers.clear();
      set.arrivedSeekers.clear();
      set.spoiltPersons.clear();
      set.spoiltProfiles.clear();
      set.pending.length = 0;
      set.warnings.clear();
      set.warnedAgain.clear();
      set.told.length = 0;
      set.withoutNews.clear();
      set.erased.clear();
      set.changedDevices.clear();
      set.changedProfiles.clear();
      set.changedMinutes.clear();
      set.changedTotals.clear();
      seq = lastSeq();
    },
  };
  return set;
};

/** R12, R13, R14: what decides about a device besides its events. */
export const circumstancesOf = (set: WorkingSet, dev: number): DeviceCircumstances => {
  const pinned = new Set<number>();
  for (const pin of set.identity.pinsOf(dev)) pinned.add(pin.a === dev ? pin.b : pin.a);
  const capped = new Set<number>();
  const cap = personCaps.anonymous_id!;
  for (const { usr } of set.identity.namingsOfDevice(dev)) {
    if (set.identity.countNamings(usr) <= cap) continue;
    const rank = set.identity.namingsOfUser(usr).findIndex((naming) => naming.dev === dev);
    if (rank >= cap) capped.add(usr);
  }
  return { rules: set.rules.sessions, pinned, capped, marks: set.identity.marks(dev) };
};

/** R1: where a naming is gone, or is later than it was, another device may come among the user's fifty. */
export const admitNext = ({ identity, spoiltDevices }: WorkingSet, user: number): void => {
  const cap = personCaps.anonymous_id!;
  if (identity.countNamings(user) < cap) return;
  const { dev } = identity.namingsOfUser(user)[cap - 1]!;
  // To the end of those that are being folded again, should it have been among them.
  spoiltDevices.delete(dev);
  spoiltDevices.add(dev);
};
