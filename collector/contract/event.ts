// Segment's vocabulary as it arrives: the six calls, their common fields, and the batch that carries them. Fields that
// are not named here are kept as given. Containers and what decides an event's fate are judged; leaves are not (lenient.ts).

import { z } from 'zod';
import { type DiscardReason, discardReasons } from './codes.js';
import { parseInstant } from './instant.js';
import { amount, anything, bag, flag, identifier, text } from './lenient.js';
import { limits } from './limits.js';

/** Absent, null and empty are the same: one is minted. */
export const messageId = z
  .string()
  .refine((id) => id.length < limits.messageIdMaxChars && !/\p{Surrogate}/u.test(id), {
    error: ({ input }) =>
      (input as string).length < limits.messageIdMaxChars
        ? 'a string of whole characters: half of a surrogate pair stands in it'
        : `a string of fewer than ${limits.messageIdMaxChars} characters`,
  })
  .meta({
    maxLength: limits.messageIdMaxChars - 1,
    description: 'Unique per event; sent again with the same event. Minted when missing.',
  })
  .nullish();

const timestamp = z
  .string()
  .refine((value) => parseInstant(value) !== null, { error: 'ISO 8601 date and time with a zone' })
  .meta({ format: 'date-time', description: 'When it happened, by the clock of whoever saw it.' })
  .nullish();

const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.looseObject(shape).nullish();

export const context = z.looseObject({
  active: flag('False where no person acted: a timer, a hidden page.'),
  ip: text('Never stored.'),
  userAgent: text(),
  userAgentData: anything(),
  locale: text(),
  timezone: text(),
  page: object({ path: text(), referrer: text(), search: text(), title: text(), url: text() }),
  campaign: object({ name: text(), source: text(), medium: text(), term: text(), content: text(), id: text() }),
  referrer: object({ type: text(), name: text(), url: text(), link: text() }),
  screen: object({ width: amount(), height: amount(), density: amount() }),
  device: object({
    id: text(),
    type: text(),
    name: text(),
    manufacturer: text(),
    model: text(),
    advertisingId: text(),
  }),
  os: object({ name: text(), version: text() }),
  app: object({ name: text(), version: text(), build: text(), namespace: text() }),
  network: anything(),
  library: object({ name: text(), version: text() }),
  traits: bag,
  groupId: identifier(),
  sessionId: identifier('A hint; sessions are derived from the events (S1).'),
  consent: object({
    receipt: text('The receipt of the live consent record; its row rides beside `batch` until acknowledged.'),
    categoryPreferences: bag,
  }),
  externalIds: z
    .array(z.looseObject({ id: identifier(), type: text(), collection: text(), encoding: text() }))
    .nullish(),
  warnings: anything('Codes of what the sender had to guess at: `["amount_text"]`. Others are not read.'),
  setOnce: flag('Traits of this event keep the earliest value (R6).'),
  identityProof: text('Hex HMAC-SHA256(identity secret, userId), or a short JWT (R8).'),
});

const common = {
  messageId,
  anonymousId: identifier('One device.'),
  userId: identifier("The shop's own id of a person."),
  timestamp,
  originalTimestamp: timestamp,
  sentAt: text('ISO 8601; lets a wrong device clock be corrected.'),
  channel: text('`server` for events no browser saw.'),
  preConsent: flag('It was held in the memory of the page until the grant (`preConsent: hold` of the consent file).'),
  releasedAt: text('ISO 8601: when that was, by the clock that dated the event.'),
  context: context.nullish(),
  integrations: anything('Kept out: deliveries are set up at the collector.'),
};

const name = z.string().max(limits.nameMaxChars);

const page = {
  ...common,
  name: name.nullish(),
  category: text(),
  properties: object({
    name: text(),
    path: text(),
    referrer: text(),
    search: text(),
    title: text(),
    url: text(),
    keywords: anything(),
  }),
};

