import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assurances, purposes } from '../contract/purposes.js';
import { packBody, unpackBody } from './body.js';
import type { AcceptedEvent } from './event.js';

const seed = Number(process.env.WEFT_SEED);
const orNull = <Value>(of: fc.Arbitrary<Value>) => fc.option(of, { nil: null });
const word = fc.string({ maxLength: 12 });

const eventArb = fc.record({
  messageId: fc.string({ minLength: 1 }),
  type: fc.constantFrom('track', 'page', 'screen', 'identify', 'alias', 'group'),
  name: orNull(word),
  at: fc.integer({ min: 0 }),
  receivedAt: fc.integer({ min: 0 }),
  anonymousId: orNull(word),
  userId: orNull(word),
  claimedUserId: orNull(word),
  sessionHint: orNull(word),
  channel: fc.constantFrom('browser', 'server'),
  active: fc.boolean(),
  trust: fc.constantFrom('public', 'secret'),
  assurance: fc.constantFrom(...assurances),
  purposes: fc.subarray([...purposes]),
  receipt: orNull(word),
  bot: orNull(word),
  contacts: fc.array(fc.record({ kind: fc.constantFrom('email', 'phone', 'external:crm'), value: word, raw: word }), {
    maxLength: 2,
  }),
  keys: fc.array(fc.record({ kind: fc.constantFrom('order', 'cart', 'session'), value: word }), { maxLength: 2 }),
  previousId: orNull(word),
  groupId: orNull(word),
  traits: fc.dictionary(word, fc.jsonValue()),
  setOnce: fc.boolean(),
  properties: fc.dictionary(word, fc.jsonValue()),
  page: orNull(
    fc.record({
      path: orNull(word),
      title: orNull(word),
      url: orNull(word),
      search: orNull(word),
      referrer: orNull(word),
    }),
  ),
  touch: orNull(
    fc.record({
      channel: word,
      source: orNull(word),
      medium: orNull(word),
      campaign: orNull(word),
      clickId: orNull(word),
    }),
  ),
  device: orNull(fc.record({ browser: orNull(word), os: orNull(word), kind: fc.constantFrom('desktop', 'mobile') })),
  country: orNull(word),
  locale: orNull(word),
  library: orNull(word),
  kept: orNull(fc.record({ days: orNull(fc.nat(1_000)), orderDays: orNull(fc.nat(1_000)) })),
}) as unknown as fc.Arbitrary<AcceptedEvent>;

it(`an event comes out of the log as it went in (seed ${seed})`, () => {
  fc.assert(
    fc.property(eventArb, (event) => {
      // The log is JSON: what JSON cannot say (-0) is not said.
      const plain = JSON.parse(JSON.stringify(event)) as AcceptedEvent;
      // What a secret key's event leaves open is the policy's to say.
      const kept = plain.kept ?? (plain.trust === 'secret' ? { days: null, orderDays: null } : null);
      expect(JSON.parse(JSON.stringify(unpackBody(packBody(event), event.messageId, event.at)))).toEqual({
        ...plain,
        kept,
      });
    }),
    { seed },
  );
});
