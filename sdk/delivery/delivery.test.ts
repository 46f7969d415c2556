// What leaves, in which portions, and what an answer does to the buffer. The network is a function here: what it really
// does with a request is in faults.browser.test.ts.

import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Page, startPage } from '../fixtures/device.js';
import { batchBounds, retryBounds } from '../options.js';

const everything = { measurement: true, personalisation: true, marketing: true, sharing: true };

interface Sent {
  path: string;
  init: RequestInit;
  /** As text, because bytes are counted. */
  text: string;
  body: { batch: { messageId: string }[]; consent?: unknown; discarded: Record<string, number>; kind?: string };
}
type Reply = { status?: number; body?: unknown; retryAfter?: string } | 'nothing';

let page: Page;
let sent: Sent[];
let reply: (request: Sent) => Reply;
const verdicts = (more: object = {}): Reply => ({
  body: { accepted: 1, duplicates: 0, held: [], dropped: [], ...more },
});

/** A page that waits to try again would try in the next test, too. */
const timers: ReturnType<typeof setTimeout>[] = [];
const { setTimeout: later } = globalThis;

beforeEach(async () => {
  vi.stubGlobal('setTimeout', (...asked: Parameters<typeof later>) => {
    const timer = later(...asked);
    timers.push(timer);
    return timer;
  });
  page = await startPage(everything);
  sent = [];
  reply = () => verdicts();
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const request = { path: new URL(url).pathname, init, text: String(init.body), body: JSON.parse(String(init.body)) };
    sent.push(request);
    const answer = reply(request);
    if (answer === 'nothing') throw new TypeError('Failed to fetch');
    const { status = 200, body = {}, retryAfter } = answer;
    return new Response(JSON.stringify(body), { status, headers: retryAfter ? { 'retry-after': retryAfter } : {} });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const timer of timers.splice(0)) clearTimeout(timer);
});
// A page that waits may still look at its record: what it stands on goes last.
afterAll(() => void vi.unstubAllGlobals());

/** An event as the client puts it there. */
const put = (more: { bytes?: number; life?: number; type?: string; event?: string } = {}): string => {
  const id = page.uuid();
  const { receipt, life } = page.keeper.record!;
  const event = { messageId: id, type: more.type ?? 'track', event: more.event ?? 'X', context: {}, note: '' };
  event.note = 'x'.repeat(Math.max(0, (more.bytes ?? 0) - JSON.stringify(event).length));
  const row = page.keeper.rowFor(receipt);
  const entry = { id, life: more.life ?? life, receipt: receipt!, at: Date.now(), isYoung: false, row };
  page.buffer.put(page.delivery.frozen(event as never, entry as never));
  return id;
};
const drain = () => page.delivery.drain(true);
const batches = () => sent.filter(({ path }) => path === '/v1/batch');
const idsOf = ({ body }: Sent): string[] => body.batch.map(({ messageId }) => messageId);
const waiting = async () => (await page.buffer.take((entry) => entry)).map(({ id }) => id);

