// `weft backup`: a whole, consistent copy of the store in one file, taken while the collector goes on, and beside it a note
// of what it is. The copy holds people: it is readable by its owner alone.

import { createHash } from 'node:crypto';
import { chmodSync, createReadStream, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { identityStore } from '../identity/store.js';
import { openSqlite, type SqliteStore } from '../store/sqlite.js';
import { placeOf, readerOf } from './data.js';
import { type Ending, Failure } from './failure.js';
import { bytesSaid, columns, type Out } from './say.js';
import { ownVersion } from './version.js';

export const manifest = z.object({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  weft: z.string(),
  bytes: z.number().int(),
  sha256: z.string(),
  /** Which site it is of: a digest of its secret, which tells nothing of it. */
  site: z.string(),
  /** The last table that was made. */
  migration: z.string(),
  counts: z.record(z.string(), z.number()),
});
export type Manifest = z.output<typeof manifest>;

export const manifestFile = (backup: string): string => `${backup}.manifest.json`;

export const siteOf = (store: SqliteStore): string =>
  createHash('sha256')
    .update(`site ${identityStore(store).site('secret') ?? ''}`)
    .digest('hex')
    .slice(0, 16);

export const sha256Of = async (file: string, onBytes: (read: number) => void = () => {}): Promise<string> => {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    read += (chunk as Buffer).length;
    onBytes(read);
  }
  return hash.digest('hex');
};

const counted = ['events', 'sessions', 'profiles', 'consent_ledger', 'tombstones', 'credentials'];

export const countsOf = (store: SqliteStore): Record<string, number> =>
  Object.fromEntries(
    counted.map((table) => [table, store.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n]),
  );

export interface BackupAsked {
  force?: boolean;
  json?: boolean;
}

export const backup = async (path: string, asked: BackupAsked, out: Out): Promise<Ending> => {
  const place = placeOf();
  const to = resolve(path);
  if (existsSync(to) && !asked.force)
    throw new Failure('usage', `${path} exists.`, 'Name a new file, or give --force to replace it.');
  if (!existsSync(dirname(to)))
    throw new Failure('usage', `There is no folder ${dirname(to)}.`, 'Make it, or name a file in another one.');
  const store = readerOf(place);
  const part = `${to}.part`;
  const progress = out.progress('Backing up');
  try {
    rmSync(part, { force: true });
    // An open reading holds one instant: else every commit of the collector would make the copy begin anew.
    store.exec('BEGIN');
    const counts = countsOf(store);
    const site = siteOf(store);
    const migration = store.prepare<{ name: string }>('SELECT max(name) AS name FROM migrations').get()?.name ?? '';
    await store.backup(part, (done, total) => progress.at(done, total, bytesSaid(done * 4096)));
    chmodSync(part, 0o600);
    // One file, without the companions of a store in use.
    const copy = openSqlite(part);
    copy.pragma('journal_mode = DELETE');
    copy.close();
    const { size } = statSync(part);
    const sha256 = await sha256Of(part, (read) => progress.at(read, size, 'digest'));
    const note: Manifest = {
      format: 1,
      createdAt: new Date().toISOString(),
      weft: ownVersion(),
      bytes: size,
      sha256,
      site,
      migration,
      counts,
    };
    rmSync(manifestFile(to), { force: true });
    renameSync(part, to);
    writeFileSync(manifestFile(to), `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
    progress.end();
    if (asked.json) out.tell(JSON.stringify({ file: to, ...note }));
    else out.tell(`${path}: ${bytesSaid(size)}\n${columns(Object.entries(counts))}`);
    return 'done';
  } catch (error) {
    rmSync(part, { force: true });
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && /^(ENOSPC|EACCES|EROFS|SQLITE_(FULL|IOERR|CANTOPEN|READONLY))/.test(code))
      throw new Failure(
        'refused',
        `${path} cannot be written (${code}).`,
        'Name a file in a folder you may write to, on a disk with room.',
      );
    throw error;
  } finally {
    progress.end();
    store.close();
  }
};
