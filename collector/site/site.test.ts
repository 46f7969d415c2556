import * as crypto from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../log/log.js';
import { openSqlite } from '../store/sqlite.js';
import {
  accountName,
  type Credential,
  keyTable,
  newPassword,
  newSecretKey,
  newWriteKey,
  secretCredential,
  staffCredential,
  verifyPassword,
  writeCredential,
} from './keys.js';
import { siteMigrations } from './migrations.js';
import { credentialsOf, openKeyRing } from './ring.js';
import { seed } from './seed.js';
import { listCredentials, runKeys } from './store.js';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});
afterEach(() => vi.mocked(crypto.timingSafeEqual).mockClear());

const at = Date.parse('2026-11-22T06:00:00Z');
const given = { label: 'test', seeded: false, at };
const store = () => {
  const sql = openSqlite(':memory:', siteMigrations);
  const log = {
    command: async (command: { kind: string; act?: never; value?: unknown }) =>
      runKeys(sql, command.act!, command.value),
  } as unknown as Log;
  return { sql, log };
};
const none = { writeKey: null, secretKey: null, adminPassword: null, keyConsent: 'ledger' } as const;

describe('a secret', () => {
  it('is compared in constant time with every live one, found or not', () => {
    const table = keyTable(['sk_a', 'sk_b', 'sk_c'].map((value) => secretCredential(value, given)));
    for (const [presented, found] of [
      ['sk_a', true],
      ['sk_b', true],
      ['sk_c', true],
      ['sk_d', false],
      ['', false],
    ] as const) {
      vi.mocked(crypto.timingSafeEqual).mockClear();
      expect(table.secret(presented) !== null).toBe(found);
      expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(3);
    }
  });
  it('never stands in what is stored', async () => {
    const { sql, log } = store();
    const secretKey = newSecretKey();
    await seed(log, { ...none, secretKey, adminPassword: 'correct horse' }, at);
    const stored = JSON.stringify(listCredentials(sql));
    expect(stored).not.toContain(secretKey);
    expect(stored).not.toContain('correct horse');
  });
  it('is long and never drawn twice', () => {
    for (const draw of [newWriteKey, newSecretKey, newPassword]) {
      const drawn = Array.from({ length: 50 }, draw);
      expect(new Set(drawn).size).toBe(50);
      for (const value of drawn) expect(value).toMatch(/^((wk|sk)_)?[A-Za-z0-9_-]{20,}$/);
    }
  });
});

describe('a password', () => {
  it('is known by what was typed, however its letters are composed', async () => {
    const { verifier } = await staffCredential('Zoë’s pass', given);
    expect(await verifyPassword('Zoe\u0308’s pass', verifier!)).toBe(true);
    expect(await verifyPassword('Zoe’s pass', verifier!)).toBe(false);
    expect(await verifyPassword('', verifier!)).toBe(false);
    expect(await verifyPassword('x'.repeat(501), verifier!)).toBe(false);
    expect(await verifyPassword('x', 'md5$x')).toBe(false);
  });
  it('of nobody opens nothing', async () => {
    expect(await keyTable([]).staff('', '')).toBeNull();
  });
});

