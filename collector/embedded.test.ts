// The engines with their threads, as they are built: a process that is killed, and a log of writes that stays short.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collector, secretKey, temporary } from './cli/weft.fixture.js';
import type { Answer } from './log/log.js';

const headers = { 'content-type': 'application/json', authorization: `Bearer ${secretKey}` };
const batchOf = (n: number, events: number): string =>
  JSON.stringify({
    batch: Array.from({ length: events }, (_, of) => ({
      type: 'track',
      event: 'Product Viewed',
      userId: `u${n % 20}`,
      messageId: `m-${n}-${of}`,
      timestamp: new Date(Date.UTC(2026, 10, 1) + n * 1_000 + of).toISOString(),
      properties: { product_id: `p${of}`, note: 'x'.repeat(400) },
    })),
  });
const send = async (url: string, body: string): Promise<Answer> => {
  const response = await fetch(`${url}/v1/batch`, { method: 'POST', headers, body });
  if (response.status !== 200) throw new Error(String(response.status));
  return (await response.json()) as Answer;
};

describe('the engines in their threads', () => {
  it('killed under load, have all that was answered, once, and take the rest again', async () => {
    const WEFT_DATA = temporary();
    const first = await collector(WEFT_DATA, { WEFT_RATE: '1000000' });
    const perBatch = 10;
    const answered = new Set<number>();
    let sent = 0;
    let ended = false;
    const sender = async (): Promise<void> => {
      while (!ended) {
        const n = sent;
        sent += 1;
        try {
          const answer = await send(first.url, batchOf(n, perBatch));
          if (answer.accepted === perBatch) answered.add(n);
        } catch {
          return;
        }
      }
    };
    const senders = Array.from({ length: 12 }, sender);
    while (answered.size < 40) await pause(5);
    first.child.kill('SIGKILL');
    ended = true;
    await Promise.all(senders);
    await first.ended;

    const second = await collector(WEFT_DATA, { WEFT_RATE: '1000000' });
    let again = 0;
    for (let n = 0; n < sent; n += 1) {
      const answer = await send(second.url, batchOf(n, perBatch));
      expect([n, answer.accepted + answer.duplicates]).toEqual([n, perBatch]);
      if (answered.has(n)) expect([n, answer.duplicates]).toEqual([n, perBatch]);
      again += answer.accepted;
    }
    expect(again).toBeLessThanOrEqual((sent - answered.size) * perBatch);
    let kept = 0;
    for (let user = 0; user < 20; user += 1) {
      const found = await fetch(`${second.url}/v1/profiles?userId=u${user}`, { headers });
      const { profiles } = (await found.json()) as { profiles: { id: string }[] };
      expect(profiles.length).toBeLessThanOrEqual(1);
      for (const { id } of profiles) {
        for (let next: string | null = `/v1/profiles/${id}/events?limit=100`; next; ) {
          const page = (await (await fetch(new URL(next, second.url), { headers })).json()) as {
            items: unknown[];
            next: string | null;
          };
          kept += page.items.length;
          next = page.next ? `/v1/profiles/${id}/events?limit=100&cursor=${encodeURIComponent(page.next)}` : null;
        }
      }
    }
    expect(kept).toBe(sent * perBatch);
  }, 60_000);

  it('move their log of writes into the file while they write, and keep it short', async () => {
    const WEFT_DATA = temporary();
    const { url } = await collector(WEFT_DATA, { WEFT_RATE: '1000000' });
    const size = (name: string): number => statSync(join(WEFT_DATA, name)).size;
    let n = 0;
    let longest = 0;
    const sender = async (): Promise<void> => {
      while (n < 400) {
        n += 1;
        await send(url, batchOf(n, 50));
        longest = Math.max(longest, size('weft.sqlite-wal'));
      }
    };
    await Promise.all(Array.from({ length: 8 }, sender));
    // 20,000 events of some 600 bytes went through the log.
    expect(size('weft.sqlite')).toBeGreaterThan(8_000_000);
    expect(longest).toBeLessThan(64_000_000);
  }, 60_000);
});
