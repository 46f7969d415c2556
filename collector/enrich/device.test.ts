import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDevice } from './device.js';
import hostile from './fixtures/hostile.json';
import agents from './fixtures/user-agents.json';

const seed = Number(process.env.WEFT_SEED);
console.info(`device.test.ts: fast-check seed ${seed}`);

const chrome = (platform: string, tail = '') =>
  `Mozilla/5.0 (${platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.114${tail} Safari/537.36`;

describe('a device is read from its user agent', () => {
  it.each([
    ['Chrome on Windows', chrome('Windows NT 10.0; Win64; x64'), 'Chrome 126', 'Windows', 'desktop'],
    ['Chrome on a Mac', chrome('Macintosh; Intel Mac OS X 10_15_7'), 'Chrome 126', 'Mac OS', 'desktop'],
    ['Chrome on Linux', chrome('X11; Linux x86_64'), 'Chrome 126', 'Linux', 'desktop'],
    ['Chrome on a Chromebook', chrome('X11; CrOS x86_64 14541.0.0'), 'Chrome 126', 'Chromium OS', 'desktop'],
    ['Chrome on a phone, reduced', chrome('Linux; Android 10; K', ' Mobile'), 'Chrome 126', 'Android', 'mobile'],
    ['Chrome on a tablet', chrome('Linux; Android 13; SM-X900'), 'Chrome 126', 'Android', 'tablet'],
    ['Edge', `${chrome('Windows NT 10.0; Win64; x64')} Edg/126.0.2592.68`, 'Edge 126', 'Windows', 'desktop'],
    [
      'Firefox',
      'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
      'Firefox 127',
      'Ubuntu',
      'desktop',
    ],
    [
      'Safari on an iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Mobile Safari 17',
      'iOS',
      'mobile',
    ],
    [
      'a television',
      'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36',
      'Safari',
      'Tizen',
      'tv',
    ],
    [
      'a console',
      'Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
      'Safari 13',
      'PlayStation',
      'console',
    ],
    ['a server client', 'analytics-node/3.1.0', null, null, 'server'],
    ['a script', 'python-requests/2.31.0', null, null, 'server'],
    ['curl', 'curl/8.5.0', null, null, 'server'],
    ['nonsense', 'hello', null, null, 'unknown'],
    ['an empty string', '', null, null, 'unknown'],
    ['no user agent', null, null, null, 'unknown'],
  ])('%s', (_, userAgent, browser, os, kind) => expect(readDevice(userAgent)).toEqual({ browser, os, kind }));

  it('no more than family and major version leaves it', () => {
    const device = readDevice(chrome('Linux; Android 14; Pixel 8 Pro Build/UQ1A.240105.004', ' Mobile'));
    expect(JSON.stringify(device)).not.toMatch(/6478|Pixel|UQ1A|14/);
  });
  it('the answer is shared, so it is frozen', () => {
    expect(Object.isFrozen(readDevice('curl/8'))).toBe(true);
    expect(readDevice('curl/8')).toBe(readDevice('curl/8'));
  });
});

describe("ua-parser-js's own cases", () => {
  it('all browsers are named with their major version, the two Daum in-app ones without the type they expect', () => {
    const wrong = agents.browsers.filter(([userAgent, name, major]) => {
      const { browser } = readDevice(userAgent!);
      if (name === 'undefined') return browser !== null;
      // A case that says nothing of the version asks for the name only; a build number is not kept as a version.
      if (major === null || major === undefined) return browser?.replace(/ \d+$/, '') !== name;
      return browser !== (major === 'undefined' || major.length > 4 ? name : `${name} ${major}`);
    });
    expect(wrong).toEqual([]);
    // `type: inapp` is not in the 1.0.41 build, and it is nothing that we keep.
    expect(agents.browsers.filter(([, , , type]) => type === 'inapp')).toHaveLength(2);
  });
  it('all systems are named', () => {
    const wrong = agents.systems.filter(
      ([userAgent, name]) => readDevice(userAgent!).os !== (name === 'undefined' ? null : name),
    );
    expect(wrong).toEqual([]);
  });
  it('all kinds are told', () => {
    const kinds: Record<string, string[]> = {
      mobile: ['mobile'],
      tablet: ['tablet'],
      smarttv: ['tv'],
      console: ['console'],
      wearable: ['wearable'],
      embedded: ['unknown'],
      undefined: ['desktop', 'unknown', 'server'],
      null: ['desktop', 'unknown', 'server'],
    };
    const wrong = agents.devices.filter(
      ([userAgent, type]) => !kinds[String(type)]?.includes(readDevice(userAgent!).kind),
    );
    expect(wrong).toEqual([]);
  });
});

describe('hostile user agents', () => {
  it('any string gives a bounded answer', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 700 }),
          fc.constantFrom(...hostile.naughty, ...hostile.xss),
          fc.tuple(fc.constantFrom(...agents.browsers.map(([ua]) => ua!)), fc.string()).map((parts) => parts.join('')),
        ),
        (userAgent) => {
          const device = readDevice(userAgent);
          expect((device.browser ?? '').length).toBeLessThanOrEqual(46);
          expect((device.os ?? '').length).toBeLessThanOrEqual(40);
          expect(`${device.browser}${device.os}`).not.toMatch(/[<>"'`\p{Cc}]/u);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
  it('a megabyte of it is cut before it is read', () => {
    for (const part of ['Mozilla/5.0 (', 'a', '(((', 'Chrome/', ' ;'])
      expect(readDevice(part.repeat(1_000_000 / part.length)).kind).toBeDefined();
  });
});
