// The shop by its requests: what a browser, a form without a script, and a rude client get.

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { demoShop, type ServerCall, type ShopOptions } from './app.js';
import { bill, newBasket, parseBasket, put, writeBasket } from './basket.js';
import { choiceBySku, products, skuOf } from './catalogue.js';
import type { Push } from './data-layer.js';

const origin = 'http://shop.test';

/** A browser as far as it keeps cookies and follows redirects. */
const visitor = (options: Partial<ShopOptions> = {}) => {
  const calls: ServerCall[] = [];
  const shop = demoShop({
    writeKey: 'wk_test',
    scriptUrl: '/weft.js',
    base: '',
    collect: async (told) => void calls.push(...told),
    ...options,
  });
  const jar = new Map<string, string>();

  const send = async (path: string, init: RequestInit = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await shop.request(`${origin}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { ...(init.headers as Record<string, string>), cookie },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  const go = async (
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; path: string; html: string; answer: Response }> => {
    const answer = await send(path, init);
    const to = answer.headers.get('location');
    if (to) return go(to);
    return { status: answer.status, path, html: await answer.text(), answer };
  };
  const form = (fields: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(fields) });
  const act = async (path: string, fields: Record<string, string>) =>
    (await send(path, { ...form(fields), headers: { accept: 'application/json' } })).json() as Promise<{
      count: number;
      pushes: Push[];
      said: string;
      html: string;
      snapshot: { cart_id: string; products: unknown[] } | null;
      call: object | null;
    }>;
  return { calls, jar, send, go, post: (path: string, fields: Record<string, string>) => go(path, form(fields)), act };
};

/** What the page says to its data layer, as the page's scripts would push it. */
const pushesOf = (html: string): Push[] => {
  const dataLayer: Push[] = [];
  for (const [, code = ''] of html.matchAll(/<script nonce="[^"]+">(window\.dataLayer[^<]*)<\/script>/g))
    new Function('window', 'dataLayer', code)({ dataLayer }, dataLayer);
  return dataLayer;
};
/** What the form says to the data layer as it is sent. */
const chosenPushesOf = (html: string): Push[] =>
  JSON.parse(/checked="" required="" data-pushes="([^"]+)"/.exec(html)?.[1]?.replaceAll('&quot;', '"') ?? '[]');
const callsOf = (html: string): unknown[][] => {
  const weft: unknown[][] = [];
  for (const [, code = ''] of html.matchAll(/<script nonce="[^"]+">(window\.weft[^<]*)<\/script>/g))
    new Function('window', 'weft', code)({ weft }, weft);
  return weft;
};
const eventsOf = (pushes: Push[]) => pushes.flatMap((push) => ('event' in push ? [push.event] : []));
const named = (pushes: Push[], event: string) =>
  pushes.find((push) => 'event' in push && push.event === event) as
    | { ecommerce: Record<string, unknown> & { items: Record<string, unknown>[] } }
    | undefined;

const address = {
  name: 'Bo Ek',
  email: 'Bo@Shop.example',
  street: 'Hoogstraat 3',
  postcode: '9000',
  city: 'Ghent',
  country: 'BE',
};
const order = async (someone: ReturnType<typeof visitor>, delivery = 'post') => {
  const opened = await someone.go('/checkout');
  await someone.post('/checkout', address);
  const paying = await someone.post('/checkout/delivery', { delivery });
  const thanks = await someone.post('/checkout/payment', { payment: 'invoice' });
  return { opened, paying, thanks };
};

describe('pages', () => {
  test.each([
    '/',
    '/c/table',
    '/c/light?sort=price',
    '/p/morning-mug',
    '/p/iron-pan?v=20',
    '/search?q=green',
    '/search',
    '/basket',
    '/account',
    '/about',
    '/delivery',
    '/privacy',
  ])('%s is there, may rest in the back-forward cache, and sets nothing', async (path) => {
    const { status, html, answer } = await visitor().go(path);
    expect(status).toBe(200);
    expect(html).toMatch(/^<!doctype html><html lang="en">/);
    expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(html.match(/<h1/g)).toHaveLength(1);
  });

  test.each(['/nowhere', '/c/constructor', '/p/__proto__', '/thank-you/OX-AAAA-AAAA'])('%s is not', async (path) => {
    const { status, html } = await visitor().go(path);
    expect(status).toBe(404);
    expect(html).toContain('It is not here');
  });

  test('every product has its page, its pictures in every variant, and markup that says the same', async () => {
    const someone = visitor();
    for (const product of products) {
      for (const variant of product.variants) {
        const picture = await someone.send(`/pictures/${skuOf({ product, variant })}.svg`);
        expect(picture.headers.get('content-type')).toBe('image/svg+xml');
        expect(await picture.text()).toMatch(/^<svg [^>]+>.+<\/svg>$/s);
      }
      const { html } = await someone.go(`/p/${product.slug}`);
      const { '@graph': graph } = JSON.parse(/application\/ld\+json">([^<]+)</.exec(html)?.[1] ?? '{}');
      const markup = graph.find((node: { '@type': string }) => node['@type'] === 'Product');
      const viewed = named(pushesOf(html), 'view_item')?.ecommerce.items[0];
      expect(markup).toMatchObject({ name: product.name, sku: product.id, offers: { priceCurrency: 'EUR' } });
      expect(Number(markup.offers.price)).toBe(viewed?.price);
      expect(html).toContain(`<meta property="product:price:amount" content="${markup.offers.price}"`);
    }
    expect((await someone.send('/pictures/OX-101-none.svg')).status).toBe(404);
  });

  test('there are at least sixteen products in four categories', () => {
    expect(products.length).toBeGreaterThanOrEqual(16);
    expect(new Set(products.map(({ category }) => category)).size).toBe(4);
  });

  test('scripts run by their nonce only, and what somebody searched for is text', async () => {
    const { html, answer } = await visitor().go(
      `/search?q=${encodeURIComponent('</script><img src=x onerror=alert(1)>"\u2028')}`,
    );
    const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1];
    expect(html).not.toContain('<img src=x');
    for (const [tag] of html.matchAll(/<script(?![^>]*type="application)[^>]*>/g))
      expect(tag).toContain(`nonce="${nonce}"`);
    expect(pushesOf(html)[0]).toEqual({ event: 'search', search_term: '</script><img src=x onerror=alert(1)>"' });
  });

  test('the script of Weft may come from another origin, and then only it', async () => {
    const { answer, html } = await visitor({ scriptUrl: 'https://collect.example/weft.js' }).go('/');
    expect(answer.headers.get('content-security-policy')).toMatch(
      /script-src [^;]*https:\/\/collect\.example;.*connect-src 'self' https:\/\/collect\.example;/,
    );
    expect(html).toContain('src="https://collect.example/weft.js" data-key="wk_test"');
  });
});

describe('what GA4 asks for stands in each push', () => {
  const needed: Record<string, string[]> = {
    view_item_list: ['items'],
    select_item: ['items'],
    view_item: ['currency', 'value', 'items'],
    add_to_cart: ['currency', 'value', 'items'],
    remove_from_cart: ['currency', 'value', 'items'],
    view_cart: ['currency', 'value', 'items'],
    begin_checkout: ['currency', 'value', 'items'],
    add_shipping_info: ['currency', 'value', 'shipping_tier', 'items'],
    add_payment_info: ['currency', 'value', 'payment_type', 'items'],
    purchase: ['currency', 'value', 'transaction_id', 'tax', 'shipping', 'items'],
    view_promotion: ['promotion_id', 'promotion_name', 'creative_name', 'creative_slot'],
  };

  test('on the whole way from the first page to the thanks', async () => {
    const someone = visitor();
    const pushes: Push[] = [];
    for (const path of ['/', '/c/kitchen', '/p/iron-pan', '/search?q=mug'])
      pushes.push(...pushesOf((await someone.go(path)).html));
    pushes.push(...(await someone.act('/basket/add', { sku: 'OX-202-24', quantity: '2' })).pushes);
    pushes.push(...(await someone.act('/basket/add', { sku: 'OX-101-moss', quantity: '1' })).pushes);
    pushes.push(...(await someone.act('/basket/set', { sku: 'OX-202-24', quantity: '1' })).pushes);
    pushes.push(...pushesOf((await someone.go('/basket')).html));
    const { opened, paying, thanks } = await order(someone);
    pushes.push(...[opened, paying, thanks].flatMap(({ html }) => [...pushesOf(html), ...chosenPushesOf(html)]));

    expect(eventsOf(pushes)).toEqual([
      'view_promotion',
      'view_item_list',
      'view_item_list',
      'view_item',
      'view_item_list',
      'search',
      'view_item_list',
      'add_to_cart',
      'add_to_cart',
      'remove_from_cart',
      'view_cart',
      'begin_checkout',
      'add_shipping_info',
      'add_payment_info',
      'purchase',
    ]);
    let before: Push | undefined;
    for (const push of pushes) {
      if ('event' in push && needed[push.event]) {
        const { ecommerce } = push as unknown as {
          ecommerce: Record<string, unknown> & {
            items?: { price: number; quantity: number; item_id: string; item_name: string }[];
          };
        };
        // Google's advice: clear what the last one left before each.
        expect(before).toEqual({ ecommerce: null });
        expect(Object.keys(ecommerce)).toEqual(expect.arrayContaining(needed[push.event] as string[]));
        for (const item of ecommerce.items ?? []) {
          expect(item).toMatchObject({
            item_id: expect.stringMatching(/^OX-/),
            item_name: expect.any(String),
            price: expect.any(Number),
            quantity: expect.any(Number),
          });
        }
        if (typeof ecommerce.value === 'number') {
          const sum = (ecommerce.items ?? []).reduce(
            (total, { price, quantity }) => total + Math.round(price * 100) * quantity,
            0,
          );
          expect(Math.round(ecommerce.value * 100), push.event).toBe(sum);
        }
      }
      before = push;
    }
    const carts = new Set(
      pushes
        .flatMap((push) =>
          'ecommerce' in push && push.ecommerce ? [(push.ecommerce as { cart_id?: string }).cart_id] : [],
        )
        .filter(Boolean),
    );
    expect(carts.size).toBe(1);
  });

  test('a coupon is in the price, in the discount and in its own field', async () => {
    const someone = visitor();
    await someone.act('/basket/add', { sku: 'OX-301-black', quantity: '1' });
    const used = await someone.act('/basket/coupon', { coupon: ' oxlip10 ' });
    expect(used.pushes).toEqual([]);
    expect(used.call).toMatchObject({ coupon: 'OXLIP10', value: 107.1 });
    const viewed = named(pushesOf((await someone.go('/basket')).html), 'view_cart');
    // €139 reduced to €119, and a tenth off.
    expect(viewed?.ecommerce).toMatchObject({
      value: 107.1,
      coupon: 'OXLIP10',
      items: [{ price: 107.1, discount: 31.9, coupon: 'OXLIP10' }],
    });
  });
});

describe('the basket', () => {
  let someone: ReturnType<typeof visitor>;
  beforeEach(() => {
    someone = visitor();
  });

  test('works without a script: a form goes on to the basket', async () => {
    const { path, html } = await someone.post('/basket/add', { sku: 'OX-101-oat', quantity: '2' });
    expect(path).toBe('/basket');
    expect(html).toContain('€38.00');
    expect((await someone.post('/basket/set', { sku: 'OX-101-oat', quantity: '0' })).html).toContain(
      'Your basket is empty',
    );
  });

  test('its cookie is the shop’s alone', async () => {
    const [cookie] = (
      await someone.send('/basket/add', { method: 'POST', body: new URLSearchParams({ sku: 'OX-101-oat' }) })
    ).headers.getSetCookie();
    expect(cookie).toMatch(
      /^oxlip_basket=b_[\w-]{16}%7COX-101-oat\*1; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
  });

  test('holds no more than there is', async () => {
    const added = await someone.act('/basket/add', { sku: 'OX-101-slate', quantity: '10' });
    expect(added.count).toBe(3);
    expect(named(added.pushes, 'add_to_cart')?.ecommerce.items[0]).toMatchObject({ quantity: 3 });
    const more = await someone.act('/basket/add', { sku: 'OX-101-slate', quantity: '1' });
    expect(more).toMatchObject({ count: 3, pushes: [], said: 'There is no more of Morning mug, Slate at present.' });
    expect(await someone.act('/basket/add', { sku: 'OX-202-28' })).toMatchObject({ count: 3, pushes: [] });
  });

  test('tells the way it went: three to five is two more, five to one is four less, and equal is nothing', async () => {
    await someone.act('/basket/add', { sku: 'OX-101-oat', quantity: '3' });
    const set = async (quantity: string) => (await someone.act('/basket/set', { sku: 'OX-101-oat', quantity })).pushes;
    expect(named(await set('5'), 'add_to_cart')?.ecommerce).toMatchObject({ value: 38, items: [{ quantity: 2 }] });
    expect(named(await set('1'), 'remove_from_cart')?.ecommerce).toMatchObject({ value: 76, items: [{ quantity: 4 }] });
    expect(await set('1')).toEqual([]);
  });

  test('emptied, says so in a snapshot, since GA4 has no word for it', async () => {
    const { snapshot } = await someone.act('/basket/add', { sku: 'OX-101-oat', quantity: '3' });
    const gone = await someone.act('/basket/empty', {});
    expect(gone).toMatchObject({ count: 0, snapshot: null, call: { cart_id: snapshot?.cart_id, products: [] } });
  });

  test('whatever stands in its cookie, it is read or left out, and writing it again changes nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .array(
              fc.oneof(fc.string(), fc.constantFrom('OX-101-oat*3', 'OX-101-oat*99', '!OXLIP10', '!x', 'OX-999-a*1')),
            )
            .map((parts) => ['b_abcdefghijklmnop', ...parts].join('|')),
        ),
        (cookie) => {
          const basket = parseBasket(cookie);
          if (!basket) return;
          expect(parseBasket(writeBasket(basket))).toEqual(basket);
          for (const { quantity } of basket.lines) expect(quantity).toBeGreaterThan(0);
        },
      ),
    );
  });

  test('its sums agree: lines, discount, post and total, for any content', () => {
    const skus = products.flatMap((product) => product.variants.map((variant) => skuOf({ product, variant })));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...skus), fc.integer({ min: 1, max: 20 })), { maxLength: 12 }),
        fc.boolean(),
        (wanted, withCoupon) => {
          let basket = newBasket();
          for (const [sku, quantity] of wanted) basket = put(basket, choiceBySku(sku)!, quantity);
          const sum = bill(withCoupon ? (parseBasket(`${writeBasket(basket)}|!OXLIP10`) ?? basket) : basket);
          expect(sum.subtotalMinor - sum.discountMinor).toBe(sum.goodsMinor);
          expect(sum.lines.reduce((total, line) => total + line.lineMinor, 0)).toBe(sum.goodsMinor);
          expect(sum.goodsMinor + sum.shippingMinor).toBe(sum.totalMinor);
          expect(Number.isInteger(sum.totalMinor)).toBe(true);
        },
      ),
    );
  });

  test.each([
    ['/basket/add', { sku: 'OX-101-none' }],
    ['/basket/add', {}],
    ['/basket/set', { sku: '__proto__', quantity: '3' }],
    ['/basket/set', { sku: 'OX-101-oat', quantity: 'NaN' }],
    ['/basket/coupon', { coupon: 'x'.repeat(5000) }],
  ])('%s with %j is no accident', async (path, fields) => {
    const answer = await someone.send(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { accept: 'application/json' },
    });
    expect(answer.status).toBe(200);
  });
});

describe('an order', () => {
  test('is told by the server under the number that the browser tells', async () => {
    const someone = visitor();
    await someone.act('/basket/add', { sku: 'OX-103-moss', quantity: '1' });
    const { snapshot } = await someone.act('/basket/add', { sku: 'OX-101-moss', quantity: '2' });
    await someone.act('/basket/coupon', { coupon: 'OXLIP10' });
    const { thanks } = await order(someone, 'express');
    const purchase = named(pushesOf(thanks.html), 'purchase')?.ecommerce;
    expect(someone.calls).toEqual([
      expect.objectContaining({
        type: 'track',
        event: 'Order Completed',
        channel: 'server',
        messageId: `order-completed-${purchase?.transaction_id}`,
      }),
    ]);
    expect(someone.calls[0]?.properties).toMatchObject({
      order_id: purchase?.transaction_id,
      cart_id: snapshot?.cart_id,
      email: 'bo@shop.example',
      currency: 'EUR',
      subtotal: 102,
      discount: 10.2,
      revenue: 91.8,
      shipping: 9.9,
      tax: 0,
      total: 101.7,
      coupon: 'OXLIP10',
      products: [
        { product_id: 'OX-103', variant: 'Moss', price: 57.6, quantity: 1 },
        { product_id: 'OX-101', variant: 'Moss', price: 17.1, quantity: 2 },
      ],
    });
    expect(someone.calls[0]).not.toHaveProperty('userId');
    // The browser's words for the same: revenue is the goods, shipping beside it.
    expect(purchase).toMatchObject({ value: 91.8, shipping: 9.9, tax: 0, cart_id: snapshot?.cart_id });
  });

  test('is told by the page once, and shown as often as its owner likes, to nobody else', async () => {
    const someone = visitor();
    await someone.act('/basket/add', { sku: 'OX-101-moss' });
    const { thanks } = await order(someone);
    expect(eventsOf(pushesOf(thanks.html))).toEqual(['purchase']);
    const again = await someone.go(thanks.path);
    expect(again.status).toBe(200);
    expect(pushesOf(again.html)).toEqual([]);
    expect((await visitor().go(thanks.path)).status).toBe(404);
    expect((await someone.go('/basket')).html).toContain('Your basket is empty');
  });

  test('stands though nobody hears of it', async () => {
    const someone = visitor({ collect: async () => Promise.reject(new Error('down')) });
    await someone.act('/basket/add', { sku: 'OX-101-moss' });
    expect((await order(someone)).thanks.html).toContain('Thank you, Bo');
  });

  test('is not sent to an address that only the request names', async () => {
    const someone = visitor({ secretKey: 'sk_secret' });
    await someone.act('/basket/add', { sku: 'OX-101-moss' });
    await order(someone);
    expect(someone.calls).toHaveLength(1);
    const silent = demoShop({ writeKey: 'wk', scriptUrl: '/weft.js', secretKey: 'sk_secret' });
    expect((await silent.request('http://evil.test/')).status).toBe(200);
  });

  test('each step needs the one before it', async () => {
    const someone = visitor();
    expect((await someone.go('/checkout')).path).toBe('/basket');
    await someone.act('/basket/add', { sku: 'OX-101-moss' });
    expect((await someone.go('/checkout/payment')).path).toBe('/checkout');
    expect((await someone.post('/checkout/payment', { payment: 'card' })).path).toBe('/checkout');
    const wrong = await someone.post('/checkout', { ...address, email: 'nobody', city: '' });
    expect(wrong.status).toBe(422);
    expect(wrong.html.match(/aria-invalid="true"/g)).toHaveLength(2);
    expect(someone.calls).toEqual([]);
  });

  test('takes from the stock, and what sells out is made anew', async () => {
    const someone = visitor();
    await someone.act('/basket/add', { sku: 'OX-101-slate', quantity: '2' });
    await order(someone);
    expect((await someone.go('/p/morning-mug?v=slate')).html).toContain('1 left');
    await someone.act('/basket/add', { sku: 'OX-101-slate', quantity: '1' });
    await order(someone);
    expect((await someone.go('/p/morning-mug?v=slate')).html).toContain('3 left');
  });
});

describe('accounts', () => {
  const logIn = (someone: ReturnType<typeof visitor>, password = 'demo') =>
    someone.post('/account/log-in', { email: 'Ada@example.com', password });

  test('whom one may be stands on the page, and logging in names her once', async () => {
    const someone = visitor();
    expect((await someone.go('/account')).html).toMatch(/ada@example\.com<\/strong>, password <strong>demo/);
    const entered = await logIn(someone);
    expect(callsOf(entered.html)).toEqual([
      ['identify', 'cust-1001', { name: 'Ada Marlow', email: 'ada@example.com', createdAt: expect.any(String) }],
    ]);
    expect(pushesOf(entered.html)).toEqual([{ event: 'login', method: 'password' }]);
    const again = await someone.go('/account');
    expect([callsOf(again.html), pushesOf(again.html)]).toEqual([[], []]);
  });

  test('a wrong password says nothing of whether there is such an account', async () => {
    const [known, unknown] = [
      await logIn(visitor(), 'no'),
      await visitor().post('/account/log-in', { email: 'nobody@example.com', password: 'no' }),
    ];
    expect([known.status, unknown.status]).toEqual([422, 422]);
    expect(known.html).toContain('do not belong together');
    expect(unknown.html).toContain('do not belong together');
  });

  test('the guest’s basket and the account’s become one, and Weft is given the whole of it', async () => {
    const someone = visitor();
    await logIn(someone);
    const first = await someone.act('/basket/add', { sku: 'OX-101-oat', quantity: '1' });
    await someone.act('/basket/add', { sku: 'OX-102-oat', quantity: '1' });
    const out = await someone.post('/account/log-out', {});
    expect(callsOf(out.html)).toEqual([['reset']]);
    expect((await someone.go('/basket')).html).toContain('Your basket is empty');
    await someone.act('/basket/add', { sku: 'OX-101-oat', quantity: '2' });
    const entered = await logIn(someone);
    const [, update] = callsOf(entered.html);
    expect(update).toMatchObject([
      'cart.update',
      {
        cart_id: first.snapshot?.cart_id,
        products: [
          { product_id: 'OX-101', quantity: 2 },
          { product_id: 'OX-102', quantity: 1 },
        ],
      },
    ]);
  });

  test('an order made while logged in carries the user, and stands in the account', async () => {
    const someone = visitor();
    await logIn(someone);
    await someone.act('/basket/add', { sku: 'OX-405-meadow' });
    const { opened } = await order(someone);
    expect(opened.html).toContain('value="ada@example.com"');
    expect(someone.calls[0]?.userId).toBe('cust-1001');
    expect((await someone.go('/account')).html).toContain(String(someone.calls[0]?.properties.order_id));
  });

  test('signing up, and the ways in which it fails', async () => {
    const someone = visitor();
    const sign = (name: string, email: string, password: string) =>
      someone.post('/account/sign-up', { 'new-name': name, 'new-email': email, 'new-password': password });
    expect((await sign('', 'bo@shop.example', 'long')).html).toContain('Please give a name.');
    expect((await sign('Bo', 'bo', 'long')).html).toContain('does not look like');
    expect((await sign('Bo', 'bo@shop.example', 'abc')).html).toContain('Four characters');
    expect((await sign('Bo', 'ada@example.com', 'long')).html).toContain('already');
    const made = await sign('Bo <b>Ek', 'bo@shop.example', 'long');
    expect(eventsOf(pushesOf(made.html))).toEqual(['sign_up']);
    expect(made.html).toContain('Hello, Bo');
    expect(made.html).not.toContain('<b>Ek');
  });

  test('on the way to an order one comes back to it', async () => {
    const someone = visitor();
    await someone.act('/basket/add', { sku: 'OX-101-oat' });
    expect(
      (await someone.post('/account/log-in', { email: 'ada@example.com', password: 'demo', next: 'checkout' })).html,
    ).toContain('Go on with your order');
    const elsewhere = await visitor().post('/account/log-in', {
      email: 'ada@example.com',
      password: 'demo',
      next: 'https://evil.example',
    });
    expect(elsewhere.path).toBe('/account');
  });
});
