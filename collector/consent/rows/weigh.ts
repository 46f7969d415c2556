// What a row says about the purposes, whatever came before it: what counts as a grant, and whose (consent.md, sections 2
// to 4; R15). Pure.

import type { ConsentRow } from '../../contract/consent.js';
import { type Purpose, purposes } from '../../contract/purposes.js';
import type { LedgerDecision } from '../ledger/ledger.js';
import { bitOf, everything, grantable, isPurpose, type Mask, withDependants } from '../mask.js';
import { type Age, flagOf, tokenOf } from './fields.js';

type Source = 'user' | 'account' | 'gpc' | 'region' | 'import';

const sourceOf = (kind: ConsentRow['kind'], source: string | null | undefined): Source => {
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
 * A declared child grants nothing, and what was granted on the device before is taken back; where the site has an age gate,
 * nobody grants who has not passed it. What was granted before goes on where it stood: a page that does not tell the age may
 * take a part back, and says of the rest what stands. Nothing here guesses an age.
 */
export const ofAge = (weighed: Weighed, age: Age | null, gate: boolean): Weighed => {
  const nothing = { granted: 0, added: 0, chosen: 0, ack: 0, followed: 0, asksForGrant: false } as const;
  if (age === 'minor') return { ...weighed, ...nothing, denied: everything, stated: everything };
  if (!gate || !weighed.asksForGrant || age === 'passed' || age === 'guardian') return weighed;
  return { ...weighed, ...nothing, followed: weighed.followed | weighed.added };
};
