// The page that we are guests of, for the sources that read what it says of itself: its document, and its globals by
// name. Reading only, but for the one array that tag managers share with the page.

export const pageDocument = (): Document => document;
export const pageGlobals = (): Record<string, unknown> => globalThis as unknown as Record<string, unknown>;

/**
 * Onto a tag manager's array, made where it is missing. One object goes as it is; several values go as the `arguments` of a
 * call, which is how gtag.js knows a command.
 */
export const pushTo = (name: string, ...pushed: unknown[]): void => {
  const globals = pageGlobals() as Record<string, unknown[] | undefined>;
  globals[name] ??= [];
  const layer = globals[name] as unknown[];
  const asArguments = function (..._: unknown[]) {
    // biome-ignore lint/complexity/noArguments: gtag.js tells a command by its being an Arguments object
    layer.push(arguments);
  };
  if (pushed.length === 1) layer.push(pushed[0]);
  else asArguments(...pushed);
};
