// The session hint as it falls on the page (S1, S2); the collector derives the real ones.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { touched } from './session.js';

const start = Date.parse('2026-11-29T12:00:00Z');
const minute = 60_000;

beforeEach(() => void vi.useFakeTimers({ now: start }));
afterEach(() => void vi.useRealTimers());

test.each([
  ['S2: exactly 30 minutes is the same session', 30 * minute, true],
  ['S2: more than 30 minutes is another', 30 * minute + 10_000, false],
  ['S2: midnight is nothing', 5 * minute, true],
])('%s', (_, ms, isSame) => {
  const first = touched(undefined);
  vi.setSystemTime(start + ms);
  expect(touched(first).id === first.id).toBe(isSame);
});

test('within ten seconds the record need not be written again; after them it says when', () => {
  const first = touched(undefined);
  vi.setSystemTime(start + 9_999);
  expect(touched(first)).toBe(first);
  vi.setSystemTime(start + 10_000);
  expect(touched(first)).toEqual({ id: first.id, activeAt: start + 10_000 });
});
