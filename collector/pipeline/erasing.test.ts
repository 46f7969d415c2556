// Erasures as jobs: in bounded slices, killed anywhere and taken up again, with the door open meanwhile.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { erasureSteps } from '../consent/rights/erase.js';
import type { Certificate } from '../contract/certificate.js';
import { purposes } from '../contract/purposes.js';
import { packMessageId } from '../events/store.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { call, identify, openShop, page, secretKey, startAt, track } from './calls.fixture.js';
import { filesWith, open, take, temporary } from './erasing.fixture.js';
import { forgetEvents } from './forget.js';
import { dumpLines } from './rebuild.js';
import { openWriter, type Writer } from './writer.js';

describe('an erasure', () => {
  const steps = erasureSteps.slice(1).flatMap((step) => ['before', 'after'].map((when) => [step, when] as const));
  it.each(steps)(
    'section 6: a process killed at "%s", %s its commit, leaves a job that is taken up and ends complete',
    (step, when) => {
      const folder = temporary();
      const writer = open(folder);
      take(writer, [
        page('gone-device', 0),
        identify('gone-device', 'gone-user', 1, { traits: { email: 'gone@shop.test', city: 'Lyon' } }),
        ...Array.from({ length: 12 }, (_, n) => page('gone-device', 2 + n)),
        track(null, 'Order Completed', 20, { order_id: 'gone-order', total: 5 }, { userId: 'gone-user' }),
        page('other-device', 0),
      ]);
      const asked = writer.command({ kind: 'erase', subject: { userId: 'gone-user' }, by: 'test', at: startAt });
      const { id } = asked.body as { id: string };
      writer.close();

      const fixture = fileURLToPath(new URL('./dying.fixture.mjs', import.meta.url));
      const died = spawnSync(process.execPath, [fixture, folder, step, when], { encoding: 'utf8', timeout: 60_000 });
      expect([died.signal, died.stderr]).toEqual(['SIGKILL', '']);

      const again = open(folder);
      // `logs` and `certificate` are one transaction: what was not certified is certified again.
      const certified = when === 'after' && (step === 'logs' || step === 'certificate');
      expect(again.consent.erasures.status(id)!.state === 'done').toBe(certified);
      again.due(startAt + 1_000);
      const { certificate } = again.command({ kind: 'certificate', id, at: startAt + 2_000 }).body as {
        certificate: Certificate;
      };
      expect(certificate.steps.map((one) => one.step)).toEqual(erasureSteps);
      expect(certificate).toMatchObject({ state: 'done', counts: { events: 15, devices: 1, profiles: 1 } });
      expect(JSON.stringify(certificate)).not.toMatch(/gone/);
      expect(again.store.prepare<{ n: number }>('SELECT count(*) AS n FROM events').get()).toEqual({ n: 1 });
      expect(take(again, [page('gone-device', 30)]).dropped).toMatchObject([{ code: 'erased' }]);
      again.close();
      for (const text of ['gone-device', 'gone-user', 'gone@shop.test', 'gone-order'])
        expect([text, filesWith(folder, text)]).toEqual([text, []]);
    },
    60_000,
  );

  it('section 6: ten thousand that are queued go in slices of so many rows, and the door answers between any two', () => {
    const shop = openShop();
    // Most are of people nobody knows, as after a purge at the shop: each goes through its ten steps all the same.
    const people = 10_000;
    for (let from = 0; from < 200; from += 1)
      shop.send([page(`d${from}`, 0), identify(`d${from}`, `u${from}`, 1)], { key: secretKey });
    const { writer } = shop;
    writer.pipeline.attempt(() => {
      for (let n = 0; n < people; n += 1)
        writer.consent.erasures.request({ userId: `u${n}` }, { id: `e${n}`, by: 'test', at: startAt + n });
    });
    expect(writer.consent.erasures.waiting()).toBe(people);
    const changes = writer.store.prepare<{ n: number }>('SELECT total_changes() AS n');
    let slices = 0;
    let most = 0;
    let accepted = 0;
    for (let more = true; more; slices += 1) {
      const before = changes.get()!.n;
      more = writer.slice(startAt + 60_000);
      most = Math.max(most, changes.get()!.n - before);
      if (slices % 100 === 0) accepted += shop.send([page('somebody', 2 + slices)], { key: secretKey }).accepted;
    }
    expect(writer.consent.erasures.waiting()).toBe(0);
    expect(slices).toBeGreaterThan(people / 20);
    // A slice is bounded, however many wait.
    expect(most).toBeLessThan(4_000);
    expect(accepted).toBe(Math.ceil(slices / 100));
    expect(writer.store.prepare("SELECT count(*) AS n FROM nodes WHERE kind = 'user_id'").get()).toEqual({ n: 0 });
  }, 240_000);

  it('section 6: one long history goes in slices of so many rows too, and the door answers between any two', () => {
    const shop = openShop();
    // WEFT_TEST_EVENTS=100000 is the same, longer.
    const events = Number(process.env.WEFT_TEST_EVENTS ?? 6_000);
    shop.send([identify('A1', 'U1', 0), identify('A2', 'U1', 0), identify('A2', 'U2', 40)], { key: secretKey });
    const perCall = 500;
    for (let sent = 0; sent < events; sent += perCall) {
      const minute = 1 + sent / 100;
      const calls = Array.from({ length: perCall }, (_, n) =>
        n % 3 === 2
          ? track(null, 'Order Updated', minute, { order_id: `o${sent + n}` }, { userId: 'U1' })
          : page(n % 3 === 0 ? 'A1' : 'A2', minute, n % 3 === 0 ? {} : { userId: 'U1' }),
      );
      shop.send(calls, { key: secretKey, minute });
    }
    const { writer } = shop;
    writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at: startAt + events * 60_000 });
    const changes = writer.store.prepare<{ n: number }>('SELECT total_changes() AS n');
    let slices = 0;
    let most = 0;
    let longestMs = 0;
    for (let more = true; more; slices += 1) {
      const before = changes.get()!.n;
      const from = process.cpuUsage();
      more = writer.slice(startAt + events * 60_000);
      const { user, system } = process.cpuUsage(from);
      longestMs = Math.max(longestMs, (user + system) / 1_000);
      most = Math.max(most, changes.get()!.n - before);
      if (slices % 50 === 0)
        expect(shop.send([page('A2', 50, { userId: 'U2' })], { key: secretKey })).toMatchObject({ accepted: 1 });
    }
    console.log(`${events} events: ${slices} slices, the longest took ${longestMs.toFixed(1)} ms of CPU`);
    expect(slices).toBeGreaterThan(events / 400);
    expect(most).toBeLessThan(4_000);
    expect(shop.by({ userId: 'U1' })).toEqual([]);
    expect(shop.one({ userId: 'U2' }).counts.events).toBeGreaterThan(slices / 50);
    expect(shop.rebuild().equal).toBe(true);
  }, 600_000);

  it('section 6: killed after any commit it goes on where it stood, and ends as one that never was', () => {
    // An hour ago, so that no instant is in the future.
    const calls = [
      page('own', -90),
      identify('own', 'gone', -89, { traits: { email: 'gone@shop.test' } }),
      ...Array.from({ length: 12 }, (_, n) => page('own', -88 + n)),
      // Before them, between their namings and after them on a device of two.
      page('shared', -88),
      identify('shared', 'other', -87),
      page('shared', -60, { userId: 'gone' }),
      ...Array.from({ length: 6 }, (_, n) => page('shared', -59 + n)),
      page('shared', -50, { userId: 'gone' }),
      page('shared', -10),
      ...Array.from({ length: 6 }, (_, n) =>
        track(null, 'Order Completed', -40 + n, { order_id: `o${n}`, total: 5 }, { userId: 'gone' }),
      ),
      identify('shared', 'other', -5, { traits: { city: 'Ghent' } }),
    ];
    const left = (rowsMax: number, isKilled: boolean) => {
      const folder = temporary();
      const openAgain = (): Writer =>
        openWriter({
          path: join(folder, 'weft.sqlite'),
          rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
          site: { ...defaultSiteRules, reservedEmail: 'allow' },
          consentFile: null,
          erasureRowsMax: rowsMax,
        });
      let writer = openAgain();
      take(writer, calls);
      const { id } = writer.command({ kind: 'erase', subject: { userId: 'gone' }, by: 'test', at: startAt + 1 })
        .body as { id: string };
      let slices = 1;
      for (; writer.slice(startAt + 2); slices += 1) {
        if (!isKilled) continue;
        writer.close();
        writer = openAgain();
      }
      writer.due(startAt + 3);
      const rows = (table: string) => writer.store.prepare(`SELECT * FROM ${table}`).all();
      const marks = writer.store.prepare('SELECT at FROM marks ORDER BY at').all();
      const { state, counts } = writer.consent.erasures.status(id)!;
      // Ids of profiles are made with the store's own secret.
      const lines = dumpLines(writer.pipeline.set)
        .map((line) => line.replace(/"[0-9a-f]{8}(-[0-9a-f]{4,12}){4}"/g, '"id"'))
        .sort();
      const found = { lines, marks, state, counts };
      for (const table of ['erasure_scopes', 'erasure_events', 'erasure_touched'])
        expect([table, rows(table)]).toEqual([table, []]);
      writer.close();
      return { found, slices };
    };
    const once = left(10_000, false);
    const killed = left(1, true);
    expect(killed.slices).toBeGreaterThan(20);
    expect(killed.found).toEqual(once.found);
    expect(once.found).toMatchObject({ state: 'done', counts: { events: 29, devices: 1 } });
    expect(once.found.marks).toHaveLength(2);
    expect(once.found.lines.join()).not.toMatch(/gone/);
  }, 60_000);

  it('R14: who returned while the request waited keeps what came after it, as a new generation', () => {
    const shop = openShop();
    shop.send([page('A1', 0), identify('A1', 'U1', 1)], { key: secretKey });
    const before = shop.one({ userId: 'U1' });
    const { writer } = shop;
    writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at: startAt + 120_000 });
    // As the door does when a grant of a later date comes with them.
    writer.consent.tombstones.open('userId', 'U1', startAt + 180_000);
    expect(shop.send([identify('A2', 'U1', 5)], { key: secretKey, minute: 5 })).toMatchObject({ accepted: 1 });
    writer.due(startAt + 600_000);
    const returned = shop.one({ userId: 'U1' });
    expect(returned.counts.events).toBe(1);
    expect(returned.id).not.toBe(before.id);
    expect(shop.by({ anonymousId: 'A1' })).toEqual([]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R14, R15: what they decide after they returned stands, and nothing from before the request', () => {
    const shop = openShop();
    shop.send([identify('A1', 'U1', 1)], { key: secretKey });
    const { writer } = shop;
    const object = (purpose: 'marketing' | 'sharing', at: number) =>
      writer.command({ kind: 'object', subject: { userId: 'U1' }, purposes: [purpose], lift: false, by: 'test', at });
    object('sharing', startAt + 100_000);
    writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at: startAt + 120_000 });
    writer.consent.tombstones.open('userId', 'U1', startAt + 180_000);
    object('marketing', startAt + 200_000);
    writer.due(startAt + 600_000);
    expect(writer.consent.deniedOf('U1')).toEqual(['marketing']);
  });

  describe('R14: what was told of their carts goes with the events it told of', () => {
    const cart = (device: string, minute: number) =>
      track(device, 'Product Added', minute, { product_id: 'p1', price: 5, currency: 'EUR', cart_id: `of-${device}` });
    const told = ({ writer }: ReturnType<typeof openShop>) =>
      writer.store.prepare<{ kind: string; body: string }>('SELECT kind, body FROM announcements ORDER BY seq').all();
    const minuteMs = 60_000;

    it('and a new life does not hold it', () => {
      const shop = openShop();
      shop.send([identify('A1', 'U1', 0), track('A1', 'Product Viewed', 1, { product_id: 'p1' })]);
      shop.wait(2_000);
      shop.send([cart('A1', 2_001)]);
      shop.wait(2_500);
      expect(told(shop).map(({ kind }) => kind)).toEqual(['browse.abandoned', 'cart.abandoned']);
      const { writer } = shop;
      const at = startAt + 2_600 * minuteMs;
      writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at });
      writer.consent.tombstones.open('userId', 'U1', at + 1_000);
      shop.send([identify('A2', 'U1', 2_605)], { key: secretKey });
      writer.due(at + 10 * minuteMs);
      expect([told(shop), shop.one({ userId: 'U1' }).counts.events]).toEqual([[], 1]);
    });

    it('where a device goes, what its user did on another one stays told, and nothing is revoked', () => {
      const shop = openShop();
      shop.send([identify('A1', 'U1', 0), cart('A1', 1)]);
      shop.wait(100);
      shop.send([identify('A2', 'U1', 200), cart('A2', 201)]);
      shop.wait(300);
      const [, second, ...rest] = told(shop);
      expect([second?.kind, rest]).toEqual(['cart.abandoned', []]);
      const at = startAt + 400 * minuteMs;
      shop.writer.command({ kind: 'erase', subject: { anonymousId: 'A1' }, by: 'test', at });
      shop.writer.due(at);
      expect(told(shop)).toEqual([second]);
    });
  });

  it('R14: what was told of whoever returned while the request waited goes with what it told of, and what came after stays', () => {
    const shop = openShop();
    const { writer } = shop;
    const adds = (device: string, minute: number) =>
      track(device, 'Product Added', minute, { product_id: 'p1', price: 5, currency: 'EUR' }, { userId: 'U1' });
    const told = () => writer.store.prepare<{ at: number }>('SELECT at, profile_id, key FROM announcements').all();
    shop.send([adds('A1', 0)]);
    shop.wait(90);
    expect(told().map(({ at }) => at)).toEqual([startAt + 60 * 60_000]);
    const before = shop.one({ userId: 'U1' }).id;
    const at = startAt + 100 * 60_000;
    writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at });
    writer.consent.tombstones.open('userId', 'U1', at + 1);
    shop.send([adds('A2', 110)], { minute: 110 });
    writer.tick(startAt + 200 * 60_000);
    writer.due(startAt + 201 * 60_000);
    expect(told().map(({ at }) => at)).toEqual([startAt + 170 * 60_000]);
    expect(JSON.stringify(told())).not.toContain(before);
  });

  it('C4, R14: what was told of the new life while the request waited stays told, once and by the new id', () => {
    const shop = openShop();
    const { writer } = shop;
    const adds = (device: string, minute: number) => {
      const properties = { product_id: 'p1', price: 5, currency: 'EUR', cart_id: `of-${device}` };
      return track(device, 'Product Added', minute, properties, { userId: 'U1' });
    };
    const told = () =>
      writer.store.prepare<{ seq: number; profile_id: string }>('SELECT seq, profile_id, key FROM announcements').all();
    shop.send([adds('A1', 0)]);
    shop.wait(90);
    writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at: startAt + 100 * 60_000 });
    writer.consent.tombstones.open('userId', 'U1', startAt + 100 * 60_000 + 1);
    shop.send([adds('A2', 110)], { minute: 110 });
    writer.tick(startAt + 200 * 60_000);
    const meanwhile = told().at(-1)!;
    writer.due(startAt + 201 * 60_000);
    const { id } = shop.one({ userId: 'U1' });
    expect(told()).toEqual([{ ...meanwhile, profile_id: id }]);
    expect(id).not.toBe(meanwhile.profile_id);
  });

  it('R11, R14: a profile id means for an erasure, a copy and an objection whom it means for a reader', () => {
    const visited = (alias: boolean) => {
      const shop = openShop();
      if (alias) shop.send([call('alias', null, 0, { previousId: 'A4', userId: 'U2' })], { key: secretKey });
      shop.send([page('A4', 1, { userId: 'U1' })]);
      const { hid } = shop.writer.store.prepare<{ hid: string }>("SELECT hid FROM nodes WHERE value = 'A4'").get()!;
      return { shop, id: hid };
    };
    // By an alias the device is U2's, though all that was done on it is U1's; without one it is in U1's profile.
    for (const [alias, meant, other] of [
      [true, 'U2', 'U1'],
      [false, 'U1', null],
    ] as const) {
      const { shop, id } = visited(alias);
      const { profileId } = shop.read.meant({ profileId: id });
      expect(profileId).toBe(shop.one({ userId: meant }).id);
      expect(shop.read.profile(id, { purposes, now: startAt })?.id).toBe(profileId);
      const objected = shop.writer.command({
        kind: 'object',
        subject: { profileId: id },
        purposes: ['marketing'],
        by: 'test',
        at: startAt + 300_000,
      } as never);
      expect(objected.status).toBeLessThan(300);
      expect(shop.writer.consent.deniedOf(meant)).toContain('marketing');
      shop.writer.command({ kind: 'erase', subject: { profileId: id }, by: 'test', at: startAt + 600_000 });
      shop.writer.due(startAt + 600_000);
      expect(shop.by({ userId: meant })).toEqual([]);
      if (other !== null) expect(shop.by({ userId: other })).toHaveLength(1);
    }
  });

  it('R11, R14: who returned from an erasure, and was erased again by a former name, is out and returns as yet another', () => {
    const shop = openShop();
    const { writer } = shop;
    const at = (minute: number) => startAt + minute * 60_000;
    const erase = (userId: string, minute: number): void => {
      writer.command({ kind: 'erase', subject: { userId }, by: 'test', at: at(minute) });
      writer.due(at(minute));
    };
    const named = (device: string, minute: number) => shop.send([identify(device, 'U1', minute)], { minute });
    const lives: string[] = [];
    named('A1', 0);
    lives.push(shop.one({ userId: 'U1' }).id);
    erase('U1', 10);
    writer.consent.tombstones.open('userId', 'U1', at(20));
    named('A2', 30);
    lives.push(shop.one({ userId: 'U1' }).id);
    const alias = call('alias', null, 32, { previousId: 'U1', userId: 'U9' });
    shop.send([identify(null, 'U9', 31), alias], { key: secretKey });
    erase('U9', 60);
    expect(named('A3', 70)).toMatchObject({ accepted: 0, dropped: [{ code: 'erased' }] });
    writer.consent.tombstones.open('alias', 'U1', at(80));
    named('A4', 90);
    lives.push(shop.one({ userId: 'U1' }).id);
    expect(new Set(lives).size).toBe(3);
  });

  it('R14: nothing of an event that went tells when somebody else was first seen, and their profile is as old as the rest', () => {
    const shop = openShop();
    const phone = '+4930123456';
    const order = (device: string | null, id: string, minute: number, more: object) =>
      track(device, 'Order Completed', minute, { order_id: id, total: 1, currency: 'EUR', phone, ...more });
    shop.send([order('A2', 'o1', 0, {}), order(null, 'o2', 50, { email: 'ada@shop.com' })], { key: secretKey });
    const { writer } = shop;
    writer.command({ kind: 'erase', subject: { anonymousId: 'A2' }, by: 'test', at: startAt + 3_600_000 });
    writer.due(startAt + 3_600_000);
    const left = writer.store.prepare<{ at: number }>('SELECT first_at AS at FROM nodes').all();
    expect(left.map(({ at }) => at)).toEqual([startAt + 50 * 60_000, startAt + 50 * 60_000]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R14: a rebuild forgets whom no event carries, and the first sight of whom only a mark keeps', () => {
    const shop = openShop();
    shop.send([identify('A1', 'U1', 0), identify('A1', 'U2', 300), page('A2', 1)]);
    const { writer } = shop;
    const at = startAt + 6 * 3_600_000;
    writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at });
    writer.due(at);
    const { seq } = writer.store.prepare<{ seq: number }>('SELECT seq FROM events ORDER BY at DESC LIMIT 1').get()!;
    writer.pipeline.within(at, () => forgetEvents(writer.pipeline.set, [seq]));
    // As an earlier version left them.
    writer.store.exec(`UPDATE nodes SET first_at = 5, first_id = 'gone' WHERE value = 'A1';
      INSERT INTO nodes (kind, value, hid, leader, first_at, first_id) VALUES ('user_id', 'U1', 'h', 0, 5, 'gone')`);
    writer.command({ kind: 'rebuild', at, check: false });
    const left = () => writer.store.prepare('SELECT value, first_id AS first FROM nodes ORDER BY value').all();
    expect(left()).toEqual([
      { value: 'A1', first: '' },
      { value: 'A2', first: expect.stringMatching(/^c-/) },
    ]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R14: a device that only a mark keeps is as old as what comes next', () => {
    const shop = openShop();
    shop.send([identify('A1', 'U1', 0), identify('A1', 'U2', 5)], { key: secretKey });
    const { writer } = shop;
    const at = startAt + 3_600_000;
    writer.command({ kind: 'erase', subject: { userId: 'U1' }, by: 'test', at });
    writer.due(at);
    const seqs = writer.store.prepare<{ seq: number }>('SELECT seq FROM events').all();
    writer.pipeline.within(at, () =>
      forgetEvents(
        writer.pipeline.set,
        seqs.map(({ seq }) => seq),
      ),
    );
    shop.send([track(null, 'Order Completed', 70, { order_id: 'o1', email: 'ada@shop.com' })], { key: secretKey });
    shop.send([track('A1', 'Order Completed', 80, { order_id: 'o2', email: 'ada@shop.com' })], { key: secretKey });
    expect(shop.rebuild().equal).toBe(true);
  });

  it('R11, R14: the name that stayed is erased as the present one, also where an alias back to a former one was ignored', () => {
    const shop = openShop();
    const alias = (minute: number, previousId: string, userId: string) =>
      call('alias', null, minute, { previousId, userId });
    const known = identify(null, 'U9', 1, { traits: { email: 'ada@shop.com' } });
    shop.send([identify(null, 'U1', 0), known, alias(2, 'U1', 'U9'), alias(3, 'U9', 'U1')], { key: secretKey });
    const { writer } = shop;
    writer.command({ kind: 'erase', subject: { email: 'ada@shop.com' }, by: 'test', at: startAt + 3_600_000 });
    writer.due(startAt + 3_600_000);
    const isOut = (user: string) => [writer.consent.isOut('userId', user), writer.consent.isOut('alias', user)];
    expect([isOut('U9'), isOut('U1')]).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('R11, R14: what they decided under a former name goes with what they decided under the present one', () => {
    const shop = openShop();
    const alias = call('alias', null, 2, { previousId: 'U1', userId: 'U9' });
    shop.send([identify(null, 'U1', 0), identify(null, 'U9', 1), alias], { key: secretKey });
    const { writer } = shop;
    const { id: profileId } = shop.one({ userId: 'U9' });
    writer.command({
      kind: 'object',
      subject: { profileId },
      purposes: ['marketing'],
      lift: false,
      by: 'test',
      at: startAt + 600_000,
    });
    const decided = () => writer.store.prepare('SELECT purpose, value FROM consent_persons').all();
    expect(decided()).toEqual([1, 2].map(() => ({ purpose: 'marketing', value: 'denied' })));
    writer.command({ kind: 'erase', subject: { userId: 'U9' }, by: 'test', at: startAt + 3_600_000 });
    writer.due(startAt + 3_600_000);
    expect(decided()).toEqual([]);
  });

  it.each([
    ['of the device', [page('A1', 5), page('A1', 6)], { anonymousId: 'A1' }, 3],
    ['of a server that names somebody', [track(null, 'Signed up', 8, {}, { userId: 'U1' })], { userId: 'U1' }, 2],
  ])('R4: what found its person by the first event of a visit finds them by the next, %s', (_, next, whose, events) => {
    const shop = openShop();
    const told = [track(null, 'Order Completed', 9, { order_id: 'o1', total: 5 }), page('A1', 0), ...next];
    for (const call of told) shop.send([{ ...call, context: { sessionId: 'h1' } }], { key: secretKey });
    const { set, within } = shop.writer.pipeline;
    const first = set.events.seqOf(packMessageId(told[1]!.messageId as string))!;
    within(startAt + 3_600_000, () => forgetEvents(set, [first]));
    expect(shop.one(whose).counts).toMatchObject({ events, orders: 1 });
    expect(shop.rebuild().equal).toBe(true);
  });

  it.each([
    ['with what was left on it', []],
    ['though nothing else was left on it', [1]],
  ])('R14: a device that is erased goes with the mark of somebody erased before, %s', (_, aged) => {
    const shop = openShop();
    shop.send([identify('A1', 'U3', 0), identify('A1', 'U1', 300)]);
    const { writer } = shop;
    const at = startAt + 6 * 3_600_000;
    writer.command({ kind: 'erase', subject: { userId: 'U3' }, by: 'test', at });
    writer.due(at);
    const tables = ['nodes', 'marks', 'devices', 'events'];
    const rows = () => tables.map((table) => writer.store.prepare(`SELECT * FROM ${table}`).all().length);
    expect(rows()).toEqual([2, 1, 1, 1]);
    const seqs = writer.store.prepare<{ seq: number }>('SELECT seq FROM events').all();
    writer.pipeline.within(at, () =>
      forgetEvents(
        writer.pipeline.set,
        aged.map((n) => seqs[n - 1]!.seq),
      ),
    );
    writer.command({ kind: 'erase', subject: { anonymousId: 'A1' }, by: 'test', at });
    writer.due(at);
    expect(rows()).toEqual([0, 0, 0, 0]);
  });

  it('section 6: an address that others typed goes from their events in every spelling; what else they said stays', () => {
    const shop = openShop({ reservedEmail: 'allow' });
    const typed = { traits: { email: 'Ada@Shop.Test', mail2: ' ada@shop.test', city: 'Ghent' } };
    shop.send([
      identify('A1', 'U1', 0, { traits: { email: 'ada@shop.test' } }),
      identify('A2', 'U2', 1, typed),
      identify('A2', 'U2', 2, { traits: { email: 'bob@shop.test' } }),
    ]);
    shop.writer.command({ kind: 'erase', subject: { email: 'ada@shop.test' }, by: 'test', at: startAt + 600_000 });
    shop.writer.due(startAt + 600_000);
    expect(shop.by({ userId: 'U1' })).toEqual([]);
    expect(shop.one({ userId: 'U2' }).traits.city?.value).toBe('Ghent');
    for (const table of ['events', 'nodes', 'contacts', 'profiles', 'shelf', 'erasures'])
      expect(JSON.stringify(shop.writer.store.prepare(`SELECT * FROM ${table}`).all()).toLowerCase()).not.toContain(
        'ada@shop',
      );
  });
});
