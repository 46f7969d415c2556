// C5: what an order does to carts. Ordered lines leave the cart they were in; a cart nothing is left of is converted. The
// order's own figures are orders.ts.

import { byToken, type Step, touch } from './cart.js';
import { takeLines } from './content.js';
import { lastEpisode, type PlacedOrder, recover, resume } from './episodes.js';
import { type CartLine, findLine } from './lines.js';
import { type CartRecord, clearedMs, isOpen } from './state.js';

/** Bought from, a moment after the platform cleared it? */
const isJustCleared = (cart: CartRecord, orderAt: number): boolean =>
  cart.phase === 'emptied' && cart.endedAt !== null && orderAt - cart.endedAt <= clearedMs;

/** The cart the order names: by its token, its checkout, or the order id that checkout announced. */
const namedBy = ({ state, ids }: Step, orderAt: number): CartRecord | undefined => {
  if (ids.token !== null) {
    const cart = byToken(state, ids.token);
    if (cart !== undefined) return cart;
  }
  const usable = (cart: CartRecord): boolean => isOpen(cart) || isJustCleared(cart, orderAt);
  const { checkoutId, orderId } = ids;
  const byCheckout =
    checkoutId === null ? undefined : state.carts.findLast((c) => usable(c) && c.checkoutId === checkoutId);
  return byCheckout ?? state.carts.findLast((c) => orderId !== null && usable(c) && c.orderId === orderId);
};

/** An order that names a cart nobody knows is of that one, not of another that has a name of its own. */
const mayMean = ({ ids }: Step, cart: CartRecord): boolean =>
  cart.token === null || (ids.token === null && ids.checkoutId === null);

const content = (cart: CartRecord): CartLine[] => (isOpen(cart) ? cart.lines : cart.held);

/** Of the lines that were in the cart when the order was placed, those it bought. */
const boughtFrom = (cart: CartRecord, ordered: readonly CartLine[] | null, orderAt: number): Set<CartLine> =>
  new Set(
    content(cart).filter((line) => line.at <= orderAt && (ordered === null || findLine(ordered, line) !== undefined)),
  );

const leave = (step: Step, cart: CartRecord, bought: ReadonlySet<CartLine>): void => {
  const { event } = step;
  resume(lastEpisode(cart));
  if (isOpen(cart)) takeLines(cart, bought);
  cart.touchedAt = event.at;
  cart.joining = null;
  if (cart.lines.length === 0) {
    cart.phase = 'converted';
    cart.held = [];
    cart.endedAt = event.at;
  } else {
    cart.phase = 'active';
  }
};

/**
 * An order that lists its lines takes them from the cart it names, what is not there from the others, the last touched
 * first. One without lines, or whose lines are written in ids the cart does not know, takes the whole of the cart it names;
 * naming none that could be another, the only cart there is. `before`: what an earlier telling of it listed, which took its
 * lines from a cart; null = none did. The same order is one (C8): what was listed before has left.
 */
export const convert = (step: Step, order: PlacedOrder, before: readonly CartLine[] | null): CartRecord | undefined => {
  const { state, event, warn } = step;
  // Told again, nobody is at the cart, and what was looked at since goes on.
  const isPlaced = order.at === event.at;
  const named = namedBy(step, order.at);
  const others = state.carts
    .filter((cart) => cart !== named && (isOpen(cart) || isJustCleared(cart, order.at)))
    .reverse()
    .sort((a, b) => b.touchedAt - a.touchedAt);
  const open = others.filter(isOpen);
  const taken = new Map<CartRecord, Set<CartLine>>();
  let told = order;
  if (order.lines === null) {
    const only = open.length === 0 ? others[0] : open.length === 1 ? open[0] : undefined;
    const whole = named ?? (only !== undefined && mayMean(step, only) ? only : undefined);
    if (whole !== undefined) taken.set(whole, boughtFrom(whole, null, order.at));
  } else {
    const fresh = before === null ? order.lines : order.lines.filter((line) => findLine(before, line) === undefined);
    let wanted = fresh;
    for (const cart of named === undefined ? others : [named, ...others]) {
      // A cart left behind under another token is recovered by what was bought, so it must not go on offering it.
      const asked = cart === named ? order.lines : cart.phase === 'abandoned' ? fresh : wanted;
      const bought = boughtFrom(cart, asked, order.at);
      if (bought.size === 0) continue;
      taken.set(cart, bought);
      wanted = wanted.filter((line) => findLine([...bought], line) === undefined);
    }
    const whole = named === undefined ? new Set<CartLine>() : boughtFrom(named, null, order.at);
    if (before === null && named !== undefined && taken.size === 0 && whole.size > 0) {
      warn('order_lines_unmatched');
      taken.set(named, whole);
      told = { ...order, lines: null };
    }
  }
  const byName = named !== undefined ? [named] : told.lines === null ? [...taken.keys()] : [];
  recover(state, order, new Map(byName.map((cart) => [cart, told])));
  if (isPlaced && named !== undefined && isOpen(named) && !taken.has(named)) touch(step, named);
  for (const [cart, bought] of taken) if (bought.size > 0) leave(step, cart, bought);
  if (isPlaced) state.views = null;
  return named ?? [...taken.keys()][0];
};
