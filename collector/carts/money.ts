// Money in minor units. A float is never added or multiplied here: an amount is a decimal text, as contract/amount.ts reads
// it, and becomes an integer of minor units only where its currency is known.

import { amountMaxMinor, type Decimal, decimalsMax, exponentOf, roundedDiv, written } from '../contract/amount.js';

const millionthsOf = (decimal: Decimal): bigint => {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(decimalsMax, '0'));
  return decimal.startsWith('-') ? -value : value;
};

export const magnitude = (decimal: Decimal): Decimal => decimal.replace('-', '');
export const minus = (a: Decimal, b: Decimal): Decimal => written(millionthsOf(a) - millionthsOf(b));

const decimalsOf = (decimal: Decimal): number => {
  const point = decimal.indexOf('.');
  return point < 0 ? 0 : decimal.length - point - 1;
};

/** Half a minor unit rounds away from zero. `null` = larger than any shop's. */
export const toMinor = (decimal: Decimal, currency: string | null): number | null => {
  const exponent = exponentOf(currency);
  // Nothing to round and few digits: the same integer without big ones.
  const decimals = decimalsOf(decimal);
  if (decimals <= exponent && decimal.length <= 9) {
    return Number(decimal.replace('.', '')) * 10 ** (exponent - decimals) || 0;
  }
  const minor = roundedDiv(millionthsOf(decimal), 10n ** BigInt(decimalsMax - exponent));
  const size = minor < 0n ? -minor : minor;
  return size > BigInt(amountMaxMinor) ? null : Number(minor);
};

/** Quantities have at most three decimals (goods sold by weight). */
export const roundQuantity = (quantity: number): number => Math.round(quantity * 1000) / 1000;

/** The price of so many, rounded once: three at 0.333 are a whole. `null` = larger than any shop's. */
export const timesQuantity = (price: Decimal, quantity: number, currency: string | null): number | null => {
  const exponent = exponentOf(currency);
  const minor = decimalsOf(price) <= exponent ? toMinor(price, currency) : null;
  // Nothing to round: a product of integers within the bound is exact as it is.
  const plain = minor === null ? null : minor * quantity;
  if (Number.isInteger(quantity) && plain !== null && Math.abs(plain) <= amountMaxMinor) return plain || 0;
  const thousandths = millionthsOf(price) * BigInt(Math.round(quantity * 1000));
  const product = roundedDiv(thousandths, 1000n * 10n ** BigInt(decimalsMax - exponent));
  const size = product < 0n ? -product : product;
  return size > BigInt(amountMaxMinor) ? null : Number(product);
};

/** The unit price of both together, so that quantity × price stays what it was. */
export const averagePrice = (a: Decimal, ofA: number, b: Decimal, ofB: number): Decimal => {
  if (a === b) return a;
  const [countA, countB] = [ofA, ofB].map((quantity) => BigInt(Math.round(quantity * 1000))) as [bigint, bigint];
  const count = countA + countB;
  return count === 0n ? a : written(roundedDiv(millionthsOf(a) * countA + millionthsOf(b) * countB, count));
};
