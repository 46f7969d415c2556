// Makes everything derived again from the facts, and writes down the derived state so that two of them can be compared
// byte by byte (`weft rebuild --check`). The facts themselves are only read.

import type { MessageId } from '../contract/ids.js';
import { type AcceptedEvent, compareEvents } from '../events/event.js';
import { type EventRow, flag, parseBody, reasonOf, unpackMessageId } from '../events/store.js';
import { digestOfAll, sha256 } from '../store/digest.js';
import { noteRebuilt } from './folded-under.js';
import { unseen } from './loose.js';
import { type Announcer, refoldProfile, save, saveTotals } from './project.js';
import { indexEvent } from './record.js';
import { decideAskers, decideServerEvent, refoldDevice, resolve } from './resolve.js';
import { floodMaxOf, type WorkingSet } from './working-set.js';

export type Progress = (
  stage: 'index' | 'devices' | 'servers' | 'persons' | 'profiles',
  done: number,
  total: number,
) => void;

const derived = [
  'devices',
  'device_owners',
  'namings',
  'contacts',
  'lookups',
  'seekers',
  'hearsay',
  'joins',
  'sessions',
  'profiles',
  'shelf',
  'deadlines',
  'totals',
];

export const rebuild = (
  set: WorkingSet,
  now: number,
  announcer: Announcer,
  onProgress: Progress = () => {},
): number => {
  const { sql } = set;
  set.forgetLoaded();
  for (const table of derived) sql.exec(`DELETE FROM ${table}`);
  sql.exec("DELETE FROM renames WHERE reason = 'alias'");
  sql.exec('UPDATE nodes SET leader = id');

  // R13 looks at the namings of a user on all devices, so they stand before the first device is folded.
  const firstNamings = new Map<string, { dev: number; usr: number; at: number; messageId: MessageId }>();
  for (const row of sql
    .prepare<Pick<EventRow, 'dev' | 'usr' | 'at' | 'mid'>>(
      `SELECT dev, usr, at, mid FROM events WHERE dev IS NOT NULL AND usr IS NOT NULL AND flags & ${flag.bot} = 0`,
    )
    .iterate()) {
    const naming = { dev: row.dev!, usr: row.usr!, at: row.at, messageId: unpackMessageId(row.mid) };
    const key = `${naming.dev} ${naming.usr}`;
    const known = firstNamings.get(key);
    if (!known || compareEvents(naming, known) < 0) firstNamings.set(key, naming);
  }
  for (const { dev, usr, at, messageId } of firstNamings.values()) set.identity.putNaming(dev, usr, at, messageId);

  const first = new Map<number, { at: number; messageId: string }>();
  const index = (row: EventRow, event: AcceptedEvent): void => {
    const seen = (id: number): void => {
      const known = first.get(id);
      if (!known || compareEvents(event, known) < 0) first.set(id, { at: event.at, messageId: event.messageId });
    };
    if (row.dev !== null) seen(row.dev);
    if (row.flags & flag.bot) return;
    if (row.usr !== null) seen(row.usr);
    if (row.flags & flag.measured) return;
    if (row.dev === null) for (const key of event.keys) set.identity.putSeeker(key.kind, key.value, row.seq);
    for (const id of indexEvent(set, row, event)) seen(id);
  };
  const total = sql.prepare<{ count: number }>('SELECT count(*) AS count FROM events').get()!.count;
  const withoutDevice = sql.prepare<EventRow>(
    'SELECT * FROM events WHERE dev IS NULL AND seq > ? ORDER BY seq LIMIT 1000',
  );
  for (let last = 0, done = 0; ; ) {
    const page = withoutDevice.all(last);
    if (page.length === 0) break;
    for (const row of page) index(row, parseBody(row));
    last = page.at(-1)!.seq;
    done += page.length;
    onProgress('index', done, total);
  }
  // R13 looks at a user's minutes on all devices. The contacts that server events are counted under stand by now.
  set.minutes.recount(floodMaxOf(set.rules));
  const devices = sql.prepare<{ dev: number }>('SELECT DISTINCT dev FROM events WHERE dev IS NOT NULL').all();
  for (const [done, { dev }] of devices.entries()) {
    refoldDevice(set, dev, index);
    save(set);
    if (done % 500 === 0) onProgress('devices', done, devices.length);
  }
  for (const [id, { at, messageId }] of first) set.identity.first(id, at, messageId);
  // Whom no event carries (R14): a store from before kept some, and of those that only an act or a mark keeps the first sight.
  const unseenIds: number[] = [];
  for (const { id } of sql.prepare<{ id: number }>('SELECT id FROM nodes').iterate())
    if (!first.has(id)) unseenIds.push(id);
  const isKept = sql.prepare(
    'SELECT 1 WHERE EXISTS (SELECT 1 FROM marks WHERE dev = ?) OR EXISTS (SELECT 1 FROM renames WHERE src = ? OR dst = ?)',
  );
  for (const id of unseenIds) {
    if (isKept.get(id, id, id)) set.identity.first(id, unseen.at, unseen.messageId);
    else {
      set.profiles.deleteAnnouncements(id);
      set.forgetNode(id);
    }
  }
  set.forgetLoaded();

  const servers = sql.prepare<{ seq: number }>('SELECT seq FROM events WHERE dev IS NULL ORDER BY seq').all();
  servers.forEach(({ seq }, done) => {
    decideServerEvent(set, seq);
    set.pending.length = 0;
    if (done % 500 === 0) onProgress('servers', done, servers.length);
  });
  decideAskers(set);
  set.pending.length = 0;
  // Each contact and rename decides its component once; devices and server events are settled by now.
  set.spoiltDevices.clear();
  set.spoiltSeekers.clear();
  set.spoiltAskers.clear();
  for (const { id } of sql
    .prepare<{ id: number }>(
      'SELECT node AS id FROM contacts UNION SELECT dst FROM renames UNION SELECT src FROM renames',
    )
    .all()) {
    set.spoiltPersons.add(id);
  }
  resolve(set);

  set.spoiltProfiles.clear();
  const leaders = sql
    .prepare<{ leader: number }>(
      `SELECT DISTINCT nodes.leader AS leader FROM nodes
       JOIN (SELECT owner FROM device_owners UNION SELECT owner FROM events WHERE dev IS NULL AND owner IS NOT NULL) AS owners
       ON owners.owner = nodes.id`,
    )
    .all();
  leaders.forEach(({ leader }, done) => {
    set.withoutNews.add(leader);
    refoldProfile(set, leader, now, announcer);
    set.withoutNews.clear();
    save(set);
    if (done % 500 === 0) onProgress('profiles', done, leaders.length);
  });
  onProgress('profiles', leaders.length, leaders.length);
  saveTotals(set);
  set.warnings.clear();
  set.warnedAgain.clear();
  set.pending.length = 0;
  noteRebuilt(set.identity, set.rules);
  return total;
};

