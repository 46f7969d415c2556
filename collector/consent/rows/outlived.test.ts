import { describe, expect, test } from 'vitest';
import type { Purpose } from '../../contract/purposes.js';
import { openSite, receiptOf, type Site } from '../site.fixture.js';
import { lifeReceiptsMax } from './outlived.js';
import { acceptedRow, all, KS, MP, probe, r1, r2, r3 } from './rows.fixture.js';

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
});
