// The second pass of redaction (consent.md, section 4, row 8): what must not be stored is taken out before anything is
// written. Pure, and cheap because it runs on every event: a string is first looked at for signs (an @, seven digits, a
// scheme, "eyJ") and read closely only if it has one. It returns counts; it must never return, throw or log what it took.
//
// It leaves alone what a shop needs to be whole: ids, names and codes of goods, orders and carts are never read as
// numbers of people, and an address that changes hands on purpose (traits, an order's e-mail) stays, since it is gated,
// owned and erased as a contact elsewhere.

import type { PageContext } from '../../events/event.js';
import { recent } from '../../store/recent.js';
import { type KeptVerdict, keyMaxChars, prototypeNames } from './keys.js';
import { divide, lately, partsOf, rememberedMaxChars } from './parts.js';
import { isCard, redacted, signs, type Tally, tally } from './personal.js';
import {
  type Allow,
  address,
  allowOf,
  allowPicture,
  pathOf,
  queryOf,
  type Reading,
  scan,
  searchOf,
  strict,
  verdictOf,
  wholeUrl,
} from './text.js';

export interface UrlOptions {
  /** Names of query parameters that may stay; one that ends in `*` stands for all that begin so. */
  allow?: readonly string[];
}

export interface RedactOptions extends UrlOptions {
  /** The site's own deny-list (`redact.keys`), beside the built-in one. */
  keys?: readonly string[];
  /**
   * `properties`: nothing of a person belongs here. `order`: as that, but for the buyer's `email` and `phone`, which R7
   * reads. `traits`: told of a person on purpose, so addresses stay and only secrets go.
   */
  sort?: 'properties' | 'order' | 'traits';
}

export interface Redacted<Value> {
  value: Value;
  redactions: number;
}

const depthMax = 10;
/** In the 32,768 B of an event so many fit only if it is made of nothing; an import's longer one has no more (0563). */
const valuesMax = 10_000;

/** By themselves: a page has one referrer for all its events, and beside the page's own address it would never be the last asked for. */
const readReferrers = recent<string, string>(lately);

/** The origin alone, of a site or an app; null for all else. */
export const redactReferrer = (referrer: unknown): string | null => {
  if (typeof referrer !== 'string') return null;
  let origin = readReferrers.get(referrer);
  if (origin === undefined) {
    origin = originOf(referrer);
    if (referrer.length <= rememberedMaxChars) readReferrers.set(referrer, origin);
  }
  return origin || null;
};

