// From a Config to a running process and back: chooses the engines, seeds the keys, opens the app, listens, and on a
// signal finishes what is under way, commits, closes. Knows how parts are joined, and nothing of what they do.

import { existsSync, readFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import type { Hono } from 'hono';
import { destination, type Logger, pino } from 'pino';
import { examplePages } from '../examples/pages.js';
import { demoShop, type ServerCall, shopConsent } from '../examples/shop/app.js';
import { chunkPath } from './app/assets.js';
import { createApp } from './app.js';
import { openAuditNotes } from './audit/notes.js';
import { type Config, ConfigError, readConfig } from './config.js';
import { unmetBy } from './consent/policy/lint.js';
import { openLivePolicy } from './consent/policy/live.js';
import { lineOf, type Policy, PolicyError, readPolicy } from './consent/policy/policy.js';
import { publicConfig } from './consent/policy/public-config.js';
import type { Finding } from './consent/policy/read.js';
import { iso } from './contract/instant.js';
import { purposes } from './contract/purposes.js';
import { dashboard } from './dashboard/index.js';
import { databaseFile, type Engines, openEmbedded } from './embedded.js';
import { clickIdNames } from './enrich/channel.js';
import { openPlaceFile, type PlaceFile, placeOf } from './enrich/place.js';
import { openTurnedAway } from './ingest/turned-away.js';
import { every } from './jobs/every.js';
import { makeExport } from './jobs/exports.js';
import { ledgerChecker } from './jobs/ledger-check.js';
import { sendNotices } from './jobs/notices.js';
import type { Log } from './log/log.js';
import { openKeyRing } from './site/ring.js';
import { type Seeded, seed } from './site/seed.js';
import { adviceOf, openTelling } from './store/patience.js';
import { traceOf } from './trace.js';

export interface Served {
  /** `http://127.0.0.1:8787`, with the port that was chosen. */
  url: string;
  app: Hono;
  seeded: Seeded;
  /** What is wrong with the consent file, while an earlier one is in force. */
  trouble: () => readonly Finding[];
  /** Looks at the consent file again. */
  reload: () => Promise<void>;
  /** Takes no new request, finishes those under way, commits, closes. */
  close: () => Promise<void>;
}

export interface ServeOptions {
  logger?: Logger;
  /** Where the built script of the pages lies. */
  sdkFolder?: string;
}

/** How often requests for access and notices to recipients are looked for. */
const workEveryMs = 1_000;
/** A piece of the ledger. */
const ledgerEveryMs = 60_000;
/** How long requests under way may take once the process was asked to stop. */
const graceMs = 10_000;
const server = {
  /** A body of 512 kB over the slowest line worth serving. */
  requestTimeout: 30_000,
  headersTimeout: 15_000,
  /** Longer than the minute that proxies keep theirs, so that it is they who let go. */
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
};

/** Beside this file or one floor up: the source and what is built from it lie differently. */
const firstFolder = (candidates: readonly string[]): string =>
  candidates.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path)) ?? '';
const builtSdk = (): string =>
  firstFolder(
    ['../sdk/', '../dist/sdk/'].filter((path) => existsSync(fileURLToPath(new URL(`${path}weft.js`, import.meta.url)))),
  );

