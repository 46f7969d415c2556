// The end of a visit as the page itself tells it: a last beat with `final`, sent as the page is hidden. It is the end only
// as long as nothing the person did comes after it. Pure.

import { type AcceptedEvent, compareEvents } from '../events/event.js';

type Act = Pick<AcceptedEvent, 'messageId' | 'at' | 'active' | 'type' | 'name' | 'properties'>;

/** `latest`: what a visit's device sent at the instant of the visit's last activity. When it was left; null = not told. */
export const leftAt = (latest: readonly Act[]): number | null => {
  const last = latest
    .filter((event) => event.active)
    .sort(compareEvents)
    .at(-1);
  return last?.type === 'track' && last.name === 'Page Engaged' && last.properties.final === true ? last.at : null;
};
