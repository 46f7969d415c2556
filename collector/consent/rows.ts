// What a consent row does: accepted, the same as before, or refused; and what must happen next (consent.md, sections 2
// to 5; R15). Owns the rules of receipts, bindings and succession. It deletes no event: it says what was withdrawn.

import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type ConsentRow, type consentKinds, consentRow } from '../contract/consent.js';
import { parseInstant } from '../contract/instant.js';
import { limits } from '../contract/limits.js';
import { type Purpose, purposes } from '../contract/purposes.js';
import type { Sql } from '../store/sql.js';
import { canonicalJson } from './canonical.js';
import { bitOf, everything, grantable, isPurpose, type Mask, purposesOf, withDependants } from './mask.js';
import type { Policy } from './policy/policy.js';
import { regionCode, regionGrantStands, regionOf } from './policy/region.js';
import type { JournalEntry } from './rights/journal.js';
import type { KeyOf, Tombstone, Tombstones } from './rights/tombstones.js';
import type { ConsentStore, LedgerDecision, ReceiptState } from './store.js';
import { transferredBy, vouchedFor } from './voucher.js';

export interface RowContext {
  receivedAt: number;
  /** `sentAt` of the request, where the row came beside events: what corrects a wrong device clock. */
  sentAt?: number | null;
  /** `Sec-GPC: 1` on the request. */
  gpc: boolean;
  /** Scheme and host of the page, no path. */
  origin: string | null;
  /** What the collector sees of the region: ISO 3166, with or without a subdivision. */
  country: string | null;
  /** By what it sees it; a CDN's header unless said otherwise. */
  countryBy?: 'cdn' | 'geoip';
  /** Which script sent the events beside the row, by their own word: a row need not repeat it. */
  sdkVersion?: string | null;
  /** Who is logged in on a device, by its accepted namings; asked only for a device that has proved itself. */
  userOf?: (visitorId: string) => string | null;
  /** R2 for an anonymous id; null = refused. Without it the id is only normalised. */
  visitorIdOf?: (visitorId: string) => string | null;
}

/** What a person took back, and where the data lies that it permitted. */
export interface Withdrawal {
  /** null: the life had no lasting id (measurement only); its events are found by their receipts. */
  visitorId: string | null;
  /** Of this consent's life, those that lose something by it. */
  receipts: readonly string[];
  /** With those that require them. */
  purposes: readonly Purpose[];
  /** Nothing is left: the device is out, its id never comes back. */
  all: boolean;
  onWithdraw: Policy['onWithdraw'];
  at: number;
}

/** What somebody decided while logged in: their profile is folded again. */
export interface PersonChange {
  userId: string;
  granted: readonly Purpose[];
  denied: readonly Purpose[];
}

export type RowResult =
  | {
      kind: 'accepted' | 'same';
      receipt: string | null;
      seq: number;
      at: number;
      expiresAt: number;
      withdrawal: Withdrawal | null;
      person: PersonChange | null;
    }
  /** Another body under the same receipt: 409. */
  | { kind: 'conflict' }
  /** It names a device and does not know one of that device's receipts. */
  | { kind: 'forbidden' }
  /** The device is erased, or has withdrawn everything, and may not come back. What its row tells to be its own goes too. */
  | { kind: 'out'; state: 'erased' | 'withdrawn'; withdrawal: Withdrawal | null }
  /** One answer too many in one life, which ends with it: as after a withdrawal of everything. */
  | { kind: 'full'; withdrawal: Withdrawal | null }
  /** 400. The message holds nothing of the row. */
  | { kind: 'invalid'; path: string; message: string };

type Kind = (typeof consentKinds)[number];
type Source = 'user' | 'account' | 'gpc' | 'region' | 'import';

/**
 * Receipts of one life. Nobody answers a thousand times: whoever does fills the ledger, and each further answer costs more.
 * The one that would be too many ends the life.
 */
export const lifeReceiptsMax = 1_000;

/** A row is a few hundred bytes; a TCF string and long texts' hashes fit many times. */
const rowMaxChars = 16_384;
const rowDepthMax = 6;

const isShallow = (value: unknown, depth: number): boolean =>
  value === null ||
  typeof value !== 'object' ||
  (depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1)));

/** Names, versions, hashes, consent strings: nothing that could be an address, a path or a sentence about somebody. */
const token = /^[\w.~:+ -]+$/;
export const tokenOf = (value: unknown, maxChars = 128): string | null => {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text.length <= maxChars && token.test(text) ? text : null;
};

/** Only these fields: the ledger is no place for what a page invents. */
const pick = (value: unknown, keys: readonly string[], maxChars?: number): Record<string, string> | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const picked: Record<string, string> = {};
  for (const key of keys) {
    const field = tokenOf(Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null, maxChars);
    if (field !== null) picked[key] = field;
  }
  return Object.keys(picked).length > 0 ? picked : null;
};

