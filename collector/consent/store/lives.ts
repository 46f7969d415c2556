// Lives: the consent of one device each, with the ids it goes by. The salt of a life is what gives the ledger's subject keys
// a meaning.

import { randomBytes } from 'node:crypto';
import { recent } from '../../store/recent.js';
import type { Sql } from '../../store/sql.js';
import type { Mask } from '../mask.js';

export interface Life {
  life: number;
  /** The latest receipt. */
  head: string;
  salt: Uint8Array;
  beganAt: number;
  /** What its person objected to (art. 21). */
  objected: Mask;
}

/** Asking the system for chance costs as much as the rest of a row, so 256 salts are drawn at once. */
let pool = Buffer.alloc(0);
const drawn = (): Uint8Array => {
  if (pool.length < 16) pool = randomBytes(4_096);
  const salt = Uint8Array.from(pool.subarray(0, 16));
  pool.fill(0, 0, 16);
  pool = pool.subarray(16);
  return salt;
};

const devicesCachedMax = 20_000;

export const openLives = (sql: Sql) => {
  const lifeRow = sql.prepare<{ life: number; salt: Uint8Array; head: string; began_at: number; objected: number }>(
    'SELECT life, salt, head, began_at, objected FROM consent_lives WHERE life = ?',
  );
  const insertLife = sql.prepare('INSERT INTO consent_lives (salt, head, began_at) VALUES (?, ?, ?)');
  const setHead = sql.prepare('UPDATE consent_lives SET head = ? WHERE life = ?');
  const deleteLife = sql.prepare('DELETE FROM consent_lives WHERE life = ?');

  const visitorRow = sql.prepare<{ life: number; bound_at: number; gpc_seen_at: number | null }>(
    'SELECT life, bound_at, gpc_seen_at FROM consent_visitors WHERE visitor_key = ?',
  );
  const insertVisitor = sql.prepare('INSERT INTO consent_visitors (visitor_key, life, bound_at) VALUES (?, ?, ?)');
  const visitorsOfLife = sql.prepare<{ visitor_key: Uint8Array }>(
    'SELECT visitor_key FROM consent_visitors WHERE life = ?',
  );
  const deleteVisitors = sql.prepare('DELETE FROM consent_visitors WHERE life = ?');
  const setGpcSeen = sql.prepare(
    'UPDATE consent_visitors SET gpc_seen_at = ? WHERE visitor_key = ? AND gpc_seen_at IS NULL',
  );

  const signalled = recent<string, true>(devicesCachedMax);

  return {
    life: (life: number): Life | null => {
      const row = lifeRow.get(life);
      return row
        ? { life: row.life, head: row.head, salt: row.salt, beganAt: row.began_at, objected: row.objected }
        : null;
    },
    beginLife: (head: string, at: number): Life => {
      const salt = drawn();
      const life = Number(insertLife.run(salt, head, at).lastInsertRowid);
      return { life, head, salt, beganAt: at, objected: 0 };
    },
    setHead: (life: number, head: string): void => {
      setHead.run(head, life);
    },
    /** The salt goes, and with it what the ledger's subject keys mean. */
    deleteLife: (life: number): void => {
      deleteLife.run(life);
      deleteVisitors.run(life);
    },
    visitor: (key: Uint8Array) => visitorRow.get(key) ?? null,
    bind: (key: Uint8Array, life: number, at: number): void => {
      insertVisitor.run(key, life, at);
    },
    visitorsOf: (life: number): Uint8Array[] => visitorsOfLife.all(life).map((row) => row.visitor_key),
    noteGpc: (visitorId: string, keyOf: () => Uint8Array, at: number): void => {
      if (signalled.get(visitorId)) return;
      setGpcSeen.run(at, keyOf());
      signalled.set(visitorId, true);
    },
    dropCaches: (): void => signalled.clear(),
  };
};
