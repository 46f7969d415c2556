// R1 to R3 over the wire: what an identifier is, and what names nobody.

import { describe, expect, it } from 'vitest';
import { at, fresh, house, identify, page, track } from './house.fixture.js';

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
