// What an event looks like when it leaves the page. Types only: not a byte of this file is shipped.

import type { EcommerceEvents } from '../../collector/contract/ecommerce.js';
import type { CallType, SentEvent } from '../../collector/contract/event.js';

export type EventType = CallType;
export type Properties = Record<string, unknown>;
/** Name → properties of the events that shops share a language for. */
export type Commerce = EcommerceEvents;

export interface PageContext {
  url: string;
  title: string;
  /** Origin only. */
  referrer: string;
}

export interface EventContext extends Properties {
  page?: PageContext | undefined;
  sessionId?: string;
  consent?: { receipt: string | undefined };
  /** False where no person acted (S3). */
  active?: boolean | undefined;
}

export interface PageEvent {
  messageId: string;
  type: EventType;
  timestamp: string;
  context: EventContext;
  event?: string | undefined;
  name?: string | undefined;
  properties?: Properties | undefined;
  traits?: Properties | undefined;
  userId?: string | number | undefined;
  anonymousId?: string | undefined;
  previousId?: string | undefined;
  groupId?: string | undefined;
  preConsent?: SentEvent['preConsent'];
  releasedAt?: SentEvent['releasedAt'];
}
