// What the demo shop pushes to `dataLayer`, in the shapes of Google's "Ecommerce (GA4)" guide for tag managers and to
// the letter: names, nesting, unit prices after discount, `ecommerce: null` before each commerce push.
// Pure. `cart_id` is the one custom parameter; GA4 allows those.

import type { Bill, Coupon, Delivery, Payment, PricedLine } from './basket.js';
import { type Choice, categoryById, currency, type Product } from './catalogue.js';
import { asNumber } from './money.js';

export interface Item {
  item_id: string;
  item_name: string;
  affiliation: string;
  coupon?: string;
  discount?: number;
  index?: number;
  item_brand: string;
  item_category: string;
  item_category2: string;
  item_list_id?: string;
  item_list_name?: string;
  item_variant: string;
  price: number;
  quantity: number;
}

export type Push = { ecommerce: null } | ({ event: string } & Record<string, unknown>);

export interface List {
  id: string;
  name: string;
}

interface ItemDetail {
  quantity?: number;
  index?: number;
  list?: List;
  coupon?: Coupon | null;
  unitMinor?: number;
  unitDiscountMinor?: number;
}

const item = ({ product, variant }: Choice, detail: ItemDetail = {}): Item => {
  const { quantity = 1, index, list, coupon, unitMinor = variant.priceMinor } = detail;
  const discountMinor = detail.unitDiscountMinor ?? (variant.wasMinor ?? variant.priceMinor) - unitMinor;
  return {
    item_id: product.id,
    item_name: product.name,
    affiliation: 'Oxlip',
    ...(coupon ? { coupon: coupon.code } : {}),
    ...(discountMinor > 0 ? { discount: asNumber(discountMinor) } : {}),
    ...(index === undefined ? {} : { index }),
    item_brand: product.maker,
    item_category: categoryById(product.category)?.name ?? product.category,
    item_category2: product.kind,
    ...(list ? { item_list_id: list.id, item_list_name: list.name } : {}),
    item_variant: variant.name,
    price: asNumber(unitMinor),
    quantity,
  };
};

const lineItems = (lines: readonly PricedLine[], coupon: Coupon | null): Item[] =>
  lines.map(({ choice, quantity, unitMinor, unitDiscountMinor }, index) =>
    item(choice, { quantity, index, coupon, unitMinor, unitDiscountMinor }),
  );

const commerce = (event: string, ecommerce: Record<string, unknown>): Push[] => [
  { ecommerce: null },
  { event, ecommerce },
];

export const listItem = (product: Product, list: List, index: number): Item =>
  item({ product, variant: product.variants[0] }, { list, index });

export const viewItemList = (list: List, shown: readonly Product[]): Push[] =>
  commerce('view_item_list', {
    item_list_id: list.id,
    item_list_name: list.name,
    items: shown.map((product, index) => listItem(product, list, index)),
  });

export const viewItem = (choice: Choice): Push[] =>
  commerce('view_item', { currency, value: asNumber(choice.variant.priceMinor), items: [item(choice)] });

/** One line more or less; `quantity` is how many pieces came or went, as GA4 wants it. */
export const cartChange = (
  event: 'add_to_cart' | 'remove_from_cart',
  cartId: string,
  { choice, unitMinor, unitDiscountMinor }: PricedLine,
  quantity: number,
  coupon: Coupon | null,
): Push[] =>
  commerce(event, {
    currency,
    value: asNumber(unitMinor * quantity),
    cart_id: cartId,
    items: [item(choice, { quantity, coupon, unitMinor, unitDiscountMinor })],
  });

export interface CartState {
  token: string;
  coupon: Coupon | null;
  bill: Bill;
}

const cartOf = ({ token, coupon, bill }: CartState) => ({
  currency,
  value: asNumber(bill.goodsMinor),
  cart_id: token,
  ...(coupon ? { coupon: coupon.code } : {}),
});

export const viewCart = (cart: CartState): Push[] =>
  commerce('view_cart', { ...cartOf(cart), items: lineItems(cart.bill.lines, cart.coupon) });

export const beginCheckout = (cart: CartState): Push[] =>
  commerce('begin_checkout', { ...cartOf(cart), items: lineItems(cart.bill.lines, cart.coupon) });

export const addShippingInfo = (cart: CartState, delivery: Delivery): Push[] =>
  commerce('add_shipping_info', {
    ...cartOf(cart),
    shipping_tier: delivery.name,
    items: lineItems(cart.bill.lines, cart.coupon),
  });

export const addPaymentInfo = (cart: CartState, payment: Payment): Push[] =>
  commerce('add_payment_info', {
    ...cartOf(cart),
    payment_type: payment.name,
    items: lineItems(cart.bill.lines, cart.coupon),
  });

/** `value` is the goods alone: shipping and tax stand beside it. */
export const purchase = (cart: CartState, orderId: string): Push[] =>
  commerce('purchase', {
    transaction_id: orderId,
    ...cartOf(cart),
    tax: asNumber(cart.bill.taxMinor),
    shipping: asNumber(cart.bill.shippingMinor),
    items: lineItems(cart.bill.lines, cart.coupon),
  });

export interface Promotion {
  id: string;
  name: string;
  creative: string;
  slot: string;
}

const promotionOf = ({ id, name, creative, slot }: Promotion) => ({
  creative_name: creative,
  creative_slot: slot,
  promotion_id: id,
  promotion_name: name,
});

export const viewPromotion = (promotion: Promotion): Push[] => commerce('view_promotion', promotionOf(promotion));
export const selectPromotion = (promotion: Promotion): Push[] => commerce('select_promotion', promotionOf(promotion));

export const searched = (term: string): Push[] => [{ event: 'search', search_term: term }];
export const loggedIn = (): Push[] => [{ event: 'login', method: 'password' }];
export const signedUp = (): Push[] => [{ event: 'sign_up', method: 'password' }];
