// `weft export`: what is kept, as JSON Lines, read from one instant of the store and written as fast as it is taken. The
// operator's own copy is all of it. What is for a recipient is what their purposes permit of each person now, and is noted
// as given before the first byte of it leaves.

import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { openAudit } from '../audit/store.js';
import { keyedHash } from '../consent/keys.js';
import { openLedgerView } from '../consent/ledger/view.js';
import { type Policy, purposesNaming, readSource } from '../consent/policy/policy.js';
import { openReleases, policyToStartWith } from '../consent/policy/releases.js';
import { openNotices } from '../consent/rights/notices.js';
import type { Page } from '../contract/profile.js';
import { type Purpose, purposes } from '../contract/purposes.js';
import { databaseFile } from '../embedded.js';
import { type EventRow, parseBody } from '../events/store.js';
import { identityStore } from '../identity/store.js';
import { disclosureReading } from '../profiles/disclose.js';
import { eventItemOf } from '../profiles/event-item.js';
import { readModelOf } from '../profiles/open.js';
import type { Asked, IdentifierQuery, PageAsked, PeopleReading } from '../profiles/reading.js';
import type { Sql } from '../store/sql.js';
import { openSqlite } from '../store/sqlite.js';
import { mustHaveData, type Place, placeOf, readerOf, withStore } from './data.js';
import { type Ending, Failure } from './failure.js';
import { type Kind, kinds, type PersonAsked, personOf } from './person.js';
import { type Out, plural } from './say.js';

