// What the key of a property says of its value: a secret's, an id's, or one that is read in a way of its own. Pure.

export const keyMaxChars = 128;

export type KeyVerdict = 'drop' | 'text' | 'id' | 'contact' | 'picture' | 'referrer' | 'path' | 'search';
export type KeptVerdict = Exclude<KeyVerdict, 'drop'>;

/** Words that make a key a secret's, wherever they stand in it: `authToken`, `user_password`, `x-auth`. */
const secretWords: ReadonlySet<string> = new Set(
  (
    'pass passwd password passwords passwort passcode passphrase pwd mdp token tokens jwt bearer auth authorization oauth ' +
    'secret secrets credential credentials apikey cookie cookies csrf xsrf otp totp iban bban ssn nino passport cvv cvv2 cvc'
  ).split(' '),
);
/** Whole keys, without marks and case. */
const secretKeys =
  /^(?:pin|pan|csc)$|passwor[dt]|passphrase|(?:access|auth|refresh|id|api|session)token|apikey|privatekey|creditcard|(?:card|cc|account|routing|iban)(?:number|num|no)$|sortcode|socialsecurity|nationalid|taxid$/;

/** Keys of goods, orders and carts. Look-up keys are no secrets: `cart_token` finds the owner of an order. */
const idKeys: ReadonlySet<string> = new Set(
  (
    'orderid ordernumber transactionid productid sku variant variantid itemid itemname itemvariant name brand category ' +
    'categoryid gtin ean upc isbn mpn barcode cartid carttoken checkoutid checkouttoken coupon couponid couponname listid ' +
    'promotionid creative wishlistid wishlistname reviewid experimentid experimentname variationid variationname ' +
    'affiliation currency paymentmethod shippingmethod options'
  ).split(' '),
);
const pictureKey = /(?:image|images|imageurl|img|picture|photo|thumbnail|avatar|logo)$/;

/** Own keys of these names would make the next reader's `String(value)` throw, or reach a prototype. */
export const prototypeNames: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
]);

export const wordsOf = (key: string): string[] =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9\u00df-\u024f]+/)
    .filter((word) => word !== '');

/** `denied`: the site's own words of secrets. */
export const meaningOf = (key: string, denied: ReadonlySet<string> | undefined): KeyVerdict => {
  const words = wordsOf(key);
  const whole = words.join('');
  if (denied !== undefined && (denied.has(whole) || words.some((word) => denied.has(word)))) return 'drop';
  if (idKeys.has(whole)) return 'id';
  if (words.some((word) => secretWords.has(word)) || secretKeys.test(whole)) return 'drop';
  if (whole === 'email' || whole === 'phone') return 'contact';
  if (whole === 'referrer' || whole === 'referer') return 'referrer';
  if (whole === 'path') return 'path';
  if (whole === 'search') return 'search';
  return pictureKey.test(whole) ? 'picture' : 'text';
};
