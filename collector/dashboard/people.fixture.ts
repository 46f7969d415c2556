// A small shop's people as plain objects behind the reader's port, and a log that does staff acts upon them: what the
// dashboard's tests render. Invented people; tests only.

import type { AuditEntry } from '../contract/audit.js';
import type {
  Cart,
  EventItem,
  LiveEvent,
  Merge,
  Order,
  Overview,
  Page,
  PersonSummary,
  Profile,
  SessionItem,
  SuggestedMatch,
} from '../contract/profile.js';
import type { Command, CommandResult, Log } from '../log/log.js';
import type { Reader } from '../profiles/reader.js';
import type { PageAsked } from '../profiles/reading.js';
import { writeCredential } from '../site/keys.js';

export const nowAt = Date.parse('2026-11-22T10:42:00.000Z');
const minuteMs = 60_000;
/** Minutes before now. */
export const back = (minutes: number): string => new Date(nowAt - minutes * minuteMs).toISOString();

export const adaId = '6b0c8f0e-5a1d-8c3e-9d51-3f6f2b7c9a10';
export const bertaId = '0d4f6a52-9c7e-8b1a-8f20-7be1c5d9e342';
export const visitorId = '91a7c3e5-2b4d-8f60-a1c8-5d7e9f0b2c46';
export const hostileId = 'f00dfeed-0000-8000-8000-00000000beef';
const laptop = 'a-laptop-7f3c51d2';
const phone = 'a-phone-0b9e64aa';
const tablet = 'a-tablet-55d1e0c7';

const line = (
  key: string,
  name: string,
  quantity: number,
  priceMinor: number | null,
  variant: string | null = null,
) => ({
  key,
  productId: key,
  variant,
  name,
  quantity,
  priceMinor,
});

const noCounts: Profile['counts'] = {
  events: 0,
  sessions: 0,
  pageViews: 0,
  productViews: 0,
  cartAdds: 0,
  orders: 0,
  cartsAbandoned: 0,
  cartsRecovered: 0,
  cartsOpen: 0,
};

/** Everything the reader says of one person. */
export interface Person {
  profile: Profile;
  events: EventItem[];
  sessions: SessionItem[];
  carts: Cart[];
  orders: Order[];
  merges: Merge[];
  suggestions: SuggestedMatch[];
}

let minted = 0;
export const event = (given: Partial<EventItem> & Pick<EventItem, 'type' | 'at'>): EventItem => {
  minted += 1;
  return {
    messageId: `0192f7a0-0000-7000-8000-${String(minted).padStart(12, '0')}`,
    event: null,
    receivedAt: given.at,
    anonymousId: laptop,
    userId: null,
    sessionId: null,
    properties: {},
    page: null,
    ownedBecause: 'device',
    groupId: null,
    category: null,
    traits: {},
    preConsent: false,
    releasedAt: null,
    ...given,
  };
};

const session = (given: Partial<SessionItem> & Pick<SessionItem, 'id' | 'startedAt' | 'endedAt'>): SessionItem => ({
  anonymousId: laptop,
  engagedMs: 0,
  engaged: true,
  pageViews: 1,
  entryPath: '/',
  exitPath: '/',
  touches: [],
  attribution: null,
  device: { browser: 'Firefox', os: 'Linux', kind: 'desktop' },
  country: 'DE',
  leftWithCart: null,
  ...given,
});

const newsletter = {
  at: back(2880),
  channel: 'Email',
  source: 'newsletter',
  medium: 'email',
  campaign: 'spring',
  clickId: null,
};
const search = {
  at: back(2875),
  channel: 'Organic Search',
  source: 'duckduckgo',
  medium: 'organic',
  campaign: null,
  clickId: null,
};

