// What waits on a device: in its order, within its bounds, each loss told with its reason, and nothing left after a wipe.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Page, startPage } from '../fixtures/device.js';
import { bufferBounds, dayMs } from '../options.js';
import type { Entry } from './buffer.js';

let page: Page;
beforeEach(async () => {
  page = await startPage();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const entry = (more: Partial<Entry> = {}): Entry => ({
  id: page.uuid(),
  life: 1,
  receipt: 'r',
  at: Date.now(),
  on: '{}',
  bytes: 100,
  json: '{}',
  ...more,
});
const all = (given: Entry) => given;
const take = (judge: (given: Entry) => Entry | string = all) => page.buffer.take(judge);
const ids = (entries: readonly Entry[]) => entries.map(({ id }) => id);
/** What the database holds, once it has written. */
const stored = async (): Promise<Entry[]> => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  const request = indexedDB.open(`weft-${page.writeKey}`);
  const db = await new Promise<IDBDatabase>((resolve) => {
    request.onsuccess = () => resolve(request.result);
  });
  const names = [...db.objectStoreNames];
  const asked = names[0] ? db.transaction(names[0]).objectStore(names[0]).getAll() : undefined;
  const found = asked && (await new Promise<Entry[]>((resolve) => (asked.onsuccess = () => resolve(asked.result))));
  db.close();
  return found ?? [];
};

test('what is put is there after the page, in the order it happened, each once', async () => {
  const entries = [entry(), entry(), entry()];
  for (const one of [...entries].reverse()) page.buffer.put(one);
  page.buffer.put(entries[1]!);
  expect((await stored()).map(({ id }) => id)).toEqual(ids(entries));
  page.buffer.own.clear();
  expect(ids(await take())).toEqual(ids(entries));
});

test('what is settled is gone from the page and from the database', async () => {
  const entries = [entry(), entry()];
  entries.forEach(page.buffer.put);
  page.buffer.change(entries[0]!.id);
  expect(ids(await take())).toEqual([entries[1]!.id]);
  expect(ids(await stored())).toEqual([entries[1]!.id]);
});

test('nothing is opened before something is put', async () => {
  const open = vi.spyOn(indexedDB, 'open');
  await startPage({ measurement: true });
  expect(open).not.toHaveBeenCalled();
  open.mockRestore();
});

describe('bounds: what is beyond them is told, and the earliest stays', () => {
  test('of one page, by count', () => {
    for (let n = 0; n < bufferBounds.countMax + 3; n++) page.buffer.put(entry());
    expect(page.buffer.own.size).toBe(bufferBounds.countMax);
    expect(page.lost()).toEqual(['full', 'full', 'full']);
  });

  test.each<[string, () => Partial<Entry>[], string[], number]>([
    ['by count, with what other pages left', () => Array(bufferBounds.countMax + 2).fill({}), ['full', 'full'], 1000],
    ['by bytes', () => Array(5).fill({ bytes: 1e6 }), ['full'], 4],
    ['by age', () => [{ at: Date.now() - 30 * dayMs - 1e3 }, { at: Date.now() - 29 * dayMs }, {}], ['age'], 2],
  ])('%s', async (_, make, lost, left) => {
    const entries = make().map(entry);
    for (const one of entries) page.buffer.change(one.id, one);
    const taken = await take();
    expect(page.lost()).toEqual(lost);
    expect(taken.length).toBe(left);
    expect(ids(await stored())).toEqual(ids(taken));
    // What was removed is not lost a second time.
    await take();
    expect(page.lost()).toEqual(lost);
  });

  test('what the judge gives a reason against is removed and told; what it changes is kept so', async () => {
    const [bad, changed, good] = [entry(), entry(), entry()];
    for (const one of [bad, changed, good]) page.buffer.put(one);
    const taken = await take((one) =>
      one.id === bad.id ? 'foreign' : one.id === changed.id ? { ...one, on: 'x' } : one,
    );
    expect(taken.map(({ id, on }) => [id, on])).toEqual([
      [changed.id, 'x'],
      [good.id, '{}'],
    ]);
    expect(page.lost()).toEqual(['foreign']);
    expect((await stored()).map(({ on }) => on)).toEqual(['x', '{}']);
  });

  test('whatever waits: taken and told together are all of it, in order, and never more than the bounds', async () => {
    const some = fc.array(
      fc.record({
        bytes: fc.integer({ min: 1, max: 2e6 }),
        days: fc.integer({ min: 0, max: 40 }),
        isRefused: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(some, async (given) => {
        page = await startPage();
        const entries = given.map(({ bytes, days }) => entry({ bytes, at: Date.now() - days * dayMs + 1e3 }));
        for (const one of entries) page.buffer.change(one.id, one);
        const refused = new Set(entries.filter((_, n) => given[n]!.isRefused).map(({ id }) => id));
        const taken = await take((one) => (refused.has(one.id) ? 'no' : one));
        expect(taken.length + page.lost().length).toBe(entries.length);
        expect(ids(taken)).toEqual(ids(taken).sort());
        expect(taken.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(bufferBounds.bytesMax);
        expect(taken.every(({ id, at }) => !refused.has(id) && Date.now() - at <= bufferBounds.ageMaxMs)).toBe(true);
        expect(ids([...page.buffer.own.values()]).sort()).toEqual(ids(taken));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a device that refuses', () => {
  test('a database that cannot be opened: the page keeps what it has, and settles it', async () => {
    const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new Error('refused');
    });
    const [one, two] = [entry(), entry()];
    page.buffer.put(one);
    page.buffer.put(two);
    expect(ids(await take())).toEqual([one.id, two.id]);
    page.buffer.change(one.id);
    expect(ids(await take())).toEqual([two.id]);
    open.mockRestore();
  });

  test('one that never answers is given up after a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => ({}) as IDBOpenDBRequest);
    const one = entry();
    page.buffer.put(one);
    const taking = take();
    await vi.advanceTimersByTimeAsync(6e3);
    expect(ids(await taking)).toEqual([one.id]);
    open.mockRestore();
  });
});

describe('a grant that is over', () => {
  test('empties the page and the database at once, also what was being written', async () => {
    page = await startPage({ measurement: true });
    page.buffer.put(entry());
    await stored();
    page.buffer.put(entry());
    page.set({ measurement: false });
    expect(page.buffer.own.size).toBe(0);
    expect(await stored()).toEqual([]);
  });

  test('deletes the database blind where this page has not opened it', async () => {
    page = await startPage({ measurement: true });
    const [open, drop] = [vi.spyOn(indexedDB, 'open'), vi.spyOn(indexedDB, 'deleteDatabase')];
    page.set({ measurement: false });
    expect(drop).toHaveBeenCalledWith(`weft-${page.writeKey}`);
    expect(open).not.toHaveBeenCalled();
    open.mockRestore();
    drop.mockRestore();
  });
});
