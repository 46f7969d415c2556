// Every statement that the sources write out, explained by SQLite on a migrated store: each can be read, and none with a
// value to look for may look through a whole table that grows with visitors. What is quick on a test's hundred rows takes a
// second on a million.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openSqlite } from '../store/sqlite.js';
import { migrations } from './migrations.js';

/** A row for each policy, key, recipient or run that people make by hand, or for each day. */
const small = [
  'consent_keys',
  'consent_policies',
  'consent_releases',
  'credentials',
  'destinations',
  'retention_removals',
  'retention_runs',
  'sqlite_sequence',
];

/** How they begin, and why they may. */
const allowed: readonly (readonly [begins: string, why: string])[] = [
  ['SELECT * FROM joins WHERE id = ?', 'an administrator takes back one merge'],
  ['SELECT * FROM consent_ledger WHERE hash IS NULL', 'once, at the start of a store from before the chain'],
  [
    'SELECT seq FROM consent_ledger WHERE expires_at >= ? ORDER BY seq',
    'the oldest are first, and the first that is open ends it',
  ],
  ['DELETE FROM tombstones WHERE (kind, key) IN', 'once a day, of what is kept for a time'],
  ['DELETE FROM nonces WHERE until < ?', 'those of a few minutes'],
  ['DELETE FROM export_subjects WHERE export = ?', 'the copies that are being made'],
  ['INSERT INTO floods', 'a rebuild, once'],
  ['SELECT * FROM (SELECT *, CASE', 'the list of requests, which people made'],
  [
    'SELECT id, erasure, recipient, state, attempts',
    'what recipients are to be told of erasures, which people asked for',
  ],
  ['SELECT receipt FROM (SELECT receipt, expires_at', 'the first so many of the ledger'],
  ['SELECT t.said, count(*) AS holders', 'one page of the policy counts all that is granted, in the thread that reads'],
];

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
/** Texts in quotes or backticks that begin as a statement; one with a part to fill in is none to explain. */
const written = /(['"`])(\s*(?:SELECT|UPDATE|DELETE|INSERT|WITH)\b[\s\S]*?)\1/g;
const statements = (): { text: string; file: string }[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.(test|fixture|bench)\./.test(name))
    .flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(written)]
        // `exec` takes several at once.
        .flatMap(([, , text]) => text!.split(';'))
        .map((text) => ({ text: text.replace(/\s+/g, ' ').trim(), file: name })),
    )
    // A method of HTTP is one word.
    .filter(({ text }) => text.includes(' ') && !text.includes('${'));

describe('a statement that looks for something', () => {
  const store = openSqlite(':memory:', migrations);
  const scanned = (text: string): string[] => {
    const plan = store.prepare<{ detail: string }>(`EXPLAIN QUERY PLAN ${text.replaceAll('?', 'NULL')}`).all();
    return plan
      .map(({ detail }) => /^SCAN (?:main\.)?(\w+)/.exec(detail)?.[1])
      .filter((name) => name !== undefined)
      .filter((name) => !small.includes(name) && !/^(CONSTANT|json_each|subquery|sqlite_master)$/i.test(name));
  };
  const wrong: string[] = [];
  const explained = statements().flatMap(({ text, file }) => {
    try {
      const scans = scanned(text);
      // What looks for nothing in particular may read all there is.
      return text.includes('?') ? [{ text, file, scans }] : [];
    } catch (error) {
      const { message } = error as Error;
      // Of another store: of a backup beside this one, of the lock.
      if (/no such (table|column)|unknown database/.test(message)) return [];
      wrong.push(`${file}: ${message}: ${text}`);
      return [];
    }
  });

  it('can be read by SQLite', () => {
    expect(wrong).toEqual([]);
  });

  it('looks through no table that grows with visitors', () => {
    expect(explained.length).toBeGreaterThan(250);
    const found = explained.filter(
      ({ text, scans }) => scans.length > 0 && !allowed.some(([begins]) => text.startsWith(begins)),
    );
    expect(found).toEqual([]);
  });

  it('is found out where it does, and no leave is given that nothing takes', () => {
    expect(scanned('SELECT id FROM nodes WHERE leader = ?')).toEqual(['nodes']);
    expect(scanned('SELECT id FROM nodes WHERE kind = ? AND value = ?')).toEqual([]);
    const idle = allowed.filter(
      ([begins]) => !explained.some(({ text, scans }) => scans.length > 0 && text.startsWith(begins)),
    );
    expect(idle).toEqual([]);
  });
});
