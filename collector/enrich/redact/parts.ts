// An address of a page in its parts, read without the URL standard wherever it is plain.

import { recent } from '../../store/recent.js';

export const urlMaxChars = 8_192;

export const decode = (text: string): string => {
  if (!text.includes('%')) return text;
  let decoded = text;
  // Twice, since addresses are put into addresses.
  for (let round = 0; round < 3 && decoded.includes('%'); round++) {
    try {
      const next = decodeURIComponent(decoded);
      if (next === decoded) break;
      decoded = next;
    } catch {
      break;
    }
  }
  return decoded;
};

// A shop's pages are few and come again: the page view and what follows on it name the same one. What was judged lately is
// remembered, some two thousand addresses at a time, and never for longer than the next two thousand: with fewer than a shop
// has pages, most were judged again each time.
export const lately = 2_000;
export const rememberedMaxChars = 500;
export interface JudgedPath {
  readonly path: string;
  readonly redactions: number;
}

const scheme = (head: string): number =>
  head.startsWith('https://') ? 8 : head.startsWith('http://') ? 7 : (/^(?:https?:)?\/\//i.exec(head)?.[0].length ?? 0);

const authority = /^(?:[a-z0-9_](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
/** Stands in for the page's own origin while a path is read by the URL standard. */
const elsewhere = 'https://elsewhere.invalid';

export interface Parts {
  readonly origin: string;
  readonly path: string;
  readonly query: string;
  /** Its path without secrets; null until somebody asks. */
  judged: JudgedPath | null;
}

/**
 * Where the query begins (-1: nowhere) and where the address ends before its fragment (-1: it
 * holds what the URL standard drops, turns round or encodes). */
const marks = (url: string): [number, number] => {
  let mark = -1;
  for (let i = 0; i < url.length; i++) {
    const code = url.charCodeAt(i);
    if (code === 0x23) return [mark, i];
    if (code === 0x3f) {
      if (mark < 0) mark = i;
    } else if (code <= 0x20 || code === 0x5c || code >= 0x7f) return [mark, -1];
  }
  return [mark, url.length];
};

const readParts = recent<string, Parts | 'nowhere'>(lately);

/** An address in three parts, without its fragment and its user; null if it leads to no page. */
export const partsOf = (given: string): Parts | null => {
  let parts = readParts.get(given);
  if (parts === undefined) {
    parts = divide(given) ?? 'nowhere';
    if (given.length <= rememberedMaxChars) readParts.set(given, parts);
  }
  return parts === 'nowhere' ? null : parts;
};

export const divide = (given: string): Parts | null => {
  let url = given.trim();
  if (url.length > urlMaxChars) url = url.slice(0, urlMaxChars);
  let [mark, end] = marks(url);
  if (end < 0) {
    try {
      const relative = /^[\\/]/.test(url);
      const parsed = relative ? new URL(url, elsewhere) : new URL(url);
      url = relative && parsed.origin === elsewhere ? parsed.href.slice(elsewhere.length) : parsed.href;
    } catch {
      return null;
    }
    [mark, end] = marks(url);
    if (end < 0) return null;
  }
  const query = mark < 0 ? '' : url.slice(mark + 1, end);
  const head = url.slice(0, mark < 0 ? end : mark);

  if (head.startsWith('/') && !head.startsWith('//')) return { origin: '', path: head, query, judged: null };
  const start = scheme(head);
  if (start === 0) return null;
  const slash = head.indexOf('/', start);
  const at = slash < 0 ? head.slice(start) : head.slice(start, slash);
  let host = at.slice(at.lastIndexOf('@') + 1).toLowerCase();
  if (!authority.test(host)) {
    try {
      host = new URL(`https://${host}`).host;
    } catch {
      return null;
    }
    if (!authority.test(host)) return null;
  }
  const protocol = start === 2 ? 'https://' : head.slice(0, start).toLowerCase();
  return { origin: protocol + host, path: slash < 0 ? '/' : head.slice(slash), query, judged: null };
};
