// Page views: the first load, same-document navigations, and a page that comes back from the back-forward cache. A
// prerendered page counts when it is shown; an address that stays equal is no new view (S4).

import { after } from '../browser/clock.js';
import { onNavigate, onPage } from '../browser/life.js';
import { addressNow, isPrerendering } from '../browser/page.js';
import type { Source } from '../client.js';
import { isOff, options } from '../options.js';

export const pageViews: Source = (client) => {
  if (isOff(options.pages)) return;
  let counted: string | undefined;
  const view = () => {
    const [address] = addressNow().split('#');
    if (isPrerendering() || address === counted) return;
    counted = address;
    client.page();
  };
  view();
  // One turn later the page has set its title, and several steps of a router are one.
  onNavigate(() => void after(0, view));
  onPage('prerenderingchange', view);
  onPage('pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) client.page();
  });
};
