// Entry of the reader's thread: a connection that only reads, so that a slow page never stalls the door.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type FromReader, openReadModel, type ReaderOptions, type ToReader } from './profiles/open.js';

const port = parentPort as MessagePort;
const model = openReadModel(workerData as ReaderOptions);

const tell = (answer: FromReader): void => port.postMessage(answer);

port.on('message', ({ id, method, args }: ToReader) => {
  if (method === 'close') {
    model.close();
    port.close();
    return;
  }
  try {
    const read = model.read[method as keyof typeof model.read] as (...args: readonly unknown[]) => unknown;
    tell({ id, value: read(...args) });
  } catch (error) {
    tell({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
tell({ id: 0, value: Object.keys(model.read) });
