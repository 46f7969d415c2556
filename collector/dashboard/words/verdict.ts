// What became of an event, in words of someone who runs a shop. Meaning and next step of each refusal are those of
// errors.ts; here stand the words beside them, and those of the warnings that the fold raises.

import { type CartWarning, cartWarnings } from '../../carts/warnings.js';
import type { DiscardReason, WarningCode } from '../../contract/codes.js';
import type { LiveEvent } from '../../contract/profile.js';
import { verdicts, warnings } from '../../errors.js';
import type { Tone } from '../kit/badge.js';
import { legible } from '../kit/said.js';

export type Verdict = LiveEvent['verdict'];

export const verdictWords: Readonly<Record<Verdict, { word: string; tone: Tone; meaning: string }>> = {
  accepted: { word: 'Accepted', tone: 'good', meaning: 'Stored.' },
  duplicate: { word: 'Duplicate', tone: 'plain', meaning: 'Already here; counted once.' },
  held: { word: 'Held', tone: 'warn', meaning: 'Not stored yet; the sender comes again with what is missing.' },
  dropped: { word: 'Dropped', tone: 'private', meaning: 'Not stored, for privacy or age.' },
  rejected: { word: 'Rejected', tone: 'bad', meaning: 'Not stored, because something in it is wrong.' },
};
export const isVerdict = (value: string): value is Verdict => Object.hasOwn(verdictWords, value);

export interface Reason {
  meaning: string;
  /** The next step; null where there is none. */
  hint: string | null;
}

/** A code of a newer writer is still shown, as itself. */
export const refusalReason = (code: string): Reason => {
  const known = Object.hasOwn(verdicts, code) ? verdicts[code as keyof typeof verdicts] : undefined;
  return known === undefined ? { meaning: 'Refused.', hint: null } : { meaning: known.meaning, hint: known.hint };
};

const discardReasons: Readonly<Record<DiscardReason, Reason>> = {
  no_consent: { meaning: 'It happened before the person agreed, and was not held.', hint: null },
  purpose: { meaning: 'What the person agreed to did not permit it.', hint: null },
  full: {
    meaning: 'More waited in a page or on a device than may wait there.',
    hint: 'Look for a loop in a page, or for long hours in which pages could not reach the collector.',
  },
  age: { meaning: 'It waited longer than events may wait.', hint: null },
  too_large: { meaning: 'An event was larger than the wire allows.', hint: 'Send less with each event.' },
  foreign: { meaning: 'It belonged to a consent that was taken back, or to another visitor.', hint: null },
};

export const discardReason = (reason: string): Reason =>
  Object.hasOwn(discardReasons, reason)
    ? discardReasons[reason as DiscardReason]
    : { meaning: 'Let go of.', hint: null };

const cartReasons: Readonly<Record<CartWarning, Reason>> = {
  amount_format: {
    meaning: 'An amount was written for people, such as “1.234,50 €”, and was guessed at.',
    hint: 'Send amounts as plain numbers: 1234.5.',
  },
  amount_negative: { meaning: 'An amount below zero was left out.', hint: 'Send refunds as “Order Refunded”.' },
  amount_unreadable: { meaning: 'An amount that is no number was left out.', hint: 'Send amounts as plain numbers.' },
  cart_currency_mixed: {
    meaning: 'A cart holds two currencies, so it has no value.',
    hint: 'Send all prices of a cart in one currency.',
  },
  cart_line_unknown: {
    meaning: 'A product was removed that was not in the cart.',
    hint: 'Use the same product id or sku in “Product Added” and “Product Removed”.',
  },
  cart_line_unreadable: {
    meaning: 'A line of a cart or an order names no product.',
    hint: 'Send product_id or sku with each line.',
  },
  cart_lines_many: { meaning: 'A cart had more lines than are kept.', hint: null },
  carts_many: { meaning: 'A person had more carts than are kept open.', hint: 'Send one cart_id for one cart.' },
  currency_missing: { meaning: 'A price came without a currency.', hint: 'Send currency, such as “EUR”.' },
  currency_unreadable: { meaning: 'A currency that is no ISO 4217 code was left out.', hint: 'Send “EUR”, not “€”.' },
  order_id_missing: { meaning: 'An order came without its number.', hint: 'Send order_id with every order event.' },
  order_lines_unmatched: {
    meaning: 'An order names a cart, but lists none of its products.',
    hint: 'Use the same product ids in the cart and in the order.',
  },
  order_revenue_missing: {
    meaning: 'An order came without an amount.',
    hint: 'Send total or revenue, or prices with the products.',
  },
  order_unknown: {
    meaning: 'Something was said of an order that is not known yet.',
    hint: 'Send “Order Completed” too.',
  },
  price_negative: { meaning: 'A price below zero was left out.', hint: 'Send what is taken off as discount.' },
  price_unreadable: { meaning: 'A price that is no number was left out.', hint: 'Send prices as plain numbers.' },
  quantity_absurd: { meaning: 'A quantity of more than a million was cut.', hint: null },
  quantity_negative: { meaning: 'A line with a quantity below zero was left out.', hint: null },
  quantity_unreadable: { meaning: 'A quantity that is no number was read as 1.', hint: 'Send quantity as a number.' },
  refund_amount_unknown: {
    meaning: 'A refund came whose amount can’t be told.',
    hint: 'Send total, or the products with their prices.',
  },
  refund_currency_mixed: { meaning: 'A refund came in another currency than its order.', hint: null },
  refund_exceeds_order: { meaning: 'More was refunded than was paid; cut to the order.', hint: null },
  refund_without_order: {
    meaning: 'A refund of an order that is not known yet; it counts on its own date.',
    hint: 'Import the order, and the refund moves to it.',
  },
  refunds_many: { meaning: 'An order had more refunds than are kept.', hint: null },
  snapshot_without_lines: {
    meaning: 'A whole cart was announced without its products.',
    hint: 'Send products with “Cart Viewed” and “Cart Updated”, also when the list is empty.',
  },
};

const nextSteps: Readonly<Partial<Record<WarningCode, string>>> = {
  identifier_refused: 'Look where a page sends “guest”, “null” or another stand-in as an id.',
  contact_refused: 'Validate the field before it is sent.',
  trait_protected: 'Set it from a server, with the secret key.',
  unproved_identity: 'Sign the user id: see the identity secret in the docs.',
  missing_property: 'See the table of ecommerce events in the docs.',
  amount_text: 'Give prices in the data layer as plain numbers: 9.99.',
  bad_amount: 'Send amounts as plain numbers.',
  bad_currency: 'Send “EUR”, not “€”.',
  id_conflict: 'Give each event an id of its own.',
  burst: 'Look for a loop in a page.',
  device_limit: 'A till or a tablet that many use should call reset() between them.',
  profile_limit: 'Look for a page that names one user, or one e-mail, for everybody.',
};

const isCartWarning = (code: string): code is CartWarning => (cartWarnings as readonly string[]).includes(code);

export const warningReason = (code: string): Reason => {
  if (isCartWarning(code)) return cartReasons[code];
  const meaning = Object.hasOwn(warnings, code) ? warnings[code as WarningCode] : undefined;
  return meaning === undefined
    ? { meaning: legible(code.replaceAll(/[_`]/g, ' '), 80), hint: null }
    : { meaning, hint: nextSteps[code as WarningCode] ?? null };
};
