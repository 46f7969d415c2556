// Google Consent Mode v2: tells Google's tags what was decided, with one `consent update` when it is known and one for each
// change after it. The `default` is the inline stub's (browser/stub.ts), which runs before any tag; there is never a second
// one, also for returning visitors. Must never say more than is in force.

import { pushTo } from '../browser/host.js';
import type { Stop } from '../browser/listen.js';
import type { Client } from '../client.js';
import type { Effective } from '../consent/rules.js';
import { isDecided, wideConfig } from './config.js';

type Signals = Record<string, 'granted' | 'denied'>;

/** The four of v2 are always told together: Google reads a missing one as it likes. */
const always = 'ad_storage ad_user_data ad_personalization analytics_storage'.split(' ');

/** A signal that several purposes name needs all of them. */
export const signalsOf = (
  purposes: readonly { id: string; consentMode?: readonly string[] }[],
  on: Effective,
): Signals => {
  const signals: Signals = {};
  for (const { id, consentMode = [] } of purposes) {
    for (const name of consentMode)
      signals[name] = on[id] === true && signals[name] !== 'denied' ? 'granted' : 'denied';
  }
  for (const name of always) signals[name] ??= 'denied';
  return signals;
};

export const googleConsentMode = (client: Client): Stop => {
  let told = '';
  const tell = (on: Effective) => {
    // Nobody has been told anything, and there is nothing to tell. Later, what was granted may be over.
    if (told === '' && !isDecided(client)) return;
    const signals = signalsOf(wideConfig(client).purposes ?? [], on);
    const text = JSON.stringify(signals);
    if (text === told) return;
    told = text;
    pushTo('dataLayer', 'consent', 'update', signals);
  };
  tell(client.consent.get());
  return client.consent.onChange(tell);
};
