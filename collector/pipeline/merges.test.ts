// What joins people and what parts them again (R5, R11, R12), act by act: each is listed, each can be undone, each for good.

import { describe, expect, it } from 'vitest';
import { call, identify, openShop, page, secretKey, startAt } from './calls.fixture.js';

type Shop = ReturnType<typeof openShop>;
const server = { key: secretKey };
const named = (...users: string[]) => users.map((user, n) => identify(null, user, n));
const alias = (previousId: string, userId: string, minute: number, messageId = `alias-${minute}`) =>
  call('alias', null, minute, { previousId, userId, messageId });
const merge = (shop: Shop, from: string, into: string) =>
  shop.writer.command({ kind: 'merge', from, into, by: 'staff', at: startAt + 36_000_000 }) as {
    status: number;
    body: { id: string };
  };
const standing = (shop: Shop, userId: string) =>
  shop.merges(shop.one({ userId }).id).filter(({ undoneAt }) => undoneAt === null);
const idOf = (shop: Shop, userId: string) => shop.one({ userId }).id;

describe('an undo is for good', () => {
  it.each(['staff', 'alias'] as const)(
    'R12: of a chain of renames (%s) the second is undone, then the first, and three people are left',
    (by) => {
      const shop = openShop();
      shop.send(named('U1', 'U2', 'U3'), server);
      const rename = (from: string, into: string, minute: number) =>
        by === 'staff' ? merge(shop, from, into) : shop.send([alias(from, into, minute)], server);
      rename('U2', 'U3', 5);
      rename('U1', 'U2', 6);
      const first = standing(shop, 'U3').filter(({ identifiers }) => identifiers.some(({ value }) => value === 'U1'));
      expect(first.map(({ identifiers }) => identifiers.map(({ value }) => value).sort())).toEqual([['U1', 'U2']]);
      shop.undo(first[0]!.id);
      shop.undo(standing(shop, 'U3')[0]!.id);
      expect(new Set(['U1', 'U2', 'U3'].map((user) => idOf(shop, user))).size).toBe(3);
      expect(['U1', 'U2', 'U3'].flatMap((user) => standing(shop, user))).toEqual([]);
      expect(shop.rebuild().equal).toBe(true);
    },
  );

  it('R12: what an alias joins is listed under that reason, the old name before the new, be it a user or a device', () => {
    const shop = openShop();
    shop.send([page('D1', 0)]);
    shop.send([...named('U1', 'U2'), alias('D1', 'U1', 3), alias('U1', 'U2', 4)], server);
    const told = standing(shop, 'U2').map(({ reason, identifiers }) => [
      reason,
      ...identifiers.map(({ value }) => value),
    ]);
    expect(told).toEqual([
      ['alias', 'U1', 'U2'],
      ['alias', 'D1', 'U1'],
    ]);
  });

  it('R12: the join of a device by its alias stays undone when the rename of its user is undone too', () => {
    const shop = openShop();
    shop.send([page('D1', 0)]);
    shop.send([...named('U1', 'U2'), alias('D1', 'U1', 3), alias('U1', 'U2', 4)], server);
    for (const cause of ['alias-3', 'alias-4'])
      shop.undo(standing(shop, 'U2').find((entry) => entry.cause === cause)!.id);
    expect(new Set([shop.one({ anonymousId: 'D1' }).id, idOf(shop, 'U1'), idOf(shop, 'U2')]).size).toBe(3);
    expect(shop.rebuild().equal).toBe(true);
  });
});

it('R12: a claim that was undone is not listed as standing when an earlier naming arrives, and is undone already', () => {
  const shop = openShop();
  shop.send([page('A1', 1), identify('A1', 'U1', 10)]);
  shop.undo(standing(shop, 'U1')[0]!.id);
  shop.send([identify('A1', 'U1', 5, { messageId: 'late' })], { minute: 30 });
  expect(standing(shop, 'U1')).toEqual([]);
  const late = shop.merges(idOf(shop, 'U1')).find(({ cause }) => cause === 'late')!;
  expect(shop.undo(late.id)).toEqual({ status: 200, body: { id: late.id, undoneAt: late.undoneAt } });
  expect(shop.writer.store.prepare('SELECT * FROM pins').all()).toHaveLength(1);
});

