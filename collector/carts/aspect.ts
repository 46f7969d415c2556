// The cart aspect of the profile fold: C1 to C8. One step for each event of the person, in the order of compareEvents, at
// a cost that does not grow with their history. It must never read a clock or a database.

import type { OwnedEvent } from '../events/event.js';
import type { Aspect } from '../profiles/aspect.js';
import {
  adoptImplicit,
  beginCart,
  cartMeant,
  joinGuests,
  keepBounds,
  login,
  type Step,
  shelveEnded,
  snapshotCart,
  touch,
} from './cart.js';
import { addLine, removeLine } from './content.js';
import { convert } from './conversion.js';
import { nextDueAt, openCarts, resume, settleEpisodes } from './episodes.js';
import { noIds, readId, readIds } from './ids.js';
import { currencyOf, readProducts, readSubject } from './lines.js';
import {
  attribute,
  cancelOrder,
  changeOrder,
  findOrder,
  orderFigures,
  readStatement,
  refundOrder,
  stateOrder,
} from './orders.js';
import {
  type CartDocument,
  type CartRecord,
  type CartState,
  clickMs,
  clicksMax,
  echoMs,
  isOpen,
  orderKey,
  startState,
  viewsMax,
} from './state.js';
import { warnOnce } from './warnings.js';

const learnCurrency = ({ state, event, warn }: Step): string | null => {
  const currency = currencyOf(event.properties.currency, warn);
  state.currency = currency ?? state.currency;
  return currency;
};

const viewProduct = (step: Step): void => {
  const { state, event, warn } = step;
  state.productViews += 1;
  const lines = readSubject(event.properties, learnCurrency(step), event.at, warn);
  if (lines.length === 0) return;
  resume(state.browses.at(-1));
  if (openCarts(state).length > 0) return;
  const earlier = (state.views?.lines ?? []).filter((known) => lines.every((line) => line.key !== known.key));
  // Looked at, not counted: a view has no quantity.
  const viewed = lines.map((line) => ({ ...line, quantity: 1 }));
  state.views = { lines: [...earlier, ...viewed].slice(-viewsMax), at: event.at };
};

/** The person is at it; a guest's cart that waits for the account's joins it (C6). */
const show = (step: Step, cart: CartRecord): void => {
  touch(step, cart);
  joinGuests(step, cart);
};

const addToCart = (step: Step): void => {
  const { state, event, warn } = step;
  state.cartAdds += 1;
  const lines = readSubject(event.properties, learnCurrency(step), event.at, warn).filter((line) => line.quantity > 0);
  const known = cartMeant(step, 'content');
  if (lines.length === 0) {
    if (known !== undefined) show(step, known);
    return;
  }
  const cart = known ?? beginCart(step);
  for (const line of lines) addLine(cart, line, warn);
  show(step, cart);
  resume(state.browses.at(-1));
};

const removeFromCart = (step: Step): void => {
  const { event, warn } = step;
  const lines = readSubject(event.properties, learnCurrency(step), event.at, warn);
  const cart = adoptImplicit(step, cartMeant(step, 'content'), lines);
  if (cart === undefined) {
    if (lines.length > 0) warn('cart_line_unknown');
    return;
  }
  for (const line of lines) removeLine(cart, line, warn);
  show(step, cart);
};

/** Anything else that is about a cart: it shows that the person is at it. */
const mention = (step: Step): CartRecord | undefined => {
  const cart = cartMeant(step, 'checkout');
  if (cart !== undefined) show(step, cart);
  return cart;
};

const viewCart = (step: Step): void => {
  const { event, warn } = step;
  const listed = readProducts(event.properties.products, learnCurrency(step), event.at, warn);
  if (listed.kind === 'lines') {
    snapshotCart(step, listed.lines, 'content');
    return;
  }
  warn('snapshot_without_lines');
  const cart = cartMeant(step, 'content');
  if (cart !== undefined) show(step, cart);
};

/**
 * A step of the checkout told after the order that ended it: the page's clock and the server's differ by a little. Nobody
 * begins a new cart at its checkout, so it does not open one again.
 */
const isEcho = (step: Step): boolean => {
  const { state, event, ids } = step;
  const meant = cartMeant(step, 'checkout');
  if (meant !== undefined && isOpen(meant)) return false;
  return state.carts.some(
    (cart) =>
      cart.phase === 'converted' &&
      cart.endedAt !== null &&
      event.at - cart.endedAt <= echoMs &&
      (ids.token === null || cart.token === ids.token),
  );
};

const checkOut =
  (stage: 'checkout' | 'payment') =>
  (step: Step): void => {
    const { event, ids, warn } = step;
    const listed = readProducts(event.properties.products, learnCurrency(step), event.at, warn);
    if (isEcho(step)) return;
    // An empty list at a checkout is a sender that does not know, not an empty cart: nobody checks that out.
    const cart =
      listed.kind === 'lines' && listed.lines.length > 0 ? snapshotCart(step, listed.lines, 'checkout') : mention(step);
    if (cart === undefined || cart.lines.length === 0) return;
    if (cart.stage !== 'payment') cart.stage = stage;
    cart.orderId = ids.orderId ?? cart.orderId;
  };