const ada = (): Person => {
  const phoneDevice = { browser: 'Mobile Safari', os: 'iOS', kind: 'mobile' };
  const on = (sessionId: string, anonymousId: string) => ({ sessionId, anonymousId });
  return {
    profile: {
      id: adaId,
      identifiers: [
        {
          type: 'user_id',
          value: 'u_1042',
          assurance: 'transactional',
          firstSeenAt: back(3 * 1440),
          lastSeenAt: back(2),
        },
        {
          type: 'email',
          value: 'ada@shop.test',
          assurance: 'transactional',
          firstSeenAt: back(3 * 1440),
          lastSeenAt: back(2880),
        },
        {
          type: 'phone',
          value: '+4915112345678',
          assurance: 'claimed',
          firstSeenAt: back(2880),
          lastSeenAt: back(2880),
        },
        {
          type: 'anonymous_id',
          value: laptop,
          assurance: 'claimed',
          firstSeenAt: back(4 * 1440),
          lastSeenAt: back(2880),
        },
        { type: 'anonymous_id', value: phone, assurance: 'claimed', firstSeenAt: back(30), lastSeenAt: back(1) },
      ],
      traits: {
        name: { value: 'Ada Lovelace', at: back(3 * 1440), source: 'browser', assurance: 'claimed' },
        email: { value: 'ada@shop.test', at: back(2880), source: 'server', assurance: 'transactional' },
        loyalty_tier: { value: 'gold', at: back(2880), source: 'server', assurance: 'transactional' },
        address: {
          value: { city: 'Köln', postalCode: '50667' },
          at: back(2880),
          source: 'server',
          assurance: 'transactional',
        },
        newsletter: { value: true, at: back(20), source: 'browser', assurance: 'claimed' },
      },
      firstSeenAt: back(4 * 1440),
      lastSeenAt: back(1),
      counts: {
        ...noCounts,
        events: 21,
        sessions: 3,
        pageViews: 9,
        productViews: 4,
        cartAdds: 3,
        orders: 2,
        cartsAbandoned: 1,
        cartsRecovered: 1,
        cartsOpen: 1,
      },
      revenue: [{ currency: 'EUR', minor: 17_290 }],
      cart: {
        id: 'cart-open',
        state: 'active',
        lines: [line('OX-204', 'Linen shirt', 2, 3_900, 'Sand')],
        valueMinor: 7_800,
        currency: 'EUR',
        deadlineAt: back(-43),
      },
      lastSession: {
        id: 'visit-phone',
        startedAt: back(14),
        lastActivityAt: back(1),
        engagedMs: 4 * minuteMs,
        source: 'newsletter',
        device: phoneDevice,
      },
      touches: [],
      consent: {
        measurement: { value: 'granted', source: 'banner', at: back(3 * 1440) },
        personalisation: { value: 'granted', source: 'banner', at: back(3 * 1440) },
        marketing: { value: 'denied', source: 'user', at: back(2000) },
      },
      lifecycle: 'repeat_customer',
    },
    events: [
      event({
        type: 'track',
        event: 'Product Added',
        at: back(1),
        ...on('visit-phone', phone),
        ownedBecause: 'session',
        properties: {
          product_id: 'OX-204',
          name: 'Linen shirt',
          variant: 'Sand',
          price: 39,
          quantity: 2,
          currency: 'EUR',
          cart_id: 'c-77',
        },
      }),
      event({ type: 'identify', at: back(2), ...on('visit-phone', phone), userId: 'u_1042', ownedBecause: 'named' }),
      event({
        type: 'track',
        event: 'Product Viewed',
        at: back(6),
        ...on('visit-phone', phone),
        ownedBecause: 'session',
        properties: { product_id: 'OX-204', name: 'Linen shirt', price: 39, currency: 'EUR' },
      }),
      event({
        type: 'track',
        event: 'Products Searched',
        at: back(8),
        ...on('visit-phone', phone),
        ownedBecause: 'before_first_named',
        properties: { query: 'linen' },
      }),
      event({
        type: 'page',
        at: back(14),
        ...on('visit-phone', phone),
        ownedBecause: 'before_first_named',
        page: { path: '/spring?utm_source=newsletter', title: 'Spring: what is new' },
      }),
      event({
        type: 'track',
        event: 'Order Refunded',
        at: back(1200),
        anonymousId: null,
        ownedBecause: 'order',
        properties: { order_id: '10021', total: 19.9, currency: 'EUR' },
      }),
      event({
        type: 'track',
        event: 'Order Completed',
        at: back(2870),
        ...on('visit-laptop-2', laptop),
        ownedBecause: 'session',
        properties: {
          order_id: '10021',
          total: 133.8,
          currency: 'EUR',
          products: [
            { product_id: 'OX-101', name: 'Morning mug', quantity: 4, price: 19.9 },
            { product_id: 'OX-310', name: 'Brass lamp', price: 49.3 },
            { product_id: 'OX-412', name: 'Seed tin', price: 4.9 },
          ],
        },
      }),
      event({
        type: 'track',
        event: 'Payment Info Entered',
        at: back(2872),
        ...on('visit-laptop-2', laptop),
        ownedBecause: 'session',
        properties: { payment_method: 'PayPal' },
      }),
      event({
        type: 'track',
        event: 'Checkout Started',
        at: back(2876),
        ...on('visit-laptop-2', laptop),
        ownedBecause: 'session',
        properties: {
          value: 133.8,
          currency: 'EUR',
          products: [{ name: 'Morning mug', quantity: 4 }, { name: 'Brass lamp' }],
        },
      }),
      event({
        type: 'track',
        event: 'Coupon Applied',
        at: back(2877),
        ...on('visit-laptop-2', laptop),
        ownedBecause: 'session',
        properties: { coupon_id: 'SPRING10' },
      }),
      event({
        type: 'identify',
        at: back(2879),
        ...on('visit-laptop-2', laptop),
        userId: 'u_1042',
        ownedBecause: 'named',
      }),
      event({
        type: 'page',
        at: back(2880),
        ...on('visit-laptop-2', laptop),
        page: { path: '/cart', title: 'Your basket' },
      }),
      event({
        type: 'track',
        event: 'Quiz Finished',
        at: back(5750),
        ...on('visit-laptop-1', laptop),
        ownedBecause: 'before_first_named',
        properties: { score: 7, of: 9, answers: ['a', 'c'] },
      }),
      event({
        type: 'track',
        event: 'Cart Viewed',
        at: back(5755),
        ...on('visit-laptop-1', laptop),
        ownedBecause: 'before_first_named',
        properties: { currency: 'EUR', products: [{ name: 'Morning mug', quantity: 4 }] },
      }),
      event({
        type: 'page',
        at: back(5760),
        ...on('visit-laptop-1', laptop),
        ownedBecause: 'before_first_named',
        page: { path: '/', title: 'Oxlip, for house and garden' },
      }),
      event({
        type: 'track',
        event: 'Page Engaged',
        at: back(5749),
        ...on('visit-laptop-1', laptop),
        properties: { engaged_ms: 42_000 },
      }),
    ],
    sessions: [
      session({
        id: 'visit-phone',
        anonymousId: phone,
        startedAt: back(14),
        endedAt: back(1),
        engagedMs: 4 * minuteMs + 20_000,
        pageViews: 4,
        device: phoneDevice,
        touches: [
          { at: back(14), channel: 'Email', source: 'newsletter', medium: 'email', campaign: 'spring', clickId: null },
        ],
      }),
      session({
        id: 'visit-laptop-2',
        startedAt: back(2880),
        endedAt: back(2870),
        engagedMs: 6 * minuteMs,
        pageViews: 3,
      }),
      session({
        id: 'visit-laptop-1',
        startedAt: back(5760),
        endedAt: back(5749),
        engagedMs: 42_000,
        pageViews: 2,
        touches: [
          {
            at: back(5760),
            channel: 'Organic Search',
            source: 'duckduckgo',
            medium: 'organic',
            campaign: null,
            clickId: null,
          },
        ],
      }),
    ],
    carts: [
      {
        id: 'cart-open',
        state: 'active',
        token: 'c-77',
        episodes: [],
        lines: [line('OX-204', 'Linen shirt', 2, 3_900, 'Sand')],
        valueMinor: 7_800,
        currency: 'EUR',
        createdAt: back(1),
        updatedAt: back(1),
        deadlineAt: back(-43),
      },
      {
        id: 'cart-left',
        state: 'abandoned',
        token: null,
        episodes: [
          { n: 1, stage: 'cart', abandonedAt: back(5690), valueMinor: 7_960, outcome: 'resumed', recoveredBy: null },
          { n: 2, stage: 'checkout', abandonedAt: back(2000), valueMinor: 2_450, outcome: 'open', recoveredBy: null },
        ],
        lines: [line('OX-777', 'Garden twine', 1, null), line('OX-778', 'Dibber', 1, 2_450)],
        valueMinor: null,
        currency: 'EUR',
        createdAt: back(5760),
        updatedAt: back(2060),
        deadlineAt: back(2000),
      },
      {
        id: 'cart-bought',
        state: 'converted',
        token: 'c-60',
        episodes: [
          {
            n: 1,
            stage: 'cart',
            abandonedAt: back(5690),
            valueMinor: 7_960,
            outcome: 'recovered',
            recoveredBy: 'return',
          },
        ],
        lines: [],
        valueMinor: 0,
        currency: 'EUR',
        createdAt: back(5755),
        updatedAt: back(2870),
        deadlineAt: null,
      },
    ],
    orders: [
      {
        orderId: '10021',
        at: back(2870),
        currency: 'EUR',
        revenueMinor: 13_380,
        refundedMinor: 1_990,
        state: 'partially_refunded',
        revenueFrom: 'total',
        lines: [
          line('OX-101', 'Morning mug', 4, 1_990),
          line('OX-310', 'Brass lamp', 1, 4_930),
          line('OX-412', 'Seed tin', 1, 490),
        ],
        sessionId: 'visit-laptop-2',
        elsewhere: false,
        attribution: {
          first: newsletter,
          last: search,
          linear: [
            { ...newsletter, share: 0.5 },
            { ...search, share: 0.5 },
          ],
        },
      },
      {
        orderId: '9987',
        at: back(4 * 1440),
        currency: 'EUR',
        revenueMinor: 5_900,
        refundedMinor: 0,
        state: 'completed',
        revenueFrom: 'revenue',
        lines: [],
        sessionId: null,
        elsewhere: false,
        attribution: null,
      },
    ],
    merges: [
      {
        id: 'm-phone',
        at: back(2),
        cause: '0192f7a0-0000-7000-8000-000000000002',
        reason: 'identify',
        identifiers: [
          { type: 'anonymous_id', value: phone },
          { type: 'user_id', value: 'u_1042' },
        ],
        undoneAt: null,
      },
      {
        id: 'm-mail',
        at: back(2880),
        cause: 'x',
        reason: 'email',
        identifiers: [
          { type: 'user_id', value: 'u_1042' },
          { type: 'email', value: 'ada@shop.test' },
        ],
        undoneAt: null,
      },
      {
        id: 'm-tablet',
        at: back(2900),
        cause: 'y',
        reason: 'identify',
        identifiers: [
          { type: 'anonymous_id', value: tablet },
          { type: 'user_id', value: 'u_1042' },
        ],
        undoneAt: back(1440),
      },
    ],
    suggestions: [
      { profileId: bertaId, type: 'email', value: 'ada@shop.test', here: 'transactional', there: 'claimed' },
      { profileId: visitorId, type: 'email', value: 'ada@shop.test', here: 'transactional', there: 'claimed' },
    ],
  };
};

