// What the overview adds up, against the plain sum over all people, and how often it reads a day again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { CartState } from '../carts/state.js';
import { openDays } from '../profiles/read/days.js';
import { totalsStore } from '../profiles/totals.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import {
  type Call,
  identify,
  minuteMs,
  openShop,
  page,
  publicKey,
  secretKey,
  startAt,
  track,
} from './calls.fixture.js';
import { settle, submissionOf } from './sent.fixture.js';
import { openWriter, type Writer } from './writer.js';

const seed = Number(process.env.WEFT_SEED);

/** As one would who has the time to read everybody. */
const plainly = ({ store }: Pick<Writer, 'store'>) => {
  const people = store
    .prepare<{ state: string; kind: string }>('SELECT state, kind FROM profiles JOIN nodes ON id = profiles.leader')
    .all()
    .map(({ state, kind }) => ({ kind, carts: JSON.parse(state).aspects.carts as CartState }));
  const sum = (of: (carts: CartState) => number): number => people.reduce((n, { carts }) => n + of(carts), 0);
  const revenue: Record<string, number> = {};
  for (const { carts } of people)
    for (const [currency, { minor }] of Object.entries(carts.revenue))
      revenue[currency] = (revenue[currency] ?? 0) + minor;
  return {
    people: people.length,
    known: people.filter(({ kind }) => kind !== 'anonymous_id').length,
    orders: sum(({ orders }) => orders),
    cartsAbandoned: sum(({ cartsAbandoned }) => cartsAbandoned),
    cartsRecovered: sum(({ cartsRecovered }) => cartsRecovered),
    cartEpisodes: sum(({ cartEpisodes }) => cartEpisodes ?? 0),
    cartsOpen: sum(({ carts }) => carts.filter(({ phase }) => phase === 'active' || phase === 'abandoned').length),
    revenue: Object.entries(revenue)
      .filter(([, minor]) => minor !== 0)
      .map(([currency, minor]) => ({ currency, minor }))
      .sort((a, b) => b.minor - a.minor),
  };
};

const act = fc.record({
  device: fc.constantFrom('A1', 'A2', 'A3'),
  user: fc.constantFrom('U1', 'U2'),
  what: fc.constantFrom('page', 'cart', 'order', 'refund', 'identify', 'alias', 'erase', 'wait'),
  currency: fc.constantFrom('EUR', 'JPY'),
  minutes: fc.constantFrom(-30, 0, 1, 31, 90),
});

