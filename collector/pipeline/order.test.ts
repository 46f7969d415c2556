// Whatever order, splitting and doubling the same accepted events arrive in, the state is the same to the byte.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AcceptedEvent, type Contact, compareEvents, type LookupKey } from '../events/event.js';
import { type EventRow, parseBody } from '../events/store.js';
import { announcementsOf } from '../profiles/announcements.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { actsArb, liveThrough } from './acts.fixture.js';
import { epochAt, fact, laterAt, minuteMs, openHouse, whole } from './facts.fixture.js';
import { adminMerge, undoMerge } from './merges.js';
import { dumpLines, rebuild } from './rebuild.js';
import { record } from './record.js';
import { openWriter } from './writer.js';

const seed = Number(process.env.WEFT_SEED);
const runs = Number(process.env.WEFT_RUNS ?? 60);
console.log(`property seed ${seed} (WEFT_SEED repeats it)`);

const email = (value: string): Contact => ({ kind: 'email', value, raw: value });
const order = (value: string): LookupKey => ({ kind: 'order', value });
const hint = (value: string): LookupKey => ({ kind: 'session', value });

const deviceArb = fc.constantFrom('A1', 'A2', 'A3', 'A4');
const userArb = fc.constantFrom('U1', 'U2', 'U3');
const emailArb = fc.constantFrom('ada@shop.com', 'bob@shop.com');
const orderArb = fc.constantFrom('O1', 'O2', 'O3');
/** A page names the visits of its own device. */
const hintsArb = (on: string) => fc.constantFrom([hint(`${on}-1`)], [hint(`${on}-2`)], []);
const at = fc
  .oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(0, 30, 60, 90, 1440, 1441, 2880, 7 * 1440, 8 * 1440))
  .chain((minute) => fc.constantFrom(0, 0, 1, 29_999).map((ms) => epochAt + minute * minuteMs + ms));

type Words = Parameters<typeof fact>[0];
const wordsArb: fc.Arbitrary<Words> = fc.oneof(
  {
    weight: 6,
    arbitrary: deviceArb.chain((on) =>
      fc.record({ on: fc.constant(on), at, keys: hintsArb(on) }),
    ) as fc.Arbitrary<Words>,
  },
  {
    weight: 4,
    arbitrary: fc.record({
      on: deviceArb,
      user: userArb,
      at,
      type: fc.constant('identify' as const),
      traits: fc.record({ plan: fc.constantFrom('a', 'b', null), first_shop: fc.constantFrom('x', 'y') }),
    }) as fc.Arbitrary<Words>,
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ on: deviceArb, at, view: fc.constantFrom('v1', 'v2'), ms: fc.integer({ min: 0, max: 60_000 }) })
      .map(
        ({ on, at, view, ms }): Words => ({
          on,
          at,
          type: 'track',
          name: 'Page Engaged',
          properties: { page_message_id: `${on}${view}`, engaged_ms: ms },
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      on: deviceArb,
      at,
      keys: orderArb.map((value) => [order(value)]),
      type: fc.constant('track' as const),
    }) as fc.Arbitrary<Words>,
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        at,
        key: fc.oneof(orderArb.map(order), deviceArb.chain(hintsArb)),
        mail: fc.option(emailArb),
        user: fc.option(userArb),
        on: fc.option(deviceArb, { freq: 4 }),
      })
      .map(
        ({ at, key, mail, user, on }): Words => ({
          at,
          user,
          on,
          type: 'track',
          name: 'Order Completed',
          channel: 'server',
          keys: [key].flat(),
          contacts: mail ? [email(mail)] : [],
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ at, mail: emailArb, user: fc.option(userArb) }).map(
      ({ at, mail, user }): Words => ({
        at,
        user,
        type: 'identify',
        channel: 'server',
        contacts: [email(mail)],
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ at, from: fc.oneof(userArb, deviceArb), user: userArb })
      .filter(({ from, user }) => from !== user)
      .map(({ at, from, user }): Words => ({ at, user, previousId: from, type: 'alias', channel: 'server' })),
  },
);

