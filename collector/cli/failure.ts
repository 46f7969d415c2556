// What ends a command: a sentence that says what is wrong, one that says what to do, and the exit code.

/** Told in `weft --help` and docs/import.md; scripts rely on them. */
export const exitCodes = {
  /** Done. */
  done: 0,
  /** A check found what it looks for: `doctor`, `rebuild --check`, `import --strict`. */
  found: 1,
  /** The command was given in a way that makes no sense. */
  usage: 2,
  /** Somebody else has the folder, or the collector cannot be reached now: come again. */
  busy: 3,
  /** What was asked for cannot be done: a file that is none, a key that may not, a backup that is damaged. */
  refused: 4,
  /** A bug. */
  bug: 70,
  /** The environment, the consent file or the site's options make no sense. */
  config: 78,
  interrupted: 130,
} as const;
export type Ending = keyof typeof exitCodes;

export class Failure extends Error {
  override readonly name = 'Failure';
  constructor(
    readonly ending: Exclude<Ending, 'done'>,
    message: string,
    /** What to do now. */
    readonly next: string,
  ) {
    super(message);
  }
}
