// The profiles' tables: one row of state a person, and the shelf of documents a state does not hold (orders, closed
// carts). Everything here can be made again from the events.

import type { Migration, Sql } from '../store/sql.js';

/**
 * `leader` is the identity node the profile belongs to; `due_at` the next instant at which the clock changes something,
 * `settled_at` the last one that did: an event before it is late news, however new to the person.
 */
export const profileMigrations: readonly Migration[] = [
  {
    name: '0004-profiles',
    sql: `
      CREATE TABLE profiles (leader INTEGER PRIMARY KEY, state TEXT NOT NULL, settled_at INTEGER NOT NULL);
      CREATE TABLE shelf (
        leader INTEGER NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (leader, key)
      ) WITHOUT ROWID;
      CREATE TABLE deadlines (leader INTEGER PRIMARY KEY, due_at INTEGER NOT NULL);
      CREATE INDEX deadlines_due ON deadlines (due_at);
      CREATE TABLE announcements (
        key TEXT PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, profile_id TEXT NOT NULL, leader INTEGER NOT NULL,
        at INTEGER NOT NULL, announced_at INTEGER NOT NULL, body TEXT NOT NULL
      );
      CREATE INDEX announcements_by_leader ON announcements (leader);
    `,
  },
  {
    // A browse has no cart whose id would tell it from another person's of the same instant, so its key names the profile.
    name: '0080-browse-announcements',
    sql: `
      UPDATE announcements SET key = 'cart.abandoned:browse:' || profile_id || ':' || at WHERE kind = 'browse.abandoned';
    `,
  },
  {
    // What was told stays true where its events were only taken out: by retention, by a withdrawal.
    name: '0848-announcements-outlive',
    sql: 'ALTER TABLE announcements ADD COLUMN outlives INTEGER NOT NULL DEFAULT 0',
  },
  // Whoever is forgotten is looked for in it by profile.
  { name: '0849-announcements-by-profile', sql: 'CREATE INDEX announcements_by_profile ON announcements (profile_id)' },
];

export interface AnnouncementRow {
  key: string;
  seq: number;
  kind: string;
  profile_id: string;
  leader: number;
  at: number;
  announced_at: number;
  body: string;
  /** 1 = what it told of went without late data saying otherwise: it is not revoked any more. */
  outlives: number;
}

export interface ProfileRow {
  state: string;
  settled_at: number;
  /** Of its deadline; null = none. */
  due_at: number | null;
}

