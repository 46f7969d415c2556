// Checks an export of the ledger by itself, as a third party would: no store, no secret, only the file and whatever keys
// its reader knows from elsewhere. Reads line by line, so that a file of any size fits.

import { canonicalJson } from '../canonical.js';
import { type Break, type Check, checkKeys, openCheck, type PublicKey, type Signature } from './chain.js';

export interface CheckedExport {
  ok: boolean;
  rows: number;
  signatures: number;
  /** The last row that a signature covers, and when it was signed. */
  signed: { seq: number; at: string; key: string } | null;
  keys: string[];
  exportedAt: string | null;
  brokenAt?: Break & { line: number };
}

const lineMaxChars = 100_000;

type Bag = Record<string, unknown>;
const bytes = (value: unknown, encoding: 'hex' | 'base64'): Uint8Array | null =>
  typeof value === 'string' ? Buffer.from(value, encoding) : null;
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

const keyOf = (line: Bag): PublicKey => ({
  id: String(line.id),
  spki: bytes(line.publicKey, 'base64') ?? new Uint8Array(),
  createdAt: numberOf(line.createdAt),
  retiredAt: typeof line.retiredAt === 'number' ? line.retiredAt : null,
  endorsedBy: typeof line.endorsedBy === 'string' ? line.endorsedBy : null,
  endorsement: bytes(line.endorsement, 'base64'),
});

const signatureOf = (line: Bag): Signature => {
  const statement = (line.statement ?? {}) as Bag;
  return {
    seq: numberOf(statement.seq),
    hash: bytes(statement.hash, 'hex') ?? new Uint8Array(),
    at: numberOf(statement.at),
    key: String(statement.key),
    signature: bytes(line.signature, 'base64') ?? new Uint8Array(),
  };
};

/** `trusted` are fingerprints known from elsewhere: an earlier export, the site's word. */
export const checkExport = async (
  lines: AsyncIterable<string> | Iterable<string>,
  trusted: readonly string[] = [],
): Promise<CheckedExport> => {
  const result: CheckedExport = { ok: false, rows: 0, signatures: 0, signed: null, keys: [], exportedAt: null };
  const keys: PublicKey[] = [];
  let check: Check | null = null;
  let anchored = true;
  let head = 0;
  let number = 0;
  const broken = (found: Break): CheckedExport => ({ ...result, brokenAt: { ...found, line: number } });
  const malformed = (message: string): CheckedExport =>
    broken({ seq: (check?.at.seq ?? 0) + 1, why: 'content', message });

  /** Once all keys are read. */
  const begin = (anchor: { seq: number; hash: Uint8Array }): Break | null => {
    check = openCheck(anchor, keys);
    anchored = anchor.seq === 0;
    return checkKeys(keys, trusted);
  };
  let anchor: { seq: number; hash: Uint8Array } | null = null;

  for await (const text of lines) {
    number += 1;
    if (text === '') continue;
    let line: Bag;
    try {
      if (text.length > lineMaxChars) throw new Error('too long');
      line = JSON.parse(text) as Bag;
    } catch {
      return malformed(`Line ${number} is no JSON of a ledger.`);
    }
    if (anchor === null) {
      const at = (line?.anchor ?? {}) as Bag;
      const hash = bytes(at.hash, 'hex');
      if (line?.line !== 'ledger' || line.version !== 1 || hash?.length !== 32 || typeof at.seq !== 'number')
        return malformed('The file does not begin as an export of a ledger does.');
      anchor = { seq: at.seq, hash };
      head = numberOf(((line.head ?? {}) as Bag).seq);
      result.exportedAt = typeof line.exportedAt === 'string' ? line.exportedAt : null;
      continue;
    }
    if (line.line === 'key' && check === null) {
      keys.push(keyOf(line));
      continue;
    }
    if (check === null) {
      const bad = begin(anchor);
      if (bad) return broken(bad);
    }
    const at: Check = check!;
    if (line.line === 'signature') {
      const bad = at.signature(signatureOf(line));
      if (bad) return broken(bad);
      anchored = true;
      result.signatures += 1;
      const { seq, at: signedAt, key } = signatureOf(line);
      result.signed = { seq, at: new Date(signedAt).toISOString(), key };
    } else if (line.line === 'row') {
      if (!anchored)
        return broken({ seq: at.at.seq, why: 'anchor', message: 'No signature vouches for where the chain begins.' });
      const proof = line.proof as Bag | null;
      const bad = at.row({
        seq: numberOf(proof?.seq),
        text: canonicalJson(proof),
        prevHash: bytes(line.prevHash, 'hex'),
        hash: bytes(line.hash, 'hex'),
      });
      if (bad) return broken(bad);
      result.rows += 1;
    } else return malformed(`Line ${number} is neither a row nor a signature.`);
  }
  if (anchor === null) return malformed('The file is empty.');
  if (check === null) {
    const bad = begin(anchor);
    if (bad) return broken(bad);
  }
  const last = check!.at.seq;
  if (last !== head)
    return broken({
      seq: Math.min(last, head) + 1,
      why: 'missing',
      message: `The file ends at row ${last}, and its head is row ${head}.`,
    });
  return { ...result, ok: true, keys: keys.map((key) => key.id) };
};
