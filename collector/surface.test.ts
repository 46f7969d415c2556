// The surface as somebody drives it who has read what it promises and nothing else: real HTTP against the whole process,
// by page and rule. At the end every store that was used is made again from its facts, and must be what it was.

import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.js';
import type { Cart, EventItem, Merge, Order, Page, Profile, SessionItem } from './contract/profile.js';
import { writerOptions } from './embedded.js';
import type { Answer } from './log/log.js';
import { openWriter } from './pipeline/writer.js';
import { type Served, serve } from './serve.js';

const secretKey = 'sk_test_0123456789';
const writeKey = 'wk_test_0123456789';
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Two days ago, on a whole minute: inside every window, and before every deadline of a cart. */
const noon = Math.floor(Date.now() / minute) * minute - 2 * day;
const at = (minutes: number): string => new Date(noon + minutes * minute).toISOString();
const receipt = (): string => randomBytes(16).toString('base64url');
let named = 0;
/** A name nobody else in this file has. */
const fresh = (prefix: string): string => {
  named += 1;
  return `${prefix}-${named}-${randomBytes(4).toString('hex')}`;
};

type Fields = Record<string, unknown>;
interface Said {
  status: number;
  body: Answer & Fields & { error?: { code: string; message: string; hint: string } };
  headers: Headers;
}

interface House extends Served {
  lines: string[];
  folder: string;
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Said>;
  get: (path: string, headers?: Record<string, string>) => Promise<{ status: number; body: Fields; headers: Headers }>;
  /** With the secret key. */
  server: (...batch: Fields[]) => Promise<Answer>;
  /** With the write key, as a page sends. */
  page: (...batch: Fields[]) => Promise<Answer>;
  pageWith: (around: Fields, batch: Fields[], headers?: Record<string, string>) => Promise<Answer>;
  profiles: (query: Fields, more?: string) => Promise<Profile[]>;
  one: (query: Fields) => Promise<Profile>;
  list: <Item>(profileId: string, name: string, query?: string) => Promise<Item[]>;
}

const houses = new Map<string, Promise<House>>();
const settings: Record<string, string> = {
  PORT: '0',
  WEFT_SECRET_KEY: secretKey,
  WEFT_WRITE_KEY: writeKey,
  WEFT_ADMIN_PASSWORD: 'correct horse',
  WEFT_KEY_CONSENT: 'external',
  WEFT_ORIGINS: '*',
  WEFT_RATE: '1000000',
};
/** A browser: the agent of this test's own HTTP client is a bot's. */
const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const bearer = { authorization: `Bearer ${secretKey}` };

const opened = async (environment: Record<string, string>): Promise<House> => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-surface-'));
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const served = await serve(readConfig({ ...settings, WEFT_DATA: folder, ...environment }), { logger });
  const post: House['post'] = async (path, body, headers = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(`${served.url}${path}`, {
      method: 'POST',
      body: raw ? (body as string) : JSON.stringify(body),
      headers: { 'content-type': 'text/plain', 'user-agent': agent, ...headers },
    });
    return { status: response.status, body: (await response.json()) as Said['body'], headers: response.headers };
  };
  const get: House['get'] = async (path, headers = bearer) => {
    const response = await fetch(`${served.url}${path}`, { headers });
    const text = await response.text();
    let body: Fields = {};
    try {
      body = JSON.parse(text) as Fields;
    } catch {
      body = { text };
    }
    return { status: response.status, body, headers: response.headers };
  };
  const pageWith: House['pageWith'] = async (around, batch, headers = {}) => {
    const said = await post('/v1/batch', { writeKey, batch, ...around }, headers);
    expect([said.status, said.body.error]).toEqual([200, undefined]);
    return said.body;
  };
  const profiles: House['profiles'] = async (query, more = '') => {
    const search = new URLSearchParams(query as Record<string, string>).toString();
    const { status, body } = await get(`/v1/profiles?${search}${more}`);
    expect([status, body.error]).toEqual([200, undefined]);
    return body.profiles as Profile[];
  };
  return {
    ...served,
    lines,
    folder,
    post,
    get,
    pageWith,
    page: (...batch) => pageWith({}, batch),
    server: async (...batch) => {
      const said = await post('/v1/batch', { batch }, bearer);
      expect([said.status, said.body.error]).toEqual([200, undefined]);
      return said.body;
    },
    profiles,
    one: async (query) => {
      const found = await profiles(query);
      expect(found).toHaveLength(1);
      return found[0]!;
    },
    list: async <Item>(profileId: string, name: string, query = '') => {
      const { status, body } = await get(`/v1/profiles/${profileId}/${name}?limit=500${query}`);
      expect(status).toBe(200);
      return (body as unknown as Page<Item>).items;
    },
  };
};
/** The same house for the same settings: tests tell themselves apart by fresh names. */
const house = (environment: Record<string, string> = {}): Promise<House> => {
  const key = JSON.stringify(environment);
  let it = houses.get(key);
  if (!it) {
    it = opened(environment);
    houses.set(key, it);
  }
  return it;
};

