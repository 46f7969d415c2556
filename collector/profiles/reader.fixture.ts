// A reader of an empty store: tests spread it and say what theirs knows.

import type { Reader } from './reader.js';

const unasked = async (): Promise<never> => {
  throw new Error('not asked in these tests');
};

export const knowsNobody: Reader = {
  profilesBy: async () => [],
  profile: async () => null,
  events: async () => null,
  sessions: async () => null,
  carts: async () => null,
  orders: async () => null,
  merges: async () => null,
  people: async () => ({ items: [], next: null }),
  suggestions: async () => [],
  live: async () => [],
  overview: unasked,
  auditLog: async () => ({ items: [], next: null, who: [] }),
  retentionRuns: async () => [],
  retentionClasses: async () => [],
  cookielessCounts: async (asked) => ({ ...asked, k: 10, items: [], suppressed: 0, truncated: false, uniques: [] }),
  anonymousCounts: async () => ({ k: 10, events: [], orders: [], suppressed: 0 }),
  policies: async () => [],
  policyDocument: async () => null,
  policySource: async () => null,
  consentText: async () => null,
  consentHolders: async () => ({ total: 0, groups: [] }),
  ledgerCheck: unasked,
  ledgerHealth: unasked,
  ledgerExport: async () => ({ lines: [], next: null }),
  receipt: unasked,
  consentRates: unasked,
  requests: async () => ({ items: [], next: null }),
  recipients: async () => [],
  openNotices: async () => [],
  consentsOf: async () => [],
  receivedBy: async () => [],
  terms: async () => ({}),
  meant: async () => ({ profileId: null, identities: [], devices: [], owners: [], alone: false }),
  disclosed: async () => ({ items: [], next: null }),
};