const berta = (): Person => ({
  profile: {
    ...ada().profile,
    id: bertaId,
    identifiers: [
      { type: 'user_id', value: 'u_2001', assurance: 'claimed', firstSeenAt: back(900), lastSeenAt: back(800) },
      { type: 'anonymous_id', value: tablet, assurance: 'claimed', firstSeenAt: back(900), lastSeenAt: back(800) },
    ],
    traits: { name: { value: 'Berta Nagy', at: back(900), source: 'browser', assurance: 'claimed' } },
    firstSeenAt: back(900),
    lastSeenAt: back(800),
    counts: { ...noCounts, events: 3, sessions: 1, pageViews: 2, cartsAbandoned: 1, cartsOpen: 1 },
    revenue: [],
    cart: {
      id: 'b',
      state: 'abandoned',
      lines: [line('OX-1', 'Bowl', 1, 2_600)],
      valueMinor: 2_600,
      currency: 'EUR',
      deadlineAt: back(700),
    },
    consent: { measurement: { value: 'granted', source: 'banner', at: back(900) } },
    lifecycle: 'lead',
  },
  events: [],
  sessions: [],
  carts: [],
  orders: [],
  merges: [],
  suggestions: [],
});

const visitor = (): Person => ({
  ...berta(),
  profile: {
    ...berta().profile,
    id: visitorId,
    identifiers: [
      {
        type: 'anonymous_id',
        value: 'a-new-31f0c2d8e9',
        assurance: 'claimed',
        firstSeenAt: back(3),
        lastSeenAt: back(3),
      },
    ],
    traits: {},
    firstSeenAt: back(3),
    lastSeenAt: back(3),
    counts: { ...noCounts, events: 1, sessions: 1, pageViews: 1 },
    cart: null,
    lastSession: null,
    consent: {},
    lifecycle: 'visitor',
  },
  events: [
    event({
      type: 'page',
      at: back(3),
      anonymousId: 'a-new-31f0c2d8e9',
      page: { path: '/', title: null },
      ownedBecause: 'own',
    }),
  ],
});

