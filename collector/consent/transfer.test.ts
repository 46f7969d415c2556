import { describe, expect, it } from 'vitest';
import { type Purpose, purposes } from '../contract/purposes.js';
import { bitOf, maskOf } from './mask.js';
import { dayMs, openSite, receiptOf, type Site, start } from './site.fixture.js';
import {
  arrivedOf,
  type Carried,
  carriedOf,
  hostOf,
  misplaced,
  openTransfer,
  sealTransfer,
  type Transfer,
  type TransferResult,
  transferMaxMs,
} from './transfer.js';
import { transferredBy, voucherMaxMs, vouchTransfer } from './voucher.js';

const one = (
  purpose: Purpose,
  value: 'granted' | 'denied',
  at = start,
  materialHash: string | null = null,
): Carried => ({
  purpose,
  value,
  at,
  materialHash,
});
const M = 'measurement';
const P = 'personalisation';
const K = 'marketing';
const words = (decisions: readonly Carried[]) => decisions.map(({ purpose, value }) => `${purpose} ${value}`);

describe('consent 2, other domains: what travels', () => {
  const standing = { granted: maskOf([M, P]), at: start - dayMs };
  const rules: [string, Carried[], { standing?: typeof standing | null; signalled?: number }, string[]][] = [
    ['nothing was decided', [], {}, []],
    ['a refusal, on the page’s word', [one(M, 'denied')], { standing: null }, ['measurement denied']],
    ['a grant that a receipt stands for', [one(M, 'granted')], {}, ['measurement granted']],
    ['no grant without a receipt', [one(M, 'granted')], { standing: null }, []],
    [
      'no grant beyond what the receipt grants',
      [one(M, 'granted'), one(P, 'granted'), one(K, 'granted')],
      {},
      ['measurement granted', 'personalisation granted'],
    ],
    ['no grant without what it builds on', [one(P, 'granted')], {}, []],
    [
      'both, side by side',
      [one(M, 'granted'), one(P, 'denied')],
      {},
      ['measurement granted', 'personalisation denied'],
    ],
    [
      'not as granted what the signal denies',
      [one(M, 'granted'), one(P, 'granted')],
      { signalled: bitOf(P) },
      ['measurement granted'],
    ],
  ];
  it.each(rules)('%s', (_, told, { standing: held = standing, signalled = 0 }, expected) => {
    expect(words(carriedOf(told, { standing: held, signalled, now: start }))).toEqual(expected);
  });

  it('makes no answer younger than its receipt, or than now', () => {
    const [granted, denied] = carriedOf([one(M, 'granted', start), one(K, 'denied', start + dayMs)], {
      standing,
      signalled: 0,
      now: start,
    });
    expect([granted!.at, denied!.at]).toEqual([start - dayMs, start]);
  });
});