describe('the sums over all people', () => {
  it('are what a plain sum says, whatever was done, joined and forgotten, and survive a rebuild', () => {
    console.log(`property seed ${seed} (WEFT_SEED repeats it)`);
    const seen = { orders: 0, cartsAbandoned: 0, known: 0, fewer: 0 };
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 14 }), (acts) => {
        const shop = openShop();
        const { writer } = shop;
        let minute = 0;
        let people = 0;
        /** A deadline that the clock has passed stays passed. */
        let latest = 0;
        for (const [n, { device, user, what, currency, minutes }] of acts.entries()) {
          minute = Math.max(0, minute + minutes);
          latest = Math.max(latest, minute);
          const calls: Partial<Record<typeof what, () => [Call, typeof publicKey]>> = {
            page: () => [page(device, minute), publicKey],
            identify: () => [identify(device, user, minute), publicKey],
            cart: () => [
              track(device, 'Product Added', minute, { product_id: `p${n}`, price: 5, currency }),
              publicKey,
            ],
            order: () => [
              track(device, 'Order Completed', minute, { order_id: `o${n % 4}`, total: 10, currency }),
              publicKey,
            ],
            refund: () => [track(null, 'Order Refunded', minute, { order_id: `o${n % 4}` }), secretKey],
            alias: () => [
              { ...track(null, '', minute), type: 'alias', event: undefined, userId: 'U2', previousId: 'U1' },
              secretKey,
            ],
          };
          const made = calls[what]?.();
          if (made) shop.send([made[0]], { key: made[1] });
          else if (what === 'wait') shop.wait(latest);
          else {
            const at = startAt + latest * minuteMs;
            writer.command({ kind: 'erase', subject: { userId: user }, at, by: 'test' } as never);
            while (writer.slice(at));
          }
          const sums = totalsStore(writer.store).read();
          expect(sums).toEqual(plainly(writer));
          for (const name of ['orders', 'cartsAbandoned', 'known'] as const) if (sums[name] > 0) seen[name] += 1;
          if (sums.people < people) seen.fewer += 1;
          people = sums.people;
        }
        const at = startAt + latest * minuteMs;
        writer.due(at);
        const before = totalsStore(writer.store).read();
        expect(writer.command({ kind: 'rebuild', at, check: true }).body).toMatchObject({ equal: true });
        writer.command({ kind: 'rebuild', at, check: false });
        expect(totalsStore(writer.store).read()).toEqual(before);
        writer.close();
      }),
      { seed, numRuns: Number(process.env.WEFT_RUNS ?? 60) },
    );
    for (const [what, times] of Object.entries(seen)) expect([what, times > 0]).toEqual([what, true]);
  });

  const folder = mkdtempSync(join(tmpdir(), 'weft-overview-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  it('of a store from before there were any are counted when it is opened', () => {
    const open = (): Writer =>
      openWriter({
        path: join(folder, 'weft.sqlite'),
        rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
        site: defaultSiteRules,
        consentFile: null,
      });
    let writer = open();
    const batch = [
      identify('A1', 'U1', 0),
      track('A1', 'Product Added', 1, { product_id: 'p1', price: 5, currency: 'EUR' }),
      track('A2', 'Order Completed', 1, { order_id: 'o1', total: 10, currency: 'EUR' }),
    ];
    settle(writer, submissionOf({ batch }, startAt + minuteMs, { key: publicKey, origin: 'https://shop.test' }));
    const before = totalsStore(writer.store).read();
    expect(before).toMatchObject({ people: 2, known: 1, orders: 1, cartsOpen: 1 });
    writer.store.exec('DELETE FROM totals');
    writer.close();
    writer = open();
    expect(totalsStore(writer.store).read()).toEqual(before);
    writer.close();
  });

  it('that a rollback takes back are not added later', () => {
    const shop = openShop();
    shop.send([page('A1', 0)]);
    const { pipeline, store } = shop.writer;
    expect(() =>
      pipeline.attempt(() => {
        pipeline.set.changedTotals.set('people', 5);
        throw new Error('the disk is full');
      }),
    ).toThrow('the disk is full');
    shop.send([page('A2', 1)]);
    expect(totalsStore(store).read()).toMatchObject({ people: 2 });
    shop.writer.close();
  });
});

describe('visits by day', () => {
  const dayMinutes = 1_440;
  const told = (days: ReturnType<ReturnType<typeof openDays>>): number[] => days.map(({ sessions }) => sessions);

  it('S-1: are read anew each time where that takes no time', () => {
    const shop = openShop();
    const days = openDays(shop.writer.store, 3, () => 0);
    shop.send([page('A1', 0), page('A1', 2 * dayMinutes)]);
    const now = startAt + 2 * dayMinutes * minuteMs;
    expect(told(days(now))).toEqual([1, 0, 1]);
    shop.send([page('A2', dayMinutes)]);
    expect(told(days(now))).toEqual([1, 1, 1]);
    shop.writer.close();
  });

  it('where it takes long, a day that is over is read again after ten minutes, one for a page, and today always', () => {
    const shop = openShop();
    let ms = 0;
    const days = openDays(shop.writer.store, 3, () => {
      ms += 100;
      return ms;
    });
    shop.send([page('A1', 0), page('A1', 2 * dayMinutes)]);
    const now = startAt + 2 * dayMinutes * minuteMs;
    expect(told(days(now))).toEqual([1, 0, 1]);
    shop.send([page('A2', 0), page('A2', dayMinutes), page('A2', 2 * dayMinutes)]);
    expect(told(days(now + 1_000))).toEqual([1, 0, 2]);
    expect(told(days(now + 600_000))).toEqual([2, 0, 2]);
    expect(told(days(now + 600_001))).toEqual([2, 1, 2]);
    // Tomorrow: what was today is read, and then kept.
    const next = now + dayMinutes * minuteMs;
    expect(told(days(next))).toEqual([1, 2, 0]);
    shop.writer.close();
  });
});
