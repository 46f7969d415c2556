// What a data layer says, in our words: GA4's commerce events, the shapes of old Universal Analytics, and the commands of
// gtag. Pure but for the little that a data layer itself remembers. It knows no window, no client and no array.
// A page writes anything into a data layer: every size and count here is bounded, and nothing is trusted to be of a type.

import type { NotedCode } from '../../collector/contract/codes.js';
import type { Properties } from '../event/wire.js';
import { amount } from './amount.js';

/** What one push comes to. */
export type Told =
  | { kind: 'track'; event: string; properties: Properties; warnings: NotedCode[] }
  | { kind: 'identify'; userId: string }
  | { kind: 'consent'; mode: 'default' | 'update'; granted: Record<string, boolean> };

/** GA4 takes this many items an event, and this many fields of a shop's own an item. */
const itemsMax = 200;
const ownFieldsMax = 27;
const textMax = 500;

type Bag = Record<string, unknown>;

const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  typeof (value as { nodeType?: unknown }).nodeType !== 'number';
const bag = (value: unknown): Bag => (isBag(value) ? value : {});

const text = (value: unknown): string | undefined => {
  const written =
    typeof value === 'string' ? value.trim() : typeof value === 'number' && Number.isFinite(value) ? `${value}` : '';
  return written ? written.slice(0, textMax) : undefined;
};

const first = (...values: unknown[]): string | undefined => {
  for (const value of values) {
    const found = text(value);
    if (found) return found;
  }
  return undefined;
};

const known = (properties: Properties): Properties => {
  const kept: Properties = {};
  for (const name in properties) if (properties[name] !== undefined) kept[name] = properties[name];
  return kept;
};

// --- items ------------------------------------------------------------------------------------------------------------

/** Names of an item that are read under a name of ours; the rest are the shop's own. GA4, gtag's older form, and UA. */
const itemFields = new Set(
  (
    'item_id item_name item_brand item_variant item_category item_category2 item_category3 item_category4 item_category5 ' +
    'item_list_id item_list_name item_sku item_url item_image index price quantity coupon discount affiliation location_id ' +
    'id name brand variant category list list_name list_position position sku currency image_url url cart_id'
  ).split(' '),
);

const categoryOf = (item: Bag): string | undefined => {
  const levels = [
    item.item_category ?? item.category,
    item.item_category2,
    item.item_category3,
    item.item_category4,
    item.item_category5,
  ];
  return levels.map(text).filter(Boolean).join('/') || undefined;
};

const ownFields = (item: Bag): Properties => {
  const own: Properties = {};
  let count = 0;
  for (const name of Object.keys(item)) {
    const value = item[name];
    if (itemFields.has(name) || name.length > 40 || count >= ownFieldsMax) continue;
    if (typeof value === 'boolean' || text(value) !== undefined) {
      own[name] = typeof value === 'string' ? text(value) : value;
      count += 1;
    }
  }
  return own;
};

interface Line {
  product: Properties;
  listId: string | undefined;
  listName: string | undefined;
  currency: string | undefined;
}

const lineOf = (item: Bag, note: (code: NotedCode) => void): Line | undefined => {
  const name = first(item.item_name, item.name);
  const id = first(item.item_id, item.id);
  const sku = first(item.item_sku, item.sku);
  // GA4 asks for an id or a name. A name alone must serve as the id, or the line could never be found again.
  if (!id && !sku && !name) return undefined;
  return {
    listId: text(item.item_list_id),
    listName: first(item.item_list_name, item.list_name, item.list),
    currency: text(item.currency),
    product: known({
      ...ownFields(item),
      product_id: id ?? (sku ? undefined : name),
      sku,
      name,
      category: categoryOf(item),
      brand: first(item.item_brand, item.brand),
      variant: first(item.item_variant, item.variant),
      price: amount(item.price, note),
      quantity: amount(item.quantity, note),
      coupon: text(item.coupon),
      discount: amount(item.discount, note),
      position: amount(item.index ?? item.list_position ?? item.position, note),
      affiliation: text(item.affiliation),
      location_id: text(item.location_id),
      url: first(item.item_url, item.url),
      image_url: first(item.item_image, item.image_url),
    }),
  };
};

const linesOf = (items: unknown, note: (code: NotedCode) => void): Line[] => {
  const list = Array.isArray(items) ? items.slice(0, itemsMax) : isBag(items) ? [items] : [];
  const lines: Line[] = [];
  for (const item of list) {
    const line = isBag(item) ? lineOf(item, note) : undefined;
    if (line) lines.push(line);
  }
  return lines;
};

