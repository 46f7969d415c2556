// The rights of people over HTTP: to be forgotten, to see, to object; the certificate of an erasure; what recipients say back.
// A key with the privacy role may ask for anybody; a person for the device whose id and receipt they hold; the shop's server
// signs for a user who is logged in there. Whoever asks is answered the same, whether the person is known or not.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { openExportFile } from '../consent/rights/export-file.js';
import { acknowledgementCall, erasureState, objectionCall, rightsCall } from '../contract/reading.js';
import { certificatePage } from '../dashboard/certificate.js';
import { type Refusal, refuse } from '../errors.js';
import { bodyOf } from '../ingest/body.js';
import { admitKeyless, type Crowd } from '../ingest/crowd.js';
import { corsHeaders, preflightHeaders } from '../ingest/origin.js';
import type { Limiter } from '../ingest/rate.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import type { CommandResult, Log, SubjectAsked } from '../log/log.js';
import { admittedKey } from './admission.js';

export interface RightsOptions {
  log: Log;
  /** For acts that need no key. */
  rate: Limiter;
  crowd: Crowd;
  now: () => number;
  /** What the shop's server signs with; null = it signs nothing. */
  identitySecret: string | null;
  /** Where exports lie; null = none are made. */
  exportsFolder: string | null;
}

type Act = 'erasure' | 'export' | 'objection';
interface Asked {
  subject: SubjectAsked;
  by: string;
  once?: { nonce: string; until: number };
}

/** A signed request is for now, not for a drawer. */
const signedForMaxMs = 3_600_000;

/** What the shop's server signs: for which act, whom, until when, and once. */
export const signedText = (act: Act, userId: string, expiresAt: string, nonce: string): string =>
  `weft-rights\n${act}\n${userId}\n${expiresAt}\n${nonce}`;

const noSubject = refuse('bad_request', {
  message:
    'Say whom: one of userId, anonymousId, email, profileId; or visitorId with its receipt; or userId with expiresAt, nonce and signature.',
});
const badSignature = refuse('bad_key', {
  message: 'The signature does not prove this request.',
  hint: 'hex HMAC-SHA256 with WEFT_IDENTITY_SECRET over "weft-rights", the act, userId, expiresAt and nonce, each on a line; expiresAt at most an hour ahead.',
});

