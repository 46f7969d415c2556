// What the cart aspect finds things by: cart tokens, checkout and order ids as events write them, and the ids of carts,
// which are derived, so that they survive a rebuild. No id is ever drawn.

import type { AcceptedEvent, LookupKind } from '../events/event.js';
import { gateLookupKey } from '../identity/identifier.js';
import { sha256Text } from '../store/digest.js';

/** `namespace` keeps a token that looks like a messageId apart from it. */
export const derivedId = (prefix: string, namespace: string, value: string): string =>
  `${prefix}${sha256Text(`${namespace}\n${value}`, 'base64url').slice(0, 22)}`;

/** As R2 reads them: one `null` or `{{cart.token}}` would join everything that was ever bought. */
const readKey = (value: unknown): string | null => {
  const gated = gateLookupKey(value);
  return gated.ok ? gated.value : null;
};

/** What empty variables leave where an id should be. WooCommerce writes 0 for "no variation". */
const nothing = /^(|null|undefined|nan|none|0|\[object object\])$/i;

/** A product's or a message's id. Not R2's gate: a product may be called `test`, and joins nobody. */
export const readId = (value: unknown): string | null => {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const id = String(value).normalize('NFC').trim();
  if (id.length > 200 || /\p{Cc}/u.test(id) || nothing.test(id)) return null;
  return id;
};

/** Shopify's tokens end in `?key=…` on some routes and not on others: compared without, equal is equal. */
const bareToken = (token: string): string => {
  const at = token.indexOf('?key=');
  return at > 0 ? token.slice(0, at) : token;
};

export interface CommerceIds {
  token: string | null;
  checkoutId: string | null;
  orderId: string | null;
}

export const noIds: CommerceIds = { token: null, checkoutId: null, orderId: null };

const keyOf = (event: AcceptedEvent, kind: LookupKind): string | null =>
  event.keys.find((key) => key.kind === kind)?.value ?? null;

/** The token before the id, the properties before what came in the context. */
export const readIds = (event: AcceptedEvent): CommerceIds => {
  const p = event.properties;
  const token = readKey(p.cart_token) ?? readKey(p.cart_id) ?? keyOf(event, 'cart');
  const checkoutId = readKey(p.checkout_token) ?? readKey(p.checkout_id) ?? keyOf(event, 'checkout');
  return {
    token: token === null ? null : bareToken(token),
    checkoutId: checkoutId === null ? null : bareToken(checkoutId),
    orderId: readKey(p.order_id) ?? keyOf(event, 'order'),
  };
};
