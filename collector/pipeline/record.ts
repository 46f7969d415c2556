// Station: dedupe → record → sessionise. Stores an accepted event once and takes the device's step where one suffices;
// what a step cannot decide is noted as spoilt for the next station. Must not touch profiles.

import type { WarningCode } from '../contract/codes.js';
import { packBody } from '../events/body.js';
import {
  type AcceptedEvent,
  compareEvents,
  type LookupKey,
  type OwnedBecause,
  type OwnedEvent,
} from '../events/event.js';
import { minuteOf } from '../events/minutes.js';
import { type EventRow, flag, packMessageId, parseBody, reasonNumber } from '../events/store.js';
import { type DeviceEvent, stepDevice, usersLinkedMax } from '../identity/device.js';
import { joinsPeople, personCaps } from '../identity/graph.js';
import { mayBeForgotten } from '../sessions/session.js';
import { sessionIdOf } from '../sessions/store.js';
import { countEvent, discountEvent, isFloodOf } from './floods.js';
import { forgetNodes, forgetRead, type Loose, nothingLoose, seeAgain, waitingNamings } from './loose.js';
import { circumstancesOf, type DeviceEntry, floodMaxOf, type WorkingSet } from './working-set.js';

const beatName = 'Page Engaged';
/** S4 keeps the last beat of a page view; one each ten minutes is kept, so that a long read is still one session. */
export const beatSlotMs = 10 * 60_000;

const commerce = new Set([
  'Product Added',
  'Wishlist Product Added to Cart',
  'Product Removed',
  'Cart Viewed',
  'Cart Updated',
  'Checkout Started',
  'Checkout Step Viewed',
  'Checkout Step Completed',
  'Payment Info Entered',
  'Order Completed',
]);

/** A beat's page view and its cumulative milliseconds, or null. */
export const beatOf = (event: AcceptedEvent): { pageView: string; ms: number } | null => {
  if (event.type !== 'track' || event.name !== beatName) return null;
  const { page_message_id: pageView, engaged_ms: ms } = event.properties;
  return typeof pageView === 'string' && pageView.length <= 100 && typeof ms === 'number' && ms >= 0
    ? { pageView, ms }
    : null;
};

export const deviceEventOf = (event: AcceptedEvent, seq: number, user: number | null): DeviceEvent => ({
  seq,
  messageId: event.messageId,
  at: event.at,
  user,
  active: event.active,
  isPage: event.type === 'page' || event.type === 'screen',
  isCommerce: event.type === 'track' && event.name !== null && commerce.has(event.name),
  path: event.page?.path ?? null,
  touch: event.touch,
  engaged: beatOf(event),
  device: event.device,
  country: event.country,
  personal: event.purposes.includes('personalisation'),
});

/** Adds what the folds found to the event itself: its body is written by now, and nobody else holds it. */
export const ownedEvent = (event: AcceptedEvent, because: OwnedBecause, beginId: string | null): OwnedEvent => {
  const owned = event as OwnedEvent;
  owned.sessionId = beginId === null ? null : sessionIdOf(beginId);
  owned.ownedBecause = because;
  return owned;
};

export type Recorded = 'accepted' | 'duplicate' | 'id_conflict';

