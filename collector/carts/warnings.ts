// How the cart aspect complains. The closed list is the contract's. Codes carry no value of the event, so nothing personal can
// reach a log through them.

import type { CartWarning } from '../contract/codes.js';
import type { Notes } from '../profiles/aspect.js';

export type Warn = (code: CartWarning) => void;

/** One event warns of one thing once, however many of its lines have it. */
export const warnOnce = (notes: Notes): Warn => {
  let said: Set<CartWarning> | null = null;
  return (code) => {
    said ??= new Set();
    if (said.has(code)) return;
    said.add(code);
    notes.warn(code);
  };
};
