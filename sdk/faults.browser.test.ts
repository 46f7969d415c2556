// What becomes of 100 events when the network, the collector or the browser fails: the fault table of the numbers page,
// with a real Chromium, a folder of its own, and a collector that counts each id.

import { rmSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Chromium, newFolder, startChromium, until } from './fixtures/chromium.js';
import { type Collector, configOf, startCollector } from './fixtures/collector.js';
import { startSite } from './fixtures/site.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const grant = `weft.consent.set({ measurement: true, personalisation: true, marketing: true, sharing: true }, { source: 'own-cmp' });`;

let folder: string;
let chromium: Chromium;
let collector: Collector;
let site: Awaited<ReturnType<typeof startSite>>;
let after = grant;

beforeEach(async () => {
  folder = newFolder();
  after = grant;
  collector = await startCollector();
  // As a shop with a banner of its own does it: the answer is repeated on every page.
  site = await startSite(collector.url, () => ({
    attributes: { 'data-config': JSON.stringify(configOf({ preConsent: { mode: 'drop' } })), 'data-pages': 'false' },
    after,
  }));
  chromium = await startChromium(folder);
});
afterEach(async () => {
  await chromium.kill();
  await site.stop();
  await collector.stop();
  rmSync(folder, { recursive: true, force: true });
});

const open = async (path = '/'): Promise<Page> => {
  const page = await chromium.context.newPage();
  await page.goto(site.url + path);
  await page.waitForFunction(() => (window as any).weft?.consent?.get?.()?.measurement);
  return page;
};
const hundred = (page: Page, from = 0, to = 100) =>
  page.evaluate(
    ([from, to]) => {
      for (let n = from!; n < to!; n++)
        (window as any).weft.track('Counted', { n, name: `product ${n % 7}`, price: 9.99 });
    },
    [from, to],
  );
const counted = () => new Set(collector.named('Counted').map(({ properties }: any) => properties.n)).size;
const down = { fault: () => ({ kind: 'down' as const }) };
const restart = async (how: 'close' | 'kill') => {
  await chromium[how]();
  chromium = await startChromium(folder);
};
const granted = async (page: Page) => {
  await page.evaluate(() => (window as any).weft.flush());
  await until(() => collector.ledger.size);
};