/** `seq`: its place in the order of arrival, where it was here before (narrowed, it keeps its place). */
export const record = (set: WorkingSet, event: AcceptedEvent, seq?: number): Recorded => {
  const mid = packMessageId(event.messageId);
  const known = set.events.seqOf(mid);
  if (known !== undefined) {
    // Identical events are one; another body under a known id is told, and the first stays.
    const first = parseBody(set.events.row(known)!);
    return sameFact(first, event) ? 'duplicate' : 'id_conflict';
  }

  const isBot = event.bot !== null && set.rules.bots === 'apart';
  // `measurement` alone: the visit is counted under the page's session, and belongs to nobody.
  const measured = !event.anonymousId && !event.userId && event.trust === 'public' && event.sessionHint !== null;
  const deviceKind = measured ? 'session_hint' : 'anonymous_id';
  const deviceName = measured ? event.sessionHint : event.anonymousId;

  // Before anything is known by it: a superseded beat is not an event.
  const beat = isBot || !deviceName ? null : beatOf(event);
  const slot = Math.floor(event.at / beatSlotMs);
  const device = beat && set.findNode(deviceKind, deviceName!);
  const kept = device ? set.events.beat(device.id, beat.pageView, slot) : undefined;
  if (kept && compareEvents({ at: kept.at, messageId: kept.mid }, event) >= 0) {
    if (set.superseded.get(event.messageId)) return 'duplicate';
    set.superseded.set(event.messageId, true);
    return 'accepted';
  }

  const deviceNode = deviceName ? set.node(deviceKind, deviceName, event.at, event.messageId) : null;
  const userNode = event.userId && !isBot ? set.node('user_id', event.userId, event.at, event.messageId) : null;
  const row: EventRow = {
    seq: seq ?? set.nextSeq(),
    mid,
    dev: deviceNode?.id ?? null,
    usr: userNode?.id ?? null,
    at: event.at,
    flags: 0,
    owner: null,
    because: reasonNumber('unowned'),
    session: null,
    via: null,
    body: packBody(event),
  };
  if (isBot) {
    set.events.insert({ ...row, flags: flag.bot });
    return 'accepted';
  }

  let replaced: Replaced | null = null;
  if (beat && row.dev !== null) {
    if (kept) {
      set.superseded.set(kept.mid, true);
      replaced = takeBeat(set, { seq: kept.seq, dev: row.dev }, event, beat.ms);
    }
    set.events.putBeat(row.dev, beat.pageView, slot, row.seq, event.at, event.messageId);
    row.flags |= flag.beat;
  }

  if (row.dev === null) recordOnServer(set, row, event);
  else {
    noteConsent(set, row.dev, event, measured);
    recordOnDevice(set, row, event, measured, replaced);
  }
  if (row.dev === null && seq === undefined) set.arrivedSeekers.add(row.seq);
  const contacts = measured ? [] : indexEvent(set, row, event);
  if (replaced) forgetBeat(set, row, replaced);
  // R13: what is flooded of a server's is marked when it gets its owner.
  if (row.dev === null)
    for (const node of row.usr === null ? new Set(contacts) : [row.usr]) countEvent(set, node, row.at);
  return 'accepted';
};

/** The same fact, whatever the clock and the connection did to it in between. */
const sameFact = (a: AcceptedEvent, b: AcceptedEvent): boolean =>
  a.type === b.type &&
  a.name === b.name &&
  a.anonymousId === b.anonymousId &&
  a.userId === b.userId &&
  factOf(a) === factOf(b);

const factOf = ({ properties, traits, groupId, groupTraits, category }: AcceptedEvent): string =>
  JSON.stringify([properties, traits, groupId, groupTraits ?? null, category ?? null]);

/** A beat that went for a later one. */
interface Replaced extends Pick<EventRow, 'usr' | 'at' | 'flags' | 'owner'> {
  messageId: AcceptedEvent['messageId'];
  event: AcceptedEvent;
  /** It said nothing that the one in its place does not say. */
  isAlike: boolean;
  /** What its going leaves to be decided again. */
  loose: Loose;
}

const takeBeat = (
  set: WorkingSet,
  { seq, dev }: Pick<EventRow, 'seq' | 'dev'>,
  next: AcceptedEvent,
  nextMs: number,
): Replaced | null => {
  const gone = set.events.take(seq);
  if (!gone) return null;
  const { usr, at, flags, owner } = gone;
  const event = parseBody(gone);
  const isAlike = saysNoMore(event, next, nextMs) && !isFirstOfHint(set, event);
  const loose = nothingLoose();
  if (!isAlike) forgetRead(set, { seq, dev }, event, loose);
  return { usr, at, flags, owner, messageId: event.messageId, event, isAlike, loose };
};

/**
 * S4: a superseded beat is not an event, and a step on top of its effects is right only where they are effects of the beat in
 * its place too. So are those of the beats a page sends while somebody reads: they are alike, and what they count grows.
 * What is remembered with its instant (a touch, a trait, a contact) would keep the wrong one, even if both say it.
 */
const saysNoMore = (event: AcceptedEvent, next: AcceptedEvent, nextMs: number): boolean =>
  beatOf(event)!.ms <= nextMs && !saysDated(event) && alikeOf(event) === alikeOf(next);

const saysDated = ({ touch, claimedUserId, contacts, keys, traits }: AcceptedEvent): boolean =>
  touch !== null ||
  claimedUserId !== null ||
  contacts.length > 0 ||
  keys.some(({ kind }) => kind !== 'session') ||
  Object.keys(traits).length > 0;

const alikeOf = ({ active, userId, assurance, purposes, locale, country, device, keys }: AcceptedEvent): string =>
  JSON.stringify([
    active,
    userId,
    assurance,
    purposes.includes('personalisation'),
    locale,
    country,
    device && [device.browser, device.os, device.kind],
    keys.map(({ value }) => value),
  ]);

