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
    const one = fc.record({ at: fc.integer({ min: at, max: at + 9 }), rev: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.uniqueArray(one, { minLength: 1, selector: (some) => some.at }), (some) => {
        jarOf(...some.map(record));
        const found = recordIn(name);
        jarOf(...[...some].reverse().map(record));
        expect(recordIn(name)).toEqual(found);
        expect(some.every((other) => other.at <= found!.at)).toBe(true);
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

describe('two tabs, and a clock that is corrected between two answers', () => {
  const hourMs = 36e5;
  type Page = Awaited<ReturnType<typeof startPage>>;
  const clock = (ms: number) => vi.useFakeTimers({ now: at + ms, toFake: ['Date'] });
  /** Of one device: they have one jar, and each its own memory. */
  const tabs = async (count: number): Promise<Page[]> => {
    const pages: Page[] = [];
    while (pages.length < count) pages.push(await startPage());
    vi.stubGlobal('document', pages[0]!.jar);
    for (const { keeper } of pages) keeper.look();
    return pages;
  };
  const said = ({ keeper }: Page) => keeper.on.measurement;

  test.each([0, 1, 5, 12, 23])(
    'R13, consent 8: a withdrawal %i h after the clock went back stands in both',
    async (h) => {
      clock(h * hourMs);
      const [a, b] = (await tabs(2)) as [Page, Page];
      a.set({ measurement: true, personalisation: true });
      b.keeper.look();
      expect(said(b)).toBe(true);
      clock(0);
      for (const one of [a, b]) one.keeper.look();
      a.set({ measurement: false });
      for (const one of [b, a, b]) one.keeper.look();
      expect([said(a), said(b)]).toEqual([false, false]);
      // And it is still to be sent.
      expect(recordIn(name)).toMatchObject({ rev: 2, rows: [{ kind: 'grant' }, { kind: 'withdraw' }] });
      expect(b.keeper.record).toMatchObject({ rev: 2 });
    },
  );

  test('what a tab writes back that knew less is put right, whatever the clock says', async () => {
    clock(5 * hourMs);
    const [a, b] = (await tabs(2)) as [Page, Page];
    a.set({ measurement: true });
    b.keeper.look();
    const known = b.keeper.record!;
    clock(0);
    a.set({ measurement: false });
    // It has not looked yet: a session goes on.
    b.keeper.keep({ ...known, session: { id: 's', activeAt: 1 } });
    a.keeper.look();
    b.keeper.look();
    expect([said(a), said(b), recordIn(name)!.rev]).toEqual([false, false, 2]);
  });

  test.each([0, 1, 23])('consent 6: after a wipe, and %i h back, an old tab writes nothing back', async (h) => {
    clock(h * hourMs);
    const [a, b, c] = (await tabs(3)) as [Page, Page, Page];
    a.set({ measurement: true });
    a.set({ personalisation: true });
    b.keeper.look();
    clock(0);
    a.keeper.keep(undefined);
    // In a tab that knows nothing of what was before, while the first is in the background.
    c.keeper.look();
    c.set({ measurement: true, personalisation: false });
    const anew = c.keeper.record!;
    expect(anew.rev).toBe(1);
    for (const one of [b, c, a, b]) {
      one.keeper.look();
      expect(one.keeper.record).toMatchObject({ rev: 1, receipt: anew.receipt });
    }
    expect(recordIn(name)).toMatchObject({ rev: 1, receipt: anew.receipt });
  });

  test('any answers in any tabs, any wipes, any corrections: all go by the last, once they have looked', async () => {
    const step = fc.record({
      who: fc.nat(2),
      what: fc.constantFrom<Record<string, boolean> | null>(
        null,
        { measurement: true },
        { measurement: true, personalisation: true },
        { personalisation: false },
        { measurement: false },
      ),
      hours: fc.integer({ min: 0, max: 23 }),
      looks: fc.array(fc.nat(2), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        clock(0);
        const pages = await tabs(3);
        let minutes = 0;
        for (const { who, what, hours, looks } of steps) {
          clock(hours * hourMs + ++minutes * 6e4);
          const { keeper, set } = pages[who]!;
          keeper.look();
          if (!what) keeper.keep(undefined);
          else if (Object.keys(what).some((id) => keeper.on[id] !== what[id])) set(what);
          const stands = JSON.stringify(recordIn(name) ?? null);
          for (const index of looks) {
            pages[index]!.keeper.look();
            expect(JSON.stringify(recordIn(name) ?? null)).toBe(stands);
            expect(JSON.stringify(pages[index]!.keeper.record ?? null)).toBe(stands);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
