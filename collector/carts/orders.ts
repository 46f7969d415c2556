// C8: an order is a set of facts (who stated it, whether it was cancelled, what was refunded) and its figures are computed
// from all of them at once. So it does not matter whether the browser or the server spoke first. No cart is touched here.

import { type Decimal, isNegative, readAmount, readCurrency } from '../contract/amount.js';
import type { Order } from '../contract/profile.js';
import type { OwnedEvent } from '../events/event.js';
import type { Step } from './cart.js';
import { readId } from './ids.js';
import { type CartLine, currencyOf, findLine, isForeign, linesMinor, readProducts, showLine } from './lines.js';
import { magnitude, minus, timesQuantity, toMinor } from './money.js';
import {
  type CartState,
  type GoodsStatement,
  type MoneyStatement,
  type OrderRecord,
  orderKey,
  type Refund,
  refundsMax,
  type Statement,
} from './state.js';
import type { Warn } from './warnings.js';

type Properties = Readonly<Record<string, unknown>>;

/** ISO 4217: no currency. Revenue whose currency nobody named is shown under it, rather than not at all. */
const noCurrency = 'XXX';

export interface OrderFigures {
  currency: string | null;
  revenueMinor: number;
  refundedMinor: number;
  /** What the order adds to revenue: negative while only its refund is known. */
  netMinor: number;
  revenueFrom: string | null;
  state: Order['state'];
}

// ── Statements: which of several tellings of one order stands ────────────────────────────────────────────────────────

/** An update replaces; a server's word beats a browser's; among updates the last, among first statements the richest. */
const isBetter = (a: Statement, b: Statement): boolean => {
  if (a.kind !== b.kind) return a.kind === 'updated';
  if (a.trust !== b.trust) return a.trust === 'secret';
  const isLater = a.at !== b.at ? a.at > b.at : a.messageId > b.messageId;
  if (a.kind === 'updated') return isLater;
  return a.richness !== b.richness ? a.richness > b.richness : !isLater;
};

const better = <S extends Statement>(known: S | null, told: S | null): S | null =>
  told !== null && (known === null || isBetter(told, known)) ? told : known;

const readDecimal = (properties: Properties, name: string, currency: string | null, warn: Warn): Decimal | null => {
  const amount = readAmount(properties[name], currency);
  if (amount.kind === 'absent') return null;
  if (amount.kind === 'unreadable' || toMinor(amount.decimal, currency) === null) {
    warn('amount_unreadable');
    return null;
  }
  if (!amount.plain) warn('amount_format');
  return amount.decimal;
};

const notNegative = (decimal: Decimal | null, warn: Warn): Decimal | null => {
  if (decimal === null || !isNegative(decimal)) return decimal;
  warn('amount_negative');
  return null;
};

/** Integrators differ in what `total` means, so the plainest figure wins: revenue, subtotal − discount, total − tax − shipping. */
const readRevenue = (p: Properties, currency: string | null, warn: Warn) => {
  const read = (name: string): Decimal | null => notNegative(readDecimal(p, name, currency, warn), warn);
  const revenue = read('revenue');
  const subtotal = read('subtotal');
  const total = read('total');
  const value = read('value');
  // Some send what is taken off as a negative number.
  const off = (name: string): Decimal => magnitude(readDecimal(p, name, currency, warn) ?? '0');
  const rest = (decimal: Decimal): Decimal => {
    if (!isNegative(decimal)) return decimal;
    warn('amount_negative');
    return '0';
  };
  const given = [revenue, subtotal, total, value].filter((amount) => amount !== null).length;
  if (revenue !== null) return { revenue, from: 'revenue', total, given };
  if (subtotal !== null) return { revenue: rest(minus(subtotal, off('discount'))), from: 'subtotal', total, given };
  if (total !== null) {
    return { revenue: rest(minus(minus(total, off('tax')), off('shipping'))), from: 'total', total, given };
  }
  return value === null ? null : { revenue: value, from: 'value', total, given };
};

export interface OrderStatement {
  money: MoneyStatement | null;
  goods: GoodsStatement | null;
  currency: string | null;
}

const currencyOnLines = (products: unknown): string | null => {
  if (!Array.isArray(products)) return null;
  for (const product of products as unknown[]) {
    if (typeof product !== 'object' || product === null) continue;
    const named = readCurrency((product as Properties).currency);
    if (named != null) return named;
  }
  return null;
};

/** 0202: one the event does not name is that of a line, of whichever names one first. */
const currencyTold = ({ currency, products }: Properties, warn: Warn): string | null =>
  currencyOf(currency, warn) ?? currencyOnLines(products);

