// An event as someone who runs a shop would tell it: "Added Linen Shirt × 2 to the cart, €78.00". Pure. What it takes from
// an event is text of a stranger: it is handed on marked as such and never becomes markup or an address.

import { timesQuantity, toMinor } from '../../carts/money.js';
import { readAmount, readCurrency } from '../../contract/amount.js';
import { type EcommerceName, ratingMax, readRating } from '../../contract/ecommerce.js';
import type { EventItem } from '../../contract/profile.js';
import type { IconName } from '../kit/icon.js';
import { legible } from '../kit/said.js';

/** Ours as it stands; what an event said, marked. */
export type Part = string | { said: string };

export interface Told {
  icon: IconName;
  parts: Part[];
  /** A step towards the till, or back from it: told louder than a page view. */
  weight: 'quiet' | 'plain' | 'loud';
}

export interface Telling {
  money: (minor: number, currency: string | null) => string;
  /** Of the person's cart or orders, for events that name none. */
  currency: string | null;
}

type Properties = Readonly<Record<string, unknown>>;

const isBag = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A short text or a number; anything else says nothing. */
const text = (value: unknown, charsMax = 120): string | null => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string' || value.trim() === '') return null;
  return legible(value.trim(), charsMax);
};
const first = (properties: Properties, ...names: string[]): string | null => {
  for (const name of names) {
    const found = Object.hasOwn(properties, name) ? text(properties[name]) : null;
    if (found !== null) return found;
  }
  return null;
};
const own = (properties: Properties, name: string): unknown =>
  Object.hasOwn(properties, name) ? properties[name] : undefined;

const said = (value: string | null, otherwise: string): Part => (value === null ? otherwise : { said: value });

const quantityOf = (line: Properties): number => {
  const amount = readAmount(own(line, 'quantity'));
  return amount.kind === 'amount' ? Number(amount.decimal) : 1;
};
const productOf = (line: Properties): string | null => {
  const name = first(line, 'name', 'product_name', 'title', 'product_id', 'sku', 'id', 'item_name', 'item_id');
  const variant = first(line, 'variant');
  return name === null ? null : variant === null || name.includes(variant) ? name : `${name}, ${variant}`;
};
const times = (quantity: number): string => (quantity === 1 ? '' : ` × ${quantity}`);

const linesOf = (properties: Properties): Properties[] | null => {
  const products = own(properties, 'products');
  return Array.isArray(products) ? products.slice(0, 500).filter(isBag) : null;
};

/** `Linen Shirt × 2, Mug and 3 more`. */
const goods = (lines: readonly Properties[]): Part[] => {
  const named = lines.slice(0, lines.length === 3 ? 3 : 2);
  const rest = lines.length - named.length;
  const parts: Part[] = [];
  for (const [index, line] of named.entries()) {
    if (index > 0) parts.push(rest === 0 && index === named.length - 1 ? ' and ' : ', ');
    parts.push(said(productOf(line), 'a product'), times(quantityOf(line)));
  }
  if (rest > 0) parts.push(` and ${rest} more`);
  return parts;
};

const amounts = (properties: Properties, { money, currency }: Telling) => {
  const inCurrency = readCurrency(own(properties, 'currency')) ?? currency;
  const minorOf = (value: unknown): number | null => {
    const amount = readAmount(value, inCurrency);
    return amount.kind === 'amount' ? toMinor(amount.decimal, inCurrency) : null;
  };
  return {
    /** The first of these that can be read. */
    of: (...names: string[]): string | null => {
      for (const name of names) {
        const minor = minorOf(own(properties, name));
        if (minor !== null) return money(minor, inCurrency);
      }
      return null;
    },
    /** Price times quantity. */
    line: (): string | null => {
      const price = readAmount(own(properties, 'price'), inCurrency);
      const minor = price.kind === 'amount' ? timesQuantity(price.decimal, quantityOf(properties), inCurrency) : null;
      return minor === null ? null : money(minor, inCurrency);
    },
  };
};

type Tell = (properties: Properties, telling: Telling) => Told;

const told = (icon: IconName, weight: Told['weight'], ...parts: (Part | Part[])[]): Told => ({
  icon,
  weight,
  parts: parts.flat().filter((part) => part !== ''),
});
const after = (value: string | null): string => (value === null ? '' : `, ${value}`);
const bracketed = (value: string | null): Part[] => (value === null ? [] : [' (', { said: value }, ')']);

const simple =
  (icon: IconName, before: string, names: string[], otherwise: string, behind = ''): Tell =>
  (properties) =>
    told(icon, 'plain', before, said(first(properties, ...names), otherwise), behind);

const added =
  (where: string): Tell =>
  (properties, telling) =>
    told(
      'cart',
      'loud',
      'Added ',
      said(productOf(properties), 'a product'),
      times(quantityOf(properties)),
      where,
      after(amounts(properties, telling).line()),
    );

const message = (before: string): Tell =>
  simple('message', before, ['message_name', 'campaign', 'message_id'], 'a message');
