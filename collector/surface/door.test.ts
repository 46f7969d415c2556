// The door: keys, limits, encodings, and whatever a stranger may throw at it.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { EventItem, SessionItem } from '../contract/profile.js';
import {
  agent,
  at,
  bearer,
  type Fields,
  fresh,
  house,
  identify,
  page,
  secretKey,
  total,
  wellFormed,
  writeKey,
} from './house.fixture.js';

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
      JSON.parse(readFileSync(new URL('../ingest/fixtures/blns.json', import.meta.url), 'utf8')) as string[]
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
    expect((told.body.error as Fields).hint).toContain('WEFT_RATE sets');
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
