// A press on what is to open a person's choices. What opens them is fetched then, if it is not there (sources/rest.ts).

import { onPage } from '../browser/life.js';
import type { Source } from '../client.js';
import { isOff, options } from '../options.js';

export const asking: Source = (client) =>
  onPage('click', (event) => {
    if (isOff(options.banner) || !(event.target as Element).closest('[data-weft-consent]')) return;
    event.preventDefault();
    client.consent.show();
  });
