// The collector as a process among others on a machine that fails it: killed under load, asked to stop, out of disk, locked
// out of its own data. What it answered as accepted is there afterwards, always, and it comes back by itself.

import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Answer } from '../collector/log/log.js';
import { type Collector, newFolder, startCollector, until } from './testing/collector.fixture.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const started = async (options: Parameters<typeof startCollector>[0] = {}): Promise<Collector> => {
  const collector = await startCollector(options);
  closing.push(collector.stop);
  return collector;
};

const users = 20;
const call = (user: number, more: object = {}) => ({
  type: 'track',
  event: 'Counted',
  messageId: randomUUID(),
  userId: `u${user % users}`,
  timestamp: new Date().toISOString(),
  ...more,
});
type Call = ReturnType<typeof call>;

/** Sends batches from many sides at once until it is stopped, and remembers what became of each. */
const load = (collector: Collector, sides = 16) => {
  const accepted: Call[][] = [];
  const unanswered: Call[][] = [];
  const refused: number[] = [];
  let sent = 0;
  let stopped = false;
  const side = async () => {
    while (!stopped) {
      const calls = Array.from({ length: 10 }, () => call(sent++));
      try {
        const response = await collector.send(calls);
        const answer = (await response.json()) as Answer;
        if (response.ok && answer.accepted === calls.length) accepted.push(calls);
        else refused.push(response.status);
      } catch {
        unanswered.push(calls);
        return;
      }
    }
  };
  const done = Promise.all(Array.from({ length: sides }, side));
  return {
    accepted,
    unanswered,
    refused,
    end: async () => {
      stopped = true;
      await done;
    },
  };
};

/** Sent once more, each is known already: the black-box proof that it was kept. */
const expectKept = async (collector: Collector, batches: Call[][]) => {
  const calls = batches.flat();
  while (calls.length > 0) {
    const some = calls.splice(0, 200);
    const answer = await collector.answer(await collector.send(some));
    expect([answer.duplicates, answer.accepted, answer.warnings]).toEqual([some.length, 0, []]);
  }
};
const counted = async (collector: Collector): Promise<number> => {
  const profiles = await Promise.all(Array.from({ length: users }, (_, n) => collector.profiles({ userId: `u${n}` })));
  return profiles.flat().reduce((sum, { counts }) => sum + counts.events, 0);
};

describe('under load', () => {
  test('killed at any moment, it keeps what it answered, and what it did not answer comes in by a second try', async () => {
    const collector = await started();
    let events = 0;
    for (const least of [5, 40, 120]) {
      const { accepted, unanswered, refused, end } = load(collector);
      await until(() => accepted.length >= least);
      await collector.kill();
      await end();
      expect(refused).toEqual([]);
      expect(unanswered.length).toBeGreaterThan(0);
      await collector.start();
      await expectKept(collector, accepted);
      for (const calls of unanswered) {
        const answer = await collector.answer(await collector.send(calls));
        // One request is one transaction: all of it had been kept, or nothing.
        expect([0, calls.length]).toContain(answer.accepted);
        expect(answer.accepted + answer.duplicates).toBe(calls.length);
      }
      events += [...accepted, ...unanswered].flat().length;
      expect(await counted(collector)).toBe(events);
    }
  });

  test('asked to stop, it answers what is under way, ends with 0, and all of it is there at the next start', async () => {
    const collector = await started();
    const { accepted, unanswered, refused, end } = load(collector);
    await until(() => accepted.length >= 50);
    const code = await collector.terminate();
    await end();
    expect([code, refused]).toEqual([0, []]);
    await collector.start();
    await expectKept(collector, accepted);
    // Whoever came too late was told so by a closed door, and had not been let in.
    for (const calls of unanswered) {
      const answer = await collector.answer(await collector.send(calls));
      expect([answer.accepted, answer.duplicates]).toEqual([calls.length, 0]);
    }
  });
});

/** A disk of its own, small enough to be filled. */
const smallDisk = (size: string): string | null => {
  const folder = newFolder('disk');
  if (
    process.platform === 'linux' &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'weft-test', folder]).status === 0
  ) {
    closing.push(() => {
      spawnSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    });
    return folder;
  }
  rmSync(folder, { recursive: true, force: true });
  return null;
};

test('on a full disk it answers 503 with a time to come again, loses nothing it had accepted, and goes on when there is room', async ({
  skip,
}) => {
  const disk = smallDisk('24m');
  if (disk === null) return skip('needs Linux and the right to mount a tmpfs: run the tests as root');
  const data = join(disk, 'data');
  mkdirSync(data);
  const collector = await started({ data });
  const padding = 'x'.repeat(2_000);
  const batch = () => Array.from({ length: 50 }, (_, n) => call(n, { properties: { padding } }));
  const kept: Call[][] = [];
  const send = async (): Promise<Response> => {
    const calls = batch();
    const response = await collector.send(calls);
    if (response.ok && (await collector.answer(response.clone())).accepted === calls.length) kept.push(calls);
    return response;
  };
  for (let n = 0; n < 5; n += 1) expect((await send()).status).toBe(200);

  const ballast = join(disk, 'ballast');
  expect(() => writeFileSync(ballast, Buffer.alloc(64 * 1024 * 1024))).toThrow(/ENOSPC/);
  const refused = await until(async () => {
    const response = await send();
    return !response.ok && response;
  });
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ error: { code: 'unavailable' } });
  // Who only reads goes on reading.
  expect(await counted(collector)).toBe(kept.flat().length);
  expect((await fetch(`${collector.url}/healthz`)).status).toBe(200);

  rmSync(ballast);
  await until(async () => (await send()).ok);
  await expectKept(collector, kept);
  await collector.kill();
  await collector.start();
  await expectKept(collector, kept);
  expect(await counted(collector)).toBe(kept.flat().length);
});

test('locked out of its data by another process it answers 503, then goes on by itself', async () => {
  const collector = await started();
  const before = [call(0)];
  expect(await collector.answer(await collector.send(before))).toMatchObject({ accepted: 1 });
  const other = new Database(join(collector.folder, 'weft.sqlite'));
  closing.push(() => void other.close());
  other.exec('BEGIN IMMEDIATE');
  const waiting = [call(1)];
  const refused = await collector.send(waiting);
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true]);
  expect(await counted(collector)).toBe(1);
  other.exec('ROLLBACK');
  const answer = await until(async () => {
    const response = await collector.send(waiting);
    return response.ok && (await collector.answer(response));
  });
  expect(answer).toMatchObject({ accepted: 1, duplicates: 0 });
  await expectKept(collector, [before, waiting]);
});

test('a second collector on the same folder says who writes there already, and ends', async () => {
  const collector = await started();
  const main = fileURLToPath(new URL('../dist/collector/main.js', import.meta.url));
  const second = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, PORT: '0', WEFT_DATA: collector.folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  second.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => second.once('exit', resolve));
  expect([code, said]).toEqual([78, expect.stringMatching(/WEFT_DATA: .*is running \(pid \d+, since .*\)/)]);
  expect((await collector.send([call(0)])).status).toBe(200);
});