const order = (properties: Properties): Part[] => {
  const id = first(properties, 'order_id');
  return id === null ? ['an order'] : ['order ', { said: id }];
};
const capital = ([head = '', ...rest]: Part[]): Part[] => [
  typeof head === 'string' ? head.charAt(0).toUpperCase() + head.slice(1) : head,
  ...rest,
];

const tracks: Readonly<Record<EcommerceName, Tell>> = {
  'Products Searched': (p) => told('search', 'plain', 'Searched for “', said(first(p, 'query'), '…'), '”'),
  'Product List Viewed': simple('list', 'Looked at the list ', ['category', 'list_id'], 'of products'),
  'Product List Filtered': simple('list', 'Filtered the list ', ['category', 'list_id'], 'of products'),
  'Promotion Viewed': simple('tag', 'Saw the promotion ', ['name', 'creative', 'promotion_id'], '(unnamed)'),
  'Promotion Clicked': simple('tag', 'Clicked the promotion ', ['name', 'creative', 'promotion_id'], '(unnamed)'),
  'Product Clicked': (p) => told('product', 'plain', 'Clicked ', said(productOf(p), 'a product')),
  'Product Viewed': (p, telling) =>
    told('product', 'plain', 'Looked at ', said(productOf(p), 'a product'), after(amounts(p, telling).of('price'))),
  'Product Added': added(' to the cart'),
  'Product Removed': (p) =>
    told('cart', 'loud', 'Took ', said(productOf(p), 'a product'), times(quantityOf(p)), ' out of the cart'),
  'Cart Viewed': (p, telling) => {
    const lines = linesOf(p);
    if (lines === null) return told('cart', 'plain', 'Looked at the cart');
    if (lines.length === 0) return told('cart', 'plain', 'Looked at the empty cart');
    return told('cart', 'plain', 'Looked at the cart: ', goods(lines), after(amounts(p, telling).of('value', 'total')));
  },
  'Cart Updated': (p, telling) => {
    const lines = linesOf(p);
    if (lines === null) return told('cart', 'plain', 'Changed the cart');
    if (lines.length === 0) return told('cart', 'loud', 'Emptied the cart');
    return told('cart', 'plain', 'The cart is now ', goods(lines), after(amounts(p, telling).of('value', 'total')));
  },
  'Checkout Started': (p, telling) => {
    const lines = linesOf(p) ?? [];
    const worth = after(amounts(p, telling).of('value', 'total', 'revenue'));
    return lines.length === 0
      ? told('order', 'loud', 'Began the checkout', worth)
      : told('order', 'loud', 'Began the checkout with ', goods(lines), worth);
  },
  'Checkout Step Viewed': (p) =>
    told('order', 'plain', 'Came to step ', said(first(p, 'step'), 'one'), ' of the checkout'),
  'Checkout Step Completed': (p) =>
    told(
      'order',
      'plain',
      'Finished step ',
      said(first(p, 'step'), 'one'),
      ' of the checkout',
      bracketed(first(p, 'shipping_method', 'payment_method')),
    ),
  'Payment Info Entered': (p) => told('money', 'loud', 'Entered how to pay', bracketed(first(p, 'payment_method'))),
  'Order Completed': (p, telling) => {
    const lines = linesOf(p) ?? [];
    // As the order itself is read: goods first, what was paid with shipping and tax after it.
    const worth = after(amounts(p, telling).of('revenue', 'total', 'value'));
    const id = first(p, 'order_id');
    const number: Part[] = id === null ? [] : [' (order ', { said: id }, ')'];
    return lines.length === 0
      ? told('order', 'loud', 'Placed an order', worth, number)
      : told('order', 'loud', 'Ordered ', goods(lines), worth, number);
  },
  'Order Updated': (p, telling) =>
    told('order', 'plain', capital(order(p)), ' was changed', after(amounts(p, telling).of('revenue', 'total'))),
  'Order Cancelled': (p) => told('order', 'loud', capital(order(p)), ' was cancelled'),
  'Order Refunded': (p, telling) => {
    const worth = amounts(p, telling).of('total');
    return worth === null
      ? told('money', 'loud', capital(order(p)), ' was refunded')
      : told('money', 'loud', 'Got ', worth, ' back for ', order(p));
  },
  'Order Fulfilled': (p) => told('order', 'plain', capital(order(p)), ' was sent', bracketed(first(p, 'carrier'))),
  'Coupon Entered': simple('tag', 'Entered the coupon ', ['coupon_name', 'coupon_id'], '(unnamed)'),
  'Coupon Applied': simple('tag', 'Used the coupon ', ['coupon_name', 'coupon_id'], '(unnamed)'),
  'Coupon Denied': (p) =>
    told(
      'tag',
      'plain',
      'The coupon ',
      said(first(p, 'coupon_name', 'coupon_id'), '(unnamed)'),
      ' was refused',
      bracketed(first(p, 'reason')),
    ),
  'Coupon Removed': simple('tag', 'Took back the coupon ', ['coupon_name', 'coupon_id'], '(unnamed)'),
  'Product Added to Wishlist': (p) =>
    told(
      'star',
      'plain',
      'Put ',
      said(productOf(p), 'a product'),
      ' on the wishlist',
      bracketed(first(p, 'wishlist_name')),
    ),
  'Product Removed from Wishlist': (p) =>
    told('star', 'plain', 'Took ', said(productOf(p), 'a product'), ' off the wishlist'),
  'Wishlist Product Added to Cart': added(' from the wishlist to the cart'),
  'Product Shared': (p) =>
    told('link', 'plain', 'Shared ', said(productOf(p), 'a product'), bracketed(first(p, 'share_via'))),
  'Cart Shared': (p) => told('link', 'plain', 'Shared the cart', bracketed(first(p, 'share_via'))),
  'Product Reviewed': (p) => {
    const rating = readRating(own(p, 'rating'));
    return told(
      'star',
      'plain',
      'Reviewed ',
      said(first(p, 'name', 'product_id'), 'a product'),
      rating === null ? '' : `: ${rating} of ${ratingMax}`,
    );
  },
  'Experiment Viewed': (p) =>
    told(
      'other',
      'quiet',
      'Was shown ',
      said(first(p, 'variation_name', 'variation_id'), 'a variation'),
      ' of the experiment ',
      said(first(p, 'experiment_name', 'experiment_id'), '(unnamed)'),
    ),
  'Survey Shown': simple('message', 'Was asked: ', ['survey_name', 'survey_id'], 'a survey'),
  'Survey Answered': (p) =>
    told(
      'message',
      'plain',
      'Answered ',
      said(first(p, 'question', 'survey_name', 'survey_id'), 'a survey'),
      ((answer) => (answer === null ? [] : [': ', { said: answer }]))(first(p, 'answer', 'score')),
    ),
  'Survey Dismissed': simple('message', 'Closed without an answer: ', ['survey_name', 'survey_id'], 'a survey'),
  'Message Sent': message('Was sent '),
  'Message Delivered': message('Received '),
  'Message Opened': message('Opened '),
  'Message Clicked': message('Followed a link in '),
  'Message Bounced': (p) =>
    told('message', 'plain', said(first(p, 'message_name', 'message_id'), 'A message'), ' could not be delivered'),
  'Message Unsubscribed': message('Unsubscribed by '),
  'Consent Updated': () => told('shield', 'plain', 'Changed what they consent to'),
  'Page Engaged': () => told('page', 'quiet', 'Stayed on the page'),
};

