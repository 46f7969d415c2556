// What of an event may leave the station: its purpose, the purposes of its fields, its address without secrets. Asked
// when the event happens and again before it is sent, because an answer may have changed in between. Pure.

import type { RedactRules } from '../options.js';
import { redact } from './redact.js';
import type { PageEvent } from './wire.js';

/** Undefined: nothing may. */
export const permit = (
  event: PageEvent,
  on: Readonly<Record<string, boolean | null>>,
  rules?: RedactRules,
): PageEvent | undefined => {
  const { type, event: name = '', context } = event;
  const { page } = context;
  const purpose =
    /^[iag]/.test(type) || name === 'Survey Answered'
      ? 'personalisation'
      : /^Message /.test(name)
        ? 'marketing'
        : 'measurement';
  const bare = !on.personalisation && { anonymousId: undefined, userId: undefined, traits: undefined };
  if (!on.measurement || !on[purpose]) return;
  return {
    ...event,
    ...bare,
    context: {
      ...context,
      ...bare,
      // Path and query are in the address: the collector takes them from there.
      page: page && { ...page, url: redact(page.url, rules?.query?.allow, on.marketing ? rules?.clickIds : []) },
    },
  };
};
