// What it costs to look through a store for what others wrote of one erased person: CPU per million events, by the number of
// people who are looked for at once. WEFT_BENCH_EVENTS events of some 700 bytes, one in ten of which holds an address.

import { eventMigrations, eventStore } from '../events/store.js';
import { openSqlite } from '../store/sqlite.js';
import { readThrough } from './closure.js';
import { spellingsOf } from './spellings.js';
import type { WorkingSet } from './working-set.js';

const events = Number(process.env.WEFT_BENCH_EVENTS ?? 200_000);
const sql = openSqlite(':memory:', [...eventMigrations]);
const insert = sql.prepare("INSERT INTO events (seq, mid, at, flags, because, body) VALUES (?, 'm' || ?, ?, 0, 0, ?)");
const filler = 'A product with a name of some length, in a category, with a price. '.repeat(7);
sql.transaction(() => {
  for (let seq = 1; seq <= events; seq += 1)
    insert.run(
      seq,
      seq,
      seq,
      JSON.stringify({
        y: 0,
        r: 1_793_610_300_000 + seq,
        n: 'Product Viewed',
        a: `0198b3a2-7c1e-7f00-9d6e-${String(seq % 50_000).padStart(12, '0')}`,
        pr: { product_id: `p${seq % 900}`, price: 12.5, currency: 'EUR', text: filler },
        ...(seq % 10 === 0 && { t: { email: `shopper${seq}@mail.example` } }),
      }),
    );
});
const set = { events: eventStore(sql) } as unknown as WorkingSet;
for (const count of [1, 20, 200]) {
  const people = Array.from({ length: count }, (_, n) => ({
    name: n,
    spellings: spellingsOf({
      userIds: [`cus_${n}_4f2a9c1b77`],
      aliases: [],
      visitorIds: [],
      contacts: [
        { kind: 'email', value: `shopper${n * 10}@mail.example` },
        ...(n % 4 === 0 ? [{ kind: 'phone' as const, value: `+4917012${String(n).padStart(5, '0')}` }] : []),
      ],
    }),
  }));
  const from = process.cpuUsage();
  let longestMs = 0;
  let found = 0;
  for (let past: number | null = 0; past !== null; ) {
    const before = process.cpuUsage();
    const step: ReturnType<typeof readThrough> = readThrough(set, people, { pastSeq: past, lastSeq: events }, 2_000);
    past = step.past;
    found += step.found.size;
    const { user, system } = process.cpuUsage(before);
    longestMs = Math.max(longestMs, (user + system) / 1_000);
  }
  const { user, system } = process.cpuUsage(from);
  const seconds = ((user + system) / 1e6 / events) * 1e6;
  console.log(
    `${count} people: ${seconds.toFixed(1)} s of CPU for a million events, the longest slice of 2,000 took ${longestMs.toFixed(0)} ms; ${found} found`,
  );
}
