// Takes out of what an event says what could name or admit a person, where it waits for an answer: the first pass of
// consent.md section 4, row 8, over titles and properties (redact.ts has addresses; the collector makes the second, with
// phones and bank accounts too). Pure. Values taken out are not kept or reported.

import type { PageEvent } from './wire.js';

const mark = ':redacted';
const email =
  /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}(?:@|%40)(?!\dx\.(?:png|jpe?g|gif|webp|avif|svg))(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}{1,24})/giu;
const jwt = /eyJ[\w-]{7,}(?:\.[\w-]*){0,4}/g;
const digitGroups = /\d{3,19}(?:[ -]\d{3,7}){0,5}/g;
const cardRange = /^(?:3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|(?:4\d|5[1-5]|2[2-7]|35|6[0245])\d{14}(?:\d{3})?)$/;

/** A tenth of all numbers pass it, and shops are full of numbers: so the network's digits are asked first. */
const passesLuhn = (digits: string): boolean =>
  [...digits].reverse().reduce((sum, digit, at) => {
    const value = +digit * (1 + (at % 2));
    return sum + (value > 9 ? value - 9 : value);
  }, 0) %
    10 ===
  0;

const card = (text: string): string => {
  const digits = text.replace(/\D/g, '');
  return cardRange.test(digits) && passesLuhn(digits) ? mark : text;
};

/** Of an order, read as its buyer's (R7). */
const isBuyer = /^(email|phone)$/;
/** Names and codes of goods, orders and carts are never read as numbers of people. */
const idKey = /id$|sku|number|gtin|ean|upc|isbn|mpn|barcode|variant|name|brand|category|coupon|creative/i;
/** `cart_token` and `checkout_token` are no secrets: they find the owner of an order. */
const secretKey =
  /^(pin|pan|csc|pwd|mdp|otp|ssn|nino|cvv2?|cvc|auth|jwt|iban|pass)$|passwor[dt]|passwd|passcode|passphrase|token|secret|credential|api_?key|authoriz|cookie|card_?(number|num|no)$/i;
const cartKey = /^(cart|checkout)_?token$/i;

const cleaned = (
  value: unknown,
  key: string,
  keys: readonly string[],
  isContact: boolean,
  isOrder: boolean,
): unknown => {
  if (typeof value === 'string') {
    const text = value.replace(jwt, mark);
    const open = isContact ? text : text.replace(email, mark);
    return idKey.test(key) ? open : open.replace(digitGroups, card);
  }
  if (Array.isArray(value)) return value.map((one) => cleaned(one, key, keys, isContact, isOrder));
  if (typeof value !== 'object' || !value) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      const isSecret = (secretKey.test(name) && !cartKey.test(name)) || keys.includes(name.toLowerCase());
      // A flag or null tells nothing.
      const isTold = typeof one !== 'boolean' && one !== null;
      return isSecret && isTold
        ? []
        : [[name, cleaned(one, name, keys, isContact || (isOrder && isBuyer.test(name)), isOrder)]];
    }),
  );
};

/** `keys`: the site's own names (`redact.keys`). Traits are told of a person on purpose: addresses stay, secrets go. */
export const withoutSecrets = (event: PageEvent, keys: readonly string[] = []): PageEvent => {
  const { name, event: called, properties, traits, context } = event;
  const denied = keys.map((key) => key.toLowerCase());
  const isOrder = /^(Order|Checkout|Payment) /.test(called ?? '');
  const read = <Value>(value: Value, isContact = false) => cleaned(value, '', denied, isContact, isOrder) as Value;
  return {
    ...event,
    ...(name && { name: read(name) }),
    ...(called && { event: read(called) }),
    ...(properties && { properties: read(properties) }),
    ...(traits && { traits: read(traits, true) }),
    context: { ...context, ...(context.page && { page: { ...context.page, title: read(context.page.title) } }) },
  };
};
