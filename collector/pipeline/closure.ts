// Whom a request for erasure means: a person with all that is theirs, or one device (R14, consent.md section 6, step 3). Reads
// the identity graph and the events; changes nothing.

import { randomUUID } from 'node:crypto';
import type { Consent } from '../consent/consent.js';
import {
  type Closure,
  type ErasableEvent,
  type ErasurePlan,
  type ErasureSubject,
  planDeviceErasure,
  planPersonErasure,
} from '../consent/rights/erase.js';
import type { AcceptedEvent } from '../events/event.js';
import { type EventRow, flag, parseBody, unpackMessageId } from '../events/store.js';
import { gateAnonymousId, gateEmail, gateIdentifier, gatePhone } from '../identity/identifier.js';
import { ownsEvents } from './resolve.js';
import type { WorkingSet } from './working-set.js';

/** From the columns beside the body wherever they tell it: a long history is not parsed to be deleted. */
const erasable = (set: WorkingSet, row: EventRow, owned: boolean): ErasableEvent => {
  const device = row.dev === null ? undefined : set.nodeById(row.dev);
  const body = row.flags & (flag.measured | flag.bot) ? parseBody(row) : null;
  return {
    seq: row.seq,
    messageId: unpackMessageId(row.mid),
    at: row.at,
    anonymousId: body ? body.anonymousId : device?.kind === 'anonymous_id' ? device.value : null,
    userId: body ? body.userId : row.usr === null ? null : (set.nodeById(row.usr)?.value ?? null),
    receipt: body?.receipt ?? null,
    owned,
  };
};

export interface Planned {
  closure: Closure;
  plan: ErasurePlan;
  /** Whose profiles go at once. */
  leaders: readonly number[];
}

export const nobody: Planned = {
  closure: { userIds: [], aliases: [], visitorIds: [], contacts: [] },
  plan: { deleted: [], erased: [], cut: [], marks: [] },
  leaders: [],
};

/**
 * Who an address that nobody proved belongs to: each device or user that only ever claimed this one. Whoever claims several
 * may be somebody else, and loses the address alone.
 */
const claimants = (set: WorkingSet, node: number, kind: string): number[] => {
  const leaders = new Set<number>();
  for (const { owner } of set.identity.contactsOfNode(node)) {
    const leader = owner === null ? undefined : set.nodeById(owner)?.leader;
    if (leader !== undefined) leaders.add(leader);
  }
  return [...leaders].filter((leader) => {
    const nodes = set.identity.members(leader).flatMap((member) => set.identity.contactsOfOwner(member.id));
    return nodes.every((contact) => contact.node === node || set.nodeById(contact.node)?.kind !== kind);
  });
};

/** `since`: the last event there was when it was asked for. Who came back after that, under a new grant, stays. */
export const planErasure = (set: WorkingSet, consent: Consent, subject: ErasureSubject, since: number): Planned => {
  const device = 'anonymousId' in subject ? subject.anonymousId : 'visitorId' in subject ? subject.visitorId : null;
  if (device !== null) {
    const receipts = consent.receiptsOf(device);
    const node = set.findNode('anonymous_id', device);
    const devices = [...(node ? [node.id] : []), ...receipts.flatMap((receipt) => set.events.measuredUnder(receipt))];
    const events = [...new Set(devices)].flatMap((dev) =>
      set.events.ofDevice(dev).map((row) => erasable(set, row, false)),
    );
    const plan = planDeviceErasure({ visitorId: device, receipts }, events);
    const leaders = node && set.identity.ownersOf(node.id).every((owner) => owner === node.id) ? [node.leader] : [];
    return { closure: { ...nobody.closure, visitorIds: [device] }, plan, leaders };
  }

  const node = nodeOfSubject(set, subject);
  if (!node) return nobody;
  const { kind, leader } = set.nodeById(node)!;
  let members = set.identity.members(leader);
  const isContact = kind === 'email' || kind === 'phone';
  if (isContact && !members.some((member) => member.kind === 'user_id' || ownsEvents(set, member.id))) {
    members = [...members, ...claimants(set, node, kind).flatMap((claimant) => set.identity.members(claimant))];
  }
  const live = members.filter((member) => member.kind === 'user_id');
  const historical = new Set(live.flatMap((member) => set.identity.renamesFrom(member.id).map((rename) => rename.src)));
  const ids = new Set(members.map((member) => member.id));
  // They have returned while the request waited: what came since then is a new life's.
  const returned = live.some(({ value }) => consent.hasReturned(value));
  const isMeant = (row: EventRow): boolean => !returned || row.seq <= since;
  const devs = new Set(
    [...ids].flatMap((id) => set.identity.devicesOf(id)).filter((dev) => set.events.ofDevice(dev).some(isMeant)),
  );
  const visitorIds = [...devs].map((dev) => set.nodeById(dev)!).filter((it) => it.kind === 'anonymous_id');
  const events = new Map<number, ErasableEvent>();
  const add = (row: EventRow): void => {
    if (isMeant(row)) events.set(row.seq, erasable(set, row, row.owner !== null && ids.has(row.owner)));
  };
  for (const dev of devs) for (const row of set.events.ofDevice(dev)) add(row);
  for (const { value } of visitorIds) {
    for (const receipt of consent.receiptsOf(value)) {
      for (const dev of set.events.measuredUnder(receipt)) for (const row of set.events.ofDevice(dev)) add(row);
    }
  }
  for (const id of ids) for (const row of set.events.ofOwner(id)) add(row);
  const plan = planPersonErasure(
    {
      userIds: live.map((member) => member.value),
      visitorIds: visitorIds.map((it) => it.value),
      receiptsOf: consent.receiptsOf,
    },
    events.values(),
    randomUUID,
  );
  const contacts = new Map<string, Closure['contacts'][number]>();
  for (const member of members) {
    // What somebody else has proved to be theirs too stays with them.
    if (member.id !== node && isProvedElsewhere(set, member.id, ids)) continue;
    if (member.kind === 'email' || member.kind === 'phone' || member.kind.startsWith('external:')) {
      contacts.set(`${member.kind}:${member.value}`, {
        kind: member.kind as Closure['contacts'][number]['kind'],
        value: member.value,
      });
    }
  }
  return {
    closure: {
      userIds: live.filter((member) => !historical.has(member.id)).map((member) => member.value),
      aliases: live.filter((member) => historical.has(member.id)).map((member) => member.value),
      visitorIds: plan.erased,
      contacts: [...contacts.values()],
    },
    plan,
    leaders: returned ? [] : [...new Set(members.map((member) => set.nodeById(member.id)?.leader ?? member.id))],
  };
};

