import { describe, expect, test } from 'vitest';
import { dayMs, openSite, start } from '../site.fixture.js';
import { acceptedRow, all, countsOf, ledger, MP, probe, r1, r2, r3 } from './rows.fixture.js';

describe('a consent row', () => {
  test('is kept with the server’s time as authority, and expires 180 days later', () => {
    const site = openSite();
    const result = acceptedRow(site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all })));
    expect(result).toMatchObject({ receipt: r1, seq: 1, at: start, expiresAt: start + 180 * dayMs, withdrawal: null });
    expect(ledger(site)).toMatchObject([{ kind: 'grant', receipt: r1, epoch: 'e1' }]);
    expect(probe(site, r1)).toBe('measurement,personalisation,marketing,sharing');
  });

  test('sent again is answered the same, whichever way it comes, and changes nothing', () => {
    const site = openSite();
    const row = site.row({ receipt: r1, visitorId: 'v1', grants: all });
    const first = acceptedRow(site.send({ row }).row);
    site.now += 5_000;
    const again = site.post({ writeKey: 'wk_1', ...row });
    expect(again).toEqual({ ...first, kind: 'same' });
    expect(ledger(site)).toHaveLength(1);
  });

  test('with another body under the same receipt is a conflict, and the first one stands', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: ['measurement'] }));
    const { row, codes } = site.send({
      row: site.row({ receipt: r1, visitorId: 'v1', grants: all }),
      events: [{ receipt: r1, anonymousId: 'v1' }],
    });
    expect(row).toEqual({ kind: 'conflict' });
    expect(codes).toEqual(['kept']);
    expect(site.events[0]?.purposes).toEqual(['measurement']);
  });

  test('cannot speak for a device without one of its receipts', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all }));
    const forbidden = { kind: 'forbidden' };
    expect(site.post(site.row({ receipt: r2, visitorId: 'v1', grants: all }))).toEqual(forbidden);
    expect(site.post(site.row({ receipt: r2, visitorId: 'v1', grants: all, supersedes: r3 }))).toEqual(forbidden);
    expect(site.post(site.row({ receipt: r2, visitorId: 'v1', kind: 'withdraw', supersedes: r3 }))).toEqual(forbidden);
    expect(site.post(site.row({ receipt: r2, visitorId: 'v1', kind: 'withdraw' }))).toEqual(forbidden);
    site.post(site.row({ receipt: r3, visitorId: 'v3', grants: all }));
    expect(site.post(site.row({ receipt: r2, visitorId: 'v1', kind: 'withdraw', supersedes: r3 }))).toEqual(forbidden);
    expect(probe(site, r1)).toBe('measurement,personalisation,marketing,sharing');
    expect(site.consent.isOut('visitorId', 'v1')).toBe(false);
  });

  test('of a receipt bound to one device does not serve another', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all }));
    expect(probe(site, r1, 'v2')).toBe('no_receipt');
    expect(probe(site, r1, 'v1')).not.toBe('no_receipt');
    expect(probe(site, r1, 'v2')).toBe('no_receipt');
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no receipt', { receipt: null, grants: ['measurement'] }, 'receipt'],
    ['a receipt that is none', { receipt: 'short', grants: ['measurement'] }, 'receipt'],
    ['personalisation without a visitor', { receipt: r1, grants: MP }, 'visitorId'],
    ['itself as predecessor', { receipt: r1, supersedes: r1, grants: ['measurement'] }, 'supersedes'],
    ['a kind that only the collector writes', { receipt: r1, kind: 'account-sync' }, 'kind'],
    ['no known kind', { receipt: r1, kind: 'maybe' }, 'kind'],
    ['no decisions', { receipt: r1, decisions: undefined }, 'decisions'],
    ['a date that is none', { receipt: r1, clientAt: 'yesterday' }, 'clientAt'],
    ['an empty withdrawal without a receipt', { kind: 'withdraw' }, 'receipt'],
    ['a text without end', { receipt: r1, grants: ['measurement'], note: 'x'.repeat(20_000) }, ''],
    ['a depth without end', { receipt: r1, ui: JSON.parse(`${'['.repeat(30)}${']'.repeat(30)}`) }, ''],
  ])('with %s is refused, and the path says where', (_, fields, path) => {
    const site = openSite();
    expect(site.post(site.row(fields))).toMatchObject({ kind: 'invalid', path });
    expect(ledger(site)).toEqual([]);
    expect(site.sql.prepare('SELECT * FROM consent_lives').all()).toEqual([]);
  });

  test.each([null, 7, 'row', [], {}])('that is %j is refused', (value) => {
    expect(openSite().post(value)).toMatchObject({ kind: 'invalid' });
  });

  test('that is refused beside a batch drops its events instead of holding them for ever', () => {
    const site = openSite();
    const { codes, row } = site.send({
      row: site.row({ receipt: r1, grants: MP }),
      events: [{ receipt: r1 }, { receipt: r2 }],
    });
    expect(row).toMatchObject({ kind: 'invalid' });
    expect(codes).toEqual(['no_receipt', 'unknown_receipt']);
  });
});

describe('a refusal', () => {
  test('consent 3: gets no identifier, is counted, and makes no subject', () => {
    const site = openSite();
    const result = acceptedRow(site.post(site.row({ kind: 'refuse', denies: all })));
    expect(result).toMatchObject({ receipt: null, seq: 1, expiresAt: start + 180 * dayMs });
    // Even if a page should send one.
    acceptedRow(site.post(site.row({ kind: 'refuse', receipt: r1, visitorId: 'v1', epoch: 'e9', denies: all })));
    for (const row of ledger(site))
      expect(row).toMatchObject({ kind: 'refuse', receipt: null, subject_key: null, supersedes: null, epoch: null });
    for (const table of ['consent_receipts', 'consent_visitors', 'consent_lives', 'consent_persons', 'tombstones'])
      expect(site.sql.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
    expect(countsOf(site)).toEqual([{ what: 'refuse', policy: '1', model: 'opt-in', count: 2 }]);
    expect(site.dump()).not.toContain(r1);
  });

  test('the signal alone is noted the same way', () => {
    const site = openSite();
    acceptedRow(site.post(site.row({ kind: 'gpc', gpc: { js: true } }), { gpc: true, country: 'US-CA' }));
    expect(ledger(site)).toMatchObject([{ kind: 'gpc', receipt: null }]);
    expect(countsOf(site)).toEqual([{ what: 'gpc', policy: '1', model: 'opt-out', count: 1 }]);
  });

  test('of somebody who had granted is a withdrawal', () => {
    const site = openSite();
    site.send({
      row: site.row({ receipt: r1, visitorId: 'v1', grants: all }),
      events: [{ receipt: r1, anonymousId: 'v1' }],
    });
    site.now += 1_000;
    const result = acceptedRow(site.post(site.row({ kind: 'refuse', supersedes: r1, denies: all })));
    expect(result.withdrawal).toMatchObject({ purposes: all, all: true, receipts: [r1] });
    expect(site.events).toEqual([]);
    expect(probe(site, r1)).toBe('withdrawn');
  });
});
