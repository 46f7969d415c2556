// Choices that follow an account, over HTTP: a page tells what its device has decided and for whom the shop's server vouches,
// and is told what holds for that person. Without the proof nobody learns whether there is such a person at all.

import { type Context, Hono } from 'hono';
import type { Config } from '../config.js';
import { accountCall } from '../contract/consent.js';
import { parseInstant } from '../contract/instant.js';
import { refuse } from '../errors.js';
import { gateIdentifier } from '../identity/identifier.js';
import { isProved } from '../identity/proof.js';
import { authenticateBody } from '../ingest/authenticate.js';
import type { Crowd } from '../ingest/crowd.js';
import { decode } from '../ingest/decode.js';
import { readBody } from '../ingest/limits.js';
import { corsHeaders, originAllowed, preflightHeaders } from '../ingest/origin.js';
import { openCall } from '../ingest/parse.js';
import type { Limiter } from '../ingest/rate.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import type { Log } from '../log/log.js';
import type { KeyRing } from '../site/ring.js';

export interface AccountOptions {
  config: Pick<Config, 'origins'> & Partial<Pick<Config, 'reservedEmail'>>;
  ring: Pick<KeyRing, 'write' | 'refresh' | 'secret'>;
  log: Log;
  rate: Limiter;
  crowd: Crowd;
  now: () => number;
  /** What the shop's server signs with; null = it signs nothing, and nobody is believed. */
  identitySecret: string | null;
  placeOf: (c: Context) => { region: string | null; placedBy: 'cdn' | 'geoip' };
}

const path = '/v1/consent/account';
const waitingMaxEvents = 20_000;

/** One word for all that is wrong with it, so that a wrong proof tells nothing of the user. */
const unproved = refuse('bad_key', {
  message: 'The proof does not prove this user.',
  hint: 'hex HMAC-SHA256 of the userId with WEFT_IDENTITY_SECRET, made by your server for whoever is logged in.',
});

export const account = ({ config, ring, log, rate, crowd, now, identitySecret, placeOf }: AccountOptions): Hono => {
  const app = new Hono();
  app.post(path, async (c) => {
    const origin = c.req.header('origin') ?? null;
    const host = c.req.header('host') ?? new URL(c.req.url).host;
    for (const [name, value] of Object.entries(corsHeaders(config.origins, origin, host))) c.header(name, value);
    c.header('Cache-Control', 'no-store');
    const body = await readBody(c.req.raw);
    if (isRefusal(body)) return respondRefusal(c, body);
    const text = await decode(body);
    if (isRefusal(text)) return respondRefusal(c, text);
    const opened = openCall(text);
    if (isRefusal(opened)) return respondRefusal(c, opened);
    const key = await authenticateBody(ring, opened.body.writeKey);
    if (isRefusal(key)) return respondRefusal(c, key);
    if (!originAllowed(config.origins, origin, host)) return respondRefusal(c, refuse('origin'));
    const bucket = `account:${key.context.id}`;
    const waitS = rate.admit(bucket) ?? crowd.admit(c);
    if (waitS !== null) return respondRefusal(c, refuse('rate_limited', { retryAfterS: waitS }));
    rate.charge(bucket, 1);
    const call = accountCall.safeParse(opened.body);
    if (!call.success) {
      const issue = call.error.issues[0]!;
      return respondRefusal(
        c,
        refuse('bad_request', { message: `The call at ${issue.path.join('.') || 'its top'}: ${issue.message}.` }),
      );
    }
    const { userId: given, proof, act, deliberate, decisions, policy, region, sentAt } = call.data;
    const receivedAt = now();
    const user = gateIdentifier(given, { reservedEmail: config.reservedEmail ?? 'refuse' });
    if (identitySecret === null || !user.ok || !isProved(identitySecret, user.value, proof, receivedAt))
      return respondRefusal(c, unproved);
    if (log.waiting() > waitingMaxEvents) return respondRefusal(c, refuse('unavailable', { retryAfterS: 1 }));
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
      origin,
    });
    return c.json(answer as object, status as 200);
  });
  app.options(path, (c) => {
    const origin = c.req.header('origin') ?? null;
    const headers = {
      ...corsHeaders(config.origins, origin, c.req.header('host') ?? new URL(c.req.url).host),
      ...preflightHeaders(c.req.header('access-control-request-headers') ?? null),
    };
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    return c.body(null, 204);
  });
  return app;
};
