// Two types for one field: what a sender is asked to send (input: the SDK's types and openapi.json), and what a reader
// may rely on (output: unknown, so the compiler makes every reader look). A mistyped leaf never costs the event.

import { z } from 'zod';

const leaf = <Sent>(documented: Record<string, unknown>) =>
  z.optional(z.unknown().meta(documented) as unknown as z.ZodType<unknown, Sent>);

export const text = (description?: string) =>
  leaf<string | null>({ type: ['string', 'null'], ...(description ? { description } : {}) });
export const amount = (description?: string) =>
  leaf<number | string | null>({ type: ['number', 'string', 'null'], ...(description ? { description } : {}) });
export const flag = (description?: string) =>
  leaf<boolean | null>({ type: ['boolean', 'null'], ...(description ? { description } : {}) });
/** Judged by R2, which coerces, cleans and may refuse it; the event stays on its other identifiers. */
export const identifier = (description?: string) =>
  leaf<string | number | null>({ type: ['string', 'number', 'null'], ...(description ? { description } : {}) });
export const anything = (description?: string) => leaf<unknown>(description ? { description } : {});

/** Containers are judged: what reads into them may rely on an object, null or nothing. */
export const bag = z.record(z.string(), z.unknown()).nullish();
