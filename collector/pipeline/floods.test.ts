// R13's limit of one identifier's events in a minute, for users on many devices, servers that name them, and servers that
// name an address alone. A small bound serves; the last test holds the real one.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErasureSubject } from '../consent/rights/erase.js';
import type { AcceptedEvent, Contact } from '../events/event.js';
import { announcementsOf } from '../profiles/announcements.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { actsArb, liveThrough } from './acts.fixture.js';
import { call, identify, openShop, page, secretKey, track } from './calls.fixture.js';
import { epochAt, fact, laterAt, minuteMs, openHouse, whole } from './facts.fixture.js';
import { dumpLines, rebuild } from './rebuild.js';
import { record } from './record.js';
import type { WorkingSet } from './working-set.js';
import { openWriter } from './writer.js';

const seed = Number(process.env.WEFT_SEED);
const runs = Number(process.env.WEFT_RUNS ?? 60);
console.log(`property seed ${seed} (WEFT_SEED repeats it)`);

type Shop = ReturnType<typeof openShop>;
const bursts = (shop: Shop): number => shop.warnings().find(({ code }) => code === 'burst')?.count ?? 0;
const flooded = ({ store }: Shop['writer']): number =>
  store.prepare<{ n: number }>('SELECT count(*) AS n FROM events WHERE flags & 4').get()!.n;
const rowsOf = ({ store }: Shop['writer'], table: string): number =>
  store.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n;

const second = 1 / 60;
/** So many page views of a user who is logged in on this device, in the tenth minute. */
const views = (device: string, user: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => page(device, 10 + (from + n) / 100_000, { userId: user }));
const told = (count: number, more: Record<string, unknown>) =>
  Array.from({ length: count }, (_, n) => track(null, 'Ticket Opened', 10 + n / 100_000, {}, more));
const server = { key: secretKey, minute: 11 };
const shopOf = (floodMax: number) => openShop({}, 'apart', { floodMax });

const openIn = (folder: string, floodMax: number) =>
  openWriter({
    path: join(folder, 'weft.sqlite'),
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart', floodMax },
    site: defaultSiteRules,
    consentFile: null,
  });
