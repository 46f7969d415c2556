import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentOf, readAmount } from '../contract/amount.js';
import { averagePrice, minus, timesQuantity, toMinor } from './money.js';

const read = (value: unknown): string => {
  const amount = readAmount(value);
  return amount.kind === 'amount' ? amount.decimal : amount.kind;
};

describe('minor units', () => {
  it.each([
    ['9.99', 'EUR', 999],
    ['9.995', 'EUR', 1000],
    ['9.994999', 'EUR', 999],
    ['-9.995', 'EUR', -1000],
    ['1500', 'JPY', 1500],
    ['1500.5', 'JPY', 1501],
    ['1.2345', 'KWD', 1235],
    ['1.23456', 'CLF', 12346],
    ['1', 'HUF', 100],
    ['1', null, 100],
    ['1', 'ZZZ', 100],
  ])('%s %s is %i', (decimal, currency, minor) => {
    expect(toMinor(decimal, currency)).toBe(minor);
  });

  it('is nothing at all where it is larger than any shop’s', () => {
    expect(toMinor('99999999999999', 'EUR')).toBeNull();
    expect(timesQuantity('99999999999', 2, 'EUR')).toBeNull();
  });

  it('multiplies by a quantity with decimals without a float of money', () => {
    expect(timesQuantity('9.99', 3, 'EUR')).toBe(2997);
    expect(timesQuantity('0.333', 3, 'EUR')).toBe(100);
    expect(timesQuantity('3.33', 1.5, 'EUR')).toBe(500);
    expect(timesQuantity('1000.05', 0.001, 'EUR')).toBe(100);
    expect(timesQuantity('1500', 2, 'JPY')).toBe(3000);
    expect(timesQuantity('-2.5', 1, 'JPY')).toBe(-3);
  });

  it('averages two prices so that the value of both together is right', () => {
    expect(averagePrice('10', 1, '0', 1)).toBe('5');
    const mean = averagePrice('10', 1, '9.99', 2);
    expect(timesQuantity(mean, 3, 'EUR')).toBe(2998);
  });

  it('gives the same minor units on the short way as on the long one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9_999_999, max: 9_999_999 }),
        fc.integer({ min: 0, max: 6 }),
        fc.constantFrom('EUR', 'JPY', 'KWD', 'UYW'),
        (digits, decimals, currency) => {
          const value = digits / 10 ** decimals;
          const decimal = read(value);
          expect(decimal).toBe(read(`${value}`));
          const exact = Math.round(Math.abs(digits) * 10 ** (exponentOf(currency) - decimals) + 1e-9);
          expect(toMinor(decimal, currency)).toBe(digits < 0 && exact !== 0 ? -exact : exact);
        },
      ),
    );
  });

  it('subtracts exactly', () => {
    expect(minus('0.3', '0.1')).toBe('0.2');
    expect(minus('1', '2.5')).toBe('-1.5');
  });

  it('any price in cents comes back from any writing of it', () => {
    const cents = fc.integer({ min: 0, max: 99_999_999_999 });
    fc.assert(
      fc.property(cents, (minor) => {
        const [whole, fraction] = [String(Math.trunc(minor / 100)), String(minor % 100).padStart(2, '0')];
        const grouped = (mark: string): string => whole.replace(/\B(?=(\d{3})+$)/g, mark);
        const writings = [
          minor / 100,
          `${whole}.${fraction}`,
          `${whole},${fraction}`,
          `${grouped('.')},${fraction}`,
          `${grouped(',')}.${fraction}`,
          `${grouped(' ')},${fraction} €`,
          `CHF ${grouped("'")}.${fraction}`,
        ];
        for (const writing of writings) expect(toMinor(read(writing), 'EUR')).toBe(minor);
      }),
    );
  });

  it('no text whatever makes it throw or leave the bounds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+(]?[\d.,' ]*[)€]?$/), fc.double()), (value) => {
        const amount = readAmount(value);
        if (amount.kind !== 'amount') return;
        expect(amount.decimal).toMatch(/^-?\d{1,14}(\.\d{1,6})?$/);
        const minor = toMinor(amount.decimal, 'EUR');
        expect(minor === null || Number.isSafeInteger(minor)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
