// consent.md over the wire: rows, receipts and what an event needs (R15).

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventItem } from '../contract/profile.js';
import { day, type Fields, fresh, house, identify, page, receipt, track, writeKey } from './house.fixture.js';
import { act, all, codes, granted, ledger, purposes, said, soon, under } from './visitors.fixture.js';

describe('consent on the wire (consent.md, R15)', () => {
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
      // Its device is not kept, and it names no visit: a refusal of consent's, not a fault of the sender's.
      under(row, page(A, 0)),
    ]);
    expect([answer.accepted, answer.dropped.map(({ index, code }) => [index, code])]).toEqual([
      3,
      [2, 3, 4, 5, 8].map((index) => [index, 'purpose']),
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
