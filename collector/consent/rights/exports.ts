// Requests for access (GDPR 15 and 20; consent.md section 6): who may have a copy of what is kept of them, and what became
// of it. Owns the table of them, not the files. An export is on the erasure list: erasing the person takes it away, whether
// it is being made, waits to be fetched, or was fetched.

import { randomBytes } from 'node:crypto';
import type { Sql } from '../../store/sql.js';
import type { KeyOf, TombstoneKind } from '../keys.js';
import type { ConsentStore } from '../store/store.js';
import { type ErasureSubject, stepNumber } from './erase.js';
import { type Identity, identityKey } from './notices.js';
import type { Tombstones } from './tombstones.js';

export type ExportState = 'accepted' | 'running' | 'done' | 'failed' | 'expired' | 'erased';

export interface ExportStatus {
  id: string;
  state: ExportState;
  requestedBy: string;
  requestedAt: number;
  doneAt: number | null;
  expiresAt: number | null;
  bytes: number | null;
  counts: Readonly<Record<string, number>> | null;
}

export interface ExportWork {
  id: string;
  /** null: nobody, so that a stranger's request takes the same way and ends with a file in which nothing stands. */
  subject: ErasureSubject | null;
  requestedAt: number;
}

export interface Exports {
  request: (subject: ErasureSubject, by: { id: string; by: string; at: number }) => { id: string; token: string };
  /**
   * The oldest that waits, or whose maker died; leased. None while an erasure is at work: what it has left of somebody would
   * be read as theirs, and what it has passed by would stand in no list of it any more.
   */
  claim: (now: number) => ExportWork | null;
  /** Everyone in it, in the transaction of the claim: from here on an erasure of any of them finds it. */
  register: (id: string, identities: readonly Identity[]) => void;
  /** False: it is gone meanwhile, or somebody in it is erased since; what was made must go too. */
  finish: (
    id: string,
    made: { identities: readonly Identity[]; bytes: number; counts: Readonly<Record<string, number>> },
    now: number,
  ) => boolean;
  fail: (id: string, now: number) => void;
  /** Those of a person who goes; their files are the caller's to delete. */
  forget: (identities: readonly Identity[]) => string[];
  /** Whose week is over; their files are the caller's to delete. */
  expire: (now: number, limit: number) => string[];
  status: (id: string) => ExportStatus | null;
  /** Whether this token was given for this export. */
  opens: (id: string, token: string) => boolean;
  waiting: () => number;
}

const exportKeptMs = 7 * 86_400_000;
/** A maker renews nothing: an export that takes longer than this is made anew. */
const leaseMs = 10 * 60_000;

interface Row {
  id: string;
  state: ExportState;
  subject: string | null;
  token_key: Uint8Array;
  requested_by: string;
  requested_at: number;
  done_at: number | null;
  expires_at: number | null;
  bytes: number | null;
  counts: string | null;
}

export interface ExportParts {
  sql: Sql;
  store: ConsentStore;
  tombstones: Tombstones;
  keyOf: KeyOf;
}

/** Where the tombstones keep an identifier of that type. */
const tombstoneKinds = (type: string): TombstoneKind[] =>
  type === 'user_id' ? ['userId', 'alias'] : [type === 'anonymous_id' ? 'visitorId' : (type as TombstoneKind)];

