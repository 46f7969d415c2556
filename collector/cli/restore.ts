// `weft restore`: a backup takes the place of what is there, which is kept aside. Whoever was erased since the backup was
// made is erased again before anybody is answered from it: the journal beside the store says who, even when that store can
// no longer be read. Where it can, everything consent knows since the backup is taken over, and the audit log. Keys that were
// revoked since stay revoked.

import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { takeOverAudit } from '../audit/takeover.js';
import { DamagedJournal, type JournalEntry, journalFile } from '../consent/rights/journal.js';
import { takeOverConsent } from '../consent/rights/takeover.js';
import { databaseFile, writerOptions } from '../embedded.js';
import { migrations } from '../pipeline/migrations.js';
import type { Replayed } from '../pipeline/replay.js';
import { openWriter } from '../pipeline/writer.js';
import { asideFile, restoringRoom } from '../store/aside.js';
import { isLocked, takeLock } from '../store/lock.js';
import { openSqlite, type SqliteStore } from '../store/sqlite.js';
import { countsOf, type Manifest, manifest, manifestFile, sha256Of, siteOf } from './backup.js';
import { type Place, placeOf } from './data.js';
import { type Ending, Failure } from './failure.js';
import { bytesSaid, columns, type Out, plural } from './say.js';

export interface RestoreAsked {
  /** Go on although the present store cannot tell who was erased since. What it can tell is taken over all the same. */
  withoutTombstones?: boolean;
  json?: boolean;
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

/** What a copy has from the present store. */
interface TakenOver {
  /** Tombstones that the backup does not have. */
  news: JournalEntry[];
  ledgerRows: number;
  auditRows: number;
  /** What of that store is lost, in words; null: nothing that could be kept. */
  lost: string | null;
}
const nothingTaken: TakenOver = { news: [], ledgerRows: 0, auditRows: 0, lost: null };

/** Into the copy, from the present store: what consent knows since, the audit log, and credentials. */
const takeOver = (copy: string, present: string, goOn: boolean): TakenOver => {
  const store = openSqlite(copy);
  try {
    store.prepare('ATTACH DATABASE ? AS present').run(present);
    return store.transaction(() => {
      const secret = (schema: string): string | undefined =>
        store.prepare<{ value: string }>(`SELECT value FROM ${schema}.site WHERE key = 'secret'`).get()?.value;
      if (secret('main') !== secret('present')) {
        const acts = store
          .prepare<{ n: number }>(
            'SELECT (SELECT count(*) FROM present.tombstones) + (SELECT count(*) FROM present.consent_ledger) AS n',
          )
          .get()!.n;
        // Somebody who started a new collector before they restored into it has lost nothing but a few rows about themselves.
        if (acts === 0 || goOn)
          return {
            ...nothingTaken,
            lost: 'The store that is replaced is of another site: nothing of it is taken over, neither acts of consent nor its audit log.',
          };
        throw new Failure(
          'refused',
          'The backup is of another site than the data in the folder: who was erased there cannot be found in it.',
          'Set WEFT_DATA to another folder, or give --without-tombstones.',
        );
      }
      const taken = takeOverConsent(store);
      if (taken.kind === 'parted' && !goOn)
        throw new Failure(
          'refused',
          `The ledger of the backup is not the beginning of the present one: they part at row ${taken.seq}.`,
          '`weft doctor` and GET /v1/ledger/verify say which of the two is sound; with --without-tombstones the present one is set aside.',
        );
      const auditRows = takeOverAudit(store);
      // What is there now knows which keys were revoked since.
      store.exec(`
        INSERT INTO main.credentials SELECT * FROM present.credentials WHERE true
        ON CONFLICT (id) DO UPDATE SET verifier = excluded.verifier, mode = excluded.mode, purposes = excluded.purposes,
          categories = excluded.categories, roles = excluded.roles, revoked_at = excluded.revoked_at;
      `);
      const { news } = taken;
      return taken.kind === 'taken'
        ? { news, ledgerRows: taken.ledgerRows, auditRows, lost: null }
        : {
            news,
            ledgerRows: 0,
            auditRows,
            lost: `The ledgers part at row ${taken.seq}: acts of consent and requests since the backup are lost. Erasures, revoked keys and the audit log are not.`,
          };
    });
  } finally {
    store.close();
  }
};

/** Of a store that cannot be read. */
const lostUnread = (hasJournal: boolean): string =>
  hasJournal
    ? 'The store that is replaced cannot be read: acts of consent and the audit log since the backup are lost, withdrawals and erasures are not. Keys that were revoked since are good again: revoke them.'
    : 'The store that is replaced cannot be read, and there is no journal: acts of consent, withdrawals, erasures and the audit log since the backup are lost. Erase again whoever asked for it since; keys that were revoked since are good again: revoke them.';

export interface ErasedAgain extends Replayed {
  events: number;
}

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
    aside = asideFile(folder, now);
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
  const room = restoringRoom(place.folder);
  const copy = databaseFile(room);
  try {
    rmSync(room, { recursive: true, force: true });
    mkdirSync(room, { mode: 0o700 });
    const note = await checkManifest(from, out);
    soundCopy(from, copy, note);
    const hasPresent = existsSync(place.file);
    const tells = hasPresent && readable(place.file);
    const journal = journalFile(place.folder);
    const hasJournal = existsSync(journal);
    const goOn = asked.withoutTombstones === true;
    if (hasPresent && !tells && !goOn && !hasJournal)
      throw new Failure(
        'refused',
        'The store that is to be replaced cannot be read, and there is no erasures.journal beside it: nobody knows who was erased since the backup.',
        'Put a copy of the journal beside it; or give --without-tombstones to go on, then erase again whoever asked for it since then.',
      );
    const { news, ledgerRows, auditRows, lost } = tells
      ? takeOver(copy, place.file, goOn)
      : { ...nothingTaken, lost: hasPresent ? lostUnread(hasJournal) : null };
    if (lost !== null) out.note(lost);
    const eventsIn = (): number => {
      const store = openSqlite(copy, [], { readonly: true });
      try {
        return store.prepare<{ n: number }>('SELECT count(*) AS n FROM events').get()!.n;
      } finally {
        store.close();
      }
    };
    const before = eventsIn();
    // It takes up the journal of the folder, and erases again whoever stands in it and not in the backup.
    const writer = openWriter({
      ...writerOptions(place.config),
      path: copy,
      journal,
      ledgerKeyFile: join(place.folder, 'ledger.key'),
      what: 'weft restore',
    });
    let again: ErasedAgain;
    let counts: Record<string, number>;
    try {
      const more = writer.replay(news, now);
      writer.due(now);
      counts = countsOf(writer.store);
      again = {
        lines: writer.replayed.lines + more.lines,
        people: writer.replayed.people + more.people,
        devices: writer.replayed.devices + more.devices,
        withdrawals: writer.replayed.withdrawals + more.withdrawals,
        events: before - (counts.events ?? 0),
      };
    } finally {
      writer.close();
    }
    settleFile(copy);
    const aside = swap(place, copy, now);
    if (asked.json)
      out.tell(
        JSON.stringify({ restored: place.file, replaced: aside, erasedAgain: again, ledgerRows, auditRows, counts }),
      );
    else {
      out.tell(
        `${place.file} is the backup${note === null ? '' : ` of ${note.createdAt}`} now.\n${columns(Object.entries(counts))}`,
      );
      if (again.lines > 0)
        out.tell(
          `Erased since the backup, and erased again: ${plural(again.people, 'person', 'people')}, ${plural(again.devices, 'device')}, ${plural(again.withdrawals, 'withdrawal')}, ${plural(again.events, 'event')}.`,
        );
      if (ledgerRows + auditRows > 0)
        out.tell(
          `Taken over from what was there, since the backup: ${plural(ledgerRows, 'act')} of consent, ${plural(auditRows, 'row')} of the audit log.`,
        );
      if (aside !== null)
        out.tell(
          `What was there is in ${aside}. It holds people: delete it once you no longer need it. The next erasure does, and after 30 days the collector.`,
        );
    }
    return 'done';
  } catch (error) {
    if (error instanceof DamagedJournal)
      throw new Failure(
        'refused',
        error.message,
        'Nothing was changed; with a sound journal the same command goes on.',
      );
    throw error;
  } finally {
    rmSync(room, { recursive: true, force: true });
    lock.release();
  }
};
