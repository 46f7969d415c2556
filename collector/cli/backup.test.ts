// `weft backup`, `restore`, `erase`, `export` and `destinations` as processes: a copy taken while events arrive, people who stay
// erased, and recipients who hear of it.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signatureOf } from '../consent/rights/notices.js';
import { openSqlite } from '../store/sqlite.js';
import { collector, example, otto, secretKey, temporary, told, weft, whenDone } from './weft.fixture.js';

const authorization = `Bearer ${secretKey}`;
const send = async (
  url: string,
  batch: readonly object[],
): Promise<{ accepted: number; dropped: { code: string }[] }> => {
  const response = await fetch(`${url}/v1/batch`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ batch }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { accepted: number; dropped: { code: string }[] };
};
const profilesBy = async (url: string, query: string): Promise<unknown[]> => {
  const response = await fetch(`${url}/v1/profiles?${query}`, { headers: { authorization } });
  return ((await response.json()) as { profiles: unknown[] }).profiles;
};
const history = (user: string, email: string): object[] => [
  {
    type: 'page',
    anonymousId: `device-${user}`,
    timestamp: '2026-10-01T10:00:00Z',
    properties: { url: 'https://shop.test/' },
  },
  {
    type: 'identify',
    anonymousId: `device-${user}`,
    userId: user,
    timestamp: '2026-10-01T10:01:00Z',
    traits: { email },
  },
  {
    type: 'track',
    event: 'Order Completed',
    userId: user,
    timestamp: '2026-10-01T10:05:00Z',
    properties: {
      order_id: `o-${user}`,
      revenue: 10,
      currency: 'EUR',
      products: [{ product_id: 'p1', price: 10, quantity: 1 }],
    },
  },
];
const stopped = async (served: Awaited<ReturnType<typeof collector>>): Promise<void> => {
  served.child.kill('SIGTERM');
  await served.ended;
};
/** Of the folder and all under it. */
const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => statSync(join(folder, name)).isFile() && hasText(join(folder, name), text),
  );
const hasText = (file: string, text: string): boolean => readFileSync(file).includes(text);

describe('weft backup', () => {
  it('copies one instant of the store while events arrive, and says what it is', async () => {
    const WEFT_DATA = temporary();
    const served = await collector(WEFT_DATA);
    let sent = 0;
    let stop = false;
    const sending = (async () => {
      while (!stop) {
        await send(
          served.url,
          Array.from({ length: 50 }, (_, n) => ({ type: 'page', anonymousId: `v${(sent + n) % 40}` })),
        );
        sent += 50;
      }
    })();
    while (sent < 500) await new Promise((later) => setTimeout(later, 5));
    const from = sent;
    const file = join(temporary(), 'backup.sqlite');
    const note = await told(['backup', file], { WEFT_DATA });
    const to = sent + 50;
    stop = true;
    await sending;

    const { counts } = note as { counts: Record<string, number> };
    expect(counts.events).toBeGreaterThanOrEqual(from);
    expect(counts.events).toBeLessThanOrEqual(to);
    expect(JSON.parse(readFileSync(`${file}.manifest.json`, 'utf8'))).toMatchObject({
      format: 1,
      sha256: note.sha256,
      counts,
    });
    expect(statSync(file).mode & 0o077).toBe(0);
    const copy = openSqlite(file, [], { readonly: true });
    expect(copy.pragma('integrity_check')).toBe('ok');
    expect(copy.prepare<{ n: number }>('SELECT count(*) AS n FROM events').get()!.n).toBe(counts.events);
    copy.close();
    // Nothing lies beside it but the note.
    expect(existsSync(`${file}-wal`)).toBe(false);

    const other = temporary();
    await told(['restore', file], { WEFT_DATA: other });
    expect(await told(['rebuild', '--check'], { WEFT_DATA: other })).toMatchObject({
      equal: true,
      events: counts.events,
    });
  }, 120_000);

  it('does not replace a file unless told to, and leaves no half of one', async () => {
    const WEFT_DATA = temporary();
    await told(['import', otto, '--map', example('imports/otto.map.json'), '--work', temporary()], { WEFT_DATA });
    const folder = temporary();
    const file = join(folder, 'b.sqlite');
    writeFileSync(file, 'mine');
    const refused = await weft(['backup', file], { WEFT_DATA });
    expect([refused.code, readFileSync(file, 'utf8')]).toEqual([2, 'mine']);
    expect(refused.stderr).toContain('--force');
    expect((await weft(['backup', file, '--force'], { WEFT_DATA })).code).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['b.sqlite', 'b.sqlite.manifest.json']);
    expect((await weft(['backup', join(folder, 'no', 'b.sqlite')], { WEFT_DATA })).code).toBe(2);
    expect((await weft(['backup', join(folder, 'c.sqlite')], { WEFT_DATA: join(folder, 'none') })).code).toBe(4);
  }, 120_000);
});

