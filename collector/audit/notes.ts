// Reads on their way into the audit log. A page does not wait for its row: what was read is noted here, goes to the writer at
// once while no batch is under way and with the next batch otherwise, and waits in memory while the store cannot write. It
// is bounded: when nothing more can be noted, nothing more is shown. Changes do not come this way; their rows are written
// with them.

import type { AuditEntry } from '../contract/audit.js';
import { Unavailable } from '../errors.js';
import type { Log } from '../log/log.js';

export interface AuditNotes {
  /** Throws `unavailable` when too many wait for a store that cannot write. */
  note: (entry: Omit<AuditEntry, 'times'>) => void;
  /** The same again and again, by a page that stays open: one row for a few seconds of it. */
  noteOpen: (entry: Omit<AuditEntry, 'times'>) => void;
  /** All that was noted so far is in the log. */
  settled: () => Promise<void>;
  close: () => Promise<void>;
}

const batchMax = 200;
const waitingMax = 10_000;
const personsMax = 500;
export const openForMs = 5_000;
const againAfterMs = 1_000;

export const openAuditNotes = (
  log: Pick<Log, 'command'>,
  onTrouble: (error: unknown) => void = () => {},
): AuditNotes => {
  const waiting: AuditEntry[] = [];
  const open = new Map<string, AuditEntry>();
  let flushing: Promise<void> | null = null;
  let closeOpen: NodeJS.Timeout | null = null;
  let again: NodeJS.Timeout | null = null;

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchMax);
      try {
        await log.command({ kind: 'audit', entries: batch });
      } catch (error) {
        onTrouble(error);
        again ??= setTimeout(() => {
          again = null;
          start();
        }, againAfterMs);
        again.unref();
        return;
      }
      waiting.splice(0, batch.length);
    }
  };
  const start = (): void => {
    flushing ??= flush().finally(() => {
      flushing = null;
    });
  };
  const take = (entry: AuditEntry): void => {
    if (waiting.length >= waitingMax) throw new Unavailable('the audit log cannot be written');
    waiting.push(entry);
    start();
  };
  const takeOpen = (): void => {
    if (closeOpen !== null) clearTimeout(closeOpen);
    closeOpen = null;
    const entries = [...open.values()];
    open.clear();
    for (const entry of entries) take(entry);
  };

  const settled = async (): Promise<void> => {
    takeOpen();
    start();
    await flushing;
  };
  return {
    note: (entry) => take({ ...entry, times: 1 }),
    noteOpen: (entry) => {
      if (waiting.length + open.size >= waitingMax) throw new Unavailable('the audit log cannot be written');
      const key = JSON.stringify([entry.by, entry.what, entry.detail, entry.purpose]);
      const kept = open.get(key);
      const persons = [...new Set([...(kept?.persons ?? []), ...entry.persons])].slice(0, personsMax);
      open.set(key, { ...entry, at: kept?.at ?? entry.at, persons, times: (kept?.times ?? 0) + 1 });
      closeOpen ??= setTimeout(takeOpen, openForMs);
      closeOpen.unref();
    },
    settled,
    close: async () => {
      await settled();
      if (again !== null) clearTimeout(again);
    },
  };
};
