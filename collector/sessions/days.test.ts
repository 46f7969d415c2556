import { describe, expect, it } from 'vitest';
import { visitsByDay } from './days.js';

const at = (text: string): number => Date.parse(`${text}Z`);
const now = at('2026-11-05T12:00');
const visit = (visitor: number, startedAt: string, lastActivityAt = startedAt) => ({
  visitor,
  startedAt: at(startedAt),
  lastActivityAt: at(lastActivityAt),
});
const read = (...visits: ReturnType<typeof visit>[]) =>
  visitsByDay(visits, now, 3).map((day) => [new Date(day.at).toISOString().slice(8, 10), day.visitors, day.sessions]);

describe('visits by day', () => {
  it('S-1: a visit over midnight has its visitor on both days and counts as a session on the day it began', () => {
    expect(read(visit(1, '2026-11-03T23:50', '2026-11-04T00:10'))).toEqual([
      ['03', 1, 1],
      ['04', 1, 0],
      ['05', 0, 0],
    ]);
  });
  it('counts whoever comes twice once a day, and both visits', () => {
    expect(read(visit(1, '2026-11-04T09:00'), visit(1, '2026-11-04T19:00'), visit(2, '2026-11-04T20:00'))[1]).toEqual([
      '04',
      2,
      3,
    ]);
  });
  it('shows the days that were asked for: one that began before them still has its visitor', () => {
    expect(read(visit(1, '2026-11-02T23:50', '2026-11-03T00:10'), visit(2, '2026-11-01T09:00'))).toEqual([
      ['03', 1, 0],
      ['04', 0, 0],
      ['05', 0, 0],
    ]);
    expect(read(visit(1, '2026-11-06T00:00'))).toEqual(read());
  });
});
