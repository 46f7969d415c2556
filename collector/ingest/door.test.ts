import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Config } from '../config.js';
import { limits } from '../contract/limits.js';
import type { Answer } from '../log/log.js';
import { secretCredential, writeCredential } from '../site/keys.js';
import { type KeyRing, openKeyRing } from '../site/ring.js';
import { type DoorOptions, door, routes } from './door.js';
import { recordingLog, unavailable } from './fixtures/recording-log.js';

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));

const at = Date.parse('2026-11-22T06:00:00Z');
const given = { label: 'test', seeded: false, at };
const writeKey = 'wk_test_0123456789';
const secretKey = 'sk_test_0123456789';
const credentials = [
  writeCredential(writeKey, given, { mode: 'ledger' }),
  writeCredential('wk_claimed', given, { mode: 'claimed', categories: { C0002: 'measurement' } }),
  secretCredential(secretKey, given),
];
const rings: KeyRing[] = [];
afterEach(() => {
  for (const ring of rings.splice(0)) ring.close();
});

const opened = async (more: Partial<Omit<DoorOptions, 'config'>> & { config?: Partial<Config> } = {}) => {
  const log = recordingLog(credentials);
  const ring = await openKeyRing(log);
  rings.push(ring);
  const app = door({
    log,
    ring,
    countryOf: (c) => c.req.header('cf-ipcountry') ?? null,
    now: () => at,
    ...more,
    config: { origins: { kind: 'any' }, ratePerS: 100_000, ...more.config },
  });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
      headers,
    });
  return { app, log, ring, post };
};
const basic = (user: string, password = '') => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const event = (more: Record<string, unknown> = {}) => ({
  type: 'track',
  event: 'X',
  anonymousId: 'a1',
  messageId: 'm1',
  ...more,
});
const answerOf = async (response: Response | Promise<Response>) => (await (await response).json()) as Answer;
const errorOf = async (response: Response | Promise<Response>) => {
  const it = await response;
  const { error } = (await it.json()) as { error: { code: string; message: string; hint: string } };
  expect(error.message.length).toBeGreaterThan(5);
  expect(error.hint.length).toBeGreaterThan(5);
  return [it.status, error.code] as const;
};

describe('what real clients send', () => {
  interface Captured {
    client: string;
    path: string;
    headers: Record<string, string>;
    bodyText: string;
    bodyGzipBase64: string | null;
  }
  it.each((fixture('node-clients.json').requests as Captured[]).map((request) => [request.client, request] as const))(
    '%s is understood, byte for byte',
    async (_client, request) => {
      const { post, log } = await opened();
      const body = request.bodyGzipBase64 ? Buffer.from(request.bodyGzipBase64, 'base64') : request.bodyText;
      const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
      const response = await post(request.path, body, headers);
      expect(response.status).toBe(200);
      const sent = (JSON.parse(request.bodyText) as { batch: unknown[] }).batch.length;
      expect(await response.json()).toMatchObject({ accepted: sent, rejected: [] });
      expect(log.submissions[0]).toMatchObject({ text: request.bodyText, type: null, receivedAt: at });
    },
  );
});

describe('the routes', () => {
  it.each(Object.entries(routes))('%s hands on a %s', async (path, type) => {
    const { post, log } = await opened();
    const call = event({ userId: 'u', groupId: 'g', previousId: 'a1', type: undefined });
    const body = type === null ? { batch: [event()], writeKey } : { ...call, writeKey };
    expect(await answerOf(post(path, body))).toMatchObject({ accepted: 1 });
    expect(log.submissions[0]!.type).toBe(type);
    expect(log.submissions[0]!.text).toBe(JSON.stringify(body));
  });
  it('take JSON whatever the content type says', async () => {
    const { post } = await opened();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'image/png',
      'application/json; charset=utf-8',
    ]) {
      expect((await post('/v1/t', event({ writeKey }), { 'content-type': type })).status).toBe(200);
    }
  });
  it('take gzip whatever the headers say, and plain text that is labelled as gzip', async () => {
    const { post, log } = await opened();
    const text = JSON.stringify(event({ writeKey }));
    expect((await post('/v1/t', gzipSync(text))).status).toBe(200);
    expect((await post('/v1/t', text, { 'content-encoding': 'gzip' })).status).toBe(200);
    expect((await post('/v1/t', `\ufeff${text}`)).status).toBe(200);
    expect(log.submissions.map((submission) => submission.text)).toEqual([text, text, text]);
  });
  it('tell the log what only the request knows', async () => {
    const { post, log } = await opened();
    const headers = { 'sec-gpc': '1', 'user-agent': 'Firefox', origin: 'https://shop.example', 'cf-ipcountry': 'FR' };
    await post('/v1/t', event({ writeKey }), headers);
    await post('/v1/t', event(), { ...headers, ...bearer(secretKey), 'sec-gpc': 'true' });
    expect(log.submissions.map(({ text: _, ...rest }) => rest)).toMatchObject([
      {
        gpc: true,
        userAgent: 'Firefox',
        country: 'FR',
        origin: 'https://shop.example',
        key: { trust: 'public', mode: 'ledger' },
      },
      { gpc: false, userAgent: null, key: { trust: 'secret', mode: 'external' } },
    ]);
    expect(JSON.stringify(log.submissions[1]!.key)).not.toContain(secretKey);
  });
});

