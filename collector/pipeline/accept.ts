// Station: enrich. Turns a call of the wire into an accepted event, or says why not. Everything that acceptance decides
// once is decided here: the instant, which identifiers count, what the event may be used for, what is redacted. Pure but
// for the consent judge handed in; must never keep or log what it refuses.

import type { Candidate, Judgement, Pass } from '../consent/gate.js';
import { notedCodes, type WarningCode } from '../contract/codes.js';
import { canonicalTrack, checkEcommerce, knownName, negativeQuantity } from '../contract/ecommerce.js';
import { type CallType, isCallType } from '../contract/event.js';
import type { AnonymousId, MessageId, UserId } from '../contract/ids.js';
import { parseInstant } from '../contract/instant.js';
import { limits } from '../contract/limits.js';
import type { Assurance } from '../contract/purposes.js';
import { readBot } from '../enrich/bot.js';
import { readTouch } from '../enrich/channel.js';
import { readDevice } from '../enrich/device.js';
import { redactPage, redactProperties, redactText } from '../enrich/redact/redact.js';
import { defaultQueryAllow } from '../enrich/redact/text.js';
import type { AcceptedEvent, Contact, LookupKey, LookupKind } from '../events/event.js';
import {
  gateAnonymousId,
  gateEmail,
  gateExternal,
  gateIdentifier,
  gateLookupKey,
  gatePhone,
} from '../identity/identifier.js';
import { isProved } from '../identity/proof.js';
import type { RedactedIn, Submission } from '../log/log.js';
import { spellingsOf, withoutMentions } from './spellings.js';

/** What of a site decides about acceptance. */
export interface SiteRules {
  reservedEmail: 'refuse' | 'allow';
  /** Turns proof on (R8). */
  identitySecret: string | null;
  /** R2: the site's own list of values that name nobody. */
  blocked: readonly string[];
  /** R8: traits only the shop's server may set. */
  serverTraits: readonly string[];
  /** Query parameters that stay in addresses. */
  queryAllowed: readonly string[];
  /** Keys whose values never stay. */
  keysRefused: readonly string[];
}

export const defaultSiteRules: SiteRules = {
  reservedEmail: 'refuse',
  identitySecret: null,
  blocked: [],
  serverTraits: ['loyalty_tier', 'clv', 'is_employee', 'consent'],
  queryAllowed: defaultQueryAllow,
  keysRefused: [],
};

/** The same site under a policy: what its consent file says of redaction goes before, or beside, what is built in. */
export const rulesUnder = (site: SiteRules, document: Readonly<Record<string, unknown>>): SiteRules => {
  const { query, keys = [] } = (document.redact ?? {}) as { query?: { allow?: string[] }; keys?: string[] };
  return {
    ...site,
    queryAllowed: query?.allow ?? site.queryAllowed,
    keysRefused: keys.length > 0 ? [...site.keysRefused, ...keys] : site.keysRefused,
  };
};

/** What the door of consent says of a candidate; handed in, because it looks things up. */
export type Judge = (candidate: Candidate) => Judgement;

export type Outcome =
  | {
      kind: 'accepted';
      event: AcceptedEvent;
      warnings: string[];
      candidate: Candidate;
      pass: Pass;
      redactions: Readonly<Record<RedactedIn, number>>;
    }
  | { kind: 'held' | 'dropped'; code: string }
  | { kind: 'rejected'; code: string; path: string; message: string };

type Bag = Readonly<Record<string, unknown>>;
const bag = (value: unknown): Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {};
const text = (value: unknown, maxChars = 1_000): string | null =>
  typeof value === 'string' && value !== '' ? value.slice(0, maxChars) : null;

/** Semantics, section 0. */
export const instantOf = (
  timestamp: number | null,
  sentAt: number | null,
  receivedAt: number,
  trust: 'public' | 'secret',
): number => {
  if (timestamp === null) return receivedAt;
  const skewed = trust === 'public' && sentAt !== null && Math.abs(receivedAt - sentAt) > limits.clockSkewMaxMs;
  const at = skewed ? receivedAt - (sentAt - timestamp) : timestamp;
  return at > receivedAt + limits.futureMaxMs ? receivedAt : at;
};

