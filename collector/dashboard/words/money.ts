// Money in the reader's own writing, exact: minor units become a decimal text by the currency's exponent, and never a
// float on the way.

import { exponentOf } from '../../contract/amount.js';
import { numberFormat } from '../kit/view.js';

const decimalOf = (minor: number, digits: number): string => {
  const sign = minor < 0 ? '-' : '';
  const padded = String(Math.abs(Math.trunc(minor))).padStart(digits + 1, '0');
  return digits === 0 ? sign + padded : `${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
};

/** XXX: nobody named the currency. */
export const money = (minor: number, currency: string | null, locale: string): string => {
  const digits = exponentOf(currency);
  const decimal = decimalOf(minor, digits);
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  // A text is formatted exactly; the types of this TypeScript know numbers only.
  const written = decimal as unknown as number;
  if (currency === null || currency === 'XXX' || !/^[A-Z]{3}$/.test(currency))
    return numberFormat(locale, fraction).format(written);
  return numberFormat(locale, { style: 'currency', currency, ...fraction }).format(written);
};
