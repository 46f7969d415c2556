// @vitest-environment happy-dom
// The data layer in a page: replayed, wrapped, left as it was found.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dataLayer, start } from './data-layer.js';
import { recordedClient, turn } from './fixtures/recorded.js';

const page = window as unknown as { dataLayer?: unknown[]; shopLayer?: unknown[] };
const added = (item_id: string, more = {}) => ({
  event: 'add_to_cart',
  ecommerce: { currency: 'EUR', items: [{ item_id, ...more }] },
});
const product = (product_id: string, more = {}) => ({ product_id, currency: 'EUR', ...more });

const stops: (() => void)[] = [];
const started = (settings?: Parameters<typeof dataLayer>[1]) => {
  const recorded = recordedClient();
  const stop = dataLayer(recorded.client, settings);
  stops.push(stop);
  return { ...recorded, stop };
};

beforeEach(() => {
  delete page.dataLayer;
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  document.head.innerHTML = '';
  vi.useRealTimers();
});

test('what was pushed before we came is told, in its order, and what is pushed after', async () => {
  page.dataLayer = [added('a'), { event: 'gtm.js' }, added('b')];
  const { tracked } = started();
  page.dataLayer.push(added('c'));
  await turn();
  expect(tracked()).toEqual([
    ['Product Added', product('a')],
    ['Product Added', product('b')],
    ['Product Added', product('c')],
  ]);
});

test('an event says that it came from the data layer, and what was odd about it', async () => {
  const { calls } = started();
  page.dataLayer?.push(added('a', { price: '9,99' }), added('b', { price: 9.99 }));
  await turn();
  expect(calls.map((call) => call[3])).toEqual([
    { source: 'data-layer', warnings: ['amount_text'] },
    { source: 'data-layer' },
  ]);
});

test('a page without a data layer gets one, and loses it again if nobody used it', () => {
  const { stop } = started();
  expect([...(page.dataLayer ?? ['none'])]).toEqual([]);
  stop();
  expect('dataLayer' in page).toBe(false);
});

test('push does what it did: its value is handed on, its array grows, several arguments are several pushes', async () => {
  page.dataLayer = [];
  const { tracked } = started();
  expect(page.dataLayer.push(added('a'), added('b'))).toBe(2);
  expect(page.dataLayer).toHaveLength(2);
  await turn();
  expect(tracked()).toHaveLength(2);
});

test('a tag manager that wrapped push before us is asked first, and its answer is the answer', async () => {
  const layer: unknown[] = [];
  const order: string[] = [];
  layer.push = (() => {
    order.push('tag manager');
    return 'its answer';
  }) as never;
  page.dataLayer = layer;
  const { tracked } = started();
  expect(layer.push(added('a'))).toBe('its answer');
  await turn();
  expect(order).toEqual(['tag manager']);
  expect(tracked()).toHaveLength(1);
});

test('a tag manager that wraps push after us keeps us in its chain, and stopping us does not break it', async () => {
  page.dataLayer = [];
  const { tracked, stop } = started();
  const ours = page.dataLayer.push;
  const theirs: unknown[] = [];
  page.dataLayer.push = function (this: unknown[], ...pushed) {
    theirs.push(...pushed);
    return ours.apply(this, pushed);
  };
  page.dataLayer.push(added('a'));
  await turn();
  expect(tracked()).toHaveLength(1);
  stop();
  page.dataLayer.push(added('b'));
  await turn();
  expect(theirs).toHaveLength(2);
  expect(page.dataLayer).toHaveLength(2);
  expect(tracked()).toHaveLength(1);
});

test('stopping gives push back as it was', async () => {
  page.dataLayer = [];
  const { tracked, stop } = started();
  expect(Object.hasOwn(page.dataLayer, 'push')).toBe(true);
  stop();
  expect(Object.hasOwn(page.dataLayer, 'push')).toBe(false);
  page.dataLayer.push(added('a'));
  await turn();
  expect(tracked()).toEqual([]);
});

test('started again on the same page, it does not tell the past twice', async () => {
  page.dataLayer = [added('a')];
  const once = started();
  page.dataLayer.push(added('b'));
  await turn();
  once.stop();
  const again = started();
  page.dataLayer.push(added('c'));
  await turn();
  expect(again.tracked()).toEqual([['Product Added', product('c')]]);
});

test('an array that the page writes after us is found', async () => {
  const { tracked } = started();
  page.dataLayer = [added('late')];
  window.dispatchEvent(new Event('load'));
  page.dataLayer.push(added('later'));
  await turn();
  expect(tracked()).toHaveLength(2);
});

test('gtag, as a page defines it, is heard', async () => {
  const { tracked } = started();
  function gtag(..._words: unknown[]) {
    // biome-ignore lint/complexity/noArguments: Google's own definition
    page.dataLayer?.push(arguments);
  }
  gtag('event', 'search', { search_term: 'mug' });
  await turn();
  expect(tracked()).toEqual([['Products Searched', { query: 'mug' }]]);
});