describe('weft restore', () => {
  it('R14: keeps out who was erased since the backup, and keeps what is everybody else’s', async () => {
    const WEFT_DATA = temporary();
    const served = await collector(WEFT_DATA);
    await send(served.url, [...history('u1', 'ada@shop.test'), ...history('u2', 'bob@shop.test')]);
    await send(served.url, [
      { type: 'page', anonymousId: 'visitor-9' },
      { type: 'page', anonymousId: 'visitor-8' },
    ]);
    const file = join(temporary(), 'backup.sqlite');
    await told(['backup', file], { WEFT_DATA });
    expect(hasText(file, 'ada@shop.test')).toBe(true);
    const erased = await told(['erase', '--user', 'u1', '--url', served.url], { WEFT_SECRET_KEY: secretKey });
    expect(erased).toMatchObject({ state: 'done' });
    await told(['erase', '--anonymous', 'visitor-9', '--url', served.url], { WEFT_SECRET_KEY: secretKey });
    // And somebody new, who is not in the backup.
    await send(served.url, history('u3', 'cyd@shop.test'));

    const busy = await weft(['restore', file], { WEFT_DATA });
    expect([busy.code, busy.stderr.includes(`pid ${served.child.pid}`)]).toEqual([3, true]);
    await stopped(served);

    const done = await told(['restore', file], { WEFT_DATA });
    expect(done.erasedAgain).toMatchObject({ people: 1, devices: 2 });
    // It is handed out before any collector has opened it.
    const people = await weft(['export', '--profiles'], { WEFT_DATA });
    expect([people.stderr, people.code, people.stdout.trim().split('\n').length]).toEqual(['', 0, 2]);
    // The ledger goes on where the replaced store's ended, and holds together.
    expect(done.ledgerRows).toBeGreaterThan(0);
    const ledger = join(temporary(), 'ledger.jsonl');
    await weft(['export', '--ledger', '--out', ledger], { WEFT_DATA });
    expect(await told(['ledger', 'verify', ledger], {})).toMatchObject({ ok: true });
    expect(existsSync(done.replaced as string)).toBe(true);
    for (const text of ['ada@shop.test', 'visitor-9', 'device-u1'])
      expect(hasText(join(WEFT_DATA, 'weft.sqlite'), text)).toBe(false);
    expect(hasText(join(WEFT_DATA, 'weft.sqlite'), 'bob@shop.test')).toBe(true);
    expect(await told(['rebuild', '--check'], { WEFT_DATA })).toMatchObject({ equal: true });

    const again = await collector(WEFT_DATA);
    expect(await profilesBy(again.url, 'userId=u1')).toEqual([]);
    expect(await profilesBy(again.url, 'email=ada@shop.test')).toEqual([]);
    expect(await profilesBy(again.url, 'userId=u2')).toHaveLength(1);
    expect(await profilesBy(again.url, 'anonymousId=visitor-8')).toHaveLength(1);
    // Their buffered events stay out as before.
    const late = await send(again.url, [{ type: 'page', anonymousId: 'visitor-9' }, ...history('u1', 'ada@shop.test')]);
    expect(late).toMatchObject({ accepted: 0 });
    expect(late.dropped.map(({ code }) => code)).toEqual(['erased', 'erased', 'erased', 'erased']);

    // Section 6: whoever is erased after the restore is in no file of the folder, the store that was set aside included.
    expect(filesWith(WEFT_DATA, 'bob@shop.test')).toContain(basename(done.replaced as string));
    expect((await weft(['doctor'], { WEFT_DATA })).stdout).toContain('1 store that a restore replaced');
    const gone = await told(['erase', '--user', 'u2', '--url', again.url], { WEFT_SECRET_KEY: secretKey });
    expect(gone).toMatchObject({ state: 'done', counts: { replaced_stores: 1 } });
    for (const text of ['bob@shop.test', 'device-u2', 'cyd@shop.test', 'ada@shop.test'])
      expect(filesWith(WEFT_DATA, text)).toEqual([]);
    expect((await weft(['doctor'], { WEFT_DATA })).stdout).not.toContain('set aside');
  }, 240_000);

  it('keeps a revoked key revoked', async () => {
    const WEFT_DATA = temporary();
    const { id } = await told(['keys', 'create', 'secret', '--label', 'old'], { WEFT_DATA });
    const file = join(temporary(), 'backup.sqlite');
    await told(['backup', file], { WEFT_DATA });
    await told(['keys', 'revoke', id as string], { WEFT_DATA });
    await told(['restore', file], { WEFT_DATA });
    const { keys } = (await told(['keys', 'list'], { WEFT_DATA })) as {
      keys: { id: string; revokedAt: string | null }[];
    };
    expect(keys).toEqual([expect.objectContaining({ id, revokedAt: expect.any(String) })]);
    // And the audit log says who revoked it.
    const store = openSqlite(join(WEFT_DATA, 'weft.sqlite'), [], { readonly: true });
    expect(store.prepare("SELECT detail FROM audit_log WHERE what = 'key.revoke'").all()).toEqual([{ detail: id }]);
    store.close();
  }, 120_000);

  it('refuses what is damaged, changed, of another site or no backup, and changes nothing', async () => {
    const WEFT_DATA = temporary();
    await told(['import', otto, '--map', example('imports/otto.map.json'), '--work', temporary()], { WEFT_DATA });
    await told(['erase', '--anonymous', 'otto-0'], { WEFT_DATA });
    const folder = temporary();
    const file = join(folder, 'b.sqlite');
    await told(['backup', file], { WEFT_DATA });
    const store = join(WEFT_DATA, 'weft.sqlite');
    const before = readFileSync(store);

    const cut = join(folder, 'cut.sqlite');
    copyFileSync(file, cut);
    truncateSync(cut, 100_000);
    const text = join(folder, 'text.sqlite');
    writeFileSync(text, 'not a database, however long it is. '.repeat(50));
    const changed = join(folder, 'changed.sqlite');
    copyFileSync(file, changed);
    copyFileSync(`${file}.manifest.json`, `${changed}.manifest.json`);
    const edited = openSqlite(changed);
    edited.exec("UPDATE credentials SET label = 'x'; UPDATE events SET at = at + 1");
    edited.pragma('journal_mode = DELETE');
    edited.close();
    const strange = join(folder, 'strange');
    mkdirSync(strange);
    await told(['import', otto, '--map', example('imports/otto.map.json'), '--work', temporary()], {
      WEFT_DATA: strange,
    });
    const other = join(folder, 'other.sqlite');
    await told(['backup', other], { WEFT_DATA: strange });

    for (const [path, said] of [
      [cut, 'no sound backup'],
      [text, 'no sound backup'],
      [changed, 'not the file its note was written for'],
      [other, 'of another site'],
      [join(folder, 'nowhere'), 'There is no file'],
    ] as const) {
      const ended = await weft(['restore', path], { WEFT_DATA });
      expect(ended.code).toBeGreaterThan(1);
      expect(ended.stderr).toContain(said);
      expect(ended.stderr).toContain('→ ');
    }
    expect(readdirSync(WEFT_DATA).filter((name) => /restoring|replaced/.test(name))).toEqual([]);
    expect(readFileSync(store).equals(before)).toBe(true);
  }, 180_000);

  it('section 6: in the place of a store that can no longer be read erases again by the journal; without that only when told so', async () => {
    const WEFT_DATA = temporary();
    await told(['import', otto, '--map', example('imports/otto.map.json'), '--work', temporary()], { WEFT_DATA });
    const file = join(temporary(), 'b.sqlite');
    await told(['backup', file], { WEFT_DATA });
    await told(['erase', '--anonymous', 'otto-0'], { WEFT_DATA });
    const store = join(WEFT_DATA, 'weft.sqlite');
    truncateSync(store, 50_000);
    expect((await told(['restore', file], { WEFT_DATA })).erasedAgain).toMatchObject({ devices: 1, events: 274 });
    expect(hasText(file, '"otto-0"')).toBe(true);
    expect(hasText(store, '"otto-0"')).toBe(false);
    expect(await told(['rebuild', '--check'], { WEFT_DATA })).toMatchObject({ equal: true, events: 857 - 274 });

    truncateSync(store, 50_000);
    rmSync(join(WEFT_DATA, 'erasures.journal'));
    const refused = await weft(['restore', file], { WEFT_DATA });
    expect([refused.code, refused.stderr.includes('--without-tombstones')]).toEqual([4, true]);
    const lost = await weft(['restore', file, '--without-tombstones'], { WEFT_DATA });
    expect(lost.stderr).toContain('withdrawals, erasures and the audit log since the backup are lost');
    expect(lost.stderr).toContain('keys that were revoked since are good again');
    expect(await told(['rebuild', '--check'], { WEFT_DATA })).toMatchObject({ equal: true, events: 857 });
  }, 180_000);

  it('section 6: of a ledger that went another way keeps who was erased, revoked keys and the audit log, and says what it does not', async () => {
    const WEFT_DATA = temporary();
    await told(['import', otto, '--map', example('imports/otto.map.json'), '--work', temporary()], { WEFT_DATA });
    await told(['erase', '--anonymous', 'otto-1'], { WEFT_DATA });
    const { id } = await told(['keys', 'create', 'secret', '--label', 'old'], { WEFT_DATA });
    const file = join(temporary(), 'b.sqlite');
    await told(['backup', file], { WEFT_DATA });
    await told(['erase', '--anonymous', 'otto-0'], { WEFT_DATA });
    await told(['keys', 'revoke', id as string], { WEFT_DATA });
    rmSync(join(WEFT_DATA, 'erasures.journal'));
    const path = join(WEFT_DATA, 'weft.sqlite');
    const present = openSqlite(path);
    for (const { name } of present
      .prepare<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'consent_ledger'",
      )
      .all())
      present.exec(`DROP TRIGGER ${name}`);
    present.exec('UPDATE consent_ledger SET at = at + 1');
    present.close();

    const refused = await weft(['restore', file], { WEFT_DATA });
    expect([refused.code, refused.stderr.includes('they part at row')]).toEqual([4, true]);
    const done = await weft(['restore', file, '--without-tombstones'], { WEFT_DATA });
    expect(done.stderr).toContain('acts of consent and requests since the backup are lost');
    expect(done.stdout).toMatch(/0 acts of consent, [1-9]\d* rows? of the audit log/);
    expect(hasText(path, '"otto-0"')).toBe(false);
    const { keys } = await told(['keys', 'list'], { WEFT_DATA });
    expect(keys).toEqual([expect.objectContaining({ id, revokedAt: expect.any(String) })]);
    const store = openSqlite(path, [], { readonly: true });
    expect(store.prepare("SELECT detail FROM audit_log WHERE what = 'key.revoke'").all()).toEqual([{ detail: id }]);
    store.close();

    const other = temporary();
    await told(['import', otto, '--map', example('imports/otto.map.json'), '--work', temporary()], {
      WEFT_DATA: other,
    });
    await told(['erase', '--anonymous', 'otto-0'], { WEFT_DATA: other });
    const strange = await weft(['restore', file, '--without-tombstones'], { WEFT_DATA: other });
    expect(strange.stderr).toContain('neither acts of consent nor its audit log');
  }, 180_000);
});

