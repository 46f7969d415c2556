// Instants on the wire are ISO 8601 with a zone; inside they are epoch milliseconds. Pure; knows no clock.

const isoText =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)$/;

const daysIn = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : month === 4 || month === 6 || month === 9 || month === 11
      ? 30
      : 31;

const digit = (text: string, at: number): number => {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : Number.NaN;
};
const two = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

/** `2026-11-22T06:00:00.000Z`, as every browser writes it, read without an expression; null leaves it to the whole reading. */
const plain = (text: string): number | null => {
  if (
    text.length !== 24 ||
    text.charCodeAt(23) !== 0x5a ||
    text.charCodeAt(10) !== 0x54 ||
    text.charCodeAt(19) !== 0x2e
  )
    return null;
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return null;
  if (text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a) return null;
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const [hour, minute, second] = [two(text, 11), two(text, 14), two(text, 17)];
  // Compared so that what is no number fails, too.
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return null;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return null;
  const at = Date.UTC(year, month - 1, day, hour, minute, second, two(text, 20) * 10 + digit(text, 22));
  return Number.isNaN(at) ? null : at;
};

/**
 * Epoch milliseconds, or null for anything that is not a real date and time with a zone. Stricter than `Date.parse`,
 * which reads `2026-02-30` as March and much else besides; wider in the offset (`+0100`, `+01`), as old clients write it.
 */
export const parseInstant = (value: unknown): number | null => {
  if (typeof value !== 'string' || value.length > 40) return null;
  const read = plain(value);
  if (read !== null) return read;
  const parts = isoText.exec(value);
  if (parts === null) return null;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const [hour, minute, second] = [Number(parts[4]), Number(parts[5]), Number(parts[6] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const offsetHours = Number(parts[10] ?? 0);
  const offsetMinutes = Number(parts[11] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return null;
  const fractionMs = parts[7] === undefined ? 0 : Math.trunc(Number(`0.${parts[7]}`) * 1000);
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (parts[9] === '-' ? -1 : 1);
  // Date.UTC reads years below 100 as 19xx; a four-digit year is meant as written.
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second, fractionMs);
  return at.getTime() - offsetMs;
};

/** As every answer and page writes an instant; throws where no `Date` can hold it. */
export const iso = (at: number): string => new Date(at).toISOString();

/** The day of an instant, UTC, as counters and files name it: `2026-11-22`. */
export const dayOf = (at: number): string => iso(at).slice(0, 10);