describe('a batch', () => {
  test('goes with the row that permits it, once, under one id each', async () => {
    const ids = [put(), put()];
    await drain();
    await drain();
    expect(batches()).toHaveLength(1);
    expect(idsOf(batches()[0]!)).toEqual(ids);
    expect(batches()[0]!.body.consent).toMatchObject({ kind: 'grant', receipt: page.keeper.record!.receipt });
    const later = put();
    await drain();
    expect(idsOf(batches()[1]!)).toEqual([later]);
    expect(batches()[1]!.body).not.toHaveProperty('consent');
  });

  test('causes no preflight, carries no cookie, and may outlive its page', async () => {
    put();
    await drain();
    expect(batches()[0]!.init).toMatchObject({ method: 'POST', keepalive: true, credentials: 'omit' });
    expect(batches()[0]!.init).not.toHaveProperty('headers');
  });

  test('of any sizes: within the bounds, in order, each event once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 32_000 })), { maxLength: 150 }),
        async (sizes) => {
          sent.length = 0;
          const ids = sizes.map((bytes) => put({ bytes }));
          await drain();
          expect(batches().flatMap(idsOf)).toEqual(ids);
          for (const batch of batches()) {
            expect(idsOf(batch).length).toBeLessThanOrEqual(batchBounds.countMax);
            // Below the browser's 64 KiB for requests that may outlive their page.
            expect(new TextEncoder().encode(batch.text).length).toBeLessThan(65_536);
          }
          expect(await waiting()).toEqual([]);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('an answer', () => {
  const codes = ['dropped', 'rejected'] as const;
  test.each(codes)('%s is a verdict: the event is not sent again', async (verdict) => {
    const id = put();
    reply = () => verdicts({ [verdict]: [{ index: 0, messageId: id, code: 'purpose' }] });
    await drain();
    expect(await waiting()).toEqual([]);
  });

  test('held is none: that event stays, the others are settled, and its row is asked for', async () => {
    const ids = [put(), put(), put()];
    await drain();
    const [held, other] = [put(), put()];
    reply = () => verdicts({ held: [{ index: 0, messageId: held, code: 'unknown_receipt' }] });
    await drain();
    expect(await waiting()).toEqual([held]);
    expect(page.told.filter(({ name }) => name === 'lost')).toHaveLength(1);
    expect([...ids, held, other]).toContain(held);
  });

  test.each<[string, Reply]>([
    ['none at all', 'nothing'],
    ['500', { status: 500 }],
    ['503 with a time', { status: 503, retryAfter: '30' }],
    ['413', { status: 413 }],
    ['200 of a hotel’s login page', { body: 'Welcome to our free WLAN' }],
    ['200 of somebody else', { body: {} }],
  ])('%s settles nothing: the same ids go again', async (_, answer) => {
    const ids = [put(), put()];
    reply = () => answer;
    await drain();
    expect(await waiting()).toEqual(ids);
    reply = () => verdicts();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 });
    await drain();
    expect(idsOf(batches().at(-1)!)).toEqual(ids);
    expect(await waiting()).toEqual([]);
  });

  test('erased wipes all there is; withdrawn leaves a refusal', async () => {
    put();
    reply = () => verdicts({ state: 'erased' });
    await drain();
    expect(page.keeper.record).toBeUndefined();
    expect(page.jar.cookie).toBe('');

    page.set(everything);
    put();
    reply = () => verdicts({ state: 'withdrawn' });
    await drain();
    expect(page.keeper.record).toMatchObject({ decisions: { measurement: { value: 'denied' } }, rows: [] });
    expect(page.keeper.record).not.toHaveProperty('receipt');
    expect(await waiting()).toEqual([]);
  });
});

describe('art. 21: what the person objected to elsewhere', () => {
  const told = { consent: { marketing: false }, kind: 'object' };

  test('is denied here from then on, and told to the ledger as heard; the rest goes on', async () => {
    put();
    reply = ({ path }) => (path === '/v1/batch' ? verdicts(told) : { body: { receipt: 'r', seq: 2 } });
    const first = page.keeper.record!;
    await drain();
    expect(page.keeper.on).toMatchObject({ measurement: true, personalisation: true, marketing: false });
    expect(sent.map(({ path }) => path)).toEqual(['/v1/batch', '/v1/consent']);
    expect(sent[1]!.body).toMatchObject({ kind: 'object', supersedes: first.receipt, visitorId: first.anonymousId });
    expect(page.keeper.record!.rows).toEqual([]);
    put();
    reply = () => verdicts();
    await drain();
    expect(sent.map(({ path }) => path)).toEqual(['/v1/batch', '/v1/consent', '/v1/batch']);
  });

  test('is nothing to whoever has another receipt by now', async () => {
    put();
    const { renewed } = await import('../consent/decide.js');
    reply = ({ path }) => {
      if (path !== '/v1/batch') return { body: { receipt: 'r', seq: 2 } };
      page.keeper.keep(renewed(page.keeper.record!));
      return verdicts(told);
    };
    await drain();
    expect(page.keeper.on.marketing).toBe(true);
  });

  test('with everything, leaves a refusal that remembers it', async () => {
    put();
    const nothing = { measurement: false, personalisation: false, marketing: false, sharing: false };
    reply = ({ path }) =>
      path === '/v1/batch'
        ? verdicts({ state: 'withdrawn', consent: nothing, kind: 'object' })
        : { body: { receipt: 'r', seq: 2 } };
    await drain();
    expect(page.keeper.record).toMatchObject({ decisions: { measurement: { value: 'denied', source: 'object' } } });
    expect(page.keeper.record).not.toHaveProperty('receipt');
  });

  test('erased goes before it', async () => {
    put();
    reply = () => verdicts({ ...told, state: 'erased' });
    await drain();
    expect(page.keeper.record).toBeUndefined();
  });
});

describe('what is answered to a row alone', () => {
  const refused = (state: string): Reply => ({
    body: { receipt: null, seq: null, at: null, expiresAt: null, state, error: { code: 'forbidden' } },
  });

  test('erased: all there is is wiped, and the row does not go again', async () => {
    reply = () => refused('erased');
    const before = Date.now();
    await drain();
    await drain();
    expect(sent.map(({ path }) => path)).toEqual(['/v1/consent']);
    // So that a wrong clock can be corrected.
    expect(Date.parse((sent[0]!.body as { sentAt?: string }).sentAt!)).toBeGreaterThanOrEqual(before - 1);
    expect(page.keeper.record).toBeUndefined();
    expect(page.jar.cookie).toBe('');
  });

  test('withdrawn: what is left is a refusal, and it is told that the device has heard', async () => {
    reply = ({ text }) => (text.includes('"withdraw"') ? { body: { receipt: 'r', seq: 2 } } : refused('withdrawn'));
    await drain();
    await drain();
    expect(sent.map(({ body }) => body.kind)).toEqual(['grant', 'withdraw']);
    expect(page.keeper.record).toMatchObject({ decisions: { measurement: { value: 'denied' } }, rows: [] });
  });

  test('of an earlier person at the device: that row goes, whoever is there now stays', async () => {
    const { renewed } = await import('../consent/decide.js');
    const earlier = page.keeper.record!.receipt;
    page.keeper.keep(renewed(page.keeper.record!));
    const now = page.keeper.record!;
    reply = ({ text }) =>
      (JSON.parse(text) as { receipt: string }).receipt === earlier
        ? refused('erased')
        : { body: { receipt: now.receipt, seq: 2 } };
    await drain();
    expect(sent).toHaveLength(2);
    expect(page.keeper.record).toMatchObject({ receipt: now.receipt, anonymousId: now.anonymousId, rows: [] });
  });
});

describe('the lock of the tabs', () => {
  type Asked = { signal: AbortSignal };
  const locks = (request: (name: string, asked: Asked, run: () => Promise<void>) => Promise<void>) =>
    vi.stubGlobal('navigator', { locks: { request: vi.fn(request) } });

  test('is waited for, and what goes wrong inside of it is not done twice', async () => {
    put();
    locks((_, __, run) => run());
    reply = () => ({ body: 'Welcome to our free WLAN' });
    await drain();
    expect(sent).toHaveLength(1);
  });

  test('that somebody keeps for ever is done without', async () => {
    const id = put();
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort(new Error('long enough')));
    locks((_, { signal }) => Promise.reject(signal.reason));
    vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ held: [] })));
    await drain();
    expect(await waiting()).not.toContain(id);
  });
});

