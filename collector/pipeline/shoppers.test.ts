// The properties of section 1's end, over shoppers at the wire: what the door accepted is one set of facts, and the state
// is what any other way to hand them over would have made of it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { purposes } from '../contract/purposes.js';
import type { AcceptedEvent } from '../events/event.js';
import { type EventRow, flag, parseBody } from '../events/store.js';
import { identityStore } from '../identity/store.js';
import { readModelOf } from '../profiles/open.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { openHouse, whole } from './facts.fixture.js';
import { dumpLines } from './rebuild.js';
import { live, type Shopping, shoppersEndAt, shoppingArb } from './shoppers.fixture.js';
import { openWriter } from './writer.js';

const seed = Number(process.env.WEFT_SEED ?? 20261129);
const runs = Number(process.env.WEFT_RUNS ?? 25);
console.log(`property seed ${seed} (WEFT_SEED repeats it)`);

const lived = (shopping: Shopping) => {
  const writer = openWriter({
    path: ':memory:',
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: defaultSiteRules,
    consentFile: null,
  });
  const answers = live(writer, shopping);
  writer.due(shoppersEndAt);
  const rows = writer.store.prepare<EventRow>('SELECT * FROM events ORDER BY seq').all();
  return { writer, answers, rows, events: rows.map(parseBody), lines: dumpLines(writer.pipeline.set) };
};

/** As they were stored, in a house with the same secret. */
const replayed = (secret: string, batches: readonly (readonly AcceptedEvent[])[]): string[] => {
  const house = openHouse({ ...whole, secret });
  for (const batch of batches)
    house.take(
      batch.map((event) => structuredClone(event)),
      shoppersEndAt,
    );
  return house.lines(shoppersEndAt);
};

describe('shoppers at the wire', () => {
  it('R10, R4, R1, C8: what the door accepted is on one profile each, and any other delivery of it gives the same bytes', () => {
    const seen = new Map<string, number>();
    const note = (what: string, n = 1): void => {
      seen.set(what, (seen.get(what) ?? 0) + n);
    };
    fc.assert(
      fc.property(shoppingArb, fc.infiniteStream(fc.nat()), (shopping, chance) => {
        const { writer, answers, rows, events, lines } = lived(shopping);
        for (const { accepted, dropped, rejected, held } of answers) {
          note('accepted', accepted);
          for (const { code } of [...dropped, ...rejected, ...held]) note(code);
        }
        // One owner each, but for bots, visits of nobody, and server events whose key matches nothing yet.
        // R4: by what any of them that has an owner of its own carries.
        const carried = new Set(
          rows.flatMap(({ owner, dev, usr }, index) => {
            const { contacts, keys } = events[index]!;
            return owner !== null && (dev ?? usr ?? contacts[0])
              ? keys.map(({ kind, value }) => `${kind} ${value}`)
              : [];
          }),
        );
        for (const [index, row] of rows.entries()) {
          if (row.flags & flag.bot) note('bot');
          else if (row.flags & flag.measured) note('measured');
          else if (row.owner === null) {
            const { userId, contacts, keys } = events[index]!;
            expect([row.dev, userId, contacts]).toEqual([null, null, []]);
            for (const { kind, value } of keys) expect(carried).not.toContain(`${kind} ${value}`);
            note('waiting');
          } else note('owned');
        }
        const owned = rows.filter((row) => row.owner !== null && !(row.flags & (flag.bot | flag.flooded)));
        const told = owned.filter((row) => parseBody(row).name !== 'Page Engaged').length;
        const states = writer.store.prepare<{ state: string }>('SELECT state FROM profiles').all();
        const counted = states.reduce((sum, { state }) => sum + JSON.parse(state).aspects.presence.events, 0);
        expect(counted).toBe(told);
        // R1: one live user a profile.
        const live = writer.store
          .prepare<{ n: number }>(
            `SELECT count(*) AS n FROM nodes WHERE kind = 'user_id' AND id NOT IN (SELECT src FROM renames)
             AND id IN (SELECT usr FROM events) GROUP BY leader ORDER BY n DESC`,
          )
          .get();
        expect(live?.n ?? 0).toBeLessThanOrEqual(1);
        // C8: orders less refunds are the revenue.
        const model = readModelOf(writer.store);
        const asked = { purposes, now: shoppersEndAt };
        for (const { hid } of writer.store
          .prepare<{ hid: string }>('SELECT hid FROM profiles JOIN nodes ON nodes.id = profiles.leader')
          .all()) {
          // R15: who took back what reading needs is read by nobody.
          const orders = model.orders(hid, { ...asked, limit: 500, cursor: null })?.items;
          if (orders === undefined) {
            note('unread');
            continue;
          }
          const net = orders.reduce(
            (sum, one) => sum + (one.state === 'cancelled' || one.elsewhere ? 0 : one.revenueMinor - one.refundedMinor),
            0,
          );
          const revenue = model.profile(hid, asked)!.revenue.reduce((sum, { minor }) => sum + minor, 0);
          expect(revenue).toBe(net);
        }
        // Any other delivery of the same facts: shuffled, some twice, cut otherwise.
        const secret = identityStore(writer.store).site('secret')!;
        const next = (below: number): number => (chance.next().value as number) % below;
        const shuffled = [...events, ...events.filter(() => next(5) === 0)]
          .map((event) => ({ event, key: next(1_000_000) }))
          .sort((a, b) => a.key - b.key)
          .map(({ event }) => event);
        const batches: AcceptedEvent[][] = [];
        while (shuffled.length > 0) batches.push(shuffled.splice(0, 1 + next(6)));
        expect(replayed(secret, batches)).toEqual(lines);
        const rebuilt = writer.command({ kind: 'rebuild', at: shoppersEndAt, check: true }).body;
        expect(rebuilt).toMatchObject({ equal: true });
        writer.close();
      }),
      { seed, numRuns: runs },
    );
    // The generator makes what it says: a property over shoppers who only look at pages would hold of anything.
    for (const what of ['accepted', 'owned', 'measured', 'bot', 'waiting', 'no_receipt'])
      expect([what, (seen.get(what) ?? 0) > 0]).toEqual([what, true]);
    console.log([...seen].map(([what, n]) => `${what} ${n}`).join(', '));
  }, 120_000);
});

describe('cases that chance found among shoppers', () => {
  it('R10, R15: visits that lose their person stay visits, though a server’s refund had found the device by the order', () => {
    const act = (kind: string, more: object, after = 0) => ({ after, act: { kind, on: 2, ...more } });
    const { lines, writer } = lived({
      skewMinutes: [0, 0, 0, 0],
      first: ['none', 'none', 'all', 'none'],
      acts: [
        act('add', { product: 'p1' }),
        act('refund', { order: 'O1', cancel: false }, 31),
        act('buy', { order: 'O1', mail: null }),
        act('withdraw', { all: false }),
      ] as unknown as Shopping['acts'],
    });
    expect(lines.filter((line) => line.startsWith('["session"'))).toHaveLength(2);
    // R14: nor is the device's name kept by the refund that had found it.
    const named = writer.store.prepare<{ value: string }>("SELECT value FROM nodes WHERE kind = 'anonymous_id'").all();
    expect(named.map(({ value }) => value)).not.toContain('A2.0');
    expect(writer.command({ kind: 'rebuild', at: shoppersEndAt, check: true }).body).toMatchObject({ equal: true });
    writer.close();
  });
});
