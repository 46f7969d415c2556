// The memories in front of consent's tables are large and most often empty.

/** An empty one of this size takes longer to clear than an erasure to carry out, and thousands may be queued. */
export const clearUsed = (memory: { readonly size: number; clear: () => void }): void => {
  if (memory.size > 0) memory.clear();
};
