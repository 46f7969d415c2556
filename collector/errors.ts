// Everything that can go wrong at the edge, each with its status, its log level, whether to come again, and the next
// step for whoever reads it. The codes are the contract's; the compiler holds these tables to them.
// No message or hint may contain a value that was sent.

import type { DropCode, ErrorCode, HoldCode, RejectCode, WarningCode } from './contract/codes.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface ErrorAdvice {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 429 | 500 | 503;
  level: LogLevel;
  /** Whether the same request may succeed later. */
  retry: 'no' | 'later';
  message: string;
  hint: string;
}

export const errors: Readonly<Record<ErrorCode, ErrorAdvice>> = {
  bad_json: {
    status: 400,
    level: 'info',
    retry: 'no',
    message: 'The body is not the JSON that is expected here.',
    hint: 'Send one JSON object, UTF-8, plain or gzipped. For several events: {"batch": [ … ]} to /v1/batch.',
  },
  bad_gzip: {
    status: 400,
    level: 'info',
    retry: 'no',
    message: 'The body begins like gzip but does not inflate.',
    hint: 'Compress the whole body once, and send all of it.',
  },
  bad_request: {
    status: 400,
    level: 'info',
    retry: 'no',
    message: 'The request is not one that can be answered.',
    hint: 'See /docs for what this route takes.',
  },
  bad_key: {
    status: 401,
    level: 'info',
    retry: 'no',
    message: 'No live key came with the request.',
    hint: 'Events: the write key in the body as "writeKey", or as the user of HTTP Basic. Reading: the secret key as "Authorization: Bearer". `weft keys list` shows what is live.',
  },
  origin: {
    status: 403,
    level: 'info',
    retry: 'no',
    message: 'Pages of this origin may not send events here.',
    hint: "Add the page's origin, scheme and port included, to WEFT_ORIGINS.",
  },
  forbidden: {
    status: 403,
    level: 'info',
    retry: 'no',
    message: 'The key is live but may not do this.',
    hint: 'Reading takes a secret key; some routes a key with the role or the purpose for it. See /docs.',
  },
  not_found: {
    status: 404,
    level: 'debug',
    retry: 'no',
    message: 'There is nothing here.',
    hint: 'See /docs for the routes.',
  },
  method_not_allowed: {
    status: 405,
    level: 'debug',
    retry: 'no',
    message: 'This route does not take this method.',
    hint: 'The Allow header names the methods it takes.',
  },
  receipt_conflict: {
    status: 409,
    level: 'warn',
    retry: 'no',
    message: 'Another consent act was recorded under this receipt.',
    hint: 'Mint a new receipt for each act; send the very same row again to repeat one.',
  },
  conflict: {
    status: 409,
    level: 'info',
    retry: 'no',
    message: 'It contradicts what stands here; nothing was changed.',
    hint: 'The message says what stands, the hint what to do instead.',
  },
  body_too_large: {
    status: 413,
    level: 'info',
    retry: 'no',
    message: 'The body is over 512,000 bytes after inflating.',
    hint: 'Send smaller batches.',
  },
  too_many_events: {
    status: 413,
    level: 'info',
    retry: 'no',
    message: 'The batch holds over 2,500 events.',
    hint: 'Send smaller batches.',
  },
  rate_limited: {
    status: 429,
    level: 'info',
    retry: 'later',
    message: 'More comes than may: of a write key, from an address, or of all who ask without a key.',
    hint: 'Come again after the seconds of Retry-After. The answer says which limit it was and which variable sets it.',
  },
  unavailable: {
    status: 503,
    level: 'warn',
    retry: 'later',
    message: 'Events cannot be stored right now.',
    hint: 'Keep them and come again after the seconds of Retry-After. Operators: /readyz and the log say why.',
  },
  internal: {
    status: 500,
    level: 'error',
    retry: 'later',
    message: 'Something here is broken.',
    hint: 'Operators: the log holds the reason. Nothing of the request was logged.',
  },
};

