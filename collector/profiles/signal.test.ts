// The opt-out signal at use: what was seen of it on one device narrows every later look at the person.

import { afterEach, expect, it } from 'vitest';
import { type Purpose, purposes } from '../contract/purposes.js';
import { openRoom, receiptOf } from '../dashboard/privacy/room.fixture.js';
import type { KeyContext } from '../log/log.js';
import { submissionOf } from '../pipeline/sent.fixture.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const publicKey: KeyContext = { id: 'wk', trust: 'public', mode: 'ledger', purposes, categories: {} };

it('consent 18: a signal that was seen later denies marketing and sharing for what was collected before, until it is taken back by whoever was told', async () => {
  const room = await openRoom({ answers: false });
  closing.push(room.end);
  const decisions = room.live
    .current()
    .policy.purposes.map(({ id, materialHash }) => ({ purpose: id, value: 'granted', source: 'user', materialHash }));
  expect(await room.answer(1, 0, purposes, { decisions })).toBe(200);
  const page = async (id: string, receipt: string, at: number, gpc: boolean, more: object = {}): Promise<void> => {
    const call = {
      type: 'page',
      messageId: id,
      anonymousId: 'visitor-1',
      timestamp: new Date(at).toISOString(),
      properties: { path: '/', url: 'https://shop.example/?gclid=CLICK123' },
      context: { consent: { receipt }, sessionId: 's-1' },
      ...more,
    };
    const around = { key: publicKey, gpc, origin: 'https://shop.example' };
    await room.log.append(submissionOf({ batch: [call] }, at, around));
  };
  const seenFor = async (asked: readonly Purpose[]) =>
    (await room.reader.profilesBy({ anonymousId: 'visitor-1' }, { purposes: asked, now: room.now + 10_000 })).map(
      ({ counts, consent, gpcSeenAt }) => [
        counts.events,
        consent.marketing?.value,
        consent.marketing?.source,
        gpcSeenAt,
      ],
    );
  const clickIds = async () => {
    const asked = { purposes: ['personalisation', 'marketing'] as const, now: room.now + 10_000 };
    const [profile] = await room.reader.profilesBy({ anonymousId: 'visitor-1' }, asked);
    const sessions = await room.reader.sessions(profile!.id, { ...asked, limit: 5, cursor: null });
    const orders = await room.reader.orders(profile!.id, { ...asked, limit: 5, cursor: null });
    return [
      profile!.touches,
      ...sessions!.items.map(({ touches }) => touches),
      ...orders!.items.map(({ attribution }) => attribution!.last),
    ]
      .flat()
      .map(({ clickId }) => clickId);
  };
  /** In the list of staff, with how many orders. */
  const listedFor = async (asked: readonly Purpose[]) =>
    (
      await room.reader.people('visitor-1', { purposes: asked, now: room.now + 10_000, limit: 5, cursor: null })
    ).items.map(({ orders }) => orders);
  await page('m1', receiptOf(1), room.now - 1_000, false);
  await page('m0', receiptOf(1), room.now - 500, false, {
    type: 'track',
    event: 'Order Completed',
    properties: { order_id: 'O-1', total: 5, currency: 'EUR' },
  });
  expect(await clickIds()).toEqual(['gclid=CLICK123', 'gclid=CLICK123', 'gclid=CLICK123']);
  expect(await listedFor(['marketing'])).toEqual([1]);
  expect(await seenFor(['marketing'])).toEqual([[2, 'granted', 'user', null]]);

  await page('m2', receiptOf(1), room.now, true);
  const seenAt = new Date(room.now).toISOString();
  expect(await seenFor(['marketing'])).toEqual([]);
  expect(await seenFor(['sharing'])).toEqual([]);
  expect(await seenFor(['personalisation'])).toEqual([[3, 'denied', 'gpc', seenAt]]);
  expect(await clickIds()).toEqual([null, null, null]);
  expect(await listedFor(['marketing'])).toEqual([]);
  expect(await listedFor(['personalisation'])).toEqual([1]);
  // Without the signal on a later request nothing comes back: it was no decision about one page.
  await page('m3', receiptOf(1), room.now + 1, false);
  expect(await seenFor(['marketing'])).toEqual([]);

  const told = {
    decisions,
    supersedes: receiptOf(1),
    visitorId: 'visitor-1',
    kind: 'update',
    gpc: { js: true, ack: true },
  };
  expect(await room.answer(2, 0, purposes, { ...told, clientAt: new Date(room.now + 2).toISOString() })).toBe(200);
  expect((await seenFor(['marketing'])).map(([, value]) => value)).toEqual(['granted']);
}, 60_000);
