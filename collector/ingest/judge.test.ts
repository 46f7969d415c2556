import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallType, calls, eventTypes } from '../contract/event.js';
import { judge, surelyRight } from './judge.js';

const track = (more: Record<string, unknown> = {}) => ({
  type: 'track',
  event: 'X',
  messageId: 'm1',
  anonymousId: 'a',
  ...more,
});

describe('an event is refused', () => {
  const cases: [why: string, event: unknown, code: string, path: string][] = [
    ['that is null', null, 'bad_event', ''],
    ['that is an array', [], 'bad_event', ''],
    ['that is text', 'track', 'bad_event', ''],
    ['without a type', { event: 'X' }, 'unknown_type', 'type'],
    ['of a type we do not know', { type: 'push' }, 'unknown_type', 'type'],
    ['of a type that names a prototype', { type: 'constructor' }, 'unknown_type', 'type'],
    ['of a type that is no text', { type: ['track'] }, 'unknown_type', 'type'],
    ['without a name', track({ event: undefined }), 'bad_event', 'event'],
    ['with an empty name', track({ event: '' }), 'bad_event', 'event'],
    ['with a name that is no text', track({ event: 5 }), 'bad_event', 'event'],
    ['with a name of 1,001 characters', track({ event: 'x'.repeat(1001) }), 'bad_event', 'event'],
    ['with properties in an array', track({ properties: [] }), 'bad_event', 'properties'],
    ['with properties as text', track({ properties: 'a=1' }), 'bad_event', 'properties'],
    ['with a context as text', track({ context: 'x' }), 'bad_event', 'context'],
    ['with a page as text', track({ context: { page: 'x' } }), 'bad_event', 'context.page'],
    ['with external ids that are no list', track({ context: { externalIds: {} } }), 'bad_event', 'context.externalIds'],
    [
      'with an external id that is no object',
      track({ context: { externalIds: [5] } }),
      'bad_event',
      'context.externalIds.0',
    ],
    ['with traits in an array', { type: 'identify', userId: 'u', traits: [] }, 'bad_event', 'traits'],
    ['that groups under nothing', { type: 'group', userId: 'u' }, 'bad_event', 'groupId'],
    ['that renames nothing', { type: 'alias', userId: 'u' }, 'bad_event', 'previousId'],
    ['that renames to an object', { type: 'alias', previousId: 'a', userId: {} }, 'bad_event', 'userId'],
    ['with a messageId of 100 characters', track({ messageId: 'x'.repeat(100) }), 'bad_message_id', 'messageId'],
    ['with a messageId that is a number', track({ messageId: 5 }), 'bad_message_id', 'messageId'],
    ['with half a character as messageId', track({ messageId: '\ud800' }), 'bad_message_id', 'messageId'],
    ['of yesterday, in that word', track({ timestamp: 'yesterday' }), 'bad_timestamp', 'timestamp'],
    ['without a zone', track({ timestamp: '2026-11-22T05:47:04' }), 'bad_timestamp', 'timestamp'],
    ['of the 30th of February', track({ timestamp: '2026-02-30T00:00:00Z' }), 'bad_timestamp', 'timestamp'],
    ['with a number for a timestamp', track({ originalTimestamp: 5 }), 'bad_timestamp', 'originalTimestamp'],
  ];
  it.each(cases)('%s', (_why, event, code, path) => {
    const refused = judge(event, 3, null);
    expect(refused).toMatchObject({ index: 3, code, path });
    // With what would be right, not only that it is wrong.
    expect(refused!.message).not.toMatch(/^Invalid input$/);
  });
  it('with half a character as messageId, which is short enough, told that it is half', () => {
    const messageOf = (messageId: string) => judge(track({ messageId }), 0, null)!.message;
    expect(messageOf('abc\ud800def')).toContain('half of a surrogate pair');
    expect(messageOf('x'.repeat(100))).toContain('fewer than 100 characters');
  });
  it('without repeating anything that was sent, but its id', () => {
    const secret = 'jane@secret.example';
    for (const event of [
      track({ event: 5, context: { page: secret } }),
      track({ timestamp: secret }),
      { type: secret },
    ]) {
      expect(JSON.stringify(judge(event, 0, null))).not.toContain(secret);
    }
    expect(judge(track({ timestamp: 'x' }), 0, null)?.messageId).toBe('m1');
    expect(judge(track({ messageId: 'x'.repeat(5000) }), 0, null)?.messageId).toBeNull();
  });
});

