// Reads a file as a stream and gives its rows, a handful at a time, with where each begins. Gzip is told by its first bytes.
// What cannot be read is given as a fault in its place. Never holds more than some rows, whatever the file is.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { csvReader } from './csv.js';
import type { ImportMap, Row } from './map.js';

export interface ReadRow {
  /** Where it begins in the file, from 1. */
  line: number;
  row: Row;
  /** What it is, whole: the same for the same row of the same file. */
  text: string;
}
export interface Fault {
  line: number;
  fault: string;
}
export interface Rows {
  /** Names of the fields of a row that is a list; null where a row brings its own. */
  columns: readonly string[] | null;
  handfuls: AsyncIterable<(ReadRow | Fault)[]>;
}

/** The file itself is at fault, not a row of it. The message is for whoever runs the import. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

export const rowMaxChars = 1_000_000;
/** A line of JSON may hold a whole history. */
export const jsonLineMaxChars = 20_000_000;
const chunkBytes = 128 * 1024;

const isGzip = async (file: string): Promise<boolean> => {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
};

/** The text of a file, in pieces; a byte order mark is no part of it. */
async function* piecesOf(
  file: string,
  encoding: ImportMap['encoding'],
  onBytes: (read: number) => void,
): AsyncGenerator<string> {
  const zipped = await isGzip(file);
  let read = 0;
  const raw = createReadStream(file, { highWaterMark: chunkBytes });
  let stream: Readable = raw;
  // Whoever listens makes it flow: so only now, and before anything is awaited.
  raw.on('data', (chunk) => {
    read += chunk.length;
    onBytes(read);
  });
  if (zipped) {
    const gunzip = createGunzip();
    raw.on('error', (error) => gunzip.destroy(error));
    stream = raw.pipe(gunzip);
  }
  const decoder = new TextDecoder(encoding);
  try {
    for await (const chunk of stream) {
      const text = decoder.decode(chunk as Buffer, { stream: true });
      if (text !== '') yield text;
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (code?.startsWith('Z_'))
      throw new FileError('The file begins like gzip but does not inflate: it is cut short or damaged.');
    throw error;
  } finally {
    raw.destroy();
  }
  const last = decoder.decode();
  if (last !== '') yield last;
}

const csvRows = async (file: string, map: ImportMap, onBytes: (read: number) => void): Promise<Rows> => {
  const reader = csvReader(map.delimiter, rowMaxChars);
  async function* read(): AsyncGenerator<ReturnType<typeof reader.push>> {
    for await (const piece of piecesOf(file, map.encoding, onBytes)) yield reader.push(piece);
    yield reader.end();
  }
  const source = read();
  let first: Awaited<ReturnType<typeof source.next>>['value'] = [];
  let { columns } = map;
  if (columns === undefined) {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      if (next.value.length === 0) continue;
      const [head, ...others] = next.value;
      if (!head || !('fields' in head)) throw new FileError('The first line, which names the columns, cannot be read.');
      columns = head.fields.map((name) => name.trim());
      first = others;
      break;
    }
    if (columns === undefined) throw new FileError('The file is empty: not even a first line that names the columns.');
  }
  const toRow = (found: (typeof first)[number]): ReadRow | Fault =>
    'fault' in found ? found : { line: found.line, row: found.fields, text: JSON.stringify(found.fields) };
  async function* handfuls(): AsyncGenerator<(ReadRow | Fault)[]> {
    if (first.length > 0) yield first.map(toRow);
    for await (const found of source) if (found.length > 0) yield found.map(toRow);
  }
  return { columns, handfuls: handfuls() };
};

/** Lines and where they begin; one that is too long is a fault and is not kept. */
async function* linesOf(
  pieces: AsyncIterable<string>,
  maxChars: number,
): AsyncGenerator<({ line: number; text: string } | Fault)[]> {
  // Pieces of a line that is not at its end yet; joined once, or a long line would be copied again with every piece.
  let parts: string[] = [];
  let chars = 0;
  let line = 1;
  for await (const piece of pieces) {
    const found: ({ line: number; text: string } | Fault)[] = [];
    let at = 0;
    for (let newline = piece.indexOf('\n'); newline >= 0; newline = piece.indexOf('\n', at)) {
      const tail = piece.slice(at, newline);
      if (chars + tail.length > maxChars) found.push({ line, fault: 'the line is too long' });
      else if (chars > 0) found.push({ line, text: parts.join('') + tail });
      else if (tail !== '') found.push({ line, text: tail });
      parts = [];
      chars = 0;
      at = newline + 1;
      line += 1;
    }
    const rest = at === 0 ? piece : piece.slice(at);
    chars += rest.length;
    if (chars > maxChars) parts = [];
    else if (rest !== '') parts.push(rest);
    if (found.length > 0) yield found;
  }
  if (chars > maxChars) yield [{ line, fault: 'the line is too long' }];
  else if (chars > 0) yield [{ line, text: parts.join('') }];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const handfulMax = 1_000;

const jsonRows = (file: string, map: ImportMap, onBytes: (read: number) => void): Rows => {
  const { each } = map;
  async function* handfuls(): AsyncGenerator<(ReadRow | Fault)[]> {
    for await (const lines of linesOf(piecesOf(file, 'utf-8', onBytes), jsonLineMaxChars)) {
      let found: (ReadRow | Fault)[] = [];
      for (const it of lines) {
        if ('fault' in it) {
          found.push(it);
          continue;
        }
        const { line, text } = it;
        if (text.trim() === '') continue;
        let row: unknown;
        try {
          row = JSON.parse(text);
        } catch {
          found.push({ line, fault: 'the line is no JSON' });
          continue;
        }
        if (!isObject(row)) found.push({ line, fault: 'the line is no object' });
        else if (each === undefined) found.push({ line, row, text });
        else {
          const { [each]: list, ...around } = row;
          if (!Array.isArray(list)) {
            found.push({ line, fault: `${each} is no list` });
            continue;
          }
          const whole = createHash('sha256').update(JSON.stringify(around)).digest('base64url');
          for (const [position, item] of list.entries()) {
            found.push({
              line,
              row: { ...around, ...(isObject(item) ? item : { value: item }), $position: position },
              text: `${position} ${whole} ${JSON.stringify(item)}`,
            });
            if (found.length >= handfulMax) {
              yield found;
              found = [];
            }
          }
        }
      }
      if (found.length > 0) yield found;
    }
  }
  return { columns: null, handfuls: handfuls() };
};

/** `onBytes` is told how many of the file's own bytes were read so far. */
export const readRows = async (file: string, map: ImportMap, onBytes: (read: number) => void): Promise<Rows> =>
  map.format === 'csv' ? csvRows(file, map, onBytes) : jsonRows(file, map, onBytes);
