// The events table: the log of accepted facts. Owner and session stand beside each fact because reads need them, but
// they are derived and may be written again; the body never is.

import type { MessageId } from '../contract/ids.js';
import type { Migration, Sql, SqlValue } from '../store/sql.js';
import { unpackBody } from './body.js';
import type { AcceptedEvent, OwnedBecause } from './event.js';

/**
 * `seq` is the order of arrival, shared with refusals. `dev`, `usr`, `owner` are rows of identity's nodes, small integers in
 * the order of first sight, so that the hot end of the one secondary index stays small however many visitors there were.
 * `session` is the seq of the event that begins it. `via` is the device whose visit a server event without one belongs to.
 */
export const eventMigrations: readonly Migration[] = [
  {
    name: '0001-events',
    sql: `
      CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        mid NOT NULL UNIQUE,
        dev INTEGER,
        usr INTEGER,
        at INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        owner INTEGER,
        because INTEGER NOT NULL,
        session INTEGER,
        via INTEGER,
        body TEXT NOT NULL
      );
      CREATE INDEX events_by_device ON events (dev, at) WHERE dev IS NOT NULL;
      CREATE INDEX events_by_owner ON events (owner, at) WHERE dev IS NULL;
      CREATE INDEX events_by_via ON events (via, at) WHERE via IS NOT NULL;
      CREATE TABLE beats (
        dev INTEGER NOT NULL,
        page_view TEXT NOT NULL,
        slot INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        mid TEXT NOT NULL,
        PRIMARY KEY (dev, page_view, slot)
      ) WITHOUT ROWID;
      CREATE TABLE measured_visits (receipt TEXT NOT NULL, dev INTEGER NOT NULL, PRIMARY KEY (receipt, dev)) WITHOUT ROWID;
      CREATE TABLE refusals (
        seq INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        code TEXT NOT NULL,
        path TEXT,
        type TEXT,
        name TEXT
      );
      CREATE TABLE verdict_counts (
        hour INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        code TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (hour, verdict, code)
      ) WITHOUT ROWID;
    `,
  },
  // Whoever is forgotten is looked for in it by device.
  { name: '0846-measured-visits-by-device', sql: 'CREATE INDEX measured_visits_by_device ON measured_visits (dev)' },
];

/** Bits of `flags`. */
export const flag = { bot: 1, beat: 2, flooded: 4, measured: 8 } as const;

const reasons: readonly OwnedBecause[] = [
  'named',
  'session',
  'before_first_named',
  'device',
  'own',
  'order',
  'cart',
  'checkout',
  'email',
  'phone',
  'external',
  'unowned',
];
export const reasonNumber = (because: OwnedBecause): number => reasons.indexOf(because);
export const reasonOf = (number: number): OwnedBecause => reasons[number] ?? 'unowned';

/** Of `0` to `9` and `a` to `f`; -1 for all else. */
const hexDigits = Int8Array.from({ length: 128 }, (_, code) =>
  code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1,
);
const nibble = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 128 ? hexDigits[code]! : -1;
};
/** Sixteen bytes for a UUID in its canonical spelling, the text itself for anything else. Lossless. */
export const packMessageId = (id: string): SqlValue => {
  if (id.length !== 36) return id;
  const bytes = Buffer.allocUnsafe(16);
  for (let at = 0, to = 0; at < 36; ) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (id.charCodeAt(at) !== 0x2d) return id;
      at += 1;
    }
    const byte = (nibble(id, at) << 4) | nibble(id, at + 1);
    if (byte < 0) return id;
    bytes[to] = byte;
    to += 1;
    at += 2;
  }
  return bytes;
};
export const unpackMessageId = (packed: SqlValue): MessageId => {
  if (typeof packed === 'string') return packed as MessageId;
  const hex = Buffer.from(packed as Uint8Array).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as MessageId;
};

export interface EventRow {
  seq: number;
  mid: SqlValue;
  dev: number | null;
  usr: number | null;
  at: number;
  flags: number;
  owner: number | null;
  because: number;
  session: number | null;
  via: number | null;
  body: string;
}

export const parseBody = (row: Pick<EventRow, 'body' | 'mid' | 'at'>): AcceptedEvent =>
  unpackBody(row.body, unpackMessageId(row.mid), row.at);

