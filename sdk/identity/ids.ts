// Who this device says it is: the visitor's id, the user the site named, and the session that all tabs share (S1, S2).
// It lives in a cookie beside the consent record, so that both are seen by the same pages, expire together and are wiped
// at once. Without `personalisation` it holds a session and nothing that outlives it.

import { uuid } from '../browser/clock.js';
import { sessionBounds } from '../options.js';

export interface Ids {
  /** The life of consent it was made in; ids of another life are not used. */
  epoch: number;
  sessionId: string;
  begunAt: number;
  activeAt: number;
  anonymousId?: string | undefined;
  userId?: string | undefined;
  /** Items in the cart, so that leaving with some can be noted on a page that did not put them there. */
  cartItems?: number | undefined;
  /** Earlier lives on this device whose waiting events are still to be sent: logging out keeps the queue (R9). */
  earlier?: number[];
}

/** The session hint goes on, or a new one begins; the collector derives the real ones (S2). */
export const touched = (ids: Ids | undefined, epoch: number, now: number): Ids => ({
  ...(ids && now - ids.activeAt <= sessionBounds.idleMaxMs && now - ids.begunAt <= sessionBounds.ageMaxMs
    ? ids
    : { ...ids, sessionId: uuid(), begunAt: now }),
  epoch,
  // In steps, so that the cookie need not be written for each event.
  activeAt: now - (now % sessionBounds.stepMs),
});