describe('weft export', () => {
  it('writes what is kept, all of it or one person, as JSON Lines', async () => {
    const WEFT_DATA = temporary();
    await told(['import', otto, '--map', example('imports/otto.map.json'), '--work', temporary()], { WEFT_DATA });
    const lines = (text: string) =>
      text
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const count = (all: readonly Record<string, unknown>[]) => {
      const counts: Record<string, number> = {};
      for (const { kind } of all) counts[String(kind)] = (counts[String(kind)] ?? 0) + 1;
      return counts;
    };
    const all = lines((await weft(['export'], { WEFT_DATA })).stdout);
    expect(count(all)).toMatchObject({ profile: 20, event: 857, session: 144, order: 5 });
    expect(new Set(all.filter(({ kind }) => kind === 'event').map(({ messageId }) => messageId)).size).toBe(857);
    expect(all.every(({ profileId }) => typeof profileId === 'string')).toBe(true);

    const orders = lines((await weft(['export', '--orders', '--profiles'], { WEFT_DATA })).stdout);
    expect(Object.keys(count(orders)).sort()).toEqual(['order', 'profile']);

    const file = join(temporary(), 'one.jsonl');
    const one = await weft(['export', '--anonymous', 'otto-0', '--out', file], { WEFT_DATA });
    expect(one.stdout).toBe('');
    expect(count(lines(readFileSync(file, 'utf8')))).toMatchObject({ profile: 1, event: 274 });
    expect(statSync(file).mode & 0o077).toBe(0);

    const nobody = await weft(['export', '--user', 'nobody'], { WEFT_DATA });
    expect([nobody.code, nobody.stdout]).toEqual([0, '']);
    expect(nobody.stderr).toContain('Nobody is known');
    expect((await weft(['export', '--user', 'a', '--email', 'b@c.example'], { WEFT_DATA })).code).toBe(2);
  }, 120_000);

  it('reads one instant, beside a collector that writes, and writes nothing itself', async () => {
    const WEFT_DATA = temporary();
    const served = await collector(WEFT_DATA);
    await send(served.url, history('u1', 'ada@shop.test'));
    const { code, stdout } = await weft(['export', '--events'], { WEFT_DATA });
    expect([code, stdout.trim().split('\n').length]).toEqual([0, 3]);
  }, 60_000);
});

