// Answers that travel: with an account, to another host, and in a row that travels alone.

import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, house, identitySecret, temporary, unzipped, visit } from './rights.fixture.js';

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
    expect(config).toMatchObject({ consent: { transfer: ['shop.test', 'outlet.test'] }, region: { rest: true } });
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
