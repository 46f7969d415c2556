// Entry of the reader's thread: a connection that only reads, so that a slow page never stalls the door.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openReadModel, type ReaderOptions } from './profiles/open.js';

export interface Asked {
  id: number;
  method: string;
  args: unknown[];
}

const port = parentPort as MessagePort;
const model = openReadModel(workerData as ReaderOptions);

port.on('message', ({ id, method, args }: Asked) => {
  if (method === 'close') {
    model.close();
    port.close();
    return;
  }
  try {
    const read = model.read[method as keyof typeof model.read] as (...args: unknown[]) => unknown;
    port.postMessage({ id, value: read(...args) });
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
port.postMessage({ id: 0, value: 'ready' });
