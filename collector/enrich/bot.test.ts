import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBot } from './bot.js';
import hostile from './fixtures/hostile.json';
import agents from './fixtures/user-agents.json';
import crawlers from './lists/crawlers.json';

const seed = Number(process.env.WEFT_SEED);
console.info(`bot.test.ts: fast-check seed ${seed}`);

const instances = JSON.parse(
  gunzipSync(readFileSync(new URL('./fixtures/crawler-instances.json.gz', import.meta.url))).toString(),
) as string[];

describe('a bot says so', () => {
  it.each([
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Googlebot'],
    [
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/103.0.5060.134 Safari/537.36',
      'bingbot',
    ],
    ['Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)', 'AhrefsBot'],
    ['Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)', 'Baiduspider'],
    ['Mozilla/5.0 (compatible; Yahoo! Slurp/3.0; http://help.yahoo.com/help/us/ysearch/slurp)', 'Yahoo! Slurp'],
    ['facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', 'facebookexternalhit'],
    ['GPTBot/1.2 (+https://openai.com/gptbot)', 'GPTBot'],
    ['curl/8.5.0', 'curl'],
    ['python-requests/2.31.0', 'python-requests'],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36',
      'HeadlessChrome',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/117.0.0.0 Safari/537.36 GTmetrix',
      'GTmetrix',
    ],
  ])('%s', (userAgent, name) => expect(readBot(userAgent)).toBe(name));

  it.each([
    ['no user agent', null],
    ['an empty one', ''],
    [
      'Chrome',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    ],
    [
      'a phone called Cubot',
      'Mozilla/5.0 (Linux; Android 8.1.0; CUBOT_P20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/68.0.3440.91 Mobile Safari/537.36',
    ],
    [
      'the browser inside WeChat',
      'Mozilla/5.0 (Linux; Android 9; NX629J Build/PKQ1.190321.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/66.0.3359.126 MQQBrowser/6.2 TBS/45016 Mobile Safari/537.36 MMWEBID/4064 MicroMessenger/7.0.10.1580(0x27000A34) Process/tools NetType/WIFI Language/zh_CN ABI/arm64',
    ],
    [
      'the browser inside Facebook on an iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.39.106;FBBV/615050614;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5.1;FBSS/3;FBID/phone;FBLC/de_DE;FBOP/5]',
    ],
    [
      "the same, without the browser's part",
      '[FBAN/FBIOS;FBAV/283.0.0.44.117;FBBV/238386386;FBDV/iPhone12,1;FBMD/iPhone;FBSN/iOS;FBSV/13.6.1;FBSS/2;FBID/phone;FBLC/en_US;FBOP/5;FBRV/240127608]',
    ],
  ])('%s is none', (_, userAgent) => expect(readBot(userAgent)).toBeNull());
});

describe('how well it tells', () => {
  it("all of crawler-user-agents' 2,116 instances are bots, but for the five that are people's browsers", () => {
    const missed = instances.filter((userAgent) => readBot(userAgent) === null);
    console.info(
      `bot recall: ${instances.length - missed.length} of ${instances.length} (${(100 * (1 - missed.length / instances.length)).toFixed(2)} %)`,
    );
    expect(instances).toHaveLength(2116);
    const people = Object.keys(crawlers.leftOut).map((pattern) => new RegExp(pattern));
    expect(missed.filter((userAgent) => !people.some((pattern) => pattern.test(userAgent)))).toEqual([]);
    expect(missed).toHaveLength(people.length);
  });
  it("of ua-parser-js's 257 browsers, only programs and browsers that run no scripts of today are bots", () => {
    const wrong = agents.browsers.filter(([userAgent]) => readBot(userAgent!) !== null).map(([, name]) => name);
    console.info(`bot false positives: ${wrong.length} of ${agents.browsers.length} browsers (${wrong.join(', ')})`);
    // The two headless ones and PhantomJS are driven by programs; the rest can't run the page's script.
    expect(wrong.sort()).toEqual(
      ['Chrome Headless', 'Chrome Headless', 'Dillo', 'ICEbrowser', 'NetSurf', 'Obigo', 'PhantomJS', 'w3m'].sort(),
    );
  });
  it("of ua-parser-js's devices, none that a person holds is a bot", () => {
    const wrong = agents.devices.filter(([userAgent]) => readBot(userAgent!) !== null).map(([userAgent]) => userAgent);
    // A script, and two rows of the list that kept the header's name before its value.
    expect(wrong.filter((userAgent) => !/^(?:User-Agent: |python-requests)/.test(userAgent!))).toEqual([]);
  });
});

describe('names and hostile strings', () => {
  it('a name is short and holds nothing but name characters', () => {
    for (const userAgent of instances) expect(readBot(userAgent) ?? 'none').toMatch(/^[\w .!-]{1,40}$/);
  });
  it('any string gives a bounded answer', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 1500 }),
          fc.constantFrom(...hostile.naughty, ...hostile.xss),
          fc.tuple(fc.constantFrom(...instances), fc.string({ unit: 'binary' })).map((parts) => parts.join('')),
        ),
        (userAgent) => {
          expect(readBot(userAgent) ?? 'none').toMatch(/^[\w .!-]{1,40}$/);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
  it('a megabyte is cut before it is read', () => {
    for (const part of ['bot', 'a', ' @', 'compatible; ', 'http:', '[FBAN/'])
      readBot(part.repeat(1_000_000 / part.length));
    expect(readBot(`${'a'.repeat(2_000)} Googlebot`)).toBe(readBot('a'.repeat(2_000)));
  });
});
