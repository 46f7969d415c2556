// Where the parts of the client tell what happens, to one another and to whoever asked (`weft.on`), and where `debug()`
// prints it. Telling is synchronous: whoever hears has acted before the teller goes on.

import { listen, type Stop } from './listen.js';

const bus = new EventTarget();
let isDebugging = false;

export const debug = (enabled = true) => {
  isDebugging = enabled;
};

export const log = (...parts: unknown[]) => {
  if (isDebugging) console.debug('weft', ...parts);
};

export const tell = (name: string, detail?: unknown) => {
  log(name, detail);
  bus.dispatchEvent(new CustomEvent(name, { detail }));
};

export const hear = <Detail>(name: string, heard: (detail: Detail) => void): Stop =>
  listen(bus, name, (event) => heard((event as CustomEvent<Detail>).detail));

/** What goes wrong in here stays in here: nothing of ours is thrown into the page. */
export const quietly = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    log('error', error);
  }
};
