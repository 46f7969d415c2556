// R5 to R8 over the wire: joining, traits, contacts, trust.

import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EventItem, Merge } from '../contract/profile.js';
import { at, type Fields, fresh, house, identify, page, track, writeKey } from './house.fixture.js';

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
