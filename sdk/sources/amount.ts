// Reading numbers that a page writes as text, with either decimal mark. Pure. What cannot be read is handed back as it
// came: the collector says so where somebody looks (`bad_amount`).

import type { NotedCode } from '../../collector/contract/codes.js';

const spaces = /[\s\u00a0\u202f']/g;

/**
 * `9,99` `9.99` `1.299,00` `1,299.00` `1 299,00 €`. With both marks the last one is the decimal mark; one mark that
 * stands more than once groups; a single comma before exactly three digits groups too, because no machine writes a
 * price so and no currency in use here has three decimals after a comma. A single point is always decimal.
 */
export const readText = (text: string): number | undefined => {
  if (text.length > 40) return undefined;
  const written = text.replace(spaces, '').replace(/^[^\d.,+-]+|[^\d.,]+$/g, '');
  const parts = /^([+-]?)([\d.,]*?)(?:([.,])(\d*))?$/.exec(written);
  if (!parts || !/\d/.test(written)) return undefined;
  const [, sign = '', before = '', mark = '', after = ''] = parts;
  const groups = /[.,]/.exec(before)?.[0];
  const isLast = mark !== groups && !(mark === ',' && !groups && /^[1-9]\d{0,2}$/.test(before) && after.length === 3);
  const [whole, decimals] = isLast ? [before, after] : [before + mark + after, ''];
  if (/[.,]/.test(whole) && !/^\d{1,3}(([.,])\d{2,3})*[.,]\d{3}$/.test(whole)) return undefined;
  if (/,.*\.|\..*,/.test(whole)) return undefined;
  const read = Number(`${sign}${whole.replace(/[.,]/g, '') || 0}.${decimals || 0}`);
  return Number.isFinite(read) ? read : undefined;
};

/** A number as it is; text read with either mark, and noted; anything else is no amount. */
export const amount = (value: unknown, note: (code: NotedCode) => void): number | string | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !value.trim()) return undefined;
  // Text that is a number to any reader, as `9.99`, is common and needs no remark.
  if (/^-?\d+(\.\d+)?$/.test(value.trim())) return Number(value);
  const read = readText(value);
  note('amount_text');
  return read ?? value.slice(0, 40);
};
