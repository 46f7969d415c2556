// Segment's ecommerce v2 events, the names v1 gave them, and the events no spec has. One table: the properties of each,
// and what it needs. On the wire a missing property is a warning and the event is kept; in the SDK's types it is an error.

import { z } from 'zod';
import { isNegative, isUnreadable, readAmount, readCurrency } from './amount.js';
import { amount, anything, flag, text } from './lenient.js';

const productShape = {
  product_id: text(),
  sku: text(),
  category: text(),
  name: text(),
  brand: text(),
  variant: text(),
  price: amount('Of one, in major units.'),
  quantity: amount('1 when absent.'),
  coupon: text(),
  position: amount(),
  url: text(),
  image_url: text(),
};
export const product = z.looseObject(productShape);
const products = z.optional(z.array(product).nullable());
const currency = text('ISO 4217, any case.');

const amounts = {
  subtotal: amount(),
  total: amount('What was paid: goods, shipping and tax, less discount.'),
  revenue: amount('Goods after discount, without shipping and tax.'),
  shipping: amount(),
  tax: amount(),
  discount: amount(),
};
const order = {
  order_id: text(),
  checkout_id: text(),
  cart_id: text(),
  affiliation: text(),
  ...amounts,
  coupon: text(),
  currency,
  products,
};
const step = { checkout_id: text(), cart_id: text(), step: amount(), shipping_method: text(), payment_method: text() };
const promotion = { promotion_id: text(), creative: text(), name: text(), position: text() };
const coupon = { order_id: text(), cart_id: text(), coupon_id: text() };
const wishlist = { wishlist_id: text(), wishlist_name: text(), ...productShape };
const share = { share_via: text(), share_message: text(), recipient: text() };
const survey = { survey_id: text(), survey_name: text() };
const message = { message_id: text(), message_name: text(), channel: text(), campaign: text(), link: text() };

/** `need`: a list of alternatives; at least one name of each must be there. */
interface Definition {
  shape: Readonly<Record<string, z.ZodType>>;
  need: readonly (readonly string[])[];
}
const define = <const D extends Definition>(definition: D) => definition;

const anyProduct = ['product_id', 'sku'] as const;
const cartProduct = { ...productShape, cart_id: text(), currency };

