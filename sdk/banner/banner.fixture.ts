// A site with the banner for tests: pages under a strict Content Security Policy, in any language, with the script and
// its chunk built as the build does it; the collector is another origin. The words are the shipped ones.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { configOf, purposes } from '../fixtures/collector.js';
import { chunkScript, restScript, sdkScript } from '../fixtures/site.js';

const localesFolder = 'collector/consent/locales';
export const locales = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pl', 'pt', 'ar', 'ja'];

export const textsOf = (locale: string) => JSON.parse(readFileSync(join(localesFolder, `${locale}.json`), 'utf8'));

export const chunkOf = (name: string): Promise<string> => chunkScript(`banner/${name}.ts`);

/** A document with everything a banner can show. */
export const fullConsent = (home: string, more: object = {}) => ({
  policy: { version: '3', links: { privacy: '/privacy', imprint: '/imprint' } },
  controller: { name: 'Example SAS', contact: 'dpo@example.com' },
  purposes: purposes.map((one, index) => ({
    ...one,
    ...(one.always
      ? {}
      : {
          basis: 'consent',
          data: [['pages', 'cart'], ['profile', 'cart'], ['contacts', 'cart'], ['segments']][index - 1],
          retentionDays: [395, 180, 90, 30][index - 1],
          recipients: [[], [], ['mailer'], ['adnet']][index - 1],
        }),
  })),
  recipients: {
    mailer: {
      name: 'Mail service',
      country: 'FR',
      role: 'processor',
      policy: 'https://mailer.example/privacy',
      cookies: [],
    },
    adnet: {
      name: 'Ad network',
      country: 'US',
      role: 'controller',
      policy: 'https://adnet.example/privacy',
      cookies: ['_adn*', '_adx'],
    },
  },
  ui: { theme: { accent: '#1f5a46', radius: '8px', font: 'inherit', dark: 'auto' } },
  locales: { default: 'en', detect: 'document' },
  texts: Object.fromEntries(
    locales.map((locale) => [locale, { href: `${home}/texts/${locale}.json`, dir: locale === 'ar' ? 'rtl' : 'ltr' }]),
  ),
  ...more,
});

export const france = { code: 'FR', model: 'opt-in', ui: 'banner', gpcStatus: false };
export const california = { code: 'US-CA', model: 'opt-out', ui: 'link', gpcStatus: true };

export const configWith = (home: string, consent: object = {}, region: object = france) =>
  configOf(fullConsent(home, consent), region);

export interface Page {
  lang?: string;
  attributes?: Record<string, string>;
  /** In the place of the shipped words. */
  texts?: (locale: string) => unknown;
  /** What the page holds. */
  body?: string;
}

const filler = `<header><a href="/">A shop</a></header><main><h1>A page</h1>${'<p>Something to read. <a href="/next">next</a></p>'.repeat(30)}</main>
<footer><a href="/privacy" data-weft-consent>Privacy choices</a></footer>`;

/** `built`: what lies in dist/, for figures; else both are built here. */
export const startBannerSite = async (page: () => Page, built?: { script: string; chunk: string }) => {
  const { script, chunk } = built ?? { script: await sdkScript(), chunk: await chunkOf('banner') };
  const replay = built ? '' : await chunkOf('replay');
  const rest = await restScript();
  const requests: string[] = [];
  let collector = '';
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    requests.push(path);
    const send = (type: string, text: string, headers: Record<string, string> = {}) => {
      response.writeHead(200, { 'content-type': type, ...headers });
      response.end(text);
    };
    if (path === '/weft.js') return send('text/javascript', script);
    if (path.startsWith('/weft/banner-')) return send('text/javascript', chunk);
    if (path.startsWith('/weft/rest-')) return send('text/javascript', rest);
    if (path === '/replay.js') return send('text/javascript', replay);
    if (path === '/page.css') return send('text/css', 'body{margin:16px;font:16px/1.5 sans-serif}');
    const locale = /^\/texts\/(\w+)\.json$/.exec(path)?.[1];
    const { lang = 'en', attributes = {}, texts = textsOf, body = filler } = page();
    const words = locale && texts(locale);
    if (words) return send('application/json', JSON.stringify(words));
    if (/\.(js|ico|json)$/.test(path)) {
      response.writeHead(404);
      return response.end();
    }
    const written = Object.entries({ 'data-key': 'wk_test', 'data-host': collector, ...attributes })
      .map(([name, value]) => ` ${name}="${value.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`)
      .join('');
    send(
      'text/html',
      `<!doctype html><html lang="${lang}" dir="${lang === 'ar' ? 'rtl' : 'ltr'}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A page</title><link rel="stylesheet" href="/page.css"><script nonce="n1" async src="/weft.js"${written}></script></head><body>${body}</body></html>`,
      {
        'cache-control': 'no-store',
        'content-security-policy': `default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; style-src 'self'; connect-src 'self' ${collector}; base-uri 'none'; form-action 'self'; report-uri /violations`,
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    requests,
    reach: (url: string) => {
      collector = url;
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise<unknown>((resolve) => server.close(resolve));
    },
  };
};
