// What the chain and its signatures are worth: a real file, a real key, and somebody who owns the file.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LedgerCheck } from '../../contract/proofs.js';
import { openSqlite, type SqliteStore } from '../../store/sqlite.js';
import { type Consent, openConsent } from '../consent.js';
import { consentMigrations } from '../migrations.js';
import { parsePolicy } from '../policy/policy.js';
import { dayMs, receiptOf, secret, start } from '../site.fixture.js';
import { type ChainedRow, chainHash, fingerprint, proofText, statementText } from './chain.js';
import { checkExport } from './check-export.js';
import { newKey } from './signing.js';
import { openLedgerView } from './view.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-ledger-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
interface Opened {
  path: string;
  keyFile: string;
  sql: SqliteStore;
  consent: Consent;
  close: () => void;
}
const policy = parsePolicy({});
const openAt = (path: string, keyFile: string): Opened => {
  const sql = openSqlite(path, consentMigrations);
  const consent = openConsent(sql, { policy, secret, ledgerKeyFile: keyFile }, start);
  return { path, keyFile, sql, consent, close: () => sql.close() };
};
const openNew = (): Opened => {
  files += 1;
  return openAt(join(folder, `l${files}.sqlite`), join(folder, `l${files}.key`));
};

const post = (consent: Consent, n: number, at = start + n * 1_000): void => {
  const denies = n % 3 === 0;
  const result = consent.acceptRow(
    {
      receipt: denies ? null : receiptOf(`r${n}`),
      kind: denies ? 'refuse' : 'grant',
      visitorId: denies ? null : `v${n}`,
      epoch: 'e1',
      decisions: ['measurement', 'personalisation'].map((purpose) => ({
        purpose,
        value: denies ? 'denied' : 'granted',
        source: 'user',
      })),
      policy: { version: policy.version, configHash: policy.configHash },
      text: { locale: 'en', sha256: 'ab'.repeat(32) },
      ui: { layer: 'first', action: denies ? 'reject-all' : 'accept-all' },
      gpc: { js: false, ack: false },
      clientAt: at,
    },
    { receivedAt: at, gpc: false, origin: 'https://shop.example', country: 'FR' },
  );
  if (result.kind !== 'accepted') throw new Error(result.kind);
};
/** `count` acts over some days, each day's head signed. */
const filled = (count: number, perDay = 5): Opened => {
  const opened = openNew();
  for (let n = 0; n < count; n += 1) {
    const at = start + Math.floor(n / perDay) * dayMs + (n % perDay) * 1_000;
    post(opened.consent, n, at);
    if (n % perDay === perDay - 1) opened.consent.ledger.signDue(at + 1_000);
  }
  return opened;
};

const verifyAll = (sql: SqliteStore, rowsMax?: number): LedgerCheck => {
  const view = openLedgerView(sql);
  let page = view.verify({ full: true, rowsMax });
  while (page.next !== null) page = view.verify({ full: true, cursor: page.next, rowsMax });
  return page;
};
const exported = (sql: SqliteStore): string[] => {
  const view = openLedgerView(sql);
  const lines: string[] = [];
  for (let page = view.exportPage({ now: start }); ; page = view.exportPage(page.next)) {
    lines.push(...page.lines);
    if (page.next === null) return lines;
  }
};

/** Whoever owns the file: no trigger holds them. */
const asOwner = (path: string, work: (database: Database.Database) => void): void => {
  const database = new Database(path);
  for (const { name } of database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
    name: string;
  }[])
    database.exec(`DROP TRIGGER ${name}`);
  work(database);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
};

