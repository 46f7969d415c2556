// The closed lists of what can become of an event and of a request. What each means, how loud it is and whether to come
// again stands in errors.ts, which the compiler holds to these lists.

/** Wrong; sending it again changes nothing. */
export const rejectCodes = [
  'unknown_type',
  'bad_event',
  'bad_timestamp',
  'bad_message_id',
  'event_too_large',
  'negative_quantity',
  'no_identity',
  'alias_forbidden',
] as const;
export type RejectCode = (typeof rejectCodes)[number];

/** Refused for privacy or age; not to be sent again. */
export const dropCodes = [
  'erased',
  'no_receipt',
  'no_consent',
  'expired',
  'withdrawn',
  'superseded',
  'policy',
  'late',
  'too_early',
  'stale_event',
  'purpose',
  'gpc',
] as const;
export type DropCode = (typeof dropCodes)[number];

/** Nothing was stored; to be sent again together with what is missing. */
export const holdCodes = ['unknown_receipt'] as const;
export type HoldCode = (typeof holdCodes)[number];

/** Why a page let go of an event before any collector judged it: counted there, told with the next batch (`discarded`). */
export const discardReasons = ['no_consent', 'purpose', 'full', 'age', 'too_large', 'foreign'] as const;
export type DiscardReason = (typeof discardReasons)[number];

/** What a page had to guess at when it read the site's own words: said with the event, in `context.warnings`. */
export const notedCodes = ['amount_text'] as const;
export type NotedCode = (typeof notedCodes)[number];

/**
 * What carts and orders complain of when they are folded, after the event was answered. A warning never changes what is kept:
 * the event stands, the doubtful part of it is unknown.
 */
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

/** The event counts; something about it should be looked at. */
export const warningCodes = [
  ...notedCodes,
  'bot',
  'id_conflict',
  'alias_ignored',
  'identifier_refused',
  'contact_refused',
  'trait_protected',
  'unproved_identity',
  'join_conflict',
  'join_pinned',
  'device_limit',
  'profile_limit',
  'traits_full',
  'burst',
  'missing_property',
  'bad_amount',
  'bad_currency',
  'order_unowned',
  'bad_consent_row',
  'consent_full',
  ...cartWarnings,
] as const;
export type WarningCode = (typeof warningCodes)[number];

export const errorCodes = [
  'bad_json',
  'bad_gzip',
  'bad_request',
  'bad_key',
  'origin',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'receipt_conflict',
  'conflict',
  'body_too_large',
  'too_many_events',
  'rate_limited',
  'unavailable',
  'internal',
] as const;
export type ErrorCode = (typeof errorCodes)[number];
