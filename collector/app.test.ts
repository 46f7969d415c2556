import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { plain } from './app/fixtures/plain.js';
import { knownId, recordingReader } from './app/fixtures/reader.js';
import { operations } from './app/operations.js';
import { schemas } from './app/schemas.js';
import { type AppOptions, createApp } from './app.js';
import { parsePolicy, shippedSource } from './consent/policy/policy.js';
import { ecommerce } from './contract/ecommerce.js';
import { purposes } from './contract/purposes.js';
import { Unavailable } from './errors.js';
import { recordingLog } from './ingest/fixtures/recording-log.js';
import { openTurnedAway } from './ingest/turned-away.js';
import { secretCredential, writeCredential } from './site/keys.js';
import { type KeyRing, openKeyRing } from './site/ring.js';

const at = Date.parse('2026-11-22T06:00:00Z');
const given = { label: 'test', seeded: false, at };
const credentials = [
  writeCredential('wk_test', given, { mode: 'ledger' }),
  secretCredential('sk_all', given),
  secretCredential('sk_plain', given, { roles: [] }),
  secretCredential('sk_mailer', given, { recipient: 'mailer' }),
  secretCredential('sk_mailer_narrow', given, { recipient: 'mailer', covers: ['personalisation'] }),
  secretCredential('sk_counts', given, { covers: ['measurement'], roles: [] }),
];
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const opened = async (more: Partial<AppOptions> = {}) => {
  const log = recordingLog(credentials);
  const ring: KeyRing = await openKeyRing(log);
  const reader = recordingReader();
  const lines: string[] = [];
  const sdkFolder = mkdtempSync(join(tmpdir(), 'weft-sdk-'));
  closing.push(
    () => ring.close(),
    () => rmSync(sdkFolder, { recursive: true }),
  );
  const app = createApp({
    ...plain,
    config: { origins: { kind: 'any' }, ratePerS: 1_000 },
    log,
    ring,
    reader,
    logger: pino({ level: 'debug' }, { write: (text: string) => lines.push(text) }),
    sdkFolder,
    placeOf: (headers) => ({ country: headers.get('cf-ipcountry'), region: null }),
    pageConfig: ({ country }) => ({
      policy: { version: '1', configHash: 'h' },
      consent: { purposes: [{ id: 'measurement', materialHash: 'm' }] },
      region: { code: country, model: 'opt-in' },
      settings: {},
    }),
    now: () => at,
    ...more,
  });
  const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });
  return { app, log, reader, lines, sdkFolder, get, post };
};
const as = (secret: string) => ({ authorization: `Bearer ${secret}` });
const errorOf = async (response: Response | Promise<Response>) => {
  const it = await response;
  const { error } = (await it.json()) as { error: { code: string; hint: string } };
  expect(error.hint).not.toBe('');
  return [it.status, error.code];
};

