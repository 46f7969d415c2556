// The demo shop as one Hono app: routes in, pages out. Whoever mounts it gives it a write key and the address of Weft's
// script, and, if the shop's server shall tell of orders too, a way to send them. It knows nothing of the collector.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { type Account, bounded, emailOf, openAccounts } from './accounts.js';
import {
  type Basket,
  bill,
  countOf,
  couponByCode,
  type Delivery,
  deliveries,
  joined,
  newBasket,
  parseBasket,
  payments,
  put,
  quantityOf,
  writeBasket,
} from './basket.js';
import {
  type Choice,
  categoryById,
  choiceBySku,
  chosen,
  currency,
  isOrder,
  productBySlug,
  search,
} from './catalogue.js';
import {
  addShippingInfo,
  beginCheckout,
  type CartState,
  cartChange,
  loggedIn,
  type Push,
  purchase,
  signedUp,
} from './data-layer.js';
import { traitsOf, type Visit, type WeftCall } from './frame.js';
import { asNumber } from './money.js';
import { type Address, openOrders, orderCall, type Placed, type ServerCall } from './orders.js';
import { AccountPage, LogInPage, type Trouble } from './pages/account.js';
import { BasketBody, BasketPage } from './pages/basket.js';
import { AddressPage, DeliveryPage, PaymentPage, ThanksPage, type Wrong } from './pages/checkout.js';
import { Home } from './pages/home.js';
import { CategoryPage, SearchPage } from './pages/list.js';
import { ProductPage } from './pages/product.js';
import { AboutPage, DeliveryWords, LetterPage, NotFoundPage, PrivacyPage } from './pages/words.js';
import { mark, picture, scene } from './pictures.js';

export type { ServerCall } from './orders.js';

export interface ShopOptions {
  /** Public key of the site the pages tell of. */
  writeKey: string;
  /** Address of Weft's script, absolute or from the root. */
  scriptUrl: string;
  /** With an absolute `scriptUrl` and no `collect`: orders are posted there with this key. */
  secretKey?: string;
  /** Takes the calls of the shop's own server. A failure costs the shopper nothing. */
  collect?: (calls: ServerCall[]) => Promise<void>;
  /** Where the shop is mounted. */
  base?: string;
}

const cookies = { basket: 'oxlip_basket', session: 'oxlip_session', draft: 'oxlip_order', note: 'oxlip_note' } as const;
const basketDays = 30;
const bodyMaxBytes = 16_384;
const draftsMax = 5_000;
const sendMs = 3_000;

/** What happened in the request before a redirect, told by the page that follows it. */
const notes = ['in', 'new', 'out', 'delivery', 'paid'] as const;
type Note = (typeof notes)[number];

/** A file that lies beside this one, in the source and in what is built from it. */
const beside = (file: string) => () => readFileSync(new URL(file, import.meta.url), 'utf8');
/** What the shop asks its visitors, and in which colours: the text of a consent file. */
export const shopConsent = beside('consent.json');

const post = (url: URL, secretKey: string) => async (calls: ServerCall[]) => {
  await fetch(new URL('/v1/batch', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ batch: calls, sentAt: new Date().toISOString() }),
    signal: AbortSignal.timeout(sendMs),
  });
};

/** Only a server that was told where to send may send: an address taken from the request would leak the key. */
const sender = ({ scriptUrl, secretKey, collect }: ShopOptions) => {
  if (collect) return collect;
  return secretKey && /^https?:/.test(scriptUrl) ? post(new URL(scriptUrl), secretKey) : undefined;
};

const words = (form: Record<string, unknown>, name: string, max = 200): string => {
  const value = form[name];
  return typeof value === 'string' ? value.trim().slice(0, max) : '';
};

