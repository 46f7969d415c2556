// How soon the question can be seen: from the start of the script to the first layer's first frame, beside what the same
// page needs to read and run the script. In a real Chromium, the two taken from one load. Prints figures, judges none.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { newFolder, startChromium } from '../fixtures/chromium.js';
import { startCollector } from '../fixtures/collector.js';
import { configWith, locales, startBannerSite, textsOf } from './banner.fixture.js';

const rounds = Number(process.env.WEFT_BENCH_ROUNDS ?? 7);
const sizeOf = (text: string | Buffer) => brotliCompressSync(text).length;

const file = readdirSync('dist/sdk/weft').find((name) => /^banner-[0-9a-f]+\.js$/.test(name));
const chunk = readFileSync(`dist/sdk/weft/${file}`, 'utf8');
const script = readFileSync('dist/sdk/weft.js', 'utf8');
const words = locales.map((locale) => sizeOf(JSON.stringify(textsOf(locale))));
console.log(`banner chunk: ${sizeOf(chunk)} B brotli; words ${Math.min(...words)} to ${Math.max(...words)} B`);

const folder = newFolder();
const collector = await startCollector();
const site = await startBannerSite(() => ({}), { script, chunk });
site.reach(collector.url);
collector.rule({ config: configWith(site.url) });
const chromium = await startChromium(folder);

const measure = async (slowdown: number) => {
  const seen: { script: number; visible: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const context = await chromium.browser.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    await page.addInitScript(() => {
      // The host is put into the body when the layer is there; the frame after it shows it.
      new MutationObserver((_, observer) => {
        if (!document.querySelector('weft-consent')) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('the question')));
      }).observe(document, { childList: true, subtree: true });
    });
    await page.goto(site.url);
    await page.waitForFunction(() => performance.getEntriesByName('the question').length);
    const figures = await page.evaluate(() => {
      const [script] = performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('/weft.js')) as PerformanceResourceTiming[];
      const [config] = performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.includes('/v1/config/')) as PerformanceResourceTiming[];
      const startedAt = script!.responseEnd;
      return {
        script: config!.startTime - startedAt,
        visible: performance.getEntriesByName('the question')[0]!.startTime - startedAt,
      };
    });
    await context.close();
    // The first warms the browser.
    if (round) seen.push(figures);
  }
  const spread = (values: number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    return `${sorted[sorted.length >> 1]!.toFixed(0)} ms (${sorted[0]!.toFixed(0)} to ${sorted.at(-1)!.toFixed(0)})`;
  };
  console.log(
    `processor slowed ${slowdown} times: visible ${spread(seen.map(({ visible }) => visible))} after the script has come; ` +
      `the script alone, to its first request, ${spread(seen.map(({ script }) => script))}; ` +
      `ratio ${(seen.map(({ script, visible }) => visible / script).sort((a, b) => a - b)[seen.length >> 1] as number).toFixed(1)}`,
  );
};

try {
  await measure(1);
  await measure(4);
} finally {
  await chromium.kill();
  await site.stop();
  await collector.stop();
  rmSync(folder, { recursive: true, force: true });
}
