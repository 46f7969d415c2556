// What proves that somebody is logged in at the shop as a user (R8): its server's word on the user id. Pure.

import { createHmac, timingSafeEqual } from 'node:crypto';

/** R8: hex HMAC-SHA256(secret, userId), or a short JWT (HS256) whose `sub` is the user and whose `exp` is ahead. */
export const isProved = (secret: string, userId: string, proof: unknown, now: number): boolean => {
  if (typeof proof !== 'string' || proof.length > 2_000) return false;
  const parts = proof.split('.');
  if (parts.length === 3) {
    const [head, claims, signature] = parts as [string, string, string];
    const signed = createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url');
    if (!equal(signed, signature)) return false;
    try {
      const header = bagOf(JSON.parse(Buffer.from(head, 'base64url').toString()));
      const body = bagOf(JSON.parse(Buffer.from(claims, 'base64url').toString()));
      return header.alg === 'HS256' && body.sub === userId && typeof body.exp === 'number' && body.exp * 1000 > now;
    } catch {
      return false;
    }
  }
  return equal(createHmac('sha256', secret).update(userId).digest('hex'), proof.toLowerCase());
};

const equal = (a: string, b: string): boolean => {
  const one = Buffer.from(a);
  const other = Buffer.from(b);
  return one.length === other.length && timingSafeEqual(one, other);
};

const bagOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