describe('a key', () => {
  it.each([
    ['write key as user of Basic', basic(writeKey), {}, 'public'],
    ['write key as user of Basic with a password', basic(writeKey, 'x:y'), {}, 'public'],
    ['write key as Basic without a colon', { authorization: `basic ${btoa(writeKey)}` }, {}, 'public'],
    ['write key in the body', {}, { writeKey }, 'public'],
    ['write key as Bearer', bearer(writeKey), {}, 'public'],
    ['secret key as Bearer', bearer(secretKey), {}, 'secret'],
    ['secret key as user of Basic', basic(secretKey), {}, 'secret'],
    ['header before body', bearer(secretKey), { writeKey }, 'secret'],
    ['body beside a header of another scheme', { authorization: 'Digest x' }, { writeKey }, 'public'],
    ['body beside an empty Basic', basic(''), { writeKey }, 'public'],
  ])('is found: %s', async (_where, headers, more, trust) => {
    const { post, log } = await opened();
    expect((await post('/v1/batch', { batch: [event()], ...more }, headers)).status).toBe(200);
    expect(log.submissions[0]!.key.trust).toBe(trust);
  });
  it.each([
    ['none at all', {}, {}],
    ['unknown in the body', {}, { writeKey: 'wk_no' }],
    ['a secret key in the body', {}, { writeKey: secretKey }],
    ['no text in the body', {}, { writeKey: [writeKey] }],
    ['empty in the body', {}, { writeKey: '' }],
    ['unknown in the header, a good one in the body', bearer('sk_no'), { writeKey }],
    ['empty Basic', basic(''), {}],
    ['a very long one', basic('x'.repeat(500)), {}],
    ['the name of a prototype', basic('__proto__'), { writeKey: 'constructor' }],
  ])('is missed: %s', async (_why, headers, more) => {
    const { post, log } = await opened();
    expect(await errorOf(post('/v1/batch', { batch: [event()], ...more }, headers))).toEqual([401, 'bad_key']);
    expect(log.submissions).toEqual([]);
  });
  it('that was revoked in another process is refused, and a new one is known, without a restart', async () => {
    const { post, log, ring } = await opened();
    let clock = 0;
    const timely = await openKeyRing(log, () => clock);
    rings.push(timely);
    const { value } = { value: writeCredential('wk_new', given, { mode: 'ledger' }) };
    await log.command({ kind: 'keys', act: 'create', value });
    expect(timely.write('wk_new')).toBeNull();
    expect(await timely.refresh()).toBe(false);
    clock += 1_001;
    expect(await timely.refresh()).toBe(true);
    expect(timely.write('wk_new')).not.toBeNull();
    await log.command({ kind: 'keys', act: 'revoke', value: { id: value.id, at } });
    clock += 1_001;
    await timely.refresh();
    expect(timely.write('wk_new')).toBeNull();
    expect(ring.write(writeKey)).not.toBeNull();
    expect((await post('/v1/t', event({ writeKey }))).status).toBe(200);
  });
  it('that is unknown does not make the door ask the store at every request', async () => {
    const { post, log } = await opened();
    const asked = vi.spyOn(log, 'command');
    for (let time = 0; time < 20; time += 1) await post('/v1/t', event({ writeKey: `wk_${time}` }));
    expect(asked.mock.calls.length).toBeLessThanOrEqual(2);
  });
});

