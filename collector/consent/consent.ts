// Consent as the pipeline sees it: one door a request, a judgement an event, and the rights of people. Joins the ledger,
// the tombstones and the gate; decides nothing itself. Everything is synchronous and joins the caller's transaction; when
// that is rolled back, `dropCaches` must be called.

import type { Purpose } from '../contract/purposes.js';
import type { AccountAsked, KeyContext, TransferAsked } from '../log/log.js';
import type { Sql } from '../store/sql.js';
import { type AccountRecord, followAccount } from './account.js';
import { type Candidate, type DeviceState, type Facts, isReceipt, type Judgement, judge, type Pass } from './gate.js';
import { keyedHash, type TombstoneKind } from './keys.js';
import { houseRow, type Ledger, openLedger } from './ledger/ledger.js';
import type { KeyFile } from './ledger/signing.js';
import { type Mask, purposesOf } from './mask.js';
import type { Policy } from './policy/policy.js';
import { type Erasures, openErasures } from './rights/erase.js';
import { type Exports, openExports } from './rights/exports.js';
import { type Journal, type JournalEntry, noJournal, openJournal } from './rights/journal.js';
import { type Notices, openNotices } from './rights/notices.js';
import { type ObjectionAsked, object } from './rights/object.js';
import { openTombstones, type Tombstone, type Tombstones } from './rights/tombstones.js';
import type { PersonChange, RowContext, RowResult } from './rows/act.js';
import { notePersonAct } from './rows/person.js';
import { acceptRow } from './rows/rows.js';
import type { ConsentCount } from './store/counts.js';
import { noDenial } from './store/persons.js';
import { openConsentStore } from './store/store.js';
import { type TransferResult, transfer } from './transfer.js';

export interface ConsentOptions {
  policy: Policy;
  /** The site's own secret, which never changes: tombstones and bindings are keyed with it. */
  secret: string;
  /** Where the key lies that signs the ledger; null or absent = it ends with the process. */
  ledgerKeyFile?: KeyFile;
  /** The erasure journal's file; null where nothing outlives the process. */
  journalFile?: string | null;
}

export interface DoorRequest extends RowContext {
  key: Pick<KeyContext, 'trust' | 'mode' | 'purposes' | 'categories'>;
  /** The row beside the batch; null or undefined where there is none. */
  row?: unknown;
}

/** One request's way through the gate. */
export interface Door {
  /** What became of the row beside the batch. */
  row: RowResult | null;
  judge: (event: Candidate) => Judgement;
  /** After the event was kept: what its acceptance makes known. A change means that the person is folded again. */
  kept: (event: Candidate, pass: Pass) => PersonChange | null;
  /** Of the whole request, for the answer: the gravest. */
  state: () => DeviceState | undefined;
  /** What the device still takes for granted and has objected to by a request: its record is to say so. */
  objected: () => readonly Purpose[];
}

