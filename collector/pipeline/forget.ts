// Takes events out of the house: the row, what was read from it, and the identifiers nothing else carries. What remains is
// folded again, so that it is exactly what the remaining events say (R14, consent.md section 6).

import { type Narrowing, without } from '../consent/withdraw.js';
import type { AcceptedEvent } from '../events/event.js';
import { type EventRow, flag, parseBody } from '../events/store.js';
import { beatOf, beatSlotMs, record } from './record.js';
import { circumstancesOf, type WorkingSet } from './working-set.js';

/** A mark that stays where an erased person was named: it still counts as a distinct user (R4). */
export interface Mark {
  dev: number;
  at: number;
  messageId: string;
  person: string;
}

/** Deletes these events. The caller's transaction ends with `finish`, which folds what is spoilt. */
export const forgetEvents = (set: WorkingSet, seqs: Iterable<number>, marks: readonly Mark[] = []): number => {
  const nodes = new Set<number>();
  const devices = new Set<number>();
  let count = 0;
  for (const seq of seqs) {
    const row = set.events.row(seq);
    if (!row) continue;
    forgetOne(set, row, nodes, devices);
    count += 1;
  }
  for (const mark of marks) {
    set.identity.putMark(mark.dev, mark.at, mark.messageId, mark.person);
    devices.add(mark.dev);
  }
  for (const dev of devices) {
    set.device(dev).circumstances = circumstancesOf(set, dev);
    set.spoiltDevices.add(dev);
  }
  forgetNodes(set, nodes, devices);
  return count;
};

/**
 * Deletes some events and keeps others with less: a fact of its own from here on, the same event, permitted less, in the
 * place it had in the order of arrival. One that nothing is left to find by goes too. How many are still there.
 */
export const forgetAndNarrow = (
  set: WorkingSet,
  plan: { deleted: readonly number[]; narrowed: readonly Narrowing[] },
  bodies: ReadonlyMap<number, AcceptedEvent>,
): number => {
  forgetEvents(set, [...plan.deleted, ...plan.narrowed.map(({ seq }) => seq)]);
  let kept = 0;
  for (const narrowing of plan.narrowed) {
    const event = without(bodies.get(narrowing.seq)!, narrowing);
    // Without its person it can only be counted under the page's session; a server's event would find its owner by that.
    if (narrowing.identity && (event.sessionHint === null || event.trust === 'secret')) continue;
    record(set, event, narrowing.seq);
    kept += 1;
  }
  return kept;
};

const forgetOne = (set: WorkingSet, row: EventRow, nodes: Set<number>, devices: Set<number>): void => {
  const event = parseBody(row);
  const { identity } = set;
  for (const contact of identity.contactsOfEvent(row.seq)) {
    nodes.add(contact.node);
    set.spoiltPersons.add(contact.node);
  }
  identity.deleteContacts(row.seq);
  for (const key of identity.lookupsOfEvent(row.seq)) {
    for (const seeker of identity.seekers(key.kind, key.value)) if (seeker !== row.seq) set.spoiltSeekers.add(seeker);
    set.sessionHints.delete(key.value);
  }
  identity.deleteLookupsOf(row.seq);
  identity.deleteSeekers(row.seq);
  if (event.type === 'alias') {
    identity.deleteRename(event.messageId);
    if (event.previousId) {
      for (const kind of ['user_id', 'anonymous_id'] as const) {
        const node = set.findNode(kind, event.previousId);
        if (!node) continue;
        nodes.add(node.id);
        set.spoiltPersons.add(node.id);
      }
    }
  }
  const beat = beatOf(event);
  if (beat && row.dev !== null) set.events.deleteBeat(row.dev, beat.pageView, Math.floor(event.at / beatSlotMs));
  set.events.delete(row.seq);
  if (row.dev !== null) {
    nodes.add(row.dev);
    if (!(row.flags & flag.bot)) devices.add(row.dev);
  }
  if (row.usr !== null) nodes.add(row.usr);
  if (row.owner !== null) {
    nodes.add(row.owner);
    set.spoiltProfiles.add(row.owner);
    set.spoiltPersons.add(row.owner);
  }
};

/** Identifiers no event carries any more go too: the graph must not remember whom it forgot. */
const forgetNodes = (set: WorkingSet, nodes: ReadonlySet<number>, devices: Set<number>): void => {
  const carried = set.sql.prepare(
    `SELECT 1 WHERE EXISTS (SELECT 1 FROM events WHERE dev = ?)
       OR EXISTS (SELECT 1 FROM events WHERE dev IS NULL AND (owner = ? OR usr = ?))
       OR EXISTS (SELECT 1 FROM contacts WHERE node = ? OR owner = ?)
       OR EXISTS (SELECT 1 FROM namings JOIN events ON events.dev = namings.dev AND events.usr = namings.usr WHERE namings.usr = ?)
       OR EXISTS (SELECT 1 FROM marks WHERE dev = ?)
       OR EXISTS (SELECT 1 FROM renames WHERE src = ? OR dst = ?)`,
  );
  for (const id of nodes) {
    const node = set.nodeById(id);
    if (!node || carried.get(id, id, id, id, id, id, id, id, id)) continue;
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
      set.events.deleteMeasured(id);
      set.spoiltDevices.delete(id);
      set.changedDevices.delete(id);
      set.dropDevice(id);
    }
    set.spoiltPersons.delete(id);
    set.spoiltProfiles.delete(id);
    set.changedProfiles.delete(id);
    set.forgetNode(id);
  }
};
