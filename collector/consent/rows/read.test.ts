import { describe, expect, test } from 'vitest';
import { openSite } from '../site.fixture.js';
import { uiOf } from './fields.js';
import { acceptedRow, all, countsOf, KS, MP, r1, r2 } from './rows.fixture.js';

describe('the ledger', () => {
  test('is append-only: not even the collector can change or delete a row', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, grants: ['measurement'] }));
    expect(() => site.sql.prepare("UPDATE consent_ledger SET kind = 'refuse'").run()).toThrow('append-only');
    expect(() => site.sql.prepare('DELETE FROM consent_ledger').run()).toThrow('append-only');
  });

  test('is the same row with the script’s version, which stands in one that travels alone, and without', () => {
    const site = openSite();
    const row = site.row({ receipt: r1, visitorId: 'v1', grants: MP });
    const first = site.post({ ...row, sdkVersion: '0.1.0' });
    expect(first).toMatchObject({ kind: 'accepted' });
    for (const again of [row, { ...row, sdkVersion: '0.2.0' }])
      expect(site.post(again)).toMatchObject({ kind: 'same', seq: first.kind === 'accepted' && first.seq });
    expect(site.post({ ...row, clientAt: null })).toEqual({ kind: 'conflict' });
    const told = site.sql.prepare<{ sdk: string }>('SELECT sdk_version AS sdk FROM consent_ledger').all();
    expect(told).toEqual([{ sdk: '0.1.0' }]);
  });

  test('keeps the language of a refusal that names no hash of its words', () => {
    const site = openSite();
    site.post(site.row({ kind: 'refuse', denies: MP, text: { locale: 'fr' } }));
    expect(site.sql.prepare<{ text: string }>('SELECT text FROM consent_ledger').all()).toEqual([
      { text: '{"locale":"fr"}' },
    ]);
    expect(site.consent.countsOf('2026-11-01')).toMatchObject([{ what: 'refuse', locale: 'fr' }]);
  });

  test('keeps who said what under which terms, region and signal', () => {
    const site = openSite();
    site.post(
      site.row({
        receipt: r1,
        visitorId: 'v1',
        grants: MP,
        denies: KS,
        gpc: { js: true, ack: true },
        cmp: { name: 'own', version: '2' },
        age: { gate: 'passed' },
        sdkVersion: '0.1.0',
      }),
      { gpc: true, country: 'FR' },
    );
    const [row] = site.sql.prepare<Record<string, string>>('SELECT * FROM consent_ledger').all();
    const read = (column: string) => JSON.parse(row?.[column] ?? 'null');
    expect(read('decisions')).toHaveLength(4);
    expect(read('decisions')[0]).toEqual({
      purpose: 'measurement',
      value: 'granted',
      source: 'user',
      materialHash: site.policy.purposes[0]?.materialHash,
      basis: 'consent',
    });
    expect(read('policy')).toEqual({ version: site.policy.version, configHash: site.policy.configHash });
    expect(read('jurisdiction')).toEqual({ code: 'FR', model: 'opt-in', how: 'cdn' });
    expect(read('gpc')).toEqual({ header: true, js: true, ack: true });
    expect(read('age')).toEqual({ gate: 'passed' });
    expect(read('cmp')).toEqual({ name: 'own', version: '2' });
    expect(row).toMatchObject({ origin: 'https://shop.example', sdk_version: '0.1.0' });
    expect(row?.hash).toHaveLength(32);
    expect(row?.subject_key).toHaveLength(16);
  });
});

describe('how a layer looked', () => {
  const isVersion = (version: string) => version === 'No. 3 & more';
  test.each([
    'on=measurement,personalisation&has=receipt,device&odd=marketing&objected=sharing',
    'ask=personalisation&since=2026-11-01&on=measurement&has=counts',
    'since=3%2B1',
    'since=No.+3+%26+more&on=measurement',
    'B',
  ])('section 5: %s is kept, so that its receipt can be drawn again', (variant) => {
    expect(uiOf({ layer: 'preferences', action: 'save', variant }, isVersion)).toEqual({
      layer: 'preferences',
      action: 'save',
      variant,
    });
  });
  test.each([
    'on=ada@shop.test',
    'on=measurement&who=ada',
    'since=ada%40shop.test',
    'has=receipt,ada',
    '/reset?on=measurement',
    `on=${'measurement,'.repeat(60)}measurement`,
    { on: 'measurement' },
  ])('consent 27: %j is no such thing, and nothing of it is kept', (variant) => {
    expect(uiOf({ layer: 'first', variant }, isVersion)).toEqual({ layer: 'first' });
  });
});

describe('a row in the tables', () => {
  test('consent 27: whatever a page stuffs into it, no address, path or sentence reaches any table', () => {
    const site = openSite();
    const stuffed = {
      ...site.row({ receipt: r1, visitorId: 'v-1', grants: all }),
      ui: { layer: 'first', action: 'a@b.c', variant: '/reset/eyJhbGciOi?email=a@b.c', url: 'https://shop.example/x' },
      text: { locale: 'a@b.c', sha256: 'ok' },
      policy: { version: 'a@b.c' },
      cmp: { name: 'own', tcString: '<a@b.c>' },
      epoch: 'a@b.c',
      page: { url: 'https://shop.example/reset?email=a@b.c' },
      jurisdiction: { code: 'a@b.c' },
      sdkVersion: 'a@b.c',
    };
    const door = site.consent.acceptRow(stuffed, {
      receivedAt: site.now,
      gpc: false,
      origin: 'https://shop.example/reset?email=a@b.c',
      country: null,
    });
    acceptedRow(door);
    expect(site.dump()).not.toContain('a@b.c');
    expect(site.dump()).not.toContain('reset');
    expect(site.dump()).toContain('https://shop.example');
  });

  test('leaves no visitor id, user id or contact in the clear in any table', () => {
    const site = openSite();
    site.send({
      row: site.row({ receipt: r1, visitorId: 'visitor-in-the-clear', grants: all }),
      events: [{ receipt: r1, anonymousId: 'visitor-in-the-clear', userId: 'user-in-the-clear', type: 'identify' }],
    });
    site.now += 60_000;
    site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'visitor-in-the-clear', kind: 'withdraw' }));
    expect(site.consent.deniedOf('user-in-the-clear')).toEqual(all);
    expect(site.dump()).not.toContain('in-the-clear');
  });

  test('labels of the counters come from the site, never from a row', () => {
    const site = openSite();
    site.post(site.row({ kind: 'refuse', policy: { version: 'mine', configHash: 'mine' } }));
    site.post(site.row({ kind: 'refuse', policy: { version: 'mine', configHash: site.policy.configHash } }));
    site.post(site.row({ kind: 'refuse', policy: '1' }));
    expect(countsOf(site)).toEqual([
      { what: 'refuse', policy: '1', model: 'opt-in', count: 2 },
      { what: 'refuse', policy: 'unknown', model: 'opt-in', count: 1 },
    ]);
  });
});