describe('an account of staff', () => {
  const people = async () => [
    await staffCredential('first horse', given),
    await staffCredential('second horse', { ...given, label: 'Maya Ōta' }, { id: 'staff_maya', role: 'marketing' }),
    {
      ...(await staffCredential('third horse', { ...given, label: 'Leo' }, { id: 'staff_leo', role: 'privacy' })),
      revokedAt: at,
    },
  ];
  it('is known by its name, however it is typed, and its own password alone', async () => {
    const table = keyTable(await people());
    expect(await table.staff('', 'first horse')).toMatchObject({ id: 'staff_admin', name: 'owner', role: 'owner' });
    expect(await table.staff(' OWNER', 'first horse')).toMatchObject({ id: 'staff_admin' });
    expect(await table.staff('maya O\u0304ta ', 'second horse')).toMatchObject({ name: 'Maya Ōta', role: 'marketing' });
    for (const [name, password] of [
      ['', 'second horse'],
      ['Maya Ōta', 'first horse'],
      ['Leo', 'third horse'],
      ['nobody', 'first horse'],
      ['nobody', ''],
    ] as const)
      expect([name, await table.staff(name, password)]).toEqual([name, null]);
    expect(table.accounts().map(({ name }) => name)).toEqual(['owner', 'Maya Ōta']);
    expect([table.account('staff_maya')?.role, table.account('staff_leo')]).toEqual(['marketing', null]);
  });
  it('has another stamp with each password, which says nothing of it', async () => {
    const [one] = await people();
    const again = await staffCredential('first horse', given);
    expect(keyTable([one!]).account('staff_admin')!.stamp).not.toBe(keyTable([again]).account('staff_admin')!.stamp);
    expect(one!.verifier).not.toContain(keyTable([one!]).account('staff_admin')!.stamp);
  });
  it('whose row is from before there were accounts is the owner’s', async () => {
    const old: Credential = { ...(await staffCredential('x', given)), roles: ['owner', 'privacy'] };
    expect(keyTable([old]).accounts()).toMatchObject([{ name: 'owner', role: 'owner' }]);
  });
  it('shares its name with no other live one, and is not called owner', async () => {
    const { sql } = store();
    const [, maya, leo] = await people();
    expect(runKeys(sql, 'create', maya).status).toBe(200);
    expect(runKeys(sql, 'create', { ...maya, id: 'staff_other', label: 'MAYA ōta' }).status).toBe(409);
    expect(runKeys(sql, 'create', { ...leo, label: 'Owner' }).status).toBe(409);
    runKeys(sql, 'revoke', { id: 'staff_maya', at });
    expect(runKeys(sql, 'create', { ...maya, id: 'staff_other' }).status).toBe(200);
  });
  it.each(['Maya', 'maya.ota@shop.example', 'Zoë O’Hara-Lee', '渡辺', '7'])('may be called %s', (name) => {
    expect(accountName.parse(name)).toBe(name);
  });
  it.each(['', ' ', '<b>', 'a\nb', '\u202Eabc', 'x'.repeat(61), '-a', 'a|b'])('may not be called %j', (name) => {
    expect(accountName.safeParse(name).success).toBe(false);
  });
});

describe('the table of keys', () => {
  it('keeps a write key apart from a secret one, and the revoked out', () => {
    const revoked: Credential = { ...writeCredential('wk_old', given, { mode: 'ledger' }), revokedAt: at };
    const table = keyTable([
      writeCredential('wk', given, { mode: 'claimed', categories: { C2: 'measurement' } }),
      secretCredential('sk', given, { covers: ['measurement'], roles: ['privacy'] }),
      { ...secretCredential('sk_old', given), revokedAt: at },
      revoked,
    ]);
    expect(table.write('wk')).toMatchObject({
      kind: 'write',
      context: { trust: 'public', mode: 'claimed', categories: { C2: 'measurement' } },
    });
    expect(table.secret('sk')).toMatchObject({
      kind: 'secret',
      roles: ['privacy'],
      context: { trust: 'secret', mode: 'external', purposes: ['measurement'] },
    });
    expect([
      table.write('sk'),
      table.secret('wk'),
      table.write('wk_old'),
      table.secret('sk_old'),
      table.write('__proto__'),
    ]).toEqual([null, null, null, null, null]);
  });
  it('is stored and read back as it was', () => {
    const { sql } = store();
    const one = writeCredential('wk', given, {
      mode: 'claimed',
      covers: ['measurement'],
      categories: { C2: 'measurement' },
    });
    const two = secretCredential('sk', { ...given, at: at + 1 }, { roles: ['owner'] });
    expect(runKeys(sql, 'create', one).status).toBe(200);
    expect(runKeys(sql, 'create', two).status).toBe(200);
    expect(runKeys(sql, 'create', two).status).toBe(409);
    expect(listCredentials(sql)).toEqual([one, two]);
    expect(runKeys(sql, 'revoke', { id: two.id, at: at + 5 }).status).toBe(200);
    expect(runKeys(sql, 'revoke', { id: two.id, at: at + 9 }).status).toBe(200);
    expect(listCredentials(sql)[1]!.revokedAt).toBe(at + 5);
    expect(runKeys(sql, 'revoke', { id: 'key_none', at }).status).toBe(404);
  });
});

