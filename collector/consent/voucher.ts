// The collector's own word on a set of grants, for a page to show it again: what is brought to a device, from an account or
// from another host of the site, was looked up here, not claimed there. It names nobody, and says nothing that the page it is
// given to has not been told.

import { timingSafeEqual } from 'node:crypto';
import type { KeyOf } from './keys.js';
import { everything, type Mask } from './mask.js';

/** A row may wait on a device that has no network; in a day the account can be asked again. */
export const voucherMaxMs = 86_400_000;

const isSigned = (mark: string, expected: Uint8Array): boolean => {
  const given = Buffer.from(mark, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
};

const signed = (keyOf: KeyOf, until: number, granted: Mask): Uint8Array =>
  keyOf('voucher', `account\n${until}\n${granted}`);

export const vouch = (keyOf: KeyOf, granted: Mask, now: number): string => {
  const until = now + voucherMaxMs;
  return `${until}.${granted}.${Buffer.from(signed(keyOf, until, granted)).toString('base64url')}`;
};

/** null: it is none of ours, or too old. */
export const vouchedFor = (keyOf: KeyOf, voucher: unknown, now: number): { granted: Mask } | null => {
  if (typeof voucher !== 'string') return null;
  const [, untilText, grantedText, mark] = /^(\d{1,15})\.(\d{1,2})\.([\w-]{22})$/.exec(voucher) ?? [];
  if (untilText === undefined || grantedText === undefined || mark === undefined) return null;
  const until = Number(untilText);
  const granted = Number(grantedText);
  if (now >= until || !isSigned(mark, signed(keyOf, until, granted))) return null;
  return { granted: granted & everything };
};

/** What came from another host: what of it is granted, since when (the earliest of it), and from where. */
export interface Transferred {
  granted: Mask;
  since: number;
  from: string;
}

const signedTransfer = (keyOf: KeyOf, until: number, { granted, since, from }: Transferred): Uint8Array =>
  keyOf('voucher', `transfer\n${until}\n${granted}\n${since}\n${from}`);

export const vouchTransfer = (keyOf: KeyOf, transferred: Transferred, now: number): string => {
  const until = now + voucherMaxMs;
  const mark = Buffer.from(signedTransfer(keyOf, until, transferred)).toString('base64url');
  return `${until}.${transferred.granted}.${transferred.since}.${mark}.${transferred.from}`;
};

/** null: it is none of ours, or too old. */
export const transferredBy = (keyOf: KeyOf, voucher: unknown, now: number): Transferred | null => {
  if (typeof voucher !== 'string') return null;
  const [, until, granted, since, mark, from] =
    /^(\d{1,15})\.(\d{1,2})\.(\d{1,15})\.([\w-]{22})\.([\w.-]{1,253})$/.exec(voucher) ?? [];
  if (mark === undefined || from === undefined) return null;
  const said = { granted: Number(granted), since: Number(since), from };
  if (now >= Number(until) || !isSigned(mark, signedTransfer(keyOf, Number(until), said))) return null;
  return { ...said, granted: said.granted & everything };
};