describe('weft destinations', () => {
  it('section 6: what was exported for a recipient is told of when the person is erased, where the destination says, signed', async () => {
    const WEFT_DATA = temporary();
    const WEFT_CONSENT = join(temporary(), 'consent.json');
    writeFileSync(
      WEFT_CONSENT,
      JSON.stringify({
        policy: { version: '1' },
        purposes: [
          { id: 'necessary', always: true },
          { id: 'measurement', retentionDays: 395, recipients: [] },
          { id: 'personalisation', retentionDays: 180, recipients: ['adnet'] },
        ],
        recipients: {
          adnet: { name: 'Ad network', country: 'US', role: 'controller', erasureWebhook: 'adnet-erasure' },
        },
      }),
    );
    const environment = { WEFT_DATA, WEFT_CONSENT, WEFT_WEBHOOKS: 'loopback' };
    let hear: (post: { headers: IncomingHttpHeaders; text: string }) => void = () => {};
    const heard = new Promise<{ headers: IncomingHttpHeaders; text: string }>((resolve) => {
      hear = resolve;
    });
    const recipient = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += String(chunk);
      });
      request.on('end', () => {
        response.writeHead(200).end('{}');
        hear({ headers: request.headers, text });
      });
    });
    await new Promise<void>((listening) => recipient.listen(0, '127.0.0.1', listening));
    whenDone(() => {
      recipient.closeAllConnections();
      recipient.close();
    });
    const url = `http://127.0.0.1:${(recipient.address() as AddressInfo).port}/erasures`;

    const served = await collector(WEFT_DATA, environment);
    await send(served.url, [...history('u1', 'ada@shop.test'), ...history('u2', 'bob@shop.test')]);
    expect((await weft(['destinations', 'set', 'adnet-erasure', '--url', url], { WEFT_DATA })).code).toBe(2);
    const { secret } = await told(['destinations', 'set', 'adnet-erasure', '--url', url], environment);
    const listed = await weft(['destinations', 'list', '--json'], environment);
    expect(JSON.parse(listed.stdout)).toMatchObject({ destinations: [{ name: 'adnet-erasure', url }] });
    expect(listed.stdout).not.toContain(secret);
    const file = join(temporary(), 'for-adnet.jsonl');
    expect((await weft(['export', '--user', 'u1', '--recipient', 'adnet', '--out', file], environment)).code).toBe(0);
    expect(hasText(file, 'device-u1')).toBe(true);

    // Of u2 they were given nothing: the first they hear of is u1.
    for (const user of ['u2', 'u1'])
      await told(['erase', '--user', user, '--url', served.url], { WEFT_SECRET_KEY: secretKey });
    const { headers, text } = await heard;
    expect(JSON.parse(text)).toMatchObject({
      subject_request_type: 'erasure',
      subject_identities: expect.arrayContaining([
        { identity_type: 'user_id', identity_value: 'u1', identity_format: 'raw' },
      ]),
    });
    expect(text).not.toContain('u2');
    expect(headers['webhook-signature']).toBe(
      signatureOf(String(secret), String(headers['webhook-id']), Number(headers['webhook-timestamp']), text),
    );

    expect((await weft(['destinations', 'remove', 'adnet-erasure'], environment)).code).toBe(0);
    expect((await weft(['destinations', 'remove', 'adnet-erasure'], environment)).code).toBe(4);
    expect(await told(['destinations', 'list'], environment)).toEqual({ destinations: [] });
  }, 180_000);
});
