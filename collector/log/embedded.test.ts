import { describe, expect, it } from 'vitest';
import { traceOf } from '../trace.js';
import { type EmbeddedLog, embeddedLog, type FromWriter, type ToWriter, UnavailableError } from './embedded.js';
import type { Answer, Submission } from './log.js';

const submission = { text: '{}', type: 'track' } as Submission;
const answer = { accepted: 1 } as Answer;
const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A writer that does what the test says, and a disk that syncs when the test says. */
const stage = async () => {
  const sent: ToWriter[] = [];
  const syncs: { done: () => void; fail: (error: Error) => void }[] = [];
  const told: string[] = [];
  let synced = 0;
  let lost = 0;
  let deliver: (messages: FromWriter[]) => void = () => {};
  const opening = embeddedLog(
    {
      postMessage: (message) => sent.push(message),
      on: (event: string, take: unknown) => {
        if (event === 'message') deliver = take as typeof deliver;
      },
    },
    {
      sync: () => new Promise((done, fail) => syncs.push({ done, fail })),
      onTrouble: (what, trace) => told.push(JSON.stringify([what, trace])),
      onStanding: (stuck) => told.push(stuck === null ? 'taken again' : stuck.code),
      onSynced: () => {
        synced += 1;
      },
      onLost: () => {
        lost += 1;
      },
    },
  );
  deliver([{ id: 0, kind: 'ready' }]);
  const log: EmbeddedLog = await opening;
  const results: string[] = [];
  const append = (name: string): void => {
    log.append(submission).then(
      () => results.push(`${name} accepted`),
      (error) => results.push(`${name} ${error instanceof UnavailableError ? 'unavailable' : 'failed'}`),
    );
  };
  const commit = (...ids: number[]): void => deliver(ids.map((id) => ({ id, kind: 'answer', answer })));
  return { log, sent, syncs, told, results, append, commit, deliver, count: () => ({ synced, lost }) };
};

describe('an answer waits for the disk', () => {
  it('is given when what was committed is synced, and not before', async () => {
    const { append, commit, syncs, results, count } = await stage();
    append('a');
    append('b');
    commit(1, 2);
    await turns();
    expect(results).toEqual([]);
    expect(syncs).toHaveLength(1);
    syncs[0]!.done();
    await turns();
    expect(results).toEqual(['a accepted', 'b accepted']);
    expect(count()).toEqual({ synced: 1, lost: 0 });
  });

  it('of what is committed while another sync is under way waits for the next one: that one may have begun too early', async () => {
    const { append, commit, syncs, results } = await stage();
    append('a');
    append('b');
    append('c');
    commit(1);
    await turns();
    commit(2);
    commit(3);
    await turns();
    expect(syncs).toHaveLength(1);
    syncs[0]!.done();
    await turns();
    expect(results).toEqual(['a accepted']);
    // One sync for both that came meanwhile.
    expect(syncs).toHaveLength(2);
    syncs[1]!.done();
    await turns();
    expect(results).toEqual(['a accepted', 'b accepted', 'c accepted']);
    expect(syncs).toHaveLength(2);
  });

  it('counts as waiting until then: the door measures by it whether it is behind', async () => {
    const { log, append, commit, syncs } = await stage();
    append('a');
    commit(1);
    await turns();
    expect(log.waiting()).toBe(1);
    syncs[0]!.done();
    await turns();
    expect(log.waiting()).toBe(0);
  });

  it('a command’s result waits too, and a "not now" does not', async () => {
    const { log, append, deliver, syncs, results } = await stage();
    append('a');
    const result = log.command({ kind: 'retention', at: 1 }).then(() => results.push('command done'));
    deliver([
      { id: 1, kind: 'unavailable', reason: 'SQLITE_FULL' },
      { id: 2, kind: 'result', result: { status: 200, body: {} } },
    ]);
    await turns();
    expect(results).toEqual(['a unavailable']);
    syncs[0]!.done();
    await result;
    expect(results).toEqual(['a unavailable', 'command done']);
  });

  it('where the disk does not take it, nobody is told that it was kept, then or later', async () => {
    const { append, commit, syncs, results, told, count } = await stage();
    append('a');
    append('b');
    commit(1);
    await turns();
    syncs[0]!.fail(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await turns();
    commit(2);
    append('c');
    await turns();
    expect(results).toEqual(['a unavailable', 'b unavailable', 'c unavailable']);
    expect(told.join()).toContain('EIO');
    expect(count()).toEqual({ synced: 0, lost: 1 });
    expect(syncs).toHaveLength(1);
  });

  it('what fails while nobody waits is told by name and place, never by what it says', async () => {
    const { deliver, told } = await stage();
    const quoting = new SyntaxError('Unexpected token: "jane@secret.example" is not valid JSON');
    deliver([{ id: -1, kind: 'trouble', trace: traceOf(quoting) }]);
    expect(told[0]).toMatch(/"SyntaxError".*embedded\.test\.ts/);
    expect(told[0]).not.toContain('jane');
  });

  it('closing waits for the last of them', async () => {
    const { log, append, commit, deliver, syncs, results } = await stage();
    append('a');
    commit(1);
    const closing = log.close().then(() => results.push('closed'));
    deliver([{ id: 2, kind: 'closed' }]);
    await turns();
    expect(results).toEqual([]);
    syncs[0]!.done();
    await closing;
    expect(results).toEqual(['a accepted', 'closed']);
  });
});
