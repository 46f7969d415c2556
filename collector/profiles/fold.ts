// The profile fold: the events one person owns, in order, through the list of aspects. A newer event takes one step; any
// other folds the person again. Pure but for the shelves handed in.

import { compareEvents, type OwnedEvent } from '../events/event.js';
import type { Aspect, Notes, Shelf } from './aspect.js';

export interface ProfileState {
  /** The newest event it has seen. */
  last: { at: number; messageId: string } | null;
  /** By the aspect's name. */
  aspects: Record<string, unknown>;
  /** How often each warning was raised; absent: never. So that a fold from the start tells what is new in it. */
  warned?: Record<string, number>;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of aspects of different states; each is only ever given its own.
export type AnyAspect = Aspect<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type ShelfOf = (aspect: string) => Shelf<any>;

export interface ProfileFold {
  aspects: readonly AnyAspect[];
  start: () => ProfileState;
  /** Whether the event is newer than all the state has seen. */
  follows: (state: ProfileState, event: Pick<OwnedEvent, 'at' | 'messageId'>) => boolean;
  step: (state: ProfileState, event: OwnedEvent, shelf: ShelfOf, notes: Notes) => void;
  /** All the events of a person from the start, with those that others lend them. */
  all: (
    state: ProfileState,
    events: readonly OwnedEvent[],
    lent: readonly OwnedEvent[],
    shelf: ShelfOf,
    notes: Notes,
  ) => void;
  settle: (state: ProfileState, now: number, shelf: ShelfOf) => void;
  dueAt: (state: ProfileState) => number | null;
}

export const profileFold = (aspects: readonly AnyAspect[]): ProfileFold => {
  const fold: ProfileFold = {
    aspects,
    start: () => ({ last: null, aspects: Object.fromEntries(aspects.map((aspect) => [aspect.name, aspect.start()])) }),
    follows: (state, event) => state.last === null || compareEvents(event, state.last) > 0,
    step: (state, event, shelf, notes) => {
      for (const aspect of aspects) aspect.step(state.aspects[aspect.name], event, shelf(aspect.name), notes);
      state.last = { at: event.at, messageId: event.messageId };
    },
    all: (state, events, lent, shelf, notes) => {
      const borrowed = new Set(lent);
      const ordered = lent.length === 0 ? events : [...events, ...lent].sort(compareEvents);
      for (const event of ordered) {
        if (!borrowed.has(event)) {
          fold.step(state, event, shelf, notes);
          continue;
        }
        for (const aspect of aspects) aspect.borrow?.(state.aspects[aspect.name], event, shelf(aspect.name), notes);
        state.last = { at: event.at, messageId: event.messageId };
      }
    },
    settle: (state, now, shelf) => {
      for (const aspect of aspects) aspect.settle?.(state.aspects[aspect.name], now, shelf(aspect.name));
    },
    dueAt: (state) => {
      let due: number | null = null;
      for (const aspect of aspects) {
        const at = aspect.dueAt?.(state.aspects[aspect.name]) ?? null;
        if (at !== null && (due === null || at < due)) due = at;
      }
      return due;
    },
  };
  return fold;
};
