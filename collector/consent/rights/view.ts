// What is shown of people's requests: to the privacy room, and in an export. Reads only, remembers nothing. No identifier
// stands in what it shows, except what somebody sees of themselves.

import { iso } from '../../contract/instant.js';
import type { Page } from '../../contract/profile.js';
import type { Sql } from '../../store/sql.js';
import { keyedHash } from '../keys.js';
import { openWords } from '../ledger/receipt.js';
import { type ShownDocument, type ShownLayer, shownLayer } from '../ledger/shown-layer.js';
import { type RegionRule, regionOf } from '../policy/region.js';
import { type Identity, identityKey } from './notices.js';

export interface RightsRequest {
  id: string;
  kind: 'access' | 'erasure' | 'objection';
  state: string;
  /** `person`, `shop` (signed by its server), `journal`, or the id of a key or account. */
  by: string;
  requestedAt: string;
  /** GDPR 12(3): one month. */
  dueAt: string;
  doneAt: string | null;
  overdue: boolean;
  /** Of an erasure: the last of its ten steps that is done. */
  step: number | null;
  /** Recipients who have not said yet that they have erased, too. */
  pending: number;
}

export interface RecipientState {
  recipient: string;
  name: string;
  country: string | null;
  role: string | null;
  destination: string | null;
  host: string | null;
  lastDeliveredAt: string | null;
  /** Live secret keys it reads with. */
  keys: number;
  pending: number;
  manual: number;
  lastAcknowledgedAt: string | null;
}

/** A recipient that was to be told of an erasure and has not said that it is done. */
export interface OpenNotice {
  id: string;
  erasure: string;
  recipient: string;
  state: 'pending' | 'sent' | 'manual';
  attempts: number;
  /** A code of ours. */
  trouble: string | null;
  createdAt: string;
  lastAt: string | null;
  /** Whether it can be sent again: whom it is about is forgotten once the recipient has it. */
  canRetry: boolean;
}

/** Where a request stands: `open` as long as it or a recipient of it is not done. */
export const standings = ['open', 'failed', 'closed'] as const;
export type Standing = (typeof standings)[number];

/** What somebody consented to, by the rows of their devices' consent. */
export interface DisclosedConsent {
  receipt: string | null;
  kind: string;
  at: string;
  expiresAt: string;
  decisions: unknown;
  policy: { version: string | null; configHash: string | null };
  text: { locale?: string; sha256?: string } | null;
  ui: unknown;
  jurisdiction: unknown;
  /** The layer of the banner as it stood before them; null where none was, or its words were never kept. */
  shown: (ShownLayer & { isExact: boolean | null }) | null;
}

export interface RightsReading {
  requests: (asked: {
    kind?: RightsRequest['kind'] | null;
    standing?: Standing | null;
    id?: string | null;
    /** Asked before this instant. */
    before?: number | null;
    now: number;
    limit: number;
    cursor: string | null;
  }) => Page<RightsRequest>;
  recipients: (now: number) => RecipientState[];
  /** Those that somebody must see to first, then the oldest. */
  openNotices: (limit: number) => OpenNotice[];
  /** Of the person who asks. */
  consentsOf: (identities: readonly Identity[]) => DisclosedConsent[];
  receivedBy: (identities: readonly Identity[]) => { recipient: string; firstAt: string; lastAt: string }[];
  /** The terms in force, for the README of an export. */
  terms: () => unknown;
}

const bag = (text: string | null): Record<string, unknown> | null =>
  text === null ? null : (JSON.parse(text) as Record<string, unknown>);
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

/** A month later, or the last day of a shorter one. */
export const monthAfter = (at: number): number => {
  const date = new Date(at);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + 1);
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, days));
  return date.getTime();
};

/** Of a cursor; one that is none of ours begins at the newest. */
const afterOf = (cursor: string | null): [number, string] | [null, null] => {
  const [, at, id] = /^\[(\d{1,15}),"([\w-]{1,64})"\]$/.exec(Buffer.from(cursor ?? '', 'base64url').toString()) ?? [];
  return at === undefined || id === undefined ? [null, null] : [Number(at), id];
};

interface RequestRow {
  id: string;
  kind: RightsRequest['kind'];
  state: string;
  by: string;
  at: number;
  done_at: number | null;
  step: number | null;
  pending: number;
}

