// The parts of a page's address, each by itself, as `redactPage` leaves them.

import { redactPage, type UrlOptions } from './redact.js';

const fieldOf = (field: 'url' | 'path' | 'search', value: unknown, options?: UrlOptions): string | null =>
  redactPage({ [field]: value }, options).value?.[field] ?? null;

export const redactUrl = (url: unknown, options?: UrlOptions): string | null => fieldOf('url', url, options);
export const redactPath = (path: unknown): string | null => fieldOf('path', path);
export const redactSearch = (search: unknown, options?: UrlOptions): string | null =>
  fieldOf('search', search, options);
