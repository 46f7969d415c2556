// `weft import` and `weft rebuild` as processes: killed in the middle, refused beside a collector, sent to one.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { lookalikeHead, lookalikeRows } from '../imports/lookalike.fixture.js';
import { migrations } from '../pipeline/migrations.js';
import { openSqlite } from '../store/sqlite.js';
import { collector, example, otto, secretKey, start, temporary, told, weft } from './weft.fixture.js';

const map = example('imports/rees46.map.json');
const ottoMap = example('imports/otto.map.json');

/** A store whose people get the same ids as those of another. */
const data = (): string => {
  const folder = temporary();
  const store = openSqlite(join(folder, 'weft.sqlite'), migrations);
  store.exec("INSERT INTO site (key, value) VALUES ('secret', '00')");
  store.close();
  return folder;
};
const clickstream = (events: number): string => {
  const file = join(temporary(), 'events.csv');
  writeFileSync(
    file,
    `${[lookalikeHead, ...lookalikeRows({ seed: 11, events, days: 20, visitors: 300 })].join('\n')}\n`,
  );
  return file;
};
/** Of all that is derived, and that it is what the events say. */
const stateOf = async (folder: string): Promise<unknown> => {
  const { equal, hash, lines, events } = await told(['rebuild', '--check'], { WEFT_DATA: folder });
  expect(equal).toBe(true);
  return { hash, lines, events };
};
const accepted = (folder: string): number => {
  const store = openSqlite(join(folder, 'weft.sqlite'), [], { readonly: true });
  const { n } = store.prepare<{ n: number }>('SELECT count(*) AS n FROM events').get()!;
  store.close();
  return n;
};

