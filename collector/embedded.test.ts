// The engines with their threads, as they are built: a log of writes that stays short. That a killed process keeps what it
// answered is in examples/process.test.ts.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
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

describe('a store that another process holds', () => {
  it('is said at once to all but the first, with the reason where operators look, and events are taken again by themselves', async () => {
    const WEFT_DATA = temporary();
    const { url } = await collector(WEFT_DATA, {});
    await send(url, batchOf(1, 1));
    const other = new Database(join(WEFT_DATA, 'weft.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    const post = () => fetch(`${url}/v1/batch`, { method: 'POST', headers, body: batchOf(2, 1) });
    // It may pass; nobody is sent away for a moment.
    expect((await post()).status).toBe(503);
    // Twelve waits of five seconds, one after the other, would be longer than this test may take.
    for (let n = 0; n < 12; n += 1) {
      const refused = await post();
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    }
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      error: { code: 'unavailable', hint: expect.stringContaining('SQLITE_BUSY') },
    });
    // Reading goes on.
    expect((await fetch(`${url}/v1/profiles?userId=u1`, { headers })).status).toBe(200);
    other.exec('COMMIT');
    other.close();
    while ((await fetch(`${url}/readyz`)).status !== 200) await wait(100);
    expect((await send(url, batchOf(2, 1))).accepted).toBe(1);
  }, 45_000);
});
