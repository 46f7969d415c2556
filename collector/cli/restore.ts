// `weft restore`: a backup takes the place of what is there, which is kept aside. Whoever was erased since the backup was
// made is erased again before anybody is answered from it: the tombstones of the present store go into the restored one,
// and what they name there goes. Keys that were revoked since stay revoked.

import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ErasureSubject } from '../consent/erase.js';
import { keyFileOf } from '../consent/signing.js';
import { keyedHash, type TombstoneKind } from '../consent/tombstones.js';
import { databaseFile, writerOptions } from '../embedded.js';
import { identityStore } from '../identity/store.js';
import { forgetEvents } from '../pipeline/forget.js';
import { migrations } from '../pipeline/migrations.js';
import { openWriter, type Writer } from '../pipeline/writer.js';
import { isLocked, takeLock } from '../store/lock.js';
import { openSqlite, type SqliteStore } from '../store/sqlite.js';
import { countsOf, type Manifest, manifest, manifestFile, sha256Of, siteOf } from './backup.js';
import { type Place, placeOf } from './data.js';
import { type Ending, Failure } from './failure.js';
import { bytesSaid, columns, type Out, plural } from './say.js';

export interface RestoreAsked {
  /** Go on although the present store cannot tell who was erased since. */
  withoutTombstones?: boolean;
  json?: boolean;
}

interface NewTombstone {
  kind: TombstoneKind;
  key: Buffer;
  cause: 'erased' | 'withdrawn';
  erasedAt: number;
}

const damaged = (path: string, why: string): Failure =>
  new Failure('refused', `${path} is no sound backup: ${why}.`, 'Take another backup; nothing was changed.');

const checkManifest = async (file: string, out: Out): Promise<Manifest | null> => {
  const note = manifestFile(file);
  if (!existsSync(note)) {
    out.note(`There is no ${note}: the backup is taken by its own word.`);
    return null;
  }
  let read: Manifest;
  try {
    read = manifest.parse(JSON.parse(readFileSync(note, 'utf8')));
  } catch {
    throw damaged(file, 'the note beside it cannot be read');
  }
  const { size } = statSync(file);
  if (size !== read.bytes) throw damaged(file, `it has ${bytesSaid(size)}, and its note says ${bytesSaid(read.bytes)}`);
  const progress = out.progress('Comparing');
  const sha256 = await sha256Of(file, (done) => progress.at(done, size, bytesSaid(done)));
  progress.end();
  if (sha256 !== read.sha256) throw damaged(file, 'it is not the file its note was written for');
  return read;
};