/** Of a track by its name alone. */
export const trackIcon = (name: string): IconName =>
  Object.hasOwn(tracks, name) ? tracks[name as EcommerceName]({}, { money: () => '', currency: null }).icon : 'other';

/** Not told on a timeline: beats only carry the engaged time, which the visit shows. */
export const isBeat = (event: Pick<EventItem, 'type' | 'event'>): boolean =>
  event.type === 'track' && event.event === 'Page Engaged';

const pageTold = (event: EventItem): Told => {
  const named = text(event.page?.title) ?? text(event.event) ?? first(event.properties, 'title', 'name');
  const path = text(event.page?.path) ?? first(event.properties, 'path');
  return named === null
    ? told('page', 'quiet', 'Looked at ', said(path, 'a page'))
    : told('page', 'quiet', 'Looked at ', { said: named });
};

export const tell = (event: EventItem, telling: Telling, again = false): Told => {
  if (again) return told('order', 'quiet', 'Heard of ', order(event.properties), ' once more; it counts once');
  switch (event.type) {
    case 'page':
      return pageTold(event);
    case 'screen':
      return told('mobile', 'quiet', 'Opened the screen ', said(text(event.event), '(unnamed)'));
    case 'identify':
      return event.userId === null
        ? told('person', 'plain', 'Left details about themselves')
        : told('person', 'loud', 'Signed in as ', { said: event.userId });
    case 'alias':
      return told('person', 'plain', 'Was given the id ', said(event.userId, '(unnamed)'));
    case 'group':
      return told(
        'person',
        'plain',
        'Joined the group ',
        said(first(event.traits, 'name') ?? text(event.groupId), '(unnamed)'),
      );
    default: {
      const name = event.event ?? '';
      if (Object.hasOwn(tracks, name)) return tracks[name as EcommerceName](event.properties, telling);
      return told('other', 'plain', { said: text(name) ?? 'Something' });
    }
  }
};

/** C8: page and server both tell of an order. The messages that were not the first to; `events` newest first. */
export const toldAgain = (events: readonly EventItem[]): ReadonlySet<string> => {
  const known = new Set<string>();
  const again = new Set<string>();
  for (const event of events.toReversed()) {
    if (event.type !== 'track' || event.event !== 'Order Completed') continue;
    const id = first(event.properties, 'order_id');
    if (id === null) continue;
    if (known.has(id)) again.add(event.messageId);
    known.add(id);
  }
  return again;
};

/** One line, for those who listen and for titles. */
export const plain = (parts: readonly Part[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : part.said)).join('');

/** A property's value for reading: text as it is, anything else as JSON. Bounded. */
export const inspect = (value: unknown, charsMax = 300): string => {
  if (typeof value === 'string') return legible(value, charsMax);
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  try {
    return legible(JSON.stringify(value) ?? '–', charsMax);
  } catch {
    return '…';
  }
};
