// What was sent, as the contract has it; or where it is not. A refusal says the place and never the value.

import type { z } from 'zod';
import { type Refusal, refuse } from '../errors.js';

export interface Telling {
  /** How the message begins; the path is empty where all of it is wrong. */
  at: (path: string) => string;
  hint?: (path: string) => string | undefined;
}

export const readAs = <Shape extends z.ZodType>(
  shape: Shape,
  value: unknown,
  { at, hint }: Telling,
): z.output<Shape> | Refusal => {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  const place = path.join('.');
  const next = hint?.(place);
  return refuse('bad_request', { message: `${at(place)}: ${message}.`, ...(next !== undefined && { hint: next }) });
};

/** Of a body that is one call. */
export const inCall: Telling = { at: (path) => `The call at ${path || 'its top'}` };

/** Of a query: the parameter is the place. */
export const inQuery: Telling = { at: (path) => path || 'The query' };