describe('consent 2, other domains: where a word holds', () => {
  const word: Transfer = {
    nonce: 'n',
    issuer: 'https://shop.example',
    audience: 'outlet.example',
    until: start + transferMaxMs,
    policy: { version: '1', configHash: null },
    decisions: [],
  };
  const here = { origin: 'https://outlet.example', cameFrom: 'https://shop.example', now: start };
  const rules: [
    string,
    Transfer | null,
    Partial<typeof here> | { origin: null } | { cameFrom: null },
    string | null,
  ][] = [
    ['where the link led to', word, {}, null],
    ['on another port of that host', word, { origin: 'https://outlet.example:8443' }, null],
    ['a moment before its minute is over', word, { now: start + transferMaxMs - 1 }, null],
    ['not after it', word, { now: start + transferMaxMs }, 'late'],
    ['not on another host', word, { origin: 'https://other.example' }, 'audience'],
    ['not below it', word, { origin: 'https://www.outlet.example' }, 'audience'],
    ['not without an origin', word, { origin: null }, 'audience'],
    ['not in a sandbox', word, { origin: 'null' }, 'audience'],
    ['not from another page', word, { cameFrom: 'https://evil.example' }, 'issuer'],
    ['not from the same host in the clear', word, { cameFrom: 'http://shop.example' }, 'issuer'],
    ['not from nowhere', word, { cameFrom: null }, 'issuer'],
    [
      'not from the host itself',
      { ...word, issuer: 'https://outlet.example' },
      { cameFrom: 'https://outlet.example' },
      'issuer',
    ],
    ['not one that is none of ours', null, {}, 'not-ours'],
  ];
  it.each(rules)('%s', (_, transfer, at, expected) => {
    expect(misplaced(transfer, { ...here, ...at })).toBe(expected);
  });

  it('is read as it was written, and not when a letter of it is another', () => {
    const { keyOf } = openSite().consent;
    const whole = { ...word, decisions: [one(M, 'granted', start, 'ab'), one(K, 'denied', start - 5)] };
    const token = sealTransfer(keyOf, whole);
    expect(openTransfer(keyOf, token)).toEqual(whole);
    for (let index = 0; index < token.length; index += 7)
      expect(
        openTransfer(keyOf, `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`),
      ).toBeNull();
    for (const wrong of ['', '.', 'a.b', `${token}x`, `${token}.x`, 'x'.repeat(9_999)])
      expect(openTransfer(keyOf, wrong)).toBeNull();
  });

  it.each([
    ['https://shop.example', 'shop.example'],
    ['http://LOCALHOST:8080', 'localhost'],
    ['null', null],
    [null, null],
    ['https://a.example/path', null],
    ['file://a.example', null],
  ])('the host of %s is %s', (origin, host) => {
    expect(hostOf(origin)).toBe(host);
  });
});

describe('consent 2, other domains: what arrives', () => {
  const { policy } = openSite({ policy: { version: '2' } });
  const hashOf = (purpose: Purpose) => policy.purposes.find(({ id }) => id === purpose)!.materialHash;
  const rules: [string, Carried[], number, string[]][] = [
    ['grants under the same terms', [one(M, 'granted', start, hashOf(M))], 0, ['measurement granted']],
    ['no grant under others', [one(M, 'granted', start, 'ab'.repeat(32))], 0, []],
    [
      'a purpose whose terms are others stays behind, with what builds on it',
      [
        one(M, 'granted', start, hashOf(M)),
        one(P, 'granted', start, 'ab'.repeat(32)),
        one(K, 'granted', start, hashOf(K)),
      ],
      0,
      ['measurement granted'],
    ],
    ['no grant without a hash that is of another policy', [one(M, 'granted')], 0, []],
    ['a refusal under any', [one(M, 'denied', start, 'ab'.repeat(32))], 0, ['measurement denied']],
    ['no grant that has run out', [one(M, 'granted', start - 180 * dayMs, hashOf(M))], 0, []],
    ['one a moment before', [one(M, 'granted', start - 180 * dayMs + 1, hashOf(M))], 0, ['measurement granted']],
    [
      'no grant that the signal denies here',
      [one(M, 'granted', start, hashOf(M)), one(P, 'granted', start, hashOf(P))],
      bitOf(P),
      ['measurement granted'],
    ],
  ];
  it.each(rules)('%s', (_, decisions, signalled, expected) => {
    const transfer = {
      nonce: 'n',
      issuer: 'https://a.example',
      audience: 'b.example',
      until: start + 1,
      policy: { version: '1', configHash: 'cd'.repeat(32) },
      decisions,
    };
    expect(words(arrivedOf(transfer, { policy, signalled, now: start }))).toEqual(expected);
  });
});

it('the word for a row is good for what it says and as long as it says', () => {
  const { keyOf } = openSite().consent;
  const said = { granted: 5, since: start - dayMs, from: 'shop.example' };
  const voucher = vouchTransfer(keyOf, said, start);
  expect(transferredBy(keyOf, voucher, start)).toEqual(said);
  expect(transferredBy(keyOf, voucher, start + voucherMaxMs)).toBeNull();
  for (const wrong of [null, 5, '', voucher.replace('.5.', '.7.'), voucher.replace('shop', 'evil'), `${voucher}x`])
    expect(transferredBy(keyOf, wrong, start)).toBeNull();
});