describe('reading people', () => {
  it('takes a secret key, and says which of key, role or purpose is missing', async () => {
    const { get, post } = await opened();
    for (const path of ['/v1/profiles?userId=u', `/v1/profiles/${knownId}`, `/v1/profiles/${knownId}/events`]) {
      expect(await errorOf(get(path))).toEqual([401, 'bad_key']);
      expect(await errorOf(get(path, as('sk_no')))).toEqual([401, 'bad_key']);
      expect(await errorOf(get(path, as('wk_test')))).toEqual([403, 'forbidden']);
      expect(await errorOf(get(`${path}${path.includes('?') ? '&' : '?'}purpose=marketing`, as('sk_counts')))).toEqual([
        403,
        'forbidden',
      ]);
      expect((await get(path, as('sk_plain'))).status).toBe(200);
      expect((await get(path, { authorization: `Basic ${btoa('sk_plain:')}` })).status).toBe(200);
    }
    expect(await errorOf(post('/v1/merges', { from: 'a', into: 'b' }, as('sk_plain')))).toEqual([403, 'forbidden']);
    expect(await errorOf(post('/v1/merges/m/undo', '', as('sk_plain')))).toEqual([403, 'forbidden']);
    expect(await errorOf(post('/v1/privacy/erasures', { userId: 'u' }, as('sk_plain')))).toEqual([403, 'forbidden']);
    expect(await errorOf(get('/v1/privacy/erasures/e', as('sk_plain')))).toEqual([403, 'forbidden']);
  });

  it('a recipient reads for what the consent file in force lists it at, and for nothing else its key carries', async () => {
    const listing = (recipients: Record<string, string[]>, more: object = {}) =>
      parsePolicy({
        purposes: [
          { id: 'necessary', always: true },
          { id: 'measurement', retentionDays: 395 },
          {
            id: 'personalisation',
            requires: ['measurement'],
            retentionDays: 180,
            recipients: recipients.personalisation,
          },
          { id: 'marketing', requires: ['personalisation'], retentionDays: 90, recipients: recipients.marketing },
          { id: 'sharing', requires: ['personalisation'], gpc: 'deny', retentionDays: 30 },
        ],
        recipients: { mailer: { name: 'Mail service', country: 'FR', role: 'processor' } },
        ...more,
      });
    let policy = listing({ marketing: ['mailer'] });
    const { get, reader } = await opened({ policy: { current: () => ({ policy, source: shippedSource }) } });
    const read = (secret: string, query = '') => get(`/v1/profiles?userId=u${query}`, as(secret));
    expect((await read('sk_mailer')).status).toBe(200);
    expect((await read('sk_mailer', '&purpose=marketing')).status).toBe(200);
    expect(reader.asked.map((one) => (one as unknown as { asked: { purposes: string[] } }).asked.purposes)).toEqual([
      ['marketing'],
      ['marketing'],
    ]);
    expect(await errorOf(read('sk_mailer', '&purpose=personalisation'))).toEqual([403, 'forbidden']);
    expect(await errorOf(read('sk_mailer', '&purpose=marketing,personalisation'))).toEqual([403, 'forbidden']);
    expect(await errorOf(read('sk_mailer_narrow'))).toEqual([403, 'forbidden']);
    // Of this house's own keys it says nothing.
    expect((await read('sk_plain', '&purpose=personalisation')).status).toBe(200);
    // It holds from the moment the file does: a recipient that is taken out reads nobody any more, nor any while all is off.
    policy = listing({ personalisation: ['mailer'], marketing: ['mailer'] });
    expect((await read('sk_mailer_narrow')).status).toBe(200);
    policy = listing({});
    expect(await errorOf(read('sk_mailer'))).toEqual([403, 'forbidden']);
    policy = listing({ marketing: ['mailer'] }, { killSwitch: true });
    expect(await errorOf(read('sk_mailer'))).toEqual([403, 'forbidden']);
  });

  it.each(['userId', 'anonymousId', 'email', 'phone', 'orderId'])('finds by %s', async (name) => {
    const { get, reader } = await opened();
    const response = await get(`/v1/profiles?${name}=${encodeURIComponent('a b+c@d')}`, as('sk_all'));
    expect([response.status, await response.json()]).toEqual([200, { profiles: [] }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(reader.asked).toEqual([
      { verb: 'profilesBy', what: { [name]: 'a b+c@d' }, asked: { purposes: [...purposes], now: at } },
    ]);
  });

  it.each([
    '',
    '?',
    '?userId=',
    '?userId=a&email=b',
    '?name=x',
    '?userId=a&userId=b',
    '?userId=a&purpose=',
    '?userId=a&purpose=spying',
    `?userId=${'x'.repeat(321)}`,
  ])('refuses the question "%s"', async (query) => {
    const { get, reader } = await opened();
    expect(await errorOf(get(`/v1/profiles${query}`, as('sk_all')))).toEqual([400, 'bad_request']);
    expect(reader.asked).toEqual([]);
  });

  it('narrows by purpose, and never beyond the key', async () => {
    const { get, reader } = await opened();
    await get(`/v1/profiles/${knownId}?purpose=measurement,marketing`, as('sk_all'));
    await get(`/v1/profiles/${knownId}`, as('sk_counts'));
    expect(reader.asked.map(({ asked }) => asked.purposes)).toEqual([['measurement', 'marketing'], ['measurement']]);
  });

  it('pages its lists', async () => {
    const { get, reader } = await opened();
    for (const name of ['events', 'sessions', 'carts', 'orders', 'merges']) {
      const path = `/v1/profiles/${knownId}/${name}`;
      reader.asked.length = 0;
      expect((await get(path, as('sk_all'))).status).toBe(200);
      const cursor = Buffer.from(name === 'events' ? '7.5' : '5').toString('base64url');
      expect((await get(`${path}?limit=500&cursor=${cursor}`, as('sk_all'))).status).toBe(200);
      expect(reader.asked).toMatchObject([
        { verb: name, asked: { limit: 50, cursor: null } },
        { verb: name, asked: { limit: 500, cursor } },
      ]);
      for (const bad of [
        'limit=0',
        'limit=501',
        'limit=-1',
        'limit=1.5',
        'limit=x',
        'cursor=',
        'cursor=abc',
        `cursor=${'x'.repeat(501)}`,
      ]) {
        expect(await errorOf(get(`${path}?${bad}`, as('sk_all')))).toEqual([400, 'bad_request']);
      }
      expect(await errorOf(get(`/v1/profiles/nobody/${name}`, as('sk_all')))).toEqual([404, 'not_found']);
    }
    expect(await errorOf(get('/v1/profiles/nobody', as('sk_all')))).toEqual([404, 'not_found']);
  });
});

describe('acting on people', () => {
  it('hands merges and undos to the log, with who asked and when', async () => {
    const { post, log } = await opened();
    log.answerCommand = () => ({ status: 200, body: { id: 'm1' } });
    expect((await post('/v1/merges', { from: 'u1', into: 'u2' }, as('sk_all'))).status).toBe(200);
    expect((await post('/v1/merges/m1/undo', '', as('sk_all'))).status).toBe(200);
    const by = credentials[1]!.id;
    expect(log.commands).toEqual([
      { kind: 'merge', from: 'u1', into: 'u2', by, at },
      { kind: 'undo', mergeId: 'm1', by, at },
    ]);
    log.answerCommand = () => ({ status: 404, body: null });
    expect(await errorOf(post('/v1/merges/m2/undo', '', as('sk_all')))).toEqual([404, 'not_found']);
    expect(await errorOf(post('/v1/merges', { from: 'u1' }, as('sk_all')))).toEqual([400, 'bad_request']);
    expect(await errorOf(post('/v1/merges', '{', as('sk_all')))).toEqual([400, 'bad_json']);
  });

  it('forgets by key, or by the word of the person, and by nothing else', async () => {
    const { post, get, log } = await opened();
    log.answerCommand = ({ kind }) => ({ status: kind === 'erase' ? 202 : 200, body: { id: 'e1', state: 'running' } });
    for (const subject of [{ userId: 'u' }, { anonymousId: 'a' }, { email: 'x@y.z' }, { profileId: 'p' }]) {
      const response = await post('/v1/privacy/erasures', subject, as('sk_all'));
      expect([response.status, await response.json()]).toEqual([202, { id: 'e1', state: 'running' }]);
      expect(log.commands.at(-1)).toEqual({ kind: 'erase', subject, by: credentials[1]!.id, at });
      expect(await errorOf(post('/v1/privacy/erasures', subject))).toEqual([401, 'bad_key']);
    }
    const word = { visitorId: 'a1', receipt: 'r1' };
    const response = await post(
      '/v1/privacy/erasures',
      { ...word, writeKey: 'wk_test' },
      { 'content-type': 'text/plain' },
    );
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([202, '*']);
    expect(log.commands.at(-1)).toEqual({ kind: 'erase', subject: word, by: 'person', at });
    for (const bad of [{}, { userId: 'a', email: 'b' }, { visitorId: 'a' }, { userId: 5 }, { userId: '' }]) {
      expect(await errorOf(post('/v1/privacy/erasures', bad, as('sk_all')))).toEqual([400, 'bad_request']);
    }
    expect((await get('/v1/privacy/erasures/e1', as('sk_all'))).status).toBe(200);
    expect(log.commands.at(-1)).toEqual({ kind: 'erasure', id: 'e1' });
    log.answerCommand = () => ({ status: 200, body: { id: 'e1', state: 'done', counts: { events: 3 } } });
    expect(await (await get('/v1/privacy/erasures/e1', as('sk_all'))).json()).toHaveProperty('counts');
    expect(await (await get('/v1/privacy/erasures/e1')).json()).toEqual({ id: 'e1', state: 'done' });
  });
});

describe('what pages fetch', () => {
  it('config: no cookie, no query, kept five minutes by the asker alone', async () => {
    const { get } = await opened();
    for (const path of ['/v1/config', '/v1/config/wk_test', '/v1/config?x=1']) {
      const response = await get(path, { 'cf-ipcountry': 'FR', cookie: 'a=b' });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ policy: { version: '1' }, region: { code: 'FR' }, settings: {} });
      expect(response.headers.get('cache-control')).toBe('private, max-age=300');
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
    expect(await errorOf(get('/v1/config/wk_no'))).toEqual([404, 'not_found']);
    expect(await errorOf(get('/v1/config/sk_all'))).toEqual([404, 'not_found']);
  });

  it("the settings of Segment's browser client send it back to where it asked", async () => {
    const { get } = await opened();
    const told = async (headers: Record<string, string>) => {
      const response = await get('http://weft.shop.example/v1/projects/wk_test/settings', headers);
      return ((await response.json()) as { integrations: { 'Segment.io': object } }).integrations['Segment.io'];
    };
    expect(await told({ host: 'localhost:8787' })).toMatchObject({
      apiKey: 'wk_test',
      apiHost: 'localhost:8787/v1',
      protocol: 'http',
    });
    expect(await told({ host: 'weft.shop.example', 'x-forwarded-proto': 'https' })).toMatchObject({
      apiHost: 'weft.shop.example/v1',
      protocol: 'https',
    });
    expect(await told({ origin: 'https://shop.example' })).toMatchObject({ protocol: 'https' });
    expect(await errorOf(get('/v1/projects/wk_no/settings'))).toEqual([404, 'not_found']);
  });

  it('the script: an ETag and an hour; a chunk: for ever; both compressed for who can read it', async () => {
    const { get, sdkFolder } = await opened();
    expect(await errorOf(get('/weft.js'))).toEqual([404, 'not_found']);
    mkdirSync(join(sdkFolder, 'weft'));
    const text = 'console.log("weft");'.repeat(50);
    writeFileSync(join(sdkFolder, 'weft.js'), text);
    writeFileSync(join(sdkFolder, 'weft', 'banner-0a1b.js'), text);
    writeFileSync(join(sdkFolder, 'secret.txt'), 'secret');
    const again = await opened({ sdkFolder });
    const plain = await again.get('/weft.js');
    expect(await plain.text()).toBe(text);
    expect(Object.fromEntries(plain.headers)).toMatchObject({
      'cache-control': 'public, max-age=3600',
      'content-type': 'text/javascript; charset=utf-8',
      'access-control-allow-origin': '*',
    });
    const br = await again.get('/weft.js', { 'accept-encoding': 'gzip, deflate, br' });
    expect(brotliDecompressSync(Buffer.from(await br.arrayBuffer())).toString()).toBe(text);
    const gz = await again.get('/weft.js', { 'accept-encoding': 'gzip, br;q=0' });
    expect([gz.headers.get('content-encoding'), gunzipSync(Buffer.from(await gz.arrayBuffer())).toString()]).toEqual([
      'gzip',
      text,
    ]);
    const known = await again.get('/weft.js', { 'if-none-match': plain.headers.get('etag')! });
    expect([known.status, await known.text()]).toEqual([304, '']);
    expect((await again.get('/weft.js', { 'if-none-match': '"other"' })).status).toBe(200);
    const chunk = await again.get('/weft/banner-0a1b.js');
    expect(chunk.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    for (const path of ['/weft/..%2fsecret.txt', '/weft/../secret.txt', '/weft/secret.txt', '/weft/', '/weft/%00']) {
      expect((await again.get(path)).status).toBe(404);
    }
  });
});

describe('what operators fetch', () => {
  it('lives, is ready when events are taken, and says when not', async () => {
    let why: string | null = null;
    const { get } = await opened({ ready: async () => why });
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    why = 'The disk is full.';
    const refused = await get('/readyz');
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'unavailable', hint: why } }]);
    const broken = await opened({
      ready: async () => {
        throw new Unavailable('gone');
      },
    });
    expect((await broken.get('/readyz')).status).toBe(503);
  });

  it('counts verdicts by code, requests by route, and what waits; it knows no id', async () => {
    const { post, get, log } = await opened();
    log.append = async () => ({
      accepted: 3,
      duplicates: 2,
      held: [{ index: 5, messageId: 'secret-id', code: 'unknown_receipt' }],
      dropped: [{ index: 6, messageId: 'secret-id', code: 'withdrawn' }],
      rejected: [{ index: 7, messageId: 'secret-id', code: 'never-heard-of', path: '', message: '' }],
      warnings: [{ index: 0, messageId: 'secret-id', code: 'bot' }],
    });
    log.pretendWaiting = 7;
    await post('/v1/batch', { batch: [], writeKey: 'wk_test' });
    await get(`/v1/profiles/${knownId}?userId=secret-id`, as('sk_all'));
    await get('/secret-id/path');
    const text = await (await get('/metrics')).text();
    for (const sample of [
      'weft_events_total{verdict="accepted",code=""} 3',
      'weft_events_total{verdict="duplicate",code=""} 2',
      'weft_events_total{verdict="held",code="unknown_receipt"} 1',
      'weft_events_total{verdict="dropped",code="withdrawn"} 1',
      'weft_events_total{verdict="rejected",code="other"} 1',
      'weft_event_warnings_total{code="bot"} 1',
      'weft_events_waiting 7',
      'weft_request_duration_seconds_count{method="POST",route="/v1/batch",status="200"} 1',
      'weft_request_duration_seconds_count{method="GET",route="/v1/profiles/:id",status="200"} 1',
      'weft_request_duration_seconds_count{method="GET",route="(none)",status="404"} 1',
    ]) {
      expect(text).toContain(sample);
    }
    expect(text).not.toMatch(/secret-id|never-heard-of|sk_all|wk_test/);
  });

  it('logs method, route, status, size and duration of a request, and nothing that was sent', async () => {
    const { post, get, lines, log } = await opened();
    const secrets = {
      'user-agent': 'SecretAgent',
      cookie: 'c=secret',
      origin: 'https://secret.example',
      'x-forwarded-for': '203.0.113.7',
    };
    await post(
      '/v1/track?secret=1',
      { writeKey: 'wk_test', event: 'secret-event', userId: 'secret-user' },
      { ...secrets, 'content-length': '77' },
    );
    await get('/v1/profiles?email=secret%40example.org', as('sk_all'));
    await get('/secret/path?secret=2');
    log.append = async () => {
      throw new Error('could not store secret-user');
    };
    expect(await errorOf(post('/v1/track', { writeKey: 'wk_test', event: 'secret-event' }))).toEqual([500, 'internal']);
    const text = lines.join('');
    expect(text).not.toMatch(/secret|203\.0\.113|wk_test|sk_all/i);
    const first = JSON.parse(lines[0]!) as Record<string, unknown>;
    expect(first).toMatchObject({ method: 'POST', route: '/v1/track', status: 200, received: 77, msg: 'request' });
    expect(Object.keys(first).sort()).toEqual([
      'hostname',
      'level',
      'method',
      'ms',
      'msg',
      'pid',
      'received',
      'route',
      'status',
      'time',
    ]);
    expect(text).toContain('"msg":"bug"');
  });

  it('a store that is away is 503 for readers too, not a bug', async () => {
    const { get, post, reader, log } = await opened();
    reader.profile = async () => {
      throw new Unavailable('locked');
    };
    const response = await get(`/v1/profiles/${knownId}`, as('sk_all'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    log.failure = new Unavailable('full');
    expect(await errorOf(post('/v1/merges/m/undo', '', as('sk_all')))).toEqual([503, 'unavailable']);
    expect(await errorOf(post('/v1/consent', { writeKey: 'wk_test', kind: 'refuse', decisions: [] }))).toEqual([
      503,
      'unavailable',
    ]);
  });
});

