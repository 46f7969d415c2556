import { describe, expect, test } from 'vitest';
import { type Purpose, purposes } from '../contract/purposes.js';
import { purposesOf } from './mask.js';
import { effectiveInstant, lifeReceiptsMax, type RowResult, weigh } from './rows.js';
import { dayMs, openSite, receiptOf, type Site, start } from './testing.js';

const r1 = receiptOf('r1');
const r2 = receiptOf('r2');
const r3 = receiptOf('r3');
const all = [...purposes];
const MP: Purpose[] = ['measurement', 'personalisation'];
const KS: Purpose[] = ['marketing', 'sharing'];

const ledger = (site: Site) =>
  site.sql
    .prepare<{
      kind: string;
      receipt: string | null;
      subject_key: Uint8Array | null;
      supersedes: string | null;
      epoch: string | null;
    }>('SELECT * FROM consent_ledger ORDER BY seq')
    .all();
const acceptedRow = (result: RowResult | null) => {
  if (result?.kind !== 'accepted') throw new Error(`expected an accepted row, got ${JSON.stringify(result)}`);
  return result;
};
/** What an event of this receipt, happening now, would be used for; or its code. */
const probe = (site: Site, receipt: string, anonymousId: string | null = 'v1', at = site.now): string => {
  const before = site.events.length;
  const { codes } = site.send({ events: [{ receipt, anonymousId, at }] });
  return codes[0] === 'kept' ? site.events[before]!.purposes.join(',') : codes[0]!;
};

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

  test('whose predecessor has not arrived counts by another receipt of the same device', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: MP }));
    site.now += 1_000;
    const second = site.row({ receipt: r2, visitorId: 'v1', grants: all, supersedes: r1, known: r1, kind: 'update' });
    site.now += 1_000;
    const row = site.row({ receipt: r3, visitorId: 'v1', kind: 'withdraw', supersedes: r2, known: r1 });
    const { withdrawal } = acceptedRow(site.post(row));
    expect(withdrawal).toMatchObject({ visitorId: 'v1', receipts: [r1], all: true });
    expect(probe(site, r1)).toBe('withdrawn');
    // The one in between is kept as proof when it comes; it brings nothing back.
    acceptedRow(site.post(second));
    expect(probe(site, r2)).toBe('withdrawn');
    expect(ledger(site).map(({ receipt }) => receipt)).toEqual([r1, r3, r2]);
  });

  test('counts by no receipt of another device, and by none that does not stand', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all }));
    site.post(site.row({ receipt: receiptOf('v'), visitorId: 'v7', grants: all }));
    for (const known of [receiptOf('v'), receiptOf('nobody')])
      expect(site.post(site.row({ receipt: r3, visitorId: 'v1', kind: 'withdraw', supersedes: r2, known }))).toEqual({
        kind: 'forbidden',
      });
    // Nor does it make two lives one: nothing is superseded, so nothing is followed.
    acceptedRow(site.post(site.row({ receipt: r2, visitorId: 'v2', grants: all, known: r1 })));
    expect([probe(site, r1), probe(site, r2, 'v2')]).toEqual([all.join(), all.join()]);
  });

  test('that names a device of its own life may follow, and only one device at a time', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, grants: ['measurement'] }));
    site.now += 1_000;
    acceptedRow(site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', grants: MP, kind: 'update' })));
    site.now += 1_000;
    expect(site.post(site.row({ receipt: r3, supersedes: r2, visitorId: 'v2', grants: MP, kind: 'update' }))).toEqual({
      kind: 'forbidden',
    });
    acceptedRow(
      site.post(
        site.row({
          receipt: r3,
          supersedes: r2,
          visitorId: 'v1',
          grants: ['measurement'],
          denies: ['personalisation'],
          kind: 'update',
        }),
      ),
    );
    site.now += 1_000;
    // The lasting id is gone with personalisation: the next one may be another.
    acceptedRow(
      site.post(site.row({ receipt: receiptOf('r4'), supersedes: r3, visitorId: 'v2', grants: MP, kind: 'update' })),
    );
    expect(probe(site, receiptOf('r4'), 'v2')).toBe('measurement,personalisation');
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
});

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