const ownVersion = (): string => {
  const manifest = firstFolder(['./package.json', '../package.json']);
  return manifest === '' ? '0.0.0' : (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
};

const embeddedOnly = (config: Config): void => {
  if (config.store.kind === 'postgres')
    throw new ConfigError('WEFT_DATA: this build keeps its data in a folder; postgres:// is not in it.');
  if (config.log.kind === 'nats')
    throw new ConfigError('WEFT_LOG: this build has the embedded log; nats:// is not in it.');
  if (config.role !== 'all')
    throw new ConfigError(
      `WEFT_ROLE: without WEFT_LOG=nats://… one process is both; "${config.role}" alone would do nothing.`,
    );
};

type Told = NonNullable<Parameters<typeof openEmbedded>[1]>;
type Standing = NonNullable<Parameters<typeof openEmbedded>[2]>;

/** A folder that cannot be used is the operator's to mend, and needs no stack trace. */
const openedData = async (config: Config, ...told: [Told, Standing]): ReturnType<typeof openEmbedded> => {
  try {
    // The demo asks as its shop would; without it, or once somebody publishes another policy, nothing of it is left.
    return await openEmbedded({ ...config, ...(config.demo && { shippedConsent: shopConsent() }) }, ...told);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (config.store.kind !== 'sqlite' || typeof code !== 'string' || !/^(E[A-Z]+|SQLITE_[A-Z_]+)$/.test(code))
      throw error;
    throw new ConfigError(
      `WEFT_DATA: the data in ${config.store.folder} cannot be opened (${code}). It must be a folder this process may write to, with room on the disk, and no other process may be restoring it.`,
    );
  }
};

const consentFileEveryMs = 2_000;

const hasData = ({ store }: Config): boolean =>
  store.kind === 'sqlite' && store.folder !== ':memory:' && existsSync(databaseFile(store.folder));

const brokenPolicy = (file: string | null): PolicyError | null => {
  try {
    readPolicy(file);
    return null;
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
};

/** The shop's own server, which in the demo lives in this very process: its calls take the way of a secret key's. */
const demoCalls =
  (log: Log) =>
  async (calls: ServerCall[]): Promise<void> => {
    await log.append({
      text: JSON.stringify({ batch: calls }),
      type: null,
      receivedAt: Date.now(),
      key: { id: 'demo-shop', trust: 'secret', mode: 'external', purposes, categories: {} },
      gpc: false,
      userAgent: null,
      country: null,
      origin: null,
      rejected: [],
    });
  };

/** Looked up in this process's memory; the address goes nowhere. */
const openedGeo = async ({ geoFile }: Config): Promise<PlaceFile | null> => {
  if (geoFile === null) return null;
  const file = openPlaceFile(geoFile);
  if (await file.open()) return file;
  throw new ConfigError(
    `WEFT_GEO: ${geoFile} cannot be read as a MaxMind file. Name a GeoLite2 or GeoIP2 Country or City file (.mmdb), or leave it out.`,
  );
};

const listening = (it: ServerType, { port, host }: Config): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    it.once('error', (error: Error & { code?: string }) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `PORT: something else listens on ${port} already. Stop it, or set another PORT (0 = any free one).`
          : error.code === 'EACCES'
            ? `PORT: ${port} needs more rights than this process has. Set one above 1023.`
            : `HOST, PORT: cannot listen on ${host}:${port} (${error.code ?? error.name}).`;
      reject(new ConfigError(why));
    });
    it.listen(port, host, () => resolve(it.address() as AddressInfo));
  });

/**
 * Closing a server refuses new connections and lets the old ones ask on for ever: who keeps one open would be cut off in
 * the middle at last, with what it sent committed and unanswered. So each connection goes with its next answer.
 */
const partingAnswers = (it: Server): (() => void) => {
  const underWay = new Set<ServerResponse>();
  let parting = false;
  const part = (answer: ServerResponse): void => {
    if (!answer.headersSent) answer.setHeader('Connection', 'close');
    // Its head has promised more answers: the connection goes once this one is through.
    else {
      const { socket } = answer;
      answer.once('close', () => socket?.destroySoon());
    }
  };
  it.prependListener('request', (_, answer) => {
    underWay.add(answer);
    answer.once('close', () => underWay.delete(answer));
    if (parting) part(answer);
  });
  return () => {
    parting = true;
    for (const answer of underWay) part(answer);
  };
};

const stopped = (it: ServerType): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(() => 'closeAllConnections' in it && it.closeAllConnections(), graceMs);
    late.unref();
    it.close(() => {
      clearTimeout(late);
      resolve();
    });
  });