/** Every field that a stranger can fill is filled with `text`. */
export const hostile = (text: string): Person => {
  const base = ada();
  const device = { browser: text, os: text, kind: text };
  return {
    profile: {
      ...base.profile,
      id: hostileId,
      identifiers: [
        { type: 'user_id', value: text, assurance: 'claimed', firstSeenAt: back(9), lastSeenAt: back(9) },
        { type: `external:${text}`, value: text, assurance: 'claimed', firstSeenAt: back(9), lastSeenAt: back(9) },
        { type: 'anonymous_id', value: text, assurance: 'claimed', firstSeenAt: back(9), lastSeenAt: back(9) },
      ],
      spellings: [{ type: 'user_id', value: text, spelling: text }],
      traits: {
        name: { value: text, at: back(9), source: 'browser', assurance: 'claimed' },
        ...Object.fromEntries([
          [text, { value: { [text]: [text] }, at: back(9), source: text, assurance: 'claimed' as const }],
        ]),
      },
      cart: null,
      lastSession: { id: text, startedAt: back(9), lastActivityAt: back(9), engagedMs: 1, source: text, device },
      consent: { measurement: { value: text, source: text, at: back(9) } },
      lifecycle: text,
    },
    events: [
      event({
        type: 'track',
        event: text,
        at: back(9),
        sessionId: 's',
        anonymousId: text,
        userId: text,
        properties: { [text]: text },
        ownedBecause: text,
      }),
      event({
        type: 'page',
        event: text,
        at: back(9),
        sessionId: 's',
        anonymousId: text,
        page: { path: text, title: text },
        category: text,
      }),
      event({ type: 'group', at: back(9), sessionId: 's', groupId: text, traits: { name: text, [text]: text } }),
      event({ type: 'identify', at: back(9), sessionId: 's', userId: text }),
      event({ type: text, event: text, at: back(9), messageId: text }),
      ...['Product Added', 'Products Searched', 'Order Completed', 'Coupon Denied', 'Product Reviewed'].map((name) =>
        event({
          type: 'track',
          event: name,
          at: back(10),
          properties: {
            name: text,
            query: text,
            order_id: text,
            coupon_id: text,
            reason: text,
            rating: text,
            price: text,
            quantity: text,
            currency: text,
            products: [{ name: text, variant: text }],
          },
        }),
      ),
    ],
    sessions: [
      session({
        id: 's',
        anonymousId: text,
        startedAt: back(9),
        endedAt: back(9),
        device,
        country: text,
        touches: [{ at: back(9), channel: text, source: text, medium: text, campaign: text, clickId: text }],
      }),
    ],
    carts: [
      {
        ...base.carts[1]!,
        id: text,
        lines: [{ key: text, productId: text, variant: text, name: text, quantity: 1, priceMinor: 1 }],
        currency: text,
      },
    ],
    orders: [
      {
        ...base.orders[0]!,
        orderId: text,
        currency: text,
        lines: [{ key: text, productId: text, variant: text, name: text, quantity: 1, priceMinor: 1 }],
      },
    ],
    merges: [
      {
        id: text,
        at: back(9),
        cause: text,
        reason: text,
        identifiers: [
          { type: text, value: text },
          { type: 'user_id', value: text },
        ],
        undoneAt: null,
      },
    ],
    suggestions: [{ profileId: adaId, type: text, value: text, here: 'claimed', there: 'claimed' }],
  };
};

