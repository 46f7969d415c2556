// Recording consent, and what is told of it in sums.

import { at, type Operation, row, writeKey } from './operation.js';

const rate = {
  answers: 61,
  granted: 34,
  partly: 6,
  refused: 21,
  withdrawn: 2,
  purposes: { measurement: 40, personalisation: 35, marketing: 34, sharing: 34 },
};

export const consent: readonly Operation[] = [
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
    method: 'post',
    path: '/v1/consent/transfer',
    tag: 'Consent',
    summary: 'Sign what was decided here, for another host of the site',
    description:
      'Only for a host that `transfer` of the consent file lists. The token is good once, for a minute, on that host alone; it holds decisions and no id. Grants travel only as far as `receipt` stands in the ledger, refusals by themselves.',
    security: 'write',
    body: {
      schema: 'TransferCall',
      example: {
        writeKey,
        to: 'outlet.example',
        receipt: row.receipt,
        decisions: [{ purpose: 'measurement', value: 'granted', at, materialHash: 'a1'.repeat(32) }],
        policy: row.policy,
        sentAt: at,
      },
    },
    answer: {
      status: 200,
      description: 'What to put into the fragment of the link.',
      schema: 'TransferAnswer',
      example: { token: `WyJuIl0.${'A'.repeat(22)}` },
    },
    errors: ['bad_json', 'bad_gzip', 'bad_request', 'bad_key', 'origin', 'not_found', 'rate_limited', 'unavailable'],
  },
  {
    method: 'post',
    path: '/v1/consent/transfer/accept',
    tag: 'Consent',
    summary: 'Take in what was decided on another host of the site',
    description:
      'Answered once for each token, on the host it was made for, to the page that the link led to. Of grants those come that were given under today’s terms and have not run out. What the device makes of it is a consent row of its own, with `voucher` in it; the ledger keeps it as `import`, and it ends when the earliest grant in it would have ended.',
    security: 'write',
    body: {
      schema: 'TransferAcceptCall',
      example: { writeKey, token: `WyJuIl0.${'A'.repeat(22)}`, from: 'https://shop.example' },
    },
    answer: {
      status: 200,
      description: 'What was decided, and the word for the row.',
      schema: 'TransferAcceptAnswer',
      example: {
        decisions: [{ purpose: 'measurement', value: 'granted', at, materialHash: 'a1'.repeat(32) }],
        voucher: `1795412824039.1.1795326424039.${'A'.repeat(22)}.shop.example`,
      },
    },
    errors: [
      'bad_json',
      'bad_gzip',
      'bad_request',
      'bad_key',
      'forbidden',
      'origin',
      'not_found',
      'rate_limited',
      'unavailable',
    ],
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
        kinds: { grant: 40, refuse: 21, gpc: 13 },
        k: 10,
        suppressed: { byDay: 0, byRegion: 0, byLocale: 2, byLayer: 0, byAction: 0, byPolicy: 0 },
      },
    },
    errors: ['bad_request', 'bad_key', 'forbidden', 'unavailable'],
  },
];
