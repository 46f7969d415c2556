// The collector's own word on a set of grants, for a page to show it again: whose choice is brought to a device was looked
// up here, not claimed there. It names nobody, and says nothing that the page it is given to has not been told.

import { timingSafeEqual } from 'node:crypto';
import { everything, type Mask } from './mask.js';
import type { KeyOf } from './rights/tombstones.js';

/** A row may wait on a device that has no network; in a day the account can be asked again. */
export const voucherMaxMs = 86_400_000;

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
  const given = Buffer.from(mark, 'base64url');
  const expected = signed(keyOf, until, granted);
  if (now >= until || given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return { granted: granted & everything };
};
