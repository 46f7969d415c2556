// The command as an operator runs it: shows first, changes nothing; then does, and doctor knows of it.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { purposes } from '../contract/purposes.js';
import { defaultSiteRules } from '../pipeline/accept.js';
import { openWriter } from '../pipeline/writer.js';
import { sessionRules } from '../sessions/session.js';
import { start, temporary } from './weft.fixture.js';

test('weft retention shows what would go, removes it, and doctor says when it ran', async () => {
  const folder = join(temporary(), 'data');
  mkdirSync(folder);
  const writer = openWriter({
    path: join(folder, 'weft.sqlite'),
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: { ...defaultSiteRules },
    consentFile: null,
  });
  // A hundred days ago, on a basis of the shop's own: sharing and marketing have run out since.
  const at = Date.now() - 100 * 86_400_000;
  writer.run(
    [
      {
        text: JSON.stringify({
          batch: [
            {
              type: 'track',
              event: 'Product Viewed',
              userId: 'U1',
              properties: { product_id: 'p' },
              timestamp: new Date(at).toISOString(),
            },
          ],
        }),
        type: null,
        receivedAt: at,
        key: { id: 'sk', trust: 'secret', mode: 'external', purposes, categories: {} },
        gpc: false,
        userAgent: null,
        country: null,
        origin: null,
        rejected: [],
      },
    ],
    at,
  );
  writer.close();
  const weft = (...args: string[]) => start(args, { WEFT_DATA: folder, PORT: '0' }).ended;

  const shown = await weft('retention', '--dry-run', '--json');
  expect(shown.code).toBe(0);
  expect(JSON.parse(shown.stdout).would).toEqual(
    expect.arrayContaining([
      { class: 'events', purpose: 'marketing', deleted: 0, narrowed: 1 },
      { class: 'events', purpose: 'sharing', deleted: 0, narrowed: 1 },
    ]),
  );
  const done = await weft('retention');
  expect(done.stdout).toContain('events: 1 lost marketing');
  expect((await weft('retention', '--dry-run')).stdout).toContain('Nothing has been kept for too long.');
  const found = JSON.parse((await weft('doctor', '--json')).stdout) as {
    findings: { what: string; state: string; said: string }[];
  };
  expect(found.findings.find(({ what }) => what === 'retention')).toMatchObject({
    state: 'ok',
    said: expect.stringContaining('last began'),
  });

  const key = await weft('keys', 'create', 'secret', '--retention-days', '30', '--order-retention-days', '3650');
  expect(key.code).toBe(0);
  const wrong = await weft('keys', 'create', 'write', '--retention-days', '30');
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('as the consent file says') });
}, 120_000);
