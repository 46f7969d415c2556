// Objections of devices (art. 21; consent.md, section 6), by whatever a key lets them be kept: through the whole pipeline and
// as they are read.

import { describe, expect, it } from 'vitest';
import { purposes as all, type Purpose } from '../contract/purposes.js';
import type { KeyContext } from '../log/log.js';
import { type Call, openShop, page, publicKey, secretKey, startAt, track } from './calls.fixture.js';

type Shop = ReturnType<typeof openShop>;
const object = (
  shop: Shop,
  subject: object,
  { purposes = [], lift = false }: { purposes?: Purpose[]; lift?: boolean },
) => shop.writer.command({ kind: 'object', subject, purposes, lift, by: 'test', at: startAt + 1 } as never).status;
const claimedKey: KeyContext = { ...publicKey, id: 'ck', mode: 'claimed' };
const granted = { context: { consent: { categoryPreferences: Object.fromEntries(all.map((one) => [one, true])) } } };
const keys: [string, KeyContext][] = [
  ['external', publicKey],
  ['claimed', claimedKey],
  ['external, of a server', secretKey],
];

describe.each(keys)('art. 21: a device under a key in mode %s', (_, key) => {
  const send = (shop: Shop, calls: Call[]) => shop.send(calls, { key });
  const view = (minute: number, device = 'D1') => page(device, minute, granted);
  const seenFor = (shop: Shop, purpose: Purpose) =>
    shop.read.profilesBy({ anonymousId: 'D1' }, { purposes: [purpose], now: startAt + 9e5 }).length;

  it('that objects to everything is kept and shown no more, until the same right lifts it', () => {
    const shop = openShop();
    send(shop, [view(0)]);
    expect(seenFor(shop, 'personalisation')).toBe(1);
    expect(object(shop, { anonymousId: 'D1' }, {})).toBe(202);
    expect(send(shop, [view(1)])).toMatchObject({ accepted: 0, dropped: [{ code: 'withdrawn' }] });
    expect(seenFor(shop, 'personalisation')).toBe(0);
    expect(shop.by({ anonymousId: 'D1' })).toEqual([]);
    // Of no other device is anything said.
    expect(send(shop, [view(1, 'D2')])).toMatchObject({ accepted: 1 });
    expect(object(shop, { anonymousId: 'D1' }, { lift: true })).toBe(202);
    expect(send(shop, [view(2)])).toMatchObject({ accepted: 1 });
    expect(seenFor(shop, 'personalisation')).toBe(1);
    expect(shop.rebuild().equal).toBe(true);
  });

  it('that objects to one purpose keeps the others', () => {
    const shop = openShop();
    send(shop, [view(0)]);
    const { id } = shop.one({ anonymousId: 'D1' });
    expect(object(shop, { profileId: id }, { purposes: ['marketing'] })).toBe(202);
    const said = track('D1', 'Message Clicked', 1, { message_id: 'm' }, granted);
    expect(send(shop, [view(1), said])).toMatchObject({ accepted: 1, dropped: [{ code: 'withdrawn' }] });
    expect([seenFor(shop, 'personalisation'), seenFor(shop, 'marketing'), seenFor(shop, 'sharing')]).toEqual([1, 0, 1]);
    expect(shop.one({ anonymousId: 'D1' }).consent).toMatchObject({ marketing: { value: 'denied', source: 'user' } });
    // What comes while it stands is never for that purpose, also once it is lifted; what was there before is again.
    object(shop, { anonymousId: 'D1' }, { lift: true });
    const asked = (purpose: Purpose) => ({ purposes: [purpose], now: startAt + 9e5, limit: 9, cursor: null });
    const count = (purpose: Purpose) => shop.read.events(id, asked(purpose))!.items.length;
    expect([count('personalisation'), count('marketing')]).toEqual([2, 1]);
  });

  it('is heard before anything of it has come', () => {
    const shop = openShop();
    expect(object(shop, { anonymousId: 'D1' }, {})).toBe(202);
    expect(send(shop, [view(0)])).toMatchObject({ accepted: 0, dropped: [{ code: 'withdrawn' }] });
  });
});

it('art. 21: what a device objected to stands when it takes a consent of ours, until its switch is saved', () => {
  const shop = openShop();
  object(shop, { anonymousId: 'D1' }, { purposes: ['marketing'] });
  const { policy } = shop.writer.consent;
  const row = (receipt: string, more: object) => ({
    receipt: receipt.padEnd(22, '_'),
    kind: 'grant',
    visitorId: 'D1',
    epoch: startAt,
    decisions: policy.purposes.map(({ id, materialHash }) => ({
      purpose: id,
      value: 'granted',
      source: 'user',
      materialHash,
    })),
    policy: { version: policy.version, configHash: policy.configHash },
    ...more,
  });
  const ledgerKey: KeyContext = { ...publicKey, mode: 'ledger' };
  const send = (minute: number, consent: ReturnType<typeof row>) =>
    shop.send(
      [
        track(
          'D1',
          'Message Clicked',
          minute,
          { message_id: 'm' },
          { context: { consent: { receipt: consent.receipt } } },
        ),
      ],
      { key: ledgerKey, consent },
    );
  const first = row('first', { ui: { layer: 'first', action: 'accept-all' } });
  expect(send(0, first)).toMatchObject({ accepted: 0, dropped: [{ code: 'purpose' }] });
  const second = row('second', { supersedes: first.receipt, ui: { layer: 'preferences', action: 'save' } });
  expect(send(1, second)).toMatchObject({ accepted: 1 });
});
