// How a refusal looks on the wire: the one body of errors, with the next step, and Retry-After where coming again helps.

import type { Context } from 'hono';
import type { ErrorBody } from '../contract/answer.js';
import { Refusal } from '../errors.js';

const errorBodyOf = (refusal: Refusal): ErrorBody => ({
  error: {
    code: refusal.code,
    message: refusal.more.message ?? refusal.advice.message,
    hint: refusal.more.hint ?? refusal.advice.hint,
  },
});

export const respondRefusal = (c: Context, refusal: Refusal): Response => {
  if (refusal.more.retryAfterS !== undefined) c.header('Retry-After', String(refusal.more.retryAfterS));
  if (refusal.more.allow !== undefined) c.header('Allow', refusal.more.allow);
  if (refusal.advice.status === 401) c.header('WWW-Authenticate', 'Basic realm="weft", charset="UTF-8"');
  return c.json(errorBodyOf(refusal), refusal.advice.status);
};

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal;
