// Counting without anybody, at the route: a call of many counts is many, for its address as for its key.

import { expect, it } from 'vitest';
import { openSite } from '../consent/site.fixture.js';
import { crowd } from '../ingest/crowd.js';
import { recordingLog } from '../ingest/fixtures/recording-log.js';
import { limiter } from '../ingest/rate.js';
import { writeCredential } from '../site/keys.js';
import { openKeyRing } from '../site/ring.js';
import { cookieless } from './cookieless.js';

it('asks one address that counts too much to come again later, and lets everybody else count', async () => {
  const log = recordingLog([
    writeCredential('wk_test_0123456789', { label: 'test', seeded: false, at: 1 }, { mode: 'ledger' }),
  ]);
  const ring = await openKeyRing(log);
  const { policy } = openSite({ cookieless: { mode: 'off' } });
  const app = cookieless({
    config: { origins: { kind: 'any' }, proxies: 1 },
    ring,
    log,
    reader: { cookielessCounts: () => Promise.reject(new Error('not asked')) },
    rate: limiter(100_000),
    crowd: crowd({ ratePerS: 1, burst: 5, proxies: 1, now: () => 0 }),
    now: () => 1_790_000_000_000,
    policy: () => policy,
    placeOf: () => ({ country: null, region: null }),
  });
  const count = (address: string, events: number) =>
    app.request(
      '/v1/cookieless',
      {
        method: 'POST',
        body: JSON.stringify({
          writeKey: 'wk_test_0123456789',
          events: Array.from({ length: events }, () => ({ event: 'page', path: '/' })),
        }),
        headers: { 'x-forwarded-for': address },
      },
      { incoming: { socket: { remoteAddress: '10.0.0.1' } } },
    );
  expect((await count('203.0.113.7', 5)).status).toBe(200);
  const refused = await count('203.0.113.7', 1);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect((await count('203.0.113.8', 1)).status).toBe(200);
  ring.close();
});