export const serve = async (config: Config, options: ServeOptions = {}): Promise<Served> => {
  embeddedOnly(config);
  const geo = await openedGeo(config);
  // Without data there is no earlier policy that could stand in for a broken one.
  const broken = brokenPolicy(config.consentFile);
  if (broken !== null && !hasData(config)) throw broken;
  const logger = options.logger ?? pino({ level: 'silent' });
  const telling = openTelling((stuck) =>
    stuck === null
      ? logger.warn('events are taken again')
      : logger.error({ code: stuck.code, hint: adviceOf(stuck) }, 'the store takes nothing: events are answered 503'),
  );
  let engines: Engines;
  try {
    engines = await openedData(
      config,
      (reason, trace) => logger.error({ reason, ...trace }, 'trouble'),
      (stuck) => telling.changed(stuck, Date.now()),
    );
  } catch (error) {
    throw broken !== null && (error as Error).message.startsWith('The consent file') ? broken : error;
  }
  let stopping = false;
  const calming = setInterval(() => telling.look(Date.now()), 1_000).unref();
  const opened: (() => void | Promise<void>)[] = [() => clearInterval(calming), engines.close];
  try {
    const seeded = await seed(engines.log, config, Date.now());
    const ring = await openKeyRing(engines.log);
    opened.unshift(ring.close);
    const around = { proof: config.identitySecret !== null, origins: config.origins };
    /** It is in force all the same: what it promises beyond what is set up here is not kept. */
    const tellUnmet = (policy: Policy): void => {
      const findings = unmetBy(policy, around).map((one) => ({ ...one, path: one.path.join('.') }));
      if (findings.length > 0)
        logger.error(
          { findings: findings.map((one) => lineOf({ ...one, line: null, column: null })) },
          'the consent file says what is not set up here',
        );
    };
    const live = await openLivePolicy({
      log: engines.log,
      file: config.consentFile,
      around,
      now: Date.now,
      onChange: (change) => {
        if (change.kind === 'in-force') {
          const { version, configHash } = change.policy;
          logger.warn({ version, configHash }, 'another consent policy is in force');
          tellUnmet(change.policy);
        } else
          logger.error(
            { findings: change.findings.map(lineOf) },
            'the consent file is refused; the last good one stays in force',
          );
      },
    });
    if (live.trouble().length > 0)
      logger.error(
        { findings: live.trouble().map(lineOf) },
        'the consent file is refused; the last good one is in force',
      );
    tellUnmet(live.current().policy);
    const watching = every(consentFileEveryMs, live.look, (error) => logger.error(traceOf(error), 'consent file'));
    opened.unshift(watching.stop);
    const audit = openAuditNotes(engines.log, (error) => logger.error(traceOf(error), 'audit'));
    opened.unshift(audit.close);
    const exportsFolder =
      config.store.kind === 'sqlite' && config.store.folder !== ':memory:'
        ? join(config.store.folder, 'exports')
        : null;
    const trouble = (what: string) => (error: unknown) => {
      if (!stopping) logger.error(traceOf(error), what);
    };
    const { log, reader } = engines;
    const telling = every(
      workEveryMs,
      async () => {
        while (!stopping && (await sendNotices({ log, reach: config.webhooks, publicUrl: config.publicUrl })) > 0);
      },
      trouble('notices'),
    );
    const making = every(
      workEveryMs,
      async () => {
        if (exportsFolder === null) return;
        while (!stopping && (await makeExport({ log, reader, folder: exportsFolder })));
      },
      trouble('exports'),
    );
    const checking = every(
      ledgerEveryMs,
      ledgerChecker({
        log,
        reader,
        now: Date.now,
        onBroken: (found) => logger.error({ ...found }, 'the consent ledger is broken'),
      }),
      trouble('ledger check'),
    );
    opened.unshift(telling.stop, making.stop, checking.stop);
    const turnedAway = openTurnedAway(Date.now);
    const app = createApp({
      config,
      turnedAway,
      exportsFolder,
      log: engines.log,
      reader: engines.reader,
      ring,
      audit,
      logger,
      version: ownVersion(),
      sdkFolder: options.sdkFolder ?? builtSdk(),
      placeOf: (headers, address) => placeOf(headers, address, geo),
      pageConfig: ({ country, region }, said) => {
        const told = publicConfig(live.current().policy, { said, seen: region ?? country });
        const redact = { ...(told.consent.redact as object), clickIds: clickIdNames };
        return { ...told, consent: { ...told.consent, redact }, region: { ...told.region }, settings: {} };
      },
      policy: live,
      ready: async () => {
        if (stopping) return 'It is stopping.';
        const stuck = engines.stuck();
        if (stuck) return `${adviceOf(stuck)} Since ${iso(stuck.since)}.`;
        await engines.log.command({ kind: 'keys', act: 'list', value: null });
        return null;
      },
      processMeters: true,
      dashboard: dashboard({
        reader: engines.reader,
        log: engines.log,
        keys: ring,
        audit,
        sessionSecret: seeded.sessionSecret,
        policy: { live, replayScript: () => chunkPath(options.sdkFolder ?? builtSdk(), 'banner-replay') },
        exportsFolder,
        turnedAway: turnedAway.list,
        origins: config.origins,
        links: { demo: config.demo ? '/demo' : null, docs: '/docs' },
        report: (error) => logger.error(traceOf(error), 'page'),
      }),
      ...(config.demo && {
        demo: demoShop({
          writeKey: seeded.writeKey,
          scriptUrl: '/weft.js',
          base: '/demo',
          collect: demoCalls(engines.log),
        }),
        examples: examplePages({ writeKey: seeded.writeKey }),
      }),
    });
    const it = createAdaptorServer({ fetch: app.fetch, serverOptions: server });
    const part = partingAnswers(it as Server);
    const { port } = await listening(it, config);
    const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      app,
      seeded,
      trouble: live.trouble,
      reload: async () => {
        await live.reload();
      },
      close: async () => {
        stopping = true;
        part();
        await stopped(it);
        for (const close of opened.splice(0)) await close();
      },
    };
  } catch (error) {
    for (const close of opened.splice(0)) await close();
    throw error;
  }
};

