// What the door costs: limits, decoding, keys, origin, rate, a verdict for each of ten events, against bare Hono that reads
// the same body and parses it. Both in this process, the load in another, run in turns. The log answers at once, so this
// is the door alone. Quote the ratio of CPU time; rates on a shared machine mean little.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Log } from '../log/log.js';
import { keyTable, writeCredential } from '../site/keys.js';
import { door } from './door.js';

const rounds = 5;
const seconds = 3;

const writeKey = 'wk_bench';
const table = keyTable([writeCredential(writeKey, { label: '', seeded: false, at: 0 }, { mode: 'ledger' })]);
const log: Log = {
  append: async ({ rejected }) => ({
    accepted: 10,
    duplicates: 0,
    held: [],
    dropped: [],
    rejected: [...rejected],
    warnings: [],
  }),
  command: async () => ({ status: 200, body: {} }),
  waiting: () => 0,
  close: async () => {},
};
const event = (index: number) => ({
  type: index % 3 === 0 ? 'page' : 'track',
  messageId: `01939f3c-2b0e-7cc1-9d2f-4a51f2f6a3b${index}`,
  anonymousId: '9c1b7c1e-6c1e-4f0e-8a59-1d2f3a4b5c6d',
  timestamp: '2026-11-22T05:47:04.039Z',
  event: 'Product Added',
  properties: { cart_id: 'c-17', product_id: 'OX-101', name: 'Morning mug', price: 19, quantity: 2, currency: 'EUR' },
  context: {
    page: {
      url: 'https://shop.example/mugs/morning',
      path: '/mugs/morning',
      title: 'Morning mug',
      referrer: 'https://shop.example/',
    },
    locale: 'en-GB',
    sessionId: '01939f3c-2b0e-7cc1-9d2f-4a51f2f6a3b1',
    consent: { receipt: '4pLr0cUo8dYb2mQwXn7sZA' },
    library: { name: 'weft.js', version: '0.1.0' },
  },
});
const body = JSON.stringify({
  writeKey,
  sentAt: '2026-11-22T05:47:05.039Z',
  batch: Array.from({ length: 10 }, (_, index) => event(index)),
});

const bare = new Hono();
bare.post('/v1/batch', async (c) => {
  const read = JSON.parse(await c.req.text()) as { batch: unknown[] };
  return c.json({ accepted: read.batch.length });
});
const full = door({
  config: { origins: { kind: 'any' }, ratePerS: 10_000_000 },
  ring: { ...table, refresh: async () => false },
  log,
  countryOf: () => null,
});

const listening = async (app: Hono) => {
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/batch`, close: () => server.close() };
};

const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const bodyFile = join(folder, 'body.json');
writeFileSync(bodyFile, body);

const load = (url: string, duration: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const args = [
      'node_modules/autocannon/autocannon.js',
      '-j',
      '-n',
      '-c',
      '64',
      '-d',
      String(duration),
      '-m',
      'POST',
      '-i',
      bodyFile,
      url,
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.on('close', () => {
      const told = JSON.parse(out) as { requests: { total: number }; non2xx: number };
      if (told.non2xx > 0) reject(new Error(`${told.non2xx} requests were refused`));
      else resolve(told.requests.total);
    });
  });

const cpuOf = async (url: string): Promise<{ us: number; rate: number }> => {
  const before = process.cpuUsage();
  const requests = await load(url, seconds);
  const { user, system } = process.cpuUsage(before);
  return { us: (user + system) / requests, rate: requests / seconds };
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const shown = (values: readonly number[], digits: number): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;

const servers = { bare: await listening(bare), door: await listening(full) };
for (const { url } of Object.values(servers)) await load(url, 2);
const seen = { bare: [] as { us: number; rate: number }[], door: [] as { us: number; rate: number }[] };
for (let round = 0; round < rounds; round += 1) {
  seen.bare.push(await cpuOf(servers.bare.url));
  seen.door.push(await cpuOf(servers.door.url));
}
const ratios = seen.door.map(({ us }, round) => seen.bare[round]!.us / us);
process.stdout.write(
  [
    `10 events a request, ${body.length} bytes, 64 connections, ${rounds} rounds of ${seconds} s in turns`,
    `bare Hono + JSON.parse  ${shown(
      seen.bare.map(({ us }) => us),
      1,
    )} µs CPU a request, ${shown(
      seen.bare.map(({ rate }) => rate),
      0,
    )} requests/s`,
    `the door                ${shown(
      seen.door.map(({ us }) => us),
      1,
    )} µs CPU a request, ${shown(
      seen.door.map(({ rate }) => rate),
      0,
    )} requests/s`,
    `door against bare       ${shown(ratios, 2)} of its throughput per CPU`,
    '',
  ].join('\n'),
);
for (const { close } of Object.values(servers)) close();
rmSync(folder, { recursive: true });
process.exit(0);
