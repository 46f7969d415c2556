// Watching elements come, change and be seen, for the sources that are fetched when configured. Each gives the function
// that ends it.

import type { Stop } from './listen.js';

/** Calls `changed` after the page's elements changed; with `text`, also after words did. */
export const onGrowth = (changed: () => void, text = false): Stop => {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { childList: true, subtree: true, characterData: text });
  return () => observer.disconnect();
};

export interface Views {
  watch: (element: Element) => void;
  stop: Stop;
}

/** Calls `seen` once for a watched element of which this share is in view; null where the browser cannot tell. */
export const onView = (ratio: number, seen: (element: Element) => void): Views | null => {
  if (typeof IntersectionObserver !== 'function') return null;
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, intersectionRatio, intersectionRect, rootBounds, target } of entries) {
        // What is taller than the screen is seen when it fills as much of the screen.
        const fills = rootBounds ? intersectionRect.height >= rootBounds.height * ratio : false;
        if (!isIntersecting || (intersectionRatio < ratio && !fills)) continue;
        observer.unobserve(target);
        seen(target);
      }
    },
    { threshold: [0, 0.1, 0.25, ratio] },
  );
  return { watch: (element) => observer.observe(element), stop: () => observer.disconnect() };
};
