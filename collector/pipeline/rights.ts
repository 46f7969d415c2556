// What people's rights do to the house: a consent row beside a batch, a withdrawal, an erasure. Consent says what is to
// happen; here it happens to events, sessions, identifiers and profiles, in the caller's transaction.

import { randomUUID } from 'node:crypto';
import type { Consent } from '../consent/consent.js';
import {
  type Closure,
  type ErasableEvent,
  type ErasurePlan,
  type ErasureSubject,
  planDeviceErasure,
  planPersonErasure,
} from '../consent/erase.js';
import type { Candidate } from '../consent/gate.js';
import type { RowContext, RowResult, Withdrawal } from '../consent/rows.js';
import { type HeldEvent, planWithdrawal } from '../consent/withdraw.js';
import type { AcceptedEvent } from '../events/event.js';
import { type EventRow, parseBody, unpackMessageId } from '../events/store.js';
import { gateAnonymousId, gateEmail, gateIdentifier, gatePhone } from '../identity/identifier.js';
import type { Submission } from '../log/log.js';
import { sessionRules } from '../sessions/session.js';
import { forgetAndNarrow, forgetEvents } from './forget.js';
import { record } from './record.js';
import { ownsEvents } from './resolve.js';
import type { WorkingSet } from './working-set.js';

/** Who is logged in on a device now: the user of its open session. */
const userOf = (set: WorkingSet, visitorId: string): string | null => {
  const node = set.findNode('anonymous_id', visitorId);
  const user = node ? set.device(node.id).state.session?.user : null;
  return user == null ? null : (set.nodeById(user)?.value ?? null);
};

export const rowContext = (
  set: WorkingSet,
  submission: Pick<Submission, 'receivedAt' | 'gpc' | 'origin' | 'country'>,
  sentAt: number | null,
): RowContext => ({
  receivedAt: submission.receivedAt,
  sentAt,
  gpc: submission.gpc,
  origin: submission.origin,
  country: submission.country,
  userOf: (visitorId) => userOf(set, visitorId),
  visitorIdOf: (visitorId) => {
    const gated = gateAnonymousId(visitorId, { reservedEmail: 'allow' });
    return gated.ok ? gated.value : null;
  },
});

/** What the store knows of a candidate's device: whose session it is in, and whether an erased person was there (R14, R15). */
export const situated = (set: WorkingSet, candidate: Candidate): Candidate => {
  const node = candidate.anonymousId === null ? undefined : set.findNode('anonymous_id', candidate.anonymousId);
  if (!node) return candidate;
  const { state, circumstances } = set.device(node.id);
  const session = state.session;
  const inSession = session !== null && candidate.at - session.lastActivityAt <= sessionRules.idleMaxMs;
  const person = inSession && session.user !== null ? (set.nodeById(session.user)?.value ?? null) : null;
  const { marks } = circumstances;
  if (person === null && marks.length === 0) return candidate;
  let amongErased = false;
  if (candidate.userId === null) {
    for (const name of new Set(marks.map((mark) => mark.person))) {
      const instants = marks.filter((mark) => mark.person === name).map((mark) => mark.at);
      if (candidate.at >= Math.min(...instants) && candidate.at <= Math.max(...instants)) amongErased = true;
    }
  }
  return { ...candidate, person, amongErased };
};

/** What a row asks to be done to what is already here. */
export const applyRow = (set: WorkingSet, row: RowResult): void => {
  if ((row.kind === 'accepted' || row.kind === 'same') && row.withdrawal) withdraw(set, row.withdrawal);
};

const withdraw = (set: WorkingSet, withdrawal: Withdrawal): void => {
  const devices = new Set<number>();
  const node = withdrawal.visitorId === null ? undefined : set.findNode('anonymous_id', withdrawal.visitorId);
  if (node) devices.add(node.id);
  for (const receipt of withdrawal.receipts) for (const dev of set.events.measuredUnder(receipt)) devices.add(dev);

  const bodies = new Map<number, AcceptedEvent>();
  const held: HeldEvent[] = [];
  for (const dev of devices) {
    for (const row of set.events.ofDevice(dev)) {
      const { type, name, receipt, purposes } = bodies.set(row.seq, parseBody(row)).get(row.seq)!;
      held.push({ seq: row.seq, type, name, receipt, purposes });
    }
  }
  const plan = planWithdrawal(withdrawal, held);
  forgetAndNarrow(set, plan, bodies);
};

