// For tests: rights and acts of staff among the events, at any moment, as chance draws them; and a writer that lives through
// them.

import fc from 'fast-check';
import type { ErasureSubject } from '../consent/rights/erase.js';
import type { AcceptedEvent } from '../events/event.js';
import { laterAt } from './facts.fixture.js';
import { forgetEvents } from './forget.js';
import { record } from './record.js';
import type { Writer } from './writer.js';

export type Act =
  /** So many more of the events. */
  | { kind: 'events'; count: number }
  /** `slices`: of the work so many pieces now, the rest when more events have come; null = all of it. */
  | { kind: 'erase'; subject: ErasureSubject; slices: number | null }
  | { kind: 'undo'; which: number }
  | { kind: 'forget'; which: number };

export const actsArb = (
  subjects: readonly ErasureSubject[],
  {
    erase,
    forget,
    eventsMax,
    slicesMax,
  }: { erase: number; forget: number; eventsMax: number; slicesMax: number | null },
): fc.Arbitrary<Act[]> =>
  fc.array(
    fc.oneof<fc.MaybeWeightedArbitrary<Act>[]>(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('events'), count: fc.integer({ min: 1, max: eventsMax }) }),
      },
      {
        weight: erase,
        arbitrary: fc.record({
          kind: fc.constant('erase'),
          subject: fc.constantFrom(...subjects),
          slices: slicesMax === null ? fc.constant(null) : fc.integer({ min: 0, max: slicesMax }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('undo'), which: fc.nat() }) },
      { weight: forget, arbitrary: fc.record({ kind: fc.constant('forget'), which: fc.nat() }) },
    ),
    { minLength: 2, maxLength: 10 },
  );

/** In their order; then come the events that are left, and all that is open or due is done. */
export const liveThrough = (writer: Writer, events: readonly AcceptedEvent[], acts: readonly Act[]): void => {
  const { set } = writer.pipeline;
  const rest = [...events];
  for (const act of [...acts, { kind: 'events', count: events.length } as const]) {
    if (act.kind === 'events') {
      writer.pipeline.within(laterAt, () => {
        for (const event of rest.splice(0, act.count)) record(set, { ...event });
      });
    } else if (act.kind === 'erase') {
      writer.command({ kind: 'erase', subject: act.subject as never, by: 'test', at: laterAt });
      for (let n = 0; n < (act.slices ?? Number.POSITIVE_INFINITY) && writer.slice(laterAt); n += 1);
    } else if (act.kind === 'forget') {
      const seqs = set.sql.prepare<{ seq: number }>('SELECT seq FROM events ORDER BY mid').all();
      const one = seqs[act.which % (seqs.length || 1)];
      if (one) writer.pipeline.within(laterAt, () => forgetEvents(set, [one.seq]));
    } else {
      const ids = set.sql
        .prepare<{ id: string }>('SELECT merge_id AS id FROM namings UNION SELECT id FROM joins ORDER BY id')
        .all();
      const one = ids[act.which % (ids.length || 1)];
      if (one) writer.command({ kind: 'undo', mergeId: one.id, by: 'test', at: laterAt });
    }
  }
  while (writer.slice(laterAt));
  writer.due(laterAt);
};
