// Answers that are handed to another host of the site, over HTTP: the page with the link has a word signed, the page it leads
// to has it looked at. Neither names anybody; what is refused is refused in one word.

import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { transferAcceptCall, transferCall } from '../contract/consent.js';
import { parseInstant } from '../contract/instant.js';
import { refuse } from '../errors.js';
import { type EntranceOptions, entrance, originOf } from '../ingest/entrance.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import type { Log, TransferAsked } from '../log/log.js';

export interface TransferOptions extends EntranceOptions {
  log: Log;
  now: () => number;
}

const path = '/v1/consent/transfer';
const waitingMaxEvents = 20_000;

type Around = 'receivedAt' | 'gpc' | 'origin';
type What = TransferAsked extends infer One ? (One extends unknown ? Omit<One, Around> : never) : never;

export const transfer = ({ log, now, ...options }: TransferOptions): Hono => {
  const app = new Hono();
  const page = entrance(options);
  const route = <Shape extends z.ZodType>(at: string, shape: Shape, what: (call: z.output<Shape>) => What): void => {
    app.post(at, async (c: Context) => {
      page.allowPage(c);
      c.header('Cache-Control', 'no-store');
      const entered = await page.enter(c, 'transfer');
      if (isRefusal(entered)) return respondRefusal(c, entered);
      entered.charge(1);
      const call = shape.safeParse(entered.opened.body);
      if (!call.success) {
        const issue = call.error.issues[0]!;
        const message = `The call at ${issue.path.join('.') || 'its top'}: ${issue.message}.`;
        return respondRefusal(c, refuse('bad_request', { message }));
      }
      if (log.waiting() > waitingMaxEvents) return respondRefusal(c, refuse('unavailable', { retryAfterS: 1 }));
      const around = { receivedAt: now(), gpc: c.req.header('sec-gpc') === '1', origin: originOf(c) };
      const asked = { ...what(call.data), ...around } as TransferAsked;
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
