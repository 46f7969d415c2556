// The erasure journal (consent.md section 6, step 8): a file beside the store and outside the backup set, in which every
// tombstone and every withdrawal is on the disk before it is answered, so that a restored backup, or a store that is lost
// altogether, brings nobody back. Owns that one file. It holds keyed hashes, purposes and instants, and never an identifier.

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Sql } from '../../store/sql.js';
import type { TombstoneKind } from '../keys.js';
import type { Mask } from '../mask.js';

/** Keys are keyed hashes in hex. */
export type JournalEntry =
  /** Out: erased, or withdrawn altogether. `v` = version of the key that made the hash. */
  | { act: 'erased' | 'withdrawn'; kind: TombstoneKind; key: string; v: number; at: number }
  /** Returned under a new grant. */
  | { act: 'opened'; kind: TombstoneKind; key: string; at: number }
  /** A withdrawal: what was collected under these receipts loses these purposes. */
  | {
      act: 'took-back';
      visitor: string | null;
      receipts: string[];
      purposes: Mask;
      how: 'erase' | 'stop' | 'anonymise';
      at: number;
    }
  /** What somebody decided as a person (R15), objections (art. 21) among it. */
  | { act: 'said'; person: string; granted: Mask; denied: Mask; objection: boolean; at: number }
  /** What the person of a device objects to from then on, by all ids of its consent; 0 = it was lifted. */
  | { act: 'objected'; visitors: string[]; purposes: Mask; at: number };

export type JournalLine = JournalEntry & { n: number };

interface Head {
  journal: 'weft erasures';
  format: 1;
  /** A digest of the site's secret: hashes of another site mean nothing here. */
  site: string;
  /** Lines are counted on from here; more than 0 where an earlier file was lost. */
  after: number;
}

/** A line in the middle cannot be what was written: nobody knows then who is out. */
export class DamagedJournal extends Error {
  override readonly name = 'DamagedJournal';
  static readonly next =
    'Put back a copy of the file; or, if there is none, move it away and erase again whoever asked for it since the last backup.';
  constructor(
    readonly file: string,
    readonly line: number,
    readonly why: string,
  ) {
    super(
      `${file} is damaged in line ${line}: ${why}. It says who was erased, so nothing is answered without it. ` +
        DamagedJournal.next,
    );
  }
}

export const journalFile = (folder: string): string => join(folder, 'erasures.journal');

const siteDigest = (secret: string): string => createHash('sha256').update(`site ${secret}`).digest('hex').slice(0, 16);

/** Each sum covers the one before it, so that a line that is missing shows as well as one that was changed. */
const sumOf = (before: string, text: string): string =>
  createHash('sha256').update(before).update('\n').update(text).digest('hex').slice(0, 16);
const sumChars = 16;
/** Keys in one line; whoever has more takes several. A line of ours is some kilobytes so. */
export const keysInLineMax = 200;
/** What a line that is written may be: far below what is read, so that no line is ever written that a start would refuse. */
const writtenMaxChars = 64 * 1024;
/** What is read: an earlier Weft wrote all receipts of a consent into one line, however many there were. */
const readMaxChars = 64 * 1024 * 1024;

const inParts = <Key>(keys: readonly Key[]): (readonly Key[])[] => {
  const parts: Key[][] = [];
  for (let at = 0; at < keys.length || at === 0; at += keysInLineMax) parts.push(keys.slice(at, at + keysInLineMax));
  return parts;
};

/** One entry as lines that stay short: the same act on some of its keys at a time. Replayed, they are one act again. */
const partsOf = (entry: JournalEntry): JournalEntry[] => {
  if (entry.act === 'took-back')
    return inParts(entry.receipts).map((receipts) => ({ ...entry, receipts: [...receipts] }));
  if (entry.act === 'objected')
    return inParts(entry.visitors).map((visitors) => ({ ...entry, visitors: [...visitors] }));
  return [entry];
};

interface Read {
  head: Head | null;
  lastN: number;
  sum: string;
  /** Where the next line goes; what lies behind it was torn off in the middle of being written, and never answered. */
  bytes: number;
  lines: number;
}

/** Reads a file from its beginning, line by line; `take` gets each line that is sound. */
export const readJournal = (file: string, take: (line: JournalLine) => void = () => {}): Read => {
  const read: Read = { head: null, lastN: 0, sum: '', bytes: 0, lines: 0 };
  if (!existsSync(file)) return read;
  const fd = openSync(file, 'r');
  let broken: { line: number; why: string } | null = null;
  try {
    const chunk = Buffer.alloc(256 * 1024);
    let rest = Buffer.alloc(0);
    for (;;) {
      const size = readSync(fd, chunk, 0, chunk.length, null);
      if (size === 0) break;
      rest = Buffer.concat([rest, chunk.subarray(0, size)]);
      let from = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
        // A broken line that is not the last one: damage, and not an interrupted write.
        if (broken) throw new DamagedJournal(file, broken.line, broken.why);
        const why = takeLine(read, rest.toString('utf8', from, end), take);
        if (why) broken = { line: read.lines + 1, why };
        else read.bytes += end - from + 1;
        from = end + 1;
      }
      rest = rest.subarray(from);
      if (rest.length > readMaxChars) throw new DamagedJournal(file, read.lines + 1, 'it is longer than a line can be');
    }
    if (broken && rest.length > 0) throw new DamagedJournal(file, broken.line, broken.why);
    return read;
  } finally {
    closeSync(fd);
  }
};

