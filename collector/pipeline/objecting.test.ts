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

describe('art. 21: a device that lives by a consent of ours', () => {
  const ledgerKey: KeyContext = { ...publicKey, mode: 'ledger' };
  const rowIn = (shop: Shop, receipt: string, more: object, denied: readonly Purpose[] = []) => {
    const { policy } = shop.writer.consent;
    return {
      receipt: receipt.padEnd(22, '_'),
      kind: 'grant',
      visitorId: 'D1',
      epoch: startAt,
      decisions: policy.purposes.map(({ id, materialHash }) => ({
        purpose: id,
        value: denied.includes(id) ? 'denied' : 'granted',
        source: 'user',
        materialHash,
      })),
      policy: { version: policy.version, configHash: policy.configHash },
      ...more,
    };
  };
  const acceptAll = { ui: { layer: 'first', action: 'accept-all' } };
  const saved = { ui: { layer: 'preferences', action: 'save' } };
  const clicked = (minute: number, receipt: string) =>
    track('D1', 'Message Clicked', minute, { message_id: 'm' }, { context: { consent: { receipt } } });
  const viewed = (minute: number, receipt: string) => page('D1', minute, { context: { consent: { receipt } } });
  const send = (shop: Shop, calls: Call[], consent?: object) => shop.send(calls, { key: ledgerKey, consent });

  it('what it objected to before stands when it takes one, until its switch is saved', () => {
    const shop = openShop();
    object(shop, { anonymousId: 'D1' }, { purposes: ['marketing'] });
    const first = rowIn(shop, 'first', acceptAll);
    expect(send(shop, [clicked(0, first.receipt)], first)).toMatchObject({
      accepted: 0,
      dropped: [{ code: 'purpose' }],
    });
    const second = rowIn(shop, 'second', { supersedes: first.receipt, ...saved });
    expect(send(shop, [clicked(1, second.receipt)], second)).toMatchObject({ accepted: 1 });
  });

  it('goes on with what it did not object to, and is told until its own row says so', () => {
    const shop = openShop();
    const first = rowIn(shop, 'first', acceptAll);
    expect(send(shop, [viewed(0, first.receipt)], first)).not.toHaveProperty('consent');
    object(shop, { visitorId: 'D1', receipt: first.receipt }, { purposes: ['marketing'] });
    for (const minute of [1, 2])
      expect(send(shop, [viewed(minute, first.receipt), clicked(minute, first.receipt)])).toMatchObject({
        accepted: 1,
        dropped: [{ code: 'late' }],
        consent: { marketing: false },
        kind: 'object',
      });
    const heard = rowIn(shop, 'heard', { kind: 'object', supersedes: first.receipt }, ['marketing']);
    const after = send(shop, [viewed(3, heard.receipt)], heard);
    expect(after).toMatchObject({ accepted: 1, dropped: [] });
    expect(after).not.toHaveProperty('consent');
    const { id } = shop.one({ anonymousId: 'D1' });
    const count = (purpose: Purpose) =>
      shop.read.events(id, { purposes: [purpose], now: startAt + 9e5, limit: 9, cursor: null })?.items.length ?? 0;
    expect([count('personalisation'), count('marketing')]).toEqual([4, 0]);
    // What somebody accepts afterwards lifts nothing; their own switch does.
    const again = rowIn(shop, 'again', { kind: 'update', supersedes: heard.receipt, ...acceptAll });
    expect(send(shop, [clicked(4, again.receipt)], again)).toMatchObject({ dropped: [{ code: 'purpose' }] });
    const lifted = rowIn(shop, 'lifted', { kind: 'update', supersedes: again.receipt, ...saved });
    expect(send(shop, [clicked(5, lifted.receipt)], lifted)).toMatchObject({ accepted: 1 });
  });

  it('its switch lifts it also where the device never heard of it', () => {
    const shop = openShop();
    const first = rowIn(shop, 'first', acceptAll);
    send(shop, [viewed(0, first.receipt)], first);
    object(shop, { anonymousId: 'D1' }, { purposes: ['marketing'] });
    const second = rowIn(shop, 'second', { kind: 'update', supersedes: first.receipt, ...saved });
    expect(send(shop, [clicked(1, second.receipt)], second)).toMatchObject({ accepted: 1 });
  });

  it('that objects to all is out, and told of what', () => {
    const shop = openShop();
    const first = rowIn(shop, 'first', acceptAll);
    send(shop, [viewed(0, first.receipt)], first);
    object(shop, { anonymousId: 'D1' }, {});
    expect(send(shop, [viewed(1, first.receipt)])).toMatchObject({
      state: 'withdrawn',
      consent: Object.fromEntries(all.map((one) => [one, false])),
    });
  });

  it('is told nothing by the receipt of another', () => {
    const shop = openShop();
    const first = rowIn(shop, 'first', acceptAll);
    send(shop, [viewed(0, first.receipt)], first);
    object(shop, { anonymousId: 'D1' }, { purposes: ['marketing'] });
    const other = rowIn(shop, 'other', { visitorId: 'D2', ...acceptAll });
    const calls = [page('D2', 1, { context: { consent: { receipt: other.receipt } } }), viewed(1, other.receipt)];
    expect(send(shop, calls, other)).not.toHaveProperty('consent');
  });
});
