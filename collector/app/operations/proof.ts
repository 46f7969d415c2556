// Proof: the ledger and its receipts.

import { at, type Operation, row } from './operation.js';

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

export const proof: readonly Operation[] = [
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
];
