// The engines with their threads, as they are built: a log of writes that stays short. That a killed process keeps what it
// answered is in examples/process.test.ts.

import { statSync } from 'node:fs';
import { join } from 'node:path';
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
