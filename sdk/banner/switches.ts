// Which switches go with which: what builds on a purpose goes off with it, and what a purpose builds on goes on with it.
// Pure; that it happened is the caller's to say, since nothing may be switched in silence.

import type { Purpose } from './document.js';

/** Ids that go another way because of this one, in the order of the list. */
export const flipped = (
  purposes: readonly Purpose[],
  on: ReadonlySet<string>,
  id: string,
  value: boolean,
): string[] => {
  const reached = new Set([id]);
  // Once for each level of the longest chain there can be.
  for (const _ of purposes) {
    for (const { id: one, requires = [] } of purposes) {
      if (value) {
        if (reached.has(one)) for (const needed of requires) reached.add(needed);
      } else if (requires.some((needed) => reached.has(needed))) reached.add(one);
    }
  }
  return purposes.map(({ id: one }) => one).filter((one) => one !== id && reached.has(one) && on.has(one) !== value);
};

/** What cannot be without this one. */
export const dependants = (purposes: readonly Purpose[], id: string): string[] =>
  flipped(purposes, new Set(purposes.map((one) => one.id)), id, false);
