// The network and the other tabs: one request, one lock, one channel. No cookie goes out, no preflight is caused (a
// "simple" request: text/plain, no header of our own), and no sendBeacon, which can neither answer nor be counted.

import { now } from './clock.js';
import { quietly } from './tell.js';

export interface Answer {
  status_: number;
  /** From Retry-After, in either of its forms. The collector exposes the header to other origins. */
  retryAfterMs_: number;
  body_: unknown;
}

/** As long as another tab may need for two requests on a slow line. */
const lockMaxMs = 1e4;

/** Nothing when there was no answer: the request may or may not have arrived. */
export const request = async (url: string, timeoutMs: number, init: RequestInit): Promise<Answer | void> => {
  try {
    const response = await fetch(url, {
      ...init,
      credentials: 'omit',
      signal: AbortSignal.timeout?.(timeoutMs) as AbortSignal,
    });
    const wanted = response.headers.get('retry-after') as string;
    return {
      status_: response.status,
      retryAfterMs_: (wanted as never) * 1000 || Date.parse(wanted) - now(),
      body_: await response.json().catch(() => 0),
    };
  } catch {}
};

/** What a request brings, read; nothing where it was refused, or did not come. */
export const brought = async (url: string, timeoutMs: number, init?: RequestInit): Promise<unknown> => {
  try {
    const response = await fetch(url, {
      ...init,
      credentials: 'omit',
      signal: AbortSignal.timeout?.(timeoutMs) as AbortSignal,
    });
    return response.ok ? await response.json() : undefined;
  } catch {}
};

/** In bytes as they travel. */
export const sizeOf = (text: string): number => new TextEncoder().encode(text).length;

/** Asynchronous, so never on page hide. A browser that cannot sends the text as it is. */
export const gzip = (text: string): string | Promise<Blob> =>
  globalThis.CompressionStream
    ? new Response(new Response(text).body?.pipeThrough(new CompressionStream('gzip'))).blob()
    : text;

/**
 * One tab at a time. Where the browser has no locks (plain http), or another tab keeps this one and does nothing with it
 * (frozen; in older Safaris, left), every tab: the collector removes the doubles.
 */
export const alone = (run: () => Promise<void>): Promise<unknown> => {
  let running: Promise<void> | undefined;
  return (
    navigator.locks
      ?.request('weft', { signal: AbortSignal.timeout?.(lockMaxMs) as AbortSignal }, () => (running = run()))
      .catch(() => running ?? run()) ?? run()
  );
};

const channelName = 'consent';

/** To be opened again when the page comes back: an open channel would keep it out of the back-forward cache. */
export const openChannel = (heard: () => void): BroadcastChannel => {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = () => quietly(heard);
  return channel;
};

/** What other tabs say of the answers they write, in its order, in the background too: until what comes back is called. */
export const hearTabs = (heard: (said: { rev?: number; epoch?: number }) => void): (() => void) => {
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(channelName);
  if (channel) channel.onmessage = ({ data }) => quietly(() => heard(data));
  return () => channel?.close();
};