describe('the chain', () => {
  test('links each row to the one before it, from the first', () => {
    const { sql, close } = filled(7);
    const rows = sql.prepare<ChainedRow>('SELECT * FROM consent_ledger ORDER BY seq').all();
    let before: Uint8Array = Buffer.alloc(32);
    for (const row of rows) {
      expect(Buffer.from(row.prev_hash!).equals(before)).toBe(true);
      expect(Buffer.from(row.hash!).equals(chainHash(before, proofText(row)))).toBe(true);
      expect(JSON.parse(proofText(row))).toMatchObject({ seq: row.seq, kind: row.kind });
      before = row.hash!;
    }
    expect(verifyAll(sql)).toMatchObject({ ok: true, complete: true, rows: 7, through: 7, head: { seq: 7 } });
    close();
  });

  test('of an empty ledger is whole, and is not signed', () => {
    const { sql, consent, close } = openNew();
    consent.ledger.signDue(start);
    expect(verifyAll(sql)).toMatchObject({ ok: true, complete: true, rows: 0, signatures: 0, signedAt: null });
    close();
  });

  test('is checked in pages that add up, and from where the last check ended', () => {
    const { sql, consent, close } = filled(12);
    const view = openLedgerView(sql);
    const first = view.verify({ full: false, rowsMax: 5 });
    expect(first).toMatchObject({ ok: true, from: 1, through: 5, complete: false, next: 5 });
    consent.ledger.noteChecked({ through: first.through, full: false, at: start });
    expect(view.verify({ full: false, rowsMax: 5 })).toMatchObject({ from: 6, through: 10, next: 10 });
    expect(verifyAll(sql, 5)).toMatchObject({ ok: true, through: 12, complete: true, next: null });
    consent.ledger.noteChecked({ through: 12, full: true, at: start });
    post(consent, 12);
    expect(view.verify({ full: false })).toMatchObject({ from: 13, through: 13, complete: true });
    close();
  });

  test('goes on after a transaction that was rolled back', () => {
    const { sql, consent, close } = filled(3);
    expect(() =>
      sql.transaction(() => {
        post(consent, 3);
        throw new Error('back');
      }),
    ).toThrow('back');
    consent.dropCaches();
    post(consent, 4);
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 4, head: { seq: 4 } });
    close();
  });

  test('still verifies after an erasure, whose salt is gone', () => {
    const { sql, consent, close } = filled(6);
    consent.erasures.request({ anonymousId: 'v1' }, { id: 'e1', by: 'staff', at: start });
    const plan = { deleted: [], erased: ['v1'], cut: [], marks: [] };
    consent.erasures.begin('e1', { userIds: [], aliases: [], visitorIds: ['v1'], contacts: [] }, plan, start);
    consent.erasures.finish('e1', {}, start);
    expect(sql.prepare('SELECT count(*) AS n FROM consent_lives').get()).toEqual({ n: 3 });
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 7 });
    close();
  });

  test('of a store from before it is made at the first start, in the old order', () => {
    const path = join(folder, 'old.sqlite');
    const before = openSqlite(
      path,
      consentMigrations.filter(({ name }) => name === '0003-consent'),
    );
    for (let n = 0; n < 3; n += 1)
      before
        .prepare(
          `INSERT INTO consent_ledger (receipt, kind, at, effective_at, expires_at, decisions, policy, jurisdiction, gpc)
           VALUES (?, 'grant', 1, 1, 2, '[{"value":"granted","purpose":"measurement"}]', '{"version":"1","configHash":null}',
             '{"model":"opt-in","code":null,"how":"unknown"}', '{"js":null,"header":false,"ack":false}')`,
        )
        .run(receiptOf(`old${n}`));
    before.close();
    const { sql, consent, close } = openAt(path, join(folder, 'old.key'));
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 3, head: { seq: 3 } });
    expect(() => sql.prepare("UPDATE consent_ledger SET kind = 'refuse'").run()).toThrow('append-only');
    post(consent, 1);
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 4 });
    close();
  });
});

