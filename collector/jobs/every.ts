// Runs what is due, one runner at a time. The deadlines themselves are rows; this only asks for them, so that a crash loses
// no deadline and a late start catches up.

export interface Job {
  stop: () => void;
}

/** `work` runs at once and then `everyMs` after it ended; an error is told and does not end the job. */
export const every = (everyMs: number, work: () => void | Promise<void>, onError: (error: unknown) => void): Job => {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const run = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      onError(error);
    }
    if (stopped) return;
    timer = setTimeout(run, everyMs);
    timer.unref();
  };
  void run();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
