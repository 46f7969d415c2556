// R13: an identifier with more events in a minute of the clock than people make. Counts what each event carries as it was
// written, so that any order of arrival marks the same events; devices are counted beside their state, all others here.

import { minuteMs, minuteOf } from '../events/minutes.js';
import type { EventRow } from '../events/store.js';
import { floodMaxOf, type MinuteEntry, type WorkingSet } from './working-set.js';

/** What must be folded, or decided, again where a flood began or ended. */
export interface Spoilt {
  devices: Set<number>;
  /** Server events, by `seq`. */
  seekers: Set<number>;
}

/**
 * What a stored event counts under besides its device: the user it names or, of a server event that names neither, each of
 * its contacts. A contact that a page tells is only claimed (R7), and must not stop what others tell of the same one.
 */
export const countedUnder = (set: WorkingSet, row: Pick<EventRow, 'seq' | 'dev' | 'usr'>): number[] => {
  if (row.usr !== null) return [row.usr];
  return row.dev === null ? set.identity.contactsOfEvent(row.seq).map(({ node }) => node) : [];
};

/** One event more. `begins`: everything of the minute is spoilt, those before it too. */
export const countEvent = (set: WorkingSet, node: number, at: number): 'begins' | 'goes_on' | false => {
  const entry = set.inMinute(node, minuteOf(at));
  set.changeMinute(entry, 1);
  const floodMax = floodMaxOf(set.rules);
  if (entry.count <= floodMax) return false;
  if (entry.count > floodMax + 1) return 'goes_on';
  turn(set, entry, true, { devices: set.spoiltDevices, seekers: set.spoiltSeekers });
  return 'begins';
};

/** One event fewer. Where the flood ends by it, all that is left of the minute is noted as `spoilt`. */
export const discountEvent = (set: WorkingSet, node: number, at: number, spoilt: Spoilt): void => {
  const entry = set.inMinute(node, minuteOf(at));
  set.changeMinute(entry, -1);
  if (entry.count === floodMaxOf(set.rules)) turn(set, entry, false, spoilt);
};

export const isFloodOf = (set: WorkingSet, node: number, at: number): boolean =>
  set.inMinute(node, minuteOf(at)).count > floodMaxOf(set.rules);

/**
 * A flood begins or ends: rare, and the one time that its minute is looked for, since no index leads there by user. Whoever
 * was ever named on a device is known; so is whose a server event is.
 */
const turn = (set: WorkingSet, { node, minute }: MinuteEntry, isFlood: boolean, { devices, seekers }: Spoilt): void => {
  set.minutes.flood(minute, node, isFlood);
  const [from, before] = [minute * minuteMs, (minute + 1) * minuteMs];
  for (const { dev } of set.identity.namingsOfUser(node)) {
    if (set.events.isNamedIn(dev, node, from, before)) devices.add(dev);
  }
  for (const seq of set.events.serversNaming(node, from, before)) seekers.add(seq);
  for (const { seq, at } of set.identity.contactsOfNode(node)) if (minuteOf(at) === minute) seekers.add(seq);
};
