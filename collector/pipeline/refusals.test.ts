// What is remembered of an event that was refused: enough to see what is wrong, and nothing of anybody.

import { describe, expect, it } from 'vitest';
import { limits } from '../contract/limits.js';
import { openShop, page, startAt, track } from './calls.fixture.js';

describe('the name of a refused event', () => {
  const names = [
    ['Product Added', 'Product Added'],
    ['Page Engaged', 'Page Engaged'],
    ['Completed Order', 'Order Completed'],
    ['Newsletter Joined', null],
    ['ada@shop.test signed up', null],
    ['__proto__', null],
    ['toString', null],
    [{ name: 'Product Added' }, null],
    [7, null],
  ] as const;

  it.each(names)('%j is remembered as %j', (event, remembered) => {
    const shop = openShop();
    // Nobody sent it: there is neither a device nor a user.
    const answer = shop.send([{ ...track(null, '', 0), event }]);
    expect(answer.rejected).toMatchObject([{ code: 'no_identity' }]);
    const [told] = shop.read.live(0, 10);
    expect(told).toMatchObject({ verdict: 'rejected', code: 'no_identity', type: 'track', name: remembered });
  });

  it('is no page’s title, and nothing of what a body held otherwise', () => {
    const shop = openShop();
    shop.send([
      page(null as unknown as string, 0, { anonymousId: undefined, name: 'Ada Lovelace', userId: undefined }),
    ]);
    expect(shop.read.live(0, 10)).toMatchObject([{ verdict: 'rejected', type: 'page', name: null, pagePath: null }]);
    const rows = shop.writer.store.prepare('SELECT * FROM refusals').all();
    expect(JSON.stringify(rows)).not.toContain('Ada');
    expect(rows).toMatchObject([{ at: startAt }]);
  });
});

describe('what is taken out of an accepted event', () => {
  it('is counted by where it stood, and once', () => {
    const shop = openShop();
    const calls = [
      page('A', 0, {
        name: 'Hello ada@shop.test',
        properties: { url: 'https://shop.test/a?token=secret&utm_source=x' },
      }),
      track('A', 'Waved to ada@shop.test', 1, { note: 'ada@shop.test', password: 'x' }),
      track('A', 'Product Added', 2, { product_id: 'p1' }),
    ];
    expect(shop.send(calls).redactions).toEqual({ name: 2, address: 1, properties: expect.any(Number) });
    expect(shop.send(calls)).toMatchObject({ accepted: 0, duplicates: 3 });
    expect(shop.send(calls).redactions).toBeUndefined();
    const stored = JSON.stringify(shop.writer.store.prepare('SELECT body FROM events').all());
    expect(stored).toContain('Waved to :redacted');
    expect(stored).not.toMatch(/ada@|token=/);
  });
});

describe('what pages say they let go of', () => {
  const counted = (shop: ReturnType<typeof openShop>) =>
    shop.read.overview({ purposes: ['measurement'], now: startAt }).discarded;
  const said = { full: 3, too_large: 1 };

  it('is counted by hour and reason, beside the verdicts and apart from them', () => {
    const shop = openShop();
    const answer = shop.send([page('A', 0)], { more: { discarded: said } });
    expect(answer).toMatchObject({ accepted: 1, discarded: said });
    expect(counted(shop)).toEqual([
      { reason: 'full', count: 3 },
      { reason: 'too_large', count: 1 },
    ]);
    expect(shop.read.overview({ purposes: ['measurement'], now: startAt })).toMatchObject({ events: 1, refusals: [] });
  });

  it('counts once where a batch comes again because its answer was lost', () => {
    const shop = openShop();
    const calls = [page('A', 0), track('A', 'Product Viewed', 1)];
    for (let time = 0; time < 3; time += 1) shop.send(calls, { more: { discarded: said } });
    shop.send([...calls, page('A', 2)], { more: { discarded: { full: 1 } } });
    expect(counted(shop)).toEqual([
      { reason: 'full', count: 4 },
      { reason: 'too_large', count: 1 },
    ]);
  });

  it.each([
    ['of no reason we know', { hunger: 4, __proto__: 3, constructor: 2 }],
    ['that are no counts', { full: -1, age: 1.5, purpose: '7', foreign: Number.MAX_VALUE, too_large: null }],
    ['in a list', [1, 2]],
    ['in a text', 'full: 3'],
    ['nowhere', null],
  ])('is nothing %s; the events come in all the same', (_, discarded) => {
    const shop = openShop();
    expect(shop.send([page('A', 0)], { more: { discarded } })).toMatchObject({ accepted: 1, rejected: [] });
    expect(counted(shop)).toEqual([]);
  });

  it('is no more than a device can lose', () => {
    const shop = openShop();
    shop.send([page('A', 0)], { more: { discarded: { full: 1e12 } } });
    expect(counted(shop)).toEqual([{ reason: 'full', count: limits.discardedMax }]);
  });
});