it('R12, R14: a claim stays undone when the address of somebody who is erased goes from the only event of its device', () => {
  const shop = openShop();
  const email = 'ada@shop.com';
  shop.send([identify(null, 'U2', 0, { traits: { email } }), identify(null, 'U1', 1)], server);
  shop.send([identify('A1', 'U1', 10, { traits: { email } })], server);
  shop.undo(standing(shop, 'U1')[0]!.id);
  const at = startAt + 3_600_000;
  shop.writer.command({ kind: 'erase', subject: { email }, by: 'test', at });
  shop.writer.due(at);
  shop.send([page('A1', 61)]);
  expect(shop.one({ userId: 'U1' }).counts.events).toBe(2);
  expect(standing(shop, 'U1')).toEqual([]);
  expect(shop.rebuild().equal).toBe(true);
});

describe('a merge by staff', () => {
  it('R12: into somebody who was merged before is listed under the id it is answered, and undone by it', () => {
    const shop = openShop();
    shop.send(named('U1', 'U2', 'U3'), server);
    merge(shop, 'U1', 'U3');
    const { id } = merge(shop, 'U2', 'U1').body;
    expect(standing(shop, 'U3').map((entry) => entry.id)).toContain(id);
    expect(shop.undo(id).status).toBe(200);
    expect(idOf(shop, 'U1')).toBe(idOf(shop, 'U3'));
    expect(idOf(shop, 'U2')).not.toBe(idOf(shop, 'U3'));
    expect(shop.rebuild().equal).toBe(true);
  });

  it.each([
    ['an alias', [alias('U1', 'U3', 5)], 'U1', 'U3'],
    ['a chain of aliases', [alias('U1', 'U2', 5), alias('U2', 'U3', 6)], 'U1', 'U3'],
    ['two aliases into a third', [alias('U1', 'U3', 5), alias('U2', 'U3', 6)], 'U1', 'U2'],
  ])('R12: of two whom %s made one is refused, and leaves no row to act one day', (_, aliases, from, into) => {
    const shop = openShop();
    shop.send([...named('U1', 'U2', 'U3'), ...aliases], server);
    const before = shop.lines();
    expect(merge(shop, from, into)).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    expect(shop.lines()).toEqual(before);
    expect(shop.writer.store.prepare("SELECT * FROM renames WHERE reason = 'staff'").all()).toEqual([]);
    for (const entry of standing(shop, 'U3')) shop.undo(entry.id);
    expect(idOf(shop, 'U1')).not.toBe(idOf(shop, 'U3'));
  });

  it('R12: the other way round, of two whom an alias dated earlier made one so, is refused; of two who are two it is done', () => {
    const shop = openShop();
    shop.send(named('U1', 'U2', 'U3'), server);
    merge(shop, 'U1', 'U2');
    shop.send([alias('U2', 'U1', 5)], server);
    expect(merge(shop, 'U2', 'U1')).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });

    const other = openShop();
    other.send(named('U1', 'U2', 'U3'), server);
    merge(other, 'U1', 'U2');
    other.send([alias('U1', 'U3', 5)], server);
    expect(idOf(other, 'U1')).not.toBe(idOf(other, 'U2'));
    const { status, body } = merge(other, 'U2', 'U1');
    expect(status).toBe(200);
    expect(idOf(other, 'U1')).toBe(idOf(other, 'U2'));
    expect(standing(other, 'U3').map(({ id }) => id)).toContain(body.id);
    expect(other.rebuild().equal).toBe(true);
  });

  it('R12: the same again, which stands, is answered its id once more', () => {
    const shop = openShop();
    shop.send(named('U1', 'U2'), server);
    const first = merge(shop, 'U1', 'U2');
    expect(merge(shop, 'U1', 'U2')).toEqual(first);
    expect(standing(shop, 'U2').map(({ id }) => id)).toEqual([first.body.id]);
  });
});
