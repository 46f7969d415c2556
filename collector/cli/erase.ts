// `weft erase`: a person's right, carried out in the folder itself or asked of a running collector.

import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { readConfig } from '../config.js';
import { mustHaveData, placeOf, writerOf } from './data.js';
import { type Ending, Failure } from './failure.js';
import { type PersonAsked, personOf } from './person.js';
import type { Out } from './say.js';
import { ask, remoteOf } from './target.js';

export interface EraseAsked extends PersonAsked {
  url?: string;
  key?: string;
  json?: boolean;
}

const status = z.object({
  id: z.string(),
  state: z.string(),
  counts: z.record(z.string(), z.number()).nullish(),
});
type Status = z.output<typeof status>;

const watchForMs = 120_000;

const remotely = async (url: string, asked: EraseAsked, subject: object): Promise<Status> => {
  if ('phone' in subject)
    throw new Failure(
      'usage',
      'Over HTTP nobody is found by phone.',
      'Name the person by --user, --email or --profile, or run it on the folder.',
    );
  const to = remoteOf(url, asked.key, readConfig());
  let now = status.parse(await ask(to, '/v1/privacy/erasures', { body: JSON.stringify(subject) }));
  const until = performance.now() + watchForMs;
  for (let waitMs = 50; now.state !== 'done' && performance.now() < until; waitMs = Math.min(waitMs * 2, 2_000)) {
    await pause(waitMs);
    now = status.parse(await ask(to, `/v1/privacy/erasures/${now.id}`, { method: 'GET' }));
  }
  return status.parse(await ask(to, `/v1/privacy/erasures/${now.id}`, { method: 'GET' }));
};

const here = (subject: Parameters<ReturnType<typeof writerOf>['command']>[0] & { kind: 'erase' }): Status => {
  const place = placeOf();
  mustHaveData(place);
  const writer = writerOf(place, 'weft erase', 'ask the collector with --url … --key …');
  try {
    const { id } = status.parse(writer.command(subject).body);
    writer.due(Date.now());
    return status.parse(writer.command({ kind: 'erasure', id }).body);
  } finally {
    writer.close();
  }
};

export const erase = async (asked: EraseAsked, out: Out): Promise<Ending> => {
  const subject = personOf(asked);
  if (subject === null)
    throw new Failure(
      'usage',
      'Nobody was named.',
      'Say whom: weft erase --user 42, --email, --anonymous, --phone or --profile.',
    );
  const { id, state, counts } =
    asked.url === undefined
      ? here({ kind: 'erase', subject, by: 'weft erase', at: Date.now() })
      : await remotely(asked.url, asked, subject);
  if (asked.json) out.tell(JSON.stringify({ id, state, counts: counts ?? null }));
  else {
    const gone = Object.entries(counts ?? {}).map(([what, n]) => `${what}: ${n}`);
    out.tell(`${id}: ${state}${gone.length === 0 ? '' : ` (${gone.join(', ')})`}`);
    if (state !== 'done') out.note('It goes on by itself; ask again with GET /v1/privacy/erasures/:id.');
  }
  return state === 'done' ? 'done' : 'busy';
};
