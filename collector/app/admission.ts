// The table of permissions, enforced: before any handler of the API runs, its row decides (site/permissions.ts). A route
// without a row ends the start. Staff are let in by the dashboard itself, from the same table, since it knows sessions.

import type { Context, Hono, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { refuse } from '../errors.js';
import { authenticateHeader, presentedKey } from '../ingest/authenticate.js';
import { corsHeaders } from '../ingest/origin.js';
import { isRefusal, respondRefusal } from '../ingest/respond.js';
import type { Key } from '../site/keys.js';
import { admissionOf, type Rows } from '../site/permissions.js';
import type { KeyRing } from '../site/ring.js';

/** Of requests under way: forgotten with them. */
const keys = new WeakMap<Request, Key>();

/** The secret key a request was let in by; null where a person may ask without one, and did. */
export const admittedKey = (c: Context): Key | null => keys.get(c.req.raw) ?? null;

export const admission =
  (ring: Pick<KeyRing, 'write' | 'secret' | 'refresh'>, more: Rows = {}): MiddlewareHandler =>
  async (c, next) => {
    for (const { method, path } of matchedRoutes(c)) {
      if (method === 'ALL') continue;
      const row = admissionOf(method, path, more);
      if (row === null) return respondRefusal(c, refuse('not_found'));
      if (row.by !== 'secret' && row.by !== 'person') continue;
      const presented = presentedKey(c.req.header('authorization'));
      if (presented === null && row.by === 'person') continue;
      const key = presented === null ? refuse('bad_key') : await authenticateHeader(ring, presented);
      const refused = isRefusal(key)
        ? key
        : key.kind !== 'secret'
          ? refuse('forbidden')
          : row.role !== null && !key.roles.includes(row.role)
            ? refuse('forbidden', { message: `The key lacks the role "${row.role}".` })
            : null;
      if (refused !== null || isRefusal(key)) {
        c.header('Cache-Control', 'no-store');
        // A page may ask these, and must be able to read why it was refused.
        if (row.by === 'person')
          for (const [name, value] of Object.entries(corsHeaders({ kind: 'any' }, null, null))) c.header(name, value);
        return respondRefusal(c, refused ?? refuse('bad_key'));
      }
      keys.set(c.req.raw, key);
    }
    return next();
  };

/** Routes of which nobody has said who may ask. */
const unlisted = (app: Hono, more: Rows = {}): string[] => [
  ...new Set(
    app.routes
      .filter(({ method, path }) => method !== 'ALL' && admissionOf(method, path, more) === null)
      .map(({ method, path }) => `${method} ${path}`),
  ),
];

export const mustBeListed = (app: Hono, more: Rows = {}): void => {
  const missing = unlisted(app, more);
  if (missing.length > 0)
    throw new Error(`In no row of site/permissions.ts: ${missing.join(', ')}. Say there who may ask for it.`);
};
