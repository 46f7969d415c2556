// Station 6: text to events, each judged by itself, so that the good beside the bad are kept. Hands on the text it was
// given: the writer's thread parses it again, which is cheaper than passing objects between threads.

import type { CallType } from '../contract/event.js';
import { limits } from '../contract/limits.js';
import { type Refusal, refuse } from '../errors.js';
import type { Rejection } from '../log/log.js';
import { contextOfBatchRight, judge, rejection } from './judge.js';
import { outline } from './outline.js';

export interface Opened {
  text: string;
  body: Readonly<Record<string, unknown>>;
  /** Where the items of `batch` stand in the text; only for bodies long enough to hold an event that is too long. */
  spans: readonly number[];
}

/** JSON lets a name be `__proto__`; assigning it anywhere later would swap a prototype. Rare enough to parse twice. */
const touchesPrototype = (text: string): boolean => text.includes('__proto__') || /\\u005f/i.test(text);
const withoutPrototype = (text: string): unknown =>
  JSON.parse(text, (name, value: unknown) => (name === '__proto__' ? undefined : value));

/** Any one JSON object of the door, within the bounds of depth; nothing is known of its fields yet. */
export const open = (text: string): Opened | Refusal => {
  const outlined = outline(text, limits.depthMax, text.length > limits.eventMaxBytes / 3);
  if (outlined === null) {
    return refuse('bad_json', {
      message: `The body nests deeper than ${limits.depthMax} levels.`,
      hint: 'Flatten properties and traits.',
    });
  }
  try {
    const risky = touchesPrototype(text);
    const body: unknown = risky ? withoutPrototype(text) : JSON.parse(text);
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return refuse('bad_json', { message: 'The body is JSON, but not an object.' });
    }
    return {
      text: risky ? JSON.stringify(body) : text,
      body: body as Record<string, unknown>,
      spans: risky ? [] : outlined.spans,
    };
  } catch {
    return refuse('bad_json', { message: text === '' ? 'The body is empty.' : 'The body is not JSON.' });
  }
};

const bytesBetween = (text: string, from: number, to: number): number =>
  // One character is at most three bytes of UTF-8, so most lengths need no counting.
  (to - from) * 3 <= limits.eventMaxBytes ? to - from : Buffer.byteLength(text.slice(from, to));

const tooLarge = (index: number, event: unknown): Rejection =>
  rejection(index, event, 'event_too_large', '', `an event has at most ${limits.eventMaxBytes} bytes`);

export interface Judged {
  /** How many events came, refused ones included. */
  count: number;
  rejected: readonly Rejection[];
}

export const judgeCall = ({ text, body }: Opened, type: CallType): Judged => {
  const bad = bytesBetween(text, 0, text.length) > limits.eventMaxBytes ? tooLarge(0, body) : judge(body, 0, type);
  return { count: 1, rejected: bad === null ? [] : [bad] };
};

export const judgeBatch = ({ text, body, spans }: Opened): Judged | Refusal => {
  const { batch } = body;
  if (!Array.isArray(batch)) return refuse('bad_json', { message: '`batch` is not an array.' });
  if (batch.length > limits.batchMaxEvents) return refuse('too_many_events');
  if (!contextOfBatchRight(body.context)) {
    return refuse('bad_json', { message: "The batch's own `context` is not one." });
  }
  const long = text.length * 3 > limits.eventMaxBytes && Buffer.byteLength(text) > limits.eventMaxBytes;
  const spanned = spans.length === batch.length * 2;
  const isLong = (event: unknown, index: number): boolean =>
    long &&
    (spanned
      ? bytesBetween(text, spans[index * 2]!, spans[index * 2 + 1]!)
      : Buffer.byteLength(JSON.stringify(event))) > limits.eventMaxBytes;
  const rejected: Rejection[] = [];
  for (let index = 0; index < batch.length; index += 1) {
    const event: unknown = batch[index];
    const bad = isLong(event, index) ? tooLarge(index, event) : judge(event, index, null);
    if (bad !== null) rejected.push(bad);
  }
  return { count: batch.length, rejected };
};
