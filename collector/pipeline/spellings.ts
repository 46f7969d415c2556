// In which spellings an erased address or id may stand in what others wrote, and what they wrote without it (consent.md
// section 6). Pure. It must never take another's address for one of these: `x.ada@…` and `ada@….example` are somebody else's.

import { domainToUnicode } from 'node:url';
import type { Closure } from '../consent/rights/erase.js';
import { redacted } from '../enrich/redact/personal.js';
import type { AcceptedEvent } from '../events/event.js';
import { gateEmail } from '../identity/identifier.js';

/** A shorter id stands in texts by chance; one without a digit may be a word. */
const idMinChars = 12;
/** Without a plus before it a shorter number may be an article's. */
const barePhoneMinDigits = 10;
/** At home a number may have few digits; below this it is a price or a postcode, with marks between them too. */
const homePhoneMinDigits = 8;

interface Spelling {
  found: RegExp;
  /** What it is nothing else than, where the name of a value says that it is such a thing. */
  named?: RegExp;
  /** Cheap, and true wherever `found` finds anything: asked of whole bodies, in lower case. */
  mayStand: (body: Text) => boolean;
}
/** Of a whole body, what all are asked of. */
interface Text {
  lower: string;
  hasAt: boolean;
  /** All its digits, one after the other: what stands between those of a number is not among them. */
  digits: string;
}

const anyAt = /@|%(?:25)?40|u0040|&#64;/;
const percent = (char: string): string =>
  [...Buffer.from(char)].map((byte) => `%(?:25)?${byte.toString(16).padStart(2, '0')}`).join('');
/** One character of an address, plain or encoded for a URL. */
const written = (char: string): string => {
  if (char === '@') return '(?:@|%(?:25)?40|\\\\u0040|&#64;)';
  if (/[a-z0-9]/.test(char)) return char;
  return `(?:${char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')}|${percent(char)})`;
};

/** After the end of a word; an encoded sign and the line break of a JSON in a text end one, too. */
const begins = String.raw`(?:(?<![\p{L}\p{N}])(?<![\p{L}\p{N}][._+-])|(?<=%(?!2[bde]|5f)[0-9a-f]{2})|(?<=\\[nrt]))`;
const ends = String.raw`(?![\p{L}\p{N}]|[.-][\p{L}\p{N}])`;

const emailSpelling = (value: string): Spelling => {
  const at = value.lastIndexOf('@');
  const domain = value.slice(at + 1);
  const domains = [...new Set([domain, domainToUnicode(domain).toLowerCase()])].filter((one) => one !== '');
  const forms = domains.map((one) => [...`${value.slice(0, at)}@${one}`].map(written).join(''));
  const [longest = ''] =
    value
      .slice(0, at)
      .match(/[a-z0-9]+/g)
      ?.sort((a, b) => b.length - a.length) ?? [];
  return {
    found: new RegExp(`${begins}(?:${forms.join('|')})${ends}`, 'giu'),
    mayStand: ({ hasAt, lower }) => hasAt && lower.includes(longest) && domains.some((one) => lower.includes(one)),
  };
};

