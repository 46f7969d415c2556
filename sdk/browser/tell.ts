// Where the parts of the client tell what happens, to one another and to whoever asked (`weft.on`), and where `debug()`
// prints it. Telling is synchronous: whoever hears has acted before the teller goes on.

import { listen, type Stop, together } from './listen.js';

const bus = new EventTarget();

export const tell = (name: string, detail?: unknown) => bus.dispatchEvent(new CustomEvent(name, { detail }));

/** For whoever writes for the page, and need not know that it is us. */
export const tellPage = (name: string, detail: unknown) => document.dispatchEvent(new CustomEvent(name, { detail }));

export const hear = <Detail>(name: string, heard: (detail: Detail) => void): Stop =>
  listen(bus, name, (event) => heard((event as CustomEvent<Detail>).detail));

/** Prints the way of each event, until the returned function is called. */
export const debug = (): Stop =>
  together(
    ...'event held dropped sending sent consent show error'
      .split(' ')
      .map((name) => hear(name, (detail) => console.debug('weft', name, detail))),
  );

/** What goes wrong in here stays in here: nothing of ours is thrown into the page. */
export const quietly = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    tell('error', error);
  }
};