// --- events -----------------------------------------------------------------------------------------------------------

interface Said {
  e: Bag;
  lines: Line[];
  products: Properties[];
  currency: string | undefined;
  money: (name: string) => number | string | undefined;
  /** What names the cart or the checkout; no field of GA4's, but a parameter that shops add. */
  keys: Properties;
}

type Tracks = [event: string, properties: Properties][];
type Translate = (said: Said) => Tracks;

const each =
  (event: string, more: (said: Said, line: Line) => Properties = () => ({})): Translate =>
  (said) =>
    said.lines.map((line) => [
      event,
      { ...said.keys, ...line.product, currency: line.currency ?? said.currency, ...more(said, line) },
    ]);

const whole =
  (event: string, more: (said: Said) => Properties = () => ({})): Translate =>
  (said) => [
    [
      event,
      {
        ...said.keys,
        currency: said.currency,
        value: said.money('value'),
        coupon: text(said.e.coupon),
        ...more(said),
        // No items are no snapshot: an empty list would empty the cart.
        products: said.products.length ? said.products : undefined,
      },
    ],
  ];

const searched: Translate = ({ e }) => {
  const query = text(e.search_term);
  return query ? [['Products Searched', { query }]] : [];
};

const listed: Translate = ({ e, lines, products, currency }) => {
  const list_id = text(e.item_list_id) ?? lines[0]?.listId;
  const category = text(e.item_list_name) ?? lines[0]?.listName;
  return lines.length || list_id || category
    ? [['Product List Viewed', { list_id, category, currency, products }]]
    : [];
};

const inList = ({ e }: Said, line: Line): Properties => ({
  list_id: line.listId ?? text(e.item_list_id),
  list_name: line.listName ?? first(e.item_list_name, e.list),
});

const promoted =
  (event: string): Translate =>
  ({ e, lines }) => {
    const promotion = (one: Bag): Properties => ({
      promotion_id: first(one.promotion_id, one.promotion_name),
      name: text(one.promotion_name),
      creative: text(one.creative_name),
      position: first(one.creative_slot, one.location_id),
    });
    // GA4 lets the promotion stand on the event or on its items.
    if (first(e.promotion_id, e.promotion_name)) return [[event, promotion(e)]];
    return lines
      .filter(({ product }) => first(product.promotion_id, product.promotion_name))
      .map(({ product }) => [event, promotion(product)]);
  };

/** GA4's `value` is the goods when tax or shipping stand beside it; alone it may be anything, so it is the total. */
const orderMoney = ({ e, money }: Said): Properties => {
  const [value, tax, shipping] = [money('value'), money('tax'), money('shipping')];
  const apart = e.tax != null || e.shipping != null;
  return { ...(apart ? { revenue: value } : { total: value }), value: undefined, tax, shipping };
};

const orderKeys = ({ e }: Said): Properties => ({ order_id: text(e.transaction_id), affiliation: text(e.affiliation) });

const bought: Translate = (said) =>
  text(said.e.transaction_id)
    ? whole('Order Completed', () => ({ ...orderKeys(said), ...orderMoney(said) }))(said)
    : [];

/** Items mean that these goods come back; none mean all of the order, unless an amount says otherwise (C8). */
const refunded: Translate = (said) =>
  text(said.e.transaction_id)
    ? whole('Order Refunded', ({ money }) => ({
        ...orderKeys(said),
        total: money('value'),
        value: undefined,
        tax: money('tax'),
        shipping: money('shipping'),
      }))(said)
    : [];

const shared: Translate = ({ e, keys }) => {
  const about = { share_via: text(e.method), share_message: text(e.share_message) };
  const kind = text(e.content_type)?.toLowerCase();
  if (kind === 'cart') return [['Cart Shared', { ...about, ...keys, cart_id: keys.cart_id ?? text(e.item_id) }]];
  const product_id = first(e.item_id, e.content_id);
  return product_id && (!kind || /product|item/.test(kind)) ? [['Product Shared', { ...about, product_id }]] : [];
};

const entered =
  (event: string): Translate =>
  ({ e }) => [[event, { method: text(e.method) }]];

