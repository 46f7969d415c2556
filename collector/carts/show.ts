// The cart aspect as it is read: shapes of contract/profile.ts, from the state and the documents of the shelf. The caller
// settles the state to the clock first; nothing here changes anything.

import { iso } from '../contract/instant.js';
import type { Cart, Profile } from '../contract/profile.js';
import { cartValue, currencyIn } from './content.js';
import { deadlineOf, lastEpisode, openCarts } from './episodes.js';
import { showLine } from './lines.js';
import { type OrderAlone, showOrder, showRevenue } from './orders.js';
import { type CartDocument, type CartRecord, type CartState, type Episode, isOpen } from './state.js';

const showEpisode = ({
  n,
  stage,
  abandonedAt,
  valueMinor,
  outcome,
  recoveredBy,
  recoveredMinor,
  recoveredOrderId,
}: Episode): Cart['episodes'][number] => ({
  n,
  stage,
  abandonedAt: iso(abandonedAt),
  valueMinor,
  outcome,
  recoveredBy: recoveredBy ?? null,
  recoveredMinor: recoveredMinor ?? null,
  recoveredOrderId: recoveredOrderId ?? null,
});

/** Of an abandoned cart, the deadline that passed. */
const shownDeadline = (state: CartState, cart: CartRecord): string | null => {
  const at = cart.phase === 'abandoned' ? (lastEpisode(cart)?.abandonedAt ?? null) : deadlineOf(state, cart);
  return at === null ? null : iso(at);
};

const showCart = (state: CartState, cart: CartRecord): Cart => {
  const currency = currencyIn(cart);
  return {
    id: cart.id,
    state: cart.phase,
    token: cart.token,
    episodes: cart.episodes.map(showEpisode),
    lines: cart.lines.map((line) => showLine(line, currency)),
    valueMinor: cartValue(cart),
    currency,
    createdAt: iso(cart.createdAt),
    updatedAt: iso(cart.touchedAt),
    deadlineAt: shownDeadline(state, cart),
  };
};

/** Newest first: by its beginning for a cart, by its date for an order; ties by id, so that a page ends where the next begins. */
const newestFirst =
  <Item>(at: (item: Item) => number, id: (item: Item) => string) =>
  (a: Item, b: Item): number =>
    at(b) - at(a) || (id(a) < id(b) ? -1 : 1);

export const allCarts = (state: CartState, documents: Iterable<CartDocument>): CartRecord[] => [
  ...state.carts,
  ...[...documents].filter((document) => document.sort === 'cart'),
];

/** Open carts and ended ones, with the documents that have left the state for the shelf. */
export const showCarts = (state: CartState, documents: Iterable<CartDocument> = []): Cart[] =>
  allCarts(state, documents)
    .sort(
      newestFirst<CartRecord>(
        (cart) => cart.createdAt,
        (cart) => cart.id,
      ),
    )
    .map((cart) => showCart(state, cart));

export const showOrders = (documents: Iterable<CartDocument>): OrderAlone[] =>
  [...documents]
    .filter((document) => document.sort === 'order')
    .sort(
      newestFirst(
        (order) => order.at,
        (order) => order.orderId,
      ),
    )
    .map(showOrder);

/** The one a shop would speak of: open, last touched. */
export const openCart = (state: CartState): Profile['cart'] => {
  let last: CartRecord | null = null;
  for (const cart of openCarts(state)) if (last === null || cart.touchedAt >= last.touchedAt) last = cart;
  if (last === null) return null;
  const { id, state: phase, lines, valueMinor, currency, deadlineAt } = showCart(state, last);
  return { id, state: phase, lines, valueMinor, currency, deadlineAt };
};

export interface CartFigures {
  counts: Pick<
    Profile['counts'],
    'productViews' | 'cartAdds' | 'orders' | 'cartsAbandoned' | 'cartsRecovered' | 'cartsOpen'
  >;
  revenue: Profile['revenue'];
}

export const cartFigures = (state: CartState): CartFigures => ({
  counts: {
    productViews: state.productViews,
    cartAdds: state.cartAdds,
    orders: state.orders,
    cartsAbandoned: state.cartsAbandoned,
    cartsRecovered: state.cartsRecovered,
    cartsOpen: state.carts.filter(isOpen).length,
  },
  revenue: showRevenue(state),
});
