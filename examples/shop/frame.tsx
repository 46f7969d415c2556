// The frame of every page of the demo shop: head, header, footer, and the strip that shows what Weft sees. Here the shop meets Weft: one script tag, the queue for early calls, and nothing else.

import type { Child, FC } from 'hono/jsx';
import type { Account } from './accounts.js';
import { type Basket, countOf } from './basket.js';
import { categories } from './catalogue.js';
import type { Push } from './data-layer.js';
import type { Addresses } from './markup.js';

/** A call to Weft that the page makes itself, because no data layer has a word for it. */
export type WeftCall = [verb: 'identify' | 'reset' | 'cart.update' | 'track', ...args: unknown[]];

export interface Visit extends Addresses {
  /** Address of a path within this site: links and forms. */
  href: (path: string) => string;
  path: string;
  nonce: string;
  writeKey: string;
  scriptUrl: string;
  account: Account | undefined;
  basket: Basket | undefined;
}

export interface FrameProps {
  visit: Visit;
  title: string;
  description?: string;
  pushes?: Push[];
  calls?: WeftCall[];
  markup?: object;
  openGraph?: [property: string, content: string][];
  /** Read by the shop's own script: the basket as Weft's helper wants it, for the moment consent is given. */
  snapshot?: object | undefined;
  narrow?: boolean;
  children?: Child;
}

/** JSON inside a script element: nothing in it may end the element or the line. */
const inScript = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export const traitsOf = (account: Account) => ({
  name: account.name,
  email: account.email,
  createdAt: account.createdAt,
});

const pushScript = (pushes: Push[]) =>
  `window.dataLayer=window.dataLayer||[];${pushes.map((push) => `dataLayer.push(${inScript(push)});`).join('')}`;

const callScript = (calls: WeftCall[]) =>
  `window.weft=window.weft||[];${calls.map((call) => `weft.push(${inScript(call)});`).join('')}`;

const Icon: FC<{ name: 'search' | 'bag' | 'person' }> = ({ name }) => {
  const paths = {
    search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20',
    bag: 'M5 8h14l-1 12H6L5 8zM9 10V7a3 3 0 0 1 6 0v3',
    person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c.8-4 3.8-6 7.5-6s6.700 2 7.500 6',
  };
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
};

