import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cartWarnings } from '../contract/codes.js';
import type { AnonymousId, SessionId, UserId } from '../contract/ids.js';
import { cart as cartShape, order as orderShape } from '../contract/profile.js';
import { compareEvents, type OwnedEvent } from '../events/event.js';
import { cartAspect } from './aspect.js';
import { currencyIn } from './content.js';
import { cartsMax, episodesMax, isOpen, linesInStateMax } from './state.js';
import { at, emptyShelf, fold, minute, Person, start } from './story.fixture.js';

/** What an order is owed to is said where it is read, with the visits beside it. */
const orderOfCarts = orderShape.omit({ attribution: true });

const names = [
  'Product Viewed',
  'Product Added',
  'Product Added',
  'Product Added',
  'Product Removed',
  'Wishlist Product Added to Cart',
  'Cart Viewed',
  'Cart Updated',
  'Checkout Started',
  'Checkout Step Completed',
  'Payment Info Entered',
  'Coupon Applied',
  'Order Completed',
  'Order Completed',
  'Order Updated',
  'Order Cancelled',
  'Order Refunded',
  'Message Clicked',
  null,
  null,
];

const product = fc.record(
  {
    product_id: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
    sku: fc.constantFrom('s1', 's2'),
    variant: fc.constantFrom('red', 'blue'),
    name: fc.constantFrom('Tea', 'Tea of the first flush'),
    quantity: fc.constantFrom(-1, 0, 1, 2, 3, '2', 1.5, 'x'),
    price: fc.constantFrom(10, '9,99', 0, null, 'x', -5),
    currency: fc.constantFrom('EUR', 'USD'),
    options: fc.constantFrom({ size: 'M' }, {}),
  },
  { requiredKeys: ['product_id'] },
);
const properties = fc
  .record(
    {
      cart_id: fc.constantFrom('t1', 't2', 't1?key=x'),
      checkout_id: fc.constantFrom('x1', 'x2'),
      order_id: fc.constantFrom('o1', 'o2', 'o3', 4),
      message_id: fc.constantFrom('mail1', 'mail2'),
      currency: fc.constantFrom('EUR', 'EUR', 'JPY'),
      total: fc.constantFrom(10, '20,50', -3, 'x'),
      products: fc.array(product, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  )
  .chain((given) => product.map((subject) => ({ ...subject, ...given })));
const who = fc.constantFrom(
  { userId: 'U1', ownedBecause: 'named', anonymousId: 'A1' },
  { userId: 'U1', ownedBecause: 'named', anonymousId: 'A2' },
  { userId: null, ownedBecause: 'before_first_named', anonymousId: 'A2' },
  { userId: null, ownedBecause: 'before_first_named', anonymousId: 'A3' },
  { userId: null, ownedBecause: 'session', anonymousId: 'A1' },
  { userId: null, ownedBecause: 'device', anonymousId: 'A1' },
  { userId: 'U1', ownedBecause: 'named', anonymousId: null, channel: 'server', active: false, trust: 'secret' },
  { userId: null, ownedBecause: 'cart', anonymousId: null, channel: 'server', active: false, trust: 'secret' },
);
/** Mostly within a visit, sometimes past every deadline there is; in milliseconds, some of them none. */
const gap = fc.oneof(
  fc.integer({ min: 0, max: 20 * minute }),
  fc.constantFrom(0, 0, 30 * minute, 60 * minute, 60 * minute + 1),
  fc.integer({ min: 0, max: 40 * 24 * 60 }).map((minutes) => minutes * minute),
);
const story = fc
  .array(fc.record({ gap, name: fc.constantFrom(...names), properties, who }), { maxLength: 40 })
  .map((steps) => {
    let clock = 0;
    return steps.map((step, i) => {
      clock += step.gap;
      const event = at(clock / minute, step.name, step.properties, {
        ...(step.who as Partial<OwnedEvent>),
        sessionId: (step.who.anonymousId === null ? null : `s${i % 3}`) as SessionId | null,
      });
      // The counter of the stories would make two runs of one story differ.
      return { ...event, messageId: `m${String(i).padStart(3, '0')}` as typeof event.messageId };
    });
  });

const settleAt = (person: Person, now: number): void => cartAspect.settle?.(person.state, now, person.shelf);

describe('the fold of a person’s commerce', () => {
  it('C2: any order of arrival gives the same bytes', () => {
    fc.assert(
      fc.property(
        story.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, arrived]) => {
          expect(fold(...arrived).bytes).toBe(fold(...events).bytes);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('C7: looking at the clock between the events changes nothing', () => {
    fc.assert(
      fc.property(story, fc.array(fc.nat({ max: 1000 }), { maxLength: 60 }), fc.nat(), (events, looks, after) => {
        const plain = new Person();
        const watched = new Person();
        let look = 0;
        for (const [i, event] of events.entries()) {
          plain.step(structuredClone(event));
          const from = events[i - 1]?.at ?? start;
          // Once or twice between two events, at any instant before the next, the last one possible among them.
          for (let n = 0; n < 2; n += 1) {
            const share = looks[look++ % Math.max(looks.length, 1)] ?? 1000;
            const now = from + Math.floor(((event.at - 1 - from) * share) / 1000);
            if (now >= from && now < event.at) settleAt(watched, now);
          }
          watched.step(structuredClone(event));
          expect(watched.bytes).toBe(plain.bytes);
        }
        const end = (events.at(-1)?.at ?? start) + after;
        settleAt(plain, end);
        settleAt(watched, end - Math.floor(after / 2));
        settleAt(watched, end);
        expect(watched.bytes).toBe(plain.bytes);
      }),
      { numRuns: 200 },
    );
  });

  it('C7: dueAt is the very next instant at which the clock changes something', () => {
    fc.assert(
      fc.property(story, (events) => {
        const person = fold(...events);
        settleAt(person, events.at(-1)?.at ?? start);
        for (let n = 0; n < 200; n += 1) {
          const due = cartAspect.dueAt?.(person.state) ?? null;
          const before = person.bytes;
          if (due === null) {
            settleAt(person, Number.MAX_SAFE_INTEGER);
            expect(person.bytes).toBe(before);
            return;
          }
          settleAt(person, due - 1);
          expect(person.bytes).toBe(before);
          settleAt(person, due);
          expect(person.bytes).not.toBe(before);
        }
        throw new Error('the clock never comes to an end');
      }),
      { numRuns: 200 },
    );
  });

  it('C2, C3, C5, C6: what must hold of any state', () => {
    fc.assert(
      fc.property(story, (events) => {
        const person = new Person();
        const abandoned = new Set<string>();
        const recovered = new Set<string>();
        for (const event of events) {
          person.step(event);
          const { state } = person;
          for (const cart of state.carts) {
            expect(isOpen(cart)).toBe(cart.endedAt === null);
            if (isOpen(cart)) expect(cart.lines.length).toBeGreaterThan(0);
            if (cart.phase === 'emptied' || cart.phase === 'converted') expect(cart.lines).toEqual([]);
            for (const line of cart.lines) expect(line.quantity).toBeGreaterThan(0);
            expect(new Set(cart.lines.map((line) => line.key)).size).toBe(cart.lines.length);
            const open = cart.episodes.filter((episode) => episode.outcome === 'open');
            expect(open).toEqual(cart.phase === 'abandoned' ? [cart.episodes.at(-1)] : []);
          }
          for (const cart of person.carts) {
            if (cart.episodes.length > 0) abandoned.add(cart.id);
            if (cart.episodes.some((episode) => episode.outcome === 'recovered')) recovered.add(cart.id);
          }
          const tokens = state.carts.filter(isOpen).flatMap((cart) => cart.token ?? []);
          expect(new Set(tokens).size).toBe(tokens.length);
          expect(new Set(state.carts.map((cart) => cart.id)).size).toBe(state.carts.length);
          // C6: nobody who is logged in on a device has a guest's cart open on it.
          if (event.userId !== null) {
            expect(
              state.carts.filter((cart) => isOpen(cart) && cart.guest === event.anonymousId && cart.guest),
            ).toEqual([]);
          }
          const { counts } = person.figures;
          expect([counts.cartsAbandoned, counts.cartsRecovered]).toEqual([abandoned.size, recovered.size]);
          for (const code of person.warnings) expect(cartWarnings).toContain(code);
        }
        for (const cart of person.carts) cartShape.parse(cart);
        for (const order of person.orders) orderOfCarts.parse(order);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a hostile history', () => {
  it('whatever the properties are, a step never throws and the state stays plain', () => {
    const anything = fc.object({ maxDepth: 3, withNullPrototype: true });
    const hostile = fc.dictionary(
      fc.constantFrom(
        'products',
        'product_id',
        'sku',
        'quantity',
        'price',
        'currency',
        'cart_id',
        'order_id',
        'total',
        'options',
        '__proto__',
      ),
      fc.oneof(anything, fc.anything(), fc.array(anything), fc.string(), fc.double(), fc.constant('__proto__')),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), hostile), { maxLength: 15 }), (steps) => {
        const wire = steps.map(([name, p], i) => {
          // What can come over the wire is JSON.
          let parsed: Record<string, unknown> = {};
          try {
            parsed = JSON.parse(JSON.stringify(p) ?? '{}');
          } catch {}
          return at(i, name, parsed);
        });
        const person = fold(...wire).settle(100_000);
        expect(JSON.parse(JSON.stringify(person.state))).toEqual(person.state);
        for (const cart of person.carts) cartShape.parse(cart);
        for (const order of person.orders) orderOfCarts.parse(order);
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('an absurd number of absurd orders still sums to an integer', () => {
    const events = Array.from({ length: 2000 }, (_, i) =>
      at(i, 'Order Completed', { order_id: `o${i}`, revenue: 99_999_999_999, currency: 'EUR' }),
    );
    for (const { minor } of fold(...events).figures.revenue) expect(Number.isSafeInteger(minor)).toBe(true);
  });

  const run = (events: Iterable<OwnedEvent>) => {
    const state = cartAspect.start();
    const shelf = emptyShelf();
    let readsMost = 0;
    let bytesMost = 0;
    let count = 0;
    for (const event of events) {
      const before = shelf.reads;
      cartAspect.step(state, event, shelf, { warn: () => {} });
      readsMost = Math.max(readsMost, shelf.reads - before);
      count += 1;
      if (count % 100 === 0) bytesMost = Math.max(bytesMost, JSON.stringify(state).length);
    }
    return { state, shelf, readsMost, bytesMost, count };
  };

  /** Buys, abandons, comes back, for years: one cart after another. */
  function* customer(events: number): Generator<OwnedEvent> {
    for (let i = 0; i < events; i += 1) {
      const minutes = i * 90;
      const p = { product_id: `p${i % 7}`, price: 10, currency: 'EUR', cart_id: `t${Math.floor(i / 10)}` };
      const name = i % 10 === 9 ? 'Order Completed' : i % 2 === 0 ? 'Product Added' : 'Cart Viewed';
      yield at(minutes, name, name === 'Product Added' ? p : { ...p, order_id: `o${i}`, total: 10, products: [p] });
    }
  }

  /** Never buys: one cart that is abandoned and taken up again for ever. */
  function* dawdler(events: number): Generator<OwnedEvent> {
    for (let i = 0; i < events; i += 1) yield at(i * 90, 'Product Added', { product_id: `p${i % 60}`, price: 10 });
  }

  /** A cart a step, each with as many lines as it may have. */
  function* flooder(events: number): Generator<OwnedEvent> {
    const products = Array.from({ length: 300 }, (_, n) => ({ product_id: `p${n}`, name: 'x'.repeat(300) }));
    for (let i = 0; i < events; i += 1) {
      yield at(i, 'Cart Updated', { cart_id: `t${i}`, products: i % 10 === 0 ? products : products.slice(0, 2) });
    }
  }

  it.each([
    ['a customer of years', customer, 10_000, 20_000],
    ['a cart that is never bought', dawdler, 10_000, 60_000],
    ['a flood of carts', flooder, 2000, 700_000],
  ] as const)('a step of 10,000 events’ history costs what the first did: %s', (_, tell, events, bytesMax) => {
    const { state, shelf, readsMost, bytesMost } = run(tell(events));
    expect(readsMost).toBeLessThanOrEqual(2);
    expect(shelf.writes).toBeLessThanOrEqual(events * 2);
    expect(bytesMost).toBeLessThanOrEqual(bytesMax);
    expect(state.carts.length).toBeLessThanOrEqual(cartsMax);
    const lines = state.carts.flatMap((cart) => [
      ...cart.lines,
      ...cart.held,
      ...cart.episodes.flatMap((e) => e.lines),
    ]);
    expect(lines.length).toBeLessThanOrEqual(linesInStateMax);
    for (const cart of state.carts) expect(cart.episodes.length).toBeLessThanOrEqual(episodesMax);
  });

  it('what leaves the state is on the shelf, and is shown with the rest', () => {
    const person = fold(...customer(3000));
    expect(person.carts).toHaveLength(300);
    expect(new Set(person.carts.map((cart) => cart.id)).size).toBe(300);
    expect(person.orders).toHaveLength(300);
    expect(person.figures.counts).toMatchObject({ orders: 300, cartsAbandoned: 300, cartsRecovered: 300 });
  });

  it('beyond the bound the carts longest untouched are closed, and it is said', () => {
    const events = Array.from({ length: cartsMax + 3 }, (_, i) =>
      at(i, 'Product Added', { product_id: 'p1', cart_id: `t${i}` }),
    );
    const person = fold(...events);
    expect(person.warnings).toEqual(['carts_many', 'carts_many', 'carts_many']);
    expect(person.states.slice(0, 4)).toEqual(['expired', 'expired', 'expired', 'active']);
    expect(person.figures.counts.cartsOpen).toBe(cartsMax);
    expect(person.carts).toHaveLength(cartsMax + 3);
  });
});

describe('what the aspect is', () => {
  it('starts from nothing, each person from their own', () => {
    const state = cartAspect.start();
    expect(state).not.toBe(cartAspect.start());
    expect(cartAspect.dueAt?.(state)).toBeNull();
    expect(new Person().figures).toEqual({
      counts: { productViews: 0, cartAdds: 0, orders: 0, cartsAbandoned: 0, cartsRecovered: 0, cartsOpen: 0 },
      revenue: [],
    });
  });

  it('changes nothing of an event, and survives being stored between steps', () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null)
        for (const part of Object.values(Object.freeze(value))) freeze(part);
      return value;
    };
    fc.assert(
      fc.property(story, (events) => {
        const stored = new Person();
        for (const event of [...events].sort(compareEvents)) {
          stored.state = JSON.parse(JSON.stringify(stored.state));
          stored.step(freeze(structuredClone(event)));
        }
        expect(stored.bytes).toBe(fold(...events).bytes);
      }),
      { numRuns: 100 },
    );
  });

  it('C2: keeps a line’s parts in one order, whenever each was told', () => {
    const told = [{}, { variant: 'Red' }, { name: 'Tea' }, { currency: 'EUR', price: 3 }];
    const events = told.map((more, minutes) =>
      at(minutes, 'Product Added', { product_id: 'p1', variant_id: 'v1', ...more }),
    );
    const stored = new Person();
    for (const event of events) {
      stored.state = JSON.parse(JSON.stringify(stored.state));
      stored.step(event);
    }
    expect(stored.bytes).toBe(fold(...events).bytes);
    expect(stored.bytes).toContain('"variant":"Red","name":"Tea","quantity":4,"price":"3"');
  });

  it('C2: a currency is named only where the lines agree', () => {
    const person = fold(
      at(
        0,
        'Product Added',
        { product_id: 'p1', currency: 'EUR' },
        { userId: 'U1' as UserId, anonymousId: 'A1' as AnonymousId },
      ),
    );
    expect(person.state.carts.map(currencyIn)).toEqual(['EUR']);
  });
});
