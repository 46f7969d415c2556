// Everything that is kept of one person, for the person (GDPR 15 and 20): who is meant, and each store page by page. Unlike
// the read model it hides nothing for purposes: what may not be used any more is still kept, and theirs to see. Reads only.

import { iso } from '../contract/instant.js';
import type { Page, Profile } from '../contract/profile.js';
import { purposes } from '../contract/purposes.js';
import { type EventRow, parseBody, reasonOf, unpackMessageId } from '../events/store.js';
import { gateAnonymousId, gateEmail, gateIdentifier } from '../identity/identifier.js';
import { identityStore, type NodeRow } from '../identity/store.js';
import type { SubjectAsked } from '../log/log.js';
import type { Sql } from '../store/sql.js';
import type { PeopleReading } from './reading.js';

/** A receipt is proved before, and finds nothing. */
export type DisclosureSubject = Omit<SubjectAsked, 'receipt'>;

/** Whom a request means: a person, or one device alone. */
export interface Meant {
  /** null: a device of somebody's, or nobody. */
  profileId: string | null;
  identities: { type: string; value: string }[];
  /** Rows of nodes: where events are looked for. */
  devices: number[];
  owners: number[];
  /** Of a device that asks for itself: all it sent, whoever it is given to. */
  alone: boolean;
}

export const disclosedStores = ['profile', 'events', 'sessions', 'carts', 'orders', 'merges'] as const;
export type DisclosedStore = (typeof disclosedStores)[number];

export interface DisclosureReading {
  meant: (subject: DisclosureSubject) => Meant;
  disclosed: (meant: Meant, store: DisclosedStore, cursor: string | null, now: number) => Page<object>;
}

