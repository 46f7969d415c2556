// Where an import's calls go: into the data folder itself, or to a collector by HTTP. Both take the way of a secret key, so
// both answer alike; an event may be as long as a request's body (docs/decisions/0563).

import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config.js';
import { limits } from '../contract/limits.js';
import { purposes } from '../contract/purposes.js';
import type { Target } from '../imports/run.js';
import type { Answer, KeyContext } from '../log/log.js';
import type { Writer } from '../pipeline/writer.js';
import { Failure } from './failure.js';

/** Whoever may write to the folder answers for the basis of what they import, as a secret key does. */
const ownKey: KeyContext = { id: 'weft import', trust: 'secret', mode: 'external', purposes, categories: {} };

/** A slice is one transaction: what several of its events change is written once (docs/decisions/0680). */
const directSliceMaxCalls = 40_000;
const directSliceMaxBytes = 32_000_000;
const directBatchMaxCalls = 2_000;
/** 120 MB: pages that one slice after the other changes go from the log of writes into the file once for all of them. */
const logMaxPages = 30_000;
/** A collector gets by with less, for its memory; the pages of a slice of an import do not fit there and are written twice. */
const fileCacheMaxKib = 64 * 1024;
/** Nothing is settled while rows still come; `due` does it once, at the end. */
const notYet = null;

export const directTarget = (
  writer: Pick<Writer, 'run' | 'store'>,
  folder: string,
  now: () => number = Date.now,
): Target => {
  writer.store.pragma(`wal_autocheckpoint = ${logMaxPages}`);
  writer.store.pragma(`cache_size = -${fileCacheMaxKib}`);
  return {
    name: `folder ${folder}`,
    sliceMaxCalls: directSliceMaxCalls,
    sliceMaxBytes: directSliceMaxBytes,
    batchMaxCalls: directBatchMaxCalls,
    callMaxBytes: limits.importEventMaxBytes,
    judged: true,
    send: async (batches) => {
      const receivedAt = now();
      const settled = writer.run(
        batches.map(({ text, rejected }) => ({
          text,
          type: null,
          receivedAt,
          key: ownKey,
          gpc: false,
          userAgent: null,
          country: null,
          origin: null,
          rejected,
        })),
        receivedAt,
        notYet,
      );
      return settled.map((one) => {
        if ('answer' in one) return one.answer;
        throw one.failed;
      });
    },
  };
};

const httpBatchMaxCalls = 1_000;
const tryForMs = 5 * 60_000;
const pauseMaxMs = 15_000;
const answerWithinMs = 60_000;

const errorOf = async (response: Response): Promise<{ code: string; message: string; hint: string } | null> => {
  try {
    return ((await response.json()) as { error?: { code: string; message: string; hint: string } }).error ?? null;
  } catch {
    return null;
  }
};

/** One request to a collector; what may pass is tried again, what will not is said with the next step. */
export const ask = async (
  { url, key }: { url: URL; key: string },
  path: string,
  { method = 'POST', body, signal }: { method?: 'GET' | 'POST'; body?: string; signal?: AbortSignal } = {},
): Promise<unknown> => {
  const address = new URL(`${url.pathname.replace(/\/$/, '')}${path}`, url);
  const until = performance.now() + tryForMs;
  for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, pauseMaxMs)) {
    let trouble: string;
    let toldMs = 0;
    try {
      const response = await fetch(address, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(answerWithinMs), ...(signal ? [signal] : [])]),
      });
      if (response.ok) return await response.json();
      const error = await errorOf(response);
      trouble =
        error === null ? `it answers ${response.status}` : `${error.message} (${response.status} ${error.code})`;
      if (response.status !== 429 && response.status < 500)
        throw new Failure(
          'refused',
          `${address.origin}: ${trouble}`,
          error?.hint ?? 'Check --url: is a Weft collector there?',
        );
      toldMs = Math.min(Number(response.headers.get('retry-after') ?? 0) * 1000 || 0, pauseMaxMs);
    } catch (error) {
      if (error instanceof Failure || signal?.aborted) throw error;
      const { cause } = error as { cause?: { code?: string } };
      trouble = `nothing answers (${cause?.code ?? (error as Error).name})`;
    }
    if (performance.now() > until)
      throw new Failure(
        'busy',
        `${address.origin}: ${trouble}.`,
        'See that the collector runs, then give the same command again: it goes on from where it stopped.',
      );
    await pause(Math.max(waitMs, toldMs), undefined, signal ? { signal } : {});
  }
};

export const httpTarget = (to: { url: URL; key: string }, signal: AbortSignal): Target => ({
  name: `collector ${to.url.href}`,
  // One request after the other, each answered by itself.
  sliceMaxCalls: httpBatchMaxCalls,
  sliceMaxBytes: limits.importEventMaxBytes,
  batchMaxCalls: httpBatchMaxCalls,
  callMaxBytes: limits.importEventMaxBytes,
  judged: false,
  send: async (batches) => {
    const answers: Answer[] = [];
    for (const { text } of batches) answers.push((await ask(to, '/v1/import', { body: text, signal })) as Answer);
    return answers;
  },
});

/** Where to, and by which key: an option, or what the environment says. */
export const remoteOf = (
  url: string,
  key: string | undefined,
  config: Pick<Config, 'secretKey'>,
): { url: URL; key: string } => {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new Failure(
      'usage',
      '--url is no address.',
      'Give the address of a collector, such as http://127.0.0.1:8787.',
    );
  const secret = key ?? config.secretKey;
  if (secret === null)
    throw new Failure(
      'usage',
      'Over HTTP a secret key is needed.',
      'Set WEFT_SECRET_KEY, or give --key; `weft keys create` makes one.',
    );
  return { url: new URL(url), key: secret };
};