describe('waiting', () => {
  test('Retry-After is obeyed: not a moment before, by any tab, also when the network comes back', async () => {
    put();
    reply = () => ({ status: 429, retryAfter: '120' });
    const from = Date.now();
    await drain();
    expect(sent).toHaveLength(1);
    expect(page.keeper.record!.notBefore).toBeGreaterThanOrEqual(from + 120_000);
    reply = () => verdicts();
    for (const seconds of [1, 60, 119]) {
      vi.useFakeTimers({ toFake: ['Date'], now: from + seconds * 1_000 });
      page.delivery.retryNow();
      await drain();
    }
    expect(sent).toHaveLength(1);
    vi.useFakeTimers({ toFake: ['Date'], now: from + 121_000 });
    page.delivery.retryNow();
    await vi.waitFor(() => expect(sent).toHaveLength(2));
  });

  test.each([
    ['at least', 0.999_999],
    ['at most', 0],
  ])(
    'of its own accord it waits twice as long each time, with %s this jitter, and minutes at most',
    async (_, chance) => {
      vi.spyOn(Math, 'random').mockReturnValue(chance);
      const asked: number[] = [];
      const real = globalThis.setTimeout;
      vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms = 0) => {
        if (ms >= 400) asked.push(ms);
        const timer = real(run, ms);
        timer.unref();
        return timer;
      }) as typeof setTimeout);
      put();
      reply = () => ({ status: 502 });
      let at = Date.now();
      const waits: number[] = [];
      for (let attempt = 0; attempt < 12; attempt += 1) {
        asked.length = 0;
        vi.useFakeTimers({ toFake: ['Date'], now: at });
        await drain();
        waits.push(asked.filter((ms) => ms !== 30_000 && ms !== 5_000).at(-1)!);
        at += 10 * 60_000;
      }
      const share = chance === 0 ? 1 : 0.5;
      for (const [attempt, ms] of waits.entries()) {
        const due = Math.min(retryBounds.maxMs, retryBounds.firstMs * 2 ** attempt) * share;
        expect(ms).toBeGreaterThan(due * 0.99 - 2);
        expect(ms).toBeLessThan(due * 1.01 + 2);
      }
    },
  );
});

