// The identity scenarios of the meaning pages, spoken in calls of the wire and read as a developer reads them.

import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type EventRow, parseBody } from '../events/store.js';
import { call, identify, minuteMs, openShop, page, secretKey, startAt, track } from './calls.fixture.js';
import { forgetEvents } from './forget.js';
import { submissionOf } from './sent.fixture.js';

const values = (profile: { identifiers: { type: string; value: string }[] }): string[] =>
  profile.identifiers.map((identifier) => identifier.value).sort();

describe('identity scenarios', () => {
  it('I1, R3: what an anonymous visitor did becomes theirs when they are named', () => {
    const shop = openShop();
    shop.send([page('A1', 0), identify('A1', 'U1', 1), page('A1', 2)]);
    const profile = shop.one({ userId: 'U1' });
    expect(shop.profiles()).toBe(1);
    expect(values(profile)).toEqual(['A1', 'U1']);
    expect(profile.counts.events).toBe(3);
    expect(profile.firstSeenAt).toBe(new Date(startAt).toISOString());
    expect(shop.events(profile.id).map((event) => event.ownedBecause)).toEqual([
      'session',
      'named',
      'before_first_named',
    ]);
  });

  it('I1: in three requests as in one', () => {
    const shop = openShop();
    shop.send([page('A1', 0)]);
    shop.send([identify('A1', 'U1', 1)]);
    shop.send([page('A1', 2)]);
    expect(shop.profiles()).toBe(1);
    expect(shop.one({ userId: 'U1' }).counts).toMatchObject({ events: 3, sessions: 1, pageViews: 2 });
  });

  it('I2: a second device joins, and the first touch stays that of the first device', () => {
    const shop = openShop();
    const from = (source: string) => ({
      properties: { url: `https://shop.test/?utm_source=${source}&utm_medium=email`, path: '/' },
    });
    shop.send([page('A1', 0, from('first')), identify('A1', 'U1', 1), page('A1', 2)]);
    shop.send([page('A2', 10, from('second')), identify('A2', 'U1', 11)]);
    const profile = shop.one({ userId: 'U1' });
    expect(shop.profiles()).toBe(1);
    expect(values(profile)).toEqual(['A1', 'A2', 'U1']);
    expect(profile.touches[0]?.source).toBe('first');
    expect(profile.touches.at(-1)?.source).toBe('second');
  });

  it('I3: any permutation of I2 gives the identical state', () => {
    const calls = [page('A1', 0), identify('A1', 'U1', 1), page('A1', 2), page('A2', 10), identify('A2', 'U1', 11)];
    const states = new Set<string>();
    const permute = (rest: typeof calls, taken: typeof calls): void => {
      if (rest.length === 0) {
        const shop = openShop();
        // A site of its own has a secret of its own: ids are compared within one secret.
        for (const one of taken) shop.send([one], { minute: 20 });
        const profile = shop.one({ userId: 'U1' });
        states.add(JSON.stringify({ ...profile, id: null }));
        return;
      }
      for (const [at, one] of rest.entries()) permute([...rest.slice(0, at), ...rest.slice(at + 1)], [...taken, one]);
    };
    permute(calls, []);
    expect(states.size).toBe(1);
  }, 240_000);

  it('I4, R3: another user on the same device is another person, and nothing merges', () => {
    const shop = openShop();
    shop.send([identify('A1', 'U1', 0), page('A1', 1), identify('A1', 'U2', 5), page('A1', 6)]);
    expect(shop.profiles()).toBe(2);
    const one = shop.one({ userId: 'U1' });
    const two = shop.one({ userId: 'U2' });
    expect(shop.events(one.id)).toHaveLength(2);
    expect(shop.events(two.id)).toHaveLength(2);
    expect(values(one)).toContain('A1');
    expect(values(two)).toContain('A1');
  });

  it('R4: the first rule that applies decides who owns an event', () => {
    const rows: [string, ReturnType<typeof page>[], [string, string][]][] = [
      [
        'page, identify U1, page',
        [page('A1', 0), identify('A1', 'U1', 1), page('A1', 2)],
        [
          ['U1', 'before_first_named'],
          ['U1', 'named'],
          ['U1', 'session'],
        ],
      ],
      [
        'a later visit without a user on a device of one user',
        [identify('A1', 'U1', 0), page('A1', 400)],
        [
          ['U1', 'named'],
          ['U1', 'device'],
        ],
      ],
      [
        'an earlier visit than the first naming',
        [page('A1', 0), identify('A1', 'U1', 100)],
        [
          ['U1', 'before_first_named'],
          ['U1', 'named'],
        ],
      ],
      [
        'a shared device without a user',
        [identify('A1', 'U1', 0), page('A1', 1), identify('A1', 'U2', 5), page('A1', 6), page('A1', 200)],
        [
          ['U1', 'named'],
          ['U1', 'session'],
          ['U2', 'named'],
          ['U2', 'session'],
          ['A1', 'own'],
        ],
      ],
      [
        'nobody was ever named',
        [page('A1', 0), page('A1', 1)],
        [
          ['A1', 'own'],
          ['A1', 'own'],
        ],
      ],
      [
        'once shared, seven days back only',
        [page('A1', 0), page('A1', 2 * 1440), identify('A1', 'U1', 8 * 1440), identify('A1', 'U2', 8 * 1440 + 5)],
        [
          ['A1', 'own'],
          ['U1', 'before_first_named'],
          ['U1', 'named'],
          ['U2', 'named'],
        ],
      ],
    ];
    for (const [what, calls, expected] of rows) {
      const shop = openShop();
      shop.send(calls);
      const owners = calls.map((one) => {
        for (const query of [{ userId: 'U1' }, { userId: 'U2' }, { anonymousId: 'A1' }] as const) {
          for (const profile of shop.by(query)) {
            const event = shop.events(profile.id).find((item) => item.messageId === one.messageId);
            if (event) return [profile.identifiers[0]!.value, event.ownedBecause];
          }
        }
        return null;
      });
      expect(owners, what).toEqual(expected);
    }
  });

  it('I6: after reset() the second person is their own', () => {
    const shop = openShop();
    shop.send([identify('A1', 'U1', 0), page('A2', 5), identify('A2', 'U2', 6)]);
    expect(values(shop.one({ userId: 'U1' }))).toEqual(['A1', 'U1']);
    expect(values(shop.one({ userId: 'U2' }))).toEqual(['A2', 'U2']);
    expect(shop.one({ userId: 'U2' }).counts.pageViews).toBe(1);
  });

  it('I7, R2: "guest" from 500 devices is 500 visitors and one warning with its count', () => {
    const shop = openShop();
    shop.send(Array.from({ length: 500 }, (_, n) => identify(`A${n + 1000}`, 'guest', n / 100)));
    expect(shop.profiles()).toBe(500);
    expect(shop.by({ userId: 'guest' })).toEqual([]);
    expect(shop.warnings().find((warning) => warning.code === 'identifier_refused')?.count).toBe(500);
  });

  it('I9, R5, R7: one e-mail in two spellings on orders from the shop’s server is one person', () => {
    const shop = openShop();
    const order = (device: string, id: string, email: string, minute: number) =>
      track(device, 'Order Completed', minute, { order_id: id, total: 10, currency: 'EUR', email });
    shop.send([order('A1', 'O1', 'User@Shop.COM ', 0), order('A2', 'O2', 'user@shop.com', 5)], { key: secretKey });
    expect(shop.profiles()).toBe(1);
    const profile = shop.one({ email: 'USER@shop.com' });
    expect(profile.counts.orders).toBe(2);
    expect(profile.identifiers.find((it) => it.type === 'email')).toMatchObject({
      value: 'user@shop.com',
      assurance: 'transactional',
    });
    expect(values(profile)).toEqual(['A1', 'A2', 'user@shop.com']);
  });

  it('I10, R7: an e-mail typed into a page finds, joins and changes nobody; staff see the match', () => {
    const shop = openShop();
    shop.send([identify('A9', 'U1', 0, { traits: { email: 'ada@shop.com', name: 'Ada' } })], { key: secretKey });
    shop.send([page('A1', 1), call('identify', 'A1', 2, { traits: { email: 'ada@shop.com', name: 'Mallory' } })]);
    expect(shop.profiles()).toBe(2);
    const ada = shop.one({ userId: 'U1' });
    expect(ada.traits.name?.value).toBe('Ada');
    const [holder, claimer] = shop.by({ email: 'ada@shop.com' });
    expect(holder?.id).toBe(ada.id);
    expect(claimer?.identifiers.find((it) => it.type === 'email')?.assurance).toBe('claimed');
    const matches = shop.read.suggestions(claimer!.id, { purposes: ['personalisation'], now: startAt });
    expect(matches).toMatchObject([
      { profileId: ada.id, value: 'ada@shop.com', here: 'claimed', there: 'transactional' },
    ]);
  });

  it('I11, R6, R8: with a public key nobody overwrites what a server said, or sets what only a server may', () => {
    const shop = openShop();
    shop.send([identify(null, 'U1', 0, { traits: { email: 'ada@shop.com', loyalty_tier: 'silver' } })], {
      key: secretKey,
    });
    const answer = shop.send([identify('A6', 'U1', 5, { traits: { email: 'evil@shop.com', loyalty_tier: 'gold' } })]);
    const profile = shop.one({ userId: 'U1' });
    expect(profile.traits.email).toMatchObject({ value: 'ada@shop.com', assurance: 'transactional' });
    expect(profile.traits.loyalty_tier).toMatchObject({ value: 'silver', source: 'server' });
    expect(answer.warnings.map((warning) => warning.code)).toContain('trait_protected');
    expect(JSON.stringify(answer)).not.toContain('ada@');
  });

  it('I11, R8: with proof on an unproved claim stays on the device’s own profile', () => {
    const identitySecret = 'shop and collector share this';
    const shop = openShop({ identitySecret });
    shop.send([identify(null, 'U1', 0, { traits: { email: 'ada@shop.com' } })], { key: secretKey });
    const answer = shop.send([identify('A6', 'U1', 5, { traits: { email: 'evil@shop.com' } })]);
    expect(answer.warnings.map((warning) => warning.code)).toContain('unproved_identity');
    expect(values(shop.one({ userId: 'U1' }))).not.toContain('A6');
    expect(values(shop.one({ anonymousId: 'A6' }))).toEqual(['A6', 'evil@shop.com']);
    // It is shown there, and only there.
    expect(shop.one({ anonymousId: 'A6' }).claims).toEqual([{ userId: 'U1', at: expect.any(String) }]);
    expect(shop.one({ userId: 'U1' }).claims).toEqual([]);

    const proof = createHmac('sha256', identitySecret).update('U1').digest('hex');
    shop.send([identify('A7', 'U1', 6, { context: { identityProof: proof } })]);
    expect(values(shop.one({ userId: 'U1' }))).toContain('A7');
    expect(shop.one({ userId: 'U1' }).identifiers.find((it) => it.type === 'user_id')?.assurance).toBe('verified');
  });

  it('I13: delivered three times, and once more after three days, it counts once', () => {
    const shop = openShop();
    const batch = [page('A1', 0), track('A1', 'Product Viewed', 1, { product_id: 'p1' })];
    shop.send(batch);
    expect(shop.send(batch)).toMatchObject({ accepted: 0, duplicates: 2 });
    expect(shop.send(batch)).toMatchObject({ duplicates: 2 });
    expect(shop.send([batch[0]!], { minute: 3 * 1440 })).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(shop.one({ anonymousId: 'A1' }).counts.events).toBe(2);
    const other = shop.send([{ ...batch[1], properties: { product_id: 'p2' } }]);
    expect(other).toMatchObject({ duplicates: 1, warnings: [{ code: 'id_conflict' }] });
  });

  it('I15: a laptop’s late identify gives its history to the right person', () => {
    const shop = openShop();
    const late = [page('A1', -10), identify('A1', 'U1', 0), page('A1', 5)];
    shop.send([page('A2', 1440), identify('A2', 'U2', 1441)], { minute: 1442 });
    shop.send(late, { minute: 6 * 1440 });
    expect(values(shop.one({ userId: 'U1' }))).toEqual(['A1', 'U1']);
    expect(shop.one({ userId: 'U1' }).counts.events).toBe(3);
    expect(values(shop.one({ userId: 'U2' }))).toEqual(['A2', 'U2']);
  });

  it('I16: a clock three years ahead lands at the time it was received', () => {
    const shop = openShop();
    const years = 3 * 365 * 1440;
    shop.send([page('A1', years - 1)], { minute: 0, sentMinute: years });
    expect(shop.one({ anonymousId: 'A1' }).lastSeenAt).toBe(new Date(startAt - minuteMs).toISOString());
    shop.send([page('A1', years)], { minute: 2 });
    expect(shop.one({ anonymousId: 'A1' }).lastSeenAt).toBe(new Date(startAt + 2 * minuteMs).toISOString());
  });

  it('I19, R11: alias with a public key is for its own device; with the secret key it renames once, without a cycle', () => {
    const shop = openShop();
    shop.send([identify('A1', 'U1', 0)]);
    const alias = (minute: number, from: string, to: string, more = {}) =>
      call('alias', null, minute, { previousId: from, userId: to, ...more });
    const refused = shop.send([alias(1, 'U1', 'U9', { anonymousId: 'A1' })]);
    expect(refused.rejected).toMatchObject([{ code: 'alias_forbidden', path: 'previousId' }]);
    const renaming = alias(2, 'U1', 'U9');
    shop.send([renaming], { key: secretKey });
    const renamed = shop.one({ userId: 'U9' });
    expect(values(renamed)).toEqual(expect.arrayContaining(['A1', 'U1', 'U9']));
    expect(shop.one({ userId: 'U1' }).id).toBe(renamed.id);
    expect(shop.send([renaming], { key: secretKey })).toMatchObject({ duplicates: 1 });
    const cycle = shop.send([alias(3, 'U9', 'U1')], { key: secretKey });
    expect(cycle).toMatchObject({ accepted: 1, warnings: [{ index: 0, code: 'alias_ignored' }] });
    expect(shop.warnings().map((warning) => warning.code)).toContain('alias_ignored');
    expect(shop.one({ userId: 'U9' }).id).toBe(renamed.id);
    expect(shop.profiles()).toBe(1);
  });

  it('I24: a hundred identifies at once on two devices make one person and lose nothing', () => {
    const shop = openShop();
    const calls = Array.from({ length: 100 }, (_, n) => identify(n % 2 ? 'A1' : 'A2', 'U1', n / 10));
    const settled = shop.writer.run(
      calls.map((one) => submissionOf({ batch: [one] }, startAt + 20 * minuteMs, { key: secretKey })),
      startAt + 20 * minuteMs,
    );
    expect(settled.every((outcome) => 'answer' in outcome && outcome.answer.accepted === 1)).toBe(true);
    expect(shop.profiles()).toBe(1);
    expect(shop.one({ userId: 'U1' }).counts.events).toBe(100);
  });
});

