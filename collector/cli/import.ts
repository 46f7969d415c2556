// `weft import`: the file, the map and the target brought together, and what came of it told.

import { accessSync, constants, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { openAudit } from '../audit/store.js';
import { readConfig } from '../config.js';
import { limits } from '../contract/limits.js';
import { verdicts, warnings } from '../errors.js';
import { MapError, readMap } from '../imports/map.js';
import { FileError } from '../imports/rows.js';
import { type ImportReport, Interrupted, rehearse, runImport, type Target } from '../imports/run.js';
import { slicesThreaded } from '../imports/slices-threaded.js';
import type { Writer } from '../pipeline/writer.js';
import { placeOf, writerOf } from './data.js';
import { type Ending, Failure } from './failure.js';
import { bytesSaid, columns, type Out, plural } from './say.js';
import { directTarget, httpTarget, remoteOf } from './target.js';

export interface ImportAsked {
  map: string;
  dryRun?: boolean;
  url?: string;
  key?: string;
  work?: string;
  restart?: boolean;
  strict?: boolean;
  json?: boolean;
}

/** Of the first events, as they would be sent. */
const shownMax = 5;

const mapOf = (path: string) => {
  let written: string;
  try {
    written = readFileSync(path, 'utf8');
  } catch {
    throw new Failure(
      'usage',
      `The map ${path} cannot be read.`,
      'Give --map the path of a JSON file; examples/imports/ has some.',
    );
  }
  try {
    return readMap(written);
  } catch (error) {
    if (!(error instanceof MapError)) throw error;
    throw new Failure(
      'usage',
      `${path}:\n${error.message}`,
      'docs/import.md says what a map may hold; docs/import.schema.json says it to an editor.',
    );
  }
};

const fileOf = (path: string): string => {
  try {
    accessSync(path, constants.R_OK);
    if (statSync(path).isFile()) return path;
  } catch {
    // Said below.
  }
  throw new Failure(
    'usage',
    `There is no file ${path} that can be read.`,
    'Give the path of a CSV or JSON Lines file; it may be gzipped.',
  );
};

/** Beside the file, unless told otherwise: where its next run looks for them. */
const workFiles = (
  file: string,
  mapName: string,
  work: string | undefined,
): { refusedFile: string; checkpointFile: string } => {
  const folder = work ?? dirname(file);
  try {
    if (work !== undefined) mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch {
    throw new Failure(
      'usage',
      `Nothing can be written to ${folder}.`,
      'Give --work <folder>: the list of refused rows and the mark of how far it came go there.',
    );
  }
  const stem = join(folder, `${basename(file)}.${mapName.replace(/[^\w-]+/g, '-')}`);
  return { refusedFile: `${stem}.refused.jsonl`, checkpointFile: `${stem}.checkpoint.json` };
};

const meaningOf = (reason: string): string => {
  if (Object.hasOwn(verdicts, reason)) return `${reason}: ${verdicts[reason as keyof typeof verdicts].meaning}`;
  return Object.hasOwn(warnings, reason) ? `${reason}: ${warnings[reason as keyof typeof warnings].meaning}` : reason;
};
const counted = (counts: Record<string, number>): string =>
  columns(
    Object.entries(counts)
      .sort((a, b) => b[1] - a[1])
      .map(([name, n]) => [n.toLocaleString('en-US').padStart(11), meaningOf(name)] as const),
  );

const said = (report: ImportReport, refusedFile: string | null): string => {
  const parts = [
    columns([
      ['rows', report.rows],
      ['events made of them', report.calls],
      ...(report.resumedAfter > 0 ? [['of these sent by an earlier run', report.resumedAfter] as const] : []),
      ...(refusedFile === null
        ? []
        : ([
            ['accepted', report.accepted],
            ['known already', report.duplicates],
          ] as const)),
      ...(report.firstAt === null ? [] : [['from – to', `${report.firstAt} – ${report.lastAt}`] as const]),
    ]),
    counted(report.kinds),
  ];
  const skipped = Object.values(report.skipped).reduce((all, n) => all + n, 0);
  if (skipped > 0) parts.push(`Rows left out by the map: ${skipped.toLocaleString('en-US')}`, counted(report.skipped));
  if (Object.keys(report.warnings).length > 0) parts.push('Taken, with a warning:', counted(report.warnings));
  if (report.refused > 0)
    parts.push(
      `Rows refused: ${report.refused.toLocaleString('en-US')}`,
      counted(report.reasons),
      ...(refusedFile === null ? [] : [`Where they begin: ${refusedFile}`]),
    );
  return parts.join('\n');
};

const progressOf = (out: Out, title: string) => {
  const progress = out.progress(title);
  return {
    at: (done: number, total: number, rows: number): void =>
      progress.at(done, total, `${plural(rows, 'row')} of ${bytesSaid(total)}`),
    end: progress.end,
  };
};

const rehearsed = async (file: string, asked: ImportAsked, out: Out): Promise<Ending> => {
  const progress = progressOf(out, 'Reading');
  const { report, calls, tooLong } = await rehearse({
    file,
    map: mapOf(asked.map),
    onProgress: progress.at,
    shown: shownMax,
  });
  progress.end();
  if (asked.json) out.tell(JSON.stringify({ dryRun: true, ...report, tooLong, first: calls }));
  else {
    out.tell(`The first ${plural(calls.length, 'event')}:`);
    for (const call of calls) out.tell(JSON.stringify(call));
    out.tell(`\nNothing was sent. It would be:\n${said(report, null)}`);
    if (tooLong > 0)
      out.tell(
        `${plural(tooLong, 'event is', 'events are')} too long, over ${limits.importEventMaxBytes} bytes, and would be refused.`,
      );
  }
  return asked.strict && report.refused > 0 ? 'found' : 'done';
};

/** Carts abandoned long ago and the like: known once all rows are there. */
const settle = async (writer: Writer, out: Out): Promise<void> => {
  const progress = out.progress('Settling');
  const now = Date.now();
  const left = writer.store.prepare<{ n: number }>('SELECT count(*) AS n FROM deadlines WHERE due_at <= ?');
  const total = left.get(now)?.n ?? 0;
  let done = 0;
  for (let settled = writer.pipeline.due(now); settled > 0; settled = writer.pipeline.due(now)) {
    done += settled;
    progress.at(Math.min(done, total), total, plural(done, 'person', 'people'));
    await turn();
  }
  progress.end();
  writer.due(now);
};

export const importFile = async (path: string, asked: ImportAsked, out: Out): Promise<Ending> => {
  const file = fileOf(path);
  if (asked.dryRun) return rehearsed(file, asked, out).catch(asFailure);
  const map = mapOf(asked.map);
  const files = workFiles(file, map.name, asked.work);
  const stop = new AbortController();
  const onSignal = (): void => {
    out.note('\nStopping after the batch that is under way.');
    stop.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);

  let writer: Writer | null = null;
  try {
    let target: Target;
    if (asked.url !== undefined) target = httpTarget(remoteOf(asked.url, asked.key, readConfig()), stop.signal);
    else {
      const place = placeOf();
      writer = writerOf(place, 'weft import', 'send over HTTP with --url … --key …');
      // Before the first row, so that a run that is broken off is noted too.
      openAudit(writer.store).add({
        at: Date.now(),
        by: 'cli',
        what: 'data.import',
        persons: [],
        purpose: null,
        detail: `map ${map.name}`.slice(0, 200),
      });
      target = directTarget(writer, realpathSync(resolve(place.folder)));
    }
    const progress = progressOf(out, 'Importing');
    const report = await runImport({
      file,
      map,
      target,
      read: slicesThreaded,
      onProgress: progress.at,
      ...files,
      restart: asked.restart ?? false,
      signal: stop.signal,
    }).finally(progress.end);
    if (writer !== null) await settle(writer, out);
    out.tell(
      asked.json
        ? JSON.stringify({ ...report, refusedFile: report.refused > 0 ? files.refusedFile : null })
        : said(report, files.refusedFile),
    );
    return asked.strict && report.refused > 0 ? 'found' : 'done';
  } catch (error) {
    if (error instanceof Interrupted || stop.signal.aborted)
      throw new Failure(
        'interrupted',
        'The import was stopped.',
        'Give the same command again: it goes on from where it stopped.',
      );
    return asFailure(error);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    writer?.close();
  }
};

const asFailure = (error: unknown): never => {
  if (error instanceof MapError)
    throw new Failure('usage', error.message, 'Mend the map: docs/import.md says how to read it.');
  if (error instanceof FileError)
    throw new Failure(
      'refused',
      error.message,
      'Look at the beginning of the file, and at "format" and "encoding" of the map.',
    );
  const { code } = error as { code?: unknown };
  if (code === 'SQLITE_FULL' || code === 'ENOSPC')
    throw new Failure(
      'busy',
      'The disk is full.',
      'Make room, then give the same command again: it goes on from where it stopped.',
    );
  throw error;
};
