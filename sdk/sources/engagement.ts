// Engaged time (S4): visible, focused, and with input in the last 30 s. Cumulative per page view, so that a lost or
// doubled beat changes nothing; sent on hiding and every 15 s at most; half an hour a page at most.

import { now } from '../browser/clock.js';
import { onPage, tick } from '../browser/life.js';
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
  let inputAt = 0;

  const beat = (final: boolean) => {
    if (!page || !(engagedMs || final)) return;
    // Leaving is told: whether something was left in a cart, and was abandoned, is the collector's to say (C7).
    client.track(
      'Page Engaged',
      { page_message_id: page.messageId, engaged_ms: engagedMs, final },
      { page: page.context.page },
    );
  };
  client.on('event', (event: PageEvent) => {
    if (event.type !== 'page') return;
    beat(false);
    page = event;
    engagedMs = 0;
  });
  onPage('pointerdown pointermove keydown scroll timeupdate', () => {
    inputAt = now();
  });
  onPage('visibilitychange', () => isShown() || beat(true));
  // By the second: finer than anybody reads it, and a clock that jumps cannot add an hour.
  tick(tickMs, () => {
    if (!isWatched() || now() - inputAt > inputCountsMs || engagedMs >= pageMaxMs) return;
    engagedMs += tickMs;
    if (!(engagedMs % beatEveryMs)) beat(false);
  });
};