export interface Consent {
  /** The one in force now; another may come between two transactions. */
  readonly policy: Policy;
  /**
   * From here on this policy holds, and earlier receipts are read under it. In the caller's transaction; what comes back
   * takes it back, for when that is rolled back.
   */
  adopt: (policy: Policy, at: number) => () => void;
  ledger: Ledger;
  /** A row by itself, from `POST /v1/consent`. */
  acceptRow: (row: unknown, context: RowContext) => RowResult;
  door: (request: DoorRequest) => Door;
  /** What a logged-in person's devices agree on (`scope: "account"`); null where choices stay on their device. */
  account: (asked: AccountAsked) => AccountRecord | null;
  /** An answer that goes to another host of the site, or comes from one (`transfer` of the consent file). */
  transfer: (asked: TransferAsked) => TransferResult;
  erasures: Erasures;
  exports: Exports;
  notices: Notices;
  tombstones: Tombstones;
  journal: Journal;
  /** What a line of the journal says of tombstones and persons, to a store that has not seen it. */
  replay: (entry: JournalEntry) => void;
  /** These receipts grant less from then on. */
  capReceipts: (receipts: readonly string[], lost: Mask, at: number) => void;
  /** Art. 21, or its lifting: what a request says, beside the rows of a page. */
  object: (asked: ObjectionAsked) => RowResult[];
  /** A word that is good once. False: it was said before. */
  once: (nonce: string, until: number, now: number) => boolean;
  /** An identifier as the tables of consent know it. */
  keyOf: (kind: string, value: string) => Uint8Array;
  /** An erased user who has come back under a new grant. */
  hasReturned: (userId: string) => boolean;
  /** All receipts of the consent a device lives by. */
  receiptsOf: (visitorId: string) => readonly string[];
  /** Of the same consent, a receipt that its device was given under an id it has given up since; null: it has had one id. */
  formerReceiptOf: (receipt: string) => string | null;
  /** Part of the derived profile id: 0 until somebody returns from an erasure. */
  generationOf: (kind: 'userId' | 'email' | 'phone', value: string) => number;
  isOut: (kind: TombstoneKind, value: string) => boolean;
  /** What a person has said no to while logged in: no use of anything of theirs for it (R15). For the writer; view.ts for readers. */
  deniedOf: (userId: string) => readonly Purpose[];
  /** Acts of one day (`2026-11-01`, UTC), refusals without an id among them. */
  countsOf: (day: string) => readonly ConsentCount[];
  dropCaches: () => void;
}

type TermsOf = Pick<Policy['purposes'][number], 'id' | 'materialHash'>;

const gravity: Readonly<Record<DeviceState, number>> = { stale: 1, withdrawn: 2, erased: 3 };