test('nothing that a push holds can throw into the page', async () => {
  page.dataLayer = [];
  const { tracked } = started();
  const bad = new Proxy(
    {},
    {
      get: () => {
        throw new Error('mine');
      },
    },
  );
  const circular: Record<string, unknown> = { event: 'add_to_cart' };
  circular.ecommerce = circular;
  expect(() => page.dataLayer?.push(bad, circular, Object.create(null), added('a'))).not.toThrow();
  await turn();
  expect(tracked()).toEqual([['Product Added', product('a')]]);
});

test('another name of the array, from the script tag', async () => {
  document.head.innerHTML = '<script data-key="wk_1" data-sources="data-layer" data-data-layer="shopLayer"></script>';
  page.shopLayer = [added('a')];
  const { client, tracked } = recordedClient();
  stops.push(start(client));
  await turn();
  expect(tracked()).toHaveLength(1);
});

describe('who is there', () => {
  function gtag(...words: unknown[]) {
    // biome-ignore lint/complexity/noArguments: Google's own definition
    const pushed = arguments;
    page.dataLayer?.push(words.length ? pushed : words);
  }

  test('user_id from set and from config is a claim, made once', async () => {
    const { calls } = started();
    gtag('set', { user_id: 'U1' });
    gtag('config', 'G-1', { user_id: 'U1' });
    gtag('config', 'G-1', { user_id: 'U2' });
    await turn();
    expect(calls).toEqual([
      ['identify', 'U1'],
      ['identify', 'U2'],
    ]);
  });

  test('a consent default closes the gate and decides nothing', async () => {
    const { calls } = started();
    gtag('consent', 'default', { analytics_storage: 'denied', ad_storage: 'denied' });
    await turn();
    expect(calls).toEqual([['consent.suspend', ['measurement', 'marketing', 'sharing']]]);
  });

  test('an update that grants lifts what the page had closed, and opens nothing', async () => {
    const { calls } = started();
    gtag('consent', 'default', { analytics_storage: 'denied', ad_storage: 'denied' });
    gtag('consent', 'update', { analytics_storage: 'granted' });
    await turn();
    expect(calls.at(-1)).toEqual(['consent.suspend', ['marketing', 'sharing']]);
  });

  test('with consentFrom gtag an update decides, a default still does not', async () => {
    document.head.innerHTML = '<script data-key="wk_1" data-sources="data-layer" data-consent-from="gtag"></script>';
    const { client, calls } = recordedClient();
    stops.push(start(client));
    gtag('consent', 'default', { analytics_storage: 'denied' });
    gtag('consent', 'update', { analytics_storage: 'granted', ad_storage: 'denied' });
    await turn();
    expect(calls.filter(([verb]) => verb === 'consent.set')).toEqual([
      ['consent.set', { measurement: true, marketing: false, sharing: false }, { source: 'gtag', action: 'update' }],
    ]);
  });

  test('stopping lifts what the page had closed', async () => {
    const { calls, stop } = started();
    stop();
    expect(calls).toEqual([['consent.suspend', []]]);
  });
});

describe('one action seen twice', () => {
  test('the page’s own call is heard first, though the push was made before it', async () => {
    const { client, tracked } = started();
    page.dataLayer?.push(added('a', { price: 19 }));
    client.track('Product Added', { product_id: 'a', price: 19, note: 'by name' });
    await turn();
    expect(tracked()).toEqual([['Product Added', { product_id: 'a', price: 19, note: 'by name' }]]);
  });

  test('what another source told within two seconds is not told again; later it is', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { client, tracked } = started();
    client.track('Product Added', { sku: 'A' }, { source: 'shopify' });
    vi.setSystemTime(Date.now() + 2_000);
    page.dataLayer?.push(added('a'));
    await turn();
    expect(tracked()).toHaveLength(1);
    client.track('Product Added', { sku: 'A' }, { source: 'shopify' });
    vi.setSystemTime(Date.now() + 2_001);
    page.dataLayer?.push(added('a'));
    await turn();
    expect(tracked()).toHaveLength(3);
  });

  test('twice from the data layer is twice: people press a button twice', async () => {
    const { tracked } = started();
    page.dataLayer?.push(added('a'));
    page.dataLayer?.push(added('a'));
    await turn();
    expect(tracked()).toHaveLength(2);
  });

  test('two presses seen by two sources are two actions, not one and not four', async () => {
    const { client, tracked } = started();
    for (let press = 0; press < 2; press += 1) {
      client.track('Product Added', { product_id: 'a' }, { source: 'woocommerce' });
      page.dataLayer?.push(added('a'));
    }
    await turn();
    expect(tracked()).toHaveLength(2);
  });

  test('another sign or another product is another action', async () => {
    const { client, tracked } = started();
    client.track('Product Added', { product_id: 'a' }, { source: 'woocommerce' });
    page.dataLayer?.push({ event: 'remove_from_cart', ecommerce: { items: [{ item_id: 'a' }] } }, added('b'));
    await turn();
    expect(tracked()).toHaveLength(3);
  });
});
