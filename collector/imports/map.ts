// The language of an import map: how rows of somebody else's file become calls of the wire. Pure; reads no file. What it
// cannot read it refuses with a reason, row by row.

import { createHash } from 'node:crypto';
import { z } from 'zod';

const condition = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number()])),
  z.strictObject({
    startsWith: z.string().optional(),
    matches: z.string().max(200).optional(),
    above: z.number().optional(),
    below: z.number().optional(),
    empty: z.boolean().optional(),
    not: z
      .union([
        z.string(),
        z.number(),
        z.array(z.union([z.string(), z.number()])),
        z.strictObject({ startsWith: z.string() }),
      ])
      .optional(),
  }),
]);
const when = z.record(z.string(), condition);

type Value =
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
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({
    field: z.string(),
    as: z.enum(['text', 'number']).optional(),
    default: z.unknown().optional(),
    abs: z.boolean().optional(),
    prefix: z.string().optional(),
    values: z.record(z.string(), z.unknown()).optional(),
  }),
  /** Several fields in one text, for an id that one field does not make unique. */
  z.strictObject({ join: z.array(z.string()).min(1).max(5), prefix: z.string().optional() }),
  z.strictObject({ sumOf: z.array(z.string()).min(1).max(3), abs: z.boolean().optional() }),
]);

const instant = z.strictObject({
  field: z.string(),
  /** `iso` with a zone, or without one and `timeZone` of the map; `ms` and `s` since 1970. */
  as: z.enum(['iso', 'ms', 's']).default('iso'),
});

const rule = z.strictObject({
  when: when.optional(),
  type: z.enum(['track', 'page', 'screen', 'identify', 'group']),
  event: z.string().optional(),
  channel: z.enum(['browser', 'server']).optional(),
  at: instant,
  anonymousId: value.optional(),
  userId: value.optional(),
  traits: z.record(z.string(), value).optional(),
  properties: z.record(z.string(), value).optional(),
  context: z.record(z.string(), value).optional(),
  /** Several rows make one event: neighbours whose `group` fields are equal. Each gives one entry of `products`. */
  group: z.array(z.string()).min(1).optional(),
  line: z.record(z.string(), value).optional(),
  /** Rows of a group that are no line of it. */
  lineWhen: when.optional(),
});

export const importMap = z.strictObject({
  $schema: z.string().optional(),
  /** Part of every messageId: the same file under the same name is imported once, however often it is tried. */
  name: z.string().min(1).max(60),
  format: z.enum(['csv', 'jsonl']),
  delimiter: z.string().length(1).default(','),
  /** Names for the columns of a file without a head. */
  columns: z.array(z.string()).optional(),
  /** Of instants without a zone: an IANA name. */
  timeZone: z.string().default('UTC'),
  /** JSON Lines: the field that holds a list; each entry becomes a row, with the fields around it. */
  each: z.string().optional(),
  /** Rows that are left out on purpose, counted under their reason. */
  skip: z.array(z.strictObject({ when, reason: z.string().min(1).max(200) })).default([]),
  /** The first that fits a row. */
  events: z.array(rule).min(1).max(50),
});
export type ImportMap = z.output<typeof importMap>;
type Rule = z.output<typeof rule>;
export type Row = Readonly<Record<string, unknown>>;

export interface NumberedRow {
  /** Of the file, from 1. */
  line: number;
  row: Row;
}
export interface MappedCall {
  line: number;
  lines: number;
  call: Record<string, unknown>;
}
export type Mapped =
  | { kind: 'call'; call: MappedCall }
  | { kind: 'skipped'; line: number; reason: string }
  | { kind: 'refused'; line: number; reason: string };

const own = (row: Row, field: string): unknown => {
  if (Object.hasOwn(row, field)) return row[field];
  let at: unknown = row;
  for (const part of field.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Row)[part];
  }
  return at;
};
const isEmpty = (found: unknown): boolean => found === undefined || found === null || found === '';
const numberOf = (found: unknown): number | null => {
  if (typeof found === 'number') return Number.isFinite(found) ? found : null;
  if (typeof found !== 'string' || found.trim() === '') return null;
  const number = Number(found);
  return Number.isFinite(number) ? number : null;
};

