// Asking: whether a person must be asked, or wants to be, and the fetching of the banner then. A visitor who has answered
// loads none of it. A site with a banner of its own leaves this out.

import { onClick, type Stop, together } from '../browser/listen.js';
import type { Source } from '../client.js';
import { fetched } from './chunks.js';

export const asking =
  (base: string): Source =>
  (client) => {
    const { show, state, onChange } = client.consent;
    let banner: Promise<Stop | undefined> | undefined;
    const need = (then?: () => void) => {
      banner ??= fetched('banner', base, client);
      banner.then(then, (error) => {
        // It is fetched again when it is needed again.
        banner = undefined;
        client.tell('error', error);
      });
    };
    const ask = () => {
      const { ask, region, signal, decisions } = state();
      if (ask[0] && region.ui === 'banner') show('first');
      // Where nothing is asked there may still be something to be said: that the signal is honoured, how to object.
      else if ((region.gpcStatus && signal) || (region.ui === 'link' && !/"user/.test(JSON.stringify(decisions))))
        need();
    };
    ask();
    return together(
      onChange(ask),
      client.on('show', ({ layer }: { layer: 'first' | 'preferences' }) => {
        // Told once more, when there is somebody to hear it.
        if (!banner) need(() => show(layer));
      }),
      onClick('[data-weft-consent]', () => show()),
      () => banner?.then((stop) => stop?.()),
    );
  };
