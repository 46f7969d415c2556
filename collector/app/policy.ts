// The consent file as it is in force, and the words it is asked in: what pages, translators and the privacy notice fetch.
// A thing named by its hash never changes, so it is theirs to keep; whoever follows an old receipt finds what it names.

import { type Context, Hono } from 'hono';
import { rangeOf, toldRates } from '../consent/ledger/rates.js';
import type { LivePolicy } from '../consent/policy/live.js';
import { consentSchema } from '../consent/policy/shape.js';
import { ratesQuery } from '../contract/proofs.js';
import { refuse } from '../errors.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import { inQuery, readAs } from '../ingest/shape.js';
import type { Reader } from '../profiles/reader.js';

export interface PolicyRoutes {
  live: Pick<LivePolicy, 'current'>;
  reader: Pick<Reader, 'policyDocument' | 'consentText' | 'consentHolders' | 'consentRates'>;
  now: () => number;
}

const forEver = 'public, max-age=31536000, immutable';
const hashOf = (file: string): string | null => /^([0-9a-f]{64})\.json$/.exec(file)?.[1] ?? null;

const openly = (c: Context, caching: string): void => {
  c.header('Access-Control-Allow-Origin', '*');
  c.header('Cross-Origin-Resource-Policy', 'cross-origin');
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('Content-Type', 'application/json');
  c.header('Cache-Control', caching);
};

const unchanged = (c: Context, etag: string): boolean =>
  (c.req.header('if-none-match') ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === etag || tag === '*');

const noText = refuse('not_found', {
  message: 'Nothing was ever published under this hash.',
  hint: 'GET /v1/config names the hashes that are in force.',
});

export const policyRoutes = ({ live, reader, now }: PolicyRoutes): Hono => {
  const app = new Hono();

  app.get('/consent/config.json', (c) => {
    const { policy } = live.current();
    openly(c, 'public, no-cache');
    const etag = `"${policy.configHash}"`;
    c.header('ETag', etag);
    return unchanged(c, etag) ? c.body(null, 304) : c.body(JSON.stringify(policy.document));
  });

  app.get('/consent/config/:file', async (c) => {
    const hash = hashOf(c.req.param('file'));
    const { policy } = live.current();
    const document =
      hash === null
        ? null
        : hash === policy.configHash
          ? JSON.stringify(policy.document)
          : await reader.policyDocument(hash);
    if (document === null) return respondRefusal(c, noText);
    openly(c, forEver);
    return c.body(document);
  });

  app.get('/consent/texts/:file', async (c) => {
    const hash = hashOf(c.req.param('file'));
    const { policy } = live.current();
    const found = Object.values(policy.locales).find((locale) => locale.hash === hash);
    const content = hash === null ? null : (found?.content ?? (await reader.consentText(hash)));
    if (content === null) {
      c.header('Access-Control-Allow-Origin', '*');
      return respondRefusal(c, noText);
    }
    openly(c, forEver);
    return c.body(content);
  });

  const schema = JSON.stringify(consentSchema());
  app.get('/consent.schema.json', (c) => {
    openly(c, 'public, max-age=3600');
    c.header('Content-Type', 'application/schema+json');
    return c.body(schema);
  });

  app.get('/v1/consent/holders', async (c) => {
    c.header('Cache-Control', 'no-store');
    return c.json(await reader.consentHolders(now()));
  });

  app.get('/v1/consent/rates', async (c) => {
    c.header('Cache-Control', 'no-store');
    const query = readAs(ratesQuery, c.req.query(), {
      ...inQuery,
      hint: () => 'It takes `from` and `to` (days such as 2026-11-01), `region`, `locale` and `layer`.',
    });
    if (isRefusal(query)) return respondRefusal(c, query);
    const { from = null, to = null, ...only } = query;
    return c.json(toldRates(await reader.consentRates({ ...rangeOf(from, to, now()), only })));
  });
  return app;
};
