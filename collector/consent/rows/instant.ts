// When an act happened, by the word of a clock that may be wrong. Pure.

import { parseInstant } from '../../contract/instant.js';
import { limits } from '../../contract/limits.js';

/** What a `Date` can hold; beyond it a number means nothing. */
const instantMax = 8.64e15;
export const instantOf = (value: string | number | null | undefined): number | null =>
  typeof value !== 'number' ? parseInstant(value) : Math.abs(value) <= instantMax ? Math.trunc(value) : null;

/**
 * The instant of the act by the rules of an event's `t` (semantics, Time). Server time stays the authority for expiry. An act
 * lies before it is told: one that seems to follow, and says nothing of when it was sent, comes from a clock that is wrong.
 * Taken at its word it would shut out what happened after it, whose instants are corrected.
 */
export const effectiveInstant = (clientAt: number | null, sentAt: number | null, receivedAt: number): number => {
  if (clientAt === null) return receivedAt;
  if (sentAt === null) return clientAt > receivedAt + limits.clockSkewMaxMs ? receivedAt : clientAt;
  const skewed = Math.abs(receivedAt - sentAt) > limits.clockSkewMaxMs;
  const at = skewed ? receivedAt - (sentAt - clientAt) : clientAt;
  return at > receivedAt + limits.futureMaxMs ? receivedAt : at;
};
