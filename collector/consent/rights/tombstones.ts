// Who is out and stays out (consent.md section 6, R14). Owns the table of tombstones: keyed hashes, so that the list of
// erased people is not itself a list of people. It must never hold an identifier in the clear, and never forget one.

import { type Recent, recent } from '../../store/recent.js';
import type { Sql } from '../../store/sql.js';
import { hexOf, type KeyOf, type TombstoneKind } from '../keys.js';
import { everything, type Mask } from '../mask.js';
import { type Journal, type JournalEntry, noJournal } from './journal.js';

export interface Tombstone {
  kind: TombstoneKind;
  /** A device that withdrew everything is out as an erased one is, but is told something else. */
  cause: 'erased' | 'withdrawn';
  /** What it keeps out; `everything` but for narrower ones to come. */
  scope: Mask;
  erasedAt: number;
  /** How often this identifier was erased after having lived. Part of the derived profile id. */
  generation: number;
  /** When its present generation began: the grant with which the person returned. null = still out. */
  openedAt: number | null;
}

/** The consent with which somebody might return. */
export interface Grant {
  /** Accepted, by the collector's clock. */
  at: number;
  /** When it was given, by the corrected clock of the device. */
  effectiveAt: number;
  /** When the collector first heard of the device. */
  boundAt: number;
}

/** R14: only under a new device and a new grant. All three instants must lie after the erasure. */
export const mayReturn = (tombstone: Tombstone, grant: Grant): boolean =>
  grant.at > tombstone.erasedAt && grant.effectiveAt > tombstone.erasedAt && grant.boundAt > tombstone.erasedAt;

/** Of the key that makes the hashes; kept with each tombstone, because most of them never end. */
const keyVersion = 1;
const dayMs = 86_400_000;
/**
 * Until when a tombstone is kept. Those of people and devices never end (consent.md, decided list). A receipt is drawn by
 * chance and ends with its consent: max(30 days offline, 395 days of a decision, 30 of a backup) and thirty more after that
 * no event can come under it, and the door refuses it as expired anyway.
 */
const receiptKeptMs = 425 * dayMs;
const untilOf = (kind: TombstoneKind, erasedAt: number): number | null =>
  kind === 'receipt' ? erasedAt + receiptKeptMs : null;
/** Of each kind. Most events come from few people: 20,000 cover a busy hour in some megabytes. */
const cachedMax = 20_000;

interface Row {
  kind: TombstoneKind;
  cause: 'erased' | 'withdrawn';
  scope: number;
  erased_at: number;
  generation: number;
  opened_at: number | null;
}

const fromRow = (row: Row): Tombstone => ({
  kind: row.kind,
  cause: row.cause,
  scope: row.scope,
  erasedAt: row.erased_at,
  generation: row.generation,
  openedAt: row.opened_at,
});

export interface Tombstones {
  of: (kind: TombstoneKind, value: string) => Tombstone | null;
  /** Of whoever bore this user id, which may have been their present name at one erasure and a former one at another. */
  ofUser: (value: string) => Tombstone | null;
  add: (kind: TombstoneKind, value: string, cause: Tombstone['cause'], at: number) => void;
  /** Where only the keyed hash is known. */
  addKey: (kind: TombstoneKind, key: Uint8Array, cause: Tombstone['cause'], at: number) => void;
  /** The person has returned with a grant of this instant. */
  open: (kind: TombstoneKind, value: string, at: number) => void;
  /** 0 for whoever was never erased; of a user id, as a former name too. */
  generationOf: (kind: TombstoneKind, value: string) => number;
  /** What a line of the journal says, by a store that is older than it. */
  replay: (entry: JournalEntry) => void;
  /** All of them, as lines for a journal that is begun. */
  entries: () => Iterable<JournalEntry>;
  /** Whose time is over; how many. */
  sweep: (now: number, limit: number) => number;
  dropCaches: () => void;
}

