// What a restored backup is told: the journal of erasures, and objections younger than it (consent.md, section 6).

import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { journalFile, readJournal } from '../consent/rights/journal.js';
import { lifeReceiptsMax } from '../consent/rows/outlived.js';
import { purposes } from '../contract/purposes.js';
import { identify, page, startAt } from './calls.fixture.js';
import { filesWith, open, take, temporary } from './erasing.fixture.js';
import { rowOf } from './sent.fixture.js';
import type { Writer } from './writer.js';

describe('the erasure journal', () => {
  const withErased = (): { folder: string; lines: number } => {
    const folder = temporary();
    const writer = open(folder);
    take(writer, [page('A1', 0), identify('A1', 'U1', 1), page('A2', 0), identify('A2', 'U2', 1)]);
    for (const userId of ['U1', 'U2'])
      writer.command({ kind: 'erase', subject: { userId }, by: 'test', at: startAt + 1 });
    writer.due(startAt + 2);
    writer.close();
    return { folder, lines: readJournal(journalFile(folder)).lines };
  };

  it('holds every tombstone and no identifier, readable by its owner alone', () => {
    const { folder, lines } = withErased();
    expect(lines).toBe(1 + 4);
    expect(readFileSync(journalFile(folder), 'utf8')).not.toMatch(/U1|U2|A1|A2/);
    expect(statSync(journalFile(folder)).mode & 0o077).toBe(0);
  });

  it('torn off in its last line, goes on from the line before; damaged in the middle, is refused with the next step', () => {
    const { folder, lines } = withErased();
    const file = journalFile(folder);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 7));
    const writer = open(folder);
    writer.command({ kind: 'erase', subject: { userId: 'U3' }, by: 'test', at: startAt + 3 });
    writer.close();
    // The store had seen that line: what it knows stands in the file again, and then the new one.
    expect(readJournal(file).lines).toBe(lines - 1 + (lines - 1) + 1);

    const damaged = Buffer.from(whole);
    damaged[200] = damaged[200]! ^ 1;
    writeFileSync(file, damaged);
    expect(() => open(folder)).toThrow(/erasures\.journal is damaged in line 2.*Put back a copy/);
  });

  it('is begun again from the store where it was lost', () => {
    const { folder, lines } = withErased();
    rmSync(journalFile(folder));
    open(folder).close();
    expect(readJournal(journalFile(folder)).lines).toBe(lines);
  });

  it('section 6: held against a store that is older than it, erases again before anybody is answered', () => {
    const folder = temporary();
    const writer = open(folder);
    take(writer, [page('gone-device', 0), identify('gone-device', 'gone-user', 1), page('A2', 0)]);
    writer.store.pragma('wal_checkpoint(TRUNCATE)');
    const older = readFileSync(join(folder, 'weft.sqlite'));
    writer.command({ kind: 'erase', subject: { userId: 'gone-user' }, by: 'test', at: startAt + 1 });
    writer.due(startAt + 2);
    writer.close();
    writeFileSync(join(folder, 'weft.sqlite'), older);
    const restored = open(folder);
    expect(restored.replayed).toMatchObject({ people: 1, devices: 1 });
    expect(restored.store.prepare('SELECT count(*) AS n FROM events').get()).toEqual({ n: 1 });
    expect(take(restored, [page('gone-device', 5)]).dropped).toMatchObject([{ code: 'erased' }]);
    restored.close();
    for (const text of ['gone-device', 'gone-user']) expect([text, filesWith(folder, text)]).toEqual([text, []]);
    const again = open(folder);
    expect(again.replayed.lines).toBe(0);
    again.close();
  });
});

describe('a consent that is answered a thousand times', () => {
  const browser = { id: 'wk', trust: 'public' as const, mode: 'ledger' as const, purposes, categories: {} };
  it('consent 6: leaves a journal that grows with the answers and not with their square, and that a start can read', () => {
    const folder = temporary();
    const writer = open(folder);
    const { version, configHash, purposes: terms } = writer.consent.policy;
    const answer = (n: number, denied: readonly string[], kind = n === 0 ? 'grant' : 'update') =>
      writer.command({
        kind: 'consent',
        row: {
          receipt: `answer-${n}`.padEnd(22, '_'),
          kind,
          visitorId: 'answering',
          epoch: 1,
          ...(n > 0 && { supersedes: `answer-${n - 1}`.padEnd(22, '_') }),
          decisions: terms.map(({ id, materialHash }) => ({
            purpose: id,
            value: denied.includes(id) ? 'denied' : 'granted',
            source: 'user',
            materialHash,
          })),
          policy: { version, configHash },
          clientAt: new Date(startAt + n).toISOString(),
        } as never,
        receivedAt: startAt + n,
        key: browser,
        gpc: false,
        origin: null,
        country: null,
      });
    answer(0, []);
    writer.store.pragma('wal_checkpoint(TRUNCATE)');
    const older = readFileSync(join(folder, 'weft.sqlite'));
    const answers = 200;
    for (let n = 1; n < answers; n += 1) answer(n, n % 2 === 0 ? [] : ['marketing', 'sharing']);
    // All receipts in every line would be 35 bytes times half their square.
    const before = statSync(journalFile(folder)).size;
    expect(before).toBeLessThan(answers * 300);
    writer.store.exec(`
      WITH RECURSIVE more (n) AS (SELECT ${answers + 1} UNION ALL SELECT n + 1 FROM more WHERE n < ${lifeReceiptsMax})
      INSERT INTO consent_receipts (receipt, seq, life, visitor_key, granted, cap, denied_after, ack, at, effective_at,
        bound_at, superseded_at, expires_at, terms, digest)
      SELECT 'filled-' || n, seq, life, visitor_key, granted, cap, denied_after, ack, at, effective_at, bound_at, at,
        expires_at, terms, digest FROM consent_receipts, more WHERE receipt LIKE 'answer-0%'`);
    expect(answer(answers, [...purposes], 'withdraw')).toMatchObject({ status: 200, body: { seq: answers + 1 } });
    expect(answer(answers + 1, [])).toMatchObject({
      status: 200,
      body: { seq: null, state: 'withdrawn', error: { code: 'forbidden' } },
    });
    expect(statSync(journalFile(folder)).size - before).toBeLessThan(lifeReceiptsMax * 400);
    writer.close();
    open(folder).close();
    // And a store that is older takes it all back again.
    writeFileSync(join(folder, 'weft.sqlite'), older);
    for (const more of ['-wal', '-shm']) rmSync(join(folder, `weft.sqlite${more}`), { force: true });
    const restored = open(folder);
    expect(
      restored.store.prepare('SELECT cap, denied_after FROM consent_receipts WHERE life <> 0').all(),
    ).toMatchObject([{ cap: 0, denied_after: 15 }]);
    expect(restored.consent.isOut('visitorId', 'answering')).toBe(true);
    restored.close();
  }, 60_000);
});

