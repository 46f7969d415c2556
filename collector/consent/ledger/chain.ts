// The chain over the proof-of-consent ledger: how a row is spelled, how it is hashed, what a signed head says, and the
// check of all of it. Pure, so that the store, the export and whoever doubts us use the same rules. It must never mend,
// skip or guess: what does not fit is named with its place.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { canonicalJson } from '../canonical.js';

/** A row as its table holds it. What is JSON is stored in its canonical spelling, so that no byte of it is left out. */
export interface ChainedRow {
  seq: number;
  receipt: string | null;
  kind: string;
  at: number;
  client_at: number | null;
  effective_at: number;
  expires_at: number;
  subject_key: Uint8Array | null;
  epoch: string | null;
  supersedes: string | null;
  decisions: string;
  policy: string;
  text: string | null;
  ui: string | null;
  jurisdiction: string;
  gpc: string;
  age: string | null;
  origin: string | null;
  sdk_version: string | null;
  cmp: string | null;
  prev_hash: Uint8Array | null;
  hash: Uint8Array | null;
}

const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
const plain = (value: string | number | null): string => JSON.stringify(value) ?? 'null';
const json = (text: string | null): string => text ?? 'null';

/**
 * The canonical JSON of every field of the proof: keys sorted, no gaps. Columns that are JSON already are set in as they
 * stand; reading and writing them again would cost most of the time a check takes, and would forgive a changed spelling.
 */
export const proofText = (row: ChainedRow): string =>
  `{"age":${json(row.age)},"at":${plain(row.at)},"clientAt":${plain(row.client_at)},"cmp":${json(row.cmp)}` +
  `,"decisions":${json(row.decisions)},"effectiveAt":${plain(row.effective_at)},"epoch":${plain(row.epoch)}` +
  `,"expiresAt":${plain(row.expires_at)},"gpc":${json(row.gpc)},"jurisdiction":${json(row.jurisdiction)}` +
  `,"kind":${plain(row.kind)},"origin":${plain(row.origin)},"policy":${json(row.policy)},"receipt":${plain(row.receipt)}` +
  `,"sdkVersion":${plain(row.sdk_version)},"seq":${plain(row.seq)},"subjectKey":${plain(hex(row.subject_key))}` +
  `,"supersedes":${plain(row.supersedes)},"text":${json(row.text)},"ui":${json(row.ui)}}`;

/** What stands before the first row. */
export const noHash: Uint8Array = Buffer.alloc(32);

export const chainHash = (before: Uint8Array, proof: string): Buffer =>
  createHash('sha256').update(before).update(proof, 'utf8').digest();

/** What a signature covers: the head of the chain at an instant, and with it every row up to it. */
export interface Statement {
  what: 'weft ledger head 1';
  seq: number;
  /** Hex. */
  hash: string;
  /** Epoch milliseconds. */
  at: number;
  /** Fingerprint of the key. */
  key: string;
}
export const statementText = (statement: Statement): string => canonicalJson(statement);

/** What a key says of the one that follows it, so that who trusts the first may trust the last. */
export const endorsementText = (key: string, at: number): string =>
  canonicalJson({ what: 'weft ledger key 1', key, at });

/** A public key, as it is kept and handed out: DER of SPKI. */
export interface PublicKey {
  /** Its fingerprint: whoever puts another key under this name is found out. */
  id: string;
  spki: Uint8Array;
  createdAt: number;
  retiredAt: number | null;
  /** The key before it, and its signature under `endorsementText`. */
  endorsedBy: string | null;
  endorsement: Uint8Array | null;
}

/** The first half of the SHA-256 of the public key, in hex. */
export const fingerprint = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex').slice(0, 32);

export interface Signature {
  seq: number;
  hash: Uint8Array;
  at: number;
  key: string;
  signature: Uint8Array;
}

const verified = (spki: Uint8Array, text: string, signature: Uint8Array): boolean => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' && verify(null, Buffer.from(text, 'utf8'), key, signature);
  } catch {
    return false;
  }
};

