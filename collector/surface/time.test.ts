// Instants as the wire tells them, and what the collector makes of them (semantics, section 0).

import { describe, expect, it } from 'vitest';
import type { EventItem } from '../contract/profile.js';
import { bearer, day, fresh, type House, hour, house, identify, minute, page, writeKey } from './house.fixture.js';

describe('time (semantics, section 0)', () => {
  const instantsOf = async (it: House, userId: string): Promise<Record<string, string>> => {
    const { id } = await it.one({ userId });
    const events = await it.list<EventItem>(id, 'events');
    return Object.fromEntries(events.map((event) => [event.messageId, event.at]));
  };
  const near = (instant: string, wanted: number): boolean => Math.abs(Date.parse(instant) - wanted) < 20_000;

  it('secret key: the timestamp as given, however old; more than five minutes ahead is now; none is now', async () => {
    const it = await house();
    const [U, a, b, c, d, e] = [fresh('u'), fresh('m'), fresh('m'), fresh('m'), fresh('m'), fresh('m')] as const;
    const now = Date.now();
    const said = await it.post(
      '/v1/batch',
      {
        sentAt: new Date(now - 3 * day).toISOString(),
        batch: [
          { type: 'track', event: 'X', userId: U, messageId: a, timestamp: '2011-02-03T04:05:06+01:00' },
          { type: 'track', event: 'X', userId: U, messageId: b, timestamp: new Date(now + 4 * minute).toISOString() },
          { type: 'track', event: 'X', userId: U, messageId: c, timestamp: new Date(now + 6 * minute).toISOString() },
          { type: 'track', event: 'X', userId: U, messageId: d },
          { type: 'track', event: 'X', userId: U, messageId: e, timestamp: '9999-12-31T23:59:59Z' },
        ],
      },
      bearer,
    );
    expect(said.body.accepted).toBe(5);
    const found = await instantsOf(it, U);
    expect(found[a]).toBe('2011-02-03T03:05:06.000Z');
    expect(found[b]).toBe(new Date(now + 4 * minute).toISOString());
    for (const id of [c, d, e]) expect(near(found[id]!, now)).toBe(true);
  });

  it.each([
    ['three years ahead', 3 * 365 * day],
    ['a day behind', -day],
    ['two minutes ahead', 2 * minute],
    ['forty days behind', -40 * day],
  ])('I16: a page whose clock is %s lands where it happened', async (_, skew) => {
    const it = await house();
    const [A, U, m, n] = [fresh('a'), fresh('u'), fresh('m'), fresh('m')] as const;
    const now = Date.now();
    const clock = (ago: number): string => new Date(now + skew - ago).toISOString();
    const answer = await it.pageWith({ sentAt: clock(0) }, [
      page(A, 0, { messageId: m, timestamp: clock(10 * minute) }),
      identify(U, 0, { messageId: n, anonymousId: A, timestamp: clock(5 * minute) }),
    ]);
    expect(answer).toMatchObject({ accepted: 2, dropped: [] });
    const found = await instantsOf(it, U);
    expect(near(found[m]!, now - 10 * minute)).toBe(true);
    expect(near(found[n]!, now - 5 * minute)).toBe(true);
  });

  it('I16: sentAt counts wherever the sender puts it: around the batch, in the event, in a single call', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')];
    const now = Date.now();
    const clock = (ago: number): string => new Date(now + 3 * 365 * day - ago).toISOString();
    const call = (n: number) => ({
      messageId: `${U}-${n}`,
      anonymousId: A,
      userId: U,
      timestamp: clock(n * minute),
      sentAt: clock(0),
    });
    expect((await it.page({ type: 'track', event: 'X', ...call(7) })).accepted).toBe(1);
    expect((await it.post('/v1/page', { writeKey, ...call(9) })).body.accepted).toBe(1);
    const found = await instantsOf(it, U);
    expect(near(found[`${U}-7`]!, now - 7 * minute)).toBe(true);
    expect(near(found[`${U}-9`]!, now - 9 * minute)).toBe(true);
  });

  it('a clock that is right within a minute is believed, and so is one that says no sentAt', async () => {
    const it = await house();
    const [A, U, m, n] = [fresh('a'), fresh('u'), fresh('m'), fresh('m')] as const;
    const now = Date.now();
    const timestamp = new Date(now - hour).toISOString();
    await it.pageWith({ sentAt: new Date(now - 40_000).toISOString() }, [
      identify(U, 0, { messageId: m, anonymousId: A, timestamp }),
    ]);
    await it.page(identify(U, 0, { messageId: n, anonymousId: A, timestamp }));
    expect(await instantsOf(it, U)).toEqual({ [m]: timestamp, [n]: timestamp });
  });

  it('public key: more than thirty days past is dropped, less is not; five minutes ahead is now', async () => {
    const it = await house();
    const [A, U, m] = [fresh('a'), fresh('u'), fresh('m')] as const;
    const now = Date.now();
    const ago = (ms: number): string => new Date(now - ms).toISOString();
    const answer = await it.page(
      page(A, 0, { timestamp: ago(30 * day + minute), messageId: 'old' }),
      page(A, 0, { timestamp: ago(30 * day - minute) }),
      identify(U, 0, { anonymousId: A, timestamp: ago(-6 * minute), messageId: m }),
      page(A, 0, { timestamp: '0001-01-01T00:00:00Z' }),
    );
    expect(answer).toMatchObject({
      accepted: 2,
      dropped: [
        { index: 0, messageId: 'old', code: 'stale_event' },
        { index: 3, code: 'stale_event' },
      ],
    });
    expect(near((await instantsOf(it, U))[m]!, now)).toBe(true);
  });

  it('a bad timestamp is rejected with its path, and only that event', async () => {
    const it = await house();
    const bad = ['yesterday', 1_700_000_000_000, '2026-11-22', '2026-02-30T00:00:00Z', '2026-11-22T10:00:00', {}, true];
    const answer = await it.server(
      ...bad.map((timestamp) => ({ type: 'page', userId: fresh('u'), timestamp })),
      page(fresh('a'), 0),
    );
    expect(answer.accepted).toBe(1);
    expect(answer.rejected.map(({ index, code, path }) => [index, code, path])).toEqual(
      bad.map((_, index) => [index, 'bad_timestamp', 'timestamp']),
    );
  });

  it('a tie is broken by messageId, whatever arrives first', async () => {
    const it = await house();
    const U = fresh('u');
    await it.server(identify(U, 0, { messageId: `${U}-b`, traits: { plan: 'b', first_plan: 'b' } }));
    await it.server(identify(U, 0, { messageId: `${U}-a`, traits: { plan: 'a', first_plan: 'a' } }));
    const { traits } = await it.one({ userId: U });
    expect([traits.plan!.value, traits.first_plan!.value]).toEqual(['b', 'a']);
  });
});