export const openConsent = (
  sql: Sql,
  { policy: first, secret, ledgerKeyFile = null, journalFile = null }: ConsentOptions,
  now: number,
): Consent => {
  let policy = first;
  const keyOf = keyedHash(secret);
  let journal: Journal = noJournal;
  const tombstones = openTombstones(sql, keyOf, () => journal);
  const ledger = openLedger(sql, ledgerKeyFile);
  const store = openConsentStore(sql, () => policy, ledger);
  const parts = {
    sql,
    store,
    tombstones,
    keyOf,
    note: (entry: JournalEntry) => journal.note(entry),
    get policy() {
      return policy;
    },
  };
  if (journalFile !== null)
    journal = openJournal(journalFile, sql, secret, function* () {
      yield* tombstones.entries();
      yield* store.personEntries();
      yield* store.objectedEntries();
    });
  /** The release of a policy that asks some purposes again is an act of the site, and the ledger says so. */
  const noteRestale = (before: readonly TermsOf[], at: number): void => {
    const asked = policy.purposes.filter((terms) => {
      const known = before.find((one) => one.id === terms.id);
      return known?.materialHash !== terms.materialHash && !terms.compatibleWith.includes(known?.materialHash ?? '');
    });
    if (before.length === 0 || asked.length === 0) return;
    ledger.append({
      ...houseRow('restale', at),
      decisions: asked.map(({ id, materialHash, basis }) => ({
        purpose: id,
        value: 'unset' as const,
        source: 'policy',
        materialHash,
        basis,
      })),
      policy: { version: policy.version, configHash: policy.configHash },
    });
  };
  sql.transaction(() => {
    const before = store.lastPolicy();
    store.notePolicy(policy, now);
    if (before !== null && before.configHash !== policy.configHash) noteRestale(before.purposes, now);
  });
  const putNonce = sql.prepare('INSERT OR IGNORE INTO nonces (nonce_key, until) VALUES (?, ?)');
  const dropNonces = sql.prepare('DELETE FROM nonces WHERE until < ?');

  const denialOf = (userId: string) => store.denialOf(userId, () => keyOf('userId', userId));

  const isBound = (event: Candidate, receipt: Facts['receipt']): boolean => {
    if (receipt === null || receipt === 'refused' || receipt.visitorKey === null || event.anonymousId === null)
      return true;
    if (receipt.visitorId !== null) return receipt.visitorId === event.anonymousId;
    const matches = Buffer.compare(receipt.visitorKey, keyOf('visitorId', event.anonymousId)) === 0;
    if (matches) receipt.visitorId = event.anonymousId;
    return matches;
  };

  const noUsers: Facts['tombstones']['users'] = [];
  const noContacts: Facts['tombstones']['contacts'] = [];
  /** What holds for the device itself, and so for a whole batch of it. */
  interface Holder {
    receiptTold: unknown;
    anonymousId: string | null;
    receipt: Facts['receipt'];
    bound: boolean;
    visitor: Tombstone | null;
    receiptOut: Tombstone | null;
    objected: Mask;
  }
  const holderOf = (event: Candidate, refused: string | null): Holder => {
    const { anonymousId } = event;
    const told = isReceipt(event.receipt) ? event.receipt : null;
    const known = told === null ? null : store.receipt(told);
    const receipt = known ?? (refused !== null && event.receipt === refused ? 'refused' : null);
    return {
      receiptTold: event.receipt,
      anonymousId,
      receipt,
      bound: isBound(event, receipt),
      visitor: anonymousId === null ? null : tombstones.of('visitorId', anonymousId),
      receiptOut: told === null ? null : tombstones.of('receipt', told),
      objected: anonymousId === null ? 0 : store.objectionOf(anonymousId, () => keyOf('visitorId', anonymousId)),
    };
  };
  const noTombstones: Facts['tombstones'] = { visitor: null, receipt: null, users: noUsers, contacts: noContacts };
  const factsOf = (event: Candidate, request: DoorRequest, gpc: boolean, holder: Holder): Facts => {
    let users = noUsers;
    let contacts = noContacts;
    let { visitor } = holder;
    if (event.userId !== null) {
      const tombstone = tombstones.ofUser(event.userId);
      if (tombstone) users = [{ value: event.userId, tombstone }];
    }
    if (event.previousId != null) {
      const tombstone = tombstones.ofUser(event.previousId);
      if (tombstone) users = [...users, { value: event.previousId, tombstone }];
      visitor ??= tombstones.of('visitorId', event.previousId);
    }
    if (event.contacts !== undefined && event.contacts.length > 0)
      for (const [index, { kind, value }] of event.contacts.entries()) {
        const tombstone = tombstones.of(kind, value);
        if (tombstone) contacts = [...contacts, { index, tombstone }];
      }
    const { receiptOut } = holder;
    const person = event.userId ?? event.person ?? null;
    return {
      key: request.key,
      policy,
      gpc,
      tombstones:
        visitor === null && receiptOut === null && users === noUsers && contacts === noContacts
          ? noTombstones
          : { visitor, receipt: receiptOut, users, contacts },
      receipt: holder.receipt,
      bound: holder.bound,
      denial: person === null ? noDenial : denialOf(person),
      objected: holder.objected,
    };
  };

  const door = (request: DoorRequest): Door => {
    const given = request.row ?? null;
    const row = given === null ? null : acceptRow(parts, given, request);
    let state: DeviceState | undefined =
      row?.kind === 'out'
        ? row.state
        : row?.kind === 'forbidden'
          ? 'erased'
          : row?.kind === 'full'
            ? 'withdrawn'
            : undefined;
    const fields = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
    const isIn = row === null || row.kind === 'accepted' || row.kind === 'same';
    // Refused for good: its events will never find it, and must not come again.
    // So is one whose row was kept without it: a refusal, a child's, one of before an age gate.
    const nameless = row?.kind === 'accepted' && row.receipt === null;
    const refused = (!isIn || nameless) && typeof fields.receipt === 'string' ? fields.receipt : null;
    // The page and the header are two witnesses of one signal; either is enough.
    const signal = fields.gpc;
    const js =
      signal === true || (typeof signal === 'object' && signal !== null && 'js' in signal && signal.js === true);
    const gpc = request.gpc || (row?.kind === 'accepted' && js);
    // A batch is of one device: what was looked up for its first event holds for the next, until a kept one changes it.
    let holder: Holder | null = null;
    let objected: Mask = 0;
    return {
      row,
      judge: (event) => {
        if (holder === null || holder.receiptTold !== event.receipt || holder.anonymousId !== event.anonymousId)
          holder = holderOf(event, refused);
        const { receipt, bound } = holder;
        if (receipt !== null && receipt !== 'refused' && bound && receipt.supersededAt === null)
          objected |= holder.objected & receipt.granted;
        const judgement = judge(event, factsOf(event, request, gpc, holder));
        if ('state' in judgement && judgement.state && gravity[judgement.state] > (state ? gravity[state] : 0))
          state = judgement.state;
        return judgement;
      },
      kept: (event, pass) => {
        if (pass.opens.length > 0) holder = null;
        for (const { kind, value, at } of pass.opens) tombstones.open(kind, value, at);
        if (pass.gpc && event.anonymousId !== null && !pass.strip.anonymousId)
          store.noteGpc(event.anonymousId, () => keyOf('visitorId', event.anonymousId ?? ''), event.receivedAt);
        const act = pass.personAct;
        const receipt = act ? store.receipt(act.receipt) : null;
        if (!act || receipt?.seq == null) return null;
        return notePersonAct(parts, act.userId, {
          chosen: receipt.chosen & receipt.cap,
          refused: receipt.refused,
          objection: false,
          isDeliberate: false,
          at: receipt.effectiveAt,
          seq: receipt.seq,
          decisions: store.decisionsOf(receipt.seq),
          ack: receipt.ack,
        });
      },
      state: () => state,
      objected: () => purposesOf(objected),
    };
  };

  const once: Consent['once'] = (nonce, until, now) => {
    dropNonces.run(now);
    return putNonce.run(keyOf('nonce', nonce), until).changes > 0;
  };

  return {
    get policy() {
      return policy;
    },
    adopt: (next, at) => {
      const before = policy;
      store.notePolicy(next, at);
      policy = next;
      store.dropCaches();
      noteRestale(before.purposes, at);
      return () => {
        policy = before;
        store.dropCaches();
      };
    },
    ledger,
    acceptRow: (row, context) => acceptRow(parts, row, context),
    door,
    account: (asked) => followAccount(parts, asked),
    transfer: (asked) => transfer(parts, asked, once),
    erasures: openErasures(parts),
    exports: openExports(parts),
    notices: openNotices({
      sql,
      keyOf,
      recipient: (name) => {
        const known = policy.document.recipients as Record<string, { erasureWebhook?: string }> | undefined;
        return known && Object.hasOwn(known, name) ? { erasureWebhook: known[name]?.erasureWebhook ?? null } : null;
      },
    }),
    tombstones,
    get journal() {
      return journal;
    },
    keyOf,
    replay: (entry) => {
      tombstones.replay(entry);
      if (entry.act === 'objected')
        for (const visitor of entry.visitors) store.putObjected(Buffer.from(visitor, 'hex'), entry.purposes, entry.at);
      if (entry.act !== 'said') return;
      const key = Buffer.from(entry.person, 'hex');
      for (const value of ['denied', 'granted'] as const)
        for (const purpose of purposesOf(entry[value]))
          store.replayPersonAct(key, {
            purpose,
            value,
            objection: value === 'denied' && entry.objection,
            at: entry.at,
            seq: 0,
          });
    },
    capReceipts: (receipts, lost, at) => {
      for (const receipt of receipts) store.capReceipt(receipt, lost, at);
    },
    object: (asked) => object(parts, asked),
    once,
    hasReturned: (userId) => tombstones.ofUser(userId)?.openedAt != null,
    receiptsOf: (visitorId) => {
      const bound = store.visitor(keyOf('visitorId', visitorId));
      return bound ? store.receiptsOf(bound.life).map((one) => one.receipt) : [];
    },
    formerReceiptOf: (receipt) => {
      const known = store.receipt(receipt);
      return known?.visitorKey ? store.otherReceipt(known.life, known.visitorKey) : null;
    },
    generationOf: (kind, value) => tombstones.generationOf(kind, value),
    isOut: (kind, value) => {
      const tombstone = tombstones.of(kind, value);
      return tombstone !== null && tombstone.openedAt === null;
    },
    deniedOf: (userId) => purposesOf(denialOf(userId).denied),
    countsOf: (day) => store.countsOf(day),
    dropCaches: () => {
      store.dropCaches();
      tombstones.dropCaches();
    },
  };
};
