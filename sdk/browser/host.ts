// The page that we are guests of, for the sources that read what it says of itself: its document, and its globals by
// name. Reading only, but for the one array that `data-layer` shares with the page.

export const pageDocument = (): Document => document;
export const pageGlobals = (): Record<string, unknown> => globalThis as unknown as Record<string, unknown>;
