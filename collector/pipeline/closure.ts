// Whom a request for erasure means: a person with all that is theirs, or one device (R14, consent.md section 6, step 3). Reads
// the identity graph and the events; changes nothing.

import { randomUUID } from 'node:crypto';
import type { Consent } from '../consent/consent.js';
import type { Closure, ErasureSubject, Place, Scope } from '../consent/rights/erase.js';
import { type ErasableEvent, fateOf, goes, marksOf, type Naming } from '../consent/rights/fate.js';
import { type EventRow, flag, parseBody, unpackMessageId } from '../events/store.js';
import { gateAnonymousId, gateEmail, gateIdentifier, gatePhone } from '../identity/identifier.js';
import { ownsEvents } from './resolve.js';
import { type Spellings, spellingsOf, textOf } from './spellings.js';
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
  /** Where to look for what goes. */
  scopes: readonly Scope[];
  /** Everything that owns something of theirs. */
  members: readonly number[];
  /** Whose profiles go at once. */
  leaders: readonly number[];
  /** Events that are indexed under an address or a name of theirs: whoever wrote one keeps the rest of it. */
  mentions: readonly number[];
}

export const nobody: Planned = {
  closure: { userIds: [], aliases: [], visitorIds: [], contacts: [] },
  scopes: [],
  members: [],
  leaders: [],
  mentions: [],
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

/**
 * Decided at once, from the graph and from who was named where, and at a cost that does not grow with the history; what goes
 * is looked for afterwards, in the scopes. `since`: the last event there was when it was asked for. Who came back after that,
 * under a new grant, stays.
 */
export const planErasure = (set: WorkingSet, consent: Consent, subject: ErasureSubject, since: number): Planned => {
  const device = 'anonymousId' in subject ? subject.anonymousId : 'visitorId' in subject ? subject.visitorId : null;
  if (device !== null) {
    const whole = { fate: { kind: 'whole' }, lastSeq: set.events.lastSeq() } as const;
    const { ids, visits } = underConsentOf(set, consent, device);
    const nodes = [device, ...ids].map((id) => set.findNode('anonymous_id', id)).filter((node) => node !== undefined);
    const closure = { ...nobody.closure, visitorIds: [device, ...ids] };
    return {
      closure,
      scopes: [...nodes.map(({ id }): Scope => ({ kind: 'device', node: id, ...whole })), ...visits(whole)],
      members: [],
      leaders: nodes
        .filter(({ id }) => set.identity.ownersOf(id).every((owner) => owner === id))
        .map(({ leader }) => leader),
      mentions: mentionsOf(set, closure, whole.lastSeq),
    };
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
  const ids = new Set(members.map((member) => member.id));
  // A rename that was undone leads to somebody else, and one that was set aside (a way back, R11) renames nobody.
  const isHistorical = (id: number): boolean =>
    set.identity.renamesFrom(id).some(({ dst, skipped }) => skipped == null && ids.has(dst));
  const historical = new Set(live.map(({ id }) => id).filter(isHistorical));
  // They have returned while the request waited: what came since then is a new life's.
  const returned = live.some(({ value }) => consent.hasReturned(value));
  const lastSeq = returned ? since : set.events.lastSeq();
  const users = new Set(live.map((member) => member.value));
  const scopes: Scope[] = [];
  const erased: string[] = [];
  // A set is walked to its end, with what is added on the way.
  const devices = new Set([...ids].flatMap((id) => set.identity.devicesOf(id)));
  for (const dev of devices) {
    const { kind, value } = set.nodeById(dev)!;
    if (kind !== 'anonymous_id' || (returned && !set.events.isAnyUpTo(dev, since))) continue;
    const fate = fateOf(users, namingsOn(set, dev, live, lastSeq));
    const { ids: others, visits } = underConsentOf(set, consent, value);
    if (fate.kind === 'whole') {
      erased.push(value);
      for (const id of others) devices.add(set.findNode('anonymous_id', id)!.id);
    }
    scopes.push({ kind: 'device', node: dev, fate, lastSeq, marks: marksOf(value, fate, randomUUID) });
    scopes.push(...visits({ fate, lastSeq }));
  }
  for (const id of ids)
    if (set.events.ownsAny(id)) scopes.push({ kind: 'owned', node: id, fate: { kind: 'whole' }, lastSeq });
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
  const closure: Closure = {
    userIds: live.filter((member) => !historical.has(member.id)).map((member) => member.value),
    aliases: live.filter((member) => historical.has(member.id)).map((member) => member.value),
    visitorIds: erased,
    contacts: [...contacts.values()],
  };
  if (spellingsOf(closure).any) scopes.push({ kind: 'text', node: 0, fate: { kind: 'whole' }, lastSeq });
  return {
    closure,
    scopes,
    members: [...ids],
    leaders: returned ? [] : [...new Set(members.map((member) => set.nodeById(member.id)?.leader ?? member.id))],
    mentions: mentionsOf(set, closure, lastSeq),
  };
};

/** Who was named on a device: of each the first time, of those who go the last too. Bots name nobody. */
const namingsOn = (set: WorkingSet, dev: number, users: readonly { id: number }[], lastSeq: number): Naming[] => {
  const first = set.identity
    .namingsOfDevice(dev)
    .map(({ usr, at, mid }) => ({ userId: set.nodeById(usr)!.value, at, messageId: mid }));
  const last = users.flatMap(({ id }) =>
    set.events
      .lastNaming(dev, id, lastSeq)
      .map(({ at, mid }) => ({ userId: set.nodeById(id)!.value, at, messageId: unpackMessageId(mid) })),
  );
  return [...first, ...last];
};

/**
 * What else belongs to a device, found by the receipts of its consent: other ids it had or has under it, and what it sent while
 * it had no lasting one.
 */
const underConsentOf = (
  set: WorkingSet,
  consent: Consent,
  visitorId: string,
): { ids: string[]; visits: (more: Pick<Scope, 'fate' | 'lastSeq'>) => Scope[] } => {
  const receipts = consent.receiptsOf(visitorId);
  const nodes = [...new Set(receipts.flatMap((receipt) => set.events.devicesUnder(receipt)))];
  const isId = (node: number): boolean => set.nodeById(node)?.kind === 'anonymous_id';
  return {
    ids: nodes
      .filter(isId)
      .map((node) => set.nodeById(node)!.value)
      .filter((id) => id !== visitorId),
    visits: (more) => nodes.filter((node) => !isId(node)).map((node) => ({ kind: 'visit', node, receipts, ...more })),
  };
};

/** The next events of a scope, and which of them go. */
export const lookThrough = (
  set: WorkingSet,
  { scope, past }: { scope: Scope; past: Place },
  person: { users: ReadonlySet<string>; members: ReadonlySet<number> },
  limit: number,
): { seqs: number[]; past: Place | null } => {
  const rows = set.events.somePast(scope.kind === 'owned' ? 'owner' : 'device', scope.node, past, limit);
  const seqs = rows
    .filter((row) => row.seq <= scope.lastSeq)
    .map((row) => erasable(set, row, row.owner !== null && person.members.has(row.owner)))
    .filter(({ receipt }) => !scope.receipts || (receipt !== null && scope.receipts.includes(receipt)))
    .filter((event) => goes(event, person.users, scope.fate))
    .map(({ seq }) => seq);
  const last = rows.at(-1);
  return { seqs, past: last === undefined || rows.length < limit ? null : { at: last.at, seq: last.seq } };
};

const isProvedElsewhere = (set: WorkingSet, contact: number, ids: ReadonlySet<number>): boolean =>
  set.identity
    .contactsOfNode(contact)
    .some(({ owner, assurance }) => owner !== null && !ids.has(owner) && assurance !== 'claimed');

/**
 * Events in which an erased address was typed, and aliases that say who somebody was before (R11): what of them does not go
 * as a whole is others'; the address and the name are not.
 */
const mentionsOf = (set: WorkingSet, closure: Closure, lastSeq: number): number[] => {
  const { contacts, userIds, aliases, visitorIds } = closure;
  const seqs: (number | null)[] = [];
  for (const { kind, value } of contacts) {
    const node = set.findNode(kind, value);
    for (const { seq, assurance } of node ? set.identity.contactsOfNode(node.id) : [])
      if (assurance === 'claimed') seqs.push(seq);
  }
  for (const userId of [...userIds, ...aliases]) {
    const node = set.findNode('user_id', userId);
    for (const { seq } of node ? set.identity.renamesFrom(node.id) : []) seqs.push(seq);
  }
  // Nothing but an alias has a device for its contact.
  for (const visitorId of visitorIds) {
    const node = set.findNode('anonymous_id', visitorId);
    for (const { seq } of node ? set.identity.contactsOfNode(node.id) : []) seqs.push(seq);
  }
  return seqs.filter((seq) => seq !== null && seq <= lastSeq) as number[];
};

/** The next events of anybody, and which of them may say something of these people, by the name of each. */
export const readThrough = (
  set: WorkingSet,
  people: readonly { name: number; spellings: Spellings }[],
  { pastSeq, lastSeq }: { pastSeq: number; lastSeq: number },
  limit: number,
): { found: Map<number, number[]>; past: number | null } => {
  const rows = set.events.someAfter(pastSeq, lastSeq, limit);
  const found = new Map<number, number[]>();
  for (const { seq, body } of rows) {
    const text = textOf(body);
    for (const { name, spellings } of people)
      if (spellings.mayStandIn(text)) {
        const seqs = found.get(name);
        if (seqs) seqs.push(seq);
        else found.set(name, [seq]);
      }
  }
  return { found, past: rows.length < limit ? null : rows.at(-1)!.seq };
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

export const nodeOfSubject = (set: WorkingSet, subject: ErasureSubject): number | null => {
  if ('profileId' in subject) {
    const node = set.identity.nodeByHid(subject.profileId);
    if (!node) return null;
    if (node.kind !== 'anonymous_id' || node.leader !== node.id) return node.id;
    if (set.identity.ownersOf(node.id).includes(node.id)) return node.id;
    // The id of a visitor whose every event is somebody's by now: it resolves to them, as it does for readers.
    return set.events.lastOwner(node.id) ?? node.id;
  }
  if ('userId' in subject) return set.findNode('user_id', subject.userId)?.id ?? null;
  if ('email' in subject) return set.findNode('email', subject.email)?.id ?? null;
  if ('phone' in subject) return set.findNode('phone', subject.phone)?.id ?? null;
  return null;
};
