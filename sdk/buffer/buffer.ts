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
  /** Settled, but perhaps still stored. */
  const gone = new Set<string>();
  let changes: (Entry | string)[] = [];

  /** All that one turn of the page changes goes in one transaction. */
  const write = () => {
    const made = changes;
    changes = [];
    // Wiped meanwhile: the database must not be opened again.
    if (!made[0]) return;
    use_('readwrite', (store) => {
      for (const one of made) {
        if (typeof one === 'string') store.delete(one);
        else if (own_.has(one.id)) store.put(one, one.id);
      }
      return promisifyRequest(store.transaction);
    }).then(
      () => gone.clear(),
      () => {},
    );
  };
  const change = (one: Entry | string) => {
    if (!changes[0]) queueMicrotask(write);
    changes.push(one);
  };
  const put = (entry: Entry) => {
    own_.set(entry.id, entry);
    change(entry);
  };
  const remove_ = (id: string) => {
    own_.delete(id);
    gone.add(id);
    change(id);
  };

  return {
    own_,
    put_: (entry: Entry) => {
      if (own_.size < bufferBounds.countMax) put(entry);
      else lose('full');
    },
    remove_,
    /** What may still be sent, oldest first; what is too old, too much or not permitted any more is removed and counted. */
    take_: async (): Promise<Entry[]> => {
      const stored: Entry[] = await use_('readonly', (store) =>
        promisifyRequest(store.getAll(null, bufferBounds.countMax * 2)),
      ).catch(() => []);
      const all = new Map([...stored, ...own_.values()].map((entry) => [entry.id, entry]));
      const kept: Entry[] = [];
      let bytes = 0;
      for (const [id, entry] of [...all].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (gone.has(id)) continue;
        const judged =
          now() - entry.at > bufferBounds.ageMaxMs
            ? 'age'
            : kept.length >= bufferBounds.countMax || (bytes += entry.bytes) > bufferBounds.bytesMax
              ? 'full'
              : judge(entry);
        if (typeof judged === 'string') {
          lose(judged);
          remove_(id);
        } else {
          kept.push(judged);
          if (judged !== entry) put(judged);
        }
      }
      return kept;
    },
    wipe_: () => {
      own_.clear();
      changes = [];
      drop_();
    },
  };
};

export type Buffer = ReturnType<typeof createBuffer>;