const takeLine = (read: Read, line: string, take: (line: JournalLine) => void): string | null => {
  const text = line.slice(0, -sumChars - 1);
  if (line.at(-sumChars - 1) !== ' ') return 'it has no sum';
  const sum = sumOf(read.sum, text);
  if (sum !== line.slice(-sumChars)) return 'its sum does not fit';
  const value = JSON.parse(text) as Head | JournalLine;
  if ('journal' in value) {
    if (value.format !== 1) return 'it was written by a newer Weft';
    read.head = value;
    read.lastN = value.after;
  } else {
    take(value);
    read.lastN = value.n;
  }
  read.sum = sum;
  read.lines += 1;
  return null;
};

export interface Journal {
  /** Waits for the end of the transaction. */
  note: (entry: JournalEntry) => void;
  /** On the disk, before the transaction it belongs to commits. */
  flush: () => void;
  /** The transaction was rolled back. */
  drop: () => void;
  /** The number of the last line. */
  last: () => number;
  /** Lines the store has not seen: it is older than the file. */
  news: () => JournalLine[];
  /** The store has seen every line. */
  settled: () => void;
  close: () => void;
}

/** For a store in memory, which nothing outlives. */
export const noJournal: Journal = {
  note: () => {},
  flush: () => {},
  drop: () => {},
  last: () => 0,
  news: () => [],
  settled: () => {},
  close: () => {},
};

const asideOf = (file: string, site: string): string => file.replace(/(\.journal)?$/, `.${site}.journal`);

/**
 * A folder may be given another store: begun anew, or another site's backup. The journal of the one before says nothing of its
 * people, and everything of those whose backups may come back: it is put aside under its site's name, and taken up again
 * when that store returns.
 */
const ofSite = (file: string, site: string): Read => {
  const read = readJournal(file);
  if (read.head === null || read.head.site === site) return read;
  renameSync(file, asideOf(file, read.head.site));
  if (existsSync(asideOf(file, site))) renameSync(asideOf(file, site), file);
  return readJournal(file);
};

/** What the store holds already, for a file that is begun beside it. */
export type Holdings = () => Iterable<JournalEntry>;

export const openJournal = (file: string, sql: Sql, secret: string, holdings: Holdings): Journal => {
  const seenRow = sql.prepare<{ value: string }>("SELECT value FROM site WHERE key = 'journal'");
  const setSeen = sql.prepare(
    "INSERT INTO site (key, value) VALUES ('journal', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  const seen = (): number => Number(seenRow.get()?.value ?? 0);
  const site = siteDigest(secret);

  let { head, lastN, sum, bytes } = ofSite(file, site);
  const fd = openSync(file, 'a', 0o600);
  let pending: JournalEntry[] = [];
  const write = (values: readonly object[]): void => {
    if (values.length === 0) return;
    let text = '';
    let next = sum;
    for (const value of values) {
      const line = JSON.stringify(value);
      if (line.length > writtenMaxChars) throw new Error('A line of the erasure journal is longer than one may be.');
      next = sumOf(next, line);
      text += `${line} ${next}\n`;
    }
    const buffer = Buffer.from(text);
    try {
      for (let at = 0; at < buffer.length; ) at += writeSync(fd, buffer, at);
      fdatasyncSync(fd);
    } catch (error) {
      // Half a line must not stand before the next one.
      ftruncateSync(fd, bytes);
      throw error;
    }
    sum = next;
    bytes += buffer.length;
  };
  const numbered = (entries: readonly JournalEntry[]): JournalLine[] =>
    entries.flatMap(partsOf).map((entry, index) => ({ n: lastN + index + 1, ...entry }));
  const append = (entries: readonly JournalEntry[]): void => {
    const lines = numbered(entries);
    write(lines);
    lastN = lines.at(-1)?.n ?? lastN;
  };

  ftruncateSync(fd, bytes);
  // A new file, one that was lost, or an older copy that was put back: what the store knows is written first, so that the
  // file alone suffices again, and no number is given twice.
  const isShort = head === null || lastN < seen();
  if (isShort) lastN = seen();
  if (head === null) {
    head = { journal: 'weft erasures', format: 1, site, after: lastN };
    write([head]);
  }
  if (isShort) {
    for (const entry of holdings()) {
      pending.push(entry);
      if (pending.length >= 1_000) append(pending.splice(0));
    }
    append(pending.splice(0));
    const folder = openSync(dirname(file), 'r');
    fsyncSync(folder);
    closeSync(folder);
    setSeen.run(String(lastN));
  }

  return {
    note: (entry) => void pending.push(entry),
    flush: () => {
      if (pending.length === 0) return;
      append(pending);
      pending = [];
      setSeen.run(String(lastN));
    },
    drop: () => {
      pending = [];
    },
    last: () => lastN,
    news: () => {
      const from = seen();
      if (from >= lastN) return [];
      const lines: JournalLine[] = [];
      readJournal(file, (line) => {
        if (line.n > from) lines.push(line);
      });
      return lines;
    },
    settled: () => {
      if (seen() < lastN) setSeen.run(String(lastN));
    },
    close: () => closeSync(fd),
  };
};
