// Station: resolve. Folds spoilt devices again, finds the owners of server events, and decides which identifiers are one
// person. Loads, asks the pure rules of identity/, saves what differs. Must not fold profiles.

import type { WarningCode } from '../contract/codes.js';
import { type AcceptedEvent, compareEvents, type LookupKind, type OwnedBecause } from '../events/event.js';
import { minuteOf } from '../events/minutes.js';
import { type EventRow, flag, parseBody, reasonNumber, reasonOf, unpackMessageId } from '../events/store.js';
import { type DeviceEvent, foldDevice } from '../identity/device.js';
import {
  type ContactEdge,
  type GraphNode,
  joinsPeople,
  partition,
  personCaps,
  type Rename,
  type SkipCode,
  type Skipped,
} from '../identity/graph.js';
import { type ContactRow, deriveMergeId, type RenameRow } from '../identity/store.js';
import { countedUnder, isFloodOf } from './floods.js';
import { deviceEventOf, ownedEvent } from './record.js';
import { admitNext, circumstancesOf, floodMaxOf, type Node, type WorkingSet } from './working-set.js';

/** In this order, because each looks at what the one before it decided, and none looks back. */
export const resolve = (set: WorkingSet): void => {
  for (const dev of set.spoiltDevices) refoldDevice(set, dev);
  set.spoiltDevices.clear();
  for (const seq of set.spoiltSeekers) decideServerEvent(set, seq);
  set.spoiltSeekers.clear();
  decideAskers(set);
  warnOfWaiting(set);
  set.spoiltAskers.clear();
  set.arrivedSeekers.clear();
  const decided = new Set<number>();
  for (const id of set.spoiltPersons) if (!decided.has(id)) decidePersons(set, id, decided);
  set.spoiltPersons.clear();
};

export const refoldDevice = (
  set: WorkingSet,
  dev: number,
  /** Sees each event on its way, so that a rebuild need not read it twice. */
  onEvent: (row: EventRow, event: AcceptedEvent) => void = () => {},
): void => {
  const rows = new Map<number, EventRow>();
  const bodies = new Map<number, AcceptedEvent>();
  const events: DeviceEvent[] = [];
  const perMinute = new Map<number, number>();
  /** R13: of each user who is named here, the minutes in which they have too many, whatever device they came from. */
  const floods = new Map<number, ReadonlySet<number>>();
  for (const row of set.events.ofDevice(dev)) {
    const body = parseBody(row);
    onEvent(row, body);
    if (row.flags & flag.bot) continue;
    rows.set(row.seq, row);
    bodies.set(row.seq, body);
    events.push(deviceEventOf(body, row.seq, row.usr));
    const minute = minuteOf(row.at);
    perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
    if (row.usr !== null && !floods.has(row.usr)) floods.set(row.usr, new Set(set.minutes.floodsOf(row.usr)));
  }
  noteNamings(set, dev, events);
  const device = set.device(dev);
  device.circumstances = circumstancesOf(set, dev);
  const folded = foldDevice(events, device.circumstances);
  device.state = folded.state;
  device.minute = minuteOf(folded.state.last?.at ?? 0);
  device.inMinute = perMinute.get(device.minute) ?? 0;
  set.changedDevices.set(dev, device);

  set.sessions.deleteOf(dev);
  for (const session of folded.sessions) set.sessions.put(dev, session);
  // Server events that belong to a visit of this device may belong to another one now.
  for (const server of set.events.ofVia(dev, 0)) set.spoiltSeekers.add(server.seq);

  const owners = new Set<number>();
  const floodMax = floodMaxOf(set.rules);
  for (const assignment of folded.assignments) {
    const row = rows.get(assignment.seq)!;
    const measured = (row.flags & flag.measured) !== 0;
    const owner = measured ? null : (assignment.owner ?? dev);
    const minute = minuteOf(row.at);
    const flooded = perMinute.get(minute)! > floodMax || (row.usr !== null && floods.get(row.usr)!.has(minute));
    if (flooded && !(row.flags & flag.flooded)) set.warn('burst' satisfies WarningCode);
    const next = {
      seq: row.seq,
      owner,
      because: reasonNumber(measured ? 'unowned' : assignment.because),
      session: assignment.session,
      flags: flooded ? row.flags | flag.flooded : row.flags & ~flag.flooded,
      via: null,
    };
    if (owner !== null) owners.add(owner);
    const unchanged =
      row.owner === next.owner &&
      row.because === next.because &&
      row.session === next.session &&
      row.flags === next.flags;
    if (unchanged) continue;
    set.events.assign(next);
    moved(set, row, next.owner);
  }
  for (const owner of owners) {
    if (device.owners.has(owner)) continue;
    set.identity.addOwner(owner, dev);
    set.spoiltPersons.add(owner);
  }
  for (const owner of device.owners) {
    if (owners.has(owner)) continue;
    set.identity.removeOwner(owner, dev);
    set.spoiltPersons.add(owner);
    set.spoiltProfiles.add(owner);
  }
  device.owners = owners;
};