/** Scheme and host, whatever was handed in. */
const originOf = (origin: string | null): string | null => {
  if (origin === null) return null;
  let known = origins.get(origin);
  if (known === undefined) {
    known = URL.canParse(origin) ? new URL(origin).origin.slice(0, 256) : '';
    origins.set(origin, known);
  }
  return known === '' ? null : known;
};
/** A site has a few. */
const origins = new LRUCache<string, string>({ max: 200 });

const flagOf = (value: unknown, key: string): boolean | null => {
  if (typeof value === 'boolean') return key === 'js' ? value : null;
  if (typeof value !== 'object' || value === null) return null;
  const field = (value as Record<string, unknown>)[key];
  return typeof field === 'boolean' ? field : null;
};

const sourceOf = (kind: Kind, source: string | null | undefined): Source => {
  if (kind === 'region-default') return 'region';
  if (kind === 'import') return 'import';
  // A site's own banner speaks for the person who pressed its button.
  return source === 'account' || source === 'gpc' || source === 'region' || source === 'import' ? source : 'user';
};

/** What a row says about the purposes, whatever came before it. */
export interface Weighed {
  /** Grants that count, with what they require. */
  granted: Mask;
  /** The same, where what they require may have been granted before. */
  added: Mask;
  /** Denials, with what requires them. */
  denied: Mask;
  /** Purposes the row says anything about. */
  stated: Mask;
  /** What of both a person decided by an act. */
  chosen: Mask;
  refused: Mask;
  /** Some decision says granted, whether it counts or not. */
  asksForGrant: boolean;
  /** Granted after being told of the browser's signal. */
  ack: Mask;
  /** Grants that came from elsewhere and that nobody vouches for: they go on where they stood, and begin nowhere. */
  followed: Mask;
  decisions: readonly LedgerDecision[];
}

const severity = { granted: 0, unset: 1, denied: 2 } as const;

/**
 * Of two decisions on one purpose the stricter counts. A grant counts if a person made it, or if it is a region's default
 * where regions have one; the signal never grants, and neither an account's nor a foreign banner's earlier word is taken
 * for a grant on this device (R15: a grant never travels), but for what the collector itself vouches for (`vouched`:
 * account.ts, transfer.ts).
 */
export const weigh = (
  row: Pick<ConsentRow, 'kind' | 'decisions' | 'gpc'>,
  regionStands: boolean,
  vouched: { account?: Mask | undefined; import?: Mask | undefined } = {},
): Weighed => {
  const strictest = new Map<Purpose, LedgerDecision & { ack: boolean }>();
  let asksForGrant = false;
  // Whoever asks to be forgotten takes back everything, whatever else the row says.
  for (const one of row.kind === 'erase' ? [] : row.decisions) {
    if (!isPurpose(one.purpose)) continue;
    if (one.value === 'granted') asksForGrant = true;
    const before = strictest.get(one.purpose);
    if (before && severity[before.value] >= severity[one.value]) continue;
    strictest.set(one.purpose, {
      purpose: one.purpose,
      value: one.value,
      source: sourceOf(row.kind, one.source),
      materialHash: tokenOf(one.materialHash),
      ack: one.ack === true,
    });
  }
  const all = row.kind === 'withdraw' || row.kind === 'object' || row.kind === 'refuse' || row.kind === 'erase';
  if (all && strictest.size === 0)
    for (const purpose of purposes)
      strictest.set(purpose, { purpose, value: 'denied', source: 'user', materialHash: null, ack: false });

  let granted = 0;
  let denied = 0;
  let stated = 0;
  let chosen = 0;
  let refused = 0;
  let ack = 0;
  let followed = 0;
  const acked = flagOf(row.gpc, 'ack') === true;
  for (const [purpose, one] of strictest) {
    const bit = bitOf(purpose);
    stated |= bit;
    if (one.value === 'denied') denied |= bit;
    if (one.value === 'denied' && one.source === 'user') refused |= bit;
    if (one.value !== 'granted') continue;
    if (one.source === 'user') chosen |= bit;
    if (one.source === 'user' || (one.source === 'region' && regionStands)) granted |= bit;
    if (one.source === 'account' || one.source === 'import') {
      if ((vouched[one.source] ?? 0) & bit) granted |= bit;
      else followed |= bit;
    }
    if ((one.source === 'user' || one.source === 'account') && (acked || one.ack)) ack |= bit;
  }
  denied = withDependants(denied);
  return {
    granted: grantable(granted & ~denied),
    added: granted & ~denied,
    denied,
    stated,
    chosen,
    refused: withDependants(refused),
    asksForGrant,
    ack,
    followed: followed & ~denied,
    decisions: [...strictest.values()].map(({ ack: _, ...decision }) => decision),
  };
};

/**
 * The instant of the act by the rules of an event's `t` (semantics, Time). Server time stays the authority for expiry. An act
 * lies before it is told: one that seems to follow, and says nothing of when it was sent, comes from a clock that is wrong.
 * Taken at its word it would shut out what happened after it, whose instants are corrected.
 */
