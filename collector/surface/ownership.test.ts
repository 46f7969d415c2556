// R4 over the wire: whose an event is.

import { describe, expect, it } from 'vitest';
import type { EventItem } from '../contract/profile.js';
import { fresh, house, identify, page, track, writeKey } from './house.fixture.js';

describe('R4: who owns an event', () => {
  type Step = [minutes: number, user: string | null];
  const table: [string, Step[], [minutes: number, owner: string | null, because: string][]][] = [
    [
      'page 0, identify U1 1, page 2',
      [
        [0, null],
        [1, 'U1'],
        [2, null],
      ],
      [
        [0, 'U1', 'before_first_named'],
        [1, 'U1', 'named'],
        [2, 'U1', 'session'],
      ],
    ],
    [
      'identify U1 0, page 1, identify U2 5, page 6',
      [
        [0, 'U1'],
        [1, null],
        [5, 'U2'],
        [6, null],
      ],
      [
        [0, 'U1', 'named'],
        [1, 'U1', 'session'],
        [5, 'U2', 'named'],
        [6, 'U2', 'session'],
      ],
    ],
    [
      '… and page 200 without a user',
      [
        [0, 'U1'],
        [1, null],
        [5, 'U2'],
        [6, null],
        [200, null],
      ],
      [
        [0, 'U1', 'named'],
        [1, 'U1', 'session'],
        [5, 'U2', 'named'],
        [6, 'U2', 'session'],
        [200, null, 'own'],
      ],
    ],
    [
      'identify U1 0, page 400',
      [
        [0, 'U1'],
        [400, null],
      ],
      [
        [0, 'U1', 'named'],
        [400, 'U1', 'device'],
      ],
    ],
    [
      'page 0, page 1',
      [
        [0, null],
        [1, null],
      ],
      [
        [0, null, 'own'],
        [1, null, 'own'],
      ],
    ],
    [
      'a shared device: seven days back and no further',
      [
        [0, null],
        [3 * 1440, null],
        [8 * 1440, 'U1'],
        [9 * 1440, 'U2'],
      ],
      [
        [0, null, 'own'],
        [3 * 1440, 'U1', 'before_first_named'],
        [8 * 1440, 'U1', 'named'],
        [9 * 1440, 'U2', 'named'],
      ],
    ],
    [
      'a device of one: as far back as there is',
      [
        [0, null],
        [20 * 1440, 'U1'],
      ],
      [
        [0, 'U1', 'before_first_named'],
        [20 * 1440, 'U1', 'named'],
      ],
    ],
  ];
  it.each(table)('R4: %s', async (_, steps, owners) => {
    const it = await house();
    const A = fresh('a');
    const names: Record<string, string> = { U1: fresh('u'), U2: fresh('u') };
    // Late enough in the past for the longest story.
    const from = -21 * 1440;
    const events = steps.map(([minutes, user]) =>
      user === null
        ? page(A, from + minutes, { messageId: `${A}-${minutes}` })
        : identify(names[user], from + minutes, { anonymousId: A, messageId: `${A}-${minutes}` }),
    );
    // Backwards, one request each: the order of arrival does not matter.
    for (const event of [...events].reverse()) expect((await it.page(event)).accepted).toBe(1);
    const found: [number, string | null, string][] = [];
    for (const profile of await it.profiles({ anonymousId: A })) {
      const user = profile.identifiers.find(({ type }) => type === 'user_id')?.value ?? null;
      const owner = user === null ? null : Object.keys(names).find((name) => names[name] === user)!;
      const items = await it.list<EventItem>(profile.id, 'events');
      expect(profile.counts.events).toBe(items.length);
      for (const item of items) found.push([Number(item.messageId.slice(A.length + 1)), owner, item.ownedBecause]);
    }
    expect(found.sort((a, b) => a[0] - b[0])).toEqual(owners);
  });
  it('I4: no merge when another user comes on the same device', async () => {
    const it = await house();
    const [A, U1, U2] = [fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(identify(U1, 0, { anonymousId: A }), page(A, 1), identify(U2, 5, { anonymousId: A }), page(A, 6));
    const [one, two] = [await it.one({ userId: U1 }), await it.one({ userId: U2 })];
    expect([one.counts.events, two.counts.events, one.id === two.id]).toEqual([2, 2, false]);
    const byDevice = await it.profiles({ anonymousId: A });
    expect(byDevice.map(({ id }) => id)).toEqual([two.id, one.id]);
  });
  it('I6: after reset() the new device is the other’s', async () => {
    const it = await house();
    const [A1, A2, U1, U2] = [fresh('a'), fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(identify(U1, 0, { anonymousId: A1 }), page(A2, 1), identify(U2, 2, { anonymousId: A2 }));
    expect((await it.one({ userId: U1 })).counts.events).toBe(1);
    expect((await it.one({ userId: U2 })).counts.events).toBe(2);
  });
  it('I13: a batch delivered three times counts once; another body under the id is told', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    const batch = [page(A, 0), identify(U, 1, { anonymousId: A }), track('X', 2, { n: 1 }, { anonymousId: A })];
    expect(await it.page(...batch)).toMatchObject({ accepted: 3, duplicates: 0 });
    expect(await it.page(...batch)).toMatchObject({ accepted: 0, duplicates: 3, warnings: [] });
    expect(await it.page(...batch, ...batch)).toMatchObject({ accepted: 0, duplicates: 6 });
    const conflict = await it.page({ ...batch[2], properties: { n: 2 } });
    expect(conflict).toMatchObject({ accepted: 0, duplicates: 1, warnings: [{ index: 0, code: 'id_conflict' }] });
    const profile = await it.one({ userId: U });
    expect(profile.counts.events).toBe(3);
    const stored = (await it.list<EventItem>(profile.id, 'events')).find((event) => event.event === 'X');
    expect(stored!.properties).toEqual({ n: 1 });
  });
  it('I13: a duplicate within one batch, and by another key or route, is a duplicate', async () => {
    const it = await house();
    const A = fresh('a');
    const event = page(A, 0);
    expect(await it.page(event, event)).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await it.server(event)).toMatchObject({ accepted: 0, duplicates: 1 });
    expect((await it.post('/v1/page', { writeKey, ...event })).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });
  it('I15: late news of a device is its user’s, whoever came meanwhile', async () => {
    const it = await house();
    const [A1, A2, U1, U2] = [fresh('a'), fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(page(A1, -10 * 1440));
    await it.page(page(A2, -5 * 1440), identify(U2, -5 * 1440 + 1, { anonymousId: A2 }));
    await it.page(identify(U1, -10 * 1440 + 1, { anonymousId: A1 }));
    expect((await it.one({ userId: U1 })).counts.events).toBe(2);
    expect((await it.one({ userId: U2 })).counts.events).toBe(2);
  });
  it('I24: a hundred at once make one person', async () => {
    const it = await house();
    const U = fresh('u');
    const devices = [fresh('a'), fresh('a')];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => it.page(identify(U, n / 60, { anonymousId: devices[n % 2] }))),
    );
    expect(answers.every(({ accepted }) => accepted === 1)).toBe(true);
    const profile = await it.one({ userId: U });
    expect([profile.counts.events, profile.identifiers.length]).toEqual([100, 3]);
  });
  it('a server event without a device is owned by user, order, cart, session, e-mail; else it waits', async () => {
    const it = await house();
    const [A, U, order, cart, session] = [fresh('a'), fresh('u'), fresh('o'), fresh('c'), fresh('s')] as const;
    const email = `${fresh('e')}@shop.com`;
    await it.server(
      track('Order Updated', 10, { order_id: order, total: 5, currency: 'EUR' }),
      track('Shipped', 11, { cart_id: cart }),
      track('Rang', 12, {}, { context: { sessionId: session }, messageId: fresh('m') }),
    );
    expect(await it.profiles({ orderId: order })).toEqual([]);
    await it.page(
      identify(U, 0, { anonymousId: A, context: { sessionId: session } }),
      track('Product Added', 1, { cart_id: cart, product_id: 'p', price: 5 }, { anonymousId: A }),
    );
    await it.server(track('Order Completed', 2, { order_id: order, total: 5, currency: 'EUR' }, { userId: U }));
    const profile = await it.one({ userId: U });
    const events = await it.list<EventItem>(profile.id, 'events');
    expect(Object.fromEntries(events.map(({ event, ownedBecause }) => [event ?? 'identify', ownedBecause]))).toEqual({
      identify: 'named',
      'Product Added': 'session',
      'Order Completed': 'named',
      'Order Updated': 'order',
      Shipped: 'cart',
      Rang: 'session',
    });
    expect((await it.profiles({ orderId: order })).map(({ id }) => id)).toEqual([profile.id]);
    await it.server(
      identify(U, 20, { traits: { email } }),
      track('Called', 21, {}, { context: { traits: { email } } }),
    );
    const called = (await it.list<EventItem>(profile.id, 'events')).find(({ event }) => event === 'Called');
    expect(called).toMatchObject({ ownedBecause: 'email', anonymousId: null, userId: null });
  });
});