export const ecommerce = {
  'Products Searched': define({ shape: { query: anything() }, need: [['query']] }),
  'Product List Viewed': define({
    shape: { list_id: text(), category: text(), products },
    need: [['list_id', 'category']],
  }),
  'Product List Filtered': define({
    shape: { list_id: text(), category: text(), filters: anything(), sorts: anything(), products },
    need: [['filters', 'sorts']],
  }),
  'Promotion Viewed': define({ shape: promotion, need: [['promotion_id']] }),
  'Promotion Clicked': define({ shape: promotion, need: [['promotion_id']] }),
  'Product Clicked': define({ shape: { ...productShape, currency }, need: [anyProduct] }),
  'Product Viewed': define({ shape: { ...productShape, currency, value: amount() }, need: [anyProduct] }),
  'Product Added': define({ shape: cartProduct, need: [anyProduct] }),
  'Product Removed': define({ shape: cartProduct, need: [anyProduct] }),
  'Cart Viewed': define({ shape: { cart_id: text(), currency, products }, need: [['products']] }),
  /** Ours: the whole cart as it now stands. */
  'Cart Updated': define({ shape: { cart_id: text(), currency, products }, need: [['products']] }),
  'Checkout Started': define({ shape: { ...order, value: amount() }, need: [['products']] }),
  'Checkout Step Viewed': define({ shape: step, need: [['step']] }),
  'Checkout Step Completed': define({ shape: step, need: [['step']] }),
  'Payment Info Entered': define({ shape: { ...step, order_id: text() }, need: [] }),
  'Order Completed': define({ shape: order, need: [['order_id'], ['total', 'revenue'], ['currency']] }),
  'Order Updated': define({ shape: order, need: [['order_id']] }),
  'Order Cancelled': define({ shape: order, need: [['order_id']] }),
  /** Lines listed are the goods refunded; `total`, if given, is the money; neither means all (C8). */
  'Order Refunded': define({ shape: order, need: [['order_id']] }),
  'Order Fulfilled': define({ shape: { ...order, carrier: text(), tracking_number: text() }, need: [['order_id']] }),
  'Coupon Entered': define({ shape: coupon, need: [['coupon_id']] }),
  'Coupon Applied': define({ shape: { ...coupon, coupon_name: text(), discount: amount() }, need: [['coupon_id']] }),
  'Coupon Denied': define({ shape: { ...coupon, coupon_name: text(), reason: text() }, need: [['coupon_id']] }),
  'Coupon Removed': define({ shape: { ...coupon, coupon_name: text(), discount: amount() }, need: [['coupon_id']] }),
  'Product Added to Wishlist': define({ shape: wishlist, need: [anyProduct] }),
  'Product Removed from Wishlist': define({ shape: wishlist, need: [anyProduct] }),
  'Wishlist Product Added to Cart': define({ shape: { ...wishlist, cart_id: text(), currency }, need: [anyProduct] }),
  'Product Shared': define({ shape: { ...productShape, ...share }, need: [['product_id']] }),
  'Cart Shared': define({ shape: { ...share, cart_id: text(), products }, need: [['cart_id']] }),
  'Product Reviewed': define({
    shape: {
      product_id: text(),
      review_id: text(),
      review_body: text(),
      rating: amount('From 0 to 5; often text, which is read.'),
    },
    need: [['product_id'], ['rating']],
  }),
  'Experiment Viewed': define({
    shape: { experiment_id: text(), experiment_name: text(), variation_id: text(), variation_name: text() },
    need: [['experiment_id'], ['variation_id']],
  }),
  'Survey Shown': define({ shape: survey, need: [['survey_id']] }),
  'Survey Answered': define({
    shape: { ...survey, question_id: text(), question: text(), answer: anything(), score: amount() },
    need: [['survey_id'], ['answer', 'score']],
  }),
  'Survey Dismissed': define({ shape: survey, need: [['survey_id']] }),
  'Message Sent': define({ shape: message, need: [['message_id']] }),
  'Message Delivered': define({ shape: message, need: [['message_id']] }),
  'Message Opened': define({ shape: message, need: [['message_id']] }),
  'Message Clicked': define({ shape: message, need: [['message_id']] }),
  'Message Bounced': define({ shape: { ...message, reason: text() }, need: [['message_id']] }),
  'Message Unsubscribed': define({ shape: message, need: [['message_id']] }),
  'Consent Updated': define({ shape: { purposes: anything(), source: text() }, need: [] }),
  /** A beat (S4): cumulative over one page view, so that a lost or doubled one changes nothing. */
  'Page Engaged': define({
    shape: {
      page_message_id: text('The messageId of the page view it belongs to.'),
      engaged_ms: amount('Visible, focused and with input, so far.'),
      scroll_percent: amount('The deepest so far.'),
      final: flag('The page is being left.'),
      cart_items: amount('How many things the cart then held.'),
    },
    need: [['page_message_id'], ['engaged_ms']],
  }),
} as const;

export type EcommerceName = keyof typeof ecommerce;

type Properties<D extends Definition> = z.input<z.ZodObject<D['shape'], z.core.$loose>>;
type Alone<Need> = Need extends readonly (infer Alternative)[]
  ? Alternative extends readonly [infer Only]
    ? Only & string
    : never
  : never;
type Sent<D extends Definition> = Properties<D> & {
  [Key in Alone<D['need']> & keyof D['shape']]-?: NonNullable<z.input<D['shape'][Key]>>;
};

/** Name → properties, for whoever sends: the SDK's `track()`. */
export type EcommerceEvents = { [Name in EcommerceName]: Sent<(typeof ecommerce)[Name]> };
export type Product = z.input<typeof product>;

/** v1 of the spec turned its names round. */
export const aliases: Readonly<Record<string, EcommerceName>> = Object.freeze(
  Object.assign(Object.create(null) as Record<string, EcommerceName>, {
    'Viewed Product': 'Product Viewed',
    'Added Product': 'Product Added',
    'Removed Product': 'Product Removed',
    'Clicked Product': 'Product Clicked',
    'Viewed Product Category': 'Product List Viewed',
    'Viewed Promotion': 'Promotion Viewed',
    'Clicked Promotion': 'Promotion Clicked',
    'Completed Order': 'Order Completed',
    'Started Checkout': 'Checkout Started',
  } satisfies Record<string, EcommerceName>),
);

export const canonicalName = (name: string): string => aliases[name] ?? name;
export const isEcommerce = (name: string): name is EcommerceName => Object.hasOwn(ecommerce, name);
/** A name of this table, under whichever name it came; null for one that a shop, or a stranger, chose. */
export const knownName = (name: unknown): EcommerceName | null => {
  if (typeof name !== 'string') return null;
  const canonical = canonicalName(name);
  return isEcommerce(canonical) ? canonical : null;
};

