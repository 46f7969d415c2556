// With real files and a second connection: the waits themselves are SQLite's.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { adviceOf, openPatience, openTelling, type Stuck } from './patience.js';
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
  /** The header can be written all the same, and a small row where a page has room. */
  const full = () => {
    const opened = open();
    const { store, patience } = opened;
    store.pragma(`max_page_count = ${store.pragma('page_count')}`);
    const rows = store.prepare('INSERT INTO things VALUES (?)');
    const fill = (now: number): string => {
      try {
        store.transaction(() => rows.run('x'.repeat(100_000)));
      } catch (error) {
        patience.failed(error, now);
        return (error as { code: string }).code;
      }
      return 'written';
    };
    return { ...opened, fill };
  };

  it('is told by its own code, and found to be over by writing, once nothing has failed for a minute', () => {
    const { store, patience, failing, write, fill } = full();
    expect([fill(5_000), patience.stuck()]).toEqual(['SQLITE_FULL', { code: 'SQLITE_FULL', since: 5_000 }]);
    // The page that is tried can be written on a disk that has no room for a batch.
    expect(patience.isOver(6_000)).toBe(false);
    expect(fill(7_000)).toBe('SQLITE_FULL');
    expect(patience.stuck()).toEqual({ code: 'SQLITE_FULL', since: 5_000 });
    store.pragma('max_page_count = 1000000');
    expect([patience.isOver(66_999), patience.isOver(67_000), patience.stuck()]).toEqual([false, true, null]);
    write();
    expect(store.prepare('SELECT count(*) AS n FROM things').get()).toEqual({ n: 1 });
    expect(() => failing(68_000)).toThrow('it was written');
  });

  it('is over at once where a batch goes through', () => {
    const { patience, fill, write } = full();
    fill(5_000);
    write();
    patience.passed();
    expect(patience.stuck()).toBe(null);
  });

  it('that takes a small batch and refuses a large one is told once, and once that it is over', () => {
    const said: string[] = [];
    const telling = openTelling((stuck) => said.push(stuck?.code ?? 'over'));
    const at = (now: number, stuck: Stuck | null) => {
      telling.changed(stuck, now);
      telling.look(now);
    };
    const shut = { code: 'SQLITE_FULL', since: 0 };
    for (let now = 0; now < 600_000; now += 1_000) at(now, now % 2_000 === 0 ? shut : null);
    expect(said).toEqual(['SQLITE_FULL']);
    // Another reason is another state.
    at(600_000, { code: 'SQLITE_BUSY', since: 600_000 });
    at(601_000, shut);
    at(602_000, null);
    for (let now = 603_000; now < 700_000; now += 1_000) telling.look(now);
    expect(said).toEqual(['SQLITE_FULL', 'SQLITE_BUSY', 'over']);
    at(700_000, shut);
    expect(said.at(-1)).toBe('SQLITE_FULL');
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
