// What a writer does by itself: long requests piece by piece, and what is due. Whoever sends something goes first.

import type { Patience } from '../store/patience.js';
import { every } from './every.js';

const dueEveryMs = 1_000;

export interface Chores {
  /** A long request may have come: a piece of it is done each turn, as long as there is one. */
  pump: () => void;
  stop: () => void;
}

export const openChores = (
  writer: { slice: (now: number) => boolean; tick: (now: number) => void },
  patience: Pick<Patience, 'failed' | 'stuck' | 'isOver'>,
  onTrouble: (error: unknown) => void,
): Chores => {
  let stopped = false;
  let pumping = false;
  const told = (error: unknown): void => {
    if (!patience.failed(error, Date.now())) onTrouble(error);
  };
  const pump = (): void => {
    if (pumping) return;
    pumping = true;
    setImmediate(() => {
      pumping = false;
      try {
        if (!stopped && writer.slice(Date.now())) pump();
      } catch (error) {
        told(error);
      }
    });
  };
  const due = every(
    dueEveryMs,
    () => {
      // What is due waits with everybody, and is not a wait more for those who ask.
      if (patience.stuck() !== null && !patience.isOver(Date.now())) return;
      writer.tick(Date.now());
      pump();
    },
    told,
  );
  return {
    pump,
    stop: () => {
      due.stop();
      stopped = true;
    },
  };
};
