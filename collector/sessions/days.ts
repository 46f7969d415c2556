// Visits by day (S2): a session is counted once, on the day it began; whoever was active on a day is that day's visitor, so
// that a visit over midnight has one on both. Days are those of UTC. Pure.

const dayMs = 86_400_000;

export interface Visit {
  /** Who: the person, or for a visit that belongs to nobody the visit itself. */
  visitor: number;
  startedAt: number;
  lastActivityAt: number;
}

export interface DayOfVisits {
  /** The beginning of the day. */
  at: number;
  visitors: number;
  sessions: number;
}

export const dayOf = (at: number): number => Math.floor(at / dayMs) * dayMs;

/** The `days` days that end with the one of `now`, oldest first. No visit lasts longer than 24 h, so it has two days at most. */
export const visitsByDay = (visits: Iterable<Visit>, now: number, days: number): DayOfVisits[] => {
  const from = dayOf(now) - (days - 1) * dayMs;
  const shown = Array.from({ length: days }, (_, index) => ({ visitors: new Set<number>(), sessions: 0, index }));
  const at = (instant: number) => shown[(dayOf(instant) - from) / dayMs];
  for (const { visitor, startedAt, lastActivityAt } of visits) {
    const began = at(startedAt);
    if (began) began.sessions += 1;
    for (const day of [began, at(lastActivityAt)]) day?.visitors.add(visitor);
  }
  return shown.map(({ visitors, sessions, index }) => ({
    at: from + index * dayMs,
    visitors: visitors.size,
    sessions,
  }));
};
