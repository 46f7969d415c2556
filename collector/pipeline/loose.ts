// What an event leaves behind when it goes, by an erasure or for a later beat: what was read from it, and the identifiers
// that nothing else carries. Takes these away, finds the first sight of those that stay, and notes what must be decided again;
// must not fold.

import { type AcceptedEvent, compareEvents } from '../events/event.js';
import { type EventRow, packMessageId, type Seen, unpackMessageId } from '../events/store.js';
import { admitNext, type Node, type WorkingSet } from './working-set.js';

/** What must be decided again once events are gone. Rows of nodes, and of events for `seekers`. */
export interface Loose {
  nodes: Set<number>;
  devices: Set<number>;
  seekers: Set<number>;
  persons: Set<number>;
  profiles: Set<number>;
  /** Devices of what was the first to carry a session hint: another of their events may be now. */
  hints: Set<number>;
}
export const nothingLoose = (): Loose => ({
  nodes: new Set(),
  devices: new Set(),
  seekers: new Set(),
  persons: new Set(),
  profiles: new Set(),
  hints: new Set(),
});

/** Its contacts and look-up keys: what `indexEvent` read from it. */
export const forgetRead = (
  set: WorkingSet,
  { seq, dev }: Pick<EventRow, 'seq' | 'dev'>,
  event: AcceptedEvent,
  loose: Loose,
): void => {
  const { identity } = set;
  for (const contact of identity.contactsOfEvent(seq)) {
    loose.nodes.add(contact.node);
    loose.persons.add(contact.node);
  }
  identity.deleteContacts(seq);
  for (const key of identity.lookupsOfEvent(seq)) {
    for (const seeker of identity.seekers(key.kind, key.value)) if (seeker !== seq) loose.seekers.add(seeker);
    set.sessionHints.delete(key.value);
    if (key.kind === 'session' && dev !== null) loose.hints.add(dev);
  }
  // C8: an order may count on somebody else without this event.
  for (const { kind, value } of event.keys) {
    if (kind === 'order') for (const person of set.tellings.of(value).persons) loose.profiles.add(person);
  }
  identity.deleteLookupsOf(seq);
};

/**
 * Whom server events name that are yet to be decided, and where. They will own them; until then no index leads to an event
 * by whom it names.
 */
export const waitingNamings = (set: WorkingSet): ReadonlyMap<number, readonly Seen[]> => {
  const namings = new Map<number, Seen[]>();
  for (const seq of set.spoiltSeekers) {
    const row = set.events.row(seq);
    if (!row || row.usr === null) continue;
    const known = namings.get(row.usr);
    if (known) known.push(row);
    else namings.set(row.usr, [row]);
  }
  return namings;
};

/** Identifiers no event carries any more go too: the graph must not remember whom it forgot. */
export const forgetNodes = (
  set: WorkingSet,
  nodes: ReadonlySet<number>,
  waiting: ReadonlyMap<number, readonly Seen[]>,
): number => {
  let gone = 0;
  // Whom a contact or a server's event belongs to is no carrier, unless it names them: until the device that it was found by
  // is folded again it is who was named by what has gone.
  const carried = set.sql.prepare(
    `SELECT 1 WHERE EXISTS (SELECT 1 FROM events WHERE dev = ?)
       OR EXISTS (SELECT 1 FROM events WHERE dev IS NULL AND owner = ? AND usr = owner)
       OR EXISTS (SELECT 1 FROM contacts WHERE node = ?)
       OR EXISTS (SELECT 1 FROM namings JOIN events ON events.dev = namings.dev AND events.usr = namings.usr WHERE namings.usr = ?)
       OR EXISTS (SELECT 1 FROM marks WHERE dev = ?)
       OR EXISTS (SELECT 1 FROM renames WHERE src = ? OR dst = ?)`,
  );
  for (const id of nodes) {
    const node = set.nodeById(id);
    if (!node || waiting.has(id) || carried.get(id, id, id, id, id, id, id)) continue;
    const { leader } = node;
    for (const member of set.identity.members(id)) {
      if (member.id === id) continue;
      // The others of its person decide anew who leads.
      set.lead(member.id, member.id);
      set.spoiltPersons.add(member.id);
      set.spoiltProfiles.add(member.id);
    }
    if (leader !== id) {
      set.spoiltPersons.add(leader);
      set.spoiltProfiles.add(leader);
    }
    set.dropProfile(id);
    set.profiles.deleteAnnouncements(id);
    set.profiles.renameAnnouncements(node.hid);
    set.identity.deleteJoins(id);
    // Its events may have gone in a transaction before this one, and what kept it last in this.
    if (node.kind === 'anonymous_id' || node.kind === 'session_hint') {
      for (const owner of set.device(id).owners) set.identity.removeOwner(owner, id);
      const namings = set.identity.namingsOfDevice(id);
      set.identity.deleteNamings(id);
      for (const { usr } of namings) admitNext(set, usr);
      set.identity.deleteDevice(id);
      set.sessions.deleteOf(id);
      set.events.deleteBeatsOf(id);
      set.events.deleteUnder(id);
      set.spoiltDevices.delete(id);
      set.changedDevices.delete(id);
      set.dropDevice(id);
    }
    set.spoiltPersons.delete(id);
    set.spoiltProfiles.delete(id);
    set.changedProfiles.delete(id);
    set.forgetNode(id);
    gone += 1;
  }
  return gone;
};

/** Of what no event carries, and only an act or a mark keeps: the next event is the first. */
export const unseen = { at: Number.MAX_SAFE_INTEGER, messageId: '' };

/**
 * Seniority goes by the first sight of an identifier (R6), so that must be one of an event that is left: a rebuild finds no
 * other (R10), and the instant and name of an event that went are not to stay (R14).
 */
export const seeAgain = (set: WorkingSet, id: number, waiting: readonly Seen[]): void => {
  const node = set.nodeById(id);
  if (!node || set.events.seqOf(packMessageId(node.firstId)) !== undefined) return;
  const { at, messageId } =
    [...sightingsOf(set, node), ...waiting]
      .map(({ at, mid }) => ({ at, messageId: unpackMessageId(mid) }))
      .sort(compareEvents)[0] ?? unseen;
  if (node.firstAt === at && node.firstId === messageId) return;
  node.firstAt = at;
  node.firstId = messageId;
  set.identity.first(id, at, messageId);
  set.spoiltPersons.add(id);
};

/** What of the events that are left may be the first to carry it. */
const sightingsOf = (set: WorkingSet, { id, kind }: Node): Seen[] => {
  const { events, identity } = set;
  const sightings: Seen[] = [];
  const contact = identity.firstContact(id);
  if (contact) sightings.push(contact);
  if (kind === 'user_id') {
    const rename = identity.firstRename(id);
    if (rename) sightings.push(rename);
    for (const { dev, at, mid } of identity.namingsOfUser(id)) {
      // Of a device that is yet to be folded again the naming may be gone.
      if (events.seqOf(packMessageId(mid)) === undefined) sightings.push(...events.firstNaming(dev, id));
      else sightings.push({ at, mid });
    }
    sightings.push(...events.firstServerNaming(id));
  } else sightings.push(...events.firstOfDevice(id));
  return sightings;
};
