// What in a text names somebody or opens an account: e-mails, phones, cards, IBANs, tokens. Each finder takes out what it
// finds and counts it. Pure; knows nothing of addresses of pages.

export const redacted = ':redacted';

export interface Tally {
  redactions: number;
  values: number;
}
export const tally = (): Tally => ({ redactions: 0, values: 0 });

const signAt = 1;
const signDigits = 2;
const signJwt = 4;
export const signScheme = 8;
const signManyDigits = 16;
const signPlus = 32;
/** No phone, card or IBAN has fewer. */
const digitsMin = 7;
/** No card has fewer. */
const cardDigitsMin = 14;

/** Which signs a text bears, as bits: one pass, no allocation. */
export const signs = (text: string): number => {
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
export const isCard = (digits: string): boolean => cardRange.test(digits) && luhn(digits);

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

/** `found`: the signs that the text bears. */
export const withoutPersonal = (
  given: string,
  found: number,
  { contacts, numbers }: { contacts: boolean; numbers: boolean },
  note: Tally,
): string => {
  let text = given;
  const mark = () => {
    note.redactions++;
    return redacted;
  };
  if ((found & ~(signDigits | signManyDigits | signPlus)) === 0) {
    if (!numbers || instant.test(text)) return text;
    if (digitsAlone.test(text)) return isCard(text) ? mark() : text;
  }
  if (found & signAt && contacts) text = replaceEmails(text, note);
  if (found & signJwt) text = text.replace(jwt, mark);
  if (found & signDigits && numbers) {
    text = text.replace(ibanShape, (match) => replaceIban(match, note));
    if (found & signManyDigits) text = text.replace(digitGroups, (match) => replaceCards(match, note));
    if (contacts) {
      if (found & signPlus) text = text.replace(phoneWithPlus, mark);
      for (const phone of phones) text = text.replace(phone, mark);
    }
  }
  return text;
};
