// The whole collector against bare Hono + JSON.parse, interleaved in one run: 64 connections, ten events a request, each
// message id new. Prints the ratio of rates, CPU microseconds an event of each server's process, the p99 of the answer,
// and resident memory. WEFT_BENCH_S seconds a round (5), WEFT_BENCH_ROUNDS rounds (5).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { collector, load, type Round, residentMib, spread, started, stopped, traffic } from './load.fixture.js';

const seconds = Number(process.env.WEFT_BENCH_S ?? 5);
const rounds = Number(process.env.WEFT_BENCH_ROUNDS ?? 5);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const made = traffic({ seed: 7, newOfHundred: 50, oldOfHundred: 0, visitorsOfDay: 5_000 });
  const bare = await started([fileURLToPath(import.meta.url), 'bare'], {});
  const weft = await collector(folder);
  try {
    await load(bare, made, seconds);
    await load(weft, made, seconds);
    const bares: Round[] = [];
    const wefts: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Bare keeps nothing, so it may be told the same things again.
      bares.push(await load(bare, made, seconds));
      wefts.push(await load(weft, made, seconds, 8_000));
    }
    const of = (all: Round[], key: keyof Round): number[] => all.map((round) => round[key]);
    console.log(`events/s: bare ${spread(of(bares, 'eventsPerS'))}, weft ${spread(of(wefts, 'eventsPerS'))}`);
    console.log(
      `ratio of rates, round by round: ${spread(wefts.map((round, n) => round.eventsPerS / bares[n]!.eventsPerS))}`,
    );
    console.log(
      `CPU µs an event: bare ${spread(of(bares, 'cpuUs'))}, weft ${spread(of(wefts, 'cpuUs'))}, ` +
        `of these in its HTTP thread ${spread(of(wefts, 'mainUs'))}`,
    );
    console.log(`p99 ms at 64 connections: bare ${spread(of(bares, 'p99Ms'))}, weft ${spread(of(wefts, 'p99Ms'))}`);
    console.log(`resident MiB of weft: ${residentMib(weft).toFixed(0)}, visitors ${made.visitors()}`);
    // Apart: who comes again is told out of order, so a device and a profile fold again for every second request.
    const lates: Round[] = [];
    for (let round = 0; round < Math.min(rounds, 3); round += 1)
      lates.push(await load(weft, made, seconds, 8_000, true));
    console.log(
      `each second visit out of order: events/s ${spread(of(lates, 'eventsPerS'))}, ` +
        `CPU µs an event ${spread(of(lates, 'cpuUs'))}, p99 ms ${spread(of(lates, 'p99Ms'))}`,
    );
  } finally {
    await Promise.all([stopped(bare), stopped(weft)]);
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