describe('signatures', () => {
  test('are made once a day, and only over what is new', () => {
    const { sql, consent, close } = openNew();
    const count = () => sql.prepare<{ n: number }>('SELECT count(*) AS n FROM consent_signatures').get()!.n;
    post(consent, 1);
    consent.ledger.signDue(start);
    expect(count()).toBe(1);
    post(consent, 2);
    consent.ledger.signDue(start + 3_600_000);
    expect(count()).toBe(1);
    consent.ledger.signDue(start + dayMs);
    expect(count()).toBe(2);
    consent.ledger.signDue(start + 2 * dayMs);
    consent.ledger.signDue(start + 3 * dayMs);
    expect(count()).toBe(2);
    expect(verifyAll(sql)).toMatchObject({ ok: true, signatures: 2, signedSeq: 2 });
    close();
  });

  test('are by a key that lies in a file only its owner reads, and is the same after a restart', () => {
    const { sql, path, keyFile, close } = filled(5);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const [key] = verifyAll(sql).keys;
    close();
    const again = openAt(path, keyFile);
    again.consent.ledger.sign(start + 9 * dayMs);
    expect(verifyAll(again.sql).keys).toEqual([key]);
    again.close();
  });

  test('a new key is vouched for by the one before it, and all public keys are kept', () => {
    const { sql, consent, close } = filled(5);
    const { id, before } = consent.ledger.rotate(start + dayMs);
    post(consent, 6);
    consent.ledger.sign(start + 2 * dayMs);
    const answer = verifyAll(sql);
    expect(answer).toMatchObject({ ok: true, signedSeq: 6 });
    expect(answer.keys).toEqual([
      expect.objectContaining({ id: before, endorsedBy: null, retiredAt: new Date(start + dayMs).toISOString() }),
      expect.objectContaining({ id, endorsedBy: before, retiredAt: null }),
    ]);
    close();
  });

  test('a key file that is none stops the signing and nothing else', () => {
    const { consent, keyFile, sql, close } = openNew();
    writeFileSync(keyFile, 'not a key');
    post(consent, 1);
    expect(() => consent.ledger.signDue(start)).toThrow('ledger.key cannot be read');
    consent.ledger.signDue(start + 1_000);
    post(consent, 2);
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 2, signatures: 0 });
    close();
  });
});

describe('old rows', () => {
  test('go from the beginning only, and a signed anchor stands where they were', () => {
    const { sql, consent, close } = filled(10);
    expect(consent.ledger.prune(start, 100, start)).toBe(0);
    const far = start + 400 * dayMs;
    expect(consent.ledger.prune(far, 4, far)).toBe(4);
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 6, from: 5, through: 10 });
    expect(() => sql.prepare('DELETE FROM consent_ledger WHERE seq = 7').run()).toThrow('append-only');
    post(consent, 11, far);
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 7, head: { seq: 11 } });
    // The last one stands for another half a year.
    expect(consent.ledger.prune(far, 100, far)).toBe(6);
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 1, from: 11 });
    expect(consent.ledger.prune(far + 400 * dayMs, 100, far + 400 * dayMs)).toBe(1);
    post(consent, 13, far + 400 * dayMs);
    expect(verifyAll(sql)).toMatchObject({ ok: true, rows: 1, head: { seq: 12 } });
    close();
  });

  test('an anchor that nobody signed is found', () => {
    const { sql, path, consent, close } = filled(10);
    consent.ledger.prune(start + 400 * dayMs, 4, start);
    close();
    asOwner(path, (database) => {
      const { hash } = database.prepare('SELECT hash FROM consent_ledger WHERE seq = 7').get() as { hash: Buffer };
      database.prepare('DELETE FROM consent_ledger WHERE seq <= 7').run();
      database.prepare('UPDATE consent_chain SET anchor_seq = 7, anchor_hash = ?').run(hash);
    });
    const again = openSqlite(path, consentMigrations);
    expect(verifyAll(again).brokenAt).toMatchObject({ seq: 7, why: 'anchor' });
    again.close();
    expect(sql).toBeDefined();
  });
});

