// For tests: visitors who have answered, and what they send under their answer, over HTTP.

import { expect } from 'vitest';
import { type Fields, fresh, type House, house, page, receipt, writeKey } from './house.fixture.js';

export const ledger = () => house({ WEFT_KEY_CONSENT: 'ledger' });
export const purposes = ['measurement', 'personalisation', 'marketing', 'sharing'] as const;
export type Granted = readonly (typeof purposes)[number][];
export const policyVersion = '1';
/** A consent act; what is not granted is denied. */
export const act = (kind: string, visitorId: string | null, granted: Granted, more: Fields = {}): Fields => ({
  receipt: receipt(),
  kind,
  visitorId,
  epoch: 1,
  supersedes: null,
  decisions: purposes.map((purpose) => ({
    purpose,
    value: granted.includes(purpose) ? 'granted' : 'denied',
    source: 'user',
  })),
  policy: { version: policyVersion },
  text: { locale: 'en', sha256: 'a'.repeat(64) },
  ui: { layer: 'first', action: 'save' },
  gpc: { js: false, ack: false },
  clientAt: new Date().toISOString(),
  ...more,
});
export const all: Granted = purposes;
export const soon = (seconds = 0): string => new Date(Date.now() + seconds * 1000).toISOString();
export const under = (row: Fields | string, event: Fields): Fields => ({
  ...event,
  timestamp: (event.fixed as string | undefined) ?? soon(),
  context: {
    ...(event.context as Fields | undefined),
    consent: {
      receipt: typeof row === 'string' ? row : row.receipt,
      ...((event.context as Fields | undefined)?.consent as Fields),
    },
  },
});
export const said = async (it: House, row: Fields, headers: Record<string, string> = {}) =>
  it.post('/v1/consent', { writeKey, ...row }, headers);
export const granted = async (it: House, more: Granted = all): Promise<{ A: string; row: Fields }> => {
  const A = fresh('a');
  const row = act('grant', A, more);
  const answer = await it.pageWith({ consent: row }, [under(row, page(A, 0))]);
  expect(answer).toMatchObject({ accepted: 1, held: [], dropped: [] });
  return { A, row };
};
export const codes = (list: readonly { code: string }[]): string[] => list.map(({ code }) => code);