/** A copy to work on, so that the backup itself stays as it is. */
const soundCopy = (from: string, to: string, note: Manifest | null): void => {
  copyFileSync(from, to);
  let store: SqliteStore;
  try {
    store = openSqlite(to, [], {});
    const said = store.pragma('integrity_check');
    if (said !== 'ok') {
      store.close();
      throw damaged(from, 'PRAGMA integrity_check finds faults');
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw damaged(from, 'it is no database');
  }
  try {
    const applied = store.prepare<{ name: string }>('SELECT name FROM migrations').all();
    const known = new Set(migrations.map(({ name }) => name));
    const newer = applied.find(({ name }) => !known.has(name));
    if (newer)
      throw new Failure(
        'refused',
        `The backup was made by a newer Weft (it has ${newer.name}).`,
        'Restore it with that version.',
      );
    if (applied.length === 0) throw damaged(from, 'it holds no tables of Weft');
    if (note !== null && siteOf(store) !== note.site) throw damaged(from, 'it is of another site than its note says');
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw damaged(from, 'it holds no tables of Weft');
  } finally {
    store.close();
  }
  openSqlite(to, migrations).close();
};

/**
 * Into the copy, from the present store: tombstones, requests for erasure, credentials. Gives the tombstones that are news
 * to the copy: whom they name must go from it.
 */
const takeOver = (copy: string, present: string): NewTombstone[] => {
  const store = openSqlite(copy);
  try {
    store.prepare('ATTACH DATABASE ? AS present').run(present);
    return store.transaction(() => {
      const secret = (schema: string): string | undefined =>
        store.prepare<{ value: string }>(`SELECT value FROM ${schema}.site WHERE key = 'secret'`).get()?.value;
      const tombstones = store.prepare<{ n: number }>('SELECT count(*) AS n FROM present.tombstones').get()!.n;
      if (secret('main') !== secret('present')) {
        if (tombstones === 0) return [];
        throw new Failure(
          'refused',
          'The backup is of another site than the data in the folder: who was erased there cannot be found in it.',
          'Set WEFT_DATA to another folder, or give --without-tombstones.',
        );
      }
      const news = store
        .prepare<{ kind: TombstoneKind; key: Buffer; cause: 'erased' | 'withdrawn'; erased_at: number }>(
          `SELECT p.kind AS kind, p.key AS key, p.cause AS cause, p.erased_at AS erased_at
           FROM present.tombstones AS p LEFT JOIN main.tombstones AS m ON m.kind = p.kind AND m.key = p.key
           WHERE m.key IS NULL OR p.erased_at > m.erased_at OR p.generation > m.generation
             OR (p.cause = 'erased' AND m.cause = 'withdrawn')`,
        )
        .all()
        .map(({ erased_at: erasedAt, ...rest }) => ({ ...rest, erasedAt }));
      // What is there now knows of every act since the backup: its word stands, and an erasure is never softened.
      store.exec(`
        INSERT INTO main.tombstones (kind, key, key_version, cause, scope, erased_at, generation, opened_at, until)
        SELECT kind, key, key_version, cause, scope, erased_at, generation, opened_at, until FROM present.tombstones WHERE true
        ON CONFLICT (kind, key) DO UPDATE SET
          cause = CASE WHEN cause = 'erased' THEN cause ELSE excluded.cause END,
          scope = scope | excluded.scope,
          opened_at = CASE WHEN excluded.erased_at >= erased_at THEN excluded.opened_at ELSE opened_at END,
          erased_at = max(erased_at, excluded.erased_at),
          generation = max(generation, excluded.generation);
        INSERT OR IGNORE INTO main.erasures (id, state, subject_key, subject, work, requested_by, requested_at, started_at, done_at, counts)
        SELECT id, CASE state WHEN 'done' THEN state ELSE 'accepted' END, subject_key, subject, NULL, requested_by,
               requested_at, NULL, done_at, counts FROM present.erasures;
        INSERT INTO main.credentials SELECT * FROM present.credentials WHERE true
        ON CONFLICT (id) DO UPDATE SET verifier = excluded.verifier, mode = excluded.mode, purposes = excluded.purposes,
          categories = excluded.categories, roles = excluded.roles, revoked_at = excluded.revoked_at;
      `);
      return news;
    });
  } finally {
    store.close();
  }
};

const subjectOf: Partial<Record<TombstoneKind, (value: string) => ErasureSubject>> = {
  visitorId: (value) => ({ anonymousId: value }),
  userId: (value) => ({ userId: value }),
  alias: (value) => ({ userId: value }),
};
const kindsOf: Readonly<Record<string, readonly TombstoneKind[]>> = {
  anonymous_id: ['visitorId'],
  user_id: ['userId', 'alias'],
};

export interface ErasedAgain {
  tombstones: number;
  people: number;
  devices: number;
  events: number;
}

/** Whom news of tombstones name in the restored store: those people and devices go as they went before. */
const eraseAgain = (writer: Writer, news: readonly NewTombstone[], now: number): ErasedAgain => {
  const done: ErasedAgain = { tombstones: news.length, people: 0, devices: 0, events: 0 };
  if (news.length === 0) return done;
  const { store, pipeline, consent } = writer;
  const events = (): number => store.prepare<{ n: number }>('SELECT count(*) AS n FROM events').get()!.n;
  const before = events();
  const keyOf = keyedHash(identityStore(store).site('secret')!);
  const wanted = new Map(news.map((one) => [`${one.kind} ${one.key.toString('hex')}`, one]));
  const named = (kind: TombstoneKind, value: string): NewTombstone | undefined =>
    wanted.get(`${kind} ${Buffer.from(keyOf(kind, value)).toString('hex')}`);

  const withdrawn: number[] = [];
  const requests: { subject: ErasureSubject; at: number }[] = [];
  const page = store.prepare<{ id: number; kind: string; value: string; leader: number; hid: string }>(
    'SELECT id, kind, value, leader, hid FROM nodes WHERE id > ? ORDER BY id LIMIT 1000',
  );
  const livingUser = store.prepare<{ value: string }>("SELECT value FROM nodes WHERE leader = ? AND kind = 'user_id'");
  for (let last = 0; ; ) {
    const nodes = page.all(last);
    if (nodes.length === 0) break;
    for (const { id, kind, value, leader, hid } of nodes) {
      if (kind === 'session_hint') continue;
      const tombstone = (kindsOf[kind] ?? [kind as TombstoneKind]).map((one) => named(one, value)).find((one) => one);
      if (!tombstone) continue;
      if (tombstone.cause === 'withdrawn') {
        // A withdrawal takes what the device sent; it is told something else than an erased one.
        withdrawn.push(id);
        done.devices += 1;
        continue;
      }
      const subject = subjectOf[tombstone.kind];
      if (subject) {
        requests.push({ subject: subject(value), at: tombstone.erasedAt });
        if (kind === 'anonymous_id') done.devices += 1;
        else done.people += 1;
        continue;
      }
      // An address that since went to another: in the backup it is somebody's who was not erased.
      const users = livingUser.all(leader);
      if (users.some((user) => !named('userId', user.value) && !named('alias', user.value))) continue;
      if (users.length > 0) continue;
      requests.push({ subject: { profileId: hid }, at: tombstone.erasedAt });
      done.people += 1;
    }
    last = nodes.at(-1)!.id;
  }
  // What a visit without a lasting id sent is found by the receipt of its consent.
  const receipts = store.prepare<{ receipt: string; dev: number }>('SELECT receipt, dev FROM measured_visits').all();
  for (const { receipt, dev } of receipts) if (named('receipt', receipt)) withdrawn.push(dev);

  const ofDevice = store.prepare<{ seq: number }>('SELECT seq FROM events WHERE dev = ?');
  for (const dev of withdrawn)
    pipeline.within(now, (set) =>
      forgetEvents(
        set,
        ofDevice.all(dev).map(({ seq }) => seq),
      ),
    );
  // At the instant it was first asked for: whoever has come back since then with a new grant stays.
  for (const { subject, at } of requests)
    pipeline.attempt(() => consent.erasures.request(subject, { id: `e_${randomUUID()}`, by: 'weft restore', at }));
  writer.due(now);
  done.events = before - events();
  return done;
};

/** All of it in the file itself, none in the log of writes beside it. */
const settleFile = (file: string): void => {
  const store = openSqlite(file);
  store.pragma('wal_checkpoint(TRUNCATE)');
  store.pragma('journal_mode = DELETE');
  store.close();
};

/** Whether it can tell who was erased. */
const readable = (file: string): boolean => {
  try {
    const store = openSqlite(file, [], { readonly: true });
    try {
      store.prepare('SELECT count(*) FROM tombstones').get();
      store.prepare('SELECT count(*) FROM credentials').get();
      return store.pragma('quick_check') === 'ok';
    } finally {
      store.close();
    }
  } catch {
    return false;
  }
};

/** The present file gets a second name first, so that there is a store in the folder at every instant. */
const swap = ({ file, folder }: Place, restored: string, now: number): string | null => {
  let aside: string | null = null;
  if (existsSync(file)) {
    try {
      settleFile(file);
    } catch {
      // Damaged: it is kept as it is.
    }
    aside = join(folder, `weft.replaced-${new Date(now).toISOString().replace(/[:.]/g, '-')}.sqlite`);
    try {
      linkSync(file, aside);
    } catch {
      copyFileSync(file, aside);
    }
  }
  for (const tail of ['-wal', '-shm']) rmSync(`${file}${tail}`, { force: true });
  renameSync(restored, file);
  return aside;
};

export const restore = async (path: string, asked: RestoreAsked, out: Out): Promise<Ending> => {
  const place = placeOf();
  const from = resolve(path);
  if (!existsSync(from) || !statSync(from).isFile())
    throw new Failure('usage', `There is no file ${path}.`, 'Give the path of a file that `weft backup` made.');
  if (from === resolve(place.file))
    throw new Failure('usage', `${path} is the store itself.`, 'Give the path of a backup.');
  mkdirSync(place.folder, { recursive: true });
  const now = Date.now();
  let lock: ReturnType<typeof takeLock>;
  try {
    lock = takeLock(place.folder, 'weft restore', now);
  } catch (error) {
    if (isLocked(error))
      throw new Failure('busy', error.message, 'Stop it first: a store is not replaced under a running process.');
    throw error;
  }
  // A room of its own in the same folder: the last step is then one rename.
  const room = join(place.folder, 'restoring');
  const copy = databaseFile(room);
  try {
    rmSync(room, { recursive: true, force: true });
    mkdirSync(room, { mode: 0o700 });
    const note = await checkManifest(from, out);
    soundCopy(from, copy, note);
    const hasPresent = existsSync(place.file);
    const tells = hasPresent && readable(place.file);
    if (hasPresent && !tells && !asked.withoutTombstones)
      throw new Failure(
        'refused',
        'The store that is to be replaced cannot be read, so it cannot tell who was erased since the backup.',
        'Give --without-tombstones to go on, then erase again whoever asked for it since then.',
      );
    const news = tells && !asked.withoutTombstones ? takeOver(copy, place.file) : [];
    const writer = openWriter({
      ...writerOptions(place.config),
      path: copy,
      // The key lies in the folder and is in no backup; the room's folder goes.
      ledgerKeyFile: keyFileOf(place.file)!,
      what: 'weft restore',
    });
    let again: ErasedAgain;
    let counts: Record<string, number>;
    try {
      again = eraseAgain(writer, news, now);
      counts = countsOf(writer.store);
    } finally {
      writer.close();
    }
    settleFile(copy);
    const aside = swap(place, copy, now);
    if (asked.json) out.tell(JSON.stringify({ restored: place.file, replaced: aside, erasedAgain: again, counts }));
    else {
      out.tell(
        `${place.file} is the backup${note === null ? '' : ` of ${note.createdAt}`} now.\n${columns(Object.entries(counts))}`,
      );
      if (again.tombstones > 0)
        out.tell(
          `Erased since the backup, and erased again: ${plural(again.people, 'person', 'people')}, ${plural(again.devices, 'device')}, ${plural(again.events, 'event')}.`,
        );
      if (aside !== null)
        out.tell(`What was there is in ${aside}. It holds people: delete it once you no longer need it.`);
    }
    return 'done';
  } finally {
    rmSync(room, { recursive: true, force: true });
    lock.release();
  }
};
