// The seam for what is fetched only when it is needed: ES modules beside the script, each exporting `start`, a source like
// any other. sdk/chunks.json lists them, {name: file}; the build puts their hash here.

/** From the folder `weft/` beside `base`. */
export const fetched = (name: string, base: string | undefined): Promise<{ start: (client: never) => unknown }> =>
  import(new URL(`weft/${name}-${__WEFT_CHUNKS__}.js`, base).href);