const breaks = ['content', 'missing', 'order', 'head', 'anchor', 'signature', 'key'] as const;
export interface Break {
  /** The first row that cannot be relied on. */
  seq: number;
  why: (typeof breaks)[number];
  message: string;
}

export interface Place {
  seq: number;
  hash: Uint8Array;
}

const same = (a: Uint8Array | null, b: Uint8Array): boolean => a !== null && Buffer.compare(a, b) === 0;

/** Checks keys by their own names and by who vouches for whom; `trusted` pins those that the reader knows from elsewhere. */
export const checkKeys = (keys: readonly PublicKey[], trusted?: readonly string[]): Break | null => {
  const known = new Map<string, PublicKey>();
  for (const key of [...keys].sort((a, b) => a.createdAt - b.createdAt)) {
    if (fingerprint(key.spki) !== key.id)
      return { seq: 0, why: 'key', message: `The public key under the name ${key.id} is another one.` };
    if (key.endorsedBy !== null) {
      const by = known.get(key.endorsedBy);
      if (!by || !verified(by.spki, endorsementText(key.id, key.createdAt), key.endorsement ?? new Uint8Array()))
        return { seq: 0, why: 'key', message: `The key ${key.id} is not vouched for by ${key.endorsedBy}.` };
    }
    known.set(key.id, key);
  }
  if (trusted && trusted.length > 0) {
    const reached = new Set(trusted.filter((id) => known.has(id)));
    for (const key of known.values()) if (key.endorsedBy !== null && reached.has(key.endorsedBy)) reached.add(key.id);
    const stranger = [...known.keys()].find((id) => !reached.has(id));
    if (stranger !== undefined)
      return {
        seq: 0,
        why: 'key',
        message: `The key ${stranger} is none that you trust, and none of those vouches for it.`,
      };
  }
  return null;
};

export interface Check {
  /** The next row, in the order of `seq`. null = it fits. `text` and `hash` are what the row says and claims. */
  row: (row: { seq: number; text: string; prevHash: Uint8Array | null; hash: Uint8Array | null }) => Break | null;
  /** A signed head: to be given when `at` is the row it names. */
  signature: (signature: Signature) => Break | null;
  /** How far it came. */
  readonly at: Place;
}

/** Follows the chain from a place that is known to be right. */
export const openCheck = (from: Place, keys: readonly PublicKey[]): Check => {
  const byId = new Map(keys.map((key) => [key.id, key]));
  let at = from;
  return {
    get at() {
      return at;
    },
    row: ({ seq, text, prevHash, hash }) => {
      const due = at.seq + 1;
      if (seq > due)
        return {
          seq: due,
          why: 'missing',
          message: seq === due + 1 ? `Row ${due} is missing.` : `Rows ${due} to ${seq - 1} are missing.`,
        };
      if (seq < due) return { seq, why: 'order', message: `Row ${seq} stands behind row ${at.seq}.` };
      const is = chainHash(at.hash, text);
      if (!same(hash, is) || !same(prevHash, at.hash))
        return {
          seq,
          why: 'content',
          message: `Row ${seq} is not what it was when it was written, or does not follow row ${at.seq}.`,
        };
      at = { seq, hash: is };
      return null;
    },
    signature: (signed) => {
      const { seq, key } = signed;
      if (seq !== at.seq)
        return {
          seq: at.seq + 1,
          why: 'missing',
          message: `Row ${seq} was signed, and row ${at.seq} is the last there is.`,
        };
      const by = byId.get(key);
      if (!by) return { seq, why: 'key', message: `The key ${key}, which signed row ${seq}, is gone.` };
      const statement: Statement = {
        what: 'weft ledger head 1',
        seq,
        hash: Buffer.from(signed.hash).toString('hex'),
        at: signed.at,
        key,
      };
      if (!verified(by.spki, statementText(statement), signed.signature))
        return { seq, why: 'signature', message: `The signature of row ${seq} is not by the key ${key}.` };
      if (!same(signed.hash, at.hash))
        return {
          seq,
          why: 'signature',
          message: `Row ${seq} was signed with another hash: some row up to it was rewritten since.`,
        };
      return null;
    },
  };
};