/** Of a session hint only the earliest that carries it is written down. */
const isFirstOfHint = (set: WorkingSet, event: AcceptedEvent): boolean =>
  event.keys.some(({ kind, value }) => kind === 'session' && earliestOf(set, value)?.messageId === event.messageId);

/** When the one in its place is there, and what was read from it too. */
const forgetBeat = (set: WorkingSet, row: EventRow, { event, usr, loose }: Replaced): void => {
  const dev = row.dev!;
  for (const seq of loose.seekers) set.spoiltSeekers.add(seq);
  for (const id of loose.persons) set.spoiltPersons.add(id);
  for (const id of loose.profiles) set.spoiltProfiles.add(id);
  noteHints(set, loose);
  if (usr !== null && usr !== row.usr) loose.nodes.add(usr);
  const seenFirst = [...new Set([dev, ...(usr === null ? [] : [usr]), ...loose.nodes])].filter(
    (id) => set.nodeById(id)?.firstId === event.messageId,
  );
  if (seenFirst.length === 0 && loose.nodes.size === 0) return;
  const waiting = waitingNamings(set);
  for (const id of seenFirst) seeAgain(set, id, waiting.get(id) ?? []);
  forgetNodes(set, loose.nodes, waiting);
};

/** Where the first event of a hint has gone: what is left of its device, or looks for the hint, may be the first now. */
export const noteHints = (set: WorkingSet, loose: Pick<Loose, 'hints' | 'seekers'>): void => {
  const ofDevices = [...loose.hints].flatMap((dev) => set.events.ofDevice(dev));
  const named = [...loose.seekers].flatMap((seq) => set.events.row(seq) ?? []).filter((row) => row.usr !== null);
  for (const row of [...ofDevices, ...named]) {
    if (row.flags & (flag.bot | flag.measured)) continue;
    const event = parseBody(row);
    for (const key of event.keys) if (key.kind === 'session') noteKey(set, key, row.seq, event);
  }
};

/**
 * What else than its present id a device's events are found by when its consent is taken back, or it is erased: a receipt of
 * the same consent. So are visits without a lasting id, what stays (`onWithdraw: stop`) under an id that was given up, and
 * the id that came in its place.
 */
const noteConsent = (set: WorkingSet, dev: number, event: AcceptedEvent, measured: boolean): void => {
  const { receipt, purposes } = event;
  if (receipt === null) return;
  if (measured || !purposes.includes('personalisation')) set.events.putUnder(receipt, dev);
  else if (set.newborn.has(dev)) {
    const former = set.formerReceiptOf(receipt);
    if (former !== null) set.events.putUnder(former, dev);
  }
};

const recordOnDevice = (
  set: WorkingSet,
  row: EventRow,
  event: AcceptedEvent,
  measured: boolean,
  replaced: Replaced | null,
): void => {
  const dev = row.dev!;
  const device = set.device(dev);
  if (measured) row.flags |= flag.measured;
  if (replaced && (!replaced.isAlike || isNaming(set, dev, row.usr, replaced) || mayBeFirst(device, dev, replaced)))
    set.spoiltDevices.add(dev);
  if (isForgotten(set, device, dev, event)) set.spoiltDevices.add(dev);
  if (row.usr !== null) noteNaming(set, dev, row.usr, event, device);
  const ofUser = countUser(set, row, replaced);
  if (ofUser === 'begins') set.spoiltDevices.add(dev);

  const spoilt = set.spoiltDevices.has(dev);
  const sessionBefore = device.state.session;
  const step = spoilt
    ? ({ kind: 'refold' } as const)
    : stepDevice(device.state, deviceEventOf(event, row.seq, row.usr), device.circumstances, replaced?.messageId);
  const ofDevice = step.kind === 'refold' ? false : countOnDevice(set, device, event.at, replaced);
  if (step.kind === 'refold' || ofDevice === 'begins') {
    set.spoiltDevices.add(dev);
    set.events.insert(row);
    if (replaced?.owner != null) set.spoiltProfiles.add(replaced.owner);
    return;
  }
  const owner = measured ? null : (step.assignment.owner ?? dev);
  if (replaced?.owner != null && replaced.owner !== owner) set.spoiltProfiles.add(replaced.owner);
  row.owner = owner;
  row.because = reasonNumber(measured ? 'unowned' : step.assignment.because);
  row.session = step.assignment.session;
  const flooded = ofUser === 'goes_on' || ofDevice === 'goes_on';
  if (flooded) {
    row.flags |= flag.flooded;
    set.warn('burst' satisfies WarningCode);
  }
  set.events.insert(row);
  set.changedDevices.set(dev, device);
  // The open session is saved with its device; a batch may hold several visits.
  if (step.began && sessionBefore) set.sessions.put(dev, sessionBefore);
  if (step.began && device.lastViaAt !== null && device.lastViaAt >= event.at) {
    for (const server of set.events.ofVia(dev, event.at)) set.spoiltSeekers.add(server.seq);
  }
  if (owner === null) return;
  if (!device.owners.has(owner)) {
    device.owners.add(owner);
    set.identity.addOwner(owner, dev);
    // Who owns something for the first time is a person now: joins that were none are.
    set.spoiltPersons.add(owner);
  }
  if (!flooded)
    set.pending.push({ owner, event: ownedEvent(event, step.assignment.because, step.session?.beginId ?? null) });
};