describe('where nothing is', () => {
  it('is 404, and a known route with another method 405 with what it takes', async () => {
    const { app, get } = await opened();
    for (const path of ['/nothing', '/v1', '/v1/', '/v2/batch', '/v1/profiles/a/b/c', '/weft.js/x']) {
      expect(await errorOf(get(path))).toEqual([404, 'not_found']);
    }
    const other = async (method: string, path: string) => {
      const response = await app.request(path, { method });
      return [response.status, response.headers.get('allow')];
    };
    expect(await other('GET', '/v1/batch')).toEqual([405, 'OPTIONS, POST']);
    expect(await other('DELETE', '/v1/profiles')).toEqual([405, 'GET, HEAD']);
    expect(await other('PUT', '/v1/profiles/abc/events')).toEqual([405, 'GET, HEAD']);
    expect(await other('GET', '/v1/merges/abc/undo')).toEqual([405, 'POST']);
    expect(await other('POST', '/weft.js')).toEqual([405, 'GET, HEAD']);
    expect((await app.request('/v1/config', { method: 'HEAD' })).status).toBe(200);
  });
});

describe('what is mounted', () => {
  it('the demo, the examples, ribs and the dashboard, each at its place', async () => {
    const page = (text: string) => new Hono().get('/', (c) => c.text(text));
    const { get } = await opened({
      demo: page('demo'),
      examples: page('examples'),
      dashboard: page('dashboard'),
      ribs: [
        {
          routes: new Hono().get('/v1/segments', (c) => c.text('segments')),
          permissions: { 'GET /v1/segments': { by: 'anyone' } },
        },
      ],
    });
    const text = async (path: string) => (await get(path)).text();
    const dashboard = new Hono()
      .use(async (_, next) => next())
      .get('/live', (c) => c.text('live'))
      .all('*', (_, next) => next());
    const covered = await opened({ dashboard });
    await covered.post('/v1/batch', { batch: [], writeKey: 'wk_test' });
    await covered.get('/live');
    await covered.get('/secret');
    expect(await errorOf(covered.get('/v1/batch'))).toEqual([405, 'method_not_allowed']);
    expect(covered.lines.map((line) => (JSON.parse(line) as { route: string }).route)).toEqual([
      '/v1/batch',
      '/live',
      '(none)',
      '(none)',
    ]);
    expect([await text('/'), await text('/demo'), await text('/examples'), await text('/v1/segments')]).toEqual([
      'dashboard',
      'demo',
      'examples',
      'segments',
    ]);
  });
});

