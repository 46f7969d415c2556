// The rest of the command: help, keys, doctor, and what is not here yet.

import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../consent/rights/journal.js';
import { migrations } from '../pipeline/migrations.js';
import { openSqlite } from '../store/sqlite.js';
import { examine } from './doctor.js';
import { collector, example, otto, secretKey, start, temporary, told, weft, whenDone } from './weft.fixture.js';

describe('weft', () => {
  it('names its commands and exit codes, and gives an example with each', async () => {
    const { code, stdout } = await weft(['--help'], {});
    expect(code).toBe(0);
    const names = ['serve', 'import', 'export', 'erase', 'rebuild', 'keys', 'doctor', 'backup', 'restore', 'consent'];
    for (const name of names) expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
    for (const exit of ['0', '1', '2', '3', '4', '70', '78', '130'])
      expect(stdout).toMatch(new RegExp(`^ {2}${exit} `, 'm'));
    const helps = await Promise.all(
      [...names.slice(0, 4), 'doctor', 'backup'].map((name) => weft([name, '--help'], {})),
    );
    for (const help of helps) expect([help.code, help.stdout.includes('For example:\n')]).toEqual([0, true]);
  }, 60_000);

  it.each([
    [[], 2],
    [['unheard-of'], 2],
    [['import', '--unheard-of'], 2],
    [['--version'], 0],
  ])('%j ends with %i', async (args, code) => {
    expect((await weft(args, {})).code).toBe(code);
  });

  it.each([['--help'], ['doctor'], ['export']])('%s ends in silence when nobody reads on', async (command) => {
    const started = start([command], { WEFT_DATA: temporary() });
    started.child.stdout!.destroy();
    const { stderr } = await started.ended;
    expect(stderr).not.toMatch(/EPIPE|Unhandled/);
  });

  it.each([
    [['lint', 'no-such.json'], 2, 'no-such.json'],
    [['diff', 'no-such.json', 'other.json'], 4, 'no-such.json'],
    [['import', '--from', 'klaro', 'no-such.js'], 2, 'no-such.js'],
  ])(
    'consent %j of a file that is not there ends with %i, names it and says how to go on',
    async (args, ends, file) => {
      const { code, stderr } = await weft(['consent', ...args], { WEFT_DATA: temporary() });
      expect(code).toBe(ends);
      expect(stderr).toContain(file);
      expect(stderr).toContain('→ ');
    },
  );

  it('serve: says who has the folder when it is taken, and ends', async () => {
    const WEFT_DATA = temporary();
    const served = await collector(WEFT_DATA);
    const second = await start(['serve'], { PORT: '0', WEFT_DATA }).ended;
    expect(second.code).toBe(78);
    expect(second.stderr).toContain(`the collector is running (pid ${served.child.pid}, since `);
  }, 60_000);

  it('serve: starts on a folder whose collector was killed', async () => {
    const WEFT_DATA = temporary();
    const first = await collector(WEFT_DATA);
    first.child.kill('SIGKILL');
    await first.ended;
    await collector(WEFT_DATA);
  }, 60_000);
});

