// Scripts and frames of others that wait for their purpose, written as vanilla-cookieconsent and klaro have pages write
// them, so that a page that moves here needs no edit:
//   <script type="text/plain" data-category="analytics" data-service="…">   <script type="text/plain" data-name="…">
//   <iframe data-name="…" data-src="…">                                     and `data-category="!analytics"`: once refused
// A script that has run cannot be taken back; a frame can, and so can the cookies that the file lists for a recipient.

import { after } from '../browser/clock.js';
import { dropCookies } from '../browser/cookie.js';
import { pageDocument } from '../browser/host.js';
import type { Stop } from '../browser/listen.js';
import { onGrowth } from '../browser/observe.js';
import type { Client } from '../client.js';
import { bridgesOf, isDecided, wideConfig } from './config.js';

const selector =
  'script[type="text/plain"]:is([data-category],[data-name]),:is([data-category],[data-name]):is([data-src],[data-href])';
const loadMaxMs = 10_000;

/** What banners call what we call otherwise. The file's own `bridges.categories` goes before it. */
const words: Readonly<Record<string, string>> = {
  analytics: 'measurement',
  statistics: 'measurement',
  performance: 'measurement',
  functional: 'personalisation',
  functionality: 'personalisation',
  preferences: 'personalisation',
  personalization: 'personalisation',
  ads: 'marketing',
  advertising: 'marketing',
  advertisement: 'marketing',
  targeting: 'marketing',
};

export interface Wish {
  /** All of them are needed; none: it may run at once. */
  purposes: readonly string[];
  /** It wants to run once they were refused. */
  isRefusal: boolean;
}

interface Terms {
  purposes?: readonly { id: string; always?: boolean; recipients?: readonly string[] }[];
  recipients?: Readonly<Record<string, unknown>>;
}

/** Null: a word that nobody has explained; what waits for it waits for ever. */
export const wishOf = (
  {
    category,
    name,
    service,
  }: { category?: string | undefined; name?: string | undefined; service?: string | undefined },
  { purposes = [], recipients = {} }: Terms,
  categories: Readonly<Record<string, string>> = {},
): Wish | null => {
  const isRefusal = !!category?.startsWith('!');
  const ofRecipient = (one: string) =>
    Object.hasOwn(recipients, one) ? purposes.filter((it) => it.recipients?.includes(one)).map(({ id }) => id) : null;
  const ofWord = (word: string): string[] | null => {
    const id =
      (Object.hasOwn(categories, word) && categories[word]) || (Object.hasOwn(words, word) && words[word]) || word;
    const purpose = purposes.find((one) => one.id === id);
    return purpose ? (purpose.always ? [] : [id]) : null;
  };
  const main = category ? ofWord(category.replace(/^!/, '')) : name ? (ofRecipient(name) ?? ofWord(name)) : null;
  if (!main) return null;
  return { purposes: [...new Set([...main, ...((service && ofRecipient(service)) || [])])], isRefusal };
};

export const start = (client: Client): Stop => {
  const document = pageDocument();
  const done = new WeakSet<Element>();
  const unknown = new Set<string>();
  /** Frames and the like that show something now: they can be taken away again. */
  const shown = new Map<HTMLElement, Wish>();
  let running = Promise.resolve();
  let isStopped = false;

  const may = ({ purposes, isRefusal }: Wish): boolean => {
    const on = client.consent.get();
    return isRefusal ? isDecided(client) && !purposes.every((id) => on[id]) : purposes.every((id) => on[id] === true);
  };

  const readWish = (element: HTMLElement): Wish | null => {
    const { category, name, service } = element.dataset;
    const { purposes, recipients } = wideConfig(client);
    const wish = wishOf({ category, name, service }, { purposes, recipients } as Terms, bridgesOf(client).categories);
    const word = category ?? name ?? '';
    if (!wish && !unknown.has(word)) {
      unknown.add(word);
      client.tell('error', new Error(`no purpose is called "${word}": say which one under bridges.categories`));
    }
    return wish;
  };

  /** A copy that the browser runs: one that was inserted as text/plain never will. */
  const run = (blocked: HTMLScriptElement): Promise<unknown> => {
    const script = document.createElement('script');
    for (const { name, value } of Array.from(blocked.attributes)) {
      if (name === 'type' || name === 'data-type' || name === 'data-src') continue;
      script.setAttribute(name, value);
    }
    const { type, src } = blocked.dataset;
    if (type) script.type = type;
    if (src) script.src = src;
    // The attribute of a nonce reads as empty, by design.
    if (blocked.nonce) script.nonce = blocked.nonce;
    script.text = blocked.text;
    // Scripts that are put in run as they come; those that wait on one another must not.
    script.async = blocked.hasAttribute('async');
    const loaded =
      script.src && !script.async
        ? Promise.race([
            new Promise((resolve) => {
              script.onload = script.onerror = resolve;
            }),
            new Promise<void>((resolve) => after(loadMaxMs, resolve)),
          ])
        : Promise.resolve();
    blocked.replaceWith(script);
    return loaded;
  };

  const show = (element: HTMLElement, isShown: boolean) => {
    for (const name of ['src', 'href']) {
      const value = element.dataset[name];
      if (value === undefined) continue;
      if (isShown) element.setAttribute(name, value);
      else element.removeAttribute(name);
    }
    // A frame whose address is taken away goes on showing it.
    if (!isShown && element.localName === 'iframe') element.setAttribute('src', 'about:blank');
  };

  const scan = () => {
    if (isStopped) return;
    for (const [element, wish] of shown) {
      if (may(wish)) continue;
      shown.delete(element);
      done.delete(element);
      show(element, false);
    }
    for (const element of Array.from(document.querySelectorAll<HTMLElement>(selector))) {
      if (done.has(element)) continue;
      const wish = readWish(element);
      if (!wish || !may(wish)) continue;
      done.add(element);
      if (element.localName === 'script') {
        // In the order in which they stand, as the page's author expects; asked again, since the answer may have changed.
        running = running
          .then(() => (isStopped || !may(wish) ? void done.delete(element) : run(element as HTMLScriptElement)))
          .then(() => {})
          .catch((error) => void client.tell('error', error));
      } else {
        shown.set(element, wish);
        show(element, true);
      }
    }
  };

  /** What recipients left behind whom nothing permits any more. */
  const clear = () => {
    if (!isDecided(client)) return;
    const on = client.consent.get();
    const { purposes = [], recipients = {} } = wideConfig(client);
    const globs = Object.entries(recipients)
      .filter(([id]) => !purposes.some((one) => (one.always || on[one.id]) && one.recipients?.includes(id)))
      .flatMap(([, { cookies = [] }]) => cookies);
    if (globs.length) dropCookies(globs);
  };

  let isDue = false;
  const soon = () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      scan();
    });
  };
  const changed = () => {
    scan();
    clear();
  };
  changed();
  const stops = [client.consent.onChange(changed), onGrowth(soon)];
  return () => {
    isStopped = true;
    for (const stop of stops) stop();
  };
};
