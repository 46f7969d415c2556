// Rows for the tests of this folder: receipts with names, and what became of a row.

import { type Purpose, purposes } from '../../contract/purposes.js';
import { receiptOf, type Site } from '../site.fixture.js';
import type { RowResult } from './act.js';

export const r1 = receiptOf('r1');
export const r2 = receiptOf('r2');
export const r3 = receiptOf('r3');
export const all = [...purposes];
export const MP: Purpose[] = ['measurement', 'personalisation'];
export const KS: Purpose[] = ['marketing', 'sharing'];

export const ledger = (site: Site) =>
  site.sql
    .prepare<{
      kind: string;
      receipt: string | null;
      subject_key: Uint8Array | null;
      supersedes: string | null;
      epoch: string | null;
    }>('SELECT * FROM consent_ledger ORDER BY seq')
    .all();
export const acceptedRow = (result: RowResult | null) => {
  if (result?.kind !== 'accepted') throw new Error(`expected an accepted row, got ${JSON.stringify(result)}`);
  return result;
};
/** What an event of this receipt, happening now, would be used for; or its code. */
export const probe = (site: Site, receipt: string, anonymousId: string | null = 'v1', at = site.now): string => {
  const before = site.events.length;
  const { codes } = site.send({ events: [{ receipt, anonymousId, at }] });
  return codes[0] === 'kept' ? site.events[before]!.purposes.join(',') : codes[0]!;
};

export const countsOf = (site: Site) =>
  site.consent.countsOf('2026-11-01').map(({ what, policy, model, count }) => ({ what, policy, model, count }));
