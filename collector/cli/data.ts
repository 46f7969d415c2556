// The data folder as the commands reach it: who may write, who only reads, and what stands in the way.

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { type Config, readConfig } from '../config.js';
import { lineOf } from '../consent/policy/policy.js';
import { databaseFile, writerOptions } from '../embedded.js';
import { migrations } from '../pipeline/migrations.js';
import { openWriter, type Writer } from '../pipeline/writer.js';
import { isLocked, takeLock } from '../store/lock.js';
import { openSqlite, type SqliteStore } from '../store/sqlite.js';
import { Failure } from './failure.js';

export interface Place {
  config: Config;
  folder: string;
  /** Of the database in it. */
  file: string;
}

export const placeOf = (config: Config = readConfig()): Place => {
  if (config.store.kind !== 'sqlite')
    throw new Failure(
      'config',
      'WEFT_DATA names a PostgreSQL server, and this build keeps its data in a folder.',
      'Set WEFT_DATA to a folder.',
    );
  const { folder } = config.store;
  if (folder === ':memory:')
    throw new Failure('config', 'WEFT_DATA is :memory:, which ends with the command.', 'Set WEFT_DATA to a folder.');
  return { config, folder, file: databaseFile(folder) };
};

export const mustHaveData = ({ file, folder }: Place): void => {
  if (!existsSync(file))
    throw new Failure(
      'refused',
      `There is no data in ${folder}.`,
      'Set WEFT_DATA to the folder the collector uses, or fill this one: `weft serve`, `weft import`, `weft restore`.',
    );
};

/** What went wrong with the file itself, in words. */
const troubleWith = ({ folder }: Place, error: unknown): unknown => {
  const { code } = error as { code?: unknown };
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT')
    return new Failure(
      'refused',
      `The data in ${folder} is damaged (${code}).`,
      'Run `weft doctor`; then `weft restore` the last backup.',
    );
  if (
    typeof code === 'string' &&
    /^(SQLITE_(CANTOPEN|READONLY|FULL|IOERR)|EACCES|EROFS|ENOTDIR|EEXIST|EPERM)/.test(code)
  )
    return new Failure(
      'refused',
      `The data in ${folder} cannot be opened (${code}).`,
      'It must be a folder this user may write to, with room on the disk.',
    );
  return error;
};

/** The one writer of a folder. `otherwise` = what to do instead of stopping the collector. */
export const writerOf = (place: Place, what: string, otherwise: string | null): Writer => {
  try {
    const writer = openWriter({ ...writerOptions(place.config), what });
    if (writer.trouble.length > 0)
      process.stderr.write(
        `The consent file is refused, and the last good policy is in force instead:\n${writer.trouble
          .map((finding) => `  ${lineOf(finding)}`)
          .join('\n')}\n`,
      );
    return writer;
  } catch (error) {
    if (isLocked(error))
      throw new Failure(
        'busy',
        error.message,
        otherwise === null ? 'Stop it first.' : `Stop it first, or ${otherwise}.`,
      );
    throw troubleWith(place, error);
  }
};

/** Only reads; beside a running collector too. */
export const readerOf = (place: Place): SqliteStore => {
  mustHaveData(place);
  try {
    accessSync(place.file, constants.R_OK);
    const store = openSqlite(place.file, [], { readonly: true });
    store.prepare('SELECT count(*) FROM sqlite_master').get();
    return store;
  } catch (error) {
    throw troubleWith(place, error);
  }
};

const openStore = (place: Place, toApply: typeof migrations): SqliteStore => {
  try {
    return openSqlite(place.file, toApply);
  } catch (error) {
    throw troubleWith(place, error);
  }
};

/** One table that a running collector asks again by itself needs no lock; where nobody runs, the tables are brought up to date. */
export const withStore = <Result>(place: Place, what: string, work: (store: SqliteStore) => Result): Result => {
  mkdirSync(place.folder, { recursive: true });
  let lock: ReturnType<typeof takeLock> | null = null;
  try {
    lock = takeLock(place.folder, what, Date.now());
  } catch (error) {
    if (!isLocked(error)) throw error;
  }
  try {
    const store = openStore(place, lock === null ? [] : migrations);
    try {
      return work(store);
    } finally {
      store.close();
    }
  } finally {
    lock?.release();
  }
};
