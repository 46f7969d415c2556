// What is said of people's consent to those who may ask: per purpose the present answer, and what a person denies. Reads
// only and remembers nothing, so that a reading thread beside the writer is never behind.

import type { Purpose } from '../contract/purposes.js';
import type { Sql } from '../store/sql.js';
import { keyedHash } from './keys.js';
import { bitOf, isPurpose, maskOf, purposesOf } from './mask.js';
import { parsePolicy } from './policy/policy.js';

export interface ConsentView {
  purposes: Readonly<Record<string, { value: string; source: string; at: number }>>;
  /** When the opt-out signal was first seen from one of the devices. */
  gpcSeenAt: number | null;
}

export interface ConsentViewer {
  /** The latest decision on each purpose over the devices, and the person's own no above it (R15). */
  of: (whose: { visitorIds: readonly string[]; userId: string | null }, now: number) => ConsentView;
  /** What a person has said no to while logged in: no use of anything of theirs for it. */
  deniedOf: (userId: string) => readonly Purpose[];
  /** What of it was an objection (art. 21), which reaches what the site keeps on another basis too. */
  objectedOf: (userId: string) => readonly Purpose[];
  /** What one of these devices objects to itself, whatever it lives by. */
  objectedByDevices: (visitorIds: readonly string[]) => readonly Purpose[];
  /** What the opt-out signal of one of these devices denies for all of the person's, unless they took it back being told of it. */
  signalledOf: (visitorIds: readonly string[]) => readonly Purpose[];
  /** One of these devices took `personalisation` back: what was kept all the same (`stop`) is used for it no more. */
  hasTakenBack: (visitorIds: readonly string[]) => boolean;
  /** Some of these devices' consent has run out and was not given again. */
  isAnyLapsed: (visitorIds: readonly string[], now: number) => boolean;
  /** The consent that this receipt belongs to has run out: what was collected under it is used no more. */
  isLapsed: (receipt: string, now: number) => boolean;
}

interface Head {
  decisions: string;
  live: number;
  effective_at: number;
  expires_at: number;
  gpc_seen_at: number | null;
}

interface Decided {
  purpose: string;
  value: string;
  source: string | null;
}