export const fits = (row: Row, wanted: z.output<typeof when> | undefined): boolean => {
  if (!wanted) return true;
  return Object.entries(wanted).every(([field, condition]) => {
    const found = own(row, field);
    const equals = (other: string | number | boolean): boolean => String(found) === String(other);
    if (typeof condition !== 'object') return equals(condition);
    if (Array.isArray(condition)) return condition.some(equals);
    if (condition.empty !== undefined && isEmpty(found) !== condition.empty) return false;
    if (condition.startsWith !== undefined && !String(found ?? '').startsWith(condition.startsWith)) return false;
    if (condition.matches !== undefined && !new RegExp(condition.matches, 'u').test(String(found ?? '').slice(0, 1000)))
      return false;
    const number = numberOf(found);
    if (condition.above !== undefined && !(number !== null && number > condition.above)) return false;
    if (condition.below !== undefined && !(number !== null && number < condition.below)) return false;
    if (condition.not !== undefined) {
      const { not } = condition;
      if (typeof not === 'object' && !Array.isArray(not)) return !String(found ?? '').startsWith(not.startsWith);
      return Array.isArray(not) ? !not.some(equals) : !equals(not);
    }
    return true;
  });
};

/** Decimals without floating sums: 2.55 × 6 is 15.30. */
const product = (row: Row, fields: readonly string[]): { units: bigint; scale: number } | null => {
  let units = 1n;
  let scale = 0;
  for (const field of fields) {
    const written = String(own(row, field) ?? '').trim();
    const parts = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(written);
    if (!parts) return null;
    units *= BigInt(`${parts[1]}${parts[2]}${parts[3] ?? ''}`);
    scale += parts[3]?.length ?? 0;
  }
  return { units, scale };
};
const sum = (rows: readonly Row[], fields: readonly string[]): number | null => {
  const scaleMax = 12 * fields.length;
  let total = 0n;
  for (const row of rows) {
    const one = product(row, fields);
    if (!one) return null;
    total += one.units * 10n ** BigInt(scaleMax - one.scale);
  }
  // To six decimals, which is more than any currency has.
  const micro = total / 10n ** BigInt(scaleMax - 6);
  return Number(micro) / 1_000_000;
};

const read = (rows: readonly Row[], wanted: Value): unknown => {
  if (wanted === null || typeof wanted !== 'object') return wanted;
  if ('sumOf' in wanted) {
    const total = sum(rows, wanted.sumOf);
    return total === null ? undefined : wanted.abs ? Math.abs(total) : total;
  }
  if ('join' in wanted) return `${wanted.prefix ?? ''}${wanted.join.map((field) => String(own(rows[0]!, field) ?? '')).join('-')}`;
  let found = own(rows[0]!, wanted.field);
  if (wanted.values && !isEmpty(found) && Object.hasOwn(wanted.values, String(found)))
    found = wanted.values[String(found)];
  if (isEmpty(found)) return wanted.default;
  if (wanted.as === 'number' || wanted.abs) {
    const number = numberOf(found);
    return number === null ? wanted.default : wanted.abs ? Math.abs(number) : number;
  }
  if (wanted.prefix !== undefined) return `${wanted.prefix}${String(found)}`;
  return wanted.as === 'text' ? String(found) : found;
};

const readAll = (rows: readonly Row[], wanted: Record<string, Value> | undefined): Record<string, unknown> => {
  const all: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(wanted ?? {})) {
    const found = read(rows, value);
    if (found !== undefined) all[name] = found;
  }
  return all;
};