describe('weft import', () => {
  it('takes a file into the folder, tells what became of it, and finds nothing new the second time', async () => {
    const WEFT_DATA = temporary();
    const work = temporary();
    const first = await weft(['import', otto, '--map', ottoMap, '--work', work], { WEFT_DATA });
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/accepted +857/);
    expect(first.stdout).toContain('800  Product Viewed');
    const second = await told(['import', otto, '--map', ottoMap, '--work', work], { WEFT_DATA });
    expect(second).toMatchObject({ accepted: 0, duplicates: 857, resumedAfter: 0, refusedFile: null });
    await stateOf(WEFT_DATA);
  });

  it('shows with --dry-run what it would send, and makes no store', async () => {
    const WEFT_DATA = join(temporary(), 'data');
    const ended = await weft(['import', otto, '--map', ottoMap, '--dry-run'], { WEFT_DATA });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('"event":"Product Viewed"');
    expect(ended.stdout).toContain('Nothing was sent');
    expect(existsSync(WEFT_DATA)).toBe(false);
  });

  it('killed in the middle goes on from there, and the state is that of an import that was not', async () => {
    const file = clickstream(50_000);
    const whole = data();
    const work = temporary();
    await told(['import', file, '--map', map, '--work', work], { WEFT_DATA: whole });
    const expected = await stateOf(whole);

    const WEFT_DATA = data();
    for (let kills = 0; kills < 2; kills += 1) {
      const had = accepted(WEFT_DATA);
      const { child, ended } = start(['import', file, '--map', map, '--work', work], { WEFT_DATA });
      while (child.exitCode === null && accepted(WEFT_DATA) < had + 3_000) await pause(10);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
    }
    expect(accepted(WEFT_DATA)).toBeLessThan(50_000);
    const resumed = await told(['import', file, '--map', map, '--work', work], { WEFT_DATA });
    expect(resumed).toMatchObject({ rows: 50_000, refused: 0 });
    expect(resumed.resumedAfter).toBeGreaterThan(0);
    expect(await stateOf(WEFT_DATA)).toEqual(expected);
  }, 180_000);

  it('stops at Ctrl+C after the batch under way, and says how to go on', async () => {
    const file = clickstream(50_000);
    const work = temporary();
    const WEFT_DATA = data();
    const { child, ended } = start(['import', file, '--map', map, '--work', work], { WEFT_DATA });
    while (accepted(WEFT_DATA) === 0) await pause(10);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('goes on from where it stopped');
    expect(accepted(WEFT_DATA)).toBeLessThan(50_000);
  });

  it('does not write to a folder that a collector has: it says who has it, and takes the way over HTTP', async () => {
    const WEFT_DATA = temporary();
    const work = temporary();
    const served = await collector(WEFT_DATA);
    const refused = await weft(['import', otto, '--map', ottoMap, '--work', work], { WEFT_DATA });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(`the collector is running (pid ${served.child.pid}, since `);
    expect(refused.stderr).toContain('send over HTTP with --url');

    const sent = await told(['import', otto, '--map', ottoMap, '--work', work, '--url', served.url], {
      WEFT_SECRET_KEY: secretKey,
    });
    expect(sent).toMatchObject({ accepted: 857, duplicates: 0, refused: 0 });
    const again = await told(
      ['import', otto, '--map', ottoMap, '--work', work, '--url', served.url, '--key', secretKey],
      {},
    );
    expect(again).toMatchObject({ accepted: 0, duplicates: 857 });
    served.child.kill('SIGTERM');
    expect((await served.ended).code).toBe(0);

    const direct = temporary();
    await told(['import', otto, '--map', ottoMap, '--work', work], { WEFT_DATA: direct });
    const lines = (folder: string) =>
      weft(['export', '--orders', '--sessions'], { WEFT_DATA: folder }).then(({ stdout }) =>
        stdout
          .replaceAll(/"profileId":"[^"]+"/g, '""')
          .split('\n')
          .sort(),
      );
    expect(await lines(WEFT_DATA)).toEqual(await lines(direct));
  }, 120_000);

  it('over HTTP lists what is longer than a request may carry, with the rest sent', async () => {
    const at = temporary();
    const file = join(at, 'notes.jsonl');
    writeFileSync(
      file,
      `{"at":"2020-01-01","note":"${'x'.repeat(600_000)}"}\n{"at":"2020-01-01","note":"${'z'.repeat(400_000)}"}\n{"at":"2020-01-01","note":"y"}\n`,
    );
    const notes = join(at, 'map.json');
    const rule = {
      type: 'track',
      event: 'Note',
      at: { field: 'at' },
      userId: 'u1',
      properties: { note: { field: 'note' } },
    };
    writeFileSync(notes, JSON.stringify({ name: 'notes', format: 'jsonl', events: [rule] }));
    const served = await collector(temporary());
    const args = ['import', file, '--map', notes, '--url', served.url];
    const report = await told(args, { WEFT_SECRET_KEY: secretKey });
    expect(report).toMatchObject({ accepted: 2, refused: 1, reasons: { event_too_large: 1 } });
    expect(JSON.parse(readFileSync(report.refusedFile as string, 'utf8'))).toEqual({
      line: 1,
      rows: 1,
      reason: 'event_too_large',
    });
    expect((await weft([...args, '--strict'], { WEFT_SECRET_KEY: secretKey })).code).toBe(1);
  });

  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    ['no map', ['import', otto], {}, 2, /required option '--map/],
    ['a map that is not there', ['import', otto, '--map', '/nowhere'], {}, 2, /map \/nowhere cannot be read\.\n→ /],
    ['a file that is not there', ['import', '/nowhere', '--map', ottoMap], {}, 2, /no file \/nowhere/],
    ['a map of another format', ['import', otto, '--map', map], {}, 2, /has no column "event_type"[\s\S]*→ /],
    [
      'no key for the way over HTTP',
      ['import', otto, '--map', ottoMap, '--url', 'http://127.0.0.1:9'],
      {},
      2,
      /secret key is needed/,
    ],
    ['an address that is none', ['import', otto, '--map', ottoMap, '--url', 'shop', '--key', 'k'], {}, 2, /no address/],
    ['an environment that makes no sense', ['import', otto, '--map', ottoMap], { PORT: 'http' }, 78, /PORT must be/],
    [
      'a folder in PostgreSQL',
      ['import', otto, '--map', ottoMap],
      { WEFT_DATA: 'postgres://h/d' },
      78,
      /keeps its data in a folder/,
    ],
  ])('with %s says so and what to do', async (_, args, environment, code, said) => {
    const ended = await weft(
      [...args, '--work', temporary()].slice(0, args[0] === 'import' ? undefined : args.length),
      {
        WEFT_DATA: join(temporary(), 'data'),
        ...environment,
      },
    );
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(said);
    expect(ended.stdout).toBe('');
  });

  it('with a key that may not, says so at once and never the key', async () => {
    const served = await collector(temporary());
    const ended = await weft(['import', otto, '--map', ottoMap, '--work', temporary(), '--url', served.url], {
      WEFT_SECRET_KEY: 'sk_wrong_0123456789',
    });
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain('bad_key');
    expect(ended.stderr).not.toContain('sk_wrong');
  });
});

describe('weft rebuild', () => {
  it('finds what no event says, tells where without telling whose, and --check leaves it', async () => {
    const WEFT_DATA = temporary();
    await told(['import', otto, '--map', ottoMap, '--work', temporary()], { WEFT_DATA });
    const file = join(WEFT_DATA, 'weft.sqlite');
    const store = openSqlite(file);
    store.exec(
      `UPDATE profiles SET state = json_set(state, '$.aspects.carts.orders', 77) WHERE leader = (SELECT min(leader) FROM profiles)`,
    );
    store.close();
    for (let twice = 0; twice < 2; twice += 1) {
      const found = await weft(['rebuild', '--check'], { WEFT_DATA });
      expect(found.code).toBe(1);
      expect(found.stdout).toContain('Not equal');
      expect(found.stdout).toMatch(/line \d+: profile [0-9a-f-]{36}: 3\.aspects\.carts\.orders/);
      expect(found.stdout).not.toContain('otto-');
    }
    expect((await weft(['rebuild', '--check', '--values'], { WEFT_DATA })).stdout).toContain('"orders\\":77');
    expect((await weft(['rebuild'], { WEFT_DATA })).stdout).toContain('Rebuilt from 857 events');
    await stateOf(WEFT_DATA);
  }, 120_000);
});
