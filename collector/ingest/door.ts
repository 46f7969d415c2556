// The door: limits → decode → authenticate → origin → rate → parse → append → answer. The one screen on which the way of
// a request can be read; each station is a file of its own. What is refused for privacy is refused behind the log, where
// the ledger is; the door knows shapes, keys and sizes. It never logs a body, an address or an id.

import { type Context, Hono } from 'hono';
import type { Config } from '../config.js';
import { consentCall } from '../contract/consent.js';
import type { CallType } from '../contract/event.js';
import { limits } from '../contract/limits.js';
import { isUnavailable, type Refusal, refuse } from '../errors.js';
import type { Answer, Log, Submission } from '../log/log.js';
import { comeAgain, type Entered, type EntranceOptions, entrance, originOf } from './entrance.js';
import { type Judged, judgeBatch, judgeCall, open } from './parse.js';
import { type Limiter, limiter } from './rate.js';
import { isRefusal, respondRefusal } from './respond.js';

export interface DoorOptions extends Omit<EntranceOptions, 'rate'> {
  config: Pick<Config, 'origins' | 'ratePerS'>;
  log: Log;
  /** Country of a request; null where nothing tells. */
  countryOf: (c: Context) => string | null;
  /** Its subdivision, and by what both are known. */
  placeOf?: (c: Context) => { region: string | null; placedBy: 'cdn' | 'geoip' };
  now?: () => number;
  /** Counts verdicts by code. */
  onAnswer?: (answer: Answer) => void;
  rate?: Limiter;
}

/** Segment's routes, long and short, and what each takes; null = a batch. */
export const routes: Readonly<Record<string, CallType | null>> = {
  '/v1/batch': null,
  '/v1/import': null,
  '/v1/b': null,
  '/v1/track': 'track',
  '/v1/t': 'track',
  '/v1/page': 'page',
  '/v1/p': 'page',
  '/v1/screen': 'screen',
  '/v1/s': 'screen',
  '/v1/identify': 'identify',
  '/v1/i': 'identify',
  '/v1/alias': 'alias',
  '/v1/a': 'alias',
  '/v1/group': 'group',
  '/v1/g': 'group',
};

/** By a secret key it takes longer events (docs/decisions/0563). */
const importPath = '/v1/import';

export const door = (options: DoorOptions): Hono => {
  const { config, log, countryOf } = options;
  const now = options.now ?? Date.now;
  const { enter, receive, busy, preflight } = entrance({ ...options, rate: options.rate ?? limiter(config.ratePerS) });

  const submissionOf = (c: Context, { opened, key }: Entered, type: CallType | null, judged: Judged): Submission => ({
    text: opened.text,
    type,
    receivedAt: now(),
    key: key.context,
    gpc: c.req.header('sec-gpc') === '1',
    userAgent: key.kind === 'write' ? (c.req.header('user-agent') ?? null) : null,
    country: countryOf(c),
    ...options.placeOf?.(c),
    origin: originOf(c),
    rejected: judged.rejected,
  });

  /** What was read of the request ends with this: only its text waits for the writer. */
  const prepared = async (c: Context, type: CallType | null, longest: number): Promise<Submission | Refusal> => {
    const entered = await enter(c, null, open);
    if (isRefusal(entered)) return entered;
    const judged =
      type === null
        ? judgeBatch(entered.opened, entered.key.kind === 'secret' ? longest : limits.eventMaxBytes)
        : judgeCall(entered.opened, type);
    if (isRefusal(judged)) return judged;
    entered.charge(Math.max(1, judged.count));
    return busy() ?? submissionOf(c, entered, type, judged);
  };
  const take = async (c: Context, type: CallType | null, longest: number): Promise<Answer | Refusal> => {
    const submission = await prepared(c, type, longest);
    if (isRefusal(submission)) return submission;
    // Not awaited here: a function that waits keeps what it holds, and each collection would copy it (decision 0600).
    return log.append(submission).catch((error: unknown) => {
      if (isUnavailable(error)) return comeAgain;
      throw error;
    });
  };

  const app = new Hono();
  for (const [path, type] of Object.entries(routes)) {
    app.post(path, async (c) => {
      const answer = await take(c, type, path === importPath ? limits.importEventMaxBytes : limits.eventMaxBytes);
      if (isRefusal(answer)) return respondRefusal(c, answer);
      options.onAnswer?.(answer);
      const { redactions: _, discarded: __, ...told } = answer;
      return c.json(told);
    });
  }

  // A bucket of its own: a withdrawal must not wait behind the events it is about.
  app.post('/v1/consent', async (c) => {
    const received = await receive(c, 'consent', consentCall, { at: (path) => `The consent row at ${path}` });
    if (isRefusal(received)) return respondRefusal(c, received);
    const waits = busy();
    if (waits !== null) return respondRefusal(c, waits);
    const { writeKey: _, ...row } = received.call;
    const { status, body } = await log.command({
      kind: 'consent',
      row,
      receivedAt: now(),
      key: received.key.context,
      gpc: c.req.header('sec-gpc') === '1',
      origin: originOf(c),
      country: countryOf(c),
      ...options.placeOf?.(c),
    });
    if (status === 409) return respondRefusal(c, refuse('receipt_conflict'));
    return c.json(body as object, status as 200);
  });

  preflight(app, [...Object.keys(routes), '/v1/consent']);
  return app;
};
