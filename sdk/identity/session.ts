// The session hint that all tabs of a device share (S1, S2); the collector derives the real sessions. Plain data in a
// cookie that ends with the session. Who the device and its user are stands in the consent record: they have its life.

import { uuid } from '../browser/clock.js';
import { sessionBounds } from '../options.js';

export interface Session {
  id: string;
  begunAt: number;
  activeAt: number;
  /** Items in the cart, so that leaving with some can be noted on a page that did not put them there. */
  items: number;
}

export const touched = (session: Session | undefined, now: number, items: number): Session => ({
  ...(session && now - session.activeAt <= sessionBounds.idleMaxMs && now - session.begunAt <= sessionBounds.ageMaxMs
    ? session
    : { id: uuid(), begunAt: now }),
  // In steps, so that the cookie need not be written for each event.
  activeAt: now - (now % sessionBounds.stepMs),
  items,
});