/**
 * The derived state in names that survive a rebuild and any order of arrival: no row ids, no clock of the process. The lines
 * themselves come in the order of the tables, which a rebuild keeps: by their names, each of millions of rows would be looked
 * for by itself.
 */
export const dump = (set: WorkingSet, take: (line: string) => void): void => {
  const { sql } = set;
  const name = (id: number | null): string | null => {
    if (id === null) return null;
    const node = set.nodeById(id);
    return node ? `${node.kind}:${node.value}` : null;
  };
  const profileOf = (id: number | null): string | null => {
    const node = id === null ? undefined : set.nodeById(id);
    return node ? (set.nodeById(node.leader)?.hid ?? null) : null;
  };
  const sessionIds = sql.prepare<{ public_id: string }>('SELECT public_id FROM sessions WHERE begin = ?');
  for (const row of sql.prepare<EventRow>('SELECT * FROM events ORDER BY seq').iterate()) {
    const session = row.session === null ? null : (sessionIds.get(row.session)?.public_id ?? null);
    take(
      JSON.stringify([
        'event',
        unpackMessageId(row.mid),
        profileOf(row.owner),
        name(row.owner),
        reasonOf(row.because),
        session,
        row.flags,
      ]),
    );
  }
  for (const row of sql
    .prepare<{ dev: number; body: string; public_id: string }>(
      'SELECT dev, body, public_id FROM sessions ORDER BY begin',
    )
    .iterate()) {
    const { begin: _begin, user, ...session } = JSON.parse(row.body) as { begin: number; user: number | null };
    take(JSON.stringify(['session', row.public_id, name(row.dev), name(user), session]));
  }
  const hids = sql
    .prepare<{ leader: number; hid: string; state: string }>(
      'SELECT profiles.leader AS leader, hid, state FROM profiles JOIN nodes ON nodes.id = profiles.leader ORDER BY leader',
    )
    .iterate();
  const documents = sql.prepare<{ key: string; body: string }>(
    'SELECT key, body FROM shelf WHERE leader = ? ORDER BY key',
  );
  const joins = sql.prepare<{ id: string; cause: string; reason: string }>(
    'SELECT id, cause, reason FROM joins WHERE leader = ? ORDER BY id',
  );
  for (const { leader, hid, state } of hids) {
    take(
      JSON.stringify([
        'profile',
        hid,
        set.identity
          .members(leader)
          .map(({ id }) => name(id))
          .sort(),
        state,
      ]),
    );
    for (const { key, body } of documents.all(leader)) take(JSON.stringify(['document', hid, key, body]));
    for (const join of joins.all(leader)) take(JSON.stringify(['join', hid, join.id, join.cause, join.reason]));
  }
  for (const { name, n } of set.totals.all()) take(JSON.stringify(['total', name, n]));
};

/** For small stores, and to compare two that were told the same in another order. */
export const dumpLines = (set: WorkingSet): string[] => {
  const lines: string[] = [];
  dump(set, (line) => lines.push(line));
  return lines.sort();
};

/** One hash of the whole state and how many lines it has: equal where two stores know the same, in whatever order they were told. */
export const fingerprint = (set: WorkingSet): { hash: string; lines: number } => {
  const all = digestOfAll();
  let lines = 0;
  dump(set, (line) => {
    all.add(sha256(line));
    lines += 1;
  });
  return { hash: all.hex(), lines };
};