/** S3. */
const isServer = (call: Bag, context: Bag, type: CallType, trust: 'public' | 'secret'): boolean => {
  if (call.channel === 'server') return true;
  if (typeof call.channel === 'string') return false;
  return trust === 'secret' && type !== 'page' && type !== 'screen' && !context.page && !context.userAgent;
};

const keyNames: readonly { kind: LookupKind; name: string }[] = [
  { kind: 'order', name: 'order_id' },
  { kind: 'cart', name: 'cart_id' },
  { kind: 'cart', name: 'cart_token' },
  { kind: 'checkout', name: 'checkout_id' },
  { kind: 'checkout', name: 'checkout_token' },
];

const addKey = (keys: LookupKey[], kind: LookupKind, given: unknown, site: SiteRules): void => {
  const gated = gateLookupKey(given, site);
  if (gated.ok && !keys.some((key) => key.kind === kind && key.value === gated.value))
    keys.push({ kind, value: gated.value });
};

const readKeys = (properties: Bag, context: Bag, sessionHint: string | null, site: SiteRules): LookupKey[] => {
  const keys: LookupKey[] = [];
  for (const { kind, name } of keyNames) {
    if (properties[name] !== undefined) addKey(keys, kind, properties[name], site);
    if (context[name] !== undefined) addKey(keys, kind, context[name], site);
  }
  if (sessionHint) keys.push({ kind: 'session', value: sessionHint });
  return keys;
};

/** What an external key keeps that has no days of its own. */
const asThePolicySays = Object.freeze({ days: null, orderDays: null });
const orderEvents = /^Order /;

/** The batch's own under the event's. Most batches have none, and then the event's need not be copied. */
const contextOf = (ofBatch: Bag, ofEvent: unknown): Bag => {
  if (!ofEvent) return ofBatch;
  for (const _ in ofBatch) return { ...ofBatch, ...bag(ofEvent) };
  return bag(ofEvent);
};

const pageFields = ['url', 'path', 'search', 'referrer', 'title'] as const;
/** Of a page view, its properties go before its context. */
const pageOf = (isPage: boolean, properties: Bag, page: Bag, url: string | null, referrer: string | null) => {
  const said = (field: string): unknown => (isPage && field in properties ? properties[field] : page[field]);
  return { path: said('path'), title: said('title'), search: said('search'), url, referrer };
};
/** How the server libraries of Segment's vocabulary name themselves. */
const serverLibrary = /^(analytics|rudder|segment)[\w.-]*\//i;
/** A track that no person's act sends. */
const passive = /^(Message |Consent Updated$)/;

