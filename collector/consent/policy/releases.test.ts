import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openProofs } from '../ledger/proofs.js';
import { openSite, receiptOf, start } from '../site.fixture.js';
import { PolicyError, type Source } from './policy.js';
import { enforce, holdersOf, noteStart, openReleases, policyReading, policyToStartWith } from './releases.js';

const folder = mkdtempSync(join(tmpdir(), 'weft-releases-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fileOf = (text: string): string => {
  files += 1;
  const path = join(folder, `${files}.json`);
  writeFileSync(path, text);
  return path;
};
const sourceOf = (json: unknown): Source => ({ text: JSON.stringify(json), own: {} });
const all = [{ id: 'measurement' }, { id: 'personalisation' }];
const v = (version: string, purposes: object[] = all) => ({ policy: { version }, purposes });

const opened = (json: unknown = v('1')) => {
  const site = openSite(json);
  const releases = openReleases(site.sql);
  noteStart(site.sql, releases, { policy: site.policy, source: sourceOf(json), how: 'start', trouble: [] }, start);
  let at = start;
  const publish = (next: unknown, over: string | null = null) => {
    at += 1_000;
    return enforce(site.sql, site.consent, releases, {
      source: sourceOf(next),
      by: 'staff_admin',
      how: 'editor',
      over,
      at,
    });
  };
  return { site, releases, publish };
};
const granting = (name: string, site: ReturnType<typeof openSite>) =>
  site.post(
    site.row({
      receipt: receiptOf(name),
      visitorId: `visitor-${name}-0123456789`,
      grants: ['measurement', 'personalisation'],
    }),
  );
const judged = (site: ReturnType<typeof openSite>, name: string, type: 'page' | 'identify', at: number) =>
  site.send({
    events: [
      {
        type,
        at,
        receivedAt: at,
        anonymousId: `visitor-${name}-0123456789`,
        userId: type === 'identify' ? 'u' : null,
        receipt: receiptOf(name),
      },
    ],
  }).codes[0];

describe('a policy that comes into force', () => {
  test('is noted with who published it and whom it asks again, and its words and document can be read for ever', () => {
    const { site, publish, releases } = opened();
    granting('a', site);
    expect(
      publish({ ...v('2', [{ id: 'measurement' }, { id: 'personalisation', retentionDays: 300 }]) }),
    ).toMatchObject({ kind: 'in-force', changed: true });
    expect(site.consent.policy.version).toBe('2');
    const reading = policyReading(site.sql);
    const [newest, first] = reading.policies(10);
    expect(newest).toMatchObject({
      version: '2',
      by: 'staff_admin',
      how: 'editor',
      holders: 1,
      reasked: [{ purpose: 'personalisation', holders: 1 }],
    });
    expect(first).toMatchObject({ version: '1', how: 'start', reasked: [] });
    const document = JSON.parse(reading.policyDocument(first!.configHash)!) as {
      texts: Record<string, { href: string }>;
    };
    const hash = /texts\/([0-9a-f]+)\.json/.exec(document.texts.de!.href)![1]!;
    expect(JSON.parse(reading.consentText(hash)!)).toMatchObject({ dir: 'ltr' });
    expect(reading.policySource(newest!.configHash)?.text).toContain('"2"');
    expect(releases.latest()?.version).toBe('2');
  });

  test('consent 23: makes receipts of the purpose that changed stale, and leaves the others', () => {
    const { site, publish } = opened();
    granting('a', site);
    expect(judged(site, 'a', 'identify', start + 500)).toBe('kept');
    publish(v('2', [{ id: 'measurement' }, { id: 'personalisation', retentionDays: 300 }]));
    expect(judged(site, 'a', 'identify', start + 5_000)).toBe('policy');
    expect(judged(site, 'a', 'page', start + 5_000)).toBe('kept');
  });

  test('a purpose that was taken out has lost its grants, also when it comes back under the same terms', () => {
    const { site, publish } = opened();
    granting('a', site);
    expect(publish(v('2', [{ id: 'measurement' }]))).toMatchObject({ kind: 'in-force' });
    expect(judged(site, 'a', 'page', start + 1_500)).toBe('kept');
    publish(v('3'));
    expect(judged(site, 'a', 'identify', start + 5_000)).toBe('purpose');
    expect(judged(site, 'a', 'page', start + 5_000)).toBe('kept');
  });

  test('one that is broken, or made from another than the one in force, changes nothing', () => {
    const { site, publish } = opened();
    const before = site.consent.policy.configHash;
    expect(publish({ purposes: [{ id: 'telepathy' }] })).toMatchObject({
      kind: 'refused',
      findings: [{ rule: 'purpose-unknown' }],
    });
    expect(publish(v('2'), 'another')).toEqual({ kind: 'conflict' });
    expect(site.consent.policy.configHash).toBe(before);
    expect(policyReading(site.sql).policies(10)).toHaveLength(1);
  });

  test('one that cannot be written is not in force either', () => {
    const { site } = opened();
    const before = site.consent.policy.configHash;
    const failing = {
      latest: () => null,
      note: () => {
        throw new Error('disk full');
      },
    };
    expect(() =>
      enforce(site.sql, site.consent, failing, {
        source: sourceOf(v('2')),
        by: 'x',
        how: 'editor',
        over: null,
        at: start,
      }),
    ).toThrow('disk full');
    expect(site.consent.policy.configHash).toBe(before);
  });

  test('a receipt of a policy this collector never had grants nothing, and is not counted as anybody’s', () => {
    const { site } = opened();
    site.post(
      site.row({
        receipt: receiptOf('x'),
        visitorId: 'visitor-x-0123456789',
        grants: ['measurement'],
        policy: { version: 'theirs', configHash: 'f'.repeat(64) },
      }),
    );
    expect(judged(site, 'x', 'page', start + 500)).toBe('policy');
  });

  test('holders are counted by what they answered, without an id', () => {
    const { site } = opened();
    for (const name of ['a', 'b', 'c']) granting(name, site);
    const holders = holdersOf(site.sql, start + 1);
    expect(holders).toMatchObject({ total: 3, groups: [{ holders: 3, policy: { version: '1' } }] });
    expect(JSON.stringify(holders)).not.toContain('visitor-');
    expect(holdersOf(site.sql, start + 400 * 86_400_000).total).toBe(0);
  });
});

describe('the policy of a start', () => {
  test('is the file’s; where that is broken the last good one, said with what is wrong; else there is no start', () => {
    const { releases } = opened();
    expect(policyToStartWith(releases, fileOf(JSON.stringify(v('9'))))).toMatchObject({
      policy: { version: '9' },
      how: 'start',
      trouble: [],
    });
    expect(policyToStartWith(releases, fileOf('{"policy":'))).toMatchObject({
      policy: { version: '1' },
      trouble: [{ rule: 'not-json', line: 1 }],
    });
    expect(policyToStartWith(releases, join(folder, 'none.json'))).toMatchObject({
      policy: { version: '1' },
      trouble: [{ rule: 'file' }],
    });
    const nothing = { latest: () => null, note: () => {} };
    expect(() => policyToStartWith(nothing, fileOf('{"policy":'))).toThrow(PolicyError);
  });

  test('without a file it is what staff published, else the one that ships', () => {
    const { releases, publish } = opened();
    expect(policyToStartWith(releases, null)).toMatchObject({ how: 'shipped', policy: { version: '1' } });
    const demo = { text: JSON.stringify(v('of the demo')), own: {} };
    expect(policyToStartWith(releases, null, demo)).toMatchObject({
      policy: { version: 'of the demo' },
      how: 'shipped',
    });
    publish(v('from the dashboard'));
    expect(policyToStartWith(releases, null)).toMatchObject({
      policy: { version: 'from the dashboard' },
      how: 'editor',
    });
    expect(policyToStartWith(releases, null, demo)).toMatchObject({ policy: { version: 'from the dashboard' } });
  });
});

describe('a release', () => {
  const file = (retentionDays: number, compatibleWith: string[] = []) => ({
    policy: { version: `days-${retentionDays}` },
    purposes: [
      { id: 'necessary', always: true },
      { id: 'measurement', retentionDays, compatibleWith },
    ],
  });
  const kinds = (site: ReturnType<typeof openSite>) =>
    site.sql
      .prepare<{ kind: string }>('SELECT kind FROM consent_ledger ORDER BY seq')
      .all()
      .map(({ kind }) => kind);

  test('consent 23: that asks a purpose again is one row of the ledger, whoever held it', () => {
    const first = openSite(file(90));
    first.post(first.row({ receipt: receiptOf('mine'), visitorId: null, grants: ['measurement'] }));
    const second = openSite(file(200), first.sql);
    expect(kinds(second)).toEqual(['grant', 'restale']);
    const row = second.sql
      .prepare<{ decisions: string; policy: string }>("SELECT * FROM consent_ledger WHERE kind = 'restale'")
      .get()!;
    expect(JSON.parse(row.decisions)).toMatchObject([{ purpose: 'measurement', value: 'unset', source: 'policy' }]);
    expect(JSON.parse(row.policy)).toEqual({ version: 'days-200', configHash: second.policy.configHash });
    expect(openProofs(second.sql).ledgerCheck({ full: true }).ok).toBe(true);
  });
  test('consent 24: that asks nothing again is none', () => {
    const first = openSite(file(90));
    const hash = first.policy.purposes[0]!.materialHash;
    openSite(file(90), first.sql);
    const second = openSite(file(60, [hash]), first.sql);
    expect(kinds(second)).toEqual([]);
  });
});
