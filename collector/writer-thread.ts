// Entry of the writer's thread. Whatever requests wait become the next transaction: no timer, no linger.

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openChores } from './jobs/chores.js';
import type { FromWriter, ToWriter } from './log/embedded.js';
import { openWriter, type WriterOptions } from './pipeline/writer.js';
import { openPatience } from './store/patience.js';
import { traceOf } from './trace.js';

/** Of one transaction: more waits for the next one. */
const groupMaxEvents = 2_000;

const port = parentPort as MessagePort;
const writer = openWriter(workerData as WriterOptions);
const tell = (messages: FromWriter[]): void => port.postMessage(messages);
const patience = openPatience(writer.store, (stuck) => tell([{ id: -1, kind: 'standing', stuck }]));

const commit = (group: Extract<ToWriter, { kind: 'append' }>[]): void => {
  if (group.length === 0) return;
  try {
    const settled = writer.run(
      group.map((message) => message.submission),
      Date.now(),
    );
    patience.passed();
    tell(
      settled.map((outcome, index): FromWriter => {
        const { id } = group[index]!;
        return 'answer' in outcome
          ? { id, kind: 'answer', answer: outcome.answer }
          : { id, kind: 'failed', reason: describe(outcome.failed) };
      }),
    );
  } catch (error) {
    const kind = patience.failed(error, Date.now()) ? 'unavailable' : 'failed';
    tell(group.map(({ id }) => ({ id, kind, reason: describe(error) })));
  }
};

/** For the error that whoever asked is given. Its message may quote what was sent: of it only the trace is logged. */
const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

const handle = (message: ToWriter): void => {
  if (message.kind === 'command') {
    try {
      tell([{ id: message.id, kind: 'result', result: writer.command(message.command) }]);
      chores.pump();
    } catch (error) {
      const kind = patience.failed(error, Date.now()) ? 'unavailable' : 'failed';
      tell([{ id: message.id, kind, reason: describe(error) }]);
    }
  }
};

port.on('message', (first: ToWriter) => {
  let group: Extract<ToWriter, { kind: 'append' }>[] = [];
  let events = 0;
  let next: ToWriter | undefined = first;
  while (next) {
    if (next.kind === 'append') {
      group.push(next);
      events += next.events;
      if (events >= groupMaxEvents) {
        commit(group);
        group = [];
        events = 0;
      }
    } else {
      // In order: a command sees all that was sent before it.
      commit(group);
      group = [];
      events = 0;
      if (next.kind === 'checkpoint') writer.checkpoint();
      else if (next.kind === 'close') {
        chores.stop();
        writer.close();
        tell([{ id: next.id, kind: 'closed' }]);
        port.close();
        return;
      } else handle(next);
    }
    next = receiveMessageOnPort(port)?.message as ToWriter | undefined;
  }
  commit(group);
});

const chores = openChores(writer, patience, (error) => tell([{ id: -1, kind: 'trouble', trace: traceOf(error) }]));
tell([{ id: 0, kind: 'ready' }]);