export const readStatement = (
  { event, warn }: Pick<Step, 'event' | 'warn'>,
  kind: Statement['kind'],
): OrderStatement => {
  const p = event.properties;
  const currency = currencyTold(p, warn);
  const listed = readProducts(p.products, currency, event.at, warn);
  const lines = listed.kind === 'lines' && listed.lines.length > 0 ? listed.lines : null;
  const read = readRevenue(p, currency, warn);
  const richness = (read?.given ?? 0) + (currency === null ? 0 : 1) + (lines === null ? 0 : 1);
  const base = { kind, trust: event.trust, richness, at: event.at, messageId: event.messageId };
  return {
    money: read && { ...base, revenue: read.revenue, revenueFrom: read.from, total: read.total, currency },
    goods: lines && { ...base, lines, currency },
    currency,
  };
};

// ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const priceIn = (line: CartLine | undefined, currency: string | null): Decimal | null =>
  line === undefined || isForeign(line, currency) ? null : line.price;

/** What goes back for a line: at its own price, where that counts, else at the order's. */
const returnedMinor = (line: CartLine, order: readonly CartLine[], currency: string | null): number | null => {
  const price = priceIn(line, currency) ?? priceIn(findLine(order, line), currency);
  return price === null ? null : timesQuantity(price, line.quantity, currency);
};

/** What is known of the money of some lines; a line nobody priced adds nothing. */
const knownValue = (lines: readonly CartLine[], order: readonly CartLine[], currency: string | null) => {
  let sum = 0;
  for (const line of lines) sum += returnedMinor(line, order, currency) ?? 0;
  return sum;
};

/** Whether the goods of these refunds are all the goods of the order, whatever money went back beside them. */
const coversAll = (goods: readonly CartLine[], refunds: readonly Refund[]): boolean => {
  if (goods.length === 0) return false;
  const returned = new Map<CartLine, number>();
  for (const refund of refunds) {
    if (refund.takes.kind !== 'goods') continue;
    for (const line of refund.lines) {
      const sold = findLine(goods, line);
      if (sold !== undefined) returned.set(sold, (returned.get(sold) ?? 0) + line.quantity);
    }
  }
  return goods.every((line) => (returned.get(line) ?? 0) >= line.quantity);
};

const refundMinor = (refund: Refund, order: OrderRecord, currency: string | null, revenueMinor: number): number => {
  const goods = order.goods?.lines ?? [];
  switch (refund.takes.kind) {
    case 'all':
      return revenueMinor;
    case 'money':
      return isForeign(refund, currency)
        ? knownValue(refund.lines, goods, currency)
        : (toMinor(refund.takes.total, currency) ?? revenueMinor);
    case 'goods':
      return knownValue(refund.lines, goods, currency);
    case 'unknown':
      return 0;
  }
};

/** What one refund that names no currency is in, while nobody has stated its order. */
const refundsCurrency = (order: OrderRecord): string | null => order.refunds[0]?.currency ?? order.assumedCurrency;

/** C8, 0544: refunds of an order nobody has stated count each for itself, so each in its own currency. */
export const refundedAlone = (order: OrderRecord): Map<string | null, number> => {
  const unnamed = refundsCurrency(order);
  const sums = new Map<string | null, number>([[unnamed, 0]]);
  if (order.cancelled) return sums;
  for (const refund of order.refunds) {
    const currency = refund.currency ?? unnamed;
    sums.set(currency, (sums.get(currency) ?? 0) + refundMinor(refund, order, currency, 0));
  }
  return sums;
};

export const orderFigures = (order: OrderRecord): OrderFigures => {
  if (order.placed === null) {
    // An order shows one currency, that of its first refund; the person's revenue has them all.
    const currency = refundsCurrency(order);
    const refunded = refundedAlone(order).get(currency) ?? 0;
    return {
      currency,
      revenueMinor: 0,
      refundedMinor: refunded,
      netMinor: refunded === 0 ? 0 : -refunded,
      revenueFrom: null,
      state: order.cancelled ? 'cancelled' : 'refund_only',
    };
  }
  const currency = order.money?.currency ?? order.goods?.currency ?? order.assumedCurrency;
  const goods = order.goods?.lines ?? [];
  const money = order.money === null ? null : toMinor(order.money.revenue, currency);
  const lines = money === null && goods.length > 0 ? linesMinor(goods, currency ?? noCurrency) : null;
  const revenueMinor = money ?? lines ?? 0;
  const revenueFrom = money !== null ? (order.money?.revenueFrom ?? null) : lines !== null ? 'products' : null;
  const figures = (state: Order['state'], refundedMinor: number): OrderFigures => ({
    currency,
    revenueMinor,
    refundedMinor,
    netMinor: revenueMinor - refundedMinor,
    revenueFrom,
    state,
  });
  // A cancelled order keeps what it was worth, and has all of it taken back: revenue − refunded is true of every order.
  if (order.cancelled) return figures('cancelled', revenueMinor);
  if (order.refunds.length === 0) return figures('completed', 0);
  const whole = order.refunds.some((refund) => refund.takes.kind === 'all') || coversAll(goods, order.refunds);
  const sum = order.refunds.reduce((all, refund) => all + refundMinor(refund, order, currency, revenueMinor), 0);
  const refundedMinor = whole ? revenueMinor : Math.min(sum, revenueMinor);
  const isWhole = whole || (revenueMinor > 0 && refundedMinor === revenueMinor);
  return figures(isWhole ? 'refunded' : 'partially_refunded', refundedMinor);
};

