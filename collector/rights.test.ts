// People's rights over HTTP, with a real process, a real folder and real recipients.

import { createHmac, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { signedText } from './app/rights.js';
import { openDeliveries } from './cli/export.js';
import { readConfig } from './config.js';
import { canonicalJson } from './consent/canonical.js';
import { type ShownDocument, type ShownOf, shownLayer } from './consent/ledger/shown-layer.js';
import { backOffMs, newWebhookSecret, noticeTryForMs, signatureOf } from './consent/rights/notices.js';
import { mayReach, post, refusedUrl } from './jobs/post.js';
import { serve } from './serve.js';
import { secretCredential } from './site/keys.js';
import { runKeys } from './site/store.js';
import { openSqlite } from './store/sqlite.js';

const secretKey = 'sk_test_0123456789';
const identitySecret = 'a secret of the shop';
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const temporary = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'weft-rights-'));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
const bearer = { authorization: `Bearer ${secretKey}` };

const house = async (more: Record<string, string> = {}) => {
  const folder = temporary();
  const served = await serve(
    readConfig({
      PORT: '0',
      WEFT_DATA: folder,
      WEFT_SECRET_KEY: secretKey,
      WEFT_WRITE_KEY: 'wk_test_0123456789',
      WEFT_ADMIN_PASSWORD: 'correct horse',
      WEFT_RESERVED_EMAIL: 'allow',
      WEFT_IDENTITY_SECRET: identitySecret,
      WEFT_WEBHOOKS: 'loopback',
      ...more,
    }),
  );
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= served.close();
    return closed;
  };
  closing.push(close);
  const ask = async (path: string, body?: object, headers: Record<string, string> = bearer) => {
    const response = await fetch(`${served.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text) as Record<string, unknown> };
  };
  return { folder, url: served.url, close, ask };
};
type House = Awaited<ReturnType<typeof house>>;

const until = async <Value>(look: () => Promise<Value | null>): Promise<Value> => {
  for (let n = 0; n < 400; n += 1) {
    const value = await look();
    if (value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never came');
};
const ended = (it: House, path: string, states: readonly string[] = ['done']) =>
  until(async () => {
    const { body } = await it.ask(path);
    return states.includes(String(body.state)) ? body : null;
  });
const visit = (user: string, device: string, email: string) => ({
  batch: [
    { type: 'page', anonymousId: device, timestamp: '2026-10-01T10:00:00Z', properties: { url: 'https://shop.test/' } },
    {
      type: 'identify',
      anonymousId: device,
      userId: user,
      timestamp: '2026-10-01T10:01:00Z',
      traits: { email, city: 'Lyon' },
    },
    {
      type: 'track',
      event: 'Order Completed',
      userId: user,
      timestamp: '2026-10-01T10:02:00Z',
      properties: { order_id: `order-of-${user}`, total: 12, currency: 'EUR' },
    },
  ],
});

/** The entries of a ZIP, by its central directory. */
const unzipped = (bytes: Buffer): Record<string, string> => {
  const entries: Record<string, string> = {};
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = bytes.readUInt32LE(end + 16);
  for (let n = bytes.readUInt16LE(end + 10); n > 0; n -= 1) {
    const [method, size, name, extra, comment, local] = [
      bytes.readUInt16LE(at + 10),
      bytes.readUInt32LE(at + 20),
      bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30),
      bytes.readUInt16LE(at + 32),
      bytes.readUInt32LE(at + 42),
    ] as [number, number, number, number, number, number];
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(from, from + size);
    entries[bytes.toString('utf8', at + 46, at + 46 + name)] = (method === 0 ? data : inflateRawSync(data)).toString(
      'utf8',
    );
    at += 46 + name + extra + comment;
  }
  return entries;
};

const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .filter((name) => {
      const bytes = readFileSync(join(folder, name));
      return [
        Buffer.from(text),
        Buffer.from(text, 'utf16le'),
        Buffer.from(encodeURIComponent(text)),
        Buffer.from(Buffer.from(text).toString('base64').replace(/=+$/, '')),
      ].some((spelled) => bytes.includes(spelled));
    });

describe('access', () => {
  it('a key asks for a person: JSON Lines and a page to read, for its owner alone; erasing the person takes it away', async () => {
    const it = await house();
    await it.ask('/v1/batch', visit('u-access', 'd-access', 'ada@access.test'));
    await it.ask('/v1/batch', visit('u-other', 'd-other', 'bob@access.test'));
    const asked = await it.ask('/v1/privacy/exports', { userId: 'u-access' });
    expect(asked).toMatchObject({ status: 202, body: { state: 'accepted', token: expect.stringMatching(/^xt_/) } });
    const path = `/v1/privacy/exports/${asked.body.id as string}`;
    await ended(it, path);
    expect(statSync(join(it.folder, 'exports', `${asked.body.id as string}.zip`)).mode & 0o077).toBe(0);
    expect((await it.ask(`${path}/file`, undefined, {})).status).toBe(401);
    expect((await it.ask(`${path}/file`, undefined, { 'weft-token': 'xt_guess' })).status).toBe(404);
    const file = await fetch(`${it.url}${path}/file`, { headers: { 'weft-token': asked.body.token as string } });
    expect(file.headers.get('content-type')).toBe('application/zip');
    const entries = unzipped(Buffer.from(await file.arrayBuffer()));
    expect(Object.keys(entries).sort()).toEqual([
      'README.html',
      'carts.jsonl',
      'consents.jsonl',
      'events.jsonl',
      'identifiers.jsonl',
      'merges.jsonl',
      'orders.jsonl',
      'profile.jsonl',
      'recipients.jsonl',
      'sessions.jsonl',
    ]);
    const lines = (name: string) =>
      entries[name]!.split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as object);
    expect(lines('events.jsonl')).toHaveLength(3);
    expect(lines('orders.jsonl')).toMatchObject([{ orderId: 'order-of-u-access' }]);
    expect(lines('profile.jsonl')).toMatchObject([{ traits: { city: { value: 'Lyon' } } }]);
    expect(JSON.stringify(entries)).not.toMatch(/u-other|bob@/);
    expect(entries['README.html']).toContain('What is kept about you');
    expect(entries['README.html']).toMatch(/Made on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, by/);

    const erased = await it.ask('/v1/privacy/erasures', { email: 'ada@access.test' });
    await ended(it, `/v1/privacy/erasures/${erased.body.id as string}`);
    expect((await it.ask(path)).body.state).toBe('erased');
    expect((await it.ask(`${path}/file`)).status).toBe(404);
    expect(readdirSync(join(it.folder, 'exports'))).toEqual([]);
  }, 60_000);

  it('of nobody is answered alike, and ends with a page that says so', async () => {
    const it = await house();
    const asked = await it.ask('/v1/privacy/exports', { visitorId: 'nobody', receipt: 'x'.repeat(22) }, {});
    expect(asked).toMatchObject({ status: 202, body: { state: 'accepted' } });
    const token = { 'weft-token': asked.body.token as string };
    const path = `/v1/privacy/exports/${asked.body.id as string}`;
    await until(async () => ((await it.ask(path, undefined, token)).body.state === 'done' ? true : null));
    const file = await fetch(`${it.url}${path}/file`, { headers: token });
    expect(unzipped(Buffer.from(await file.arrayBuffer()))['README.html']).toContain('Nothing is kept');
  }, 60_000);

  it('signed by the shop for a user is good once, in time, and for that act alone', async () => {
    const it = await house();
    await it.ask('/v1/batch', visit('u-signed', 'd-signed', 'ada@signed.test'));
    const sign = (act: 'export' | 'erasure', changes: object = {}) => {
      const [userId, nonce] = ['u-signed', 'n'.repeat(20)];
      const expiresAt = new Date(Date.now() + 600_000).toISOString();
      const signature = createHmac('sha256', identitySecret)
        .update(signedText(act, userId, expiresAt, nonce))
        .digest('hex');
      return { userId, expiresAt, nonce, signature, ...changes };
    };
    const good = sign('export');
    for (const [body, status] of [
      [{ ...good, signature: '0'.repeat(64) }, 401],
      [sign('erasure'), 401],
      [{ ...good, expiresAt: new Date(Date.now() + 3_000_000).toISOString() }, 401],
      [{ ...good, userId: 'u-another' }, 401],
      [good, 202],
      [good, 403],
    ] as const)
      expect([status, (await it.ask('/v1/privacy/exports', body, {})).status]).toEqual([status, status]);
  }, 60_000);
});

describe('recipients', () => {
  const listener = async (answer: (n: number, response: ServerResponse, body: Record<string, unknown>) => void) => {
    const seen: { headers: IncomingHttpHeaders; text: string; body: Record<string, unknown> }[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += String(chunk);
      });
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>;
        seen.push({ headers: request.headers, text, body });
        answer(seen.length, response, body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/erasures`, seen };
  };
  const policy = (): string => {
    const file = join(temporary(), 'consent.json');
    writeFileSync(
      file,
      JSON.stringify({
        policy: { version: '1' },
        purposes: [
          { id: 'necessary', always: true },
          { id: 'measurement', retentionDays: 395, recipients: [] },
          { id: 'personalisation', retentionDays: 180, recipients: ['adnet', 'mailer'] },
        ],
        recipients: {
          adnet: { name: 'Ad network', country: 'US', role: 'controller', erasureWebhook: 'adnet-erasure' },
          mailer: { name: 'Mail service', country: 'FR', role: 'processor' },
        },
      }),
    );
    return file;
  };
  /** As `weft destinations set` does, beside the running collector. */
  const destination = (it: House, url: string): string => {
    const store = openSqlite(join(it.folder, 'weft.sqlite'));
    const secret = newWebhookSecret();
    store.prepare('INSERT INTO destinations VALUES (?, ?, ?, ?, ?, NULL)').run('adnet-erasure', url, 'raw', secret, 1);
    store.close();
    return secret;
  };

  it('that ever received the person hear of the erasure, signed; who fails hears it again; the certificate says who knows', async () => {
    const it = await house({ WEFT_CONSENT: policy(), WEFT_URL: 'http://127.0.0.1:1' });
    const callbacks: string[] = [];
    const hears = await listener((_, response, body) => {
      callbacks.push(...(body.status_callback_urls as string[]));
      response.writeHead(201).end(JSON.stringify({ request_status: 'pending' }));
    });
    const secret = destination(it, hears.url);
    await it.ask('/v1/batch', visit('u-told', 'd-told', 'ada@told.test'));
    const { body } = await it.ask('/v1/profiles?userId=u-told');
    const [profile] = body.profiles as { id: string }[];
    const store = openSqlite(join(it.folder, 'weft.sqlite'), [], { readonly: true });
    closing.push(() => store.close());
    for (const recipient of ['adnet', 'mailer']) {
      const { deliver, close } = openDeliveries(it.folder, recipient);
      expect([...deliver([profile!.id, 'p_nobody'])]).toEqual([profile!.id]);
      close();
    }
    const asked = await it.ask('/v1/privacy/erasures', { userId: 'u-told' });
    const path = `/v1/privacy/erasures/${asked.body.id as string}`;
    await ended(it, path);
    await until(async () => (hears.seen.length > 0 ? true : null));
    const [heard] = hears.seen;
    expect(heard!.body).toMatchObject({
      type: 'subject.erased',
      subject_request_id: asked.body.id,
      subject_request_type: 'erasure',
      subject_identities: expect.arrayContaining([
        { identity_type: 'user_id', identity_value: 'u-told', identity_format: 'raw' },
        { identity_type: 'anonymous_id', identity_value: 'd-told', identity_format: 'raw' },
      ]),
    });
    const { headers } = heard!;
    const id = headers['webhook-id'] as string;
    expect(headers['webhook-signature']).toBe(
      signatureOf(secret, id, Number(headers['webhook-timestamp']), heard!.text),
    );

    const state = async () => {
      const { certificate } = (await it.ask(`${path}/certificate`)).body as { certificate: { destinations: object[] } };
      return certificate.destinations;
    };
    expect(await state()).toMatchObject([
      { recipient: 'adnet', state: 'sent' },
      { recipient: 'mailer', state: 'manual', trouble: 'no_destination' },
    ]);
    const callback = new URL(callbacks[0]!).pathname;
    expect((await it.ask(callback, { request_status: 'in_progress' }, {})).status).toBe(200);
    expect(await state()).toMatchObject([{ state: 'sent' }, {}]);
    expect((await it.ask(callback, { request_status: 'completed' }, {})).status).toBe(200);
    expect((await it.ask('/v1/privacy/acknowledgements/guess', { request_status: 'completed' }, {})).status).toBe(404);
    expect(await state()).toMatchObject([{ state: 'acknowledged' }, {}]);

    const signed = (await it.ask(`${path}/certificate`)).body as {
      certificate: object;
      signature: { publicKeyPem: string; value: string };
    };
    const proof = Buffer.from(signed.signature.value, 'base64url');
    expect(verify(null, Buffer.from(canonicalJson(signed.certificate)), signed.signature.publicKeyPem, proof)).toBe(
      true,
    );
    expect(JSON.stringify(signed)).not.toMatch(/u-told|d-told/);
    const page = await fetch(`${it.url}${path}/certificate`, { headers: { ...bearer, accept: 'text/html' } });
    expect(await page.text()).toContain('Certificate of erasure');
  }, 60_000);

  it('that read with a key of their own count as having received the person, by each route; the shop’s own reads do not', async () => {
    const it = await house({ WEFT_CONSENT: policy() });
    for (const user of ['found', 'read', 'listed', 'kept', 'unseen'])
      await it.ask('/v1/batch', visit(`u-${user}`, `d-${user}`, `${user}@told.test`));
    const ids = new Map<string, string>();
    for (const user of ['found', 'read', 'listed', 'kept', 'unseen']) {
      const { body } = await it.ask(`/v1/profiles?userId=u-${user}`);
      ids.set(user, (body.profiles as { id: string }[])[0]!.id);
    }
    const theirs = 'sk_of_the_mailer_0123';
    const narrow = 'sk_of_the_adnet_01234';
    const store = openSqlite(join(it.folder, 'weft.sqlite'));
    const given = { label: 'theirs', seeded: false, at: 1 };
    runKeys(store, 'create', secretCredential(theirs, given, { recipient: 'mailer' }));
    runKeys(store, 'create', secretCredential(narrow, given, { recipient: 'adnet', covers: [] }));
    store.close();
    const as = { authorization: `Bearer ${theirs}` };
    // A running collector knows it within seconds.
    await until(async () => ((await it.ask('/v1/profiles?userId=nobody', undefined, as)).status === 200 ? true : null));
    expect((await it.ask('/v1/profiles?email=found@told.test', undefined, as)).body.profiles).toHaveLength(1);
    expect((await it.ask(`/v1/profiles/${ids.get('read')!}`, undefined, as)).status).toBe(200);
    expect((await it.ask(`/v1/profiles/${ids.get('listed')!}/events`, undefined, as)).status).toBe(200);
    // A key that may see nothing was given nobody.
    await it.ask(`/v1/profiles?userId=u-kept`, undefined, { authorization: `Bearer ${narrow}` });
    // It reads, and acts on nobody.
    expect((await it.ask('/v1/privacy/erasures', { userId: 'u-kept' }, as)).status).toBe(403);
    expect((await it.ask('/v1/merges', { from: 'u-kept', into: 'u-read' }, as)).status).toBe(403);
    const told: Record<string, unknown> = {};
    for (const user of ids.keys()) {
      const asked = await it.ask('/v1/privacy/erasures', { userId: `u-${user}` });
      const path = `/v1/privacy/erasures/${asked.body.id as string}`;
      await ended(it, path);
      const { certificate } = (await it.ask(`${path}/certificate`)).body as {
        certificate: { destinations: { recipient: string }[] };
      };
      told[user] = certificate.destinations.map(({ recipient }) => recipient);
    }
    expect(told).toEqual({ found: ['mailer'], read: ['mailer'], listed: ['mailer'], kept: [], unseen: [] });
    expect((await it.ask(`/v1/profiles/${ids.get('read')!}`, undefined, as)).status).toBe(404);
  }, 60_000);

  it('are tried with growing pauses for three days', () => {
    expect([1, 2, 3, 20].map(backOffMs)).toEqual([60_000, 120_000, 240_000, 6 * 3_600_000]);
    let tries = 0;
    for (let at = 0; at <= noticeTryForMs; at += backOffMs(tries)) tries += 1;
    expect(tries).toBeGreaterThan(15);
    expect(tries).toBeLessThan(30);
  });

  it.each([
    ['127.0.0.1', 'public', false],
    ['127.0.0.1', 'loopback', true],
    ['10.1.2.3', 'loopback', false],
    ['10.1.2.3', 'private', true],
    ['169.254.169.254', 'public', false],
    ['100.64.0.1', 'public', false],
    ['::1', 'public', false],
    ['::ffff:10.0.0.1', 'public', false],
    ['fd00::1', 'public', false],
    ['fe80::1', 'public', false],
    ['93.184.216.34', 'public', true],
    ['2606:4700::1111', 'public', true],
    ['no address', 'private', false],
  ] as const)('an address %s may be reached by %s: %s', (address, reach, may) => {
    expect(mayReach(address, reach)).toBe(may);
  });
  it('are posted to over https alone, not within, not elsewhere, and not for ever', async () => {
    for (const [url, refused] of [
      ['http://adnet.example/x', 'not_https'],
      ['https://user:pw@adnet.example/', 'bad_url'],
      ['file:///etc/passwd', 'bad_url'],
      ['https://127.0.0.1/', 'not_public'],
      ['https://[::1]/', 'not_public'],
      ['https://0x7f000001/', 'not_public'],
      ['https://adnet.example/', null],
    ] as const)
      expect([url, refusedUrl(url, 'public')]).toEqual([url, refused]);
    const options = { reach: 'loopback', timeoutMs: 300, answerMaxBytes: 100 } as const;
    await expect(post('https://localhost/', '{}', {}, { ...options, reach: 'public' })).rejects.toMatchObject({
      code: 'not_public',
    });
    const silent = await listener(() => {});
    await expect(post(silent.url, '{}', {}, options)).rejects.toMatchObject({ code: 'timeout' });
    const elsewhere = await listener(
      (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
    );
    expect((await post(elsewhere.url, '{}', {}, options)).status).toBe(302);
    const long = await listener((_, response) => void response.writeHead(200).end('x'.repeat(10_000)));
    expect((await post(long.url, '{}', {}, options)).body.length).toBeLessThanOrEqual(100);
  });
});