/** Who is named on a device, before it is folded: which of their devices are a user's fifty (R1) goes by it. */
const noteNamings = (set: WorkingSet, dev: number, events: readonly DeviceEvent[]): void => {
  const { identity } = set;
  const before = identity.namingsOfDevice(dev);
  identity.deleteNamings(dev);
  for (const { user, at, messageId } of [...events].sort(compareEvents)) {
    if (user === null || identity.naming(dev, user)) continue;
    identity.putNaming(dev, user, at, messageId);
    // Which they are may have changed, and with them whose remainders there is room for.
    if (identity.countNamings(user) > personCaps.anonymous_id!) set.spoiltPersons.add(user);
  }
  for (const { usr, mid } of before) if (identity.naming(dev, usr)?.mid !== mid) admitNext(set, usr);
};

const joins = (set: WorkingSet, contact: Pick<ContactRow, 'node' | 'assurance'>): boolean =>
  joinsPeople(set.nodeById(contact.node)!.kind, contact.assurance, set.rules.emailMerge);

/** An event changed hands, or its visit did: both profiles fold again, and what looked to it for an owner looks again. */
const moved = (set: WorkingSet, row: Pick<EventRow, 'seq' | 'owner'>, owner: number | null): void => {
  if (row.owner !== null) set.spoiltProfiles.add(row.owner);
  if (owner !== null) set.spoiltProfiles.add(owner);
  for (const key of set.identity.lookupsOfEvent(row.seq)) {
    if (!set.identity.isCarrier(key)) continue;
    for (const seq of set.identity.seekers(key.kind, key.value)) if (seq !== row.seq) set.spoiltSeekers.add(seq);
  }
  const contacts = set.identity.contactsOfEvent(row.seq);
  if (contacts.length > 0 && row.owner !== owner) {
    set.identity.ownContacts(row.seq, owner);
    if (owner !== null) set.newborn.delete(owner);
    for (const contact of contacts) {
      if (joins(set, contact)) set.spoiltPersons.add(contact.node);
    }
    if (row.owner !== null) set.spoiltPersons.add(row.owner);
    if (owner !== null) set.spoiltPersons.add(owner);
  }
};

/** R1: in this order of trust, the earliest event that carries the key. */
const keyOrder: readonly LookupKind[] = ['order', 'cart', 'checkout', 'session'];

/** Whose an event is, and why. */
interface Found {
  owner: number;
  because: OwnedBecause;
  /** The device whose visits it belongs to. */
  via: number | null;
}
const nobody = { owner: null, because: 'unowned', via: null } as const;

/**
 * Whose the event is says the first that carries one of the keys and has a device or a user; which visit it belongs to, the
 * first that has a device. They are one, unless the shop's server named the user elsewhere: a refund that names its user
 * must not take the visit from an order that the cart's device had placed (S-7).
 */
const carrierOf = (set: WorkingSet, seq: number, event: AcceptedEvent): Found | null => {
  let found: Found | null = null;
  for (const kind of keyOrder) {
    for (const key of event.keys) {
      if (key.kind !== kind) continue;
      for (const carrier of set.identity.carriers(kind, key.value)) {
        const row = carrier === seq ? undefined : set.events.row(carrier);
        // A named event is its user's, whether this batch has decided it yet or not.
        const owner = row?.owner ?? row?.usr ?? null;
        if (!row || owner === null) continue;
        found ??= { owner, because: kind, via: null };
        if (row.dev !== null) return { ...found, via: row.dev };
      }
    }
  }
  return found;
};

/** Whose contact it is says only that identifier: with `emailMerge: off` that is a profile of its own, joined with nobody. */
const contactedBy = (set: WorkingSet, event: AcceptedEvent): Found | null => {
  const contact = event.assurance === 'claimed' ? undefined : firstContact(event);
  if (!contact) return null;
  const { id } = set.node(contact.kind, contact.value, event.at, event.messageId);
  return {
    owner: id,
    because: contact.kind === 'email' || contact.kind === 'phone' ? contact.kind : 'external',
    via: null,
  };
};

