// What acceptance takes from the policy in force.

import { expect, it } from 'vitest';
import { parsePolicy } from '../consent/policy/policy.js';
import { openShop, page, track } from './calls.fixture.js';

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
