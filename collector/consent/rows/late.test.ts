import { describe, expect, test } from 'vitest';
import { openSite, receiptOf, start } from '../site.fixture.js';
import { acceptedRow, all, KS, ledger, MP, probe, r1, r2, r3 } from './rows.fixture.js';

describe('rows that come in the wrong order', () => {
  test('one whose predecessor has not arrived counts by another receipt of the same device', () => {
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

  test('one counts by no receipt of another device, and by none that does not stand', () => {
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

  test('a withdrawal before the grant it takes back leaves nothing of it but the proof', () => {
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

  test('a withdrawal of a part, before the grant: the rest of the grant counts when it comes', () => {
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