export const openTombstones = (sql: Sql, keyOf: KeyOf, journal: () => Journal = () => noJournal): Tombstones => {
  const byKey = sql.prepare<Row>(
    'SELECT kind, cause, scope, erased_at, generation, opened_at FROM tombstones WHERE kind = ? AND key = ?',
  );
  // Erased again before returning: the same generation, a later instant. Erased after returning: the next one, shut. An
  // erasure that is resumed carries the instant of its request and does not undo a return that came after it. A
  // withdrawal never softens an erasure.
  const put = sql.prepare(`
    INSERT INTO tombstones (kind, key, key_version, cause, scope, erased_at, generation, until)
    VALUES (?, ?, ?, ?, ?, ?, 1, ?)
    ON CONFLICT (kind, key) DO UPDATE SET
      cause = CASE WHEN cause = 'erased' THEN cause ELSE excluded.cause END,
      scope = scope | excluded.scope,
      erased_at = max(erased_at, excluded.erased_at),
      generation = generation + (opened_at IS NOT NULL AND opened_at <= excluded.erased_at),
      opened_at = CASE WHEN opened_at > excluded.erased_at THEN opened_at END,
      until = max(until, excluded.until)
    WHERE excluded.cause = 'erased' OR cause = 'withdrawn'`);
  const setOpened = sql.prepare('UPDATE tombstones SET opened_at = ? WHERE kind = ? AND key = ? AND opened_at IS NULL');
  const kinds = sql.prepare<{ kind: string }>('SELECT DISTINCT kind FROM tombstones');
  const swept = sql.prepare(
    'DELETE FROM tombstones WHERE (kind, key) IN (SELECT kind, key FROM tombstones WHERE until < ? LIMIT ?)',
  );

  // Kinds of which none exists cost an event nothing.
  let present: Set<string> | null = null;
  const caches = new Map<string, Recent<string, { found: Tombstone | null }>>();
  const cacheOf = (kind: string) => {
    let cache = caches.get(kind);
    if (!cache) {
      cache = recent(cachedMax);
      caches.set(kind, cache);
    }
    return cache;
  };

  const of = (kind: TombstoneKind, value: string): Tombstone | null => {
    present ??= new Set(kinds.all().map((row) => row.kind));
    if (!present.has(kind)) return null;
    const cache = cacheOf(kind);
    let known = cache.get(value);
    if (!known) {
      const row = byKey.get(kind, keyOf(kind, value));
      known = { found: row ? fromRow(row) : null };
      cache.set(value, known);
    }
    return known.found;
  };

  const putKey = (
    kind: TombstoneKind,
    key: Uint8Array,
    cause: Tombstone['cause'],
    at: number,
    version: number,
  ): void => {
    put.run(kind, key, version, cause, everything, at, untilOf(kind, at));
    present?.add(kind);
    caches.get(kind)?.clear();
  };
  const addKey: Tombstones['addKey'] = (kind, key, cause, at) => {
    const before = byKey.get(kind, key);
    const isKnown =
      before !== undefined && before.erased_at >= at && (before.cause === 'erased' || before.cause === cause);
    putKey(kind, key, cause, at, keyVersion);
    if (!isKnown) journal().note({ act: cause, kind, key: hexOf(key), v: keyVersion, at });
  };

  return {
    of,
    ofUser: (value) => {
      const [present, former] = [of('userId', value), of('alias', value)];
      if (present === null || former === null) return present ?? former;
      // A return from the earlier one is none from the later.
      return former.erasedAt > present.erasedAt ? former : present;
    },
    addKey,
    add: (kind, value, cause, at) => addKey(kind, keyOf(kind, value), cause, at),
    open: (kind, value, at) => {
      const key = keyOf(kind, value);
      if (setOpened.run(at, kind, key).changes > 0) journal().note({ act: 'opened', kind, key: hexOf(key), at });
      caches.get(kind)?.delete(value);
    },
    generationOf: (kind, value) =>
      (of(kind, value)?.generation ?? 0) + (kind === 'userId' ? (of('alias', value)?.generation ?? 0) : 0),
    replay: (entry) => {
      if (entry.act === 'erased' || entry.act === 'withdrawn')
        putKey(entry.kind, Buffer.from(entry.key, 'hex'), entry.act, entry.at, entry.v);
      if (entry.act === 'opened') {
        setOpened.run(entry.at, entry.kind, Buffer.from(entry.key, 'hex'));
        caches.get(entry.kind)?.clear();
      }
    },
    *entries() {
      for (const row of sql
        .prepare<Row & { key: Uint8Array; key_version: number }>('SELECT * FROM tombstones ORDER BY erased_at')
        .all()) {
        const { kind, cause, key, key_version: v } = row;
        yield { act: cause, kind, key: hexOf(key), v, at: row.erased_at };
        if (row.opened_at !== null) yield { act: 'opened', kind, key: hexOf(key), at: row.opened_at };
      }
    },
    sweep: (now, limit) => {
      const { changes } = swept.run(now, limit);
      if (changes > 0) {
        present = null;
        for (const cache of caches.values()) cache.clear();
      }
      return changes;
    },
    dropCaches: () => {
      present = null;
      for (const cache of caches.values()) cache.clear();
    },
  };
};
