// Identity's tables: nodes (identifiers that can own or join), device states, first namings, contacts, look-up keys, staff
// acts. Everything but the staff acts can be made again from the events.

import type { ProfileId } from '../contract/ids.js';
import type { Assurance } from '../contract/purposes.js';
import type { LookupKind } from '../events/event.js';
import type { Session } from '../sessions/session.js';
import { hmacSha256, sha256Text } from '../store/digest.js';
import type { Migration, Sql } from '../store/sql.js';
import type { DeviceState } from './device.js';
import type { NodeKind, SkipCode } from './graph.js';

/**
 * `nodes.leader` is the node whose profile this identifier is in now. `hid` is the profile id the identifier gives when it is
 * the senior one: every id a profile ever had resolves through it. `lookups` hold each event that carries an order, cart or
 * checkout key, and the earliest one of a session hint; `seekers` are server events that look for their owner by key.
 * `hearsay` has those of them without a user once more, by key and instant: who found a person by a carrier or a contact of
 * its own vouches for its keys, who found nobody asks them.
 */
export const identityMigrations: readonly Migration[] = [
  {
    name: '0002-identity',
    sql: `
      CREATE TABLE site (key TEXT PRIMARY KEY, value TEXT NOT NULL);
      CREATE TABLE nodes (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        value TEXT NOT NULL,
        hid TEXT NOT NULL,
        leader INTEGER NOT NULL,
        first_at INTEGER NOT NULL,
        first_id TEXT NOT NULL,
        UNIQUE (kind, value)
      );
      CREATE UNIQUE INDEX nodes_by_hid ON nodes (hid);
      CREATE INDEX nodes_by_leader ON nodes (leader) WHERE leader <> id;
      CREATE TABLE devices (dev INTEGER PRIMARY KEY, state TEXT NOT NULL);
      CREATE TABLE device_owners (owner INTEGER NOT NULL, dev INTEGER NOT NULL, PRIMARY KEY (owner, dev)) WITHOUT ROWID;
      CREATE INDEX device_owners_by_device ON device_owners (dev);
      CREATE TABLE namings (
        dev INTEGER NOT NULL, usr INTEGER NOT NULL, at INTEGER NOT NULL, mid TEXT NOT NULL, merge_id TEXT NOT NULL,
        PRIMARY KEY (dev, usr)
      ) WITHOUT ROWID;
      CREATE INDEX namings_by_user ON namings (usr, at);
      CREATE INDEX namings_by_merge ON namings (merge_id);
      CREATE TABLE marks (dev INTEGER NOT NULL, at INTEGER NOT NULL, mid TEXT NOT NULL, person TEXT NOT NULL);
      CREATE INDEX marks_by_device ON marks (dev);
      CREATE TABLE contacts (
        seq INTEGER NOT NULL, node INTEGER NOT NULL, owner INTEGER, assurance TEXT NOT NULL, at INTEGER NOT NULL, mid TEXT NOT NULL,
        PRIMARY KEY (seq, node)
      ) WITHOUT ROWID;
      CREATE INDEX contacts_by_node ON contacts (node);
      CREATE INDEX contacts_by_owner ON contacts (owner);
      CREATE TABLE lookups (
        kind TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL, mid TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (kind, value, at, mid)
      ) WITHOUT ROWID;
      CREATE INDEX lookups_by_event ON lookups (seq);
      CREATE TABLE seekers (
        kind TEXT NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (kind, value, seq)
      ) WITHOUT ROWID;
      CREATE INDEX seekers_by_event ON seekers (seq);
      CREATE TABLE renames (
        mid TEXT PRIMARY KEY, seq INTEGER, src INTEGER NOT NULL, dst INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL
      );
      CREATE INDEX renames_by_source ON renames (src);
      CREATE INDEX renames_by_target ON renames (dst);
      CREATE TABLE joins (
        id TEXT NOT NULL, leader INTEGER NOT NULL, cause TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
        a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (leader, id)
      ) WITHOUT ROWID;
      CREATE TABLE pins (
        merge_id TEXT PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL, undone_at INTEGER NOT NULL, undone_by TEXT NOT NULL,
        cause TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL
      );
      CREATE INDEX pins_a ON pins (a);
      CREATE INDEX pins_b ON pins (b);
      CREATE TABLE warnings (code TEXT NOT NULL, detail TEXT NOT NULL, count INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (code, detail)) WITHOUT ROWID;
    `,
  },
  // Why the last decision joined nobody by it, so that a hit is counted when it is new and not at each decision.
  {
    name: '0083-skipped-joins',
    sql: `
      ALTER TABLE contacts ADD COLUMN skipped TEXT;
      ALTER TABLE renames ADD COLUMN skipped TEXT;
    `,
  },
  {
    name: '0085-hearsay',
    sql: `
      CREATE TABLE hearsay (
        kind TEXT NOT NULL, value TEXT NOT NULL, asks INTEGER NOT NULL, at INTEGER NOT NULL, mid TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (kind, value, asks, at, mid)
      ) WITHOUT ROWID;
      CREATE INDEX hearsay_by_event ON hearsay (seq);
      INSERT INTO hearsay (kind, value, asks, at, mid, seq)
        SELECT kind, value, owner IS NULL, at,
          CASE typeof(mid) WHEN 'blob' THEN lower(
            substr(hex(mid), 1, 8) || '-' || substr(hex(mid), 9, 4) || '-' || substr(hex(mid), 13, 4) || '-' ||
            substr(hex(mid), 17, 4) || '-' || substr(hex(mid), 21)
          ) ELSE mid END,
          seekers.seq
        FROM seekers JOIN events ON events.seq = seekers.seq
        WHERE kind IN ('order', 'cart', 'checkout') AND dev IS NULL AND usr IS NULL;
    `,
  },
  // A device and its open visit are one row, that of the visit (sessions/store.ts). Here stands what a device without one
  // knows, and of a store from before, what it knew.
  {
    name: '0801-open-visits',
    sql: `
      ALTER TABLE devices ADD COLUMN session INTEGER;
      UPDATE devices SET session = json_extract(state, '$.session.begin'), state = json_remove(state, '$.session');
    `,
  },
];

