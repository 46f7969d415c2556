// What a certificate of erasure says. It holds counts and instants, and no identifier of a person.

import { z } from 'zod';

const instant = z.iso.datetime();

export const certificate = z.object({
  id: z.string(),
  state: z.enum(['accepted', 'running', 'done']),
  requestedAt: instant,
  doneAt: instant.nullable(),
  issuedAt: instant,
  steps: z.array(z.object({ step: z.string(), at: instant })),
  /** Rows that went, by store. */
  counts: z.record(z.string(), z.number().int()),
  destinations: z.array(
    z.object({
      id: z.string(),
      recipient: z.string(),
      state: z.enum(['pending', 'sent', 'acknowledged', 'manual', 'settled']),
      attempts: z.number().int(),
      trouble: z.string().nullable(),
      settledAt: instant.nullable(),
    }),
  ),
  /** Recipients who have not said yet that they have erased, too. */
  pending: z.number().int(),
  /** Until when the request must be answered: one month, 45 days, 15 days. */
  deadlines: z.object({ gdpr: instant, ccpa: instant, lgpd: instant }),
  /** The line of the erasure journal that was the last one then. */
  journal: z.number().int(),
});
export type Certificate = z.output<typeof certificate>;

export const signedCertificate = z.object({
  certificate,
  /** Over the canonical JSON of `certificate`: keys sorted, no spaces. */
  signature: z.object({
    algorithm: z.literal('Ed25519'),
    key: z.string(),
    publicKeyPem: z.string(),
    value: z.string(),
  }),
});
