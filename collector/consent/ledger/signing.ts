// The key with which the ledger's heads are signed. It lies in a file of its own beside the store, readable by its owner
// alone: a stolen or a backed up database does not carry it, so that whoever rewrites a copy cannot sign it
// (docs/decisions/0521). The private key never leaves this file's functions.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fingerprint } from './chain.js';

export interface SigningKey {
  id: string;
  /** DER of SPKI. */
  spki: Uint8Array;
  publicKeyPem: string;
  sign: (content: string | Uint8Array) => Buffer;
}

/** Beside the store, in every deployment that has a folder. */
export const keyFileOf = (databaseFile: string): KeyFile =>
  databaseFile === ':memory:' ? null : join(dirname(databaseFile), 'ledger.key');

/** null = none outlives the process: for a store in memory. */
export type KeyFile = string | null;

const keyOf = (key: KeyObject): SigningKey => {
  const open = createPublicKey(key);
  const spki = open.export({ format: 'der', type: 'spki' });
  return {
    id: fingerprint(spki),
    spki,
    publicKeyPem: open.export({ format: 'pem', type: 'spki' }).toString(),
    sign: (content) => sign(null, typeof content === 'string' ? Buffer.from(content, 'utf8') : content, key),
  };
};

/** It exists and cannot be used: nothing is signed until the operator has looked at it. */
class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

export const newKey = (file: KeyFile): SigningKey => {
  const { privateKey } = generateKeyPairSync('ed25519');
  if (file !== null) {
    const part = `${file}.part`;
    writeFileSync(part, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    // The mode of `writeFileSync` is that of a file it makes, not of one it finds.
    chmodSync(part, 0o600);
    renameSync(part, file);
  }
  return keyOf(privateKey);
};

export const readKey = (file: KeyFile): SigningKey | null => {
  if (file === null || !existsSync(file)) return null;
  try {
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('not Ed25519');
    return keyOf(key);
  } catch {
    throw new KeyFileError(
      'ledger.key cannot be read as an Ed25519 key: put the right file back, or move it away for a new key.',
    );
  }
};
