// What a person is given of what is kept of them: the copy, and in it the banners they answered.

import { createHmac } from 'node:crypto';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signedText } from '../app/rights.js';
import { type ShownDocument, type ShownOf, shownLayer } from '../consent/ledger/shown-layer.js';
import { ended, house, identitySecret, temporary, until, unzipped, visit } from './rights.fixture.js';

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
