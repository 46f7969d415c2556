// Reads a file, maps it, and cuts what it makes into slices that are sent as one. Sends nothing and keeps no place: so it may
// run in a thread of its own while the slice before is being written.

import { statSync } from 'node:fs';
import { limits } from '../contract/limits.js';
import { judgeBatch, open } from '../ingest/parse.js';
import { isRefusal } from '../ingest/respond.js';
import type { Rejection } from '../log/log.js';
import type { ImportMap } from './map.js';
import { compileMap, type Mapped } from './mapper.js';
import { readRows } from './rows.js';

/** What the file and the map say; the target's part is not in it. */
export interface ReadReport {
  rows: number;
  calls: number;
  /** Of the calls, by what they are called. */
  kinds: Record<string, number>;
  firstAt: string | null;
  lastAt: string | null;
  /** Rows left out on purpose, by the map's reason. */
  skipped: Record<string, number>;
  /** Rows that were not taken. */
  refused: number;
  /** The same, by reason. */
  reasons: Record<string, number>;
}

export const bump = (counts: Record<string, number>, name: string, by = 1): void => {
  counts[name] = (Object.hasOwn(counts, name) ? counts[name]! : 0) + by;
};

/** Plain data: it crosses to a thread. */
export interface SlicesAsked {
  file: string;
  map: ImportMap;
  /** What is sent as one holds at most so many calls and bytes. */
  sliceMaxCalls: number;
  sliceMaxBytes: number;
  /** Of them in one `{"batch": […]}`. */
  batchMaxCalls: number;
  /** Of one call; a longer one is refused without asking. */
  callMaxBytes: number;
  /** Whether the shapes are judged here, or by whoever takes them. */
  judged: boolean;
  /** So many calls are answered already and are left out; `probe` is the one to ask the target about, 0 = none. */
  done: number;
  probe: number;
}

export interface Batch {
  text: string;
  count: number;
  /** What the shape check refused, by index. */
  rejected: readonly Rejection[];
}

export interface Slice {
  batches: Batch[];
  /** Of each call, in the order of the batches: its number, where it begins, and how many rows made it. */
  numbers: Float64Array;
  lines: Float64Array;
  rows: Float64Array;
  /** The greatest of the numbers: with this slice, all calls up to it are sent. */
  last: number;
}

export interface RefusedRow {
  line: number;
  rows: number;
  reason: string;
}

export type Found =
  | ({ kind: 'slice' } & Slice)
  | { kind: 'probe'; batch: Batch }
  | { kind: 'refused'; rows: RefusedRow[] }
  /** Bytes of the file read, of how many, and rows so far. */
  | { kind: 'progress'; done: number; total: number; rows: number }
  | { kind: 'end'; report: ReadReport };

export type ReadSlices = (asked: SlicesAsked) => AsyncIterable<Found>;

interface Handful {
  mapped: Mapped[];
  done: number;
  total: number;
  rows: number;
}

/** All of the file through the map. */
export async function* mapFile(file: string, map: ImportMap): AsyncGenerator<Handful> {
  const total = statSync(file).size;
  let done = 0;
  let rows = 0;
  const { columns, handfuls } = await readRows(file, map, (bytes) => {
    done = bytes;
  });
  const mapper = compileMap(map, columns);
  for await (const handful of handfuls) {
    const mapped: Mapped[] = [];
    for (const it of handful) {
      rows += 1;
      if ('fault' in it) mapped.push({ kind: 'refused', line: it.line, rows: 1, reason: it.fault });
      else mapped.push(...mapper.take(it.line, it.row, it.text));
    }
    yield { mapped, done, total, rows };
  }
  yield { mapped: mapper.end(), done: total, total, rows };
}

export const emptyReport = (): ReadReport => ({
  rows: 0,
  calls: 0,
  kinds: {},
  firstAt: null,
  lastAt: null,
  skipped: {},
  refused: 0,
  reasons: {},
});

