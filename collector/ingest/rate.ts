// Station 5: a bucket of tokens for each write key, one token an event. A request is let in while the bucket is not
// empty and may then overdraw it: its size is known only after parsing, and a batch larger than a second's allowance
// must pass some time. Over time the rate holds exactly.

export interface Limiter {
  /** Seconds to wait, or null: come in. */
  admit: (bucket: string) => number | null;
  charge: (bucket: string, events: number) => void;
}

/** `now` in milliseconds of any origin. Buckets are named by key ids, so there are as many as live keys. */
export const limiter = (ratePerS: number, now: () => number = () => performance.now()): Limiter => {
  const buckets = new Map<string, { level: number; at: number }>();
  const filled = (name: string) => {
    const at = now();
    const bucket = buckets.get(name);
    if (bucket === undefined) {
      const full = { level: ratePerS, at };
      buckets.set(name, full);
      return full;
    }
    bucket.level = Math.min(ratePerS, bucket.level + ((at - bucket.at) / 1000) * ratePerS);
    bucket.at = at;
    return bucket;
  };
  return {
    admit: (name) => {
      const { level } = filled(name);
      return level >= 1 ? null : Math.max(1, Math.ceil((1 - level) / ratePerS));
    },
    charge: (name, events) => {
      filled(name).level -= events;
    },
  };
};