describe('a hundred events', { timeout: 90_000 }, () => {
  it('arrive in at most three requests, compressed, without a preflight', async () => {
    const page = await open();
    await granted(page);
    const before = collector.requests.length;
    await hundred(page);
    await until(() => counted() === 100);
    const requests = collector.requests.slice(before);
    expect(requests.length).toBeLessThanOrEqual(3);
    expect(requests.every(({ method, isGzip }) => method === 'POST' && isGzip)).toBe(true);
    expect(requests.reduce((sum, { bytes }) => sum + bytes, 0) / 100).toBeLessThanOrEqual(150);
    // What is compressed has no type; what has one is text: nothing a browser would ask leave for.
    for (const { headers } of requests) {
      expect(headers.cookie).toBeUndefined();
      expect(headers['content-type'] ?? 'text/plain').toMatch(/^text\/plain/);
    }
    expect([...collector.deliveries.values()].every((times) => times === 1)).toBe(true);
  });

  it('survive being offline, quitting and coming back', async () => {
    const page = await open();
    await granted(page);
    await chromium.context.setOffline(true);
    await hundred(page);
    await sleep(300);
    await restart('close');
    await open();
    await until(() => counted() === 100);
  });

  it('survive a collector that is down, quitting and coming back', async () => {
    const page = await open();
    await granted(page);
    collector.rule(down);
    await hundred(page);
    await sleep(300);
    await restart('close');
    collector.rule({});
    await open();
    await until(() => counted() === 100);
  });

  it('survive a collector that was down from the beginning, even for its configuration', async () => {
    await granted(await open());
    await restart('close');
    collector.rule(down);
    await site.stop();
    after = '';
    site = await startSite(collector.url, () => ({ attributes: { 'data-pages': 'false' } }), new URL(site.url).port);
    const page = await open();
    await hundred(page);
    await sleep(300);
    await restart('close');
    collector.rule({ config: configOf() });
    await open();
    await until(() => counted() === 100);
  });

  it('survive 500 for five seconds', async () => {
    const page = await open();
    await granted(page);
    const end = Date.now() + 5_000;
    collector.rule({ fault: () => (Date.now() < end ? { kind: 'status', status: 500 } : undefined) });
    await hundred(page);
    await until(() => counted() === 100, 25_000);
  });

  it('are counted once each when answers are lost', async () => {
    const page = await open();
    await granted(page);
    let lost = 0;
    collector.rule({ fault: ({ path }) => (path === '/v1/batch' && lost++ < 3 ? { kind: 'lost' } : undefined) });
    await hundred(page);
    await until(() => lost > 3, 25_000);
    await until(() => counted() === 100);
    expect(collector.named('Counted')).toHaveLength(100);
    // Sent again under the same ids, not as others.
    expect(Math.max(...collector.deliveries.values())).toBeGreaterThan(1);
    const before = collector.posts().length;
    await page.evaluate(() => (window as any).weft.flush());
    expect(collector.posts()).toHaveLength(before);
  });

  it('S1: of two tabs with a backlog all arrive, in one session, though one tab is gone', async () => {
    const a = await open('/a');
    await granted(a);
    const b = await open('/b');
    collector.rule(down);
    await hundred(a, 0, 50);
    await hundred(b, 50, 100);
    await sleep(300);
    await b.close();
    collector.rule({});
    await a.evaluate(() => (window as any).dispatchEvent(new Event('online')));
    await until(() => counted() === 100);
    expect(new Set(collector.named('Counted').map(({ context }: any) => context.sessionId)).size).toBe(1);
    expect(new Set(collector.named('Counted').map(({ anonymousId }: any) => anonymousId)).size).toBe(1);
  });

  it('arrive though another page of the shop keeps the lock and does nothing with it', async () => {
    const page = await open();
    await granted(page);
    const stuck = await chromium.context.newPage();
    await stuck.goto(`${site.url}/stuck`);
    await stuck.evaluate(
      () =>
        new Promise<void>((held) => {
          navigator.locks.request('weft', () => {
            held();
            return new Promise(() => {});
          });
        }),
    );
    const [flushed] = await Promise.all([
      page.evaluate(() => (window as any).weft.flush().then(() => true)),
      hundred(page),
    ]);
    expect(flushed).toBe(true);
    await until(() => counted() === 100, 30_000);
  });

  it('wait for the time that Retry-After gives, after a reload too', async () => {
    const page = await open();
    await granted(page);
    let refusedAt = 0;
    collector.rule({
      fault: ({ path }) => {
        if (path !== '/v1/batch' || refusedAt) return undefined;
        refusedAt = Date.now();
        return { kind: 'status', status: 429, headers: { 'retry-after': '4' } };
      },
    });
    await hundred(page);
    await until(() => refusedAt);
    await sleep(200);
    await page.reload();
    await page.waitForFunction(() => (window as any).weft?.consent?.get?.()?.measurement);
    await page.evaluate(() => (window as any).weft.flush());
    await until(() => counted() === 100);
    const [first] = collector.batches().filter(({ at }) => at > refusedAt);
    expect(first!.at - refusedAt).toBeGreaterThanOrEqual(4_000);
  });

  it('survive a browser that is killed while they are made, but for the last few', async () => {
    const page = await open();
    await granted(page);
    collector.rule(down);
    await page.evaluate(async () => {
      for (let n = 0; n < 100; n++) {
        (window as any).weft.track('Counted', { n, name: `product ${n % 7}`, price: 9.99 });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    await restart('kill');
    collector.rule({});
    await open();
    await until(() => counted() >= 95);
  });

  // All of one turn are one transaction. Killed before the database has it, all are gone (docs/decisions/0691).
  it('survive a browser that is killed as soon as the database has them, all made in one turn', async () => {
    const page = await open();
    await granted(page);
    collector.rule(down);
    await hundred(page);
    await page.evaluate(
      () =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open('weft-wk_test');
          opening.onerror = reject;
          opening.onsuccess = () => {
            // Waits its turn behind what was written before.
            opening.result.transaction('events').objectStore('events').count().onsuccess = () => resolve();
          };
        }),
    );
    await restart('kill');
    collector.rule({});
    await open();
    await until(() => counted() === 100);
  });

  it('survive a browser that is killed after 3 s', async () => {
    const page = await open();
    await granted(page);
    collector.rule(down);
    await hundred(page);
    await sleep(3_000);
    await restart('kill');
    collector.rule({});
    await open();
    await until(() => counted() === 100);
  });

  it('survive a browser that is killed before the row of their consent was ever delivered', async () => {
    collector.rule(down);
    const page = await open();
    await hundred(page);
    await sleep(1_000);
    await restart('kill');
    collector.rule({});
    await open();
    await until(() => counted() === 100);
  });

  it('leave with the page that made them, uncompressed and without a preflight', async () => {
    const page = await open();
    await granted(page);
    const before = collector.requests.length;
    await hundred(page, 0, 20);
    await page.goto('about:blank');
    await until(() => counted() === 20);
    const [request] = collector.requests.slice(before);
    expect(request).toMatchObject({ method: 'POST', path: '/v1/batch', isGzip: false });
  });
});

describe('what a page lets go of', { timeout: 60_000 }, () => {
  /** By reason, as all batches that were answered have told it. */
  const told = (from = 0) => {
    const sums: Record<string, number> = {};
    for (const { body } of collector.batches().slice(from))
      for (const [reason, n] of Object.entries((body.discarded ?? {}) as Record<string, number>))
        sums[reason] = (sums[reason] ?? 0) + n;
    return Object.fromEntries(Object.entries(sums).filter(([, n]) => n !== 0));
  };
  const call = (page: Page, code: string) => page.evaluate(code);
  const tooLarge = `weft.track('Counted', { text: 'x'.repeat(40_000) })`;

  it('is told with the first batch, when the row of the consent has gone alone before it', async () => {
    after = '';
    const page = await chromium.context.newPage();
    await page.goto(site.url);
    await page.waitForFunction(() => (window as any).weft?.consent?.get?.()?.measurement === null);
    await call(page, `weft.track('Early'); weft.track('Early')`);
    await call(page, grant);
    await until(() => collector.posts().some(({ path }) => path === '/v1/consent'));
    await call(page, `weft.track('Counted')`);
    await call(page, `weft.flush()`);
    await until(() => collector.batches().length);
    expect(told()).toEqual({ no_consent: 2 });
    await call(page, `weft.track('Counted')`);
    await call(page, `weft.flush()`);
    await until(() => collector.batches().length > 1);
    expect(told()).toEqual({ no_consent: 2 });
  });

  it('is told later, when it happens while a batch is on its way, and again, when that is not answered', async () => {
    const page = await open();
    await granted(page);
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    let asked = 0;
    await page.route('**/v1/batch', async (route) => {
      asked += 1;
      if (asked === 1) await held;
      await route.continue();
    });
    await call(page, `weft.track('Counted', { n: 1 })`);
    const first = call(page, `weft.flush()`);
    await until(() => asked);
    await call(page, tooLarge);
    go();
    await first;
    expect(told()).toEqual({});

    const failing = {
      fault: ({ path }: { path: string }) =>
        path === '/v1/batch' ? ({ kind: 'status', status: 500 } as const) : undefined,
    };
    collector.rule(failing);
    const before = collector.batches().length;
    await call(page, `weft.track('Counted', { n: 2 })`);
    await call(page, `weft.flush()`);
    await until(() => collector.batches().length > before);
    const refused = collector.batches().length;
    collector.rule({});
    await until(() => counted() === 2, 25_000);
    await until(() => collector.batches().length > refused);
    expect(told(refused)).toEqual({ too_large: 1 });
  });
});
