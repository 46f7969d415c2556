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
const options = { capture: true, passive: true };

export const listen = (target: EventTarget, names: string, heard: (event: Event) => void): Stop => {
  const quietly = (event: Event) => {
    try {
      heard(event);
    } catch {}
  };
  return together(
    ...names.split(' ').map((name) => {
      target.addEventListener(name, quietly, options);
      return () => target.removeEventListener(name, quietly, options);
    }),
  );
};

export const onWindow = (names: string, heard: (event: Event) => void) => listen(window, names, heard);
/** Events of the window too, where the document sees them on their way down. */
export const onDocument = (names: string, heard: (event: Event) => void) => listen(document, names, heard);

/**
 * Same-document navigations. The Navigation API tells of all of them without touching a global; where it is missing,
 * the two methods of history are wrapped, and put back unless somebody has wrapped them after us.
 */
export const onNavigate = (moved: () => void): Stop => {
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) return listen(navigation, 'currententrychange', moved);
  return together(
    onWindow('popstate', moved),
    ...(['pushState', 'replaceState'] as const).map((name) => {
      const original = history[name];
      const wrapped: typeof original = (...args) => {
        original.apply(history, args);
        moved();
      };
      history[name] = wrapped;
      return () => {
        if (history[name] === wrapped) history[name] = original;
      };
    }),
  );
};
