// Whether answers are handed to other hosts of the site (`transfer` of its file), and the fetching of what does it. A word
// that the page was handed is out of its address before anything else happens.

import { fetched } from '../browser/chunk.js';
import { after } from '../browser/clock.js';
import { taken } from '../browser/link.js';
import type { Stop } from '../browser/listen.js';
import type { Client, Source } from '../client.js';

/** Until then nothing is asked: what is about to arrive may be the answer. */
const arriveMaxMs = 2e3;

export const transferring = (client: Client): { arrived: Promise<unknown> | undefined; stop: Stop } | undefined => {
  const { base, config } = client.consent.state();
  if (!config.transfer?.[0]) return;
  const token = taken();
  const loading = fetched('transfer', base) as Promise<unknown> as Promise<{
    start: Source;
    arrive: (client: Client, token: string) => Promise<void>;
  }>;
  const starting = loading.then(({ start }) => start(client) as Stop | undefined);
  const arriving = token && loading.then(({ arrive }) => arrive(client, token));
  for (const one of [starting, arriving]) if (one) one.catch((error) => client.tell('error', error));
  return {
    arrived: arriving
      ? Promise.race([arriving.catch(() => {}), new Promise<void>((resolve) => after(arriveMaxMs, resolve))])
      : undefined,
    stop: () => void starting.then((stop) => stop?.()),
  };
};