const checkAddress = (form: Record<string, unknown>): { address: Address; wrong: Wrong } => {
  const address: Address = {
    name: words(form, 'name', 80),
    email: emailOf(words(form, 'email')) ?? words(form, 'email'),
    street: words(form, 'street', 120),
    postcode: words(form, 'postcode', 12),
    city: words(form, 'city', 80),
    country: words(form, 'country', 2),
  };
  const wrong: Wrong = {};
  if (!address.name) wrong.name = 'Whom shall we write on the parcel?';
  if (!emailOf(address.email)) wrong.email = 'This does not look like an e-mail address.';
  if (!address.street) wrong.street = 'Street and number, please.';
  if (!/^[\w -]{3,12}$/.test(address.postcode)) wrong.postcode = 'A postcode, please.';
  if (!address.city) wrong.city = 'Which town?';
  return { address, wrong };
};

/** The basket as Weft's `cart.update` takes it: Segment's product fields, the whole content. */
const snapshotOf = (basket: Basket | undefined) => {
  if (!basket?.lines.length) return undefined;
  const sum = bill(basket);
  return {
    cart_id: basket.token,
    currency,
    value: asNumber(sum.goodsMinor),
    ...(basket.coupon ? { coupon: basket.coupon.code } : {}),
    products: sum.lines.map(({ choice, quantity, unitMinor }) => ({
      product_id: choice.product.id,
      name: choice.product.name,
      brand: choice.product.maker,
      category: `${categoryById(choice.product.category)?.name}/${choice.product.kind}`,
      variant: choice.variant.name,
      price: asNumber(unitMinor),
      quantity,
    })),
  };
};

const emptied = (token: string) => ({ cart_id: token, currency, value: 0, products: [] });

const cartState = (basket: Basket, delivery?: Delivery): CartState => ({
  token: basket.token,
  coupon: basket.coupon,
  bill: bill(basket, delivery),
});

interface Draft {
  address: Address;
  delivery?: Delivery;
}