const inFolder = (work: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-floods-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

describe('a user’s events in one minute', () => {
  it('R13: are counted over all devices, and beyond the bound update no profile on any of them', () => {
    const shop = shopOf(12);
    shop.send([page('A1', 0), identify('A1', 'U1', 1)]);
    for (const device of ['A1', 'A2', 'A3', 'A4']) shop.send(views(device, 'U1', 3));
    expect([flooded(shop.writer), shop.one({ userId: 'U1' }).counts.events]).toEqual([0, 14]);
    shop.send(views('A2', 'U1', 1, 5));
    expect([flooded(shop.writer), bursts(shop)]).toEqual([13, 13]);
    const { id, counts } = shop.one({ userId: 'U1' });
    expect(counts.events).toBe(2);
    // They are whose they are, and shown.
    expect(shop.events(id)).toHaveLength(15);
    shop.send([page('A3', 12, { userId: 'U1' })]);
    expect(shop.one({ userId: 'U1' }).counts.events).toBe(3);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R13: a minute of one user says nothing of another’s on the same devices, nor of who is not logged in', () => {
    const shop = shopOf(4);
    shop.send([...views('A1', 'U1', 3), page('A1', 10.2), ...views('A2', 'U2', 4, 10)]);
    shop.send([...views('A2', 'U1', 2, 200), page('A3', 10)]);
    const marked = shop.writer.store
      .prepare<{ usr: string; n: number }>(
        'SELECT value AS usr, count(*) AS n FROM events JOIN nodes ON id = usr WHERE flags & 4 AND dev <> 0 GROUP BY usr',
      )
      .all();
    expect(marked.filter(({ usr }) => usr === 'U1')).toEqual([{ usr: 'U1', n: 5 }]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it.each([
    ['a server’s alone', [told(13, { userId: 'U1' })]],
    ['a page’s and a server’s', [views('A1', 'U1', 6), told(7, { userId: 'U1' })]],
    ['a server’s and a page’s', [told(7, { userId: 'U1' }), views('A1', 'U1', 6)]],
    ['a server’s on a device', [views('A1', 'U1', 6), told(7, { userId: 'U1', anonymousId: 'A2' })]],
    ['those of an address alone', [told(13, { context: { traits: { email: 'ada@shop.com' } } })]],
  ])('R13: %s are counted too', (_, batches) => {
    const shop = shopOf(12);
    const all = batches.flat();
    for (const batch of batches) shop.send(batch.slice(0, -1), server);
    const last = batches.map((batch) => batch.at(-1)!);
    shop.send(last.slice(1), server);
    expect([flooded(shop.writer), bursts(shop)]).toEqual([0, 0]);
    expect(shop.profiles()).toBe(1);
    shop.send(last.slice(0, 1), server);
    expect([flooded(shop.writer), bursts(shop)]).toEqual([all.length, all.length]);
    expect(shop.profiles()).toBe(0);
    shop.send(told(1, all[0]!.userId ? { userId: 'U1' } : { context: { traits: { email: 'ada@shop.com' } } }), server);
    expect([flooded(shop.writer), bursts(shop), shop.profiles()]).toEqual([14, 14, 0]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R13, R7: an address that pages claim stops nothing of what a server tells of it', () => {
    const shop = shopOf(4);
    const claim = (device: string, n: number) =>
      call('identify', device, 10 + n / 100_000, { traits: { email: 'ada@shop.com' } });
    for (const device of ['A1', 'A2', 'A3']) shop.send([0, 1, 2].map((n) => claim(device, n)));
    shop.send(told(4, { context: { traits: { email: 'ada@shop.com' } } }), server);
    expect(flooded(shop.writer)).toBe(0);
  });

  it('R13, I13: exactly the bound is none, and what comes twice is one', () => {
    const shop = shopOf(12);
    const events = ['A1', 'A2', 'A3', 'A4'].flatMap((device) => views(device, 'U1', 3));
    for (let n = 0; n < 3; n += 1) shop.send(events);
    expect([flooded(shop.writer), shop.one({ userId: 'U1' }).counts.events]).toEqual([0, 12]);
  });

  it('R13, S4: a beat that a later one takes the place of is not counted, in its minute nor in another', () => {
    const shop = shopOf(4);
    const beat = (n: number, minute: number, user: string | null = 'U1') =>
      track(
        'A1',
        'Page Engaged',
        minute,
        { page_message_id: 'v1', engaged_ms: n * 1000 },
        user === null ? {} : { userId: user },
      );
    shop.send(views('A2', 'U1', 3));
    shop.send([page('A1', 10.1, { userId: 'U1', messageId: 'v1' })]);
    for (let n = 0; n < 9; n += 1) shop.send([beat(n, 11 + n * second)]);
    expect(flooded(shop.writer)).toBe(0);
    shop.send([page('A1', 11.9, { userId: 'U1' }), ...views('A3', 'U1', 1, 3)]);
    expect(flooded(shop.writer)).toBe(5);
    expect(shop.rebuild().equal).toBe(true);
    // The fifth of a minute, a beat, goes to the next minute: the flood is over.
    const other = shopOf(4);
    other.send([page('A1', 10, { messageId: 'v1' }), page('A1', 10.1), page('A1', 10.2), page('A1', 10.3)]);
    other.send([beat(1, 10.4, null)]);
    expect(flooded(other.writer)).toBe(5);
    other.send([beat(2, 11, null)]);
    expect(flooded(other.writer)).toBe(0);
    expect(other.rebuild().equal).toBe(true);
  });

  it('R13: late events of a device count for those that come after them', () => {
    const shop = shopOf(4);
    shop.send([page('A1', 10), page('A1', 10.5)]);
    shop.send([page('A1', 10.1), page('A1', 10.2), page('A1', 10.3)]);
    expect(flooded(shop.writer)).toBe(5);
    shop.send([page('A1', 10.6)]);
    expect(flooded(shop.writer)).toBe(6);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R13: bots’ events on a device are not counted, before a restart nor after it', () => {
    const house = openHouse({ floodMax: 4 });
    const bots = [1, 2, 3].map((ms) => fact({ on: 'A1', bot: 'a bot', at: epochAt + ms }));
    const views = [4, 5, 6, 7].map((ms) => fact({ on: 'A1', at: epochAt + ms }));
    house.take([...bots, ...views.slice(0, 3)]);
    house.set.forgetLoaded();
    house.take(views.slice(3));
    expect(house.set.sql.prepare('SELECT 1 FROM events WHERE flags & 4').all()).toEqual([]);
    house.take([fact({ on: 'A1', at: epochAt + 8 })]);
    expect(house.set.sql.prepare('SELECT 1 FROM events WHERE flags & 4').all()).toHaveLength(5);
  });

  it('R13: what a transaction took back is not counted', () => {
    const house = openHouse({ floodMax: 4 });
    const views = [1, 2, 3, 4].map((ms) => fact({ on: `A${ms}`, user: 'U1', at: epochAt + ms }));
    house.take(views.slice(0, 2));
    expect(() =>
      house.within(laterAt, (set) => {
        record(set, { ...views[2]! });
        throw new Error('taken back');
      }),
    ).toThrow('taken back');
    house.take(views.slice(2));
    expect(house.set.sql.prepare('SELECT 1 FROM events WHERE flags & 4').all()).toEqual([]);
  });

  it('R13: the event that is one too many may come late, and after a restart', () => {
    inFolder((folder) => {
      const take = (...facts: AcceptedEvent[]): number => {
        const writer = openIn(folder, 4);
        writer.pipeline.within(laterAt, (set) => {
          for (const event of facts) record(set, event);
        });
        const marked = flooded(writer);
        writer.close();
        return marked;
      };
      const early = (on: string, ms: number) => fact({ on, user: 'U1', at: epochAt + ms });
      take(early('A1', 9), early('A1', 8));
      take(early('A2', 7), fact({ on: 'A2', user: 'U1', minute: 200 }));
      expect(take(early('A3', 6))).toBe(0);
      expect(take(early('A1', 5))).toBe(5);
      expect(take(early('A4', 4))).toBe(6);
    });
  });

  it('R13: a store that was filled before is counted at its first start, and marked by a rebuild', () => {
    inFolder((folder) => {
      const filled = openIn(folder, 1_000);
      filled.pipeline.within(laterAt, (set) => {
        const ada: Contact = { kind: 'email', value: 'ada@shop.com', raw: 'ada@shop.com' };
        for (const at of [epochAt, epochAt + minuteMs - 1, -1, -minuteMs]) {
          for (const on of ['A1', 'A2', 'A3']) record(set, fact({ on, user: 'U1', at }));
          record(set, fact({ user: 'U1', at, channel: 'server' }));
          record(set, fact({ at, channel: 'server', contacts: [ada] }));
          record(set, fact({ on: 'A1', user: 'U2', at, bot: 'a bot' }));
        }
      });
      const counts = (writer: Shop['writer']) => writer.store.prepare('SELECT * FROM minute_counts').all();
      const before = counts(filled);
      expect(before).toHaveLength(4);
      filled.store.exec(
        "DROP TABLE minute_counts; DROP TABLE floods; DELETE FROM migrations WHERE name = '0085-minutes'",
      );
      filled.close();
      const again = openIn(folder, 7);
      expect(counts(again)).toEqual(before);
      expect(flooded(again)).toBe(0);
      again.command({ kind: 'rebuild', at: epochAt + minuteMs, check: false });
      expect([flooded(again), rowsOf(again, 'floods')]).toEqual([16, 2]);
      again.close();
    });
  });

  it('R13, R12: the id that is written counts, whoever’s it is by now', () => {
    const shop = shopOf(4);
    shop.send([...views('A1', 'U1', 3), ...views('A2', 'U9', 3)]);
    shop.send([call('alias', null, 11, { previousId: 'U1', userId: 'U9' })], server);
    expect([flooded(shop.writer), shop.profiles()]).toEqual([0, 1]);
    shop.send(views('A1', 'U1', 2, 3));
    expect(flooded(shop.writer)).toBe(5);
    expect(shop.one({ userId: 'U9' }).counts.events).toBe(4);
    const [merge] = shop.merges(shop.one({ userId: 'U9' }).id);
    shop.undo(merge!.id);
    expect(flooded(shop.writer)).toBe(5);
    expect(shop.rebuild().equal).toBe(true);
  });
});

describe('what is deleted counts no more', () => {
  const erase = (shop: Shop, subject: ErasureSubject): void => {
    shop.writer.command({ kind: 'erase', subject: subject as never, by: 'test', at: laterAt });
    while (shop.writer.slice(laterAt));
  };
  it('R13, R14: an erased device may end the flood of a user, on the other devices and at the server’s', () => {
    const shop = shopOf(6);
    shop.send([...views('A1', 'U1', 2), ...views('A2', 'U1', 3)]);
    shop.send(told(3, { userId: 'U1' }), server);
    expect([flooded(shop.writer), shop.profiles()]).toEqual([8, 0]);
    erase(shop, { anonymousId: 'A1' });
    expect([flooded(shop.writer), shop.one({ userId: 'U1' }).counts.events]).toEqual([0, 6]);
    expect(shop.rebuild().equal).toBe(true);
  });
  it('R14: of an erased user nothing is left in the counts', () => {
    const shop = shopOf(4);
    shop.send([...views('A1', 'U1', 3), ...views('A2', 'U1', 3)]);
    shop.send([...told(6, { context: { traits: { email: 'ada@shop.com' } } })], server);
    expect([rowsOf(shop.writer, 'minute_counts'), rowsOf(shop.writer, 'floods')]).toEqual([2, 2]);
    erase(shop, { userId: 'U1' });
    erase(shop, { email: 'ada@shop.com' });
    expect([rowsOf(shop.writer, 'minute_counts'), rowsOf(shop.writer, 'floods')]).toEqual([0, 0]);
    expect(rowsOf(shop.writer, 'events')).toBe(0);
  });
  it('consent 7, R13: what is too old takes its counts with it, and a flood that it was part of', () => {
    const shop = shopOf(4);
    shop.send(views('A1', 'U1', 3), { minute: 10 });
    // Told of the same minute, and received a month later: kept a month longer.
    shop.send(told(2, { userId: 'U1' }), { key: secretKey, minute: 30 * 1440 });
    expect(flooded(shop.writer)).toBe(5);
    let day = 30;
    const left = () => rowsOf(shop.writer, 'events');
    for (; left() === 5 && day < 4_000; day += 5)
      shop.writer.command({ kind: 'retention', at: epochAt + day * 86_400_000 });
    expect([left(), flooded(shop.writer), rowsOf(shop.writer, 'floods')]).toEqual([2, 0, 0]);
    expect(rowsOf(shop.writer, 'minute_counts')).toBe(1);
    shop.writer.command({ kind: 'retention', at: epochAt + (day + 60) * 86_400_000 });
    expect([left(), rowsOf(shop.writer, 'minute_counts')]).toEqual([0, 0]);
  });
});

describe('floods by chance', () => {
  const deviceArb = fc.constantFrom('A1', 'A2', 'A3', 'A4');
  const userArb = fc.constantFrom('U1', 'U2');
  // Two whole minutes and the edges of their neighbours.
  const at = fc
    .tuple(fc.constantFrom(0, 0, 0, 0, 1, 40), fc.constantFrom(-1, 0, 1, 7, 100, 30_000, 59_999))
    .map(([minute, ms]) => epochAt + minute * minuteMs + ms);
  const email = (value: string): Contact => ({ kind: 'email', value, raw: value });
  type Words = Parameters<typeof fact>[0];
  const mailArb = fc.constantFrom('ada@shop.com', 'bob@shop.com');
  const wordsArb: fc.Arbitrary<Words> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ on: deviceArb, user: userArb, at }) as fc.Arbitrary<Words> },
    { weight: 2, arbitrary: fc.record({ on: deviceArb, at }) as fc.Arbitrary<Words> },
    {
      weight: 3,
      arbitrary: fc
        .record({ on: deviceArb, user: fc.option(userArb), at, view: fc.constantFrom('v1', 'v2'), ms: fc.nat(60_000) })
        .map(
          ({ on, user, at, view, ms }): Words => ({
            on,
            user,
            at,
            type: 'track',
            name: 'Page Engaged',
            properties: { page_message_id: `${on}${view}`, engaged_ms: ms },
          }),
        ),
    },
    {
      weight: 1,
      arbitrary: fc.record({ on: deviceArb, user: userArb, at, bot: fc.constant('a bot') }) as fc.Arbitrary<Words>,
    },
    {
      weight: 3,
      arbitrary: fc
        .record({ at, user: fc.option(userArb), mail: mailArb, order: fc.constantFrom('O1', 'O2'), on: deviceArb })
        .chain(({ at, user, mail, order, on }) =>
          fc.constantFrom<Words>(
            { at, user: user ?? 'U1', type: 'track', name: 'Ticket Opened', channel: 'server' },
            { at, type: 'identify', channel: 'server', contacts: [email(mail)] },
            {
              at,
              user,
              type: 'track',
              name: 'Order Completed',
              channel: 'server',
              keys: [{ kind: 'order', value: order }],
              contacts: [email(mail)],
              properties: { order_id: order, total: 10, currency: 'EUR' },
            },
            { at, on, type: 'track', name: 'Checkout Started', keys: [{ kind: 'order', value: order }] },
            { at, user: 'U2', previousId: 'U1', type: 'alias', channel: 'server' },
          ),
        ),
    },
  );
  const eventsArb = fc
    .array(wordsArb, { minLength: 8, maxLength: 40, size: 'max' })
    .map((all) =>
      all.map((words, index): AcceptedEvent => fact({ ...words, id: `e${String(index).padStart(3, '0')}` })),
    );
  /** The counts as they are kept, and as they are made from the events. */
  const counts = (set: WorkingSet) =>
    ['minute_counts', 'floods'].map((table) => set.sql.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all());

  it('R10, R13: any order, splitting and doubling marks the same events, as a rebuild does', () => {
    let floods = 0;
    fc.assert(
      fc.property(
        eventsArb.chain((events) =>
          fc.tuple(
            fc.shuffledSubarray(events, { minLength: events.length }),
            fc.array(fc.constantFrom(...events), { maxLength: 6 }),
            fc.constant(events),
          ),
        ),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        fc.array(fc.boolean(), { minLength: 1 }),
        fc.integer({ min: 1, max: 6 }),
        ([shuffled, doubled, events], sizes, restarts, floodMax) => {
          const together = openHouse({ ...whole, floodMax });
          together.take(events.map((event) => ({ ...event })));
          const one = together.lines();
          floods += together.set.sql.prepare('SELECT 1 FROM floods').all().length;
          const apart = openHouse({ ...whole, floodMax });
          const all = [...shuffled, ...doubled];
          for (let n = 0; all.length > 0; n += 1) {
            apart.take(all.splice(0, sizes[n % sizes.length]).map((event) => ({ ...event })));
            if (restarts[n % restarts.length]) apart.set.forgetLoaded();
          }
          expect(apart.lines()).toEqual(one);
          const kept = counts(apart.set);
          apart.set.minutes.recount(floodMax);
          expect(counts(apart.set)).toEqual(kept);
          expect(apart.rebuilt()).toEqual(one);
          expect(together.rebuilt()).toEqual(one);
        },
      ),
      { seed, numRuns: runs },
    );
    // Or nothing would have been tried.
    expect(floods).toBeGreaterThan(runs / 2);
  }, 240_000);

  it('R12, R13, R14: after deletions and undos at any moment the marks are those of a rebuild', () => {
    const acts = actsArb([{ userId: 'U1' }, { anonymousId: 'A1' }, { anonymousId: 'A3' }, { email: 'ada@shop.com' }], {
      erase: 2,
      forget: 3,
      eventsMax: 12,
      slicesMax: 20,
    });
    fc.assert(
      fc.property(eventsArb, acts, fc.integer({ min: 1, max: 6 }), (events, done, floodMax) => {
        const writer = openWriter({
          path: ':memory:',
          rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart', floodMax },
          site: defaultSiteRules,
          consentFile: null,
          erasureRowsMax: 3,
        });
        const { set } = writer.pipeline;
        liveThrough(writer, events, done);
        const live = dumpLines(set);
        const kept = counts(set);
        writer.pipeline.within(laterAt, () => rebuild(set, laterAt, announcementsOf));
        expect(live).toEqual(dumpLines(set));
        expect(kept).toEqual(counts(set));
        writer.close();
      }),
      { seed, numRuns: runs },
    );
  }, 240_000);
});

describe('the bound itself', () => {
  it('R13: three thousand of a user in a minute, on four devices and from a server, are people’s; one more is a flood', () => {
    const shop = openShop();
    shop.send([page('A1', 0, { userId: 'U1' })]);
    for (const device of ['A1', 'A2', 'A3']) shop.send(views(device, 'U1', 800));
    shop.send(told(600, { userId: 'U1' }), server);
    expect([flooded(shop.writer), shop.one({ userId: 'U1' }).counts.events]).toEqual([0, 3001]);
    shop.send(views('A4', 'U1', 1));
    expect([flooded(shop.writer), bursts(shop), shop.one({ userId: 'U1' }).counts.events]).toEqual([3001, 3001, 1]);
    expect(shop.rebuild().equal).toBe(true);
  });
});
