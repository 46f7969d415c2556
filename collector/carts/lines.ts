// One line of a cart or an order: the product object P of the ecommerce events, read. An absent or unreadable price is
// unknown, never zero; a negative quantity is refused, never a removal.

import { createHash } from 'node:crypto';
import { type Decimal, isNegative, readAmount, readCurrency } from '../contract/amount.js';
import type { Line } from '../contract/profile.js';
import { readId } from './ids.js';
import { averagePrice, roundQuantity, timesQuantity, toMinor } from './money.js';
import type { Warn } from './warnings.js';

/** What was not told is absent rather than null: most lines tell an id and a price, and a profile keeps dozens of them. */
export interface CartLine {
  /** C1: variant id or sku or product id, plus a hash of options. */
  key: string;
  productId?: string | undefined;
  sku?: string | undefined;
  variantId?: string | undefined;
  /** As a person reads it: `Black`. */
  variant?: string | undefined;
  options?: string | undefined;
  name?: string | undefined;
  quantity: number;
  price: Decimal | null;
  currency: string | null;
  /** When it came into the cart or last changed its quantity: an order takes what was there at its instant. */
  at: number;
}

/** A quantity beyond this is a mistake or an attack; it is cut, so that no sum loses precision. */
const quantityMax = 1_000_000;
const nameMax = 200;
/** Of one event; an import may group an invoice of hundreds of lines. */
const productsMax = 2_000;

type Product = Readonly<Record<string, unknown>>;

const isProduct = (value: unknown): value is Product =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readText = (value: unknown): string | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim().slice(0, nameMax);
  return text === '' ? undefined : text;
};

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 10);

/** Keys sorted, so that the same options in another order are the same line. Depth is bounded against nested bombs. */
const canonical = (value: unknown, depth = 0): string => {
  if (depth > 5) return '…';
  if (Array.isArray(value)) return `[${value.map((v) => canonical(v, depth + 1)).join(',')}]`;
  if (isProduct(value)) {
    const entries = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key], depth + 1)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
};

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isProduct(value) && Object.keys(value).length === 0);

/** Engraving, size, gift wrap: `options`, or `properties` as Shopify's line items call them. */
const optionsHash = (product: Product): string | undefined => {
  const given = [product.options, isProduct(product.properties) ? product.properties : undefined].filter(
    (v) => !isEmpty(v),
  );
  return given.length === 0 ? undefined : hash(canonical(given));
};

const readQuantity = (value: unknown, warn: Warn): number | null => {
  const amount = readAmount(value);
  if (amount.kind === 'absent') return 1;
  if (amount.kind === 'unreadable') {
    warn('quantity_unreadable');
    return 1;
  }
  if (isNegative(amount.decimal)) {
    warn('quantity_negative');
    return null;
  }
  const quantity = roundQuantity(Number(amount.decimal));
  if (quantity <= quantityMax) return quantity;
  warn('quantity_absurd');
  return quantityMax;
};

const readPrice = (value: unknown, currency: string | null, warn: Warn): Decimal | null => {
  const amount = readAmount(value, currency);
  if (amount.kind === 'absent') return null;
  if (amount.kind === 'unreadable' || toMinor(amount.decimal, currency) === null) {
    warn('price_unreadable');
    return null;
  }
  if (isNegative(amount.decimal)) {
    warn('price_negative');
    return null;
  }
  if (!amount.plain) warn('amount_format');
  return amount.decimal;
};

/** Of an event or a line; warns where something was given that is no currency. */
export const currencyOf = (value: unknown, warn: Warn): string | null => {
  const currency = readCurrency(value);
  if (currency !== undefined) return currency;
  warn('currency_unreadable');
  return null;
};

/** `null` = nothing here names a product, or its quantity is refused. A quantity of zero is a line of zero. */
const readLine = (product: Product, currency: string | null, at: number, warn: Warn): CartLine | null => {
  const productId = readId(product.product_id) ?? readId(product.id) ?? readId(product.item_id) ?? undefined;
  const sku = readId(product.sku) ?? undefined;
  const variantId = readId(product.variant_id) ?? undefined;
  const variant = readText(product.variant);
  const name = readText(product.name);
  // GA4 items may have a name alone.
  const base = variantId ?? sku ?? productId ?? (name === undefined ? undefined : `name:${hash(name)}`);
  if (base === undefined) {
    warn('cart_line_unreadable');
    return null;
  }
  const quantity = readQuantity(product.quantity, warn);
  if (quantity === null) return null;
  const own = currencyOf(product.currency, warn) ?? currency;
  const options = optionsHash(product);
  // A variant's id and a sku tell variants apart by themselves; a product id does not: its red and its blue are two lines.
  const shade = variantId === undefined && sku === undefined && variant !== undefined ? hash(variant) : undefined;
  const suffix = [shade, options].filter((part) => part !== undefined).join('.');
  return {
    key: suffix === '' ? base : `${base}#${suffix}`,
    productId,
    sku,
    variantId,
    variant,
    options,
    name,
    quantity,
    price: readPrice(product.price, own, warn),
    currency: own,
    at,
  };
};

