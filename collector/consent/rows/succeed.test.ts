import { describe, expect, test } from 'vitest';
import type { Purpose } from '../../contract/purposes.js';
import { dayMs, openSite, receiptOf, start } from '../site.fixture.js';
import { acceptedRow, all, KS, MP, probe, r1, r2, r3 } from './rows.fixture.js';

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

  test('names only the receipts that lose something by it', () => {
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

describe('succession', () => {
  test('a row that names a device of its own life may follow, and only one device at a time', () => {
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
});
