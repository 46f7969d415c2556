// What people decided while logged in (R15): the record of their account, and what they deny whatever a device says.

import { recent } from '../../store/recent.js';
import type { Sql } from '../../store/sql.js';
import { hexOf } from '../keys.js';
import { type Mask, maskOfName } from '../mask.js';
import type { JournalEntry } from '../rights/journal.js';

/** What a person denies whatever a device says: `objected` are those of art. 21, which reach every basis. */
export interface PersonDenial {
  denied: Mask;
  objected: Mask;
  /** The latest of them. */
  at: number;
}
export const noDenial: PersonDenial = Object.freeze({ denied: 0, objected: 0, at: 0 });

export interface PersonAct {
  purpose: string;
  value: 'granted' | 'denied';
  objection: boolean;
  at: number;
  seq: number;
  /** Terms under which it was said; unknown where only the journal remembers. */
  materialHash?: string | null;
  /** The person was told that it goes against the browser's signal. */
  ack?: boolean;
}

const personsCachedMax = 20_000;

export const openPersons = (sql: Sql) => {
  const personRows = sql.prepare<{
    purpose: string;
    value: 'granted' | 'denied';
    objection: number;
    at: number;
    seq: number;
    material_hash: string | null;
    ack: number;
  }>('SELECT purpose, value, objection, at, seq, material_hash, ack FROM consent_persons WHERE user_key = ?');
  // The latest act of the person stands; at the same instant, the denial.
  const putPerson = sql.prepare(`
    INSERT INTO consent_persons (user_key, purpose, value, objection, at, seq, material_hash, ack)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (user_key, purpose) DO UPDATE SET
      value = excluded.value, objection = excluded.objection, at = excluded.at, seq = excluded.seq,
      material_hash = excluded.material_hash, ack = excluded.ack
    WHERE excluded.at > at OR (excluded.at = at AND excluded.value = 'denied')`);
  const writePerson = (key: Uint8Array, act: PersonAct): void => {
    const { purpose, value, objection, at, seq, materialHash = null, ack = false } = act;
    putPerson.run(key, purpose, value, objection ? 1 : 0, at, seq, materialHash, ack ? 1 : 0);
  };
  const deletePerson = sql.prepare('DELETE FROM consent_persons WHERE user_key = ? AND at <= ?');
  const anyPerson = sql.prepare<{ one: number }>('SELECT 1 AS one FROM consent_persons LIMIT 1');

  const persons = recent<string, PersonDenial>(personsCachedMax);
  // A site where nobody has said no as a person pays nothing for the question.
  let personsExist: boolean | null = null;

  return {
    denialOf: (userId: string, keyOf: () => Uint8Array): PersonDenial => {
      personsExist ??= anyPerson.get() !== undefined;
      if (!personsExist) return noDenial;
      let known = persons.get(userId);
      if (!known) {
        let denied = 0;
        let objected = 0;
        let at = 0;
        for (const row of personRows.all(keyOf())) {
          if (row.value !== 'denied') continue;
          denied |= maskOfName(row.purpose);
          if (row.objection) objected |= maskOfName(row.purpose);
          at = Math.max(at, row.at);
        }
        known = denied === 0 ? noDenial : { denied, objected, at };
        persons.set(userId, known);
      }
      return known;
    },
    /** What a person decided while logged in, purpose by purpose: the record of their account. */
    personActs: (key: Uint8Array): PersonAct[] =>
      personRows.all(key).map(({ material_hash: materialHash, objection, ack, ...act }) => ({
        ...act,
        objection: objection !== 0,
        materialHash,
        ack: ack !== 0,
      })),
    putPersonAct: (userId: string, key: Uint8Array, act: PersonAct): void => {
      writePerson(key, act);
      personsExist = true;
      persons.delete(userId);
    },
    /** What a line of the journal says of somebody. */
    replayPersonAct: (key: Uint8Array, act: PersonAct): void => {
      writePerson(key, act);
      personsExist = true;
      persons.clear();
    },
    *personEntries(): Iterable<JournalEntry> {
      for (const row of sql
        .prepare<{ user_key: Uint8Array; purpose: string; value: string; objection: number; at: number }>(
          'SELECT user_key, purpose, value, objection, at FROM consent_persons',
        )
        .all()) {
        const mask = maskOfName(row.purpose);
        const [granted, denied] = row.value === 'granted' ? [mask, 0] : [0, mask];
        const person = hexOf(row.user_key);
        yield { act: 'said', person, granted, denied, objection: row.objection !== 0, at: row.at };
      }
    },
    /** `until`: what they decided later stays. */
    forgetPerson: (userId: string, key: Uint8Array, until = Number.MAX_SAFE_INTEGER): void => {
      deletePerson.run(key, until);
      persons.delete(userId);
    },
    dropCaches: (): void => {
      persons.clear();
      personsExist = null;
    },
  };
};
