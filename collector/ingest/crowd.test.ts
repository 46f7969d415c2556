// How much one address may send: by the clock that is handed in, through the real routes.

import type { Context } from 'hono';
import { describe, expect, it, test } from 'vitest';
import { secretCredential, writeCredential } from '../site/keys.js';
import { openKeyRing } from '../site/ring.js';
import { admitKeyless, crowd, placeOf } from './crowd.js';
import { door } from './door.js';
import { recordingLog } from './fixtures/recording-log.js';
import { limiter } from './rate.js';

const from = (address: string, forwarded?: string): Context =>
  ({
    env: { incoming: { socket: { remoteAddress: address } } },
    req: { header: (name: string) => (name === 'x-forwarded-for' ? forwarded : undefined) },
  }) as unknown as Context;

describe('an address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
  ])('%s is the place %s', (address, place) => expect(placeOf(address)).toBe(place));

  it('may come so often, then waits, and is let in again; another is not kept waiting by it', () => {
    let now = 0;
    const it = crowd({ ratePerS: 2, burst: 3, proxies: 0, now: () => now });
    const one = from('203.0.113.7');
    expect([1, 2, 3, 4].map(() => it.admit(one))).toEqual([null, null, null, 1]);
    expect(it.admit(from('203.0.113.8'))).toBeNull();
    it.charge(one, 10);
    expect(it.admit(one)).toBe(6);
    now += 5_400;
    expect(it.admit(one)).toBe(1);
    now += 200;
    expect(it.admit(one)).toBeNull();
  });

  it('is told by what our own proxy wrote, and by nothing a visitor writes', () => {
    const at = (proxies: number) => crowd({ ratePerS: 1, burst: 1, proxies, now: () => 0 });
    const trusting = at(1);
    expect(trusting.admit(from('10.0.0.1', 'forged-1, 203.0.113.7'))).toBeNull();
    expect(trusting.admit(from('10.0.0.1', 'forged-2, 203.0.113.7'))).toBe(1);
    expect(trusting.admit(from('10.0.0.1', '203.0.113.7, 203.0.113.8'))).toBeNull();
    // By default no header is believed.
    const plain = at(0);
    expect(plain.admit(from('203.0.113.7', '198.51.100.1'))).toBeNull();
    expect(plain.admit(from('203.0.113.7', '198.51.100.2'))).toBe(1);
  });

  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.1.2.3', '172.17.0.1', '192.168.1.1', 'fd00::1', 'fe80::1'])(
    'of a network of one’s own is a proxy nobody told us of, and stands for everybody: %s',
    (address) => {
      const it = crowd({ ratePerS: 1, burst: 1, proxies: 0, now: () => 0 });
      expect([1, 2, 3].map(() => it.admit(from(address)))).toEqual([null, null, null]);
    },
  );

  it('is one of so many that are remembered', () => {
    const it = crowd({ ratePerS: 1, burst: 1, proxies: 0, now: () => 0, max: 2 });
    const [a, b, c] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'].map((address) => from(address)) as [
      Context,
      Context,
      Context,
    ];
    for (const each of [a, b, c]) expect(it.admit(each)).toBeNull();
    expect(it.admit(c)).toBe(1);
    expect(it.admit(a)).toBeNull();
  });

  it('without a limit has none', () => {
    const it = crowd({ ratePerS: 0, burst: 0, proxies: 0 });
    expect(Array.from({ length: 50 }, () => it.admit(from('203.0.113.7'))).every((waitS) => waitS === null)).toBe(true);
  });
});

describe('what needs no key', () => {
  it('is told which limit it met: of its address, or of all together', () => {
    const here = from('203.0.113.7');
    const crowded = { crowd: crowd({ ratePerS: 1, burst: 1, proxies: 0, now: () => 0 }), rate: limiter(10, () => 0) };
    expect(admitKeyless(here, crowded, 'persons')).toBeNull();
    expect(admitKeyless(here, crowded, 'persons')!.more).toMatchObject({
      message: expect.stringContaining('from one address'),
      hint: expect.stringContaining('WEFT_RATE_ADDRESS'),
      retryAfterS: 1,
    });
    const full = { crowd: crowd({ ratePerS: 1, burst: 9, proxies: 0, now: () => 0 }), rate: limiter(1, () => 0) };
    expect(admitKeyless(here, full, 'persons')).toBeNull();
    expect(admitKeyless(here, full, 'persons')!.more).toMatchObject({
      message: expect.stringContaining('without a key'),
      hint: expect.stringMatching(/WEFT_RATE sets/),
      retryAfterS: 1,
    });
    expect(admitKeyless(here, full, 'receipts')).toBeNull();
  });
});

describe('the door', () => {
  it('asks one address to come again later, says when, and lets the shop’s server and everybody else in', async () => {
    const given = { label: 'test', seeded: false, at: 1 };
    const log = recordingLog([
      writeCredential('wk_test_0123456789', given, { mode: 'ledger' }),
      secretCredential('sk_test_0123456789', given),
    ]);
    const ring = await openKeyRing(log);
    const now = 0;
    const app = door({
      log,
      ring,
      countryOf: () => null,
      now: () => 1_790_000_000_000,
      config: { origins: { kind: 'any' }, ratePerS: 100_000 },
      crowd: crowd({ ratePerS: 2, burst: 4, proxies: 0, now: () => now }),
    });
    const send = (address: string, path: string, key: string, body: object = {}) =>
      app.request(
        path,
        {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { authorization: `Basic ${btoa(`${key}:`)}` },
        },
        { incoming: { socket: { remoteAddress: address } } },
      );
    const event = { type: 'track', event: 'X', anonymousId: 'a1' };
    const batch = { batch: Array.from({ length: 6 }, (_, n) => ({ ...event, messageId: `m${n}` })) };
    const [here, elsewhere] = ['203.0.113.7', '203.0.113.8'];
    expect((await send(here, '/v1/batch', 'wk_test_0123456789', batch)).status).toBe(200);
    for (const path of ['/v1/batch', '/v1/track', '/v1/consent']) {
      const refused = await send(here, path, 'wk_test_0123456789', event);
      expect([path, refused.status, refused.headers.get('retry-after')]).toEqual([path, 429, '2']);
      const said = await refused.text();
      expect(said).not.toContain('203.0.113');
      // Of the limit that it met, not of the key's.
      expect(said).toMatch(/from one address.*WEFT_RATE_ADDRESS.*WEFT_PROXIES/);
    }
    expect((await send(here, '/v1/track', 'sk_test_0123456789', event)).status).toBe(200);
    expect((await send(elsewhere, '/v1/track', 'wk_test_0123456789', event)).status).toBe(200);
    ring.close();
  });
});
