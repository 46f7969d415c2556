// The proof-of-consent ledger on the writer's side: appends a row to the chain, signs the head once a day, keeps every
// public key. Owns `consent_ledger` and the tables of its chain. Rows are never changed; they go only from the beginning,
// after the years the controller sets, and a signed anchor stays where they were.

import type { Sql } from '../../store/sql.js';
import { canonicalJson } from '../canonical.js';
import {
  type Break,
  type ChainedRow,
  chainHash,
  endorsementText,
  type Place,
  proofText,
  type Statement,
  statementText,
} from './chain.js';
import { type KeyFile, newKey, readKey, type SigningKey } from './signing.js';

/** A decision as the ledger keeps it. */
export interface LedgerDecision {
  purpose: string;
  value: 'granted' | 'denied' | 'unset';
  source: string | null;
  materialHash: string | null;
  /** Of the purpose's terms when it was said; rows of older stores have none. */
  basis?: string | null;
  /** Not said by this row: it stands as the row before had it. */
  carried?: true;
}

/** One act, as it is appended. */
export interface LedgerRow {
  receipt: string | null;
  kind: string;
  at: number;
  clientAt: number | null;
  effectiveAt: number;
  expiresAt: number;
  subjectKey: Uint8Array | null;
  epoch: string | null;
  supersedes: string | null;
  decisions: readonly LedgerDecision[];
  policy: { version: string | null; configHash: string | null };
  text: Readonly<Record<string, string>> | null;
  ui: Readonly<Record<string, string>> | null;
  jurisdiction: { code: string | null; model: string; how: 'page' | 'cdn' | 'geoip' | 'unknown' };
  gpc: { header: boolean; js: boolean | null; ack: boolean };
  age: Readonly<Record<string, string>> | null;
  origin: string | null;
  sdkVersion: string | null;
  cmp: Readonly<Record<string, string>> | null;
}

/** An act of the site or of its staff, which says nothing of a page. */
export const houseRow = (kind: 'erase' | 'restale' | 'object', at: number): LedgerRow => ({
  receipt: null,
  kind,
  at,
  clientAt: null,
  effectiveAt: at,
  expiresAt: at,
  subjectKey: null,
  epoch: null,
  supersedes: null,
  decisions: [],
  policy: { version: null, configHash: null },
  text: null,
  ui: null,
  jurisdiction: { code: null, model: 'opt-in', how: 'unknown' },
  gpc: { header: false, js: null, ack: false },
  age: null,
  origin: null,
  sdkVersion: null,
  cmp: null,
});

const dayMs = 86_400_000;
/** Of older stores, in one transaction: a first start with a million rows must not hold them all in memory. */
const chainedAtOnce = 5_000;

export interface Ledger {
  /** Joins the caller's transaction. */
  append: (row: LedgerRow) => number;
  decisionsOf: (seq: number) => LedgerDecision[];
  head: () => Place;
  /** Once a day of UTC, if there is anything new: signs the head. Cheap when there is nothing to do. */
  signDue: (now: number) => void;
  /** Signs the head now; null for an empty ledger. */
  sign: (now: number) => Statement | null;
  /** A new key, vouched for by the one before it where that is still there. */
  rotate: (now: number) => { id: string; before: string | null };
  /** The key in use, its public part kept with the others: for what else the site signs. */
  signer: (now: number) => SigningKey;
  /**
   * Rows from the beginning go, as far as each ended before the instant; the anchor that takes their place is signed first.
   * How many went.
   */
  prune: (endedBefore: number, rowsMax: number, now: number) => number;
  /** How far a check came (the reader checks and cannot write). */
  noteChecked: (checked: { through: number; full: boolean; pass?: number; at: number }) => void;
  /** A check found it broken: it is shown until all rows were checked again and fit. The pass begins anew. */
  noteBroken: (found: Break) => void;
  dropCaches: () => void;
}

