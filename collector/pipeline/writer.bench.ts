// What the writer costs by itself, without HTTP: groups as the door makes them, ten events a request, on a real file.
// Prints events/s and CPU microseconds an event as the store fills, then what a profile read and a rebuild cost on it.
// WEFT_BENCH_EVENTS events in five parts (100,000), of visitors of whom WEFT_BENCH_NAMED in a hundred are logged in (none).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { purposes } from '../contract/purposes.js';
import type { Submission } from '../log/log.js';
import { readModelOf } from '../profiles/open.js';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { submissionOf } from './sent.fixture.js';
import { openWriter } from './writer.js';

const total = Number(process.env.WEFT_BENCH_EVENTS ?? 100_000);
const namedOfHundred = Number(process.env.WEFT_BENCH_NAMED ?? 0);
const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const writer = openWriter({
  path: join(folder, 'weft.sqlite'),
  rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
  site: defaultSiteRules,
  consentFile: null,
});
const key = { id: 'k', trust: 'public' as const, mode: 'external' as const, purposes, categories: {} };
const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

let random = 1;
const draw = (n: number): number => {
  random = (random * 1103515245 + 12345) % 2147483648;
  return random % n;
};
let at = Date.now();
let counter = 0;
const uuidV7 = (): string => {
  counter += 1;
  const time = at.toString(16).padStart(12, '0');
  const tail = (draw(0x7fffffff).toString(16) + draw(0x7fffffff).toString(16) + counter.toString(16))
    .padStart(18, '0')
    .slice(-18);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${tail.slice(6, 18)}`;
};
let visitors = 0;
const request = (): Submission => {
  const isNew = draw(10) < 5 || visitors < 100;
  const visitor = isNew ? visitors++ : Math.max(0, visitors - 1 - draw(Math.min(visitors, 5_000)));
  const batch = Array.from({ length: 10 }, (_, n) => {
    at += 1;
    const isPage = n % 2 === 0;
    return {
      type: isPage ? 'page' : 'track',
      messageId: uuidV7(),
      anonymousId: `0190a0b0-0000-7000-8000-${String(visitor).padStart(12, '0')}`,
      ...(visitor % 100 < namedOfHundred && { userId: `customer-${visitor}` }),
      timestamp: new Date(at).toISOString(),
      ...(isPage
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
    };
  });
  const around = { key, userAgent, country: 'FR', origin: 'https://shop.test' };
  return submissionOf({ batch, sentAt: new Date(at).toISOString() }, at, around);
};

for (let part = 1; part <= 5; part += 1) {
  const groups = Array.from({ length: Math.ceil(total / 5 / 640) }, () => Array.from({ length: 64 }, request));
  const cpu = process.cpuUsage();
  const from = performance.now();
  let events = 0;
  for (const group of groups) {
    for (const settled of writer.run(group, at)) {
      if (!('answer' in settled)) throw settled.failed;
      events += settled.answer.accepted;
      if (settled.answer.accepted !== 10) throw new Error(JSON.stringify(settled.answer));
    }
  }
  const wallMs = performance.now() - from;
  const used = process.cpuUsage(cpu);
  console.log(
    `part ${part}: ${events} events, ${Math.round((events / wallMs) * 1000)} events/s, ` +
      `${((used.user + used.system) / events).toFixed(1)} µs CPU an event, ${visitors} visitors, ` +
      `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
  );
}
const read = readModelOf(writer.store);
const ids = writer.store
  .prepare<{ hid: string }>('SELECT hid FROM nodes JOIN profiles ON profiles.leader = nodes.id ORDER BY hid LIMIT 5000')
  .all();
const times = ids.map(({ hid }) => {
  const from = performance.now();
  if (!read.profile(hid, { purposes, now: at })) throw new Error('a profile is missing');
  return performance.now() - from;
});
times.sort((a, b) => a - b);
console.log(
  `profile read by id, ${visitors} profiles: median ${times[times.length >> 1]?.toFixed(2)} ms, p99 ${times[Math.floor(times.length * 0.99)]?.toFixed(2)} ms`,
);
const from = performance.now();
const rebuilt = writer.command({ kind: 'rebuild', at, check: true }).body as { equal: boolean; events: number };
console.log(
  `rebuild --check: ${rebuilt.events} events, ${Math.round((rebuilt.events / (performance.now() - from)) * 1000)} events/s, ` +
    `${rebuilt.equal ? 'equal bytes' : 'DIFFERENT'}`,
);
writer.close();
rmSync(folder, { recursive: true });
