// What of a device goes with a person who is erased: all of it, or what is theirs and what lies between their namings (R14).
// Pure.

import { compareEvents } from '../../events/event.js';

/** Of an event in the store, what decides. */
export interface ErasableEvent {
  seq: number;
  messageId: string;
  at: number;
  anonymousId: string | null;
  /** The user it names, if any. */
  userId: string | null;
  receipt: string | null;
  /** It belongs to the person who goes (R4), whoever it names. */
  owned: boolean;
}

/** On a device that others use: somebody was named here. Whom, is no longer known. */
export interface Mark {
  anonymousId: string;
  at: number;
  /** Stands for one unknown person on this one device, and for nobody anywhere else. */
  person: string;
}

export interface Naming {
  userId: string;
  at: number;
  messageId: string;
}

/** What happens to a device of the person: all of it goes, or what is theirs and what lies between their namings. */
export type DeviceFate = { kind: 'whole' } | { kind: 'cut'; first: Naming | null; last: Naming | null };

/** Of all who were named on it: of each the first and the last time are enough. */
export const fateOf = (users: ReadonlySet<string>, namings: readonly Naming[]): DeviceFate => {
  if (namings.every(({ userId }) => users.has(userId))) return { kind: 'whole' };
  const theirs = namings.filter(({ userId }) => users.has(userId)).sort(compareEvents);
  return { kind: 'cut', first: theirs[0] ?? null, last: theirs.at(-1) ?? null };
};

/** Whether an event of the device goes with them. */
export const goes = (event: ErasableEvent, users: ReadonlySet<string>, fate: DeviceFate): boolean => {
  if (fate.kind === 'whole' || event.owned || (event.userId !== null && users.has(event.userId))) return true;
  const { first, last } = fate;
  if (event.userId !== null || first === null || last === null) return false;
  return compareEvents(event, first) > 0 && compareEvents(event, last) < 0;
};

export const marksOf = (anonymousId: string, fate: DeviceFate, mint: () => string): Mark[] => {
  if (fate.kind === 'whole' || fate.first === null || fate.last === null) return [];
  const { first, last } = fate;
  const person = mint();
  return [first.at, ...(last.at > first.at ? [last.at] : [])].map((at) => ({ anonymousId, at, person }));
};
