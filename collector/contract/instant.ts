// Instants on the wire are ISO 8601 with a zone; inside they are epoch milliseconds. Pure; knows no clock.

const iso =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)$/;

const daysIn = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : month === 4 || month === 6 || month === 9 || month === 11
      ? 30
      : 31;

/**
 * Epoch milliseconds, or null for anything that is not a real date and time with a zone. Stricter than `Date.parse`,
 * which reads `2026-02-30` as March and much else besides; wider in the offset (`+0100`, `+01`), as old clients write it.
 */
export const parseInstant = (value: unknown): number | null => {
  if (typeof value !== 'string' || value.length > 40) return null;
  const parts = iso.exec(value);
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
