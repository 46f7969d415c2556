// The audit log through the whole house: real store, real writer, every route that shows a person.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { plain } from '../app/fixtures/plain.js';
import { createApp } from '../app.js';
import type { AuditItem } from '../contract/audit.js';
import { purposes } from '../contract/purposes.js';
import { accountsOfTests, keysOf, visit } from '../dashboard/fixtures/staff.js';
import { dashboard } from '../dashboard/index.js';
import { databaseFile, openEmbedded } from '../embedded.js';
import type { Log } from '../log/log.js';
import { call, identify, page, startAt, track } from '../pipeline/calls.fixture.js';
import { submissionOf } from '../pipeline/sent.fixture.js';
import { secretCredential } from '../site/keys.js';
import { permissions } from '../site/permissions.js';
import { openKeyRing } from '../site/ring.js';
import { openSqlite } from '../store/sqlite.js';
import { openAuditNotes, openForMs } from './notes.js';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const email = 'ada.audited@shop.example';
const now = startAt + 60 * 60_000;

const house = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-audit-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const engines = await openEmbedded({
    store: { kind: 'sqlite', folder },
    bots: 'keep',
    reservedEmail: 'allow',
    identitySecret: null,
    consentFile: null,
    siteFile: null,
  });
  closing.push(engines.close);
  const { log, reader } = engines;
  const key = secretCredential('sk_all', { label: 'desk', seeded: false, at: 0 });
  await log.command({ kind: 'keys', act: 'create', value: key });
  await log.append(
    submissionOf(
      {
        batch: [
          page('device-of-ada', 0),
          identify('device-of-ada', 'u-ada', 1, { traits: { email, name: 'Ada Audited' } }),
          track('device-of-ada', 'Product Added', 2, {
            cart_id: 'cart-of-ada',
            product_id: 'p',
            price: 3,
            currency: 'EUR',
          }),
          track('device-of-ada', 'Order Completed', 3, { order_id: 'order-of-ada', total: 3, currency: 'EUR' }),
          page('device-of-bo', 4),
          identify('device-of-bo', 'u-bo', 5, { traits: { name: 'Bo' } }),
          call('identify', null, 6, { userId: 'u-bo', traits: { email } }),
        ],
      },
      now,
      { key: { id: 'seed', trust: 'secret', mode: 'external', purposes, categories: {} } },
    ),
  );
  const ring = await openKeyRing(log);
  closing.push(ring.close);
  const audit = openAuditNotes(log);
  const app = createApp({
    ...plain,
    log,
    reader,
    ring,
    audit,
    now: () => now,
    dashboard: dashboard({
      reader,
      log,
      audit,
      keys: keysOf(accountsOfTests),
      sessionSecret: 'secret',
      links: { demo: null, docs: null },
      now: () => now,
    }),
  });
  const staff = visit(app as unknown as Parameters<typeof visit>[0]);
  await staff.logIn();
  const rows = async (profileId: string | null = null): Promise<AuditItem[]> => {
    await audit.settled();
    const all = { by: null, what: null, from: null, to: null, cursor: null, limit: 500 };
    // The login that opened the house to the test is told of in a test of its own.
    return (await reader.auditLog({ ...all, profileId })).items.filter(({ what }) => !what.startsWith('session.'));
  };
  const [ada] = await reader.profilesBy({ userId: 'u-ada' }, { purposes, now });
  const [bo] = await reader.profilesBy({ userId: 'u-bo' }, { purposes, now });
  return { folder, log, reader, app, audit, staff, rows, key, ada: ada!, bo: bo! };
};

const mergeIdOf = async ({ reader, ada }: Awaited<ReturnType<typeof house>>): Promise<string> =>
  (await reader.merges(ada.id, { purposes, now, limit: 10, cursor: null }))!.items[0]!.id;

