// Tells a tag manager's data layer what is in force, as an event of its own that its triggers can wait for:
// `{event: 'weft_consent', weft_consent: {measurement: true, …}}`, once when it is known and once for each change.

import { pushTo } from '../browser/host.js';
import type { Stop } from '../browser/listen.js';
import type { Client } from '../client.js';
import type { Effective } from '../consent/rules.js';
import { isDecided } from './config.js';

export const consentEvents = (client: Client): Stop => {
  let told = '';
  const tell = (on: Effective) => {
    const text = JSON.stringify(on);
    if (text === told || (told === '' && !isDecided(client))) return;
    told = text;
    pushTo('dataLayer', { event: 'weft_consent', weft_consent: JSON.parse(text) });
  };
  tell(client.consent.get());
  return client.consent.onChange(tell);
};