export const rights = ({ log, rate, crowd, now, identitySecret, exportsFolder }: RightsOptions): Hono => {
  const app = new Hono();
  const personal = (c: Context): void => {
    c.header('Cache-Control', 'no-store');
    for (const [name, value] of Object.entries(corsHeaders({ kind: 'any' }, null, null))) c.header(name, value);
  };
  const admitPerson = (c: Context): Refusal | null => admitKeyless(c, { crowd, rate }, 'persons');
  const respondResult = (c: Context, { status, body }: CommandResult): Response =>
    c.json(body as object, status as 200);

  const signed = (act: Act, call: z.output<typeof rightsCall>): Asked | Refusal => {
    if (!('signature' in call)) return noSubject;
    const { userId, expiresAt, nonce, signature } = call;
    const until = Date.parse(expiresAt);
    if (identitySecret === null || !(until > now()) || until > now() + signedForMaxMs) return badSignature;
    const expected = createHmac('sha256', identitySecret)
      .update(signedText(act, userId, expiresAt, nonce))
      .digest();
    const given = Buffer.from(signature, 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return badSignature;
    return { subject: { userId }, by: 'shop', once: { nonce: `${act} ${nonce}`, until } };
  };

  /** Who is meant, and who says so; the rest of the body is handed on. */
  const asking = async (
    c: Context,
    act: Act,
    more: readonly string[] = [],
  ): Promise<{ asked: Asked; rest: Record<string, unknown> } | Refusal> => {
    personal(c);
    const key = admittedKey(c);
    const refused = key === null ? admitPerson(c) : null;
    if (refused !== null) return refused;
    const body = await bodyOf(c.req.raw);
    if (isRefusal(body)) return body;
    // Pages send their write key with everything.
    const { writeKey: _, ...all } = body;
    const rest = Object.fromEntries(more.filter((name) => name in all).map((name) => [name, all[name]]));
    const read = rightsCall.safeParse(Object.fromEntries(Object.entries(all).filter(([name]) => !more.includes(name))));
    if (!read.success) return noSubject;
    const call = read.data;
    if ('signature' in call) {
      const asked = signed(act, call);
      return isRefusal(asked) ? asked : { asked, rest };
    }
    if ('receipt' in call) return { asked: { subject: call, by: key?.context.id ?? 'person' }, rest };
    if (key === null) return refuse('bad_key');
    return { asked: { subject: call, by: key.context.id }, rest };
  };

  for (const path of [
    '/v1/privacy/erasures',
    '/v1/privacy/erasures/:id',
    '/v1/privacy/exports',
    '/v1/privacy/exports/:id',
    '/v1/privacy/exports/:id/file',
    '/v1/privacy/objections',
  ])
    app.options(path, (c) => {
      personal(c);
      for (const [name, value] of Object.entries(
        preflightHeaders(c.req.header('access-control-request-headers') ?? null),
      ))
        c.header(name, value);
      return c.body(null, 204);
    });

  app.post('/v1/privacy/erasures', async (c) => {
    const it = await asking(c, 'erasure');
    if (isRefusal(it)) return respondRefusal(c, it);
    return respondResult(c, await log.command({ kind: 'erase', ...it.asked, at: now() }));
  });

  // The id is 122 random bits and was told to who asked: without a key it shows the state and nothing else.
  app.get('/v1/privacy/erasures/:id', async (c) => {
    personal(c);
    const key = admittedKey(c);
    const refused = key === null ? admitPerson(c) : null;
    if (refused !== null) return respondRefusal(c, refused);
    const result = await log.command({ kind: 'erasure', id: c.req.param('id') });
    if (key !== null || result.status !== 200) return respondResult(c, result);
    const { id, state } = erasureState.parse(result.body);
    return c.json({ id, state });
  });

  app.get('/v1/privacy/erasures/:id/certificate', async (c) => {
    personal(c);
    const result = await log.command({ kind: 'certificate', id: c.req.param('id'), at: now() });
    const wanted = c.req.header('accept') ?? '';
    if (result.status !== 200 || !/^[^,]*text\/html/.test(wanted)) return respondResult(c, result);
    c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    return c.html(certificatePage(result.body as Parameters<typeof certificatePage>[0]));
  });

  app.post('/v1/privacy/objections', async (c) => {
    const it = await asking(c, 'objection', ['purposes', 'lift']);
    if (isRefusal(it)) return respondRefusal(c, it);
    const call = objectionCall.safeParse(it.rest);
    if (!call.success)
      return respondRefusal(
        c,
        refuse('bad_request', { message: '`purposes` lists purposes; `lift` is true or false.' }),
      );
    return respondResult(c, await log.command({ kind: 'object', ...it.asked, ...call.data, at: now() }));
  });

  app.post('/v1/privacy/exports', async (c) => {
    const it = await asking(c, 'export');
    if (isRefusal(it)) return respondRefusal(c, it);
    return respondResult(c, await log.command({ kind: 'access', ...it.asked, at: now() }));
  });

  const exportAsked = async (c: Context): Promise<CommandResult | Refusal> => {
    personal(c);
    const key = admittedKey(c);
    const refused = key === null ? admitPerson(c) : null;
    if (refused !== null) return refused;
    const token = c.req.header('weft-token') ?? null;
    if (key === null && token === null)
      return refuse('bad_key', {
        message: 'No token came with the request.',
        hint: 'Send the token of the answer to POST /v1/privacy/exports in the header weft-token.',
      });
    return log.command({ kind: 'export', id: c.req.param('id') ?? '', token: key === null ? token : null });
  };
  app.get('/v1/privacy/exports/:id', async (c) => {
    const result = await exportAsked(c);
    return isRefusal(result) ? respondRefusal(c, result) : respondResult(c, result);
  });
  app.get('/v1/privacy/exports/:id/file', async (c) => {
    const result = await exportAsked(c);
    if (isRefusal(result)) return respondRefusal(c, result);
    if (result.status !== 200) return respondResult(c, result);
    const { id, state } = result.body as { id: string; state: string };
    const file = state === 'done' ? await openExportFile(exportsFolder, id) : null;
    if (file === null)
      return respondRefusal(
        c,
        refuse('not_found', {
          message: `There is no file: the export is ${state}.`,
          hint: state === 'accepted' || state === 'running' ? 'Ask again in a moment.' : 'Ask for a new one.',
        }),
      );
    return c.body(file.body, 200, {
      ...file.headers,
      'Content-Disposition': 'attachment; filename="my-data.zip"',
      'X-Content-Type-Options': 'nosniff',
    });
  });

  // A recipient's own word, by the token that only its notice held.
  app.post('/v1/privacy/acknowledgements/:token', async (c) => {
    personal(c);
    const refused = admitPerson(c);
    if (refused !== null) return respondRefusal(c, refused);
    const body = await bodyOf(c.req.raw);
    if (isRefusal(body)) return respondRefusal(c, body);
    const said = acknowledgementCall.safeParse(body);
    const done = said.success && said.data.request_status === 'completed';
    return respondResult(
      c,
      await log.command({
        kind: 'notices',
        act: 'acknowledge',
        token: c.req.param('token').slice(0, 64),
        done,
        at: now(),
      }),
    );
  });

  return app;
};
