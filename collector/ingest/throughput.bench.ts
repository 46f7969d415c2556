// The whole collector against bare Hono + JSON.parse, interleaved in one run: 64 connections, ten events a request, each
// message id new. Prints the ratio of rates, CPU microseconds an event of each server's process, the p99 of the answer,
// and resident memory. WEFT_BENCH_S seconds a round (5), WEFT_BENCH_ROUNDS rounds (5).

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import autocannon from 'autocannon';
import { Hono } from 'hono';

const perRequest = 10;
const seconds = Number(process.env.WEFT_BENCH_S ?? 5);
const rounds = Number(process.env.WEFT_BENCH_ROUNDS ?? 5);

interface Server {
  url: string;
  process: ChildProcess;
}

async function started(args: string[], env: NodeJS.ProcessEnv): Promise<Server> {
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
}

/** User and system time of a process so far, in microseconds: Linux counts it in hundredths of a second. */
function cpuOf(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
function residentMib(child: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

let random = 7;
function draw(n: number): number {
  random = (random * 1103515245 + 12345) % 2147483648;
  return random % n;
}
let counter = 0;
let visitors = 0;
function uuid(at: number): string {
  counter += 1;
  const time = at.toString(16).padStart(12, '0');
  const tail = `${draw(0x7fffffff).toString(16).padStart(8, '0')}${counter.toString(16).padStart(10, '0')}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${tail.slice(6, 18)}`;
}
const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
function body(): string {
  const at = Date.now();
  const visitor =
    visitors < 100 || draw(2) === 0 ? visitors++ : Math.max(0, visitors - 1 - draw(Math.min(visitors, 5_000)));
  const batch = Array.from({ length: perRequest }, (_, n) => ({
    type: n % 2 === 0 ? 'page' : 'track',
    messageId: uuid(at + n),
    anonymousId: `0190a0b0-0000-7000-8000-${String(visitor).padStart(12, '0')}`,
    timestamp: new Date(at - 20 + n).toISOString(),
    ...(n % 2 === 0
      ? { properties: { url: `https://shop.test/p/${draw(500)}`, path: `/p/${draw(500)}`, title: 'A product' } }
      : {
          event: n === 3 ? 'Product Added' : 'Product Viewed',
          properties: { product_id: `p${draw(500)}`, name: 'Linen shirt', price: 39.9, quantity: 1, currency: 'EUR' },
        }),
    context: {
      userAgent,
      locale: 'en-GB',
      sessionId: `s-${visitor}`,
      page: { url: 'https://shop.test/p/1', path: '/p/1', title: 'A product', referrer: 'https://shop.test/' },
      library: { name: 'weft.js', version: '0.1.0' },
    },
  }));
  return JSON.stringify({ writeKey: 'wk_bench', sentAt: new Date(at).toISOString(), batch });
}

interface Round {
  eventsPerS: number;
  cpuUs: number;
  p99Ms: number;
}

async function load(server: Server): Promise<Round> {
  // Bodies are made before the clock starts: the generator shares the machine with the server.
  const bodies = Array.from({ length: 4_000 * seconds }, body);
  let next = 0;
  const before = cpuOf(server.process);
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
      },
    ],
  });
  if (result.non2xx > 0) throw new Error(`${result.non2xx} answers were not 2xx`);
  if (next > bodies.length)
    console.log(`note: bodies were used ${(next / bodies.length).toFixed(1)} times: some were duplicates`);
  const events = result['2xx'] * perRequest;
  return {
    eventsPerS: events / result.duration,
    cpuUs: (cpuOf(server.process) - before) / events,
    p99Ms: result.latency.p99,
  };
}

function median(values: number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const digits = sorted.at(-1)! < 10 ? 3 : sorted.at(-1)! < 1_000 ? 1 : 0;
  const show = (value: number | undefined): string => (value ?? Number.NaN).toFixed(digits);
  return `${show(sorted[sorted.length >> 1])} (${show(sorted[0])} to ${show(sorted.at(-1))})`;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const bare = await started([fileURLToPath(import.meta.url), 'bare'], {});
  const weft = await started(['dist/collector/main.js'], {
    PORT: '0',
    WEFT_DATA: folder,
    WEFT_WRITE_KEY: 'wk_bench',
    WEFT_KEY_CONSENT: 'external',
    WEFT_ORIGINS: '*',
    WEFT_RATE: '10000000',
  });
  try {
    await load(bare);
    await load(weft);
    const bares: Round[] = [];
    const wefts: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bares.push(await load(bare));
      wefts.push(await load(weft));
    }
    const of = (all: Round[], key: keyof Round): number[] => all.map((round) => round[key]);
    console.log(`events/s: bare ${median(of(bares, 'eventsPerS'))}, weft ${median(of(wefts, 'eventsPerS'))}`);
    console.log(
      `ratio of rates, round by round: ${median(wefts.map((round, n) => round.eventsPerS / bares[n]!.eventsPerS))}`,
    );
    console.log(`CPU µs an event: bare ${median(of(bares, 'cpuUs'))}, weft ${median(of(wefts, 'cpuUs'))}`);
    console.log(`p99 ms at 64 connections: bare ${median(of(bares, 'p99Ms'))}, weft ${median(of(wefts, 'p99Ms'))}`);
    console.log(`resident MiB of weft: ${residentMib(weft.process).toFixed(0)}, visitors ${visitors}`);
  } finally {
    for (const { process: child } of [bare, weft]) child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === 'bare') {
  const app = new Hono();
  app.post('/v1/batch', async (c) => {
    const body = JSON.parse(await c.req.text()) as { batch: unknown[] };
    return c.json({ accepted: body.batch.length });
  });
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) => console.log(`http://127.0.0.1:${info.port}`));
} else {
  await main();
}
