// Events waiting on this device: one record each, keyed by its messageId, so that they come out in the order they
// happened and none is stored twice. Whatever the database refuses waits in memory. Never opened before a grant.

import { now } from '../browser/clock.js';
import { dropDatabase, inStore } from '../browser/database.js';
import { hear, tell } from '../browser/tell.js';
import { bufferBounds, options } from '../options.js';

export interface Entry {
  /** The messageId. */
  id: string;
  /** The life of consent it belongs to. */
  life: number;
  receipt: string;
  at: number;
  /** Made so soon after the grant, on a page that is still shown, that a crash may take the cookie and leave this. */
  isYoung?: boolean;
  /** What was permitted when it was put here. */
  on: string;
  bytes: number;
  /** The event as it will stand in the batch, frozen when it happened. */
  json: string;
  /** The ledger row of its receipt, unless it was acknowledged by then: a crash may take the cookie that holds it. */
  row?: unknown;
}

/** What this page put in and has not seen settled: sent from here on page hide, kept here if storage fails. */
export const own = new Map<string, Entry>();
/** A database that has refused to write once is left alone by this page, or what is settled would come back. */
let isBroken = false;
let changed = new Set<string>();

const databaseName = () => `weft-${options.writeKey}`;

/** All that one turn of the page changes goes in one transaction. Without an entry it is removed. */
export const change = (id: string, entry?: Entry) => {
  if (entry) own.set(id, entry);
  else own.delete(id);
  if (!changed.size)
    queueMicrotask(() => {
      const made = changed;
      changed = new Set();
      // Wiped meanwhile: the database must not be opened again.
      if (!made.size) return;
      inStore(databaseName(), (store) => {
        for (const one of made) {
          const kept = own.get(one);
          if (kept) store.put(kept, one);
          else store.delete(one);
        }
      }).catch(() => {
        isBroken = true;
      });
    });
  changed.add(id);
};

/** Nothing is lost in silence: delivery counts what is told here. */
export const drop = (reason: string, event?: object) => tell('dropped', { reason, event });

export const put = (entry: Entry) => {
  if (own.size < bufferBounds.countMax) change(entry.id, entry);
  else drop('full');
};

/**
 * What may still be sent, oldest first. The rest is removed and counted: what is too old or too much, and what the judge
 * gives a reason against.
 */
export const take = async (judge: (entry: Entry) => Entry | string): Promise<Entry[]> => {
  const stored = (await inStore(databaseName(), (store) => store.getAll(null, bufferBounds.countMax * 2)).catch(
    () => [],
  )) as Entry[];
  const all = new Map([...(isBroken ? [] : stored).map((entry) => [entry.id, entry] as const), ...own]);
  const kept: Entry[] = [];
  let bytes = 0;
  // As text, an entry of the map begins with its id.
  for (const [id, entry] of [...all].sort()) {
    bytes += entry.bytes;
    const judged =
      now() - entry.at > bufferBounds.ageMaxMs
        ? 'age'
        : kept.length >= bufferBounds.countMax || bytes > bufferBounds.bytesMax
          ? 'full'
          : judge(entry);
    if (typeof judged === 'string') {
      drop(judged);
      change(id);
    } else {
      kept.push(judged);
      if (judged !== entry) change(id, judged);
    }
  }
  return kept;
};

// Also where the first look finds nothing left to stand on: before anything else is there.
hear('ended', () => {
  own.clear();
  changed.clear();
  dropDatabase(databaseName());
});