const liveEvents = (): LiveEvent[] => {
  const base = { code: null, path: null, pagePath: null, profileId: null, warnings: [] as string[] };
  const rows: Omit<LiveEvent, 'seq' | 'messageId' | 'receivedAt'>[] = [
    {
      ...base,
      verdict: 'accepted',
      type: 'track',
      name: 'Product Added',
      pagePath: '/p/linen-shirt',
      profileId: adaId,
    },
    { ...base, verdict: 'accepted', type: 'identify', name: null, pagePath: '/account', profileId: adaId },
    { ...base, verdict: 'rejected', code: 'bad_timestamp', path: 'timestamp', type: 'track', name: null },
    { ...base, verdict: 'dropped', code: 'no_receipt', type: 'page', name: null },
    {
      ...base,
      verdict: 'accepted',
      type: 'track',
      name: 'Order Completed',
      pagePath: '/thanks',
      profileId: bertaId,
      warnings: ['missing_property', 'currency_missing'],
    },
    { ...base, verdict: 'held', code: 'unknown_receipt', type: 'page', name: null },
    { ...base, verdict: 'duplicate', type: 'track', name: 'Product Viewed', pagePath: '/p/mug' },
    { ...base, verdict: 'accepted', type: 'page', name: 'Home', pagePath: '/', profileId: visitorId },
    {
      ...base,
      verdict: 'rejected',
      code: 'negative_quantity',
      path: 'properties.products.1.quantity',
      type: 'track',
      name: null,
    },
  ];
  return rows.map((row, index) => ({
    ...row,
    seq: 900 - index,
    messageId: `m${index}`,
    receivedAt: back(index * 0.4),
  }));
};