/** What a person who started it wants to know. Secrets that were made just now are shown here and never again. */
export const welcome = ({ url, seeded }: Pick<Served, 'url' | 'seeded'>, config: Pick<Config, 'demo'>): string => {
  const { secretKey, adminPassword } = seeded.made;
  const lines = [
    'Weft is ready.',
    '',
    ...(config.demo ? [`  Demo shop    ${url}/demo`] : []),
    `  Dashboard    ${url}/`,
    `  API docs     ${url}/docs`,
    '',
    `  Write key    ${seeded.writeKey}`,
    ...(secretKey === undefined ? [] : [`  Secret key   ${secretKey}`]),
    ...(adminPassword === undefined ? [] : [`  Password     ${adminPassword}`]),
    ...(secretKey === undefined && adminPassword === undefined
      ? []
      : [
          '',
          'What is secret is shown this once: it is kept as a hash. WEFT_SECRET_KEY and WEFT_ADMIN_PASSWORD set it anew.',
        ]),
    '',
    'Ctrl+C stops it.',
    '',
  ];
  return `${lines.join('\n')}\n`;
};

/** The process: environment in, exit code out. */
export const run = async (): Promise<void> => {
  // Written once a second, or when a good deal waits: a write for every thirty requests would be a tenth of this thread's work.
  const out = destination({ dest: 1, sync: false, minLength: 65_536, maxWrite: 131_072 });
  // Somebody who looks at a terminal wants to see trouble, not every request.
  const logger = pino({ level: process.stdout.isTTY ? 'warn' : 'info' }, out);
  const flushing = setInterval(() => out.flush(), 1_000);
  flushing.unref();
  let served: Served;
  try {
    const config = readConfig();
    served = await serve(config, { logger });
    process.stdout.write(welcome(served, config));
    if (served.trouble().length > 0)
      process.stderr.write(
        `WARNING: ${config.consentFile} is refused, and the last good policy is in force instead:\n${served
          .trouble()
          .map((finding) => `  ${lineOf(finding)}`)
          .join('\n')}\nMend the file; it is looked at again at once.\n`,
      );
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof PolicyError)) throw error;
    process.stderr.write(`Weft cannot start.\n${error.message}\n`);
    process.exitCode = 78;
    return;
  }
  // A terminal that closes sends it too, and means the end.
  if (!process.stdout.isTTY) process.on('SIGHUP', () => void served.reload());
  let asked = 0;
  const stop = (): void => {
    asked += 1;
    // Asked twice, it does not insist: what was answered is durable already.
    if (asked > 1) process.exit(130);
    served.close().then(
      () => {
        out.flushSync();
        process.exit(0);
      },
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};
