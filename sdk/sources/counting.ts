// Counting without anybody: whether the site counts those who have not agreed (consent.md, section 7), and the fetching of
// what does it then. What is dropped until it is there is handed on to it.

import { together } from '../browser/listen.js';
import type { Source } from '../client.js';
import { chunk } from './chunks.js';

export const counting =
  (base: string): Source =>
  (client) => {
    // `until-decision`, `on-reject`, `always`; `off` or nothing else.
    if (!/t|y/.test(client.consent.state().config.cookieless?.mode as string)) return;
    let missed: unknown[] | undefined = [];
    return together(
      client.on('dropped', (detail) => void missed?.push(detail)),
      client.on('counting', (take: (details: unknown[]) => void) => {
        take(missed ?? []);
        missed = undefined;
      }),
      chunk('cookieless', base)(client),
    );
  };
