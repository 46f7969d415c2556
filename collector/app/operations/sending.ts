// Sending events, one or many.

import { type CallType, calls } from '../../contract/event.js';
import { limits } from '../../contract/limits.js';
import type { SchemaName } from '../schemas.js';
import { anonymousId, at, messageId, type Operation, writeKey } from './operation.js';

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

export const sending: readonly Operation[] = [
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
];