const countsOf = (site: Site) =>
  site.consent.countsOf('2026-11-01').map(({ what, policy, model, count }) => ({ what, policy, model, count }));

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

describe('a withdrawal', () => {
  const granted = () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all }));
    site.now += 60_000;
    return site;
  };

  test.each<[string, Record<string, unknown>, Purpose[], boolean]>([
    ['without decisions', { kind: 'withdraw' }, all, true],
    ['that denies all', { kind: 'withdraw', denies: all }, all, true],
    ['of measurement, which all others need', { kind: 'withdraw', denies: ['measurement'] }, all, true],
    ['of personalisation', { kind: 'withdraw', denies: ['personalisation'] }, ['personalisation', ...KS], false],
    ['of marketing', { kind: 'withdraw', denies: ['marketing'] }, ['marketing'], false],
    ['as an objection', { kind: 'object', denies: ['sharing'] }, ['sharing'], false],
    ['as an update', { kind: 'update', grants: MP, denies: KS }, KS, false],
    ['that would also grant', { kind: 'withdraw', grants: all, denies: ['marketing'] }, ['marketing'], false],
  ])('%s says what was taken back', (_, fields, expected, everything) => {
    const site = granted();
    const { withdrawal } = acceptedRow(
      site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', ...fields })),
    );
    expect(withdrawal).toEqual({
      visitorId: 'v1',
      receipts: [r1],
      purposes: expected,
      all: everything,
      onWithdraw: 'erase',
      at: site.now,
    });
    expect(site.consent.isOut('visitorId', 'v1')).toBe(everything);
    const left = all.filter((purpose) => !expected.includes(purpose));
    site.now += 1_000;
    expect(probe(site, r2)).toBe(everything ? 'withdrawn' : left.join(','));
    expect(probe(site, r1, 'v1', start + 1_000)).toBe(everything ? 'withdrawn' : left.join(','));
  });

  test('may grant another purpose by a word of its own', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: [...MP, 'marketing'] }));
    site.now += 1_000;
    site.post(
      site.row({
        receipt: r2,
        supersedes: r1,
        visitorId: 'v1',
        kind: 'withdraw',
        grants: ['sharing'],
        denies: ['marketing'],
      }),
    );
    expect(probe(site, r2)).toBe('measurement,personalisation,sharing');
    expect(probe(site, r1, 'v1', start)).toBe('measurement,personalisation');
  });

  test('asked again, as new words or the same, finds nothing more to take back', () => {
    const site = granted();
    const row = site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'withdraw' });
    const first = acceptedRow(site.post(row));
    expect(site.post(row)).toEqual({ ...first, kind: 'same', withdrawal: null });
    const other = acceptedRow(site.post(site.row({ receipt: r3, supersedes: r1, visitorId: 'v1', kind: 'withdraw' })));
    expect(other.withdrawal).toBeNull();
  });

  test('is final for the device: no grant brings its visitor id back', () => {
    const site = granted();
    site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'withdraw' }));
    expect(site.post(site.row({ receipt: r3, visitorId: 'v1', grants: all }))).toEqual({
      kind: 'out',
      state: 'withdrawn',
      withdrawal: null,
    });
    const { codes, state } = site.send({
      row: site.row({ receipt: r3, visitorId: 'v1', grants: all, supersedes: r2 }),
      events: [{ receipt: r3, anonymousId: 'v1' }],
    });
    expect(codes).toEqual(['withdrawn']);
    expect(state).toBe('withdrawn');
    acceptedRow(site.post(site.row({ receipt: r3, visitorId: 'v2', grants: all })));
    expect(probe(site, r3, 'v2')).toBe('measurement,personalisation,marketing,sharing');
  });

  test('a terms change that unsets a purpose takes nothing back; denying it afterwards does', () => {
    const site = granted();
    const stale = site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'restale', grants: ['measurement'] });
    expect(acceptedRow(site.post(stale)).withdrawal).toBeNull();
    site.now += 1_000;
    const denied = site.row({
      receipt: r3,
      supersedes: r2,
      kind: 'update',
      grants: ['measurement'],
      denies: ['personalisation'],
    });
    expect(acceptedRow(site.post(denied)).withdrawal).toMatchObject({ purposes: ['personalisation', ...KS] });
  });

  test('that comes before the grant it takes back leaves nothing of it but the proof', () => {
    const site = openSite();
    const grant = site.row({ receipt: r1, visitorId: 'v1', grants: all });
    site.now += 60_000;
    const { withdrawal } = acceptedRow(
      site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'withdraw' })),
    );
    expect(withdrawal).toBeNull();
    expect(probe(site, r1, 'v1', start + 1_000)).toBe('withdrawn');
    const late = site.send({ row: grant, events: [{ receipt: r1, anonymousId: 'v1', at: start + 1_000 }] });
    expect(late.row).toMatchObject({ kind: 'accepted', receipt: r1, seq: 2 });
    expect(late.codes).toEqual(['withdrawn']);
    expect(site.post(grant)).toMatchObject({ kind: 'same', seq: 2 });
    expect(ledger(site).map((row) => row.kind)).toEqual(['withdraw', 'grant']);
  });

  test('of a part, before the grant: the rest of the grant counts when it comes', () => {
    const site = openSite();
    const grant = site.row({ receipt: r1, visitorId: 'v1', grants: all });
    site.now += 60_000;
    site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'update', grants: MP, denies: KS }));
    const { codes } = site.send({
      row: grant,
      events: [
        { receipt: r1, anonymousId: 'v1', at: start + 1_000 },
        { receipt: r1, anonymousId: 'v1', at: start + 1_000, type: 'track', name: 'Message Opened' },
        { receipt: r1, anonymousId: 'v1', at: site.now + 1 },
      ],
    });
    expect(codes).toEqual(['kept', 'late', 'superseded']);
    expect(site.events[0]?.purposes).toEqual(MP);
  });

  test('a life without a lasting id is withdrawn by its receipts', () => {
    const site = openSite();
    site.send({ row: site.row({ receipt: r1, grants: ['measurement'] }), events: [{ receipt: r1 }] });
    expect(site.events).toHaveLength(1);
    site.now += 1_000;
    const { withdrawal } = acceptedRow(site.post(site.row({ receipt: r2, supersedes: r1, kind: 'withdraw' })));
    expect(withdrawal).toMatchObject({ visitorId: null, receipts: [r1], all: true });
    expect(site.events).toEqual([]);
    expect(site.sql.prepare('SELECT * FROM tombstones').all()).toEqual([]);
    // It names a device that never was its own: that one is left alone.
    site.post(site.row({ receipt: receiptOf('v'), visitorId: 'v7', grants: all }));
    expect(site.post(site.row({ receipt: r3, supersedes: r1, visitorId: 'v7', kind: 'withdraw' }))).toEqual({
      kind: 'forbidden',
    });
  });
});

