// A map, compiled: rows in, calls out. Pure; what it cannot read it refuses with a reason, row by row, and a reason never holds
// a value of the row. A map is compiled once, since what it says is asked again for every row.

import type { z } from 'zod';
import { sha256Text } from '../store/digest.js';
import { patternOf, readInstant } from './instant.js';
import { type Condition, type ImportMap, MapError, type Row, type Rule, type Value, type when } from './map.js';

export interface MappedCall {
  /** Where its first row begins. */
  line: number;
  rows: number;
  call: Record<string, unknown>;
}
export type Mapped =
  | { kind: 'call'; call: MappedCall }
  | { kind: 'skipped'; line: number; reason: string }
  | { kind: 'refused'; line: number; rows: number; reason: string };

/** Of one group: more than the longest order anybody has. */
export const groupRowsMax = 10_000;
const groupMaxChars = 4_000_000;
const openGroupsMax = 1_000;
/** Closed groups that are remembered, to notice one that goes on later. */
const closedGroupsMax = 100_000;

type Read = (row: Row) => unknown;
type ReadRows = (rows: readonly Row[]) => unknown;

const isEmpty = (found: unknown): boolean => found === undefined || found === null || found === '';
const asText = (found: unknown): string =>
  typeof found === 'string' ? found : found === undefined || found === null ? '' : String(found);

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

export interface Mapper {
  /** Rows in the order of the file. */
  take: (line: number, row: Row, text: string) => Mapped[];
  /** What is still open at the end of the file. */
  end: () => Mapped[];
}

interface Group {
  line: number;
  rows: Row[];
  count: number;
  texts: string[];
  chars: number;
  /** The number of the last row that joined it. */
  last: number;
  rule: Compiled;
  key: string;
}

interface Compiled {
  fits: (row: Row) => boolean;
  make: (rows: readonly Row[], line: number, count: number, texts: readonly string[]) => Mapped;
  /** What a row's group is called; null where each row is an event. */
  groupOf: ((row: Row) => string) | null;
}