const erasable = (row: EventRow, owned: boolean): ErasableEvent => {
  const { at, anonymousId, userId, receipt } = parseBody(row);
  return { seq: row.seq, messageId: unpackMessageId(row.mid), at, anonymousId, userId, receipt, owned };
};

interface Planned {
  closure: Closure;
  plan: ErasurePlan;
}

const nobody: Planned = {
  closure: { userIds: [], aliases: [], visitorIds: [], contacts: [] },
  plan: { deleted: [], erased: [], cut: [], marks: [] },
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

/** Whom a subject means: a person with all that is theirs, or one device. */
const planErasure = (set: WorkingSet, consent: Consent, subject: ErasureSubject): Planned => {
  const device = 'anonymousId' in subject ? subject.anonymousId : 'visitorId' in subject ? subject.visitorId : null;
  if (device !== null) {
    const receipts = consent.receiptsOf(device);
    const node = set.findNode('anonymous_id', device);
    const devices = [...(node ? [node.id] : []), ...receipts.flatMap((receipt) => set.events.measuredUnder(receipt))];
    const events = [...new Set(devices)].flatMap((dev) => set.events.ofDevice(dev).map((row) => erasable(row, false)));
    const plan = planDeviceErasure({ visitorId: device, receipts }, events);
    return { closure: { ...nobody.closure, visitorIds: [device] }, plan };
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
  const devs = new Set([...ids].flatMap((id) => set.identity.devicesOf(id)));
  const visitorIds = [...devs].map((dev) => set.nodeById(dev)!).filter((it) => it.kind === 'anonymous_id');
  const events = new Map<number, ErasableEvent>();
  const add = (row: EventRow): void => {
    events.set(row.seq, erasable(row, row.owner !== null && ids.has(row.owner)));
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
  };
};

const isProvedElsewhere = (set: WorkingSet, contact: number, ids: ReadonlySet<number>): boolean =>
  set.identity
    .contactsOfNode(contact)
    .some(({ owner, assurance }) => owner !== null && !ids.has(owner) && assurance !== 'claimed');

/** Events of others in which an erased address was typed: they are theirs, the address is not. */
const mentionsOf = (
  set: WorkingSet,
  contacts: Closure['contacts'],
  deleted: ReadonlySet<number>,
): Map<number, AcceptedEvent> => {
  const mentions = new Map<number, AcceptedEvent>();
  for (const { kind, value } of contacts) {
    const node = set.findNode(kind, value);
    if (!node) continue;
    for (const { seq, assurance } of set.identity.contactsOfNode(node.id)) {
      const row = deleted.has(seq) || assurance !== 'claimed' ? undefined : set.events.row(seq);
      if (!row) continue;
      const event = mentions.get(seq) ?? parseBody(row);
      const raw = event.contacts.find((contact) => contact.kind === kind && contact.value === value)?.raw;
      mentions.set(seq, {
        ...event,
        contacts: event.contacts.filter((contact) => contact.kind !== kind || contact.value !== value),
        traits: Object.fromEntries(
          Object.entries(event.traits).filter(
            ([, trait]) => typeof trait !== 'string' || (trait.trim().toLowerCase() !== value && trait.trim() !== raw),
          ),
        ),
      });
    }
  }
  return mentions;
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

/** Carries out what was asked for and is still open; resumes one that was interrupted. How many were done. */
export const eraseOpen = (set: WorkingSet, consent: Consent, at: number): number => {
  let done = 0;
  for (const work of consent.erasures.open()) {
    const planned: Planned =
      work.closure && work.plan
        ? { closure: work.closure, plan: work.plan }
        : work.subject
          ? planErasure(set, consent, work.subject)
          : nobody;
    consent.erasures.begin(work.id, planned.closure, planned.plan, at);
    const marks = planned.plan.marks.flatMap((mark) => {
      const node = set.findNode('anonymous_id', mark.anonymousId);
      return node ? [{ dev: node.id, at: mark.at, messageId: '', person: mark.person }] : [];
    });
    const mentions = mentionsOf(set, planned.closure.contacts, new Set(planned.plan.deleted));
    const events = forgetEvents(set, planned.plan.deleted, marks);
    forgetEvents(set, mentions.keys());
    for (const [seq, event] of mentions) record(set, event, seq);
    consent.erasures.finish(work.id, { events, devices: planned.plan.erased.length }, at);
    done += 1;
  }
  return done;
};
