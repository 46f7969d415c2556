// The embedded log: the other side is the writer's thread, "durable" its group commit. Knows messages, not what is in them.

import type { Answer, Command, CommandResult, Log, Submission } from './log.js';

export type ToWriter =
  | { id: number; kind: 'append'; submission: Submission; events: number }
  | { id: number; kind: 'command'; command: Command }
  | { id: number; kind: 'close' };

export type FromWriter =
  | { id: number; kind: 'ready' }
  | { id: number; kind: 'closed' }
  | { id: number; kind: 'answer'; answer: Answer }
  | { id: number; kind: 'result'; result: CommandResult }
  | { id: number; kind: 'unavailable' | 'failed'; reason: string };

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

export const embeddedLog = async (port: WriterPort, onTrouble: (reason: string) => void): Promise<Log> => {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let events = 0;
  let gone: Error | null = null;

  const fail = (error: Error): void => {
    gone ??= error;
    for (const { reject } of waiting.values()) reject(new UnavailableError(error.message));
    waiting.clear();
    events = 0;
  };
  const ask = <Kind extends FromWriter['kind']>(
    message: (id: number) => ToWriter,
    kind: Kind,
    weight = 0,
  ): Promise<Extract<FromWriter, { kind: Kind }>> =>
    new Promise((resolve, reject) => {
      if (gone) {
        reject(new UnavailableError(gone.message));
        return;
      }
      lastId += 1;
      events += weight;
      waiting.set(lastId, {
        events: weight,
        reject,
        resolve: (answer) => {
          if (answer.kind === kind) resolve(answer as Extract<FromWriter, { kind: Kind }>);
          else if (answer.kind === 'unavailable') reject(new UnavailableError(answer.reason));
          else reject(new Error('reason' in answer ? answer.reason : `unexpected ${answer.kind}`));
        },
      });
      port.postMessage(message(lastId));
    });

  await new Promise<void>((resolve, reject) => {
    port.on('error', (error) => {
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
        const waiter = waiting.get(message.id);
        if (!waiter) {
          if ('reason' in message) onTrouble(message.reason);
          continue;
        }
        waiting.delete(message.id);
        events -= waiter.events;
        waiter.resolve(message);
      }
    });
  });

  return {
    append: async (submission) => {
      const weight = countEvents(submission);
      return (await ask((id) => ({ id, kind: 'append', submission, events: weight }), 'answer', weight)).answer;
    },
    command: async (command) => (await ask((id) => ({ id, kind: 'command', command }), 'result')).result,
    waiting: () => events,
    close: async () => {
      if (gone) return;
      await ask((id) => ({ id, kind: 'close' }), 'closed');
      gone = new Error('closed');
    },
  };
};
