// How many events of one identifier lie in a minute of the clock (R13), for identifiers that are no device: the user an
// event names or, of a server event that names neither a device nor a user, its contacts. A device's are counted by its index.

import type { Migration, Sql } from '../store/sql.js';
import { flag } from './store.js';

export const minuteMs = 60_000;
export const minuteOf = (at: number): number => Math.floor(at / minuteMs);
/** The same, of a column; SQL's division goes towards zero. */
const minuteIn = (at: string): string => `(${at} - (${at} % ${minuteMs} + ${minuteMs}) % ${minuteMs}) / ${minuteMs}`;

/** All counts, made from the events. */
const counted = `
  SELECT minute, node, count(*) AS count FROM (
    SELECT ${minuteIn('at')} AS minute, usr AS node FROM events WHERE usr IS NOT NULL AND flags & ${flag.bot} = 0
    UNION ALL
    SELECT ${minuteIn('events.at')}, contacts.node FROM contacts JOIN events ON events.seq = contacts.seq
    WHERE events.dev IS NULL AND events.usr IS NULL
  ) GROUP BY minute, node`;

/**
 * `node` is a row of identity's nodes. The minute leads, so that the table is hot at its end and what is older is left alone.
 * `floods` lists the minutes that have too many, for whoever folds a device and asks which of a user's do.
 */
export const minuteMigrations: readonly Migration[] = [
  {
    name: '0085-minutes',
    sql: `
      CREATE TABLE minute_counts (
        minute INTEGER NOT NULL,
        node INTEGER NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (minute, node)
      ) WITHOUT ROWID;
      CREATE TABLE floods (node INTEGER NOT NULL, minute INTEGER NOT NULL, PRIMARY KEY (node, minute)) WITHOUT ROWID;
      INSERT INTO minute_counts (minute, node, count) ${counted};
      INSERT INTO floods (node, minute) SELECT node, minute FROM minute_counts WHERE count > 3000;
    `,
  },
];

export interface MinuteStore {
  count: (minute: number, node: number) => number;
  /** None leave no row. */
  put: (minute: number, node: number, count: number) => void;
  /** The minutes in which an identifier has too many. */
  floodsOf: (node: number) => number[];
  flood: (minute: number, node: number, isOne: boolean) => void;
  /** Everything once more, from the events and the contacts. */
  recount: (floodMax: number) => void;
}

export const minuteStore = (sql: Sql): MinuteStore => {
  const count = sql.prepare<{ count: number }>('SELECT count FROM minute_counts WHERE minute = ? AND node = ?');
  const put = sql.prepare(
    `INSERT INTO minute_counts (minute, node, count) VALUES (?, ?, ?)
     ON CONFLICT (minute, node) DO UPDATE SET count = excluded.count`,
  );
  const remove = sql.prepare('DELETE FROM minute_counts WHERE minute = ? AND node = ?');
  const floodsOf = sql.prepare<{ minute: number }>('SELECT minute FROM floods WHERE node = ?');
  const flood = sql.prepare('INSERT OR IGNORE INTO floods (node, minute) VALUES (?, ?)');
  const drained = sql.prepare('DELETE FROM floods WHERE node = ? AND minute = ?');
  return {
    count: (minute, node) => count.get(minute, node)?.count ?? 0,
    put: (minute, node, n) => {
      if (n > 0) put.run(minute, node, n);
      else remove.run(minute, node);
    },
    floodsOf: (node) => floodsOf.all(node).map((row) => row.minute),
    flood: (minute, node, isOne) => {
      if (isOne) flood.run(node, minute);
      else drained.run(node, minute);
    },
    recount: (floodMax) => {
      sql.exec('DELETE FROM minute_counts; DELETE FROM floods');
      sql.exec(`INSERT INTO minute_counts (minute, node, count) ${counted}`);
      sql
        .prepare('INSERT INTO floods (node, minute) SELECT node, minute FROM minute_counts WHERE count > ?')
        .run(floodMax);
    },
  };
};
