// Choices that follow an account, at the route: how much may come from one address, and who said where it came from.

import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it, test } from 'vitest';
import { crowd } from '../ingest/crowd.js';
import { recordingLog } from '../ingest/fixtures/recording-log.js';
import { limiter } from '../ingest/rate.js';
import { secretCredential, writeCredential } from '../site/keys.js';
import { type KeyRing, openKeyRing } from '../site/ring.js';
import { account } from './account.js';

const identitySecret = 'a secret of this test';
const given = { label: 'test', seeded: false, at: 1 };
const call = {
  writeKey: 'wk_test_0123456789',
  userId: 'u-1',
  proof: createHmac('sha256', identitySecret).update('u-1').digest('hex'),
  act: 'login',
  decisions: [],
  sentAt: 1_790_000_000_000,
};

const rings: KeyRing[] = [];
afterEach(() => {
  for (const ring of rings.splice(0)) ring.close();
});

const opened = async (
  ratePerS: number,
  place: { region: string | null; placedBy: 'cdn' | 'geoip' } = { region: null, placedBy: 'cdn' },
) => {
  const log = recordingLog([
    writeCredential('wk_test_0123456789', given, { mode: 'ledger' }),
    secretCredential('sk_test_0123456789', given),
  ]);
  log.answerCommand = () => ({ status: 200, body: { decisions: [] } });
  const ring = await openKeyRing(log);
  rings.push(ring);
  const app = account({
    config: { origins: { kind: 'any' } },
    ring,
    log,
    rate: limiter(100_000),
    crowd: crowd({ ratePerS, burst: 3, proxies: 1, now: () => 0 }),
    now: () => 1_790_000_000_000,
    identitySecret,
    placeOf: () => place,
  });
  const send = (address: string, more: object = {}, headers: Record<string, string> = {}) =>
    app.request(
      '/v1/consent/account',
      {
        method: 'POST',
        body: JSON.stringify({ ...call, ...more }),
        headers: { 'x-forwarded-for': address, ...headers },
      },
      { incoming: { socket: { remoteAddress: '10.0.0.1' } } },
    );
  return { log, send };
};

describe('POST /v1/consent/account', () => {
  it('asks one address that tries too often to wait, whatever its proofs are worth, and nobody else', async () => {
    const { log, send } = await opened(1);
    const tried = [];
    for (const proof of ['guess-1', 'guess-2', 'guess-3', 'guess-4', call.proof])
      tried.push(await send('203.0.113.7', { proof }));
    expect(tried.map(({ status }) => status)).toEqual([401, 401, 401, 429, 429]);
    expect(tried[4]!.headers.get('retry-after')).toBe('1');
    expect(await tried[4]!.text()).not.toContain('203.0.113');
    expect(log.commands).toEqual([]);
    expect((await send('203.0.113.8')).status).toBe(200);
    // The shop's own server speaks for everybody.
    expect((await send('203.0.113.7', {}, { authorization: 'Bearer sk_test_0123456789' })).status).toBe(200);
  });

  test.each([
    ['a page that knows', 'FR', { region: 'US-CA', placedBy: 'geoip' }, { region: 'FR', placedBy: 'page' }],
    ['the CDN, where the page is silent', undefined, { region: 'US-CA', placedBy: 'cdn' }, {}],
    ['our own table, where the page is silent', undefined, { region: 'DE', placedBy: 'geoip' }, {}],
    ['our own table, where the page says null', null, { region: 'DE', placedBy: 'geoip' }, {}],
    ['nobody', undefined, { region: null, placedBy: 'cdn' }, {}],
  ] as const)('hands on who said where it is: %s', async (_, region, place, expected) => {
    const { log, send } = await opened(0, place);
    expect((await send('203.0.113.7', region === undefined ? {} : { region })).status).toBe(200);
    expect(log.commands).toMatchObject([{ kind: 'account', ...place, ...expected }]);
  });
});
