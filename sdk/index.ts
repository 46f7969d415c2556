// The npm entry: the client with its sources, and those of the caller.

import { hasPage } from './browser/page.js';
import { type Client, client, create, type Source } from './client.js';
import { type Options, options } from './options.js';
import { ownSources } from './sources/own.js';

export type { Client, Source } from './client.js';
export type { ConsentState } from './consent/keeper.js';
export type { Act } from './consent/record.js';
export type { Effective } from './consent/rules.js';
export type { Commerce, EventContext, PageEvent, Properties } from './event/wire.js';
export type {
  ConsentConfig,
  Model,
  Options,
  PreConsent,
  PurposeRule,
  Region,
  RemoteConfig,
} from './options.js';

export interface InitOptions extends Options {
  /** Sources of your own. */
  use?: readonly Source[];
}

/** Where a server renders the page there is no address to keep; the rest of the client does nothing there by itself. */
const away: Client = { ...client, page: () => {} };

/**
 * A page has one client: a second call gives the first again.
 *
 * @example
 * const weft = init({ writeKey: 'wk_…', host: 'https://collect.shop.example' });
 * weft.cart.add({ product_id: 'p1', price: 19.9, quantity: 1 });
 */
export const init = (given: InitOptions): Client => {
  if (!hasPage()) return away;
  return options ? client : create({ base: `${given.host}/`, ...given }, [...ownSources, ...(given.use ?? [])]);
};
