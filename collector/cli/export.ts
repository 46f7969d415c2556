// `weft export`: what is kept, as JSON Lines, read from one instant of the store and written as fast as it is taken.

import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { openAudit } from '../audit/store.js';
import { openLedgerView } from '../consent/ledger/ledger-view.js';
import { openNotices } from '../consent/rights/notices.js';
import { keyedHash } from '../consent/rights/tombstones.js';
import type { Page } from '../contract/profile.js';
import { purposes } from '../contract/purposes.js';
import { databaseFile } from '../embedded.js';
import { type EventRow, parseBody } from '../events/store.js';
import { identityStore } from '../identity/store.js';
import { disclosureReading } from '../profiles/disclose.js';
import { eventItemOf } from '../profiles/event-item.js';
import { readModelOf } from '../profiles/open.js';
import type { ReadModel } from '../profiles/read.js';
import type { IdentifierQuery, PageAsked } from '../profiles/reader.js';
import type { Sql } from '../store/sql.js';
import { openSqlite } from '../store/sqlite.js';
import { type Place, placeOf, readerOf, withStore } from './data.js';
import { type Ending, Failure } from './failure.js';
import { type Kind, kinds, type PersonAsked, personOf } from './person.js';
import { type Out, plural } from './say.js';

export { kinds };
export interface ExportAsked extends PersonAsked, Partial<Record<Kind, boolean>> {
  out?: string;
  /** Who gets it, as the consent file names them: they hear of erasures. */
  recipient?: string;
  ledger?: boolean;
}

/** One line: what it is, whose, and the same fields as the API's. */
const lineOf = (kind: Kind, profileId: string | null, item: object): string =>
  JSON.stringify({ kind: kind.slice(0, -1), profileId, ...item });

/** Every event there is, those of nobody too, in the order of arrival. */
function* allEvents(sql: Sql): Generator<string> {
  const sessionId = sql.prepare<{ public_id: string }>('SELECT public_id FROM sessions WHERE begin = ?');
  const rows = sql.prepare<EventRow & { hid: string | null }>(
    `SELECT events.*, leader.hid AS hid FROM events
     LEFT JOIN nodes AS owner ON owner.id = events.owner
     LEFT JOIN nodes AS leader ON leader.id = owner.leader
     WHERE events.seq > ? ORDER BY events.seq LIMIT 500`,
  );
  for (let last = 0; ; ) {
    const page = rows.all(last);
    if (page.length === 0) return;
    for (const row of page) {
      const event = parseBody(row);
      const item = eventItemOf(row, row.session === null ? null : (sessionId.get(row.session)?.public_id ?? null));
      yield lineOf('events', row.hid, {
        ...item,
        channel: event.channel,
        traits: event.traits,
        purposes: event.purposes,
      });
    }
    last = page.at(-1)!.seq;
  }
}

function* allPeople(sql: Sql): Generator<string> {
  const rows = sql.prepare<{ leader: number; hid: string }>(
    `SELECT profiles.leader AS leader, nodes.hid AS hid FROM profiles JOIN nodes ON nodes.id = profiles.leader
     WHERE profiles.leader > ? ORDER BY profiles.leader LIMIT 500`,
  );
  for (let last = 0; ; ) {
    const page = rows.all(last);
    if (page.length === 0) return;
    for (const { hid } of page) yield hid;
    last = page.at(-1)!.leader;
  }
}

function* listOf(read: (asked: PageAsked) => Page<object> | null, now: number): Generator<object> {
  for (let cursor: string | null = null; ; ) {
    const page = read({ purposes, now, limit: 500, cursor });
    if (page === null) return;
    yield* page.items;
    if (page.next === null) return;
    cursor = page.next;
  }
}

function* ofPerson(read: ReadModel, id: string, wanted: readonly Kind[], now: number): Generator<string> {
  for (const kind of wanted) {
    if (kind === 'profiles') {
      const profile = read.profile(id, { purposes, now });
      if (profile) yield lineOf('profiles', id, profile);
    } else for (const item of listOf((asked) => read[kind](id, asked), now)) yield lineOf(kind, id, item);
  }
}

/** Without their newlines: whoever writes them adds one. */
function* ledgerLines(sql: Sql, now: number): Generator<string> {
  const view = openLedgerView(sql);
  for (let page = view.exportPage({ now }); ; page = view.exportPage(page.next)) {
    for (const line of page.lines) yield line.trimEnd();
    if (page.next === null) return;
  }
}

export interface Exported {
  lines: Generator<string>;
  /** Found by the identifier that was asked for; null = all. */
  people: readonly string[] | null;
}

export const exportOf = (
  sql: Sql,
  wanted: readonly Kind[],
  person: ReturnType<typeof personOf>,
  now: number,
): Exported => {
  const read = readModelOf(sql);
  if (person !== null) {
    const found =
      'profileId' in person
        ? [read.profile(person.profileId, { purposes, now })].filter((it) => it !== null)
        : read.profilesBy(person as IdentifierQuery, { purposes, now });
    const lines = (function* () {
      for (const { id } of found) yield* ofPerson(read, id, wanted, now);
    })();
    return { lines, people: found.map(({ id }) => id) };
  }
  const ofPeople = wanted.filter((kind) => kind !== 'events');
  const lines = (function* () {
    if (ofPeople.length > 0) for (const id of allPeople(sql)) yield* ofPerson(read, id, ofPeople, now);
    if (wanted.includes('events')) yield* allEvents(sql);
  })();
  return { lines, people: null };
};

