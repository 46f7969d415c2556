// What a device keeps and sends when consent is taken back, in this tab or another, and when its person is erased.

import { describe, expect, it } from 'vitest';
import { folded } from './browser/cookie.js';
import { until } from './fixtures/chromium.js';
import {
  all,
  arrived,
  call,
  calls,
  collector,
  context,
  cookies,
  databases,
  open,
  rule,
  set,
  setPage,
  show,
  sleep,
  visitors,
} from './visitors.fixture.js';

visitors();

describe('taking it back', () => {
  it('consent 8: withdrawing wipes ids and buffer at once, and leaves a slip until it is acknowledged', async () => {
    const page = await open();
    await set(page, all);
    for (let n = 1; n <= 5; n++) await call(page, `weft.track('Event ${n}')`);
    await call(page, `weft.flush()`);
    await until(() => collector.named('Event 5').length);
    const { weft_consent: granted } = await cookies();
    rule({ fault: ({ path }) => (path === '/v1/consent' ? { kind: 'down' } : undefined) });
    await call(page, `weft.track('Unsent')`);
    const count = collector.batches().length;
    // In the same turn: no promise may have to pass first.
    const atOnce = (await page.evaluate(() => {
      (window as any).weft.consent.withdraw();
      return document.cookie;
    })) as string;
    const slip = JSON.parse(folded(decodeURIComponent(atOnce.slice('weft_consent='.length))));
    expect(slip.receipt ?? slip.epoch ?? slip.anonymousId ?? slip.session).toBeUndefined();
    expect(slip.rows).toMatchObject([
      { kind: 'withdraw', supersedes: granted.receipt, visitorId: granted.anonymousId, epoch: granted.epoch },
    ]);
    await until(async () => (await databases(page)).length === 0);
    await call(page, `weft.track('After')`);
    rule({});
    const row = await until(() => collector.ledger.get(slip.rows[0].receipt));
    expect(row.decisions.map(({ value }: any) => value)).toEqual(['denied', 'denied', 'denied', 'denied']);
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    expect(Object.keys(await cookies())).toEqual(['weft_consent']);
    expect(JSON.stringify(await cookies())).not.toContain(granted.anonymousId);
    expect(collector.batches()).toHaveLength(count);
    expect(collector.named('Unsent')).toEqual([]);
  });

  it('consent 9: a withdrawal made offline goes out on the next load, and nothing else does', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    const { weft_consent: ids } = await cookies();
    await context.setOffline(true);
    await call(page, `weft.consent.withdraw()`);
    await sleep(100);
    const before = collector.posts().length;
    await context.setOffline(false);
    await page.goto('about:blank');
    const later = await open();
    await until(() => collector.posts().length > before);
    await sleep(300);
    const posts = collector.posts().slice(before);
    expect(posts.map(({ path }) => path)).toEqual(['/v1/consent']);
    expect(posts[0]!.body).toMatchObject({ kind: 'withdraw', visitorId: ids.anonymousId });
    expect((await cookies()).weft_consent.rows).toEqual([]);
    expect((await calls(later)).filter(({ what }) => what.startsWith('indexedDB'))).toEqual([]);
  });

  it('consent 11: after a withdrawal in one tab the other sends and stores nothing', async () => {
    const a = await open('/a');
    await set(a, all);
    await until(() => collector.events.size);
    const b = await open('/b');
    await call(b, `weft.flush()`);
    await until(() => collector.named('page').length === 2);
    const count = collector.batches().length;
    await call(a, `weft.consent.withdraw()`);
    await call(b, `weft.cart.add({ product_id: 'p1' }), weft.flush()`);
    await b.close({ runBeforeUnload: true });
    await sleep(300);
    expect(collector.batches()).toHaveLength(count);
    expect(collector.named('Product Added')).toEqual([]);
    expect(await databases(a)).toEqual([]);
    expect(Object.keys(await cookies())).toEqual(['weft_consent']);
    const posts = collector.posts().slice(count);
    expect(posts.map(({ path, body }) => `${path} ${body.kind}`)).toEqual(['/v1/consent withdraw']);
  });

  it('consent 8, 11: a withdrawal after the clock was corrected stands in both tabs, and is sent', async () => {
    setPage({ before: 'Date.now = ((real) => () => real() + 5 * 36e5)(Date.now)' });
    const early = await open('/');
    await set(early, all);
    await until(() => collector.events.size);
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    await early.close();
    setPage({ before: '' });
    const a = await open('/a');
    const b = await open('/b');
    const measured = () => Promise.all([a, b].map((page) => call(page, 'weft.consent.get().measurement')));
    expect(await measured()).toEqual([true, true]);
    await Promise.all([a, b].map((page) => call(page, `weft.flush()`)));
    await until(() => collector.named('page').length === 3);
    const count = collector.posts().length;
    await call(a, `weft.consent.withdraw()`);
    await call(b, `weft.track('After'), weft.flush()`);
    await until(() => collector.posts().length > count);
    await sleep(300);
    expect(await measured()).toEqual([false, false]);
    const posts = collector.posts().slice(count);
    expect(posts.map(({ path, body }) => `${path} ${body.kind}`)).toEqual(['/v1/consent withdraw']);
    expect((await cookies()).weft_consent.decisions.measurement.value).toBe('denied');
  });

  it('what is said and taken back in a page in the background holds there at once', async () => {
    const page = await open();
    await set(page, all);
    await call(page, `window.wrong = []; weft.on('error', (error) => wrong.push(String(error)))`);
    await call(page, `addEventListener('unhandledrejection', ({ reason }) => wrong.push(String(reason)))`);
    await show(page, false);
    await call(page, `weft.identify('U1')`);
    await call(page, `weft.flush()`);
    await arrived('identify');
    await until(async () => (await cookies()).weft_consent.rows.length === 0);
    await call(page, `weft.consent.withdraw()`);
    expect(await call(page, `weft.consent.state().record.receipt`)).toBeUndefined();
    await until(() => [...collector.ledger.values()].some(({ kind }) => kind === 'withdraw'));
    expect(await call(page, 'wrong')).toEqual([]);
  });

  it('withdrawing one purpose keeps the others, and takes out of the buffer what only that one used', async () => {
    const page = await open();
    await set(page, all);
    await call(page, `weft.identify('U1')`);
    await call(page, `weft.flush()`);
    await until(() => collector.named('identify').length);
    await context.setOffline(true);
    await call(page, `weft.track('Waiting'), weft.identify('U1', { plan: 'gold' })`);
    await call(page, `weft.consent.withdraw('personalisation')`);
    const { weft_consent: record } = await cookies();
    expect(record.anonymousId ?? record.userId).toBeUndefined();
    expect(record.decisions).toMatchObject({
      measurement: { value: 'granted' },
      personalisation: { value: 'denied' },
      marketing: { value: 'denied' },
    });
    await context.setOffline(false);
    await call(page, `weft.track('Afterwards'), weft.flush()`);
    await until(() => collector.named('Waiting').length && collector.named('Afterwards').length);
    for (const name of ['Waiting', 'Afterwards']) {
      const [event] = collector.named(name);
      expect(event.anonymousId ?? event.userId).toBeUndefined();
      expect(event.context.sessionId).toBeTruthy();
    }
    expect(collector.named('identify')).toHaveLength(1);
  });

  it('consent 13: told that it is erased, the device wipes itself and sends nothing more', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    await context.setOffline(true);
    for (let n = 0; n < 20; n++) await call(page, `weft.track('Offline ${n}')`);
    const before = collector.posts().length;
    rule({
      verdict: () => ({ kind: 'dropped', code: 'erased' }),
      state: () => 'erased',
    });
    await context.setOffline(false);
    await until(() => collector.posts().length > before);
    await until(async () => (await context.cookies()).length === 0);
    await until(async () => (await databases(page)).length === 0);
    await call(page, `weft.track('After'), weft.flush()`);
    await sleep(300);
    const posts = collector.posts().slice(before);
    expect(posts).toHaveLength(1);
    expect(posts[0]!.body.batch).toHaveLength(20);
    expect(await call(page, `weft.consent.get().measurement`)).toBeNull();
  });

  it('R14: an erased person may come back only under a new device id and a new grant', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    const { weft_consent: old } = await cookies();
    rule({ verdict: () => ({ kind: 'dropped', code: 'erased' }), state: () => 'erased' });
    await call(page, `weft.track('X'), weft.flush()`);
    await until(async () => (await context.cookies()).length === 0);
    rule({});
    await set(page, all);
    await call(page, `weft.identify('U1'), weft.flush()`);
    await until(() => collector.named('identify').length);
    const [identify] = collector.named('identify');
    expect(identify.anonymousId).not.toBe(old.anonymousId);
    expect(collector.ledger.get(identify.context.consent.receipt)).toMatchObject({
      kind: 'grant',
      visitorId: identify.anonymousId,
    });
    expect(collector.ledger.get(identify.context.consent.receipt).supersedes).toBeUndefined();
  });

  it('forget() withdraws everything, wipes the device and leaves the slip (R9)', async () => {
    const page = await open();
    await set(page, all);
    await until(() => collector.events.size);
    const { weft_consent: record } = await cookies();
    await call(page, `weft.forget()`);
    await until(() => [...collector.ledger.values()].some(({ kind }) => kind === 'erase'));
    const row = [...collector.ledger.values()].find(({ kind }) => kind === 'erase');
    expect(row).toMatchObject({ visitorId: record.anonymousId, supersedes: record.receipt });
    await until(async () => (await databases(page)).length === 0);
    expect(Object.keys(await cookies())).toEqual(['weft_consent']);
  });
});
