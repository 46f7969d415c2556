// What is told once, on real tables: by person where there is no cart, through merges, their undo and a rebuild.

import { describe, expect, it } from 'vitest';
import type { AcceptedEvent } from '../events/event.js';
import { mergesOf } from '../identity/merges.js';
import { profileMigrations } from '../profiles/store.js';
import { openSqlite } from '../store/sqlite.js';
import { epochAt, fact, type House, laterAt, openHouse, whole } from './facts.fixture.js';
import { forgetEvents } from './forget.js';
import { adminMerge, undoMerge } from './merges.js';
import { record } from './record.js';

const open = (): House => openHouse(whole);
const told = (house: House) => {
  house.lines();
  return house.set.sql
    .prepare<{ kind: string; key: string; user: string; owner: string; seq: number }>(
      `SELECT announcements.kind, key, seq, owner.value AS user, held.hid AS owner FROM announcements
       JOIN nodes AS owner ON owner.hid = announcements.profile_id JOIN nodes AS held ON held.id = announcements.leader
       ORDER BY user, announcements.kind`,
    )
    .all();
};
const looks = (user: string, on: string, minute = 0, id?: string) =>
  fact({
    ...(id ? { id } : {}),
    on,
    user,
    minute,
    type: 'track',
    name: 'Product Viewed',
    properties: { product_id: 'p1', price: 10, currency: 'EUR' },
  });
const two = [looks('U1', 'A1'), looks('U2', 'A2')];

