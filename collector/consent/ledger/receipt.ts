// What can be shown of one receipt: its row, its place in the chain, whether it still stands, and what the banner was made
// of when it was given. Whoever presents a receipt is shown this and nothing of the person. Reads only.

import { iso } from '../../contract/instant.js';
import type { ReceiptProof } from '../../contract/proofs.js';
import type { Sql } from '../../store/sql.js';
import { isReceipt } from '../gate.js';
import { bitOf, everything, isPurpose } from '../mask.js';
import type { LedgerDecision } from './ledger.js';
import type { LedgerView } from './view.js';

interface State {
  life: number;
  granted: number;
  cap: number;
  denied_after: number;
  superseded_at: number | null;
  expires_at: number;
  /** null: its salt is destroyed. */
  living: number | null;
}

type Bag = Record<string, unknown>;
const bag = (text: string | null): Bag | null => (text === null ? null : (JSON.parse(text) as Bag));

export interface Words {
  /** As they were served then. */
  texts: Bag;
  hash: string;
}

/** The words of one language under one policy. */
export type WordsOf = (configHash: string, locale: string) => Words | null;

export const openWords = (sql: Sql): WordsOf => {
  const documentOf = sql.prepare<{ document: string }>('SELECT document FROM consent_policies WHERE config_hash = ?');
  const contentOf = sql.prepare<{ content: string }>('SELECT content FROM consent_texts WHERE hash = ?');
  return (configHash, locale) => {
    const document = bag(documentOf.get(configHash)?.document ?? null);
    const texts = (document?.texts ?? {}) as Record<string, { href?: unknown }>;
    const href = Object.hasOwn(texts, locale) ? texts[locale]?.href : undefined;
    const hash = typeof href === 'string' ? (/([0-9a-f]{64})\.json$/.exec(href)?.[1] ?? null) : null;
    const content = hash === null ? undefined : contentOf.get(hash)?.content;
    return hash === null || content === undefined ? null : { texts: JSON.parse(content) as Bag, hash };
  };
};

export const openReceipts = (sql: Sql, ledger: LedgerView): ((id: string, now: number) => ReceiptProof | null) => {
  const stateOf = sql.prepare<State>(`
    SELECT r.life, r.granted, r.cap, r.denied_after, r.superseded_at, r.expires_at, f.life AS living
    FROM consent_receipts r LEFT JOIN consent_lives f ON f.life = r.life WHERE r.receipt = ?`);
  const follower = sql.prepare<{ receipt: string; seq: number }>(
    'SELECT receipt, seq FROM consent_receipts WHERE life = ? AND seq > ? ORDER BY seq LIMIT 1',
  );
  const policyBy = sql.prepare<{ config_hash: string; document: string }>(`
    SELECT config_hash, document FROM consent_policies WHERE config_hash = ? OR (? IS NULL AND version = ?)
    ORDER BY first_at LIMIT 1`);
  const wordsOf = openWords(sql);

  return (id, now) => {
    const row = isReceipt(id) ? ledger.row(id) : null;
    if (row === null) return null;
    const state = stateOf.get(id);
    const decisions = JSON.parse(row.decisions) as LedgerDecision[];
    const standing = state && now < state.expires_at ? state.granted & state.cap & ~state.denied_after : 0;
    const told = (bag(row.policy) ?? {}) as { version: string | null; configHash: string | null };
    const policy = policyBy.get(told.configHash, told.configHash, told.version);
    const text = bag(row.text);
    const locale = typeof text?.locale === 'string' ? text.locale : null;
    const words = policy && locale !== null ? wordsOf(policy.config_hash, locale) : null;

    const takesBack = row.kind === 'withdraw' || row.kind === 'object' || row.kind === 'erase';
    const isErased = !state || (state.living === null && state.life > 0);
    const [name, since]: [ReceiptProof['state'], number | null] = isErased
      ? ['erased', null]
      : state.granted === 0
        ? takesBack
          ? ['withdrawn', row.at]
          : ['refusal', null]
        : state.denied_after === everything
          ? ['withdrawn', state.superseded_at]
          : state.superseded_at !== null
            ? ['superseded', state.superseded_at]
            : now >= state.expires_at
              ? ['expired', state.expires_at]
              : ['valid', null];
    return {
      receipt: id,
      state: name,
      stateAt: since === null ? null : iso(since),
      supersededBy: (state && state.life > 0 && follower.get(state.life, row.seq)) || null,
      kind: row.kind,
      at: iso(row.at),
      clientAt: row.client_at === null ? null : iso(row.client_at),
      effectiveAt: iso(row.effective_at),
      expiresAt: iso(row.expires_at),
      subject: row.subject_key === null ? 'none' : isErased ? 'erased' : 'linked',
      epoch: row.epoch,
      supersedes: row.supersedes,
      decisions: decisions.map((one) => ({
        purpose: one.purpose,
        value: one.value,
        source: one.source,
        materialHash: one.materialHash,
        basis: one.basis ?? null,
        carried: one.carried ?? false,
        stands: one.value === 'granted' && isPurpose(one.purpose) && (standing & bitOf(one.purpose)) !== 0,
      })),
      policy: { version: told.version ?? null, configHash: told.configHash ?? null, known: policy !== undefined },
      text,
      ui: bag(row.ui),
      jurisdiction: bag(row.jurisdiction) ?? {},
      gpc: bag(row.gpc) ?? {},
      age: bag(row.age),
      origin: row.origin,
      sdkVersion: row.sdk_version,
      cmp: bag(row.cmp),
      chain: ledger.placeOf(row),
      shown: policy
        ? { document: bag(policy.document) ?? {}, texts: words?.texts ?? null, textsHash: words?.hash ?? null }
        : null,
    };
  };
};
