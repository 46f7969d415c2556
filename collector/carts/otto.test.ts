// Real visitors of a real shop: the counts are the data set's own, the rest follows from the rules by hand.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at, fold, minute, type Person, start } from './story.fixture.js';

interface Visitor {
  session: number;
  events: { aid: number; ts: number; type: 'clicks' | 'carts' | 'orders' }[];
}

const visitors = readFileSync(new URL('./fixtures/otto_sessions.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((row) => JSON.parse(row) as Visitor);

const lastAt = Math.max(...visitors.flatMap(({ events }) => events.map((event) => event.ts)));
const minutes = (ts: number): number => (ts - start) / minute;

/** One row an ordered item: the rows of one instant are one order. */
const person = ({ session, events }: Visitor): Person => {
  const orders = new Map<number, { product_id: number }[]>();
  const told = [];
  for (const { aid, ts, type } of events) {
    if (type === 'clicks') told.push(at(minutes(ts), 'Product Viewed', { product_id: aid }));
    if (type === 'carts') told.push(at(minutes(ts), 'Product Added', { product_id: aid }));
    if (type === 'orders') orders.set(ts, [...(orders.get(ts) ?? []), { product_id: aid }]);
  }
  for (const [ts, products] of orders) {
    told.push(
      at(minutes(ts), 'Order Completed', { order_id: `${session}-${ts}`, total: 1, currency: 'EUR', products }),
    );
  }
  return fold(...told).settle(minutes(lastAt));
};

const people = visitors.map(person);
const sum = (count: (p: Person) => number): number => people.reduce((all, p) => all + count(p), 0);

describe('20 visitors of otto.de', () => {
  it('are counted as the data set counts them', () => {
    expect(sum((p) => p.figures.counts.productViews)).toBe(800);
    expect(sum((p) => p.figures.counts.cartAdds)).toBe(52);
    expect(sum((p) => p.figures.counts.orders)).toBe(5);
    expect(sum((p) => p.orders.reduce((lines, order) => lines + order.lines.length, 0))).toBe(10);
    expect(people.filter((p) => p.carts.length > 0)).toHaveLength(7);
  });

  it('C3: all 7 who ever added something leave a cart behind, as the data set says', () => {
    const left = people.filter((p) => ['active', 'abandoned', 'expired'].includes(p.carts[0]?.state ?? ''));
    expect(left).toHaveLength(7);
  });

  it('C5: nothing that was bought is still in a cart, unless it was added again', () => {
    for (const [i, { events }] of visitors.entries()) {
      const inCart = people[i]!.carts.flatMap((cart) => cart.lines.map((line) => line.key));
      for (const key of inCart) {
        const lastAdd = events.findLast((e) => e.type === 'carts' && String(e.aid) === key)!;
        const bought = events.filter((e) => e.type === 'orders' && String(e.aid) === key && e.ts >= lastAdd.ts);
        expect(bought).toEqual([]);
      }
    }
  });

  it('C4: an episode is 60 quiet minutes after something was added, and no quiet hour with a full cart is without one', () => {
    for (const [i, { events }] of visitors.entries()) {
      const episodes = people[i]!.carts.flatMap((cart) => cart.episodes.map((e) => Date.parse(e.abandonedAt)));
      for (const abandonedAt of episodes) {
        const before = events.filter((e) => e.ts <= abandonedAt);
        expect(before.at(-1)!.ts).toBe(abandonedAt - 60 * minute);
        expect(before.some((e) => e.type === 'carts')).toBe(true);
      }
      const quiet = events.filter((e, n) => e.type === 'carts' && (events[n + 1]?.ts ?? lastAt) - e.ts >= 60 * minute);
      for (const add of quiet) {
        const isSameAs = (e: { ts: number; type: string }) => e.ts === add.ts && e.type === 'orders';
        if (!events.some(isSameAs)) expect(episodes).toContain(add.ts + 60 * minute);
      }
    }
  });
});
