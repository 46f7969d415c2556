// What the cart aspect finds things by: cart tokens, checkout and order ids as events write them, and the ids of carts,
// which are derived, so that they survive a rebuild. No id is ever drawn.

import { createHash } from 'node:crypto';
import type { LookupKind, OwnedEvent } from '../events/event.js';

/** `namespace` keeps a token that looks like a messageId apart from it. */
export const derivedId = (prefix: string, namespace: string, value: string): string =>
  `${prefix}${createHash('sha256').update(`${namespace}\n${value}`).digest('base64url').slice(0, 22)}`;

/** What template engines and empty variables leave where an id should be. One such value would join everything. */
const nothing =
  /^(|null|undefined|nan|none|nil|false|true|unknown|n\/a|na|-|-1|0+|\{\}|\[\]|\[object object\]|.*(\{\{|\$\{|%%).*)$/i;

/** As R2 reads an identifier: a string or a number, NFC, trimmed, 1 to 200 characters, none of them a control. */
export const readId = (value: unknown): string | null => {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const id = String(value).normalize('NFC').trim();
  if (id.length > 200 || /\p{Cc}/u.test(id) || nothing.test(id)) return null;
  return id;
};

/** Shopify's tokens end in `?key=…` on some routes and not on others: compared without, equal is equal. */
export const bareToken = (token: string): string => {
  const at = token.indexOf('?key=');
  return at > 0 ? token.slice(0, at) : token;
};

export interface CommerceIds {
  token: string | null;
  checkoutId: string | null;
  orderId: string | null;
}

export const noIds: CommerceIds = { token: null, checkoutId: null, orderId: null };

const keyOf = (event: OwnedEvent, kind: LookupKind): string | null =>
  event.keys.find((key) => key.kind === kind)?.value ?? null;

/** The token before the id, the properties before what came in the context. */
export const readIds = (event: OwnedEvent): CommerceIds => {
  const p = event.properties;
  const token = readId(p.cart_token) ?? readId(p.cart_id) ?? keyOf(event, 'cart');
  const checkoutId = readId(p.checkout_token) ?? readId(p.checkout_id) ?? keyOf(event, 'checkout');
  return {
    token: token === null ? null : bareToken(token),
    checkoutId: checkoutId === null ? null : bareToken(checkoutId),
    orderId: readId(p.order_id) ?? keyOf(event, 'order'),
  };
};
