// Choices that follow an account, over HTTP: a page tells what its device has decided and for whom the shop's server vouches,
// and is told what holds for that person. Without the proof nobody learns whether there is such a person at all.

import { type Context, Hono } from 'hono';
import type { Config } from '../config.js';
import { accountCall } from '../contract/consent.js';
import { parseInstant } from '../contract/instant.js';
import { refuse } from '../errors.js';
import { gateIdentifier } from '../identity/identifier.js';
import { isProved } from '../identity/proof.js';
import { type EntranceOptions, entrance, originOf } from '../ingest/entrance.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import { inCall } from '../ingest/shape.js';
import type { Log } from '../log/log.js';

export interface AccountOptions extends EntranceOptions {
  config: Pick<Config, 'origins'> & Partial<Pick<Config, 'reservedEmail'>>;
  log: Log;
  now: () => number;
  /** What the shop's server signs with; null = it signs nothing, and nobody is believed. */
  identitySecret: string | null;
  placeOf: (c: Context) => { region: string | null; placedBy: 'cdn' | 'geoip' };
}

const path = '/v1/consent/account';

/** One word for all that is wrong with it, so that a wrong proof tells nothing of the user. */
const unproved = refuse('bad_key', {
  message: 'The proof does not prove this user.',
  hint: 'hex HMAC-SHA256 of the userId with WEFT_IDENTITY_SECRET, made by your server for whoever is logged in.',
});

export const account = (options: AccountOptions): Hono => {
  const { config, log, now, identitySecret, placeOf } = options;
  const app = new Hono();
  const page = entrance(options);
  app.post(path, async (c) => {
    c.header('Cache-Control', 'no-store');
    const received = await page.receive(c, 'account', accountCall, inCall);
    if (isRefusal(received)) return respondRefusal(c, received);
    const { userId: given, proof, act, deliberate, decisions, policy, region, sentAt } = received.call;
    const receivedAt = now();
    const user = gateIdentifier(given, { reservedEmail: config.reservedEmail ?? 'refuse' });
    if (identitySecret === null || !user.ok || !isProved(identitySecret, user.value, proof, receivedAt))
      return respondRefusal(c, unproved);
    const waits = page.busy();
    if (waits !== null) return respondRefusal(c, waits);
    const { status, body: answer } = await log.command({
      kind: 'account',
      userId: user.value,
      act,
      isDeliberate: deliberate === true,
      decisions,
      policy,
      ...(region == null ? placeOf(c) : { region, placedBy: 'page' as const }),
      receivedAt,
      sentAt: typeof sentAt === 'number' ? sentAt : parseInstant(sentAt),
      gpc: c.req.header('sec-gpc') === '1',
      origin: originOf(c),
    });
    return c.json(answer as object, status as 200);
  });
  page.preflight(app, [path]);
  return app;
};
