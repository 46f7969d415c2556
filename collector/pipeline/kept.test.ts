// What is kept of what a call says, where no rule speaks of it: with the event, in its reading, and nowhere else.

import { describe, expect, it } from 'vitest';
import { purposes as all, type Purpose } from '../contract/purposes.js';
import { disclosureReading } from '../profiles/disclose.js';
import { type Call, call, identify, openShop, page, secretKey, track } from './calls.fixture.js';

it('a group and what is said of it stay with the event, and are nobody’s traits', () => {
  const shop = openShop();
  const traits = { name: 'Analytical Engines', loyalty_tier: 'gold', seats: 12, password: 'hunter2' };
  const answer = shop.send([
    identify('A1', 'U1', 0, { traits: { firstName: 'Ada' } }),
    call('group', 'A1', 1, { userId: 'U1', groupId: 'g-7', traits }),
    call('group', 'A1', 2, { userId: 'U1', groupId: 8 }),
  ]);
  // What only a server may say of a person (R8) is said of no person here.
  expect(answer).toMatchObject({ accepted: 3, warnings: [], redactions: { traits: 1 } });
  const profile = shop.one({ userId: 'U1' });
  expect(Object.keys(profile.traits)).toEqual(['firstName']);
  const kept = { name: 'Analytical Engines', loyalty_tier: 'gold', seats: 12 };
  expect(shop.events(profile.id)).toMatchObject([
    { type: 'group', groupId: '8', traits: {} },
    { type: 'group', groupId: 'g-7', traits: kept },
    { type: 'identify', groupId: null, traits: { firstName: 'Ada' } },
  ]);
  expect(shop.rebuild().equal).toBe(true);

  const disclosure = disclosureReading(shop.writer.store, shop.read);
  const told = disclosure.disclosed(disclosure.meant({ userId: 'U1' }), 'events', null, Date.now());
  expect(told.items).toMatchObject([
    { type: 'identify' },
    { group: { id: 'g-7', traits: kept } },
    { group: { id: '8' } },
  ]);

  // The same id with another word on the group is another fact.
  const again = (more: object) =>
    shop.send([{ ...call('group', 'A1', 1, { userId: 'U1', groupId: 'g-7', traits }), messageId: 'g-1', ...more }]);
  expect(again({})).toMatchObject({ accepted: 1 });
  expect(again({})).toMatchObject({ duplicates: 1, warnings: [] });
  expect(again({ traits: { name: 'Other' } })).toMatchObject({ duplicates: 1, warnings: [{ code: 'id_conflict' }] });
});

it('nothing of a group comes in without personalisation', () => {
  const shop = openShop();
  const key = { ...secretKey, purposes: ['measurement' as const] };
  const answer = shop.send([call('group', 'A1', 0, { groupId: 'g-7', traits: { name: 'x' } })], { key });
  expect(answer).toMatchObject({ accepted: 0, dropped: [{ code: 'purpose' }] });
});

it('the category of a page stays with it, as text like any', () => {
  const shop = openShop();
  shop.send([page('A1', 0, { category: 'Mugs' }), page('A1', 1, { category: 'of ada@shop.test' }), page('A1', 2)]);
  const { id } = shop.one({ anonymousId: 'A1' });
  const events = shop.read.events(id, { purposes: all, now: Date.now(), limit: 10, cursor: null })!.items;
  expect(events.map(({ category }) => category)).toEqual([null, 'of :redacted', 'Mugs']);
});

it('what the page had to guess at is a warning of the answer, counted; what is no code of ours is nothing', () => {
  const shop = openShop();
  const viewed = (minute: number, warnings: unknown) =>
    track(
      'A1',
      'Product Viewed',
      minute,
      { product_id: 'p1', price: 9.99, currency: 'EUR' },
      { context: { warnings } },
    );
  const answer = shop.send([
    viewed(0, ['amount_text', 'amount_text']),
    viewed(1, ['hunger', { code: 'amount_text' }, '__proto__']),
    viewed(2, 'amount_text'),
    viewed(3, null),
  ]);
  expect(answer.warnings).toMatchObject([{ index: 0, code: 'amount_text' }]);
  expect([answer.accepted, answer.warnings.length]).toEqual([4, 1]);
  expect(shop.warnings()).toEqual([{ code: 'amount_text', count: 1 }]);
});

describe('how an address was written', () => {
  const order = (minute: number, email: string, more: Call = {}) =>
    track('A1', 'Order Completed', minute, { order_id: `o${minute}`, total: 9, currency: 'EUR', email }, more);
  const spelt = (shop: ReturnType<typeof openShop>, purposes?: readonly Purpose[]) => {
    const now = Date.now();
    const [profile] = shop.read.profilesBy({ anonymousId: 'A1' }, { purposes: purposes ?? all, now });
    return profile?.spellings?.map(({ value, spelling }) => [value, spelling]);
  };

  it('I9: is kept for mailing, as the strongest wrote it last, where it differs', () => {
    const shop = openShop();
    shop.send([order(0, ' User@Shop.COM '), order(1, 'user@shop.com')], { key: secretKey });
    expect(spelt(shop)).toEqual([['user@shop.com', 'User@Shop.COM']]);
    shop.send([identify('A1', 'U1', 2, { traits: { email: 'USER@shop.com' } })]);
    expect(spelt(shop)).toEqual([['user@shop.com', 'User@Shop.COM']]);
    shop.send([order(3, 'User@shop.com')], { key: secretKey });
    expect(spelt(shop)).toEqual([['user@shop.com', 'User@shop.com']]);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('is shown to nobody who may not use it for marketing, and not kept for that from what marketing may not use', () => {
    const shop = openShop();
    shop.send([order(0, 'User@Shop.COM')], { key: secretKey });
    expect(spelt(shop, ['personalisation'])).toEqual([]);
    expect(spelt(shop, ['marketing'])).toEqual([['user@shop.com', 'User@Shop.COM']]);
    const plain = openShop();
    plain.send([order(0, 'User@Shop.COM')], { key: { ...secretKey, purposes: ['measurement', 'personalisation'] } });
    expect(spelt(plain)).toEqual([]);
  });

  it('is not shown once the person has objected to marketing', () => {
    const shop = openShop();
    shop.send([order(0, 'User@Shop.COM', { userId: 'U1' })], { key: secretKey });
    expect(spelt(shop)).toEqual([['user@shop.com', 'User@Shop.COM']]);
    const objected = shop.writer.command({
      kind: 'object',
      subject: { userId: 'U1' },
      purposes: ['marketing'],
      lift: false,
      by: 'test',
      at: Date.now(),
    });
    expect(objected.status).toBeLessThan(300);
    expect(spelt(shop)).toEqual([]);
  });
});