export const effectiveInstant = (clientAt: number | null, sentAt: number | null, receivedAt: number): number => {
  if (clientAt === null) return receivedAt;
  if (sentAt === null) return clientAt > receivedAt + limits.clockSkewMaxMs ? receivedAt : clientAt;
  const skewed = Math.abs(receivedAt - sentAt) > limits.clockSkewMaxMs;
  const at = skewed ? receivedAt - (sentAt - clientAt) : clientAt;
  return at > receivedAt + limits.futureMaxMs ? receivedAt : at;
};

const ages = ['none', 'passed', 'minor', 'guardian'] as const;
type Age = (typeof ages)[number];
/** What the page says of the age gate; null where it says nothing, or nothing that is known. */
const ageOf = (value: unknown): Age | null => {
  const gate = typeof value === 'string' ? value : pick(value, ['gate'])?.gate;
  return ages.find((one) => one === gate) ?? null;
};

/**
 * A declared child grants nothing, and what was granted on the device before is taken back; where the site has an age gate,
 * nobody grants who has not passed it. Nothing here guesses an age.
 */
const ofAge = (weighed: Weighed, age: Age | null, gate: boolean): Weighed => {
  const nothing = { granted: 0, added: 0, chosen: 0, ack: 0, followed: 0, asksForGrant: false } as const;
  if (age === 'minor') return { ...weighed, ...nothing, denied: everything, stated: everything };
  return gate && weighed.asksForGrant && age !== 'passed' && age !== 'guardian' ? { ...weighed, ...nothing } : weighed;
};

const basisOf = (policy: Policy, purpose: string): string | null =>
  policy.purposes.find((terms) => terms.id === purpose)?.basis ?? null;

const layers = ['first', 'preferences', 'api', 'own-cmp'];
const actions = ['accept-all', 'reject-all', 'save', 'close', 'link'];

/** Under which labels an act is counted: from lists of the site's and ours, so that no page can make up a new one. */
const labelsOf = (policy: Policy, code: string | null, row: Pick<ConsentRow, 'text' | 'ui'>) => {
  const among = (value: string | undefined, list: readonly string[]): string =>
    value === undefined ? 'unknown' : list.includes(value) ? value : 'other';
  const ui = pick(row.ui, ['layer', 'action']);
  const listed = code !== null && policy.regions.some((rule) => rule.match.includes(code));
  return {
    // A subdivision only where the site has a rule for it; else its country.
    region: code === null ? 'unknown' : listed ? code : code.slice(0, 2),
    locale: among(pick(row.text, ['locale'])?.locale, Object.keys(policy.locales)),
    layer: among(ui?.layer, layers),
    action: among(ui?.action, actions),
  };
};

/** What a `Date` can hold; beyond it a number means nothing. */
const instantMax = 8.64e15;
export const instantOf = (value: string | number | null | undefined): number | null =>
  typeof value !== 'number' ? parseInstant(value) : Math.abs(value) <= instantMax ? Math.trunc(value) : null;

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

export interface RowParts {
  sql: Sql;
  store: ConsentStore;
  tombstones: Tombstones;
  keyOf: KeyOf;
  policy: Policy;
  /** What must be in the erasure journal before it is answered. */
  note: (entry: JournalEntry) => void;
}

/** A row that was read, and what is known of who speaks. */
interface Act {
  kind: Kind;
  weighed: Weighed;
  /** Chosen one by one: what lifts an objection, and what a button that accepts all does not. */
  isDeliberate: boolean;
  receipt: string | null;
  superseded: string | null;
  predecessor: ReceiptState | null;
  /** Another of its receipts, for where the one it follows has not arrived. */
  known: string | null;
  /** What it follows, or is known by. */
  kin: ReceiptState | null;
  visitorId: string | null;
  visitorKey: Uint8Array | null;
  /** The life that the visitor id is bound to. */
  boundTo: number | null;
  digest: Uint8Array;
  receivedAt: number;
  effectiveAt: number;
  expiresAt: number;
  /** Appends to the ledger and counts. */
  append: (fields: {
    receipt: string | null;
    subjectKey: Uint8Array | null;
    effectiveAt?: number;
    carried?: readonly LedgerDecision[];
  }) => { seq: number; terms: number | null };
}

const personal = bitOf('personalisation');

/** Joins the caller's transaction: the row and the events beside it are kept together or not at all. */
export const acceptRow = (parts: RowParts, value: unknown, context: RowContext): RowResult =>
  parts.sql.transaction((): RowResult => {
    const read = readAct(parts, value, context);
    if ('kind' in read && read.kind === 'invalid') return read;
    const act = read as Act;
    const { weighed, receipt, superseded, kin } = act;
    const takesBack = act.kind === 'withdraw' || act.kind === 'object' || act.kind === 'erase';

    // A receipt that stands for one row stands for no other, whatever the other says.
    const before = receipt === null ? null : parts.store.receipt(receipt);
    if (before?.seq != null) return again(parts, act, before, before.seq);

    // Whoever grants nothing and had granted nothing gets no identifier, not even in the ledger.
    if (act.kind === 'gpc' || (!weighed.asksForGrant && !takesBack && superseded === null))
      return accepted(act, null, act.append({ receipt: null, subjectKey: null }).seq);

    if (receipt === null && (weighed.asksForGrant || !kin))
      return { kind: 'invalid', path: 'receipt', message: 'needed for this kind' };
    if (receipt !== null && receipt === superseded)
      return { kind: 'invalid', path: 'supersedes', message: 'a row cannot follow itself' };

    if (before && receipt !== null) return completeStub(parts, act, receipt, before);
    const out = tombstoneOf(parts, act);
    if (out) {
      const followed = overtaken(parts, act, kin);
      return !followed && isAnothers(parts, act) ? { kind: 'forbidden' } : lateSlip(parts, act, out.cause, followed);
    }
    return succeed(parts, act, takesBack, context);
  });

