// The routes of the API in words and examples: what openapi.json and /docs are made of. `app.test.ts` holds them against
// the routes that exist, and every example against its schema.

import { type CallType, calls } from '../contract/event.js';
import { limits } from '../contract/limits.js';
import { purposes } from '../contract/purposes.js';
import { identifierNames, type ListName, lists } from '../contract/reading.js';
import type { errors } from '../errors.js';
import type { SchemaName } from './schemas.js';

export interface Operation {
  method: 'get' | 'post';
  path: string;
  tag: 'Sending events' | 'Consent' | 'Reading people' | 'Acting' | 'Proof' | 'Pages' | 'Operating';
  summary: string;
  description?: string;
  /** Who may ask. */
  security: 'write' | 'secret' | 'none' | 'person';
  query?: { name: string; description: string; required?: boolean }[];
  body?: { schema: SchemaName; example: unknown };
  answer: { status: number; description: string; schema?: SchemaName; example?: unknown; type?: string };
  errors: (keyof typeof errors)[];
}

const at = '2026-11-22T05:47:04.039Z';
const messageId = '01939f3c-2b0e-7cc1-9d2f-4a51f2f6a3b1';
const anonymousId = '9c1b7c1e-6c1e-4f0e-8a59-1d2f3a4b5c6d';
const writeKey = 'wk_your_write_key';
const accepted = { accepted: 1, duplicates: 0, held: [], dropped: [], rejected: [], warnings: [] };
const sendingErrors: Operation['errors'] = [
  'bad_json',
  'bad_gzip',
  'bad_key',
  'origin',
  'body_too_large',
  'rate_limited',
  'unavailable',
];
const readingErrors: Operation['errors'] = ['bad_request', 'bad_key', 'forbidden', 'not_found', 'unavailable'];

const common = { messageId, anonymousId, timestamp: at };
const callExamples: Record<CallType, unknown> = {
  track: {
    ...common,
    writeKey,
    event: 'Product Added',
    properties: {
      cart_id: 'c-17',
      product_id: 'OX-101',
      variant: 'moss',
      name: 'Morning mug',
      price: 19,
      quantity: 2,
      currency: 'EUR',
    },
    context: { page: { url: 'https://shop.example/mugs/morning', title: 'Morning mug' } },
  },
  page: {
    ...common,
    writeKey,
    name: 'Product',
    properties: { url: 'https://shop.example/mugs/morning?utm_source=letter', title: 'Morning mug' },
  },
  screen: { ...common, writeKey, name: 'Basket' },
  identify: { ...common, writeKey, userId: 'u-42', traits: { email: 'ada@shop.example', firstName: 'Ada' } },
  alias: { ...common, writeKey, previousId: anonymousId, userId: 'u-42' },
  group: { ...common, writeKey, userId: 'u-42', groupId: 'g-7', traits: { name: 'Analytical Engines' } },
};
const words: Record<CallType, [summary: string, shorter: string, schema: SchemaName]> = {
  track: ['Something a person did', '/v1/t', 'TrackCall'],
  page: ['A page was seen', '/v1/p', 'PageCall'],
  screen: ['A screen of an app was seen', '/v1/s', 'ScreenCall'],
  identify: ['Who this person is', '/v1/i', 'IdentifyCall'],
  alias: ['Two ids are one person', '/v1/a', 'AliasCall'],
  group: ['A person belongs to a group', '/v1/g', 'GroupCall'],
};