export { kinds };
export interface ExportAsked extends PersonAsked, Partial<Record<Kind, boolean>> {
  out?: string;
  /** Who gets it, as the consent file names them: what their purposes permit, and they hear of erasures. */
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

function* listOf(read: (asked: PageAsked) => Page<object> | null, asked: Asked): Generator<object> {
  for (let cursor: string | null = null; ; ) {
    const page = read({ ...asked, limit: 500, cursor });
    if (page === null) return;
    yield* page.items;
    if (page.next === null) return;
    cursor = page.next;
  }
}

function* ofPerson(read: PeopleReading, id: string, wanted: readonly Kind[], asked: Asked): Generator<string> {
  for (const kind of wanted) {
    if (kind === 'profiles') {
      const profile = read.profile(id, asked);
      if (profile) yield lineOf('profiles', id, profile);
    } else for (const item of listOf((page) => read[kind](id, page), asked)) yield lineOf(kind, id, item);
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

/** Whom the lines are for, and what they may be used for. */
export interface Recipient {
  name: string;
  purposes: readonly Purpose[];
  /** From here on what is read is of the present: whoever takes something back while others are written wins. */
  toPresent: () => void;
  /** Notes them as given, durably; whoever was erased meanwhile is not among those it returns. */
  deliver: (profiles: readonly string[]) => ReadonlySet<string>;
}

export interface Exported {
  lines: Generator<string>;
  /** Found by the identifier that was asked for; null = all. */
  people: readonly string[] | null;
}

const chunksOf = function* <Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let chunk: Item[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
};

/** Each person once they are noted, and nobody of whom nothing may be shown. Events of nobody are given to nobody. */
function* forRecipient(
  read: PeopleReading,
  ids: Iterable<string>,
  wanted: readonly Kind[],
  { purposes, toPresent, deliver }: Recipient,
  now: number,
): Generator<string> {
  const asked = { purposes, now };
  for (const some of chunksOf(ids, 100)) {
    toPresent();
    const shown = deliver(some.filter((id) => read.profile(id, asked) !== null));
    for (const id of shown) yield* ofPerson(read, id, wanted, asked);
  }
}

export const exportOf = (
  sql: Sql,
  wanted: readonly Kind[],
  person: ReturnType<typeof personOf>,
  now: number,
  recipient: Recipient | null = null,
): Exported => {
  const read = readModelOf(sql);
  const asked: Asked = { purposes: recipient?.purposes ?? purposes, now };
  const found =
    person === null
      ? null
      : ('profileId' in person
          ? [read.profile(person.profileId, asked)].filter((it) => it !== null)
          : read.profilesBy(person as IdentifierQuery, asked)
        ).map(({ id }) => id);
  const lines = (function* () {
    if (recipient !== null) return yield* forRecipient(read, found ?? allPeople(sql), wanted, recipient, now);
    if (found !== null) for (const id of found) yield* ofPerson(read, id, wanted, asked);
    else {
      const ofPeople = wanted.filter((kind) => kind !== 'events');
      if (ofPeople.length > 0) for (const id of allPeople(sql)) yield* ofPerson(read, id, ofPeople, asked);
      if (wanted.includes('events')) yield* allEvents(sql);
    }
  })();
  return { lines, people: found };
};

/** The file's, as the collector takes it up; without one what was last in force, whoever put it there. */
const policyInForce = (sql: Sql, file: string | null): Policy => {
  const releases = openReleases(sql);
  const last = file === null ? releases.latest() : null;
  const kept = last === null ? null : readSource(last.source);
  return kept?.ok ? kept.policy : policyToStartWith(releases, file).policy;
};

/** What the policy in force lets a recipient have. */
export const purposesOfRecipient = (policy: Policy, name: string): readonly Purpose[] => {
  const known = Object.keys((policy.document.recipients ?? {}) as object);
  if (!known.includes(name))
    throw new Failure(
      'usage',
      `The consent file in force names no recipient "${name}".`,
      known.length === 0
        ? 'Describe it there under `recipients`, and list it at the purposes it is for.'
        : `It names ${known.join(', ')}.`,
    );
  const listed = purposesNaming(policy, name);
  // `measurement` makes no profile: of nobody there is anything to give.
  if (!listed.some((id) => id !== 'measurement'))
    throw new Failure(
      'refused',
      listed.length === 0
        ? `No purpose of the consent file in force lists the recipient "${name}".`
        : `The consent file in force lists the recipient "${name}" for measurement alone, which makes no profiles.`,
      'List it at the purpose it is for: whoever is asked for that purpose is told of it.',
    );
  return listed;
};

/** In the store of this folder, beside a running collector: the log of deliveries is asked anew at each erasure. */
export const openDeliveries = (
  folder: string,
  recipient: string,
): { deliver: Recipient['deliver']; close: () => void } => {
  const store = openSqlite(databaseFile(folder));
  const keyOf = keyedHash(identityStore(store).site('secret') ?? '');
  const reading = disclosureReading(store, readModelOf(store));
  const notices = openNotices({ sql: store, keyOf, recipient: () => null });
  return {
    deliver: (profiles) =>
      store.transaction(
        () =>
          new Set(
            profiles.filter((profileId) => {
              const { identities } = reading.meant({ profileId });
              notices.delivered(recipient, identities, Date.now());
              return identities.length > 0;
            }),
          ),
      ),
    close: () => store.close(),
  };
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
  mustHaveData(place);
  // A file that a restore has just put there has no log of writes yet, and takes one only while nobody reads from it.
  withStore(place, 'weft export', () => undefined);
  const store = readerOf(place);
  let deliveries: ReturnType<typeof openDeliveries> | null = null;
  const progress = out.progress('Exporting');
  try {
    // One instant of the store, whatever is written meanwhile.
    store.exec('BEGIN');
    const person = personOf(asked);
    if (asked.ledger && (person !== null || chosen.length > 0 || asked.recipient !== undefined))
      throw new Failure(
        'usage',
        '--ledger is the whole ledger, and nothing else.',
        'Give --ledger alone, or leave it out.',
      );
    let recipient: Recipient | null = null;
    if (asked.recipient !== undefined) {
      const name = asked.recipient;
      const permitted = purposesOfRecipient(policyInForce(store, place.config.consentFile), name);
      deliveries = openDeliveries(place.folder, name);
      recipient = {
        name,
        purposes: permitted,
        toPresent: () => store.exec('COMMIT; BEGIN'),
        deliver: deliveries.deliver,
      };
    }
    const { lines, people } = asked.ledger
      ? { lines: ledgerLines(store, Date.now()), people: null }
      : exportOf(store, wanted, person, Date.now(), recipient);
    if (people?.length === 0)
      out.note(
        recipient === null
          ? 'Nobody is known by that identifier.'
          : 'Nobody is known by that identifier of whom this recipient may have anything.',
      );
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
    deliveries?.close();
    store.close();
  }
};
