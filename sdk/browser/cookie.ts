// First-party cookies: the only storage that is written and wiped at once and that tabs and subdomains share. Where
// cookies are refused, reading gives nothing and writing does nothing.

export const cookiesNow = () => document.cookie;

/** Every value of that name: after a change of domain there can be two (the newest wins, consent.md section 2). */
export const valuesIn = (cookies: string, name: string): unknown[] =>
  cookies.split('; ').flatMap((pair) => {
    const [key, value = ''] = pair.split('=');
    try {
      return key === name ? JSON.parse(decodeURIComponent(value)) : [];
    } catch {
      return [];
    }
  });

/** Without a value the cookie is expired. */
export const writeCookie = (name: string, domain?: string | null, value: unknown = 0, maxAgeMs = 0): void => {
  const secure = location.protocol === 'https:' ? 'secure' : '';
  document.cookie = `${name}=${encodeURIComponent(JSON.stringify(value))};path=/;samesite=lax;max-age=${Math.ceil(maxAgeMs / 1e3)};domain=${domain ?? ''};${secure}`;
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
