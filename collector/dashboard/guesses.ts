// How often a password may be tried: a few at once from one place, then one in half a minute; and a bound for all
// strangers together. A browser that has logged in before has a bucket of its own, so that whoever guesses can't lock staff
// out.

interface Bucket {
  level: number;
  at: number;
}

interface Allowance {
  most: number;
  refillMs: number;
}

const perPlace: Allowance = { most: 5, refillMs: 30_000 };
const perCrowd: Allowance = { most: 40, refillMs: 1_500 };
const placesMax = 2_000;
/** A check takes 32 MiB for a moment. */
const atOnceMax = 2;

export interface Place {
  name: string;
  known: boolean;
}

export interface Guesses {
  /** Runs the check, or says how many seconds to wait. A right guess costs nothing. */
  attempt: <Right>(
    place: Place,
    check: () => Promise<Right | null>,
  ) => Promise<{ kind: 'right'; right: Right } | { kind: 'wrong' } | { kind: 'wait'; seconds: number }>;
}

export const countGuesses = (now: () => number): Guesses => {
  const places = new Map<string, Bucket>();
  const crowd: Bucket = { level: perCrowd.most, at: now() };
  let running = 0;

  const fill = (bucket: Bucket, { most, refillMs }: Allowance): Bucket => {
    const at = now();
    bucket.level = Math.min(most, bucket.level + Math.max(0, at - bucket.at) / refillMs);
    bucket.at = at;
    return bucket;
  };
  const bucketOf = (name: string): Bucket => {
    const kept = places.get(name) ?? { level: perPlace.most, at: now() };
    // The least lately used goes first.
    places.delete(name);
    if (places.size >= placesMax) places.delete(places.keys().next().value!);
    places.set(name, kept);
    return fill(kept, perPlace);
  };
  const wait = ({ level }: Bucket, { refillMs }: Allowance): number | null =>
    level >= 1 ? null : Math.max(1, Math.ceil(((1 - level) * refillMs) / 1_000));

  return {
    attempt: async ({ name, known }, check) => {
      const own = bucketOf(`${known ? 'known' : 'from'} ${name}`);
      fill(crowd, perCrowd);
      const seconds =
        wait(own, perPlace) ?? (known ? null : wait(crowd, perCrowd)) ?? (running >= atOnceMax ? 1 : null);
      if (seconds !== null) return { kind: 'wait', seconds };
      own.level -= 1;
      if (!known) crowd.level -= 1;
      running += 1;
      try {
        const right = await check();
        if (right === null) return { kind: 'wrong' };
        own.level += 1;
        if (!known) crowd.level += 1;
        return { kind: 'right', right };
      } finally {
        running -= 1;
      }
    },
  };
};
