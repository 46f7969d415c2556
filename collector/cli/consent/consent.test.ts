// The commands of consent files as their users run them, and a collector whose file changes beneath it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../consent/policy/policy.js';
import { start, temporary, weft } from '../weft.fixture.js';

const good = {
  policy: { version: '3', links: { privacy: '/privacy' } },
  controller: { name: 'Example', contact: 'office' },
  purposes: [
    { id: 'necessary', always: true },
    { id: 'measurement', retentionDays: 395, data: ['pages', 'cart'] },
    { id: 'personalisation', retentionDays: 180, data: ['profile', 'cart'] },
  ] as Record<string, unknown>[],
};
const changed = (terms: object) => ({
  ...good,
  purposes: good.purposes.map((one) => (one.id === 'personalisation' ? { ...one, ...terms } : one)),
});
const opened = () => {
  const folder = temporary();
  const put = (name: string, json: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof json === 'string' ? json : `${JSON.stringify(json, null, 2)}\n`);
    return path;
  };
  return { folder, put, data: { WEFT_DATA: join(folder, 'data') } };
};
const keys = {
  WEFT_SECRET_KEY: 'sk_test_0123456789',
  WEFT_WRITE_KEY: 'wk_test_0123456789',
  WEFT_ADMIN_PASSWORD: 'correct horse',
};
const serving = async (data: Record<string, string>, file: string) => {
  const served = start(['serve'], { PORT: '0', ...data, ...keys, WEFT_CONSENT: file });
  let said = '';
  let wrong = '';
  served.child.stdout!.on('data', (chunk) => {
    said += String(chunk);
  });
  served.child.stderr!.on('data', (chunk) => {
    wrong += String(chunk);
  });
  await served.until('Ctrl+C');
  const url = /http:\/\/[\d.]+:\d+/.exec(said)![0];
  const version = async () =>
    ((await (await fetch(`${url}/v1/config`)).json()) as { policy: { version: string } }).policy.version;
  return { ...served, url, version, said: () => said, wrong: () => wrong };
};
const patience = { timeout: 60_000, interval: 200 };
const receipt = (name: string) => name.padEnd(22, '_');
const grant = (url: string, name: string, policy: object, purposes: { id: string; materialHash: string }[]) =>
  fetch(`${url}/v1/consent`, {
    method: 'POST',
    body: JSON.stringify({
      writeKey: keys.WEFT_WRITE_KEY,
      receipt: receipt(name),
      kind: 'grant',
      visitorId: `visitor-${name}-0123456789`,
      policy,
      decisions: purposes.map(({ id, materialHash }) => ({
        purpose: id,
        value: 'granted',
        source: 'user',
        materialHash,
      })),
    }),
  });

describe('weft consent lint', () => {
  test('ends with 0 and the table for a good file, with 1 and every finding for a bad one, with 2 for none', async () => {
    const { put, data, folder } = opened();
    const fine = await weft(['consent', 'lint', put('good.json', good), '--table', '--locale', 'de'], data);
    expect([fine.code, fine.stdout.split('\n')[1]]).toEqual([0, '| --- | --- | --- | --- | --- |']);
    const french = put('french.json', { ...good, locales: { default: 'fr', files: { fr: null } } });
    const absent = await weft(['consent', 'lint', french, '--table', '--locale', 'de'], data);
    expect([absent.code, absent.stdout]).toEqual([2, '']);
    expect(absent.stderr).toContain('french.json offers no words in “de”, but in fr.\n→ ');
    const bad = await weft(
      ['consent', 'lint', put('bad.json', { ...good, decision: { onClose: 'accept' }, desision: {} })],
      data,
    );
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/ERROR {2}bad\.json: line \d+, column \d+: decision\.onClose: .*\[on-close-accepts\]/);
    expect(bad.stdout).toContain('Did you mean "decision"?');
    const json = await weft(['consent', 'lint', join(folder, 'bad.json'), '--json'], data);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.objectContaining({ rule: 'unknown-key' })]),
    });
    expect((await weft(['consent', 'lint', join(folder, 'none.json')], data)).code).toBe(2);
    const bare = put('bare.json', { ...good, controller: {} });
    expect((await weft(['consent', 'lint', bare], data)).code).toBe(0);
    expect((await weft(['consent', 'lint', bare, '--strict'], data)).code).toBe(1);
  });
});

describe('weft consent import', () => {
  test('writes the file and its words into a folder, never over what is there, and says what it refused', async () => {
    const { put, data, folder } = opened();
    const config = put(
      'klaro.js',
      "var klaroConfig = { translations: { en: { decline: 'No thanks' } }, services: [{ name: 'stats', default: true, purposes: ['analytics'] }] };",
    );
    const out = join(folder, 'consent');
    const done = await weft(['consent', 'import', '--from', 'klaro', config, '--out', out], data);
    expect(done.code).toBe(0);
    expect(done.stderr).toContain('"stats" is switched on before anybody said so');
    expect(JSON.parse(readFileSync(join(out, 'en.json'), 'utf8'))).toEqual({ layer1: { reject: 'No thanks' } });
    expect((await weft(['consent', 'import', '--from', 'klaro', config, '--out', out], data)).code).toBe(4);
    expect((await weft(['consent', 'import', '--from', 'cookiebot', config], data)).code).toBe(2);
    const piped = await weft(['consent', 'import', '--from', 'klaro', config], data);
    expect(JSON.parse(piped.stdout)).toMatchObject({ locales: { files: { en: null } } });
  });
});