describe('an event is let in', () => {
  const cases: [string, Record<string, unknown>][] = [
    ['with identifiers of any sort, for R2 to judge', track({ userId: {}, anonymousId: [1], messageId: 'é' })],
    ['with a number for a user', { type: 'identify', userId: 5 }],
    ['without a messageId', track({ messageId: null })],
    ['with an empty messageId', track({ messageId: '' })],
    ['with a messageId of 99 characters', track({ messageId: 'x'.repeat(99) })],
    [
      'with mistyped leaves',
      track({ context: { page: { title: 5, url: {} }, locale: [], ip: null }, channel: 5, integrations: 'x' }),
    ],
    ['with fields nobody knows', track({ _metadata: {}, hello: [1, 2] })],
    [
      'with nulls for everything optional',
      track({ properties: null, context: null, timestamp: null, sentAt: null, userId: null }),
    ],
    ['with an address of text', { type: 'identify', userId: 'u', traits: { address: 'Main St 5' } }],
    ['with external ids', track({ context: { externalIds: [{ id: 5, type: 'crm' }] } })],
  ];
  it.each(cases)('%s', (_why, event) => {
    expect(judge(event, 0, null)).toBeNull();
  });
  it('of the type of its route, whatever it says itself', () => {
    expect(judge({ type: 'nonsense', event: 'X' }, 0, 'track')).toBeNull();
    expect(judge({ type: 'page' }, 0, 'track')).toMatchObject({ path: 'event' });
  });
});

describe('the quick look', () => {
  const junk = fc.oneof(
    fc.constantFrom(
      undefined,
      null,
      '',
      'x',
      'x'.repeat(1001),
      '\ud800',
      'é',
      0,
      5,
      true,
      [],
      {},
      [{}],
      [5],
      { page: 5 },
      { consent: 5 },
    ),
    fc.constantFrom('2026-11-22T05:47:04.039Z', '2026-02-30T00:00:00Z', 'x'.repeat(99), 'x'.repeat(100)),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const fields = [
    'messageId',
    'anonymousId',
    'userId',
    'timestamp',
    'originalTimestamp',
    'sentAt',
    'channel',
    'event',
    'name',
    'category',
    'properties',
    'traits',
    'previousId',
    'groupId',
    'integrations',
  ];
  const contextFields = [
    'page',
    'campaign',
    'referrer',
    'screen',
    'device',
    'os',
    'app',
    'network',
    'library',
    'traits',
    'consent',
    'externalIds',
    'groupId',
    'active',
    'ip',
    'userAgentData',
  ];
  // A good event with a few fields overwritten: pure noise is nearly never right, and would prove little.
  const spoilt = (names: string[]) =>
    fc
      .array(fc.tuple(fc.constantFrom(...names), junk), { maxLength: 3 })
      .map((entries): Record<string, unknown> => Object.fromEntries(entries));
  const good = { messageId: 'm', event: 'X', previousId: 'a', userId: 'u', groupId: 'g' };
  const event = fc
    .tuple(spoilt(fields), fc.oneof(fc.constant(undefined), spoilt(contextFields), junk))
    .map(([own, context]) => ({ ...good, ...own, context }));
  const seed = Number(process.env.WEFT_SEED);

  it(`never passes what zod refuses (seed ${seed})`, () => {
    let passed = 0;
    let refused = 0;
    fc.assert(
      fc.property(event, fc.constantFrom(...eventTypes), (candidate, type) => {
        const right = calls[type].safeParse(candidate).success;
        if (!right) refused += 1;
        if (!surelyRight(candidate, type)) return;
        passed += 1;
        expect(right).toBe(true);
      }),
      { numRuns: 4000, seed },
    );
    expect(passed).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  it('is sure of what real clients send, so that zod is asked about the odd ones only', () => {
    const ordinary: [CallType, Record<string, unknown>][] = [
      [
        'track',
        track({
          timestamp: '2026-11-22T05:47:04.039Z',
          context: { page: { url: 'https://x' }, consent: { receipt: 'r' }, library: { name: 'x' } },
          properties: {},
        }),
      ],
      ['page', { messageId: 'm', anonymousId: 'a', properties: { url: 'x' } }],
      ['screen', { name: 'Home' }],
      ['identify', { userId: 'u', traits: { email: 'x' } }],
      ['alias', { previousId: 'a', userId: 'u' }],
      ['group', { groupId: 'g', traits: {} }],
    ];
    for (const [type, candidate] of ordinary) expect([type, surelyRight(candidate, type)]).toEqual([type, true]);
  });
});
