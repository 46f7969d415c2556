// Runs an import: reads the file as a stream, maps it, sends it on in batches, keeps count, remembers how far it came. The
// calls of a file are numbered in the order the map makes them, which is the same at every run: so an interrupted run is
// taken up where the last answer was, and a whole second run sends nothing new, since the ids derive from the rows.

import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { limits } from '../contract/limits.js';
import type { Answer } from '../log/log.js';
import { compileMap, type ImportMap, type Mapped } from './map.js';
import { readRows } from './rows.js';

export interface ImportReport {
  rows: number;
  calls: number;
  /** Of the calls, by what they are called. */
  kinds: Record<string, number>;
  firstAt: string | null;
  lastAt: string | null;
  accepted: number;
  duplicates: number;
  /** Rows left out on purpose, by the map's reason. */
  skipped: Record<string, number>;
  /** Rows that were not taken: by the map, or with their event by the collector. */
  refused: number;
  /** The same, by reason or by the collector's code. */
  reasons: Record<string, number>;
  warnings: Record<string, number>;
  /** Calls that an earlier run had sent. */
  resumedAfter: number;
}

/** Where calls go: a store on this machine, or a collector somewhere. */
export interface Target {
  /** Takes `{"batch": […]}` of so many calls. Throws when it cannot, now or ever. */
  send: (text: string, count: number) => Promise<Answer>;
  batchMaxCalls: number;
  batchMaxBytes: number;
  /** Of one call; a longer one is refused without asking. */
  callMaxBytes: number;
  /** Which one it is, so that what was sent to another is not taken for sent. */
  name: string;
}

export interface ImportOptions {
  file: string;
  map: ImportMap;
  target: Target;
  /** Bytes of the file read, of how many, and rows so far. */
  onProgress: (done: number, total: number, rows: number) => void;
  /** Where refused rows are listed, one JSON a line: where they begin and why, never the row. */
  refusedFile: string;
  /** Where it stands how far the run came. */
  checkpointFile: string;
  /** Forget where an earlier run stopped. */
  restart?: boolean;
  signal?: AbortSignal;
}

/** Asked to stop: what was answered stands, and the same command goes on from there. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

type Tally = Pick<ImportReport, 'accepted' | 'duplicates' | 'refused' | 'reasons' | 'warnings'>;
interface Checkpoint {
  format: 1;
  /** Of the map, the file and the target. */
  of: string;
  /** So many calls are answered. */
  calls: number;
  /** The last of them that was taken: the target must know it. */
  probe: number;
  tally: Tally;
}

const emptyTally = (): Tally => ({ accepted: 0, duplicates: 0, refused: 0, reasons: {}, warnings: {} });
const bump = (counts: Record<string, number>, name: string, by = 1): void => {
  counts[name] = (Object.hasOwn(counts, name) ? counts[name]! : 0) + by;
};

const headBytes = 1024 * 1024;
/** A file that was written again has another beginning, another end or another length. */
const fingerprint = (file: string, map: ImportMap, target: string): string => {
  const { size } = statSync(file);
  const hash = createHash('sha256').update(JSON.stringify([map, size, target]));
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(size, headBytes));
    hash.update(buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, 0)));
    hash.update(buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, Math.max(0, size - buffer.length))));
  } finally {
    closeSync(handle);
  }
  return hash.digest('base64url');
};

const readCheckpoint = (file: string, of: string): Checkpoint | null => {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Partial<Checkpoint>;
    const sound = kept.format === 1 && kept.of === of && Number.isSafeInteger(kept.calls) && kept.calls! > 0;
    return sound && Number.isSafeInteger(kept.probe) && kept.tally ? (kept as Checkpoint) : null;
  } catch {
    return null;
  }
};
/** Whole or not at all: a kill in the middle leaves the one before. */
const putCheckpoint = (file: string, checkpoint: Checkpoint): void => {
  const next = `${file}.next`;
  writeFileSync(next, JSON.stringify(checkpoint));
  renameSync(next, file);
};

interface RefusedList {
  add: (
    entry: { line: number; rows: number; reason: string } | { line: number; rows: number; code: string; call: number },
  ) => void;
  flush: () => void;
  close: () => void;
}

