// The privacy room's pages, over the real house.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rangeOf, toldGroups } from '../../consent/ledger/rates.js';
import { databaseFile } from '../../embedded.js';
import { openSqlite } from '../../store/sqlite.js';
import { accountsOfTests, keysOf, text, visit } from '../fixtures/staff.js';
import { dashboard } from '../index.js';
import { isUnsigned } from './ledger.js';
import { isLate, lateAfterMs } from './retention.js';
import { openRoom, type Room, receiptOf } from './room.fixture.js';

let full: Room;
let empty: Room;
beforeAll(async () => {
  full = await openRoom();
  empty = await openRoom({ answers: false, accounts: accountsOfTests });
}, 120_000);
afterAll(async () => {
  await full.end();
  await empty.end();
});

const pages = [
  '/privacy',
  '/privacy/requests',
  '/privacy/consent',
  '/privacy/ledger',
  '/privacy/retention',
  '/privacy/recipients',
  '/privacy/audit',
];

describe('every page of the room', () => {
  it.each(pages)('%s says what it has to say, full or empty, under the strict policy', async (path) => {
    for (const room of [full, empty]) {
      const staff = await room.enter();
      const response = await staff.get(path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
      const html = await response.text();
      expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
      expect(html.match(/<h1>/g)).toHaveLength(1);
      expect(html).toContain(`<a href="${path}" aria-current="page">`);
      expect(text(html).length).toBeGreaterThan(80);
    }
  });

  it.each(pages)('%s is nothing of marketing’s, which is told where to go', async (path) => {
    const staff = await full.enter('Maya');
    const response = await staff.get(path);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('This room is not open to you');
  });

  it('names each other, and none that is not there', async () => {
    const staff = await full.enter();
    const html = await staff.page('/privacy');
    const nav = html.slice(html.indexOf('aria-label="Privacy"'));
    const links = [...nav.slice(0, nav.indexOf('</nav>')).matchAll(/href="([^"]+)"/g)].map(([, href]) => href!);
    expect(links).toEqual(expect.arrayContaining(pages));
    for (const link of links) expect([link, (await staff.get(link)).status]).toEqual([link, 200]);
  });
});

/** A consent file in which the linter finds nothing. */
const wellKept = {
  policy: { version: '2026-11-01', links: { privacy: 'https://shop.example/privacy' } },
  controller: { name: 'Shop', contact: 'privacy@shop.example' },
  regions: 'world',
  purposes: [
    { id: 'necessary', always: true },
    { id: 'measurement', retentionDays: 395, data: ['pages', 'cart'], recipients: [] },
    { id: 'personalisation', retentionDays: 180, data: ['profile', 'cart'], recipients: [] },
    { id: 'marketing', retentionDays: 90, data: ['contacts', 'cart'], recipients: [] },
  ],
};

describe('what needs doing', () => {
  it('is nothing where all is well', async () => {
    const room = await openRoom({ answers: false, consentFile: wellKept });
    try {
      expect(text(await (await room.enter()).page('/privacy'))).toContain('Nothing needs doing.');
    } finally {
      await room.end();
    }
    // What ships names no controller, and should not stay as it is.
    const shipped = text(await (await full.enter()).page('/privacy'));
    expect(shipped).toMatch(/The policy in force has 4 things that should not ship\. See them , each with what to do/);
    const policy = text(await (await full.enter()).page('/privacy/policy'));
    expect(policy).toMatch(/What should not ship To be looked at .* controller/);
  }, 60_000);

  it('is said with its next step: a broken ledger, one password for all', async () => {
    const room = await openRoom({ accounts: accountsOfTests.slice(0, 1) });
    try {
      const staff = await room.enter('owner');
      expect(text(await staff.page('/privacy'))).toContain('Everybody logs in with one password');
      const store = openSqlite(databaseFile(room.folder));
      store.exec('DROP TRIGGER consent_ledger_is_not_rewritten');
      store.exec("UPDATE consent_ledger SET jurisdiction = '{}' WHERE seq = 7");
      store.close();
      const path = (
        await staff.post('/privacy/ledger/verify', {
          csrf: await staff.csrf('/privacy/ledger', '/privacy/ledger/verify'),
        })
      ).headers.get('location')!;
      expect(text(await staff.page(path))).toMatch(/The chain is broken .* Row 7 cannot be relied on\./);
    } finally {
      await room.end();
    }
  }, 60_000);

  it('is said with its next step: requests that are due, a recipient to be told by hand, a policy that should not ship', async () => {
    const room = await openRoom({
      asked: true,
      consentFile: { recipients: { mailer: { name: 'The mailer', country: 'DE', role: 'processor', cookies: [] } } },
    });
    try {
      const staff = await room.enter();
      const words = text(await staff.page('/privacy'));
      expect(words).toMatch(
        /this week 1 of the requests of people is due within a week\. See it \. A recipient has not/,
      );
      expect(words).toMatch(/by hand The mailer must be told of erasures by hand\. See of which/);
      expect(words).not.toContain('overdue');
      // The most pressing first: what is to be done now, what soon, and what once.
      expect(words.indexOf('by hand The mailer')).toBeLessThan(words.indexOf('this week'));
      const late = visit(
        dashboard({
          reader: {
            ...room.reader,
            requests: (asked) => room.reader.requests({ ...asked, now: asked.now + 10 * 86_400_000 }),
          },
          log: room.log,
          keys: keysOf(accountsOfTests),
          sessionSecret: 'another one',
          policy: {
            live: {
              ...room.live,
              trouble: () => [
                { severity: 'error', rule: 'json', path: '', line: 1, column: 1, reason: 'no', next: 'mend' },
              ],
            },
            replayScript: () => null,
          },
          links: { demo: null, docs: null },
          now: () => room.now,
        }),
      );
      await late.logIn('Piet');
      const later = text(await late.page('/privacy'));
      expect(later).toContain('overdue 1 of the requests of people is past the month');
      expect(later).toContain(
        'The consent file on disk is refused; the last good one stays in force. See what is wrong',
      );
    } finally {
      await room.end();
    }
  }, 60_000);

  it('calls a ledger unsigned after a day and a bit, and retention late after two runs', () => {
    const health = {
      ok: true,
      rows: 3,
      head: { seq: 3, hash: '' },
      from: 1,
      through: 3,
      complete: true,
      next: null,
      signedAt: new Date(0).toISOString(),
      signedSeq: 2,
      signatures: 1,
      keys: [],
      checkedAt: null,
      fullAt: null,
    };
    const hour = 3_600_000;
    expect(isUnsigned(health, 25 * hour)).toBe(false);
    expect(isUnsigned(health, 27 * hour)).toBe(true);
    expect(isUnsigned({ ...health, signedSeq: 3 }, 1e9 * hour)).toBe(false);
    expect(isUnsigned({ ...health, rows: 0, signedAt: null }, 0)).toBe(false);
    const run = { id: 1, startedAt: 0, endedAt: 10, removed: [] };
    expect([isLate([], 1e12), isLate([run], lateAfterMs), isLate([run], lateAfterMs + 11)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('consent rates', () => {
  it('are told by day, region, language, layer and button, in a picture and in a table', async () => {
    const staff = await full.enter();
    const html = await staff.page('/privacy/consent');
    const words = text(html);
    expect(html).toMatch(/role="img" aria-label="Answers by day: [\d,]+ all accepted, [\d,]+ some, [\d,]+ refused\./);
    expect(words).toMatch(/Refused 2\d%/);
    for (const part of ['By region', 'DE', 'FR', 'By language', 'By layer', 'First layer', 'Reject all'])
      expect(words).toContain(part);
    const total = await full.reader.consentRates(rangeOf(null, null, full.now));
    expect(words).toContain(`Answers ${total.total.answers}`);
  });

  it('are narrowed to a region, a language and a layer, and say so when nobody answered there', async () => {
    const staff = await full.enter();
    const range = rangeOf(null, null, full.now);
    const french = await full.reader.consentRates({ ...range, only: { region: 'FR' } });
    const all = await full.reader.consentRates(range);
    expect(french.total.answers).toBe(all.byRegion.find(({ key }) => key === 'FR')!.answers);
    const html = await staff.page('/privacy/consent?region=FR&layer=first');
    expect(text(html)).toContain(`Answers ${french.total.answers}`);
    expect(html).toMatch(/<option value="FR" selected=""/);
    expect(text(html)).not.toContain('By region');
    expect(html).toMatch(
      /class="share"[^>]*role="img" aria-label="Of the answers: all accepted \d+%, some \d+%, refused/,
    );
    const nobody = await staff.page('/privacy/consent?region=%3Cb%3E');
    expect(text(nobody)).toContain('Nobody has answered so in these days.');
    expect(nobody).not.toContain('<b>"');
    expect(nobody).toContain('value="&lt;b&gt;"');
  });

  it('hide what fewer than ten said', async () => {
    const rate = (key: string, answers: number) => ({
      key,
      answers,
      granted: answers,
      partly: 0,
      refused: 0,
      withdrawn: 0,
      purposes: { measurement: 0, personalisation: 0, marketing: 0, sharing: 0 },
    });
    expect(toldGroups([rate('FR', 10), rate('LI', 9), rate('MC', 1), rate('SM', 0)])).toEqual({
      large: [rate('FR', 10)],
      small: 2,
    });
    // Of one alone the total would tell the size.
    expect(toldGroups([rate('FR', 40), rate('DE', 12), rate('LI', 9)])).toEqual({ large: [rate('FR', 40)], small: 2 });
    const room = await openRoom({ answers: false });
    try {
      for (let n = 1; n <= 9; n += 1) await room.answer(n, 0, []);
      const staff = await room.enter();
      expect(text(await staff.page('/privacy/consent'))).toContain('Fewer than 10 people have answered');
    } finally {
      await room.end();
    }
  }, 60_000);

  it('explain themselves when there are none', async () => {
    const staff = await empty.enter();
    expect(text(await staff.page('/privacy/consent'))).toContain('Nobody has answered in these days.');
  });

  it.each([
    [null, null, '2026-10-31', '2026-11-29'],
    ['2026-11-01', '2026-11-05', '2026-11-01', '2026-11-05'],
    ['2026-11-05', '2026-11-01', '2026-11-01', '2026-11-05'],
    ['x', "'; DROP", '2026-10-31', '2026-11-29'],
    ['2020-01-01', '2026-11-29', '2025-10-26', '2026-11-29'],
  ])('from %j to %j are of %s to %s', (from, to, first, last) => {
    expect(rangeOf(from, to, Date.parse('2026-11-29T10:00:00Z'))).toEqual({ from: first, to: last });
  });
});

describe('the ledger', () => {
  it('is checked from the first row to the last on demand, without a script, and says so afterwards', async () => {
    const staff = await full.enter();
    const csrf = await staff.csrf('/privacy/ledger', '/privacy/ledger/verify');
    const begun = await staff.post('/privacy/ledger/verify', { csrf });
    expect(begun.status).toBe(303);
    const page = await staff.page(begun.headers.get('location')!);
    expect(text(page)).toMatch(/Every row fits All \d+ rows were hashed again/);
    expect((await full.reader.ledgerHealth()).fullAt).not.toBeNull();
    expect((await staff.get('/privacy/ledger/verify/none')).status).toBe(404);
    expect((await staff.post('/privacy/ledger/verify', { csrf: 'x' })).status).toBe(403);
  });

  it('is exported as the API exports it, and that is noted', async () => {
    const staff = await full.enter();
    const response = await staff.get('/privacy/ledger/export');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="weft-ledger-.*\.jsonl"$/);
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan((await full.reader.ledgerHealth()).rows);
    await full.audit.settled();
    const all = { by: null, profileId: null, from: null, to: null, cursor: null, limit: 10 };
    expect((await full.reader.auditLog({ ...all, what: 'ledger.export' })).items).toMatchObject([{ by: 'staff_piet' }]);
  });

  it('finds a receipt, says whether it stands, and notes the look without noting which', async () => {
    const staff = await full.enter();
    const html = await staff.page(`/privacy/receipts?receipt=${receiptOf(1)}`);
    expect(text(html)).toMatch(/Receipt Valid .* measurement granted by user stands/);
    expect(html).toContain(`href="/v1/receipts/${receiptOf(1)}"`);
    expect((await staff.get('/privacy/receipts?receipt=none')).status).toBe(404);
    await full.audit.settled();
    const all = { by: null, profileId: null, from: null, to: null, cursor: null, limit: 10 };
    const { items } = await full.reader.auditLog({ ...all, what: 'receipt.read' });
    expect(items).toHaveLength(1);
    expect(JSON.stringify(items)).not.toContain('receipt1');
  });
});

describe('a request on somebody’s behalf', () => {
  it('says first what it does, is made once it is confirmed, and is listed with its state', async () => {
    const room = await openRoom();
    try {
      const staff = await room.enter();
      const fields = { by: 'email', value: ' nobody@shop.example ', kind: 'erase' };
      const send = async (more: Record<string, string>) =>
        staff.post('/privacy/requests', { ...fields, csrf: await staff.csrf('/privacy/requests'), ...more });
      const asked = await (await send({})).text();
      expect(text(asked)).toContain('Erase everything of them? E-mail: nobody@shop.example');
      expect((await send({ csrf: 'x', sure: 'yes' })).status).toBe(403);
      expect(text(await staff.page('/privacy/requests'))).toContain('Nobody has asked for anything yet.');
      const made = await send({ sure: 'yes' });
      expect(made.headers.get('location')).toMatch(/^\/privacy\/requests\/e_/);
      expect((await staff.get(made.headers.get('location')!)).status).toBe(200);
      const objected = await send({ kind: 'object', sure: 'yes' });
      expect(objected.headers.get('location')).toMatch(/^\/privacy\/requests\/o_/);
      expect(text(await staff.page(objected.headers.get('location')!))).toContain('The objection is noted');
      const copy = await send({ kind: 'access', sure: 'yes' });
      expect(text(await staff.page(copy.headers.get('location')!))).toContain('accepted');
      await room.log.command({ kind: 'due', at: room.now });
      const listed = text(await staff.page('/privacy/requests'));
      expect(listed).toMatch(/Access x_\S+ Piet accepted/);
      expect(listed).toMatch(/Objection o_\S+ Piet done/);
      expect(listed).toMatch(/Erasure e_\S+ Piet done/);
      const filtered = text(await staff.page('/privacy/requests?kind=access&state=open'));
      expect(filtered).toContain('x_');
      expect(filtered).not.toMatch(/[eo]_[0-9a-f]{8}/);
      expect(text(await staff.page('/privacy/requests?state=failed'))).toContain('No request is like this.');
      expect((await staff.get('/privacy/requests?after=garbage')).status).toBe(200);
      expect(listed).not.toContain('nobody@shop.example');
      expect((await send({ kind: 'king', sure: 'yes' })).headers.get('location')).toBe('/privacy/requests');
    } finally {
      await room.end();
    }
  }, 60_000);
});

describe('what was asked for', () => {
  let room: Room;
  beforeAll(async () => {
    room = await openRoom({ asked: true });
  }, 60_000);
  afterAll(() => room.end());
  const idOf = async (kind: 'access' | 'erasure'): Promise<string> =>
    (await room.reader.requests({ kind, now: room.now, limit: 1, cursor: null })).items[0]!.id;
  const noted = async (what: 'access.file' | 'certificate.read') => {
    await room.audit.settled();
    const all = { by: null, profileId: null, from: null, to: null, cursor: null, limit: 10 };
    return (await room.reader.auditLog({ ...all, what })).items;
  };

  it('is downloaded by owners and the privacy team alone, and each download is noted', async () => {
    const id = await idOf('access');
    const staff = await room.enter();
    const page = await staff.page(`/privacy/requests/${id}`);
    expect(page).toContain(`href="/privacy/requests/${id}/file"`);
    const response = await staff.get(`/privacy/requests/${id}/file`);
    expect(response.headers.get('content-type')).toBe('application/zip');
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(0, 2)
        .toString(),
    ).toBe('PK');
    expect(await noted('access.file')).toMatchObject([{ by: 'staff_piet', detail: id }]);
    const maya = await room.enter('Maya');
    expect((await maya.get(`/privacy/requests/${id}/file`)).status).toBe(403);
    expect((await staff.get('/privacy/requests/x_none/file')).status).toBe(404);
    expect(await noted('access.file')).toHaveLength(1);
  });

  it('shows an erasure with its steps, counts and recipients, and its certificate, each look at which is noted', async () => {
    const id = await idOf('erasure');
    const staff = await room.enter();
    const words = text(await staff.page(`/privacy/requests/${id}`));
    expect(words).toMatch(
      /Steps 10 of 10 Kept out, and noted in the ledger .* mailer by hand no address is set for it/,
    );
    expect(words).toContain('Notes of who was given their data 2');
    expect(words).toContain('due soon');
    const certificate = text(await staff.page(`/privacy/requests/${id}/certificate`));
    expect(certificate).toContain('Ed25519');
    expect(certificate).toMatch(/Events deleted \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    expect(certificate).toContain('Identifiers 2');
    expect(certificate).not.toMatch(/u-bo|device-of-bo/);
    const json = await staff.get(`/privacy/requests/${id}/certificate.json`);
    expect(await json.json()).toMatchObject({ certificate: { id, state: 'done', pending: 1 } });
    expect(await noted('certificate.read')).toHaveLength(2);
    expect((await staff.get('/privacy/requests/e_none/certificate')).status).toBe(404);
    // Within the room, with the way back.
    expect(text(await staff.page('/privacy/requests/e_none'))).toMatch(
      /To do Requests .* There is no such request .* See all requests/,
    );
  });

  it('is told by hand to a recipient without an address, which is then marked as done', async () => {
    const staff = await room.enter();
    const html = await staff.page('/privacy/recipients');
    expect(text(html)).toMatch(/mailer .* 1 by hand/);
    const id = /name="id" value="(n_[^"]+)"/.exec(html)![1]!;
    const send = async (fields: Record<string, string>) =>
      staff.post('/privacy/recipients', {
        csrf: await staff.csrf('/privacy/recipients', '/privacy/recipients'),
        id,
        ...fields,
      });
    expect((await send({ act: 'retry' })).headers.get('location')).toBe('/privacy/recipients?done=retry');
    expect((await send({ act: 'king' })).headers.get('location')).toBe('/privacy/recipients');
    expect((await send({ act: 'settled', csrf: 'x' })).status).toBe(403);
    const back = `/privacy/requests/${await idOf('erasure')}`;
    expect((await send({ act: 'settled', back })).headers.get('location')).toBe(back);
    expect(text(await staff.page(back))).toContain('mailer done by hand');
    expect(text(await staff.page('/privacy/recipients'))).toContain('Every recipient has heard of every erasure.');
    const gone = await staff.post('/privacy/recipients', {
      csrf: await staff.csrf(back, '/logout'),
      id,
      act: 'settled',
    });
    expect(gone.status).toBe(409);
  });
});

describe('the keys of a recipient', () => {
  let room: Room;
  beforeAll(async () => {
    room = await openRoom({ asked: true, accounts: accountsOfTests });
  }, 120_000);
  afterAll(() => room.end());
  const path = '/privacy/recipients/mailer/keys';
  const live = async () => {
    const { body } = await room.log.command({ kind: 'keys', act: 'list', value: null });
    return (
      body as { credentials: { recipient: string | null; revokedAt: number | null; id: string }[] }
    ).credentials.filter(({ recipient, revokedAt }) => recipient === 'mailer' && revokedAt === null);
  };
  const audited = async (what: string) => {
    const all = { by: null, profileId: null, from: null, to: null, cursor: null, limit: 10 };
    return (await room.reader.auditLog({ ...all, what })).items;
  };

  it('are made by an owner, shown once and noted, read within their purposes, and are taken away by the privacy role', async () => {
    const owner = await room.enter('owner');
    const make = async (fields: Record<string, string>) =>
      owner.post(path, { csrf: await owner.csrf(path, path), ...fields });
    expect((await make({ label: '', marketing: 'yes' })).status).toBe(400);
    expect((await make({ label: 'Sync', measurement: 'yes' })).status).toBe(400);
    expect((await make({ label: 'Sync', marketing: 'yes', csrf: 'x' })).status).toBe(403);
    expect(await live()).toEqual([]);
    const made = await make({ label: '<b>Sync</b>', marketing: 'yes', sharing: 'yes' });
    expect([made.status, made.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const html = await made.text();
    expect(html).not.toMatch(/<b>Sync|<script(?![^>]*src=)/);
    const key = /<code>(sk_[\w-]+)<\/code>/.exec(html)![1]!;
    const [kept] = await live();
    expect(kept).toMatchObject({ recipient: 'mailer', roles: [], purposes: ['marketing', 'sharing'] });
    expect(JSON.stringify(kept)).not.toContain(key);
    expect(await owner.page(path)).not.toContain(key);
    expect(text(await owner.page('/privacy/recipients'))).toMatch(/mailer .* 1 /);
    expect(await audited('key.make')).toMatchObject([{ detail: kept!.id }]);
    expect((await make({ label: '<b>Sync</b>', marketing: 'yes' })).status).toBe(409);

    const piet = await room.enter('Piet');
    expect(text(await piet.page(path))).toContain('an owner makes it');
    const refused = await piet.post(path, { csrf: await piet.csrf(path, '/logout'), label: 'Mine', marketing: 'yes' });
    expect(refused.status).toBe(403);
    const revoke = `${path}/${kept!.id}/revoke`;
    expect((await piet.post(revoke, { csrf: 'x' })).status).toBe(403);
    const gone = await piet.post(revoke, { csrf: await piet.csrf(revoke) });
    expect(gone.headers.get('location')).toBe(`${path}?done=revoked`);
    expect(text(await piet.page(`${path}?done=revoked`))).toMatch(/reads nobody any more.*They have no key.*Revoked/);
    expect(await live()).toEqual([]);
    expect(await audited('key.revoke')).toMatchObject([{ detail: kept!.id }]);
    expect((await piet.get(revoke)).status).toBe(404);
  });

  it('are offered for the purposes that the policy names the recipient for, and it is said of the others that it does not', async () => {
    const named = await openRoom({
      answers: false,
      consentFile: {
        purposes: [
          { id: 'measurement', retentionDays: 395 },
          { id: 'personalisation', retentionDays: 180 },
          { id: 'marketing', retentionDays: 90, recipients: ['mailer'] },
        ],
        recipients: { mailer: { name: 'Mail service', country: 'FR', role: 'processor' } },
      },
    });
    const owner = await named.enter('owner');
    const html = await owner.page(path);
    const policy = text(await owner.page('/privacy/policy'));
    await named.end();
    // The policy's own page says it in words, and once more to be copied.
    expect(policy).toMatch(/Messages and advertising Lets us write to you, .* 90 Mail service FR, Works on our instr/);
    expect(policy).toContain('| Mail service (FR, Works on our instructions) |');
    expect(html.match(/name="\w+" value="yes" checked/g)).toEqual(['name="marketing" value="yes" checked']);
    expect(text(html)).toContain(
      'Marketing The policy in force names them for it. Sharing The policy in force does not',
    );
  });

  it('are nobody’s whom the shop does not know as a recipient, and no other key is revoked there', async () => {
    const owner = await room.enter('owner');
    for (const id of ['nobody', '%3Cb%3E', '..%2f'])
      expect((await owner.get(`/privacy/recipients/${id}/keys`)).status).toBe(404);
    const csrf = await owner.csrf(path, path);
    expect((await owner.post(`${path}/staff_maya/revoke`, { csrf })).status).toBe(404);
    expect((await (await room.enter('Maya')).get(path)).status).toBe(403);
  });
});

describe('counting where nobody has agreed', () => {
  it('is shown by day and in groups, says what is hidden, and is led to only where the policy counts', async () => {
    expect(await (await full.enter()).page('/privacy')).not.toContain('href="/privacy/cookieless"');
    expect(text(await (await full.enter()).page('/privacy/cookieless'))).toContain('turned off');
    const room = await openRoom({
      answers: false,
      consentFile: { cookieless: { mode: 'always', unique: 'daily-hash' } },
    });
    try {
      const staff = await room.enter();
      expect(await staff.page('/privacy')).toContain('href="/privacy/cookieless"');
      expect(text(await staff.page('/privacy/cookieless'))).toContain('Nothing was counted in these days.');
      const cell = { event: 'page', path: '/', product: '', device: 'mobile', country: 'DE', referrer: '' };
      const tallied = [
        { cell, count: 60 },
        { cell: { ...cell, event: 'add', product: 'tea' }, count: 12 },
        { cell: { ...cell, path: '/rare', country: 'LI' }, count: 8 },
        { cell: { ...cell, path: '/rarer', country: 'MC' }, count: 4 },
      ];
      await room.log.command({ kind: 'cookieless', at: room.now - 25 * 3_600_000, tallied, uniques: [] });
      const words = text(await staff.page('/privacy/cookieless'));
      expect(words).toMatch(
        /By path .* \/ Page views 60 .* too few of each to be named Page views 12 .* 2 cells not shown: fewer than 10 so far/,
      );
      expect(words).toMatch(/By product Product What Count tea Put into a cart 12/);
      expect(words).toContain('Different visitors a day');
      expect(words).not.toMatch(/rare|LI\b/);
    } finally {
      await room.end();
    }
  }, 60_000);
});

describe('the audit log', () => {
  it('is filtered by who, what, whom and when, and hands its filters on', async () => {
    const owner = await full.enter('owner');
    const [ada] = await full.reader.profilesBy(
      { userId: 'u-ada' },
      { purposes: ['measurement', 'personalisation', 'marketing', 'sharing'], now: full.now },
    );
    await owner.get(`/people/${ada!.id}`);
    await owner.get('/people');
    await full.audit.settled();
    const staff = await full.enter();
    const found = text(await staff.page(`/privacy/audit?profile=${ada!.id}&what=person.read&by=staff_admin`));
    expect(found).toContain('owner Looked at a person');
    expect(found).not.toContain('Looked at a list of people person');
    expect(text(await staff.page('/privacy/audit?what=merge.undo'))).toContain('No row is like this.');
    expect(text(await staff.page('/privacy/audit?from=2020-01-01&to=2020-01-02'))).toContain('No row is like this.');
    // A privacy account has no room of people to be led to; an owner has.
    expect(await staff.page('/privacy/audit')).not.toContain('href="/people');
    expect(await owner.page('/privacy/audit')).toContain(`href="/people/${ada!.id}"`);
  });

  it('stays text, whatever is asked of it', async () => {
    const staff = await full.enter();
    const strings = JSON.parse(
      readFileSync(new URL('../fixtures/xss_payloads_sample.json', import.meta.url), 'utf8'),
    ) as string[];
    for (const string of strings.slice(0, 120)) {
      const asked = new URLSearchParams({
        profile: string,
        by: string,
        what: string,
        from: string,
        to: string,
        after: string,
      });
      for (const path of [
        `/privacy/audit?${asked}`,
        `/privacy/consent?${asked}`,
        `/privacy/receipts?receipt=${encodeURIComponent(string)}`,
      ]) {
        const html = await staff.page(path);
        // What stands in a value of ours, quoted, is text.
        const main = html.slice(html.indexOf('<main')).replace(/"[^"]*"/g, '""');
        expect(main).not.toMatch(/<(script|img|iframe|svg onload|object|embed)\b/i);
        expect(main).not.toMatch(/<[^>]*\son\w+=/);
      }
    }
  }, 120_000);
});
