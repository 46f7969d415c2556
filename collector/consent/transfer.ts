// An answer on its way to another host of the site (consent.md, section 2, "Other domains"): for a minute a signed word on
// what was decided, in the fragment of a link. It names nobody and nothing that could be found again: no id, no receipt.
// The rules are pure; around them stand the ledger, which vouches for what was granted, and the words that were spent.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type Purpose, purposes } from '../contract/purposes.js';
import type { TransferAsked } from '../log/log.js';
import type { KeyOf } from './keys.js';
import { bitOf, grantable, isPurpose, type Mask } from './mask.js';
import { type Policy, termsHold } from './policy/policy.js';
import type { RowParts } from './rows/act.js';
import { tokenOf } from './rows/fields.js';
import { effectiveInstant, instantOf } from './rows/instant.js';
import { vouchTransfer } from './voucher.js';

/** From the press on a link to the page it leads to. */
export const transferMaxMs = 60_000;

/** A decision of a person's, without anything of the person. */
export interface Carried {
  purpose: Purpose;
  value: 'granted' | 'denied';
  /** When it was made, wherever that was: travelling makes no answer younger. */
  at: number;
  materialHash: string | null;
}

/** What the word says. */
export interface Transfer {
  nonce: string;
  /** Origin of the page with the link. */
  issuer: string;
  /** Host of the page it leads to. */
  audience: string;
  until: number;
  policy: { version: string | null; configHash: string | null };
  decisions: readonly Carried[];
}

const markOf = (keyOf: KeyOf, text: string): Buffer => Buffer.from(keyOf('transfer', text));

export const sealTransfer = (keyOf: KeyOf, { nonce, issuer, audience, until, policy, decisions }: Transfer): string => {
  const said = decisions.map(({ purpose, value, at, materialHash }) => [
    purpose,
    value === 'granted' ? 1 : 0,
    at,
    materialHash,
  ]);
  const spelled = JSON.stringify([nonce, issuer, audience, until, policy.version, policy.configHash, said]);
  const text = Buffer.from(spelled).toString('base64url');
  return `${text}.${markOf(keyOf, text).toString('base64url')}`;
};

type Spelled = [
  string,
  string,
  string,
  number,
  string | null,
  string | null,
  [Purpose, 0 | 1, number, string | null][],
];

