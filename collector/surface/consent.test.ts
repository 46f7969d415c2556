// consent.md over the wire, with R9, R14 and R15.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventItem } from '../contract/profile.js';
import {
  bearer,
  day,
  type Fields,
  fresh,
  type House,
  house,
  identify,
  page,
  receipt,
  track,
  writeKey,
} from './house.fixture.js';

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