const translations: Readonly<Record<string, Translate>> = Object.assign(Object.create(null), {
  search: searched,
  view_search_results: searched,
  view_item_list: listed,
  select_item: each('Product Clicked', inList),
  view_item: each('Product Viewed', (said) => (said.lines.length === 1 ? { value: said.money('value') } : {})),
  add_to_cart: each('Product Added'),
  remove_from_cart: each('Product Removed'),
  view_cart: whole('Cart Viewed'),
  begin_checkout: whole('Checkout Started'),
  add_shipping_info: whole('Checkout Step Completed', ({ e }) => ({
    step: 'shipping',
    shipping_method: text(e.shipping_tier),
  })),
  add_payment_info: whole('Payment Info Entered', ({ e }) => ({
    step: 'payment',
    payment_method: text(e.payment_type),
  })),
  purchase: bought,
  refund: refunded,
  add_to_wishlist: each('Product Added to Wishlist'),
  view_promotion: promoted('Promotion Viewed'),
  select_promotion: promoted('Promotion Clicked'),
  share: shared,
  login: entered('login'),
  sign_up: entered('sign_up'),
} satisfies Record<string, Translate>);

// --- Universal Analytics ------------------------------------------------------------------------------------------------

/** An action of UA as GA4 would have said it: its `actionField` and products under GA4's names. */
const fromUniversal = (ecommerce: Bag): [name: string, ecommerce: Bag][] => {
  const currency = ecommerce.currencyCode;
  const keys = { cart_id: ecommerce.cart_id, checkout_id: ecommerce.checkout_id };
  const said: [string, Bag][] = [];
  const action = (field: string, name: string, more: (about: Bag) => Bag = () => ({})) => {
    if (!isBag(ecommerce[field])) return;
    const { actionField, products } = ecommerce[field] as Bag;
    const about = bag(actionField);
    said.push([name, { ...keys, currency, items: products, list: about.list, coupon: about.coupon, ...more(about) }]);
  };
  if (Array.isArray(ecommerce.impressions)) {
    const { list } = bag(ecommerce.impressions[0]);
    said.push(['view_item_list', { currency, item_list_name: list, items: ecommerce.impressions }]);
  }
  for (const [field, name] of [
    ['promoView', 'view_promotion'],
    ['promoClick', 'select_promotion'],
  ] as const) {
    const { promotions } = bag(ecommerce[field]);
    for (const one of Array.isArray(promotions) ? promotions.slice(0, itemsMax) : []) {
      const { id, name: title, creative, position } = bag(one);
      said.push([name, { promotion_id: id, promotion_name: title, creative_name: creative, creative_slot: position }]);
    }
  }
  action('click', 'select_item', ({ list }) => ({ item_list_name: list }));
  action('detail', 'view_item');
  action('add', 'add_to_cart');
  action('remove', 'remove_from_cart');
  const { actionField, products } = bag(ecommerce.checkout);
  const { step, option } = bag(actionField);
  if (isBag(ecommerce.checkout)) {
    // The first step opens the checkout; a further one is a step that is seen.
    const opens = step === undefined || Number(step) === 1;
    said.push([opens ? 'begin_checkout' : 'checkout_step', { ...keys, currency, items: products, step, option }]);
  }
  if (isBag(ecommerce.checkout_option))
    said.push(['checkout_option', { ...keys, ...bag((ecommerce.checkout_option as Bag).actionField) }]);
  // UA's revenue is the grand total, tax and shipping in it.
  const order = (about: Bag) => ({
    transaction_id: about.id,
    affiliation: about.affiliation,
    total: about.revenue,
    tax: about.tax,
    shipping: about.shipping,
  });
  action('purchase', 'ua_purchase', order);
  action('refund', 'ua_refund', order);
  return said;
};

const universal: Readonly<Record<string, Translate>> = Object.assign(Object.create(null), {
  checkout_step: whole('Checkout Step Viewed', ({ e }) => ({ step: amountOrText(e.step), option: text(e.option) })),
  checkout_option: ({ e, keys }) => [
    ['Checkout Step Completed', { ...keys, step: amountOrText(e.step), option: text(e.option) }],
  ],
  ua_purchase: (said) =>
    bought(said).map(([event, properties]) => [
      event,
      { ...properties, revenue: undefined, total: said.money('total') },
    ]),
  ua_refund: (said) =>
    refunded(said).map(([event, properties]) => [event, { ...properties, total: said.money('total') }]),
} satisfies Record<string, Translate>);

const amountOrText = (value: unknown) => (typeof value === 'number' ? value : Number(text(value)) || text(value));

const universalFields =
  'detail add remove click impressions promoView promoClick checkout checkout_option purchase refund';
const isUniversal = (ecommerce: Bag) =>
  !Array.isArray(ecommerce.items) &&
  universalFields.split(' ').some((field) => isBag(ecommerce[field]) || Array.isArray(ecommerce[field]));

// --- gtag -----------------------------------------------------------------------------------------------------------------