const Header: FC<{ visit: Visit }> = ({ visit }) => {
  const count = countOf(visit.basket);
  return (
    <header class="header">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class="wrap header-row">
        <a class="brand" href={visit.href('/')}>
          <img src={visit.href('/mark.svg')} width="36" height="36" alt="" />
          <span>Oxlip</span>
        </a>
        <nav class="nav" aria-label="Shop">
          {categories.map(({ id, name }) => (
            <a href={visit.href(`/c/${id}`)} aria-current={visit.path === `/c/${id}` ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <search>
          <form class="search" action={visit.href('/search')} method="get">
            <label class="hidden" for="q">
              Search the shop
            </label>
            <input id="q" name="q" type="search" placeholder="Search" maxlength={80} autocomplete="off" />
            <button type="submit" aria-label="Search">
              <Icon name="search" />
            </button>
          </form>
        </search>
        <div class="tools">
          <a class="tool" href={visit.href('/account')}>
            <Icon name="person" />
            <span class="tool-word">{visit.account ? (visit.account.name.split(' ')[0] ?? 'Account') : 'Log in'}</span>
          </a>
          <a class="tool" href={visit.href('/basket')}>
            <Icon name="bag" />
            <span class="tool-word">Basket</span>
            <span class="count" data-count={count} aria-hidden="true">
              {count}
            </span>
            <span class="hidden" data-count-words>
              {count === 1 ? '1 thing in it' : `${count} things in it`}
            </span>
          </a>
        </div>
      </div>
    </header>
  );
};

const Footer: FC<{ visit: Visit }> = ({ visit }) => (
  <footer class="footer">
    <div class="wrap footer-grid">
      <div>
        <p class="footer-brand">Oxlip</p>
        <p>
          Koestraat 12, Ghent
          <br />
          Tuesday to Saturday, ten to six
        </p>
      </div>
      <nav aria-label="Categories">
        <h2>Shop</h2>
        <ul>
          {categories.map(({ id, name }) => (
            <li>
              <a href={visit.href(`/c/${id}`)}>{name}</a>
            </li>
          ))}
        </ul>
      </nav>
      <nav aria-label="Help">
        <h2>Help</h2>
        <ul>
          <li>
            <a href={visit.href('/delivery')}>Delivery and returns</a>
          </li>
          <li>
            <a href={visit.href('/about')}>About us</a>
          </li>
          <li>
            <a href={visit.href('/privacy')}>Privacy</a>
          </li>
          <li>
            <a href={visit.href('/privacy')} data-weft-consent>
              Privacy choices
            </a>
          </li>
        </ul>
      </nav>
      <form class="letter" action={visit.href('/letter')} method="post" data-letter>
        <h2 id="letter-title">A letter, four times a year</h2>
        <label for="letter-email">Your e-mail address</label>
        <div class="letter-row">
          <input id="letter-email" name="email" type="email" required maxlength={200} autocomplete="email" />
          <button type="submit" class="button small">
            Sign up
          </button>
        </div>
        <p class="small" role="status" data-letter-said />
      </form>
    </div>
    <p class="wrap footer-line">
      Oxlip does not exist. It is the demonstration shop of Weft: you can order everything, nothing is charged and
      nothing is sent.
    </p>
  </footer>
);

const Strip: FC = () => (
  <aside class="strip" aria-label="What Weft sees">
    <details>
      <summary>
        <span class="strip-mark" aria-hidden="true" />
        <span>What Weft sees</span>
        <span class="strip-state" data-strip-state>
          nothing yet
        </span>
      </summary>
      <div class="strip-body">
        <p class="strip-links">
          <a href="/live">Live view</a>
          <a href="/people">People</a>
          <span>Not part of the shop: this strip is the demonstration’s.</span>
        </p>
        <ol data-strip-list aria-label="Events of this page" />
      </div>
    </details>
  </aside>
);

export const Frame: FC<FrameProps> = (props) => {
  const { visit, title, pushes = [], calls = [], markup, openGraph = [], snapshot, narrow } = props;
  const description =
    props.description ?? 'Things for the table, the kitchen, the evening and the garden. A demonstration shop.';
  const state = {
    base: visit.href(''),
    snapshot: snapshot ?? null,
    account: visit.account ? { id: visit.account.id, traits: traitsOf(visit.account) } : null,
  };
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Oxlip`}</title>
        <meta name="description" content={description} />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content="#faf6ee" media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content="#171613" media="(prefers-color-scheme: dark)" />
        <meta property="og:site_name" content="Oxlip" />
        {openGraph.map(([property, content]) => (
          <meta property={property} content={content} />
        ))}
        <link rel="icon" href={visit.href('/mark.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={visit.href('/shop.css')} />
        {markup ? <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: inScript(markup) }} /> : null}
        {pushes.length ? <script nonce={visit.nonce} dangerouslySetInnerHTML={{ __html: pushScript(pushes) }} /> : null}
        {calls.length ? <script nonce={visit.nonce} dangerouslySetInnerHTML={{ __html: callScript(calls) }} /> : null}
        <script
          async
          src={visit.scriptUrl}
          data-key={visit.writeKey}
          data-sources="data-layer markup"
          nonce={visit.nonce}
        />
        <script defer src={visit.href('/shop.js')} nonce={visit.nonce} />
      </head>
      <body>
        <Header visit={visit} />
        <main id="main" class={narrow ? 'wrap narrow' : 'wrap'} tabindex={-1}>
          {props.children}
        </main>
        <p class="toast" role="status" data-toast />
        <Footer visit={visit} />
        <Strip />
        <script type="application/json" id="shop-state" dangerouslySetInnerHTML={{ __html: inScript(state) }} />
      </body>
    </html>
  );
};
