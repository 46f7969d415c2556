// A memory of what was used lately, bounded. Two generations instead of an exact order: a look costs one look into a Map,
// which is what the hot path asks most often; the same one twice in a row costs none, since the events of a request name the
// same visitor ten times. What was used within the last half of the bound is never forgotten.

export interface Recent<Key, Value> {
  get: (key: Key) => Value | undefined;
  set: (key: Key, value: Value) => void;
  delete: (key: Key) => void;
  clear: () => void;
}

export const recent = <Key, Value extends NonNullable<unknown>>(max: number): Recent<Key, Value> => {
  const half = Math.max(1, Math.floor(max / 2));
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();
  let last: Value | undefined;
  let lastKey: Key | undefined;
  const set = (key: Key, value: Value): void => {
    last = value;
    lastKey = key;
    young.set(key, value);
    if (young.size < half) return;
    old = young;
    young = new Map();
  };
  return {
    get: (key) => {
      if (last !== undefined && key === lastKey) return last;
      const known = young.get(key);
      if (known !== undefined) {
        last = known;
        lastKey = key;
        return known;
      }
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    delete: (key) => {
      if (key === lastKey) last = undefined;
      young.delete(key);
      old.delete(key);
    },
    clear: () => {
      // Some are emptied at each transaction that is taken back, most often for nothing.
      last = undefined;
      if (young.size > 0) young = new Map();
      if (old.size > 0) old = new Map();
    },
  };
};
