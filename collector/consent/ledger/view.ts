// The ledger as a reader sees it: the chain checked page by page, its export, the place of one row in it. Reads only and
// remembers nothing between two calls, so that it can run in the reader's thread while the writer appends. A call does a
// bounded piece of work; whoever wants all of it asks again with what the last answer said.

import { iso } from '../../contract/instant.js';
import type { LedgerCheck, ReceiptProof } from '../../contract/proofs.js';
import type { Sql } from '../../store/sql.js';
import { canonicalJson } from '../canonical.js';
import {
  type Break,
  type ChainedRow,
  checkKeys,
  noHash,
  openCheck,
  type Place,
  type PublicKey,
  proofText,
  type Signature,
} from './chain.js';

const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Some 100 ms of the reader's thread. */
const rowsAtOnce = 10_000;
const exportedAtOnce = 1_000;

export interface VerifyAsked {
  /** From the first row; without it, from where the last check ended. */
  full: boolean;
  /** For the check in the background: what is new, or the next piece of its pass over all rows; of this alone it speaks. */
  part?: 'new' | 'pass';
  /** `next` of the page before. */
  cursor?: number | undefined;
  /** Only the checks of this many rows. */
  rowsMax?: number | undefined;
}

export interface ExportAsked {
  now: number;
  /** `next` of the page before; absent on the first. */
  cursor?: number;
  through?: number;
}

interface ChainState {
  anchor_seq: number;
  anchor_hash: Uint8Array;
  head_seq: number;
  head_hash: Uint8Array;
  checked_seq: number;
  checked_at: number | null;
  full_at: number | null;
  pass_seq: number;
  broken: string | null;
}

interface KeyRow {
  id: string;
  spki: Uint8Array;
  created_at: number;
  retired_at: number | null;
  endorsed_by: string | null;
  endorsement: Uint8Array | null;
}

export interface LedgerView {
  verify: (asked: VerifyAsked) => LedgerCheck;
  row: (receipt: string) => ChainedRow | null;
  placeOf: (row: ChainedRow) => ReceiptProof['chain'];
  /** Lines of the export, each with its newline, up to the head of its first page; `next` is null at its end. */
  exportPage: (asked: ExportAsked) => { lines: string[]; next: ExportAsked | null };
}

const keyOf = (row: KeyRow): PublicKey => ({
  id: row.id,
  spki: row.spki,
  createdAt: row.created_at,
  retiredAt: row.retired_at,
  endorsedBy: row.endorsed_by,
  endorsement: row.endorsement,
});