/** An expected failure, handed back as a value. */
export class Refusal {
  constructor(
    readonly code: ErrorCode,
    readonly more: {
      /** Instead of the code's own message, where something more exact can be said. Never a value that was sent. */
      message?: string;
      hint?: string;
      retryAfterS?: number;
      /** For 405. */
      allow?: string;
    } = {},
  ) {}

  get advice(): ErrorAdvice {
    return errors[this.code];
  }
}
export const refuse = (code: ErrorCode, more?: Refusal['more']): Refusal => new Refusal(code, more);

/** Which limit was reached decides what whoever runs this would look at. */
const rates = {
  key: {
    message: 'This write key sends more than it may.',
    hint: 'WEFT_RATE sets the events a second of a write key.',
  },
  address: {
    message: 'More comes from one address than may.',
    hint: 'WEFT_RATE_ADDRESS is the limit of one address, 0 for none. Where proxies of your own stand in front, WEFT_PROXIES must count them: else all visitors come from one address.',
  },
  /** People with their rights, receipts: whoever has no key. */
  keyless: {
    message: 'More is asked for without a key than may be, by all together.',
    hint: 'WEFT_RATE sets how many such requests a second are answered. A request with a secret key has no such limit.',
  },
} as const;
export const refuseRate = (limit: keyof typeof rates, retryAfterS: number): Refusal => {
  const { message, hint } = rates[limit];
  return refuse('rate_limited', {
    message,
    hint: `Come again after the seconds of Retry-After. ${hint}`,
    retryAfterS,
  });
};

/** Thrown by a log or a store that cannot take or answer anything now: full disk, locked file, broker away. */
export class Unavailable extends Error {
  readonly code = 'unavailable';
  override readonly name = 'Unavailable';
}
export const isUnavailable = (error: unknown): boolean =>
  error instanceof Error && (error as { code?: unknown }).code === 'unavailable';

interface VerdictAdvice {
  verdict: 'rejected' | 'dropped' | 'held';
  resend: 'never' | 'with_row';
  meaning: string;
  hint: string;
}
const rejected = (meaning: string, hint: string): VerdictAdvice => ({
  verdict: 'rejected',
  resend: 'never',
  meaning,
  hint,
});
const dropped = (meaning: string, hint: string): VerdictAdvice => ({
  verdict: 'dropped',
  resend: 'never',
  meaning,
  hint,
});

export const verdicts: Readonly<Record<RejectCode | DropCode | HoldCode, VerdictAdvice>> = {
  unknown_type: rejected('`type` is none of the six calls.', 'Use track, page, screen, identify, alias or group.'),
  bad_event: rejected('A field has a shape that cannot be read.', '`path` and `message` say which and why.'),
  bad_timestamp: rejected(
    '`timestamp` is no date and time with a zone.',
    'Send ISO 8601 such as 2026-11-22T05:47:04.039Z, or leave it out.',
  ),
  bad_message_id: rejected(
    '`messageId` is no string of fewer than 100 characters, or holds half of one.',
    'Send a UUID, or leave it out.',
  ),
  event_too_large: rejected('The event is over 32,768 bytes.', 'Send less with each event.'),
  negative_quantity: rejected(
    'A line has a quantity below zero.',
    'Send what was taken back as `Order Refunded` or `Product Removed`.',
  ),
  no_identity: rejected(
    'Nothing in the event says whose it is.',
    'Send an anonymousId or a userId; values such as "guest" or "null" count as none.',
  ),
  alias_forbidden: rejected(
    'A page may rename only its own anonymous id.',
    'Alias two users from a server, with the secret key.',
  ),
  erased: dropped('The person has asked to be forgotten.', 'The SDK wipes the device by itself.'),
  no_receipt: dropped('The event carries no consent receipt.', 'Use weft.js, or set the mode of the write key.'),
  no_consent: dropped('Nothing was granted.', 'Map the categories of your banner on the write key.'),
  expired: dropped('The consent it names has expired.', 'Ask again.'),
  withdrawn: dropped('The consent it names was withdrawn before it arrived.', 'Nothing to do.'),
  superseded: dropped('A later consent act took the place of the one it names.', 'Nothing to do.'),
  policy: dropped(
    'The terms of the consent it names have changed since, or are not known here.',
    'Nothing to do after a change of the policy: the page asks again by itself. If this collector never had that version, serve its file here.',
  ),
  late: dropped('It arrived after a withdrawal.', 'Nothing to do.'),
  too_early: dropped('It happened before the grant.', 'See `preConsent` of the consent file.'),
  stale_event: dropped('It is more than 30 days past.', 'Import history with the secret key.'),
  purpose: dropped('The purpose it needs was not granted.', 'Nothing to do.'),
  gpc: dropped('The browser asks for no sale or sharing, and the purpose it needs heeds that.', 'Nothing to do.'),
  unknown_receipt: {
    verdict: 'held',
    resend: 'with_row',
    meaning: 'Its consent row is not known here; nothing was stored.',
    hint: 'Send it again with the row beside `batch` as `consent`.',
  },
};

