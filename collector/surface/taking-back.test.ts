// consent.md over the wire: what was granted is taken back, and people are erased (R9, R14, R15).

import { describe, expect, it } from 'vitest';
import type { EventItem } from '../contract/profile.js';
import { bearer, type Fields, fresh, type House, house, identify, page, receipt, track } from './house.fixture.js';
import { act, all, codes, granted, ledger, said, under } from './visitors.fixture.js';

describe('taking back on the wire (consent.md; R9, R14, R15)', () => {
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
});