// ── The order's document, and what it adds to the person's figures ───────────────────────────────────────────────────

export const findOrder = ({ shelf }: Step, orderId: string): OrderRecord | undefined => {
  const document = shelf.get(orderKey(orderId));
  return document?.sort === 'order' ? document : undefined;
};

const beginOrder = (orderId: string, at: number): OrderRecord => ({
  sort: 'order',
  orderId,
  at,
  placed: null,
  money: null,
  goods: null,
  assumedCurrency: null,
  cancelled: false,
  refunds: [],
  sessionId: null,
  sessionSeen: false,
  cartId: null,
});

const isCounted = (order: OrderRecord): boolean => order.placed !== null && !order.cancelled;

const book = (state: CartState, currency: string | null, netMinor: number, sign: 1 | -1): void => {
  const code = currency ?? noCurrency;
  const known = state.revenue[code];
  // A state of before has booked no refund of a second currency: there is nothing to take out again.
  if (known === undefined && sign < 0) return;
  const figure = known ?? { minor: 0, orders: 0 };
  figure.minor += sign * netMinor;
  figure.orders += sign;
  if (figure.orders === 0) delete state.revenue[code];
  else state.revenue[code] = figure;
};

const count = (state: CartState, order: OrderRecord, sign: 1 | -1): void => {
  if (order.elsewhere) return;
  if (order.placed === null) {
    for (const [currency, minor] of refundedAlone(order)) book(state, currency, -minor, sign);
  } else {
    const { currency, netMinor } = orderFigures(order);
    book(state, currency, netMinor, sign);
  }
  if (isCounted(order)) state.orders += sign;
};

/** What one `Order Completed` says of its order, with nothing else known: as it was placed, nothing refunded. */
export const statedRevenue = (event: OwnedEvent): { currency: string | null; minor: number } => {
  const { money, goods, currency: assumedCurrency } = readStatement({ event, warn: () => {} }, 'completed');
  const order: OrderRecord = { ...beginOrder('', event.at), placed: 'completed', money, goods, assumedCurrency };
  const { currency, revenueMinor } = orderFigures(order);
  return { currency, minor: revenueMinor };
};

/** Every change of an order goes through here, so that the running figures are always the sum of the orders'. */
export const changeOrder = (
  step: Step,
  known: OrderRecord | undefined,
  orderId: string,
  change: (order: OrderRecord) => void,
): OrderRecord => {
  const order = known ?? beginOrder(orderId, step.event.at);
  if (step.isElsewhere(orderId)) order.elsewhere = true;
  if (known !== undefined) count(step.state, order, -1);
  change(order);
  count(step.state, order, 1);
  step.shelf.put(orderKey(orderId), order);
  return order;
};

/** `Order Completed`, or an `Order Updated` of an order that exists or that nobody had told of. */
export const stateOrder = (order: OrderRecord, step: Step, kind: Statement['kind'], told: OrderStatement): void => {
  const { event, warn } = step;
  // On the order's own date, whatever was heard of it before; an update has none to give, so what was first heard stands.
  if (kind === 'completed' && order.placed !== 'completed') order.at = event.at;
  if (kind === 'completed' || order.placed === null) order.placed = kind;
  order.money = better(order.money, told.money);
  order.goods = better(order.goods, told.goods);
  order.assumedCurrency = told.currency ?? order.assumedCurrency ?? step.state.currency;
  if (order.money === null && orderFigures(order).revenueFrom === null) warn('order_revenue_missing');
  if (told.currency === null && order.money?.currency == null && order.goods?.currency == null)
    warn('currency_missing');
};

/** A browser's own session before one that was found by way of the cart. */
export const attribute = (order: OrderRecord, seen: string | null, found: string | null): void => {
  if (seen !== null && !order.sessionSeen) {
    order.sessionId = seen;
    order.sessionSeen = true;
  }
  order.sessionId ??= found;
};