describe('weft keys', () => {
  it('makes a key that a running collector takes within seconds, and refuses once it is revoked', async () => {
    const WEFT_DATA = temporary();
    const { url } = await collector(WEFT_DATA);
    const made = await weft(['keys', 'create', 'secret', '--roles', 'privacy', '--label', 'desk'], { WEFT_DATA });
    expect(made.stdout).toMatch(/^sk_[\w-]{32}\n$/);
    const key = made.stdout.trim();
    const status = async (): Promise<number> =>
      (await fetch(`${url}/v1/profiles?userId=x`, { headers: { authorization: `Bearer ${key}` } })).status;
    while ((await status()) !== 200) await pause(100);
    const merging = await fetch(`${url}/v1/merges`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: '{}',
    });
    expect(merging.status).toBe(403);

    const listed = await weft(['keys', 'list'], { WEFT_DATA });
    expect(listed.stdout).toMatch(/key_\S+ +secret +\(kept as a hash\) +privacy +\d{4}-\d\d-\d\d +desk/);
    expect(listed.stdout).not.toContain(key);
    expect(listed.stdout).not.toContain(secretKey);
    const id = /(key_\S+) .*desk/.exec(listed.stdout)![1]!;
    expect((await weft(['keys', 'revoke', id], { WEFT_DATA })).code).toBe(0);
    while ((await status()) !== 401) await pause(100);
    expect((await weft(['keys', 'revoke', id], { WEFT_DATA })).stdout).toContain('already');
  }, 120_000);

  it('makes an account of staff with a name, one role and a password that is shown once', async () => {
    const WEFT_DATA = temporary();
    const made = await weft(['keys', 'create', '--staff', 'Maya', '--roles', 'marketing', '--json'], { WEFT_DATA });
    const account = JSON.parse(made.stdout) as { id: string; password: string; roles: string[] };
    expect(account).toMatchObject({ kind: 'staff', label: 'Maya', roles: ['marketing'] });
    expect(account.password).toMatch(/^[\w-]{20}$/);
    const listed = await weft(['keys', 'list'], { WEFT_DATA });
    expect(listed.stdout).toMatch(/staff_\S+ +staff +\(a password\) +marketing +\d{4}-\d\d-\d\d +Maya/);
    expect(listed.stdout).not.toContain(account.password);
    for (const [args, said] of [
      [['--staff', 'maya', '--roles', 'privacy'], 'There is an account of this name.'],
      [['--staff', 'Leo'], 'An account has one role.'],
      [['--staff', 'Leo', '--roles', 'owner,privacy'], 'An account has one role.'],
      [['--staff', '<i>', '--roles', 'privacy'], '--staff: A name begins with'],
    ] as const)
      expect((await weft(['keys', 'create', ...args], { WEFT_DATA })).stderr).toContain(said);
    expect((await weft(['keys', 'revoke', account.id], { WEFT_DATA })).code).toBe(0);
  }, 120_000);

  it('makes write keys in any mode, and takes them by themselves to end them', async () => {
    const WEFT_DATA = temporary();
    const args = [
      'keys',
      'create',
      'write',
      '--mode',
      'claimed',
      '--category',
      'C2=measurement',
      '--category',
      'C3=marketing',
    ];
    const made = await told([...args, '--purposes', 'measurement,marketing'], { WEFT_DATA });
    expect(made).toMatchObject({ kind: 'write', mode: 'claimed', purposes: ['measurement', 'marketing'], roles: [] });
    expect((await weft(['keys', 'revoke', made.key as string], { WEFT_DATA })).stdout).toContain('is revoked');
  }, 60_000);

  it.each([
    [['create', 'open'], 'no kind of key'],
    [['create', 'write', '--mode', 'none'], '--mode'],
    [['create', 'write', '--roles', 'owner'], 'no roles'],
    [['create', 'secret', '--mode', 'ledger'], 'no consent mode'],
    [['create', 'secret', '--purposes', 'fun'], '--purposes'],
    [['create', 'write', '--category', 'C2'], '--category C2'],
  ])('%j is refused with what to do', async (args, said) => {
    const { code, stderr } = await weft(['keys', ...args], { WEFT_DATA: join(temporary(), 'none') });
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(stderr).toContain('→ ');
  });

  it('ends no key of another folder', async () => {
    const { code, stderr } = await weft(['keys', 'revoke', 'key_x'], { WEFT_DATA: temporary() });
    expect([code, stderr.includes('There is no data')]).toEqual([4, true]);
  });
});

