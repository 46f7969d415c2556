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
  groupTraits: orNull(fc.dictionary(word, fc.jsonValue())),
  category: orNull(fc.string({ minLength: 1, maxLength: 12 })),
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
  releasedAt: orNull(fc.integer({ min: 1 })),
  kept: orNull(fc.record({ days: orNull(fc.nat(1_000)), orderDays: orNull(fc.nat(1_000)) })),
}) as unknown as fc.Arbitrary<AcceptedEvent>;

/** As a page's own events are: what the page says stands among the properties too, and the session's name among the keys. */
const pageEventArb = fc
  .tuple(eventArb, fc.subarray(['path', 'title', 'url', 'search', 'referrer'] as const), fc.boolean())
  .map(([event, repeated, isKey]): AcceptedEvent => {
    const said = Object.fromEntries(repeated.map((field) => [field, event.page?.[field] ?? 'its own']));
    const hint = event.sessionHint;
    return {
      ...event,
      properties: { ...event.properties, ...said, last: 1 },
      keys: isKey && hint !== null ? [...event.keys, { kind: 'session', value: hint }] : event.keys,
    };
  });

it(`an event comes out of the log as it went in (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.oneof(eventArb, pageEventArb), (event) => {
      // The log is JSON: what JSON cannot say (-0) is not said.
      const plain = JSON.parse(JSON.stringify(event)) as AcceptedEvent;
      // What a secret key's event leaves open is the policy's to say.
      const kept = plain.kept ?? (plain.trust === 'secret' ? { days: null, orderDays: null } : null);
      const out = unpackBody(packBody(event), event.messageId, event.at);
      expect(JSON.parse(JSON.stringify(out))).toEqual({ ...plain, kept });
      // Also in their order: two tellings of one event are compared as text.
      expect(JSON.stringify(out.properties)).toBe(JSON.stringify(event.properties));
    }),
    { seed },
  );
});

it('what a page view says twice is written once', () => {
  const [event] = fc.sample(eventArb, { seed, numRuns: 1 });
  const page = {
    path: '/p/morning-mug',
    title: 'Morning mug',
    url: 'https://shop.test/p/morning-mug',
    search: '',
    referrer: null,
  };
  const text = packBody({
    ...event!,
    page,
    properties: { url: page.url, title: 'Another title', path: page.path },
    sessionHint: 'a-session',
    keys: [{ kind: 'session', value: 'a-session' }],
  });
  expect(text.split('/p/morning-mug').length - 1).toBe(2);
  expect(text.split('a-session').length - 1).toBe(1);
  expect(text).toContain('Another title');
});

it('an event written before that is read as it was', () => {
  const text =
    '{"y":1,"r":5,"f":2,"p":2,"a":"d-1","h":"s-1","k":[{"kind":"session","value":"s-1"}],"pr":{"path":"/p","url":"https://shop.test/p"},"pg":["/p",null,"https://shop.test/p","",null]}';
  expect(unpackBody(text, 'm-1' as AcceptedEvent['messageId'], 4)).toMatchObject({
    keys: [{ kind: 'session', value: 's-1' }],
    properties: { path: '/p', url: 'https://shop.test/p' },
    page: { path: '/p', url: 'https://shop.test/p' },
  });
  const joined = unpackBody(
    '{"y":5,"r":5,"f":2,"p":6,"a":"d-1","u":"u-1","g":"g-7"}',
    'm-2' as AcceptedEvent['messageId'],
    4,
  );
  expect(joined).toMatchObject({ type: 'group', groupId: 'g-7', traits: {} });
  expect([joined.groupTraits, joined.category, joined.releasedAt]).toEqual([null, null, null]);
});
