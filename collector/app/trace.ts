// What may be logged of a thrown error: its name, its code and where. Its message may quote what was sent (the parser's
// does), so it is left out.

const framesMax = 12;

export const traceOf = (error: unknown): object => {
  if (!(error instanceof Error)) return { name: typeof error };
  return {
    name: error.name,
    code: (error as { code?: unknown }).code,
    frames: (error.stack ?? '')
      .split('\n')
      .filter((frame) => /^\s+at /.test(frame))
      .slice(0, framesMax)
      .map((frame) => frame.trim()),
  };
};
