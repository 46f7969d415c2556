// The npm entry, and what the script tag uses too: a client with its sources.

import { type Client, createClient, type Source } from './client.js';
import type { Options } from './options.js';
import { chunk } from './sources/chunks.js';
import { engagement } from './sources/engagement.js';
import { pageViews } from './sources/page-view.js';

export type { Client, Source } from './client.js';
export type { Act } from './consent/record.js';
export type { Effective } from './consent/rules.js';
export type { Commerce, EventContext, PageEvent, Properties } from './event/wire.js';
export type { ConsentConfig, Model, Options, PreConsent, PurposeRule, RemoteConfig } from './options.js';

export interface InitOptions extends Options {
  /** Further sources: functions, or names of chunks (`data-layer`, `markup`, `attributes`), in a list or a text. */
  sources?: string | readonly (Source | string)[];
  /** Beside which the chunks lie. Default: the collector. */
  base?: string;
}

/**
 * @example
 * const weft = init({ writeKey: 'wk_…', host: 'https://collect.shop.example' });
 * weft.cart.add({ product_id: 'p1', price: 19.9, quantity: 1 });
 */
export const init = (options: InitOptions): Client => {
  const { host, sources = [], base = `${host}/`, pages } = options;
  const further = (typeof sources === 'string' ? sources.split(' ') : sources).map((source) =>
    typeof source === 'string' ? chunk(source, base) : source,
  );
  // An attribute is text.
  return createClient(options, [engagement, ...(/false/.test(`${pages}`) ? [] : [pageViews]), ...further]);
};
