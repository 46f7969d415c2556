// Instants as files spell them, to epoch milliseconds. Strict: what is not plainly a date is none, since a date that is
// guessed wrong puts a person's history where it did not happen.

export interface Pattern {
  expression: RegExp;
  parts: readonly Part[];
}
const widths = { YYYY: '(\\d{4})', MM: '(\\d\\d)', M: '(\\d{1,2})', DD: '(\\d\\d)', D: '(\\d{1,2})' } as const;
const clock = {
  HH: '(\\d\\d)',
  H: '(\\d{1,2})',
  mm: '(\\d\\d)',
  m: '(\\d{1,2})',
  ss: '(\\d\\d)',
  s: '(\\d{1,2})',
} as const;
const tokens: Readonly<Record<string, string>> = { ...widths, ...clock };
type Part = 'Y' | 'M' | 'D' | 'H' | 'm' | 's';

/** `D/M/YYYY HH:mm` → how to read it; null = no such pattern. */
export const patternOf = (format: string): Pattern | null => {
  const parts: Part[] = [];
  let source = '';
  for (const piece of format.match(/YYYY|MM?|DD?|HH?|mm?|ss?|[^A-Za-z]|T/g) ?? []) {
    const token = tokens[piece];
    if (token === undefined) source += piece.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    else {
      source += token;
      parts.push(piece[0] as Part);
    }
  }
  const isWhole = (format.match(/YYYY|MM?|DD?|HH?|mm?|ss?|[^A-Za-z]|T/g) ?? []).join('') === format;
  const isDate = (['Y', 'M', 'D'] as const).every((part) => parts.includes(part));
  if (!isWhole || !isDate || new Set(parts).size !== parts.length) return null;
  return { expression: new RegExp(`^${source}$`), parts };
};

const zones = new Map<string, Intl.DateTimeFormat>();
const zoneOf = (name: string): Intl.DateTimeFormat => {
  let zone = zones.get(name);
  if (!zone) {
    zone = new Intl.DateTimeFormat('en-GB', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
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
export const zoneIsKnown = (name: string): boolean => {
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
};

/** How far a zone's clock is ahead of UTC at an instant. */
const aheadMs = (zone: Intl.DateTimeFormat, at: number): number => {
  const parts: Record<string, number> = {};
  for (const { type, value } of zone.formatToParts(at)) parts[type] = Number(value);
  const local = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  return local - Math.floor(at / 1000) * 1000;
};

const dayMs = 86_400_000;
/** Clocks change at full quarters of an hour, so within one they are as far ahead at its end as at its beginning. */
const quarterMs = 900_000;
const quartersMax = 20_000;
const quarters = new Map<string, number>();

/** Of a local time, how far it is ahead of UTC. One that a clock change skips or repeats counts as before the change. */
const localAheadMs = (local: number, timeZone: string): number => {
  const quarter = Math.floor(local / quarterMs);
  const key = `${timeZone} ${quarter}`;
  let ahead = quarters.get(key);
  if (ahead === undefined) {
    const zone = zoneOf(timeZone);
    const begin = quarter * quarterMs;
    const before = aheadMs(zone, begin - dayMs);
    const after = aheadMs(zone, begin + dayMs);
    ahead = before === after || aheadMs(zone, begin - before) === before ? before : after;
    // Skipped: neither clock ever showed it.
    if (ahead === after && before !== after && aheadMs(zone, begin - after) !== after) ahead = before;
    if (quarters.size >= quartersMax) quarters.clear();
    quarters.set(key, ahead);
  }
  return ahead;
};

const utcOf = (
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | null => {
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(at);
  // 31 June is no day, and Date would make it 1 July. 24:00 is no hour.
  const exists =
    year >= 1000 &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return exists ? at : null;
};

const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?)?$/i;

const readIso = (written: string, timeZone: string): number | null => {
  const parts = iso.exec(written);
  if (parts === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = parts;
  const whole = utcOf(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second));
  if (whole === null) return null;
  const local = whole + Number(fraction.padEnd(3, '0').slice(0, 3));
  if (zone === undefined) return timeZone === 'UTC' ? local : local - localAheadMs(local, timeZone);
  if (/^(Z|UTC)$/i.test(zone)) return local;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 18 || minutes > 59) return null;
  return local - (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
};

const readPattern = (written: string, { expression, parts }: Pattern, timeZone: string): number | null => {
  const found = expression.exec(written);
  if (found === null) return null;
  const read: Record<Part, number> = { Y: 0, M: 1, D: 1, H: 0, m: 0, s: 0 };
  for (const [index, part] of parts.entries()) read[part] = Number(found[index + 1]);
  const local = utcOf(read.Y, read.M, read.D, read.H, read.m, read.s);
  return local === null || timeZone === 'UTC' ? local : local - localAheadMs(local, timeZone);
};

/** Dates that JavaScript can write. */
const instantMaxMs = 8.64e15;

/** Epoch milliseconds, or null. */
export const readInstant = (found: unknown, as: 'iso' | 'ms' | 's' | Pattern, timeZone: string): number | null => {
  if (as === 'ms' || as === 's') {
    const number =
      typeof found === 'number'
        ? found
        : typeof found === 'string' && /^\s*-?\d{1,17}(\.\d{1,9})?\s*$/.test(found)
          ? Number(found)
          : Number.NaN;
    const at = Math.round(as === 's' ? number * 1000 : number);
    return Math.abs(at) <= instantMaxMs ? at : null;
  }
  if (typeof found !== 'string' || found.length > 60) return null;
  const written = found.trim();
  return as === 'iso' ? readIso(written, timeZone) : readPattern(written, as, timeZone);
};
