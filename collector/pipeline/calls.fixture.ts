// For tests: a whole writer and its read model in memory, spoken to as the door does, in minutes and short names.

import { iso } from '../contract/instant.js';
import { purposes } from '../contract/purposes.js';
import type { Answer, KeyContext } from '../log/log.js';
import { readModelOf } from '../profiles/open.js';
import type { IdentifierQuery } from '../profiles/reading.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules, type SiteRules } from './accept.js';
import { dumpLines } from './rebuild.js';
import { settle, submissionOf } from './sent.fixture.js';
import type { HouseRules } from './working-set.js';
import { openWriter } from './writer.js';

export const minuteMs = 60_000;
export const startAt = Date.UTC(2026, 10, 2, 9, 0);

export const publicKey: KeyContext = { id: 'wk', trust: 'public', mode: 'external', purposes, categories: {} };
export const secretKey: KeyContext = { id: 'sk', trust: 'secret', mode: 'external', purposes, categories: {} };

export type Call = Record<string, unknown>;
let minted = 0;
/** `page('A1', 3)`: a page view on device A1 three minutes after the start. */
export const call = (type: string, anonymousId: string | null, minute: number, more: Call = {}): Call => {
  minted += 1;
  return {
    type,
    messageId: `c-${String(minted).padStart(6, '0')}`,
    ...(anonymousId === null ? {} : { anonymousId }),
    timestamp: iso(startAt + minute * minuteMs),
    ...(type === 'page' ? { properties: { url: 'https://shop.test/', path: '/' } } : {}),
    ...more,
  };
};
export const page = (device: string, minute: number, more: Call = {}): Call => call('page', device, minute, more);
export const identify = (device: string | null, user: string, minute: number, more: Call = {}): Call =>
  call('identify', device, minute, { userId: user, ...more });
export const track = (
  device: string | null,
  event: string,
  minute: number,
  properties: Call = {},
  more: Call = {},
): Call => call('track', device, minute, { event, properties, ...more });

export interface Sent {
  key?: KeyContext;
  minute?: number;
  sentMinute?: number | null;
  gpc?: boolean;
  consent?: unknown;
  origin?: string | null;
  /** Beside the batch. */
  more?: Call;
}

export const openShop = (
  site: Partial<SiteRules> = {},
  bots: 'apart' | 'keep' = 'apart',
  rules: Partial<HouseRules> = {},
) => {
  const writer = openWriter({
    path: ':memory:',
    rules: { sessions: sessionRules, emailMerge: 'transactional', ...rules, bots },
    site: { ...defaultSiteRules, ...site },
    consentFile: null,
  });
  const read = readModelOf(writer.store);
  let now = startAt;
  const asked = () => ({ purposes, now });
  const list = () => ({ ...asked(), limit: 500, cursor: null });
  return {
    writer,
    read,
    /** Sends at a minute after the start (by default that of the last call) and answers as the door would. */
    send: (calls: readonly Call[], sent: Sent = {}): Answer => {
      const last = Math.max(...calls.map((it) => Date.parse(String(it.timestamp ?? iso(now))) || now));
      now = sent.minute === undefined ? Math.max(now, last) : startAt + sent.minute * minuteMs;
      const body = {
        batch: calls,
        ...sent.more,
        ...(sent.sentMinute == null ? {} : { sentAt: iso(startAt + sent.sentMinute * minuteMs) }),
        ...(sent.consent === undefined ? {} : { consent: sent.consent }),
      };
      const { key = publicKey, gpc = false, origin = 'https://shop.test' } = sent;
      return settle(writer, submissionOf(body, now, { key, gpc, origin }));
    },
    /** Moves the clock: deadlines fall due. */
    wait: (minute: number): void => {
      now = startAt + minute * minuteMs;
      writer.due(now);
    },
    by: (query: IdentifierQuery) => read.profilesBy(query, asked()),
    one: (query: IdentifierQuery) => {
      const found = read.profilesBy(query, asked());
      if (found.length !== 1) throw new Error(`${found.length} profiles for ${JSON.stringify(query)}`);
      return found[0]!;
    },
    events: (id: string) => read.events(id, list())!.items,
    sessions: (id: string) => read.sessions(id, list())!.items,
    carts: (id: string) => read.carts(id, list())!.items,
    orders: (id: string) => read.orders(id, list())!.items,
    merges: (id: string) => read.merges(id, list())!.items,
    undo: (mergeId: string) => writer.command({ kind: 'undo', mergeId, by: 'test', at: now }),
    rebuild: () => writer.command({ kind: 'rebuild', at: now, check: true }).body as { equal: boolean; events: number },
    profiles: () => writer.store.prepare<{ n: number }>('SELECT count(*) AS n FROM profiles').get()!.n,
    warnings: () =>
      writer.store
        .prepare<{ code: string; count: number }>('SELECT code, sum(count) AS count FROM warnings GROUP BY code')
        .all(),
    lines: () => dumpLines(writer.pipeline.set),
  };
};
