import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfAll, hmacSha256, sha256, sha256Text } from './digest.js';

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

  it('are one over many, whatever their order, and another for a text more, fewer, other or twice', () => {
    const over = (texts: readonly string[]): string => {
      const all = digestOfAll();
      for (const text of texts) all.add(sha256(text));
      return all.hex();
    };
    const texts = ['a', 'b', 'c'];
    expect(over(['c', 'a', 'b'])).toBe(over(texts));
    for (const other of [['a', 'b'], ['a', 'b', 'd'], [...texts, 'd'], [...texts, 'c'], ['a', 'a', 'b'], []])
      expect(over(other)).not.toBe(over(texts));
  });
});
