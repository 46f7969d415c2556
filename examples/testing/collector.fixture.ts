// The built collector as a process of its own: any free port, a folder of its own, keys that are known. It can be killed
// as the power cut does, started again on the same data and port, and made to believe that an hour has passed.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import type { Cart, EventItem, Merge, Order, Profile, SessionItem } from '../../collector/contract/profile.js';
import type { Answer } from '../../collector/log/log.js';

export const writeKey = 'wk_demo';
export const secretKey = 'sk_demo';
export const password = 'correct horse';
export const authorization = `Bearer ${secretKey}`;
export const minuteMs = 60_000;

const main = fileURLToPath(new URL('../../dist/collector/main.js', import.meta.url));
const clock = new URL('./clock.fixture.mjs', import.meta.url).href;
/** More than clock.fixture.mjs lets pass between two looks. */
const clockLooksMs = 50;
const readyMs = 60_000;
const outputMaxChars = 200_000;

interface Lists {
  events: EventItem;
  sessions: SessionItem;
  carts: Cart;
  orders: Order;
  merges: Merge;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Something<Value> = Exclude<Value, false | 0 | '' | null | undefined>;

/** Asks until something is there. */
export const until = async <Value>(what: () => Value | Promise<Value>, maxMs = 20_000): Promise<Something<Value>> => {
  const end = Date.now() + maxMs;
  for (;;) {
    const value = await what();
    if (value) return value as Something<Value>;
    if (Date.now() > end) throw new Error(`did not come to pass within ${maxMs} ms: ${what}`);
    await pause(25);
  }
};

export const newFolder = (name: string): string => mkdtempSync(join(tmpdir(), `weft-${name}-`));

export interface StartOptions {
  environment?: Record<string, string>;
  /** Taken instead of a new one, and not removed. */
  data?: string;
}

export const startCollector = async ({ environment = {}, data }: StartOptions = {}) => {
  if (!existsSync(main)) throw new Error('There is no dist/: npm run build makes it.');
  const own = newFolder('e2e');
  const folder = data ?? join(own, 'data');
  const aheadFile = join(own, 'ahead');
  let aheadMs = 0;
  writeFileSync(aheadFile, '0');
  let child: ChildProcess | undefined;
  let output = '';
  let url = '';

  const start = async (more: Record<string, string> = {}): Promise<void> => {
    output = '';
    const it = spawn(process.execPath, [main], {
      env: {
        PATH: process.env.PATH,
        HOME: own,
        // Its threads take the preloaded module from here too.
        NODE_OPTIONS: `--import ${clock}`,
        CLOCK_AHEAD_FILE: aheadFile,
        PORT: url === '' ? '0' : new URL(url).port,
        WEFT_DATA: folder,
        WEFT_DEMO: '1',
        WEFT_WRITE_KEY: writeKey,
        WEFT_SECRET_KEY: secretKey,
        WEFT_ADMIN_PASSWORD: password,
        ...environment,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = it;
    for (const stream of [it.stdout, it.stderr])
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-outputMaxChars);
      });
    const said = await until(() => {
      if (it.exitCode !== null) throw new Error(`The collector ended with ${it.exitCode}:\n${output}`);
      return /Dashboard +(http:\/\/\S+?)\/\n/.exec(output);
    }, readyMs);
    url = said[1] as string;
    await until(async () => (await fetch(`${url}/readyz`)).ok, readyMs);
  };

  const end = (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> =>
    new Promise((resolve) => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return resolve(child?.exitCode ?? null);
      child.once('exit', resolve);
      child.kill(signal);
    });

  const read = async <Body>(path: string): Promise<Body> => {
    const response = await fetch(url + path, { headers: { authorization } });
    if (!response.ok) throw new Error(`${path.replace(/\?.*/, '')}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  };

  const profiles = async (query: Record<string, string>): Promise<Profile[]> =>
    (await read<{ profiles: Profile[] }>(`/v1/profiles?${new URLSearchParams(query)}`)).profiles;
  /** All of it, newest first. */
  const list = async <Name extends keyof Lists>(profileId: string, name: Name): Promise<Lists[Name][]> => {
    const items: Lists[Name][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { items: Lists[Name][]; next: string | null } = await read(
        `/v1/profiles/${profileId}/${name}?limit=500${query}`,
      );
      items.push(...page.items);
      cursor = page.next;
    }
    return items;
  };

  await start();
  return {
    get url() {
      return url;
    },
    folder,
    /** What it has written to its terminal since it was last started. */
    output: () => output,
    /** As the power cut does: no process gets to say a word. */
    kill: () => end('SIGKILL'),
    /** Asked to stop; its exit code. */
    terminate: () => end('SIGTERM'),
    /** On the same data, the same port, and at the same time of its clock. */
    start,
    /** Once this is over its clock is ahead by so much more, in each of its threads. */
    pass: async (ms: number): Promise<void> => {
      aheadMs += ms;
      writeFileSync(aheadFile, String(aheadMs));
      await pause(clockLooksMs);
    },
    now: () => Date.now() + aheadMs,
    send: async (calls: object[], key = authorization): Promise<Response> =>
      fetch(`${url}/v1/batch`, {
        method: 'POST',
        headers: { authorization: key, 'content-type': 'application/json' },
        body: JSON.stringify({ batch: calls, sentAt: new Date().toISOString() }),
      }),
    answer: async (response: Response): Promise<Answer> => (await response.json()) as Answer,
    asShop: { authorization },
    /** How many events had which verdict since it was started, by its own meters. */
    events: async (): Promise<Record<string, number>> => {
      const meters = await (await fetch(`${url}/metrics`)).text();
      const counts: Record<string, number> = {};
      for (const [, verdict, count] of meters.matchAll(/^weft_events_total\{[^}]*verdict="(\w+)"[^}]*\} (\d+)$/gm))
        counts[verdict as string] = (counts[verdict as string] ?? 0) + Number(count);
      return counts;
    },
    profiles,
    list,
    /** The one of a device, read once an event of this name is in it: what was read before that may be older. */
    profileWith: async (name: string, anonymousId: string): Promise<Profile> => {
      const find = async () => (await profiles({ anonymousId }))[0];
      return until(async () => {
        const found = await find();
        const events = found ? await list(found.id, 'events') : [];
        return events.some(({ event }) => event === name) && find();
      });
    },
    /** What was announced to the outside, which no state shows. */
    announced: (kind: string): { key: string; at: number }[] => {
      const database = new Database(join(folder, 'weft.sqlite'), { readonly: true });
      try {
        return database.prepare('SELECT key, at FROM announcements WHERE kind = ? ORDER BY at').all(kind) as never;
      } finally {
        database.close();
      }
    },
    stop: async () => {
      await end('SIGKILL');
      rmSync(own, { recursive: true, force: true });
    },
  };
};

export type Collector = Awaited<ReturnType<typeof startCollector>>;
