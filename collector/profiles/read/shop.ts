// What staff see of the whole shop: what reached the door lately, and the figures of the overview.

import { cartFigures } from '../../carts/show.js';
import type { CartState } from '../../carts/state.js';
import { iso } from '../../contract/instant.js';
import type { LiveEvent, Overview } from '../../contract/profile.js';
import { type EventRow, flag, parseBody } from '../../events/store.js';
import type { identityStore } from '../../identity/store.js';
import { dayOf, type Visit, visitsByDay } from '../../sessions/days.js';
import { sessionRules } from '../../sessions/session.js';
import type { Sql } from '../../store/sql.js';
import type { Asked } from '../reading.js';

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

  const daysShown = 14;
  // Whose a visit is, is whose its first event is; one that belongs to nobody is a visitor of its own. Retention may have
  // taken that event, and the device speaks for it then.
  const visitsSince = sql.prepare<Visit>(
    `SELECT coalesce(owners.leader, devices.leader) AS visitor, started_at AS startedAt, ended_at AS lastActivityAt
     FROM sessions JOIN nodes AS devices ON devices.id = sessions.dev
     LEFT JOIN events ON events.seq = sessions.begin LEFT JOIN nodes AS owners ON owners.id = events.owner
     WHERE started_at >= ? AND ended_at >= ?`,
  );
  let overviewKept: { at: number; value: Overview } | null = null;
  const overview = (asked: Asked): Overview => {
    // Sums over all profiles: kept for a moment, longer the longer they take.
    if (overviewKept && asked.now - overviewKept.at < 3_000) return overviewKept.value;
    const count = (text: string): number => sql.prepare<{ n: number }>(text).get()?.n ?? 0;
    const cartsPath = "json_extract(state, '$.aspects.carts.";
    const figures = sql
      .prepare<{ orders: number; abandoned: number; recovered: number; episodes: number }>(
        `SELECT sum(${cartsPath}orders')) AS orders, sum(${cartsPath}cartsAbandoned')) AS abandoned,
                sum(${cartsPath}cartsRecovered')) AS recovered, sum(${cartsPath}cartEpisodes')) AS episodes FROM profiles`,
      )
      .get();
    const open = count(
      `SELECT count(*) AS n FROM profiles, json_each(${cartsPath}carts')) AS cart
       WHERE json_extract(cart.value, '$.phase') IN ('active', 'abandoned')`,
    );
    // Of whoever has any: a refund whose order is not known yet takes off what no order of theirs added (C8).
    const revenue = new Map<string, number>();
    for (const { state } of sql
      .prepare<{ state: string }>(
        `SELECT json_object('carts', json_extract(state, '$.aspects.carts')) AS state FROM profiles WHERE ${cartsPath}revenue') <> '{}'`,
      )
      .iterate()) {
      const { carts } = JSON.parse(state) as { carts: CartState };
      for (const { currency, minor } of cartFigures(carts).revenue)
        revenue.set(currency, (revenue.get(currency) ?? 0) + minor);
    }
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
    const from = dayOf(asked.now) - (daysShown - 1) * 86_400_000;
    // What ended since then began no earlier than S2 lets a visit last.
    const days = visitsByDay(visitsSince.iterate(from - sessionRules.lengthMaxMs, from), asked.now, daysShown);
    const value: Overview = {
      people: count('SELECT count(*) AS n FROM profiles'),
      known: count(
        "SELECT count(*) AS n FROM profiles JOIN nodes ON nodes.id = profiles.leader WHERE nodes.kind <> 'anonymous_id'",
      ),
      events: count("SELECT coalesce(sum(count), 0) AS n FROM verdict_counts WHERE verdict = 'accepted'"),
      sessions: count('SELECT count(*) AS n FROM sessions'),
      orders: figures?.orders ?? 0,
      revenue: [...revenue].map(([currency, minor]) => ({ currency, minor })).sort((a, b) => b.minor - a.minor),
      cartsOpen: open,
      cartsAbandoned: figures?.abandoned ?? 0,
      cartsRecovered: figures?.recovered ?? 0,
      cartEpisodes: figures?.episodes ?? 0,
      days: days.map(({ at, ...of }) => ({ at: iso(at), ...of })),
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
    overviewKept = { at: asked.now, value };
    return value;
  };

  return { live, overview };
};
