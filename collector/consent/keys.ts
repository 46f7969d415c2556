// Identifiers as the tables of consent know them: by a keyed hash, so that a list of people is not itself a list of people.

import { createHmac } from 'node:crypto';

/** `alias`: an earlier user id of a person. */
export type TombstoneKind = 'visitorId' | 'userId' | 'receipt' | 'email' | 'phone' | 'alias' | `external:${string}`;

/** As the journal writes a key. */
export const hexOf = (key: Uint8Array): string => Buffer.from(key).toString('hex');

export type KeyOf = (kind: string, value: string) => Uint8Array;

/** HMAC-SHA-256(site secret, kind ‖ value), 16 bytes. The secret never changes while a tombstone exists. */
export const keyedHash =
  (secret: string): KeyOf =>
  (kind, value) =>
    createHmac('sha256', secret)
      .update('weft tombstone 1\0')
      .update(kind)
      .update('\0')
      .update(value)
      .digest()
      .subarray(0, 16);
