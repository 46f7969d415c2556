// Engaged time (S4): visible, focused, and with input in the last 30 s. Cumulative per page view, so that a lost or
// doubled beat changes nothing; sent on hiding and every 15 s at most; half an hour a page at most.

import { after, cancel, now, type Timer } from '../browser/clock.js';
import { onWindow, together } from '../browser/listen.js';
import { isShown, isWatched } from '../browser/page.js';
import type { Client, Source } from '../client.js';
import type { PageEvent } from '../event/wire.js';

const inputCountsMs = 3e4;
const beatEveryMs = 15e3;
const pageMaxMs = 18e5;

export const engagement: Source = (client: Client) => {
  let page: PageEvent | undefined;
  let engagedMs = 0;
  let toldMs = 0;
  let countedAt = 0;
  /** The last input counts up to here. */
  let countsTo = 0;
  let timer: Timer;

  const count = () => {
    const at = now();
    engagedMs = Math.min(pageMaxMs, engagedMs + Math.max(0, Math.min(at, countsTo) - countedAt));
    countedAt = at;
    if (!isWatched()) countsTo = 0;
  };
  const beat = (final: boolean) => {
    count();
    const items = client.cart.items();
    if (!page || (engagedMs === toldMs && !(final && items))) return;
    toldMs = engagedMs;
    client.track(
      'Page Engaged',
      // Leaving with something in the cart is noted; that it was abandoned is the collector's to say (C7).
      { page_message_id: page.messageId, engaged_ms: engagedMs, final, cart_items: items },
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
      count();
      countsTo = isWatched() ? countedAt + inputCountsMs : 0;
      timer ??= after(beatEveryMs, () => {
        timer = undefined;
        beat(false);
      });
    }),
    onWindow('blur', count),
    onWindow('visibilitychange', () => isShown() || beat(true)),
    () => cancel(timer),
  );
};
