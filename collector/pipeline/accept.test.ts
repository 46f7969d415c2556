// What acceptance takes from the policy in force.

import { expect, it } from 'vitest';
import { parsePolicy } from '../consent/policy/policy.js';
import { openShop, page, publicKey, startAt, track } from './calls.fixture.js';

it('an address and properties are redacted as the consent file in force says, and as the next one says from then on', () => {
  const shop = openShop();
  const url = 'https://shop.test/p?utm_source=letter&size=m&ref=9';
  const view = (minute: number) => page('A1', minute, { properties: { url } });
  const added = (minute: number) =>
    track('A1', 'Product Added', minute, { product_id: 'p1', voucher: 'V-77', password: 'hunter2' });
  const kept = () => {
    const [profile] = shop.by({ anonymousId: 'A1' });
    const [last, before] = shop.events(profile!.id);
    return { added: Object.keys(last!.properties).sort(), url: before!.properties.url };
  };

  shop.send([view(0), added(1)]);
  expect(kept()).toEqual({ added: ['product_id', 'voucher'], url: 'https://shop.test/p?utm_source=letter' });

  const policy = parsePolicy({ redact: { query: { allow: ['size'] }, keys: ['voucher'] } });
  shop.writer.store.transaction(() => shop.writer.consent.adopt(policy, Date.now()));
  shop.send([view(2), added(3)]);
  expect(kept()).toEqual({ added: ['product_id'], url: 'https://shop.test/p?size=m' });
  expect(shop.rebuild().equal).toBe(true);
});

it('consent 4: an event that says it was held until the grant is kept at its own instant, with that mark, where the file holds', () => {
  const shop = openShop();
  const policy = parsePolicy({ policy: { version: '1' }, preConsent: { mode: 'hold', maxMinutes: 30 } });
  shop.writer.store.transaction(() => shop.writer.consent.adopt(policy, startAt));
  const receipt = '4pLr0cUo8dYb2mQwXn7sZA';
  const row = {
    receipt,
    kind: 'grant',
    visitorId: 'A1',
    epoch: 1,
    decisions: ['measurement', 'personalisation'].map((purpose) => ({ purpose, value: 'granted', source: 'user' })),
    policy: { version: '1' },
  };
  const context = { consent: { receipt } };
  const iso = (minute: number) => new Date(startAt + minute * 60_000).toISOString();
  // The device's clock is an hour ahead: what it says of the grant is corrected as what it says of the event is.
  const ahead = 60;
  const held = { context, preConsent: true, releasedAt: iso(20 + ahead) };
  const answer = shop.send(
    [
      page('A1', 5 + ahead, held),
      page('A1', 6 + ahead, { context, preConsent: 'yes' }),
      page('A1', 20 + ahead, { context }),
      page('A1', 4 + ahead, { context: { consent: { receipt, preConsent: true } }, releasedAt: iso(20 + ahead) }),
    ],
    { key: { ...publicKey, mode: 'ledger' }, minute: 20, sentMinute: 20 + ahead, consent: row },
  );
  expect(answer).toMatchObject({ accepted: 3, dropped: [{ index: 1, code: 'too_early' }] });
  const [profile] = shop.by({ anonymousId: 'A1' });
  expect(shop.events(profile!.id)).toMatchObject([
    { at: iso(20), preConsent: false, releasedAt: null },
    { at: iso(5), preConsent: true, releasedAt: iso(20) },
    { at: iso(4), preConsent: true, releasedAt: iso(20) },
  ]);
});
