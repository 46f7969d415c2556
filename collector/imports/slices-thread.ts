// Entry of the thread that reads and maps an import's file while the slice before is being written.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { MapError } from './map.js';
import { FileError } from './rows.js';
import { readSlices, type SlicesAsked } from './slices.js';
import { type FromSlices, slicesAheadMax } from './slices-threaded.js';

const port = parentPort as MessagePort;
let ahead = 0;
let go: (() => void) | null = null;
port.on('message', () => {
  ahead -= 1;
  go?.();
});
const tell = (message: FromSlices): void => port.postMessage(message);

try {
  for await (const found of readSlices(workerData as SlicesAsked)) {
    tell(found);
    if (found.kind !== 'slice' && found.kind !== 'refused') continue;
    ahead += 1;
    while (ahead >= slicesAheadMax)
      await new Promise<void>((resolve) => {
        go = resolve;
      });
  }
} catch (error) {
  const { message, code, stack } = error as Error & { code?: unknown };
  const at = error instanceof FileError ? 'file' : error instanceof MapError ? 'map' : 'else';
  tell({ kind: 'failed', at, message, code: typeof code === 'string' ? code : null, stack: stack ?? message });
}
port.close();
