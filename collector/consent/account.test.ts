import { describe, expect, it } from 'vitest';
import { type Purpose, purposes } from '../contract/purposes.js';
import type { AccountAsked } from '../log/log.js';
import { type Choice, reconcile } from './account.js';
import { dayMs, openSite, receiptOf, type Site, start } from './site.fixture.js';
import { vouch, vouchedFor, voucherMaxMs } from './voucher.js';

const choice = (purpose: Purpose, value: 'granted' | 'denied', at: number): Choice => ({
  purpose,
  value,
  at,
  materialHash: null,
  ack: false,
});
const held = (purpose: Purpose, value: 'granted' | 'denied', at: number, objection = false) => ({
  ...choice(purpose, value, at),
  objection,
});

describe('consent 2, cross-device: one record out of the device and the account', () => {
  const M = 'measurement';
  const rules: [
    what: string,
    account: ReturnType<typeof held>[],
    device: Choice[],
    how: { accountFirst?: boolean; isDeliberate?: boolean; stands?: boolean },
    expected: 'granted' | 'denied' | undefined,
    taken: number,
  ][] = [
    ['nobody has decided', [], [], {}, undefined, 0],
    ['only the account has', [held(M, 'granted', 5)], [], {}, 'granted', 0],
    ['only the device has', [], [choice(M, 'denied', 5)], {}, 'denied', 1],
    ['the later counts: the device', [held(M, 'denied', 5)], [choice(M, 'granted', 6)], {}, 'granted', 1],
    ['the later counts: the account', [held(M, 'denied', 7)], [choice(M, 'granted', 6)], {}, 'denied', 0],
    ['a refusal travels like a grant', [held(M, 'granted', 5)], [choice(M, 'denied', 6)], {}, 'denied', 1],
    ['at one instant the denial', [held(M, 'granted', 6)], [choice(M, 'denied', 6)], {}, 'denied', 1],
    ['at one instant the denial, of the account', [held(M, 'denied', 6)], [choice(M, 'granted', 6)], {}, 'denied', 0],
    ['the account first', [held(M, 'granted', 5)], [choice(M, 'denied', 6)], { accountFirst: true }, 'granted', 0],
    [
      'the account first, but its word has run out',
      [held(M, 'granted', 5)],
      [choice(M, 'denied', 6)],
      { accountFirst: true, stands: false },
      'denied',
      1,
    ],
    ['an objection stands', [held(M, 'denied', 5, true)], [choice(M, 'granted', 6)], {}, 'denied', 0],
    [
      'an objection gives way to a deliberate choice',
      [held(M, 'denied', 5, true)],
      [choice(M, 'granted', 6)],
      { isDeliberate: true },
      'granted',
      1,
    ],
    [
      'and not to an earlier one',
      [held(M, 'denied', 5, true)],
      [choice(M, 'granted', 4)],
      { isDeliberate: true },
      'denied',
      0,
    ],
  ];
  it.each(rules)(
    '%s',
    (_, account, device, { accountFirst = false, isDeliberate = false, stands = true }, value, n) => {
      const { decisions, taken } = reconcile(account, device, { accountFirst, isDeliberate, stands: () => stands });
      expect(decisions.find(({ purpose }) => purpose === M)?.value).toBe(value);
      expect(taken).toHaveLength(n);
    },
  );

  it('tells no grant whose requirement is denied', () => {
    const { decisions } = reconcile([held('personalisation', 'granted', 5)], [choice(M, 'denied', 6)], {
      accountFirst: false,
      isDeliberate: false,
      stands: () => true,
    });
    expect(decisions).toEqual([choice(M, 'denied', 6)]);
  });
});

const account = { decision: { scope: 'account' } };
const hashOf = (site: Site, purpose: string) => site.policy.purposes.find(({ id }) => id === purpose)!.materialHash;
const saying = (site: Site, value: 'granted' | 'denied', of: readonly Purpose[] = purposes, at = site.now) =>
  of.map((purpose) => ({ purpose, value, at, materialHash: hashOf(site, purpose) }));