const completeOrder = (step: Step): void => {
  const { state, event, ids, warn } = step;
  const told = readStatement(step, 'completed');
  state.currency = told.currency ?? state.currency;
  let orderId = ids.orderId;
  if (orderId === null) {
    warn('order_id_missing');
    // A reloaded thank-you page repeats its checkout's id; without either, each is an order of its own.
    orderId = ids.checkoutId === null ? event.messageId : `checkout:${ids.checkoutId}`;
  }
  const known = findOrder(step, orderId);
  const placedAt = known?.placed === 'completed' ? known.at : event.at;
  const before = known?.placed === 'completed' && known.cartId !== null ? (known.goods?.lines ?? []) : null;
  // A second telling of the same order without lines adds nothing to what the first one took.
  const isRepeated = before !== null && told.goods === null;
  changeOrder(step, known, orderId, (order) => {
    stateOrder(order, step, 'completed', told);
    // Listed by another telling, they are the order's lines all the same.
    const lines = told.goods?.lines ?? order.goods?.lines ?? null;
    const placed = { orderId, at: placedAt, lines, ...orderFigures(order) };
    const cart = isRepeated || order.cancelled ? undefined : convert(step, placed, before);
    order.cartId ??= cart?.id ?? null;
    const found = event.sessionId ?? cart?.sessionId ?? state.lastSessionId;
    attribute(order, event.channel === 'browser' ? event.sessionId : null, found);
  });
};

const updateOrder = (step: Step): void => {
  const { ids, warn } = step;
  if (ids.orderId === null) {
    warn('order_id_missing');
    return;
  }
  const told = readStatement(step, 'updated');
  const known = findOrder(step, ids.orderId);
  if ((known === undefined || known.placed === null) && !step.isElsewhere(ids.orderId)) warn('order_unknown');
  changeOrder(step, known, ids.orderId, (order) => stateOrder(order, step, 'updated', told));
};

const onOrder =
  (act: typeof refundOrder) =>
  (step: Step): void => {
    if (step.ids.orderId === null) step.warn('order_id_missing');
    else act(step, findOrder(step, step.ids.orderId), step.ids.orderId);
  };

/** C5: what may later be found to have brought the person back. */
const clickMessage = ({ state, event }: Step): void => {
  const p = event.properties;
  const id = readId(p.message_id) ?? readId(p.email_id) ?? readId(p.id) ?? event.messageId;
  state.clicks = [...state.clicks.filter((click) => click.at + clickMs >= event.at), { id, at: event.at }].slice(
    -clicksMax,
  );
};

/** Wishlists, lists, promotions, reviews are not here: they touch no cart. */
const rules = new Map<string, (step: Step) => void>([
  ['Product Viewed', viewProduct],
  ['Product Added', addToCart],
  ['Wishlist Product Added to Cart', addToCart],
  ['Product Removed', removeFromCart],
  ['Cart Viewed', viewCart],
  ['Cart Updated', viewCart],
  ['Cart Shared', mention],
  ['Checkout Started', checkOut('checkout')],
  ['Checkout Step Viewed', checkOut('checkout')],
  ['Checkout Step Completed', checkOut('checkout')],
  ['Payment Info Entered', checkOut('payment')],
  ['Coupon Entered', mention],
  ['Coupon Applied', mention],
  ['Coupon Denied', mention],
  ['Coupon Removed', mention],
  ['Order Completed', completeOrder],
  ['Order Updated', updateOrder],
  ['Order Cancelled', onOrder(cancelOrder)],
  ['Order Refunded', onOrder(refundOrder)],
  ['Message Clicked', clickMessage],
]);

/** An order's facts without what an event of one's own means for carts. Its sender was warned where the event is. */
const borrowed = new Map<string, (step: Step) => void>([
  [
    'Order Completed',
    (step) => {
      const { orderId } = step.ids;
      if (orderId === null) return;
      const told = readStatement(step, 'completed');
      changeOrder(step, findOrder(step, orderId), orderId, (order) => stateOrder(order, step, 'completed', told));
    },
  ],
  ['Order Updated', updateOrder],
  ['Order Cancelled', onOrder(cancelOrder)],
  ['Order Refunded', onOrder(refundOrder)],
]);

const nowhere = (): boolean => false;

const noteActivity = (state: CartState, event: OwnedEvent): void => {
  state.lastActivityAt = event.at;
  if (event.sessionId === null) return;
  state.lastSessionId = event.sessionId;
  // S-7: a later order of this cart belongs to the last session of the device the cart is on.
  for (const cart of openCarts(state)) if (cart.anonymousId === event.anonymousId) cart.sessionId = event.sessionId;
};

export const cartAspect: Aspect<CartState, CartDocument> = {
  name: 'carts',
  start: startState,
  step: (state, event, shelf, notes) => {
    settleEpisodes(state, event.at - 1);
    const rule = event.type === 'track' && event.name !== null ? rules.get(event.name) : undefined;
    const ids = rule === undefined ? noIds : readIds(event);
    const step: Step = { state, event, ids, shelf, warn: warnOnce(notes), isElsewhere: notes.isElsewhere ?? nowhere };
    shelveEnded(step);
    if (event.active) noteActivity(state, event);
    login(step);
    if (rule === undefined) return;
    rule(step);
    keepBounds(step);
  },
  borrow: (state, event, shelf) => {
    const step: Step = { state, event, ids: readIds(event), shelf, warn: () => {}, isElsewhere: nowhere };
    borrowed.get(event.name ?? '')?.(step);
    const order = step.ids.orderId === null ? undefined : findOrder(step, step.ids.orderId);
    if (order !== undefined)
      step.shelf.put(orderKey(order.orderId), { ...order, lent: [...(order.lent ?? []), event.messageId] });
  },
  settle: (state, now) => settleEpisodes(state, now),
  dueAt: nextDueAt,
};
