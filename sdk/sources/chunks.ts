// The seam for what is fetched only where a site asks for it: ES modules beside the script, each exporting `start`, a
// source like any other. sdk/chunks.json lists them, {name: file}; the build puts their hash here.

import type { Stop } from '../browser/listen.js';
import type { Client, Source } from '../client.js';

/** From the folder `weft/` beside `base`; what its start gave. */
export const fetched = async (name: string, base: string, client: Client): Promise<Stop | undefined> =>
  ((await import(new URL(`weft/${name}-${__WEFT_CHUNKS__}.js`, base).href)) as { start: Source }).start(client);

/** A source by name. What is unknown or fails to load is left out, and told. */
export const chunk =
  (name: string, base: string): Source =>
  (client) => {
    const stopping = fetched(name, base, client).catch((error) => client.tell('error', error));
    return () => void stopping.then((stop) => stop?.());
  };
