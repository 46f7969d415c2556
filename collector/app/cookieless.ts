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
import { addressOf } from '../ingest/address.js';
import { type EntranceOptions, entrance, originOf } from '../ingest/entrance.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import { inQuery, readAs } from '../ingest/shape.js';
import type { Log } from '../log/log.js';
import type { Reader } from '../profiles/reader.js';

export interface CookielessOptions extends EntranceOptions {
  config: Pick<Config, 'origins'> & { proxies?: number };
  log: Log;
  reader: Pick<Reader, 'cookielessCounts'>;
  now: () => number;
  policy: () => Policy;
  placeOf: (headers: Headers, address: string | null) => Place;
}

const hostOf = (origin: string | null): string | null =>
  origin !== null && URL.canParse(origin) ? new URL(origin).hostname : null;

export const cookieless = (options: CookielessOptions): Hono => {
  const { config, log, reader, now, policy, placeOf } = options;
  const app = new Hono();
  const page = entrance(options);
  const proxies = config.proxies ?? 0;
  const tally = openTally({
    now,
    write: async (at, tallied, uniques) => {
      await log.command({ kind: 'cookieless', at, tallied, uniques });
    },
  });

  app.post('/v1/cookieless', async (c) => {
    const received = await page.receive(c, 'cookieless', cookielessCall, {
      at: (path) => `The counts at ${path || 'the top'}`,
      countOf: ({ events }) => events.length,
    });
    if (isRefusal(received)) return respondRefusal(c, received);
    const waits = page.busy();
    if (waits !== null) return respondRefusal(c, waits);

    const { events } = received.call;
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
      events.map((event) => cellOf(event, seen)),
      rules.unique === 'daily-hash' && address !== null && !isBot ? { address, family } : null,
    );
    return c.json({ counted: events.length });
  });

  app.get('/v1/cookieless/counts', async (c) => {
    c.header('Cache-Control', 'no-store');
    const query = readAs(cookielessQuery, c.req.query(), inQuery);
    if (isRefusal(query)) return respondRefusal(c, query);
    return c.json(await reader.cookielessCounts({ ...query, now: now() }));
  });
  return app;
};
