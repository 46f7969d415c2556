// Aspect: what is said of a person (R6). `set`: greatest (assurance, t, messageId) wins; `set_once`: least t; null unsets
// and leaves a tombstone with its time, so that an older value cannot come back.

import type { WarningCode } from '../contract/codes.js';
import { type Assurance, assurances } from '../contract/purposes.js';
import type { OwnedEvent } from '../events/event.js';
import type { Aspect } from './aspect.js';

const traitsMax = 200;

export interface Trait {
  /** null: unset at `at`. */
  value: unknown;
  at: number;
  messageId: string;
  source: string;
  assurance: Assurance;
}

export interface TraitsState {
  traits: Record<string, Trait>;
}

const isSetOnce = (name: string, event: OwnedEvent): boolean => event.setOnce || name.startsWith('first_');

/** Whether the next word on a trait counts, given the events come in order of (t, messageId). */
const prevails = (known: Trait | undefined, assurance: Assurance, once: boolean): boolean => {
  if (!known) return true;
  if (once) return false;
  return assurances.indexOf(assurance) >= assurances.indexOf(known.assurance);
};

export const traits: Aspect<TraitsState, unknown> = {
  name: 'traits',
  start: () => ({ traits: {} }),
  step: (state, event, _shelf, notes) => {
    for (const [name, value] of Object.entries(event.traits)) {
      if (value === undefined || name === '__proto__') continue;
      const known = Object.hasOwn(state.traits, name) ? state.traits[name] : undefined;
      if (!prevails(known, event.assurance, isSetOnce(name, event))) continue;
      if (!known && Object.keys(state.traits).length >= traitsMax) {
        notes.warn('traits_full' satisfies WarningCode);
        continue;
      }
      state.traits[name] = {
        value,
        at: event.at,
        messageId: event.messageId,
        source: event.trust === 'secret' ? 'server' : 'browser',
        assurance: event.assurance,
      };
    }
  },
};
