// The whole way of a file into a store, without a process of its own: the store is a real file, the target the one the
// command uses.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkRebuild } from '../cli/rebuild.js';
import { directTarget } from '../cli/target.js';
import { defaultSiteRules } from '../pipeline/accept.js';
import { migrations } from '../pipeline/migrations.js';
import { fingerprint } from '../pipeline/rebuild.js';
import { openWriter, type Writer } from '../pipeline/writer.js';
import { sessionRules } from '../sessions/session.js';
import { openSqlite } from '../store/sqlite.js';
import { lookalikeHead, lookalikeRows } from './lookalike.fixture.js';
import { readMap } from './map.js';
import { Interrupted, rehearse, runImport, type Target } from './run.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'weft-import-'));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
/** With the same secret in each, or the same people would have other ids. */
const store = (): Writer => {
  const path = join(folder(), 'weft.sqlite');
  const empty = openSqlite(path, migrations);
  empty.exec("INSERT INTO site (key, value) VALUES ('secret', '00')");
  empty.close();
  const writer = openWriter({
    path,
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: defaultSiteRules,
    consentFile: null,
  });
  closing.push(writer.close);
  return writer;
};
const map = readMap(readFileSync(new URL('../../examples/imports/rees46.map.json', import.meta.url), 'utf8'));
const shopFile = (at: string, events = 4_000): string => {
  const file = join(at, 'events.csv');
  const rows = lookalikeRows({ seed: 7, events, days: 20, visitors: 200 });
  // Some that the map refuses, in between.
  rows.splice(50, 0, 'never,view,1,,,,1,1,x', '2019-10-01 00:00:00 UTC,unheard of,1,,,,1,1,x');
  writeFileSync(file, `${[lookalikeHead, ...rows].join('\n')}\n`);
  return file;
};
const now = Date.parse('2026-11-22T06:00:00Z');
/** One hash of everything derived. */
const state = (writer: Writer): { hash: string; lines: number } => {
  writer.due(now);
  return fingerprint(writer.pipeline.set);
};

interface Tries {
  /** Which `send` breaks, and whether it took the batch before. */
  breaks?: { at: number; after: boolean };
  signal?: AbortSignal;
  onSend?: (count: number) => void;
}
const importing = (
  writer: Writer,
  file: string,
  { breaks, signal, onSend }: Tries = {},
  { restart = false, ...cut }: { restart?: boolean; sliceMaxCalls?: number } = {},
  by = map,
) => {
  const target = directTarget(writer, 'test', () => now);
  let sends = 0;
  const trying: Target = {
    ...target,
    sliceMaxCalls: 100,
    batchMaxCalls: 30,
    ...cut,
    send: async (batches) => {
      sends += 1;
      onSend?.(batches.reduce((all, { count }) => all + count, 0));
      if (breaks?.at === sends && !breaks.after) throw new Error('broken');
      const answers = await target.send(batches);
      if (breaks?.at === sends) throw new Error('broken');
      return answers;
    },
  };
  return runImport({
    file,
    map: by,
    target: trying,
    onProgress: () => {},
    refusedFile: `${file}.refused`,
    checkpointFile: `${file}.checkpoint`,
    ...(signal ? { signal } : {}),
    restart,
  });
};

/** The first slice is a batch of 30, the next twice as long, all others 100. */
const sentBefore = (slice: number): number => [0, 0, 30, 90][slice] ?? 90 + (slice - 3) * 100;

