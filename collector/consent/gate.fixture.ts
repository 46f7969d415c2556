// For tests of the gate: events, receipts, keys and tombstones in few words, each with a plain default.

import type { Purpose } from '../contract/purposes.js';
import type { Candidate, Facts, Judgement } from './gate.js';
import { everything, maskOf } from './mask.js';
import type { Tombstone } from './rights/tombstones.js';
import type { ReceiptState } from './store/receipts.js';

export const minute = 60_000;
export const day = 86_400_000;
export const now = Date.UTC(2026, 10, 20, 12);
export const receipt = 'A'.repeat(22);
export const M = maskOf(['measurement']);
export const MP = maskOf(['measurement', 'personalisation']);
export const MPK = maskOf(['measurement', 'personalisation', 'marketing']);
export const K = maskOf(['marketing']);
export const KS = maskOf(['marketing', 'sharing']);
export const PKS = maskOf(['personalisation', 'marketing', 'sharing']);

export const granted = (state: Partial<ReceiptState> = {}): ReceiptState => ({
  receipt,
  seq: 1,
  life: 1,
  visitorKey: new Uint8Array(16),
  visitorId: null,
  granted: everything,
  valid: everything,
  cap: everything,
  deniedAfter: 0,
  ack: 0,
  chosen: everything,
  refused: 0,
  at: now - day,
  effectiveAt: now - day,
  boundAt: now - day,
  supersededAt: null,
  expiresAt: now + 100 * day,
  ...state,
});
export const event = (fields: Partial<Candidate> = {}): Candidate => ({
  type: 'page',
  name: null,
  at: now - minute,
  receivedAt: now,
  anonymousId: 'v1',
  userId: null,
  receipt,
  ...fields,
});
export const untouched: Facts['tombstones'] = { visitor: null, receipt: null, users: [], contacts: [] };
export const facts = (fields: Partial<Facts> = {}): Facts => ({
  key: { trust: 'public', mode: 'ledger', purposes: [], categories: {} },
  policy: { available: everything, gpcDeny: KS, preConsentMaxMs: 0 },
  gpc: false,
  tombstones: untouched,
  receipt: granted(),
  bound: true,
  denial: { denied: 0, objected: 0, at: 0 },
  objected: 0,
  ...fields,
});
export const stone = (fields: Partial<Tombstone> = {}): Tombstone => ({
  kind: 'userId',
  cause: 'erased',
  scope: everything,
  erasedAt: now - 10 * day,
  generation: 1,
  openedAt: null,
  ...fields,
});
export const key = (mode: 'claimed' | 'external', purposes: Purpose[] = [], trust: 'public' | 'secret' = 'public') => ({
  trust,
  mode,
  purposes,
  categories: { Advertising: 'marketing', Functional: 'personalisation' } as const,
});

/** `M,P`, or the code, with the state that the answer names: `erased!erased`. */
export const spell = (judgement: Judgement): string => {
  const said = judgement.kind === 'pass' ? judgement.purposes.join(',') : `${judgement.kind} ${judgement.code}`;
  return 'state' in judgement && judgement.state ? `${said} !${judgement.state}` : said;
};
