// How much may come from one address: so that one place cannot use up what a key, or people with their rights, are allowed.
// An address is looked at in memory, stands there as the name of a bucket among so many, and is never stored, logged or
// handed on (consent.md, section 4, row 9).

import type { Context } from 'hono';
import { type Refusal, refuseRate } from '../errors.js';
import { recent } from '../store/recent.js';
import { addressOf } from './address.js';
import type { Limiter } from './rate.js';

export interface Crowd {
  /** Seconds to wait, or null: come in, and so much is used. */
  admit: (c: Context, cost?: number) => number | null;
  /** More turned out to be in it; the next pay for it. */
  charge: (c: Context, cost: number) => void;
}

/** Some 5 MB. Whoever has more addresses than these begins anew with each: a limit of the key is still there. */
const addressesMax = 50_000;

const unmapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** Loopback, private and link-local ones. */
const isOwn = (address: string): boolean =>
  /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address) ||
  /^(::1$|f[cd]|fe[89ab])/i.test(address);

/** Of IPv6 the first four groups: a household is given at least so many. Enough to tell places apart, and no more. */
export const placeOf = (address: string): string => {
  const plain = unmapped(address);
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':');
};

export interface CrowdOptions {
  /** 0: no limit. */
  ratePerS: number;
  /** What may come at once. */
  burst: number;
  /** As `WEFT_PROXIES` says: which entry of `X-Forwarded-For` is believed; 0 = none, the socket's address counts. */
  proxies: number;
  now?: () => number;
  max?: number;
}

export const crowd = ({
  ratePerS,
  burst,
  proxies,
  now = () => performance.now(),
  max = addressesMax,
}: CrowdOptions): Crowd => {
  const places = recent<string, { level: number; at: number }>(max);
  const bucketOf = (c: Context): { level: number; at: number } | null => {
    if (ratePerS === 0) return null;
    const address = addressOf(c, proxies);
    // A proxy nobody told us of stands for everybody behind it: they cannot be told apart, and are not all refused for one.
    if (address === null || address.length > 60 || (proxies === 0 && isOwn(unmapped(address)))) return null;
    const name = placeOf(address);
    const at = now();
    const bucket = places.get(name) ?? { level: burst, at };
    bucket.level = Math.min(burst, bucket.level + ((at - bucket.at) / 1000) * ratePerS);
    bucket.at = at;
    places.set(name, bucket);
    return bucket;
  };
  return {
    admit: (c, cost = 1) => {
      const bucket = bucketOf(c);
      if (bucket === null) return null;
      if (bucket.level < 1) return Math.max(1, Math.ceil((1 - bucket.level) / ratePerS));
      bucket.level -= cost;
      return null;
    },
    charge: (c, cost) => {
      const bucket = bucketOf(c);
      if (bucket !== null) bucket.level -= cost;
    },
  };
};

/** Of a request that needs no key: by its address first, then by what all of them share under `bucket`. */
export const admitKeyless = (
  c: Context,
  { crowd: of, rate }: { crowd: Crowd; rate: Limiter },
  bucket: string,
): Refusal | null => {
  const ofAddressS = of.admit(c);
  if (ofAddressS !== null) return refuseRate('address', ofAddressS);
  const ofAllS = rate.admit(bucket);
  if (ofAllS !== null) return refuseRate('keyless', ofAllS);
  rate.charge(bucket, 1);
  return null;
};