const overviewFull = (): Overview => ({
  people: 1_284,
  known: 391,
  events: 48_211,
  sessions: 3_020,
  orders: 212,
  revenue: [
    { currency: 'EUR', minor: 1_893_420 },
    { currency: 'JPY', minor: 54_000 },
  ],
  cartsOpen: 37,
  cartsAbandoned: 164,
  cartsRecovered: 41,
  cartEpisodes: 203,
  days: Array.from({ length: 14 }, (_, index) => ({
    at: new Date(Math.floor(nowAt / 86_400_000) * 86_400_000 - (13 - index) * 86_400_000).toISOString(),
    visitors: Math.round(150 + 60 * Math.sin(index / 2)),
    sessions: Math.round(190 + 70 * Math.sin(index / 2)),
  })),
  eventsByHour: Array.from({ length: 24 }, (_, index) => ({
    at: new Date(Math.floor(nowAt / 3_600_000) * 3_600_000 - (23 - index) * 3_600_000).toISOString(),
    accepted: Math.round(240 + 220 * Math.sin((index - 3) / 3.6)),
    refused: index % 5 === 0 ? 0 : Math.round(14 + 11 * Math.cos(index)),
  })),
  discarded: [{ reason: 'full', count: 12 }],
  refusals: [
    { verdict: 'dropped', code: 'no_receipt', count: 214 },
    { verdict: 'dropped', code: 'gpc', count: 61 },
    { verdict: 'rejected', code: 'bad_timestamp', count: 8 },
    { verdict: 'held', code: 'unknown_receipt', count: 3 },
    { verdict: 'rejected', code: 'code_of_tomorrow', count: 1 },
  ],
  warnings: [
    { code: 'bot', count: 92 },
    { code: 'currency_missing', count: 12 },
    { code: 'identifier_refused', count: 4 },
    { code: 'warning_of_tomorrow', count: 1 },
  ],
});

