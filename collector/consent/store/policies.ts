// The policies that were in force here, with their words: a receipt names them by hash, for ever.

import type { Purpose } from '../../contract/purposes.js';
import type { Sql } from '../../store/sql.js';
import { type Mask, maskOfName } from '../mask.js';
import type { Policy } from '../policy/policy.js';

export const openPolicies = (sql: Sql) => {
  const insertPolicy = sql.prepare(
    'INSERT OR IGNORE INTO consent_policies (config_hash, version, document, first_at) VALUES (?, ?, ?, ?)',
  );
  const insertText = sql.prepare(
    'INSERT OR IGNORE INTO consent_texts (hash, locale, content, first_at) VALUES (?, ?, ?, ?)',
  );
  const removalRows = sql.prepare<{ purpose: string; removed_at: number }>('SELECT * FROM consent_removals');
  const lastPolicy = sql.prepare<{ config_hash: string; document: string }>(`
    SELECT config_hash, document FROM consent_policies
    ORDER BY config_hash = (SELECT config_hash FROM consent_releases ORDER BY id DESC LIMIT 1) DESC, first_at DESC LIMIT 1`);
  const policyText = sql.prepare<{ document: string }>('SELECT document FROM consent_policies WHERE config_hash = ?');
  const policyVersion = sql.prepare<{ version: string }>(
    'SELECT version FROM consent_policies WHERE config_hash = ? OR (? IS NULL AND version = ?) LIMIT 1',
  );

  let removals: { purpose: string; removed_at: number }[] | null = null;
  /** Purposes that were taken out after an answer: what it granted for them is gone, though they came back (section 2). */
  const removedSince = (at: number): Mask => {
    removals ??= removalRows.all();
    let mask = 0;
    for (const one of removals) if (at <= one.removed_at) mask |= maskOfName(one.purpose);
    return mask;
  };

  return {
    removedSince,
    /** The one that was in force when the store was last in use. */
    lastPolicy: (): { configHash: string; purposes: { id: Purpose; materialHash: string }[] } | null => {
      const row = lastPolicy.get();
      if (!row) return null;
      const { purposes = [] } = JSON.parse(row.document) as { purposes?: { id: Purpose; materialHash: string }[] };
      return { configHash: row.config_hash, purposes };
    },
    /** A policy and its words, once for ever: a receipt names them by hash. */
    notePolicy: (policy: Policy, at: number): void => {
      for (const [language, { hash, content }] of Object.entries(policy.locales))
        insertText.run(hash, language, content, at);
      insertPolicy.run(policy.configHash, policy.version, JSON.stringify(policy.document), at);
    },
    /** The document of a policy that was in force here; null for any other. */
    policyDocument: (configHash: string): Readonly<Record<string, unknown>> | null => {
      const row = policyText.get(configHash);
      return row ? (JSON.parse(row.document) as Record<string, unknown>) : null;
    },
    /** null for a policy this collector never had: nobody else's words become a label. */
    policyVersion: (version: string | null, configHash: string | null): string | null =>
      policyVersion.get(configHash, configHash, version)?.version ?? null,
    dropCaches: (): void => {
      removals = null;
    },
  };
};