const ask = (site: Site, userId: string, fields: Partial<AccountAsked> = {}) =>
  site.consent.account({
    userId,
    act: 'login',
    isDeliberate: false,
    decisions: [],
    policy: { version: site.policy.version, configHash: site.policy.configHash },
    region: null,
    placedBy: 'cdn',
    receivedAt: site.now,
    sentAt: site.now,
    gpc: false,
    origin: 'https://shop.example',
    ...fields,
  });
const valuesOf = (told: ReturnType<typeof ask>) =>
  Object.fromEntries(told!.decisions.map(({ purpose, value }) => [purpose, value]));
const all = (value: string) => Object.fromEntries(purposes.map((purpose) => [purpose, value]));
/** The row that a page makes of what it was told. */
const brought = (site: Site, told: ReturnType<typeof ask>, fields: object) => ({
  ...(site.row({ kind: 'grant', source: 'account', grants: [], denies: [] }) as object),
  decisions: told!.decisions.map(({ purpose, value, materialHash }) => ({
    purpose,
    value,
    materialHash,
    source: 'account',
  })),
  voucher: told!.voucher,
  ...fields,
});
const kinds = (site: Site) =>
  site.sql.prepare<{ kind: string; decisions: string; receipt: string | null; ui: string }>(
    'SELECT kind, decisions, receipt, ui FROM consent_ledger ORDER BY seq',
  );

