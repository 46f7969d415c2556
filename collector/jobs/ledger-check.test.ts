// The check in the background, on a real file that somebody else may write to.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { openConsent } from '../consent/consent.js';
import { houseRow } from '../consent/ledger/ledger.js';
import { openLedgerView } from '../consent/ledger/view.js';
import { consentMigrations } from '../consent/migrations.js';
import { parsePolicy } from '../consent/policy/policy.js';
import { secret, start } from '../consent/site.fixture.js';
import type { Command } from '../log/log.js';
import { openSqlite } from '../store/sqlite.js';
import { type LedgerBreak, ledgerChecker } from './ledger-check.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const open = (rows: number, rowsMax: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-check-'));
  const path = join(folder, 'weft.sqlite');
  const sql = openSqlite(path, consentMigrations);
  closing.push(
    () => rmSync(folder, { recursive: true, force: true }),
    () => sql.close(),
  );
  const { ledger } = openConsent(
    sql,
    { policy: parsePolicy({}), secret, ledgerKeyFile: join(folder, 'ledger.key') },
    start,
  );
  const append = (count: number): void => {
    for (let n = 0; n < count; n += 1) ledger.append(houseRow('restale', start + n));
  };
  append(rows);
  const view = openLedgerView(sql);
  const commands: Command[] = [];
  const told: LedgerBreak[] = [];
  let now = start;
  const process = () =>
    ledgerChecker({
      log: {
        command: async (command) => {
          commands.push(command);
          if (command.kind === 'ledger') {
            if (command.act === 'broken') ledger.noteBroken(command.found);
            else ledger.noteChecked(command);
          }
          return { status: 200, body: {} };
        },
      },
      reader: { ledgerCheck: async (asked) => view.verify(asked) },
      now: () => {
        now += 1_000;
        return now;
      },
      onBroken: (found) => told.push(found),
      rowsMax,
    });
  /** Whoever owns the file: no trigger holds them. */
  const asOwner = (statement: string): void => {
    const database = new Database(path);
    database.exec('DROP TRIGGER IF EXISTS consent_ledger_is_not_rewritten');
    database.exec(statement);
    database.close();
  };
  return { append, view, commands, told, process, asOwner, health: () => view.verify({ full: false }) };
};

test('an empty ledger has nothing to be checked, and nothing is written of it', async () => {
  const { process, commands, told } = open(0, 5);
  await process()();
  expect([commands, told]).toEqual([[], []]);
});

test('each piece goes on where the last one ended, in the next process too, until all rows were checked', async () => {
  const { process, health } = open(12, 5);
  const first = process();
  await first();
  expect(health()).toMatchObject({ ok: true, from: 6, fullAt: null });
  expect(health().checkedAt).not.toBeNull();
  await first();
  expect(health()).toMatchObject({ from: 11, fullAt: null });
  await process()();
  const { fullAt } = health();
  expect(fullAt).not.toBeNull();
  // And again from the first row.
  const second = process();
  for (let piece = 0; piece < 3; piece += 1) await second();
  expect(Date.parse(health().fullAt!)).toBeGreaterThan(Date.parse(fullAt!));
});

test('new rows are checked by the next piece, however long the pass', async () => {
  const { process, append, health } = open(12, 5);
  const check = process();
  for (let piece = 0; piece < 3; piece += 1) await check();
  append(3);
  await check();
  expect(health()).toMatchObject({ ok: true, from: 16, complete: true });
});

test('a row that was changed after it had been checked is found, told once, shown until it fits again', async () => {
  const { process, asOwner, health, told, view } = open(12, 5);
  const check = process();
  for (let piece = 0; piece < 3; piece += 1) await check();
  asOwner("UPDATE consent_ledger SET kind = 'erase' WHERE seq = 7");
  // What is new fits: nobody sees it yet.
  expect(health().ok).toBe(true);
  for (let piece = 0; piece < 6; piece += 1) await check();
  expect(told).toEqual([{ seq: 7, why: 'content', message: expect.stringContaining('Row 7') }]);
  expect(health()).toMatchObject({ ok: false, complete: false, brokenAt: { seq: 7, why: 'content' } });
  expect(view.verify({ full: true })).toMatchObject({ ok: false, brokenAt: { seq: 7 } });

  asOwner("UPDATE consent_ledger SET kind = 'restale' WHERE seq = 7");
  expect(health().ok).toBe(false);
  for (let piece = 0; piece < 4; piece += 1) await check();
  expect(health()).toMatchObject({ ok: true, complete: true });
  // The same once more is told once more.
  asOwner("UPDATE consent_ledger SET kind = 'erase' WHERE seq = 7");
  for (let piece = 0; piece < 6; piece += 1) await check();
  expect(told).toHaveLength(2);
});

test('a row that is gone behind the last check is found by what is new', async () => {
  const { process, asOwner, told, append } = open(4, 5);
  const check = process();
  await check();
  append(2);
  asOwner('DROP TRIGGER consent_ledger_keeps_its_rows; DELETE FROM consent_ledger WHERE seq = 5');
  await check();
  expect(told).toEqual([{ seq: 5, why: 'missing', message: 'Row 5 is missing.' }]);
});