describe('an import', () => {
  it('takes every row once, and a second run none', async () => {
    const writer = store();
    const file = shopFile(folder());
    const first = await importing(writer, file);
    expect(first).toMatchObject({ rows: 4_002, refused: 2, duplicates: 0, resumedAfter: 0, skipped: {} });
    expect(first.accepted).toBe(first.calls);
    const before = state(writer);
    const second = await importing(writer, file);
    expect(second).toMatchObject({ accepted: 0, duplicates: first.calls, refused: 2 });
    expect(state(writer)).toEqual(before);
  });

  it('lists what it refused by line and reason, and never a row', async () => {
    const file = shopFile(folder());
    const report = await importing(store(), file);
    expect(report.reasons).toEqual({ 'event_time is no instant that can be read': 1, 'no rule of the map fits': 1 });
    expect(
      readFileSync(`${file}.refused`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { line: 52, rows: 1, reason: 'event_time is no instant that can be read' },
      { line: 53, rows: 1, reason: 'no rule of the map fits' },
    ]);
    expect(existsSync(`${file}.checkpoint`)).toBe(false);
  });

  it('lists what the collector refused, too', async () => {
    const at = folder();
    const writer = store();
    const file = join(at, 'events.csv');
    const rows = lookalikeRows({ seed: 3, events: 300, days: 2, visitors: 5 });
    writeFileSync(file, `${[lookalikeHead, ...rows].join('\n')}\n`);
    const user = rows[0]!.split(',')[7]!;
    writer.command({ kind: 'erase', subject: { anonymousId: `rees46-${user}` }, by: 'test', at: now });
    const ofUser = rows.filter((row) => row.split(',')[7] === user).length;
    const report = await importing(writer, file);
    expect(report).toMatchObject({ refused: ofUser, reasons: { erased: ofUser } });
    const listed = readFileSync(`${file}.refused`, 'utf8');
    expect(listed).toContain('"code":"erased"');
    expect(listed).not.toContain(user);
  });

  it.each([
    { at: 1, after: false },
    { at: 1, after: true },
    { at: 7, after: false },
    { at: 7, after: true },
    { at: 31, after: true },
  ])('broken off at batch $at (taken: $after) and taken up again gives what an unbroken one gives', async (breaks) => {
    const file = shopFile(folder());
    const whole = store();
    const expected = await importing(whole, file);
    const wholeRefused = readFileSync(`${file}.refused`, 'utf8');

    const writer = store();
    await expect(importing(writer, file, { breaks })).rejects.toThrow('broken');
    let sent = 0;
    const report = await importing(writer, file, { onSend: (count) => (sent += count) });
    expect(state(writer)).toEqual(state(whole));
    const done = sentBefore(breaks.at);
    const again = breaks.after ? sentBefore(breaks.at + 1) - done : 0;
    expect(report).toEqual({
      ...expected,
      accepted: expected.accepted - again,
      duplicates: again,
      resumedAfter: done,
    });
    // One call more: the last that was answered, to see that it is the same store.
    expect(sent).toBe(expected.calls - done + (done > 0 ? 1 : 0));
    expect(readFileSync(`${file}.refused`, 'utf8')).toBe(wholeRefused);
  });

  it('taken up on a store that does not have what was sent begins anew', async () => {
    const file = shopFile(folder());
    await expect(importing(store(), file, { breaks: { at: 7, after: false } })).rejects.toThrow('broken');
    const other = store();
    const report = await importing(other, file);
    expect(report).toMatchObject({ resumedAfter: 0, accepted: report.calls - 1, duplicates: 1 });
    const whole = store();
    await importing(whole, file);
    expect(state(other)).toEqual(state(whole));
  });

  it('of a file or by a map that changed meanwhile begins anew, and so does one that is told to', async () => {
    const file = shopFile(folder());
    const writer = store();
    const breaks = { at: 7, after: false };
    await expect(importing(writer, file, { breaks })).rejects.toThrow('broken');
    expect((await importing(writer, file, {}, { restart: true })).resumedAfter).toBe(0);
    await expect(importing(store(), file, { breaks })).rejects.toThrow('broken');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
    expect((await importing(writer, file)).resumedAfter).toBe(0);
  });

  it('keeps what the collector refused before it broke off', async () => {
    const at = folder();
    const file = join(at, 'events.csv');
    const rows = lookalikeRows({ seed: 3, events: 500, days: 2, visitors: 5 });
    writeFileSync(file, `${[lookalikeHead, ...rows].join('\n')}\n`);
    const user = rows[0]!.split(',')[7]!;
    const erased = (): Writer => {
      const writer = store();
      writer.command({ kind: 'erase', subject: { anonymousId: `rees46-${user}` }, by: 'test', at: now });
      return writer;
    };
    const expected = await importing(erased(), file);
    const listed = readFileSync(`${file}.refused`, 'utf8');
    const writer = erased();
    await expect(importing(writer, file, { breaks: { at: 3, after: false } })).rejects.toThrow('broken');
    expect(await importing(writer, file)).toEqual({ ...expected, resumedAfter: sentBefore(3) });
    // Taken up again it is cut elsewhere, and within a slice the order is that of the events' instants.
    const sorted = (lines: string): string[] => lines.split('\n').sort();
    expect(sorted(readFileSync(`${file}.refused`, 'utf8'))).toEqual(sorted(listed));
  });

  it('begins with a slice of one batch, and makes each next twice as long up to the bound', async () => {
    const sent: number[] = [];
    await importing(store(), shopFile(folder()), { onSend: (count) => sent.push(count) });
    expect(sent.slice(0, 5)).toEqual([30, 60, 100, 100, 100]);
  });

  it('stops between two slices when it is asked to', async () => {
    const file = shopFile(folder());
    const writer = store();
    const stop = new AbortController();
    let sends = 0;
    const onSend = (): void => {
      sends += 1;
      if (sends === 3) stop.abort();
    };
    await expect(importing(writer, file, { signal: stop.signal, onSend })).rejects.toThrow(Interrupted);
    expect(sends).toBe(3);
    expect((await importing(writer, file)).resumedAfter).toBe(sentBefore(4));
  });

  it('settles nothing while rows still come, and all of it at the end', async () => {
    const file = shopFile(folder());
    const writer = store();
    await importing(writer, file);
    const settled = (): number =>
      writer.store.prepare<{ n: number }>('SELECT count(*) AS n FROM profiles WHERE settled_at > 0').get()!.n;
    expect(settled()).toBe(0);
    writer.due(now);
    expect(settled()).toBeGreaterThan(0);
  });

  it('tells of each abandonment once, however the file was cut into slices', async () => {
    const file = shopFile(folder());
    const told = (writer: Writer) => {
      writer.due(now);
      return writer.store
        .prepare<{ key: string; body: string }>('SELECT key, kind, at, body FROM announcements ORDER BY key')
        .all();
    };
    const keys = (writer: Writer): string[] => told(writer).map(({ key }) => key);
    const [inOne, inMany, atOnce] = [store(), store(), store()];
    await importing(inOne, file, {}, { sliceMaxCalls: 100_000 });
    await importing(inMany, file, {}, { sliceMaxCalls: 7 });
    expect(told(inOne).length).toBeGreaterThan(100);
    expect(told(inMany)).toEqual(told(inOne));
    // As a collector does that is sent the file: it settles with every batch, and tells of some whose next row is to come.
    const settling = { ...atOnce, run: (...[calls, at]: Parameters<Writer['run']>) => atOnce.run(calls, at) };
    await importing(settling, file, {}, { sliceMaxCalls: 100 });
    expect(keys(atOnce)).toEqual(expect.arrayContaining(keys(inOne)));
    expect(state(inOne)).toEqual(state(atOnce));
  });

  it('S3: an event told by the server finds the visit that began in the same slice', async () => {
    const at = folder();
    const file = join(at, 'visits.jsonl');
    const rows = [
      { kind: 'page', at: '2020-01-01T10:00:00Z', cart: null },
      { kind: 'page', at: '2020-01-01T12:00:00Z', cart: 'c1' },
      { kind: 'paid', at: '2020-01-01T12:05:00Z', cart: 'c1' },
    ];
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const cart = { cart_id: { field: 'cart' } };
    const visits = readMap(
      JSON.stringify({
        name: 'visits',
        format: 'jsonl',
        events: [
          {
            when: { kind: 'page' },
            type: 'page',
            channel: 'browser',
            at: { field: 'at' },
            anonymousId: 'a1',
            properties: cart,
          },
          {
            when: { kind: 'paid' },
            type: 'track',
            event: 'Order Completed',
            channel: 'server',
            at: { field: 'at' },
            properties: { ...cart, order_id: 'o1' },
          },
        ],
      }),
    );
    const writer = store();
    const report = await importing(writer, file, {}, {}, visits);
    expect(report).toMatchObject({ accepted: 3, refused: 0 });
    const sessions = writer.store
      .prepare<{ session: number | null }>('SELECT session FROM events ORDER BY at')
      .all()
      .map(({ session }) => session);
    expect(sessions[2]).toBe(sessions[1]);
    expect(sessions[1]).not.toBe(sessions[0]);
    expect(checkRebuild(writer, now, () => {})).toMatchObject({ equal: true });
  });

  it('rehearsed sends nothing and shows the first events', async () => {
    const file = shopFile(folder());
    const { report, calls, tooLong } = await rehearse({ file, map, onProgress: () => {}, shown: 3 });
    const real = await importing(store(), file);
    expect(report).toEqual({ ...real, accepted: 0 });
    expect(calls).toHaveLength(3);
    expect(calls[0]).toMatchObject({ type: 'track', anonymousId: expect.stringContaining('rees46-') });
    expect(tooLong).toBe(0);
  });

  it('refuses a call that the target could not take, without asking it', async () => {
    const at = folder();
    const file = join(at, 'notes.jsonl');
    writeFileSync(file, `{"at":"2020-01-01","note":"${'x'.repeat(600_000)}"}\n{"at":"2020-01-01","note":"y"}\n`);
    const notes = readMap(
      JSON.stringify({
        name: 'notes',
        format: 'jsonl',
        events: [
          { type: 'track', event: 'Note', at: { field: 'at' }, userId: 'u1', properties: { note: { field: 'note' } } },
        ],
      }),
    );
    const writer = store();
    const report = await runImport({
      file,
      map: notes,
      target: directTarget(writer, 'test', () => now),
      onProgress: () => {},
      refusedFile: `${file}.refused`,
      checkpointFile: `${file}.checkpoint`,
    });
    expect(report).toMatchObject({ accepted: 1, refused: 1, reasons: { event_too_large: 1 } });
  });
});
