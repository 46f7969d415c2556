// The shop and the example pages alone, without a collector, for whoever works on their look:
//   npm run build && npx esbuild 'examples/*.ts' 'examples/shop/**/*.ts*' --outdir=dist/examples --outbase=examples --format=esm \
//     --jsx=automatic --jsx-import-source=hono/jsx && node dist/examples/shop/dev.js
// Weft's script is served when dist/sdk holds it; its questions are answered, its events are counted and forgotten.

import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { examplePages } from '../pages.js';
import { demoShop } from './app.js';

const script = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '/* not built */');
const type = { 'content-type': 'text/javascript; charset=utf-8' };

const app = new Hono();
app.get('/', (c) => c.redirect('/demo/'));
app.get('/weft.js', (c) => c.body(script('dist/sdk/weft.js'), 200, type));
app.get('/weft/:file', (c) => c.body(script(`dist/sdk/weft/${basename(c.req.param('file'))}`), 200, type));
const purposes = [
  { id: 'measurement', requires: [] },
  { id: 'personalisation', requires: ['measurement'] },
  { id: 'marketing', requires: ['personalisation'], gpc: 'deny' },
  { id: 'sharing', requires: ['personalisation'], gpc: 'deny' },
];
app.get('/v1/config/:key/:region', (c) =>
  c.json({ policy: { version: 'dev' }, consent: { purposes }, region: null, settings: {} }),
);
app.post('/v1/consent', (c) => c.json({}));
app.post('/v1/batch', async (c) => {
  const body = Buffer.from(await c.req.arrayBuffer());
  const { batch = [] } = JSON.parse(`${body[0] === 0x1f ? gunzipSync(body) : body}`);
  return c.json({ accepted: batch.length, duplicates: 0, held: [], dropped: [], rejected: [], warnings: [] });
});
app.route('/demo', demoShop({ writeKey: 'wk_dev', scriptUrl: '/weft.js', collect: async () => {} }));

app.route('/examples', examplePages({ writeKey: 'wk_dev' }));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8790), hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}/demo/\n`);
});
