// What the client itself attaches to the page, and how all of it ends at once. What goes wrong in a listener of ours stays
// there: an error must not reach the page.

import { quietly } from './tell.js';

const life = new AbortController();

/** Capturing: we see every event first, and every event of the page passes the window on its way down. */
export const onPage = (names: string, heard: (event: Event) => void, target: EventTarget = window): void => {
  for (const name of names.split(' '))
    target.addEventListener(name, (event) => quietly(() => heard(event)), { capture: true, signal: life.signal });
};

/** Not in a page that is hidden for long: browsers see to that. */
export const tick = (ms: number, run: () => unknown) => setInterval(() => life.signal.aborted || quietly(run), ms);

/**
 * Same-document navigations. The Navigation API tells of all of them; where it is missing, the address is looked at four
 * times a second. We do not wrap the page's own history (docs/decisions/0621).
 */
export const onNavigate = (moved: () => void) => {
  const { navigation } = window as { navigation?: EventTarget };
  let address = location.href;
  if (navigation) onPage('currententrychange', moved, navigation);
  else tick(250, () => address !== (address = location.href) && moved());
};

export const end = () => life.abort();
