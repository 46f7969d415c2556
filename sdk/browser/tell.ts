// Where the parts of the client tell what happens, to one another and to whoever asked (`weft.on`), and where `debug()`
// prints it. Telling is synchronous: whoever hears has acted before the teller goes on. What goes wrong in whoever hears
// stays there.

type Heard = ((detail: never, name: string) => void) | undefined | void;

const ears = new Set<[name: string, heard: Heard]>();

export const tell = (name: string, detail?: unknown): void => {
  for (const [wanted, heard] of [...ears]) {
    try {
      if (!wanted || wanted === name) heard?.(detail as never, name);
    } catch {}
  }
};

/** Without a name: everything. */
export const hear = <Detail>(
  ...ear: [name: string, heard: ((detail: Detail, name: string) => void) | undefined | void]
): (() => void) => {
  ears.add(ear);
  return () => ears.delete(ear);
};

/** For whoever writes for the page, and need not know that it is us. */
export const tellPage = (name: string, detail: unknown) => document.dispatchEvent(new CustomEvent(name, { detail }));

/** Prints the way of each event, until the returned function is called. */
export const debug = (): (() => void) => hear('', console.debug.bind(0, 'weft'));

/** What goes wrong in here stays in here: nothing of ours is thrown into the page. */
export const quietly = <Result>(run: () => Result): Result | undefined => {
  try {
    return run();
  } catch (error) {
    tell('error', error);
  }
};
