// @ts-check
// What the bootstrap tells the person in front of it: one line when a step begins, one when it ended, and on failure
// what went wrong and the one thing to do about it. Everything goes to stdout in order, so that a log reads as a story.

// Who reads only the first lines (`| head`) closes the pipe; that is no failure of ours.
process.stdout.on('error', () => {});

/** A failure that the person can mend; printed without a stack. */
export class Stop extends Error {
  /**
   * @param {string} what what is wrong, in a sentence
   * @param {string} [todo] the command or the act that mends it
   */
  constructor(what, todo) {
    super(what);
    this.todo = todo;
  }
}

/** @param {string} line */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {string} title */
export function heading(title) {
  say(`\n── ${title}`);
}

/** @param {number} startedAt */
export function took(startedAt) {
  const elapsedMs = Date.now() - startedAt;
  return elapsedMs < 1000 ? `${elapsedMs} ms` : `${(elapsedMs / 1000).toFixed(1)} s`;
}

/**
 * Prints a failure: a Stop as advice, anything else as the bug it is.
 * @param {unknown} failure
 */
export function sayFailure(failure) {
  if (failure instanceof Stop) {
    say(`\n✗ ${failure.message}`);
    if (failure.todo) say(`  Do this: ${failure.todo}`);
    return;
  }
  say(`\n✗ ${failure instanceof Error ? failure.stack : String(failure)}`);
}

/**
 * Runs a whole command of the bootstrap and turns a failure into a non-zero end.
 * @param {() => Promise<void>} main
 */
export async function command(main) {
  try {
    await main();
  } catch (failure) {
    sayFailure(failure);
    process.exitCode = 1;
  }
}