/** Consent mode's names, and the purpose that stands behind each. */
const purposeBehind: Readonly<Record<string, string>> = {
  analytics_storage: 'measurement',
  personalization_storage: 'personalisation',
  ad_storage: 'marketing',
  ad_user_data: 'marketing',
  ad_personalization: 'marketing',
};

/**
 * A purpose is granted when each signal behind it that was named says so. Advertising denied denies sharing with others
 * too; advertising granted to one company does not grant it.
 */
const consentOf = (mode: unknown, signals: unknown): Told[] => {
  if ((mode !== 'default' && mode !== 'update') || !isBag(signals)) return [];
  const granted: Record<string, boolean> = {};
  for (const [name, purpose] of Object.entries(purposeBehind)) {
    const value = signals[name];
    if (value === 'granted' || value === 'denied') granted[purpose] = value === 'granted' && granted[purpose] !== false;
  }
  if (granted.marketing === false) granted.sharing = false;
  // A default for some regions only is taken to be ours: we do not ask where somebody is on a page's word.
  return Object.keys(granted).length ? [{ kind: 'consent', mode, granted }] : [];
};

const userOf = (parameters: unknown): Told[] => {
  const userId = text(bag(parameters).user_id);
  return userId ? [{ kind: 'identify', userId }] : [];
};

/** gtag pushes its own `arguments`; an array is no command. */
const isArguments = (pushed: unknown): pushed is ArrayLike<unknown> =>
  Object.prototype.toString.call(pushed) === '[object Arguments]';

// --- the reader -------------------------------------------------------------------------------------------------------------

/** Reads pushes in their order. */
export const createReader = () => {
  /** An `ecommerce` that came without an event: the next event of a push is about it, as in a tag manager's model. */
  let waiting: Bag | undefined;
  let defaultCurrency: string | undefined;

  const say = (name: string, e: Bag, pushed: Bag, table = translations): Told[] => {
    const translate = table[name];
    if (!translate) return [];
    const warnings = new Set<NotedCode>();
    const note = (code: NotedCode) => void warnings.add(code);
    const lines = linesOf(e.items, note);
    const currency = first(
      e.currency,
      e.currencyCode,
      pushed.currency,
      lines[0]?.currency,
      defaultCurrency,
    )?.toUpperCase();
    const said: Said = {
      e,
      lines,
      products: lines.map(({ product }) => product),
      currency,
      money: (field) => amount(e[field], note),
      keys: known({
        cart_id: first(e.cart_id, pushed.cart_id),
        checkout_id: first(e.checkout_id, pushed.checkout_id),
      }),
    };
    return translate(said).map(([event, properties]) => ({
      kind: 'track',
      event,
      properties: known(properties),
      warnings: [...warnings],
    }));
  };

  const command = (words: ArrayLike<unknown>): Told[] => {
    const [verb, name, parameters] = [words[0], words[1], words[2]];
    if (verb === 'consent') return consentOf(name, parameters);
    if (verb === 'config') return userOf(parameters);
    if (verb === 'set') {
      const given = isBag(name) ? name : typeof name === 'string' ? { [name]: parameters } : {};
      defaultCurrency = text(given.currency) ?? defaultCurrency;
      return userOf(given);
    }
    return verb === 'event' && typeof name === 'string' ? say(name, bag(parameters), bag(parameters)) : [];
  };

  return (pushed: unknown): Told[] => {
    if (isArguments(pushed)) return command(pushed);
    if (!isBag(pushed)) return [];
    const { ecommerce } = pushed;
    const event = typeof pushed.event === 'string' ? pushed.event : undefined;
    if (ecommerce === null || ecommerce === undefined) {
      // `ecommerce: null` clears what the tag manager remembers.
      if (ecommerce === null) waiting = undefined;
    } else if (isBag(ecommerce)) {
      if (isUniversal(ecommerce)) {
        waiting = undefined;
        return fromUniversal(ecommerce).flatMap(([name, said]) =>
          say(name, said, pushed, name in universal ? universal : translations),
        );
      }
      defaultCurrency = text(ecommerce.currencyCode) ?? defaultCurrency;
      if (!event) waiting = ecommerce;
    }
    if (!event || !(event in translations)) return [];
    const about = isBag(ecommerce) ? ecommerce : (waiting ?? pushed);
    waiting = undefined;
    // Parameters may stand beside `ecommerce` instead of in it (`search_term` always does).
    return say(event, about === pushed ? pushed : { ...withoutItems(pushed), ...about }, pushed);
  };
};

const withoutItems = ({ ecommerce, items, event, ...rest }: Bag): Bag => rest;
