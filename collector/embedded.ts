// The embedded engines: one file of data, a thread that writes and a thread that reads. In tests and from sources (no built
// entry beside this file) both run in the caller's thread, with the same code.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { type Config, ConfigError } from './config.js';
import { embeddedLog, UnavailableError, type WriterPort } from './log/embedded.js';
import type { Log } from './log/log.js';
import { defaultSiteRules } from './pipeline/accept.js';
import { readSiteOptions } from './pipeline/site-file.js';
import type { WriterOptions } from './pipeline/writer.js';
import type { FromReader, ReaderOptions, ToReader } from './profiles/open.js';
import { type Reader, type Readings, readerOf } from './profiles/reader.js';
import { type LogSync, type Moved, openLogSync } from './store/checkpoint.js';
import { isLocked } from './store/lock.js';
import type { Stuck } from './store/patience.js';
import { type TellTrouble, traceOf } from './trace.js';

export interface Engines {
  log: Log;
  reader: Reader;
  /** Why the store takes nothing now; null where it does. */
  stuck: () => Stuck | null;
  close: () => Promise<void>;
}

export const databaseFile = (folder: string): string => (folder === ':memory:' ? folder : join(folder, 'weft.sqlite'));

export const writerOptions = (
  config: Pick<Config, 'store' | 'bots' | 'reservedEmail' | 'identitySecret' | 'consentFile' | 'siteFile'> &
    Pick<WriterOptions, 'shippedConsent'>,
): WriterOptions => {
  if (config.store.kind !== 'sqlite') throw new Error('The embedded engine keeps its data in a folder.');
  const { rules, site } = readSiteOptions(config.siteFile);
  return {
    path: databaseFile(config.store.folder),
    rules: { ...rules, bots: config.bots },
    site: {
      ...defaultSiteRules,
      ...site,
      reservedEmail: config.reservedEmail,
      identitySecret: config.identitySecret,
    },
    consentFile: config.consentFile,
    ...(config.shippedConsent !== undefined && { shippedConsent: config.shippedConsent }),
  };
};

const entry = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

export const openEmbedded = async (
  config: Parameters<typeof writerOptions>[0],
  onTrouble: TellTrouble = () => {},
  onStanding: (stuck: Stuck | null) => void = () => {},
): Promise<Engines> => {
  const options = writerOptions(config);
  const threaded = options.path !== ':memory:' && existsSync(entry('writer-thread'));
  try {
    return await (threaded ? inThreads(options, onTrouble, onStanding) : inline(options, onTrouble, onStanding));
  } catch (error) {
    if (!isLocked(error)) throw error;
    throw new ConfigError(
      `WEFT_DATA: ${error.message} One folder has one writer: stop that one, or name another folder.`,
    );
  }
};

/** What a batch makes and drops is a few megabytes: with room for some of them, most is gone before it would be copied (docs/decisions/0600). */
const writerLimits = { maxYoungGenerationSizeMb: 48 };
const keeperLimits = { maxYoungGenerationSizeMb: 2 };
/** By how much a heap may grow over what is alive in it before that is looked at: V8 would let it double (decision 0600). */
const heapGrowingPercent = 50;

/** Beside a busy writer, the log is moved at most this often, and when at least so many commits are in it. */
const moveEveryMs = 250;
const moveCommitsMin = 10;
/** From here on the writer moves the rest, so that the log begins anew: some 32 MB. */
const logPagesMax = 8_000;

interface Keeper {
  /** Something was committed. */
  written: () => void;
  thread: Worker;
}

const startKeeper = (path: string, finish: () => void, onTrouble: TellTrouble): Keeper => {
  const thread = new Worker(entry('checkpoint-thread'), {
    workerData: { path },
    resourceLimits: keeperLimits,
    // What it holds open is closed with the process: closing earlier would drop the others' locks (store/checkpoint.ts).
    trackUnmanagedFds: false,
  });
  // Its end ends the process (below); this says why.
  thread.on('error', (error) => onTrouble('the thread that moves the log of writes', traceOf(error)));
  let commits = 0;
  let movedAt = 0;
  let moving = false;
  thread.on('message', ({ pages, trouble }: Moved) => {
    moving = false;
    if (trouble !== undefined) onTrouble('the log of writes was not moved', trouble);
    movedAt = Date.now();
    if (pages >= logPagesMax) finish();
  });
  return {
    thread,
    written: () => {
      commits += 1;
      if (moving || commits < moveCommitsMin || Date.now() - movedAt < moveEveryMs) return;
      moving = true;
      commits = 0;
      thread.postMessage('move');
    },
  };
};

