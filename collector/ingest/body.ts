// Stations 1 and 2 in one: the text of a request, bounded and inflated; and the one object in it, for routes that take no
// events.

import type { Refusal } from '../errors.js';
import { decode } from './decode.js';
import { readBody } from './limits.js';
import { openCall } from './parse.js';
import { isRefusal } from './respond.js';

export const textOf = async (request: Request): Promise<string | Refusal> => {
  const body = await readBody(request);
  return isRefusal(body) ? body : decode(body);
};

export const bodyOf = async (request: Request): Promise<Readonly<Record<string, unknown>> | Refusal> => {
  const text = await textOf(request);
  if (isRefusal(text)) return text;
  const opened = openCall(text);
  return isRefusal(opened) ? opened : opened.body;
};
