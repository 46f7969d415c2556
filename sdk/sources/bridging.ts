// Fetches the bridges to the page's other consent tools, where the site's file turns one on.

import type { Source } from '../client.js';
import { chunk } from './chunks.js';

export const bridging =
  (base: string): Source =>
  (client) =>
    Object.values(client.consent.state().config.bridges ?? {}).includes(true)
      ? chunk('bridges', base)(client)
      : undefined;
