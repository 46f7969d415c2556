// Entry of the thread that moves the log of writes into the file: a checkpoint waits for the disk, and the writer does not.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Moved, openMover } from './store/checkpoint.js';
import { traceOf } from './trace.js';

const port = parentPort as MessagePort;
const mover = openMover((workerData as { path: string }).path);

port.on('message', (asked: 'move' | 'close') => {
  if (asked === 'close') {
    mover.close();
    port.close();
    return;
  }
  try {
    port.postMessage(mover.move());
  } catch (error) {
    // A full disk, say: the log keeps what was not moved, and the next one tries again.
    port.postMessage({ pages: 0, moved: 0, trouble: traceOf(error) } satisfies Moved);
  }
});
