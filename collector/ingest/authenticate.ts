// Station 3: whose request it is. The key stands in the Authorization header, as Bearer or as the user of Basic, and only
// when there is none does `writeKey` of the body count: a page cannot set headers without a preflight. A secret key in
// a body is no key: a body is what pages send, and a secret that a page knows is none.

import { type Refusal, refuse } from '../errors.js';
import type { Key, KeyTable } from '../site/keys.js';

const keyMaxChars = 200;

/** What the header presents; null where it presents nothing we know how to read. */
export const presentedKey = (authorization: string | null | undefined): string | null => {
  if (authorization == null || authorization.length > 1_024) return null;
  const space = authorization.indexOf(' ');
  if (space < 0) return null;
  const scheme = authorization.slice(0, space).toLowerCase();
  const rest = authorization.slice(space + 1).trim();
  if (scheme === 'bearer') return rest || null;
  if (scheme !== 'basic') return null;
  const pair = Buffer.from(rest, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  // An empty user presents nothing.
  return (colon < 0 ? pair : pair.slice(0, colon)) || null;
};

type Ring = Pick<KeyTable, 'write' | 'secret'> & { refresh: () => Promise<boolean> };

const found = async (ring: Ring, look: () => Key | null): Promise<Key | Refusal> => {
  const key = look();
  if (key !== null) return key;
  return ((await ring.refresh()) ? look() : null) ?? refuse('bad_key');
};

export const authenticateHeader = (ring: Ring, presented: string): Promise<Key | Refusal> => {
  if (presented.length > keyMaxChars) return Promise.resolve(refuse('bad_key'));
  return found(ring, () => ring.write(presented) ?? ring.secret(presented));
};

export const authenticateBody = (ring: Ring, writeKey: unknown): Promise<Key | Refusal> => {
  if (typeof writeKey !== 'string' || writeKey === '' || writeKey.length > keyMaxChars) {
    return Promise.resolve(refuse('bad_key'));
  }
  return found(ring, () => ring.write(writeKey));
};
