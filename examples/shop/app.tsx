// The demo shop as one Hono app: routes in, pages out. Whoever mounts it gives it a write key and the address of Weft's
// script, and, if the shop's server shall tell of orders too, a way to send them. It knows nothing of the collector.

import { readFileSync } from 'node:fs';
import { type Context, Hono } from 'hono';
import { emailOf, openAccounts } from './accounts.js';
import { categoryById, choiceBySku, chosen, isOrder, productBySlug, search } from './catalogue.js';
import type { WeftCall } from './frame.js';
import { openOrders, type ServerCall } from './orders.js';
import { Home } from './pages/home.js';
import { CategoryPage, SearchPage } from './pages/list.js';
import { ProductPage } from './pages/product.js';
import { AboutPage, DeliveryWords, LetterPage, NotFoundPage, PrivacyPage } from './pages/words.js';
import { mark, picture, scene } from './pictures.js';
import { accountRoutes } from './routes/account.js';
import { basketRoutes } from './routes/basket.js';
import { orderRoutes } from './routes/order.js';
import { snapshotOf } from './segment.js';
import { openVisitors, words } from './visitor.js';

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

const sendMs = 3_000;

/** The style sheet, in this order: what stands later dresses over what stands before. */
const look = ['base', 'header', 'shelves', 'product', 'order', 'account', 'footer', 'banner', 'screens'];
const sheet = () => look.map((name) => beside(`look/${name}.css`)()).join('\n');

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

export const demoShop = (options: ShopOptions): Hono => {
  const { writeKey, scriptUrl, base = '/demo' } = options;
  const accounts = openAccounts();
  const orders = openOrders();
  const visitors = openVisitors({ writeKey, scriptUrl, base, accounts });
  const { taken, visitOf, show, formOf } = visitors;
  const app = new Hono();

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

  app.get('/shop.css', asset('text/css; charset=utf-8', sheet, 300));
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

  app.route('/', basketRoutes(visitors, orders));
  app.route('/', orderRoutes(visitors, orders, sender(options)));
  app.route('/', accountRoutes(visitors, accounts, orders));

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