describe('the way in is shut with a clear word', () => {
  it.each([
    ['an empty body', '', 'bad_json'],
    ['half a body', '{"batch":[', 'bad_json'],
    ['an array', '[1]', 'bad_json'],
    ['null', 'null', 'bad_json'],
    ['a batch that is none', JSON.stringify({ batch: {} }), 'bad_json'],
    ['no batch', '{}', 'bad_json'],
    ['a batch whose context is none', JSON.stringify({ batch: [], context: { page: 5 } }), 'bad_json'],
    ['what begins like gzip', new Uint8Array([0x1f, 0x8b, 1, 2, 3]), 'bad_gzip'],
    ['two bytes of gzip', new Uint8Array([0x1f, 0x8b]), 'bad_gzip'],
    ['gzip cut short', gzipSync(JSON.stringify({ batch: [] })).subarray(0, 20), 'bad_gzip'],
    ['gzip of no JSON', gzipSync('hello'), 'bad_json'],
    ['100,000 opening brackets', '['.repeat(100_000), 'bad_json'],
    ['50,000 opening braces', '[{"":'.repeat(50_000), 'bad_json'],
    ['100,000 brackets, closed', '['.repeat(100_000) + ']'.repeat(100_000), 'bad_json'],
    [
      '100,000 brackets around a name that reaches a prototype',
      `{"x":${'['.repeat(100_000)}{"__proto__":1}${']'.repeat(100_000)}}`,
      'bad_json',
    ],
    [
      'a context of the batch that has no bottom',
      `{"batch":[],"context":{"x":${'['.repeat(41)}${']'.repeat(41)}}}`,
      'bad_json',
    ],
  ])('%s: 400', async (_what, body, code) => {
    const { post } = await opened();
    expect(await errorOf(post('/v1/batch', body, basic(writeKey)))).toEqual([400, code]);
  });
  it('a foreign origin: 403, when origins are listed or must be the same', async () => {
    const listed = await opened({ config: { origins: { kind: 'listed', origins: ['https://shop.example'] } } });
    const same = await opened({ config: { origins: { kind: 'same' } } });
    const from = (origin?: string) => ({ host: 'weft.shop.example', ...(origin ? { origin } : {}) });
    const status = async (it: typeof listed, origin?: string) =>
      (await it.post('/v1/t', event({ writeKey }), from(origin))).status;
    expect(await status(listed, 'https://shop.example')).toBe(200);
    expect(await status(listed, 'https://evil.example')).toBe(403);
    expect(await status(listed, 'http://shop.example')).toBe(403);
    expect(await status(listed, 'null')).toBe(403);
    expect(await status(listed)).toBe(200);
    expect(await status(same, 'https://weft.shop.example')).toBe(200);
    expect(await status(same, 'https://shop.example')).toBe(403);
    expect(await status(same, 'null')).toBe(403);
    expect(await status(same)).toBe(200);
    expect(await errorOf(same.post('/v1/t', event({ writeKey }), from('https://evil.example')))).toEqual([
      403,
      'origin',
    ]);
    expect(listed.log.submissions).toHaveLength(2);
  });
  it('the order of the stations decides which word: key before origin, origin before rate, rate before shape', async () => {
    const { post } = await opened({ config: { origins: { kind: 'same' }, ratePerS: 1 } });
    const evil = { origin: 'https://evil.example' };
    expect(await errorOf(post('/v1/batch', '{', { ...evil, ...basic('wk_no') }))).toEqual([401, 'bad_key']);
    expect(await errorOf(post('/v1/batch', '{', { ...evil, ...basic(writeKey) }))).toEqual([403, 'origin']);
    expect(await errorOf(post('/v1/batch', '{', basic(writeKey)))).toEqual([400, 'bad_json']);
    await post('/v1/batch', { batch: [event(), event()] }, basic(writeKey));
    expect(await errorOf(post('/v1/batch', '{', basic(writeKey)))).toEqual([429, 'rate_limited']);
    expect(await errorOf(post('/v1/batch', '{', { ...evil, ...basic(writeKey) }))).toEqual([403, 'origin']);
  });
  it('2,501 events: 413; 2,500: each has its verdict', async () => {
    const { post } = await opened();
    const many = (count: number) => ({
      writeKey,
      batch: Array.from({ length: count }, (_, index) => event({ messageId: `m${index}` })),
    });
    expect(await errorOf(post('/v1/batch', many(2_501)))).toEqual([413, 'too_many_events']);
    expect(await answerOf(post('/v1/batch', many(2_500)))).toMatchObject({ accepted: 2_500 });
  });
  it('a body over 512,000 bytes: 413, plain, chunked and inflated; one of exactly that size is taken', async () => {
    const { post, app } = await opened();
    const sized = (bytes: number) => {
      const frame = JSON.stringify({ batch: [], writeKey, pad: '' });
      return JSON.stringify({ batch: [], writeKey, pad: 'x'.repeat(bytes - frame.length) });
    };
    const exact = sized(limits.bodyMaxBytes);
    const over = sized(limits.bodyMaxBytes + 1);
    expect((await post('/v1/batch', exact)).status).toBe(200);
    expect((await post('/v1/batch', gzipSync(exact))).status).toBe(200);
    expect(await errorOf(post('/v1/batch', over))).toEqual([413, 'body_too_large']);
    expect(await errorOf(post('/v1/batch', gzipSync(over)))).toEqual([413, 'body_too_large']);
    expect(await errorOf(post('/v1/batch', sized(2_000_000), { 'content-length': '2000000' }))).toEqual([
      413,
      'body_too_large',
    ]);
    let handed = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        handed += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const chunked = app.request('/v1/batch', { method: 'POST', body: endless, duplex: 'half' } as RequestInit);
    expect(await errorOf(chunked)).toEqual([413, 'body_too_large']);
    expect(handed).toBeLessThan(2 * limits.bodyMaxBytes);
  });
  it('a gzip bomb costs what an honest body costs', async () => {
    const { post } = await opened();
    const bomb = gzipSync(Buffer.alloc((400 * 1024 * 1024) / 8), { level: 9 });
    expect(bomb.length).toBeLessThan(limits.bodyMaxBytes);
    const before = process.memoryUsage().rss;
    for (let time = 0; time < 20; time += 1) {
      expect(await errorOf(post('/v1/batch', bomb, basic(writeKey)))).toEqual([413, 'body_too_large']);
    }
    const bombs = Buffer.concat([bomb, bomb]);
    expect((await errorOf(post('/v1/batch', bombs, basic(writeKey))))[0]).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });
  it('a key above its rate: 429 with Retry-After, and only that key', async () => {
    const { post, log } = await opened({ config: { ratePerS: 10 } });
    const batch = (count: number, key = writeKey) =>
      post('/v1/batch', { batch: Array.from({ length: count }, () => event()), writeKey: key });
    expect((await batch(35)).status).toBe(200);
    const refused = await batch(1);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBe(3);
    expect((await batch(1, 'wk_claimed')).status).toBe(200);
    expect((await post('/v1/batch', { batch: [event()] }, bearer(secretKey))).status).toBe(200);
    // A withdrawal does not wait behind the events it is about.
    log.answerCommand = () => ({ status: 200, body: {} });
    expect((await post('/v1/consent', { writeKey, kind: 'withdraw', decisions: [] })).status).toBe(200);
  });
  it('too much waiting, or a log that cannot take it: 503 with Retry-After, and nothing is said to be stored', async () => {
    const { post, log } = await opened({ waitingMaxEvents: 10 });
    log.pretendWaiting = 11;
    const full = await post('/v1/t', event({ writeKey }));
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '1']);
    log.pretendWaiting = 0;
    log.failure = unavailable();
    const away = await post('/v1/t', event({ writeKey }));
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await errorOf(post('/v1/t', event({ writeKey })))).toEqual([503, 'unavailable']);
    log.failure = null;
    expect((await post('/v1/t', event({ writeKey }))).status).toBe(200);
  });
});