/** Parses and weighs; reads no more than who is bound to what. */
const readAct = (parts: RowParts, value: unknown, context: RowContext): Act | (RowResult & { kind: 'invalid' }) => {
  const { store, keyOf, policy } = parts;
  const tooLarge = { kind: 'invalid', path: '', message: 'larger or deeper than a consent row can be' } as const;
  if (!isShallow(value, rowDepthMax)) return tooLarge;
  const parsed = consentRow.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { kind: 'invalid', path: issue?.path.join('.') ?? '', message: issue?.message ?? 'not a consent row' };
  }
  const row = parsed.data;
  // Said alone or beside events, by this script or the next: it is the same row.
  const { writeKey: _key, sentAt, sdkVersion: _script, ...body } = row;
  const spelled = canonicalJson(body);
  if (spelled.length > rowMaxChars) return tooLarge;
  if (row.kind === 'account-sync') return { kind: 'invalid', path: 'kind', message: 'a page does not send this kind' };

  const { receivedAt } = context;
  const told = pick(row.jurisdiction, ['code'])?.code ?? null;
  const code = regionCode(told) ?? regionCode(context.country);
  const { model } = regionOf(policy.regions, code);
  const age = ageOf(row.age);
  const voucher = policy.scope === 'account' ? vouchedFor(keyOf, row.voucher, receivedAt) : null;
  const regionStands = regionGrantStands(policy.regions, told, context.country);
  const transferred = policy.transfer.length > 0 ? transferredBy(keyOf, row.voucher, receivedAt) : null;
  const vouched = {
    account: voucher?.granted,
    import: transferred?.granted ?? (row.kind === 'import' && policy.legacyEquivalent ? everything : undefined),
  };
  const weighed = ofAge(weigh(row, regionStands, vouched), age, policy.ageGate);
  const clientAt = instantOf(row.clientAt);
  const named = typeof row.visitorId === 'string' ? row.visitorId.normalize('NFC').trim() : '';
  const visitorId = named === '' ? null : context.visitorIdOf ? context.visitorIdOf(named) : named;
  const visitorKey = visitorId === null ? null : keyOf('visitorId', visitorId);
  const superseded = row.supersedes ?? null;
  const known = row.known ?? null;
  const predecessor = superseded === null ? null : store.receipt(superseded);
  const underPolicy =
    typeof row.policy === 'string'
      ? { version: tokenOf(row.policy), configHash: null }
      : { version: null, configHash: null, ...pick(row.policy, ['version', 'configHash']) };
  const sent = context.sentAt ?? (typeof sentAt === 'string' || typeof sentAt === 'number' ? instantOf(sentAt) : null);
  const effectiveAt = effectiveInstant(clientAt, sent, receivedAt);
  // An answer that was given elsewhere ends when it would have ended there.
  const givenAt = transferred ? transferred.since : row.kind === 'import' ? effectiveAt : receivedAt;
  const expiresAt = Math.min(receivedAt, givenAt) + policy.decisionMaxMs;
  // What brings a choice to a device is told from what a person pressed there; what takes something back is told as that.
  const isAnswer = row.kind === 'grant' || row.kind === 'update' || row.kind === 'refuse';
  const kind = voucher ? 'account-sync' : transferred && isAnswer ? 'import' : row.kind;

  return {
    kind: row.kind,
    weighed,
    isDeliberate: isDeliberate(row.ui),
    receipt: row.receipt ?? null,
    superseded,
    predecessor,
    known,
    kin: predecessor ?? (superseded === null || known === null ? null : store.receipt(known)),
    visitorId,
    visitorKey,
    boundTo: visitorKey === null ? null : (store.visitor(visitorKey)?.life ?? null),
    digest: keyOf('row', spelled),
    receivedAt,
    effectiveAt,
    expiresAt,
    append: (fields) => {
      const decisions = [
        ...weighed.decisions.map((one) => ({ ...one, basis: basisOf(policy, one.purpose) })),
        ...(fields.carried ?? []),
      ];
      const seq = store.append({
        kind,
        at: receivedAt,
        clientAt,
        effectiveAt: fields.effectiveAt ?? effectiveAt,
        expiresAt,
        receipt: fields.receipt,
        subjectKey: fields.subjectKey,
        // Without a receipt of its own a row is a refusal, and belongs to nobody.
        epoch: fields.receipt === null ? null : tokenOf(row.epoch),
        supersedes: fields.receipt === null ? null : superseded,
        decisions,
        policy: underPolicy,
        text: pick(row.text, ['locale', 'sha256']),
        // Where it came from is the collector's word, not the page's.
        ui: transferred
          ? { layer: 'transfer', action: 'link', variant: `from=${transferred.from}` }
          : pick(row.ui, ['layer', 'action', 'variant', 'position', 'themeHash']),
        jurisdiction: { code, model, how: regionCode(told) ? 'page' : code ? (context.countryBy ?? 'cdn') : 'unknown' },
        gpc: { header: context.gpc, js: flagOf(row.gpc, 'js'), ack: weighed.ack !== 0 },
        // Where the site asks nobody's age, that much is known without the page's word.
        age: age !== null ? { gate: age } : policy.ageGate ? null : { gate: 'none' },
        origin: originOf(context.origin),
        sdkVersion: tokenOf(row.sdkVersion) ?? tokenOf(context.sdkVersion),
        cmp: pick(row.cmp, ['name', 'version', 'tcString', 'gppString'], 4_096),
      });
      const version = store.policyVersion(underPolicy.version, underPolicy.configHash);
      const counted = {
        day: dayOf(receivedAt),
        policy: version ?? 'unknown',
        model,
        ...labelsOf(policy, code, row),
        granted: weighed.granted,
      };
      store.count({ ...counted, what: kind });
      // How many acts come with the opt-out signal, as the request carries it or the page saw it: no page writes a row for it.
      if (kind !== 'gpc' && (context.gpc || flagOf(row.gpc, 'js') === true)) store.count({ ...counted, what: 'gpc' });
      return { seq, terms: fields.receipt === null ? null : store.terms({ decisions, policy: underPolicy }) };
    },
  };
};

