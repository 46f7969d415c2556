import { describe, expect, test } from 'vitest';
import { day, event, facts, granted, key, M, MP, now, spell, stone, untouched } from './gate.fixture.js';
import { type Candidate, type Facts, judge } from './gate.js';
import type { Tombstone } from './rights/tombstones.js';

describe('R14: who is erased stays out', () => {
  const before = stone({ erasedAt: now - 10 * day });
  const after = stone({ erasedAt: now });
  const ofU1 = (tombstone: Tombstone) => ({ ...untouched, users: [{ value: 'u1', tombstone }] });
  const ofContact = (tombstone: Tombstone) => ({ ...untouched, contacts: [{ index: 0, tombstone }] });
  const contacts = [{ kind: 'email', value: 'jane@shop.com' }] as const;
  test.each<[string, Partial<Candidate>, Partial<Facts>, string]>([
    [
      'an erased visitor',
      {},
      { tombstones: { ...untouched, visitor: stone({ kind: 'visitorId' }) } },
      'dropped erased !erased',
    ],
    [
      'a visitor who withdrew everything',
      {},
      { tombstones: { ...untouched, visitor: stone({ cause: 'withdrawn' }) } },
      'dropped withdrawn !withdrawn',
    ],
    [
      'an erased receipt',
      {},
      { tombstones: { ...untouched, receipt: stone({ kind: 'receipt' }) } },
      'dropped erased !erased',
    ],
    [
      'an erased visitor without any receipt',
      { receipt: null },
      { receipt: null, tombstones: { ...untouched, visitor: stone() } },
      'dropped erased !erased',
    ],
    ['an erased user under an older grant', { userId: 'u1' }, { tombstones: ofU1(after) }, 'dropped erased !erased'],
    [
      'an erased user under a newer grant',
      { userId: 'u1' },
      { tombstones: ofU1(before), receipt: granted({ granted: MP }) },
      'measurement,personalisation',
    ],
    [
      'an erased user under a newer grant of measurement alone',
      { userId: 'u1' },
      { tombstones: ofU1(before), receipt: granted({ granted: M }) },
      'dropped erased !erased',
    ],
    [
      'an erased user under a newer grant that is someone else’s',
      { userId: 'u1' },
      { tombstones: ofU1(before), bound: false },
      'dropped erased !erased',
    ],
    [
      'an erased user under a newer grant on an older device',
      { userId: 'u1' },
      { tombstones: ofU1(before), receipt: granted({ boundAt: now - 20 * day }) },
      'dropped erased !erased',
    ],
    [
      'an erased user whose row is not there yet',
      { userId: 'u1' },
      { tombstones: ofU1(before), receipt: null },
      'held unknown_receipt',
    ],
    ['an unnamed event among those of an erased person', { amongErased: true }, {}, 'dropped erased'],
    [
      'an erased address on the event of somebody under an older grant',
      { contacts },
      { tombstones: ofContact(after), receipt: granted({ granted: MP }) },
      'measurement,personalisation',
    ],
  ])('%s', (_, of, under, expected) => {
    expect(spell(judge(event(of), facts(under)))).toBe(expected);
  });

  test('I21: the return opens a new generation, once', () => {
    const returning = judge(event({ userId: 'u1' }), facts({ tombstones: ofU1(before) }));
    expect(returning).toMatchObject({ kind: 'pass', opens: [{ kind: 'userId', value: 'u1', at: now - day }] });
    const again = judge(event({ userId: 'u1' }), facts({ tombstones: ofU1({ ...before, openedAt: now - day }) }));
    expect(again).toMatchObject({ kind: 'pass', opens: [] });
  });

  test('I21: what carries no grant with a date stays out until somebody has returned, and from before for ever', () => {
    const ofServer = (tombstone: Tombstone, at: number) =>
      spell(
        judge(
          event({ userId: 'u1', receipt: null, anonymousId: null, at }),
          facts({
            key: key('external', ['measurement', 'personalisation'], 'secret'),
            receipt: null,
            tombstones: ofU1(tombstone),
          }),
        ),
      );
    expect(ofServer(before, now)).toBe('dropped erased !erased');
    expect(ofServer({ ...before, openedAt: now - day }, now)).toBe('measurement,personalisation');
    expect(ofServer({ ...before, openedAt: now - day }, now - 2 * day)).toBe('dropped erased !erased');
  });

  test('an erased address is taken off the events of others, and opens again for who types it under a new grant', () => {
    const older = judge(event({ contacts }), facts({ tombstones: ofContact(after) }));
    expect(older).toMatchObject({ kind: 'pass', strip: { contacts: [0] }, opens: [] });
    const email = { ...before, kind: 'email' } as const;
    const newer = judge(event({ contacts }), facts({ tombstones: ofContact(email) }));
    expect(newer).toMatchObject({
      kind: 'pass',
      strip: { contacts: [] },
      opens: [{ kind: 'email', value: 'jane@shop.com', at: now - day }],
    });
    const alone = judge(
      event({ contacts, anonymousId: null, receipt: null }),
      facts({
        key: key('external', ['measurement', 'personalisation'], 'secret'),
        receipt: null,
        tombstones: ofContact(after),
      }),
    );
    expect(spell(alone)).toBe('dropped erased');
  });
});