export const rightsReading = (sql: Sql, secret: string): RightsReading => {
  const keyOf = keyedHash(secret);
  const page = sql.prepare<RequestRow>(`
    SELECT * FROM (SELECT *, CASE WHEN state IN ('accepted', 'running') OR pending > 0 THEN 'open'
        WHEN state = 'failed' THEN 'failed' ELSE 'closed' END AS standing FROM (
      SELECT id, 'erasure' AS kind, state, requested_by AS by, requested_at AS at, done_at, step,
        (SELECT count(*) FROM notices WHERE erasure = erasures.id AND state IN ('pending', 'sent', 'manual')) AS pending
      FROM erasures
      UNION ALL
      SELECT id, 'access', state, requested_by, requested_at, done_at, NULL, 0 FROM exports
      UNION ALL
      SELECT id, 'objection', 'done', requested_by, requested_at, requested_at, NULL, 0 FROM objections
    )) WHERE kind = coalesce(?, kind) AND standing = coalesce(?, standing) AND id = coalesce(?, id)
      AND at < coalesce(?, at + 1) AND (at, id) < (coalesce(?, at + 1), coalesce(?, id))
    ORDER BY at DESC, id DESC LIMIT ?`);
  const document = sql.prepare<{ document: string }>(
    `SELECT p.document FROM consent_releases r JOIN consent_policies p ON p.config_hash = r.config_hash
     ORDER BY r.id DESC LIMIT 1`,
  );
  const destination = sql.prepare<{ url: string }>(
    'SELECT url FROM destinations WHERE name = ? AND revoked_at IS NULL',
  );
  const delivered = sql.prepare<{ recipient: string; at: number }>(
    'SELECT recipient, max(last_at) AS at FROM deliveries GROUP BY recipient',
  );
  const told = sql.prepare<{ recipient: string; pending: number; manual: number; at: number | null }>(
    `SELECT recipient, sum(state IN ('pending', 'sent')) AS pending, sum(state = 'manual') AS manual,
       max(CASE WHEN state IN ('acknowledged', 'settled') THEN settled_at END) AS at
     FROM notices GROUP BY recipient`,
  );
  const keysOf = sql.prepare<{ recipient: string; count: number }>(
    'SELECT recipient, count(*) AS count FROM credentials WHERE recipient IS NOT NULL AND revoked_at IS NULL GROUP BY recipient',
  );
  const waiting = sql.prepare<{
    id: string;
    erasure: string;
    recipient: string;
    state: OpenNotice['state'];
    attempts: number;
    trouble: string | null;
    created_at: number;
    last_at: number | null;
    known: number;
  }>(`SELECT id, erasure, recipient, state, attempts, trouble, created_at, last_at, identities IS NOT NULL AS known
    FROM notices WHERE state IN ('pending', 'sent', 'manual') ORDER BY state <> 'manual', created_at, id LIMIT ?`);
  const received = sql.prepare<{ recipient: string; first_at: number; last_at: number }>(
    'SELECT recipient, first_at, last_at FROM deliveries WHERE subject_key = ?',
  );
  interface ActRow {
    receipt: string | null;
    kind: string;
    at: number;
    expires_at: number;
    decisions: string;
    policy: string;
    text: string | null;
    ui: string | null;
    jurisdiction: string;
    gpc: string;
  }
  const ofDevice = sql.prepare<ActRow>(`
    SELECT l.receipt, l.kind, l.at, l.expires_at, l.decisions, l.policy, l.text, l.ui, l.jurisdiction, l.gpc
    FROM consent_visitors v JOIN consent_receipts r ON r.life = v.life JOIN consent_ledger l ON l.seq = r.seq
    WHERE v.visitor_key = ? ORDER BY l.seq`);
  /** What they decided as a person, while logged in: the record of their account, and the rows it came from. */
  const ofPerson = sql.prepare<ActRow>(`
    SELECT l.receipt, l.kind, l.at, l.expires_at, json_group_array(json_object('purpose', p.purpose, 'value', p.value,
      'source', 'account', 'materialHash', p.material_hash)) AS decisions, l.policy, l.text, l.ui, l.jurisdiction, l.gpc
    FROM consent_persons p JOIN consent_ledger l ON l.seq = p.seq
    WHERE p.user_key = ? GROUP BY l.seq ORDER BY l.seq`);
  const policyBy = sql.prepare<{ config_hash: string; document: string }>(
    'SELECT config_hash, document FROM consent_policies WHERE config_hash = ? OR (? IS NULL AND version = ?) LIMIT 1',
  );
  const wordsBy = openWords(sql);

  /** Drawn as the receipt's page draws it. `isExact`: its words have the hash of the row; null where the row has none. */
  const shownOf = (
    row: ActRow,
    decisions: readonly { purpose: string; value: string }[],
  ): DisclosedConsent['shown'] => {
    const { layer, variant } = (bag(row.ui) ?? {}) as { layer?: string; variant?: string };
    const { locale, sha256 } = (bag(row.text) ?? {}) as { locale?: string; sha256?: string };
    if ((layer !== 'first' && layer !== 'preferences') || locale === undefined) return null;
    const policy = JSON.parse(row.policy) as DisclosedConsent['policy'];
    const kept = policyBy.get(policy.configHash, policy.configHash, policy.version);
    const words = kept === undefined ? null : wordsBy(kept.config_hash, locale);
    if (kept === undefined || words === null) return null;
    const document = JSON.parse(kept.document) as ShownDocument & { regions?: RegionRule[] };
    const gpc = bag(row.gpc) ?? {};
    const shown = shownLayer({
      document,
      texts: words.texts,
      locale,
      layer,
      region: regionOf(document.regions ?? [], bag(row.jurisdiction)?.code),
      gpc: gpc.js === true || gpc.header === true,
      decisions: Object.fromEntries(decisions.map(({ purpose, value }) => [purpose, value === 'granted'])),
      variant: variant ?? '',
    });
    return { ...shown, isExact: sha256 === undefined ? null : sha256 === shown.sha256 };
  };
  const inForce = (): Record<string, unknown> =>
    JSON.parse(document.get()?.document ?? '{}') as Record<string, unknown>;

  return {
    requests: ({ kind = null, standing = null, id: one = null, before = null, now, limit, cursor }) => {
      const [at, id] = afterOf(cursor);
      const rows = page.all(kind, standing, one, before, at, id, limit + 1);
      const items = rows.slice(0, limit).map((row): RightsRequest => {
        const dueAt = monthAfter(row.at);
        const isOpen = row.state === 'accepted' || row.state === 'running' || row.pending > 0;
        return {
          id: row.id,
          kind: row.kind,
          state: row.state,
          by: row.by,
          requestedAt: iso(row.at),
          dueAt: iso(dueAt),
          doneAt: isoOrNull(row.done_at),
          overdue: isOpen && now > dueAt,
          step: row.step,
          pending: row.pending,
        };
      });
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { items, next: last ? Buffer.from(JSON.stringify([last.at, last.id])).toString('base64url') : null };
    },

    recipients: () => {
      const known = (inForce().recipients ?? {}) as Record<string, Record<string, string | undefined>>;
      const last = new Map(delivered.all().map((row) => [row.recipient, row.at]));
      const notices = new Map(told.all().map((row) => [row.recipient, row]));
      const keys = new Map(keysOf.all().map((row) => [row.recipient, row.count]));
      const names = [...new Set([...Object.keys(known), ...last.keys(), ...notices.keys(), ...keys.keys()])].sort();
      return names.map((recipient) => {
        const terms = known[recipient];
        const to = terms?.erasureWebhook === undefined ? undefined : destination.get(terms.erasureWebhook);
        const notice = notices.get(recipient);
        return {
          recipient,
          name: terms?.name ?? recipient,
          country: terms?.country ?? null,
          role: terms?.role ?? null,
          destination: terms?.erasureWebhook ?? null,
          host: to ? new URL(to.url).host : null,
          lastDeliveredAt: isoOrNull(last.get(recipient) ?? null),
          keys: keys.get(recipient) ?? 0,
          pending: notice?.pending ?? 0,
          manual: notice?.manual ?? 0,
          lastAcknowledgedAt: isoOrNull(notice?.at ?? null),
        };
      });
    },

    openNotices: (limit) =>
      waiting.all(limit).map(({ created_at: createdAt, last_at: lastAt, known, ...notice }) => ({
        ...notice,
        createdAt: iso(createdAt),
        lastAt: isoOrNull(lastAt),
        canRetry: known === 1,
      })),

    consentsOf: (identities) =>
      identities
        .flatMap(({ type, value }) =>
          type === 'anonymous_id'
            ? ofDevice.all(keyOf('visitorId', value))
            : type === 'user_id'
              ? ofPerson.all(keyOf('userId', value))
              : [],
        )
        .map((row) => {
          const policy = JSON.parse(row.policy) as DisclosedConsent['policy'];
          const decisions = JSON.parse(row.decisions) as { purpose: string; value: string }[];
          const text = row.text === null ? null : (JSON.parse(row.text) as { locale?: string; sha256?: string });
          return {
            receipt: row.receipt,
            kind: row.kind,
            at: iso(row.at),
            expiresAt: iso(row.expires_at),
            decisions,
            policy,
            text,
            ui: row.ui === null ? null : (JSON.parse(row.ui) as unknown),
            jurisdiction: JSON.parse(row.jurisdiction) as unknown,
            shown: shownOf(row, decisions),
          };
        }),

    receivedBy: (identities) => {
      const by = new Map<string, { first: number; last: number }>();
      for (const identity of identities)
        for (const row of received.all(identityKey(keyOf, identity))) {
          const known = by.get(row.recipient) ?? { first: row.first_at, last: row.last_at };
          by.set(row.recipient, {
            first: Math.min(known.first, row.first_at),
            last: Math.max(known.last, row.last_at),
          });
        }
      return [...by].map(([recipient, { first, last }]) => ({ recipient, firstAt: iso(first), lastAt: iso(last) }));
    },

    terms: inForce,
  };
};
