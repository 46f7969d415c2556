// Stores that a restore set aside end: with the next erasure, or with their month.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { defaultSiteRules } from '../pipeline/accept.js';
import { openWriter, type Writer } from '../pipeline/writer.js';
import { sessionRules } from '../sessions/session.js';
import { asideFile, asideFiles, asideMaxMs, dropAside, restoringRoom } from './aside.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});
const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-aside-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
const open = (folder: string): Writer => {
  const writer = openWriter({
    path: join(folder, 'weft.sqlite'),
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: { ...defaultSiteRules, reservedEmail: 'allow' },
    consentFile: null,
  });
  closing.push(() => writer.close());
  return writer;
};
const now = Date.UTC(2026, 10, 2, 9, 30, 15, 250);

it('is named by when it was set aside, whatever the age of the file', () => {
  const folder = temporary();
  for (const at of [now, now - asideMaxMs]) writeFileSync(asideFile(folder, at), 'people');
  for (const name of ['weft.sqlite', 'erasures.journal', 'weft.replaced.sqlite']) writeFileSync(join(folder, name), '');
  expect(asideFiles(folder).map(({ at, bytes }) => [at, bytes])).toEqual([
    [now - asideMaxMs, 6],
    [now, 6],
  ]);
  expect(dropAside(folder, now)).toBe(1);
  expect(readdirSync(folder).sort()).toEqual([
    'erasures.journal',
    'weft.replaced-2026-11-02T09-30-15-250Z.sqlite',
    'weft.replaced.sqlite',
    'weft.sqlite',
  ]);
});

it('section 6: goes after 30 days while the collector runs', () => {
  const folder = temporary();
  writeFileSync(asideFile(folder, now), 'people');
  const writer = open(folder);
  writer.due(now + asideMaxMs);
  expect(asideFiles(folder)).toHaveLength(1);
  writer.due(now + asideMaxMs + 3_600_000);
  expect(asideFiles(folder)).toEqual([]);
});

it('section 6: goes with the next erasure, also of somebody nobody knows, and the certificate counts it', () => {
  const folder = temporary();
  writeFileSync(asideFile(folder, now), 'people');
  const writer = open(folder);
  const asked = writer.command({ kind: 'erase', subject: { userId: 'u1' }, by: 'key_x', at: now });
  const { id } = asked.body as { id: string };
  writer.due(now + 1);
  expect(asideFiles(folder)).toEqual([]);
  const answer = writer.command({ kind: 'certificate', id, at: now + 2 });
  expect(answer.body).toMatchObject({ certificate: { state: 'done', counts: { replaced_stores: 1 } } });
});

it('section 6: what a killed restore was working on does not outlive the next start', () => {
  const folder = temporary();
  mkdirSync(restoringRoom(folder));
  writeFileSync(join(restoringRoom(folder), 'weft.sqlite'), 'people');
  open(folder);
  expect(existsSync(restoringRoom(folder))).toBe(false);
});