/** The beat that went named somebody whom the one in its place does not, or was their first naming here. */
const isNaming = (set: WorkingSet, dev: number, usr: number | null, replaced: Replaced): boolean =>
  replaced.usr !== null && (replaced.usr !== usr || set.identity.naming(dev, replaced.usr)?.mid === replaced.messageId);

/** S4: what its page view had was counted; how much it was, the device's state has no room to say. */
const isForgotten = (set: WorkingSet, { state }: DeviceEntry, dev: number, event: AcceptedEvent): boolean => {
  const beat = beatOf(event);
  if (!beat || !mayBeForgotten(state, beat.pageView)) return false;
  return set.events.isBeatBefore(dev, beat.pageView, Math.floor(event.at / beatSlotMs));
};

/**
 * Of a device that names somebody, what names nobody may be its own all the same. The beat that went may have been the first
 * of these, and so the first sight of their owner; not where nobody is named in its visit, which it did not begin.
 */
const mayBeFirst = ({ state }: DeviceEntry, dev: number, { owner }: Replaced): boolean =>
  owner === dev && (state.users.length === 1 || (state.users.length > 1 && state.session?.user !== null));

/** R13. The event that crosses the bound makes the device fold again: its whole minute is counted apart. */
const countOnDevice = (
  set: WorkingSet,
  device: DeviceEntry,
  at: number,
  replaced: Replaced | null,
): 'begins' | 'goes_on' | false => {
  const minute = minuteOf(at);
  // The flood it was part of may be over.
  if (replaced && replaced.flags & flag.flooded && minuteOf(replaced.at) !== minute) return 'begins';
  if (device.minute !== minute) {
    device.minute = minute;
    device.inMinute = 0;
  }
  const isMore = replaced === null || minuteOf(replaced.at) !== minute;
  if (isMore) device.inMinute += 1;
  const floodMax = floodMaxOf(set.rules);
  if (device.inMinute <= floodMax) return false;
  return isMore && device.inMinute === floodMax + 1 ? 'begins' : 'goes_on';
};

/** R13. A beat in the place of another in the same minute, by the same user, leaves the count as it was. */
const countUser = (
  set: WorkingSet,
  { usr, at }: Pick<EventRow, 'usr' | 'at'>,
  replaced: Replaced | null,
): 'begins' | 'goes_on' | false => {
  if (replaced && replaced.usr === usr && minuteOf(replaced.at) === minuteOf(at)) {
    return usr !== null && isFloodOf(set, usr, at) ? 'goes_on' : false;
  }
  if (replaced && replaced.usr !== null) {
    discountEvent(set, replaced.usr, replaced.at, { devices: set.spoiltDevices, seekers: set.spoiltSeekers });
  }
  return usr === null ? false : countEvent(set, usr, at);
};

/**
 * R13: a device links none of its users after the third, and a user's 51st device links nobody; an earlier one that turns up
 * late takes the place of another. Each is a hit when it is first seen.
 */