describe('consent 2, cross-device: choices follow an account', () => {
  it('stays off by default: a denial travels on the person layer, a grant never does (R15)', () => {
    const site = openSite();
    expect(ask(site, 'U1', { decisions: saying(site, 'granted') })).toBeNull();
    expect(site.consent.deniedOf('U1')).toEqual([]);
    // One device says no while its person is logged in …
    site.send({
      row: site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes }),
      events: [{ receipt: receiptOf('a'), anonymousId: 'A', userId: 'U1', type: 'identify' }],
    });
    site.now += 60_000;
    site.post(
      site.row({
        kind: 'withdraw',
        receipt: receiptOf('a2'),
        supersedes: receiptOf('a'),
        visitorId: 'A',
        denies: ['marketing'],
      }),
    );
    // … and another, which has agreed to everything, may not use it for that person. Theirs alone grants nothing here.
    const other = { receipt: receiptOf('b'), anonymousId: 'B' };
    site.send({
      row: site.row({
        receipt: receiptOf('b'),
        visitorId: 'B',
        grants: ['measurement', 'personalisation', 'marketing'],
      }),
    });
    site.now += 60_000;
    const { codes } = site.send({
      events: [
        { ...other, userId: 'U1' },
        { ...other, userId: 'U1', type: 'track', name: 'Message Opened' },
      ],
    });
    expect(codes).toEqual(['kept', 'withdrawn']);
    const bare = {
      ...(site.row({ receipt: receiptOf('c'), visitorId: 'C', source: 'account', grants: purposes }) as object),
    };
    site.post(bare);
    expect(site.send({ events: [{ receipt: receiptOf('c'), anonymousId: 'C', userId: 'U1' }] }).codes).toEqual([
      'purpose',
    ]);
  });

  it('brings an acceptance to a new device, as a row of the ledger that says whose it is', () => {
    const site = openSite(account);
    ask(site, 'U1', { decisions: saying(site, 'granted') });
    site.now += dayMs;
    const told = ask(site, 'U1');
    expect(valuesOf(told)).toEqual(all('granted'));
    // Their instants are those of the act: an answer is not made younger by travelling.
    expect(told!.decisions.every(({ at }) => at === start)).toBe(true);
    const row = site.post(brought(site, told, { receipt: receiptOf('b'), visitorId: 'B' }));
    expect(row.kind).toBe('accepted');
    expect(site.send({ events: [{ receipt: receiptOf('b'), anonymousId: 'B', userId: 'U1' }] }).codes).toEqual([
      'kept',
    ]);
    const rows = kinds(site).all();
    expect(rows.map(({ kind, receipt }) => [kind, receipt])).toEqual([
      ['account-sync', null],
      ['account-sync', receiptOf('b')],
    ]);
    expect(JSON.parse(rows[0]!.ui)).toEqual({ layer: 'account', action: 'login' });
    expect(JSON.parse(rows[1]!.decisions)[0].source).toBe('account');
  });

  it.each(['denied', 'granted'] as const)('%s travels from device to device alike', (value) => {
    const site = openSite(account);
    ask(site, 'U1', { decisions: saying(site, value === 'denied' ? 'granted' : 'denied') });
    site.now += 1_000;
    expect(ask(site, 'U1', { act: 'answer', decisions: saying(site, value) })!.taken).toEqual([...purposes]);
    site.now += 1_000;
    expect(valuesOf(ask(site, 'U1'))).toEqual(all(value));
  });

  it('brings a refusal to a device without any identifier', () => {
    const site = openSite(account);
    ask(site, 'U1', { decisions: saying(site, 'denied') });
    const told = ask(site, 'U1');
    expect(site.post(brought(site, told, { kind: 'refuse' }))).toMatchObject({ kind: 'accepted', receipt: null });
    expect(kinds(site).all().at(-1)).toMatchObject({ kind: 'account-sync', receipt: null });
  });

  it('takes no grant for the account’s that was given where nothing said it would follow one', () => {
    const site = openSite(account);
    const elsewhere = { version: '1', configHash: 'ef'.repeat(32) };
    expect(ask(site, 'U1', { decisions: saying(site, 'granted'), policy: elsewhere })!.taken).toEqual([]);
    expect(ask(site, 'U1', { decisions: saying(site, 'denied'), policy: elsewhere })!.taken).toEqual([...purposes]);
  });

  it('takes no grant under terms that have changed, and none with no instant', () => {
    const site = openSite(account);
    const old = saying(site, 'granted').map((one) => ({ ...one, materialHash: 'ef'.repeat(32) }));
    expect(ask(site, 'U1', { decisions: old })!.decisions).toEqual([]);
    expect(ask(site, 'U1', { decisions: [{ purpose: 'measurement', value: 'granted' }] })!.decisions).toEqual([]);
  });

  it('accountConflict "account": a choice before the login gives way, one while logged in does not', () => {
    const site = openSite({ decision: { scope: 'account', accountConflict: 'account' } });
    ask(site, 'U1', { decisions: saying(site, 'denied') });
    site.now += 1_000;
    expect(valuesOf(ask(site, 'U1', { decisions: saying(site, 'granted') }))).toEqual(all('denied'));
    expect(valuesOf(ask(site, 'U1', { act: 'answer', decisions: saying(site, 'granted') }))).toEqual(all('granted'));
  });

  it('answers alike for known and unknown users', () => {
    const site = openSite(account);
    ask(site, 'U1', { decisions: saying(site, 'granted') });
    const [known, unknown] = ['U1', 'U2'].map((user) => ask(site, user, { decisions: saying(site, 'granted') })!);
    expect(known!.decisions).toEqual(unknown!.decisions);
    expect(Object.keys(known!)).toEqual(Object.keys(unknown!));
  });

  it('a clock of the device that runs ahead makes no choice younger than its arrival', () => {
    const site = openSite(account);
    const [told] = ask(site, 'U1', {
      decisions: saying(site, 'denied', ['measurement'], site.now + 90 * dayMs),
    })!.decisions;
    expect(told!.at).toBe(site.now);
  });

  it('believes a voucher for a day, and no other word', () => {
    const site = openSite(account);
    const told = ask(site, 'U1', { decisions: saying(site, 'granted') });
    const forged = told!.voucher.replace(/\.\d+\./, '.1.');
    const rows: [string, string, number][] = [
      ['d1', forged, 0],
      ['d2', `${told!.voucher}x`, 0],
      ['d3', told!.voucher, voucherMaxMs],
    ];
    for (const [name, voucher, later] of rows) {
      site.now += later;
      site.post(brought(site, told, { receipt: receiptOf(name), visitorId: name, voucher }));
      expect([name, site.send({ events: [{ receipt: receiptOf(name), anonymousId: name }] }).codes]).toEqual([
        name,
        ['purpose'],
      ]);
    }
  });

  it('a withdrawal of one purpose on a device that lives by the account’s choice leaves the rest as it stood', () => {
    const site = openSite(account);
    const told = ask(site, 'U1', { decisions: saying(site, 'granted') });
    site.post(brought(site, told, { receipt: receiptOf('b'), visitorId: 'B' }));
    site.now += 60_000;
    const { decisions } = brought(site, told, {}) as unknown as { decisions: { purpose: string }[] };
    site.post({
      ...(site.row({
        kind: 'withdraw',
        receipt: receiptOf('b2'),
        supersedes: receiptOf('b'),
        visitorId: 'B',
      }) as object),
      decisions: decisions.map((one) =>
        one.purpose === 'marketing' ? { ...one, value: 'denied', source: 'user' } : one,
      ),
    });
    const { codes } = site.send({
      events: [
        { receipt: receiptOf('b2'), anonymousId: 'B' },
        { receipt: receiptOf('b2'), anonymousId: 'B', type: 'track', name: 'Message Opened' },
      ],
    });
    expect(codes).toEqual(['kept', 'purpose']);
  });

  it('an erasure takes the account’s record, and what a device remembers does not bring it back (R14)', () => {
    const site = openSite(account);
    ask(site, 'U1', { decisions: saying(site, 'granted') });
    expect(site.sql.prepare('SELECT * FROM consent_persons').all()).toHaveLength(4);
    site.now += 1_000;
    site.erase({ userId: 'U1' });
    expect(site.sql.prepare('SELECT * FROM consent_persons').all()).toEqual([]);
    site.now += 1_000;
    expect(ask(site, 'U1', { decisions: saying(site, 'granted') })!.taken).toEqual([]);
    expect(site.sql.prepare('SELECT * FROM consent_persons').all()).toEqual([]);
  });

  it('the ledger names nobody in such a row', () => {
    const site = openSite(account);
    ask(site, 'somebody@shop.example', { decisions: saying(site, 'granted') });
    expect(site.dump()).not.toContain('somebody');
  });
});

