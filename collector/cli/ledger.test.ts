// The ledger's commands as an operator and a third party run them: the built command, a real folder, a real collector.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { LedgerCheck } from '../contract/proofs.js';
import { collector, type Environment, secretKey, temporary, told, weft } from './weft.fixture.js';

const writeKey = 'wk_test_0123456789';
const acts = 6;

/** A folder whose collector took some answers, signed them and was stopped. */
const answered = async (): Promise<Environment & { WEFT_DATA: string }> => {
  const WEFT_DATA = temporary();
  const { url, child, ended } = await collector(WEFT_DATA);
  const { policy } = (await (await fetch(`${url}/v1/config`)).json()) as { policy: { configHash: string } };
  const post = async (n: number): Promise<void> => {
    const response = await fetch(`${url}/v1/consent`, {
      method: 'POST',
      headers: { origin: url },
      body: JSON.stringify({
        writeKey,
        receipt: `receipt${n}`.padEnd(22, '_'),
        kind: 'grant',
        visitorId: `visitor-${n}`,
        epoch: 'e1',
        supersedes: null,
        decisions: [{ purpose: 'measurement', value: 'granted', source: 'user' }],
        policy: { configHash: policy.configHash },
        gpc: { js: false, ack: false },
        clientAt: new Date().toISOString(),
      }),
    });
    expect(response.status).toBe(200);
  };
  for (let n = 1; n <= acts; n += 1) await post(n);
  const signatures = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${secretKey}` };
    return ((await (await fetch(`${url}/v1/ledger/verify`, { headers })).json()) as LedgerCheck).signatures;
  };
  await expect.poll(signatures, { timeout: 30_000 }).toBeGreaterThan(0);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  return { WEFT_DATA, PORT: '0' };
};
const exported = async (environment: Environment, name: string): Promise<string> => {
  const path = join(temporary(), name);
  const { code, stderr } = await weft(['export', '--ledger', '--out', path], environment);
  expect([code, stderr]).toEqual([0, expect.stringContaining(path)]);
  return path;
};
interface Checked {
  ok: boolean;
  rows: number;
  signatures: number;
  keys: string[];
  brokenAt?: { seq: number; why: string; line: number };
}
const verified = async (path: string, ...keys: string[]): Promise<[number | null, Checked]> => {
  const { code, stdout } = await weft(
    ['ledger', 'verify', path, '--json', ...keys.flatMap((key) => ['--key', key])],
    {},
  );
  return [code, JSON.parse(stdout) as Checked];
};

describe('weft export --ledger, weft ledger', () => {
  it('an export is checked anywhere; one flipped byte is located', { timeout: 120_000 }, async () => {
    const environment = await answered();
    const path = await exported(environment, 'ledger.jsonl');
    const [code, whole] = await verified(path);
    expect([code, whole]).toMatchObject([0, { ok: true, rows: acts, keys: [expect.any(String)] }]);
    expect(whole.signatures).toBeGreaterThan(0);
    expect((await verified(path, whole.keys[0]!))[0]).toBe(0);
    const words = await weft(['ledger', 'verify', path], {});
    expect(words.stdout).toContain(`${acts} rows, ${whole.signatures} signature`);
    expect(words.stderr).toContain('vouches only for itself');
    const packed = await exported(environment, 'ledger.jsonl.gz');
    expect((await verified(packed))[1]).toMatchObject({ ok: true, rows: acts });

    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const place = lines.findIndex((line) => line.includes('"line":"row"') && line.includes('"seq":4'));
    const at = lines[place]!.indexOf('granted');
    expect(at).toBeGreaterThan(0);
    const flipped = lines.with(place, `${lines[place]!.slice(0, at)}h${lines[place]!.slice(at + 1)}`);
    writeFileSync(path, `${flipped.join('\n')}\n`);
    expect(await verified(path)).toMatchObject([
      1,
      { ok: false, brokenAt: { seq: 4, why: 'content', line: place + 1 } },
    ]);
    expect((await weft(['ledger', 'verify', path], {})).stdout).toContain(`Broken at row 4 (line ${place + 1})`);
    writeFileSync(path, `${lines.toSpliced(place, 1).join('\n')}\n`);
    expect(await verified(path)).toMatchObject([1, { brokenAt: { seq: 4, why: 'missing' } }]);
    writeFileSync(path, 'no ledger\n');
    expect((await verified(path))[0]).toBe(1);
    expect((await weft(['ledger', 'verify', join(path, 'none')], {})).code).toBe(2);
  });

  it('a new key is vouched for by the one before it; the key of another site is not', {
    timeout: 120_000,
  }, async () => {
    const environment = await answered();
    const [, { keys }] = await verified(await exported(environment, 'before.jsonl'));
    const first = keys[0]!;
    const privateKey = readFileSync(join(environment.WEFT_DATA, 'ledger.key'), 'utf8');
    const { key, before } = (await told(['ledger', 'rotate'], environment)) as { key: string; before: string };
    expect(before).toBe(first);
    expect(key).not.toBe(first);
    expect(readFileSync(join(environment.WEFT_DATA, 'ledger.key'), 'utf8')).not.toBe(privateKey);

    const path = await exported(environment, 'after.jsonl');
    const [code, after] = await verified(path, first);
    expect([code, after]).toMatchObject([0, { ok: true, rows: acts, keys: [first, key] }]);
    // The new one came later than the old one, and cannot vouch for it.
    expect(await verified(path, key)).toMatchObject([1, { brokenAt: { why: 'key' } }]);

    const other = await answered();
    const theirs = await exported(other, 'theirs.jsonl');
    expect(await verified(theirs, first)).toMatchObject([1, { ok: false, brokenAt: { why: 'key' } }]);
    // A signature by a key whose public part was put in the place of the right one.
    const keyLine = (file: string): string =>
      readFileSync(file, 'utf8')
        .split('\n')
        .find((line) => line.includes('"line":"key"'))!;
    const forged = readFileSync(path, 'utf8').replace(keyLine(path), keyLine(theirs));
    writeFileSync(path, forged);
    expect((await verified(path))[0]).toBe(1);
  });

  it('rotate: needs the folder for itself, and a folder', { timeout: 60_000 }, async () => {
    const WEFT_DATA = temporary();
    const { child } = await collector(WEFT_DATA);
    const busy = await weft(['ledger', 'rotate'], { WEFT_DATA });
    expect([busy.code, busy.stderr]).toEqual([3, expect.stringContaining(`(pid ${child.pid}`)]);
    const none = await weft(['ledger', 'rotate'], { WEFT_DATA: join(WEFT_DATA, 'none') });
    expect(none.code).not.toBe(0);
  });

  it('doctor says how long it is, until where it is signed, and where it is broken', { timeout: 120_000 }, async () => {
    const environment = await answered();
    const line = async (...more: string[]): Promise<{ state: string; said: string }> => {
      const { stdout } = await weft(['doctor', '--json', ...more], environment);
      const { findings } = JSON.parse(stdout) as { findings: { what: string; state: string; said: string }[] };
      return findings.find(({ what }) => what === 'ledger')!;
    };
    expect(await line()).toMatchObject({
      state: 'ok',
      said: expect.stringMatching(/^6 rows; signed until row \d+, 20/),
    });
    expect((await line('--full')).said).toContain('last check now');

    const database = new Database(join(environment.WEFT_DATA, 'weft.sqlite'));
    database.exec('DROP TRIGGER consent_ledger_is_not_rewritten');
    database.exec("UPDATE consent_ledger SET kind = 'refuse' WHERE seq = 2");
    database.close();
    expect(await line('--full')).toMatchObject({ state: 'fail', said: expect.stringContaining('broken at row 2') });
    // The collector finds it by itself when it is started again, says so, and every look shows it.
    const { url, until } = await collector(environment.WEFT_DATA);
    await until('the consent ledger is broken');
    const shown = await fetch(`${url}/v1/ledger/verify`, { headers: { authorization: `Bearer ${secretKey}` } });
    expect(await shown.json()).toMatchObject({ ok: false, brokenAt: { seq: 2, why: 'content' } });
    await expect.poll(async () => (await line()).state, { timeout: 30_000 }).toBe('fail');
  });
});
