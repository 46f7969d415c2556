// Texts, the addresses in them and the parts of those, which are texts again: the three are read by one another, so they
// stand together. What a key means belongs here too, since a key may be an address.

import { recent } from '../../store/recent.js';
import { accountKey, keyFollows, tokenLike } from './drawn.js';
import { type KeyVerdict, keyMaxChars, meaningOf, prototypeNames, wordsOf } from './keys.js';
import { decode, type JudgedPath, lately, type Parts, partsOf, rememberedMaxChars, urlMaxChars } from './parts.js';
import { redacted, signScheme, signs, type Tally, tally, withoutPersonal } from './personal.js';

/** What may stay of a query unless the site says otherwise. `utm_klaviyo_id`, a subscriber's token, is not among it. */
export const defaultQueryAllow: readonly string[] = [
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'utm_id',
  'utm_source_platform',
  'utm_creative_format',
  'utm_marketing_tactic',
];

const textMaxChars = 32_768;

const parametersMax = 100;

const urlInText = /https?:\/\/[^\s"'<>]+/gi;
export const wholeUrl = /^https?:\/\/[^\s"'<>]+$/i;

export interface Reading {
  /** E-mails and phones. */
  contacts: boolean;
  /** Phones, cards, IBANs. */
  numbers: boolean;
  allow: Allow;
}

export const scan = (given: string, reading: Reading, note: Tally): string => {
  let text = given;
  if (text.length > textMaxChars) {
    note.redactions++;
    text = text.slice(0, textMaxChars);
  }
  const found = signs(text);
  if (found === 0) return text;
  if (found & signScheme && reading.numbers) {
    const read = (url: string): string => {
      const clean = address(url, reading.allow, note);
      if (clean === null) note.redactions++;
      return clean ?? redacted;
    };
    if (wholeUrl.test(text)) return read(text);
    text = text.replace(urlInText, read);
  }
  return withoutPersonal(text, found, reading, note);
};

export interface Allow {
  names: ReadonlySet<string>;
  prefixes: readonly string[];
  /** Of a picture: the query is its size and its version, so all stays but secrets. */
  butSecrets?: true;
}

const parseAllow = (names: readonly string[]): Allow => ({
  names: new Set(names.filter((name) => !name.endsWith('*')).map((name) => name.toLowerCase())),
  prefixes: names
    .filter((name) => name.length > 1 && name.endsWith('*'))
    .map((name) => name.slice(0, -1).toLowerCase()),
});
const allowDefault = parseAllow(defaultQueryAllow);
/** How an address's own parts are read. */
export const strict: Reading = { contacts: true, numbers: true, allow: allowDefault };
export const allowPicture: Allow = { names: new Set(), prefixes: [], butSecrets: true };
const allows = new WeakMap<readonly string[], Allow>();
export const allowOf = (names: readonly string[] | undefined): Allow => {
  if (names === undefined) return allowDefault;
  let allow = allows.get(names);
  if (allow === undefined) {
    allow = parseAllow(names);
    allows.set(names, allow);
  }
  return allow;
};

/** Tokens that name a subscriber pass only where the site lists them by their full name. */
const personalParameters: ReadonlySet<string> = new Set(['utm_klaviyo_id', '_kx', 'mc_eid', '_hsenc', 'vero_id']);
const signedPicture = /^(?:x-amz-|x-goog-|se$|sig$|signature$|expires$|policy$|key-pair-id$|hmac$)/;

const permitted = (name: string, allow: Allow): boolean =>
  allow.names.has(name) ||
  (allow.butSecrets
    ? !signedPicture.test(name) && verdictOf(name, undefined) !== 'drop'
    : allow.prefixes.some((prefix) => name.startsWith(prefix)) && !personalParameters.has(name));

/** The query with its question mark, or an empty string. */
export const queryOf = (query: string, allow: Allow, note: Tally): string => {
  if (query === '') return '';
  const kept: string[] = [];
  const pairs = query.split('&', parametersMax + 1);
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    if (kept.length >= parametersMax || !permitted(name, allow)) {
      note.redactions++;
      continue;
    }
    if (equals < 0) {
      kept.push(pair);
      continue;
    }
    const raw = pair.slice(equals + 1);
    const value = decode(raw.includes('+') ? raw.replaceAll('+', ' ') : raw);
    const before = note.redactions;
    const clean = scan(value, strict, note) === value;
    if (!clean && note.redactions === before) note.redactions++;
    kept.push(clean ? pair : `${pair.slice(0, equals)}=${redacted}`);
  }
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
};

/** Too short or too plain to be anything else than a word, whatever stands before it. */
const plainSegment = /^(?:[A-Z]?[a-z_.~-]{0,19}|[\w.~-]{0,3})$/;

const judgeSegment = (segment: string, afterKeyWord: boolean): boolean => {
  const text = decode(segment);
  if (afterKeyWord && accountKey(text)) return true;
  const found = signs(text);
  // An address within an address: its path and query were never judged.
  if (found & signScheme || /\?[^/]*=/.test(text)) return true;
  if (found !== 0) {
    const note = tally();
    scan(text, strict, note);
    if (note.redactions > 0) return true;
  }
  const equals = text.indexOf('=');
  if (equals > 0 && verdictOf(text.slice(0, equals), undefined) === 'drop') return true;
  return tokenLike(text);
};

/** Most addresses of a shop: words and hyphens, nothing to judge. */
const plainPath = /^(?:\/[A-Z]?[a-z_.~-]{0,19})+$/;

const judgedPaths = recent<string, JudgedPath>(lately);

const judgedPath = (path: string): JudgedPath => {
  if (plainPath.test(path)) return { path, redactions: 0 };
  let judged = judgedPaths.get(path);
  if (judged === undefined) {
    const own = tally();
    judged = { path: judgePath(path, own), redactions: own.redactions };
    if (path.length <= rememberedMaxChars) judgedPaths.set(path, judged);
  }
  return judged;
};

export const pathOf = (parts: Parts, note: Tally): string => {
  parts.judged ??= judgedPath(parts.path);
  note.redactions += parts.judged.redactions;
  return parts.judged.path;
};

const judgePath = (path: string, note: Tally): string => {
  const segments = path.split('/');
  let changed = false;
  let afterKeyWord = false;
  let looked = 0;
  for (let i = 0; i < segments.length; i++) {
    let segment = segments[i]!;
    if (plainSegment.test(segment)) continue;
    while (!afterKeyWord && looked < i) afterKeyWord = keyFollows.test(segments[looked++]!);
    const semicolon = segment.indexOf(';');
    if (semicolon >= 0) {
      // `;jsessionid=…`: parameters in a segment name a visit, never a page.
      segment = segment.slice(0, semicolon);
      segments[i] = segment;
      changed = true;
      note.redactions++;
    }
    if (judgeSegment(segment, afterKeyWord)) {
      segments[i] = redacted;
      changed = true;
      note.redactions++;
    }
  }
  return changed ? segments.join('/') : path;
};

export const address = (url: string, allow: Allow, note: Tally): string | null => {
  const parts = partsOf(url);
  if (parts === null) return null;
  return parts.origin + pathOf(parts, note) + queryOf(parts.query, allow, note);
};

export const searchOf = (search: string, allow: Allow, note: Tally): string | null => {
  const query = search.trim().slice(0, urlMaxChars).replace(/^\?/, '').replace(/#.*$/s, '');
  return queryOf(query, allow, note) || null;
};

const judgeKey = (key: string, denied: ReadonlySet<string> | undefined): KeyVerdict => {
  if (prototypeNames.has(key) || key.length > keyMaxChars) return 'drop';
  const found = signs(key);
  if (found !== 0) {
    const note = tally();
    scan(key, strict, note);
    if (note.redactions > 0) return 'drop';
  }
  return meaningOf(key, denied);
};

// The keys of a shop's events are few and come again; a forger's are many and make the memory start anew.
const judgedMax = 4_000;
const judgedDefault = new Map<string, KeyVerdict>();
const judgedBySite = new WeakMap<readonly string[], { denied: ReadonlySet<string>; judged: Map<string, KeyVerdict> }>();

export const verdictOf = (key: string, siteKeys: readonly string[] | undefined): KeyVerdict => {
  let judged = judgedDefault;
  let denied: ReadonlySet<string> | undefined;
  if (siteKeys !== undefined && siteKeys.length > 0) {
    let site = judgedBySite.get(siteKeys);
    if (site === undefined) {
      site = { denied: new Set(siteKeys.map((name) => wordsOf(name).join(''))), judged: new Map() };
      judgedBySite.set(siteKeys, site);
    }
    judged = site.judged;
    denied = site.denied;
  }
  let verdict = judged.get(key);
  if (verdict === undefined) {
    verdict = judgeKey(key, denied);
    if (judged.size >= judgedMax) judged.clear();
    if (key.length <= keyMaxChars) judged.set(key, verdict);
  }
  return verdict;
};