/** v1 also named two properties otherwise. Only read under a v1 name, where `id` can mean nothing else. */
const v1Properties = { id: 'product_id', orderId: 'order_id' } as const;
const renamed = (properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  let out: Record<string, unknown> | null = null;
  for (const [old, now] of Object.entries(v1Properties)) {
    if (properties[old] === undefined || properties[now] !== undefined) continue;
    out ??= { ...properties };
    out[now] = properties[old];
  }
  return out ?? properties;
};

/** A track in today's names: a v1 name and its properties are translated, anything else is handed back as it came. */
export const canonicalTrack = (
  name: string,
  properties: Readonly<Record<string, unknown>>,
): { name: string; properties: Readonly<Record<string, unknown>> } => {
  const canonical = aliases[name];
  if (canonical === undefined) return { name, properties };
  const own = renamed(properties);
  if (!Array.isArray(own.products)) return { name: canonical, properties: own };
  const lines = own.products.map((line: unknown) =>
    typeof line === 'object' && line !== null && !Array.isArray(line) ? renamed(line as Record<string, unknown>) : line,
  );
  return { name: canonical, properties: { ...own, products: lines } };
};

export interface EcommerceWarning {
  code: 'missing_property' | 'bad_amount' | 'bad_currency';
  /** Dotted, from the event: `properties.products.0.price`. Names and positions only, never a value. */
  path: string;
}

const amountNames = ['price', 'quantity', 'value', ...Object.keys(amounts), 'engaged_ms', 'score'];
/** Those that each event has, of its own or of a line's: found once, since most events have most of a line's. */
const amountsOf = Object.fromEntries(
  Object.entries<Definition>(ecommerce).map(([name, { shape }]) => [
    name,
    amountNames.filter((key) => key in shape || key in productShape),
  ]),
) as Record<EcommerceName, string[]>;

export const ratingMax = 5;
/** A number from 0 to 5; null for anything else. */
export const readRating = (value: unknown): number | null => {
  const read = readAmount(value);
  const rating = read.kind === 'amount' ? Number(read.decimal) : Number.NaN;
  return rating >= 0 && rating <= ratingMax ? rating : null;
};

const present = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** What is odd about an ecommerce event's properties. An empty list for a good one and for any other name. */
export const checkEcommerce = (name: string, properties: Readonly<Record<string, unknown>>): EcommerceWarning[] => {
  if (!isEcommerce(name)) return [];
  const warnings: EcommerceWarning[] = [];
  const definition: Definition = ecommerce[name];
  for (const alternatives of definition.need) {
    if (!alternatives.some((key) => present(properties[key]))) {
      warnings.push({ code: 'missing_property', path: `properties.${alternatives[0]}` });
    }
  }
  const judge = (values: Readonly<Record<string, unknown>>, path: string): void => {
    for (const key of amountsOf[name]) {
      if (values[key] !== undefined && isUnreadable(values[key]))
        warnings.push({ code: 'bad_amount', path: `${path}.${key}` });
    }
  };
  judge(properties, 'properties');
  if ('rating' in definition.shape && present(properties.rating) && readRating(properties.rating) === null)
    warnings.push({ code: 'bad_amount', path: 'properties.rating' });
  if (readCurrency(properties.currency) === undefined)
    warnings.push({ code: 'bad_currency', path: 'properties.currency' });
  if (Array.isArray(properties.products)) {
    for (let index = 0; index < properties.products.length; index += 1) {
      const line: unknown = properties.products[index];
      const path = `properties.products.${index}`;
      if (typeof line !== 'object' || line === null || Array.isArray(line)) {
        warnings.push({ code: 'missing_property', path });
        continue;
      }
      const values = line as Record<string, unknown>;
      if (!present(values.product_id) && !present(values.sku))
        warnings.push({ code: 'missing_property', path: `${path}.product_id` });
      judge(values, path);
    }
  } else if ('products' in definition.shape && present(properties.products)) {
    warnings.push({ code: 'missing_property', path: 'properties.products' });
  }
  return warnings;
};

/**
 * The place of a negative quantity, which the API refuses (C8); only an import map may read it as a return.
 * Null when there is none.
 */
export const negativeQuantity = (name: string, properties: Readonly<Record<string, unknown>>): string | null => {
  if (!isEcommerce(name) || !('products' in ecommerce[name].shape || 'quantity' in ecommerce[name].shape)) return null;
  const below = (value: unknown): boolean => {
    const read = readAmount(value);
    return read.kind === 'amount' && isNegative(read.decimal);
  };
  if (below(properties.quantity)) return 'properties.quantity';
  if (!Array.isArray(properties.products)) return null;
  const at = properties.products.findIndex(
    (line: unknown) => typeof line === 'object' && line !== null && below((line as Record<string, unknown>).quantity),
  );
  return at < 0 ? null : `properties.products.${at}.quantity`;
};
