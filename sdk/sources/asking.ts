// Asking: whether a person must be asked, or wants to be, and the fetching of the banner then. A visitor who has answered
// loads none of it. A site with a banner of its own leaves this out.

import { onClick, type Stop, together } from '../browser/listen.js';
import type { Source } from '../client.js';
import { chunk } from './chunks.js';

export const asking =
  (base: string): Source =>
  (client) => {
    let stopBanner: Stop | undefined;
    let isThere = false;
    const fetched = (then = () => {}) => {
      stopBanner ??= chunk('banner', base, (isStarted) => {
        isThere = isStarted;
        // Not there, it is fetched again when it is needed again.
        if (isStarted) then();
        else stopBanner = undefined;
      })(client);
    };
    const ask = () => {
      const { ask, region, signal, decisions } = client.consent.state();
      if (ask[0] && region.ui === 'banner') client.consent.show('first');
      // Where nothing is asked there may still be something to be said: that the signal is honoured, how to object.
      else if (
        (region.gpcStatus && signal) ||
        (region.ui === 'link' && !Object.values(decisions).some(({ source }) => source === 'user'))
      )
        fetched();
    };
    ask();
    return together(
      client.consent.onChange(ask),
      client.on('show', ({ layer }: { layer: 'first' | 'preferences' }) => {
        // Told once more, when there is somebody to hear it.
        if (!isThere) fetched(() => client.consent.show(layer));
      }),
      onClick('[data-weft-consent]', () => client.consent.show()),
      () => stopBanner?.(),
    );
  };