/** Commerce, as pages and servers tell it: carts with and without a token, snapshots, orders, refunds. */
const productArb = fc.constantFrom('p1', 'p2', 'p3');
const line = (id: string, quantity: number) => ({ product_id: id, price: 10, quantity });
const linesArb = fc
  .uniqueArray(fc.tuple(productArb, fc.integer({ min: 1, max: 3 })), { selector: ([id]) => id, maxLength: 3 })
  .map((lines) => lines.map(([id, quantity]) => line(id, quantity)));
const tokenArb = fc.option(fc.constantFrom('T1', 'T2'), { freq: 2 });
const commerceArb: fc.Arbitrary<Words> = fc
  .record({
    on: deviceArb,
    at,
    name: fc.constantFrom(
      'Product Viewed',
      'Product Added',
      'Product Removed',
      'Cart Viewed',
      'Cart Updated',
      'Checkout Started',
      'Order Completed',
      'Order Refunded',
      'Order Cancelled',
    ),
    product: productArb,
    quantity: fc.integer({ min: 1, max: 3 }),
    products: linesArb,
    token: tokenArb,
    id: orderArb,
    server: fc.boolean(),
    user: fc.option(userArb),
    mail: fc.option(emailArb, { freq: 2 }),
  })
  .map(({ on, at, name, product, quantity, products, token, id, server, user, mail }): Words => {
    const isOrder = name.startsWith('Order ');
    const properties = {
      currency: 'EUR',
      ...(token ? { cart_id: token } : {}),
      ...(isOrder ? { order_id: id } : {}),
      ...(name === 'Order Completed' ? { total: products.reduce((sum, it) => sum + it.price * it.quantity, 0) } : {}),
      ...(name === 'Order Refunded'
        ? { total: 10 }
        : name.startsWith('Product ')
          ? line(product, quantity)
          : { products }),
    };
    const keys: LookupKey[] = [
      ...(token ? [{ kind: 'cart' as const, value: token }] : []),
      ...(isOrder ? [order(id)] : []),
    ];
    const fromServer = isOrder && server;
    return {
      at,
      type: 'track',
      name,
      properties,
      keys,
      user: fromServer ? user : null,
      contacts: fromServer && mail ? [email(mail)] : [],
      on: fromServer ? null : on,
      channel: fromServer ? 'server' : 'browser',
    };
  });

const eventsArb = fc
  .array(fc.oneof({ weight: 3, arbitrary: wordsArb }, { weight: 2, arbitrary: commerceArb }), {
    minLength: 2,
    maxLength: 30,
  })
  .map((all) => all.map((words, index): AcceptedEvent => fact({ ...words, id: `e${String(index).padStart(3, '0')}` })));

/** The same events in another order, cut otherwise, some twice. */
const deliveryArb = (events: readonly AcceptedEvent[]) =>
  fc
    .tuple(
      fc.shuffledSubarray([...events], { minLength: events.length, maxLength: events.length }),
      fc.array(fc.constantFrom(...events), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: events.length + 5, maxLength: events.length + 5 }),
    )
    .map(([shuffled, doubled, sizes]) => {
      const all = [...shuffled, ...doubled];
      const batches: AcceptedEvent[][] = [];
      for (let from = 0, n = 0; from < all.length; n += 1) {
        batches.push(all.slice(from, from + sizes[n]!));
        from += sizes[n]!;
      }
      return batches;
    });

describe('R10: the state depends on the set of accepted events alone', () => {
  it('R10: any order, splitting and doubling, and a rebuild, give the same bytes (I3, I13)', () => {
    fc.assert(
      fc.property(
        eventsArb.chain((events) =>
          fc.tuple(
            fc.constant(events),
            deliveryArb(events),
            fc.array(fc.constantFrom(0, 1, 29, 61, 1441, 20_000), { minLength: 1 }),
          ),
        ),
        ([events, batches, waits]) => {
          const together = openHouse(whole);
          together.take(events);
          const one = together.lines();
          const apart = openHouse(whole);
          // The clock moves between the batches: what fell due in between and is late news now must come out the same.
          let now = 0;
          batches.forEach((batch, index) => {
            now = Math.max(now, ...batch.map((event) => event.at)) + waits[index % waits.length]! * minuteMs;
            apart.take(batch, Math.min(now, laterAt));
            while (apart.due(Math.min(now, laterAt)) > 0);
          });
          expect(apart.lines()).toEqual(one);
          expect(apart.rebuilt()).toEqual(one);
          expect(together.rebuilt()).toEqual(one);
        },
      ),
      { seed, numRuns: runs },
    );
  }, 240_000);
});