const isServerEvent = (row: EventRow | undefined): row is EventRow =>
  row !== undefined && row.dev === null && !(row.flags & flag.bot);

/**
 * R4, last part: the owner of a server event without a device, and the visit it belongs to (S3). One that finds nobody is
 * left to `decideAskers`.
 */
export const decideServerEvent = (set: WorkingSet, seq: number): void => {
  const row = set.events.row(seq);
  if (!isServerEvent(row)) return;
  const event = parseBody(row);
  const carrier = carrierOf(set, seq, event);
  if (row.usr !== null) {
    assign(set, row, event, { owner: row.usr, because: 'named', via: carrier?.via ?? null });
    return;
  }
  const found = carrier ?? contactedBy(set, event);
  hear(set, row, event, found);
  if (found === null) set.spoiltAskers.add(seq);
  else {
    set.spoiltAskers.delete(seq);
    assign(set, row, event, found);
  }
};

/** Notes whether it vouches or asks; who may get another answer by it asks again. */
const hear = (set: WorkingSet, row: EventRow, event: AcceptedEvent, found: Found | null): void => {
  const before = set.identity.hearsayOf(row.seq)[0]?.asks;
  const asks = found === null ? 1 : 0;
  if (before === asks && (found === null || (found.owner === row.owner && found.via === row.via))) return;
  const askAgain = (): void => {
    for (const asker of answeredBy(set, row.seq)) set.spoiltAskers.add(asker);
  };
  if (before === 0) askAgain();
  if (before === asks) return;
  if (before !== undefined) set.identity.deleteHearsay(row.seq);
  for (const { kind, value } of event.keys) {
    if (kind === 'session') continue;
    set.identity.putHearsay({ kind, value, asks, at: event.at, mid: event.messageId, seq: row.seq });
  }
  if (asks === 0) askAgain();
};

/** Who has, or gets, an answer by this event: it is the first that vouches for a key they carry. */
export const answeredBy = ({ identity }: WorkingSet, seq: number): number[] =>
  identity
    .hearsayOf(seq)
    .filter(({ kind, value, asks }) => asks === 0 && identity.firstVoucher(kind, value)?.seq === seq)
    .flatMap(({ kind, value }) => identity.askers(kind, value));

/**
 * R4, for whoever carries a key and was found by nothing else: the earliest server event with that key which found its
 * person by itself. Those that ask vouch for nobody, so the question goes in no circle.
 */
export const decideAskers = (set: WorkingSet): void => {
  for (const seq of set.spoiltAskers) {
    const row = set.events.row(seq);
    if (!isServerEvent(row)) continue;
    const event = parseBody(row);
    assign(set, row, event, voucherOf(set, event) ?? nobody);
  }
};

const voucherOf = (set: WorkingSet, event: AcceptedEvent): Found | null => {
  for (const kind of keyOrder) {
    if (kind === 'session') continue;
    for (const key of event.keys) {
      if (key.kind !== kind) continue;
      const voucher = set.identity.firstVoucher(kind, key.value);
      const row = voucher && set.events.row(voucher.seq);
      if (row && row.owner !== null) return { owner: row.owner, because: kind, via: row.via };
    }
  }
  return null;
};

const takesBack = new Set(['Order Refunded', 'Order Cancelled']);
/** A refund or cancellation that says nothing of whose it is but its keys. */
export const takesBackByKey = ({ type, name, anonymousId, userId, contacts }: AcceptedEvent): boolean =>
  type === 'track' && takesBack.has(name ?? '') && anonymousId === null && userId === null && contacts.length === 0;

/** C8: what takes nothing off while nobody is known by its order is told of, once, when it comes. */
const warnOfWaiting = (set: WorkingSet): void => {
  for (const seq of set.arrivedSeekers) {
    const row = set.spoiltAskers.has(seq) ? set.events.row(seq) : undefined;
    if (!row || row.owner !== null) continue;
    const event = parseBody(row);
    if (!takesBackByKey(event)) continue;
    set.warn('order_unowned' satisfies WarningCode);
    set.told.push({ code: 'order_unowned', messageId: event.messageId });
  }
};