export interface NodeRow {
  id: number;
  kind: NodeKind;
  value: string;
  hid: ProfileId;
  leader: number;
  first_at: number;
  first_id: string;
}

export interface ContactRow {
  seq: number;
  node: number;
  owner: number | null;
  assurance: Assurance;
  at: number;
  mid: string;
  /** Derived; see the migration. */
  skipped?: SkipCode | null;
}

export interface RenameRow {
  mid: string;
  seq: number | null;
  src: number;
  dst: number;
  at: number;
  reason: 'alias' | 'staff';
  skipped?: SkipCode | null;
}

export interface JoinRow {
  id: string;
  leader: number;
  cause: string;
  at: number;
  reason: string;
  a: number;
  b: number;
}

export interface PinRow {
  merge_id: string;
  a: number;
  b: number;
  undone_at: number;
  undone_by: string;
  cause: string;
  at: number;
  reason: string;
}

/** A process has one site, so its key is made ready once. */
let keyed: { secret: string; hmac: (text: string) => Buffer } | null = null;

/** A UUID v8 from HMAC(site secret, generation ‖ type ‖ value). */
export const deriveProfileId = (secret: string, generation: number, kind: string, value: string): ProfileId => {
  if (keyed?.secret !== secret) keyed = { secret, hmac: hmacSha256(secret) };
  const bytes = keyed.hmac(`${generation}\n${kind}\n${value}`).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as ProfileId;
};

/** From the event that causes it and the two identifiers it joins, in either order. */
export const deriveMergeId = (cause: string, a: string, b: string): string => {
  const [one, other] = a < b ? [a, b] : [b, a];
  return `m_${sha256Text(`${cause}\n${one}\n${other}`, 'base64url').slice(0, 22)}`;
};

/** What server events say of each other's owners; a session hint says only who was at a device, and none is known here. */
export type HearsayKind = Exclude<LookupKind, 'session'>;