describe('R14: an erasure that overtakes the row by which a device takes its lasting id', () => {
  const measured = () => {
    const site = openSite();
    site.send({ row: site.row({ receipt: r1, grants: ['measurement'] }), events: [{ receipt: r1 }] });
    site.now += 1_000;
    const update = site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', grants: MP, kind: 'update' });
    site.now += 1_000;
    return { site, update };
  };

  test('takes what the device had sent without one as soon as the row tells whose that was', () => {
    const { site, update } = measured();
    site.erase({ anonymousId: 'v1' });
    expect(site.events).toHaveLength(1);
    site.now += 1_000;
    const { row, codes, state } = site.send({
      row: update,
      events: [{ receipt: r1 }, { receipt: r2, anonymousId: 'v1' }],
    });
    expect(row).toMatchObject({
      kind: 'out',
      state: 'erased',
      withdrawal: { receipts: [r1], purposes: all, all: true },
    });
    expect([codes, state]).toEqual([['erased', 'erased'], 'erased']);
    expect(site.events).toEqual([]);
    expect(site.post(update)).toEqual({ kind: 'out', state: 'erased', withdrawal: null });
    expect(site.dump()).not.toContain('v1');
  });

  test('and where that device has taken everything back meanwhile, answers the slip', () => {
    const { site } = measured();
    site.erase({ anonymousId: 'v1' });
    site.now += 1_000;
    const slip = site.row({ receipt: r3, supersedes: r2, known: r1, visitorId: 'v1', kind: 'withdraw' });
    expect(acceptedRow(site.post(slip)).withdrawal).toMatchObject({ receipts: [r1], onWithdraw: 'erase' });
    expect(site.events).toEqual([]);
    expect(probe(site, r1)).toBe('erased');
  });

  test.each([
    ['a device with a lasting id of its own', { grants: MP, visitorId: 'v2' }],
    ['nobody’s', null],
  ])('nothing of %s goes by it', (_, of) => {
    const site = openSite();
    if (of) site.send({ row: site.row({ receipt: r1, ...of }), events: [{ receipt: r1, anonymousId: 'v2' }] });
    else site.send({ row: site.row({ receipt: receiptOf('v'), grants: MP, visitorId: 'v7' }) });
    site.now += 1_000;
    site.erase({ anonymousId: 'v1' });
    site.now += 1_000;
    const update = site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', grants: MP, kind: 'update' });
    expect(site.post(update)).toEqual(of ? { kind: 'forbidden' } : { kind: 'out', state: 'erased', withdrawal: null });
    expect(site.events).toHaveLength(of ? 1 : 0);
    if (of) expect(probe(site, r1, 'v2')).toBe(MP.join());
  });

  test('nor of a device that follows one that has withdrawn', () => {
    const { site } = measured();
    site.post(site.row({ receipt: r3, visitorId: 'v1', grants: all }));
    site.post(site.row({ receipt: receiptOf('w'), supersedes: r3, visitorId: 'v1', kind: 'withdraw' }));
    site.now += 1_000;
    const other = site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', grants: MP, kind: 'update' });
    expect(site.post(other)).toEqual({ kind: 'forbidden' });
    expect(site.events).toHaveLength(1);
  });
});

