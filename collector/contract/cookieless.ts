// What a page may send where nobody has agreed to anything (consent.md, section 7), and how the counts are asked for.

import { z } from 'zod';

export const cookielessEvents = ['page', 'add', 'remove', 'checkout', 'checkout-item'] as const;

export const cookielessEvent = z.strictObject({
  event: z.enum(cookielessEvents),
  /** The path alone; the collector makes a template of it. */
  path: z.string().max(2_000),
  productId: z.string().max(200).optional(),
  /** Host of the referring page, of a page view. */
  referrer: z.string().max(200).optional(),
});
export type CookielessEvent = z.output<typeof cookielessEvent>;

/** No id of any sort: unknown fields are refused, so that none can ride along. */
export const cookielessCall = z.strictObject({
  writeKey: z.string().max(200).optional(),
  events: z.array(cookielessEvent).min(1).max(50),
});

/** How many were counted: none where the site does not count. */
export const cookielessAnswer = z.object({ counted: z.number().int() });

export const cookielessDimensions = [
  'event',
  'path',
  'product',
  'device',
  'country',
  'referrer',
  'day',
  'hour',
] as const;
export type CookielessDimension = (typeof cookielessDimensions)[number];

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'a day such as 2026-11-01' });
export const cookielessQuery = z.object({
  from: day,
  to: day,
  by: z
    .string()
    .transform((list) => list.split(',').map((name) => name.trim()))
    .pipe(
      z
        .array(z.enum(cookielessDimensions))
        .min(1)
        .max(3)
        .refine((names) => names.filter((name) => !['event', 'day', 'hour'].includes(name)).length <= 1, {
          error: 'at most one of path, product, device, country and referrer: two together would tell of too few',
        }),
    )
    .default(['event']),
});

export const cookielessCounts = z.object({
  from: day,
  to: day,
  by: z.array(z.enum(cookielessDimensions)),
  /** Groups below this are not shown. */
  k: z.number().int(),
  items: z.array(z.looseObject({ count: z.number().int() })),
  /** How many of what was counted in these days is in nothing that is shown: too few so far. */
  suppressed: z.number().int(),
  /** Groups beyond the most that are shown. */
  truncated: z.boolean(),
  /** Where the site counts them: approximately how many different visitors a day had. */
  uniques: z.array(z.object({ day, estimate: z.number().int() })),
});
export type CookielessCounts = z.output<typeof cookielessCounts>;

export type CookielessAsked = z.output<typeof cookielessQuery>;
