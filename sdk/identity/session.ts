// The session hint (S1, S2): when it goes on, and when a new one begins. Pure but for the clock. It lives in the consent
// record, beside who the device and its user are: all of it has the same life, is shared by tabs, and is wiped at once.

import { now, uuid } from '../browser/clock.js';
import { sessionBounds } from '../options.js';

interface Session {
  id: string;
  activeAt: number;
}

export const touched = (old: Session | undefined): Session => {
  const at = now();
  // In steps, so that the cookie need not be written for each event.
  const activeAt = at - (at % sessionBounds.stepMs);
  return old?.activeAt === activeAt
    ? old
    : { id: old && at - old.activeAt <= sessionBounds.idleMaxMs ? old.id : uuid(), activeAt };
};