/** Saved in the layer where each purpose has a switch of its own (art. 21: no banner asks an objection away). */
const isDeliberate = (ui: unknown): boolean => {
  const said = pick(ui, ['layer', 'action']);
  return said?.layer === 'preferences' && said.action === 'save';
};

const accepted = (
  act: Act,
  receipt: string | null,
  seq: number,
  withdrawal: Withdrawal | null = null,
  person: PersonChange | null = null,
): RowResult => ({
  kind: 'accepted',
  receipt,
  seq,
  at: act.receivedAt,
  expiresAt: act.expiresAt,
  withdrawal,
  person,
});

/** The same row again is answered as it was the first time. */
const again = ({ store }: RowParts, act: Act, before: ReceiptState, seq: number): RowResult => {
  const first = store.digestOf(before.receipt);
  if (first === null || !sameBytes(first, act.digest)) return { kind: 'conflict' };
  const { receipt, at, expiresAt } = before;
  return { kind: 'same', receipt, seq, at, expiresAt, withdrawal: null, person: null };
};

/** Only a successor of this row was seen so far. It is kept as proof; what the successor took back stays taken back. */
const completeStub = (parts: RowParts, act: Act, receipt: string, stub: ReceiptState): RowResult => {
  const { store, tombstones, keyOf } = parts;
  const { visitorId, visitorKey, weighed } = act;
  if (act.boundTo !== null && act.boundTo !== stub.life) return { kind: 'forbidden' };
  const life = store.life(stub.life);
  const isOut = visitorId !== null && tombstones.of('visitorId', visitorId) !== null;
  const binds = visitorKey !== null && life !== null && !isOut && (weighed.granted & stub.cap & personal) !== 0;
  if (binds && act.boundTo === null) store.bind(visitorKey, stub.life, act.receivedAt);
  const subjectKey = life && visitorId !== null ? subjectKeyOf(keyOf, life.salt, visitorId) : null;
  const effectiveAt = Math.min(act.effectiveAt, stub.supersededAt ?? act.effectiveAt);
  const { seq, terms } = act.append({ receipt, subjectKey, effectiveAt });
  store.putReceipt({
    receipt,
    seq,
    life: stub.life,
    visitorKey: binds || act.boundTo !== null ? visitorKey : null,
    granted: weighed.granted,
    cap: stub.cap,
    deniedAfter: stub.deniedAfter,
    ack: weighed.ack,
    at: act.receivedAt,
    effectiveAt,
    boundAt: stub.boundAt,
    supersededAt: stub.supersededAt,
    expiresAt: act.expiresAt,
    terms,
    digest: act.digest,
  });
  return accepted(act, receipt, seq);
};

const tombstoneOf = ({ tombstones }: RowParts, act: Act): Tombstone | null =>
  (act.visitorId === null ? null : tombstones.of('visitorId', act.visitorId)) ??
  (act.receipt === null ? null : tombstones.of('receipt', act.receipt)) ??
  (act.superseded === null ? null : tombstones.of('receipt', act.superseded)) ??
  (act.known === null ? null : tombstones.of('receipt', act.known));

/** It names a device that is out, and follows a receipt of one that is not: nobody's slip. */
const isAnothers = ({ store }: RowParts, { kin, boundTo }: Act): boolean =>
  kin !== null && (boundTo !== null ? boundTo !== kin.life : store.life(kin.life) !== null);

