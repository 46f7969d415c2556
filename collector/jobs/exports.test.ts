// A copy that is being made while somebody in it is erased: no file stays, whoever asked, and in whatever order it happens.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExportStatus } from '../consent/rights/exports.js';
import type { Certificate } from '../contract/certificate.js';
import type { Command, CommandResult } from '../log/log.js';
import { defaultSiteRules } from '../pipeline/accept.js';
import { identify, page, secretKey, startAt } from '../pipeline/calls.fixture.js';
import { settle, submissionOf } from '../pipeline/sent.fixture.js';
import { openWriter } from '../pipeline/writer.js';
import { readModelOf } from '../profiles/open.js';
import type { Reader } from '../profiles/reader.js';
import { sessionRules } from '../sessions/session.js';
import { makeExport } from './exports.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

type Subject = Record<string, string>;

const house = () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-copies-'));
  const writer = openWriter({
    path: join(folder, 'weft.sqlite'),
    rules: { sessions: sessionRules, emailMerge: 'transactional', bots: 'apart' },
    site: { ...defaultSiteRules, reservedEmail: 'allow' },
    consentFile: null,
  });
  closing.push(() => {
    writer.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const take = (...calls: object[]) =>
    settle(writer, submissionOf({ batch: calls }, startAt + 600_000, { key: secretKey }));
  take(
    page('A1', 0),
    identify('A1', 'U1', 1, { traits: { email: 'ada@shop.test' } }),
    // On the second device somebody else was named too: it lives on.
    identify('A2', 'U1', 2),
    page('A2', 3),
    identify('A2', 'U2', 4),
  );
  const reading = readModelOf(writer.store) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const reader = new Proxy({} as Reader, {
    get:
      (_, name: string) =>
      (...args: unknown[]) =>
        Promise.resolve(reading[name]!(...args)),
  });
  let at = startAt + 700_000;
  const now = (): number => (at += 1_000);
  const copies = join(folder, 'exports');
  const erase = (subject: Subject): string => {
    const { body } = writer.command({ kind: 'erase', subject, by: 'test', at: now() } as Command);
    return (body as { id: string }).id;
  };
  const certificate = (id: string): Certificate =>
    (writer.command({ kind: 'certificate', id, at: now() }).body as { certificate: Certificate }).certificate;
  const ask = (subject: Subject): string =>
    (writer.command({ kind: 'access', subject, by: 'test', at: now() } as Command).body as { id: string }).id;
  const stateOf = (id: string): string =>
    (writer.command({ kind: 'export', id, token: null }).body as unknown as ExportStatus).state;
  /** `meanwhile` runs once the file is whole and before that is reported; or as soon as it is known who is meant. */
  const make = (meanwhile: () => void, when: 'read' | 'finish' = 'finish') => {
    let done = false;
    const once = (): void => {
      if (done) return;
      done = true;
      meanwhile();
    };
    return makeExport({
      log: {
        command: (asked: Command): Promise<CommandResult> => {
          if (when === 'finish' && asked.kind === 'exports' && asked.act === 'finish') once();
          return Promise.resolve(writer.command(asked));
        },
      },
      reader: new Proxy(reader, {
        get:
          (of, name: string) =>
          async (...args: unknown[]) => {
            const found = await (of[name as 'meant'] as (...all: unknown[]) => Promise<unknown>)(...args);
            if (when === 'read' && name === 'meant') once();
            return found;
          },
      }),
      folder: copies,
      now,
    }).catch(() => true);
  };
  const due = (): void => writer.due(now());
  const idOf = (kind: string, value: string): string =>
    writer.store.prepare<{ hid: string }>('SELECT hid FROM nodes WHERE kind = ? AND value = ?').get(kind, value)!.hid;
  return { writer, take, erase, certificate, ask, stateOf, make, due, idOf, copies, now };
};

const subjects: [name: string, copyOf: (it: ReturnType<typeof house>) => Subject, erased: Subject][] = [
  ['of a profile, erased by user', (it) => ({ profileId: it.idOf('user_id', 'U1') }), { userId: 'U1' }],
  ['of a profile, erased by e-mail', (it) => ({ profileId: it.idOf('user_id', 'U1') }), { email: 'ada@shop.test' }],
  [
    'of a profile, one device of which is erased',
    (it) => ({ profileId: it.idOf('user_id', 'U1') }),
    { anonymousId: 'A1' },
  ],
  ['of a user, one device of which is erased', () => ({ userId: 'U1' }), { anonymousId: 'A1' }],
  ['of an e-mail, erased by user', () => ({ email: 'ada@shop.test' }), { userId: 'U1' }],
  ['of a device that lives on, erased by the user who was on it', () => ({ anonymousId: 'A2' }), { userId: 'U1' }],
];

describe('a copy that is being made', () => {
  it.each(
    subjects.flatMap(([name, copyOf, erased]) =>
      (['read', 'finish'] as const).map((when) => [name, when, copyOf, erased] as const),
    ),
  )('consent 6: %s (at "%s"): the file goes, and the certificate counts it', async (_, when, copyOf, erased) => {
    const it = house();
    const id = it.ask(copyOf(it));
    let erasure = '';
    await it.make(() => {
      if (when === 'finish') expect(readdirSync(it.copies)).toEqual([`${id}.zip`]);
      erasure = it.erase(erased);
      it.due();
    }, when);
    expect(it.stateOf(id)).toBe('erased');
    expect(readdirSync(it.copies)).toEqual([]);
    const { state, counts } = it.certificate(erasure);
    expect([state, counts.exports]).toEqual(['done', 1]);
  });

  it('of somebody who wrote of the erased goes too, and holds nothing of them when it is asked for again', async () => {
    const it = house();
    it.take(identify('A5', 'U5', 0, { traits: { friend: { mail: 'ada@shop.test' } } }));
    const id = it.ask({ userId: 'U5' });
    await it.make(() => {});
    expect([it.stateOf(id), readdirSync(it.copies)]).toEqual(['done', [`${id}.zip`]]);
    const erasure = it.erase({ userId: 'U1' });
    it.due();
    expect([it.stateOf(id), readdirSync(it.copies)]).toEqual(['erased', []]);
    expect(it.certificate(erasure).counts).toMatchObject({ mentions: 1, exports: 1 });
    const again = it.ask({ userId: 'U5' });
    await it.make(() => {});
    expect(it.stateOf(again)).toBe('done');
  });

  it('of whoever is erased while it waits, has nobody in it', async () => {
    const it = house();
    const id = it.ask({ profileId: it.idOf('user_id', 'U1') });
    it.erase({ userId: 'U1' });
    it.due();
    await it.make(() => {});
    expect(it.stateOf(id)).toBe('done');
    it.due();
    const { counts } = it.writer.consent.exports.status(id)!;
    expect(counts).toMatchObject({ events: 0, profile: 0 });
  });

  it('of somebody who came into it while it was made, and is erased by then, goes', async () => {
    const it = house();
    it.take(page('A3', 0), identify('A3', 'U3', 1));
    const report = (id: string) =>
      it.writer.command({
        kind: 'exports',
        act: 'finish',
        id,
        identities: [
          { type: 'user_id', value: 'U2' },
          { type: 'user_id', value: 'U3' },
        ],
        bytes: 1,
        counts: {},
        at: it.now(),
      }).body;
    const kept = it.ask({ userId: 'U2' });
    it.writer.command({ kind: 'exports', act: 'claim', at: it.now() });
    expect(report(kept)).toEqual({ kept: true });
    const gone = it.ask({ userId: 'U2' });
    it.writer.command({ kind: 'exports', act: 'claim', at: it.now() });
    it.erase({ userId: 'U3' });
    it.due();
    expect(report(gone)).toEqual({ kept: false });
    expect(it.stateOf(gone)).toBe('erased');
  });

  it('of somebody else is made all the same, and waits while an erasure is at work', async () => {
    const it = house();
    const id = it.ask({ userId: 'U2' });
    const erasure = it.erase({ anonymousId: 'A1' });
    it.writer.store.exec(
      `UPDATE erasures SET state = 'running', work = '${JSON.stringify({
        userIds: [],
        aliases: [],
        visitorIds: [],
        contacts: [],
      })}', step = 3`,
    );
    expect(await it.make(() => {})).toBe(false);
    it.due();
    expect(it.certificate(erasure).state).toBe('done');
    expect(await it.make(() => {})).toBe(true);
    expect(it.stateOf(id)).toBe('done');
  });
});
