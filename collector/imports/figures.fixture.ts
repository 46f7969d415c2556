// What a store says of the data that was imported into it, in the terms in which data sets state their own figures. Read
// through what the product reads: profiles, sessions, orders, events.

import { purposes } from '../contract/purposes.js';
import { type EventRow, parseBody } from '../events/store.js';
import type { Writer } from '../pipeline/writer.js';
import { readModelOf } from '../profiles/open.js';
import type { Session } from '../sessions/session.js';

export interface Figures {
  events: number;
  eventCounts: Record<string, number>;
  people: number;
  sessions: number;
  sessionsWith: { view: number; add: number; order: number };
  sessionsOfOneEvent: number;
  sessionDurationMs: { sum: number; median: number };
  peopleWith: { add: number; order: number };
  eventsPerPersonTop: number[];
  /** Products by how often, of views and adds by event, of orders by line. */
  top: {
    views: [string, number][];
    adds: [string, number][];
    orderLines: [string, number][];
    soldQuantity: [string, number][];
  };
  orders: number;
  orderLines: number;
  ordersOfPeople: number;
  buyers: number;
  buyersOfOneOrder: number;
  revenueMinor: number;
  refundedMinor: number;
  revenueByMonthMinor: Record<string, number>;
  activeByCohort: Record<string, Record<string, number>>;
  topBuyersMinor: [string, number][];
  cartsAbandoned: number;
  episodes: number;
  cartsOpen: number;
}

export const topOf = (counts: ReadonlyMap<string, number>, n = 10): [string, number][] =>
  [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, n);
const bump = (counts: Map<string, number>, key: string, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by);
};
export const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

interface Product {
  product_id?: unknown;
  quantity?: unknown;
}

/** `timeZone`: in which a month begins. */
export const figuresOf = ({ store }: Pick<Writer, 'store'>, timeZone = 'UTC', now = Date.now()): Figures => {
  const read = readModelOf(store);
  const months = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit' });
  const asked = { purposes, now };
  const list = { ...asked, limit: 100_000, cursor: null };

  const eventCounts: Record<string, number> = {};
  const views = new Map<string, number>();
  const adds = new Map<string, number>();
  const lines = new Map<string, number>();
  const quantity = new Map<string, number>();
  const inSession = new Map<number, { view: number; add: number; order: number; events: number }>();
  let events = 0;
  let orderLines = 0;
  for (const row of store.prepare<EventRow>('SELECT * FROM events').all()) {
    const event = parseBody(row);
    const name = event.name ?? event.type;
    eventCounts[name] = (eventCounts[name] ?? 0) + 1;
    events += 1;
    const products = (event.properties.products ?? []) as Product[];
    const product = String(event.properties.product_id);
    if (name === 'Product Viewed') bump(views, product);
    if (name === 'Product Added') bump(adds, product);
    if (name === 'Order Completed') {
      orderLines += products.length;
      for (const line of products) {
        bump(lines, String(line.product_id));
        if (event.userId !== null) bump(quantity, String(line.product_id), Number(line.quantity));
      }
    }
    if (row.session === null) continue;
    const session = inSession.get(row.session) ?? { view: 0, add: 0, order: 0, events: 0 };
    session.events += name === 'Order Completed' ? products.length : 1;
    if (name === 'Product Viewed') session.view += 1;
    if (name === 'Product Added') session.add += 1;
    if (name === 'Order Completed') session.order += 1;
    inSession.set(row.session, session);
  }

  const durations = store
    .prepare<{ body: string }>('SELECT body FROM sessions')
    .all()
    .map(({ body }) => JSON.parse(body) as Session)
    .map((session) => session.lastActivityAt - session.startedAt);

  const perPerson: number[] = [];
  const byMonth: Record<string, number> = {};
  const buyers = new Map<string, number>();
  const activeByCohort: Record<string, Record<string, number>> = {};
  const figures = {
    orders: 0,
    one: 0,
    revenue: 0,
    refunded: 0,
    abandoned: 0,
    episodes: 0,
    open: 0,
    adds: 0,
    ordered: 0,
  };
  const people = store
    .prepare<{ hid: string }>('SELECT hid FROM profiles JOIN nodes ON nodes.id = profiles.leader')
    .all();
  for (const { hid } of people) {
    const profile = read.profile(hid, asked)!;
    perPerson.push(profile.counts.events);
    figures.abandoned += profile.counts.cartsAbandoned;
    figures.open += profile.counts.cartsOpen;
    if (profile.counts.cartAdds > 0) figures.adds += 1;
    for (const cart of read.carts(hid, list)!.items) figures.episodes += cart.episodes.length;
    const orders = read.orders(hid, list)!.items;
    const placed = orders.filter(({ state }) => state !== 'refund_only' && state !== 'cancelled');
    for (const order of orders) figures.refunded += order.refundedMinor;
    if (placed.length === 0) continue;
    figures.orders += placed.length;
    figures.ordered += 1;
    if (placed.length === 1) figures.one += 1;
    const mine = placed.reduce((sum, order) => sum + order.revenueMinor, 0);
    figures.revenue += mine;
    buyers.set(profile.identifiers[0]!.value, mine);
    const active = [...new Set(placed.map(({ at }) => months.format(Date.parse(at))))].sort();
    for (const order of placed) {
      const month = months.format(Date.parse(order.at));
      byMonth[month] = (byMonth[month] ?? 0) + order.revenueMinor;
    }
    activeByCohort[active[0]!] ??= {};
    const cohort = activeByCohort[active[0]!]!;
    for (const month of active) cohort[month] = (cohort[month] ?? 0) + 1;
  }

  const sessions = [...inSession.values()];
  const sessionsHaving = (what: 'view' | 'add' | 'order'): number => sessions.filter((it) => it[what] > 0).length;
  return {
    events,
    eventCounts,
    people: people.length,
    sessions: durations.length,
    sessionsWith: { view: sessionsHaving('view'), add: sessionsHaving('add'), order: sessionsHaving('order') },
    sessionsOfOneEvent: sessions.filter((it) => it.events === 1).length,
    sessionDurationMs: { sum: durations.reduce((sum, ms) => sum + ms, 0), median: medianOf(durations) },
    peopleWith: { add: figures.adds, order: figures.ordered },
    eventsPerPersonTop: perPerson.sort((a, b) => b - a).slice(0, 5),
    top: { views: topOf(views), adds: topOf(adds), orderLines: topOf(lines), soldQuantity: topOf(quantity) },
    orders: eventCounts['Order Completed'] ?? 0,
    orderLines,
    ordersOfPeople: figures.orders,
    buyers: buyers.size,
    buyersOfOneOrder: figures.one,
    revenueMinor: figures.revenue,
    refundedMinor: figures.refunded,
    revenueByMonthMinor: Object.fromEntries(Object.entries(byMonth).sort()),
    activeByCohort,
    topBuyersMinor: topOf(buyers),
    cartsAbandoned: figures.abandoned,
    episodes: figures.episodes,
    cartsOpen: figures.open,
  };
};