/**
 * An erasure can overtake the row by which a device takes its lasting id: it then found nobody by that id, and nothing of
 * what the device had sent without one. The row tells whose that was, by a receipt that only the device has: its life ends
 * as it would have, had the row come first.
 */
const overtaken = (
  { store, tombstones, keyOf, note }: RowParts,
  act: Act,
  kin: ReceiptState | null,
): Withdrawal | null => {
  const tombstone = act.visitorId === null ? null : tombstones.of('visitorId', act.visitorId);
  const life = kin && act.boundTo === null ? store.life(kin.life) : null;
  if (tombstone?.cause !== 'erased' || !life) return null;
  const head = store.receipt(life.head);
  // It has an id of its own, and could not have taken this one.
  if (head && grantable(head.granted & head.cap) & personal) return null;
  const earlier = store.receiptsOf(life.life);
  endLife({ store, tombstones }, life.life, earlier, 'erased', tombstone.erasedAt);
  const receipts = losers(earlier, everything);
  const at = act.receivedAt;
  note({
    act: 'took-back',
    visitor: null,
    receipts: receipts.map((one) => hexOf(keyOf('receipt', one))),
    purposes: everything,
    how: 'erase',
    at,
  });
  return { visitorId: null, receipts, purposes, all: true, onWithdraw: 'erase', at };
};

type Earlier = ReturnType<ConsentStore['receiptsOf']>;

/** Those under which something may lie that goes with these purposes: the others lost them before, or never had them. */
const losers = (earlier: Earlier, lost: Mask): string[] =>
  earlier.filter((one) => (one.granted & ~one.denied_after & lost) !== 0).map((one) => one.receipt);

/** No receipt of it stands any more, and no device of it comes back. */
const endLife = (
  { store, tombstones }: Pick<RowParts, 'store' | 'tombstones'>,
  life: number,
  receipts: Earlier,
  cause: Tombstone['cause'],
  at: number,
): void => {
  for (const { receipt } of receipts) tombstones.add('receipt', receipt, cause, at);
  for (const key of store.visitorsOf(life)) tombstones.addKey('visitorId', key, cause, at);
  store.endLife(life);
};

/**
 * A row that would be one too many. Refusing it would refuse a withdrawal, and taking it would go on for ever; so the life
 * ends, and with it everything that was permitted in it. What takes something back is accepted: it got more than it asked for.
 */
const outlived = (
  parts: RowParts,
  act: Act,
  { life, earlier, takesBack }: { life: number; earlier: Earlier; takesBack: boolean },
  context: RowContext,
): RowResult => {
  const { store, keyOf, note, policy } = parts;
  const { weighed, visitorId, visitorKey, boundTo, receivedAt: at } = act;
  const receipts = losers(earlier, everything);
  const proven = visitorId !== null && boundTo !== null;
  endLife(parts, life, earlier, 'withdrawn', at);
  const how = act.kind === 'erase' ? 'erase' : policy.onWithdraw;
  const withdrawal: Withdrawal | null =
    receipts.length === 0
      ? null
      : { visitorId: proven ? visitorId : null, receipts, purposes, all: true, onWithdraw: how, at };
  if (withdrawal)
    note({
      act: 'took-back',
      visitor: proven && visitorKey ? hexOf(visitorKey) : null,
      receipts: receipts.map((one) => hexOf(keyOf('receipt', one))),
      purposes: everything,
      how,
      at,
    });
  if (!takesBack && losers(earlier, weighed.denied).length === 0) return { kind: 'full', withdrawal };
  const { seq, terms } = act.append({ receipt: act.receipt, subjectKey: null });
  keepSlip(store, act, seq, terms);
  const userId = proven ? (context.userOf?.(visitorId) ?? null) : null;
  const person =
    userId === null
      ? null
      : notePersonAct(parts, userId, {
          chosen: 0,
          refused: weighed.refused,
          objection: act.kind === 'object',
          isDeliberate: act.isDeliberate,
          at: act.effectiveAt,
          seq,
          decisions: weighed.decisions,
        });
  return accepted(act, act.receipt, seq, withdrawal, person);
};

/**
 * The device is out. A grant cannot bring it back; a slip finds nothing more to take back than what it alone tells of, and
 * must be answered so.
 */
const lateSlip = (
  { store }: RowParts,
  act: Act,
  cause: Tombstone['cause'],
  withdrawal: Withdrawal | null,
): RowResult => {
  if (act.weighed.asksForGrant) return { kind: 'out', state: cause, withdrawal };
  const { seq, terms } = act.append({ receipt: act.receipt, subjectKey: null });
  keepSlip(store, act, seq, terms);
  return accepted(act, act.receipt, seq, withdrawal);
};

