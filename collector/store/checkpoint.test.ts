import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogSync, openMover } from './checkpoint.js';
import { logFileOf, openSqlite } from './sqlite.js';

const migrations = [{ name: '1', sql: 'CREATE TABLE rows (n INTEGER PRIMARY KEY, body TEXT NOT NULL)' }];
const body = 'x'.repeat(1_000);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-log-'));
  path = join(folder, 'weft.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const writing = (from: number, to: number, store: ReturnType<typeof openSqlite>): void =>
  store.transaction(() => {
    for (let n = from; n < to; n += 1) store.prepare('INSERT INTO rows VALUES (?, ?)').run(n, body);
  });

describe('the log of writes, beside its writer', () => {
  it('is not moved by a writer whose caller sees to it', () => {
    const store = openSqlite(path, migrations, { durable: 'caller' });
    for (let n = 0; n < 30; n += 1) writing(n * 1_000, (n + 1) * 1_000, store);
    // 30 MB written: a writer that moved its own log would have moved it after 16.
    expect(statSync(logFileOf(path)).size).toBeGreaterThan(25_000_000);
    store.close();
  });

  it('is moved while a transaction is open, and begins anew once its writer has moved the rest', () => {
    const store = openSqlite(path, migrations, { durable: 'caller' });
    const mover = openMover(path);
    writing(0, 1_000, store);
    store.transaction(() => {
      store.prepare('INSERT INTO rows VALUES (?, ?)').run(1_000, body);
      const seen = mover.move();
      expect(seen.pages).toBeGreaterThan(200);
      expect(seen.moved).toBe(seen.pages);
    });
    // That transaction began with a log that was not moved, so it wrote behind it; the mover alone never catches up.
    store.pragma('wal_checkpoint(PASSIVE)');
    writing(1_001, 1_002, store);
    expect(mover.move().pages).toBeLessThan(20);
    mover.close();
    store.close();
    const after = openSqlite(path, migrations);
    expect(after.prepare<{ n: number }>('SELECT count(*) AS n FROM rows').get()!.n).toBe(1_002);
    expect(after.pragma('integrity_check')).toBe('ok');
    after.close();
  });

  it('is not cut short under somebody who reads, and begins anew after them', () => {
    const store = openSqlite(path, migrations, { durable: 'caller' });
    const mover = openMover(path);
    const reader = openSqlite(path, [], { readonly: true });
    writing(0, 1_000, store);
    reader.transaction(() => {
      const counted = () => reader.prepare<{ n: number }>('SELECT count(*) AS n FROM rows').get()!.n;
      expect(counted()).toBe(1_000);
      writing(1_000, 2_000, store);
      const seen = mover.move();
      // What came after the reader's snapshot stays in the log, and the reader sees what it saw.
      expect(seen.moved).toBeLessThan(seen.pages);
      expect(counted()).toBe(1_000);
    });
    mover.move();
    writing(2_000, 2_001, store);
    expect(mover.move().pages).toBeLessThan(20);
    reader.close();
    mover.close();
    store.close();
  });

  it('is synced through a handle of its own, however often it begins anew', async () => {
    const store = openSqlite(path, migrations, { durable: 'caller' });
    const file = openLogSync(path);
    writing(0, 10, store);
    await file.sync();
    expect(store.emptyLog()).toBe(true);
    writing(10, 20, store);
    await file.sync();
    file.close();
    // Closing the handle took nobody's locks: another process still finds the store in use.
    writing(20, 30, store);
    store.close();
  });

  it('a disk that refuses is told, not swallowed', async () => {
    const store = openSqlite(path, migrations, { durable: 'caller' });
    const file = openLogSync(path);
    file.close();
    await expect(file.sync()).rejects.toMatchObject({ code: 'EBADF' });
    store.close();
  });
});
