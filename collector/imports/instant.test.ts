import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternOf, readInstant, zoneIsKnown } from './instant.js';

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

describe('instants of a file', () => {
  it.each<[string, string, string | null]>([
    ['2010-12-01T08:26:00', 'UTC', '2010-12-01T08:26:00.000Z'],
    ['2010-12-01 08:26', 'UTC', '2010-12-01T08:26:00.000Z'],
    ['2010-12-01', 'Europe/Paris', '2010-11-30T23:00:00.000Z'],
    ['2019-10-01 00:00:05 UTC', 'Europe/Paris', '2019-10-01T00:00:05.000Z'],
    ['2019-10-01T00:00:05.123456Z', 'Europe/Paris', '2019-10-01T00:00:05.123Z'],
    ['2019-10-01T00:00:05,5+02:00', 'Europe/Paris', '2019-09-30T22:00:05.500Z'],
    ['2019-10-01T00:00:05-0330', 'UTC', '2019-10-01T03:30:05.000Z'],
    [' 2010-12-01T08:26:00 ', 'UTC', '2010-12-01T08:26:00.000Z'],
    ['1/12/2010 8:26', 'UTC', null],
    ['2010-13-01', 'UTC', null],
    ['2011-02-29', 'UTC', null],
    ['2012-02-29', 'UTC', '2012-02-29T00:00:00.000Z'],
    ['2010-12-01T24:00:00', 'UTC', null],
    ['2010-12-01T08:60:00', 'UTC', null],
    ['2010-12-01T08:26:00+25:00', 'UTC', null],
    ['0000-00-00 00:00:00', 'UTC', null],
    ['0001-01-01', 'UTC', null],
    ['yesterday', 'UTC', null],
    ['', 'UTC', null],
    ['2010', 'UTC', null],
    ['2010-12-01T08:26:00Z; DROP', 'UTC', null],
  ])('%j in %s is %s', (written, zone, expected) => {
    expect(iso(readInstant(written, 'iso', zone))).toBe(expected);
  });

  it.each<[string, string, string, string]>([
    ['skipped in London', '2011-03-27T01:30:00', 'Europe/London', '2011-03-27T01:30:00.000Z'],
    ['after it', '2011-03-27T02:00:00', 'Europe/London', '2011-03-27T01:00:00.000Z'],
    ['before it', '2011-03-27T00:59:59', 'Europe/London', '2011-03-27T00:59:59.000Z'],
    ['shown twice in London', '2011-10-30T01:30:00', 'Europe/London', '2011-10-30T00:30:00.000Z'],
    ['after it', '2011-10-30T02:00:00', 'Europe/London', '2011-10-30T02:00:00.000Z'],
    ['shown twice in New York', '2011-11-06T01:30:00', 'America/New_York', '2011-11-06T05:30:00.000Z'],
    ['skipped in New York', '2011-03-13T02:30:00', 'America/New_York', '2011-03-13T07:30:00.000Z'],
    ['by half an hour, on Lord Howe', '2011-04-03T01:45:00', 'Australia/Lord_Howe', '2011-04-02T14:45:00.000Z'],
    ['in Nepal, three quarters of an hour off', '2020-06-01T12:00:00', 'Asia/Kathmandu', '2020-06-01T06:15:00.000Z'],
    ['of a day that Samoa left out', '2011-12-30T12:00:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z'],
    ['in summer', '2011-06-26T10:59:00', 'Europe/London', '2011-06-26T09:59:00.000Z'],
  ])('a local time %s counts as before the change: %s', (_, written, zone, expected) => {
    expect(iso(readInstant(written, 'iso', zone))).toBe(expected);
  });

  it('is what the zone’s own clock shows, at any instant', () => {
    const zones = ['Europe/London', 'America/New_York', 'America/Sao_Paulo', 'Asia/Kolkata', 'Australia/Lord_Howe'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.parse('1975-01-01'), max: Date.parse('2030-01-01') }),
        (zone, at) => {
          const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
          const whole = Math.floor(at / 1000) * 1000;
          const found = readInstant(shown.format(whole), 'iso', zone)!;
          // Of a time that was shown twice, the first.
          expect(shown.format(found)).toBe(shown.format(whole));
          expect(found).toBeLessThanOrEqual(whole);
          expect(whole - found).toBeLessThanOrEqual(3_600_000);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each<[unknown, 'ms' | 's', string | null]>([
    [1659304800025, 'ms', '2022-07-31T22:00:00.025Z'],
    ['1659304800025', 'ms', '2022-07-31T22:00:00.025Z'],
    [1659304800, 's', '2022-07-31T22:00:00.000Z'],
    ['1659304800.5', 's', '2022-07-31T22:00:00.500Z'],
    ['1e12', 'ms', null],
    ['0x10', 'ms', null],
    ['', 'ms', null],
    [Number.NaN, 'ms', null],
    [1e18, 'ms', null],
    [true, 'ms', null],
    [null, 's', null],
  ])('%j as %s is %s', (found, as, expected) => {
    expect(iso(readInstant(found, as, 'UTC'))).toBe(expected);
  });

  it.each<[string, string, string | null]>([
    ['D/M/YYYY H:mm', '1/12/2010 8:26', '2010-12-01T08:26:00.000Z'],
    ['M/D/YYYY HH:mm:ss', '12/1/2010 08:26:07', '2010-12-01T08:26:07.000Z'],
    ['YYYYMMDD', '19970101', '1997-01-01T00:00:00.000Z'],
    ['DD.MM.YYYY', '31.12.2010', '2010-12-31T00:00:00.000Z'],
    ['DD.MM.YYYY', '31.11.2010', null],
    ['DD.MM.YYYY', '31x12x2010', null],
    ['DD.MM.YYYY', '31.12.2010 ', '2010-12-31T00:00:00.000Z'],
    ['YYYY-MM-DDTHH:mm', '2010-12-01T08:26', '2010-12-01T08:26:00.000Z'],
  ])('by the pattern %s, %j is %s', (format, written, expected) => {
    expect(iso(readInstant(written, patternOf(format)!, 'UTC'))).toBe(expected);
  });
  it('by a pattern is local to its zone', () => {
    expect(iso(readInstant('1/7/2011 0:30', patternOf('D/M/YYYY H:mm')!, 'Europe/London'))).toBe(
      '2011-06-30T23:30:00.000Z',
    );
  });
  it.each(['', 'YYYY', 'YYYY-MM', 'DD/MM', 'YY-MM-DD', 'YYYY-MM-DD MM', 'YYYY-MM-DD foo', 'YYYY-MM-DD hh'])(
    '%j is no pattern',
    (format) => {
      expect(patternOf(format)).toBeNull();
    },
  );
  it('zones are those the clocks of the world know', () => {
    expect([zoneIsKnown('Europe/London'), zoneIsKnown('UTC'), zoneIsKnown('Mars/Olympus'), zoneIsKnown('')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
