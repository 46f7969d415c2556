// The second pass of redaction (consent.md, section 4, row 8): what must not be stored is taken out before anything is
// written. Pure, and cheap because it runs on every event: a string is first looked at for signs (an @, seven digits, a
// scheme, "eyJ") and read closely only if it has one. It returns counts; it must never return, throw or log what it took.
//
// It leaves alone what a shop needs to be whole: ids, names and codes of goods, orders and carts are never read as
// numbers of people, and an address that changes hands on purpose (traits, an order's e-mail) stays, since it is gated,
// owned and erased as a contact elsewhere.

import type { PageContext } from '../events/event.js';
import { recent } from '../store/recent.js';

export const redacted = ':redacted';

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
const textMaxChars = 32_768;
const urlMaxChars = 8_192;
const parametersMax = 100;
const keyMaxChars = 128;

// ---------------------------------------------------------------------------------------------------------------------
// Text

interface Tally {
  redactions: number;
  values: number;
}
const tally = (): Tally => ({ redactions: 0, values: 0 });

const signAt = 1;
const signDigits = 2;
const signJwt = 4;
const signScheme = 8;
const signManyDigits = 16;
const signPlus = 32;
/** No phone, card or IBAN has fewer. */
const digitsMin = 7;
/** No card has fewer. */
const cardDigitsMin = 14;

/** Which signs a text bears, as bits: one pass, no allocation. */
const signs = (text: string): number => {
  let found = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) {
      digits++;
    } else if (code === 0x40) found |= signAt;
    else if (code === 0x25) {
      if (text.charCodeAt(i + 1) === 0x34 && text.charCodeAt(i + 2) === 0x30) found |= signAt;
    } else if (code === 0x65) {
      if (text.charCodeAt(i + 1) === 0x79 && text.charCodeAt(i + 2) === 0x4a) found |= signJwt;
    } else if (code === 0x3a) {
      if (text.charCodeAt(i + 1) === 0x2f && text.charCodeAt(i + 2) === 0x2f) found |= signScheme;
    } else if (code === 0x2b) found |= signPlus;
  }
  if (digits >= digitsMin) found |= digits >= cardDigitsMin ? signDigits | signManyDigits : signDigits;
  // A plus alone tells nothing.
  return found === signPlus ? 0 : found;
};

// Every quantifier is bounded, so that no text costs more than its length times a constant.
/** What follows the @ of an e-mail. */
const domain = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}{1,24})/iuy;
/** `logo@2x.png` is a picture for a dense screen. */
const densePicture = /\dx\.(?:png|jpe?g|gif|webp|avif|svg)/iy;
const at = /@|%40/g;
const localMarks: ReadonlySet<number> = new Set([...".!#$%&'*+/=?^_`{|}~-"].map((char) => char.charCodeAt(0)));
const isLocal = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x30 && code <= 0x39) ||
  code > 0xa0 ||
  localMarks.has(code);
const localMaxChars = 64;

/** From each @ to both sides, not by one expression from the left: that would cost 64 steps for every character. */
const replaceEmails = (text: string, note: Tally): string => {
  let out = '';
  let done = 0;
  at.lastIndex = 0;
  for (let found = at.exec(text); found !== null; found = at.exec(text)) {
    let from = found.index;
    while (from > done && found.index - from < localMaxChars && isLocal(text.charCodeAt(from - 1))) from--;
    const after = found.index + found[0].length;
    densePicture.lastIndex = after;
    domain.lastIndex = after;
    if (from === found.index || densePicture.test(text)) continue;
    const host = domain.exec(text);
    if (host === null) continue;
    out += text.slice(done, from) + redacted;
    note.redactions++;
    done = after + host[0].length;
    at.lastIndex = done;
  }
  return done === 0 ? text : out + text.slice(done);
};

