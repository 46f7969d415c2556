// What is answered to whoever checks the proof of consent: the ledger's chain, one receipt, the rates of answers.

import { z } from 'zod';
import { purposes } from './purposes.js';

const instant = z.iso.datetime();
const place = { seq: z.number().int(), hash: z.string() };

export const ledgerCheck = z.object({
  ok: z.boolean(),
  rows: z.number().int().meta({ description: 'Rows there are.' }),
  head: z.object(place),
  from: z.number().int().meta({ description: 'The first row that this answer is about.' }),
  through: z.number().int().meta({ description: 'The last row that was hashed again and fits.' }),
  complete: z.boolean().meta({ description: 'Nothing is left up to the head.' }),
  next: z.number().int().nullable().meta({ description: 'To go on with, as `cursor`; null at the end.' }),
  signedAt: instant.nullable(),
  signedSeq: z.number().int().nullable().meta({ description: 'The last row that a signature covers.' }),
  signatures: z.number().int(),
  keys: z.array(
    z.object({
      id: z.string().meta({ description: 'Fingerprint: the first half of the SHA-256 of the public key, in hex.' }),
      createdAt: instant,
      retiredAt: instant.nullable(),
      endorsedBy: z.string().nullable(),
    }),
  ),
  checkedAt: instant.nullable().meta({ description: 'When rows were last checked; a piece is, each minute.' }),
  fullAt: instant.nullable().meta({ description: 'When all rows, from the first to the head, were last checked.' }),
  brokenAt: z
    .object({
      seq: z.number().int(),
      why: z.enum(['content', 'missing', 'order', 'head', 'anchor', 'signature', 'key']),
      message: z.string(),
    })
    .optional()
    .meta({ description: 'The first row that cannot be relied on.' }),
});
export type LedgerCheck = z.output<typeof ledgerCheck>;

/** `?full=1&cursor=…` */
export const ledgerQuery = z.strictObject({
  full: z.enum(['0', '1', 'true', 'false']).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional(),
});

export const receiptStates = ['valid', 'superseded', 'withdrawn', 'expired', 'erased', 'refusal'] as const;

const bag = z.record(z.string(), z.unknown());
export const receiptProof = z.object({
  receipt: z.string(),
  state: z.enum(receiptStates),
  stateAt: instant.nullable().meta({ description: 'Since when, where something ended it.' }),
  supersededBy: z.object({ receipt: z.string(), seq: z.number().int() }).nullable(),
  kind: z.string(),
  at: instant.meta({ description: "The collector's time, which is the authority." }),
  clientAt: instant.nullable(),
  effectiveAt: instant,
  expiresAt: instant,
  subject: z.enum(['linked', 'erased', 'none']),
  epoch: z.string().nullable(),
  supersedes: z.string().nullable(),
  decisions: z.array(
    z.object({
      purpose: z.string(),
      value: z.string(),
      source: z.string().nullable(),
      materialHash: z.string().nullable(),
      basis: z.string().nullable(),
      carried: z.boolean(),
      stands: z.boolean().meta({ description: 'It is granted, and nothing took it back since.' }),
    }),
  ),
  policy: z.object({ version: z.string().nullable(), configHash: z.string().nullable(), known: z.boolean() }),
  text: bag.nullable(),
  ui: bag.nullable(),
  jurisdiction: bag,
  gpc: bag,
  age: bag.nullable(),
  origin: z.string().nullable(),
  sdkVersion: z.string().nullable(),
  cmp: bag.nullable(),
  chain: z.object({
    seq: z.number().int(),
    prevHash: z.string(),
    hash: z.string(),
    fits: z.boolean().meta({ description: 'The hash is that of this row, after the row before it.' }),
    next: z.object({ seq: z.number().int(), prevHash: z.string(), hash: z.string() }).nullable(),
    signed: z
      .object({ ...place, at: instant, key: z.string(), rowsBetween: z.number().int() })
      .nullable()
      .meta({ description: 'The first signed head that covers it; null until the day is signed.' }),
  }),
  shown: z
    .object({
      document: bag.meta({ description: 'The consent file that was in force.' }),
      texts: bag.nullable().meta({ description: 'The words of that language, as they were then.' }),
      textsHash: z.string().nullable(),
    })
    .nullable()
    .meta({ description: 'What the banner was made of; null where the policy is none this collector had.' }),
});
export type ReceiptProof = z.output<typeof receiptProof>;

const rate = z.object({
  key: z.string(),
  answers: z.number().int(),
  granted: z.number().int(),
  partly: z.number().int(),
  refused: z.number().int(),
  withdrawn: z.number().int(),
  purposes: z.record(z.enum(purposes), z.number().int()),
});
const rateFilter = z.object({
  region: z.string().nullable(),
  locale: z.string().nullable(),
  layer: z.string().nullable(),
});
export type RateFilter = z.output<typeof rateFilter>;
/** As it is asked: what is left out is all. */
export type RatesOnly = { [Name in keyof RateFilter]?: string | null | undefined };
export const consentRates = z.object({
  from: z.string(),
  to: z.string(),
  only: rateFilter.meta({ description: 'What the counts were narrowed to; null is all.' }),
  total: rate,
  byDay: z.array(rate),
  byRegion: z.array(rate),
  byLocale: z.array(rate),
  byLayer: z.array(rate),
  byAction: z.array(rate),
  byPolicy: z.array(rate),
  kinds: z
    .record(z.string(), z.number().int())
    .meta({ description: 'All acts by kind. `gpc`: how many came with the opt-out signal, whatever their kind.' }),
});
/** Answers below which a group is not told apart (consent.md, section 6, step 6). */
export const smallestCell = 10;

/** As it is told: groups of fewer than ten answers are left out, and counted. */
export const toldRates = consentRates.extend({
  k: z.number().int(),
  suppressed: z
    .record(z.string(), z.number().int())
    .meta({ description: 'Of each breakdown, how many groups are left out.' }),
});
export type ToldRates = z.output<typeof toldRates>;

const day = z.iso.date();
const label = z.string().min(1).max(40).optional();
export const ratesQuery = z.strictObject({
  from: day.optional(),
  to: day.optional(),
  region: label,
  locale: label,
  layer: label,
});

export type ConsentRates = z.output<typeof consentRates>;
export type ConsentRate = z.output<typeof rate>;