afterAll(async () => {
  for (const [key, opening] of houses) {
    const it = await opening;
    await it.close();
    const options = writerOptions(readConfig({ ...settings, WEFT_DATA: it.folder, ...JSON.parse(key) }));
    const writer = openWriter(options);
    const { body } = writer.command({ kind: 'rebuild', at: Date.now(), check: true });
    writer.close();
    rmSync(it.folder, { recursive: true, force: true });
    expect([key, body]).toMatchObject([key, { equal: true }]);
    expect(it.lines.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
  }
});

const page = (anonymousId: string, minutes: number, more: Fields = {}): Fields => ({
  type: 'page',
  messageId: fresh('m'),
  anonymousId,
  timestamp: at(minutes),
  ...more,
});
const track = (event: string, minutes: number, properties: Fields, more: Fields = {}): Fields => ({
  type: 'track',
  messageId: fresh('m'),
  event,
  timestamp: at(minutes),
  properties,
  ...more,
});
const identify = (userId: unknown, minutes: number, more: Fields = {}): Fields => ({
  type: 'identify',
  messageId: fresh('m'),
  userId,
  timestamp: at(minutes),
  ...more,
});
/** Lone surrogates cannot be written into an address. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');
const total = (answer: Answer): number =>
  answer.accepted + answer.duplicates + answer.held.length + answer.dropped.length + answer.rejected.length;

describe('time (semantics, section 0)', () => {
  const instantsOf = async (it: House, userId: string): Promise<Record<string, string>> => {
    const { id } = await it.one({ userId });
    const events = await it.list<EventItem>(id, 'events');
    return Object.fromEntries(events.map((event) => [event.messageId, event.at]));
  };
  const near = (instant: string, wanted: number): boolean => Math.abs(Date.parse(instant) - wanted) < 20_000;

  it('secret key: the timestamp as given, however old; more than five minutes ahead is now; none is now', async () => {
    const it = await house();
    const [U, a, b, c, d, e] = [fresh('u'), fresh('m'), fresh('m'), fresh('m'), fresh('m'), fresh('m')] as const;
    const now = Date.now();
    const said = await it.post(
      '/v1/batch',
      {
        sentAt: new Date(now - 3 * day).toISOString(),
        batch: [
          { type: 'track', event: 'X', userId: U, messageId: a, timestamp: '2011-02-03T04:05:06+01:00' },
          { type: 'track', event: 'X', userId: U, messageId: b, timestamp: new Date(now + 4 * minute).toISOString() },
          { type: 'track', event: 'X', userId: U, messageId: c, timestamp: new Date(now + 6 * minute).toISOString() },
          { type: 'track', event: 'X', userId: U, messageId: d },
          { type: 'track', event: 'X', userId: U, messageId: e, timestamp: '9999-12-31T23:59:59Z' },
        ],
      },
      bearer,
    );
    expect(said.body.accepted).toBe(5);
    const found = await instantsOf(it, U);
    expect(found[a]).toBe('2011-02-03T03:05:06.000Z');
    expect(found[b]).toBe(new Date(now + 4 * minute).toISOString());
    for (const id of [c, d, e]) expect(near(found[id]!, now)).toBe(true);
  });

  it.each([
    ['three years ahead', 3 * 365 * day],
    ['a day behind', -day],
    ['two minutes ahead', 2 * minute],
    ['forty days behind', -40 * day],
  ])('I16: a page whose clock is %s lands where it happened', async (_, skew) => {
    const it = await house();
    const [A, U, m, n] = [fresh('a'), fresh('u'), fresh('m'), fresh('m')] as const;
    const now = Date.now();
    const clock = (ago: number): string => new Date(now + skew - ago).toISOString();
    const answer = await it.pageWith({ sentAt: clock(0) }, [
      page(A, 0, { messageId: m, timestamp: clock(10 * minute) }),
      identify(U, 0, { messageId: n, anonymousId: A, timestamp: clock(5 * minute) }),
    ]);
    expect(answer).toMatchObject({ accepted: 2, dropped: [] });
    const found = await instantsOf(it, U);
    expect(near(found[m]!, now - 10 * minute)).toBe(true);
    expect(near(found[n]!, now - 5 * minute)).toBe(true);
  });

  it('I16: sentAt counts wherever the sender puts it: around the batch, in the event, in a single call', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')];
    const now = Date.now();
    const clock = (ago: number): string => new Date(now + 3 * 365 * day - ago).toISOString();
    const call = (n: number) => ({
      messageId: `${U}-${n}`,
      anonymousId: A,
      userId: U,
      timestamp: clock(n * minute),
      sentAt: clock(0),
    });
    expect((await it.page({ type: 'track', event: 'X', ...call(7) })).accepted).toBe(1);
    expect((await it.post('/v1/page', { writeKey, ...call(9) })).body.accepted).toBe(1);
    const found = await instantsOf(it, U);
    expect(near(found[`${U}-7`]!, now - 7 * minute)).toBe(true);
    expect(near(found[`${U}-9`]!, now - 9 * minute)).toBe(true);
  });

  it('a clock that is right within a minute is believed, and so is one that says no sentAt', async () => {
    const it = await house();
    const [A, U, m, n] = [fresh('a'), fresh('u'), fresh('m'), fresh('m')] as const;
    const now = Date.now();
    const timestamp = new Date(now - hour).toISOString();
    await it.pageWith({ sentAt: new Date(now - 40_000).toISOString() }, [
      identify(U, 0, { messageId: m, anonymousId: A, timestamp }),
    ]);
    await it.page(identify(U, 0, { messageId: n, anonymousId: A, timestamp }));
    expect(await instantsOf(it, U)).toEqual({ [m]: timestamp, [n]: timestamp });
  });

  it('public key: more than thirty days past is dropped, less is not; five minutes ahead is now', async () => {
    const it = await house();
    const [A, U, m] = [fresh('a'), fresh('u'), fresh('m')] as const;
    const now = Date.now();
    const ago = (ms: number): string => new Date(now - ms).toISOString();
    const answer = await it.page(
      page(A, 0, { timestamp: ago(30 * day + minute), messageId: 'old' }),
      page(A, 0, { timestamp: ago(30 * day - minute) }),
      identify(U, 0, { anonymousId: A, timestamp: ago(-6 * minute), messageId: m }),
      page(A, 0, { timestamp: '0001-01-01T00:00:00Z' }),
    );
    expect(answer).toMatchObject({
      accepted: 2,
      dropped: [
        { index: 0, messageId: 'old', code: 'stale_event' },
        { index: 3, code: 'stale_event' },
      ],
    });
    expect(near((await instantsOf(it, U))[m]!, now)).toBe(true);
  });

  it('a bad timestamp is rejected with its path, and only that event', async () => {
    const it = await house();
    const bad = ['yesterday', 1_700_000_000_000, '2026-11-22', '2026-02-30T00:00:00Z', '2026-11-22T10:00:00', {}, true];
    const answer = await it.server(
      ...bad.map((timestamp) => ({ type: 'page', userId: fresh('u'), timestamp })),
      page(fresh('a'), 0),
    );
    expect(answer.accepted).toBe(1);
    expect(answer.rejected.map(({ index, code, path }) => [index, code, path])).toEqual(
      bad.map((_, index) => [index, 'bad_timestamp', 'timestamp']),
    );
  });

  it('a tie is broken by messageId, whatever arrives first', async () => {
    const it = await house();
    const U = fresh('u');
    await it.server(identify(U, 0, { messageId: `${U}-b`, traits: { plan: 'b', first_plan: 'b' } }));
    await it.server(identify(U, 0, { messageId: `${U}-a`, traits: { plan: 'a', first_plan: 'a' } }));
    const { traits } = await it.one({ userId: U });
    expect([traits.plan!.value, traits.first_plan!.value]).toEqual(['b', 'a']);
  });
});

describe('R1–R3: identifiers', () => {
  const blocked = (
    'null undefined nan none nil void anonymous anon guest user user_id userid id distinct_id distinctid ' +
    'anonymous_id email true false unknown n/a na - not_authenticated not_logged_in test abc123 {} []'
  ).split(' ');
  const refused: unknown[] = [
    ...blocked,
    ...blocked.map((word) => word.toUpperCase()),
    ...blocked.map((word) => `"${word}"`),
    ...blocked.map((word) => `'${word}'`),
    '',
    '   ',
    '""',
    "''",
    '[object Object]',
    '[object object]',
    '"[object Object]"',
    '-1',
    -1,
    '0',
    0,
    '000',
    '0-0',
    '---',
    '00000000-0000-0000-0000-000000000000',
    '"00000000-0000-0000-0000-000000000000"',
    '{{user.id}}',
    'u-{{ id }}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: unresolved template text is what is sent.
    '${userId}',
    '%%email%%',
    'a@example.com',
    'A@Example.ORG',
    'a@sub.example.net',
    'a@shop.test',
    'a@b.invalid',
    'a@localhost',
    'x'.repeat(201),
    'a\u0000b',
    'a\nb',
    'a\u007fb',
    'a\ud800b',
    {},
    { id: 1 },
    [],
    ['u'],
    true,
    false,
  ];
  it('R2: a refused userId names nobody; the event stays on its device, with a warning', async () => {
    const it = await house();
    const devices = refused.map(() => fresh('a'));
    for (const [index, userId] of refused.entries()) {
      const answer = await it.server(identify(userId, 0, { anonymousId: devices[index] }));
      expect([userId, answer.accepted, answer.warnings.length > 0]).toEqual([userId, 1, true]);
      const { identifiers } = await it.one({ anonymousId: devices[index] });
      expect([userId, identifiers.map(({ type }) => type)]).toEqual([userId, ['anonymous_id']]);
    }
  });
  it('R2: a refused anonymousId alone owns nothing', async () => {
    const it = await house();
    for (const anonymousId of refused) {
      const answer = await it.page({ type: 'page', anonymousId, messageId: fresh('m') });
      expect([anonymousId, answer.rejected.map(({ code }) => code)]).toEqual([anonymousId, ['no_identity']]);
    }
  });
  it.each([
    ['a number', 12_345, '12345'],
    ['spaces around', '  ada  ', 'ada'],
    ['another composition', 'Zoe\u0308', 'Zo\u00eb'],
    ['200 characters', 'y'.repeat(200), 'y'.repeat(200)],
    ['200 characters beyond the first plane', '😀'.repeat(200), '😀'.repeat(200)],
    ['a prototype’s name', '__proto__', '__proto__'],
    ['another one', 'constructor', 'constructor'],
    ['words that hold a blocked one', 'guest-17', 'guest-17'],
    ['quotes within', "o'neill", "o'neill"],
    ['an e-mail of a real domain', 'Ada@Shop.com', 'Ada@Shop.com'],
    ['right to left', 'مرحبا', 'مرحبا'],
  ])('R2: %s is an identifier', async (_, given, value) => {
    const it = await house();
    const A = fresh('a');
    expect(await it.server(identify(given, 0, { anonymousId: A }))).toMatchObject({ accepted: 1, warnings: [] });
    const profile = await it.one({ userId: value });
    expect(profile.identifiers[0]).toMatchObject({ type: 'user_id', value });
    expect(profile.counts.sessions).toBeLessThanOrEqual(1);
  });
  it('R2: prototype names as device ids are devices like any other', async () => {
    const it = await house();
    for (const A of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect((await it.page(page(A, 0), page(A, 1), page(A, 2))).accepted).toBe(3);
      const profile = await it.one({ anonymousId: A });
      expect([A, profile.counts.events, profile.counts.sessions]).toEqual([A, 3, 1]);
      expect(profile.lastSession).not.toBeNull();
    }
  });
  it('R2: identifiers differ by case; e-mails do not', async () => {
    const it = await house();
    const U = fresh('u');
    await it.server(identify(U, 0), identify(U.toUpperCase(), 1));
    expect((await it.one({ userId: U })).id).not.toBe((await it.one({ userId: U.toUpperCase() })).id);
  });
  it('R2: nothing that can own it: rejected as no_identity; the secret key may use an order, a cart or an e-mail', async () => {
    const it = await house();
    const bare = track('Order Completed', 0, { order_id: fresh('o'), total: 1, currency: 'EUR' });
    expect((await it.page(bare)).rejected).toMatchObject([{ index: 0, code: 'no_identity' }]);
    expect((await it.page({ type: 'page' })).rejected).toMatchObject([{ code: 'no_identity' }]);
    expect((await it.server({ type: 'page' })).rejected).toMatchObject([{ code: 'no_identity' }]);
    const answer = await it.server(
      { ...bare, messageId: fresh('m') },
      track('X', 0, { cart_token: fresh('t') }),
      track('X', 0, { cart_id: fresh('t') }),
      track('X', 0, {}, { context: { traits: { email: `${fresh('e')}@shop.com` } } }),
      identify(null, 0, { traits: { email: `${fresh('e')}@shop.com` } }),
      track('Order Completed', 0, { email: `${fresh('e')}@shop.com`, order_id: fresh('o') }),
      track('X', 0, {}, { context: { order_id: fresh('o') } }),
    );
    expect([answer.accepted, answer.rejected]).toEqual([7, []]);
  });
  it('I7: identify("guest") from 30 devices is 30 visitors', async () => {
    const it = await house();
    const devices = Array.from({ length: 30 }, () => fresh('a'));
    const answer = await it.page(...devices.map((A) => identify('guest', 0, { anonymousId: A })));
    expect([answer.accepted, answer.warnings.length]).toEqual([30, 30]);
    const ids = new Set<string>();
    for (const A of devices) ids.add((await it.one({ anonymousId: A })).id);
    expect(ids.size).toBe(30);
    expect(await it.profiles({ userId: 'guest' })).toEqual([]);
  });
  it('R3: a userId equal to the device’s own id, and traits alone, name nobody', async () => {
    const it = await house();
    const A = fresh('a');
    await it.page(
      identify(A, 0, { anonymousId: A }),
      identify(undefined, 1, { anonymousId: A, traits: { plan: 'x' } }),
    );
    const profile = await it.one({ anonymousId: A });
    expect(profile.identifiers.map(({ type }) => type)).toEqual(['anonymous_id']);
    expect(profile.traits.plan).toMatchObject({ value: 'x', assurance: 'claimed' });
    expect(await it.profiles({ userId: A })).toEqual([]);
  });
  it('I1, I2: what was seen before the login is the user’s, on every device; first touch stays the first', async () => {
    const it = await house();
    const [A1, A2, U] = [fresh('a'), fresh('a'), fresh('u')] as const;
    const url = (campaign: string) => ({ url: `https://shop.com/?utm_source=${campaign}&utm_medium=email` });
    await it.page(page(A1, 0, { properties: url('one') }), identify(U, 1, { anonymousId: A1 }), page(A1, 2));
    const before = await it.one({ userId: U });
    expect(before.counts.events).toBe(3);
    expect(before.firstSeenAt).toBe(at(0));
    await it.page(page(A2, 10, { properties: url('two') }), identify(U, 11, { anonymousId: A2 }));
    const after = await it.one({ userId: U });
    expect([after.id, after.counts.events, after.firstSeenAt]).toEqual([before.id, 5, at(0)]);
    expect(after.touches.map(({ source }) => source)).toEqual(['one', 'two']);
    expect(after.identifiers.map(({ value }) => value).sort()).toEqual([A1, A2, U].sort());
  });
  it('ids a profile ever had keep resolving: the visitor’s after the claim', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(page(A, 0));
    const visitor = await it.one({ anonymousId: A });
    await it.page(identify(U, 1, { anonymousId: A }));
    const user = await it.one({ userId: U });
    expect(user.id).not.toBe(visitor.id);
    expect((await it.get(`/v1/profiles/${visitor.id}`)).body.id).toBe(user.id);
    expect((await it.get(`/v1/profiles/${visitor.id}/events`)).body.items).toHaveLength(2);
    expect(await it.profiles({ anonymousId: A })).toHaveLength(1);
  });
});

describe('R4: who owns an event', () => {
  type Step = [minutes: number, user: string | null];
  const table: [string, Step[], [minutes: number, owner: string | null, because: string][]][] = [
    [
      'page 0, identify U1 1, page 2',
      [
        [0, null],
        [1, 'U1'],
        [2, null],
      ],
      [
        [0, 'U1', 'before_first_named'],
        [1, 'U1', 'named'],
        [2, 'U1', 'session'],
      ],
    ],
    [
      'identify U1 0, page 1, identify U2 5, page 6',
      [
        [0, 'U1'],
        [1, null],
        [5, 'U2'],
        [6, null],
      ],
      [
        [0, 'U1', 'named'],
        [1, 'U1', 'session'],
        [5, 'U2', 'named'],
        [6, 'U2', 'session'],
      ],
    ],
    [
      '… and page 200 without a user',
      [
        [0, 'U1'],
        [1, null],
        [5, 'U2'],
        [6, null],
        [200, null],
      ],
      [
        [0, 'U1', 'named'],
        [1, 'U1', 'session'],
        [5, 'U2', 'named'],
        [6, 'U2', 'session'],
        [200, null, 'own'],
      ],
    ],
    [
      'identify U1 0, page 400',
      [
        [0, 'U1'],
        [400, null],
      ],
      [
        [0, 'U1', 'named'],
        [400, 'U1', 'device'],
      ],
    ],
    [
      'page 0, page 1',
      [
        [0, null],
        [1, null],
      ],
      [
        [0, null, 'own'],
        [1, null, 'own'],
      ],
    ],
    [
      'a shared device: seven days back and no further',
      [
        [0, null],
        [3 * 1440, null],
        [8 * 1440, 'U1'],
        [9 * 1440, 'U2'],
      ],
      [
        [0, null, 'own'],
        [3 * 1440, 'U1', 'before_first_named'],
        [8 * 1440, 'U1', 'named'],
        [9 * 1440, 'U2', 'named'],
      ],
    ],
    [
      'a device of one: as far back as there is',
      [
        [0, null],
        [20 * 1440, 'U1'],
      ],
      [
        [0, 'U1', 'before_first_named'],
        [20 * 1440, 'U1', 'named'],
      ],
    ],
  ];
  it.each(table)('R4: %s', async (_, steps, owners) => {
    const it = await house();
    const A = fresh('a');
    const names: Record<string, string> = { U1: fresh('u'), U2: fresh('u') };
    // Late enough in the past for the longest story.
    const from = -21 * 1440;
    const events = steps.map(([minutes, user]) =>
      user === null
        ? page(A, from + minutes, { messageId: `${A}-${minutes}` })
        : identify(names[user], from + minutes, { anonymousId: A, messageId: `${A}-${minutes}` }),
    );
    // Backwards, one request each: the order of arrival does not matter.
    for (const event of [...events].reverse()) expect((await it.page(event)).accepted).toBe(1);
    const found: [number, string | null, string][] = [];
    for (const profile of await it.profiles({ anonymousId: A })) {
      const user = profile.identifiers.find(({ type }) => type === 'user_id')?.value ?? null;
      const owner = user === null ? null : Object.keys(names).find((name) => names[name] === user)!;
      const items = await it.list<EventItem>(profile.id, 'events');
      expect(profile.counts.events).toBe(items.length);
      for (const item of items) found.push([Number(item.messageId.slice(A.length + 1)), owner, item.ownedBecause]);
    }
    expect(found.sort((a, b) => a[0] - b[0])).toEqual(owners);
  });
  it('I4: no merge when another user comes on the same device', async () => {
    const it = await house();
    const [A, U1, U2] = [fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(identify(U1, 0, { anonymousId: A }), page(A, 1), identify(U2, 5, { anonymousId: A }), page(A, 6));
    const [one, two] = [await it.one({ userId: U1 }), await it.one({ userId: U2 })];
    expect([one.counts.events, two.counts.events, one.id === two.id]).toEqual([2, 2, false]);
    const byDevice = await it.profiles({ anonymousId: A });
    expect(byDevice.map(({ id }) => id)).toEqual([two.id, one.id]);
  });
  it('I6: after reset() the new device is the other’s', async () => {
    const it = await house();
    const [A1, A2, U1, U2] = [fresh('a'), fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(identify(U1, 0, { anonymousId: A1 }), page(A2, 1), identify(U2, 2, { anonymousId: A2 }));
    expect((await it.one({ userId: U1 })).counts.events).toBe(1);
    expect((await it.one({ userId: U2 })).counts.events).toBe(2);
  });
  it('I13: a batch delivered three times counts once; another body under the id is told', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    const batch = [page(A, 0), identify(U, 1, { anonymousId: A }), track('X', 2, { n: 1 }, { anonymousId: A })];
    expect(await it.page(...batch)).toMatchObject({ accepted: 3, duplicates: 0 });
    expect(await it.page(...batch)).toMatchObject({ accepted: 0, duplicates: 3, warnings: [] });
    expect(await it.page(...batch, ...batch)).toMatchObject({ accepted: 0, duplicates: 6 });
    const conflict = await it.page({ ...batch[2], properties: { n: 2 } });
    expect(conflict).toMatchObject({ accepted: 0, duplicates: 1, warnings: [{ index: 0, code: 'id_conflict' }] });
    const profile = await it.one({ userId: U });
    expect(profile.counts.events).toBe(3);
    const stored = (await it.list<EventItem>(profile.id, 'events')).find((event) => event.event === 'X');
    expect(stored!.properties).toEqual({ n: 1 });
  });
  it('I13: a duplicate within one batch, and by another key or route, is a duplicate', async () => {
    const it = await house();
    const A = fresh('a');
    const event = page(A, 0);
    expect(await it.page(event, event)).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await it.server(event)).toMatchObject({ accepted: 0, duplicates: 1 });
    expect((await it.post('/v1/page', { writeKey, ...event })).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });
  it('I15: late news of a device is its user’s, whoever came meanwhile', async () => {
    const it = await house();
    const [A1, A2, U1, U2] = [fresh('a'), fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(page(A1, -10 * 1440));
    await it.page(page(A2, -5 * 1440), identify(U2, -5 * 1440 + 1, { anonymousId: A2 }));
    await it.page(identify(U1, -10 * 1440 + 1, { anonymousId: A1 }));
    expect((await it.one({ userId: U1 })).counts.events).toBe(2);
    expect((await it.one({ userId: U2 })).counts.events).toBe(2);
  });
  it('I24: a hundred at once make one person', async () => {
    const it = await house();
    const U = fresh('u');
    const devices = [fresh('a'), fresh('a')];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => it.page(identify(U, n / 60, { anonymousId: devices[n % 2] }))),
    );
    expect(answers.every(({ accepted }) => accepted === 1)).toBe(true);
    const profile = await it.one({ userId: U });
    expect([profile.counts.events, profile.identifiers.length]).toEqual([100, 3]);
  });
  it('a server event without a device is owned by user, order, cart, session, e-mail; else it waits', async () => {
    const it = await house();
    const [A, U, order, cart, session] = [fresh('a'), fresh('u'), fresh('o'), fresh('c'), fresh('s')] as const;
    const email = `${fresh('e')}@shop.com`;
    await it.server(
      track('Order Updated', 10, { order_id: order, total: 5, currency: 'EUR' }),
      track('Shipped', 11, { cart_id: cart }),
      track('Rang', 12, {}, { context: { sessionId: session }, messageId: fresh('m') }),
    );
    expect(await it.profiles({ orderId: order })).toEqual([]);
    await it.page(
      identify(U, 0, { anonymousId: A, context: { sessionId: session } }),
      track('Product Added', 1, { cart_id: cart, product_id: 'p', price: 5 }, { anonymousId: A }),
    );
    await it.server(track('Order Completed', 2, { order_id: order, total: 5, currency: 'EUR' }, { userId: U }));
    const profile = await it.one({ userId: U });
    const events = await it.list<EventItem>(profile.id, 'events');
    expect(Object.fromEntries(events.map(({ event, ownedBecause }) => [event ?? 'identify', ownedBecause]))).toEqual({
      identify: 'named',
      'Product Added': 'session',
      'Order Completed': 'named',
      'Order Updated': 'order',
      Shipped: 'cart',
      Rang: 'session',
    });
    expect((await it.profiles({ orderId: order })).map(({ id }) => id)).toEqual([profile.id]);
    await it.server(
      identify(U, 20, { traits: { email } }),
      track('Called', 21, {}, { context: { traits: { email } } }),
    );
    const called = (await it.list<EventItem>(profile.id, 'events')).find(({ event }) => event === 'Called');
    expect(called).toMatchObject({ ownedBecause: 'email', anonymousId: null, userId: null });
  });
});

describe('R5–R8: joining, traits, contacts, trust', () => {
  const mail = (): string => `${fresh('mail')}@shop.com`;
  it('I9, R7: two spellings of one address on server orders are one person, with both orders', async () => {
    const it = await house();
    const [A1, A2, name] = [fresh('a'), fresh('a'), fresh('user')] as const;
    const order = (order_id: string, email: string) => ({ order_id, total: 10, currency: 'EUR', email });
    const [o1, o2] = [fresh('o'), fresh('o')] as const;
    await it.server(
      track('Order Completed', 0, order(o1, ` ${name.toUpperCase()}@Shop.COM `), { anonymousId: A1 }),
      track('Order Completed', 5, order(o2, `${name}@shop.com`), { anonymousId: A2 }),
    );
    const profile = await it.one({ email: `${name}@SHOP.com` });
    expect(profile.counts.orders).toBe(2);
    expect(profile.identifiers).toContainEqual(
      expect.objectContaining({
        type: 'email',
        value: `${name}@shop.com`,
        assurance: 'transactional',
      }),
    );
    const spelling = `${name.toUpperCase()}@Shop.COM`;
    expect(profile.spellings).toEqual([{ type: 'email', value: `${name}@shop.com`, spelling }]);
    const [unmailed] = await it.profiles({ email: `${name}@shop.com` }, '&purpose=personalisation');
    expect(unmailed!.spellings).toEqual([]);
    for (const query of [{ anonymousId: A1 }, { anonymousId: A2 }, { orderId: o1 }, { orderId: o2 }])
      expect((await it.one(query)).id).toBe(profile.id);
    expect(profile.revenue).toEqual([{ currency: 'EUR', minor: 2000 }]);
  });
  it('R7: an order of the secret key with an e-mail and no device is its person’s, and joins a device that comes later', async () => {
    const it = await house();
    const email = mail();
    await it.server(track('Order Completed', 0, { order_id: fresh('o'), total: 10, currency: 'EUR', email }));
    const before = await it.one({ email });
    expect(before.counts).toMatchObject({ orders: 1, events: 1, sessions: 0 });
    const A = fresh('a');
    await it.page(page(A, 1));
    await it.server(
      track('Order Completed', 2, { order_id: fresh('o'), total: 5, currency: 'EUR', email }, { anonymousId: A }),
    );
    const after = await it.one({ email });
    expect(after.counts).toMatchObject({ orders: 2, events: 3 });
    expect((await it.get(`/v1/profiles/${before.id}`)).body.id).toBe(after.id);
    const U = fresh('u');
    await it.server(identify(U, 3, { traits: { email } }));
    const user = await it.one({ userId: U });
    expect(user.counts.orders).toBe(2);
    expect((await it.get(`/v1/profiles/${before.id}`)).body.id).toBe(user.id);
    expect((await it.get(`/v1/profiles/${after.id}`)).body.id).toBe(user.id);
    const merges = await it.list<Merge>(user.id, 'merges');
    expect(merges.length).toBeGreaterThan(0);
    for (const merge of merges) {
      expect(Object.keys(merge).sort()).toEqual(['at', 'cause', 'id', 'identifiers', 'reason', 'undoneAt']);
      expect(merge.identifiers).toHaveLength(2);
    }
  });
  it('R5: two users who share an address stay two; it stays with who proved it first', async () => {
    const it = await house();
    const [U1, U2, email] = [fresh('u'), fresh('u'), mail()] as const;
    await it.server(identify(U2, 5, { traits: { email } }));
    await it.server(identify(U1, 0, { traits: { email } }));
    const [one, two] = [await it.one({ userId: U1 }), await it.one({ userId: U2 })];
    expect(one.id).not.toBe(two.id);
    expect((await it.profiles({ email })).map(({ id }) => id)).toEqual([one.id, two.id]);
    // A guest's order under that address is the first one's.
    const order = fresh('o');
    await it.server(track('Order Completed', 9, { order_id: order, total: 3, currency: 'EUR', email }));
    expect((await it.one({ orderId: order })).id).toBe(one.id);
  });
  it('R7, I10: an address typed on a page is a contact of that device, and finds, joins and changes nobody', async () => {
    const it = await house();
    const [A, U, email] = [fresh('a'), fresh('u'), mail()] as const;
    await it.server(identify(U, 0, { traits: { email, plan: 'gold' } }));
    await it.page(
      identify(undefined, 5, { anonymousId: A, traits: { email, plan: 'x' } }),
      track('Product Added', 6, { product_id: 'p', price: 1, currency: 'EUR' }, { anonymousId: A }),
    );
    const [user, visitor] = [await it.one({ userId: U }), await it.one({ anonymousId: A })];
    expect([user.counts.cartAdds, user.traits.plan!.value, user.cart]).toEqual([0, 'gold', null]);
    expect(visitor.identifiers).toContainEqual(
      expect.objectContaining({ type: 'email', value: email, assurance: 'claimed' }),
    );
    expect((await it.profiles({ email })).map(({ id }) => id)).toEqual([user.id, visitor.id]);
    // Claimed holders alone are found too.
    const typed = mail();
    await it.page(identify(undefined, 7, { anonymousId: fresh('a'), traits: { email: typed } }));
    expect(await it.profiles({ email: typed })).toHaveLength(1);
  });
  it('R7: a phone is E.164 or refused; externalIds join from the secret key', async () => {
    const it = await house();
    const [A1, A2, U] = [fresh('a'), fresh('a'), fresh('u')] as const;
    const number = `+3361${Math.floor(1e6 + Math.random() * 8.9e6)}`;
    const spaced = `${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}`;
    await it.server(identify(undefined, 0, { anonymousId: A1, traits: { phone: spaced } }));
    await it.server(identify(undefined, 1, { anonymousId: A2, traits: { phone: number } }));
    const profile = await it.one({ phone: number });
    expect(profile.counts.events).toBe(2);
    const bad = await it.server(identify(undefined, 2, { anonymousId: A1, traits: { phone: '06 12 34' } }));
    expect(bad).toMatchObject({ accepted: 1, warnings: [{ index: 0, code: 'contact_refused' }] });
    const external = { externalIds: [{ id: fresh('x'), type: 'crm', collection: 'users', encoding: 'none' }] };
    await it.server(identify(U, 3, { context: external }), page(A1, 4, { context: external }));
    const user = await it.one({ userId: U });
    expect(user.identifiers.map(({ type }) => type)).toContain('external:crm');
    expect((await it.one({ anonymousId: A2 })).id).toBe(user.id);
  });
  it('finds an address and a number whose plus came as a space', async () => {
    const it = await house();
    const [name, number] = [fresh('mail'), `+3362${Math.floor(1e6 + Math.random() * 8.9e6)}`];
    await it.server(identify(fresh('u'), 0, { traits: { email: `${name}+tag@shop.com`, phone: number } }));
    for (const query of [`email=${name}+tag@shop.com`, `phone=${number}`, `phone=${encodeURIComponent(number)}`])
      expect((await it.get(`/v1/profiles?${query}`)).body.profiles).toHaveLength(1);
  });
  it('R6: assurance before time; null unsets and stays unset; set_once keeps the earliest', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    const anonymousId = A;
    await it.page(
      identify(U, 0, { anonymousId, traits: { city: 'Ghent', first_campaign: 'a', size: 'S', plan: 'p' } }),
    );
    await it.server(identify(U, 1, { traits: { city: 'Lyon' } }));
    await it.page(identify(U, 2, { anonymousId, traits: { city: 'Paris', first_campaign: 'b', size: null } }));
    await it.page(identify(U, 3, { anonymousId, traits: { plan: 'q', tier: 'x' }, context: { setOnce: true } }));
    await it.page(identify(U, 1.5, { anonymousId, traits: { size: 'M' } }));
    const { traits } = await it.one({ userId: U });
    expect(traits.city).toMatchObject({ value: 'Lyon', assurance: 'transactional', at: at(1) });
    expect(traits.first_campaign!.value).toBe('a');
    expect(traits.plan!.value).toBe('p');
    expect(traits.tier!.value).toBe('x');
    expect(traits.size ?? null).toBeNull();
    // Whatever arrives late.
    await it.page(
      identify(U, -5, { anonymousId, traits: { first_campaign: 'z', plan: 'o' }, context: { setOnce: true } }),
    );
    const late = (await it.one({ userId: U })).traits;
    expect([late.first_campaign!.value, late.plan!.value]).toEqual(['z', 'p']);
  });
  it('R8, I11: a page may not set what is the server’s, nor overwrite it, nor read', async () => {
    const it = await house();
    const [U, email] = [fresh('u'), mail()] as const;
    await it.server(identify(U, 0, { traits: { email, loyalty_tier: 'silver' } }));
    const answer = await it.page(
      identify(U, 1, {
        anonymousId: fresh('a'),
        traits: { email: mail(), loyalty_tier: 'gold', clv: 5, is_employee: true, consent: {}, nick: 'n' },
      }),
    );
    expect(answer).toMatchObject({ accepted: 1, warnings: [{ code: 'trait_protected' }] });
    expect(JSON.stringify(answer)).not.toContain(email);
    const { traits } = await it.one({ userId: U });
    expect(traits.loyalty_tier!.value).toBe('silver');
    expect(traits.email!.value).toBe(email);
    expect([traits.clv, traits.is_employee, traits.consent]).toEqual([undefined, undefined, undefined]);
    expect(traits.nick!.value).toBe('n');
    const asPage = { authorization: `Bearer ${writeKey}` };
    for (const path of [`/v1/profiles?userId=${U}`, '/v1/profiles/x', '/v1/profiles/x/events'])
      expect([(await it.get(path, asPage)).status, (await it.get(path, {})).status]).toEqual([403, 401]);
  });
  describe('proof on', () => {
    const secret = 'identity-secret';
    const proof = (userId: string): string => createHmac('sha256', secret).update(userId).digest('hex');
    const jwt = (userId: string, more: Fields = {}, signedWith = secret, alg = 'HS256'): string => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const text = `${part({ alg, typ: 'JWT' })}.${part({ sub: userId, exp: Math.floor(Date.now() / 1000) + 60, ...more })}`;
      return `${text}.${createHmac('sha256', signedWith).update(text).digest('base64url')}`;
    };
    const proving = () => house({ WEFT_IDENTITY_SECRET: secret });
    it('R8: hex and JWT prove; a proved event is verified and beats the server’s', async () => {
      const it = await proving();
      for (const make of [proof, jwt, (userId: string) => proof(userId).toUpperCase()]) {
        const [A, U] = [fresh('a'), fresh('u')] as const;
        await it.server(identify(U, 0, { traits: { city: 'Lyon' } }));
        const answer = await it.page(
          identify(U, 1, { anonymousId: A, traits: { city: 'Ghent' }, context: { identityProof: make(U) } }),
        );
        expect(answer).toMatchObject({ accepted: 1, warnings: [] });
        const profile = await it.one({ userId: U });
        expect(profile.traits.city).toMatchObject({ value: 'Ghent', assurance: 'verified' });
        expect(profile.identifiers[0]).toMatchObject({ type: 'user_id', assurance: 'verified' });
      }
    });
    it('R8: without a proof, or with a wrong one, nothing of the user changes', async () => {
      const it = await proving();
      const U = fresh('u');
      await it.server(identify(U, 0, { traits: { city: 'Lyon' } }));
      const past = { exp: Math.floor(Date.now() / 1000) - 5 };
      const wrong: unknown[] = [
        undefined,
        '',
        'x',
        5,
        {},
        [proof(U)],
        proof(fresh('u')),
        `${proof(U)} `,
        proof(U).slice(1),
        jwt(fresh('u')),
        jwt(U, past),
        jwt(U, { exp: undefined }),
        jwt(U, {}, 'another'),
        jwt(U, {}, secret, 'none'),
        `${jwt(U).split('.').slice(0, 2).join('.')}.`,
      ];
      for (const identityProof of wrong) {
        const A = fresh('a');
        const answer = await it.page(
          page(A, 1),
          identify(U, 2, { anonymousId: A, traits: { city: 'Paris' }, context: { identityProof } }),
        );
        expect([identityProof, answer.accepted]).toEqual([identityProof, 2]);
        expect(answer.warnings.map(({ code }) => code)).toContain('unproved_identity');
        const visitor = await it.one({ anonymousId: A });
        expect(visitor.identifiers.some(({ type }) => type === 'user_id')).toBe(false);
        expect(visitor.counts.events).toBe(2);
      }
      const user = await it.one({ userId: U });
      expect([user.counts.events, user.traits.city!.value]).toEqual([1, 'Lyon']);
    });
    it('R8: the secret key needs no proof', async () => {
      const it = await proving();
      const U = fresh('u');
      expect(await it.server(identify(U, 0))).toMatchObject({ accepted: 1, warnings: [] });
      expect((await it.one({ userId: U })).identifiers[0]).toMatchObject({ assurance: 'transactional' });
    });
    it('R8: a userId on any call, not only identify, needs the proof', async () => {
      const it = await proving();
      const [A, U] = [fresh('a'), fresh('u')] as const;
      await it.server(identify(U, 0));
      await it.page(track('X', 1, {}, { anonymousId: A, userId: U }));
      await it.page(track('X', 2, {}, { anonymousId: A, userId: U, context: { identityProof: proof(U) } }));
      const named = await it.list<EventItem>((await it.one({ userId: U })).id, 'events');
      expect(named.length).toBe(3);
    });
  });
});

describe('R11, R12: renaming, joining, undoing', () => {
  const alias = (previousId: unknown, userId: unknown, minutes: number, more: Fields = {}): Fields => ({
    type: 'alias',
    messageId: fresh('m'),
    previousId,
    userId,
    timestamp: at(minutes),
    ...more,
  });
  it('I19, R11: forbidden from a page; renamed once; a replay and a cycle change nothing', async () => {
    const it = await house();
    const [A, U1, U9] = [fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(identify(U1, 0, { anonymousId: A }), page(A, 1));
    const before = await it.one({ userId: U1 });
    for (const previousId of [U1, fresh('x'), 'guest', 'null'])
      for (const who of [{ anonymousId: A }, {}])
        expect((await it.page(alias(previousId, U9, 2, who))).rejected).toMatchObject([{ code: 'alias_forbidden' }]);
    const renaming = alias(U1, U9, 3);
    expect(await it.server(renaming)).toMatchObject({ accepted: 1, warnings: [] });
    const renamed = await it.one({ userId: U9 });
    expect(renamed.counts.events).toBe(3);
    expect((await it.one({ userId: U1 })).id).toBe(renamed.id);
    expect((await it.get(`/v1/profiles/${before.id}`)).body.id).toBe(renamed.id);
    expect(await it.server(renaming)).toMatchObject({ duplicates: 1 });
    expect(await it.server(alias(U1, U9, 4))).toMatchObject({ accepted: 1 });
    expect(await it.server(alias(U9, U1, 5))).toMatchObject({
      accepted: 1,
      warnings: [{ index: 0, code: 'alias_ignored' }],
    });
    expect((await it.one({ userId: U9 })).id).toBe(renamed.id);
    expect((await it.one({ userId: U1 })).id).toBe(renamed.id);
  });
  it('R11: a page may alias its own device; U1→U9 joins a U9 that exists; a second rename is ignored', async () => {
    const it = await house();
    const [A, U1, U9, U8] = [fresh('a'), fresh('u'), fresh('u'), fresh('u')] as const;
    expect(await it.page(page(A, 0), alias(A, U1, 1, { anonymousId: A }))).toMatchObject({ accepted: 2, rejected: [] });
    await it.server(identify(U9, 2), identify(U8, 2));
    expect((await it.one({ userId: U1 })).counts.events).toBe(2);
    await it.server(alias(U1, U9, 3));
    expect((await it.one({ userId: U9 })).counts.events).toBe(4);
    expect(await it.server(alias(U1, U8, 4))).toMatchObject({ accepted: 1, warnings: [{ code: 'alias_ignored' }] });
    expect((await it.one({ userId: U1 })).id).toBe((await it.one({ userId: U9 })).id);
    expect((await it.one({ userId: U8 })).id).not.toBe((await it.one({ userId: U9 })).id);
  });
  it('R12: the undo of a claim leaves both exactly as their events say; twice is once; the cause again changes nothing', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(page(A, 0));
    const visitor = await it.one({ anonymousId: A });
    const cause = identify(U, 1, { anonymousId: A });
    await it.page(cause, page(A, 2));
    const user = await it.one({ userId: U });
    expect(user.counts.events).toBe(3);
    const [merge] = await it.list<Merge>(user.id, 'merges');
    expect(merge!.identifiers.map(({ value }) => value).sort()).toEqual([A, U].sort());
    expect([merge!.cause, merge!.undoneAt]).toEqual([cause.messageId, null]);
    const undone = await it.post(`/v1/merges/${merge!.id}/undo`, '', bearer);
    expect(undone.status).toBe(200);
    const again = await it.post(`/v1/merges/${merge!.id}/undo`, '', bearer);
    expect([again.status, again.body]).toEqual([200, undone.body]);
    const parted = await it.one({ userId: U });
    expect(parted.counts.events).toBe(1);
    const own = (await it.profiles({ anonymousId: A })).find(({ id }) => id !== parted.id)!;
    expect([own.id, own.counts.events]).toEqual([visitor.id, 2]);
    expect((await it.get(`/v1/profiles/${visitor.id}`)).body.id).toBe(visitor.id);
    expect(await it.page(cause)).toMatchObject({ duplicates: 1 });
    await it.page(page(A, 3), identify(U, 4, { anonymousId: A }));
    expect((await it.one({ userId: U })).counts.events).toBe(2);
    for (const id of [parted.id, own.id]) {
      const merges = await it.list<Merge>(id, 'merges');
      expect(merges.filter(({ undoneAt }) => undoneAt !== null).map(({ id }) => id)).toEqual([merge!.id]);
    }
  });
  it('R12: the undo of a join by e-mail', async () => {
    const it = await house();
    const [A1, A2] = [fresh('a'), fresh('a')] as const;
    const email = `${fresh('mail')}@shop.com`;
    const order = (n: number) => ({ order_id: fresh('o'), total: n, currency: 'EUR', email });
    await it.server(track('Order Completed', 0, order(1), { anonymousId: A1 }));
    await it.server(track('Order Completed', 1, order(2), { anonymousId: A2 }));
    const joined = await it.one({ email });
    expect(joined.counts.orders).toBe(2);
    const [merge, ...others] = await it.list<Merge>(joined.id, 'merges');
    expect(others).toEqual([]);
    expect((await it.post(`/v1/merges/${merge!.id}/undo`, '', bearer)).status).toBe(200);
    const [one, two] = [await it.one({ anonymousId: A1 }), await it.one({ anonymousId: A2 })];
    expect([one.id === two.id, one.counts.orders, two.counts.orders]).toEqual([false, 1, 1]);
    await it.server(track('Order Completed', 2, order(3), { anonymousId: A2 }));
    expect((await it.one({ anonymousId: A1 })).id).not.toBe((await it.one({ anonymousId: A2 })).id);
    expect((await it.post(`/v1/merges/${merge!.id}/undo`, '', bearer)).status).toBe(200);
  });
  it('R12: an admin merge makes one user historical; unknown ids and merges are told', async () => {
    const it = await house();
    const [U1, U2] = [fresh('u'), fresh('u')] as const;
    await it.server(identify(U1, 0), identify(U2, 1));
    const made = await it.post('/v1/merges', { from: U1, into: U2 }, bearer);
    expect(made.status).toBe(200);
    const one = await it.one({ userId: U1 });
    expect([one.id, one.counts.events]).toEqual([(await it.one({ userId: U2 })).id, 2]);
    expect((await it.list<Merge>(one.id, 'merges')).map(({ id }) => id)).toContain(made.body.id);
    expect((await it.post('/v1/merges', { from: U1, into: U2 }, bearer)).body.id).toBe(made.body.id);
    expect((await it.post(`/v1/merges/${made.body.id as string}/undo`, '', bearer)).status).toBe(200);
    expect((await it.one({ userId: U1 })).id).not.toBe((await it.one({ userId: U2 })).id);
    expect((await it.post('/v1/merges', { from: U1, into: fresh('u') }, bearer)).status).toBe(404);
    expect((await it.post('/v1/merges/m_nothing/undo', '', bearer)).status).toBe(404);
    expect((await it.post('/v1/merges', { from: U1, into: U1 }, bearer)).status).toBe(400);
    expect((await it.post('/v1/merges', { from: U1 }, bearer)).status).toBe(400);
  });
  it('R13: more than three users on a device: no further device links', async () => {
    const it = await house();
    const A = fresh('a');
    const users = [1, 2, 3, 4].map(() => fresh('u'));
    await it.page(...users.flatMap((U, n) => [identify(U, n * 10, { anonymousId: A }), page(A, n * 10 + 1)]));
    const counts = [];
    for (const U of users) counts.push((await it.one({ userId: U })).counts.events);
    expect(counts).toEqual([2, 2, 2, 1]);
  });
});

describe('sessions (S)', () => {
  const visits = async (it: House, query: Fields): Promise<SessionItem[]> => {
    const { id } = await it.one(query);
    return (await it.list<SessionItem>(id, 'sessions')).reverse();
  };
  it('S2: 30:00 is the same session, a second more is another; 24 h end one; midnight and a campaign do not', async () => {
    const it = await house();
    const [A, B, C] = [fresh('a'), fresh('a'), fresh('a')] as const;
    await it.page(page(A, 0), page(A, 30), page(A, 60.02));
    expect(
      (await visits(it, { anonymousId: A })).map(({ startedAt, endedAt, pageViews }) => [
        startedAt,
        endedAt,
        pageViews,
      ]),
    ).toEqual([
      [at(0), at(30), 2],
      [at(60.02), at(60.02), 1],
    ]);
    await it.page(...Array.from({ length: 60 }, (_, n) => page(B, -3000 + n * 29)));
    expect((await visits(it, { anonymousId: B })).map(({ startedAt }) => startedAt)).toEqual([
      at(-3000),
      at(-3000 + 50 * 29),
    ]);
    const url = (campaign: string) => ({
      url: `https://shop.com/?utm_source=${campaign}&utm_medium=cpc&utm_campaign=${campaign}`,
    });
    await it.page(page(C, 0, { properties: url('a') }), page(C, 5, { properties: url('b') }));
    await it.page(track('Order Completed', 6, { order_id: fresh('o'), total: 5, currency: 'EUR' }, { anonymousId: C }));
    const [only, ...others] = await visits(it, { anonymousId: C });
    expect(others).toEqual([]);
    expect(
      only!.touches.map(({ source, medium, campaign, channel, clickId }) => [
        source,
        medium,
        campaign,
        channel,
        clickId,
      ]),
    ).toEqual([
      ['a', 'cpc', 'a', 'Paid Other', null],
      ['b', 'cpc', 'b', 'Paid Other', null],
    ]);
  });
  it('S-1: over midnight it is one session; S-3: two tabs in turn are one', async () => {
    const it = await house();
    const [A, B] = [fresh('a'), fresh('a')] as const;
    const night = Math.floor(noon / day) * day;
    const when = (minutes: number): Fields => ({ timestamp: new Date(night + minutes * minute).toISOString() });
    await it.page(page(A, 0, when(-10)), page(A, 0, when(10)));
    expect(await visits(it, { anonymousId: A })).toHaveLength(1);
    await it.page(
      ...[0, 20, 40, 60, 80, 100, 120].map((n) => page(B, n, { context: { sessionId: n % 40 ? 't2' : 't1' } })),
    );
    expect(await visits(it, { anonymousId: B })).toHaveLength(1);
  });
  it('S5: a late event bridges two sessions; the earlier one’s id stays', async () => {
    const it = await house();
    const A = fresh('a');
    await it.page(page(A, 0), page(A, 50));
    const [first, second] = await visits(it, { anonymousId: A });
    expect(second).toBeDefined();
    await it.page(page(A, 25));
    const [bridged, ...others] = await visits(it, { anonymousId: A });
    expect([bridged!.id, bridged!.pageViews, others]).toEqual([first!.id, 3, []]);
    await it.page(page(A, -5));
    expect((await visits(it, { anonymousId: A }))[0]).toMatchObject({ startedAt: at(-5), pageViews: 4 });
  });
  it('S3: what is no activity begins and extends no session', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(identify(U, 0, { anonymousId: A }));
    await it.page(
      track('Timer', 20, {}, { anonymousId: A, context: { active: false } }),
      page(A, 25, { context: { active: false } }),
      track('Message Opened', 26, { message_id: 'm' }, { anonymousId: A }),
    );
    await it.server(track('Order Completed', 28, { order_id: fresh('o'), total: 1, currency: 'EUR' }, { userId: U }));
    await it.server(
      track(
        'Shipped',
        29,
        {},
        { anonymousId: A, channel: 'server', context: { page: { url: 'https://shop.com/' }, userAgent: agent } },
      ),
    );
    const [only, ...others] = await visits(it, { anonymousId: A });
    expect([only!.startedAt, only!.endedAt, others]).toEqual([at(0), at(0), []]);
    await it.page(page(A, 40));
    expect(await visits(it, { anonymousId: A })).toHaveLength(2);
    // With a page or an agent, an event of the secret key is a browser's.
    await it.server(track('X', 60, {}, { anonymousId: A, context: { userAgent: agent } }));
    expect((await visits(it, { anonymousId: A })).at(-1)!.endedAt).toBe(at(60));
  });
  it('S4: beats are cumulative and no events; thirty minutes a page view at most', async () => {
    const it = await house();
    const A = fresh('a');
    const view = page(A, 0, { properties: { url: 'https://shop.com/p/1' } });
    const beat = (minutes: number, ms: unknown, view_: string = view.messageId as string): Fields =>
      track('Page Engaged', minutes, { page_message_id: view_, engaged_ms: ms }, { anonymousId: A });
    await it.page(view, beat(0.25, 9_000), beat(0.5, 14_000), beat(0.4, 12_000));
    const { id, counts } = await it.one({ anonymousId: A });
    expect(counts).toMatchObject({ events: 1, pageViews: 1, sessions: 1 });
    expect((await visits(it, { anonymousId: A }))[0]).toMatchObject({ engagedMs: 14_000, engaged: true });
    const other = page(A, 1);
    await it.page(other, beat(25, 9e9, other.messageId as string), beat(26, -5), beat(27, 'x'), beat(28, 1e308));
    const profile = await it.one({ anonymousId: A });
    expect([profile.id, profile.counts.events]).toEqual([id, 2]);
    expect(profile.lastSession!.engagedMs).toBeLessThanOrEqual(60 * minute);
    expect(profile.lastSession!.engagedMs).toBeGreaterThanOrEqual(30 * minute);
  });
  it('S-7: an order of the shop’s server 40 minutes later begins no session and belongs to the last', async () => {
    const it = await house();
    const [A, token, order] = [fresh('a'), fresh('t'), fresh('o')] as const;
    await it.page(
      page(A, 0),
      track('Product Added', 1, { cart_id: token, product_id: 'p', price: 5, currency: 'EUR' }, { anonymousId: A }),
    );
    await it.server(
      track('Order Completed', 41, {
        order_id: order,
        cart_token: token,
        total: 5,
        currency: 'EUR',
        products: [{ product_id: 'p', price: 5, quantity: 1 }],
      }),
    );
    const profile = await it.one({ anonymousId: A });
    const sessions = await visits(it, { anonymousId: A });
    expect(sessions).toHaveLength(1);
    const [placed] = await it.list<Order & { sessionId: string | null }>(profile.id, 'orders');
    expect(placed).toMatchObject({ orderId: order, sessionId: sessions[0]!.id });
    const event = (await it.list<EventItem>(profile.id, 'events')).find((one) => one.event === 'Order Completed');
    expect(event!.sessionId).toBe(sessions[0]!.id);
  });
  it('a session tells its device, country, paths and source', async () => {
    const it = await house();
    const A = fresh('a');
    const url = (path: string, query = '') => ({ url: `https://shop.com${path}${query}`, referrer: '' });
    await it.pageWith(
      {},
      [
        page(A, 0, {
          properties: { ...url('/in'), referrer: 'https://www.google.com/search?q=mugs' },
          context: { userAgent: agent, locale: 'fr-FR' },
        }),
        page(A, 1, { properties: { ...url('/out'), referrer: 'https://shop.com/in' }, context: { userAgent: agent } }),
      ],
      { 'cf-ipcountry': 'FR' },
    );
    const [session] = await visits(it, { anonymousId: A });
    expect(session).toMatchObject({
      anonymousId: A,
      entryPath: '/in',
      exitPath: '/out',
      country: 'FR',
      device: { browser: expect.stringContaining('Firefox'), os: expect.stringContaining('Linux'), kind: 'desktop' },
    });
    expect(session!.touches).toEqual([
      expect.objectContaining({
        channel: 'Organic Search',
        source: 'google',
        medium: 'organic',
        campaign: null,
        clickId: null,
      }),
    ]);
    const profile = await it.one({ anonymousId: A });
    expect(profile.lastSession).toMatchObject({
      id: session!.id,
      source: 'google',
      startedAt: at(0),
      lastActivityAt: at(1),
    });
    expect(profile.touches).toHaveLength(1);
  });
  it('click ids come in with the address, and a second profile field shows them', async () => {
    const it = await house();
    const A = fresh('a');
    await it.page(page(A, 0, { properties: { url: 'https://shop.com/?gclid=abc123&utm_term=x&email=a@b.co#frag' } }));
    const profile = await it.one({ anonymousId: A });
    expect(profile.touches[0]).toMatchObject({
      channel: 'Paid Search',
      source: 'google',
      clickId: expect.stringContaining('abc123'),
    });
    const [event] = await it.list<EventItem>(profile.id, 'events');
    expect(event!.properties.url).toBe('https://shop.com/?utm_term=x');
  });
});

describe('carts, episodes, orders (C)', () => {
  const product = (id: string, quantity = 1, price = 10): Fields => ({
    product_id: id,
    quantity,
    price,
    name: `The ${id}`,
  });
  const add = (who: Fields, minutes: number, id = 'p1', more: Fields = {}): Fields =>
    track('Product Added', minutes, { ...product(id), currency: 'EUR', ...more }, who);
  const carts = async (it: House, query: Fields): Promise<Cart[]> => it.list<Cart>((await it.one(query)).id, 'carts');

  it('C-1: abandoned an hour after the last act, one episode, stage cart', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    await it.page(add(who, 0));
    const profile = await it.one(who);
    expect(profile.counts).toMatchObject({ cartAdds: 1, cartsAbandoned: 1, cartsRecovered: 0, cartsOpen: 1 });
    expect(profile.cart).toMatchObject({ state: 'abandoned', valueMinor: 1000, currency: 'EUR', deadlineAt: at(60) });
    const [cart, ...others] = await carts(it, who);
    expect(others).toEqual([]);
    expect(cart).toMatchObject({
      id: profile.cart!.id,
      state: 'abandoned',
      valueMinor: 1000,
      currency: 'EUR',
      episodes: [{ n: 1, stage: 'cart', abandonedAt: at(60), valueMinor: 1000, outcome: 'open', recoveredBy: null }],
      lines: [{ productId: 'p1', quantity: 1, priceMinor: 1000, variant: null }],
    });
  });
  it('C3: a live cart is active and shows its deadline; a checkout has half an hour, a payment too', async () => {
    const it = await house();
    const now = Date.now();
    const live = (ago: number): Fields => ({ timestamp: new Date(now - ago * minute).toISOString() });
    const iso = (ago: number): string => new Date(now - ago * minute).toISOString();
    const A = fresh('a');
    const who = { anonymousId: A };
    await it.page({ ...add(who, 0), ...live(40) });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-20) });
    await it.page({ ...page(A, 0), ...live(30) });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-30) });
    await it.page({
      ...track('Checkout Started', 0, { products: [product('p1')], currency: 'EUR' }, who),
      ...live(20),
    });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-10) });
    await it.page({ ...add(who, 0, 'p2'), ...live(10) });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-50) });
    await it.page({ ...track('Payment Info Entered', 0, {}, who), ...live(5) });
    expect((await it.one(who)).cart).toMatchObject({ state: 'active', deadlineAt: iso(-25) });
    const stages = { anonymousId: fresh('a') };
    await it.page(add(stages, 0), track('Checkout Started', 1, { products: [product('p1')] }, stages));
    await it.page(track('Payment Info Entered', 2, {}, stages));
    expect((await carts(it, stages))[0]!.episodes).toMatchObject([{ stage: 'payment', abandonedAt: at(32) }]);
  });
  it('C-2: a page view on another device of the same person puts the deadline off', async () => {
    const it = await house();
    const [A1, A2, U] = [fresh('a'), fresh('a'), fresh('u')] as const;
    await it.page(
      identify(U, -2, { anonymousId: A2 }),
      identify(U, -1, { anonymousId: A1 }),
      add({ anonymousId: A1 }, 0),
    );
    expect((await carts(it, { userId: U }))[0]!.episodes[0]!.abandonedAt).toBe(at(60));
    await it.page(page(A2, 50));
    expect((await carts(it, { userId: U }))[0]!.episodes).toMatchObject([{ abandonedAt: at(110) }]);
  });
  it('C-4: one cart, two episodes, the first resumed, the second recovered by return', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    const from = -6 * 1440;
    await it.page(
      add(who, from),
      track('Cart Viewed', from + 2 * 1440, { products: [product('p1')], currency: 'EUR' }, who),
      track(
        'Order Completed',
        from + 4 * 1440,
        { order_id: fresh('o'), total: 10, currency: 'EUR', products: [product('p1')] },
        who,
      ),
    );
    const profile = await it.one(who);
    expect(profile.counts).toMatchObject({ cartsAbandoned: 1, cartsRecovered: 1, cartsOpen: 0, orders: 1 });
    expect(profile.cart).toBeNull();
    const [cart] = await carts(it, who);
    expect(cart).toMatchObject({
      state: 'converted',
      lines: [],
      episodes: [
        { n: 1, outcome: 'resumed', recoveredBy: null },
        { n: 2, outcome: 'recovered', recoveredBy: 'return' },
      ],
    });
  });
  it('C5: recovered by a message clicked up to five days before; after thirty days lost and expired', async () => {
    const it = await house();
    const [one, two, three] = [1, 2, 3].map(() => ({ anonymousId: fresh('a') }));
    const from = -20 * 1440;
    const buy = (who: Fields, minutes: number): Fields =>
      track(
        'Order Completed',
        minutes,
        { order_id: fresh('o'), total: 10, currency: 'EUR', products: [product('p1')] },
        who,
      );
    await it.page(
      add(one!, from),
      track('Message Clicked', from + 1440, { message_id: 'spring' }, one),
      buy(one!, from + 3 * 1440),
    );
    expect((await carts(it, one!))[0]!.episodes).toMatchObject([
      { outcome: 'recovered', recoveredBy: 'message:spring' },
    ]);
    await it.page(
      add(two!, from),
      track('Message Clicked', from + 1440, { message_id: 'spring' }, two),
      buy(two!, from + 6.5 * 1440),
    );
    expect((await carts(it, two!))[0]!.episodes).toMatchObject([{ outcome: 'recovered', recoveredBy: 'return' }]);
    await it.server(add(three!, -40 * 1440), buy(three!, -1440));
    const [late] = await carts(it, three!);
    expect(late).toMatchObject({ state: 'expired', episodes: [{ outcome: 'lost', recoveredBy: null }] });
    expect((await it.one(three!)).counts).toMatchObject({ cartsAbandoned: 1, cartsRecovered: 0, cartsOpen: 0 });
  });
  it('C-7, C6: a guest’s cart joins the account’s at the login; the platform’s snapshot wins; an order takes its lines', async () => {
    const it = await house();
    const [A1, A2, U] = [fresh('a'), fresh('a'), fresh('u')] as const;
    const lines = (cart: Cart | Profile['cart']) =>
      Object.fromEntries(cart!.lines.map(({ productId, quantity }) => [productId, quantity]));
    await it.page(
      identify(U, 0, { anonymousId: A1 }),
      add({ anonymousId: A1 }, 1, 'p1'),
      add({ anonymousId: A1 }, 2, 'p2'),
    );
    await it.page(add({ anonymousId: A2 }, 3, 'p1', { quantity: 2 }));
    expect(lines((await it.one({ anonymousId: A2 })).cart)).toEqual({ p1: 2 });
    await it.page(identify(U, 5, { anonymousId: A2 }));
    const joined = await it.one({ userId: U });
    expect(joined.counts.cartsOpen).toBe(1);
    expect(lines(joined.cart)).toEqual({ p1: 2, p2: 1 });
    expect((await carts(it, { userId: U })).map(({ state }) => state).sort()).toEqual(['abandoned', 'merged']);
    await it.page(
      track(
        'Cart Updated',
        6,
        { products: [product('p1', 3), product('p2', 1)], currency: 'EUR' },
        { anonymousId: A2 },
      ),
    );
    expect(lines((await it.one({ userId: U })).cart)).toEqual({ p1: 3, p2: 1 });
    const order = fresh('o');
    await it.page(
      track(
        'Order Completed',
        7,
        { order_id: order, total: 10, currency: 'EUR', products: [product('p2')] },
        { anonymousId: A2 },
      ),
    );
    expect(lines((await it.one({ userId: U })).cart)).toEqual({ p1: 3 });
    await it.server(track('Order Refunded', 8, { order_id: order }, { userId: U }));
    const after = await it.one({ userId: U });
    expect(lines(after.cart)).toEqual({ p1: 3 });
    expect(after.revenue).toEqual([{ currency: 'EUR', minor: 0 }]);
  });
  it('C2: snapshots and deltas in their order; nothing below zero; an unknown price is null, not zero; mixed currencies too', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    await it.page(
      add(who, 2, 'p2'),
      track('Cart Updated', 1, { products: [product('p1', 2)], currency: 'EUR' }, who),
      add(who, 0, 'p0'),
      track('Product Removed', 3, { ...product('p1', 9), currency: 'EUR' }, who),
    );
    expect((await it.one(who)).cart!.lines.map(({ productId, quantity }) => [productId, quantity])).toEqual([
      ['p2', 1],
    ]);
    const removed = await it.page(track('Product Removed', 4, { product_id: 'never', quantity: 1 }, who));
    expect(removed.accepted).toBe(1);
    await it.page(track('Product Added', 5, { product_id: 'p3', currency: 'EUR' }, who));
    expect((await it.one(who)).cart).toMatchObject({
      valueMinor: null,
      lines: [{}, { productId: 'p3', priceMinor: null, quantity: 1 }],
    });
    await it.page(track('Product Removed', 6, { product_id: 'p3' }, who), add(who, 7, 'p4', { currency: 'USD' }));
    expect((await it.one(who)).cart).toMatchObject({ valueMinor: null, currency: null, lines: [{}, {}] });
    await it.page(track('Cart Updated', 8, { products: [] }, who));
    const emptied = await it.one(who);
    expect([emptied.cart, emptied.counts.cartsAbandoned, emptied.counts.cartsOpen]).toEqual([null, 0, 0]);
    expect((await carts(it, who))[0]).toMatchObject({ state: 'emptied', episodes: [] });
  });
  it('C1: money in minor units by the exponent of the currency; numbers as texts', async () => {
    const it = await house();
    for (const [price, currency, minor] of [
      [9.99, 'eur', 999],
      ['9,99', 'EUR', 999],
      ['12.5', 'USD', 1250],
      [1500, 'JPY', 1500],
      [1.234, 'KWD', 1234],
      [0.1 + 0.2, 'EUR', 30],
      [19.999, 'EUR', 2000],
    ] as const) {
      const who = { anonymousId: fresh('a') };
      await it.page(track('Product Added', 0, { product_id: 'p', price, currency }, who));
      expect([price, (await it.one(who)).cart!.valueMinor]).toEqual([price, minor]);
    }
  });
  it('C4: browsing without a cart is an episode of its own and counts in no cart figure', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    await it.page(track('Product Viewed', -3000, { ...product('p1'), currency: 'EUR' }, who));
    const profile = await it.one(who);
    expect(profile.counts).toMatchObject({ productViews: 1, cartsAbandoned: 0, cartsOpen: 0, cartAdds: 0 });
    expect(await it.list(profile.id, 'carts')).toEqual([]);
  });
  it('C4: late data may remove an episode', async () => {
    const it = await house();
    const A = fresh('a');
    await it.page(add({ anonymousId: A }, 0));
    expect((await it.one({ anonymousId: A })).counts.cartsAbandoned).toBe(1);
    await it.page(
      track(
        'Order Completed',
        30,
        { order_id: fresh('o'), total: 10, currency: 'EUR', products: [product('p1')] },
        { anonymousId: A },
      ),
    );
    const after = await it.one({ anonymousId: A });
    expect(after.counts).toMatchObject({ cartsAbandoned: 0, cartsRecovered: 0, orders: 1 });
    expect((await carts(it, { anonymousId: A }))[0]).toMatchObject({ state: 'converted', episodes: [] });
  });
  it('C8: an order is one, however often it is told; updates replace; refunds and cancellations reduce', async () => {
    const it = await house();
    const [A, U, order] = [fresh('a'), fresh('u'), fresh('o')] as const;
    const orders = async () => it.list<Order>((await it.one({ userId: U })).id, 'orders');
    const told = {
      order_id: order,
      total: 60,
      revenue: 50,
      shipping: 10,
      currency: 'EUR',
      products: [product('p1', 2), product('p2', 3)],
    };
    await it.page(identify(U, 0, { anonymousId: A }), track('Order Completed', 1, told, { anonymousId: A }));
    await it.server(track('Order Completed', 1.5, told, { userId: U }));
    expect(await orders()).toMatchObject([
      { orderId: order, at: at(1), revenueMinor: 5000, refundedMinor: 0, state: 'completed', currency: 'EUR' },
    ]);
    await it.server(track('Order Updated', 3, { order_id: order, revenue: 40, currency: 'EUR' }, { userId: U }));
    expect(await orders()).toMatchObject([{ revenueMinor: 4000 }]);
    await it.server(
      track('Order Refunded', 4, { order_id: order, products: [product('p2', 1)], currency: 'EUR' }, { userId: U }),
    );
    expect(await orders()).toMatchObject([{ revenueMinor: 4000, refundedMinor: 1000, state: 'partially_refunded' }]);
    await it.server(
      track(
        'Order Refunded',
        5,
        { order_id: order, total: 5, products: [product('p1', 1)], currency: 'EUR' },
        { userId: U },
      ),
    );
    expect(await orders()).toMatchObject([{ refundedMinor: 1500 }]);
    expect((await it.one({ userId: U })).revenue).toEqual([{ currency: 'EUR', minor: 2500 }]);
    await it.server(track('Order Refunded', 6, { order_id: order, total: 500, currency: 'EUR' }, { userId: U }));
    expect(await orders()).toMatchObject([{ refundedMinor: 4000, state: 'refunded' }]);
    expect((await it.one({ userId: U })).revenue).toEqual([{ currency: 'EUR', minor: 0 }]);
    const other = fresh('o');
    await it.server(track('Order Completed', 7, { ...told, order_id: other }, { userId: U }));
    expect((await it.one({ userId: U })).counts.orders).toBe(2);
    await it.server(track('Order Cancelled', 8, { order_id: other }, { userId: U }));
    const after = await it.one({ userId: U });
    expect([after.counts.orders, after.revenue]).toEqual([1, [{ currency: 'EUR', minor: 0 }]]);
    expect((await orders()).map(({ orderId, state }) => [orderId, state])).toEqual([
      [other, 'cancelled'],
      [order, 'refunded'],
    ]);
  });
  it('C8: a refund before its order counts negative on its own date, and moves when the order arrives', async () => {
    const it = await house();
    const [U, order] = [fresh('u'), fresh('o')] as const;
    await it.server(
      identify(U, 0),
      track('Order Refunded', 5, { order_id: order, total: 4, currency: 'EUR' }, { userId: U }),
    );
    expect((await it.one({ userId: U })).revenue).toEqual([{ currency: 'EUR', minor: -400 }]);
    await it.server(track('Order Completed', 2, { order_id: order, total: 10, currency: 'EUR' }, { userId: U }));
    const after = await it.one({ userId: U });
    expect([after.revenue, after.counts.orders]).toEqual([[{ currency: 'EUR', minor: 600 }], 1]);
    expect(await it.list<Order>(after.id, 'orders')).toMatchObject([
      { at: at(2), revenueMinor: 1000, refundedMinor: 400 },
    ]);
  });
  it('C8: a negative quantity is rejected with its path; wire: v1 names are the same events', async () => {
    const it = await house();
    const who = { anonymousId: fresh('a') };
    const answer = await it.page(
      add(who, 0, 'p1', { quantity: -1 }),
      track(
        'Order Completed',
        1,
        {
          order_id: fresh('o'),
          total: 1,
          currency: 'EUR',
          products: [
            { product_id: 'a', quantity: 1 },
            { product_id: 'b', quantity: '-2' },
          ],
        },
        who,
      ),
      track('Added Product', 2, { id: 'p1', price: 5, quantity: 2 }, who),
      track(
        'Completed Order',
        3,
        { orderId: fresh('o'), total: 10, currency: 'EUR', products: [{ id: 'p1', price: 5, quantity: 2 }] },
        who,
      ),
    );
    expect(answer.rejected.map(({ index, code, path }) => [index, code, path])).toEqual([
      [0, 'negative_quantity', 'properties.quantity'],
      [1, 'negative_quantity', 'properties.products.1.quantity'],
    ]);
    const profile = await it.one(who);
    expect(profile.counts).toMatchObject({ cartAdds: 1, orders: 1 });
    expect((await it.list<EventItem>(profile.id, 'events')).map(({ event }) => event)).toEqual([
      'Order Completed',
      'Product Added',
    ]);
  });
});

describe('consent on the wire (consent.md; R9, R14, R15)', () => {
  const ledger = () => house({ WEFT_KEY_CONSENT: 'ledger' });
  const purposes = ['measurement', 'personalisation', 'marketing', 'sharing'] as const;
  type Granted = readonly (typeof purposes)[number][];
  const policyVersion = '1';
  /** A consent act; what is not granted is denied. */
  const act = (kind: string, visitorId: string | null, granted: Granted, more: Fields = {}): Fields => ({
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
  const all: Granted = purposes;
  const soon = (seconds = 0): string => new Date(Date.now() + seconds * 1000).toISOString();
  const under = (row: Fields | string, event: Fields): Fields => ({
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
  const said = async (it: House, row: Fields, headers: Record<string, string> = {}) =>
    it.post('/v1/consent', { writeKey, ...row }, headers);
  const granted = async (it: House, more: Granted = all): Promise<{ A: string; row: Fields }> => {
    const A = fresh('a');
    const row = act('grant', A, more);
    const answer = await it.pageWith({ consent: row }, [under(row, page(A, 0))]);
    expect(answer).toMatchObject({ accepted: 1, held: [], dropped: [] });
    return { A, row };
  };
  const codes = (list: readonly { code: string }[]): string[] => list.map(({ code }) => code);

  it('consent 4: the row beside the batch, and events under it, with nothing else asked', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const profile = await it.one({ anonymousId: A });
    expect(
      Object.fromEntries(Object.entries(profile.consent).map(([name, { value, source }]) => [name, [value, source]])),
    ).toEqual(Object.fromEntries(purposes.map((purpose) => [purpose, ['granted', 'user']])));
    for (const { at: when } of Object.values(profile.consent)) expect(when).toMatch(/^\d{4}-.*Z$/);
    // Acknowledged, the row need not come again.
    expect(await it.page(under(row, page(A, 0)))).toMatchObject({ accepted: 1 });
    // …and may.
    expect(await it.pageWith({ consent: row }, [under(row, page(A, 0))])).toMatchObject({ accepted: 1, warnings: [] });
  });
  it('an unknown receipt is held and nothing stored, accepted later with its row; none at all is dropped', async () => {
    const it = await ledger();
    const A = fresh('a');
    const row = act('grant', A, all);
    const event = under(row, page(A, 0));
    const held = await it.page(
      event,
      page(A, 0),
      { ...page(A, 0), context: { consent: {} } },
      under('not a receipt', page(A, 0)),
    );
    expect(held).toMatchObject({
      accepted: 0,
      held: [{ index: 0, messageId: event.messageId, code: 'unknown_receipt' }],
    });
    expect(held.dropped.map(({ index, code }) => [index, code])).toEqual([
      [1, 'no_receipt'],
      [2, 'no_receipt'],
      [3, 'no_receipt'],
    ]);
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
    expect(await it.pageWith({ consent: row }, [event])).toMatchObject({ accepted: 1, duplicates: 0, held: [] });
  });
  it('POST /v1/consent: the answer’s shape; the same again 200; another body under the receipt 409', async () => {
    const it = await ledger();
    const A = fresh('a');
    const row = act('grant', A, all);
    const first = await said(it, row);
    expect([first.status, Object.keys(first.body).sort()]).toEqual([200, ['at', 'expiresAt', 'receipt', 'seq']]);
    expect(first.body).toMatchObject({ receipt: row.receipt, seq: expect.any(Number) });
    const days = (Date.parse(first.body.expiresAt as string) - Date.parse(first.body.at as string)) / day;
    expect(days).toBe(180);
    const again = await said(it, row);
    expect([again.status, again.body]).toEqual([200, first.body]);
    const others: Fields[] = [
      act('grant', A, ['measurement'], { receipt: row.receipt }),
      { ...row, decisions: [] },
      { ...row, kind: 'refuse', decisions: [] },
      { ...row, kind: 'update', decisions: row.decisions },
      { ...row, kind: 'withdraw', decisions: [] },
      act('refuse', null, [], { receipt: row.receipt }),
      act('gpc', null, [], { receipt: row.receipt }),
      { ...row, visitorId: fresh('a') },
      { ...row, epoch: 2 },
    ];
    for (const [index, other] of others.entries()) {
      const conflict = await said(it, other);
      expect([index, conflict.status, conflict.body.error?.code]).toEqual([index, 409, 'receipt_conflict']);
      expect(conflict.body.error!.hint).not.toBe('');
    }
    expect((await said(it, row)).body).toEqual(first.body);
    // It also may come beside a batch.
    expect(await it.pageWith({ consent: row }, [under(row, page(A, 0))])).toMatchObject({ accepted: 1, warnings: [] });
  });
  it('consent 3: a refusal has no identifier, and is answered without one', async () => {
    const it = await ledger();
    const row = act('refuse', null, [], { receipt: null });
    const answer = await said(it, row);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ receipt: null, seq: expect.any(Number) });
    expect((await said(it, row)).status).toBe(200);
  });
  it('a row that makes no sense is 400 with its path, and beside a batch a warning', async () => {
    const it = await ledger();
    const A = fresh('a');
    const good = act('grant', A, all);
    const bad: Fields[] = [
      {},
      { ...good, kind: 'maybe' },
      { ...good, receipt: 'short' },
      { ...good, receipt: 5 },
      { ...good, receipt: null },
      { ...good, decisions: 'all' },
      { ...good, decisions: [{ purpose: 'measurement', value: 'yes' }] },
      { ...good, decisions: Array.from({ length: 33 }, () => ({ purpose: 'x', value: 'granted' })) },
      { ...good, visitorId: {} },
      { ...good, visitorId: null },
      { ...good, clientAt: 'yesterday' },
      { ...good, supersedes: 'x' },
      { ...good, text: { a: { b: { c: { d: { e: { f: { g: {} } } } } } } } },
    ];
    for (const [index, row] of bad.entries()) {
      const answer = await said(it, row);
      expect([index, answer.status, answer.body.error?.code]).toEqual([index, 400, 'bad_request']);
      const beside = await it.pageWith({ consent: row }, [page(A, 0)]);
      expect([index, codes(beside.dropped), codes(beside.warnings)]).toEqual([
        index,
        ['no_receipt'],
        ['bad_consent_row'],
      ]);
    }
    expect((await said(it, { ...good, writeKey: 'wk_wrong' })).status).toBe(401);
  });
  it('consent 6: measurement alone counts the visit and keeps no id: no profile, sessionId kept', async () => {
    const it = await ledger();
    const [A, U, S] = [fresh('a'), fresh('u'), fresh('s')] as const;
    const row = act('grant', null, ['measurement']);
    const context = { sessionId: S };
    const answer = await it.pageWith({ consent: row }, [
      under(row, page(A, 0, { context, properties: { url: 'https://shop.com/?gclid=abcdef&utm_source=x' } })),
      under(row, {
        ...track('Product Added', 0, { product_id: 'p', price: 1, currency: 'EUR' }, { userId: U, context }),
      }),
      under(row, identify(U, 0, { context, traits: { city: 'Lyon' } })),
      under(row, track('Message Clicked', 0, {}, { anonymousId: A, context })),
      under(row, track('Survey Answered', 0, {}, { anonymousId: A, context })),
      under(row, { type: 'group', groupId: 'g', anonymousId: A, messageId: fresh('m'), context }),
      under(row, page('', 0, { anonymousId: undefined, context })),
      under(row, page('', 0, { anonymousId: undefined })),
    ]);
    expect([answer.accepted, answer.dropped.map(({ index, code }) => [index, code])]).toEqual([
      3,
      [2, 3, 4, 5].map((index) => [index, 'purpose']),
    ]);
    expect(codes(answer.rejected)).toEqual(['no_identity']);
    expect([await it.profiles({ anonymousId: A }), await it.profiles({ userId: U })]).toEqual([[], []]);
  });
  it('product: marketing fields and events need marketing, personal ones personalisation', async () => {
    const it = await ledger();
    const A = fresh('a');
    const row = act('grant', A, ['measurement', 'personalisation']);
    const answer = await it.pageWith({ consent: row }, [
      under(row, page(A, 0, { properties: { url: 'https://shop.com/?gclid=abcdef' } })),
      under(row, track('Message Opened', 0, {}, { anonymousId: A })),
      under(row, identify(undefined, 0, { anonymousId: A, traits: { city: 'Lyon' } })),
    ]);
    expect([answer.accepted, codes(answer.dropped)]).toEqual([2, ['purpose']]);
    const profile = await it.one({ anonymousId: A });
    expect(profile.touches.map(({ clickId }) => clickId)).toEqual(profile.touches.map(() => null));
    expect(profile.traits.city!.value).toBe('Lyon');
    expect(profile.consent).toMatchObject({ marketing: { value: 'denied' }, personalisation: { value: 'granted' } });
  });
  it('purposes require each other: marketing without personalisation is none', async () => {
    const it = await ledger();
    const A = fresh('a');
    const row = act('grant', A, ['marketing', 'sharing', 'measurement']);
    const answer = await it.pageWith({ consent: row }, [
      under(row, page(A, 0, { context: { sessionId: fresh('s') } })),
      under(row, track('Message Opened', 0, {}, { anonymousId: A })),
    ]);
    expect([answer.accepted, codes(answer.dropped)]).toEqual([1, ['purpose']]);
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
  });
  it('consent 8: withdraw everything: rows gone, profile gone, the device stays out', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    await it.page(...[1, 2, 3, 4].map(() => under(row, page(A, 0))));
    const { id, counts } = await it.one({ anonymousId: A });
    expect(counts.events).toBe(5);
    const withdrawal = act('withdraw', A, [], { supersedes: row.receipt });
    const answer = await said(it, withdrawal);
    expect([answer.status, answer.body.receipt]).toEqual([200, withdrawal.receipt]);
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
    expect((await it.get(`/v1/profiles/${id}`)).status).toBe(404);
    expect((await said(it, withdrawal)).status).toBe(200);
    const late = await it.page(under(row, page(A, 0)), under(withdrawal, page(A, 0)));
    expect([late.accepted, codes(late.dropped), late.state]).toEqual([0, ['withdrawn', 'withdrawn'], 'withdrawn']);
    const back = act('grant', A, all, { supersedes: withdrawal.receipt });
    const again = await it.pageWith({ consent: back }, [under(back, page(A, 0))]);
    expect([again.accepted, again.state]).toEqual([0, 'withdrawn']);
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
    // The same person under a new device may of course grant anew.
    await granted(it);
  });
  it('consent 8: a withdrawal of one purpose takes what only it justified', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    await it.page(
      under(row, track('Message Opened', 0, {}, { anonymousId: A })),
      under(row, page(A, 0, { properties: { url: 'https://shop.com/?gclid=abcdef' } })),
    );
    const narrower = act('withdraw', A, [], {
      supersedes: row.receipt,
      decisions: [{ purpose: 'marketing', value: 'denied', source: 'user' }],
    });
    expect((await said(it, narrower)).status).toBe(200);
    const profile = await it.one({ anonymousId: A });
    expect(profile.counts.events).toBe(2);
    expect(profile.touches.every(({ clickId }) => clickId === null)).toBe(true);
    expect(profile.consent).toMatchObject({ marketing: { value: 'denied' }, personalisation: { value: 'granted' } });
    const after = await it.page(
      under(narrower, track('Message Opened', 0, {}, { anonymousId: A })),
      under(narrower, page(A, 0, { context: { sessionId: fresh('s') } })),
      under(row, track('Message Opened', 0, {}, { anonymousId: A })),
    );
    expect(after.accepted).toBe(1);
    expect(after.dropped).toHaveLength(2);
    const less = act('update', A, ['measurement'], { supersedes: narrower.receipt });
    expect((await said(it, less)).status).toBe(200);
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
  });
  it('consent 9, 11: the slip comes alone or beside events that were under way', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const withdrawal = act('withdraw', A, [], { supersedes: row.receipt });
    const answer = await it.pageWith({ consent: withdrawal }, [under(row, page(A, 0)), under(withdrawal, page(A, 0))]);
    expect([answer.accepted, answer.dropped.length, answer.state]).toEqual([0, 2, 'withdrawn']);
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
    const empty = await it.pageWith({ consent: act('withdraw', A, [], { supersedes: withdrawal.receipt }) }, []);
    expect(empty.accepted).toBe(0);
  });
  it('section 4: a receipt is bound to its visitor, and nobody else speaks for a device', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const B = fresh('b');
    expect(codes((await it.page(under(row, page(B, 0)))).dropped)).toEqual(['no_receipt']);
    for (const kind of ['grant', 'withdraw', 'object', 'update'] as const) {
      const stranger = await said(
        it,
        act(kind, A, kind === 'grant' ? all : [], { supersedes: kind === 'grant' ? null : receipt() }),
      );
      expect([kind, stranger.body.seq, stranger.body.state]).toEqual([kind, null, 'erased']);
    }
    expect((await it.one({ anonymousId: A })).counts.events).toBe(1);
  });
  it('section 4: a superseded receipt stands for what was before its successor, for purposes granted in both', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const before = soon();
    await new Promise((resolve) => setTimeout(resolve, 30));
    const next = act('update', A, ['measurement', 'personalisation'], { supersedes: row.receipt });
    expect((await said(it, next)).status).toBe(200);
    const answer = await it.page(
      under(row, page(A, 0, { fixed: before })),
      under(row, page(A, 0, { fixed: soon(60) })),
      under(next, page(A, 0)),
      under(row, track('Message Opened', 0, {}, { anonymousId: A, fixed: before })),
    );
    expect([answer.accepted, answer.dropped.map(({ index, code }) => [index, code])]).toEqual([
      2,
      [
        [1, 'superseded'],
        [3, 'late'],
      ],
    ]);
  });
  it('section 4: before the grant is too early; more than thirty days past is stale', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const answer = await it.page(
      under(row, page(A, 0, { fixed: soon(-60) })),
      under(row, page(A, 0, { fixed: soon(-180) })),
      under(row, page(A, 0, { fixed: soon(-180), preConsent: true, releasedAt: soon() })),
      under(row, page(A, 0, { fixed: soon(-40 * 86_400) })),
    );
    expect(answer.accepted).toBe(1);
    expect(codes(answer.dropped).slice(0, 2)).toEqual(['too_early', 'too_early']);
    expect(['too_early', 'stale_event']).toContain(codes(answer.dropped)[2]);
  });
  it('consent 17: a region’s default is a receipt of its own kind', async () => {
    const it = await ledger();
    const A = fresh('a');
    const row = act('region-default', A, all, { jurisdiction: { code: 'US-CA', model: 'opt-out', how: 'cdn' } });
    row.decisions = purposes.map((purpose) => ({ purpose, value: 'granted', source: 'region' }));
    const california = { 'cf-ipcountry': 'US', 'cf-region-code': 'CA' };
    const answer = await it.pageWith({ consent: row }, [under(row, page(A, 0))], california);
    expect(answer).toMatchObject({ accepted: 1, dropped: [] });
    expect((await it.one({ anonymousId: A })).consent).toMatchObject({
      sharing: { value: 'granted', source: 'region' },
    });
    // In France nothing is granted by default.
    const B = fresh('b');
    const french = act('region-default', B, all);
    french.decisions = row.decisions;
    const refused = await it.pageWith({ consent: french }, [under(french, page(B, 0))], { 'cf-ipcountry': 'FR' });
    expect([refused.accepted, refused.dropped.length]).toEqual([0, 1]);
  });
  it('consent 18: Sec-GPC takes marketing and sharing, whatever the body says, exactly when it is 1', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const message = () => under(row, track('Message Opened', 0, {}, { anonymousId: A }));
    const signalled = await it.pageWith(
      {},
      [under(row, page(A, 0, { properties: { url: 'https://shop.com/?gclid=abcdef' } })), message()],
      { 'sec-gpc': '1' },
    );
    expect([signalled.accepted, codes(signalled.dropped)]).toEqual([1, ['gpc']]);
    expect((await it.one({ anonymousId: A })).touches.every(({ clickId }) => clickId === null)).toBe(true);
    for (const value of ['0', 'true', '11'])
      expect((await it.pageWith({}, [message()], { 'sec-gpc': value })).accepted).toBe(1);
    // Told of the conflict and granted all the same.
    const B = fresh('b');
    const acked = act('grant', B, all, { gpc: { js: true, ack: true } });
    const asked = await it.pageWith(
      { consent: acked },
      [under(acked, track('Message Opened', 0, {}, { anonymousId: B }))],
      { 'sec-gpc': '1' },
    );
    expect(asked.accepted).toBe(1);
  });
  it('claimed keys: category preferences that equal purpose ids count; none is no consent', async () => {
    const it = await house({ WEFT_KEY_CONSENT: 'claimed' });
    const A = fresh('a');
    const preferring = (categoryPreferences: unknown, event: Fields): Fields => ({
      ...event,
      context: { consent: { categoryPreferences }, sessionId: A },
    });
    const answer = await it.page(
      page(A, 0),
      preferring({}, page(A, 0)),
      preferring({ measurement: false, personalisation: true }, page(A, 0)),
      preferring({ advertising: true }, page(A, 0)),
      preferring({ measurement: true }, identify(fresh('u'), 0, { anonymousId: A })),
      preferring({ measurement: true, personalisation: true }, page(A, 1)),
      preferring({ measurement: true, personalisation: true }, track('Message Opened', 2, {}, { anonymousId: A })),
      preferring({ measurement: 'true', personalisation: 1 }, page(A, 0)),
    );
    expect([answer.accepted, answer.dropped.map(({ index, code }) => [index, code])]).toEqual([
      1,
      [
        [0, 'no_consent'],
        [1, 'no_consent'],
        [2, 'no_consent'],
        [3, 'no_consent'],
        [4, 'purpose'],
        [6, 'purpose'],
        [7, 'no_consent'],
      ],
    ]);
    expect((await it.one({ anonymousId: A })).counts.events).toBe(1);
  });
  it('the secret key is external on every site', async () => {
    const it = await ledger();
    const U = fresh('u');
    expect(await it.server(identify(U, 0), page(fresh('a'), 0))).toMatchObject({ accepted: 2, dropped: [] });
    expect((await it.one({ userId: U })).consent).toEqual({});
  });
  it('R15: what was said no to while logged in holds for the person, on every device, until a later yes', async () => {
    const it = await ledger();
    const U = fresh('u');
    const one = await granted(it);
    const two = await granted(it);
    await it.page(under(one.row, identify(U, 0, { anonymousId: one.A })));
    await it.page(under(two.row, identify(U, 0, { anonymousId: two.A })));
    const no = act('update', one.A, ['measurement', 'personalisation'], { supersedes: one.row.receipt });
    expect((await said(it, no)).status).toBe(200);
    const other = await it.page(under(two.row, track('Message Opened', 0, {}, { anonymousId: two.A })));
    expect([other.accepted, codes(other.dropped)]).toEqual([0, ['withdrawn']]);
    expect((await it.one({ userId: U })).consent.marketing).toMatchObject({ value: 'denied' });
    // A grant of a device that is nobody's now does not travel.
    const yes = act('update', two.A, all, { supersedes: two.row.receipt });
    expect((await said(it, yes)).status).toBe(200);
    expect((await it.page(under(yes, track('Message Opened', 0, {}, { anonymousId: two.A })))).accepted).toBe(1);
  });
  it('R15: use stops for the whole person; what the shop keeps on another basis stays', async () => {
    const it = await ledger();
    const [U, order] = [fresh('u'), fresh('o')] as const;
    const one = await granted(it);
    const two = await granted(it);
    await it.page(under(one.row, identify(U, 0, { anonymousId: one.A })));
    await it.page(under(two.row, identify(U, 0, { anonymousId: two.A })));
    await it.server(track('Order Completed', 0, { order_id: order, total: 5, currency: 'EUR' }, { userId: U }));
    const before = await it.one({ userId: U });
    expect(before.counts.events).toBe(5);
    const no = act('withdraw', one.A, [], { supersedes: one.row.receipt });
    expect((await said(it, no)).status).toBe(200);
    const after = await it.one({ userId: U });
    expect(after.counts).toMatchObject({ events: 1, orders: 1, pageViews: 0 });
    expect(await it.list<EventItem>(after.id, 'events')).toMatchObject([{ event: 'Order Completed' }]);
    expect([(await it.list(after.id, 'orders')).length, (await it.list(after.id, 'sessions')).length]).toEqual([1, 0]);
    expect((await it.page(under(two.row, page(two.A, 0)))).dropped.map(({ code }) => code)).toEqual(['withdrawn']);
  });

  const erase = async (it: House, subject: Fields) => {
    const asked = await it.post('/v1/privacy/erasures', subject, bearer);
    expect([asked.status, typeof asked.body.id, typeof asked.body.state]).toEqual([202, 'string', 'string']);
    for (let n = 0; n < 100; n += 1) {
      const { status, body } = await it.get(`/v1/privacy/erasures/${asked.body.id as string}`);
      expect(status).toBe(200);
      if (body.state === 'done') return { asked: asked.body, done: body };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('never done');
  };
  it('R14, I21, consent 13: an erased user is gone and stays out; buffered events are erased; they return anew', async () => {
    const it = await ledger();
    const [U, email] = [fresh('u'), `${fresh('mail')}@shop.com`] as const;
    const { A, row } = await granted(it);
    await it.page(under(row, identify(U, 0, { anonymousId: A, traits: { city: 'Lyon' } })));
    await it.server(
      identify(U, 0, { traits: { email } }),
      track('Order Completed', 0, { order_id: fresh('o'), total: 5, currency: 'EUR' }, { userId: U }),
    );
    const before = await it.one({ userId: U });
    await erase(it, { userId: U });
    for (const query of [{ userId: U }, { anonymousId: A }, { email }]) expect(await it.profiles(query)).toEqual([]);
    expect((await it.get(`/v1/profiles/${before.id}`)).status).toBe(404);
    const late = await it.page(...Array.from({ length: 20 }, () => under(row, page(A, 0))));
    expect([codes(late.dropped), late.state]).toEqual([Array(20).fill('erased'), 'erased']);
    expect(
      codes((await it.server(identify(U, 0), track('X', 0, {}, { context: { traits: { email } } }))).dropped),
    ).toEqual(['erased', 'erased']);
    const back = act('grant', A, all);
    const same = await it.pageWith({ consent: back }, [
      under(back, page(A, 0)),
      under(back, identify(U, 0, { anonymousId: A })),
    ]);
    expect([same.accepted, codes(same.dropped), same.state]).toEqual([0, ['erased', 'erased'], 'erased']);
    // Its row alone, as from a page without events: 200 with the state, or the page would come again for ever.
    const nothing = { receipt: null, seq: null, at: null, expiresAt: null };
    const refused = { ...nothing, state: 'erased', error: expect.objectContaining({ code: 'forbidden' }) };
    const alone = await said(it, act('grant', A, all));
    expect([alone.status, alone.body]).toEqual([200, refused]);
    // And so one that speaks for somebody else's device, about whom it learns nothing.
    const other = await granted(it);
    const posed = await said(it, act('grant', other.A, all));
    expect([posed.status, posed.body]).toEqual([200, refused]);
    expect((await it.page(under(other.row, page(other.A, 0)))).accepted).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const anew = await granted(it);
    expect(await it.page(under(anew.row, identify(U, 0, { anonymousId: anew.A })))).toMatchObject({ accepted: 1 });
    const returned = await it.one({ userId: U });
    expect(returned.id).not.toBe(before.id);
    expect(returned.counts).toMatchObject({ events: 2, orders: 0 });
    expect((await it.get(`/v1/profiles/${before.id}`)).status).toBe(404);
    expect(codes((await it.page(under(row, page(A, 0)))).dropped)).toEqual(['erased']);
  });
  it.each(['userId', 'anonymousId', 'email', 'profileId'])(
    'section 6: by %s, and the same answer for nobody',
    async (by) => {
      const it = await house();
      const [A, U, email] = [fresh('a'), fresh('u'), `${fresh('mail')}@shop.com`] as const;
      await it.page(page(A, 0), identify(U, 1, { anonymousId: A }));
      await it.server(identify(U, 2, { traits: { email } }));
      const { id } = await it.one({ userId: U });
      const value = { userId: U, anonymousId: A, email: email.toUpperCase(), profileId: id }[by];
      const known = await erase(it, { [by]: value });
      const unknown = await erase(it, { [by]: by === 'email' ? `${fresh('x')}@shop.com` : fresh('x') });
      expect(Object.keys(known.asked).sort()).toEqual(Object.keys(unknown.asked).sort());
      expect(Object.keys(known.done).sort()).toEqual(Object.keys(unknown.done).sort());
      expect(known.asked.state).toBe(unknown.asked.state);
      expect(await it.profiles({ anonymousId: A })).toEqual([]);
      if (by !== 'anonymousId') {
        expect([await it.profiles({ userId: U }), await it.profiles({ email })]).toEqual([[], []]);
        expect((await it.get(`/v1/profiles/${id}`)).status).toBe(404);
      }
      const again = await it.page(page(A, 3));
      expect([codes(again.dropped), again.state]).toEqual([['erased'], 'erased']);
    },
  );
  it('section 6: by an id that the profile had before it was claimed', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(page(A, 0));
    const { id } = await it.one({ anonymousId: A });
    await it.page(identify(U, 1, { anonymousId: A }));
    await erase(it, { profileId: id });
    expect([await it.profiles({ userId: U }), await it.profiles({ anonymousId: A })]).toEqual([[], []]);
  });
  it('section 6: an address that was only typed in a page goes too, wherever it stands', async () => {
    const it = await house();
    const email = `${fresh('mail')}@shop.com`;
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(page(A, 0), identify(U, 1, { anonymousId: A, traits: { email, city: 'Lyon' } }));
    expect(await it.profiles({ email })).toHaveLength(1);
    await erase(it, { email });
    expect(await it.profiles({ email })).toEqual([]);
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
    // Where somebody has proved it, whoever typed it loses the address and keeps the rest.
    const [owner, typist, other] = [fresh('u'), fresh('a'), `${fresh('mail')}@shop.com`] as const;
    await it.server(identify(owner, 0, { traits: { email: other } }));
    await it.page(
      page(typist, 0),
      identify(undefined, 1, { anonymousId: typist, traits: { email: other, city: 'Ghent' } }),
    );
    await erase(it, { userId: owner });
    const visitor = await it.one({ anonymousId: typist });
    expect([visitor.counts.events, visitor.traits.city!.value]).toEqual([2, 'Ghent']);
    expect(JSON.stringify([visitor, await it.list(visitor.id, 'events')])).not.toContain(other);
  });
  it('section 6: an address that two users have proved stays the other’s', async () => {
    const it = await house();
    const [U1, U2, email] = [fresh('u'), fresh('u'), `${fresh('mail')}@shop.com`] as const;
    await it.server(identify(U1, 0, { traits: { email } }), identify(U2, 1, { traits: { email } }));
    await erase(it, { userId: U1 });
    expect((await it.one({ email })).identifiers[0]!.value).toBe(U2);
    expect(await it.server(identify(U2, 2, { traits: { email } }))).toMatchObject({ accepted: 1 });
    expect((await it.one({ userId: U2 })).identifiers.map(({ value }) => value)).toContain(email);
  });
  it('R9: forget() takes back and erases everything of the device', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const forgotten = act('erase', A, [], { supersedes: row.receipt });
    expect((await said(it, forgotten)).status).toBe(200);
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
    expect((await it.page(under(row, page(A, 0)))).dropped).toHaveLength(1);
    // Nobody forgets for another.
    const other = await granted(it);
    expect((await said(it, act('erase', other.A, [], { supersedes: receipt() }))).body.seq).toBeNull();
    expect(await it.profiles({ anonymousId: other.A })).toHaveLength(1);
  });
  it('R14: on a shared device the other keeps theirs, and nobody inherits', async () => {
    const it = await house();
    const [A, U1, U2] = [fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(
      identify(U1, 0, { anonymousId: A }),
      page(A, 1),
      identify(U1, 2, { anonymousId: A }),
      identify(U2, 100, { anonymousId: A }),
      page(A, 101),
      page(A, 300),
    );
    await erase(it, { userId: U1 });
    const left = await it.profiles({ anonymousId: A });
    expect(left.map(({ identifiers, counts }) => [identifiers[0]!.value, counts.events])).toEqual([
      [A, 1],
      [U2, 2],
    ]);
    expect(codes((await it.page(page(A, 1.5))).dropped)).toEqual(['erased']);
    expect((await it.page(page(A, 400))).accepted).toBe(1);
  });
  it('section 6: a person asks with the device’s id and its receipt; without it nothing happens, and nothing tells', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const asStranger = await it.post('/v1/privacy/erasures', { visitorId: A, receipt: receipt() });
    expect(asStranger.status).toBe(202);
    expect(await it.profiles({ anonymousId: A })).toHaveLength(1);
    const asked = await it.post('/v1/privacy/erasures', { visitorId: A, receipt: row.receipt });
    expect([asked.status, Object.keys(asked.body).sort()]).toEqual([202, Object.keys(asStranger.body).sort()]);
    expect((await it.get(`/v1/privacy/erasures/${asked.body.id as string}`, {})).body.state).toBe('done');
    expect(await it.profiles({ anonymousId: A })).toEqual([]);
    for (const subject of [{ userId: 'u' }, { email: 'a@b.co' }, {}])
      expect([400, 401]).toContain((await it.post('/v1/privacy/erasures', subject)).status);
    for (const subject of [
      {},
      { userId: 'a', email: 'b' },
      { userId: 5 },
      { visitorId: A },
      { other: 1 },
      { userId: '' },
    ])
      expect([subject, (await it.post('/v1/privacy/erasures', subject, bearer)).status]).toEqual([subject, 400]);
  });
  it('consent 27: what an address carries of a person is in no store and no log', async () => {
    const it = await ledger();
    const { A, row } = await granted(it);
    const secret = `${fresh('who')}@secret-mail.com`;
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl';
    const url = `https://shop.com/reset/${token}?email=${secret}&utm_source=x#t=1`;
    await it.page(
      under(
        row,
        page(A, 0, {
          properties: { url, referrer: `https://mail.com/inbox/${secret}?a=${secret}`, title: `Hello ${secret}` },
        }),
      ),
    );
    await it.page(
      under(
        row,
        track(
          'X',
          0,
          { note: `write to ${secret}`, password: 'hunter2hunter2' },
          { anonymousId: A, context: { page: { url, search: `?email=${secret}` } } },
        ),
      ),
    );
    await it.post(
      `/v1/batch?email=${secret}`,
      `{"writeKey":"${writeKey}","batch":[{"type":"page","anonymousId":"${secret}",]}`,
    );
    await it.post('/v1/batch', {
      writeKey,
      batch: [{ type: secret }, { type: 'page', anonymousId: A, timestamp: secret }],
    });
    const profile = await it.one({ anonymousId: A });
    const events = await it.list<EventItem>(profile.id, 'events');
    expect(events[1]!.properties.url ?? events[0]!.properties.url).toBe(
      'https://shop.com/reset/:redacted?utm_source=x',
    );
    expect(JSON.stringify([profile, events])).not.toMatch(/secret-mail|hunter2|eyJhbGci/);
    expect(it.lines.join('')).not.toMatch(/secret-mail|hunter2|eyJhbGci/);
    for (const file of readdirSync(it.folder)) {
      const bytes = readFileSync(join(it.folder, file), 'latin1');
      for (const word of ['secret-mail', 'hunter2', 'eyJhbGciOiJ'])
        expect([file, bytes.includes(word)]).toEqual([file, false]);
    }
  });
});

