// The routes of the API in words and examples: what openapi.json and /docs are made of. `app.test.ts` holds them against
// the routes that exist, and every example against its schema.

import { acting } from './operations/acting.js';
import { consent } from './operations/consent.js';
import { operating } from './operations/operating.js';
import type { Operation } from './operations/operation.js';
import { pages } from './operations/pages.js';
import { proof } from './operations/proof.js';
import { reading } from './operations/reading.js';
import { sending } from './operations/sending.js';

export const operations: readonly Operation[] = [
  ...sending,
  ...consent,
  ...reading,
  ...acting,
  ...proof,
  ...pages,
  ...operating,
];
