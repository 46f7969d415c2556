// Recipients hear of erasures, over HTTP that is theirs.

import { verify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDeliveries } from '../cli/export.js';
import { canonicalJson } from '../consent/canonical.js';
import { backOffMs, newWebhookSecret, noticeTryForMs, signatureOf } from '../consent/rights/notices.js';
import { mayReach, post, refusedUrl } from '../jobs/post.js';
import { secretCredential } from '../site/keys.js';
import { runKeys } from '../site/store.js';
import { openSqlite } from '../store/sqlite.js';
import { bearer, closing, ended, type House, house, temporary, until, visit } from './rights.fixture.js';

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