const inThreads = async (
  options: WriterOptions,
  onTrouble: TellTrouble,
  onStanding: (stuck: Stuck | null) => void,
): Promise<Engines> => {
  // A rule of thumb that is read at each collection, so a running process may change it.
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent}`);
  const writer = new Worker(entry('writer-thread'), {
    workerData: { ...options, durable: 'caller' } satisfies WriterOptions,
    resourceLimits: writerLimits,
  });
  let keeper: Keeper | null = null;
  let file: LogSync | null = null;
  let stuck: Stuck | null = null;
  const log = await embeddedLog(writer as unknown as WriterPort, {
    // The writer has opened the store before it says that it is ready, and answers nothing before.
    sync: () => {
      file ??= openLogSync(options.path);
      return file.sync();
    },
    onTrouble,
    onStanding: (now) => {
      stuck = now;
      onStanding(now);
    },
    onSynced: () => keeper?.written(),
    onLost: () => setImmediate(() => process.exit(70)),
  });
  keeper = startKeeper(options.path, log.checkpoint, onTrouble);
  const worker = new Worker(entry('reader-thread'), { workerData: { path: options.path } satisfies ReaderOptions });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  // A thread that dies by itself leaves nothing that could answer: the process ends, and whoever runs it starts it again.
  // What was answered as accepted is in the file.
  let closing = false;
  for (const thread of [writer, worker, keeper.thread]) {
    thread.on('exit', (code) => {
      if (closing) return;
      onTrouble(`a thread ended by itself with ${code}`);
      setImmediate(() => process.exit(70));
    });
  }
  const readings = await new Promise<string[]>((resolve, reject) => {
    worker.on('error', (error) => {
      onTrouble('the reader', traceOf(error));
      reject(error);
    });
    worker.on('exit', () => {
      for (const { reject: refuse } of waiting.values()) refuse(new UnavailableError('the reader ended'));
      waiting.clear();
    });
    worker.on('message', ({ id, value, error }: FromReader) => {
      if (id === 0) {
        resolve(value as string[]);
        return;
      }
      const waiter = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) waiter?.resolve(value);
      else waiter?.reject(new Error(error));
    });
  });
  const reader = readerOf(
    readings,
    (method, args) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        worker.postMessage({ id: lastId, method, args } satisfies ToReader);
      }),
  );
  return {
    log,
    reader,
    stuck: () => stuck,
    close: async () => {
      closing = true;
      await log.close();
      worker.postMessage({ id: -1, method: 'close', args: [] } satisfies ToReader);
      await worker.terminate();
      keeper.thread.postMessage('close');
      await new Promise((resolve) => keeper.thread.once('exit', resolve));
      file?.close();
    },
  };
};

const inline = async (
  options: WriterOptions,
  onTrouble: TellTrouble,
  onStanding: (stuck: Stuck | null) => void,
): Promise<Engines> => {
  // Only here: where threads do the work, the caller's needs neither the folds nor the rest of the pipeline in its memory.
  const [{ openWriter }, { openReadModel, readModelOf }, { openChores }, { openPatience }] = await Promise.all([
    import('./pipeline/writer.js'),
    import('./profiles/open.js'),
    import('./jobs/chores.js'),
    import('./store/patience.js'),
  ]);
  const writer = openWriter(options);
  const patience = openPatience(writer.store, onStanding);
  const own = options.path === ':memory:' ? null : openReadModel({ path: options.path });
  const model: Readings = own?.read ?? readModelOf(writer.store);
  const chores = openChores(writer, patience, (error) => onTrouble('what is due could not be done', traceOf(error)));
  let waiting = 0;
  const asked = async <Result>(work: () => Result): Promise<Result> => {
    waiting += 1;
    // A turn later, as with threads: nobody may rely on an answer at once.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      return work();
    } catch (error) {
      if (patience.failed(error, Date.now())) throw new UnavailableError(String(error));
      throw error;
    } finally {
      waiting -= 1;
    }
  };
  return {
    log: {
      append: (submission) =>
        asked(() => {
          const [settled] = writer.run([submission], Date.now());
          patience.passed();
          if (settled && 'answer' in settled) return settled.answer;
          throw settled?.failed;
        }),
      command: (command) =>
        asked(() => {
          const result = writer.command(command);
          chores.pump();
          return result;
        }),
      waiting: () => waiting,
      close: async () => {},
    },
    reader: readerOf(Object.keys(model), async (name, args) =>
      (model[name as keyof Readings] as (...args: readonly unknown[]) => unknown)(...args),
    ),
    stuck: patience.stuck,
    close: async () => {
      chores.stop();
      own?.close();
      writer.close();
    },
  };
};
