// The npm entry, and what the script tag uses too: a client with its sources.

import { type Client, createClient, type Source } from './client.js';
import type { Options } from './options.js';
import { asking } from './sources/asking.js';
import { engagement } from './sources/engagement.js';
import { pageViews } from './sources/page-view.js';

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

/**
 * @example
 * const weft = init({ writeKey: 'wk_…', host: 'https://collect.shop.example' });
 * weft.cart.add({ product_id: 'p1', price: 19.9, quantity: 1 });
 */
export const init = (options: InitOptions): Client =>
  createClient({ base: `${options.host}/`, ...options }, [engagement, pageViews, asking, ...(options.use ?? [])]);
