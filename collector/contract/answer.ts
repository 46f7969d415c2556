// What a sender of events is told: a verdict for each. All but the warnings add up to the events sent.

import { z } from 'zod';
import { dropCodes, errorCodes, holdCodes, rejectCodes } from './codes.js';

const place = {
  index: z.number().int().min(0).meta({ description: 'Position in `batch`; 0 for single calls.' }),
  messageId: z.string().nullable(),
};
export const rejection = z.object({
  ...place,
  code: z.enum(rejectCodes),
  path: z.string().meta({ description: 'Dotted, from the event; empty for the event itself.' }),
  message: z.string(),
});
export const answer = z.object({
  accepted: z.number().int(),
  duplicates: z.number().int(),
  held: z.array(z.object({ ...place, code: z.enum(holdCodes) })).meta({
    description: 'Nothing was stored: send again with what is missing.',
  }),
  dropped: z.array(z.object({ ...place, code: z.enum(dropCodes) })).meta({
    description: 'Refused for privacy or age: do not send again.',
  }),
  rejected: z.array(rejection).meta({ description: 'Wrong: do not send again.' }),
  warnings: z.array(z.object({ ...place, code: z.string() })).meta({
    description: 'The event counts; something about it should be looked at.',
  }),
  state: z
    .enum(['erased', 'withdrawn', 'stale'])
    .optional()
    .meta({ description: 'Of the device: it acts on it at once.' }),
  consent: z.record(z.string(), z.literal(false)).optional().meta({
    description:
      'Purposes the person objected to by a request that the device does not know of: its record is to deny them, as an act of the kind that `kind` says.',
  }),
  kind: z.literal('object').optional().meta({ description: 'Beside `consent`.' }),
});

export const errorBody = z.object({
  error: z.object({
    code: z.enum(errorCodes),
    message: z.string(),
    hint: z.string().meta({ description: 'The next step.' }),
  }),
});
export type ErrorBody = z.output<typeof errorBody>;