it('a voucher is good for what it says and as long as it says', () => {
  const site = openSite();
  const { keyOf } = site.consent;
  const voucher = vouch(keyOf, 5, start);
  expect(vouchedFor(keyOf, voucher, start)).toEqual({ granted: 5 });
  expect(vouchedFor(keyOf, voucher, start + voucherMaxMs)).toBeNull();
  for (const wrong of [null, 5, '', '1.2', `${voucher}a`, voucher.replace('.5.', '.7.'), 'x'.repeat(9_999)])
    expect(vouchedFor(keyOf, wrong, start)).toBeNull();
});

describe('the row of a choice that went to an account', () => {
  it.each([
    ['FR', 'FR', 'page', 'page'],
    ['FR', 'FR', 'geoip', 'geoip'],
    ['US-CA', 'US-CA', 'cdn', 'cdn'],
    [null, null, 'cdn', 'unknown'],
  ] as const)('section 5: says %s, and how it is known: %s by %s', (code, region, placedBy, how) => {
    const site = openSite(account);
    ask(site, 'u-placed', { act: 'answer', decisions: saying(site, 'denied'), region, placedBy });
    const rows = site.sql.prepare<{ jurisdiction: string }>('SELECT jurisdiction FROM consent_ledger').all();
    expect(rows.map(({ jurisdiction }) => JSON.parse(jurisdiction))).toMatchObject([{ code, how }]);
  });
});