export const overviewEmpty = (): Overview => ({
  ...overviewFull(),
  people: 0,
  known: 0,
  events: 0,
  sessions: 0,
  orders: 0,
  revenue: [],
  cartsOpen: 0,
  cartsAbandoned: 0,
  cartsRecovered: 0,
  cartEpisodes: 0,
  days: overviewFull().days.map(({ at }) => ({ at, visitors: 0, sessions: 0 })),
  eventsByHour: overviewFull().eventsByHour.map(({ at }) => ({ at, accepted: 0, refused: 0 })),
  discarded: [],
  refusals: [],
  warnings: [],
});

export interface Shop {
  people: Map<string, Person>;
  live: LiveEvent[];
  overview: Overview;
  commands: Command[];
  /** What was noted of reads. */
  audited: AuditEntry[];
  /** Instead of what the log would answer. */
  answers: Partial<Record<Command['kind'], CommandResult>>;
  reader: Reader;
  log: Log;
}

const slice = <Item>(items: readonly Item[], { limit, cursor }: PageAsked): Page<Item> => {
  const from = Number(cursor ?? 0);
  const end = from + limit;
  return { items: items.slice(from, end), next: end < items.length ? String(end) : null };
};

const summary = ({ profile }: Person): PersonSummary => ({
  id: profile.id,
  name: typeof profile.traits.name?.value === 'string' ? profile.traits.name.value : null,
  identifiers: profile.identifiers.slice(0, 4).map(({ type, value }) => ({ type, value })),
  lastSeenAt: profile.lastSeenAt,
  orders: profile.counts.orders,
  revenue: profile.revenue,
  cartState: profile.cart?.state ?? null,
  cartValueMinor: profile.cart?.valueMinor ?? null,
  currency: profile.cart?.currency ?? null,
});