/** null: none of ours. What is ours has the form it was given. */
export const openTransfer = (keyOf: KeyOf, token: string): Transfer | null => {
  const [, text, mark] = /^([\w-]{1,3000})\.([\w-]{22})$/.exec(token) ?? [];
  if (text === undefined || mark === undefined) return null;
  const given = Buffer.from(mark, 'base64url');
  const expected = markOf(keyOf, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const [nonce, issuer, audience, until, version, configHash, said] = JSON.parse(
    Buffer.from(text, 'base64url').toString(),
  ) as Spelled;
  return {
    nonce,
    issuer,
    audience,
    until,
    policy: { version, configHash },
    decisions: said.map(([purpose, isGranted, at, materialHash]) => ({
      purpose,
      value: isGranted ? 'granted' : 'denied',
      at,
      materialHash,
    })),
  };
};

/** `https://shop.example:8443` → `shop.example`; null where it is no page's origin (a sandbox says `null`). */
export const hostOf = (origin: string | null): string | null => {
  const [, host] = /^https?:\/\/([^/:]+)(:\d+)?$/.exec(origin?.toLowerCase() ?? '') ?? [];
  return host ?? null;
};

/** A grant is worth nothing where what it builds on does not come along; told so, it could come alive by itself later. */
const founded = (decisions: readonly Carried[]): Carried[] => {
  let granted = 0;
  for (const { purpose, value } of decisions) if (value === 'granted') granted |= bitOf(purpose);
  const whole = grantable(granted);
  return decisions.filter(({ purpose, value }) => value === 'denied' || (whole & bitOf(purpose)) !== 0);
};

/**
 * What of the device's answers travels. A refusal does on the page's word. A grant does only as far as a receipt that stands
 * grants it by somebody's act, and is no younger than that receipt: whoever knows the write key could say anything. What the
 * browser's signal denies does not travel as granted.
 */
export const carriedOf = (
  told: readonly Carried[],
  how: { standing: { granted: Mask; at: number } | null; signalled: Mask; now: number },
): Carried[] => {
  const { standing, signalled, now } = how;
  return founded(
    purposes.flatMap((purpose): Carried[] => {
      const one = told.find((candidate) => candidate.purpose === purpose);
      if (!one) return [];
      if (one.value === 'denied') return [{ ...one, at: Math.min(one.at, now) }];
      if (!standing || !(standing.granted & ~signalled & bitOf(purpose))) return [];
      return [{ ...one, at: Math.min(one.at, standing.at, now) }];
    }),
  );
};

export type Misplaced = 'not-ours' | 'late' | 'audience' | 'issuer' | 'spent';

/**
 * Whether a word may be taken in on this page. `cameFrom`: the origin in `document.referrer`, which no page can forge: a
 * link with somebody else's word in it, on a page of somebody else's, gives nobody an answer that they did not give.
 */
export const misplaced = (
  transfer: Transfer | null,
  { origin, cameFrom, now }: { origin: string | null; cameFrom: string | null; now: number },
): Exclude<Misplaced, 'spent'> | null => {
  if (!transfer) return 'not-ours';
  if (now >= transfer.until) return 'late';
  if (hostOf(origin) !== transfer.audience) return 'audience';
  if (cameFrom?.toLowerCase() !== transfer.issuer || hostOf(transfer.issuer) === transfer.audience) return 'issuer';
  return null;
};

/**
 * What of it arrives: grants under today's terms that have not run out; refusals, which need no terms to be obeyed. The
 * page's own rules say which of these then stand.
 */
export const arrivedOf = (
  { decisions, policy: under }: Transfer,
  how: { policy: Policy; signalled: Mask; now: number },
): Carried[] => {
  const { policy, signalled, now } = how;
  return founded(
    decisions.filter((one) => {
      if (!policy.purposes.some(({ id }) => id === one.purpose)) return false;
      if (one.value === 'denied') return true;
      const isOfToday = (termsHold(policy, [one], under) & policy.available & ~signalled & bitOf(one.purpose)) !== 0;
      return isOfToday && now - one.at < policy.decisionMaxMs;
    }),
  );
};

/** What the ledger vouches for: what a receipt that stands grants by a person's act, not by a region's default. */
const standingOf = (
  { store, tombstones }: RowParts,
  receipt: string | null,
  now: number,
): { granted: Mask; at: number } | null => {
  const known = receipt === null ? null : store.receipt(receipt);
  if (known?.seq == null || known.supersededAt !== null || known.expiresAt <= now) return null;
  if (tombstones.of('receipt', known.receipt)) return null;
  let acted = 0;
  for (const { purpose, value, source } of store.decisionsOf(known.seq))
    if (isPurpose(purpose) && value === 'granted' && source !== 'region') acted |= bitOf(purpose);
  return { granted: grantable(known.granted & known.valid & known.cap & acted), at: known.effectiveAt };
};

export type TransferResult =
  | { kind: 'signed'; token: string | null }
  | { kind: 'accepted'; decisions: readonly Carried[]; voucher: string | null }
  /** The site hands no answer to that host. */
  | { kind: 'unlisted' }
  | { kind: 'misplaced'; why: Misplaced };

/** Joins the caller's transaction. `once` spends a word. */
export const transfer = (
  parts: RowParts,
  asked: TransferAsked,
  once: (nonce: string, until: number, now: number) => boolean,
): TransferResult => {
  const { policy, keyOf } = parts;
  const { origin, receivedAt: now } = asked;
  const signalled = asked.gpc ? policy.gpcDeny : 0;
  const here = hostOf(origin);
  if (asked.act === 'accept') {
    const opened = openTransfer(keyOf, asked.token);
    if (policy.transfer.length === 0) return { kind: 'unlisted' };
    const why = misplaced(opened, { origin, cameFrom: asked.cameFrom, now });
    if (why || !opened) return { kind: 'misplaced', why: why ?? 'not-ours' };
    if (!policy.transfer.includes(opened.audience)) return { kind: 'misplaced', why: 'audience' };
    if (!once(`transfer ${opened.nonce}`, opened.until, now)) return { kind: 'misplaced', why: 'spent' };
    const decisions = arrivedOf(opened, { policy, signalled, now });
    const grants = decisions.filter(({ value }) => value === 'granted');
    let granted = 0;
    for (const { purpose } of grants) granted |= bitOf(purpose);
    const since = Math.min(now, ...grants.map(({ at }) => at));
    const from = hostOf(opened.issuer) ?? '';
    return {
      kind: 'accepted',
      decisions,
      voucher: decisions.length === 0 ? null : vouchTransfer(keyOf, { granted, since, from }, now),
    };
  }
  if (here === null || here === asked.to || !policy.transfer.includes(asked.to)) return { kind: 'unlisted' };
  const under = (
    typeof asked.policy === 'object' && asked.policy !== null ? asked.policy : { version: asked.policy }
  ) as Readonly<Record<string, unknown>>;
  const told = asked.decisions.flatMap(({ purpose, value, at, materialHash }): Carried[] => {
    const said = instantOf(at);
    if (!isPurpose(purpose) || said === null || (value !== 'granted' && value !== 'denied')) return [];
    const corrected = effectiveInstant(said, asked.sentAt, now);
    return [{ purpose, value, at: corrected, materialHash: tokenOf(materialHash) }];
  });
  const decisions = carriedOf(told, { standing: standingOf(parts, asked.receipt, now), signalled, now });
  if (decisions.length === 0) return { kind: 'signed', token: null };
  return {
    kind: 'signed',
    token: sealTransfer(keyOf, {
      nonce: randomBytes(12).toString('base64url'),
      issuer: origin?.toLowerCase() ?? '',
      audience: asked.to,
      until: now + transferMaxMs,
      policy: { version: tokenOf(under.version), configHash: tokenOf(under.configHash) },
      decisions,
    }),
  };
};
