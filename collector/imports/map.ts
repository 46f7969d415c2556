// The language of an import map: how rows of somebody else's file become calls of the wire. Pure; reads no file.

import { z } from 'zod';
import { patternOf, zoneIsKnown } from './instant.js';

const text = z.string();
const condition = z.union([
  text,
  z.number(),
  z.boolean(),
  z.array(z.union([text, z.number()])).describe('One of these.'),
  z
    .strictObject({
      startsWith: text.optional(),
      matches: text.max(200).optional().describe('A regular expression, looked for in the first 1,000 characters.'),
      above: z.number().optional(),
      atLeast: z.number().optional(),
      below: z.number().optional(),
      atMost: z.number().optional(),
      empty: z.boolean().optional(),
      not: z
        .union([text, z.number(), z.array(z.union([text, z.number()])), z.strictObject({ startsWith: text })])
        .optional(),
    })
    .describe('All that is said here holds.'),
]);
export const when = z.record(text, condition).describe('Field → what it must be. All must hold.');

export type Value =
  | string
  | number
  | boolean
  | null
  | {
      field: string;
      as?: 'text' | 'number' | undefined;
      default?: unknown;
      abs?: boolean | undefined;
      prefix?: string | undefined;
      values?: Record<string, unknown> | undefined;
    }
  | { join: string[]; prefix?: string | undefined }
  | { sumOf: string[]; abs?: boolean | undefined };
const value: z.ZodType<Value> = z.union([
  text,
  z.number(),
  z.boolean(),
  z.null(),
  z
    .strictObject({
      field: text.describe('Of JSON Lines, `a.b` is the field b inside a.'),
      as: z.enum(['text', 'number']).optional(),
      default: z.unknown().optional().describe('Where the field is empty, or no number where one is asked for.'),
      abs: z.boolean().optional().describe('Without its sign.'),
      prefix: text.optional(),
      values: z.record(text, z.unknown()).optional().describe('What the file calls it → what we call it.'),
    })
    .describe('The value of a field.'),
  z
    .strictObject({ join: z.array(text).min(1).max(5), prefix: text.optional() })
    .describe('Several fields in one text, for an id that one field does not make unique.'),
  z
    .strictObject({ sumOf: z.array(text).min(1).max(3), abs: z.boolean().optional() })
    .describe('These fields multiplied, summed over the rows of the event; exact for decimals.'),
]);
const values = z.record(text, value);

const instant = z.strictObject({
  field: text,
  as: z
    .enum(['iso', 'ms', 's'])
    .default('iso')
    .describe('ISO 8601, whose zone is `timeZone` where it has none itself; milliseconds or seconds since 1970.'),
  format: text
    .max(40)
    .refine((format) => patternOf(format) !== null, {
      error: 'must hold YYYY, M or MM and D or DD, and may hold H, HH, m, mm, s, ss',
    })
    .optional()
    .describe('Instead of `as`, for other spellings: `D/M/YYYY HH:mm`.'),
});

const rule = z.strictObject({
  when: when.optional(),
  type: z.enum(['track', 'page', 'screen', 'identify', 'group', 'alias']),
  event: value.optional().describe("A track's event, a page's name."),
  channel: z
    .enum(['browser', 'server'])
    .optional()
    .describe('`server`: it is nobody’s activity and begins no session (S3). Say it.'),
  at: instant,
  id: value
    .optional()
    .describe('What makes it one event, if the file may be written again in another order. Without it: its row.'),
  anonymousId: value.optional(),
  userId: value.optional(),
  previousId: value.optional(),
  groupId: value.optional(),
  traits: values.optional(),
  properties: values.optional(),
  context: values.optional().describe('A dot in a name goes one level down: `page.url`.'),
  group: z
    .array(text)
    .min(1)
    .max(10)
    .optional()
    .describe('Several rows make one event: those near each other in which these fields are equal.'),
  line: values.optional().describe('What each row of a group gives to `properties.products`.'),
  lineWhen: when.optional().describe('Rows of a group that give a line; without it, all.'),
});

const importMap = z.strictObject({
  $schema: text.optional(),
  name: text
    .min(1)
    .max(60)
    .describe(
      'Part of every event’s id: the same file under the same name is imported once, however often it is tried.',
    ),
  format: z.enum(['csv', 'jsonl']),
  delimiter: text
    .length(1)
    .refine((it) => !'"\r\n'.includes(it), { error: 'must be no quote and no line break' })
    .default(','),
  encoding: z.enum(['utf-8', 'latin1', 'utf-16le']).default('utf-8').describe('Of a CSV file.'),
  columns: z
    .array(text)
    .min(1)
    .optional()
    .describe('Names of the columns, for a file whose first line does not name them.'),
  timeZone: text
    .refine(zoneIsKnown, { error: 'must be a time zone such as Europe/London' })
    .default('UTC')
    .describe('Of instants that bring no zone.'),
  decimalMark: z.enum(['.', ',']).default('.').describe('Of numbers written as text. With `,` a dot parts thousands.'),
  each: text
    .optional()
    .describe('JSON Lines: the field that holds a list; each entry becomes a row, with the fields around it.'),
  groupWithin: z
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(200)
    .describe('How many other rows may stand between two rows of one group.'),
  skip: z
    .array(z.strictObject({ when, reason: text.min(1).max(200) }))
    .max(50)
    .default([])
    .describe('Rows that are left out on purpose, counted under their reason.'),
  events: z.array(rule).min(1).max(50).describe('The first that fits a row is taken.'),
});
export type ImportMap = z.output<typeof importMap>;
export type Rule = z.output<typeof rule>;
export type Condition = z.output<typeof condition>;

/** Of CSV, the fields in their order; of JSON Lines, the object itself. */
export type Row = readonly unknown[] | Readonly<Record<string, unknown>>;

/** The map does not fit the file. The message is for whoever wrote the map. */
export class MapError extends Error {
  override readonly name = 'MapError';
}

/** JSON Schema of a map, for editors. */
export const mapSchema = (): unknown => z.toJSONSchema(importMap, { io: 'input' });

const sentence = (issue: z.core.$ZodIssue): string => {
  const place = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${place.replace(/^\./, '') || 'the map'}: ${issue.message}`;
};

/** What the map says, or why it cannot be one. */
export const readMap = (written: string): ImportMap => {
  let json: unknown;
  try {
    json = JSON.parse(written);
  } catch {
    throw new MapError('The map is no JSON.');
  }
  const read = importMap.safeParse(json);
  if (!read.success) throw new MapError(read.error.issues.map(sentence).join('\n'));
  const map = read.data;
  if (map.each !== undefined && map.format !== 'jsonl') throw new MapError('each: only for the format "jsonl".');
  if (map.columns !== undefined && map.format !== 'csv') throw new MapError('columns: only for the format "csv".');
  return map;
};
