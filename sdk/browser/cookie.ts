// First-party cookies: the only storage that is written and wiped at once and that tabs and subdomains share. Where
// cookies are refused, reading gives nothing and writing does nothing.

import { quietly } from './tell.js';

export const cookiesNow = () => document.cookie;

/**
 * A cookie holds 4 kB, so a word that comes again is written as the number of its first time, behind a tabulator, which
 * JSON never holds bare. Done twice it gives back what it was given.
 */
export const folded = (json: string): string => {
  const seen: Record<string, string> = {};
  let count = 0;
  return json.replace(/"\w+"|\t\d+/g, (word) => seen[word] ?? (seen[(seen[word] = `\t${count++}`)] = word));
};

/**
 * Every value of that name: after a change of domain there can be two (the newest wins, consent.md section 2). Nothing for
 * one that cannot be read.
 */
export const valuesIn = (cookies: string, name: string): unknown[] =>
  cookies.split('; ').flatMap((pair) => {
    const [key, value] = pair.split('=') as [string, string];
    return (key === name && quietly(() => JSON.parse(folded(decodeURIComponent(value))))) || [];
  });

/** Without a value the cookie is expired. */
export const writeCookie = (
  name: string,
  domain?: string | null,
  value: unknown = 0,
  maxAgeMs?: number | false,
): void => {
  document.cookie = `${name}=${encodeURIComponent(folded(JSON.stringify(value)))};path=/;samesite=lax;max-age=${((maxAgeMs as number) / 1e3) | 0};domain=${domain ?? ''};${location.protocol[5] ? 'secure' : ''}`;
};

/** Every domain under which a page of this host can have set a cookie; the browser refuses those that are nobody's. */
const domains = (): (string | undefined)[] => {
  const labels = location.hostname.split('.');
  return [undefined, ...labels.map((_, at) => labels.slice(at).join('.'))];
};

/** Expires every cookie whose name matches one of them; `*` stands for anything. */
export const dropCookies = (globs: readonly string[]): void => {
  const wanted = new RegExp(
    `^(${globs.map((glob) => glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')).join('|')})$`,
  );
  for (const pair of document.cookie.split('; ')) {
    const name = pair.split('=', 1)[0] as string;
    if (wanted.test(name)) for (const domain of domains()) writeCookie(name, domain);
  }
};