/** Rewrites a row and all that follow it, as somebody who knows the rules would. */
const rewritten = (database: Database.Database, seq: number, change: (row: ChainedRow) => void): void => {
  const rows = database.prepare('SELECT * FROM consent_ledger WHERE seq >= ? ORDER BY seq').all(seq) as ChainedRow[];
  let before = rows[0]!.prev_hash!;
  change(rows[0]!);
  for (const row of rows) {
    row.prev_hash = before;
    row.hash = chainHash(before, proofText(row));
    database
      .prepare('UPDATE consent_ledger SET kind = ?, decisions = ?, prev_hash = ?, hash = ? WHERE seq = ?')
      .run(row.kind, row.decisions, row.prev_hash, row.hash, row.seq);
    before = row.hash;
  }
  database.prepare('UPDATE consent_chain SET head_hash = ?').run(before);
};

describe('somebody who owns the file', () => {
  const count = 17;
  let original: Buffer;
  let keyFile: string;
  let seed: string;
  beforeAll(() => {
    const opened = filled(count);
    opened.sql.pragma('wal_checkpoint(TRUNCATE)');
    opened.close();
    original = readFileSync(opened.path);
    keyFile = opened.keyFile;
    seed = opened.path;
  });
  const copy = (): string => {
    files += 1;
    const path = join(folder, `t${files}.sqlite`);
    writeFileSync(path, original);
    return path;
  };
  const found = async (path: string): Promise<{ inStore: LedgerCheck; inExport: boolean }> => {
    const sql = openSqlite(path, [], { readonly: true });
    try {
      const inStore = verifyAll(sql, 5);
      const inExport = !(await checkExport(exported(sql).map((line) => line.trimEnd()))).ok;
      return { inStore, inExport };
    } finally {
      sql.close();
    }
  };

  test('changes nothing, and nothing is found', async () => {
    const { inStore, inExport } = await found(seed);
    expect(inStore).toMatchObject({ ok: true, rows: count });
    expect(inExport).toBe(false);
  });

  const columns = [
    'receipt',
    'kind',
    'at',
    'client_at',
    'effective_at',
    'expires_at',
    'subject_key',
    'epoch',
    'supersedes',
    'decisions',
    'policy',
    'text',
    'ui',
    'jurisdiction',
    'gpc',
    'age',
    'origin',
    'sdk_version',
    'cmp',
    'prev_hash',
    'hash',
  ] as const;
  /** One bit of one value; a value that is not there appears. */
  const flipped = (value: unknown, at: number): unknown => {
    if (value === null) return 'x';
    if (typeof value === 'number') return value + 1 + (at % 7);
    const bytes = Buffer.from(value as string | Buffer);
    bytes[at % bytes.length]! ^= 1 << (at % 7);
    return typeof value === 'string' ? bytes.toString('latin1') : bytes;
  };
  const row = fc.integer({ min: 1, max: count });
  const tampering = fc.oneof(
    fc.record({ act: fc.constant('flip' as const), seq: row, column: fc.constantFrom(...columns), at: fc.nat(5_000) }),
    fc.record({ act: fc.constant('remove' as const), seq: row }),
    fc
      .record({ act: fc.constant('swap' as const), seq: row, with: row })
      .filter(({ seq, with: other }) => seq !== other),
    fc.record({ act: fc.constant('insert' as const), seq: row }),
    fc.record({ act: fc.constant('rewrite' as const), seq: fc.integer({ min: 1, max: 15 }) }),
    fc.record({ act: fc.constant('forge' as const), nth: fc.nat(2), at: fc.nat(63) }),
    fc.record({ act: fc.constant('lift' as const), nth: fc.nat(2) }),
    fc.record({ act: fc.constant('key' as const), own: fc.boolean() }),
    fc.record({ act: fc.constant('cut' as const), last: fc.integer({ min: 1, max: 5 }) }),
  );

  test('flips, removes, swaps, inserts, rewrites, forges or replaces: it is found, and where', async () => {
    await fc.assert(
      fc.asyncProperty(tampering, async (it) => {
        const path = copy();
        let where: number | null = null;
        asOwner(path, (database) => {
          const signatures = database.prepare('SELECT seq, key FROM consent_signatures ORDER BY seq').all() as {
            seq: number;
            key: string;
          }[];
          switch (it.act) {
            case 'flip': {
              const { value } = database
                .prepare(`SELECT ${it.column} AS value FROM consent_ledger WHERE seq = ?`)
                .get(it.seq) as { value: unknown };
              database
                .prepare(`UPDATE consent_ledger SET ${it.column} = ? WHERE seq = ?`)
                .run(flipped(value, it.at), it.seq);
              where = it.seq;
              break;
            }
            case 'remove':
              database.prepare('DELETE FROM consent_ledger WHERE seq = ?').run(it.seq);
              where = it.seq;
              break;
            case 'swap':
              database.prepare('UPDATE consent_ledger SET seq = -1 WHERE seq = ?').run(it.seq);
              database.prepare('UPDATE consent_ledger SET seq = ? WHERE seq = ?').run(it.seq, it.with);
              database.prepare('UPDATE consent_ledger SET seq = ? WHERE seq = -1').run(it.with);
              where = Math.min(it.seq, it.with);
              break;
            case 'insert':
              database.prepare('UPDATE consent_ledger SET seq = -seq WHERE seq > ?').run(it.seq);
              database.prepare('UPDATE consent_ledger SET seq = 1 - seq WHERE seq < 0').run();
              database.exec(
                `INSERT INTO consent_ledger SELECT ${it.seq + 1}, ${columns.join(', ')} FROM consent_ledger WHERE seq = ${it.seq}`,
              );
              where = it.seq + 1;
              break;
            case 'rewrite':
              rewritten(database, it.seq, (one) => {
                one.decisions = '[]';
              });
              // The first head that was signed over it.
              where = Math.ceil(it.seq / 5) * 5;
              break;
            case 'forge': {
              const { seq } = signatures[it.nth]!;
              const { signature } = database
                .prepare('SELECT signature FROM consent_signatures WHERE seq = ?')
                .get(seq) as { signature: Buffer };
              signature[it.at]! ^= 1;
              database.prepare('UPDATE consent_signatures SET signature = ? WHERE seq = ?').run(signature, seq);
              where = seq;
              break;
            }
            case 'lift': {
              // A true signature of one row, put under another.
              const { seq } = signatures[it.nth]!;
              database.prepare('UPDATE consent_signatures SET seq = ? WHERE seq = ?').run(seq + 1, seq);
              where = seq + 1;
              break;
            }
            case 'key': {
              const mine = newKey(null);
              if (it.own) {
                // Everything is signed anew by a key under its own name, and the old one is gone.
                database.prepare('DELETE FROM consent_keys').run();
                database
                  .prepare('INSERT INTO consent_keys (id, spki, created_at) VALUES (?, ?, ?)')
                  .run(mine.id, mine.spki, start);
                where = 5;
              } else {
                database.prepare('UPDATE consent_keys SET spki = ?').run(mine.spki);
                where = 0;
              }
              break;
            }
            case 'cut':
              database.prepare('DELETE FROM consent_ledger WHERE seq > ?').run(count - it.last);
              where = count - it.last + 1;
              break;
          }
        });
        const { inStore, inExport } = await found(path);
        expect(inStore.ok).toBe(false);
        expect(inStore.brokenAt?.seq).toBe(where);
        // An export ends at the head that the writer left; what stands behind it is not in it.
        expect(inExport).toBe(it.act !== 'insert' || it.seq < count);
        rmSync(path);
      }),
      { numRuns: 150 },
    );
  });

  test('flips any byte of a row in the file itself', async () => {
    const places: number[] = [];
    for (let n = 1; n < count; n += 1) {
      const at = original.indexOf(receiptOf(`r${n}`));
      if (at > 0 && n % 3 !== 0) places.push(at);
    }
    expect(places.length).toBeGreaterThan(5);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.nat(21), async (place, offset) => {
        const path = copy();
        const bytes = readFileSync(path);
        // The index of receipts holds it too; the row's own copy is the one that counts, so both are changed.
        const name = bytes.subarray(place, place + 22).toString('latin1');
        for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) bytes[at + offset]! ^= 1;
        writeFileSync(path, bytes);
        expect((await found(path)).inStore).toMatchObject({ ok: false, brokenAt: { why: 'content' } });
        rmSync(path);
      }),
      { numRuns: 30 },
    );
  });

  test('signs all of it anew with a key of their own: the store is of one piece, and who knows the key is not deceived', async () => {
    const path = copy();
    const mine = newKey(null);
    asOwner(path, (database) => {
      rewritten(database, 3, (one) => {
        one.kind = 'refuse';
      });
      database.prepare('DELETE FROM consent_keys').run();
      database
        .prepare('INSERT INTO consent_keys (id, spki, created_at) VALUES (?, ?, ?)')
        .run(mine.id, mine.spki, start);
      for (const { seq, at } of database.prepare('SELECT seq, at FROM consent_signatures').all() as {
        seq: number;
        at: number;
      }[]) {
        const { hash } = database.prepare('SELECT hash FROM consent_ledger WHERE seq = ?').get(seq) as { hash: Buffer };
        const statement = { what: 'weft ledger head 1' as const, seq, hash: hash.toString('hex'), at, key: mine.id };
        database
          .prepare('UPDATE consent_signatures SET key = ?, hash = ?, signature = ? WHERE seq = ?')
          .run(mine.id, hash, mine.sign(statementText(statement)), seq);
      }
    });
    const { inStore } = await found(path);
    expect(inStore.ok).toBe(true);
    const sql = openSqlite(path, [], { readonly: true });
    const lines = exported(sql).map((line) => line.trimEnd());
    sql.close();
    const known = openSqlite(seed, [], { readonly: true });
    const { id } = verifyAll(known).keys[0]!;
    known.close();
    expect((await checkExport(lines, [id])).brokenAt).toMatchObject({ why: 'key' });
    expect(readFileSync(keyFile, 'utf8')).toContain('PRIVATE KEY');
  });
});

