// Station 4: which pages may send. An absent Origin is allowed: servers send none. Credentials never are: no answer of
// the door says Allow-Credentials, and nothing here reads a cookie.

import type { Config } from '../config.js';

/** Whether a page of this origin may send; `host` is the request's own. */
export const originAllowed = (allowed: Config['origins'], origin: string | null, host: string | null): boolean => {
  if (origin === null) return true;
  switch (allowed.kind) {
    case 'any':
      return true;
    case 'listed':
      return allowed.origins.includes(origin.toLowerCase());
    case 'same': {
      // Both leave out the default port of their scheme, so they compare as they are. `null` (a sandbox) has no host.
      const at = origin.indexOf('://');
      return at > 0 && host !== null && origin.slice(at + 3).toLowerCase() === host.toLowerCase();
    }
  }
};

const anyPage = Object.freeze({
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After',
});
const noPage = Object.freeze({ Vary: 'Origin' });

/** What a browser must be told so that the page may send, and read the answer. */
export const corsHeaders = (
  allowed: Config['origins'],
  origin: string | null,
  host: string | null,
): Readonly<Record<string, string>> => {
  if (allowed.kind === 'any') return anyPage;
  if (origin === null || !originAllowed(allowed, origin, host)) return noPage;
  return { ...anyPage, 'Access-Control-Allow-Origin': origin, ...noPage };
};

/** Foreign clients set headers of their own (Authorization, AnonymousId) and so ask before; ours never has to. */
export const preflightHeaders = (asked: string | null): Record<string, string> => ({
  'Access-Control-Allow-Methods': 'POST, GET, OPTIONS',
  'Access-Control-Allow-Headers':
    asked !== null && /^[\w\-, ]{1,512}$/.test(asked) ? asked : 'Authorization, Content-Type',
  'Access-Control-Max-Age': '7200',
});
