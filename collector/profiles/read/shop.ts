// What staff see of the whole shop: what reached the door lately, and the figures of the overview.

import { iso } from '../../contract/instant.js';
import type { LiveEvent, Overview } from '../../contract/profile.js';
import { type EventRow, flag, parseBody } from '../../events/store.js';
import type { identityStore } from '../../identity/store.js';
import type { Sql } from '../../store/sql.js';
import type { Asked } from '../reading.js';
import { totalsStore } from '../totals.js';
import { openDays } from './days.js';

export const shopOf = (sql: Sql, identity: ReturnType<typeof identityStore>) => {
  const acceptedAfter = sql.prepare<EventRow>('SELECT * FROM events WHERE seq > ? ORDER BY seq DESC LIMIT ?');
  const refusedAfter = sql.prepare<{
    seq: number;
    at: number;
    verdict: LiveEvent['verdict'];
    code: string;
    path: string | null;
    type: string | null;
    name: string | null;
  }>('SELECT * FROM refusals WHERE seq > ? ORDER BY seq DESC LIMIT ?');

  const live = (after: number, limit: number): LiveEvent[] => {
    const accepted = acceptedAfter.all(after, limit).map((row): LiveEvent => {
      const event = parseBody(row);
      const owner = row.owner === null ? undefined : identity.node(row.owner);
      const leader = owner ? identity.node(owner.leader) : undefined;
      return {
        seq: row.seq,
        receivedAt: iso(event.receivedAt),
        verdict: 'accepted',
        code: null,
        path: null,
        type: event.type,
        name: event.name,
        pagePath: event.page?.path ?? null,
        messageId: event.messageId,
        profileId: leader?.hid ?? null,
        warnings: [...(event.bot ? ['bot'] : []), ...(row.flags & flag.flooded ? ['burst'] : [])],
      };
    });
    const refused = refusedAfter.all(after, limit).map(
      (row): LiveEvent => ({
        seq: row.seq,
        receivedAt: iso(row.at),
        verdict: row.verdict,
        code: row.code,
        path: row.path,
        type: row.type,
        name: row.name,
        pagePath: null,
        messageId: null,
        profileId: null,
        warnings: [],
      }),
    );
    return [...accepted, ...refused].sort((a, b) => b.seq - a.seq).slice(0, limit);
  };

  const totals = totalsStore(sql);
  const days = openDays(sql, 14);
  let overviewKept: { at: number; forMs: number; value: Overview } | null = null;
  const overview = (asked: Asked): Overview => {
    if (overviewKept && asked.now - overviewKept.at < overviewKept.forMs) return overviewKept.value;
    const began = performance.now();
    const count = (text: string): number => sql.prepare<{ n: number }>(text).get()?.n ?? 0;
    const sums = totals.read();
    const hourMs = 3_600_000;
    const thisHour = Math.floor(asked.now / hourMs) * hourMs;
    const counts = sql
      .prepare<{ hour: number; verdict: string; code: string; count: number }>(
        'SELECT * FROM verdict_counts WHERE hour >= ?',
      )
      .all(thisHour - 23 * hourMs);
    const eventsByHour = Array.from({ length: 24 }, (_, index) => {
      const at = thisHour - (23 - index) * hourMs;
      const of = counts.filter((row) => row.hour === at);
      const sum = (wanted: (verdict: string) => boolean) =>
        of.filter((row) => wanted(row.verdict)).reduce((n, row) => n + row.count, 0);
      return {
        at: iso(at),
        accepted: sum((verdict) => verdict === 'accepted'),
        refused: sum((verdict) => verdict === 'dropped' || verdict === 'rejected' || verdict === 'held'),
      };
    });
    const value: Overview = {
      people: sums.people,
      known: sums.known,
      events: count("SELECT coalesce(sum(count), 0) AS n FROM verdict_counts WHERE verdict = 'accepted'"),
      sessions: count('SELECT count(*) AS n FROM sessions'),
      orders: sums.orders,
      revenue: sums.revenue,
      cartsOpen: sums.cartsOpen,
      cartsAbandoned: sums.cartsAbandoned,
      cartsRecovered: sums.cartsRecovered,
      cartEpisodes: sums.cartEpisodes,
      days: days(asked.now).map(({ at, ...of }) => ({ at: iso(at), ...of })),
      eventsByHour,
      refusals: sql
        .prepare<{ verdict: string; code: string; count: number }>(
          `SELECT verdict, code, sum(count) AS count FROM verdict_counts
           WHERE verdict IN ('held', 'dropped', 'rejected') AND hour >= ? GROUP BY verdict, code ORDER BY count DESC`,
        )
        .all(thisHour - 23 * hourMs),
      discarded: sql
        .prepare<{ reason: string; count: number }>(
          `SELECT code AS reason, sum(count) AS count FROM verdict_counts
           WHERE verdict = 'discarded' AND hour >= ? GROUP BY code ORDER BY count DESC`,
        )
        .all(thisHour - 23 * hourMs),
      warnings: sql
        .prepare<{ code: string; count: number }>(
          'SELECT code, sum(count) AS count FROM warnings GROUP BY code ORDER BY count DESC',
        )
        .all(),
    };
    // Kept for a moment, longer the longer it took: whoever reads a person waits for it.
    overviewKept = { at: asked.now, forMs: Math.max(3_000, 30 * (performance.now() - began)), value };
    return value;
  };

  return { live, overview };
};
