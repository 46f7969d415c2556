// For tests: an event that says nothing of itself. Whoever tells a story adds what matters in it.

import type { MessageId } from '../contract/ids.js';
import { purposes } from '../contract/purposes.js';
import type { AcceptedEvent } from './event.js';

/** A page view in a browser, with a public key, of nobody. */
export const emptyEvent = (messageId: string, at: number): AcceptedEvent => ({
  messageId: messageId as MessageId,
  type: 'page',
  name: null,
  at,
  receivedAt: at,
  anonymousId: null,
  userId: null,
  claimedUserId: null,
  sessionHint: null,
  channel: 'browser',
  active: true,
  trust: 'public',
  assurance: 'claimed',
  purposes,
  receipt: null,
  bot: null,
  contacts: [],
  keys: [],
  previousId: null,
  groupId: null,
  traits: {},
  setOnce: false,
  properties: {},
  page: null,
  touch: null,
  device: null,
  country: null,
  locale: null,
  library: null,
});
