// Engaged time (S4): visible, focused, and with input in the last 30 s. Cumulative per page view, so that a lost or
// doubled beat changes nothing; sent on hiding and every 15 s at most; half an hour a page at most.

import { every, now } from '../browser/clock.js';
import { onWindow, together } from '../browser/listen.js';
import { isShown, isWatched } from '../browser/page.js';
import type { Source } from '../client.js';
import type { PageEvent } from '../event/wire.js';

const inputCountsMs = 3e4;
const beatEveryMs = 15e3;
const pageMaxMs = 18e5;
const tickMs = 1e3;

export const engagement: Source = (client) => {
  let page: PageEvent | undefined;
  let engagedMs = 0;
  let toldMs = 0;
  let inputAt = 0;

  const beat = (final: boolean) => {
    const lines = client.cart.lines().length;
    if (!page || (engagedMs === toldMs && !(final && lines))) return;
    toldMs = engagedMs;
    client.track(
      'Page Engaged',
      // Leaving with something in the cart is noted; that it was abandoned is the collector's to say (C7).
      { page_message_id: page.messageId, engaged_ms: engagedMs, final, cart_lines: lines },
      { page: page.context.page },
    );
  };
  return together(
    client.on('event', (event: PageEvent) => {
      if (event.type !== 'page') return;
      beat(false);
      page = event;
      engagedMs = toldMs = 0;
    }),
    onWindow('pointerdown pointermove keydown scroll timeupdate', () => {
      inputAt = now();
    }),
    onWindow('visibilitychange', () => isShown() || beat(true)),
    // By the second: finer than anybody reads it, and a clock that jumps cannot add an hour.
    every(tickMs, () => {
      if (!isWatched() || now() - inputAt > inputCountsMs || engagedMs >= pageMaxMs) return;
      engagedMs += tickMs;
      if (engagedMs - toldMs >= beatEveryMs) beat(false);
    }),
  );
};
