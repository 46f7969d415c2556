// Answers that are handed to another host of the site, over HTTP: the page with the link has a word signed, the page it leads
// to has it looked at. Neither names anybody; what is refused is refused in one word.

import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { transferAcceptCall, transferCall } from '../contract/consent.js';
import { parseInstant } from '../contract/instant.js';
import { type EntranceOptions, entrance, originOf } from '../ingest/entrance.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import { inCall } from '../ingest/shape.js';
import type { Log, TransferAsked } from '../log/log.js';

export interface TransferOptions extends EntranceOptions {
  log: Log;
  now: () => number;
}

const path = '/v1/consent/transfer';

type Around = 'receivedAt' | 'gpc' | 'origin';
type What = TransferAsked extends infer One ? (One extends unknown ? Omit<One, Around> : never) : never;

export const transfer = (options: TransferOptions): Hono => {
  const { log, now } = options;
  const app = new Hono();
  const page = entrance(options);
  const route = <Shape extends z.ZodType>(at: string, shape: Shape, what: (call: z.output<Shape>) => What): void => {
    app.post(at, async (c: Context) => {
      c.header('Cache-Control', 'no-store');
      const received = await page.receive(c, 'transfer', shape, inCall);
      if (isRefusal(received)) return respondRefusal(c, received);
      const waits = page.busy();
      if (waits !== null) return respondRefusal(c, waits);
      const around = { receivedAt: now(), gpc: c.req.header('sec-gpc') === '1', origin: originOf(c) };
      const asked = { ...what(received.call), ...around } as TransferAsked;
      const { status, body } = await log.command({ kind: 'transfer', ...asked });
      return c.json(body as object, status as 200);
    });
  };
  route(path, transferCall, ({ to, receipt = null, decisions, policy, sentAt }) => ({
    act: 'sign',
    to,
    receipt,
    decisions,
    policy,
    sentAt: typeof sentAt === 'number' ? sentAt : parseInstant(sentAt),
  }));
  route(`${path}/accept`, transferAcceptCall, ({ token, from = null }) => ({ act: 'accept', token, cameFrom: from }));
  page.preflight(app, [path, `${path}/accept`]);
  return app;
};