const file = { transfer: ['shop.example', 'outlet.example'], regions: 'everywhere-opt-in' };
const hashOf = (site: Site, purpose: string) => site.policy.purposes.find(({ id }) => id === purpose)!.materialHash;
const saying = (site: Site, value: 'granted' | 'denied', at = site.now, of: readonly Purpose[] = purposes) =>
  of.map((purpose) => ({ purpose, value, at, materialHash: hashOf(site, purpose) }));
type Fields = Record<string, unknown>;
const sign = (site: Site, fields: Fields = {}) =>
  site.consent.transfer({
    act: 'sign',
    to: 'outlet.example',
    receipt: receiptOf('a'),
    decisions: saying(site, 'granted'),
    policy: { version: site.policy.version, configHash: site.policy.configHash },
    sentAt: site.now,
    receivedAt: site.now,
    gpc: false,
    origin: 'https://shop.example',
    ...fields,
  } as Parameters<Site['consent']['transfer']>[0]);
const accept = (site: Site, token: string, fields: Fields = {}) =>
  site.consent.transfer({
    act: 'accept',
    token,
    cameFrom: 'https://shop.example',
    receivedAt: site.now,
    gpc: false,
    origin: 'https://outlet.example',
    ...fields,
  } as Parameters<Site['consent']['transfer']>[0]);
const tokenIn = (result: TransferResult) => (result as { token: string }).token;
type Accepted = TransferResult & { kind: 'accepted' };
/** The row that the page makes of what arrived. */
const brought = (site: Site, { decisions, voucher }: Accepted, fields: object) => ({
  ...(site.row({ kind: 'grant' }) as object),
  decisions: decisions.map(({ purpose, value, materialHash }) => ({ purpose, value, materialHash, source: 'import' })),
  voucher,
  ...fields,
});
const ledgerOf = (site: Site) =>
  site.sql
    .prepare<Record<string, string | null>>(
      'SELECT kind, receipt, decisions, ui, expires_at FROM consent_ledger ORDER BY seq',
    )
    .all();

