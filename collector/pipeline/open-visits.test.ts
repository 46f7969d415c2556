// What the writer remembers between two batches, against what it reads when it remembers nothing: the same visits, the same
// profiles, the same deadlines.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityMigrations } from '../identity/store.js';
import { sessionMigrations } from '../sessions/store.js';
import { identify, openShop, page, track } from './calls.fixture.js';

type Shop = ReturnType<typeof openShop>;

const act = fc.record({
  device: fc.constantFrom('A1', 'A2'),
  what: fc.constantFrom('page', 'cart', 'order', 'identify', 'wait'),
  /** Since the act before: within a visit, just over its end, and long enough for a cart to be left. */
  minutes: fc.constantFrom(-3, 0, 1, 12, 31, 90, 1_500),
});
type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

/** What to do, said once, so that several shops can be told the same. */
const steps = (acts: readonly Act[]): ((shop: Shop) => void)[] => {
  let minute = 0;
  return acts.map(({ device, what, minutes }, n) => {
    minute = Math.max(0, minute + minutes);
    const at = minute;
    if (what === 'wait') return (shop) => shop.wait(at);
    const told = {
      page: () => page(device, at),
      identify: () => identify(device, `U-${device}`, at),
      cart: () => track(device, 'Product Added', at, { product_id: `p${n}`, price: 5, currency: 'EUR' }),
      order: () => track(device, 'Order Completed', at, { order_id: `o${n}`, total: 10, currency: 'EUR' }),
    }[what]();
    return (shop) => void shop.send([told]);
  });
};

/** The state in names that two shops share: profile ids derive from a shop's own secret. */
const standing = (shop: Shop) => {
  const { store } = shop.writer;
  let text = shop.lines().join('\n');
  for (const { hid, value } of store.prepare<{ hid: string; value: string }>('SELECT hid, value FROM nodes').all())
    text = text.replaceAll(hid, `profile of ${value}`);
  const deadlines = 'SELECT value, due_at FROM deadlines JOIN nodes ON nodes.id = deadlines.leader ORDER BY value';
  return { lines: text.split('\n').sort(), deadlines: store.prepare(deadlines).all() };
};

/** The tables as they were when a device's row held its open visit. */
const asBefore = ({ writer: { store } }: Shop): void => {
  store.exec(`
    UPDATE devices SET state = json_set(
      coalesce((SELECT fold FROM sessions WHERE begin = devices.session), state),
      '$.session', json(coalesce((SELECT body FROM sessions WHERE begin = devices.session), 'null')));
    ALTER TABLE devices DROP COLUMN session;
    ALTER TABLE sessions DROP COLUMN fold;
    DROP INDEX sessions_by_start;
    CREATE INDEX sessions_by_end ON sessions (ended_at, started_at, dev);
  `);
};
const later = [...identityMigrations, ...sessionMigrations]
  .filter(({ name }) => name >= '0801')
  .sort((a, b) => (a.name < b.name ? -1 : 1));

describe('what is remembered between two batches', () => {
  it('says what the tables say (S2, R10, C4): a writer that forgets after each batch ends with the same state', () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 25 }), (acts) => {
        const one = openShop();
        const other = openShop();
        for (const step of steps(acts)) {
          step(one);
          step(other);
          other.writer.pipeline.set.forgetLoaded();
        }
        expect(standing(other)).toEqual(standing(one));
        expect(one.rebuild().equal).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('S2: a visit that was open in a store from before goes on', () => {
    const all = steps([
      { device: 'A1', what: 'page', minutes: 0 },
      { device: 'A1', what: 'cart', minutes: 12 },
      { device: 'A2', what: 'identify', minutes: 0 },
      { device: 'A1', what: 'page', minutes: 12 },
      { device: 'A2', what: 'page', minutes: 1 },
      { device: 'A1', what: 'order', minutes: 31 },
    ]);
    const one = openShop();
    for (const step of all) step(one);
    const other = openShop();
    for (const step of all.slice(0, 3)) step(other);
    asBefore(other);
    for (const { sql } of later) other.writer.store.exec(sql);
    other.writer.pipeline.set.forgetLoaded();
    for (const step of all.slice(3)) step(other);
    expect(standing(other)).toEqual(standing(one));
    expect(other.rebuild().equal).toBe(true);
  });
});