const readRefund = ({ event, warn }: Step): Refund => {
  const p = event.properties;
  const currency = currencyTold(p, warn);
  const listed = readProducts(p.products, currency, event.at, warn);
  const lines = listed.kind === 'lines' ? listed.lines : [];
  const given = ['total', 'revenue', 'value'].find((name) => readAmount(p[name]).kind !== 'absent');
  const refund = { id: readId(p.refund_id) ?? event.messageId, at: event.at, currency, lines };
  if (given !== undefined) {
    const total = readDecimal(p, given, currency, warn);
    // Some send what goes back as a negative number.
    if (total !== null) return { ...refund, takes: { kind: 'money', total: magnitude(total) } };
  }
  if (lines.length > 0) return { ...refund, takes: { kind: 'goods' } };
  const nothingGiven =
    given === undefined && (listed.kind === 'absent' || (Array.isArray(p.products) && p.products.length === 0));
  // What could not be read must not become a refund of everything.
  if (!nothingGiven) warn('refund_amount_unknown');
  return { ...refund, takes: { kind: nothingGiven ? 'all' : 'unknown' } };
};

/** The most that may go back: the whole the customer paid, of which revenue leaves out tax and shipping. */
const paidMinor = (order: OrderRecord, figures: OrderFigures): number => {
  const total = order.money?.total == null ? null : toMinor(order.money.total, figures.currency);
  return Math.max(total ?? 0, figures.revenueMinor);
};

export const refundOrder = (step: Step, known: OrderRecord | undefined, orderId: string): void => {
  const { state, warn } = step;
  const refund = readRefund(step);
  if (known?.refunds.some((earlier) => earlier.id === refund.id)) return;
  if (known !== undefined && known.refunds.length >= refundsMax) {
    warn('refunds_many');
    return;
  }
  const order = changeOrder(step, known, orderId, (o) => {
    o.refunds.push(refund);
    o.assumedCurrency ??= state.currency;
  });
  if (order.elsewhere) return;
  const figures = orderFigures(order);
  const isOther = (priced: { currency: string | null }): boolean => isForeign(priced, figures.currency);
  if (isOther(refund) || (refund.takes.kind === 'goods' && refund.lines.some(isOther))) warn('refund_currency_mixed');
  if (order.placed === null) {
    warn('refund_without_order');
    return;
  }
  const asked = order.refunds.reduce(
    (sum, one) =>
      one.takes.kind === 'money' && !isOther(one) ? sum + (toMinor(one.takes.total, figures.currency) ?? 0) : sum,
    0,
  );
  if (asked > paidMinor(order, figures)) warn('refund_exceeds_order');
  const isUnpriced = (line: CartLine): boolean =>
    returnedMinor(line, order.goods?.lines ?? [], figures.currency) === null;
  if (refund.takes.kind === 'goods' && figures.state !== 'refunded' && refund.lines.some(isUnpriced)) {
    warn('refund_amount_unknown');
  }
};

export const cancelOrder = (step: Step, known: OrderRecord | undefined, orderId: string): void => {
  const order = changeOrder(step, known, orderId, (o) => {
    o.cancelled = true;
  });
  if (order.placed === null && !order.elsewhere) step.warn('order_unknown');
};

// ── Shown ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const safe = (minor: number): number => Math.max(Math.min(minor, Number.MAX_SAFE_INTEGER), -Number.MAX_SAFE_INTEGER);

/** Whom it is owed to hangs on its visit, which is not known here. */
export type OrderAlone = Omit<Order, 'attribution'>;

export const showOrder = (order: OrderRecord): OrderAlone => {
  const { currency, state, ...figures } = orderFigures(order);
  // Seen here, counted there: revenue less refunds stays the sum of the orders shown.
  const { revenueMinor, refundedMinor, revenueFrom } = order.elsewhere
    ? { revenueMinor: 0, refundedMinor: 0, revenueFrom: null }
    : figures;
  return {
    orderId: order.orderId,
    at: new Date(order.at).toISOString(),
    currency,
    revenueMinor: safe(revenueMinor),
    refundedMinor: safe(refundedMinor),
    state,
    revenueFrom,
    lines: (order.goods?.lines ?? []).map((line) => showLine(line, currency ?? noCurrency)),
    sessionId: order.sessionId,
    elsewhere: order.elsewhere ?? false,
  };
};

/** Net of refunds, by currency in the order of the alphabet. */
export const showRevenue = (state: CartState): { currency: string; minor: number }[] =>
  Object.keys(state.revenue)
    .sort()
    .map((currency) => ({ currency, minor: safe(state.revenue[currency]!.minor) }));