describe('a collector whose consent file changes', () => {
  test('takes the new policy without a restart, keeps the last good one when it breaks, and starts with it again', async () => {
    const { put, data, folder } = opened();
    const file = put('consent.json', good);
    const served = await serving(data, file);
    expect(await served.version()).toBe('3');
    put('consent.json', { ...good, policy: { ...good.policy, version: '4' } });
    await expect.poll(served.version, patience).toBe('4');
    put('consent.json', '{\n  "policy": {"version": "5"},\n  "purposes": [{"id": "telepathy"}]\n}');
    served.child.kill('SIGHUP');
    await expect.poll(served.said, patience).toContain('"telepathy\\" is no purpose');
    expect(served.said()).toContain('line 3, column 17');
    expect(await served.version()).toBe('4');
    served.child.kill('SIGTERM');
    await served.ended;

    const again = await serving(data, file);
    await expect.poll(again.wrong, patience).toContain('the last good policy is in force instead');
    expect(await again.version()).toBe('4');
    again.child.kill('SIGTERM');
    await again.ended;

    // Nothing was ever good here: then there is nothing to go on with.
    const fresh = await weft(['serve'], { PORT: '0', WEFT_DATA: join(folder, 'empty'), ...keys, WEFT_CONSENT: file });
    expect(fresh.code).toBe(78);
    expect(fresh.stderr).toContain('line 3, column 17: purposes.0.id: "telepathy" is no purpose Weft knows');
  });

  test('consent 23: counts whom a change asks again, in the folder and over HTTP; what narrows is noted and asks nobody', async () => {
    const { put, data } = opened();
    const file = put('consent.json', good);
    const wider = put('wider.json', changed({ retentionDays: 365 }));
    const narrower = put('narrower.json', changed({ retentionDays: 90 }));
    const policy = parsePolicy(good);
    const under = { version: policy.version, configHash: policy.configHash };
    const served = await serving(data, file);
    const purposes = policy.purposes.map(({ id, materialHash }) => ({ id, materialHash }));
    expect((await grant(served.url, 'a', under, purposes)).status).toBe(200);
    expect((await grant(served.url, 'b', under, purposes.slice(0, 1))).status).toBe(200);
    // Somebody else's policy: its receipt is kept as said, and grants nothing.
    expect((await grant(served.url, 'c', { version: 'x', configHash: 'f'.repeat(64) }, purposes)).status).toBe(200);

    const over = await weft(['consent', 'diff', file, wider, '--url', served.url], { ...data, ...keys });
    expect(over.stdout).toContain('this change re-asks personalisation for about');
    const here = await weft(['consent', 'diff', file, wider, '--json', '--strict'], data);
    expect(here.code).toBe(1);
    expect(JSON.parse(here.stdout)).toMatchObject({ reasked: [{ purpose: 'personalisation' }], others: [] });

    const proposed = await weft(['consent', 'diff', file, narrower], data);
    expect(proposed.stdout).toContain('only narrow what was agreed to');
    const written = await weft(['consent', 'diff', file, narrower, '--write', '--strict'], data);
    expect([written.code, written.stdout.includes('Nothing is asked again.')]).toEqual([0, true]);
    const kept = JSON.parse(readFileSync(narrower, 'utf8')) as typeof good;
    expect(kept.purposes[2]?.compatibleWith).toEqual([policy.purposes[1]?.materialHash]);

    // What the door makes of it: under the narrower terms the receipt stands, under the wider ones it is stale.
    const send = async (name: string) => {
      const answer = await fetch(`${served.url}/v1/batch`, {
        method: 'POST',
        body: JSON.stringify({
          writeKey: keys.WEFT_WRITE_KEY,
          batch: [
            {
              type: 'identify',
              messageId: `m-${name}`,
              anonymousId: 'visitor-a-0123456789',
              userId: 'u-1',
              context: { consent: { receipt: receipt('a') }, sessionId: 's-1' },
            },
          ],
        }),
      });
      return (await answer.json()) as { accepted: number; dropped: { code: string }[]; state?: string };
    };
    writeFileSync(file, readFileSync(narrower));
    await expect
      .poll(async () => (await fetch(`${served.url}/consent/config.json`)).headers.get('etag'), patience)
      .not.toBe(`"${policy.configHash}"`);
    expect(await send('narrow')).toMatchObject({ accepted: 1 });
    writeFileSync(file, readFileSync(wider));
    await expect.poll(async () => (await send(`wide-${Date.now()}`)).dropped[0]?.code, patience).toBe('policy');
    served.child.kill('SIGTERM');
    await served.ended;
  });
});