export const demoShop = (options: ShopOptions): Hono => {
  const { writeKey, scriptUrl, base = '/demo' } = options;
  const send = sender(options);
  const accounts = openAccounts();
  const orders = openOrders();
  const drafts = bounded<Draft>(draftsMax);
  const collectorOrigin = /^https?:/.test(scriptUrl) ? new URL(scriptUrl).origin : '';

  const app = new Hono();

  const secure = (c: Context) => new URL(c.req.url).protocol === 'https:';
  const keep = (c: Context, name: string, value: string, days?: number) =>
    setCookie(c, name, value, {
      path: base || '/',
      httpOnly: true,
      sameSite: 'Lax',
      secure: secure(c),
      ...(days ? { maxAge: days * 86_400 } : {}),
    });
  const drop = (c: Context, name: string) => deleteCookie(c, name, { path: base || '/' });

  const accountOf = (c: Context): Account | undefined => accounts.of(getCookie(c, cookies.session));
  const basketOf = (c: Context): Basket | undefined => parseBasket(getCookie(c, cookies.basket));
  const keepBasket = (c: Context, basket: Basket | undefined) => {
    const account = accountOf(c);
    if (account) account.basket = basket;
    if (basket) keep(c, cookies.basket, writeBasket(basket), basketDays);
    else drop(c, cookies.basket);
  };

  const leave = (c: Context, note: Note) => keep(c, cookies.note, note);
  const taken = (c: Context): Note | undefined => {
    const note = getCookie(c, cookies.note);
    if (note === undefined) return undefined;
    drop(c, cookies.note);
    return notes.find((known) => known === note);
  };

  const visitOf = (c: Context): Visit => {
    const url = new URL(c.req.url);
    const path = url.pathname.slice(base.length) || '/';
    return {
      href: (to) => (to === '/' && base ? base : `${base}${to}`),
      to: (to) => `${url.origin}${to === '/' && base ? base : `${base}${to}`}`,
      path,
      nonce: randomBytes(12).toString('base64'),
      writeKey,
      scriptUrl,
      account: accountOf(c),
      basket: basketOf(c),
    };
  };

  /** `no-cache`, not `no-store`: the page must ask again, yet may rest in the back-forward cache. */
  const show = async (c: Context, visit: Visit, page: unknown, status: 200 | 404 | 422 = 200) => {
    const script = `'self' 'nonce-${visit.nonce}'${collectorOrigin ? ` ${collectorOrigin}` : ''}`;
    c.header('cache-control', 'private, no-cache');
    c.header(
      'content-security-policy',
      `default-src 'none'; script-src ${script}; style-src 'self'; img-src 'self'; connect-src 'self'${collectorOrigin ? ` ${collectorOrigin}` : ''}; form-action 'self'; base-uri 'none'; frame-ancestors 'self'`,
    );
    c.header('referrer-policy', 'strict-origin-when-cross-origin');
    c.header('x-content-type-options', 'nosniff');
    return c.html(`<!doctype html>${await String(page)}`, status);
  };

  const moveTo = (c: Context, path: string) => c.redirect(`${base}${path}`, 303);

  const formOf = async (c: Context): Promise<Record<string, unknown>> => {
    const size = Number(c.req.header('content-length') ?? 0);
    return size > bodyMaxBytes ? {} : await c.req.parseBody();
  };

  const asset = (type: string, read: () => string, seconds: number) => {
    let kept: string | undefined;
    return (c: Context) => {
      kept ??= read();
      return c.body(kept, 200, {
        'content-type': type,
        'cache-control': `public, max-age=${seconds}`,
        'x-content-type-options': 'nosniff',
      });
    };
  };

  app.get('/shop.css', asset('text/css; charset=utf-8', beside('shop.css'), 300));
  app.get('/shop.js', asset('text/javascript; charset=utf-8', beside('shop.js'), 300));
  app.get('/mark.svg', asset('image/svg+xml', mark, 86_400));
  app.get('/pictures/scene.svg', asset('image/svg+xml', scene, 86_400));

  const pictures = new Map<string, string>();
  app.get('/pictures/:file', (c) => {
    const sku = c.req.param('file').replace(/\.svg$/, '');
    const choice = choiceBySku(sku);
    if (!choice) return c.notFound();
    const kept = pictures.get(sku) ?? picture(choice);
    pictures.set(sku, kept);
    return c.body(kept, 200, {
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=86400',
      'x-content-type-options': 'nosniff',
    });
  });

  const home = (c: Context) => {
    const visit = visitOf(c);
    const calls: WeftCall[] = taken(c) === 'out' ? [['reset']] : [];
    return show(c, visit, <Home visit={visit} calls={calls} snapshot={snapshotOf(visit.basket)} />);
  };
  app.get('/', home);

  app.get('/c/:category', (c) => {
    const visit = visitOf(c);
    const category = categoryById(c.req.param('category'));
    const sort = c.req.query('sort');
    if (!category) return show(c, visit, <NotFoundPage visit={visit} />, 404);
    return show(
      c,
      visit,
      <CategoryPage
        visit={visit}
        category={category}
        order={isOrder(sort) ? sort : 'ours'}
        snapshot={snapshotOf(visit.basket)}
      />,
    );
  });

  app.get('/p/:slug', (c) => {
    const visit = visitOf(c);
    const product = productBySlug(c.req.param('slug'));
    if (!product) return show(c, visit, <NotFoundPage visit={visit} />, 404);
    const choice = chosen(product, c.req.query('v'), orders.stockOf);
    return show(
      c,
      visit,
      <ProductPage visit={visit} choice={choice} stockOf={orders.stockOf} snapshot={snapshotOf(visit.basket)} />,
    );
  });

  app.get('/search', (c) => {
    const visit = visitOf(c);
    const query = (c.req.query('q') ?? '').trim().slice(0, 80);
    return show(
      c,
      visit,
      <SearchPage visit={visit} query={query} found={search(query)} snapshot={snapshotOf(visit.basket)} />,
    );
  });

  // --- basket -------------------------------------------------------------------------------------------------------

  interface Change {
    basket: Basket;
    pushes: Push[];
    said: string;
    /** Given where no GA4 event says what happened. */
    snapshot?: object | undefined;
  }

  /** A script gets the change as data, a plain form goes on to the basket. */
  const changed = async (c: Context, { basket, pushes, said, snapshot }: Change) => {
    keepBasket(c, basket.lines.length || basket.coupon ? basket : undefined);
    if (!c.req.header('accept')?.includes('application/json')) return moveTo(c, '/basket');
    const visit = { ...visitOf(c), basket };
    c.header('cache-control', 'no-store');
    return c.json({
      count: countOf(basket),
      pushes,
      said,
      call: snapshot ?? null,
      snapshot: snapshotOf(basket) ?? null,
      html: await String(<BasketBody visit={visit} basket={basket} said={said} />),
    });
  };

  /** What the data layer hears of a line that went from one quantity to another. */
  const pushesOf = (before: Basket, after: Basket, choice: Choice): Push[] => {
    const by = quantityOf(after, choice) - quantityOf(before, choice);
    const priced = bill(by > 0 ? after : before).lines.find((line) => line.choice.variant === choice.variant);
    if (by === 0 || !priced) return [];
    return by > 0
      ? cartChange('add_to_cart', after.token, priced, by, after.coupon)
      : cartChange('remove_from_cart', after.token, priced, -by, after.coupon);
  };

  const nothing = (c: Context): Promise<Response> => {
    const basket = basketOf(c) ?? newBasket();
    return Promise.resolve(changed(c, { basket, pushes: [], said: 'That is not in the shop.' }));
  };

  app.get('/basket', (c) => {
    const visit = visitOf(c);
    return show(c, visit, <BasketPage visit={visit} snapshot={snapshotOf(visit.basket)} />);
  });

  app.get('/basket.json', (c) => {
    c.header('cache-control', 'no-store');
    const basket = basketOf(c);
    return c.json({ count: countOf(basket), snapshot: snapshotOf(basket) ?? null });
  });

  app.post('/basket/add', async (c) => {
    const form = await formOf(c);
    const choice = choiceBySku(words(form, 'sku', 40));
    if (!choice) return nothing(c);
    const before = basketOf(c) ?? newBasket();
    const asked = Math.max(1, Math.trunc(Number(words(form, 'quantity', 4))) || 1);
    const had = quantityOf(before, choice);
    const basket = put(before, choice, Math.min(had + asked, orders.stockOf(choice)));
    const got = quantityOf(basket, choice) - had;
    const name = `${choice.product.name}, ${choice.variant.name}`;
    return changed(c, {
      basket,
      pushes: pushesOf(before, basket, choice),
      said: got > 0 ? `${name} is in your basket.` : `There is no more of ${name} at present.`,
    });
  });

  app.post('/basket/set', async (c) => {
    const form = await formOf(c);
    const choice = choiceBySku(words(form, 'sku', 40));
    if (!choice) return nothing(c);
    const before = basketOf(c) ?? newBasket();
    const asked = Number(words(form, 'quantity', 4));
    const basket = put(before, choice, Math.min(Number.isFinite(asked) ? asked : 1, orders.stockOf(choice)));
    const left = quantityOf(basket, choice);
    return changed(c, {
      basket,
      pushes: pushesOf(before, basket, choice),
      said: left === 0 ? `${choice.product.name} is out of your basket.` : `${choice.product.name}: ${left}.`,
    });
  });

  app.post('/basket/coupon', async (c) => {
    const form = await formOf(c);
    const before = basketOf(c) ?? newBasket();
    const code = words(form, 'coupon', 40);
    const coupon = couponByCode(code) ?? null;
    const basket = { ...before, coupon };
    return changed(c, {
      basket,
      pushes: [],
      said: coupon ? `${coupon.name}: taken off.` : code ? 'We do not know this code.' : 'No code.',
      snapshot: snapshotOf(basket),
    });
  });

  app.post('/basket/empty', (c) => {
    const before = basketOf(c) ?? newBasket();
    return changed(c, {
      basket: { ...before, lines: [], coupon: null },
      pushes: [],
      said: 'Your basket is empty.',
      snapshot: emptied(before.token),
    });
  });

  // --- order --------------------------------------------------------------------------------------------------------

  app.get('/checkout', (c) => {
    const visit = visitOf(c);
    const { basket, account } = visit;
    if (!basket?.lines.length) return moveTo(c, '/basket');
    const address = drafts.get(basket.token)?.address ?? (account ? { name: account.name, email: account.email } : {});
    return show(
      c,
      visit,
      <AddressPage
        visit={visit}
        basket={basket}
        address={address}
        pushes={beginCheckout(cartState(basket))}
        snapshot={snapshotOf(basket)}
      />,
    );
  });

  app.post('/checkout', async (c) => {
    const visit = visitOf(c);
    const { basket } = visit;
    if (!basket?.lines.length) return moveTo(c, '/basket');
    const { address, wrong } = checkAddress(await formOf(c));
    if (Object.keys(wrong).length > 0)
      return show(c, visit, <AddressPage visit={visit} basket={basket} address={address} wrong={wrong} />, 422);
    drafts.set(basket.token, { address });
    return moveTo(c, '/checkout/delivery');
  });

  app.get('/checkout/delivery', (c) => {
    const visit = visitOf(c);
    const { basket } = visit;
    if (!basket?.lines.length || !drafts.get(basket.token)) return moveTo(c, '/checkout');
    return show(c, visit, <DeliveryPage visit={visit} basket={basket} snapshot={snapshotOf(basket)} />);
  });

  app.post('/checkout/delivery', async (c) => {
    const basket = basketOf(c);
    const draft = drafts.get(basket?.token ?? '');
    if (!basket?.lines.length || !draft) return moveTo(c, '/checkout');
    const wanted = words(await formOf(c), 'delivery', 20);
    const delivery = deliveries.find(({ id }) => id === wanted);
    if (!delivery) return moveTo(c, '/checkout/delivery');
    drafts.set(basket.token, { ...draft, delivery });
    leave(c, 'delivery');
    return moveTo(c, '/checkout/payment');
  });

  app.get('/checkout/payment', (c) => {
    const visit = visitOf(c);
    const { basket } = visit;
    const delivery = drafts.get(basket?.token ?? '')?.delivery;
    if (!basket?.lines.length || !delivery) return moveTo(c, '/checkout/delivery');
    const pushes = taken(c) === 'delivery' ? addShippingInfo(cartState(basket, delivery), delivery) : [];
    return show(
      c,
      visit,
      <PaymentPage visit={visit} basket={basket} delivery={delivery} pushes={pushes} snapshot={snapshotOf(basket)} />,
    );
  });

  app.post('/checkout/payment', async (c) => {
    const basket = basketOf(c);
    const draft = drafts.get(basket?.token ?? '');
    if (!basket?.lines.length || !draft?.delivery) return moveTo(c, '/checkout');
    const wanted = words(await formOf(c), 'payment', 20);
    const payment = payments.find(({ id }) => id === wanted);
    if (!payment) return moveTo(c, '/checkout/payment');
    const account = accountOf(c);
    const order = orders.place(basket, draft.delivery, payment, draft.address, account?.id ?? null);
    account?.orderIds.unshift(order.id);
    drafts.delete(basket.token);
    keepBasket(c, undefined);
    keep(c, cookies.draft, order.id);
    leave(c, 'paid');
    // The order stands whether or not anybody hears of it.
    await send?.([orderCall(order)]).catch(() => undefined);
    return moveTo(c, `/thank-you/${order.id}`);
  });

  app.get('/thank-you/:order', (c) => {
    const visit = visitOf(c);
    const id = c.req.param('order');
    const order = orders.get(id);
    if (!order || (getCookie(c, cookies.draft) !== id && (!visit.account || order.accountId !== visit.account.id)))
      return show(c, visit, <NotFoundPage visit={visit} />, 404);
    const cart: CartState = { token: order.basket.token, coupon: order.basket.coupon, bill: order.bill };
    // Told once: a reload or the way back is no second purchase.
    const pushes = taken(c) === 'paid' ? purchase(cart, order.id) : [];
    return show(c, visit, <ThanksPage visit={visit} order={order} pushes={pushes} />);
  });

  // --- account ------------------------------------------------------------------------------------------------------

  const targets: Record<string, string> = { checkout: '/checkout', account: '/account' };
  const nextOf = (value: string | undefined) => (value && Object.hasOwn(targets, value) ? value : 'account');

  const enter = (c: Context, account: Account, note: 'in' | 'new', next: string) => {
    const basket = joined(basketOf(c), account.basket);
    account.basket = basket;
    keep(c, cookies.session, accounts.open(account));
    if (basket) keep(c, cookies.basket, writeBasket(basket), basketDays);
    leave(c, note);
    return moveTo(c, targets[next] === '/checkout' ? '/account?then=checkout' : '/account');
  };

  app.get('/account', (c) => {
    const visit = visitOf(c);
    const { account, basket } = visit;
    const note = taken(c);
    if (!account)
      return show(
        c,
        visit,
        <LogInPage visit={visit} next={nextOf(c.req.query('next'))} calls={note === 'out' ? [['reset']] : []} />,
      );
    const entered = note === 'in' || note === 'new';
    const snapshot = snapshotOf(basket);
    const calls: WeftCall[] = entered
      ? [['identify', account.id, traitsOf(account)], ...(snapshot ? [['cart.update', snapshot] as WeftCall] : [])]
      : [];
    const pushes = note === 'new' ? signedUp() : note === 'in' ? loggedIn() : [];
    const own = account.orderIds.map(orders.get).filter((order): order is Placed => order !== undefined);
    return show(
      c,
      visit,
      <AccountPage
        visit={visit}
        orders={own}
        pushes={pushes}
        calls={calls}
        snapshot={snapshot}
        onward={c.req.query('then') === 'checkout' && countOf(basket) > 0}
      />,
    );
  });

  app.post('/account/log-in', async (c) => {
    const form = await formOf(c);
    const next = nextOf(words(form, 'next', 20));
    const account = await accounts.logIn(words(form, 'email'), words(form, 'password'));
    if (account) return enter(c, account, 'in', next);
    const visit = visitOf(c);
    return show(c, visit, <LogInPage visit={visit} next={next} trouble="log-in" email={words(form, 'email')} />, 422);
  });

  app.post('/account/sign-up', async (c) => {
    const form = await formOf(c);
    const next = nextOf(words(form, 'next', 20));
    const [name, email] = [words(form, 'new-name', 80), words(form, 'new-email')];
    const made = await accounts.signUp(name, email, words(form, 'new-password'));
    if (made.ok) return enter(c, made.account, 'new', next);
    const visit = visitOf(c);
    const trouble: Trouble = made.reason;
    return show(c, visit, <LogInPage visit={visit} next={next} trouble={trouble} email={email} name={name} />, 422);
  });

  app.post('/account/log-out', (c) => {
    accounts.close(getCookie(c, cookies.session));
    drop(c, cookies.session);
    drop(c, cookies.draft);
    // The account keeps its basket; the next person at this screen begins with none.
    drop(c, cookies.basket);
    leave(c, 'out');
    return moveTo(c, '/');
  });

  // --- words --------------------------------------------------------------------------------------------------------

  app.post('/letter', async (c) => {
    const ok = emailOf(words(await formOf(c), 'email')) !== undefined;
    if (c.req.header('accept')?.includes('application/json')) return c.json({ ok });
    const visit = visitOf(c);
    return show(c, visit, <LetterPage visit={visit} ok={ok} />, ok ? 200 : 422);
  });

  for (const [path, Page] of [
    ['/about', AboutPage],
    ['/delivery', DeliveryWords],
    ['/privacy', PrivacyPage],
  ] as const)
    app.get(path, (c) => {
      const visit = visitOf(c);
      return show(c, visit, <Page visit={visit} />);
    });

  app.get('*', (c) => {
    const visit = visitOf(c);
    // A mounted app's '/' does not match the address with a slash at its end.
    if (visit.path === '/') return home(c);
    return show(c, visit, <NotFoundPage visit={visit} />, 404);
  });

  return app;
};
