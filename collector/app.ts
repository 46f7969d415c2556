// The Hono app: the door, what reads people, what pages and operators fetch, and the places where the dashboard, the demo
// shop and ribs are mounted. The one place where a thrown error becomes an answer; it never logs what was sent.

import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { access } from './app/access.js';
import { account } from './app/account.js';
import { admission, mustBeListed } from './app/admission.js';
import { chunkPath, sdkAssets } from './app/assets.js';
import { cookieless } from './app/cookieless.js';
import { docs } from './app/docs.js';
import { openMeters } from './app/meters.js';
import { openapi } from './app/openapi.js';
import { policyRoutes } from './app/policy.js';
import { proofs } from './app/proofs.js';
import { reading } from './app/reading.js';
import { rights } from './app/rights.js';
import { transfer } from './app/transfer.js';
import { type AuditNotes, openAuditNotes } from './audit/notes.js';
import type { Config } from './config.js';
import type { LivePolicy } from './consent/policy/live.js';
import type { ConfigReply } from './contract/config-reply.js';
import type { Place } from './enrich/place.js';
import { isUnavailable, refuse } from './errors.js';
import { addressOf } from './ingest/address.js';
import { crowd } from './ingest/crowd.js';
import { door } from './ingest/door.js';
import { originOf } from './ingest/entrance.js';
import { limiter } from './ingest/rate.js';
import { respondRefusal } from './ingest/respond.js';
import { reachedAt, segmentSettings } from './ingest/settings.js';
import type { TurnedAwayNotes } from './ingest/turned-away.js';
import type { Log } from './log/log.js';
import type { Reader } from './profiles/reader.js';
import type { Rows } from './site/permissions.js';
import type { KeyRing } from './site/ring.js';
import { traceOf } from './trace.js';

export interface AppOptions {
  config: Pick<Config, 'origins' | 'ratePerS'> & { proxies?: number; addressRatePerS?: number } & Partial<
      Pick<Config, 'identitySecret' | 'reservedEmail'>
    >;
  log: Log;
  reader: Reader;
  ring: KeyRing;
  logger: Logger;
  version: string;
  /** Where exports of people's data lie; absent = none are made. */
  exportsFolder?: string | null;
  /** Where the built script of the pages lies. */
  sdkFolder: string;
  /** Where a request comes from: by the headers a CDN sets, else by its address, which is looked at for this alone. */
  placeOf: (headers: Headers, address: string | null) => Place;
  /** What a page is told before it may ask; the headers tell its region. */
  /** `said`: the region that the page says it is in. */
  pageConfig: (place: Place, said?: string) => ConfigReply;
  /** The policy in force, for whoever reads it whole. */
  policy: Pick<LivePolicy, 'current'>;
  /** Why events are not taken, and what an operator can do: while stopping, and when the store takes nothing. null: they are. */
  ready: () => Promise<string | null>;
  /** For staff, mounted at the root after everything of the API. */
  // biome-ignore lint/suspicious/noExplicitAny: the variables of an app that is mounted are its own affair
  dashboard?: Hono<any>;
  /** Anyone's, mounted at /demo. */
  demo?: Hono;
  /** Pages a developer can open, mounted at /examples. */
  examples?: Hono;
  /** Where reads of persons are noted; one of its own if nothing is said. */
  audit?: AuditNotes;
  /** Routes of ribs, each with its row of who may ask. */
  ribs?: readonly { routes: Hono; permissions: Rows }[];
  /** Told of whom the door sends away before it looks at what was sent. */
  turnedAway?: Pick<TurnedAwayNotes, 'note'>;
  now?: () => number;
  waitingMaxEvents?: number;
  /** Also meter the process itself; off in tests, where many apps share one. */
  processMeters?: boolean;
}

const secondsToWait = 2;

/** Route patterns as regular expressions, with what each takes. */
const methodsOf = (app: Hono): ((path: string) => string[]) => {
  const byPattern = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === 'ALL') continue;
    byPattern.set(path, (byPattern.get(path) ?? new Set()).add(method));
  }
  const patterns = [...byPattern].map(([path, methods]) => {
    const source = path
      .split('/')
      .map((part) =>
        part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('/');
    return { expression: new RegExp(`^${source}$`), methods };
  });
  return (path) => {
    const allowed = new Set<string>();
    for (const { expression, methods } of patterns)
      if (expression.test(path)) for (const method of methods) allowed.add(method);
    if (allowed.has('GET')) allowed.add('HEAD');
    return [...allowed].sort();
  };
};