export const profileStore = (sql: Sql) => {
  const row = sql.prepare<ProfileRow>(
    'SELECT state, settled_at, due_at FROM profiles LEFT JOIN deadlines USING (leader) WHERE leader = ?',
  );
  const state = sql.prepare<{ state: string }>('SELECT state FROM profiles WHERE leader = ?');
  const put = sql.prepare(
    `INSERT INTO profiles (leader, state, settled_at) VALUES (?, ?, ?)
     ON CONFLICT (leader) DO UPDATE SET state = excluded.state, settled_at = excluded.settled_at`,
  );
  const remove = sql.prepare('DELETE FROM profiles WHERE leader = ?');
  const document = sql.prepare<{ body: string }>('SELECT body FROM shelf WHERE leader = ? AND key = ?');
  const documents = sql.prepare<{ key: string; body: string }>(
    'SELECT key, body FROM shelf WHERE leader = ? ORDER BY key',
  );
  const keysBetween = sql.prepare<{ key: string }>('SELECT key FROM shelf WHERE leader = ? AND key >= ? AND key < ?');
  const putDocument = sql.prepare(
    'INSERT INTO shelf (leader, key, body) VALUES (?, ?, ?) ON CONFLICT (leader, key) DO UPDATE SET body = excluded.body',
  );
  const deleteDocument = sql.prepare('DELETE FROM shelf WHERE leader = ? AND key = ?');
  const clearSome = sql.prepare(
    'DELETE FROM shelf WHERE leader = ? AND key IN (SELECT key FROM shelf WHERE leader = ? ORDER BY key LIMIT ?)',
  );
  const clearShelf = sql.prepare('DELETE FROM shelf WHERE leader = ?');
  const putDeadline = sql.prepare(
    'INSERT INTO deadlines (leader, due_at) VALUES (?, ?) ON CONFLICT (leader) DO UPDATE SET due_at = excluded.due_at',
  );
  const deleteDeadline = sql.prepare('DELETE FROM deadlines WHERE leader = ?');
  const due = sql.prepare<{ leader: number }>('SELECT leader FROM deadlines WHERE due_at <= ? ORDER BY due_at LIMIT ?');
  const announced = sql.prepare<AnnouncementRow>('SELECT * FROM announcements WHERE leader = ?');
  const announcement = sql.prepare<AnnouncementRow>('SELECT * FROM announcements WHERE key = ?');
  // Told before, of a person it was since parted from: it is not told again, and is theirs again.
  const announce = sql.prepare(
    `INSERT INTO announcements (key, seq, kind, profile_id, leader, at, announced_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET leader = excluded.leader`,
  );
  const moveAnnouncements = sql.prepare('UPDATE announcements SET leader = ? WHERE leader = ?');
  const moveAnnouncement = sql.prepare('UPDATE announcements SET leader = ? WHERE key = ?');
  const renameAnnouncements = sql.prepare(
    `UPDATE OR REPLACE announcements SET
       key = replace(key, profile_id, (SELECT hid FROM nodes WHERE id = announcements.leader)),
       profile_id = (SELECT hid FROM nodes WHERE id = announcements.leader)
     WHERE profile_id = ?`,
  );
  const outlive = sql.prepare('UPDATE announcements SET outlives = 1 WHERE key = ?');
  const deleteAnnouncement = sql.prepare('DELETE FROM announcements WHERE key = ?');
  const deleteAnnouncements = sql.prepare('DELETE FROM announcements WHERE leader = ?');
  return {
    state: (leader: number) => state.get(leader)?.state,
    row: (leader: number) => row.get(leader),
    put: (leader: number, text: string, settledAt: number) => put.run(leader, text, settledAt),
    delete: (leader: number) => {
      remove.run(leader);
      clearShelf.run(leader);
      deleteDeadline.run(leader);
    },
    document: (leader: number, key: string) => document.get(leader, key)?.body,
    documents: (leader: number) => documents.all(leader),
    documentKeys: (leader: number, from: string, before: string) =>
      keysBetween.all(leader, from, before).map(({ key }) => key),
    putDocument: (leader: number, key: string, body: string) => putDocument.run(leader, key, body),
    deleteDocument: (leader: number, key: string) => deleteDocument.run(leader, key),
    clearSome: (leader: number, limit: number) => clearSome.run(leader, leader, limit).changes,
    clearShelf: (leader: number) => clearShelf.run(leader),
    putDeadline: (leader: number, at: number) => putDeadline.run(leader, at),
    deleteDeadline: (leader: number) => deleteDeadline.run(leader),
    due: (at: number, limit: number) => due.all(at, limit).map((row) => row.leader),
    announced: (leader: number) => announced.all(leader),
    announcement: (key: string) => announcement.get(key),
    announce: (row: Omit<AnnouncementRow, 'outlives'>) =>
      announce.run(row.key, row.seq, row.kind, row.profile_id, row.leader, row.at, row.announced_at, row.body),
    moveAnnouncements: (from: number, into: number) => moveAnnouncements.run(into, from),
    moveAnnouncement: (key: string, into: number) => moveAnnouncement.run(into, key),
    /** Of an id that nobody bears any more: what was told by it is by the present id of whoever holds it. */
    renameAnnouncements: (profileId: string) => renameAnnouncements.run(profileId),
    outlive: (key: string) => outlive.run(key),
    deleteAnnouncement: (key: string) => deleteAnnouncement.run(key),
    deleteAnnouncements: (leader: number) => deleteAnnouncements.run(leader),
  };
};

export type ProfileStore = ReturnType<typeof profileStore>;