const jwt = /eyJ[\w-]{7,}(?:\.[\w-]*){0,4}/g;
const ibanShape = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}/gi;
/** Cards are written in groups of four, six and five; digits one by one are something else. */
const digitGroups = /(?<!\d[.,]?)\d{3,19}(?:[ -]\d{3,7}){0,200}(?!\d)/g;
/** With a country code, however it is written. */
const phoneWithPlus = /(?<![\w+])\+[1-9](?:[\s.\-/()]{0,2}\d){7,14}(?!\d)/g;
const phones: readonly RegExp[] = [
  /(?<![\w+])00[1-9]\d{0,2}(?:[ .-]\d{1,4}){2,6}(?!\d)/g,
  // At home: (415) 555-2671, 06 12 34 56 78, 020 7946 0958, 030/123456. Never digits alone: those are article numbers.
  /(?<![\w-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}(?![\w-])/g,
  /(?<![\w.-])0\d([ .-])\d{2}(?:\1\d{2}){3}(?![\w-])/g,
  /(?<![\w.-]|\d )0\d{2,4}[ /]\d{3,4}[ -]?\d{3,5}(?![\w-]| \d)/g,
];

/** Length of an IBAN by country: the text after it must not be taken for a part of it. */
const ibanChars: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const isIban = (compact: string): boolean => {
  let rest = 0;
  for (const char of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97;
  }
  return rest === 1;
};

const luhn = (digits: string): boolean => {
  let sum = 0;
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const digit = digits.charCodeAt(i) - 0x30;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
};

/** Lengths and first digits of the card networks: a tenth of all numbers pass Luhn, and shops are full of numbers. */
const cardRange = /^(?:3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|(?:4\d|5[1-5]|2[2-7]|35|6[0245])\d{14}(?:\d{3})?)$/;
const isCard = (digits: string): boolean => cardRange.test(digits) && luhn(digits);

/** Replaces a card that stands among other groups of digits. */
const replaceCards = (candidate: string, note: Tally): string => {
  const groups = candidate.split(/[ -]/);
  let text = candidate;
  for (let from = 0; from < groups.length; from++) {
    let digits = '';
    for (let to = from; to < groups.length && digits.length < 19; to++) {
      digits += groups[to];
      if (digits.length < 14 || !isCard(digits)) continue;
      const shape = new RegExp(groups.slice(from, to + 1).join('[ -]'));
      text = text.replace(shape, redacted);
      note.redactions++;
      from = to;
      break;
    }
  }
  return text;
};

const replaceIban = (candidate: string, note: Tally): string => {
  const wanted = ibanChars[candidate.slice(0, 2).toUpperCase()];
  if (wanted === undefined) return candidate;
  let seen = 0;
  let end = 0;
  while (end < candidate.length && seen < wanted) if (candidate[end++] !== ' ') seen++;
  if (seen < wanted || !isIban(candidate.slice(0, end).replaceAll(' ', ''))) return candidate;
  note.redactions++;
  return redacted + candidate.slice(end);
};

/** Texts that are full of digits and common: an instant, and digits alone, which can be nothing but a card. */
const instant = /^\d{4}-\d\d-\d\d[T ][\d:.,]{4,18}(?:Z|[+-]\d\d:?\d\d)?$/;
const digitsAlone = /^\d+$/;

const urlInText = /https?:\/\/[^\s"'<>]+/gi;
const wholeUrl = /^https?:\/\/[^\s"'<>]+$/i;

interface Reading {
  /** E-mails and phones. */
  contacts: boolean;
  /** Phones, cards, IBANs. */
  numbers: boolean;
  allow: Allow;
}

const scan = (given: string, reading: Reading, note: Tally): string => {
  let text = given;
  if (text.length > textMaxChars) {
    note.redactions++;
    text = text.slice(0, textMaxChars);
  }
  const found = signs(text);
  if (found === 0) return text;
  const mark = () => {
    note.redactions++;
    return redacted;
  };
  if ((found & ~(signDigits | signManyDigits | signPlus)) === 0) {
    if (!reading.numbers || instant.test(text)) return text;
    if (digitsAlone.test(text)) return isCard(text) ? mark() : text;
  }
  if (found & signScheme && reading.numbers) {
    if (wholeUrl.test(text)) return address(text, reading.allow, note) ?? mark();
    text = text.replace(urlInText, (url) => address(url, reading.allow, note) ?? mark());
  }
  if (found & signAt && reading.contacts) {
    text = replaceEmails(text, note);
  }
  if (found & signJwt) text = text.replace(jwt, mark);
  if (found & signDigits && reading.numbers) {
    text = text.replace(ibanShape, (match) => replaceIban(match, note));
    if (found & signManyDigits) text = text.replace(digitGroups, (match) => replaceCards(match, note));
    if (reading.contacts) {
      if (found & signPlus) text = text.replace(phoneWithPlus, mark);
      for (const phone of phones) text = text.replace(phone, mark);
    }
  }
  return text;
};

// ---------------------------------------------------------------------------------------------------------------------
// Addresses

interface Allow {
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
const strict: Reading = { contacts: true, numbers: true, allow: allowDefault };
const allowPicture: Allow = { names: new Set(), prefixes: [], butSecrets: true };
const allows = new WeakMap<readonly string[], Allow>();
const allowOf = (names: readonly string[] | undefined): Allow => {
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

const decode = (text: string): string => {
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

/** The query with its question mark, or an empty string. */
const queryOf = (query: string, allow: Allow, note: Tally): string => {
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

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const fileEnding = /\.(?:html?|php|aspx?|jsp|json|xml|pdf|js|css|png|jpe?g|webp|gif|svg|avif)$/i;
const notAlphanumeric = /[^A-Za-z0-9]+/;

const classOf = (code: number): 0 | 1 | 2 => (code <= 0x39 ? 0 : code <= 0x5a ? 1 : 2);

/**
 * Mean length of the stretches of one class (digits, capitals, small letters; a capital belongs to the word it begins).
 * Words and model numbers are made of long stretches, what a machine drew is not: 2.1 for hex, 1.6 for base64, 5 or 6
 * for "iphone15promax256gb" and "MensBlueRunningShoes".
 */
const stretch = (run: string): number => {
  let stretches = 1;
  let capitals = 0;
  let last = classOf(run.charCodeAt(0));
  if (last === 1) capitals = 1;
  for (let i = 1; i < run.length; i++) {
    const next = classOf(run.charCodeAt(i));
    if (next !== last && !(last === 1 && next === 2 && capitals === 1)) stretches++;
    capitals = next === 1 ? (last === 1 ? capitals + 1 : 1) : 0;
    last = next;
  }
  return run.length / stretches;
};

/** "High-entropy token of 20 characters or more", so that a long slug of words is none. */
const tokenLike = (text: string): boolean => {
  if (text.length < 20) return false;
  const bare = text.replace(fileEnding, '').replace(uuid, '');
  if (bare.length < 20) return false;
  let drawn = 0;
  let all = 0;
  for (const run of bare.split(notAlphanumeric)) {
    all += run.length;
    const digits = /\d/.test(run);
    const letters = /[A-Za-z]/.test(run);
    const mixed = /[a-z]/.test(run) && /[A-Z]/.test(run);
    if (run.length >= 20) {
      if (!letters) return true;
      if (digits && /^[0-9a-f]+$/i.test(run)) return true;
      if (digits && stretch(run) < 5) return true;
      if (mixed && stretch(run) < 3.5) return true;
    } else if (run.length >= 8 && (digits || mixed) && letters && stretch(run) < 3) drawn += run.length;
  }
  // base64url has - and _ among its letters, so a token may come in pieces.
  return all >= 18 && drawn >= 0.6 * all && /[a-z]/.test(bare) && /[A-Z]/.test(bare) && /\d/.test(bare);
};

/** After such a segment the next ones are keys to an account, even if they look as harmless as a UUID. */
const keyFollows =
  /(?:^|[-_.])(?:reset|recover|recovery|verify|verification|confirm|confirmation|activate|activation|invite|invitation|invitations|unsubscribe|optout|magic|token|tokens|auth|oauth|sso|otp)(?:$|[-_.])|passw(?:or[dt]|d)|mot-de-passe/i;
const accountKey = (segment: string): boolean =>
  segment.length >= 20 ||
  /^\d{4,}$/.test(segment) ||
  (segment.length >= 6 && /\d/.test(segment)) ||
  (segment.length >= 8 && /[a-z][A-Z]/.test(segment) && stretch(segment) < 3.5);

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

// A shop's pages are few and come again: the page view and what follows on it name the same one. What was judged lately is
// remembered, some two thousand addresses at a time, and never for longer than the next two thousand: with fewer than a shop
// has pages, most were judged again each time.
const lately = 2_000;
const rememberedMaxChars = 500;
interface JudgedPath {
  readonly path: string;
  readonly redactions: number;
}
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

const pathOf = (parts: Parts, note: Tally): string => {
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

const scheme = (head: string): number =>
  head.startsWith('https://') ? 8 : head.startsWith('http://') ? 7 : (/^(?:https?:)?\/\//i.exec(head)?.[0].length ?? 0);

const authority = /^(?:[a-z0-9_](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
/** Stands in for the page's own origin while a path is read by the URL standard. */
const elsewhere = 'https://elsewhere.invalid';

interface Parts {
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
const partsOf = (given: string): Parts | null => {
  let parts = readParts.get(given);
  if (parts === undefined) {
    parts = divide(given) ?? 'nowhere';
    if (given.length <= rememberedMaxChars) readParts.set(given, parts);
  }
  return parts === 'nowhere' ? null : parts;
};

const divide = (given: string): Parts | null => {
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

const address = (url: string, allow: Allow, note: Tally): string | null => {
  const parts = partsOf(url);
  if (parts === null) return null;
  return parts.origin + pathOf(parts, note) + queryOf(parts.query, allow, note);
};

/** An address of a page without user, fragment, secrets in its path, or any parameter that is not allowed. */
export const redactUrl = (url: unknown, options: UrlOptions = {}): string | null =>
  typeof url === 'string' ? address(url, allowOf(options.allow), tally()) : null;

/** A path without secrets. A whole address gives its path. */
export const redactPath = (path: unknown): string | null => {
  if (typeof path !== 'string' || path === '') return null;
  const parts = partsOf(path.startsWith('/') || /^https?:/i.test(path) ? path : `/${path}`);
  return parts === null ? null : pathOf(parts, tally());
};

/** A query (with or without its question mark) reduced to what is allowed; null if nothing remains. */
export const redactSearch = (search: unknown, options: UrlOptions = {}): string | null =>
  typeof search === 'string' ? searchOf(search, allowOf(options.allow), tally()) : null;

const searchOf = (search: string, allow: Allow, note: Tally): string | null => {
  const query = search.trim().slice(0, urlMaxChars).replace(/^\?/, '').replace(/#.*$/s, '');
  return queryOf(query, allow, note) || null;
};

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

// ---------------------------------------------------------------------------------------------------------------------
// Properties

type KeyVerdict = 'drop' | 'text' | 'id' | 'contact' | 'picture' | 'referrer' | 'path' | 'search';
type KeptVerdict = Exclude<KeyVerdict, 'drop'>;

/** Words that make a key a secret's, wherever they stand in it: `authToken`, `user_password`, `x-auth`. */
const secretWords: ReadonlySet<string> = new Set(
  (
    'pass passwd password passwords passwort passcode passphrase pwd mdp token tokens jwt bearer auth authorization oauth ' +
    'secret secrets credential credentials apikey cookie cookies csrf xsrf otp totp iban bban ssn nino passport cvv cvv2 cvc'
  ).split(' '),
);
/** Whole keys, without marks and case. */
const secretKeys =
  /^(?:pin|pan|csc)$|passwor[dt]|passphrase|(?:access|auth|refresh|id|api|session)token|apikey|privatekey|creditcard|(?:card|cc|account|routing|iban)(?:number|num|no)$|sortcode|socialsecurity|nationalid|taxid$/;

/** Keys of goods, orders and carts. Look-up keys are no secrets: `cart_token` finds the owner of an order. */
const idKeys: ReadonlySet<string> = new Set(
  (
    'orderid ordernumber transactionid productid sku variant variantid itemid itemname itemvariant name brand category ' +
    'categoryid gtin ean upc isbn mpn barcode cartid carttoken checkoutid checkouttoken coupon couponid couponname listid ' +
    'promotionid creative wishlistid wishlistname reviewid experimentid experimentname variationid variationname ' +
    'affiliation currency paymentmethod shippingmethod options'
  ).split(' '),
);
const pictureKey = /(?:image|images|imageurl|img|picture|photo|thumbnail|avatar|logo)$/;

/** Own keys of these names would make the next reader's `String(value)` throw, or reach a prototype. */
const prototypeNames: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

const wordsOf = (key: string): string[] =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9\u00df-\u024f]+/)
    .filter((word) => word !== '');

const judgeKey = (key: string, denied: ReadonlySet<string> | undefined): KeyVerdict => {
  if (prototypeNames.has(key) || key.length > keyMaxChars) return 'drop';
  const found = signs(key);
  if (found !== 0) {
    const note = tally();
    scan(key, strict, note);
    if (note.redactions > 0) return 'drop';
  }
  const words = wordsOf(key);
  const whole = words.join('');
  if (denied !== undefined && (denied.has(whole) || words.some((word) => denied.has(word)))) return 'drop';
  if (idKeys.has(whole)) return 'id';
  if (words.some((word) => secretWords.has(word)) || secretKeys.test(whole)) return 'drop';
  if (whole === 'email' || whole === 'phone') return 'contact';
  if (whole === 'referrer' || whole === 'referer') return 'referrer';
  if (whole === 'path') return 'path';
  if (whole === 'search') return 'search';
  return pictureKey.test(whole) ? 'picture' : 'text';
};

// The keys of a shop's events are few and come again; a forger's are many and make the memory start anew.
const judgedMax = 4_000;
const judgedDefault = new Map<string, KeyVerdict>();
const judgedBySite = new WeakMap<readonly string[], { denied: ReadonlySet<string>; judged: Map<string, KeyVerdict> }>();

const verdictOf = (key: string, siteKeys: readonly string[] | undefined): KeyVerdict => {
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
