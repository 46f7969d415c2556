// Counts in memory until they are written, a moment later: one transaction for whatever requests came meanwhile. Here, and
// nowhere else, an address is looked at for approximate uniques, if the site wants them: hashed under a key that lives in
// this memory for a day and is destroyed then; what is kept is a sketch without ids.

import { createHmac, randomBytes } from 'node:crypto';
import { dayOf } from '../contract/instant.js';
import type { Cell } from './cells.js';
import { addHash, newSketch, type Sketch } from './sketch.js';
import type { Tallied } from './store.js';

export interface Tally {
  /** Resolves once it is written. */
  add: (cells: readonly Cell[], visitor: { address: string; family: string } | null) => Promise<void>;
}

export interface TallyOptions {
  write: (at: number, tallied: Tallied[], uniques: { day: string; sketch: Uint8Array }[]) => Promise<void>;
  now: () => number;
  /** How long it waits for company. */
  waitMs?: number;
}

/** Of IPv4 the first three numbers, of IPv6 the first three groups: the most that may be looked at (section 4, row 9). */
export const truncated = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (/^\d+\.\d+\.\d+\.\d+$/.test(plain)) return plain.split('.').slice(0, 3).join('.');
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 3).join(':');
};

const key = (cell: Cell): string => JSON.stringify(Object.values(cell));

export const openTally = ({ write, now, waitMs = 100 }: TallyOptions): Tally => {
  let counts = new Map<string, Tallied>();
  let sketches = new Map<string, Sketch>();
  let writing: Promise<void> | null = null;
  let salt = { day: '', key: Buffer.alloc(0) };

  const saltOf = (day: string): Buffer => {
    if (salt.day !== day) {
      // From here on nobody can tell whether an address was among those of the day before.
      salt.key.fill(0);
      salt = { day, key: randomBytes(32) };
    }
    return salt.key;
  };
  const flush = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const tallied = [...counts.values()];
    const uniques = [...sketches].map(([day, sketch]) => ({ day, sketch }));
    counts = new Map();
    sketches = new Map();
    writing = null;
    await write(now(), tallied, uniques);
  };

  return {
    add: (cells, visitor) => {
      for (const cell of cells) {
        const known = counts.get(key(cell));
        if (known) known.count += 1;
        else counts.set(key(cell), { cell, count: 1 });
      }
      if (visitor) {
        const day = dayOf(now());
        const sketch = sketches.get(day) ?? newSketch();
        sketches.set(day, sketch);
        addHash(
          sketch,
          createHmac('sha256', saltOf(day))
            .update(`${truncated(visitor.address)}\n${visitor.family}`)
            .digest(),
        );
      }
      writing ??= flush();
      return writing;
    },
  };
};
