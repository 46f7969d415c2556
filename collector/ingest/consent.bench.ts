// What the consent checks cost the door's rate: the whole collector over HTTP with a public key of mode `ledger`, against the
// same collector whose gate lets everything pass, in turns in one run. `checks`: every visitor's receipt is in the ledger.
// `rows`: every second batch is of a new visitor and brings its row, which the ledger chains. 64 connections, ten events a
// request. WEFT_BENCH_S seconds a round (5), WEFT_BENCH_ROUNDS rounds (7). The writer's CPU alone: pipeline/consent.bench.ts.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Door } from '../consent/consent.js';
import { parsePolicy } from '../consent/policy/policy.js';
import { type Purpose, purposes } from '../contract/purposes.js';
import {
  collector,
  load,
  perRequest,
  type Round,
  type Server,
  spread,
  stopped,
  type Traffic,
  traffic,
  visitorId,
} from './load.fixture.js';

const seconds = Number(process.env.WEFT_BENCH_S ?? 5);
const rounds = Number(process.env.WEFT_BENCH_ROUNDS ?? 7);
const bodiesPerS = 8_000;
/** Devices that are known when the measuring begins. */
const known = 2_000;

const { configHash } = parsePolicy({});
const receiptOf = (visitor: number): string => `r${visitor}`.padEnd(22, '_');
const consentOf = (visitor: number, isNew: boolean, at: number) => ({
  receipt: receiptOf(visitor),
  row: isNew
    ? {
        receipt: receiptOf(visitor),
        kind: 'grant',
        visitorId: visitorId(visitor),
        epoch: 'e1',
        decisions: purposes.map((purpose) => ({ purpose, value: 'granted', source: 'user' })),
        policy: { configHash },
        text: { locale: 'en', sha256: 'ab'.repeat(32) },
        ui: { layer: 'first', action: 'accept-all' },
        gpc: { js: false, ack: false },
        clientAt: new Date(at - 1_000).toISOString(),
      }
    : null,
});

/** Told to the copy as text: typed here, so that it goes on being what the pipeline asks of a door. */
const openDoor = (all: readonly Purpose[]): Door => ({
  row: null,
  judge: () => ({
    kind: 'pass',
    purposes: all,
    receipt: null,
    opens: [],
    personAct: null,
    gpc: false,
    strip: { anonymousId: false, userId: false, traits: false, contacts: [], clickIds: false },
  }),
  kept: () => null,
  state: () => undefined,
  objected: () => [],
});

/**
 * The built collector with one function wrapped: nothing is looked up, no row is kept. A copy, because the product has no
 * switch that turns the gate off.
 */
const withoutGate = (): string => {
  const copy = join('dist', 'bench', 'pass-all');
  rmSync(copy, { recursive: true, force: true });
  for (const part of readdirSync('dist'))
    if (part !== 'bench') cpSync(join('dist', part), join(copy, part), { recursive: true });
  const file = join(copy, 'collector', 'consent', 'consent.js');
  const built = readFileSync(file, 'utf8');
  const wrapped = built.replace(
    'export { openConsent };',
    `const passAll = (...asked) => Object.defineProperties({}, {
  ...Object.getOwnPropertyDescriptors(openConsent(...asked)),
  door: { enumerable: true, value: () => (${openDoor.toString()})(${JSON.stringify(purposes)}) },
});
export { passAll as openConsent };`,
  );
  if (wrapped === built) throw new Error(`${file} does not export openConsent as it did: mend this bench.`);
  writeFileSync(file, wrapped);
  return join(copy, 'collector', 'main.js');
};

interface Side {
  name: string;
  server: Server;
  loads: Record<'checks' | 'rows', Pick<Traffic, 'body'>>;
  seen: Record<'checks' | 'rows', Round[]>;
}

const sideOf = async (name: string, folder: string, main?: string): Promise<Side> => {
  const server = await collector(join(folder, name), { consent: 'ledger', ...(main && { main }) });
  const first = traffic({ seed: 7, newOfHundred: 100, oldOfHundred: 0, visitorsOfDay: known, consentOf });
  for (let sent = 0; sent < known; sent += 50) {
    const at = Date.now();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => fetch(`${server.url}/v1/batch`, { method: 'POST', body: first.body(at) })),
    );
    for (const answer of answers) {
      const { accepted } = (await answer.json()) as { accepted?: number };
      if (accepted !== perRequest) throw new Error(`${name}: ${answer.status}, ${accepted} of ${perRequest} accepted`);
    }
  }
  const of = (visitors: number, newOfHundred: number): Traffic =>
    traffic({ seed: 11, newOfHundred, oldOfHundred: 0, visitorsOfDay: known, visitors, consentOf });
  const checks = of(known, 0);
  const news = of(known, 100);
  let turn = 0;
  const rows = {
    body: (at: number): string => {
      turn += 1;
      return (turn % 2 === 0 ? news : checks).body(at);
    },
  };
  return { name, server, loads: { checks, rows }, seen: { checks: [], rows: [] } };
};

const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const sides: Side[] = [];
try {
  sides.push(await sideOf('gate', folder));
  sides.push(await sideOf('pass-all', folder, withoutGate()));
  const [gate, bare] = sides as [Side, Side];
  // The first round warms up, and is not told where there are others.
  for (let round = 0; round < rounds + 1; round += 1)
    for (const what of ['checks', 'rows'] as const)
      for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
        const one = await load(side.server, side.loads[what], seconds, bodiesPerS);
        if (round > 0) side.seen[what].push(one);
      }
  for (const what of ['checks', 'rows'] as const) {
    const of = ({ seen }: Side, key: keyof Round): number[] => seen[what].map((round) => round[key]);
    const ratio = (key: keyof Round): string => spread(of(gate, key).map((value, n) => value / of(bare, key)[n]!));
    console.log(
      `${what}: events/s ${spread(of(gate, 'eventsPerS'))} with the gate, ${spread(of(bare, 'eventsPerS'))} without, ` +
        `ratio ${ratio('eventsPerS')}\n` +
        `  CPU µs an event ${spread(of(gate, 'cpuUs'))} with, ${spread(of(bare, 'cpuUs'))} without, ratio ${ratio('cpuUs')}\n` +
        `  p99 ms ${spread(of(gate, 'p99Ms'))} with, ${spread(of(bare, 'p99Ms'))} without\n` +
        `  requests not accepted whole: ${sides.map((side) => `${side.name} ${of(side, 'short').reduce((a, b) => a + b, 0)}`).join(', ')}; ` +
        `median of ${rounds} rounds of ${seconds} s, least and most`,
    );
  }
} finally {
  await Promise.all(sides.map(({ server }) => stopped(server)));
  rmSync(folder, { recursive: true, force: true });
}
