// Who was given whom, and who must be told of an erasure (consent.md section 6, step 7; GDPR 17(2) and 19). Owns the log of
// deliveries, which knows people by keyed hashes only, the destinations, and the queue of notices. It sends nothing itself:
// whoever does claims what is due and reports how it went. Identities stand in a notice until its recipient has them.

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { iso } from '../../contract/instant.js';
import type { Sql } from '../../store/sql.js';
import type { KeyOf } from '../keys.js';
import type { Closure } from './erase.js';

/** An identifier as recipients know it. */
export interface Identity {
  type: string;
  value: string;
}

/** The same word for the same thing, whether it comes from a profile, a closure or a request. */
export const identitiesOf = ({ userIds, aliases, visitorIds, contacts }: Closure): Identity[] => [
  ...[...userIds, ...aliases].map((value) => ({ type: 'user_id', value })),
  ...visitorIds.map((value) => ({ type: 'anonymous_id', value })),
  ...contacts.map(({ kind, value }) => ({ type: kind, value })),
];
export const identityKey = (keyOf: KeyOf, { type, value }: Identity): Uint8Array =>
  keyOf('identity', `${type}\0${value}`);

/**
 * `pending`: to be sent. `sent`: the recipient took it and has not said yet that it is done. `acknowledged`: done.
 * `manual`: three days of trying, or no address: somebody must tell them, and says so. `settled`: somebody has.
 */
export type NoticeState = 'pending' | 'sent' | 'acknowledged' | 'manual' | 'settled';

/** One delivery that is due, ready to be posted. */
export interface Outgoing {
  id: string;
  url: string;
  body: string;
  headers: Readonly<Record<string, string>>;
}

export type Outcome =
  /** A 2xx. `done`: the answer says that everything is done already. */
  { kind: 'taken'; done: boolean } | { kind: 'failed'; trouble: string };

