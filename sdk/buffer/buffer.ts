// Events waiting on this device: one record each, keyed by its messageId, so that they come out in the order they
// happened and none is stored twice. Whatever the database refuses waits in memory. Never opened before a grant.

import { promisifyRequest } from 'idb-keyval';
import { now } from '../browser/clock.js';
import { database } from '../browser/database.js';
import { bufferBounds } from '../options.js';

export interface Entry {
  /** The messageId. */
  id: string;
  /** The life of consent it belongs to. */
  epoch: number;
  receipt: string;
  at: number;
  /** What was permitted when it was put here. */
  on: string;
  bytes: number;
  /** The event as it will stand in the batch, frozen when it happened. */
  json: string;
  /** The ledger row of its receipt, unless it was acknowledged by then: a crash may take the cookie that holds it. */
  row?: unknown;
}

/** The entry as it may be sent now, or why it may not. */
export type Judge = (entry: Entry) => Entry | string;

export const createBuffer = (name: string, judge: Judge, lose: (reason: string) => void) => {
  const { use_, drop_ } = database(name);
  /** What this page put in and has not seen settled: sent from here on page hide, kept here if storage fails. */
  const own_ = new Map<string, Entry>();
  /** A database that has refused to write once is left alone by this page, or what is settled would come back. */
  let isBroken = false;
  let changed = new Set<string>();

  /** All that one turn of the page changes goes in one transaction. */
  const change = (id: string, entry?: Entry) => {
    if (entry) own_.set(id, entry);
    else own_.delete(id);
    if (!changed.size)
      queueMicrotask(() => {
        const made = changed;
        changed = new Set();
        // Wiped meanwhile: the database must not be opened again.
        if (!made.size) return;
        use_('readwrite', (store) => {
          for (const one of made) {
            const kept = own_.get(one);
            if (kept) store.put(kept, one);
            else store.delete(one);
          }
          return promisifyRequest(store.transaction);
        }).catch(() => {
          isBroken = true;
        });
      });
    changed.add(id);
  };

  return {
    own_,
    put_: (entry: Entry) => {
      if (own_.size < bufferBounds.countMax) change(entry.id, entry);
      else lose('full');
    },
    remove_: (id: string) => change(id),
    /** What may still be sent, oldest first; what is too old, too much or not permitted any more is removed and counted. */
    take_: async (): Promise<Entry[]> => {
      const stored: Entry[] = await use_('readonly', (store) =>
        promisifyRequest(store.getAll(null, bufferBounds.countMax * 2)),
      ).catch(() => []);
      const all = new Map([...(isBroken ? [] : stored), ...own_.values()].map((entry) => [entry.id, entry]));
      const kept: Entry[] = [];
      let bytes = 0;
      // As text, an entry of the map begins with its id.
      for (const [id, entry] of [...all].sort()) {
        const judged =
          now() - entry.at > bufferBounds.ageMaxMs
            ? 'age'
            : kept.length >= bufferBounds.countMax || (bytes += entry.bytes) > bufferBounds.bytesMax
              ? 'full'
              : judge(entry);
        if (typeof judged === 'string') {
          lose(judged);
          change(id);
        } else {
          kept.push(judged);
          if (judged !== entry) change(id, judged);
        }
      }
      return kept;
    },
    wipe_: () => {
      own_.clear();
      changed.clear();
      drop_();
    },
  };
};

export type Buffer = ReturnType<typeof createBuffer>;
