// Product markup as a source: a shop without a data layer still says on its pages what they are about. A product's page
// becomes Product Viewed, a list of products Product List Viewed, a confirmation Order Completed, each only where nobody
// else told it. A press on what reads like "add to cart" is a hint, and never changes a cart.

import { after, cancel, now } from '../browser/clock.js';
import { pageDocument } from '../browser/host.js';
import { onDocument, onNavigate, onWindow, type Stop } from '../browser/listen.js';
import { onGrowth } from '../browser/observe.js';
import { addressNow } from '../browser/page.js';
import type { Client } from '../client.js';
import type { Properties } from '../event/wire.js';
import { readMarkup } from './schema.js';
import { memoryOf } from './twice.js';

const sourceName = 'markup';
/** Time for a data layer to tell first, on a page that has just loaded. */
const patienceMs = 1_000;
/** After a change of address the document is read when nothing has moved for so long, or when it never comes to rest. */
const quietMs = 300;
const unrestMaxMs = 3_000;
const hintWaitMs = 2_000;

const addWords =
  /^\W*(add (\w+ )?to (my |your |the )?(cart|bag|basket|trolley)|buy( it)? now|in den (waren|einkaufs)korb( legen)?|jetzt kaufen|ajouter au panier|in winkel(wagen|mand(je)?)|toevoegen aan winkel\w+|a(ñ|n)adir (al carrito|a la cesta)|agregar al carrito|aggiungi al carrello|adicionar ao (carrinho|cesto)|dodaj do koszyka|l(ä|a)gg i (varukorgen|kundvagnen)|l(ä|æ)g i kurv(en)?|legg i handlekurv(en)?|lis(ää|aa) ostoskoriin|sepete ekle)\b/i;

/** A document that cannot be read tells nothing, and throws nothing into the page. */
const guarded =
  <Args extends unknown[]>(run: (...args: Args) => void) =>
  (...args: Args): void => {
    try {
      run(...args);
    } catch {
      // Nothing was told; nothing is left half done.
    }
  };

export const markup = (client: Client): Stop => {
  const document = pageDocument();
  const memory = memoryOf(client);
  const address = () => addressNow().replace(/#.*/, '');
  let here = address();
  let since = now();
  let told: { text: string; at: string } | undefined;
  let product: Properties | undefined;
  let pending: ReturnType<typeof after> | undefined;
  let hint: ReturnType<typeof after> | undefined;
  let watching: Stop | undefined;

  const tell = (event: string, properties: Properties) => {
    if (memory.wasToldHere(event, since) || !memory.isNew(sourceName, event, properties)) return;
    client.track(event, properties, { source: sourceName });
  };

  const rest = () => {
    cancel(pending);
    pending = undefined;
    watching?.();
    watching = undefined;
  };

  const look = () => {
    rest();
    const found = readMarkup(document, here, now());
    const text = JSON.stringify(found);
    // A router that changed the address may have left the markup of the page before: the same words under another
    // address are believed only if they name it.
    if (told && told.text === text && told.at !== here && !found.isProved) return;
    product = found.product;
    if (!found.product && !found.list && !found.order) return;
    told = { text, at: here };
    if (found.product) {
      const { price } = found.product;
      tell('Product Viewed', { ...found.product, ...(price !== undefined && { value: price }) });
    }
    if (found.list) tell('Product List Viewed', found.list);
    if (found.order) tell('Order Completed', found.order);
  };
  const lookNow = guarded(look);
  const lookAfter = (ms: number) => {
    rest();
    pending = after(ms, lookNow);
  };

  const lookWhenQuiet = () => {
    const until = now() + unrestMaxMs;
    lookAfter(quietMs);
    watching = onGrowth(() => {
      const left = until - now();
      cancel(pending);
      pending = after(Math.max(0, Math.min(quietMs, left)), lookNow);
    }, true);
  };

  const moved = () => {
    if (address() === here) return;
    here = address();
    since = now();
    product = undefined;
    lookWhenQuiet();
  };

  /** Only where the product did not turn up in a cart by any better source. */
  const tellHint = (at: number, properties: Properties) => {
    hint = undefined;
    if (!memory.wasToldSince('Product Added', at - hintWaitMs))
      client.track('Add to Cart Hinted', properties, { source: sourceName });
  };
  let flushHint: (() => void) | undefined;
  const pressed = ({ target }: Event) => {
    const button = (target as Element | null)?.closest?.(
      'button, [role=button], input[type=submit], input[type=button], a',
    );
    const words =
      button?.getAttribute('aria-label') || (button as HTMLInputElement | null)?.value || button?.textContent || '';
    if (words.length > 200 || !addWords.test(words.replace(/\s+/g, ' ').trim())) return;
    const [at, properties] = [now(), { ...product }];
    cancel(hint);
    flushHint = () => {
      flushHint = undefined;
      tellHint(at, properties);
    };
    hint = after(hintWaitMs, () => flushHint?.());
  };

  const stops = [
    onNavigate(moved),
    onDocument('click', guarded(pressed)),
    onWindow('pagehide', () => {
      if (pending !== undefined) lookNow();
      if (flushHint) guarded(flushHint)();
    }),
    onWindow('pageshow', (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      since = now();
      lookAfter(0);
    }),
  ];
  if (document.readyState === 'loading') stops.push(onDocument('DOMContentLoaded', () => lookAfter(patienceMs)));
  else lookAfter(patienceMs);

  return () => {
    rest();
    cancel(hint);
    for (const stop of stops) stop();
  };
};

export const start = (client: Client): Stop => markup(client);
