// For tests: a writer on a folder of its own, which goes with the test, and what its files hold.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { sessionRules } from '../sessions/session.js';
import { defaultSiteRules } from './accept.js';
import { secretKey, startAt } from './calls.fixture.js';
import { settle, submissionOf } from './sent.fixture.js';
import { openWriter, type Writer } from './writer.js';

export const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});
export const temporary = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'weft-erasing-'));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
export const open = (folder: string): Writer =>
  openWriter({
    path: join(folder, 'weft.sqlite'),
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: { ...defaultSiteRules, reservedEmail: 'allow' },
    consentFile: null,
  });
export const take = (writer: Writer, calls: readonly object[]) =>
  settle(writer, submissionOf({ batch: calls }, startAt, { key: secretKey }));
export const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .filter((name) => {
      const bytes = readFileSync(join(folder, name));
      return ['utf8', 'utf16le'].some((encoding) => bytes.includes(Buffer.from(text, encoding as BufferEncoding)));
    });
