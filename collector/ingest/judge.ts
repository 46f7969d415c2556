// What is wrong with one event, by the contract's zod. Most events are right, so a quick look that can only ever say
// "right" comes first; whatever it is unsure of goes to zod, which also says why. `judge.test.ts` proves that the quick
// look never passes what zod would refuse.

import type { RejectCode } from '../contract/codes.js';
import { type CallType, calls, isCallType, context as wireContext } from '../contract/event.js';
import { parseInstant } from '../contract/instant.js';
import { limits } from '../contract/limits.js';
import type { Rejection } from '../log/log.js';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const bagOrNone = (value: unknown): boolean => value === undefined || value === null || isFields(value);
const nameOrNone = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.length <= limits.nameMaxChars);
const instantOrNone = (value: unknown): boolean =>
  value === undefined || value === null || parseInstant(value) !== null;
const named = (value: unknown): boolean => typeof value === 'string' && value.length > 0;

/** The containers of a context that readers rely on. */
const bags = ['page', 'campaign', 'referrer', 'screen', 'device', 'os', 'app', 'library', 'traits'] as const;

const contextRight = (context: unknown): boolean => {
  if (context === undefined || context === null) return true;
  if (!isFields(context)) return false;
  for (const name of bags) if (!bagOrNone(context[name])) return false;
  if (context.consent !== undefined && context.consent !== null) {
    if (!isFields(context.consent) || !bagOrNone(context.consent.categoryPreferences)) return false;
  }
  return context.externalIds === undefined || context.externalIds === null;
};

const ascii = /^[\x20-\x7e]*$/;

/** True only where zod would pass it too. */
export const surelyRight = (event: Fields, type: CallType): boolean => {
  const id = event.messageId;
  if (id !== undefined && id !== null) {
    if (typeof id !== 'string' || id.length >= limits.messageIdMaxChars || !ascii.test(id)) return false;
  }
  if (!instantOrNone(event.timestamp) || !instantOrNone(event.originalTimestamp)) return false;
  if (!contextRight(event.context)) return false;
  switch (type) {
    case 'track':
      return (
        typeof event.event === 'string' &&
        event.event.length > 0 &&
        event.event.length <= limits.nameMaxChars &&
        bagOrNone(event.properties)
      );
    case 'page':
    case 'screen':
      return nameOrNone(event.name) && bagOrNone(event.properties);
    case 'identify':
      return bagOrNone(event.traits);
    case 'alias':
      return named(event.previousId) && named(event.userId);
    case 'group':
      return named(event.groupId) && bagOrNone(event.traits);
  }
};

/** The batch's own context is merged into every item, so it is held to the same. */
export const contextOfBatchRight = (context: unknown): boolean =>
  contextRight(context) || wireContext.safeParse(context).success;

const codeOf = (field: unknown): RejectCode =>
  field === 'messageId'
    ? 'bad_message_id'
    : field === 'timestamp' || field === 'originalTimestamp'
      ? 'bad_timestamp'
      : 'bad_event';

/** Short enough to echo: a sender finds its event by it. */
const echoed = (event: unknown): string | null => {
  const id = isFields(event) ? event.messageId : null;
  return typeof id === 'string' && id !== '' && id.length < limits.messageIdMaxChars ? id : null;
};

export const rejection = (
  index: number,
  event: unknown,
  code: RejectCode,
  path: string,
  message: string,
): Rejection => ({
  index,
  messageId: echoed(event),
  code,
  path,
  message,
});

/** Null = let in. `type` comes from the route; a batch's item brings its own. */
export const judge = (event: unknown, index: number, type: CallType | null): Rejection | null => {
  if (!isFields(event)) return rejection(index, event, 'bad_event', '', 'an event is an object');
  const kind = type ?? event.type;
  if (!isCallType(kind)) {
    return rejection(index, event, 'unknown_type', 'type', 'one of track, page, screen, identify, alias, group');
  }
  if (!surelyRight(event, kind)) {
    const read = calls[kind].safeParse(event);
    if (!read.success) {
      // zod's messages name types, never values; paths are names of the contract and positions.
      const issue = read.error.issues[0]!;
      return rejection(index, event, codeOf(issue.path[0]), issue.path.join('.'), issue.message);
    }
  }
  return null;
};
