// Tells recipients of erasures: claims what is due, posts it, reports how it went. Everything that must survive this process
// stands in the store; a notice whose sender dies is due again when its lease ends.

import type { Log } from '../log/log.js';
import { type Posted, type PostOptions, post } from './post.js';

export interface NoticeOptions {
  log: Pick<Log, 'command'>;
  reach: PostOptions['reach'];
  /** Where recipients reach this collector; null = they cannot, and a 2xx is their word. */
  publicUrl: string | null;
  now?: () => number;
  timeoutMs?: number;
}

interface Outgoing {
  id: string;
  url: string;
  body: string;
  headers: Readonly<Record<string, string>>;
}

const atOnce = 8;
const answerMaxBytes = 16_384;
const timeoutMsDefault = 10_000;

/** What the answer means. Of its words only the one of OpenDSR counts, and none is kept. */
const outcomeOf = ({ status, body }: Posted, awaits: boolean) => {
  if (status < 200 || status > 299) return { kind: 'failed', trouble: `status_${status}` } as const;
  let said: unknown = null;
  try {
    said = (JSON.parse(body) as { request_status?: unknown } | null)?.request_status ?? null;
  } catch {
    // No JSON: the status is all it says.
  }
  // Who cannot call back has said all there is to say; who names no status is believed, too.
  const isOpen = awaits && (said === 'pending' || said === 'in_progress' || said === 'received');
  return { kind: 'taken', done: !isOpen } as const;
};

const troubleOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Za-z_]{1,40}$/.test(code) ? code.toLowerCase() : 'failed';
};

/** One round; how many were sent. */
export const sendNotices = async ({
  log,
  reach,
  publicUrl,
  now = Date.now,
  timeoutMs = timeoutMsDefault,
}: NoticeOptions): Promise<number> => {
  const callback = publicUrl === null ? null : `${publicUrl.replace(/\/$/, '')}/v1/privacy/acknowledgements/`;
  const claimed = await log.command({ kind: 'notices', act: 'claim', at: now(), limit: atOnce, callback });
  const { notices } = claimed.body as { notices: Outgoing[] };
  await Promise.all(
    notices.map(async ({ id, url, body, headers }) => {
      const outcome = await post(url, body, headers, { reach, timeoutMs, answerMaxBytes }).then(
        (posted) => outcomeOf(posted, callback !== null),
        (error: unknown) => ({ kind: 'failed', trouble: troubleOf(error) }) as const,
      );
      await log.command({ kind: 'notices', act: 'report', id, outcome, at: now() });
    }),
  );
  return notices.length;
};
