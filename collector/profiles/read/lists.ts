// The lists behind a person, page by page: events, sessions, carts, orders, merges.

import { cartHeldAt } from '../../carts/held.js';
import { allCarts, showCarts, showOrders } from '../../carts/show.js';
import type { CartRecord } from '../../carts/state.js';
import { iso } from '../../contract/instant.js';
import type { Cart, EventItem, Merge, Order, Page, SessionItem } from '../../contract/profile.js';
import { type EventRow, parseBody } from '../../events/store.js';
import { mergesOf } from '../../identity/merges.js';
import type { identityStore } from '../../identity/store.js';
import { leftAt } from '../../sessions/leaving.js';
import { isEngaged, type Session } from '../../sessions/session.js';
import type { sessionStore } from '../../sessions/store.js';
import type { Sql } from '../../store/sql.js';
import { eventItemOf } from '../event-item.js';
import type { PageAsked } from '../reading.js';
import { isoOrNull, showAttribution, showTouch, unknownDevice } from './person.js';
import { cartState, type Seen } from './seen.js';

/** Cursors name the last item of a page: an instant and a row. */
export const cursorOf = (at: number, seq: number): string => Buffer.from(`${at}.${seq}`).toString('base64url');
export const readCursor = (cursor: string | null): { at: number; seq: number } => {
  const [at, seq] = cursor === null ? [] : Buffer.from(cursor, 'base64url').toString().split('.').map(Number);
  return Number.isSafeInteger(at) && Number.isSafeInteger(seq)
    ? { at: at!, seq: seq! }
    : { at: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
};
/** For lists short enough to be made whole: the cursor counts. */
const slice = <Item>(items: readonly Item[], asked: PageAsked): Page<Item> => {
  const from = asked.cursor === null ? 0 : Math.max(0, Number(Buffer.from(asked.cursor, 'base64url').toString()) || 0);
  const end = from + asked.limit;
  return {
    items: items.slice(from, end),
    next: end < items.length ? Buffer.from(String(end)).toString('base64url') : null,
  };
};

export const listsOf = (
  sql: Sql,
  { ofDevice, ofOwner, sessionIdOfBegin, showsMarketing, sightOf, eventsOf, looked }: Seen,
  { identity, sessions }: { identity: ReturnType<typeof identityStore>; sessions: ReturnType<typeof sessionStore> },
) => {
  const showEvent = (row: EventRow): EventItem =>
    eventItemOf(row, row.session === null ? null : (sessionIdOfBegin.get(row.session)?.public_id ?? null));

  const listEvents = (leader: number, asked: PageAsked): Page<EventItem> => {
    const members = new Set(identity.members(leader).map((member) => member.id));
    const sight = sightOf(leader, asked);
    const from = readCursor(asked.cursor);
    const rows: EventRow[] = [];
    const takeFrom = (source: Iterable<EventRow>): void => {
      let taken = 0;
      for (const row of source) {
        if (row.owner === null || !members.has(row.owner)) continue;
        if (sight !== null && !sight(parseBody(row))) continue;
        rows.push(row);
        taken += 1;
        if (taken > asked.limit) break;
      }
    };
    const devices = new Set([...members].flatMap((member) => identity.devicesOf(member)));
    for (const dev of devices) takeFrom(ofDevice.iterate(dev, from.at, from.at, from.seq));
    for (const member of members) takeFrom(ofOwner.iterate(member, from.at, from.at, from.seq));
    rows.sort((a, b) => b.at - a.at || b.seq - a.seq);
    const page = rows.slice(0, asked.limit);
    const last = page.at(-1);
    return { items: page.map(showEvent), next: rows.length > asked.limit && last ? cursorOf(last.at, last.seq) : null };
  };

  const atInstant = sql.prepare<EventRow>('SELECT * FROM events WHERE dev = ? AND at = ? AND session = ?');
  const listSessions = (leader: number, asked: PageAsked): Page<SessionItem> => {
    const members = identity.members(leader).map((member) => member.id);
    const devices = new Set(members.flatMap((member) => identity.devicesOf(member)));
    const owned = sql.prepare(
      `SELECT 1 FROM events WHERE dev = ? AND session = ? AND owner IN (${members.map(() => '?').join()}) LIMIT 1`,
    );
    const marketing = showsMarketing(leader, asked);
    const rows = [...devices]
      .flatMap((dev) => sessions.ofDevice(dev).map((row) => ({ dev, row })))
      .sort((a, b) => b.row.started_at - a.row.started_at || b.row.begin - a.row.begin)
      .filter(({ dev, row }) => owned.get(dev, row.begin, ...members) !== undefined);
    const sight = sightOf(leader, asked);
    const seen =
      sight === null ? null : new Set<string | null>(eventsOf(leader, sight).map((event) => event.sessionId));
    const page = slice(seen === null ? rows : rows.filter(({ row }) => seen.has(row.public_id)), asked);
    let carts: readonly CartRecord[] | null = null;
    const leftWithCart = (dev: number, begin: number, lastActivityAt: number): SessionItem['leftWithCart'] => {
      const at = leftAt(atInstant.all(dev, lastActivityAt, begin).map(parseBody));
      if (at === null) return null;
      if (carts === null) {
        const found = looked(leader, asked);
        carts = found === null ? [] : allCarts(cartState(found.state), found.documents());
      }
      const cart = cartHeldAt(carts, at);
      return cart && { at: iso(at), cartId: cart.id };
    };
    return {
      next: page.next,
      items: page.items.map(({ dev, row }) => {
        const session = JSON.parse(row.body) as Session;
        return {
          id: row.public_id,
          anonymousId: identity.node(dev)?.value ?? '',
          startedAt: iso(session.startedAt),
          endedAt: iso(session.lastActivityAt),
          engagedMs: session.engagedMs,
          engaged: isEngaged(session),
          pageViews: session.pageViews,
          entryPath: session.entryPath,
          exitPath: session.exitPath,
          touches: session.touches.map((touch) => showTouch(touch, marketing)),
          attribution: showAttribution(session.touches, marketing),
          device: session.device ?? unknownDevice,
          country: session.country,
          leftWithCart: leftWithCart(dev, row.begin, session.lastActivityAt),
        };
      }),
    };
  };

  const listCarts = (leader: number, asked: PageAsked): Page<Cart> => {
    const { state, documents } = looked(leader, asked)!;
    return slice(showCarts(cartState(state), documents()), asked);
  };

  const listOrders = (leader: number, asked: PageAsked): Page<Order> => {
    const { items, next } = slice(showOrders(looked(leader, asked)!.documents()), asked);
    const wanted = new Set(items.map(({ sessionId }) => sessionId));
    const bodies = new Map<string, string>();
    for (const member of identity.members(leader))
      for (const dev of identity.devicesOf(member.id))
        for (const row of sessions.ofDevice(dev)) if (wanted.has(row.public_id)) bodies.set(row.public_id, row.body);
    const marketing = showsMarketing(leader, asked);
    return {
      next,
      items: items.map((order) => {
        const body = order.sessionId === null ? undefined : bodies.get(order.sessionId);
        const { touches } = body === undefined ? { touches: [] } : (JSON.parse(body) as Session);
        return { ...order, attribution: showAttribution(touches, marketing) };
      }),
    };
  };

  const listMerges = (leader: number, asked: PageAsked): Page<Merge> =>
    slice(
      mergesOf(identity, leader).map((entry) => ({ ...entry, at: iso(entry.at), undoneAt: isoOrNull(entry.undoneAt) })),
      asked,
    );

  return { events: listEvents, sessions: listSessions, carts: listCarts, orders: listOrders, merges: listMerges };
};
