// Which of a visit's touches an order is owed to, in the three ways that are asked for. Pure; knows no money.

import type { Touch } from '../events/event.js';

export interface Share<T extends Touch> {
  touch: T;
  /** 0 to 1; those of a visit make 1. */
  share: number;
}

export interface Attribution<T extends Touch> {
  first: T;
  last: T;
  /** The same to each touch; a source that came twice has both shares, at its first place. */
  linear: Share<T>[];
}

const isSame = (a: Touch, b: Touch): boolean =>
  a.channel === b.channel && a.source === b.source && a.medium === b.medium && a.campaign === b.campaign;

/** S2: coming directly says nothing of why, so it counts only where nothing else is known. Null: no touch at all. */
export const attributionOf = <T extends Touch>(touches: readonly T[]): Attribution<T> | null => {
  const told = touches.filter(({ channel }) => channel !== 'Direct');
  const counted = told.length > 0 ? told : touches;
  const first = counted[0];
  const last = counted.at(-1);
  if (first === undefined || last === undefined) return null;
  const parts: { touch: T; times: number }[] = [];
  for (const touch of counted) {
    const known = parts.find((part) => isSame(part.touch, touch));
    if (known) known.times += 1;
    else parts.push({ touch, times: 1 });
  }
  return { first, last, linear: parts.map(({ touch, times }) => ({ touch, share: times / counted.length })) };
};