export interface NoticeStatus {
  id: string;
  recipient: string;
  state: NoticeState;
  attempts: number;
  /** What went wrong last: a code of ours, never what the other side wrote. */
  trouble: string | null;
  createdAt: number;
  settledAt: number | null;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Section 6: three days of trying. */
export const noticeTryForMs = 72 * hourMs;
/** A recipient that took it has as long as the law gives us. */
const acknowledgeWithinMs = 30 * 24 * hourMs;
/** Longer than one try may take, so that a process that dies with it in hand loses no more than this. */
const leaseMs = 2 * minuteMs;
const backOffMaxMs = 6 * hourMs;
/** 1 min, 2, 4 … 6 h: about twenty tries in three days. */
export const backOffMs = (attempts: number): number =>
  Math.min(minuteMs * 2 ** Math.max(attempts - 1, 0), backOffMaxMs);

interface NoticeRow {
  id: string;
  erasure: string;
  recipient: string;
  state: NoticeState;
  identities: string | null;
  attempts: number;
  due_at: number | null;
  created_at: number;
  last_at: number | null;
  trouble: string | null;
  settled_at: number | null;
}

export interface Recipient {
  /** Name of the destination that hears of erasures, by the policy. */
  erasureWebhook: string | null;
}

export interface Notices {
  /** These identities of one person went to this recipient. */
  delivered: (recipient: string, identities: readonly Identity[], at: number) => void;
  /** Who ever received one of these. */
  recipientsOf: (identities: readonly Identity[]) => string[];
  /** One notice a recipient that ever received the person; the deliveries are forgotten with them. How many there are. */
  announce: (erasure: string, closure: Closure, at: number) => { notices: number; deliveries: number };
  /** What is due, leased to whoever asks. Signed for this instant. */
  claim: (now: number, limit: number, callback: (token: string) => string | null) => Outgoing[];
  report: (id: string, outcome: Outcome, now: number) => void;
  /** The recipient's own word, by the token it was given. False: no such token. */
  acknowledge: (token: string, done: boolean, now: number) => boolean;
  /** Staff: send again, or told by hand. False: no such notice, or nothing to do with it. */
  act: (id: string, act: 'retry' | 'settled', by: string, now: number) => boolean;
  of: (erasure: string) => NoticeStatus[];
}

export interface NoticeParts {
  sql: Sql;
  keyOf: KeyOf;
  /** By the policy in force. */
  recipient: (name: string) => Recipient | null;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** Standard Webhooks: what is signed is id, instant and body, so that none of them can be changed or sent again later. */
export const signatureOf = (secret: string, id: string, atS: number, body: string): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(`${id}.${atS}.${body}`)
    .digest('base64')}`;
export const newWebhookSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

export const openNotices = ({ sql, keyOf, recipient }: NoticeParts): Notices => {
  const putDelivery = sql.prepare(`
    INSERT INTO deliveries (subject_key, recipient, first_at, last_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (subject_key, recipient) DO UPDATE SET last_at = max(last_at, excluded.last_at)`);
  const recipientsOfKey = sql.prepare<{ recipient: string }>('SELECT recipient FROM deliveries WHERE subject_key = ?');
  const dropDeliveries = sql.prepare('DELETE FROM deliveries WHERE subject_key = ?');
  const put = sql.prepare(`
    INSERT OR IGNORE INTO notices (id, erasure, recipient, state, identities, attempts, due_at, created_at, trouble)
    VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)`);
  const due = sql.prepare<NoticeRow>(
    "SELECT * FROM notices WHERE due_at IS NOT NULL AND due_at <= ? AND state IN ('pending', 'sent') ORDER BY due_at LIMIT ?",
  );
  const lease = sql.prepare(
    'UPDATE notices SET attempts = attempts + 1, due_at = ?, last_at = ?, token_key = ? WHERE id = ?',
  );
  const byId = sql.prepare<NoticeRow>('SELECT * FROM notices WHERE id = ?');
  const byToken = sql.prepare<NoticeRow>('SELECT * FROM notices WHERE token_key = ?');
  const again = sql.prepare('UPDATE notices SET due_at = ?, trouble = ? WHERE id = ?');
  const taken = sql.prepare(
    "UPDATE notices SET state = 'sent', identities = NULL, trouble = NULL, due_at = ? WHERE id = ?",
  );
  const settle = sql.prepare(
    'UPDATE notices SET state = ?, identities = NULL, trouble = ?, due_at = NULL, settled_at = ?, settled_by = ? WHERE id = ?',
  );
  const giveUp = sql.prepare("UPDATE notices SET state = 'manual', trouble = ?, due_at = NULL WHERE id = ?");
  const retry = sql.prepare(
    "UPDATE notices SET state = 'pending', created_at = ?, due_at = ?, attempts = 0 WHERE id = ?",
  );
  const ofErasure = sql.prepare<NoticeRow>('SELECT * FROM notices WHERE erasure = ? ORDER BY recipient');
  const destination = sql.prepare<{ url: string; identities: 'raw' | 'sha256'; secret: string }>(
    'SELECT url, identities, secret FROM destinations WHERE name = ? AND revoked_at IS NULL',
  );

  const destinationOf = (name: string) => {
    const named = recipient(name)?.erasureWebhook ?? null;
    return named === null ? undefined : destination.get(named);
  };

  const recipientsOf = (identities: readonly Identity[]): string[] => [
    ...new Set(
      identities.flatMap((identity) => recipientsOfKey.all(identityKey(keyOf, identity)).map((row) => row.recipient)),
    ),
  ];

  /** The body of OpenDSR, with what a recipient needs to find the person. */
  const bodyOf = (row: NoticeRow, hashed: boolean, callback: string | null): string =>
    JSON.stringify({
      type: 'subject.erased',
      api_version: '1.0',
      subject_request_id: row.erasure,
      subject_request_type: 'erasure',
      submitted_time: iso(row.created_at),
      subject_identities: (JSON.parse(row.identities ?? '[]') as Identity[]).map(({ type, value }) => ({
        identity_type: type,
        identity_value: hashed ? sha256(value) : value,
        identity_format: hashed ? 'sha256' : 'raw',
      })),
      status_callback_urls: callback === null ? [] : [callback],
    });

  return {
    delivered: (name, identities, at) => {
      for (const identity of identities) putDelivery.run(identityKey(keyOf, identity), name, at, at);
    },
    recipientsOf,

    announce: (erasure, closure, at) => {
      const identities = identitiesOf(closure);
      const names = recipientsOf(identities);
      for (const name of names) {
        const to = destinationOf(name);
        put.run(
          // The same for the same erasure and recipient, so that a step done again tells nobody twice.
          `n_${sha256(`${erasure}\n${name}`).slice(0, 24)}`,
          erasure,
          name,
          to ? 'pending' : 'manual',
          JSON.stringify(identities),
          to ? at : null,
          at,
          to ? null : 'no_destination',
        );
      }
      let deliveries = 0;
      for (const identity of identities) deliveries += dropDeliveries.run(identityKey(keyOf, identity)).changes;
      return { notices: names.length, deliveries };
    },

    claim: (now, limit, callback) => {
      const outgoing: Outgoing[] = [];
      for (const row of due.all(now, limit)) {
        if (row.state === 'sent') {
          // It took the notice and never said that it is done.
          giveUp.run('not_acknowledged', row.id);
          continue;
        }
        const to = destinationOf(row.recipient);
        if (!to) {
          giveUp.run('no_destination', row.id);
          continue;
        }
        const token = randomBytes(18).toString('base64url');
        const url = callback(token);
        lease.run(now + leaseMs, now, url === null ? null : keyOf('notice', token), row.id);
        const body = bodyOf(row, to.identities === 'sha256', url);
        const atS = Math.floor(now / 1000);
        outgoing.push({
          id: row.id,
          url: to.url,
          body,
          headers: {
            'content-type': 'application/json',
            'webhook-id': row.id,
            'webhook-timestamp': String(atS),
            'webhook-signature': signatureOf(to.secret, row.id, atS, body),
          },
        });
      }
      return outgoing;
    },

    report: (id, outcome, now) => {
      const row = byId.get(id);
      if (row?.state !== 'pending') return;
      if (outcome.kind === 'taken') {
        if (outcome.done) settle.run('acknowledged', null, now, null, id);
        else taken.run(now + acknowledgeWithinMs, id);
        return;
      }
      const next = now + backOffMs(row.attempts);
      if (next > row.created_at + noticeTryForMs) giveUp.run(outcome.trouble, id);
      else again.run(next, outcome.trouble, id);
    },

    acknowledge: (token, isDone, now) => {
      const row = byToken.get(keyOf('notice', token));
      if (!row) return false;
      if (isDone && row.state !== 'acknowledged' && row.state !== 'settled')
        settle.run('acknowledged', null, now, null, row.id);
      return true;
    },

    act: (id, act, by, now) => {
      const row = byId.get(id);
      if (!row || row.state === 'acknowledged' || row.state === 'settled') return false;
      if (act === 'settled') settle.run('settled', null, now, by, id);
      // Whom it was about is no longer known once the recipient has it.
      else if (row.identities === null) return false;
      else retry.run(now, now, id);
      return true;
    },

    of: (erasure) =>
      ofErasure.all(erasure).map((row) => ({
        id: row.id,
        recipient: row.recipient,
        state: row.state,
        attempts: row.attempts,
        trouble: row.trouble,
        createdAt: row.created_at,
        settledAt: row.settled_at,
      })),
  };
};
