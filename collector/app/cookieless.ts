// Counting where nobody has agreed: what pages post, and the counts as the shop reads them. Nothing of a request outlives
// its answer but a number in a cell.

import { Hono } from 'hono';
import type { Config } from '../config.js';
import type { Policy } from '../consent/policy/policy.js';
import { cookielessCall, cookielessQuery } from '../contract/cookieless.js';
import { cellOf, cookielessRules, mayCount } from '../cookieless/cells.js';
import { openTally } from '../cookieless/tally.js';
import { readBot } from '../enrich/bot.js';
import { readDevice } from '../enrich/device.js';
import type { Place } from '../enrich/place.js';
import { refuse } from '../errors.js';
import { addressOf } from '../ingest/address.js';
import type { Crowd } from '../ingest/crowd.js';
import { type EntranceOptions, entrance, originOf } from '../ingest/entrance.js';
import type { Limiter } from '../ingest/rate.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import type { Log } from '../log/log.js';
import type { Reader } from '../profiles/reader.js';
import type { KeyRing } from '../site/ring.js';

export interface CookielessOptions {
  turnedAway?: EntranceOptions['turnedAway'];
  config: Pick<Config, 'origins'> & { proxies?: number };
  ring: Pick<KeyRing, 'write' | 'refresh' | 'secret'>;
  log: Log;
  reader: Pick<Reader, 'cookielessCounts'>;
  rate: Limiter;
  crowd: Crowd;
  now: () => number;
  policy: () => Policy;
  placeOf: (headers: Headers, address: string | null) => Place;
}

const waitingMaxEvents = 20_000;
const hostOf = (origin: string | null): string | null =>
  origin !== null && URL.canParse(origin) ? new URL(origin).hostname : null;

export const cookieless = ({
  config,
  ring,
  log,
  reader,
  rate,
  crowd,
  now,
  policy,
  placeOf,
  turnedAway,
}: CookielessOptions): Hono => {
  const app = new Hono();
  const page = entrance({ config, ring, rate, crowd, turnedAway });
  const proxies = config.proxies ?? 0;
  const tally = openTally({
    now,
    write: async (at, tallied, uniques) => {
      await log.command({ kind: 'cookieless', at, tallied, uniques });
    },
  });

  app.post('/v1/cookieless', async (c) => {
    page.allowPage(c);
    const entered = await page.enter(c, 'cookieless');
    if (isRefusal(entered)) return respondRefusal(c, entered);
    const call = cookielessCall.safeParse(entered.opened.body);
    if (!call.success) {
      const issue = call.error.issues[0]!;
      return respondRefusal(
        c,
        refuse('bad_request', { message: `The counts at ${issue.path.join('.') || 'the top'}: ${issue.message}.` }),
      );
    }
    entered.charge(call.data.events.length);
    if (log.waiting() > waitingMaxEvents) return respondRefusal(c, refuse('unavailable', { retryAfterS: 1 }));

    const rules = cookielessRules(policy());
    const address = addressOf(c, proxies);
    const place = placeOf(c.req.raw.headers, address);
    const userAgent = c.req.header('user-agent') ?? null;
    // Bots stand apart: they are counted as what they are, and nowhere else.
    const isBot = readBot(userAgent) !== null;
    if (!mayCount(rules, place)) return c.json({ counted: 0 });
    const device = isBot ? 'bot' : readDevice(userAgent);
    const seen = {
      device: typeof device === 'string' ? device : (device?.kind ?? 'unknown'),
      country: place.country,
      host: hostOf(originOf(c)),
    };
    const family = typeof device === 'string' ? '' : (device?.browser ?? '');
    await tally.add(
      call.data.events.map((event) => cellOf(event, seen)),
      rules.unique === 'daily-hash' && address !== null && !isBot ? { address, family } : null,
    );
    return c.json({ counted: call.data.events.length });
  });

  app.get('/v1/cookieless/counts', async (c) => {
    c.header('Cache-Control', 'no-store');
    const query = cookielessQuery.safeParse(c.req.query());
    if (!query.success) {
      const issue = query.error.issues[0]!;
      return respondRefusal(
        c,
        refuse('bad_request', { message: `${issue.path.join('.') || 'The query'}: ${issue.message}.` }),
      );
    }
    return c.json(await reader.cookielessCounts({ ...query.data, now: now() }));
  });
  return app;
};
