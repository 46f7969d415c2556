// Runs an import: reads the file as a stream, maps it, sends it on in batches, keeps count, remembers how far it came. A
// second run sends nothing twice: the ids of its calls derive from the rows.

import { createReadStream, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import type { Answer } from '../log/log.js';
import { type ImportMap, type Mapped, mapper, type NumberedRow, type Row } from './map.js';

export interface ImportReport {
  rows: number;
  calls: number;
  accepted: number;
  duplicates: number;
  skipped: Record<string, number>;
  refused: number;
  /** Of refused rows, by reason. */
  reasons: Record<string, number>;
  warnings: Record<string, number>;
  resumedAt: number;
}

export interface ImportOptions {
  file: string;
  map: ImportMap;
  /** Sends a batch and gives its answer. */
  send: (calls: readonly Record<string, unknown>[]) => Promise<Answer>;
  dryRun: boolean;
  /** Bytes read of the file's bytes, and rows so far. */
  onProgress: (done: number, total: number, rows: number) => void;
  /** Where refused rows are listed, one JSON a line: the number of the line, the reason, never the row. */
  refusedFile: string;
  /** Where the last acknowledged line stands; null = do not resume. */
  checkpointFile: string | null;
}

const batchMax = 500;
const lineMaxChars = 1_000_000;

async function* rowsOf(
  file: string,
  map: ImportMap,
  onBytes: (read: number) => void,
): AsyncGenerator<NumberedRow | { line: number; bad: string }> {
  let read = 0;
  const raw = createReadStream(file).on('data', (chunk) => {
    read += chunk.length;
    onBytes(read);
  });
  const stream: Readable = /\.gz$/.test(file) ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => stream.destroy(error));
  let line = 0;
  if (map.format === 'csv') {
    const parser = stream.pipe(
      parse({
        delimiter: map.delimiter,
        columns: map.columns ?? true,
        bom: true,
        relax_column_count: true,
        skip_empty_lines: true,
        max_record_size: lineMaxChars,
      }),
    );
    stream.on('error', (error) => parser.destroy(error));
    for await (const row of parser) {
      line += 1;
      yield { line, row: row as Row };
    }
    return;
  }
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.trim() === '') continue;
    if (text.length > lineMaxChars * 20) {
      yield { line, bad: 'the line is too long' };
      continue;
    }
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch {
      yield { line, bad: 'the line is no JSON' };
      continue;
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      yield { line, bad: 'the line is no object' };
      continue;
    }
    if (map.each === undefined) {
      yield { line, row: row as Row };
      continue;
    }
    const { [map.each]: list, ...around } = row as Record<string, unknown>;
    if (!Array.isArray(list)) {
      yield { line, bad: `${map.each} is no list` };
      continue;
    }
    for (const [position, item] of list.entries()) {
      yield {
        line,
        row: {
          ...around,
          ...(typeof item === 'object' && item !== null ? item : { value: item }),
          $position: position,
        },
      };
    }
  }
}

export const runImport = async (options: ImportOptions): Promise<ImportReport> => {
  const { map, send, dryRun, checkpointFile } = options;
  const total = statSync(options.file).size;
  const report: ImportReport = {
    rows: 0,
    calls: 0,
    accepted: 0,
    duplicates: 0,
    skipped: {},
    refused: 0,
    reasons: {},
    warnings: {},
    resumedAt: 0,
  };
  const refusals: string[] = [];
  const refuse = (line: number, reason: string): void => {
    report.refused += 1;
    report.reasons[reason] = (report.reasons[reason] ?? 0) + 1;
    refusals.push(JSON.stringify({ line, reason }));
  };
  const checkpoint = checkpointFile && existsSync(checkpointFile) ? readCheckpoint(checkpointFile, map.name, total) : 0;
  report.resumedAt = checkpoint;

  let read = 0;
  let waiting: { line: number; call: Record<string, unknown> }[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const sent = waiting;
    waiting = [];
    if (dryRun) {
      report.accepted += sent.length;
      return;
    }
    const answer = await send(sent.map(({ call }) => call));
    report.accepted += answer.accepted;
    report.duplicates += answer.duplicates;
    for (const verdict of [...answer.rejected, ...answer.dropped, ...answer.held])
      refuse(sent[verdict.index]?.line ?? 0, verdict.code);
    for (const { code } of answer.warnings) report.warnings[code] = (report.warnings[code] ?? 0) + 1;
    if (checkpointFile)
      writeFileSync(checkpointFile, JSON.stringify({ map: map.name, size: total, line: sent.at(-1)!.line }));
    options.onProgress(read, total, report.rows);
  };
  const next = mapper(map);
  const take = async (mapped: readonly Mapped[]): Promise<void> => {
    for (const one of mapped) {
      if (one.kind === 'skipped') report.skipped[one.reason] = (report.skipped[one.reason] ?? 0) + 1;
      else if (one.kind === 'refused') refuse(one.line, one.reason);
      else {
        report.calls += 1;
        if (one.call.line <= checkpoint) continue;
        waiting.push({ line: one.call.line, call: one.call.call });
        if (waiting.length >= batchMax) await flush();
      }
    }
  };
  for await (const numbered of rowsOf(options.file, map, (bytes) => {
    read = bytes;
  })) {
    report.rows += 1;
    if ('bad' in numbered) refuse(numbered.line, numbered.bad);
    else await take(next(numbered));
  }
  await take(next(null));
  await flush();
  options.onProgress(total, total, report.rows);
  if (refusals.length > 0) writeFileSync(options.refusedFile, `${refusals.join('\n')}\n`);
  if (checkpointFile && existsSync(checkpointFile)) rmSync(checkpointFile);
  return report;
};

/** How far an interrupted run of the same map over the same file came; 0 otherwise. */
const readCheckpoint = (file: string, name: string, size: number): number => {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { map?: string; size?: number; line?: number };
    return kept.map === name && kept.size === size && Number.isInteger(kept.line) ? kept.line! : 0;
  } catch {
    return 0;
  }
};
