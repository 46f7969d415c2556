// What devices object to (GDPR 21): on the life they live by, or by their id alone where no consent of theirs is known.

import { recent } from '../../store/recent.js';
import type { Sql } from '../../store/sql.js';
import { hexOf } from '../keys.js';
import type { Mask } from '../mask.js';
import type { JournalEntry } from '../rights/journal.js';
import type { openLives } from './lives.js';

const devicesCachedMax = 20_000;

export const openObjections = (
  sql: Sql,
  { visitor, visitorsOf }: Pick<ReturnType<typeof openLives>, 'visitor' | 'visitorsOf'>,
) => {
  const objectedRow = sql.prepare<{ purposes: number }>('SELECT purposes FROM consent_objected WHERE visitor_key = ?');
  const objectedAll = sql.prepare<{ visitor_key: Uint8Array; purposes: number; at: number }>(
    'SELECT visitor_key, purposes, at FROM consent_objected',
  );
  const objectedOfLife = sql.prepare<{ objected: number }>(
    'SELECT f.objected FROM consent_visitors v JOIN consent_lives f ON f.life = v.life WHERE v.visitor_key = ?',
  );
  const anyObjected = sql.prepare<{ one: number }>(
    'SELECT EXISTS (SELECT 1 FROM consent_objected) OR EXISTS (SELECT 1 FROM consent_lives WHERE objected <> 0) AS one',
  );
  const objectedLives = sql.prepare<{ life: number; objected: number; at: number }>(
    'SELECT life, objected, began_at AS at FROM consent_lives WHERE objected <> 0',
  );
  const putObjected = sql.prepare(
    'INSERT INTO consent_objected (visitor_key, purposes, at) VALUES (?, ?, ?) ON CONFLICT (visitor_key) DO UPDATE SET purposes = excluded.purposes, at = excluded.at',
  );
  const forgetObjected = sql.prepare('DELETE FROM consent_objected WHERE visitor_key = ?');
  const setObjected = sql.prepare('UPDATE consent_lives SET objected = ? WHERE life = ?');

  const objections = recent<string, Mask>(devicesCachedMax);
  // A site where nobody has objected on a device pays nothing for the question.
  let objectionsExist: boolean | null = null;
  const objectionsChanged = (): void => {
    objectionsExist = null;
    objections.clear();
  };

  return {
    setObjected: (life: number, objected: Mask): void => {
      setObjected.run(objected, life);
      objectionsChanged();
    },
    /** All that a device objects to. Where its consent is not known, or there is none, it stands by itself until there is. */
    putObjected: (key: Uint8Array, objected: Mask, at: number): void => {
      const bound = visitor(key);
      if (bound) setObjected.run(objected, bound.life);
      if (bound || objected === 0) forgetObjected.run(key);
      else putObjected.run(key, objected, at);
      objectionsChanged();
    },
    /** Of a device whose consent is not known: what it objects to; null = nothing is known. */
    objectedOf: (key: Uint8Array): Mask | null => objectedRow.get(key)?.purposes ?? null,
    /** What a device objects to, whatever it lives by. */
    objectionOf: (visitorId: string, keyOf: () => Uint8Array): Mask => {
      objectionsExist ??= anyObjected.get()?.one === 1;
      if (!objectionsExist) return 0;
      let known = objections.get(visitorId);
      if (known === undefined) {
        const key = keyOf();
        known = (objectedRow.get(key)?.purposes ?? 0) | (objectedOfLife.get(key)?.objected ?? 0);
        objections.set(visitorId, known);
      }
      return known;
    },
    forgetObjected: (key: Uint8Array): void => {
      forgetObjected.run(key);
      objectionsChanged();
    },
    *objectedEntries(): Iterable<JournalEntry> {
      for (const { life, objected, at } of objectedLives.all()) {
        const visitors = visitorsOf(life).map(hexOf);
        if (visitors.length > 0) yield { act: 'objected', visitors, purposes: objected, at };
      }
      for (const row of objectedAll.all())
        yield {
          act: 'objected',
          visitors: [hexOf(row.visitor_key)],
          purposes: row.purposes,
          at: row.at,
        };
    },
    /** With a life its objections end. */
    lifeEnded: (): void => {
      if (objectionsExist) objectionsChanged();
    },
    dropCaches: (): void => {
      objections.clear();
      objectionsExist = null;
    },
  };
};