const zones = new Map<string, Intl.DateTimeFormat>();
const zoneOf = (name: string): Intl.DateTimeFormat => {
  let zone = zones.get(name);
  if (!zone) {
    zone = new Intl.DateTimeFormat('en-GB', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    zones.set(name, zone);
  }
  return zone;
};
/** How far a zone's clock is ahead of UTC at an instant. */
const aheadMs = (zone: Intl.DateTimeFormat, at: number): number => {
  const parts = Object.fromEntries(zone.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const local = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  return local - Math.floor(at / 1000) * 1000;
};

/** Epoch milliseconds, or null. A local time that a clock change skips or repeats takes the offset before the change. */
export const readInstant = (found: unknown, as: 'iso' | 'ms' | 's', timeZone: string): number | null => {
  if (as !== 'iso') {
    const number = numberOf(found);
    return number === null ? null : Math.round(as === 's' ? number * 1000 : number);
  }
  if (typeof found !== 'string') return null;
  const written = found
    .trim()
    .replace(' UTC', 'Z')
    .replace(/^(\d{4}-\d\d-\d\d) /, '$1T');
  if (/(Z|[+-]\d\d:?\d\d)$/i.test(written)) {
    const at = Date.parse(written);
    return Number.isNaN(at) ? null : at;
  }
  const local = Date.parse(`${/T/.test(written) ? written : `${written}T00:00:00`}Z`);
  if (Number.isNaN(local)) return null;
  const zone = zoneOf(timeZone);
  const guess = local - aheadMs(zone, local);
  return local - aheadMs(zone, guess);
};

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Turns rows, in their order, into calls. Hand it `null` at the end of the file. */
export const mapper = (map: ImportMap): ((numbered: NumberedRow | null) => Mapped[]) => {
  let open: {
    rule: Rule;
    key: string;
    line: number;
    lines: number;
    rows: Row[];
    seen: ReturnType<typeof createHash>;
  } | null = null;

  const make = (rule: Rule, rows: readonly Row[], line: number, lines: number, identity: string): Mapped => {
    const first = rows[0]!;
    const at = readInstant(own(first, rule.at.field), rule.at.as, map.timeZone);
    if (at === null) return { kind: 'refused', line, reason: `${rule.at.field} is no instant` };
    const idOf = (value: Value | undefined): string | undefined => {
      const found = value === undefined ? undefined : read(rows, value);
      return isEmpty(found) ? undefined : String(found);
    };
    const anonymousId = idOf(rule.anonymousId);
    const userId = idOf(rule.userId);
    const properties = readAll(rows, rule.properties);
    if (rule.line)
      properties.products = rows.filter((row) => fits(row, rule.lineWhen)).map((row) => readAll([row], rule.line));
    const call: Record<string, unknown> = {
      type: rule.type,
      messageId: `imp-${digest(`${map.name}\n${line}\n${identity}`)}`,
      timestamp: new Date(at).toISOString(),
      ...(rule.event === undefined ? {} : rule.type === 'track' ? { event: rule.event } : { name: rule.event }),
      ...(rule.channel === undefined ? {} : { channel: rule.channel }),
      ...(anonymousId === undefined ? {} : { anonymousId }),
      ...(userId === undefined ? {} : { userId }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(rule.traits ? { traits: readAll(rows, rule.traits) } : {}),
      ...(rule.context ? { context: readAll(rows, rule.context) } : {}),
    };
    return { kind: 'call', call: { line, lines, call } };
  };

  const finish = (): Mapped[] => {
    if (!open) return [];
    const { rule, rows, line, lines, seen } = open;
    open = null;
    return [make(rule, rows, line, lines, seen.digest('hex'))];
  };

  return (numbered) => {
    if (numbered === null) return finish();
    const { line, row } = numbered;
    const text = JSON.stringify(row);
    const skipped = map.skip.find((skip) => fits(row, skip.when));
    if (skipped) return [{ kind: 'skipped', line, reason: skipped.reason }];
    const rule = map.events.find((candidate) => fits(row, candidate.when));
    if (!rule) return [{ kind: 'refused', line, reason: 'no rule of the map fits' }];
    if (!rule.group) return [...finish(), make(rule, [row], line, 1, text)];
    const key = JSON.stringify(rule.group.map((field) => own(row, field) ?? null));
    if (open && open.rule === rule && open.key === key) {
      open.rows.push(row);
      open.lines += 1;
      open.seen.update(text);
      return [];
    }
    const before = finish();
    open = { rule, key, line, lines: 1, rows: [row], seen: createHash('sha256').update(text) };
    return before;
  };
};

export const mapSchema = (): unknown => z.toJSONSchema(importMap, { io: 'input' });
