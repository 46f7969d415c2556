// The erasure journal as a file: whatever is noted can be read back, whatever its size, and what an earlier Weft wrote too.

import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { openSqlite, type SqliteStore } from '../../store/sqlite.js';
import { type JournalEntry, type JournalLine, keysInLineMax, openJournal, readJournal } from './journal.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const house = () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-journal-'));
  const sql = openSqlite(':memory:', [
    { name: '0001-site', sql: 'CREATE TABLE site (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;' },
  ]);
  closing.push(() => {
    sql.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { file: join(folder, 'erasures.journal'), sql };
};
const opened = (file: string, sql: SqliteStore, holdings: readonly JournalEntry[] = []) => {
  const journal = openJournal(file, sql, 'a secret', () => holdings);
  return {
    journal,
    note: (...entries: JournalEntry[]) => {
      for (const entry of entries) journal.note(entry);
      journal.flush();
    },
  };
};
const linesOf = (file: string): JournalLine[] => {
  const lines: JournalLine[] = [];
  readJournal(file, (line) => lines.push(line));
  return lines;
};

const key = (n: number): string => n.toString(16).padStart(32, '0');
const keys = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => key(from + n));
const tookBack = (receipts: string[], at = 1): JournalEntry => ({
  act: 'took-back',
  visitor: key(7),
  receipts,
  purposes: 31,
  how: 'erase',
  at,
});

/** What a line says, one fact for each of its keys: the same in one line and in several. */
const facts = (entry: JournalEntry): string[] => {
  if (entry.act === 'took-back')
    return entry.receipts.map((one) => JSON.stringify([entry.visitor, one, entry.purposes, entry.how, entry.at]));
  if (entry.act === 'objected') return entry.visitors.map((one) => JSON.stringify([one, entry.purposes, entry.at]));
  const { n: _, ...said } = entry as JournalLine;
  return [JSON.stringify(said)];
};

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 5 }),
  fc.constantFrom(keysInLineMax - 1, keysInLineMax, keysInLineMax + 1, 2 * keysInLineMax),
  fc.integer({ min: 1, max: 4_000 }),
);
const entries: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.tuple(sizes, fc.nat(9)).map(([count, at]) => tookBack(keys(count, at * 10_000), at)),
  fc
    .tuple(sizes, fc.nat(9))
    .map(([count, at]): JournalEntry => ({ act: 'objected', visitors: keys(count), purposes: at, at })),
  fc.nat(9).map((at): JournalEntry => ({ act: 'erased', kind: 'userId', key: key(at), v: 1, at })),
);

describe('the erasure journal', () => {
  test('consent 6: reads back all that was noted, whatever its size', () => {
    const seed = Number(process.env.WEFT_SEED);
    console.info(`seed ${seed}`);
    fc.assert(
      fc.property(fc.array(fc.array(entries, { maxLength: 4 }), { maxLength: 4 }), (transactions) => {
        const { file, sql } = house();
        const { journal, note } = opened(file, sql);
        for (const one of transactions) note(...one);
        const lines = linesOf(file);
        expect(lines.flatMap(facts)).toEqual(transactions.flat().flatMap(facts));
        expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1));
        expect(
          Math.max(
            0,
            ...readFileSync(file, 'utf8')
              .split('\n')
              .map((line) => line.length),
          ),
        ).toBeLessThan(16_384);
        // What was written without an end opens again.
        journal.close();
        expect(opened(file, sql).journal.last()).toBe(lines.length);
      }),
      { seed, numRuns: 30 },
    );
  });

  test('writes no line that it would not read: the transaction fails, and the file stands', () => {
    const { file, sql } = house();
    const { journal, note } = opened(file, sql);
    note(tookBack(keys(3)));
    const before = readFileSync(file, 'utf8');
    expect(() => note({ act: 'erased', kind: `external:${'x'.repeat(70_000)}`, key: key(1), v: 1, at: 1 })).toThrow(
      /longer than one may be/,
    );
    journal.drop();
    expect(readFileSync(file, 'utf8')).toBe(before);
    note(tookBack(keys(2)));
    expect(linesOf(file)).toHaveLength(2);
  });

  test.each([
    ['in the middle', true],
    ['at the end', false],
  ])('takes the long lines of an earlier Weft, %s', (_, goesOn) => {
    const { file, sql } = house();
    const { journal, note } = opened(file, sql);
    note(tookBack(keys(1)));
    journal.close();
    const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)!;
    const long = JSON.stringify({ n: 2, ...tookBack(keys(20_000)) });
    const sum = createHash('sha256').update(last.slice(-16)).update('\n').update(long).digest('hex').slice(0, 16);
    appendFileSync(file, `${long} ${sum}\n`);
    const again = opened(file, sql);
    if (goesOn) again.note(tookBack(keys(1)));
    expect(long.length).toBeGreaterThan(600_000);
    expect(linesOf(file).map((line) => line.act === 'took-back' && line.receipts.length)).toEqual(
      goesOn ? [1, 20_000, 1] : [1, 20_000],
    );
  });

  test('an older copy of it gets what the store knows, and gives no number twice', () => {
    const { file, sql } = house();
    const { journal, note } = opened(file, sql);
    note(tookBack(keys(1)));
    const older = readFileSync(file);
    const out: JournalEntry = { act: 'erased', kind: 'userId', key: key(5), v: 1, at: 5 };
    note(tookBack(keys(2)), out);
    journal.close();
    writeFileSync(file, older);
    const again = opened(file, sql, [out]);
    again.note(tookBack(keys(1)));
    expect(linesOf(file).map(({ n, act }) => [n, act])).toEqual([
      [1, 'took-back'],
      [4, 'erased'],
      [5, 'took-back'],
    ]);
  });
});
