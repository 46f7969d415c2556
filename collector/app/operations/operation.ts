// What is said of a route, and what several examples share.

import type { errors } from '../../errors.js';
import type { SchemaName } from '../schemas.js';

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

export const at = '2026-11-22T05:47:04.039Z';

export const messageId = '01939f3c-2b0e-7cc1-9d2f-4a51f2f6a3b1';

export const anonymousId = '9c1b7c1e-6c1e-4f0e-8a59-1d2f3a4b5c6d';

export const writeKey = 'wk_your_write_key';

export const readingErrors: Operation['errors'] = ['bad_request', 'bad_key', 'forbidden', 'not_found', 'unavailable'];

export const row = {
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
