// For benches: what a shop's visitors send, and servers to send it to. Requests of ten events, a page view and a track in
// turn; message ids and visitors are UUID v7, as the script of the page makes them, unless foreign ids are asked for.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';

export const perRequest = 10;
export const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

export interface TrafficOptions {
  seed: number;
  /** Of a hundred requests, how many come from a visitor never seen before. */
  newOfHundred: number;
  /** How many from one older than the last day; the rest from those of the last day. */
  oldOfHundred: number;
  /** How many visitors a day has. */
  visitorsOfDay: number;
  /** Who came already. */
  visitors?: number;
  /** What a batch says of its visitor's consent; without it, for keys that ask for none. */
  consentOf?: (visitor: number, isNew: boolean, at: number) => { receipt: string; row: object | null };
  /** Message ids as other systems mint them: UUID v4, in no order. */
  foreignIds?: boolean;
}

export interface Traffic {
  /** The JSON of one request, made at this instant. */
  body: (at: number) => string;
  visitors: () => number;
}

export const visitorId = (visitor: number): string => `0190a0b0-0000-7000-8000-${String(visitor).padStart(12, '0')}`;

export const traffic = (options: TrafficOptions): Traffic => {
  let state = options.seed;
  // mulberry32: even and long enough for millions of ids.
  const draw = (n: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * n);
  };
  const hex = (digits: number): string => {
    let text = '';
    while (text.length < digits) text += draw(0x1000000).toString(16).padStart(6, '0');
    return text.slice(0, digits);
  };
  const time = (at: number): string => {
    const text = at.toString(16).padStart(12, '0');
    return `${text.slice(0, 8)}-${text.slice(8)}`;
  };
  const uuidV7 = (at: number): string => `${time(at)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
  const messageId = (at: number): string =>
    options.foreignIds ? `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}` : uuidV7(at);
  let visitors = options.visitors ?? 0;
  /** A page keeps its session's name for as long as it is open. */
  const sessions = new Map<number, string>();
  return {
    visitors: () => visitors,
    body: (at) => {
      const die = draw(100);
      const isNew = visitors === 0 || die < options.newOfHundred;
      const today = Math.min(visitors, options.visitorsOfDay);
      const visitor = isNew
        ? visitors
        : die >= 100 - options.oldOfHundred
          ? draw(visitors)
          : visitors - 1 - draw(today);
      if (isNew) visitors += 1;
      let session = sessions.get(visitor);
      if (session === undefined || Number.parseInt(session.replaceAll('-', '').slice(0, 12), 16) < at - 1_800_000) {
        session = uuidV7(at);
        sessions.delete(visitor);
        sessions.set(visitor, session);
        if (sessions.size > 20_000) sessions.delete(sessions.keys().next().value!);
      }
      const told = options.consentOf?.(visitor, isNew, at);
      const batch = Array.from({ length: perRequest }, (_, n) => ({
        type: n % 2 === 0 ? 'page' : 'track',
        messageId: messageId(at - 20 + n),
        anonymousId: visitorId(visitor),
        timestamp: new Date(at - 20 + n).toISOString(),
        ...(n % 2 === 0
          ? { properties: { url: `https://shop.test/p/${draw(500)}`, path: `/p/${draw(500)}`, title: 'A product' } }
          : {
              event: n === 3 ? 'Product Added' : 'Product Viewed',
              properties: {
                product_id: `p${draw(500)}`,
                name: 'Linen shirt',
                price: 39.9,
                quantity: 1,
                currency: 'EUR',
              },
            }),
        context: {
          userAgent,
          locale: 'en-GB',
          sessionId: session,
          ...(told && { consent: { receipt: told.receipt } }),
          page: { url: 'https://shop.test/p/1', path: '/p/1', title: 'A product', referrer: 'https://shop.test/' },
          library: { name: 'weft.js', version: '0.1.0' },
        },
      }));
      return JSON.stringify({
        writeKey: 'wk_bench',
        sentAt: new Date(at).toISOString(),
        batch,
        ...(told?.row && { consent: told.row }),
      });
    },
  };
};

