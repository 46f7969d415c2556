// Links and the address, for an answer that is handed to another host with a link: in its fragment, which reaches no server
// and no referrer. Changes a link for the moment of the press alone.

import { after } from './clock.js';
import { type Stop, together } from './listen.js';
import { quietly } from './tell.js';

/** The link a press is on, also inside a shadow root. */
export const linkAt = (event: Event): HTMLAnchorElement | undefined =>
  event.composedPath().find((one): one is HTMLAnchorElement => one instanceof HTMLAnchorElement && !!one.href);

/**
 * After the page has heard it: a script of its own that keeps the press to itself, or writes the address into another one,
 * must not get the word. `auxclick` is also the right button, which goes nowhere.
 */
export const onFollow = (followed: (link: HTMLAnchorElement) => void): Stop => {
  const heard = (event: Event) =>
    quietly(() => {
      const link = event.defaultPrevented || (event as MouseEvent).button > 1 ? undefined : linkAt(event);
      if (link) followed(link);
    });
  const names = ['click', 'auxclick'];
  for (const name of names) window.addEventListener(name, heard);
  return together(...names.map((name) => () => window.removeEventListener(name, heard)));
};

/** Where a link leads with a press from here; nothing where it could not be handed a fragment, or tells others of it. */
export const hostOf = ({ protocol, hostname, hash, ping, download }: HTMLAnchorElement): string | undefined =>
  protocol === location.protocol && hostname !== location.hostname && !hash && !ping && !download
    ? hostname
    : undefined;

const name = 'weft=';

/** For the browser to follow; a turn later the link is as it was. */
export const lend = (link: HTMLAnchorElement, token: string): void => {
  const before = link.getAttribute('href') as string;
  link.hash = name + token;
  const lent = link.href;
  after(0, () => {
    if (link.href === lent) link.setAttribute('href', before);
  });
};

/** What the page was handed; the address is without it from then on. */
export const taken = (): string | undefined => {
  const { hash, href } = location;
  if (!hash.startsWith(`#${name}`)) return;
  history.replaceState(history.state, '', href.split('#', 1)[0]);
  return hash.slice(1 + name.length);
};