const originOf = (referrer: string): string => {
  const app = /^\s*((?:android|ios)-app:\/\/[a-z0-9._-]{1,200})(?:[/?#]|\s*$)/i.exec(referrer);
  if (app !== null) return app[1]!.toLowerCase();
  return divide(referrer)?.origin ?? '';
};

/** Free text without e-mails, phones, cards, IBANs, JWTs, and with its addresses redacted. */
export const redactText = (text: string): string => scan(text, strict, tally());

interface Walk {
  sort: 'properties' | 'order' | 'traits';
  keys: readonly string[] | undefined;
  allow: Allow;
  text: Reading;
  id: Reading;
  note: Tally;
}

const gone = Symbol('gone');

const walkText = (text: string, verdict: KeptVerdict, walk: Walk, depth: number): string => {
  const { note } = walk;
  switch (verdict) {
    case 'id':
      return scan(text, walk.id, note);
    case 'contact':
      return walk.sort === 'order' && depth === 1 ? text : scan(text, walk.text, note);
    case 'picture':
      return wholeUrl.test(text) ? (address(text, allowPicture, note) ?? redacted) : scan(text, walk.text, note);
    case 'referrer':
      return partsOf(text)?.origin || scan(text, walk.text, note);
    case 'path': {
      const parts = text.startsWith('/') ? partsOf(text) : null;
      return parts === null ? scan(text, walk.text, note) : pathOf(parts, note);
    }
    case 'search':
      return text.startsWith('?') ? (searchOf(text, walk.allow, note) ?? '') : scan(text, walk.text, note);
    default:
      return scan(text, walk.text, note);
  }
};

const walkValue = (value: unknown, verdict: KeptVerdict, walk: Walk, depth: number): unknown => {
  if (++walk.note.values > valuesMax) {
    walk.note.redactions++;
    return gone;
  }
  switch (typeof value) {
    case 'string':
      return walkText(value, verdict, walk, depth);
    case 'number':
      if (verdict !== 'id' && value >= 1e13 && Number.isInteger(value) && isCard(String(value))) break;
      return value;
    case 'object':
      // `null` unsets a trait (R6) and tells nothing.
      if (value === null) return value;
      if (depth >= depthMax) break;
      return Array.isArray(value) ? walkArray(value, verdict, walk, depth) : walkObject(value, walk, depth);
    default:
      // A flag such as `has_password` is no secret.
      return value;
  }
  walk.note.redactions++;
  return gone;
};

const walkArray = (values: readonly unknown[], verdict: KeptVerdict, walk: Walk, depth: number): readonly unknown[] => {
  let out: unknown[] | null = null;
  for (let i = 0; i < values.length; i++) {
    const before = values[i];
    const after = walkValue(before, verdict, walk, depth + 1);
    if (out === null) {
      if (after === before) continue;
      out = values.slice(0, i);
    }
    if (after !== gone) out.push(after);
    else if (walk.note.values > valuesMax) break;
  }
  return out ?? values;
};

/** Copies on the first change, so that the common event costs no allocation. */
const walkObject = (object: object, walk: Walk, depth: number): object => {
  const record = object as Record<string, unknown>;
  const keys = Object.keys(record);
  let out: Record<string, unknown> | null = null;
  let dropped: Set<string> | null = null;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const verdict = verdictOf(key, walk.keys);
    const before = record[key];
    let after: unknown = gone;
    if (verdict !== 'drop') after = walkValue(before, verdict, walk, depth + 1);
    else if (isFlag(key, before)) after = before;
    else walk.note.redactions++;

    if (after === gone) {
      dropped ??= new Set();
      if (walk.note.values > valuesMax) {
        for (; i < keys.length; i++) dropped.add(keys[i]!);
        break;
      }
      dropped.add(key);
    } else if (after !== before) {
      out ??= { ...record };
      out[key] = after;
    }
  }
  if (dropped === null) return out ?? object;
  const from = out ?? record;
  const kept: Record<string, unknown> = {};
  for (const key of keys) if (!dropped.has(key)) kept[key] = from[key];
  return kept;
};

/** `has_password: true` and `token: null` hold no secret; a name of a prototype's or one that is itself an address goes. */
const isFlag = (key: string, value: unknown): boolean =>
  (value === null || typeof value === 'boolean') &&
  key.length <= keyMaxChars &&
  !prototypeNames.has(key) &&
  signs(key) === 0;

const walkOf = (options: RedactOptions): Walk => {
  const sort = options.sort ?? 'properties';
  const allow = allowOf(options.allow);
  const contacts = sort !== 'traits';
  return {
    sort,
    keys: options.keys,
    allow,
    text: { contacts, numbers: true, allow },
    id: { contacts, numbers: false, allow },
    note: tally(),
  };
};

/**
 * What may be stored of an event's properties or traits. The same object comes back when there was nothing to take out;
 * it is never changed in place.
 */
export const redactProperties = (
  properties: unknown,
  options: RedactOptions = {},
): Redacted<Readonly<Record<string, unknown>>> => {
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    return { value: {}, redactions: 0 };
  }
  const walk = walkOf(options);
  const value = walkObject(properties, walk, 0) as Record<string, unknown>;
  return { value, redactions: walk.note.redactions };
};

const titleMaxChars = 300;

/** `context.page` as it is stored. What the client left out is taken from its `url`. */
export const redactPage = (page: unknown, options: UrlOptions = {}): Redacted<PageContext | null> => {
  if (typeof page !== 'object' || page === null || Array.isArray(page)) return { value: null, redactions: 0 };
  const given = page as Readonly<Record<string, unknown>>;
  const note = tally();
  const allow = allowOf(options.allow);
  const parts = typeof given.url === 'string' ? partsOf(given.url) : null;
  const written = typeof given.path === 'string' && given.path !== '' ? given.path : null;
  const path = parts !== null ? pathOf(parts, note) : null;
  const query = parts !== null ? queryOf(parts.query, allow, note) : '';
  const title =
    typeof given.title === 'string' && given.title !== ''
      ? scan(given.title.slice(0, titleMaxChars), { contacts: true, numbers: true, allow }, note)
      : null;
  const ownPath =
    written === null || written === parts?.path ? null : partsOf(written.replace(/^(?!\/|https?:)/i, '/'));
  const value: PageContext = {
    path: ownPath === null ? path : pathOf(ownPath, note),
    title,
    url: parts === null ? null : parts.origin + path + query,
    search: typeof given.search === 'string' && parts === null ? searchOf(given.search, allow, note) : query || null,
    referrer: redactReferrer(given.referrer),
  };
  const empty = Object.values(value).every((field) => field === null);
  return { value: empty ? null : value, redactions: note.redactions };
};