describe('identity rules', () => {
  it('R1: a look-up key finds the owner of a server event and joins nobody', () => {
    const shop = openShop();
    shop.send([track('A1', 'Cart Viewed', 0, { cart_id: 'T1', products: [{ product_id: 'p1', quantity: 1 }] })]);
    shop.send([track(null, 'Order Completed', 5, { cart_id: 'T1', order_id: 'O1', total: 5, currency: 'EUR' })], {
      key: secretKey,
    });
    const profile = shop.one({ anonymousId: 'A1' });
    expect(profile.counts.orders).toBe(1);
    expect(shop.one({ orderId: 'O1' }).id).toBe(profile.id);
    expect(shop.profiles()).toBe(1);
  });

  it('R4: a server event whose key matches nothing waits, and is decided when a match arrives', () => {
    const shop = openShop();
    shop.send([track(null, 'Order Completed', 5, { cart_id: 'T1', order_id: 'O1', total: 5, currency: 'EUR' })], {
      key: secretKey,
    });
    expect(shop.profiles()).toBe(0);
    shop.send([track('A1', 'Cart Viewed', 0, { cart_id: 'T1', products: [] })], { minute: 10 });
    expect(shop.one({ anonymousId: 'A1' }).counts.orders).toBe(1);
  });

  it('R4, C8, R14: a refund by order id alone is the guest’s who ordered, and is erased with them', () => {
    const shop = openShop();
    const server = { key: secretKey };
    const refund = track(null, 'Order Refunded', 5, { order_id: 'O1', total: 4, currency: 'EUR' });
    const early = shop.send([track(null, 'Order Updated', 4, { order_id: 'O2' }), refund], server);
    expect(early.warnings).toEqual([{ index: 1, messageId: refund.messageId, code: 'order_unowned' }]);
    expect(shop.profiles()).toBe(0);
    const ordered = { order_id: 'O1', email: 'ada@shop.com', total: 10, currency: 'EUR' };
    expect(shop.send([track(null, 'Order Completed', 0, ordered)], server).warnings).toEqual([]);
    expect(shop.one({ email: 'ada@shop.com' }).revenue).toEqual([{ currency: 'EUR', minor: 600 }]);
    const cancelled = shop.send([track(null, 'Order Cancelled', 9, { order_id: 'O1' })], server);
    expect(cancelled.warnings).toEqual([]);
    const { counts, revenue } = shop.one({ email: 'ada@shop.com' });
    expect([counts.orders, counts.events, revenue]).toEqual([0, 3, [{ currency: 'EUR', minor: 0 }]]);
    expect(shop.warnings()).toMatchObject([{ code: 'order_unowned', count: 1 }]);

    shop.writer.command({ kind: 'erase', subject: { email: 'ada@shop.com' }, by: 'test', at: startAt + 600_000 });
    while (shop.writer.slice(startAt + 600_000));
    const left = shop.writer.store.prepare<EventRow>('SELECT * FROM events').all().map(parseBody);
    expect(left.map(({ name }) => name)).toEqual(['Order Updated']);
  });

  it('R7: by an e-mail its holder by the shop’s word is found before who claimed it, though it is joined with the claimer', () => {
    const shop = openShop({}, 'apart', { emailMerge: 'claimed' });
    const mailed = (n: number) => ({ traits: { email: `ada${n}@shop.com` } });
    // R13: the sixth address of a person joins nobody.
    const six = Array.from({ length: 6 }, (_, n) => identify(null, 'U1', n, mailed(n)));
    shop.send(six, { key: secretKey });
    shop.send([call('identify', 'A1', 9, mailed(5))]);
    const found = shop
      .by({ email: 'ada5@shop.com' })
      .map(({ identifiers }) => identifiers.map(({ value }) => value).find((value) => /^[AU]1$/.test(value)));
    expect(found).toEqual(['U1', 'A1']);
  });

  it('R7: what a stranger’s page claims does not change the id of whose address it is, whichever comes first', () => {
    const phone = '+4930123456';
    const claim = call('identify', 'A2', 0, { traits: { phone } });
    const bought = { order_id: 'O1', total: 10, currency: 'EUR', email: 'ada@shop.com', phone };
    const order = track(null, 'Order Completed', 50, bought);
    for (const [first, second] of [
      [claim, order],
      [order, claim],
    ] as const) {
      const shop = openShop();
      const sent = (one: typeof claim) => shop.send([one], { minute: 60, ...(one === order && { key: secretKey }) });
      sent(first);
      sent(second);
      const { id } = shop.one({ orderId: 'O1' });
      const senior = shop.writer.store.prepare('SELECT kind, value FROM nodes WHERE hid = ?').get(id);
      expect(senior).toEqual({ kind: 'email', value: 'ada@shop.com' });
      expect(shop.rebuild().equal).toBe(true);
    }
  });

  it('R2: a refused identifier is dropped, the event stays on its others; with none left it is rejected', () => {
    const shop = openShop();
    const answer = shop.send([identify('A1', 'null', 0), { type: 'page', userId: 'undefined', messageId: 'x' }]);
    expect(answer.accepted).toBe(1);
    expect(answer.rejected).toMatchObject([{ index: 1, code: 'no_identity' }]);
  });

  it('R2, R11: an alias of a refused id renames nobody, and is a counted warning like any refusal', () => {
    const shop = openShop();
    const alias = (previousId?: string) => call('alias', null, 0, { previousId, userId: 'U2' });
    const answer = shop.send([alias('guest'), alias(), alias('U1')], { key: secretKey });
    expect(answer).toMatchObject({ accepted: 3, warnings: [{ index: 0, code: 'identifier_refused' }] });
    expect(shop.warnings()).toMatchObject([{ code: 'identifier_refused', count: 1 }]);
  });

  it('R5: two users who share an e-mail stay two, and it stays with whoever proved it first', () => {
    const shop = openShop();
    const known = (user: string, minute: number) =>
      identify(null, user, minute, { traits: { email: 'desk@shop.com' } });
    shop.send([known('U2', 5), known('U1', 0)], { key: secretKey });
    expect(shop.profiles()).toBe(2);
    expect(shop.by({ email: 'desk@shop.com' })[0]?.id).toBe(shop.one({ userId: 'U1' }).id);
  });

  it('R6: the greatest assurance wins, then time; set once keeps the first; null unsets for good', () => {
    const shop = openShop();
    shop.send([
      identify('A1', 'U1', 0, { traits: { plan: 'free', first_shop: 'Lyon' } }),
      identify('A1', 'U1', 2, { traits: { plan: 'plus', first_shop: 'Nice', city: 'Paris' } }),
    ]);
    shop.send([identify(null, 'U1', 1, { traits: { tier: 'b' } })], { key: secretKey });
    shop.send([identify('A1', 'U1', 3, { traits: { tier: 'a', city: null } })]);
    shop.send([identify('A1', 'U1', 1, { traits: { city: 'Lille' } })], { minute: 4 });
    const { traits } = shop.one({ userId: 'U1' });
    expect(traits.plan?.value).toBe('plus');
    expect(traits.first_shop?.value).toBe('Lyon');
    expect(traits.tier).toMatchObject({ value: 'b', assurance: 'transactional' });
    expect(traits.city).toBeUndefined();
  });

  it('R12: undo parts what a claim joined, exactly; a second undo and a replay change nothing', () => {
    const shop = openShop();
    const named = identify('A1', 'U1', 100);
    shop.send([page('A1', 0), page('A1', 1), named]);
    const joined = shop.one({ userId: 'U1' });
    const [merge] = shop.merges(joined.id);
    expect(merge).toMatchObject({ cause: named.messageId, reason: 'identify', undoneAt: null });
    expect(shop.undo(merge!.id).status).toBe(200);
    const own = shop.by({ anonymousId: 'A1' }).find((profile) => profile.id !== joined.id)!;
    expect(own.counts.events).toBe(2);
    expect(shop.one({ userId: 'U1' }).counts.events).toBe(1);
    const before = shop.lines();
    expect(shop.undo(merge!.id).status).toBe(200);
    shop.send([named]);
    expect(shop.lines()).toEqual(before);
    expect(shop.merges(own.id)[0]?.undoneAt).not.toBeNull();
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R12: undo parts what an e-mail joined; an admin merge makes one user historical', () => {
    const shop = openShop();
    const order = (device: string, id: string, minute: number) =>
      track(device, 'Order Completed', minute, { order_id: id, total: 10, currency: 'EUR', email: 'ada@shop.com' });
    shop.send([order('A1', 'O1', 0), order('A2', 'O2', 5)], { key: secretKey });
    const joined = shop.one({ email: 'ada@shop.com' });
    const merge = shop.merges(joined.id).find((entry) => entry.reason === 'email')!;
    expect(shop.undo(merge.id).status).toBe(200);
    expect(shop.profiles()).toBe(2);
    expect(shop.one({ anonymousId: 'A1' }).counts.orders).toBe(1);
    expect(shop.one({ anonymousId: 'A2' }).counts.orders).toBe(1);

    shop.send([identify(null, 'U1', 10, { traits: { plan: 'x' } }), identify(null, 'U2', 11)], { key: secretKey });
    expect(shop.writer.command({ kind: 'merge', from: 'U1', into: 'U2', by: 'staff', at: startAt }).status).toBe(200);
    expect(shop.one({ userId: 'U1' }).id).toBe(shop.one({ userId: 'U2' }).id);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R13: a user’s fifty-first device links nobody by device; a device of four users links no fourth', () => {
    const shop = openShop();
    const devices = Array.from({ length: 51 }, (_, n) => `D${n + 100}`);
    shop.send(devices.map((device, n) => identify(device, 'U1', n)));
    shop.send(devices.map((device, n) => page(device, 3000 + n)));
    const owner = (device: string) => shop.by({ anonymousId: device })[0]!;
    expect(owner('D100').identifiers[0]?.value).toBe('U1');
    expect(owner('D150').identifiers[0]?.value).toBe('D150');
    const shared = openShop();
    shared.send(['U1', 'U2', 'U3', 'U4'].map((user, n) => identify('A1', user, n * 100)));
    shared.send([page('A1', 301)]);
    expect(shared.one({ userId: 'U4' }).counts.events).toBe(1);
    expect(shared.rebuild().equal).toBe(true);
  });

  it('R13: more than 3,000 events of a device inside a minute are owned and update no profile', () => {
    const shop = openShop();
    shop.send([page('A1', 0)]);
    const burst = Array.from({ length: 3001 }, (_, n) => page('A1', 10 + n / 60_000));
    shop.send(burst.slice(0, 2000));
    shop.send(burst.slice(2000));
    shop.send([page('A1', 12)]);
    const profile = shop.one({ anonymousId: 'A1' });
    expect(profile.counts.pageViews).toBe(2);
    expect(shop.warnings().map((warning) => warning.code)).toContain('burst');
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R14, I21: an erased person is gone, what comes late stays out, and they return only anew', () => {
    const shop = openShop();
    shop.send([page('A1', 0), identify('A1', 'U1', 1, { traits: { email: 'ada@shop.com' } }), page('A1', 2)]);
    const before = shop.one({ userId: 'U1' });
    const asked = shop.writer.command({
      kind: 'erase',
      subject: { userId: 'U1' },
      by: 'test',
      at: startAt + 10 * minuteMs,
    });
    expect(asked).toMatchObject({ status: 202, body: { state: 'accepted' } });
    shop.writer.due(startAt + 10 * minuteMs);
    expect(shop.profiles()).toBe(0);
    expect(shop.by({ userId: 'U1' })).toEqual([]);
    expect(shop.read.profile(before.id, { purposes: ['personalisation'], now: startAt })).toBeNull();
    const late = shop.send([page('A1', 3), page('A1', 4)], { minute: 20 });
    expect(late.dropped.map((it) => it.code)).toEqual(['erased', 'erased']);
    expect(late.state).toBe('erased');
    const tables = ['events', 'nodes', 'devices', 'sessions', 'profiles', 'shelf', 'contacts', 'namings'];
    for (const table of tables) {
      expect(JSON.stringify(shop.writer.store.prepare(`SELECT * FROM ${table}`).all()), table).not.toMatch(
        /U1|A1|ada@/,
      );
    }
    const unknown = shop.writer.command({ kind: 'erase', subject: { userId: 'nobody-here' }, by: 'test', at: startAt });
    expect(unknown).toMatchObject({ status: 202, body: { state: 'accepted' } });
  });

  it('R14: who was named by nothing but what has gone is forgotten, though an address was told in their visit', () => {
    const shop = openShop();
    const order = track('A1', 'Order Completed', 2, { order_id: 'o', email: 'ada@shop.com' });
    shop.send([identify('A1', 'U1', 1), order], { key: secretKey });
    const { pipeline, store } = shop.writer;
    const naming = store.prepare<{ seq: number }>('SELECT seq FROM events ORDER BY at LIMIT 1').get()!;
    pipeline.within(startAt + 60 * minuteMs, () => forgetEvents(pipeline.set, [naming.seq]));
    expect(store.prepare('SELECT kind FROM nodes ORDER BY kind').all()).toEqual([
      { kind: 'anonymous_id' },
      { kind: 'email' },
    ]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R14: who was named by nothing but what has gone is forgotten, though a server told of a cart of their visit', () => {
    const shop = openShop();
    const cart = { cart_id: 'C1' };
    shop.send([track('A1', 'Cart Viewed', 0, cart), identify('A1', 'U1', 1)]);
    shop.send([track(null, 'Order Completed', 2, { order_id: 'O1', ...cart })], { key: secretKey });
    const { pipeline, store } = shop.writer;
    const naming = store.prepare<{ seq: number }>('SELECT seq FROM events WHERE usr IS NOT NULL').get()!;
    pipeline.within(startAt + 60 * minuteMs, () => forgetEvents(pipeline.set, [naming.seq]));
    expect(store.prepare('SELECT kind FROM nodes').all()).toEqual([{ kind: 'anonymous_id' }]);
    expect(shop.one({ anonymousId: 'A1' }).counts.events).toBe(2);
    expect(shop.rebuild().equal).toBe(true);
  });

  const hinted = { context: { sessionId: 's-1' }, userId: 'U2' };
  it.each([
    ['by retention', false, page('A1', 1, hinted)],
    ['with a person who was erased', true, page('A1', 1, hinted)],
    ['and the next is a server’s that names somebody', true, track(null, 'Order Updated', 1, {}, hinted)],
  ])(
    'R4, R10: a session hint leads to the next event that carries it, when the first has gone %s',
    (_, erased, next) => {
      const shop = openShop();
      const { context } = hinted;
      shop.send([page('A1', 0, { context, userId: 'U1' }), next], { key: secretKey });
      const { pipeline, store, command, due } = shop.writer;
      const at = startAt + 60 * minuteMs;
      if (erased) {
        command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at });
        due(at);
      } else {
        const { seq } = store.prepare<{ seq: number }>('SELECT min(seq) AS seq FROM events').get()!;
        pipeline.within(at, () => forgetEvents(pipeline.set, [seq]));
      }
      shop.send([track(null, 'Order Completed', 2, { order_id: 'O1' }, { context })], { key: secretKey, minute: 61 });
      expect(shop.one({ orderId: 'O1' }).id).toBe(shop.one({ userId: 'U2' }).id);
      expect(shop.rebuild().equal).toBe(true);
    },
  );

  describe('R14, R12: what staff and the shop said of an erased person and another', () => {
    const erase = (shop: ReturnType<typeof openShop>, userId: string): void => {
      const at = startAt + 60 * minuteMs;
      shop.writer.command({ kind: 'erase', subject: { userId }, by: 'test', at });
      shop.writer.due(at);
    };
    const merge = (shop: ReturnType<typeof openShop>, from: string, into: string): string => {
      const at = startAt + 10 * minuteMs;
      return (shop.writer.command({ kind: 'merge', from, into, by: 'test', at }).body as { id: string }).id;
    };
    const graph = (shop: ReturnType<typeof openShop>): string[] =>
      ['nodes', 'renames', 'pins', 'contacts', 'joins', 'namings', 'marks'].flatMap((table) =>
        shop.writer.store
          .prepare(`SELECT * FROM ${table}`)
          .all()
          .map((row) => `${table} ${JSON.stringify(row)}`),
      );
    const bodies = (shop: ReturnType<typeof openShop>): string =>
      JSON.stringify(shop.writer.store.prepare('SELECT body FROM events').all());

    it('a merge goes with both whom it made one', () => {
      const shop = openShop();
      shop.send([identify('A1', 'U1', 0), identify('A2', 'U2', 1)]);
      merge(shop, 'U1', 'U2');
      erase(shop, 'U1');
      expect(graph(shop)).toEqual([]);
    });

    it.each(['U1', 'U9'])('a merge that was undone goes with %s, one of the two', (gone) => {
      const left = gone === 'U1' ? 'U9' : 'U1';
      const shop = openShop();
      shop.send([identify(null, 'U1', 0), identify(null, 'U9', 1)], { key: secretKey });
      shop.undo(merge(shop, 'U1', 'U9'));
      erase(shop, gone);
      expect(graph(shop)).toEqual([expect.stringContaining(`"value":"${left}"`)]);
      expect(shop.merges(shop.one({ userId: left }).id)).toEqual([]);
      expect(shop.rebuild().equal).toBe(true);
    });

    it('an alias that was undone stays the other’s, and says no more who they were not', () => {
      const shop = openShop();
      shop.send([identify('A1', 'U1', 0)]);
      const alias = call('alias', null, 2, { previousId: 'U1', userId: 'U9' });
      shop.send([identify(null, 'U9', 1), alias], { key: secretKey });
      const [undone] = shop.merges(shop.one({ userId: 'U9' }).id).filter((entry) => entry.reason === 'alias');
      shop.undo(undone!.id);
      erase(shop, 'U1');
      expect(graph(shop)).toEqual([expect.stringContaining('"value":"U9"')]);
      expect(bodies(shop)).not.toContain('U1');
      const profile = shop.one({ userId: 'U9' });
      expect(profile.counts.events).toBe(2);
      expect(shop.merges(profile.id)).toEqual([]);
      expect(shop.rebuild().equal).toBe(true);
    });

    it('an alias of a device stays its user’s without the device that is erased', () => {
      const shop = openShop();
      shop.send([page('A1', 0)]);
      const alias = call('alias', null, 2, { previousId: 'A1', userId: 'U9' });
      shop.send([identify(null, 'U9', 1), alias], { key: secretKey });
      const at = startAt + 60 * minuteMs;
      shop.writer.command({ kind: 'erase', subject: { anonymousId: 'A1' }, by: 'test', at });
      shop.writer.due(at);
      expect(graph(shop)).toEqual([expect.stringContaining('"value":"U9"')]);
      expect(bodies(shop)).not.toContain('A1');
      expect(shop.one({ userId: 'U9' }).counts.events).toBe(2);
      expect(shop.rebuild().equal).toBe(true);
    });
  });

  it('R14: on a shared device the others keep theirs, and nobody inherits what was the erased one’s', () => {
    const shop = openShop();
    shop.send([
      page('A1', -60),
      identify('A1', 'U1', 0),
      page('A1', 1),
      identify('A1', 'U2', 5),
      page('A1', 6),
      page('A1', 500),
    ]);
    shop.writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at: startAt + 600 * minuteMs });
    shop.writer.due(startAt + 600 * minuteMs);
    expect(shop.by({ userId: 'U1' })).toEqual([]);
    expect(shop.one({ userId: 'U2' }).counts.events).toBe(2);
    const own = shop.by({ anonymousId: 'A1' }).find((profile) => profile.identifiers[0]?.value === 'A1');
    expect(own?.counts.events).toBe(1);
    expect(shop.rebuild().equal).toBe(true);
  });
});