/** Sent again it is the same row; it grants nothing, and belongs to no life. */
const keepSlip = (store: ConsentStore, act: Act, seq: number, terms: number | null): void => {
  if (act.receipt === null) return;
  store.putReceipt({
    receipt: act.receipt,
    seq,
    life: noLife,
    visitorKey: null,
    granted: 0,
    cap: everything,
    deniedAfter: everything,
    ack: 0,
    at: act.receivedAt,
    effectiveAt: act.effectiveAt,
    boundAt: act.receivedAt,
    supersededAt: null,
    expiresAt: act.expiresAt,
    terms,
    digest: act.digest,
  });
};
/** Lives are counted from 1. */
const noLife = 0;

/** In the journal, so that an older backup does not come back without it. */
export const noteObjected = ({ store, note }: RowParts, life: number, purposes: Mask, at: number): void => {
  const visitors = store.visitorsOf(life).map(hexOf);
  if (visitors.length > 0) note({ act: 'objected', visitors, purposes, at });
};

/** A new life, or the next act of one. */
const succeed = (parts: RowParts, act: Act, takesBack: boolean, context: RowContext): RowResult => {
  const { store, tombstones, keyOf } = parts;
  const { weighed, receipt, superseded, predecessor, kin, visitorId, visitorKey, boundTo } = act;

  // A device is bound with its first receipt; from then on only who knows one of its receipts speaks for it. A life may
  // take another visitor id only while no lasting one is permitted.
  const follows = kin ? store.life(kin.life) : null;
  const head = follows ? store.receipt(follows.head) : null;
  const headLive = head ? grantable(head.granted & head.cap) : 0;
  if (boundTo !== null && boundTo !== follows?.life) return { kind: 'forbidden' };
  if (visitorKey && boundTo === null && follows && headLive & personal) return { kind: 'forbidden' };
  const earlier = follows ? store.receiptsOf(follows.life) : [];
  const adds = receipt !== null || (superseded !== null && !predecessor);
  if (follows && adds && earlier.length >= lifeReceiptsMax)
    return outlived(parts, act, { life: follows.life, earlier, takesBack }, context);

  let { granted } = weighed;
  // What a withdrawal does not mention stands as it stood. What it grants by its own word counts: somebody may take one
  // purpose back and give another in the same act.
  if (takesBack && follows) granted = grantable(((headLive & ~weighed.stated) | weighed.added) & ~weighed.denied);
  if (follows) granted = grantable(granted | (headLive & weighed.followed));
  // Two tabs decided at once, neither knowing of the other: only what both grant. Less than it said, and not followed: a
  // request took something back, and what the person decides now is a later word.
  if (predecessor && follows && predecessor.supersededAt !== null) granted = grantable(granted & predecessor.cap);
  // What a restored store knows of this device from the journal alone, until its consent is known again.
  const kept = follows || !visitorKey ? null : store.objectedOf(visitorKey);
  const objectedBefore = follows?.objected ?? kept ?? 0;
  let objected = objectedBefore;
  if (act.kind === 'object') objected |= weighed.denied;
  else if (act.isDeliberate) objected &= ~weighed.chosen;
  granted = grantable(granted & ~objected);

  const binds = (granted & personal) !== 0;
  const holder = visitorKey ?? (binds ? (head?.visitorKey ?? null) : null);
  if (binds && holder === null)
    return { kind: 'invalid', path: 'visitorId', message: 'personalisation is bound to a visitor' };
  const proven = visitorId !== null && boundTo !== null;
  const actAt = head ? Math.max(act.effectiveAt, head.effectiveAt) : act.effectiveAt;

  // `receipt` is null only where a predecessor was named, so a new life always has a head.
  const life = follows ?? store.beginLife(receipt ?? '', act.receivedAt);
  const subjectKey = visitorId !== null && (binds || proven) ? subjectKeyOf(keyOf, life.salt, visitorId) : null;
  // Each row of the ledger says by itself what holds from then on, also of what it did not mention.
  const carried = granted & ~weighed.stated;
  const hashOf = (name: string): string | null => {
    const terms = parts.policy.purposes.find((one) => one.id === name);
    return terms && head && head.valid & bitOf(terms.id) ? terms.materialHash : null;
  };
  const { seq, terms } = act.append({
    receipt,
    subjectKey,
    effectiveAt: actAt,
    carried:
      carried === 0 || head?.seq == null
        ? []
        : store
            .decisionsOf(head.seq)
            .filter((one) => isPurpose(one.purpose) && (carried & bitOf(one.purpose)) !== 0)
            // Under which terms it was given must be told by the row itself from now on: its policy names later ones.
            .map((one) => ({ ...one, materialHash: one.materialHash ?? hashOf(one.purpose), carried: true as const })),
  });

  // When the collector first heard of this device: of its lasting id, where it has one.
  const boundAt = binds && holder ? (store.visitor(holder)?.bound_at ?? act.receivedAt) : life.beganAt;
  let permitted = 0;
  for (const one of earlier) permitted |= one.granted & ~one.denied_after;
  const withdrawn = permitted & weighed.denied;
  const all = granted === 0 && weighed.denied === everything;

  if (receipt !== null)
    store.putReceipt({
      receipt,
      seq,
      life: life.life,
      visitorKey: binds ? holder : null,
      granted,
      cap: everything,
      deniedAfter: all ? everything : 0,
      ack: weighed.ack & granted,
      at: act.receivedAt,
      effectiveAt: actAt,
      boundAt,
      supersededAt: null,
      expiresAt: act.expiresAt,
      terms,
      digest: act.digest,
    });
  if (superseded !== null && !predecessor)
    // The row it follows was never delivered, or comes later: it must not grant then what is taken back now.
    store.putReceipt({
      receipt: superseded,
      seq: null,
      life: life.life,
      visitorKey: null,
      granted: 0,
      cap: granted,
      deniedAfter: weighed.denied,
      ack: 0,
      at: act.receivedAt,
      effectiveAt: actAt,
      boundAt,
      supersededAt: actAt,
      expiresAt: act.expiresAt,
      terms: null,
      digest: null,
    });
  if (follows) {
    // Asked for by a request, it has no receipt to follow with: what stands goes on, and grants less.
    store.supersede(life.life, receipt ?? '', granted, weighed.denied, receipt === null ? null : actAt);
    if (receipt !== null) store.setHead(life.life, receipt);
  }
  if (objected !== life.objected) store.setObjected(life.life, objected);
  if (holder && boundTo === null && (binds || (takesBack && !follows)) && !store.visitor(holder))
    store.bind(holder, life.life, act.receivedAt);
  if (objected !== objectedBefore) noteObjected(parts, life.life, objected, act.receivedAt);
  if (kept !== null && visitorKey) store.putObjected(visitorKey, objected, act.receivedAt);
  if (all && follows)
    for (const key of store.visitorsOf(life.life)) tombstones.addKey('visitorId', key, 'withdrawn', act.receivedAt);

  const withdrawal: Withdrawal | null =
    withdrawn === 0
      ? null
      : {
          visitorId: proven ? visitorId : null,
          receipts: losers(earlier, withdrawn),
          purposes: purposesOf(withdrawn),
          all,
          onWithdraw: act.kind === 'erase' ? 'erase' : parts.policy.onWithdraw,
          at: act.receivedAt,
        };
  if (withdrawal)
    parts.note({
      act: 'took-back',
      visitor: proven && visitorKey ? hexOf(visitorKey) : null,
      receipts: withdrawal.receipts.map((one) => hexOf(keyOf('receipt', one))),
      purposes: withdrawn,
      how: withdrawal.onWithdraw,
      at: act.receivedAt,
    });
  const userId = proven ? (context.userOf?.(visitorId) ?? null) : null;
  const person =
    userId === null
      ? null
      : notePersonAct(parts, userId, {
          chosen: weighed.chosen & granted,
          refused: weighed.refused,
          objection: act.kind === 'object',
          isDeliberate: act.isDeliberate,
          at: actAt,
          seq,
          decisions: weighed.decisions,
          ack: weighed.ack,
        });
  return accepted(act, receipt, seq, withdrawal, person);
};