describe('the first start', () => {
  it('makes what is missing and tells it once', async () => {
    const { log } = store();
    const first = await seed(log, none, at);
    expect(first.made.secretKey).toMatch(/^sk_/);
    const second = await seed(log, none, at + 1);
    expect(second).toEqual({ writeKey: first.writeKey, made: {}, sessionSecret: first.sessionSecret });
    const table = keyTable(await credentialsOf(log));
    expect(table.secret(first.made.secretKey!)?.roles).toEqual(['owner', 'privacy']);
    expect(table.write(first.writeKey)?.context.mode).toBe('ledger');
    expect(await table.staff('', first.made.adminPassword!)).toMatchObject({
      id: 'staff_admin',
      name: 'owner',
      role: 'owner',
    });
  });
});

describe('a later start', () => {
  it('takes what the environment says: a new secret ends the seeded one, a new write key joins the old', async () => {
    const { log } = store();
    const first = await seed(log, { ...none, writeKey: 'wk_1', secretKey: 'sk_1', adminPassword: 'one' }, at);
    await log.command({ kind: 'keys', act: 'create', value: secretCredential('sk_own', given) });
    const seeded = await seed(
      log,
      { writeKey: 'wk_2', secretKey: 'sk_2', adminPassword: 'two', keyConsent: 'external' },
      at + 1,
    );
    expect(seeded).toMatchObject({ writeKey: 'wk_2', made: {} });
    expect(seeded.sessionSecret).not.toBe(first.sessionSecret);
    const table = keyTable(await credentialsOf(log));
    expect([table.secret('sk_1'), table.secret('sk_2') !== null, table.secret('sk_own') !== null]).toEqual([
      null,
      true,
      true,
    ]);
    expect([table.write('wk_1')?.context.mode, table.write('wk_2')?.context.mode]).toEqual(['ledger', 'external']);
    expect([await table.staff('', 'one'), await table.staff('owner', 'two')]).toMatchObject([
      null,
      { id: 'staff_admin' },
    ]);
  });
  it('changes the mode of the seeded write key, and brings a revoked key back only when the environment names it', async () => {
    const { log } = store();
    const { writeKey } = await seed(log, none, at);
    await seed(log, { ...none, keyConsent: 'claimed' }, at + 1);
    const [id] = (await credentialsOf(log)).filter(({ kind }) => kind === 'write').map((it) => it.id);
    expect(keyTable(await credentialsOf(log)).write(writeKey)?.context.mode).toBe('claimed');
    await log.command({ kind: 'keys', act: 'revoke', value: { id, at } });
    const third = await seed(log, none, at + 2);
    expect(third.writeKey).not.toBe(writeKey);
    await seed(log, { ...none, writeKey }, at + 3);
    expect(keyTable(await credentialsOf(log)).write(writeKey)).not.toBeNull();
  });
  it('keeps the keys it knew while the store cannot answer', async () => {
    const { log } = store();
    await seed(log, { ...none, writeKey: 'wk_1' }, at);
    let clock = 0;
    let away = false;
    const ring = await openKeyRing(
      { ...log, command: (command) => (away ? Promise.reject(new Error('locked')) : log.command(command)) } as Log,
      () => clock,
    );
    away = true;
    clock = 10_000;
    expect(await ring.refresh()).toBe(false);
    expect(ring.write('wk_1')).not.toBeNull();
    ring.close();
  });
});
