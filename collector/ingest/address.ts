// Where a request comes from, for the moment in which that is asked: its region, or an approximate count. Must never be
// stored, logged or handed on (consent.md, section 4, row 9).

import type { Context } from 'hono';

/** The socket's, or of `X-Forwarded-For` the entry that the outermost of so many proxies of one's own wrote. */
export const addressOf = (c: Context, proxies: number): string | null => {
  const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  if (proxies === 0) return incoming?.socket?.remoteAddress ?? null;
  const told = (c.req.header('x-forwarded-for') ?? '').slice(0, 2_000).split(',');
  // What a visitor writes into the header stands to the left of what the proxies add.
  return told.at(-proxies)?.trim() || null;
};