describe('what may not go', () => {
  test('of another life of the device is deleted unsent, and told', async () => {
    put({ life: 1 });
    await drain();
    expect(batches()).toEqual([]);
    expect(page.lost()).toEqual(['foreign']);
    expect(await waiting()).toEqual([]);
  });

  test('what was denied since it was recorded stays behind', async () => {
    put({ type: 'track', event: 'Message Clicked' });
    const id = put();
    page.set({ marketing: false, sharing: false });
    await drain();
    expect(batches().flatMap(idsOf)).toEqual([id]);
    expect(page.lost()).toContain('purpose');
  });

  test('nothing goes after a withdrawal but the row that says so', async () => {
    put();
    page.set({ measurement: false });
    await drain();
    // The grant's too, which had not gone yet; both were said in one instant.
    expect(sent.map(({ path, body }) => [path, body.kind])).toEqual([
      ['/v1/consent', 'grant'],
      ['/v1/consent', 'withdraw'],
    ]);
    expect(batches()).toEqual([]);
  });
});

describe('what was lost', () => {
  test('goes with the next batch, again if that was not answered, and once if it was', async () => {
    const { tell } = await import('../browser/tell.js');
    tell('dropped', { reason: 'full', n: 3 });
    tell('dropped', { reason: 'age' });
    put();
    reply = () => 'nothing';
    await drain();
    expect(batches()[0]!.body.discarded).toEqual({ full: 3, age: 1 });
    reply = () => verdicts();
    tell('dropped', { reason: 'age' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 });
    await drain();
    expect(batches()[1]!.body.discarded).toEqual({ full: 3, age: 2 });
    put();
    await drain();
    expect(Object.values(batches()[2]!.body.discarded).every((n) => n === 0)).toBe(true);
  });
});

test('a page that is left sends at once what it has, whole and within the quota of such requests', async () => {
  const ids = Array.from({ length: 40 }, () => put({ bytes: 2_000 }));
  page.delivery.leave();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(batches()).toHaveLength(1);
  expect(batches()[0]!.init).toMatchObject({ keepalive: true });
  expect(new TextEncoder().encode(batches()[0]!.text).length).toBeLessThan(56_000);
  expect(idsOf(batches()[0]!)).toEqual(ids.slice(0, idsOf(batches()[0]!).length));
  await drain();
  expect([...new Set(batches().flatMap(idsOf))]).toEqual(ids);
});