describe('reading (product.md)', () => {
  const isInstant = (value: unknown): boolean => typeof value === 'string' && new Date(value).toISOString() === value;
  const keysOf = (value: object): string[] => Object.keys(value).sort();
  /** A person with a bit of everything. */
  const rich = async (it: House) => {
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(
      page(A, 0, {
        properties: { url: 'https://shop.com/?utm_source=x&utm_medium=email' },
        context: { userAgent: agent },
      }),
      identify(U, 1, { anonymousId: A, traits: { city: 'Lyon' } }),
      track('Product Viewed', 2, { product_id: 'p', price: 5, currency: 'EUR' }, { anonymousId: A }),
      track('Product Added', 3, { product_id: 'p', price: 5, currency: 'EUR' }, { anonymousId: A }),
      track(
        'Order Completed',
        200,
        { order_id: fresh('o'), total: 5, currency: 'EUR', products: [{ product_id: 'p', price: 5 }] },
        { anonymousId: A },
      ),
      track('Product Added', 201, { product_id: 'q', price: 7, currency: 'EUR' }, { anonymousId: A }),
    );
    return { A, U, profile: await it.one({ userId: U }) };
  };
  it('a profile has every field of the page, null where there is nothing', async () => {
    const it = await house();
    const { profile } = await rich(it);
    const bare = fresh('a');
    await it.server({ type: 'track', event: 'X', anonymousId: bare, messageId: fresh('m'), timestamp: at(0) });
    for (const one of [profile, await it.one({ anonymousId: bare })]) {
      expect(keysOf(one)).toEqual(
        expect.arrayContaining(
          'cart consent counts firstSeenAt id identifiers lastSeenAt lastSession lifecycle revenue touches traits'.split(
            ' ',
          ),
        ),
      );
      expect(keysOf(one.counts)).toEqual(
        'cartAdds cartsAbandoned cartsOpen cartsRecovered events orders pageViews productViews sessions'.split(' '),
      );
      for (const identifier of one.identifiers) {
        expect(keysOf(identifier)).toEqual('assurance firstSeenAt lastSeenAt type value'.split(' '));
        expect(isInstant(identifier.firstSeenAt) && isInstant(identifier.lastSeenAt)).toBe(true);
      }
      expect([isInstant(one.firstSeenAt), isInstant(one.lastSeenAt)]).toEqual([true, true]);
      expect(one.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(JSON.stringify(one)).not.toContain('undefined');
    }
    expect(profile.counts).toEqual({
      events: 6,
      sessions: 2,
      pageViews: 1,
      productViews: 1,
      cartAdds: 2,
      orders: 1,
      cartsAbandoned: 2,
      cartsRecovered: 1,
      cartsOpen: 1,
    });
    expect(keysOf(profile.traits.city!)).toEqual(['assurance', 'at', 'source', 'value']);
    expect(keysOf(profile.touches[0]!)).toEqual('at campaign channel clickId medium source'.split(' '));
    expect(keysOf(profile.lastSession!)).toEqual('device engagedMs id lastActivityAt source startedAt'.split(' '));
    expect(profile.cart).toMatchObject({
      state: 'abandoned',
      lines: [{ key: expect.any(String), productId: 'q', variant: null, quantity: 1, priceMinor: 700 }],
    });
    const empty = await it.one({ anonymousId: bare });
    expect([empty.cart, empty.lastSession, empty.touches, empty.revenue, empty.traits]).toEqual([
      null,
      null,
      [],
      [],
      {},
    ]);
  });
  it('lists have every field of the page, null where there is nothing', async () => {
    const it = await house();
    const { profile } = await rich(it);
    const fields: Record<string, string> = {
      events: 'anonymousId at event messageId ownedBecause properties receivedAt sessionId type userId',
      sessions: 'anonymousId country device endedAt engagedMs entryPath exitPath id pageViews startedAt touches',
      carts: 'currency episodes id lines state valueMinor',
      orders: 'at currency lines orderId refundedMinor revenueMinor state',
      merges: 'at cause id identifiers undoneAt',
    };
    for (const [name, wanted] of Object.entries(fields)) {
      const items = await it.list<Fields>(profile.id, name);
      expect([name, items.length > 0]).toEqual([name, true]);
      for (const item of items) {
        expect([name, keysOf(item)]).toEqual([name, expect.arrayContaining(wanted.split(' '))]);
        expect([name, Object.values(item).includes(undefined as never)]).toEqual([name, false]);
      }
      const instants = items.map((item) => Date.parse((item.at ?? item.startedAt ?? item.createdAt) as string));
      expect([name, instants]).toEqual([name, [...instants].sort((a, b) => b - a)]);
    }
    expect(
      (await it.list<EventItem>(profile.id, 'events')).every(({ event, type }) => type === 'track' || event === null),
    ).toBe(true);
  });
  it('unknown identifiers find nobody; unknown ids are 404; a question that makes none is 400', async () => {
    const it = await house();
    for (const query of [
      'userId=x-nobody',
      'anonymousId=x-nobody',
      'email=nobody@shop.com',
      'email=no',
      'phone=%2B33612345679',
      'phone=x',
      'orderId=x-nobody',
      'userId=guest',
      'userId=%00',
    ])
      expect([query, (await it.get(`/v1/profiles?${query}`)).body]).toEqual([query, { profiles: [] }]);
    for (const path of ['nobody', '00000000-0000-0000-0000-000000000000', '%00', '%F0%9F%98%80', "'--", '__proto__'])
      for (const list of ['', '/events', '/sessions', '/carts', '/orders', '/merges'])
        expect([path, list, (await it.get(`/v1/profiles/${path}${list}`)).status]).toEqual([path, list, 404]);
    for (const query of [
      '',
      '?',
      '?x=1',
      '?userId=',
      '?userId=a&email=b@c.de',
      '?userId=a&purpose=x',
      '?userId=a&userId=b',
    ]) {
      const { status, body } = await it.get(`/v1/profiles${query}`);
      expect([query, status, (body.error as Fields).code]).toEqual([query, 400, 'bad_request']);
      expect((body.error as { hint: string }).hint).not.toBe('');
    }
  });
  it('pages go to the end, nothing twice and nothing left out, also when all happened at once', async () => {
    const it = await house();
    const [U, devices] = [fresh('u'), Array.from({ length: 4 }, () => fresh('a'))] as const;
    const sent: Fields[] = [];
    for (const [n, A] of devices.entries()) {
      sent.push(identify(U, 0, { anonymousId: A }));
      for (let k = 0; k < 12; k += 1) sent.push(page(A, (k % 3) * 60 * (n + 1), { messageId: `${A}-${k}` }));
    }
    for (let k = 0; k < 9; k += 1)
      sent.push(
        track(
          'Order Completed',
          5,
          {
            order_id: fresh('o'),
            cart_token: fresh('c'),
            total: 1,
            currency: 'EUR',
            products: [{ product_id: `p${k}` }],
          },
          { userId: U },
        ),
      );
    for (let k = 0; k < 7; k += 1)
      sent.push(
        track(
          'Product Added',
          6,
          { cart_id: fresh('c'), product_id: `p${k}`, price: 1, currency: 'EUR' },
          { userId: U },
        ),
      );
    await it.server(...sent);
    const { id, counts } = await it.one({ userId: U });
    expect(counts.events).toBe(sent.length);
    const keyOf: Record<string, string> = {
      events: 'messageId',
      sessions: 'id',
      carts: 'id',
      orders: 'orderId',
      merges: 'id',
    };
    for (const [name, key] of Object.entries(keyOf)) {
      const whole = (await it.list<Fields>(id, name)).map((item) => item[key]);
      for (const limit of [1, 3, 7]) {
        const found: unknown[] = [];
        let cursor: string | null = null;
        let turns = 0;
        do {
          const { status, body } = await it.get(
            `/v1/profiles/${id}/${name}?limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
          );
          expect(status).toBe(200);
          const items = body.items as Fields[];
          expect(items.length).toBeLessThanOrEqual(limit);
          found.push(...items.map((item) => item[key]));
          cursor = body.next as string | null;
          turns += 1;
        } while (cursor !== null && turns < 100);
        expect([name, limit, found]).toEqual([name, limit, whole]);
      }
      if (name === 'events') expect(whole.length).toBe(sent.length);
    }
    for (const bad of ['limit=0', 'limit=501', 'limit=-1', 'limit=x', 'limit=1e2', 'limit=', 'cursor='])
      expect([bad, (await it.get(`/v1/profiles/${id}/events?${bad}`)).status]).toEqual([bad, 400]);
    const row = Buffer.from('5.7').toString('base64url');
    for (const odd of [
      'zzz',
      'x',
      '%00',
      '9'.repeat(300),
      'bnVsbA',
      Buffer.from('1.5.7').toString('base64url'),
      Buffer.from('-1').toString('base64url'),
    ])
      for (const name of Object.keys(keyOf)) {
        // One of another list is as wrong.
        for (const cursor of [odd, name === 'events' ? Buffer.from('1').toString('base64url') : row]) {
          const { status, body } = await it.get(`/v1/profiles/${id}/${name}?cursor=${cursor}`);
          const { code, hint } = (body.error ?? {}) as Fields;
          expect([cursor, name, status, code, /`next`/.test(String(hint))]).toEqual([
            cursor,
            name,
            400,
            'bad_request',
            true,
          ]);
        }
      }
  });
  it('?purpose= narrows, by each purpose', async () => {
    const it = await house();
    const { U, profile } = await rich(it);
    const statusOf = async (purpose: string) => (await it.get(`/v1/profiles/${profile.id}?purpose=${purpose}`)).status;
    expect(await it.profiles({ userId: U }, '&purpose=personalisation')).toHaveLength(1);
    expect(await it.profiles({ userId: U }, '&purpose=marketing')).toHaveLength(1);
    expect(await it.profiles({ userId: U }, '&purpose=measurement')).toEqual([]);
    expect([await statusOf('personalisation'), await statusOf('marketing'), await statusOf('measurement')]).toEqual([
      200, 200, 404,
    ]);
    expect([await statusOf('spying'), await statusOf(''), await statusOf('marketing,personalisation')]).toEqual([
      400, 400, 200,
    ]);
  });
  it('?purpose=: who did not grant it is not shown for it, nor what was collected without it', async () => {
    const it = await house({ WEFT_KEY_CONSENT: 'claimed' });
    const [A, B] = [fresh('a'), fresh('a')] as const;
    const under = (event: Fields, ...granted: string[]): Fields => ({
      ...event,
      context: {
        consent: {
          categoryPreferences: Object.fromEntries(
            ['measurement', 'personalisation', ...granted].map((one) => [one, true]),
          ),
        },
      },
    });
    await it.page(under(page(A, 0)), under(page(B, 0)), under(page(B, 1), 'marketing'));
    expect(await it.profiles({ anonymousId: A }, '&purpose=marketing')).toEqual([]);
    expect(await it.profiles({ anonymousId: A }, '&purpose=personalisation')).toHaveLength(1);
    const [marketed] = await it.profiles({ anonymousId: B }, '&purpose=marketing');
    const events = await it.get(`/v1/profiles/${marketed!.id}/events?purpose=marketing`);
    expect(events.body.items).toHaveLength(1);
    const a = await it.one({ anonymousId: A });
    expect((await it.get(`/v1/profiles/${a.id}?purpose=marketing`)).status).toBe(404);
    expect((await it.get(`/v1/profiles/${a.id}/events?purpose=sharing`)).status).toBe(404);
  });
  it('answers about people are not kept by anybody', async () => {
    const it = await house();
    const { profile } = await rich(it);
    for (const path of [
      `/v1/profiles?anonymousId=x`,
      `/v1/profiles/${profile.id}`,
      `/v1/profiles/${profile.id}/events`,
    ])
      expect((await it.get(path)).headers.get('cache-control')).toContain('no-store');
  });
});

describe('the door', () => {
  const say = { code: expect.any(String), message: expect.any(String), hint: expect.stringMatching(/\S/) };
  const track1 = (): Fields => ({ type: 'track', event: 'X', anonymousId: fresh('a'), messageId: fresh('m') });
  it('every route of Segment’s, long and short, with every way to present a key', async () => {
    const it = await house();
    const calls: Record<string, Fields> = {
      track: { event: 'X' },
      page: {},
      screen: { name: 'Home' },
      identify: {},
      alias: {},
      group: { groupId: 'g' },
    };
    const basic = (user: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(`${user}:`).toString('base64')}`,
    });
    for (const [type, more] of Object.entries(calls)) {
      for (const path of [`/v1/${type}`, `/v1/${type[0]}`]) {
        const keys: [Fields, Record<string, string>][] = [
          [{ writeKey }, {}],
          [{}, basic(writeKey)],
          [{}, basic(secretKey)],
          [{}, bearer],
          [{ writeKey: 'ignored' }, bearer],
        ];
        for (const [body, headers] of keys) {
          const A = fresh('a');
          const { status, body: answer } = await it.post(
            path,
            {
              anonymousId: A,
              userId: fresh('u'),
              ...(type === 'alias' && { previousId: A }),
              messageId: fresh('m'),
              ...more,
              ...body,
            },
            headers,
          );
          expect([path, status, answer.accepted]).toEqual([path, 200, 1]);
        }
      }
    }
    for (const path of ['/v1/batch', '/v1/import', '/v1/b'])
      expect((await it.post(path, { batch: [track1()] }, bearer)).body.accepted).toBe(1);
  });
  it('gzip is known by its first bytes, whatever the labels say; every content type is JSON', async () => {
    const it = await house();
    const body = (): string => JSON.stringify({ writeKey, batch: [track1()] });
    const labels: Record<string, string>[] = [
      {},
      { 'content-encoding': 'gzip' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'application/json', 'content-encoding': 'identity' },
      { 'content-type': 'text/plain;charset=UTF-8' },
    ];
    for (const headers of labels) {
      expect((await it.post('/v1/batch', gzipSync(body()), headers)).body.accepted).toBe(1);
      expect((await it.post('/v1/batch', new TextEncoder().encode(body()), headers)).body.accepted).toBe(1);
    }
    const cut = gzipSync(body()).subarray(0, 40);
    for (const bytes of [cut, new Uint8Array([0x1f, 0x8b]), new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0])]) {
      const { status, body: told } = await it.post('/v1/batch', bytes);
      expect([status, told.error]).toEqual([400, { ...say, code: 'bad_gzip' }]);
    }
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
    const before = process.memoryUsage().rss;
    const { status, body: told } = await it.post('/v1/batch', bomb);
    expect([status, told.error!.code]).toEqual([413, 'body_too_large']);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
  it('bad JSON is 400, and says how to go on', async () => {
    const it = await house();
    const bad = [
      '',
      ' ',
      '{',
      'null',
      '5',
      '"x"',
      '[]',
      '[{"batch":[]}]',
      '{"batch":5}',
      '{"batch":{}}',
      '{}',
      '{"batch":[],}',
      'undefined',
      '\u0000',
      '{"batch":[]}x',
      "{'batch':[]}",
    ];
    for (const text of bad) {
      const { status, body } = await it.post('/v1/batch', text, bearer);
      expect([text, status, body.error]).toEqual([text, 400, { ...say, code: 'bad_json' }]);
    }
    for (const bytes of [new Uint8Array([0xff, 0xfe, 0x00]), new Uint8Array([0xc3, 0x28])])
      expect((await it.post('/v1/batch', bytes, bearer)).status).toBe(400);
    expect((await it.post('/v1/batch', '\ufeff{"batch":[]}', bearer)).body.accepted).toBe(0);
    expect((await it.post('/v1/track', '[]', bearer)).status).toBe(400);
  });
  it('a wrong key is 401, an absent one too; a secret in a body is none', async () => {
    const it = await house();
    const attempts: [unknown, Record<string, string>][] = [
      [{ batch: [] }, {}],
      [{ batch: [], writeKey: 'wk_wrong' }, {}],
      [{ batch: [], writeKey: secretKey }, {}],
      [{ batch: [], writeKey: 5 }, {}],
      [{ batch: [], writeKey: '__proto__' }, {}],
      [{ batch: [], writeKey }, { authorization: 'Bearer wrong' }],
      [{ batch: [] }, { authorization: 'Bearer ' }],
      [{ batch: [] }, { authorization: `Basic ${Buffer.from('wrong:').toString('base64')}` }],
      [{ batch: [] }, { authorization: 'Basic %%%' }],
      [{ batch: [] }, { authorization: 'Digest x' }],
    ];
    for (const [index, [body, headers]] of attempts.entries()) {
      const told = await it.post('/v1/batch', body, headers);
      expect([index, told.status, told.body.error]).toEqual([index, 401, { ...say, code: 'bad_key' }]);
    }
    expect((await it.get('/v1/profiles?userId=x', {})).status).toBe(401);
    expect((await it.get('/v1/profiles?userId=x', { authorization: 'Bearer x' })).status).toBe(401);
    expect(
      (
        await it.get('/v1/profiles?userId=x', {
          authorization: `Basic ${Buffer.from(`${secretKey}:`).toString('base64')}`,
        })
      ).status,
    ).toBe(200);
  });
  it('an origin that is not listed is 403; listed and absent ones pass, and pages may read the answer', async () => {
    const it = await house({ WEFT_ORIGINS: 'https://shop.com,https://www.shop.com' });
    const body = () => ({ writeKey, batch: [track1()] });
    for (const origin of [
      'https://evil.com',
      'http://shop.com',
      'https://shop.com.evil.com',
      'null',
      'https://shop.com:8443',
    ]) {
      const told = await it.post('/v1/batch', body(), { origin });
      expect([origin, told.status, told.body.error]).toEqual([origin, 403, { ...say, code: 'origin' }]);
    }
    const listed = await it.post('/v1/batch', body(), { origin: 'https://www.shop.com' });
    expect([listed.status, listed.headers.get('access-control-allow-origin')]).toEqual([200, 'https://www.shop.com']);
    expect(listed.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await it.post('/v1/batch', body())).status).toBe(200);
    const same = await house({ WEFT_ORIGINS: '' });
    expect((await same.post('/v1/batch', body(), { origin: same.url })).status).toBe(200);
    expect((await same.post('/v1/batch', body(), { origin: 'https://shop.com' })).status).toBe(403);
    const any = await house();
    const told = await any.post('/v1/batch', body(), { origin: 'https://anywhere.com' });
    expect([told.status, told.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  });
  it('a preflight is answered on every route that pages use', async () => {
    const it = await house();
    for (const path of ['/v1/batch', '/v1/track', '/v1/t', '/v1/consent', '/v1/privacy/erasures']) {
      const response = await fetch(`${it.url}${path}`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://shop.com',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type, authorization',
        },
      });
      expect([path, response.status]).toEqual([path, 204]);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-methods')).toContain('POST');
      expect(response.headers.get('access-control-allow-headers')).toMatch(/content-type/i);
    }
  });
  it('what is not there is 404, a wrong method 405 with the right ones; both say how to go on', async () => {
    const it = await house();
    for (const path of [
      '/v1/nothing',
      '/v1',
      '/v1/batch/x',
      '/v2/batch',
      '/nothing.js',
      '/weft/../package.json',
      '/weft/%2e%2e/package.json',
      '/.env',
    ]) {
      const { status, body } = await it.get(path);
      expect([path, status, body.error]).toEqual([path, 404, { ...say, code: 'not_found' }]);
    }
    for (const [method, path, allow] of [
      ['GET', '/v1/batch', 'POST'],
      ['PUT', '/v1/track', 'POST'],
      ['DELETE', '/v1/profiles', 'GET'],
      ['POST', '/v1/profiles', 'GET'],
      ['POST', '/v1/config', 'GET'],
      ['POST', '/healthz', 'GET'],
      ['GET', '/v1/merges', 'POST'],
    ] as const) {
      const response = await fetch(`${it.url}${path}`, { method });
      const { error } = (await response.json()) as { error: Fields };
      expect([method, path, response.status, error]).toEqual([
        method,
        path,
        405,
        { ...say, code: 'method_not_allowed' },
      ]);
      expect(response.headers.get('allow')).toContain(allow);
    }
  });
  it('sizes: a body, a batch, an event', async () => {
    const it = await house();
    const filled = (bytes: number): Fields => {
      const event: Fields = { ...track1(), properties: { note: '' } };
      (event.properties as Fields).note = 'x'.repeat(bytes - JSON.stringify(event).length);
      return event;
    };
    const large = await it.server(
      filled(32_768),
      filled(32_769),
      { ...track1(), properties: { note: 'é'.repeat(16_000) } },
      { ...track1(), properties: { note: 'é'.repeat(17_000) } },
    );
    expect([large.accepted, large.rejected.map(({ index, code }) => [index, code])]).toEqual([
      2,
      [
        [1, 'event_too_large'],
        [3, 'event_too_large'],
      ],
    ]);
    const single = await it.post('/v1/track', filled(40_000), bearer);
    expect([single.status, single.body.rejected.map(({ index, code }) => [index, code])]).toEqual([
      200,
      [[0, 'event_too_large']],
    ]);
    const padded = (bytes: number): string => {
      const text = JSON.stringify({ batch: [track1()], pad: '' });
      return text.replace('"pad":""', `"pad":"${'x'.repeat(bytes - text.length)}"`);
    };
    expect((await it.post('/v1/batch', padded(512_000), bearer)).status).toBe(200);
    for (const body of [padded(512_001), padded(2_000_000)]) {
      const told = await it.post('/v1/batch', body, bearer);
      expect([told.status, told.body.error]).toEqual([413, { ...say, code: 'body_too_large' }]);
    }
    const zipped = await it.post('/v1/batch', gzipSync(padded(512_001)), bearer);
    expect([zipped.status, zipped.body.error!.code]).toEqual([413, 'body_too_large']);
    const tiny = (n: number) => ({ batch: Array.from({ length: n }, () => ({ type: 'page', anonymousId: 'tiny' })) });
    expect((await it.post('/v1/batch', tiny(2_500), bearer)).body.accepted).toBe(2_500);
    const many = await it.post('/v1/batch', tiny(2_501), bearer);
    expect([many.status, many.body.error]).toEqual([413, { ...say, code: expect.any(String) }]);
  });
  it('2,500 events of which some are bad: the good are kept, each bad one gets its code and path', async () => {
    const it = await house();
    const A = fresh('a');
    const good = (n: number): Fields => ({
      type: 'track',
      event: 'X',
      anonymousId: A,
      messageId: `${A}-${n}`,
      timestamp: at(n),
    });
    const batch: unknown[] = Array.from({ length: 2_500 }, (_, n) => good(n));
    const nested = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    const bad: [number, unknown, string, string][] = [
      [0, null, 'bad_event', ''],
      [3, 5, 'bad_event', ''],
      [4, 'x', 'bad_event', ''],
      [5, [], 'bad_event', ''],
      [6, {}, 'unknown_type', 'type'],
      [7, { ...good(7), type: 'purchase' }, 'unknown_type', 'type'],
      [8, { ...good(8), type: 5 }, 'unknown_type', 'type'],
      [9, { ...good(9), type: 'constructor' }, 'unknown_type', 'type'],
      [10, { ...good(10), event: undefined }, 'bad_event', 'event'],
      [11, { ...good(11), event: '' }, 'bad_event', 'event'],
      [12, { ...good(12), event: {} }, 'bad_event', 'event'],
      [13, { ...good(13), properties: 'x' }, 'bad_event', 'properties'],
      [14, { ...good(14), properties: [] }, 'bad_event', 'properties'],
      [15, { ...good(15), context: 'x' }, 'bad_event', 'context'],
      [16, { ...good(16), context: { page: 'x' } }, 'bad_event', 'context.page'],
      [17, { ...good(17), context: { consent: [] } }, 'bad_event', 'context.consent'],
      [18, { ...good(18), timestamp: 'x' }, 'bad_timestamp', 'timestamp'],
      [19, { ...good(19), messageId: 'm'.repeat(100) }, 'bad_message_id', 'messageId'],
      [20, { ...good(20), messageId: {} }, 'bad_message_id', 'messageId'],
      [21, { ...good(21), properties: nested(60) }, 'bad_event', ''],
      [22, { type: 'identify', anonymousId: A, traits: 'x' }, 'bad_event', 'traits'],
      [23, { type: 'group', anonymousId: A }, 'bad_event', 'groupId'],
      [24, { type: 'alias', userId: 'x' }, 'bad_event', 'previousId'],
      [25, { ...good(25), anonymousId: undefined }, 'no_identity', ''],
      [26, { ...good(26), anonymousId: {} }, 'no_identity', ''],
      [
        27,
        { ...good(27), event: 'Product Added', properties: { quantity: -1 } },
        'negative_quantity',
        'properties.quantity',
      ],
      [2_499, { ...good(0), timestamp: '' }, 'bad_timestamp', 'timestamp'],
    ];
    for (const [index, event] of bad) batch[index] = event;
    const answer = await it.server(...(batch as Fields[]));
    expect(answer.rejected.map(({ index, code, path }) => [index, code, path])).toEqual(
      bad.map(([index, , code, path]) => [index, code, path]),
    );
    expect([answer.accepted, total(answer)]).toEqual([2_500 - bad.length, 2_500]);
    for (const { message } of answer.rejected) expect(message).toMatch(/\S/);
    expect((await it.one({ anonymousId: A })).counts.events).toBe(2_500 - bad.length);
  });
  it('naughty and odd values are kept or refused, and nothing breaks', async () => {
    const it = await house();
    const words: string[] = (
      JSON.parse(readFileSync(new URL('./ingest/fixtures/blns.json', import.meta.url), 'utf8')) as string[]
    ).slice(0, 515);
    const before = (
      await it.one({
        anonymousId: await (async () => {
          const A = fresh('a');
          await it.page(page(A, 0));
          return A;
        })(),
      })
    ).id;
    expect(before).toBeTruthy();
    let sent = 0;
    for (const words_ of [words.slice(0, 260), words.slice(260)]) {
      const batch = words_.flatMap((word) => [
        {
          type: 'track',
          event: word || 'x',
          anonymousId: fresh('a'),
          messageId: fresh('m'),
          properties: {
            [word]: word,
            list: [word],
            order_id: word,
            price: word,
            currency: word,
            products: [word, { product_id: word, price: word, quantity: word }],
          },
        },
        {
          type: 'identify',
          userId: word,
          anonymousId: fresh('a'),
          messageId: word.slice(0, 20) || undefined,
          traits: { [word]: word, email: word, phone: word },
        },
        {
          type: 'page',
          anonymousId: word,
          name: word,
          properties: { url: word, path: word, referrer: word, title: word, search: word },
          context: {
            sessionId: word,
            locale: word,
            userAgent: word,
            campaign: { source: word, medium: word, name: word },
          },
        },
      ]);
      sent += batch.length;
      for (let from = 0; from < batch.length; from += 200) {
        const part = batch.slice(from, from + 200);
        const said = await it.post('/v1/batch', { batch: part }, bearer);
        expect([said.status, total(said.body)]).toEqual([200, part.length]);
      }
    }
    expect(sent).toBeGreaterThan(1_000);
    for (let from = 0; from < words.length; from += 50) {
      await Promise.all(
        words.slice(from, from + 50).map(async (word) => {
          const written = encodeURIComponent(wellFormed(word));
          const { status } = await it.get(`/v1/profiles?userId=${written}`);
          expect([word, [200, 400].includes(status)]).toEqual([word, true]);
          expect([word, [400, 404].includes((await it.get(`/v1/profiles/${written || 'x'}`)).status)]).toEqual([
            word,
            true,
          ]);
        }),
      );
    }
  });
  it('NUL, lone surrogates, prototype names and absurd numbers in every place', async () => {
    const it = await house();
    const A = fresh('a');
    const odd: unknown[] = [
      '\u0000',
      'a\u0000b',
      '\ud800',
      'x\udfff',
      '\ud83d',
      -1,
      -0,
      1e308,
      -1e308,
      5e-324,
      2 ** 53 + 2,
      0.1 + 0.2,
      true,
      null,
      [],
      {},
      [[[]]],
      { __proto__: 1, constructor: { prototype: 1 } },
    ];
    const raw = odd.map((value) => JSON.stringify(value));
    raw.push(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      '1e999',
      '-1e999',
      '123456789012345678901234567890',
      '"\\u0000"',
      '"\\ud800"',
      '{"toString":1,"valueOf":2,"hasOwnProperty":3}',
    );
    for (const [n, value] of raw.entries()) {
      const body = `{"writeKey":"${writeKey}","batch":[
        {"type":"track","event":"Order Completed","anonymousId":"${A}","messageId":"${A}-o${n}","properties":{"order_id":"${A}-${n}","total":${value},"revenue":${value},"currency":${value},"products":[{"product_id":${value},"price":${value},"quantity":${value}},${value}],"x":${value}},"context":{"sessionId":${value},"setOnce":${value},"active":${value},"locale":${value},"userAgent":${value}}},
        {"type":"identify","anonymousId":"${A}","userId":${value},"messageId":"${A}-i${n}","traits":{"x":${value},"email":${value},"phone":${value},"first_x":${value}},"context":{"externalIds":[{"id":${value},"type":${value}}]}},
        {"type":"page","anonymousId":"${A}","messageId":"${A}-p${n}","name":null,"properties":{"url":${value},"referrer":${value},"title":${value}},"sentAt":${value},"channel":${value},"integrations":${value}},
        {"type":"track","event":"Page Engaged","anonymousId":"${A}","messageId":"${A}-e${n}","properties":{"page_message_id":${value},"engaged_ms":${value}}},
        {"type":"track","event":"Order Refunded","anonymousId":"${A}","messageId":"${A}-r${n}","properties":{"order_id":${value},"total":${value}}},
        {"type":"track","event":"Cart Updated","anonymousId":"${A}","messageId":"${A}-c${n}","properties":{"cart_id":${value},"products":${value}}}
      ],"sentAt":${value},"integrations":${value},"consent":${value}}`;
      const said = await it.post('/v1/batch', body);
      expect([value, said.status, said.body.error, total(said.body)]).toEqual([value, 200, undefined, 6]);
    }
    expect(({} as Fields).polluted).toBeUndefined();
    for (const { id } of await it.profiles({ anonymousId: A })) {
      for (const name of ['events', 'sessions', 'carts', 'orders', 'merges'])
        expect((await it.get(`/v1/profiles/${id}/${name}?limit=500`)).status).toBe(200);
      expect((await it.get(`/v1/profiles/${id}`)).status).toBe(200);
    }
    const key = `{"batch":[{"type":"page","anonymousId":"${A}","${'_'.repeat(2)}proto__":{"x":1},"context":{"${'_'.repeat(2)}proto__":{"active":false}}}]}`;
    expect((await it.post('/v1/batch', key, bearer)).status).toBe(200);
  });
  it('deep nesting costs one event, or the request where it surrounds them', async () => {
    const it = await house();
    const deep = (levels: number, open = '[', close = ']'): string => `${open.repeat(levels)}${close.repeat(levels)}`;
    const event = (inside: string): string =>
      `{"type":"track","event":"X","anonymousId":"${fresh('a')}","properties":{"x":${inside}}}`;
    const said = await it.post('/v1/batch', `{"batch":[${event(deep(100_000))},${event('1')}]}`, bearer);
    expect([said.status, said.body.accepted, said.body.rejected.map(({ index }) => index)]).toEqual([200, 1, [0]]);
    for (const around of [
      `{"batch":[],"context":${deep(50_000)}}`,
      deep(200_000),
      `{"batch":${deep(200_000)}}`,
      `{"batch":[],"x":${deep(30_000, '{"a":', '}').replace('{}', '{"a":1}')}}`,
    ]) {
      const told = await it.post('/v1/batch', around, bearer);
      expect([around.length, [200, 400].includes(told.status)]).toEqual([around.length, true]);
    }
    expect(
      (await it.post('/v1/consent', `{"writeKey":"${writeKey}","kind":"grant","decisions":[],"ui":${deep(10_000)}}`))
        .status,
    ).toBe(400);
    expect((await it.post('/v1/privacy/erasures', `{"userId":${deep(50_000)}}`, bearer)).status).toBe(400);
  });
  it('WEFT_RATE: 429 with Retry-After for a write key, none for a secret one', async () => {
    const it = await house({ WEFT_RATE: '50' });
    const batch = (n: number) => ({ writeKey, batch: Array.from({ length: n }, () => track1()) });
    expect((await it.post('/v1/batch', batch(120))).status).toBe(200);
    const told = await it.post('/v1/batch', batch(1));
    expect([told.status, told.body.error]).toEqual([429, { ...say, code: 'rate_limited' }]);
    expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(0);
    for (let n = 0; n < 3; n += 1) expect((await it.server(...batch(100).batch)).accepted).toBe(100);
  });
  it('bots are kept apart, or kept; judged by the context, and by the header for public keys only', async () => {
    const it = await house();
    const robot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
    const [A, B, C] = [fresh('a'), fresh('a'), fresh('a')] as const;
    const answer = await it.page(
      page(A, 0, { context: { userAgent: robot } }),
      page(B, 0, { context: { userAgent: agent } }),
    );
    expect([answer.accepted, answer.warnings]).toEqual([2, [expect.objectContaining({ index: 0, code: 'bot' })]]);
    expect([(await it.profiles({ anonymousId: A })).length, (await it.profiles({ anonymousId: B })).length]).toEqual([
      0, 1,
    ]);
    const byHeader = await it.post('/v1/page', { writeKey, ...page(C, 0) }, { 'user-agent': robot });
    expect(byHeader.body.warnings.map(({ code }) => code)).toEqual(['bot']);
    const asServer = await it.post('/v1/page', page(C, 1), { ...bearer, 'user-agent': robot });
    expect(asServer.body.warnings).toEqual([]);
    expect((await it.one({ anonymousId: C })).counts.events).toBe(1);
    const keeping = await house({ WEFT_BOTS: 'keep' });
    const kept = await keeping.page(page(A, 0, { context: { userAgent: robot } }));
    expect([kept.accepted, kept.warnings.map(({ code }) => code)]).toEqual([1, ['bot']]);
    expect((await keeping.one({ anonymousId: A })).counts).toMatchObject({ events: 1, sessions: 1 });
  });
  it('WEFT_RESERVED_EMAIL=allow takes addresses nobody can own', async () => {
    const it = await house({ WEFT_RESERVED_EMAIL: 'allow' });
    const [U, email] = [fresh('u'), `${fresh('mail')}@example.com`] as const;
    expect(await it.server(identify(U, 0, { traits: { email } }))).toMatchObject({ accepted: 1, warnings: [] });
    expect((await it.one({ email })).identifiers[0]!.value).toBe(U);
    const strict = await house();
    expect((await strict.server(identify(U, 0, { traits: { email } }))).warnings.map(({ code }) => code)).toEqual([
      'contact_refused',
    ]);
    expect(await strict.profiles({ email })).toEqual([]);
  });
  it('a missing messageId is minted, and told where it matters', async () => {
    const it = await house();
    const A = fresh('a');
    expect(
      await it.page(
        { type: 'page', anonymousId: A },
        { type: 'page', anonymousId: A },
        { type: 'page', anonymousId: A, messageId: '' },
        { type: 'page', anonymousId: A, messageId: null },
      ),
    ).toMatchObject({ accepted: 4, duplicates: 0 });
    const { id } = await it.one({ anonymousId: A });
    const ids = (await it.list<EventItem>(id, 'events')).map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(4);
    expect(ids.every((one) => one.length > 10)).toBe(true);
  });
  it('the batch’s context is merged into each event', async () => {
    const it = await house();
    const A = fresh('a');
    await it.pageWith({ context: { userAgent: agent, page: { url: 'https://shop.com/around' }, locale: 'de' } }, [
      { type: 'page', anonymousId: A, timestamp: at(0), messageId: fresh('m') },
      {
        type: 'page',
        anonymousId: A,
        timestamp: at(1),
        messageId: fresh('m'),
        context: { page: { url: 'https://shop.com/own' } },
      },
    ]);
    const [session] = await it.list<SessionItem>((await it.one({ anonymousId: A })).id, 'sessions');
    expect(session).toMatchObject({
      entryPath: '/around',
      exitPath: '/own',
      device: { browser: expect.stringContaining('Firefox') },
    });
  });
});

describe('pages and operators', () => {
  it('GET /v1/config: policy, purposes with their hashes, region; no cookie; private, five minutes', async () => {
    const it = await house();
    for (const path of ['/v1/config', `/v1/config/${writeKey}`]) {
      const { status, body, headers } = await it.get(path, { origin: 'https://shop.com', cookie: 'a=b' });
      expect([path, status]).toEqual([path, 200]);
      expect(body).toMatchObject({ policy: {}, consent: { purposes: expect.any(Array) }, region: {}, settings: {} });
      const listed = (body.consent as { purposes: { id: string; materialHash: string }[] }).purposes;
      expect(listed.map(({ id }) => id)).toEqual(
        expect.arrayContaining(['measurement', 'personalisation', 'marketing', 'sharing']),
      );
      for (const { materialHash } of listed) expect(materialHash).toMatch(/^[0-9a-f]{64}$/);
      expect(headers.get('cache-control')).toBe('private, max-age=300');
      expect([headers.get('set-cookie'), headers.get('access-control-allow-origin')]).toEqual([null, '*']);
    }
    expect((await it.get('/v1/config/wk_wrong', {})).status).toBe(404);
    expect((await it.get('/v1/config', { 'cf-ipcountry': 'FR' })).body.region as Fields).toMatchObject({
      code: 'FR',
      model: 'opt-in',
    });
  });
  it('Segment’s browser client is told where to send', async () => {
    const it = await house();
    const { status, body, headers } = await it.get(`/v1/projects/${writeKey}/settings`, {});
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect((body.integrations as Record<string, Fields>)['Segment.io']).toMatchObject({
      apiKey: writeKey,
      apiHost: `${new URL(it.url).host}/v1`,
    });
    expect((await it.get('/v1/projects/wk_wrong/settings', {})).status).toBe(404);
  });
  it('health, readiness, metrics: no id, no key, no address', async () => {
    const it = await house();
    const A = fresh('secret-device');
    await it.page(page(A, 0), { type: 'nonsense' });
    for (const path of ['/healthz', '/readyz']) expect((await it.get(path, {})).status).toBe(200);
    const { status, body, headers } = await it.get('/metrics', {});
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
    const text = body.text as string;
    expect(text).toMatch(/weft_events_total\{verdict="accepted"/);
    expect(text).toMatch(/verdict="rejected",code="unknown_type"/);
    expect(text).not.toMatch(new RegExp(`${A}|${writeKey}|${secretKey}|nonsense`));
  });
  it('openapi.json is whole: every route of the page is in it, and every reference leads somewhere', async () => {
    const it = await house();
    const { status, body } = await it.get('/openapi.json', {});
    expect(status).toBe(200);
    const { openapi, info, paths, components } = body as {
      openapi: string;
      info: Fields;
      paths: Record<string, Record<string, Fields>>;
      components: { schemas: Fields; securitySchemes: Fields };
    };
    expect([openapi.startsWith('3.'), typeof info.title, typeof info.version]).toEqual([true, 'string', 'string']);
    const wanted: Record<string, string> = {
      '/v1/batch': 'post',
      '/v1/track': 'post',
      '/v1/page': 'post',
      '/v1/screen': 'post',
      '/v1/identify': 'post',
      '/v1/alias': 'post',
      '/v1/group': 'post',
      '/v1/import': 'post',
      '/v1/t': 'post',
      '/v1/p': 'post',
      '/v1/s': 'post',
      '/v1/i': 'post',
      '/v1/a': 'post',
      '/v1/g': 'post',
      '/v1/consent': 'post',
      '/v1/projects/{writeKey}/settings': 'get',
      '/weft.js': 'get',
      '/weft/{file}': 'get',
      '/v1/config': 'get',
      '/v1/config/{writeKey}': 'get',
      '/v1/profiles': 'get',
      '/v1/profiles/{id}': 'get',
      '/v1/profiles/{id}/events': 'get',
      '/v1/profiles/{id}/sessions': 'get',
      '/v1/profiles/{id}/carts': 'get',
      '/v1/profiles/{id}/orders': 'get',
      '/v1/profiles/{id}/merges': 'get',
      '/v1/merges': 'post',
      '/v1/merges/{id}/undo': 'post',
      '/v1/privacy/erasures': 'post',
      '/v1/privacy/erasures/{id}': 'get',
      '/healthz': 'get',
      '/readyz': 'get',
      '/metrics': 'get',
      '/openapi.json': 'get',
      '/docs': 'get',
    };
    const missing = Object.entries(wanted).filter(([path, method]) => paths[path]?.[method] === undefined);
    expect(missing).toEqual([]);
    const operationIds: unknown[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      for (const operation of Object.values(methods)) {
        operationIds.push(operation.operationId);
        expect([path, Object.keys(operation.responses as object).length > 0]).toEqual([path, true]);
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const declared = ((operation.parameters ?? []) as Fields[])
          .filter((one) => one.in === 'path')
          .map(({ name }) => name);
        expect([path, declared.sort()]).toEqual([path, named.sort()]);
        for (const security of (operation.security ?? []) as Fields[])
          for (const name of Object.keys(security)) expect(Object.keys(components.securitySchemes)).toContain(name);
      }
    }
    expect(new Set(operationIds).size).toBe(operationIds.length);
    for (const [, reference] of JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)) {
      const found = reference!
        .slice(2)
        .split('/')
        .reduce<unknown>((from, name) => (from as Fields)?.[name.replaceAll('~1', '/')], body);
      expect([reference, found !== undefined]).toEqual([reference, true]);
    }
  });
  it('nothing answered 5xx, and no line of the log holds what was sent', async () => {
    for (const opening of houses.values()) {
      const it = await opening;
      const lines = it.lines.map((line) => JSON.parse(line) as { status?: number; level: number });
      expect(lines.filter(({ status }) => (status ?? 0) >= 500)).toEqual([]);
      expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
      expect(it.lines.join('')).not.toMatch(/@shop\.com|wk_test|sk_test/);
    }
  });
});
