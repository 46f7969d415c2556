// Makes what a person may have of themselves (GDPR 15 and 20): one archive of JSON Lines, a file for each store, and a page
// that explains it. Read piece by piece from the reader, deflated beside the event loop, written for its owner's eyes only,
// and given a name a download can find only when it is whole.

import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { exportFile } from '../consent/rights/export-file.js';
import type { Log } from '../log/log.js';
import { type DisclosedStore, disclosedStores } from '../profiles/disclose.js';
import type { Reader } from '../profiles/reader.js';
import { readmeOf } from './export-readme.js';

export interface ExportOptions {
  log: Pick<Log, 'command'>;
  reader: Pick<Reader, 'meant' | 'disclosed' | 'consentsOf' | 'receivedBy' | 'terms'>;
  folder: string;
  now?: () => number;
  /** Of one export, before it is deflated. */
  maxBytes?: number;
}

interface Work {
  id: string;
  subject: Parameters<Reader['meant']>[0] | null;
  requestedAt: number;
}

/** A history of a million events; what is larger is a fault, or somebody's attempt to fill the disk. */
const maxBytesDefault = 1_000_000_000;

/** The identifier itself, where a consent can stand under it. */
const namedIn = ({
  userId,
  anonymousId,
  visitorId,
}: NonNullable<Work['subject']>): { type: string; value: string }[] => {
  const device = anonymousId ?? visitorId;
  return [
    ...(device === undefined ? [] : [{ type: 'anonymous_id', value: device }]),
    ...(userId === undefined ? [] : [{ type: 'user_id', value: userId }]),
  ];
};

class TooLarge extends Error {}

const claim = async ({ log, now = Date.now }: ExportOptions): Promise<Work | null> =>
  ((await log.command({ kind: 'exports', act: 'claim', at: now() })).body as { work: Work | null }).work;

/** The next one that waits, if any. False: there was none. */
export const makeExport = async (options: ExportOptions): Promise<boolean> => {
  const { log, reader, folder, now = Date.now, maxBytes = maxBytesDefault } = options;
  const work = await claim(options);
  if (work === null) return false;
  const at = now();
  const file = exportFile(folder, work.id);
  const part = `${file}.part`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const counts: Record<string, number> = {};
  let bytes = 0;
  try {
    const meant = await reader.meant(work.subject ?? {});
    async function* linesOf(store: DisclosedStore): AsyncGenerator<Buffer> {
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<Reader['disclosed']>> = await reader.disclosed(meant, store, cursor, at);
        counts[store] = (counts[store] ?? 0) + page.items.length;
        const chunk = Buffer.from(page.items.map((item) => `${JSON.stringify(item)}\n`).join(''));
        bytes += chunk.length;
        if (bytes > maxBytes) throw new TooLarge();
        yield chunk;
        cursor = page.next;
      } while (cursor !== null);
    }
    const lines = (items: readonly object[]): Buffer =>
      Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join(''));
    const zip = new ZipFile();
    const entry = { mtime: new Date(at), mode: 0o100600 };
    const failed = new Promise<never>((_, reject) => zip.once('error', reject));
    for (const store of disclosedStores) {
      // Opened when its turn comes, so that one store is read at a time.
      zip.addReadStreamLazy(`${store}.jsonl`, entry, (give) => {
        const stream = Readable.from(linesOf(store), { objectMode: false });
        stream.once('error', (error) => zip.emit('error', error));
        give(null, stream);
      });
    }
    // Whoever only ever answered has no events to be found by: their answers are theirs all the same.
    const identities = meant.identities.length > 0 ? meant.identities : namedIn(work.subject ?? {});
    const consents = await reader.consentsOf(identities);
    const recipients = await reader.receivedBy(identities);
    counts.consents = consents.length;
    counts.recipients = recipients.length;
    zip.addBuffer(lines(consents), 'consents.jsonl', entry);
    zip.addBuffer(lines(recipients), 'recipients.jsonl', entry);
    zip.addBuffer(lines(meant.identities), 'identifiers.jsonl', entry);
    const readme = readmeOf({
      id: work.id,
      at,
      terms: await reader.terms(),
      consents,
      recipients,
      known: meant.identities.length > 0 || consents.length > 0,
    });
    zip.addBuffer(Buffer.from(readme), 'README.html', entry);
    zip.end();
    await Promise.race([pipeline(zip.outputStream, createWriteStream(part, { mode: 0o600 })), failed]);
    await chmod(part, 0o600);
    await rename(part, file);
    const { size } = await stat(file);
    // Erased while it was made: the writer has deleted the file, or does so now.
    await log.command({
      kind: 'exports',
      act: 'finish',
      id: work.id,
      identities,
      bytes: size,
      counts,
      at: now(),
    });
  } catch (error) {
    await rm(part, { force: true });
    await log.command({ kind: 'exports', act: 'fail', id: work.id, at: now() });
    if (!(error instanceof TooLarge)) throw error;
  }
  return true;
};
