// Sets of purposes as bits: what a receipt grants is intersected for every event, and a number intersects for nothing.
// Owns the arithmetic of purposes and their requirements (consent.md, section 1). Pure; knows no policy.

import { type Purpose, purposes, requires } from '../contract/purposes.js';

/** A set of purposes; bit n is `purposes[n]`. */
export type Mask = number;

const bits = Object.fromEntries(purposes.map((purpose, index) => [purpose, 1 << index])) as Record<Purpose, Mask>;
export const everything: Mask = (1 << purposes.length) - 1;

export const bitOf = (purpose: Purpose): Mask => bits[purpose];
export const isPurpose = (id: unknown): id is Purpose => typeof id === 'string' && Object.hasOwn(bits, id);
/** Of a name that may be nobody's. */
export const maskOfName = (id: string): Mask => (isPurpose(id) ? bits[id] : 0);
export const maskOf = (of: Iterable<Purpose>): Mask => {
  let mask = 0;
  for (const purpose of of) mask |= bits[purpose];
  return mask;
};

const lists: readonly (readonly Purpose[])[] = Array.from({ length: everything + 1 }, (_, mask) =>
  Object.freeze(purposes.filter((purpose) => mask & bits[purpose])),
);
/** The same frozen list for the same set: an event's purposes cost no allocation. */
export const purposesOf = (mask: Mask): readonly Purpose[] => lists[mask & everything]!;

/** Without those whose requirement is missing: a purpose is worth nothing without what it builds on. */
const close = (mask: Mask): Mask => {
  let closed = mask;
  // `purposes` lists a requirement before what requires it, so one pass settles chains too.
  for (const purpose of purposes) {
    const needed = requires[purpose];
    if (needed && !(closed & bits[needed])) closed &= ~bits[purpose];
  }
  return closed;
};
const closed = Array.from({ length: everything + 1 }, (_, mask) => close(mask));
export const grantable = (mask: Mask): Mask => closed[mask & everything]!;

/** With those that require one of them: denying `measurement` denies all. */
export const withDependants = (mask: Mask): Mask => {
  let wider = mask & everything;
  for (const purpose of purposes) {
    const needed = requires[purpose];
    if (needed && wider & bits[needed]) wider |= bits[purpose];
  }
  return wider;
};