interface WarningAdvice {
  meaning: string;
  /** null where there is nothing to do. */
  hint: string | null;
}

export const warnings: Readonly<Record<WarningCode, WarningAdvice>> = {
  amount_text: {
    meaning: 'The page gave an amount as text, such as "9,99"; it was read with either decimal mark.',
    hint: 'Give prices in the data layer as plain numbers: 9.99.',
  },
  bot: { meaning: 'Sent by a bot; apart from people, unless this site keeps bots.', hint: null },
  id_conflict: {
    meaning: 'Another event was accepted under this messageId; the first one stands.',
    hint: 'Give each event an id of its own.',
  },
  alias_ignored: { meaning: 'A rename that was already made, or that would go round in a circle.', hint: null },
  identifier_refused: {
    meaning: 'An identifier that can name nobody was left out.',
    hint: 'Look where a page sends “guest”, “null” or another stand-in as an id.',
  },
  contact_refused: {
    meaning: 'An e-mail address or phone number that is none was left out.',
    hint: 'Validate the field before it is sent.',
  },
  trait_protected: { meaning: 'A page may not set this trait.', hint: 'Set it from a server, with the secret key.' },
  unproved_identity: {
    meaning: 'Proof of identity is on and none came; shown as a claim only.',
    hint: 'Sign the user id: see the identity secret in the docs.',
  },
  join_conflict: { meaning: 'Two users share an e-mail, phone or external id; they stay two people.', hint: null },
  join_pinned: { meaning: 'Identifiers met again that staff had told apart; they stay apart.', hint: null },
  device_limit: {
    meaning: 'A device has more than three users; it links none of the further ones.',
    hint: 'A till or a tablet that many use should call reset() between them.',
  },
  profile_limit: {
    meaning:
      'A person has as many e-mails, phones or devices as belong to one; a further one is not listed and joins nobody.',
    hint: 'Look for a page that names one user, or one e-mail, for everybody.',
  },
  traits_full: { meaning: 'A person has as many traits as are kept.', hint: null },
  burst: {
    meaning: 'Too many events of one identifier in a minute; counted apart.',
    hint: 'Look for a loop, in a page or on a server.',
  },
  missing_property: {
    meaning: 'A property that the event needs is missing.',
    hint: 'See the table of ecommerce events in the docs.',
  },
  bad_amount: {
    meaning: 'An amount that cannot be read as a number, or a rating that is none from 0 to 5; it counts as unknown.',
    hint: 'Send amounts as plain numbers.',
  },
  bad_currency: { meaning: 'A currency that is no ISO 4217 code was left out.', hint: 'Send “EUR”, not “€”.' },
  order_unowned: {
    meaning:
      'A refund or cancellation of an order by which nobody is known yet; it takes nothing off until somebody is.',
    hint: 'Send “Order Completed” too, or name the customer with the refund.',
  },
  bad_consent_row: { meaning: 'The consent row beside the batch cannot be read.', hint: null },
  consent_full: {
    meaning: 'A device answered a thousand times under one consent, which ended as if all of it had been withdrawn.',
    hint: 'Look for a page that calls consent.set() again and again.',
  },
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
