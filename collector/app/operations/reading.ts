// Reading people.

import { limits } from '../../contract/limits.js';
import { purposes } from '../../contract/purposes.js';
import { identifierNames, type ListName, lists } from '../../contract/reading.js';
import type { SchemaName } from '../schemas.js';
import { anonymousId, at, messageId, type Operation, readingErrors } from './operation.js';

const line = {
  key: 'OX-101:moss',
  productId: 'OX-101',
  variant: 'moss',
  name: 'Morning mug',
  quantity: 2,
  priceMinor: 1900,
};
const device = { browser: 'Firefox', os: 'Linux', kind: 'desktop' };
const touch = { at, channel: 'Email', source: 'letter', medium: 'email', campaign: 'spring', clickId: null };
const profileExample = {
  id: '8b7d1a52-0c3e-8f41-9a60-5d2c7e9f1b34',
  identifiers: [
    { type: 'user_id', value: 'u-42', assurance: 'transactional', firstSeenAt: at, lastSeenAt: at },
    { type: 'anonymous_id', value: anonymousId, assurance: 'claimed', firstSeenAt: at, lastSeenAt: at },
  ],
  traits: { firstName: { value: 'Ada', at, source: 'identify', assurance: 'transactional' } },
  firstSeenAt: at,
  lastSeenAt: at,
  counts: {
    events: 9,
    sessions: 2,
    pageViews: 5,
    productViews: 2,
    cartAdds: 2,
    orders: 1,
    cartsAbandoned: 1,
    cartsRecovered: 1,
    cartsOpen: 1,
  },
  revenue: [{ currency: 'EUR', minor: 3800 }],
  cart: {
    id: 'cart_5f0',
    state: 'active',
    lines: [line],
    valueMinor: 3800,
    currency: 'EUR',
    deadlineAt: '2026-11-22T06:47:04.039Z',
  },
  lastSession: { id: 'ses_81c', startedAt: at, lastActivityAt: at, engagedMs: 41_000, source: 'letter', device },
  touches: [touch],
  consent: { measurement: { value: 'granted', source: 'user', at } },
  lifecycle: 'active',
};
const listExamples: Record<ListName, unknown> = {
  events: {
    messageId,
    type: 'track',
    event: 'Product Added',
    at,
    receivedAt: at,
    anonymousId,
    userId: null,
    sessionId: 'ses_81c',
    properties: { product_id: 'OX-101' },
    page: { path: '/mugs/morning', title: 'Morning mug' },
    ownedBecause: 'device',
    groupId: null,
    category: null,
    traits: {},
    preConsent: false,
    releasedAt: null,
  },
  sessions: {
    id: 'ses_81c',
    anonymousId,
    startedAt: at,
    endedAt: at,
    engagedMs: 41_000,
    engaged: true,
    pageViews: 3,
    entryPath: '/',
    exitPath: '/cart',
    touches: [touch],
    attribution: { first: touch, last: touch, linear: [{ ...touch, share: 1 }] },
    device,
    country: 'FR',
    leftWithCart: { at, cartId: 'cart_5f0' },
  },
  carts: {
    id: 'cart_5f0',
    state: 'abandoned',
    token: 'c-17',
    episodes: [
      {
        n: 1,
        stage: 'cart',
        abandonedAt: at,
        valueMinor: 3800,
        outcome: 'open',
        recoveredBy: null,
        recoveredMinor: null,
        recoveredOrderId: null,
      },
    ],
    lines: [line],
    valueMinor: 3800,
    currency: 'EUR',
    createdAt: at,
    updatedAt: at,
    deadlineAt: null,
  },
  orders: {
    orderId: 'o-1001',
    at,
    currency: 'EUR',
    revenueMinor: 3800,
    refundedMinor: 0,
    state: 'completed',
    revenueFrom: 'revenue',
    lines: [line],
    sessionId: 'ses_81c',
    attribution: { first: touch, last: touch, linear: [{ ...touch, share: 1 }] },
    elsewhere: false,
  },
  merges: {
    id: 'mrg_2c9',
    at,
    cause: messageId,
    reason: 'identify',
    identifiers: [
      { type: 'anonymous_id', value: anonymousId },
      { type: 'user_id', value: 'u-42' },
    ],
    undoneAt: null,
  },
};
const listWords: Record<ListName, [summary: string, schema: SchemaName]> = {
  events: ['What a person did', 'Events'],
  sessions: ['Visits of a person', 'Sessions'],
  carts: ['Carts of a person, with each time they were left and what became of it', 'Carts'],
  orders: ['Orders of a person', 'Orders'],
  merges: ['How this person was put together', 'Merges'],
};
const narrowed = {
  name: 'purpose',
  description: `Only what these purposes permit: ${purposes.join(', ')}; several with commas.`,
};

export const reading: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/profiles',
    tag: 'Reading people',
    summary: 'Find people by an identifier',
    description:
      'Every profile that owns an event of the identifier, its present owner first; for e-mail and phone, holders at `transactional` or better before claimed ones. An empty list if there is none.',
    security: 'secret',
    query: [...identifierNames.map((name) => ({ name, description: 'Exactly one of these identifiers.' })), narrowed],
    answer: {
      status: 200,
      description: 'Zero, one or more profiles.',
      schema: 'Profiles',
      example: { profiles: [profileExample] },
    },
    errors: readingErrors.filter((code) => code !== 'not_found'),
  },
  {
    method: 'get',
    path: '/v1/profiles/{id}',
    tag: 'Reading people',
    summary: 'One person',
    description: 'By any id the profile ever had. What is absent is null, never missing.',
    security: 'secret',
    query: [narrowed],
    answer: { status: 200, description: 'The profile.', schema: 'Profile', example: profileExample },
    errors: readingErrors,
  },
  ...(Object.keys(lists) as ListName[]).map(
    (name): Operation => ({
      method: 'get',
      path: `/v1/profiles/{id}/${name}`,
      tag: 'Reading people',
      summary: listWords[name][0],
      security: 'secret',
      query: [
        { name: 'limit', description: `1 to ${limits.pageMaxItems}; ${limits.pageDefaultItems} when absent.` },
        { name: 'cursor', description: '`next` of the page before.' },
        narrowed,
      ],
      answer: {
        status: 200,
        description: 'Newest first; `next` is null on the last page.',
        schema: listWords[name][1],
        example: { items: [listExamples[name]], next: null },
      },
      errors: readingErrors,
    }),
  ),
];
