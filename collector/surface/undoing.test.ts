// R11 and R12 over the wire: renaming, joining by hand, undoing.

import { describe, expect, it } from 'vitest';
import type { Merge } from '../contract/profile.js';
import { at, bearer, type Fields, fresh, house, identify, page, track } from './house.fixture.js';

describe('R11, R12: renaming, joining, undoing', () => {
  const alias = (previousId: unknown, userId: unknown, minutes: number, more: Fields = {}): Fields => ({
    type: 'alias',
    messageId: fresh('m'),
    previousId,
    userId,
    timestamp: at(minutes),
    ...more,
  });
  it('I19, R11: forbidden from a page; renamed once; a replay and a cycle change nothing', async () => {
    const it = await house();
    const [A, U1, U9] = [fresh('a'), fresh('u'), fresh('u')] as const;
    await it.page(identify(U1, 0, { anonymousId: A }), page(A, 1));
    const before = await it.one({ userId: U1 });
    for (const previousId of [U1, fresh('x'), 'guest', 'null'])
      for (const who of [{ anonymousId: A }, {}])
        expect((await it.page(alias(previousId, U9, 2, who))).rejected).toMatchObject([{ code: 'alias_forbidden' }]);
    const renaming = alias(U1, U9, 3);
    expect(await it.server(renaming)).toMatchObject({ accepted: 1, warnings: [] });
    const renamed = await it.one({ userId: U9 });
    expect(renamed.counts.events).toBe(3);
    expect((await it.one({ userId: U1 })).id).toBe(renamed.id);
    expect((await it.get(`/v1/profiles/${before.id}`)).body.id).toBe(renamed.id);
    expect(await it.server(renaming)).toMatchObject({ duplicates: 1 });
    expect(await it.server(alias(U1, U9, 4))).toMatchObject({ accepted: 1 });
    expect(await it.server(alias(U9, U1, 5))).toMatchObject({
      accepted: 1,
      warnings: [{ index: 0, code: 'alias_ignored' }],
    });
    expect((await it.one({ userId: U9 })).id).toBe(renamed.id);
    expect((await it.one({ userId: U1 })).id).toBe(renamed.id);
  });
  it('R11: a page may alias its own device; U1→U9 joins a U9 that exists; a second rename is ignored', async () => {
    const it = await house();
    const [A, U1, U9, U8] = [fresh('a'), fresh('u'), fresh('u'), fresh('u')] as const;
    expect(await it.page(page(A, 0), alias(A, U1, 1, { anonymousId: A }))).toMatchObject({ accepted: 2, rejected: [] });
    await it.server(identify(U9, 2), identify(U8, 2));
    expect((await it.one({ userId: U1 })).counts.events).toBe(2);
    await it.server(alias(U1, U9, 3));
    expect((await it.one({ userId: U9 })).counts.events).toBe(4);
    expect(await it.server(alias(U1, U8, 4))).toMatchObject({ accepted: 1, warnings: [{ code: 'alias_ignored' }] });
    expect((await it.one({ userId: U1 })).id).toBe((await it.one({ userId: U9 })).id);
    expect((await it.one({ userId: U8 })).id).not.toBe((await it.one({ userId: U9 })).id);
  });
  it('R12: the undo of a claim leaves both exactly as their events say; twice is once; the cause again changes nothing', async () => {
    const it = await house();
    const [A, U] = [fresh('a'), fresh('u')] as const;
    await it.page(page(A, 0));
    const visitor = await it.one({ anonymousId: A });
    const cause = identify(U, 1, { anonymousId: A });
    await it.page(cause, page(A, 2));
    const user = await it.one({ userId: U });
    expect(user.counts.events).toBe(3);
    const [merge] = await it.list<Merge>(user.id, 'merges');
    expect(merge!.identifiers.map(({ value }) => value).sort()).toEqual([A, U].sort());
    expect([merge!.cause, merge!.undoneAt]).toEqual([cause.messageId, null]);
    const undone = await it.post(`/v1/merges/${merge!.id}/undo`, '', bearer);
    expect(undone.status).toBe(200);
    const again = await it.post(`/v1/merges/${merge!.id}/undo`, '', bearer);
    expect([again.status, again.body]).toEqual([200, undone.body]);
    const parted = await it.one({ userId: U });
    expect(parted.counts.events).toBe(1);
    const own = (await it.profiles({ anonymousId: A })).find(({ id }) => id !== parted.id)!;
    expect([own.id, own.counts.events]).toEqual([visitor.id, 2]);
    expect((await it.get(`/v1/profiles/${visitor.id}`)).body.id).toBe(visitor.id);
    expect(await it.page(cause)).toMatchObject({ duplicates: 1 });
    await it.page(page(A, 3), identify(U, 4, { anonymousId: A }));
    expect((await it.one({ userId: U })).counts.events).toBe(2);
    for (const id of [parted.id, own.id]) {
      const merges = await it.list<Merge>(id, 'merges');
      expect(merges.filter(({ undoneAt }) => undoneAt !== null).map(({ id }) => id)).toEqual([merge!.id]);
    }
  });
  it('R12: the undo of a join by e-mail', async () => {
    const it = await house();
    const [A1, A2] = [fresh('a'), fresh('a')] as const;
    const email = `${fresh('mail')}@shop.com`;
    const order = (n: number) => ({ order_id: fresh('o'), total: n, currency: 'EUR', email });
    await it.server(track('Order Completed', 0, order(1), { anonymousId: A1 }));
    await it.server(track('Order Completed', 1, order(2), { anonymousId: A2 }));
    const joined = await it.one({ email });
    expect(joined.counts.orders).toBe(2);
    const [merge, ...others] = await it.list<Merge>(joined.id, 'merges');
    expect(others).toEqual([]);
    expect((await it.post(`/v1/merges/${merge!.id}/undo`, '', bearer)).status).toBe(200);
    const [one, two] = [await it.one({ anonymousId: A1 }), await it.one({ anonymousId: A2 })];
    expect([one.id === two.id, one.counts.orders, two.counts.orders]).toEqual([false, 1, 1]);
    await it.server(track('Order Completed', 2, order(3), { anonymousId: A2 }));
    expect((await it.one({ anonymousId: A1 })).id).not.toBe((await it.one({ anonymousId: A2 })).id);
    expect((await it.post(`/v1/merges/${merge!.id}/undo`, '', bearer)).status).toBe(200);
  });
  it('R12: an admin merge makes one user historical; unknown ids and merges are told', async () => {
    const it = await house();
    const [U1, U2] = [fresh('u'), fresh('u')] as const;
    await it.server(identify(U1, 0), identify(U2, 1));
    const made = await it.post('/v1/merges', { from: U1, into: U2 }, bearer);
    expect(made.status).toBe(200);
    const one = await it.one({ userId: U1 });
    expect([one.id, one.counts.events]).toEqual([(await it.one({ userId: U2 })).id, 2]);
    expect((await it.list<Merge>(one.id, 'merges')).map(({ id }) => id)).toContain(made.body.id);
    expect((await it.post('/v1/merges', { from: U1, into: U2 }, bearer)).body.id).toBe(made.body.id);
    expect((await it.post(`/v1/merges/${made.body.id as string}/undo`, '', bearer)).status).toBe(200);
    expect((await it.one({ userId: U1 })).id).not.toBe((await it.one({ userId: U2 })).id);
    expect((await it.post('/v1/merges', { from: U1, into: fresh('u') }, bearer)).status).toBe(404);
    expect((await it.post('/v1/merges/m_nothing/undo', '', bearer)).status).toBe(404);
    expect((await it.post('/v1/merges', { from: U1, into: U1 }, bearer)).status).toBe(400);
    expect((await it.post('/v1/merges', { from: U1 }, bearer)).status).toBe(400);
  });
  it('R11, R12: a merge that joins nobody is refused with the reason, and changes nothing', async () => {
    const it = await house();
    const refused = async (from: string, into: string): Promise<string> => {
      const { status, body } = await it.post('/v1/merges', { from, into }, bearer);
      const { code, message, hint } = body.error as { code: string; message: string; hint: string };
      expect([status, code, hint.length > 0]).toEqual([409, 'conflict', true]);
      for (const said of [from, into]) expect(message + hint).not.toContain(said);
      return message;
    };
    const [A, B, C, D] = [fresh('u'), fresh('u'), fresh('u'), fresh('u')] as const;
    await it.server(...[A, B, C, D].map((U) => identify(U, 0)));
    const idOf = async (userId: string) => (await it.one({ userId })).id;
    const made = await it.post('/v1/merges', { from: A, into: B }, bearer);
    expect(await refused(B, A)).toContain('one person already');
    expect(await idOf(A)).toBe(await idOf(B));
    const undone = await it.post(`/v1/merges/${made.body.id as string}/undo`, '', bearer);
    for (const [from, into] of [
      [A, B],
      [B, A],
    ] as const)
      expect(await refused(from, into)).toContain(`told apart on ${undone.body.undoneAt as string}`);
    expect(await idOf(A)).not.toBe(await idOf(B));
    // What an undo told apart may join others.
    expect((await it.post('/v1/merges', { from: A, into: C }, bearer)).status).toBe(200);
    expect(await refused(A, D)).toContain(`already renamed to another user, whose profile is ${await idOf(C)}`);
    expect(await idOf(A)).toBe(await idOf(C));
    expect((await it.one({ userId: D })).counts.events).toBe(1);
  });
  it('R12: what of two was told apart before they are joined by hand stays apart, as the join page says', async () => {
    const it = await house();
    const undoAll = async (id: string) => {
      for (const merge of await it.list<Merge>(id, 'merges')) await it.post(`/v1/merges/${merge.id}/undo`, '', bearer);
    };
    const [A, B, D, order] = [fresh('u'), fresh('u'), fresh('a'), fresh('o')] as const;
    const email = `${fresh('mail')}@shop.com`;
    // A guest's order was A's by its address, and a device was: neither, says staff. Then B proves both.
    await it.server(track('Order Completed', 0, { order_id: order, total: 1, currency: 'EUR', email }));
    await it.server(identify(A, 1, { traits: { email } }));
    await it.page(page(D, 2), identify(A, 3, { anonymousId: D }));
    await undoAll((await it.one({ userId: A })).id);
    await it.server(identify(B, 4, { traits: { email } }));
    await it.page(identify(B, 60, { anonymousId: D }), page(D, 61));
    const before = await it.one({ userId: B });
    expect([(await it.one({ orderId: order })).id, before.counts.events]).toEqual([before.id, 4]);
    expect((await it.post('/v1/merges', { from: A, into: B }, bearer)).status).toBe(200);
    const joined = await it.one({ userId: A });
    // Both of A's events, and of B all but the order, which nobody but the address knows.
    expect([joined.id === before.id, joined.counts.events, joined.counts.orders]).toEqual([true, 5, 0]);
    expect((await it.one({ orderId: order })).id).not.toBe(joined.id);
    const onDevice = await it.profiles({ anonymousId: D });
    expect(onDevice.map(({ id, counts }) => [id === joined.id, counts.events])).toEqual([
      [true, 5],
      [false, 1],
    ]);
  });
  it('R13: more than three users on a device: no further device links', async () => {
    const it = await house();
    const A = fresh('a');
    const users = [1, 2, 3, 4].map(() => fresh('u'));
    await it.page(...users.flatMap((U, n) => [identify(U, n * 10, { anonymousId: A }), page(A, n * 10 + 1)]));
    const counts = [];
    for (const U of users) counts.push((await it.one({ userId: U })).counts.events);
    expect(counts).toEqual([2, 2, 2, 1]);
  });
});