/**
 * The list is written as the run goes. What the map refuses is found again by every run; what the collector refused is
 * kept from the run before, as far as that one came.
 */
const openRefused = async (file: string, keepCalls: number): Promise<RefusedList> => {
  const before = `${file}.before`;
  const hasBefore = keepCalls > 0 && existsSync(file);
  if (hasBefore) renameSync(file, before);
  else rmSync(file, { force: true });
  let handle: number | null = null;
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length === 0) return;
    handle ??= openSync(file, 'w');
    writeSync(handle, `${lines.join('\n')}\n`);
    lines = [];
  };
  if (hasBefore) {
    for await (const line of createInterface({ input: createReadStream(before) })) {
      // A kill may have cut the last line.
      const entry = /"code":/.test(line) && line.endsWith('}') ? (JSON.parse(line) as { call: number }) : null;
      if (entry !== null && entry.call <= keepCalls) lines.push(line);
      if (lines.length >= 1_000) flush();
    }
    flush();
    rmSync(before);
  }
  return {
    add: (entry) => {
      lines.push(JSON.stringify(entry));
      if (lines.length >= 1_000) flush();
    },
    flush,
    close: () => {
      flush();
      if (handle !== null) closeSync(handle);
    },
  };
};

interface Waiting {
  /** Of the call's timestamp. */
  at: string;
  number: number;
  line: number;
  rows: number;
  text: string;
}

const batchOf = (calls: readonly Waiting[]): string => `{"batch":[${calls.map(({ text }) => text).join()}]}`;

/** Maps and counts; `take` is handed each call with its number. Gives the report without what the target says. */
const mapFile = async (
  { file, map, onProgress }: Pick<ImportOptions, 'file' | 'map' | 'onProgress'>,
  refuse: (line: number, rows: number, reason: string) => void,
  /** A word is the code under which the call is refused at once. */
  take: (call: Record<string, unknown>, at: Omit<Waiting, 'text'>) => Promise<void> | string | null,
): Promise<ImportReport> => {
  const total = statSync(file).size;
  const report: ImportReport = {
    rows: 0,
    calls: 0,
    kinds: {},
    firstAt: null,
    lastAt: null,
    ...emptyTally(),
    skipped: {},
    resumedAfter: 0,
  };
  let read = 0;
  const { columns, handfuls } = await readRows(file, map, (bytes) => {
    read = bytes;
  });
  const mapper = compileMap(map, columns);
  const settle = async (found: readonly Mapped[]): Promise<void> => {
    for (const one of found) {
      if (one.kind === 'skipped') bump(report.skipped, one.reason);
      else if (one.kind === 'refused') {
        report.refused += one.rows;
        bump(report.reasons, one.reason, one.rows);
        refuse(one.line, one.rows, one.reason);
      } else {
        const { line, rows, call } = one.call;
        report.calls += 1;
        const { type, event, timestamp } = call as { type: string; event?: string; timestamp: string };
        const kind = event ?? type;
        if (Object.hasOwn(report.kinds, kind) || Object.keys(report.kinds).length < 200) bump(report.kinds, kind);
        if (report.firstAt === null || timestamp < report.firstAt) report.firstAt = timestamp;
        if (report.lastAt === null || timestamp > report.lastAt) report.lastAt = timestamp;
        const full = take(call, { at: timestamp, number: report.calls, line, rows });
        if (typeof full === 'string') {
          report.refused += rows;
          bump(report.reasons, full, rows);
          refuse(line, rows, full);
        } else if (full !== null) await full;
      }
    }
  };
  for await (const handful of handfuls) {
    for (const it of handful) {
      report.rows += 1;
      if ('fault' in it) await settle([{ kind: 'refused', line: it.line, rows: 1, reason: it.fault }]);
      else {
        const found = mapper.take(it.line, it.row, it.text);
        if (found.length > 0) await settle(found);
      }
    }
    onProgress(read, total, report.rows);
  }
  await settle(mapper.end());
  onProgress(total, total, report.rows);
  return report;
};