describe('succession', () => {
  test('of two tabs that decided at once, what both grant counts', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all }));
    site.now += 1_000;
    site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'update', grants: MP, denies: KS }));
    site.now += 1_000;
    site.post(
      site.row({
        receipt: r3,
        supersedes: r1,
        visitorId: 'v1',
        kind: 'update',
        grants: ['measurement', 'personalisation', 'marketing'],
      }),
    );
    expect(probe(site, r3)).toBe('measurement,personalisation');
  });

  test('a purpose granted anew counts for what is collected from then on, and what came before stays out', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all }));
    site.now += 60_000;
    site.post(site.row({ receipt: r2, supersedes: r1, visitorId: 'v1', kind: 'update', grants: MP, denies: KS }));
    site.now += 60_000;
    site.post(site.row({ receipt: r3, supersedes: r2, visitorId: 'v1', kind: 'update', grants: all }));
    expect(probe(site, r3)).toBe('measurement,personalisation,marketing,sharing');
    expect(probe(site, r1, 'v1', start + 1_000)).toBe('measurement,personalisation');
  });

  test('a clock that was set back between two acts does not turn their order round', () => {
    const site = openSite();
    site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all }));
    site.now += 60_000;
    site.post(
      site.row({
        receipt: r2,
        supersedes: r1,
        visitorId: 'v1',
        kind: 'update',
        grants: all,
        clientAt: start - 5 * dayMs,
      }),
    );
    expect(probe(site, r1, 'v1', start - 1_000)).toBe('measurement,personalisation,marketing,sharing');
    expect(probe(site, r1, 'v1', start)).toBe('superseded');
  });

  test('expiry counts from the server’s time, whatever the device says', () => {
    const site = openSite();
    const { expiresAt } = acceptedRow(
      site.post(site.row({ receipt: r1, visitorId: 'v1', grants: all, clientAt: start + 400 * dayMs })),
    );
    expect(expiresAt).toBe(start + 180 * dayMs);
    expect(probe(site, r1)).toBe('measurement,personalisation,marketing,sharing');
    site.now = start + 180 * dayMs - 1;
    expect(probe(site, r1)).toBe('measurement,personalisation,marketing,sharing');
    site.now += 1;
    expect(probe(site, r1)).toBe('expired');
  });

  test('an imported grant counts only while the file declares that the old words asked the same', () => {
    const row = (site: Site) =>
      site.row({ kind: 'import', receipt: r1, visitorId: 'v1', grants: all, clientAt: start - 100 * dayMs });
    const strange = openSite();
    acceptedRow(strange.post(row(strange)));
    expect(probe(strange, r1)).toBe('purpose');
    const legacy = { from: 'vanilla', equivalent: false };
    const undeclared = openSite({ bridges: { legacy } });
    acceptedRow(undeclared.post(row(undeclared)));
    expect(probe(undeclared, r1)).toBe('purpose');
    const declared = openSite({ bridges: { legacy: { ...legacy, equivalent: true } } });
    expect(acceptedRow(declared.post(row(declared))).expiresAt).toBe(start + 80 * dayMs);
    expect(probe(declared, r1)).toBe('measurement,personalisation,marketing,sharing');
  });

  test('what was imported expires by its old date', () => {
    const site = openSite();
    const imported = site.row({
      kind: 'import',
      receipt: r1,
      supersedes: r2,
      denies: all,
      clientAt: start - 100 * dayMs,
    });
    expect(acceptedRow(site.post(imported)).expiresAt).toBe(start + 80 * dayMs);
  });

  test.each<[string, number | null, number | null, number]>([
    ['no word of the device', null, null, start],
    ['a device clock that is right', start - 5_000, start, start - 5_000],
    ['an hour offline', start - 3_600_000, start, start - 3_600_000],
    ['an hour offline without sentAt', start - 3_600_000, null, start - 3_600_000],
    ['a clock three years ahead', start + 1_000 * dayMs - 5_000, start + 1_000 * dayMs, start - 5_000],
    ['a clock three years ahead without sentAt', start + 1_000 * dayMs, null, start],
    ['a clock four minutes ahead without sentAt', start + 4 * 60_000, null, start],
    ['a clock a few seconds ahead without sentAt', start + 30_000, null, start + 30_000],
    ['a clock a few seconds ahead', start + 30_000, start + 30_000, start + 30_000],
  ])('I16: the instant of an act with %s', (_, clientAt, sentAt, at) => {
    expect(effectiveInstant(clientAt, sentAt, start)).toBe(at);
  });

  test.each([
    ['four minutes fast', 4, undefined],
    ['four minutes fast and says so', 4, true],
    ['seventeen minutes slow and says so', -17, true],
  ])(
    'I16: a row that goes alone, from a clock that is %s, shuts out nothing that happened around it',
    (_, wrong, says) => {
      const site = openSite();
      const device = () => site.now + wrong * 60_000;
      const alone = (row: object) => site.post({ ...row, clientAt: device(), ...(says && { sentAt: device() }) });
      const happened = (receipt: string, at: number) => ({ receipt, anonymousId: 'v1', at });
      acceptedRow(alone(site.row({ receipt: r1, visitorId: 'v1', grants: all })));
      site.now += 1_000;
      const before = site.now;
      site.now += 1_000;
      acceptedRow(alone(site.row({ kind: 'update', receipt: r2, supersedes: r1, visitorId: 'v1', grants: MP })));
      site.now += 1_000;
      // By then the instants of events are corrected.
      const { codes } = site.send({ sentAt: device(), events: [happened(r1, before), happened(r2, site.now)] });
      expect(codes).toEqual(['kept', 'kept']);
    },
  );

  test('an offline grant, delivered hours later with its events, lets them in', () => {
    const site = openSite();
    const row = site.row({ receipt: r1, visitorId: 'v1', grants: all });
    site.now += 6 * 3_600_000;
    const { codes } = site.send({
      row,
      sentAt: site.now,
      events: [
        { receipt: r1, anonymousId: 'v1', at: start + 1_000 },
        { receipt: r1, anonymousId: 'v1', at: start - 3 * 60_000 },
      ],
    });
    expect(codes).toEqual(['kept', 'too_early']);
  });
});

