// Proofs over HTTP, from the real process on a real file: the ledger checked, exported, and a receipt shown.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../config.js';
import { checkExport } from '../consent/ledger/check-export.js';
import { type LedgerCheck, ledgerCheck, type ReceiptProof, receiptProof, toldRates } from '../contract/proofs.js';
import { type Served, serve } from '../serve.js';
import { secretCredential } from '../site/keys.js';
import { runKeys } from '../site/store.js';
import { openSqlite } from '../store/sqlite.js';

const writeKey = 'wk_test_0123456789';
const privacyKey = 'sk_test_privacy_0123';
const plainKey = 'sk_test_plain_012345';
let folder: string;
let served: Served;
let configHash: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-proofs-'));
  const open = (): Promise<Served> =>
    serve(
      readConfig({
        PORT: '0',
        WEFT_DATA: folder,
        WEFT_SECRET_KEY: privacyKey,
        WEFT_WRITE_KEY: writeKey,
        WEFT_ADMIN_PASSWORD: 'correct horse',
        WEFT_ORIGINS: 'https://shop.example',
      }),
    );
  served = await open();
  await served.close();
  const store = openSqlite(join(folder, 'weft.sqlite'));
  runKeys(store, 'create', secretCredential(plainKey, { label: 'plain', seeded: false, at: 1 }, { roles: [] }));
  store.close();
  served = await open();
  const config = (await (await fetch(`${served.url}/v1/config`)).json()) as { policy: { configHash: string } };
  ({ configHash } = config.policy);
});
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

const receiptOf = (n: number): string => `receipt${n}`.padEnd(22, '_');
const rowOf = (n: number, more: Record<string, unknown> = {}) => ({
  receipt: receiptOf(n),
  kind: 'grant',
  visitorId: `visitor-${n}`,
  epoch: 'e1',
  supersedes: null,
  decisions: ['measurement', 'personalisation'].map((purpose) => ({ purpose, value: 'granted', source: 'user' })),
  policy: { configHash },
  text: { locale: 'fr', sha256: 'ab'.repeat(32) },
  ui: { layer: 'first', action: 'accept-all' },
  gpc: { js: false, ack: false },
  clientAt: new Date().toISOString(),
  ...more,
});
const post = (row: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${served.url}/v1/consent`, {
    method: 'POST',
    headers: { origin: 'https://shop.example', ...headers },
    body: JSON.stringify({ writeKey, ...row }),
  });
const get = (path: string, key: string | null = privacyKey, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${served.url}${path}`, { headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers } });
const check = async (query = ''): Promise<LedgerCheck> => {
  const response = await get(`/v1/ledger/verify${query}`);
  expect(response.status).toBe(200);
  return ledgerCheck.parse(await response.json());
};
const receipt = async (n: number, key: string | null = privacyKey): Promise<ReceiptProof> =>
  receiptProof.parse(await (await get(`/v1/receipts/${receiptOf(n)}`, key)).json());

describe('the ledger over HTTP', () => {
  it('is checked from where the last check ended, and whole on demand', async () => {
    expect((await post(rowOf(1))).status).toBe(200);
    const first = await check();
    expect(first).toMatchObject({ ok: true, complete: true, fullAt: null });
    expect((await post(rowOf(2))).status).toBe(200);
    expect(await check()).toMatchObject({ ok: true, from: first.through + 1, through: first.through + 1 });
    expect(await check('?full=1')).toMatchObject({ ok: true, from: 1, complete: true, next: null });
    expect((await check()).fullAt).not.toBeNull();
  });

  it('is signed by the process itself, within moments of its first row', async () => {
    await expect.poll(async () => (await check()).signatures, { timeout: 20_000 }).toBeGreaterThan(0);
    const { keys, signedAt } = await check();
    expect(signedAt).not.toBeNull();
    expect(keys).toHaveLength(1);
    expect(readFileSync(join(folder, 'ledger.key'), 'utf8')).toContain('PRIVATE KEY');
  });

  it('is exported so that a third party can check it, with the page of code that the documentation shows', async () => {
    const response = await get('/v1/ledger/export');
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const text = await response.text();
    const { keys } = await check();
    expect(await checkExport(text.trimEnd().split('\n'), [keys[0]!.id])).toMatchObject({ ok: true });

    const page = readFileSync(fileURLToPath(new URL('../../docs/privacy.md', import.meta.url)), 'utf8');
    const code = /```js\n(\/\/ verify-ledger\.mjs[\s\S]*?)```/.exec(page)?.[1];
    expect(code).toBeDefined();
    const program = join(folder, 'verify-ledger.mjs');
    const file = join(folder, 'ledger.jsonl');
    writeFileSync(program, code!);
    writeFileSync(file, text);
    const whole = spawnSync(process.execPath, [program, file, keys[0]!.id], { encoding: 'utf8' });
    expect(whole.stderr).toBe('');
    expect(whole.status).toBe(0);
    for (const [find, put] of [
      ['"granted"', '"denied"'],
      ['"signature":"', '"signature":"AA'],
      [`"${keys[0]!.id}"`, '"0123456789abcdef0123456789abcdef"'],
    ] as const) {
      expect(text).toContain(find);
      writeFileSync(file, text.replace(find, put));
      expect(spawnSync(process.execPath, [program, file, keys[0]!.id]).status).not.toBe(0);
    }
    const strange = spawnSync(process.execPath, [program, file, 'another'], { encoding: 'utf8' });
    expect(strange.status).not.toBe(0);
  });

  it('is refused to whoever lacks the role, and says how it is asked', async () => {
    for (const path of ['/v1/ledger/verify', '/v1/ledger/export']) {
      expect((await get(path, null)).status).toBe(401);
      expect((await get(path, plainKey)).status).toBe(403);
      expect((await get(path, writeKey)).status).toBe(403);
    }
    const wrong = await get('/v1/ledger/verify?cursor=x');
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('full=1');
  });
});

