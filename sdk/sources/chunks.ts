// The seam for what is fetched only where a site asks for it: ES modules beside the script, each exporting `start`, a
// source like any other. sdk/chunks.json lists them, {name: file}; the build puts the hashed files here.

import type { Source } from '../client.js';

/** A source by name, from the folder `weft/` beside `base`. What is unknown or fails to load is left out, and said to be. */
export const chunk =
  (name: string, base: string, done = (_isStarted: boolean) => {}): Source =>
  (client) => {
    const loading: Promise<{ start: Source }> = import(`${new URL(`weft/${__WEFT_CHUNKS__[name]}`, base)}`);
    const stopping = loading.then(({ start }) => start(client)).catch(() => undefined);
    stopping.then((stop) => done(!!stop));
    return () => void stopping.then((stop) => stop?.());
  };
