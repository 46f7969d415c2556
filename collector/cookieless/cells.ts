// What cookieless counting may say of a page view (consent.md, section 7): an event's sort, a path template, a product, a
// device class, a country, a referring domain. Pure. What could be about somebody does not become a cell: whatever the
// page sends is cut to these shapes here again, because anybody can post.

import type { Policy } from '../consent/policy/policy.js';
import { expandMatch } from '../consent/policy/region.js';
import type { CookielessEvent } from '../contract/cookieless.js';
import { redactPage } from '../enrich/redact/redact.js';

export interface Cell {
  event: CookielessEvent['event'];
  path: string;
  product: string;
  device: string;
  country: string;
  referrer: string;
}

const segmentsMax = 8;
const segmentMaxChars = 60;
const placeholder = ':id';

/** Numbers of three digits and more, hexadecimal and mixed words that are long enough to name one thing of many. */
const isId = (word: string): boolean =>
  /^\d{3,}$/.test(word) ||
  /^(?=.*\d)[0-9a-f]{8,}$/i.test(word) ||
  (word.length >= 12 && /\d/.test(word) && /[a-z]/i.test(word));

const templateOf = (written: string): string => {
  // An encoded letter is no part of a number.
  const segment = written.replace(/%[0-9a-f]{2}/gi, '_');
  if (/^\d+$/.test(segment) || /^(?=.*\d)[0-9a-f-]{16,}$/i.test(segment) || segment.length > segmentMaxChars)
    return placeholder;
  return segment
    .split(/([-_.~])/)
    .map((word) => (isId(word) ? placeholder : word))
    .join('');
};

/** `/p/red-shoes-48213` and `/p/48213` are `/p/red-shoes-:id` and `/p/:id`: how pages are built, not which one it was. */
export const pathTemplate = (path: string): string => {
  const bare = path.split(/[?#]/, 1)[0] ?? '';
  const redacted = redactPage(
    { path: bare, url: null, referrer: null, search: null, title: null },
    { allow: [] },
  ).value;
  const segments = (redacted?.path ?? '').split('/').filter((segment) => segment !== '');
  const shown = segments
    .slice(0, segmentsMax)
    .map((segment) => (segment.startsWith(':') ? segment : templateOf(segment)));
  return `/${shown.join('/')}${segments.length > segmentsMax ? '/…' : ''}`;
};

/** A word of a catalogue: no address, no sentence. */
const productOf = (id: string | undefined): string =>
  id !== undefined && /^[\w.:/ -]{1,64}$/.test(id) ? id : id === undefined ? '' : ':other';

const domainOf = (referrer: string | undefined, host: string | null): string => {
  const domain = (referrer ?? '').toLowerCase().replace(/^www\./, '');
  const own = host?.toLowerCase().replace(/^www\./, '');
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain) &&
    domain.length <= 100 &&
    domain !== own &&
    !/^[\d.]+$/.test(domain)
    ? domain
    : '';
};

export const cellOf = (
  { event, path, productId, referrer }: CookielessEvent,
  seen: { device: string; country: string | null; host: string | null },
): Cell => ({
  event,
  path: pathTemplate(path),
  product: event === 'page' ? '' : productOf(productId),
  device: seen.device,
  country: seen.country ?? '',
  referrer: event === 'page' ? domainOf(referrer, seen.host) : '',
});

export interface CookielessRules {
  mode: 'off' | 'until-decision' | 'on-reject' | 'always';
  regions: readonly string[];
  unique: 'none' | 'daily-hash';
}

export const cookielessRules = (policy: Pick<Policy, 'document' | 'available'>): CookielessRules => {
  const given = policy.document.cookieless as Partial<CookielessRules> | undefined;
  // The kill switch ends this, too.
  const mode = policy.available === 0 ? 'off' : (given?.mode ?? 'off');
  return { mode, regions: expandMatch(given?.regions ?? []), unique: given?.unique ?? 'none' };
};

/** Whether visitors of a place may be counted. Where regions are named, an unknown one is none of them. */
export const mayCount = (
  { mode, regions }: CookielessRules,
  place: { country: string | null; region: string | null },
): boolean =>
  mode !== 'off' &&
  (regions.length === 0 ||
    regions.includes('*') ||
    regions.some((code) => code === place.country || code === place.region));
