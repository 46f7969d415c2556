// What the gate costs an event: facts from the small memory, or from the tables, and the judgement.

import { bench, describe } from 'vitest';
import { purposes } from '../contract/purposes.js';
import type { Candidate } from './gate.js';
import { openSite, receiptOf } from './site.fixture.js';

const devices = 5_000;
const site = openSite();
site.sql.transaction(() => {
  for (let n = 0; n < devices; n += 1)
    site.post(site.row({ receipt: receiptOf(`r${n}`), visitorId: `visitor-${n}`, grants: [...purposes] }));
  for (let n = 0; n < 1_000; n += 1)
    site.consent.erasures.request({ userId: `gone-${n}` }, { id: `e${n}`, by: 'b', at: 0 });
});
const events = Array.from(
  { length: 10_000 },
  (_, n): Candidate => ({
    type: 'page',
    name: null,
    at: site.now,
    receivedAt: site.now,
    anonymousId: `visitor-${n % devices}`,
    userId: n % 2 ? `user-${n % devices}` : null,
    receipt: receiptOf(`r${n % devices}`),
  }),
);
const judgeAll = () => {
  const door = site.consent.door({
    key: { trust: 'public', mode: 'ledger', purposes: [], categories: {} },
    receivedAt: site.now,
    gpc: false,
    origin: null,
    country: null,
  });
  let kept = 0;
  for (const event of events) if (door.judge(event).kind === 'pass') kept += 1;
  if (kept !== events.length) throw new Error(`${kept} of ${events.length} passed`);
};

describe('10,000 events of 5,000 devices, a thousand people erased', () => {
  bench('everybody known', judgeAll);
  bench('nobody remembered', () => {
    site.consent.dropCaches();
    judgeAll();
  });
});
