// How an accepted event lies in the log: what it does not say is not written. Lossless; a third of the bytes of the plain
// object, which is most of what an event costs to write.

import type { AnonymousId, MessageId, Receipt, UserId } from '../contract/ids.js';
import { type Purpose, purposes } from '../contract/purposes.js';
import type { AcceptedEvent, EventType, KeptDays } from './event.js';

const types: readonly EventType[] = ['track', 'page', 'identify', 'screen', 'alias', 'group'];
const assurances: readonly AcceptedEvent['assurance'][] = ['claimed', 'transactional', 'verified'];

/** Short names on disk; what is absent has the default beside it in `unpackBody`. */
interface Body {
  y: number;
  n?: string;
  r: number;
  a?: string;
  u?: string;
  cu?: string;
  h?: string;
  /** Bits: server, active, secret, setOnce, and that the session's name is the last of the look-up keys. */
  f: number;
  as?: number;
  /** Bits in the order of `purposes`. */
  p: number;
  rc?: string;
  /** Days of an external key, and of its orders; absent with a secret key = nothing of its own. */
  x?: [number | null, number | null];
  ra?: number;
  b?: string;
  c?: AcceptedEvent['contacts'];
  k?: AcceptedEvent['keys'];
  pv?: string;
  g?: string;
  gt?: Record<string, unknown>;
  ca?: string;
  t?: AcceptedEvent['traits'];
  pr?: AcceptedEvent['properties'];
  pg?: (string | null)[];
  /** Bits in the order of `pg`: a property of that name holds 0 where the page says the same. */
  q?: number;
  to?: AcceptedEvent['touch'];
  d?: [string | null, string | null, string];
  co?: string;
  lo?: string;
  li?: string;
}

const hasAny = (bag: object): boolean => {
  for (const _ in bag) return true;
  return false;
};

/** In the order of `pg`. */
const pageFields = ['path', 'title', 'url', 'search', 'referrer'] as const;

/** A page view says its page twice, in its properties and in its context: once is enough to write. */
const withoutPage = (
  properties: AcceptedEvent['properties'],
  page: AcceptedEvent['page'],
): { properties: AcceptedEvent['properties']; said: number } => {
  let said = 0;
  let left: Record<string, unknown> | undefined;
  if (page) {
    for (let bit = 0; bit < pageFields.length; bit += 1) {
      const field = pageFields[bit]!;
      if (typeof properties[field] !== 'string' || properties[field] !== page[field]) continue;
      left ??= { ...properties };
      // Its place is kept: the order of properties is part of what was said.
      left[field] = 0;
      said |= 1 << bit;
    }
  }
  return { properties: left ?? properties, said };
};

export const packBody = (event: AcceptedEvent): string => {
  const lastKey = event.keys.at(-1);
  const isHintKey = lastKey?.kind === 'session' && lastKey.value === event.sessionHint;
  const keyCount = event.keys.length - (isHintKey ? 1 : 0);
  let mask = 0;
  for (let bit = 0; bit < purposes.length; bit += 1) if (event.purposes.includes(purposes[bit]!)) mask |= 1 << bit;
  const body: Body = {
    y: types.indexOf(event.type),
    r: event.receivedAt,
    f:
      (event.channel === 'server' ? 1 : 0) |
      (event.active ? 2 : 0) |
      (event.trust === 'secret' ? 4 : 0) |
      (event.setOnce ? 8 : 0) |
      (isHintKey ? 16 : 0),
    p: mask,
  };
  if (event.name !== null) body.n = event.name;
  if (event.anonymousId !== null) body.a = event.anonymousId;
  if (event.userId !== null) body.u = event.userId;
  if (event.claimedUserId !== null) body.cu = event.claimedUserId;
  if (event.sessionHint !== null) body.h = event.sessionHint;
  if (event.assurance !== 'claimed') body.as = assurances.indexOf(event.assurance);
  if (event.receipt !== null) body.rc = event.receipt;
  if (event.kept && (event.trust === 'public' || event.kept.days !== null || event.kept.orderDays !== null))
    body.x = [event.kept.days, event.kept.orderDays];
  if (event.releasedAt) body.ra = event.releasedAt;
  if (event.bot !== null) body.b = event.bot;
  if (event.contacts.length > 0) body.c = event.contacts;
  if (keyCount > 0) body.k = isHintKey ? event.keys.slice(0, -1) : event.keys;
  if (event.previousId !== null) body.pv = event.previousId;
  if (event.groupId !== null) body.g = event.groupId;
  if (event.groupTraits) body.gt = event.groupTraits;
  if (event.category) body.ca = event.category;
  if (hasAny(event.traits)) body.t = event.traits;
  if (hasAny(event.properties)) {
    const { properties, said } = withoutPage(event.properties, event.page);
    body.pr = properties;
    if (said) body.q = said;
  }
  if (event.page) body.pg = [event.page.path, event.page.title, event.page.url, event.page.search, event.page.referrer];
  if (event.touch) body.to = event.touch;
  if (event.device) body.d = [event.device.browser, event.device.os, event.device.kind];
  if (event.country !== null) body.co = event.country;
  if (event.locale !== null) body.lo = event.locale;
  if (event.library !== null) body.li = event.library;
  return JSON.stringify(body);
};

const purposeLists: readonly (readonly Purpose[])[] = Array.from({ length: 1 << purposes.length }, (_, mask) =>
  Object.freeze(purposes.filter((_purpose, bit) => mask & (1 << bit))),
);
const asThePolicySays: KeptDays = Object.freeze({ days: null, orderDays: null });
const none: readonly never[] = Object.freeze([]);

export const unpackBody = (text: string, messageId: MessageId, at: number): AcceptedEvent => {
  const body = JSON.parse(text) as Body;
  const [path = null, title = null, url = null, search = null, referrer = null] = body.pg ?? [];
  const properties = (body.pr ?? {}) as Record<string, unknown>;
  if (body.q)
    for (let bit = 0; bit < pageFields.length; bit += 1)
      if (body.q & (1 << bit)) properties[pageFields[bit]!] = body.pg![bit];
  const keys = body.k ?? none;
  return {
    messageId,
    type: types[body.y]!,
    name: body.n ?? null,
    at,
    receivedAt: body.r,
    anonymousId: (body.a ?? null) as AnonymousId | null,
    userId: (body.u ?? null) as UserId | null,
    claimedUserId: body.cu ?? null,
    sessionHint: body.h ?? null,
    channel: body.f & 1 ? 'server' : 'browser',
    active: (body.f & 2) !== 0,
    trust: body.f & 4 ? 'secret' : 'public',
    assurance: assurances[body.as ?? 0]!,
    purposes: purposeLists[body.p]!,
    receipt: (body.rc ?? null) as Receipt | null,
    kept: body.x ? { days: body.x[0], orderDays: body.x[1] } : body.f & 4 ? asThePolicySays : null,
    releasedAt: body.ra ?? null,
    bot: body.b ?? null,
    contacts: body.c ?? none,
    keys: body.f & 16 ? [...keys, { kind: 'session', value: body.h! }] : keys,
    previousId: body.pv ?? null,
    groupId: body.g ?? null,
    groupTraits: body.gt ?? null,
    category: body.ca ?? null,
    traits: body.t ?? {},
    setOnce: (body.f & 8) !== 0,
    properties,
    page: body.pg ? { path, title, url, search, referrer } : null,
    touch: body.to ?? null,
    device: body.d ? { browser: body.d[0], os: body.d[1], kind: body.d[2] as never } : null,
    country: body.co ?? null,
    locale: body.lo ?? null,
    library: body.li ?? null,
  };
};