export const openShop = ({ empty = false }: { empty?: boolean } = {}): Shop => {
  const people = new Map<string, Person>();
  if (!empty) for (const person of [ada(), berta(), visitor()]) people.set(person.profile.id, person);
  const commands: Command[] = [];
  const audited: AuditEntry[] = [];
  const shop: Shop = {
    people,
    live: empty ? [] : liveEvents(),
    overview: empty ? overviewEmpty() : overviewFull(),
    commands,
    audited,
    answers: {},
    reader: {
      profilesBy: async () => [],
      requests: async () => ({ items: [], next: null }),
      recipients: async () => [],
      openNotices: async () => [],
      consentsOf: async () => [],
      receivedBy: async () => [],
      terms: async () => ({}),
      meant: async () => ({ profileId: null, identities: [], devices: [], owners: [], alone: false }),
      disclosed: async () => ({ items: [], next: null }),
      policies: async () => [],
      policyDocument: async () => null,
      policySource: async () => null,
      consentText: async () => null,
      consentHolders: async () => ({ total: 0, groups: [] }),
      profile: async (id) => people.get(id)?.profile ?? null,
      events: async (id, asked) => (people.has(id) ? slice(people.get(id)!.events, asked) : null),
      sessions: async (id, asked) => (people.has(id) ? slice(people.get(id)!.sessions, asked) : null),
      carts: async (id, asked) => (people.has(id) ? slice(people.get(id)!.carts, asked) : null),
      orders: async (id, asked) => (people.has(id) ? slice(people.get(id)!.orders, asked) : null),
      merges: async (id, asked) => (people.has(id) ? slice(people.get(id)!.merges, asked) : null),
      people: async (text, asked) =>
        slice(
          [...people.values()]
            .filter(
              ({ profile, orders }) =>
                profile.id === text ||
                profile.identifiers.some(({ value }) => value.startsWith(text)) ||
                orders.some(({ orderId }) => orderId === text),
            )
            .map(summary),
          asked,
        ),
      suggestions: async (id) => people.get(id)?.suggestions ?? [],
      live: async (after, limit) => shop.live.filter(({ seq }) => seq > after).slice(0, limit),
      retentionRuns: async () => [],
      retentionClasses: async () => [],
      retentionPreview: async () => [],
      ledgerCheck: async () => {
        throw new Error('not asked in these tests');
      },
      ledgerHealth: async () => ({
        ok: true,
        rows: 0,
        head: { seq: 0, hash: '00'.repeat(32) },
        from: 1,
        through: 0,
        complete: true,
        next: null,
        signedAt: null,
        signedSeq: null,
        signatures: 0,
        keys: [],
        checkedAt: null,
        fullAt: null,
      }),
      ledgerExport: async () => ({ lines: [], next: null }),
      receipt: async () => {
        throw new Error('not asked in these tests');
      },
      consentRates: async () => {
        throw new Error('not asked in these tests');
      },
      cookielessCounts: async (asked) => ({ ...asked, k: 10, items: [], suppressed: 0, truncated: false, uniques: [] }),
      anonymousCounts: async () => ({ k: 10, events: [], orders: [], suppressed: 0 }),
      overview: async () => shop.overview,
      auditLog: async () => ({ items: [], next: null, who: [] }),
    },
    log: {
      append: () => Promise.reject(new Error('nothing is sent here')),
      command: async (command) => {
        if (command.kind === 'audit') {
          audited.push(...command.entries);
          return { status: 200, body: {} };
        }
        commands.push(command);
        const given = shop.answers[command.kind];
        if (given !== undefined) return given;
        switch (command.kind) {
          case 'keys':
            return {
              status: 200,
              body: {
                credentials: [
                  writeCredential('wk_shown_to_all', { label: 'seeded', seeded: true, at: nowAt }, { mode: 'ledger' }),
                ],
              },
            };
          case 'undo': {
            for (const { merges } of people.values())
              for (const merge of merges)
                if (merge.id === command.mergeId) merge.undoneAt ??= new Date(command.at).toISOString();
            return { status: 200, body: {} };
          }
          case 'erase':
            if (command.subject.profileId !== undefined) people.delete(command.subject.profileId);
            return { status: 202, body: { id: 'er_1', state: 'accepted' } };
          case 'erasure':
            return {
              status: 200,
              body: {
                id: command.id,
                state: 'done',
                requestedAt: nowAt,
                doneAt: nowAt,
                counts: { events: 21, sessions: 3, traits: 5 },
              },
            };
          default:
            return { status: 200, body: {} };
        }
      },
      waiting: () => 0,
      close: async () => {},
    },
  };
  return shop;
};
