// Station 6: text to events, each judged by itself, so that the good beside the bad are kept. Hands on the text it was
// given: the writer's thread parses it again, which is cheaper than passing objects between threads.

import type { CallType } from '../contract/event.js';
import { limits } from '../contract/limits.js';
import { type Refusal, refuse } from '../errors.js';
import type { Rejection } from '../log/log.js';
import { contextOfBatchRight, judge, rejection } from './judge.js';
import { placesOfItems } from './places.js';

export interface Opened {
  text: string;
  body: Readonly<Record<string, unknown>>;
}

/** JSON lets a name be `__proto__`; assigning it anywhere later would swap a prototype. Rare enough to parse twice. */
const touchesPrototype = (text: string): boolean =>
  text.includes('__proto__') || text.includes('\\u005f') || text.includes('\\u005F');
const withoutPrototype = (text: string): unknown =>
  JSON.parse(text, (name, value: unknown) => (name === '__proto__' ? undefined : value));

/**
 * Any one JSON object of the door. The parser itself keeps no stack, so depth is looked at afterwards, where it costs a
 * twentieth of a pass over the text.
 */
export const open = (text: string): Opened | Refusal => {
  try {
    const risky = touchesPrototype(text);
    const body: unknown = risky ? withoutPrototype(text) : JSON.parse(text);
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return refuse('bad_json', { message: 'The body is JSON, but not an object.' });
    }
    return { text: risky ? JSON.stringify(body) : text, body: body as Record<string, unknown> };
  } catch {
    return refuse('bad_json', { message: text === '' ? 'The body is empty.' : 'The body is not JSON.' });
  }
};

const isDeeper = (value: object, levels: number): boolean => {
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const inner of value as unknown[]) {
      if (typeof inner === 'object' && inner !== null && isDeeper(inner, levels - 1)) return true;
    }
    return false;
  }
  // Parsed JSON has own names only, and this loop reads them several times quicker than Object.values does.
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name];
    if (typeof inner === 'object' && inner !== null && isDeeper(inner, levels - 1)) return true;
  }
  return false;
};

const tooDeep = refuse('bad_json', {
  message: `The body nests deeper than ${limits.depthMax} levels.`,
  hint: 'Flatten what you send.',
});

/** A body that is no event and no batch: a consent row, an act of staff. */
export const openCall = (text: string): Opened | Refusal => {
  const opened = open(text);
  return 'body' in opened && isDeeper(opened.body, limits.depthMax) ? tooDeep : opened;
};

const isLong = (text: string, from: number, to: number, maxBytes: number): boolean =>
  // One character is at most three bytes of UTF-8, so most lengths need no counting.
  (to - from) * 3 > maxBytes && Buffer.byteLength(text.slice(from, to)) > maxBytes;

/** `over`: the bound it is longer than; null = it is not. */
const judgeOne = (event: unknown, index: number, type: CallType | null, over: number | null): Rejection | null => {
  if (over !== null) return rejection(index, event, 'event_too_large', '', `an event has at most ${over} bytes`);
  if (typeof event === 'object' && event !== null && isDeeper(event, limits.depthMax)) {
    return rejection(index, event, 'bad_event', '', `an event nests at most ${limits.depthMax} levels`);
  }
  return judge(event, index, type);
};

export interface Judged {
  /** How many events came, refused ones included. */
  count: number;
  rejected: readonly Rejection[];
}

export const judgeCall = ({ text, body }: Opened, type: CallType): Judged => {
  const { eventMaxBytes } = limits;
  const bad = judgeOne(body, 0, type, isLong(text, 0, text.length, eventMaxBytes) ? eventMaxBytes : null);
  return { count: 1, rejected: bad === null ? [] : [bad] };
};

/** `eventMaxBytes`: of an import by the shop itself, what a body may hold (docs/decisions/0563). */
export const judgeBatch = ({ text, body }: Opened, eventMaxBytes: number = limits.eventMaxBytes): Judged | Refusal => {
  const { batch, ...around } = body;
  if (!Array.isArray(batch)) return refuse('bad_json', { message: '`batch` is not an array.' });
  if (batch.length > limits.batchMaxEvents) return refuse('too_many_events');
  if (isDeeper(around, limits.depthMax)) return tooDeep;
  if (!contextOfBatchRight(body.context)) {
    return refuse('bad_json', { message: "The batch's own `context` is not one." });
  }
  const mayHoldLong = isLong(text, 0, text.length, eventMaxBytes);
  const places = mayHoldLong ? placesOfItems(text) : [];
  const placed = places.length === batch.length * 2;
  const rejected: Rejection[] = [];
  for (let index = 0; index < batch.length; index += 1) {
    const event: unknown = batch[index];
    const long =
      mayHoldLong &&
      (placed
        ? isLong(text, places[index * 2]!, places[index * 2 + 1]!, eventMaxBytes)
        : Buffer.byteLength(JSON.stringify(event)) > eventMaxBytes);
    const bad = judgeOne(event, index, null, long ? eventMaxBytes : null);
    if (bad !== null) rejected.push(bad);
  }
  return { count: batch.length, rejected };
};
