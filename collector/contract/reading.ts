// What may be asked about people, and the lists that answer. The items are profile.ts.

import { z } from 'zod';
import { limits } from './limits.js';
import { cart, eventItem, merge, order, profile, sessionItem } from './profile.js';
import { purposes } from './purposes.js';

const value = z.string().min(1).max(320);
/** Exactly one of them. */
export const identifierNames = ['userId', 'anonymousId', 'email', 'phone', 'orderId'] as const;
export const profilesQuery = z.object({
  userId: value.optional(),
  anonymousId: value.optional(),
  email: value.optional(),
  phone: value.optional(),
  orderId: value.optional(),
});

/** `?purpose=measurement,marketing` narrows what is shown to what these permit. */
export const purposeQuery = z
  .string()
  .transform((list) => list.split(',').map((purpose) => purpose.trim()))
  .pipe(z.array(z.enum(purposes, { error: `separated by commas, of ${purposes.join(', ')}` })).min(1))
  .optional();

/**
 * A cursor is the `next` of a page before: for events an instant and a row, for the other lists a count. What is neither
 * is told, since whoever sends it would read the first page again and again.
 */
const cursorForms = { row: /^-?\d{1,16}\.\d{1,16}$/, count: /^\d{1,16}$/ } as const;
const cursor = (form: keyof typeof cursorForms) =>
  z
    .string()
    .min(1)
    .max(500)
    .refine((text) => cursorForms[form].test(Buffer.from(text, 'base64url').toString('latin1')), {
      error: 'not the `next` of a page of this list',
    });

export const pageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,6}$/, { error: `a whole number from 1 to ${limits.pageMaxItems}` })
    .transform(Number)
    .pipe(z.number().int().min(1).max(limits.pageMaxItems))
    .default(limits.pageDefaultItems),
  cursor: cursor('count').nullable().default(null),
});
export const eventsPageQuery = pageQuery.extend({ cursor: cursor('row').nullable().default(null) });

const page = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable() });
export const profiles = z.object({ profiles: z.array(profile) });
export const lists = {
  events: page(eventItem),
  sessions: page(sessionItem),
  carts: page(cart),
  orders: page(order),
  merges: page(merge),
} as const;
export type ListName = keyof typeof lists;

/** `POST /v1/merges`: `from` becomes historical, `into` lives on. Both are user ids. */
export const mergeCall = z.object({ from: value, into: value });

/** Whom to forget: one identifier, or the device's own word with its receipt. */
export const erasureCall = z.union([
  z.strictObject({ userId: value }),
  z.strictObject({ anonymousId: value }),
  z.strictObject({ email: value }),
  z.strictObject({ profileId: value }),
  z.strictObject({ visitorId: value, receipt: z.string().min(1).max(64) }),
]);
/** The same, or a user for whom the shop's server signs. */
export const rightsCall = z.union([
  z.strictObject({
    userId: value,
    expiresAt: z.iso.datetime({ offset: true }),
    nonce: z.string().min(16).max(64),
    signature: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  ...erasureCall.options,
]);
/** What is objected to; nothing = everything. `lift`: taken back, by the same person. */
export const objectionCall = z.object({
  purposes: z.array(z.enum(purposes)).max(purposes.length).default([]),
  lift: z.boolean().default(false),
});
export const objectionAsked = z.looseObject({
  purposes: z.array(z.enum(purposes)).optional(),
  lift: z.boolean().optional(),
});
export const acknowledgementCall = z.looseObject({ request_status: z.string().max(50) });
export const exportState = z.looseObject({ id: z.string(), state: z.string() });
export const erasureState = z.looseObject({ id: z.string(), state: z.string() });
