// What an event leaves behind when it goes, by an erasure or for a later beat: what was read from it, and the identifiers
// that nothing else carries. Takes these away and notes what must be decided again; must not fold.

import type { AcceptedEvent } from '../events/event.js';
import type { WorkingSet } from './working-set.js';

/** What must be decided again once events are gone. Rows of nodes, and of events for `seekers`. */
export interface Loose {
  nodes: Set<number>;
  devices: Set<number>;
  seekers: Set<number>;
  persons: Set<number>;
  profiles: Set<number>;
}
export const nothingLoose = (): Loose => ({
  nodes: new Set(),
  devices: new Set(),
  seekers: new Set(),
  persons: new Set(),
  profiles: new Set(),
});

/** Its contacts and look-up keys: what `indexEvent` read from it. */
export const forgetRead = (set: WorkingSet, seq: number, event: AcceptedEvent, loose: Loose): void => {
  const { identity } = set;
  for (const contact of identity.contactsOfEvent(seq)) {
    loose.nodes.add(contact.node);
    loose.persons.add(contact.node);
  }
  identity.deleteContacts(seq);
  for (const key of identity.lookupsOfEvent(seq)) {
    for (const seeker of identity.seekers(key.kind, key.value)) if (seeker !== seq) loose.seekers.add(seeker);
    set.sessionHints.delete(key.value);
  }
  // C8: an order may count on somebody else without this event.
  for (const { kind, value } of event.keys) {
    if (kind === 'order') for (const person of set.tellings.of(value).persons) loose.profiles.add(person);
  }
  identity.deleteLookupsOf(seq);
};

/** Identifiers no event carries any more go too: the graph must not remember whom it forgot. */
export const forgetNodes = (set: WorkingSet, nodes: ReadonlySet<number>, devices: ReadonlySet<number>): number => {
  let gone = 0;
  // Whoever a server event names owns it, once that is decided; no index leads to it by whom it names.
  const named = new Set<number>();
  for (const seq of set.spoiltSeekers) {
    const usr = set.events.row(seq)?.usr ?? null;
    if (usr !== null) named.add(usr);
  }
  const carried = set.sql.prepare(
    `SELECT 1 WHERE EXISTS (SELECT 1 FROM events WHERE dev = ?)
       OR EXISTS (SELECT 1 FROM events WHERE dev IS NULL AND owner = ?)
       OR EXISTS (SELECT 1 FROM contacts WHERE node = ? OR owner = ?)
       OR EXISTS (SELECT 1 FROM namings JOIN events ON events.dev = namings.dev AND events.usr = namings.usr WHERE namings.usr = ?)
       OR EXISTS (SELECT 1 FROM marks WHERE dev = ?)
       OR EXISTS (SELECT 1 FROM renames WHERE src = ? OR dst = ?)`,
  );
  for (const id of nodes) {
    const node = set.nodeById(id);
    if (!node || named.has(id) || carried.get(id, id, id, id, id, id, id, id)) continue;
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
    set.identity.deleteJoins(id);
    if (devices.has(id)) {
      for (const owner of set.device(id).owners) set.identity.removeOwner(owner, id);
      set.identity.deleteNamings(id);
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
