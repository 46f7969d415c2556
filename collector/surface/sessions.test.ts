// S1 to S5 over the wire.

import { describe, expect, it } from 'vitest';
import type { EventItem, Order, SessionItem } from '../contract/profile.js';
import {
  agent,
  at,
  day,
  type Fields,
  fresh,
  type House,
  house,
  identify,
  minute,
  noon,
  page,
  track,
} from './house.fixture.js';

describe('sessions (S)', () => {
  const visits = async (it: House, query: Fields): Promise<SessionItem[]> => {
    const { id } = await it.one(query);
    return (await it.list<SessionItem>(id, 'sessions')).reverse();
  };
  it('S2: 30:00 is the same session, a second more is another; 24 h end one; midnight and a campaign do not', async () => {
    const it = await house();
    const [A, B, C] = [fresh('a'), fresh('a'), fresh('a')] as const;
    await it.page(page(A, 0), page(A, 30), page(A, 60.02));
    expect(
      (await visits(it, { anonymousId: A })).map(({ startedAt, endedAt, pageViews }) => [
        startedAt,
        endedAt,
        pageViews,
      ]),
    ).toEqual([
      [at(0), at(30), 2],
      [at(60.02), at(60.02), 1],
    ]);
    await it.page(...Array.from({ length: 60 }, (_, n) => page(B, -3000 + n * 29)));
    expect((await visits(it, { anonymousId: B })).map(({ startedAt }) => startedAt)).toEqual([
      at(-3000),
      at(-3000 + 50 * 29),
    ]);
    const url = (campaign: string) => ({
      url: `https://shop.com/?utm_source=${campaign}&utm_medium=cpc&utm_campaign=${campaign}`,
    });
    await it.page(page(C, 0, { properties: url('a') }), page(C, 5, { properties: url('b') }));
    await it.page(track('Order Completed', 6, { order_id: fresh('o'), total: 5, currency: 'EUR' }, { anonymousId: C }));
    const [only, ...others] = await visits(it, { anonymousId: C });
    expect(others).toEqual([]);
    expect(
      only!.touches.map(({ source, medium, campaign, channel, clickId }) => [
        source,
        medium,
        campaign,
        channel,
        clickId,
      ]),
    ).toEqual([
      ['a', 'cpc', 'a', 'Paid Other', null],
      ['b', 'cpc', 'b', 'Paid Other', null],
    ]);
  });
  it('S-1: over midnight it is one session; S-3: two tabs in turn are one', async () => {
    const it = await house();
    const [A, B] = [fresh('a'), fresh('a')] as const;
    const night = Math.floor(noon / day) * day;
    const when = (minutes: number): Fields => ({ timestamp: new Date(night + minutes * minute).toISOString() });
    await it.page(page(A, 0, when(-10)), page(A, 0, when(10)));
    expect(await visits(it, { anonymousId: A })).toHaveLength(1);
    await it.page(
      ...[0, 20, 40, 60, 80, 100, 120].map((n) => page(B, n, { context: { sessionId: n % 40 ? 't2' : 't1' } })),
    );
    expect(await visits(it, { anonymousId: B })).toHaveLength(1);
  });
  it('S5: a late event bridges two sessions; the earlier one’s id stays', async () => {
    const it = await house();
    const A = fresh('a');
    await it.page(page(A, 0), page(A, 50));
    const [first, second] = await visits(it, { anonymousId: A });
    expect(second).toBeDefined();
    await it.page(page(A, 25));
    const [bridged, ...others] = await visits(it, { anonymousId: A });
    expect([bridged!.id, bridged!.pageViews, others]).toEqual([first!.id, 3, []]);
    await it.page(page(A, -5));
    expect((await visits(it, { anonymousId: A }))[0]).toMatchObject({ startedAt: at(-5), pageViews: 4 });
  });
  it('S3: what is no activity begins and extends no session', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(identify(U, 0, { anonymousId: A }));
    await it.page(
      track('Timer', 20, {}, { anonymousId: A, context: { active: false } }),
      page(A, 25, { context: { active: false } }),
      track('Message Opened', 26, { message_id: 'm' }, { anonymousId: A }),
    );
    await it.server(track('Order Completed', 28, { order_id: fresh('o'), total: 1, currency: 'EUR' }, { userId: U }));
    await it.server(
      track(
        'Shipped',
        29,
        {},
        { anonymousId: A, channel: 'server', context: { page: { url: 'https://shop.com/' }, userAgent: agent } },
      ),
    );
    const [only, ...others] = await visits(it, { anonymousId: A });
    expect([only!.startedAt, only!.endedAt, others]).toEqual([at(0), at(0), []]);
    await it.page(page(A, 40));
    expect(await visits(it, { anonymousId: A })).toHaveLength(2);
    // With a page or an agent, an event of the secret key is a browser's.
    await it.server(track('X', 60, {}, { anonymousId: A, context: { userAgent: agent } }));
    expect((await visits(it, { anonymousId: A })).at(-1)!.endedAt).toBe(at(60));
  });
  it('S4: beats are cumulative and no events; thirty minutes a page view at most', async () => {
    const it = await house();
    const A = fresh('a');
    const view = page(A, 0, { properties: { url: 'https://shop.com/p/1' } });
    const beat = (minutes: number, ms: unknown, view_: string = view.messageId as string): Fields =>
      track('Page Engaged', minutes, { page_message_id: view_, engaged_ms: ms }, { anonymousId: A });
    await it.page(view, beat(0.25, 9_000), beat(0.5, 14_000), beat(0.4, 12_000));
    const { id, counts } = await it.one({ anonymousId: A });
    expect(counts).toMatchObject({ events: 1, pageViews: 1, sessions: 1 });
    expect((await visits(it, { anonymousId: A }))[0]).toMatchObject({ engagedMs: 14_000, engaged: true });
    const other = page(A, 1);
    await it.page(other, beat(25, 9e9, other.messageId as string), beat(26, -5), beat(27, 'x'), beat(28, 1e308));
    const profile = await it.one({ anonymousId: A });
    expect([profile.id, profile.counts.events]).toEqual([id, 2]);
    expect(profile.lastSession!.engagedMs).toBeLessThanOrEqual(60 * minute);
    expect(profile.lastSession!.engagedMs).toBeGreaterThanOrEqual(30 * minute);
  });
  it('S-7: an order of the shop’s server 40 minutes later begins no session and belongs to the last', async () => {
    const it = await house();
    const [A, token, order] = [fresh('a'), fresh('t'), fresh('o')] as const;
    await it.page(
      page(A, 0),
      track('Product Added', 1, { cart_id: token, product_id: 'p', price: 5, currency: 'EUR' }, { anonymousId: A }),
    );
    await it.server(
      track('Order Completed', 41, {
        order_id: order,
        cart_token: token,
        total: 5,
        currency: 'EUR',
        products: [{ product_id: 'p', price: 5, quantity: 1 }],
      }),
    );
    const profile = await it.one({ anonymousId: A });
    const sessions = await visits(it, { anonymousId: A });
    expect(sessions).toHaveLength(1);
    const [placed] = await it.list<Order & { sessionId: string | null }>(profile.id, 'orders');
    expect(placed).toMatchObject({ orderId: order, sessionId: sessions[0]!.id });
    const event = (await it.list<EventItem>(profile.id, 'events')).find((one) => one.event === 'Order Completed');
    expect(event!.sessionId).toBe(sessions[0]!.id);
  });
  it('a session tells its device, country, paths and source', async () => {
    const it = await house();
    const A = fresh('a');
    const url = (path: string, query = '') => ({ url: `https://shop.com${path}${query}`, referrer: '' });
    await it.pageWith(
      {},
      [
        page(A, 0, {
          properties: { ...url('/in'), referrer: 'https://www.google.com/search?q=mugs' },
          context: { userAgent: agent, locale: 'fr-FR' },
        }),
        page(A, 1, { properties: { ...url('/out'), referrer: 'https://shop.com/in' }, context: { userAgent: agent } }),
      ],
      { 'cf-ipcountry': 'FR' },
    );
    const [session] = await visits(it, { anonymousId: A });
    expect(session).toMatchObject({
      anonymousId: A,
      entryPath: '/in',
      exitPath: '/out',
      country: 'FR',
      device: { browser: expect.stringContaining('Firefox'), os: expect.stringContaining('Linux'), kind: 'desktop' },
    });
    expect(session!.touches).toEqual([
      expect.objectContaining({
        channel: 'Organic Search',
        source: 'google',
        medium: 'organic',
        campaign: null,
        clickId: null,
      }),
    ]);
    const profile = await it.one({ anonymousId: A });
    expect(profile.lastSession).toMatchObject({
      id: session!.id,
      source: 'google',
      startedAt: at(0),
      lastActivityAt: at(1),
    });
    expect(profile.touches).toHaveLength(1);
  });
  it('click ids come in with the address, and a second profile field shows them', async () => {
    const it = await house();
    const A = fresh('a');
    await it.page(page(A, 0, { properties: { url: 'https://shop.com/?gclid=abc123&utm_term=x&email=a@b.co#frag' } }));
    const profile = await it.one({ anonymousId: A });
    expect(profile.touches[0]).toMatchObject({
      channel: 'Paid Search',
      source: 'google',
      clickId: expect.stringContaining('abc123'),
    });
    const [event] = await it.list<EventItem>(profile.id, 'events');
    expect(event!.properties.url).toBe('https://shop.com/?utm_term=x');
  });
});
