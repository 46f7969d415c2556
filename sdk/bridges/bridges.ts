// What else on the page speaks of consent: Google's tags and a tag manager are told what was decided, a foreign banner is
// asked what was decided there, and blocked scripts wait for it. Fetched where the site's file turns a bridge on
// (`bridges` in the consent file); whatever is larger than a few lines is fetched from here in its turn.

import { type Stop, together } from '../browser/listen.js';
import type { Client, Source } from '../client.js';
import { bridgesOf } from './config.js';
import { consentEvents } from './consent-events.js';
import { googleConsentMode } from './google-consent-mode.js';

/** What fails to load is left out, and said to be. */
const fetched = (client: Client, loading: Promise<{ start: Source }>): Stop => {
  let isStopped = false;
  let stop: Stop | undefined;
  loading
    .then(({ start }) => {
      if (!isStopped) stop = start(client) as Stop | undefined;
    })
    .catch((error) => client.tell('error', error));
  return () => {
    isStopped = true;
    stop?.();
  };
};

export const start: Source = (client) => {
  const on = bridgesOf(client);
  const stops: Stop[] = [];
  if (on.googleConsentMode) stops.push(googleConsentMode(client));
  if (on.dataLayer) stops.push(consentEvents(client));
  if (on.tcf) stops.push(fetched(client, import('./tcf.js')));
  if (on.gpp) stops.push(fetched(client, import('./gpp.js')));
  if (on.blocked) stops.push(fetched(client, import('./blocked.js')));
  return together(...stops);
};