const assign = (
  set: WorkingSet,
  row: EventRow,
  event: AcceptedEvent,
  { owner, because, via }: Found | typeof nobody,
): void => {
  // A visit that began in this transaction is saved with its device, later.
  const begun = via === null ? null : set.changedDevices.get(via)?.state.session;
  if (begun) set.sessions.put(via!, begun);
  const session = via === null ? undefined : set.sessions.atOrBefore(via, row.at);
  const flooded = countedUnder(set, row).some((node) => isFloodOf(set, node, row.at));
  if (flooded && !(row.flags & flag.flooded)) set.warn('burst' satisfies WarningCode);
  const next = {
    seq: row.seq,
    owner,
    because: reasonNumber(because),
    session: session?.begin ?? null,
    flags: flooded ? row.flags | flag.flooded : row.flags & ~flag.flooded,
    via,
  };
  if (via !== null) {
    const device = set.device(via);
    if (device.lastViaAt === null || device.lastViaAt < row.at) device.lastViaAt = row.at;
  }
  const unchanged =
    row.owner === next.owner &&
    row.because === next.because &&
    row.session === next.session &&
    row.flags === next.flags &&
    row.via === next.via;
  if (unchanged) return;
  set.events.assign(next);
  if (row.owner !== owner) {
    if (row.owner !== null) set.spoiltPersons.add(row.owner);
    if (owner !== null) set.spoiltPersons.add(owner);
  }
  if (row.owner === null && owner !== null && !set.spoiltProfiles.has(owner)) {
    // Seen for the first time: one step may do.
    for (const contact of set.identity.contactsOfEvent(row.seq)) {
      set.identity.ownContacts(row.seq, owner);
      set.newborn.delete(owner);
      if (joins(set, contact)) set.spoiltPersons.add(contact.node);
    }
    if (!flooded)
      set.pending.push({ owner, event: ownedEvent(event, because, session ? JSON.parse(session.body).beginId : null) });
    return;
  }
  moved(set, row, owner);
};

const firstContact = (event: AcceptedEvent) =>
  event.contacts.find((contact) => contact.kind === 'email') ??
  event.contacts.find((contact) => contact.kind === 'phone') ??
  event.contacts[0];

/** Everything that might be one person with this node, were no edge refused. */
const reachable = (
  set: WorkingSet,
  start: number,
): { nodes: Node[]; edges: (ContactEdge & { row: ContactRow })[]; renames: (Rename & { row: RenameRow })[] } => {
  const nodes = new Map<number, Node>();
  const edges = new Map<string, ContactEdge & { row: ContactRow }>();
  const renames = new Map<string, Rename & { row: RenameRow }>();
  const queue = [start];
  while (queue.length > 0) {
    const id = queue.pop()!;
    if (nodes.has(id)) continue;
    const node = set.nodeById(id);
    if (!node) continue;
    nodes.set(id, node);
    for (const row of [...set.identity.contactsOfOwner(id), ...set.identity.contactsOfNode(id)]) {
      if (row.owner === null || !joins(set, row)) continue;
      edges.set(`${row.seq}\n${row.node}`, {
        owner: row.owner,
        contact: row.node,
        assurance: row.assurance,
        at: row.at,
        messageId: row.mid,
        row,
      });
      queue.push(row.owner, row.node);
    }
    for (const row of [...set.identity.renamesFrom(id), ...set.identity.renamesInto(id)]) {
      renames.set(row.mid, { from: row.src, into: row.dst, at: row.at, messageId: row.mid, reason: row.reason, row });
      queue.push(row.src, row.dst);
    }
    // Members of today's profile: the decision may part them.
    for (const member of set.identity.members(node.leader)) queue.push(member.id);
    if (node.leader !== id) queue.push(node.leader);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], renames: [...renames.values()] };
};

export const ownsEvents = (set: WorkingSet, id: number): boolean =>
  set.identity.devicesOf(id).length > 0 || set.events.ownsAny(id);

/** R13: each hit is counted once, however often its component is decided again. */
const noteSkipped = (
  set: WorkingSet,
  skipped: readonly Skipped[],
  edges: readonly { row: ContactRow }[],
  renames: readonly { row: RenameRow }[],
): void => {
  const codes = new Map(skipped.map(({ code, messageId, contact }) => [`${messageId}\n${contact ?? ''}`, code]));
  const told = (code: SkipCode, messageId: string): void => {
    set.warn(code);
    set.told.push({ code, messageId });
  };
  for (const { row } of edges) {
    const code = codes.get(`${row.mid}\n${row.node}`) ?? null;
    if (code === (row.skipped ?? null)) continue;
    set.identity.skipContact(row, code);
    if (code !== null) told(code, row.mid);
  }
  for (const { row } of renames) {
    const code = codes.get(`${row.mid}\n`) ?? null;
    if (code === (row.skipped ?? null)) continue;
    set.identity.skipRename(row.mid, code);
    if (code !== null) told(code, row.mid);
  }
};

