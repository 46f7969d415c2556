// Every policy that was in force, as it was written and since when: how the one in force is found again at a start, and what
// a privacy team sees of the past. Owns `consent_releases` and `consent_removals` (migrations.ts). The writer notes; readers
// look. Never judges an event.

import type { Sql } from '../../store/sql.js';
import type { Consent } from '../consent.js';
import { type Comparison, comparePolicies, type HolderGroup, type Holders } from './diff.js';
import { type Policy, PolicyError, readSource, type Source, shippedSource, sourceOf } from './policy.js';
import type { Finding } from './read.js';

/** How a policy came into force: it ships, its file was there at a start, its file changed, it was published by a person. */
export type ReleaseCause = 'shipped' | 'start' | 'file' | 'editor';

export interface Release {
  id: number;
  configHash: string;
  version: string;
  at: number;
  by: string;
  how: ReleaseCause;
  /** Devices with a live receipt at that instant. */
  holders: number;
  /** Which purposes it asked again, and how many of the holders. */
  reasked: Comparison['reasked'];
}

interface ReleaseRow {
  id: number;
  config_hash: string;
  version: string;
  at: number;
  by: string;
  how: ReleaseCause;
  source: string;
  holders: number;
  reasked: string;
}

const releaseOf = (row: ReleaseRow): Release => ({
  id: row.id,
  configHash: row.config_hash,
  version: row.version,
  at: row.at,
  by: row.by,
  how: row.how,
  holders: row.holders,
  reasked: JSON.parse(row.reasked) as Release['reasked'],
});

export interface Releases {
  latest: () => (Release & { source: Source }) | null;
  note: (release: {
    policy: Policy;
    source: Source;
    at: number;
    by: string;
    how: ReleaseCause;
    comparison: Comparison | null;
  }) => void;
}