describe('an objection, and a backup that is older than it', () => {
  const browser = { id: 'wk', trust: 'public' as const, mode: 'ledger' as const, purposes, categories: {} };
  const agree = (writer: Writer, receipt: string, at: number, more: object = {}) =>
    writer.command({
      kind: 'consent',
      row: rowOf(writer, at, { receipt, visitorId: 'objecting', kind: 'grant', ...more }) as never,
      receivedAt: at,
      key: browser,
      gpc: false,
      origin: null,
      country: null,
    });
  const object = (writer: Writer, at: number, lift = false) =>
    writer.command({
      kind: 'object',
      subject: { anonymousId: 'objecting' },
      purposes: ['marketing'],
      lift,
      by: 'test',
      at,
    });
  const heldBy = (writer: Writer, receipt: string) =>
    writer.store
      .prepare<{ granted: number; objected: number }>(
        'SELECT granted, objected FROM consent_receipts JOIN consent_lives USING (life) WHERE receipt = ?',
      )
      .get(receipt)!;
  const receipt = (n: number) => `receipt-${n}`.padEnd(22, '_');
  const cases: [name: string, before: (writer: Writer) => void, after: (writer: Writer) => void, isOut: boolean][] = [
    [
      'holds a device that the backup knows',
      (writer) => void agree(writer, receipt(1), startAt),
      (writer) => void object(writer, startAt + 2_000),
      true,
    ],
    [
      'holds a device that the backup does not know, when it brings its consent again',
      () => {},
      (writer) => {
        agree(writer, receipt(1), startAt);
        object(writer, startAt + 2_000);
      },
      true,
    ],
    [
      'and what lifted it since then holds as well',
      (writer) => {
        agree(writer, receipt(1), startAt);
        object(writer, startAt + 2_000);
      },
      (writer) => void object(writer, startAt + 3_000, true),
      false,
    ],
  ];
  it.each(cases)('art. 21: %s', (_, before, after, isOut) => {
    const folder = temporary();
    const writer = open(folder);
    before(writer);
    writer.store.pragma('wal_checkpoint(TRUNCATE)');
    const older = readFileSync(join(folder, 'weft.sqlite'));
    after(writer);
    writer.close();
    // The store is lost; only the journal beside it is what it was.
    writeFileSync(join(folder, 'weft.sqlite'), older);
    for (const more of ['-wal', '-shm']) rmSync(join(folder, `weft.sqlite${more}`), { force: true });
    for (let opened = 0; opened < 2; opened += 1) {
      const restored = open(folder);
      // A banner's "accept all", of a consent that begins anew or goes on.
      agree(
        restored,
        receipt(2 + opened),
        startAt + 10_000 + opened,
        opened === 0 ? { supersedes: receipt(1) } : { supersedes: receipt(2) },
      );
      const marketing = 1 << purposes.indexOf('marketing');
      const { granted, objected } = heldBy(restored, receipt(2 + opened));
      expect([opened, objected === marketing]).toEqual([opened, isOut]);
      if (isOut) expect(granted & marketing).toBe(0);
      restored.close();
    }
    expect(readFileSync(journalFile(folder), 'utf8')).not.toContain('objecting');
  });

  it('art. 21: of a device that lives by no consent of ours stands after a restore, and what lifted it', () => {
    const marketing = 1 << purposes.indexOf('marketing');
    for (const lifted of [false, true]) {
      const folder = temporary();
      open(folder).close();
      const older = readFileSync(join(folder, 'weft.sqlite'));
      const writer = open(folder);
      object(writer, startAt);
      if (lifted) object(writer, startAt + 1, true);
      writer.close();
      writeFileSync(join(folder, 'weft.sqlite'), older);
      for (const more of ['-wal', '-shm']) rmSync(join(folder, `weft.sqlite${more}`), { force: true });
      const restored = open(folder);
      const kept = restored.store.prepare('SELECT purposes & ? AS on_it, at FROM consent_objected').all(marketing);
      expect(kept).toEqual(lifted ? [] : [{ on_it: marketing, at: startAt }]);
      restored.close();
    }
  });

  it('art. 21: is in a journal that is begun anew beside a store', () => {
    const folder = temporary();
    const writer = open(folder);
    agree(writer, receipt(1), startAt);
    object(writer, startAt + 2_000);
    writer.close();
    rmSync(journalFile(folder));
    open(folder).close();
    expect(readFileSync(journalFile(folder), 'utf8')).toContain('"objected"');
  });
});