/** Reads and maps all of it and sends nothing; the first calls are handed out. */
export const rehearse = async (
  options: Pick<ImportOptions, 'file' | 'map' | 'onProgress'> & { shown: number },
): Promise<{ report: ImportReport; calls: Record<string, unknown>[]; tooLong: number }> => {
  const calls: Record<string, unknown>[] = [];
  let tooLong = 0;
  const report = await mapFile(
    options,
    () => {},
    (call) => {
      if (calls.length < options.shown) calls.push(call);
      const text = JSON.stringify(call);
      if (text.length * 3 > limits.importEventMaxBytes && Buffer.byteLength(text) > limits.importEventMaxBytes)
        tooLong += 1;
      return null;
    },
  );
  return { report, calls, tooLong };
};

/** The target does not know what the checkpoint says it was sent: another store, or one that was restored. */
class Forgotten extends Error {}

const runFrom = async (options: ImportOptions, of: string, from: Checkpoint | null): Promise<ImportReport> => {
  const { target, signal, checkpointFile } = options;
  const tally = from?.tally ?? emptyTally();
  const refused = await openRefused(options.refusedFile, from?.calls ?? 0);
  const done = from?.calls ?? 0;
  let waiting: Waiting[] = [];
  let bytes = 0;
  let probe = from?.probe ?? 0;

  const note = (sent: readonly Waiting[], answer: Answer): void => {
    tally.accepted += answer.accepted;
    tally.duplicates += answer.duplicates;
    const untaken = new Set<number>();
    for (const { index, code } of [...answer.rejected, ...answer.dropped, ...answer.held]) {
      const { line, rows, number } = sent[index]!;
      untaken.add(index);
      tally.refused += rows;
      bump(tally.reasons, code, rows);
      refused.add({ line, rows, code, call: number });
    }
    for (const { code } of answer.warnings) bump(tally.warnings, code);
    for (let index = sent.length - 1; index >= 0; index -= 1) {
      if (untaken.has(index)) continue;
      probe = sent[index]!.number;
      break;
    }
  };
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    if (signal?.aborted) throw new Interrupted();
    const last = waiting.at(-1)!.number;
    // An event of several rows is made when its last one is past: back in its place, its people take a step and need not be
    // folded again.
    const sent = waiting.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.number - b.number));
    waiting = [];
    bytes = 0;
    note(sent, await target.send(batchOf(sent), sent.length));
    refused.flush();
    putCheckpoint(checkpointFile, { format: 1, of, calls: last, probe, tally });
  };
  const ask = async (known: Waiting): Promise<void> => {
    const answer = await target.send(batchOf([known]), 1);
    if (answer.duplicates !== 1) throw new Forgotten();
  };

  try {
    const report = await mapFile(
      options,
      (line, rows, reason) => refused.add({ line, rows, reason }),
      (call, at) => {
        const text = JSON.stringify(call);
        const size = Buffer.byteLength(text);
        if (size > target.callMaxBytes) return 'event_too_large';
        const next = { ...at, text };
        if (at.number <= done) return at.number === from?.probe ? ask(next) : null;
        if (waiting.length > 0 && bytes + size > target.batchMaxBytes)
          return flush().then(() => {
            waiting.push(next);
            bytes = size;
          });
        waiting.push(next);
        bytes += size + 1;
        return waiting.length >= target.batchMaxCalls ? flush() : null;
      },
    );
    await flush();
    const { accepted, duplicates, warnings } = tally;
    report.refused += tally.refused;
    for (const [code, rows] of Object.entries(tally.reasons)) bump(report.reasons, code, rows);
    return { ...report, accepted, duplicates, warnings, resumedAfter: done };
  } finally {
    refused.close();
  }
};

export const runImport = async (options: ImportOptions): Promise<ImportReport> => {
  const { checkpointFile } = options;
  const of = fingerprint(options.file, options.map, options.target.name);
  const from = options.restart ? null : readCheckpoint(checkpointFile, of);
  const run = async (): Promise<ImportReport> => {
    try {
      return await runFrom(options, of, from);
    } catch (error) {
      if (!(error instanceof Forgotten)) throw error;
      return runFrom(options, of, null);
    }
  };
  const report = await run();
  rmSync(checkpointFile, { force: true });
  return report;
};