export const openConsentView = (sql: Sql, secret: string): ConsentViewer => {
  const keyOf = keyedHash(secret);
  const headOf = sql.prepare<Head>(`
    SELECT l.decisions, r.granted & r.cap AS live, l.effective_at, l.expires_at, v.gpc_seen_at
    FROM consent_visitors v
      JOIN consent_lives f ON f.life = v.life
      JOIN consent_receipts r ON r.receipt = f.head
      JOIN consent_ledger l ON l.seq = r.seq
    WHERE v.visitor_key = ?`);
  const signalOf = sql.prepare<{ at: number; ack: number | null }>(`
    SELECT v.gpc_seen_at AS at, r.ack AS ack FROM consent_visitors v
      LEFT JOIN consent_lives f ON f.life = v.life LEFT JOIN consent_receipts r ON r.receipt = f.head
    WHERE v.visitor_key = ? AND v.gpc_seen_at IS NOT NULL`);
  const inForce = sql.prepare<{ id: number; document: string }>(
    `SELECT r.id AS id, p.document AS document FROM consent_releases r
     JOIN consent_policies p ON p.config_hash = r.config_hash ORDER BY r.id DESC LIMIT 1`,
  );
  const lastRelease = sql.prepare<{ id: number | null }>('SELECT max(id) AS id FROM consent_releases');
  let denying: { release: number | null; mask: number } | null = null;
  /** What the signal denies by the policy in force; without one, by the one that ships. */
  const gpcDeny = (): number => {
    const release = lastRelease.get()?.id ?? null;
    if (denying?.release !== release) {
      const text = inForce.get()?.document;
      const listed =
        text === undefined ? null : (JSON.parse(text) as { purposes?: { id: string; gpc?: string }[] }).purposes;
      const mask = listed
        ? maskOf(listed.flatMap(({ id, gpc }) => (isPurpose(id) && gpc === 'deny' ? [id] : [])))
        : parsePolicy({}).gpcDeny;
      denying = { release, mask };
    }
    return denying!.mask;
  };
  /** Since when, and which purposes; null where the signal was never seen. */
  const signalled = (visitorIds: readonly string[]): { mask: number; at: number } | null => {
    const rows = visitorIds.flatMap((visitorId) => signalOf.get(keyOf('visitorId', visitorId)) ?? []);
    let mask = 0;
    for (const { ack } of rows) mask |= gpcDeny() & ~(ack ?? 0);
    return mask === 0 ? null : { mask, at: Math.min(...rows.map(({ at }) => at)) };
  };

  const takenBack = sql.prepare(`
    SELECT 1 FROM consent_visitors v JOIN consent_receipts r ON r.life = v.life
    WHERE v.visitor_key = ? AND (r.granted & r.denied_after & ${bitOf('personalisation')}) <> 0 LIMIT 1`);
  const endOf = sql.prepare<{ expires_at: number }>(`
    SELECT h.expires_at FROM consent_visitors v
      JOIN consent_lives f ON f.life = v.life JOIN consent_receipts h ON h.receipt = f.head
    WHERE v.visitor_key = ?`);
  const endOfReceipt = sql.prepare<{ expires_at: number }>(`
    SELECT h.expires_at FROM consent_receipts r
      JOIN consent_lives f ON f.life = r.life JOIN consent_receipts h ON h.receipt = f.head
    WHERE r.receipt = ?`);
  const objectedAlone = sql.prepare<{ objected: number; at: number }>(
    'SELECT purposes AS objected, at FROM consent_objected WHERE visitor_key = ?',
  );
  const objectedOfLife = sql.prepare<{ objected: number }>(
    'SELECT f.objected FROM consent_visitors v JOIN consent_lives f ON f.life = v.life WHERE v.visitor_key = ?',
  );
  const denials = sql.prepare<{ purpose: string; objection: number; at: number }>(
    "SELECT purpose, objection, at FROM consent_persons WHERE user_key = ? AND value = 'denied'",
  );

  return {
    of: ({ visitorIds, userId }, now) => {
      const purposes: Record<string, { value: string; source: string; at: number }> = {};
      let gpcSeenAt: number | null = null;
      for (const visitorId of visitorIds) {
        const key = keyOf('visitorId', visitorId);
        const head = headOf.get(key);
        if (!head) {
          const alone = objectedAlone.get(key);
          for (const purpose of purposesOf(alone?.objected ?? 0))
            purposes[purpose] = { value: 'denied', source: 'user', at: alone!.at };
          continue;
        }
        if (head.gpc_seen_at !== null) gpcSeenAt = Math.min(gpcSeenAt ?? head.gpc_seen_at, head.gpc_seen_at);
        for (const { purpose, value: said, source } of JSON.parse(head.decisions) as Decided[]) {
          const stands = isPurpose(purpose) && (head.live & bitOf(purpose)) !== 0;
          const value = now >= head.expires_at || (said === 'granted' && !stands) ? 'unset' : said;
          const before = purposes[purpose];
          const isLater = !before || head.effective_at > before.at;
          const isStricter = before?.at === head.effective_at && value === 'denied';
          if (isLater || isStricter) purposes[purpose] = { value, source: source ?? 'user', at: head.effective_at };
        }
      }
      const signal = signalled(visitorIds);
      for (const purpose of purposesOf(signal?.mask ?? 0))
        if (purposes[purpose]?.value !== 'denied')
          purposes[purpose] = { value: 'denied', source: 'gpc', at: signal!.at };
      if (userId !== null)
        for (const { purpose, at } of denials.all(keyOf('userId', userId)))
          purposes[purpose] = { value: 'denied', source: 'user', at };
      return { purposes, gpcSeenAt };
    },
    signalledOf: (visitorIds) => purposesOf(signalled(visitorIds)?.mask ?? 0),
    objectedByDevices: (visitorIds) => {
      let mask = 0;
      for (const visitorId of visitorIds) {
        const key = keyOf('visitorId', visitorId);
        mask |= (objectedAlone.get(key)?.objected ?? 0) | (objectedOfLife.get(key)?.objected ?? 0);
      }
      return purposesOf(mask);
    },
    hasTakenBack: (visitorIds) =>
      visitorIds.some((visitorId) => takenBack.get(keyOf('visitorId', visitorId)) !== undefined),
    isAnyLapsed: (visitorIds, now) =>
      visitorIds.some((visitorId) => {
        const end = endOf.get(keyOf('visitorId', visitorId));
        return end !== undefined && now >= end.expires_at;
      }),
    isLapsed: (receipt, now) => {
      const end = endOfReceipt.get(receipt);
      return end !== undefined && now >= end.expires_at;
    },
    deniedOf: (userId) => listed(denials.all(keyOf('userId', userId))),
    objectedOf: (userId) => listed(denials.all(keyOf('userId', userId)).filter((row) => row.objection !== 0)),
  };
};

const listed = (rows: readonly { purpose: string }[]): readonly Purpose[] =>
  purposesOf(maskOf(rows.map((row) => row.purpose).filter(isPurpose)));