export const createApp = (options: AppOptions): Hono => {
  const { log, reader, ring, logger, config } = options;
  const now = options.now ?? Date.now;
  const { turnedAway } = options;
  const meters = openMeters(() => log.waiting(), { process: options.processMeters ?? false });
  const rate = limiter(config.ratePerS);
  const proxies = config.proxies ?? 0;
  const addressRate = config.addressRatePerS ?? 0;
  // A page that comes back from a tunnel sends what it kept; many shoppers share a carrier's address.
  const visitors = crowd({ ratePerS: addressRate, burst: addressRate * 10, proxies });
  // What people ask for their rights is a handful of requests a life.
  const persons = crowd({ ratePerS: addressRate === 0 ? 0 : 1, burst: 30, proxies });
  // A press on a link to another host of the site; a school's or a carrier's address has many hands.
  const clicks = crowd({ ratePerS: addressRate === 0 ? 0 : 5, burst: 100, proxies });
  const audit = options.audit ?? openAuditNotes(log);
  const app = new Hono();
  const placed = (c: Context): Place => options.placeOf(c.req.raw.headers, addressOf(c, config.proxies ?? 0));

  app.use(access(logger, meters));
  const ribRows = Object.assign({}, ...(options.ribs ?? []).map(({ permissions }) => permissions)) as Rows;
  app.use(admission(ring, ribRows));
  app.onError((error, c) => {
    if (isUnavailable(error)) {
      logger.warn(traceOf(error), 'unavailable');
      return respondRefusal(c, refuse('unavailable', { retryAfterS: secondsToWait }));
    }
    logger.error({ ...traceOf(error), method: c.req.method }, 'bug');
    return respondRefusal(c, refuse('internal'));
  });

  /** Of every route that takes a write key. */
  const pages = { config, ring, log, rate, crowd: visitors, turnedAway, now };
  app.route(
    '/',
    door({
      ...pages,
      countryOf: (c) => placed(c).country,
      placeOf: (c) => {
        const { region, by } = placed(c);
        return { region, placedBy: by ?? 'cdn' };
      },
      onAnswer: meters.answered,
      waitingMaxEvents: options.waitingMaxEvents,
    }),
  );
  app.route('/', reading({ reader, log, audit, now, policy: () => options.policy.current().policy }));
  app.route(
    '/',
    rights({
      log,
      rate,
      crowd: persons,
      now,
      identitySecret: config.identitySecret ?? null,
      exportsFolder: options.exportsFolder ?? null,
    }),
  );
  app.route(
    '/',
    account({
      ...pages,
      identitySecret: config.identitySecret ?? null,
      placeOf: (c) => {
        const { country, region, by } = placed(c);
        return { region: region ?? country, placedBy: by ?? 'cdn' };
      },
    }),
  );
  app.route('/', transfer({ ...pages, crowd: clicks }));
  app.route(
    '/',
    cookieless({
      ...pages,
      reader,
      policy: () => options.policy.current().policy,
      placeOf: options.placeOf,
    }),
  );
  app.route('/', policyRoutes({ live: options.policy, reader, now }));
  app.route(
    '/',
    proofs({
      reader,
      log,
      audit,
      rate,
      crowd: persons,
      now,
      replayUrl: () => chunkPath(options.sdkFolder, 'banner-replay'),
    }),
  );
  for (const rib of options.ribs ?? []) app.route('/', rib.routes);

  const noKey = refuse('not_found', {
    message: 'No live write key of this name.',
    hint: '`weft keys list` shows them.',
  });
  const live = async (writeKey: string): Promise<boolean> =>
    ring.write(writeKey) !== null || ((await ring.refresh()) && ring.write(writeKey) !== null);
  const pageConfig = (c: Context, said?: string): Response =>
    Response.json(options.pageConfig(placed(c), said), {
      headers: {
        // Its region depends on who asks, so only their own browser may keep it.
        'Cache-Control': 'private, max-age=300',
        'Access-Control-Allow-Origin': '*',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        'X-Content-Type-Options': 'nosniff',
      },
    });
  app.get('/v1/config', (c) => pageConfig(c));
  // In the path: a configuration is asked for without a query.
  for (const path of ['/v1/config/:writeKey', '/v1/config/:writeKey/:region'] as const)
    app.get(path, async (c) => {
      if (await live(c.req.param('writeKey'))) return pageConfig(c, c.req.param('region'));
      c.header('Access-Control-Allow-Origin', '*');
      // A page that gets no configuration never comes to the door.
      turnedAway?.note(originOf(c), 'bad_key');
      return respondRefusal(c, noKey);
    });
  app.get('/v1/projects/:writeKey/settings', async (c) => {
    c.header('Access-Control-Allow-Origin', '*');
    const writeKey = c.req.param('writeKey');
    if (!(await live(writeKey))) return respondRefusal(c, noKey);
    c.header('Cache-Control', 'private, max-age=300');
    return c.json(segmentSettings(writeKey, `${reachedAt(c.req.raw)}/v1`));
  });

  app.route('/', sdkAssets(options.sdkFolder));

  app.get('/healthz', (c) => c.json({ alive: true }));
  app.get('/readyz', async (c) => {
    c.header('Cache-Control', 'no-store');
    const hint = await options.ready().catch(() => 'Nobody answers where events are stored. The log says why.');
    return hint === null
      ? c.json({ ready: true })
      : respondRefusal(c, refuse('unavailable', { hint, retryAfterS: secondsToWait }));
  });
  app.get('/metrics', async (c) => c.text(await meters.text(), 200, { 'Content-Type': meters.contentType }));

  const document = openapi(options.version);
  app.get('/openapi.json', (c) => {
    c.header('Access-Control-Allow-Origin', '*');
    return c.json(document);
  });
  app.route('/', docs(document));

  if (options.demo !== undefined) app.route('/demo', options.demo);
  if (options.examples !== undefined) app.route('/examples', options.examples);
  if (options.dashboard !== undefined) app.route('/', options.dashboard);

  mustBeListed(app, ribRows);

  let allowed: ((path: string) => string[]) | null = null;
  app.notFound((c) => {
    allowed ??= methodsOf(app);
    const methods = allowed(c.req.path);
    if (methods.length === 0 || methods.includes(c.req.method)) return respondRefusal(c, refuse('not_found'));
    return respondRefusal(c, refuse('method_not_allowed', { allow: methods.join(', ') }));
  });
  return app;
};