describe('the description of the API', () => {
  it('names every route of the API and none that is not there', async () => {
    const { app } = await opened();
    const aliases = /^\/v1\/(b|t|p|s|i|a|g|import|config)$/;
    const pages = /^\/(docs|openapi\.json|weft\/|receipts\/)/;
    const routes = app.routes
      .filter(({ method, path }) => (method === 'GET' || method === 'POST') && !aliases.test(path) && !pages.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect([...new Set(routes)].sort()).toEqual([...described].sort());
  });

  it.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    'the examples of %s are what the schemas say',
    (_name, { body, answer }) => {
      if (body !== undefined) expect(z.safeParse(schemas[body.schema], body.example).error?.issues).toBeUndefined();
      if (answer.schema !== undefined && answer.example !== undefined) {
        expect(z.safeParse(schemas[answer.schema], answer.example).error?.issues).toBeUndefined();
      }
    },
  );

  it('is OpenAPI 3.1 whose references all lead somewhere', async () => {
    const { get } = await opened();
    const document = (await (await get('/openapi.json')).json()) as {
      openapi: string;
      components: { schemas: Record<string, object> };
    };
    expect(document.openapi).toMatch(/^3\.1\./);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to!);
    expect(references.length).toBeGreaterThan(20);
    for (const to of references)
      expect(Object.keys(document.components.schemas)).toContain(to.replace('#/components/schemas/', ''));
    for (const name of Object.keys(ecommerce))
      expect(document.components.schemas).toHaveProperty(name.replaceAll(' ', ''));
    expect(JSON.stringify(document)).not.toContain('"$schema"');
  });

  it('is a page that asks nothing of anybody else', async () => {
    const { get } = await opened();
    const response = await get('http://weft.shop.example/docs');
    const html = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const fetched = [...html.matchAll(/<(?:script|link|img|iframe|source)[^>]*(?:src|href)="([^"]+)"/g)].map(
      ([, to]) => to,
    );
    expect(fetched).toEqual(['/docs/docs.css']);
    expect(html).toContain('curl http://weft.shop.example/v1/track');
    expect(html).not.toContain('%HERE%');
    const css = await get('/docs/docs.css');
    expect([css.status, (await css.text()).match(/url\(|@import/)]).toEqual([200, null]);
    for (const { path } of operations) expect(html).toContain(`<code>${path}</code>`);
  });
});