describe('weft doctor', () => {
  const now = Date.now();
  const found = async (environment: Record<string, string>, at = now) => {
    const findings = await examine({ PORT: '0', ...environment }, {}, at);
    return Object.fromEntries(
      findings.map(({ what, state, next }) => [what, next === null ? state : `${state}: ${next}`]),
    );
  };
  const filled = (): string => {
    const folder = temporary();
    const store = openSqlite(join(folder, 'weft.sqlite'), migrations);
    store.exec(`INSERT INTO verdict_counts VALUES (${now - (now % 3_600_000)}, 'accepted', '', 5)`);
    store.close();
    return folder;
  };

  it('finds nothing wrong with a folder that a collector has, and ends with 0', async () => {
    const WEFT_DATA = temporary();
    await collector(WEFT_DATA);
    const { code, stdout } = await weft(['doctor'], { WEFT_DATA, PORT: '0' });
    expect([code, /FAIL|WARN {2}(?!disk)/.test(stdout)]).toEqual([0, false]);
    expect(stdout).toMatch(/writer +the collector \(pid \d+\) does/);
    expect(stdout).not.toContain(secretKey);
  }, 60_000);

  it.each<[string, () => Promise<Record<string, string>>, string, RegExp]>([
    ['no store yet', () => found({ WEFT_DATA: join(temporary(), 'none') }), 'store', /^warn: .*first start/],
    ['an environment that makes no sense', () => found({ WEFT_BOTS: 'yes' }), 'environment', /^fail: /],
    [
      'PostgreSQL, which is not in this build',
      () => found({ WEFT_DATA: 'postgres://h/d' }),
      'environment',
      /^fail: Set WEFT_DATA/,
    ],
    ['a clock that ran ahead', () => found({ WEFT_DATA: filled() }, now - 86_400_000), 'clock', /^fail: Set the clock/],
    ['a clock that was never set', () => found({ WEFT_DATA: filled() }, 0), 'clock', /^fail: Set the clock/],
    ['no keys', () => found({ WEFT_DATA: filled() }), 'keys', /^warn: /],
    [
      'a consent file that is none',
      () => found({ WEFT_DATA: filled(), WEFT_CONSENT: '/nowhere' }),
      'consent file',
      /^fail: /,
    ],
    [
      'options of a site that are none',
      () => found({ WEFT_DATA: filled(), WEFT_SITE: '/nowhere' }),
      'site options',
      /^fail: Mend the file, or leave WEFT_SITE out/,
    ],
    [
      'a store that was folded under other options',
      async () => {
        const WEFT_DATA = filled();
        const store = openSqlite(join(WEFT_DATA, 'weft.sqlite'));
        store.exec("INSERT INTO events (seq, mid, at, flags, because, body) VALUES (1, x'00', 0, 0, 0, x'00')");
        store.close();
        expect((await found({ WEFT_DATA }))['site options']).toBe('ok');
        const WEFT_SITE = join(WEFT_DATA, 'site.json');
        writeFileSync(WEFT_SITE, '{"sessionTimeoutMinutes": 5}');
        return found({ WEFT_DATA, WEFT_SITE });
      },
      'site options',
      /^warn: .*weft rebuild/,
    ],
  ])('finds %s', async (_, look, what, said) => {
    expect((await look())[what]).toMatch(said);
  });

  it('reads the erasure journal, and says what is wrong with it', async () => {
    const WEFT_DATA = filled();
    const file = join(WEFT_DATA, 'erasures.journal');
    const journal = async () => (await found({ WEFT_DATA }))['erasure journal'];
    expect(await journal()).toBe(undefined);
    const store = openSqlite(join(WEFT_DATA, 'weft.sqlite'));
    const written = openJournal(file, store, 'secret', () => []);
    for (const at of [1, 2, 3]) written.note({ act: 'erased', kind: 'userId', key: 'ab'.repeat(16), v: 1, at });
    written.flush();
    written.close();
    expect(await journal()).toBe('ok');
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 100));
    expect(await journal()).toMatch(/^warn: Put back a newer copy/);
    writeFileSync(file, whole.toString().replace('"at":1', '"at":9'));
    expect(await journal()).toMatch(/^fail: Put back a copy .*No start is possible/);
    rmSync(file);
    expect(await journal()).toMatch(/^warn: Put a copy of erasures.journal back/);
    writeFileSync(file, whole);
    store.exec("UPDATE site SET value = '1' WHERE key = 'journal'");
    store.close();
    expect(await journal()).toMatch(/^warn: The next start erases again/);
  });
  it('finds a damaged file, and ends with 1', async () => {
    const WEFT_DATA = filled();
    truncateSync(join(WEFT_DATA, 'weft.sqlite'), 20_000);
    expect((await found({ WEFT_DATA })).integrity).toMatch(/^fail: .*weft restore/);
    expect((await weft(['doctor'], { WEFT_DATA })).code).toBe(1);
  });
  it('finds a store of a newer Weft, and one whose tables are still to be made', async () => {
    const WEFT_DATA = filled();
    const store = openSqlite(join(WEFT_DATA, 'weft.sqlite'));
    store.exec("INSERT INTO migrations VALUES ('9999-later', 0)");
    store.close();
    expect((await found({ WEFT_DATA })).tables).toMatch(/^fail: .*older one must not write/);
    const bare = temporary();
    openSqlite(join(bare, 'weft.sqlite'), migrations.slice(0, 1)).close();
    expect((await found({ WEFT_DATA: bare })).tables).toMatch(/^warn: .*backup/);
  });
  it('finds a port that something else has', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    whenDone(() => void server.close());
    const { port } = server.address() as { port: number };
    expect((await found({ WEFT_DATA: filled(), PORT: String(port) })).port).toMatch(/^warn: Stop that/);
  });
  it('finds a folder that is a file', async () => {
    const folder = temporary();
    writeFileSync(join(folder, 'data'), '');
    mkdirSync(join(folder, 'other'));
    expect((await found({ WEFT_DATA: join(folder, 'data') }))['data folder']).toMatch(/^fail: /);
  });
});