export interface HearsayRow {
  kind: HearsayKind;
  value: string;
  /** 0 = vouches, 1 = asks. */
  asks: 0 | 1;
  at: number;
  mid: string;
  seq: number;
}

export interface LookupRow {
  kind: LookupKind;
  value: string;
  at: number;
  mid: string;
  seq: number;
}

/** So many events that carry a key are asked whose it is, the earliest: a shop may fill a key with one word (docs/decisions/0308). */
const carriersMax = 100;

/** All statements of the tables above. Named after what they are for, not after what they do. */
export const identityStore = (sql: Sql) => {
  const one = <Row>(text: string) => sql.prepare<Row>(text);
  const nodeBy = one<NodeRow>('SELECT * FROM nodes WHERE kind = ? AND value = ?');
  const node = one<NodeRow>('SELECT * FROM nodes WHERE id = ?');
  const nodeByHid = one<NodeRow>('SELECT * FROM nodes WHERE hid = ?');
  const insertNode = one(
    'INSERT INTO nodes (id, kind, value, hid, leader, first_at, first_id) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const lastNode = one<{ id: number | null }>('SELECT max(id) AS id FROM nodes');
  const lead = one('UPDATE nodes SET leader = ? WHERE id = ?');
  const members = one<NodeRow>(
    'SELECT * FROM nodes WHERE id = ? AND leader = id UNION ALL SELECT * FROM nodes WHERE leader = ? AND leader <> id',
  );
  const first = one('UPDATE nodes SET first_at = ?, first_id = ? WHERE id = ?');
  const deviceRow = one<{ state: string; visit: number | null; session: string | null }>(
    `SELECT coalesce(sessions.fold, devices.state) AS state, devices.session AS visit, sessions.body AS session
     FROM devices LEFT JOIN sessions ON sessions.begin = devices.session WHERE devices.dev = ?`,
  );
  const putDevice = one(
    `INSERT INTO devices (dev, state, session) VALUES (?, ?, ?)
     ON CONFLICT (dev) DO UPDATE SET state = excluded.state, session = excluded.session`,
  );
  const deleteDevice = one('DELETE FROM devices WHERE dev = ?');
  const ownersOf = one<{ owner: number }>('SELECT owner FROM device_owners WHERE dev = ?');
  const devicesOf = one<{ dev: number }>('SELECT dev FROM device_owners WHERE owner = ?');
  const addOwner = one('INSERT OR IGNORE INTO device_owners (owner, dev) VALUES (?, ?)');
  const removeOwner = one('DELETE FROM device_owners WHERE owner = ? AND dev = ?');
  const naming = one<{ at: number; mid: string }>('SELECT at, mid FROM namings WHERE dev = ? AND usr = ?');
  const putNaming = one('INSERT OR REPLACE INTO namings (dev, usr, at, mid, merge_id) VALUES (?, ?, ?, ?, ?)');
  const namingByMerge = one<{ dev: number; usr: number; at: number; mid: string }>(
    'SELECT dev, usr, at, mid FROM namings WHERE merge_id = ?',
  );
  const deleteNamings = one('DELETE FROM namings WHERE dev = ?');
  const namingsOfDevice = one<{ usr: number; at: number; mid: string }>(
    'SELECT usr, at, mid FROM namings WHERE dev = ? ORDER BY at, mid',
  );
  const namingsOfUser = one<{ dev: number; at: number; mid: string }>(
    'SELECT dev, at, mid FROM namings WHERE usr = ? ORDER BY at, mid',
  );
  const firstDevicesOf = one<{ dev: number }>('SELECT dev FROM namings WHERE usr = ? ORDER BY at, mid LIMIT ?');
  const countNamings = one<{ count: number }>('SELECT count(*) AS count FROM namings WHERE usr = ?');
  const marks = one<{ at: number; mid: string; person: string }>('SELECT at, mid, person FROM marks WHERE dev = ?');
  const putMark = one('INSERT INTO marks (dev, at, mid, person) VALUES (?, ?, ?, ?)');
  const deleteMarks = one('DELETE FROM marks WHERE dev = ?');
  const contactsOfNode = one<ContactRow>('SELECT * FROM contacts WHERE node = ?');
  const firstContact = one<{ at: number; mid: string }>(
    'SELECT at, mid FROM contacts WHERE node = ? ORDER BY at, mid LIMIT 1',
  );
  const firstRename = one<{ at: number; mid: string }>(
    "SELECT at, mid FROM renames WHERE src = ? AND reason = 'alias' ORDER BY at, mid LIMIT 1",
  );
  const contactsOfOwner = one<ContactRow>('SELECT * FROM contacts WHERE owner = ?');
  const contactsOfEvent = one<ContactRow>('SELECT * FROM contacts WHERE seq = ?');
  const putContact = one(
    'INSERT OR REPLACE INTO contacts (seq, node, owner, assurance, at, mid) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const ownContacts = one('UPDATE contacts SET owner = ? WHERE seq = ?');
  const skipContact = one('UPDATE contacts SET skipped = ? WHERE seq = ? AND node = ?');
  const skipRename = one('UPDATE renames SET skipped = ? WHERE mid = ?');
  const deleteContacts = one('DELETE FROM contacts WHERE seq = ?');
  const lookups = one<LookupRow>('SELECT * FROM lookups WHERE kind = ? AND value = ? ORDER BY at, mid');
  const carriers = one<{ seq: number }>(
    `SELECT seq FROM lookups WHERE kind = ? AND value = ? ORDER BY at, mid LIMIT ${carriersMax}`,
  );
  const carriersBefore = one<{ n: number }>(
    `SELECT count(*) AS n FROM (
       SELECT 1 FROM lookups WHERE kind = ? AND value = ? AND (at, mid) < (?, ?) LIMIT ${carriersMax}
     )`,
  );
  const lookupsOfEvent = one<LookupRow>('SELECT * FROM lookups WHERE seq = ?');
  const putLookup = one('INSERT OR REPLACE INTO lookups (kind, value, at, mid, seq) VALUES (?, ?, ?, ?, ?)');
  const deleteLookups = one('DELETE FROM lookups WHERE kind = ? AND value = ?');
  const deleteLookupsOf = one('DELETE FROM lookups WHERE seq = ?');
  const seekers = one<{ seq: number }>('SELECT seq FROM seekers WHERE kind = ? AND value = ?');
  const putSeeker = one('INSERT OR IGNORE INTO seekers (kind, value, seq) VALUES (?, ?, ?)');
  const deleteSeekers = one('DELETE FROM seekers WHERE seq = ?');
  const hearsayOf = one<HearsayRow>('SELECT * FROM hearsay WHERE seq = ?');
  const askers = one<{ seq: number }>('SELECT seq FROM hearsay WHERE kind = ? AND value = ? AND asks = 1');
  const firstVoucher = one<HearsayRow>(
    'SELECT * FROM hearsay WHERE kind = ? AND value = ? AND asks = 0 ORDER BY at, mid LIMIT 1',
  );
  const putHearsay = one('INSERT OR REPLACE INTO hearsay (kind, value, asks, at, mid, seq) VALUES (?, ?, ?, ?, ?, ?)');
  const deleteHearsay = one('DELETE FROM hearsay WHERE seq = ?');
  const renamesFrom = one<RenameRow>('SELECT * FROM renames WHERE src = ?');
  const renamesInto = one<RenameRow>('SELECT * FROM renames WHERE dst = ?');
  const putRename = one('INSERT OR IGNORE INTO renames (mid, seq, src, dst, at, reason) VALUES (?, ?, ?, ?, ?, ?)');
  const deleteRename = one('DELETE FROM renames WHERE mid = ?');
  const joinsOf = one<JoinRow>('SELECT * FROM joins WHERE leader = ? ORDER BY at DESC');
  const joinById = one<JoinRow>('SELECT * FROM joins WHERE id = ?');
  const putJoin = one(
    'INSERT OR REPLACE INTO joins (id, leader, cause, at, reason, a, b) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const deleteJoins = one('DELETE FROM joins WHERE leader = ?');
  const pinsOf = one<PinRow>('SELECT * FROM pins WHERE a = ? OR b = ?');
  const pin = one<PinRow>('SELECT * FROM pins WHERE merge_id = ?');
  const putPin = one(
    'INSERT OR IGNORE INTO pins (merge_id, a, b, undone_at, undone_by, cause, at, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const rename = one('UPDATE nodes SET hid = ? WHERE id = ?');
  const deleteNode = one('DELETE FROM nodes WHERE id = ?');
  const deletePin = one('DELETE FROM pins WHERE merge_id = ?');
  const deletePinsOf = one('DELETE FROM pins WHERE a = ? OR b = ?');
  const warn = one(
    `INSERT INTO warnings (code, detail, count, last_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (code, detail) DO UPDATE SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)`,
  );
  /** Never lowered, so that what a rollback takes back leaves a gap and no number twice. */
  let newest: number | null = null;
  const site = one<{ value: string }>('SELECT value FROM site WHERE key = ?');
  const putSite = one('INSERT OR IGNORE INTO site (key, value) VALUES (?, ?)');
  const changeSite = one('INSERT OR REPLACE INTO site (key, value) VALUES (?, ?)');

  return {
    nodeBy: (kind: NodeKind, value: string) => nodeBy.get(kind, value),
    node: (id: number) => node.get(id),
    nodeByHid: (hid: string) => nodeByHid.get(hid),
    insertNode: (kind: NodeKind, value: string, hid: ProfileId, at: number, messageId: string): number => {
      newest = (newest ?? lastNode.get()?.id ?? 0) + 1;
      insertNode.run(newest, kind, value, hid, newest, at, messageId);
      return newest;
    },
    lead: (id: number, leader: number) => lead.run(leader, id),
    members: (leader: number) => members.all(leader, leader),
    first: (id: number, at: number, messageId: string) => first.run(at, messageId, id),
    rename: (id: number, hid: ProfileId) => rename.run(hid, id),
    deleteNode: (id: number) => {
      deletePinsOf.run(id, id);
      deleteNode.run(id);
    },
    /** `visit`: `begin` of the open visit that its row names. */
    device: (dev: number): { state: DeviceState; visit: number | null } | undefined => {
      const row = deviceRow.get(dev);
      if (!row) return undefined;
      const session = row.session === null ? null : (JSON.parse(row.session) as Session);
      return { state: { session, ...(JSON.parse(row.state) as Omit<DeviceState, 'session'>) }, visit: row.visit };
    },
    /** `fold`: its state but for the visit. */
    putDevice: (dev: number, fold: string, visit: number | null) => putDevice.run(dev, fold, visit),
    deleteDevice: (dev: number) => deleteDevice.run(dev),
    ownersOf: (dev: number) => ownersOf.all(dev).map((row) => row.owner),
    devicesOf: (owner: number) => devicesOf.all(owner).map((row) => row.dev),
    addOwner: (owner: number, dev: number) => addOwner.run(owner, dev),
    removeOwner: (owner: number, dev: number) => removeOwner.run(owner, dev),
    naming: (dev: number, user: number) => naming.get(dev, user),
    putNaming: (dev: number, user: number, at: number, messageId: string) => {
      const device = node.get(dev)!;
      const named = node.get(user)!;
      const mergeId = deriveMergeId(messageId, `${device.kind}:${device.value}`, `${named.kind}:${named.value}`);
      putNaming.run(dev, user, at, messageId, mergeId);
    },
    namingByMerge: (mergeId: string) => namingByMerge.get(mergeId),
    deleteNamings: (dev: number) => deleteNamings.run(dev),
    namingsOfDevice: (dev: number) => namingsOfDevice.all(dev),
    namingsOfUser: (user: number) => namingsOfUser.all(user),
    firstDevicesOf: (user: number, max: number) => firstDevicesOf.all(user, max).map((row) => row.dev),
    countNamings: (user: number) => countNamings.get(user)?.count ?? 0,
    marks: (dev: number) => marks.all(dev).map((row) => ({ at: row.at, messageId: row.mid, person: row.person })),
    putMark: (dev: number, at: number, messageId: string, person: string) => putMark.run(dev, at, messageId, person),
    deleteMarks: (dev: number) => deleteMarks.run(dev),
    contactsOfNode: (id: number) => contactsOfNode.all(id),
    firstContact: (id: number) => firstContact.get(id),
    /** By an event that says what it was called before; staff acts are none. */
    firstRename: (id: number) => firstRename.get(id),
    contactsOfOwner: (owner: number) => contactsOfOwner.all(owner),
    contactsOfEvent: (seq: number) => contactsOfEvent.all(seq),
    skipContact: (row: Pick<ContactRow, 'seq' | 'node'>, code: SkipCode | null) =>
      skipContact.run(code, row.seq, row.node),
    skipRename: (mid: string, code: SkipCode | null) => skipRename.run(code, mid),
    putContact: (row: ContactRow) => putContact.run(row.seq, row.node, row.owner, row.assurance, row.at, row.mid),
    ownContacts: (seq: number, owner: number | null) => ownContacts.run(owner, seq),
    deleteContacts: (seq: number) => deleteContacts.run(seq),
    lookups: (kind: LookupKind, value: string) => lookups.all(kind, value),
    carriers: (kind: LookupKind, value: string) => carriers.all(kind, value).map((row) => row.seq),
    isCarrier: ({ kind, value, at, mid }: Pick<LookupRow, 'kind' | 'value' | 'at' | 'mid'>) =>
      carriersBefore.get(kind, value, at, mid)!.n < carriersMax,
    lookupsOfEvent: (seq: number) => lookupsOfEvent.all(seq),
    putLookup: (kind: LookupKind, value: string, at: number, messageId: string, seq: number) =>
      putLookup.run(kind, value, at, messageId, seq),
    deleteLookups: (kind: LookupKind, value: string) => deleteLookups.run(kind, value),
    deleteLookupsOf: (seq: number) => deleteLookupsOf.run(seq),
    seekers: (kind: LookupKind, value: string) => seekers.all(kind, value).map((row) => row.seq),
    putSeeker: (kind: LookupKind, value: string, seq: number) => putSeeker.run(kind, value, seq),
    deleteSeekers: (seq: number) => deleteSeekers.run(seq),
    hearsayOf: (seq: number) => hearsayOf.all(seq),
    firstVoucher: (kind: HearsayKind, value: string) => firstVoucher.get(kind, value),
    askers: (kind: HearsayKind, value: string) => askers.all(kind, value).map((row) => row.seq),
    putHearsay: (row: HearsayRow) => putHearsay.run(row.kind, row.value, row.asks, row.at, row.mid, row.seq),
    deleteHearsay: (seq: number) => deleteHearsay.run(seq),
    renamesFrom: (id: number) => renamesFrom.all(id),
    renamesInto: (id: number) => renamesInto.all(id),
    putRename: (row: RenameRow) => putRename.run(row.mid, row.seq, row.src, row.dst, row.at, row.reason),
    deleteRename: (messageId: string) => deleteRename.run(messageId),
    deletePin: (mergeId: string) => deletePin.run(mergeId),
    joinsOf: (leader: number) => joinsOf.all(leader),
    joinById: (id: string) => joinById.get(id),
    putJoin: (row: JoinRow) => putJoin.run(row.id, row.leader, row.cause, row.at, row.reason, row.a, row.b),
    deleteJoins: (leader: number) => deleteJoins.run(leader),
    pinsOf: (id: number) => pinsOf.all(id, id),
    pin: (mergeId: string) => pin.get(mergeId),
    putPin: (row: PinRow) =>
      putPin.run(row.merge_id, row.a, row.b, row.undone_at, row.undone_by, row.cause, row.at, row.reason),
    warn: (code: string, detail: string, count: number, at: number) => warn.run(code, detail, count, at),
    site: (key: string) => site.get(key)?.value,
    putSite: (key: string, value: string) => putSite.run(key, value),
    changeSite: (key: string, value: string) => changeSite.run(key, value),
  };
};

export type IdentityStore = ReturnType<typeof identityStore>;
