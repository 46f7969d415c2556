// Whether a cart held something at an instant: what its record says of its own past, without a fold. Pure.

import type { CartRecord } from './state.js';

type Span = Pick<CartRecord, 'createdAt' | 'endedAt' | 'gap'>;

const heldAt = ({ createdAt, endedAt, gap }: Span, at: number): boolean =>
  createdAt <= at && (endedAt === null || at < endedAt) && !(gap && gap[0] <= at && at < gap[1]);

/** Of several, the one begun last; null = none. */
export const cartHeldAt = <Cart extends Span>(carts: Iterable<Cart>, at: number): Cart | null => {
  let last: Cart | null = null;
  for (const cart of carts) if (heldAt(cart, at) && (last === null || cart.createdAt > last.createdAt)) last = cart;
  return last;
};