describe('a read of a person', () => {
  it('leaves exactly one row for every GET that shows one, and none for what shows nobody', {
    timeout: 60_000,
  }, async () => {
    const it = await house();
    const { app, staff, rows, key, ada, bo } = it;
    const merge = await mergeIdOf(it);
    const theirs = [
      ada.id,
      bo.id,
      email,
      'u-ada',
      'u-bo',
      'Ada Audited',
      'device-of-ada',
      'device-of-bo',
      'order-of-ada',
      'cart-of-ada',
    ];
    const query: Readonly<Record<string, string>> = {
      '/v1/profiles': `?email=${encodeURIComponent(email)}`,
      '/people/:id/join': `?with=${bo.id}`,
    };
    let showing = 0;
    for (const [name, row] of Object.entries(permissions)) {
      const [method = '', pattern = ''] = name.split(' ');
      // The log itself names ids and nothing else of anybody: a look at it is none at a person.
      if (method !== 'GET' || pattern.endsWith('*') || pattern === '/privacy/audit') continue;
      const path = pattern.replace(':mergeId', merge).replace(/:\w+/, ada.id) + (query[pattern] ?? '');
      const before = await rows();
      const response =
        row.by === 'staff'
          ? await staff.get(path)
          : await app.request(path, { headers: { authorization: 'Bearer sk_all', accept: 'application/json' } });
      // What was asked for stands in the answer's own links; only what the house adds of a person counts.
      const text = await response.text();
      const shown = theirs
        .filter((their) => their !== ada.id || !path.includes(ada.id))
        .some((of) => text.includes(of));
      // Some pages are acts as well, such as an export of the ledger; those name nobody.
      const added = (await rows()).slice(0, -before.length || undefined).filter(({ persons }) => persons.length > 0);
      expect([name, response.status, added.length]).toEqual([name, response.status, shown ? 1 : 0]);
      if (!shown) continue;
      showing += 1;
      const [noted] = added;
      expect([name, noted!.by, noted!.persons.map(({ profileId }) => profileId)]).toEqual([
        name,
        row.by === 'staff' ? 'staff_admin' : key.id,
        expect.arrayContaining([ada.id]),
      ]);
      expect([name, noted!.purpose]).toEqual([name, row.by === 'staff' ? 'owner' : purposes.join(',')]);
    }
    expect(showing).toBeGreaterThanOrEqual(12);
    // Whom it was about, by any id they have.
    expect((await rows(ada.id)).length).toBeGreaterThanOrEqual(showing - 1);
    expect(await rows('nobody')).toEqual([]);
  });

  it('that found nobody is no read', async () => {
    const { app, staff, rows } = await house();
    await staff.get('/people?find=zzz');
    await staff.get('/people/nobody');
    await app.request('/v1/profiles?userId=zzz', { headers: { authorization: 'Bearer sk_all' } });
    await app.request('/v1/profiles/nobody/events', { headers: { authorization: 'Bearer sk_all' } });
    expect(await rows()).toEqual([]);
  });

  it('by a page that stays open is one row for a while, with how often', async () => {
    const { staff, rows, ada } = await house();
    for (let n = 0; n < 5; n += 1) await staff.get(`/people/${ada.id}`, { 'x-weft-refresh': '1' });
    const all = await rows();
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ what: 'person.read', times: 5 });
    expect(openForMs).toBeLessThanOrEqual(10_000);
  });

  it('keeps what was searched for out of the log', async () => {
    const { staff, rows, folder } = await house();
    await staff.get(`/people?find=${encodeURIComponent(email)}`);
    expect(await rows()).toMatchObject([{ what: 'people.list', detail: 'searched' }]);
    const store = openSqlite(databaseFile(folder), [], { readonly: true });
    expect(JSON.stringify(store.prepare('SELECT * FROM audit_log').all())).not.toContain(email);
    store.close();
  });
});

describe('a change', () => {
  it('is in the log with who and what, in the transaction of the change', async () => {
    const it = await house();
    const { app, rows, key, ada, bo, log } = it;
    const merge = await mergeIdOf(it);
    const send = (path: string, body: object) =>
      app.request(path, {
        method: 'POST',
        headers: { authorization: 'Bearer sk_all' },
        body: JSON.stringify(body),
      });
    expect((await send(`/v1/merges/${merge}/undo`, {})).status).toBe(200);
    expect((await send('/v1/merges', { from: 'u-bo', into: 'u-ada' })).status).toBe(200);
    expect((await send('/v1/merges', { from: 'u-none', into: 'u-ada' })).status).toBe(404);
    // They are one under `u-ada`: nothing was done, so nothing is told.
    expect((await send('/v1/merges', { from: 'u-ada', into: 'u-bo' })).status).toBe(409);
    const { id } = (await (await send('/v1/privacy/erasures', { userId: 'u-none' })).json()) as { id: string };
    await log.command({
      kind: 'keys',
      act: 'revoke',
      value: { id: key.id, at: now },
      by: 'staff_admin',
      at: now,
    });
    const all = (await rows()).reverse();
    expect(all.map(({ what, by, detail }) => [what, by, detail])).toEqual([
      ['merge.undo', key.id, merge],
      ['merge.join', key.id, expect.any(String)],
      ['erasure.ask', key.id, id],
      ['key.revoke', 'staff_admin', key.id],
    ]);
    expect(all[0]!.persons.map(({ profileId }) => profileId)).toContain(ada.id);
    expect(all[1]!.persons.map(({ profileId }) => profileId)).toEqual(expect.arrayContaining([ada.id, bo.id]));
  });

  it('that is taken back leaves no row', async () => {
    const { log, rows } = await house();
    const value = { nonsense: true };
    await expect(log.command({ kind: 'keys', act: 'create', value, by: 'staff_admin', at: now })).rejects.toThrow();
    expect(await rows()).toEqual([]);
  });
});

