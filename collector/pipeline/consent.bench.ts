// What the consent checks cost the writer: the whole way of an event with the real gate, against the same way with a gate
// that lets everything pass, in turns in one run, on real files. Quote the ratio of CPU time an event. `checks` are events
// of devices whose receipt is in the ledger; `rows` are visits whose first batch brings the row, which the ledger chains.
// WEFT_BENCH_EVENTS events a round (20,000).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Consent } from '../consent/consent.js';
import { parsePolicy } from '../consent/policy/policy.js';
import { purposes } from '../contract/purposes.js';
import type { Submission } from '../log/log.js';
import { announcementsOf } from '../profiles/announcements.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { openPipeline, type Pipeline } from './pipeline.js';
import { submissionOf } from './sent.fixture.js';
import { aspects, openWriter, siteSecret, type Writer } from './writer.js';

const perRound = Number(process.env.WEFT_BENCH_EVENTS ?? 20_000);
const rounds = 7;
const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const rules = { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' } as const;
const key = { id: 'k', trust: 'public' as const, mode: 'ledger' as const, purposes, categories: {} };
const { configHash } = parsePolicy({});
const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

/** Everything passes, nothing is looked up, no row is kept. */
const passAll = (real: Consent): Consent => ({
  ...real,
  policy: real.policy,
  door: () => ({
    row: null,
    judge: () => ({
      kind: 'pass',
      purposes,
      receipt: null,
      strip: { anonymousId: false, userId: false, traits: false, contacts: [], clickIds: false },
      opens: [],
      personAct: null,
      gpc: false,
    }),
    kept: () => null,
    state: () => undefined,
    objected: () => [],
  }),
});

interface Side {
  name: string;
  writer: Writer;
  pipeline: Pipeline;
  us: { checks: number[]; rows: number[] };
}
const sideOf = (name: string, gate: (real: Consent) => Consent): Side => {
  const writer = openWriter({
    path: join(folder, name, 'weft.sqlite'),
    rules,
    site: defaultSiteRules,
    consentFile: null,
  });
  // A busy site has erased people, or the look-up of tombstones would cost nothing.
  writer.pipeline.attempt(() => {
    for (let n = 0; n < 1_000; n += 1) {
      const subject = n % 2 ? { userId: `gone-${n}` } : { anonymousId: `gone-${n}` };
      writer.consent.erasures.request(subject, { id: `e_${n}`, by: 'bench', at: 1 });
    }
  });
  const pipeline = openPipeline({
    sql: writer.store,
    rules,
    site: defaultSiteRules,
    aspects,
    announcer: announcementsOf,
    consent: gate(writer.consent),
    secret: siteSecret(writer.store),
  });
  return { name, writer, pipeline, us: { checks: [], rows: [] } };
};

let at = Date.UTC(2026, 10, 28, 9);
let counter = 0;
const visitorOf = (visitor: number): string => `0190a0b0-0000-7000-8000-${String(visitor).padStart(12, '0')}`;
const receiptOf = (visitor: number): string => `r${visitor}`.padEnd(22, '_');
const rowOf = (visitor: number) => ({
  receipt: receiptOf(visitor),
  kind: 'grant',
  visitorId: visitorOf(visitor),
  epoch: 'e1',
  decisions: purposes.map((purpose) => ({ purpose, value: 'granted', source: 'user' })),
  policy: { configHash },
  text: { locale: 'en', sha256: 'ab'.repeat(32) },
  ui: { layer: 'first', action: 'accept-all' },
  gpc: { js: false, ack: false },
  clientAt: new Date(at - 1_000).toISOString(),
});
const request = (visitor: number, withRow: boolean): Submission => {
  const batch = Array.from({ length: 10 }, (_, n) => {
    at += 1;
    counter += 1;
    const isPage = n % 2 === 0;
    return {
      type: isPage ? 'page' : 'track',
      messageId: `${at
        .toString(16)
        .padStart(12, '0')
        .replace(/^(.{8})/, '$1-')}-7000-8000-${counter.toString(16).padStart(12, '0')}`,
      anonymousId: visitorOf(visitor),
      timestamp: new Date(at).toISOString(),
      ...(isPage
        ? { properties: { url: `https://shop.test/p/${n}`, path: `/p/${n}`, title: 'A product' } }
        : {
            event: n === 3 ? 'Product Added' : 'Product Viewed',
            properties: {
              product_id: `p${counter % 500}`,
              name: 'Linen shirt',
              price: 39.9,
              quantity: 1,
              currency: 'EUR',
            },
          }),
      context: {
        userAgent,
        locale: 'en-GB',
        sessionId: `s-${visitor}`,
        consent: { receipt: receiptOf(visitor) },
        page: { url: 'https://shop.test/p/1', path: '/p/1', title: 'A product', referrer: 'https://shop.test/' },
        library: { name: 'weft.js', version: '0.1.0' },
      },
    };
  });
  const body = { batch, sentAt: new Date(at).toISOString(), ...(withRow && { consent: rowOf(visitor) }) };
  return submissionOf(body, at, { key, userAgent, country: 'FR', origin: 'https://shop.test' });
};

const run = (side: Side, groups: Submission[][], into: number[] | null): void => {
  const cpu = process.cpuUsage();
  let events = 0;
  for (const group of groups) {
    for (const settled of side.pipeline.run(group, group.at(-1)!.receivedAt)) {
      if (!('answer' in settled)) throw settled.failed;
      if (settled.answer.accepted !== 10) throw new Error(`${side.name}: ${JSON.stringify(settled.answer)}`);
      events += 10;
    }
  }
  const used = process.cpuUsage(cpu);
  into?.push((used.user + used.system) / events);
};

const sides = [sideOf('gate', (real) => real), sideOf('pass-all', passAll)];
const known = 2_000;
const grouped = (requests: Submission[]): Submission[][] =>
  Array.from({ length: Math.ceil(requests.length / 64) }, (_, n) => requests.slice(n * 64, n * 64 + 64));
// Devices that are known when the measuring begins.
const before = grouped(Array.from({ length: known }, (_, visitor) => request(visitor, true)));
for (const side of sides) run(side, before, null);

let visitors = known;
for (let round = 0; round <= rounds; round += 1) {
  const checks = grouped(Array.from({ length: perRound / 10 }, (_, n) => request((round * 911 + n) % known, false)));
  // Two batches a visit, the first with its row.
  const rows = grouped(
    Array.from({ length: perRound / 10 }, (_, n) => {
      if (n % 2 === 0) visitors += 1;
      return request(visitors, n % 2 === 0);
    }),
  );
  const inTurn = round % 2 === 0 ? sides : [...sides].reverse();
  for (const side of inTurn) run(side, checks, round === 0 ? null : side.us.checks);
  for (const side of inTurn) run(side, rows, round === 0 ? null : side.us.rows);
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const [gate, bare] = sides as [Side, Side];
for (const what of ['checks', 'rows'] as const) {
  const ratios = gate.us[what].map((value, n) => value / bare.us[what][n]!);
  const show = (values: number[], digits: number): string =>
    `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
  console.log(
    `${what}: ${show(gate.us[what], 1)} µs CPU an event with the gate, ${show(bare.us[what], 1)} without, ` +
      `ratio ${show(ratios, 3)}, median of ${rounds} rounds of ${perRound} events`,
  );
}
for (const { writer } of sides) writer.close();
rmSync(folder, { recursive: true });