export interface Server {
  url: string;
  process: ChildProcess;
}

export const started = async (args: string[], env: NodeJS.ProcessEnv): Promise<Server> => {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let seen = '';
    child.stdout!.on('data', (chunk) => {
      seen += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(seen);
      if (found) resolve(found[0]);
    });
    child.on('exit', () => reject(new Error(`ended before it listened: ${seen}`)));
  });
  return { url, process: child };
};

export const collector = (
  folder: string,
  { main = 'dist/collector/main.js', consent = 'external' }: { main?: string; consent?: 'external' | 'ledger' } = {},
): Promise<Server> =>
  started(['--single-threaded-gc', main], {
    PORT: '0',
    WEFT_DATA: folder,
    WEFT_WRITE_KEY: 'wk_bench',
    WEFT_SECRET_KEY: 'sk_bench_0123456789',
    WEFT_KEY_CONSENT: consent,
    WEFT_ORIGINS: '*',
    WEFT_RATE: '10000000',
    // This and the option of Node as docs/operators.md has them for a service.
    MALLOC_ARENA_MAX: '2',
  });

export const stopped = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.process.on('exit', () => resolve());
    server.process.kill('SIGTERM');
  });

/** User and system time of a process so far, in microseconds: Linux counts it in hundredths of a second. */
const cpuOf = (path: string): number => {
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};
export const residentMib = ({ process: child }: Server): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

export interface Round {
  eventsPerS: number;
  cpuUs: number;
  /** Of the thread that does HTTP. */
  mainUs: number;
  p99Ms: number;
  /** Requests of which not every event was accepted. */
  short: number;
}

/**
 * Bodies are made before the clock starts: the generator shares the machine with the server. Their instants lie one after
 * the other over the time they are sent in, as they would from a page: a visitor who comes twice comes later the second time.
 * `late`: all at one instant, so that whoever comes again comes out of order, and is folded again.
 */
export const load = async (
  server: Server,
  made: Pick<Traffic, 'body'>,
  seconds: number,
  perS = 4_000,
  late = false,
): Promise<Round> => {
  const pid = server.process.pid!;
  const at = Date.now();
  const bodies = Array.from({ length: perS * seconds }, (_, n) =>
    made.body(late ? at : at + Math.floor((n * 1_000) / perS)),
  );
  let next = 0;
  let short = 0;
  const whole = `"accepted":${perRequest}`;
  const before = cpuOf(`/proc/${pid}/stat`);
  const mainBefore = cpuOf(`/proc/${pid}/task/${pid}/stat`);
  const result = await autocannon({
    url: server.url,
    connections: 64,
    duration: seconds,
    requests: [
      {
        method: 'POST',
        path: '/v1/batch',
        headers: { 'content-type': 'text/plain' },
        setupRequest: (request) => {
          next += 1;
          return { ...request, body: bodies[next % bodies.length]! };
        },
        onResponse: (_status, body) => {
          if (!body.includes(whole)) short += 1;
        },
      },
    ],
  });
  if (result.non2xx > 0) throw new Error(`${result.non2xx} answers were not 2xx`);
  const events = result['2xx'] * perRequest;
  return {
    eventsPerS: events / result.duration,
    cpuUs: (cpuOf(`/proc/${pid}/stat`) - before) / events,
    mainUs: (cpuOf(`/proc/${pid}/task/${pid}/stat`) - mainBefore) / events,
    p99Ms: result.latency.p99,
    short,
  };
};

/** Median, least and most. */
export const spread = (values: readonly number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  const digits = sorted.at(-1)! < 10 ? 3 : sorted.at(-1)! < 1_000 ? 1 : 0;
  const show = (value: number | undefined): string => (value ?? Number.NaN).toFixed(digits);
  return `${show(sorted[sorted.length >> 1])} (${show(sorted[0])} to ${show(sorted.at(-1))})`;
};