describe('who is turned away at the door', () => {
  const event = (writeKey: string) => JSON.stringify({ writeKey, batch: [] });
  it('is noted by origin and reason: calls, what a browser asks before one, and a configuration that is not to be had', async () => {
    const turnedAway = openTurnedAway(() => at);
    const { app } = await opened({
      config: { origins: { kind: 'listed', origins: ['https://shop.example'] }, ratePerS: 1_000 },
      turnedAway,
    });
    const send = async (path: string, origin: string | null, body: string | null, method = 'POST') =>
      (
        await app.request(path, {
          method,
          ...(body !== null && { body }),
          headers: { ...(origin !== null && { origin }) },
        })
      ).status;
    expect(await send('/v1/batch', 'https://shop.example', event('wk_test'))).toBe(200);
    expect(await send('/v1/config/wk_test', 'https://other.example', null, 'GET')).toBe(200);
    expect(turnedAway.list()).toEqual({ known: [], others: null, count: 0 });

    expect(await send('/v1/batch', 'https://other.example', event('wk_test'))).toBe(403);
    expect(await send('/v1/consent', 'https://other.example', JSON.stringify({ writeKey: 'wk_test' }))).toBe(403);
    expect(await send('/v1/track', 'https://other.example', null, 'OPTIONS')).toBe(204);
    expect(await send('/v1/cookieless', 'https://counting.example', JSON.stringify({ writeKey: 'wk_test' }))).toBe(403);
    expect(await send('/v1/batch', 'https://shop.example', event('wk_gone'))).toBe(401);
    expect(await send('/v1/config/wk_gone', 'https://shop.example', null, 'GET')).toBe(404);
    expect(await send('/v1/batch', null, event('wk_gone'))).toBe(401);
    const known = turnedAway.list().known.map(({ origin, reason, count }) => [origin, reason, count]);
    expect(known).toEqual([
      [null, 'bad_key', 1],
      ['https://shop.example', 'bad_key', 2],
      ['https://counting.example', 'origin', 1],
      ['https://other.example', 'origin', 3],
    ]);
  });
});
