import { describe, expect, it } from 'vitest';
import { exponentOf, isUnreadable, readAmount, readCurrency } from './amount.js';

const read = (value: unknown, currency: string | null = null): string => {
  const amount = readAmount(value, currency);
  return amount.kind === 'amount' ? amount.decimal : amount.kind;
};

describe('an amount is read to a decimal text', () => {
  it.each([
    [9.99, '9.99'],
    [0, '0'],
    [-5, '-5'],
    [0.1 + 0.2, '0.3'],
    [1e3, '1000'],
    [1e-7, '0'],
    [2.5e-3, '0.0025'],
    ['19.90', '19.9'],
    ['12.00', '12'],
    ['0.00', '0'],
    ['100', '100'],
    ['10.050', '10.05'],
    ['007.50', '7.5'],
    ['1.1234567', '1.123457'],
    ['1.234', '1.234'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1e2', '100'],
    ['+7', '7'],
    ['  12 ', '12'],
    ['１２.５', '12.5'],
    [undefined, 'absent'],
    [null, 'absent'],
    ['', 'absent'],
    ['   ', 'absent'],
  ])('%j is %s, as a program writes it', (value, decimal) => {
    expect(read(value)).toBe(decimal);
  });

  it.each([
    ['9,99', '9.99'],
    ['1.234,56', '1234.56'],
    ['1,234.56', '1234.56'],
    ['1 234,56', '1234.56'],
    ['1\u00a0234,56', '1234.56'],
    ['1\u202f234\u202f567,8', '1234567.8'],
    ["1'234.50", '1234.5'],
    ['1’234.50', '1234.5'],
    ['1.234.567', '1234567'],
    ['1,234,567', '1234567'],
    ['12,34,567.00', '1234567'],
    ['1,234', '1234'],
    ['0,500', '0.5'],
    ['1234,5', '1234.5'],
    ['-3,50', '-3.5'],
    ['−3,50', '-3.5'],
    ['(3.50)', '-3.5'],
    ['12,-', '12'],
    ['€ 9,99', '9.99'],
    ['9,99 €', '9.99'],
    ['1.234 €', '1234'],
    ['-€5', '-5'],
    ['€-5', '-5'],
    ['US$12.00', '12'],
    ['EUR 1.234,00', '1234'],
    ['Rs. 1,23,456.50', '123456.5'],
    ['129 kr', '129'],
    ['129 kr.', '129'],
    ["CHF 1'234.–", '1234'],
  ])('%j is %s, as a person writes it, and is told apart from a plain number', (value, decimal) => {
    expect(readAmount(value)).toEqual({ kind: 'amount', decimal, plain: false });
  });

  it('1,234 of a currency of three decimals is one and a bit', () => {
    expect(read('1,234', 'KWD')).toBe('1.234');
    expect(read('1,234', 'EUR')).toBe('1234');
  });

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1e300],
    [-1e300],
    ['NaN'],
    ['Infinity'],
    ['1e99'],
    ['free'],
    ['12 34'],
    ['1.2.3'],
    ['1,2,3'],
    ['1.23,456.7'],
    ['0x10'],
    ['5k'],
    ['10%'],
    ['--5'],
    ['.'],
    [','],
    ['-'],
    [true],
    [{}],
    [[]],
    [[5]],
    [{ amount: 5 }],
    ['9'.repeat(61)],
    ['999999999999999'],
  ])('%j is unreadable, never zero', (value) => {
    expect(read(value)).toBe('unreadable');
    expect(isUnreadable(value)).toBe(true);
  });

  it('says quickly of a number what reading it would say', () => {
    const numbers = [0, -0, 9.99, 99_999_999_999_999, 99_999_999_999_999.98, 1e14, -1e14, 1e15, 1e-300];
    for (const value of [...numbers, '1e13', '9,99', '', null, undefined])
      expect(isUnreadable(value), String(value)).toBe(readAmount(value).kind === 'unreadable');
  });
});

describe('currencies', () => {
  it.each([
    ['EUR', 'EUR'],
    ['eur', 'EUR'],
    [' usd ', 'USD'],
    ['', null],
    [null, null],
    [undefined, null],
    ['€', undefined],
    ['EURO', undefined],
    [978, undefined],
  ])('%j is %s', (value, code) => {
    expect(readCurrency(value)).toBe(code);
  });

  it('knows the ISO 4217 exponents that are not two', () => {
    expect(['JPY', 'KRW', 'EUR', 'KWD', 'UYW', 'XAF', 'TND'].map(exponentOf)).toEqual([0, 0, 2, 3, 4, 0, 3]);
  });
});
