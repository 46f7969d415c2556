// Station 2: bytes to text. What begins 1f 8b is gzip whatever the headers say, and nothing else is: RudderStack labels
// gzipped JSON as a form, and proxies unpack bodies without taking the label off.

import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import { limits } from '../contract/limits.js';
import { type Refusal, refuse } from '../errors.js';

const inflate = promisify(gunzip);
/** Inflating stops at this size, so a bomb costs as much as an honest body. */
const bound = { maxOutputLength: limits.bodyMaxBytes };
/** Below this, going to another thread and back costs more than inflating (at most 512 kB, well under a millisecond). */
const inlineMaxBytes = 8_192;

const isGzip = (body: Uint8Array): boolean => body.length >= 2 && body[0] === 0x1f && body[1] === 0x8b;

const refusalOf = (error: unknown): Refusal =>
  refuse((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? 'body_too_large' : 'bad_gzip');

const textOf = (body: Uint8Array): string => {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
};

export const decode = async (body: Uint8Array): Promise<string | Refusal> => {
  if (!isGzip(body)) return body.length > limits.bodyMaxBytes ? refuse('body_too_large') : textOf(body);
  try {
    return textOf(body.length <= inlineMaxBytes ? gunzipSync(body, bound) : await inflate(body, bound));
  } catch (error) {
    return refusalOf(error);
  }
};