describe('what a row grants', () => {
  const decision = (purpose: string, value: string, source: string | null = 'user') => ({ purpose, value, source });
  const weighed = (kind: string, decisions: unknown[], regionStands = false) =>
    weigh({ kind, decisions } as Parameters<typeof weigh>[0], regionStands);
  test.each<[string, string, unknown[], boolean, Purpose[], Purpose[]]>([
    ['what the person granted', 'grant', MP.map((one) => decision(one, 'granted')), false, MP, []],
    ['nothing without what it requires', 'grant', [decision('marketing', 'granted')], false, [], []],
    [
      'not what is denied too',
      'grant',
      [decision('measurement', 'granted'), decision('measurement', 'denied')],
      false,
      [],
      all,
    ],
    [
      'not what needs something denied',
      'grant',
      [...MP.map((one) => decision(one, 'granted')), decision('measurement', 'denied')],
      false,
      [],
      all,
    ],
    ['nothing the signal "granted"', 'grant', [decision('measurement', 'granted', 'gpc')], true, [], []],
    ['nothing an account granted elsewhere', 'grant', [decision('measurement', 'granted', 'account')], true, [], []],
    ['nothing a foreign banner was told', 'import', [decision('measurement', 'granted')], true, [], []],
    [
      'a region’s default where there are any',
      'region-default',
      [decision('measurement', 'granted')],
      true,
      ['measurement'],
      [],
    ],
    ['no region’s default where there are none', 'region-default', [decision('measurement', 'granted')], false, [], []],
    ['a region’s default under another kind', 'grant', [decision('measurement', 'granted', 'region')], false, [], []],
    [
      'what a site’s own banner was told',
      'grant',
      [decision('measurement', 'granted', 'own-cmp')],
      false,
      ['measurement'],
      [],
    ],
    ['no purpose nobody knows', 'grant', [decision('telepathy', 'granted')], false, [], []],
    ['nothing unset', 'restale', [decision('measurement', 'unset')], false, [], []],
  ])('%s', (_, kind, decisions, stands, granted, denied) => {
    const result = weighed(kind, decisions, stands);
    expect(purposesOf(result.granted)).toEqual(granted);
    expect(purposesOf(result.denied)).toEqual(denied);
  });

  test('an acknowledgement of the signal counts for the purpose, or for the whole row', () => {
    const one = weighed('grant', [
      { ...decision('measurement', 'granted'), ack: true },
      decision('marketing', 'granted'),
    ]);
    expect(purposesOf(one.ack)).toEqual(['measurement']);
    const whole = weigh(
      { kind: 'grant', decisions: [decision('measurement', 'granted')], gpc: { ack: true } } as Parameters<
        typeof weigh
      >[0],
      false,
    );
    expect(purposesOf(whole.ack)).toEqual(['measurement']);
  });
});

