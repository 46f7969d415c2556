// Takes out of an address what could name or admit a person, before anything else sees it: the first pass of
// consent.md section 4, row 8 (the collector makes the second). Pure. Values taken out are not kept or reported.

/**
 * As it stands in an address: an e-mail; a JWT; a phone number; a payment card; twenty letters and digits in one run, which
 * words and model names do not make; a UUID, since nobody can tell one that names a product from one that lets somebody in.
 */
const secret = /@|%40|^eyJ|^(\+|%2B|0)[\d ().%-]{8,}$|(\d\W?){15}|(?=\D*\d)[^\W_]{20}|(-[\da-f]{4}){3}-/i;
const mark = ':redacted';

/**
 * Fragments go whole, and so does every parameter that is not named, or begins as `allow` has it (the collector, which looks
 * again, is exact). Doing it twice changes nothing.
 */
export const redact = (href: string, allow: readonly string[] = ['utm_'], named: readonly string[] = []): string => {
  const url = new URL(href, 'http://x');
  const { searchParams } = url;
  url.hash = url.username = url.password = '';
  url.pathname = url.pathname.replace(/[^/]+/g, (part) => (secret.test(part) ? mark : part));
  for (const [name, value] of [...searchParams]) {
    if (named.includes(name)) continue;
    if (!allow.some((one) => name.startsWith(one.replace('*', '')))) searchParams.delete(name);
    else if (secret.test(value)) searchParams.set(name, mark);
  }
  return url.href;
};