export type Lines =
  /** No `products`, or an empty list where a list of nothing means nothing (see the caller). */
  | { kind: 'absent' }
  /** Something was listed, nothing of it could be read: it must not be taken for an empty cart or a whole refund. */
  | { kind: 'unreadable' }
  | { kind: 'lines'; lines: CartLine[] };

/** The list of an event, lines of one key added up, lines of quantity zero left out. */
export const readProducts = (value: unknown, currency: string | null, at: number, warn: Warn): Lines => {
  if (value === undefined || value === null) return { kind: 'absent' };
  if (!Array.isArray(value)) {
    warn('cart_line_unreadable');
    return { kind: 'unreadable' };
  }
  if (value.length > productsMax) warn('cart_lines_many');
  const lines: CartLine[] = [];
  const byKey = new Map<string, CartLine>();
  let read = 0;
  for (const product of value.slice(0, productsMax)) {
    if (!isProduct(product)) {
      warn('cart_line_unreadable');
      continue;
    }
    const line = readLine(product, currency, at, warn);
    if (line === null) continue;
    read += 1;
    if (line.quantity === 0) continue;
    const same = byKey.get(line.key);
    if (same === undefined) {
      byKey.set(line.key, line);
      lines.push(line);
    } else {
      // One at full price and one for free: their mean, so that the value of both is right. Two currencies have none.
      same.price =
        same.price === null || line.price === null || isForeign(line, same.currency)
          ? null
          : averagePrice(same.price, same.quantity, line.price, line.quantity);
      same.currency ??= line.currency;
      same.quantity = addQuantity(same.quantity, line.quantity, warn);
    }
  }
  return value.length > 0 && read === 0 ? { kind: 'unreadable' } : { kind: 'lines', lines };
};

/** The product an event is about: its own properties, or, as some senders do it, a list beside no product. */
export const readSubject = (properties: Product, currency: string | null, at: number, warn: Warn): CartLine[] => {
  const { product_id, sku, variant_id, products } = properties;
  if (isEmpty(product_id) && isEmpty(sku) && isEmpty(variant_id) && Array.isArray(products) && products.length > 0) {
    const listed = readProducts(products, currency, at, warn);
    return listed.kind === 'lines' ? listed.lines : [];
  }
  const line = readLine(properties, currency, at, warn);
  return line === null ? [] : [line];
};

export const addQuantity = (a: number, b: number, warn: Warn): number => {
  const sum = roundQuantity(a + b);
  if (sum <= quantityMax) return sum;
  warn('quantity_absurd');
  return quantityMax;
};

/** States that were folded by earlier versions hold null. */
const isTold = (part: string | null | undefined): boolean => part != null;

/** The same goods, told by whichever ids both sides have: a webhook says `sku` where the page said `product_id`. */
const isSameGoods = (a: CartLine, b: CartLine): boolean => {
  if (a.key === b.key) return true;
  if (isTold(a.options) && isTold(b.options) && a.options !== b.options) return false;
  if (isTold(a.variantId) && isTold(b.variantId)) return a.variantId === b.variantId;
  if (isTold(a.sku) && isTold(b.sku)) return a.sku === b.sku;
  if (!isTold(a.productId) || a.productId !== b.productId) return false;
  return !isTold(a.variant) || !isTold(b.variant) || a.variant === b.variant;
};

/** The line of exactly this key, else the first of the same goods. */
export const findLine = (lines: readonly CartLine[], wanted: CartLine): CartLine | undefined =>
  lines.find((line) => line.key === wanted.key) ?? lines.find((line) => isSameGoods(line, wanted));

export const lineMinor = (line: CartLine, currency: string | null, quantity = line.quantity): number | null =>
  line.price === null ? null : timesQuantity(line.price, quantity, currency);

/** The one currency of some lines, `assumed` where none is named; `null` where several are: they have no common one. */
export const commonCurrency = (lines: readonly CartLine[], assumed: string | null): string | null => {
  let common: string | null = null;
  for (const { currency } of lines) {
    if (currency === null || currency === common) continue;
    if (common !== null) return null;
    common = currency;
  }
  return common ?? assumed;
};

/** A price is in its line's own currency: where that is another one, no figure of this one can be made of it. */
export const isForeign = (priced: { currency: string | null }, currency: string | null): boolean =>
  priced.currency !== null && currency !== null && priced.currency !== currency;

/** C2: unknown where a price is, or its currency, or where that is not the one the sum is asked in. */
export const linesMinor = (lines: readonly CartLine[], currency: string | null): number | null => {
  let sum = 0;
  for (const line of lines) {
    const minor = currency === null || isForeign(line, currency) ? null : lineMinor(line, currency);
    if (minor === null) return null;
    sum += minor;
  }
  return Number.isSafeInteger(sum) ? sum : null;
};

export const showLine = (line: CartLine, assumed: string | null): Line => {
  const currency = line.currency ?? assumed;
  return {
    key: line.key,
    productId: line.productId ?? null,
    variant: line.variant ?? line.variantId ?? null,
    name: line.name ?? null,
    quantity: line.quantity,
    priceMinor: line.price === null || currency === null ? null : toMinor(line.price, currency),
  };
};
