// @ts-check
// Nobody's work is passed on without its notice.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundledPackages, notices } from './notices.mjs';
import { root } from './root.mjs';

test('THIRD-PARTY-NOTICES.md holds the licence of each package inside dist/sdk, and of each list inside dist/collector (node .ci/notices.mjs writes it)', () => {
  expect(readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8')).toBe(notices(bundledPackages()));
});

test('nothing inside dist/sdk asks for more than its notice', () => {
  const permissive = /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0)$/;
  const licences = bundledPackages().map((name) => {
    return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).license;
  });
  expect(licences.filter((licence) => !permissive.test(licence))).toEqual([]);
});