describe('a verdict for each event', () => {
  it('one bad event of 2,500 costs itself and no other', async () => {
    const { post, log } = await opened();
    const batch: unknown[] = Array.from({ length: 2_500 }, (_, index) => event({ messageId: `m${index}` }));
    batch[1_234] = event({ messageId: 'bad', timestamp: 'yesterday' });
    const answer = await answerOf(post('/v1/batch', { batch, writeKey }));
    expect(answer.accepted).toBe(2_499);
    expect(answer.rejected).toEqual([
      {
        index: 1_234,
        messageId: 'bad',
        code: 'bad_timestamp',
        path: 'timestamp',
        message: expect.stringContaining('ISO 8601'),
      },
    ]);
    expect(log.submissions[0]!.rejected).toEqual(answer.rejected);
  });
  it('an event over 32,768 bytes is rejected, one of exactly that size is not', async () => {
    const { post } = await opened();
    const sized = (bytes: number, fill = 'x') => {
      const frame = Buffer.byteLength(JSON.stringify(event({ properties: { pad: '' } })));
      const room = bytes - frame;
      const width = Buffer.byteLength(fill);
      return event({ properties: { pad: fill.repeat(Math.floor(room / width)) + 'x'.repeat(room % width) } });
    };
    const check = async (batch: unknown[], space?: number) =>
      (await answerOf(post('/v1/batch', JSON.stringify({ writeKey, batch }, null, space)))).rejected.map(
        ({ index, code }) => [index, code],
      );
    expect(await check([sized(32_768), sized(32_769), sized(100)])).toEqual([[1, 'event_too_large']]);
    expect(await check([sized(32_768, '€'), sized(32_769, '€')])).toEqual([[1, 'event_too_large']]);
    expect(await check([sized(100), null, sized(40_000)])).toEqual([
      [1, 'bad_event'],
      [2, 'event_too_large'],
    ]);
    const single = await answerOf(post('/v1/t', sized(32_769), basic(writeKey)));
    expect(single.rejected).toMatchObject([{ index: 0, code: 'event_too_large' }]);
    expect((await answerOf(post('/v1/t', sized(32_768), basic(writeKey)))).accepted).toBe(1);
  });
  it('an import with a secret key takes an event as long as a body, and nobody else does', async () => {
    const { post } = await opened();
    const sized = (bytes: number) => {
      const frame = Buffer.byteLength(JSON.stringify(event({ properties: { pad: '' } })));
      return event({ properties: { pad: 'x'.repeat(bytes - frame) } });
    };
    const verdict = async (path: string, bytes: number, key: Record<string, string>) =>
      (await answerOf(post(path, JSON.stringify({ batch: [sized(bytes)] }), key))).rejected.map((it) => it.code);
    expect(await verdict('/v1/import', limits.importEventMaxBytes, bearer(secretKey))).toEqual([]);
    expect(await verdict('/v1/import', limits.importEventMaxBytes + 1, bearer(secretKey))).toEqual(['event_too_large']);
    expect(await verdict('/v1/import', 32_769, basic(writeKey))).toEqual(['event_too_large']);
    expect(await verdict('/v1/batch', 32_769, bearer(secretKey))).toEqual(['event_too_large']);
  });
  it('an escaped second `batch` does not smuggle a long event past the limit', async () => {
    const { post } = await opened();
    const long = JSON.stringify(event({ properties: { pad: 'x'.repeat(40_000) } }));
    const body = `{"writeKey":"${writeKey}","batch":[{}],"b\\u0061tch":[${long}]}`;
    expect((await answerOf(post('/v1/batch', body))).rejected).toMatchObject([{ index: 0, code: 'event_too_large' }]);
  });
  it('an event that has no bottom is rejected, and walked no further than the limit', async () => {
    const { post, log } = await opened();
    const nested = (levels: number) =>
      event({ properties: { x: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown } });
    const deepest = limits.depthMax - 2;
    const bottomless = `{"writeKey":"${writeKey}","batch":[${JSON.stringify(nested(deepest))},${JSON.stringify(nested(deepest + 1))},{"type":"page","properties":{"x":${'{"x":'.repeat(50_000)}1${'}'.repeat(50_000)}}}]}`;
    const answer = await answerOf(post('/v1/batch', bottomless));
    expect(answer.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'bad_event'],
      [2, 'event_too_large'],
    ]);
    expect((await answerOf(post('/v1/t', { ...nested(deepest + 1), writeKey }))).rejected).toMatchObject([
      { code: 'bad_event' },
    ]);
    expect(
      await errorOf(post('/v1/consent', { writeKey, kind: 'refuse', decisions: [], ui: nested(deepest + 1) })),
    ).toEqual([400, 'bad_json']);
    expect(log.submissions).toHaveLength(2);
  });
  it('an empty batch is answered with zeros', async () => {
    const { post } = await opened();
    expect(await answerOf(post('/v1/batch', { batch: [], writeKey }))).toEqual({
      accepted: 0,
      duplicates: 0,
      held: [],
      dropped: [],
      rejected: [],
      warnings: [],
    });
  });
  it('a single call that is wrong is a verdict, not an error', async () => {
    const { post } = await opened();
    const response = await post('/v1/track', { writeKey, anonymousId: 'a', messageId: 'm9' });
    expect(response.status).toBe(200);
    expect((await answerOf(response)).rejected).toMatchObject([
      { index: 0, messageId: 'm9', code: 'bad_event', path: 'event' },
    ]);
  });
});

