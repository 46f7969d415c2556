import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openTurnedAway, pageOrigin } from './turned-away.js';

const open = () => {
  const clock = { at: Date.parse('2026-11-01T10:00:00Z') };
  return { clock, notes: openTurnedAway(() => clock.at) };
};

test('counts by origin and reason, the newest first', () => {
  const { clock, notes } = open();
  notes.note('https://shop.example', 'origin');
  clock.at += 1_000;
  notes.note('http://localhost:3000', 'bad_key');
  clock.at += 1_000;
  notes.note('https://shop.example', 'origin');
  expect(notes.list()).toEqual({
    known: [
      { origin: 'https://shop.example', reason: 'origin', count: 2, lastAt: clock.at },
      { origin: 'http://localhost:3000', reason: 'bad_key', count: 1, lastAt: clock.at - 1_000 },
    ],
    others: null,
    count: 3,
  });
});

test.each([
  ['https://Shop.Example', 'https://shop.example'],
  ['https://shop.example:8443', 'https://shop.example:8443'],
  // Nothing but scheme, host and port, whatever somebody sends in the header.
  ['https://ann:secret@shop.example/account?mail=ann@example.com#x', 'https://shop.example'],
  ['null', null],
  ['file:///home/ann/page.html', null],
  ['chrome-extension://abcdef', null],
  ['no origin at all', null],
  [`https://${'a'.repeat(200)}.example`, null],
  [null, null],
])('of %s is kept %s', (header, kept) => {
  expect(pageOrigin(header)).toBe(kept);
});

test('of many origins few are told apart, the rest counted together; nothing is lost from the sum', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ n: fc.nat(60), isKey: fc.boolean(), passMs: fc.constantFrom(0, 1, 1_000, 700_000) }), {
        maxLength: 400,
      }),
      (calls) => {
        const { clock, notes } = open();
        for (const { n, isKey, passMs } of calls) {
          clock.at += passMs;
          notes.note(`https://shop-${n}.example`, isKey ? 'bad_key' : 'origin');
        }
        const { known, others, count } = notes.list();
        expect(known.length).toBeLessThanOrEqual(20);
        expect(count).toBe(calls.length);
        expect(known.reduce((sum, one) => sum + one.count, others?.count ?? 0)).toBe(count);
        expect(known.map(({ lastAt }) => lastAt)).toEqual(known.map(({ lastAt }) => lastAt).sort((a, b) => b - a));
      },
    ),
  );
});

test('whoever sends many names hides a shop for ten minutes at most', () => {
  const { clock, notes } = open();
  for (let n = 0; n < 1_000; n += 1) notes.note(`https://noise-${n}.example`, 'origin');
  notes.note('https://shop.example', 'origin');
  expect(notes.list().known.some(({ origin }) => origin === 'https://shop.example')).toBe(false);
  expect(notes.list().others).toEqual({ count: 981, lastAt: clock.at });
  clock.at += 600_000;
  notes.note('https://shop.example', 'origin');
  expect(notes.list().known[0]).toMatchObject({ origin: 'https://shop.example', count: 1 });
});