/** What Segment reserves; a trait set to null is removed. Any other name is the site's own. */
export const traits = z.looseObject({
  address: anything('`{city, country, postalCode, state, street}`'),
  age: amount(),
  avatar: text(),
  birthday: text(),
  company: anything(),
  createdAt: text(),
  description: text(),
  email: text('From a browser it is claimed: a contact for this device’s own cart (R7).'),
  firstName: text(),
  gender: text(),
  id: identifier(),
  lastName: text(),
  name: text(),
  phone: text('E.164.'),
  title: text(),
  username: text(),
  website: text(),
});

/** Present and not null; whether it may name anyone is R2's to say. */
const named = z.union([z.string().min(1), z.number()], { error: 'needed: a string that is not empty, or a number' });

/** One call each, without its `type`: at `/v1/track` the route says it. */
export const calls = {
  track: z.looseObject({ ...common, event: name.min(1), properties: bag }),
  page: z.looseObject(page),
  screen: z.looseObject(page),
  identify: z.looseObject({ ...common, traits: traits.nullish() }),
  alias: z.looseObject({ ...common, previousId: named, userId: named }),
  group: z.looseObject({ ...common, groupId: named, traits: bag }),
} as const;
export type CallType = keyof typeof calls;
export const eventTypes = Object.keys(calls) as CallType[];
export const isCallType = (type: unknown): type is CallType => typeof type === 'string' && Object.hasOwn(calls, type);

/** An item of a batch. */
export const event = z.discriminatedUnion('type', [
  z.looseObject({ ...calls.track.shape, type: z.literal('track') }),
  z.looseObject({ ...calls.page.shape, type: z.literal('page') }),
  z.looseObject({ ...calls.screen.shape, type: z.literal('screen') }),
  z.looseObject({ ...calls.identify.shape, type: z.literal('identify') }),
  z.looseObject({ ...calls.alias.shape, type: z.literal('alias') }),
  z.looseObject({ ...calls.group.shape, type: z.literal('group') }),
]);

/** A count that cannot be one is left out: it must not cost the events it came with. */
const discarded = z.optional(
  z.unknown().meta({
    type: ['object', 'null'],
    propertyNames: { enum: [...discardReasons] },
    additionalProperties: { type: 'integer', minimum: 0, maximum: limits.discardedMax },
    description: 'How many events the sender let go of since the last batch that was answered, by reason.',
  }) as unknown as z.ZodType<unknown, Partial<Record<DiscardReason, number>> | null>,
);

/** Known reasons only, whole numbers, and no more of them than a device can lose. */
export const readDiscarded = (said: unknown): [DiscardReason, number][] => {
  if (typeof said !== 'object' || said === null) return [];
  const counts: [DiscardReason, number][] = [];
  for (const reason of discardReasons) {
    const n: unknown = Object.hasOwn(said, reason) ? (said as Record<string, unknown>)[reason] : 0;
    if (Number.isSafeInteger(n) && (n as number) > 0) counts.push([reason, Math.min(n as number, limits.discardedMax)]);
  }
  return counts;
};

/**
 * What surrounds the events of a request. Its items are `unknown` here: each is judged by itself, so that a bad one
 * does not cost its neighbours.
 */
export const envelope = z.looseObject({
  batch: z.array(z.unknown()),
  writeKey: text('For pages, which cannot set headers without a preflight.'),
  sentAt: text('ISO 8601; lets a wrong device clock be corrected.'),
  context: context.nullish(),
  integrations: anything(),
  consent: anything(
    'The ledger row of the live consent record (see `ConsentRow`), until one batch with it is answered 200.',
  ),
  discarded,
});

/** The same, as documented: with its items. */
export const batch = envelope.extend({ batch: z.array(event).max(limits.batchMaxEvents) });

/** What a reader of the wire gets: containers are objects, leaves are unknown. */
export type WireContext = z.output<typeof context>;
export type WireEvent = z.output<typeof event>;

/** What a sender is asked to send. */
export type SentContext = z.input<typeof context>;
export type SentEvent = z.input<typeof event>;