export const accept = (
  raw: Bag,
  envelope: { context: Bag; sentAt: number | null; mint: () => string },
  submission: Pick<Submission, 'type' | 'receivedAt' | 'key' | 'userAgent' | 'country' | 'origin'>,
  site: SiteRules,
  judge: Judge,
): Outcome => {
  const { key, receivedAt } = submission;
  const type = submission.type ?? raw.type;
  if (!isCallType(type)) return rejected('unknown_type', 'type', 'track, page, screen, identify, alias or group');
  const context = contextOf(envelope.context, raw.context);
  const warnings: string[] = [];
  const messageId = (text(raw.messageId, limits.messageIdMaxChars) ?? envelope.mint()) as MessageId;

  // Identifiers (R2): a refused one is dropped, the event stays on its others.
  let anonymousId: AnonymousId | null = null;
  let userId: UserId | null = null;
  if (raw.anonymousId !== undefined && raw.anonymousId !== null) {
    const gated = gateAnonymousId(raw.anonymousId, site);
    if (gated.ok) anonymousId = gated.value;
    else warnings.push('identifier_refused' satisfies WarningCode);
  }
  if (raw.userId !== undefined && raw.userId !== null) {
    const gated = gateIdentifier(raw.userId, site);
    if (gated.ok) userId = gated.value;
    else warnings.push('identifier_refused' satisfies WarningCode);
  }
  // R3: a userId equal to the device's own anonymous id names nobody.
  if (userId !== null && (userId as string) === (anonymousId as string | null)) userId = null;
  const previous = type === 'alias' ? gateIdentifier(raw.previousId, site) : null;
  const previousId = previous?.ok ? (previous.value as string) : null;
  const isRefused = previous !== null && !previous.ok && previous.code !== 'absent';
  if (isRefused && key.trust === 'secret') warnings.push('identifier_refused' satisfies WarningCode);
  if (type === 'alias' && key.trust === 'public' && (previousId === null || previousId !== anonymousId)) {
    return rejected(
      'alias_forbidden',
      'previousId',
      'with a public key only the event’s own anonymousId may be aliased (R11)',
    );
  }

  const track = type === 'track' ? canonicalTrack(text(raw.event) ?? '', bag(raw.properties)) : null;
  const name = track ? track.name : text(raw.name);
  const rawProperties = track ? track.properties : bag(raw.properties);
  if (track) {
    const negative = negativeQuantity(track.name, rawProperties);
    if (negative !== null)
      return rejected('negative_quantity', negative, 'a quantity of zero or more; returns are Order Refunded');
  }

  // Of the request, which tells when it was sent last; some clients only date each event.
  const sentAt = envelope.sentAt ?? parseInstant(raw.sentAt);
  const at = instantOf(
    parseInstant(raw.timestamp) ?? parseInstant(raw.originalTimestamp),
    sentAt,
    receivedAt,
    key.trust,
  );
  const consent = bag(context.consent);
  // Its place is on the event; beside the receipt, where an event speaks of consent, it says the same (docs/decisions/0770).
  const wasHeld = raw.preConsent === true || consent.preConsent === true;
  const contactsRead = readContacts(type, name, raw, context, rawProperties, site, warnings);

  const candidate: Candidate = {
    type,
    name,
    at,
    receivedAt,
    anonymousId,
    userId,
    previousId,
    contacts: contactsRead,
    receipt: consent.receipt,
    preConsent: wasHeld,
    preferences: consent.categoryPreferences ? bag(consent.categoryPreferences) : null,
  };
  const pass = judge(candidate);
  if (pass.kind !== 'pass') return { kind: pass.kind, code: pass.code };
  const { purposes, strip } = pass;
  const personal = purposes.includes('personalisation');
  const marketing = !strip.clickIds;
  // A privacy refusal, should nothing be left that can own it: the sender did name somebody.
  const unnamed = (strip.anonymousId && anonymousId !== null) || (strip.userId && userId !== null);
  if (strip.anonymousId) anonymousId = null;
  if (strip.userId) userId = null;

  // R8: what the sender's word is worth.
  let assurance: Assurance = key.trust === 'secret' ? 'transactional' : 'claimed';
  let claimedUserId: string | null = null;
  if (userId !== null && site.identitySecret !== null && key.trust === 'public') {
    if (isProved(site.identitySecret, userId, context.identityProof, receivedAt)) assurance = 'verified';
    else {
      claimedUserId = userId;
      userId = null;
      warnings.push('unproved_identity' satisfies WarningCode);
    }
  }

  const sessionHint = text(context.sessionId, 100);
  const erased = strip.contacts === 'all' ? [] : strip.contacts.map((at) => contactsRead[at]!);
  const contacts = strip.contacts === 'all' ? [] : contactsRead.filter((contact) => !erased.includes(contact));
  const keys = readKeys(rawProperties, context, sessionHint, site);
  const ownable =
    anonymousId !== null ||
    userId !== null ||
    (!personal && key.trust === 'public' && sessionHint !== null) ||
    (key.trust === 'secret' && (keys.length > 0 || contacts.length > 0));
  if (!ownable) {
    if (unnamed) return { kind: 'dropped', code: 'purpose' };
    return rejected(
      'no_identity',
      '',
      'an anonymousId or a userId; with the secret key also order_id, cart_token or an e-mail',
    );
  }

  const server = isServer(raw, context, type, key.trust);
  // The request's header speaks for a page, not for the library of a server that forwards what it saw.
  const header =
    key.trust === 'public' && !server && !serverLibrary.test(submission.userAgent ?? '') ? submission.userAgent : null;
  const userAgent = text(context.userAgent) ?? header;
  const bot = readBot(userAgent);
  if (bot !== null) warnings.push('bot' satisfies WarningCode);
  const contextPage = bag(context.page);
  const isPage = type === 'page' || type === 'screen';
  const url = text(isPage ? (rawProperties.url ?? contextPage.url) : contextPage.url, 4_000);
  const referrer = text(isPage ? (rawProperties.referrer ?? contextPage.referrer) : contextPage.referrer, 4_000);
  const redactedPage = redactPage(pageOf(isPage, rawProperties, contextPage, url, referrer), {
    allow: site.queryAllowed,
  });
  const page = redactedPage.value;
  const touch =
    (isPage || context.campaign) && !server
      ? readTouch({
          pageUrl: url,
          referrer: isPage ? referrer : null,
          campaign: context.campaign ? bag(context.campaign) : null,
          siteHosts: hostsOf(url, submission.origin),
          marketing,
        })
      : null;

  const redaction = redactProperties(rawProperties, { allow: site.queryAllowed, keys: site.keysRefused });
  let properties = bag(redaction.value);
  if (isPage && page) {
    properties = { ...properties };
    for (const field of pageFields) {
      if (field in properties) (properties as Record<string, unknown>)[field] = page[field];
    }
  }
  if (Array.isArray(context.warnings)) {
    const said: readonly unknown[] = context.warnings;
    for (const code of notedCodes) if (said.includes(code)) warnings.push(code);
  }
  if (track) for (const warning of checkEcommerce(track.name, rawProperties)) warnings.push(warning.code);

  const redactedTraits = strip.traits
    ? null
    : redactProperties(readTraits(type, raw, context, site, key.trust, warnings), {
        sort: 'traits',
        keys: site.keysRefused,
      });
  const traits = bag(redactedTraits?.value);
  // A name of the contract is nobody's; any other is text like any.
  const storedName = name === null || knownName(name) !== null ? name : redactText(name);
  const category = isPage ? text(raw.category, 200) : null;
  const storedCategory = category === null ? null : redactText(category);
  const redactedGroup =
    type === 'group' && raw.traits && !strip.traits
      ? redactProperties(bounded(bag(raw.traits)), { sort: 'traits', keys: site.keysRefused })
      : null;
  // A bot is not asked for here: where bots are kept apart none of their events is folded, and where a site keeps them,
  // as the demo does, their visits are visits.
  const active = !server && context.active !== false && !(type === 'track' && name !== null && passive.test(name));
  const event: AcceptedEvent = {
    messageId,
    type,
    name: storedName,
    at,
    receivedAt,
    anonymousId,
    userId,
    claimedUserId,
    sessionHint,
    channel: server ? 'server' : 'browser',
    active,
    trust: key.trust,
    assurance,
    purposes,
    receipt: pass.receipt,
    kept: key.trust === 'secret' || key.mode === 'external' ? (key.retention ?? asThePolicySays) : null,
    bot,
    contacts,
    keys,
    previousId: personal ? previousId : null,
    groupId: type === 'group' ? text(String(raw.groupId ?? ''), 200) : null,
    traits,
    setOnce: context.setOnce === true,
    properties,
    page,
    touch,
    device: server ? null : readDevice(userAgent),
    country: submission.country,
    locale: text(context.locale, 35),
    library: text(bag(context.library).name, 100),
  };
  // Rare, and so not named above: where they are absent nothing is written.
  if (redactedGroup) event.groupTraits = bag(redactedGroup.value);
  if (storedCategory !== null) event.category = storedCategory;
  if (wasHeld) event.releasedAt = instantOf(parseInstant(raw.releasedAt), sentAt, receivedAt, key.trust);
  const redactions = {
    name: (storedName === name ? 0 : 1) + (storedCategory === category ? 0 : 1),
    address: redactedPage.redactions,
    properties: redaction.redactions,
    traits: (redactedTraits?.redactions ?? 0) + (redactedGroup?.redactions ?? 0),
  };
  return { kind: 'accepted', event: withoutErased(event, erased), warnings, candidate, pass, redactions };
};

