// Every bound of the wire, stated once. The door enforces them, the SDK stays below them, openapi.json shows them.

export const limits = {
  /** Of a request's body, after inflating. */
  bodyMaxBytes: 512_000,
  /** Of one event, as it stands in the body. */
  eventMaxBytes: 32_768,
  /** Of one by `/v1/import` with a secret key: a body, less the braces around. */
  importEventMaxBytes: 511_900,
  /** Of a batch. */
  batchMaxEvents: 2_500,
  /** A messageId has fewer characters than this. */
  messageIdMaxChars: 100,
  /** Of a track's name, and of a page's or screen's name. */
  nameMaxChars: 1_000,
  /**
   * Objects and arrays inside each other, counted from an event's own braces. Real payloads stay below 12; what walks
   * an event recursively (redaction, hashing) may rely on this bound.
   */
  depthMax: 40,
  /** Of what one request may say a page has lost, for each reason: a device holds a thousand events at most. */
  discardedMax: 10_000,
  /** Of a list a reader asks for. */
  pageMaxItems: 500,
  pageDefaultItems: 50,
  /** A public key's event further in the past than this is dropped as `stale_event` (semantics, Time). */
  lateMaxMs: 30 * 24 * 60 * 60 * 1000,
  /** An instant further in the future than this is set to the instant of its arrival (semantics, Time). */
  futureMaxMs: 5 * 60 * 1000,
  /** A device clock further off than this is corrected by `sentAt` (semantics, Time). */
  clockSkewMaxMs: 60 * 1000,
} as const;
