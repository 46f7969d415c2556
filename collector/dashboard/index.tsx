// The dashboard: HTML rendered here, for staff who logged in. Reads through the reader, acts through the log, holds no data
// of its own and decides nothing. Mounted at the root after everything else, so that it can answer what nobody else does.

import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { type AuditNotes, openAuditNotes } from '../audit/notes.js';
import { isUnavailable } from '../errors.js';
import type { Log } from '../log/log.js';
import type { Reader } from '../profiles/reader.js';
import type { KeyRing } from '../site/ring.js';
import { assetRoutes } from './assets.js';
import { type House, type Links, noSuchPage, protective, respondTrouble, type Staffed } from './frame.js';
import { live } from './live/live.js';
import { admit, login, recognise } from './login.js';
import { overview } from './overview.js';
import { people } from './people/people.js';
import { person } from './person/person.js';
import { type PolicyRoom, policyPages } from './privacy/policy/policy.js';
import { privacyRoom } from './privacy/privacy.js';
import { openSessions } from './session.js';
import { staffRooms } from './staff/staff.js';

export interface DashboardOptions {
  reader: Reader;
  log: Log;
  /** Where reads of persons are noted; one of its own if nothing is said. */
  audit?: AuditNotes;
  keys: Pick<KeyRing, 'staff' | 'account' | 'accounts' | 'renew'>;
  /** Signs cookies and form tokens. Another one ends every session. */
  sessionSecret: string;
  links: Links;
  /** The consent policy in force, and how its banner is drawn. */
  policy?: PolicyRoom;
  /** Where exports lie; none are made otherwise. */
  exportsFolder?: string | null;
  /** Whom the door sent away, and from where pages may send, for the live view. */
  turnedAway?: House['turnedAway'];
  origins?: House['origins'];
  now?: () => number;
  /** Told of what a page answered with an error page for. */
  report?: (error: unknown) => void;
}

const formMaxBytes = 16_384;
/** A consent file, percent-encoded. */
const policyFormMaxBytes = 1024 * 1024;

/** A person opens a page; programs are answered by the API's own 404. */
const isForEyes = (c: Context): boolean =>
  (c.req.method === 'GET' || c.req.method === 'HEAD') &&
  (c.req.header('accept') ?? '').includes('text/html') &&
  !c.req.path.startsWith('/v1/');

export const dashboard = (options: DashboardOptions): Hono<Staffed> => {
  const now = options.now ?? Date.now;
  const house: House = {
    reader: options.reader,
    log: options.log,
    sessions: openSessions(options.sessionSecret, now),
    keys: options.keys,
    audit: options.audit ?? openAuditNotes(options.log),
    now,
    links: options.links,
    policy: options.policy?.live ?? null,
    exportsFolder: options.exportsFolder ?? null,
    turnedAway: options.turnedAway ?? null,
    origins: options.origins ?? { kind: 'same' },
  };

  const app = new Hono<Staffed>();
  app.use(protective);
  app.use(compress());
  app.route('/', assetRoutes());
  app.use(recognise(house));
  const bounded = bodyLimit({ maxSize: formMaxBytes, onError: (c) => c.text('The form is too large.', 413) });
  const wide = bodyLimit({ maxSize: policyFormMaxBytes, onError: (c) => c.text('The file is too large.', 413) });
  for (const room of ['/login', '/logout', '/people/*', '/privacy/*', '/staff', '/staff/*'])
    app.use(room, (c, next) => (c.req.path.startsWith('/privacy/policy') ? wide(c, next) : bounded(c, next)));
  // Everything from here on by the table of permissions; what stands in no row of it is nobody's.
  app.use(admit(house));
  app.route('/', login(house));
  app.route('/', overview(house));
  app.route('/', live(house));
  app.route('/', people(house));
  app.route('/', person(house));
  app.route('/', privacyRoom(house));
  if (options.policy !== undefined) app.route('/', policyPages(house, options.policy));
  app.route('/', staffRooms(house));

  app.all('*', (c, next) => (isForEyes(c) ? Promise.resolve(noSuchPage(c, house)) : next()));

  app.onError((error, c) => {
    options.report?.(error);
    return isUnavailable(error)
      ? respondTrouble(c, house, {
          status: 503,
          title: 'The store does not answer',
          words: 'Nothing can be read right now. Events that arrive are told to come again, so none is lost.',
          step: (
            <>
              <a href={new URL(c.req.url).pathname}>Try again</a> in a moment. If it stays so, <code>/readyz</code> and
              the collector’s log say why.
            </>
          ),
        })
      : respondTrouble(c, house, {
          status: 500,
          title: 'This page is broken',
          words: 'That is our mistake. Nothing was lost or changed.',
          step: (
            <>
              <a href={new URL(c.req.url).pathname}>Try again</a>, or <a href="/">go to the overview</a>. The
              collector’s log holds the reason.
            </>
          ),
        });
  });
  return app;
};