const kindsMax = 200;
export const countCall = (report: ReadReport, call: Readonly<Record<string, unknown>>): void => {
  report.calls += 1;
  const { type, event, timestamp } = call as { type: string; event?: string; timestamp: string };
  const kind = event ?? type;
  if (Object.hasOwn(report.kinds, kind) || Object.keys(report.kinds).length < kindsMax) bump(report.kinds, kind);
  if (report.firstAt === null || timestamp < report.firstAt) report.firstAt = timestamp;
  if (report.lastAt === null || timestamp > report.lastAt) report.lastAt = timestamp;
};
export const countRefused = (report: ReadReport, rows: number, reason: string): void => {
  report.refused += rows;
  bump(report.reasons, reason, rows);
};

interface Waiting {
  /** Of the call's timestamp. */
  at: string;
  number: number;
  line: number;
  rows: number;
  text: string;
}

const batchOf = (calls: readonly Waiting[], judged: boolean): Batch => {
  const text = `{"batch":[${calls.map((call) => call.text).join()}]}`;
  if (!judged) return { text, count: calls.length, rejected: [] };
  const opened = open(text);
  if (isRefusal(opened)) throw new Error('a batch that was just written cannot be read');
  const found = judgeBatch(opened, limits.importEventMaxBytes);
  if (isRefusal(found)) throw new Error('a batch that was just written is none');
  return { text: opened.text, count: calls.length, rejected: found.rejected };
};

const sliceOf = (waiting: Waiting[], { batchMaxCalls, judged }: SlicesAsked): Slice => {
  const last = waiting.at(-1)!.number;
  // An event of several rows is made when its last one is past: back in its place, its people take a step and need not be
  // folded again.
  const calls = waiting.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.number - b.number));
  const batches: Batch[] = [];
  for (let from = 0; from < calls.length; from += batchMaxCalls)
    batches.push(batchOf(calls.slice(from, from + batchMaxCalls), judged));
  return {
    batches,
    numbers: Float64Array.from(calls, (call) => call.number),
    lines: Float64Array.from(calls, (call) => call.line),
    rows: Float64Array.from(calls, (call) => call.rows),
    last,
  };
};

const refusedMax = 1_000;

export async function* readSlices(asked: SlicesAsked): AsyncGenerator<Found> {
  const report = emptyReport();
  let refused: RefusedRow[] = [];
  let waiting: Waiting[] = [];
  let bytes = 0;
  // The first is a batch, each next one twice as long: whoever writes need not wait for the longest before they begin.
  let atOnce = Math.min(asked.batchMaxCalls, asked.sliceMaxCalls);
  const refuse = (line: number, rows: number, reason: string): void => {
    countRefused(report, rows, reason);
    refused.push({ line, rows, reason });
  };
  function* told(): Generator<Found> {
    if (refused.length > 0) yield { kind: 'refused', rows: refused };
    refused = [];
  }
  function* cut(): Generator<Found> {
    if (waiting.length === 0) return;
    yield* told();
    yield { kind: 'slice', ...sliceOf(waiting, asked) };
    waiting = [];
    bytes = 0;
    atOnce = Math.min(2 * atOnce, asked.sliceMaxCalls);
  }

  for await (const { mapped, done, total, rows } of mapFile(asked.file, asked.map)) {
    report.rows = rows;
    for (const one of mapped) {
      if (one.kind === 'skipped') {
        bump(report.skipped, one.reason);
        continue;
      }
      if (one.kind === 'refused') {
        refuse(one.line, one.rows, one.reason);
        if (refused.length >= refusedMax) yield* told();
        continue;
      }
      const { line, rows: made, call } = one.call;
      countCall(report, call);
      const number = report.calls;
      const text = JSON.stringify(call);
      const size = Buffer.byteLength(text);
      if (size > asked.callMaxBytes) {
        refuse(line, made, 'event_too_large');
        continue;
      }
      const next = { at: (call as { timestamp: string }).timestamp, number, line, rows: made, text };
      if (number <= asked.done) {
        if (number === asked.probe) yield { kind: 'probe', batch: batchOf([next], asked.judged) };
        continue;
      }
      if (bytes + size > asked.sliceMaxBytes) yield* cut();
      waiting.push(next);
      bytes += size + 1;
      if (waiting.length >= atOnce) yield* cut();
    }
    yield { kind: 'progress', done, total, rows };
  }
  yield* cut();
  yield* told();
  yield { kind: 'end', report };
}