const pageItems = 500;
const allowed = { reservedEmail: 'allow' } as const;
const nobody: Meant = { profileId: null, identities: [], devices: [], owners: [], alone: false };
/** `read`: a read model that no denial narrows. */
export const disclosureReading = (sql: Sql, read: PeopleReading): DisclosureReading => {
  const identity = identityStore(sql);
  const ofDevice = sql.prepare<EventRow>(
    'SELECT * FROM events WHERE dev = ? AND (at, seq) > (?, ?) ORDER BY at, seq LIMIT ?',
  );
  const ofOwner = sql.prepare<EventRow>(
    'SELECT * FROM events WHERE dev IS NULL AND owner = ? AND (at, seq) > (?, ?) ORDER BY at, seq LIMIT ?',
  );
  const sessionsOf = sql.prepare<{ public_id: string; body: string }>(
    'SELECT public_id, body FROM sessions WHERE dev = ? AND started_at > ? ORDER BY started_at LIMIT ?',
  );
  const latestOwner = sql.prepare<{ owner: number }>(
    'SELECT owner FROM events WHERE dev = ? AND owner IS NOT NULL ORDER BY at DESC, seq DESC LIMIT 1',
  );

  const nodeOf = (subject: DisclosureSubject): NodeRow | undefined => {
    if (subject.profileId !== undefined) {
      const node = identity.nodeByHid(subject.profileId);
      if (node?.kind !== 'anonymous_id' || node.leader !== node.id) return node;
      if (identity.ownersOf(node.id).includes(node.id)) return node;
      const owner = latestOwner.get(node.id)?.owner;
      return owner === undefined ? node : identity.node(owner);
    }
    if (subject.userId !== undefined) {
      const gated = gateIdentifier(subject.userId, allowed);
      return gated.ok ? identity.nodeBy('user_id', gated.value) : undefined;
    }
    if (subject.email !== undefined) {
      const gated = gateEmail(subject.email, allowed);
      return gated.ok ? identity.nodeBy('email', gated.value) : undefined;
    }
    if (subject.phone !== undefined) return identity.nodeBy('phone', subject.phone);
    return undefined;
  };

  const meant: DisclosureReading['meant'] = (subject) => {
    const device = subject.anonymousId ?? subject.visitorId;
    if (device !== undefined) {
      const gated = gateAnonymousId(device, allowed);
      const node = gated.ok ? identity.nodeBy('anonymous_id', gated.value) : undefined;
      if (!node) return nobody;
      const own = identity.ownersOf(node.id).every((owner) => owner === node.id);
      return {
        profileId: own ? node.hid : null,
        identities: [{ type: 'anonymous_id', value: node.value }],
        devices: [node.id],
        owners: own ? [node.id] : [],
        alone: true,
      };
    }
    const node = nodeOf(subject);
    if (!node) return nobody;
    const members = identity.members(node.leader);
    const owners = members.map((member) => member.id);
    const devices = [...new Set(owners.flatMap((owner) => identity.devicesOf(owner)))];
    const identities = new Map<string, { type: string; value: string }>();
    for (const id of [
      ...owners,
      ...devices,
      ...owners.flatMap((it) => identity.contactsOfOwner(it).map((c) => c.node)),
    ]) {
      const known = identity.node(id);
      if (known && known.kind !== 'session_hint')
        identities.set(`${known.kind} ${known.value}`, { type: known.kind, value: known.value });
    }
    const leader = identity.node(node.leader);
    return { profileId: leader?.hid ?? null, identities: [...identities.values()], devices, owners, alone: false };
  };

  const eventItem = (row: EventRow): object => {
    const event = parseBody(row);
    return {
      messageId: unpackMessageId(row.mid),
      type: event.type,
      event: event.name,
      at: iso(event.at),
      receivedAt: iso(event.receivedAt),
      anonymousId: event.anonymousId,
      userId: event.userId,
      properties: event.properties,
      traits: event.traits,
      ...(event.type === 'group' ? { group: { id: event.groupId, traits: event.groupTraits ?? {} } } : {}),
      ...(event.category ? { category: event.category } : {}),
      contacts: event.contacts.map(({ kind, raw }) => ({ type: kind, value: raw })),
      page: event.page,
      source: event.touch,
      device: event.device,
      country: event.country,
      locale: event.locale,
      sentBy: event.trust === 'secret' ? 'the site’s server' : 'your device',
      purposes: event.purposes,
      receipt: event.receipt,
      ...(event.releasedAt ? { heldUntil: iso(event.releasedAt) } : {}),
      ownedBecause: reasonOf(row.because),
    };
  };

  /** Cursor: which of the sources, and the last event of it. */
  const events = ({ devices, owners, alone }: Meant, cursor: string | null): Page<object> => {
    const sources = [...devices.map((id) => ({ id, read: ofDevice })), ...owners.map((id) => ({ id, read: ofOwner }))];
    const mine = new Set(owners);
    const [from = 0, at = Number.MIN_SAFE_INTEGER, seq = 0] = cursor === null ? [] : cursor.split(' ').map(Number);
    const source = sources[from];
    if (!source) return { items: [], next: null };
    const rows = source.read.all(source.id, at, seq, pageItems);
    const last = rows.at(-1);
    const more = last && rows.length === pageItems ? `${from} ${last.at} ${last.seq}` : `${from + 1}`;
    return {
      items: rows.filter((row) => alone || row.owner === null || mine.has(row.owner)).map(eventItem),
      next: from + 1 >= sources.length && rows.length < pageItems ? null : more,
    };
  };
  const sessions = ({ devices }: Meant, cursor: string | null): Page<object> => {
    const [from = 0, after = Number.MIN_SAFE_INTEGER] = cursor === null ? [] : cursor.split(' ').map(Number);
    const dev = devices[from];
    if (dev === undefined) return { items: [], next: null };
    const rows = sessionsOf.all(dev, after, pageItems);
    const items = rows.map((row) => {
      const { begin: _begin, user: _user, beginId: _id, ...session } = JSON.parse(row.body) as Record<string, unknown>;
      return { id: row.public_id, ...session };
    });
    const last = rows.length === pageItems ? (JSON.parse(rows.at(-1)!.body) as { startedAt: number }).startedAt : null;
    const next = last === null ? (from + 1 < devices.length ? `${from + 1}` : null) : `${from} ${last}`;
    return { items, next };
  };

  return {
    meant,
    disclosed: (whose, store, cursor, now) => {
      if (store === 'events') return events(whose, cursor);
      if (store === 'sessions') return sessions(whose, cursor);
      const { profileId } = whose;
      if (profileId === null) return { items: [], next: null };
      if (store === 'profile') {
        const profile: Profile | null = read.profile(profileId, { purposes, now });
        return { items: profile ? [profile] : [], next: null };
      }
      return read[store](profileId, { purposes, now, limit: pageItems, cursor }) ?? { items: [], next: null };
    },
  };
};
