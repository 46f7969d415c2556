// What the collector costs with millions of events stored, against an empty store, in turns in one run: the rate, CPU an
// event, the p99 of the answer, resident memory, a profile read by its id. The store is filled once by the real pipeline in
// a clock of its own, a day after the other, and kept for the next run. UUID v7 ids; 95 of a hundred requests come from
// visitors of the last day. First the writer alone, in CPU time, random foreign ids apart; then the whole collector.
// WEFT_BENCH_EVENTS events (5,000,000), WEFT_BENCH_PROFILES (200,000), WEFT_BENCH_STORE the folder that keeps them,
// WEFT_BENCH_S seconds a round (5), WEFT_BENCH_ROUNDS rounds (5).

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { purposes } from '../contract/purposes.js';
import {
  collector,
  load,
  perRequest,
  type Round,
  residentMib,
  spread,
  stopped,
  type Traffic,
  type TrafficOptions,
  traffic,
  userAgent,
} from '../ingest/load.fixture.js';
import type { Submission } from '../log/log.js';
import { openReadModel } from '../profiles/open.js';
import { sessionRules } from '../sessions/session.js';
import { openSqlite } from '../store/sqlite.js';
import { defaultSiteRules } from './accept.js';
import { submissionOf } from './sent.fixture.js';
import { openWriter, type Writer } from './writer.js';

const total = Number(process.env.WEFT_BENCH_EVENTS ?? 5_000_000);
const profiles = Number(process.env.WEFT_BENCH_PROFILES ?? 200_000);
const seconds = Number(process.env.WEFT_BENCH_S ?? 5);
const rounds = Number(process.env.WEFT_BENCH_ROUNDS ?? 5);
const days = 40;
const dayMs = 86_400_000;
const requests = total / perRequest;
const folder = process.env.WEFT_BENCH_STORE ?? join(tmpdir(), `weft-bench-filled-${total}-${profiles}`);
const filledFile = join(folder, 'filled.json');

const shares: Omit<TrafficOptions, 'seed'> = {
  newOfHundred: Math.round((profiles / requests) * 100),
  oldOfHundred: 5,
  visitorsOfDay: Math.round(profiles / days),
};

const mib = (path: string): string => (existsSync(path) ? (statSync(path).size / 2 ** 20).toFixed(0) : '0');

const key = { id: 'k', trust: 'public' as const, mode: 'external' as const, purposes, categories: {} };
function opened(path: string): Writer {
  return openWriter({
    path,
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: defaultSiteRules,
    consentFile: null,
  });
}
/** As the door groups them. */
function group(made: Traffic, count: number, at: number): Submission[] {
  const around = { key, userAgent, country: 'FR', origin: 'https://shop.test' };
  return Array.from({ length: count }, () => submissionOf({}, at, { ...around, text: made.body(at) }));
}
function take(writer: Writer, submissions: readonly Submission[], at: number): void {
  for (const settled of writer.run(submissions, at)) if (!('answer' in settled)) throw settled.failed;
}

/** In a clock of its own, a day after the other; retention runs every six hours of it, as it does by itself. */
function fill(): void {
  const half = `${folder}.filling`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  const path = join(half, 'weft.sqlite');
  const writer = opened(path);
  const made = traffic({ seed: 11, ...shares });
  const end = Date.now() - 60_000;
  const from = performance.now();
  const groupSize = 100;
  let cpu = process.cpuUsage();
  let told = 0;
  let aged = -1;
  let ageingUs = 0;
  const age = (at: number): void => {
    const before = process.cpuUsage();
    writer.command({ kind: 'retention', at });
    const { user, system } = process.cpuUsage(before);
    ageingUs += user + system;
  };
  for (let sent = 0, day = 0; sent < requests; ) {
    const at = Math.round(end - days * dayMs + (sent / requests) * days * dayMs);
    take(writer, group(made, groupSize, at), at);
    sent += groupSize;
    const hour = Math.floor((sent / requests) * days * 24);
    if (hour % 6 === 0) writer.due(at);
    if (hour % 6 === 0 && hour !== aged) {
      aged = hour;
      age(at);
    }
    if (Math.floor((sent / requests) * days) > day) {
      day += 1;
      const used = process.cpuUsage(cpu);
      cpu = process.cpuUsage();
      const each = (used.user + used.system) / ((sent - told) * perRequest);
      told = sent;
      const spent = (performance.now() - from) / 1000;
      console.log(
        `filling, day ${day} of ${days}: ${sent * perRequest} events, ${made.visitors()} visitors, ` +
          `${each.toFixed(1)} µs CPU an event, ${mib(path)} MiB, ${spent.toFixed(0)} s`,
      );
    }
  }
  writer.due(end);
  age(end);
  const { lost } = writer.store
    .prepare<{ lost: number }>('SELECT sum(narrowed) AS lost FROM retention_removals')
    .get()!;
  console.log(`ageing: ${lost} events lost a purpose by their age, ${(ageingUs / lost).toFixed(1)} µs CPU each`);
  writer.close();
  writeFileSync(join(half, 'filled.json'), JSON.stringify({ visitors: made.visitors() }));
  renameSync(half, folder);
}

