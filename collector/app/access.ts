// The access log and the request meter: method, route pattern, status, how many bytes the request announced, duration.
// Never the query, an id, an address or an agent: a log that holds no personal data needs no erasing.

import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Logger } from 'pino';
import type { Meters } from './meters.js';

const nowhere = '(none)';

export const access =
  (logger: Logger, meters: Meters): MiddlewareHandler =>
  async (c, next) => {
    const startedAt = performance.now();
    await next();
    const ms = performance.now() - startedAt;
    // Of the handler that answered: the dashboard's own middleware matches every path behind it.
    const matched = routePath(c);
    const route = matched === '/*' || matched === '*' ? nowhere : matched;
    const { status } = c.res;
    meters.requested(c.req.method, route, status, ms / 1000);
    const received = Number(c.req.header('content-length') ?? 0);
    logger.info({ method: c.req.method, route, status, received, ms: Math.round(ms * 10) / 10 }, 'request');
  };