export const openReleases = (sql: Sql): Releases => {
  const last = sql.prepare<ReleaseRow>('SELECT * FROM consent_releases ORDER BY id DESC LIMIT 1');
  const insert = sql.prepare(`
    INSERT INTO consent_releases (config_hash, version, at, by, how, source, holders, reasked)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const removed = sql.prepare(`
    INSERT INTO consent_removals (purpose, removed_at) VALUES (?, ?)
    ON CONFLICT (purpose) DO UPDATE SET removed_at = excluded.removed_at`);
  return {
    latest: () => {
      const row = last.get();
      return row ? { ...releaseOf(row), source: JSON.parse(row.source) as Source } : null;
    },
    note: ({ policy, source, at, by, how, comparison }) => {
      insert.run(
        policy.configHash,
        policy.version,
        at,
        by,
        how,
        JSON.stringify(source),
        comparison?.holders ?? 0,
        JSON.stringify(comparison?.reasked ?? []),
      );
      for (const { purpose, kind } of comparison?.purposes ?? []) if (kind === 'removed') removed.run(purpose, at);
    },
  };
};

export interface InForce {
  policy: Policy;
  source: Source;
  how: ReleaseCause;
  /** What is wrong with the file, where an earlier policy stands in for it. */
  trouble: readonly Finding[];
}

/**
 * The policy to start with: the file's; where it is broken, the last good one, and only if there is none the start fails.
 * Without a file, what was published from the dashboard, else the one that ships.
 */
export const policyToStartWith = (releases: Releases, file: string | null, ships: Source = shippedSource): InForce => {
  const last = releases.latest();
  const kept = last === null ? null : readSource(last.source);
  const before = last !== null && kept?.ok ? { policy: kept.policy, source: last.source, how: last.how } : null;
  if (file === null) {
    if (before !== null && before.how === 'editor') return { ...before, trouble: [] };
    const shipped = readSource(ships);
    if (!shipped.ok) throw new PolicyError(shipped.findings);
    return { policy: shipped.policy, source: ships, how: 'shipped', trouble: [] };
  }
  const { source, findings } = sourceOf(file);
  const parsed = findings.some(({ rule }) => rule === 'file') ? null : readSource(source);
  if (parsed?.ok && findings.length === 0) return { policy: parsed.policy, source, how: 'start', trouble: [] };
  const trouble = [...findings, ...(parsed === null || parsed.ok ? [] : parsed.findings)];
  if (before !== null && before.how !== 'shipped') return { ...before, trouble };
  throw new PolicyError(trouble, file);
};

/** Notes a policy as in force, with whom it asks again, unless it is the last one that was. */
export const noteStart = (sql: Sql, releases: Releases, { policy, source, how }: InForce, at: number): void => {
  const last = releases.latest();
  if (last?.configHash === policy.configHash) return;
  const before = last === null ? null : readSource(last.source);
  const comparison = before?.ok ? comparePolicies(before.policy, policy, holdersOf(sql, at)) : null;
  sql.transaction(() => releases.note({ policy, source, at, by: 'start', how, comparison }));
};

export type Enforced =
  | { kind: 'in-force'; policy: Policy; changed: boolean }
  | { kind: 'refused'; findings: readonly Finding[] }
  | { kind: 'conflict' };

/** From this transaction on. What is broken changes nothing. */
export const enforce = (
  sql: Sql,
  consent: Pick<Consent, 'policy' | 'adopt'>,
  releases: Releases,
  asked: { source: Source; by: string; how: ReleaseCause; over: string | null; at: number },
  /** In the same transaction. */
  alsoNote: (policy: Policy) => void = () => {},
): Enforced => {
  if (asked.over !== null && asked.over !== consent.policy.configHash) return { kind: 'conflict' };
  const parsed = readSource(asked.source);
  if (!parsed.ok) return { kind: 'refused', findings: parsed.findings };
  const { policy } = parsed;
  const changed = policy.configHash !== consent.policy.configHash;
  const comparison = comparePolicies(
    consent.policy,
    policy,
    changed ? holdersOf(sql, asked.at) : { total: 0, groups: [] },
  );
  let undo: (() => void) | null = null;
  try {
    sql.transaction(() => {
      // The same policy written otherwise is the same release; how it is written is kept for the next start.
      if (changed || asked.how === 'editor') releases.note({ ...asked, policy, comparison });
      alsoNote(policy);
      undo = consent.adopt(policy, asked.at);
    });
  } catch (error) {
    (undo as (() => void) | null)?.();
    throw error;
  }
  return { kind: 'in-force', policy, changed };
};

/** Most people press one of two buttons, so there are few different answers; the rest is counted without its answers. */
const groupsMax = 2_000;

export const holdersOf = (sql: Sql, now: number): Holders => {
  const rows = sql
    .prepare<{ said: string | null; holders: number }>(`
      SELECT t.said, count(*) AS holders
      FROM consent_lives l
        JOIN consent_receipts r ON r.receipt = l.head
        LEFT JOIN consent_terms t ON t.id = r.terms
      WHERE r.seq IS NOT NULL AND r.expires_at > ? AND (r.granted & r.cap) <> 0
      GROUP BY r.terms
      ORDER BY holders DESC`)
    .all(now);
  const groups = rows.slice(0, groupsMax).map(({ said, holders }): HolderGroup => {
    const { decisions, policy } = JSON.parse(said ?? '{"decisions":[],"policy":{}}') as Omit<HolderGroup, 'holders'>;
    return {
      holders,
      policy,
      decisions: decisions.map(({ purpose, value, materialHash, carried }) => ({
        purpose,
        value,
        materialHash: materialHash ?? null,
        ...(carried && { carried }),
      })),
    };
  });
  return { total: rows.reduce((sum, { holders }) => sum + holders, 0), groups };
};

/** What may be read of policies; none of it is about a person. */
export interface PolicyReading {
  /** Newest first. */
  policies: (limit: number) => Release[];
  /** As JSON: the document that receipts name by this hash. */
  policyDocument: (configHash: string) => string | null;
  /** As it was written when it last came into force. */
  policySource: (configHash: string) => Source | null;
  /** As JSON: the words of a banner. */
  consentText: (hash: string) => string | null;
  consentHolders: (now: number) => Holders;
}

export const policyReading = (sql: Sql): PolicyReading => {
  const list = sql.prepare<ReleaseRow>('SELECT * FROM consent_releases ORDER BY id DESC LIMIT ?');
  const document = sql.prepare<{ document: string }>('SELECT document FROM consent_policies WHERE config_hash = ?');
  const source = sql.prepare<{ source: string }>(
    'SELECT source FROM consent_releases WHERE config_hash = ? ORDER BY id DESC LIMIT 1',
  );
  const text = sql.prepare<{ content: string }>('SELECT content FROM consent_texts WHERE hash = ?');
  return {
    policies: (limit) => list.all(Math.min(Math.max(limit, 1), 500)).map(releaseOf),
    policyDocument: (configHash) => document.get(configHash)?.document ?? null,
    policySource: (configHash) => {
      const row = source.get(configHash);
      return row ? (JSON.parse(row.source) as Source) : null;
    },
    consentText: (hash) => text.get(hash)?.content ?? null,
    consentHolders: (now) => holdersOf(sql, now),
  };
};