export const openExports = ({ sql, store, tombstones, keyOf }: ExportParts): Exports => {
  const insert = sql.prepare(
    "INSERT INTO exports (id, state, subject, token_key, requested_by, requested_at) VALUES (?, 'accepted', ?, ?, ?, ?)",
  );
  const putSubject = sql.prepare('INSERT OR IGNORE INTO export_subjects (subject_key, export) VALUES (?, ?)');
  const bySubject = sql.prepare<{ export: string }>('SELECT export FROM export_subjects WHERE subject_key = ?');
  const dropSubjects = sql.prepare('DELETE FROM export_subjects WHERE export = ?');
  const next = sql.prepare<Row>(
    `SELECT * FROM exports WHERE state IN ('accepted', 'running') AND coalesce(claimed_until, 0) <= ?
     ORDER BY requested_at, id LIMIT 1`,
  );
  // From the closure until what others keep is folded again.
  const erasing = sql.prepare(
    `SELECT 1 FROM erasures WHERE state <> 'done' AND state = 'running' AND step < ${stepNumber('aggregates')} LIMIT 1`,
  );
  const isRegistered = sql.prepare('SELECT 1 FROM export_subjects WHERE subject_key = ? AND export = ?');
  const claim = sql.prepare("UPDATE exports SET state = 'running', claimed_until = ? WHERE id = ?");
  const done = sql.prepare(
    `UPDATE exports SET state = 'done', subject = NULL, done_at = ?, expires_at = ?, bytes = ?, counts = ?
     WHERE id = ? AND state = 'running'`,
  );
  const end = sql.prepare(
    "UPDATE exports SET state = ?, subject = NULL WHERE id = ? AND state NOT IN ('expired', 'erased')",
  );
  const expiring = sql.prepare<{ id: string }>(
    "SELECT id FROM exports WHERE state = 'done' AND expires_at <= ? ORDER BY expires_at LIMIT ?",
  );
  const byId = sql.prepare<Row>('SELECT * FROM exports WHERE id = ?');
  const open = sql.prepare<{ n: number }>("SELECT count(*) AS n FROM exports WHERE state IN ('accepted', 'running')");

  const proven = (visitorId: string, receipt: string): boolean => {
    const key = store.receipt(receipt)?.visitorKey;
    return key != null && Buffer.compare(key, keyOf('visitorId', visitorId)) === 0;
  };
  /**
   * Who came into it while it was made (a merge) was in no list of an erasure that had begun before: any that stands counts.
   * Of the others one that was asked for later, though they may have come back since then.
   */
  const isErased = ({ type, value }: Identity, id: string, requestedAt: number): boolean => {
    const known = isRegistered.get(identityKey(keyOf, { type, value }), id) !== undefined;
    return tombstoneKinds(type).some((kind) => {
      const tombstone = tombstones.of(kind, value);
      if (tombstone?.cause !== 'erased') return false;
      return tombstone.erasedAt >= requestedAt || (!known && tombstone.openedAt === null);
    });
  };
  const named: Readonly<Record<string, string>> = {
    userId: 'user_id',
    anonymousId: 'anonymous_id',
    visitorId: 'anonymous_id',
    email: 'email',
    phone: 'phone',
  };

  return {
    request: (subject, { id, by, at }) =>
      sql.transaction(() => {
        const token = `xt_${randomBytes(24).toString('base64url')}`;
        const isStranger = 'visitorId' in subject && !proven(subject.visitorId, subject.receipt);
        insert.run(id, isStranger ? null : JSON.stringify(subject), keyOf('export', token), by, at);
        if (!isStranger)
          for (const [field, value] of Object.entries(subject)) {
            const type = named[field];
            if (type) putSubject.run(identityKey(keyOf, { type, value }), id);
          }
        return { id, token };
      }),
    claim: (now) => {
      const row = next.get(now);
      if (!row || erasing.get() !== undefined) return null;
      claim.run(now + leaseMs, row.id);
      return {
        id: row.id,
        subject: row.subject === null ? null : (JSON.parse(row.subject) as ErasureSubject),
        requestedAt: row.requested_at,
      };
    },
    register: (id, identities) => {
      for (const identity of identities) putSubject.run(identityKey(keyOf, identity), id);
    },
    finish: (id, { identities, bytes, counts }, now) =>
      sql.transaction(() => {
        const row = byId.get(id);
        if (!row || identities.some((identity) => isErased(identity, id, row.requested_at))) {
          end.run('erased', id);
          dropSubjects.run(id);
          return false;
        }
        for (const identity of identities) putSubject.run(identityKey(keyOf, identity), id);
        const made = done.run(now, now + exportKeptMs, bytes, JSON.stringify(counts), id).changes > 0;
        if (!made) dropSubjects.run(id);
        return made;
      }),
    fail: (id, _now) => {
      end.run('failed', id);
      dropSubjects.run(id);
    },
    forget: (identities) => {
      const gone = new Set<string>();
      for (const identity of identities)
        for (const row of bySubject.all(identityKey(keyOf, identity))) gone.add(row.export);
      for (const id of gone) {
        end.run('erased', id);
        dropSubjects.run(id);
      }
      return [...gone];
    },
    expire: (now, limit) => {
      const gone = expiring.all(now, limit).map(({ id }) => id);
      for (const id of gone) {
        end.run('expired', id);
        dropSubjects.run(id);
      }
      return gone;
    },
    status: (id) => {
      const row = byId.get(id);
      return row
        ? {
            id: row.id,
            state: row.state,
            requestedBy: row.requested_by,
            requestedAt: row.requested_at,
            doneAt: row.done_at,
            expiresAt: row.expires_at,
            bytes: row.bytes,
            counts: row.counts === null ? null : (JSON.parse(row.counts) as Record<string, number>),
          }
        : null;
    },
    opens: (id, token) => {
      const row = byId.get(id);
      return row !== undefined && Buffer.compare(row.token_key, keyOf('export', token)) === 0;
    },
    waiting: () => open.get()?.n ?? 0,
  };
};
