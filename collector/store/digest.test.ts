import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSha256, sha256, sha256Text } from './digest.js';

describe('digests', () => {
  it('are those of the streaming form, under keys of any length', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (secret, text) => {
          const hmac = hmacSha256(secret);
          expect(hmac(text)).toEqual(createHmac('sha256', secret).update(text).digest());
          // Once more: the key is not used up.
          expect(hmac('')).toEqual(createHmac('sha256', secret).update('').digest());
          expect(sha256(text)).toEqual(createHash('sha256').update(text).digest());
          expect(sha256Text(text, 'base64url')).toBe(createHash('sha256').update(text).digest('base64url'));
        },
      ),
    );
  });
});
