// Takes out of an address what could name or admit a person, before anything else sees it: the first pass of
// consent.md section 4, row 8 (the collector makes the second). Pure. Values taken out are not kept or reported.

/** Ad networks' click ids, without those that name a subscriber. They need `marketing`. */
const clickId = /(cl|clk|click|scc|_c|_fat_|srslt)id$|braid$|^(epik|awc|cjevent)$/i;

/**
 * As it stands in an address: an e-mail; a JWT; a phone number; a payment card; twenty letters and digits in one run, which
 * words and model names do not make; a UUID, since nobody can tell one that names a product from one that lets somebody in.
 */
const secret = /@|%40|^eyJ|^(\+|%2B|0)[\d ().%-]{8,}$|(\d\W?){15}|(?=\D*\d)[^\W_]{20}|(-[\da-f]{4}){3}-/i;
const mark = ':redacted';

/** How the names of query parameters begin that may stay; the collector, which looks again, is exact. */
export type QueryAllow = readonly string[] | undefined;

/** Fragments go whole, and so does every parameter that is not allowed. Doing it twice changes nothing. */
export const redact = (href: string, allow: QueryAllow = ['utm_'], keepClickIds?: boolean | null) => {
  const url = new URL(href, 'http://x');
  const { searchParams } = url;
  url.hash = url.username = url.password = '';
  url.pathname = url.pathname
    .split('/')
    .map((part) => (secret.test(part) ? mark : part))
    .join('/');
  for (const [name, value] of [...searchParams]) {
    if (keepClickIds && clickId.test(name)) continue;
    if (!allow.some((one) => name.startsWith(one.replace('*', '')))) searchParams.delete(name);
    else if (secret.test(value)) searchParams.set(name, mark);
  }
  return { path: url.pathname, search: url.search, url: url.href };
};
