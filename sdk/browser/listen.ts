// Listening, and how it ends: whatever is attached here comes back as the function that detaches it. What goes wrong in
// a listener of ours stays there: an error must not reach the page.

export type Stop = () => void;

export const pageWindow = (): Window => window;
export const pageDocument = (): Document => document;

export const together =
  (...stops: Stop[]): Stop =>
  () => {
    for (const stop of stops) stop();
  };

/** Capturing and passive: we see every event first, and can neither hold it up nor cancel it. */
export const listen = (target: EventTarget, names: string, heard: (event: Event) => void): Stop => {
  const aborter = new AbortController();
  for (const name of names.split(' ')) {
    target.addEventListener(
      name,
      (event) => {
        try {
          heard(event);
        } catch {}
      },
      { capture: true, passive: true, signal: aborter.signal },
    );
  }
  return () => aborter.abort();
};

/** Where the client tells what it does, to whoever listens. */
export const createBus = () => new EventTarget();

/** Every event of the page passes the window on its way down. */
export const onWindow = (names: string, heard: (event: Event) => void) => listen(window, names, heard);

/** For what must not be heard from frames of the page's own windows: the document alone. */
export const onDocument = (names: string, heard: (event: Event) => void) => listen(document, names, heard);

/** A press on what matches is ours alone: the browser does not follow the link. */
export const onClick = (selector: string, pressed: () => void): Stop => {
  const heard = (event: Event) => {
    if (!(event.target as Element).closest?.(selector)) return;
    event.preventDefault();
    pressed();
  };
  addEventListener('click', heard);
  return () => removeEventListener('click', heard);
};

/**
 * Same-document navigations. The Navigation API tells of all of them. Where it is missing, whatever may have led to one
 * is a reason to look at the address: we do not wrap the page's own history.
 */
export const onNavigate = (moved: () => void): Stop => {
  const { navigation } = window as { navigation?: EventTarget };
  return navigation
    ? listen(navigation, 'currententrychange', moved)
    : onWindow('popstate click keydown scroll', moved);
};
