// Listening, for what is fetched: whatever is attached here comes back as the function that detaches it. What goes wrong in
// a listener of ours stays there: an error must not reach the page.

import { every } from './clock.js';
import { quietly } from './tell.js';

export type Stop = () => void;

export const together =
  (...stops: (Stop | undefined)[]): Stop =>
  () => {
    for (const stop of stops) stop?.();
  };

/** Capturing: we see every event first. None of those we listen to can be held up by that. */
export const listen = (target: EventTarget, names: string, heard: (event: Event) => void): Stop => {
  const aborter = new AbortController();
  for (const name of names.split(' ')) {
    target.addEventListener(name, (event) => quietly(() => heard(event)), { capture: true, signal: aborter.signal });
  }
  return () => aborter.abort();
};

/** Every event of the page passes the window on its way down. */
export const onWindow = (names: string, heard: (event: Event) => void) => listen(window, names, heard);

/** For what must not be heard from frames of the page's own windows: the document alone. */
export const onDocument = (names: string, heard: (event: Event) => void) => listen(document, names, heard);

/** A press on what matches is ours alone: the browser does not follow the link. */
export const onClick = (selector: string, pressed: () => void): Stop =>
  onWindow('click', (event) => {
    if (!(event.target as Element).closest(selector)) return;
    event.preventDefault();
    pressed();
  });

/** Same-document navigations, told as life.ts tells them, for what ends before the client does. */
export const onNavigate = (moved: () => void): Stop => {
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) return listen(navigation, 'currententrychange', moved);
  let before = location.href;
  return every(250, () => before !== (before = location.href) && moved());
};