const isProvedElsewhere = (set: WorkingSet, contact: number, ids: ReadonlySet<number>): boolean =>
  set.identity
    .contactsOfNode(contact)
    .some(({ owner, assurance }) => owner !== null && !ids.has(owner) && assurance !== 'claimed');

/** Events of others in which an erased address was typed: they are theirs, the address is not. */
export const mentionsOf = (
  set: WorkingSet,
  contacts: Closure['contacts'],
  deleted: ReadonlySet<number>,
): ReadonlySet<number> => {
  const mentions = new Set<number>();
  for (const { kind, value } of contacts) {
    const node = set.findNode(kind, value);
    if (!node) continue;
    for (const { seq, assurance } of set.identity.contactsOfNode(node.id))
      if (!deleted.has(seq) && assurance === 'claimed') mentions.add(seq);
  }
  return mentions;
};

/** The event without these addresses, wherever they stand in it. */
export const withoutContacts = (event: AcceptedEvent, contacts: Closure['contacts']): AcceptedEvent => {
  const spellings = new Set<string>();
  const isNamed = (kind: string, value: string): boolean =>
    contacts.some((contact) => contact.kind === kind && contact.value === value);
  for (const { kind, value, raw } of event.contacts) {
    if (!isNamed(kind, value)) continue;
    spellings.add(value.toLowerCase());
    spellings.add(raw.trim().toLowerCase());
  }
  const kept = <Value>(bag: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(
      Object.entries(bag).filter(
        ([, value]) => typeof value !== 'string' || !spellings.has(value.trim().toLowerCase()),
      ),
    );
  return {
    ...event,
    contacts: event.contacts.filter(({ kind, value }) => !isNamed(kind, value)),
    traits: kept(event.traits),
    properties: kept(event.properties),
  };
};

/** Identifiers in the form in which they are compared (R2): what is refused as one is kept as it was asked. */
export const subjectOf = (asked: ErasureSubject): ErasureSubject => {
  const allowed = { reservedEmail: 'allow' } as const;
  if ('userId' in asked) {
    const gated = gateIdentifier(asked.userId, allowed);
    return gated.ok ? { userId: gated.value } : asked;
  }
  if ('anonymousId' in asked) {
    const gated = gateAnonymousId(asked.anonymousId, allowed);
    return gated.ok ? { anonymousId: gated.value } : asked;
  }
  if ('email' in asked) {
    const gated = gateEmail(asked.email, allowed);
    return gated.ok ? { email: gated.value } : asked;
  }
  if ('phone' in asked) {
    const gated = gatePhone(asked.phone);
    return gated.ok ? { phone: gated.value } : asked;
  }
  return asked;
};

const nodeOfSubject = (set: WorkingSet, subject: ErasureSubject): number | null => {
  if ('profileId' in subject) {
    const node = set.identity.nodeByHid(subject.profileId);
    if (!node) return null;
    if (node.kind !== 'anonymous_id' || set.identity.ownersOf(node.id).includes(node.id)) return node.id;
    // The id of a visitor whose every event is somebody's by now: it resolves to them, as it does for readers.
    const owned = set.events.ofDevice(node.id).filter((row) => row.owner !== null);
    return owned.at(-1)?.owner ?? node.id;
  }
  if ('userId' in subject) return set.findNode('user_id', subject.userId)?.id ?? null;
  if ('email' in subject) return set.findNode('email', subject.email)?.id ?? null;
  if ('phone' in subject) return set.findNode('phone', subject.phone)?.id ?? null;
  return null;
};
