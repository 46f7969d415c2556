// The same slices, read in a thread of their own: a machine with two cores maps the next rows while it writes the last ones.
// From the sources there is no built entry beside this file, and they are read in the caller's thread, by the same code.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MapError } from './map.js';
import { FileError } from './rows.js';
import { type Found, type ReadSlices, readSlices, type SlicesAsked } from './slices.js';

export type FromSlices =
  | Found
  | { kind: 'failed'; at: 'file' | 'map' | 'else'; message: string; code: string | null; stack: string };

/** So many wait at most, and so much of the file is in memory: some 20 MB. */
export const slicesAheadMax = 2;

const entry = new URL('./slices-thread.js', import.meta.url);

/** What the thread could not do, as the caller's own code would have thrown it. */
const errorOf = ({ at, message, code, stack }: Extract<FromSlices, { kind: 'failed' }>): Error => {
  if (at === 'file') return new FileError(message);
  if (at === 'map') return new MapError(message);
  const error = Object.assign(new Error(message), code === null ? {} : { code });
  error.stack = stack;
  return error;
};

async function* fromThread(thread: URL, asked: SlicesAsked): AsyncGenerator<Found> {
  const worker = new Worker(thread, { workerData: asked });
  const waiting: FromSlices[] = [];
  let broken: Error | null = null;
  let ended = false;
  let wake: () => void = () => {};
  worker.on('message', (message: FromSlices) => {
    waiting.push(message);
    wake();
  });
  worker.on('error', (error) => {
    broken = error;
    wake();
  });
  worker.on('exit', () => {
    ended = true;
    wake();
  });
  try {
    for (;;) {
      const next = waiting.shift();
      if (next === undefined) {
        if (broken !== null) throw broken;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (next.kind === 'failed') throw errorOf(next);
      // Before it is used: the next one is made meanwhile.
      if (next.kind === 'slice' || next.kind === 'refused') worker.postMessage('taken');
      yield next;
    }
  } finally {
    await worker.terminate();
  }
}

export const slicesFrom =
  (thread: URL): ReadSlices =>
  (asked) =>
    existsSync(fileURLToPath(thread)) ? fromThread(thread, asked) : readSlices(asked);

export const slicesThreaded: ReadSlices = slicesFrom(entry);
