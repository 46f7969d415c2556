// Waiting for another's banner to be there: its functions are globals that may come after us. Bounded: a page without
// that banner is left in peace after a while, and the site is told.

import { every } from '../browser/clock.js';
import { pageGlobals } from '../browser/host.js';
import type { Stop } from '../browser/listen.js';
import type { Client } from '../client.js';

const askEveryMs = 250;
const askMaxTimes = 60;

/** As much of a foreign banner's own string as a record in a cookie of 4 kB has room for; of a longer one nothing is kept. */
const textMax = 1_000;
export const bounded = (text: string | undefined): string | undefined =>
  text !== undefined && text.length <= textMax ? text : undefined;

export type Api = (...args: unknown[]) => unknown;

/** Calls `found` once with the function of that name; what it returns ends it. What `found` throws is the other's affair. */
export const whenThere = (client: Client, name: string, found: (api: Api) => Stop): Stop => {
  let stop: Stop | undefined;
  let asked = 0;
  const look = () => {
    const api = pageGlobals()[name];
    if (typeof api === 'function') {
      stopAsking();
      try {
        stop = found(api as Api);
      } catch (error) {
        client.tell('error', error);
      }
    } else if (++asked > askMaxTimes) {
      stopAsking();
      client.tell('error', new Error(`there is no ${name} on this page: turn its bridge off, or load its banner`));
    }
  };
  let isAsking = true;
  let stopTimer: Stop = () => {};
  const stopAsking = () => {
    isAsking = false;
    stopTimer();
  };
  look();
  if (isAsking) stopTimer = every(askEveryMs, look);
  return () => {
    stopAsking();
    stop?.();
  };
};