/** The writer alone, in CPU time, which other programs on the machine disturb least: the two stores in turns, group by group. */
function alone(emptyTraffic: Traffic, fullTraffic: Traffic, what: string): void {
  const emptyPath = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const sides = [
    { writer: opened(join(emptyPath, 'weft.sqlite')), made: emptyTraffic, all: [] as number[] },
    { writer: opened(join(folder, 'weft.sqlite')), made: fullTraffic, all: [] as number[] },
  ];
  const groups = 20;
  for (let round = 0; round < rounds + 3; round += 1) {
    const used = sides.map(() => 0);
    for (let n = 0; n < groups; n += 1) {
      for (const [side, { writer, made }] of sides.entries()) {
        const at = Date.now();
        const submissions = group(made, 64, at);
        const before = process.cpuUsage();
        take(writer, submissions, at);
        const { user, system } = process.cpuUsage(before);
        used[side]! += (user + system) / (64 * perRequest);
      }
    }
    // The first rounds warm up the code and the visitors of the day.
    if (round >= 3) for (const [side, { all }] of sides.entries()) all.push(used[side]! / groups);
  }
  const [empty, full] = sides.map((side) => side.all) as [number[], number[]];
  console.log(`the writer alone, ${what}, CPU µs an event: empty ${spread(empty)}, filled ${spread(full)}`);
  console.log(`the writer alone, ${what}, empty against filled: ${spread(full.map((one, n) => empty[n]! / one))}`);
  for (const { writer } of sides) writer.close();
  rmSync(emptyPath, { recursive: true, force: true });
}

function someIds(count: number): string[] {
  const store = openSqlite(join(folder, 'weft.sqlite'), [], { readonly: true });
  const known = store.prepare<{ n: number }>('SELECT max(leader) AS n FROM profiles').get()!.n;
  const hid = store.prepare<{ hid: string }>(
    'SELECT hid FROM profiles JOIN nodes ON nodes.id = profiles.leader WHERE profiles.leader >= ? ORDER BY profiles.leader LIMIT 1',
  );
  const ids = Array.from({ length: count }, (_, n) => hid.get(Math.floor((((n * 7919) % count) / count) * known))!.hid);
  store.close();
  return ids;
}
function quantiles(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(2);
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, ${times.length} different ones`;
}
/** As the reader's thread does it. */
function readsAlone(count: number): string {
  const { read, close } = openReadModel({ path: join(folder, 'weft.sqlite') });
  const ids = someIds(count);
  const before = process.cpuUsage();
  const times = ids.map((id) => {
    const from = performance.now();
    if (!read.profile(id, { purposes, now: Date.now() })) throw new Error('a profile is missing');
    return performance.now() - from;
  });
  const { user, system } = process.cpuUsage(before);
  close();
  return `${quantiles(times)}, ${((user + system) / count / 1000).toFixed(2)} ms CPU each`;
}
async function profileReads(url: string, count: number): Promise<string> {
  const times: number[] = [];
  for (const id of someIds(count)) {
    const from = performance.now();
    const answer = await fetch(`${url}/v1/profiles/${id}`, {
      headers: { authorization: 'Bearer sk_bench_0123456789' },
    });
    await answer.text();
    if (answer.status !== 200) throw new Error(`a profile was answered with ${answer.status}`);
    times.push(performance.now() - from);
  }
  return quantiles(times);
}

if (!existsSync(filledFile)) fill();
const { visitors } = JSON.parse(readFileSync(filledFile, 'utf8')) as { visitors: number };
const drawn = Date.now() % 1_000_000;
const fullTraffic = traffic({ seed: 13 + drawn, ...shares, visitors });
const foreign = { foreignIds: true, seed: 17 + drawn };
alone(traffic({ seed: 13, ...shares }), fullTraffic, 'UUID v7');
const foreignFull = traffic({ ...shares, ...foreign, visitors: fullTraffic.visitors() });
alone(traffic({ seed: 13, ...shares, foreignIds: true }), foreignFull, 'random foreign ids');
console.log(`profile read by id, the reader alone: ${readsAlone(2_000)}`);
const emptyFolder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const emptyTraffic = traffic({ seed: 13, ...shares });
const empty = await collector(emptyFolder);
const full = await collector(folder);
try {
  console.log(
    `the store: ${mib(join(folder, 'weft.sqlite'))} MiB, resident MiB at its start ${residentMib(full).toFixed(0)}`,
  );
  // Each has had its first visitors of the day before it is looked at.
  for (let n = 0; n < 2; n += 1) {
    await load(empty, emptyTraffic, seconds);
    await load(full, fullTraffic, seconds);
  }
  const emptys: Round[] = [];
  const fulls: Round[] = [];
  const resident: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    emptys.push(await load(empty, emptyTraffic, seconds));
    fulls.push(await load(full, fullTraffic, seconds));
    resident.push(residentMib(full));
  }
  const say = (what: string, key: keyof Round): void =>
    console.log(
      `${what}: empty ${spread(emptys.map((one) => one[key]))}, filled ${spread(fulls.map((one) => one[key]))}`,
    );
  say('events/s', 'eventsPerS');
  console.log(`rate, filled against empty: ${spread(fulls.map((one, n) => one.eventsPerS / emptys[n]!.eventsPerS))}`);
  say('CPU µs an event', 'cpuUs');
  console.log(`CPU, empty against filled: ${spread(fulls.map((one, n) => emptys[n]!.cpuUs / one.cpuUs))}`);
  say('p99 ms', 'p99Ms');
  console.log(`resident MiB, round by round: ${resident.map((one) => one.toFixed(0)).join(', ')}`);
  console.log(`profile read by id, over HTTP: ${await profileReads(full.url, 2_000)}`);
  writeFileSync(filledFile, JSON.stringify({ visitors: Math.max(fullTraffic.visitors(), foreignFull.visitors()) }));
} finally {
  await Promise.all([stopped(empty), stopped(full)]);
  rmSync(emptyFolder, { recursive: true, force: true });
}