const decidePersons = (set: WorkingSet, start: number, decided: Set<number>): void => {
  if (set.newborn.has(start)) return;
  const { nodes, edges, renames } = reachable(set, start);
  for (const node of nodes) decided.add(node.id);
  if (nodes.length === 0) return;
  if (nodes.length === 1 && nodes[0]!.leader === nodes[0]!.id) {
    set.identity.deleteJoins(nodes[0]!.id);
    return;
  }

  const ids = new Set(nodes.map((node) => node.id));
  const pins: [number, number][] = [];
  for (const node of nodes) {
    for (const pin of set.identity.pinsOf(node.id)) if (pin.a === node.id && ids.has(pin.b)) pins.push([pin.a, pin.b]);
  }
  const graphNodes = nodes.map(
    (node): GraphNode => ({
      id: node.id,
      kind: node.kind,
      value: node.value,
      firstAt: node.firstAt,
      firstId: node.firstId,
      isPerson: ownsEvents(set, node.id),
      namedOn: node.kind === 'user_id' ? set.identity.firstDevicesOf(node.id, personCaps.anonymous_id!) : [],
    }),
  );
  const { persons, joins, warnings } = partition(graphNodes, edges, renames, pins);
  noteSkipped(set, warnings, edges, renames);

  const before = new Map<number, string>();
  for (const node of nodes) {
    if (!before.has(node.leader)) {
      const members = nodes.filter((other) => other.leader === node.leader).map((other) => other.id);
      before.set(node.leader, members.sort((a, b) => a - b).join());
    }
  }
  for (const leader of before.keys()) set.identity.deleteJoins(leader);
  const seniorOf = new Map<number, number>();
  for (const person of persons) {
    for (const member of person.members) seniorOf.set(member, person.senior);
    if (before.get(person.senior) === person.members.join()) continue;
    set.spoiltProfiles.add(person.senior);
    for (const member of person.members) {
      const leader = set.nodeById(member)!.leader;
      if (leader === person.senior) continue;
      set.spoiltProfiles.add(leader);
      set.lead(member, person.senior);
    }
  }
  for (const [leader] of before) {
    const senior = seniorOf.get(leader);
    if (senior !== undefined && senior !== leader) set.profiles.moveAnnouncements(leader, senior);
    if (!persons.some((person) => person.senior === leader)) set.dropProfile(leader);
  }
  for (const join of joins) {
    const [a, b] = join.identifiers;
    const id = deriveMergeId(join.cause, nodeNameOf(set, a), nodeNameOf(set, b));
    set.identity.putJoin({ id, leader: seniorOf.get(a)!, cause: join.cause, at: join.at, reason: join.reason, a, b });
  }
};

const nodeNameOf = (set: WorkingSet, id: number): string => {
  const node = set.nodeById(id)!;
  return `${node.kind}:${node.value}`;
};

/** All events of a person, each with its owner's reason and its visit, in order. Flooded ones are owned and not folded. */
export const eventsOfPerson = (set: WorkingSet, members: readonly number[]) => {
  const owned = new Set(members);
  const devices = new Set(members.flatMap((member) => set.identity.devicesOf(member)));
  const rows: EventRow[] = [];
  for (const dev of devices) {
    for (const row of set.events.ofDevice(dev)) if (row.owner !== null && owned.has(row.owner)) rows.push(row);
  }
  for (const member of members) rows.push(...set.events.ofOwner(member));
  const beginIds = new Map<number, string>();
  const beginIdOf = (begin: number | null): string | null => {
    if (begin === null) return null;
    let id = beginIds.get(begin);
    if (id === undefined) {
      const row = set.events.row(begin);
      id = row ? unpackMessageId(row.mid) : '';
      beginIds.set(begin, id);
    }
    return id;
  };
  return rows
    .filter((row) => !(row.flags & (flag.bot | flag.flooded)))
    .map((row) => ownedEvent(parseBody(row), reasonOf(row.because), beginIdOf(row.session)))
    .sort(compareEvents);
};