describe('hostile JSON', () => {
  interface Case {
    dir: string;
    name: string;
    expect: 'accept' | 'reject' | 'either';
    base64: string | null;
  }
  const suite = (fixture('json_test_suite.json') as Case[]).filter(
    (it) => it.base64 !== null && it.dir === 'test_parsing',
  );

  it(`the ${suite.length} parsing cases of JSONTestSuite: what must be refused is 400, what must be read is kept, nothing is 5xx`, async () => {
    const { post, log } = await opened({ config: { ratePerS: 1e7 } });
    for (const it of suite) {
      const value = Buffer.from(it.base64!, 'base64');
      const alone = await post('/v1/batch', new Uint8Array(value), basic(writeKey));
      expect([it.name, alone.status]).toEqual([it.name, 400]);
      const inside = Buffer.concat([
        Buffer.from('{"event":"X","userId":"u","properties":{"v":'),
        value,
        Buffer.from('}}'),
      ]);
      const response = await post('/v1/track', new Uint8Array(inside), basic(writeKey));
      if (it.expect === 'accept') expect([it.name, response.status]).toEqual([it.name, 200]);
      else expect([it.name, response.status]).toSatisfy(([, status]) => status === 200 || status === 400);
    }
    expect(log.submissions.length).toBeGreaterThan(90);
  });

  it('every naughty string passes as a value, and none is repeated in an answer', async () => {
    const { post, log } = await opened({ config: { ratePerS: 1e7 } });
    const strings = fixture('blns.json') as string[];
    for (const naughty of strings) {
      const response = await post(
        '/v1/track',
        event({
          writeKey,
          event: naughty || 'x',
          properties: { [naughty]: naughty },
          context: { page: { title: naughty } },
        }),
      );
      expect([naughty, response.status]).toEqual([naughty, 200]);
      expect((await answerOf(response)).rejected).toEqual([]);
    }
    expect(log.submissions).toHaveLength(strings.length);
    const refused = await post('/v1/batch', {
      writeKey,
      batch: strings.map((naughty) => ({ type: naughty, timestamp: naughty })),
    });
    const text = await refused.text();
    for (const naughty of strings.filter((it) => it.length > 12))
      expect(text).not.toContain(JSON.stringify(naughty).slice(1, -1));
  });

  it('names that reach a prototype change no prototype, and do not reach the writer', async () => {
    const { post, log } = await opened();
    const bodies = (fixture('prototype_pollution.json') as { json_bodies: string[] }).json_bodies;
    for (const body of bodies) {
      const inner = body.startsWith('{') ? body.slice(1, -1) : `"list":${body}`;
      const call = `{"event":"X","writeKey":"${writeKey}","messageId":"m",${inner}}`;
      expect((await post('/v1/track', call)).status).toBe(200);
      await post('/v1/batch', `{"writeKey":"${writeKey}","batch":[${body}],${inner}}`);
      await post('/v1/consent', `{"writeKey":"${writeKey}","kind":"grant","decisions":[],${inner}}`);
    }
    expect(log.submissions.length).toBeGreaterThan(bodies.length);
    for (const { text } of log.submissions) {
      expect(
        JSON.stringify(JSON.parse(text, (name, value: unknown) => (name === '__proto__' ? 'reached' : value))),
      ).not.toContain('reached');
    }
    const probe: Record<string, unknown> = {};
    expect(probe.polluted).toBeUndefined();
    expect(probe.isAdmin).toBeUndefined();
    expect(typeof probe.toString).toBe('function');
    // The names stay good values.
    await post('/v1/track', event({ writeKey, event: '__proto__', userId: '__proto__' }));
    expect(JSON.parse(log.submissions.at(-1)!.text)).toMatchObject({ event: '__proto__', userId: '__proto__' });
  });
});