describe('R10: cases that chance found', () => {
  const inEveryOrder = (events: readonly AcceptedEvent[]) => {
    const orders = (items: readonly AcceptedEvent[]): AcceptedEvent[][] =>
      items.length < 2
        ? [[...items]]
        : items.flatMap((item) => orders(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
    const dumps = orders(events).map((batch) => {
      const house = openHouse(whole);
      for (const event of batch) house.take([{ ...event }]);
      return house.lines().join('\n');
    });
    return new Set(dumps).size;
  };

  it('R10, S3: of two visits that begin in one millisecond a server’s event of that instant is in the same one', () => {
    const cart: LookupKey[] = [{ kind: 'cart', value: 'T1' }];
    const found = inEveryOrder([
      fact({ on: 'A1', user: 'U1', id: 'a1' }),
      fact({ on: 'A1', user: 'U2', id: 'b1' }),
      fact({ on: null, id: 'c1', channel: 'server', keys: cart }),
      fact({ on: 'A1', user: 'U1', id: 'd1', keys: cart }),
    ]);
    expect(found).toBe(1);
  });

  it('R10, R4: a known user’s device is un-named at the beginning of a visit that then names them', () => {
    const found = inEveryOrder([
      fact({ on: 'A1', user: 'U1', minute: 0, id: 'a1' }),
      fact({ on: 'A1', minute: 31, id: 'b1' }),
      fact({ on: 'A1', user: 'U1', minute: 32, id: 'c1' }),
    ]);
    expect(found).toBe(1);
  });
});

describe('R10, S4: a beat that named somebody gives way to a later one', () => {
  const beat = (words: Parameters<typeof fact>[0]) =>
    fact({
      on: 'A1',
      type: 'track',
      name: 'Page Engaged',
      properties: { page_message_id: 'v1', engaged_ms: 9 },
      ...words,
    });
  const namings = ({ set }: ReturnType<typeof openHouse>) =>
    set.sql.prepare('SELECT mid, merge_id FROM namings ORDER BY mid').all();

  const cases = ['U1', 'U2', null].flatMap((user) => [true, false].map((isAlone) => ({ user, isAlone })));
  it.each(cases)('of $user, and nothing of the first is left (its only event: $isAlone)', ({ user, isAlone }) => {
    const events = [
      fact({ on: 'A2', user: 'U1', minute: -60 }),
      // U1 has something left on the device.
      ...(isAlone ? [] : [fact({ on: 'A1', user: 'U1', minute: -40 })]),
      beat({ user: 'U1', id: 'b1', minute: 0 }),
      beat({ user, id: 'b2', minute: 1 }),
    ];
    const [one, two] = [openHouse(whole), openHouse(whole)];
    for (const event of events) one.take([{ ...event }]);
    for (const event of [...events].reverse()) two.take([{ ...event }]);
    expect(one.lines()).toEqual(two.lines());
    expect(namings(one)).toEqual(namings(two));
    expect(one.rebuilt()).toEqual(two.lines());
    expect(namings(one)).toEqual(namings(two));
  });
});

describe('R10, S4: nothing of a beat is left once a later one took its place', () => {
  const beat = (minute: number, ms: number, words: Parameters<typeof fact>[0] = {}) =>
    fact({
      on: 'A1',
      type: 'track',
      name: 'Page Engaged',
      properties: { page_message_id: 'v1', engaged_ms: ms },
      id: `b${minute}`,
      minute,
      ...words,
    });
  const mail = { channel: 'Email', source: 'a', medium: 'email', campaign: 'A', clickId: null };
  const device = { browser: 'Firefox', os: 'Linux', kind: 'desktop' as const };
  const page = fact({ id: 'p0', on: 'A1', type: 'page' });
  const later = beat(11, 20_000);
  const server = (words: Parameters<typeof fact>[0]) =>
    fact({ id: 's', channel: 'server', type: 'track', name: 'Order Completed', ...words });

  const cases: Record<string, AcceptedEvent[]> = {
    'counts more': [page, beat(10, 20_000), beat(11, 5_000)],
    'counts more, and is an act where the later is none': [page, beat(10, 20_000), beat(11, 20_000, { active: false })],
    'is no act where the later is one': [page, beat(10, 9, { active: false }), later],
    'tells a campaign': [page, beat(10, 9, { touch: mail }), later],
    'tells the same campaign, earlier': [page, beat(10, 9, { touch: mail }), beat(11, 10, { touch: mail })],
    'tells a locale': [page, beat(10, 9, { locale: 'de-DE' }), later],
    'tells a country': [page, beat(10, 9, { country: 'DE' }), later],
    'tells a device': [page, beat(10, 9, { device }), later],
    'tells traits': [page, beat(10, 9, { traits: { plan: 'a', first_shop: 'x' } }), later],
    'tells the same traits, earlier': [
      page,
      beat(10, 9, { traits: { first_shop: 'x' } }),
      beat(11, 10, { traits: { first_shop: 'x' } }),
    ],
    'tells an address': [page, beat(10, 9, { contacts: [email('ada@shop.com')] }), later],
    'tells an address that others tell': [
      page,
      beat(10, 9, { contacts: [email('ada@shop.com')] }),
      later,
      server({ contacts: [email('ada@shop.com')], minute: 20 }),
    ],
    'tells an order the server asks for': [
      page,
      beat(10, 9, { keys: [order('O1')] }),
      later,
      server({ keys: [order('O1')], minute: 20 }),
    ],
    'is the first to tell its visit': [
      page,
      beat(10, 9, { keys: [hint('h1')] }),
      later,
      fact({ id: 'p2', on: 'A1', type: 'page', minute: 12, keys: [hint('h1')] }),
      server({ keys: [hint('h1')], minute: 20 }),
    ],
    'is the first of its device': [later, beat(10, 9), fact({ id: 'p3', on: 'A1', type: 'page', minute: 12 })].sort(
      compareEvents,
    ),
    'names a user first': [
      beat(10, 9, { user: 'U1' }),
      later,
      fact({ id: 'p3', on: 'A1', user: 'U1', type: 'page', minute: 12 }),
      fact({ id: 'p4', on: 'A2', user: 'U1', type: 'page', minute: 13 }),
    ],
    'claims a user': [page, beat(10, 9, { claimedUserId: 'U9' }), later],
    'is the first of what nobody owns on a device of many': [
      ...['U1', 'U2', 'U3', 'U4'].map((user, n) => fact({ id: `u${n}`, on: 'A1', user, type: 'identify', minute: n })),
      beat(10, 9),
      later,
    ],
    'keeps a visit of a day within its day': [
      ...Array.from({ length: 50 }, (_, n) => fact({ id: `d${n}`, on: 'A1', type: 'page', minute: n * 29 })),
      beat(1_411, 9, { at: epochAt + 1_440 * minuteMs }),
      beat(1_412, 10, { at: epochAt + 1_440 * minuteMs + 1 }),
    ],
    'is like it in all but what it counts': [page, beat(10, 9, { locale: 'de-DE', country: 'DE', device }), later],
  };
  it.each(Object.entries(cases))('which %s', (_, events) => {
    const [one, two] = [openHouse(whole), openHouse(whole)];
    for (const event of events) one.take([{ ...event }]);
    for (const event of [...events].reverse()) two.take([{ ...event }]);
    const kept = ({ set }: ReturnType<typeof openHouse>) => [
      set.sql.prepare('SELECT kind, value, first_at, first_id FROM nodes ORDER BY kind, value').all(),
      set.sql.prepare('SELECT mid FROM contacts UNION SELECT mid FROM lookups ORDER BY mid').all(),
    ];
    expect(one.lines()).toEqual(two.lines());
    expect(kept(one)).toEqual(kept(two));
    expect(one.rebuilt()).toEqual(two.lines());
    expect(kept(one)).toEqual(kept(two));
  });

  it('and beats that grow are a step each', () => {
    const house = openHouse(whole);
    const said = { locale: 'de-DE', country: 'DE', device, keys: [hint('h1')] };
    house.take([{ ...page, ...said }]);
    for (let minute = 10; minute < 15; minute += 1) {
      house.within(laterAt, (set) => {
        record(set, beat(minute, minute * 1_000, said));
        expect([set.spoiltDevices.size, set.spoiltProfiles.size, set.pending.length]).toEqual([0, 0, 1]);
      });
    }
    expect(house.lines()).toEqual(house.rebuilt());
  });
});

describe('rights and staff acts among the events', () => {
  it('R12, R14: after erasures and undos at any moment the state is what a rebuild makes of what remains', () => {
    const acts = actsArb(
      [{ userId: 'U1' }, { userId: 'U2' }, { anonymousId: 'A1' }, { anonymousId: 'A3' }, { email: 'ada@shop.com' }],
      { erase: 1, forget: 1, eventsMax: 8, slicesMax: null },
    );
    fc.assert(
      fc.property(eventsArb, acts, (events, done) => {
        const writer = openWriter({
          path: ':memory:',
          rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
          site: defaultSiteRules,
          consentFile: null,
        });
        const { set } = writer.pipeline;
        liveThrough(writer, events, done);
        const live = dumpLines(set);
        writer.pipeline.within(laterAt, () => rebuild(set, laterAt, announcementsOf));
        expect(live).toEqual(dumpLines(set));
        writer.close();
      }),
      { seed, numRuns: runs },
    );
  }, 240_000);
});

describe('what holds for every set of events', () => {
  it('R1, R4: no person has two live users, and every folded event has one owner or waits for a match', () => {
    fc.assert(
      fc.property(eventsArb, (events) => {
        const house = openHouse(whole);
        house.take(events);
        const { set } = house;
        const live = set.sql
          .prepare<{ n: number }>(
            `SELECT count(*) AS n FROM nodes WHERE kind = 'user_id' AND id NOT IN (SELECT src FROM renames)
             AND id IN (SELECT usr FROM events) GROUP BY leader ORDER BY n DESC`,
          )
          .get();
        expect(live?.n ?? 0).toBeLessThanOrEqual(1);
        const unowned = set.sql.prepare<EventRow>('SELECT * FROM events WHERE owner IS NULL').all();
        const known = events.filter((event) => event.anonymousId ?? event.userId ?? event.contacts[0]);
        const carried = new Set(known.flatMap(({ keys }) => keys.map(({ kind, value }) => `${kind} ${value}`)));
        for (const row of unowned) {
          expect([row.dev, row.usr]).toEqual([null, null]);
          for (const { kind, value } of parseBody(row).keys) expect(carried).not.toContain(`${kind} ${value}`);
        }
      }),
      { seed, numRuns: runs },
    );
  }, 240_000);

  it('R12: undo of a staff merge is as if it never was', () => {
    fc.assert(
      fc.property(eventsArb, (events) => {
        const house = openHouse(whole);
        house.take(events);
        const before = house.lines();
        const merged = house.within(laterAt, (set) => adminMerge(set, 'U1', 'U2', laterAt));
        if (merged.kind !== 'merged') return;
        const outcome = house.within(laterAt, (set) => undoMerge(set, merged.id, 'test', laterAt));
        // A cycle with an alias of the events is ignored, so there is nothing to undo then.
        if (outcome.kind === 'unknown') return;
        // The property's own exception: another event names both.
        const both = events.some(
          ({ type, userId, previousId }) =>
            type === 'alias' && ['U1', 'U2'].includes(String(userId)) && ['U1', 'U2'].includes(String(previousId)),
        );
        if (!both) expect(house.lines()).toEqual(before);
        expect(house.rebuilt()).toEqual(house.lines());
      }),
      { seed, numRuns: runs },
    );
  }, 240_000);
});