/** In the ledger a device is known by a key whose salt is destroyed with it. */
const subjectKeyOf = (keyOf: KeyOf, salt: Uint8Array, visitorId: string): Uint8Array =>
  keyOf('subject', `${Buffer.from(salt).toString('hex')}\0${visitorId}`);

const hexOf = (key: Uint8Array): string => Buffer.from(key).toString('hex');

/**
 * R15: decided while logged in, by an act of the person and not by a region's default. An objection (art. 21) stands until
 * the same person chooses that very purpose; a button that accepts all, or a login on a device that had granted, is no such
 * choice.
 */
export const notePersonAct = (
  { store, keyOf, note }: Pick<RowParts, 'store' | 'keyOf' | 'note'>,
  userId: string,
  said: {
    chosen: Mask;
    refused: Mask;
    objection: boolean;
    isDeliberate: boolean;
    at: number;
    seq: number;
    /** Under which terms. */
    decisions?: readonly Pick<LedgerDecision, 'purpose' | 'materialHash'>[];
    ack?: Mask;
  },
): PersonChange | null => {
  const { refused, objection, at, seq, decisions = [], ack = 0 } = said;
  const hashOf = (purpose: string) => decisions.find((one) => one.purpose === purpose)?.materialHash ?? null;
  const key = keyOf('userId', userId);
  const objected = said.isDeliberate ? 0 : store.denialOf(userId, () => key).objected;
  const chosen = said.chosen & ~objected;
  if ((chosen | refused) === 0) return null;
  for (const purpose of purposesOf(refused))
    store.putPersonAct(userId, key, {
      purpose,
      value: 'denied',
      // A plain refusal does not soften an objection.
      objection: objection || (objected & bitOf(purpose)) !== 0,
      at,
      seq,
      materialHash: hashOf(purpose),
    });
  for (const purpose of purposesOf(chosen))
    store.putPersonAct(userId, key, {
      purpose,
      value: 'granted',
      objection: false,
      at,
      seq,
      materialHash: hashOf(purpose),
      ack: (ack & bitOf(purpose)) !== 0,
    });
  note({ act: 'said', person: hexOf(key), granted: chosen, denied: refused, objection, at });
  return { userId, granted: purposesOf(chosen), denied: purposesOf(refused) };
};
