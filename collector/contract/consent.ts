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
  epoch: z.union([short, z.number()]).nullish(),
  supersedes: receipt.nullish(),
  decisions: z.array(decision).max(32),
  policy: anything('`{version, configHash}`'),
  text: anything('`{locale, sha256}` of every string that was shown.'),
  ui: anything('`{layer, action, variant}`'),
  gpc: anything('`{js, ack}`, or whether it was on.'),
  clientAt: z
    .union([z.string().refine((value) => parseInstant(value) !== null, { error: 'ISO 8601 with a zone' }), z.number()])
    .nullish()
    .meta({ description: "The device's word; the collector's own time is the authority." }),
});
export type ConsentRow = z.output<typeof consentRow>;
export type Decision = z.output<typeof decision>;

/** `POST /v1/consent`: the row and the key it comes under. */
export const consentCall = consentRow.extend({ writeKey: text() });

/** What it is answered. */
export const consentAnswer = z.object({
  receipt: z.string().nullable(),
  seq: z.number().int(),
  at: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
});
export type ConsentAnswer = z.output<typeof consentAnswer>;