export const openLedgerView = (sql: Sql): LedgerView => {
  const chainState = sql.prepare<ChainState>('SELECT * FROM consent_chain WHERE id = 1');
  const counted = sql.prepare<{ rows: number }>('SELECT count(*) AS rows FROM consent_ledger');
  const rowsAfter = sql.prepare<ChainedRow>('SELECT * FROM consent_ledger WHERE seq > ? ORDER BY seq LIMIT ?');
  const bySeq = sql.prepare<ChainedRow>('SELECT * FROM consent_ledger WHERE seq = ?');
  const byReceipt = sql.prepare<ChainedRow>('SELECT * FROM consent_ledger WHERE receipt = ? ORDER BY seq LIMIT 1');
  const keyRows = sql.prepare<KeyRow>('SELECT * FROM consent_keys ORDER BY created_at, id');
  const signaturesBetween = sql.prepare<Signature>(
    'SELECT seq, key, hash, at, signature FROM consent_signatures WHERE seq >= ? AND seq <= ? ORDER BY seq, at',
  );
  const signaturesBehind = sql.prepare<{ seq: number }>(
    'SELECT seq FROM consent_signatures WHERE seq > ? ORDER BY seq LIMIT 1',
  );
  const coveredBy = sql.prepare<Signature>(
    'SELECT seq, key, hash, at, signature FROM consent_signatures WHERE seq >= ? ORDER BY seq, at LIMIT 1',
  );
  const signed = sql.prepare<{ count: number; at: number | null; seq: number | null }>(
    'SELECT count(*) AS count, max(at) AS at, max(seq) AS seq FROM consent_signatures',
  );

  /** The writer appends meanwhile; what is compared must be of one instant. */
  const atOneInstant = <Result>(work: () => Result): Result => {
    sql.exec('BEGIN');
    try {
      return work();
    } finally {
      sql.exec('COMMIT');
    }
  };

  const given = (row: ChainedRow) => ({
    seq: row.seq,
    text: proofText(row),
    prevHash: row.prev_hash,
    hash: row.hash,
  });

  /** What stands around the rows: the keys, the anchor, the row that the check begins behind. */
  const around = (state: ChainState, keys: readonly PublicKey[], from: Place): Break | null => {
    const badKey = checkKeys(keys);
    if (badKey) return badKey;
    if (state.anchor_seq > 0) {
      // The rows before it are gone: only a signature tells that they once led here.
      const check = openCheck({ seq: state.anchor_seq, hash: state.anchor_hash }, keys);
      const at = signaturesBetween.all(state.anchor_seq, state.anchor_seq);
      if (!at.some((one) => check.signature(one) === null))
        return { seq: state.anchor_seq, why: 'anchor', message: 'No signature vouches for where the chain begins.' };
    }
    if (from.seq !== state.anchor_seq && bySeq.get(from.seq) === undefined)
      return { seq: from.seq, why: 'missing', message: `Row ${from.seq} is missing.` };
    return null;
  };

  const verify = ({ full, part, cursor, rowsMax = rowsAtOnce }: VerifyAsked): LedgerCheck => {
    const state = chainState.get()!;
    const keys = keyRows.all().map(keyOf);
    const anchor: Place = { seq: state.anchor_seq, hash: state.anchor_hash };
    const first = full ? anchor.seq : part === 'pass' ? state.pass_seq : state.checked_seq;
    const begin = Math.max(cursor ?? first, anchor.seq);
    const from: Place = begin === anchor.seq ? anchor : { seq: begin, hash: bySeq.get(begin)?.hash ?? noHash };
    let broken = around(state, keys, from);
    const check = openCheck(from, keys);
    const rows = broken === null ? rowsAfter.all(from.seq, rowsMax) : [];
    if (broken === null) {
      const last = rows.at(-1)?.seq ?? from.seq;
      const heads = signaturesBetween.all(from.seq, last);
      let next = 0;
      // Signed heads at the place where the check begins are looked at, too: it may have ended there last time.
      const signaturesHere = (): Break | null => {
        for (; next < heads.length && heads[next]!.seq <= check.at.seq; next += 1) {
          const bad = heads[next]!.seq === check.at.seq && check.at.seq > 0 ? check.signature(heads[next]!) : null;
          if (bad) return bad;
        }
        return null;
      };
      broken = signaturesHere();
      for (const row of rows) {
        broken ??= check.row(given(row));
        broken ??= signaturesHere();
        if (broken) break;
      }
    }
    const atEnd = broken === null && rows.length < rowsMax;
    if (atEnd) {
      const { seq, hash } = check.at;
      const later = signaturesBehind.get(seq);
      if (seq < state.head_seq || later)
        broken = {
          seq: seq + 1,
          why: 'missing',
          message: `Row ${seq} is the last there is, and ${later ? `row ${later.seq} was signed` : `there were ${state.head_seq}`}.`,
        };
      else if (seq !== state.head_seq || Buffer.compare(hash, state.head_hash) !== 0)
        broken = { seq, why: 'head', message: `Row ${seq} stands behind the head that the writer left.` };
    }
    const { count, at, seq } = signed.get()!;
    const through = check.at.seq;
    const fits = broken === null;
    // Whoever asks how it stands hears of a break among the rows that were checked before, too.
    if (fits && !full && part === undefined && cursor === undefined && state.broken)
      broken = JSON.parse(state.broken) as Break;
    return {
      ok: broken === null,
      rows: counted.get()!.rows,
      head: { seq: state.head_seq, hash: hex(state.head_hash) },
      from: from.seq + 1,
      through,
      complete: broken === null && atEnd,
      next: fits && !atEnd ? through : null,
      signedAt: isoOrNull(at),
      signedSeq: seq,
      signatures: count,
      keys: keys.map((key) => ({
        id: key.id,
        createdAt: iso(key.createdAt),
        retiredAt: isoOrNull(key.retiredAt),
        endorsedBy: key.endorsedBy,
      })),
      checkedAt: isoOrNull(state.checked_at),
      fullAt: isoOrNull(state.full_at),
      ...(broken && { brokenAt: broken }),
    };
  };

  const spelled = (row: ChainedRow): string =>
    `{"hash":"${hex(row.hash ?? noHash)}","line":"row","prevHash":"${hex(row.prev_hash ?? noHash)}","proof":${proofText(row)}}\n`;
  const spelledSignature = (one: Signature): string =>
    `${canonicalJson({
      line: 'signature',
      statement: { what: 'weft ledger head 1', seq: one.seq, hash: hex(one.hash), at: one.at, key: one.key },
      signature: base64(one.signature),
    })}\n`;

  return {
    verify: (asked) => atOneInstant(() => verify(asked)),
    row: (receipt) => byReceipt.get(receipt) ?? null,
    placeOf: (row) => {
      const state = chainState.get()!;
      const before = row.seq - 1 === state.anchor_seq ? state.anchor_hash : (bySeq.get(row.seq - 1)?.hash ?? null);
      const check = openCheck({ seq: row.seq - 1, hash: before ?? noHash }, []);
      const after = bySeq.get(row.seq + 1);
      const cover = coveredBy.get(row.seq);
      return {
        seq: row.seq,
        prevHash: hex(row.prev_hash ?? noHash),
        hash: hex(row.hash ?? noHash),
        fits: before !== null && check.row(given(row)) === null,
        next: after
          ? { seq: after.seq, prevHash: hex(after.prev_hash ?? noHash), hash: hex(after.hash ?? noHash) }
          : null,
        signed: cover
          ? {
              seq: cover.seq,
              hash: hex(cover.hash),
              at: iso(cover.at),
              key: cover.key,
              rowsBetween: cover.seq - row.seq,
            }
          : null,
      };
    },
    exportPage: ({ now, cursor, through }) => {
      const state = chainState.get()!;
      const lines: string[] = [];
      const from = cursor ?? state.anchor_seq;
      const end = through ?? state.head_seq;
      if (cursor === undefined) {
        lines.push(
          `${canonicalJson({
            line: 'ledger',
            version: 1,
            anchor: { seq: state.anchor_seq, hash: hex(state.anchor_hash) },
            head: { seq: state.head_seq, hash: hex(state.head_hash) },
            exportedAt: iso(now),
          })}\n`,
        );
        for (const key of keyRows.all().map(keyOf))
          lines.push(
            `${canonicalJson({
              line: 'key',
              id: key.id,
              publicKey: base64(key.spki),
              createdAt: key.createdAt,
              retiredAt: key.retiredAt,
              endorsedBy: key.endorsedBy,
              endorsement: key.endorsement && base64(key.endorsement),
            })}\n`,
          );
        if (state.anchor_seq > 0)
          for (const one of signaturesBetween.all(state.anchor_seq, state.anchor_seq))
            lines.push(spelledSignature(one));
      }
      const rows = rowsAfter.all(from, Math.min(exportedAtOnce, Math.max(0, end - from)));
      const last = rows.at(-1)?.seq ?? from;
      const heads = signaturesBetween.all(from + 1, last);
      let next = 0;
      for (const row of rows) {
        lines.push(spelled(row));
        for (; next < heads.length && heads[next]!.seq === row.seq; next += 1)
          lines.push(spelledSignature(heads[next]!));
      }
      return { lines, next: rows.length < exportedAtOnce || last >= end ? null : { now, cursor: last, through: end } };
    },
  };
};
