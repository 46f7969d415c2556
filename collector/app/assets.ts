// The page's script and its chunks, from dist/sdk, held in memory with their brotli form. The script keeps its name and
// is asked about again after an hour; a chunk's name holds its hash, so it never changes. Only files that were there when
// the folder was read can be asked for, so no path of a request ever reaches the file system.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type Context, Hono } from 'hono';
import { refuse } from '../errors.js';
import { respondRefusal } from '../ingest/respond.js';

interface Asset {
  etag: string;
  type: string;
  plain: Uint8Array<ArrayBuffer>;
  br: Uint8Array<ArrayBuffer>;
  gzip: Uint8Array<ArrayBuffer>;
}

const typeOf = (name: string): string =>
  name.endsWith('.css')
    ? 'text/css; charset=utf-8'
    : name.endsWith('.json')
      ? 'application/json'
      : 'text/javascript; charset=utf-8';

const bytes = (of: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(of);

const load = (path: string): Asset => {
  const content = readFileSync(path);
  return {
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    type: typeOf(path),
    plain: bytes(content),
    br: bytes(brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })),
    gzip: bytes(gzipSync(content, { level: 9 })),
  };
};

const accepts = (c: Context, encoding: string): boolean =>
  (c.req.header('accept-encoding') ?? '').split(',').some((entry) => {
    const [name, weight] = entry
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    return name === encoding && !/^q=0(\.0*)?$/.test(weight ?? '');
  });

const respond = (c: Context, asset: Asset, caching: string): Response => {
  c.header('ETag', asset.etag);
  c.header('Cache-Control', caching);
  c.header('Vary', 'Accept-Encoding');
  // Pages of every origin load them: the script as a classic one, the chunks as modules.
  c.header('Access-Control-Allow-Origin', '*');
  c.header('Cross-Origin-Resource-Policy', 'cross-origin');
  c.header('X-Content-Type-Options', 'nosniff');
  const known = (c.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(asset.etag) || known.includes('*')) return c.body(null, 304);
  c.header('Content-Type', asset.type);
  const encoding = accepts(c, 'br') ? 'br' : accepts(c, 'gzip') ? 'gzip' : null;
  if (encoding === null) return c.body(asset.plain);
  c.header('Content-Encoding', encoding);
  return c.body(asset[encoding]);
};

const modifiedAt = (path: string): number => {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
};

const notBuilt = refuse('not_found', { message: 'The script is not built.', hint: 'Run `npm run build`.' });

/** Read again when the folder's own times move: a developer rebuilds while the collector runs. */
export const sdkAssets = (folder: string, now: () => number = () => performance.now()): Hono => {
  let script: Asset | null = null;
  let chunks = new Map<string, Asset>();
  let stamp = -1;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const look = (): void => {
    if (now() - lookedAt < 1_000) return;
    lookedAt = now();
    const stampNow = modifiedAt(join(folder, 'weft.js')) + modifiedAt(join(folder, 'weft'));
    if (stampNow === stamp) return;
    stamp = stampNow;
    script = modifiedAt(join(folder, 'weft.js')) === 0 ? null : load(join(folder, 'weft.js'));
    chunks = new Map();
    if (modifiedAt(join(folder, 'weft')) === 0) return;
    for (const entry of readdirSync(join(folder, 'weft'), { withFileTypes: true })) {
      if (entry.isFile()) chunks.set(entry.name, load(join(folder, 'weft', entry.name)));
    }
  };
  look();
  const app = new Hono();
  app.get('/weft.js', (c) => {
    look();
    return script === null ? respondRefusal(c, notBuilt) : respond(c, script, 'public, max-age=3600');
  });
  app.get('/weft/:file', (c) => {
    look();
    const chunk = chunks.get(c.req.param('file'));
    return chunk === undefined
      ? respondRefusal(c, refuse('not_found'))
      : respond(c, chunk, 'public, max-age=31536000, immutable');
  });
  return app;
};

/** Where a chunk can be fetched, by its name without its hash; null where it is not built. */
export const chunkPath = (folder: string, name: string): string | null => {
  try {
    const file = readdirSync(join(folder, 'weft')).find((one) => one.replace(/-[^-]*\.js$/, '') === name);
    return file === undefined ? null : `/weft/${file}`;
  } catch {
    return null;
  }
};
