// Fetches the bridges to the page's other consent tools, where the site's file turns one on.

import type { Source } from '../client.js';
import { chunk } from './chunks.js';

export const bridging =
  (base: string): Source =>
  (client) =>
    /true/.test(JSON.stringify(client.consent.state().config.bridges)) ? chunk('bridges', base)(client) : undefined;
