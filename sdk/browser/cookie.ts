// First-party cookies: the only storage that is written and wiped at once and that tabs and subdomains share. Where
// cookies are refused, reading gives nothing and writing does nothing.

export const readCookies = (): string => {
  try {
    return document.cookie;
  } catch {
    return '';
  }
};

/** Every value of that name: after a change of domain there can be two (the newest wins, consent.md section 2). */
export const cookieValues = (all: string, name: string): unknown[] =>
  all.split('; ').flatMap((pair) => {
    try {
      return pair.startsWith(`${name}=`) ? JSON.parse(decodeURIComponent(pair.slice(name.length + 1))) : [];
    } catch {
      return [];
    }
  });

/** Without a value the cookie is expired. Only what RFC 6265 forbids is escaped: it stays short and readable. */
export const writeCookie = (
  name: string,
  value: unknown,
  maxAgeMs: number,
  domain: string | null | undefined,
): void => {
  try {
    document.cookie =
      `${name}=${value ? JSON.stringify(value).replace(/[",;\\%\s]|[^ -~]/gu, encodeURIComponent) : ''}` +
      `;path=/;samesite=lax;max-age=${value ? Math.ceil(maxAgeMs / 1000) : 0}` +
      (location.protocol === 'https:' ? ';secure' : '') +
      (domain ? `;domain=${domain}` : '');
  } catch {
    // Refused: the record lives in this page's memory and is asked for again on the next (consent.md section 3).
  }
};
