// The interface of an aspect: one thing that is known of a person. The profile fold is a list of aspects, each fed the
// person's events in the order of `compareEvents`. An aspect is pure but for its own state and shelves; it must never
// read a clock or a database.

import type { OwnedEvent } from '../events/event.js';

/**
 * Documents of one person and one sort, by key (an order by its id, a closed cart by its key). They live outside the
 * state so that a step costs the same however long the history is. A fold from the start begins with empty shelves.
 */
export interface Shelf<Document> {
  get: (key: string) => Document | undefined;
  put: (key: string, document: Document) => void;
  delete: (key: string) => void;
}

/** What a person does not do but others must hear of. Counted warnings, and the `Change`s of this step. */
export interface Notes {
  warn: (code: string) => void;
  /** C8: the events of several persons tell of this order, and it counts on another of them. */
  isElsewhere?: (orderId: string) => boolean;
}

/**
 * One thing that is known of a person.
 * `step` changes `state` in place: the fold owns it. States and documents are plain JSON.
 */
export interface Aspect<State, Document> {
  name: string;
  start: () => State;
  step: (state: State, event: OwnedEvent, shelf: Shelf<Document>, notes: Notes) => void;
  /** C8: what the shop said of an order of this person by an event that is another's. Nothing the person did. */
  borrow?: (state: State, event: OwnedEvent, shelf: Shelf<Document>, notes: Notes) => void;
  /**
   * Brings what the clock alone decides up to `now` (an abandonment that is due, an expiry). Must obey
   * settle(settle(s, n1), n2) = settle(s, n2) for n1 ≤ n2, and be called before a step with `now = event.at - 1`
   * gives the same as not being called: a step settles what fell due before its event by itself.
   */
  settle?: (state: State, now: number, shelf: Shelf<Document>) => void;
  /** The next instant at which `settle` would change something; null = never. */
  dueAt?: (state: State) => number | null;
}
