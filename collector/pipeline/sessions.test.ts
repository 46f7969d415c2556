// Sessions as they come out of calls of the wire: the S rules and scenarios, and the instant of an event.

import { describe, expect, it } from 'vitest';
import { purposes } from '../contract/purposes.js';
import { instantOf } from './accept.js';
import { identify, minuteMs, openShop, page, publicKey, secretKey, startAt, track } from './calls.fixture.js';

const sessionsOf = (shop: ReturnType<typeof openShop>, device = 'A1') => {
  const ids = new Set<string>();
  return shop
    .by({ anonymousId: device })
    .flatMap((profile) => shop.sessions(profile.id))
    .filter((session) => !ids.has(session.id) && ids.add(session.id))
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt));
};
const minuteIso = (minute: number): string => new Date(startAt + minute * minuteMs).toISOString();

describe('sessions', () => {
  it('S1: a session is one device’s, whatever the page hints; late events land where they happened', () => {
    const shop = openShop();
    const hinted = (minute: number, sessionId: string) => page('A1', minute, { context: { sessionId } });
    shop.send([hinted(0, 'tab-1'), hinted(5, 'tab-2')]);
    shop.send([page('A2', 3)]);
    expect(sessionsOf(shop)).toHaveLength(1);
    expect(sessionsOf(shop, 'A2')).toHaveLength(1);
  });

  it.each([
    ['exactly 30 minutes', [0, 30], 1],
    ['a millisecond more', [0, 30 + 1 / 60_000], 2],
    ['activity all day, until 24 hours', Array.from({ length: 73 }, (_, n) => n * 20), 1],
    ['and past 24 hours', Array.from({ length: 74 }, (_, n) => n * 20), 2],
  ])('S2: %s', (_, minutes, sessions) => {
    const shop = openShop();
    shop.send(minutes.map((minute) => page('A1', minute)));
    expect(sessionsOf(shop)).toHaveLength(sessions);
  });

  it('S2: a different user begins one, no user and the first user do not', () => {
    const shop = openShop();
    shop.send([page('A1', 0), identify('A1', 'U1', 1), page('A1', 2), identify('A1', 'U2', 3), page('A1', 4)]);
    expect(sessionsOf(shop).map((session) => session.startedAt)).toEqual([minuteIso(0), minuteIso(3)]);
  });

  it('S-1: over midnight: one session, a visitor on both days, a session on the first alone; a visit of nobody too', () => {
    const shop = openShop();
    const toMidnight = 15 * 60;
    shop.send([page('A1', toMidnight - 10), page('A1', toMidnight + 10)]);
    const hint = { context: { sessionId: 'visit-of-nobody' } };
    const key = { ...publicKey, purposes: ['measurement'] as const };
    const nobody = (minute: number) => ({ ...page('A9', minute, hint), anonymousId: undefined });
    shop.send([nobody(toMidnight - 5), nobody(toMidnight + 5)], { key });
    shop.send([
      identify('A2', 'U1', toMidnight + 30),
      page('A3', toMidnight + 31),
      identify('A3', 'U1', toMidnight + 32),
    ]);
    const days = () =>
      shop.read
        .overview({ purposes, now: startAt + (toMidnight + 60) * minuteMs })
        .days.slice(-2)
        .map(({ visitors, sessions }) => [visitors, sessions]);
    expect(days()).toEqual([
      [2, 2],
      [3, 2],
    ]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('S-1, S2: midnight ends no session', () => {
    const shop = openShop();
    const toMidnight = 15 * 60;
    shop.send([page('A1', toMidnight - 10), page('A1', toMidnight + 10)]);
    expect(sessionsOf(shop)).toHaveLength(1);
  });

  it('S-2, S2: a second campaign is a second touch of the same session', () => {
    const shop = openShop();
    const campaign = (minute: number, source: string) =>
      page('A1', minute, {
        properties: { url: `https://shop.test/?utm_source=${source}&utm_medium=cpc&utm_campaign=${source}` },
      });
    shop.send([
      campaign(0, 'a'),
      campaign(5, 'b'),
      track('A1', 'Order Completed', 6, { order_id: 'O1', total: 10, currency: 'EUR', products: [] }),
    ]);
    const [session, more] = sessionsOf(shop);
    expect(more).toBeUndefined();
    expect(session?.touches.map((touch) => touch.campaign)).toEqual(['a', 'b']);
    const profile = shop.one({ anonymousId: 'A1' });
    expect(profile.touches.map((touch) => touch.campaign)).toEqual(['a', 'b']);
    // First-touch a, last-touch b, linear half each; of the visit, and so of the order.
    for (const { attribution } of [session!, shop.orders(profile.id)[0]!]) {
      expect([attribution?.first.campaign, attribution?.last.campaign]).toEqual(['a', 'b']);
      expect(attribution?.linear.map(({ campaign, share }) => [campaign, share])).toEqual([
        ['a', 0.5],
        ['b', 0.5],
      ]);
    }
  });

  it('C4: the overview counts unique carts, and how often they were left apart', () => {
    const shop = openShop();
    const hours = 60;
    const added = (minute: number, cart: string) =>
      track('A1', 'Product Added', minute, { product_id: 'p1', cart_id: cart, price: 5, currency: 'EUR' });
    shop.send([added(0, 'c1')]);
    shop.send([added(3 * hours, 'c1')]);
    shop.send([added(6 * hours, 'c1'), added(6 * hours, 'c2')]);
    shop.wait(9 * hours);
    const { cartsAbandoned, cartEpisodes } = shop.read.overview({ purposes, now: startAt + 10 * hours * minuteMs });
    expect([cartsAbandoned, cartEpisodes]).toEqual([2, 4]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('S-3: two tabs in turn, each quiet for 40 minutes, are one session', () => {
    const shop = openShop();
    shop.send(
      [0, 20, 40, 60, 80, 100, 120].map((minute, n) => page('A1', minute, { context: { sessionId: `tab-${n % 2}` } })),
    );
    expect(sessionsOf(shop)).toHaveLength(1);
  });

  it('S-7, S3: an order from the shop’s server 40 minutes later begins no session and belongs to the last one', () => {
    const shop = openShop();
    shop.send([
      page('A1', 0),
      track('A1', 'Cart Viewed', 1, { cart_token: 'T1', products: [{ product_id: 'p1', quantity: 1, price: 5 }] }),
    ]);
    shop.send([track(null, 'Order Completed', 41, { cart_token: 'T1', order_id: 'O1', total: 5, currency: 'EUR' })], {
      key: secretKey,
    });
    const [session, more] = sessionsOf(shop);
    expect(more).toBeUndefined();
    expect(session?.endedAt).toBe(minuteIso(1));
    const profile = shop.one({ anonymousId: 'A1' });
    expect(shop.orders(profile.id)[0]?.sessionId).toBe(session?.id);
    expect(shop.events(profile.id)[0]).toMatchObject({
      event: 'Order Completed',
      sessionId: session?.id,
      ownedBecause: 'cart',
    });
  });

  it('S-7, S3: an order keeps the visit its cart leads to when its refund comes, though both name their user', () => {
    const shop = openShop();
    shop.send([
      identify('A1', 'U1', 0),
      track('A1', 'Cart Viewed', 1, { cart_token: 'T1', products: [{ product_id: 'p1', quantity: 1, price: 5 }] }),
      identify('A2', 'U1', 2),
    ]);
    const money = { order_id: 'O1', total: 5, currency: 'EUR' };
    shop.send([track(null, 'Order Completed', 41, { ...money, cart_token: 'T1' }, { userId: 'U1' })], {
      key: secretKey,
    });
    shop.send([track(null, 'Order Refunded', 50, money, { userId: 'U1' })], { key: secretKey });
    const [visit] = sessionsOf(shop, 'A1').filter(({ anonymousId }) => anonymousId === 'A1');
    const { id } = shop.one({ userId: 'U1' });
    expect(shop.orders(id)[0]?.sessionId).toBe(visit?.id);
    expect(shop.events(id).find(({ event }) => event === 'Order Completed')?.sessionId).toBe(visit?.id);
    expect(shop.rebuild().equal).toBe(true);
  });

  it.each([
    ['one of the first hundred', 99, true],
    ['one behind them', 102, false],
  ])(
    'S-7, R4, R10: of a key that everybody carries, %s is asked or not, in any order of arrival',
    (_, minute, isFound) => {
      const order = (n: number) =>
        track(null, 'Order Updated', n, { checkout_id: 'checkout', order_id: `O${n}` }, { userId: `U${n}` });
      const orders = Array.from({ length: 130 }, (_, n) => order(n + 1)).filter((_, n) => n + 1 !== minute);
      const cart = track('A1', 'Cart Viewed', minute, { checkout_id: 'checkout', products: [] });
      for (const isCartFirst of [false, true]) {
        const shop = openShop();
        const sendCart = () => shop.send([page('A1', minute - 1), cart]);
        if (isCartFirst) sendCart();
        for (const one of isCartFirst ? orders : orders.toReversed()) shop.send([one], { key: secretKey });
        if (!isCartFirst) sendCart();
        const { id } = shop.one({ userId: 'U120' });
        expect(shop.events(id)[0]?.sessionId).toBe(isFound ? sessionsOf(shop)[0]?.id : null);
        expect(shop.rebuild().equal).toBe(true);
      }
    },
  );

  it('S3: what is no person’s act neither begins nor extends a session', () => {
    const shop = openShop();
    shop.send([page('A1', 0), track('A1', 'Timer Fired', 20, {}, { context: { active: false } }), page('A1', 45)]);
    shop.send([track('A1', 'Order Fulfilled', 100, { order_id: 'O1' }, { channel: 'server' })], { key: secretKey });
    expect(sessionsOf(shop).map((session) => session.startedAt)).toEqual([minuteIso(0), minuteIso(45)]);
    const events = shop.events(shop.one({ anonymousId: 'A1' }).id);
    expect(events.find((event) => event.event === 'Order Fulfilled')?.sessionId).toBe(sessionsOf(shop)[1]?.id);
  });

  it('S2: a campaign is one touch a visit, whatever the person’s other devices do meanwhile', () => {
    const from = (device: string, minute: number, source: string) =>
      page(device, minute, { userId: 'U1', properties: { url: `https://shop.test/?utm_source=${source}` } });
    const told = (sent: ReturnType<typeof page>[]) => {
      const shop = openShop();
      for (const one of sent) shop.send([one], { minute: 200 });
      const touches = shop.one({ anonymousId: 'A1' }).touches.map(({ source }) => source);
      const ofVisits = ['A1', 'A2'].flatMap((device) => sessionsOf(shop, device).map((session) => session.touches));
      expect(touches).toHaveLength(new Set(ofVisits.flat().map((touch) => JSON.stringify(touch))).size);
      expect(shop.rebuild().equal).toBe(true);
      return touches;
    };
    const inTurn = [from('A1', 0, 'a'), from('A2', 1, 'a'), from('A1', 2, 'a'), from('A2', 3, 'a')];
    expect(told(inTurn)).toEqual(['a', 'a']);
    expect(told([...inTurn].reverse())).toEqual(['a', 'a']);
    // A change and back is two touches more.
    expect(told([...inTurn, from('A1', 4, 'b'), from('A2', 5, 'a'), from('A1', 6, 'a')])).toEqual(['a', 'a', 'b', 'a']);
    // So is the next visit.
    expect(told([...inTurn, from('A1', 60, 'a'), from('A2', 61, 'a'), from('A1', 62, 'a')])).toHaveLength(4);
  });

  it('S2, S3: a hidden load gives neither its visit nor the profile a touch', () => {
    const shop = openShop();
    shop.send([
      page('A1', 0, { properties: { url: 'https://shop.test/?utm_source=a' } }),
      page('A1', 5, { properties: { url: 'https://shop.test/?utm_source=b' }, context: { active: false } }),
    ]);
    expect(sessionsOf(shop)[0]?.touches.map(({ source }) => source)).toEqual(['a']);
    expect(shop.one({ anonymousId: 'A1' }).touches.map(({ source }) => source)).toEqual(['a']);
  });

  it('S4: engaged time is cumulative per page view; a lost, doubled or late beat changes nothing', () => {
    const beat = (minute: number, view: string, seconds: number) =>
      track('A1', 'Page Engaged', minute, { page_message_id: view, engaged_ms: seconds * 1000 });
    const beats = [beat(0.25, 'v1', 15), beat(0.5, 'v1', 30), beat(0.75, 'v1', 40), beat(3, 'v2', 5)];
    const orders = [beats, [...beats].reverse(), [beats[2]!, beats[3]!], [...beats, ...beats]];
    for (const sent of orders) {
      const shop = openShop();
      shop.send([page('A1', 0), page('A1', 2)]);
      for (const one of sent) shop.send([one], { minute: 4 });
      expect(sessionsOf(shop)[0]).toMatchObject({ engagedMs: 45_000, engaged: true });
      expect(shop.one({ anonymousId: 'A1' }).counts.events).toBe(2);
      expect(shop.rebuild().equal).toBe(true);
    }
  });

  it('S4, R10: a page view counts once, however many others were read since', () => {
    const beat = (minute: number, view: string, seconds: number) =>
      track('A1', 'Page Engaged', minute, { page_message_id: view, engaged_ms: seconds * 1000 });
    const others = Array.from({ length: 32 }, (_, n) => beat(2 + n / 2, `v${n + 1}`, 1));
    const beats = [beat(1, 'v0', 60), ...others, beat(19, 'v0', 70), beat(20, 'v1', 3), beat(21, 'v40', 5)];
    for (const sent of [beats, [...beats].reverse(), [...beats.slice(20), ...beats.slice(0, 20)]]) {
      const shop = openShop();
      shop.send([page('A1', 0)]);
      for (const one of sent) shop.send([one], { minute: 30 });
      expect(sessionsOf(shop)[0]?.engagedMs).toBe((60 + 32 + 10 + 2 + 5) * 1000);
      expect(shop.rebuild().equal).toBe(true);
    }
  });

  it('S4, I13: a beat sent again is a duplicate, also when a later one has taken its place or it came too late to be kept', () => {
    const shop = openShop();
    const beat = (minute: number) =>
      track('A1', 'Page Engaged', minute, { page_message_id: 'v1', engaged_ms: minute * minuteMs });
    const [first, late, last] = [beat(1), beat(1.5), beat(2)];
    shop.send([page('A1', 0)]);
    const verdict = (one: object) => {
      const { accepted, duplicates, warnings } = shop.send([one as never], { minute: 4 });
      return [accepted, duplicates, warnings];
    };
    expect([verdict(first), verdict(last), verdict(late)]).toEqual(Array(3).fill([1, 0, []]));
    for (let time = 0; time < 2; time += 1)
      expect([verdict(first), verdict(last), verdict(late)]).toEqual(Array(3).fill([0, 1, []]));
    expect(shop.read.overview({ purposes: ['measurement'], now: Date.now() }).events).toBe(4);
    expect(sessionsOf(shop)[0]).toMatchObject({ engagedMs: 2 * minuteMs });
  });

  it('S4: thirty minutes a page view at most; a long read is one session', () => {
    const shop = openShop();
    shop.send([page('A1', 0)]);
    for (let minute = 1; minute <= 75; minute += 1) {
      shop.send([track('A1', 'Page Engaged', minute, { page_message_id: 'v1', engaged_ms: minute * minuteMs })]);
    }
    shop.send([page('A1', 80)]);
    const sessions = sessionsOf(shop);
    expect(sessions).toHaveLength(1);
    expect(sessions[0]?.engagedMs).toBe(30 * minuteMs);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('S4: engaged means ten seconds, two pages, or trade', () => {
    const shop = openShop();
    shop.send([
      page('A1', 0),
      page('A2', 0),
      page('A2', 1),
      page('A3', 0),
      track('A3', 'Product Added', 1, { product_id: 'p1' }),
    ]);
    expect(['A1', 'A2', 'A3'].map((device) => sessionsOf(shop, device)[0]?.engaged)).toEqual([false, true, true]);
  });

  it('S4: a wish put in the cart is trade; what the shop’s server tells of an order is nobody’s attention', () => {
    const shop = openShop();
    const order = { order_id: 'O1', total: 5, currency: 'EUR' };
    shop.send([
      page('A1', 0),
      track('A1', 'Wishlist Product Added to Cart', 1, { product_id: 'p1' }),
      page('A2', 0),
      track('A3', 'Order Completed', 0, { ...order, order_id: 'O3' }),
    ]);
    shop.send([track('A2', 'Order Completed', 1, order, { channel: 'server' })], { key: secretKey });
    expect(['A1', 'A2', 'A3'].map((device) => sessionsOf(shop, device)[0]?.engaged)).toEqual([true, false, true]);
  });

  it('S5: late events extend, bridge and prepend; bridged sessions keep the earlier id', () => {
    const shop = openShop();
    shop.send([page('A1', 0)]);
    const [first] = sessionsOf(shop);
    shop.send([page('A1', 50)]);
    expect(sessionsOf(shop)).toHaveLength(2);
    shop.send([page('A1', 25)], { minute: 60 });
    expect(sessionsOf(shop)).toMatchObject([
      { id: first?.id, startedAt: minuteIso(0), endedAt: minuteIso(50), pageViews: 3 },
    ]);
    const early = page('A1', -10);
    shop.send([early], { minute: 61 });
    expect(sessionsOf(shop)).toMatchObject([{ startedAt: minuteIso(-10), pageViews: 4 }]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it.each([
    ['secret keys: as given, however old', 'secret', -90 * 1440, null, 0, -90 * 1440],
    ['a right clock: as given', 'public', -3, 0, 0, -3],
    ['without sentAt: as given', 'public', -3, null, 0, -3],
    ['a clock more than a minute off: corrected by sentAt', 'public', 97, 100, 0, -3],
    ['a clock a minute off: as given', 'public', -2, 1, 0, -2],
    ['more than five minutes ahead: received', 'secret', 6, null, 0, 0],
    ['five minutes ahead: as given', 'secret', 5, null, 0, 5],
    ['no timestamp: received', 'public', null, null, 0, 0],
  ] as const)('time: %s', (_, trust, timestamp, sentAt, receivedAt, expected) => {
    const at = (minute: number | null) => (minute === null ? null : startAt + minute * minuteMs);
    expect(instantOf(at(timestamp), at(sentAt), at(receivedAt)!, trust)).toBe(at(expected));
  });

  it('time: a public key’s event more than thirty days old is dropped as stale_event', () => {
    const shop = openShop();
    const old = page('A1', -31 * 1440);
    expect(shop.send([old], { minute: 0 }).dropped).toMatchObject([{ code: 'stale_event' }]);
    expect(shop.send([{ ...old, messageId: 'again' }], { minute: 0, key: secretKey }).accepted).toBe(1);
  });
});
