// What the overview adds up over all people, kept as sums: with hundreds of thousands of them, nobody can read every state for
// one page. Whoever writes a state adds what is different in it. Derived; made again by a rebuild.

import { showRevenue } from '../carts/orders.js';
import { type CartState, isOpen } from '../carts/state.js';
import type { Migration, Sql } from '../store/sql.js';
import type { ProfileState } from './fold.js';

export const totalsMigrations: readonly Migration[] = [
  {
    name: '0836-totals',
    sql: 'CREATE TABLE totals (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;',
  },
];

const counts = ['people', 'known', 'orders', 'cartsAbandoned', 'cartsRecovered', 'cartEpisodes', 'cartsOpen'] as const;
type Counts = Record<(typeof counts)[number], number>;

/** One person's part of the sums. `revenue`: minor units by currency, null = none. */
export interface Part extends Counts {
  revenue: { currency: string; minor: number }[] | null;
}

/** `isKnown`: the person has an identifier that is no device's own. */
export const partOf = ({ aspects }: ProfileState, isKnown: boolean): Part => {
  const carts = aspects.carts as CartState | undefined;
  let cartsOpen = 0;
  if (carts) for (const cart of carts.carts) if (isOpen(cart)) cartsOpen += 1;
  let revenue: Part['revenue'] = null;
  // Of whoever has any: a refund whose order is not known yet takes off what no order of theirs added (C8).
  for (const _ in carts?.revenue) {
    revenue = showRevenue(carts!);
    break;
  }
  return {
    people: 1,
    known: isKnown ? 1 : 0,
    orders: carts?.orders ?? 0,
    cartsAbandoned: carts?.cartsAbandoned ?? 0,
    cartsRecovered: carts?.cartsRecovered ?? 0,
    cartEpisodes: carts?.cartEpisodes ?? 0,
    cartsOpen,
    revenue,
  };
};

const revenueName = (currency: string): string => `revenue ${currency}`;

/** What the sums change by when one part takes the place of another; null = the person is not there. */
export const addDifference = (sums: Map<string, number>, from: Part | null, to: Part | null): void => {
  const add = (name: string, by: number): void => {
    if (by !== 0) sums.set(name, (sums.get(name) ?? 0) + by);
  };
  for (const name of counts) add(name, (to?.[name] ?? 0) - (from?.[name] ?? 0));
  if (from?.revenue) for (const { currency, minor } of from.revenue) add(revenueName(currency), -minor);
  if (to?.revenue) for (const { currency, minor } of to.revenue) add(revenueName(currency), minor);
};

export interface Totals extends Counts {
  revenue: { currency: string; minor: number }[];
}

export const totalsStore = (sql: Sql) => {
  const add = sql.prepare(
    'INSERT INTO totals (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n',
  );
  const rows = sql.prepare<{ name: string; n: number }>('SELECT name, n FROM totals ORDER BY name');
  /** None of zero: a sum that came back to it is as one that never was. */
  const all = (): { name: string; n: number }[] => rows.all().filter(({ n }) => n !== 0);
  return {
    all,
    add: (sums: ReadonlyMap<string, number>): void => {
      for (const [name, by] of sums) if (by !== 0) add.run(name, by);
    },
    /** Most revenue first. */
    read: (): Totals => {
      const sums = new Map(all().map(({ name, n }) => [name, n]));
      const prefix = revenueName('');
      return {
        ...(Object.fromEntries(counts.map((name) => [name, sums.get(name) ?? 0])) as Counts),
        revenue: [...sums]
          .flatMap(([name, minor]) => (name.startsWith(prefix) ? [{ currency: name.slice(prefix.length), minor }] : []))
          .sort((a, b) => b.minor - a.minor),
      };
    },
  };
};

export type TotalsStore = ReturnType<typeof totalsStore>;

/** Of a store from before there were sums: once, at its first opening. */
export const countOnce = (sql: Sql): void => {
  const isDue = sql.prepare<{ due: number }>(
    `SELECT EXISTS (SELECT 1 FROM profiles) AND NOT EXISTS (SELECT 1 FROM totals) AS due`,
  );
  if (isDue.get()?.due !== 1) return;
  sql.transaction(() => {
    const sums = new Map<string, number>();
    for (const { state, kind } of sql
      .prepare<{ state: string; kind: string }>(
        'SELECT state, kind FROM profiles JOIN nodes ON nodes.id = profiles.leader ORDER BY profiles.leader',
      )
      .iterate())
      addDifference(sums, null, partOf(JSON.parse(state) as ProfileState, kind !== 'anonymous_id'));
    totalsStore(sql).add(sums);
  });
};