const noteNaming = (set: WorkingSet, dev: number, user: number, event: AcceptedEvent, device: DeviceEntry): void => {
  // Who is named again by a device's newest event was named there earlier: not worth a look, for each event of a login.
  const { state } = device;
  const isNewest = state.last !== null && compareEvents(state.last, event) < 0 && !set.spoiltDevices.has(dev);
  if (isNewest && state.users.includes(user)) return;
  const known = set.identity.naming(dev, user);
  if (known && compareEvents({ at: known.at, messageId: known.mid }, event) <= 0) return;
  set.identity.putNaming(dev, user, event.at, event.messageId);
  if (!known && usersOf(set, dev, device) > usersLinkedMax) set.warn('device_limit' satisfies WarningCode);
  const cap = personCaps.anonymous_id!;
  if (set.identity.countNamings(user) <= cap) return;
  const last = set.identity.namingsOfUser(user)[cap];
  if (!known) set.warn('profile_limit' satisfies WarningCode);
  device.circumstances = circumstancesOf(set, dev);
  set.spoiltDevices.add(dev);
  if (last && last.dev !== dev) {
    set.device(last.dev).circumstances = circumstancesOf(set, last.dev);
    set.spoiltDevices.add(last.dev);
  }
};

/** R14: an erased person's mark counts as one. */
const usersOf = (set: WorkingSet, dev: number, { circumstances }: DeviceEntry): number =>
  set.identity.namingsOfDevice(dev).length + new Set(circumstances.marks.map(({ person }) => person)).size;

const recordOnServer = (set: WorkingSet, row: EventRow, event: AcceptedEvent): void => {
  set.events.insert(row);
  for (const key of event.keys) set.identity.putSeeker(key.kind, key.value, row.seq);
  set.spoiltSeekers.add(row.seq);
};

/** Look-up keys, contacts and renames an event brings; gives the nodes of its contacts. */
export const indexEvent = (
  set: WorkingSet,
  row: Pick<EventRow, 'seq' | 'dev' | 'usr' | 'owner'>,
  event: AcceptedEvent,
): number[] => {
  const touched: number[] = [];
  const carries = row.dev !== null || row.usr !== null;
  for (const key of event.keys) {
    if (carries && noteKey(set, key, row.seq, event)) {
      for (const seq of set.identity.seekers(key.kind, key.value)) if (seq !== row.seq) set.spoiltSeekers.add(seq);
    }
  }
  for (const contact of event.contacts) {
    const node = set.node(contact.kind, contact.value, event.at, event.messageId);
    touched.push(node.id);
    set.newborn.delete(node.id);
    if (row.owner !== null) set.newborn.delete(row.owner);
    set.identity.putContact({
      seq: row.seq,
      node: node.id,
      owner: row.owner,
      assurance: event.assurance,
      at: event.at,
      mid: event.messageId,
    });
    if (joinsPeople(contact.kind, event.assurance, set.rules.emailMerge)) set.spoiltPersons.add(node.id);
  }
  if (event.type === 'alias' && event.previousId && event.trust === 'secret' && row.usr !== null) {
    const from = set.node('user_id', event.previousId, event.at, event.messageId);
    set.identity.putRename({
      mid: event.messageId,
      seq: row.seq,
      src: from.id,
      dst: row.usr,
      at: event.at,
      reason: 'alias',
    });
    set.newborn.delete(from.id);
    set.newborn.delete(row.usr);
    set.spoiltPersons.add(row.usr);
    // What is renamed may as well be a device: its remainder joins too.
    const device = set.node('anonymous_id', event.previousId, event.at, event.messageId);
    set.newborn.delete(device.id);
    set.identity.putContact({
      seq: row.seq,
      node: device.id,
      owner: row.usr,
      assurance: event.assurance,
      at: event.at,
      mid: event.messageId,
    });
    set.spoiltPersons.add(device.id);
    touched.push(from.id, device.id);
  }
  return touched;
};

/** True if server events that look for this key may now find another owner. Of a session hint only the earliest is kept. */
const noteKey = (set: WorkingSet, key: LookupKey, seq: number, event: AcceptedEvent): boolean => {
  if (key.kind !== 'session') {
    set.identity.putLookup(key.kind, key.value, event.at, event.messageId, seq);
    return set.identity.isCarrier({ ...key, at: event.at, mid: event.messageId });
  }
  const earliest = earliestOf(set, key.value);
  if (earliest && compareEvents(earliest, event) <= 0) return false;
  if (earliest) set.identity.deleteLookups('session', key.value);
  set.identity.putLookup('session', key.value, event.at, event.messageId, seq);
  set.sessionHints.set(key.value, { at: event.at, messageId: event.messageId });
  return true;
};

const earliestOf = (set: WorkingSet, hint: string): { at: number; messageId: string } | undefined => {
  const known = set.sessionHints.get(hint);
  if (known) return known;
  const row = set.identity.lookups('session', hint)[0];
  if (!row) return undefined;
  const earliest = { at: row.at, messageId: row.mid };
  set.sessionHints.set(hint, earliest);
  return earliest;
};