it('what an operator imports, exports and erases stands in the audit log, with whom it was about while they are there', async () => {
  const WEFT_DATA = temporary();
  await told(['import', otto, '--map', example('imports/otto.map.json'), '--work', temporary()], { WEFT_DATA });
  const { stdout } = await weft(['export', '--profiles'], { WEFT_DATA });
  const { profileId } = JSON.parse(stdout.slice(0, stdout.indexOf('\n'))) as { profileId: string };
  const forMailer = ['export', '--profile', profileId, '--recipient', 'mailer', '--out', join(WEFT_DATA, 'one')];
  const unknown = await weft(forMailer, { WEFT_DATA });
  expect([unknown.code, unknown.stderr.includes('names no recipient "mailer"')]).toEqual([2, true]);
  const WEFT_CONSENT = join(temporary(), 'consent.json');
  const purpose = { id: 'personalisation', retentionDays: 180, recipients: ['mailer'] };
  const recipients = { mailer: { name: 'Mail service', country: 'FR', role: 'processor' } };
  writeFileSync(
    WEFT_CONSENT,
    JSON.stringify({ purposes: [{ id: 'measurement', retentionDays: 395 }, purpose], recipients }),
  );
  expect((await weft(forMailer, { WEFT_DATA, WEFT_CONSENT })).code).toBe(0);
  await weft(['erase', '--profile', profileId], { WEFT_DATA });
  const store = openSqlite(join(WEFT_DATA, 'weft.sqlite'), [], { readonly: true });
  const rows = store
    .prepare<{ by: string; what: string; purpose: string | null; detail: string; persons: number }>(
      `SELECT by, what, purpose, detail, (SELECT count(*) FROM audit_persons p WHERE p.seq = l.seq) AS persons
       FROM audit_log l ORDER BY seq`,
    )
    .all()
    .map(({ by, what, purpose, detail, persons }) => [
      by,
      what,
      purpose,
      what === 'erasure.ask' ? '' : detail,
      persons,
    ]);
  store.close();
  expect(rows).toEqual([
    ['cli', 'data.import', null, expect.stringMatching(/^map /), 0],
    ['cli', 'data.export', null, 'everybody: profiles', 0],
    ['cli', 'data.export', 'for mailer', expect.stringMatching(/^named people: /), 1],
    ['weft erase', 'erasure.ask', null, '', expect.any(Number)],
  ]);
  expect(JSON.stringify(rows)).not.toContain(profileId);
}, 60_000);
