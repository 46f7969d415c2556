// Answers that are handed to another host, at the routes: what is asked of the writer, what of it is logged, and how much
// may come from one address.

import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../config.js';
import { crowd } from '../ingest/crowd.js';
import { recordingLog } from '../ingest/fixtures/recording-log.js';
import { limiter } from '../ingest/rate.js';
import { writeCredential } from '../site/keys.js';
import { type KeyRing, openKeyRing } from '../site/ring.js';
import { transfer } from './transfer.js';

const given = { label: 'test', seeded: false, at: 1 };
const writeKey = 'wk_test_0123456789';
const now = 1_790_000_000_000;
const sign = {
  writeKey,
  to: 'outlet.example',
  receipt: 'r'.repeat(22),
  decisions: [{ purpose: 'measurement', value: 'granted', at: '2026-11-01T00:00:00Z', materialHash: 'ab' }],
  policy: { version: '1' },
  sentAt: now,
};
const accept = { writeKey, token: 'a.b', from: 'https://shop.example' };
const paths = { sign: '/v1/consent/transfer', accept: '/v1/consent/transfer/accept' };

const rings: KeyRing[] = [];
afterEach(() => {
  for (const ring of rings.splice(0)) ring.close();
});

const opened = async (ratePerS = 0, origins: Config['origins'] = { kind: 'any' }) => {
  const log = recordingLog([writeCredential(writeKey, given, { mode: 'ledger' })]);
  log.answerCommand = () => ({ status: 200, body: { token: 'x' } });
  const ring = await openKeyRing(log);
  rings.push(ring);
  const app = transfer({
    config: { origins },
    ring,
    log,
    rate: limiter(100_000),
    crowd: crowd({ ratePerS, burst: 3, proxies: 1, now: () => 0 }),
    now: () => now,
  });
  const send = (path: string, body: object, headers: Record<string, string> = {}) =>
    app.request(
      path,
      {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { origin: 'https://shop.example', 'x-forwarded-for': '203.0.113.1', ...headers },
      },
      { incoming: { socket: { remoteAddress: '10.0.0.1' } } },
    );
  return { log, send };
};
type House = Awaited<ReturnType<typeof opened>>;
const askedOf = ({ log }: House) => log.commands.filter(({ kind }) => kind === 'transfer');

describe('consent 2, other domains: the routes', () => {
  it('hand on what was asked, with the origin and the signal of the request', async () => {
    const house = await opened();
    expect((await house.send(paths.sign, sign, { 'sec-gpc': '1' })).status).toBe(200);
    await house.send(paths.accept, accept, { origin: 'https://outlet.example' });
    const { writeKey: _, ...told } = sign;
    expect(askedOf(house)).toEqual([
      { kind: 'transfer', act: 'sign', ...told, receivedAt: now, gpc: true, origin: 'https://shop.example' },
      {
        kind: 'transfer',
        act: 'accept',
        token: 'a.b',
        cameFrom: 'https://shop.example',
        receivedAt: now,
        gpc: false,
        origin: 'https://outlet.example',
      },
    ]);
  });

  it.each([
    ['no host', paths.sign, { ...sign, to: undefined }],
    ['a receipt that is none', paths.sign, { ...sign, receipt: 'short' }],
    ['a value that is none', paths.sign, { ...sign, decisions: [{ purpose: 'measurement', value: 'unset' }] }],
    ['too many decisions', paths.sign, { ...sign, decisions: Array(33).fill(sign.decisions[0]) }],
    ['no token', paths.accept, { ...accept, token: '' }],
    ['a token beyond all measure', paths.accept, { ...accept, token: 'x'.repeat(4_001) }],
  ])('refuse %s', async (_, path, body) => {
    const house = await opened();
    expect((await house.send(path, body)).status).toBe(400);
    expect(askedOf(house)).toEqual([]);
  });

  it('are for pages that may ask, with a key that is live', async () => {
    const house = await opened(0, { kind: 'listed', origins: ['https://shop.example'] });
    for (const path of Object.values(paths)) {
      const body = path === paths.sign ? sign : accept;
      expect((await house.send(path, body)).status).toBe(200);
      expect((await house.send(path, body, { origin: 'https://evil.example' })).status).toBe(403);
      expect((await house.send(path, { ...body, writeKey: 'wk_none' })).status).toBe(401);
    }
  });

  it('take only so much from one address', async () => {
    const house = await opened(1);
    const statuses: number[] = [];
    for (const path of [paths.sign, paths.accept, paths.sign, paths.accept])
      statuses.push((await house.send(path, path === paths.sign ? sign : accept)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await house.send(paths.sign, sign, { 'x-forwarded-for': '203.0.113.2' })).status).toBe(200);
  });
});
