import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { warningCodes } from './contract/codes.js';
import { errors, isUnavailable, refuse, Unavailable, verdicts, warnings } from './errors.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = ['collector', 'sdk']
  .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true, recursive: true }))
  .filter(({ name }) => /\.tsx?$/.test(name) && !/\.(test|fixture|bench)\.ts$/.test(name))
  .map(({ parentPath, name }): [string, string] => [name, readFileSync(join(parentPath, name), 'utf8')]);

describe('what can go wrong', () => {
  it('has a status, a loudness and a next step; who may come again is told so', () => {
    for (const [code, it] of Object.entries(errors)) {
      expect([code, it.message.length > 10, it.hint.length > 10]).toEqual([code, true, true]);
      expect([code, it.retry === 'later']).toEqual([code, [429, 500, 503].includes(it.status)]);
      expect([code, it.level === 'error']).toEqual([code, it.status === 500]);
    }
  });
  it('never asks for an event again that was refused for good', () => {
    for (const it of Object.values(verdicts)) expect(it.resend).toBe(it.verdict === 'held' ? 'with_row' : 'never');
    expect(Object.values(warnings).every(({ meaning, hint }) => /\.$/.test(meaning) && /\.$/.test(hint ?? '.'))).toBe(
      true,
    );
  });
  it.each(warningCodes)('the warning %s is raised somewhere', (code) => {
    // By its name, in a call or a row that hands it on; lists, words and tests raise nothing.
    const raised = new RegExp(`(?:\\b(?:warn|note|push|skip)\\([^)]*|\\bcode: )'${code}'`);
    expect(sources.filter(([, text]) => raised.test(text)).map(([path]) => path)).not.toEqual([]);
  });
  it('knows "not now" from a bug', () => {
    expect(isUnavailable(new Unavailable('full'))).toBe(true);
    expect(isUnavailable(Object.assign(new Error('x'), { code: 'unavailable' }))).toBe(true);
    expect(isUnavailable(new Error('unavailable'))).toBe(false);
    expect(isUnavailable({ code: 'unavailable' })).toBe(false);
    expect(refuse('unavailable').advice.status).toBe(503);
  });
});
