// Which record a page goes by: of several cookies, of another format, from the future, too old, too long.

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { configOf } from '../fixtures/collector.js';
import { cookieJar, startPage } from '../fixtures/device.js';
import { dayMs } from '../options.js';
import { recordIn } from './record.js';

const name = 'weft_consent';
const at = 1.8e12;
const record = (more: object) => ({ v: 1, rev: 1, at, exp: at + 180 * dayMs, decisions: {}, rows: [], ...more });
const jarOf = (...values: unknown[]) => {
  const jar = cookieJar();
  vi.stubGlobal('document', jar);
  for (const value of values) jar.put(name, value);
  return jar;
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('recordIn: of several cookies of one name', () => {
  test.each<[string, unknown[], object | undefined]>([
    ['none', [], undefined],
    ['the only one', [record({ rev: 7 })], { rev: 7 }],
    ['the newest, wherever it stands', [record({ rev: 1, at: at + 1 }), record({ rev: 9 })], { rev: 1 }],
    ['the newest, the other way round', [record({ rev: 9 }), record({ rev: 1, at: at + 1 })], { rev: 1 }],
    ['of one instant, the higher rev', [record({ rev: 2 }), record({ rev: 3 })], { rev: 3 }],
    ['nothing of another format', [{ some: 'thing' }, 0, null, 'text'], undefined],
    ['a record beside something else', [0, record({ rev: 4 }), { some: 'thing' }], { rev: 4 }],
  ])('%s', (_, values, expected) => {
    jarOf(...values);
    if (expected) expect(recordIn(name)).toMatchObject(expected);
    else expect(recordIn(name)).toBeUndefined();
  });

  test('what cannot be read costs nothing but itself', () => {
    const jar = jarOf(record({ rev: 4 }));
    vi.stubGlobal('document', { cookie: `${name}=%; ${name}=%7B; ${jar.cookie}; other=1; ${name}` });
    expect(recordIn(name)).toMatchObject({ rev: 4 });
  });

  test('the order of the cookies never decides', () => {
    const one = fc.record({ at: fc.integer({ min: at, max: at + 3 }), rev: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.uniqueArray(one, { minLength: 1, selector: JSON.stringify }), (some) => {
        jarOf(...some.map(record));
        const found = recordIn(name);
        jarOf(...[...some].reverse().map(record));
        expect(recordIn(name)).toEqual(found);
        expect(some.every((other) => other.at < found!.at || (other.at === found!.at && other.rev <= found!.rev))).toBe(
          true,
        );
      }),
    );
  });
});

describe('the record in force', () => {
  const grant = (when: number) =>
    record({
      at: when,
      receipt: 'r'.repeat(22),
      epoch: when,
      life: when,
      decisions: {
        measurement: { value: 'granted', source: 'user', at: when, materialHash: 'a'.repeat(64) },
      },
    });

  test.each<[string, number, boolean]>([
    ['of now', 0, true],
    ['of a clock that is a little behind', dayMs - 1e3, true],
    ['from the future: a clock set back must not prolong consent', dayMs + 1e3, false],
    ['of 179 days ago', -179 * dayMs, true],
    ['of 181 days ago', -181 * dayMs, false],
  ])('%s', async (_, ms, isGranted) => {
    vi.useFakeTimers({ now: at, toFake: ['Date'] });
    const page = await startPage();
    page.jar.put(name, grant(at + ms));
    page.keeper.look();
    expect(page.keeper.on.measurement).toBe(isGranted ? true : null);
    expect(page.keeper.record?.receipt).toBe(isGranted ? 'r'.repeat(22) : undefined);
    // What is not valid does not stay on the device.
    expect(page.jar.cookie === '').toBe(!isGranted);
  });

  test('a word that another tab wrote at the same time, knowing less, does not undo ours', async () => {
    const page = await startPage({ measurement: true });
    const older = page.jar.cookie;
    page.set({ measurement: false });
    const denied = page.keeper.record!;
    page.jar.cookie = `${older};path=/;max-age=99`;
    page.keeper.look();
    expect(page.keeper.record?.rev).toBe(denied.rev);
    expect(page.keeper.on.measurement).toBe(false);
    expect(page.keeper.record?.receipt).toBeUndefined();
  });

  test('what the browser would not take holds for this page, and leaves no older grant behind', async () => {
    const page = await startPage({ measurement: true });
    const refusing = { cookie: '' };
    vi.stubGlobal('document', {
      get cookie() {
        return refusing.cookie;
      },
      set cookie(_: string) {},
    });
    page.set({ measurement: false });
    expect(page.keeper.on.measurement).toBe(false);
    page.set({ measurement: true });
    expect(page.keeper.on.measurement).toBe(true);
    expect(refusing.cookie).toBe('');
  });

  test('with a domain, the cookie that stood without one goes', async () => {
    const written: string[] = [];
    const page = await startPage({ measurement: true });
    const held = page.jar.cookie;
    vi.stubGlobal('document', {
      get cookie() {
        return held;
      },
      set cookie(line: string) {
        written.push(line);
      },
    });
    page.keeper.begin(configOf({ storage: { name, domain: 'shop.example' } }) as never);
    expect(written[0]).toMatch(/^weft_consent=0;.*max-age=0;domain=;/);
    expect(written.at(-1)).toContain('domain=shop.example;');
  });
});