describe('after an erasure', () => {
  it('section 6: no file holds the person in any spelling: database, logs of writes, journal, exports, certificates', async () => {
    const it = await house();
    const [user, device, email] = ['u-gone-ä/1', 'd-gone-77', 'gone.person@gone.test'];
    await it.ask('/v1/batch', visit(user, device, email));
    const made = await it.ask('/v1/privacy/exports', { userId: user });
    await ended(it, `/v1/privacy/exports/${made.body.id as string}`);
    expect(filesWith(it.folder, device)).not.toEqual([]);
    const asked = await it.ask('/v1/privacy/erasures', { userId: user });
    await ended(it, `/v1/privacy/erasures/${asked.body.id as string}`);
    await it.ask(`/v1/privacy/erasures/${asked.body.id as string}/certificate`);
    const late = await it.ask('/v1/batch', visit(user, device, email));
    expect(late.body).toMatchObject({ accepted: 0 });
    await it.close();
    for (const text of [user, device, email, `order-of-${user}`])
      expect([text, filesWith(it.folder, text)]).toEqual([text, []]);
  }, 60_000);
});

describe('art. 21: an objection', () => {
  it('holds against what the server tells, is listed, and is lifted by the same right', async () => {
    const it = await house();
    await it.ask('/v1/batch', visit('u-object', 'd-object', 'ada@object.test'));
    const orders = async () =>
      ((await it.ask('/v1/profiles?userId=u-object')).body.profiles as { counts?: { orders: number } }[])[0]?.counts
        ?.orders ?? 0;
    expect(await orders()).toBe(1);
    expect(
      (await it.ask('/v1/privacy/objections', { userId: 'u-object', purposes: ['measurement', 'nonsense'] })).status,
    ).toBe(400);
    const no = await it.ask('/v1/privacy/objections', { userId: 'u-object' });
    expect(no).toMatchObject({ status: 202, body: { state: 'done' } });
    expect(await it.ask('/v1/privacy/objections', { userId: 'nobody-at-all' })).toMatchObject({
      status: 202,
      body: { state: 'done' },
    });
    expect(await orders()).toBe(0);
    await it.ask('/v1/privacy/objections', { userId: 'u-object', lift: true });
    expect(await orders()).toBe(1);
  }, 60_000);
});

