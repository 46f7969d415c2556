// The dashboard's style sheet, script and icon: read once, named by what they hold, kept by browsers for ever.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';

const beside = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

/** One sheet, in this order: what stands later dresses over what stands before. */
const look = ['base', 'top', 'forms', 'making', 'panels', 'tables', 'chart', 'person', 'phone', 'policy'];

interface Asset {
  path: string;
  type: string;
  plain: Uint8Array<ArrayBuffer>;
  gzip: Uint8Array<ArrayBuffer>;
}

const asset = (name: string, ending: string, type: string, text: string): Asset => ({
  path: `/assets/${name}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.${ending}`,
  type,
  plain: new Uint8Array(Buffer.from(text)),
  gzip: new Uint8Array(gzipSync(text, { level: 9 })),
});

const css = asset(
  'dashboard',
  'css',
  'text/css; charset=utf-8',
  look.map((name) => beside(`./look/${name}.css`)).join('\n'),
);
const js = asset('dashboard', 'js', 'text/javascript; charset=utf-8', beside('./dashboard.js'));
const preview = asset('policy-preview', 'js', 'text/javascript; charset=utf-8', beside('./policy-preview.js'));
const icon = asset('weft', 'svg', 'image/svg+xml', beside('./weft.svg'));

export const assets = { css: css.path, js: js.path, preview: preview.path, icon: icon.path };

export const assetRoutes = (): Hono => {
  const app = new Hono();
  for (const { path, type, plain, gzip } of [css, js, preview, icon]) {
    app.get(path, (c) => {
      c.header('Content-Type', type);
      c.header('Cache-Control', 'public, max-age=31536000, immutable');
      c.header('Vary', 'Accept-Encoding');
      if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return c.body(plain);
      c.header('Content-Encoding', 'gzip');
      return c.body(gzip);
    });
  }
  // Where browsers look for it on the pages that name none: the API's, a receipt's, a JSON answer.
  app.get('/favicon.ico', (c) => c.redirect(icon.path));
  return app;
};
