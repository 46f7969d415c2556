// The basket: lines, coupon and token, kept whole in one cookie of the shop, so that it survives a restart of the demo
// and leaves nothing on the device before somebody puts something in. Pure: it reads no request and sets no cookie.

import { randomBytes } from 'node:crypto';
import { type Choice, choiceBySku, skuOf } from './catalogue.js';

const linesMax = 30;
export const quantityMax = 20;

export interface Line {
  choice: Choice;
  quantity: number;
}

export interface Basket {
  /** Goes with every event as `cart_id`; a new one begins after each order. */
  token: string;
  lines: Line[];
  coupon: Coupon | null;
}

export interface Coupon {
  code: string;
  name: string;
  percent: number;
}

const coupons: readonly Coupon[] = [{ code: 'OXLIP10', name: 'Ten per cent, for a first order', percent: 10 }];

export const couponByCode = (code: string) => coupons.find((coupon) => coupon.code === code.trim().toUpperCase());

export const newBasket = (): Basket => ({
  token: `b_${randomBytes(12).toString('base64url')}`,
  lines: [],
  coupon: null,
});

const tokenShape = /^b_[\w-]{16}$/;

/** `b_…|OX-101-moss*2|!OXLIP10`. Whatever does not parse is left out: the cookie came from outside. */
export const parseBasket = (cookie: string | undefined): Basket | undefined => {
  const [token = '', ...parts] = (cookie ?? '').slice(0, 2000).split('|');
  if (!tokenShape.test(token)) return undefined;
  let basket: Basket = { token, lines: [], coupon: null };
  for (const part of parts.slice(0, linesMax + 1)) {
    if (part.startsWith('!')) {
      basket.coupon = couponByCode(part.slice(1)) ?? null;
      continue;
    }
    const [sku = '', quantity = ''] = part.split('*');
    const choice = choiceBySku(sku);
    if (choice && /^\d{1,2}$/.test(quantity)) basket = put(basket, choice, Number(quantity));
  }
  return basket;
};

export const writeBasket = ({ token, lines, coupon }: Basket): string =>
  [
    token,
    ...lines.map(({ choice, quantity }) => `${skuOf(choice)}*${quantity}`),
    ...(coupon ? [`!${coupon.code}`] : []),
  ].join('|');

export const quantityOf = (basket: Basket | undefined, choice: Choice): number =>
  basket?.lines.find((line) => skuOf(line.choice) === skuOf(choice))?.quantity ?? 0;

export const countOf = (basket: Basket | undefined): number =>
  basket?.lines.reduce((sum, line) => sum + line.quantity, 0) ?? 0;

/** Sets a line's quantity; 0 takes it out. The order of the lines stays. */
export const put = (basket: Basket, choice: Choice, quantity: number): Basket => {
  const wanted = Math.max(0, Math.min(quantityMax, Math.trunc(quantity) || 0));
  const sku = skuOf(choice);
  const known = basket.lines.some((line) => skuOf(line.choice) === sku);
  if (!known && (wanted === 0 || basket.lines.length >= linesMax)) return basket;
  const lines = known
    ? basket.lines.map((line) => (skuOf(line.choice) === sku ? { ...line, quantity: wanted } : line))
    : [...basket.lines, { choice, quantity: wanted }];
  return { ...basket, lines: lines.filter((line) => line.quantity > 0) };
};

/** At log in: the account's basket takes in the guest's, each line with the greater quantity. */
export const joined = (guest: Basket | undefined, kept: Basket | undefined): Basket | undefined => {
  if (!guest || !kept) return kept ?? guest;
  const lines = guest.lines.reduce(
    (basket, line) => put(basket, line.choice, Math.max(line.quantity, quantityOf(basket, line.choice))),
    kept,
  ).lines;
  return { token: kept.token, lines, coupon: kept.coupon ?? guest.coupon };
};

export const deliveries = [
  { id: 'post', name: 'By post', note: 'Two to three working days', priceMinor: 490, freeFromMinor: 6000 },
  { id: 'express', name: 'Express', note: 'Tomorrow, if ordered before noon', priceMinor: 990, freeFromMinor: null },
  {
    id: 'collect',
    name: 'Collect it',
    note: 'Oxlip, Koestraat 12, Ghent, from Tuesday to Saturday',
    priceMinor: 0,
    freeFromMinor: null,
  },
] as const;
export type Delivery = (typeof deliveries)[number];

export const payments = [
  { id: 'card', name: 'Card', note: 'In this demonstration nothing is asked and nothing is charged.' },
  { id: 'transfer', name: 'Bank transfer', note: 'We send the details with the confirmation.' },
  { id: 'invoice', name: 'Invoice', note: 'Fourteen days to pay.' },
] as const;
export type Payment = (typeof payments)[number];

export interface PricedLine extends Line {
  /** Of one piece, after the coupon. */
  unitMinor: number;
  /** Taken off one piece: by the coupon, and by a reduced price. */
  unitDiscountMinor: number;
  lineMinor: number;
}

export interface Bill {
  lines: PricedLine[];
  subtotalMinor: number;
  discountMinor: number;
  /** What the goods cost after the discount: the revenue. */
  goodsMinor: number;
  shippingMinor: number;
  /** Oxlip trades under the small-business exemption: there is no VAT to show. */
  taxMinor: 0;
  totalMinor: number;
}

export const shippingOf = (delivery: Delivery, goodsMinor: number): number =>
  delivery.freeFromMinor !== null && goodsMinor >= delivery.freeFromMinor ? 0 : delivery.priceMinor;

export const bill = (basket: Basket | undefined, delivery: Delivery = deliveries[0]): Bill => {
  const percent = basket?.coupon?.percent ?? 0;
  const lines = (basket?.lines ?? []).map((line): PricedLine => {
    const { priceMinor, wasMinor = priceMinor } = line.choice.variant;
    const off = Math.round((priceMinor * percent) / 100);
    const unitMinor = priceMinor - off;
    return { ...line, unitMinor, unitDiscountMinor: wasMinor - unitMinor, lineMinor: unitMinor * line.quantity };
  });
  const subtotalMinor = lines.reduce((sum, line) => sum + line.choice.variant.priceMinor * line.quantity, 0);
  const goodsMinor = lines.reduce((sum, line) => sum + line.lineMinor, 0);
  const shippingMinor = lines.length ? shippingOf(delivery, goodsMinor) : 0;
  return {
    lines,
    subtotalMinor,
    discountMinor: subtotalMinor - goodsMinor,
    goodsMinor,
    shippingMinor,
    taxMinor: 0,
    totalMinor: goodsMinor + shippingMinor,
  };
};
