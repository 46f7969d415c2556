// SHA-256 and its HMAC of short texts, in one call each where Node has it (20.12): the objects of the streaming form cost
// several times what the hashing does, and the writer asks for one with every visitor and every visit.

import * as crypto from 'node:crypto';

const oneCall: typeof crypto.hash | undefined = crypto.hash;

export const sha256 = (data: string | Uint8Array): Buffer =>
  oneCall ? oneCall('sha256', data, 'buffer') : crypto.createHash('sha256').update(data).digest();

export const sha256Text = (text: string, encoding: 'hex' | 'base64url'): string =>
  oneCall ? oneCall('sha256', text, encoding) : crypto.createHash('sha256').update(text).digest(encoding);

const blockBytes = 64;
const digestBytes = 32;

/** HMAC-SHA-256 under one key (RFC 2104), its two padded keys made once. */
export const hmacSha256 = (secret: string): ((text: string) => Buffer) => {
  const given = Buffer.from(secret);
  const padded = Buffer.alloc(blockBytes);
  (given.length > blockBytes ? sha256(given) : given).copy(padded);
  const inner = Buffer.from(padded.map((byte) => byte ^ 0x36));
  const outer = Buffer.concat([padded.map((byte) => byte ^ 0x5c), Buffer.alloc(digestBytes)]);
  return (text) => {
    sha256(Buffer.concat([inner, Buffer.from(text)])).copy(outer, blockBytes);
    return sha256(outer);
  };
};

/** One digest over many, whatever order they come in: their sums, each four bytes by themselves. */
export const digestOfAll = (): { add: (digest: Uint8Array) => void; hex: () => string } => {
  const sums = new Uint32Array(digestBytes / 4);
  let count = 0;
  return {
    add: (digest) => {
      const words = new DataView(digest.buffer, digest.byteOffset, digestBytes);
      for (let at = 0; at < sums.length; at += 1) sums[at] = sums[at]! + words.getUint32(4 * at);
      count += 1;
    },
    hex: () => sha256Text(`${count} ${sums.join(' ')}`, 'hex'),
  };
};
