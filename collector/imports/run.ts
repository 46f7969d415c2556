// Runs an import: sends on what is read, slice by slice, keeps count, remembers how far it came. The
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
import { setImmediate as turn } from 'node:timers/promises';
import { limits } from '../contract/limits.js';
import type { Answer } from '../log/log.js';
import type { ImportMap } from './map.js';
import {
  type Batch,
  bump,
  countCall,
  countRefused,
  emptyReport,
  mapFile,
  type ReadReport,
  type ReadSlices,
  type RefusedRow,
  readSlices,
  type Slice,
  type SlicesAsked,
} from './slices.js';

/** `refused` and `reasons`: by the map, or with their event by the collector, under its code. */
export interface ImportReport extends ReadReport {
  accepted: number;
  duplicates: number;
  warnings: Record<string, number>;
  /** Calls that an earlier run had sent. */
  resumedAfter: number;
}

/** Where calls go: a store on this machine, or a collector somewhere. */
export interface Target
  extends Pick<SlicesAsked, 'sliceMaxCalls' | 'sliceMaxBytes' | 'batchMaxCalls' | 'callMaxBytes' | 'judged'> {
  /** Takes the batches of a slice, an answer each. Throws when it cannot, now or ever. */
  send: (batches: readonly Batch[]) => Promise<Answer[]>;
  /** Which one it is, so that what was sent to another is not taken for sent. */
  name: string;
}

export interface ImportOptions {
  file: string;
  map: ImportMap;
  target: Target;
  /** Reads and maps the file; in the caller's thread if nothing is said. */
  read?: ReadSlices;
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
  add: (entry: RefusedRow | { line: number; rows: number; code: string; call: number }) => void;
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

/** Reads and maps all of it and sends nothing; the first calls are handed out. */
export const rehearse = async ({
  file,
  map,
  onProgress,
  shown,
}: Pick<ImportOptions, 'file' | 'map' | 'onProgress'> & { shown: number }): Promise<{
  report: ImportReport;
  calls: Record<string, unknown>[];
  tooLong: number;
}> => {
  const calls: Record<string, unknown>[] = [];
  let tooLong = 0;
  const report = emptyReport();
  for await (const { mapped, done, total, rows } of mapFile(file, map)) {
    report.rows = rows;
    for (const one of mapped) {
      if (one.kind === 'skipped') bump(report.skipped, one.reason);
      else if (one.kind === 'refused') countRefused(report, one.rows, one.reason);
      else {
        const { call } = one.call;
        countCall(report, call);
        if (calls.length < shown) calls.push(call);
        const text = JSON.stringify(call);
        if (text.length * 3 > limits.importEventMaxBytes && Buffer.byteLength(text) > limits.importEventMaxBytes)
          tooLong += 1;
      }
    }
    onProgress(done, total, rows);
  }
  return { report: { ...report, accepted: 0, duplicates: 0, warnings: {}, resumedAfter: 0 }, calls, tooLong };
};

/** The target does not know what the checkpoint says it was sent: another store, or one that was restored. */
class Forgotten extends Error {}

const runFrom = async (options: ImportOptions, of: string, from: Checkpoint | null): Promise<ImportReport> => {
  const { file, map, target, signal, checkpointFile, read = readSlices } = options;
  const tally = from?.tally ?? emptyTally();
  const done = from?.calls ?? 0;
  let probe = from?.probe ?? 0;
  const refused = await openRefused(options.refusedFile, done);

  const note = ({ batches, numbers, lines, rows }: Slice, answers: readonly Answer[]): void => {
    let offset = 0;
    for (const [at, answer] of answers.entries()) {
      tally.accepted += answer.accepted;
      tally.duplicates += answer.duplicates;
      const untaken = new Set<number>();
      for (const { index, code } of [...answer.rejected, ...answer.dropped, ...answer.held]) {
        const place = offset + index;
        untaken.add(place);
        tally.refused += rows[place]!;
        bump(tally.reasons, code, rows[place]!);
        refused.add({ line: lines[place]!, rows: rows[place]!, code, call: numbers[place]! });
      }
      for (const { code } of answer.warnings) bump(tally.warnings, code);
      const { count } = batches[at]!;
      for (let place = offset + count - 1; place >= offset; place -= 1) {
        if (untaken.has(place)) continue;
        probe = numbers[place]!;
        break;
      }
      offset += count;
    }
  };

  try {
    const { sliceMaxCalls, sliceMaxBytes, batchMaxCalls, callMaxBytes, judged } = target;
    const asked = { file, map, sliceMaxCalls, sliceMaxBytes, batchMaxCalls, callMaxBytes, judged, done, probe };
    let report: ReadReport | null = null;
    for await (const found of read(asked)) {
      switch (found.kind) {
        case 'slice': {
          // A wish to stop is heard between two slices, however many wait.
          await turn();
          if (signal?.aborted) throw new Interrupted();
          note(found, await target.send(found.batches));
          refused.flush();
          putCheckpoint(checkpointFile, { format: 1, of, calls: found.last, probe, tally });
          break;
        }
        case 'probe': {
          const [answer] = await target.send([found.batch]);
          if (answer?.duplicates !== 1) throw new Forgotten();
          break;
        }
        case 'refused':
          for (const row of found.rows) refused.add(row);
          break;
        case 'progress':
          options.onProgress(found.done, found.total, found.rows);
          break;
        case 'end':
          report = found.report;
      }
    }
    if (report === null) throw new Error('the file was not read to its end');
    report.refused += tally.refused;
    for (const [code, rows] of Object.entries(tally.reasons)) bump(report.reasons, code, rows);
    const { accepted, duplicates, warnings } = tally;
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
