// The row a page sends for each consent act (product.md, "Consent on the wire"). The client mints the receipt; the same
// row again is the same row. What it permits is the consent folder's to say.

import { z } from 'zod';
import { parseInstant } from './instant.js';
import { anything, text } from './lenient.js';

export const consentKinds = [
  'grant',
  'refuse',
  'update',
  'withdraw',
  'expire',
  'restale',
  'gpc',
  'import',
  'object',
  'erase',
  'account-sync',
  'region-default',
] as const;

/** How the events of a key prove their consent: by our ledger, by the sender's own banner, or by another lawful basis. */
export const consentModes = ['ledger', 'claimed', 'external'] as const;
export type ConsentMode = (typeof consentModes)[number];

/** 128 random bits, 22 characters base64url. */
export const receipt = z.string().regex(/^[A-Za-z0-9_-]{22}$/, { error: '22 characters base64url' });

const short = z.string().max(200);
const shortOrNumber = z.union([short, z.number()], { error: 'a string of at most 200 characters, or a number' });
export const decision = z.looseObject({
  purpose: z.string().min(1).max(64),
  value: z.enum(['granted', 'denied', 'unset']),
  source: short.nullish(),
  materialHash: short.nullish(),
});

export const consentRow = z.looseObject({
  receipt: receipt.nullish().meta({ description: 'Null or absent on a refusal, which carries no identifier.' }),
  kind: z.enum(consentKinds),
  visitorId: short.nullish().meta({ description: 'The anonymousId it is bound to; null on a refusal.' }),
  epoch: shortOrNumber.nullish(),
  supersedes: receipt.nullish(),
  known: receipt
    .nullish()
    .meta({ description: 'An earlier receipt of the device that may be here where the superseded one is not yet.' }),
  decisions: z.array(decision).max(32),
  policy: anything('`{version, configHash}`'),
  text: anything('`{locale, sha256}` of every string that was shown.'),
  ui: anything('`{layer, action, variant}`'),
  gpc: anything('`{js, ack}`, or whether it was on.'),
  sdkVersion: anything('Of the script that sent it; beside events `context.library.version` says so.'),
  clientAt: z
    .union([z.string().refine((value) => parseInstant(value) !== null), z.number()], {
      error: 'ISO 8601 with a zone, or epoch milliseconds',
    })
    .nullish()
    .meta({ description: "The device's word; the collector's own time is the authority." }),
  sentAt: anything(
    'Of a row that goes alone: lets a wrong device clock be corrected. Beside events the request says it.',
  ),
});
export type ConsentRow = z.output<typeof consentRow>;

/** `POST /v1/consent`: the row and the key it comes under. */
export const consentCall = consentRow.extend({ writeKey: text() });

/** What it is answered. */
export const consentAnswer = z.object({
  receipt: z.string().nullable(),
  seq: z.number().int().nullable().meta({ description: 'Null: not recorded; `state` and `error` say why.' }),
  at: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  state: z.enum(['erased', 'withdrawn']).optional().meta({
    description: 'What the device becomes. Erased: it forgets all, as one does that has no receipt of its own.',
  }),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
});

const carried = {
  purpose: z.string().min(1).max(64),
  value: z.enum(['granted', 'denied']),
};

/** `POST /v1/consent/transfer`: a word for another host of the site (`transfer` of the consent file). */
export const transferCall = z.looseObject({
  writeKey: text(),
  to: z.string().min(1).max(253).meta({ description: 'Host of the page that the link leads to.' }),
  receipt: receipt.nullish().meta({
    description: 'Grants travel only as far as this receipt stands; it is not in the token. None after a refusal.',
  }),
  decisions: z
    .array(z.looseObject({ ...carried, at: shortOrNumber.nullish(), materialHash: short.nullish() }))
    .max(32)
    .meta({ description: "The device's own, made by a person; no default of a region." }),
  policy: anything('`{version, configHash}` under which they were made.'),
  sentAt: shortOrNumber.nullish(),
});

export const transferAnswer = z.object({
  token: z
    .string()
    .nullable()
    .meta({ description: 'For the fragment of the link, good once and for a minute; null where nothing may travel.' }),
});

/** `POST /v1/consent/transfer/accept`: the page that the link led to. */
export const transferAcceptCall = z.looseObject({
  writeKey: text(),
  token: z.string().min(1).max(4_000),
  from: short.nullish().meta({ description: 'Origin of `document.referrer`: must be that of the page with the link.' }),
});

export const transferAcceptAnswer = z.object({
  decisions: z.array(
    z.object({
      ...carried,
      at: z.iso.datetime().meta({ description: 'When it was made, wherever that was: its time runs from then.' }),
      materialHash: z.string().nullable(),
    }),
  ),
  voucher: z.string().nullable().meta({
    description: 'To be sent as `voucher` with the consent row that these decisions make here; good for a day.',
  }),
});

/** `POST /v1/consent/account`: what the device of a logged-in person has decided (`decision.scope: "account"`). */
export const accountCall = z.looseObject({
  writeKey: text(),
  userId: z.union([z.string().min(1).max(1_600), z.number()], {
    error: 'needed: a string of 1 to 1600 characters, or a number',
  }),
  proof: z
    .string()
    .min(1)
    .max(2_000)
    .meta({ description: 'As of `identify`: hex HMAC-SHA256(identity secret, userId), or a short JWT (R8).' }),
  act: z.enum(['login', 'answer']).meta({ description: 'At a login, or because the person has just answered here.' }),
  deliberate: z.boolean().nullish().meta({ description: 'Purposes were chosen one by one.' }),
  decisions: z
    .array(
      z.looseObject({
        purpose: z.string().min(1).max(64),
        value: z.enum(['granted', 'denied']),
        at: shortOrNumber.nullish(),
        materialHash: short.nullish(),
        ack: z.boolean().nullish(),
      }),
    )
    .max(32)
    .meta({ description: "The device's own, made by a person; no default of a region." }),
  policy: anything('`{version, configHash}` under which they were made.'),
  region: short.nullish(),
  sentAt: shortOrNumber.nullish(),
});

/** The same for whoever was never heard of: then it is what the device said. */
export const accountAnswer = z.object({
  decisions: z.array(
    z.object({
      purpose: z.string(),
      value: z.enum(['granted', 'denied']),
      at: z.iso.datetime(),
      materialHash: z.string().nullable(),
      ack: z.boolean(),
    }),
  ),
  voucher: z.string().meta({
    description:
      'To be sent as `voucher` with the consent row that these decisions make on the device; good for a day.',
  }),
  taken: z.array(z.string()).meta({ description: "These of the device's choices are the account's now." }),
});
