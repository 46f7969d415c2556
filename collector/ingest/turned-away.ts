// Whom the door sent away before it looked at what was sent: from which origin, why, how often, and when last. Such a call
// is in no table, so whoever forgot an origin would look at an empty live view. In memory, bounded, and gone with the
// process: a stranger must not be able to fill a disk with names. Holds scheme, host and port of a page and nothing else.

export type TurnedAwayReason = 'origin' | 'bad_key';

export interface TurnedAway {
  /** As `WEFT_ORIGINS` has it; null = none was told: a server, a page of a file, a frame in a sandbox. */
  origin: string | null;
  reason: TurnedAwayReason;
  count: number;
  /** Epoch milliseconds. */
  lastAt: number;
}

export interface TurnedAwayList {
  /** Newest first. */
  known: TurnedAway[];
  /** Of more origins than are told apart; null = there were not so many. */
  others: { count: number; lastAt: number } | null;
  /** Of all, ever: another number says that something is new. */
  count: number;
}

export interface TurnedAwayNotes {
  note: (origin: string | null, reason: TurnedAwayReason) => void;
  list: () => TurnedAwayList;
}

const knownMax = 20;
const originMaxChars = 120;
/** One that has been silent for so long gives way: whoever sends a thousand names hides nobody for longer. */
const silentMs = 600_000;

/** Scheme, host and port, as a browser writes them; null for everything else. */
export const pageOrigin = (header: string | null): string | null => {
  if (header === null || header.length > originMaxChars || !URL.canParse(header)) return null;
  const { origin, protocol } = new URL(header);
  return protocol === 'https:' || protocol === 'http:' ? origin : null;
};

export const openTurnedAway = (now: () => number): TurnedAwayNotes => {
  const known = new Map<string, TurnedAway>();
  let others: TurnedAwayList['others'] = null;
  let total = 0;
  const makeRoom = (at: number): boolean => {
    if (known.size < knownMax) return true;
    // The first of the map is the one that has been silent longest.
    const [key, oldest] = [...known][0]!;
    if (at - oldest.lastAt < silentMs) return false;
    others = { count: (others?.count ?? 0) + oldest.count, lastAt: Math.max(others?.lastAt ?? 0, oldest.lastAt) };
    return known.delete(key);
  };
  return {
    note: (header, reason) => {
      const at = now();
      const origin = pageOrigin(header);
      const key = `${reason} ${origin}`;
      total += 1;
      const before = known.get(key);
      if (before === undefined && !makeRoom(at)) {
        others = { count: (others?.count ?? 0) + 1, lastAt: at };
        return;
      }
      known.delete(key);
      known.set(key, { origin, reason, count: (before?.count ?? 0) + 1, lastAt: at });
    },
    list: () => ({ known: [...known.values()].reverse(), others, count: total }),
  };
};