/** When, and in which event. */
export type Seen = Pick<EventRow, 'at' | 'mid'>;

export interface EventStore {
  seqOf: (mid: SqlValue) => number | undefined;
  insert: (row: EventRow) => void;
  row: (seq: number) => EventRow | undefined;
  ofDevice: (dev: number) => EventRow[];
  /** So many, from a place in their order on. Bodies only where `flags` say that the columns do not tell all. */
  somePast: (of: 'device' | 'owner', node: number, past: { at: number; seq: number }, limit: number) => EventRow[];
  /** So many of all, in the order of arrival, from one on and up to another. */
  someAfter: (seq: number, lastSeq: number, limit: number) => { seq: number; body: string }[];
  /** The newest by which a user was named on a device, up to an event of the order of arrival. */
  lastNaming: (dev: number, usr: number, lastSeq: number) => { at: number; mid: SqlValue }[];
  /** The earliest of a device, bots' among them; those of one instant all. */
  firstOfDevice: (dev: number) => Seen[];
  /** The earliest by which a user was named on a device. */
  firstNaming: (dev: number, usr: number) => Seen[];
  /** The earliest of a server, without a device, by which a user was named. */
  firstServerNaming: (usr: number) => Seen[];
  lastOwner: (dev: number) => number | null;
  isAnyUpTo: (dev: number, lastSeq: number) => boolean;
  countOfDevice: (dev: number, from: number, before: number) => number;
  /** Without those of bots. */
  countFolded: (dev: number, from: number, before: number) => number;
  isNamedIn: (dev: number, usr: number, from: number, before: number) => boolean;
  /** Server events without a device that name a user. */
  serversNaming: (usr: number, from: number, before: number) => number[];
  ownsAny: (owner: number) => boolean;
  /** Server events without a device. */
  ofOwner: (owner: number) => EventRow[];
  assign: (row: Pick<EventRow, 'seq' | 'owner' | 'because' | 'session' | 'flags' | 'via'>) => void;
  /** Server events whose visit is one of this device, from an instant on. */
  ofVia: (dev: number, from: number) => EventRow[];
  lastVia: (dev: number) => number | null;
  delete: (seq: number) => void;
  /** Deletes it, and says what stood there. */
  take: (seq: number) => Omit<EventRow, 'seq' | 'dev' | 'because' | 'session' | 'via'> | undefined;
  rewrite: (seq: number, body: string) => void;
  putUnder: (receipt: string, dev: number) => void;
  /** What a receipt finds and the present id of its device does not: visits that were only measured, and its other ids. */
  devicesUnder: (receipt: string) => number[];
  deleteUnder: (dev: number) => void;
  lastSeq: () => number;
  beat: (dev: number, pageView: string, slot: number) => { seq: number; at: number; mid: string } | undefined;
  isBeatBefore: (dev: number, pageView: string, slot: number) => boolean;
  putBeat: (dev: number, pageView: string, slot: number, seq: number, at: number, mid: string) => void;
  deleteBeat: (dev: number, pageView: string, slot: number) => void;
  deleteBeatsOf: (dev: number) => void;
  refuse: (
    seq: number,
    at: number,
    verdict: string,
    code: string,
    path: string | null,
    type: string | null,
    name: string | null,
  ) => void;
  trimRefusals: (below: number) => void;
  count: (hour: number, verdict: string, code: string, count: number) => void;
}