describe('after an erasure', () => {
  it('the rows stay, of one and the same person, and lead to nobody: no file holds an id', {
    timeout: 60_000,
  }, async () => {
    const { staff, rows, ada, bo, log, app, folder } = await house();
    await staff.get(`/people/${ada.id}`);
    await staff.get(`/people/${ada.id}/profile.json`);
    await staff.get(`/people/${bo.id}`);
    const before = await rows(ada.id);
    expect(before.length).toBeGreaterThanOrEqual(2);
    await app.request('/v1/privacy/erasures', {
      method: 'POST',
      headers: { authorization: 'Bearer sk_all' },
      body: JSON.stringify({ userId: 'u-ada' }),
    });
    await log.command({ kind: 'due', at: now });
    expect(await rows(ada.id)).toEqual([]);
    const all = await rows();
    const numbers = before.map(({ persons }) => persons.find(({ profileId }) => profileId === ada.id)!.number);
    expect(new Set(numbers).size).toBe(1);
    const left = all.filter(({ persons }) => persons.some(({ number }) => number === numbers[0]));
    expect(left).toHaveLength(before.length);
    expect(
      left
        .flatMap(({ persons }) => persons)
        .filter(({ number, profileId }) => number === numbers[0] && profileId !== null),
    ).toEqual([]);
    expect((await rows(bo.id)).length).toBeGreaterThanOrEqual(1);
    // A read that is told late brings nothing back.
    await log.command({
      kind: 'audit',
      entries: [
        { at: now, by: 'staff_admin', what: 'person.read', persons: [ada.id], purpose: null, detail: null, times: 1 },
      ],
    });
    expect((await rows())[0]!.persons).toEqual([]);
    await log.command({ kind: 'due', at: now + 1_000 });
    const store = openSqlite(databaseFile(folder), [], { readonly: false });
    store.pragma('wal_checkpoint(TRUNCATE)');
    store.close();
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(file.parentPath, file.name));
      for (const id of [ada.id, 'u-ada', 'device-of-ada'])
        expect([file.name, id, bytes.includes(id)]).toEqual([file.name, id, false]);
    }
  });
});

describe('reads that cannot be written yet', () => {
  const entry = { at: 1, by: 'staff_admin', what: 'person.read' as const, persons: [], purpose: null, detail: null };
  const away = () => {
    const state = { away: true, written: 0 };
    const log: Pick<Log, 'command'> = {
      command: async (command) => {
        if (state.away) throw new Error('full');
        if (command.kind === 'audit') state.written += command.entries.length;
        return { status: 200, body: {} };
      },
    };
    return { state, log };
  };

  it('wait, in order, and are written when the store is back', async () => {
    const { state, log } = away();
    const notes = openAuditNotes(log);
    for (let n = 0; n < 450; n += 1) notes.note(entry);
    await notes.settled();
    expect(state.written).toBe(0);
    state.away = false;
    await notes.settled();
    expect(state.written).toBe(450);
    await notes.close();
  });

  it('are bounded: beyond it nothing more is shown', async () => {
    const { log } = away();
    const notes = openAuditNotes(log);
    for (let n = 0; n < 10_000; n += 1) notes.note(entry);
    expect(() => notes.note(entry)).toThrow('the audit log cannot be written');
    expect(() => notes.noteOpen(entry)).toThrow('the audit log cannot be written');
  });
});

describe('age', () => {
  it('ends rows, and with the last row about somebody the link to them', async () => {
    const { staff, rows, ada, folder } = await house();
    await staff.get(`/people/${ada.id}`);
    await rows();
    const store = openSqlite(databaseFile(folder));
    const { openAudit } = await import('./store.js');
    expect(openAudit(store).expire(now)).toBe(0);
    // The login, and the look.
    expect(openAudit(store).expire(now + 1)).toBe(2);
    for (const table of ['audit_log', 'audit_persons', 'audit_subjects'])
      expect([table, store.prepare(`SELECT * FROM ${table}`).all()]).toEqual([table, []]);
    expect(() => store.exec("UPDATE audit_log SET by = 'x'")).not.toThrow();
    store.exec("INSERT INTO audit_log (at, by, what, times) VALUES (1, 'a', 'person.read', 1)");
    expect(() => store.exec("UPDATE audit_log SET by = 'x'")).toThrow('append-only');
    store.close();
  });
});

describe('a login', () => {
  it('is in the log, and so is its end, and so are tries that failed, counted, without what was typed', async () => {
    const { app, audit, reader, folder } = await house();
    const visitor = visit(app as unknown as Parameters<typeof visit>[0]);
    for (let n = 0; n < 3; n += 1) await visitor.logIn('Piet', 'a wrong password');
    await visitor.logIn('my secret pass phrase', 'Piet');
    expect((await visitor.logIn('Piet')).status).toBe(303);
    await visitor.post('/logout', { csrf: await visitor.csrf('/privacy', '/logout') });
    await audit.settled();
    const all = { by: null, what: null, from: null, to: null, cursor: null, limit: 500, profileId: null };
    const noted = (await reader.auditLog(all)).items.map(({ what, by, purpose, detail, times }) =>
      [what, by, purpose ?? detail ?? '', times].join(' '),
    );
    expect(noted.sort()).toEqual([
      'session.close staff_piet privacy 1',
      'session.fail nobody no such account 1',
      'session.fail nobody staff_piet 3',
      'session.open staff_admin owner 1',
      'session.open staff_piet privacy 1',
    ]);
    const store = openSqlite(databaseFile(folder), [], { readonly: true });
    expect(JSON.stringify(store.prepare('SELECT * FROM audit_log').all())).not.toMatch(/pass phrase|wrong/);
    store.close();
  });
});
