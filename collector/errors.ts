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
    message: 'This write key sends more events than it may.',
    hint: 'Come again after the seconds of Retry-After. WEFT_RATE sets the events a second.',
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
  bad_message_id: rejected('`messageId` is no string of fewer than 100 characters.', 'Send a UUID, or leave it out.'),
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
    'The consent it names was given to a policy that is not known here.',
    'Serve the policy file it was given to.',
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

export const warnings: Readonly<Record<WarningCode, string>> = {
  amount_text: 'The page gave an amount as text, such as "9,99"; it was read with either decimal mark.',
  bot: 'Sent by a bot; apart from people, unless this site keeps bots.',
  id_conflict: 'Another event was accepted under this messageId; the first one stands.',
  alias_ignored: 'A rename that was already made, or that would go round in a circle.',
  identifier_refused: 'An identifier that can name nobody was left out.',
  contact_refused: 'An e-mail address or phone number that is none was left out.',
  trait_protected: 'A page may not set this trait.',
  unproved_identity: 'Proof of identity is on and none came; shown as a claim only.',
  join_conflict: 'Two users share an e-mail, phone or external id; they stay two people.',
  join_pinned: 'Identifiers met again that staff had told apart; they stay apart.',
  device_limit: 'A device has more than three users; it links none of the further ones.',
  profile_limit:
    'A person has as many e-mails, phones or devices as belong to one; a further one is not listed and joins nobody.',
  traits_full: 'A person has as many traits as are kept.',
  burst: 'Too many events of one identifier in a minute; counted apart.',
  missing_property: 'A property that the event needs is missing.',
  bad_amount: 'An amount that cannot be read as a number, or a rating that is none from 0 to 5; it counts as unknown.',
  bad_currency: 'A currency that is no ISO 4217 code was left out.',
  mixed_currency: 'A cart in two currencies has no value.',
  unknown_line: 'A line was removed that was not in the cart.',
  unknown_order: 'A refund of an order that is not known yet.',
  refund_exceeds_order: 'More was refunded than was paid; cut to the order.',
  bad_consent_row: 'The consent row beside the batch cannot be read.',
  fields_stripped: 'Fields whose purpose was not granted were left out.',
};