describe('C4: what is announced once', () => {
  it('C4: two persons who leave a browse at the same millisecond are two announcements', () => {
    const house = open();
    house.take(two);
    expect(told(house).map(({ kind, user }) => [kind, user])).toEqual([
      ['browse.abandoned', 'U1'],
      ['browse.abandoned', 'U2'],
    ]);
  });

  it('C4: a merge, a rebuild, and the undo of the merge tell none of them again', () => {
    const house = open();
    house.take(two);
    const once = told(house);
    const merged = house.within(laterAt, (set) => adminMerge(set, 'U1', 'U2', laterAt));
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    const bare = (rows: ReturnType<typeof told>) => rows.map(({ owner: _, ...row }) => row);
    expect(bare(told(house))).toEqual(bare(once));
    house.rebuilt();
    expect(bare(told(house))).toEqual(bare(once));
    house.within(laterAt, (set) => undoMerge(set, merged.id, 'test', laterAt));
    // And what was told of each is theirs again, so that whoever is erased takes their own along.
    expect(told(house)).toEqual(once);
    house.rebuilt();
    expect(told(house)).toEqual(once);
  });

  it('C4: a browse that was announced before two persons became one is not announced under the other name', () => {
    const house = open();
    house.take([looks('U1', 'A1')]);
    expect(told(house)).toHaveLength(1);
    house.take([fact({ on: null, user: 'U9', minute: -1, type: 'identify', channel: 'server' })]);
    house.within(laterAt, (set) => adminMerge(set, 'U1', 'U9', laterAt));
    expect(told(house).map(({ user }) => user)).toEqual(['U1']);
    house.rebuilt();
    expect(told(house).map(({ user }) => user)).toEqual(['U1']);
  });

  const minuteMs = 60_000;
  const adds = (minute: number) =>
    fact({
      on: 'A1',
      user: 'U1',
      minute,
      type: 'track',
      name: 'Product Added',
      properties: { product_id: 'p1', price: 10, currency: 'EUR', quantity: 1 },
    });
  const addsOther = (minute: number) => ({
    ...adds(minute),
    properties: { ...adds(minute).properties, product_id: 'p2' },
  });
  const addsTo = (token: string, minute: number) => ({
    ...adds(minute),
    properties: { ...adds(minute).properties, cart_id: token },
  });
  /** Announced of carts, and not taken back. */
  const stillTold = (house: House) =>
    house.set.sql
      .prepare<{ key: string }>(
        `SELECT key FROM announcements WHERE kind = 'cart.abandoned'
         AND 'revoked:' || key NOT IN (SELECT key FROM announcements)`,
      )
      .all();
  const guestAdds = (minute: number) => ({ ...adds(minute), userId: null });
  const hidOf = (house: House, user: string) => house.set.findNode('user_id', user)!.hid;
  const places = (minute: number) =>
    fact({
      on: null,
      user: 'U1',
      minute,
      type: 'track',
      channel: 'server',
      name: 'Order Completed',
      properties: {
        order_id: 'o1',
        total: 10,
        currency: 'EUR',
        products: [{ product_id: 'p1', quantity: 1, price: 10 }],
      },
    });
  /** Kind and minute, in the order they were told. */
  const toldOfCarts = (house: House, minute: number) => {
    house.lines(epochAt + minute * minuteMs);
    return house.set.sql
      .prepare<{ kind: string; at: number }>("SELECT kind, at FROM announcements WHERE kind LIKE 'cart.%' ORDER BY seq")
      .all()
      .map(({ kind, at }) => [kind, (at - epochAt) / minuteMs]);
  };

  it.each([
    ['was looked at on another device meanwhile', looks('U1', 'A2', 40), [['cart.abandoned', 100]]],
    ['was filled on another device meanwhile', adds(40), [['cart.abandoned', 100]]],
    ['had been bought', places(50), []],
  ])('C4: a cart that %s, as is heard late, is revoked when it is heard, and once', (_, late, then) => {
    const house = open();
    house.take([adds(0)], epochAt);
    expect(toldOfCarts(house, 61)).toEqual([['cart.abandoned', 60]]);
    house.take([late], epochAt + 62 * minuteMs);
    const revoked = [
      ['cart.abandoned', 60],
      ['cart.abandonment_revoked', 60],
    ];
    expect(toldOfCarts(house, 63)).toEqual(revoked);
    house.rebuilt(epochAt + 64 * minuteMs);
    expect(toldOfCarts(house, 64)).toEqual(revoked);
    expect(toldOfCarts(house, 101)).toEqual([...revoked, ...then]);
  });

  const page = (on: string, minute: number) => fact({ on, minute, type: 'page' });
  const names = (on: string, minute: number) => fact({ on, user: 'U1', minute, type: 'identify' });
  const gone = [
    ['cart.abandoned', 60],
    ['cart.abandonment_revoked', 60],
  ];
  /** Nothing more is said of it by a rebuild, nor later. */
  const staysTold = (house: House, minute: number, all: unknown) => {
    const lines = house.lines(epochAt + minute * minuteMs);
    expect(house.rebuilt(epochAt + minute * minuteMs)).toEqual(lines);
    expect(toldOfCarts(house, minute)).toEqual(all);
  };

  it.each([
    ['in one batch', (late: AcceptedEvent[]) => [late]],
    ['one by one', (late: AcceptedEvent[]) => late.map((event) => [event])],
  ])(
    'C4: what was told of a guest is revoked where the cart became a user’s who was about meanwhile, %s',
    (_, batches) => {
      const house = open();
      house.take([guestAdds(0)], epochAt);
      expect(toldOfCarts(house, 61)).toEqual([['cart.abandoned', 60]]);
      for (const batch of batches([names('A2', -10), page('A2', 40), names('A1', 62)]))
        house.take(batch, epochAt + 62 * minuteMs);
      expect(toldOfCarts(house, 63)).toEqual(gone);
      staysTold(house, 130, [...gone, ['cart.abandoned', 122]]);
    },
  );

  it('C4: what was told of a guest is known of the user whose the cart became, and goes with them', () => {
    const house = open();
    house.take([guestAdds(0)], epochAt);
    expect(toldOfCarts(house, 61)).toEqual([['cart.abandoned', 60]]);
    house.take([names('A1', 62)], epochAt + 62 * minuteMs);
    expect(toldOfCarts(house, 63)).toEqual([['cart.abandoned', 60]]);
    expect(told(house).filter(({ kind, owner }) => kind === 'cart.abandoned' && owner !== hidOf(house, 'U1'))).toEqual(
      [],
    );
  });

  it('C4, R14: what was told of a cart that has become another’s is by their id once the first is forgotten', () => {
    const house = open();
    house.take([guestAdds(0), names('A1', 1)], epochAt + minuteMs);
    expect(toldOfCarts(house, 61)).toEqual([['cart.abandoned', 61]]);
    const rows = () => JSON.stringify(house.set.sql.prepare('SELECT * FROM announcements').all());
    const first = hidOf(house, 'U1');
    expect(rows()).toContain(first);
    house.take([fact({ on: 'A1', user: 'U2', minute: -1 })], epochAt + 62 * minuteMs);
    house.within(laterAt, (set) => {
      const { seq } = set.sql.prepare<{ seq: number }>('SELECT seq FROM events WHERE at = ?').get(epochAt + minuteMs)!;
      forgetEvents(set, [seq]);
    });
    expect(rows()).not.toContain(first);
    expect(told(house).map(({ user, key }) => [user, key])).toContainEqual(['U2', expect.stringMatching(/:\d+$/)]);
  });

  it('C4, R14: what was told of a browse before a merge, which was undone, goes or is the other’s when its person is forgotten', () => {
    const house = open();
    house.take(two);
    told(house);
    const first = hidOf(house, 'U1');
    const merged = house.within(laterAt, (set) => adminMerge(set, 'U1', 'U2', laterAt));
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    house.within(laterAt, (set) => {
      undoMerge(set, merged.id, 'test', laterAt);
      set.identity.deleteRename(set.identity.renamesFrom(set.findNode('user_id', 'U1')!.id)[0]!.mid);
      const { seq } = set.sql.prepare<{ seq: number }>('SELECT min(seq) AS seq FROM events').get()!;
      forgetEvents(set, [seq]);
    });
    expect(house.set.findNode('user_id', 'U1')).toBeUndefined();
    expect(JSON.stringify(house.set.sql.prepare('SELECT * FROM announcements').all())).not.toContain(first);
  });

  it('C4: what was told of a cart that has ended goes with it too, and back when the merge is undone', () => {
    const house = open();
    house.take([adds(0), looks('U2', 'A2', -1)], epochAt);
    toldOfCarts(house, 61);
    house.take([places(90)], epochAt + 90 * minuteMs);
    house.take([page('A1', 5_000)], epochAt + 5_000 * minuteMs);
    const ownerOfCart = () =>
      told(house)
        .filter(({ kind }) => kind.startsWith('cart.'))
        .map(({ owner }) => owner);
    const before = ownerOfCart();
    expect(before).toHaveLength(1);
    const merged = house.within(laterAt, (set) => adminMerge(set, 'U1', 'U2', laterAt));
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    expect(ownerOfCart()).not.toEqual(before);
    house.within(laterAt, (set) => undoMerge(set, merged.id, 'test', laterAt));
    expect(ownerOfCart()).toEqual(before);
  });

  it('C4: a leaving that began and ended within one batch is told when it comes, and not first by a rebuild', () => {
    const house = open();
    house.take([guestAdds(0), page('A1', 200)], epochAt + 200 * minuteMs);
    expect(toldOfCarts(house, 201)).toEqual([['cart.abandoned', 60]]);
    staysTold(house, 202, [['cart.abandoned', 60]]);
  });

  it('C4: a leaving whose cart got another name by late data is revoked under the first, and told under the second', () => {
    const house = open();
    house.take([names('A1', -100), adds(0)], epochAt);
    expect(toldOfCarts(house, 61)).toEqual([['cart.abandoned', 60]]);
    house.take([addsOther(-5)], epochAt + 62 * minuteMs);
    const all = toldOfCarts(house, 63);
    expect(all).toHaveLength(3);
    expect(all).toEqual(expect.arrayContaining([...gone, ['cart.abandoned', 60]]));
    expect(stillTold(house)).toHaveLength(1);
    staysTold(house, 64, all);
  });

  it('C4: of a cart that has ended and left the state, a leaving that late data took away is revoked', () => {
    const house = open();
    house.take([names('A1', -10), names('A2', -10), adds(0)], epochAt);
    toldOfCarts(house, 61);
    house.take([places(90)], epochAt + 90 * minuteMs);
    const days = 3 * 24 * 60;
    house.take([page('A1', days)], epochAt + days * minuteMs);
    expect(toldOfCarts(house, days)).toEqual([['cart.abandoned', 60]]);
    house.take([page('A2', 40)], epochAt + (days + 1) * minuteMs);
    expect(toldOfCarts(house, days + 1)).toEqual(gone);
    staysTold(house, days + 2, gone);
  });

  it('C4: of a cart that has ended and left the state, a leaving that stands is not revoked by other late data', () => {
    const house = open();
    house.take([names('A1', -10), adds(0)], epochAt);
    toldOfCarts(house, 61);
    house.take([places(90)], epochAt + 90 * minuteMs);
    const days = 3 * 24 * 60;
    house.take([page('A1', days)], epochAt + days * minuteMs);
    house.take([page('A1', 95)], epochAt + (days + 1) * minuteMs);
    expect(toldOfCarts(house, days + 1)).toEqual([['cart.abandoned', 60]]);
    staysTold(house, days + 2, [['cart.abandoned', 60]]);
  });

  it('C4: of more carts than a state keeps, nothing is revoked that did happen', () => {
    const house = open();
    const times = 53;
    for (let n = 0; n < times; n += 1) {
      house.take([addsTo(`t${n}`, n)], epochAt + n * minuteMs);
    }
    const all = toldOfCarts(house, times + 70);
    expect(all.length).toBeGreaterThan(1);
    house.take([addsTo('t99', times + 100)], epochAt + (times + 100) * minuteMs);
    for (let n = 0; n < times; n += 1) {
      house.take([addsTo(`s${n}`, times + 101 + n)], epochAt + (times + 101 + n) * minuteMs);
    }
    house.take([looks('U1', 'A1', times + 99)], epochAt + 300 * minuteMs);
    expect(toldOfCarts(house, 400).filter(([kind]) => kind !== 'cart.abandoned')).toEqual([]);
    staysTold(house, 400, toldOfCarts(house, 400));
  });

  it.each([
    ['settled at once', (house: House, events: AcceptedEvent[], now: number) => house.take(events, now)],
    [
      'settled later, as an import is',
      (house: House, events: AcceptedEvent[], now: number) =>
        house.attempt(() => {
          for (const event of events) record(house.set, event);
          house.finish(now, null);
        }),
    ],
  ])('C4: a leaving that goes over to another person who has the cart’s token too stands, %s', (_, take) => {
    const house = open();
    const tokenOf = (event: AcceptedEvent) => ({ ...event, properties: { ...event.properties, cart_id: 't' } });
    const told = [
      ['cart.abandoned', 60],
      ['cart.abandoned', 160],
    ];
    house.take(
      [names('A1', -10), tokenOf(adds(0)), tokenOf({ ...adds(100), anonymousId: 'A2' as never, userId: null })],
      epochAt,
    );
    expect(toldOfCarts(house, 161)).toEqual(told);
    house.take([names('A2', 170)], epochAt + 170 * minuteMs);
    take(house, [{ ...names('A2', 165), userId: 'U2' as never }], epochAt + 171 * minuteMs);
    expect(toldOfCarts(house, 172)).toEqual(told);
    expect(stillTold(house)).toHaveLength(2);
  });

  it('C4: so does one whose cart has ended and left the state, when a claim by the same token is undone', () => {
    const house = open();
    const day = 24 * 60;
    house.take(
      [addsTo('t', 0)].map((event) => ({ ...event, userId: null })),
      epochAt,
    );
    expect(toldOfCarts(house, 61)).toEqual([['cart.abandoned', 60]]);
    house.take([page('A1', 61 * day)], epochAt + 61 * day * minuteMs);
    house.take([addsTo('t', 62 * day)], epochAt + 62 * day * minuteMs);
    const at = epochAt + (62 * day + 1) * minuteMs;
    const claim = mergesOf(house.set.identity, house.set.findNode('user_id', 'U1')!.leader)[0]!;
    house.within(at, (set) => undoMerge(set, claim.id, 'test', at));
    expect(toldOfCarts(house, 62 * day + 2)).toEqual([['cart.abandoned', 60]]);
  });

  it.each([
    ['settled at once', epochAt + 62 * minuteMs],
    ['settled later, as an import is', null],
  ])('C4: a leaving whose cart is nobody’s any more is revoked, once, %s', (_, settledTo) => {
    const house = open();
    house.take([guestAdds(0)], epochAt);
    toldOfCarts(house, 61);
    house.attempt(() => {
      for (const event of [{ ...addsOther(-5), userId: null }, names('A1', 62)]) record(house.set, event);
      house.finish(epochAt + 62 * minuteMs, settledTo);
    });
    const all = toldOfCarts(house, 63);
    expect(all).toEqual(expect.arrayContaining(gone));
    expect(all.filter(([kind]) => kind === 'cart.abandonment_revoked')).toHaveLength(1);
    staysTold(house, 64, all);
  });

  it.each([
    ['by ageing', true],
    ['by a withdrawal', false],
  ])(
    'C4: what was told of events that were taken out %s is true and not revoked, then or by what comes after',
    (_, ageing) => {
      const house = open();
      const added = adds(0);
      house.take([page('A1', -10), { ...added, userId: null }], epochAt);
      expect(toldOfCarts(house, 61)).toEqual([['cart.abandoned', 60]]);
      house.within(epochAt + 62 * minuteMs, (set) => {
        const { seq } = set.sql.prepare<{ seq: number }>('SELECT max(seq) AS seq FROM events').get()!;
        set.ageing = ageing;
        forgetEvents(set, [seq]);
      });
      house.set.ageing = false;
      house.take([page('A1', 30)], epochAt + 63 * minuteMs);
      staysTold(house, 64, [['cart.abandoned', 60]]);
    },
  );

  it('C4: of a cart left more often than its state keeps, nothing is revoked that did happen', () => {
    const house = open();
    const times = 53;
    for (let n = 0; n < times; n += 1) {
      house.take([adds(n * 120)], epochAt + n * 120 * minuteMs);
      toldOfCarts(house, n * 120 + 61);
    }
    house.rebuilt(epochAt + times * 120 * minuteMs);
    expect(toldOfCarts(house, times * 120)).toEqual(
      Array.from({ length: times }, (_, n) => ['cart.abandoned', n * 120 + 60]),
    );
  });

  it('C4: rows of a store from before stay, and what they told is not told again', () => {
    const [tables, ...later] = profileMigrations;
    const sql = openSqlite(':memory:', [tables!]);
    sql
      .prepare('INSERT INTO announcements VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run('cart.abandoned:browse:86400000', 3, 'browse.abandoned', 'person-1', 1, 86_400_000, 86_400_001, '{}');
    sql
      .prepare('INSERT INTO announcements VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run('cart.abandoned:c1:3600000', 2, 'cart.abandoned', 'person-1', 1, 3_600_000, 3_600_001, '{}');
    for (const { sql: text } of later) sql.exec(text);
    expect(sql.prepare('SELECT key FROM announcements ORDER BY seq').all()).toEqual([
      { key: 'cart.abandoned:c1:3600000' },
      { key: 'cart.abandoned:browse:person-1:86400000' },
    ]);
    sql.close();
  });
});
