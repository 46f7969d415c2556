// Stamping: what an event is before anyone's consent has been asked about it. Id, type, instant, page; nothing of the
// person, nothing of the device's storage. Its address is still whole: nothing may keep it before permit() has been over it.

import { iso, now, uuid } from '../browser/clock.js';
import { addressNow, isShown, languageNow, referrerNow, titleNow } from '../browser/page.js';
import { version } from '../options.js';
import type { EventType, PageEvent } from './wire.js';

export const stamp = (type: EventType, fields: Partial<PageEvent>, cameFrom: string | undefined): PageEvent => ({
  messageId: uuid(),
  type,
  timestamp: iso(now()),
  ...fields,
  context: {
    page: { url: addressNow(), title: titleNow(), referrer: (cameFrom ?? referrerNow()).split('/', 3).join('/') },
    // Nothing else of the browser: what it is stands in each request, and the rest nobody would use.
    locale: languageNow(),
    library: { name: 'weft.js', version },
    // A page loaded out of sight is no activity (S3).
    active: type !== 'page' || isShown(),
    ...fields.context,
  },
});