/** `columns` names the fields of rows that are lists. */
export const compileMap = (map: ImportMap, columns: readonly string[] | null): Mapper => {
  const readField = (field: string, where: string): Read => {
    if (columns !== null) {
      const index = columns.indexOf(field);
      if (index < 0)
        throw new MapError(`${where}: the file has no column "${field}". It has: ${columns.join(', ').slice(0, 500)}.`);
      return (row) => (row as readonly unknown[])[index];
    }
    const parts = field.split('.');
    return (row) => {
      if (Object.hasOwn(row, field)) return (row as Readonly<Record<string, unknown>>)[field];
      if (parts.length === 1) return undefined;
      let at: unknown = row;
      for (const part of parts) {
        if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
        at = (at as Readonly<Record<string, unknown>>)[part];
      }
      return at;
    };
  };

  const plain = (written: string): string =>
    map.decimalMark === '.'
      ? written.trim()
      : written
          .trim()
          .replace(/[.\s\u00a0\u202f]/g, '')
          .replace(',', '.');
  const numberOf = (found: unknown): number | null => {
    if (typeof found === 'number') return Number.isFinite(found) ? found : null;
    if (typeof found !== 'string') return null;
    const written = plain(found);
    return decimal.test(written) ? Number(written) : null;
  };

  const compileCondition = (read: Read, wanted: Condition, where: string): ((row: Row) => boolean) => {
    if (typeof wanted !== 'object') {
      const other = String(wanted);
      return (row) => asText(read(row)) === other;
    }
    if (Array.isArray(wanted)) {
      const others = new Set(wanted.map(String));
      return (row) => others.has(asText(read(row)));
    }
    const tests: ((found: unknown) => boolean)[] = [];
    const number = (test: (found: number) => boolean): void => {
      tests.push((found) => {
        const read = numberOf(found);
        return read !== null && test(read);
      });
    };
    const { startsWith, matches, above, atLeast, below, atMost, empty, not } = wanted;
    if (empty !== undefined) tests.push((found) => isEmpty(found) === empty);
    if (startsWith !== undefined) tests.push((found) => asText(found).startsWith(startsWith));
    if (matches !== undefined) {
      let pattern: RegExp;
      try {
        pattern = new RegExp(matches, 'u');
      } catch {
        throw new MapError(`${where}: "matches" is no regular expression.`);
      }
      tests.push((found) => pattern.test(asText(found).slice(0, 1_000)));
    }
    if (above !== undefined) number((found) => found > above);
    if (atLeast !== undefined) number((found) => found >= atLeast);
    if (below !== undefined) number((found) => found < below);
    if (atMost !== undefined) number((found) => found <= atMost);
    if (not !== undefined) {
      if (typeof not === 'object' && !Array.isArray(not))
        tests.push((found) => !asText(found).startsWith(not.startsWith));
      else {
        const others = new Set([not].flat().map(String));
        tests.push((found) => !others.has(asText(found)));
      }
    }
    return (row) => {
      const found = read(row);
      for (const test of tests) if (!test(found)) return false;
      return true;
    };
  };
  const compileWhen = (wanted: z.output<typeof when> | undefined, where: string): ((row: Row) => boolean) => {
    const tests = Object.entries(wanted ?? {}).map(([field, one]) =>
      compileCondition(readField(field, where), one, `${where}.${field}`),
    );
    return (row) => {
      for (const test of tests) if (!test(row)) return false;
      return true;
    };
  };

  /** Decimals without floating sums: 2.55 × 6 is 15.30. */
  const sumOf = (fields: readonly Read[]): ((rows: readonly Row[]) => number | null) => {
    const scaleMax = 12 * fields.length;
    const powers = Array.from({ length: scaleMax + 1 }, (_, n) => 10n ** BigInt(n));
    return (rows) => {
      let total = 0n;
      for (const row of rows) {
        let units = 1n;
        let scale = 0;
        for (const read of fields) {
          const parts = /^([+-]?)(\d{1,20})(?:\.(\d{0,12}))?$/.exec(plain(asText(read(row))));
          if (!parts) return null;
          const fraction = parts[3] ?? '';
          units *= BigInt(`${parts[1] === '-' ? '-' : ''}${parts[2]}${fraction}`);
          scale += fraction.length;
        }
        total += units * powers[scaleMax - scale]!;
      }
      // To six decimals, which is more than any currency has.
      return Number(total / powers[scaleMax - 6]!) / 1_000_000;
    };
  };

  const compileValue = (wanted: Value, where: string): ReadRows => {
    if (wanted === null || typeof wanted !== 'object') return () => wanted;
    if ('sumOf' in wanted) {
      const total = sumOf(wanted.sumOf.map((field) => readField(field, where)));
      return (rows) => {
        const found = total(rows);
        return found === null ? undefined : wanted.abs ? Math.abs(found) : found;
      };
    }
    if ('join' in wanted) {
      const reads = wanted.join.map((field) => readField(field, where));
      const prefix = wanted.prefix ?? '';
      return (rows) => prefix + reads.map((read) => asText(read(rows[0]!))).join('-');
    }
    const read = readField(wanted.field, where);
    const { values: named, prefix, as, abs } = wanted;
    const otherwise = wanted.default;
    return (rows) => {
      let found = read(rows[0]!);
      if (isEmpty(found)) return otherwise;
      if (named !== undefined && Object.hasOwn(named, String(found))) {
        found = named[String(found)];
        if (isEmpty(found)) return otherwise;
      }
      if (as === 'number' || abs) {
        const number = numberOf(found);
        return number === null ? otherwise : abs ? Math.abs(number) : number;
      }
      if (prefix !== undefined) return prefix + String(found);
      return as === 'text' ? String(found) : found;
    };
  };

  const compileValues = (
    wanted: Record<string, Value> | undefined,
    where: string,
  ): ((rows: readonly Row[]) => Record<string, unknown>) => {
    const reads = Object.entries(wanted ?? {}).map(
      ([name, one]) => [name, compileValue(one, `${where}.${name}`)] as const,
    );
    return (rows) => {
      const all: Record<string, unknown> = {};
      for (const [name, read] of reads) {
        const found = read(rows);
        if (found !== undefined) all[name] = found;
      }
      return all;
    };
  };

  const compileRule = (it: Rule, at: number): Compiled => {
    const where = `events[${at}]`;
    const fits = compileWhen(it.when, `${where}.when`);
    const readAt = readField(it.at.field, `${where}.at`);
    const spelling = it.at.format === undefined ? it.at.as : patternOf(it.at.format)!;
    const notAnInstant = `${it.at.field} is no instant that can be read`;
    const idOf = (one: Value | undefined, name: string): ((rows: readonly Row[]) => string | undefined) => {
      if (one === undefined) return () => undefined;
      const read = compileValue(one, `${where}.${name}`);
      return (rows) => {
        const found = read(rows);
        return isEmpty(found) || typeof found === 'object' ? undefined : String(found);
      };
    };
    const own = idOf(it.id, 'id');
    const ids = (['anonymousId', 'userId', 'previousId', 'groupId'] as const)
      .filter((name) => it[name] !== undefined)
      .map((name) => [name, idOf(it[name], name)] as const);
    const event = idOf(it.event, 'event');
    const properties = compileValues(it.properties, `${where}.properties`);
    const traits = it.traits === undefined ? null : compileValues(it.traits, `${where}.traits`);
    const context = it.context === undefined ? null : compileValues(it.context, `${where}.context`);
    const line = it.line === undefined ? null : compileValues(it.line, `${where}.line`);
    const isLine = compileWhen(it.lineWhen, `${where}.lineWhen`);
    const group = it.group?.map((field) => readField(field, `${where}.group`));
    if (it.type === 'track' && it.event === undefined) throw new MapError(`${where}: a track needs an "event".`);

    return {
      fits,
      groupOf: group === undefined ? null : (row) => JSON.stringify([at, ...group.map((read) => read(row) ?? null)]),
      make: (rows, first, count, texts) => {
        const instant = readInstant(readAt(rows[0]!), spelling, map.timeZone);
        if (instant === null) return { kind: 'refused', line: first, rows: count, reason: notAnInstant };
        const name = event(rows);
        if (it.type === 'track' && name === undefined)
          return { kind: 'refused', line: first, rows: count, reason: 'the event has no name' };
        const id = own(rows);
        const identity = id === undefined ? `${first}\n${texts.join('\n')}` : `id\n${id}`;
        const call: Record<string, unknown> = {
          type: it.type,
          messageId: messageIdOf(instant, `${map.name}\n${identity}`),
          timestamp: new Date(instant).toISOString(),
        };
        if (name !== undefined) call[it.type === 'track' ? 'event' : 'name'] = name;
        if (it.channel !== undefined) call.channel = it.channel;
        for (const [field, read] of ids) {
          const found = read(rows);
          if (found !== undefined) call[field] = found;
        }
        const told = properties(rows);
        if (line !== null) {
          const products: unknown[] = [];
          for (const row of rows) if (isLine(row)) products.push(line([row]));
          told.products = products;
        }
        if (Object.keys(told).length > 0) call.properties = told;
        if (traits !== null) call.traits = traits(rows);
        if (context !== null) call.context = nested(context(rows));
        return { kind: 'call', call: { line: first, rows: count, call } };
      },
    };
  };

  const skips = map.skip.map((one, at) => ({
    fits: compileWhen(one.when, `skip[${at}].when`),
    reason: one.reason,
  }));
  const rules = map.events.map(compileRule);

  let count = 0;
  /** The one that waited longest for another row comes first. */
  const open = new Map<string, Group>();
  const closed = new Set<string>();

  const close = (group: Group): Mapped => {
    open.delete(group.key);
    closed.add(group.key);
    if (closed.size > closedGroupsMax) closed.delete(closed.values().next().value!);
    if (group.count > groupRowsMax || group.chars > groupMaxChars)
      return { kind: 'refused', line: group.line, rows: group.count, reason: 'one event has too many rows' };
    return group.rule.make(group.rows, group.line, group.count, group.texts);
  };

  const join = (rule: Compiled, key: string, line: number, row: Row, rowText: string): Mapped | null => {
    let group = open.get(key);
    if (group === undefined) {
      if (closed.has(key)) {
        const reason = 'its event was closed before: sort the file by the fields of "group", or raise "groupWithin"';
        return { kind: 'refused', line, rows: 1, reason };
      }
      group = { line, rows: [], count: 0, texts: [], chars: 0, last: count, rule, key };
    } else open.delete(key);
    open.set(key, group);
    group.last = count;
    group.count += 1;
    group.chars += rowText.length;
    if (group.count <= groupRowsMax && group.chars <= groupMaxChars) {
      group.rows.push(row);
      group.texts.push(rowText);
    } else if (group.rows.length > 0) {
      group.rows = [];
      group.texts = [];
    }
    return null;
  };

  return {
    take: (line, row, rowText) => {
      count += 1;
      const found: Mapped[] = [];
      for (const group of open.values()) {
        if (count - group.last <= map.groupWithin + 1 && open.size < openGroupsMax) break;
        found.push(close(group));
      }
      for (const skip of skips) {
        if (!skip.fits(row)) continue;
        found.push({ kind: 'skipped', line, reason: skip.reason });
        return found;
      }
      for (const rule of rules) {
        if (!rule.fits(row)) continue;
        if (rule.groupOf === null) found.push(rule.make([row], line, 1, [rowText]));
        else {
          const refused = join(rule, rule.groupOf(row), line, row, rowText);
          if (refused !== null) found.push(refused);
        }
        return found;
      }
      found.push({ kind: 'refused', line, rows: 1, reason: 'no rule of the map fits' });
      return found;
    },
    end: () => [...open.values()].map(close),
  };
};

const nested = (flat: Record<string, unknown>): Record<string, unknown> => {
  const all: Record<string, unknown> = {};
  for (const [name, found] of Object.entries(flat)) {
    const parts = name.split('.');
    let at = all;
    for (const part of parts.slice(0, -1)) {
      const inner = Object.hasOwn(at, part) ? at[part] : undefined;
      const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
      at[part] = next;
      at = next;
    }
    at[parts.at(-1)!] = found;
  }
  return all;
};

const timeMax = 2 ** 48 - 1;
/** A UUID v8 that begins with the event's instant, as v7 does: ids made in the order of time keep the index of ids small. */
export const messageIdOf = (at: number, identity: string): string => {
  const time = Math.min(Math.max(at, 0), timeMax).toString(16).padStart(12, '0');
  const hash = sha256Text(identity, 'hex');
  const variant = '89ab'[Number.parseInt(hash[3]!, 16) & 3];
  return `${time.slice(0, 8)}-${time.slice(8)}-8${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
};
