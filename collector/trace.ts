// What may be logged of a thrown error: its name, its code and where. Its message may quote what was sent (the parser's
// does), so it is left out. Plain data: it crosses from a thread to the log.

const framesMax = 12;

export interface Trace {
  name: string;
  code?: unknown;
  frames?: string[];
}

export const traceOf = (error: unknown): Trace => {
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

/** `what` is a sentence of ours; of an error only its trace. */
export type TellTrouble = (what: string, trace?: Trace) => void;
