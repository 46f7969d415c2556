// First-party cookies: the only storage that is written and wiped at once and that tabs and subdomains share. Where
// cookies are refused, reading gives nothing and writing does nothing.

/** Every value of that name: after a change of domain there can be two (the newest wins, consent.md section 2). */
export const cookieValues = (name: string): unknown[] =>
  document.cookie.split('; ').flatMap((pair) => {
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
