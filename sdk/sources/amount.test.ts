// Numbers as shops write them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amount, readText } from './amount.js';

test.each([
  ['9.99', 9.99],
  ['9,99', 9.99],
  ['1299', 1299],
  ['1.299,00', 1299],
  ['1,299.00', 1299],
  ['1,299', 1299],
  ['1.299', 1.299],
  ['0,5', 0.5],
  ['0,125', 0.125],
  ['.5', 0.5],
  ['12.345.678', 12345678],
  ['12,345,678.90', 12345678.9],
  ['1 299,00', 1299],
  ['1\u00a0299,00\u00a0€', 1299],
  ['€ 9,99', 9.99],
  ['$19.90', 19.9],
  ['EUR 19,90', 19.9],
  ["1'299.50", 1299.5],
  ['-4,50', -4.5],
  ['', undefined],
  ['free', undefined],
  ['9,99,9.9', undefined],
  ['1.2.3,4', undefined],
  ['1,234.567,8', undefined],
  ['1,23,456.50', 123456.5],
  ['-', undefined],
  ['5.', 5],
  ['1.299.000', 1299000],
  ['1e5', undefined],
  ['NaN', undefined],
  ['1'.repeat(41), undefined],
])('the text %j is read as %j', (written, read) => {
  expect(readText(written)).toBe(read);
});

test.each([
  [19.9, 19.9, []],
  ['19.90', 19.9, []],
  ['19,90', 19.9, ['amount_text']],
  ['on request', 'on request', ['amount_text']],
  [Number.NaN, undefined, []],
  [Number.POSITIVE_INFINITY, undefined, []],
  [null, undefined, []],
  ['  ', undefined, []],
  [{ value: 3 }, undefined, []],
])('an amount given as %j comes out as %j with %j', (given, read, notes) => {
  const noted: string[] = [];
  expect(amount(given, (code) => noted.push(code))).toBe(read);
  expect(noted).toEqual(notes);
});

test('a price keeps its value in every way of writing it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 99_999_999 }),
      fc.constantFrom(',', '.'),
      fc.boolean(),
      (cents, mark, grouped) => {
        const [whole, rest] = [`${Math.floor(cents / 100)}`, `${cents % 100}`.padStart(2, '0')];
        const other = mark === ',' ? '.' : ',';
        const written = `${grouped ? whole.replace(/\B(?=(\d{3})+$)/g, other) : whole}${mark}${rest}`;
        expect(readText(written)).toBeCloseTo(cents / 100, 6);
      },
    ),
    { verbose: true },
  );
});
