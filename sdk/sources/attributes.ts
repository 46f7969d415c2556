// Events written into the page's own elements:
//   <button data-weft-event="Product Added" data-weft-product-id="p1" data-weft-price="19.90">
//   <form data-weft-event="Newsletter Joined">          told when it is submitted
//   <aside data-weft-event="Promotion Viewed" data-weft-on="view" data-weft-promotion-id="summer">
// What stands in the attributes is told, and nothing else: no field of a form is ever read.

import { pageDocument } from '../browser/host.js';
import { onDocument, type Stop } from '../browser/listen.js';
import { onGrowth, onView } from '../browser/observe.js';
import type { Client } from '../client.js';
import type { Properties } from '../event/wire.js';
import { amount } from './amount.js';
import { memoryOf } from './twice.js';

const sourceName = 'attributes';
const propertiesMax = 50;
const textMax = 500;
const jsonMax = 10_000;
const selector = '[data-weft-event]';
/** Half of it, or half of what fits on the screen. */
const seenRatio = 0.5;

const numbers = new Set(
  'price quantity position value revenue total subtotal shipping tax discount step rating score'.split(' '),
);
/** Ours to read, not the event's to tell. */
const directives = new Set(['event', 'on', 'properties']);

type When = 'click' | 'submit' | 'view';

const whenOf = (element: Element): When => {
  const said = element.getAttribute('data-weft-on');
  return said === 'view' || said === 'submit' || said === 'click'
    ? said
    : element.tagName === 'FORM'
      ? 'submit'
      : 'click';
};

export const propertiesOf = (element: Element): Properties => {
  const properties: Properties = {};
  const whole = element.getAttribute('data-weft-properties');
  if (whole && whole.length <= jsonMax) {
    try {
      const parsed: unknown = JSON.parse(whole);
      if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) Object.assign(properties, parsed);
    } catch {
      // Half-written JSON tells nothing; the single attributes still do.
    }
  }
  for (const { name, value } of Array.from(element.attributes).slice(0, propertiesMax)) {
    const [, key = ''] = /^data-weft-([a-z0-9-]+)$/.exec(name) ?? [];
    if (!key || directives.has(key)) continue;
    const property = key.replace(/-/g, '_');
    properties[property] = numbers.has(property)
      ? (amount(value, () => {}) ?? value.slice(0, textMax))
      : value.slice(0, textMax);
  }
  return properties;
};

export const attributes = (client: Client): Stop => {
  const document = pageDocument();
  const memory = memoryOf(client);

  const tell = (element: Element) => {
    const event = element.getAttribute('data-weft-event')?.trim();
    if (!event) return;
    const properties = propertiesOf(element);
    if (memory.isNew(sourceName, event, properties)) client.track(event, properties, { source: sourceName });
  };

  /** The nearest one that waits for such an act; an element inside a button is pressed with it. */
  const heard = (when: When) => (event: Event) => {
    let element = (event.target as Element | null)?.closest?.(selector);
    while (element && whenOf(element) !== when) element = element.parentElement?.closest(selector);
    if (element) tell(element);
  };

  const stops = [onDocument('click', heard('click')), onDocument('submit', heard('submit'))];

  const views = onView(seenRatio, tell);
  if (views) {
    const watched = new WeakSet<Element>();
    const watch = () => {
      for (const element of Array.from(document.querySelectorAll(`${selector}[data-weft-on="view"]`))) {
        if (watched.has(element)) continue;
        watched.add(element);
        views.watch(element);
      }
    };
    // Elements come later too: a router's next page, a list that grows.
    stops.push(onGrowth(watch), views.stop);
    watch();
  }

  return () => {
    for (const stop of stops) stop();
  };
};

export const start = (client: Client): Stop => attributes(client);
