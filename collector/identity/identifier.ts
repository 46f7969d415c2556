// The gate of R2: what may serve as an identifier, and in which spelling two of them are the same. Pure. It must never
// cut or repair a value into another person's, and never put a value into an answer: only codes leave it.

import { domainToASCII } from 'node:url';
import type { AnonymousId, UserId } from '../contract/ids.js';

/** Why a value is not an identifier. `absent` is no refusal: nothing was said, so nothing is warned of. */
export type RefusalCode =
  | 'absent'
  | 'refused_type'
  | 'refused_number'
  | 'refused_empty'
  | 'refused_control'
  | 'refused_length'
  | 'refused_template'
  | 'refused_blocked'
  | 'refused_reserved'
  | 'refused_invalid';

export type Gated<Value> = { ok: true; value: Value } | { ok: false; code: RefusalCode };
/** A contact keeps its spelling beside the form that compares equal: mail is sent to the former. */
export type GatedContact<Value = string> = { ok: true; value: Value; raw: string } | { ok: false; code: RefusalCode };

export interface GateOptions {
  /** The site's own blocked values, compared like the built-in ones: in any case, also inside quotes. */
  blocked?: readonly string[];
  /** E-mails at reserved domains, whether they stand as an e-mail or as a user id. Default `refuse`. */
  reservedEmail?: 'refuse' | 'allow';
}

const lengthMax = 200;
/** 200 characters of NFC can come from at most four code points each, two UTF-16 units a code point. */
const rawLengthMax = lengthMax * 8;

const blocked: ReadonlySet<string> = new Set(
  (
    'null undefined nan none nil void anonymous anon guest user user_id userid id distinct_id distinctid anonymous_id ' +
    'email true false unknown n/a na - not_authenticated not_logged_in test abc123 {} [] -1'
  ).split(' '),
);
/** What `String()` makes of any object, not only of a plain one. */
const stringifiedObject = /^\[object \w+\]$/;
/** Zeros and hyphens in any number: `0`, `000-000`, the nil UUID. */
const zeros = /^[0-]*$/;
const template = /\{\{.*?\}\}|\$\{.*?\}|%%.*?%%/s;

// Besides the control characters proper: line separators, lone surrogates (they become U+FFFD in UTF-8, so that two ids
// fall together) and the embedding and overriding marks that make one id look like another.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;

