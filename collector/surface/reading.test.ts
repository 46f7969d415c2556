// The read routes as product.md promises them.

import { describe, expect, it } from 'vitest';
import type { EventItem } from '../contract/profile.js';
import { agent, at, type Fields, fresh, type House, house, identify, page, track } from './house.fixture.js';

describe('reading (product.md)', () => {
  const isInstant = (value: unknown): boolean => typeof value === 'string' && new Date(value).toISOString() === value;
  const keysOf = (value: object): string[] => Object.keys(value).sort();
  /** A person with a bit of everything. */
  const rich = async (it: House) => {
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(
      page(A, 0, {
        properties: { url: 'https://shop.com/?utm_source=x&utm_medium=email' },
        context: { userAgent: agent },
      }),
      identify(U, 1, { anonymousId: A, traits: { city: 'Lyon' } }),
      track('Product Viewed', 2, { product_id: 'p', price: 5, currency: 'EUR' }, { anonymousId: A }),
      track('Product Added', 3, { product_id: 'p', price: 5, currency: 'EUR' }, { anonymousId: A }),
      track(
        'Order Completed',
        200,
        { order_id: fresh('o'), total: 5, currency: 'EUR', products: [{ product_id: 'p', price: 5 }] },
        { anonymousId: A },
      ),
      track('Product Added', 201, { product_id: 'q', price: 7, currency: 'EUR' }, { anonymousId: A }),
    );
    return { A, U, profile: await it.one({ userId: U }) };
  };
  it('a profile has every field of the page, null where there is nothing', async () => {
    const it = await house();
    const { profile } = await rich(it);
    const bare = fresh('a');
    await it.server({ type: 'track', event: 'X', anonymousId: bare, messageId: fresh('m'), timestamp: at(0) });
    for (const one of [profile, await it.one({ anonymousId: bare })]) {
      expect(keysOf(one)).toEqual(
        expect.arrayContaining(
          'cart consent counts firstSeenAt id identifiers lastSeenAt lastSession lifecycle revenue touches traits'.split(
            ' ',
          ),
        ),
      );
      expect(keysOf(one.counts)).toEqual(
        'cartAdds cartsAbandoned cartsOpen cartsRecovered events orders pageViews productViews sessions'.split(' '),
      );
      for (const identifier of one.identifiers) {
        expect(keysOf(identifier)).toEqual('assurance firstSeenAt lastSeenAt type value'.split(' '));
        expect(isInstant(identifier.firstSeenAt) && isInstant(identifier.lastSeenAt)).toBe(true);
      }
      expect([isInstant(one.firstSeenAt), isInstant(one.lastSeenAt)]).toEqual([true, true]);
      expect(one.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(JSON.stringify(one)).not.toContain('undefined');
    }
    expect(profile.counts).toEqual({
      events: 6,
      sessions: 2,
      pageViews: 1,
      productViews: 1,
      cartAdds: 2,
      orders: 1,
      cartsAbandoned: 2,
      cartsRecovered: 1,
      cartsOpen: 1,
    });
    expect(keysOf(profile.traits.city!)).toEqual(['assurance', 'at', 'source', 'value']);
    expect(keysOf(profile.touches[0]!)).toEqual('at campaign channel clickId medium source'.split(' '));
    expect(keysOf(profile.lastSession!)).toEqual('device engagedMs id lastActivityAt source startedAt'.split(' '));
    expect(profile.cart).toMatchObject({
      state: 'abandoned',
      lines: [{ key: expect.any(String), productId: 'q', variant: null, quantity: 1, priceMinor: 700 }],
    });
    const empty = await it.one({ anonymousId: bare });
    expect([empty.cart, empty.lastSession, empty.touches, empty.revenue, empty.traits]).toEqual([
      null,
      null,
      [],
      [],
      {},
    ]);
  });
  it('lists have every field of the page, null where there is nothing', async () => {
    const it = await house();
    const { profile } = await rich(it);
    const fields: Record<string, string> = {
      events: 'anonymousId at event messageId ownedBecause properties receivedAt sessionId type userId',
      sessions: 'anonymousId country device endedAt engagedMs entryPath exitPath id pageViews startedAt touches',
      carts: 'currency episodes id lines state valueMinor',
      orders: 'at currency lines orderId refundedMinor revenueMinor state',
      merges: 'at cause id identifiers undoneAt',
    };
    for (const [name, wanted] of Object.entries(fields)) {
      const items = await it.list<Fields>(profile.id, name);
      expect([name, items.length > 0]).toEqual([name, true]);
      for (const item of items) {
        expect([name, keysOf(item)]).toEqual([name, expect.arrayContaining(wanted.split(' '))]);
        expect([name, Object.values(item).includes(undefined as never)]).toEqual([name, false]);
      }
      const instants = items.map((item) => Date.parse((item.at ?? item.startedAt ?? item.createdAt) as string));
      expect([name, instants]).toEqual([name, [...instants].sort((a, b) => b - a)]);
    }
    expect(
      (await it.list<EventItem>(profile.id, 'events')).every(({ event, type }) => type === 'track' || event === null),
    ).toBe(true);
  });
  it('unknown identifiers find nobody; unknown ids are 404; a question that makes none is 400', async () => {
    const it = await house();
    for (const query of [
      'userId=x-nobody',
      'anonymousId=x-nobody',
      'email=nobody@shop.com',
      'email=no',
      'phone=%2B33612345679',
      'phone=x',
      'orderId=x-nobody',
      'userId=guest',
      'userId=%00',
    ])
      expect([query, (await it.get(`/v1/profiles?${query}`)).body]).toEqual([query, { profiles: [] }]);
    for (const path of ['nobody', '00000000-0000-0000-0000-000000000000', '%00', '%F0%9F%98%80', "'--", '__proto__'])
      for (const list of ['', '/events', '/sessions', '/carts', '/orders', '/merges'])
        expect([path, list, (await it.get(`/v1/profiles/${path}${list}`)).status]).toEqual([path, list, 404]);
    for (const query of [
      '',
      '?',
      '?x=1',
      '?userId=',
      '?userId=a&email=b@c.de',
      '?userId=a&purpose=x',
      '?userId=a&userId=b',
    ]) {
      const { status, body } = await it.get(`/v1/profiles${query}`);
      expect([query, status, (body.error as Fields).code]).toEqual([query, 400, 'bad_request']);
      expect((body.error as { hint: string }).hint).not.toBe('');
    }
    const { message } = (await it.get('/v1/profiles?userId=a&purpose=blah')).body.error as { message: string };
    expect(message).toBe('purpose: separated by commas, of measurement, personalisation, marketing, sharing.');
    expect(message).not.toContain('blah');
  });
  it('pages go to the end, nothing twice and nothing left out, also when all happened at once', async () => {
    const it = await house();
    const [U, devices] = [fresh('u'), Array.from({ length: 4 }, () => fresh('a'))] as const;
    const sent: Fields[] = [];
    for (const [n, A] of devices.entries()) {
      sent.push(identify(U, 0, { anonymousId: A }));
      for (let k = 0; k < 12; k += 1) sent.push(page(A, (k % 3) * 60 * (n + 1), { messageId: `${A}-${k}` }));
    }
    for (let k = 0; k < 9; k += 1)
      sent.push(
        track(
          'Order Completed',
          5,
          {
            order_id: fresh('o'),
            cart_token: fresh('c'),
            total: 1,
            currency: 'EUR',
            products: [{ product_id: `p${k}` }],
          },
          { userId: U },
        ),
      );
    for (let k = 0; k < 7; k += 1)
      sent.push(
        track(
          'Product Added',
          6,
          { cart_id: fresh('c'), product_id: `p${k}`, price: 1, currency: 'EUR' },
          { userId: U },
        ),
      );
    await it.server(...sent);
    const { id, counts } = await it.one({ userId: U });
    expect(counts.events).toBe(sent.length);
    const keyOf: Record<string, string> = {
      events: 'messageId',
      sessions: 'id',
      carts: 'id',
      orders: 'orderId',
      merges: 'id',
    };
    for (const [name, key] of Object.entries(keyOf)) {
      const whole = (await it.list<Fields>(id, name)).map((item) => item[key]);
      for (const limit of [1, 3, 7]) {
        const found: unknown[] = [];
        let cursor: string | null = null;
        let turns = 0;
        do {
          const { status, body } = await it.get(
            `/v1/profiles/${id}/${name}?limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
          );
          expect(status).toBe(200);
          const items = body.items as Fields[];
          expect(items.length).toBeLessThanOrEqual(limit);
          found.push(...items.map((item) => item[key]));
          cursor = body.next as string | null;
          turns += 1;
        } while (cursor !== null && turns < 100);
        expect([name, limit, found]).toEqual([name, limit, whole]);
      }
      if (name === 'events') expect(whole.length).toBe(sent.length);
    }
    for (const bad of ['limit=0', 'limit=501', 'limit=-1', 'limit=x', 'limit=1e2', 'limit=', 'cursor='])
      expect([bad, (await it.get(`/v1/profiles/${id}/events?${bad}`)).status]).toEqual([bad, 400]);
    const row = Buffer.from('5.7').toString('base64url');
    for (const odd of [
      'zzz',
      'x',
      '%00',
      '9'.repeat(300),
      'bnVsbA',
      Buffer.from('1.5.7').toString('base64url'),
      Buffer.from('-1').toString('base64url'),
    ])
      for (const name of Object.keys(keyOf)) {
        // One of another list is as wrong.
        for (const cursor of [odd, name === 'events' ? Buffer.from('1').toString('base64url') : row]) {
          const { status, body } = await it.get(`/v1/profiles/${id}/${name}?cursor=${cursor}`);
          const { code, hint } = (body.error ?? {}) as Fields;
          expect([cursor, name, status, code, /`next`/.test(String(hint))]).toEqual([
            cursor,
            name,
            400,
            'bad_request',
            true,
          ]);
        }
      }
  });
  it('?purpose= narrows, by each purpose', async () => {
    const it = await house();
    const { U, profile } = await rich(it);
    const statusOf = async (purpose: string) => (await it.get(`/v1/profiles/${profile.id}?purpose=${purpose}`)).status;
    expect(await it.profiles({ userId: U }, '&purpose=personalisation')).toHaveLength(1);
    expect(await it.profiles({ userId: U }, '&purpose=marketing')).toHaveLength(1);
    expect(await it.profiles({ userId: U }, '&purpose=measurement')).toEqual([]);
    expect([await statusOf('personalisation'), await statusOf('marketing'), await statusOf('measurement')]).toEqual([
      200, 200, 404,
    ]);
    expect([await statusOf('spying'), await statusOf(''), await statusOf('marketing,personalisation')]).toEqual([
      400, 400, 200,
    ]);
  });
  it('?purpose=: who did not grant it is not shown for it, nor what was collected without it', async () => {
    const it = await house({ WEFT_KEY_CONSENT: 'claimed' });
    const [A, B] = [fresh('a'), fresh('a')] as const;
    const under = (event: Fields, ...granted: string[]): Fields => ({
      ...event,
      context: {
        consent: {
          categoryPreferences: Object.fromEntries(
            ['measurement', 'personalisation', ...granted].map((one) => [one, true]),
          ),
        },
      },
    });
    await it.page(under(page(A, 0)), under(page(B, 0)), under(page(B, 1), 'marketing'));
    expect(await it.profiles({ anonymousId: A }, '&purpose=marketing')).toEqual([]);
    expect(await it.profiles({ anonymousId: A }, '&purpose=personalisation')).toHaveLength(1);
    const [marketed] = await it.profiles({ anonymousId: B }, '&purpose=marketing');
    const events = await it.get(`/v1/profiles/${marketed!.id}/events?purpose=marketing`);
    expect(events.body.items).toHaveLength(1);
    const a = await it.one({ anonymousId: A });
    expect((await it.get(`/v1/profiles/${a.id}?purpose=marketing`)).status).toBe(404);
    expect((await it.get(`/v1/profiles/${a.id}/events?purpose=sharing`)).status).toBe(404);
  });
  it('answers about people are not kept by anybody', async () => {
    const it = await house();
    const { profile } = await rich(it);
    for (const path of [
      `/v1/profiles?anonymousId=x`,
      `/v1/profiles/${profile.id}`,
      `/v1/profiles/${profile.id}/events`,
    ])
      expect((await it.get(path)).headers.get('cache-control')).toContain('no-store');
  });
});