export const eventStore = (sql: Sql): EventStore => {
  const seqOf = sql.prepare<{ seq: number }>('SELECT seq FROM events WHERE mid = ?');
  const insert = sql.prepare(
    'INSERT INTO events (seq, mid, dev, usr, at, flags, owner, because, session, via, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const row = sql.prepare<EventRow>('SELECT * FROM events WHERE seq = ?');
  const ofDevice = sql.prepare<EventRow>('SELECT * FROM events WHERE dev = ? ORDER BY at');
  const columns = `seq, mid, dev, usr, at, flags, owner, because, session, via,
    CASE WHEN flags & ${flag.bot | flag.measured} THEN body ELSE '' END AS body`;
  const somePast = {
    device: sql.prepare<EventRow>(
      `SELECT ${columns} FROM events WHERE dev = ? AND (at, seq) > (?, ?) ORDER BY at, seq LIMIT ?`,
    ),
    owner: sql.prepare<EventRow>(
      `SELECT ${columns} FROM events WHERE dev IS NULL AND owner = ? AND (at, seq) > (?, ?) ORDER BY at, seq LIMIT ?`,
    ),
  };
  const someAfter = sql.prepare<{ seq: number; body: string }>(
    'SELECT seq, body FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
  );
  const lastNaming = sql.prepare<{ at: number; mid: SqlValue }>(
    `WITH naming AS (SELECT at, mid FROM events WHERE dev = ? AND usr = ? AND seq <= ?)
     SELECT at, mid FROM naming WHERE at = (SELECT max(at) FROM naming)`,
  );
  const firstOfDevice = sql.prepare<Seen>(
    'SELECT at, mid FROM events WHERE dev = ? AND at = (SELECT min(at) FROM events WHERE dev = ?)',
  );
  const firstNaming = sql.prepare<Seen>(
    `WITH naming AS (SELECT at, mid FROM events WHERE dev = ? AND usr = ?)
     SELECT at, mid FROM naming WHERE at = (SELECT min(at) FROM naming)`,
  );
  const firstServerNaming = sql.prepare<Seen>(
    `WITH naming AS (SELECT at, mid FROM events WHERE dev IS NULL AND owner = ? AND usr = owner)
     SELECT at, mid FROM naming WHERE at = (SELECT min(at) FROM naming)`,
  );
  const lastOwner = sql.prepare<{ owner: number }>(
    'SELECT owner FROM events WHERE dev = ? AND owner IS NOT NULL ORDER BY at DESC, seq DESC LIMIT 1',
  );
  const anyUpTo = sql.prepare('SELECT 1 FROM events WHERE dev = ? AND seq <= ? LIMIT 1');
  const countOfDevice = sql.prepare<{ count: number }>(
    'SELECT count(*) AS count FROM events WHERE dev = ? AND at >= ? AND at < ?',
  );
  const countFolded = sql.prepare<{ count: number }>(
    `SELECT count(*) AS count FROM events WHERE dev = ? AND at >= ? AND at < ? AND flags & ${flag.bot} = 0`,
  );
  const namedIn = sql.prepare('SELECT 1 FROM events WHERE dev = ? AND at >= ? AND at < ? AND usr = ? LIMIT 1');
  // Whoever is named owns it, so that the index of owners finds them.
  const serversNaming = sql.prepare<{ seq: number }>(
    'SELECT seq FROM events WHERE dev IS NULL AND owner = ? AND at >= ? AND at < ? AND usr = owner',
  );
  const ownsAny = sql.prepare('SELECT 1 FROM events WHERE dev IS NULL AND owner = ? LIMIT 1');
  const ofOwner = sql.prepare<EventRow>('SELECT * FROM events WHERE dev IS NULL AND owner = ? ORDER BY at');
  const assign = sql.prepare('UPDATE events SET owner = ?, because = ?, session = ?, flags = ?, via = ? WHERE seq = ?');
  const ofVia = sql.prepare<EventRow>('SELECT * FROM events WHERE via = ? AND at >= ?');
  const lastVia = sql.prepare<{ at: number | null }>('SELECT max(at) AS at FROM events WHERE via = ?');
  const remove = sql.prepare('DELETE FROM events WHERE seq = ?');
  const take = sql.prepare<Omit<EventRow, 'seq' | 'dev' | 'because' | 'session' | 'via'>>(
    'DELETE FROM events WHERE seq = ? RETURNING mid, usr, at, flags, owner, body',
  );
  const rewrite = sql.prepare('UPDATE events SET body = ? WHERE seq = ?');
  const lastSeq = sql.prepare<{ seq: number | null }>(
    'SELECT max(seq) AS seq FROM (SELECT max(seq) AS seq FROM events UNION ALL SELECT max(seq) FROM refusals)',
  );
  const putUnder = sql.prepare('INSERT OR IGNORE INTO measured_visits (receipt, dev) VALUES (?, ?)');
  const devicesUnder = sql.prepare<{ dev: number }>('SELECT dev FROM measured_visits WHERE receipt = ?');
  const deleteUnder = sql.prepare('DELETE FROM measured_visits WHERE dev = ?');
  const beat = sql.prepare<{ seq: number; at: number; mid: string }>(
    'SELECT seq, at, mid FROM beats WHERE dev = ? AND page_view = ? AND slot = ?',
  );
  const beatBefore = sql.prepare('SELECT 1 FROM beats WHERE dev = ? AND page_view = ? AND slot < ? LIMIT 1');
  const putBeat = sql.prepare(
    'INSERT OR REPLACE INTO beats (dev, page_view, slot, seq, at, mid) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const deleteBeat = sql.prepare('DELETE FROM beats WHERE dev = ? AND page_view = ? AND slot = ?');
  const deleteBeats = sql.prepare('DELETE FROM beats WHERE dev = ?');
  const refuse = sql.prepare(
    'INSERT INTO refusals (seq, at, verdict, code, path, type, name) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const trim = sql.prepare('DELETE FROM refusals WHERE seq < ?');
  const count = sql.prepare(
    `INSERT INTO verdict_counts (hour, verdict, code, count) VALUES (?, ?, ?, ?)
     ON CONFLICT (hour, verdict, code) DO UPDATE SET count = count + excluded.count`,
  );
  return {
    seqOf: (mid) => seqOf.get(mid)?.seq,
    insert: (e) => {
      insert.run(e.seq, e.mid, e.dev, e.usr, e.at, e.flags, e.owner, e.because, e.session, e.via, e.body);
    },
    row: (seq) => row.get(seq),
    ofDevice: (dev) => ofDevice.all(dev),
    somePast: (of, node, past, limit) => somePast[of].all(node, past.at, past.seq, limit),
    someAfter: (seq, lastSeq, limit) => someAfter.all(seq, lastSeq, limit),
    lastNaming: (dev, usr, lastSeq) => lastNaming.all(dev, usr, lastSeq),
    firstOfDevice: (dev) => firstOfDevice.all(dev, dev),
    firstNaming: (dev, usr) => firstNaming.all(dev, usr),
    firstServerNaming: (usr) => firstServerNaming.all(usr),
    lastOwner: (dev) => lastOwner.get(dev)?.owner ?? null,
    isAnyUpTo: (dev, lastSeq) => anyUpTo.get(dev, lastSeq) !== undefined,
    countOfDevice: (dev, from, before) => countOfDevice.get(dev, from, before)?.count ?? 0,
    countFolded: (dev, from, before) => countFolded.get(dev, from, before)?.count ?? 0,
    isNamedIn: (dev, usr, from, before) => namedIn.get(dev, from, before, usr) !== undefined,
    serversNaming: (usr, from, before) => serversNaming.all(usr, from, before).map((row) => row.seq),
    ownsAny: (owner) => ownsAny.get(owner) !== undefined,
    ofOwner: (owner) => ofOwner.all(owner),
    assign: (e) => {
      assign.run(e.owner, e.because, e.session, e.flags, e.via, e.seq);
    },
    ofVia: (dev, from) => ofVia.all(dev, from),
    lastVia: (dev) => lastVia.get(dev)?.at ?? null,
    delete: (seq) => {
      remove.run(seq);
    },
    take: (seq) => take.get(seq),
    rewrite: (seq, body) => {
      rewrite.run(body, seq);
    },
    putUnder: (receipt, dev) => {
      putUnder.run(receipt, dev);
    },
    devicesUnder: (receipt) => devicesUnder.all(receipt).map((row) => row.dev),
    deleteUnder: (dev) => {
      deleteUnder.run(dev);
    },
    lastSeq: () => lastSeq.get()?.seq ?? 0,
    beat: (dev, pageView, slot) => beat.get(dev, pageView, slot),
    isBeatBefore: (dev, pageView, slot) => beatBefore.get(dev, pageView, slot) !== undefined,
    putBeat: (dev, pageView, slot, seq, at, mid) => {
      putBeat.run(dev, pageView, slot, seq, at, mid);
    },
    deleteBeat: (dev, pageView, slot) => {
      deleteBeat.run(dev, pageView, slot);
    },
    deleteBeatsOf: (dev) => {
      deleteBeats.run(dev);
    },
    refuse: (seq, at, verdict, code, path, type, name) => {
      refuse.run(seq, at, verdict, code, path, type, name);
    },
    trimRefusals: (below) => {
      trim.run(below);
    },
    count: (hour, verdict, code, n) => {
      count.run(hour, verdict, code, n);
    },
  };
};