describe('pages of other origins', () => {
  it('send without a preflight, and may read the answer; no answer ever allows credentials', async () => {
    const any = await opened();
    const listed = await opened({ config: { origins: { kind: 'listed', origins: ['https://shop.example'] } } });
    const simple = { 'content-type': 'text/plain', origin: 'https://shop.example' };
    const told = async (it: typeof any, headers: Record<string, string>) => {
      const response = await it.post('/v1/t', event({ writeKey }), headers);
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      return response.headers.get('access-control-allow-origin');
    };
    expect(await told(any, simple)).toBe('*');
    expect(await told(listed, simple)).toBe('https://shop.example');
    expect(await told(listed, { ...simple, origin: 'https://evil.example' })).toBeNull();
    const refused = await any.post('/v1/t', '{', simple);
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([400, '*']);
  });
  it('may ask before, as foreign clients with headers of their own do', async () => {
    const { app } = await opened();
    for (const path of ['/v1/batch', '/v1/t', '/v1/consent']) {
      const response = await app.request(path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://shop.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,anonymousid,content-type',
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-methods')).toContain('POST');
      expect(response.headers.get('access-control-allow-headers')).toBe('authorization,anonymousid,content-type');
    }
  });
});

describe('the consent route', () => {
  const receipt = 'AAAAAAAAAAAAAAAAAAAAAA';
  const row = {
    receipt,
    kind: 'grant',
    visitorId: 'a1',
    epoch: 'e1',
    supersedes: null,
    decisions: [{ purpose: 'measurement', value: 'granted', source: 'user', materialHash: 'h' }],
    policy: { version: '1' },
    text: null,
    ui: { layer: 'first' },
    gpc: { js: false },
    clientAt: '2026-11-22T05:47:04.039Z',
  };
  it('hands on the row without the key, and answers what the ledger says', async () => {
    const { post, log } = await opened();
    log.answerCommand = () => ({ status: 200, body: { receipt, seq: 1, at: 'x', expiresAt: 'y' } });
    const response = await post(
      '/v1/consent',
      { ...row, writeKey },
      { 'content-type': 'text/plain', 'sec-gpc': '1', origin: 'https://shop.example' },
    );
    expect([response.status, await response.json()]).toEqual([200, { receipt, seq: 1, at: 'x', expiresAt: 'y' }]);
    expect(log.commands).toMatchObject([
      { kind: 'consent', row, gpc: true, receivedAt: at, origin: 'https://shop.example', key: { trust: 'public' } },
    ]);
    expect(JSON.stringify(log.commands[0])).not.toContain(writeKey);
  });
  it('answers 409 for another row under a known receipt, and 400 for what is no row', async () => {
    const { post, log } = await opened();
    log.answerCommand = () => ({ status: 409, body: null });
    expect(await errorOf(post('/v1/consent', { ...row, writeKey }))).toEqual([409, 'receipt_conflict']);
    for (const bad of [
      { kind: 'maybe' },
      { receipt: 'short' },
      { decisions: {} },
      { decisions: [{ purpose: 'measurement', value: 'perhaps' }] },
    ]) {
      expect(await errorOf(post('/v1/consent', { ...row, ...bad, writeKey }))).toEqual([400, 'bad_request']);
    }
    expect(await errorOf(post('/v1/consent', row))).toEqual([401, 'bad_key']);
  });
  it('takes a refusal, which carries no id', async () => {
    const { post, log } = await opened();
    log.answerCommand = () => ({ status: 200, body: { receipt: null, seq: 2, at: 'x', expiresAt: null } });
    const refusal = { kind: 'refuse', receipt: null, visitorId: null, decisions: [], writeKey };
    expect((await post('/v1/consent', refusal)).status).toBe(200);
  });
});