describe('a consent that is answered without end', () => {
  /** As many answers as one life has room for; the last of them took marketing back. */
  const answered = (visitorId: string | null) => {
    const site = openSite();
    const last: Purpose[] = visitorId === null ? ['measurement'] : MP;
    const before = receiptOf('n2');
    const take = (receipt: string, supersedes: string | null, more: object): unknown =>
      acceptedRow(site.post(site.row({ receipt, visitorId, supersedes, known: supersedes, kind: 'update', ...more })));
    take(receiptOf('n1'), null, { kind: 'grant', grants: visitorId === null ? last : all });
    site.sql.exec(`
      WITH RECURSIVE answers (n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM answers WHERE n < ${lifeReceiptsMax})
      INSERT INTO consent_receipts (receipt, seq, life, visitor_key, granted, cap, denied_after, ack, at, effective_at,
        bound_at, superseded_at, expires_at, terms, digest)
      SELECT 'filled-' || n, seq, life, visitor_key, granted, cap, denied_after, ack, at, effective_at, bound_at, at,
        expires_at, terms, digest FROM consent_receipts, answers`);
    take(before, receiptOf('n1'), { grants: last, denies: KS });
    site.now += 1_000;
    site.send({ events: [{ receipt: before, anonymousId: visitorId }] });
    expect(site.events).toHaveLength(1);
    site.now += 1_000;
    return { site, before };
  };
  const receipts = (site: Site): number =>
    site.sql.prepare<{ n: number }>('SELECT count(*) AS n FROM consent_receipts WHERE life <> 0').get()!.n;

  test.each([
    ['of a device', 'v1'],
    ['without a lasting id', null],
  ])('%s: a withdrawal goes through all the same, and is the last act of its life', (_, visitorId) => {
    const { site, before } = answered(visitorId);
    const slip = site.row({ receipt: r1, visitorId, supersedes: before, kind: 'withdraw' });
    const { withdrawal } = acceptedRow(site.post(slip));
    expect(withdrawal).toMatchObject({ all: true, purposes: all });
    expect(site.events).toEqual([]);
    expect(site.post(slip).kind).toBe('same');
    expect(probe(site, before, visitorId)).toBe('withdrawn');
    // Further ones are answered, and find nothing more.
    for (const receipt of [r2, r3])
      expect(
        acceptedRow(site.post(site.row({ receipt, visitorId, supersedes: before, kind: 'withdraw' }))).withdrawal,
      ).toBe(null);
    expect(receipts(site)).toBe(lifeReceiptsMax);
  });

  test('of a part takes all of it', () => {
    const { site, before } = answered('v1');
    const part = site.row({
      receipt: r1,
      visitorId: 'v1',
      supersedes: before,
      kind: 'update',
      grants: ['measurement'],
    });
    const row = { ...part, decisions: [{ purpose: 'personalisation', value: 'denied', source: 'user' }] };
    expect(acceptedRow(site.post(row)).withdrawal).toMatchObject({ all: true });
    expect(site.events).toEqual([]);
  });

  test('by a grant: is refused with what the device becomes, and ends too', () => {
    const { site, before } = answered('v1');
    const row = site.row({ receipt: r1, visitorId: 'v1', supersedes: before, kind: 'update', grants: all });
    const { row: result, state } = site.send({ row, events: [{ receipt: r1, anonymousId: 'v1' }] });
    expect(result).toMatchObject({ kind: 'full', withdrawal: { all: true } });
    expect(state).toBe('withdrawn');
    expect(site.events).toEqual([]);
    expect(site.post(row)).toMatchObject({ kind: 'out', state: 'withdrawn' });
    expect(receipts(site)).toBe(lifeReceiptsMax);
    // The person answers anew, as after any withdrawal.
    acceptedRow(site.post(site.row({ receipt: r2, visitorId: 'v2', grants: all })));
    expect(probe(site, r2, 'v2')).toBe(all.join(','));
  });

  test('names in each withdrawal only what loses something by it', () => {
    const site = openSite();
    const take = (receipt: string, supersedes: string | null, more: object) =>
      acceptedRow(
        site.post(site.row({ receipt, visitorId: 'v1', supersedes, known: supersedes, kind: 'update', ...more })),
      );
    take(r1, null, { kind: 'grant', grants: all });
    expect(take(r2, r1, { grants: MP, denies: KS }).withdrawal?.receipts).toEqual([r1]);
    take(r3, r2, { grants: all });
    const fourth = receiptOf('r4');
    expect(take(fourth, r3, { grants: MP, denies: KS }).withdrawal?.receipts).toEqual([r3]);
    expect(take(receiptOf('r5'), fourth, { kind: 'withdraw' }).withdrawal?.receipts.toSorted()).toEqual(
      [r1, r2, r3, fourth].sort(),
    );
  });
});