/** An address that a tombstone keeps out stands in the traits beside it as well. */
const withoutErased = (event: AcceptedEvent, contacts: readonly Contact[]): AcceptedEvent => {
  if (contacts.length === 0) return event;
  const closure = { userIds: [], aliases: [], visitorIds: [], contacts };
  return withoutMentions(event, closure, spellingsOf(closure)) ?? event;
};

const rejected = (code: string, path: string, message: string): Outcome => ({ kind: 'rejected', code, path, message });

const hostsOf = (...addresses: (string | null)[]): string[] => {
  const hosts: string[] = [];
  for (const address of addresses) {
    const start = address?.indexOf('://') ?? -1;
    if (!address || start < 0) continue;
    const host = address.slice(start + 3).split(/[/?#:]/, 1)[0];
    if (host && !hosts.includes(host)) hosts.push(host);
  }
  return hosts;
};

/** R7: identify `traits`, `context.traits`, an order's `properties`. */
const readContacts = (
  type: CallType,
  name: string | null,
  raw: Bag,
  context: Bag,
  properties: Bag,
  site: SiteRules,
  warnings: string[],
): Contact[] => {
  const contacts: Contact[] = [];
  const isOrder = type === 'track' && name !== null && orderEvents.test(name);
  const sources = [
    type === 'identify' ? bag(raw.traits) : null,
    context.traits ? bag(context.traits) : null,
    isOrder ? properties : null,
  ];
  const add = (contact: Contact): void => {
    if (contacts.length < 10 && !contacts.some((known) => known.kind === contact.kind && known.value === contact.value))
      contacts.push(contact);
  };
  for (const source of sources) {
    if (!source) continue;
    if (source.email !== undefined && source.email !== null && source.email !== '') {
      const gated = gateEmail(source.email, site);
      if (gated.ok) add({ kind: 'email', value: gated.value, raw: gated.raw });
      else warnings.push('contact_refused' satisfies WarningCode);
    }
    if (source.phone !== undefined && source.phone !== null && source.phone !== '') {
      const gated = gatePhone(source.phone, site);
      if (gated.ok) add({ kind: 'phone', value: gated.value, raw: gated.raw });
      else warnings.push('contact_refused' satisfies WarningCode);
    }
  }
  if (Array.isArray(context.externalIds)) {
    for (const item of context.externalIds.slice(0, 10)) {
      const { type: kind, id } = bag(item);
      const gated = gateExternal(kind, id, site);
      if (gated.ok) add({ kind: gated.kind, value: gated.value, raw: gated.raw });
    }
  }
  return contacts;
};

const readTraits = (
  type: CallType,
  raw: Bag,
  context: Bag,
  site: SiteRules,
  trust: 'public' | 'secret',
  warnings: string[],
): Record<string, unknown> => {
  const own = type === 'identify' ? bag(raw.traits) : {};
  const all = context.traits ? { ...bag(context.traits), ...own } : own;
  return bounded(all, (name) => {
    if (trust !== 'public' || !site.serverTraits.includes(name)) return false;
    warnings.push('trait_protected' satisfies WarningCode);
    return true;
  });
};

/** As many traits as are kept, without those refused by name. */
const bounded = (all: Bag, isRefused: (name: string) => boolean = () => false): Record<string, unknown> => {
  const traits: Record<string, unknown> = {};
  for (const name of Object.keys(all).slice(0, 200)) {
    if (name === '__proto__' || name.length > 100 || isRefused(name)) continue;
    traits[name] = all[name];
  }
  return traits;
};
