import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { isLocked, LockedError, lockOwner, takeLock } from './lock.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'weft-lock-'));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
const at = Date.parse('2026-11-22T06:00:00Z');
const refusal = (path: string): unknown => {
  try {
    takeLock(path, 'second', at).release();
  } catch (error) {
    return error;
  }
  return null;
};

/** Another process that takes the lock as this one does, without its code: `weft.lock` is a file of SQLite. */
const holder = `
  const Database = require('better-sqlite3');
  const database = new Database(process.argv[1] + '/weft.lock');
  database.exec('CREATE TABLE IF NOT EXISTS owner (pid INTEGER NOT NULL, what TEXT NOT NULL, since INTEGER NOT NULL)');
  database.prepare('INSERT INTO owner VALUES (?, ?, ?)').run(process.pid, 'the other', 1795327200000);
  database.exec('BEGIN IMMEDIATE');
  process.stdout.write('held');
  setInterval(() => {}, 1000);
`;
const held = async (path: string): Promise<ChildProcess> => {
  const child = spawn(process.execPath, ['-e', holder, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
};

describe('the lock of a data folder', () => {
  it('is one process’s, until it lets go', () => {
    const path = folder();
    expect(lockOwner(path)).toBeNull();
    const lock = takeLock(path, 'first', at);
    expect(lockOwner(path)).toEqual({ pid: process.pid, what: 'first', since: at });
    expect(refusal(path)).toMatchObject({ owner: { pid: process.pid, what: 'first', since: at } });
    lock.release();
    lock.release();
    expect(lockOwner(path)).toBeNull();
    expect(refusal(path)).toBeNull();
  });

  it('says who holds it, since when, and nothing else', () => {
    const path = folder();
    const lock = takeLock(path, 'the collector', at);
    const error = refusal(path);
    expect(error).toBeInstanceOf(LockedError);
    expect((error as Error).message).toBe(
      `the collector is running (pid ${process.pid}, since 2026-11-22T06:00:00.000Z) and writes to the data folder.`,
    );
    lock.release();
  });

  it('is kept against a thread of the same process', async () => {
    const path = folder();
    const lock = takeLock(path, 'first', at);
    const worker = new Worker(
      `const Database = require('better-sqlite3');
       const { parentPort, workerData } = require('node:worker_threads');
       const database = new Database(workerData, { timeout: 0 });
       try { database.exec('BEGIN IMMEDIATE'); parentPort.postMessage('taken'); }
       catch (error) { parentPort.postMessage(error.code); }`,
      { eval: true, workerData: join(path, 'weft.lock') },
    );
    expect(await once(worker, 'message')).toEqual(['SQLITE_BUSY']);
    expect(refusal(path)).not.toBeNull();
    lock.release();
  });

  it('is kept by another process, and free the moment that one is killed', async () => {
    const path = folder();
    const child = await held(path);
    expect(lockOwner(path)).toMatchObject({ pid: child.pid, what: 'the other' });
    expect(isLocked(refusal(path))).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(lockOwner(path)).toBeNull();
    takeLock(path, 'second', at).release();
  });

  it('of a folder that cannot be written to is another trouble', () => {
    const error = refusal(join(folder(), 'missing'));
    expect(isLocked(error)).toBe(false);
    expect(error).toBeInstanceOf(Error);
  });
});
