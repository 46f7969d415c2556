// The script tag we came by, and the one global we have.

/** Of a classic script, while it runs. */
export const ownScript = () => document.currentScript as HTMLScriptElement | null;

type Call = [path: string, ...args: unknown[]];
type Verbs = { [name: string]: Verbs & ((...args: unknown[]) => unknown) };

/**
 * Puts the client in the place of the stub, and makes the calls that the stub had queued, in their order. Whoever kept
 * a reference to the stub still reaches the client. Something else under that name is left alone.
 */
export const takeOver = (create: () => object): void => {
  const global = window as { weft?: unknown };
  const stub = (global.weft ?? []) as Call[];
  if (!Array.isArray(stub)) return;
  const client = create();
  global.weft = client;
  const call = ([path, ...args]: Call) => {
    let verb = client as Verbs[string];
    for (const name of path.split('.')) verb = verb?.[name] as Verbs[string];
    verb?.(...args);
  };
  stub.push = call as never;
  stub.forEach(call);
};