describe('consent 2, other domains: an answer on its way', () => {
  it('is off by default', () => {
    const site = openSite();
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes }));
    expect(sign(site)).toEqual({ kind: 'unlisted' });
    expect(accept(site, 'a.b')).toEqual({ kind: 'unlisted' });
  });

  it('goes to listed hosts alone, and not to the page’s own', () => {
    const site = openSite(file);
    for (const fields of [
      { to: 'other.example' },
      { to: 'www.outlet.example' },
      { to: 'shop.example' },
      { origin: null },
      { origin: 'null' },
    ])
      expect([fields, sign(site, fields)]).toEqual([fields, { kind: 'unlisted' }]);
  });

  it('names nobody: no id, no receipt, nothing of the device', () => {
    const site = openSite(file);
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A-visitor', grants: purposes }));
    const token = tokenIn(sign(site));
    const text = Buffer.from(token.split('.')[0]!, 'base64url').toString();
    expect(text).toContain('measurement');
    for (const word of [receiptOf('a'), 'A-visitor', 'e1']) expect(text).not.toContain(`"${word}`);
    // Nor does the collector remember who had it signed.
    expect(site.dump()).not.toContain(token);
  });

  it('arrives as an import of the ledger, under a receipt of the other device’s own, from where it came', () => {
    const site = openSite(file);
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes }));
    site.now += 10 * dayMs;
    const arrived = accept(site, tokenIn(sign(site, { decisions: saying(site, 'granted', start) }))) as Accepted;
    expect(words(arrived.decisions)).toEqual(purposes.map((purpose) => `${purpose} granted`));
    expect(arrived.decisions.every(({ at }) => at === start)).toBe(true);
    site.post(brought(site, arrived, { receipt: receiptOf('b'), visitorId: 'B' }));
    const event = { receipt: receiptOf('b'), anonymousId: 'B' };
    expect(site.send({ events: [event] }).codes).toEqual(['kept']);
    const row = ledgerOf(site).at(-1)!;
    expect(row).toMatchObject({ kind: 'import', receipt: receiptOf('b') });
    expect(JSON.parse(row.ui!)).toEqual({ layer: 'transfer', action: 'link', variant: 'from=shop.example' });
    expect(row.decisions).toContain('"source":"import"');
    // Its time runs from the answer, not from the link.
    expect(Number(row.expires_at)).toBe(start + 180 * dayMs);
    site.now = start + 180 * dayMs;
    expect(site.send({ events: [event] }).codes).toEqual(['expired']);
  });

  it('is not joined with the device it came from: its events go on when that one withdraws', () => {
    const site = openSite(file);
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes }));
    site.post(
      brought(site, accept(site, tokenIn(sign(site))) as Accepted, { receipt: receiptOf('b'), visitorId: 'B' }),
    );
    site.post(site.row({ kind: 'withdraw', receipt: receiptOf('a2'), supersedes: receiptOf('a'), visitorId: 'A' }));
    expect(site.send({ events: [{ receipt: receiptOf('b'), anonymousId: 'B' }] }).codes).toEqual(['kept']);
    const salts = site.sql.prepare<{ n: number }>('SELECT count(DISTINCT life) AS n FROM consent_receipts').get();
    expect(salts!.n).toBe(2);
  });

  it('carries a refusal as it carries a grant, and leaves no identifier where it arrives', () => {
    const site = openSite(file);
    const arrived = accept(site, tokenIn(sign(site, { receipt: null, decisions: saying(site, 'denied') }))) as Accepted;
    expect(words(arrived.decisions)).toEqual(purposes.map((purpose) => `${purpose} denied`));
    expect(site.post(brought(site, arrived, { kind: 'refuse' }))).toMatchObject({ kind: 'accepted', receipt: null });
    expect(ledgerOf(site).at(-1)).toMatchObject({ kind: 'import', receipt: null });
  });

  it('a refusal that comes after a grant takes it back, and is told as a withdrawal', () => {
    const site = openSite(file);
    site.post(site.row({ receipt: receiptOf('b'), visitorId: 'B', grants: purposes }));
    const event = { receipt: receiptOf('b'), anonymousId: 'B' };
    site.send({ events: [event] });
    const arrived = accept(site, tokenIn(sign(site, { receipt: null, decisions: saying(site, 'denied') }))) as Accepted;
    site.post(
      brought(site, arrived, {
        kind: 'withdraw',
        receipt: receiptOf('b2'),
        supersedes: receiptOf('b'),
        visitorId: 'B',
      }),
    );
    expect(site.events).toEqual([]);
    expect(ledgerOf(site).at(-1)).toMatchObject({ kind: 'withdraw' });
  });

  it('is good once', () => {
    const site = openSite(file);
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes }));
    const token = tokenIn(sign(site));
    expect(accept(site, token)).toMatchObject({ kind: 'accepted' });
    expect(accept(site, token)).toEqual({ kind: 'misplaced', why: 'spent' });
    site.now += transferMaxMs;
    expect(accept(site, token)).toEqual({ kind: 'misplaced', why: 'late' });
  });

  it('is not spent by whoever may not have it', () => {
    const site = openSite(file);
    const token = tokenIn(sign(site, { receipt: null, decisions: saying(site, 'denied') }));
    expect(accept(site, token, { origin: 'https://shop.example' })).toMatchObject({ why: 'audience' });
    expect(accept(site, token, { cameFrom: 'https://evil.example' })).toMatchObject({ why: 'issuer' });
    expect(accept(site, token)).toMatchObject({ kind: 'accepted' });
  });

  it('a page cannot say what the ledger does not know: no receipt, another’s grants, a region’s default, one withdrawn', () => {
    const site = openSite({ transfer: file.transfer, regions: [{ match: ['*'], model: 'opt-out', fallback: true }] });
    expect(tokenIn(sign(site, { receipt: null }))).toBeNull();
    expect(tokenIn(sign(site, { receipt: receiptOf('never') }))).toBeNull();
    site.post(
      site.row({ kind: 'region-default', source: 'region', receipt: receiptOf('r'), visitorId: 'R', grants: purposes }),
      { country: 'US' },
    );
    expect(tokenIn(sign(site, { receipt: receiptOf('r') }))).toBeNull();
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: [M], denies: [P] }));
    const { decisions } = accept(site, tokenIn(sign(site))) as Accepted;
    expect(words(decisions)).toEqual(['measurement granted']);
    site.post(site.row({ kind: 'withdraw', receipt: receiptOf('a2'), supersedes: receiptOf('a'), visitorId: 'A' }));
    expect(tokenIn(sign(site))).toBeNull();
    expect(tokenIn(sign(site, { receipt: receiptOf('a2') }))).toBeNull();
  });

  it('a new policy between the press and the page: what it changed stays behind', () => {
    const site = openSite(file);
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes }));
    const token = tokenIn(sign(site));
    const next = openSite({
      ...file,
      purposes: [{ id: M }, { id: P, retentionDays: 20 }, { id: K }].map((terms) => ({ ...terms })),
    });
    site.consent.adopt(next.policy, site.now);
    expect(words((accept(site, token) as Accepted).decisions)).toEqual(['measurement granted']);
  });

  it('the browser’s signal: what it denies neither leaves nor arrives as granted', () => {
    const site = openSite(file);
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes }));
    const left = accept(site, tokenIn(sign(site, { gpc: true }))) as Accepted;
    const arrived = accept(site, tokenIn(sign(site)), { gpc: true }) as Accepted;
    expect(words(left.decisions)).toEqual(['measurement granted', 'personalisation granted']);
    expect(arrived.decisions).toEqual(left.decisions);
    expect(transferredBy(site.consent.keyOf, arrived.voucher, site.now)!.granted).toBe(maskOf([M, P]));
  });

  it('without the collector’s word a page’s “import” grants nothing, and what stands goes on', () => {
    const site = openSite(file);
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes }));
    const arrived = accept(site, tokenIn(sign(site))) as Accepted;
    const event = { receipt: receiptOf('b'), anonymousId: 'B' };
    site.post(brought(site, arrived, { receipt: receiptOf('b'), visitorId: 'B' }));
    site.post(
      brought(
        site,
        { ...arrived, voucher: null },
        { kind: 'update', receipt: receiptOf('b2'), supersedes: receiptOf('b'), visitorId: 'B' },
      ),
    );
    expect(site.send({ events: [{ ...event, receipt: receiptOf('b2') }] }).codes).toEqual(['kept']);
    site.post(brought(site, { ...arrived, voucher: null }, { receipt: receiptOf('c'), visitorId: 'C' }));
    expect(site.send({ events: [{ receipt: receiptOf('c'), anonymousId: 'C' }] }).codes).toEqual(['purpose']);
  });

  it('where the site has an age gate, an answer that travelled passes it no more than one given there', () => {
    const site = openSite({ ...file, age: { gate: true } });
    site.post(site.row({ receipt: receiptOf('a'), visitorId: 'A', grants: purposes, age: 'passed' }));
    const arrived = accept(site, tokenIn(sign(site))) as Accepted;
    site.post(brought(site, arrived, { receipt: receiptOf('b'), visitorId: 'B' }));
    expect(site.send({ events: [{ receipt: receiptOf('b'), anonymousId: 'B' }] }).codes).not.toEqual(['kept']);
    site.post(brought(site, arrived, { receipt: receiptOf('c'), visitorId: 'C', age: 'passed' }));
    expect(site.send({ events: [{ receipt: receiptOf('c'), anonymousId: 'C' }] }).codes).toEqual(['kept']);
  });
});
