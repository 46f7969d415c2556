// A store that is older than the erasure journal beside it: whoever was erased, or took something back, since it was written
// is erased and takes it back again, before anybody is answered from it. The journal knows people by keyed hashes only, so
// the store is searched for whom they mean.

import { randomUUID } from 'node:crypto';
import type { Consent } from '../consent/consent.js';
import type { TombstoneKind } from '../consent/keys.js';
import { purposesOf } from '../consent/mask.js';
import type { ErasureSubject } from '../consent/rights/erase.js';
import type { JournalEntry } from '../consent/rights/journal.js';
import { parseBody } from '../events/store.js';
import type { NodeKind } from '../identity/graph.js';
import type { Sql } from '../store/sql.js';
import type { Desk } from './desk.js';
import { forgetEvents } from './forget.js';
import { withdraw } from './rights.js';

export interface Replayed {
  /** Lines of the journal the store had not seen. */
  lines: number;
  people: number;
  devices: number;
  withdrawals: number;
}
const nothingReplayed: Replayed = { lines: 0, people: 0, devices: 0, withdrawals: 0 };

type TookBack = Extract<JournalEntry, { act: 'took-back' }>;
type Out = Extract<JournalEntry, { act: 'erased' | 'withdrawn' }>;

const isOneAct = (a: TookBack, b: TookBack): boolean =>
  a.visitor === b.visitor && a.purposes === b.purposes && a.how === b.how && a.at === b.at;

const kindsOf: Readonly<Record<string, readonly TombstoneKind[]>> = {
  anonymous_id: ['visitorId'],
  user_id: ['userId', 'alias'],
};
const subjectOf: Partial<Record<TombstoneKind, (value: string) => ErasureSubject>> = {
  visitorId: (value) => ({ anonymousId: value }),
  userId: (value) => ({ userId: value }),
  alias: (value) => ({ userId: value }),
};
const nodesAtOnce = 1_000;

/** What the entries ask for is accepted and queued; the caller works it off before it answers anybody. */
export const replay = (
  sql: Sql,
  desk: Desk,
  consent: Consent,
  entries: readonly JournalEntry[],
  now: number,
): Replayed => {
  if (entries.length === 0) return nothingReplayed;
  const hexOf = (kind: string, value: string): string => Buffer.from(consent.keyOf(kind, value)).toString('hex');
  const out = new Map<string, Out>();
  const tookBack: TookBack[] = [];
  const visitors = new Map<string, string | null>();
  const receipts = new Map<string, string | null>();
  // Nobody who is out may come in while the rest is done.
  desk.attempt(() => {
    for (const entry of entries) consent.replay(entry);
  });
  for (const entry of entries) {
    if (entry.act === 'erased' || entry.act === 'withdrawn') {
      const name = `${entry.kind} ${entry.key}`;
      // An erasure is not softened by a withdrawal that came later.
      if (entry.act === 'erased' || !out.has(name)) out.set(name, entry);
    }
    if (entry.act === 'took-back') {
      const last = tookBack.at(-1);
      // One withdrawal of many receipts stands in several lines.
      if (last && isOneAct(last, entry)) last.receipts.push(...entry.receipts);
      else tookBack.push({ ...entry, receipts: [...entry.receipts] });
      if (entry.visitor !== null) visitors.set(entry.visitor, null);
      for (const receipt of entry.receipts) receipts.set(receipt, null);
    }
  }
  const named = (kind: TombstoneKind, value: string): Out | undefined => out.get(`${kind} ${hexOf(kind, value)}`);

  const done: Replayed = { ...nothingReplayed, lines: entries.length };
  const withdrawn: number[] = [];
  const requests: { subject: ErasureSubject; at: number }[] = [];
  const page = sql.prepare<{ id: number; kind: NodeKind; value: string; leader: number; hid: string }>(
    `SELECT id, kind, value, leader, hid FROM nodes WHERE id > ? ORDER BY id LIMIT ${nodesAtOnce}`,
  );
  for (let last = 0; ; ) {
    const nodes = page.all(last);
    if (nodes.length === 0) break;
    for (const { id, kind, value, leader, hid } of nodes) {
      if (kind === 'session_hint') continue;
      if (kind === 'anonymous_id' && visitors.size > 0) {
        const key = hexOf('visitorId', value);
        if (visitors.has(key)) visitors.set(key, value);
      }
      if (out.size === 0) continue;
      const entry = (kindsOf[kind] ?? [kind as TombstoneKind]).map((one) => named(one, value)).find((one) => one);
      if (!entry) continue;
      if (entry.act === 'withdrawn') {
        // A withdrawal takes what was collected under the consent; the device is told something else than an erased one.
        withdrawn.push(id);
        done.devices += 1;
        continue;
      }
      const subject = subjectOf[entry.kind];
      if (subject) {
        requests.push({ subject: subject(value), at: entry.at });
        if (kind === 'anonymous_id') done.devices += 1;
        else done.people += 1;
        continue;
      }
      // An address that since went to another: in this store it is somebody's who was not erased; and where it is an erased
      // user's, the user's own line speaks for it.
      if (desk.set.identity.members(leader).some((member) => member.kind === 'user_id')) continue;
      requests.push({ subject: { profileId: hid }, at: entry.at });
      done.people += 1;
    }
    last = nodes.at(-1)!.id;
  }

  // What a visit without a lasting id sent, or a device under another one, is found by the receipt of its consent.
  const measured = sql.prepare<{ receipt: string; dev: number }>('SELECT receipt, dev FROM measured_visits').all();
  for (const { receipt, dev } of measured) if (named('receipt', receipt)) withdrawn.push(dev);
  for (const dev of new Set(withdrawn))
    desk.within(now, (set) =>
      forgetEvents(
        set,
        set.events
          .ofDevice(dev)
          .filter((row) => parseBody(row).receipt !== null)
          .map((row) => row.seq),
      ),
    );

  if (tookBack.length > 0) {
    for (const { receipt } of sql.prepare<{ receipt: string }>('SELECT receipt FROM consent_receipts').iterate()) {
      const key = hexOf('receipt', receipt);
      if (receipts.has(key)) receipts.set(key, receipt);
    }
    for (const entry of tookBack) {
      const known = entry.receipts.map((key) => receipts.get(key) ?? null).filter((one) => one !== null);
      if (known.length === 0) continue;
      done.withdrawals += 1;
      desk.within(now, (set) => {
        consent.capReceipts(known, entry.purposes, entry.at);
        withdraw(set, {
          visitorId: entry.visitor === null ? null : (visitors.get(entry.visitor) ?? null),
          receipts: known,
          purposes: purposesOf(entry.purposes),
          all: false,
          onWithdraw: entry.how,
          at: entry.at,
        });
      });
    }
  }

  // At the instant it was first asked for: whoever has come back since then with a new grant stays.
  desk.attempt(() => {
    for (const { subject, at } of requests)
      consent.erasures.request(subject, {
        id: `e_${randomUUID()}`,
        by: 'journal',
        at,
        since: desk.set.events.lastSeq(),
      });
  });
  return done;
};
