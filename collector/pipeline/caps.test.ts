// The caps of R1 and R13, each hit once: what is not listed, what is not joined, and the counted warning that says so.

import { describe, expect, it } from 'vitest';
import { call, identify, minuteMs, openShop, page, secretKey, startAt, track } from './calls.fixture.js';
import { forgetEvents } from './forget.js';

const order = (device: string | null, id: string, minute: number, more: Record<string, unknown>, user?: string) =>
  track(
    device,
    'Order Completed',
    minute,
    { order_id: id, total: 10, currency: 'EUR', ...more },
    user === undefined ? {} : { userId: user },
  );
const count = (shop: ReturnType<typeof openShop>, code: string): number =>
  shop.warnings().find((warning) => warning.code === code)?.count ?? 0;
const listed = (shop: ReturnType<typeof openShop>, user: string, type: string): string[] =>
  shop
    .one({ userId: user })
    .identifiers.filter((one) => one.type === type)
    .map(({ value }) => value)
    .sort();
const numbered = (n: number) => String(n).padStart(2, '0');
const email = (n: number) => `u${numbered(n)}@shop.com`;
const phone = (n: number) => `+493012340${numbered(n)}`;

describe('users of one device', () => {
  it.each([
    ['in order', [0, 1, 2, 3, 4]],
    ['the other way round', [4, 3, 2, 1, 0]],
  ])('R13: the fourth and the fifth are a hit each, once, whenever they come (%s)', (_, order) => {
    const shop = openShop();
    for (const n of order) shop.send([identify('A1', `U${n}`, n * 100)], { minute: 1000 });
    expect(count(shop, 'device_limit')).toBe(2);
    for (const n of order) shop.send([identify('A1', `U${n}`, n * 100 + 1), page('A1', n * 100 + 2)], { minute: 1001 });
    expect([count(shop, 'device_limit'), count(shop, 'profile_limit')]).toEqual([2, 0]);
    expect(shop.rebuild().equal).toBe(true);
    expect(count(shop, 'device_limit')).toBe(2);
  });
});

describe('identifiers of one person', () => {
  const kinds = [
    ['email', email],
    ['phone', phone],
  ] as const;
  const ways = [
    ['the shop’s server says', secretKey],
    ['a page says', undefined],
  ] as const;
  it.each(kinds.flatMap(([kind, value]) => ways.map(([who, key]) => [kind, who, value, key] as const)))(
    'R1: of seven (%s, %s) the five earliest are listed, and the others are a hit each',
    (kind, _, value, key) => {
      const shop = openShop();
      const told = [3, 0, 6, 1, 5, 2, 4].map((n) => identify('A1', 'U1', n, { traits: { [kind]: value(n) } }));
      for (const one of told) shop.send([one], { ...(key && { key }), minute: 100 });
      expect(listed(shop, 'U1', kind)).toEqual([0, 1, 2, 3, 4].map(value));
      expect(count(shop, 'profile_limit')).toBe(2);
      shop.send([page('A1', 8), identify('A1', 'U1', 7, { traits: { plan: 'x' } })], { minute: 101 });
      expect(count(shop, 'profile_limit')).toBe(2);
      expect(shop.rebuild().equal).toBe(true);
    },
  );
  it('R1: a sixth e-mail finds the person whose events carry it, and joins nobody', () => {
    const shop = openShop();
    shop.send(
      Array.from({ length: 6 }, (_, n) => identify(null, 'U1', n, { traits: { email: email(n) } })),
      { key: secretKey },
    );
    shop.send([order('A9', 'o9', 10, { email: email(5) })], { key: secretKey });
    const found = shop.by({ email: email(5) }).map(({ id }) => id);
    expect(found).toContain(shop.one({ userId: 'U1' }).id);
    expect(shop.one({ anonymousId: 'A9' }).id).not.toBe(shop.one({ userId: 'U1' }).id);
  });
  it('R1, R13: of 52 devices a user is named on the 50 earliest are listed; rule 1 still owns the events of all', () => {
    const shop = openShop();
    const devices = Array.from({ length: 52 }, (_, n) => `D${100 + n}`);
    shop.send(devices.map((device, n) => identify(device, 'U1', n)));
    expect(listed(shop, 'U1', 'anonymous_id')).toEqual(devices.slice(0, 50));
    expect(shop.one({ userId: 'U1' }).counts.events).toBe(52);
    expect([count(shop, 'profile_limit'), count(shop, 'device_limit')]).toEqual([2, 0]);
    shop.send(devices.map((device, n) => identify(device, 'U1', 60 + n)));
    shop.send([identify('D151', 'U1', 50.5)], { minute: 200 });
    expect(count(shop, 'profile_limit')).toBe(2);
    expect(shop.rebuild().equal).toBe(true);
  });
});

