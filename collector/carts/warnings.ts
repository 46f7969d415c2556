// The closed list of what the cart aspect may complain of. A warning never changes what is kept: the event stands, the
// doubtful part of it is unknown. Codes carry no value of the event, so nothing personal can reach a log through them.

import type { Notes } from '../profiles/aspect.js';

export const cartWarnings = [
  'amount_format',
  'amount_negative',
  'amount_unreadable',
  'cart_currency_mixed',
  'cart_line_unknown',
  'cart_line_unreadable',
  'cart_lines_many',
  'carts_many',
  'currency_missing',
  'currency_unreadable',
  'order_id_missing',
  'order_lines_unmatched',
  'order_revenue_missing',
  'order_unknown',
  'price_negative',
  'price_unreadable',
  'quantity_absurd',
  'quantity_negative',
  'quantity_unreadable',
  'refund_amount_unknown',
  'refund_currency_mixed',
  'refund_exceeds_order',
  'refund_without_order',
  'refunds_many',
  'snapshot_without_lines',
] as const;
export type CartWarning = (typeof cartWarnings)[number];

export type Warn = (code: CartWarning) => void;

/** One event warns of one thing once, however many of its lines have it. */
export const warnOnce = (notes: Notes): Warn => {
  let said: Set<CartWarning> | null = null;
  return (code) => {
    said ??= new Set();
    if (said.has(code)) return;
    said.add(code);
    notes.warn(code);
  };
};
