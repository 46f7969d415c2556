// What is taken out of text in the page, where an event waits for an answer, is what the collector takes out when it comes:
// one table for both. Phones, bank accounts and addresses in text are the collector's alone.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactProperties, redactText } from '../collector/enrich/redact/redact.js';
import { withoutSecrets } from '../sdk/event/text.js';
import type { PageEvent } from '../sdk/event/wire.js';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const event = (properties: object, more: Partial<PageEvent> = {}): PageEvent => ({
  messageId: 'm',
  type: 'track',
  timestamp: '2026-11-01T00:00:00.000Z',
  event: 'Note Left',
  properties: properties as PageEvent['properties'],
  context: { page: { url: 'https://shop.fr/', title: 'Home', referrer: '' } },
  ...more,
});
const onPage = (text: string) => withoutSecrets(event({ note: text })).properties?.note;

const texts = [
  'write to ann@shop.fr, please',
  "ann.o'neil+news@mail.shop.co.uk",
  'for a%40b.c',
  'ännä@bücher.de!',
  'logo@2x.png is a picture',
  'at 5 @ home',
  '@shop',
  `token ${jwt} in text`,
  'eyJhbGciOi',
  '4111111111111111',
  'card 4111 1111 1111 1111 was used',
  '5500-0000-0000-0004',
  '3782 822463 10005',
  '4111111111111112',
  'article 1234567890123',
  '100234-FR',
  'size 42 of 44',
  'nothing at all',
];

test.each(texts)('%j reads alike on both sides', (text) => {
  expect(onPage(text)).toBe(redactText(text));
});

test('any of them, joined in any order, reads alike', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  console.info(`seed ${seed}`);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...texts), { maxLength: 5 }), (parts) => {
      const text = parts.join(' ; ');
      expect(onPage(text)).toBe(redactText(text));
    }),
    { seed, numRuns: 500 },
  );
});

test("values under secret names and the site's own go, ids and flags stay: as at the collector", () => {
  const properties = {
    order_id: '4111111111111111',
    cart_token: 'c-1',
    authToken: 'x',
    user_password: 'x',
    iban: 'x',
    hasPassword: true,
    Voucher: 'SECRET10',
    passenger: 'two',
    note: 'ann@shop.fr',
    products: [{ sku: '4111111111111111', engraving: 'for ann@shop.fr' }],
  };
  const { value } = redactProperties(properties, { keys: ['voucher'] });
  const ours = withoutSecrets(event(properties), ['voucher']).properties;
  expect(Object.keys(ours ?? {}).sort()).toEqual(Object.keys(value as object).sort());
  expect(ours).toMatchObject({
    order_id: '4111111111111111',
    note: ':redacted',
    products: [{ sku: '4111111111111111', engraving: 'for :redacted' }],
  });
});

test("a title and a name of the site's own are text too; a contact told on purpose stays", () => {
  const { context, event: name } = withoutSecrets(
    event(
      {},
      {
        event: 'Wrote ann@shop.fr',
        context: { page: { url: 'https://shop.fr/', title: 'Hello ann@shop.fr', referrer: '' } },
      },
    ),
  );
  expect([context.page?.title, name]).toEqual(['Hello :redacted', 'Wrote :redacted']);
  const order = withoutSecrets(event({ email: 'ann@shop.fr', note: 'ann@shop.fr' }, { event: 'Order Completed' }));
  expect(order.properties).toEqual({ email: 'ann@shop.fr', note: ':redacted' });
  expect(withoutSecrets(event({ email: 'ann@shop.fr' })).properties).toEqual({ email: ':redacted' });
  const { traits } = withoutSecrets(event({}, { type: 'identify', traits: { email: 'ann@shop.fr', password: 'x' } }));
  expect(traits).toEqual({ email: 'ann@shop.fr' });
});