/** In the store of this folder, beside a running collector: the log of deliveries is asked anew at each erasure. */
export const noteDelivery = (folder: string, recipient: string, profiles: readonly string[], at: number): void => {
  const store = openSqlite(databaseFile(folder));
  try {
    const keyOf = keyedHash(identityStore(store).site('secret') ?? '');
    const reading = disclosureReading(store, readModelOf(store));
    const notices = openNotices({ sql: store, keyOf, recipient: () => null });
    store.transaction(() => {
      for (const profileId of profiles) notices.delivered(recipient, reading.meant({ profileId }).identities, at);
    });
  } finally {
    store.close();
  }
};

const personsNotedMax = 500;

/** In the audit log, before the first line is written: what cannot be noted is not handed out. */
const noteExport = (place: Place, persons: readonly string[], what: string, recipient: string | null): void =>
  withStore(place, 'weft export', (store) =>
    openAudit(store).add({
      at: Date.now(),
      by: 'cli',
      what: 'data.export',
      persons: persons.slice(0, personsNotedMax),
      purpose: recipient === null ? null : `for ${recipient}`.slice(0, 200),
      detail: what,
    }),
  );

/** Whose lines go by. */
function* noting(lines: Iterable<string>, given: Set<string>): Generator<string> {
  for (const line of lines) {
    const { profileId } = JSON.parse(line) as { profileId?: string | null };
    if (profileId) given.add(profileId);
    yield line;
  }
}

const chunkChars = 64 * 1024;

/** In chunks, and no quicker than they are taken. */
const write = async (lines: Iterable<string>, to: Writable, onChunk: (count: number) => void): Promise<number> => {
  let count = 0;
  let chunk = '';
  for (const line of lines) {
    count += 1;
    chunk += `${line}\n`;
    if (chunk.length < chunkChars) continue;
    if (!to.write(chunk)) await once(to, 'drain');
    chunk = '';
    onChunk(count);
  }
  if (chunk !== '' && !to.write(chunk)) await once(to, 'drain');
  return count;
};

const toFile = async (lines: Iterable<string>, path: string, onChunk: (count: number) => void): Promise<number> => {
  const part = `${path}.part`;
  // It holds people: nobody else on the machine need read it.
  const file = createWriteStream(part, { mode: 0o600 });
  const failed = once(file, 'error').then(([error]) => {
    throw error;
  });
  const to: Writable = path.endsWith('.gz') ? createGzip() : file;
  if (to !== file) to.pipe(file);
  const written = async (): Promise<number> => {
    const count = await write(lines, to, onChunk);
    const finished = once(file, 'close');
    to.end();
    await finished;
    return count;
  };
  try {
    const count = await Promise.race([written(), failed]);
    renameSync(part, path);
    return count;
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
};

/** `| head` takes what it wants and goes: that is no failure. */
const isClosedPipe = (error: unknown): boolean => (error as { code?: unknown }).code === 'EPIPE';

export const exportLines = async (asked: ExportAsked, out: Out): Promise<Ending> => {
  const chosen = kinds.filter((kind) => asked[kind]);
  const wanted = chosen.length === 0 ? kinds : chosen;
  const place = placeOf();
  const store = readerOf(place);
  const given = new Set<string>();
  const progress = out.progress('Exporting');
  try {
    // One instant of the store, whatever is written meanwhile.
    store.exec('BEGIN');
    const person = personOf(asked);
    if (asked.ledger && (person !== null || chosen.length > 0))
      throw new Failure(
        'usage',
        '--ledger is the whole ledger, and nothing else.',
        'Give --ledger alone, or leave it out.',
      );
    const { lines: all, people } = asked.ledger
      ? { lines: ledgerLines(store, Date.now()), people: null }
      : exportOf(store, wanted, person, Date.now());
    const lines = asked.recipient === undefined ? all : noting(all, given);
    if (people?.length === 0) out.note('Nobody is known by that identifier.');
    noteExport(
      place,
      people ?? [],
      asked.ledger ? 'ledger' : `${people === null ? 'everybody' : 'named people'}: ${wanted.join(', ')}`,
      asked.recipient ?? null,
    );
    const onChunk = (count: number): void => progress.at(0, 0, plural(count, 'line'));
    if (asked.out === undefined) {
      try {
        const closed = new Promise<never>((_, reject) => process.stdout.once('error', reject));
        await Promise.race([write(lines, process.stdout, () => {}), closed]);
      } catch (error) {
        if (!isClosedPipe(error)) throw error;
      }
      return 'done';
    }
    const path = asked.out;
    const count = await toFile(lines, path, onChunk).catch((error: NodeJS.ErrnoException) => {
      throw new Failure(
        'usage',
        `${path} cannot be written (${error.code ?? error.message}).`,
        'Give --out a path in a folder you may write to, on a disk with room.',
      );
    });
    out.note(`${plural(count, 'line')} in ${path}.`);
    return 'done';
  } finally {
    progress.end();
    store.close();
    // Also of what was written before it broke off.
    if (asked.recipient !== undefined && given.size > 0)
      noteDelivery(place.folder, asked.recipient, [...given], Date.now());
  }
};