const mark = String.raw`(?:[\s.\-/()\u2010-\u2015\u00ad]|%20)`;
const between = `${mark}{0,3}`;
const spaced = (digits: string): string => [...digits].join(between);
/** Country codes of one and of two digits (ITU-T E.164); all others have three. */
const countryCode = /^(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;
/** Digits that are a day as well, or an hour of one: every event has some. */
const day = /^(?:(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d(?:[0-2]\d)?|[0-3]\d(?:0[1-9]|1[0-2])(?:19|20)\d\d)$/;
const phoneName = /phone|t[eé]l[eé]f|(?:^|[^a-z])tel(?:[^a-z]|$)|mobil|handy|whats/i;

/** What is dialled before a number at home. */
const trunkOf = (country: string): string =>
  country === '7' || country === '375' ? '8' : country === '36' ? '06' : '0';

const phoneSpelling = (value: string): Spelling => {
  const digits = value.replace(/\D/g, '');
  const country = countryCode.exec(digits)?.[0] ?? digits.slice(0, 3);
  const home = digits.slice(country.length);
  const trunk = trunkOf(country);
  const optional = digits.length >= barePhoneMinDigits ? '?' : '';
  // With its country: also +49 (0)170.
  const abroad = String.raw`(?<!\w)(?:(?:\+|%2B|00)${between})${optional}${spaced(country)}${between}(?:\(?0\)?${between})?${spaced(home)}(?!\d)`;
  return {
    found: new RegExp([abroad, ...homeForms(home, trunk)].join('|'), 'gi'),
    named: new RegExp(String.raw`^\s*\(?(?:${spaced(trunk)}${between})?${spaced(home)}\s*$`),
    mayStand: (body) => body.digits.includes(home),
  };
};

/**
 * At home: (0170) 1234567, 0170/1234567, 612 345 678. Ten digits and more may stand without a mark between them; fewer are an
 * article's or an order's then. Never after another country's code: that is somebody else.
 */
const homeForms = (home: string, trunk: string): string[] => {
  const open = String.raw`(?<!(?:\+|%2B|\b00)\d{1,3}${between})(?:\((?=\d{1,6}\)))?`;
  const alone = (digits: string) => String.raw`(?<!\w)${open}${spaced(digits)}(?!\d)`;
  const marked = (digits: string) =>
    String.raw`(?<![\w+])(?<!\d(?:${mark}|[,:]))${open}(?=\d{1,${digits.length - 1}}${mark})${spaced(digits)}(?!\w|(?:${mark}|[,:])?\d)`;
  const form = (digits: string, mayStandAlone: boolean): string[] =>
    digits.length < homePhoneMinDigits || day.test(digits) ? [] : [mayStandAlone ? alone(digits) : marked(digits)];
  return [
    ...form(`${trunk}${home}`, trunk.length + home.length >= barePhoneMinDigits),
    // Ten digits that begin with a one are an instant in seconds, too.
    ...form(home, home.length > barePhoneMinDigits || (home.length === barePhoneMinDigits && !home.startsWith('1'))),
  ];
};

const idSpelling = (value: string): Spelling => ({
  found: new RegExp(`(?<![\\w-])${value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\w-])`, 'giu'),
  mayStand: ({ lower }) => lower.includes(value.toLowerCase()),
});

const isUnmistakable = (id: string): boolean => id.length >= idMinChars && /\d/.test(id);

export interface Spellings {
  /** Whether there is anything to look for. */
  any: boolean;
  /** False: it stands nowhere in this text. */
  mayStandIn: (text: Text) => boolean;
  /** A value without it, the very same where it was not there; undefined: it was nothing else. */
  without: (value: unknown) => unknown;
}

/** A whole body, made ready to be asked of many. */
export const textOf = (body: string): Text => {
  const lower = body.toLowerCase();
  return { lower, hasAt: anyAt.test(lower), digits: lower.replaceAll('%20', '').replace(/\D+/g, '') };
};

/** Of whom: their addresses, and those of their ids that nothing else can be. */
export const spellingsOf = ({ userIds, aliases, contacts }: Closure): Spellings => {
  const spellings: Spelling[] = [];
  const emails = new Set<string>();
  const ids = new Set<string>();
  for (const { kind, value } of contacts) {
    if (kind === 'email') emails.add(value);
    else if (kind === 'phone') spellings.push(phoneSpelling(value));
    else ids.add(value);
  }
  for (const id of [...userIds, ...aliases]) {
    const gated = gateEmail(id, { reservedEmail: 'allow' });
    if (gated.ok) emails.add(gated.value);
    else ids.add(id);
  }
  for (const email of emails) spellings.push(emailSpelling(email));
  for (const id of ids) if (isUnmistakable(id)) spellings.push(idSpelling(id));

  const inText = (text: string): string | undefined => {
    let out = text;
    for (const { found } of spellings) out = out.replace(found, redacted);
    if (out === text) return text;
    return /^(?:mailto:|tel:)?$/i.test(out.replaceAll(redacted, '').replace(/[\s<>"']/g, '')) ? undefined : out;
  };
  /** `phone: '12 34 56 78'`: under such a name it needs nothing else to be known by. */
  const isNamed = (name: string, value: unknown): boolean =>
    phoneName.test(name) &&
    (typeof value === 'string' || typeof value === 'number') &&
    spellings.some(({ named }) => named?.test(String(value)));
  const without = (value: unknown): unknown => {
    if (typeof value === 'string') return inText(value);
    if (typeof value === 'number') return inText(String(value)) === String(value) ? value : undefined;
    if (typeof value !== 'object' || value === null) return value;
    let changed = false;
    if (Array.isArray(value)) {
      const kept = value.map((one) => {
        const left = without(one);
        changed ||= left !== one;
        return left;
      });
      return changed ? kept.filter((one) => one !== undefined) : value;
    }
    const kept: Record<string, unknown> = {};
    for (const [name, one] of Object.entries(value)) {
      const left = inText(name) !== name || isNamed(name, one) ? undefined : without(one);
      changed ||= left !== one;
      if (left !== undefined) kept[name] = left;
    }
    return changed ? kept : value;
  };
  return {
    any: spellings.length > 0,
    mayStandIn: (text) => spellings.some(({ mayStand }) => mayStand(text)),
    without,
  };
};

/** The event without these people's addresses and ids, wherever they stand in it; null: they stand nowhere. */
export const withoutMentions = (
  event: AcceptedEvent,
  { contacts, userIds, aliases, visitorIds }: Closure,
  spellings: Spellings,
): AcceptedEvent | null => {
  let changed = false;
  const left = <Value>(value: Value): Value | undefined => {
    const kept = spellings.without(value) as Value | undefined;
    changed ||= kept !== value;
    return kept;
  };
  const text = <Value extends string | null>(value: Value): Value | null =>
    value === null ? null : (left(value) ?? null);
  const fields = <Bag extends object>(bag: Bag): Bag => left(bag) as Bag;
  const isNamed = ({ kind, value }: { kind: string; value: string }): boolean =>
    contacts.some((contact) => contact.kind === kind && contact.value === value);
  const others = event.contacts.filter((contact) => !isNamed(contact));
  changed ||= others.length < event.contacts.length;
  const { userId, previousId } = event;
  const names = [...userIds, ...aliases];
  const wasTheirs = previousId !== null && [...names, ...visitorIds].includes(previousId);
  // What a bot sent names nobody (R4), and so belongs to nobody who would take it along.
  const saysTheirs = userId !== null && names.includes(userId);
  changed ||= wasTheirs || saysTheirs;
  const without: AcceptedEvent = {
    ...event,
    contacts: others,
    userId: saysTheirs ? null : userId,
    previousId: wasTheirs ? null : previousId,
    name: event.name === null ? null : (left(event.name) ?? redacted),
    claimedUserId: text(event.claimedUserId),
    groupId: text(event.groupId),
    ...(event.category && { category: text(event.category) }),
    traits: fields(event.traits),
    groupTraits: event.groupTraits ? fields(event.groupTraits) : null,
    properties: fields(event.properties),
    // It still finds what it found, if all who told of it lose the same.
    keys: event.keys.map((key) => ({ ...key, value: left(key.value) ?? redacted })),
    page: event.page && {
      path: text(event.page.path),
      title: text(event.page.title),
      url: text(event.page.url),
      search: text(event.page.search),
      referrer: text(event.page.referrer),
    },
    touch: event.touch && {
      ...event.touch,
      source: text(event.touch.source),
      medium: text(event.touch.medium),
      campaign: text(event.touch.campaign),
      clickId: text(event.touch.clickId),
    },
  };
  return changed ? without : null;
};
