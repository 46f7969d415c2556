// Counts what happens on this page while nobody has agreed, where the site says so (consent.md, section 7): in this page's
// memory, and as sums without an id, a cookie or a query. Stores nothing, joins nothing. Whoever objects is not counted.

import { after, cancel, type Timer } from '../browser/clock.js';
import { onClick, onDocument, onWindow, together } from '../browser/listen.js';
import { request } from '../browser/net.js';
import { isShown } from '../browser/page.js';
import type { Client, Source } from '../client.js';
import { redact } from '../event/redact.js';
import type { PageEvent, Properties } from '../event/wire.js';

interface Count {
  event: string;
  path: string;
  productId?: string | undefined;
  referrer?: string | undefined;
}

const countsMax = 50;
const itemsMax = 20;
const waitMs = 2_000;
const answerMaxMs = 10_000;

/** Are people counted where this one is, and has this one not objected? */
const isCountable = (client: Client): boolean => {
  const { config, region, decisions } = client.consent.state();
  const { regions = [] } = config.cookieless ?? {};
  const code = region.code ?? '';
  return (
    decisions.measurement?.source !== 'object' &&
    !config.killSwitch &&
    (!regions[0] || regions.some((one) => one === '*' || one === code || (code && one === code.slice(0, 2))))
  );
};

/** May this page be counted now? Asked at each event, and again before anything leaves. */
const isCounted = (client: Client): boolean => {
  if (!isCountable(client)) return false;
  const { config, decisions } = client.consent.state();
  const { mode } = config.cookieless ?? {};
  const answer = client.consent.get().measurement;
  // Nothing is asked of a child, nor while the site's kill switch is on: nothing is counted either.
  if (answer === undefined) return false;
  return (
    mode === 'always' ||
    (mode === 'until-decision' && answer === null) ||
    (mode === 'on-reject' && answer === false && decisions.measurement?.value === 'denied')
  );
};

const hostIn = (address: unknown): string | undefined => {
  try {
    return new URL(String(address)).hostname;
  } catch {
    return undefined;
  }
};
const idOf = ({ product_id, sku }: Properties): string | undefined => {
  const id = product_id ?? sku;
  return id == null ? undefined : String(id).slice(0, 200);
};

/** What an event adds: nothing but its sort, where it happened by path alone, and which product. */
const countsOf = ({ type, event, properties = {}, context }: PageEvent): Count[] => {
  const page = context.page as { url?: string; referrer?: string } | undefined;
  const path = new URL(redact(String(properties.url ?? page?.url ?? '/'), [])).pathname;
  if (type === 'page') return [{ event: 'page', path, referrer: hostIn(properties.referrer ?? page?.referrer) }];
  if (event === 'Product Added') return [{ event: 'add', path, productId: idOf(properties) }];
  if (event === 'Product Removed') return [{ event: 'remove', path, productId: idOf(properties) }];
  if (event !== 'Checkout Started') return [];
  const products = Array.isArray(properties.products) ? (properties.products as Properties[]) : [];
  return [
    { event: 'checkout', path },
    ...products.slice(0, itemsMax).map((product) => ({ event: 'checkout-item', path, productId: idOf(product) })),
  ];
};

export const start: Source = (client) => {
  let waiting: Count[] = [];
  let timer: Timer;
  /** Held and released, or held and dropped, an event is one. */
  const seen = new Set<string>();

  const send = () => {
    cancel(timer);
    timer = undefined;
    const events = waiting.splice(0);
    if (!events[0] || !isCounted(client)) return;
    const { host, writeKey } = client.consent.state();
    const body = JSON.stringify({ writeKey, events });
    // A sum that is lost is lost: sending it again might count it twice, and nothing here may tell one from the other.
    void request(`${host}/v1/cookieless`, answerMaxMs, {
      method: 'POST',
      body,
      keepalive: true,
      referrerPolicy: 'origin',
    });
  };
  const count = (event: PageEvent) => {
    if (seen.has(event.messageId) || !isCounted(client)) return;
    seen.add(event.messageId);
    waiting.push(...countsOf(event));
    if (waiting.length >= countsMax) {
      const rest = waiting.splice(countsMax);
      send();
      waiting = rest;
    }
    if (waiting[0]) timer ??= after(waitMs, send);
  };
  const either = (detail: PageEvent | { event: PageEvent }) =>
    count('messageId' in detail ? detail : (detail as { event: PageEvent }).event);

  // What happened before this was here.
  client.tell('counting', (details: (PageEvent | { event: PageEvent })[]) => details.forEach(either));
  return together(
    client.on('dropped', either),
    client.on('held', either),
    client.on('event', either),
    client.consent.onChange(() => {
      if (!isCounted(client)) waiting = [];
    }),
    // The banner offers the objection where there is something to object to.
    client.on('scene', (scene: { isCounted?: boolean }) => {
      scene.isCounted = isCountable(client) && client.consent.get().measurement !== undefined;
    }),
    onClick('[data-weft-oppose]', () => {
      client.consent.set({ measurement: false }, { kind: 'object', layer: 'preferences', action: 'link' });
      waiting = [];
    }),
    onDocument('visibilitychange', () => {
      if (!isShown()) send();
    }),
    onWindow('pagehide', send),
    () => cancel(timer),
  );
};