describe('devices of one person', () => {
  const namedOn = (user: string, from: number, count: number) =>
    Array.from({ length: count }, (_, n) => identify(`D${from + n}`, user, n));
  const mailed = (user: string, minute: number) => identify(null, user, minute, { traits: { email: email(1) } });
  const isOne = (shop: ReturnType<typeof openShop>) =>
    shop.by({ anonymousId: 'X1' })[0]?.id === shop.one({ userId: 'U1' }).id;

  it.each([
    [49, true, 0],
    [50, false, 1],
  ])('R1: of a user named on %i devices another joins by e-mail: %s', (count_, joins, hits) => {
    const shop = openShop();
    shop.send(namedOn('U1', 100, count_));
    shop.send([mailed('U1', 60), order('X1', 'o1', 70, { email: email(1) })], { key: secretKey });
    expect([isOne(shop), count(shop, 'profile_limit')]).toEqual([joins, hits]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R1, I3: the fiftieth naming may come last, and parts them; an earlier one may come late', () => {
    const shop = openShop();
    shop.send(namedOn('U1', 100, 49));
    shop.send([mailed('U1', 60), order('X1', 'o1', 70, { email: email(1) })], { key: secretKey });
    expect(isOne(shop)).toBe(true);
    shop.send([identify('D200', 'U1', 80)]);
    expect(isOne(shop)).toBe(false);
    expect(shop.rebuild().equal).toBe(true);
    shop.send([identify('X1', 'U1', 90)]);
    expect(shop.rebuild().equal).toBe(true);
    shop.send([identify('X1', 'U1', 0.5), page('X1', 400, { messageId: 'own' })], { minute: 500 });
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R1, R11: whom a rename has given more than fifty what brings no device still joins, and a device does not', () => {
    const shop = openShop();
    shop.send([...namedOn('U1', 100, 40), ...namedOn('U2', 130, 40)]);
    shop.send([call('alias', null, 60, { previousId: 'U2', userId: 'U1' }), mailed('U1', 61)], { key: secretKey });
    shop.send([order(null, 'o2', 70, { email: email(1) })], { key: secretKey });
    expect(shop.one({ orderId: 'o2' }).id).toBe(shop.one({ userId: 'U1' }).id);
    shop.send([order('X1', 'o3', 80, { email: email(1) })], { key: secretKey });
    expect([isOne(shop), count(shop, 'profile_limit')]).toEqual([false, 1]);
    expect(shop.rebuild().equal).toBe(true);
  });
});

describe('a device beyond the fifty of its user', () => {
  const own = (shop: ReturnType<typeof openShop>) => shop.one({ userId: 'U1' }).counts.events;
  const full = (): ReturnType<typeof openShop> => {
    const shop = openShop();
    // The first twice: what of it goes may be all, or the first time that it names them.
    shop.send([identify('D100', 'U1', 0), identify('D100', 'U1', 90)]);
    shop.send(Array.from({ length: 50 }, (_, n) => identify(`D${101 + n}`, 'U1', 1 + n)));
    shop.send([page('D150', 3000), page('D100', 3001)]);
    expect(own(shop)).toBe(53);
    return shop;
  };
  it('R1, R13: comes in when one of them is erased, and is theirs without their naming', () => {
    const shop = full();
    const at = startAt + 4_000 * minuteMs;
    shop.writer.command({ kind: 'erase', subject: { anonymousId: 'D107' }, by: 'test', at });
    shop.writer.due(at);
    expect(own(shop)).toBe(53);
    expect(shop.rebuild().equal).toBe(true);
  });
  it('R1, R13: comes in when another named them first by what has gone, which is then beyond', () => {
    const shop = full();
    const { pipeline, store } = shop.writer;
    const { seq } = store.prepare<{ seq: number }>('SELECT min(seq) AS seq FROM events').get()!;
    pipeline.within(startAt + 4_000 * minuteMs, () => forgetEvents(pipeline.set, [seq]));
    expect([own(shop), shop.by({ anonymousId: 'D150' })[0]?.id]).toEqual([52, shop.one({ userId: 'U1' }).id]);
    expect(shop.rebuild().equal).toBe(true);
  });
});

describe('joins that are not made', () => {
  it('R5, R13: two users with one e-mail are a hit once, however often their people are decided again', () => {
    const shop = openShop();
    shop.send([order(null, 'o1', 0, { email: email(1) }, 'U1'), order(null, 'o2', 1, { email: email(1) }, 'U2')], {
      key: secretKey,
    });
    expect(count(shop, 'join_conflict')).toBe(1);
    for (let n = 0; n < 5; n += 1)
      shop.send([order(null, `o-${n}`, 10 + n, { email: email(2 + n) }, 'U1')], { key: secretKey });
    expect(count(shop, 'join_conflict')).toBe(1);
    shop.send([order(null, 'o3', 20, { email: email(1) }, 'U2')], { key: secretKey });
    expect(count(shop, 'join_conflict')).toBe(2);
  });
  it('R12: what staff told apart and meets again is a hit of its own', () => {
    const shop = openShop();
    shop.send([order('A1', 'o1', 0, { email: email(1) }), order('A2', 'o2', 1, { email: email(1) })], {
      key: secretKey,
    });
    const [merge] = shop.merges(shop.one({ anonymousId: 'A1' }).id);
    shop.undo(merge!.id);
    expect([count(shop, 'join_pinned'), count(shop, 'join_conflict')]).toEqual([1, 0]);
    shop.send([order('A2', 'o3', 2, { total: 3 })], { key: secretKey });
    expect(count(shop, 'join_pinned')).toBe(1);
  });
  it('R11: a rename that is ignored is told in its answer, and counted once', () => {
    const shop = openShop();
    const alias = (from: string, to: string, minute: number) =>
      call('alias', null, minute, { previousId: from, userId: to });
    shop.send([identify('A1', 'U1', 0), alias('U1', 'U9', 1)], { key: secretKey });
    const answer = shop.send([alias('U9', 'U1', 2)], { key: secretKey });
    expect(answer.warnings.map(({ code }) => code)).toEqual(['alias_ignored']);
    shop.send([identify(null, 'U9', 3, { traits: { email: email(1) } })], { key: secretKey });
    expect(count(shop, 'alias_ignored')).toBe(1);
  });
});

it('R13: what a person’s events warned of is not counted again when they change hands or are folded once more', () => {
  const shop = openShop();
  // A removal from a cart that holds nothing of it.
  shop.send([page('A1', 0), track('A1', 'Product Removed', 1, { product_id: 'p1', cart_id: 'c1' })]);
  const warned = shop.warnings();
  expect(warned.map((one) => one.count)).toContain(1);
  shop.send([identify('A1', 'U1', 2)]);
  shop.send([page('A1', -5), order('A1', 'o1', 3, { email: email(1) })], { key: secretKey, minute: 10 });
  shop.send([order('A2', 'o2', 4, { email: email(1) })], { key: secretKey, minute: 11 });
  const code = warned[0]!.code;
  expect(count(shop, code)).toBe(warned[0]!.count);
});