const rate = {
  answers: 61,
  granted: 34,
  partly: 6,
  refused: 21,
  withdrawn: 2,
  purposes: { measurement: 40, personalisation: 35, marketing: 34, sharing: 34 },
};
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
    device,
    country: 'FR',
  },
  carts: {
    id: 'cart_5f0',
    state: 'abandoned',
    token: 'c-17',
    episodes: [{ n: 1, stage: 'cart', abandonedAt: at, valueMinor: 3800, outcome: 'open', recoveredBy: null }],
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
    elsewhere: false,
  },
  merges: {
    id: 'mrg_2c9',
    at,
    cause: messageId,
    reason: 'claim',
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
const row = {
  receipt: '4pLr0cUo8dYb2mQwXn7sZA',
  kind: 'grant',
  visitorId: anonymousId,
  epoch: 'e1',
  supersedes: null,
  decisions: [
    { purpose: 'measurement', value: 'granted', source: 'user', materialHash: 'b1946ac92492d2347c6235b4d2611184' },
  ],
  policy: { version: '2026-11-01' },
  text: { locale: 'en', sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' },
  ui: { layer: 'first', action: 'accept-all' },
  gpc: { js: false, ack: false },
  clientAt: at,
};

const hash = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const signingKey = '5d1f8c2a9b7e4f60a1c3d5e7f9012345';
const ledgerExample = {
  ok: true,
  rows: 1207,
  head: { seq: 1207, hash },
  from: 1190,
  through: 1207,
  complete: true,
  next: null,
  signedAt: at,
  signedSeq: 1189,
  signatures: 21,
  keys: [{ id: signingKey, createdAt: at, retiredAt: null, endorsedBy: null }],
  checkedAt: at,
  fullAt: at,
};
const receiptExample = {
  receipt: row.receipt,
  state: 'valid',
  stateAt: null,
  supersededBy: null,
  kind: 'grant',
  at,
  clientAt: at,
  effectiveAt: at,
  expiresAt: '2027-05-21T05:47:04.039Z',
  subject: 'linked',
  epoch: 'e1',
  supersedes: null,
  decisions: [
    {
      purpose: 'measurement',
      value: 'granted',
      source: 'user',
      materialHash: hash,
      basis: 'consent',
      carried: false,
      stands: true,
    },
  ],
  policy: { version: '2026-11-01', configHash: hash, known: true },
  text: row.text,
  ui: row.ui,
  jurisdiction: { code: 'FR', model: 'opt-in', how: 'cdn' },
  gpc: { header: false, js: false, ack: false },
  age: null,
  origin: 'https://shop.example',
  sdkVersion: '0.1.0',
  cmp: null,
  chain: {
    seq: 1207,
    prevHash: hash,
    hash,
    fits: true,
    next: null,
    signed: { seq: 1207, hash, at, key: signingKey, rowsBetween: 0 },
  },
  shown: { document: { site: 'shop-fr' }, texts: { layer1: { title: 'Your choice' } }, textsHash: hash },
};

export const operations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/batch',
    tag: 'Sending events',
    summary: 'Several events at once',
    description: `Up to ${limits.batchMaxEvents} events and ${limits.bodyMaxBytes} bytes, ${limits.eventMaxBytes} an event; gzip is recognised by itself, the content type does not matter. Each event gets a verdict; the good beside the bad are kept. The batch's own \`context\` is merged into each event. \`/v1/b\` is the same; so is \`/v1/import\`, which takes events of up to ${limits.importEventMaxBytes} bytes with a secret key.`,
    security: 'write',
    body: {
      schema: 'Batch',
      example: {
        writeKey,
        sentAt: at,
        batch: [{ type: 'page', ...common, properties: { url: 'https://shop.example/' } }],
      },
    },
    answer: {
      status: 200,
      description: 'A verdict for each event. Keep a held event and send it again; forget all others.',
      schema: 'Answer',
      example: {
        ...accepted,
        accepted: 2,
        rejected: [
          {
            index: 2,
            messageId,
            code: 'bad_timestamp',
            path: 'timestamp',
            message: 'ISO 8601 date and time with a zone',
          },
        ],
      },
    },
    errors: [...sendingErrors, 'too_many_events'],
  },
  ...(Object.keys(calls) as CallType[]).map(
    (type): Operation => ({
      method: 'post',
      path: `/v1/${type}`,
      tag: 'Sending events',
      summary: words[type][0],
      description: `\`${words[type][1]}\` is the same.`,
      security: 'write',
      body: { schema: words[type][2], example: callExamples[type] },
      answer: { status: 200, description: 'The verdict, at index 0.', schema: 'Answer', example: accepted },
      errors: sendingErrors,
    }),
  ),
  {
    method: 'post',
    path: '/v1/cookieless',
    tag: 'Consent',
    summary: 'Count without anybody',
    description:
      'Where the consent file says so (`cookieless`), and only until or instead of consent: sorts of events by path template, product, device class, country and referring domain. No id, no cookie, no query; an unknown field is refused. Where nothing is to be counted the answer says 0.',
    security: 'write',
    body: {
      schema: 'CookielessCall',
      example: {
        writeKey,
        events: [
          { event: 'page', path: '/mugs/48213', referrer: 'search.example' },
          { event: 'add', path: '/mugs/48213', productId: 'OX-101' },
        ],
      },
    },
    answer: { status: 200, description: 'How many were counted.', schema: 'CookielessAnswer', example: { counted: 2 } },
    errors: [
      'bad_json',
      'bad_gzip',
      'bad_request',
      'bad_key',
      'origin',
      'body_too_large',
      'rate_limited',
      'unavailable',
    ],
  },
  {
    method: 'get',
    path: '/v1/cookieless/counts',
    tag: 'Consent',
    summary: 'What was counted without anybody',
    description:
      'By one to three of `event, path, product, device, country, referrer, day, hour`, of which at most one of path to referrer. Sums of cells of at least 10 that are settled once an hour, and for values a day, is over; values that were too few to be named are `:few` together.',
    security: 'secret',
    query: [
      { name: 'from', description: 'First day (UTC), such as 2026-11-01.', required: true },
      { name: 'to', description: 'Last day.', required: true },
      { name: 'by', description: 'Names separated by commas; `event` by default.' },
    ],
    answer: {
      status: 200,
      description: 'The counts, the largest first.',
      schema: 'CookielessCounts',
      example: {
        from: '2026-11-01',
        to: '2026-11-22',
        by: ['event', 'path'],
        k: 10,
        items: [{ event: 'page', path: '/mugs/:id', count: 214 }],
        suppressed: 3,
        truncated: false,
        uniques: [],
      },
    },
    errors: ['bad_request', 'bad_key', 'forbidden', 'unavailable'],
  },
  {
    method: 'post',
    path: '/v1/consent',
    tag: 'Consent',
    summary: 'Record a consent act',
    description:
      'The page mints the receipt. The same row again is answered 200 again; another row under the same receipt is 409.',
    security: 'write',
    body: { schema: 'ConsentCall', example: { ...row, writeKey } },
    answer: {
      status: 200,
      description: 'The row is in the ledger.',
      schema: 'ConsentAnswer',
      example: { receipt: row.receipt, seq: 1207, at, expiresAt: '2027-05-21T05:47:04.039Z' },
    },
    errors: [
      'bad_json',
      'bad_gzip',
      'bad_request',
      'bad_key',
      'origin',
      'receipt_conflict',
      'rate_limited',
      'unavailable',
    ],
  },
  {
    method: 'post',
    path: '/v1/consent/account',
    tag: 'Consent',
    summary: 'Join what a device and an account have decided',
    description:
      'Only with `decision.scope: "account"`. `proof` is that of `identify`. Per purpose the later choice counts, of two at one instant the denial; with `accountConflict: "account"` the account’s. The answer is the same in shape for whoever was never heard of. What the device makes of it is a consent row of its own, with `voucher` in it.',
    security: 'write',
    body: {
      schema: 'AccountCall',
      example: {
        writeKey,
        userId: 'u-42',
        proof: 'ab'.repeat(32),
        act: 'login',
        decisions: [{ purpose: 'measurement', value: 'denied', at, materialHash: 'a1'.repeat(32) }],
        policy: row.policy,
        sentAt: at,
      },
    },
    answer: {
      status: 200,
      description: 'What holds for this person.',
      schema: 'AccountAnswer',
      example: {
        decisions: [{ purpose: 'measurement', value: 'denied', at, materialHash: 'a1'.repeat(32), ack: false }],
        voucher: '1795412824039.0.AAAAAAAAAAAAAAAAAAAAAA',
        taken: ['measurement'],
      },
    },
    errors: ['bad_json', 'bad_gzip', 'bad_request', 'bad_key', 'origin', 'not_found', 'rate_limited', 'unavailable'],
  },
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
  {
    method: 'post',
    path: '/v1/merges',
    tag: 'Acting',
    summary: 'Make two users one',
    description: 'Takes a key with the role `owner`. `from` becomes historical; the act is kept and can be undone.',
    security: 'secret',
    body: { schema: 'MergeCall', example: { from: 'u-42', into: 'u-7' } },
    answer: { status: 200, description: 'Done, or already so.' },
    errors: readingErrors,
  },
  {
    method: 'post',
    path: '/v1/merges/{id}/undo',
    tag: 'Acting',
    summary: 'Take two people apart again',
    description: 'Takes a key with the role `owner`. Pins the two identifiers apart; a second undo changes nothing.',
    security: 'secret',
    answer: { status: 200, description: 'Undone, or already so.' },
    errors: readingErrors,
  },
  {
    method: 'post',
    path: '/v1/privacy/erasures',
    tag: 'Acting',
    summary: 'Forget a person',
    description:
      'With one identifier: takes a key with the role `privacy`. With `visitorId` and `receipt`: the person’s own word, no key. The answer is the same whether the person was known or not.',
    security: 'person',
    body: { schema: 'RightsCall', example: { userId: 'u-42' } },
    answer: {
      status: 202,
      description: 'Accepted and durable.',
      schema: 'ErasureState',
      example: { id: 'e_71f', state: 'accepted' },
    },
    errors: ['bad_json', 'bad_request', 'bad_key', 'forbidden', 'rate_limited', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/privacy/erasures/{id}',
    tag: 'Acting',
    summary: 'How far an erasure is',
    description: 'With a key of the role `privacy`, also what was deleted where; without one, its state.',
    security: 'person',
    answer: {
      status: 200,
      description: 'Its state.',
      schema: 'ErasureState',
      example: { id: 'era_71f', state: 'done' },
    },
    errors: readingErrors,
  },
  {
    method: 'get',
    path: '/v1/privacy/erasures/{id}/certificate',
    tag: 'Acting',
    summary: 'The certificate of an erasure',
    description:
      'Takes a key with the role `privacy`. Signed with the ledger’s Ed25519 key over the canonical JSON of `certificate`; holds no identifier. A page to be read when `Accept` prefers text/html.',
    security: 'secret',
    answer: {
      status: 200,
      description: 'Steps with their instants, counts, recipients, deadlines.',
      schema: 'Certificate',
      example: {
        certificate: {
          id: 'e_71f',
          state: 'done',
          requestedAt: at,
          doneAt: at,
          issuedAt: at,
          steps: [{ step: 'tombstone', at }],
          counts: { events: 214, profiles: 1 },
          destinations: [],
          pending: 0,
          deadlines: {
            gdpr: '2026-12-22T05:47:04.039Z',
            ccpa: '2027-01-06T05:47:04.039Z',
            lgpd: '2026-12-07T05:47:04.039Z',
          },
          journal: 12,
        },
        signature: { algorithm: 'Ed25519', key: '5f0c', publicKeyPem: '-----BEGIN PUBLIC KEY-----…', value: 'mTz0' },
      },
    },
    errors: readingErrors,
  },
  {
    method: 'post',
    path: '/v1/privacy/exports',
    tag: 'Acting',
    summary: 'Everything that is kept of a person, for the person',
    description:
      'With one identifier: takes a key with the role `privacy`. With `visitorId` and `receipt`: the person’s own word, for that device. With `userId`, `expiresAt`, `nonce` and `signature`: signed by the shop’s server, good once. The answer’s `token` opens the file, in the header `weft-token`.',
    security: 'person',
    body: { schema: 'RightsCall', example: { userId: 'u-42' } },
    answer: {
      status: 202,
      description: 'It will be made.',
      schema: 'ExportState',
      example: { id: 'x_71f', state: 'accepted', token: 'xt_…' },
    },
    errors: ['bad_json', 'bad_request', 'bad_key', 'forbidden', 'rate_limited', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/privacy/exports/{id}',
    tag: 'Acting',
    summary: 'How far an export is',
    security: 'person',
    answer: {
      status: 200,
      description: 'Its state: accepted, running, done, failed, expired or erased.',
      schema: 'ExportState',
      example: { id: 'x_71f', state: 'done', requestedAt: at, doneAt: at, expiresAt: at, bytes: 48_211 },
    },
    errors: readingErrors,
  },
  {
    method: 'get',
    path: '/v1/privacy/exports/{id}/file',
    tag: 'Acting',
    summary: 'The archive: JSON Lines for each store, and a page that explains them',
    description: 'For seven days, unless the person is erased before.',
    security: 'person',
    answer: { status: 200, description: 'A ZIP.', type: 'application/zip' },
    errors: readingErrors,
  },
  {
    method: 'post',
    path: '/v1/privacy/objections',
    tag: 'Acting',
    summary: 'Object to the use of a person’s data, or take that back',
    description:
      'GDPR 21: reaches what is kept on any basis. `purposes` narrows it; `lift` takes it back. No banner that accepts all does. Asked for as an export is.',
    security: 'person',
    body: { schema: 'ObjectionCall', example: { userId: 'u-42', purposes: ['marketing'] } },
    answer: {
      status: 202,
      description: 'It holds from now on.',
      schema: 'ErasureState',
      example: { id: 'o_71f', state: 'done' },
    },
    errors: ['bad_json', 'bad_request', 'bad_key', 'forbidden', 'rate_limited', 'unavailable'],
  },
  {
    method: 'post',
    path: '/v1/privacy/acknowledgements/{token}',
    tag: 'Acting',
    summary: 'A recipient says that it has erased, too',
    description: 'The address stands in `status_callback_urls` of the notice; `completed` ends it.',
    security: 'none',
    body: { schema: 'Acknowledgement', example: { request_status: 'completed' } },
    answer: { status: 200, description: 'Noted.' },
    errors: ['bad_json', 'not_found', 'rate_limited', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/ledger/verify',
    tag: 'Proof',
    summary: 'Check the chain of the consent ledger',
    description:
      'Takes a key with the role `privacy`. Hashes rows again, a bounded number a request: from where the last check ended, or with `full=1` from the first row. Ask on with `cursor` until `next` is null. A broken chain is a 200 with `ok` false and the place.',
    security: 'secret',
    query: [
      { name: 'full', description: '`1`: from the first row.' },
      { name: 'cursor', description: '`next` of the answer before.' },
    ],
    answer: { status: 200, description: 'What was found.', schema: 'LedgerCheck', example: ledgerExample },
    errors: ['bad_request', 'bad_key', 'forbidden', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/ledger/export',
    tag: 'Proof',
    summary: 'The whole ledger, with its signatures and public keys',
    description:
      'Takes a key with the role `privacy`. JSON Lines: one `ledger`, then each `key`, then each `row` with the `signature` of a signed head behind it. `weft ledger verify` checks it, and so does a page of code of your own.',
    security: 'secret',
    answer: { status: 200, description: 'JSON Lines.', type: 'application/x-ndjson' },
    errors: ['bad_key', 'forbidden', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/receipts/{id}',
    tag: 'Proof',
    summary: 'One receipt: what was shown, what was said, whether it stands, where it is in the chain',
    description:
      'With a key of the role `privacy`; or without a key, by the person whose receipt it is. A page to read where `Accept` prefers `text/html`.',
    security: 'person',
    answer: { status: 200, description: 'The proof.', schema: 'ReceiptProof', example: receiptExample },
    errors: ['bad_key', 'forbidden', 'not_found', 'rate_limited', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/config/{writeKey}',
    tag: 'Pages',
    summary: 'What a page must know before it may ask',
    description:
      'Policy, purposes and region. Reads no cookie and no query, and sets none. Also without a key: `/v1/config`.',
    security: 'none',
    answer: {
      status: 200,
      description: 'Kept by the browser for five minutes.',
      schema: 'Config',
      example: {
        policy: { version: '2026-11-01', configHash: 'b1946ac92492d2347c6235b4d2611184' },
        consent: { purposes: [{ id: 'measurement', materialHash: 'b1946ac92492d2347c6235b4d2611184' }] },
        region: { code: 'FR', model: 'opt-in' },
        settings: {},
      },
    },
    errors: ['not_found'],
  },
  {
    method: 'get',
    path: '/v1/projects/{writeKey}/settings',
    tag: 'Pages',
    summary: "What Segment's browser client asks for first",
    description: '`@segment/analytics-next` works unchanged with `cdnURL` pointed here.',
    security: 'none',
    answer: { status: 200, description: 'Where to send, and nothing to load besides.', type: 'application/json' },
    errors: ['not_found'],
  },
  {
    method: 'get',
    path: '/weft.js',
    tag: 'Pages',
    summary: 'The script for pages',
    description: 'Its chunks lie under `/weft/`.',
    security: 'none',
    answer: { status: 200, description: 'The script, with an ETag.', type: 'text/javascript' },
    errors: ['not_found'],
  },
  {
    method: 'get',
    path: '/consent/config.json',
    tag: 'Pages',
    summary: 'The consent file in force, with its defaults',
    description: 'For the privacy notice and for whoever wants to read it whole. `ETag` is its hash.',
    security: 'none',
    answer: { status: 200, description: 'The document; 304 if it is the one that is known.', type: 'application/json' },
    errors: [],
  },
  {
    method: 'get',
    path: '/consent/config/{file}',
    tag: 'Pages',
    summary: 'A consent file of now or then',
    description: '`<configHash>.json`, as a receipt names it. Never changes.',
    security: 'none',
    answer: { status: 200, description: 'The document.', type: 'application/json' },
    errors: ['not_found', 'unavailable'],
  },
  {
    method: 'get',
    path: '/consent/texts/{file}',
    tag: 'Pages',
    summary: 'The words of the banner in one language',
    description: '`<sha256>.json`; `/v1/config` names it under `consent.texts`. Never changes.',
    security: 'none',
    answer: { status: 200, description: 'The words.', type: 'application/json' },
    errors: ['not_found', 'unavailable'],
  },
  {
    method: 'get',
    path: '/consent.schema.json',
    tag: 'Pages',
    summary: 'The JSON Schema of the consent file',
    description: 'For editors: put its address under `$schema`.',
    security: 'none',
    answer: { status: 200, description: 'The schema.', type: 'application/schema+json' },
    errors: [],
  },
  {
    method: 'get',
    path: '/v1/consent/holders',
    tag: 'Consent',
    summary: 'How many devices hold a live receipt, by what they answered',
    description: 'What `weft consent diff --url` compares a new file with. Needs the role `privacy`. No ids.',
    security: 'secret',
    answer: {
      status: 200,
      description: 'Counts.',
      type: 'application/json',
      example: {
        total: 61,
        groups: [
          {
            holders: 61,
            policy: { version: '2026-11-01', configHash: null },
            decisions: [{ purpose: 'measurement', value: 'granted', materialHash: null }],
          },
        ],
      },
    },
    errors: ['bad_key', 'forbidden', 'unavailable'],
  },
  {
    method: 'get',
    path: '/v1/consent/rates',
    tag: 'Consent',
    summary: 'How people answered, by day, region, language, layer, button and policy',
    description:
      'Sums of counters that hold nobody. The last thirty days where no days are named, at most 400. Groups of fewer than 10 answers are left out, and where only one would be missing the smallest other goes with it; below 10 in all nothing is told. Needs the role `privacy`.',
    security: 'secret',
    query: [
      { name: 'from', description: 'First day (UTC), such as 2026-11-01.' },
      { name: 'to', description: 'Last day, counted in.' },
      { name: 'region', description: 'Only answers given there, such as `FR` or `US-CA`.' },
      { name: 'locale', description: 'Only answers to a banner in this language.' },
      { name: 'layer', description: 'Only answers on this layer: `first`, `preferences`, `api`, `own-cmp`.' },
    ],
    answer: {
      status: 200,
      description: 'Counts; `granted` is all that was asked for, `partly` some of it.',
      schema: 'ConsentRates',
      example: {
        from: '2026-11-01',
        to: '2026-11-22',
        only: { region: 'FR', locale: null, layer: null },
        total: { key: '', ...rate },
        byDay: [{ key: '2026-11-21', ...rate }],
        byRegion: [{ key: 'FR', ...rate }],
        byLocale: [{ key: 'fr', ...rate }],
        byLayer: [{ key: 'first', ...rate }],
        byAction: [{ key: 'accept-all', ...rate }],
        byPolicy: [{ key: '2026-11-01', ...rate }],
        kinds: { grant: 40, refuse: 21, gpc: 3 },
        k: 10,
        suppressed: { byDay: 0, byRegion: 0, byLocale: 2, byLayer: 0, byAction: 0, byPolicy: 0 },
      },
    },
    errors: ['bad_request', 'bad_key', 'forbidden', 'unavailable'],
  },
  {
    method: 'get',
    path: '/healthz',
    tag: 'Operating',
    summary: 'The process lives',
    security: 'none',
    answer: { status: 200, description: 'It does.' },
    errors: [],
  },
  {
    method: 'get',
    path: '/readyz',
    tag: 'Operating',
    summary: 'Events are taken',
    security: 'none',
    answer: { status: 200, description: 'They are; 503 while starting, stopping, or without a store.' },
    errors: ['unavailable'],
  },
  {
    method: 'get',
    path: '/metrics',
    tag: 'Operating',
    summary: 'Counts for Prometheus',
    description: 'Verdicts by code, warnings, what waits, durations by route. No ids.',
    security: 'none',
    answer: { status: 200, description: 'Text for Prometheus.', type: 'text/plain' },
    errors: [],
  },
];
