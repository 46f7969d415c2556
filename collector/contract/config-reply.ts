// What a page learns before anything else: which policy is in force, what may be asked, where it is. No id in, none out.

import { z } from 'zod';

export const configReply = z.object({
  policy: z.looseObject({ version: z.string(), configHash: z.string().nullable() }),
  consent: z.looseObject({
    purposes: z.array(z.looseObject({ id: z.string(), materialHash: z.string() })),
  }),
  region: z.looseObject({
    code: z
      .string()
      .nullable()
      .meta({ description: 'ISO 3166, with a subdivision where the CDN tells it; null where unknown.' }),
    model: z.enum(['opt-in', 'opt-out', 'none']),
  }),
  settings: z.looseObject({}),
});
export type ConfigReply = z.output<typeof configReply>;