describe('the audit log', () => {
  it('has a row for each receipt read by key, each export and each whole check, and none for the person', async () => {
    await post(rowOf(20));
    const rows = async (): Promise<string[]> => {
      const store = openSqlite(join(folder, 'weft.sqlite'), [], { readonly: true });
      const found = store
        .prepare<{ what: string; by: string; detail: string | null }>(
          'SELECT what, by, detail FROM audit_log ORDER BY seq',
        )
        .all();
      store.close();
      expect(found.every((row) => row.by !== '' && row.detail === null)).toBe(true);
      return found.map(({ what }) => what).filter((what) => /^(receipt|ledger)\./.test(what));
    };
    const before = (await rows()).length;
    await get(`/v1/receipts/${receiptOf(20)}`, null);
    await get(`/v1/receipts/${receiptOf(999)}`);
    await check();
    await get(`/v1/receipts/${receiptOf(20)}`);
    await (await get('/v1/ledger/export')).text();
    await check('?full=1');
    await expect
      .poll(async () => (await rows()).slice(before), { timeout: 20_000 })
      .toEqual(['receipt.read', 'ledger.export', 'ledger.verify']);
  });
});

describe('a receipt', () => {
  it('says what was decided, what was shown, whether it stands and where it is in the chain', async () => {
    await post(rowOf(10, { age: { gate: 'passed' }, sdkVersion: '0.1.0' }), { 'cf-ipcountry': 'FR' });
    const shown = await receipt(10);
    expect(shown).toMatchObject({
      state: 'valid',
      kind: 'grant',
      subject: 'linked',
      policy: { configHash, known: true },
      jurisdiction: { code: 'FR', model: 'opt-in', how: 'cdn' },
      age: { gate: 'passed' },
      origin: 'https://shop.example',
      chain: { fits: true },
    });
    expect(shown.decisions.map((one) => [one.purpose, one.value, one.basis, one.stands])).toEqual([
      ['measurement', 'granted', 'consent', true],
      ['personalisation', 'granted', 'consent', true],
    ]);
    expect(shown.shown?.textsHash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(shown.shown?.texts)).toContain('Tout accepter');
    // Nothing of the person.
    expect(JSON.stringify({ ...shown, shown: null })).not.toContain('visitor-10');
  });

  it('is superseded, then withdrawn, and each names what followed', async () => {
    await post(rowOf(11));
    const denies = { purpose: 'personalisation', value: 'denied', source: 'user' };
    await post(
      rowOf(12, {
        kind: 'update',
        visitorId: 'visitor-11',
        supersedes: receiptOf(11),
        decisions: [{ purpose: 'measurement', value: 'granted', source: 'user' }, denies],
      }),
    );
    expect(await receipt(11)).toMatchObject({ state: 'superseded', supersededBy: { receipt: receiptOf(12) } });
    await post(rowOf(13, { kind: 'withdraw', visitorId: 'visitor-11', supersedes: receiptOf(12), decisions: [] }));
    expect((await receipt(12)).state).toBe('withdrawn');
    expect((await receipt(13)).state).toBe('withdrawn');
    expect((await receipt(12)).decisions.some((one) => one.stands)).toBe(false);
  });

  it('of an erased person proves that it was given, and leads to nobody', async () => {
    await post(rowOf(14));
    const erased = await fetch(`${served.url}/v1/privacy/erasures`, {
      method: 'POST',
      body: JSON.stringify({ visitorId: 'visitor-14', receipt: receiptOf(14) }),
    });
    expect(erased.status).toBe(202);
    await expect.poll(async () => (await receipt(14)).state, { timeout: 20_000 }).toBe('erased');
    expect(await receipt(14)).toMatchObject({ subject: 'erased', chain: { fits: true } });
    expect(await check('?full=1')).toMatchObject({ ok: true });
  });

  it('is shown to whoever holds it, without a key', async () => {
    expect((await receipt(10, null)).receipt).toBe(receiptOf(10));
    expect((await get(`/v1/receipts/${receiptOf(10)}`, plainKey)).status).toBe(403);
  });

  it('that is unknown is a 404 with the next step, as JSON and as a page', async () => {
    for (const id of [receiptOf(999), 'short', '%00', `${receiptOf(10)}x`, "' OR 1=1 --"]) {
      const response = await get(`/v1/receipts/${encodeURIComponent(id)}`, null);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('22 characters');
    }
    const page = await get(`/v1/receipts/${receiptOf(999)}`, null, { accept: 'text/html' });
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('22 characters');
  });

  it('is a page that can be read without a script, under a policy that lets nothing in', async () => {
    const response = await get(`/v1/receipts/${receiptOf(10)}`, null, { accept: 'text/html,*/*;q=0.8' });
    const html = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(html).toContain('Valid: it stands as it was given.');
    expect(html).toContain('Tout accepter');
    expect(html).toContain('the button that accepts all');
    expect(html).toContain('✓ Row ');
    expect(html).not.toMatch(/ style=| onclick=|<script>(?!\{)/);
  });

  it('has the banner as text, as it was shown, and says whether its words have the hash of the row', async () => {
    const pageOf = async (n: number): Promise<string> =>
      (await get(`/v1/receipts/${receiptOf(n)}`, null, { accept: 'text/html' })).text();
    const changed = await pageOf(10);
    expect(changed).toContain('✗ The words below have the hash');
    expect(changed).toContain('Statistiques de visite</span> <code>measurement</code>');
    // No more of that language than this layer shows.
    const layer = /<div class="layer" lang="fr".*?<\/div>/.exec(changed)![0];
    expect(layer.match(/(?<=>)[^<>]+(?=<)/g)).toEqual([
      'Votre choix',
      expect.stringMatching(/Statistiques de visite, Profil personnel, Messages et publicité/),
      'Tout refuser',
      'Tout accepter',
      'Choisir',
    ]);
    const sha256 = /✗ The words below have the hash <code>([0-9a-f]{64})/.exec(changed)![1]!;
    await post(rowOf(16, { text: { locale: 'fr', sha256 } }));
    expect(await pageOf(16)).toContain('✓ The words below have the hash of the row');
    await post(rowOf(17, { text: { locale: 'fr' } }));
    const unhashed = await pageOf(17);
    expect(unhashed).toContain('no hash of the words');
    expect(unhashed).not.toMatch(/class="match no"|the row’s is/);
    await post(rowOf(18, { ui: { layer: 'own-cmp' } }));
    expect(await pageOf(18)).toContain('the site’s own consent tool or a call of the page');
  });

  it('shows a hostile row as text', async () => {
    const evil = '</script><img src=x onerror=alert(1)>';
    await post(rowOf(15, { ui: { layer: evil, action: 'accept-all', variant: evil }, text: { locale: evil } }));
    const html = await (await get(`/v1/receipts/${receiptOf(15)}`, null, { accept: 'text/html' })).text();
    expect(html).not.toContain('<img src=x');
  });
});

describe('GET /v1/consent/rates', () => {
  it('tells the privacy team of sums alone, narrowed, and of none that is small', async () => {
    for (let n = 500; n < 526; n += 1)
      await post(rowOf(n, { text: { locale: n % 2 === 0 ? 'fr' : 'de', sha256: 'ab'.repeat(32) } }));
    expect((await get('/v1/consent/rates', plainKey)).status).toBe(403);
    expect((await get('/v1/consent/rates', null)).status).toBe(401);
    const response = await get('/v1/consent/rates?locale=fr');
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const body = await response.text();
    const rates = toldRates.parse(JSON.parse(body));
    expect(rates.only).toEqual({ region: null, locale: 'fr', layer: null });
    expect(rates.total.answers).toBeGreaterThanOrEqual(12);
    expect(rates.byLocale.map(({ key }) => key)).toEqual(['fr']);
    for (const list of [rates.byDay, rates.byRegion, rates.byAction, rates.byPolicy])
      for (const { answers } of list) expect(answers).toBeGreaterThanOrEqual(10);
    expect(body).not.toMatch(/visitor-|receipt/);
    const none = toldRates.parse(await (await get('/v1/consent/rates?locale=xx')).json());
    expect([none.total.answers, none.byDay, none.kinds]).toEqual([0, [], {}]);
    for (const bad of ['?from=x', '?who=1', `?region=${'x'.repeat(41)}`])
      expect((await get(`/v1/consent/rates${bad}`)).status).toBe(400);
  });
});