export const openLedger = (sql: Sql, keyFile: KeyFile): Ledger => {
  const insert = sql.prepare(`
    INSERT INTO consent_ledger (seq, receipt, kind, at, client_at, effective_at, expires_at, subject_key, epoch, supersedes,
      decisions, policy, text, ui, jurisdiction, gpc, age, origin, sdk_version, cmp, prev_hash, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const decisionsOf = sql.prepare<{ decisions: string }>('SELECT decisions FROM consent_ledger WHERE seq = ?');
  const chainRow = sql.prepare<{ anchor_seq: number; head_seq: number; head_hash: Uint8Array }>(
    'SELECT anchor_seq, head_seq, head_hash FROM consent_chain WHERE id = 1',
  );
  const anchorSeq = (): number => chainRow.get()!.anchor_seq;
  const setHead = sql.prepare('UPDATE consent_chain SET head_seq = ?, head_hash = ? WHERE id = 1');
  const setAnchor = sql.prepare('UPDATE consent_chain SET anchor_seq = ?, anchor_hash = ? WHERE id = 1');
  const setChecked = sql.prepare(
    `UPDATE consent_chain SET checked_seq = max(checked_seq, ?), checked_at = ?, full_at = coalesce(?, full_at),
       pass_seq = coalesce(?, pass_seq), broken = CASE WHEN ? THEN NULL ELSE broken END WHERE id = 1`,
  );
  const setBroken = sql.prepare('UPDATE consent_chain SET broken = ?, pass_seq = 0 WHERE id = 1');
  const hashAt = sql.prepare<{ hash: Uint8Array }>('SELECT hash FROM consent_ledger WHERE seq = ?');
  const unchained = sql.prepare<ChainedRow>('SELECT * FROM consent_ledger WHERE hash IS NULL ORDER BY seq LIMIT ?');
  const chain = sql.prepare(`
    UPDATE consent_ledger SET decisions = ?, policy = ?, text = ?, ui = ?, jurisdiction = ?, gpc = ?, age = ?, cmp = ?,
      prev_hash = ?, hash = ? WHERE seq = ?`);
  const firstOpen = sql.prepare<{ seq: number }>(
    'SELECT seq FROM consent_ledger WHERE expires_at >= ? ORDER BY seq LIMIT 1',
  );
  const deleteThrough = sql.prepare('DELETE FROM consent_ledger WHERE seq <= ?');

  const insertKey = sql.prepare(
    'INSERT INTO consent_keys (id, spki, created_at, endorsed_by, endorsement) VALUES (?, ?, ?, ?, ?)',
  );
  const keyById = sql.prepare<{ id: string }>('SELECT id FROM consent_keys WHERE id = ?');
  const retire = sql.prepare('UPDATE consent_keys SET retired_at = ? WHERE id <> ? AND retired_at IS NULL');
  const insertSignature = sql.prepare(
    'INSERT OR IGNORE INTO consent_signatures (seq, key, hash, at, signature) VALUES (?, ?, ?, ?, ?)',
  );
  const lastSigned = sql.prepare<{ seq: number; at: number }>(
    'SELECT max(seq) AS seq, max(at) AS at FROM consent_signatures HAVING count(*) > 0',
  );

  // Only the writer appends, so the head is remembered until a rollback.
  let known: Place | null = null;
  const head = (): Place => {
    if (known === null) {
      const row = chainRow.get()!;
      known = { seq: row.head_seq, hash: row.head_hash };
    }
    return known;
  };
  const put = (to: Place): void => {
    setHead.run(to.seq, to.hash);
    known = to;
  };

  const spelled = (value: unknown): string | null => (value === null ? null : canonicalJson(value));

  /** A store from before the chain: its rows are linked once, in their order, and spelled as rows are now. */
  const chainOldRows = (): void => {
    for (;;) {
      const more = sql.transaction(() => {
        const rows = unchained.all(chainedAtOnce);
        for (const row of rows) {
          const again = (text: string | null): string | null =>
            text === null ? null : canonicalJson(JSON.parse(text));
          const now: ChainedRow = {
            ...row,
            decisions: again(row.decisions)!,
            policy: again(row.policy)!,
            text: again(row.text),
            ui: again(row.ui),
            jurisdiction: again(row.jurisdiction)!,
            gpc: again(row.gpc)!,
            age: again(row.age),
            cmp: again(row.cmp),
          };
          const before = head();
          // An older store may have gaps at its end only, where a transaction was rolled back: its rows begin at 1.
          const hash = chainHash(before.hash, proofText(now));
          chain.run(
            now.decisions,
            now.policy,
            now.text,
            now.ui,
            now.jurisdiction,
            now.gpc,
            now.age,
            now.cmp,
            before.hash,
            hash,
            row.seq,
          );
          put({ seq: row.seq, hash });
        }
        return rows.length === chainedAtOnce;
      });
      if (!more) return;
    }
  };
  chainOldRows();

  let key: SigningKey | null = null;
  const register = (one: SigningKey, now: number, by: { id: string; endorsement: Buffer } | null): void => {
    if (keyById.get(one.id)) return;
    insertKey.run(one.id, one.spki, now, by?.id ?? null, by?.endorsement ?? null);
    retire.run(now, one.id);
  };
  /** The key of the file, known to the store; made when there is none. */
  const signingKey = (now: number): SigningKey => {
    key ??= readKey(keyFile) ?? newKey(keyFile);
    register(key, now, null);
    return key;
  };
  const signPlace = ({ seq, hash }: Place, by: SigningKey, at: number): Statement => {
    const statement: Statement = {
      what: 'weft ledger head 1',
      seq,
      hash: Buffer.from(hash).toString('hex'),
      at,
      key: by.id,
    };
    insertSignature.run(seq, by.id, hash, at, by.sign(statementText(statement)));
    return statement;
  };
  const sign = (now: number): Statement | null =>
    sql.transaction(() => {
      const place = head();
      return place.seq === 0 ? null : signPlace(place, signingKey(now), now);
    });

  /** Not before this instant, so that nothing is asked of the tables each second. */
  let lookAgainAt = 0;

  return {
    append: (row) => {
      const before = head();
      const seq = before.seq + 1;
      const stored: ChainedRow = {
        seq,
        receipt: row.receipt,
        kind: row.kind,
        at: row.at,
        client_at: row.clientAt,
        effective_at: row.effectiveAt,
        expires_at: row.expiresAt,
        subject_key: row.subjectKey,
        epoch: row.epoch,
        supersedes: row.supersedes,
        decisions: canonicalJson(row.decisions),
        policy: canonicalJson(row.policy),
        text: spelled(row.text),
        ui: spelled(row.ui),
        jurisdiction: canonicalJson(row.jurisdiction),
        gpc: canonicalJson(row.gpc),
        age: spelled(row.age),
        origin: row.origin,
        sdk_version: row.sdkVersion,
        cmp: spelled(row.cmp),
        prev_hash: before.hash,
        hash: null,
      };
      const hash = chainHash(before.hash, proofText(stored));
      insert.run(
        seq,
        stored.receipt,
        stored.kind,
        stored.at,
        stored.client_at,
        stored.effective_at,
        stored.expires_at,
        stored.subject_key,
        stored.epoch,
        stored.supersedes,
        stored.decisions,
        stored.policy,
        stored.text,
        stored.ui,
        stored.jurisdiction,
        stored.gpc,
        stored.age,
        stored.origin,
        stored.sdk_version,
        stored.cmp,
        before.hash,
        hash,
      );
      put({ seq, hash });
      return seq;
    },
    decisionsOf: (seq) => JSON.parse(decisionsOf.get(seq)?.decisions ?? '[]') as LedgerDecision[],
    head,
    sign,
    signDue: (now) => {
      if (now < lookAgainAt) return;
      const last = lastSigned.get();
      const today = Math.floor(now / dayMs);
      if (last && Math.floor(last.at / dayMs) >= today) {
        lookAgainAt = (today + 1) * dayMs;
        return;
      }
      if (head().seq === (last?.seq ?? 0)) return;
      // A key that cannot be read is told once a minute, not once a second.
      lookAgainAt = now + 60_000;
      sign(now);
    },
    rotate: (now) =>
      sql.transaction(() => {
        const before = key ?? readKey(keyFile);
        if (before !== null) {
          register(before, now, null);
          if (head().seq > 0) signPlace(head(), before, now);
        }
        const next = newKey(keyFile);
        const endorsement = before?.sign(endorsementText(next.id, now));
        register(next, now, before && endorsement ? { id: before.id, endorsement } : null);
        key = next;
        if (head().seq > 0) signPlace(head(), next, now);
        return { id: next.id, before: before?.id ?? null };
      }),
    signer: (now) => sql.transaction(() => signingKey(now)),
    prune: (endedBefore, rowsMax, now) =>
      sql.transaction(() => {
        const from = anchorSeq();
        const open = firstOpen.get(endedBefore);
        const through = Math.min(open ? open.seq - 1 : head().seq, from + rowsMax);
        const last = hashAt.get(through);
        if (through <= from || !last) return 0;
        signPlace({ seq: through, hash: last.hash }, signingKey(now), now);
        signPlace(head(), signingKey(now), now);
        setAnchor.run(through, last.hash);
        return deleteThrough.run(through).changes;
      }),
    noteChecked: ({ through, full, pass, at }) => {
      setChecked.run(through, at, full ? at : null, pass ?? null, full ? 1 : 0);
    },
    noteBroken: (found) => {
      setBroken.run(canonicalJson(found));
    },
    dropCaches: () => {
      known = null;
      // A key in memory alone is nowhere else.
      if (keyFile !== null) key = null;
    },
  };
};
