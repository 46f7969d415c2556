// The embedded log: the other side is the writer's thread, "durable" its group commit and the sync after it. The writer goes
// on while its last commit is synced. Knows messages, not what is in them.

import type { Stuck } from '../store/patience.js';
import { type TellTrouble, type Trace, traceOf } from '../trace.js';
import type { Answer, Command, CommandResult, Log, Submission } from './log.js';

export type ToWriter =
  | { id: number; kind: 'append'; submission: Submission; events: number }
  | { id: number; kind: 'command'; command: Command }
  /** The log of writes is long and almost moved: move the rest, so that it begins anew. */
  | { id: number; kind: 'checkpoint' }
  | { id: number; kind: 'close' };

export type FromWriter =
  | { id: number; kind: 'ready' }
  | { id: number; kind: 'closed' }
  | { id: number; kind: 'answer'; answer: Answer }
  | { id: number; kind: 'result'; result: CommandResult }
  | { id: number; kind: 'unavailable' | 'failed'; reason: string }
  /** Of work that nobody waits for. */
  | { id: number; kind: 'trouble'; trace: Trace }
  /** Of the store, whenever it changes: it takes nothing, or again. */
  | { id: number; kind: 'standing'; stuck: Stuck | null };

/** The store cannot take it now: 503, the sender keeps its events. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly code = 'unavailable';
}

/** Of a worker thread, what the log needs. */
export interface WriterPort {
  postMessage: (message: ToWriter) => void;
  on: ((event: 'message', take: (messages: FromWriter[]) => void) => unknown) &
    ((event: 'error', take: (error: Error) => void) => unknown) &
    ((event: 'exit', take: (code: number) => void) => unknown);
}

interface Waiting {
  resolve: (message: FromWriter) => void;
  reject: (error: Error) => void;
  events: number;
}

/** About how many events a body holds, without parsing it again. */
const countEvents = ({ text, type }: Submission): number => (type === null ? 1 + Math.floor(text.length / 700) : 1);

export interface EmbeddedLog extends Log {
  /** Has the writer move the rest of its log of writes. */
  checkpoint: () => void;
}

export interface EmbeddedLogOptions {
  /** Resolves when what was committed before the call is on the disk; nothing is answered as accepted before. */
  sync: () => Promise<void>;
  onTrouble: TellTrouble;
  onStanding: (stuck: Stuck | null) => void;
  /** After each sync: whoever moves the log may have something to do. */
  onSynced: () => void;
  /** A sync failed: what the store holds and what the disk holds may differ, so nothing more is answered. */
  onLost: () => void;
}

export const embeddedLog = async (port: WriterPort, options: EmbeddedLogOptions): Promise<EmbeddedLog> => {
  const { sync, onTrouble } = options;
  const waiting = new Map<number, Waiting>();
  /** Committed and not yet synced. */
  let committed: FromWriter[] = [];
  let syncing: Promise<void> | null = null;
  let lastId = 0;
  let events = 0;
  let gone: Error | null = null;

  const fail = (error: Error): void => {
    gone ??= error;
    for (const { reject } of waiting.values()) reject(new UnavailableError(error.message));
    waiting.clear();
    events = 0;
  };
  const settle = (message: FromWriter): void => {
    const waiter = waiting.get(message.id);
    // Who waited may have been told by then that the writer is gone.
    if (!waiter) return;
    waiting.delete(message.id);
    events -= waiter.events;
    waiter.resolve(message);
  };
  const syncCommitted = async (): Promise<void> => {
    while (committed.length > 0 && !gone) {
      const group = committed;
      committed = [];
      try {
        await sync();
      } catch (error) {
        // What the disk did not take it may never take, whatever a second try says: nobody is told that it was kept.
        fail(error instanceof Error ? error : new Error(String(error)));
        onTrouble('the store cannot be synced', traceOf(error));
        options.onLost();
        return;
      }
      for (const message of group) settle(message);
      options.onSynced();
    }
    syncing = null;
  };
  /** What waits holds nothing of the message: that is copied to the writer, and need not live here until the answer. */
  const answerOf = <Kind extends FromWriter['kind']>(
    id: number,
    kind: Kind,
    weight: number,
  ): Promise<Extract<FromWriter, { kind: Kind }>> =>
    new Promise((resolve, reject) => {
      waiting.set(id, {
        events: weight,
        reject,
        resolve: (answer) => {
          if (answer.kind === kind) resolve(answer as Extract<FromWriter, { kind: Kind }>);
          else if (answer.kind === 'unavailable') reject(new UnavailableError(answer.reason));
          else reject(new Error('reason' in answer ? answer.reason : `unexpected ${answer.kind}`));
        },
      });
    });
  const ask = <Kind extends FromWriter['kind']>(
    message: (id: number) => ToWriter,
    kind: Kind,
    weight = 0,
  ): Promise<Extract<FromWriter, { kind: Kind }>> => {
    if (gone) return Promise.reject(new UnavailableError(gone.message));
    lastId += 1;
    port.postMessage(message(lastId));
    events += weight;
    return answerOf(lastId, kind, weight);
  };

  await new Promise<void>((resolve, reject) => {
    port.on('error', (error) => {
      onTrouble('the writer', traceOf(error));
      fail(error);
      reject(error);
    });
    port.on('exit', (code) => {
      const error = new Error(`the writer ended with ${code}`);
      fail(error);
      reject(error);
    });
    port.on('message', (messages) => {
      for (const message of messages) {
        if (message.kind === 'ready') {
          resolve();
          continue;
        }
        if (message.kind === 'standing') {
          options.onStanding(message.stuck);
          continue;
        }
        if (message.kind === 'trouble') {
          onTrouble('what is due could not be done', message.trace);
          continue;
        }
        if (message.kind === 'answer' || message.kind === 'result') committed.push(message);
        else settle(message);
      }
      if (committed.length > 0) syncing ??= syncCommitted();
    });
  });

  return {
    append: (submission) => {
      const weight = countEvents(submission);
      return ask((id) => ({ id, kind: 'append', submission, events: weight }), 'answer', weight).then(
        ({ answer }) => answer,
      );
    },
    command: async (command) => (await ask((id) => ({ id, kind: 'command', command }), 'result')).result,
    waiting: () => events,
    checkpoint: () => {
      if (!gone) port.postMessage({ id: 0, kind: 'checkpoint' });
    },
    close: async () => {
      if (gone) return;
      await ask((id) => ({ id, kind: 'close' }), 'closed');
      await syncing;
      gone = new Error('closed');
    },
  };
};
