// What the script costs a page: its bytes, what a call to track() costs the main thread, the longest task it makes, and what
// a hundred events cost on the wire. In a real Chromium, against the test's collector. Prints figures, judges none.

import { readFileSync, rmSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { newFolder, startChromium, until } from './fixtures/chromium.js';
import { configOf, startCollector } from './fixtures/collector.js';
import { startSite } from './fixtures/site.js';

const rounds = Number(process.env.WEFT_BENCH_ROUNDS ?? 5);

const script = readFileSync('dist/sdk/weft.js');
const brotli = brotliCompressSync(script, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
console.log(`dist/sdk/weft.js: ${script.length} B, gzip ${gzipSync(script).length} B, brotli ${brotli.length} B`);

const folder = newFolder();
const collector = await startCollector();
const grant = "weft.push(['consent.set',{measurement:true,personalisation:true,marketing:true,sharing:true}]);";
const site = await startSite(
  collector.url,
  () => ({
    attributes: {
      'data-config': JSON.stringify(configOf({ preConsent: { mode: 'drop' } })),
      'data-pages': 'false',
    },
    after: grant,
  }),
  0,
  script.toString(),
);
const chromium = await startChromium(folder);
try {
  const medians: number[] = [];
  const turns: number[] = [];
  const ratios: number[] = [];
  const longest: number[] = [];
  const requests: number[] = [];
  const bytes: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const page = await chromium.context.newPage();
    await page.goto(site.url);
    await page.waitForFunction('window.weft?.consent?.get?.()?.measurement');
    await page.evaluate('weft.flush()');
    await until(() => collector.ledger.size > 0);
    const before = collector.requests.length;
    const seen = collector.events.size;
    const figures = (await page.evaluate(`(async () => {
      const tasks = [];
      const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
      observer.observe({ type: 'longtask' });
      // The clock of a page that is not isolated moves in steps of 100 µs, so ten calls are timed at once, in turn with ten
      // of what an event cannot do without: being written as text and read again.
      const times = [], baseline = [], turns = [];
      const properties = (n) => ({ product_id: 'p' + n, name: 'product ' + (n % 7), price: 9.99, currency: 'EUR' });
      const event = { type: 'track', event: 'Product Viewed', context: { page: { url: location.href, title: document.title, referrer: '' } } };
      for (let n = 0; n < 100; n += 10) {
        let from = performance.now();
        for (let m = n; m < n + 10; m += 1) JSON.parse(JSON.stringify({ ...event, properties: properties(m) }));
        baseline.push((performance.now() - from) * 100);
        from = performance.now();
        for (let m = n; m < n + 10; m += 1) weft.track('Product Viewed', properties(m));
        times.push((performance.now() - from) * 100);
        // What the calls left for the end of the turn: the gate, and one transaction.
        for (let m = 0; m < 10; m += 1) await 0;
        turns.push((performance.now() - from) * 100);
        // As a person would: not all in one task.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
      observer.disconnect();
      const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
      return { median: middle(times), turn: middle(turns), baseline: middle(baseline), longest: Math.max(0, ...tasks) };
    })()`)) as { median: number; turn: number; baseline: number; longest: number };
    await until(() => collector.events.size - seen >= 100, 30_000);
    await page.close();
    if (round === 0) continue; // a warm-up
    const sent = collector.requests.slice(before).filter(({ path }) => path === '/v1/batch');
    medians.push(figures.median);
    turns.push(figures.turn);
    ratios.push(figures.median / Math.max(figures.baseline, 1));
    longest.push(figures.longest);
    requests.push(sent.length);
    bytes.push(sent.reduce((sum, request) => sum + request.bytes, 0) / 100);
  }
  const show = (values: number[], digits: number): string => {
    const sorted = [...values].sort((a, b) => a - b);
    return `${sorted[sorted.length >> 1]!.toFixed(digits)} (${sorted[0]!.toFixed(digits)} to ${sorted.at(-1)!.toFixed(digits)})`;
  };
  console.log(`track(), median of 100 calls, over ${rounds} pages: ${show(medians, 0)} µs on the main thread`);
  console.log(`  against writing and reading the same event as text, in turn in the same page: × ${show(ratios, 1)}`);
  console.log(`  with what the call leaves for the end of the turn, ten calls a turn: ${show(turns, 0)} µs an event`);
  console.log(`longest task of the page while they were made: ${show(longest, 0)} ms (0 = none over 50 ms)`);
  console.log(`a hundred events: ${show(requests, 0)} requests, ${show(bytes, 0)} B an event on the wire`);
} finally {
  await chromium.kill();
  await site.stop();
  await collector.stop();
  rmSync(folder, { recursive: true, force: true });
}
