// With real files and a second connection: the waits themselves are SQLite's.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { adviceOf, openPatience, type Stuck } from './patience.js';
import { openSqlite } from './sqlite.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const open = () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-patience-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'weft.sqlite');
  const store = openSqlite(path, [{ name: '1', sql: 'CREATE TABLE things (name TEXT)' }]);
  closing.push(store.close);
  const other = new Database(path);
  closing.push(() => other.close());
  const changes: (Stuck | null)[] = [];
  const waits: number[] = [];
  const patience = openPatience({ ...store, waitForLocks: (ms) => waits.push(ms) && store.waitForLocks(ms) }, (stuck) =>
    changes.push(stuck),
  );
  const write = () => store.transaction(() => store.prepare("INSERT INTO things VALUES ('a')").run());
  const failing = (now: number): boolean => {
    try {
      write();
    } catch (error) {
      return patience.failed(error, now);
    }
    throw new Error('it was written');
  };
  return { store, other, patience, changes, waits, failing, write };
};

describe('a store that another process holds', () => {
  it('is waited for once; from then on each try is a look, until one goes through', () => {
    const { store, other, patience, changes, waits, failing, write } = open();
    store.waitForLocks(100);
    other.exec('BEGIN IMMEDIATE');
    expect(failing(1_000)).toBe(true);
    expect(failing(2_000)).toBe(true);
    expect(patience.isOver(3_000)).toBe(false);
    expect(patience.stuck()).toEqual({ code: 'SQLITE_BUSY', since: 1_000 });
    expect(changes).toEqual([{ code: 'SQLITE_BUSY', since: 1_000 }]);
    other.exec('COMMIT');
    expect(patience.isOver(4_000)).toBe(true);
    expect([patience.stuck(), changes.at(-1)]).toEqual([null, null]);
    expect(waits).toEqual([20, 5_000]);
    write();
  });

  it('of which somebody reads is not stuck, and a write that goes through says so', () => {
    const { other, patience, changes, write } = open();
    other.exec('BEGIN; SELECT * FROM things');
    write();
    patience.passed();
    expect(changes).toEqual([]);
  });
});

describe('a disk that is full', () => {
  it('is told by its own code, and found to be over by writing', () => {
    const { store, patience, failing, write } = open();
    const pages = Number(store.pragma('page_count'));
    store.pragma(`max_page_count = ${pages}`);
    const rows = store.prepare('INSERT INTO things VALUES (?)');
    const fill = () => store.transaction(() => rows.run('x'.repeat(100_000)));
    expect(fill).toThrow(/full/);
    let code = '';
    try {
      fill();
    } catch (error) {
      patience.failed(error, 5);
      ({ code } = error as { code: string });
    }
    expect([code, patience.stuck()]).toEqual(['SQLITE_FULL', { code: 'SQLITE_FULL', since: 5 }]);
    store.pragma('max_page_count = 1000000');
    expect(patience.isOver(6)).toBe(true);
    write();
    expect(store.prepare('SELECT count(*) AS n FROM things').get()).toEqual({ n: 1 });
    expect(() => failing(7)).toThrow('it was written');
  });
});

it('nothing else is taken for a store that is shut', () => {
  const { patience, changes } = open();
  expect(patience.failed(new TypeError('a bug'), 1)).toBe(false);
  expect(patience.failed(Object.assign(new Error('no such table'), { code: 'SQLITE_ERROR' }), 1)).toBe(false);
  expect(changes).toEqual([]);
});

it.each(['SQLITE_BUSY', 'SQLITE_FULL', 'ENOSPC', 'SQLITE_READONLY_DBMOVED', 'SQLITE_IOERR_WRITE'])(
  'of %s it is said what to do, with the code',
  (code) => {
    expect(adviceOf({ code })).toContain(`(${code}):`);
  },
);