/** Quotes of any kind, the backslashes of doubly encoded JSON, and marks that print nothing. */
const wrapping = /^[\s"'`´‘’‚“”„«»‹›\\\p{Cf}]+|[\s"'`´‘’‚“”„«»‹›\\\p{Cf}]+$/gu;
const plain = /^[\w@.+:|-]+$/;

const bare = (value: string): string => (plain.test(value) ? value : value.replace(wrapping, '')).toLowerCase();

const siteLists = new WeakMap<readonly string[], ReadonlySet<string>>();
const siteList = (values: readonly string[]): ReadonlySet<string> => {
  let list = siteLists.get(values);
  if (list === undefined) {
    list = new Set(values.map((value) => bare(value.normalize('NFC').trim())));
    siteLists.set(values, list);
  }
  return list;
};

const refuse = (code: RefusalCode): { ok: false; code: RefusalCode } => ({ ok: false, code });

/** A UUID of a version, as machines mint them: nothing below would refuse or change it but the site's own list. */
const mintedUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-9a-f][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const gateText = (raw: unknown, options: GateOptions): Gated<string> => {
  if (typeof raw === 'string' && raw.length === 36 && mintedUuid.test(raw)) {
    return options.blocked !== undefined && options.blocked.length > 0 && siteList(options.blocked).has(raw)
      ? refuse('refused_blocked')
      : { ok: true, value: raw };
  }
  if (raw === null || raw === undefined) return refuse('absent');
  if (typeof raw === 'number') {
    // Beyond 2^53 JSON.parse has rounded already: two people's ids may have become one.
    if (!Number.isFinite(raw) || (Number.isInteger(raw) && !Number.isSafeInteger(raw))) return refuse('refused_number');
  } else if (typeof raw !== 'string') return refuse('refused_type');

  const given = String(raw).trim();
  if (given.length > rawLengthMax) return refuse('refused_length');
  const value = given.normalize('NFC').trim();
  if (value === '') return refuse('refused_empty');
  if (control.test(value)) return refuse('refused_control');
  if (value.length > lengthMax && [...value].length > lengthMax) return refuse('refused_length');

  const word = bare(value);
  if (word === '') return refuse('refused_empty');
  if (blocked.has(word) || zeros.test(word) || stringifiedObject.test(word)) return refuse('refused_blocked');
  if (template.test(value)) return refuse('refused_template');
  if (options.blocked !== undefined && siteList(options.blocked).has(word)) return refuse('refused_blocked');
  return { ok: true, value };
};

/** `example.com`, `.test` and their like, which nobody can own (RFC 2606, RFC 6761), as far as R2 names them. */
const reserved = (domain: string): boolean =>
  /(?:^|\.)(?:example\.(?:com|org|net)|test|invalid|localhost)\.?$/.test(domain.toLowerCase());

/** The last `@` parts the domain, and an id without one is no e-mail. */
const atReservedDomain = (value: string): boolean => {
  const at = value.lastIndexOf('@');
  return at > 0 && reserved(value.slice(at + 1));
};

const gateId = <Id extends string>(raw: unknown, options: GateOptions): Gated<Id> => {
  const gated = gateText(raw, options);
  if (!gated.ok) return gated;
  if (options.reservedEmail !== 'allow' && atReservedDomain(gated.value)) return refuse('refused_reserved');
  // Here, and in gateAnonymousId and gateExternal below, ids are minted: the one cast the brand allows.
  return { ok: true, value: gated.value as Id };
};

/** A shop's own id of a person. */
export const gateIdentifier = (raw: unknown, options: GateOptions = {}): Gated<UserId> => gateId<UserId>(raw, options);

/** One device's own id: the same rules, for a device id of "null" joins strangers just as well. */
export const gateAnonymousId = (raw: unknown, options: GateOptions = {}): Gated<AnonymousId> =>
  gateId<AnonymousId>(raw, options);

/** Order, cart, checkout and session keys: they find an owner, so one that half the shop shares must not pass. */
export const gateLookupKey = (raw: unknown, options: GateOptions = {}): Gated<string> => gateText(raw, options);

const localPart = /^[\p{L}\p{N}!#$%&'*+/=?^_`|~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`|~-]+)*$/u;
const domainName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: tells an international domain name from a plain one.
const ascii = /^[\u0000-\u007f]*$/;

/** Lower-cased, an international domain in its ASCII form, dots and plus signs left alone. */
export const gateEmail = (raw: unknown, options: GateOptions = {}): GatedContact => {
  if (typeof raw === 'number') return refuse('refused_type');
  const gated = gateText(raw, options);
  if (!gated.ok) return gated;
  const lower = gated.value.toLowerCase().normalize('NFC');
  const at = lower.lastIndexOf('@');
  const local = lower.slice(0, at);
  const written = lower.slice(at + 1);
  if (at < 1 || local.length > 64 || !localPart.test(local)) return refuse('refused_invalid');

  const domain = ascii.test(written) ? written : domainToASCII(written).toLowerCase();
  if (reserved(domain)) {
    if (options.reservedEmail !== 'allow') return refuse('refused_reserved');
    if (domain !== 'localhost' && !domainName.test(domain)) return refuse('refused_invalid');
  } else if (domain.length > 253 || !domainName.test(domain)) return refuse('refused_invalid');

  const value = `${local}@${domain}`;
  if (value.length > lengthMax) return refuse('refused_length');
  if (options.blocked !== undefined && siteList(options.blocked).has(value)) return refuse('refused_blocked');
  return { ok: true, value, raw: gated.value };
};

const e164 = /^\+[1-9]\d{6,14}$/;
/** What people put between digits. `(0)` is not among it: it is dialled at home only, so the number would be another's. */
const separators = /[\s.\-/()\u2010-\u2015\u00ad]/g;
/** `+33000000000`, `+1111111111`: what is typed to get past a required field. */
const placeholder = /^\+(?:\d{1,4}0{6,}|(\d)\1{6,})$/;

/**
 * E.164 or refused; the spaces and marks between digits are spelling. Whether a number is assigned is not asked: it
 * would need the metadata of every country to refuse a few more placeholders.
 */
export const gatePhone = (raw: unknown, options: GateOptions = {}): GatedContact => {
  if (typeof raw === 'number') return refuse('refused_type');
  const gated = gateText(raw, options);
  if (!gated.ok) return gated;
  if (/\(\s*0\s*\)/.test(gated.value)) return refuse('refused_invalid');
  const value = gated.value.replace(/^tel:/i, '').replace(separators, '');
  if (!e164.test(value)) return refuse('refused_invalid');
  if (placeholder.test(value)) return refuse('refused_blocked');
  if (options.blocked !== undefined && siteList(options.blocked).has(value)) return refuse('refused_blocked');
  return { ok: true, value, raw: gated.value };
};

const externalName = /^[a-z0-9][a-z0-9_.-]{0,39}$/;

/** An id in another system (`context.externalIds`): its `type` becomes part of the identifier's type. */
export const gateExternal = (
  type: unknown,
  id: unknown,
  options: GateOptions = {},
): { ok: true; kind: `external:${string}`; value: string; raw: string } | { ok: false; code: RefusalCode } => {
  if (typeof type !== 'string') return refuse(type === null || type === undefined ? 'absent' : 'refused_type');
  const name = type.trim().toLowerCase();
  if (!externalName.test(name)) return refuse('refused_invalid');
  const gated = gateId<string>(id, options);
  return gated.ok ? { ok: true, kind: `external:${name}`, value: gated.value, raw: gated.value } : gated;
};
