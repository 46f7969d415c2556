// Visits by day as the overview shows them, a day at a time: where there are many, a day that is over is read again only now
// and then, one of them for one page.

import { type DayOfVisits, dayOf, type Visit, visitsByDay } from '../../sessions/days.js';
import { sessionRules } from '../../sessions/session.js';
import type { Sql } from '../../store/sql.js';

const dayMs = 86_400_000;
/** All days together may take so long that nobody notices. */
const unnoticedMs = 50;
/** Late events reach a day that is over by then. */
const keptMs = 600_000;

/** `stopwatch`: milliseconds from an instant of its own. */
export const openDays = (
  sql: Sql,
  daysShown: number,
  stopwatch: () => number = () => performance.now(),
): ((now: number) => DayOfVisits[]) => {
  // Whose a visit is, is whose its first event is; one that belongs to nobody is a visitor of its own. Retention may have
  // taken that event, and the device speaks for it then.
  const visits = sql.prepare<Visit>(
    `SELECT coalesce(owners.leader, devices.leader) AS visitor, started_at AS startedAt, ended_at AS lastActivityAt
     FROM sessions JOIN nodes AS devices ON devices.id = sessions.dev
     LEFT JOIN events ON events.seq = sessions.begin LEFT JOIN nodes AS owners ON owners.id = events.owner
     WHERE started_at >= ? AND started_at < ? AND ended_at >= ?`,
  );
  // What ended on a day began no earlier than S2 lets a visit last.
  const read = (day: number): DayOfVisits =>
    visitsByDay(visits.iterate(day - sessionRules.lengthMaxMs, day + dayMs, day), day, 1)[0]!;

  const over = new Map<number, { of: DayOfVisits; readAt: number }>();
  return (now) => {
    const today = dayOf(now);
    const days = Array.from({ length: daysShown }, (_, index) => today - (daysShown - 1 - index) * dayMs);
    for (const day of over.keys()) if (!days.includes(day) || day === today) over.delete(day);
    const from = stopwatch();
    let oldest: { day: number; readAt: number } | null = null;
    for (const [day, { readAt }] of over) if (oldest === null || readAt < oldest.readAt) oldest = { day, readAt };
    if (oldest && oldest.readAt + keptMs <= now) over.delete(oldest.day);
    const wasKept = over.size > 0;
    const shown = days.map((day) => {
      const of = over.get(day)?.of ?? read(day);
      if (day !== today && !over.has(day)) over.set(day, { of, readAt: now });
      return of;
    });
    if (!wasKept && stopwatch() - from < unnoticedMs) over.clear();
    return shown;
  };
};