describe('an export', () => {
  test('is checked by itself, and by whoever knows the first key after a new one came', async () => {
    const { sql, consent, close } = filled(12);
    const first = verifyAll(sql).keys[0]!.id;
    consent.ledger.rotate(start + 9 * dayMs);
    const lines = exported(sql);
    const read = await checkExport(
      lines.map((line) => line.trimEnd()),
      [first],
    );
    expect(read).toMatchObject({ ok: true, rows: 12, signed: { seq: 12 } });
    expect(read.keys).toHaveLength(2);
    expect(lines.join('')).not.toContain('PRIVATE');
    close();
  });

  test.each([
    ['nothing', [], 'The file is empty.'],
    ['another file', ['{"kind":"event"}'], 'does not begin as'],
    ['no JSON', ['{'], 'no JSON'],
    ['null', ['null'], 'does not begin as'],
  ])('that is %s is said to be none', async (_, lines, said) => {
    expect((await checkExport(lines)).brokenAt?.message).toContain(said);
  });

  test('that was cut off is found', async () => {
    const { sql, close } = filled(12);
    const lines = exported(sql).map((line) => line.trimEnd());
    close();
    const cut = await checkExport(lines.slice(0, -3));
    expect(cut.brokenAt).toMatchObject({ why: 'missing' });
  });

  test('names a key by what it is', () => {
    const key = newKey(null);
    expect(key.id).toBe(fingerprint(key.spki));
    expect(key.id).toMatch(/^[0-9a-f]{32}$/);
  });
});