describe('choices that follow an account', () => {
  const asked = async () => {
    const file = join(temporary(), 'consent.json');
    writeFileSync(file, JSON.stringify({ decision: { scope: 'account' } }));
    const it = await house({ WEFT_CONSENT: file });
    const { body: config } = await it.ask('/v1/config', undefined, {});
    const { purposes } = config.consent as { purposes: { id: string; always?: boolean; materialHash: string }[] };
    const sync = (userId: string, value: 'granted' | 'denied' | null, more: object = {}) =>
      it.ask(
        '/v1/consent/account',
        {
          writeKey: 'wk_test_0123456789',
          userId,
          proof: createHmac('sha256', identitySecret).update(userId).digest('hex'),
          act: 'login',
          policy: config.policy,
          decisions: purposes
            .filter(({ always }) => value !== null && !always)
            .map(({ id, materialHash }) => ({ purpose: id, value, materialHash, at: new Date().toISOString() })),
          sentAt: new Date().toISOString(),
          ...more,
        },
        {},
      );
    return { it, sync };
  };

  it('are told to whom the shop vouches for, and alike for known and unknown users', async () => {
    const { it, sync } = await asked();
    expect((await sync('u-known', 'denied')).body).toMatchObject({ taken: expect.arrayContaining(['sharing']) });
    const told = await sync('u-known', null);
    expect(told.body.decisions).toMatchObject(Array(4).fill({ value: 'denied' }));
    const unknown = await sync('u-unknown', null);
    expect([unknown.status, Object.keys(unknown.body)]).toEqual([told.status, Object.keys(told.body)]);
    const proof = createHmac('sha256', identitySecret).update('u-other').digest('hex');
    const wrong = await Promise.all(
      ['u-known', 'u-unknown', 'null'].flatMap((user) =>
        [proof, 'x', 'ab'.repeat(32)].map((one) => sync(user, null, { proof: one })),
      ),
    );
    expect(new Set(wrong.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect(wrong[0]!.status).toBe(401);
    expect((await sync('u-known', null, { act: 'guess' })).status).toBe(400);
    expect((await sync('u-known', null, { writeKey: 'wk_other' })).status).toBe(401);
    expect((await it.ask('/v1/ledger/verify?full=1')).body).toMatchObject({ ok: true, rows: 1 });
  }, 60_000);

  it('are in the person’s copy, and go with the person', async () => {
    const { it, sync } = await asked();
    await it.ask('/v1/batch', visit('u-copy', 'd-copy', 'ada@copy.test'));
    await sync('u-copy', 'granted');
    const access = await it.ask('/v1/privacy/exports', { userId: 'u-copy' });
    const path = `/v1/privacy/exports/${access.body.id as string}`;
    await ended(it, path);
    const file = await fetch(`${it.url}${path}/file`, { headers: { 'weft-token': access.body.token as string } });
    const entries = unzipped(Buffer.from(await file.arrayBuffer()));
    const [line] = entries['consents.jsonl']!.split('\n');
    expect(JSON.parse(line!)).toMatchObject({
      kind: 'account-sync',
      receipt: null,
      decisions: expect.arrayContaining([expect.objectContaining({ purpose: 'marketing', value: 'granted' })]),
    });
    const erased = await it.ask('/v1/privacy/erasures', { userId: 'u-copy' });
    await ended(it, `/v1/privacy/erasures/${erased.body.id as string}`);
    expect((await sync('u-copy', null)).body.decisions).toEqual([]);
  }, 60_000);
});

describe('consent 2, other domains: an answer that is handed to another host', () => {
  it('is signed, taken in once, proved as an import; and what is refused is refused in one word', async () => {
    const file = join(temporary(), 'consent.json');
    writeFileSync(file, JSON.stringify({ transfer: ['shop.test', 'outlet.test'] }));
    const it = await house({ WEFT_CONSENT: file, WEFT_ORIGINS: '*' });
    const { body: config } = await it.ask('/v1/config', undefined, {});
    expect(config.consent).toMatchObject({ rest: true, transfer: ['shop.test', 'outlet.test'] });
    const { purposes } = config.consent as { purposes: { id: string; always?: boolean; materialHash: string }[] };
    const writeKey = 'wk_test_0123456789';
    const decisions = purposes
      .filter(({ always }) => !always)
      .map(({ id, materialHash }) => ({ purpose: id, value: 'granted', materialHash }));
    const shop = { origin: 'https://shop.test' };
    const outlet = { origin: 'https://outlet.test' };
    const receipt = 'h'.repeat(22);
    const at = new Date(Date.now() - 5_000).toISOString();
    const row = { receipt, kind: 'grant', visitorId: 'd-handed', decisions, policy: config.policy, clientAt: at };
    const source = (one: string) => decisions.map((decision) => ({ ...decision, source: one }));
    await it.ask('/v1/consent', { ...row, writeKey, decisions: source('user') }, shop);
    const told = decisions.map((decision) => ({ ...decision, at }));
    const signed = await it.ask(
      '/v1/consent/transfer',
      { writeKey, to: 'outlet.test', receipt, decisions: told, policy: config.policy },
      shop,
    );
    const token = signed.body.token as string;
    expect([signed.status, token]).toEqual([200, expect.stringMatching(/^[\w-]+\.[\w-]{22}$/)]);
    const take = (one: string, headers: Record<string, string> = outlet, from = shop.origin) =>
      it.ask('/v1/consent/transfer/accept', { writeKey, token: one, from }, headers);
    const refused = [
      await take('a.b'),
      await take(token, shop),
      await take(token, {}),
      await take(token, outlet, 'https://evil.test'),
    ];
    const taken = await take(token);
    expect(taken.body.decisions).toHaveLength(decisions.length);
    refused.push(await take(token));
    expect(new Set(refused.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect(refused[0]!.status).toBe(403);
    const there = {
      ...row,
      receipt: 'o'.repeat(22),
      visitorId: 'd-handed-there',
      decisions: source('import'),
      voucher: taken.body.voucher,
    };
    expect((await it.ask('/v1/consent', { ...there, writeKey }, outlet)).status).toBe(200);
    expect((await it.ask(`/v1/receipts/${there.receipt}`)).body).toMatchObject({
      kind: 'import',
      ui: { layer: 'transfer', variant: 'from=shop.test' },
      origin: 'https://outlet.test',
    });
    expect((await it.ask('/v1/consent/transfer', { writeKey, to: 'other.test', decisions: told }, shop)).status).toBe(
      404,
    );
  }, 60_000);
});

describe('the consents in the person’s copy', () => {
  it('section 6: show the banner of each as it stood: what was asked, buttons in their order, terms, recipients, switches', async () => {
    const file = join(temporary(), 'consent.json');
    writeFileSync(
      file,
      JSON.stringify({
        policy: { version: '7', links: { privacy: '/privacy' } },
        purposes: [
          { id: 'necessary', always: true },
          { id: 'measurement', retentionDays: 395 },
          { id: 'personalisation', retentionDays: 180, recipients: ['mailer'] },
        ],
        recipients: { mailer: { name: 'Mail <service>', country: 'FR', role: 'processor' } },
      }),
    );
    const it = await house({ WEFT_CONSENT: file, WEFT_ORIGINS: '*' });
    const { body: config } = await it.ask('/v1/config', undefined, {});
    const document = config.consent as ShownDocument & { texts: Record<string, { href: string }> };
    const texts = (await (await fetch(`${it.url}${document.texts.en!.href}`)).json()) as ShownOf['texts'];
    const said = (kind: 'measurement' | 'personalisation', value: string) => ({
      purpose: kind,
      value,
      source: 'user',
      materialHash: (document.purposes as { id: string; materialHash: string }[]).find(({ id }) => id === kind)!
        .materialHash,
    });
    const shown: ShownOf = {
      document,
      texts,
      locale: 'en',
      layer: 'preferences',
      region: { model: 'opt-in', ui: 'banner' },
      gpc: false,
      decisions: { measurement: true, personalisation: false },
      variant: '',
    };
    const receipt = 's'.repeat(22);
    const row = {
      writeKey: 'wk_test_0123456789',
      receipt,
      kind: 'grant',
      visitorId: 'd-shown',
      decisions: [said('measurement', 'granted'), said('personalisation', 'granted')],
      policy: config.policy,
      clientAt: new Date(Date.now() - 5_000).toISOString(),
    };
    const answers = [
      { ...row, text: { locale: 'en', sha256: 'f'.repeat(64) }, ui: { layer: 'first', action: 'accept-all' } },
      {
        ...row,
        receipt: 't'.repeat(22),
        kind: 'update',
        supersedes: receipt,
        decisions: [said('measurement', 'granted'), said('personalisation', 'denied')],
        text: { locale: 'en', sha256: shownLayer(shown).sha256 },
        ui: { layer: 'preferences', action: 'save' },
        clientAt: new Date(Date.now() - 1_000).toISOString(),
      },
    ];
    for (const one of answers) expect((await it.ask('/v1/consent', one, {})).status).toBe(200);
    // Nothing else is kept of them.
    const access = await it.ask('/v1/privacy/exports', { anonymousId: 'd-shown' });
    const path = `/v1/privacy/exports/${access.body.id as string}`;
    await ended(it, path);
    const copy = await fetch(`${it.url}${path}/file`, { headers: { 'weft-token': access.body.token as string } });
    const { 'README.html': page, 'consents.jsonl': lines } = unzipped(Buffer.from(await copy.arrayBuffer()));
    const consents = lines!
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; shown: { isExact: boolean; lines: object[] } });
    expect(consents.map(({ kind, shown: { isExact } }) => [kind, isExact])).toEqual([
      ['grant', false],
      ['update', true],
    ]);
    expect(consents[1]!.shown.lines).toEqual(shownLayer(shown).lines);
    const [first, second] = page!.split('<blockquote').slice(1);
    expect(page).not.toMatch(/\{\w+\}|<service>/);
    expect(first).toContain('May we store data on this device for: Visit statistics, Personal profile?');
    expect(first).not.toContain('Messages and advertising');
    expect([...first!.matchAll(/class="button">([^<]+)/g)].map(([, text]) => text)).toEqual([
      'Reject all',
      'Accept all',
      'Choose',
    ]);
    expect(second).toContain('Visit statistics <span class="switch">switch on</span>');
    expect(second).toContain('Personal profile <span class="switch">switch off</span>');
    expect(second).toContain('<dt>Kept, in days</dt><dd>180</dd>');
    expect(second).toContain('<dd>Mail &#60;service&#62; (France). Works on our instructions.</dd>');
    expect(page).toContain('this is what was shown');
  }, 60_000);
});

describe('what a row need not say for itself', () => {
  it('section 5: region with its subdivision and how it is known, the script beside it, and that no age was asked', async () => {
    const it = await house();
    const receipt = 'r'.repeat(22);
    const row = {
      receipt,
      kind: 'region-default',
      visitorId: 'd-receipt',
      epoch: 'e1',
      decisions: ['measurement', 'personalisation'].map((purpose) => ({ purpose, value: 'granted', source: 'region' })),
      policy: (await it.ask('/v1/config', undefined, {})).body.policy,
      clientAt: new Date().toISOString(),
    };
    const event = {
      type: 'page',
      messageId: 'm-receipt',
      anonymousId: 'd-receipt',
      timestamp: new Date().toISOString(),
      context: { consent: { receipt }, library: { name: 'weft.js', version: '9.9.9' } },
    };
    const answer = await it.ask(
      '/v1/batch',
      { writeKey: 'wk_test_0123456789', consent: row, batch: [event] },
      { 'cf-ipcountry': 'US', 'cf-region-code': 'CA', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' },
    );
    expect(answer.body).toMatchObject({ accepted: 1 });
    expect((await it.ask(`/v1/receipts/${receipt}`)).body).toMatchObject({
      jurisdiction: { code: 'US-CA', model: 'opt-out', how: 'cdn' },
      sdkVersion: '9.9.9',
      age: { gate: 'none' },
    });
    const page = await fetch(`${it.url}/v1/receipts/${receipt}`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toMatch(/script[^<]*9\.9\.9/);
  }, 60_000);
});
