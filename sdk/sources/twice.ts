// One action seen twice. A shop may tell of an added product by a call, by its data layer and by its platform's own
// event; it is one event. Whoever tells first is heard; the same action from another source within two seconds is not.
// Twice from the same source is two actions: people do press a button twice.

import { now } from '../browser/clock.js';
import { addressNow } from '../browser/page.js';
import type { Client } from '../client.js';
import type { PageEvent, Properties } from '../event/wire.js';

const sameWithinMs = 2_000;
const rememberedMax = 200;

/** Events that two sources may see. A view is one for as long as its page is shown, and needs no clock. */
const kinds: Readonly<Record<string, 'change' | 'view'>> = {
  'Product Added': 'change',
  'Product Removed': 'change',
  'Product Viewed': 'view',
  'Product List Viewed': 'view',
};

interface Seen {
  event: string;
  keys: string[];
  source: string;
  at: number;
  url: string;
  /** Sources whose sight of the same action was dropped already. */
  matched: Set<string>;
}

/** Sources name products by different ids; what they agree on is often only the name. */
export const keysOf = ({ product_id, sku, variant_id, name, list_id, category }: Properties): string[] =>
  (product_id || sku || name ? [product_id, sku, variant_id, name] : [list_id, category]).flatMap((one) =>
    one ? [`${one}`.trim().toLowerCase()] : [],
  );

const sourceOf = ({ context }: PageEvent): string => (typeof context.source === 'string' ? context.source : 'page');

const open = (client: Client) => {
  const seen: Seen[] = [];
  const heard = (event: PageEvent) => {
    // Told when it was held; let go of later, it is no second action.
    if (!event.event || event.preConsent) return;
    seen.push({
      event: event.event,
      keys: keysOf(event.properties ?? {}),
      source: sourceOf(event),
      at: now(),
      url: addressNow(),
      matched: new Set(),
    });
    if (seen.length > rememberedMax) seen.shift();
  };
  client.on('event', heard);
  client.on('held', heard);

  return {
    /** True if `source` may tell of it; false if another has. */
    isNew: (source: string, event: string, properties: Properties): boolean => {
      const kind = kinds[event];
      if (!kind) return true;
      const keys = keysOf(properties);
      const twin = seen.find(
        (one) =>
          one.event === event &&
          one.source !== source &&
          !one.matched.has(source) &&
          (kind === 'view' ? one.url === addressNow() : now() - one.at <= sameWithinMs) &&
          (one.keys.some((key) => keys.includes(key)) || (kind === 'view' && one.source === 'markup')),
      );
      twin?.matched.add(source);
      return !twin;
    },
    /** Has anybody told of such an event since then? */
    wasToldSince: (event: string, since: number): boolean => seen.some((one) => one.event === event && one.at >= since),
    /** … and on the page that is shown now? */
    wasToldHere: (event: string, since: number): boolean =>
      seen.some((one) => one.event === event && one.at >= since && one.url === addressNow()),
  };
};

export type Memory = ReturnType<typeof open>;

const memories = new WeakMap<Client, Memory>();

/** One memory for all sources of a client. */
export const memoryOf = (client: Client): Memory => {
  const known = memories.get(client) ?? open(client);
  memories.set(client, known);
  return known;
};
